#include "loop.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/journal.h"
#include "common/json.h"
#include "common/state_bytes.h"
#include "common/state_hash.h"

#define MARK_EVERY 1000
#define WATCH_MS 500 /* how soon a failed disk is noticed when nothing else happens */
#define DELAY_BUCKETS 64
#define HOST_LAYOUT 1 /* of what snap_all adds to the fleet */
#define STRETCHES_MAX 100000
#define OUTPUTS_WAITING_MAX 65536
#define SILENT_MS 10000

/* One stretch of running: fleet time and wall time advance together, `clock` to one. */
struct stretch {
    ms_t at_ms;
    int64_t wall_ms;
    int32_t clock;
};

/* Only the used part of `out` is allocated: an order of 48 nodes would make every job news item 2 KB. */
struct waiting {
    struct waiting *next;
    uint64_t seq, because_ns;
    size_t size;
    struct fleet_out out;
};

struct loop {
    struct loop_config cfg;
    struct journal *journal;
    struct fleet *fleet;
    struct facts *facts;
    struct fleet_config fleet_config;
    void *fleet_memory, *facts_memory;
    class_id *robot_class;
    node_id *robot_start;
    uint64_t epoch, seq, recovered, replayed, committed;
    uint64_t layout, snapshot_seq; /* of the last one taken or loaded */
    struct state_bytes snapshot;
    char written_by[24]; /* version of the program that wrote the journal last, "" = not said */
    ms_t last_ms, base_ms;
    uint64_t base_ns;
    int err;
    bool finished;
    _Atomic uint64_t durable; /* written by the journal's thread */
    struct waiting *first, **last;
    uint32_t waiting;
    uint64_t because_ns, delay[DELAY_BUCKETS];
    struct stretch *stretch;
    size_t stretches;
    uv_async_t woken;
    uv_prepare_t prepare;
    uv_timer_t timer;
    int open_handles;
};

/* ---- time ---- */
ms_t loop_now(const struct loop *l)
{
    uint64_t ns = uv_hrtime() - l->base_ns;
    return ms_max(l->last_ms, l->base_ms + (ms_t)(ns / 1000 * (uint64_t)l->cfg.clock / 1000));
}

int64_t loop_wall(const struct loop *l, ms_t at_ms)
{
    const struct stretch *s = NULL;
    for (size_t i = 0; i < l->stretches && (i == 0 || l->stretch[i].at_ms <= at_ms); i++) s = &l->stretch[i];
    return s ? s->wall_ms + (at_ms - s->at_ms) / s->clock : log_wall_ms();
}

ms_t loop_at(const struct loop *l, int64_t wall_ms) { return loop_now(l) + (wall_ms - log_wall_ms()) * l->cfg.clock; }

static int stretch_add(struct loop *l, ms_t at_ms, int64_t wall_ms, int32_t clock)
{
    struct stretch *grown = realloc(l->stretch, (l->stretches + 1) * sizeof *grown);
    if (!grown) return ORD_EMEMORY;
    l->stretch = grown;
    l->stretch[l->stretches++] = (struct stretch){ at_ms, wall_ms, clock };
    return ORD_OK;
}

/* ---- outputs wait for their commit ---- */
static size_t out_size(const struct fleet_out *o)
{
    if (o->kind == OUT_ORDER) return offsetof(struct fleet_out, order.node) + o->order.nodes * sizeof o->order.node[0];
    size_t largest = sizeof o->instant;
    if (sizeof o->event > largest) largest = sizeof o->event;
    if (sizeof o->job > largest) largest = sizeof o->job;
    if (sizeof o->elevator > largest) largest = sizeof o->elevator;
    if (sizeof o->door > largest) largest = sizeof o->door;
    return offsetof(struct fleet_out, order) + largest;
}

static int out_push(struct loop *l, const struct fleet_out *o, uint64_t seq)
{
    size_t size = out_size(o);
    struct waiting *w = malloc(offsetof(struct waiting, out) + size);
    if (!w) return ORD_EMEMORY;
    w->next = NULL;
    w->seq = seq;
    w->because_ns = l->because_ns;
    w->size = size;
    memcpy((char *)w + offsetof(struct waiting, out), o, size);
    *l->last = w;
    l->last = &w->next;
    l->waiting++;
    return ORD_OK;
}

