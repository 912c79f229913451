#include "plan_state.h"

#define TEND_MS 2000        /* how often the plan is looked over */
#define TRIED_MS 4000       /* a robot is not looked at again before, and twice as long after each time it was no use */
#define DELAY_LEAST_MS 5000 /* later than alone in the house by less than this: not worth a search */
#define WAIT_LEAST_MS 1500  /* a stand planned for others to pass, worth asking who they are */
#define GAIN_LEAST_MS 1000  /* what another order must gain, all robots together */
#define HOME_SHARE 8        /* time on the way home counts this much less */
#define WAITS_MOST 2
#define SEARCH_MOST 250   /* expansions of one search */
#define CREDIT_A_ROBOT 15 /* expansions each time, for each robot */
#define CREDIT_TIMES 4    /* so much is saved up at most */
#define CREDIT_A_LOOK 20  /* taken for looking at a robot, whatever comes of it */

/* ---- what a plan costs ---------------------------------------------------------------------------------------- */

static uint16_t last_wanted(const struct route *t)
{
    uint16_t end = mission_end(t);
    return end > t->head ? end : (uint16_t)(t->count - 1);
}

/* When it is at its goal, and what its rides in cars that people use cost besides their time. */
static ms_t cost_ms(const struct plan *p, uint16_t r, const struct route *t)
{
    ms_t sum = goal_ms(t);
    uint16_t end = p->cfg.shared_car_ms > 0 ? last_wanted(t) : 0;
    for (uint16_t i = (uint16_t)(t->head + 1); i <= end; i++)
        if (t->step[i].edge != ID_NONE && site_shared_ride(p->cfg.site, t->step[i].edge)) sum += shared_ms(p, r);
    return sum;
}

/* Time of robot r in units of plain time. */
ms_t weighed_ms(const struct plan *p, uint16_t r, const struct route *t, ms_t ms)
{
    ms_t weighed = ms * p->weight[r] / PLAN_WEIGHT_PLAIN;
    return mission_end(t) > t->head ? weighed : weighed / HOME_SHARE;
}

/* How much later all that changed, but one, come to their goals than before the trial began. */
ms_t trial_cost_ms(const struct plan *p, uint16_t except)
{
    ms_t sum = 0;
    for (uint16_t i = 0; i < p->trial.n; i++) {
        uint16_t r = p->trial.robot[i];
        if (r == except) continue;
        struct route before = p->trial.route[i];
        before.step = p->trial.step[i];
        sum += weighed_ms(p, r, &p->route[r], cost_ms(p, r, &p->route[r])) -
               weighed_ms(p, r, &before, cost_ms(p, r, &before));
    }
    return sum;
}

/* When the robot would reach its goal if nobody were in its way. */
static ms_t ideal_ms(struct plan *p, uint16_t r)
{
    const struct route *t = &p->route[r];
    uint16_t end = last_wanted(t);
    profile_id profile = profile_now(p, r);
    const uint32_t *driving = dist_driving(p->dist, profile, t->step[end].node);
    uint32_t ms = dist_standing(p->dist, profile, driving, route_frontier(t)->node, heading_at(p, t, t->head), false);
    return ms == DIST_FAR ? MS_NEVER : t->ready_ms + ms;
}

/* ---- who is waited for ---------------------------------------------------------------------------------------- */

struct wait {
    uint16_t at;    /* step of the robot that waits */
    uint16_t by;    /* the robot that leaves last */
    uint16_t by_at; /* its step that is waited for */
    ms_t ms;
};

/* Of all that go before step i of r, the visit that ends last. */
static const struct visit *last_before(const struct plan *p, uint16_t r, uint16_t i, ms_t begin_ms)
{
    const struct site *s = p->cfg.site;
    const struct route_step *v = &p->route[r].step[i];
    const struct visit *last = NULL;
    ms_t last_ms = MS_BEGIN;
    for (int k = 0; k < 2; k++) {
        if (k == 1 && v->edge == ID_NONE) break;
        res_id x = k == 0 ? res_node(s, v->node) : res_lane(s, s->edge[v->edge].lane);
        for (class_id c = 0; c < s->classes; c++) {
            if (!p->left[c]) continue;
            struct conflict_list list = site_conflicts(s, p->cfg.robot_class[r], x, c);
            for (uint32_t n = 0; n < list.count; n++)
                for (uint32_t id = resv_first(&p->resv, c, list.item[n].res); id != 0;
                     id = resv_visit(&p->resv, id)->next) {
                    const struct visit *w = resv_visit(&p->resv, id);
                    if (w->robot == r || w->from_ms >= begin_ms) continue;
                    ms_t ms = ms_add(w->to_ms, list.item[n].gap_ms);
                    if (ms < last_ms || (ms == last_ms && last && w->robot >= last->robot)) continue;
                    last = w;
                    last_ms = ms;
                }
        }
    }
    return last;
}

