#include "fleet_state.h"

const char *const traffic_policy_name[TRAFFIC_COUNT] = { "full",     "no-reorder",  "no-switch",
                                                         "no-homes", "no-guidance", "sipp" };

uint8_t traffic_without(enum traffic_policy policy)
{
    static const uint8_t without[TRAFFIC_COUNT] = {
        0, PLAN_REORDER, PLAN_SWITCH, PLAN_HOMES, PLAN_GUIDANCE, PLAN_REORDER | PLAN_SWITCH | PLAN_HOMES | PLAN_GUIDANCE
    };
    return without[policy];
}

/* Urgent and late loads weigh more when the planner asks who may go first. */
static uint16_t worth(const struct fleet *f, robot_id id)
{
    static const uint16_t urgency[JOB_PRIORITY_LAST + 1] = { 160, 96, 32, 20, PLAN_WEIGHT_PLAIN, 12 };
    const struct robot *r = &f->robot[id];
    if (r->job == 0) return PLAN_WEIGHT_PLAIN / 2;
    const struct job_view *v = job_seen(f, r->job);
    bool late = v->due_ms != 0 && v->due_ms < f->now_ms + 5 * MS_MINUTE;
    return (uint16_t)(late ? 2 * urgency[v->priority] : urgency[v->priority]);
}

struct plan_request traffic_wanted(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    const struct robot_class *c = &f->cfg.site->cls[f->cfg.robot_class[id]];
    if (r->held) return (struct plan_request){ mode_shelter_for(f, id), 0 };
    if (r->goal == ID_NONE) return (struct plan_request){ ID_NONE, 0 };
    ms_t dwell = 0;
    switch ((enum stop_kind)r->stop[0].kind) {
    case STOP_PICK: dwell = c->pick_ms; break;
    case STOP_DROP: dwell = c->drop_ms; break;
    case STOP_WASH: dwell = WASH_MS; break;
    case STOP_CHARGE: break;
    }
    station_id at = f->cfg.site->node[r->goal].station;
    if (dwell > 0 && r->stop[0].kind <= STOP_DROP && at != ID_NONE) dwell += f->cfg.site->station[at].answer_ms;
    return (struct plan_request){ r->goal, dwell > 0 ? dwell : SERVICE_FALLBACK_MS };
}

static bool at_goal(const struct fleet *f, robot_id id)
{
    return (route_frontier(plan_of(f->plan, id))->flags & STEP_GOAL) != 0;
}

bool traffic_goal_claimed(const struct fleet *f, robot_id r) { return at_goal(f, r); }

static bool out_of_reach(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    if (r->goal == ID_NONE) return false;
    node_id here = route_frontier(plan_of(f->plan, id))->node;
    return dist_to(plan_dist(f->plan), plan_profile(f->plan, id), r->goal)[here] == DIST_FAR;
}

/* In a burning zone, or with no way to its goal at this hour, a robot goes to a refuge and waits there. */
static int search(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    access_choose(f, id);
    if (out_of_reach(f, id)) robot_place_again(f, id);
    r->held = mode_burning(f, route_frontier(plan_of(f->plan, id))->node) || out_of_reach(f, id);
    int err = plan_route(f->plan, id, traffic_wanted(f, id), f->now_ms);
    if (err == ORD_OK && r->held) plan_forget_goal(f->plan, id); /* nothing is to be done at the shelter */
    return err;
}

/* Somebody who does not move may be why there is no way: then the wait has his name, and people are told once. */
static void name_blocker(struct fleet *f, robot_id id)
{
    uint16_t by = plan_in_way(f->plan, id, traffic_wanted(f, id));
    f->robot[id].behind = by < f->cfg.robots ? by : ID_NONE;
    if (by == f->cfg.robots || f->robot[by].blocks_told) return;
    f->robot[by].blocks_told = true;
    fleet_event(f, EVENT_ROBOT_BLOCKS_WAY, by, f->robot[id].job, 0);
}

static void plan_one(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    plan_weigh(f->plan, id, worth(f, id));
    int err = search(f, id);
    if (err == ORD_OK && !access_planned(f, id)) err = search(f, id);
    if (err == ORD_OK) {
        r->want_plan = false;
        r->fruitless = 0;
        r->behind = ID_NONE;
        r->improve_ms = f->now_ms + IMPROVE_AFTER_MS;
        return;
    }
    if (err == ORD_EREFUSED) fleet_event(f, EVENT_PLAN_REJECTED, id, r->job, err);
    if (!access_stands(f, id)) plan_give_up(f->plan, id, f->now_ms);
    name_blocker(f, id);
    r->retry_ms = f->now_ms + ((ms_t)PLAN_RETRY_MS << r->fruitless);
    if (r->fruitless < PLAN_RETRY_TWICE) r->fruitless++;
    /* Where one is cut, many can stand in each other's way with no way to their goals: whoever finds a refuge goes
     * there and makes room for the next. The mission is searched for again all the while. */
    if (!plan_of(f->plan, id)->complete) (void)plan_route(f->plan, id, (struct plan_request){ ID_NONE, 0 }, f->now_ms);
}

bool traffic_counts_on(const struct fleet *f, robot_id id)
{
    const struct route *t = plan_of(f->plan, id);
    return t->placed && !t->absent && (t->head + 1 < t->count || !t->complete);
}

/* Out of reach for long, or in a car that is out of service: stop planning with it. The claim stays: it may be anywhere
 * on it. But nobody waits for it where it was only planned to go first. */
