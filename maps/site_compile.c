/* site_compile - from floor plan to integers: which classes fit which edges, and which nodes and lanes may not be
 * held at the same time because the floor that robots sweep there overlaps. GEOS is used here and nowhere else.
 *
 * Hulls. A footprint is length x width, grown by the class's margin. At a node where a robot may turn by more than
 * 20 degrees (a way back counts, unless the class is reversible) the hull is the disc it sweeps when turning on the
 * spot; elsewhere it is the union of the footprints along the headings of the edges that meet there. A lane's hull is
 * the strip the footprint sweeps along it, for classes that are not reversible united with the hulls of both end
 * nodes. A reversible class is long: its turning circles would make every lane as wide as they are. It needs them at
 * the nodes only, for whoever drives a lane holds both its ends until it has reached one of them (planner/route.h), and
 * turns only there. Invariant (3) holds because neighbours are entered as such (add_neighbours). Points are
 * rounded to whole millimetres before GEOS sees them and pairs are sorted afterwards, so neither the order inside
 * GEOS nor its last bits can reach the result. Two hulls conflict when they share more than AREA_MIN.
 *
 * Elevators. A car holds one robot: everything that touches it conflicts with everything else that does (invariant
 * 5), and between different landings there is a gap: doors close, the empty car travels, doors open. A ride touches
 * two landings; its gap to others is the least over its ends, a lower bound; the landing nodes carry the exact one. */
#include "site_compile.h"

#include <geos_c.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define AREA_MIN 1000.0 /* mm2: less is rounding, not floor */
#define TURN_MRAD 349   /* 20 degrees, as the drive's own limit for going through without a stop */
#define DISC_POINTS 24
#define PI 3.14159265358979323846

struct pair {
    res_id x, y;
    int32_t gap_ms;
};

struct compiler {
    struct site *s;
    GEOSContextHandle_t geos;
    char message[160];
    GEOSGeometry **hull[SITE_CLASSES_MAX]; /* per resource; NULL for rides and for lanes that leave their level */
    struct pair *pair;
    size_t pairs, room;
    bool full;
};

/* ---- shapes of robots ---- */

mm_t class_turn_radius_mm(const struct robot_class *c)
{
    int64_t square = (int64_t)c->length_mm * c->length_mm + (int64_t)c->width_mm * c->width_mm;
    return (mm_t)((isqrt64(square) + 2) / 2 + c->margin_mm);
}

static int32_t turn_between(mrad_t a, mrad_t b)
{
    int32_t d = a - b;
    if (d < 0) d = -d;
    return d > 3142 ? 6283 - d : d;
}

/* How far the class must turn to leave along `out` after it came in along `in`. */
static int32_t class_turn(const struct robot_class *c, mrad_t in, mrad_t out)
{
    int32_t d = turn_between(in, out);
    return c->reversible && d > 1571 ? 3142 - d : d;
}

/* Whether some way into `a` and some way out of `b` need a turn; *ways counts what was looked at. */
static bool pair_turns(const struct site *s, const struct robot_class *c, node_id a, node_id b, uint32_t *ways)
{
    for (uint32_t i = s->in_start[a]; i < s->in_start[a + 1]; i++) {
        const struct site_edge *in = &s->edge[s->in_edge[i]];
        if (in->ride_ms) continue;
        for (uint32_t k = s->out_start[b]; k < s->out_start[b + 1]; k++) {
            const struct site_edge *out = &s->edge[s->out_edge[k]];
            if (out->ride_ms) continue;
            ++*ways;
            if (class_turn(c, in->heading, out->heading) > TURN_MRAD) return true;
        }
    }
    return false;
}

/* Edges that only lead in, or only out, still say along which line a robot stands there. */
static bool lines_differ(const struct site *s, const struct robot_class *c, node_id n)
{
    bool met = false;
    mrad_t first = 0;
    for (int in = 0; in < 2; in++) {
        const uint32_t *start = in ? s->in_start : s->out_start;
        const edge_id *list = in ? s->in_edge : s->out_edge;
        for (uint32_t i = start[n]; i < start[n + 1]; i++) {
            const struct site_edge *e = &s->edge[list[i]];
            if (e->ride_ms) continue;
            if (met && class_turn(c, first, e->heading) > TURN_MRAD) return true;
            if (!met) first = e->heading;
            met = true;
        }
    }
    return !met || !c->reversible; /* a start or an end: whoever must turn round may face any way */
}

