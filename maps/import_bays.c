/* import_bays - holding bays for maps that were drawn without any. A bay is a node at the end of a spur beside a lane
 * or beyond a dead end, so far from every other lane that a courier standing in it touches nothing but its own spur;
 * by the definition in refuge.c such a bay is a refuge whatever else happens. It keeps off walls, door swings and
 * shafts and stays on the floor, as far as the drawing shows them.
 *
 * All possible bays are found first (nodes, and points along the lanes; both sides; the shortest spur that fits).
 * Then one after the other the bay is taken that lies farthest from the refuges there are, a little in favour of those
 * near a station: they end up spread over the building and close to work. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "site_compile.h"

#define APART 960 /* from another lane or node: two turning couriers (475 mm each) and rounding */
#define FROM_WALL 500
#define SPUR_FROM_WALL 400
#define FROM_DOOR 700
#define FROM_SHAFT 600
#define SPUR_MIN 1000
#define SPUR_MAX 2600
#define SPUR_STEP 100
#define SPLIT_MIN 1100 /* a new node this far from the ends of the lane it splits */
#define SPLIT_STEP 1500
#define SPREAD_MAX 15000 /* farther apart than this is as good as it gets */
#define SAME 5           /* mm: the point of a split lane found again */

struct option {
    level_id level;
    struct pt foot, bay;
    node_id node;
    uint32_t lane;
}; /* node: ID_NONE when a lane is split there */

struct finder {
    struct draft *d;
    const struct bay_space *space;
    struct import_report *r;
    struct option *option;
    size_t options, room;
    uint8_t *node_taken; /* nodes no bay may hang on: cabins, stations, pass-through points */
    bool full;
};

static struct pt at(const struct draft *d, node_id n) { return (struct pt){ d->s->node[n].x_mm, d->s->node[n].y_mm }; }

static bool lane_on(const struct draft *d, uint32_t e, level_id level)
{
    return d->s->node[d->edge[e].from].level == level && d->s->node[d->edge[e].to].level == level;
}

/* ---- is there room ---- */

static bool in_ring(const struct bay_ring *ring, struct pt p)
{
    bool in = false;
    for (uint32_t i = 0, k = ring->count - 1; i < ring->count; k = i++) {
        struct pt a = ring->p[i], b = ring->p[k];
        if ((a.y > p.y) == (b.y > p.y)) continue;
        int64_t side = (b.x - a.x) * (p.y - a.y) - (p.x - a.x) * (b.y - a.y); /* sign relative to the rising edge */
        if ((b.y > a.y) == (side > 0)) in = !in;
    }
    return in;
}

static bool on_floor(const struct bay_space *sp, level_id level, struct pt p)
{
    bool any = false, in = false;
    for (uint32_t i = 0; i < sp->rings; i++) {
        if (sp->ring[i].level != level || sp->ring[i].count < 3) continue;
        bool inside = in_ring(&sp->ring[i], p);
        if (sp->ring[i].hole && inside) return false;
        if (sp->ring[i].hole) continue;
        any = true;
        in = in || inside;
    }
    return in || !any;
}

static bool off_shafts(const struct bay_space *sp, struct pt p)
{
    for (uint32_t i = 0; i < sp->shafts; i++) {
        const struct site_elevator *c = &sp->shaft[i];
        double a = -c->yaw / 1000.0, dx = (double)p.x - c->x_mm, dy = (double)p.y - c->y_mm;
        double x = dx * cos(a) - dy * sin(a), y = dx * sin(a) + dy * cos(a);
        if (fabs(x) < c->width_mm / 2.0 + FROM_SHAFT && fabs(y) < c->depth_mm / 2.0 + FROM_SHAFT) return false;
    }
    return true;
}

static bool off_building(const struct bay_space *sp, level_id level, struct pt foot, struct pt bay)
{
    struct pt mid = { (foot.x + bay.x) / 2, (foot.y + bay.y) / 2 };
    if (!on_floor(sp, level, bay) || !on_floor(sp, level, mid) || !off_shafts(sp, bay)) return false;
    for (uint32_t i = 0; i < sp->walls; i++) {
        const struct bay_segment *w = &sp->wall[i];
        if (w->level != level) continue;
        if (geom_point_seg(bay, w->a, w->b) < FROM_WALL || geom_seg_seg(mid, bay, w->a, w->b) < SPUR_FROM_WALL ||
            geom_cut(foot, bay, w->a, w->b))
            return false;
    }
    for (uint32_t i = 0; i < sp->doors; i++) {
        const struct bay_segment *w = &sp->door[i];
        if (w->level != level) continue;
        if (geom_point_seg(bay, w->a, w->b) < FROM_DOOR || geom_cut(foot, bay, w->a, w->b)) return false;
    }
    return true;
}

/* Against lanes and nodes as they are now: the spur crosses none that does not meet its foot, the bay is clear of
 * all. */
