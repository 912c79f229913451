#include "agent.h"

#include <assert.h>
#include <string.h>

#include "actions.h"
#include "common/err.h"
#include "common/text.h"
#include "common/vda/vda_rules.h"

#define ROUTE_MAX (2 * VDA_NODES_MAX) /* a base not yet driven and one more message */
#define ORDERS_KEPT 64                /* order ids remembered, so that a late repeat is not taken for a new order */
#define SAME_PLACE_MM 50

struct stop { /* a node still ahead, and the edge that leads to it */
    char id[VDA_ID_MAX], edge_id[VDA_ID_MAX], map_id[VDA_ID_MAX];
    uint32_t seq;
    bool released, blocks; /* blocks: a SOFT or HARD action waits there */
    mm_t x_mm, y_mm;
    int32_t speed_max_mm_s;
};

struct agent {
    struct agent_config cfg;
    struct drive drive;
    ms_t now_ms, sent_ms;

    char order_id[VDA_ID_MAX], last_node[VDA_ID_MAX], map_id[VDA_ID_MAX];
    uint32_t update_id, last_seq;
    mm_t last_x_mm, last_y_mm;
    bool cancelled; /* the order was cancelled: no update to it any more */
    bool clearing;  /* braking to drop the order (cancelOrder, key switch) */
    struct heard {
        uint64_t hash;
        bool left;
    } heard[ORDERS_KEPT]; /* ring of order ids; left: another began since */
    uint16_t heard_next;

    struct stop route[ROUTE_MAX]; /* ring */
    uint16_t first, count;
    uint16_t driven; /* of them given to the drive */
    uint32_t tag;    /* of the last leg given */

    struct acts acts;
    uint8_t errors, loads;
    struct vda_error error[VDA_ERRORS_MAX];
    struct vda_load load[VDA_LOADS_MAX];
    int32_t battery_permille;
    int64_t battery_rest;                   /* permille * ms / h not yet a whole permille */
    int64_t energy_uj, used_uj, charged_uj; /* with battery_wh; a microjoule is a milliwatt for a millisecond */
    int32_t told_percent;
    bool chargers_dead, flat, at_rest; /* at_rest: standing since the last input */
    bool charging, paused, drive_lost;
    enum vda_mode mode;

    bool linked, out_connection, out_factsheet, out_state;
    bool told_driving, told_new_base;
    uint32_t header[VDA_T_COUNT];
    char timestamp[32];
    struct vda_state state;
};

static struct stop *route_at(struct agent *a, uint16_t i) { return &a->route[(a->first + i) % ROUTE_MAX]; }
static const struct stop *route_see(const struct agent *a, uint16_t i) { return &a->route[(a->first + i) % ROUTE_MAX]; }
static bool standing(const struct agent *a) { return a->drive.ops->standing(a->drive.self, a->now_ms); }

static bool three(const struct agent *a) { return a->cfg.version[0] == '3'; }

static uint16_t base_left(const struct agent *a)
{
    uint16_t n = a->driven;
    while (n < a->count && route_see(a, n)->released) n++;
    return n;
}

/* ---- errors: they stay until an order or update is accepted ---- */

static struct vda_error *error_add(struct agent *a, const char *type, const char *text)
{
    if (a->errors == VDA_ERRORS_MAX) {
        a->errors--;
        memmove(&a->error[0], &a->error[1], sizeof a->error[0] * a->errors);
    }
    struct vda_error *e = &a->error[a->errors++];
    memset(e, 0, sizeof *e);
    text_copy(e->type, sizeof e->type, type);
    text_copy(e->description, sizeof e->description, text);
    e->level = VDA_WARNING;
    a->out_state = true;
    return e;
}

static void ref_text(struct vda_error *e, const char *key, const char *value)
{
    if (e->refs == VDA_REFS_MAX) return;
    struct vda_ref *r = &e->ref[e->refs++];
    text_copy(r->key, sizeof r->key, key);
    text_copy(r->value, sizeof r->value, value);
}

static void ref_number(struct vda_error *e, const char *key, uint32_t value)
{
    struct text t;
    char buf[16];
    text_init(&t, buf, sizeof buf);
    text_uint(&t, value);
    ref_text(e, key, buf);
}

/* A message refused again replaces its earlier error: repeats must not push the others out. */
static void error_settle(struct agent *a)
{
    const struct vda_error *e = &a->error[a->errors - 1];
    for (uint8_t i = 0; i + 1 < a->errors; i++) {
        const struct vda_error *o = &a->error[i];
        bool same = strcmp(o->type, e->type) == 0 && o->refs == e->refs;
        for (uint8_t k = 0; same && k < e->refs; k++) {
            bool counter = strcmp(e->ref[k].key, "headerId") == 0;
            same =
                counter || (strcmp(o->ref[k].key, e->ref[k].key) == 0 && strcmp(o->ref[k].value, e->ref[k].value) == 0);
        }
        if (!same) continue;
        memmove(&a->error[i], &a->error[i + 1], sizeof a->error[0] * (size_t)(a->errors - 1 - i));
        a->errors--;
        return;
    }
}

static void refuse_order(struct agent *a, const struct vda_order *o, enum vda_verdict v, const char *why,
                         const char *action)
{
    struct vda_error *e = error_add(a, vda_verdict_error(v, a->cfg.version), why);
    if (!action) ref_text(e, "topic", "order"); /* four references fit; an action id says more */
    ref_number(e, "headerId", o->head.header_id);
    ref_text(e, "orderId", o->order_id);
    ref_number(e, "orderUpdateId", o->update_id);
    if (action) ref_text(e, "actionId", action);
    error_settle(a);
}

