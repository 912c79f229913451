/* world - the parts of one simulated run, for the files that make it: world.c runs it, world_core.c hosts the controller,
 * world_robot.c the robots, world_building.c the building and what breaks, world_trace.c writes it down. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "agent/agent.h"
#include "arrivals.h"
#include "brain.h"
#include "clock.h"
#include "common/trace.h"
#include "core/facts.h"
#include "core/order.h"
#include "demand.h"
#include "oracle.h"
#include "plant.h"
#include "service.h"
#include "sim.h"
#include "stand.h"
#include "stats.h"
#include "wire.h"

#define SAMPLE_MS 500 /* the trace writes at least this often where a robot is that moves */

struct journal;

/* In the order in which they act when several are due at once. After the agents, a look at each robot that moves. */
enum source { FROM_WIRE, FROM_PLANT, FROM_DEMAND, FROM_FACTS, FROM_FLEET, FROM_FAULT, FROM_AGENT /* + robot */ };
static inline uint32_t from_look(uint16_t robots, robot_id r) { return FROM_AGENT + (uint32_t)robots + r; }

struct world;
struct host { /* one robot */
    struct world *world;
    robot_id id;
    struct agent *agent;
    struct drive drive;
    bool moving, acting, dead;
    bool posed;                  /* told to the oracle in this moment */
    level_id believed;
    uint32_t state_head, connection_head, order_head, instant_head;
    struct robot_glance seen;    /* what the controller believed of it after the last input */
    elevator_id car_ahead;       /* on its way when it last began to wait for another robot */
    elevator_id car_held;        /* in its claim; ID_NONE */
    struct stand stand;
    struct drive_pose drawn;
    ms_t drawn_ms;
    char drawn_node[VDA_ID_MAX]; /* last in the trace */
    uint8_t use;                 /* enum robot_use, since use_since_ms */
    ms_t use_since_ms;
    bool charging, washing;
    int64_t charged_j, used_j;
    station_id served;           /* where its last hand-over ended, and when: who is there still is */
    ms_t served_ms;
    mm_t served_x_mm, served_y_mm;
};

struct deed { /* one job, by its number */
    uint16_t stream;
    bool beyond, counted;        /* released after the time of demand; in the figures */
    ms_t release_ms;
    ms_t kept_ms;                /* its robot waited so long at the pick-up for people and goods */
    struct service_job service;
};

struct world {
    const struct sim_config *cfg;
    struct sim_result *out;
    struct err_note *note;
    int err; /* ends the run */
    ms_t now_ms;
    const struct site *site;
    uint16_t robots;
    uint64_t epoch;
    int64_t epoch_utc_ms;        /* the simulated wall clock at the start */
    struct brain brain;
    struct facts *facts;
    struct plant *plant;
    struct wire *wire;
    struct oracle *oracle;
    struct demand demand;
    struct arrivals arrivals;
    struct people people;
    struct figures figures;
    struct stats stats;
    struct stands stands;
    struct clock clock;
    struct journal *journal;
    uint64_t inputs;
    struct trace *trace;
    struct host *host;
    node_id *start;
    level_id *start_level;
    void *block;
    struct deed *deed;
    uint32_t jobs, jobs_capacity;
    uint32_t *round_made;        /* per round: jobs seen, to name each of them the same in every run */
    const struct in_job *asking; /* the request being fed */
    const struct arrival *arrival; /* ... and where it comes from; NULL: random stations */
    bool unjudged;               /* something happened in this moment */
    uint16_t posed;              /* list of those told to the oracle in it */
    robot_id *pose;              /* [robots] */
    bool closed;                 /* the time of demand is over, what comes later is called off */
    ms_t home_by_ms;
    uint32_t stranded;
    bool *car_taken;             /* a robot in it or on its sill, as the plant was told */
    uint32_t faults_begun, faults_ended; /* bit per fault of the demand file */
    struct vda_order order;
    struct vda_instant_actions instant;
};

/* world.c */
void world_fail(struct world *w, int err);
void world_violation(void *ctx, const char *rule, ms_t at_ms, const char *text); /* ctx: the world */
const char *world_robot_name(const struct world *w, robot_id r); /* NULL for none */
void world_stamp(const struct world *w, robot_id r, uint32_t number, struct vda_header *h);
void world_post(struct world *w, enum wire_kind kind, uint16_t who, const struct vda_header *head, const void *message);

/* world_core.c */
void world_feed(struct world *w, struct fleet_in *in);
void world_feed_facts(struct world *w);
void world_ask(struct world *w);         /* requests that are due */
void world_call_off(struct world *w);    /* the time of demand is over */
void world_look(struct world *w, robot_id r); /* what robot r does may have changed: stands, use of time */

/* world_robot.c */
size_t world_robots_memory(const struct world *w);
int world_robots_open(struct world *w, struct arena *mem);
ms_t world_heartbeat_ms(const struct world *w);
void world_pose(struct world *w, robot_id r);
void world_agent(struct world *w, robot_id r, const struct agent_in *in);
void world_robot_dies(struct world *w, robot_id r);
void world_robot_will(struct world *w, robot_id r); /* the broker says that a dead one has gone */
void world_robots_end(struct world *w);

/* world_building.c */
void world_drain_plant(struct world *w);
void world_faults(struct world *w);      /* begin and end what is due */
ms_t world_faults_deadline(const struct world *w);
void world_cars_taken(struct world *w);  /* the plant is told which cars have robots in them */

/* One line of docs/trace.md each; nothing when the run has no trace. */
void world_trace_header(struct world *w);
void world_trace_robot(struct world *w, robot_id r, const struct drive_pose *p, const char *node);
void world_trace_claim(struct world *w, robot_id r, const struct robot_view *v);
void world_trace_order(struct world *w, const struct out_order *o);
void world_trace_load(struct world *w, robot_id r, const struct order_action *a);
void world_trace_building(struct world *w, const struct plant_out *p);
void world_trace_job(struct world *w, const struct out_job *j);
void world_trace_event(struct world *w, const struct out_event *e);
void world_trace_violation(struct world *w, const char *rule, ms_t at_ms, const char *text);
void world_trace_close(struct world *w);

#endif