bool node_turns(const struct site *s, const struct robot_class *c, node_id n)
{
    elevator_id e = s->node[n].elevator;
    uint32_t ways = 0;
    if (e == ID_NONE) {
        if (pair_turns(s, c, n, n, &ways)) return true;
    } else {
        for (uint16_t i = 0; i < s->elevator[e].landings; i++)
            for (uint16_t k = 0; k < s->elevator[e].landings; k++)
                if (pair_turns(s, c, s->elevator[e].landing[i].node, s->elevator[e].landing[k].node, &ways))
                    return true;
        if (pair_turns(s, c, n, n, &ways)) return true;
    }
    return ways == 0 && lines_differ(s, c, n);
}

/* ---- which class fits where ---- */

static mm_t node_reach_mm(const struct site *s, const struct robot_class *c, node_id n)
{
    return node_turns(s, c, n) ? class_turn_radius_mm(c) : c->width_mm / 2 + c->margin_mm;
}

/* `from` moved away from `to` by what the footprint is longer than wide: where nobody turns, nose and tail count. */
static struct pt reach_out(const struct robot_class *c, struct pt from, struct pt to)
{
    int64_t dx = from.x - to.x, dy = from.y - to.y, len = isqrt64(dx * dx + dy * dy);
    int64_t more = c->length_mm > c->width_mm ? (c->length_mm - c->width_mm) / 2 : 0;
    return len == 0 ? from : (struct pt){ from.x + dx * more / len, from.y + dy * more / len };
}

static enum fit fit_walls(const struct site *s, const struct robot_class *c, const struct site_edge *e, uint32_t *wall)
{
    struct pt a = node_pt(s, e->from), b = node_pt(s, e->to);
    int64_t strip = c->width_mm / 2 + c->margin_mm, at_a = node_reach_mm(s, c, e->from),
            at_b = node_reach_mm(s, c, e->to);
    struct pt nose = b, tail = a;
    if (!node_turns(s, c, e->to)) nose = reach_out(c, b, a);
    if (!node_turns(s, c, e->from)) tail = reach_out(c, a, b);
    int64_t far = strip + at_a + at_b + c->length_mm;
    for (uint32_t i = 0; i < s->walls; i++) {
        const struct site_wall *w = &s->wall[i];
        if (w->level != s->node[e->from].level) continue;
        struct pt p = wall_a(w), q = wall_b(w);
        if ((p.x < a.x - far && p.x < b.x - far && q.x < a.x - far && q.x < b.x - far) ||
            (p.x > a.x + far && p.x > b.x + far && q.x > a.x + far && q.x > b.x + far) ||
            (p.y < a.y - far && p.y < b.y - far && q.y < a.y - far && q.y < b.y - far) ||
            (p.y > a.y + far && p.y > b.y + far && q.y > a.y + far && q.y > b.y + far))
            continue;
        if (geom_seg_seg(tail, nose, p, q) < strip || geom_point_seg(a, p, q) < at_a ||
            geom_point_seg(b, p, q) < at_b) {
            if (wall) *wall = i;
            return FIT_WALL;
        }
    }
    return FIT_OK;
}

/* Who need not turn inside fits lengthwise; who must needs the room to turn, margins apart. */
static bool cabin_fits(const struct site *s, elevator_id e, const struct robot_class *c)
{
    const struct site_elevator *k = &s->elevator[e];
    mm_t w = c->width_mm + 2 * c->margin_mm, l = c->length_mm + 2 * c->margin_mm;
    mm_t small = k->width_mm < k->depth_mm ? k->width_mm : k->depth_mm,
         large = k->width_mm < k->depth_mm ? k->depth_mm : k->width_mm;
    if ((w < l ? w : l) > small || (w < l ? l : w) > large) return false;
    bool turns = k->landings > 0 && node_turns(s, c, k->landing[0].node);
    return !turns || 2 * (class_turn_radius_mm(c) - c->margin_mm) <= small;
}

