#include "plan.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"
#include "plan_check.h"

#define REFUGES_TRIED 4
#define SIPP_STATES 32768
#define PARTNERS_MOST 12    /* of a pair search, in a large fleet */
#define SWAP_GAIN_MS 5000   /* two robots exchange refuges when their ways home get shorter by this much in all */
#define STANDS_LEAST_MS 500 /* a robot that should have moved on is expected to need at least this much more */

struct plan {
    struct plan_config cfg;
    struct route *route;
    struct resv resv;
    struct sipp *sipp;
    struct dist *dist;
    struct plan_judge *judge;
    struct plan_totals totals;
    node_id *refuge; /* all refuges of the site */
    uint16_t refuges;
    /* scratch */
    struct heap merge;
    uint32_t *open_visit;        /* per robot: visit index + 1 of the node visit whose end is not known yet */
    ms_t *timed_ms;              /* per robot: when it arrives at the last step timed so far */
    struct route_step *found;    /* ROUTE_MAX */
    struct route_step *saved[2]; /* ROUTE_MAX each: routes before a trial */
    struct route saved_route[2];
};

/* Room for all goals, stations and refuges, of a floor of moderate size. */
static uint16_t rows_for(const struct site *s)
{
    if (s->nodes < 128) return (uint16_t)(s->nodes + 4);
    return s->nodes < 2048 ? 512 : 128;
}

static uint32_t visits_for(const struct plan_config *cfg) { return (uint32_t)cfg->robots * 2 * ROUTE_MAX; }

size_t plan_memory(const struct plan_config *cfg)
{
    size_t robots = cfg->robots;
    return sizeof(struct plan) +
           robots * (sizeof(struct route) + sizeof(struct heap_item) + sizeof(uint32_t) + sizeof(ms_t)) +
           (robots + 3) * ROUTE_MAX * sizeof(struct route_step) + (size_t)cfg->site->nodes * sizeof(node_id) +
           resv_memory(cfg->site, visits_for(cfg)) + sipp_memory(SIPP_STATES) +
           dist_memory(cfg->site, rows_for(cfg->site), cfg->access.groups) + plan_judge_memory(cfg->site, cfg->robots) +
           (robots + 13) * 16;
}

int plan_open(struct plan **out, struct arena *mem, const struct plan_config *cfg)
{
    const struct site *s = cfg->site;
    struct plan *p = arena_new(mem, struct plan, 1);
    if (!p) return ORD_EFULL;
    p->cfg = *cfg;
    p->route = arena_new(mem, struct route, cfg->robots);
    struct heap_item *items = arena_new(mem, struct heap_item, cfg->robots);
    p->open_visit = arena_new(mem, uint32_t, cfg->robots);
    p->timed_ms = arena_new(mem, ms_t, cfg->robots);
    p->found = arena_new(mem, struct route_step, ROUTE_MAX);
    p->saved[0] = arena_new(mem, struct route_step, ROUTE_MAX);
    p->saved[1] = arena_new(mem, struct route_step, ROUTE_MAX);
    p->refuge = arena_new(mem, node_id, s->nodes);
    if (!p->route || !items || !p->open_visit || !p->timed_ms || !p->found || !p->saved[0] || !p->saved[1] ||
        !p->refuge)
        return ORD_EFULL;
    heap_init(&p->merge, items, cfg->robots);
    for (uint16_t r = 0; r < cfg->robots; r++) {
        p->route[r].step = arena_new(mem, struct route_step, ROUTE_MAX);
        if (!p->route[r].step) return ORD_EFULL;
        p->route[r].refuge = ID_NONE;
    }
    for (node_id n = 0; n < s->nodes; n++)
        if (s->node[n].flags & NODE_REFUGE) p->refuge[p->refuges++] = n;
    int err = resv_open(&p->resv, mem, s, cfg->robot_class, visits_for(cfg));
    if (!err) err = sipp_open(&p->sipp, mem, s, SIPP_STATES);
    if (!err) err = dist_open(&p->dist, mem, s, rows_for(s), cfg->access);
    if (!err) err = plan_judge_open(&p->judge, mem, s, cfg->robots);
    if (!err) *out = p;
    return err;
}

const struct route *plan_of(const struct plan *p, uint16_t robot) { return &p->route[robot]; }
struct dist *plan_dist(struct plan *p) { return p->dist; }
const struct site *plan_site(const struct plan *p) { return p->cfg.site; }
struct plan_totals plan_totals(const struct plan *p) { return p->totals; }
void plan_access_changed(struct plan *p) { dist_access_changed(p->dist); }

