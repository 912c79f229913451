#define XXH_STATIC_LINKING_ONLY /* the streaming state on the stack */
#include "state_hash.h"

#include <xxhash.h>

static void put(void *ctx, const void *bytes, size_t n)
{
    XXH3_64bits_update(ctx, bytes, n); /* fails only for a NULL state */
}

uint64_t state_hash_of(void (*snap)(struct snap *s, void *obj), void *obj)
{
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    struct snap s = snap_saver(put, &state);
    snap(&s, obj);
    return XXH3_64bits_digest(&state);
}