/* The longest waits for others on the way to the goal, longest first. */
static uint16_t find_waits(const struct plan *p, uint16_t r, struct wait *wait)
{
    const struct site *s = p->cfg.site;
    const struct route *t = &p->route[r];
    uint16_t end = last_wanted(t), n = 0;
    for (uint16_t i = (uint16_t)(t->head + 1); i <= end; i++) {
        if (route_move_start(s, t, i) != i) continue;
        ms_t ready = i - 1 == t->head ? t->ready_ms : t->step[i - 1].arrive_ms + t->step[i - 1].dwell_ms;
        ms_t ms = t->step[i].enter_ms - ready - t->step[i - 1].turn_ms;
        if (ms < WAIT_LEAST_MS || (n == WAITS_MOST && ms <= wait[n - 1].ms)) continue;
        uint16_t k = n < WAITS_MOST ? n++ : (uint16_t)(WAITS_MOST - 1);
        for (; k > 0 && wait[k - 1].ms < ms; k--) wait[k] = wait[k - 1];
        wait[k] = (struct wait){ .at = i, .by = p->cfg.robots, .ms = ms };
    }
    for (uint16_t k = 0; k < n; k++) {
        ms_t begin_ms = t->step[wait[k].at].enter_ms, last_ms = MS_BEGIN;
        for (uint16_t i = wait[k].at; i < t->count; i++) {
            const struct visit *w = last_before(p, r, i, begin_ms);
            if (w && w->to_ms > last_ms) {
                last_ms = w->to_ms;
                wait[k].by = w->robot;
                wait[k].by_at = (uint16_t)(w->step - p->route[w->robot].base);
            }
            if (node_stoppable(s, t->step[i].node)) break;
        }
    }
    return n;
}

/* ---- ways to help --------------------------------------------------------------------------------------------- */

static int keep_if_better(struct plan *p, int err, ms_t gain_ms)
{
    if (!err && trial_cost_ms(p, p->cfg.robots) > -gain_ms) err = ORD_ENOTFOUND;
    return trial_end(p, err);
}

static int improve_alone(struct plan *p, uint16_t r, struct plan_request want, ms_t gain_ms)
{
    ms_t before = goal_ms(&p->route[r]);
    trial_begin(p);
    trial_touch(p, r);
    cut_route(p, r, p->route[r].head);
    p->by_ms = ms_max(before - gain_ms, 1);
    int err = search_from(p, r, p->route[r].head, want);
    p->by_ms = 0;
    return keep_if_better(p, err, gain_ms);
}

/* r first, then the other one around it. */
static int improve_pair(struct plan *p, uint16_t r, struct plan_request want, uint16_t other, ms_t now_ms, ms_t gain_ms)
{
    uint16_t both[2] = { r, other };
    struct plan_request wants[2] = { want, goal_left(&p->route[other]) };
    ms_t before = goal_ms(&p->route[r]);
    trial_begin(p);
    p->by_ms = ms_max(before - gain_ms, 1);
    p->gain_ms = gain_ms;
    int err = search_group(p, both, wants, 2, now_ms);
    p->by_ms = p->gain_ms = 0;
    return keep_if_better(p, err, gain_ms);
}

static bool steps_conflict(const struct plan *p, uint16_t a, uint16_t i, uint16_t b, uint16_t j)
{
    const struct site *s = p->cfg.site;
    const struct route_step *v = &p->route[a].step[i], *w = &p->route[b].step[j];
    class_id ca = p->cfg.robot_class[a], cb = p->cfg.robot_class[b];
    if (site_conflict(s, ca, res_node(s, v->node), cb, res_node(s, w->node), NULL)) return true;
    res_id lane_v = v->edge == ID_NONE ? v->node : res_lane(s, s->edge[v->edge].lane);
    res_id lane_w = w->edge == ID_NONE ? w->node : res_lane(s, s->edge[w->edge].lane);
    return site_conflict(s, ca, lane_v, cb, lane_w, NULL) || site_conflict(s, ca, v->node, cb, lane_w, NULL) ||
           site_conflict(s, ca, lane_v, cb, w->node, NULL);
}

/* The last step of r from `from` on that conflicts with step j of o; 0: none. */
static uint16_t last_meeting(const struct plan *p, uint16_t r, uint16_t from, uint16_t end, uint16_t o, uint16_t j)
{
    for (uint16_t i = end; i >= from; i--)
        if (steps_conflict(p, r, i, o, j)) return i;
    return 0;
}

/* The stretch on which r would go first instead of w->by, as far as both go on meeting. False: the other one stands in
 * the way already. */
static bool stretch(const struct plan *p, uint16_t r, const struct wait *w, struct switched *sw)
{
    const struct route *o = &p->route[w->by];
    uint16_t end = last_wanted(&p->route[r]), meets = last_meeting(p, r, w->at, end, w->by, w->by_at);
    *sw = (struct switched){ .late = w->by, .first = r, .from = w->by_at, .until = meets };
    for (; meets != 0 && sw->from > o->head; sw->from--) {
        meets = last_meeting(p, r, w->at, end, w->by, (uint16_t)(sw->from - 1));
        if (meets == 0) break;
        if (meets > sw->until) sw->until = meets;
    }
    for (uint16_t j = (uint16_t)(w->by_at + 1); j < o->count; j++) {
        meets = last_meeting(p, r, w->at, end, w->by, j);
        if (meets == 0) break;
        if (meets > sw->until) sw->until = meets;
    }
    return sw->from > o->head;
}

