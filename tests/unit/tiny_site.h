/* tiny_site - compiled sites made by hand in memory, without files or GEOS, so that tests of the planner and of the
 * core can say in a few lines which floor they stand on.
 *
 *   tiny_begin -> tiny_node / tiny_lane / tiny_ride / tiny_door ... -> tiny_done (graph, conflicts, site_check)
 *
 * Conflicts are those of a robot that just fits its lanes: a resource with itself, a lane with its end nodes, two
 * lanes that meet at a node, and everything of one car, with a gap between landings (doors, the way of the empty car,
 * doors). tiny_conflict adds others. All classes share one table. Refuges are named by the caller: dead ends off the
 * way. */
#ifndef TINY_SITE_H
#define TINY_SITE_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/site.h"

enum {
    TINY_LEVELS = 3,
    TINY_NODES = 64,
    TINY_LANES = 112,
    TINY_EDGES = 2 * TINY_LANES,
    TINY_RES = TINY_NODES + TINY_LANES,
    TINY_STATIONS = 16,
    TINY_CARS = 3,
    TINY_DOORS = 4,
    TINY_STEP_MM = 3000,
    TINY_REFUGE = NODE_HOLDING | NODE_REFUGE
};

struct tiny {
    struct site site;
    struct site_level level[TINY_LEVELS];
    struct site_node node[TINY_NODES];
    struct site_edge edge[TINY_EDGES];
    lane_id lane_edge[TINY_LANES];
    struct site_station station[TINY_STATIONS];
    struct site_elevator elevator[TINY_CARS];
    struct site_door door[TINY_DOORS];
    uint32_t out_start[TINY_NODES + 1], in_start[TINY_NODES + 1];
    edge_id out_edge[TINY_EDGES], in_edge[TINY_EDGES];
    uint8_t fits[SITE_CLASSES_MAX * TINY_EDGES];
    int32_t gap[TINY_RES][TINY_RES]; /* -1: no conflict */
    uint32_t conflict_start[TINY_RES + 1];
    struct conflict conflict[TINY_RES * TINY_RES];
    bool extra[TINY_RES][TINY_RES]; /* asked for with tiny_conflict */
};

static inline void tiny_begin(struct tiny *t, uint16_t levels)
{
    memset(t, 0, sizeof *t);
    struct site *s = &t->site;
    assert(levels <= TINY_LEVELS);
    snprintf(s->id, sizeof s->id, "tiny");
    s->levels = levels;
    for (level_id l = 0; l < levels; l++) {
        snprintf(t->level[l].id, sizeof t->level[l].id, "L%u", l);
        t->level[l].elevation_mm = 4000 * l;
    }
    s->level = t->level;
    s->node = t->node;
    s->edge = t->edge;
    s->lane_edge = t->lane_edge;
    s->station = t->station;
    s->elevator = t->elevator;
    s->door = t->door;
    s->edge_fits = t->fits;
    s->out_start = t->out_start;
    s->in_start = t->in_start;
    s->out_edge = t->out_edge;
    s->in_edge = t->in_edge;
    s->classes = 1;
    s->groups = 1;
    s->hygiene = hygiene_rules_default;
    s->calendar.utc_offset_min = 480;
    s->cls[0] = (struct robot_class){ .id = "courier",
                                      .length_mm = 600,
                                      .width_mm = 600,
                                      .margin_mm = 50,
                                      .speed_mm_s = 1000,
                                      .accel_mm_s2 = 500,
                                      .turn_mrad_s = 800,
                                      .pick_ms = 5000,
                                      .drop_ms = 5000 };
    memset(t->fits, 1, sizeof t->fits);
}

static inline node_id tiny_node(struct tiny *t, level_id level, mm_t x_mm, mm_t y_mm, int flags)
{
    assert(t->site.nodes < TINY_NODES);
    node_id n = t->site.nodes++;
    t->node[n] = (struct site_node){
        .level = level, .x_mm = x_mm, .y_mm = y_mm, .flags = (uint8_t)flags, .elevator = ID_NONE, .station = ID_NONE
    };
    snprintf(t->node[n].id, sizeof t->node[n].id, "n%u", n);
    return n;
}

