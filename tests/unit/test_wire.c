#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/building_msg.h"
#include "sim/wire.h"

static const struct wire_config clean = {
    .seed = 1, .delay_min_ms = 20, .delay_max_ms = 20, .robots = 3, .elevators = 2, .doors = 1
};

static struct vda_header head_of(uint32_t n)
{
    return (struct vda_header){ .header_id = n,
                                .timestamp = "2026-01-01T00:00:00.000Z",
                                .version = "2.1.0",
                                .manufacturer = "orderly",
                                .serial = "R01" };
}

/* A big order: every list used, every node with its own name. */
static struct vda_order *order_of(uint8_t nodes)
{
    static struct vda_order o;
    memset(&o, 0, sizeof o);
    o.head = head_of(0);
    snprintf(o.order_id, sizeof o.order_id, "o1");
    o.update_id = 3;
    o.nodes = nodes;
    for (uint8_t i = 0; i < nodes; i++) {
        struct vda_node *n = &o.node[i];
        snprintf(n->id, sizeof n->id, "node-%u", i);
        snprintf(n->map_id, sizeof n->map_id, "L1");
        n->seq = 2u * i;
        n->released = i < 5;
        n->has_position = true;
        n->x_mm = 1000 * i;
        if (i + 1 < nodes) {
            snprintf(o.edge[i].id, sizeof o.edge[i].id, "edge-%u", i);
            snprintf(o.edge[i].start, sizeof o.edge[i].start, "node-%u", i);
            snprintf(o.edge[i].end, sizeof o.edge[i].end, "node-%u", i + 1);
            o.edge[i].seq = 2u * i + 1;
            o.edge[i].released = i < 4;
        }
    }
    o.actions = 1;
    o.node[nodes - 1].action_first = 0;
    for (uint8_t i = 0; i < nodes - 1; i++) o.node[i].action_first = 0;
    o.node[nodes - 1].actions = 1;
    snprintf(o.action[0].id, sizeof o.action[0].id, "a1");
    o.action[0].type = VDA_PICK;
    snprintf(o.action[0].type_name, sizeof o.action[0].type_name, "pick");
    o.action[0].blocking = VDA_HARD;
    return &o;
}

static struct vda_state *state_of(void)
{
    static struct vda_state s;
    memset(&s, 0, sizeof s);
    s.head = head_of(0);
    snprintf(s.order_id, sizeof s.order_id, "o1");
    snprintf(s.last_node, sizeof s.last_node, "node-4");
    s.last_seq = 8;
    s.node_states = 2;
    s.edge_states = 1;
    snprintf(s.node_state[0].id, sizeof s.node_state[0].id, "node-5");
    s.node_state[0].seq = 10;
    snprintf(s.node_state[1].id, sizeof s.node_state[1].id, "node-6");
    s.node_state[1].seq = 12;
    snprintf(s.edge_state[0].id, sizeof s.edge_state[0].id, "edge-5");
    s.edge_state[0].seq = 11;
    s.driving = true;
    s.action_states = 1;
    snprintf(s.action_state[0].id, sizeof s.action_state[0].id, "a1");
    snprintf(s.action_state[0].type_name, sizeof s.action_state[0].type_name, "pick");
    s.action_state[0].status = VDA_FINISHED;
    s.battery_permille = 870;
    s.errors = 1;
    snprintf(s.error[0].type, sizeof s.error[0].type, "lowBattery");
    s.has_position = s.localized = true;
    s.x_mm = 12345;
    s.y_mm = -67;
    s.theta = 1571;
    snprintf(s.map_id, sizeof s.map_id, "L1");
    s.has_loads = true;
    s.loads = 1;
    snprintf(s.load[0].id, sizeof s.load[0].id, "job-7");
    return &s;
}

static void check_order(const struct vda_order *got, const struct vda_order *sent, uint32_t header)
{
    assert_int_equal(got->head.header_id, header);
    assert_string_equal(got->head.serial, "R01");
    assert_string_equal(got->order_id, sent->order_id);
    assert_int_equal(got->nodes, sent->nodes);
    for (uint8_t i = 0; i < sent->nodes; i++) {
        assert_string_equal(got->node[i].id, sent->node[i].id);
        assert_int_equal(got->node[i].released, sent->node[i].released);
        assert_int_equal(got->node[i].x_mm, sent->node[i].x_mm);
        assert_int_equal(got->node[i].actions, sent->node[i].actions);
        if (i + 1 < sent->nodes) assert_string_equal(got->edge[i].id, sent->edge[i].id);
    }
    assert_int_equal(got->actions, 1);
    assert_string_equal(got->action[0].id, "a1");
    assert_int_equal(got->action[0].type, VDA_PICK);
}

