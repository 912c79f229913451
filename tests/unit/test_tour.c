#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/rng.h"
#include "planner/tour.h"

/* A town on a line: place i stands at i metres, a metre takes a second. */
#define PLACES 40
#define VEHICLES 8
#define JOBS 48

enum { CLEAN, FOOD, DIRTY, WASTE };

static struct tour_leg leg[PLACES * PLACES];
static const struct tour_leg *legs[1] = { leg };
static struct tour_vehicle vehicle[VEHICLES];
static struct tour_job job[JOBS];
static struct tour_rules rules;
static uint16_t washer[1] = { 5 };
static struct tour_problem p;
static uint8_t memory[8 << 20];

static void town(void)
{
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++) {
            int32_t m = a < b ? b - a : a - b;
            leg[a * PLACES + b] = (struct tour_leg){ m * 1000, m * 1000 };
        }
    memset(&rules, 0, sizeof rules);
    for (int a = 0; a < TOUR_CLASSES; a++) rules.together[a] = (uint16_t)(1u << a);
    rules.together[CLEAN] |= 1 << FOOD;
    rules.together[FOOD] |= 1 << CLEAN;
    for (int next = CLEAN; next <= FOOD; next++) {
        rules.wash_ms[DIRTY][next] = 60000;
        rules.wash_ms[WASTE][next] = TOUR_NO_WAY;
    }
    rules.wash_ms[WASTE][DIRTY] = 120000;
    for (int v = 0; v < VEHICLES; v++)
        vehicle[v] = (struct tour_vehicle){ .place = 0,
                                            .end_place = TOUR_NONE,
                                            .end_ms = MS_NEVER,
                                            .capacity = { 2, 100, 0, 0 },
                                            .stops_max = 40,
                                            .range_mm = INT64_MAX };
    p = (struct tour_problem){ .vehicle = vehicle,
                               .job = job,
                               .vehicles = 1,
                               .places = PLACES,
                               .leg = legs,
                               .profiles = 1,
                               .rules = &rules,
                               .washer = washer,
                               .washers = 1,
                               .cost = { 1, 1, 0, 0 } };
}

static struct tour_job carry(uint16_t from, uint16_t to, uint8_t class)
{
    return (struct tour_job){ .kind = TOUR_CARRY,
                              .pick = { from, 0, MS_NEVER, 0 },
                              .drop = { to, 0, MS_NEVER, 0 },
                              .size = { 1, 10, 0, 0 },
                              .class = class,
                              .kinds = 1,
                              .pinned = TOUR_NONE,
                              .ride_max_ms = INT32_MAX,
                              .due_ms = MS_NEVER,
                              .worst_ms = MS_NEVER,
                              .out_cost = 1000000000,
                              .held_by = TOUR_NONE };
}

static struct tour *open_tour(void)
{
    struct tour_sizes s = { VEHICLES, JOBS, 40 };
    struct arena mem;
    struct tour *t;
    assert_true(tour_memory(&s) <= sizeof memory);
    arena_init(&mem, memory, tour_memory(&s));
    assert_int_equal(tour_open(&t, &mem, &s), ORD_OK);
    return t;
}

static struct tour *loaded(uint16_t vehicles, uint16_t jobs)
{
    struct tour *t = open_tour();
    struct tour_fault f = { NULL, 0, 0 };
    p.vehicles = vehicles;
    p.jobs = jobs;
    assert_int_equal(tour_load(t, &p, 1, &f), ORD_OK);
    return t;
}

static void assert_tour(struct tour *t, uint16_t v, const char *text)
{
    const struct tour_stop *s;
    char got[256] = "";
    uint16_t n = tour_stops(t, v, &s);
    for (uint16_t k = 0; k < n && k < 60; k++) {
        char one[4] = { s[k].kind == TOUR_PICK ? '+' : '-', (char)('0' + s[k].job), ' ', 0 };
        strcat(got, one);
    }
    assert_string_equal(got, text);
}

static int setup(void **state)
{
    (void)state;
    town();
    return 0;
}