static inline mrad_t tiny_heading(const struct site_node *a, const struct site_node *b)
{
    int dx = b->x_mm - a->x_mm, dy = b->y_mm - a->y_mm;
    if (abs(dx) > 2 * abs(dy)) return dx > 0 ? 0 : 3142;
    if (abs(dy) > 2 * abs(dx)) return dy > 0 ? 1571 : -1571;
    return dy > 0 ? (dx > 0 ? 785 : 2356) : (dx > 0 ? -785 : -2356);
}

static inline edge_id tiny_edge(struct tiny *t, lane_id l, node_id a, node_id b, ms_t ride_ms)
{
    assert(t->site.edges < TINY_EDGES);
    edge_id e = t->site.edges++;
    const struct site_node *na = &t->node[a], *nb = &t->node[b];
    elevator_id car = na->elevator != ID_NONE ? na->elevator : nb->elevator;
    mm_t length = distance_mm(na->x_mm, na->y_mm, nb->x_mm, nb->y_mm);
    t->edge[e] = (struct site_edge){ .from = a,
                                     .to = b,
                                     .twin = ID_NONE,
                                     .lane = l,
                                     .length_mm = ride_ms      ? 0
                                                  : length > 0 ? length
                                                               : 1,
                                     .heading = ride_ms ? 0 : tiny_heading(na, nb),
                                     .door = ID_NONE,
                                     .elevator = car,
                                     .ride_ms = ride_ms };
    snprintf(t->edge[e].id, sizeof t->edge[e].id, "e%u", e);
    return e;
}

static inline lane_id tiny_oneway(struct tiny *t, node_id a, node_id b)
{
    assert(t->site.lanes < TINY_LANES);
    lane_id l = t->site.lanes++;
    t->lane_edge[l] = tiny_edge(t, l, a, b, 0);
    return l;
}

static inline lane_id tiny_twoway(struct tiny *t, node_id a, node_id b, ms_t ride_ms)
{
    assert(t->site.lanes < TINY_LANES);
    lane_id l = t->site.lanes++;
    edge_id there = tiny_edge(t, l, a, b, ride_ms), back = tiny_edge(t, l, b, a, ride_ms);
    t->edge[there].twin = back;
    t->edge[back].twin = there;
    t->lane_edge[l] = there;
    return l;
}

static inline lane_id tiny_lane(struct tiny *t, node_id a, node_id b) { return tiny_twoway(t, a, b, 0); }

static inline station_id tiny_station(struct tiny *t, node_id n)
{
    assert(t->site.stations < TINY_STATIONS);
    station_id i = t->site.stations++;
    snprintf(t->station[i].id, sizeof t->station[i].id, "S%u", i);
    t->station[i].node = n;
    t->node[n].station = i;
    return i;
}

/* A dead end off node n where a robot may stand for ever. */
static inline node_id tiny_refuge(struct tiny *t, node_id n, mm_t dx_mm, mm_t dy_mm)
{
    node_id r = tiny_node(t, t->node[n].level, t->node[n].x_mm + dx_mm, t->node[n].y_mm + dy_mm, TINY_REFUGE);
    tiny_lane(t, n, r);
    return r;
}

static inline elevator_id tiny_car(struct tiny *t, mm_t x_mm, mm_t y_mm)
{
    assert(t->site.elevators < TINY_CARS);
    elevator_id e = t->site.elevators++;
    t->elevator[e] = (struct site_elevator){ .x_mm = x_mm,
                                             .y_mm = y_mm,
                                             .width_mm = 2000,
                                             .depth_mm = 2000,
                                             .door_width_mm = 1200,
                                             .speed_mm_s = 1000,
                                             .accel_mm_s2 = 1000,
                                             .door_open_ms = 3000,
                                             .door_close_ms = 3000,
                                             .start_delay_ms = 1000 };
    snprintf(t->elevator[e].id, SITE_ID_MAX, "E%u", e);
    return e;
}

