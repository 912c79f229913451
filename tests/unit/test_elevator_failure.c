/* Cars that die, and people who want them. Two cars join two levels; B is so slow that everybody plans to ride in A. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_house.h"

enum { ROBOTS = 4, SLOW_MS = 240000 };

static struct house house;

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

static void slow_b(void)
{
    for (edge_id e = 0; e < house.tiny.site.edges; e++)
        if (house.tiny.edge[e].elevator == H_CAR_B && house.tiny.edge[e].ride_ms > 0)
            house.tiny.edge[e].ride_ms = SLOW_MS;
}

static struct tf *open_house(void **state, uint16_t robots)
{
    house_begin(&house);
    slow_b();
    struct tf *t = tf_open_with(tiny_done(&house.tiny), robots, DISPATCH_NEAREST);
    static const int home[] = { H_REFUGE_W, H_REFUGE_M, H_BAY_B };
    *state = t;
    t->now_ms = 600 * H_MIN;
    tf_host_starts(t, 1);
    house_clock(t, 600);
    for (elevator_id e = 0; e < 2; e++) tf_car_obeys(t, e);
    for (robot_id r = 0; r < robots; r++) tf_online(t, r, house_node(r / 3, home[r % 3]));
    return t;
}

static bool inside(const struct tf *t, robot_id r, elevator_id e)
{
    node_id n = tf_view(t, r).at;
    return n != ID_NONE && t->site->node[n].elevator == e;
}

static bool rides_in(const struct tf *t, robot_id r, elevator_id e)
{
    struct robot_view v = tf_view(t, r);
    for (uint16_t i = 0; i < v.route; i++)
        if (t->site->node[v.route_node[i]].elevator == e) return true;
    return false;
}

static robot_id holder(const struct tf *t, elevator_id e)
{
    struct elevator_view v;
    fleet_elevator(t->fleet, e, &v);
    return v.holder;
}

/* Three robots have to go up for it; the one that is there brings its load down. */
static void fetch_above(struct tf *t, job_id *job)
{
    for (int i = 0; i < ROBOTS; i++) job[i] = house_job(t, i % 2 ? H_ABOVE_MIDDLE : H_ABOVE, H_BELOW, H_CLEAN, 3);
}

/* A second in which A stands still and says `mode`, or nothing changes about it. */
static void second_without_a(struct tf *t, enum elevator_mode mode)
{
    t->now_ms += 1000;
    tf_car(t, H_CAR_A, 0, DOOR_CLOSED, mode, t->call[H_CAR_A].generation);
    tf_car_obeys(t, H_CAR_B);
    for (robot_id r = 0; r < t->robots; r++) {
        tf_accept_new(t, r);
        if (!tf_work(t, r)) tf_drive(t, r);
    }
    tf_tick(t);
}

/* Until a robot is inside A and two more plan to ride in it. */
static robot_id until_one_is_inside(struct tf *t, int *queue)
{
    for (int i = 0; i < 300; i++) {
        house_world(t);
        for (robot_id r = 0; r < t->robots; r++) {
            if (!inside(t, r, H_CAR_A)) continue;
            *queue = 0;
            for (robot_id q = 0; q < t->robots; q++) *queue += q != r && rides_in(t, q, H_CAR_A);
            if (*queue >= t->robots - 1) return r;
        }
    }
    fail_msg("nobody got in before a queue of the others");
    return ID_NONE;
}

