#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "common/rng.h"
#include "scenario/small_site.h"
#include "sim/plant.h"

static struct small_site small;
static uint8_t memory[16384];

static struct plant *fresh(void)
{
    struct plant *p;
    struct arena mem;
    struct site *s = small_site_open(&small);
    assert_true(plant_memory(s) <= sizeof memory);
    arena_init(&mem, memory, plant_memory(s));
    assert_int_equal(plant_open(&p, &mem, s), ORD_OK);
    struct plant_out out;
    while (plant_next(p, &out)) {}
    return p;
}

/* Step by its own deadlines up to `until`; the last state said of the car is kept. */
static struct plant_out run(struct plant *p, ms_t until)
{
    struct plant_out out, last = { .level = ID_NONE };
    while (plant_deadline(p) <= until) {
        plant_tick(p, plant_deadline(p));
        while (plant_next(p, &out))
            if (!out.is_door) last = out;
    }
    plant_tick(p, until);
    return last;
}

static void everything_says_once_where_it_is(void **state)
{
    struct plant *p;
    struct arena mem;
    struct plant_out out;
    struct site *s = small_site_open(&small);
    arena_init(&mem, memory, plant_memory(s));
    assert_int_equal(plant_open(&p, &mem, s), ORD_OK);
    assert_true(plant_next(p, &out));
    assert_false(out.is_door);
    assert_int_equal(out.level, 0);
    assert_int_equal(out.door_state, DOOR_CLOSED);
    assert_int_equal(out.motion, CAR_STOPPED);
    assert_int_equal(out.generation, 0);
    assert_true(plant_next(p, &out));
    assert_true(out.is_door);
    assert_int_equal(out.door_state, DOOR_CLOSED);
    assert_false(plant_next(p, &out));
    assert_int_equal(plant_deadline(p), MS_NEVER);
}

static void a_car_travels_by_trapezoid_then_opens_and_holds(void **state)
{
    struct plant *p = fresh();
    const struct site *s = &small.site;
    plant_elevator_request(p, 0, 1, false, 2, 0);
    ms_t travel = site_car_travel_ms(s, 0, 0, 2);
    assert_int_equal(travel, 1000 + 9000); /* start delay; 8 m at 1 m/s and 1 m/s2 */
    assert_int_equal(plant_car_height_mm(p, 0, 1000), 0);
    assert_int_equal(plant_car_height_mm(p, 0, 2000), 500);
    assert_int_equal(plant_car_height_mm(p, 0, 1000 + 4500), 4000);
    assert_true(plant_car_moving(p, 0, 5000));
    struct plant_out said = run(p, travel);
    assert_int_equal(said.door_state, DOOR_MOVING);
    assert_int_equal(said.level, 2);
    assert_int_equal(said.motion, CAR_STOPPED);
    assert_int_equal(plant_car_height_mm(p, 0, travel), 8000);
    assert_false(plant_car_open_at(p, 0, 2, travel + 2999));
    said = run(p, travel + 3000);
    assert_int_equal(said.door_state, DOOR_OPEN);
    assert_int_equal(said.generation, 1);
    assert_true(plant_car_open_at(p, 0, 2, travel + 3000));
    assert_false(plant_car_open_at(p, 0, 1, travel + 3000));
    run(p, travel + 600000); /* held for as long as the session lasts */
    assert_true(plant_car_open_at(p, 0, 2, travel + 600000));
}

static void height_never_falls_on_the_way_up_and_levels_are_told_as_passed(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 1, false, 2, 0);
    mm_t before = 0;
    for (ms_t t = 0; t <= 10000; t += 7) {
        mm_t h = plant_car_height_mm(p, 0, t);
        assert_true(h >= before && h <= 8000);
        before = h;
        assert_int_equal(plant_car_level(p, 0, t), t == 10000 || h >= 8000 ? 2 : h >= 4000 ? 1 : 0);
    }
}

