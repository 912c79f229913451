/* units - the scalar types of the whole product. A unit is part of a type or of a name, never of a comment.
 *
 * Integers only: floats exist in the VDA 5050 codec and in the map compiler, nowhere else (DESIGN section 2). */
#ifndef COMMON_UNITS_H
#define COMMON_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t ms_t;   /* milliseconds since the journal began; never wall time; only counts forward */
typedef int32_t mm_t;   /* millimetres in the site frame, x right, y up */
typedef int32_t mrad_t; /* milliradians, counter-clockwise from +x, normalised to (-3142, 3142] */

#define MS_NEVER INT64_MAX
#define MS_SECOND ((ms_t)1000)
#define MS_MINUTE ((ms_t)60000)
#define MS_HOUR ((ms_t)3600000)

/* Round up: an estimate may be late, never early. speed_mm_s > 0. */
static inline ms_t travel_ms(int64_t length_mm, int32_t speed_mm_s)
{
    return (length_mm * 1000 + speed_mm_s - 1) / speed_mm_s;
}

static inline ms_t ms_max(ms_t a, ms_t b) { return a > b ? a : b; }
static inline ms_t ms_min(ms_t a, ms_t b) { return a < b ? a : b; }

/* Sum that stays at MS_NEVER instead of wrapping. b >= 0. */
static inline ms_t ms_add(ms_t a, ms_t b) { return a > MS_NEVER - b ? MS_NEVER : a + b; }

/* floor(sqrt(v)), v >= 0: by bits, so every compiler agrees. */
static inline int64_t isqrt64(int64_t v)
{
    int64_t root = 0, bit = (int64_t)1 << 62;
    while (bit > v) bit >>= 2;
    while (bit) {
        if (v >= root + bit) {
            v -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    return root;
}

static inline mm_t distance_mm(mm_t ax, mm_t ay, mm_t bx, mm_t by)
{
    int64_t dx = (int64_t)bx - ax, dy = (int64_t)by - ay;
    return (mm_t)isqrt64(dx * dx + dy * dy);
}

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

#endif