static uint8_t group_of(const struct plan *p, uint16_t r) { return p->cfg.robot_group ? p->cfg.robot_group[r] : 0; }

profile_id plan_profile(const struct plan *p, uint16_t robot)
{
    return profile_of(p->cfg.site, p->cfg.robot_class[robot], group_of(p, robot));
}

bool plan_open_ahead(const struct plan *p, uint16_t robot)
{
    const struct route *t = &p->route[robot];
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].edge != ID_NONE && !dist_usable(p->dist, plan_profile(p, robot), t->step[i].edge)) return false;
    return true;
}

/* ---- times ---------------------------------------------------------------------------------------------------- */

static void add_node_visit(struct plan *p, uint16_t r, uint16_t i, ms_t from, ms_t to)
{
    const struct route *t = &p->route[r];
    bool room = resv_add(&p->resv, res_node(p->cfg.site, t->step[i].node), r, route_number(t, i), from, to);
    assert(room); /* the table has two places for every step of every route */
    (void)room;
}

static void add_lane_visit(struct plan *p, uint16_t r, uint16_t i, ms_t from, ms_t to)
{
    const struct site *s = p->cfg.site;
    const struct route *t = &p->route[r];
    if (t->step[i].edge == ID_NONE) return;
    bool room = resv_add(&p->resv, res_lane(s, s->edge[t->step[i].edge].lane), r, route_number(t, i), from, to);
    assert(room);
    (void)room;
}

/* Estimates for the claimed part, counted from when the tail was passed; never in the past. */
static void time_claim(struct plan *p, uint16_t r, ms_t now_ms)
{
    struct route *t = &p->route[r];
    ms_t at = t->tail_ms;
    t->step[0].arrive_ms = at;
    for (uint16_t i = 1; i <= t->head; i++) {
        struct route_step *v = &t->step[i];
        ms_t took = ms_max(v->arrive_ms - v->enter_ms, 1);
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

static void index_claim(struct plan *p, uint16_t r)
{
    const struct route *t = &p->route[r];
    for (uint16_t i = 0; i <= t->head; i++) {
        if (i > 0) add_lane_visit(p, r, i, MS_BEGIN, t->step[i].arrive_ms);
        add_node_visit(p, r, i, MS_BEGIN, i < t->head ? t->step[i + 1].arrive_ms : MS_NEVER);
    }
}

/* All visits as the routes say now. */
static void index_routes(struct plan *p)
{
    resv_clear(&p->resv);
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        const struct route *t = &p->route[r];
        if (!t->placed) continue;
        for (uint16_t i = 0; i < t->count; i++) {
            ms_t from = i <= t->head ? MS_BEGIN : t->step[route_move_start(p->cfg.site, t, i)].enter_ms;
            if (i > 0) add_lane_visit(p, r, i, from, t->step[i].arrive_ms);
            add_node_visit(p, r, i, from, i + 1 < t->count ? t->step[i + 1].arrive_ms : MS_NEVER);
        }
    }
}

/* When everybody already in the table has left all that conflicts with x. */
static ms_t others_leave_ms(const struct plan *p, uint16_t robot, res_id x)
{
    const struct site *s = p->cfg.site;
    class_id mine = p->cfg.robot_class[robot];
    ms_t latest = MS_BEGIN;
    for (class_id other = 0; other < s->classes; other++) {
        struct conflict_list list = site_conflicts(s, mine, x, other);
        for (uint32_t i = 0; i < list.count; i++) {
            for (uint32_t v = p->resv.first[list.item[i].res]; v != 0; v = p->resv.visit[v - 1].next) {
                const struct visit *w = &p->resv.visit[v - 1];
                if (w->robot != robot && p->cfg.robot_class[w->robot] == other)
                    latest = ms_max(latest, ms_add(w->to_ms, list.item[i].gap_ms));
            }
        }
    }
    return latest;
}

static void cut_route(struct route *t)
{
    t->count = (uint16_t)(t->head + 1);
    t->complete = false;
    t->refuge = ID_NONE;
    t->step[t->head].flags &= (uint8_t)~STEP_REFUGE;
}

static ms_t step_took_ms(const struct route_step *v) { return ms_max(v->arrive_ms - v->enter_ms, 1); }

/* When everybody in the table has left all that the unclaimed step i of robot r needs. */
static ms_t step_free_ms(const struct plan *p, uint16_t r, uint16_t i)
{
    const struct site *s = p->cfg.site;
    const struct route_step *v = &p->route[r].step[i];
    ms_t free_ms = others_leave_ms(p, r, res_node(s, v->node));
    return v->edge == ID_NONE ? free_ms : ms_max(free_ms, others_leave_ms(p, r, res_lane(s, s->edge[v->edge].lane)));
}

/* One move of the merge: the unclaimed steps from i to the next place where one may stand get their earliest times
 * behind all that go before them, in the table only. False: somebody who will not leave stands in the way. */
static bool time_move(struct plan *p, uint16_t r, uint16_t i)
{
    const struct route *t = &p->route[r];
    uint16_t last = i;
    ms_t free_ms = step_free_ms(p, r, i);
    while (last + 1 < t->count && !node_stoppable(p->cfg.site, t->step[last].node))
        free_ms = ms_max(free_ms, step_free_ms(p, r, ++last));
    if (free_ms == MS_NEVER) return false;
    ms_t ready = i - 1 == t->head ? t->ready_ms : p->timed_ms[r] + t->step[i - 1].dwell_ms;
    ms_t begin = ms_max(ready + t->step[i - 1].turn_ms, free_ms), enter = begin;
    for (uint16_t k = i; k <= last; k++) {
        ms_t arrive = enter + step_took_ms(&t->step[k]);
        p->resv.visit[p->open_visit[r] - 1].to_ms = arrive;
        add_lane_visit(p, r, k, begin, arrive);
        add_node_visit(p, r, k, begin, MS_NEVER);
        p->open_visit[r] = p->resv.visits;
        p->timed_ms[r] = arrive;
        enter = arrive + t->step[k].turn_ms;
    }
    if (last + 1 < t->count) heap_push(&p->merge, t->step[last + 1].enter_ms, r, last + 1u);
    return true;
}

/* Moves are taken in the order of their old times, so everybody who goes before is in the table with new times. Each
 * robot's next move is in the heap under its old time: those times rise along a route. False: a route had to be cut. */
static bool merge_times(struct plan *p, ms_t now_ms)
{
    resv_clear(&p->resv);
    p->merge.count = 0;
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        struct route *t = &p->route[r];
        if (!t->placed) continue;
        time_claim(p, r, now_ms);
        index_claim(p, r);
        p->open_visit[r] = p->resv.visits;
        if (t->head + 1 < t->count) heap_push(&p->merge, t->step[t->head + 1].enter_ms, r, t->head + 1u);
    }
    struct heap_item it;
    while (heap_pop(&p->merge, &it)) {
        if (time_move(p, (uint16_t)it.seq, (uint16_t)it.value)) continue;
        cut_route(&p->route[it.seq]);
        return false;
    }
    return true;
}

