#include <assert.h>
#include <string.h>

#include "plan_state.h"

#define SWAP_GAIN_MS 5000 /* two robots exchange refuges when their ways home get shorter by this much in all */

#define TOLL_MS 300
#define SHARED_TIMES_MOST 6

static uint8_t group_of(const struct plan *p, uint16_t r) { return p->cfg.robot_group ? p->cfg.robot_group[r] : 0; }

profile_id profile_now(const struct plan *p, uint16_t r)
{
    return profile_of(p->cfg.site, p->cfg.robot_class[r], group_of(p, r));
}

/* ---- trials --------------------------------------------------------------------------------------------------- */

static void set_refuge(struct plan *p, uint16_t r, node_id n)
{
    struct route *t = &p->route[r];
    if (t->refuge != ID_NONE && p->keeper[t->refuge] == r + 1) p->keeper[t->refuge] = 0;
    t->refuge = n;
    if (n != ID_NONE) p->keeper[n] = (uint16_t)(r + 1);
}

void trial_begin(struct plan *p) { p->trial.n = 0; }

bool trial_touch(struct plan *p, uint16_t r)
{
    struct trial *a = &p->trial;
    for (uint16_t i = 0; i < a->n; i++)
        if (a->robot[i] == r) return true;
    if (a->n == TRIAL_MAX) return false;
    a->robot[a->n] = r;
    a->route[a->n] = p->route[r];
    memcpy(a->step[a->n], p->route[r].step, p->route[r].count * sizeof *p->route[r].step);
    a->n++;
    return true;
}

static void undo(struct plan *p)
{
    struct trial *a = &p->trial;
    for (uint16_t i = 0; i < a->n; i++) {
        table_cut(p, a->robot[i], (uint16_t)(a->route[i].head + 1));
        set_refuge(p, a->robot[i], ID_NONE);
    }
    for (uint16_t i = 0; i < a->n; i++) {
        struct route *t = &p->route[a->robot[i]];
        struct route_step *own = t->step;
        memcpy(own, a->step[i], a->route[i].count * sizeof *own);
        *t = a->route[i];
        t->step = own;
        if (t->refuge != ID_NONE) p->keeper[t->refuge] = (uint16_t)(a->robot[i] + 1);
        table_sync(p, a->robot[i]);
    }
}

int trial_end(struct plan *p, int err)
{
    struct plan_finding finding;
    if (!err) {
        err = plan_check(p->judge, p->route, p->cfg.robot_class, p->cfg.robots, &finding);
        if (err) p->totals.rejected++;
    }
    if (err) undo(p);
    p->trial.n = 0;
    return err;
}

void cut_route(struct plan *p, uint16_t r, uint16_t at)
{
    struct route *t = &p->route[r];
    table_cut(p, r, (uint16_t)(at + 1));
    t->count = (uint16_t)(at + 1);
    t->complete = false;
    t->step[at].flags &= (uint8_t)~STEP_REFUGE;
    set_refuge(p, r, ID_NONE);
    table_sync(p, r);
}

/* ---- what a route is for -------------------------------------------------------------------------------------- */

/* What the robot still has to do, read from its own route. */
struct plan_request goal_left(const struct route *t)
{
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].flags & STEP_GOAL) return (struct plan_request){ t->step[i].node, t->step[i].dwell_ms };
    return (struct plan_request){ ID_NONE, 0 };
}

/* The last step that the robot's mission needs: its goal, or its frontier. What follows is its way home. */
uint16_t mission_end(const struct route *t)
{
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].flags & STEP_GOAL) return i;
    return t->head;
}

ms_t goal_ms(const struct route *t)
{
    uint16_t end = mission_end(t);
    return t->step[end > t->head ? end : t->count - 1].arrive_ms;
}

/* It may be asked to go another way. */
bool may_yield(const struct route *t)
{
    return t->placed && !t->absent && (t->head + 1 < t->count || !t->complete) && !(t->step[t->head].flags & STEP_GOAL);
}

mrad_t heading_at(const struct plan *p, const struct route *t, uint16_t at)
{
    for (uint16_t i = at; i > 0; i--) {
        edge_id e = t->step[i].edge;
        if (e != ID_NONE && p->cfg.site->edge[e].ride_ms == 0) return p->cfg.site->edge[e].heading;
    }
    return t->heading;
}