static void action_error(struct agent *a, const struct act *t, const char *type, const char *why)
{
    struct vda_error *e = error_add(a, type, why);
    ref_text(e, "actionId", t->id);
    if (!t->instant) ref_text(e, "orderId", a->order_id);
    error_settle(a);
}

/* ---- the route ---- */

static bool at_last_node(const struct agent *a)
{
    struct drive_pose p;
    if (a->last_node[0] == '\0' || !standing(a)) return false;
    a->drive.ops->pose(a->drive.self, a->now_ms, &p);
    return distance_mm(p.x_mm, p.y_mm, a->last_x_mm, a->last_y_mm) <= SAME_PLACE_MM;
}

static void queue_actions(struct agent *a, uint32_t seq)
{
    for (uint16_t i = 0; i < a->acts.count; i++) {
        struct act *t = &a->acts.item[i];
        if (!t->instant && t->node_seq == seq) t->ready = true;
    }
}

static void traverse(struct agent *a)
{
    const struct stop *n = route_see(a, 0);
    assert(a->count > 0 && n->released); /* (1) */
    memcpy(a->last_node, n->id, sizeof a->last_node);
    a->last_seq = n->seq;
    a->last_x_mm = n->x_mm;
    a->last_y_mm = n->y_mm;
    memcpy(a->map_id, n->map_id, sizeof a->map_id);
    a->first = (uint16_t)((a->first + 1) % ROUTE_MAX);
    a->count--;
    if (a->driven) a->driven--;
    queue_actions(a, a->last_seq);
    a->out_state = true;
}

/* Give the drive what it may run: the base up to a blocking action, up to a change of map. */
static bool extend(struct agent *a)
{
    bool moved = false;
    while (!a->clearing && a->driven < a->count && !acts_hold(&a->acts)) {
        const struct stop *n = route_see(a, a->driven),
                          *before = a->driven ? route_see(a, (uint16_t)(a->driven - 1)) : NULL;
        if (!n->released || (before && before->blocks)) break;
        if (strcmp(before ? before->map_id : a->map_id, n->map_id) != 0) {
            if (before || a->paused || !standing(a)) break;
            traverse(a); /* the elevator did the driving */
            moved = true;
            continue;
        }
        struct drive_leg leg = { a->tag + 1, n->x_mm, n->y_mm, n->speed_max_mm_s, n->blocks };
        if (a->drive.ops->append(a->drive.self, &leg, a->now_ms) != ORD_OK) break;
        a->tag++;
        a->driven++;
        if (a->charging) a->out_state = true;
        a->charging = false;
        moved = true;
    }
    return moved;
}

static bool drive_news(struct agent *a)
{
    uint32_t tag;
    ms_t at_ms;
    bool any = false;
    while (a->drive.ops->passed(a->drive.self, a->now_ms, &tag, &at_ms)) {
        assert(a->driven > 0 && tag == a->tag - a->driven + 1);
        traverse(a);
        any = true;
    }
    return any;
}

/* ---- actions ---- */

static struct vda_load *load_find(struct agent *a, const char *id)
{
    for (uint8_t i = a->loads; i-- > 0;)
        if (id[0] == '\0' || strcmp(a->load[i].id, id) == 0) return &a->load[i];
    return NULL;
}

static void fail_action(struct agent *a, struct act *t, const char *error, const char *why)
{
    acts_end(&a->acts, t, VDA_FAILED, why);
    action_error(a, t, error, why);
}

static ms_t takes_ms(const struct agent *a, const struct act *t)
{
    if (t->type == VDA_DISINFECT) return a->cfg.wash_ms;
    if (a->cfg.service.takes_ms) return a->cfg.service.takes_ms(a->cfg.service.ctx, t->type, t->load_id, a->now_ms);
    return t->type == VDA_PICK ? a->cfg.pick_ms : a->cfg.drop_ms;
}

static void start_timed(struct agent *a, struct act *t, ms_t ms)
{
    acts_remember(&a->acts, t->id);
    t->status = VDA_RUNNING;
    t->end_ms = a->now_ms + ms;
}

static void init_position(struct agent *a, struct act *t)
{
    struct drive_pose p;
    a->drive.ops->pose(a->drive.self, a->now_ms, &p);
    bool turned = t->instant && t->has_theta; /* (5): an elevator turns nobody */
    a->drive.ops->relocate(a->drive.self, t->x_mm, t->y_mm, turned ? t->theta : p.theta, a->now_ms);
    memcpy(a->map_id, t->map_id, sizeof a->map_id);
    if (t->node_id[0]) memcpy(a->last_node, t->node_id, sizeof a->last_node);
    if (t->node_id[0] || t->instant) {
        a->last_x_mm = t->x_mm;
        a->last_y_mm = t->y_mm;
    }
    if (t->instant) a->last_seq = 0;
    acts_end(&a->acts, t, VDA_FINISHED, "");
}

