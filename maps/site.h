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
 *  (6) lengths > 0; a ride has length 0 and a duration instead; twins point at each other and share their lane.
 *  (7) node.station is set for every slot of a station.
 *  (8) group_of is onto 0..groups-1; groups are numbered as their first class comes, so that of clean loads is 0. */
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
typedef uint16_t zone_id;
typedef uint8_t goods_id;     /* kind of load; GOODS_NONE: goods of no stated kind, clean */
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
#define SITE_GOODS_MAX 48
#define SITE_ZONES_MAX 256
#define SITE_SLOTS_MAX 8      /* places of one station */
#define SITE_CARRIES_MAX 16   /* carriers named by one robot class */
#define GOODS_NONE UINT8_MAX
#define SITE_LANDINGS_MAX SITE_LEVELS_MAX

struct site_name { char zh[SITE_NAME_MAX], en[SITE_NAME_MAX]; };

/* ---- goods and hygiene (R4, R28, R32; table in docs/hygiene.md) ---- */
enum hygiene {                /* of a load, and of whatever has carried or held it */
    HYGIENE_CLEAN, HYGIENE_FOOD, HYGIENE_DRUG, HYGIENE_STERILE, HYGIENE_SPECIMEN, HYGIENE_DIRTY, HYGIENE_WASTE,
    HYGIENE_INFECTIOUS, HYGIENE_COUNT
};
extern const char *const hygiene_name[HYGIENE_COUNT];
typedef uint8_t hygiene_set;  /* bit 1 << enum hygiene */
#define HYGIENE_ALL 0xffu
#define HYGIENE_SOILED ((1u << HYGIENE_DIRTY) | (1u << HYGIENE_WASTE) | (1u << HYGIENE_INFECTIOUS))
enum hygiene_after { AFTER_FREELY, AFTER_WASH, AFTER_NEVER }; /* may a load follow another one on the same robot? */
struct hygiene_rules {
    uint8_t after[HYGIENE_COUNT][HYGIENE_COUNT]; /* [before][next], enum hygiene_after */
    hygiene_set together[HYGIENE_COUNT];         /* which may be on one robot at one time; symmetric */
    hygiene_set car_apart;                       /* a car that carried one of these carries only these ... */
    ms_t car_apart_ms;                           /* ... until so long after it was left (separation in time) */
};
extern const struct hygiene_rules hygiene_rules_default;

struct site_goods {
    char id[SITE_ID_MAX];
    struct site_name name;
    char carrier[SITE_ID_MAX]; /* what it comes in ("meal_cart", "tote"); robot classes name the carriers they take */
    enum hygiene hygiene;
    int32_t mass_g;
    uint8_t priority;         /* where a request states none: 0 = STAT .. 5 = low */
    ms_t due_ms;              /* from request to arrival where none is stated; 0 = no limit */
    ms_t ride_max_ms;         /* cold chain: longest from loading to arrival; 0 = no limit (R32) */
    bool dangerous;           /* rides alone, and never in a car that people may enter (R32) */
    bool locked;              /* opens for its receiver only (I-16) */
};

/* ---- time of day. Minutes since local midnight; from > to runs over midnight; from == to: all day ---- */
struct day_window { uint16_t from_min, to_min; uint8_t days; }; /* days: bit 0 Monday .. bit 6 Sunday, bit 7 holidays */
#define DAYS_ALL 0xffu
struct time_span { int64_t from_utc_s, to_utc_s; };
enum tariff { TARIFF_VALLEY, TARIFF_FLAT, TARIFF_PEAK, TARIFF_COUNT };
struct tariff_window { struct day_window when; enum tariff rate; };
#define SITE_TARIFFS_MAX 16
#define SITE_HOLIDAYS_MAX 64
struct site_calendar {
    int32_t utc_offset_min;   /* the hospital's local time; 480 in China */
    struct day_window quiet;  /* night rest (R47); from == to: none */
    uint8_t tariffs, holidays; /* outside all windows the rate is flat */
    struct tariff_window tariff[SITE_TARIFFS_MAX];
    int32_t holiday[SITE_HOLIDAYS_MAX]; /* local dates, days since 1970-01-01, ascending */
};

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
    NODE_WASHER = 64,         /* robots are disinfected here */
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
    hygiene_set barred;       /* loads, and robots that carried them, that may not pass (I-18); "allow" in the file */
    bool quiet;               /* past patients' rooms: slower in the quiet hours (R47) */
    door_id door;             /* the door it passes, or ID_NONE */
    elevator_id elevator;     /* set when an end lies in a car (enter, leave and ride edges), else ID_NONE */
    ms_t ride_ms;             /* rides only: doors close, travel, doors open; 0 = not a ride */
};

