#include "state_bytes.h"

#define XXH_STATIC_LINKING_ONLY /* the streaming state on the stack */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "state_hash.h"

#define FIRST_SIZE ((size_t)1 << 18)

static void put(void *ctx, const void *bytes, size_t n)
{
    struct state_bytes *b = ctx;
    if (b->full) return;
    if (n > b->size - b->n) {
        size_t size = b->size ? 2 * b->size : FIRST_SIZE;
        while (size - b->n < n) size *= 2;
        uint8_t *at = realloc(b->at, size);
        if (!at) {
            b->full = true;
            return;
        }
        b->at = at;
        b->size = size;
    }
    memcpy(b->at + b->n, bytes, n);
    b->n += n;
}

int state_bytes_save(struct state_bytes *b, void (*snap)(struct snap *s, void *obj), void *obj)
{
    b->n = 0;
    b->full = false;
    struct snap s = snap_saver(put, b);
    snap(&s, obj);
    if (b->full) return ORD_EMEMORY;
    b->hash = XXH3_64bits(b->at, b->n);
    return ORD_OK;
}

int state_bytes_load(const void *at, size_t n, uint64_t hash, void (*snap)(struct snap *s, void *obj), void *obj)
{
    if (XXH3_64bits(at, n) != hash) return ORD_ECORRUPT;
    struct snap s = snap_loader(at, n);
    snap(&s, obj);
    if (!snap_ok(&s)) return ORD_EVERSION;
    return state_hash_of(snap, obj) == hash ? ORD_OK : ORD_EVERSION;
}

void state_bytes_free(struct state_bytes *b)
{
    free(b->at);
    *b = (struct state_bytes){ 0 };
}

static void put_size(void *ctx, const void *bytes, size_t n)
{
    (void)bytes;
    XXH3_64bits_update(ctx, &(uint8_t){ (uint8_t)n }, 1);
}

uint64_t state_layout(void (*snap)(struct snap *s, void *obj), void *obj)
{
    XXH3_state_t shape;
    XXH3_64bits_reset(&shape);
    struct snap s = snap_saver(put_size, &shape);
    snap(&s, obj);
    return XXH3_64bits_digest(&shape);
}