/* Buckets grow by a quarter: the error of a figure is at most that. */
static unsigned bucket_of(uint64_t us)
{
    unsigned b = 0;
    for (uint64_t upto = 20; us > upto && b + 1 < DELAY_BUCKETS; upto += upto / 4) b++;
    return b;
}

static uint32_t bucket_us(unsigned bucket)
{
    uint64_t upto = 20;
    while (bucket-- > 0) upto += upto / 4;
    return (uint32_t)upto;
}

static bool out_pop(struct loop *l, uint64_t upto, struct fleet_out *o)
{
    struct waiting *w = l->first;
    if (!w || w->seq > upto) return false;
    if (w->because_ns && w->out.kind == OUT_ORDER && !l->err)
        l->delay[bucket_of((uv_hrtime() - w->because_ns) / 1000)]++;
    memset(o, 0, sizeof *o);
    memcpy(o, (char *)w + offsetof(struct waiting, out), w->size);
    l->first = w->next;
    if (!l->first) l->last = &l->first;
    l->waiting--;
    free(w);
    return true;
}

static void out_clear(struct loop *l)
{
    struct fleet_out o;
    while (out_pop(l, UINT64_MAX, &o)) {}
}

static void release(struct loop *l)
{
    struct fleet_out o;
    uint64_t upto = atomic_load(&l->durable);
    if (l->err || upto == l->committed) return;
    while (out_pop(l, upto, &o)) l->cfg.sink.output(l->cfg.sink.ctx, &o);
    l->committed = upto;
    l->cfg.sink.committed(l->cfg.sink.ctx, upto);
}

static void fail(struct loop *l, int err, const char *why)
{
    if (l->err) return;
    l->err = err;
    out_clear(l);
    log_plain(l->cfg.names, EVENT_JOURNAL_FAILED, 0, why);
    l->cfg.sink.failed(l->cfg.sink.ctx, why);
}

/* ---- inputs ---- */
struct row_bytes {
    uint8_t bytes[FLEET_IN_BYTES_MAX];
    size_t n;
};

static void row_put(void *ctx, const void *bytes, size_t n)
{
    struct row_bytes *r = ctx;
    if (n > sizeof r->bytes - r->n) abort(); /* FLEET_IN_BYTES_MAX is wrong: a bug, not a condition */
    memcpy(r->bytes + r->n, bytes, n);
    r->n += n;
}

static void snap_fleet(struct snap *s, void *f) { fleet_snap(s, f); }

static void snap_stretches(struct snap *s, struct loop *l)
{
    uint32_t n = (uint32_t)l->stretches;
    snap_count32(s, &n, STRETCHES_MAX);
    if (snap_loading(s)) {
        free(l->stretch);
        l->stretches = 0;
        l->stretch = calloc(n + 1u, sizeof *l->stretch);
        if (l->stretch) l->stretches = n;
        else snap_fail(s);
    }
    for (size_t i = 0; i < l->stretches; i++) {
        snap_i64(s, &l->stretch[i].at_ms);
        snap_i64(s, &l->stretch[i].wall_ms);
        snap_i32(s, &l->stretch[i].clock);
        if (l->stretch[i].clock < 1) snap_fail(s);
    }
}

/* Everything that a start would otherwise learn from the inputs. */
static void snap_all(struct snap *s, void *loop)
{
    struct loop *l = loop;
    snap_u64(s, &l->epoch);
    snap_i64(s, &l->last_ms);
    snap_bytes(s, l->written_by, sizeof l->written_by);
    l->written_by[sizeof l->written_by - 1] = 0;
    snap_stretches(s, l);
    if (l->cfg.sink.snap) l->cfg.sink.snap(l->cfg.sink.ctx, s);
    fleet_snap(s, l->fleet);
}

/* Without memory or room in the queue it is left out: the next start takes longer, nothing is lost. */
static void take_snapshot(struct loop *l)
{
    if (state_bytes_save(&l->snapshot, snap_all, l)) return;
    struct journal_snapshot s = { .seq = l->seq,
                                  .layout = l->layout,
                                  .hash = l->snapshot.hash,
                                  .state = l->snapshot.at,
                                  .state_len = l->snapshot.n };
    if (journal_snapshot(l->journal, &s) == ORD_OK) l->snapshot_seq = l->seq;
}

