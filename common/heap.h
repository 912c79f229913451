/* heap - an array binary heap of (key, seq) -> value with a total order: ties end at seq, which is unique.
 *
 * Fixed capacity, memory from the caller. Used for event queues and for search fronts. */
#ifndef COMMON_HEAP_H
#define COMMON_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct heap_item {
    int64_t key;
    uint64_t seq;
    uint64_t value;
};

struct heap {
    struct heap_item *item;
    uint32_t count, capacity;
};

void heap_init(struct heap *h, struct heap_item *items, uint32_t capacity);
bool heap_push(struct heap *h, int64_t key, uint64_t seq, uint64_t value); /* false: full */
bool heap_pop(struct heap *h, struct heap_item *least);                    /* false: empty */
static inline bool heap_empty(const struct heap *h) { return h->count == 0; }

#endif
