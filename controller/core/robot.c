#include <assert.h>
#include <string.h>

#include "fleet_state.h"

#define BATTERY_LOW_PERMILLE 200

void robot_open(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        r->link = ROBOT_NEVER_SEEN;
        r->mode = VDA_AUTOMATIC;
        r->battery_permille = -1;
        r->goal = r->stray = ID_NONE;
        r->away_ms = MS_NEVER;
        r->wait_for = r->behind = ID_NONE;
        if (f->cfg.robot_start[id] != ID_NONE) plan_place(f->plan, id, f->cfg.robot_start[id], 0, 0);
    }
}

bool robot_usable(const struct robot *r)
{
    return r->link == ROBOT_ONLINE && r->mode <= VDA_SEMIAUTOMATIC && !r->fatal && !r->lost && !r->unlike;
}

bool robot_free(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    return robot_usable(r) && r->stops == 0 && r->loads == 0 && !r->out && plan_of(f->plan, id)->placed;
}

void robot_wait(struct fleet *f, robot_id id, enum robot_wait wait, uint16_t whom)
{
    struct robot *r = &f->robot[id];
    if (r->wait == wait && r->wait_for == whom) return;
    if (r->wait != wait || wait != WAIT_ROBOT)
        r->wait_since_ms = f->now_ms; /* waiting for another robot goes on when its name changes */
    r->wait = (uint8_t)wait;
    r->wait_for = whom;
}

/* ---- the tour ---- */

bool robot_committed(const struct fleet *f, robot_id id)
{
    return f->robot[id].stops > 0 && traffic_goal_claimed(f, id);
}

/* How many others want this place or stand on it. */
static uint32_t wanted_by(const struct fleet *f, robot_id id, node_id n)
{
    uint32_t count = 0;
    for (robot_id o = 0; o < f->cfg.robots; o++) {
        const struct route *t = plan_of(f->plan, o);
        if (o == id) continue;
        bool stands = t->placed && t->step[t->head].node == n;
        count += f->robot[o].goal == n || stands || (t->placed && t->refuge == n);
    }
    return count;
}

#define TAKEN_MS 120000 /* a place that somebody else wants is as good as one so much further away */

/* Where a stop may be made: with the load aboard there is a way on, or none now but one to a refuge, or none at all, or
 * somebody stands there who will not leave by himself. */
enum outlook { LEADS_ON, LEADS_AWAY, LEADS_NOWHERE, TAKEN };

static void consider(struct fleet *f, robot_id id, node_id n, enum outlook after, node_id *best, uint64_t *best_ms)
{
    const struct route *t = plan_of(f->plan, id);
    uint32_t ms = t->placed ? access_ms(f, id, route_frontier(t)->node, n) : 0;
    uint64_t cost = (uint64_t)ms + (uint64_t)wanted_by(f, id, n) * TAKEN_MS;
    cost += (uint64_t)after * DIST_FAR * 2; /* no place but for want of any better */
    if (*best != ID_NONE && cost >= *best_ms) return;
    *best = n;
    *best_ms = cost;
}

bool robot_charger_free(const struct fleet *f, robot_id id)
{
    const struct site *s = f->cfg.site;
    for (node_id n = 0; n < s->nodes; n++)
        if ((s->node[n].flags & NODE_CHARGER) && wanted_by(f, id, n) == 0) return true;
    return false;
}

bool robot_park(struct fleet *f, robot_id id)
{
    const struct site *s = f->cfg.site;
    node_id best = ID_NONE;
    uint64_t best_ms = 0;
    for (node_id n = 0; n < s->nodes; n++)
        if ((s->node[n].flags & NODE_REFUGE) && !(s->node[n].flags & NODE_CHARGER) && wanted_by(f, id, n) == 0)
            consider(f, id, n, LEADS_ON, &best, &best_ms);
    if (best == ID_NONE || best_ms >= DIST_FAR) return false;
    if (plan_route(f->plan, id, (struct plan_request){ best, 0 }, f->now_ms) != ORD_OK) return false;
    plan_forget_goal(f->plan, id); /* nothing is to be done there */
    return true;
}