/* When the robot will be free to go on from step `at` of its route. */
static ms_t free_at_ms(const struct route *t, uint16_t at)
{
    return at == t->head ? t->ready_ms : t->step[at].arrive_ms + t->step[at].dwell_ms;
}

/* ---- refuges -------------------------------------------------------------------------------------------------- */

static bool reserved(const struct plan *p, node_id n, uint16_t r) { return p->keeper[n] != 0 && p->keeper[n] != r + 1; }

/* The refuges nearest to where the robot will be, not reserved by others. */
uint8_t nearest_refuges(struct plan *p, uint16_t r, node_id from, node_id *best)
{
    const uint32_t *ms = dist_from(p->dist, profile_now(p, r), from);
    uint32_t best_ms[REFUGES_TRIED];
    uint8_t n = 0;
    for (uint16_t i = 0; i < p->refuges; i++) {
        node_id at = p->refuge[i];
        if (ms[at] == DIST_FAR || reserved(p, at, r)) continue;
        uint8_t k = n < REFUGES_TRIED ? n++ : REFUGES_TRIED;
        if (k == REFUGES_TRIED) {
            if (ms[at] >= best_ms[k - 1]) continue;
            k--;
        }
        while (k > 0 && ms[at] < best_ms[k - 1]) {
            best_ms[k] = best_ms[k - 1];
            best[k] = best[k - 1];
            k--;
        }
        best_ms[k] = ms[at];
        best[k] = at;
    }
    return n;
}

/* Who could give its refuge for `mine`, so that both ways home together get shorter, the one that gains most; or
 * cfg.robots. When robots are as many as refuges each would otherwise keep the one it began with, far away. */
static uint16_t swap_partner(struct plan *p, uint16_t robot, node_id goal, node_id mine)
{
    const uint32_t *ms = dist_from(p->dist, profile_now(p, robot), goal);
    uint16_t best = p->cfg.robots;
    int64_t best_gain = SWAP_GAIN_MS - 1, most = (int64_t)ms[mine];
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        const struct route *o = &p->route[r];
        if (r == robot || !o->placed || !o->complete || o->absent || ms[o->refuge] == DIST_FAR) continue;
        if (most - ms[o->refuge] <= best_gain) continue;
        uint16_t end = mission_end(o);
        if (end + 1 >= o->count) continue; /* it is there already */
        const uint32_t *theirs = dist_from(p->dist, profile_now(p, r), o->step[end].node);
        if (theirs[mine] == DIST_FAR) continue;
        int64_t gain = most - ms[o->refuge] + (int64_t)theirs[o->refuge] - theirs[mine];
        if (gain <= best_gain) continue;
        best_gain = gain;
        best = r;
    }
    return best;
}

/* ---- one robot ------------------------------------------------------------------------------------------------ */

/* Now and then people keep a car for a quarter of an hour: the more a robot's time is worth, the less it risks that. */
int32_t shared_ms(const struct plan *p, uint16_t r)
{
    int32_t most = SHARED_TIMES_MOST * p->cfg.shared_car_ms;
    int64_t ms = (int64_t)p->cfg.shared_car_ms * p->weight[r] / PLAN_WEIGHT_PLAIN;
    return ms < most ? (int32_t)ms : most;
}

