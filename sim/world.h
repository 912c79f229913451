/* world - the parts of one simulated run, for the files that make it: world.c runs it, world_trace.c writes it down. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "agent/agent.h"
#include "brain.h"
#include "clock.h"
#include "common/trace.h"
#include "core/order.h"
#include "demand.h"
#include "oracle.h"
#include "plant.h"
#include "sim.h"
#include "stand.h"
#include "stats.h"
#include "wire.h"

#define SAMPLE_MS 500 /* the oracle looks, and the trace writes, at least this often while anything moves */

struct facts;
struct journal;

struct host { /* one robot */
    struct agent *agent;
    struct drive drive;
    bool moving, acting;
    level_id believed;
    uint32_t state_head, connection_head, order_head, instant_head;
    struct robot_view view;
    struct stand stand;
    struct drive_pose drawn;
    ms_t drawn_ms;
    char drawn_node[VDA_ID_MAX]; /* last in the trace */
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
    struct brain brain;
    struct facts *facts;
    struct plant *plant;
    struct wire *wire;
    struct oracle *oracle;
    struct demand demand;
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
    ms_t *asked_ms;
    uint32_t jobs, jobs_capacity; /* when job id + 1 was accepted */
    const struct in_job *asking;  /* the request being fed */
    bool unjudged;                /* something happened in this moment */
    bool stopping;                /* demand is over and the books are closed */
    ms_t home_by_ms;
    struct vda_order order;
    struct vda_instant_actions instant;
};

const char *world_robot_name(const struct world *w, robot_id r); /* NULL for none */

/* One line of docs/trace.md each; nothing when the run has no trace. */
void world_trace_header(struct world *w);
void world_trace_robot(struct world *w, robot_id r, const struct drive_pose *p, const char *node);
void world_trace_claim(struct world *w, robot_id r);
void world_trace_order(struct world *w, const struct out_order *o);
void world_trace_load(struct world *w, robot_id r, const struct order_action *a);
void world_trace_building(struct world *w, const struct plant_out *p);
void world_trace_job(struct world *w, const struct out_job *j);
void world_trace_event(struct world *w, const struct out_event *e);
void world_trace_violation(struct world *w, const char *rule, ms_t at_ms, const char *text);
void world_trace_close(struct world *w);

#endif