static void check_state(const struct vda_state *got, const struct vda_state *sent)
{
    assert_string_equal(got->last_node, sent->last_node);
    assert_int_equal(got->node_states, 2);
    assert_string_equal(got->node_state[1].id, "node-6");
    assert_int_equal(got->edge_states, 1);
    assert_string_equal(got->edge_state[0].id, "edge-5");
    assert_true(got->driving);
    assert_int_equal(got->action_states, 1);
    assert_string_equal(got->action_state[0].id, "a1");
    assert_int_equal(got->action_state[0].status, VDA_FINISHED);
    assert_int_equal(got->battery_permille, 870);
    assert_int_equal(got->errors, 1);
    assert_string_equal(got->error[0].type, "lowBattery");
    assert_int_equal(got->x_mm, 12345);
    assert_int_equal(got->y_mm, -67);
    assert_int_equal(got->theta, 1571);
    assert_int_equal(got->loads, 1);
    assert_string_equal(got->load[0].id, "job-7");
}

static void carry(bool codec)
{
    struct wire *w;
    struct wire_item it;
    struct err_note note = { "", "" };
    struct wire_config cfg = clean;
    struct vda_header head = head_of(77);
    cfg.codec = codec;
    assert_int_equal(wire_open(&w, &cfg), ORD_OK);
    const struct vda_order *o = order_of(VDA_NODES_MAX);
    const struct vda_state *s = state_of();
    struct vda_connection c = { .state = VDA_CONNECTION_BROKEN };
    struct elevator_request_msg er = { .elevator = "E1", .generation = 9, .level = "L2" };
    struct elevator_state_msg es = {
        .elevator = "E1", .level = "L2", .destination = "L3", .motion = CAR_UP, .door = DOOR_CLOSED, .generation = 9
    };
    struct door_request_msg dr = { .door = "D1", .open = true, .generation = 4 };
    struct door_state_msg ds = { .door = "D1", .state = DOOR_MOVING, .generation = 4 };
    assert_int_equal(wire_send(w, WIRE_ORDER, 2, &head, o, 100, &note), ORD_OK);
    assert_int_equal(wire_send(w, WIRE_STATE, 1, &head, s, 100, &note), ORD_OK);
    assert_int_equal(wire_send(w, WIRE_CONNECTION, 0, &head, &c, 100, &note), ORD_OK);
    assert_int_equal(wire_send(w, WIRE_CAR_REQUEST, 1, NULL, &er, 100, &note), ORD_OK);
    assert_int_equal(wire_send(w, WIRE_CAR_STATE, 1, NULL, &es, 100, &note), ORD_OK);
    assert_int_equal(wire_send(w, WIRE_DOOR_REQUEST, 0, NULL, &dr, 100, &note), ORD_OK);
    assert_int_equal(wire_send(w, WIRE_DOOR_STATE, 0, NULL, &ds, 100, &note), ORD_OK);
    assert_int_equal(wire_deadline(w), 120);
    assert_int_equal(wire_next(w, 119, &it, &note), 0);

    assert_int_equal(wire_next(w, 120, &it, &note), 1);
    assert_int_equal(it.kind, WIRE_ORDER);
    assert_int_equal(it.who, 2);
    check_order(it.message, o, 77);
    assert_int_equal(wire_next(w, 120, &it, &note), 1);
    assert_int_equal(it.kind, WIRE_STATE);
    check_state(it.message, s);
    assert_int_equal(wire_next(w, 120, &it, &note), 1);
    assert_int_equal(((const struct vda_connection *)it.message)->state, VDA_CONNECTION_BROKEN);
    assert_int_equal(wire_next(w, 120, &it, &note), 1);
    assert_string_equal(((const struct elevator_request_msg *)it.message)->level, "L2");
    assert_int_equal(wire_next(w, 120, &it, &note), 1);
    assert_int_equal(((const struct elevator_state_msg *)it.message)->motion, CAR_UP);
    assert_string_equal(((const struct elevator_state_msg *)it.message)->destination, "L3");
    assert_int_equal(wire_next(w, 120, &it, &note), 1);
    assert_true(((const struct door_request_msg *)it.message)->open);
    assert_int_equal(wire_next(w, 120, &it, &note), 1);
    assert_int_equal(((const struct door_state_msg *)it.message)->state, DOOR_MOVING);
    assert_int_equal(wire_next(w, 120, &it, &note), 0);
    assert_int_equal(wire_deadline(w), MS_NEVER);
    wire_close(w);
}

static void every_kind_of_message_arrives_whole_by_value(void **state) { carry(false); }
static void every_kind_of_message_arrives_whole_through_its_json(void **state) { carry(true); }

static void the_senders_message_is_copied_when_sent(void **state)
{
    struct wire *w;
    struct wire_item it;
    struct vda_header head = head_of(1);
    assert_int_equal(wire_open(&w, &clean), ORD_OK);
    struct vda_order *o = order_of(2);
    wire_send(w, WIRE_ORDER, 0, &head, o, 0, NULL);
    snprintf(o->order_id, sizeof o->order_id, "changed");
    assert_int_equal(wire_next(w, 20, &it, NULL), 1);
    assert_string_equal(((const struct vda_order *)it.message)->order_id, "o1");
    wire_close(w);
}

