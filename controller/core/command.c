#include <assert.h>

#include "fleet_state.h"

#define REJECTIONS_MOST 3
#define STOPS_ASKED_MOST 5 /* then it gets its order all the same: some vehicles end it only by driving off */

/* How far the base may reach: along the claim up to the first closed gate. */
static uint32_t releasable(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    uint32_t from = r->has_order && r->released > t->base ? r->released : t->base;
    uint16_t i = (uint16_t)(from - t->base);
    while (i < t->head) {
        enum robot_wait wait;
        uint16_t whom;
        if (!gate_open(f, id, (uint16_t)(i + 1), &wait, &whom)) {
            if (i == 0) robot_wait(f, id, wait, whom);
            break;
        }
        i++;
    }
    return t->base + i;
}

static struct order_action action_at(struct fleet *f, robot_id id, const struct route_step *v)
{
    struct robot *r = &f->robot[id];
    if ((v->flags & STEP_GOAL) && r->goal == v->node)
        return (struct order_action){ .kind = r->goal_kind, .number = r->goal_action, .job = r->job };
    if (v->edge != ID_NONE && f->cfg.site->edge[v->edge].ride_ms > 0)
        return (struct order_action){ .kind = ACT_INIT_POSITION, .number = ++r->next_action };
    return (struct order_action){ .kind = ACT_NONE };
}

/* What is sent now is driven within a minute. */
static bool quiet_hours(const struct fleet *f)
{
    return hour_quiet(f, f->now_ms) || hour_quiet(f, f->now_ms + MS_MINUTE);
}

/* What the last message said is to be done at the node with this sequence number. */
static struct order_action said_of(const struct out_order *m, uint32_t order, uint32_t seq)
{
    for (uint16_t i = 0; i < m->nodes && m->order == order; i++)
        if (m->node[i].seq == seq) return m->node[i].action;
    return (struct order_action){ .kind = ACT_NONE };
}

/* From the last released node (or, for a new order, from where it stands) to the end of base and horizon. Actions are
 * given with the base only, once: at the node where it waits nothing can be added later in VDA 5050 2.x. An update
 * repeats what was said of its first node (order.h). */
static void build(struct fleet *f, robot_id id, uint32_t first, uint32_t limit)
{
    struct robot *r = &f->robot[id];
    struct out_order *m = &r->message;
    const struct route *t = plan_of(f->plan, id);
    uint32_t end = t->base + t->count - 1u;
    if (end > limit + ORDER_AHEAD_NODES) end = limit + ORDER_AHEAD_NODES;
    if (end > first + ORDER_NODES_MAX - 1) end = first + ORDER_NODES_MAX - 1;
    assert(limit <= end);
    struct order_action again = { .kind = ACT_NONE };
    if (r->update > 0) again = said_of(m, r->order, 2 * (first - r->order_base));
    int32_t slow_mm_s = quiet_hours(f) ? f->cfg.site->cls[f->cfg.robot_class[id]].quiet_speed_mm_s : 0;
    *m =
        (struct out_order){ .robot = id, .order = r->order, .update = r->update, .nodes = (uint16_t)(end - first + 1) };
    for (uint32_t n = first; n <= end; n++) {
        const struct route_step *v = &t->step[n - t->base];
        struct order_node *out = &m->node[n - first];
        *out = (struct order_node){ .node = v->node,
                                    .edge = n == first ? ID_NONE : v->edge,
                                    .seq = 2 * (n - r->order_base),
                                    .released = n <= limit };
        if (out->edge != ID_NONE && f->cfg.site->edge[out->edge].quiet) out->speed_mm_s = slow_mm_s;
        bool serves_here =
            r->update == 0 && (v->flags & STEP_GOAL); /* the order was lost at the goal, before the action */
        if (n <= limit && (n > first || serves_here)) out->action = action_at(f, id, v);
        if (n == first && r->update > 0) {
            out->action = again;
            continue;
        }
        r->order_actions = (uint16_t)(r->order_actions + (out->action.kind != ACT_NONE));
    }
    r->released = limit;
}

static void send(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    r->outstanding = true;
    r->sent_ms = f->now_ms;
    fleet_emit(f, OUT_ORDER)->order = r->message;
    f->totals.orders++;
}

static bool quiet(const struct fleet *f, const struct robot *r) { return f->now_ms - r->sent_ms >= ORDER_QUIET_MS; }

/* True while it has to be waited for. */
static bool ends_charging(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    if (!r->charging) return false;
    if (r->stops_asked > 0 && f->now_ms - r->stop_asked_ms < f->cfg.resend_ms) return true;
    if (r->stops_asked == STOPS_ASKED_MOST) return false;
    r->stops_asked++;
    r->stop_asked_ms = f->now_ms;
    fleet_emit(f, OUT_INSTANT)->instant =
        (struct out_instant){ .robot = id, .action = { .kind = ACT_STOP_CHARGING, .number = ++r->next_action } };
    return true;
}

