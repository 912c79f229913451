/* msg - everything that enters and leaves the fleet core, as values. Copy them, journal them, print them.
 *
 * Inputs are facts, not raw messages: robot states are reduced by facts.c first. All ids are dense indices of the
 * compiled site and of the fleet file; strings live at the edge. A repeated input is harmless. */
#ifndef CORE_MSG_H
#define CORE_MSG_H

#include "common/building_msg.h"
#include "common/snap.h"
#include "maps/site.h"
#include "maps/timetable.h"

typedef uint16_t robot_id; /* index into the fleet file */
typedef uint32_t job_id;   /* 1, 2, 3, ... in order of acceptance; 0 = none */

/* ---- jobs ---------------------------------------------------------------------------------------------------- */
enum job_state { /* 已申请 已派车 已装车 运送中 已到达 已签收, and the other ends */
    JOB_REQUESTED, JOB_ASSIGNED, JOB_LOADED, JOB_MOVING, JOB_ARRIVED, JOB_DELIVERED, JOB_CANCELLED, JOB_FAILED, JOB_STATE_COUNT
};
extern const char *const job_state_name[JOB_STATE_COUNT]; /* "requested" ... */
static inline bool job_state_final(enum job_state s) { return s == JOB_DELIVERED || s == JOB_CANCELLED || s == JOB_FAILED; }

enum refusal { /* why a request was not taken or a job not done: a normal answer, shown to people (api.c has zh/en) */
    REFUSAL_NONE, REFUSAL_UNKNOWN_STATION, REFUSAL_SAME_STATION, REFUSAL_QUANTITY, REFUSAL_PRIORITY, REFUSAL_FULL,
    REFUSAL_UNREACHABLE, REFUSAL_UNKNOWN_JOB, REFUSAL_JOB_ENDED, REFUSAL_ALREADY_LOADED, REFUSAL_UNKNOWN_GOODS,
    REFUSAL_NO_ROBOT_TAKES_IT, REFUSAL_NOT_LOADED, REFUSAL_COUNT
};
extern const char *const refusal_name[REFUSAL_COUNT];

enum job_why { /* why a job is where it is: for `orderly ctl why job N` and the ward (zh/en in job_text.c) */
    JOB_WHY_NONE, JOB_WHY_NOT_READY,   /* known, but the goods are not to be fetched yet */
    JOB_WHY_NO_ROBOT,                  /* no robot in service takes such a load */
    JOB_WHY_ALL_BUSY,                  /* all that could have goods aboard or better jobs first */
    JOB_WHY_BETTER_FIRST,              /* a newer job of the same class went first: robot and detour in the view */
    JOB_WHY_HYGIENE,                   /* the robots that could must be disinfected first */
    JOB_WHY_CLOSED,                    /* no way at this hour: elevator closed, zone shut */
    JOB_WHY_POWER, JOB_WHY_ISOLATED,   /* emergency power: not served now; the ward is isolated and has no robot */
    JOB_WHY_ENERGY,                    /* the robots that could are charging */
    JOB_WHY_GIVEN,                     /* robot given: the best of all */
    JOB_WHY_TAKEN_OVER,                /* an urgent job took its robot; it waits for another */
    JOB_WHY_ROBOT_FAILED,              /* its robot failed; planned anew, or the load is aboard that robot */
    JOB_WHY_COUNT
};
extern const char *const job_why_name[JOB_WHY_COUNT];

#define ROUND_NONE UINT16_MAX
#define JOB_QUANTITY_MAX 999
#define JOB_PRIORITY_LAST 5 /* 0 = STAT ... 5 = low */
#define JOB_PRIORITY_URGENT 1 /* so urgent or more: planned at once, served in an emergency (R2, R37) */

/* ---- inputs -------------------------------------------------------------------------------------------------- */
enum fleet_in_kind { IN_OPEN = 1, IN_TICK, IN_CLOCK, IN_JOB, IN_CANCEL, IN_FACT, IN_ELEVATOR, IN_DOOR, IN_OPERATE, IN_STOCK, IN_COUNT };

struct in_open { uint64_t epoch; };          /* at every start of a host: a number never used before in this journal's orders */
struct in_clock { int64_t utc_ms; };
/* ref: host's token, comes back in OUT_JOB. ready_ms: not to be fetched before (0 = now). due_ms: wanted there by then; 0 = as
 * the goods say. priority JOB_PRIORITY_OF_GOODS: as the goods say. return_ms: lent for so long after its delivery, then a job takes
 * it back (0: not lent; R12). */
#define JOB_PRIORITY_OF_GOODS UINT8_MAX
struct in_job { uint64_t ref; station_id from, to; uint16_t quantity; uint8_t priority; goods_id goods; ms_t ready_ms, due_ms, return_ms; };
struct in_cancel { job_id job; };

