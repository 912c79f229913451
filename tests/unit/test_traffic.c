/* Who claims how much when, who waits for whom, and what becomes of those who are away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_fleet.h"

static struct tiny tiny;

static struct tf *ward(void **state, node_id length, node_id bays, uint16_t robots)
{
    struct tf *t = tf_open_with(tiny_corridor(&tiny, length, bays), robots, DISPATCH_NEAREST);
    *state = t;
    tf_host_starts(t, 1);
    for (robot_id r = 0; r < robots; r++) tf_online(t, r, (node_id)(length + r));
    return t;
}

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

static bool claims(const struct tf *t, robot_id r, res_id x)
{
    struct robot_view v = tf_view(t, r);
    for (uint16_t i = 0; i < v.claims; i++)
        if (v.claim[i] == x) return true;
    return false;
}

static void a_claim_is_some_seconds_long_not_the_whole_way(void **state)
{
    struct tf *t = ward(state, 30, 1, 1);
    tf_job(t, 1, 0); /* 30 nodes away, 3 s each */
    uint16_t least = 99, most = 0;
    for (int i = 0; i < 20; i++) {
        struct robot_view v = tf_view(t, 0);
        if (v.claimed_nodes < least) least = v.claimed_nodes;
        if (v.claimed_nodes > most) most = v.claimed_nodes;
        tf_accept_new(t, 0);
        t->now_ms += 3000;
        assert_true(tf_drive(t, 0)); /* it never runs dry */
    }
    assert_true(least >= 2 && most <= 6);
}

static void a_claim_ends_at_the_goal_until_it_is_served(void **state)
{
    struct tf *t = ward(state, 4, 2, 1);
    tf_job(t, 1, 0);
    tf_accept(t, 0);
    while (tf_drive(t, 0)) tf_accept_new(t, 0);
    struct robot_view v = tf_view(t, 0);
    assert_int_equal(v.at, 3);
    assert_int_equal(v.claimed_nodes, 0);
    assert_int_equal(v.doing, ROBOT_PICKING);
    assert_true(v.route > 0); /* the way on is known and not claimed */
    tf_after(t, 60000);
    assert_int_equal(tf_view(t, 0).claimed_nodes, 0);
    tf_work(t, 0);
    assert_true(tf_view(t, 0).claimed_nodes > 0);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_TO_DROP);
}

static void who_waits_names_the_one_it_waits_for(void **state)
{
    struct tf *t = ward(state, 8, 4, 2);
    tf_job(t, 1, 0); /* robot 1, the nearer one */
    tf_accept(t, 1);
    while (claims(t, 1, 9)) tf_drive(t, 1); /* out in the corridor */
    tf_job(t, 0, 1);
    tf_accept_new(t, 0);
    for (int i = 0; i < 10; i++) { /* robot 1 stops dead; robot 0 goes as far as it can */
        tf_drive(t, 0);
        tf_work(t, 0);
        tf_accept_new(t, 0);
        tf_after(t, 1000);
    }
    struct robot_view v = tf_view(t, 0);
    assert_int_equal(v.wait, WAIT_ROBOT);
    assert_int_equal(v.wait_robot, 1);
    assert_true(v.wait_since_ms < t->now_ms);
    assert_true(tf_all_done(t, 600));
}

static void a_silent_robot_keeps_its_claim_and_others_keep_off_it(void **state)
{
    struct tf *t = ward(state, 8, 4, 2);
    tf_job(t, 1, 0);
    tf_accept(t, 1);
    tf_drive(t, 1);
    struct robot_view before = tf_view(t, 1);
    assert_true(before.claimed_nodes > 0);
    tf_fact(t, 1, FACT_SILENT, ID_NONE, 0, 0);
    tf_job(t, 0, 1);
    for (int i = 0; i < 120; i++) {
        t->now_ms += 1000;
        tf_tick(t);
        tf_accept_new(t, 0);
        if (!tf_work(t, 0)) tf_drive(t, 0);
        struct robot_view v = tf_view(t, 1);
        assert_int_equal(v.claims, before.claims);
        assert_memory_equal(v.claim, before.claim, before.claims * sizeof before.claim[0]);
        for (uint16_t k = 0; k < before.claims; k++) assert_false(claims(t, 0, before.claim[k]));
    }
    tf_fact(t, 1, FACT_ONLINE, ID_NONE, 0, 0);
    assert_true(tf_all_done(t, 900));
    assert_int_equal(t->events[EVENT_JOB_DELIVERED], 2);
}

static void after_half_a_minute_away_a_robot_is_an_obstacle_not_a_partner(void **state)
{
    struct tf *t = ward(state, 12, 4, 1);
    tf_job(t, 1, 0);
    tf_accept(t, 0);
    tf_fact(t, 0, FACT_OFFLINE, ID_NONE, 0, 0);
    assert_true(tf_view(t, 0).route > 0);
    assert_int_equal(tf_view(t, 0).wait, WAIT_LINK);
    assert_true(fleet_deadline(t->fleet) <= t->now_ms + 30000);
    tf_after(t, 29999);
    assert_true(tf_view(t, 0).route > 0);
    tf_after(t, 1);
    assert_int_equal(tf_view(t, 0).route, 0);
    assert_true(tf_view(t, 0).claimed_nodes > 0);
    tf_fact(t, 0, FACT_ONLINE, ID_NONE, 0, 0);
    assert_true(tf_view(t, 0).route > 0); /* planned again at once */
    assert_true(tf_all_done(t, 600));
}

