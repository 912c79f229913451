/* site - the immutable model of a building, and what the compiler knows about it for each robot class.
 *
 * Authored as orderly-site/1 JSON (schema/site.schema.json); read by site_json.c, judged by site_lint.c, compiled by
 * site_compile.c (GEOS). After that it never changes: a changed map is a new site with a new hash.
 *
 * Terms follow LIF and VDA 5050: level, node, edge, station. Ours: a *lane* is the undirected strip of floor under one
 * edge or under an edge and its twin; a *ride* is an edge between two landings of one elevator; a *refuge* is a
 * node where a robot may stand for ever without cutting anything off.
 *
 * Resources. What a robot can occupy is a node or a lane; both are numbered in one space:
 *      res(node n) = n          res(lane l) = nodes + l
 * For a robot of class a on resource x, `conflicts` lists each resource y that a robot of class b may not hold at
 * the same time, x itself included. `gap_ms` > 0 means more: y may only be entered gap_ms after x was left, and x
 * only gap_ms after y (an elevator car must travel between landings before the next robot can board).
 *
 * Invariants of a compiled site (site_check):
 *  (1) y in conflicts(a,x,b)  <=>  x in conflicts(b,y,a), with the same gap.   (2) every resource conflicts with itself.
 *  (3) a lane conflicts with both its end nodes for every pair of classes.     (4) lists are sorted by resource.
 *  (5) all nodes and lanes that touch one elevator car conflict with one another for all classes (capacity 1).
 *  (6) lengths > 0; a ride has length 0 and a duration instead; twins point at each other and share their lane. */
#ifndef MAPS_SITE_H
#define MAPS_SITE_H

#include "common/err.h"
#include "common/units.h"

typedef uint16_t level_id;    /* index into site.level; every *_id below is such an index, dense from 0 */
typedef uint16_t node_id;
typedef uint16_t edge_id;     /* directed */
typedef uint16_t lane_id;
typedef uint16_t station_id;
typedef uint16_t elevator_id;
typedef uint16_t door_id;
typedef uint16_t class_id;    /* robot class */
typedef uint32_t res_id;      /* resource: node or lane, see above */
#define ID_NONE UINT16_MAX

#define SITE_ID_MAX 48        /* bytes with NUL; A-Z a-z 0-9 _ - . : (usable as VDA 5050 ids) */
#define SITE_NAME_MAX 64      /* bytes with NUL, UTF-8 */
#define SITE_LEVELS_MAX 64
#define SITE_NODES_MAX 20000
#define SITE_EDGES_MAX 60000
#define SITE_STATIONS_MAX 2000
#define SITE_ELEVATORS_MAX 64
#define SITE_DOORS_MAX 1000
#define SITE_CLASSES_MAX 8
#define SITE_LANDINGS_MAX SITE_LEVELS_MAX

struct site_name { char zh[SITE_NAME_MAX], en[SITE_NAME_MAX]; };

struct site_level {
    char id[SITE_ID_MAX];
    struct site_name name;
    mm_t elevation_mm;        /* floor height in the site frame; drives ride durations */
};

enum node_flag {
    NODE_PARK = 1,            /* a parking place */
    NODE_CHARGER = 2,
    NODE_HOLDING = 4,         /* a bay where a robot may wait while others pass */
    NODE_NO_STOP = 8,         /* a robot must not stop here (Open-RMF is_passthrough_point) */
    NODE_CABIN = 16,          /* inside an elevator car; node.elevator says which */
    NODE_REFUGE = 32,         /* PARK, CHARGER or HOLDING that the lint proved to lie on nobody's only way */
};

struct site_node {
    char id[SITE_ID_MAX];
    level_id level;
    mm_t x_mm, y_mm;
    uint8_t flags;            /* enum node_flag */
    elevator_id elevator;     /* ID_NONE unless NODE_CABIN */
    station_id station;       /* the station served here, or ID_NONE */
};

struct site_edge {            /* directed */
    char id[SITE_ID_MAX];
    node_id from, to;
    edge_id twin;             /* the edge back over the same lane, or ID_NONE */
    lane_id lane;
    mm_t length_mm;           /* 0 for a ride */
    mm_t width_mm;            /* free width across the lane; 0 = not stated (the compiler uses the walls) */
    int32_t speed_mm_s;       /* limit; 0 = none */
    mrad_t heading;           /* direction of travel; 0 for a ride */
    door_id door;             /* the door it passes, or ID_NONE */
    elevator_id elevator;     /* set when an end lies in a car (enter, leave and ride edges), else ID_NONE */
    ms_t ride_ms;             /* rides only: doors close, travel, doors open; 0 = not a ride */
};

enum station_kind {           /* what it is for people; the dispatcher knows no difference yet */
    STATION_GENERIC, STATION_WARD, STATION_KITCHEN, STATION_LAUNDRY, STATION_STORE, STATION_PHARMACY, STATION_LAB,
    STATION_WASTE, STATION_KIND_COUNT
};
extern const char *const station_kind_name[STATION_KIND_COUNT]; /* "generic", "ward", ... as in the file */

struct site_station {
    char id[SITE_ID_MAX];
    struct site_name name;
    node_id node;
    enum station_kind kind;
};

