#include "arena.h"

#include <string.h>

void arena_init(struct arena *a, void *block, size_t size)
{
    a->base = block;
    a->size = size;
    a->used = 0;
}

void *arena_take(struct arena *a, size_t count, size_t each)
{
    if (each != 0 && count > (SIZE_MAX - 15) / each) return NULL;
    size_t need = (count * each + 15) & ~(size_t)15;
    if (need > a->size - a->used) return NULL;
    void *p = a->base + a->used;
    a->used += need;
    memset(p, 0, need);
    return p;
}
