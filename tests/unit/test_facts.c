/* Robot states, 1-2 a second, late, twice or not at all, become facts that are told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/facts.h"
#include "tiny_site.h"

#define EPOCH 0xabcdefu
#define ORDER_OF(r, n) "o0000000000abcdef-" #r "-" #n
#define ACTION_OF(r, n) "a0000000000abcdef-" #r "-" #n

static struct tiny tiny;
static uint8_t memory[1 << 16];

struct story {
    struct facts *facts;
    ms_t now_ms;
    struct vda_state s;       /* what robot 0 would say now */
    struct in_fact told[256]; /* since the last call */
    int count;
};
static struct story story;

static struct story *begin(void)
{
    struct facts_config cfg = { .site = tiny_corridor(&tiny, 6, 2), .robots = 3, .epoch = EPOCH };
    struct arena mem;
    assert_true(facts_memory(&cfg) <= sizeof memory);
    arena_init(&mem, memory, facts_memory(&cfg));
    memset(&story, 0, sizeof story);
    assert_int_equal(facts_open(&story.facts, &mem, &cfg), ORD_OK);
    story.s = (struct vda_state){ .battery_permille = 905, .has_position = true, .x_mm = 3000 };
    strcpy(story.s.last_node, "n6");
    strcpy(story.s.map_id, "L0");
    return &story;
}

static void collect(struct story *t)
{
    t->count = 0;
    while (facts_next(t->facts, &t->told[t->count])) t->count++;
}

static void says_as(struct story *t, robot_id r, uint32_t header)
{
    t->s.head.header_id = header;
    facts_state(t->facts, r, &t->s, t->now_ms);
    collect(t);
}

static void says(struct story *t) { says_as(t, 0, t->s.head.header_id + 1); }

static int told(const struct story *t, enum fact_kind kind)
{
    int n = 0;
    for (int i = 0; i < t->count; i++) n += t->told[i].kind == kind;
    return n;
}

static const struct in_fact *the(const struct story *t, enum fact_kind kind)
{
    assert_int_equal(told(t, kind), 1);
    for (int i = 0; i < t->count; i++)
        if (t->told[i].kind == kind) return &t->told[i];
    return NULL;
}

static void shows(struct story *t, const char *order, uint32_t update, const char *node, uint32_t seq, uint16_t left)
{
    strcpy(t->s.order_id, order);
    t->s.update_id = update;
    strcpy(t->s.last_node, node);
    t->s.last_seq = seq;
    t->s.node_states = t->s.edge_states = left;
    t->s.driving = left > 0;
}

static void acts(struct story *t, int i, const char *id, enum vda_status status)
{
    strcpy(t->s.action_state[i].id, id);
    t->s.action_state[i].status = status;
    if (i >= t->s.action_states) t->s.action_states = (uint16_t)(i + 1);
}

/* ---- presence ---- */

static void the_first_state_tells_all_and_a_repetition_nothing(void **state)
{
    struct story *t = begin();
    says(t);
    the(t, FACT_ONLINE);
    assert_int_equal(the(t, FACT_MODE)->b, VDA_AUTOMATIC);
    assert_int_equal(the(t, FACT_BATTERY)->a, 900);
    assert_int_equal(the(t, FACT_STANDS)->node, 6);
    assert_int_equal(t->count, 4);
    for (int i = 0; i < 10; i++) {
        says(t);
        assert_int_equal(t->count, 0);
    }
}

static void an_old_a_repeated_and_an_overtaken_state_are_dropped(void **state)
{
    struct story *t = begin();
    says_as(t, 0, 100);
    strcpy(t->s.last_node, "n1");
    says_as(t, 0, 100);
    assert_int_equal(t->count, 0);
    says_as(t, 0, 99);
    assert_int_equal(t->count, 0);
    says_as(t, 0, 101); /* the turning point */
    assert_int_equal(the(t, FACT_STANDS)->node, 1);
}

