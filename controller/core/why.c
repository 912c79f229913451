#include "fleet_state.h"

/* In service for such a load at all: the rest is a matter of waiting. */
static bool could(const struct fleet *f, robot_id id, const struct job_view *v)
{
    const struct robot *r = &f->robot[id];
    return robot_usable(r) && !r->out && !r->lost && site_takes(f->cfg.site, f->cfg.robot_class[id], v->goods) &&
           mode_robot_may(f, id, v);
}

enum job_why why_waits(const struct fleet *f, const struct job_view *v)
{
    uint16_t could_take = 0, charging = 0, soiled = 0;
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        if (!could(f, id, v)) continue;
        could_take++;
        if (charge_blocks(f, id)) charging++;
        else if (hygiene_follows(f, f->robot[id].before, hygiene_of(f, v)) != AFTER_FREELY) soiled++;
    }
    if (could_take == 0) return JOB_WHY_NO_ROBOT;
    if (charging == could_take) return JOB_WHY_ENERGY;
    return charging + soiled == could_take ? JOB_WHY_HYGIENE : JOB_WHY_ALL_BUSY;
}
