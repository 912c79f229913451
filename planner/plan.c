#include "plan_state.h"

#include <assert.h>
#include <string.h>

#define SIPP_STATES 32768

/* Room for all goals, stations and refuges, of a floor of moderate size. */
static uint16_t rows_for(const struct site *s)
{
    if (s->nodes < 128) return (uint16_t)(4 * s->nodes + 16);
    return s->nodes < 8192 ? 2048 : 128;
}

static uint32_t visits_for(const struct plan_config *cfg) { return (uint32_t)cfg->robots * 2 * ROUTE_MAX; }

static bool class_used(const struct plan_config *cfg, class_id c)
{
    for (uint16_t r = 0; r < cfg->robots; r++)
        if (cfg->robot_class[r] == c) return true;
    return false;
}

size_t plan_memory(const struct plan_config *cfg)
{
    const struct site *s = cfg->site;
    size_t robots = cfg->robots, lefts = 0;
    size_t each = sizeof(struct route) + sizeof(struct heap_item) + sizeof(struct held *) + sizeof(uint16_t) +
                  2 * sizeof(bool) + 6 * sizeof(uint16_t) + 4 * sizeof(ms_t) +
                  ROUTE_MAX * (sizeof(struct route_step) + sizeof(struct held) + sizeof(ms_t)) + 3 * 16;
    for (class_id c = 0; c < s->classes; c++)
        if (class_used(cfg, c)) lefts += res_count(s) * sizeof(struct left) + 16;
    return sizeof(struct plan) + robots * each + (TRIAL_MAX + 1) * (ROUTE_MAX * sizeof(struct route_step) + 16) +
           s->nodes * (sizeof(node_id) + sizeof(uint16_t)) + s->edges * sizeof(uint16_t) + lefts +
           resv_memory(s, visits_for(cfg)) + sipp_memory(s, SIPP_STATES) +
           dist_memory(s, rows_for(s), cfg->access.groups) + plan_judge_memory(s, cfg->robots) + 20 * 16;
}

/* Everything that is per robot or of a fixed size; false: the arena is too small. */
static bool open_own(struct plan *p, struct arena *mem)
{
    const struct site *s = p->cfg.site;
    uint16_t robots = p->cfg.robots;
    p->route = arena_new(mem, struct route, robots);
    struct heap_item *items = arena_new(mem, struct heap_item, robots);
    p->held = arena_new(mem, struct held *, robots);
    p->shown = arena_new(mem, uint16_t, robots);
    p->flow = arena_new(mem, uint16_t, s->edges);
    p->crossed = arena_new(mem, bool, robots);
    p->fresh = arena_new(mem, ms_t *, robots);
    p->timed_ms = arena_new(mem, ms_t, robots);
    p->next_step = arena_new(mem, uint16_t, robots);
    p->waits_on = arena_new(mem, uint16_t, robots);
    p->next_waiter = arena_new(mem, uint16_t, robots);
    p->shift_ms = arena_new(mem, ms_t, robots);
    p->tried_ms = arena_new(mem, ms_t, robots);
    p->pause = arena_new(mem, uint8_t, robots);
    p->waited_for = arena_new(mem, uint16_t, robots);
    p->weight = arena_new(mem, uint16_t, robots);
    p->found = arena_new(mem, struct route_step, ROUTE_MAX);
    p->refuge = arena_new(mem, node_id, s->nodes);
    p->keeper = arena_new(mem, uint16_t, s->nodes);
    if (!p->route || !items || !p->held || !p->shown || !p->flow || !p->crossed || !p->fresh || !p->timed_ms ||
        !p->found || !p->refuge || !p->keeper || !p->next_step || !p->waits_on || !p->next_waiter || !p->shift_ms ||
        !p->tried_ms || !p->pause || !p->waited_for || !p->weight)
        return false;
    heap_init(&p->merge, items, robots);
    for (uint16_t r = 0; r < robots; r++) {
        p->route[r].refuge = ID_NONE;
        p->weight[r] = PLAN_WEIGHT_PLAIN;
        p->route[r].step = arena_new(mem, struct route_step, ROUTE_MAX);
        p->held[r] = arena_new(mem, struct held, ROUTE_MAX);
        p->fresh[r] = arena_new(mem, ms_t, ROUTE_MAX);
        if (!p->route[r].step || !p->held[r] || !p->fresh[r]) return false;
    }
    for (uint16_t i = 0; i < TRIAL_MAX; i++)
        if (!(p->trial.step[i] = arena_new(mem, struct route_step, ROUTE_MAX))) return false;
    for (class_id c = 0; c < s->classes; c++)
        if (class_used(&p->cfg, c) && !(p->left[c] = arena_new(mem, struct left, res_count(s)))) return false;
    for (node_id n = 0; n < s->nodes; n++)
        if (s->node[n].flags & NODE_REFUGE) p->refuge[p->refuges++] = n;
    return true;
}