static void lost_states_do_not_matter(void **state)
{
    struct story *t = begin();
    says_as(t, 0, 1);
    shows(t, ORDER_OF(0, 1), 0, "n0", 2, 3);
    says_as(t, 0, 57);
    assert_int_equal(the(t, FACT_REACHED)->b, 2);
    shows(t, ORDER_OF(0, 1), 0, "n2", 6, 1); /* seq 4 was never heard of */
    says_as(t, 0, 500);
    assert_int_equal(the(t, FACT_REACHED)->b, 6);
    assert_int_equal(the(t, FACT_REACHED)->node, 2);
}

static void the_counter_may_wrap(void **state)
{
    struct story *t = begin();
    says_as(t, 0, UINT32_MAX);
    strcpy(t->s.last_node, "n1");
    says_as(t, 0, 0);
    assert_int_equal(told(t, FACT_STANDS), 1);
}

static void a_counter_set_back_is_believed_when_nothing_newer_comes(void **state)
{
    struct story *t = begin();
    says_as(t, 0, 5000);
    strcpy(t->s.last_node, "n1");
    for (uint32_t k = 1; k < 10; k++) { /* one every half second */
        t->now_ms += 500;
        says_as(t, 0, k);
        assert_int_equal(t->count, 0);
    }
    t->now_ms += 500;
    says_as(t, 0, 10);
    assert_int_equal(the(t, FACT_STANDS)->node, 1);
    strcpy(t->s.last_node, "n2");
    says_as(t, 0, 11);
    assert_int_equal(the(t, FACT_STANDS)->node, 2);
}

static void a_burst_held_up_on_the_way_is_not_taken_for_a_new_count(void **state)
{
    struct story *t = begin();
    says_as(t, 0, 100);
    strcpy(t->s.last_node, "n1");
    says_as(t, 0, 120);
    the(t, FACT_STANDS);
    strcpy(t->s.last_node, "n6");
    for (uint32_t k = 101; k < 120; k++) {
        says_as(t, 0, k);
        assert_int_equal(t->count, 0);
    }
}

static void one_late_message_again_and_again_is_never_believed(void **state)
{
    struct story *t = begin();
    says_as(t, 0, 5000);
    strcpy(t->s.last_node, "n1");
    for (int i = 0; i < 20; i++) {
        says_as(t, 0, 7);
        assert_int_equal(t->count, 0);
    }
}

static void a_new_connection_may_begin_its_count_anywhere(void **state)
{
    struct story *t = begin();
    says_as(t, 0, 5000);
    facts_connection(t->facts, 0, VDA_ONLINE, t->now_ms);
    collect(t);
    assert_int_equal(t->count, 0); /* a state is the proof of life */
    strcpy(t->s.last_node, "n1");
    says_as(t, 0, 0);
    assert_int_equal(the(t, FACT_STANDS)->node, 1);
}

static void silence_is_told_once_at_its_deadline_and_ends_with_a_state(void **state)
{
    struct story *t = begin();
    assert_true(facts_deadline(t->facts) == MS_NEVER);
    says(t);
    assert_int_equal(facts_deadline(t->facts), 10000);
    t->now_ms = 9999;
    facts_tick(t->facts, t->now_ms);
    collect(t);
    assert_int_equal(t->count, 0);
    t->now_ms = 10000;
    facts_tick(t->facts, t->now_ms);
    collect(t);
    the(t, FACT_SILENT);
    assert_true(facts_deadline(t->facts) == MS_NEVER);
    facts_tick(t->facts, t->now_ms += 10000);
    collect(t);
    assert_int_equal(t->count, 0);
    says(t);
    the(t, FACT_ONLINE);
    assert_int_equal(t->count, 1);
}

static void a_robot_that_reports_seldom_is_given_longer(void **state)
{
    struct story *t = begin();
    says(t);
    facts_patience(t->facts, 0, 45000);
    t->now_ms += 44999;
    facts_tick(t->facts, t->now_ms);
    collect(t);
    assert_int_equal(t->count, 0);
    assert_true(facts_deadline(t->facts) == t->now_ms + 1);
    facts_tick(t->facts, ++t->now_ms);
    collect(t);
    the(t, FACT_SILENT);
}

