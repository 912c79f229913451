/* The simulated vehicle: exact times, no overshoot, straight joints without a stop, braking from any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/drive.h"
#include "common/err.h"
#include "common/rng.h"

static uint8_t block[32768];

static struct drive car_with(int32_t speed, int32_t accel, int32_t turn, ms_t settle)
{
    struct arena mem;
    struct drive_sim *d;
    struct drive_sim_config cfg = {
        .speed_mm_s = speed, .accel_mm_s2 = accel, .turn_mrad_s = turn, .settle_ms = settle
    };
    arena_init(&mem, block, sizeof block);
    assert_int_equal(drive_sim_open(&d, &mem, &cfg), ORD_OK);
    return drive_sim_ops(d);
}
static struct drive car(void) { return car_with(1000, 500, 1000, 0); }

static int go(struct drive d, uint32_t tag, mm_t x, mm_t y, ms_t now)
{
    struct drive_leg leg = { tag, x, y, 0, false };
    return d.ops->append(d.self, &leg, now);
}
static struct drive_pose pose(struct drive d, ms_t now)
{
    struct drive_pose p;
    d.ops->pose(d.self, now, &p);
    return p;
}
static void expect_pass(struct drive d, uint32_t tag, ms_t at)
{
    uint32_t got;
    ms_t when;
    if (at > 0) assert_false(d.ops->passed(d.self, at - 1, &got, &when));
    assert_int_equal(d.ops->deadline(d.self, at - 1), at);
    assert_true(d.ops->passed(d.self, at, &got, &when));
    assert_int_equal(got, tag);
    assert_int_equal(when, at);
}

static void a_long_leg_takes_the_trapezoid_time_to_the_millisecond(void **state)
{
    struct drive d = car(); /* 2 s up over 1 m, 8 s cruise, 2 s down */
    assert_true(d.ops->standing(d.self, 0));
    assert_int_equal(d.ops->deadline(d.self, 0), MS_NEVER);
    assert_int_equal(go(d, 1, 10000, 0, 0), ORD_OK);
    assert_false(d.ops->standing(d.self, 0));
    assert_int_equal(pose(d, 1000).x_mm, 250);
    assert_int_equal(pose(d, 1000).speed_mm_s, 500);
    assert_int_equal(pose(d, 6000).x_mm, 5000);
    assert_int_equal(pose(d, 6000).speed_mm_s, 1000);
    assert_int_equal(pose(d, 10000).x_mm, 9000);
    expect_pass(d, 1, 12000);
    assert_true(d.ops->standing(d.self, 12000));
    assert_int_equal(pose(d, 12000).x_mm, 10000);
}

static void a_short_leg_never_reaches_full_speed(void **state)
{
    struct drive d = car(); /* 0.5 m: top speed sqrt(0.25) = 0.5 m/s, 2 s in all */
    go(d, 1, 0, -500, 0);
    /* it looks along +x and must turn by a quarter first: 1571 mrad at 1000 mrad/s */
    assert_int_equal(pose(d, 1000).theta, -1000);
    assert_int_equal(pose(d, 1000).y_mm, 0);
    assert_int_equal(pose(d, 2571).speed_mm_s, 500);
    expect_pass(d, 1, 3571);
}

static void straight_legs_are_driven_through(void **state)
{
    struct drive d = car();
    go(d, 1, 5000, 0, 0);
    go(d, 2, 10000, 0, 0);
    expect_pass(d, 1, 6000);
    assert_int_equal(pose(d, 6000).speed_mm_s, 1000);
    expect_pass(d, 2, 12000);
}

static void many_short_legs_are_as_fast_as_one_long_one(void **state)
{
    struct drive d = car();
    uint32_t tag = 0;
    ms_t at = 0;
    for (uint32_t k = 1; k <= 60; k++) go(d, k, (mm_t)k * 100, 0, 0);
    while (d.ops->passed(d.self, 8002, &tag, &at)) {}
    assert_int_equal(tag, 60);
    assert_in_range(at, 8000, 8002); /* roots are rounded down at 60 joints */
}

static void a_leg_appended_on_the_way_extends_the_run_without_a_stop(void **state)
{
    struct drive d = car();
    go(d, 1, 5000, 0, 0);
    assert_int_equal(pose(d, 4500).speed_mm_s, 1000);
    go(d, 2, 10000, 0, 4500); /* before it begins to brake at 5 s */
    expect_pass(d, 1, 6000);
    expect_pass(d, 2, 12000);
}