/* What order and instant actions have in common. */
static void start_action(struct agent *a, struct act *t)
{
    a->out_state = true;
    if (t->type == VDA_PICK) {
        if (a->loads == VDA_LOADS_MAX) fail_action(a, t, "pickError", "no free place for a load");
        else if (t->load_id[0] && load_find(a, t->load_id))
            fail_action(a, t, "pickError", "this load is on board already");
        else start_timed(a, t, takes_ms(a, t));
    } else if (t->type == VDA_DROP) {
        if (!load_find(a, t->load_id)) fail_action(a, t, "dropError", "this load is not on board");
        else start_timed(a, t, takes_ms(a, t));
    } else if (t->type == VDA_DISINFECT) {
        start_timed(a, t, takes_ms(a, t));
    } else if (t->type == VDA_INIT_POSITION) {
        init_position(a, t);
    } else {
        a->charging = t->type == VDA_START_CHARGING;
        acts_end(&a->acts, t, VDA_FINISHED, "");
    }
}

static void complete_action(struct agent *a, struct act *t)
{
    if (t->type == VDA_PICK) {
        struct vda_load *l = &a->load[a->loads++];
        memset(l, 0, sizeof *l);
        memcpy(l->id, t->load_id, sizeof l->id);
    } else if (t->type == VDA_DROP) {
        struct vda_load *l = load_find(a, t->load_id), *end = &a->load[a->loads];
        a->loads--;
        memmove(l, l + 1, (size_t)(end - (l + 1)) * sizeof *l);
    }
    acts_end(&a->acts, t, VDA_FINISHED, "");
    a->out_state = true;
}

/* The queue of VDA 5050 6.11: in order; a HARD one waits for all before it and holds all after it. */
static bool run_actions(struct agent *a)
{
    bool any = false, busy = false;
    if (a->acts.live == 0) return false;
    for (uint16_t i = 0; i < a->acts.count; i++) {
        struct act *t = &a->acts.item[i];
        if (t->status == VDA_RUNNING && t->end_ms <= a->now_ms) {
            complete_action(a, t);
            any = true;
        }
    }
    for (uint16_t i = 0; i < a->acts.count; i++) {
        struct act *t = &a->acts.item[i];
        if (t->instant || !t->ready || act_ended(t)) continue;
        bool alone = t->blocking == VDA_HARD || t->blocking == VDA_SINGLE;
        bool may = !a->paused && !a->clearing && (!act_halts(t) || standing(a)) && (!alone || !busy);
        if (t->status == VDA_WAITING && may) {
            start_action(a, t);
            any = true;
        }
        busy = busy || act_under_way(t);
        if (alone && !act_ended(t)) break;
    }
    return any;
}

/* ---- pause, cancel, key switch ---- */

static void set_pause(struct agent *a, bool on)
{
    if (a->paused == on) return;
    a->paused = on;
    a->drive.ops->pause(a->drive.self, on || a->flat, a->now_ms);
    for (uint16_t i = 0; i < a->acts.count; i++) {
        struct act *t = &a->acts.item[i];
        if (t->type != VDA_PICK && t->type != VDA_DROP && t->type != VDA_DISINFECT) continue;
        if (on && t->status == VDA_RUNNING) {
            t->status = VDA_PAUSED;
            t->left_ms = t->end_ms - a->now_ms;
        } else if (!on && t->status == VDA_PAUSED) {
            t->status = VDA_RUNNING;
            t->end_ms = a->now_ms + t->left_ms;
        }
    }
}

/* Drop the order: brake, fail what waits. A hand-over under way is finished, for half a hand-over is nobody's load;
 * a person who turns the key takes that over too (`all`). */
static void clear_order(struct agent *a, bool all)
{
    a->clearing = a->cancelled = true;
    a->drive.ops->stop(a->drive.self, a->now_ms);
    for (uint16_t i = 0; i < a->acts.count; i++) {
        struct act *t = &a->acts.item[i];
        if (t->instant || act_ended(t)) continue;
        if (all || t->status != VDA_RUNNING) acts_end(&a->acts, t, VDA_FAILED, "the order was cancelled");
    }
    a->out_state = true;
}

/* End what waits for standstill: the cleared order, cancelOrder, startPause. */
static bool come_to_rest(struct agent *a)
{
    bool any = false, still = standing(a);
    if (a->clearing && still && acts_idle(&a->acts)) {
        a->clearing = false;
        a->count = a->driven = 0;
        a->out_state = any = true;
    }
    for (uint16_t i = 0; a->acts.live > 0 && i < a->acts.count; i++) {
        struct act *t = &a->acts.item[i];
        if (!t->instant || t->status != VDA_RUNNING) continue;
        if ((t->type == VDA_CANCEL_ORDER && !a->clearing) || (t->type == VDA_START_PAUSE && (still || !a->paused))) {
            acts_end(&a->acts, t, VDA_FINISHED, "");
            a->out_state = any = true;
        }
    }
    return any;
}

static bool takes_orders(enum vda_mode m) { return m == VDA_AUTOMATIC || m == VDA_SEMIAUTOMATIC; }
static bool order_idle(const struct agent *a)
{
    return a->count == 0 && !a->clearing && acts_idle(&a->acts) && standing(a);
}

/* 3.0: while a person intervenes the order stays and nothing moves. Any other mode that takes no orders clears it, and
 * in 3.0 the vehicle then no longer claims to know its node. */
static void on_mode(struct agent *a, enum vda_mode mode)
{
    if (mode == a->mode) return;
    bool was_held = a->mode == VDA_INTERVENED, held = mode == VDA_INTERVENED;
    bool had = takes_orders(a->mode) || was_held, has = takes_orders(mode) || held;
    if (was_held != held) a->drive.ops->pause(a->drive.self, held || a->paused || a->flat, a->now_ms);
    if (had != has && !order_idle(a)) clear_order(a, true);
    if (three(a) && had && !has) {
        a->last_node[0] = '\0';
        a->last_seq = 0;
    }
    a->mode = mode;
    a->out_state = true;
}

