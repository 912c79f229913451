#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_fleet.h"

static struct tiny tiny;

static struct tf *ward(void **state, uint16_t robots)
{
    struct tf *t = tf_open(tiny_corridor(&tiny, 8, 4), robots);
    *state = t;
    tf_host_starts(t, 1);
    for (robot_id r = 0; r < robots; r++) tf_online(t, r, (node_id)(8 + r));
    return t;
}

/* Nobody is there to do anything: jobs stay requested. */
static struct tf *nobody(void **state)
{
    struct tf *t = tf_open(tiny_corridor(&tiny, 8, 4), 1);
    *state = t;
    tf_host_starts(t, 1);
    return t;
}

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

static enum refusal asked(struct tf *t, struct in_job job)
{
    job.ref = 4711;
    tf_in(t, (struct fleet_in){ .kind = IN_JOB, .job = job });
    assert_int_equal(t->said.ref, 4711); /* whoever asked gets the answer */
    if (t->said.refusal == REFUSAL_NONE) return REFUSAL_NONE;
    assert_int_equal(t->said.job, 0);
    return (enum refusal)t->said.refusal;
}

static void a_request_is_taken_up_to_its_limits_and_refused_beyond(void **state)
{
    struct tf *t = nobody(state);
    struct in_job good = { .from = 0, .to = 1, .quantity = 1, .priority = 3 };
    struct in_job job = good;
    assert_int_equal(asked(t, job), REFUSAL_NONE);
    job.quantity = JOB_QUANTITY_MAX;
    assert_int_equal(asked(t, job), REFUSAL_NONE);
    job.quantity = JOB_QUANTITY_MAX + 1;
    assert_int_equal(asked(t, job), REFUSAL_QUANTITY);
    job.quantity = 0;
    assert_int_equal(asked(t, job), REFUSAL_QUANTITY);
    job = good;
    job.priority = JOB_PRIORITY_LAST;
    assert_int_equal(asked(t, job), REFUSAL_NONE);
    job.priority = JOB_PRIORITY_LAST + 1;
    assert_int_equal(asked(t, job), REFUSAL_PRIORITY);
    job = good;
    job.to = 2;
    assert_int_equal(asked(t, job), REFUSAL_UNKNOWN_STATION);
    job.to = 0;
    assert_int_equal(asked(t, job), REFUSAL_SAME_STATION);
    job.from = ID_NONE;
    assert_int_equal(asked(t, job), REFUSAL_UNKNOWN_STATION);
    assert_int_equal(fleet_job_last(t->fleet), 3); /* a refusal takes no number */
}

static void a_station_without_a_way_is_refused(void **state)
{
    tiny_begin(&tiny, 1);
    for (node_id i = 0; i < 4; i++) tiny_node(&tiny, 0, TINY_STEP_MM * i, 0, 0);
    tiny_lane(&tiny, 0, 1);
    tiny_oneway(&tiny, 1, 2);
    tiny_lane(&tiny, 2, 3);
    tiny_refuge(&tiny, 0, 0, -TINY_STEP_MM);
    tiny_station(&tiny, 0);
    tiny_station(&tiny, 3);
    struct tf *t = tf_open(tiny_done(&tiny), 1);
    *state = t;
    tf_host_starts(t, 1);
    assert_int_equal(asked(t, (struct in_job){ .from = 0, .to = 1, .quantity = 1 }), REFUSAL_NONE);
    assert_int_equal(asked(t, (struct in_job){ .from = 1, .to = 0, .quantity = 1 }), REFUSAL_UNREACHABLE);
}

static void numbers_rise_by_one_and_a_full_table_refuses_until_an_old_job_ends(void **state)
{
    struct tf *t = nobody(state);
    for (job_id j = 1; j <= 64; j++) assert_int_equal(tf_job(t, 0, 1), j);
    assert_int_equal(tf_job(t, 0, 1), 0);
    assert_int_equal(t->said.refusal, REFUSAL_FULL);
    tf_cancel(t, 2);
    assert_int_equal(tf_job(t, 0, 1), 0); /* the oldest is still open: its place is not free */
    assert_int_equal(fleet_job_first_kept(t->fleet), 1);
    tf_cancel(t, 1);
    assert_int_equal(tf_job(t, 0, 1), 65);
    assert_int_equal(tf_job(t, 0, 1), 66);
    struct job_view v;
    assert_false(fleet_job(t->fleet, 1, &v)); /* no longer kept */
    assert_false(fleet_job(t->fleet, 2, &v));
    assert_true(fleet_job(t->fleet, 3, &v));
    assert_false(fleet_job(t->fleet, 0, &v));
    assert_false(fleet_job(t->fleet, 67, &v));
    assert_int_equal(fleet_job_first_kept(t->fleet), 3);
}