static int apply(struct loop *l, const struct fleet_in *in, struct out_job *job)
{
    struct fleet_out o;
    int err = fleet_input(l->fleet, in), push = ORD_OK;
    while (fleet_output(l->fleet, &o)) {
        if (job && o.kind == OUT_JOB && job->state == JOB_STATE_COUNT) *job = o.job;
        if (!push) push = out_push(l, &o, l->seq);
    }
    if (push) fail(l, push, err_en(push));
    return err;
}

int loop_input(struct loop *l, struct fleet_in *in, const char *note, struct out_job *job)
{
    if (job) *job = (struct out_job){ .state = JOB_STATE_COUNT };
    if (l->err || l->finished) return ORD_EIO;
    if (l->waiting >= OUTPUTS_WAITING_MAX) {
        fail(l, ORD_EFULL, "the disk does not keep up with the journal");
        return ORD_EIO;
    }
    struct row_bytes body = { .n = 0 };
    struct snap s = snap_saver(row_put, &body);
    in->at_ms = l->last_ms = loop_now(l);
    fleet_in_snap(&s, in);
    struct journal_row row = { .seq = l->seq + 1,
                               .at_ms = in->at_ms,
                               .wall_ms = log_wall_ms(),
                               .kind = (int)in->kind,
                               .body = body.bytes,
                               .body_len = body.n,
                               .note = note };
    int err = journal_append(l->journal, &row);
    if (err) {
        fail(l, err, err_en(err));
        return ORD_EIO;
    }
    l->seq++;
    if (in->kind == IN_OPEN && stretch_add(l, in->at_ms, row.wall_ms, l->cfg.clock))
        fail(l, ORD_EMEMORY, err_en(ORD_EMEMORY));
    err = apply(l, in, job);
    if (l->seq % MARK_EVERY == 0) journal_mark(l->journal, l->seq, state_hash_of(snap_fleet, l->fleet));
    if (l->seq - l->snapshot_seq >= SNAPSHOT_EVERY) take_snapshot(l);
    return err;
}

void loop_because(struct loop *l, uint64_t at_ns) { l->because_ns = at_ns; }

static uint32_t share_us(const struct loop *l, uint64_t rank)
{
    unsigned b = 0;
    for (uint64_t n = l->delay[0]; n < rank && b + 1 < DELAY_BUCKETS; n += l->delay[b]) b++;
    return bucket_us(b);
}

struct loop_delays loop_delays(const struct loop *l)
{
    uint64_t n = 0;
    for (unsigned b = 0; b < DELAY_BUCKETS; b++) n += l->delay[b];
    return n ? (struct loop_delays){ n, share_us(l, (n + 1) / 2), share_us(l, n - n / 100) }
             : (struct loop_delays){ 0 };
}

static void tell_facts(struct loop *l)
{
    struct fleet_in in = { .kind = IN_FACT };
    while (facts_next(l->facts, &in.fact)) loop_input(l, &in, NULL, NULL);
}

void loop_robot_state(struct loop *l, robot_id r, const struct vda_state *s)
{
    if (l->err || l->finished) return;
    facts_state(l->facts, r, s, loop_now(l));
    tell_facts(l);
}

void loop_robot_connection(struct loop *l, robot_id r, enum vda_connection_state c)
{
    if (l->err || l->finished) return;
    facts_connection(l->facts, r, c, loop_now(l));
    tell_facts(l);
}

/* ---- libuv ---- */
static void on_commit(void *ctx, uint64_t seq) /* on the journal's thread */
{
    struct loop *l = ctx;
    atomic_store(&l->durable, seq);
    uv_async_send(&l->woken);
}

static void on_woken(uv_async_t *a) { release(a->data); }

static void on_timer(uv_timer_t *t)
{
    struct loop *l = t->data;
    if (l->err || l->finished) return;
    ms_t now = loop_now(l);
    if (facts_deadline(l->facts) <= now) {
        facts_tick(l->facts, now);
        tell_facts(l);
    }
    if (fleet_deadline(l->fleet) <= now) {
        struct fleet_in in = { .kind = IN_TICK };
        loop_input(l, &in, NULL, NULL);
    }
}

