#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "common/text.h"
#include "common/vda/vda_codec.h"

static char buf[VDA_MESSAGE_MAX];

#define DECODED(call)                                                            \
    do {                                                                         \
        struct err_note note = { "", "" };                                       \
        int err_ = (call);                                                       \
        if (err_) fail_msg("%s: %s: %s", err_name(err_), note.where, note.what); \
    } while (0)

static struct vda_header header(const char *version)
{
    struct vda_header h = {
        .header_id = 4294967295u, .timestamp = "2026-07-01T08:00:00.120Z", .manufacturer = "Maker", .serial = "R-01"
    };
    text_copy(h.version, sizeof h.version, version);
    return h;
}

static struct vda_action action(const char *id, enum vda_action_type t, enum vda_blocking b)
{
    struct vda_action a = { .type = t, .blocking = b };
    text_copy(a.id, sizeof a.id, id);
    text_copy(a.type_name, sizeof a.type_name, t == VDA_OTHER ? "polish" : vda_action_name[t]);
    return a;
}

static void param(struct vda_action *a, const char *key, const char *value, bool is_number)
{
    struct vda_param *p = &a->param[a->params++];
    text_copy(p->key, sizeof p->key, key);
    text_copy(p->value, sizeof p->value, value);
    p->is_number = is_number;
}

/* Four nodes, two of them base; an elevator map switch and a pick; positions with and without heading. */
static void sample_order(struct vda_order *o)
{
    static const char *const ids[] = { "n0", "cab.L1", "cab.L2", "ward:3" };
    memset(o, 0, sizeof *o);
    o->head = header("2.1.0");
    text_copy(o->order_id, sizeof o->order_id, "o1f-0-7");
    o->update_id = 3;
    o->nodes = 4;
    for (uint8_t i = 0; i < 4; i++) {
        struct vda_node *n = &o->node[i];
        text_copy(n->id, sizeof n->id, ids[i]);
        n->seq = 2u * i;
        n->released = i < 2;
        n->has_position = i != 3;
        if (n->has_position) {
            n->x_mm = -1500 * i;
            n->y_mm = 1 + i;
            text_copy(n->map_id, sizeof n->map_id, i < 2 ? "L1" : "L2");
            n->has_theta = i == 1;
            n->theta = i == 1 ? 3142 : 0;
            n->deviation_mm = i == 0 ? 250 : 0;
        }
        n->action_first = o->actions;
        if (i == 2) {
            struct vda_action a = action("a1", VDA_INIT_POSITION, VDA_HARD);
            param(&a, "x", "-3.0625", true);
            param(&a, "y", "0.003", true);
            param(&a, "theta", "1e-05", true);
            param(&a, "mapId", "L2", false);
            param(&a, "lastNodeId", "cab.L2", false);
            o->action[o->actions++] = a;
        }
        if (i == 3) {
            o->action[o->actions++] = action("a2", VDA_PICK, VDA_HARD);
            o->action[o->actions++] = action("a3", VDA_OTHER, VDA_NONE);
        }
        n->actions = (uint8_t)(o->actions - n->action_first);
        if (i == 0) continue;
        struct vda_edge *e = &o->edge[i - 1];
        snprintf(e->id, sizeof e->id, "e%d", i);
        e->seq = 2u * i - 1;
        e->released = n->released;
        text_copy(e->start, sizeof e->start, ids[i - 1]);
        text_copy(e->end, sizeof e->end, ids[i]);
        e->max_speed_mm_s = i == 1 ? 1200 : 0;
        e->length_mm = i == 2 ? 10001 : 0;
    }
}