/* ---- insertion ---- */

static void two_loads_on_one_way_ride_together(void **state)
{
    (void)state;
    job[0] = carry(10, 20, CLEAN);
    job[1] = carry(12, 18, CLEAN);
    struct tour *t = loaded(1, 2);
    assert_int_equal(tour_insert(t), 0);
    assert_tour(t, 0, "+0 +1 -1 -0 ");
    assert_int_equal(tour_cost(t), 2 * 20000);
    tour_check(t);
}

static void a_full_vehicle_goes_twice(void **state)
{
    (void)state;
    for (int j = 0; j < 3; j++) job[j] = carry(10, 20, CLEAN);
    struct tour *t = loaded(1, 3);
    assert_int_equal(tour_insert(t), 0);
    assert_int_equal(tour_cost(t), 2 * (20000 + 20000));
    tour_check(t);
}

static void classes_that_may_not_ride_together_do_not(void **state)
{
    (void)state;
    job[0] = carry(10, 20, CLEAN);
    job[1] = carry(12, 18, DIRTY);
    struct tour *t = loaded(1, 2);
    assert_int_equal(tour_insert(t), 0);
    assert_tour(t, 0, "+0 -0 +1 -1 "); /* clean first: no wash */
    tour_check(t);
}

static void after_dirty_the_washer_comes_before_clean(void **state)
{
    (void)state;
    struct tour_visit visit[2];
    vehicle[0].before = 1 << DIRTY;
    job[0] = carry(10, 20, CLEAN);
    struct tour *t = loaded(1, 1);
    assert_int_equal(tour_insert(t), 0);
    assert_int_equal(tour_timetable(t, 0, visit), 2);
    assert_int_equal(visit[0].wash, 5);
    assert_int_equal(visit[0].wash_ms, 5000);
    assert_int_equal(visit[0].begin_ms, 5000 + 60000 + 5000);
    assert_int_equal(visit[1].wash, TOUR_NONE);
    assert_int_equal(visit[1].begin_ms, 80000);
    tour_check(t);
}

static void after_waste_no_wash_helps_food(void **state)
{
    (void)state;
    vehicle[0].before = 1 << WASTE;
    job[0] = carry(10, 20, FOOD);
    struct tour *t = loaded(1, 1);
    assert_int_equal(tour_insert(t), 1);
    assert_int_equal(tour_offer(t, 0, 0).why, TOUR_NOT_AFTER);
    assert_int_equal(tour_vehicle_of(t, 0), TOUR_NONE);
    tour_check(t);
}

static void the_reason_of_a_refusal_is_told(void **state)
{
    (void)state;
    struct tour *t;
    job[0] = carry(10, 20, CLEAN);
    job[0].kinds = 2;
    t = loaded(2, 1);
    assert_int_equal(tour_offer(t, 0, 0).why, TOUR_WRONG_KIND);
    job[0].kinds = 3;
    job[0].pinned = 1;
    t = loaded(2, 1);
    assert_int_equal(tour_offer(t, 0, 0).why, TOUR_WRONG_KIND);
    assert_int_equal(tour_offer(t, 0, 1).why, TOUR_FITS);
    job[0].size[1] = 101;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_TOO_MUCH);
    job[0].size[1] = 10;
    job[0].drop.until_ms = 19999;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_TOO_LATE);
    job[0].drop.until_ms = 20000;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_FITS);
    job[0].ride_max_ms = 9999;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_TOO_LONG);
    job[0].ride_max_ms = 10000;
    vehicle[1].range_mm = 19999;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_TOO_FAR);
    vehicle[1].range_mm = 20000;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_FITS);
    vehicle[1].stops_max = 1;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_TOO_MANY_STOPS);
    vehicle[1].stops_max = 2;
    leg[10 * PLACES + 20].ms = TOUR_NO_WAY;
    assert_int_equal(tour_offer(loaded(2, 1), 0, 1).why, TOUR_UNREACHABLE);
}