int plan_open(struct plan **out, struct arena *mem, const struct plan_config *cfg)
{
    const struct site *s = cfg->site;
    struct plan *p = arena_new(mem, struct plan, 1);
    if (!p) return ORD_EFULL;
    p->cfg = *cfg;
    p->search_most = cfg->expansions_max;
    if (!open_own(p, mem)) return ORD_EFULL;
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

profile_id plan_profile(const struct plan *p, uint16_t robot) { return profile_now(p, robot); }

bool plan_open_ahead(const struct plan *p, uint16_t robot)
{
    const struct route *t = &p->route[robot];
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].edge != ID_NONE && !dist_usable(p->dist, plan_profile(p, robot), t->step[i].edge)) return false;
    return true;
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
    if (t->refuge != ID_NONE) p->keeper[t->refuge] = 0;
    table_cut(p, robot, 0);
    t->base += t->count;
    t->placed = t->complete = false;
    t->refuge = ID_NONE;
    t->count = t->head = 0;
}

uint16_t plan_next(const struct plan *p, uint16_t robot)
{
    const struct route *t = &p->route[robot];
    if (!t->placed || (t->step[t->head].flags & STEP_GOAL)) return t->head;
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (node_stoppable(p->cfg.site, t->step[i].node)) return i;
    return t->head;
}

/* Of two visits the claimed one goes first, else the one planned earlier, else the lower robot number. */
static bool goes_before(const struct plan *p, const struct visit *w, uint16_t robot, ms_t mine_ms)
{
    const struct route *o = &p->route[w->robot];
    if (w->step <= o->base + o->head) return true; /* claimed */
    return w->from_ms != mine_ms ? w->from_ms < mine_ms : w->robot < robot;
}

/* The lowest number of those who go before on x; cfg.robots: nobody. */
static uint16_t blocker(const struct plan *p, uint16_t robot, res_id x, ms_t mine_ms)
{
    const struct site *s = p->cfg.site;
    uint16_t by = p->cfg.robots;
    for (class_id other = 0; other < s->classes; other++) {
        if (!p->left[other]) continue;
        struct conflict_list list = site_conflicts(s, p->cfg.robot_class[robot], x, other);
        for (uint32_t i = 0; i < list.count; i++) {
            for (uint32_t id = resv_first(&p->resv, other, list.item[i].res); id != 0;
                 id = resv_visit(&p->resv, id)->next) {
                const struct visit *w = resv_visit(&p->resv, id);
                if (w->robot >= by || w->robot == robot) continue;
                if (goes_before(p, w, robot, mine_ms)) by = w->robot;
            }
        }
    }
    return by;
}

bool plan_blocked(const struct plan *p, uint16_t robot, uint16_t to, uint16_t *by)
{
    const struct site *s = p->cfg.site;
    const struct route *t = &p->route[robot];
    for (uint16_t i = (uint16_t)(t->head + 1); i <= to; i++) {
        const struct route_step *v = &t->step[i];
        ms_t begin_ms = t->step[route_move_start(s, t, i)].enter_ms;
        uint16_t who = p->cfg.robots;
        if (v->edge != ID_NONE) who = blocker(p, robot, res_lane(s, s->edge[v->edge].lane), begin_ms);
        if (who == p->cfg.robots) who = blocker(p, robot, res_node(s, v->node), begin_ms);
        if (who == p->cfg.robots) continue;
        *by = who;
        return true;
    }
    return false;
}

void plan_claim(struct plan *p, uint16_t robot, uint16_t to)
{
    struct route *t = &p->route[robot];
    assert(to > t->head && to < t->count);
    assert(node_stoppable(p->cfg.site, t->step[to].node)); /* invariant 4 */
    t->head = to;
    table_sync(p, robot);
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
    table_shift(p, robot, by);
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
    p->version++;
}

void plan_forget_goal(struct plan *p, uint16_t robot)
{
    struct route *t = &p->route[robot];
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++) {
        t->step[i].flags &= (uint8_t)~STEP_GOAL;
        t->step[i].dwell_ms = 0;
    }
    table_sync(p, robot);
}

