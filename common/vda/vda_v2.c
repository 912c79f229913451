/* VDA 5050 2.0 and 2.1. The two differ for us only in header.version: what 2.1 added (corridors, maps) is optional
 * and not used yet. Metres, radians and percent exist in this file alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../json.h"
#include "../text.h"
#include "vda_codec.h"

#define POSITION_MAX_MM 1000000000 /* 1000 km: farther than any campus, and int32 stays safe */
#define SPEED_MAX_MM_S 1000000
#define LIST_MAX 65535 /* of lists we count but do not keep in full */
#define PI 3.14159265358979323846

static const char *const blocking_name[] = { "NONE", "SOFT", "HARD" };
static const char *const status_name[] = { "WAITING", "INITIALIZING", "RUNNING", "PAUSED", "FINISHED", "FAILED" };
static const char *const mode_name[] = { "AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", "SERVICE", "TEACHIN" };
static const char *const estop_name[] = { "NONE", "AUTOACK", "MANUAL", "REMOTE" };
static const char *const connection_name[] = { "ONLINE", "OFFLINE", "CONNECTIONBROKEN" };
static const struct json_limits limits = { VDA_MESSAGE_MAX, 16 };

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static mm_t read_mm(struct json_at at, int64_t lo, int64_t hi) { return (mm_t)json_milli(at, lo, hi); }

/* Any finite angle a robot may report is turned into (-pi, pi]. */
static mrad_t read_angle(struct json_at at)
{
    double v = json_number(at, -1e6, 1e6);
    double turns = v / (2 * PI);
    v -= 2 * PI * (double)(int64_t)(turns < 0 ? turns - 0.5 : turns + 0.5);
    mrad_t r = (mrad_t)(v < 0 ? v * 1000 - 0.5 : v * 1000 + 0.5);
    return r <= -3142 ? 3142 : r > 3142 ? 3142 : r;
}

static uint32_t read_u32(struct json_at at) { return (uint32_t)json_int(at, 0, UINT32_MAX); }

/* Text that is only shown to people, never compared: cut, because refusing a robot's state over a long error
 * description would silence the robot just when it has something to say. */
static void read_shown(struct json_at at, char *dst, size_t size) { text_copy(dst, size, json_str(at)); }

/* 3.0 and later have other field names; taking them for 2.x would misread them. */
static void read_version(struct json_at at, char *dst, size_t size)
{
    json_string(at, dst, size, 1);
    if (dst[0] >= '3' && dst[0] <= '9' && (dst[1] == '.' || dst[1] == '\0'))
        json_fail(at, ORD_EVERSION, "is \"%s\"; only 2.0 and 2.1 are spoken here", dst);
}

static void read_header(struct json_at root, struct vda_header *h, bool strict)
{
    h->header_id = read_u32((strict ? json_need : json_opt)(root, "headerId"));
    read_shown((strict ? json_need : json_opt)(root, "timestamp"), h->timestamp, sizeof h->timestamp);
    read_version(json_need(root, "version"), h->version, sizeof h->version);
    json_string(json_need(root, "manufacturer"), h->manufacturer, sizeof h->manufacturer, 1);
    json_string(json_need(root, "serialNumber"), h->serial, sizeof h->serial, 1);
}

/* A plain value as text: a number keeps the shortest decimal form that gives the same number again. */
static bool read_value(struct json_at at, char *dst, size_t size)
{
    if (json_is_number(at)) {
        double v = json_number(at, -1e308, 1e308);
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(dst, size, "%.*g", digits, v);
            if (strtod(dst, NULL) == v) break;
        }
        return true;
    }
    if (json_is_string(at)) json_string(at, dst, size, 0);
    else if (json_is_object(at) || json_is_array(at))
        json_fail(at, ORD_EPARSE, "objects and lists are not supported here");
    else text_copy(dst, size, json_bool(at) ? "true" : "false");
    return false;
}