static void cut_absent(struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    bool away = r->away_ms != MS_NEVER && f->now_ms - r->away_ms >= CUT_AFTER_MS;
    if (!away && !elevator_traps(f, id)) return;
    if (traffic_counts_on(f, id)) plan_cut(f->plan, id, f->now_ms);
}

/* Another robot's search may have led this one, cut while it was away, to a refuge only: complete, but not on its
 * mission. */
static bool leads_to_goal(const struct fleet *f, robot_id id)
{
    const struct route *t = plan_of(f->plan, id);
    if (f->robot[id].goal == ID_NONE || f->robot[id].held) return true;
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].flags & STEP_GOAL) return true;
    return false;
}

void traffic_plan(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        const struct route *t = plan_of(f->plan, id);
        cut_absent(f, id);
        if (robot_usable(r)) r->blocks_told = false;
        if (!t->placed || !robot_usable(r) || elevator_traps(f, id) || at_goal(f, id)) continue;
        if (!t->complete || !leads_to_goal(f, id)) r->want_plan = true;
        if (r->want_plan) {
            if (f->now_ms >= r->retry_ms) plan_one(f, id);
        } else if (r->wait == WAIT_ROBOT && f->now_ms >= r->improve_ms) {
            r->improve_ms = f->now_ms + IMPROVE_AFTER_MS; /* the deadline by which plan_tend is called again */
        }
    }
    plan_tend(f->plan, f->now_ms);
}

/* Driving time from the tail to the frontier. */
static ms_t ahead_ms(const struct route *t, uint16_t upto)
{
    ms_t sum = 0;
    for (uint16_t i = 1; i <= upto; i++) sum += t->step[i].arrive_ms - t->step[i].enter_ms + t->step[i - 1].turn_ms;
    return sum;
}

static elevator_id ride_in(const struct fleet *f, const struct route *t, uint16_t to)
{
    for (uint16_t i = (uint16_t)(t->head + 1); i <= to; i++)
        if (t->step[i].edge != ID_NONE && f->cfg.site->edge[t->step[i].edge].elevator != ID_NONE)
            return f->cfg.site->edge[t->step[i].edge].elevator;
    return ID_NONE;
}

/* A way that was closed meanwhile is not begun; another one is looked for. */
static bool may_go(struct fleet *f, robot_id id, uint16_t to)
{
    struct robot *r = &f->robot[id];
    if (r->want_plan && mode_burning(f, route_frontier(plan_of(f->plan, id))->node)) return false;
    if (access_claimable(f, id, to)) return true;
    if (!r->want_plan) {
        r->want_plan = true;
        r->retry_ms = f->now_ms + PLAN_RETRY_MS;
    }
    return false;
}

/* How long before its robot arrives a car is called: what it needs to come and open, so that nobody waits and the car
 * does not either. */
static ms_t call_ahead_ms(const struct fleet *f, const struct route *t, elevator_id car)
{
    const struct site *s = f->cfg.site;
    const struct site_elevator *e = &s->elevator[car];
    level_id from = f->elevator[car].level, to = s->node[t->step[t->head].node].level;
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (s->node[t->step[i].node].elevator == car) {
            to = s->node[t->step[i].node].level;
            break;
        }
    ms_t travel = from == to || from >= s->levels ? 0 : e->door_close_ms + site_car_travel_ms(s, car, from, to);
    return ms_max(AHEAD_MOST_MS, travel + e->door_open_ms + AHEAD_CALL_MS);
}

/* Extend one robot's claim while it is short and nobody goes first. True when it grew. */
static bool claim_one(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    if (!t->placed || !robot_usable(r)) return false;
    bool grew = false;
    if (t->head > 0 && ahead_ms(t, t->head) >= AHEAD_LEAST_MS) {
        uint16_t next = plan_next(f->plan, id);
        if (next == t->head || ride_in(f, t, next) == ID_NONE) return false;
    }
    for (;;) {
        uint16_t to = plan_next(f->plan, id), by;
        if (to == t->head) {
            bool standing_plan_ends = t->head + 1 == t->count && (r->want_plan || r->held);
            if (standing_plan_ends && r->behind != ID_NONE) robot_wait(f, id, WAIT_ROBOT, r->behind);
            else robot_wait(f, id, standing_plan_ends ? WAIT_PLAN : WAIT_NOTHING, ID_NONE);
            return grew;
        }
        elevator_id car = ride_in(f, t, to);
        bool first_come = car != ID_NONE && f->cfg.arbiter == ARBITER_FIRST_COME;
        if (first_come && t->head > 0) return grew; /* it asks when it stands there */
        if (ahead_ms(t, t->head) >= (car == ID_NONE ? AHEAD_MOST_MS : call_ahead_ms(f, t, car))) return grew;
        if (car != ID_NONE && (!elevator_usable(f, car) || elevator_bars(f, car, id))) {
            robot_wait(f, id, WAIT_ELEVATOR, car);
            return grew;
        }
        if (!may_go(f, id, to)) {
            robot_wait(f, id, WAIT_PLAN, ID_NONE);
            return grew;
        }
        if (plan_blocked(f->plan, id, to, &by)) {
            robot_wait(f, id, WAIT_ROBOT, by);
            if (first_come) arbiter_first_come(f, id, by);
            return grew;
        }
        plan_claim(f->plan, id, to);
        robot_wait(f, id, WAIT_NOTHING, ID_NONE);
        grew = true;
    }
}

/* A claim that grows never unblocks another one: what unblocks is a tail that moves, an input. So one pass is
 * enough. */
void traffic_claim(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) claim_one(f, id);
}
