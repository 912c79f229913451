#include "fleet_state.h"

/* The free robot that is soonest at the pick-up; ties go to the lower number. ID_NONE: nobody can. */
static robot_id nearest(struct fleet *f, node_id pickup)
{
    robot_id best = ID_NONE;
    uint32_t best_ms = DIST_FAR;
    for (robot_id r = 0; r < f->cfg.robots; r++) {
        if (!robot_free(f, r)) continue;
        uint32_t ms =
            dist_to(plan_dist(f->plan), f->cfg.robot_class[r], pickup)[route_frontier(plan_of(f->plan, r))->node];
        if (ms < best_ms) {
            best_ms = ms;
            best = r;
        }
    }
    return best;
}

void assign_run(struct fleet *f)
{
    if (!f->assign_due) return;
    f->assign_due = false;
    uint32_t i = 0;
    while (i < f->jobs.waiting) {
        job_id j = f->jobs.queue[i];
        struct job *job = job_find(f, j);
        robot_id r = nearest(f, f->cfg.site->station[job->v.from].node);
        if (r == ID_NONE) {
            bool any = false;
            for (robot_id k = 0; k < f->cfg.robots && !any; k++) any = robot_free(f, k);
            if (!any) return;
            i++; /* out of reach of those who are free: the next job may not be */
            continue;
        }
        job_unqueue(f, j);
        robot_give(f, r, j);
    }
}