static void a_will_or_a_goodbye_is_offline_once(void **state)
{
    struct story *t = begin();
    facts_connection(t->facts, 0, VDA_CONNECTION_BROKEN, 0); /* a retained one of last week */
    collect(t);
    assert_int_equal(t->count, 0);
    says(t);
    facts_connection(t->facts, 0, VDA_OFFLINE, 10);
    collect(t);
    the(t, FACT_OFFLINE);
    facts_connection(t->facts, 0, VDA_CONNECTION_BROKEN, 20);
    collect(t);
    assert_int_equal(t->count, 0);
    says(t);
    the(t, FACT_ONLINE);
}

static void robots_are_told_apart(void **state)
{
    struct story *t = begin();
    says_as(t, 0, 10);
    says_as(t, 2, 1);
    assert_int_equal(t->count, 4);
    for (int i = 0; i < t->count; i++) assert_int_equal(t->told[i].robot, 2);
    shows(t, ORDER_OF(0, 1), 0, "n1", 2, 1); /* robot 2 shows an order of robot 0: not its own */
    says_as(t, 2, 2);
    assert_int_equal(told(t, FACT_ACK), 0);
    assert_int_equal(the(t, FACT_FOREIGN)->b, 1);
    assert_int_equal(the(t, FACT_FOREIGN)->robot, 2);
}

/* ---- orders ---- */

static void an_order_is_acknowledged_reached_and_done(void **state)
{
    struct story *t = begin();
    says(t);
    shows(t, ORDER_OF(0, 4), 0, "n6", 0, 2);
    says(t);
    assert_int_equal(the(t, FACT_ACK)->a, 4);
    assert_int_equal(the(t, FACT_REACHED)->b, 0);
    assert_int_equal(told(t, FACT_LOST_ORDER), 0);
    shows(t, ORDER_OF(0, 4), 1, "n6", 0, 3);
    says(t);
    assert_int_equal(the(t, FACT_ACK)->b, 1);
    assert_int_equal(t->count, 1);
    shows(t, ORDER_OF(0, 4), 1, "n0", 2, 1);
    says(t);
    assert_int_equal(the(t, FACT_REACHED)->node, 0);
    shows(t, ORDER_OF(0, 4), 1, "n1", 4, 0);
    says(t);
    assert_int_equal(the(t, FACT_REACHED)->b, 4);
    assert_int_equal(the(t, FACT_IDLE)->a, 4);
    assert_int_equal(the(t, FACT_IDLE)->b, 1);
    says(t);
    assert_int_equal(t->count, 0);
}

static void an_edge_number_counts_as_the_node_before_it(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 0, "n0", 3, 2);
    says(t);
    assert_int_equal(the(t, FACT_REACHED)->b, 2);
}

static void a_count_that_falls_back_is_not_told(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 0, "n1", 4, 2);
    says(t);
    shows(t, ORDER_OF(0, 4), 0, "n1", 0, 2); /* as some robots do after initPosition */
    says(t);
    assert_int_equal(t->count, 0);
}

static void it_is_idle_only_when_nothing_is_left_to_do(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 0, "n1", 4, 0);
    acts(t, 0, ACTION_OF(0, 9), VDA_RUNNING);
    says(t);
    assert_int_equal(told(t, FACT_IDLE), 0);
    acts(t, 0, ACTION_OF(0, 9), VDA_FINISHED);
    t->s.driving = true;
    says(t);
    assert_int_equal(told(t, FACT_IDLE), 0);
    t->s.driving = false;
    t->s.edge_states = 1;
    says(t);
    assert_int_equal(told(t, FACT_IDLE), 0);
    t->s.edge_states = 0;
    says(t);
    the(t, FACT_IDLE);
    shows(t, ORDER_OF(0, 4), 1, "n1", 4, 2); /* an update makes it busy again */
    says(t);
    shows(t, ORDER_OF(0, 4), 1, "n2", 6, 0);
    says(t);
    assert_int_equal(the(t, FACT_IDLE)->b, 1);
}

