/* small_site - a compiled site made by hand: three floors over one another, one car, one door, so that tests of the
 * simulator need neither map files nor the compiler.
 *
 *   level l (height 4 m x l):   station S<l> (0,0) ---door on level 0 at x=2.5 m--- lobby (5,0) --- cabin (10,0)
 *   node 3l = station, 3l+1 = lobby, 3l+2 = cabin; lane 2l = station-lobby, 2l+1 = lobby-cabin, 6.. = rides */
#ifndef SMALL_SITE_H
#define SMALL_SITE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/site.h"

enum { SMALL_LEVELS = 3, SMALL_NODES = 9, SMALL_LANES = 9, SMALL_EDGES = 18, SMALL_RES = SMALL_NODES + SMALL_LANES };

struct small_site {
    struct site site;
    struct site_level level[SMALL_LEVELS];
    struct site_node node[SMALL_NODES];
    struct site_edge edge[SMALL_EDGES];
    lane_id lane_edge[SMALL_LANES];
    struct site_station station[SMALL_LEVELS];
    struct site_elevator elevator[1];
    struct site_door door[1];
    uint32_t conflict_start[SMALL_RES + 1];
    struct conflict conflict[SMALL_RES * SMALL_RES];
    uint8_t fits[SMALL_EDGES];
};

static inline void small_lane(struct small_site *m, lane_id l, node_id a, node_id b, bool ride)
{
    struct site_node *na = &m->node[a], *nb = &m->node[b];
    bool car = na->elevator == 0 || nb->elevator == 0;
    for (int back = 0; back < 2; back++) {
        struct site_edge *e = &m->edge[2 * l + back];
        *e = (struct site_edge){ .from = back ? b : a, .to = back ? a : b, .twin = (edge_id)(2 * l + 1 - back), .lane = l,
                                 .length_mm = ride ? 0 : 5000, .door = l == 0 ? 0 : ID_NONE, .elevator = car ? 0 : ID_NONE,
                                 .ride_ms = ride ? 10000 : 0 };
        snprintf(e->id, sizeof e->id, "e%u", 2u * l + (unsigned)back);
    }
    m->lane_edge[l] = (edge_id)(2 * l);
}

static inline bool small_touches_car(const struct small_site *m, res_id x)
{
    if (x < SMALL_NODES) return m->node[x].elevator == 0;
    return m->edge[m->lane_edge[x - SMALL_NODES]].elevator == 0;
}

static inline bool small_conflict(const struct small_site *m, res_id x, res_id y)
{
    if (x == y || (small_touches_car(m, x) && small_touches_car(m, y))) return true;
    for (int swap = 0; swap < 2; swap++) {
        res_id node = swap ? y : x, lane = swap ? x : y;
        if (node >= SMALL_NODES || lane < SMALL_NODES) continue;
        const struct site_edge *e = &m->edge[m->lane_edge[lane - SMALL_NODES]];
        if (e->from == node || e->to == node) return true;
    }
    return false;
}

static inline struct site *small_site_open(struct small_site *m)
{
    memset(m, 0, sizeof *m);
    for (level_id l = 0; l < SMALL_LEVELS; l++) {
        snprintf(m->level[l].id, sizeof m->level[l].id, "L%u", l);
        m->level[l].elevation_mm = 4000 * l;
        static const char *const kind[] = { "s", "lobby", "cab" };
        for (node_id k = 0; k < 3; k++) {
            struct site_node *n = &m->node[3 * l + k];
            *n = (struct site_node){ .level = l, .x_mm = 5000 * k, .elevator = k == 2 ? 0 : ID_NONE,
                                     .station = k == 0 ? l : ID_NONE, .flags = k == 2 ? NODE_CABIN : 0 };
            snprintf(n->id, sizeof n->id, "%s%u", kind[k], l);
        }
        m->station[l].node = (node_id)(3 * l);
        snprintf(m->station[l].id, sizeof m->station[l].id, "S%u", l);
        m->elevator[0].landing[l] = (struct site_landing){ l, (node_id)(3 * l + 2) };
    }
    for (level_id l = 0; l < SMALL_LEVELS; l++) {
        small_lane(m, (lane_id)(2 * l), (node_id)(3 * l), (node_id)(3 * l + 1), false);
        small_lane(m, (lane_id)(2 * l + 1), (node_id)(3 * l + 1), (node_id)(3 * l + 2), false);
    }
    small_lane(m, 6, 2, 5, true);
    small_lane(m, 7, 5, 8, true);
    small_lane(m, 8, 2, 8, true);
    struct site_elevator *e = &m->elevator[0];
    snprintf(e->id, sizeof e->id, "E1");
    e->x_mm = 10000;
    e->width_mm = e->depth_mm = 2000;
    e->door_width_mm = 1200;
    e->speed_mm_s = 1000;
    e->accel_mm_s2 = 1000;
    e->door_open_ms = e->door_close_ms = 3000;
    e->start_delay_ms = 1000;
    e->landings = SMALL_LEVELS;
    m->door[0] = (struct site_door){ .id = "D1", .x1_mm = 2500, .y1_mm = -600, .x2_mm = 2500, .y2_mm = 600, .width_mm = 1200,
                                     .open_ms = 2000, .close_ms = 4000 };
    uint32_t n = 0;
    for (res_id x = 0; x < SMALL_RES; x++) {
        m->conflict_start[x] = n;
        for (res_id y = 0; y < SMALL_RES; y++)
            if (small_conflict(m, x, y)) m->conflict[n++] = (struct conflict){ y, 0 };
    }
    m->conflict_start[SMALL_RES] = n;
    memset(m->fits, 1, sizeof m->fits);
    struct site *s = &m->site;
    snprintf(s->id, sizeof s->id, "small");
    s->levels = SMALL_LEVELS;
    s->nodes = SMALL_NODES;
    s->edges = SMALL_EDGES;
    s->lanes = SMALL_LANES;
    s->stations = SMALL_LEVELS;
    s->elevators = s->doors = s->classes = 1;
    s->level = m->level;
    s->node = m->node;
    s->edge = m->edge;
    s->lane_edge = m->lane_edge;
    s->station = m->station;
    s->elevator = m->elevator;
    s->door = m->door;
    s->edge_fits = m->fits;
    s->conflict_start[0][0] = m->conflict_start;
    s->conflict[0][0] = m->conflict;
    s->cls[0] = (struct robot_class){ .id = "courier", .length_mm = 600, .width_mm = 600, .margin_mm = 50, .speed_mm_s = 1000,
                                      .accel_mm_s2 = 500, .turn_mrad_s = 800, .pick_ms = 5000, .drop_ms = 5000 };
    return s;
}

#endif