enum fit edge_fit(const struct site *s, const struct robot_class *c, edge_id i, uint32_t *wall)
{
    const struct site_edge *e = &s->edge[i];
    mm_t wide = c->width_mm + 2 * c->margin_mm;
    bool cross_level = s->node[e->from].level != s->node[e->to].level;
    if (e->from == e->to || (!e->ride_ms && cross_level)) return FIT_BROKEN;
    if (e->elevator != ID_NONE && !cabin_fits(s, e->elevator, c)) return FIT_CABIN;
    if (e->ride_ms) return FIT_OK;
    if (s->node[e->from].elevator != s->node[e->to].elevator && e->elevator != ID_NONE &&
        s->elevator[e->elevator].door_width_mm < wide)
        return FIT_CABIN_DOOR;
    if (e->door != ID_NONE && s->door[e->door].width_mm < wide) return FIT_DOOR;
    if (e->width_mm) return e->width_mm < wide ? FIT_WIDTH : FIT_OK;
    return fit_walls(s, c, e, wall);
}

/* ---- hulls ---- */

static void on_geos(const char *text, void *ctx)
{
    struct compiler *k = ctx;
    snprintf(k->message, sizeof k->message, "%s", text);
}

static GEOSGeometry *polygon(struct compiler *k, const double (*p)[2], unsigned n)
{
    GEOSCoordSequence *seq = GEOSCoordSeq_create_r(k->geos, n + 1, 2);
    if (!seq) return NULL;
    for (unsigned i = 0; i <= n; i++)
        if (!GEOSCoordSeq_setXY_r(k->geos, seq, i, round(p[i % n][0]), round(p[i % n][1]))) {
            GEOSCoordSeq_destroy_r(k->geos, seq);
            return NULL;
        }
    GEOSGeometry *ring = GEOSGeom_createLinearRing_r(k->geos, seq);
    return ring ? GEOSGeom_createPolygon_r(k->geos, ring, NULL, 0) : NULL;
}

/* A circle from outside: the corners lie beyond it, so that the hull never is less than what is swept. */
static GEOSGeometry *disc(struct compiler *k, struct pt at, mm_t radius)
{
    double p[DISC_POINTS][2], r = radius / cos(PI / DISC_POINTS);
    for (int i = 0; i < DISC_POINTS; i++) {
        p[i][0] = (double)at.x + r * cos(2 * PI * i / DISC_POINTS);
        p[i][1] = (double)at.y + r * sin(2 * PI * i / DISC_POINTS);
    }
    return polygon(k, p, DISC_POINTS);
}

/* The strip from a to b along `angle`, longer by the half footprint at both ends. */
static GEOSGeometry *strip(struct compiler *k, struct pt a, struct pt b, double angle, const struct robot_class *c)
{
    double ux = cos(angle), uy = sin(angle), l = c->length_mm / 2.0 + c->margin_mm,
           w = c->width_mm / 2.0 + c->margin_mm;
    const double p[4][2] = {
        { (double)a.x - l * ux + w * uy, (double)a.y - l * uy - w * ux },
        { (double)b.x + l * ux + w * uy, (double)b.y + l * uy - w * ux },
        { (double)b.x + l * ux - w * uy, (double)b.y + l * uy + w * ux },
        { (double)a.x - l * ux - w * uy, (double)a.y - l * uy + w * ux },
    };
    return polygon(k, p, 4);
}

/* Both are used up; NULL when either is missing or GEOS fails. */
static GEOSGeometry *unite(struct compiler *k, GEOSGeometry *a, GEOSGeometry *b)
{
    GEOSGeometry *u = a && b ? GEOSUnion_r(k->geos, a, b) : NULL;
    if (a) GEOSGeom_destroy_r(k->geos, a);
    if (b) GEOSGeom_destroy_r(k->geos, b);
    return u;
}

static GEOSGeometry *node_hull(struct compiler *k, const struct robot_class *c, node_id n)
{
    const struct site *s = k->s;
    struct pt at = node_pt(s, n);
    if (node_turns(s, c, n)) return disc(k, at, class_turn_radius_mm(c));
    GEOSGeometry *g = NULL;
    for (int in = 0; in < 2; in++) {
        const uint32_t *start = in ? s->in_start : s->out_start;
        const edge_id *list = in ? s->in_edge : s->out_edge;
        for (uint32_t i = start[n]; i < start[n + 1]; i++) {
            const struct site_edge *e = &s->edge[list[i]];
            if (e->ride_ms) continue;
            GEOSGeometry *box = strip(k, at, at, e->heading / 1000.0, c);
            g = g ? unite(k, g, box) : box;
            if (!g) return NULL;
        }
    }
    return g;
}

static bool lane_has_hull(const struct site *s, lane_id l)
{
    const struct site_edge *e = &s->edge[s->lane_edge[l]];
    return !e->ride_ms && s->node[e->from].level == s->node[e->to].level;
}