/* Without a drive it is out of order, and its order with it: nobody knows how far the legs were driven. */
static void on_drive(struct agent *a, const char *why)
{
    if ((why != NULL) == a->drive_lost) return;
    a->drive_lost = why != NULL;
    a->out_state = true;
    if (why) {
        error_add(a, "driveLost", why)->level = VDA_FATAL;
        if (a->count > 0 || !acts_idle(&a->acts)) clear_order(a, true);
        return;
    }
    uint8_t kept = 0;
    for (uint8_t i = 0; i < a->errors; i++)
        if (strcmp(a->error[i].type, "driveLost") != 0) a->error[kept++] = a->error[i];
    a->errors = kept;
}

/* ---- orders ---- */

static struct heard *heard_find(struct agent *a, const char *id)
{
    uint64_t h = act_hash(id);
    for (uint16_t i = 0; i < ORDERS_KEPT; i++)
        if (a->heard[i].hash == h) return &a->heard[i];
    return NULL;
}

/* A refused order may be repeated and taken later, but not once another one has begun: control has moved on. */
static bool order_left(struct agent *a, const char *id)
{
    const struct heard *h = heard_find(a, id);
    return h && h->left && strcmp(id, a->order_id) != 0;
}

static void order_hear(struct agent *a, const char *id)
{
    if (heard_find(a, id)) return;
    a->heard[a->heard_next] = (struct heard){ act_hash(id), false };
    a->heard_next = (uint16_t)((a->heard_next + 1) % ORDERS_KEPT);
}

static const char *decision_node(const struct agent *a, uint32_t *seq)
{
    uint16_t base = base_left(a);
    *seq = base ? route_see(a, (uint16_t)(base - 1))->seq : a->last_seq;
    return base ? route_see(a, (uint16_t)(base - 1))->id : a->last_node;
}

static bool start_in_range(const struct agent *a, const struct vda_node *n)
{
    struct drive_pose p;
    if (!n->has_position || !standing(a)) return false;
    if (n->map_id[0] && strcmp(n->map_id, a->map_id) != 0) return false;
    a->drive.ops->pose(a->drive.self, a->now_ms, &p);
    mm_t reach = n->deviation_mm > SAME_PLACE_MM ? n->deviation_mm : SAME_PLACE_MM;
    return distance_mm(p.x_mm, p.y_mm, n->x_mm, n->y_mm) <= reach;
}

static enum vda_verdict judge(struct agent *a, const struct vda_order *o)
{
    bool at_node = at_last_node(a);
    const char *map = o->nodes ? o->node[0].map_id : "";
    struct vda_receiver r = { .order_id = a->order_id,
                              .update_id = a->update_id,
                              .idle = order_idle(a),
                              .cancelled = a->cancelled,
                              .mode = a->mode,
                              .start_in_range = o->nodes && start_in_range(a, &o->node[0]) };
    r.decision_node = decision_node(a, &r.decision_seq);
    r.standing_node =
        at_node && (map[0] == '\0' || a->map_id[0] == '\0' || strcmp(map, a->map_id) == 0) ? a->last_node : "";
    if (order_left(a, o->order_id)) return VDA_OUTDATED;
    return vda_order_verdict(&r, o);
}

static bool has_action(const struct vda_order *o, const struct vda_node *n, enum vda_action_type type)
{
    for (uint8_t i = 0; i < n->actions; i++)
        if (o->action[n->action_first + i].type == type) return true;
    return false;
}

/* Can each node be reached from the one before? A node without a position is only the same place once more. */
static bool ways_good(const struct agent *a, const struct vda_order *o)
{
    const char *map = o->node[0].map_id[0] ? o->node[0].map_id : a->map_id;
    bool known = o->node[0].has_position;
    mm_t x = o->node[0].x_mm, y = o->node[0].y_mm;
    for (uint8_t i = 1; i < o->nodes; i++) {
        const struct vda_node *n = &o->node[i];
        if (!n->has_position) {
            if (strcmp(n->id, o->node[i - 1].id) != 0) return false;
            continue;
        }
        bool other_map = n->map_id[0] && strcmp(n->map_id, map) != 0;
        bool here = known && distance_mm(x, y, n->x_mm, n->y_mm) <= SAME_PLACE_MM;
        if (other_map && !here && !has_action(o, n, VDA_INIT_POSITION)) return false;
        if (n->map_id[0]) map = n->map_id;
        known = true;
        x = n->x_mm;
        y = n->y_mm;
    }
    return true;
}

static bool id_used(struct agent *a, const char *id, uint32_t keep_seq)
{
    const struct act *t = acts_find(&a->acts, id);
    return acts_seen(&a->acts, id) || (t && (t->instant || t->ready || t->node_seq <= keep_seq));
}

