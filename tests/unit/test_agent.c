/* The VDA 5050 vehicle: what it accepts, how it stitches, when it acts, how it stops. One story per rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/agent.h"
#include "common/err.h"
#include "common/text.h"

/* ---- a vehicle at node A (0, 0) on map m1, 1 m/s, 0.5 m/s2; nodes are 10 m apart on a line ---- */

struct bench {
    struct agent *agent;
    struct drive drive;
    ms_t now;
    struct vda_state last; /* the newest state sent */
    int states, online, factsheets;
    struct vda_order order;
    struct vda_instant_actions instant;
};
static uint8_t block[400000];
static struct bench bench_memory;

static void drain(struct bench *b)
{
    struct agent_out out;
    while (agent_output(b->agent, &out)) {
        if (out.kind == AGENT_OUT_STATE) {
            b->last = *out.state;
            b->states++;
        } else if (out.kind == AGENT_OUT_CONNECTION) {
            assert_int_equal(out.connection.state, VDA_ONLINE);
            assert_int_equal(b->factsheets, b->online); /* ONLINE comes first */
            b->online++;
        } else {
            b->factsheets++;
        }
    }
    agent_check(b->agent);
}

static void give(struct bench *b, struct agent_in in)
{
    in.at_ms = b->now;
    agent_input(b->agent, &in);
    drain(b);
}

static void run_until(struct bench *b, ms_t until)
{
    for (;;) {
        ms_t due = agent_deadline(b->agent);
        assert_true(due > b->now);
        b->now = due < until ? due : until;
        give(b, (struct agent_in){ .kind = AGENT_TICK });
        if (b->now == until) return;
    }
}

static struct bench *bench_with(int32_t battery_wh, int32_t battery_permille, struct agent_service service)
{
    struct bench *b = &bench_memory;
    struct arena mem;
    struct drive_sim *d;
    struct drive_sim_config cfg = { .speed_mm_s = 1000, .accel_mm_s2 = 500, .turn_mrad_s = 1000 };
    struct agent_config ac = { .manufacturer = "Maker",
                               .serial = "7",
                               .version = "2.1.0",
                               .start_node = "A",
                               .start_map = "m1",
                               .heartbeat_ms = 30000,
                               .battery_permille = battery_permille,
                               .drain_permille_h = 100,
                               .charge_permille_h = 400,
                               .battery_wh = battery_wh,
                               .move_w = 360,
                               .idle_w = 36,
                               .charge_w = 720,
                               .wash_ms = 240000,
                               .service = service };
    memset(b, 0, sizeof *b);
    arena_init(&mem, block, sizeof block);
    assert_int_equal(drive_sim_open(&d, &mem, &cfg), ORD_OK);
    b->drive = ac.drive = drive_sim_ops(d);
    assert_true(agent_memory(&ac) + drive_sim_memory() <= sizeof block);
    assert_int_equal(agent_open(&b->agent, &mem, &ac), ORD_OK);
    drain(b);
    assert_int_equal(b->states, 0);
    give(b, (struct agent_in){ .kind = AGENT_LINK_UP });
    return b;
}

static struct bench *bench_open(void) { return bench_with(0, 500, (struct agent_service){ NULL, NULL }); }

/* Node names are single letters, A at 0 m, B at 10 m, ...; "base" up to and with `last_released`. */
static struct vda_order *order(struct bench *b, const char *id, uint32_t update, uint32_t seq, const char *path,
                               char last_released)
{
    struct vda_order *o = &b->order;
    memset(o, 0, sizeof *o);
    text_copy(o->order_id, sizeof o->order_id, id);
    o->update_id = update;
    o->head.header_id = 100 + update;
    bool released = true;
    for (uint8_t i = 0; path[i]; i++) {
        struct vda_node *n = &o->node[i];
        n->id[0] = path[i];
        n->seq = seq + 2u * i;
        n->released = released;
        n->has_position = true;
        n->x_mm = (path[i] - 'A') * 10000;
        text_copy(n->map_id, sizeof n->map_id, "m1");
        if (i > 0) {
            struct vda_edge *e = &o->edge[i - 1];
            e->id[0] = path[i - 1];
            e->id[1] = path[i];
            e->seq = n->seq - 1;
            e->released = released;
            e->start[0] = path[i - 1];
            e->end[0] = path[i];
        }
        o->nodes++;
        if (path[i] == last_released) released = false;
    }
    return o;
}

static struct vda_action *act(struct vda_order *o, uint8_t node, enum vda_action_type type, const char *id)
{
    struct vda_action *t = &o->action[o->actions];
    memset(t, 0, sizeof *t);
    text_copy(t->id, sizeof t->id, id);
    t->type = type;
    t->blocking = VDA_HARD;
    if (o->node[node].actions == 0) o->node[node].action_first = o->actions;
    o->node[node].actions++;
    o->actions++;
    return t;
}
static void param(struct vda_action *t, const char *key, const char *value)
{
    struct vda_param *p = &t->param[t->params++];
    text_copy(p->key, sizeof p->key, key);
    text_copy(p->value, sizeof p->value, value);
}
static void send(struct bench *b) { give(b, (struct agent_in){ .kind = AGENT_ORDER, .order = &b->order }); }
static void go(struct bench *b, const char *id, uint32_t update, uint32_t seq, const char *path, char last_released)
{
    order(b, id, update, seq, path, last_released);
    send(b);
}

static struct vda_action *instant(struct bench *b, enum vda_action_type type, const char *id)
{
    memset(&b->instant, 0, sizeof b->instant);
    b->instant.actions = 1;
    struct vda_action *t = &b->instant.action[0];
    text_copy(t->id, sizeof t->id, id);
    t->type = type;
    return t;
}
static void now_do(struct bench *b, enum vda_action_type type, const char *id)
{
    instant(b, type, id);
    give(b, (struct agent_in){ .kind = AGENT_INSTANT, .instant = &b->instant });
}

