/* The judge must find what is planted: each rule is broken on purpose, alone, and must be counted under its number. */
#include "oracle_bench.h"

/* ---- space ---- */
static void rectangles_overlap_exactly_where_they_should(void **state)
{
    struct oracle_rect a = oracle_rect_of(0, 0, 0, 1000, 400), b = oracle_rect_of(995, 0, 0, 1000, 400);
    assert_true(oracle_rects_overlap(&a, &b));
    b = oracle_rect_of(1001, 0, 0, 1000, 400);
    assert_false(oracle_rects_overlap(&a, &b));
    b = oracle_rect_of(0, 690, 1571, 1000, 400); /* across: 200 + 500 */
    assert_true(oracle_rects_overlap(&a, &b));
    b = oracle_rect_of(0, 702, 1571, 1000, 400);
    assert_false(oracle_rects_overlap(&a, &b));
    b = oracle_rect_of(860, 560, 785, 1000, 400); /* bounding boxes meet, the shapes do not */
    assert_false(oracle_rects_overlap(&a, &b));
    assert_true(oracle_rect_on_segment(&a, -600, 0, 600, 0));
    assert_true(oracle_rect_on_segment(&a, 450, -600, 450, 600));
    assert_false(oracle_rect_on_segment(&a, 510, -600, 510, 600));
    assert_false(oracle_rect_on_segment(&a, 450, 250, 450, 600));
}

static void overlapping_footprints_count_once_until_they_part(void **state)
{
    struct oracle *o = fresh(2);
    claim_all(o, 0);
    claim_all(o, 1);
    ms_t now = 0;
    put(o, 0, 0, 0, 0, 0, now);
    put(o, 1, 590, 0, 0, 0, now);
    oracle_judge(o, now);
    ONLY("I-01", 1);
    put(o, 1, 580, 0, 10, 0, now += 500);
    oracle_judge(o, now);
    ONLY("I-01", 1);
    put(o, 1, 700, 0, 200, 0, now += 500);
    oracle_judge(o, now);
    put(o, 1, 590, 0, 200, 0, now += 500);
    oracle_judge(o, now);
    ONLY("I-01", 2);
    oracle_close(o);
}

static void robots_on_different_floors_do_not_overlap(void **state)
{
    static const level_id apart[] = { 0, 1 };
    struct oracle *o;
    memset(&seen, 0, sizeof seen);
    struct oracle_config cfg = {
        .site = small_site_open(&small), .robots = 2, .robot_class = classes, .start_level = apart, .violated = note_it
    };
    assert_int_equal(oracle_open(&o, &cfg), ORD_OK);
    claim(o, 0, 1, (const res_id[]){ 0 });
    claim(o, 1, 1, (const res_id[]){ 3 });
    put(o, 0, 0, 0, 0, 0, 0);
    put(o, 1, 0, 0, 0, 1, 0);
    oracle_judge(o, 0);
    ONLY("I-01", 0);
    oracle_close(o);
}

static void a_robot_across_a_door_needs_it_open(void **state)
{
    struct oracle *o = fresh(1);
    claim_all(o, 0);
    oracle_door(o, 0, true);
    ms_t now = 0;
    put(o, 0, 2500, 0, 1000, 0, now);
    oracle_judge(o, now);
    ONLY("I-02", 0);
    oracle_door(o, 0, false); /* closes on it: found although the robot did not move */
    oracle_judge(o, now += 100);
    ONLY("I-02", 1);
    put(o, 0, 3000, 0, 1000, 0, now += 500);
    oracle_judge(o, now);
    ONLY("I-02", 1);
    oracle_close(o);
}

static void a_robot_in_a_wall_is_found(void **state)
{
    static struct site_wall wall[] = { { 0, -1000, 400, 30000, 400 },
                                       { 1, -1000, 0, 30000, 0 },
                                       { 0, 4000, 400, 4000, 9000 } };
    struct oracle *o = fresh(1);
    oracle_close(o);
    small.site.wall = wall;
    small.site.walls = COUNT_OF(wall);
    struct oracle_config cfg = {
        .site = &small.site, .robots = 1, .robot_class = classes, .start_level = levels, .violated = note_it
    };
    assert_int_equal(oracle_open(&o, &cfg), ORD_OK);
    claim_all(o, 0);
    put(o, 0, 1000, 0, 0, 0, 0);
    oracle_judge(o, 0);
    ONLY("I-02", 0); /* 0.1 m from the wall; the one through it is on the floor above */
    put(o, 0, 1500, 110, 500, 0, 1000);
    oracle_judge(o, 1000);
    ONLY("I-02", 1);
    oracle_close(o);
}