enum station_kind {           /* what it is for people; the dispatcher knows no difference yet */
    STATION_GENERIC, STATION_WARD, STATION_KITCHEN, STATION_LAUNDRY, STATION_STORE, STATION_PHARMACY, STATION_LAB,
    STATION_WASTE, STATION_EMERGENCY, STATION_THEATRE, STATION_CSSD, STATION_KIND_COUNT
};
extern const char *const station_kind_name[STATION_KIND_COUNT]; /* "generic", "ward", ... as in the file */

struct site_station {
    char id[SITE_ID_MAX];
    struct site_name name;
    node_id node;             /* the first of its places */
    uint8_t slots;            /* places where a robot can be served at one time; 0 and 1: just `node` */
    node_id slot[SITE_SLOTS_MAX]; /* slot[0] is `node` when slots > 0; ask station_slot() */
    enum station_kind kind;
    ms_t answer_ms;           /* how long it usually takes until somebody answers there, for plans */
};

struct site_landing { level_id level; node_id node; };

/* Which loads a car refuses when: the first rule whose window holds decides; when none does, `barred` of the car. */
#define SITE_CAR_RULES_MAX 8
#define SITE_CAR_CLOSURES_MAX 16
struct car_rule { struct day_window when; hygiene_set barred; };

struct site_elevator {        /* one car; a bank is several with the same bank id */
    char id[SITE_ID_MAX];
    char bank[SITE_ID_MAX];
    struct site_name name;
    mm_t x_mm, y_mm, width_mm, depth_mm; /* cabin rectangle, centre; width along yaw */
    mrad_t yaw;
    mm_t door_width_mm;
    int32_t speed_mm_s, accel_mm_s2;
    ms_t door_open_ms, door_close_ms, start_delay_ms;
    hygiene_set barred;
    bool people;              /* people ride in it too, and go first (R35) */
    bool emergency_power;     /* runs when the mains fail (R37) */
    int64_t inspected_until_utc_s; /* closed afterwards (R33); 0 = not stated */
    uint8_t rules, closures;
    struct car_rule rule[SITE_CAR_RULES_MAX];
    struct time_span closure[SITE_CAR_CLOSURES_MAX]; /* planned maintenance, ascending (R33) */
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

enum zone_kind { ZONE_FIRE, ZONE_WARD, ZONE_KIND_COUNT };
extern const char *const zone_kind_name[ZONE_KIND_COUNT];
#define ZONE_CORNERS_MAX 16
struct site_zone {            /* an area of one level: a fire compartment, a ward */
    char id[SITE_ID_MAX];
    struct site_name name;
    enum zone_kind kind;
    level_id level;
    uint8_t corners;          /* 0: the whole level */
    mm_t x_mm[ZONE_CORNERS_MAX], y_mm[ZONE_CORNERS_MAX];
    bool emergency_power;     /* ZONE_WARD: goes on being served when the mains fail (theatres, ICU; R37) */
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
    bool reversible;          /* drives backwards as well as forwards: never turns by more than a right angle */
    uint8_t carriers;         /* 0: takes every load */
    char carrier[SITE_CARRIES_MAX][SITE_ID_MAX];
    uint8_t slots;            /* loads aboard at one time; 0 and 1: one */
    int32_t payload_g;        /* all of them together; 0 = not stated */
    int32_t quiet_speed_mm_s; /* on quiet edges in the quiet hours; 0 = no slower */
    /* energy; battery_wh 0 = not modelled: it never needs to charge */
    int32_t battery_wh, move_w, idle_w, charge_w;
    int32_t reserve_permille, charge_low_permille, charge_target_permille;
};

struct conflict { res_id res; int32_t gap_ms; };

struct site {
    char id[SITE_ID_MAX];
    struct site_name name;
    uint16_t levels, nodes, edges, lanes, stations, elevators, doors, zones;
    uint8_t goods;
    uint32_t walls, labels;
    struct site_level *level;
    struct site_node *node;
    struct site_edge *edge;
    lane_id *lane_edge;       /* one directed edge of each lane (its twin is the other direction) */
    struct site_station *station;
    struct site_elevator *elevator;
    struct site_door *door;
    struct site_zone *zone;
    struct site_goods *good;  /* [goods] */
    struct hygiene_rules hygiene;
    struct site_calendar calendar;
    struct site_wall *wall;
    struct site_label *label;
    uint64_t hash;            /* XXH3 of the canonical JSON bytes: names the map in the journal */