static int status(const struct bench *b, const char *id)
{
    for (uint16_t i = 0; i < b->last.action_states; i++)
        if (strcmp(b->last.action_state[i].id, id) == 0) return (int)b->last.action_state[i].status;
    return -1;
}
static const char *error_ref(const struct bench *b, uint8_t i, const char *key)
{
    const struct vda_error *e = &b->last.error[i];
    for (uint8_t k = 0; k < e->refs; k++)
        if (strcmp(e->ref[k].key, key) == 0) return e->ref[k].value;
    return "";
}
static mm_t x_of(struct bench *b)
{
    struct agent_truth t;
    agent_truth(b->agent, b->now, &t);
    return t.pose.x_mm;
}

/* ---- start, state, heartbeat ---- */

static void a_connect_says_online_factsheet_state_in_this_order(void **state)
{
    struct bench *b = bench_open();
    assert_int_equal(b->online, 1);
    assert_int_equal(b->factsheets, 1);
    assert_int_equal(b->states, 1);
    assert_string_equal(b->last.last_node, "A");
    assert_string_equal(b->last.order_id, "");
    assert_string_equal(b->last.map_id, "m1");
    assert_string_equal(b->last.head.serial, "7");
    assert_false(b->last.driving);
    give(b, (struct agent_in){ .kind = AGENT_LINK_UP }); /* every later connect too */
    assert_int_equal(b->online, 2);
}

static void without_news_there_is_one_state_per_heartbeat(void **state)
{
    struct bench *b = bench_open();
    uint32_t head = b->last.head.header_id;
    run_until(b, 100000);
    assert_int_equal(b->states, 1 + 3);
    assert_int_equal(b->last.head.header_id, head + 3);
}

static void an_order_is_driven_node_by_node(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "ABCD", 'C');
    assert_string_equal(b->last.order_id, "o1");
    assert_string_equal(b->last.last_node, "A");
    assert_int_equal(b->last.node_states, 3);
    assert_int_equal(b->last.edge_states, 3);
    assert_string_equal(b->last.node_state[0].id, "B");
    assert_string_equal(b->last.edge_state[0].id, "AB");
    assert_int_equal(b->last.edge_state[0].seq, 1);
    assert_true(b->last.node_state[1].released);
    assert_false(b->last.node_state[2].released);
    assert_true(b->last.driving);
    run_until(b, 11000); /* 1 s of acceleration is lost: B at 11 s, C at 22 s */
    assert_string_equal(b->last.last_node, "B");
    assert_int_equal(b->last.last_seq, 2);
    assert_true(b->last.new_base_request);
    run_until(b, 60000);
    assert_string_equal(b->last.last_node, "C");
    assert_int_equal(x_of(b), 20000);
    assert_int_equal(b->last.node_states, 1);
    assert_false(b->last.driving);
}

static void changes_of_one_moment_are_one_message(void **state)
{
    struct bench *b = bench_open();
    int before = b->states;
    go(b, "o1", 0, 0, "AB", 'B');
    assert_int_equal(b->states, before + 1); /* accepted, driving */
    run_until(b, 12000);
    assert_int_equal(b->states, before + 2); /* traversed, standing, idle */
    assert_int_equal(b->last.node_states, 0);
    assert_false(b->last.driving);
}

/* ---- accept and refuse ---- */

static void a_repeat_is_ignored_but_answered(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "ABC", 'C');
    run_until(b, 5000);
    int states = b->states;
    go(b, "o1", 0, 0, "ABC", 'C');
    assert_int_equal(b->states, states + 1);
    assert_int_equal(b->last.errors, 0);
    assert_int_equal(b->last.node_states, 2);
    run_until(b, 25000);
    assert_string_equal(b->last.last_node, "C");
    go(b, "o1", 0, 0, "ABC", 'C');
    assert_int_equal(b->last.errors, 0);
    assert_false(b->last.driving);
}

static void refusal(struct bench *b, const char *type, const char *order_id, const char *update)
{
    assert_true(b->last.errors >= 1);
    uint8_t i = (uint8_t)(b->last.errors - 1);
    assert_string_equal(b->last.error[i].type, type);
    assert_int_equal(b->last.error[i].level, VDA_WARNING);
    assert_string_equal(error_ref(b, i, "topic"), "order");
    assert_string_equal(error_ref(b, i, "orderId"), order_id);
    assert_string_equal(error_ref(b, i, "orderUpdateId"), update);
    assert_true(error_ref(b, i, "headerId")[0] != '\0');
}

static void each_refusal_names_its_message_and_changes_nothing(void **state)
{
    struct bench *b = bench_open();
    go(b, "far", 0, 0, "CD", 'D');
    refusal(b, "noRouteError", "far", "0");
    order(b, "gap", 0, 0, "ABC", 'C')->node[2].seq = 8;
    send(b);
    refusal(b, "validationError", "gap", "0");
    act(order(b, "odd", 0, 0, "AB", 'B'), 1, VDA_OTHER, "x");
    send(b);
    refusal(b, "orderError", "odd", "0");
    assert_string_equal(b->last.order_id, "");
    assert_false(b->last.driving);
    assert_int_equal(b->last.errors, 3);
    go(b, "o1", 3, 0, "ABC", 'C');
    assert_int_equal(b->last.errors, 0); /* an accepted order clears them */
    go(b, "o1", 2, 0, "ABC", 'C');
    refusal(b, "orderUpdateError", "o1", "2");
    go(b, "o1", 4, 2, "BCD", 'D'); /* begins at B, the decision point is C */
    refusal(b, "orderUpdateError", "o1", "4");
    go(b, "o2", 0, 0, "AB", 'B');
    refusal(b, "orderUpdateError", "o2", "0");
    assert_int_equal(b->last.node_states, 2);
    assert_int_equal(b->last.update_id, 3);
    run_until(b, 60000);
    assert_string_equal(b->last.last_node, "C");
}

static void the_same_refusal_twice_is_one_error(void **state)
{
    struct bench *b = bench_open();
    for (int i = 0; i < 20; i++) go(b, "far", 0, 0, "CD", 'D');
    assert_int_equal(b->last.errors, 1);
    for (uint32_t i = 0; i < 20; i++) go(b, "far", i, 0, "CD", 'D');
    assert_int_equal(b->last.errors, VDA_ERRORS_MAX);
    refusal(b, "noRouteError", "far", "19");
}

