/* fleet - the brain: one value-in, value-out machine (DESIGN section 2). Live, simulation and replay run it unchanged.
 *
 *   fleet_open -> { fleet_input -> drain fleet_output } -> ...      and at fleet_deadline() an IN_TICK.
 *
 * The caller owns the memory block, the site and the fleet spec; all three outlive the fleet. Nothing here knows a
 * clock, a socket, a file, a thread, a float or malloc. Same inputs, same outputs, same bytes in fleet_snap().
 * Outputs must be drained after every input (assertion otherwise). The first input of every host run is IN_OPEN, also
 * after a recovery: it makes the core repeat what robots and building may have missed. */
#ifndef CORE_FLEET_H
#define CORE_FLEET_H

#include "common/arena.h"
#include "common/snap.h"
#include "msg.h"

struct fleet;

/* jobs_max of every host: a journal replays only on a core with the same configuration. */
#define FLEET_JOBS_KEPT 4096

enum dispatch_policy { DISPATCH_TOURS, DISPATCH_NEAREST, DISPATCH_COUNT };  /* nearest: free robot, one job at a time, in order */
enum arbiter_policy { ARBITER_PLANNED, ARBITER_FIRST_COME, ARBITER_COUNT }; /* first come: a car for who stands before it first */
enum charge_policy { CHARGE_TARIFF, CHARGE_LOW, CHARGE_COUNT };             /* low: only when the battery is low, whatever the hour costs */
/* What is left out of the planner, for comparison (docs/traffic.md); sipp: each robot alone, in the order of asking. */
enum traffic_policy { TRAFFIC_FULL, TRAFFIC_NO_REORDER, TRAFFIC_NO_SWITCH, TRAFFIC_NO_HOMES, TRAFFIC_NO_GUIDANCE, TRAFFIC_SIPP, TRAFFIC_COUNT };
extern const char *const traffic_policy_name[TRAFFIC_COUNT];   /* "full", "no-reorder", ... "sipp" */
extern const char *const dispatch_policy_name[DISPATCH_COUNT]; /* "tours", "nearest" */
extern const char *const arbiter_policy_name[ARBITER_COUNT];   /* "planned", "first-come" */
extern const char *const charge_policy_name[CHARGE_COUNT];     /* "tariff", "low" */

struct fleet_config {
    const struct site *site;      /* compiled */
    uint16_t robots;
    const class_id *robot_class;  /* per robot; borrowed */
    const node_id *robot_start;   /* where each robot is believed to stand at first; ID_NONE: unknown until it says so */
    uint32_t jobs_max;            /* jobs kept: open ones and the last ended ones; >= 64 */
    uint32_t search_expansions;   /* budget of one search; 0 = default */
    ms_t resend_ms;               /* repeat an unanswered order or request; 0 = 2000 */
    const struct timetable *timetable; /* borrowed; NULL: no rounds */
    enum dispatch_policy dispatch;
    enum arbiter_policy arbiter;
    enum traffic_policy traffic;
    enum charge_policy charging;
};

size_t fleet_memory(const struct fleet_config *cfg);                                   /* bytes that fleet_open will take */
int fleet_open(struct fleet **out, struct arena *mem, const struct fleet_config *cfg); /* ORD_EFULL: arena too small; ORD_ERANGE */
int fleet_input(struct fleet *f, const struct fleet_in *in);                           /* ORD_EPARSE / ORD_ERANGE: refused, nothing changed */
bool fleet_output(struct fleet *f, struct fleet_out *out);
ms_t fleet_deadline(const struct fleet *f);                                            /* MS_NEVER: nothing to wait for */
void fleet_check(const struct fleet *f);                                               /* asserts every invariant; tests and simulation */
void fleet_snap(struct snap *s, struct fleet *f);                                      /* all state: save, load, hash */

/* ---- views: what is believed, for the API, the wall and the oracle; values, valid now ---- */
enum robot_link { ROBOT_NEVER_SEEN, ROBOT_ONLINE, ROBOT_OFFLINE, ROBOT_SILENT };
enum robot_doing { ROBOT_IDLE, ROBOT_TO_PICKUP, ROBOT_PICKING, ROBOT_TO_DROP, ROBOT_DROPPING, ROBOT_TO_REFUGE, ROBOT_LOST,
                   ROBOT_TO_WASH, ROBOT_WASHING, ROBOT_TO_CHARGE, ROBOT_CHARGING };