static void a_robot_that_shows_no_order_any_more_has_lost_it(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 0, "n1", 4, 2);
    says(t);
    shows(t, "", 0, "n1", 0, 0);
    says(t);
    assert_int_equal(the(t, FACT_LOST_ORDER)->a, 4);
    assert_int_equal(the(t, FACT_STANDS)->node, 1);
    says(t);
    assert_int_equal(t->count, 0);
}

static void a_foreign_order_is_none_of_ours(void **state)
{
    static const char *const foreign[] = { "order-17", "o0000000000abcdee-0-4", "o0000000000abcdef-1-4",
                                           "o0000000000abcdef-0-", "x" };
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        struct story *t = begin();
        shows(t, ORDER_OF(0, 4), 0, "n1", 4, 2);
        says(t);
        shows(t, foreign[i], 9, "n2", 40, 2);
        says(t);
        the(t, FACT_LOST_ORDER);
        assert_int_equal(told(t, FACT_ACK) + told(t, FACT_REACHED) + told(t, FACT_IDLE), 0);
        assert_int_equal(the(t, FACT_FOREIGN)->b, 1);
        assert_int_equal(told(t, FACT_STANDS), 0); /* it is on its way, wherever that leads */
        shows(t, foreign[i], 9, "n2", 44, 0);
        says(t);
        assert_int_equal(the(t, FACT_FOREIGN)->b, 0);
        assert_int_equal(the(t, FACT_STANDS)->node, 2);
    }
}

static void a_new_order_starts_its_own_count(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 3, "n1", 44, 0);
    says(t);
    shows(t, ORDER_OF(0, 5), 0, "n1", 0, 2);
    says(t);
    assert_int_equal(the(t, FACT_ACK)->a, 5);
    assert_int_equal(the(t, FACT_REACHED)->b, 0);
    assert_int_equal(told(t, FACT_LOST_ORDER), 0); /* that is how orders follow one another */
}

static void an_unknown_node_is_no_node(void **state)
{
    struct story *t = begin();
    strcpy(t->s.last_node, "somewhere");
    says(t);
    assert_int_equal(the(t, FACT_STANDS)->node, ID_NONE);
    strcpy(t->s.last_node, "");
    says(t);
    assert_int_equal(the(t, FACT_STANDS)->node, ID_NONE);
    shows(t, ORDER_OF(0, 4), 0, "else", 2, 1);
    says(t);
    assert_int_equal(the(t, FACT_REACHED)->node, ID_NONE);
}

/* ---- actions ---- */

static void an_action_is_told_once_in_each_state(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 0, "n1", 4, 1);
    acts(t, 0, ACTION_OF(0, 9), VDA_WAITING);
    says(t);
    assert_int_equal(told(t, FACT_ACTION), 0);
    acts(t, 0, ACTION_OF(0, 9), VDA_INITIALIZING);
    says(t);
    assert_int_equal(the(t, FACT_ACTION)->b, VDA_RUNNING);
    acts(t, 0, ACTION_OF(0, 9), VDA_RUNNING);
    says(t);
    acts(t, 0, ACTION_OF(0, 9), VDA_PAUSED);
    says(t);
    assert_int_equal(t->count, 0);
    acts(t, 0, ACTION_OF(0, 9), VDA_FINISHED);
    says(t);
    assert_int_equal(the(t, FACT_ACTION)->a, 9);
    assert_int_equal(the(t, FACT_ACTION)->b, VDA_FINISHED);
    for (int i = 0; i < 5; i++) {
        says(t);
        assert_int_equal(told(t, FACT_ACTION), 0);
    }
}

static void what_has_ended_never_begins_again(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 0, "n1", 4, 1);
    acts(t, 0, ACTION_OF(0, 9), VDA_FINISHED);
    says(t);
    the(t, FACT_ACTION);
    acts(t, 0, ACTION_OF(0, 9), VDA_RUNNING);
    says(t);
    acts(t, 0, ACTION_OF(0, 9), VDA_FAILED);
    says(t);
    assert_int_equal(t->count, 0);
}

