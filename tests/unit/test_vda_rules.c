#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"
#include "common/vda/vda_rules.h"

/* n nodes from sequence `first`, the first `base` released. */
static struct vda_order *order(const char *id, uint32_t update, uint32_t first, uint8_t n, uint8_t base)
{
    static struct vda_order o;
    memset(&o, 0, sizeof o);
    text_copy(o.order_id, sizeof o.order_id, id);
    o.update_id = update;
    o.nodes = n;
    for (uint8_t i = 0; i < n; i++) {
        uint32_t seq = first + 2u * i;
        snprintf(o.node[i].id, sizeof o.node[i].id, "n%u", seq / 2);
        o.node[i].seq = seq;
        o.node[i].released = i < base;
        if (i == 0) continue;
        snprintf(o.edge[i - 1].id, sizeof o.edge[i - 1].id, "e%u", seq / 2);
        text_copy(o.edge[i - 1].start, VDA_ID_MAX, o.node[i - 1].id);
        text_copy(o.edge[i - 1].end, VDA_ID_MAX, o.node[i].id);
        o.edge[i - 1].seq = seq - 1;
        o.edge[i - 1].released = i < base;
    }
    return &o;
}

static void add_action(struct vda_order *o, uint8_t node, const char *id, enum vda_action_type type)
{
    if (o->node[node].actions == 0) o->node[node].action_first = o->actions;
    o->node[node].actions++;
    text_copy(o->action[o->actions].id, VDA_ID_MAX, id);
    o->action[o->actions++].type = type;
}

static void good_orders_pass_whatever_their_length_and_base(void **state)
{
    for (uint8_t n = 1; n <= VDA_NODES_MAX; n++)
        for (uint8_t base = 1; base <= n; base++) {
            struct vda_order *o = order("o", 0, 2u * base, n, base);
            assert_int_equal(vda_order_shape(o), VDA_OK);
            assert_int_equal(vda_order_base(o), base);
        }
}

static void each_broken_shape_rule_is_found(void **state)
{
    struct vda_order *o;
#define BROKEN(...)             \
    o = order("o", 0, 0, 5, 3); \
    __VA_ARGS__;                \
    assert_int_equal(vda_order_shape(o), VDA_BAD_SHAPE)
    BROKEN(o->nodes = 0);
    BROKEN(o->nodes = VDA_NODES_MAX + 1);
    BROKEN(o->order_id[0] = '\0');
    BROKEN(o->node[0].released = false);
    BROKEN(o->node[1].released = false); /* hole in the base */
    BROKEN(o->node[3].released = true);  /* its edge is not */
    BROKEN(o->edge[2].released = true);  /* its end is not */
    BROKEN(o->edge[1].released = false);
    BROKEN(o->node[4].released = o->edge[3].released = true); /* released after horizon */
    BROKEN(o->node[2].seq = 5);
    BROKEN(o->node[2].seq = 6);
    BROKEN(o->edge[0].seq = 2);
    BROKEN(o->edge[3].seq = 9);
    BROKEN(o->node[3].id[0] = '\0');
    BROKEN(o->edge[3].id[0] = '\0');
    BROKEN(o->edge[2].start[1] = '9');
    BROKEN(o->edge[2].end[1] = '9');
    BROKEN(o->actions = 1); /* belongs to no node */
    BROKEN(add_action(o, 1, "a", VDA_PICK); add_action(o, 2, "b", VDA_DROP); o->node[2].action_first = 0);
    BROKEN(o->actions = VDA_ORDER_ACTIONS_MAX + 1);
    o = order("o", 0, 1, 3, 3);
    assert_int_equal(vda_order_shape(o), VDA_BAD_SHAPE); /* odd start */
    o = order("o", 0, 0, 1, 1);
    o->node[0].seq = UINT32_MAX - 1;
    assert_int_equal(vda_order_shape(o), VDA_BAD_SHAPE); /* the count would wrap */
}