/* A robot that is cut stays at its frontier, although the table has it gone: all is timed again, from the old times,
 * until nobody else has to be cut. Only then are the new times written down. */
void plan_retime(struct plan *p, ms_t now_ms)
{
    while (!merge_times(p, now_ms)) {}
    for (uint32_t i = 0; i < p->resv.visits; i++) {
        const struct visit *w = &p->resv.visit[i];
        struct route *t = &p->route[w->robot];
        uint32_t k = w->step - t->base;
        bool on_lane = w->res >= p->cfg.site->nodes, has_lane = k < t->count && t->step[k].edge != ID_NONE;
        if (k <= t->head || on_lane != has_lane)
            continue; /* the lane knows when its end is reached; without one it is a move of its own */
        ms_t took = step_took_ms(&t->step[k]), arrive = on_lane ? w->to_ms : w->from_ms + took;
        t->step[k].enter_ms = arrive - took;
        t->step[k].arrive_ms = arrive;
    }
}

/* ---- claims --------------------------------------------------------------------------------------------------- */

static bool claims_conflict(const struct plan *p, uint16_t robot, res_id x, uint16_t other)
{
    const struct site *s = p->cfg.site;
    const struct route *t = &p->route[other];
    class_id a = p->cfg.robot_class[robot], b = p->cfg.robot_class[other];
    for (uint16_t i = 0; i <= t->head; i++) {
        const struct route_step *v = &t->step[i];
        if (site_conflict(s, a, x, b, res_node(s, v->node), NULL)) return true;
        if (i > 0 && v->edge != ID_NONE && site_conflict(s, a, x, b, res_lane(s, s->edge[v->edge].lane), NULL))
            return true;
    }
    return false;
}