/* The fastest way through the table; it becomes the route behind step `at`. */
static int find_way(struct plan *p, uint16_t r, uint16_t at, struct plan_request want, const node_id *end, uint8_t ends)
{
    struct route *t = &p->route[r];
    struct sipp_query q = { .robot = r,
                            .cls = p->cfg.robot_class[r],
                            .group = group_of(p, r),
                            .start = t->step[at].node,
                            .start_ms = free_at_ms(t, at),
                            .heading = heading_at(p, t, at),
                            .ends = ends,
                            .flow = p->flow,
                            .toll_ms = p->cfg.without & PLAN_GUIDANCE ? 0 : TOLL_MS,
                            .shared_ms = shared_ms(p, r),
                            .by_ms = p->by_ms,
                            .expansions_max = p->search_most };
    p->by_ms = 0; /* holds for the first search of a trial */
    if (ends == 0) return ORD_ENOTFOUND;
    if (want.goal != ID_NONE) q.goal[q.goals++] = (struct sipp_goal){ want.goal, want.dwell_ms };
    memcpy(q.end, end, ends * sizeof *end);
    uint16_t count;
    int32_t turn;
    int err = sipp_find(p->sipp, &p->resv, p->dist, &q, p->found, (uint16_t)(ROUTE_MAX - 1 - at), &count, &turn);
    p->totals.expansions += sipp_expansions(p->sipp);
    if (err) return err;
    t->count = (uint16_t)(at + 1 + count);
    memcpy(t->step + at + 1, p->found, count * sizeof *p->found);
    t->step[at].turn_ms = turn;
    t->step[t->count - 1].flags |= STEP_REFUGE;
    t->complete = true;
    set_refuge(p, r, t->step[t->count - 1].node);
    table_sync(p, r);
    return ORD_OK;
}

/* A new way home for one who gave its refuge away, or whose old one led through a mission; everything counts. */
static int search_home(struct plan *p, uint16_t r)
{
    struct route *t = &p->route[r];
    uint16_t end = mission_end(t);
    node_id refuge[REFUGES_TRIED];
    if (!trial_touch(p, r)) return ORD_EFULL;
    cut_route(p, r, end);
    p->resv.overlook_soft = false;
    return find_way(p, r, end, (struct plan_request){ ID_NONE, 0 }, refuge,
                    nearest_refuges(p, r, t->step[end].node, refuge));
}

static bool overlap(const struct visit *a, const struct visit *b, ms_t gap_ms)
{
    bool after = a->to_ms != MS_NEVER && a->to_ms + gap_ms <= b->from_ms;
    bool before = b->to_ms != MS_NEVER && b->to_ms + gap_ms <= a->from_ms;
    return !after && !before;
}

/* Marks whose ways home the visit crosses. */
static void mark_crossed(const struct plan *p, const struct visit *v, bool *crossed)
{
    const struct site *s = p->cfg.site;
    for (class_id c = 0; c < s->classes; c++) {
        if (!p->left[c]) continue;
        struct conflict_list list = site_conflicts(s, p->cfg.robot_class[v->robot], v->res, c);
        for (uint32_t i = 0; i < list.count; i++)
            for (uint32_t id = resv_first(&p->resv, c, list.item[i].res); id != 0;
                 id = resv_visit(&p->resv, id)->next) {
                const struct visit *w = resv_visit(&p->resv, id);
                if (!w->soft || w->robot == v->robot) continue;
                if (overlap(v, w, list.item[i].gap_ms)) crossed[w->robot] = true;
            }
    }
}

/* Everybody whose way home the new route of r crosses gets another one, around everything. */
static int clear_crossed(struct plan *p, uint16_t r)
{
    const struct route *t = &p->route[r];
    memset(p->crossed, 0, p->cfg.robots * sizeof *p->crossed);
    for (uint16_t i = t->head; i < t->count; i++) { /* it may stand at its frontier longer than before */
        const struct held *h = &p->held[r][i];
        mark_crossed(p, resv_visit(&p->resv, h->node), p->crossed);
        if (h->lane != 0) mark_crossed(p, resv_visit(&p->resv, h->lane), p->crossed);
    }
    for (uint16_t o = 0; o < p->cfg.robots; o++) {
        if (!p->crossed[o]) continue;
        int err = search_home(p, o);
        if (err) return err;
    }
    return ORD_OK;
}

/* Missions go before ways home: while searching, those of others count only where they come out of their goals. The
 * refuge may be another robot's that can do with a free one. */