static void sample_state(struct vda_state *s)
{
    memset(s, 0, sizeof *s);
    s->head = header("2.0.0");
    text_copy(s->order_id, sizeof s->order_id, "o1f-0-7");
    s->update_id = 3;
    text_copy(s->last_node, sizeof s->last_node, "n0");
    s->node_states = 2;
    s->node_state[0] = (struct vda_node_state){ "cab.L1", 2, true };
    s->node_state[1] = (struct vda_node_state){ "cab.L2", 4, false };
    s->edge_states = 2;
    s->edge_state[0] = (struct vda_node_state){ "e1", 1, true };
    s->edge_state[1] = (struct vda_node_state){ "e2", 3, false };
    s->driving = s->paused = s->new_base_request = s->charging = s->field_violation = true;
    s->action_states = 6;
    for (uint16_t i = 0; i < 6; i++) {
        snprintf(s->action_state[i].id, sizeof s->action_state[i].id, "a%u", i);
        s->action_state[i].status = (enum vda_status)i;
        if (i) text_copy(s->action_state[i].type_name, sizeof s->action_state[i].type_name, "pick");
    }
    text_copy(s->action_state[5].result, sizeof s->action_state[5].result, "no \"box\"\n在此");
    s->battery_permille = 555;
    s->mode = VDA_TEACHIN;
    s->errors = 2;
    text_copy(s->error[0].type, sizeof s->error[0].type, "motorError");
    s->error[0].level = VDA_FATAL;
    text_copy(s->error[0].description, sizeof s->error[0].description, "left wheel");
    text_copy(s->error[1].type, sizeof s->error[1].type, "orderUpdateError");
    s->error[1].refs = 2;
    s->error[1].ref[0] = (struct vda_ref){ "orderId", "o1f-0-6" };
    s->error[1].ref[1] = (struct vda_ref){ "orderUpdateId", "2" };
    s->estop = VDA_ESTOP_REMOTE;
    s->has_position = s->localized = true;
    s->x_mm = -12345;
    s->y_mm = 999999999;
    s->theta = -1;
    text_copy(s->map_id, sizeof s->map_id, "L1");
    s->has_loads = true;
    s->loads = 2;
    s->load[0] = (struct vda_load){ "box-7", "tray" };
}

static void an_order_survives_writing_and_reading(void **state)
{
    static struct vda_order in, out;
    sample_order(&in);
    int n = vda_order_encode(&in, buf, sizeof buf);
    assert_int_equal(n, (int)strlen(buf));
    DECODED(vda_order_decode(buf, (size_t)n, &out, &note));
    assert_memory_equal(&in, &out, sizeof in);
}

static void a_state_survives_writing_and_reading(void **state)
{
    static struct vda_state in, out;
    sample_state(&in);
    int n = vda_state_encode(&in, buf, sizeof buf);
    assert_true(n > 0);
    DECODED(vda_state_decode(buf, (size_t)n, &out, &note));
    assert_memory_equal(&in, &out, sizeof in);
}

static void the_small_messages_survive_writing_and_reading(void **state)
{
    for (int s = VDA_ONLINE; s <= VDA_CONNECTION_BROKEN; s++) {
        struct vda_connection in, out;
        memset(&in, 0, sizeof in);
        in.head = header("2.1.0");
        in.state = (enum vda_connection_state)s;
        int n = vda_connection_encode(&in, buf, sizeof buf);
        DECODED(vda_connection_decode(buf, (size_t)n, &out, &note));
        assert_memory_equal(&in, &out, sizeof in);
    }
    static struct vda_instant_actions in, out;
    in.head = header("2.1.0");
    in.actions = 2;
    in.action[0] = action("c1", VDA_CANCEL_ORDER, VDA_HARD);
    in.action[1] = action("c2", VDA_STATE_REQUEST, VDA_NONE);
    int n = vda_instant_encode(&in, buf, sizeof buf);
    DECODED(vda_instant_decode(buf, (size_t)n, &out, &note));
    assert_memory_equal(&in, &out, sizeof in);
    struct vda_factsheet f, g;
    memset(&f, 0, sizeof f);
    f.head = header("2.1.0");
    text_copy(f.series, sizeof f.series, "Courier");
    text_copy(f.kinematic, sizeof f.kinematic, "OMNI");
    text_copy(f.agv_class, sizeof f.agv_class, "TUGGER");
    f.max_load_g = 60500;
    f.speed_max_mm_s = 1200;
    f.accel_max_mm_s2 = 500;
    f.decel_max_mm_s2 = 800;
    f.length_mm = 900;
    f.width_mm = 600;
    f.height_mm = 1350;
    n = vda_factsheet_encode(&f, buf, sizeof buf);
    DECODED(vda_factsheet_decode(buf, (size_t)n, &g, &note));
    assert_memory_equal(&f, &g, sizeof f);
}

static void a_buffer_too_small_is_said_so_at_every_length(void **state)
{
    static struct vda_state s;
    sample_state(&s);
    int whole = vda_state_encode(&s, buf, sizeof buf);
    char *small = malloc((size_t)whole + 1);
    for (int n = 1; n <= whole; n++) assert_int_equal(vda_state_encode(&s, small, (size_t)n), ORD_EFULL);
    assert_int_equal(vda_state_encode(&s, small, (size_t)whole + 1), whole);
    free(small);
}

