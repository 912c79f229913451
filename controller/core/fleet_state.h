/* fleet_state - the state of the core, shared by its own files only. fleet.c holds the switch; each other file owns one
 * idea and changes only the part of the state named in its header.
 *
 * After every input the same pipeline runs (fleet.c): assign -> plan -> claim -> elevators and doors -> orders. */
#ifndef CORE_FLEET_STATE_H
#define CORE_FLEET_STATE_H

#include "common/event_text.h"
#include "common/vda/vda_model.h"
#include "fleet.h"
#include "planner/plan.h"

#define AHEAD_LEAST_MS 7000     /* a claim shorter than this is extended ... */
#define AHEAD_MOST_MS 12000     /* ... up to this much driving ahead: braking distance, message delay, some peace */
#define AHEAD_RIDE_MS 20000     /* a ride is claimed, and its car called, this long before the robot arrives */
#define PLAN_RETRY_MS 3000      /* a search that found nothing is tried again then */
#define IMPROVE_AFTER_MS 15000  /* a robot that waits so long for another one looks for a better way */
#define IMPROVE_GAIN_MS 5000
#define CUT_AFTER_MS 30000      /* a robot out of reach so long is an obstacle, not a partner */
#define ORDER_QUIET_MS 30000    /* no new orderId while a late copy of the old order may still arrive */
#define ORDER_ACTIONS_MOST 40   /* in one order: then the next quiet moment starts a new one */
#define ORDER_AHEAD_NODES 12    /* horizon shown beyond the base */
#define REJECT_PAUSE_MS 5000
#define SERVICE_FALLBACK_MS 20000

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

struct robot {                  /* robot.c: belief about one robot and what it is to do */
    uint8_t link, mode;         /* enum robot_link, enum vda_mode */
    bool fatal, lost;           /* lost: stands where it must not; waits for a person */
    int32_t battery_permille;
    bool charging;
    ms_t away_ms;               /* since when out of reach or not automatic; MS_NEVER = present */
    /* mission */
    job_id job;
    bool loaded, serving;       /* serving: its action is running */
    node_id goal;               /* where the mission goes next, ID_NONE: nowhere */
    uint32_t goal_action;       /* number of the action to do there */
    uint8_t goal_kind;          /* enum order_action_kind */
    uint32_t next_action;
    /* planning */
    bool want_plan;
    ms_t retry_ms, improve_ms;
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
    uint16_t order_actions;
    uint8_t rejections;
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
};

struct door_session {           /* elevator.c as well: the same handshake with less to say */
    bool heard, want_open;
    uint8_t state;
    uint32_t heard_generation, generation;
    ms_t sent_ms;
};

struct fleet {
    struct fleet_config cfg;
    ms_t now_ms;
    uint64_t epoch;
    int64_t utc_ms;
    struct plan *plan;
    struct jobs jobs;
    struct robot *robot;
    struct elevator_session *elevator;
    struct door_session *door;
    robot_id *car_holder;       /* scratch: who claims which car now */
    bool *door_wanted;          /* scratch */
    bool assign_due;
    struct fleet_totals totals;
    struct fleet_out *out;      /* ring of outputs of one input */
    uint32_t outs, outs_read, outs_max;
};

/* fleet.c */
struct fleet_out *fleet_emit(struct fleet *f, enum fleet_out_kind kind); /* fill it at once */
void fleet_event(struct fleet *f, enum event_no event, robot_id r, job_id j, int64_t n);

/* job.c - the table of jobs and their states. (1) a job is in one state; final ones are never left.
 * (2) `queue` holds exactly the requested ones, by priority, then by age. */
int jobs_open(struct jobs *t, struct arena *mem, uint32_t capacity);
size_t jobs_memory(uint32_t capacity);
struct job *job_find(struct fleet *f, job_id j); /* NULL: unknown */
void job_request(struct fleet *f, const struct in_job *in);
void job_cancel(struct fleet *f, job_id j);
void job_set(struct fleet *f, job_id j, enum job_state state);
void job_unqueue(struct fleet *f, job_id j);
void jobs_check(const struct fleet *f);
void jobs_snap(struct snap *s, struct jobs *t);

/* assign.c - which robot does which job: the nearest free one, urgent and old jobs first. */
void assign_run(struct fleet *f);

/* robot.c - facts about robots, missions, waits. */
void robot_open(struct fleet *f);
void robot_fact(struct fleet *f, const struct in_fact *in);
void robot_restart(struct fleet *f);             /* the host came back: nothing is known to be online */
bool robot_usable(const struct robot *r);        /* online, automatic, healthy */
bool robot_free(const struct fleet *f, robot_id r);
void robot_give(struct fleet *f, robot_id r, job_id j);
void robot_drop_mission(struct fleet *f, robot_id r); /* its job ended some other way */
void robot_wait(struct fleet *f, robot_id r, enum robot_wait wait, uint16_t whom);
void robot_snap(struct snap *s, struct robot *r);

/* traffic.c - plans and claims. */
void traffic_plan(struct fleet *f);
void traffic_claim(struct fleet *f);
bool traffic_goal_claimed(const struct fleet *f, robot_id r);

/* elevator.c - sessions with cars and doors. (1) a car has at most one holder: the robot whose claim includes it.
 * (2) a new session has a new generation; what carries another one is stale and opens no gate.
 * (3) the car is sent on only when the robot has reached the cabin node, and freed only when it has left it. */
void elevator_run(struct fleet *f);
void elevator_heard(struct fleet *f, const struct in_elevator *in);
void door_heard(struct fleet *f, const struct in_door *in);
void elevator_restart(struct fleet *f);
bool elevator_usable(const struct fleet *f, elevator_id e);
/* May the robot drive step i of its claim (index)? Edges without a car or door: always. */
bool gate_open(const struct fleet *f, robot_id r, uint16_t i, enum robot_wait *wait, uint16_t *whom);
void elevator_snap(struct snap *s, struct fleet *f);
ms_t elevator_deadline(const struct fleet *f);

/* command.c - what robots are told. (1) at most one message per robot is unanswered; it is repeated unchanged.
 * (2) the base never reaches beyond the claim.  (3) a sent base is treated as driven. */
void command_run(struct fleet *f);
void command_ack(struct fleet *f, robot_id r, uint32_t order, uint32_t update);
void command_rejected(struct fleet *f, robot_id r, uint32_t order, uint32_t update);
void command_lost(struct fleet *f, robot_id r);  /* the robot has no order any more; its next one starts where it stands */
ms_t command_deadline(const struct fleet *f, robot_id r);

#endif