static void read_action(struct json_at at, struct vda_action *a)
{
    json_string(json_need(at, "actionId"), a->id, sizeof a->id, 1);
    json_string(json_need(at, "actionType"), a->type_name, sizeof a->type_name, 1);
    a->blocking = (enum vda_blocking)json_enum(json_need(at, "blockingType"), blocking_name, COUNT_OF(blocking_name));
    int t = 0;
    while (t < VDA_OTHER && strcmp(vda_action_name[t], a->type_name) != 0) t++;
    a->type = (enum vda_action_type)t;
    struct json_at list = json_opt(at, "actionParameters");
    a->params = (uint8_t)json_array(list, VDA_PARAMS_MAX);
    for (uint8_t i = 0; i < a->params; i++) {
        struct json_at p = json_item(list, i);
        struct vda_param *out = &a->param[i];
        json_string(json_need(p, "key"), out->key, sizeof out->key, 1);
        out->is_number = read_value(json_need(p, "value"), out->value, sizeof out->value);
    }
}

static void read_node_position(struct json_at at, struct vda_node *n)
{
    n->has_position = json_has(at);
    if (!n->has_position) return;
    n->x_mm = read_mm(json_need(at, "x"), -POSITION_MAX_MM, POSITION_MAX_MM);
    n->y_mm = read_mm(json_need(at, "y"), -POSITION_MAX_MM, POSITION_MAX_MM);
    struct json_at theta = json_opt(at, "theta");
    n->has_theta = json_has(theta);
    n->theta = read_angle(theta);
    n->deviation_mm = read_mm(json_opt(at, "allowedDeviationXY"), 0, POSITION_MAX_MM);
    json_string(json_need(at, "mapId"), n->map_id, sizeof n->map_id, 0);
}

static void read_node(struct json_at at, struct vda_order *o, struct vda_node *n)
{
    json_string(json_need(at, "nodeId"), n->id, sizeof n->id, 1);
    n->seq = read_u32(json_need(at, "sequenceId"));
    n->released = json_bool(json_need(at, "released"));
    read_node_position(json_opt(at, "nodePosition"), n);
    struct json_at list = json_opt(at, "actions");
    n->action_first = o->actions;
    n->actions = (uint8_t)json_array(list, (size_t)(VDA_ORDER_ACTIONS_MAX - o->actions));
    for (uint8_t i = 0; i < n->actions; i++) read_action(json_item(list, i), &o->action[n->action_first + i]);
    o->actions = (uint8_t)(o->actions + n->actions);
}

/* What an edge asks of the robot and the model cannot hold is refused, not dropped: a robot that ignores a
 * trajectory drives somewhere else than its controller believes. */
static void read_edge(struct json_at at, struct vda_edge *e)
{
    json_string(json_need(at, "edgeId"), e->id, sizeof e->id, 1);
    e->seq = read_u32(json_need(at, "sequenceId"));
    e->released = json_bool(json_need(at, "released"));
    json_string(json_need(at, "startNodeId"), e->start, sizeof e->start, 1);
    json_string(json_need(at, "endNodeId"), e->end, sizeof e->end, 1);
    struct json_at speed = json_opt(at, "maxSpeed"), actions = json_opt(at, "actions"),
                   curve = json_opt(at, "trajectory");
    e->max_speed_mm_s = (int32_t)json_milli(speed, 1, SPEED_MAX_MM_S);
    e->length_mm = read_mm(json_opt(at, "length"), 0, POSITION_MAX_MM);
    if (json_array(actions, LIST_MAX) > 0) json_fail(actions, ORD_EPARSE, "actions on edges are not supported");
    if (json_has(curve)) json_fail(curve, ORD_EPARSE, "trajectories are not supported");
}

static void read_order(struct json_at root, struct vda_order *o)
{
    read_header(root, &o->head, true);
    json_string(json_need(root, "orderId"), o->order_id, sizeof o->order_id, 1);
    o->update_id = read_u32(json_need(root, "orderUpdateId"));
    struct json_at nodes = json_need(root, "nodes"), edges = json_need(root, "edges");
    o->nodes = (uint8_t)json_array(nodes, VDA_NODES_MAX);
    size_t n = json_array(edges, VDA_EDGES_MAX);
    if (o->nodes == 0) json_fail(nodes, ORD_EPARSE, "must hold at least one node");
    if (n + 1 != o->nodes)
        json_fail(edges, ORD_EPARSE, "has %zu entries for %u nodes; there must be one fewer", n, o->nodes);
    if (!json_ok(root.doc)) return;
    for (uint8_t i = 0; i < o->nodes; i++) read_node(json_item(nodes, i), o, &o->node[i]);
    for (uint8_t i = 0; i + 1 < o->nodes; i++) read_edge(json_item(edges, i), &o->edge[i]);
}

