#include "fleet_state.h"

#define LEARN_SHIFT 4 /* a new leg counts one sixteenth */
#define LEG_EXCESS_MOST_MS (10 * MS_MINUTE)

const char *const dispatch_policy_name[DISPATCH_COUNT] = { "tours", "nearest" };

/* ---- what ways really take ------------------------------------------------------------------------------------ */

static int32_t *excess_of(struct fleet *f, ms_t at_ms, bool rides)
{
    return &f->learned.excess_ms[hour_at(f, at_ms).minute / 60][rides];
}

ms_t assign_leg_excess_ms(const struct fleet *f, bool rides)
{
    return f->learned.excess_ms[hour_at(f, f->now_ms).minute / 60][rides];
}

void assign_leg_begins(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, id);
    r->leg_ms = MS_NEVER;
    if (!t->placed) return;
    node_id at = route_frontier(t)->node;
    uint32_t ms = dist_to(plan_dist(f->plan), plan_profile(f->plan, id), r->goal)[at];
    if (ms == DIST_FAR) return;
    r->leg_ms = f->now_ms;
    r->leg_nominal_ms = ms + ms_max(t->ready_ms - f->now_ms, 0);
    r->leg_rides = s->node[at].level != s->node[r->goal].level;
}

void assign_leg_ends(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    if (r->leg_ms == MS_NEVER) return;
    ms_t excess = ms_max(f->now_ms - r->leg_ms - r->leg_nominal_ms, 0);
    int32_t *mean = excess_of(f, r->leg_ms, r->leg_rides);
    *mean += ((int32_t)ms_min(excess, LEG_EXCESS_MOST_MS) - *mean) >> LEARN_SHIFT;
    r->leg_ms = MS_NEVER;
}

/* From this place to any place of the destination, as what the load makes of the robot. */
static bool leads_to(struct fleet *f, class_id c, uint8_t group, node_id from, const struct site_station *to)
{
    for (uint8_t i = 0; i < station_slots(to); i++)
        if (dist_to(plan_dist(f->plan), profile_of(f->cfg.site, c, group), station_slot(to, i))[from] != DIST_FAR)
            return true;
    return false;
}

bool assign_leads_on(struct fleet *f, class_id c, const struct job_view *v, node_id from)
{
    return leads_to(f, c, access_group_for(f, hygiene_bit(hygiene_of(f, v))), from, &f->cfg.site->station[v->to]);
}

bool assign_leads_away(struct fleet *f, class_id c, const struct job_view *v, node_id from)
{
    const struct site *s = f->cfg.site;
    uint8_t group = access_group_for(f, hygiene_bit(hygiene_of(f, v)));
    const uint32_t *ms = dist_from(plan_dist(f->plan), profile_of(s, c, group), from);
    for (node_id n = 0; n < s->nodes; n++)
        if ((s->node[n].flags & NODE_REFUGE) && ms[n] != DIST_FAR) return true;
    return false;
}

/* A way for such a load is open now. */
static bool way_open(struct fleet *f, const struct job_view *v)
{
    const struct site *s = f->cfg.site;
    const struct site_station *from = &s->station[v->from];
    for (class_id c = 0; c < s->classes; c++)
        for (uint8_t i = 0; i < station_slots(from) && site_takes(s, c, v->goods); i++)
            if (assign_leads_on(f, c, v, station_slot(from, i))) return true;
    return false;
}

uint32_t assign_station_ms(struct fleet *f, robot_id r, node_id at, station_id to)
{
    const struct site_station *t = &f->cfg.site->station[to];
    uint32_t best = DIST_FAR;
    for (uint8_t i = 0; i < station_slots(t); i++) {
        uint32_t ms = access_ms(f, r, at, station_slot(t, i));
        if (ms < best) best = ms;
    }
    return best;
}

bool assign_possible(struct fleet *f, const struct job_view *v, enum job_why *why)
{
    if (!mode_serves(f, v, why)) return false;
    *why = JOB_WHY_CLOSED;
    return way_open(f, v);
}

