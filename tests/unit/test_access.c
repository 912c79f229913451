#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_house.h"

static struct house house;

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

static struct site_elevator *car(elevator_id e) { return &house.tiny.elevator[e]; }

static void set_car_b(bool open) { car(H_CAR_B)->barred = open ? 0 : HYGIENE_ALL; }

static void a_house_with_all_open_takes_a_load_up(void **state)
{
    house_begin(&house);
    struct tf *t = house_open(&house, state, 1, 600);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    assert_true(house_ends(t, j, 600));
}

/* ---- elevators by calendar (R33) -------------------------------------------------------------------------------- */

static void close_from_to(elevator_id e, int from_min, int to_min)
{
    struct site *s = &house.tiny.site;
    car(e)->closure[car(e)->closures++] = (struct time_span){ house_utc_s(s, from_min), house_utc_s(s, to_min) };
}

static void R33_a_car_under_maintenance_is_passed_by(void **state)
{
    house_begin(&house);
    close_from_to(H_CAR_A, 600, 720);
    struct tf *t = house_open(&house, state, 1, 610);
    struct elevator_view v;
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_DELIVERED; i++) {
        house_world(t);
        assert_false(house_car_claimed(t, H_CAR_A));
    }
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
    assert_int_equal(t->calls[H_CAR_A], 0);
    fleet_elevator(t->fleet, H_CAR_A, &v);
    assert_true(t->calls[H_CAR_B] > 0);
}

/* Whatever the minute the job comes in: nobody rides or holds the car while it is closed, and it is done in the end. */
static void R33_no_ride_reaches_into_a_closure_and_the_load_arrives_after_it(void **state)
{
    for (int second = 0; second <= 300; second += 13) {
        house_begin(&house);
        set_car_b(false);
        close_from_to(H_CAR_A, 600, 630);
        struct tf *t = house_open(&house, state, 1, 595);
        ms_t from_ms = 600 * H_MIN, to_ms = 630 * H_MIN;
        for (int i = 0; i < second; i++) house_world(t);
        job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
        for (int i = 0; i < 3000 && tf_state(t, j) != JOB_DELIVERED; i++) {
            house_world(t);
            if (t->now_ms >= from_ms && t->now_ms < to_ms) assert_false(house_car_claimed(t, H_CAR_A));
        }
        assert_int_equal(tf_state(t, j), JOB_DELIVERED);
        bool before = house_seen(t, j).ended_ms < from_ms;
        if (second <= 60) assert_true(before); /* there was time enough */
        assert_int_equal(t->events[EVENT_ELEVATOR_HOURS_END], !before);
        assert_int_equal(t->events[EVENT_ELEVATOR_HOURS_BEGIN], !before);
        teardown(state);
    }
}

static void R33_an_expired_certificate_closes_the_car_for_good(void **state)
{
    house_begin(&house);
    car(H_CAR_A)->inspected_until_utc_s = house_utc_s(&house.tiny.site, 605);
    struct tf *t = house_open(&house, state, 1, 590);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    assert_true(house_ends(t, j, 600));
    while (t->now_ms < 606 * H_MIN) house_world(t);
    assert_int_equal(t->events[EVENT_ELEVATOR_HOURS_END], 1);
    uint32_t calls = t->calls[H_CAR_A];
    j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_DELIVERED; i++) {
        house_world(t);
        assert_false(house_car_claimed(t, H_CAR_A));
    }
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
    assert_int_equal(t->calls[H_CAR_A], calls);
}