/* All that is left to check after the rules, before anything changes. False: the order is refused. */
static bool fits(struct agent *a, const struct vda_order *o, bool update)
{
    uint32_t keep_seq = 0;
    const char *why;
    decision_node(a, &keep_seq);
    uint16_t fresh = 0;
    for (uint8_t i = 0; i < o->actions; i++) {
        const struct vda_action *t = &o->action[i];
        bool at_start = i < o->node[0].actions;
        if (!act_params_good(t, &why)) {
            refuse_order(a, o, VDA_BAD_ACTION, why, t->id);
            return false;
        }
        bool used = update ? id_used(a, t->id, keep_seq) : acts_seen(&a->acts, t->id);
        if (used && !(update && at_start)) {
            refuse_order(a, o, VDA_BAD_ACTION, "this actionId was used before", t->id);
            return false;
        }
        if (!used) fresh++;
    }
    if (base_left(a) + o->nodes - 1 > ROUTE_MAX || acts_unended(&a->acts, keep_seq) + fresh > VDA_ACTION_STATES_MAX) {
        refuse_order(a, o, VDA_NOT_AVAILABLE, "no memory for so many nodes or actions", NULL);
        return false;
    }
    if (!ways_good(a, o)) {
        refuse_order(a, o, VDA_BAD_START, "a node cannot be reached: no position, or another map elsewhere", NULL);
        return false;
    }
    return true;
}

static void add_actions(struct agent *a, const struct vda_order *o, const struct vda_node *n, struct stop *at)
{
    for (uint8_t i = 0; i < n->actions; i++) {
        const struct vda_action *in = &o->action[n->action_first + i];
        if (acts_seen(&a->acts, in->id) || acts_find(&a->acts, in->id)) continue;
        struct act *t = acts_add(&a->acts, in, false, n->seq);
        assert(t);
        t->ready = at == NULL;
        if (at && act_halts(t)) at->blocks = true; /* acts_add may have made it stricter than sent */
    }
}

static void add_node(struct agent *a, const struct vda_order *o, uint8_t i)
{
    const struct vda_node *n = &o->node[i];
    const struct vda_edge *e = &o->edge[i - 1];
    const struct stop *before = a->count ? route_see(a, (uint16_t)(a->count - 1)) : NULL;
    struct stop *s = route_at(a, a->count);
    memcpy(s->id, n->id, sizeof s->id);
    memcpy(s->edge_id, e->id, sizeof s->edge_id);
    memcpy(s->map_id, n->map_id[0] ? n->map_id : before ? before->map_id : a->map_id, sizeof s->map_id);
    s->seq = n->seq;
    s->released = n->released;
    s->blocks = false;
    s->x_mm = n->has_position ? n->x_mm : before ? before->x_mm : a->last_x_mm;
    s->y_mm = n->has_position ? n->y_mm : before ? before->y_mm : a->last_y_mm;
    s->speed_max_mm_s = e->max_speed_mm_s;
    a->count++;
    add_actions(a, o, n, s);
}

static void begin_order(struct agent *a, const struct vda_order *o)
{
    const struct vda_node *n = &o->node[0];
    acts_forget_ended(&a->acts);
    memcpy(a->order_id, o->order_id, sizeof a->order_id);
    for (uint16_t i = 0; i < ORDERS_KEPT; i++) a->heard[i].left = true;
    if (n->has_position) {
        a->last_x_mm = n->x_mm;
        a->last_y_mm = n->y_mm;
    }
    if (n->map_id[0]) memcpy(a->map_id, n->map_id, sizeof a->map_id);
    memcpy(a->last_node, n->id, sizeof a->last_node);
    a->last_seq = n->seq;
    a->cancelled = false;
}

static void accept(struct agent *a, const struct vda_order *o, bool update)
{
    a->errors = 0;
    if (update) {
        uint32_t keep_seq;
        decision_node(a, &keep_seq);
        a->count = base_left(a);
        acts_drop_after(&a->acts, keep_seq);
    } else {
        begin_order(a, o);
    }
    a->update_id = o->update_id;
    add_actions(a, o, &o->node[0], a->count ? route_at(a, (uint16_t)(a->count - 1)) : NULL);
    for (uint8_t i = 1; i < o->nodes; i++) add_node(a, o, i);
}

static const char *verdict_text(enum vda_verdict v)
{
    switch (v) {
    case VDA_OK:
    case VDA_REPEAT: return "";
    case VDA_BAD_SHAPE: return "nodes, edges, sequence numbers or releases do not fit together";
    case VDA_BAD_START: return "the vehicle does not stand on the first node";
    case VDA_OUTDATED: return "an old order or update, or one that does not begin at the decision point";
    case VDA_OTHER_ACTIVE: return "another order is active";
    case VDA_BAD_ACTION: return "an action this vehicle cannot do, or an action id twice";
    case VDA_NOT_AVAILABLE: return "the operating mode does not take orders";
    }
    return "";
}

static void on_order(struct agent *a, const struct vda_order *o, const char *why)
{
    a->out_state = true; /* an answer even to a repeat: the state before may have been lost */
    if (!o) {
        struct vda_error *e =
            error_add(a, vda_verdict_error(VDA_BAD_SHAPE, a->cfg.version), why ? why : "the order could not be read");
        ref_text(e, "topic", "order");
        error_settle(a);
        return;
    }
    order_hear(a, o->order_id);
    enum vda_verdict v = judge(a, o);
    bool update = strcmp(o->order_id, a->order_id) == 0;
    if (v == VDA_REPEAT) return;
    if (v != VDA_OK) refuse_order(a, o, v, verdict_text(v), NULL);
    else if (fits(a, o, update)) accept(a, o, update);
}

/* ---- instant actions ---- */

static const char *instant_error(const struct agent *a) { return three(a) ? "INVALID_INSTANT_ACTION" : "orderError"; }

