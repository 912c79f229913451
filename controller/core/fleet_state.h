/* fleet_state - the state of the core, shared by its own files only. fleet.c holds the switch; each other file owns one
 * idea and changes only the part of the state named in its header.
 *
 * After every input the same pipeline runs (fleet.c): assign -> plan -> claim -> elevators and doors -> orders. */
#ifndef CORE_FLEET_STATE_H
#define CORE_FLEET_STATE_H

#include "common/event_text.h"
#include "common/vda/vda_model.h"
#include "calendar.h"
#include "fleet.h"
#include "planner/plan.h"

#define AHEAD_LEAST_MS 7000     /* a claim shorter than this is extended ... */
#define AHEAD_MOST_MS 12000     /* ... up to this much driving ahead: braking distance, message delay, some peace */
#define AHEAD_CALL_MS 3000      /* a car is called so early that it stands open this long before the robot arrives */
#define PLAN_RETRY_MS 3000      /* a search that found nothing is tried again then, ... */
#define PLAN_RETRY_TWICE 3      /* ... twice as late each time, up to so often; at once when ways change */
#define IMPROVE_AFTER_MS 15000  /* a robot that waits so long for another one looks for a better way */
#define IMPROVE_GAIN_MS 5000
#define CUT_AFTER_MS 30000      /* a robot out of reach so long is an obstacle, not a partner */
#define ORDER_QUIET_MS 30000    /* no new orderId while a late copy of the old order may still arrive */
#define ORDER_ACTIONS_MOST 40   /* in one order: then the next quiet moment starts a new one */
#define ORDER_AHEAD_NODES 12    /* horizon shown beyond the base */
#define GATHER_MS 5000          /* after a start robots get so long to say where they are */
#define REJECT_PAUSE_MS 5000
#define SERVICE_FALLBACK_MS 20000
#define WASH_MS (5 * MS_MINUTE)  /* one disinfection, as an estimate */

struct job {
    struct job_view v;          /* v.job == 0: slot unused */
};

struct jobs {                   /* job.c */
    uint32_t capacity, open;
    struct job *slot;           /* job j lives in slot j % capacity */
    job_id last;
    uint32_t waiting;           /* requested and not assigned, best first */
    job_id *queue;              /* capacity */
};

struct stop {                   /* of a tour */
    uint8_t kind;               /* enum stop_kind */
    job_id job;                 /* 0: wash, charge */
    node_id node;               /* where exactly, chosen when it becomes the present stop; ID_NONE before */
    ms_t eta_ms;                /* MS_NEVER: not known */
};

