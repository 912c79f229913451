#include "facts.h"

#include <assert.h>
#include <string.h>

#include "order.h"

#define SILENT_DEFAULT_MS 10000
#define ACTIONS_KEPT 32
#define FACTS_OF_ONE 128 /* of one message: at most one per action state and a handful */
#define UNDER_MM 300     /* a robot so near to a node stands on it */
#define STALE_RUN 3      /* so many rising headerIds below the last one, ... */
#define STALE_MS 5000    /* ... and nothing newer for so long: the robot started counting anew */

struct action_seen {
    uint32_t number;
    uint8_t status;
};

struct robot_seen {
    bool online, heard;
    ms_t heard_ms, silent_ms;
    bool has_header;
    uint32_t header_id, stale_header;
    uint8_t stale_run;
    bool has_order; /* shows one of ours */
    bool stands_told;
    node_id stood;
    uint32_t order, update, seq, idle_order, idle_update;
    bool idle_told, reached_told;
    char last_node[VDA_ID_MAX];
    bool mode_told, battery_told;
    uint8_t trouble; /* FACT_ERROR.b last told */
    uint8_t mode;
    int32_t battery_step;
    bool charging;
    bool rejected_told;
    uint32_t rejected_order, rejected_update;
    struct action_seen action[ACTIONS_KEPT];
    uint32_t action_highest;
    bool foreign;
    bool has_pose;
    struct robot_pose pose;
};

struct facts {
    struct facts_config cfg;
    struct robot_seen *robot;
    node_id *bucket; /* open addressing over node ids */
    uint32_t buckets;
    struct in_fact *fact; /* a tick may tell one per robot */
    uint32_t facts_max, first, count;
};

static uint32_t buckets_for(const struct site *s)
{
    uint32_t n = 16;
    while (n < 2u * s->nodes) n *= 2;
    return n;
}

size_t facts_memory(const struct facts_config *cfg)
{
    return sizeof(struct facts) + cfg->robots * sizeof(struct robot_seen) + buckets_for(cfg->site) * sizeof(node_id) +
           (FACTS_OF_ONE + (size_t)cfg->robots) * sizeof(struct in_fact) + 5 * 16;
}