/* Robots and masters made for 1.1 name the list like the topic (reference: quirk 3). */
static void read_instant(struct json_at root, struct vda_instant_actions *m)
{
    read_header(root, &m->head, true);
    struct json_at list = json_opt(root, "actions");
    if (!json_has(list)) list = json_opt(root, "instantActions");
    if (!json_has(list)) list = json_need(root, "actions");
    m->actions = (uint8_t)json_array(list, VDA_ACTIONS_MAX);
    for (uint8_t i = 0; i < m->actions; i++) read_action(json_item(list, i), &m->action[i]);
}

static uint16_t read_node_states(struct json_at list, const char *id_key, struct vda_node_state *out)
{
    size_t n = json_array(list, LIST_MAX);
    for (size_t i = 0; i < n && i < VDA_NODES_MAX; i++) {
        struct json_at at = json_item(list, i);
        json_string(json_need(at, id_key), out[i].id, sizeof out[i].id, 0);
        out[i].seq = read_u32(json_need(at, "sequenceId"));
        out[i].released = json_bool(json_need(at, "released"));
    }
    return (uint16_t)n;
}

static void read_action_states(struct json_at list, struct vda_state *s)
{
    size_t n = json_array(list, LIST_MAX), first = n > VDA_ACTION_STATES_MAX ? n - VDA_ACTION_STATES_MAX : 0;
    s->action_states = (uint16_t)(n - first);
    for (size_t i = first; i < n; i++) {
        struct json_at at = json_item(list, i);
        struct vda_action_state *a = &s->action_state[i - first];
        json_string(json_need(at, "actionId"), a->id, sizeof a->id, 0);
        read_shown(json_opt(at, "actionType"), a->type_name, sizeof a->type_name);
        a->status = (enum vda_status)json_enum(json_need(at, "actionStatus"), status_name, COUNT_OF(status_name));
        read_shown(json_opt(at, "resultDescription"), a->result, sizeof a->result);
    }
}

static void read_error(struct json_at at, enum vda_error_level level, struct vda_error *e)
{
    e->level = level;
    read_shown(json_need(at, "errorType"), e->type, sizeof e->type);
    read_shown(json_opt(at, "errorDescription"), e->description, sizeof e->description);
    struct json_at list = json_opt(at, "errorReferences");
    size_t n = json_array(list, LIST_MAX);
    for (size_t i = 0; i < n && i < VDA_REFS_MAX; i++) {
        struct json_at r = json_item(list, i), value = json_need(r, "referenceValue");
        struct vda_ref *ref = &e->ref[e->refs++];
        read_shown(json_need(r, "referenceKey"), ref->key, sizeof ref->key);
        /* A value cut to 63 bytes never equals an id of ours: those are shorter. Numbers are common in practice. */
        if (json_is_string(value)) read_shown(value, ref->value, sizeof ref->value);
        else read_value(value, ref->value, sizeof ref->value);
    }
}

/* Everything but WARNING counts as FATAL: a level we do not know must not look harmless. FATAL ones are kept first. */
static void read_errors(struct json_at list, struct vda_state *s)
{
    size_t n = json_array(list, LIST_MAX);
    for (int pass = 0; pass < 2; pass++) {
        enum vda_error_level want = pass == 0 ? VDA_FATAL : VDA_WARNING;
        for (size_t i = 0; i < n && s->errors < VDA_ERRORS_MAX; i++) {
            struct json_at at = json_item(list, i);
            enum vda_error_level level =
                strcmp(json_str(json_need(at, "errorLevel")), "WARNING") == 0 ? VDA_WARNING : VDA_FATAL;
            if (!json_ok(list.doc)) return;
            if (level == want) read_error(at, level, &s->error[s->errors++]);
        }
    }
}

