/* state_bytes - a whole state as bytes that guard themselves, and back.
 *
 * (1) only bytes with their own hash are loaded.  (2) what was loaded saves to the same bytes: a program whose state has
 * another shape cannot take them for its own.  After a failed load the state must be thrown away.
 * state_layout() is one number for the shape of a fresh state: it changes when fields come, go or change their size. */
#ifndef COMMON_STATE_BYTES_H
#define COMMON_STATE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "snap.h"

struct state_bytes { uint8_t *at; size_t n, size; uint64_t hash; bool full; }; /* zeroed at first; the block is used again */

int state_bytes_save(struct state_bytes *b, void (*snap)(struct snap *s, void *obj), void *obj); /* ORD_EMEMORY */
/* ORD_ECORRUPT: not the bytes that were hashed; ORD_EVERSION: they are, and this program cannot read them. */
int state_bytes_load(const void *at, size_t n, uint64_t hash, void (*snap)(struct snap *s, void *obj), void *obj);
void state_bytes_free(struct state_bytes *b);

uint64_t state_layout(void (*snap)(struct snap *s, void *obj), void *obj);

#endif