static enum outlook outlook_from(struct fleet *f, robot_id id, const struct job_view *v, node_id n)
{
    class_id c = f->cfg.robot_class[id];
    if (assign_leads_on(f, c, v, n)) return LEADS_ON;
    return assign_leads_away(f, c, v, n) ? LEADS_AWAY : LEADS_NOWHERE;
}

static node_id place_for(struct fleet *f, robot_id id, const struct stop *stop)
{
    const struct site *s = f->cfg.site;
    node_id best = ID_NONE;
    uint64_t best_ms = 0;
    if (stop->kind == STOP_PICK || stop->kind == STOP_DROP) {
        const struct job_view *v = job_seen(f, stop->job);
        const struct site_station *at = &s->station[stop->kind == STOP_PICK ? v->from : v->to];
        for (uint8_t i = 0; i < station_slots(at); i++) {
            node_id n = station_slot(at, i);
            consider(f, id, n, stop->kind == STOP_DROP ? LEADS_ON : outlook_from(f, id, v, n), &best, &best_ms);
        }
        return best;
    }
    bool charge = stop->kind == STOP_CHARGE;
    for (node_id n = 0; n < s->nodes; n++) {
        if (!(s->node[n].flags & (charge ? NODE_CHARGER : NODE_WASHER))) continue;
        consider(f, id, n, charge && wanted_by(f, id, n) > 0 ? TAKEN : LEADS_ON, &best, &best_ms);
    }
    return best;
}

/* The first stop is another one than before: a new goal, and a way to it. */
static void begin_stop(struct fleet *f, robot_id id)
{
    static const uint8_t action[] = { ACT_PICK, ACT_DROP, ACT_WASH, ACT_START_CHARGING };
    struct robot *r = &f->robot[id];
    plan_forget_goal(f->plan, id);
    r->serving = false;
    r->want_plan = true; /* no stop: a shorter way to a refuge */
    r->retry_ms = f->now_ms;
    r->fruitless = 0;
    r->job = 0;
    r->goal = ID_NONE;
    if (r->stops == 0) return;
    struct stop *stop = &r->stop[0];
    if (stop->kind == STOP_PICK) job_oldest_first(f, id);
    stop->node = place_for(f, id, stop);
    r->job = stop->job;
    r->goal = stop->node;
    r->goal_kind = action[stop->kind];
    r->goal_action = ++r->next_action;
    r->goal_before = 0;
    assign_leg_begins(f, id);
}

void robot_place_again(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    if (r->stops == 0 || robot_committed(f, id)) return;
    node_id n = place_for(f, id, &r->stop[0]);
    if (n == r->goal) return;
    plan_forget_goal(f->plan, id);
    r->stop[0].node = r->goal = n;
    r->goal_action = ++r->next_action;
}

/* Tours may exchange stops: all are put down before anybody begins. */
void robot_put_tour(struct fleet *f, robot_id id, const struct stop *stop, uint8_t stops)
{
    struct robot *r = &f->robot[id];
    bool same = stops > 0 && r->stops > 0 && stop[0].kind == r->stop[0].kind && stop[0].job == r->stop[0].job;
    assert(same || !robot_committed(f, id));
    node_id node = same ? r->stop[0].node : ID_NONE;
    if (!same && (stops > 0 || r->stops > 0)) r->begins = true;
    memmove(r->stop, stop, stops * sizeof *stop);
    r->stops = stops;
    if (same) r->stop[0].node = node;
}

void robot_begin(struct fleet *f, robot_id id)
{
    if (!f->robot[id].begins) return;
    f->robot[id].begins = false;
    begin_stop(f, id);
}

void robot_set_tour(struct fleet *f, robot_id id, const struct stop *stop, uint8_t stops)
{
    robot_put_tour(f, id, stop, stops);
    robot_begin(f, id);
}

void robot_drop_job(struct fleet *f, robot_id id, job_id j)
{
    struct robot *r = &f->robot[id];
    struct stop left[TOUR_STOPS_MAX];
    uint8_t n = 0;
    for (uint8_t i = 0; i < r->stops; i++)
        if (r->stop[i].job != j) left[n++] = r->stop[i];
    robot_set_tour(f, id, left, n);
    f->assign_due = true;
}

