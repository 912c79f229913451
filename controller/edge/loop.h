/* loop - the live host of the core: stamp, journal, apply, and let nothing out before it is durable.
 *
 * One libuv thread owns the fleet. Every input gets a number and a time, is queued to the journal and applied at once;
 * its outputs wait in a queue until the journal's thread reports that number as committed.
 *
 *   loop_input --> journal_append --> fleet_input --> waiting outputs --(committed)--> sink.output, sink.committed
 *
 * (1) at_ms never falls, also across restarts: it goes on from the last journalled input, stops never counted.
 * (2) an output leaves only when the input that caused it, and all before it, are on disk.
 * (3) once the journal failed, inputs are refused and outputs are thrown away: robots stop at the end of what they were
 *     given, which is safe, and a person reads why. Only a restart with a working disk heals it.
 * At open the newest good snapshot is loaded and the inputs after it are replayed; every mark (hash of the whole state) on
 * the way must match. A snapshot that is damaged, or of another program, gives way to the one before it, or to the whole
 * journal. One is written every SNAPSHOT_EVERY inputs and at the end, by the journal's thread. */
#ifndef EDGE_LOOP_H
#define EDGE_LOOP_H

#include <uv.h>

#include "common/vda/vda_model.h"
#include "core/facts.h"
#include "core/fleet.h"
#include "log.h"

#define SNAPSHOT_EVERY 5000

struct loop;

struct loop_sink {
    void (*output)(void *ctx, const struct fleet_out *out); /* its cause is durable */
    void (*committed)(void *ctx, uint64_t seq);             /* after all outputs up to seq */
    void (*failed)(void *ctx, const char *why);             /* once */
    /* At replay, for each accepted request: what the edge had written beside it. May be NULL. */
    void (*job_known)(void *ctx, job_id job, const char *note);
    /* What else the host keeps of the journal's notes: saved with a snapshot, loaded from it. May be NULL. */
    void (*snap)(void *ctx, struct snap *s);
    void *ctx;
};

struct loop_config {
    uv_loop_t *uv;
    const struct names *names;
    const char *journal_path;
    const char *site_bytes, *fleet_bytes; /* kept in a new journal */
    size_t site_len, fleet_len;
    const char *rounds_bytes;             /* of names->timetable, if there is one */
    size_t rounds_len;
    int32_t clock;                        /* fleet milliseconds per millisecond */
    uint32_t window_ms;                   /* of group commit */
    struct loop_sink sink;
};

int loop_open(struct loop **out, const struct loop_config *cfg, struct err_note *note);
/* Begins to live: IN_OPEN, then ticks. Outputs flow from here on. */
int loop_start(struct loop *l);
/* Stamps `in` and applies it. `note` (may be NULL) is kept beside it in the journal. `job` (may be NULL) gets the first
 * OUT_JOB that this input caused, job->state = JOB_STATE_COUNT when there was none. ORD_EIO: the journal has failed;
 * ORD_ERANGE, ORD_EPARSE: the core refused it. */
int loop_input(struct loop *l, struct fleet_in *in, const char *note, struct out_job *job);
uint64_t loop_next_seq(const struct loop *l);   /* number the next input will get */
uint64_t loop_seq(const struct loop *l);        /* number of the last input */
uint64_t loop_committed(const struct loop *l);
int loop_error(const struct loop *l);           /* of the journal, sticky */

void loop_robot_state(struct loop *l, robot_id r, const struct vda_state *s);
void loop_robot_connection(struct loop *l, robot_id r, enum vda_connection_state c);

/* What happens now is because of something that came at at_ns (uv_hrtime); 0: of nothing from outside. */
void loop_because(struct loop *l, uint64_t at_ns);
/* Orders sent because of messages: how many, and how long after them the given share was sent. */
struct loop_delays { uint64_t orders; uint32_t p50_us, p99_us; };
struct loop_delays loop_delays(const struct loop *l);

const struct fleet *loop_fleet(const struct loop *l);
bool loop_pose(const struct loop *l, robot_id r, struct robot_pose *out);
uint64_t loop_epoch(const struct loop *l);
uint64_t loop_recovered(const struct loop *l);  /* inputs of earlier runs */
uint64_t loop_replayed(const struct loop *l);   /* of these, the ones applied again; the others were in a snapshot */
ms_t loop_now(const struct loop *l);            /* fleet time */
int64_t loop_wall(const struct loop *l, ms_t at_ms); /* wall time of a fleet time, by the runs of the journal */
ms_t loop_at(const struct loop *l, int64_t wall_ms);      /* fleet time of a wall time, as the clock runs now */

/* Makes everything durable, marks the state, lets the last outputs out; no input afterwards. */
void loop_finish(struct loop *l);
void loop_close(struct loop *l);                /* run the uv loop once afterwards: handles close there */

#endif
