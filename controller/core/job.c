#include <assert.h>
#include <string.h>

#include "fleet_state.h"

#define LOAN_MOST_MS (366 * 24 * MS_HOUR)

size_t jobs_memory(uint32_t capacity) { return capacity * (sizeof(struct job) + sizeof(job_id)) + 2 * 16; }

int jobs_open(struct jobs *t, struct arena *mem, uint32_t capacity)
{
    t->capacity = capacity;
    t->slot = arena_new(mem, struct job, capacity);
    t->queue = arena_new(mem, job_id, capacity);
    return t->slot && t->queue ? ORD_OK : ORD_EFULL;
}

struct job *job_find(struct fleet *f, job_id j)
{
    if (j == 0) return NULL;
    struct job *job = &f->jobs.slot[j % f->jobs.capacity];
    return job->v.job == j ? job : NULL;
}

const struct job_view *job_seen(const struct fleet *f, job_id j)
{
    const struct job_view *v = &f->jobs.slot[j % f->jobs.capacity].v;
    assert(v->job == j);
    return v;
}

void job_tell(struct fleet *f, const struct job *job, uint64_t ref)
{
    fleet_emit(f, OUT_JOB)->job = (struct out_job){
        .job = job->v.job, .state = (uint8_t)job->v.state, .refusal = job->v.refusal, .robot = job->v.robot, .ref = ref
    };
}

void job_refuse(struct fleet *f, job_id j, enum refusal why, uint64_t ref)
{
    fleet_emit(f, OUT_JOB)->job =
        (struct out_job){ .job = j, .state = JOB_STATE_COUNT, .refusal = (uint8_t)why, .robot = ID_NONE, .ref = ref };
}

static bool goes_first(const struct fleet *f, job_id a, job_id b)
{
    const struct job_view *x = &f->jobs.slot[a % f->jobs.capacity].v, *y = &f->jobs.slot[b % f->jobs.capacity].v;
    if (x->priority != y->priority) return x->priority < y->priority;
    return a < b;
}

static void enqueue(struct fleet *f, job_id j)
{
    struct jobs *t = &f->jobs;
    uint32_t i = t->waiting++;
    while (i > 0 && goes_first(f, j, t->queue[i - 1])) {
        t->queue[i] = t->queue[i - 1];
        i--;
    }
    t->queue[i] = j;
    f->assign_due = true;
    if (job_seen(f, j)->priority <= JOB_PRIORITY_URGENT) f->assign_ms = f->now_ms;
}

void job_unqueue(struct fleet *f, job_id j)
{
    struct jobs *t = &f->jobs;
    uint32_t i = 0;
    while (i < t->waiting && t->queue[i] != j) i++;
    if (i == t->waiting) return;
    memmove(t->queue + i, t->queue + i + 1, (t->waiting - i - 1) * sizeof *t->queue);
    t->waiting--;
}

static bool taken_by_anybody(const struct fleet *f, goods_id g)
{
    for (robot_id r = 0; r < f->cfg.robots; r++)
        if (site_takes(f->cfg.site, f->cfg.robot_class[r], g)) return true;
    return false;
}

/* Whether a robot that takes the goods could drive there, were everything open. */
static bool reachable(struct fleet *f, goods_id g, node_id from, node_id to)
{
    const struct site *s = f->cfg.site;
    for (class_id c = 0; c < s->classes; c++)
        if (site_takes(s, c, g) &&
            dist_to(plan_dist(f->plan), profile_of(s, c, access_anywhere(f)), to)[from] != DIST_FAR)
            return true;
    return false;
}

static enum refusal judge(struct fleet *f, const struct in_job *in, goods_id g)
{
    const struct site *s = f->cfg.site;
    if (in->from >= s->stations || in->to >= s->stations) return REFUSAL_UNKNOWN_STATION;
    if (in->from == in->to) return REFUSAL_SAME_STATION;
    if (in->quantity < 1 || in->quantity > JOB_QUANTITY_MAX) return REFUSAL_QUANTITY;
    if (in->priority > JOB_PRIORITY_LAST && in->priority != JOB_PRIORITY_OF_GOODS) return REFUSAL_PRIORITY;
    if (g != GOODS_NONE && g >= s->goods) return REFUSAL_UNKNOWN_GOODS;
    const struct job *old = &f->jobs.slot[(f->jobs.last + 1) % f->jobs.capacity];
    if (old->v.job != 0 && !job_state_final(old->v.state)) return REFUSAL_FULL;
    if (!taken_by_anybody(f, g)) return REFUSAL_NO_ROBOT_TAKES_IT;
    return reachable(f, g, s->station[in->from].node, s->station[in->to].node) ? REFUSAL_NONE : REFUSAL_UNREACHABLE;
}