static void conflicting_claims_are_found_whoever_comes_second(void **state)
{
    struct oracle *o = fresh(3);
    claim(o, 0, 2, (const res_id[]){ 0, 9 });
    claim(o, 1, 1, (const res_id[]){ 4 });
    ONLY("I-03", 0);
    claim(o, 1, 2, (const res_id[]){ 4, 1 }); /* lobby 1 touches lane 0 that robot 0 holds */
    ONLY("I-03", 1);
    claim(o, 1, 2, (const res_id[]){ 4, 1 }); /* told again: not counted again */
    ONLY("I-03", 1);
    claim(o, 2, 1, (const res_id[]){ 2 });  /* the cabin at level 0 ... */
    claim(o, 1, 1, (const res_id[]){ 12 }); /* ... and the lane into the same car at level 1 */
    ONLY("I-03", 2);
    oracle_close(o);
}

static void a_robot_off_everything_it_claims_is_found(void **state)
{
    struct oracle *o = fresh(1);
    ms_t now = 0;
    claim(o, 0, 2, (const res_id[]){ 0, 9 });
    put(o, 0, 2000, 100, 500, 0, now);
    oracle_judge(o, now);
    ONLY("I-03", 0);
    put(o, 0, 2000, 200, 500, 0, now += 500);
    oracle_judge(o, now);
    ONLY("I-03", 1);
    put(o, 0, 2000, 0, 500, 0, now += 500);
    oracle_judge(o, now);
    claim(o, 0, 1, (const res_id[]){ 0 }); /* freed under its wheels */
    oracle_judge(o, now += 1);
    ONLY("I-03", 2);
    oracle_close(o);
}

static void a_jump_and_a_wrong_level_are_found(void **state)
{
    struct oracle *o = fresh(1);
    claim_all(o, 0);
    put(o, 0, 0, 0, 0, 0, 0);
    oracle_judge(o, 0);
    put(o, 0, 1900, 0, 0, 0, 1000); /* 1.9 m in a second at 1 m/s */
    oracle_judge(o, 1000);
    ONLY("I-30", 1);
    put(o, 0, 1900, 0, 0, 2, 2000);
    oracle_judge(o, 2000);
    ONLY("I-30", 2);
    oracle_close(o);
}

/* ---- elevators ---- */
/* Robot 0 drives in at level 0, rides to 2, drives out. */
static ms_t board(struct oracle *o, robot_id r, ms_t now)
{
    for (mm_t x = 8000; x <= 10000; x += 500) {
        put(o, r, x, 0, x < 10000 ? 1000 : 0, 0, now += 500);
        oracle_judge(o, now);
    }
    return now;
}

static void a_proper_ride_breaks_nothing_and_is_counted(void **state)
{
    struct oracle *o = fresh(1);
    struct oracle_totals t;
    struct oracle_place at;
    claim_all(o, 0);
    oracle_car(o, 0, 0, false, true);
    ms_t now = board(o, 0, 0);
    oracle_where(o, 0, &at);
    assert_int_equal(at.car, 0);
    oracle_car(o, 0, 0, false, false);
    oracle_judge(o, now += 3000);
    oracle_car(o, 0, 0, true, false);
    oracle_judge(o, now += 1000);
    oracle_car(o, 0, 2, false, false);
    oracle_judge(o, now += 9000);
    put(o, 0, 10100, 0, 0, 2, now); /* told by initPosition; the drawings differ by 10 cm */
    oracle_judge(o, now);
    oracle_car(o, 0, 2, false, true);
    oracle_judge(o, now += 3000);
    const res_id up[] = { 8, 14, 7 };
    claim(o, 0, 3, up);
    for (mm_t x = 10000; x >= 8000; x -= 500) {
        put(o, 0, x, 0, 1000, 2, now += 500);
        oracle_judge(o, now);
    }
    ONLY("I-08", 0);
    oracle_where(o, 0, &at);
    assert_int_equal(at.level, 2);
    assert_int_equal(at.car, ID_NONE);
    oracle_totals(o, &t);
    assert_int_equal(t.rides, 1);
    assert_true(t.distance_mm >= 4000 && t.distance_mm <= 4100);
    oracle_close(o);
}