static void a_constant_delay_keeps_the_order_of_sending(void **state)
{
    struct wire *w;
    struct wire_item it;
    assert_int_equal(wire_open(&w, &clean), ORD_OK);
    for (uint32_t i = 0; i < 1000; i++) {
        struct door_request_msg m = { .door = "D1", .generation = i };
        assert_int_equal(wire_send(w, WIRE_DOOR_REQUEST, 0, NULL, &m, i / 10, NULL), ORD_OK);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(wire_next(w, 1000, &it, NULL), 1);
        assert_int_equal(((const struct door_request_msg *)it.message)->generation, i);
    }
    wire_close(w);
}

struct outcome {
    int lost, twice, overtaken;
    ms_t delay_least, delay_most;
};

static struct outcome send_many(struct wire_config cfg, uint32_t n)
{
    struct wire *w;
    struct wire_item it;
    struct outcome out = { .delay_least = MS_NEVER };
    static uint8_t seen[20000];
    memset(seen, 0, sizeof seen);
    uint32_t last = 0;
    assert_true(n <= sizeof seen);
    assert_int_equal(wire_open(&w, &cfg), ORD_OK);
    for (uint32_t i = 0; i < n; i++) {
        struct door_request_msg m = { .door = "D1", .generation = i };
        assert_int_equal(wire_send(w, WIRE_DOOR_REQUEST, 0, NULL, &m, (ms_t)i * 100, NULL), ORD_OK);
    }
    while (wire_deadline(w) != MS_NEVER) {
        ms_t now = wire_deadline(w);
        assert_int_equal(wire_next(w, now, &it, NULL), 1);
        uint32_t g = ((const struct door_request_msg *)it.message)->generation;
        seen[g]++;
        out.overtaken += g < last;
        last = g;
        ms_t delay = now - (ms_t)g * 100;
        out.delay_least = ms_min(out.delay_least, delay);
        out.delay_most = ms_max(out.delay_most, delay);
    }
    for (uint32_t i = 0; i < n; i++) {
        out.lost += seen[i] == 0;
        out.twice += seen[i] == 2;
        assert_true(seen[i] <= 2);
    }
    wire_close(w);
    return out;
}

static void loss_repetition_and_delay_happen_as_often_as_asked(void **state)
{
    struct wire_config cfg = clean;
    cfg.loss_ppm = cfg.duplicate_ppm = 50000;
    cfg.delay_min_ms = 0;
    cfg.delay_max_ms = 2000;
    struct outcome o = send_many(cfg, 20000);
    assert_in_range(o.lost, 800, 1100); /* 5 % of 20000, a few repaired by their copy */
    assert_in_range(o.twice, 800, 1100);
    assert_true(o.overtaken > 1000);
    assert_true(o.delay_least < 20 && o.delay_most > 1980 && o.delay_most <= 2000);
    o = send_many(clean, 20000);
    assert_int_equal(o.lost + o.twice + o.overtaken, 0);
    assert_int_equal(o.delay_most, 20);
}

static void one_more_message_on_a_link_moves_nothing_on_another(void **state)
{
    struct wire_config cfg = clean;
    cfg.loss_ppm = 300000;
    cfg.delay_max_ms = 5000;
    ms_t due[2][100];
    for (int run = 0; run < 2; run++) {
        struct wire *w;
        struct wire_item it;
        int n = 0;
        assert_int_equal(wire_open(&w, &cfg), ORD_OK);
        for (uint32_t i = 0; i < 60; i++) {
            struct elevator_request_msg m = { .elevator = "E1", .generation = i };
            wire_send(w, WIRE_CAR_REQUEST, 0, NULL, &m, 0, NULL);
            if (run == 1) wire_send(w, WIRE_CAR_REQUEST, 1, NULL, &m, 0, NULL);
        }
        memset(due[run], 0, sizeof due[run]);
        while (wire_deadline(w) != MS_NEVER) {
            ms_t now = wire_deadline(w);
            wire_next(w, now, &it, NULL);
            if (it.who == 0) due[run][n++] = now;
        }
        wire_close(w);
    }
    assert_memory_equal(due[0], due[1], sizeof due[0]);
}

static void what_our_codec_cannot_carry_is_an_error_not_a_loss(void **state)
{
    struct wire *w;
    struct wire_item it;
    struct err_note note = { "", "" };
    struct wire_config cfg = clean;
    cfg.codec = true;
    assert_int_equal(wire_open(&w, &cfg), ORD_OK);
    struct elevator_request_msg m = { .elevator = "E1 with \"quotes\" \n and spaces", .generation = 1, .level = "L1" };
    int err = wire_send(w, WIRE_CAR_REQUEST, 0, NULL, &m, 0, &note);
    if (!err) err = wire_next(w, 20, &it, &note);
    assert_true(err < 0 || strcmp(((const struct elevator_request_msg *)it.message)->elevator, m.elevator) == 0);
    wire_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_message_arrives_whole_by_value),
        cmocka_unit_test(every_kind_of_message_arrives_whole_through_its_json),
        cmocka_unit_test(the_senders_message_is_copied_when_sent),
        cmocka_unit_test(a_constant_delay_keeps_the_order_of_sending),
        cmocka_unit_test(loss_repetition_and_delay_happen_as_often_as_asked),
        cmocka_unit_test(one_more_message_on_a_link_moves_nothing_on_another),
        cmocka_unit_test(what_our_codec_cannot_carry_is_an_error_not_a_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