static void on_cancel(struct agent *a, struct act *t)
{
    bool other = t->order_ref[0] && strcmp(t->order_ref, a->order_id) != 0;
    if (other || a->order_id[0] == '\0' || order_idle(a)) {
        fail_action(a, t, three(a) ? "NO_ORDER_TO_CANCEL" : "noOrderToCancel",
                    other ? "this order is not active" : "there is no order to cancel");
        return;
    }
    t->status = VDA_RUNNING;
    t->end_ms = MS_NEVER;
    if (!a->clearing) clear_order(a, false);
}

static void begin_instant(struct agent *a, struct act *t)
{
    bool at_rest = standing(a);
    acts_remember(&a->acts, t->id);
    switch (t->type) {
    case VDA_CANCEL_ORDER: on_cancel(a, t); return;
    case VDA_START_PAUSE:
        set_pause(a, true);
        t->status = VDA_RUNNING;
        t->end_ms = MS_NEVER;
        return;
    case VDA_STOP_PAUSE: set_pause(a, false); break;
    case VDA_STATE_REQUEST: break;
    case VDA_FACTSHEET_REQUEST: a->out_factsheet = true; break;
    case VDA_CLEAR_INSTANT: acts_forget_instant(&a->acts, t); return;
    case VDA_START_CHARGING:
    case VDA_STOP_CHARGING:
        if (!at_rest) fail_action(a, t, instant_error(a), "the vehicle is driving");
        else start_action(a, t);
        return;
    case VDA_INIT_POSITION:
        if (!order_idle(a)) fail_action(a, t, instant_error(a), "an order is active");
        else start_action(a, t);
        return;
    case VDA_PICK:
    case VDA_DROP:
    case VDA_DISINFECT:
    case VDA_OTHER: fail_action(a, t, instant_error(a), "this vehicle does not do that as an instant action"); return;
    }
    acts_end(&a->acts, t, VDA_FINISHED, "");
}

static void on_instant(struct agent *a, const struct vda_instant_actions *m, const char *reason)
{
    a->out_state = true;
    if (!m) {
        struct vda_error *e = error_add(a, vda_verdict_error(VDA_BAD_SHAPE, a->cfg.version),
                                        reason ? reason : "the message could not be read");
        ref_text(e, "topic", "instantActions");
        error_settle(a);
        return;
    }
    for (uint8_t i = 0; i < m->actions; i++) {
        const char *why = "";
        const struct vda_action *in = &m->action[i];
        if (acts_seen(&a->acts, in->id) || acts_find(&a->acts, in->id)) continue;
        struct act *t = in->id[0] && act_params_good(in, &why) ? acts_add(&a->acts, in, true, 0) : NULL;
        if (t) {
            begin_instant(a, t);
            continue;
        }
        struct vda_error *e = error_add(a, instant_error(a), why[0] ? why : "no memory for this action");
        ref_text(e, "topic", "instantActions");
        ref_number(e, "headerId", m->head.header_id);
        ref_text(e, "actionId", in->id);
        error_settle(a);
    }
}

/* ---- one input ---- */

/* Until nothing more follows: ends of legs, ends and beginnings of actions, legs that may now be driven. */
static void settle(struct agent *a)
{
    bool more;
    do {
        more = drive_news(a);
        more = run_actions(a) || more;
        more = extend(a) || more;
        more = come_to_rest(a) || more;
    } while (more);
}

static int64_t capacity_uj(const struct agent *a) { return (int64_t)a->cfg.battery_wh * 3600000000; }

/* Milliwatts into the battery, or out of it. */
static int64_t power_mw(const struct agent *a)
{
    if (a->charging && !a->chargers_dead) return (int64_t)a->cfg.charge_w * 1000;
    return -(int64_t)(a->at_rest ? a->cfg.idle_w : a->cfg.move_w) * 1000;
}

static void run_flat(struct agent *a)
{
    a->flat = true;
    a->drive.ops->pause(a->drive.self, true, a->now_ms);
    error_add(a, "batteryEmpty", "the battery is empty")->level = VDA_FATAL;
}

static void use_energy(struct agent *a, ms_t ms)
{
    int64_t flow = power_mw(a) * ms, room = capacity_uj(a) - a->energy_uj;
    if (flow > room) flow = room;
    if (flow < -a->energy_uj) flow = -a->energy_uj;
    a->energy_uj += flow;
    if (flow > 0) a->charged_uj += flow;
    else a->used_uj -= flow;
    a->battery_permille = (int32_t)(a->energy_uj / (capacity_uj(a) / 1000));
    if (a->energy_uj == 0 && !a->flat) run_flat(a);
    if (a->flat && a->battery_permille >= 10) {
        a->flat = false;
        a->errors = 0;
        if (!a->paused) a->drive.ops->pause(a->drive.self, false, a->now_ms);
        a->out_state = true;
    }
}

/* When the battery passes the next whole percent: a state is due then. */
static ms_t percent_ms(const struct agent *a)
{
    int64_t flow = power_mw(a), percent = capacity_uj(a) / 100, over = a->energy_uj % percent;
    if (flow > 0) return a->energy_uj + percent > capacity_uj(a) ? MS_NEVER : (percent - over + flow - 1) / flow;
    return a->energy_uj == 0 || flow == 0 ? MS_NEVER : over / -flow + 1;
}