void plan_remove(struct plan *p, uint16_t robot)
{
    struct route *t = &p->route[robot];
    t->base += t->count;
    t->placed = t->complete = false;
    t->refuge = ID_NONE;
    t->count = t->head = 0;
    index_routes(p);
}

uint16_t plan_next(const struct plan *p, uint16_t robot)
{
    const struct route *t = &p->route[robot];
    if (!t->placed || (t->step[t->head].flags & STEP_GOAL)) return t->head;
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (node_stoppable(p->cfg.site, t->step[i].node)) return i;
    return t->head;
}

/* Whether visit w goes before step `mine` of `robot` and is not over yet. */
static bool goes_before(const struct plan *p, const struct visit *w, bool lane, uint16_t robot,
                        const struct route_step *mine)
{
    const struct route *o = &p->route[w->robot];
    if (!o->placed || w->step < o->base || (lane && w->step == o->base)) return false; /* left already */
    if (w->step <= o->base + o->head) return true;                                     /* claimed */
    if (w->step >= o->base + o->count) return false;                                   /* planned no more */
    if (w->from_ms != mine->enter_ms) return w->from_ms < mine->enter_ms;
    return w->robot < robot;
}

static bool resource_blocked(const struct plan *p, uint16_t robot, res_id x, const struct route_step *mine,
                             uint16_t *by)
{
    const struct site *s = p->cfg.site;
    class_id cls = p->cfg.robot_class[robot];
    for (class_id other = 0; other < s->classes; other++) {
        struct conflict_list list = site_conflicts(s, cls, x, other);
        for (uint32_t i = 0; i < list.count; i++) {
            res_id y = list.item[i].res;
            for (uint32_t v = p->resv.first[y]; v != 0; v = p->resv.visit[v - 1].next) {
                const struct visit *w = &p->resv.visit[v - 1];
                if (w->robot == robot || p->cfg.robot_class[w->robot] != other) continue;
                if (goes_before(p, w, y >= s->nodes, robot, mine)) {
                    *by = w->robot;
                    return true;
                }
            }
        }
    }
    return false;
}

bool plan_blocked(const struct plan *p, uint16_t robot, uint16_t to, uint16_t *by)
{
    const struct site *s = p->cfg.site;
    const struct route *t = &p->route[robot];
    for (uint16_t i = (uint16_t)(t->head + 1); i <= to; i++) {
        const struct route_step *v = &t->step[i], *begin = &t->step[route_move_start(s, t, i)];
        if (v->edge != ID_NONE && resource_blocked(p, robot, res_lane(s, s->edge[v->edge].lane), begin, by))
            return true;
        if (resource_blocked(p, robot, res_node(s, v->node), begin, by)) return true;
    }
    return false;
}

void plan_claim(struct plan *p, uint16_t robot, uint16_t to)
{
    struct route *t = &p->route[robot];
    assert(to > t->head && to < t->count);
    assert(node_stoppable(p->cfg.site, t->step[to].node)); /* invariant 4 */
    t->head = to;
}

void plan_reached(struct plan *p, uint16_t robot, uint32_t number, ms_t now_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed || number <= t->base || number > t->base + t->head) return;
    uint16_t by = (uint16_t)(number - t->base);
    for (uint16_t i = 1; i <= by; i++) {
        edge_id e = t->step[i].edge;
        if (e != ID_NONE && p->cfg.site->edge[e].ride_ms == 0) t->heading = p->cfg.site->edge[e].heading;
    }
    t->base += by;
    t->count = (uint16_t)(t->count - by);
    t->head = (uint16_t)(t->head - by);
    memmove(t->step, t->step + by, t->count * sizeof *t->step);
    t->tail_ms = now_ms;
}

void plan_served(struct plan *p, uint16_t robot, ms_t now_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed) return;
    struct route_step *v = &t->step[t->head];
    v->flags &= (uint8_t)~STEP_GOAL;
    v->dwell_ms = 0;
    t->ready_ms = now_ms;
}

void plan_forget_goal(struct plan *p, uint16_t robot)
{
    struct route *t = &p->route[robot];
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++) {
        t->step[i].flags &= (uint8_t)~STEP_GOAL;
        t->step[i].dwell_ms = 0;
    }
}

/* ---- planning ------------------------------------------------------------------------------------------------- */

