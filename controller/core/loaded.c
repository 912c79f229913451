/* loaded - may a state that came from bytes be lived on? Every number in it that indexes something must exist in this
 * site and fleet. Whether claims agree with each other is plan_verify's; that the bytes are whole is their hash's. */
#include <assert.h>

#include "fleet_state.h"

static bool node_ok(const struct site *s, node_id n) { return n == ID_NONE || n < s->nodes; }
static bool level_ok(const struct site *s, level_id l) { return l == ID_NONE || l < s->levels; }
static bool robot_ok(const struct fleet *f, robot_id r) { return r == ID_NONE || r < f->cfg.robots; }

/* Sums with waits and durations must not overflow. */
static bool times_ok(const ms_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] != MS_NEVER && (at[i] > MS_NEVER / 2 || at[i] < -(MS_NEVER / 2))) return false;
    return true;
}
#define TIMES_OK(...) times_ok((const ms_t[]){ __VA_ARGS__ }, sizeof((const ms_t[]){ __VA_ARGS__ }) / sizeof(ms_t))

static bool kept(const struct jobs *t, job_id j)
{
    assert(t->capacity > 0);
    return j != 0 && t->slot[j % t->capacity].v.job == j;
}

static bool job_ok(const struct fleet *f, const struct job_view *v)
{
    const struct site *s = f->cfg.site;
    if (!TIMES_OK(v->ready_ms, v->return_ms, v->eta_ms, v->requested_ms, v->assigned_ms, v->loaded_ms, v->arrived_ms,
                  v->ended_ms, v->due_ms))
        return false;
    return v->job <= f->jobs.last && v->from < s->stations && v->to < s->stations &&
           (v->goods == GOODS_NONE || v->goods < s->goods) && v->priority <= JOB_PRIORITY_LAST &&
           v->refusal < REFUSAL_COUNT && v->why < JOB_WHY_COUNT && robot_ok(f, v->robot) && robot_ok(f, v->why_robot) &&
           (v->round == ROUND_NONE || (f->cfg.timetable && v->round < f->cfg.timetable->rounds));
}

static bool jobs_ok(const struct fleet *f)
{
    const struct jobs *t = &f->jobs;
    uint32_t open = 0;
    for (uint32_t i = 0; i < t->capacity; i++) {
        const struct job_view *v = &t->slot[i].v;
        if (!v->job) continue;
        if (v->job % t->capacity != i || !job_ok(f, v)) return false;
        open += !job_state_final(v->state);
    }
    for (uint32_t i = 0; i < t->waiting; i++)
        if (!kept(t, t->queue[i]) || t->slot[t->queue[i] % t->capacity].v.state != JOB_REQUESTED) return false;
    return open == t->open;
}

static bool tour_ok(const struct fleet *f, const struct robot *r)
{
    if ((r->goal == ID_NONE) != (r->stops == 0) || r->job != (r->stops ? r->stop[0].job : 0)) return false;
    for (uint8_t i = 0; i < r->stops; i++) {
        const struct stop *p = &r->stop[i];
        if (p->kind > STOP_DROP ? p->job != 0 : !kept(&f->jobs, p->job)) return false;
        if (!node_ok(f->cfg.site, p->node) || !TIMES_OK(p->eta_ms)) return false;
    }
    for (uint8_t i = 0; i < r->loads; i++)
        if (!kept(&f->jobs, r->load[i])) return false;
    return node_ok(f->cfg.site, r->goal) && r->goal_kind <= ACT_WASH;
}

static bool wait_ok(const struct fleet *f, const struct robot *r)
{
    switch ((enum robot_wait)r->wait) {
    case WAIT_ROBOT: return robot_ok(f, r->wait_for);
    case WAIT_ELEVATOR: return r->wait_for == ID_NONE || r->wait_for < f->cfg.site->elevators;
    case WAIT_DOOR: return r->wait_for == ID_NONE || r->wait_for < f->cfg.site->doors;
    case WAIT_NOTHING:
    case WAIT_PLAN:
    case WAIT_LINK: return true;
    }
    return false;
}

static bool message_ok(const struct fleet *f, robot_id id)
{
    const struct out_order *m = &f->robot[id].message;
    if (m->nodes == 0) return true;
    for (uint16_t i = 0; i < m->nodes; i++) {
        const struct order_node *n = &m->node[i];
        if (n->node >= f->cfg.site->nodes || n->action.kind > ACT_WASH) return false;
        if (n->edge != ID_NONE && n->edge >= f->cfg.site->edges) return false;
    }
    return m->robot == id;
}

static bool robots_ok(const struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        const struct robot *r = &f->robot[id];
        if (r->link > ROBOT_SILENT || r->mode >= VDA_MODE_COUNT) return false;
        if (!TIMES_OK(r->away_ms, r->leg_ms, r->leg_nominal_ms, r->retry_ms, r->improve_ms, r->wait_since_ms,
                      r->sent_ms, r->hold_until_ms, r->cancel_ms))
            return false;
        if (!node_ok(f->cfg.site, r->stray)) return false;
        if (!tour_ok(f, r) || !wait_ok(f, r) || !message_ok(f, id)) return false;
    }
    return true;
}

static bool building_ok(const struct fleet *f)
{
    const struct site *s = f->cfg.site;
    for (elevator_id e = 0; e < s->elevators; e++) {
        const struct elevator_session *v = &f->elevator[e];
        if (!level_ok(s, v->level) || !level_ok(s, v->want) || !robot_ok(f, v->holder)) return false;
        if ((v->holder != ID_NONE && v->generation == 0) || !TIMES_OK(v->sent_ms, v->since_ms, v->apart_ms))
            return false;
        if (v->motion >= CAR_MOTION_COUNT || v->door >= DOOR_STATE_COUNT || v->mode >= ELEVATOR_MODE_COUNT)
            return false;
    }
    for (door_id d = 0; d < s->doors; d++)
        if (f->door[d].state >= DOOR_STATE_COUNT || !TIMES_OK(f->door[d].sent_ms)) return false;
    return true;
}

static bool routes_ok(const struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        const struct route *t = plan_of(f->plan, id);
        if (!TIMES_OK(t->tail_ms, t->ready_ms)) return false;
        for (uint16_t i = 0; i < t->count; i++)
            if (!TIMES_OK(t->step[i].enter_ms, t->step[i].arrive_ms, t->step[i].dwell_ms)) return false;
    }
    return true;
}

bool loaded_ok(const struct fleet *f)
{
    return TIMES_OK(f->now_ms, f->assign_ms, f->known_ms, f->charge_ms, f->arbiter_ms, f->clock.at_ms,
                    f->clock.utc_ms) &&
           jobs_ok(f) && robots_ok(f) && building_ok(f) && routes_ok(f);
}