static uint32_t hash_text(const char *s)
{
    uint32_t h = 2166136261u;
    for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

int facts_open(struct facts **out, struct arena *mem, const struct facts_config *cfg)
{
    struct facts *f = arena_new(mem, struct facts, 1);
    if (!f) return ORD_EFULL;
    f->cfg = *cfg;
    if (f->cfg.silent_ms == 0) f->cfg.silent_ms = SILENT_DEFAULT_MS;
    f->robot = arena_new(mem, struct robot_seen, cfg->robots);
    f->buckets = buckets_for(cfg->site);
    f->bucket = arena_new(mem, node_id, f->buckets);
    f->facts_max = FACTS_OF_ONE + (uint32_t)cfg->robots;
    f->fact = arena_new(mem, struct in_fact, f->facts_max);
    if (!f->robot || !f->bucket || !f->fact) return ORD_EFULL;
    for (robot_id r = 0; r < cfg->robots; r++) f->robot[r].silent_ms = f->cfg.silent_ms;
    memset(f->bucket, 0xff, f->buckets * sizeof *f->bucket);
    for (node_id n = 0; n < cfg->site->nodes; n++) {
        uint32_t b = hash_text(cfg->site->node[n].id) & (f->buckets - 1);
        while (f->bucket[b] != ID_NONE) b = (b + 1) & (f->buckets - 1);
        f->bucket[b] = n;
    }
    *out = f;
    return ORD_OK;
}

void facts_patience(struct facts *f, robot_id r, ms_t silent_ms) { f->robot[r].silent_ms = silent_ms; }

static node_id node_named(const struct facts *f, const char *id)
{
    if (id[0] == '\0') return ID_NONE;
    uint32_t b = hash_text(id) & (f->buckets - 1);
    while (f->bucket[b] != ID_NONE) {
        if (strcmp(f->cfg.site->node[f->bucket[b]].id, id) == 0) return f->bucket[b];
        b = (b + 1) & (f->buckets - 1);
    }
    return ID_NONE;
}

static void tell(struct facts *f, robot_id r, enum fact_kind kind, node_id node, uint32_t a, uint32_t b)
{
    assert(f->count < f->facts_max); /* the host drains after every call */
    f->fact[f->count++] = (struct in_fact){ .robot = r, .kind = (uint8_t)kind, .node = node, .a = a, .b = b };
}

bool facts_next(struct facts *f, struct in_fact *out)
{
    if (f->first == f->count) {
        f->first = f->count = 0;
        return false;
    }
    *out = f->fact[f->first++];
    return true;
}

/* Old, repeated or overtaken? Counters that were set back are believed after a few messages in a row; but a burst held
 * up on the way also comes in a row, so newer ones must have stayed out for longer than any delay. */
static bool stale(struct robot_seen *v, uint32_t header_id, ms_t now_ms)
{
    if (v->has_header && (int32_t)(header_id - v->header_id) <= 0) {
        bool rising = v->stale_run > 0 && (int32_t)(header_id - v->stale_header) > 0;
        v->stale_run = !rising ? 1 : v->stale_run < STALE_RUN ? (uint8_t)(v->stale_run + 1) : STALE_RUN;
        v->stale_header = header_id;
        if (v->stale_run < STALE_RUN || now_ms - v->heard_ms < STALE_MS) return true;
    }
    v->has_header = true;
    v->header_id = header_id;
    v->stale_run = 0;
    return false;
}

static void tell_health(struct facts *f, robot_id r, const struct vda_state *s)
{
    struct robot_seen *v = &f->robot[r];
    if (!v->mode_told || v->mode != s->mode) {
        v->mode = (uint8_t)s->mode;
        v->mode_told = true;
        tell(f, r, FACT_MODE, ID_NONE, 0, s->mode);
    }
    int32_t step = s->battery_permille / 10;
    if (!v->battery_told || v->battery_step != step || v->charging != s->charging) {
        v->battery_told = true;
        v->battery_step = step;
        v->charging = s->charging;
        tell(f, r, FACT_BATTERY, ID_NONE, (uint32_t)(step * 10), s->charging);
    }
    bool fatal = s->estop != VDA_ESTOP_NONE, critical = false;
    for (uint8_t i = 0; i < s->errors; i++) {
        fatal = fatal || s->error[i].level == VDA_FATAL;
        critical = critical || s->error[i].level == VDA_CRITICAL;
    }
    uint8_t trouble = fatal ? 1 : critical ? 2 : 0;
    if (trouble != v->trouble) {
        v->trouble = trouble;
        tell(f, r, FACT_ERROR, ID_NONE, 0, trouble);
    }
}

static void forget_order(struct robot_seen *v)
{
    v->has_order = v->idle_told = v->reached_told = v->stands_told = v->rejected_told = false;
}

/* What it shows of our order: arrival of what we sent, progress, end. */
static void tell_order(struct facts *f, robot_id r, const struct vda_state *s, uint32_t order)
{
    struct robot_seen *v = &f->robot[r];
    if (v->has_order && v->order != order) v->reached_told = v->idle_told = false;
    if (!v->has_order || v->order != order || v->update != s->update_id) {
        v->has_order = true;
        v->order = order;
        v->update = s->update_id;
        tell(f, r, FACT_ACK, ID_NONE, order, s->update_id);
    }
    uint32_t seq = s->last_seq & ~1u;
    /* initPosition sets the number to 0 on some robots (quirk 8): then what is left tells how far it is. The core
     * believes it only where the node's name agrees. */
    if (seq == 0 && s->node_states > 0 && s->node_state[0].seq > 2) seq = (s->node_state[0].seq & ~1u) - 2;
    if (!v->reached_told || seq > v->seq) { /* backwards: some robots restart at 0 after initPosition */
        v->reached_told = true;
        v->seq = seq;
        tell(f, r, FACT_REACHED, node_named(f, s->last_node), order, seq);
    }
    bool idle = s->node_states == 0 && s->edge_states == 0 && !s->driving;
    for (uint16_t i = 0; i < s->action_states; i++)
        idle = idle && (s->action_state[i].instant || vda_ended(s->action_state[i].status));
    if (idle && (!v->idle_told || v->idle_order != order || v->idle_update != s->update_id)) {
        v->idle_told = true;
        v->idle_order = order;
        v->idle_update = s->update_id;
        tell(f, r, FACT_IDLE, ID_NONE, order, s->update_id);
    }
    if (!idle) v->idle_told = false;
}

/* 3.0: a robot that was in other hands no longer claims to know its node, but knows where it stands. */
static node_id node_under(const struct facts *f, const struct vda_state *s)
{
    const struct site *site = f->cfg.site;
    if (!s->has_position || !s->localized || s->driving) return ID_NONE;
    for (node_id n = 0; n < site->nodes; n++) {
        const struct site_node *at = &site->node[n];
        if (strcmp(site->level[at->level].id, s->map_id) == 0 &&
            distance_mm(at->x_mm, at->y_mm, s->x_mm, s->y_mm) <= UNDER_MM)
            return n;
    }
    return ID_NONE;
}

static void tell_place(struct facts *f, robot_id r, const struct vda_state *s)
{
    struct robot_seen *v = &f->robot[r];
    if (v->has_order) {
        uint32_t lost = v->order;
        forget_order(v);
        tell(f, r, FACT_LOST_ORDER, ID_NONE, lost, 0);
    }
    if (v->foreign) return; /* on its way to somewhere */
    node_id node = s->last_node[0] ? node_named(f, s->last_node) : node_under(f, s);
    if (v->stands_told && v->stood == node && strcmp(v->last_node, s->last_node) == 0) return;
    v->stands_told = true;
    v->stood = node;
    memcpy(v->last_node, s->last_node, sizeof v->last_node);
    tell(f, r, FACT_STANDS, node, 0, 0);
}

/* An order that is not ours, with something left to do. */
static void tell_foreign(struct facts *f, robot_id r, const struct vda_state *s, bool ours)
{
    struct robot_seen *v = &f->robot[r];
    bool busy = s->node_states > 0 || s->edge_states > 0;
    for (uint16_t i = 0; i < s->action_states; i++)
        busy = busy || (!s->action_state[i].instant && s->action_state[i].status == VDA_RUNNING);
    bool foreign = !ours && s->order_id[0] && busy;
    if (foreign == v->foreign) return;
    v->foreign = foreign;
    tell(f, r, FACT_FOREIGN, ID_NONE, 0, foreign);
}

static void tell_actions(struct facts *f, robot_id r, const struct vda_state *s)
{
    struct robot_seen *v = &f->robot[r];
    for (uint16_t i = 0; i < s->action_states; i++) {
        uint32_t n;
        enum vda_status status = s->action_state[i].status;
        if (status == VDA_WAITING || !action_number(f->cfg.epoch, r, s->action_state[i].id, &n)) continue;
        if (!vda_ended(status)) status = VDA_RUNNING;
        struct action_seen *a = &v->action[n % ACTIONS_KEPT];
        if (a->number > n || (a->number == n && a->status == (uint8_t)status)) continue;
        if (a->number == n && vda_ended((enum vda_status)a->status)) continue; /* ended is ended */
        *a = (struct action_seen){ n, (uint8_t)status };
        tell(f, r, FACT_ACTION, ID_NONE, n, status);
    }
}

/* Types are free text in practice (pitfall 5): whoever names our order and update refuses them, unless it is about one
 * of its actions, which may fail later; then the type must say so. Of a message that was echoed the core believes no
 * refusal, so what is shown for other reasons does no harm. */
static bool is_rejection(const struct vda_error *e, bool has_update, bool has_action)
{
    static const char *const types[] = { "validationError",
                                         "orderError",
                                         "orderUpdateError",
                                         "noRouteError",
                                         "notAvailable",
                                         "VALIDATION_FAILURE",
                                         "INVALID_ORDER_ACTION",
                                         "UNSUPPORTED_PARAMETER",
                                         "OUTDATED_ORDER_UPDATE",
                                         "OTHER_ORDER_ACTIVE",
                                         "START_NODE_OUT_OF_RANGE",
                                         "NO_ROUTE_TO_TARGET",
                                         "MOBILE_ROBOT_NOT_AVAILABLE",
                                         "UNKNOWN_MAP_ID",
                                         "ORDER_UPDATE_FOLLOWING_CANCEL",
                                         "INSUFFICIENT_MEMORY" };
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strcmp(e->type, types[i]) == 0) return true;
    return has_update && !has_action;
}