struct robot {                  /* robot.c: belief about one robot and what it is to do */
    uint8_t link, mode;         /* enum robot_link, enum vda_mode */
    bool fatal, lost;           /* lost: stands where it must not; waits for a person */
    bool unlike;                /* its factsheet contradicts its class: not used */
    node_id stray;              /* lost, but known where: on what another robot has claimed; else ID_NONE */
    int32_t battery_permille;
    bool charging;
    ms_t away_ms;               /* since when out of reach or not automatic; MS_NEVER = present */
    /* mission: stop[0] is the one it makes or drives to; goal, goal_action and goal_kind are its, job is its job */
    uint8_t stops, loads;
    struct stop stop[TOUR_STOPS_MAX];
    job_id load[ROBOT_LOADS_MAX]; /* aboard */
    hygiene_set before;         /* classes carried since the last disinfection, those aboard included */
    bool must_charge;           /* below its least charge and not yet full enough again */
    bool out, isolation;        /* taken out by a person; serves isolated stations only */
    job_id job;
    bool begins;                /* scratch: its first stop is another one than before */
    bool serving;               /* its action is running */
    ms_t leg_ms, leg_nominal_ms; /* when it set out for the goal, and what the tables say it takes */
    bool leg_rides;
    node_id goal;               /* where the mission goes next, ID_NONE: nowhere */
    uint32_t goal_action;       /* number of the action to do there */
    uint32_t goal_before;       /* the number it had in an order that was lost: may yet turn out to have been done; 0: none */
    uint8_t goal_kind;          /* enum order_action_kind */
    uint32_t next_action;
    /* planning */
    bool want_plan;
    bool held;                  /* its goal cannot be reached now: it waits at a refuge until ways change */
    ms_t retry_ms, improve_ms;
    uint8_t fruitless;          /* searches in a row that found nothing */
    robot_id behind;            /* who stands in its only way and does not move; ID_NONE */
    bool blocks_told;           /* others are behind this one, and people know */
    /* waiting */
    uint8_t wait;               /* enum robot_wait */
    uint16_t wait_for;
    ms_t wait_since_ms;
    /* command.c: the order it was given */
    bool has_order, idle, outstanding;
    uint32_t order, update, next_order;
    uint32_t order_base;        /* step number of sequence 0 */
    uint32_t released;          /* step number of the last released node */
    uint32_t shown_order, shown_base, shown_released; /* the same of the last order it was seen to have */
    /* cancel.c: what it still carries out, and the cancelOrder for that */
    bool holds, foreign;        /* one of ours with something left to do; one that is not ours */
    bool cancel_heard;
    uint32_t cancel;            /* number of the action, 0: none open */
    ms_t cancel_ms;
    uint16_t order_actions;
    uint8_t rejections;
    uint8_t stops_asked;        /* how often it was told to stop charging since it last said that it charges */
    ms_t stop_asked_ms;
    ms_t sent_ms, hold_until_ms;
    struct out_order message;   /* the last one sent, repeated as it was */
};

struct elevator_session {       /* elevator.c */
    bool heard;
    level_id level;             /* last heard */
    uint8_t motion, door, mode;
    uint32_t heard_generation;
    robot_id holder;            /* ID_NONE */
    uint32_t generation;
    level_id want;
    bool ending;                /* END sent, not yet confirmed */
    ms_t sent_ms;               /* MS_NEVER: nothing to repeat */
    ms_t since_ms;
    bool overdue_told;
    bool trapped_told;          /* out of service with its holder inside (R34) */
    bool soils;                 /* its holder has been inside with a load of car_apart (maps/site.h) */
    ms_t apart_ms;              /* for such loads only until then */
};

struct door_session {           /* elevator.c as well: the same handshake with less to say */
    bool heard, want_open;
    uint8_t state;
    uint32_t heard_generation, generation;
    ms_t sent_ms;
};

/* What legs really take beyond the tables (assign.c): learned by hour of the day, with and without an elevator. */
struct leg_learned { int32_t excess_ms[24][2]; };

struct fleet {
    struct fleet_config cfg;
    ms_t now_ms;
    uint64_t epoch;
    struct wall_clock clock;    /* calendar.c */
    struct ways *ways;          /* access.c */
    struct modes *modes;        /* mode.c */
    struct rounds *rounds;      /* round.c */
    struct plan *plan;
    struct jobs jobs;
    struct robot *robot;
    struct elevator_session *elevator;
    struct door_session *door;
    robot_id *car_holder;       /* scratch: who claims which car now */
    bool *door_wanted;          /* scratch */
    bool assign_due;
    ms_t assign_ms, known_ms;   /* not before then; when a waiting job comes near enough to be planned for */
    ms_t arbiter_ms;            /* when orders of rides are looked at again */
    ms_t gather_ms;             /* nobody sets out before, unless all have been heard */
    ms_t charge_ms;             /* when energy is looked at again */
    struct dispatch *dispatch;  /* assign.c: the tour engine and its tables; scratch, rebuilt from the state */
    struct leg_learned learned;
    struct access_state *access;
    struct mode_state *mode;
    struct round_state *round;
    uint8_t *robot_group;       /* [robots] access group of each robot now: what the planner obeys */
    struct fleet_totals totals;
    struct fleet_out *out;      /* ring of outputs of one input */
    uint32_t outs, outs_read, outs_max;
};