static void first_stop_done(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    r->stops--;
    memmove(r->stop, r->stop + 1, r->stops * sizeof *r->stop);
    begin_stop(f, id);
    f->assign_due = true;
}

/* ---- the action at the goal ended ---- */

static void picked(struct fleet *f, robot_id id, job_id j)
{
    struct robot *r = &f->robot[id];
    assert(r->loads < ROBOT_LOADS_MAX);
    r->load[r->loads++] = j;
    r->before |= hygiene_bit(hygiene_of(f, job_seen(f, j)));
    job_set(f, j, JOB_LOADED);
    job_set(f, j, JOB_MOVING);
    access_group(f, id);
    first_stop_done(f, id);
}

/* It stands where it brings things: everything for this station has arrived, though hands take one after the other. */
static void arrived(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    if (r->stops == 0 || r->stop[0].kind != STOP_DROP) return;
    station_id here = job_seen(f, r->stop[0].job)->to;
    for (uint8_t i = 0; i < r->stops && r->stop[i].kind == STOP_DROP; i++) {
        const struct job_view *v = job_seen(f, r->stop[i].job);
        if (v->to != here) return;
        if (v->state == JOB_MOVING) job_set(f, v->job, JOB_ARRIVED);
    }
}

static void take_off(struct robot *r, job_id j)
{
    uint8_t n = 0;
    for (uint8_t i = 0; i < r->loads; i++)
        if (r->load[i] != j) r->load[n++] = r->load[i];
    r->loads = n;
}

static void dropped(struct fleet *f, robot_id id, job_id j, enum job_state how)
{
    arrived(f, id);
    take_off(&f->robot[id], j);
    f->robot[id].before |= mode_soils(f, job_seen(f, j)->to) | mode_soils(f, job_seen(f, j)->from);
    job_set(f, j, how);
    access_group(f, id);
    first_stop_done(f, id);
}

/* Nothing was handed over: the job ends, with its later stops. */
static void not_picked(struct fleet *f, robot_id id, job_id j)
{
    job_set(f, j, JOB_FAILED);
    robot_drop_job(f, id, j);
}

static void washed(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    r->before = 0;
    for (uint8_t i = 0; i < r->loads; i++) r->before |= hygiene_bit(hygiene_of(f, job_seen(f, r->load[i])));
    access_group(f, id);
}

static void on_action(struct fleet *f, robot_id id, const struct in_fact *in)
{
    struct robot *r = &f->robot[id];
    if (cancel_told(f, id, in->a, in->b)) return;
    bool before = r->goal_before != 0 && in->a == r->goal_before && in->b == VDA_FINISHED;
    bool mine = r->stops > 0 && (in->a == r->goal_action || before) &&
                (route_frontier(plan_of(f->plan, id))->flags & STEP_GOAL);
    if (!mine) return; /* an elevator's initPosition, or something told twice */
    if (in->b == VDA_RUNNING) {
        if (!r->serving) assign_leg_ends(f, id);
        r->serving = true;
        arrived(f, id);
        return;
    }
    if (in->b != VDA_FINISHED && in->b != VDA_FAILED) return;
    bool done = in->b == VDA_FINISHED;
    job_id j = r->stop[0].job;
    plan_served(f->plan, id, f->now_ms);
    switch ((enum stop_kind)r->stop[0].kind) {
    case STOP_PICK:
        if (done) picked(f, id, j);
        else not_picked(f, id, j);
        return;
    case STOP_DROP: dropped(f, id, j, done ? JOB_DELIVERED : JOB_FAILED); return;
    case STOP_WASH:
        if (done) washed(f, id);
        first_stop_done(f, id); /* a failed wash leaves it as it was: the dispatcher sends it again */
        return;
    case STOP_CHARGE: first_stop_done(f, id); return;
    }
}

/* ---- where it is ---- */

/* The number of the claimed step at this node, searched from the tail; false: it does not stand on its claim. */
static bool number_of(const struct route *t, node_id node, uint32_t *number)
{
    for (uint16_t i = 0; t->placed && i <= t->head; i++) {
        if (t->step[i].node != node) continue;
        *number = t->base + i;
        return true;
    }
    return false;
}