static int search_over_homes(struct plan *p, uint16_t r, uint16_t at, struct plan_request want)
{
    node_id goal = want.goal != ID_NONE ? want.goal : p->route[r].step[at].node, end[REFUGES_TRIED + 1];
    uint8_t ends = nearest_refuges(p, r, goal, end);
    uint16_t other = ends > 0 ? swap_partner(p, r, goal, end[0]) : p->cfg.robots;
    if (other < p->cfg.robots) {
        if (!trial_touch(p, other)) return ORD_EFULL;
        end[ends++] = p->route[other].refuge;
    }
    p->resv.overlook_soft = true;
    int err = find_way(p, r, at, want, end, ends);
    p->resv.overlook_soft = false;
    if (err) return err;
    if (other < p->cfg.robots && p->route[other].refuge == p->route[r].refuge) {
        p->route[other].refuge = ID_NONE; /* it is r's now */
        err = search_home(p, other);
    }
    return err ? err : clear_crossed(p, r);
}

int search_from(struct plan *p, uint16_t r, uint16_t at, struct plan_request want)
{
    node_id goal = want.goal != ID_NONE ? want.goal : p->route[r].step[at].node, end[REFUGES_TRIED];
    if (p->over_homes) return search_over_homes(p, r, at, want);
    p->resv.overlook_soft = false;
    return find_way(p, r, at, want, end, nearest_refuges(p, r, goal, end));
}

static int route_once(struct plan *p, uint16_t r, struct plan_request want)
{
    trial_begin(p);
    trial_touch(p, r);
    cut_route(p, r, p->route[r].head);
    return trial_end(p, search_from(p, r, p->route[r].head, want));
}

int route_alone(struct plan *p, uint16_t r, struct plan_request want)
{
    p->over_homes = (p->cfg.without & PLAN_HOMES) == 0;
    int err = p->over_homes ? route_once(p, r, want) : ORD_ENOTFOUND;
    if (!err) return ORD_OK;
    p->over_homes = false;
    return route_once(p, r, want);
}

/* ---- several -------------------------------------------------------------------------------------------------- */

/* For the search of others: where its cut route ends, the robot makes way a moment after it could. */
static void leave_soon(struct plan *p, uint16_t r, ms_t now_ms)
{
    const struct route *t = &p->route[r];
    struct visit *v = resv_visit(&p->resv, p->held[r][t->head].node);
    v->to_ms = ms_max(t->ready_ms, now_ms) + 4 * STANDS_LEAST_MS;
}

/* The last one of a group may lose what the others gain, but no more. */
static void bound_last(struct plan *p, uint16_t r)
{
    uint16_t k = 0;
    while (k < p->trial.n && p->trial.robot[k] != r) k++;
    assert(k < p->trial.n); /* the whole group was touched */
    struct route before = p->trial.route[k];
    before.step = p->trial.step[k];
    ms_t spare_ms = (-trial_cost_ms(p, r) - p->gain_ms) * PLAN_WEIGHT_PLAIN / p->weight[r];
    p->by_ms = ms_max(goal_ms(&before) + spare_ms, 1);
}

int search_group(struct plan *p, const uint16_t *robot, const struct plan_request *want, uint16_t n, ms_t now_ms)
{
    for (uint16_t i = 0; i < n; i++) {
        if (!trial_touch(p, robot[i])) return ORD_EFULL;
        cut_route(p, robot[i], p->route[robot[i]].head);
        leave_soon(p, robot[i], now_ms);
    }
    for (uint16_t i = 0; i < n; i++) {
        if (i > 0 && i + 1 == n && p->gain_ms > 0 && want[i].goal != ID_NONE) bound_last(p, robot[i]);
        int err = search_from(p, robot[i], p->route[robot[i]].head, want[i]);
        if (err) return err;
    }
    return ORD_OK;
}

/* Adds those who hold or will hold x, with `last` only those who mean to stay there; by number, as they come. */
static uint16_t partners_at(const struct plan *p, uint16_t robot, res_id x, bool last, uint16_t *partner, uint16_t n)
{
    const struct site *s = p->cfg.site;
    uint16_t before = n;
    for (class_id c = 0; c < s->classes; c++) {
        struct conflict_list list = site_conflicts(s, p->cfg.robot_class[robot], x, c);
        for (uint32_t i = 0; i < list.count; i++)
            for (uint32_t id = resv_first(&p->resv, c, list.item[i].res); id != 0;
                 id = resv_visit(&p->resv, id)->next) {
                const struct visit *w = resv_visit(&p->resv, id);
                bool known = w->robot == robot || (last && w->to_ms != MS_NEVER);
                for (uint16_t k = 0; k < n && !known; k++) known = partner[k] == w->robot;
                if (known || !may_yield(&p->route[w->robot])) continue;
                uint16_t k = n < PARTNERS_MOST ? n++ : PARTNERS_MOST;
                if (k == PARTNERS_MOST && (k == before || partner[k - 1] < w->robot)) continue;
                if (k == PARTNERS_MOST) k--;
                while (k > before && partner[k - 1] > w->robot) {
                    partner[k] = partner[k - 1];
                    k--;
                }
                partner[k] = w->robot;
            }
    }
    return n;
}