/* ---- requests ------------------------------------------------------------------------------------------------- */

int plan_place(struct plan *p, uint16_t robot, node_id node, mrad_t heading, ms_t now_ms)
{
    for (uint16_t r = 0; r < p->cfg.robots; r++)
        if (r != robot && p->route[r].placed && claims_conflict(p, robot, node, r)) return ORD_EREFUSED;
    struct route *t = &p->route[robot];
    bool refuge = (p->cfg.site->node[node].flags & NODE_REFUGE) != 0;
    plan_retime(p, now_ms); /* before it stands there: nobody is cut who only needs another way home */
    plan_remove(p, robot);
    uint16_t loser = p->keeper[node];
    *t = (struct route){ .placed = true,
                         .complete = refuge,
                         .base = t->base,
                         .count = 1,
                         .refuge = refuge ? node : ID_NONE,
                         .heading = heading,
                         .tail_ms = now_ms,
                         .ready_ms = now_ms,
                         .step = t->step };
    t->step[0] = (struct route_step){
        .node = node, .edge = ID_NONE, .flags = refuge ? STEP_REFUGE : 0, .enter_ms = now_ms, .arrive_ms = now_ms
    };
    if (refuge) p->keeper[node] = (uint16_t)(robot + 1);
    table_sync(p, robot);
    if (loser != 0) {
        p->route[loser - 1].refuge = ID_NONE;
        route_home_again(p, (uint16_t)(loser - 1));
    }
    plan_retime(p, now_ms);
    return ORD_OK;
}

int plan_route(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed) return ORD_ENOTFOUND;
    t->absent = false;
    p->totals.plans++;
    plan_retime(p, now_ms);
    p->tried_ms[robot] = now_ms;
    p->pause[robot] = 0;
    int err = route_alone(p, robot, want);
    if (err == ORD_ENOTFOUND) err = route_together(p, robot, want, now_ms);
    return err == ORD_ENOTFOUND ? route_chain(p, robot, want, now_ms) : err;
}

void plan_weigh(struct plan *p, uint16_t robot, uint16_t weight)
{
    assert(weight > 0);
    p->weight[robot] = weight;
}

void plan_cut(struct plan *p, uint16_t robot, ms_t now_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed) return;
    cut_route(p, robot, t->head);
    t->absent = true;
    plan_retime(p, now_ms); /* cuts everybody whose way led through */
}

void plan_give_up(struct plan *p, uint16_t robot, ms_t now_ms)
{
    if (!p->route[robot].placed) return;
    cut_route(p, robot, p->route[robot].head);
    plan_retime(p, now_ms);
}

void plan_unclaim(struct plan *p, uint16_t robot, uint16_t to, ms_t now_ms)
{
    struct route *t = &p->route[robot];
    assert(t->placed && to < t->head && node_stoppable(p->cfg.site, t->step[to].node));
    t->head = to;
    cut_route(p, robot, to);
    plan_retime(p, now_ms);
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

static void index_all(struct plan *p)
{
    resv_clear(&p->resv);
    memset(p->flow, 0, p->cfg.site->edges * sizeof *p->flow);
    memset(p->keeper, 0, p->cfg.site->nodes * sizeof *p->keeper);
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        p->shown[r] = 0;
        table_sync(p, r);
        if (p->route[r].placed && p->route[r].refuge != ID_NONE) p->keeper[p->route[r].refuge] = (uint16_t)(r + 1);
    }
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
        if (t->refuge != ID_NONE && t->refuge >= p->cfg.site->nodes) snap_fail(s);
    }
    snap_u64(s, &p->totals.plans);
    snap_u64(s, &p->totals.expansions);
    snap_u64(s, &p->totals.rejected);
    snap_u64(s, &p->totals.pairs);
    snap_u64(s, &p->totals.switches);
    snap_u64(s, &p->totals.alone);
    snap_i64(s, &p->tend_ms);
    snap_i32(s, &p->credit);
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        snap_i64(s, &p->tried_ms[r]);
        snap_u8(s, &p->pause[r]);
        if (p->pause[r] > PAUSE_MOST) p->pause[r] = 0;
        snap_u16(s, &p->waited_for[r]);
        snap_u16(s, &p->weight[r]);
        if (p->weight[r] == 0) p->weight[r] = PLAN_WEIGHT_PLAIN;
    }
    if (snap_loading(s) && s->ok) index_all(p);
}
