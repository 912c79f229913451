/* floor_axis - the middle lines of the free floor: edges of the Voronoi diagram of points along its outline that keep
 * clear of the outline by half a robot (the medial axis of Blum, 1967, as Brandt and Algazi, 1992, take it from
 * samples), thinned to the loops and to the ways that lead to a station, a parking place or an elevator.
 *
 * GEOS unites the walls and draws the diagram. What it returns is rounded to whole millimetres and sorted at once, so
 * that its own order and last digits decide nothing. */
#include <geos_c.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "floor.h"

#define THIN_MM 100       /* a wall drawn as a line is this thick */
#define DOOR_DEEP_MM 400  /* a door drawn as a line opens this much wall */
#define SAMPLE_MM 250     /* points along the outline */
#define FLOOR_MIN_MM2 1e6 /* free parts below a square metre are left out */
#define SHAFT_RIM_MM 150  /* from the shaft to the cabin */
#define LOBBY_MM 300      /* before a car, beyond half a robot */
#define DOOR_NEAR_MM 500
#define AXIS_MAX 400000u

struct work {
    const struct floor_plan *p;
    level_id level;
    GEOSContextHandle_t geos;
    struct floor_axis *out;
    struct import_report *r;
    double radius; /* half a robot */
    GEOSGeometry *kind[FLOOR_AREA + 1], *free_floor;
    const GEOSPreparedGeometry *ready;
    double *clear; /* per node: to the outline */
    uint32_t clear_room;
    bool failed; /* GEOS or memory */
};

/* ---- distances ---- */

static double to_segment(struct floor_point p, struct floor_seg s)
{
    double dx = s.b.x - s.a.x, dy = s.b.y - s.a.y, len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? ((p.x - s.a.x) * dx + (p.y - s.a.y) * dy) / len2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(p.x - s.a.x - t * dx, p.y - s.a.y - t * dy);
}

static bool cut(struct floor_seg a, struct floor_seg b)
{
    const struct pt p[4] = { { llround(a.a.x), llround(a.a.y) },
                             { llround(a.b.x), llround(a.b.y) },
                             { llround(b.a.x), llround(b.a.y) },
                             { llround(b.b.x), llround(b.b.y) } };
    return geom_cut(p[0], p[1], p[2], p[3]);
}

double floor_clear(const struct floor_seg *s, uint32_t n, struct floor_point a, struct floor_point b)
{
    const struct floor_seg me = { a, b };
    double lo_x = fmin(a.x, b.x), hi_x = fmax(a.x, b.x), lo_y = fmin(a.y, b.y), hi_y = fmax(a.y, b.y), least = 1e9;
    for (uint32_t i = 0; i < n; i++) {
        if (fmin(s[i].a.x, s[i].b.x) > hi_x + least || fmax(s[i].a.x, s[i].b.x) < lo_x - least ||
            fmin(s[i].a.y, s[i].b.y) > hi_y + least || fmax(s[i].a.y, s[i].b.y) < lo_y - least)
            continue;
        if (cut(me, s[i])) return 0;
        double d =
            fmin(fmin(to_segment(a, s[i]), to_segment(b, s[i])), fmin(to_segment(s[i].a, me), to_segment(s[i].b, me)));
        if (d < least) least = d;
    }
    return least;
}

/* ---- polygons ---- */

static GEOSGeometry *ring_of(struct work *w, const struct floor_ring *ring, bool line)
{
    unsigned n = ring->count + (line ? 0 : 1);
    GEOSCoordSequence *seq = GEOSCoordSeq_create_r(w->geos, n, 2);
    for (unsigned i = 0; seq && i < n; i++) {
        const struct floor_point *q = &w->p->point[ring->first + i % ring->count];
        if (!GEOSCoordSeq_setXY_r(w->geos, seq, i, q->x, q->y)) w->failed = true;
    }
    if (!seq) return NULL;
    return line ? GEOSGeom_createLineString_r(w->geos, seq) : GEOSGeom_createLinearRing_r(w->geos, seq);
}