static void actions_need_their_own_ids(void **state)
{
    struct vda_order *o = order("o", 0, 0, 3, 2);
    add_action(o, 0, "a", VDA_PICK);
    add_action(o, 2, "b", VDA_DROP);
    add_action(o, 2, "c", VDA_DROP);
    assert_int_equal(vda_order_shape(o), VDA_OK);
    text_copy(o->action[2].id, VDA_ID_MAX, "a");
    assert_int_equal(vda_order_shape(o), VDA_BAD_ACTION);
    o->action[2].id[0] = '\0';
    assert_int_equal(vda_order_shape(o), VDA_BAD_ACTION);
}

static struct vda_receiver idle_at(const char *node)
{
    return (struct vda_receiver){
        .order_id = "", .idle = true, .decision_node = node, .standing_node = node, .mode = VDA_AUTOMATIC
    };
}

static void a_new_order_is_taken_only_when_idle_and_near(void **state)
{
    struct vda_receiver r = idle_at("n0");
    assert_int_equal(vda_order_verdict(&r, order("o1", 0, 0, 3, 2)), VDA_OK);
    assert_int_equal(vda_order_verdict(&r, order("o1", 0, 2, 3, 2)), VDA_BAD_SHAPE); /* counts from 0 */
    r.standing_node = "n7";
    assert_int_equal(vda_order_verdict(&r, order("o1", 0, 0, 3, 2)), VDA_BAD_START);
    r.start_in_range = true;
    assert_int_equal(vda_order_verdict(&r, order("o1", 0, 0, 3, 2)), VDA_OK);
    r.standing_node = "";
    r.start_in_range = false;
    assert_int_equal(vda_order_verdict(&r, order("o1", 0, 0, 3, 2)), VDA_BAD_START);
    r = idle_at("n0");
    r.order_id = "o0";
    r.idle = false;
    assert_int_equal(vda_order_verdict(&r, order("o1", 0, 0, 3, 2)), VDA_OTHER_ACTIVE);
}

static void only_two_modes_take_orders(void **state)
{
    static const enum vda_verdict want[] = { VDA_OK, VDA_OK, VDA_NOT_AVAILABLE, VDA_NOT_AVAILABLE, VDA_NOT_AVAILABLE };
    for (int m = VDA_AUTOMATIC; m <= VDA_TEACHIN; m++) {
        struct vda_receiver r = idle_at("n0");
        r.mode = (enum vda_mode)m;
        assert_int_equal(vda_order_verdict(&r, order("o1", 0, 0, 3, 2)), want[m]);
        r.order_id = "o1"; /* a repeat stays a repeat in any mode */
        assert_int_equal(vda_order_verdict(&r, order("o1", 0, 0, 3, 2)), VDA_REPEAT);
    }
}

static void updates_stitch_at_the_decision_point_or_are_outdated(void **state)
{
    struct vda_receiver r = { .order_id = "o1",
                              .update_id = 4,
                              .decision_node = "n3",
                              .decision_seq = 6,
                              .standing_node = "n1",
                              .mode = VDA_AUTOMATIC };
    assert_int_equal(vda_order_verdict(&r, order("o1", 3, 6, 3, 3)), VDA_OUTDATED);
    assert_int_equal(vda_order_verdict(&r, order("o1", 4, 6, 3, 3)), VDA_REPEAT);
    assert_int_equal(vda_order_verdict(&r, order("o1", 5, 6, 3, 3)), VDA_OK);
    assert_int_equal(vda_order_verdict(&r, order("o1", 9, 6, 1, 1)), VDA_OK); /* drops the horizon */
    assert_int_equal(vda_order_verdict(&r, order("o1", 5, 8, 3, 3)), VDA_OUTDATED);
    assert_int_equal(vda_order_verdict(&r, order("o1", 5, 4, 3, 3)), VDA_OUTDATED);
    r.decision_node = "n9"; /* same number, other node */
    assert_int_equal(vda_order_verdict(&r, order("o1", 5, 6, 3, 3)), VDA_OUTDATED);
    r.decision_node = "n3";
    r.cancelled = true;
    assert_int_equal(vda_order_verdict(&r, order("o1", 5, 6, 3, 3)), VDA_OUTDATED);
    assert_int_equal(vda_order_verdict(&r, order("o1", 4, 6, 3, 3)), VDA_REPEAT);
    r.idle = true; /* completed: the last node takes the place of the decision point */
    r.cancelled = false;
    assert_int_equal(vda_order_verdict(&r, order("o1", 5, 6, 3, 1)), VDA_OK);
}

