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

/* How many are going to drive over an edge. */
static void count_flow(struct plan *p, uint16_t r, uint16_t i, int by)
{
    edge_id e = p->held[r][i].edge;
    p->flow[e] = (uint16_t)(p->flow[e] + by);
}

void table_cut(struct plan *p, uint16_t r, uint16_t count)
{
    for (; p->shown[r] > count; p->shown[r]--) {
        struct held *h = &p->held[r][p->shown[r] - 1];
        resv_drop(&p->resv, h->node);
        if (h->lane != 0) count_flow(p, r, (uint16_t)(p->shown[r] - 1), -1);
        if (h->lane != 0) resv_drop(&p->resv, h->lane);
    }
}

/* Of what it has claimed, nobody knows when a robot that was cut will leave any. */
static bool stays(const struct route *t, uint16_t i) { return t->absent && i <= t->head; }

static ms_t node_left_ms(const struct route *t, uint16_t i)
{
    return stays(t, i) || i + 1 >= t->count ? MS_NEVER : t->step[i + 1].arrive_ms;
}

static ms_t lane_left_ms(const struct route *t, uint16_t i) { return stays(t, i) ? MS_NEVER : t->step[i].arrive_ms; }

/* The way home, once it is out of the goal's mouth, makes room for any mission: it can always be found again. */
void table_sync(struct plan *p, uint16_t r)
{
    p->version++;
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
        h->edge = v->edge;
        bool lane = p->shown[r] > 0 && v->edge != ID_NONE;
        h->lane = lane ? put_visit(p, r, res_lane(s, s->edge[v->edge].lane), number) : 0;
        if (lane) count_flow(p, r, p->shown[r], 1);
    }
    uint16_t home = (uint16_t)(mission_end(t) + 1);
    for (uint16_t i = 0; i < count; i++) {
        const struct held *h = &p->held[r][i];
        ms_t from = i <= t->head ? MS_BEGIN : t->step[route_move_start(s, t, i)].enter_ms;
        set_times(p, h->node, from, node_left_ms(t, i), i > home);
        if (h->lane != 0) set_times(p, h->lane, from, lane_left_ms(t, i), i > home);
    }
}