#define HEAD                                                                                                       \
    "\"headerId\":1,\"timestamp\":\"2026-07-01T08:00:00.123456789+00:00\",\"version\":\"2.0.0\",\"manufacturer\":" \
    "\"M\",\"serialNumber\":\"S\""
#define TAIL                                                                                                           \
    "\"driving\":false,\"batteryState\":{\"batteryCharge\":100.4,\"charging\":false},\"operatingMode\":\"AUTOMATIC\"," \
    "\"safetyState\":{\"eStop\":\"NONE\",\"fieldViolation\":false}"
#define PLACE "\"orderId\":\"\",\"orderUpdateId\":0,\"lastNodeId\":\"\",\"lastNodeSequenceId\":0"

static void a_sparse_state_with_strange_extras_is_read(void **state)
{
    static struct vda_state s;
    const char *text =
        "{" HEAD "," PLACE "," TAIL ",\"colour\":{\"deep\":[[1]]},\"paused\":null,"
        "\"agvPosition\":{\"x\":1,\"y\":-2,\"theta\":-3.1415926,\"mapId\":\"\",\"positionInitialized\":true}}";
    DECODED(vda_state_decode(text, strlen(text), &s, &note));
    assert_int_equal(s.battery_permille, 1000);
    assert_int_equal(s.theta, 3142); /* -pi and pi are one direction */
    assert_int_equal(s.x_mm, 1000);
    assert_false(s.has_loads);
    assert_int_equal(strlen(s.head.timestamp), 31);
}

static void angles_of_any_size_are_brought_into_the_circle(void **state)
{
    static const struct {
        const char *rad;
        int mrad;
    } angles[] = { { "0", 0 },      { "3.1415", 3142 }, { "3.2", -3083 }, { "-3.2", 3083 },
                   { "6.2832", 0 }, { "-9.5", 3066 },   { "100", -531 },  { "1.0005", 1001 } };
    for (size_t i = 0; i < sizeof angles / sizeof angles[0]; i++) {
        static struct vda_state s;
        char text[1024];
        snprintf(text, sizeof text,
                 "{" HEAD "," PLACE "," TAIL
                 ",\"agvPosition\":{\"x\":0,\"y\":0,\"theta\":%s,\"mapId\":\"a\",\"positionInitialized\":true}}",
                 angles[i].rad);
        DECODED(vda_state_decode(text, strlen(text), &s, &note));
        int want = angles[i].mrad <= -3142 ? angles[i].mrad + 6283 : angles[i].mrad;
        if (abs(s.theta - want) > 1 || s.theta > 3142 || s.theta <= -3142)
            fail_msg("%s: %d, not %d", angles[i].rad, s.theta, want);
    }
}

static void long_lists_are_kept_as_the_model_says(void **state)
{
    static struct vda_state s;
    char *text = malloc(VDA_MESSAGE_MAX), *p = text;
    p += sprintf(p, "{" HEAD "," PLACE "," TAIL ",\"nodeStates\":[");
    for (int i = 0; i < 100; i++)
        p += sprintf(p, "%s{\"nodeId\":\"n%d\",\"sequenceId\":%d,\"released\":true}", i ? "," : "", i, 2 * i);
    p += sprintf(p, "],\"actionStates\":[");
    for (int i = 0; i < 100; i++)
        p += sprintf(p, "%s{\"actionId\":\"a%d\",\"actionStatus\":\"FINISHED\"}", i ? "," : "", i);
    p += sprintf(p, "],\"errors\":[");
    for (int i = 0; i < 20; i++)
        p += sprintf(p, "%s{\"errorType\":\"t%d\",\"errorLevel\":\"%s\"}", i ? "," : "", i,
                     i == 15   ? "FATAL"
                     : i == 17 ? "CRITICAL"
                               : "WARNING");
    strcpy(p, "]}");
    DECODED(vda_state_decode(text, strlen(text), &s, &note));
    assert_int_equal(s.node_states, 100);
    assert_string_equal(s.node_state[VDA_NODES_MAX - 1].id, "n47");
    assert_int_equal(s.action_states, VDA_ACTION_STATES_MAX);
    assert_string_equal(s.action_state[0].id, "a36");
    assert_string_equal(s.action_state[63].id, "a99");
    assert_int_equal(s.errors, VDA_ERRORS_MAX);
    assert_string_equal(s.error[0].type, "t15");
    assert_string_equal(s.error[1].type, "t17");
    assert_int_equal(s.error[1].level, VDA_FATAL);
    assert_string_equal(s.error[2].type, "t0");
    free(text);
}