static void instant_and_unknown_actions_do_not_belong_on_nodes(void **state)
{
    for (int t = VDA_PICK; t <= VDA_OTHER; t++) {
        struct vda_receiver r = idle_at("n0");
        struct vda_order *o = order("o1", 0, 0, 2, 2);
        add_action(o, 1, "a", (enum vda_action_type)t);
        assert_int_equal(vda_order_verdict(&r, o), t <= VDA_DISINFECT ? VDA_OK : VDA_BAD_ACTION);
    }
}

static void each_refusal_has_its_error_type(void **state)
{
    assert_string_equal(vda_verdict_error(VDA_OK, "2.1.0"), "");
    assert_string_equal(vda_verdict_error(VDA_REPEAT, "2.1.0"), "");
    assert_string_equal(vda_verdict_error(VDA_BAD_SHAPE, "2.1.0"), "validationError");
    assert_string_equal(vda_verdict_error(VDA_BAD_START, "2.1.0"), "noRouteError");
    assert_string_equal(vda_verdict_error(VDA_OUTDATED, "2.1.0"), "orderUpdateError");
    assert_string_equal(vda_verdict_error(VDA_OTHER_ACTIVE, "2.1.0"), "orderUpdateError");
    assert_string_equal(vda_verdict_error(VDA_BAD_ACTION, "2.1.0"), "orderError");
    assert_string_equal(vda_verdict_error(VDA_NOT_AVAILABLE, "2.1.0"), "orderError");
    assert_string_equal(vda_verdict_error(VDA_OK, "3.0.0"), "");
    assert_string_equal(vda_verdict_error(VDA_BAD_SHAPE, "3.0.0"), "VALIDATION_FAILURE");
    assert_string_equal(vda_verdict_error(VDA_BAD_START, "3.0.0"), "START_NODE_OUT_OF_RANGE");
    assert_string_equal(vda_verdict_error(VDA_OUTDATED, "3.0.0"), "OUTDATED_ORDER_UPDATE");
    assert_string_equal(vda_verdict_error(VDA_OTHER_ACTIVE, "3.0.0"), "OTHER_ORDER_ACTIVE");
    assert_string_equal(vda_verdict_error(VDA_BAD_ACTION, "3.0.0"), "INVALID_ORDER_ACTION");
    assert_string_equal(vda_verdict_error(VDA_NOT_AVAILABLE, "3.0.0"), "MOBILE_ROBOT_NOT_AVAILABLE");
    assert_string_equal(vda_action_name[VDA_INIT_POSITION], "initPosition");
    assert_string_equal(vda_action_name[VDA_FACTSHEET_REQUEST], "factsheetRequest");
    assert_string_equal(vda_topic_name[VDA_T_INSTANT], "instantActions");
    assert_string_equal(vda_topic_name[VDA_T_FACTSHEET], "factsheet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_orders_pass_whatever_their_length_and_base),
        cmocka_unit_test(each_broken_shape_rule_is_found),
        cmocka_unit_test(actions_need_their_own_ids),
        cmocka_unit_test(a_new_order_is_taken_only_when_idle_and_near),
        cmocka_unit_test(only_two_modes_take_orders),
        cmocka_unit_test(updates_stitch_at_the_decision_point_or_are_outdated),
        cmocka_unit_test(instant_and_unknown_actions_do_not_belong_on_nodes),
        cmocka_unit_test(each_refusal_has_its_error_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