static mrad_t heading_at(const struct plan *p, const struct route *t, uint16_t at)
{
    for (uint16_t i = at; i > 0; i--) {
        edge_id e = t->step[i].edge;
        if (e != ID_NONE && p->cfg.site->edge[e].ride_ms == 0) return p->cfg.site->edge[e].heading;
    }
    return t->heading;
}

static void save(struct plan *p, int slot, uint16_t robot)
{
    struct route *t = &p->route[robot];
    p->saved_route[slot] = *t;
    memcpy(p->saved[slot], t->step, t->count * sizeof *t->step);
}

static void restore(struct plan *p, int slot, uint16_t robot)
{
    struct route *t = &p->route[robot];
    struct route_step *own = t->step;
    *t = p->saved_route[slot];
    t->step = own;
    memcpy(own, p->saved[slot], t->count * sizeof *own);
}

static bool refuge_reserved(const struct plan *p, node_id n, uint16_t robot)
{
    for (uint16_t r = 0; r < p->cfg.robots; r++)
        if (r != robot && p->route[r].placed && p->route[r].refuge == n) return true;
    return false;
}

/* The refuges nearest to where the robot will be, not reserved by others. */
static uint8_t nearest_refuges(struct plan *p, uint16_t robot, node_id from, node_id *best)
{
    const uint32_t *ms = dist_from(p->dist, plan_profile(p, robot), from);
    uint32_t best_ms[REFUGES_TRIED];
    uint8_t n = 0;
    for (uint16_t i = 0; i < p->refuges; i++) {
        node_id at = p->refuge[i];
        if (ms[at] == DIST_FAR || refuge_reserved(p, at, robot)) continue;
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

/* When the robot will be free to go on from step `at` of its route. */
static ms_t free_at_ms(const struct route *t, uint16_t at)
{
    return at == t->head ? t->ready_ms : t->step[at].arrive_ms + t->step[at].dwell_ms;
}

/* Search against the visits in the table and write the result behind step `at`, the frontier or a later one, with one
 * of the n refuges as its end. Times are valid, nothing is judged yet. */
static int search_from(struct plan *p, uint16_t robot, uint16_t at, struct plan_request want, const node_id *refuge,
                       uint8_t n)
{
    struct route *t = &p->route[robot];
    int err = ORD_ENOTFOUND;
    for (uint8_t k = 0; k < n; k++) {
        struct sipp_query q = { .robot = robot,
                                .cls = p->cfg.robot_class[robot],
                                .group = group_of(p, robot),
                                .start = t->step[at].node,
                                .start_ms = free_at_ms(t, at),
                                .heading = heading_at(p, t, at),
                                .expansions_max = p->cfg.expansions_max };
        if (want.goal != ID_NONE) q.goal[q.goals++] = (struct sipp_goal){ want.goal, want.dwell_ms };
        q.goal[q.goals++] = (struct sipp_goal){ refuge[k], 0 };
        uint16_t count;
        int32_t turn;
        err = sipp_find(p->sipp, &p->resv, p->dist, &q, p->found, (uint16_t)(ROUTE_MAX - 1 - at), &count, &turn);
        p->totals.expansions += sipp_expansions(p->sipp);
        if (err) continue;
        t->count = (uint16_t)(at + 1 + count);
        memcpy(t->step + at + 1, p->found, count * sizeof *p->found);
        t->step[at].turn_ms = turn;
        t->step[at].flags &= (uint8_t)~STEP_REFUGE;
        t->step[t->count - 1].flags |= STEP_REFUGE;
        t->complete = true;
        t->refuge = refuge[k];
        return ORD_OK;
    }
    return err;
}

static int search(struct plan *p, uint16_t robot, struct plan_request want)
{
    const struct route *t = &p->route[robot];
    node_id refuge[REFUGES_TRIED];
    uint8_t n = nearest_refuges(p, robot, want.goal != ID_NONE ? want.goal : route_frontier(t)->node, refuge);
    return search_from(p, robot, t->head, want, refuge, n);
}

static int judge(struct plan *p)
{
    struct plan_finding finding;
    int err = plan_check(p->judge, p->route, p->cfg.robot_class, p->cfg.robots, &finding);
    if (err) p->totals.rejected++;
    return err;
}

static int route_alone(struct plan *p, uint16_t robot, struct plan_request want)
{
    save(p, 0, robot);
    int err = search(p, robot, want);
    if (!err) {
        index_routes(p);
        err = judge(p);
    }
    if (err) restore(p, 0, robot);
    return err;
}

/* What another robot still has to do, read from its own route. */
static struct plan_request goal_left(const struct route *t)
{
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].flags & STEP_GOAL) return (struct plan_request){ t->step[i].node, t->step[i].dwell_ms };
    return (struct plan_request){ ID_NONE, 0 };
}