/* Before each sleep: look after the disk, set the alarm. Never 0 ms: such a timer, set again from its own callback,
 * starves the loop for ever in this libuv. */
static void on_prepare(uv_prepare_t *p)
{
    struct loop *l = p->data;
    int err = l->err ? ORD_OK : journal_error(l->journal);
    if (err) fail(l, err, err_en(err));
    uint64_t delay = WATCH_MS;
    if (!l->err && !l->finished) {
        ms_t due = ms_min(fleet_deadline(l->fleet), facts_deadline(l->facts)), now = loop_now(l);
        ms_t real = due <= now ? 1 : due == MS_NEVER ? WATCH_MS : (due - now + l->cfg.clock - 1) / l->cfg.clock;
        if (real < WATCH_MS) delay = real < 1 ? 1 : (uint64_t)real;
    }
    uv_timer_start(&l->timer, on_timer, delay, 0);
}

/* ---- open: replay what is there ---- */
/* What loop_start wrote beside IN_OPEN. */
static int32_t read_open_note(struct loop *l, const char *note)
{
    struct json_doc doc;
    int32_t clock = 1;
    l->written_by[0] = 0;
    if (!note || !*note) return clock;
    if (!json_open(&doc, "journal note", note, strlen(note), (struct json_limits){ 256, 2 })) {
        int64_t v = json_int(json_opt(json_root(&doc), "clock"), 1, 1000);
        if (json_ok(&doc) && v >= 1) clock = (int32_t)v;
        json_string(json_opt(json_root(&doc), "version"), l->written_by, sizeof l->written_by, 0);
    }
    json_close(&doc);
    return clock;
}

static int replay_row(struct loop *l, const struct journal_row *row, struct err_note *note)
{
    struct fleet_in in;
    struct fleet_out o;
    memset(&in, 0, sizeof in);
    struct snap s = snap_loader(row->body, row->body_len);
    fleet_in_snap(&s, &in);
    if (!snap_ok(&s))
        return err_at(note, ORD_ECORRUPT, l->cfg.journal_path, "input %llu cannot be read",
                      (unsigned long long)row->seq);
    if (in.at_ms < l->last_ms)
        return err_at(note, ORD_ECORRUPT, l->cfg.journal_path, "input %llu is older than the one before",
                      (unsigned long long)row->seq);
    if (in.kind == IN_OPEN) {
        if (!l->epoch) l->epoch = in.open.epoch;
        if (stretch_add(l, in.at_ms, row->wall_ms, read_open_note(l, row->note)))
            return err_at(note, ORD_EMEMORY, l->cfg.journal_path, "out of memory");
    }
    fleet_input(l->fleet, &in); /* a refused input was refused then, too */
    while (fleet_output(l->fleet, &o))
        if (o.kind == OUT_JOB && in.kind == IN_JOB && o.job.job && o.job.ref == in.job.ref && row->note &&
            l->cfg.sink.job_known)
            l->cfg.sink.job_known(l->cfg.sink.ctx, o.job.job, row->note);
    l->last_ms = in.at_ms;
    l->seq = row->seq;
    return ORD_OK;
}

static int check_mark(const struct loop *l, uint64_t hash, struct err_note *note)
{
    if (state_hash_of(snap_fleet, l->fleet) == hash) return ORD_OK;
    return err_at(
        note, ORD_ECORRUPT, l->cfg.journal_path,
        "the state after input %llu is not the one that was written; start the version of orderlyd that wrote "
        "this journal (%s) and stop it in good order, or begin anew with another --data",
        (unsigned long long)l->seq, l->written_by[0] ? l->written_by : "an early 0.1");
}

static int replay_rows(struct loop *l, struct journal_reader *r, struct err_note *note)
{
    struct journal_row row;
    uint64_t mark_seq = 0, mark_hash = 0;
    int err = ORD_OK, got = 0;
    int marks = journal_next_mark(r, &mark_seq, &mark_hash);
    while (!err && (got = journal_next(r, &row, note)) == 1) {
        err = replay_row(l, &row, note);
        l->replayed++;
        while (!err && marks == 1 && mark_seq <= l->seq) {
            if (mark_seq == l->seq) err = check_mark(l, mark_hash, note);
            marks = journal_next_mark(r, &mark_seq, &mark_hash);
        }
    }
    return err ? err : got;
}

