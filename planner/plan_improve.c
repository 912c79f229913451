#include "plan_state.h"

int plan_improve(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms, ms_t gain_ms)
{
    struct route *t = &p->route[robot];
    if (!t->placed || !t->complete) return ORD_ENOTFOUND;
    p->totals.plans++;
    plan_retime(p, now_ms);
    ms_t before = goal_ms(t);
    trial_begin(p);
    trial_touch(p, robot);
    cut_route(p, robot, t->head);
    p->over_homes = true;
    int err = search_from(p, robot, t->head, want);
    if (!err && goal_ms(t) + gain_ms > before) err = ORD_ENOTFOUND;
    err = trial_end(p, err);
    uint16_t next = plan_next(p, robot), by;
    if (err == ORD_ENOTFOUND && next > t->head && plan_blocked(p, robot, next, &by) && may_yield(&p->route[by]))
        err = route_pair(p, robot, want, by, now_ms, before + goal_ms(&p->route[by]) - gain_ms);
    return err;
}