/* The last step that the robot's mission needs: its goal, or its frontier. What follows is its way home. */
static uint16_t mission_end(const struct route *t)
{
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].flags & STEP_GOAL) return i;
    return t->head;
}

static void cut_after(struct route *t, uint16_t at)
{
    t->count = (uint16_t)(at + 1);
    t->complete = false;
    t->refuge = ID_NONE;
    t->step[at].flags &= (uint8_t)~STEP_REFUGE;
}

/* For the search of others: where its cut route ends, the robot makes way a moment after it could. */
static void leave_soon(struct plan *p, uint16_t robot, ms_t now_ms)
{
    const struct route *t = &p->route[robot];
    ms_t by_ms = ms_max(free_at_ms(t, (uint16_t)(t->count - 1)), now_ms) + 4 * STANDS_LEAST_MS;
    for (uint32_t v = 0; v < p->resv.visits; v++) {
        struct visit *w = &p->resv.visit[v];
        if (w->robot == robot && w->to_ms == MS_NEVER) w->to_ms = by_ms;
    }
}

/* Who could give its refuge for `mine`, so that both ways home together get shorter, the one that gains most; or
 * cfg.robots. When robots are as many as refuges each would otherwise keep the one it began with, far away. */
static uint16_t swap_partner(struct plan *p, uint16_t robot, node_id goal, node_id mine)
{
    const uint32_t *ms = dist_from(p->dist, plan_profile(p, robot), goal);
    uint16_t best = p->cfg.robots;
    int64_t best_gain = SWAP_GAIN_MS - 1, most = (int64_t)ms[mine];
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        const struct route *o = &p->route[r];
        if (r == robot || !o->placed || !o->complete || o->absent || ms[o->refuge] == DIST_FAR) continue;
        if (most - ms[o->refuge] <= best_gain) continue;
        uint16_t end = mission_end(o);
        if (end + 1 >= o->count) continue; /* it is there already */
        const uint32_t *theirs = dist_from(p->dist, plan_profile(p, r), o->step[end].node);
        if (theirs[mine] == DIST_FAR) continue;
        int64_t gain = most - ms[o->refuge] + (int64_t)theirs[o->refuge] - theirs[mine];
        if (gain <= best_gain) continue;
        best_gain = gain;
        best = r;
    }
    return best;
}

/* `robot` over its goal to the refuge of `other`, whose way home now leads to `mine`. Both or neither. */
static int route_swap(struct plan *p, uint16_t robot, struct plan_request want, uint16_t other, node_id mine,
                      ms_t now_ms)
{
    struct route *o = &p->route[other];
    node_id theirs = o->refuge;
    uint16_t end = mission_end(o);
    save(p, 1, other);
    save(p, 0, robot);
    cut_after(o, end);
    index_routes(p);
    leave_soon(p, other, now_ms);
    int err = search_from(p, robot, p->route[robot].head, want, &theirs, 1);
    if (!err) {
        index_routes(p);
        err = search_from(p, other, end, (struct plan_request){ ID_NONE, 0 }, &mine, 1);
    }
    if (!err) {
        index_routes(p);
        err = judge(p);
    }
    if (err) {
        restore(p, 0, robot);
        restore(p, 1, other);
        index_routes(p);
    }
    return err;
}

/* With the nearest refuge that is free, or better with that of another robot in exchange. */
static int route_best(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms)
{
    const struct route *t = &p->route[robot];
    node_id goal = want.goal != ID_NONE ? want.goal : route_frontier(t)->node, mine[REFUGES_TRIED];
    if (nearest_refuges(p, robot, goal, mine) > 0) {
        uint16_t other = swap_partner(p, robot, goal, mine[0]);
        if (other < p->cfg.robots && route_swap(p, robot, want, other, mine[0], now_ms) == ORD_OK) return ORD_OK;
    }
    return route_alone(p, robot, want);
}

/* A robot stands on the refuge that another one meant to take: that one's mission stays, its way home is searched
 * anew. */