static void a_message_that_cannot_be_read_is_an_error_with_its_reason(void **state)
{
    struct bench *b = bench_open();
    give(b, (struct agent_in){ .kind = AGENT_ORDER, .refused = "nodes[2].x: not a number" });
    assert_string_equal(b->last.error[0].type, "validationError");
    assert_string_equal(b->last.error[0].description, "nodes[2].x: not a number");
    give(b, (struct agent_in){ .kind = AGENT_INSTANT, .refused = "actions: missing" });
    assert_string_equal(error_ref(b, 1, "topic"), "instantActions");
}

static void the_first_node_may_be_as_far_as_its_deviation(void **state)
{
    struct bench *b = bench_open();
    struct vda_order *o = order(b, "o1", 0, 0, "BC", 'C');
    o->node[0].deviation_mm = 9999;
    send(b);
    refusal(b, "noRouteError", "o1", "0");
    o->node[0].deviation_mm = 10000;
    send(b);
    assert_int_equal(b->last.errors, 0);
    assert_string_equal(b->last.last_node, "B");
}

static void a_late_repeat_of_an_old_order_is_not_a_new_order(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "AB", 'B');
    run_until(b, 20000);
    go(b, "o2", 0, 0, "BA", 'A');
    run_until(b, 50000);
    go(b, "o1", 0, 0, "AB", 'B');
    refusal(b, "orderUpdateError", "o1", "0");
    run_until(b, 90000);
    assert_string_equal(b->last.last_node, "A");
    assert_string_equal(b->last.order_id, "o2");
}

static void a_refused_order_may_come_again_until_another_began(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "AB", 'B');
    go(b, "o2", 0, 0, "BA", 'A'); /* too early */
    refusal(b, "orderUpdateError", "o2", "0");
    run_until(b, 20000);
    go(b, "o2", 0, 0, "BA", 'A'); /* the same message again */
    assert_string_equal(b->last.order_id, "o2");
    go(b, "o3", 0, 0, "AB", 'B');
    run_until(b, 50000);
    go(b, "o4", 0, 0, "AB", 'B');
    run_until(b, 80000);
    go(b, "o5", 0, 0, "BA", 'A');
    run_until(b, 110000);
    go(b, "o3", 0, 0, "AB", 'B'); /* was never driven, but control went on to o4 and o5 */
    refusal(b, "orderUpdateError", "o3", "0");
    run_until(b, 140000);
    assert_string_equal(b->last.last_node, "A");
}

static void a_node_that_cannot_be_reached_is_no_route(void **state)
{
    struct bench *b = bench_open();
    struct vda_order *o = order(b, "o1", 0, 0, "ABC", 'C');
    o->node[2].has_position = false;
    send(b);
    refusal(b, "noRouteError", "o1", "0");
    o = order(b, "o1", 0, 0, "ABC", 'C');
    text_copy(o->node[2].map_id, sizeof o->node[2].map_id, "m2"); /* 10 m away on another floor, no initPosition */
    send(b);
    refusal(b, "noRouteError", "o1", "0");
}

/* ---- updates ---- */

static void an_update_in_time_extends_the_run_without_a_stop(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "ABC", 'B');
    run_until(b, 8000);
    go(b, "o1", 1, 2, "BC", 'C');
    assert_int_equal(b->last.update_id, 1);
    assert_int_equal(b->last.node_states, 2);
    run_until(b, 21999);
    assert_string_equal(b->last.last_node, "B");
    run_until(b, 22000); /* as if it had been one order */
    assert_string_equal(b->last.last_node, "C");
    assert_int_equal(b->last.last_seq, 4);
}

static void an_update_replaces_the_horizon_and_its_actions(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "ABCD", 'B'), 3, VDA_PICK, "p1");
    send(b);
    assert_int_equal(status(b, "p1"), VDA_WAITING); /* horizon actions are reported too */
    go(b, "o1", 1, 2, "BE", 'B');
    assert_int_equal(status(b, "p1"), -1);
    assert_int_equal(b->last.node_states, 2);
    assert_string_equal(b->last.node_state[1].id, "E");
    assert_string_equal(b->last.edge_state[1].id, "BE");
    /* the same action id may come again in another horizon, and run then */
    act(order(b, "o1", 2, 2, "BCD", 'D'), 2, VDA_PICK, "p1");
    send(b);
    run_until(b, 60000);
    assert_int_equal(status(b, "p1"), VDA_FINISHED);
    assert_int_equal(b->last.loads, 1);
}

static void an_update_may_drop_the_horizon(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "ABC", 'B');
    run_until(b, 20000);
    assert_int_equal(b->last.node_states, 1);
    go(b, "o1", 1, 2, "B", 'B');
    assert_int_equal(b->last.node_states, 0);
    go(b, "o2", 0, 0, "BA", 'A');
    assert_string_equal(b->last.order_id, "o2");
}

static void a_finished_order_can_be_continued(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "AB", 'B');
    run_until(b, 20000);
    go(b, "o1", 1, 2, "BC", 'C');
    assert_int_equal(b->last.errors, 0);
    run_until(b, 40000);
    assert_string_equal(b->last.last_node, "C");
}

static void an_update_that_overtook_another_is_taken_when_it_comes_again(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "AB", 'B');
    go(b, "o1", 2, 4, "CD", 'D');
    refusal(b, "orderUpdateError", "o1", "2");
    go(b, "o1", 1, 2, "BC", 'C');
    assert_int_equal(b->last.errors, 0);
    go(b, "o1", 2, 4, "CD", 'D');
    assert_int_equal(b->last.errors, 0);
    assert_int_equal(b->last.node_states, 3);
}