static void crossing_the_sill_of_a_closed_or_absent_car_is_found(void **state)
{
    struct oracle *o = fresh(1);
    claim_all(o, 0);
    oracle_car(o, 0, 0, false, false);
    board(o, 0, 0);
    assert_int_equal(count_of("I-08"), 1);
    oracle_close(o);

    o = fresh(1);
    claim_all(o, 0);
    oracle_car(o, 0, 2, false, true); /* open, but two floors up: an open shaft */
    board(o, 0, 0);
    assert_true(count_of("I-08") >= 1);
    oracle_close(o);
}

static void a_door_closing_on_a_robot_and_a_car_leaving_with_it_are_found(void **state)
{
    struct oracle *o = fresh(1);
    claim_all(o, 0);
    oracle_car(o, 0, 0, false, true);
    ms_t now = 500;
    put(o, 0, 9000, 0, 0, 0, now); /* half in, half out */
    oracle_judge(o, now);
    ONLY("I-08", 0);
    oracle_car(o, 0, 0, false, false);
    oracle_judge(o, now += 1000);
    ONLY("I-08", 1);
    oracle_car(o, 0, 0, true, false);
    oracle_judge(o, now += 1000);
    assert_int_equal(count_of("I-09"), 1);
    assert_int_equal(seen.count, 2);
    oracle_close(o);
}

static void driving_about_in_a_moving_car_is_found(void **state)
{
    struct oracle *o = fresh(1);
    claim_all(o, 0);
    oracle_car(o, 0, 0, false, true);
    ms_t now = board(o, 0, 0);
    oracle_car(o, 0, 0, true, false);
    oracle_judge(o, now += 100);
    ONLY("I-08", 0);
    put(o, 0, 10100, 0, 200, 0, now += 500);
    oracle_judge(o, now);
    ONLY("I-08", 1);
    oracle_close(o);
}

static void two_robots_in_one_car_are_found(void **state)
{
    struct oracle *o = fresh(2);
    claim_all(o, 0);
    claim_all(o, 1);
    oracle_car(o, 0, 0, false, true);
    put(o, 0, 10500, 500, 0, 0, 0);
    oracle_judge(o, 0);
    seen.count = 0; /* (10.5, 0.5) is off every lane; that is not what this is about */
    put(o, 1, 9600, 0, 0, 0, 0);
    oracle_judge(o, 0);
    assert_int_equal(count_of("I-07"), 1);
    assert_int_equal(count_of("I-01"), 0);
    oracle_close(o);
}

static void robots_in_different_places_of_one_shaft_do_not_overlap(void **state)
{
    static const level_id apart[] = { 0, 1 };
    struct oracle *o;
    memset(&seen, 0, sizeof seen);
    struct oracle_config cfg = {
        .site = small_site_open(&small), .robots = 2, .robot_class = classes, .start_level = apart, .violated = note_it
    };
    assert_int_equal(oracle_open(&o, &cfg), ORD_OK);
    claim_all(o, 0);
    oracle_claims(o, 1, 1, (const res_id[]){ 4 });
    oracle_car(o, 0, 0, false, true);
    ms_t now = board(o, 0, 0);
    put(o, 1, 5000, 0, 0, 1, now);
    oracle_car(o, 0, 0, true, false);
    oracle_judge(o, now += 100);
    assert_int_equal(count_of("I-01"), 0);
    oracle_close(o);
}

/* ---- orders ---- */

static void a_release_outside_the_claim_is_found(void **state)
{
    struct oracle *o = fresh(1);
    struct out_order m =
        order_of(1, 3,
                 (const struct order_node[]){ { .node = 0, .edge = ID_NONE, .seq = 0, .released = true },
                                              { .node = 1, .edge = 0, .seq = 2, .released = true },
                                              { .node = 2, .edge = 2, .seq = 4 } });
    claim(o, 0, 3, (const res_id[]){ 0, 9, 1 });
    oracle_order(o, &m, 0);
    ONLY("I-04", 0); /* the horizon may lie anywhere */
    m.node[2].released = true;
    oracle_order(o, &m, 0);
    ONLY("I-04", 1);
    claim(o, 0, 4, (const res_id[]){ 0, 9, 1, 2 }); /* the node but not the lane to it */
    oracle_order(o, &m, 0);
    ONLY("I-04", 2);
    claim(o, 0, 3, (const res_id[]){ 1, 10, 2 });
    oracle_reached(o, 0, 1, 2, 0); /* what lies behind it is no longer claimed and need not be */
    oracle_order(o, &m, 0);
    ONLY("I-04", 2);
    oracle_close(o);
}