static void read_battery(struct json_at at, struct vda_state *s)
{
    /* Gauges overshoot: 100.4 % is full, not an error. */
    int64_t milli = json_milli(json_need(at, "batteryCharge"), -1000, 110000),
            permille = milli < 0 ? 0 : (milli + 50) / 100;
    s->battery_permille = permille > 1000 ? 1000 : (int32_t)permille;
    s->charging = json_bool(json_need(at, "charging"));
}

static void read_position(struct json_at at, struct vda_state *s)
{
    s->has_position = json_has(at);
    if (!s->has_position) return;
    s->x_mm = read_mm(json_need(at, "x"), -POSITION_MAX_MM, POSITION_MAX_MM);
    s->y_mm = read_mm(json_need(at, "y"), -POSITION_MAX_MM, POSITION_MAX_MM);
    s->theta = read_angle(json_need(at, "theta"));
    s->localized = json_bool(json_need(at, "positionInitialized"));
    json_string(json_need(at, "mapId"), s->map_id, sizeof s->map_id, 0);
}

static void read_loads(struct json_at list, struct vda_state *s)
{
    s->has_loads = json_has(list);
    s->loads = (uint8_t)json_array(list, VDA_LOADS_MAX);
    for (uint8_t i = 0; i < s->loads; i++) {
        struct json_at at = json_item(list, i);
        json_string(json_opt(at, "loadId"), s->load[i].id, sizeof s->load[i].id, 0);
        json_string(json_opt(at, "loadType"), s->load[i].type, sizeof s->load[i].type, 0);
    }
}

static void read_state(struct json_at root, struct vda_state *s)
{
    read_header(root, &s->head, true);
    json_string(json_need(root, "orderId"), s->order_id, sizeof s->order_id, 0);
    s->update_id = read_u32(json_need(root, "orderUpdateId"));
    json_string(json_need(root, "lastNodeId"), s->last_node, sizeof s->last_node, 0);
    s->last_seq = read_u32(json_need(root, "lastNodeSequenceId"));
    s->node_states = read_node_states(json_opt(root, "nodeStates"), "nodeId", s->node_state);
    s->edge_states = read_node_states(json_opt(root, "edgeStates"), "edgeId", s->edge_state);
    s->driving = json_bool(json_need(root, "driving"));
    s->paused = json_bool(json_opt(root, "paused"));
    s->new_base_request = json_bool(json_opt(root, "newBaseRequest"));
    read_action_states(json_opt(root, "actionStates"), s);
    read_battery(json_need(root, "batteryState"), s);
    s->mode = (enum vda_mode)json_enum(json_need(root, "operatingMode"), mode_name, COUNT_OF(mode_name));
    read_errors(json_opt(root, "errors"), s);
    struct json_at safety = json_need(root, "safetyState");
    s->estop = (enum vda_estop)json_enum(json_need(safety, "eStop"), estop_name, COUNT_OF(estop_name));
    s->field_violation = json_bool(json_need(safety, "fieldViolation"));
    read_position(json_opt(root, "agvPosition"), s);
    read_loads(json_opt(root, "loads"), s);
}

static void read_connection(struct json_at root, struct vda_connection *m)
{
    read_header(root, &m->head, true);
    m->state = (enum vda_connection_state)json_enum(json_need(root, "connectionState"), connection_name,
                                                    COUNT_OF(connection_name));
}

