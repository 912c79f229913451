/* Writing half of the codec: the model to JSON that validates against the official schema of its version. */
#include <string.h>

#include "../json.h"
#include "../text.h"
#include "vda_codec.h"
#include "vda_dialect.h"

static const struct json_limits limits = { VDA_MESSAGE_MAX, 16 };

/* What a version cannot say is said as the nearest it can. */
static const char *word(const char *const *words, unsigned i, unsigned nearest)
{
    return words[i] ? words[i] : words[nearest];
}

static const char *blocking_word(const struct vda_dialect *d, enum vda_blocking b)
{
    return word(d->blocking, b, VDA_HARD);
}
static const char *status_word(const struct vda_dialect *d, enum vda_status s)
{
    return word(d->status, s, VDA_FAILED);
}
static const char *mode_word(const struct vda_dialect *d, enum vda_mode m) { return word(d->mode, m, VDA_SERVICE); }
static const char *estop_word(const struct vda_dialect *d, enum vda_estop e)
{
    return word(d->estop, e, VDA_ESTOP_MANUAL);
}
static const char *level_word(const struct vda_dialect *d, enum vda_error_level l)
{
    return word(d->level, l, l == VDA_URGENT ? VDA_WARNING : VDA_FATAL);
}
static const char *connection_word(const struct vda_dialect *d, enum vda_connection_state c)
{
    return word(d->connection, c, VDA_OFFLINE);
}

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

static void put_action(struct text *t, const struct vda_dialect *d, const struct vda_action *a, bool instant)
{
    open_item(t);
    put_string(t, "actionType", a->type == VDA_OTHER || !d->action[a->type] ? a->type_name : d->action[a->type]);
    put_string(t, "actionId", a->id);
    put_string(t, "blockingType", blocking_word(d, d->three && instant ? VDA_NONE : a->blocking));
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

static void put_actions(struct text *t, const struct vda_dialect *d, const struct vda_action *a, uint8_t n)
{
    open_in(t, "actions", '[');
    for (uint8_t i = 0; i < n; i++) put_action(t, d, &a[i], false);
    close_with(t, ']');
}

static void put_deviation(struct text *t, const struct vda_dialect *d, mm_t v)
{
    if (v <= 0) return;
    if (!d->three) {
        put_milli(t, "allowedDeviationXY", v);
        return;
    }
    open_in(t, "allowedDeviationXY", '{'); /* an ellipse that is a circle */
    put_milli(t, "a", v);
    put_milli(t, "b", v);
    put_milli(t, "theta", 0);
    close_with(t, '}');
}

static void put_node(struct text *t, const struct vda_dialect *d, const struct vda_order *o, const struct vda_node *n)
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
        put_deviation(t, d, n->deviation_mm);
        put_string(t, "mapId", n->map_id);
        close_with(t, '}');
    }
    put_actions(t, d, &o->action[n->action_first], n->actions);
    close_with(t, '}');
}

static void put_edge(struct text *t, const struct vda_dialect *d, const struct vda_edge *e)
{
    open_item(t);
    put_string(t, "edgeId", e->id);
    put_uint(t, "sequenceId", e->seq);
    put_bool(t, "released", e->released);
    if (!d->three) {
        put_string(t, "startNodeId", e->start);
        put_string(t, "endNodeId", e->end);
    }
    if (e->max_speed_mm_s > 0) put_milli(t, d->edge.max_speed, e->max_speed_mm_s);
    if (e->length_mm > 0) put_milli(t, "length", e->length_mm);
    put_actions(t, d, NULL, 0);
    close_with(t, '}');
}

static int finish(struct text *t)
{
    close_with(t, '}');
    return t->cut ? ORD_EFULL : (int)t->used;
}

int vda_order_encode(const struct vda_order *m, char *buf, size_t size)
{
    const struct vda_dialect *d = vda_dialect_of(m->head.version);
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    put_string(&t, "orderId", m->order_id);
    put_uint(&t, "orderUpdateId", m->update_id);
    open_in(&t, "nodes", '[');
    for (uint8_t i = 0; i < m->nodes; i++) put_node(&t, d, m, &m->node[i]);
    close_with(&t, ']');
    open_in(&t, "edges", '[');
    for (uint8_t i = 0; i + 1 < m->nodes; i++) put_edge(&t, d, &m->edge[i]);
    close_with(&t, ']');
    return finish(&t);
}