void table_shift(struct plan *p, uint16_t r, uint16_t by)
{
    p->version++;
    struct held *h = p->held[r];
    for (uint16_t i = 0; i <= by; i++) {
        if (h[i].lane != 0) count_flow(p, r, i, -1);
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
    if (l->stamp != p->stamp) *l = (struct left){ p->stamp, r, r, INT32_MIN, INT32_MIN };
    if (l->robot != r) {
        l->other = l->robot;
        l->other_ms = l->ms;
        l->robot = r;
    }
    l->ms = ms == MS_NEVER ? INT32_MAX : (int32_t)(ms_min(ms - p->base_ms, INT32_MAX / 2));
}

/* When everybody else already timed has left all that conflicts with x. */
static ms_t others_leave_ms(const struct plan *p, uint16_t r, res_id x)
{
    const struct site *s = p->cfg.site;
    int64_t latest = INT32_MIN;
    for (class_id other = 0; other < s->classes; other++) {
        const struct left *left = p->left[other];
        if (!left) continue;
        struct conflict_list list = site_conflicts(s, p->cfg.robot_class[r], x, other);
        for (uint32_t i = 0; i < list.count; i++) {
            const struct left *l = &left[list.item[i].res];
            if (l->stamp != p->stamp) continue;
            int32_t ms = l->robot == r ? l->other_ms : l->ms;
            if (ms == INT32_MAX) return MS_NEVER;
            if (ms + (int64_t)list.item[i].gap_ms > latest) latest = ms + (int64_t)list.item[i].gap_ms;
        }
    }
    return latest == INT32_MIN ? MS_BEGIN : p->base_ms + latest;
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
static bool time_steps(struct plan *p, uint16_t r, uint16_t i, uint16_t *end)
{
    const struct route *t = &p->route[r];
    const struct site *s = p->cfg.site;
    uint16_t last = i;
    ms_t free_ms = step_free_ms(p, r, i);
    while (last + 1 < t->count && !node_stoppable(s, t->step[last].node))
        free_ms = ms_max(free_ms, step_free_ms(p, r, ++last));
    *end = last;
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
    return true;
}

static bool time_move(struct plan *p, uint16_t r, uint16_t i)
{
    const struct route *t = &p->route[r];
    uint16_t last;
    if (!time_steps(p, r, i, &last)) return false;
    if (last + 1 < t->count) heap_push(&p->merge, t->step[last + 1].enter_ms, r, last + 1u);
    return true;
}

static void begin_merge(struct plan *p, ms_t now_ms)
{
    p->stamp++;
    p->base_ms = now_ms;
    p->merge.count = 0;
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        struct route *t = &p->route[r];
        if (!t->placed) continue;
        time_claim(p, r, now_ms);
        for (uint16_t i = 0; i <= t->head; i++)
            leave_step(p, r, i, lane_left_ms(t, i), i < t->head ? node_left_ms(t, i) : MS_NEVER);
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

/* The times of the merge become those of the routes; the old ones are kept in their place. */
static void exchange_times(struct plan *p)
{
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        struct route *t = &p->route[r];
        if (!t->placed) continue;
        for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++) {
            ms_t took = step_took_ms(&t->step[i]), enter = p->fresh[r][i];
            p->fresh[r][i] = t->step[i].enter_ms;
            t->step[i].enter_ms = enter;
            t->step[i].arrive_ms = enter + took;
        }
        table_sync(p, r);
    }
}

/* A robot that is cut stays at its frontier: all is timed again, from the old times, until nobody else has to be cut.
 * Only then are the new times written down. */
void plan_retime(struct plan *p, ms_t now_ms)
{
    if (p->timed_at_ms == now_ms && p->timed_version == p->version) return;
    while (!merge_times(p, now_ms)) {}
    exchange_times(p);
    p->timed_at_ms = now_ms;
    p->timed_version = p->version;
}

/* ---- another order -------------------------------------------------------------------------------------------- */

/* Moves are dispatched in the order of their old times, but those of `late` from step `from` on not before `first` has
 * got through its step `until`. Whoever finds a place taken by somebody who will still go on waits for that, and its
 * later moves keep the delay. When at the end somebody still waits, that order would be a deadlock. */
static bool held_back(const struct plan *p, const struct switched *w, uint16_t r, uint16_t i)
{
    uint16_t first_at = p->next_step[w->first];
    return r == w->late && i >= w->from && first_at <= w->until && first_at < p->route[w->first].count;
}

static void push_next(struct plan *p, uint16_t r)
{
    const struct route *t = &p->route[r];
    uint16_t i = p->next_step[r];
    if (i < t->count) heap_push(&p->merge, t->step[i].enter_ms + p->shift_ms[r], r, i);
}

/* Who stands for now on something that step i of r needs; cfg.robots: nobody. */
static uint16_t stander(const struct plan *p, uint16_t r, uint16_t i)
{
    const struct site *s = p->cfg.site;
    const struct route_step *v = &p->route[r].step[i];
    for (int k = 0; k < 2; k++) {
        if (k == 1 && v->edge == ID_NONE) break;
        res_id x = k == 0 ? res_node(s, v->node) : res_lane(s, s->edge[v->edge].lane);
        for (class_id other = 0; other < s->classes; other++) {
            if (!p->left[other]) continue;
            struct conflict_list list = site_conflicts(s, p->cfg.robot_class[r], x, other);
            for (uint32_t c = 0; c < list.count; c++) {
                const struct left *l = &p->left[other][list.item[c].res];
                if (l->stamp == p->stamp && l->robot != r && l->ms == INT32_MAX) return l->robot;
            }
        }
    }
    return p->cfg.robots;
}

static void wake(struct plan *p, uint16_t by, ms_t now_ms)
{
    uint16_t next;
    for (uint16_t r = p->waits_on[by]; r != 0; r = next) {
        next = p->next_waiter[r - 1];
        uint16_t who = (uint16_t)(r - 1);
        ms_t old = p->route[who].step[p->next_step[who]].enter_ms;
        if (old + p->shift_ms[who] < now_ms) p->shift_ms[who] = now_ms - old;
        push_next(p, who);
    }
    p->waits_on[by] = 0;
}

static void wait_for(struct plan *p, uint16_t r, uint16_t by)
{
    p->next_waiter[r] = p->waits_on[by];
    p->waits_on[by] = (uint16_t)(r + 1);
}

static bool merge_switched(struct plan *p, const struct switched *w, ms_t now_ms)
{
    uint16_t robots = p->cfg.robots;
    uint32_t left = 0;
    begin_merge(p, now_ms);
    for (uint16_t r = 0; r < robots; r++) {
        const struct route *t = &p->route[r];
        p->shift_ms[r] = 0;
        p->waits_on[r] = 0;
        p->next_step[r] = t->placed ? (uint16_t)(t->head + 1) : 0;
        if (t->placed && p->next_step[r] < t->count) left++;
    }
    struct heap_item it;
    while (heap_pop(&p->merge, &it)) {
        uint16_t r = (uint16_t)it.seq, i = (uint16_t)it.value;
        if (held_back(p, w, r, i)) {
            wait_for(p, r, w->first);
            continue;
        }
        uint16_t last, by = p->cfg.robots;
        if (!time_steps(p, r, i, &last)) {
            for (uint16_t k = i; k <= last && by == robots; k++) by = stander(p, r, k);
            if (by == robots || p->next_step[by] >= p->route[by].count) return false;
            wait_for(p, r, by);
            continue;
        }
        p->next_step[r] = (uint16_t)(last + 1);
        if (p->next_step[r] >= p->route[r].count) left--;
        ms_t old = p->route[r].step[i].enter_ms + p->shift_ms[r];
        if (p->fresh[r][i] > old) p->shift_ms[r] += p->fresh[r][i] - old;
        wake(p, r, p->fresh[r][i]);
        push_next(p, r);
    }
    return left == 0;
}

int switch_order(struct plan *p, const struct switched *w, ms_t now_ms, ms_t gain_ms)
{
    struct plan_finding finding;
    ms_t sum = 0;
    if (!merge_switched(p, w, now_ms)) return ORD_ENOTFOUND;
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        const struct route *t = &p->route[r];
        if (!t->placed || t->count == t->head + 1) continue;
        uint16_t end = mission_end(t) > t->head ? mission_end(t) : (uint16_t)(t->count - 1);
        sum += weighed_ms(p, r, t, p->fresh[r][end] - t->step[end].enter_ms);
    }
    if (sum > -gain_ms) return ORD_ENOTFOUND;
    exchange_times(p);
    int err = plan_check(p->judge, p->route, p->cfg.robot_class, p->cfg.robots, &finding);
    if (err) {
        p->totals.rejected++;
        exchange_times(p);
    }
    return err;
}
