/* Stretches of hospital days in which something fails or closes: no rule is broken, every job ends, and who cannot go
 * on is named. What once stood still is kept in tests/seeds.txt ("day ...") for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/event_text.h"
#include "scenario/demo_run.h"
#include "sim/experiment.h"

static struct sim_result r;
static struct err_note note;

static struct sim_config stretch(const struct sim_set *set, ms_t start, ms_t demand)
{
    return (struct sim_config){ .site = set->site,
                                .fleet = set->fleet,
                                .timetable = set->timetable,
                                .demand = set->demand,
                                .seed = 1,
                                .midnight_utc_s = experiment_midnight_utc_s(set->site),
                                .start_ms = start,
                                .demand_ms = demand,
                                .delay_min_ms = 20,
                                .delay_max_ms = 20 };
}

/* Runs it; how often the event was told. */
static int run_counting(struct sim_config c, enum event_no event)
{
    char *text = NULL, word[32];
    size_t n = 0;
    int count = 0;
    c.trace = open_memstream(&text, &n);
    assert_non_null(c.trace);
    int err = sim_run(&c, &r, &note);
    fclose(c.trace);
    if (err) print_message("  %s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
    for (uint32_t i = 0; i < r.violations && i < COUNT_OF(r.first); i++)
        print_message("  %s at %lld: %s\n", r.first[i].rule, (long long)r.first[i].at_ms, r.first[i].text);
    snprintf(word, sizeof word, "\"event\":%d,", (int)event);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) count++;
    free(text);
    return count;
}

static void stretches_that_once_stood_still_go_on(void **state)
{
    char line[512], name[64];
    unsigned days = 0;
    FILE *f = fopen(ORDERLY_SOURCE_DIR "/tests/seeds.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "day ", 4) != 0) continue;
        int at = 0;
        assert_int_equal(sscanf(line + 4, "%63s%n", name, &at), 1);
        char *number = line + 4 + at;
        uint64_t seed = strtoull(number, &number, 10);
        ms_t from = strtol(number, &number, 10), minutes = strtol(number, &number, 10);
        assert_true(minutes > 0);
        struct sim_set set;
        assert_int_equal(experiment_open(experiment_named(name), &set, &note), ORD_OK);
        struct sim_config c = stretch(&set, from * MS_MINUTE, minutes * MS_MINUTE);
        c.seed = seed;
        run_counting(c, EVENT_STARTED);
        print_message("  %s from %lld: %u of %u\n", name, (long long)from, r.delivered, r.accepted);
        assert_int_equal(r.violations, 0);
        assert_int_equal(r.open, 0);
        assert_true(r.delivered > 0);
        sim_set_close(&set);
        days++;
    }
    fclose(f);
    assert_true(days >= 3);
}

/* L1 stops for twenty minutes, at one moment after another until somebody is inside. */
static void R34_a_car_dies_with_a_robot_inside_and_the_hospital_goes_on(void **state)
{
    struct sim_set set;
    assert_int_equal(experiment_open(experiment_named("h500-normal"), &set, &note), ORD_OK);
    int alarms = 0;
    for (int i = 0; i < 6 && alarms == 0; i++) {
        struct demand_file d = *set.demand;
        ms_t dies = 6 * MS_HOUR + 49 * MS_MINUTE + i * 20 * MS_SECOND;
        d.fault[d.faults++] = (struct demand_fault){ FAULT_CAR_DIES, 0, dies, dies + 20 * MS_MINUTE };
        d.fault[d.faults++] = (struct demand_fault){ FAULT_CAR_OUT, 0, dies, dies + 20 * MS_MINUTE };
        struct sim_config c = stretch(&set, 6 * MS_HOUR + 30 * MS_MINUTE, 18 * MS_MINUTE);
        c.demand = &d;
        alarms = run_counting(c, EVENT_ELEVATOR_ROBOT_INSIDE);
        assert_int_equal(r.violations, 0);
        assert_int_equal(r.open, 0);
    }
    assert_int_equal(alarms, 1);
    sim_set_close(&set);
}

/* Each robot in turn dies at its work. All that is not aboard of it is done, or people were told who is in the way. */
static void who_dies_in_a_corridor_is_gone_round_or_named(void **state)
{
    struct demo demo;
    struct demand_file d = { .faults = 1 };
    int round = 0, named = 0;
    assert_int_equal(demo_open(&demo, 4), ORD_OK);
    d.place = calloc(demo.site->stations, sizeof *d.place);
    assert_non_null(d.place);
    for (uint16_t dies = 0; dies < 4; dies++)
        for (int k = 0; k < 4; k++) {
            d.fault[0] = (struct demand_fault){ FAULT_ROBOT_DIES, dies, 5 * MS_MINUTE + k * 17 * MS_SECOND, MS_NEVER };
            struct sim_config c = demo_config(&demo, 1);
            c.demand = &d;
            c.orders_per_robot = 4;
            c.drain_max_ms = 2 * MS_HOUR;
            int told = run_counting(c, EVENT_ROBOT_BLOCKS_WAY);
            assert_int_equal(r.violations, 0);
            assert_true(told > 0 || r.open == r.stranded);
            if (told > 0) named++;
            else round++;
        }
    print_message("  gone round %d times, named %d times\n", round, named);
    assert_true(round > 0);
    free(d.place);
    demo_close(&demo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stretches_that_once_stood_still_go_on),
        cmocka_unit_test(R34_a_car_dies_with_a_robot_inside_and_the_hospital_goes_on),
        cmocka_unit_test(who_dies_in_a_corridor_is_gone_round_or_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