/* Real robots fill the factsheet sparsely: only the header is insisted on, a missing figure reads as 0. */
static void read_factsheet(struct json_at root, struct vda_factsheet *f)
{
    read_header(root, &f->head, false);
    struct json_at type = json_opt(root, "typeSpecification"), body = json_opt(root, "physicalParameters");
    read_shown(json_opt(type, "seriesName"), f->series, sizeof f->series);
    read_shown(json_opt(type, "agvKinematic"), f->kinematic, sizeof f->kinematic);
    read_shown(json_opt(type, "agvClass"), f->agv_class, sizeof f->agv_class);
    f->max_load_g = json_milli(json_opt(type, "maxLoadMass"), 0, INT64_C(1000000000000));
    f->speed_max_mm_s = (int32_t)json_milli(json_opt(body, "speedMax"), 0, SPEED_MAX_MM_S);
    f->accel_max_mm_s2 = (int32_t)json_milli(json_opt(body, "accelerationMax"), 0, SPEED_MAX_MM_S);
    f->decel_max_mm_s2 = (int32_t)json_milli(json_opt(body, "decelerationMax"), 0, SPEED_MAX_MM_S);
    f->length_mm = read_mm(json_opt(body, "length"), 0, SPEED_MAX_MM_S);
    f->width_mm = read_mm(json_opt(body, "width"), 0, SPEED_MAX_MM_S);
    f->height_mm = read_mm(json_opt(body, "heightMax"), 0, SPEED_MAX_MM_S);
}

/* One body for five decoders: open, read straight through, report the first error. */
#define DECODER(name, type, reader, topic)                                                                   \
    int name(const char *json, size_t n, struct type *out, struct err_note *note)                            \
    {                                                                                                        \
        struct json_doc doc;                                                                                 \
        memset(out, 0, sizeof *out);                                                                         \
        if (json_open(&doc, vda_topic_name[topic], json, n, limits) == ORD_OK) reader(json_root(&doc), out); \
        int err = doc.err;                                                                                   \
        if (err && note) *note = doc.note;                                                                   \
        json_close(&doc);                                                                                    \
        return err;                                                                                          \
    }

DECODER(vda_order_decode, vda_order, read_order, VDA_T_ORDER)
DECODER(vda_instant_decode, vda_instant_actions, read_instant, VDA_T_INSTANT)
DECODER(vda_state_decode, vda_state, read_state, VDA_T_STATE)
DECODER(vda_connection_decode, vda_connection, read_connection, VDA_T_CONNECTION)
DECODER(vda_factsheet_decode, vda_factsheet, read_factsheet, VDA_T_FACTSHEET)

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* A comma where one is needed: after anything but an opening bracket. */
static void separate(struct text *t)
{
    char last = t->used ? t->buf[t->used - 1] : '[';
    if (last != '{' && last != '[') text_char(t, ',');
}

static void put_key(struct text *t, const char *key)
{
    separate(t);
    text_char(t, '"');
    text_put(t, key);
    text_put(t, "\":");
}

static void open_in(struct text *t, const char *key, char bracket)
{
    put_key(t, key);
    text_char(t, bracket);
}

static void open_item(struct text *t)
{
    separate(t);
    text_char(t, '{');
}

static void close_with(struct text *t, char bracket) { text_char(t, bracket); }

static void put_string(struct text *t, const char *key, const char *v)
{
    put_key(t, key);
    text_json(t, v);
}

static void put_uint(struct text *t, const char *key, uint64_t v)
{
    put_key(t, key);
    text_uint(t, v);
}

static void put_bool(struct text *t, const char *key, bool v)
{
    put_key(t, key);
    text_put(t, v ? "true" : "false");
}

static void put_milli(struct text *t, const char *key, int64_t v)
{
    put_key(t, key);
    text_milli(t, v);
}

/* 3.142 would lie outside the schema's -pi..pi, so the end of the range is written as pi itself. */
static void put_angle(struct text *t, const char *key, mrad_t v)
{
    put_key(t, key);
    if (v >= 3142) text_put(t, "3.14159265");
    else if (v <= -3142) text_put(t, "-3.14159265");
    else text_milli(t, v);
}

static void put_header(struct text *t, const struct vda_header *h)
{
    text_char(t, '{');
    put_uint(t, "headerId", h->header_id);
    put_string(t, "timestamp", h->timestamp);
    put_string(t, "version", h->version);
    put_string(t, "manufacturer", h->manufacturer);
    put_string(t, "serialNumber", h->serial);
}

/* Only a text that is a JSON number may stand without quotes. */
static bool number_text(const char *s)
{
    struct json_doc doc;
    bool good = json_open(&doc, "", s, strlen(s), limits) == ORD_OK && json_is_number(json_root(&doc));
    json_close(&doc);
    return good;
}