static void many_updates_never_fill_the_vehicle(void **state)
{
    struct bench *b = bench_open();
    char pick[16], drop[16];
    go(b, "o1", 0, 0, "AB", 'B');
    for (uint32_t i = 1; i <= 200; i++) {
        run_until(b, b->now + 30000);
        struct vda_order *o = order(b, "o1", i, 2 * i, i % 2 ? "BA" : "AB", i % 2 ? 'A' : 'B');
        snprintf(pick, sizeof pick, "p%u", i);
        snprintf(drop, sizeof drop, "d%u", i);
        act(o, 1, VDA_PICK, pick);
        act(o, 1, VDA_DROP, drop);
        send(b);
        assert_int_equal(b->last.errors, 0);
    }
    run_until(b, b->now + 60000);
    assert_int_equal(b->last.action_states, VDA_ACTION_STATES_MAX);
    assert_int_equal(status(b, drop), VDA_FINISHED);
}

static void more_than_it_can_keep_is_refused_as_a_whole(void **state)
{
    struct bench *b = bench_open();
    char path[VDA_NODES_MAX + 1];
    for (int i = 0; i < VDA_NODES_MAX; i++) path[i] = i % 2 ? 'B' : 'A';
    path[VDA_NODES_MAX] = '\0';
    go(b, "o1", 0, 0, path, '-');
    assert_int_equal(b->last.node_states, VDA_NODES_MAX - 1);
    for (int i = 0; i < VDA_NODES_MAX; i++) path[i] = i % 2 ? 'A' : 'B';
    go(b, "o1", 1, 2 * (VDA_NODES_MAX - 1), path, '-');
    assert_int_equal(b->last.errors, 0);
    assert_int_equal(b->last.node_states, 2 * (VDA_NODES_MAX - 1));
    go(b, "o1", 2, 4 * (VDA_NODES_MAX - 1), "ABABAB", '-');
    refusal(b, "orderError", "o1", "2");
    assert_int_equal(b->last.node_states, 2 * (VDA_NODES_MAX - 1));
}

/* ---- actions ---- */

static void pick_and_drop_move_the_load_once(void **state)
{
    struct bench *b = bench_open();
    struct vda_order *o = order(b, "o1", 0, 0, "ABC", 'C');
    param(act(o, 1, VDA_PICK, "p1"), "loadId", "job-1");
    param(act(o, 2, VDA_DROP, "d1"), "loadId", "job-1");
    send(b);
    assert_int_equal(status(b, "p1"), VDA_WAITING);
    run_until(b, 12000); /* stands at B */
    assert_int_equal(status(b, "p1"), VDA_RUNNING);
    assert_false(b->last.driving);
    assert_int_equal(b->last.loads, 0);
    run_until(b, 16999);
    assert_int_equal(status(b, "p1"), VDA_RUNNING);
    run_until(b, 17000);
    assert_int_equal(status(b, "p1"), VDA_FINISHED);
    assert_int_equal(b->last.loads, 1);
    assert_string_equal(b->last.load[0].id, "job-1");
    assert_true(b->last.driving);
    run_until(b, 29000 + 5000);
    assert_int_equal(status(b, "d1"), VDA_FINISHED);
    assert_int_equal(b->last.loads, 0);
}

static void actions_at_the_first_node_run_before_driving(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "AB", 'B'), 0, VDA_PICK, "p1");
    send(b);
    assert_int_equal(status(b, "p1"), VDA_RUNNING);
    assert_false(b->last.driving);
    run_until(b, 5000);
    assert_true(b->last.driving);
}

static void a_known_action_at_the_decision_point_does_not_run_again(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "AB", 'B'), 1, VDA_PICK, "p1");
    send(b);
    run_until(b, 30000);
    assert_int_equal(b->last.loads, 1);
    struct vda_order *o = order(b, "o1", 1, 2, "BC", 'C');
    act(o, 0, VDA_PICK, "p1");
    act(o, 0, VDA_PICK, "p2"); /* a new one does */
    send(b);
    assert_int_equal(b->last.errors, 0);
    assert_int_equal(status(b, "p2"), VDA_RUNNING);
    run_until(b, 60000);
    assert_int_equal(b->last.loads, 2);
    assert_string_equal(b->last.last_node, "C");
}

static void an_action_id_of_the_past_is_refused_elsewhere(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "AB", 'B'), 1, VDA_PICK, "p1");
    send(b);
    run_until(b, 30000);
    act(order(b, "o2", 0, 0, "BC", 'C'), 1, VDA_DROP, "p1");
    send(b);
    assert_string_equal(b->last.error[0].type, "orderError");
    assert_string_equal(error_ref(b, 0, "actionId"), "p1");
    assert_string_equal(b->last.order_id, "o1");
    go(b, "o3", 0, 0, "BC", 'C'); /* also when the list no longer shows it, and in an update */
    assert_int_equal(status(b, "p1"), -1);
    act(order(b, "o3", 1, 2, "CD", 'D'), 1, VDA_DROP, "p1");
    send(b);
    assert_string_equal(b->last.error[0].type, "orderError");
    assert_int_equal(b->last.update_id, 0);
}

static void a_hard_action_runs_alone_and_soft_ones_together(void **state)
{
    struct bench *b = bench_open();
    struct vda_order *o = order(b, "o1", 0, 0, "AB", 'B');
    act(o, 0, VDA_PICK, "s1")->blocking = VDA_SOFT;
    act(o, 0, VDA_PICK, "s2")->blocking = VDA_SOFT;
    act(o, 0, VDA_PICK, "h")->blocking = VDA_HARD;
    act(o, 0, VDA_PICK, "s3")->blocking = VDA_SOFT;
    send(b);
    assert_int_equal(status(b, "s1"), VDA_RUNNING);
    assert_int_equal(status(b, "s2"), VDA_RUNNING);
    assert_int_equal(status(b, "h"), VDA_WAITING);
    run_until(b, 5000);
    assert_int_equal(status(b, "h"), VDA_RUNNING);
    assert_int_equal(status(b, "s3"), VDA_WAITING);
    run_until(b, 10000);
    assert_int_equal(status(b, "s3"), VDA_RUNNING);
    assert_false(b->last.driving);
    run_until(b, 15000);
    assert_true(b->last.driving);
}