static void a_leg_appended_while_braking_speeds_up_again(void **state)
{
    struct drive d = car();
    go(d, 1, 5000, 0, 0);
    assert_int_equal(pose(d, 6000).speed_mm_s, 500);
    go(d, 2, 10000, 0, 6000);
    uint32_t tag;
    ms_t at;
    while (!d.ops->passed(d.self, 8000, &tag, &at)) assert_true(false);
    assert_in_range(at, 6400, 6500);
    assert_true(pose(d, at).speed_mm_s > 600);
}

static void corners_are_turned_on_the_spot_and_cost_the_settle_time(void **state)
{
    struct drive d = car_with(1000, 500, 1000, 300);
    go(d, 1, 2000, 0, 0);
    go(d, 2, 2000, 2000, 0);
    expect_pass(d, 1, 4000);
    assert_int_equal(pose(d, 4000).speed_mm_s, 0);
    assert_int_equal(pose(d, 4500).theta, 500);
    assert_false(d.ops->standing(d.self, 4500));
    assert_int_equal(pose(d, 5871).y_mm, 0);
    expect_pass(d, 2, 4000 + 1571 + 300 + 4000);
}

static void a_gentle_bend_is_no_corner(void **state)
{
    struct drive d = car();
    go(d, 1, 5000, 0, 0);
    go(d, 2, 10000, 1500, 0); /* 291 mrad */
    expect_pass(d, 1, 6000);
    assert_int_equal(pose(d, 6001).theta, 291);
}

static void a_slow_leg_is_entered_and_left_slowly(void **state)
{
    struct drive d = car();
    struct drive_leg slow = { 2, 6000, 0, 300, false };
    go(d, 1, 4000, 0, 0);
    d.ops->append(d.self, &slow, 0);
    go(d, 3, 10000, 0, 0);
    for (ms_t t = 0; t < 20000; t += 50) {
        struct drive_pose p = pose(d, t);
        if (p.x_mm >= 4000 && p.x_mm <= 6000) assert_true(p.speed_mm_s <= 300);
    }
}

static void stop_at_end_rests_before_it_goes_on(void **state)
{
    struct drive d = car();
    struct drive_leg leg = { 1, 2000, 0, 0, true };
    d.ops->append(d.self, &leg, 0);
    go(d, 2, 4000, 0, 0);
    expect_pass(d, 1, 4000);
    assert_int_equal(pose(d, 4000).speed_mm_s, 0);
    expect_pass(d, 2, 8000);
}

static void stop_brakes_now_and_forgets_the_rest(void **state)
{
    struct drive d = car();
    uint32_t tag;
    ms_t at;
    go(d, 1, 10000, 0, 0);
    go(d, 2, 20000, 0, 0);
    d.ops->stop(d.self, 5000); /* at 4 m with 1 m/s: rests at 5 m after 2 s */
    assert_int_equal(go(d, 3, 0, 0, 5500), ORD_EBUSY);
    assert_int_equal(d.ops->deadline(d.self, 5500), 7000);
    assert_false(d.ops->standing(d.self, 6999));
    assert_true(d.ops->standing(d.self, 7000));
    assert_int_equal(pose(d, 7000).x_mm, 5000);
    assert_false(d.ops->passed(d.self, 100000, &tag, &at));
    assert_int_equal(go(d, 3, 5000, 0, 100000), ORD_OK);
    assert_true(d.ops->passed(d.self, 100000, &tag, &at));
}

static void stop_near_an_end_crosses_it_and_says_so(void **state)
{
    struct drive d = car();
    go(d, 1, 4500, 0, 0);
    go(d, 2, 20000, 0, 0);
    d.ops->stop(d.self, 5000);
    expect_pass(d, 1, 5586); /* 0.5 m from 1 m/s at 0.5 m/s2 */
    assert_true(d.ops->standing(d.self, 7000));
    assert_int_equal(pose(d, 7000).x_mm, 5000);
}