/* ---- custody ---- */
static void ordered(struct oracle *o, enum order_action_kind kind, uint32_t number, job_id job)
{
    struct out_order m =
        order_of(number, 1,
                 (const struct order_node[]){
                     { .node = 0, .edge = ID_NONE, .released = false, .action = { kind, number, job } } });
    oracle_order(o, &m, 0);
}

static void stand_at(struct oracle *o, station_id station, ms_t now)
{
    oracle_claims(o, 0, 1, (const res_id[]){ 0 });
    put(o, 0, station == 0 ? 0 : 5000, 0, 0, 0, now);
}

/* Station 1 of these tests lies on the same floor, so that no ride is needed. */
static struct oracle *fresh_custody(void)
{
    struct oracle *o = fresh(1);
    small.station[1].node = 1;
    new_job(o, 1, 0, 1, GOODS_NONE, 0);
    ordered(o, ACT_PICK, 1, 1);
    ordered(o, ACT_DROP, 2, 1);
    stand_at(o, 0, 0);
    return o;
}

static struct order_action ignored;

static void a_delivery_in_order_breaks_nothing_and_repeats_are_harmless(void **state)
{
    struct oracle *o = fresh_custody();
    struct oracle_totals t;
    oracle_job_state(o, 1, JOB_ASSIGNED, 0);
    assert_true(oracle_finished(o, 0, 1, &ignored, 10));
    assert_int_equal(ignored.kind, ACT_PICK);
    assert_false(oracle_finished(o, 0, 1, &ignored, 11)); /* every state repeats it */
    ordered(o, ACT_PICK, 1, 1);                           /* so does every repeated order */
    oracle_loads(o, 0, 1, 11);
    oracle_job_state(o, 1, JOB_LOADED, 12);
    stand_at(o, 1, 10000);
    assert_true(oracle_finished(o, 0, 2, &ignored, 10000));
    oracle_loads(o, 0, 0, 10000);
    oracle_job_state(o, 1, JOB_DELIVERED, 10001);
    oracle_job_state(o, 1, JOB_DELIVERED, 10002);
    oracle_end(o, 0, 10003);
    ONLY("I-12", 0);
    oracle_totals(o, &t);
    assert_int_equal(t.accepted, 1);
    assert_int_equal(t.delivered, 1);
    assert_int_equal(t.open, 0);
    oracle_close(o);
}

static void a_second_pick_of_one_load_is_found(void **state)
{
    struct oracle *o = fresh_custody();
    ordered(o, ACT_PICK, 3, 1); /* ordered anew under another number */
    oracle_finished(o, 0, 1, &ignored, 10);
    oracle_finished(o, 0, 3, &ignored, 20);
    ONLY("I-15", 1);
    oracle_close(o);
}

static void a_pick_or_drop_at_the_wrong_place_is_found(void **state)
{
    struct oracle *o = fresh_custody();
    stand_at(o, 1, 10000);
    oracle_finished(o, 0, 1, &ignored, 10000);
    ONLY("I-15", 1);
    stand_at(o, 0, 20000);
    oracle_finished(o, 0, 2, &ignored, 20000);
    ONLY("I-15", 2);
    oracle_close(o);
}

static void a_drop_without_the_load_is_found(void **state)
{
    struct oracle *o = fresh_custody();
    stand_at(o, 1, 10000);
    oracle_finished(o, 0, 2, &ignored, 10000);
    ONLY("I-15", 1);
    oracle_close(o);
}

static void an_action_nobody_ordered_is_found(void **state)
{
    struct oracle *o = fresh_custody();
    assert_false(oracle_finished(o, 0, 99, &ignored, 10));
    ONLY("I-15", 1);
    oracle_close(o);
}

static void news_ahead_of_the_truth_is_found(void **state)
{
    struct oracle *o = fresh_custody();
    oracle_job_state(o, 1, JOB_LOADED, 5);
    ONLY("I-15", 1);
    oracle_finished(o, 0, 1, &ignored, 10);
    oracle_job_state(o, 1, JOB_DELIVERED, 20);
    ONLY("I-15", 2);
    oracle_close(o);
}

