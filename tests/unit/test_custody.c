/* What is counted at both ends of a delivery (R4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_fleet.h"

enum { STORE, WARD };

static struct tiny tiny;

static int setup(void **state)
{
    tiny_corridor(&tiny, 8, 4);
    tiny_station(&tiny, 0);
    tiny_station(&tiny, 6);
    struct tf *t = tf_open_with(tiny_done(&tiny), 1, DISPATCH_TOURS);
    tf_host_starts(t, 1);
    tf_online(t, 0, 8);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    tf_close(*state);
    return 0;
}

static struct job_view job(const struct tf *t, job_id j)
{
    struct job_view v;
    assert_true(fleet_job(t->fleet, j, &v));
    return v;
}

static void count(struct tf *t, job_id j, enum count_where where, uint16_t n)
{
    t->said = (struct out_job){ .job = 0 };
    tf_in(t, (struct fleet_in){ .kind = IN_COUNT, .count = { j, (uint8_t)where, n } });
}

static void reach(struct tf *t, job_id j, enum job_state state)
{
    for (int i = 0; i < 1000 && tf_state(t, j) < state; i++) tf_world(t);
    assert_int_equal(tf_state(t, j), state);
}

static void R4_equal_counts_at_both_ends_are_kept_and_say_nothing(void **state)
{
    struct tf *t = *state;
    tf_job(t, STORE, WARD);
    assert_int_equal(job(t, 1).counted[COUNT_AT_PICKUP], COUNT_NONE);
    count(t, 1, COUNT_AT_PICKUP, 48);
    reach(t, 1, JOB_DELIVERED);
    count(t, 1, COUNT_AT_DELIVERY, 48);
    assert_int_equal(job(t, 1).counted[COUNT_AT_PICKUP], 48);
    assert_int_equal(job(t, 1).counted[COUNT_AT_DELIVERY], 48);
    assert_false(job(t, 1).differs);
    assert_int_equal(t->events[EVENT_COUNT_DIFFERS], 0);
}

static void R4_a_difference_is_on_record_at_once_and_stays_there(void **state)
{
    struct tf *t = *state;
    tf_job(t, STORE, WARD);
    count(t, 1, COUNT_AT_PICKUP, 48);
    reach(t, 1, JOB_DELIVERED);
    ms_t then = t->now_ms;
    count(t, 1, COUNT_AT_DELIVERY, 46);
    assert_int_equal(t->now_ms, then);
    assert_int_equal(t->events[EVENT_COUNT_DIFFERS], 1);
    assert_int_equal(t->said.job, 1); /* who listens sees the job again, with its counts */
    assert_true(job(t, 1).differs);
    count(t, 1, COUNT_AT_DELIVERY, 46); /* the same again is no news */
    assert_int_equal(t->events[EVENT_COUNT_DIFFERS], 1);
    count(t, 1, COUNT_AT_DELIVERY, 48);
    assert_int_equal(t->events[EVENT_COUNT_SETTLED], 1);
    assert_true(job(t, 1).differs);
    count(t, 1, COUNT_AT_PICKUP, 50);
    assert_int_equal(t->events[EVENT_COUNT_DIFFERS], 2);
}

static void a_count_needs_a_load_that_can_be_counted(void **state)
{
    struct tf *t = *state;
    count(t, 7, COUNT_AT_PICKUP, 1);
    assert_int_equal(t->said.refusal, REFUSAL_UNKNOWN_JOB);
    tf_job(t, STORE, WARD);
    count(t, 1, COUNT_AT_DELIVERY, 1);
    assert_int_equal(t->said.refusal, REFUSAL_NOT_LOADED);
    assert_int_equal(job(t, 1).counted[COUNT_AT_DELIVERY], COUNT_NONE);
    tf_job(t, WARD, STORE);
    tf_cancel(t, 2);
    count(t, 2, COUNT_AT_PICKUP, 1);
    assert_int_equal(t->said.refusal, REFUSAL_JOB_ENDED);
    struct fleet_in in = { .at_ms = t->now_ms, .kind = IN_COUNT, .count = { 1, COUNT_WHERES, 1 } };
    tf_refused(t, &in, ORD_ERANGE);
    in.count = (struct in_count){ 1, COUNT_AT_PICKUP, COUNT_NONE };
    tf_refused(t, &in, ORD_ERANGE);
}

static void counts_survive_a_replay(void **state)
{
    struct tf *t = *state;
    tf_job(t, STORE, WARD);
    count(t, 1, COUNT_AT_PICKUP, 12);
    reach(t, 1, JOB_DELIVERED);
    count(t, 1, COUNT_AT_DELIVERY, 11);
    assert_true(tf_replays_alike(t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(R4_equal_counts_at_both_ends_are_kept_and_say_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(R4_a_difference_is_on_record_at_once_and_stays_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_count_needs_a_load_that_can_be_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_survive_a_replay, setup, teardown),
    };
    return cmocka_run_group_tests_name("custody", tests, NULL, NULL);
}
