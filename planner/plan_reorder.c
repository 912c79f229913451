#include "plan_state.h"

static int64_t weighted_ms(const struct plan *p, const uint16_t *robot, const int32_t *weight, uint16_t n, ms_t now_ms)
{
    int64_t sum = 0;
    for (uint16_t i = 0; i < n; i++) sum += (goal_ms(&p->route[robot[i]]) - now_ms) * weight[i];
    return sum;
}

int plan_reorder(struct plan *p, const uint16_t *robot, const struct plan_request *want, const int32_t *weight,
                 uint16_t n, ms_t now_ms, int64_t gain)
{
    for (uint16_t i = 0; i < n; i++)
        if (!may_yield(&p->route[robot[i]]) || !p->route[robot[i]].complete) return ORD_ENOTFOUND;
    if (n > TRIAL_MAX) return ORD_EFULL;
    p->totals.plans += n;
    plan_retime(p, now_ms);
    int64_t before = weighted_ms(p, robot, weight, n, now_ms);
    trial_begin(p);
    p->over_homes = (p->cfg.without & PLAN_HOMES) == 0;
    int err = search_group(p, robot, want, n, now_ms);
    if (!err && weighted_ms(p, robot, weight, n, now_ms) > before - gain) err = ORD_ENOTFOUND;
    return trial_end(p, err);
}