enum fact_kind {
    FACT_ONLINE,      /* connection up and a fresh state seen */
    FACT_OFFLINE,     /* said so, or its will */
    FACT_SILENT,      /* nothing heard for facts_config.silent_ms */
    FACT_STANDS,      /* has no order of ours; stands on `node` (ID_NONE: on no node we know) */
    FACT_ACK,         /* shows order `a`, update `b`: what we sent has arrived */
    FACT_REACHED,     /* order `a`: traversed everything up to sequence `b` (even), which is `node` */
    FACT_ACTION,      /* action number `a` is now `b` (enum vda_status: only RUNNING, FINISHED, FAILED are reported) */
    FACT_REJECTED,    /* refused order `a`, update `b` */
    FACT_LOST_ORDER,  /* showed order `a` before and shows another or none now without having finished */
    FACT_IDLE,        /* order `a` is done: nothing left to drive, all actions ended */
    FACT_MODE,        /* b = enum vda_mode */
    FACT_BATTERY,     /* a = permille in steps of 10, b = charging */
    FACT_ERROR,       /* b = 1 fatal, 2 cannot go on with its order (3.0: CRITICAL), 0 cleared */
    FACT_FOREIGN,     /* b = 1: carries out an order that is not ours; 0: no longer */
    FACT_SHEET,       /* b = 1: its factsheet contradicts its class; 0: agrees */
    FACT_COUNT
};
struct in_fact { robot_id robot; uint8_t kind; node_id node; uint32_t a, b; };

struct in_elevator { elevator_id elevator; level_id level; uint8_t motion, door, mode; uint32_t generation; }; /* enums of building_msg.h */
struct in_door { door_id door; uint8_t state; uint32_t generation; };

/* What people and the building switch. Each is idempotent; `target` is an index of the site or the fleet. */
enum operate {
    OP_FIRE,            /* zone: alarm. No way leads in, robots inside go to a safe place, its cars are not called */
    OP_FIRE_OVER,       /* zone: a person lets work go on */
    OP_MAINS_LOST,      /* only cars on emergency power, no charging, only urgent jobs and zones on emergency power */
    OP_MAINS_BACK,
    OP_ISOLATE,         /* station: its loads count as infectious, only robots assigned to it go there */
    OP_ISOLATE_OVER,
    OP_ISOLATION_ROBOT, /* robot: serves isolated stations and nothing else; value 0 = no more */
    OP_EDGE_CLOSE, OP_EDGE_OPEN,   /* edge and its twin: a bed in the way, cleaning, a spill */
    OP_CAR_CLOSE, OP_CAR_OPEN,     /* elevator: by hand */
    OP_ROBOT_OUT, OP_ROBOT_IN,     /* robot: takes no new work; in: does again */
    OP_WASHED,          /* robot: disinfected by a person */
    OP_COUNT
};
extern const char *const operate_name[OP_COUNT];
struct in_operate { uint8_t op; uint16_t target, value; };
struct in_stock { station_id station; goods_id goods; uint16_t count; }; /* R9: counted stock of a ward */
/* R4: what a person counted when a job was loaded or handed over: pieces, bags, trays, whatever both ends count alike. */
enum count_where { COUNT_AT_PICKUP, COUNT_AT_DELIVERY, COUNT_WHERES };
#define COUNT_NONE UINT16_MAX
struct in_count { job_id job; uint8_t where; uint16_t count; };

struct fleet_in {
    ms_t at_ms;              /* the only "now"; never less than that of the input before */
    enum fleet_in_kind kind;
    union {
        struct in_open open;
        struct in_clock clock;
        struct in_job job;
        struct in_cancel cancel;
        struct in_fact fact;
        struct in_elevator elevator;
        struct in_door door;
        struct in_operate operate;
        struct in_stock stock;
        struct in_count count;
    };
};
/* The journal form of an input: save and load with the same function; loading refuses unknown kinds. */
void fleet_in_snap(struct snap *s, struct fleet_in *in);
#define FLEET_IN_BYTES_MAX 64

/* ---- outputs ------------------------------------------------------------------------------------------------- */
enum fleet_out_kind { OUT_ORDER = 1, OUT_INSTANT, OUT_ELEVATOR, OUT_DOOR, OUT_JOB, OUT_EVENT };

#define ORDER_NODES_MAX 48   /* base and horizon of one message; = VDA_NODES_MAX */
enum order_action_kind { ACT_NONE, ACT_PICK, ACT_DROP, ACT_INIT_POSITION, ACT_START_CHARGING, ACT_STOP_CHARGING, ACT_CANCEL_ORDER, ACT_STATE_REQUEST, ACT_WASH };
struct order_action { uint8_t kind; uint32_t number; job_id job; }; /* number: unique per robot, never reused */
struct order_node {
    node_id node;
    edge_id edge;            /* that leads to it; ID_NONE for the first */
    uint32_t seq;            /* even */
    bool released;
    int32_t speed_mm_s;      /* not faster on that edge; 0 = as the map says (R47) */
    struct order_action action; /* ACT_NONE: nothing to do here */
};
struct out_order { robot_id robot; uint32_t order, update; uint16_t nodes; struct order_node node[ORDER_NODES_MAX]; };
struct out_instant { robot_id robot; struct order_action action; };
struct out_elevator { elevator_id elevator; uint32_t generation; bool end; level_id level; };
struct out_door { door_id door; uint32_t generation; bool open; };
struct out_job { job_id job; uint8_t state, refusal; robot_id robot; uint64_t ref; }; /* job 0 with a refusal: not accepted */
struct out_event { uint16_t event; robot_id robot; elevator_id elevator; station_id station; zone_id zone; uint16_t round; job_id job; int64_t n; };

struct fleet_out {
    enum fleet_out_kind kind;
    union {
        struct out_order order;
        struct out_instant instant;
        struct out_elevator elevator;
        struct out_door door;
        struct out_job job;
        struct out_event event;
    };
};

#endif
