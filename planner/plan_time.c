#include <assert.h>
#include <string.h>

#include "plan_state.h"

/* ---- the table of visits -------------------------------------------------------------------------------------- */

static uint32_t put_visit(struct plan *p, uint16_t r, res_id x, uint32_t number)
{
    uint32_t id = resv_put(&p->resv, x, r, number);
    assert(id != 0); /* the table has two places for every step of every route */
    return id;
}

static void set_times(struct plan *p, uint32_t id, ms_t from_ms, ms_t to_ms, bool soft)
{
    struct visit *v = resv_visit(&p->resv, id);
    v->from_ms = from_ms;
    v->to_ms = to_ms;
    v->soft = soft;
}

void table_cut(struct plan *p, uint16_t r, uint16_t count)
{
    for (; p->shown[r] > count; p->shown[r]--) {
        struct held *h = &p->held[r][p->shown[r] - 1];
        resv_drop(&p->resv, h->node);
        if (h->lane != 0) resv_drop(&p->resv, h->lane);
    }
}

/* The way home, once it is out of the goal's mouth, makes room for any mission: it can always be found again. */
void table_sync(struct plan *p, uint16_t r)
{
    const struct site *s = p->cfg.site;
    const struct route *t = &p->route[r];
    uint16_t count = t->placed ? t->count : 0;
    table_cut(p, r, count);
    if (count == 0) return;
    for (; p->shown[r] < count; p->shown[r]++) {
        const struct route_step *v = &t->step[p->shown[r]];
        struct held *h = &p->held[r][p->shown[r]];
        uint32_t number = route_number(t, p->shown[r]);
        h->node = put_visit(p, r, res_node(s, v->node), number);
        bool lane = p->shown[r] > 0 && v->edge != ID_NONE;
        h->lane = lane ? put_visit(p, r, res_lane(s, s->edge[v->edge].lane), number) : 0;
    }
    uint16_t home = (uint16_t)(mission_end(t) + 1);
    for (uint16_t i = 0; i < count; i++) {
        const struct held *h = &p->held[r][i];
        ms_t from = i <= t->head ? MS_BEGIN : t->step[route_move_start(s, t, i)].enter_ms;
        set_times(p, h->node, from, i + 1 < count ? t->step[i + 1].arrive_ms : MS_NEVER, i > home);
        if (h->lane != 0) set_times(p, h->lane, from, t->step[i].arrive_ms, i > home);
    }
}

void table_shift(struct plan *p, uint16_t r, uint16_t by)
{
    struct held *h = p->held[r];
    for (uint16_t i = 0; i <= by; i++) {
        if (i < by) resv_drop(&p->resv, h[i].node);
        if (h[i].lane != 0) resv_drop(&p->resv, h[i].lane);
        h[i].lane = 0;
    }
    p->shown[r] = (uint16_t)(p->shown[r] - by);
    memmove(h, h + by, p->shown[r] * sizeof *h);
}

/* ---- times ---------------------------------------------------------------------------------------------------- */

ms_t step_took_ms(const struct route_step *v) { return ms_max(v->arrive_ms - v->enter_ms, 1); }

/* Estimates for the claimed part, counted from when the tail was passed; never in the past. */
static void time_claim(struct plan *p, uint16_t r, ms_t now_ms)
{
    struct route *t = &p->route[r];
    ms_t at = t->tail_ms;
    t->step[0].arrive_ms = at;
    for (uint16_t i = 1; i <= t->head; i++) {
        struct route_step *v = &t->step[i];
        ms_t took = step_took_ms(v);
        v->enter_ms = at + t->step[i - 1].turn_ms;
        at = v->enter_ms + took;
        v->arrive_ms = at = ms_max(at, now_ms + i);
    }
    t->ready_ms = ms_max(at, now_ms);
    if (t->step[t->head].flags & STEP_GOAL) {
        ms_t served = at + t->step[t->head].dwell_ms;
        t->ready_ms = ms_max(served, now_ms + 2 * STANDS_LEAST_MS);
    } else if (t->head > 0 || t->count > 1) {
        t->ready_ms = ms_max(t->ready_ms, t->head > 0 ? now_ms + STANDS_LEAST_MS : now_ms);
    }
}

/* Visits to one resource follow one another, so the last one ends last. */
static void leave(struct plan *p, uint16_t r, res_id x, ms_t ms)
{
    struct left *l = &p->left[p->cfg.robot_class[r]][x];
    if (l->stamp != p->stamp) *l = (struct left){ p->stamp, r, r, MS_BEGIN, MS_BEGIN };
    if (l->robot != r) {
        l->other = l->robot;
        l->other_ms = l->ms;
        l->robot = r;
    }
    l->ms = ms;
}

