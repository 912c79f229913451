/* plan_chain - robots that stand in a row in a robot's only way make room for it, the last one first.
 *
 * Two robots planned together are not enough before an elevator that will not come, or where a way was closed behind a
 * queue: the first one cannot turn back before the second has, nor that one before the third. So the row is taken as it
 * is met along the way, and each is planned in turn, the robot first, as if those behind would leave one after another,
 * the furthest first, with some time between them. Then each finds its own way out of theirs. All or none; judged as
 * every plan. */
#include "plan_state.h"

#define CHAIN_MOST 8

/* What each of the row gets for leaving: a few short steps, or a way back along a corridor. */
static const ms_t apart_ms[] = { 20 * MS_SECOND, 60 * MS_SECOND };

/* Robot o holds something now that r could not pass where it has x. */
static bool holds_against(const struct plan *p, uint16_t o, uint16_t r, res_id x)
{
    const struct site *s = p->cfg.site;
    const struct route *t = &p->route[o];
    class_id a = p->cfg.robot_class[r], b = p->cfg.robot_class[o];
    for (uint16_t i = 0; i <= t->head; i++) {
        edge_id e = t->step[i].edge;
        if (site_conflict(s, a, x, b, res_node(s, t->step[i].node), NULL)) return true;
        if (i > 0 && e != ID_NONE && site_conflict(s, a, x, b, res_lane(s, s->edge[e].lane), NULL)) return true;
    }
    return false;
}

/* The direct way of r, with nobody in the house. */
struct way {
    node_id at, to;
    const uint32_t *ms;
    edge_id edge; /* that led to `at` */
};

/* To the nearest free refuge where no goal is given. */
static bool way_begin(struct plan *p, uint16_t r, node_id from, node_id goal, struct way *w)
{
    node_id refuge[REFUGES_TRIED];
    if (goal == ID_NONE) {
        if (nearest_refuges(p, r, from, refuge) == 0) return false;
        goal = refuge[0];
    }
    *w = (struct way){ .at = from, .to = goal, .ms = dist_to(p->dist, profile_now(p, r), goal) };
    return w->ms[from] != DIST_FAR;
}

static bool way_next(struct plan *p, uint16_t r, struct way *w)
{
    const struct site *s = p->cfg.site;
    if (w->at == w->to) return false;
    for (uint32_t i = s->out_start[w->at]; i < s->out_start[w->at + 1]; i++) {
        edge_id e = s->out_edge[i];
        const struct site_edge *v = &s->edge[e];
        if (!dist_usable(p->dist, profile_now(p, r), e) || w->ms[v->to] == DIST_FAR) continue;
        if (w->ms[w->at] != w->ms[v->to] + edge_nominal_ms(s, p->cfg.robot_class[r], e)) continue;
        w->edge = e;
        w->at = v->to;
        return true;
    }
    return false;
}

static bool in_way(const struct plan *p, uint16_t o, uint16_t r, const struct way *w)
{
    const struct site *s = p->cfg.site;
    return holds_against(p, o, r, res_lane(s, s->edge[w->edge].lane)) || holds_against(p, o, r, res_node(s, w->at));
}

/* Those who stand on the direct way and may go on, in the order in which they are met. */
static uint16_t chain_along(struct plan *p, uint16_t robot, node_id goal, uint16_t *chain)
{
    uint16_t n = 0;
    struct way w;
    if (!way_begin(p, robot, route_frontier(&p->route[robot])->node, goal, &w)) return 0;
    while (way_next(p, robot, &w))
        for (uint16_t o = 0; o < p->cfg.robots && n < CHAIN_MOST; o++) {
            bool known = o == robot || !may_yield(&p->route[o]);
            for (uint16_t k = 0; k < n && !known; k++) known = chain[k] == o;
            if (!known && in_way(p, o, robot, &w)) chain[n++] = o;
        }
    return n;
}

static uint16_t absent_on(struct plan *p, uint16_t r, node_id from, node_id to)
{
    struct way w;
    if (!way_begin(p, r, from, to, &w)) return p->cfg.robots;
    while (way_next(p, r, &w))
        for (uint16_t o = 0; o < p->cfg.robots; o++)
            if (o != r && p->route[o].placed && p->route[o].absent && in_way(p, o, r, &w)) return o;
    return p->cfg.robots;
}

uint16_t plan_in_way(struct plan *p, uint16_t robot, struct plan_request want)
{
    if (!p->route[robot].placed) return p->cfg.robots;
    uint16_t by = absent_on(p, robot, route_frontier(&p->route[robot])->node, want.goal);
    if (by < p->cfg.robots || want.goal == ID_NONE) return by;
    return absent_on(p, robot, want.goal, ID_NONE); /* a plan needs a way out again */
}

/* Its goal if there is a way to it now, else a place of its own at least: the goal is asked for again later. */
static int search_any(struct plan *p, uint16_t r, struct plan_request want)
{
    int err = search_from(p, r, p->route[r].head, want);
    if (err != ORD_ENOTFOUND || want.goal == ID_NONE) return err;
    return search_from(p, r, p->route[r].head, (struct plan_request){ ID_NONE, 0 });
}

static int search_chain(struct plan *p, const uint16_t *chain, const struct plan_request *want, uint16_t n,
                        ms_t each_ms, ms_t now_ms)
{
    for (uint16_t k = 0; k < n; k++) {
        uint16_t r = chain[k];
        if (!trial_touch(p, r)) return ORD_EFULL;
        cut_route(p, r, p->route[r].head);
        const struct route *t = &p->route[r];
        resv_visit(&p->resv, p->held[r][t->head].node)->to_ms = ms_max(t->ready_ms, now_ms) + (n - k) * each_ms;
    }
    int err = search_from(p, chain[0], p->route[chain[0]].head, want[0]);
    for (uint16_t k = 1; k < n && !err; k++) err = search_any(p, chain[k], want[k]);
    return err;
}

int route_chain(struct plan *p, uint16_t r, struct plan_request want, ms_t now_ms)
{
    uint16_t chain[1 + CHAIN_MOST] = { r }, n = chain_along(p, r, want.goal, chain + 1);
    struct plan_request wants[1 + CHAIN_MOST] = { want };
    if (n == 0) return ORD_ENOTFOUND;
    for (uint16_t k = 1; k <= n; k++) wants[k] = goal_left(&p->route[chain[k]]);
    int err = ORD_ENOTFOUND;
    p->over_homes = false;
    for (size_t k = 0; k < COUNT_OF(apart_ms) && err == ORD_ENOTFOUND; k++)
        for (uint16_t m = 1; m <= n && err == ORD_ENOTFOUND; m++) {
            trial_begin(p);
            err = trial_end(p, search_chain(p, chain, wants, (uint16_t)(m + 1), apart_ms[k], now_ms));
        }
    if (!err) p->totals.pairs++;
    return err;
}