static void a_foreign_action_is_not_told(void **state)
{
    struct story *t = begin();
    says(t);
    acts(t, 0, "somebody-elses", VDA_FINISHED);
    acts(t, 1, "a0000000000abcdef-1-9", VDA_FINISHED);
    acts(t, 2, "a0000000000abcdee-0-9", VDA_FAILED);
    says(t);
    assert_int_equal(t->count, 0);
}

static void a_state_full_of_actions_is_told_whole(void **state)
{
    struct story *t = begin();
    shows(t, ORDER_OF(0, 4), 0, "n1", 4, 1);
    for (int i = 0; i < VDA_ACTION_STATES_MAX; i++) {
        char id[VDA_ID_MAX];
        snprintf(id, sizeof id, "a0000000000abcdef-0-%d", i + 1);
        acts(t, i, id, VDA_FINISHED);
    }
    says(t);
    assert_int_equal(told(t, FACT_ACTION), VDA_ACTION_STATES_MAX);
    says(t);
    assert_int_equal(told(t, FACT_ACTION), 0);
}

/* ---- health ---- */

static void mode_battery_and_errors_are_told_on_change(void **state)
{
    struct story *t = begin();
    says(t);
    t->s.mode = VDA_MANUAL;
    says(t);
    assert_int_equal(the(t, FACT_MODE)->b, VDA_MANUAL);
    t->s.battery_permille = 901; /* the same step of one percent */
    says(t);
    assert_int_equal(t->count, 0);
    t->s.battery_permille = 899;
    says(t);
    assert_int_equal(the(t, FACT_BATTERY)->a, 890);
    t->s.charging = true;
    says(t);
    assert_int_equal(the(t, FACT_BATTERY)->b, 1);
    t->s.errors = 1;
    t->s.error[0].level = VDA_WARNING;
    says(t);
    assert_int_equal(t->count, 0);
    t->s.error[0].level = VDA_FATAL;
    says(t);
    assert_int_equal(the(t, FACT_ERROR)->b, 1);
    t->s.errors = 0;
    t->s.estop = VDA_ESTOP_MANUAL; /* one cause replaces the other */
    says(t);
    assert_int_equal(t->count, 0);
    t->s.estop = VDA_ESTOP_NONE;
    says(t);
    assert_int_equal(the(t, FACT_ERROR)->b, 0);
}

static void refuses(struct story *t, int i, const char *type, const char *order, const char *update)
{
    struct vda_error *e = &t->s.error[i];
    memset(e, 0, sizeof *e);
    strcpy(e->type, type);
    e->refs = 2;
    strcpy(e->ref[0].key, "orderId");
    strcpy(e->ref[0].value, order);
    strcpy(e->ref[1].key, "orderUpdateId");
    strcpy(e->ref[1].value, update);
    if (i >= t->s.errors) t->s.errors = (uint8_t)(i + 1);
}

static void a_refusal_is_tied_to_its_message_and_told_once(void **state)
{
    struct story *t = begin();
    says(t);
    refuses(t, 0, "orderUpdateError", ORDER_OF(0, 4), "12");
    says(t);
    assert_int_equal(the(t, FACT_REJECTED)->a, 4);
    assert_int_equal(the(t, FACT_REJECTED)->b, 12);
    says(t);
    assert_int_equal(t->count, 0);
    refuses(t, 0, "orderUpdateError", ORDER_OF(0, 4), "13");
    says(t);
    assert_int_equal(the(t, FACT_REJECTED)->b, 13);
    t->s.errors = 0;
    says(t);
    refuses(t, 0, "orderUpdateError", ORDER_OF(0, 4), "13"); /* refused again after it was gone */
    says(t);
    the(t, FACT_REJECTED);
}