static void a_non_blocking_action_does_not_stop_the_vehicle(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "ABC", 'C'), 1, VDA_STOP_CHARGING, "s")->blocking = VDA_NONE;
    send(b);
    run_until(b, 11000);
    assert_int_equal(status(b, "s"), VDA_FINISHED);
    run_until(b, 22000);
    assert_string_equal(b->last.last_node, "C");
}

static void a_drop_without_the_load_fails_with_an_error(void **state)
{
    struct bench *b = bench_open();
    param(act(order(b, "o1", 0, 0, "AB", 'B'), 1, VDA_DROP, "d1"), "loadId", "job-9");
    send(b);
    run_until(b, 12000);
    assert_int_equal(status(b, "d1"), VDA_FAILED);
    assert_string_equal(b->last.error[0].type, "dropError");
    assert_string_equal(error_ref(b, 0, "actionId"), "d1");
    go(b, "o2", 0, 0, "BA", 'A'); /* idle again: control decides */
    assert_int_equal(b->last.errors, 0);
}

static void a_full_vehicle_fails_to_pick(void **state)
{
    struct bench *b = bench_open();
    struct vda_order *o = order(b, "o1", 0, 0, "A", 'A');
    for (int i = 0; i <= VDA_LOADS_MAX; i++) {
        char id[4] = { 'p', (char)('0' + i), 0, 0 };
        param(act(o, 0, VDA_PICK, id), "loadId", id);
    }
    send(b);
    run_until(b, 60000);
    assert_int_equal(b->last.loads, VDA_LOADS_MAX);
    assert_int_equal(status(b, "p4"), VDA_FAILED);
}

/* ---- elevator ---- */

static void an_elevator_ride_changes_the_map_without_driving(void **state)
{
    struct bench *b = bench_open();
    struct vda_order *o = order(b, "o1", 0, 0, "ABUC", 'B'); /* B in the car below, U the same place above */
    o->node[2].x_mm = 10000;
    text_copy(o->node[2].map_id, sizeof o->node[2].map_id, "m2");
    text_copy(o->node[3].map_id, sizeof o->node[3].map_id, "m2");
    struct vda_action *t = act(o, 2, VDA_INIT_POSITION, "i1");
    param(t, "x", "10.0");
    param(t, "y", "0");
    param(t, "theta", "1.571");
    param(t, "mapId", "m2");
    param(t, "lastNodeId", "U");
    send(b);
    run_until(b, 40000);
    assert_string_equal(b->last.last_node, "B");
    assert_string_equal(b->last.map_id, "m1");
    assert_int_equal(b->last.node_states, 2); /* waits in the car until the upper landing is released */
    struct vda_order up = *o;
    order(b, "o1", 1, 2, "BUC", 'C');
    b->order.node[1] = up.node[2];
    b->order.node[2] = up.node[3];
    b->order.node[1].released = b->order.node[2].released = true;
    b->order.actions = 1;
    b->order.action[0] = up.action[0];
    send(b);
    assert_int_equal(b->last.errors, 0);
    assert_string_equal(b->last.last_node, "U");
    assert_string_equal(b->last.map_id, "m2");
    assert_int_equal(status(b, "i1"), VDA_FINISHED);
    assert_int_equal(b->last.theta, 0); /* an elevator turns nobody, whatever the message says */
    assert_int_equal(x_of(b), 10000);
    assert_true(b->last.driving); /* on to C */
    run_until(b, 70000);
    assert_string_equal(b->last.last_node, "C");
}

static void a_bad_init_position_is_refused_before_anything_moves(void **state)
{
    struct bench *b = bench_open();
    struct vda_action *t = act(order(b, "o1", 0, 0, "AB", 'B'), 1, VDA_INIT_POSITION, "i1");
    param(t, "x", "ten");
    param(t, "y", "0");
    param(t, "mapId", "m2");
    send(b);
    assert_string_equal(b->last.error[0].type, "orderError");
    assert_string_equal(error_ref(b, 0, "actionId"), "i1");
    assert_false(b->last.driving);
}

static void positions_are_read_to_the_millimetre(void **state)
{
    static const struct {
        const char *text;
        mm_t mm;
    } rows[] = {
        { "1.5", 1500 }, { "-0.001", -1 }, { "12", 12000 },      { "1e-3", 1 },
        { "0.0004", 0 }, { "0.0005", 1 },  { "+2.5E+1", 25000 }, { "3.14159265358979", 3142 },
        { "00.5", 500 }, { ".25", 250 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench *b = bench_open();
        struct vda_action *t = instant(b, VDA_INIT_POSITION, "i");
        param(t, "x", rows[i].text);
        param(t, "y", "0");
        param(t, "mapId", "m1");
        give(b, (struct agent_in){ .kind = AGENT_INSTANT, .instant = &b->instant });
        assert_int_equal(x_of(b), rows[i].mm);
    }
    static const char *const bad[] = { "", "-", "1.2.3", "1e", "nan", "0x10", "1e99", "99999999999999999999", "1 " };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct bench *b = bench_open();
        struct vda_action *t = instant(b, VDA_INIT_POSITION, "i");
        param(t, "x", bad[i]);
        param(t, "y", "0");
        param(t, "mapId", "m1");
        give(b, (struct agent_in){ .kind = AGENT_INSTANT, .instant = &b->instant });
        assert_int_equal(b->last.errors, 1);
    }
}

/* ---- cancel ---- */