/* loaded.c - every number of a loaded state that indexes something exists. */
bool loaded_ok(const struct fleet *f);

/* fleet.c */
struct fleet_out *fleet_emit(struct fleet *f, enum fleet_out_kind kind); /* fill it at once */
struct out_event *fleet_tell(struct fleet *f, enum event_no event); /* about nothing yet: fill in what it is about */
void fleet_event(struct fleet *f, enum event_no event, robot_id r, job_id j, int64_t n);

/* job.c - the table of jobs and their states. (1) a job is in one state; final ones are never left.
 * (2) `queue` holds exactly the requested ones, by priority, then by age. */
int jobs_open(struct jobs *t, struct arena *mem, uint32_t capacity);
size_t jobs_memory(uint32_t capacity);
struct job *job_find(struct fleet *f, job_id j); /* NULL: unknown */
const struct job_view *job_seen(const struct fleet *f, job_id j); /* must be kept */
void job_request(struct fleet *f, const struct in_job *in);
/* A job that the fleet makes itself, of a round (ROUND_NONE: top-up). Returns 0 and the reason when it cannot be. */
job_id job_make(struct fleet *f, const struct in_job *in, uint16_t round, enum refusal *why);
void job_unassign(struct fleet *f, job_id j, enum job_why why); /* its robot will not fetch it: back to the queue */
void job_moved(struct fleet *f, job_id j, robot_id r);         /* assigned to another robot than before */
void job_because(struct fleet *f, job_id j, enum job_why why, robot_id r); /* the reason for where it is */
void job_cancel(struct fleet *f, job_id j);
void job_set(struct fleet *f, job_id j, enum job_state state);
void job_tell(struct fleet *f, const struct job *job, uint64_t ref); /* how it stands, for whoever listens */
void job_refuse(struct fleet *f, job_id j, enum refusal why, uint64_t ref);
void job_unqueue(struct fleet *f, job_id j);
/* Robot r sets out to fetch a job: if an older one is as good, that one; older ones of its class that stay behind keep the
 * reason (R11). */
void job_oldest_first(struct fleet *f, robot_id r);
void jobs_check(const struct fleet *f);
void jobs_snap(struct snap *s, struct jobs *t);

/* access.c - which ways are open to whom now: the planner's table, kept as long as nothing changes.
 * (1) closed for a class: what the map bars, a way shut by a person, what leads into a burning zone, every edge of a car that
 * is closed to it (rule of the hour, closure, inspection, fault, person, no mains).  (2) what is claimed already is driven to
 * its end; no claim grows over a closed edge.  (3) a car that closes by the calendar is closed to new plans ACCESS_CLOSING_MS
 * before, and from the moment a plan would have ridden too late.
 * The table has a group more than the site: access_anywhere passes wherever the map lets anybody, closed or not. */
#define ACCESS_CLOSING_MS (3 * MS_MINUTE)
#define ACCESS_RIDE_SPARE_MS MS_MINUTE /* a ride ends at least so long before its car closes */
size_t access_memory(const struct fleet_config *cfg);
int access_open(struct fleet *f, struct arena *mem); /* before plan_open, which borrows the table; after mode_open */
struct access access_table(const struct fleet *f);
void access_due(struct fleet *f); /* something was switched */
void access_run(struct fleet *f);
ms_t access_deadline(const struct fleet *f);
bool access_car_open(const struct fleet *f, elevator_id e, uint8_t group, ms_t until_ms); /* now, and until then */
bool access_claimable(struct fleet *f, robot_id r, uint16_t to); /* its route up to step `to` is open, and long enough */
bool access_stands(const struct fleet *f, robot_id r); /* its standing route is open, or a ride of it ends before its car closes */
bool access_planned(struct fleet *f, robot_id r); /* every ride it plans ends in time; else its car closes early: plan again */
uint8_t access_anywhere(const struct fleet *f);
uint8_t access_group_for(const struct fleet *f, hygiene_set classes); /* of the worst of them; none: clean */
void access_group(struct fleet *f, robot_id r);                       /* what it carries has changed */
/* Before its way is searched: one that carries nothing, and nothing soiled since its wash, goes by the clean ways where they
 * lead there, else by any that do (it must be able to fetch dirty loads in the dirty hours of a car). */
