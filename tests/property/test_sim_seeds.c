/* Whole short days of the demo hospital, with the real core and the real agents: whatever the seed, with a good network
 * and a bad one, everything is delivered, no rule is broken, and the same run gives the same bytes. Seeds that once
 * failed are kept in tests/seeds.txt for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scenario/demo_run.h"

static struct demo demo;

static int open_demo(void **state) { return demo_open(&demo, 8); }

static int close_demo(void **state)
{
    demo_close(&demo);
    return 0;
}

static void a_good_network_delivers_everything_and_breaks_no_rule(void **state)
{
    struct sim_result r;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct sim_config c = demo_config(&demo, seed);
        c.check = seed == 1;
        assert_true(demo_clean(&c, &r));
        assert_true(r.elevator_rides > 0 && r.distance_mm > 0);
    }
}

static void a_bad_network_delivers_everything_and_breaks_no_rule(void **state)
{
    struct sim_result r;
    for (uint64_t seed = 11; seed <= 14; seed++) {
        struct sim_config c = demo_faulty(&demo, seed);
        c.check = seed == 11;
        assert_true(demo_clean(&c, &r));
        assert_true(r.lost > 0 && r.duplicated > 0);
    }
}

static void the_same_run_gives_the_same_state_and_another_seed_another(void **state)
{
    struct sim_result a, b, other;
    struct sim_config c = demo_faulty(&demo, 21);
    assert_true(demo_clean(&c, &a));
    assert_true(demo_clean(&c, &b));
    assert_true(a.state_hash == b.state_hash && a.events == b.events && a.end_ms == b.end_ms &&
                a.distance_mm == b.distance_mm);
    c.seed = 22;
    assert_true(demo_clean(&c, &other));
    assert_true(other.state_hash != a.state_hash);
}

static void the_json_on_the_wire_changes_nothing(void **state)
{
    struct sim_result plain, coded;
    for (int faults = 0; faults < 2; faults++) {
        struct sim_config c = faults ? demo_faulty(&demo, 31) : demo_config(&demo, 31);
        c.demand_ms = MS_HOUR / 6;
        assert_true(demo_clean(&c, &plain));
        c.codec = true;
        assert_true(demo_clean(&c, &coded));
        assert_true(plain.state_hash == coded.state_hash && plain.messages == coded.messages &&
                    plain.end_ms == coded.end_ms);
    }
}

/* tests/seeds.txt: "seed robots jobs_per_hour minutes loss duplicate delay_most" and why, one a line. */
static void seeds_that_once_failed_stay_well(void **state)
{
    char line[512];
    FILE *f = fopen(ORDERLY_SOURCE_DIR "/tests/seeds.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        unsigned long long seed;
        unsigned robots, rate, minutes, loss, duplicate, delay;
        if (line[0] == '#' || line[0] == '\n' || strncmp(line, "day ", 4) == 0) continue; /* test_hospital_days */
        assert_int_equal(
            sscanf(line, "%llu %u %u %u %u %u %u", &seed, &robots, &rate, &minutes, &loss, &duplicate, &delay), 7);
        struct demo d;
        struct sim_result r;
        assert_int_equal(demo_open(&d, (uint16_t)robots), ORD_OK);
        struct sim_config c = demo_config(&d, seed);
        c.jobs_per_hour = (int32_t)rate;
        c.demand_ms = minutes * MS_MINUTE;
        c.loss_ppm = loss;
        c.duplicate_ppm = duplicate;
        c.delay_min_ms = delay ? 0 : 20;
        c.delay_max_ms = delay ? delay : 20;
        assert_true(demo_clean(&c, &r));
        demo_close(&d);
    }
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_network_delivers_everything_and_breaks_no_rule),
        cmocka_unit_test(a_bad_network_delivers_everything_and_breaks_no_rule),
        cmocka_unit_test(the_same_run_gives_the_same_state_and_another_seed_another),
        cmocka_unit_test(the_json_on_the_wire_changes_nothing),
        cmocka_unit_test(seeds_that_once_failed_stay_well),
    };
    return cmocka_run_group_tests(tests, open_demo, close_demo);
}