static job_id make(struct fleet *f, const struct in_job *in, uint16_t round, enum refusal *why)
{
    const struct site *s = f->cfg.site;
    goods_id g = s->goods == 0 ? GOODS_NONE : in->goods;
    *why = judge(f, in, g);
    if (*why != REFUSAL_NONE) return 0;
    const struct site_goods *goods = site_goods_of(s, g);
    job_id j = ++f->jobs.last;
    struct job *job = &f->jobs.slot[j % f->jobs.capacity];
    ms_t ready = ms_max(in->ready_ms, f->now_ms);
    job->v = (struct job_view){ .job = j,
                                .state = JOB_REQUESTED,
                                .from = in->from,
                                .to = in->to,
                                .quantity = in->quantity,
                                .priority = in->priority == JOB_PRIORITY_OF_GOODS ? goods->priority : in->priority,
                                .goods = g,
                                .infectious = mode_isolated(f, in->from),
                                .robot = ID_NONE,
                                .round = round,
                                .why_robot = ID_NONE,
                                .ready_ms = ready,
                                .counted = { COUNT_NONE, COUNT_NONE },
                                .return_ms = ms_min(ms_max(in->return_ms, 0), LOAN_MOST_MS),
                                .eta_ms = MS_NEVER,
                                .requested_ms = f->now_ms,
                                .assigned_ms = -1,
                                .loaded_ms = -1,
                                .arrived_ms = -1,
                                .ended_ms = -1,
                                .due_ms = in->due_ms != 0 || goods->due_ms == 0 ? in->due_ms : ready + goods->due_ms };
    f->jobs.open++;
    enqueue(f, j);
    job_tell(f, job, in->ref);
    fleet_event(f, EVENT_JOB_ACCEPTED, ID_NONE, j, 0);
    return j;
}

void job_request(struct fleet *f, const struct in_job *in)
{
    enum refusal why;
    if (make(f, in, ROUND_NONE, &why) == 0) job_refuse(f, 0, why, in->ref);
}

job_id job_make(struct fleet *f, const struct in_job *in, uint16_t round, enum refusal *why)
{
    return make(f, in, round, why);
}

void job_because(struct fleet *f, job_id j, enum job_why why, robot_id r)
{
    struct job *job = job_find(f, j);
    job->v.why = (uint8_t)why;
    job->v.why_robot = r;
}

void job_unassign(struct fleet *f, job_id j, enum job_why why)
{
    struct job *job = job_find(f, j);
    assert(job && job->v.state == JOB_ASSIGNED);
    job_because(f, j, why, job->v.robot);
    job->v.state = JOB_REQUESTED;
    job->v.robot = ID_NONE;
    job->v.eta_ms = MS_NEVER;
    enqueue(f, j);
    job_tell(f, job, 0);
}

void job_moved(struct fleet *f, job_id j, robot_id r)
{
    struct job *job = job_find(f, j);
    assert(job && job->v.state == JOB_ASSIGNED);
    job_because(f, j, JOB_WHY_GIVEN, r);
    job->v.robot = r;
    job_tell(f, job, 0);
    fleet_event(f, EVENT_JOB_ASSIGNED, r, j, 0);
}

void job_set(struct fleet *f, job_id j, enum job_state state)
{
    struct job *job = job_find(f, j);
    assert(job && !job_state_final(job->v.state) && state > job->v.state);
    job->v.state = state;
    if (state == JOB_ASSIGNED) job->v.assigned_ms = f->now_ms;
    if (state == JOB_LOADED) job->v.loaded_ms = f->now_ms;
    if (state == JOB_ARRIVED) job->v.arrived_ms = f->now_ms;
    if (job_state_final(state)) {
        job->v.ended_ms = f->now_ms;
        f->jobs.open--;
    }
    job_tell(f, job, 0);
    if (job_state_final(state)) round_ended(f, &job->v);
    static const enum event_no event[JOB_STATE_COUNT] = { EVENT_JOB_ACCEPTED,  EVENT_JOB_ASSIGNED,
                                                          EVENT_JOB_LOADED,    0,
                                                          EVENT_JOB_ARRIVED,   EVENT_JOB_DELIVERED,
                                                          EVENT_JOB_CANCELLED, EVENT_JOB_FAILED };
    if (event[state] != 0) fleet_event(f, event[state], job->v.robot, j, 0);
}

/* ---- in order of request (R11) ---- */

static bool same_goods(const struct job_view *a, const struct job_view *b)
{
    return a->from == b->from && a->to == b->to && a->goods == b->goods && a->quantity == b->quantity;
}

#define MARK UINT32_MAX

static void rename_stops(struct robot *r, job_id from, job_id to)
{
    for (uint8_t i = 0; i < r->stops; i++)
        if (r->stop[i].job == from) r->stop[i].job = to;
    if (r->stops > 0) r->job = r->stop[0].job;
}

/* The two change places: their robots fetch the other one. The older one may still be in the queue. */
static void exchange(struct fleet *f, robot_id id, job_id young, job_id old)
{
    struct job *a = job_find(f, young), *b = job_find(f, old);
    robot_id other = b->v.robot;
    if (b->v.state == JOB_REQUESTED) {
        rename_stops(&f->robot[id], young, old);
        job_unqueue(f, old);
        job_unassign(f, young, JOB_WHY_ALL_BUSY);
        b->v.robot = id;
        job_set(f, old, JOB_ASSIGNED);
        return;
    }
    rename_stops(&f->robot[id], young, MARK); /* one robot may have both */
    rename_stops(&f->robot[other], old, young);
    rename_stops(&f->robot[id], MARK, old);
    a->v.robot = other;
    b->v.robot = id;
}

