/* oracle_state - the judge's own books, shared by its files only: oracle.c (where things are), oracle_claims.c (what was
 * released), oracle_goods.c (loads, hygiene, energy). */
#ifndef SIM_ORACLE_STATE_H
#define SIM_ORACLE_STATE_H

#include "oracle.h"

#define ACTIONS_KEPT 64 /* per robot; far more than can be under way */
#define STEPS_KEPT 128  /* nodes of the present order behind and ahead */
#define LOADS_KEPT 16

enum cabin_side { OUTSIDE, ON_SILL, INSIDE };

struct seen_action {
    uint32_t number;
    uint8_t kind;
    bool done;
    job_id job;
};

struct seen_step { /* of an order: how node number seq is reached */
    uint32_t order, seq;
    node_id node;
    edge_id edge;
};

struct seen_robot {
    struct drive_pose pose;
    struct oracle_rect rect;
    bool known, touched, met, rests; /* touched: to be judged; met: the controller has given it a claim */
    level_id level, believed; /* level: true; while in a moving car the last one */
    elevator_id car;          /* inside or on the sill of; ID_NONE */
    uint8_t side;             /* enum cabin_side of `car` */
    level_id boarded;         /* level at which it entered the car */
    ms_t seen_ms;
    bool off_claim, bad_sill, bad_shear, bad_move, bad_door, bad_wall, bad_level; /* broken at the last look */
    bool bad_speed, bad_quiet, bad_closed, bad_reserve, flat, charges;
    uint16_t claims;
    res_id claim[CLAIM_MAX];
    bool claims_new;
    uint16_t helds;           /* its claim at the last judgement */
    res_id held[CLAIM_MAX];
    uint32_t order, seq;
    uint32_t released_order, released_seq; /* the furthest node ever released */
    struct seen_step step[STEPS_KEPT];     /* [seq / 2 % STEPS_KEPT] */
    struct seen_action action[ACTIONS_KEPT];
    uint32_t actions; /* ring; actions counts all */
    ms_t stand_ms;
    bool stand_told;
    /* loads */
    uint16_t carried;
    job_id load[LOADS_KEPT];
    hygiene_set before; /* carried since the last disinfection, what is aboard included */
    bool isolation;     /* assigned to isolated wards */
};

enum load_place { LOAD_AT_FROM, LOAD_ON_ROBOT, LOAD_AT_TO };
struct seen_job {
    station_id from, to;
    goods_id goods;
    uint8_t place, state, hygiene;
    robot_id robot;
    ms_t loaded_ms;
};

struct seen_car {
    level_id level;
    bool moving, open, crowded, changed;
    uint16_t robots;   /* in it or on its sill */
    uint8_t mode;
    ms_t mode_ms;      /* since when */
    hygiene_set soiled; /* what soiled goods it carried last, until soiled_ms */
    ms_t soiled_ms;
};

struct oracle {
    struct oracle_config cfg;
    struct seen_robot *robot;
    struct walls *walls;
    robot_id *holder; /* [resources]: whose claim it is in, at the last judgement; ID_NONE */
    uint32_t overlaps;
    mm_t far_mm;      /* no two robots this far apart need to be compared, however long ago they were looked at */
    bool *overlap; /* [a * robots + b], a < b: overlapping at the last look */
    struct seen_car car[SITE_ELEVATORS_MAX];
    bool *door_open;
    bool *fire;      /* [zones] */
    bool *isolated;  /* [stations] */
    struct seen_job *job;
    uint32_t jobs, jobs_capacity; /* job id - 1 */
    bool building_changed, doors_changed;
    uint16_t touched;      /* list of them */
    robot_id *touch;       /* [robots] */
    bool *burning; /* [nodes]: in a zone with a fire alarm */
    ms_t fire_ms;        /* of the last alarm */
    struct oracle_totals totals;
};

void oracle_broken(struct oracle *o, ms_t now, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Count a lasting fault when it begins: true on the edge. */
static inline bool begins(bool *was, bool is)
{
    bool edge = is && !*was;
    *was = is;
    return edge;
}

static inline void oracle_touch(struct oracle *o, robot_id r)
{
    struct seen_robot *b = &o->robot[r];
    if (b->touched || !b->known) return;
    b->touched = true;
    o->touch[o->touched++] = r;
}

/* oracle_goods.c */
hygiene_set oracle_aboard_classes(const struct oracle *o, const struct seen_robot *b);
void oracle_boards(struct oracle *o, robot_id r, elevator_id e, ms_t now); /* it begins to enter a car */
void oracle_leaves(struct oracle *o, robot_id r, elevator_id e, ms_t now);
void oracle_passed(struct oracle *o, robot_id r, edge_id e, ms_t now);     /* it has driven an edge to its end */

/* oracle_walls.c */
#define ORACLE_NO_WALL UINT32_MAX
struct walls;
int oracle_walls_open(struct walls **out, const struct site *s); /* close it either way; NULL: no walls */
void oracle_walls_close(struct walls *w);
uint32_t oracle_walls_hit(const struct walls *w, const struct site *s, level_id level, const struct oracle_rect *r);

/* oracle_claims.c */
edge_id oracle_edge_now(const struct oracle *o, const struct seen_robot *b); /* it drives; ID_NONE: not known */

#endif
