/* The elevator worked as hard as it goes (maps/generate_shaft.c), against what the demand model says it can do: 81
 * rides an hour when each trip carries a robot, 56 when it comes back empty. Virtual time: the figures are the same on
 * any machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "maps/maps_io.h"
#include "sim/sim.h"

enum { ROBOTS = 8, ORDERS = 20 };
static const int bound_both_ways = 81, bound_one_way = 56; /* rides an hour */

/* Of the size of the built-in class; loads are handed over in no time, because the car is what is measured. */
static struct fleet_spec *robots(void)
{
    struct fleet_spec *f = NULL;
    assert_int_equal(fleet_spec_default(ROBOTS, &f), ORD_OK);
    f->cls[0].reversible = true;
    f->cls[0].pick_ms = f->cls[0].drop_ms = 5000;
    return f;
}

static struct site *shaft(bool one_way, const struct fleet_spec *f)
{
    struct site *s = NULL;
    struct import_report r;
    struct err_note note = { 0 };
    assert_int_equal(generate_shaft(one_way, &s, &r, &note), ORD_OK);
    import_report_close(&r);
    assert_int_equal(site_compile(s, f->classes, f->cls, &note), ORD_OK);
    return s;
}

static void a_shaft_has_room_for_its_robots_and_nothing_to_complain_about(void **state)
{
    struct fleet_spec *f = robots();
    for (int one_way = 0; one_way < 2; one_way++) {
        struct site *s = shaft(one_way, f);
        struct lint_report r;
        assert_int_equal(site_lint(s, ROBOTS, &r), ORD_OK);
        assert_int_equal(r.errors + r.warnings, 0);
        assert_true(r.refuges >= ROBOTS);
        assert_int_equal(s->stations, 2);
        assert_int_equal(s->elevators, one_way ? 3 : 1);
        site_check(s);
        lint_close(&r);
        site_close(s);
    }
    fleet_spec_close(f);
}

/* The bound is that of this very site: what a ride takes by the map is what the demand model says. */
static void a_ride_takes_what_the_demand_model_says(void **state)
{
    struct fleet_spec *f = robots();
    struct site *s = shaft(false, f);
    const struct site_elevator *c = &s->elevator[0];
    ms_t sill_ms = 0;
    for (edge_id e = 0; e < s->edges; e++)
        if (s->edge[e].elevator != ID_NONE && s->edge[e].ride_ms == 0) {
            ms_t ms = trapezoid_ms(s->edge[e].length_mm, s->edge[e].speed_mm_s, f->cls[0].accel_mm_s2);
            assert_in_range(ms, 11500, 12500);
            sill_ms = ms_max(sill_ms, ms);
        }
    ms_t trip_ms = c->door_close_ms + site_car_travel_ms(s, 0, 0, 1) + c->door_open_ms;
    assert_in_range(MS_HOUR / (trip_ms + 2 * sill_ms), bound_both_ways - 1, bound_both_ways + 1);
    assert_in_range(MS_HOUR / (2 * trip_ms + 2 * sill_ms), bound_one_way - 1, bound_one_way + 1);
    site_close(s);
    fleet_spec_close(f);
}

static int rides_an_hour(bool one_way, enum arbiter_policy arbiter)
{
    struct fleet_spec *f = robots();
    struct site *s = shaft(one_way, f);
    struct sim_result r;
    struct err_note note = { 0 };
    struct sim_config c = { .site = s,
                            .fleet = f,
                            .arbiter = arbiter,
                            .seed = 1,
                            .demand_ms = MS_HOUR,
                            .orders_per_robot = ORDERS,
                            .delay_min_ms = 20,
                            .delay_max_ms = 20 };
    assert_int_equal(sim_run(&c, &r, &note), ORD_OK);
    assert_int_equal(r.violations, 0);
    assert_int_equal(r.delivered, ROBOTS * ORDERS);
    int rides = (int)((ms_t)r.rides[0] * MS_HOUR / r.last_delivered_ms);
    print_message("%s, %s: %d rides an hour\n", one_way ? "one way" : "both ways", arbiter_policy_name[arbiter], rides);
    site_close(s);
    fleet_spec_close(f);
    return rides;
}

static void both_ways_nine_tenths_of_what_the_car_can_do_are_done(void **state)
{
    assert_true(rides_an_hour(false, ARBITER_PLANNED) * 10 >= bound_both_ways * 9);
}

static void one_way_nineteen_twentieths_are_done(void **state)
{
    assert_true(rides_an_hour(true, ARBITER_PLANNED) * 20 >= bound_one_way * 19);
}

static void first_come_first_served_does_clearly_less(void **state)
{
    assert_true(rides_an_hour(false, ARBITER_FIRST_COME) * 10 < rides_an_hour(false, ARBITER_PLANNED) * 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shaft_has_room_for_its_robots_and_nothing_to_complain_about),
        cmocka_unit_test(a_ride_takes_what_the_demand_model_says),
        cmocka_unit_test(both_ways_nine_tenths_of_what_the_car_can_do_are_done),
        cmocka_unit_test(one_way_nineteen_twentieths_are_done),
        cmocka_unit_test(first_come_first_served_does_clearly_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
