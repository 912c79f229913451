/* Reading half of the codec: JSON to the model, liberal in what is missing, strict in what is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../json.h"
#include "../text.h"
#include "vda_codec.h"
#include "vda_dialect.h"

#define POSITION_MAX_MM 1000000000 /* 1000 km: farther than any campus, and int32 stays safe */
#define SPEED_MAX_MM_S 1000000
#define LIST_MAX 65535 /* of lists we count but do not keep in full */
#define PI 3.14159265358979323846

static const struct json_limits limits = { VDA_MESSAGE_MAX, 16 };

/* What is being read: where, and in which words. */
struct reading {
    struct json_at root;
    const struct vda_dialect *words;
};

/* The index of a word; a word that this version lacks is unknown like any other. */
static int read_word(struct json_at at, const char *const *word, int n)
{
    const char *list[VDA_OTHER];
    int index[VDA_OTHER], known = 0;
    for (int i = 0; i < n; i++) {
        if (!word[i]) continue;
        list[known] = word[i];
        index[known++] = i;
    }
    return index[json_enum(at, list, known)];
}

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

/* Later versions have other field names; taking them for ones we know would misread them. */
static void read_version(struct json_at at, char *dst, size_t size)
{
    json_string(at, dst, size, 1);
    if (dst[0] >= '4' && dst[0] <= '9' && (dst[1] == '.' || dst[1] == '\0'))
        json_fail(at, ORD_EVERSION, "is \"%s\"; only 2.0, 2.1 and 3.0 are spoken here", dst);
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

static void read_action(const struct vda_dialect *words, struct json_at at, struct vda_action *a)
{
    json_string(json_need(at, "actionId"), a->id, sizeof a->id, 1);
    json_string(json_need(at, "actionType"), a->type_name, sizeof a->type_name, 1);
    a->blocking = (enum vda_blocking)read_word(json_need(at, "blockingType"), words->blocking, VDA_BLOCKING_COUNT);
    int t = 0;
    while (t < VDA_OTHER && (!words->action[t] || strcmp(words->action[t], a->type_name) != 0)) t++;
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

/* Of an ellipse (3.0) the smaller radius counts: within it the robot is right whichever way the ellipse points. */
static mm_t read_deviation(const struct vda_dialect *words, struct json_at at)
{
    if (!words->three || !json_has(at)) return read_mm(at, 0, POSITION_MAX_MM);
    mm_t a = read_mm(json_need(at, "a"), 0, POSITION_MAX_MM), b = read_mm(json_need(at, "b"), 0, POSITION_MAX_MM);
    return a < b ? a : b;
}

static void read_node_position(const struct vda_dialect *words, struct json_at at, struct vda_node *n)
{
    n->has_position = json_has(at);
    if (!n->has_position) return;
    n->x_mm = read_mm(json_need(at, "x"), -POSITION_MAX_MM, POSITION_MAX_MM);
    n->y_mm = read_mm(json_need(at, "y"), -POSITION_MAX_MM, POSITION_MAX_MM);
    struct json_at theta = json_opt(at, "theta");
    n->has_theta = json_has(theta);
    n->theta = read_angle(theta);
    n->deviation_mm = read_deviation(words, json_opt(at, "allowedDeviationXY"));
    json_string(json_need(at, "mapId"), n->map_id, sizeof n->map_id, 0);
}

static void read_node(const struct vda_dialect *words, struct json_at at, struct vda_order *o, struct vda_node *n)
{
    json_string(json_need(at, "nodeId"), n->id, sizeof n->id, 1);
    n->seq = read_u32(json_need(at, "sequenceId"));
    n->released = json_bool(json_need(at, "released"));
    read_node_position(words, json_opt(at, "nodePosition"), n);
    struct json_at list = json_opt(at, "actions");
    n->action_first = o->actions;
    n->actions = (uint8_t)json_array(list, (size_t)(VDA_ORDER_ACTIONS_MAX - o->actions));
    for (uint8_t i = 0; i < n->actions; i++) read_action(words, json_item(list, i), &o->action[n->action_first + i]);
    o->actions = (uint8_t)(o->actions + n->actions);
}

/* What an edge asks of the robot and the model cannot hold is refused, not dropped: a robot that ignores a
 * trajectory drives somewhere else than its controller believes. */
static void read_edge(const struct vda_dialect *words, struct json_at at, struct vda_edge *e)
{
    json_string(json_need(at, "edgeId"), e->id, sizeof e->id, 1);
    e->seq = read_u32(json_need(at, "sequenceId"));
    e->released = json_bool(json_need(at, "released"));
    if (!words->three) {
        json_string(json_need(at, "startNodeId"), e->start, sizeof e->start, 1);
        json_string(json_need(at, "endNodeId"), e->end, sizeof e->end, 1);
    }
    struct json_at speed = json_opt(at, words->edge.max_speed), actions = json_opt(at, "actions"),
                   curve = json_opt(at, "trajectory");
    e->max_speed_mm_s = (int32_t)json_milli(speed, 1, SPEED_MAX_MM_S);
    e->length_mm = read_mm(json_opt(at, "length"), 0, POSITION_MAX_MM);
    if (json_array(actions, LIST_MAX) > 0) json_fail(actions, ORD_EPARSE, "actions on edges are not supported");
    if (json_has(curve)) json_fail(curve, ORD_EPARSE, "trajectories are not supported");
}

static void read_order(struct reading in, struct vda_order *o)
{
    struct json_at root = in.root;
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
    for (uint8_t i = 0; i < o->nodes; i++) read_node(in.words, json_item(nodes, i), o, &o->node[i]);
    for (uint8_t i = 0; i + 1 < o->nodes; i++) {
        read_edge(in.words, json_item(edges, i), &o->edge[i]);
        if (!in.words->three) continue;
        memcpy(o->edge[i].start, o->node[i].id, VDA_ID_MAX); /* 3.0 leaves to the order of the lists what joins what */
        memcpy(o->edge[i].end, o->node[i + 1].id, VDA_ID_MAX);
    }
}

/* Robots and masters made for 1.1 name the list like the topic (reference: quirk 3). */
static void read_instant(struct reading in, struct vda_instant_actions *m)
{
    struct json_at root = in.root;
    read_header(root, &m->head, true);
    struct json_at list = json_opt(root, "actions");
    m->old_key = !json_has(list);
    if (!json_has(list)) list = json_opt(root, "instantActions");
    if (!json_has(list)) list = json_need(root, "actions");
    m->actions = (uint8_t)json_array(list, VDA_ACTIONS_MAX);
    for (uint8_t i = 0; i < m->actions; i++) read_action(in.words, json_item(list, i), &m->action[i]);
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

/* Added to those there already; of too many the newest are kept. */
static void read_action_states(const struct vda_dialect *words, struct json_at list, bool instant, struct vda_state *s)
{
    size_t n = json_array(list, LIST_MAX), room = (size_t)(VDA_ACTION_STATES_MAX - s->action_states);
    for (size_t i = n > room ? n - room : 0; i < n; i++) {
        struct json_at at = json_item(list, i);
        struct vda_action_state *a = &s->action_state[s->action_states++];
        json_string(json_need(at, "actionId"), a->id, sizeof a->id, 0);
        read_shown(json_opt(at, "actionType"), a->type_name, sizeof a->type_name);
        a->status = (enum vda_status)read_word(json_need(at, "actionStatus"), words->status, VDA_STATUS_COUNT);
        read_shown(json_opt(at, words->state.result), a->result, sizeof a->result);
        a->instant = instant;
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

/* A level we do not know must not look harmless: it counts as FATAL. The worst ones are kept first. */
static enum vda_error_level read_level(const struct vda_dialect *words, struct json_at at)
{
    const char *said = json_str(at);
    for (int l = 0; l < VDA_LEVEL_COUNT; l++)
        if (words->level[l] && strcmp(words->level[l], said) == 0) return (enum vda_error_level)l;
    return VDA_FATAL;
}

static void read_errors(const struct vda_dialect *words, struct json_at list, struct vda_state *s)
{
    size_t n = json_array(list, LIST_MAX);
    for (int want = VDA_FATAL; want >= VDA_WARNING; want--) {
        for (size_t i = 0; i < n && s->errors < VDA_ERRORS_MAX; i++) {
            struct json_at at = json_item(list, i);
            enum vda_error_level level = read_level(words, json_need(at, "errorLevel"));
            if (!json_ok(list.doc)) return;
            if ((int)level == want) read_error(at, level, &s->error[s->errors++]);
        }
    }
}

static void read_battery(const struct vda_dialect *words, struct json_at at, struct vda_state *s)
{
    /* Gauges overshoot: 100.4 % is full, not an error. */
    int64_t milli = json_milli(json_need(at, words->state.charge), -1000, 110000),
            permille = milli < 0 ? 0 : (milli + 50) / 100;
    s->battery_permille = permille > 1000 ? 1000 : (int32_t)permille;
    s->charging = json_bool(json_need(at, "charging"));
}

static void read_position(const struct vda_dialect *words, struct json_at at, struct vda_state *s)
{
    s->has_position = json_has(at);
    if (!s->has_position) return;
    s->x_mm = read_mm(json_need(at, "x"), -POSITION_MAX_MM, POSITION_MAX_MM);
    s->y_mm = read_mm(json_need(at, "y"), -POSITION_MAX_MM, POSITION_MAX_MM);
    s->theta = read_angle(json_need(at, "theta"));
    s->localized = json_bool(json_need(at, words->state.localized));
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

static void read_state(struct reading in, struct vda_state *s)
{
    struct json_at root = in.root;
    const struct vda_dialect *words = in.words;
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
    read_action_states(words, json_opt(root, "actionStates"), false, s);
    if (words->three) read_action_states(words, json_opt(root, "instantActionStates"), true, s);
    read_battery(words, json_need(root, words->state.battery), s);
    s->mode = (enum vda_mode)read_word(json_need(root, "operatingMode"), words->mode, VDA_MODE_COUNT);
    read_errors(words, json_opt(root, "errors"), s);
    struct json_at safety = json_need(root, "safetyState");
    s->estop = (enum vda_estop)read_word(json_need(safety, words->state.estop), words->estop, VDA_ESTOP_COUNT);
    s->field_violation = json_bool(json_need(safety, "fieldViolation"));
    read_position(words, json_opt(root, words->state.position), s);
    read_loads(json_opt(root, "loads"), s);
}

static void read_connection(struct reading in, struct vda_connection *m)
{
    read_header(in.root, &m->head, true);
    m->state = (enum vda_connection_state)read_word(json_need(in.root, "connectionState"), in.words->connection,
                                                    VDA_CONNECTION_COUNT);
}

/* Real robots fill the factsheet sparsely: only the header is insisted on, a missing figure reads as 0. */
static void read_factsheet(struct reading in, struct vda_factsheet *f)
{
    struct json_at root = in.root;
    const struct vda_dialect *words = in.words;
    read_header(root, &f->head, false);
    struct json_at type = json_opt(root, "typeSpecification"), body = json_opt(root, "physicalParameters");
    read_shown(json_opt(type, "seriesName"), f->series, sizeof f->series);
    read_shown(json_opt(type, words->sheet.kinematic), f->kinematic, sizeof f->kinematic);
    read_shown(json_opt(type, words->sheet.cls), f->agv_class, sizeof f->agv_class);
    f->max_load_g = json_milli(json_opt(type, words->sheet.load), 0, INT64_C(1000000000000));
    f->speed_max_mm_s = (int32_t)json_milli(json_opt(body, words->sheet.speed), 0, SPEED_MAX_MM_S);
    f->accel_max_mm_s2 = (int32_t)json_milli(json_opt(body, words->sheet.accel), 0, SPEED_MAX_MM_S);
    f->decel_max_mm_s2 = (int32_t)json_milli(json_opt(body, words->sheet.decel), 0, SPEED_MAX_MM_S);
    f->length_mm = read_mm(json_opt(body, "length"), 0, SPEED_MAX_MM_S);
    f->width_mm = read_mm(json_opt(body, "width"), 0, SPEED_MAX_MM_S);
    f->height_mm = read_mm(json_opt(body, words->sheet.height), 0, SPEED_MAX_MM_S);
}

/* The version stands in the header: it is looked at first, and judged with the rest. */
static struct reading reading_of(struct json_doc *doc)
{
    struct json_at root = json_root(doc), version = json_opt(root, "version");
    return (struct reading){ root, vda_dialect_of(json_is_string(version) ? json_str(version) : "") };
}

/* One body for five decoders: open, read straight through, report the first error. */
#define DECODER(name, type, reader, topic)                                                                    \
    int name(const char *json, size_t n, struct type *out, struct err_note *note)                             \
    {                                                                                                         \
        struct json_doc doc;                                                                                  \
        memset(out, 0, sizeof *out);                                                                          \
        if (json_open(&doc, vda_topic_name[topic], json, n, limits) == ORD_OK) reader(reading_of(&doc), out); \
        int err = doc.err;                                                                                    \
        if (err && note) *note = doc.note;                                                                    \
        json_close(&doc);                                                                                     \
        return err;                                                                                           \
    }

DECODER(vda_order_decode, vda_order, read_order, VDA_T_ORDER)
DECODER(vda_instant_decode, vda_instant_actions, read_instant, VDA_T_INSTANT)
DECODER(vda_state_decode, vda_state, read_state, VDA_T_STATE)
DECODER(vda_connection_decode, vda_connection, read_connection, VDA_T_CONNECTION)
DECODER(vda_factsheet_decode, vda_factsheet, read_factsheet, VDA_T_FACTSHEET)