static void pass_time(struct agent *a, ms_t now_ms)
{
    assert(now_ms >= a->now_ms);
    ms_t passed = now_ms - a->now_ms;
    a->now_ms = now_ms;
    if (a->cfg.battery_wh > 0) {
        if (passed > 0) use_energy(a, passed);
        return;
    }
    int64_t rate = a->charging ? a->cfg.charge_permille_h : -a->cfg.drain_permille_h;
    a->battery_rest += rate * passed;
    a->battery_permille += (int32_t)(a->battery_rest / MS_HOUR);
    a->battery_rest %= MS_HOUR;
    if (a->battery_permille > 1000) a->battery_permille = 1000;
    if (a->battery_permille < 0) a->battery_permille = 0;
}

/* The base runs short: at most one node of it is left, so that an extension comes before the brakes. */
static bool new_base_wanted(const struct agent *a)
{
    return !a->clearing && a->count > 0 && !route_see(a, (uint16_t)(a->count - 1))->released && base_left(a) <= 1;
}

void agent_stamp(struct agent *a, const char *timestamp) { text_copy(a->timestamp, sizeof a->timestamp, timestamp); }

void agent_input(struct agent *a, const struct agent_in *in)
{
    pass_time(a, in->at_ms);
    settle(a);
    switch (in->kind) {
    case AGENT_TICK: break;
    case AGENT_ORDER: on_order(a, in->order, in->refused); break;
    case AGENT_INSTANT: on_instant(a, in->instant, in->refused); break;
    case AGENT_LINK_UP: a->linked = a->out_connection = a->out_factsheet = a->out_state = true; break;
    case AGENT_LINK_DOWN: a->linked = false; break;
    case AGENT_SET_MODE: on_mode(a, in->mode); break;
    case AGENT_CHARGERS_DEAD: a->chargers_dead = true; break;
    case AGENT_CHARGERS_LIVE: a->chargers_dead = false; break;
    case AGENT_DRIVE: on_drive(a, in->refused); break;
    }
    settle(a);
    a->at_rest = standing(a);
    if (a->cfg.battery_wh > 0 && a->told_percent != a->battery_permille / 10) a->out_state = true;
    if (a->told_driving == standing(a) || a->told_new_base != new_base_wanted(a)) a->out_state = true;
    if (a->now_ms >= ms_add(a->sent_ms, a->cfg.heartbeat_ms)) a->out_state = true;
}

/* ---- outputs ---- */

static void head_fill(struct agent *a, struct vda_header *h, enum vda_topic topic)
{
    h->header_id = a->header[topic]++;
    memcpy(h->timestamp, a->timestamp, sizeof h->timestamp);
    memcpy(h->version, a->cfg.version, sizeof h->version);
    memcpy(h->manufacturer, a->cfg.manufacturer, sizeof h->manufacturer);
    memcpy(h->serial, a->cfg.serial, sizeof h->serial);
}

static void state_route(const struct agent *a, struct vda_state *s)
{
    s->node_states = s->edge_states = a->count;
    for (uint16_t i = 0; i < a->count && i < VDA_NODES_MAX; i++) {
        const struct stop *n = route_see(a, i);
        struct vda_node_state *node = &s->node_state[i], *edge = &s->edge_state[i];
        memcpy(node->id, n->id, sizeof node->id);
        memcpy(edge->id, n->edge_id, sizeof edge->id);
        node->seq = n->seq;
        edge->seq = n->seq - 1;
        node->released = edge->released = n->released;
    }
    s->action_states = a->acts.count;
    for (uint16_t i = 0; i < a->acts.count; i++) {
        const struct act *t = &a->acts.item[i];
        struct vda_action_state *o = &s->action_state[i];
        memcpy(o->id, t->id, sizeof o->id);
        memcpy(o->type_name, t->type_name, sizeof o->type_name);
        o->instant = t->instant;
        o->status = t->status;
        text_copy(o->result, sizeof o->result, t->result);
    }
}

static void state_fill(struct agent *a)
{
    struct vda_state *s = &a->state;
    struct drive_pose p;
    a->drive.ops->pose(a->drive.self, a->now_ms, &p);
    head_fill(a, &s->head, VDA_T_STATE);
    memcpy(s->order_id, a->order_id, sizeof s->order_id);
    memcpy(s->last_node, a->last_node, sizeof s->last_node);
    memcpy(s->map_id, a->map_id, sizeof s->map_id);
    s->update_id = a->update_id;
    s->last_seq = a->last_seq;
    state_route(a, s);
    s->driving = a->told_driving = !standing(a);
    s->new_base_request = a->told_new_base = new_base_wanted(a);
    s->paused = a->paused;
    s->battery_permille = a->battery_permille;
    a->told_percent = a->battery_permille / 10;
    s->charging = a->charging;
    s->mode = a->mode;
    s->errors = a->errors;
    memcpy(s->error, a->error, sizeof a->error[0] * a->errors);
    s->estop = VDA_ESTOP_NONE;
    s->has_position = s->localized = true;
    s->x_mm = p.x_mm;
    s->y_mm = p.y_mm;
    s->theta = p.theta;
    s->has_loads = true;
    s->loads = a->loads;
    memcpy(s->load, a->load, sizeof a->load[0] * a->loads);
}