static GEOSGeometry *lane_hull(struct compiler *k, class_id c, lane_id l)
{
    const struct site *s = k->s;
    const struct site_edge *e = &s->edge[s->lane_edge[l]];
    struct pt a = node_pt(s, e->from), b = node_pt(s, e->to);
    double angle = atan2((double)(b.y - a.y), (double)(b.x - a.x));
    GEOSGeometry *g = strip(k, a, b, angle, &s->cls[c]);
    if (s->cls[c].reversible) return g;
    g = unite(k, g, GEOSGeom_clone_r(k->geos, k->hull[c][e->from]));
    return unite(k, g, GEOSGeom_clone_r(k->geos, k->hull[c][e->to]));
}

static int make_hulls(struct compiler *k, class_id c)
{
    const struct site *s = k->s;
    GEOSGeometry **hull = calloc((size_t)res_count(s) + 1, sizeof(void *));
    if (!hull) return ORD_EMEMORY;
    k->hull[c] = hull;
    for (node_id n = 0; n < s->nodes; n++)
        if (!(k->hull[c][n] = node_hull(k, &s->cls[c], n))) return ORD_EMAP;
    for (lane_id l = 0; l < s->lanes; l++)
        if (lane_has_hull(s, l) && !(k->hull[c][res_lane(s, l)] = lane_hull(k, c, l))) return ORD_EMAP;
    return ORD_OK;
}

/* ---- pairs ---- */

static void add_pair(struct compiler *k, res_id x, res_id y, int32_t gap_ms)
{
    if (k->pairs == k->room) {
        size_t want = k->room ? k->room * 2 : 4096;
        struct pair *wide = realloc(k->pair, want * sizeof *wide);
        if (!wide) {
            k->full = true;
            return;
        }
        k->pair = wide;
        k->room = want;
    }
    k->pair[k->pairs++] = (struct pair){ x, y, gap_ms };
}

static level_id res_level(const struct site *s, res_id x)
{
    return s->node[x < s->nodes ? x : s->edge[s->lane_edge[x - s->nodes]].from].level;
}

/* Neighbours by construction: a lane and its ends, lanes that share an end. Their hulls have the end's hull in
 * common. */
static void add_neighbours(struct compiler *k)
{
    const struct site *s = k->s;
    for (res_id x = 0; x < res_count(s); x++) add_pair(k, x, x, 0);
    for (edge_id i = 0; i < s->edges; i++) {
        const struct site_edge *e = &s->edge[i];
        const node_id end[2] = { e->from, e->to };
        res_id lane = res_lane(s, e->lane);
        for (int j = 0; j < 2; j++) {
            add_pair(k, lane, end[j], 0);
            add_pair(k, end[j], lane, 0);
            for (uint32_t o = s->out_start[end[j]]; o < s->out_start[end[j] + 1]; o++)
                add_pair(k, lane, res_lane(s, s->edge[s->out_edge[o]].lane), 0);
            for (uint32_t o = s->in_start[end[j]]; o < s->in_start[end[j] + 1]; o++)
                add_pair(k, lane, res_lane(s, s->edge[s->in_edge[o]].lane), 0);
        }
    }
}

static bool share_end(const struct site *s, res_id x, res_id y)
{
    node_id a[2] = { (node_id)x, (node_id)x }, b[2] = { (node_id)y, (node_id)y };
    if (x >= s->nodes) a[0] = s->edge[s->lane_edge[x - s->nodes]].from, a[1] = s->edge[s->lane_edge[x - s->nodes]].to;
    if (y >= s->nodes) b[0] = s->edge[s->lane_edge[y - s->nodes]].from, b[1] = s->edge[s->lane_edge[y - s->nodes]].to;
    return a[0] == b[0] || a[0] == b[1] || a[1] == b[0] || a[1] == b[1];
}

struct near {
    uint32_t *item;
    size_t count, room;
    bool full;
};

static void on_near(void *item, void *ctx)
{
    struct near *near = ctx;
    if (near->count == near->room) {
        size_t want = near->room ? near->room * 2 : 64;
        uint32_t *wide = realloc(near->item, want * sizeof *wide);
        if (!wide) {
            near->full = true;
            return;
        }
        near->item = wide;
        near->room = want;
    }
    near->item[near->count++] = *(uint32_t *)item;
}

