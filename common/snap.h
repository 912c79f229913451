/* snap - one function per struct describes its fields; the same function saves, loads and hashes.
 *
 * Fields, not structs: no padding, no pointers, little-endian, so equal states give equal bytes on every machine.
 *   static void robot_snap(struct snap *s, struct robot *r) { snap_i64(s, &r->at_ms); snap_u16(s, &r->node); }
 * Saving calls `put` for each piece; loading reads from a block. After loading check snap_ok(): a short or long
 * block, or a value a reader refused with snap_fail(), leaves ok false and the target must be thrown away. */
#ifndef COMMON_SNAP_H
#define COMMON_SNAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snap {
    void (*put)(void *ctx, const void *bytes, size_t n); /* saving: not NULL */
    void *ctx;
    const uint8_t *in; /* loading */
    size_t in_left;
    bool ok;
};

struct snap snap_saver(void (*put)(void *ctx, const void *bytes, size_t n), void *ctx);
struct snap snap_loader(const void *bytes, size_t n);
static inline bool snap_loading(const struct snap *s) { return s->put == NULL; }
void snap_fail(struct snap *s);
bool snap_ok(const struct snap *s); /* loading: all bytes used and nothing refused */

void snap_u8(struct snap *s, uint8_t *v);
void snap_u16(struct snap *s, uint16_t *v);
void snap_u32(struct snap *s, uint32_t *v);
void snap_u64(struct snap *s, uint64_t *v);
void snap_i32(struct snap *s, int32_t *v);
void snap_i64(struct snap *s, int64_t *v);
void snap_bool(struct snap *s, bool *v);
/* A count of array elements in use: loading refuses more than `max`. */
void snap_count8(struct snap *s, uint8_t *v, uint8_t max);
void snap_count16(struct snap *s, uint16_t *v, uint16_t max);
void snap_count32(struct snap *s, uint32_t *v, uint32_t max);
void snap_bytes(struct snap *s, void *bytes, size_t n);

#endif