/* The two are used up. */
static GEOSGeometry *join(struct work *w, GEOSGeometry *a, GEOSGeometry *b,
                          GEOSGeometry *(*how)(GEOSContextHandle_t, const GEOSGeometry *, const GEOSGeometry *))
{
    GEOSGeometry *u = a && b ? how(w->geos, a, b) : NULL;
    if (a) GEOSGeom_destroy_r(w->geos, a);
    if (b) GEOSGeom_destroy_r(w->geos, b);
    if (!u) w->failed = true;
    return u;
}

static GEOSGeometry *ring_area(struct work *w, const struct floor_ring *ring, double thick)
{
    GEOSGeometry *g = ring_of(w, ring, !ring->closed), *area = NULL;
    if (g && ring->closed) {
        GEOSGeometry *raw = GEOSGeom_createPolygon_r(w->geos, g, NULL, 0);
        area = raw ? GEOSMakeValid_r(w->geos, raw) : NULL; /* an outline that crosses itself */
        if (raw) GEOSGeom_destroy_r(w->geos, raw);
    } else if (g) {
        area = GEOSBufferWithStyle_r(w->geos, g, thick / 2, 4, GEOSBUF_CAP_SQUARE, GEOSBUF_JOIN_MITRE, 2);
        GEOSGeom_destroy_r(w->geos, g);
    }
    if (!area) w->failed = true;
    return area;
}

static bool here(const struct work *w, const struct floor_shape *s)
{
    return s->level == ID_NONE || s->level == w->level;
}

static GEOSGeometry *shape_area(struct work *w, const struct floor_shape *s)
{
    GEOSGeometry *all = GEOSGeom_createEmptyPolygon_r(w->geos);
    for (uint32_t k = 0; k < s->rings && all; k++) {
        const struct floor_ring *ring = &w->p->ring[s->ring + k];
        GEOSGeometry *one = ring_area(w, ring, s->kind == FLOOR_DOOR ? DOOR_DEEP_MM : THIN_MM);
        all = join(w, all, one, ring->hole ? GEOSDifference_r : GEOSUnion_r);
    }
    return all;
}

static void unite_kinds(struct work *w)
{
    for (int k = 0; k <= FLOOR_AREA; k++) w->kind[k] = GEOSGeom_createEmptyPolygon_r(w->geos);
    for (uint32_t i = 0; i < w->p->shapes && !w->failed; i++) {
        const struct floor_shape *s = &w->p->shape[i];
        if (s->kind > FLOOR_AREA || !here(w, s)) continue;
        w->kind[s->kind] = join(w, w->kind[s->kind], shape_area(w, s), GEOSUnion_r);
    }
}

/* Everything within the outermost rings of what is drawn. */
static GEOSGeometry *filled(struct work *w, GEOSGeometry *drawn)
{
    GEOSGeometry *all = GEOSGeom_createEmptyPolygon_r(w->geos);
    for (int i = 0; drawn && i < GEOSGetNumGeometries_r(w->geos, drawn); i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(w->geos, drawn, i);
        const GEOSGeometry *rim = part ? GEOSGetExteriorRing_r(w->geos, part) : NULL;
        GEOSGeometry *copy = rim ? GEOSGeom_clone_r(w->geos, rim) : NULL;
        if (copy) all = join(w, all, GEOSGeom_createPolygon_r(w->geos, copy, NULL, 0), GEOSUnion_r);
    }
    if (drawn) GEOSGeom_destroy_r(w->geos, drawn);
    return all;
}

static GEOSGeometry *copy_of(struct work *w, int kind)
{
    return w->kind[kind] ? GEOSGeom_clone_r(w->geos, w->kind[kind]) : NULL;
}

static void find_free_floor(struct work *w)
{
    GEOSGeometry *whole;
    if (w->failed) return;
    if (!GEOSisEmpty_r(w->geos, w->kind[FLOOR_AREA])) whole = copy_of(w, FLOOR_AREA);
    else {
        whole = join(w, copy_of(w, FLOOR_WALL), copy_of(w, FLOOR_DOOR), GEOSUnion_r);
        whole = filled(w, join(w, whole, copy_of(w, FLOOR_SHAFT), GEOSUnion_r));
    }
    GEOSGeometry *walls = join(w, copy_of(w, FLOOR_WALL), copy_of(w, FLOOR_DOOR), GEOSDifference_r);
    if (walls) {
        GEOSGeom_destroy_r(w->geos, w->kind[FLOOR_WALL]);
        w->kind[FLOOR_WALL] = walls;
    }
    whole = join(w, whole, copy_of(w, FLOOR_WALL), GEOSDifference_r);
    w->free_floor = join(w, whole, copy_of(w, FLOOR_SHAFT), GEOSDifference_r);
    if (w->free_floor) w->ready = GEOSPrepare_r(w->geos, w->free_floor);
}