/* One elevator, clean and dirty by hours (experiment h500-onelift). */
static void a_rule_of_the_hour_decides_who_rides(void **state)
{
    house_begin(&house);
    set_car_b(false);
    car(H_CAR_A)->barred = H_SOILED;
    car(H_CAR_A)->rule[car(H_CAR_A)->rules++] = (struct car_rule){ { 780, 900, DAYS_ALL }, H_UNSOILED };
    struct tf *t = house_open(&house, state, 1, 600);
    job_id dirty = house_job(t, H_ABOVE, H_BELOW, H_DIRTY, 4);
    for (int i = 0; i < 300; i++) house_world(t);
    assert_int_equal(tf_state(t, dirty), JOB_REQUESTED); /* and nobody went up to wait with it */
    assert_int_equal(house_seen(t, dirty).why, JOB_WHY_CLOSED);
    job_id clean = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    assert_true(house_ends(t, clean, 600));
    for (; t->now_ms < 779 * H_MIN; house_world(t)) assert_int_equal(tf_state(t, dirty), JOB_REQUESTED);
    assert_true(house_ends(t, dirty, 900));
    assert_true(house_seen(t, dirty).loaded_ms >= 780 * H_MIN);
    assert_true(house_seen(t, dirty).ended_ms < 900 * H_MIN);
}

/* Else nobody could fetch anything in the dirty hours. */
static void an_empty_clean_robot_rides_in_the_dirty_hours_to_fetch_a_dirty_load(void **state)
{
    house_begin(&house);
    set_car_b(false);
    car(H_CAR_A)->barred = H_UNSOILED;
    struct tf *t = house_open(&house, state, 1, 600);
    job_id clean = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3), dirty = house_job(t, H_ABOVE, H_BELOW, H_DIRTY, 4);
    assert_true(house_ends(t, dirty, 900));
    assert_int_equal(tf_state(t, clean), JOB_REQUESTED);
    assert_int_equal(house_seen(t, clean).why, JOB_WHY_CLOSED);
}

static void while_the_hour_is_unknown_a_car_refuses_what_any_hour_would(void **state)
{
    house_begin(&house);
    set_car_b(false);
    car(H_CAR_A)->rule[car(H_CAR_A)->rules++] = (struct car_rule){ { 780, 900, DAYS_ALL }, H_UNSOILED };
    struct tf *t = tf_open(tiny_done(&house.tiny), 1);
    *state = t;
    tf_host_starts(t, 1);
    tf_online(t, 0, house_node(0, H_REFUGE_W));
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 60; i++) house_world(t);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    assert_false(house_car_claimed(t, H_CAR_A));
    house_clock(t, 600);
    assert_true(house_ends(t, j, 600));
}

static void a_clock_that_is_corrected_opens_and_closes_at_once(void **state)
{
    house_begin(&house);
    set_car_b(false);
    close_from_to(H_CAR_A, 600, 630);
    struct tf *t = house_open(&house, state, 1, 610);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 60; i++) house_world(t);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    house_clock(t, 640);
    assert_true(house_ends(t, j, 600));
    house_clock(t, 615);
    j = house_job(t, H_ABOVE, H_BELOW, H_CLEAN, 3);
    for (int i = 0; i < 60; i++) house_world(t);
    assert_false(house_car_claimed(t, H_CAR_A));
    assert_true(tf_state(t, j) <= JOB_ASSIGNED);
}

/* ---- faults and closed ways ------------------------------------------------------------------------------------- */

static void a_car_out_of_order_is_left_for_the_other_one(void **state)
{
    house_begin(&house);
    struct tf *t = house_open(&house, state, 1, 600);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_MOVING; i++) house_world(t);
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_DELIVERED; i++) {
        t->now_ms += 1000;
        tf_car(t, H_CAR_A, 0, DOOR_CLOSED, ELEVATOR_OFFLINE, 0);
        tf_car_obeys(t, H_CAR_B);
        tf_accept_new(t, 0);
        if (!tf_work(t, 0)) tf_drive(t, 0);
        tf_tick(t);
        assert_false(house_car_claimed(t, H_CAR_A));
    }
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void with_every_car_shut_the_load_waits_at_a_refuge_and_goes_on_later(void **state)
{
    house_begin(&house);
    struct tf *t = house_open(&house, state, 1, 600);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_MOVING; i++) house_world(t);
    house_switch(t, OP_CAR_CLOSE, H_CAR_A, 0);
    house_switch(t, OP_CAR_CLOSE, H_CAR_B, 0);
    for (int i = 0; i < 120; i++) house_world(t);
    struct robot_view v = tf_view(t, 0);
    assert_int_equal(t->site->node[v.at].level, 0);
    assert_true(t->site->node[v.at].flags & NODE_REFUGE);
    assert_int_equal(tf_state(t, j), JOB_MOVING);
    house_switch(t, OP_CAR_OPEN, H_CAR_B, 0);
    assert_true(house_ends(t, j, 600));
    assert_int_equal(t->events[EVENT_ELEVATOR_SHUT], 2);
    assert_int_equal(t->events[EVENT_ELEVATOR_OPEN_AGAIN], 1);
}

