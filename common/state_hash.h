/* state_hash - one number for a whole state: XXH3-64 over the bytes of its snap function, streamed, nothing buffered.
 *
 * Equal states give equal hashes on every machine, because snap writes fields little-endian (common/snap.h). The
 * daemon marks its journal with it, the simulator prints it, replay compares it. Not for security. */
#ifndef COMMON_STATE_HASH_H
#define COMMON_STATE_HASH_H

#include <stdint.h>

#include "snap.h"

/* `snap` is called once, saving, with `obj`: state_hash_of(my_snap, &my_state). */
uint64_t state_hash_of(void (*snap)(struct snap *s, void *obj), void *obj);

#endif