/* Also after a snapshot that went wrong half way: nothing of it stays. */
static int renew_fleet(struct loop *l)
{
    struct arena mem;
    arena_init(&mem, l->fleet_memory, fleet_memory(&l->fleet_config));
    l->epoch = 0;
    l->last_ms = 0;
    l->stretches = 0;
    l->written_by[0] = 0;
    return fleet_open(&l->fleet, &mem, &l->fleet_config);
}

/* Leaves the state of the newest snapshot that can be used, or a fresh one. */
static int load_snapshot(struct loop *l, struct journal_reader *r)
{
    struct journal_snapshot s;
    uint64_t before = journal_last(l->journal) + 1;
    while (journal_snapshot_before(r, before, &s) == 1) {
        int err = s.layout == l->layout ? state_bytes_load(s.state, s.state_len, s.hash, snap_all, l) : ORD_EVERSION;
        if (!err) {
            l->seq = l->snapshot_seq = s.seq;
            return journal_skip(r, s.seq);
        }
        log_plain(l->cfg.names, EVENT_SNAPSHOT_UNUSED, (int64_t)s.seq, err_en(err));
        err = renew_fleet(l);
        if (err) return err;
        before = s.seq;
    }
    return ORD_OK;
}

static int replay(struct loop *l, struct err_note *note)
{
    struct journal_reader *r;
    int err = journal_read(&r, l->cfg.journal_path, note);
    if (err) return err;
    err = load_snapshot(l, r);
    if (err) err_at(note, err, l->cfg.journal_path, "%s", err_en(err));
    else err = replay_rows(l, r, note);
    journal_read_close(r);
    l->recovered = l->seq;
    return err;
}

static int open_fleet(struct loop *l)
{
    const struct site *site = l->cfg.names->site;
    const struct fleet_spec *spec = l->cfg.names->fleet;
    l->robot_class = calloc(spec->robots, sizeof *l->robot_class);
    l->robot_start = calloc(spec->robots, sizeof *l->robot_start);
    if (!l->robot_class || !l->robot_start) return ORD_EMEMORY;
    for (uint16_t i = 0; i < spec->robots; i++) {
        l->robot_class[i] = spec->robot[i].cls;
        l->robot_start[i] = ID_NONE; /* where a real robot stands, only the robot can say */
    }
    struct fleet_config fc = { .site = site,
                               .robots = spec->robots,
                               .robot_class = l->robot_class,
                               .robot_start = l->robot_start,
                               .timetable = l->cfg.names->timetable,
                               .jobs_max = FLEET_JOBS_KEPT };
    l->fleet_config = fc;
    l->fleet_memory = malloc(fleet_memory(&fc));
    return l->fleet_memory ? renew_fleet(l) : ORD_EMEMORY;
}

/* Needs the epoch, which the journal may hold. Silence is judged in real time: a fast clock makes no robot talk
 * faster. */
static int open_facts(struct loop *l)
{
    struct facts_config fc = { .site = l->cfg.names->site,
                               .robots = l->cfg.names->fleet->robots,
                               .epoch = l->epoch,
                               .silent_ms = (ms_t)SILENT_MS * l->cfg.clock };
    struct arena mem;
    size_t size = facts_memory(&fc);
    l->facts_memory = malloc(size);
    if (!l->facts_memory) return ORD_EMEMORY;
    arena_init(&mem, l->facts_memory, size);
    int err = facts_open(&l->facts, &mem, &fc);
    for (robot_id r = 0; !err && r < fc.robots; r++) {
        ms_t seldom = (ms_t)l->cfg.names->fleet->robot[r].quirks.state_interval_ms * 3 / 2;
        if (seldom > SILENT_MS) facts_patience(l->facts, r, seldom * l->cfg.clock);
    }
    return err;
}

static void loop_free(struct loop *l)
{
    out_clear(l);
    free(l->fleet_memory);
    free(l->facts_memory);
    free(l->robot_class);
    free(l->robot_start);
    free(l->stretch);
    state_bytes_free(&l->snapshot);
    free(l);
}