/* Progress on the order it was given last, also after that was lost or given up: it may still have been driving. While
 * it has not taken the last one, the one it showed before counts as well. */
static bool number_reached(const struct fleet *f, robot_id id, const struct in_fact *in, uint32_t *number)
{
    const struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    bool last = in->a == r->order, before = !last && in->a == r->shown_order;
    if (!last && !before) return false;
    *number = (last ? r->order_base : r->shown_base) + in->b / 2;
    if (*number < t->base || *number > (last ? r->released : r->shown_released))
        return false;                                   /* long passed, or never sent */
    return t->step[*number - t->base].node == in->node; /* its counter may be wrong: believe only where both agree */
}

static void on_reached(struct fleet *f, robot_id id, const struct in_fact *in)
{
    const struct route *t = plan_of(f->plan, id);
    uint32_t number;
    if (!number_reached(f, id, in, &number)) return;
    plan_reached(f->plan, id, number, f->now_ms);
    if (t->head == 0 && (route_frontier(t)->flags & STEP_GOAL)) arrived(f, id);
}

static void on_stands(struct fleet *f, robot_id id, node_id node)
{
    struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    uint32_t number;
    if (node != ID_NONE && number_of(t, node, &number)) {
        r->lost = false;
        plan_reached(f->plan, id, number, f->now_ms);
        return;
    }
    bool known = node != ID_NONE && node_stoppable(f->cfg.site, node);
    if (known && t->placed && t->head > 0) known = false; /* it left a stretch it holds: a person must look */
    r->stray = ID_NONE;
    if (known) {
        if (t->placed) plan_remove(f->plan, id);
        known = plan_place(f->plan, id, node, 0, f->now_ms) == ORD_OK;
        r->want_plan = known && r->goal != ID_NONE;
        if (!known) r->stray = node; /* somebody else's claim leads there */
    }
    if (!known && !r->lost)
        fleet_event(f, r->stray != ID_NONE ? EVENT_ROBOT_ON_CLAIM : EVENT_ROBOT_OFF_GRAPH, id, r->job, 0);
    r->lost = !known;
    f->assign_due = true;
}

/* Whoever stood on the claim of another is known to the planner as soon as that claim has gone. */
static void settle_strays(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        if (r->stray == ID_NONE || plan_place(f->plan, id, r->stray, 0, f->now_ms) != ORD_OK) continue;
        r->stray = ID_NONE;
        r->lost = false;
        r->want_plan = r->goal != ID_NONE;
        f->assign_due = true;
    }
}

/* ---- presence ---- */

static void presence(struct fleet *f, robot_id id, bool was_usable)
{
    struct robot *r = &f->robot[id];
    bool now_usable = robot_usable(r);
    if (now_usable) r->away_ms = MS_NEVER;
    else if (was_usable || r->away_ms == MS_NEVER) r->away_ms = f->now_ms;
    if (now_usable != was_usable) f->assign_due = true;
}

static void on_link(struct fleet *f, robot_id id, enum robot_link link)
{
    static const enum event_no event[] = { EVENT_STARTED, EVENT_ROBOT_ONLINE, EVENT_ROBOT_OFFLINE, EVENT_ROBOT_SILENT };
    struct robot *r = &f->robot[id];
    if (r->link == link) return;
    r->link = (uint8_t)link;
    if (link == ROBOT_ONLINE)
        r->sent_ms = f->now_ms - f->cfg.resend_ms; /* it may have missed the last message: repeat at once */
    fleet_event(f, event[link], id, r->job, link == ROBOT_SILENT ? 10 : 0);
}

static void on_mode(struct fleet *f, robot_id id, uint8_t mode)
{
    struct robot *r = &f->robot[id];
    if (r->mode == mode) return;
    bool was = r->mode <= VDA_SEMIAUTOMATIC, is = mode <= VDA_SEMIAUTOMATIC;
    r->mode = mode;
    bool keeps = was && mode == VDA_INTERVENED; /* 3.0: a person steers for a while, the order stays */
    if (!is && !keeps) {
        command_lost(f, id); /* entering manual clears the order */
        r->holds = false;
    }
    if (was && !is) { fleet_event(f, EVENT_ROBOT_MANUAL, id, r->job, 0); }
    if (!was && is) fleet_event(f, EVENT_ROBOT_AUTOMATIC, id, r->job, 0);
}