static int overlap(struct compiler *k, const GEOSPreparedGeometry *ready, const GEOSGeometry *a, const GEOSGeometry *b)
{
    char meet = GEOSPreparedIntersects_r(k->geos, ready, b);
    if (meet != 1) return meet;
    GEOSGeometry *both = GEOSIntersection_r(k->geos, a, b);
    double area = 0;
    int ok = both && GEOSArea_r(k->geos, both, &area);
    if (both) GEOSGeom_destroy_r(k->geos, both);
    return ok ? area > AREA_MIN : 2;
}

static int overlaps_of(struct compiler *k, class_id a, class_id b, res_id x, GEOSSTRtree *tree, struct near *near)
{
    const struct site *s = k->s;
    const GEOSGeometry *mine = k->hull[a][x];
    int err = ORD_OK;
    near->count = 0;
    GEOSSTRtree_query_r(k->geos, tree, mine, on_near, near);
    const GEOSPreparedGeometry *ready = GEOSPrepare_r(k->geos, mine);
    if (!ready || near->full) err = ORD_EMEMORY;
    for (size_t i = 0; i < near->count && !err; i++) {
        res_id y = near->item[i];
        if ((a == b && y <= x) || res_level(s, x) != res_level(s, y) || share_end(s, x, y)) continue;
        int is = overlap(k, ready, mine, k->hull[b][y]);
        if (is == 2) err = ORD_EMAP;
        if (is != 1) continue;
        add_pair(k, x, y, 0);
        if (a == b) add_pair(k, y, x, 0);
    }
    if (ready) GEOSPreparedGeom_destroy_r(k->geos, ready);
    return err;
}

static int add_overlaps(struct compiler *k, class_id a, class_id b)
{
    const struct site *s = k->s;
    struct near near = { 0 };
    int err = ORD_OK;
    uint32_t *name = calloc((size_t)res_count(s) + 1, sizeof *name);
    GEOSSTRtree *tree = GEOSSTRtree_create_r(k->geos, 10);
    if (!name || !tree) err = ORD_EMEMORY;
    for (res_id y = 0; y < res_count(s) && !err; y++) {
        name[y] = y;
        if (k->hull[b][y]) GEOSSTRtree_insert_r(k->geos, tree, k->hull[b][y], &name[y]);
    }
    for (res_id x = 0; x < res_count(s) && !err; x++)
        if (k->hull[a][x]) err = overlaps_of(k, a, b, x, tree, &near);
    if (tree) GEOSSTRtree_destroy_r(k->geos, tree);
    free(name);
    free(near.item);
    return err;
}

/* ---- cars ---- */

struct car_touch {
    res_id res;
    level_id at[2];
};

static int32_t car_gap_ms(const struct site *s, elevator_id e, const struct car_touch *x, const struct car_touch *y)
{
    ms_t least = MS_NEVER;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            ms_t v = 0;
            if (x->at[i] != y->at[j])
                v = s->elevator[e].door_close_ms + site_car_travel_ms(s, e, x->at[i], y->at[j]) +
                    s->elevator[e].door_open_ms;
            least = ms_min(least, v);
        }
    return (int32_t)ms_min(least, INT32_MAX);
}

static int add_car(struct compiler *k, elevator_id e)
{
    const struct site *s = k->s;
    size_t n = 0;
    struct car_touch *touch = calloc((size_t)res_count(s) + 1, sizeof *touch);
    if (!touch) return ORD_EMEMORY;
    for (node_id i = 0; i < s->nodes; i++)
        if (s->node[i].elevator == e) touch[n++] = (struct car_touch){ i, { s->node[i].level, s->node[i].level } };
    for (lane_id l = 0; l < s->lanes; l++) {
        const struct site_edge *d = &s->edge[s->lane_edge[l]];
        if (d->elevator != e) continue;
        bool from = s->node[d->from].elevator == e, to = s->node[d->to].elevator == e;
        touch[n++] =
            (struct car_touch){ res_lane(s, l),
                                { s->node[from ? d->from : d->to].level, s->node[to ? d->to : d->from].level } };
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != j) add_pair(k, touch[i].res, touch[j].res, car_gap_ms(s, e, &touch[i], &touch[j]));
    free(touch);
    return ORD_OK;
}

/* ---- lists ---- */

static int pair_order(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    return p->gap_ms > q->gap_ms ? -1 : p->gap_ms < q->gap_ms; /* the largest gap first: it is the one that is kept */
}