/* ---- the nearest free robot ----------------------------------------------------------------------------------- */

/* By the ways open to a robot that carries nothing and was disinfected. */
static uint32_t clean_ms(struct fleet *f, class_id c, node_id at, station_id to)
{
    const struct site_station *t = &f->cfg.site->station[to];
    profile_id clean = profile_of(f->cfg.site, c, access_group_for(f, 0));
    uint32_t best = DIST_FAR;
    for (uint8_t i = 0; i < station_slots(t); i++) {
        uint32_t ms = dist_to(plan_dist(f->plan), clean, station_slot(t, i))[at];
        if (ms < best) best = ms;
    }
    return best;
}

/* To the pick-up, by a washer where it must be disinfected first. */
static uint32_t fetch_ms(struct fleet *f, robot_id r, station_id from, bool wash)
{
    const struct site *s = f->cfg.site;
    node_id at = route_frontier(plan_of(f->plan, r))->node;
    if (!wash) return assign_station_ms(f, r, at, from);
    uint32_t best = DIST_FAR;
    for (node_id n = 0; n < s->nodes; n++) {
        if (!(s->node[n].flags & NODE_WASHER)) continue;
        uint32_t there = access_ms(f, r, at, n), on = clean_ms(f, f->cfg.robot_class[r], n, from);
        if (there != DIST_FAR && on != DIST_FAR && there + on < best) best = there + on;
    }
    return best;
}

/* Its battery lasts to the pick-up and from there to where the load goes. */
static bool in_range(struct fleet *f, robot_id r, const struct job_view *v, uint32_t fetch)
{
    const struct site *s = f->cfg.site;
    class_id c = f->cfg.robot_class[r];
    profile_id any = profile_of(s, c, access_anywhere(f));
    uint32_t carry = dist_to(plan_dist(f->plan), any, s->station[v->to].node)[s->station[v->from].node];
    if (carry == DIST_FAR) return false;
    return ((int64_t)fetch + carry) * s->cls[c].speed_mm_s / 1000 <= charge_range_mm(f, r);
}

/* May it fetch such a load next, and must it be disinfected before? */
static bool may_fetch(const struct fleet *f, robot_id id, const struct job_view *v, bool *wash)
{
    const struct robot *r = &f->robot[id];
    if (!site_takes(f->cfg.site, f->cfg.robot_class[id], v->goods) || charge_blocks(f, id)) return false;
    if (r->isolation != (mode_isolated(f, v->from) || mode_isolated(f, v->to))) return false;
    enum hygiene_after after = hygiene_follows(f, r->before, hygiene_of(f, v));
    *wash = after == AFTER_WASH;
    return after != AFTER_NEVER;
}

/* The free robot that is soonest at the pick-up; ties go to the lower number. ID_NONE: nobody can. */
static robot_id nearest(struct fleet *f, const struct job_view *v, bool *wash)
{
    robot_id best = ID_NONE;
    uint32_t best_ms = DIST_FAR;
    for (robot_id r = 0; r < f->cfg.robots; r++) {
        bool must;
        if (!robot_free(f, r) || !may_fetch(f, r, v, &must)) continue;
        uint32_t ms = fetch_ms(f, r, v->from, must);
        if (ms < best_ms && in_range(f, r, v, ms)) {
            best_ms = ms;
            best = r;
            *wash = must;
        }
    }
    return best;
}

static void give(struct fleet *f, robot_id r, job_id j, bool wash)
{
    struct stop stop[3];
    uint8_t n = 0;
    if (wash) stop[n++] = (struct stop){ STOP_WASH, 0, ID_NONE, MS_NEVER };
    stop[n++] = (struct stop){ STOP_PICK, j, ID_NONE, MS_NEVER };
    stop[n++] = (struct stop){ STOP_DROP, j, ID_NONE, MS_NEVER };
    job_unqueue(f, j);
    job_find(f, j)->v.robot = r;
    job_because(f, j, JOB_WHY_GIVEN, r);
    job_set(f, j, JOB_ASSIGNED);
    robot_set_tour(f, r, stop, n);
}