int vda_instant_encode(const struct vda_instant_actions *m, char *buf, size_t size)
{
    const struct vda_dialect *d = vda_dialect_of(m->head.version);
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    open_in(&t, m->old_key && !d->three ? "instantActions" : "actions", '[');
    for (uint8_t i = 0; i < m->actions; i++) put_action(&t, d, &m->action[i], true);
    close_with(&t, ']');
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

/* In 2.x all actions share one list. */
static void put_action_states(struct text *t, const struct vda_dialect *d, const struct vda_state *m, bool instant)
{
    open_in(t, instant ? "instantActionStates" : "actionStates", '[');
    for (uint16_t i = 0; i < m->action_states && i < VDA_ACTION_STATES_MAX; i++) {
        const struct vda_action_state *a = &m->action_state[i];
        if (d->three && a->instant != instant) continue;
        open_item(t);
        put_string(t, "actionId", a->id);
        if (a->type_name[0]) put_string(t, "actionType", a->type_name);
        put_string(t, "actionStatus", status_word(d, a->status));
        if (a->result[0]) put_string(t, d->state.result, a->result);
        close_with(t, '}');
    }
    close_with(t, ']');
}

static void put_errors(struct text *t, const struct vda_dialect *d, const struct vda_state *m)
{
    open_in(t, "errors", '[');
    for (uint8_t i = 0; i < m->errors && i < VDA_ERRORS_MAX; i++) {
        const struct vda_error *e = &m->error[i];
        open_item(t);
        put_string(t, "errorType", e->type);
        put_string(t, "errorLevel", level_word(d, e->level));
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

static void put_position(struct text *t, const struct vda_dialect *d, const struct vda_state *m)
{
    if (!m->has_position) return;
    open_in(t, d->state.position, '{');
    put_milli(t, "x", m->x_mm);
    put_milli(t, "y", m->y_mm);
    put_angle(t, "theta", m->theta);
    put_string(t, "mapId", m->map_id);
    put_bool(t, d->state.localized, m->localized);
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
    const struct vda_dialect *d = vda_dialect_of(m->head.version);
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
    put_action_states(&t, d, m, false);
    if (d->three) put_action_states(&t, d, m, true);
    open_in(&t, d->state.battery, '{');
    put_milli(&t, d->state.charge, (int64_t)m->battery_permille * 100);
    put_bool(&t, "charging", m->charging);
    close_with(&t, '}');
    put_string(&t, "operatingMode", mode_word(d, m->mode));
    put_errors(&t, d, m);
    open_in(&t, "safetyState", '{');
    put_string(&t, d->state.estop, estop_word(d, m->estop));
    put_bool(&t, "fieldViolation", m->field_violation);
    close_with(&t, '}');
    put_position(&t, d, m);
    put_loads(&t, m);
    return finish(&t);
}

int vda_connection_encode(const struct vda_connection *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    put_string(&t, "connectionState", connection_word(vda_dialect_of(m->head.version), m->state));
    return finish(&t);
}

int vda_visualization_encode(const struct vda_state *m, uint32_t state_id, char *buf, size_t size)
{
    const struct vda_dialect *d = vda_dialect_of(m->head.version);
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    if (d->three) put_uint(&t, "referenceStateHeaderId", state_id);
    put_position(&t, d, m);
    return finish(&t);
}

/* Limits and abilities of the model and of agent.c: the same for every robot that speaks through this codec. */
static void put_limits(struct text *t, const struct vda_dialect *d)
{
    open_in(t, "protocolLimits", '{');
    open_in(t, d->limits.strings, '{');
    put_uint(t, d->limits.message, VDA_MESSAGE_MAX);
    put_uint(t, d->limits.id, VDA_ID_MAX - 1);
    put_uint(t, d->limits.load_id, VDA_ID_MAX - 1);
    put_bool(t, "idNumericalOnly", false);
    close_with(t, '}');
    open_in(t, d->limits.arrays, '{');
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
    put_milli(t, d->limits.order_ms, 100);
    put_milli(t, d->limits.state_ms, 100);
    close_with(t, '}');
    close_with(t, '}');
}

static void put_ability(struct text *t, const struct vda_dialect *d, enum vda_action_type type, bool instant, bool node)
{
    open_item(t);
    put_string(t, "actionType", d->action[type]);
    open_in(t, "actionScopes", '[');
    if (instant) text_put(t, "\"INSTANT\"");
    if (instant && node) text_char(t, ',');
    if (node) text_put(t, "\"NODE\"");
    close_with(t, ']');
    if (d->three) { /* startPause halts whatever runs; a hand-over under way is never broken off */
        put_bool(t, "pauseAllowed", node);
        put_bool(t, "cancelAllowed", node && type != VDA_PICK && type != VDA_DROP);
    }
    close_with(t, '}');
}

static void put_features(struct text *t, const struct vda_dialect *d)
{
    const char *const parameters[] = { "order.nodes.nodePosition", "order.nodes.nodePosition.theta",
                                       d->three ? "order.edges.maximumSpeed" : "order.edges.maxSpeed" };
    open_in(t, "protocolFeatures", '{');
    open_in(t, "optionalParameters", '[');
    for (size_t i = 0; i < COUNT_OF(parameters); i++) {
        open_item(t);
        put_string(t, "parameter", parameters[i]);
        put_string(t, "support", "SUPPORTED");
        close_with(t, '}');
    }
    close_with(t, ']');
    open_in(t, d->limits.actions, '[');
    put_ability(t, d, VDA_PICK, false, true);
    put_ability(t, d, VDA_DROP, false, true);
    put_ability(t, d, VDA_INIT_POSITION, true, true);
    put_ability(t, d, VDA_START_CHARGING, true, true);
    put_ability(t, d, VDA_STOP_CHARGING, true, true);
    put_ability(t, d, VDA_DISINFECT, false, true);
    for (int a = VDA_CANCEL_ORDER; a < VDA_OTHER; a++)
        if (d->action[a]) put_ability(t, d, (enum vda_action_type)a, true, false);
    close_with(t, ']');
    close_with(t, '}');
}

int vda_factsheet_encode(const struct vda_factsheet *m, char *buf, size_t size)
{
    const struct vda_dialect *d = vda_dialect_of(m->head.version);
    struct text t;
    text_init(&t, buf, size);
    put_header(&t, &m->head);
    open_in(&t, "typeSpecification", '{');
    put_string(&t, "seriesName", m->series);
    bool usual = m->kinematic[0] == '\0' || strcmp(m->kinematic, "DIFF") == 0;
    put_string(&t, d->sheet.kinematic, usual ? d->limits.diff : m->kinematic);
    put_string(&t, d->sheet.cls, m->agv_class[0] ? m->agv_class : "CARRIER");
    put_milli(&t, d->sheet.load, m->max_load_g);
    open_in(&t, "localizationTypes", '[');
    text_put(&t, "\"NATURAL\"]");
    open_in(&t, "navigationTypes", '[');
    text_json(&t, d->limits.navigation);
    text_put(&t, "]}");
    open_in(&t, "physicalParameters", '{');
    put_milli(&t, d->sheet.speed_min, 0);
    put_milli(&t, d->sheet.speed, m->speed_max_mm_s);
    put_milli(&t, d->sheet.accel, m->accel_max_mm_s2);
    put_milli(&t, d->sheet.decel, m->decel_max_mm_s2);
    if (d->sheet.height_min) put_milli(&t, d->sheet.height_min, m->height_mm);
    put_milli(&t, d->sheet.height, m->height_mm);
    put_milli(&t, "width", m->width_mm);
    put_milli(&t, "length", m->length_mm);
    close_with(&t, '}');
    put_limits(&t, d);
    put_features(&t, d);
    open_in(&t, d->limits.geometry, '{');
    close_with(&t, '}');
    open_in(&t, "loadSpecification", '{');
    close_with(&t, '}');
    return finish(&t);
}
