#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sim/demand.h"

static void forty_an_hour_for_a_day_are_about_960(void **state)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct demand d;
        struct demand_job j;
        int n = 0;
        ms_t last = 0;
        demand_open(&d, seed, 40, 12, 24 * MS_HOUR);
        while (demand_deadline(&d) != MS_NEVER) {
            ms_t now = demand_deadline(&d);
            assert_true(now >= last && now < 24 * MS_HOUR);
            last = now;
            assert_false(now > 0 && demand_next(&d, now - 1, &j));
            assert_true(demand_next(&d, now, &j));
            n++;
        }
        assert_in_range(n, 830, 1090); /* four standard deviations */
    }
}

static void requests_name_two_different_stations_and_all_of_them(void **state)
{
    struct demand d;
    struct demand_job j;
    int from[5] = { 0 }, to[5] = { 0 };
    demand_open(&d, 7, 100, 5, 100 * MS_HOUR);
    for (int i = 0; i < 5000; i++) {
        if (!demand_next(&d, MS_NEVER - 1, &j)) break;
        assert_true(j.from < 5 && j.to < 5 && j.from != j.to);
        assert_in_range(j.quantity, 1, 3);
        assert_in_range(j.priority, 0, 5);
        assert_int_equal(j.ref, i + 1);
        from[j.from]++;
        to[j.to]++;
    }
    for (int i = 0; i < 5; i++) {
        assert_in_range(from[i], 800, 1200);
        assert_in_range(to[i], 800, 1200);
    }
}

static void the_rate_does_not_change_what_request_n_asks_for(void **state)
{
    struct demand a, b;
    struct demand_job x, y;
    demand_open(&a, 7, 10, 12, 1000 * MS_HOUR);
    demand_open(&b, 7, 90, 12, 1000 * MS_HOUR);
    for (int i = 0; i < 200; i++) {
        assert_true(demand_next(&a, MS_NEVER - 1, &x));
        assert_true(demand_next(&b, MS_NEVER - 1, &y));
        assert_true(x.from == y.from && x.to == y.to && x.quantity == y.quantity && x.priority == y.priority);
    }
}

static void no_rate_or_no_second_station_means_no_demand(void **state)
{
    struct demand d;
    struct demand_job j;
    demand_open(&d, 1, 0, 12, MS_HOUR);
    assert_int_equal(demand_deadline(&d), MS_NEVER);
    demand_open(&d, 1, 40, 1, MS_HOUR);
    assert_int_equal(demand_deadline(&d), MS_NEVER);
    demand_open(&d, 1, 40, 2, 0);
    assert_int_equal(demand_deadline(&d), MS_NEVER);
    assert_false(demand_next(&d, MS_HOUR, &j));
}

static void steady_demand_keeps_so_many_open_until_all_were_asked_for(void **state)
{
    struct demand d;
    struct demand_job j;
    uint32_t open = 0, asked = 0;
    ms_t now = 0;
    demand_open_steady(&d, 7, 40, 4, 60);
    while (!demand_over(&d)) {
        while (demand_next(&d, now, &j)) {
            assert_int_equal(j.ref, ++asked);
            assert_true(j.from != j.to && j.quantity == 1 && j.priority == 3);
            open++;
        }
        assert_int_equal(open, 4);
        assert_int_equal(demand_deadline(&d), MS_NEVER); /* full: nothing comes before something ended */
        if (demand_over(&d)) break;
        open--;
        demand_ended(&d, now += 1000);
        assert_int_equal(demand_deadline(&d), now);
    }
    assert_int_equal(asked, 40);
    demand_ended(&d, now);
    assert_false(demand_next(&d, now, &j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forty_an_hour_for_a_day_are_about_960),
        cmocka_unit_test(requests_name_two_different_stations_and_all_of_them),
        cmocka_unit_test(the_rate_does_not_change_what_request_n_asks_for),
        cmocka_unit_test(no_rate_or_no_second_station_means_no_demand),
        cmocka_unit_test(steady_demand_keeps_so_many_open_until_all_were_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