static bool off_lanes(const struct draft *d, level_id level, struct pt foot, struct pt bay)
{
    for (uint32_t e = 0; e < d->edges; e++) {
        if (!lane_on(d, e, level)) continue;
        struct pt a = at(d, d->edge[e].from), b = at(d, d->edge[e].to);
        if (geom_point_seg(bay, a, b) < APART) return false;
        if (geom_point_seg(foot, a, b) > SAME && geom_cut(foot, bay, a, b)) return false;
    }
    for (node_id n = 0; n < d->s->nodes; n++)
        if (d->s->node[n].level == level && geom_far(bay, at(d, n)) < APART) return false;
    return true;
}

/* ---- options ---- */

static void keep_option(struct finder *f, const struct option *o)
{
    if (f->options == f->room) {
        size_t want = f->room ? f->room * 2 : 256;
        struct option *wide = realloc(f->option, want * sizeof *wide);
        if (!wide) {
            f->full = true;
            return;
        }
        f->option = wide;
        f->room = want;
    }
    f->option[f->options++] = *o;
}

/* The shortest spur in this direction that fits. */
static void try_direction(struct finder *f, struct option o, double angle)
{
    for (int len = SPUR_MIN; len <= SPUR_MAX; len += SPUR_STEP) {
        o.bay = (struct pt){ o.foot.x + llround(len * cos(angle)), o.foot.y + llround(len * sin(angle)) };
        if (!off_lanes(f->d, o.level, o.foot, o.bay) || !off_building(f->space, o.level, o.foot, o.bay)) continue;
        keep_option(f, &o);
        return;
    }
}

static void options_at_nodes(struct finder *f)
{
    for (node_id n = 0; n < f->d->s->nodes; n++) {
        if (f->node_taken[n]) continue;
        struct option o = { .level = f->d->s->node[n].level, .foot = at(f->d, n), .node = n, .lane = UINT32_MAX };
        for (int k = 0; k < 16; k++) try_direction(f, o, k * 0.39269908169872414);
    }
}

static bool door_near(const struct bay_space *sp, level_id level, struct pt p)
{
    for (uint32_t i = 0; i < sp->doors; i++)
        if (sp->door[i].level == level && geom_point_seg(p, sp->door[i].a, sp->door[i].b) < 1000) return true;
    return false;
}

static bool crosses_door(const struct bay_space *sp, level_id level, struct pt a, struct pt b)
{
    for (uint32_t i = 0; i < sp->doors; i++)
        if (sp->door[i].level == level && geom_cut(a, b, sp->door[i].a, sp->door[i].b)) return true;
    return false;
}

/* Whether the strip is stated a second time, the other way: then it is left whole, or the two would drift apart. */
static bool stated_twice(const struct draft *d, uint32_t e)
{
    for (uint32_t i = 0; i < d->edges; i++)
        if (i != e && d->edge[i].from == d->edge[e].to && d->edge[i].to == d->edge[e].from) return true;
    return false;
}

/* A lane through a door is left whole: which part keeps the door would have to be guessed. */
static void options_along(struct finder *f, uint32_t e)
{
    const struct draft_edge *v = &f->d->edge[e];
    const struct site_node *from = &f->d->s->node[v->from], *to = &f->d->s->node[v->to];
    if (from->level != to->level || from->elevator != ID_NONE || to->elevator != ID_NONE) return;
    struct pt a = at(f->d, v->from), b = at(f->d, v->to);
    int64_t len = geom_far(a, b);
    if (crosses_door(f->space, from->level, a, b) || stated_twice(f->d, e)) return;
    double angle = atan2((double)(b.y - a.y), (double)(b.x - a.x));
    for (int64_t s = SPLIT_MIN; s + SPLIT_MIN <= len; s += SPLIT_STEP) {
        struct option o = { .level = from->level, .node = ID_NONE, .lane = e };
        o.foot = (struct pt){ a.x + (b.x - a.x) * s / len, a.y + (b.y - a.y) * s / len };
        if (door_near(f->space, o.level, o.foot)) continue;
        for (int k = 1; k < 8; k++)
            if (k != 4) try_direction(f, o, angle + k * 0.78539816339744831);
    }
}

/* ---- choice ---- */

static int64_t spread_of(const struct draft *d, const struct option *o)
{
    int64_t near_bay = SPREAD_MAX, near_station = SPREAD_MAX;
    for (node_id n = 0; n < d->s->nodes; n++)
        if (d->s->node[n].level == o->level && (d->s->node[n].flags & (NODE_PARK | NODE_CHARGER | NODE_HOLDING)) &&
            geom_far(o->bay, at(d, n)) < near_bay)
            near_bay = geom_far(o->bay, at(d, n));
    for (station_id i = 0; i < d->s->stations; i++) {
        node_id n = d->s->station[i].node;
        if (d->s->node[n].level == o->level && geom_far(o->bay, at(d, n)) < near_station)
            near_station = geom_far(o->bay, at(d, n));
    }
    return 2 * near_bay - near_station;
}

