#include <assert.h>
#include <string.h>

#include "fleet_state.h"

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

static void tell(struct fleet *f, const struct job *job, uint64_t ref)
{
    fleet_emit(f, OUT_JOB)->job = (struct out_job){
        .job = job->v.job, .state = (uint8_t)job->v.state, .refusal = job->v.refusal, .robot = job->v.robot, .ref = ref
    };
}

static void refuse(struct fleet *f, job_id j, enum refusal why, uint64_t ref)
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

static enum refusal judge(const struct fleet *f, const struct in_job *in)
{
    const struct site *s = f->cfg.site;
    if (in->from >= s->stations || in->to >= s->stations) return REFUSAL_UNKNOWN_STATION;
    if (in->from == in->to) return REFUSAL_SAME_STATION;
    if (in->quantity < 1 || in->quantity > JOB_QUANTITY_MAX) return REFUSAL_QUANTITY;
    if (in->priority > JOB_PRIORITY_LAST) return REFUSAL_PRIORITY;
    const struct job *old = &f->jobs.slot[(f->jobs.last + 1) % f->jobs.capacity];
    if (old->v.job != 0 && !job_state_final(old->v.state)) return REFUSAL_FULL;
    for (class_id c = 0; c < s->classes; c++)
        if (dist_to(plan_dist(f->plan), c, s->station[in->to].node)[s->station[in->from].node] != DIST_FAR)
            return REFUSAL_NONE;
    return REFUSAL_UNREACHABLE;
}

void job_request(struct fleet *f, const struct in_job *in)
{
    enum refusal why = judge(f, in);
    if (why != REFUSAL_NONE) {
        refuse(f, 0, why, in->ref);
        return;
    }
    job_id j = ++f->jobs.last;
    struct job *job = &f->jobs.slot[j % f->jobs.capacity];
    job->v = (struct job_view){ .job = j,
                                .state = JOB_REQUESTED,
                                .from = in->from,
                                .to = in->to,
                                .quantity = in->quantity,
                                .priority = in->priority,
                                .robot = ID_NONE,
                                .requested_ms = f->now_ms,
                                .assigned_ms = -1,
                                .loaded_ms = -1,
                                .arrived_ms = -1,
                                .ended_ms = -1,
                                .due_ms = in->due_ms };
    f->jobs.open++;
    enqueue(f, j);
    tell(f, job, in->ref);
    fleet_event(f, EVENT_JOB_ACCEPTED, ID_NONE, j, 0);
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
    tell(f, job, 0);
    static const enum event_no event[JOB_STATE_COUNT] = { EVENT_JOB_ACCEPTED,  EVENT_JOB_ASSIGNED,
                                                          EVENT_JOB_LOADED,    0,
                                                          EVENT_JOB_ARRIVED,   EVENT_JOB_DELIVERED,
                                                          EVENT_JOB_CANCELLED, EVENT_JOB_FAILED };
    if (event[state] != 0) fleet_event(f, event[state], job->v.robot, j, 0);
}

void job_cancel(struct fleet *f, job_id j)
{
    struct job *job = job_find(f, j);
    if (!job) {
        refuse(f, j, REFUSAL_UNKNOWN_JOB, 0);
    } else if (job_state_final(job->v.state)) {
        refuse(f, j, REFUSAL_JOB_ENDED, 0);
    } else if (job->v.state == JOB_REQUESTED) {
        job_unqueue(f, j);
        job_set(f, j, JOB_CANCELLED);
    } else if (job->v.state == JOB_ASSIGNED && !traffic_goal_claimed(f, job->v.robot)) {
        robot_drop_mission(f, job->v.robot);
        job_set(f, j, JOB_CANCELLED);
    } else { /* the robot is about to be loaded, or is: the goods travel on */
        refuse(f, j, REFUSAL_ALREADY_LOADED, 0);
    }
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
        if (v->state > JOB_REQUESTED && !job_state_final(v->state)) assert(f->robot[v->robot].job == v->job);
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
    snap_u16(s, &v->robot);
    snap_i64(s, &v->requested_ms);
    snap_i64(s, &v->assigned_ms);
    snap_i64(s, &v->loaded_ms);
    snap_i64(s, &v->arrived_ms);
    snap_i64(s, &v->ended_ms);
    snap_i64(s, &v->due_ms);
    snap_u8(s, &v->refusal);
}

void jobs_snap(struct snap *s, struct jobs *t)
{
    snap_u32(s, &t->open);
    snap_u32(s, &t->last);
    snap_count32(s, &t->waiting, t->capacity);
    for (uint32_t i = 0; i < t->waiting; i++) snap_u32(s, &t->queue[i]);
    for (uint32_t i = 0; i < t->capacity; i++) job_snap(s, &t->slot[i].v);
}