static void two_refusals_shown_side_by_side_are_told_once_each(void **state)
{
    struct story *t = begin();
    says(t);
    refuses(t, 0, "orderUpdateError", ORDER_OF(0, 4), "2");
    refuses(t, 1, "orderUpdateError", ORDER_OF(0, 4), "3");
    says(t);
    assert_int_equal(told(t, FACT_REJECTED), 2);
    for (int i = 0; i < 5; i++) {
        says(t);
        assert_int_equal(t->count, 0);
    }
}

static void an_error_that_refuses_nothing_of_ours_is_no_refusal(void **state)
{
    struct story *t = begin();
    says(t);
    refuses(t, 0, "motorHot", ORDER_OF(0, 4), "0");
    t->s.error[0].refs = 1; /* it does not say of which message it speaks */
    refuses(t, 1, "orderError", "order-17", "0");
    refuses(t, 2, "orderError", ORDER_OF(1, 4), "0");
    refuses(t, 3, "validationError", "", "");
    says(t);
    assert_int_equal(t->count, 0);
}

/* ---- pose ---- */

static void the_pose_is_the_last_one_reported(void **state)
{
    struct story *t = begin();
    struct robot_pose p;
    assert_false(facts_pose(t->facts, 0, &p));
    t->now_ms = 123;
    says(t);
    assert_true(facts_pose(t->facts, 0, &p));
    assert_int_equal(p.x_mm, 3000);
    assert_int_equal(p.level, 0);
    assert_int_equal(p.at_ms, 123);
    strcpy(t->s.map_id, "cellar");
    says(t);
    assert_true(facts_pose(t->facts, 0, &p));
    assert_int_equal(p.level, ID_NONE);
    t->s.has_position = false; /* it cannot tell just now: the old one stays */
    t->s.x_mm = 9;
    says(t);
    assert_true(facts_pose(t->facts, 0, &p));
    assert_int_equal(p.x_mm, 3000);
    assert_false(facts_pose(t->facts, 1, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_state_tells_all_and_a_repetition_nothing),
        cmocka_unit_test(an_old_a_repeated_and_an_overtaken_state_are_dropped),
        cmocka_unit_test(lost_states_do_not_matter),
        cmocka_unit_test(the_counter_may_wrap),
        cmocka_unit_test(a_counter_set_back_is_believed_when_nothing_newer_comes),
        cmocka_unit_test(a_burst_held_up_on_the_way_is_not_taken_for_a_new_count),
        cmocka_unit_test(one_late_message_again_and_again_is_never_believed),
        cmocka_unit_test(a_new_connection_may_begin_its_count_anywhere),
        cmocka_unit_test(silence_is_told_once_at_its_deadline_and_ends_with_a_state),
        cmocka_unit_test(a_robot_that_reports_seldom_is_given_longer),
        cmocka_unit_test(a_will_or_a_goodbye_is_offline_once),
        cmocka_unit_test(robots_are_told_apart),
        cmocka_unit_test(an_order_is_acknowledged_reached_and_done),
        cmocka_unit_test(an_edge_number_counts_as_the_node_before_it),
        cmocka_unit_test(a_count_that_falls_back_is_not_told),
        cmocka_unit_test(it_is_idle_only_when_nothing_is_left_to_do),
        cmocka_unit_test(a_robot_that_shows_no_order_any_more_has_lost_it),
        cmocka_unit_test(a_foreign_order_is_none_of_ours),
        cmocka_unit_test(a_new_order_starts_its_own_count),
        cmocka_unit_test(an_unknown_node_is_no_node),
        cmocka_unit_test(an_action_is_told_once_in_each_state),
        cmocka_unit_test(what_has_ended_never_begins_again),
        cmocka_unit_test(a_foreign_action_is_not_told),
        cmocka_unit_test(a_state_full_of_actions_is_told_whole),
        cmocka_unit_test(mode_battery_and_errors_are_told_on_change),
        cmocka_unit_test(a_refusal_is_tied_to_its_message_and_told_once),
        cmocka_unit_test(two_refusals_shown_side_by_side_are_told_once_each),
        cmocka_unit_test(an_error_that_refuses_nothing_of_ours_is_no_refusal),
        cmocka_unit_test(the_pose_is_the_last_one_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