/* Reverse one dependency: r goes first where it would wait for w->by. No search. */
static int improve_order(struct plan *p, uint16_t r, const struct wait *w, ms_t now_ms, ms_t gain_ms)
{
    const struct route *t = &p->route[r], *o = &p->route[w->by];
    struct switched sw;
    if (w->by_at <= o->head || !stretch(p, r, w, &sw)) return ORD_ENOTFOUND; /* claimed: not to be touched */
    /* What r gains and the other one loses, before anybody else is asked. */
    ms_t left_ms = (sw.until + 1 < t->count ? t->step[sw.until + 1].arrive_ms : t->step[sw.until].arrive_ms) - w->ms;
    ms_t loss_ms = ms_max(left_ms - o->step[sw.from].enter_ms, 0);
    if (mission_end(o) < sw.from) loss_ms /= HOME_SHARE;
    if (w->ms - loss_ms < gain_ms) return ORD_ENOTFOUND;
    return switch_order(p, &sw, now_ms, gain_ms);
}

static bool part(const struct plan *p, enum plan_part x) { return (p->cfg.without & x) == 0; }

/* Whom r waits for longest is told in *by; cfg.robots: nobody. */
static int help(struct plan *p, uint16_t r, struct plan_request want, ms_t now_ms, ms_t gain_ms, uint16_t *by)
{
    struct wait wait[WAITS_MOST];
    uint16_t waits = find_waits(p, r, wait);
    *by = waits > 0 ? wait[0].by : p->cfg.robots;
    int err = part(p, PLAN_REORDER) ? improve_alone(p, r, want, gain_ms) : ORD_ENOTFOUND;
    p->totals.alone += !err;
    for (uint16_t k = 0; k < waits && err && part(p, PLAN_SWITCH); k++) {
        if (wait[k].by == p->cfg.robots) continue;
        err = improve_order(p, r, &wait[k], now_ms, gain_ms);
        p->totals.switches += !err;
    }
    for (uint16_t k = 0; k < waits && err && part(p, PLAN_REORDER); k++) {
        bool known = wait[k].by == p->cfg.robots || !may_yield(&p->route[wait[k].by]);
        for (uint16_t i = 0; i < k && !known; i++) known = wait[i].by == wait[k].by;
        if (known) continue;
        err = improve_pair(p, r, want, wait[k].by, now_ms, gain_ms);
        p->totals.pairs += !err;
    }
    return err;
}

int plan_improve(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms, ms_t gain_ms)
{
    const struct route *t = &p->route[robot];
    if (!t->placed || !t->complete) return ORD_ENOTFOUND;
    p->totals.plans++;
    plan_retime(p, now_ms);
    uint16_t by;
    p->over_homes = part(p, PLAN_HOMES);
    return help(p, robot, want, now_ms, gain_ms, &by);
}

/* Who is later than alone by most, and was not looked at lately; cfg.robots: nobody. */
static uint16_t most_delayed(struct plan *p, ms_t now_ms)
{
    uint16_t worst = p->cfg.robots;
    ms_t most = DELAY_LEAST_MS - 1;
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        const struct route *t = &p->route[r];
        if (now_ms < p->tried_ms[r] || !t->complete || !may_yield(t) || mission_end(t) == t->head) continue;
        ms_t ideal = ideal_ms(p, r), late = ideal == MS_NEVER ? 0 : goal_ms(t) - ideal;
        if (late > most) {
            most = late;
            worst = r;
        }
    }
    return worst;
}

static void tend_one(struct plan *p, uint16_t r, ms_t now_ms)
{
    uint64_t before = p->totals.expansions;
    uint16_t by;
    bool helped = help(p, r, goal_left(&p->route[r]), now_ms, GAIN_LEAST_MS, &by) == ORD_OK;
    if (helped || by != p->waited_for[r]) p->pause[r] = 0; /* something new: soon again */
    else if (p->pause[r] < PAUSE_MOST) p->pause[r]++;
    p->waited_for[r] = by;
    p->tried_ms[r] = now_ms + ((ms_t)TRIED_MS << p->pause[r]);
    p->credit -= (int32_t)(p->totals.expansions - before) + CREDIT_A_LOOK;
}

void plan_tend(struct plan *p, ms_t now_ms)
{
    if (now_ms < p->tend_ms || !(part(p, PLAN_REORDER) || part(p, PLAN_SWITCH))) return;
    int32_t more = CREDIT_A_ROBOT * p->cfg.robots;
    p->tend_ms = now_ms + TEND_MS;
    p->credit = p->credit + more < more * CREDIT_TIMES ? p->credit + more : more * CREDIT_TIMES;
    p->over_homes = part(p, PLAN_HOMES);
    p->search_most = SEARCH_MOST;
    plan_retime(p, now_ms);
    while (p->credit > 0) {
        uint16_t r = most_delayed(p, now_ms);
        if (r == p->cfg.robots) break;
        tend_one(p, r, now_ms);
    }
    p->search_most = p->cfg.expansions_max;
}
