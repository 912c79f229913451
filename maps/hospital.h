/* hospital - hospitals made by rule, after a description in numbers: what the pieces of the generator share.
 *
 * A level is one or more *streets*: a corridor along x with two one-way lanes, the north one westward, the south one
 * eastward, and *columns* across it. A column may have a spur on either side (a place at a station, a parking place, a
 * washer ...), a link between the lanes, and the way to or from an elevator. Elevators stand north of the street, doors
 * to the south, at the same x on every level:
 *
 *        +-------+                     C  cabin             W1, W2 (W3)  where the next robots wait
 *        |   C   |                     F  before the door: nobody stops here
 *        +--   --+                     X  where one comes out; it does so straight, backwards
 *   W2 > W1 > F                        In: up from the street over W3, W2, W1, a right turn at F, in.
 *   ^         v                        So whoever waits beside the door is never in the way of who comes out,
 *   W3        X                        and X is off the street: a ride holds none of its lanes.
 *   ^         v
 *  -N---------N---  < < <              Distances are such that a robot 1.7 x 0.8 m with 5 cm around it that turns on
 *  -S---------S---  > > >              the spot (circle 1.98 m) conflicts with nobody beside it. */
#ifndef MAPS_HOSPITAL_H
#define MAPS_HOSPITAL_H

#include "draft.h"
#include "maps_io.h"

#define HOSPITAL_CARS_MAX 8
#define HOSPITAL_STATIONS_MAX 160
#define STREET_COLUMNS_MAX 320
#define STREET_BARS_MAX 12
#define NO_CAR UINT8_MAX

/* Sets of classes that pass: "soiled" is dirty, waste and infectious; the others are "unsoiled". */
#define BAR_SOILED ((hygiene_set)HYGIENE_SOILED)
#define BAR_UNSOILED ((hygiene_set)(HYGIENE_ALL & ~HYGIENE_SOILED))
#define BAR_WASTE ((hygiene_set)(1u << HYGIENE_WASTE))

/* Geometry, mm. The circle of the heavy robot has a radius of 989. */
#define SPUR_MM 2000         /* from lane to place */
#define PITCH_MM 2200        /* between columns where robots turn */
#define BAY_PITCH_MM 1300    /* between parking places */
#define WALL_MM 1050         /* from a lane to the wall beside it */
#define EXIT_MM 1950         /* N to X, X to F, N to W3 ... */
#define FRONT_DOOR_MM 1130   /* F to the door */
#define WAIT_MM 2000         /* W1 to F */
#define IN_MM 4100           /* from the column of W2 and W3 to that of F and X */
#define CABIN_WIDTH_MM 1730
#define CABIN_DEPTH_MM 2740
#define STEP_MAX_MM 9000     /* a lane is cut into edges of at most this length */

enum car_role { CAR_CLEAN, CAR_DIRTY, CAR_SHARED, CAR_MIXED, CAR_ROLE_COUNT };
struct hospital_car {
    char id[16];
    enum car_role role;
    char tower;              /* 'E', 'W', or 0: the only one, or between them */
    mm_t x_mm;               /* of its door */
    bool emergency_power;
};

enum spur_kind { SPUR_NONE, SPUR_SLOT, SPUR_CHARGER, SPUR_PARK, SPUR_HOLD, SPUR_WASHER };
struct spur { enum spur_kind kind; uint8_t station; hygiene_set barred; };

enum { LINK_SOUTH = 1, LINK_NORTH = 2, LINK_BOTH = 3 };
struct column {
    mm_t x_mm;
    struct spur north, south;
    uint8_t in, out;         /* the car whose way in, or out, is here; NO_CAR */
    uint8_t link;
    uint8_t passage;         /* LINK_NORTH, LINK_SOUTH: a way leads on there */
    node_id n, s;            /* when built */
};

struct street_bar { mm_t from_mm, to_mm; hygiene_set barred; }; /* on lane edges that touch this stretch */
struct street {
    level_id level;
    char mark[8];            /* in the ids of its lane nodes, so that two streets of a level differ */
    mm_t y_mm;               /* of the middle */
    int32_t speed_mm_s;
    bool quiet, long_queue;  /* long_queue: with W3 */
    uint16_t columns, bars;
    struct column column[STREET_COLUMNS_MAX];
    struct street_bar bar[STREET_BARS_MAX];
};

struct hospital {
    struct draft d;
    struct hospital_options o;
    struct import_report *r;
    mm_t lane_mm;            /* from the middle of a street to a lane */
    uint16_t cars, stations, washers, chargers, parks, holds;
    struct hospital_car car[HOSPITAL_CARS_MAX];
    struct site_station station[HOSPITAL_STATIONS_MAX];
    struct site_landing landing[HOSPITAL_CARS_MAX][SITE_LEVELS_MAX];
    uint16_t landings[HOSPITAL_CARS_MAX];
    int err;                 /* the first one */
};

/* ---- generate_hospital.c ---- */
uint8_t hospital_station(struct hospital *h, const char *id, const char *zh, const char *en, enum station_kind kind,
                         ms_t answer_ms);

/* ---- hospital_street.c: what a street becomes in the draft ---- */
void street_column(struct hospital *h, struct street *t, struct column c);
void street_car(struct hospital *h, struct street *t, uint8_t car);      /* its two columns */
void street_bar(struct hospital *h, struct street *t, mm_t from_mm, mm_t to_mm, hygiene_set barred);
void street_build(struct hospital *h, struct street *t);                 /* sorts the columns, then adds everything */
node_id hospital_node(struct hospital *h, level_id level, mm_t x_mm, mm_t y_mm, uint8_t flags, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void hospital_edge(struct hospital *h, const struct street *t, node_id from, node_id to, bool both_ways,
                   int32_t speed_mm_s, hygiene_set barred);
hygiene_set car_barred(enum car_role role);

/* ---- hospital_data.c: goods, hours, elevators ---- */
void hospital_goods(struct hospital *h);
void hospital_calendar(struct hospital *h);
void hospital_elevators(struct hospital *h);
int hospital_read_cars(struct hospital *h, struct err_note *note);       /* o.elevators -> car[] */

#endif