static void a_shut_way_is_not_begun_and_opens_again(void **state)
{
    house_begin(&house);
    struct tf *t = house_open(&house, state, 1, 600);
    edge_id e = house.tiny.lane_edge[house.ward_lane[1]];
    house_switch(t, OP_EDGE_CLOSE, e, 0);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 120; i++) house_world(t);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    assert_int_equal(house_seen(t, j).why, JOB_WHY_CLOSED);
    house_switch(t, OP_EDGE_OPEN, house.tiny.edge[e].twin, 0); /* either direction names the lane */
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_MOVING; i++) house_world(t);
    while (t->site->node[tf_view(t, 0).at].level == 0) house_world(t);
    house_switch(t, OP_EDGE_CLOSE, e, 0); /* a bed stands there now */
    for (int i = 0; i < 120; i++) house_world(t);
    assert_int_equal(tf_state(t, j), JOB_MOVING);
    assert_true(t->site->node[tf_view(t, 0).at].flags & NODE_REFUGE);
    house_switch(t, OP_EDGE_OPEN, e, 0);
    assert_true(house_ends(t, j, 600));
}

/* ---- classes ---------------------------------------------------------------------------------------------------- */

static void bar_lane(lane_id l, hygiene_set barred)
{
    for (edge_id e = 0; e < house.tiny.site.edges; e++)
        if (house.tiny.edge[e].lane == l) house.tiny.edge[e].barred = barred;
}

static void a_dirty_load_takes_the_dirty_car_and_its_robot_keeps_to_it_until_washed(void **state)
{
    house_begin(&house);
    car(H_CAR_A)->barred = H_SOILED;
    car(H_CAR_B)->barred = H_UNSOILED;
    struct tf *t = house_open(&house, state, 1, 600);
    job_id dirty = house_job(t, H_ABOVE, H_BELOW, H_DIRTY, 4);
    for (int i = 0; i < 600 && tf_state(t, dirty) != JOB_MOVING; i++) {
        house_world(t);
        assert_true(tf_view(t, 0).loads > 0 || !house_car_claimed(t, H_CAR_B)); /* up by the clean car */
    }
    for (int i = 0; i < 600 && tf_state(t, dirty) != JOB_DELIVERED; i++) {
        house_world(t);
        assert_false(house_car_claimed(t, H_CAR_A)); /* down by the dirty one */
    }
    assert_int_equal(tf_state(t, dirty), JOB_DELIVERED);
    assert_int_equal(tf_view(t, 0).before, hygiene_bit(HYGIENE_DIRTY));
    job_id more = house_job(t, H_ABOVE, H_BELOW, H_DIRTY, 4); /* again: not clean, so up by the dirty car too */
    for (int i = 0; i < 900 && tf_state(t, more) != JOB_DELIVERED; i++) {
        house_world(t);
        assert_false(house_car_claimed(t, H_CAR_A));
    }
    assert_int_equal(tf_state(t, more), JOB_DELIVERED);
    uint32_t washes = 0;
    job_id clean = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 1200 && tf_state(t, clean) != JOB_DELIVERED; i++) {
        house_world(t);
        washes += tf_view(t, 0).doing == ROBOT_WASHING;
    }
    assert_int_equal(tf_state(t, clean), JOB_DELIVERED);
    assert_true(washes > 0);
}