static bool any_free(const struct fleet *f)
{
    for (robot_id r = 0; r < f->cfg.robots; r++)
        if (robot_free(f, r)) return true;
    return false;
}

static void assign_nearest(struct fleet *f)
{
    uint32_t i = 0;
    while (i < f->jobs.waiting && any_free(f)) {
        job_id j = f->jobs.queue[i];
        const struct job_view *v = job_seen(f, j);
        enum job_why why = JOB_WHY_NOT_READY;
        bool wash = false;
        robot_id r = ID_NONE;
        if (v->ready_ms <= f->now_ms && assign_possible(f, v, &why)) {
            why = JOB_WHY_ALL_BUSY;
            r = nearest(f, v, &wash);
        }
        if (r == ID_NONE) { /* out of reach of those who are free: the next job may not be */
            job_because(f, j, why, ID_NONE);
            i++;
            continue;
        }
        give(f, r, j, wash);
    }
}

/* ---- robots that drop out ------------------------------------------------------------------------------------- */

/* What a robot out of reach has not loaded goes to others. What it may just be loading stays with it: nobody knows who
 * has it (I-15). What is aboard stays aboard. */
void assign_release(struct fleet *f, robot_id id, enum job_why why)
{
    struct robot *r = &f->robot[id];
    struct stop left[TOUR_STOPS_MAX];
    uint8_t n = 0, from = 0;
    job_id kept = 0;
    if (robot_committed(f, id)) {
        if (r->stop[0].kind == STOP_PICK) kept = r->stop[0].job;
        left[n++] = r->stop[from++];
    }
    for (uint8_t i = from; i < r->stops; i++) {
        const struct stop *v = &r->stop[i];
        bool aboard = v->kind == STOP_DROP && (v->job == kept || job_seen(f, v->job)->state != JOB_ASSIGNED);
        if (aboard) left[n++] = *v;
    }
    if (n == r->stops) return;
    job_id lost[TOUR_STOPS_MAX];
    uint8_t losts = 0;
    for (uint8_t i = from; i < r->stops; i++)
        if (r->stop[i].kind == STOP_PICK) lost[losts++] = r->stop[i].job;
    robot_set_tour(f, id, left, n);
    for (uint8_t i = 0; i < losts; i++) job_unassign(f, lost[i], why);
    for (uint8_t i = 0; i < r->loads; i++) job_because(f, r->load[i], why, id);
}

static void release_absent(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        const struct robot *r = &f->robot[id];
        bool away = r->away_ms != MS_NEVER && f->now_ms - r->away_ms >= CUT_AFTER_MS;
        if (r->stops > 0 && (away || r->lost || r->fatal)) assign_release(f, id, JOB_WHY_ROBOT_FAILED);
    }
}

/* From when on the dispatcher looks at a job that is not to be fetched yet. */
static ms_t looked_at_ms(const struct fleet *f, job_id j)
{
    return job_seen(f, j)->ready_ms - (f->cfg.dispatch == DISPATCH_TOURS ? DISPATCH_AHEAD_MS : 0);
}

static ms_t next_known_ms(const struct fleet *f)
{
    ms_t next = MS_NEVER;
    for (uint32_t i = 0; i < f->jobs.waiting; i++) {
        ms_t at = looked_at_ms(f, f->jobs.queue[i]);
        if (at > f->now_ms) next = ms_min(next, at);
    }
    return next;
}

void assign_run(struct fleet *f)
{
    release_absent(f);
    if (f->now_ms >= f->known_ms) f->assign_due = true;
    if (!f->assign_due || f->now_ms < f->assign_ms) return;
    f->assign_due = false;
    f->assign_ms = 0;
    f->known_ms = next_known_ms(f);
    if (f->cfg.dispatch == DISPATCH_NEAREST) assign_nearest(f);
    else dispatch_run(f);
}

ms_t assign_deadline(const struct fleet *f) { return ms_min(f->assign_due ? f->assign_ms : MS_NEVER, f->known_ms); }