int loop_open(struct loop **out, const struct loop_config *cfg, struct err_note *note)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l) return err_at(note, ORD_EMEMORY, "controller", "out of memory");
    l->cfg = *cfg;
    l->last = &l->first;
    uv_async_init(cfg->uv, &l->woken, on_woken);
    uv_prepare_init(cfg->uv, &l->prepare);
    uv_timer_init(cfg->uv, &l->timer);
    l->woken.data = l->prepare.data = l->timer.data = l;
    l->open_handles = 3;

    int err = open_fleet(l);
    if (err) {
        err_at(note, err, "controller", "%s", err_en(err));
        goto fail_core;
    }
    struct journal_config jc = { .path = cfg->journal_path,
                                 .site_hash = cfg->names->site->hash,
                                 .fleet_hash = cfg->names->fleet->hash,
                                 .site_bytes = cfg->site_bytes,
                                 .site_len = cfg->site_len,
                                 .fleet_bytes = cfg->fleet_bytes,
                                 .fleet_len = cfg->fleet_len,
                                 .rounds_hash = cfg->names->timetable ? cfg->names->timetable->hash : 0,
                                 .rounds_bytes = cfg->rounds_bytes,
                                 .rounds_len = cfg->rounds_len,
                                 .window_ms = cfg->window_ms,
                                 .committed = on_commit,
                                 .ctx = l };
    err = journal_open(&l->journal, &jc, note);
    if (err) goto fail_core;
    l->layout = state_layout(snap_all, l) + HOST_LAYOUT;
    if (journal_last(l->journal) > 0) err = replay(l, note);
    if (err) goto fail_core;
    l->committed = l->seq;
    atomic_store(&l->durable, l->seq);
    while (!l->epoch) randombytes_buf(&l->epoch, sizeof l->epoch); /* 0 means none yet */
    err = open_facts(l);
    if (err) {
        err_at(note, err, "controller", "%s", err_en(err));
        goto fail_core;
    }
    l->base_ms = l->last_ms;
    l->base_ns = uv_hrtime();
    *out = l;
    return ORD_OK;

fail_core:
    loop_close(l);
    return err;
}

int loop_start(struct loop *l)
{
    char note[64];
    struct fleet_in open = { .kind = IN_OPEN, .open = { .epoch = l->epoch } };
    struct fleet_in clock = { .kind = IN_CLOCK, .clock = { .utc_ms = log_wall_ms() } };
    snprintf(note, sizeof note, "{\"clock\":%d,\"version\":\"" ORDERLY_VERSION "\"}", (int)l->cfg.clock);
    snprintf(l->written_by, sizeof l->written_by, "%s", ORDERLY_VERSION);
    uv_prepare_start(&l->prepare, on_prepare);
    int err = loop_input(l, &open, note, NULL);
    return err ? err : loop_input(l, &clock, NULL, NULL);
}

uint64_t loop_next_seq(const struct loop *l) { return l->seq + 1; }
uint64_t loop_seq(const struct loop *l) { return l->seq; }
uint64_t loop_committed(const struct loop *l) { return l->committed; }
int loop_error(const struct loop *l) { return l->err; }
const struct fleet *loop_fleet(const struct loop *l) { return l->fleet; }
uint64_t loop_epoch(const struct loop *l) { return l->epoch; }
uint64_t loop_recovered(const struct loop *l) { return l->recovered; }
uint64_t loop_replayed(const struct loop *l) { return l->replayed; }
bool loop_pose(const struct loop *l, robot_id r, struct robot_pose *out) { return facts_pose(l->facts, r, out); }

void loop_finish(struct loop *l)
{
    if (l->finished) return;
    l->finished = true;
    if (l->err) return;
    journal_mark(l->journal, l->seq, state_hash_of(snap_fleet, l->fleet));
    take_snapshot(l);
    int err = journal_flush(l->journal);
    if (err) fail(l, err, err_en(err));
    else release(l);
}

static void on_closed(uv_handle_t *h)
{
    struct loop *l = h->data;
    l->open_handles--;
}

void loop_close(struct loop *l)
{
    if (l->journal) journal_close(l->journal); /* joins its thread: nobody sends to `woken` afterwards */
    uv_close((uv_handle_t *)&l->woken, on_closed);
    uv_close((uv_handle_t *)&l->prepare, on_closed);
    uv_close((uv_handle_t *)&l->timer, on_closed);
    while (l->open_handles) uv_run(l->cfg.uv, UV_RUN_NOWAIT);
    loop_free(l);
}