static void the_end_of_a_session_closes_the_door_and_frees_the_car(void **state)
{
    struct plant *p = fresh();
    ms_t now = 0;
    plant_elevator_request(p, 0, 4, false, 0, now);
    run(p, now += 3000);
    assert_true(plant_car_open_at(p, 0, 0, now));
    plant_elevator_request(p, 0, 4, true, ID_NONE, now += 1000);
    struct plant_out out;
    assert_true(plant_next(p, &out));
    assert_int_equal(out.generation, 0);
    assert_int_equal(out.destination, ID_NONE);
    assert_int_equal(out.door_state, DOOR_MOVING);
    run(p, now += 3000);
    assert_int_equal(plant_car_door(p, 0, now), DOOR_CLOSED);
}

/* ---- what a building still knows after its controls were off ---- */
static uint8_t kept[256];
static size_t kept_n;
static void keep(void *ctx, const void *bytes, size_t n)
{
    assert_true(kept_n + n <= sizeof kept);
    memcpy(kept + kept_n, bytes, n);
    kept_n += n;
}

static struct plant *restarted(struct plant *p, size_t n_kept_wrong)
{
    kept_n = 0;
    struct snap save = snap_saver(keep, NULL);
    plant_snap(&save, p);
    struct plant *again = fresh();
    struct snap load = snap_loader(kept, kept_n - n_kept_wrong);
    plant_snap(&load, again);
    assert_int_equal(snap_ok(&load), n_kept_wrong == 0);
    return again;
}

static void a_restart_forgets_no_session_and_no_place(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 5, false, 2, 0);
    plant_door_request(p, 0, 3, true, 0);
    run(p, 60000);
    p = restarted(p, 0);
    assert_int_equal(plant_car_level(p, 0, 0), 2);
    plant_elevator_request(p, 0, 4, false, 0, 0); /* of a robot whose turn is over */
    struct plant_out said = run(p, 60000);
    assert_int_equal(said.generation, 5);
    assert_true(plant_car_open_at(p, 0, 2, 60000)); /* the session goes on where it was */
    assert_true(plant_door_open(p, 0, 60000));
    plant_elevator_request(p, 0, 5, true, ID_NONE, 60000);
    p = restarted(p, 0);
    plant_elevator_request(p, 0, 5, false, 0, 0); /* ended before: not revived */
    run(p, 60000);
    assert_int_equal(plant_car_level(p, 0, 60000), 2);
    assert_false(plant_car_open_at(p, 0, 2, 60000));
}

static void a_memory_cut_short_is_refused(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 5, false, 2, 0);
    restarted(p, 1);
}

static void a_request_of_an_older_generation_moves_nothing(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 5, false, 0, 0);
    run(p, 3000);
    plant_elevator_request(p, 0, 4, false, 2, 4000);
    plant_elevator_request(p, 0, 4, true, ID_NONE, 4000);
    run(p, 60000);
    assert_true(plant_car_open_at(p, 0, 0, 60000));
}

static void an_ended_generation_is_never_revived_by_a_late_copy(void **state)
{
    struct plant *p = fresh();
    struct plant_out out;
    plant_elevator_request(p, 0, 5, false, 0, 0);
    run(p, 3000);
    plant_elevator_request(p, 0, 5, true, ID_NONE, 4000);
    run(p, 10000);
    plant_elevator_request(p, 0, 5, false, 2, 10000);
    assert_true(plant_next(p, &out)); /* it answers, so that the asker learns the session is over */
    assert_int_equal(out.generation, 0);
    run(p, 60000);
    assert_int_equal(plant_car_height_mm(p, 0, 60000), 0);
    assert_int_equal(plant_car_door(p, 0, 60000), DOOR_CLOSED);
    plant_elevator_request(p, 0, 6, false, 1, 60000);
    run(p, 90000);
    assert_true(plant_car_open_at(p, 0, 1, 90000));
}

static void a_trip_begun_is_finished_before_a_new_target_counts(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 1, false, 2, 0);
    run(p, 5000);
    plant_elevator_request(p, 0, 2, false, 0, 5000);
    run(p, 10000);
    assert_int_equal(plant_car_height_mm(p, 0, 10000), 8000);
    assert_int_equal(plant_car_door(p, 0, 10000), DOOR_CLOSED);
    run(p, 20000 + 3000);
    assert_true(plant_car_open_at(p, 0, 0, 23000));
}

