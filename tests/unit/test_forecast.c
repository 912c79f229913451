/* Forecasts of demand by hour of the week, on histories made up here (R13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <inttypes.h>

#include <cmocka.h>

#include "common/rng.h"
#include "planner/forecast.h"

enum { WEEKS = 26 };
static uint16_t count[WEEKS * WEEK_HOURS];

/* What is asked for on average: busy mornings, quiet nights, half as much at weekends. */
static int32_t true_milli(uint32_t hour)
{
    static const int32_t day[24] = { 100,  100,  100,  100,  200,  500,  2000, 4000, 6000, 5000, 4000, 3000,
                                     2000, 3000, 3500, 3000, 2000, 1500, 1000, 800,  500,  300,  200,  100 };
    return day[hour % 24] / (hour / 24 >= 5 ? 2 : 1);
}

/* Many small chances an hour: as good as Poisson. */
static void make_history(uint64_t seed, uint32_t weeks)
{
    struct rng r = rng_stream(seed, "history");
    for (uint32_t i = 0; i < weeks * WEEK_HOURS; i++) {
        count[i] = 0;
        for (int k = 0; k < 200; k++)
            count[i] = (uint16_t)(count[i] + rng_chance(&r, (uint32_t)true_milli(i % WEEK_HOURS) * 5));
    }
}

static void a_week_that_repeats_is_foretold_without_error(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 6 * WEEK_HOURS; i++) count[i] = (uint16_t)(i % WEEK_HOURS % 11);
    struct request_hours h = { count, 6 };
    struct forecast_error e;
    assert_true(forecast_backtest(&h, 2, &e));
    assert_int_equal(e.hourly, 0);
    assert_int_equal(e.daily, 0);
    assert_int_equal(e.last_week, 0);
    assert_int_equal(e.shrink, 0); /* every hour of the week has its own count: none is drawn to another */
    assert_true(e.flat > 0);
}

static void R13_the_hour_of_week_forecast_beats_last_week_and_the_flat_mean(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        make_history(seed, 13);
        struct request_hours h = { count, 13 };
        struct forecast_error e;
        assert_true(forecast_backtest(&h, 3, &e));
        assert_true(e.hourly < e.last_week);
        assert_true(e.hourly < e.flat);
        int64_t noise = 0; /* what even the true means miss: nobody can do better */
        for (uint32_t k = 10 * WEEK_HOURS; k < 13 * WEEK_HOURS; k++)
            noise += imaxabs((int64_t)count[k] * 1000 - true_milli(k % WEEK_HOURS));
        assert_true(e.hourly * 100 < noise * 108);
        assert_true(forecast_permille(e.daily, e.actual) < 200);
    }
}

static void what_is_learned_comes_near_the_truth(void **state)
{
    (void)state;
    make_history(7, WEEKS);
    struct request_hours h = { count, WEEKS };
    struct forecast f;
    int64_t off = 0, all = 0;
    forecast_learn(&h, 0, WEEKS, forecast_shrink(&h, WEEKS), &f);
    for (uint32_t i = 0; i < WEEK_HOURS; i++) {
        int64_t d = f.mean_milli[i] - true_milli(i);
        off += d < 0 ? -d : d;
        all += true_milli(i);
    }
    assert_true(off * 100 < all * 8); /* 8 % */
    assert_true(f.shrink >= 8);       /* weekdays are alike here, and it has found out */
}

static void little_history_leans_on_other_days(void **state)
{
    (void)state;
    make_history(3, 3);
    struct request_hours h = { count, 3 };
    struct forecast own, drawn;
    int64_t off_own = 0, off_drawn = 0;
    forecast_learn(&h, 0, 3, 0, &own);
    forecast_learn(&h, 0, 3, forecast_shrink(&h, 3), &drawn);
    for (uint32_t i = 0; i < WEEK_HOURS; i++) {
        int64_t a = own.mean_milli[i] - true_milli(i), b = drawn.mean_milli[i] - true_milli(i);
        off_own += a * a;
        off_drawn += b * b;
    }
    assert_true(off_drawn * 10 < off_own * 6);
}

static void too_little_history_is_said(void **state)
{
    (void)state;
    make_history(1, 3);
    struct forecast_error e;
    struct request_hours h = { count, 3 };
    assert_false(forecast_backtest(&h, 2, &e));
    assert_false(forecast_backtest(&h, 0, &e));
    assert_true(forecast_backtest(&h, 1, &e));
    for (uint32_t i = 0; i < 3 * WEEK_HOURS; i++) count[i] = 0;
    assert_true(forecast_backtest(&h, 1, &e));
    assert_int_equal(forecast_permille(e.hourly, e.actual), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_week_that_repeats_is_foretold_without_error),
        cmocka_unit_test(R13_the_hour_of_week_forecast_beats_last_week_and_the_flat_mean),
        cmocka_unit_test(what_is_learned_comes_near_the_truth),
        cmocka_unit_test(little_history_leans_on_other_days),
        cmocka_unit_test(too_little_history_is_said),
    };
    return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
