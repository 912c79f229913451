/* What robots are told: one unanswered message each, repeated as it was; a base within the claim; numbers never used
 * again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_fleet.h"

static struct tiny tiny;

/* A corridor of eight with bays at the first four; robots at home in the bays. */
static struct tf *ward(void **state, uint16_t robots)
{
    struct tf *t = tf_open(tiny_corridor(&tiny, 8, 4), robots);
    *state = t;
    tf_host_starts(t, 1);
    for (robot_id r = 0; r < robots; r++) tf_online(t, r, (node_id)(8 + r));
    return t;
}

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

static void the_same_message_is_repeated_until_it_is_answered(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    assert_int_equal(t->orders[0], 1);
    struct out_order first = t->order[0];
    tf_after(t, 1999);
    assert_int_equal(t->orders[0], 1); /* the answer may still come */
    for (uint32_t n = 2; n < 6; n++) {
        assert_int_equal(fleet_deadline(t->fleet) - t->now_ms, n == 2 ? 1 : 2000);
        t->now_ms = fleet_deadline(t->fleet);
        tf_tick(t);
        assert_int_equal(t->orders[0], n);
        assert_memory_equal(&t->order[0], &first, sizeof first);
    }
    tf_fact(t, 0, FACT_ACK, ID_NONE, first.order, first.update);
    tf_after(t, 10000);
    assert_int_equal(t->orders[0], 5);
}

static void while_one_message_is_unanswered_no_other_is_sent(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    struct out_order first = t->order[0];
    /* it drives, the answer was lost: the claim grows, the message must not change */
    tf_fact(t, 0, FACT_REACHED, 0, first.order, 2);
    tf_fact(t, 0, FACT_REACHED, 1, first.order, 4);
    assert_int_equal(t->orders[0], 1);
    tf_after(t, 2000);
    assert_memory_equal(&t->order[0], &first, sizeof first);
    tf_fact(t, 0, FACT_ACK, ID_NONE, first.order, first.update);
    assert_int_equal(t->orders[0], 3); /* now the next one, at once */
    assert_int_equal(t->order[0].order, first.order);
    assert_int_equal(t->order[0].update, first.update + 1);
}

static void a_late_answer_to_an_old_update_is_no_answer(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    tf_accept(t, 0);
    tf_drive(t, 0);
    tf_drive(t, 0);
    assert_int_equal(t->order[0].update, 1);
    uint32_t sent = t->orders[0];
    tf_fact(t, 0, FACT_ACK, ID_NONE, t->order[0].order, 0);     /* the old one, late */
    tf_fact(t, 0, FACT_ACK, ID_NONE, t->order[0].order + 1, 1); /* another order's */
    tf_after(t, 2000);
    assert_int_equal(t->orders[0], sent + 1); /* still repeated */
    assert_int_equal(t->order[0].update, 1);
    tf_fact(t, 0, FACT_ACK, ID_NONE, t->order[0].order, 1);
    tf_after(t, 2000);
    assert_true(t->order[0].update > 1); /* on to the next */
}

static void a_new_order_starts_at_zero_where_the_robot_stands(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    const struct out_order *m = &t->order[0];
    assert_int_equal(m->update, 0);
    assert_int_equal(m->node[0].node, 8);
    assert_int_equal(m->node[0].seq, 0);
    assert_int_equal(m->node[0].edge, ID_NONE);
    assert_true(m->node[0].released);
    for (uint16_t i = 1; i < m->nodes; i++) {
        assert_int_equal(m->node[i].seq, 2 * i);
        assert_true(!m->node[i].released || m->node[i - 1].released); /* base first, then horizon */
        assert_int_equal(t->site->edge[m->node[i].edge].from, m->node[i - 1].node);
        assert_int_equal(t->site->edge[m->node[i].edge].to, m->node[i].node);
    }
}

static void an_update_begins_with_the_last_base_node_and_counts_on(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    for (int i = 0; i < 60; i++) tf_world(t); /* tf_accept asserts that each update stitches */
    assert_true(t->order[0].update > 0);
    assert_true(tf_all_done(t, 300));
}

/* tf_keep looks at every new message the moment it leaves. */
static void the_base_never_leaves_the_claim(void **state)
{
    struct tf *t = ward(state, 3);
    tf_job(t, 1, 0);
    tf_job(t, 0, 1);
    tf_job(t, 1, 0);
    assert_true(tf_all_done(t, 900));
    assert_true(t->released > 20);
}