static void a_closing_door_asked_to_open_turns_round_where_it_is(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 1, false, 0, 0);
    run(p, 3000);
    plant_elevator_request(p, 0, 1, true, ID_NONE, 10000);
    run(p, 11500); /* half closed */
    plant_elevator_request(p, 0, 2, false, 0, 11500);
    run(p, 12999);
    assert_int_equal(plant_car_door(p, 0, 12999), DOOR_MOVING);
    run(p, 13000);
    assert_true(plant_car_open_at(p, 0, 0, 13000));
}

static void the_same_session_may_ride_on_to_another_level(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 1, false, 0, 0);
    run(p, 3000);
    plant_elevator_request(p, 0, 1, false, 1, 20000);
    run(p, 22999);
    assert_false(plant_car_moving(p, 0, 22999)); /* first the door closes */
    run(p, 23000);
    assert_true(plant_car_moving(p, 0, 23500));
    run(p, 60000);
    assert_true(plant_car_open_at(p, 0, 1, 60000));
}

static void a_level_without_landing_is_answered_and_ignored(void **state)
{
    struct plant *p = fresh();
    struct plant_out out;
    plant_elevator_request(p, 0, 1, false, 77, 0);
    assert_true(plant_next(p, &out));
    assert_int_equal(out.destination, ID_NONE);
    assert_int_equal(plant_deadline(p), MS_NEVER);
}

static void doors_open_hold_close_and_obey_generations(void **state)
{
    struct plant *p = fresh();
    plant_door_request(p, 0, 3, true, 0);
    run(p, 1999);
    assert_false(plant_door_open(p, 0, 1999));
    run(p, 2000);
    assert_true(plant_door_open(p, 0, 2000));
    plant_door_request(p, 0, 2, false, 5000); /* stale */
    assert_true(plant_door_open(p, 0, 5000));
    plant_door_request(p, 0, 3, false, 6000);
    assert_false(plant_door_open(p, 0, 6000));
    plant_door_request(p, 0, 3, true, 6500); /* a late copy of the first */
    run(p, 20000);
    assert_false(plant_door_open(p, 0, 20000));
}

static void a_heartbeat_repeats_every_state(void **state)
{
    struct plant *p = fresh();
    struct plant_out out;
    int cars = 0, doors = 0;
    plant_heartbeat(p, 2000);
    while (plant_deadline(p) <= 20000) {
        plant_tick(p, plant_deadline(p));
        while (plant_next(p, &out)) *(out.is_door ? &doors : &cars) += 1;
    }
    assert_int_equal(cars, 10);
    assert_int_equal(doors, 10);
}

static void a_late_tick_arrives_at_the_same_state_as_punctual_ones(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 1, false, 1, 0);
    plant_tick(p, 3600000);
    assert_true(plant_car_open_at(p, 0, 1, 3600000));
    ms_t arrive = site_car_travel_ms(&small.site, 0, 0, 1);
    p = fresh();
    plant_elevator_request(p, 0, 1, false, 1, 0);
    run(p, arrive + 3000);
    assert_true(plant_car_open_at(p, 0, 1, arrive + 3000));
}

/* Rule (4) under random requests: whenever the car is between floors its door is closed, and it never jumps. */
static void random_requests_never_move_an_open_car(void **state)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct plant *p = fresh();
        struct rng r = rng_stream(seed, "plant test");
        struct plant_out out;
        mm_t before = 0;
        ms_t now = 0;
        for (int i = 0; i < 400; i++) {
            ms_t until = now + rng_between(&r, 0, 4000);
            while (now < until) {
                ms_t next = ms_min(until, now + 50);
                now = ms_max(now, ms_min(next, plant_deadline(p)));
                plant_tick(p, now);
                while (plant_next(p, &out)) assert_true(out.motion == CAR_STOPPED || out.door_state == DOOR_CLOSED);
                mm_t h = plant_car_height_mm(p, 0, now);
                assert_true(h - before <= 60 && before - h <= 60);
                before = h;
                if (plant_car_moving(p, 0, now)) assert_int_equal(plant_car_door(p, 0, now), DOOR_CLOSED);
                if (h % 4000 != 0) assert_true(plant_car_moving(p, 0, now));
            }
            plant_elevator_request(p, 0, 1 + rng_below(&r, 6) + (uint32_t)i / 8, rng_chance(&r, 300000),
                                   (level_id)rng_below(&r, 4), now);
            plant_door_request(p, 0, rng_below(&r, 20), rng_chance(&r, 500000), now);
            while (plant_next(p, &out)) {}
        }
    }
}

