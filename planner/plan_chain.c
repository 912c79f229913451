/* plan_chain - robots that stand in a row in a robot's only way make room for it, the last one first.
 *
 * Two robots planned together are not enough before an elevator that will not come, or where a way was closed behind a
 * queue: the first one cannot turn back before the second has, nor that one before the third. So the row is taken as it is
 * met along the way, and each is planned in turn, the robot first, as if those behind would leave one after another, the
 * furthest first, with some time between them. Then each finds its own way out of theirs. All or none; judged as every plan. */
#include "plan_state.h"

#define CHAIN_MOST 8

/* What each of the row gets for leaving: a few short steps, or a way back along a corridor. */
static const ms_t apart_ms[] = { 20 * MS_SECOND, 60 * MS_SECOND };

/* Adds those who hold x now and may go on, by number. */
static uint16_t holders(const struct plan *p, uint16_t robot, res_id x, uint16_t *chain, uint16_t n)
{
    const struct site *s = p->cfg.site;
    for (uint16_t o = 0; o < p->cfg.robots && n < CHAIN_MOST; o++) {
        const struct route *t = &p->route[o];
        bool known = o == robot || !may_yield(t);
        for (uint16_t k = 0; k < n && !known; k++) known = chain[k] == o;
        if (known) continue;
        class_id a = p->cfg.robot_class[robot], b = p->cfg.robot_class[o];
        bool meets = false;
        for (uint16_t i = 0; i <= t->head && !meets; i++) {
            edge_id e = t->step[i].edge;
            meets = site_conflict(s, a, x, b, res_node(s, t->step[i].node), NULL) ||
                    (i > 0 && e != ID_NONE && site_conflict(s, a, x, b, res_lane(s, s->edge[e].lane), NULL));
        }
        if (meets) chain[n++] = o;
    }
    return n;
}

/* Those who stand on the direct way, in the order in which they are met. */
static uint16_t chain_along(struct plan *p, uint16_t robot, node_id from, node_id to, uint16_t *chain, uint16_t n)
{
    const struct site *s = p->cfg.site;
    class_id cls = p->cfg.robot_class[robot];
    profile_id profile = profile_now(p, robot);
    const uint32_t *ms = dist_to(p->dist, profile, to);
    for (node_id at = from; ms[at] != DIST_FAR && at != to;) {
        edge_id next = ID_NONE;
        for (uint32_t i = s->out_start[at]; i < s->out_start[at + 1] && next == ID_NONE; i++) {
            edge_id e = s->out_edge[i];
            if (dist_usable(p->dist, profile, e) && ms[s->edge[e].to] != DIST_FAR &&
                ms[at] == ms[s->edge[e].to] + edge_nominal_ms(s, cls, e))
                next = e;
        }
        n = holders(p, robot, res_lane(s, s->edge[next].lane), chain, n);
        at = s->edge[next].to;
        n = holders(p, robot, res_node(s, at), chain, n);
    }
    return n;
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
    uint16_t chain[1 + CHAIN_MOST] = { r }, n = 0;
    struct plan_request wants[1 + CHAIN_MOST] = { want };
    node_id from = route_frontier(&p->route[r])->node, to = want.goal, refuge[REFUGES_TRIED];
    if (to == ID_NONE) {
        if (nearest_refuges(p, r, from, refuge) == 0) return ORD_ENOTFOUND;
        to = refuge[0];
    }
    n = chain_along(p, r, from, to, chain + 1, n);
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