static void put_action(struct text *t, const struct vda_action *a)
{
    open_item(t);
    put_string(t, "actionType", a->type == VDA_OTHER ? a->type_name : vda_action_name[a->type]);
    put_string(t, "actionId", a->id);
    put_string(t, "blockingType", blocking_name[a->blocking]);
    if (a->params) {
        open_in(t, "actionParameters", '[');
        for (uint8_t i = 0; i < a->params; i++) {
            const struct vda_param *p = &a->param[i];
            open_item(t);
            put_string(t, "key", p->key);
            put_key(t, "value");
            if (p->is_number && number_text(p->value)) text_put(t, p->value);
            else text_json(t, p->value);
            close_with(t, '}');
        }
        close_with(t, ']');
    }
    close_with(t, '}');
}

static void put_actions(struct text *t, const struct vda_action *a, uint8_t n)
{
    open_in(t, "actions", '[');
    for (uint8_t i = 0; i < n; i++) put_action(t, &a[i]);
    close_with(t, ']');
}

static void put_node(struct text *t, const struct vda_order *o, const struct vda_node *n)
{
    open_item(t);
    put_string(t, "nodeId", n->id);
    put_uint(t, "sequenceId", n->seq);
    put_bool(t, "released", n->released);
    if (n->has_position) {
        open_in(t, "nodePosition", '{');
        put_milli(t, "x", n->x_mm);
        put_milli(t, "y", n->y_mm);
        if (n->has_theta) put_angle(t, "theta", n->theta);
        if (n->deviation_mm > 0) put_milli(t, "allowedDeviationXY", n->deviation_mm);
        put_string(t, "mapId", n->map_id);
        close_with(t, '}');
    }
    put_actions(t, &o->action[n->action_first], n->actions);
    close_with(t, '}');
}

static void put_edge(struct text *t, const struct vda_edge *e)
{
    open_item(t);
    put_string(t, "edgeId", e->id);
    put_uint(t, "sequenceId", e->seq);
    put_bool(t, "released", e->released);
    put_string(t, "startNodeId", e->start);
    put_string(t, "endNodeId", e->end);
    if (e->max_speed_mm_s > 0) put_milli(t, "maxSpeed", e->max_speed_mm_s);
    if (e->length_mm > 0) put_milli(t, "length", e->length_mm);
    put_actions(t, NULL, 0);
    close_with(t, '}');
}

static int finish(struct text *t)
{
    close_with(t, '}');
    return t->cut ? ORD_EFULL : (int)t->used;
}

int vda_order_encode(const struct vda_order *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    put_string(&t, "orderId", m->order_id);
    put_uint(&t, "orderUpdateId", m->update_id);
    open_in(&t, "nodes", '[');
    for (uint8_t i = 0; i < m->nodes; i++) put_node(&t, m, &m->node[i]);
    close_with(&t, ']');
    open_in(&t, "edges", '[');
    for (uint8_t i = 0; i + 1 < m->nodes; i++) put_edge(&t, &m->edge[i]);
    close_with(&t, ']');
    return finish(&t);
}

int vda_instant_encode(const struct vda_instant_actions *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    put_actions(&t, m->action, m->actions);
    return finish(&t);
}

static void put_node_states(struct text *t, const char *key, const char *id_key, const struct vda_node_state *n,
                            uint16_t count)
{
    open_in(t, key, '[');
    for (uint16_t i = 0; i < count && i < VDA_NODES_MAX; i++) {
        open_item(t);
        put_string(t, id_key, n[i].id);
        put_uint(t, "sequenceId", n[i].seq);
        put_bool(t, "released", n[i].released);
        close_with(t, '}');
    }
    close_with(t, ']');
}

static void put_action_states(struct text *t, const struct vda_state *m)
{
    open_in(t, "actionStates", '[');
    for (uint16_t i = 0; i < m->action_states && i < VDA_ACTION_STATES_MAX; i++) {
        const struct vda_action_state *a = &m->action_state[i];
        open_item(t);
        put_string(t, "actionId", a->id);
        if (a->type_name[0]) put_string(t, "actionType", a->type_name);
        put_string(t, "actionStatus", status_name[a->status]);
        if (a->result[0]) put_string(t, "resultDescription", a->result);
        close_with(t, '}');
    }
    close_with(t, ']');
}