static void a_long_error_text_is_cut_and_does_not_silence_the_robot(void **state)
{
    static struct vda_state s;
    char text[4096], longer[600] = "";
    for (int i = 0; i < 99; i++) strcat(longer, "电池");
    snprintf(text, sizeof text,
             "{" HEAD "," PLACE "," TAIL
             ",\"errors\":[{\"errorType\":\"%.100s\",\"errorLevel\":\"WARNING\",\"errorDescription\":\"%.597s\","
             "\"errorReferences\":[{\"referenceKey\":\"headerId\",\"referenceValue\":7},{\"referenceKey\":\"orderId\","
             "\"referenceValue\":\"o1\"}]}]}",
             "a-very-long-error-type-of-a-robot-that-writes-whole-sentences-where-a-word-would-do-and-never-stops",
             longer);
    DECODED(vda_state_decode(text, strlen(text), &s, &note));
    assert_int_equal(strlen(s.error[0].type), VDA_ID_MAX - 1);
    assert_int_equal(strlen(s.error[0].description), 126); /* whole signs only */
    assert_int_equal(s.error[0].refs, 2);
    assert_string_equal(s.error[0].ref[0].value, "7");
    assert_string_equal(s.error[0].ref[1].value, "o1");
}

static void instant_actions_under_their_old_key_are_read(void **state)
{
    struct vda_instant_actions m;
    const char *text =
        "{" HEAD ",\"instantActions\":[{\"actionId\":\"x\",\"actionType\":\"startPause\",\"blockingType\":\"HARD\"}]}";
    DECODED(vda_instant_decode(text, strlen(text), &m, &note));
    assert_int_equal(m.actions, 1);
    assert_int_equal(m.action[0].type, VDA_START_PAUSE);
}

static void parameter_values_keep_their_kind(void **state)
{
    struct vda_instant_actions m;
    const char *text =
        "{" HEAD
        ",\"actions\":[{\"actionId\":\"x\",\"actionType\":\"polish\",\"blockingType\":\"NONE\",\"actionParameters\":["
        "{\"key\":\"a\",\"value\":0.1},{\"key\":\"b\",\"value\":-12},{\"key\":\"c\",\"value\":\"7\"},{\"key\":\"d\","
        "\"value\":true},"
        "{\"key\":\"e\",\"value\":0.30000000000000004},{\"key\":\"f\",\"value\":1e300}]}]}";
    static const char *const want[] = { "0.1", "-12", "7", "true", "0.30000000000000004", "1e+300" };
    DECODED(vda_instant_decode(text, strlen(text), &m, &note));
    assert_int_equal(m.action[0].type, VDA_OTHER);
    for (int i = 0; i < 6; i++) {
        assert_string_equal(m.action[0].param[i].value, want[i]);
        assert_int_equal(m.action[0].param[i].is_number, i != 2 && i != 3);
    }
    /* A number that is none is quoted rather than breaking the message. */
    text_copy(m.action[0].param[0].value, sizeof m.action[0].param[0].value, "1,5");
    int n = vda_instant_encode(&m, buf, sizeof buf);
    DECODED(vda_instant_decode(buf, (size_t)n, &m, &note));
    assert_string_equal(m.action[0].param[0].value, "1,5");
    assert_false(m.action[0].param[0].is_number);
}