static void stop_while_braking_for_a_corner_ends_at_the_corner(void **state)
{
    static const int32_t speed[] = { 1000, 733, 1201 }, accel[] = { 500, 317, 771 };
    for (int k = 0; k < 3; k++) {
        struct drive d = car_with(speed[k], accel[k], 1000, 0);
        go(d, 1, 5000, 0, 0);
        ms_t end = d.ops->deadline(d.self, 0), brake = (ms_t)speed[k] * 1000 / accel[k];
        for (ms_t at = end - brake + 2; at < end; at++) {
            uint32_t tag;
            ms_t when;
            d = car_with(speed[k], accel[k], 1000, 0);
            go(d, 1, 5000, 0, 0);
            go(d, 2, 5000, 5000, 0);
            d.ops->stop(d.self, at);
            struct drive_pose p = pose(d, end + 5000);
            assert_true(d.ops->standing(d.self, end + 5000));
            assert_int_equal(p.theta, 0); /* it does not turn for a micrometre of rounding */
            assert_int_equal(p.y_mm, 0);
            assert_in_range(p.x_mm, 4998, 5000);
            assert_true(!d.ops->passed(d.self, end + 5000, &tag, &when) || (tag == 1 && when <= end + 1));
        }
    }
}

static void stop_in_a_turn_keeps_the_heading_reached(void **state)
{
    struct drive d = car();
    go(d, 1, 0, 3000, 0);
    d.ops->stop(d.self, 700);
    assert_true(d.ops->standing(d.self, 700));
    assert_int_equal(pose(d, 5000).theta, 700);
}

static void pause_keeps_the_legs_and_goes_on_later(void **state)
{
    struct drive d = car();
    go(d, 1, 10000, 0, 0);
    d.ops->pause(d.self, true, 5000);
    assert_false(d.ops->standing(d.self, 6999));
    assert_true(d.ops->standing(d.self, 7000));
    assert_int_equal(pose(d, 50000).x_mm, 5000);
    assert_int_equal(d.ops->deadline(d.self, 50000), MS_NEVER);
    d.ops->pause(d.self, false, 60000);
    expect_pass(d, 1, 67000); /* 5 m from rest to rest */
}

static void what_is_appended_in_a_pause_waits(void **state)
{
    struct drive d = car();
    d.ops->pause(d.self, true, 0);
    go(d, 1, 2000, 0, 100);
    go(d, 2, 4000, 0, 200);
    assert_true(d.ops->standing(d.self, 99999));
    assert_int_equal(pose(d, 99999).x_mm, 0);
    d.ops->pause(d.self, false, 100000);
    expect_pass(d, 1, 103000); /* 1 m up to full speed in 2 s, 1 m at it: leg 2 follows */
}

static void stop_in_a_pause_forgets_the_legs(void **state)
{
    struct drive d = car();
    go(d, 1, 10000, 0, 0);
    d.ops->pause(d.self, true, 5000);
    d.ops->stop(d.self, 8000);
    d.ops->pause(d.self, false, 9000);
    assert_true(d.ops->standing(d.self, 99999));
    assert_int_equal(pose(d, 99999).x_mm, 5000);
}

static struct drive two_way_car(void)
{
    struct arena mem;
    struct drive_sim *d;
    struct drive_sim_config cfg = {
        .speed_mm_s = 1000, .accel_mm_s2 = 500, .turn_mrad_s = 1000, .settle_ms = 500, .reversible = true
    };
    arena_init(&mem, block, sizeof block);
    assert_int_equal(drive_sim_open(&d, &mem, &cfg), ORD_OK);
    return drive_sim_ops(d);
}

static void a_two_way_vehicle_drives_back_without_turning(void **state)
{
    struct drive d = two_way_car();
    assert_int_equal(go(d, 1, 10000, 0, 0), ORD_OK);
    assert_int_equal(go(d, 2, 0, 0, 0), ORD_OK);
    expect_pass(d, 1, 12000);
    assert_in_range(pose(d, 18000).theta + 2, 0, 4); /* its front still points ahead */
    assert_int_equal(pose(d, 18000).speed_mm_s, 1000);
    assert_true(pose(d, 18000).x_mm < 10000);
    expect_pass(d, 2, 24000);
    assert_in_range(pose(d, 24000).theta + 2, 0, 4);
}