static void R34_a_car_dies_with_a_robot_inside_and_three_queued(void **state)
{
    struct tf *t = open_house(state, ROBOTS);
    int queue;
    job_id job[ROBOTS];
    fetch_above(t, job);
    robot_id in = until_one_is_inside(t, &queue);
    assert_int_equal(queue, 3);
    assert_int_equal(t->events[EVENT_ELEVATOR_ROBOT_INSIDE], 0);
    ms_t died_ms = t->now_ms;
    tf_car(t, H_CAR_A, 0, DOOR_CLOSED, ELEVATOR_OFFLINE, t->call[H_CAR_A].generation);
    assert_int_equal(t->events[EVENT_ELEVATOR_ROBOT_INSIDE], 1); /* rescue is called at once */
    for (bool waits = true; waits;) {
        second_without_a(t, ELEVATOR_OFFLINE);
        waits = false;
        for (robot_id q = 0; q < ROBOTS; q++) waits = waits || (q != in && rides_in(t, q, H_CAR_A));
        assert_true(t->now_ms - died_ms < 10000);
    }
    job_id trapped = tf_view(t, in).job;
    int undone = ROBOTS;
    for (int i = 0; i < 1800 && undone > 1; i++) { /* the others get all done but what it had to do */
        second_without_a(t, ELEVATOR_OFFLINE);
        assert_true(inside(t, in, H_CAR_A)); /* an obstacle in the car */
        assert_int_equal(holder(t, H_CAR_A), in);
        for (robot_id q = 0; q < ROBOTS; q++) assert_true(q == in || !inside(t, q, H_CAR_A));
        undone = 0;
        for (int k = 0; k < ROBOTS; k++) undone += tf_state(t, job[k]) != JOB_DELIVERED;
    }
    assert_true(undone <= 1);
    assert_int_equal(t->events[EVENT_ELEVATOR_ROBOT_INSIDE], 1); /* told once */
    assert_true(house_ends(t, trapped, 600));                    /* the car is back, the ride goes on */
    assert_true(tf_all_done(t, 600));
}

static void R34_a_car_that_dies_empty_raises_no_rescue_and_is_gone_round(void **state)
{
    struct tf *t = open_house(state, 2);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_DELIVERED; i++) second_without_a(t, ELEVATOR_OFFLINE);
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
    assert_int_equal(t->events[EVENT_ELEVATOR_ROBOT_INSIDE], 0);
}

static void a_closed_car_is_shown_as_closed_and_its_queue_counted(void **state)
{
    struct tf *t = open_house(state, ROBOTS);
    struct elevator_view v;
    int queue;
    job_id job[ROBOTS];
    fetch_above(t, job);
    until_one_is_inside(t, &queue);
    for (int i = 0; i < 60; i++) { /* people hold the door somewhere */
        t->now_ms += 1000;
        tf_tick(t);
        for (robot_id r = 0; r < ROBOTS; r++) {
            tf_accept_new(t, r);
            if (!inside(t, r, H_CAR_A) && !tf_work(t, r)) tf_drive(t, r);
        }
    }
    fleet_elevator(t->fleet, H_CAR_A, &v);
    assert_false(v.closed);
    assert_true(v.waiting >= 1 && v.waiting <= 3);
    assert_true(v.wait_since_ms < t->now_ms);
    tf_car(t, H_CAR_A, 0, DOOR_CLOSED, ELEVATOR_OFFLINE, 0);
    fleet_elevator(t->fleet, H_CAR_A, &v);
    assert_true(v.closed);
    fleet_elevator(t->fleet, H_CAR_B, &v);
    assert_false(v.closed);
}

/* ---- people ---- */

static void R35_people_have_the_car_before_any_robot_not_already_inside(void **state)
{
    struct tf *t = open_house(state, 1);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 300 && tf_view(t, 0).wait != WAIT_ELEVATOR; i++) second_without_a(t, ELEVATOR_AGV);
    assert_int_equal(tf_view(t, 0).at, house_node(0, H_LOBBY_A));
    uint32_t generation = t->call[H_CAR_A].generation;
    for (int i = 0; i < 120; i++) { /* it passes with people, and stands open here more than once */
        t->now_ms += 1000;
        tf_car(t, H_CAR_A, 0, i % 10 < 5 ? DOOR_OPEN : DOOR_CLOSED, ELEVATOR_HUMAN, i % 3 ? generation : 0);
        tf_accept_new(t, 0);
        assert_false(tf_drive(t, 0));
        assert_int_equal(tf_view(t, 0).at, house_node(0, H_LOBBY_A));
    }
    assert_int_equal(t->call[H_CAR_A].generation, generation); /* and it has not asked again in another voice */
    assert_true(house_ends(t, j, 600));
}