static void an_action_is_given_once_with_the_base_and_its_number_never_again(void **state)
{
    struct tf *t = ward(state, 1);
    static bool used[1000];
    memset(used, 0, sizeof used);
    for (int k = 0; k < 3; k++) tf_job(t, 1, 0);
    uint32_t sent = 0;
    for (int second = 0; second < 500; second++) {
        tf_world(t);
        if (t->orders[0] == sent) continue;
        sent = t->orders[0];
        const struct out_order *m = &t->order[0];
        for (uint16_t i = 0; i < m->nodes; i++) {
            if (m->node[i].action.kind == ACT_NONE) continue;
            assert_true(m->node[i].released);
            bool repeat = i == 0 && m->update > 0; /* what the robot has already: order.h drops it for 2.x */
            assert_int_equal(used[m->node[i].action.number], repeat);
            used[m->node[i].action.number] = true;
        }
    }
    int given = 0;
    for (int n = 0; n < 1000; n++) given += used[n];
    assert_int_equal(given, 6); /* three picks, three drops */
}

static void soon_after_an_order_the_next_trip_is_an_update_of_it(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 0, 1);
    assert_true(tf_all_done(t, 300));
    uint32_t order = t->robot[0].order, update = t->robot[0].update;
    tf_job(t, 0, 1); /* a late copy of the old message may still be on its way */
    assert_int_equal(t->order[0].order, order);
    assert_int_equal(t->order[0].update, update + 1);
    assert_int_equal(t->order[0].node[0].seq, t->robot[0].base[t->robot[0].at].seq);
    assert_true(tf_all_done(t, 300));
}

static void after_thirty_quiet_seconds_a_new_order_begins(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 0, 1);
    assert_true(tf_all_done(t, 300));
    uint32_t order = t->robot[0].order;
    tf_after(t, 30000);
    tf_job(t, 0, 1);
    assert_int_equal(t->order[0].order, order + 1);
    assert_int_equal(t->order[0].update, 0);
    assert_int_equal(t->order[0].node[0].seq, 0);
    assert_true(tf_all_done(t, 300));
}

static void a_refused_order_is_tried_again_after_a_pause_under_a_new_number(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    uint32_t order = t->order[0].order;
    tf_fact(t, 0, FACT_REJECTED, ID_NONE, order, 0);
    assert_int_equal(t->events[EVENT_ROBOT_REJECTED_ORDER], 1);
    assert_int_equal(t->orders[0], 1);
    tf_after(t, 4999);
    assert_int_equal(t->orders[0], 1);
    assert_int_equal(fleet_deadline(t->fleet) - t->now_ms, 1);
    tf_after(t, 1);
    assert_int_equal(t->orders[0], 2);
    assert_int_equal(t->order[0].order, order + 1);
    tf_fact(t, 0, FACT_REJECTED, ID_NONE, order, 0); /* the old refusal, told again */
    tf_accept(t, 0);
    assert_true(tf_all_done(t, 300));
}

static void a_refused_update_is_repeated_as_it_was(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    tf_accept(t, 0);
    tf_drive(t, 0);
    tf_drive(t, 0);
    struct out_order m = t->order[0];
    assert_int_equal(m.update, 1);
    tf_fact(t, 0, FACT_REJECTED, ID_NONE, m.order, 1);
    tf_after(t, 5000);
    assert_memory_equal(&t->order[0], &m, sizeof m);
    tf_accept(t, 0);
    assert_true(tf_all_done(t, 300));
}