static void a_two_way_vehicle_turns_the_short_way(void **state)
{
    struct drive d = two_way_car();
    assert_int_equal(go(d, 1, -7071, 7071, 0), ORD_OK); /* 135 degrees: 45 the other way, then backwards */
    ms_t turned = 785 + 1 + 500;                        /* rounded up */
    assert_in_range(pose(d, turned + 10).theta + 788, 0, 4);
    uint32_t tag;
    ms_t at;
    assert_true(d.ops->passed(d.self, MS_HOUR, &tag, &at));
    assert_in_range(at, 12000 + turned - 3, 12000 + turned + 3);
    assert_int_equal(go(d, 2, -7071, 20000, at),
                     ORD_OK); /* heading 90 degrees: again backwards or ahead, never over 90 */
    mrad_t before = pose(d, at).theta, after = pose(d, at + 6000).theta, turn = drive_angle_between(before, after);
    assert_in_range(turn < 0 ? -turn : turn, 780, 790);
}

static void relocate_moves_the_belief(void **state)
{
    struct drive d = car();
    d.ops->relocate(d.self, 7000, -3, 5000, 10);
    assert_int_equal(pose(d, 10).x_mm, 7000);
    assert_int_equal(pose(d, 10).theta, 5000 - 6283);
    uint32_t tag;
    ms_t at;
    go(d, 1, 7000, -3, 10); /* a leg of no length is passed at once */
    assert_true(d.ops->passed(d.self, 10, &tag, &at));
    assert_int_equal(at, 10);
}

static void a_full_drive_says_so(void **state)
{
    struct drive d = car();
    uint32_t n = 0;
    while (go(d, n + 1, (mm_t)(n + 1) * 100, 0, 0) == ORD_OK) n++;
    assert_int_equal(go(d, n + 1, 0, 0, 0), ORD_EFULL);
    assert_true(n >= 48);
}

static void headings_are_right_in_all_quadrants(void **state)
{
    assert_int_equal(drive_heading(0, 0), 0);
    assert_int_equal(drive_heading(5, 0), 0);
    assert_in_range(drive_heading(0, 7), 1570, 1571);
    assert_in_range(-drive_heading(0, -7), 1570, 1571);
    assert_in_range(drive_heading(-3, 0), 3141, 3142);
    assert_in_range(drive_heading(1000, 1000), 785, 786);
    assert_in_range(drive_heading(-1000, 1000), 2356, 2357);
    assert_in_range(-drive_heading(-1000, -1), 3140, 3141);
    assert_int_equal(drive_angle_between(3000, -3000), 283);
    assert_int_equal(drive_angle_between(-3000, 3000), -283);
}

static void bad_figures_are_refused(void **state)
{
    struct arena mem;
    struct drive_sim *d;
    struct drive_sim_config cfg = { .speed_mm_s = 0, .accel_mm_s2 = 1, .turn_mrad_s = 1 };
    arena_init(&mem, block, sizeof block);
    assert_int_equal(drive_sim_open(&d, &mem, &cfg), ORD_ERANGE);
    cfg.speed_mm_s = 1;
    arena_init(&mem, block, 64);
    assert_int_equal(drive_sim_open(&d, &mem, &cfg), ORD_EFULL);
}

/* ---- for any sequence of calls: what must hold at every millisecond ---- */

struct watch {
    struct drive d;
    ms_t now;
    struct drive_pose last;
    int32_t speed, accel;
    uint32_t next_tag;
};

static void step(struct watch *w, ms_t dt)
{
    uint32_t tag;
    ms_t at, ms = dt;
    struct drive_pose p = pose(w->d, w->now + dt);
    int64_t moved = distance_mm(w->last.x_mm, w->last.y_mm, p.x_mm, p.y_mm);
    assert_true(p.speed_mm_s >= 0 && p.speed_mm_s <= w->speed);
    assert_true(moved <= (int64_t)w->speed * ms / 1000 + 3);
    int64_t dv = p.speed_mm_s - w->last.speed_mm_s;
    assert_true((dv < 0 ? -dv : dv) <= (int64_t)w->accel * ms / 1000 + 3);
    w->now += dt;
    w->last = p;
    while (w->d.ops->passed(w->d.self, w->now, &tag, &at)) {
        assert_true(tag >= w->next_tag && at <= w->now);
        w->next_tag = tag + 1;
    }
}