static void a_final_state_left_and_a_job_nobody_accepted_are_found(void **state)
{
    struct oracle *o = fresh_custody();
    oracle_job_state(o, 1, JOB_CANCELLED, 5);
    ONLY("I-12", 0);
    oracle_job_state(o, 1, JOB_ASSIGNED, 6);
    ONLY("I-12", 1);
    oracle_job_state(o, 7, JOB_ASSIGNED, 6);
    ONLY("I-12", 2);
    new_job(o, 9, 0, 1, GOODS_NONE, 7); /* numbers rise by one */
    ONLY("I-12", 3);
    oracle_close(o);
}

static void a_lost_load_and_a_job_ended_with_its_load_aboard_are_found(void **state)
{
    struct oracle *o = fresh_custody();
    oracle_finished(o, 0, 1, &ignored, 10);
    oracle_loads(o, 0, 0, 11);
    ONLY("I-14", 1);
    oracle_job_state(o, 1, JOB_FAILED, 12);
    ONLY("I-14", 2);
    oracle_end(o, 0, 13);
    ONLY("I-14", 3);
    oracle_close(o);
}

static void a_controller_that_forgets_a_job_is_found_at_the_end(void **state)
{
    struct oracle *o = fresh_custody();
    oracle_end(o, 0, 100);
    ONLY("I-12", 1);
    oracle_close(o);
}

/* ---- liveness ---- */
static void standing_without_a_reason_counts_once_per_stand(void **state)
{
    struct oracle *o = fresh(1);
    ms_t now = 1000;
    oracle_stands(o, 0, true, now);
    assert_int_equal(oracle_stands_since(o, 0), 1000);
    oracle_stands(o, 0, true, now += ORACLE_STAND_MS);
    ONLY("L-1", 0);
    oracle_stands(o, 0, true, now += 1);
    oracle_stands(o, 0, true, now += 100000);
    ONLY("L-1", 1);
    oracle_stands(o, 0, false, now += 1); /* it moved, or says whom it waits for */
    oracle_stands(o, 0, true, now += 1);
    oracle_stands(o, 0, true, now += ORACLE_STAND_MS + 1);
    ONLY("L-1", 2);
    oracle_close(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rectangles_overlap_exactly_where_they_should),
        cmocka_unit_test(overlapping_footprints_count_once_until_they_part),
        cmocka_unit_test(robots_on_different_floors_do_not_overlap),
        cmocka_unit_test(a_robot_across_a_door_needs_it_open),
        cmocka_unit_test(a_robot_in_a_wall_is_found),
        cmocka_unit_test(conflicting_claims_are_found_whoever_comes_second),
        cmocka_unit_test(a_robot_off_everything_it_claims_is_found),
        cmocka_unit_test(a_jump_and_a_wrong_level_are_found),
        cmocka_unit_test(a_proper_ride_breaks_nothing_and_is_counted),
        cmocka_unit_test(crossing_the_sill_of_a_closed_or_absent_car_is_found),
        cmocka_unit_test(a_door_closing_on_a_robot_and_a_car_leaving_with_it_are_found),
        cmocka_unit_test(driving_about_in_a_moving_car_is_found),
        cmocka_unit_test(two_robots_in_one_car_are_found),
        cmocka_unit_test(robots_in_different_places_of_one_shaft_do_not_overlap),
        cmocka_unit_test(a_release_outside_the_claim_is_found),
        cmocka_unit_test(a_delivery_in_order_breaks_nothing_and_repeats_are_harmless),
        cmocka_unit_test(a_second_pick_of_one_load_is_found),
        cmocka_unit_test(a_pick_or_drop_at_the_wrong_place_is_found),
        cmocka_unit_test(a_drop_without_the_load_is_found),
        cmocka_unit_test(an_action_nobody_ordered_is_found),
        cmocka_unit_test(news_ahead_of_the_truth_is_found),
        cmocka_unit_test(a_final_state_left_and_a_job_nobody_accepted_are_found),
        cmocka_unit_test(a_lost_load_and_a_job_ended_with_its_load_aboard_are_found),
        cmocka_unit_test(a_controller_that_forgets_a_job_is_found_at_the_end),
        cmocka_unit_test(standing_without_a_reason_counts_once_per_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