static char *replaced(const char *text, const char *from, const char *to)
{
    static char out[8192];
    const char *at = strstr(text, from);
    if (!at) fail_msg("no %s in %s", from, text);
    snprintf(out, sizeof out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static void a_wrong_order_is_refused_and_the_field_named(void **state)
{
    static const struct {
        const char *from, *to, *where, *what;
    } faults[] = {
        { "\"headerId\":4294967295", "\"headerId\":4294967296", "order: headerId", "4294967295" },
        { "\"headerId\":4294967295", "\"headerId\":\"1\"", "order: headerId", "number" },
        { "\"headerId\":4294967295,", "", "order: headerId", "missing" },
        { "\"version\":\"2.1.0\"", "\"version\":\"4.0.0\"", "order: version", "3.0" },
        { "\"orderId\":\"o1f-0-7\"", "\"orderId\":\"\"", "order: orderId", "empty" },
        { "\"orderId\":\"o1f-0-7\"", "\"orderId\":\"0123456789012345678901234567890123456789012345678901234567890123\"",
          "order: orderId", "at most 63" },
        { "\"orderUpdateId\":3", "\"orderUpdateId\":-1", "order: orderUpdateId", "whole" },
        { "\"sequenceId\":2", "\"sequenceId\":2.5", "order: nodes[1].sequenceId", "whole" },
        { "\"released\":true", "\"released\":1", "order: nodes[0].released", "true or false" },
        { "\"x\":-1.5", "\"x\":\"-1.5\"", "order: nodes[1].nodePosition.x", "number" },
        { "\"x\":-1.5", "\"x\":1e9", "order: nodes[1].nodePosition.x", "1000000" },
        { "\"allowedDeviationXY\":0.25", "\"allowedDeviationXY\":{\"a\":1}",
          "order: nodes[0].nodePosition.allowedDeviationXY", "number" },
        { "\"blockingType\":\"HARD\"", "\"blockingType\":\"hard\"", "order: nodes[2].actions[0].blockingType",
          "NONE, SOFT or HARD" },
        { "\"value\":\"L2\"", "\"value\":[\"L2\"]", "order: nodes[2].actions[0].actionParameters[3].value", "lists" },
        { "\"maxSpeed\":1.2", "\"maxSpeed\":0", "order: edges[0].maxSpeed", "from 0.001" },
        { "\"endNodeId\":\"cab.L1\",", "", "order: edges[0].endNodeId", "missing" },
        { "\"length\":10.001", "\"length\":10.001,\"trajectory\":{\"degree\":1}", "order: edges[1].trajectory",
          "trajectories" },
        { "\"endNodeId\":\"cab.L2\",\"length\":10.001,\"actions\":[]", "\"endNodeId\":\"cab.L2\",\"actions\":[{}]",
          "order: edges[1].actions", "not supported" },
        { "\"edges\":[", "\"edges\":[{},", "order: edges", "one fewer" },
        { "\"nodes\":[", "\"nodes\":{},\"x\":[", "order: nodes", "list" },
    };
    static struct vda_order in, out;
    sample_order(&in);
    vda_order_encode(&in, buf, sizeof buf);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct err_note note = { "", "" };
        const char *text = replaced(buf, faults[i].from, faults[i].to);
        int err = vda_order_decode(text, strlen(text), &out, &note);
        if (err >= 0 || strcmp(note.where, faults[i].where) != 0 || !strstr(note.what, faults[i].what))
            fail_msg("%s: %d %s: %s", faults[i].to, err, note.where, note.what);
        assert_int_equal(vda_order_decode(text, strlen(text), &out, NULL), err);
    }
    const char *none = "{" HEAD ",\"orderId\":\"o\",\"orderUpdateId\":0,\"nodes\":[],\"edges\":[]}";
    assert_int_equal(vda_order_decode(none, strlen(none), &out, NULL), ORD_EPARSE);
}

static void more_than_the_model_holds_is_refused_as_a_whole(void **state)
{
    static struct vda_order o;
    char *text = malloc(VDA_MESSAGE_MAX * 2), *p = text;
    for (int kind = 0; kind < 2; kind++) { /* 49 nodes; then 25 actions over two nodes */
        int nodes = kind == 0 ? VDA_NODES_MAX + 1 : 2;
        p = text + sprintf(text, "{" HEAD ",\"orderId\":\"o\",\"orderUpdateId\":0,\"nodes\":[");
        for (int i = 0, a = 0; i < nodes; i++) {
            p += sprintf(p, "%s{\"nodeId\":\"n%d\",\"sequenceId\":%d,\"released\":true,\"actions\":[", i ? "," : "", i,
                         2 * i);
            for (int k = 0; kind == 1 && k < 12 + i; k++, a++)
                p += sprintf(p, "%s{\"actionId\":\"a%d\",\"actionType\":\"pick\",\"blockingType\":\"HARD\"}",
                             k ? "," : "", a);
            p += sprintf(p, "]}");
        }
        p += sprintf(p, "],\"edges\":[");
        for (int i = 1; i < nodes; i++)
            p += sprintf(p,
                         "%s{\"edgeId\":\"e\",\"sequenceId\":%d,\"released\":true,\"startNodeId\":\"a\",\"endNodeId\":"
                         "\"b\",\"actions\":[]}",
                         i > 1 ? "," : "", 2 * i - 1);
        strcpy(p, "]}");
        struct err_note note;
        assert_int_equal(vda_order_decode(text, strlen(text), &o, &note), ORD_ERANGE);
        assert_string_equal(note.where, kind == 0 ? "order: nodes" : "order: nodes[1].actions");
    }
    memset(text, ' ', VDA_MESSAGE_MAX + 1);
    assert_int_equal(vda_order_decode(text, VDA_MESSAGE_MAX + 1, &o, NULL), ORD_EFULL);
    free(text);
}

/* ---- the official 2.1.0 schema, as far as it says "required", "type", "enum", "items" --------------------------- */

static char schema_path[256];
static const cJSON *schema_root;

static bool type_fits(const char *type, const cJSON *v)
{
    if (!strcmp(type, "object")) return cJSON_IsObject(v);
    if (!strcmp(type, "array")) return cJSON_IsArray(v);
    if (!strcmp(type, "string")) return cJSON_IsString(v);
    if (!strcmp(type, "boolean")) return cJSON_IsBool(v);
    if (!strcmp(type, "number")) return cJSON_IsNumber(v);
    if (!strcmp(type, "integer")) return cJSON_IsNumber(v) && v->valuedouble == (double)(long long)v->valuedouble;
    fail_msg("schema type %s", type);
    return false;
}

/* Empty when `v` fits, else the first thing that does not. */
static const char *misfit(const cJSON *schema, const cJSON *v, const char *where)
{
    static char text[512];
    const cJSON *ref = cJSON_GetObjectItemCaseSensitive(schema, "$ref"), *e;
    if (ref) {
        const char *name = strrchr(ref->valuestring, '/') + 1;
        schema = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(schema_root, "definitions"), name);
        assert_non_null(schema);
    }
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(schema, "type"),
                *words = cJSON_GetObjectItemCaseSensitive(schema, "enum");
    bool fits = !type || (cJSON_IsString(type) && type_fits(type->valuestring, v));
    const cJSON *any_of = cJSON_IsArray(type) ? type : NULL;
    cJSON_ArrayForEach(e, any_of) fits = fits || type_fits(e->valuestring, v);
    const cJSON *lo = cJSON_GetObjectItemCaseSensitive(schema, "minimum"),
                *hi = cJSON_GetObjectItemCaseSensitive(schema, "maximum");
    if (lo && cJSON_IsNumber(v) && v->valuedouble < lo->valuedouble) fits = false;
    if (hi && cJSON_IsNumber(v) && v->valuedouble > hi->valuedouble) fits = false;
    if (words && cJSON_IsString(v)) {
        bool listed = false;
        cJSON_ArrayForEach(e, words) listed = listed || strcmp(e->valuestring, v->valuestring) == 0;
        fits = fits && listed;
    }
    if (!fits) {
        snprintf(text, sizeof text, "%s does not fit", where);
        return text;
    }
    const cJSON *required = cJSON_GetObjectItemCaseSensitive(schema, "required");
    cJSON_ArrayForEach(e, required) if (!cJSON_GetObjectItemCaseSensitive(v, e->valuestring))
    {
        snprintf(text, sizeof text, "%s.%s is missing", where, e->valuestring);
        return text;
    }
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties"),
                *items = cJSON_GetObjectItemCaseSensitive(schema, "items"), *c;
    char below[400];
    cJSON_ArrayForEach(c, v)
    {
        const cJSON *s = cJSON_IsObject(v) ? cJSON_GetObjectItemCaseSensitive(properties, c->string) : items;
        snprintf(below, sizeof below, "%.300s.%.60s", where, c->string ? c->string : "[]");
        if (cJSON_IsObject(v) && properties && !s) {
            snprintf(text, sizeof text, "%s is not in the schema", below);
            return text;
        }
        if (!s) continue;
        const char *m = misfit(s, c, below);
        if (m[0]) return m;
    }
    return "";
}