static void a_job_cancelled_before_anybody_comes_is_over(void **state)
{
    struct tf *t = nobody(state);
    job_id j = tf_job(t, 0, 1);
    tf_cancel(t, j);
    assert_int_equal(tf_state(t, j), JOB_CANCELLED);
    assert_int_equal(t->said.state, JOB_CANCELLED);
    tf_cancel(t, j);
    assert_int_equal(t->said.refusal, REFUSAL_JOB_ENDED);
    assert_int_equal(tf_state(t, j), JOB_CANCELLED);
    tf_online(t, 0, 8);
    tf_after(t, 1000);
    assert_int_equal(t->orders[0], 0); /* nobody goes for it */
}

static void a_job_nobody_knows_cannot_be_cancelled(void **state)
{
    struct tf *t = nobody(state);
    tf_job(t, 0, 1);
    const job_id unknown[] = { 0, 2, 65, UINT32_MAX };
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        tf_cancel(t, unknown[i]);
        assert_int_equal(t->said.refusal, REFUSAL_UNKNOWN_JOB);
        assert_int_equal(t->said.job, unknown[i]);
    }
    assert_int_equal(tf_state(t, 1), JOB_REQUESTED);
}

/* From S1 at the far end to S0: long enough that the goal is not claimed at first. */
static void a_job_cancelled_on_the_way_to_the_pick_up_sends_the_robot_home(void **state)
{
    struct tf *t = ward(state, 1);
    job_id j = tf_job(t, 1, 0);
    tf_world(t);
    assert_int_equal(tf_state(t, j), JOB_ASSIGNED);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_TO_PICKUP);
    tf_cancel(t, j);
    assert_int_equal(tf_state(t, j), JOB_CANCELLED);
    assert_int_equal(tf_view(t, 0).job, 0);
    assert_true(tf_all_done(t, 300));
    assert_int_equal(t->events[EVENT_JOB_LOADED], 0);
    job_id k = tf_job(t, 0, 1); /* and it is of use again */
    assert_true(tf_all_done(t, 300));
    assert_int_equal(tf_state(t, k), JOB_DELIVERED);
}

static void at_the_turning_point_the_goods_travel_on(void **state)
{
    struct tf *t = ward(state, 1);
    job_id j = tf_job(t, 1, 0);
    bool refused = false;
    for (int i = 0; i < 300 && tf_state(t, j) == JOB_ASSIGNED && !refused; i++) {
        tf_world(t);
        bool near = false; /* the pick-up is already in its claim: it may have been told to act there */
        struct robot_view v = tf_view(t, 0);
        for (uint16_t k = 0; k < v.claims; k++) near = near || v.claim[k] == 7;
        if (!near || tf_state(t, j) != JOB_ASSIGNED) continue;
        tf_cancel(t, j);
        assert_int_equal(t->said.refusal, REFUSAL_ALREADY_LOADED);
        refused = true;
    }
    assert_true(refused);
    assert_true(tf_all_done(t, 300));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void a_loaded_job_is_not_cancelled(void **state)
{
    struct tf *t = ward(state, 1);
    job_id j = tf_job(t, 0, 1);
    for (int i = 0; i < 100 && tf_state(t, j) != JOB_MOVING; i++) tf_world(t);
    tf_cancel(t, j);
    assert_int_equal(t->said.refusal, REFUSAL_ALREADY_LOADED);
    assert_true(tf_view(t, 0).loaded);
    assert_true(tf_all_done(t, 300));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
    tf_cancel(t, j);
    assert_int_equal(t->said.refusal, REFUSAL_JOB_ENDED);
}

static void urgent_first_then_the_one_who_waits_longest(void **state)
{
    struct tf *t = nobody(state);
    const uint8_t priority[] = { 3, 5, 0, 3, 0 };
    const job_id order[] = { 3, 5, 1, 4, 2 };
    for (size_t i = 0; i < COUNT_OF(priority); i++) tf_job_p(t, 0, 1, priority[i]);
    tf_online(t, 0, 8);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        assert_int_equal(tf_view(t, 0).job, order[i]);
        for (int s = 0; s < 300 && tf_state(t, order[i]) != JOB_DELIVERED; s++) tf_world(t);
        assert_int_equal(tf_state(t, order[i]), JOB_DELIVERED);
    }
    assert_true(tf_all_done(t, 300));
}