static void cancel_runs_until_the_vehicle_stands_and_then_empties_the_order(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "ABC", 'C'), 2, VDA_DROP, "d1");
    send(b);
    run_until(b, 5000);
    now_do(b, VDA_CANCEL_ORDER, "c1");
    assert_int_equal(status(b, "c1"), VDA_RUNNING);
    assert_int_equal(status(b, "d1"), VDA_FAILED);
    assert_true(b->last.driving);
    go(b, "o2", 0, 0, "AB", 'B');
    refusal(b, "orderUpdateError", "o2", "0"); /* not while it runs */
    run_until(b, 7000);
    assert_int_equal(status(b, "c1"), VDA_FINISHED);
    assert_int_equal(b->last.node_states, 0);
    assert_int_equal(b->last.edge_states, 0);
    assert_false(b->last.driving);
    assert_string_equal(b->last.order_id, "o1"); /* kept */
    assert_string_equal(b->last.last_node, "A");
    assert_int_equal(x_of(b), 5000);
    go(b, "o1", 1, 4, "CD", 'D');
    refusal(b, "orderUpdateError", "o1", "1"); /* no update to a cancelled order */
    struct vda_order *o = order(b, "o3", 0, 0, "AB", 'B');
    send(b);
    refusal(b, "noRouteError", "o3", "0"); /* it stands between the nodes ... */
    o->node[0].deviation_mm = 5000;
    send(b);
    assert_int_equal(b->last.errors, 0); /* ... so the first node must reach that far */
    run_until(b, 30000);
    assert_string_equal(b->last.last_node, "B");
}

static void a_cancel_near_a_node_still_reports_it(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "ABC", 'C');
    run_until(b, 10500); /* half a metre before B, needs a metre to stop */
    now_do(b, VDA_CANCEL_ORDER, "c1");
    run_until(b, 12500);
    assert_int_equal(status(b, "c1"), VDA_FINISHED);
    assert_string_equal(b->last.last_node, "B");
    assert_int_equal(b->last.node_states, 0);
}

static void a_hand_over_under_way_is_finished_by_cancel(void **state)
{
    struct bench *b = bench_open();
    struct vda_order *o = order(b, "o1", 0, 0, "AB", 'B');
    act(o, 0, VDA_PICK, "p1");
    act(o, 0, VDA_PICK, "p2");
    send(b);
    run_until(b, 1000);
    now_do(b, VDA_CANCEL_ORDER, "c1");
    assert_int_equal(status(b, "p1"), VDA_RUNNING);
    assert_int_equal(status(b, "p2"), VDA_FAILED);
    assert_int_equal(status(b, "c1"), VDA_RUNNING);
    run_until(b, 5000);
    assert_int_equal(status(b, "p1"), VDA_FINISHED);
    assert_int_equal(status(b, "c1"), VDA_FINISHED);
    assert_int_equal(b->last.loads, 1);
}

static void cancel_without_an_order_fails_with_its_action_id(void **state)
{
    struct bench *b = bench_open();
    now_do(b, VDA_CANCEL_ORDER, "c1");
    assert_int_equal(status(b, "c1"), VDA_FAILED);
    assert_string_equal(b->last.error[0].type, "noOrderToCancel");
    assert_string_equal(error_ref(b, 0, "actionId"), "c1");
    go(b, "o1", 0, 0, "AB", 'B');
    param(instant(b, VDA_CANCEL_ORDER, "c2"), "orderId", "other");
    give(b, (struct agent_in){ .kind = AGENT_INSTANT, .instant = &b->instant });
    assert_int_equal(status(b, "c2"), VDA_FAILED);
    assert_true(b->last.driving);
}

static void a_late_repeat_of_cancel_does_not_hit_the_next_order(void **state)
{
    struct bench *b = bench_open();
    go(b, "o1", 0, 0, "AB", 'B');
    now_do(b, VDA_CANCEL_ORDER, "c1");
    run_until(b, 3000);
    go(b, "o2", 0, 0, "AB", 'B');
    assert_int_equal(status(b, "c1"), -1); /* a new order clears the list */
    now_do(b, VDA_CANCEL_ORDER, "c1");
    run_until(b, 30000);
    assert_string_equal(b->last.last_node, "B");
}

/* ---- pause, charging, requests, mode, link ---- */

static void pause_stops_drive_and_hand_over_and_stop_pause_goes_on(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "AB", 'B'), 1, VDA_PICK, "p1");
    send(b);
    run_until(b, 5000);
    now_do(b, VDA_START_PAUSE, "s1");
    assert_true(b->last.paused);
    assert_int_equal(status(b, "s1"), VDA_RUNNING);
    run_until(b, 7000);
    assert_int_equal(status(b, "s1"), VDA_FINISHED);
    assert_false(b->last.driving);
    assert_int_equal(b->last.node_states, 1);
    run_until(b, 60000);
    now_do(b, VDA_STOP_PAUSE, "s2");
    assert_false(b->last.paused);
    assert_true(b->last.driving);
    run_until(b, 67000 + 1000); /* 5 m from rest, then 1 s into the pick */
    now_do(b, VDA_START_PAUSE, "s3");
    assert_int_equal(status(b, "p1"), VDA_PAUSED);
    run_until(b, 100000);
    now_do(b, VDA_STOP_PAUSE, "s4");
    assert_int_equal(status(b, "p1"), VDA_RUNNING);
    run_until(b, 103999);
    assert_int_equal(status(b, "p1"), VDA_RUNNING);
    run_until(b, 104000);
    assert_int_equal(status(b, "p1"), VDA_FINISHED);
}

static void nothing_begins_in_a_pause(void **state)
{
    struct bench *b = bench_open();
    now_do(b, VDA_START_PAUSE, "s1");
    assert_int_equal(status(b, "s1"), VDA_FINISHED);
    act(order(b, "o1", 0, 0, "AB", 'B'), 0, VDA_PICK, "p1");
    send(b);
    run_until(b, 20000);
    assert_int_equal(status(b, "p1"), VDA_WAITING);
    now_do(b, VDA_CANCEL_ORDER, "c1"); /* cancel works in a pause, too */
    assert_int_equal(status(b, "c1"), VDA_FINISHED);
    assert_true(b->last.paused);
}