/* ---- people ---- */
static struct plant_person crowd[16];

static struct plant_person person(ms_t at, level_id from, level_id to, uint8_t rank)
{
    return (struct plant_person){
        .at_ms = at, .from = from, .to = to, .rank = rank, .area_cm2 = 2800, .load_ms = 2000, .unload_ms = 2000
    };
}

static void somebody_who_calls_is_fetched_and_brought(void **state)
{
    struct plant *p = fresh();
    crowd[0] = person(1000, 2, 0, 0);
    plant_people(p, crowd, 1);
    struct plant_out said = run(p, 1000);
    assert_int_equal(said.mode, ELEVATOR_HUMAN);
    ms_t there = 1000 + 10000 + 3000; /* two storeys and the door */
    run(p, there + 1000);
    assert_int_equal(crowd[0].boarded_ms, there);
    said = run(p, MS_HOUR);
    assert_int_equal(crowd[0].left_ms, there + 2000 + 3000 + 10000 + 3000 + 2000);
    assert_int_equal(said.mode, ELEVATOR_AGV);
    assert_int_equal(plant_car_level(p, 0, MS_HOUR), 0);
    assert_int_equal(plant_car_door(p, 0, MS_HOUR), DOOR_CLOSED);
    assert_int_equal(plant_car_trips(p, 0), 2);
}

static void people_take_a_car_that_is_only_on_its_way_to_a_robot(void **state)
{
    struct plant *p = fresh();
    crowd[0] = person(2000, 1, 0, 0);
    plant_people(p, crowd, 1);
    plant_elevator_request(p, 0, 1, false, 2, 0);
    struct plant_out said = run(p, 11000); /* the trip to level 2 is finished, its door stays closed */
    assert_int_equal(said.mode, ELEVATOR_HUMAN);
    assert_int_equal(said.generation, 0);
    assert_false(plant_car_for(p, 0, 1));
    run(p, 20000);
    assert_true(crowd[0].boarded_ms < 20000);
    said = run(p, MS_MINUTE);
    assert_true(crowd[0].left_ms < MS_MINUTE);
    assert_int_equal(said.generation, 1); /* then the session has its turn again */
    assert_true(plant_car_open_at(p, 0, 2, MS_MINUTE));
}

static void a_robot_let_in_or_inside_keeps_the_car_from_people(void **state)
{
    struct plant *p = fresh();
    crowd[0] = person(5000, 2, 0, 0);
    plant_people(p, crowd, 1);
    plant_elevator_request(p, 0, 1, false, 0, 0);
    run(p, 3000); /* the door has opened for generation 1 */
    struct plant_out said = run(p, 6000);
    assert_true(plant_car_for(p, 0, 1));
    plant_elevator_request(p, 0, 1, false, 0, 7000); /* a repeated request loses nothing */
    assert_true(plant_car_for(p, 0, 1));
    plant_robot_inside(p, 0, true, 9000);
    plant_elevator_request(p, 0, 2, false, 1, 10000); /* the ride itself is a new generation */
    said = run(p, 40000);
    assert_int_equal(said.mode, ELEVATOR_AGV);
    assert_true(plant_car_open_at(p, 0, 1, 40000));
    assert_int_equal(crowd[0].boarded_ms, MS_NEVER);
    plant_robot_inside(p, 0, false, 41000);
    assert_int_equal(plant_car_mode_shown(p, 0), ELEVATOR_AGV); /* until the next session it is still that robot's */
    plant_elevator_request(p, 0, 3, false, 1, 42000);           /* the next robot, at the same door */
    assert_int_equal(plant_car_mode_shown(p, 0), ELEVATOR_HUMAN);
    run(p, 2 * MS_MINUTE);
    assert_true(crowd[0].left_ms < 2 * MS_MINUTE);
}