static void tell_rejections(struct facts *f, robot_id r, const struct vda_state *s)
{
    struct robot_seen *v = &f->robot[r];
    for (uint8_t i = 0; i < s->errors; i++) {
        const struct vda_error *e = &s->error[i];
        uint32_t order = 0, update = 0;
        bool ours = false, has_update = false, has_action = false;
        for (uint8_t k = 0; k < e->refs; k++) {
            has_action = has_action || strcmp(e->ref[k].key, "actionId") == 0;
            has_update = has_update || strcmp(e->ref[k].key, "orderUpdateId") == 0;
            if (strcmp(e->ref[k].key, "orderId") == 0) ours = order_number(f->cfg.epoch, r, e->ref[k].value, &order);
            if (strcmp(e->ref[k].key, "orderUpdateId") == 0)
                for (const char *p = e->ref[k].value; *p >= '0' && *p <= '9'; p++)
                    update = update * 10 + (uint32_t)(*p - '0');
        }
        if (!ours || !is_rejection(e, has_update, has_action)) continue;
        bool older = order < v->rejected_order || (order == v->rejected_order && update <= v->rejected_update);
        if (v->rejected_told && older) continue; /* told, or overtaken by what was refused since */
        v->rejected_told = true;
        v->rejected_order = order;
        v->rejected_update = update;
        tell(f, r, FACT_REJECTED, ID_NONE, order, update);
    }
    if (s->errors == 0) v->rejected_told = false;
}

