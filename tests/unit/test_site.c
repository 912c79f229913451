/* The pure model: times, look-ups, and that site_check sees each broken invariant. */
#include <signal.h>
#include <sys/wait.h>

#include "map_fixture.h"

static void short_runs_never_reach_full_speed(void **state)
{
    (void)state;
    assert_int_equal(trapezoid_ms(0, 1000, 500), 0);
    assert_int_equal(trapezoid_ms(1000, 1000, 500), 2829);   /* 2 * sqrt(1 / 0.5) s, rounded up */
    assert_int_equal(trapezoid_ms(2000, 1000, 500), 4000);   /* just reaches it: v*v/a = 2 m */
    assert_int_equal(trapezoid_ms(10000, 1000, 500), 12000); /* 10 s and half of two 2 s ramps */
}

static void a_longer_run_never_takes_less_time(void **state)
{
    (void)state;
    ms_t last = 0;
    for (int64_t mm = 0; mm < 20000; mm += 7) {
        ms_t t = trapezoid_ms(mm, 1300, 700);
        assert_true(t >= last);
        assert_true(mm == 0 || t >= travel_ms(mm, 1300));
        last = t;
    }
}

static void a_car_needs_its_start_delay_and_the_height(void **state)
{
    (void)state;
    struct site *s = compiled(base_site);
    assert_int_equal(site_car_travel_ms(s, 0, 0, 0), 0);
    assert_int_equal(site_car_travel_ms(s, 0, 0, 1), 1000 + trapezoid_ms(4000, 1000, 500));
    assert_int_equal(site_car_travel_ms(s, 0, 1, 0), site_car_travel_ms(s, 0, 0, 1));
    site_close(s);
}

static void ids_are_found_and_unknown_ids_are_none(void **state)
{
    (void)state;
    struct site *s = compiled(base_site);
    assert_int_equal(site_level_by_id(s, "U"), 1);
    assert_int_equal(site_node_by_id(s, "lob"), 2);
    assert_int_equal(site_station_by_id(s, "sb"), 1);
    assert_int_equal(site_elevator_by_id(s, "E1"), 0);
    assert_int_equal(site_door_by_id(s, "D1"), 0);
    assert_int_equal(site_class_by_id(s, "courier"), 0);
    assert_int_equal(site_node_by_id(s, "LOB"), ID_NONE);
    assert_int_equal(site_level_by_id(s, ""), ID_NONE);
    node_id a = site_node_by_id(s, "a"), m = site_node_by_id(s, "m"), b = site_node_by_id(s, "b");
    edge_id e = site_edge_between(s, a, m);
    assert_int_equal(s->edge[e].to, m);
    assert_int_equal(site_edge_between(s, m, a), s->edge[e].twin);
    assert_int_equal(site_edge_between(s, a, b), ID_NONE);
    assert_int_equal(site_edge_between(s, ID_NONE, a), ID_NONE);
    site_close(s);
}

/* ---- planted faults: each must stop site_check ---- */

static void no_fault(struct site *s) { (void)s; }
static void one_sided(struct site *s)
{
    struct conflict *c = s->conflict[0][0];
    c[1].res = c[1].res == res_count(s) - 1 ? c[1].res - 1 : res_count(s) - 1;
}
static void uneven_gap(struct site *s) { s->conflict[0][0][1].gap_ms += 5; }
static void no_self(struct site *s)
{
    uint32_t *start = s->conflict_start[0][0];
    for (res_id x = res_count(s); x > 0; x--)
        if (start[x] > 0) start[x]--;
}
static void lone_twin(struct site *s) { s->edge[s->edge[0].twin].twin = ID_NONE; }
static void long_ride(struct site *s)
{
    for (edge_id e = 0; e < s->edges; e++)
        if (s->edge[e].ride_ms) s->edge[e].length_mm = 1;
}
static void no_length(struct site *s) { s->edge[0].length_mm = 0; }
static void wrong_way(struct site *s) { s->out_edge[0] = s->out_edge[1]; }
static void foreign_lane(struct site *s) { s->edge[0].lane = (lane_id)(s->lanes - 1); }

static void lost_place(struct site *s) { s->node[s->station[1].node].station = ID_NONE; }
static void group_of_nobody(struct site *s) { s->group_of[HYGIENE_WASTE] = 1; }
static void empty_group(struct site *s) { s->groups = 2; }

static bool dies(void (*fault)(struct site *s))
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct site *s = compiled(base_site);
        if (!freopen("/dev/null", "w", stderr)) _exit(9);
        signal(SIGABRT, SIG_DFL);
        fault(s);
        site_check(s);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static void the_check_passes_a_sound_site(void **state)
{
    (void)state;
    assert_false(dies(no_fault));
}

static void the_check_sees_every_planted_fault(void **state)
{
    (void)state;
    assert_true(dies(one_sided));
    assert_true(dies(uneven_gap));
    assert_true(dies(no_self));
    assert_true(dies(lone_twin));
    assert_true(dies(long_ride));
    assert_true(dies(no_length));
    assert_true(dies(wrong_way));
    assert_true(dies(foreign_lane));
    assert_true(dies(lost_place));
    assert_true(dies(group_of_nobody));
    assert_true(dies(empty_group));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_runs_never_reach_full_speed),
        cmocka_unit_test(a_longer_run_never_takes_less_time),
        cmocka_unit_test(a_car_needs_its_start_delay_and_the_height),
        cmocka_unit_test(ids_are_found_and_unknown_ids_are_none),
        cmocka_unit_test(the_check_passes_a_sound_site),
        cmocka_unit_test(the_check_sees_every_planted_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
