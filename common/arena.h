/* arena - memory decided at open. One block, handed out front to back, never given back piecewise.
 *
 * The core calls arena_new() while it opens and never afterwards (STYLE section 7). The caller owns the block. */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base;
    size_t size, used;
};

void arena_init(struct arena *a, void *block, size_t size);
/* Zeroed bytes aligned to 16, or NULL when the block is full (a.used is unchanged then). */
void *arena_take(struct arena *a, size_t count, size_t each);
#define arena_new(a, type, count) ((type *)arena_take((a), (size_t)(count), sizeof(type)))

#endif