/* When everybody else already timed has left all that conflicts with x. */
static ms_t others_leave_ms(const struct plan *p, uint16_t r, res_id x)
{
    const struct site *s = p->cfg.site;
    ms_t latest = MS_BEGIN;
    for (class_id other = 0; other < s->classes; other++) {
        const struct left *left = p->left[other];
        if (!left) continue;
        struct conflict_list list = site_conflicts(s, p->cfg.robot_class[r], x, other);
        for (uint32_t i = 0; i < list.count; i++) {
            const struct left *l = &left[list.item[i].res];
            if (l->stamp != p->stamp) continue;
            latest = ms_max(latest, ms_add(l->robot == r ? l->other_ms : l->ms, list.item[i].gap_ms));
        }
    }
    return latest;
}

static ms_t step_free_ms(const struct plan *p, uint16_t r, uint16_t i)
{
    const struct site *s = p->cfg.site;
    const struct route_step *v = &p->route[r].step[i];
    ms_t free_ms = others_leave_ms(p, r, res_node(s, v->node));
    return v->edge == ID_NONE ? free_ms : ms_max(free_ms, others_leave_ms(p, r, res_lane(s, s->edge[v->edge].lane)));
}

static void leave_step(struct plan *p, uint16_t r, uint16_t i, ms_t lane_ms, ms_t node_ms)
{
    const struct site *s = p->cfg.site;
    const struct route_step *v = &p->route[r].step[i];
    if (i > 0 && v->edge != ID_NONE) leave(p, r, res_lane(s, s->edge[v->edge].lane), lane_ms);
    leave(p, r, res_node(s, v->node), node_ms);
}

/* One move of the merge: the unclaimed steps from i to the next place where one may stand get their earliest times
 * behind all that go before them. False: somebody who will not leave stands in the way. */
static bool time_move(struct plan *p, uint16_t r, uint16_t i)
{
    const struct route *t = &p->route[r];
    const struct site *s = p->cfg.site;
    uint16_t last = i;
    ms_t free_ms = step_free_ms(p, r, i);
    while (last + 1 < t->count && !node_stoppable(s, t->step[last].node))
        free_ms = ms_max(free_ms, step_free_ms(p, r, ++last));
    if (free_ms == MS_NEVER) return false;
    ms_t ready = i - 1 == t->head ? t->ready_ms : p->timed_ms[r] + t->step[i - 1].dwell_ms;
    ms_t enter = ms_max(ready + t->step[i - 1].turn_ms, free_ms);
    for (uint16_t k = i; k <= last; k++) {
        ms_t arrive = enter + step_took_ms(&t->step[k]);
        leave(p, r, res_node(s, t->step[k - 1].node), arrive);
        leave_step(p, r, k, arrive, MS_NEVER);
        p->fresh[r][k] = enter;
        p->timed_ms[r] = arrive;
        enter = arrive + t->step[k].turn_ms;
    }
    if (last + 1 < t->count) heap_push(&p->merge, t->step[last + 1].enter_ms, r, last + 1u);
    return true;
}

static void begin_merge(struct plan *p, ms_t now_ms)
{
    p->stamp++;
    p->merge.count = 0;
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        struct route *t = &p->route[r];
        if (!t->placed) continue;
        time_claim(p, r, now_ms);
        for (uint16_t i = 0; i <= t->head; i++)
            leave_step(p, r, i, t->step[i].arrive_ms, i < t->head ? t->step[i + 1].arrive_ms : MS_NEVER);
        if (t->head + 1 < t->count) heap_push(&p->merge, t->step[t->head + 1].enter_ms, r, t->head + 1u);
    }
}

/* Moves are taken in the order of their old times, so everybody who goes before has new times already. Each robot's
 * next move is in the heap under its old time: those times rise along a route. False: a route had to be cut. */
static bool merge_times(struct plan *p, ms_t now_ms)
{
    begin_merge(p, now_ms);
    struct heap_item it;
    while (heap_pop(&p->merge, &it)) {
        if (time_move(p, (uint16_t)it.seq, (uint16_t)it.value)) continue;
        cut_route(p, (uint16_t)it.seq, p->route[it.seq].head);
        return false;
    }
    return true;
}

/* A robot that is cut stays at its frontier: all is timed again, from the old times, until nobody else has to be cut.
 * Only then are the new times written down. */
void plan_retime(struct plan *p, ms_t now_ms)
{
    while (!merge_times(p, now_ms)) {}
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        struct route *t = &p->route[r];
        if (!t->placed) continue;
        for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++) {
            ms_t took = step_took_ms(&t->step[i]);
            t->step[i].enter_ms = p->fresh[r][i];
            t->step[i].arrive_ms = p->fresh[r][i] + took;
        }
        table_sync(p, r);
    }
}