/* ---- outlines ---- */

static bool keep_seg(struct floor_seg **list, uint32_t *n, uint32_t *room, struct floor_seg s)
{
    void *p = *list;
    bool ok = import_room(&p, room, *n, AXIS_MAX, sizeof s);
    *list = p;
    if (ok) (*list)[(*n)++] = s;
    return ok;
}

static void ring_segments(struct work *w, const GEOSGeometry *ring, struct floor_seg **list, uint32_t *n,
                          uint32_t *room)
{
    const GEOSCoordSequence *seq = ring ? GEOSGeom_getCoordSeq_r(w->geos, ring) : NULL;
    unsigned count = 0;
    struct floor_point before = { 0, 0 }, now;
    if (!seq || !GEOSCoordSeq_getSize_r(w->geos, seq, &count)) w->failed = true;
    for (unsigned i = 0; i < count && !w->failed; i++) {
        if (!GEOSCoordSeq_getXY_r(w->geos, seq, i, &now.x, &now.y)) w->failed = true;
        now = (struct floor_point){ round(now.x), round(now.y) };
        if (i > 0 && (now.x != before.x || now.y != before.y) &&
            !keep_seg(list, n, room, (struct floor_seg){ before, now }))
            w->failed = true;
        before = now;
    }
}

static int by_place(const void *x, const void *y)
{
    const double *a = x, *b = y;
    for (int i = 0; i < 4; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

static void outline(struct work *w, const GEOSGeometry *g, double area_min, struct floor_seg **list, uint32_t *n,
                    uint32_t *room)
{
    for (int i = 0; g && i < GEOSGetNumGeometries_r(w->geos, g) && !w->failed; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(w->geos, g, i);
        double area = 0;
        if (GEOSGeomTypeId_r(w->geos, part) != GEOS_POLYGON || !GEOSArea_r(w->geos, part, &area) || area < area_min)
            continue;
        ring_segments(w, GEOSGetExteriorRing_r(w->geos, part), list, n, room);
        for (int k = 0; k < GEOSGetNumInteriorRings_r(w->geos, part); k++)
            ring_segments(w, GEOSGetInteriorRingN_r(w->geos, part, k), list, n, room);
    }
    if (*n) qsort(*list, *n, sizeof **list, by_place); /* no order of GEOS goes on from here */
}

/* ---- the diagram ---- */

static bool inside(struct work *w, struct floor_point p)
{
    GEOSGeometry *at = GEOSGeom_createPointFromXY_r(w->geos, p.x, p.y);
    bool in = at && GEOSPreparedContains_r(w->geos, w->ready, at) == 1;
    if (at) GEOSGeom_destroy_r(w->geos, at);
    return in;
}

static GEOSGeometry *samples(struct work *w)
{
    uint32_t n = 0, room = 0;
    GEOSGeometry **point = NULL;
    for (uint32_t i = 0; i < w->out->bounds && !w->failed; i++) {
        const struct floor_seg *s = &w->out->bound[i];
        double len = hypot(s->b.x - s->a.x, s->b.y - s->a.y);
        int pieces = (int)ceil(len / SAMPLE_MM);
        for (int k = 0; k < pieces && !w->failed; k++) {
            double t = (double)k / pieces;
            void *list = point;
            bool ok = import_room(&list, &room, n, AXIS_MAX, sizeof(void *));
            point = list;
            GEOSGeometry *g = ok ? GEOSGeom_createPointFromXY_r(w->geos, s->a.x + t * (s->b.x - s->a.x),
                                                                s->a.y + t * (s->b.y - s->a.y))
                                 : NULL;
            if (g) point[n++] = g;
            else w->failed = true;
        }
    }
    GEOSGeometry *all = point ? GEOSGeom_createCollection_r(w->geos, GEOS_MULTIPOINT, point, n) : NULL;
    free(point); /* the collection owns what it points to */
    return all;
}

static uint32_t add_node(struct work *w, struct axis_node v)
{
    struct floor_axis *a = w->out;
    void *list = a->node, *clear = w->clear;
    bool ok = import_room(&list, &a->node_room, a->nodes, AXIS_MAX, sizeof *a->node) &&
              import_room(&clear, &w->clear_room, a->nodes, AXIS_MAX, sizeof *w->clear);
    a->node = list;
    w->clear = clear;
    if (!ok) {
        w->failed = true;
        return 0;
    }
    w->clear[a->nodes] = -1;
    a->node[a->nodes] = v;
    return a->nodes++;
}

static void add_edge(struct work *w, uint32_t a, uint32_t b, bool cabin, double clear)
{
    struct floor_axis *x = w->out;
    void *list = x->edge;
    bool ok = import_room(&list, &x->edge_room, x->edges, AXIS_MAX, sizeof *x->edge);
    x->edge = list;
    if (ok) x->edge[x->edges++] = (struct axis_edge){ a, b, cabin, clear };
    else w->failed = true;
}

static uint32_t node_at(struct work *w, struct floor_point p)
{
    uint32_t lo = 0, hi = w->out->nodes;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        const struct floor_point *q = &w->out->node[mid].at;
        if (q->x < p.x || (q->x == p.x && q->y < p.y)) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* All edges of the diagram as sorted pairs of whole millimetres. */
static void diagram_edges(struct work *w, struct floor_seg **list, uint32_t *n)
{
    uint32_t room = 0;
    GEOSGeometry *from = samples(w);
    GEOSGeometry *all = from ? GEOSVoronoiDiagram_r(w->geos, from, NULL, 0, 1) : NULL;
    if (!all) w->failed = true;
    for (int i = 0; all && i < GEOSGetNumGeometries_r(w->geos, all) && !w->failed; i++)
        ring_segments(w, GEOSGetGeometryN_r(w->geos, all, i), list, n, &room);
    if (all) GEOSGeom_destroy_r(w->geos, all);
    if (from) GEOSGeom_destroy_r(w->geos, from);
    for (uint32_t i = 0; i < *n; i++) {
        struct floor_seg *s = &(*list)[i];
        if (s->a.x > s->b.x || (s->a.x == s->b.x && s->a.y > s->b.y)) *s = (struct floor_seg){ s->b, s->a };
    }
    if (*n) qsort(*list, *n, sizeof **list, by_place);
}

static int by_xy(const void *x, const void *y)
{
    const struct floor_point *a = x, *b = y;
    if (a->x != b->x) return a->x < b->x ? -1 : 1;
    return a->y < b->y ? -1 : a->y > b->y;
}

static double clear_at(struct work *w, uint32_t n)
{
    if (w->clear[n] < 0) {
        struct floor_point p = w->out->node[n].at;
        w->clear[n] = inside(w, p) ? floor_clear(w->out->bound, w->out->bounds, p, p) : 0;
    }
    return w->clear[n];
}

static void middle_lines(struct work *w)
{
    struct floor_seg *seg = NULL;
    uint32_t n = 0;
    diagram_edges(w, &seg, &n);
    struct floor_point *p = n && !w->failed ? calloc(2 * (size_t)n, sizeof *p) : NULL;
    if (!p) w->failed = true;
    for (uint32_t i = 0; i < n && p; i++) p[2 * i] = seg[i].a, p[2 * i + 1] = seg[i].b;
    if (p) qsort(p, 2 * (size_t)n, sizeof *p, by_xy);
    for (uint32_t i = 0; i < 2 * n && p; i++)
        if (i == 0 || p[i].x != p[i - 1].x || p[i].y != p[i - 1].y)
            add_node(w, (struct axis_node){ .at = p[i], .shape = UINT32_MAX });
    free(p);
    for (uint32_t i = 0; i < n && !w->failed; i++) {
        if (i > 0 && by_place(&seg[i], &seg[i - 1]) == 0) continue;
        uint32_t a = node_at(w, seg[i].a), b = node_at(w, seg[i].b);
        if (a == b || clear_at(w, a) < w->radius || clear_at(w, b) < w->radius) continue;
        double clear = floor_clear(w->out->bound, w->out->bounds, seg[i].a, seg[i].b);
        if (clear >= w->radius) add_edge(w, a, b, false, clear);
    }
    free(seg);
}

/* ---- what the lines must reach ---- */

/* The nearest node on a middle line to which a robot can drive straight; the first of equals. */
static uint32_t nearest(struct work *w, const uint8_t *on_line, uint32_t nodes, struct floor_point p)
{
    uint32_t best = UINT32_MAX;
    double least = 1e9;
    for (uint32_t i = 0; i < nodes; i++) {
        struct floor_point q = w->out->node[i].at;
        double far = hypot(q.x - p.x, q.y - p.y);
        if (!on_line[i] || far >= least - 0.5) continue;
        if (floor_clear(w->out->bound, w->out->bounds, p, q) < w->radius) continue;
        best = i;
        least = far;
    }
    return best;
}

static void say_lost(struct work *w, const struct floor_shape *s, const char *zh, const char *en)
{
    char name[SITE_ID_MAX + 8];
    snprintf(name, sizeof name, "%s", s->id[0] ? s->id : "?");
    import_say(w->r, IMPORT_DROPPED, zh, en, name, w->p->level[w->level].id);
}

static void reach_point(struct work *w, uint32_t shape, const uint8_t *on_line, uint32_t nodes)
{
    const struct floor_shape *s = &w->p->shape[shape];
    struct floor_point p = w->p->point[w->p->ring[s->ring].first];
    if (!inside(w, p) || floor_clear(w->out->bound, w->out->bounds, p, p) < w->radius) {
        say_lost(w, s, "%s（楼层 %s）在墙内或离墙不足半个机器人：请移动",
                 "%s on level %s stands in a wall or closer to it than half a robot: move it");
        return;
    }
    uint32_t to = nearest(w, on_line, nodes, p);
    if (to == UINT32_MAX) {
        say_lost(w, s, "%s（楼层 %s）直线到不了任何通道：请移动或画出门",
                 "from %s on level %s no way can be reached straight: move it, or draw the door");
        return;
    }
    uint32_t n = add_node(w, (struct axis_node){ .at = p, .fixed = true, .shape = shape });
    add_edge(w, n, to, false, floor_clear(w->out->bound, w->out->bounds, p, w->out->node[to].at));
}

/* A rectangle round the shaft, as near as one lies: centre, sides, and the direction of the first side. */
static bool rectangle(struct work *w, const struct floor_shape *s, double box[5])
{
    GEOSGeometry *area = shape_area(w, s), *rect = area ? GEOSMinimumRotatedRectangle_r(w->geos, area) : NULL;
    const GEOSGeometry *rim =
        rect && GEOSGeomTypeId_r(w->geos, rect) == GEOS_POLYGON ? GEOSGetExteriorRing_r(w->geos, rect) : NULL;
    const GEOSCoordSequence *seq = rim ? GEOSGeom_getCoordSeq_r(w->geos, rim) : NULL;
    struct floor_point p[4] = { { 0, 0 } };
    unsigned n = 0, low = 0;
    bool ok = seq && GEOSCoordSeq_getSize_r(w->geos, seq, &n) && n == 5;
    for (unsigned i = 0; ok && i < 4; i++) {
        ok = GEOSCoordSeq_getXY_r(w->geos, seq, i, &p[i].x, &p[i].y);
        p[i] = (struct floor_point){ round(p[i].x), round(p[i].y) };
    }
    if (rect) GEOSGeom_destroy_r(w->geos, rect);
    if (area) GEOSGeom_destroy_r(w->geos, area);
    if (!ok) return false;
    for (unsigned i = 1; i < 4; i++) /* GEOS may begin at any corner and go either way round */
        if (by_xy(&p[i], &p[low]) < 0) low = i;
    struct floor_point a = p[low], b = p[(low + 1) % 4], c = p[(low + 2) % 4], d = p[(low + 3) % 4];
    if ((b.x - a.x) * (d.y - a.y) - (b.y - a.y) * (d.x - a.x) < 0) {
        struct floor_point t = b;
        b = d;
        d = t;
    }
    box[0] = round((a.x + c.x) / 2);
    box[1] = round((a.y + c.y) / 2);
    box[2] = hypot(b.x - a.x, b.y - a.y);
    box[3] = hypot(d.x - a.x, d.y - a.y);
    box[4] = atan2(b.y - a.y, b.x - a.x);
    return box[2] > 4 * SHAFT_RIM_MM && box[3] > 4 * SHAFT_RIM_MM;
}

/* Whether a door is drawn across the way from p to q. */
static bool door_between(const struct work *w, struct floor_point p, struct floor_point q)
{
    for (uint32_t i = 0; i < w->p->shapes; i++) {
        const struct floor_shape *s = &w->p->shape[i];
        if (s->kind != FLOOR_DOOR || !here(w, s)) continue;
        for (uint32_t k = 0; k < s->rings; k++) {
            const struct floor_ring *ring = &w->p->ring[s->ring + k];
            const struct floor_point *v = &w->p->point[ring->first];
            for (uint32_t j = 0; j + 1 < ring->count; j++)
                if (cut((struct floor_seg){ p, q }, (struct floor_seg){ v[j], v[j + 1] })) return true;
        }
    }
    return false;
}

/* A car is left by the side where a door is drawn, else by the side with most room before it. */
static void reach_shaft(struct work *w, uint32_t shape, const uint8_t *on_line, uint32_t nodes)
{
    const struct floor_shape *s = &w->p->shape[shape];
    struct floor_axis *a = w->out;
    double box[5], most = -1;
    struct floor_point lobby = { 0, 0 }, centre;
    uint32_t way = UINT32_MAX;
    if (!rectangle(w, s, box)) {
        say_lost(w, s, "井道 %s（楼层 %s）太小", "shaft %s on level %s is too small for a car");
        return;
    }
    centre = (struct floor_point){ box[0], box[1] };
    for (int side = 0; side < 4; side++) {
        double angle = box[4] + side * (M_PI / 2), far = box[side % 2 ? 3 : 2] / 2 + w->radius + LOBBY_MM;
        struct floor_point p = { round(centre.x + far * cos(angle)), round(centre.y + far * sin(angle)) };
        double room = inside(w, p) ? floor_clear(a->bound, a->bounds, p, p) : 0;
        if (room < w->radius || floor_clear(a->wall, a->walls, centre, p) < w->radius) continue;
        if (door_between(w, centre, p)) room += 1e6;
        uint32_t to = room > most + 1 ? nearest(w, on_line, nodes, p) : UINT32_MAX;
        if (to == UINT32_MAX) continue;
        most = room;
        lobby = p;
        way = to;
    }
    if (way == UINT32_MAX || a->cars == SITE_ELEVATORS_MAX) {
        say_lost(w, s, "井道 %s（楼层 %s）没有可以进出的一侧：请画出门洞",
                 "shaft %s on level %s has no side to come in by: draw its door");
        return;
    }
    uint32_t in = add_node(w, (struct axis_node){ .at = centre, .fixed = true, .shape = shape, .cabin = true });
    uint32_t out = add_node(w, (struct axis_node){ .at = lobby, .fixed = true, .shape = UINT32_MAX });
    if (w->failed) return;
    add_edge(w, in, out, true, w->radius);
    add_edge(w, out, way, false, floor_clear(a->bound, a->bounds, lobby, a->node[way].at));
    box[2] -= 2 * SHAFT_RIM_MM;
    box[3] -= 2 * SHAFT_RIM_MM;
    memcpy(a->car[a->cars], box, sizeof box);
    a->car_shape[a->cars++] = shape;
}

static void reach_all(struct work *w)
{
    uint32_t nodes = w->out->nodes;
    uint8_t *on_line = calloc((size_t)nodes + 1, 1);
    if (!on_line) {
        w->failed = true;
        return;
    }
    for (uint32_t i = 0; i < w->out->edges; i++) on_line[w->out->edge[i].a] = on_line[w->out->edge[i].b] = 1;
    for (uint32_t i = 0; i < w->p->shapes && !w->failed; i++) {
        const struct floor_shape *s = &w->p->shape[i];
        if (!here(w, s) || s->rings == 0) continue;
        if (s->kind >= FLOOR_STATION) reach_point(w, i, on_line, nodes);
        else if (s->kind == FLOOR_SHAFT) reach_shaft(w, i, on_line, nodes);
    }
    free(on_line);
}

/* ---- thinning ---- */

/* Ends that lead nowhere are taken off one after the other; what is left is numbered anew. */
static void thin(struct work *w)
{
    struct floor_axis *a = w->out;
    uint32_t *degree = calloc((size_t)a->nodes + 1, sizeof *degree),
             *number = calloc((size_t)a->nodes + 1, sizeof *number);
    uint32_t kept = 0, nodes = 0;
    bool again = degree && number;
    if (!again) w->failed = true;
    for (uint32_t i = 0; again && i < a->edges; i++) degree[a->edge[i].a]++, degree[a->edge[i].b]++;
    while (again) {
        again = false;
        kept = 0;
        for (uint32_t i = 0; i < a->edges; i++) {
            struct axis_edge e = a->edge[i];
            if ((degree[e.a] > 1 || a->node[e.a].fixed) && (degree[e.b] > 1 || a->node[e.b].fixed)) a->edge[kept++] = e;
            else degree[e.a]--, degree[e.b]--, again = true;
        }
        a->edges = kept;
    }
    for (uint32_t i = 0; degree && number && i < a->nodes; i++) {
        if (degree[i] == 0) continue;
        number[i] = nodes;
        a->node[nodes++] = a->node[i];
    }
    for (uint32_t i = 0; number && i < a->edges; i++)
        a->edge[i].a = number[a->edge[i].a], a->edge[i].b = number[a->edge[i].b];
    a->nodes = nodes;
    free(degree);
    free(number);
}

int floor_axis(const struct floor_plan *p, level_id level, const struct robot_class *c, struct floor_axis *out,
               struct import_report *r, struct err_note *note, const char *name)
{
    struct work w = { .p = p, .level = level, .geos = GEOS_init_r(), .out = out, .r = r };
    *out = (struct floor_axis){ 0 };
    w.radius = c->width_mm / 2.0 + c->margin_mm;
    if (!w.geos) return err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY));
    unite_kinds(&w);
    find_free_floor(&w);
    if (!w.failed) outline(&w, w.free_floor, FLOOR_MIN_MM2, &out->bound, &out->bounds, &out->bound_room);
    if (!w.failed) outline(&w, w.kind[FLOOR_WALL], 0, &out->wall, &out->walls, &out->wall_room);
    bool none = !w.failed && out->bounds == 0;
    if (!w.failed && !none) middle_lines(&w);
    if (!w.failed && !none) reach_all(&w);
    if (!w.failed && !none) thin(&w);
    if (w.ready) GEOSPreparedGeom_destroy_r(w.geos, w.ready);
    if (w.free_floor) GEOSGeom_destroy_r(w.geos, w.free_floor);
    for (int k = 0; k <= FLOOR_AREA; k++)
        if (w.kind[k]) GEOSGeom_destroy_r(w.geos, w.kind[k]);
    GEOS_finish_r(w.geos);
    free(w.clear);
    if (!w.failed && !none && out->edges) return ORD_OK;
    floor_axis_close(out);
    if (none)
        return err_at(
            note, ORD_EMAP, name,
            "level '%s' has no free floor: do the outer walls close? Otherwise add a polygon of kind \"floor\"",
            p->level[level].id);
    return w.failed ? err_at(note, ORD_EMEMORY, name, "level '%s': the plan cannot be computed: is it too large?",
                             p->level[level].id)
                    : err_at(note, ORD_EMAP, name,
                             "level '%s': nothing for robots to drive between: no loop of corridors, and fewer than "
                             "two stations that can be reached",
                             p->level[level].id);
}

void floor_axis_close(struct floor_axis *a)
{
    free(a->node);
    free(a->edge);
    free(a->bound);
    free(a->wall);
    *a = (struct floor_axis){ 0 };
}