static void a_load_that_costs_more_than_its_price_stays_out(void **state)
{
    (void)state;
    job[0] = carry(10, 20, CLEAN);
    job[0].out_cost = 40000;
    struct tour *t = loaded(1, 1);
    assert_int_equal(tour_insert(t), 1);
    assert_int_equal(tour_cost(t), 40000);
    job[0].out_cost = 40001;
    t = loaded(1, 1);
    assert_int_equal(tour_insert(t), 0);
    assert_int_equal(tour_cost(t), 40000);
}

static void an_urgent_job_goes_to_a_vehicle_that_has_not_loaded(void **state)
{
    (void)state;
    job[0] = carry(30, 35, CLEAN);
    job[0].due_ms = 100000;
    job[0].due_weight = 1;
    job[1] = carry(4, 8, CLEAN); /* urgent: every second costs as much as 100 m */
    job[1].due_ms = 0;
    job[1].due_weight = 100;
    struct tour *t = loaded(1, 2);
    struct tour_stop before[] = { { 0, TOUR_PICK }, { 0, TOUR_DROP } };
    assert_int_equal(tour_keep(t, 0, before, 2), 0);
    assert_int_equal(tour_insert(t), 0);
    assert_tour(t, 0, "+1 -1 +0 -0 ");
    tour_check(t);
}

/* ---- what is in force ---- */

static void the_frozen_prefix_stays(void **state)
{
    (void)state;
    job[0] = carry(30, 35, CLEAN);
    job[1] = carry(4, 8, CLEAN);
    job[1].due_ms = 0;
    job[1].due_weight = 1000;
    vehicle[0].frozen = 1;
    struct tour *t = loaded(1, 2);
    struct tour_stop before[] = { { 0, TOUR_PICK }, { 0, TOUR_DROP } };
    assert_int_equal(tour_keep(t, 0, before, 2), 0);
    assert_int_equal(tour_insert(t), 0);
    tour_improve(t, 20000);
    assert_tour(t, 0, "+0 +1 -1 -0 ");
    tour_check(t);
}

static void a_load_aboard_is_dropped_by_its_own_vehicle_only(void **state)
{
    (void)state;
    job[0] = carry(0, 30, CLEAN);
    job[0].kind = TOUR_ABOARD;
    job[0].pinned = 1;
    job[1] = carry(2, 6, CLEAN);
    struct tour *t = loaded(2, 2);
    assert_int_equal(tour_vehicle_of(t, 0), 1);
    assert_int_equal(tour_offer(t, 0, 0).why, TOUR_WRONG_KIND);
    assert_int_equal(tour_insert(t), 0);
    tour_improve(t, 20000);
    assert_tour(t, 1, "+1 -1 -0 ");
    tour_check(t);
}

static void loads_aboard_are_dropped_in_the_better_order(void **state)
{
    (void)state;
    for (int j = 0; j < 3; j++) {
        job[j] = carry(0, (uint16_t)(j == 0 ? 30 : 10 * j), CLEAN);
        job[j].kind = TOUR_ABOARD;
        job[j].pinned = 0;
    }
    struct tour *t = loaded(1, 3); /* three aboard where two fit: that is how it is */
    tour_improve(t, 1000);
    assert_tour(t, 0, "-1 -2 -0 ");
    tour_check(t);
}

static void an_impossible_tour_in_force_keeps_what_it_can(void **state)
{
    (void)state;
    job[0] = carry(10, 20, CLEAN);
    job[1] = carry(30, 35, CLEAN);
    job[1].drop.until_ms = 30000;
    struct tour *t = loaded(1, 2);
    struct tour_stop before[] = {
        { 0, TOUR_PICK }, { 0, TOUR_DROP }, { 1, TOUR_PICK }, { 1, TOUR_DROP }, { 9, TOUR_DROP }
    };
    assert_int_equal(tour_keep(t, 0, before, 5), 2);
    assert_tour(t, 0, "+0 -0 ");
    struct tour_stop half[] = { { 0, TOUR_DROP }, { 1, TOUR_PICK } };
    assert_int_equal(tour_keep(t, 0, half, 2), 1);
    assert_tour(t, 0, "");
    tour_check(t);
}