    /* graph, for all classes: the edges that leave and enter each node, CSR, sorted by edge id */
    uint32_t *out_start, *in_start; /* nodes + 1 */
    edge_id *out_edge, *in_edge;

    /* compiled for `classes` robot classes */
    uint16_t classes;
    struct robot_class cls[SITE_CLASSES_MAX];
    /* Hygiene classes that pass exactly the same edges and cars at all times form one access group (planner/dist.h). */
    uint8_t groups;           /* >= 1; group 0 is that of HYGIENE_CLEAN */
    uint8_t group_of[HYGIENE_COUNT];
    uint8_t *in_zone;         /* [zone * nodes + node]: 1 when the node lies in it */
    uint64_t class_goods[SITE_CLASSES_MAX]; /* bit g: the class takes goods g (carrier and mass) */

    uint8_t *edge_fits;       /* [class * edges + edge]: 1 when the class may use the edge (clearance, door, cabin size) */
    uint32_t *conflict_start[SITE_CLASSES_MAX][SITE_CLASSES_MAX]; /* resources + 1 */
    struct conflict *conflict[SITE_CLASSES_MAX][SITE_CLASSES_MAX];
};

static inline res_id res_node(const struct site *s, node_id n) { (void)s; return n; }
static inline res_id res_lane(const struct site *s, lane_id l) { return (res_id)s->nodes + l; }
static inline res_id res_count(const struct site *s) { return (res_id)s->nodes + s->lanes; }

static inline uint8_t station_slots(const struct site_station *t) { return t->slots > 1 ? t->slots : 1; }
static inline node_id station_slot(const struct site_station *t, uint8_t i) { return i == 0 ? t->node : t->slot[i]; }
static inline uint8_t class_slots(const struct robot_class *c) { return c->slots > 1 ? c->slots : 1; }
static inline hygiene_set hygiene_bit(enum hygiene h) { return (hygiene_set)(1u << h); }

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
zone_id site_zone_by_id(const struct site *s, const char *id);
goods_id site_goods_by_id(const struct site *s, const char *id); /* GOODS_NONE when unknown */
class_id site_class_by_id(const struct site *s, const char *id);
edge_id site_edge_between(const struct site *s, node_id from, node_id to); /* ID_NONE when there is none */

/* How a robot stands at a node it drove to: along the first way that leads in, else that leads out; 0 without any. For
 * whoever places one: where long robots do not turn, no other way of standing keeps off their neighbours. */
mrad_t site_rest_heading(const struct site *s, node_id n);

/* What is known of goods g, GOODS_NONE included (clean, no limits). */
const struct site_goods *site_goods_of(const struct site *s, goods_id g);
/* A ride in a car that people use. */
static inline bool site_shared_ride(const struct site *s, edge_id e) { return s->edge[e].ride_ms > 0 && s->elevator[s->edge[e].elevator].people; }
static inline bool site_takes(const struct site *s, class_id c, goods_id g) { return g == GOODS_NONE || (s->class_goods[c] >> g & 1); }

/* Time the empty car needs from one level to another: start delay, trapezoid travel, no doors. 0 when equal. */
ms_t site_car_travel_ms(const struct site *s, elevator_id e, level_id from, level_id to);
/* The same trapezoid for any straight run: rest to rest over length_mm. */
ms_t trapezoid_ms(int64_t length_mm, int32_t speed_mm_s, int32_t accel_mm_s2);

void site_check(const struct site *s); /* asserts the invariants above; tests and tools call it */

#endif
