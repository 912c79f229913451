/* geom - the little plane geometry that needs no GEOS: integer millimetres, exact decisions, coordinates within
 * 10 km of the origin. */
#ifndef MAPS_GEOM_H
#define MAPS_GEOM_H

#include "common/units.h"

struct pt { int64_t x, y; };

static inline int64_t geom_cross(struct pt o, struct pt a, struct pt b)
{
    return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

static inline bool geom_between(int64_t a, int64_t v, int64_t b)
{
    return a <= b ? a <= v && v <= b : b <= v && v <= a;
}

/* Whether the segments have a point in common, touching included. */
static inline bool geom_cut(struct pt a, struct pt b, struct pt c, struct pt d)
{
    int64_t ca = geom_cross(c, d, a), cb = geom_cross(c, d, b), ac = geom_cross(a, b, c), ad = geom_cross(a, b, d);
    if (((ca > 0 && cb < 0) || (ca < 0 && cb > 0)) && ((ac > 0 && ad < 0) || (ac < 0 && ad > 0))) return true;
    if (ca == 0 && geom_between(c.x, a.x, d.x) && geom_between(c.y, a.y, d.y)) return true;
    if (cb == 0 && geom_between(c.x, b.x, d.x) && geom_between(c.y, b.y, d.y)) return true;
    if (ac == 0 && geom_between(a.x, c.x, b.x) && geom_between(a.y, c.y, b.y)) return true;
    return ad == 0 && geom_between(a.x, d.x, b.x) && geom_between(a.y, d.y, b.y);
}

static inline int64_t geom_far(struct pt a, struct pt b)
{
    return isqrt64((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

/* Distance of p from the segment a-b, rounded down. */
static inline int64_t geom_point_seg(struct pt p, struct pt a, struct pt b)
{
    int64_t dx = b.x - a.x, dy = b.y - a.y, len2 = dx * dx + dy * dy;
    int64_t along = (p.x - a.x) * dx + (p.y - a.y) * dy;
    if (len2 == 0 || along <= 0) return geom_far(p, a);
    if (along >= len2) return geom_far(p, b);
    int64_t c = geom_cross(a, b, p);
    return (c < 0 ? -c : c) / isqrt64(len2);
}

static inline int64_t geom_seg_seg(struct pt a, struct pt b, struct pt c, struct pt d)
{
    if (geom_cut(a, b, c, d)) return 0;
    int64_t m = geom_point_seg(a, c, d), v = geom_point_seg(b, c, d);
    if (v < m) m = v;
    v = geom_point_seg(c, a, b);
    if (v < m) m = v;
    v = geom_point_seg(d, a, b);
    return v < m ? v : m;
}

#endif