static void on_battery(struct fleet *f, robot_id id, const struct in_fact *in)
{
    struct robot *r = &f->robot[id];
    bool was_low = r->battery_permille >= 0 && r->battery_permille < BATTERY_LOW_PERMILLE;
    r->battery_permille = (int32_t)in->a;
    r->charging = in->b != 0;
    if (!r->charging) r->stops_asked = 0;
    f->charge_ms = f->now_ms; /* look at it now */
    if (!was_low && r->battery_permille < BATTERY_LOW_PERMILLE)
        fleet_event(f, EVENT_ROBOT_BATTERY_LOW, id, r->job, r->battery_permille);
}

/* It has done what it was released, or it dropped that without a word (pitfall 8: the state that said why may have been
 * lost): what is claimed is not driven any more, so it is planned for anew. */
static void on_idle(struct fleet *f, robot_id id, const struct in_fact *in)
{
    struct robot *r = &f->robot[id];
    if (in->a == r->shown_order) r->holds = false;
    if (!r->has_order || in->a != r->order) return;
    if (in->b == r->update) r->idle = true;
    if (in->a != r->shown_order || r->shown_released <= plan_of(f->plan, id)->base) return;
    fleet_event(f, EVENT_ROBOT_LOST_ORDER, id, r->job, 0);
    command_lost(f, id);
}

static void on_sheet(struct fleet *f, robot_id id, bool differs)
{
    struct robot *r = &f->robot[id];
    if (differs != r->unlike)
        fleet_event(f, differs ? EVENT_ROBOT_SHEET_DIFFERS : EVENT_ROBOT_SHEET_AGREES, id, r->job, 0);
    r->unlike = differs;
}

static void on_error(struct fleet *f, robot_id id, uint32_t level)
{
    struct robot *r = &f->robot[id];
    bool fatal = level == 1;
    if (level == 2 && r->has_order) { /* it can do others: this one is taken back (cancel.c) */
        fleet_event(f, EVENT_ROBOT_LOST_ORDER, id, r->job, 0);
        command_lost(f, id);
    }
    if (fatal && !r->fatal) fleet_event(f, EVENT_ROBOT_ERROR, id, r->job, 0);
    r->fatal = fatal;
}

void robot_fact(struct fleet *f, const struct in_fact *in)
{
    robot_id id = in->robot;
    struct robot *r = &f->robot[id];
    bool was_usable = robot_usable(r);
    switch ((enum fact_kind)in->kind) {
    case FACT_ONLINE: on_link(f, id, ROBOT_ONLINE); break;
    case FACT_OFFLINE: on_link(f, id, ROBOT_OFFLINE); break;
    case FACT_SILENT: on_link(f, id, ROBOT_SILENT); break;
    case FACT_STANDS:
        r->holds = false;
        on_stands(f, id, in->node);
        break;
    case FACT_ACK: command_ack(f, id, in->a, in->b); break;
    case FACT_REACHED: on_reached(f, id, in); break;
    case FACT_ACTION: on_action(f, id, in); break;
    case FACT_REJECTED: command_rejected(f, id, in->a, in->b); break;
    case FACT_LOST_ORDER:
        r->holds = false;
        if (r->has_order && in->a == r->order) {
            fleet_event(f, EVENT_ROBOT_LOST_ORDER, id, r->job, 0);
            command_lost(f, id);
        }
        break;
    case FACT_IDLE: on_idle(f, id, in); break;
    case FACT_MODE: on_mode(f, id, (uint8_t)in->b); break;
    case FACT_BATTERY: on_battery(f, id, in); break;
    case FACT_ERROR: on_error(f, id, in->b); break;
    case FACT_FOREIGN: r->foreign = in->b != 0; break;
    case FACT_SHEET: on_sheet(f, id, in->b != 0); break;
    case FACT_COUNT: break;
    }
    settle_strays(f);
    /* It stands beyond all we sent it, put there by a person: the order we remember leads nowhere. */
    if (r->has_order && r->released < plan_of(f->plan, id)->base) command_lost(f, id);
    presence(f, id, was_usable);
}