static void a_blocked_vehicle_still_has_its_load(void **state)
{
    (void)state;
    job[0] = carry(0, 30, CLEAN);
    job[0].kind = TOUR_ABOARD;
    job[0].pinned = 0;
    leg[30].ms = TOUR_NO_WAY;
    struct tour *t = loaded(1, 1);
    assert_tour(t, 0, "-0 ");
    tour_check(t);
}

static void a_tour_changes_hands_only_for_a_gain_worth_it(void **state)
{
    (void)state;
    vehicle[0].place = 12;
    vehicle[1].place = 10;
    job[0] = carry(10, 20, CLEAN);
    job[0].held_by = 0;
    job[0].move_cost = 4001; /* 2 m and 2 s are saved */
    struct tour_stop held[] = { { 0, TOUR_PICK }, { 0, TOUR_DROP } };
    struct tour *t = loaded(2, 1);
    assert_int_equal(tour_keep(t, 0, held, 2), 0);
    tour_improve(t, 20000);
    assert_int_equal(tour_vehicle_of(t, 0), 0);
    job[0].move_cost = 3999;
    t = loaded(2, 1);
    assert_int_equal(tour_keep(t, 0, held, 2), 0);
    tour_improve(t, 20000);
    assert_int_equal(tour_vehicle_of(t, 0), 1);
}

/* ---- random towns ---- */

static void random_rules_and_jobs(struct rng *r, uint16_t jobs, uint16_t vehicles)
{
    for (uint16_t v = 0; v < vehicles; v++) {
        vehicle[v].place = (uint16_t)rng_below(r, PLACES);
        vehicle[v].free_ms = rng_below(r, 60000);
        vehicle[v].kind = (uint8_t)rng_below(r, 2);
        vehicle[v].before = (uint16_t)(1u << rng_below(r, 4));
        vehicle[v].end_place = rng_below(r, 2) ? TOUR_NONE : 0;
        vehicle[v].stops_max = (uint16_t)(4 + rng_below(r, 30));
        vehicle[v].range_mm = rng_below(r, 3) ? INT64_MAX : 200000;
    }
    for (uint16_t j = 0; j < jobs; j++) {
        job[j] = carry((uint16_t)rng_below(r, PLACES), (uint16_t)rng_below(r, PLACES), (uint8_t)rng_below(r, 4));
        job[j].kinds = 1 + rng_below(r, 3);
        job[j].kind = rng_below(r, 10) == 0 ? TOUR_VISIT : rng_below(r, 10) == 0 ? TOUR_ABOARD : TOUR_CARRY;
        if (job[j].kind == TOUR_ABOARD) job[j].pinned = (uint16_t)rng_below(r, vehicles);
        job[j].pick.service_ms = (int32_t)rng_below(r, 5000);
        job[j].drop.service_ms = (int32_t)rng_below(r, 5000);
        job[j].pick.from_ms = rng_below(r, 300000);
        if (rng_below(r, 4) == 0) job[j].drop.until_ms = job[j].pick.from_ms + 200000;
        if (rng_below(r, 4) == 0) job[j].ride_max_ms = 50000 + (int32_t)rng_below(r, 50000);
        job[j].due_ms = rng_below(r, 400000);
        job[j].due_weight = (int32_t)rng_below(r, 20);
        job[j].worst_ms = job[j].due_ms + 60000;
        job[j].worst_weight = 100;
        job[j].ready_weight = 1;
        job[j].out_cost = 20000000;
        job[j].held_by = rng_below(r, 2) ? TOUR_NONE : (uint16_t)rng_below(r, vehicles);
        job[j].move_cost = 5000;
    }
    for (int i = 0; i < 300; i++)
        leg[rng_below(r, PLACES * PLACES)].ms += (int32_t)rng_below(r, 20000); /* one-way detours */
}