/* The car's landing on this level; landings are added in the order of their levels, rides to those before. */
static inline node_id tiny_landing(struct tiny *t, elevator_id e, level_id level)
{
    struct site_elevator *c = &t->elevator[e];
    node_id n = tiny_node(t, level, c->x_mm, c->y_mm, NODE_CABIN);
    t->node[n].elevator = e;
    for (uint16_t i = 0; i < c->landings; i++) {
        ms_t ride = c->door_close_ms + site_car_travel_ms(&t->site, e, c->landing[i].level, level) + c->door_open_ms;
        tiny_twoway(t, c->landing[i].node, n, ride);
    }
    c->landing[c->landings++] = (struct site_landing){ level, n };
    return n;
}

static inline door_id tiny_door(struct tiny *t, lane_id l)
{
    assert(t->site.doors < TINY_DOORS);
    door_id d = t->site.doors++;
    t->door[d] = (struct site_door){ .width_mm = 1200, .open_ms = 2000, .close_ms = 4000 };
    snprintf(t->door[d].id, SITE_ID_MAX, "D%u", d);
    for (edge_id e = 0; e < t->site.edges; e++)
        if (t->edge[e].lane == l) t->edge[e].door = d;
    return d;
}

static inline void tiny_conflict(struct tiny *t, res_id x, res_id y) { t->extra[x][y] = t->extra[y][x] = true; }

static inline elevator_id tiny_car_of(const struct tiny *t, res_id x)
{
    return x < t->site.nodes ? t->node[x].elevator : t->edge[t->lane_edge[x - t->site.nodes]].elevator;
}

static inline bool tiny_ends(const struct tiny *t, res_id x, node_id *a, node_id *b)
{
    *a = *b = (node_id)x;
    if (x < t->site.nodes) return false;
    const struct site_edge *e = &t->edge[t->lane_edge[x - t->site.nodes]];
    *a = e->from;
    *b = e->to;
    return true;
}

/* As the compiler does: between landings the empty car needs time; a resource of two landings counts with its nearer
 * one. */
static inline int32_t tiny_car_gap(const struct tiny *t, elevator_id e, res_id x, res_id y)
{
    const struct site_elevator *c = &t->elevator[e];
    node_id x_end[2], y_end[2];
    tiny_ends(t, x, &x_end[0], &x_end[1]);
    tiny_ends(t, y, &y_end[0], &y_end[1]);
    ms_t least = MS_NEVER;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            level_id a = t->node[x_end[i]].level, b = t->node[y_end[k]].level;
            ms_t gap = a == b ? 0 : c->door_close_ms + site_car_travel_ms(&t->site, e, a, b) + c->door_open_ms;
            least = ms_min(least, gap);
        }
    return (int32_t)least;
}

static inline int32_t tiny_gap(const struct tiny *t, res_id x, res_id y)
{
    elevator_id car = tiny_car_of(t, x);
    if (x == y || t->extra[x][y]) return 0;
    if (car != ID_NONE && car == tiny_car_of(t, y)) return tiny_car_gap(t, car, x, y);
    node_id a, b, c, d;
    bool lane_x = tiny_ends(t, x, &a, &b), lane_y = tiny_ends(t, y, &c, &d);
    if (!lane_x && !lane_y) return -1;
    return a == c || a == d || b == c || b == d ? 0 : -1;
}

static inline void tiny_sort_edges(struct tiny *t)
{
    struct site *s = &t->site;
    uint32_t out = 0, in = 0;
    for (node_id n = 0; n < s->nodes; n++) {
        t->out_start[n] = out;
        t->in_start[n] = in;
        for (edge_id e = 0; e < s->edges; e++) {
            if (t->edge[e].from == n) t->out_edge[out++] = e;
            if (t->edge[e].to == n) t->in_edge[in++] = e;
        }
    }
    t->out_start[s->nodes] = out;
    t->in_start[s->nodes] = in;
}