static void keep_pose(struct facts *f, robot_id r, const struct vda_state *s, ms_t now_ms)
{
    if (!s->has_position) return;
    struct robot_pose *p = &f->robot[r].pose;
    f->robot[r].has_pose = true;
    *p = (struct robot_pose){ .level = ID_NONE,
                              .x_mm = s->x_mm,
                              .y_mm = s->y_mm,
                              .theta = s->theta,
                              .driving = s->driving,
                              .battery_permille = s->battery_permille,
                              .at_ms = now_ms };
    for (level_id l = 0; l < f->cfg.site->levels; l++)
        if (strcmp(f->cfg.site->level[l].id, s->map_id) == 0) p->level = l;
}

void facts_state(struct facts *f, robot_id r, const struct vda_state *s, ms_t now_ms)
{
    struct robot_seen *v = &f->robot[r];
    if (stale(v, s->head.header_id, now_ms)) return;
    v->heard = true;
    v->heard_ms = now_ms;
    if (!v->online) {
        v->online = true;
        tell(f, r, FACT_ONLINE, ID_NONE, 0, 0);
    }
    tell_health(f, r, s);
    uint32_t order;
    bool ours = order_number(f->cfg.epoch, r, s->order_id, &order);
    tell_foreign(f, r, s, ours);
    if (ours) tell_order(f, r, s, order);
    else tell_place(f, r, s);
    tell_actions(f, r, s); /* after IDLE: when the last action ends, the core knows that the robot is free */
    tell_rejections(f, r, s);
    keep_pose(f, r, s, now_ms);
}

void facts_connection(struct facts *f, robot_id r, enum vda_connection_state c, ms_t now_ms)
{
    struct robot_seen *v = &f->robot[r];
    if (c == VDA_ONLINE) {
        v->has_header = false; /* may have restarted; the next state is the proof of life */
        return;
    }
    if (!v->online) return;
    v->online = false;
    tell(f, r, FACT_OFFLINE, ID_NONE, 0, 0);
    (void)now_ms;
}

void facts_tick(struct facts *f, ms_t now_ms)
{
    for (robot_id r = 0; r < f->cfg.robots; r++) {
        struct robot_seen *v = &f->robot[r];
        if (!v->online || now_ms - v->heard_ms < v->silent_ms) continue;
        v->online = false;
        tell(f, r, FACT_SILENT, ID_NONE, 0, 0);
    }
}

ms_t facts_deadline(const struct facts *f)
{
    ms_t next = MS_NEVER;
    for (robot_id r = 0; r < f->cfg.robots; r++)
        if (f->robot[r].online) next = ms_min(next, f->robot[r].heard_ms + f->robot[r].silent_ms);
    return next;
}

bool facts_pose(const struct facts *f, robot_id r, struct robot_pose *out)
{
    if (!f->robot[r].has_pose) return false;
    *out = f->robot[r].pose;
    return true;
}