static void every_answer_passes_the_judge_and_never_gets_worse(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct rng r = rng_stream(seed, "tour test");
        town();
        random_rules_and_jobs(&r, JOBS, VEHICLES);
        struct tour *t = loaded(VEHICLES, JOBS);
        tour_check(t);
        tour_insert(t);
        tour_check(t);
        for (int i = 0; i < 4; i++) {
            int64_t before = tour_cost(t);
            tour_improve(t, 20000);
            tour_check(t);
            assert_true(tour_cost(t) <= before);
        }
    }
}

static void the_same_calls_give_the_same_tours(void **state)
{
    (void)state;
    struct tour_stop first[VEHICLES][40];
    uint16_t count[VEHICLES];
    int64_t cost = 0;
    struct rng r = rng_stream(3, "tour test");
    random_rules_and_jobs(&r, JOBS, VEHICLES);
    for (int run = 0; run < 2; run++) {
        struct tour *t = loaded(VEHICLES, JOBS);
        tour_insert(t);
        tour_improve(t, 50000);
        for (uint16_t v = 0; v < VEHICLES; v++) {
            const struct tour_stop *s;
            uint16_t n = tour_stops(t, v, &s);
            if (run == 1) assert_int_equal(n, count[v]);
            for (uint16_t k = 0; k < n && run == 1; k++) {
                assert_int_equal(s[k].job, first[v][k].job);
                assert_int_equal(s[k].kind, first[v][k].kind);
            }
            count[v] = n;
            memcpy(first[v], s, n * sizeof *s);
        }
        if (run == 1) assert_int_equal(tour_cost(t), cost);
        cost = tour_cost(t);
    }
}

static void an_offer_is_what_giving_the_job_costs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng r = rng_stream(seed, "tour offers");
        town();
        random_rules_and_jobs(&r, 20, 4);
        struct tour *t = loaded(4, 20);
        tour_insert(t);
        int64_t cost = tour_cost(t);
        for (uint16_t j = 0; j < 20; j++)
            for (uint16_t v = 0; v < 4; v++) tour_offer(t, j, v);
        assert_int_equal(tour_cost(t), cost); /* asking changes nothing */
        tour_check(t);
    }
}

/* The best tour of all orders, by brute force through the judge. */
static int64_t best_order(struct tour_stop *s, uint16_t n, uint16_t count)
{
    int64_t best = INT64_MAX;
    if (n == count) {
        struct tour_judged j = tour_judge(&p, 0, s, count);
        return j.what ? INT64_MAX : j.cost;
    }
    for (uint16_t k = n; k < count; k++) {
        struct tour_stop a = s[n];
        s[n] = s[k];
        s[k] = a;
        int64_t c = best_order(s, n + 1u, count);
        best = c < best ? c : best;
        a = s[n];
        s[n] = s[k];
        s[k] = a;
    }
    return best;
}

static void a_small_problem_is_solved_to_the_best(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct rng r = rng_stream(seed, "tour brute");
        town();
        struct tour_stop s[6];
        for (uint16_t j = 0; j < 3; j++) {
            job[j] = carry((uint16_t)rng_below(&r, PLACES), (uint16_t)rng_below(&r, PLACES), (uint8_t)rng_below(&r, 3));
            job[j].due_ms = rng_below(&r, 60000);
            job[j].due_weight = 5;
            s[2 * j] = (struct tour_stop){ j, TOUR_PICK };
            s[2 * j + 1] = (struct tour_stop){ j, TOUR_DROP };
        }
        struct tour *t = loaded(1, 3);
        tour_insert(t);
        tour_improve(t, 20000);
        assert_int_equal(tour_cost(t), best_order(s, 0, 6));
    }
}

/* ---- the judge ---- */