static void leave_refuge(struct plan *p, uint16_t robot)
{
    struct route *t = &p->route[robot];
    uint16_t end = mission_end(t);
    node_id refuge[REFUGES_TRIED];
    cut_after(t, end);
    index_routes(p);
    uint8_t n = nearest_refuges(p, robot, t->step[end].node, refuge);
    int err = search_from(p, robot, end, (struct plan_request){ ID_NONE, 0 }, refuge, n);
    if (!err) {
        index_routes(p);
        err = judge(p);
    }
    if (err) cut_route(t);
}

int plan_place(struct plan *p, uint16_t robot, node_id node, mrad_t heading, ms_t now_ms)
{
    uint16_t loser = p->cfg.robots;
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        if (r == robot || !p->route[r].placed) continue;
        if (claims_conflict(p, robot, node, r)) return ORD_EREFUSED;
        if (p->route[r].refuge == node) loser = r;
    }
    struct route *t = &p->route[robot];
    bool refuge = (p->cfg.site->node[node].flags & NODE_REFUGE) != 0;
    plan_retime(p, now_ms); /* before it stands there: nobody is cut who only needs another way home */
    t->base += t->count;
    t->absent = false;
    t->placed = true;
    t->count = 1;
    t->head = 0;
    t->heading = heading;
    t->tail_ms = t->ready_ms = now_ms;
    t->complete = refuge;
    t->refuge = refuge ? node : ID_NONE;
    t->step[0] = (struct route_step){
        .node = node, .edge = ID_NONE, .flags = refuge ? STEP_REFUGE : 0, .enter_ms = now_ms, .arrive_ms = now_ms
    };
    if (loser < p->cfg.robots && p->route[loser].placed) leave_refuge(p, loser);
    plan_retime(p, now_ms);
    return ORD_OK;
}

static ms_t goal_ms(const struct route *t)
{
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].flags & STEP_GOAL) return t->step[i].arrive_ms;
    return t->step[t->count - 1].arrive_ms;
}

/* Plan `robot` as if `other` would leave its frontier as soon as it can, then `other` around it. Both or neither, and
 * neither when the sum of the times at which they reach their goals is more than `most_ms`. */
static int route_pair(struct plan *p, uint16_t robot, struct plan_request want, uint16_t other, ms_t now_ms,
                      ms_t most_ms)
{
    struct route *o = &p->route[other];
    struct plan_request others_want = goal_left(o);
    save(p, 1, other);
    save(p, 0, robot);
    cut_route(o);
    index_routes(p);
    leave_soon(p, other, now_ms);
    int err = search(p, robot, want);
    if (!err) {
        index_routes(p);
        err = search(p, other, others_want);
    }
    if (!err && goal_ms(&p->route[robot]) + goal_ms(o) > most_ms) err = ORD_ENOTFOUND;
    if (!err) {
        index_routes(p);
        err = judge(p);
    }
    if (err) {
        restore(p, 0, robot);
        restore(p, 1, other);
    } else {
        p->totals.pairs++;
    }
    return err;
}

/* It may be asked to go another way. */
static bool may_yield(const struct route *o)
{
    return o->placed && !o->absent && (o->head + 1 < o->count || !o->complete) && !(o->step[o->head].flags & STEP_GOAL);
}

/* Adds those who hold or will hold x, with `last` only those who mean to stay there. */
static uint16_t partners_at(const struct plan *p, uint16_t robot, res_id x, bool last, uint16_t *partner, uint16_t n)
{
    const struct site *s = p->cfg.site;
    for (class_id c = 0; c < s->classes; c++) {
        struct conflict_list list = site_conflicts(s, p->cfg.robot_class[robot], x, c);
        for (uint32_t i = 0; i < list.count; i++)
            for (uint32_t v = p->resv.first[list.item[i].res]; v != 0 && n < PARTNERS_MOST;
                 v = p->resv.visit[v - 1].next) {
                const struct visit *w = &p->resv.visit[v - 1];
                bool known = w->robot == robot || p->cfg.robot_class[w->robot] != c || (last && w->to_ms != MS_NEVER);
                for (uint16_t k = 0; k < n && !known; k++) known = partner[k] == w->robot;
                if (!known && may_yield(&p->route[w->robot])) partner[n++] = w->robot;
            }
    }
    return n;
}

static uint16_t partners_along(struct plan *p, uint16_t robot, node_id from, node_id to, bool last, uint16_t *partner,
                               uint16_t n)
{
    const struct site *s = p->cfg.site;
    class_id cls = p->cfg.robot_class[robot];
    profile_id profile = plan_profile(p, robot);
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
    index_routes(p);
    for (int last = 1; last >= 0; last--) {
        n = partners_along(p, robot, start, goal, last, partner, n);
        if (refuges > 0) n = partners_along(p, robot, goal, refuge[0], last, partner, n);
    }
    return n;
}