static void extend(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    uint32_t limit = releasable(f, id);
    bool serve_here = !r->has_order && t->head == 0 && (t->step[0].flags & STEP_GOAL);
    if ((limit == t->base && !serve_here) || (r->has_order && limit == r->released)) return;
    if (limit > t->base && ends_charging(f, id)) return;
    bool done = r->has_order && r->idle && r->released == t->base;
    if (!r->has_order || (done && quiet(f, r))) {
        r->has_order = true;
        r->order = ++r->next_order;
        r->update = 0;
        r->order_base = t->base;
        r->order_actions = 0;
    } else {
        if (r->order_actions >= ORDER_ACTIONS_MOST && done) return; /* a moment of quiet, then a new order */
        r->update++;
    }
    uint32_t first = r->update == 0 ? t->base : r->released;
    if (limit > first + ORDER_NODES_MAX - 1) limit = first + ORDER_NODES_MAX - 1;
    r->idle = false;
    build(f, id, first, limit);
    send(f, id);
}

/* Pitfall 9: somebody was switched on, or put down, on what this one holds. Nothing more is released to it. */
bool command_stray_ahead(const struct fleet *f, robot_id id)
{
    const struct route *t = plan_of(f->plan, id);
    for (robot_id o = 0; o < f->cfg.robots; o++) {
        const struct robot *stray = &f->robot[o];
        if (o == id || stray->stray == ID_NONE) continue;
        for (uint16_t i = 0; t->placed && i <= t->head; i++)
            if (site_conflict(f->cfg.site, f->cfg.robot_class[id], t->step[i].node, f->cfg.robot_class[o], stray->stray,
                              NULL))
                return true;
    }
    return false;
}

void command_run(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        if (!robot_usable(r) || !plan_of(f->plan, id)->placed || f->now_ms < r->hold_until_ms) continue;
        if (cancel_open(r)) continue;
        bool due = r->outstanding && f->now_ms - r->sent_ms >= f->cfg.resend_ms;
        /* A refused update still unanswered is refused again: a robot that goes on showing one error cannot say so. */
        if (due && r->update > 0 && r->rejections > 0 && ++r->rejections > REJECTIONS_MOST) command_lost(f, id);
        if (!r->outstanding && command_stray_ahead(f, id)) continue;
        if (!r->outstanding) extend(f, id);
        else if (due) send(f, id);
    }
}

void command_ack(struct fleet *f, robot_id id, uint32_t order, uint32_t update)
{
    struct robot *r = &f->robot[id];
    if (!r->has_order || order != r->order || update != r->update) return;
    r->outstanding = false;
    r->holds = true;
    r->rejections = 0;
    r->shown_order = r->order;
    r->shown_base = r->order_base;
    r->shown_released = r->released;
}

void command_lost(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    if (!r->serving && r->stops > 0) { /* a number that was given is never given again, begun or not */
        r->goal_before = r->goal_action;
        r->goal_action = ++r->next_action;
    }
    r->has_order = r->outstanding = r->idle = r->serving = false;
    r->hold_until_ms = f->now_ms;
}

/* Refusals are often passing (pitfall 5): the same message again after a pause; a new order under a new number. */
void command_rejected(struct fleet *f, robot_id id, uint32_t order, uint32_t update)
{
    struct robot *r = &f->robot[id];
    if (!r->outstanding || order != r->order || update != r->update) return;
    r->rejections++;
    if (r->rejections == 1 || r->rejections % REJECTIONS_MOST == 0)
        fleet_event(f, EVENT_ROBOT_REJECTED_ORDER, id, r->job, r->rejections);
    r->hold_until_ms = f->now_ms + REJECT_PAUSE_MS;
    if (update == 0 || r->rejections >= REJECTIONS_MOST) r->has_order = r->outstanding = false;
}

ms_t command_deadline(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    if (!robot_usable(r)) return MS_NEVER;
    if (r->hold_until_ms > f->now_ms) return r->hold_until_ms;
    if (r->outstanding) return r->sent_ms + f->cfg.resend_ms;
    if (r->charging && r->stops_asked > 0 && f->now_ms - r->stop_asked_ms < f->cfg.resend_ms)
        return r->stop_asked_ms + f->cfg.resend_ms;
    if (r->has_order && r->order_actions >= ORDER_ACTIONS_MOST && !quiet(f, r)) return r->sent_ms + ORDER_QUIET_MS;
    return MS_NEVER;
}