/* It goes on showing the one refusal, so the next ones cannot be told from it. */
static void an_update_refused_without_end_is_given_up(void **state)
{
    struct tf *t = ward(state, 1);
    job_id j = tf_job(t, 1, 0);
    tf_accept(t, 0);
    while (tf_drive(t, 0)) {}
    assert_int_equal(t->order[0].update, 1);
    tf_fact(t, 0, FACT_REJECTED, ID_NONE, t->order[0].order, 1);
    for (int i = 0; i < 30 && t->order[0].update == 1; i++) tf_after(t, 1000);
    assert_int_equal(t->order[0].update, 0);
    assert_int_equal(t->order[0].node[0].node, tf_stands(t, 0)->node);
    assert_true(tf_all_done(t, 300));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

/* It refuses the update for good, drives the rest of its base meanwhile, and needs a new order from where that ends. */
static void a_robot_that_will_not_take_an_update_starts_anew_where_it_ends(void **state)
{
    struct tf *t = ward(state, 1);
    job_id j = tf_job(t, 1, 0);
    tf_accept(t, 0);
    struct tf_robot *r = &t->robot[0];
    while (t->orders[0] == r->accepted) assert_true(tf_drive(t, 0));
    assert_true(r->at + 1 < r->count); /* the base is not driven to its end yet */
    for (int i = 0; i < 300; i++) {
        t->now_ms += 1000;
        tf_tick(t);
        if (t->orders[0] != r->accepted) {
            r->accepted = t->orders[0];
            const struct out_order *m = &t->order[0];
            bool ended = r->at + 1 == r->count;
            if (m->update == 0 && ended && m->node[0].node == tf_stands(t, 0)->node) {
                tf_accept(t, 0);
                break;
            }
            tf_fact(t, 0, FACT_REJECTED, ID_NONE, m->order, m->update);
        }
        if (i % 20 == 19) tf_drive(t, 0); /* slowly: three refusals are over before the next node */
    }
    assert_int_equal(r->update, 0);
    assert_true(r->order > 1);
    assert_true(tf_all_done(t, 300));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

/* Switched to manual while it drives: it brakes, passes one more node, and says so after the mode. */
static void what_it_reached_after_its_order_was_cleared_still_counts(void **state)
{
    struct tf *t = ward(state, 1);
    job_id j = tf_job(t, 1, 0);
    tf_accept(t, 0);
    tf_drive(t, 0);
    struct tf_robot old = t->robot[0];
    tf_fact(t, 0, FACT_MODE, ID_NONE, 0, VDA_MANUAL);
    tf_fact(t, 0, FACT_REACHED, old.base[2].node, old.order, old.base[2].seq);
    assert_int_equal(tf_view(t, 0).at, old.base[2].node);
    t->robot[0] = (struct tf_robot){ .accepted = t->orders[0] };
    tf_fact(t, 0, FACT_MODE, ID_NONE, 0, VDA_AUTOMATIC);
    assert_int_equal(t->order[0].update, 0);
    assert_int_equal(t->order[0].node[0].node, old.base[2].node);
    assert_true(tf_all_done(t, 300));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void nobody_offline_is_sent_anything_and_coming_back_repeats_at_once(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 1, 0);
    tf_fact(t, 0, FACT_OFFLINE, ID_NONE, 0, 0);
    uint32_t sent = t->orders[0];
    tf_after(t, 20000);
    assert_int_equal(t->orders[0], sent);
    tf_fact(t, 0, FACT_ONLINE, ID_NONE, 0, 0);
    assert_int_equal(t->orders[0], sent + 1);
}

static void an_order_of_many_actions_ends_at_the_next_quiet_moment(void **state)
{
    struct tf *t = ward(state, 1);
    uint32_t order = 0;
    for (int k = 0; k < 24; k++) { /* two actions each, never thirty quiet seconds between */
        tf_job(t, 0, 1);
        for (int i = 0; i < 400 && !tf_quiet(t); i++) tf_world(t);
        assert_true(tf_quiet(t));
        if (k == 0) order = t->robot[0].order;
    }
    assert_true(t->robot[0].order > order);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(the_same_message_is_repeated_until_it_is_answered),
        STORY(while_one_message_is_unanswered_no_other_is_sent),
        STORY(a_late_answer_to_an_old_update_is_no_answer),
        STORY(a_new_order_starts_at_zero_where_the_robot_stands),
        STORY(an_update_begins_with_the_last_base_node_and_counts_on),
        STORY(the_base_never_leaves_the_claim),
        STORY(an_action_is_given_once_with_the_base_and_its_number_never_again),
        STORY(soon_after_an_order_the_next_trip_is_an_update_of_it),
        STORY(after_thirty_quiet_seconds_a_new_order_begins),
        STORY(a_refused_order_is_tried_again_after_a_pause_under_a_new_number),
        STORY(a_refused_update_is_repeated_as_it_was),
        STORY(an_update_refused_without_end_is_given_up),
        STORY(a_robot_that_will_not_take_an_update_starts_anew_where_it_ends),
        STORY(what_it_reached_after_its_order_was_cleared_still_counts),
        STORY(nobody_offline_is_sent_anything_and_coming_back_repeats_at_once),
        STORY(an_order_of_many_actions_ends_at_the_next_quiet_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