int plan_route(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed) return ORD_ENOTFOUND;
    t->absent = false;
    p->totals.plans++;
    plan_retime(p, now_ms);
    int err = route_best(p, robot, want, now_ms);
    uint16_t partner[PARTNERS_MOST], n = err == ORD_ENOTFOUND ? partners(p, robot, want, partner) : 0;
    for (uint16_t k = 0; err == ORD_ENOTFOUND && k < n; k++)
        err = route_pair(p, robot, want, partner[k], now_ms, MS_NEVER);
    index_routes(p);
    return err;
}

int plan_improve(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms, ms_t gain_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed || !t->complete) return ORD_ENOTFOUND;
    p->totals.plans++;
    plan_retime(p, now_ms);
    ms_t before = goal_ms(t);
    save(p, 0, robot);
    int err = search(p, robot, want);
    if (!err && goal_ms(t) + gain_ms > before) err = ORD_ENOTFOUND;
    if (!err) {
        index_routes(p);
        err = judge(p);
    }
    if (err) restore(p, 0, robot);
    index_routes(p);
    uint16_t next = plan_next(p, robot), by;
    if (err == ORD_ENOTFOUND && next > t->head && plan_blocked(p, robot, next, &by) && may_yield(&p->route[by])) {
        ms_t most_ms = before + goal_ms(&p->route[by]) - gain_ms;
        err = route_pair(p, robot, want, by, now_ms, most_ms);
        index_routes(p);
    }
    return err;
}

void plan_cut(struct plan *p, uint16_t robot, ms_t now_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed) return;
    cut_route(t);
    t->absent = true;
    plan_retime(p, now_ms); /* cuts everybody whose way led through */
}

/* ---- checks and snapshot -------------------------------------------------------------------------------------- */

void plan_verify(const struct plan *p)
{
    const struct site *s = p->cfg.site;
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        const struct route *t = &p->route[r];
        if (!t->placed) continue;
        assert(t->count >= 1 && t->head < t->count);
        assert(node_stoppable(s, t->step[t->head].node));                /* 4 */
        assert(!t->complete || t->step[t->count - 1].node == t->refuge); /* 3 */
        for (uint16_t o = 0; o < r; o++) {
            if (!p->route[o].placed) continue;
            assert(!t->complete || p->route[o].refuge != t->refuge); /* 3 */
            for (uint16_t i = 0; i <= t->head; i++) {                /* 1 */
                assert(!claims_conflict(p, r, res_node(s, t->step[i].node), o));
                edge_id e = t->step[i].edge;
                assert(i == 0 || e == ID_NONE || !claims_conflict(p, r, res_lane(s, s->edge[e].lane), o));
            }
        }
    }
}

static void step_snap(struct snap *s, struct route_step *v)
{
    snap_u16(s, &v->node);
    snap_u16(s, &v->edge);
    snap_u8(s, &v->flags);
    snap_i64(s, &v->enter_ms);
    snap_i64(s, &v->arrive_ms);
    snap_i32(s, &v->turn_ms);
    snap_i64(s, &v->dwell_ms);
}

void plan_snap(struct snap *s, struct plan *p)
{
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        struct route *t = &p->route[r];
        snap_bool(s, &t->placed);
        snap_bool(s, &t->complete);
        snap_bool(s, &t->absent);
        snap_u32(s, &t->base);
        snap_count16(s, &t->count, ROUTE_MAX);
        snap_count16(s, &t->head, ROUTE_MAX);
        snap_u16(s, &t->refuge);
        snap_i32(s, &t->heading);
        snap_i64(s, &t->tail_ms);
        snap_i64(s, &t->ready_ms);
        for (uint16_t i = 0; i < t->count; i++) {
            step_snap(s, &t->step[i]);
            if (t->step[i].node >= p->cfg.site->nodes) snap_fail(s);
            if (t->step[i].edge != ID_NONE && t->step[i].edge >= p->cfg.site->edges) snap_fail(s);
        }
        if (t->placed && t->head >= t->count) snap_fail(s);
    }
    snap_u64(s, &p->totals.plans);
    snap_u64(s, &p->totals.expansions);
    snap_u64(s, &p->totals.rejected);
    snap_u64(s, &p->totals.pairs);
    if (snap_loading(s) && s->ok) index_routes(p);
}