void access_choose(struct fleet *f, robot_id r);
uint32_t access_ms(struct fleet *f, robot_id r, node_id from, node_id to); /* by the ways it would choose so; DIST_FAR: none */
void access_snap(struct snap *s, struct fleet *f);                    /* after clock, elevators and modes */

/* mode.c - what people and the building switched, and what follows from it, by one table of precedence. */
size_t mode_memory(const struct fleet_config *cfg);
int mode_open(struct fleet *f, struct arena *mem);
int mode_range(const struct fleet *f, const struct in_operate *in); /* ORD_ERANGE: no such target */
void mode_operate(struct fleet *f, const struct in_operate *in);
void mode_snap(struct snap *s, struct fleet *f);
bool mode_isolated(const struct fleet *f, station_id s);
/* May this job be done now? False: *why says why not. */
bool mode_serves(const struct fleet *f, const struct job_view *v, enum job_why *why);
bool mode_robot_may(const struct fleet *f, robot_id r, const struct job_view *v); /* isolation: these robots, and only these */
hygiene_set mode_soils(const struct fleet *f, station_id s); /* what a robot that was served there has been with (R29) */
bool mode_charging_allowed(const struct fleet *f);
bool mode_fires(const struct fleet *f);                 /* anywhere */
bool mode_burning(const struct fleet *f, node_id n);    /* in a zone with a fire alarm */
bool mode_shelter(const struct fleet *f, node_id n);    /* a refuge clear of lobbies, doors and ways out */
node_id mode_shelter_for(const struct fleet *f, robot_id r); /* where to, from a refuge that is none in a fire; ID_NONE: any refuge */
bool mode_edge_shut(const struct fleet *f, edge_id e);  /* by a person */
bool mode_car_shut(const struct fleet *f, elevator_id e); /* by a person, or for want of power */

/* round.c - the timetable's rounds become jobs (R3, R5), deliveries come back (tray return), par levels are filled (R9).
 * (1) a load of a date becomes one job or is reported as skipped, whatever the clock does in between: what was dealt with is
 * kept by date.  (2) a load is made known_ms before its release.  (3) of each item and ward one top-up job is open. */
#define ROUND_OUTS_MOST 96u /* at one input; the rest waits for the next one */
size_t round_memory(const struct fleet_config *cfg);
int round_open(struct fleet *f, struct arena *mem);
void round_run(struct fleet *f);
void round_stock(struct fleet *f, const struct in_stock *in);
void round_ended(struct fleet *f, const struct job_view *v); /* a job of a round has come to its end */
ms_t round_deadline(const struct fleet *f);
void round_snap(struct snap *s, struct fleet *f);

/* why.c - what a job without a robot waits for: one in service, a charge, a disinfection, or just its turn. */
enum job_why why_waits(const struct fleet *f, const struct job_view *v);

/* custody.c - what was counted at both ends (R4). (1) a count at delivery needs the load to be aboard or there.
 * (2) `differs` is set at the moment the second of two unequal counts comes in, and never cleared: it is a record. */
void custody_count(struct fleet *f, const struct in_count *in);

/* hygiene.c - may this follow that, be with that (R4, R28). Impossible by construction: the dispatcher asks here. */
enum hygiene hygiene_of(const struct fleet *f, const struct job_view *v); /* goods, and whether its ward is isolated */
bool hygiene_together(const struct fleet *f, const struct robot *r, enum hygiene next); /* with all that is aboard */
enum hygiene_after hygiene_follows(const struct fleet *f, hygiene_set before, enum hygiene next);