static uint16_t partners_along(struct plan *p, uint16_t robot, node_id from, node_id to, bool last, uint16_t *partner,
                               uint16_t n)
{
    const struct site *s = p->cfg.site;
    class_id cls = p->cfg.robot_class[robot];
    profile_id profile = profile_now(p, robot);
    const uint32_t *ms = dist_to(p->dist, profile, to);
    for (node_id at = from; ms[at] != DIST_FAR && n < PARTNERS_MOST;) {
        n = partners_at(p, robot, res_node(s, at), last, partner, n);
        if (at == to) break;
        edge_id next = ID_NONE;
        for (uint32_t i = s->out_start[at]; i < s->out_start[at + 1] && next == ID_NONE; i++) {
            edge_id e = s->out_edge[i];
            if (dist_usable(p->dist, profile, e) && ms[s->edge[e].to] != DIST_FAR &&
                ms[at] == ms[s->edge[e].to] + edge_nominal_ms(s, cls, e))
                next = e;
        }
        n = partners_at(p, robot, res_lane(s, s->edge[next].lane), last, partner, n);
        at = s->edge[next].to;
    }
    return n;
}

/* With whom to plan together when there is no way alone: in a small fleet everybody; else first those who mean to stay
 * on the direct way to the goal and to the next refuge, then those who pass there. */
static uint16_t partners(struct plan *p, uint16_t robot, struct plan_request want, uint16_t *partner)
{
    uint16_t n = 0;
    if (p->cfg.robots <= PARTNERS_MOST) {
        for (uint16_t k = 1; k < p->cfg.robots; k++) {
            uint16_t other = (uint16_t)((robot + k) % p->cfg.robots);
            if (may_yield(&p->route[other])) partner[n++] = other;
        }
        return n;
    }
    node_id start = route_frontier(&p->route[robot])->node, goal = want.goal != ID_NONE ? want.goal : start,
            refuge[REFUGES_TRIED];
    uint8_t refuges = nearest_refuges(p, robot, goal, refuge);
    for (int last = 1; last >= 0; last--) {
        n = partners_along(p, robot, start, goal, last, partner, n);
        if (refuges > 0) n = partners_along(p, robot, goal, refuge[0], last, partner, n);
    }
    return n;
}

int route_pair(struct plan *p, uint16_t r, struct plan_request want, uint16_t other, ms_t now_ms, ms_t most_ms)
{
    uint16_t both[2] = { r, other };
    struct plan_request wants[2] = { want, goal_left(&p->route[other]) };
    trial_begin(p);
    int err = search_group(p, both, wants, 2, now_ms);
    if (!err && goal_ms(&p->route[r]) + goal_ms(&p->route[other]) > most_ms) err = ORD_ENOTFOUND;
    err = trial_end(p, err);
    if (!err) p->totals.pairs++;
    return err;
}

int route_together(struct plan *p, uint16_t r, struct plan_request want, ms_t now_ms)
{
    uint16_t partner[PARTNERS_MOST], n = partners(p, r, want, partner);
    int err = ORD_ENOTFOUND;
    p->over_homes = false;
    for (uint16_t k = 0; err == ORD_ENOTFOUND && k < n; k++) err = route_pair(p, r, want, partner[k], now_ms, MS_NEVER);
    return err;
}

int route_home_again(struct plan *p, uint16_t r)
{
    trial_begin(p);
    int err = trial_end(p, search_home(p, r));
    if (err) cut_route(p, r, p->route[r].head);
    return err;
}