/* NULL (and the caller skips) when the reference data is not beside the source. */
static cJSON *schema(const char *version, const char *name)
{
    static char text[131072];
    snprintf(schema_path, sizeof schema_path, "%s/../shared/data/vda5050/%s/%s.schema", ORDERLY_SOURCE_DIR, version,
             name);
    FILE *f = fopen(schema_path, "rb");
    if (!f) return NULL;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    cJSON *s = cJSON_Parse(text);
    assert_non_null(s);
    return s;
}

static void expect_schema(const char *version, const char *name, const char *message)
{
    cJSON *s = schema(version, name);
    if (!s) {
        print_message("skipped: %s is not there\n", schema_path);
        skip();
    }
    cJSON *m = cJSON_Parse(message);
    assert_non_null(m);
    schema_root = s;
    const char *fault = misfit(s, m, name);
    if (fault[0]) fail_msg("%s in %s", fault, message);
    cJSON_Delete(m);
    cJSON_Delete(s);
}

static void write_all(const char *v)
{
    static struct vda_order o;
    static struct vda_state s;
    static struct vda_instant_actions ia;
    struct vda_connection c = { .head = header(v), .state = VDA_CONNECTION_BROKEN };
    struct vda_factsheet f = { .head = header(v) };
    sample_order(&o);
    o.head = header(v);
    o.node[1].theta = -3142;
    vda_order_encode(&o, buf, sizeof buf);
    expect_schema(v, "order", buf);
    sample_state(&s);
    s.head = header(v);
    s.action_state[3].status = VDA_FAILED; /* the 2.1.0 schema forgot PAUSED; the text has it */
    s.action_state[4].instant = true;
    vda_state_encode(&s, buf, sizeof buf);
    expect_schema(v, "state", buf);
    vda_visualization_encode(&s, 7, buf, sizeof buf);
    expect_schema(v, "visualization", buf);
    memset(&s, 0, sizeof s);
    s.head = header(v);
    vda_state_encode(&s, buf, sizeof buf);
    expect_schema(v, "state", buf);
    vda_connection_encode(&c, buf, sizeof buf);
    expect_schema(v, "connection", buf);
    vda_factsheet_encode(&f, buf, sizeof buf);
    expect_schema(v, "factsheet", buf);
    ia.head = header(v);
    ia.actions = 1;
    ia.action[0] = o.action[0];
    vda_instant_encode(&ia, buf, sizeof buf);
    expect_schema(v, "instantActions", buf);
}

