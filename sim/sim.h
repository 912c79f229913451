/* sim - the simulator's front: one hospital run on a virtual clock with the real controller core and the real agent.
 *
 *   world.c       virtual clock, who acts next      world_core.c      the controller: what it is told, what it says
 *   world_robot.c agents, hand-overs, batteries     world_building.c  elevators, doors, people, faults
 *   wire.c        in-memory MQTT: delay, loss, duplication, reorder; by value, or through the JSON codec (config.codec)
 *   plant.c       elevators and doors as they really move (also run live by `orderly up` over MQTT)
 *   demand.c      random requests    demand_file.c, arrivals.c, service.c, people.c   those of an orderly-demand/1 file
 *   oracle.c      judges truth, not beliefs     figures.c  what it comes to     trace.c (common) JSONL
 * Same config, same bytes: state_hash is XXH3-64 of fleet_snap() at the end. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdio.h>

#include "common/err.h"
#include "demand_file.h"
#include "figures.h"
#include "maps/maps_io.h"
#include "people.h"

struct sim_config {
    const struct site *site;         /* compiled for fleet->cls */
    const struct fleet_spec *fleet;
    const struct timetable *timetable; /* NULL: no rounds */
    const struct demand_file *demand;  /* NULL: requests between random stations, see below */
    enum dispatch_policy dispatch;
    enum arbiter_policy arbiter;
    enum traffic_policy traffic;
    enum charge_policy charging;
    uint64_t seed;
    int64_t midnight_utc_s;          /* local midnight before the run begins; 0: 2026-01-01, and the run begins then */
    ms_t start_ms;                   /* the run begins so long after that midnight */
    int32_t jobs_per_hour;           /* without a demand file: Poisson, between random distinct stations */
    ms_t demand_ms;                  /* demand stops then (what is released later is called off) and the run drains */
    uint32_t orders_per_robot;       /* > 0: that many requests per robot instead, two per robot open at any time */
    ms_t drain_max_ms;               /* give up draining after this much more; 0 = 24 h */
    uint32_t loss_ppm, duplicate_ppm; /* of every message on every topic, millionths */
    ms_t delay_min_ms, delay_max_ms; /* uniform; messages may overtake one another */
    bool codec;                      /* every message through its JSON form: slower, same result */
    bool check;                      /* fleet_check() after every input */
    bool no_oracle;                  /* nobody judges: to see what judging costs */
    ms_t heartbeat_ms;               /* agents' state period; 0 = 300000 without faults on the wire, 1000 with */
    FILE *trace;                     /* JSONL (docs/trace.md), NULL: none */
    const char *journal;             /* also write an orderly-journal/1 here, NULL: none */
    void (*progress)(void *ctx, ms_t now_ms, uint32_t delivered); /* about every simulated 10 min, NULL: none */
    void *ctx;
};
struct sim_violation { char rule[8]; ms_t at_ms; char text[200]; }; /* rule: number of reference list, "I-03" */
struct sim_stream {
    char id[SITE_ID_MAX];
    struct site_name name;
    uint32_t n, on_time, kept, late, undone, skipped; /* figures.h */
    ms_t p50_ms, p95_ms;             /* release to arrival */
};
#define SIM_RULES_MAX 24
struct sim_rule { char rule[8]; uint32_t count; };
struct sim_result {
    uint32_t accepted, delivered, cancelled, failed, open; /* of what was released in the time of demand */
    uint32_t called_off;             /* jobs of rounds that were released after it */
    uint32_t stranded;               /* open jobs whose load is aboard a robot that died */
    uint32_t violations;
    struct sim_violation first[16];  /* the first ones */
    struct sim_rule rule[SIM_RULES_MAX]; /* violations by rule; count 0: no more */
    uint64_t state_hash;
    ms_t p50_ms, p95_ms, max_ms;     /* request to delivered */
    ms_t last_delivered_ms;          /* the moment of the last delivery */
    ms_t longest_stand_ms, stand_ms[8]; /* with work and still: the longest single stand, and all by reason (stand.h) */
    uint8_t longest_stand_reason;
    uint16_t longest_stand_robot;
    ms_t longest_stand_at_ms;
    int64_t distance_mm;
    uint64_t elevator_rides, events, inputs, plans, messages, lost, duplicated;
    uint32_t rides[SITE_ELEVATORS_MAX]; /* of robots, per car */
    uint16_t streams, waves;
    struct sim_stream stream[FIGURES_STREAMS_MAX];
    struct wave_figures wave[FIGURES_WAVES_MAX];
    uint32_t late_jobs, undone, washes;
    ms_t urgent_assigned_p95_ms, emergency_p95_ms, emergency_arrived_p95_ms, answer_p50_ms, answer_p95_ms; /* figures.h says from when to when */
    uint32_t urgent, emergencies, answers;
    ms_t routine_over_ms;
    int32_t routine_over_permille;
    ms_t use_ms[USE_COUNT];          /* of all robots together */
    int64_t used_j, charged_j[TARIFF_COUNT];
    struct people_waits people, people_alone; /* with the robots, and the same people without them */
    uint32_t refused;                /* requests the controller did not accept (a station it cannot reach) */
    ms_t end_ms;                     /* simulated end */
    double cpu_s;                    /* of the run, set-up excluded */
};
int sim_run(const struct sim_config *cfg, struct sim_result *out, struct err_note *note);
/* Re-run a journal on a fresh core: state hash at the end; every mark on the way is verified (ORD_ECORRUPT names the first that differs). */
struct replay_result { uint64_t inputs, marks_checked, state_hash; ms_t end_ms; uint32_t delivered, open; double cpu_s; };
int sim_replay(const char *journal, struct replay_result *out, struct err_note *note);
int sim_history(const char *journal, FILE *out, struct err_note *note); /* what people asked for, as CSV (R13) */

int cmd_sim(int argc, char **argv);  /* orderly sim run|replay|demand */

#endif