/* assign.c - which robot does which job, and in which order: tours under an effort budget (planner/tour.h), or the nearest
 * free robot (DISPATCH_NEAREST). (1) a robot never takes what its class, slots, payload, hygiene or energy refuse.
 * (2) the stop it has claimed stays its first. (3) every open job is in the queue, in one tour, or aboard one robot. */
#define DISPATCH_AHEAD_MS (20 * MS_MINUTE) /* jobs to be fetched later than that are not in tours yet */
void assign_run(struct fleet *f);
ms_t assign_deadline(const struct fleet *f);
void assign_release(struct fleet *f, robot_id r, enum job_why why); /* gives back what it has not loaded nor is loading */
bool assign_possible(struct fleet *f, const struct job_view *v, enum job_why *why); /* by modes and open ways, now */
/* A robot of class c that fetched the job at place `from` could take it to where it goes. */
bool assign_leads_on(struct fleet *f, class_id c, const struct job_view *v, node_id from);
/* ... or, while that is closed, to a refuge at least: it is not shut in with what it fetched. */
bool assign_leads_away(struct fleet *f, class_id c, const struct job_view *v, node_id from);
/* From `at` to the nearest place of a station that robot r may reach now; DIST_FAR: none. */
uint32_t assign_station_ms(struct fleet *f, robot_id r, node_id at, station_id to);
void assign_leg_begins(struct fleet *f, robot_id r); /* for learning what ways take */
void assign_leg_ends(struct fleet *f, robot_id r);
ms_t assign_leg_excess_ms(const struct fleet *f, bool rides); /* of a leg at this hour, beyond the tables */

/* dispatch.c - tours of all robots together: insertion and improvement under an effort budget (planner/tour.h). */
size_t dispatch_memory(const struct fleet_config *cfg);
int dispatch_open(struct fleet *f, struct arena *mem);
void dispatch_run(struct fleet *f);

/* charge.c - energy (I-20, R44): who must charge, who may, and how far a robot can still go. */
void charge_run(struct fleet *f);
int64_t charge_range_mm(const struct fleet *f, robot_id r); /* above the reserve; INT64_MAX when not modelled */
bool charge_blocks(const struct fleet *f, robot_id r);      /* it must charge first */
ms_t charge_deadline(const struct fleet *f);

/* robot.c - facts about robots, missions, waits. */
void robot_open(struct fleet *f);
void robot_fact(struct fleet *f, const struct in_fact *in);
void robot_restart(struct fleet *f);             /* the host came back: nothing is known to be online */
bool robot_usable(const struct robot *r);        /* online, automatic, healthy */
bool robot_free(const struct fleet *f, robot_id r);
/* A new tour: stops[0] is kept when it is claimed already. Sets the goal and wants a plan when the first stop changed. */
void robot_set_tour(struct fleet *f, robot_id r, const struct stop *stop, uint8_t stops);
void robot_put_tour(struct fleet *f, robot_id r, const struct stop *stop, uint8_t stops); /* in two parts, for many robots: */
void robot_begin(struct fleet *f, robot_id r);              /* put all, then let all begin */
void robot_place_again(struct fleet *f, robot_id r); /* no way to where its first stop is made: elsewhere of that kind? */
void robot_drop_job(struct fleet *f, robot_id r, job_id j); /* cancelled: its stops leave the tour */
bool robot_charger_free(const struct fleet *f, robot_id r); /* one that nobody else stands on or drives to */
bool robot_park(struct fleet *f, robot_id r);               /* idle: to a refuge that is no charger; false: no way there now */
bool robot_committed(const struct fleet *f, robot_id r);    /* its first stop is claimed or being served */
void robot_wait(struct fleet *f, robot_id r, enum robot_wait wait, uint16_t whom);
void robot_snap(struct snap *s, struct robot *r);

