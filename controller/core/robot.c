#include <assert.h>

#include "fleet_state.h"

#define BATTERY_LOW_PERMILLE 200

void robot_open(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        r->link = ROBOT_NEVER_SEEN;
        r->mode = VDA_AUTOMATIC;
        r->battery_permille = -1;
        r->goal = ID_NONE;
        r->away_ms = MS_NEVER;
        r->wait_for = ID_NONE;
        if (f->cfg.robot_start[id] != ID_NONE) plan_place(f->plan, id, f->cfg.robot_start[id], 0, 0);
    }
}

bool robot_usable(const struct robot *r)
{
    return r->link == ROBOT_ONLINE && r->mode <= VDA_SEMIAUTOMATIC && !r->fatal && !r->lost;
}

bool robot_free(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    return robot_usable(r) && r->job == 0 && plan_of(f->plan, id)->placed;
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

static void set_goal(struct fleet *f, robot_id id, station_id station, enum order_action_kind kind)
{
    struct robot *r = &f->robot[id];
    r->goal = f->cfg.site->station[station].node;
    r->goal_kind = (uint8_t)kind;
    r->goal_action = ++r->next_action;
    r->want_plan = true;
    r->retry_ms = f->now_ms;
    r->serving = false;
}

void robot_give(struct fleet *f, robot_id id, job_id j)
{
    struct job *job = job_find(f, j);
    assert(job && robot_free(f, id));
    f->robot[id].job = j;
    job->v.robot = id;
    job_set(f, j, JOB_ASSIGNED);
    set_goal(f, id, job->v.from, ACT_PICK);
}

void robot_drop_mission(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    r->job = 0;
    r->goal = ID_NONE;
    r->serving = r->loaded = false;
    r->want_plan = true; /* a shorter way to a refuge */
    r->retry_ms = f->now_ms;
    plan_forget_goal(f->plan, id);
    f->assign_due = true;
}

/* ---- the action at the goal ended ---- */

static void picked(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    struct job *job = job_find(f, r->job);
    r->loaded = true;
    job_set(f, r->job, JOB_LOADED);
    job_set(f, r->job, JOB_MOVING);
    set_goal(f, id, job->v.to, ACT_DROP);
}

static void arrived(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    if (r->goal_kind != ACT_DROP || r->job == 0) return;
    if (job_find(f, r->job)->v.state == JOB_MOVING) job_set(f, r->job, JOB_ARRIVED);
}

static void ended(struct fleet *f, robot_id id, enum job_state how)
{
    struct robot *r = &f->robot[id];
    job_id j = r->job;
    r->job = 0;
    r->goal = ID_NONE;
    r->serving = r->loaded = false;
    f->assign_due = true;
    job_set(f, j, how);
}

static void on_action(struct fleet *f, robot_id id, const struct in_fact *in)
{
    struct robot *r = &f->robot[id];
    bool mine = r->job != 0 && in->a == r->goal_action && (route_frontier(plan_of(f->plan, id))->flags & STEP_GOAL);
    if (!mine) return; /* an elevator's initPosition, or something told twice */
    if (in->b == VDA_RUNNING) {
        r->serving = true;
        arrived(f, id);
        return;
    }
    if (in->b != VDA_FINISHED && in->b != VDA_FAILED) return;
    plan_served(f->plan, id, f->now_ms);
    if (in->b == VDA_FAILED) {
        ended(f, id, JOB_FAILED);
    } else if (r->goal_kind == ACT_PICK) {
        picked(f, id);
    } else {
        arrived(f, id);
        ended(f, id, JOB_DELIVERED);
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
    if (known) {
        if (t->placed) plan_remove(f->plan, id);
        known = plan_place(f->plan, id, node, 0, f->now_ms) == ORD_OK;
        r->want_plan = known && r->goal != ID_NONE;
    }
    if (!known && !r->lost) fleet_event(f, EVENT_ROBOT_OFF_GRAPH, id, r->job, 0);
    r->lost = !known;
    f->assign_due = true;
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
    if (was && !is) {
        command_lost(f, id); /* entering manual clears the order */
        fleet_event(f, EVENT_ROBOT_MANUAL, id, r->job, 0);
    }
    if (!was && is) fleet_event(f, EVENT_ROBOT_AUTOMATIC, id, r->job, 0);
}

static void on_battery(struct fleet *f, robot_id id, const struct in_fact *in)
{
    struct robot *r = &f->robot[id];
    bool was_low = r->battery_permille >= 0 && r->battery_permille < BATTERY_LOW_PERMILLE;
    r->battery_permille = (int32_t)in->a;
    r->charging = in->b != 0;
    if (!was_low && r->battery_permille < BATTERY_LOW_PERMILLE)
        fleet_event(f, EVENT_ROBOT_BATTERY_LOW, id, r->job, r->battery_permille);
}

static void on_error(struct fleet *f, robot_id id, bool fatal)
{
    struct robot *r = &f->robot[id];
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
    case FACT_STANDS: on_stands(f, id, in->node); break;
    case FACT_ACK: command_ack(f, id, in->a, in->b); break;
    case FACT_REACHED: on_reached(f, id, in); break;
    case FACT_ACTION: on_action(f, id, in); break;
    case FACT_REJECTED: command_rejected(f, id, in->a, in->b); break;
    case FACT_LOST_ORDER:
        if (r->has_order && in->a == r->order) {
            fleet_event(f, EVENT_ROBOT_LOST_ORDER, id, r->job, 0);
            command_lost(f, id);
        }
        break;
    case FACT_IDLE:
        if (r->has_order && in->a == r->order && in->b == r->update) r->idle = true;
        break;
    case FACT_MODE: on_mode(f, id, (uint8_t)in->b); break;
    case FACT_BATTERY: on_battery(f, id, in); break;
    case FACT_ERROR: on_error(f, id, in->b != 0); break;
    }
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
    snap_i32(s, &r->battery_permille);
    snap_bool(s, &r->charging);
    snap_i64(s, &r->away_ms);
    snap_u32(s, &r->job);
    snap_bool(s, &r->loaded);
    snap_bool(s, &r->serving);
    snap_u16(s, &r->goal);
    snap_u32(s, &r->goal_action);
    snap_u8(s, &r->goal_kind);
    snap_u32(s, &r->next_action);
    snap_bool(s, &r->want_plan);
    snap_i64(s, &r->retry_ms);
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
    snap_u16(s, &r->order_actions);
    snap_u8(s, &r->rejections);
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
        snap_u8(s, &n->action.kind);
        snap_u32(s, &n->action.number);
        snap_u32(s, &n->action.job);
    }
}