static void R35_a_robot_inside_is_not_put_out_and_leaves_when_the_car_is_its_own_again(void **state)
{
    struct tf *t = open_house(state, 1);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 300 && !inside(t, 0, H_CAR_A); i++) house_world(t);
    assert_true(inside(t, 0, H_CAR_A));
    for (int i = 0; i < 120; i++) {
        t->now_ms += 1000;
        tf_car(t, H_CAR_A, (level_id)(i / 20 % 2), DOOR_OPEN, ELEVATOR_HUMAN, t->call[H_CAR_A].generation);
        tf_accept_new(t, 0);
        assert_false(tf_drive(t, 0));
        assert_int_equal(holder(t, H_CAR_A), 0);
        assert_false(t->call[H_CAR_A].end);
    }
    assert_int_equal(t->events[EVENT_ELEVATOR_ROBOT_INSIDE], 0); /* people use it: nobody has to be rescued */
    assert_true(house_ends(t, j, 600));
}

/* ---- separation in time (I-18) and dangerous goods (R32) ---- */

static bool carries(const struct tf *t, robot_id r, goods_id g)
{
    struct robot_view v = tf_view(t, r);
    for (uint8_t i = 0; i < v.loads; i++)
        if (house_seen(t, v.load[i]).goods == g) return true;
    return false;
}

static void clean_loads_stay_out_of_a_car_for_a_while_after_dirty_ones(void **state)
{
    house_begin(&house);
    house.tiny.elevator[H_CAR_B].barred = HYGIENE_ALL;
    struct tf *t = house_open(&house, state, 3, 600);
    ms_t left_ms = 0, apart_ms = t->site->hygiene.car_apart_ms;
    bool dirty_in = false, clean_rode = false;
    job_id dirty = house_job(t, H_BELOW, H_ABOVE, H_DIRTY, 4), clean = 0;
    for (int i = 0; i < 2400 && (clean == 0 || tf_state(t, clean) != JOB_DELIVERED); i++) {
        house_world(t);
        bool was_in = dirty_in;
        dirty_in = false;
        for (robot_id r = 0; r < 3; r++) dirty_in = dirty_in || (inside(t, r, H_CAR_A) && carries(t, r, H_DIRTY));
        if (was_in && !dirty_in) {
            left_ms = t->now_ms;
            clean = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
        }
        for (robot_id r = 0; r < 3; r++)
            if (inside(t, r, H_CAR_A) && carries(t, r, H_CLEAN)) {
                assert_true(left_ms > 0 && t->now_ms >= left_ms + apart_ms);
                clean_rode = true;
            }
    }
    assert_true(clean_rode);
    assert_int_equal(tf_state(t, clean), JOB_DELIVERED);
    assert_int_equal(tf_state(t, dirty), JOB_DELIVERED);
    assert_true(tf_replays_alike(t));
}

static void R32_dangerous_goods_never_board_a_car_that_people_use(void **state)
{
    house_begin(&house);
    house.goods[H_CLEAN].dangerous = true;
    house.tiny.elevator[H_CAR_A].people = true;
    house.tiny.elevator[H_CAR_B].barred = HYGIENE_ALL;
    struct tf *t = house_open(&house, state, 1, 600);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 600; i++) {
        house_world(t);
        assert_false(inside(t, 0, H_CAR_A) && carries(t, 0, H_CLEAN));
    }
    assert_true(tf_state(t, j) != JOB_DELIVERED);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(R34_a_car_dies_with_a_robot_inside_and_three_queued),
        STORY(R34_a_car_that_dies_empty_raises_no_rescue_and_is_gone_round),
        STORY(a_closed_car_is_shown_as_closed_and_its_queue_counted),
        STORY(R35_people_have_the_car_before_any_robot_not_already_inside),
        STORY(R35_a_robot_inside_is_not_put_out_and_leaves_when_the_car_is_its_own_again),
        STORY(clean_loads_stay_out_of_a_car_for_a_while_after_dirty_ones),
        STORY(R32_dangerous_goods_never_board_a_car_that_people_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