static void put_errors(struct text *t, const struct vda_state *m)
{
    open_in(t, "errors", '[');
    for (uint8_t i = 0; i < m->errors && i < VDA_ERRORS_MAX; i++) {
        const struct vda_error *e = &m->error[i];
        open_item(t);
        put_string(t, "errorType", e->type);
        put_string(t, "errorLevel", e->level == VDA_FATAL ? "FATAL" : "WARNING");
        if (e->description[0]) put_string(t, "errorDescription", e->description);
        if (e->refs) {
            open_in(t, "errorReferences", '[');
            for (uint8_t r = 0; r < e->refs && r < VDA_REFS_MAX; r++) {
                open_item(t);
                put_string(t, "referenceKey", e->ref[r].key);
                put_string(t, "referenceValue", e->ref[r].value);
                close_with(t, '}');
            }
            close_with(t, ']');
        }
        close_with(t, '}');
    }
    close_with(t, ']');
}

static void put_position(struct text *t, const struct vda_state *m)
{
    if (!m->has_position) return;
    open_in(t, "agvPosition", '{');
    put_milli(t, "x", m->x_mm);
    put_milli(t, "y", m->y_mm);
    put_angle(t, "theta", m->theta);
    put_string(t, "mapId", m->map_id);
    put_bool(t, "positionInitialized", m->localized);
    close_with(t, '}');
}

static void put_loads(struct text *t, const struct vda_state *m)
{
    if (!m->has_loads) return;
    open_in(t, "loads", '[');
    for (uint8_t i = 0; i < m->loads && i < VDA_LOADS_MAX; i++) {
        open_item(t);
        if (m->load[i].id[0]) put_string(t, "loadId", m->load[i].id);
        if (m->load[i].type[0]) put_string(t, "loadType", m->load[i].type);
        close_with(t, '}');
    }
    close_with(t, ']');
}

int vda_state_encode(const struct vda_state *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    put_string(&t, "orderId", m->order_id);
    put_uint(&t, "orderUpdateId", m->update_id);
    put_string(&t, "lastNodeId", m->last_node);
    put_uint(&t, "lastNodeSequenceId", m->last_seq);
    put_node_states(&t, "nodeStates", "nodeId", m->node_state, m->node_states);
    put_node_states(&t, "edgeStates", "edgeId", m->edge_state, m->edge_states);
    put_bool(&t, "driving", m->driving);
    put_bool(&t, "paused", m->paused);
    put_bool(&t, "newBaseRequest", m->new_base_request);
    put_action_states(&t, m);
    open_in(&t, "batteryState", '{');
    put_milli(&t, "batteryCharge", (int64_t)m->battery_permille * 100);
    put_bool(&t, "charging", m->charging);
    close_with(&t, '}');
    put_string(&t, "operatingMode", mode_name[m->mode]);
    put_errors(&t, m);
    open_in(&t, "safetyState", '{');
    put_string(&t, "eStop", estop_name[m->estop]);
    put_bool(&t, "fieldViolation", m->field_violation);
    close_with(&t, '}');
    put_position(&t, m);
    put_loads(&t, m);
    return finish(&t);
}

int vda_connection_encode(const struct vda_connection *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    put_string(&t, "connectionState", connection_name[m->state]);
    return finish(&t);
}

int vda_visualization_encode(const struct vda_state *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    put_position(&t, m);
    return finish(&t);
}