static void charging_fills_the_battery_and_ends_when_it_drives(void **state)
{
    struct bench *b = bench_open();
    run_until(b, MS_HOUR);
    assert_int_equal(b->last.battery_permille, 400);
    now_do(b, VDA_START_CHARGING, "c1");
    assert_true(b->last.charging);
    run_until(b, 2 * MS_HOUR);
    assert_int_equal(b->last.battery_permille, 800);
    now_do(b, VDA_STOP_CHARGING, "c2");
    assert_false(b->last.charging);
    now_do(b, VDA_START_CHARGING, "c3");
    go(b, "o1", 0, 0, "AB", 'B');
    assert_false(b->last.charging);
    now_do(b, VDA_START_CHARGING, "c4");
    assert_int_equal(status(b, "c4"), VDA_FAILED); /* not while driving */
    run_until(b, 20 * MS_HOUR);
    assert_int_equal(b->last.battery_permille, 0);
}

static void a_real_battery_pays_for_standing_driving_and_charging(void **state)
{
    struct bench *b = bench_with(1000, 500, (struct agent_service){ NULL, NULL });
    run_until(b, MS_HOUR); /* 36 Wh of 1000 */
    assert_int_equal(b->last.battery_permille / 10, 46);
    assert_true(b->states > 118); /* heartbeats and percents */
    go(b, "o1", 0, 0, "AB", 'B');
    run_until(b, MS_HOUR + 12000); /* 12 s at 360 W */
    struct agent_truth t;
    agent_truth(b->agent, b->now, &t);
    assert_int_equal(t.used_j, 36 * 3600 + 12 * 360);
    now_do(b, VDA_START_CHARGING, "c1");
    run_until(b, b->now + 30 * MS_MINUTE);
    agent_truth(b->agent, b->now, &t);
    assert_true(t.charging);
    assert_int_equal(t.charged_j, 720 * 1800);
    give(b, (struct agent_in){ .kind = AGENT_CHARGERS_DEAD });
    run_until(b, b->now + 30 * MS_MINUTE);
    agent_truth(b->agent, b->now, &t);
    assert_false(t.charging);
    assert_int_equal(t.charged_j, 720 * 1800);
    give(b, (struct agent_in){ .kind = AGENT_CHARGERS_LIVE });
    run_until(b, b->now + 3 * MS_HOUR);
    assert_int_equal(b->last.battery_permille, 1000);
    agent_truth(b->agent, b->now, &t);
    assert_int_equal(t.charged_j - t.used_j, 500 * 3600); /* no more than fits is taken */
}

static void an_empty_battery_stops_it_on_the_way(void **state)
{
    struct bench *b = bench_with(10, 12, (struct agent_service){ NULL, NULL }); /* 432 J: 1.2 s of driving */
    go(b, "o1", 0, 0, "ABCD", 'D');
    run_until(b, 60000);
    assert_int_equal(b->last.battery_permille, 0);
    assert_false(b->last.driving);
    assert_true(x_of(b) > 0 && x_of(b) < 10000);
    assert_string_equal(b->last.error[0].type, "batteryEmpty");
    assert_int_equal(b->last.error[0].level, VDA_FATAL);
    assert_int_equal(b->last.node_states, 3); /* it still has its order */
}

static void a_washing_stop_takes_its_time_and_holds_the_way(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "ABC", 'C'), 1, VDA_DISINFECT, "w1");
    send(b);
    run_until(b, 12000);
    struct agent_truth t;
    agent_truth(b->agent, b->now, &t);
    assert_true(t.washing);
    run_until(b, 12000 + 239999);
    assert_int_equal(status(b, "w1"), VDA_RUNNING);
    assert_string_equal(b->last.last_node, "B");
    run_until(b, 12000 + 240000);
    assert_int_equal(status(b, "w1"), VDA_FINISHED);
    assert_true(b->last.driving);
}

static ms_t slow_for_job_2(void *ctx, enum vda_action_type type, const char *load_id, ms_t now_ms)
{
    *(ms_t *)ctx = now_ms;
    if (strcmp(load_id, "j2") == 0) return 90000;
    return type == VDA_PICK ? 1000 : 2000;
}

static void the_place_says_how_long_a_hand_over_takes(void **state)
{
    ms_t asked = -1;
    struct bench *b = bench_with(0, 500, (struct agent_service){ slow_for_job_2, &asked });
    struct vda_order *o = order(b, "o1", 0, 0, "ABC", 'C');
    param(act(o, 1, VDA_PICK, "p1"), "loadId", "j1");
    param(act(o, 1, VDA_PICK, "p2"), "loadId", "j2");
    param(act(o, 2, VDA_DROP, "d1"), "loadId", "j1");
    send(b);
    run_until(b, 13000);
    assert_int_equal(status(b, "p1"), VDA_FINISHED);
    assert_int_equal(status(b, "p2"), VDA_RUNNING);
    assert_int_equal(asked, 13000);
    run_until(b, 13000 + 90000);
    assert_int_equal(status(b, "p2"), VDA_FINISHED);
    run_until(b, 13000 + 90000 + 12000 + 2000);
    assert_int_equal(status(b, "d1"), VDA_FINISHED);
}

static void requests_are_answered(void **state)
{
    struct bench *b = bench_open();
    now_do(b, VDA_FACTSHEET_REQUEST, "f1");
    assert_int_equal(b->factsheets, 2);
    int states = b->states;
    now_do(b, VDA_STATE_REQUEST, "s1");
    assert_int_equal(b->states, states + 1);
    assert_int_equal(status(b, "s1"), VDA_FINISHED);
    now_do(b, VDA_OTHER, "x1");
    assert_int_equal(status(b, "x1"), VDA_FAILED);
    now_do(b, VDA_PICK, "p1"); /* pick must come in an order */
    assert_int_equal(status(b, "p1"), VDA_FAILED);
}

static void the_key_switch_clears_the_order(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "ABC", 'C'), 2, VDA_DROP, "d1");
    send(b);
    run_until(b, 5000);
    give(b, (struct agent_in){ .kind = AGENT_SET_MODE, .mode = VDA_MANUAL });
    assert_int_equal(b->last.mode, VDA_MANUAL);
    assert_int_equal(status(b, "d1"), VDA_FAILED);
    run_until(b, 7000);
    assert_int_equal(b->last.node_states, 0);
    assert_false(b->last.driving);
    go(b, "o2", 0, 0, "AB", 'B');
    refusal(b, "orderError", "o2", "0");
    give(b, (struct agent_in){ .kind = AGENT_SET_MODE, .mode = VDA_AUTOMATIC });
    go(b, "o1", 1, 4, "CD", 'D');
    refusal(b, "orderUpdateError", "o1", "1");
    order(b, "o3", 0, 0, "AB", 'B')->node[0].deviation_mm = 20000;
    send(b);
    assert_int_equal(b->last.errors, 0);
}