static void patients_step_in_before_visitors_and_the_rest_waits(void **state)
{
    struct plant *p = fresh();
    for (int i = 0; i < 4; i++) {
        crowd[i] = person(1000, 0, 2, i == 3 ? 0 : 3);
        crowd[i].area_cm2 = 14000; /* the floor of 2 x 2 m holds two */
    }
    plant_people(p, crowd, 4);
    run(p, MS_HOUR);
    assert_true(crowd[3].boarded_ms < crowd[0].boarded_ms);
    assert_true(crowd[0].boarded_ms < crowd[1].boarded_ms);
    assert_true(crowd[1].boarded_ms > crowd[3].left_ms);
    for (int i = 0; i < 4; i++) assert_true(crowd[i].left_ms < 2 * MS_MINUTE);
}

static void people_in_one_direction_are_collected_on_the_way(void **state)
{
    struct plant *p = fresh();
    crowd[0] = person(0, 0, 2, 0);
    crowd[1] = person(1000, 1, 2, 0);
    plant_people(p, crowd, 2);
    run(p, MS_HOUR);
    assert_int_equal(plant_car_trips(p, 0), 2);
    assert_true(crowd[1].boarded_ms < crowd[0].left_ms);
}

/* ---- out of service ---- */
static void a_car_taken_out_brings_its_robot_first(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 1, false, 0, 0);
    run(p, 5000);
    plant_robot_inside(p, 0, true, 6000);
    plant_elevator_request(p, 0, 2, false, 2, 8000);
    plant_car_mode(p, 0, ELEVATOR_FIRE, 9000);
    struct plant_out said = run(p, MS_MINUTE);
    assert_int_equal(said.mode, ELEVATOR_FIRE);
    assert_int_equal(said.generation, 2);
    assert_true(plant_car_open_at(p, 0, 2, MS_MINUTE));
    plant_robot_inside(p, 0, false, MS_MINUTE);
    plant_elevator_request(p, 0, 2, true, ID_NONE, MS_MINUTE);
    plant_elevator_request(p, 0, 3, false, 0, MS_MINUTE + 1000); /* nobody new */
    said = run(p, 2 * MS_MINUTE);
    assert_int_equal(said.generation, 0);
    assert_int_equal(plant_car_level(p, 0, 2 * MS_MINUTE), 2);
    assert_int_equal(plant_car_door(p, 0, 2 * MS_MINUTE), DOOR_CLOSED);
    plant_car_mode(p, 0, ELEVATOR_AGV, 3 * MS_MINUTE);
    run(p, 4 * MS_MINUTE);
    assert_true(plant_car_open_at(p, 0, 0, 4 * MS_MINUTE));
}

static void a_frozen_car_stands_between_landings_and_goes_on_from_there(void **state)
{
    struct plant *p = fresh();
    plant_elevator_request(p, 0, 1, false, 2, 0);
    run(p, 5000);
    mm_t height = plant_car_height_mm(p, 0, 5000);
    assert_true(height > 0 && height < 8000);
    plant_car_freeze(p, 0, true, 5000);
    struct plant_out said = run(p, MS_HOUR);
    plant_elevator_request(p, 0, 1, false, 2, MS_HOUR);
    assert_true(plant_next(p, &said));
    assert_int_equal(said.mode, ELEVATOR_OFFLINE);
    assert_int_equal(said.motion, CAR_STOPPED);
    assert_int_equal(plant_car_height_mm(p, 0, MS_HOUR), height);
    assert_true(plant_car_moving(p, 0, MS_HOUR)); /* at no landing */
    plant_car_freeze(p, 0, false, MS_HOUR);
    run(p, MS_HOUR + 4999);
    assert_true(plant_car_moving(p, 0, MS_HOUR + 4999));
    run(p, MS_HOUR + 8000);
    assert_true(plant_car_open_at(p, 0, 2, MS_HOUR + 8000));
}