static void what_we_write_fits_the_official_schema(void **state) { write_all("2.1.0"); }
static void what_we_write_in_3_0_fits_the_official_schema(void **state) { write_all("3.0.0"); }

/* What a version has no word for is said as the nearest it has, and still fits. */
static void every_word_of_the_model_can_be_said_in_every_version(void **state)
{
    static struct vda_state s;
    static struct vda_order o;
    static const char *const versions[] = { "2.1.0", "3.0.0" };
    for (size_t v = 0; v < 2; v++) {
        for (int i = 0; i < VDA_STATUS_COUNT; i++) {
            memset(&s, 0, sizeof s);
            s.head = header(versions[v]);
            s.action_states = s.errors = 1;
            s.action_state[0].status = (enum vda_status)i;
            s.mode = (enum vda_mode)(i % VDA_MODE_COUNT);
            s.estop = (enum vda_estop)(i % VDA_ESTOP_COUNT);
            s.error[0].level = (enum vda_error_level)(i % VDA_LEVEL_COUNT);
            vda_state_encode(&s, buf, sizeof buf);
            if (v == 0 && i == VDA_PAUSED) continue;
            expect_schema(versions[v], "state", buf);
        }
        for (int i = 0; i < VDA_CONNECTION_COUNT; i++) {
            struct vda_connection c = { .head = header(versions[v]), .state = (enum vda_connection_state)i };
            vda_connection_encode(&c, buf, sizeof buf);
            expect_schema(versions[v], "connection", buf);
        }
        sample_order(&o);
        o.head = header(versions[v]);
        o.action[0].blocking = VDA_SINGLE;
        vda_order_encode(&o, buf, sizeof buf);
        expect_schema(versions[v], "order", buf);
    }
}