static void offline_it_finishes_its_base_and_says_so_later(void **state)
{
    struct bench *b = bench_open();
    act(order(b, "o1", 0, 0, "ABCD", 'C'), 1, VDA_PICK, "p1");
    send(b);
    give(b, (struct agent_in){ .kind = AGENT_LINK_DOWN });
    int states = b->states;
    run_until(b, 200000);
    assert_int_equal(b->states, states);
    assert_int_equal(x_of(b), 20000);
    give(b, (struct agent_in){ .kind = AGENT_LINK_UP });
    assert_int_equal(b->online, 2);
    assert_int_equal(b->states, states + 1);
    assert_string_equal(b->last.last_node, "C");
    assert_int_equal(status(b, "p1"), VDA_FINISHED);
    assert_int_equal(b->last.node_states, 1);
}

static void every_order_is_answered_by_a_state(void **state)
{
    struct bench *b = bench_open();
    for (uint32_t i = 0; i < 50; i++) {
        int states = b->states;
        go(b, i % 3 ? "o1" : "zz", i / 4, i % 5 * 2, "ABC", 'B');
        assert_int_equal(b->states, states + 1);
    }
}

static void bad_settings_are_refused(void **state)
{
    struct bench *b = bench_open();
    struct arena mem;
    struct agent *a;
    struct agent_config cfg = { .heartbeat_ms = 1 };
    arena_init(&mem, block, sizeof block);
    assert_int_equal(agent_open(&a, &mem, &cfg), ORD_ERANGE); /* no drive */
    cfg.drive = b->drive;
    cfg.battery_permille = 1001;
    assert_int_equal(agent_open(&a, &mem, &cfg), ORD_ERANGE);
    cfg.battery_permille = 1000;
    arena_init(&mem, block, 100);
    assert_int_equal(agent_open(&a, &mem, &cfg), ORD_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connect_says_online_factsheet_state_in_this_order),
        cmocka_unit_test(without_news_there_is_one_state_per_heartbeat),
        cmocka_unit_test(an_order_is_driven_node_by_node),
        cmocka_unit_test(changes_of_one_moment_are_one_message),
        cmocka_unit_test(a_repeat_is_ignored_but_answered),
        cmocka_unit_test(each_refusal_names_its_message_and_changes_nothing),
        cmocka_unit_test(the_same_refusal_twice_is_one_error),
        cmocka_unit_test(a_message_that_cannot_be_read_is_an_error_with_its_reason),
        cmocka_unit_test(the_first_node_may_be_as_far_as_its_deviation),
        cmocka_unit_test(a_late_repeat_of_an_old_order_is_not_a_new_order),
        cmocka_unit_test(a_refused_order_may_come_again_until_another_began),
        cmocka_unit_test(a_node_that_cannot_be_reached_is_no_route),
        cmocka_unit_test(an_update_in_time_extends_the_run_without_a_stop),
        cmocka_unit_test(an_update_replaces_the_horizon_and_its_actions),
        cmocka_unit_test(an_update_may_drop_the_horizon),
        cmocka_unit_test(a_finished_order_can_be_continued),
        cmocka_unit_test(an_update_that_overtook_another_is_taken_when_it_comes_again),
        cmocka_unit_test(many_updates_never_fill_the_vehicle),
        cmocka_unit_test(more_than_it_can_keep_is_refused_as_a_whole),
        cmocka_unit_test(pick_and_drop_move_the_load_once),
        cmocka_unit_test(actions_at_the_first_node_run_before_driving),
        cmocka_unit_test(a_known_action_at_the_decision_point_does_not_run_again),
        cmocka_unit_test(an_action_id_of_the_past_is_refused_elsewhere),
        cmocka_unit_test(a_hard_action_runs_alone_and_soft_ones_together),
        cmocka_unit_test(a_non_blocking_action_does_not_stop_the_vehicle),
        cmocka_unit_test(a_drop_without_the_load_fails_with_an_error),
        cmocka_unit_test(a_full_vehicle_fails_to_pick),
        cmocka_unit_test(an_elevator_ride_changes_the_map_without_driving),
        cmocka_unit_test(a_bad_init_position_is_refused_before_anything_moves),
        cmocka_unit_test(positions_are_read_to_the_millimetre),
        cmocka_unit_test(cancel_runs_until_the_vehicle_stands_and_then_empties_the_order),
        cmocka_unit_test(a_cancel_near_a_node_still_reports_it),
        cmocka_unit_test(a_hand_over_under_way_is_finished_by_cancel),
        cmocka_unit_test(cancel_without_an_order_fails_with_its_action_id),
        cmocka_unit_test(a_late_repeat_of_cancel_does_not_hit_the_next_order),
        cmocka_unit_test(pause_stops_drive_and_hand_over_and_stop_pause_goes_on),
        cmocka_unit_test(nothing_begins_in_a_pause),
        cmocka_unit_test(charging_fills_the_battery_and_ends_when_it_drives),
        cmocka_unit_test(a_real_battery_pays_for_standing_driving_and_charging),
        cmocka_unit_test(an_empty_battery_stops_it_on_the_way),
        cmocka_unit_test(a_washing_stop_takes_its_time_and_holds_the_way),
        cmocka_unit_test(the_place_says_how_long_a_hand_over_takes),
        cmocka_unit_test(requests_are_answered),
        cmocka_unit_test(the_key_switch_clears_the_order),
        cmocka_unit_test(offline_it_finishes_its_base_and_says_so_later),
        cmocka_unit_test(every_order_is_answered_by_a_state),
        cmocka_unit_test(bad_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