void robot_restart(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        if (r->link == ROBOT_NEVER_SEEN) continue;
        r->link = ROBOT_OFFLINE; /* until it is heard again */
        r->outstanding = r->has_order;
        r->away_ms = f->now_ms;
    }
}

void robot_snap(struct snap *s, struct robot *r)
{
    snap_u8(s, &r->link);
    snap_u8(s, &r->mode);
    snap_bool(s, &r->fatal);
    snap_bool(s, &r->lost);
    snap_bool(s, &r->unlike);
    snap_u16(s, &r->stray);
    snap_i32(s, &r->battery_permille);
    snap_bool(s, &r->charging);
    snap_i64(s, &r->away_ms);
    snap_u32(s, &r->job);
    snap_count8(s, &r->stops, TOUR_STOPS_MAX);
    for (uint8_t i = 0; i < r->stops; i++) {
        snap_u8(s, &r->stop[i].kind);
        snap_u32(s, &r->stop[i].job);
        snap_u16(s, &r->stop[i].node);
        snap_i64(s, &r->stop[i].eta_ms);
        if (r->stop[i].kind > STOP_CHARGE) snap_fail(s);
    }
    snap_count8(s, &r->loads, ROBOT_LOADS_MAX);
    for (uint8_t i = 0; i < r->loads; i++) snap_u32(s, &r->load[i]);
    snap_u8(s, &r->before);
    snap_bool(s, &r->must_charge);
    snap_bool(s, &r->out);
    snap_bool(s, &r->isolation);
    snap_i64(s, &r->leg_ms);
    snap_i64(s, &r->leg_nominal_ms);
    snap_bool(s, &r->leg_rides);
    snap_bool(s, &r->serving);
    snap_u16(s, &r->goal);
    snap_u32(s, &r->goal_action);
    snap_u32(s, &r->goal_before);
    snap_u8(s, &r->goal_kind);
    snap_u32(s, &r->next_action);
    snap_bool(s, &r->want_plan);
    snap_bool(s, &r->held);
    snap_i64(s, &r->retry_ms);
    snap_u8(s, &r->fruitless);
    snap_u16(s, &r->behind);
    snap_bool(s, &r->blocks_told);
    snap_i64(s, &r->improve_ms);
    snap_u8(s, &r->wait);
    snap_u16(s, &r->wait_for);
    snap_i64(s, &r->wait_since_ms);
    snap_bool(s, &r->has_order);
    snap_bool(s, &r->idle);
    snap_bool(s, &r->outstanding);
    snap_u32(s, &r->order);
    snap_u32(s, &r->update);
    snap_u32(s, &r->next_order);
    snap_u32(s, &r->order_base);
    snap_u32(s, &r->released);
    snap_u32(s, &r->shown_order);
    snap_u32(s, &r->shown_base);
    snap_u32(s, &r->shown_released);
    snap_bool(s, &r->holds);
    snap_bool(s, &r->foreign);
    snap_bool(s, &r->cancel_heard);
    snap_u32(s, &r->cancel);
    snap_i64(s, &r->cancel_ms);
    snap_u16(s, &r->order_actions);
    snap_u8(s, &r->rejections);
    snap_u8(s, &r->stops_asked);
    snap_i64(s, &r->stop_asked_ms);
    snap_i64(s, &r->sent_ms);
    snap_i64(s, &r->hold_until_ms);
    struct out_order *m = &r->message;
    snap_u16(s, &m->robot);
    snap_u32(s, &m->order);
    snap_u32(s, &m->update);
    snap_count16(s, &m->nodes, ORDER_NODES_MAX);
    for (uint16_t i = 0; i < m->nodes; i++) {
        struct order_node *n = &m->node[i];
        snap_u16(s, &n->node);
        snap_u16(s, &n->edge);
        snap_u32(s, &n->seq);
        snap_bool(s, &n->released);
        snap_i32(s, &n->speed_mm_s);
        snap_u8(s, &n->action.kind);
        snap_u32(s, &n->action.number);
        snap_u32(s, &n->action.job);
    }
}
