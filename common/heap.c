#include "heap.h"

static bool before(const struct heap_item *a, const struct heap_item *b)
{
    if (a->key != b->key) return a->key < b->key;
    return a->seq < b->seq;
}

void heap_init(struct heap *h, struct heap_item *items, uint32_t capacity)
{
    h->item = items;
    h->count = 0;
    h->capacity = capacity;
}

bool heap_push(struct heap *h, int64_t key, uint64_t seq, uint64_t value)
{
    if (h->count == h->capacity) return false;
    struct heap_item it = { key, seq, value };
    uint32_t i = h->count++;
    while (i > 0) {
        uint32_t up = (i - 1) / 2;
        if (!before(&it, &h->item[up])) break;
        h->item[i] = h->item[up];
        i = up;
    }
    h->item[i] = it;
    return true;
}

bool heap_pop(struct heap *h, struct heap_item *least)
{
    if (h->count == 0) return false;
    *least = h->item[0];
    struct heap_item last = h->item[--h->count];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= h->count) break;
        if (child + 1 < h->count && before(&h->item[child + 1], &h->item[child])) child++;
        if (!before(&h->item[child], &last)) break;
        h->item[i] = h->item[child];
        i = child;
    }
    if (h->count > 0) h->item[i] = last;
    return true;
}
