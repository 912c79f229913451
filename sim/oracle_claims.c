/* oracle_claims - the judge of what is given to robots: claims of different robots never conflict, what is released is
 * claimed, and no way is released into a car or a zone that is not for robots now. */
#include <assert.h>
#include <string.h>

#include "oracle_state.h"

static bool holds(const struct seen_robot *b, res_id x)
{
    for (uint16_t i = 0; i < b->claims; i++)
        if (b->claim[i] == x) return true;
    return false;
}

void oracle_claims(struct oracle *o, robot_id r, uint16_t n, const res_id *claim)
{
    struct seen_robot *b = &o->robot[r];
    assert(n <= CLAIM_MAX);
    memcpy(b->claim, claim, n * sizeof claim[0]);
    b->met |= n > 0;
    b->claims = n;
    b->claims_new = true;
    oracle_touch(o, r); /* where it stands must still be claimed */
}

static bool was_held(const struct seen_robot *b, res_id x)
{
    for (uint16_t i = 0; i < b->helds; i++)
        if (b->held[i] == x) return true;
    return false;
}

static void clash(struct oracle *o, robot_id r, res_id x, robot_id q, res_id y, ms_t now)
{
    oracle_broken(o, now, "I-03", "robot %u was given resource %u, robot %u holds %u", r, x, q, y);
}

/* Old claims did not conflict, by induction: only what is new in r's can. */
static void judge_claims(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    const struct site *s = o->cfg.site;
    for (uint16_t i = 0; i < b->claims; i++) {
        res_id x = b->claim[i];
        if (was_held(b, x)) continue;
        for (class_id c = 0; c < s->classes; c++) {
            struct conflict_list l = site_conflicts(s, o->cfg.robot_class[r], x, c);
            for (uint32_t k = 0; k < l.count; k++) {
                robot_id q = o->holder[l.item[k].res];
                if (q != ID_NONE && q != r && o->cfg.robot_class[q] == c) clash(o, r, x, q, l.item[k].res, now);
            }
        }
    }
}

void oracle_claims_judge(struct oracle *o, ms_t now)
{
    for (robot_id r = 0; r < o->cfg.robots; r++) {
        struct seen_robot *b = &o->robot[r];
        if (!b->claims_new) continue;
        for (uint16_t i = 0; i < b->helds; i++)
            if (o->holder[b->held[i]] == r) o->holder[b->held[i]] = ID_NONE;
    }
    for (robot_id r = 0; r < o->cfg.robots; r++) {
        struct seen_robot *b = &o->robot[r];
        if (!b->claims_new) continue;
        for (uint16_t i = 0; i < b->claims; i++) {
            robot_id q = o->holder[b->claim[i]];
            if (q == ID_NONE) o->holder[b->claim[i]] = r;
            else if (q != r) clash(o, r, b->claim[i], q, b->claim[i], now);
        }
    }
    for (robot_id r = 0; r < o->cfg.robots; r++) {
        struct seen_robot *b = &o->robot[r];
        if (!b->claims_new) continue;
        judge_claims(o, r, now);
        memcpy(b->held, b->claim, b->claims * sizeof b->claim[0]);
        b->helds = b->claims;
        b->claims_new = false;
    }
}

static void action_keep(struct seen_robot *b, const struct order_action *a)
{
    for (uint32_t i = b->actions > ACTIONS_KEPT ? b->actions - ACTIONS_KEPT : 0; i < b->actions; i++)
        if (b->action[i % ACTIONS_KEPT].number == a->number) return; /* repeated with a repeated order */
    b->action[b->actions++ % ACTIONS_KEPT] =
        (struct seen_action){ .number = a->number, .kind = a->kind, .job = a->job };
}

/* What is released for the first time must lead nowhere that is shut to robots, once the controller can know it. */
static void judge_way(struct oracle *o, robot_id r, const struct order_node *n, node_id from, ms_t now)
{
    const struct site *s = o->cfg.site;
    const struct site_node *to = &s->node[n->node];
    if (n->edge == ID_NONE) return;
    if ((to->flags & NODE_CABIN) && !(s->node[from].flags & NODE_CABIN)) {
        const struct seen_car *c = &o->car[to->elevator];
        if (c->mode != ELEVATOR_AGV && now - c->mode_ms > ORACLE_TOLD_MS)
            oracle_broken(o, now, "I-10", "robot %u is let into car %u, whose mode is %u since %lld ms", r,
                          to->elevator, c->mode, (long long)(now - c->mode_ms));
    }
    if (o->burning[n->node] && !o->burning[from] && now - o->fire_ms > ORACLE_TOLD_MS)
        oracle_broken(o, now, "I-27", "robot %u is let into a burning zone, to node %u", r, n->node);
}

void oracle_order(struct oracle *o, const struct out_order *order, ms_t now)
{
    struct seen_robot *b = &o->robot[order->robot];
    const struct site *s = o->cfg.site;
    for (uint16_t i = 0; i < order->nodes; i++) {
        const struct order_node *n = &order->node[i];
        if (n->action.kind != ACT_NONE) action_keep(b, &n->action);
        if (b->order == order->order && n->seq <= b->seq) continue;
        b->step[n->seq / 2 % STEPS_KEPT] = (struct seen_step){ order->order, n->seq, n->node, i ? n->edge : ID_NONE };
        if (!n->released) continue;
        bool lane = n->edge == ID_NONE || i == 0 || holds(b, res_lane(s, s->edge[n->edge].lane));
        if (!lane || !holds(b, res_node(s, n->node)))
            oracle_broken(o, now, "I-04", "order %u.%u releases %s %u to robot %u outside its claim", order->order,
                          order->update, lane ? "node" : "the way to node", n->node, order->robot);
        bool fresh = b->released_order != order->order || n->seq > b->released_seq;
        if (fresh && i > 0) judge_way(o, order->robot, n, order->node[i - 1].node, now);
        b->released_order = order->order;
        if (fresh) b->released_seq = n->seq;
    }
}

void oracle_instant(struct oracle *o, const struct out_instant *instant)
{
    action_keep(&o->robot[instant->robot], &instant->action);
}

static const struct seen_step *step_of(const struct seen_robot *b, uint32_t order, uint32_t seq)
{
    const struct seen_step *t = &b->step[seq / 2 % STEPS_KEPT];
    return t->order == order && t->seq == seq ? t : NULL;
}

edge_id oracle_edge_now(const struct oracle *o, const struct seen_robot *b)
{
    const struct seen_step *t = step_of(b, b->order, b->seq + 2);
    return t ? t->edge : ID_NONE;
}

void oracle_reached(struct oracle *o, robot_id r, uint32_t order, uint32_t seq, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    uint32_t from = b->order == order ? b->seq : 0;
    b->order = order;
    b->seq = seq;
    for (uint32_t q = from + 2; q <= seq && seq - from <= 2 * STEPS_KEPT; q += 2) {
        const struct seen_step *t = step_of(b, order, q);
        if (t && t->edge != ID_NONE) oracle_passed(o, r, t->edge, now);
    }
}
