/* The core's numbers as VDA 5050 orders, judged by the rules of the standard (common/vda/vda_rules.h), and ids back
 * as numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/vda/vda_rules.h"
#include "core/order.h"
#include "tiny_fleet.h"

#define EPOCH 0x00c0ffee12345678u

static struct tiny tiny;
static struct vda_order order;

static struct out_order simple(void)
{
    const struct site *s = tiny_two_levels(&tiny);
    static const node_id way[] = { TWO_LOBBY,
                                   TWO_CABIN_0,
                                   TWO_CABIN_1,
                                   TWO_PER_LEVEL + TWO_LOBBY,
                                   TWO_PER_LEVEL + TWO_MIDDLE,
                                   TWO_PER_LEVEL + TWO_WARD };
    struct out_order o = { .robot = 3, .order = 17, .update = 0, .nodes = COUNT_OF(way) };
    for (uint16_t i = 0; i < o.nodes; i++)
        o.node[i] = (struct order_node){ .node = way[i],
                                         .edge = i ? site_edge_between(s, way[i - 1], way[i]) : ID_NONE,
                                         .seq = 2u * i,
                                         .released = i < 4 };
    o.node[2].action = (struct order_action){ .kind = ACT_INIT_POSITION, .number = 40 };
    o.node[3].action = (struct order_action){ .kind = ACT_PICK, .number = 41, .job = 9 };
    return o;
}

static void an_order_is_well_formed_by_the_rules(void **state)
{
    struct out_order o = simple();
    order_to_vda(&tiny.site, EPOCH, &o, false, &order);
    assert_int_equal(vda_order_shape(&order), VDA_OK);
    assert_int_equal(vda_order_base(&order), 4);
    assert_int_equal(order.nodes, 6);
    assert_string_equal(order.node[0].id, tiny.node[TWO_LOBBY].id);
    assert_string_equal(order.node[3].map_id, "L1");
    assert_true(order.node[3].has_position);
    assert_int_equal(order.node[3].x_mm, 2 * TINY_STEP_MM);
    assert_string_equal(order.edge[0].start, order.node[0].id);
    assert_string_equal(order.edge[0].end, order.node[1].id);
    assert_int_equal(order.edge[1].length_mm, 0); /* a ride */
}

static void actions_carry_what_the_robot_needs(void **state)
{
    struct out_order o = simple();
    order_to_vda(&tiny.site, EPOCH, &o, false, &order);
    assert_int_equal(order.actions, 2);
    const struct vda_action *ride = &order.action[order.node[2].action_first],
                            *pick = &order.action[order.node[3].action_first];
    assert_int_equal(ride->type, VDA_INIT_POSITION);
    assert_int_equal(ride->blocking, VDA_HARD);
    bool map = false, last = false;
    for (uint8_t i = 0; i < ride->params; i++) {
        map = map || (!strcmp(ride->param[i].key, "mapId") && !strcmp(ride->param[i].value, "L1"));
        last = last ||
               (!strcmp(ride->param[i].key, "lastNodeId") && !strcmp(ride->param[i].value, tiny.node[TWO_CABIN_1].id));
    }
    assert_true(map && last);
    assert_int_equal(pick->type, VDA_PICK);
    assert_string_equal(pick->type_name, "pick");
    assert_string_equal(pick->param[0].key, "loadId");
    assert_string_equal(pick->param[0].value, "j9");
}

static void a_service_where_it_stands_is_an_edge_to_itself(void **state)
{
    struct out_order o = { .robot = 0, .order = 1, .nodes = 2 };
    tiny_two_levels(&tiny);
    o.node[0] = (struct order_node){ .node = TWO_WARD, .edge = ID_NONE, .released = true };
    o.node[1] = (struct order_node){
        .node = TWO_WARD, .edge = ID_NONE, .seq = 2, .released = true, .action = { ACT_DROP, 5, 2 }
    };
    order_to_vda(&tiny.site, EPOCH, &o, false, &order);
    assert_int_equal(vda_order_shape(&order), VDA_OK);
    assert_string_equal(order.edge[0].start, order.edge[0].end);
    const struct vda_action *drop = &order.action[order.node[1].action_first];
    assert_string_equal(drop->param[1].key, "stationName");
    assert_string_equal(drop->param[1].value, "S0");
}

static void one_node_with_an_action_is_an_order_too(void **state)
{
    struct out_order o = { .robot = 0, .order = 1, .nodes = 1 };
    tiny_two_levels(&tiny);
    o.node[0] =
        (struct order_node){ .node = TWO_WARD, .edge = ID_NONE, .released = true, .action = { ACT_PICK, 5, 2 } };
    order_to_vda(&tiny.site, EPOCH, &o, false, &order);
    assert_int_equal(vda_order_shape(&order), VDA_OK);
    assert_int_equal(order.node[0].actions, 1);
}