/* May be called again after a change. */
static inline struct site *tiny_done(struct tiny *t)
{
    struct site *s = &t->site;
    tiny_sort_edges(t);
    uint32_t n = 0;
    for (res_id x = 0; x < res_count(s); x++) {
        t->conflict_start[x] = n;
        for (res_id y = 0; y < res_count(s); y++) {
            int32_t gap = tiny_gap(t, x, y);
            if (gap >= 0) t->conflict[n++] = (struct conflict){ y, gap };
        }
    }
    t->conflict_start[res_count(s)] = n;
    for (class_id a = 0; a < s->classes; a++)
        for (class_id b = 0; b < s->classes; b++) {
            s->conflict_start[a][b] = t->conflict_start;
            s->conflict[a][b] = t->conflict;
        }
    site_check(s);
    return s;
}

/* ---- ready-made floors ----------------------------------------------------------------------------------------- */

/* 0 - 1 - ... - n-1 in a row, 3 m apart; node n+i is a refuge below corridor node i, for i < spurs. Stations S0 and
 * S1 at the two ends. */
static inline struct site *tiny_corridor(struct tiny *t, node_id n, node_id spurs)
{
    tiny_begin(t, 1);
    for (node_id i = 0; i < n; i++) tiny_node(t, 0, TINY_STEP_MM * i, 0, 0);
    for (node_id i = 1; i < n; i++) tiny_lane(t, (node_id)(i - 1), i);
    for (node_id i = 0; i < spurs; i++) tiny_refuge(t, i, 0, -TINY_STEP_MM);
    tiny_station(t, 0);
    tiny_station(t, (node_id)(n - 1));
    return tiny_done(t);
}

/* 0 - 1 - ... - n-1 - 0; node n+i is a refuge outside ring node i. A station at every second ring node. */
static inline struct site *tiny_ring(struct tiny *t, node_id n)
{
    tiny_begin(t, 1);
    node_id half = (node_id)(n / 2);
    for (node_id i = 0; i < n; i++)
        tiny_node(t, 0, TINY_STEP_MM * (i < half ? i : n - 1 - i), i < half ? 0 : TINY_STEP_MM, 0);
    for (node_id i = 0; i < n; i++) tiny_lane(t, i, (node_id)((i + 1) % n));
    for (node_id i = 0; i < n; i++) tiny_refuge(t, i, 0, i < half ? -TINY_STEP_MM : TINY_STEP_MM);
    for (node_id i = 0; i < n; i += 2) tiny_station(t, i);
    return tiny_done(t);
}

/* Per level l: ward 5l, middle 5l+1, lobby 5l+2, refuges 5l+3 (off the ward) and 5l+4 (off the middle); cabins 10 and
 * 11.
 *
 *   ward ---- middle ---- lobby ---- cabin      station S<l> at the ward
 *    |          |
 *   refuge    refuge                            one car joins both levels */
enum {
    TWO_WARD,
    TWO_MIDDLE,
    TWO_LOBBY,
    TWO_REFUGE_A,
    TWO_REFUGE_B,
    TWO_PER_LEVEL,
    TWO_CABIN_0 = 2 * TWO_PER_LEVEL,
    TWO_CABIN_1
};
static inline struct site *tiny_two_levels(struct tiny *t)
{
    tiny_begin(t, 2);
    for (level_id l = 0; l < 2; l++) {
        node_id first = tiny_node(t, l, 0, 0, 0);
        tiny_node(t, l, TINY_STEP_MM, 0, 0);
        tiny_node(t, l, 2 * TINY_STEP_MM, 0, 0);
        tiny_lane(t, first, (node_id)(first + 1));
        tiny_lane(t, (node_id)(first + 1), (node_id)(first + 2));
        tiny_refuge(t, first, 0, -TINY_STEP_MM);
        tiny_refuge(t, (node_id)(first + 1), 0, -TINY_STEP_MM);
        tiny_station(t, first);
    }
    elevator_id e = tiny_car(t, 3 * TINY_STEP_MM, 0);
    for (level_id l = 0; l < 2; l++) {
        node_id cabin = tiny_landing(t, e, l);
        tiny_lane(t, (node_id)(TWO_PER_LEVEL * l + TWO_LOBBY), cabin);
    }
    return tiny_done(t);
}

#endif