static void the_nearest_free_robot_goes_and_ties_go_to_the_lower_number(void **state)
{
    struct tf *t = tf_open_with(tiny_corridor(&tiny, 8, 4), 3, DISPATCH_NEAREST);
    *state = t;
    tf_host_starts(t, 1);
    for (robot_id r = 0; r < 3; r++) tf_online(t, r, (node_id)(8 + r)); /* bays below 0, 1 and 2 */
    job_id far = tf_job(t, 1, 0);
    assert_int_equal(tf_view(t, 2).job, far);
    job_id near = tf_job(t, 0, 1);
    assert_int_equal(tf_view(t, 0).job, near);
    job_id rest = tf_job(t, 0, 1);
    assert_int_equal(tf_view(t, 1).job, rest);
    job_id waits = tf_job(t, 0, 1);
    assert_int_equal(tf_state(t, waits), JOB_REQUESTED);
    assert_true(tf_all_done(t, 1500));
}

static void a_robot_that_cannot_take_orders_is_not_chosen(void **state)
{
    struct tf *t = ward(state, 2);
    tf_fact(t, 0, FACT_MODE, ID_NONE, 0, VDA_MANUAL);
    job_id j = tf_job(t, 0, 1);
    assert_int_equal(tf_view(t, 1).job, j);
    tf_fact(t, 0, FACT_MODE, ID_NONE, 0, VDA_SEMIAUTOMATIC); /* takes orders */
    job_id k = tf_job(t, 0, 1);
    assert_int_equal(tf_view(t, 0).job, k);
    assert_true(tf_all_done(t, 1000));
}

static void every_change_of_state_is_told_once(void **state)
{
    struct tf *t = ward(state, 1);
    tf_job(t, 0, 1);
    assert_true(tf_all_done(t, 300));
    assert_int_equal(t->jobs_said, 6); /* requested, assigned, loaded, moving, arrived, delivered */
    for (int e = EVENT_JOB_ACCEPTED; e <= EVENT_JOB_DELIVERED; e++) assert_int_equal(t->events[e], 1);
    assert_int_equal(t->events[EVENT_JOB_CANCELLED] + t->events[EVENT_JOB_FAILED], 0);
}

static void states_and_refusals_have_names(void **state)
{
    for (int i = 0; i < JOB_STATE_COUNT; i++) assert_true(job_state_name[i] && job_state_name[i][0]);
    for (int i = 0; i < REFUSAL_COUNT; i++) assert_true(refusal_name[i] && refusal_name[i][0]);
    assert_string_equal(job_state_name[JOB_DELIVERED], "delivered");
    assert_string_equal(refusal_name[REFUSAL_ALREADY_LOADED], "already_loaded");
    assert_true(job_state_final(JOB_FAILED) && !job_state_final(JOB_ARRIVED));
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(a_request_is_taken_up_to_its_limits_and_refused_beyond),
        STORY(a_station_without_a_way_is_refused),
        STORY(numbers_rise_by_one_and_a_full_table_refuses_until_an_old_job_ends),
        STORY(a_job_cancelled_before_anybody_comes_is_over),
        STORY(a_job_nobody_knows_cannot_be_cancelled),
        STORY(a_job_cancelled_on_the_way_to_the_pick_up_sends_the_robot_home),
        STORY(at_the_turning_point_the_goods_travel_on),
        STORY(a_loaded_job_is_not_cancelled),
        STORY(urgent_first_then_the_one_who_waits_longest),
        STORY(the_nearest_free_robot_goes_and_ties_go_to_the_lower_number),
        STORY(a_robot_that_cannot_take_orders_is_not_chosen),
        STORY(every_change_of_state_is_told_once),
        cmocka_unit_test(states_and_refusals_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