extern const char *const robot_doing_name[];
enum robot_wait { WAIT_NOTHING, WAIT_ROBOT, WAIT_ELEVATOR, WAIT_DOOR, WAIT_PLAN, WAIT_LINK };
#define CLAIM_MAX 64
#define TOUR_STOPS_MAX 24
enum stop_kind { STOP_PICK, STOP_DROP, STOP_WASH, STOP_CHARGE };
struct stop_view { uint8_t kind; job_id job; node_id node; ms_t eta_ms; }; /* job 0, node: washer or charger */
#define ROBOT_LOADS_MAX 8
struct robot_view {
    enum robot_link link;
    enum robot_doing doing;
    uint8_t mode;               /* enum vda_mode */
    int32_t battery_permille; bool charging;
    node_id at;                 /* last node reached */
    job_id job;                 /* of the stop it makes or drives to, 0 none */
    bool loaded;
    uint8_t loads; job_id load[ROBOT_LOADS_MAX];          /* aboard, as far as is known */
    uint8_t stops; struct stop_view stop[TOUR_STOPS_MAX]; /* its tour, the present stop first */
    hygiene_set before;         /* classes carried since the last disinfection, those aboard included */
    bool out;                   /* taken out of service by a person: takes no new work */
    bool isolation;             /* serves isolated stations and nothing else */
    node_id goal;               /* ID_NONE: none */
    enum robot_wait wait; robot_id wait_robot; elevator_id wait_elevator; door_id wait_door; ms_t wait_since_ms;
    uint16_t claims; res_id claim[CLAIM_MAX];  /* everything it may occupy now, tail first */
    uint16_t route; node_id route_node[CLAIM_MAX]; /* planned nodes ahead of the claim */
    uint16_t claimed_nodes;     /* nodes of the claim ahead of `at` */
    uint32_t order, update;
};
void fleet_robot(const struct fleet *f, robot_id r, struct robot_view *out);
/* The little of it that changes often, for hosts that look at every robot after every input. While `claim` stays the same,
 * so do the claims. wait_for: robot, elevator or door. */
struct robot_glance { uint64_t claim; job_id job; node_id goal; uint16_t wait_for; uint8_t doing, wait; };
void fleet_glance(const struct fleet *f, robot_id r, struct robot_glance *out);
struct job_view {
    job_id job; enum job_state state; station_id from, to; uint16_t quantity; uint8_t priority; goods_id goods; robot_id robot; /* ID_NONE */
    bool infectious;            /* from a ward that was isolated while it waited there, whatever the goods are */
    uint16_t round; uint8_t why; uint16_t why_robot; /* round: of the timetable, ROUND_NONE; enum job_why */
    ms_t return_ms;             /* lent: comes back so long after its delivery; 0 = not */
    ms_t ready_ms, eta_ms;      /* not to be fetched before; planned arrival, MS_NEVER: none */
    ms_t requested_ms, assigned_ms, loaded_ms, arrived_ms, ended_ms; ms_t due_ms; uint8_t refusal;
    uint16_t counted[COUNT_WHERES]; bool differs; /* COUNT_NONE: not counted; the two ends once disagreed (R4) */
};
bool fleet_job(const struct fleet *f, job_id j, struct job_view *out);        /* false: unknown or no longer kept */
job_id fleet_job_last(const struct fleet *f);
job_id fleet_job_first_kept(const struct fleet *f);
struct elevator_view { level_id level; uint8_t motion, door, mode; uint32_t generation; robot_id holder; bool heard; bool closed; ms_t wait_since_ms; uint16_t waiting; };
void fleet_elevator(const struct fleet *f, elevator_id e, struct elevator_view *out);
/* The last wave. skip[]: the loads it skipped, with the event that says why (the first ROUND_SKIPS_SHOWN of them); n loads
 * whose ward is not told apart have station ID_NONE. */
#define ROUND_SKIPS_SHOWN 12
struct round_skip { station_id station; uint16_t event, n; };
struct round_view {
    uint16_t made, delivered, failed, skipped, late, open; ms_t release_ms, due_ms; bool today;
    uint16_t total;             /* loads of one wave; 0: as many as come back from another round */
    uint8_t skips; struct round_skip skip[ROUND_SKIPS_SHOWN];
};
void fleet_round(const struct fleet *f, uint16_t round, struct round_view *out);
struct stock_view { bool counted; uint16_t count; ms_t counted_ms; job_id top_up; }; /* top_up: the last job made for it */
void fleet_stock(const struct fleet *f, uint16_t par, struct stock_view *out); /* of a par level of the timetable (R9) */
uint8_t fleet_zone(const struct fleet *f, zone_id z);    /* 0 normal, 1 fire */
bool fleet_mains(const struct fleet *f);
bool fleet_isolated(const struct fleet *f, station_id s);
bool fleet_edge_shut(const struct fleet *f, edge_id e);     /* by a person */
bool fleet_car_shut(const struct fleet *f, elevator_id e);  /* by a person; without mains fleet_elevator says closed */
struct fleet_totals { uint64_t inputs, plans, plan_expansions, plans_rejected, orders, elevator_sessions; uint32_t jobs_open; };
void fleet_totals(const struct fleet *f, struct fleet_totals *out);

#endif