/* The same order, state and factsheet come out of 3.0 as went in: one model, two vocabularies. */
static void the_messages_of_3_0_survive_writing_and_reading(void **state)
{
    static struct vda_order o, o2;
    static struct vda_state s, s2;
    sample_order(&o);
    o.head = header("3.0.0");
    text_copy(o.action[0].type_name, sizeof o.action[0].type_name, "initializePosition");
    int n = vda_order_encode(&o, buf, sizeof buf);
    assert_non_null(strstr(buf, "\"allowedDeviationXY\":{\"a\":0.25,\"b\":0.25,\"theta\":0}"));
    assert_non_null(strstr(buf, "\"actionType\":\"initializePosition\""));
    assert_non_null(strstr(buf, "\"maximumSpeed\":1.2"));
    assert_null(strstr(buf, "startNodeId"));
    DECODED(vda_order_decode(buf, (size_t)n, &o2, &note));
    assert_memory_equal(&o, &o2, sizeof o);
    sample_state(&s);
    s.head = header("3.0.0");
    s.action_state[4].instant = s.action_state[5].instant = true;
    s.action_state[3].status = VDA_RETRIABLE;
    s.error[1].level = VDA_CRITICAL;
    s.mode = VDA_INTERVENED;
    n = vda_state_encode(&s, buf, sizeof buf);
    assert_non_null(strstr(buf, "\"powerSupply\":{\"stateOfCharge\":55.5"));
    assert_non_null(strstr(buf, "\"activeEmergencyStop\":\"REMOTE\""));
    DECODED(vda_state_decode(buf, (size_t)n, &s2, &note));
    assert_memory_equal(&s, &s2, sizeof s);
    for (int i = 0; i < VDA_CONNECTION_COUNT; i++) {
        struct vda_connection c, d;
        memset(&c, 0, sizeof c);
        c.head = header("3.0.0");
        c.state = (enum vda_connection_state)i;
        n = vda_connection_encode(&c, buf, sizeof buf);
        DECODED(vda_connection_decode(buf, (size_t)n, &d, &note));
        assert_memory_equal(&c, &d, sizeof c);
    }
}

/* Each version reads its own words only: taking one for the other would be guessing. */
static void words_of_another_version_are_refused(void **state)
{
    struct vda_connection c;
    struct err_note note;
    struct vda_connection broken = { .head = header("2.1.0"), .state = VDA_CONNECTION_BROKEN };
    int n = vda_connection_encode(&broken, buf, sizeof buf);
    const char *text = replaced(buf, "2.1.0", "3.0.0");
    assert_int_equal(vda_connection_decode(text, strlen(text), &c, &note), ORD_EPARSE);
    assert_non_null(strstr(note.what, "CONNECTION_BROKEN"));
    text = replaced(buf, "2.1.0", "4.0.0");
    assert_int_equal(vda_connection_decode(text, strlen(text), &c, &note), ORD_EVERSION);
    assert_true(n > 0);
}

static void the_schema_judge_sees_a_planted_fault(void **state)
{
    static const struct {
        const char *from, *to;
    } faults[] = { { "\"nodeId\"", "\"nodeid\"" },
                   { "\"sequenceId\":2", "\"sequenceId\":2.5" },
                   { "\"released\":true", "\"released\":1" },
                   { "\"HARD\"", "\"HARDER\"" },
                   { "\"theta\":3.14159265", "\"theta\":3.142" } };
    static struct vda_order o;
    sample_order(&o);
    vda_order_encode(&o, buf, sizeof buf);
    cJSON *s = schema("2.1.0", "order");
    if (!s) skip();
    schema_root = s;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        cJSON *m = cJSON_Parse(replaced(buf, faults[i].from, faults[i].to));
        assert_non_null(m);
        if (misfit(s, m, "order")[0] == '\0') fail_msg("%s went unseen", faults[i].to);
        cJSON_Delete(m);
    }
    cJSON_Delete(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_survives_writing_and_reading),
        cmocka_unit_test(a_state_survives_writing_and_reading),
        cmocka_unit_test(the_small_messages_survive_writing_and_reading),
        cmocka_unit_test(a_buffer_too_small_is_said_so_at_every_length),
        cmocka_unit_test(a_sparse_state_with_strange_extras_is_read),
        cmocka_unit_test(angles_of_any_size_are_brought_into_the_circle),
        cmocka_unit_test(long_lists_are_kept_as_the_model_says),
        cmocka_unit_test(a_long_error_text_is_cut_and_does_not_silence_the_robot),
        cmocka_unit_test(instant_actions_under_their_old_key_are_read),
        cmocka_unit_test(parameter_values_keep_their_kind),
        cmocka_unit_test(a_wrong_order_is_refused_and_the_field_named),
        cmocka_unit_test(more_than_the_model_holds_is_refused_as_a_whole),
        cmocka_unit_test(what_we_write_fits_the_official_schema),
        cmocka_unit_test(what_we_write_in_3_0_fits_the_official_schema),
        cmocka_unit_test(every_word_of_the_model_can_be_said_in_every_version),
        cmocka_unit_test(the_messages_of_3_0_survive_writing_and_reading),
        cmocka_unit_test(words_of_another_version_are_refused),
        cmocka_unit_test(the_schema_judge_sees_a_planted_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