static void any_use_keeps_speed_acceleration_and_order_in_bounds(void **state)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rng r = rng_stream(seed, "drive");
        struct watch w = { .speed = (int32_t)rng_between(&r, 200, 2000), .accel = (int32_t)rng_between(&r, 100, 1500) };
        w.d = car_with(w.speed, w.accel, (int32_t)rng_between(&r, 200, 3000), (ms_t)rng_below(&r, 500));
        mm_t x = 0, y = 0;
        uint32_t tag = 0;
        bool paused = false;
        for (int k = 0; k < 60; k++) {
            uint32_t what = rng_below(&r, 20);
            if (what < 14) {
                bool bend = rng_chance(&r, 400000);
                x += (mm_t)rng_between(&r, bend ? -3000 : 0, 3000);
                y += bend ? (mm_t)rng_between(&r, -3000, 3000) : 0;
                struct drive_leg leg = { tag + 1, x, y, rng_chance(&r, 300000) ? (int32_t)rng_between(&r, 100, 900) : 0,
                                         rng_chance(&r, 100000) };
                if (w.d.ops->append(w.d.self, &leg, w.now) == ORD_OK) tag++;
            } else if (what == 14) {
                w.d.ops->stop(w.d.self, w.now);
            } else if (what == 15) {
                w.d.ops->pause(w.d.self, paused = !paused, w.now);
            }
            for (uint32_t i = rng_below(&r, 40); i-- > 0;) step(&w, rng_between(&r, 1, 100));
        }
        w.d.ops->pause(w.d.self, false, w.now);
        while (!w.d.ops->standing(w.d.self, w.now)) {
            ms_t due = w.d.ops->deadline(w.d.self, w.now);
            assert_true(due > w.now && due < w.now + 3600000);
            step(&w, due - w.now);
        }
        assert_int_equal(w.d.ops->deadline(w.d.self, w.now), MS_NEVER);
    }
}

static void asking_never_changes_the_answer(void **state)
{
    struct drive_pose end[2];
    ms_t done[2];
    for (int ask = 0; ask < 2; ask++) {
        struct rng r = rng_stream(7, "drive ask");
        struct drive d = car_with(1300, 700, 900, 120);
        ms_t now = 0;
        mm_t x = 0, y = 0;
        for (uint32_t k = 1; k <= 30; k++) {
            x += (mm_t)rng_between(&r, 0, 4000);
            y += rng_chance(&r, 300000) ? 2000 : 0;
            (void)go(d, k, x, y, now);
            ms_t until = now + rng_between(&r, 0, 4000);
            for (; ask && now < until; now += 7) (void)pose(d, now);
            now = until;
        }
        uint32_t tag;
        while (d.ops->passed(d.self, 10 * MS_HOUR, &tag, &done[ask])) {}
        end[ask] = pose(d, 10 * MS_HOUR);
    }
    assert_int_equal(done[0], done[1]);
    assert_memory_equal(&end[0], &end[1], sizeof end[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_leg_takes_the_trapezoid_time_to_the_millisecond),
        cmocka_unit_test(a_short_leg_never_reaches_full_speed),
        cmocka_unit_test(straight_legs_are_driven_through),
        cmocka_unit_test(many_short_legs_are_as_fast_as_one_long_one),
        cmocka_unit_test(a_leg_appended_on_the_way_extends_the_run_without_a_stop),
        cmocka_unit_test(a_leg_appended_while_braking_speeds_up_again),
        cmocka_unit_test(corners_are_turned_on_the_spot_and_cost_the_settle_time),
        cmocka_unit_test(a_gentle_bend_is_no_corner),
        cmocka_unit_test(a_slow_leg_is_entered_and_left_slowly),
        cmocka_unit_test(stop_at_end_rests_before_it_goes_on),
        cmocka_unit_test(stop_brakes_now_and_forgets_the_rest),
        cmocka_unit_test(stop_near_an_end_crosses_it_and_says_so),
        cmocka_unit_test(stop_while_braking_for_a_corner_ends_at_the_corner),
        cmocka_unit_test(stop_in_a_turn_keeps_the_heading_reached),
        cmocka_unit_test(pause_keeps_the_legs_and_goes_on_later),
        cmocka_unit_test(what_is_appended_in_a_pause_waits),
        cmocka_unit_test(stop_in_a_pause_forgets_the_legs),
        cmocka_unit_test(a_two_way_vehicle_drives_back_without_turning),
        cmocka_unit_test(a_two_way_vehicle_turns_the_short_way),
        cmocka_unit_test(relocate_moves_the_belief),
        cmocka_unit_test(a_full_drive_says_so),
        cmocka_unit_test(headings_are_right_in_all_quadrants),
        cmocka_unit_test(bad_figures_are_refused),
        cmocka_unit_test(any_use_keeps_speed_acceleration_and_order_in_bounds),
        cmocka_unit_test(asking_never_changes_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