/* hour.c - calendar.h at the fleet's own clock and site. */
struct local_time hour_at(const struct fleet *f, ms_t at_ms);
bool hour_holds(const struct fleet *f, const struct day_window *w, ms_t at_ms);
ms_t hour_changes(const struct fleet *f, const struct day_window *w, ms_t at_ms); /* when that is next otherwise */
enum tariff hour_tariff(const struct fleet *f, ms_t at_ms);
bool hour_quiet(const struct fleet *f, ms_t at_ms);

/* traffic.c - plans and claims. */
uint8_t traffic_without(enum traffic_policy policy); /* enum plan_part */
void traffic_plan(struct fleet *f);
void traffic_claim(struct fleet *f);
struct plan_request traffic_wanted(const struct fleet *f, robot_id r);
bool traffic_counts_on(const struct fleet *f, robot_id r); /* that it moves on, or out of the way: it is at no refuge */
bool traffic_goal_claimed(const struct fleet *f, robot_id r);

/* arbiter.c - in which order robots ride: better orders are proposed to the planner. */
void arbiter_run(struct fleet *f);
void arbiter_first_come(struct fleet *f, robot_id here, robot_id by); /* ARBITER_FIRST_COME: `here` stands before the door */
uint16_t arbiter_queue(const struct fleet *f, elevator_id e, ms_t *since_ms); /* who waits for it, and since when the first */

/* elevator.c - sessions with cars and doors. (1) a car has at most one holder: the robot whose claim includes it.
 * (2) a new session has a new generation, and so has a new level in it; what carries another one is stale and opens no gate.
 * (3) the car is sent on only when the robot has reached the cabin node, and freed only when it has left it. */
void elevator_run(struct fleet *f);
void elevator_heard(struct fleet *f, const struct in_elevator *in);
void door_heard(struct fleet *f, const struct in_door *in);
void elevator_restart(struct fleet *f);
bool elevator_usable(const struct fleet *f, elevator_id e);
bool elevator_traps(const struct fleet *f, robot_id r); /* it stands in a car that is out of service (R34) */
/* For what the robot carries: separation in time after soiled loads (I-18), dangerous goods where people ride (R32). */
bool elevator_bars(const struct fleet *f, elevator_id e, robot_id r);
hygiene_set elevator_classes(const struct fleet *f, robot_id r); /* of the loads aboard */
/* May the robot drive step i of its claim (index)? Edges without a car or door: always. */
bool gate_open(const struct fleet *f, robot_id r, uint16_t i, enum robot_wait *wait, uint16_t *whom);
void elevator_snap(struct snap *s, struct fleet *f);
ms_t elevator_deadline(const struct fleet *f);

/* cancel.c - orders taken back; its header has the states. */
void cancel_run(struct fleet *f);
bool cancel_open(const struct robot *r);         /* no order may leave for it now */
bool cancel_told(struct fleet *f, robot_id r, uint32_t action, uint32_t status); /* true: it was about a cancelOrder */
ms_t cancel_deadline(const struct fleet *f, robot_id r);

/* command.c - what robots are told. (1) at most one message per robot is unanswered; it is repeated unchanged.
 * (2) the base never reaches beyond the claim.  (3) a sent base is treated as driven.  (4) a robot that charges is told to stop
 * and has said that it did before an order leads it away: while it charges it may refuse orders. */
void command_run(struct fleet *f);
void command_ack(struct fleet *f, robot_id r, uint32_t order, uint32_t update);
void command_rejected(struct fleet *f, robot_id r, uint32_t order, uint32_t update);
bool command_stray_ahead(const struct fleet *f, robot_id r); /* another one stands on what it has claimed */
void command_lost(struct fleet *f, robot_id r);  /* the robot has no order any more; its next one starts where it stands */
ms_t command_deadline(const struct fleet *f, robot_id r);

#endif