static void the_judge_sees_planted_faults(void **state)
{
    (void)state;
    job[0] = carry(10, 20, CLEAN);
    job[1] = carry(12, 18, DIRTY);
    p.jobs = 2;
    struct tour_stop good[] = { { 0, TOUR_PICK }, { 0, TOUR_DROP }, { 1, TOUR_PICK }, { 1, TOUR_DROP } };
    assert_null(tour_judge(&p, 0, good, 4).what);
    struct tour_stop mixed[] = { { 0, TOUR_PICK }, { 1, TOUR_PICK }, { 0, TOUR_DROP }, { 1, TOUR_DROP } };
    assert_string_equal(tour_judge(&p, 0, mixed, 4).what, "not together");
    struct tour_stop order[] = { { 0, TOUR_DROP }, { 0, TOUR_PICK } };
    assert_string_equal(tour_judge(&p, 0, order, 2).what, "drop without a pick-up");
    assert_string_equal(tour_judge(&p, 0, good, 1).what, "pick-up without a drop");
    struct tour_stop twice[] = { { 0, TOUR_PICK }, { 0, TOUR_PICK }, { 0, TOUR_DROP } };
    assert_string_equal(tour_judge(&p, 0, twice, 3).what, "twice");
    job[0].drop.until_ms = 19999;
    assert_string_equal(tour_judge(&p, 0, good, 4).what, "drop too late");
    job[0].drop.until_ms = MS_NEVER;
    job[1].size[0] = 3;
    assert_string_equal(tour_judge(&p, 0, good, 4).what, "too much");
    job[1].size[0] = 1;
    vehicle[0].range_mm = 30000;
    assert_string_equal(tour_judge(&p, 0, good, 4).what, "too far");
    job[1].kinds = 4;
    assert_string_equal(tour_judge(&p, 0, good, 4).what, "not this vehicle's");
}

static void a_wrong_problem_is_refused_by_name(void **state)
{
    (void)state;
    struct tour *t = open_tour();
    struct tour_fault f;
    job[0] = carry(10, PLACES, CLEAN);
    p.jobs = 1;
    assert_int_equal(tour_load(t, &p, 1, &f), ORD_ERANGE);
    assert_string_equal(f.what, "drop.place is not one of the places");
    assert_int_equal(f.job, 0);
    job[0] = carry(10, 20, CLEAN);
    vehicle[0].profile = 1;
    assert_int_equal(tour_load(t, &p, 1, &f), ORD_ERANGE);
    assert_string_equal(f.what, "profile is not one of the tables");
    p.jobs = JOBS + 1;
    assert_int_equal(tour_load(t, &p, 1, &f), ORD_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_loads_on_one_way_ride_together, setup),
        cmocka_unit_test_setup(a_full_vehicle_goes_twice, setup),
        cmocka_unit_test_setup(classes_that_may_not_ride_together_do_not, setup),
        cmocka_unit_test_setup(after_dirty_the_washer_comes_before_clean, setup),
        cmocka_unit_test_setup(after_waste_no_wash_helps_food, setup),
        cmocka_unit_test_setup(the_reason_of_a_refusal_is_told, setup),
        cmocka_unit_test_setup(a_load_that_costs_more_than_its_price_stays_out, setup),
        cmocka_unit_test_setup(an_urgent_job_goes_to_a_vehicle_that_has_not_loaded, setup),
        cmocka_unit_test_setup(the_frozen_prefix_stays, setup),
        cmocka_unit_test_setup(a_load_aboard_is_dropped_by_its_own_vehicle_only, setup),
        cmocka_unit_test_setup(loads_aboard_are_dropped_in_the_better_order, setup),
        cmocka_unit_test_setup(an_impossible_tour_in_force_keeps_what_it_can, setup),
        cmocka_unit_test_setup(a_blocked_vehicle_still_has_its_load, setup),
        cmocka_unit_test_setup(a_tour_changes_hands_only_for_a_gain_worth_it, setup),
        cmocka_unit_test_setup(every_answer_passes_the_judge_and_never_gets_worse, setup),
        cmocka_unit_test_setup(the_same_calls_give_the_same_tours, setup),
        cmocka_unit_test_setup(an_offer_is_what_giving_the_job_costs, setup),
        cmocka_unit_test_setup(a_small_problem_is_solved_to_the_best, setup),
        cmocka_unit_test_setup(the_judge_sees_planted_faults, setup),
        cmocka_unit_test_setup(a_wrong_problem_is_refused_by_name, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
