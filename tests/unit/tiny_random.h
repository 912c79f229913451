/* tiny_random - small connected floors drawn at random: a tree of aisles with some short cuts, one or two cars, places
 * where nobody may stop, aisles that pass close to one another, and dead-end refuges that are on nobody's way. Every
 * station reaches every other one while all robots stand in refuges: what the map tools prove of a real site. */
#ifndef TINY_RANDOM_H
#define TINY_RANDOM_H

#include "common/rng.h"
#include "tiny_site.h"

struct tiny_wish {
    uint16_t core, refuges, levels, cars, classes;
    uint32_t no_stop_millionths, close_millionths;
};

static inline bool tiny_joined(const struct tiny *t, node_id a, node_id b)
{
    for (edge_id e = 0; e < t->site.edges; e++)
        if ((t->edge[e].from == a && t->edge[e].to == b) || (t->edge[e].from == b && t->edge[e].to == a)) return true;
    return false;
}

/* Core nodes of one level: first .. first + n - 1, joined to a tree with a few more lanes; some of those one-way. */
static inline void tiny_random_level(struct tiny *t, struct rng *r, level_id l, uint16_t n, uint32_t no_stop)
{
    node_id first = t->site.nodes;
    for (uint16_t i = 0; i < n; i++) {
        node_id k = tiny_node(t, l, TINY_STEP_MM * (i % 4), TINY_STEP_MM * (i / 4), 0);
        if (i > 0) tiny_lane(t, (node_id)(first + rng_below(r, i)), k);
        if (i > 1 && rng_chance(r, no_stop)) t->node[k].flags |= NODE_NO_STOP;
    }
    for (uint16_t i = 0; i < n / 3; i++) {
        node_id a = (node_id)(first + rng_below(r, n)), b = (node_id)(first + rng_below(r, n));
        if (a == b || tiny_joined(t, a, b)) continue;
        if (rng_chance(r, 300000)) tiny_oneway(t, a, b);
        else tiny_lane(t, a, b);
    }
}

/* Lanes that pass close to one another: only among core lanes, never at a refuge or a car. */
static inline void tiny_random_close(struct tiny *t, struct rng *r, lane_id core_lanes, uint32_t close)
{
    for (lane_id a = 0; a < core_lanes; a++)
        for (lane_id b = 0; b < a; b++)
            if (rng_chance(r, close)) tiny_conflict(t, res_lane(&t->site, a), res_lane(&t->site, b));
}

static inline struct site *tiny_random(struct tiny *t, struct rng *r, const struct tiny_wish *w)
{
    tiny_begin(t, w->levels);
    node_id first[TINY_LEVELS + 1];
    for (level_id l = 0; l < w->levels; l++) {
        first[l] = t->site.nodes;
        tiny_random_level(t, r, l, w->core, w->no_stop_millionths);
    }
    node_id core = t->site.nodes;
    lane_id core_lanes = t->site.lanes;
    for (uint16_t c = 0; c < w->cars && w->levels > 1; c++) {
        elevator_id e = tiny_car(t, 20000 + 3000 * c, 0);
        for (level_id l = 0; l < w->levels; l++) {
            node_id cabin = tiny_landing(t, e, l), lobby = (node_id)(first[l] + rng_below(r, w->core));
            t->node[lobby].flags &= (uint8_t)~NODE_NO_STOP;
            tiny_lane(t, lobby, cabin);
        }
    }
    for (uint16_t i = 0; i < w->refuges; i++) tiny_refuge(t, (node_id)rng_below(r, core), 500, -700);
    for (level_id l = 0; l < w->levels; l++) {
        tiny_station(t, first[l]);
        tiny_station(t, (node_id)(first[l] + 1));
    }
    t->site.classes = w->classes ? w->classes : 1;
    for (class_id c = 1; c < t->site.classes; c++) {
        t->site.cls[c] = t->site.cls[0];
        t->site.cls[c].speed_mm_s = 600;
    }
    tiny_random_close(t, r, core_lanes, w->close_millionths);
    return tiny_done(t);
}

#endif
