/* figures - what a run comes to: streams, waves, urgent jobs, what robots spent their time on, energy.
 *
 * A job counts for its stream when it was released within the time of demand. On time means: arrived before it was due.
 * Waits for people are reported apart: at the drop they come after the arrival; what the robot waited at this job's own
 * pick-up, until somebody answered and the goods were there, is taken off its arrival, and who is on time only for that counts as
 * `kept` too. Durations run from the release of the goods (for a request: from the request) to the arrival, all waits
 * included. */
#ifndef SIM_FIGURES_H
#define SIM_FIGURES_H

#include "core/fleet.h"
#include "demand_file.h"
#include "stats.h"

#define FIGURES_STREAMS_MAX 128
#define FIGURES_WAVES_MAX 32
#define FIGURES_CARS_MAX SITE_ELEVATORS_MAX

/* What a robot does at a moment; elevator: it stands for one (or for the robot that has the car it needs); inside it rides. */
enum robot_use { USE_IDLE, USE_DRIVE, USE_RIDE, USE_ELEVATOR, USE_WAIT, USE_SERVE, USE_CHARGE, USE_WASH, USE_DEAD, USE_COUNT };
extern const char *const robot_use_name[USE_COUNT];

struct stream_figures {
    char id[SITE_ID_MAX];
    struct site_name name;
    uint32_t n, on_time, late, undone; /* undone: not arrived at the end, cancelled or failed; late ones include those past due */
    uint32_t kept;                     /* of those on time: arrived after it was due, for the wait at the pick-up alone */
    uint32_t skipped;                  /* loads of a round that the controller reported as not made */
    struct stats took;                 /* of those that arrived */
};
struct wave_figures { char id[SITE_ID_MAX]; uint32_t n, on_time; };

struct figures {
    uint16_t streams, waves;
    struct stream_figures stream[FIGURES_STREAMS_MAX];
    struct wave_figures wave[FIGURES_WAVES_MAX];
    uint16_t wave_of[TIMETABLE_ROUNDS_MAX], stream_of[TIMETABLE_ROUNDS_MAX];
    uint32_t late_jobs;
    struct stats urgent_assigned;      /* request to a robot given, priorities 0 and 1 */
    struct stats emergency_delivered;  /* request to delivered, priority 0, all waits for people included ... */
    struct stats emergency_arrived;    /* ... request to arrival, less the wait at the pick-up: the fleet's part */
    struct stats answer;               /* waits for somebody at a hand-over */
    ms_t routine_over_ms;              /* the worst routine job (priority 2 and over): so much past its due time ... */
    int32_t routine_over_permille;     /* ... and the worst in thousandths of its limit: 1000 = just on time */
    ms_t use_ms[USE_COUNT];
    int64_t used_j, charged_j[TARIFF_COUNT];
    uint32_t washes;
};

/* Streams of both files (either may be NULL), in the order of the files; then "other". */
void figures_open(struct figures *g, const struct site *s, const struct timetable *t, const struct demand_file *d);
void figures_close(struct figures *g);
#define FIGURES_OTHER 0
uint16_t figures_stream(const struct figures *g, const char *id);
/* A job at its end, or as it stands at the end of the run; its robot waited kept_ms for people at the pick-up. ORD_EMEMORY. */
int figures_job(struct figures *g, uint16_t stream, const struct job_view *v, ms_t release_ms, ms_t kept_ms, ms_t now_ms);
void figures_skipped(struct figures *g, uint16_t round, uint32_t loads);

#endif