static void an_obstacle_makes_a_closing_door_begin_again(void **state)
{
    struct plant *p = fresh();
    plant_door_retry(p, 1, 1000000);
    plant_elevator_request(p, 0, 1, false, 0, 0);
    run(p, 3000);
    plant_elevator_request(p, 0, 1, true, ID_NONE, 4000);
    run(p, 4000 + 8999);
    assert_int_equal(plant_car_door(p, 0, 4000 + 8999), DOOR_MOVING);
    assert_int_equal(plant_car_door(p, 0, 4000 + 9000), DOOR_CLOSED);
}

static void random_people_and_robots_all_get_there(void **state)
{
    static struct plant_person list[400];
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng r = rng_stream(seed, "test.people");
        struct plant *p = fresh();
        for (int i = 0; i < 400; i++) {
            level_id from = (level_id)rng_below(&r, 3);
            list[i] = person((i ? list[i - 1].at_ms : 0) + rng_between(&r, 0, 60000), from,
                             (level_id)((from + 1 + rng_below(&r, 2)) % 3), (uint8_t)rng_below(&r, 4));
            list[i].area_cm2 = (int32_t)rng_between(&r, 2000, 30000);
        }
        plant_people(p, list, 400);
        plant_door_retry(p, seed, 20000);
        ms_t now = 0;
        for (uint32_t g = 1; now < 7 * MS_HOUR; g++) {
            plant_elevator_request(p, 0, g, false, (level_id)rng_below(&r, 3), now);
            run(p, now += rng_between(&r, 1000, 90000));
            plant_elevator_request(p, 0, g, true, ID_NONE, now);
            run(p, now += rng_between(&r, 0, 5000));
        }
        run(p, now + MS_HOUR);
        for (int i = 0; i < 400; i++) {
            assert_true(list[i].boarded_ms >= list[i].at_ms);
            assert_true(list[i].left_ms > list[i].boarded_ms && list[i].left_ms < MS_NEVER);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_says_once_where_it_is),
        cmocka_unit_test(a_car_travels_by_trapezoid_then_opens_and_holds),
        cmocka_unit_test(height_never_falls_on_the_way_up_and_levels_are_told_as_passed),
        cmocka_unit_test(the_end_of_a_session_closes_the_door_and_frees_the_car),
        cmocka_unit_test(a_restart_forgets_no_session_and_no_place),
        cmocka_unit_test(a_memory_cut_short_is_refused),
        cmocka_unit_test(a_request_of_an_older_generation_moves_nothing),
        cmocka_unit_test(an_ended_generation_is_never_revived_by_a_late_copy),
        cmocka_unit_test(a_trip_begun_is_finished_before_a_new_target_counts),
        cmocka_unit_test(a_closing_door_asked_to_open_turns_round_where_it_is),
        cmocka_unit_test(the_same_session_may_ride_on_to_another_level),
        cmocka_unit_test(a_level_without_landing_is_answered_and_ignored),
        cmocka_unit_test(doors_open_hold_close_and_obey_generations),
        cmocka_unit_test(a_heartbeat_repeats_every_state),
        cmocka_unit_test(a_late_tick_arrives_at_the_same_state_as_punctual_ones),
        cmocka_unit_test(random_requests_never_move_an_open_car),
        cmocka_unit_test(somebody_who_calls_is_fetched_and_brought),
        cmocka_unit_test(people_take_a_car_that_is_only_on_its_way_to_a_robot),
        cmocka_unit_test(a_robot_let_in_or_inside_keeps_the_car_from_people),
        cmocka_unit_test(patients_step_in_before_visitors_and_the_rest_waits),
        cmocka_unit_test(people_in_one_direction_are_collected_on_the_way),
        cmocka_unit_test(a_car_taken_out_brings_its_robot_first),
        cmocka_unit_test(a_frozen_car_stands_between_landings_and_goes_on_from_there),
        cmocka_unit_test(an_obstacle_makes_a_closing_door_begin_again),
        cmocka_unit_test(random_people_and_robots_all_get_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