/* Limits and abilities of the model and of agent.c: the same for every robot that speaks through this codec. */
static void put_limits(struct text *t)
{
    open_in(t, "protocolLimits", '{');
    open_in(t, "maxStringLens", '{');
    put_uint(t, "msgLen", VDA_MESSAGE_MAX);
    put_uint(t, "idLen", VDA_ID_MAX - 1);
    put_uint(t, "loadIdLen", VDA_ID_MAX - 1);
    put_bool(t, "idNumericalOnly", false);
    close_with(t, '}');
    open_in(t, "maxArrayLens", '{');
    put_uint(t, "order.nodes", VDA_NODES_MAX);
    put_uint(t, "order.edges", VDA_EDGES_MAX);
    put_uint(t, "node.actions", VDA_ORDER_ACTIONS_MAX);
    put_uint(t, "actions.actionsParameters", VDA_PARAMS_MAX);
    put_uint(t, "instantActions", VDA_ACTIONS_MAX);
    put_uint(t, "state.nodeStates", VDA_NODES_MAX);
    put_uint(t, "state.edgeStates", VDA_EDGES_MAX);
    put_uint(t, "state.loads", VDA_LOADS_MAX);
    put_uint(t, "state.actionStates", VDA_ACTION_STATES_MAX);
    put_uint(t, "state.errors", VDA_ERRORS_MAX);
    put_uint(t, "error.errorReferences", VDA_REFS_MAX);
    close_with(t, '}');
    open_in(t, "timing", '{');
    put_milli(t, "minOrderInterval", 100);
    put_milli(t, "minStateInterval", 100);
    close_with(t, '}');
    close_with(t, '}');
}

static void put_ability(struct text *t, enum vda_action_type type, bool instant, bool node)
{
    open_item(t);
    put_string(t, "actionType", vda_action_name[type]);
    open_in(t, "actionScopes", '[');
    if (instant) text_put(t, "\"INSTANT\"");
    if (instant && node) text_char(t, ',');
    if (node) text_put(t, "\"NODE\"");
    close_with(t, ']');
    close_with(t, '}');
}

static void put_features(struct text *t)
{
    static const char *const parameters[] = { "order.nodes.nodePosition", "order.nodes.nodePosition.theta",
                                              "order.edges.maxSpeed" };
    open_in(t, "protocolFeatures", '{');
    open_in(t, "optionalParameters", '[');
    for (size_t i = 0; i < COUNT_OF(parameters); i++) {
        open_item(t);
        put_string(t, "parameter", parameters[i]);
        put_string(t, "support", "SUPPORTED");
        close_with(t, '}');
    }
    close_with(t, ']');
    open_in(t, "agvActions", '[');
    put_ability(t, VDA_PICK, false, true);
    put_ability(t, VDA_DROP, false, true);
    put_ability(t, VDA_INIT_POSITION, true, true);
    put_ability(t, VDA_START_CHARGING, true, true);
    put_ability(t, VDA_STOP_CHARGING, true, true);
    put_ability(t, VDA_DISINFECT, false, true);
    for (int a = VDA_CANCEL_ORDER; a < VDA_OTHER; a++) put_ability(t, (enum vda_action_type)a, true, false);
    close_with(t, ']');
    close_with(t, '}');
}

int vda_factsheet_encode(const struct vda_factsheet *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    open_in(&t, "typeSpecification", '{');
    put_string(&t, "seriesName", m->series);
    put_string(&t, "agvKinematic", m->kinematic[0] ? m->kinematic : "DIFF");
    put_string(&t, "agvClass", m->agv_class[0] ? m->agv_class : "CARRIER");
    put_milli(&t, "maxLoadMass", m->max_load_g);
    open_in(&t, "localizationTypes", '[');
    text_put(&t, "\"NATURAL\"]");
    open_in(&t, "navigationTypes", '[');
    text_put(&t, "\"VIRTUAL_LINE_GUIDED\"]}");
    open_in(&t, "physicalParameters", '{');
    put_milli(&t, "speedMin", 0);
    put_milli(&t, "speedMax", m->speed_max_mm_s);
    put_milli(&t, "accelerationMax", m->accel_max_mm_s2);
    put_milli(&t, "decelerationMax", m->decel_max_mm_s2);
    put_milli(&t, "heightMax", m->height_mm);
    put_milli(&t, "width", m->width_mm);
    put_milli(&t, "length", m->length_mm);
    close_with(&t, '}');
    put_limits(&t);
    put_features(&t);
    open_in(&t, "agvGeometry", '{');
    close_with(&t, '}');
    open_in(&t, "loadSpecification", '{');
    close_with(&t, '}');
    return finish(&t);
}