static void with_no_way_it_says_who_stands_in_it_and_tries_again(void **state)
{
    struct tf *t = ward(state, 8, 3, 3);
    tf_fact(t, 2, FACT_MODE, ID_NONE, 0, VDA_MANUAL);
    tf_fact(t, 2, FACT_STANDS, 4, 0, 0); /* pushed out into the corridor and left there */
    for (int i = 0; i < 20; i++) tf_world(t);
    job_id j = tf_job(t, 1, 0);
    for (int i = 0; i < 60; i++) tf_world(t);
    assert_int_equal(tf_state(t, j), JOB_ASSIGNED);
    struct robot_view v = tf_view(t, 1);
    assert_int_equal(v.job, j);
    assert_int_equal(v.wait, WAIT_ROBOT);
    assert_int_equal(v.wait_robot, 2);
    assert_int_equal(t->events[EVENT_ROBOT_BLOCKS_WAY], 1); /* told once */
    assert_true(fleet_deadline(t->fleet) <= t->now_ms + 24000);
    tf_fact(t, 2, FACT_MODE, ID_NONE, 0, VDA_AUTOMATIC);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void who_stands_in_the_corridor_goes_home_by_itself(void **state)
{
    struct tf *t = ward(state, 6, 2, 1);
    tf_fact(t, 0, FACT_STANDS, 3, 0, 0);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_TO_REFUGE);
    assert_true(tf_all_done(t, 60));
    assert_true(t->site->node[tf_view(t, 0).at].flags & NODE_REFUGE);
}

static void a_robot_fallen_silent_on_the_short_way_is_gone_round(void **state)
{
    struct tf *t = tf_open_with(tiny_ring(&tiny, 12), 2, DISPATCH_NEAREST); /* bays 12..23 outside, S0 S1 S2 at 0 2 4 */
    *state = t;
    tf_host_starts(t, 1);
    tf_online(t, 0, 12);
    tf_online(t, 1, 13);
    job_id a = tf_job(t, 1, 4);
    assert_int_equal(tf_view(t, 1).job, a);
    tf_accept(t, 1);
    tf_drive(t, 1);
    assert_int_equal(tf_view(t, 1).at, 1);
    job_id b = tf_job(t, 2, 0);
    assert_int_equal(tf_view(t, 0).job, b);
    tf_fact(t, 1, FACT_SILENT, ID_NONE, 0, 0);
    bool other_way = false;
    for (int i = 0; i < 60 && !other_way; i++) {
        t->now_ms += 1000;
        tf_tick(t);
        tf_accept_new(t, 0);
        tf_drive(t, 0);
        other_way = claims(t, 0, 11);
    }
    assert_true(other_way);
    for (int i = 0; i < 200 && tf_state(t, b) != JOB_DELIVERED; i++) {
        t->now_ms += 1000;
        tf_tick(t);
        tf_accept_new(t, 0);
        if (!tf_work(t, 0)) tf_drive(t, 0);
    }
    assert_int_equal(tf_state(t, b), JOB_DELIVERED);
    tf_fact(t, 1, FACT_ONLINE, ID_NONE, 0, 0);
    assert_true(tf_all_done(t, 900));
    assert_int_equal(tf_state(t, a), JOB_DELIVERED);
}

/* Seen in h1500: the first robots to be heard were sent to where others stood that had not been heard yet. */
static void after_a_start_nobody_sets_out_before_all_have_said_where_they_stand(void **state)
{
    struct tf *t = tf_open_with(tiny_corridor(&tiny, 6, 2), 2, DISPATCH_NEAREST);
    *state = t;
    tf_host_starts(t, 1);
    tf_online(t, 0, 6);
    job_id j = tf_job(t, 1, 0);
    assert_int_equal(tf_view(t, 0).claimed_nodes, 0);
    tf_after(t, 1000);
    assert_int_equal(tf_view(t, 0).claimed_nodes, 0);
    tf_online(t, 1, 3); /* in the middle of the corridor */
    assert_false(tf_view(t, 1).doing == ROBOT_LOST);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void after_a_start_one_who_says_nothing_is_not_waited_for_long(void **state)
{
    struct tf *t = tf_open_with(tiny_corridor(&tiny, 6, 2), 2, DISPATCH_NEAREST);
    *state = t;
    tf_host_starts(t, 1);
    tf_online(t, 0, 6);
    job_id j = tf_job(t, 1, 0);
    assert_int_equal(fleet_deadline(t->fleet), t->now_ms + 5000);
    tf_after(t, 5000);
    assert_true(tf_view(t, 0).claimed_nodes > 0);
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_DELIVERED; i++) tf_world(t);
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(a_claim_is_some_seconds_long_not_the_whole_way),
        STORY(a_claim_ends_at_the_goal_until_it_is_served),
        STORY(who_waits_names_the_one_it_waits_for),
        STORY(a_silent_robot_keeps_its_claim_and_others_keep_off_it),
        STORY(after_half_a_minute_away_a_robot_is_an_obstacle_not_a_partner),
        STORY(with_no_way_it_says_who_stands_in_it_and_tries_again),
        STORY(who_stands_in_the_corridor_goes_home_by_itself),
        STORY(a_robot_fallen_silent_on_the_short_way_is_gone_round),
        STORY(after_a_start_nobody_sets_out_before_all_have_said_where_they_stand),
        STORY(after_a_start_one_who_says_nothing_is_not_waited_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