static bool unloaded(const struct fleet *f, const struct job_view *v)
{
    if (v->job == 0 || v->state > JOB_ASSIGNED || v->ready_ms > f->now_ms) return false;
    return v->state == JOB_REQUESTED || f->robot[v->robot].job != v->job || !robot_committed(f, v->robot);
}

void job_oldest_first(struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    for (job_id old = fleet_job_first_kept(f); old < r->stop[0].job; old++) {
        const struct job_view *mine = job_seen(f, r->stop[0].job), *v = job_seen(f, old);
        if (v->priority != mine->priority || v->from != mine->from || !unloaded(f, v)) continue;
        bool as_urgent = v->due_ms != 0 ? mine->due_ms == 0 || v->due_ms <= mine->due_ms : mine->due_ms == 0;
        if (same_goods(v, mine) && as_urgent) {
            exchange(f, id, mine->job, old);
            return; /* old is older than all others of its kind */
        }
        job_because(f, old, JOB_WHY_BETTER_FIRST, id);
    }
}

void job_cancel(struct fleet *f, job_id j)
{
    struct job *job = job_find(f, j);
    if (!job) {
        job_refuse(f, j, REFUSAL_UNKNOWN_JOB, 0);
    } else if (job_state_final(job->v.state)) {
        job_refuse(f, j, REFUSAL_JOB_ENDED, 0);
    } else if (job->v.state == JOB_REQUESTED) {
        job_unqueue(f, j);
        job_set(f, j, JOB_CANCELLED);
    } else if (job->v.state == JOB_ASSIGNED && (f->robot[job->v.robot].job != j || !robot_committed(f, job->v.robot))) {
        robot_drop_job(f, job->v.robot, j);
        job_set(f, j, JOB_CANCELLED);
    } else { /* the robot is about to be loaded, or is: the goods travel on */
        job_refuse(f, j, REFUSAL_ALREADY_LOADED, 0);
    }
}

/* In the tour of its robot, or aboard it. */
static bool held(const struct fleet *f, const struct job_view *v)
{
    const struct robot *r = &f->robot[v->robot];
    bool stop = false, aboard = false;
    for (uint8_t i = 0; i < r->stops; i++) stop = stop || r->stop[i].job == v->job;
    for (uint8_t i = 0; i < r->loads; i++) aboard = aboard || r->load[i] == v->job;
    return v->state == JOB_ASSIGNED ? stop && !aboard : aboard;
}

void jobs_check(const struct fleet *f)
{
    uint32_t open = 0, waiting = 0;
    for (uint32_t i = 0; i < f->jobs.capacity; i++) {
        const struct job_view *v = &f->jobs.slot[i].v;
        if (v->job == 0) continue;
        assert(v->state < JOB_STATE_COUNT); /* 1 */
        open += !job_state_final(v->state);
        waiting += v->state == JOB_REQUESTED;
        if (v->state > JOB_REQUESTED && !job_state_final(v->state)) assert(held(f, v));
    }
    assert(open == f->jobs.open);
    assert(waiting == f->jobs.waiting); /* 2 */
    for (uint32_t i = 1; i < f->jobs.waiting; i++) assert(goes_first(f, f->jobs.queue[i - 1], f->jobs.queue[i]));
}

static void job_snap(struct snap *s, struct job_view *v)
{
    uint8_t state = (uint8_t)v->state;
    snap_u32(s, &v->job);
    snap_u8(s, &state);
    if (state >= JOB_STATE_COUNT) snap_fail(s);
    else v->state = (enum job_state)state;
    snap_u16(s, &v->from);
    snap_u16(s, &v->to);
    snap_u16(s, &v->quantity);
    snap_u8(s, &v->priority);
    snap_u8(s, &v->goods);
    snap_bool(s, &v->infectious);
    snap_u16(s, &v->round);
    snap_u8(s, &v->why);
    snap_u16(s, &v->why_robot);
    snap_i64(s, &v->ready_ms);
    snap_i64(s, &v->return_ms);
    snap_i64(s, &v->eta_ms);
    snap_u16(s, &v->robot);
    snap_i64(s, &v->requested_ms);
    snap_i64(s, &v->assigned_ms);
    snap_i64(s, &v->loaded_ms);
    snap_i64(s, &v->arrived_ms);
    snap_i64(s, &v->ended_ms);
    snap_i64(s, &v->due_ms);
    snap_u8(s, &v->refusal);
    for (int i = 0; i < COUNT_WHERES; i++) snap_u16(s, &v->counted[i]);
    snap_bool(s, &v->differs);
}

void jobs_snap(struct snap *s, struct jobs *t)
{
    snap_u32(s, &t->open);
    snap_u32(s, &t->last);
    snap_count32(s, &t->waiting, t->capacity);
    for (uint32_t i = 0; i < t->waiting; i++) snap_u32(s, &t->queue[i]);
    for (uint32_t i = 0; i < t->capacity; i++) job_snap(s, &t->slot[i].v);
}