struct site_landing { level_id level; node_id node; };

struct site_elevator {        /* one car; a bank is several with the same bank id */
    char id[SITE_ID_MAX];
    char bank[SITE_ID_MAX];
    struct site_name name;
    mm_t x_mm, y_mm, width_mm, depth_mm; /* cabin rectangle, centre; width along yaw */
    mrad_t yaw;
    mm_t door_width_mm;
    int32_t speed_mm_s, accel_mm_s2;
    ms_t door_open_ms, door_close_ms, start_delay_ms;
    uint16_t landings;
    struct site_landing landing[SITE_LANDINGS_MAX]; /* sorted by elevation */
};

struct site_door {            /* a powered door across a lane; passive doors are not in the model */
    char id[SITE_ID_MAX];
    level_id level;
    mm_t x1_mm, y1_mm, x2_mm, y2_mm;
    mm_t width_mm;            /* clear opening, > 0 */
    ms_t open_ms, close_ms;
};

struct site_wall { level_id level; mm_t x1_mm, y1_mm, x2_mm, y2_mm; };
struct site_label { level_id level; mm_t x_mm, y_mm; struct site_name text; }; /* room names for the drawing */

/* A kind of robot. From the fleet file (maps_io.h); here because conflicts depend on it. */
struct robot_class {
    char id[SITE_ID_MAX];
    mm_t length_mm, width_mm; /* footprint, robot plus its cart; centred on the reference point */
    mm_t margin_mm;           /* kept free on every side */
    int32_t speed_mm_s, accel_mm_s2, turn_mrad_s; /* all > 0 */
    ms_t pick_ms, drop_ms;    /* docking and hand-over at a station, as an estimate for plans */
    ms_t turn_settle_ms;      /* extra per stop-and-turn */
};

struct conflict { res_id res; int32_t gap_ms; };

struct site {
    char id[SITE_ID_MAX];
    struct site_name name;
    uint16_t levels, nodes, edges, lanes, stations, elevators, doors;
    uint32_t walls, labels;
    struct site_level *level;
    struct site_node *node;
    struct site_edge *edge;
    lane_id *lane_edge;       /* one directed edge of each lane (its twin is the other direction) */
    struct site_station *station;
    struct site_elevator *elevator;
    struct site_door *door;
    struct site_wall *wall;
    struct site_label *label;
    uint64_t hash;            /* XXH3 of the canonical JSON bytes: names the map in the journal */

    /* graph, for all classes: the edges that leave and enter each node, CSR, sorted by edge id */
    uint32_t *out_start, *in_start; /* nodes + 1 */
    edge_id *out_edge, *in_edge;

    /* compiled for `classes` robot classes */
    uint16_t classes;
    struct robot_class cls[SITE_CLASSES_MAX];
    uint8_t *edge_fits;       /* [class * edges + edge]: 1 when the class may use the edge (clearance, door, cabin size) */
    uint32_t *conflict_start[SITE_CLASSES_MAX][SITE_CLASSES_MAX]; /* resources + 1 */
    struct conflict *conflict[SITE_CLASSES_MAX][SITE_CLASSES_MAX];
};

static inline res_id res_node(const struct site *s, node_id n) { (void)s; return n; }
static inline res_id res_lane(const struct site *s, lane_id l) { return (res_id)s->nodes + l; }
static inline res_id res_count(const struct site *s) { return (res_id)s->nodes + s->lanes; }

struct conflict_list { const struct conflict *item; uint32_t count; };
static inline struct conflict_list site_conflicts(const struct site *s, class_id a, res_id x, class_id b)
{
    const uint32_t *start = s->conflict_start[a][b];
    return (struct conflict_list){ s->conflict[a][b] + start[x], start[x + 1] - start[x] };
}
static inline bool site_fits(const struct site *s, class_id c, edge_id e) { return s->edge_fits[(size_t)c * s->edges + e] != 0; }

/* Whether two resources conflict; *gap_ms (may be NULL) gets the gap. Binary search, O(log). */
bool site_conflict(const struct site *s, class_id a, res_id x, class_id b, res_id y, int32_t *gap_ms);

/* Look-up by id, ID_NONE when unknown. Linear or binary: for edges of the system, not for the search. */
level_id site_level_by_id(const struct site *s, const char *id);
node_id site_node_by_id(const struct site *s, const char *id);
station_id site_station_by_id(const struct site *s, const char *id);
elevator_id site_elevator_by_id(const struct site *s, const char *id);
door_id site_door_by_id(const struct site *s, const char *id);
class_id site_class_by_id(const struct site *s, const char *id);
edge_id site_edge_between(const struct site *s, node_id from, node_id to); /* ID_NONE when there is none */

/* Time the empty car needs from one level to another: start delay, trapezoid travel, no doors. 0 when equal. */
ms_t site_car_travel_ms(const struct site *s, elevator_id e, level_id from, level_id to);
/* The same trapezoid for any straight run: rest to rest over length_mm. */
ms_t trapezoid_ms(int64_t length_mm, int32_t speed_mm_s, int32_t accel_mm_s2);

void site_check(const struct site *s); /* asserts the invariants above; tests and tools call it */

#endif