/* The lane of an option may have been split since: find the part that still holds the foot, or the node that is
 * there now. */
static bool settle(const struct finder *f, struct option *o)
{
    const struct draft *d = f->d;
    if (o->node != ID_NONE) return true;
    for (uint32_t e = 0; e < d->edges; e++) {
        if (!lane_on(d, e, o->level)) continue;
        struct pt a = at(d, d->edge[e].from), b = at(d, d->edge[e].to);
        if (geom_point_seg(o->foot, a, b) > SAME) continue;
        if (geom_far(o->foot, a) <= SAME) o->node = d->edge[e].from;
        else if (geom_far(o->foot, b) <= SAME) o->node = d->edge[e].to;
        else if (geom_far(o->foot, a) < SPLIT_MIN || geom_far(o->foot, b) < SPLIT_MIN) return false;
        o->lane = e;
        return true;
    }
    return false;
}

static int add_node(struct draft *d, level_id level, struct pt p, uint8_t flags, const char *prefix, node_id *out)
{
    struct site_node v = {
        .level = level, .x_mm = (mm_t)p.x, .y_mm = (mm_t)p.y, .flags = flags, .elevator = ID_NONE, .station = ID_NONE
    };
    for (unsigned k = 1; k < 100000; k++) {
        node_id n = 0;
        snprintf(v.id, sizeof v.id, "%.32s-%s%02u", d->s->level[level].id, prefix, k);
        while (n < d->s->nodes && strcmp(d->s->node[n].id, v.id) != 0) n++;
        if (n == d->s->nodes) break;
    }
    *out = d->s->nodes;
    return draft_node(d, &v);
}

static int split(struct draft *d, struct option *o)
{
    int err = add_node(d, o->level, o->foot, 0, "split", &o->node);
    if (err) return err;
    struct draft_edge rest = d->edge[o->lane];
    rest.from = o->node;
    rest.id[0] = d->edge[o->lane].id[0] = 0;
    d->edge[o->lane].to = o->node;
    return draft_edge(d, &rest);
}

static int build(struct finder *f, struct option *o)
{
    struct draft *d = f->d;
    node_id bay = 0;
    int err = o->node == ID_NONE ? split(d, o) : ORD_OK;
    if (!err) err = add_node(d, o->level, o->bay, NODE_HOLDING, "bay", &bay);
    struct draft_edge spur = { .from = o->node, .to = bay, .both_ways = true, .width_mm = 800, .door = ID_NONE };
    if (!err) err = draft_edge(d, &spur);
    if (err) return err;
    f->r->bays++;
    import_say(f->r, IMPORT_ADDED, "避让位 %s：楼层 %s，位置 (%.2f, %.2f)，连到节点 %s",
               "bay %s on level %s at (%.2f, %.2f), joined to node %s", d->s->node[bay].id, d->s->level[o->level].id,
               (double)o->bay.x / 1000.0, (double)o->bay.y / 1000.0, d->s->node[o->node].id);
    return ORD_OK;
}

static int choose(struct finder *f, uint16_t want)
{
    uint32_t target = (uint32_t)f->r->bays + want;
    while (f->r->bays < target) {
        size_t best = SIZE_MAX;
        int64_t most = INT64_MIN;
        for (size_t i = 0; i < f->options; i++) {
            int64_t v = spread_of(f->d, &f->option[i]);
            if (v > most) {
                most = v;
                best = i;
            }
        }
        if (best == SIZE_MAX) return ORD_OK;
        struct option o = f->option[best];
        memmove(&f->option[best], &f->option[best + 1], (f->options - best - 1) * sizeof o);
        f->options--;
        if (!off_lanes(f->d, o.level, o.foot, o.bay) || !settle(f, &o)) continue;
        int err = build(f, &o);
        if (err) return err;
    }
    return ORD_OK;
}

int import_bays(struct draft *d, uint16_t want, const struct bay_space *space, struct import_report *r)
{
    struct finder f = { .d = d, .space = space, .r = r };
    const struct site *s = d->s;
    f.node_taken = calloc((size_t)s->nodes + 1, 1);
    if (!f.node_taken) return ORD_EMEMORY;
    for (node_id n = 0; n < s->nodes; n++)
        f.node_taken[n] =
            s->node[n].elevator != ID_NONE || (s->node[n].flags & (NODE_PARK | NODE_CHARGER | NODE_HOLDING));
    for (station_id i = 0; i < s->stations; i++) f.node_taken[s->station[i].node] = 1;
    for (elevator_id e = 0; e < s->elevators; e++)
        for (uint16_t i = 0; i < s->elevator[e].landings; i++) f.node_taken[s->elevator[e].landing[i].node] = 1;
    options_at_nodes(&f);
    for (uint32_t e = 0; e < d->edges; e++) options_along(&f, e);
    int err = f.full ? ORD_EMEMORY : choose(&f, want);
    free(f.option);
    free(f.node_taken);
    return err;
}