static void a_way_barred_to_a_class_is_never_claimed_with_it(void **state)
{
    house_begin(&house);
    lane_id clean_only = house.tiny.edge[house.tiny.lane_edge[house.ward_lane[1]]].lane; /* to the ward above */
    bar_lane(clean_only, H_SOILED);
    struct tf *t = house_open(&house, state, 1, 600);
    job_id never = house_job(t, H_BELOW, H_ABOVE, H_DIRTY, 4), fine = house_job(t, H_BELOW, H_ABOVE_MIDDLE, H_DIRTY, 4);
    for (int i = 0; i < 900 && tf_state(t, fine) != JOB_DELIVERED; i++) {
        house_world(t);
        struct robot_view v = tf_view(t, 0);
        for (uint16_t k = 0; v.before && k < v.claims; k++) assert_true(v.claim[k] != res_lane(t->site, clean_only));
    }
    assert_int_equal(tf_state(t, fine), JOB_DELIVERED);
    assert_int_equal(tf_state(t, never), JOB_REQUESTED);
    assert_int_equal(house_seen(t, never).why, JOB_WHY_CLOSED);
}

/* ---- state ------------------------------------------------------------------------------------------------------ */

struct bytes {
    uint8_t *at;
    size_t n, room;
};
static void keep_bytes(void *ctx, const void *from, size_t n)
{
    struct bytes *b = ctx;
    if (b->n + n > b->room) b->at = realloc(b->at, b->room = 2 * (b->n + n));
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

static void what_is_open_survives_a_restart(void **state)
{
    house_begin(&house);
    set_car_b(false);
    close_from_to(H_CAR_A, 600, 630);
    struct tf *t = house_open(&house, state, 1, 594);
    house_switch(t, OP_FIRE, H_FIRE, 0);
    house_switch(t, OP_FIRE_OVER, H_FIRE, 0);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    struct bytes b = { 0 };
    struct snap save = snap_saver(keep_bytes, &b);
    fleet_snap(&save, t->fleet);
    struct tf *again = tf_open(t->site, 1);
    struct snap load = snap_loader(b.at, b.n);
    fleet_snap(&load, again->fleet);
    assert_true(snap_ok(&load));
    assert_true(tf_hash(again) == tf_hash(t));
    assert_int_equal(fleet_deadline(again->fleet), fleet_deadline(t->fleet));
    uint32_t logged = t->logged;
    house_ends(t, j, 2400);
    for (uint32_t i = logged; i < t->logged; i++) assert_int_equal(tf_try(again, &t->log[i]), ORD_OK);
    assert_true(tf_hash(again) == tf_hash(t));
    free(b.at);
    tf_close(again);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(a_house_with_all_open_takes_a_load_up),
        STORY(R33_a_car_under_maintenance_is_passed_by),
        STORY(R33_no_ride_reaches_into_a_closure_and_the_load_arrives_after_it),
        STORY(R33_an_expired_certificate_closes_the_car_for_good),
        STORY(a_rule_of_the_hour_decides_who_rides),
        STORY(an_empty_clean_robot_rides_in_the_dirty_hours_to_fetch_a_dirty_load),
        STORY(while_the_hour_is_unknown_a_car_refuses_what_any_hour_would),
        STORY(a_clock_that_is_corrected_opens_and_closes_at_once),
        STORY(a_car_out_of_order_is_left_for_the_other_one),
        STORY(with_every_car_shut_the_load_waits_at_a_refuge_and_goes_on_later),
        STORY(a_shut_way_is_not_begun_and_opens_again),
        STORY(a_dirty_load_takes_the_dirty_car_and_its_robot_keeps_to_it_until_washed),
        STORY(a_way_barred_to_a_class_is_never_claimed_with_it),
        STORY(what_is_open_survives_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
