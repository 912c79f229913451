#include "snap.h"

#include <string.h>

struct snap snap_saver(void (*put)(void *ctx, const void *bytes, size_t n), void *ctx)
{
    return (struct snap){ .put = put, .ctx = ctx, .ok = true };
}

struct snap snap_loader(const void *bytes, size_t n) { return (struct snap){ .in = bytes, .in_left = n, .ok = true }; }

void snap_fail(struct snap *s) { s->ok = false; }

bool snap_ok(const struct snap *s) { return s->ok && (s->put || s->in_left == 0); }

void snap_bytes(struct snap *s, void *bytes, size_t n)
{
    if (s->put) {
        s->put(s->ctx, bytes, n);
    } else if (!s->ok || s->in_left < n) {
        s->ok = false;
        memset(bytes, 0, n);
    } else {
        memcpy(bytes, s->in, n);
        s->in += n;
        s->in_left -= n;
    }
}

/* Little-endian whatever the machine. */
static uint64_t word(struct snap *s, uint64_t v, size_t n)
{
    uint8_t b[8];
    for (size_t i = 0; i < n; i++) b[i] = (uint8_t)(v >> (8 * i));
    snap_bytes(s, b, n);
    uint64_t out = 0;
    for (size_t i = 0; i < n; i++) out |= (uint64_t)b[i] << (8 * i);
    return out;
}

void snap_u8(struct snap *s, uint8_t *v) { *v = (uint8_t)word(s, *v, 1); }
void snap_u16(struct snap *s, uint16_t *v) { *v = (uint16_t)word(s, *v, 2); }
void snap_u32(struct snap *s, uint32_t *v) { *v = (uint32_t)word(s, *v, 4); }
void snap_u64(struct snap *s, uint64_t *v) { *v = word(s, *v, 8); }
void snap_i32(struct snap *s, int32_t *v) { *v = (int32_t)(uint32_t)word(s, (uint32_t)*v, 4); }
void snap_i64(struct snap *s, int64_t *v) { *v = (int64_t)word(s, (uint64_t)*v, 8); }
void snap_bool(struct snap *s, bool *v)
{
    uint64_t b = word(s, snap_loading(s) ? 0 : *v, 1); /* the target may hold anything before loading */
    if (b > 1) snap_fail(s);
    *v = b == 1;
}

void snap_count16(struct snap *s, uint16_t *v, uint16_t max)
{
    snap_u16(s, v);
    if (*v > max) {
        *v = 0;
        snap_fail(s);
    }
}

void snap_count8(struct snap *s, uint8_t *v, uint8_t max)
{
    snap_u8(s, v);
    if (*v > max) {
        *v = 0;
        snap_fail(s);
    }
}

void snap_count32(struct snap *s, uint32_t *v, uint32_t max)
{
    snap_u32(s, v);
    if (*v > max) {
        *v = 0;
        snap_fail(s);
    }
}