/* After a connect: ONLINE, factsheet, state, in this order. */
bool agent_output(struct agent *a, struct agent_out *out)
{
    if (!a->linked) {
        a->out_connection = a->out_factsheet = a->out_state = false;
        a->told_driving = !standing(a);
        a->told_new_base = new_base_wanted(a);
        return false;
    }
    if (a->out_connection) {
        a->out_connection = false;
        out->kind = AGENT_OUT_CONNECTION;
        out->connection.state = VDA_ONLINE;
        head_fill(a, &out->connection.head, VDA_T_CONNECTION);
        return true;
    }
    if (a->out_factsheet) {
        a->out_factsheet = false;
        head_fill(a, &a->cfg.factsheet.head, VDA_T_FACTSHEET);
        out->kind = AGENT_OUT_FACTSHEET;
        out->factsheet = &a->cfg.factsheet;
        return true;
    }
    if (!a->out_state) return false;
    a->out_state = false;
    a->sent_ms = a->now_ms;
    state_fill(a);
    out->kind = AGENT_OUT_STATE;
    out->state = &a->state;
    return true;
}

ms_t agent_deadline(const struct agent *a)
{
    ms_t at = ms_min(acts_next_end(&a->acts), a->drive.ops->deadline(a->drive.self, a->now_ms));
    if (a->cfg.battery_wh > 0) at = ms_min(at, ms_add(a->now_ms, percent_ms(a)));
    return a->linked ? ms_min(at, ms_add(a->sent_ms, a->cfg.heartbeat_ms)) : at;
}

void agent_truth(const struct agent *a, ms_t now_ms, struct agent_truth *out)
{
    a->drive.ops->pose(a->drive.self, now_ms, &out->pose);
    memcpy(out->map_id, a->map_id, sizeof out->map_id);
    memcpy(out->last_node, a->last_node, sizeof out->last_node);
    out->driving = !a->drive.ops->standing(a->drive.self, now_ms);
    out->loads = a->loads;
    for (uint8_t i = 0; i < a->loads; i++) memcpy(out->load_id[i], a->load[i].id, sizeof out->load_id[i]);
    out->battery_permille = a->battery_permille;
    out->charging = a->charging && !a->chargers_dead;
    out->washing = false;
    for (uint16_t i = 0; a->acts.live > 0 && i < a->acts.count; i++)
        out->washing |= a->acts.item[i].type == VDA_DISINFECT && a->acts.item[i].status == VDA_RUNNING;
    out->used_j = a->used_uj / 1000000;
    out->charged_j = a->charged_uj / 1000000;
}

/* ---- open, check ---- */

size_t agent_memory(const struct agent_config *cfg)
{
    (void)cfg;
    return (sizeof(struct agent) + 15) & ~(size_t)15;
}

int agent_open(struct agent **out, struct arena *mem, const struct agent_config *cfg)
{
    if (!cfg->drive.ops || cfg->heartbeat_ms < 0 || cfg->pick_ms < 0 || cfg->drop_ms < 0 || cfg->battery_permille < 0 ||
        cfg->battery_permille > 1000 || cfg->drain_permille_h < 0 || cfg->charge_permille_h < 0 ||
        cfg->battery_wh < 0 || cfg->move_w < 0 || cfg->idle_w < 0 || cfg->charge_w < 0 || cfg->wash_ms < 0)
        return ORD_ERANGE;
    struct agent *a = arena_new(mem, struct agent, 1);
    if (!a) return ORD_EFULL;
    a->cfg = *cfg;
    a->drive = cfg->drive;
    if (a->cfg.heartbeat_ms == 0) a->cfg.heartbeat_ms = 1000;
    if (a->cfg.pick_ms == 0) a->cfg.pick_ms = 5000;
    if (a->cfg.drop_ms == 0) a->cfg.drop_ms = 5000;
    if (a->cfg.wash_ms == 0) a->cfg.wash_ms = 300000;
    a->energy_uj = capacity_uj(a) / 1000 * cfg->battery_permille;
    a->told_percent = -1;
    a->at_rest = true;
    memcpy(a->last_node, cfg->start_node, sizeof a->last_node);
    memcpy(a->map_id, cfg->start_map, sizeof a->map_id);
    a->last_x_mm = cfg->start_x_mm;
    a->last_y_mm = cfg->start_y_mm;
    a->battery_permille = cfg->battery_permille;
    agent_stamp(a, "1970-01-01T00:00:00.000Z");
    *out = a;
    return ORD_OK;
}

void agent_check(const struct agent *a)
{
    bool base = true;
    uint16_t live = 0;
    for (uint16_t i = 0; i < a->acts.count; i++) live += !act_ended(&a->acts.item[i]);
    assert(live == a->acts.live);
    assert(a->count <= ROUTE_MAX && a->driven <= a->count);
    for (uint16_t i = 0; i < a->count; i++) {
        const struct stop *n = route_see(a, i);
        assert(!n->released || base);          /* base first, horizon after it */
        assert(i >= a->driven || n->released); /* (1) */
        assert(n->seq % 2 == 0 && n->seq == (i ? route_see(a, (uint16_t)(i - 1))->seq : a->last_seq) + 2);
        base = n->released;
    }
    for (uint16_t i = 0; i < a->acts.count; i++) {
        const struct act *t = &a->acts.item[i];
        for (uint16_t k = 0; k < i; k++) assert(strcmp(t->id, a->acts.item[k].id) != 0); /* (2) */
        assert(t->status == VDA_WAITING || acts_seen(&a->acts, t->id));
        assert(t->instant || t->ready || act_ended(t) || t->node_seq > a->last_seq);
    }
    assert(a->errors <= VDA_ERRORS_MAX && a->loads <= VDA_LOADS_MAX);
    assert(a->battery_permille >= 0 && a->battery_permille <= 1000);
}