static int keep_lists(struct compiler *k, class_id a, class_id b)
{
    struct site *s = k->s;
    size_t kept = 0;
    if (k->full) return ORD_EMEMORY;
    if (k->pairs) qsort(k->pair, k->pairs, sizeof *k->pair, pair_order);
    for (size_t i = 0; i < k->pairs; i++)
        if (kept == 0 || k->pair[kept - 1].x != k->pair[i].x || k->pair[kept - 1].y != k->pair[i].y)
            k->pair[kept++] = k->pair[i];
    uint32_t *start = calloc((size_t)res_count(s) + 2, sizeof *start);
    struct conflict *list = calloc(kept + 1, sizeof *list);
    if (!start || !list) {
        free(start);
        free(list);
        return ORD_EMEMORY;
    }
    for (size_t i = 0; i < kept; i++) {
        start[k->pair[i].x + 1]++;
        list[i] = (struct conflict){ k->pair[i].y, k->pair[i].gap_ms };
    }
    for (res_id x = 0; x < res_count(s); x++) start[x + 1] += start[x];
    s->conflict_start[a][b] = start;
    s->conflict[a][b] = list;
    k->pairs = kept;
    return ORD_OK;
}

static int compile_pair(struct compiler *k, class_id a, class_id b)
{
    int err = ORD_OK;
    k->pairs = 0;
    add_neighbours(k);
    for (elevator_id e = 0; e < k->s->elevators && !err; e++) err = add_car(k, e);
    if (!err) err = add_overlaps(k, a, b);
    if (!err) err = keep_lists(k, a, b);
    if (err || a == b) return err;
    for (size_t i = 0; i < k->pairs; i++) { /* the other way round is the same relation, transposed */
        res_id x = k->pair[i].x;
        k->pair[i].x = k->pair[i].y;
        k->pair[i].y = x;
    }
    return keep_lists(k, b, a);
}

static void drop_compiled(struct site *s)
{
    free(s->edge_fits);
    free(s->in_zone);
    s->edge_fits = s->in_zone = NULL;
    s->groups = 0;
    for (int a = 0; a < SITE_CLASSES_MAX; a++)
        for (int b = 0; b < SITE_CLASSES_MAX; b++) {
            free(s->conflict_start[a][b]);
            free(s->conflict[a][b]);
            s->conflict_start[a][b] = NULL;
            s->conflict[a][b] = NULL;
        }
    s->classes = 0;
}

static int compile_all(struct compiler *k)
{
    struct site *s = k->s;
    s->edge_fits = calloc((size_t)s->classes * s->edges + 1, 1);
    if (!s->edge_fits) return ORD_EMEMORY;
    for (class_id c = 0; c < s->classes; c++)
        for (edge_id e = 0; e < s->edges; e++)
            s->edge_fits[(size_t)c * s->edges + e] = edge_fit(s, &s->cls[c], e, NULL) == FIT_OK;
    int err = access_compile(s);
    for (class_id c = 0; c < s->classes && !err; c++) err = make_hulls(k, c);
    for (class_id a = 0; a < s->classes && !err; a++)
        for (class_id b = a; b < s->classes && !err; b++) err = compile_pair(k, a, b);
    return err;
}

int site_compile(struct site *s, uint16_t classes, const struct robot_class *cls, struct err_note *note)
{
    if (classes == 0 || classes > SITE_CLASSES_MAX)
        return err_at(note, ORD_ERANGE, s->id, "a site is compiled for 1..%d robot classes, not %d", SITE_CLASSES_MAX,
                      classes);
    drop_compiled(s);
    s->classes = classes;
    memcpy(s->cls, cls, classes * sizeof *cls);
    struct compiler k = { .s = s, .geos = GEOS_init_r() };
    int err = ORD_EMEMORY;
    if (k.geos) {
        GEOSContext_setErrorMessageHandler_r(k.geos, on_geos, &k);
        err = compile_all(&k);
        for (class_id c = 0; c < classes; c++) {
            for (res_id x = 0; k.hull[c] && x < res_count(s); x++)
                if (k.hull[c][x]) GEOSGeom_destroy_r(k.geos, k.hull[c][x]);
            free(k.hull[c]);
        }
        GEOS_finish_r(k.geos);
    }
    free(k.pair);
    if (!err) err = refuges_prove(s, NULL);
    if (err) {
        drop_compiled(s);
        return err_at(note, err, s->id, "the map could not be compiled: %s", k.message[0] ? k.message : err_en(err));
    }
    return ORD_OK;
}