static void ids_of_the_longest_kind_are_not_cut(void **state)
{
    struct out_order o = { .robot = UINT16_MAX - 1, .order = UINT32_MAX, .update = UINT32_MAX, .nodes = 2 };
    struct site *s = tiny_two_levels(&tiny);
    memset(tiny.node[TWO_WARD].id, 'x', SITE_ID_MAX - 1);
    o.node[0] = o.node[1] = (struct order_node){ .node = TWO_WARD, .edge = ID_NONE, .released = true };
    o.node[1].seq = 2;
    o.node[1].action = (struct order_action){ ACT_DROP, UINT32_MAX, UINT32_MAX };
    order_to_vda(s, UINT64_MAX, &o, false, &order);
    assert_int_equal(vda_order_shape(&order), VDA_OK);
    uint32_t n = 0;
    assert_true(order_number(UINT64_MAX, UINT16_MAX - 1, order.order_id, &n));
    assert_true(n == UINT32_MAX);
    assert_true(action_number(UINT64_MAX, UINT16_MAX - 1, order.action[0].id, &n));
    assert_true(n == UINT32_MAX);
    assert_string_equal(order.edge[0].id + strlen(order.edge[0].id) - 5, ".stay");
}

static void an_id_is_ours_only_with_our_epoch_robot_and_kind(void **state)
{
    struct out_order o = simple();
    order_to_vda(&tiny.site, EPOCH, &o, false, &order);
    uint32_t n = 0;
    assert_true(order_number(EPOCH, 3, order.order_id, &n));
    assert_int_equal(n, 17);
    assert_false(order_number(EPOCH + 1, 3, order.order_id, &n));
    assert_false(order_number(EPOCH, 4, order.order_id, &n));
    assert_false(order_number(EPOCH, 30, order.order_id, &n));
    assert_false(action_number(EPOCH, 3, order.order_id, &n));
    assert_true(action_number(EPOCH, 3, order.action[1].id, &n));
    assert_int_equal(n, 41);
}

static void what_is_no_number_is_nobodys_id(void **state)
{
    uint32_t n = 7;
    static const char *const bad[] = { "",
                                       "o",
                                       "o00c0ffee12345678",
                                       "o00c0ffee12345678-3",
                                       "o00c0ffee12345678-3-",
                                       "o00c0ffee12345678-3-x",
                                       "o00c0ffee12345678-3-1x",
                                       "o00c0ffee12345678-3--1",
                                       "o00c0ffee12345678-3-4294967296",
                                       "o00c0ffee12345678-3-99999999999999999999999999",
                                       " o00c0ffee12345678-3-1",
                                       "O00C0FFEE12345678-3-1",
                                       "order-1" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(order_number(EPOCH, 3, bad[i], &n));
    assert_true(order_number(EPOCH, 3, "o00c0ffee12345678-3-4294967295", &n));
    assert_true(n == UINT32_MAX);
}

static void an_instant_action_names_itself(void **state)
{
    static struct vda_instant_actions m;
    struct out_instant o = { .robot = 2, .action = { .kind = ACT_CANCEL_ORDER, .number = 8 } };
    tiny_two_levels(&tiny);
    instant_to_vda(&tiny.site, EPOCH, &o, &m);
    uint32_t n;
    assert_int_equal(m.actions, 1);
    assert_string_equal(m.action[0].type_name, "cancelOrder");
    assert_true(action_number(EPOCH, 2, m.action[0].id, &n));
    assert_int_equal(n, 8);
}

/* Everything a real fleet says in a busy hour is well-formed and would be accepted where it stands. */
static void whatever_the_core_sends_keeps_the_rules(void **state)
{
    struct tf *t = tf_open(tiny_two_levels(&tiny), 3);
    static const node_id bay[] = { TWO_REFUGE_A, TWO_REFUGE_B, TWO_PER_LEVEL + TWO_REFUGE_B };
    uint32_t seen[3] = { 0 };
    int judged = 0;
    tf_host_starts(t, EPOCH);
    tf_car(t, 0, 0, DOOR_CLOSED, ELEVATOR_AGV, 0);
    for (robot_id r = 0; r < 3; r++) tf_online(t, r, bay[r]);
    for (int i = 0; i < 8; i++) tf_job(t, (station_id)(i % 2), (station_id)(1 - i % 2));
    for (int s = 0; s < 3000 && !tf_quiet(t); s++) {
        tf_world(t);
        for (robot_id r = 0; r < 3; r++) {
            if (t->orders[r] == seen[r]) continue;
            seen[r] = t->orders[r];
            order_to_vda(t->site, EPOCH, &t->order[r], false, &order);
            assert_int_equal(vda_order_shape(&order), VDA_OK);
            struct vda_receiver idle = {
                .order_id = "", .idle = true, .decision_node = "", .standing_node = order.node[0].id
            };
            struct vda_receiver busy = { .order_id = order.order_id,
                                         .update_id = order.update_id - 1,
                                         .decision_node = order.node[0].id,
                                         .decision_seq = order.node[0].seq,
                                         .standing_node = "" };
            assert_int_equal(vda_order_verdict(order.update_id == 0 ? &idle : &busy, &order), VDA_OK);
            judged++;
        }
    }
    assert_true(tf_quiet(t) && judged > 50);
    tf_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_well_formed_by_the_rules),
        cmocka_unit_test(actions_carry_what_the_robot_needs),
        cmocka_unit_test(a_service_where_it_stands_is_an_edge_to_itself),
        cmocka_unit_test(one_node_with_an_action_is_an_order_too),
        cmocka_unit_test(ids_of_the_longest_kind_are_not_cut),
        cmocka_unit_test(an_id_is_ours_only_with_our_epoch_robot_and_kind),
        cmocka_unit_test(what_is_no_number_is_nobodys_id),
        cmocka_unit_test(an_instant_action_names_itself),
        cmocka_unit_test(whatever_the_core_sends_keeps_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
