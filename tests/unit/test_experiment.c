/* Short stretches of hospital days: what the simulator adds to the core must hold for any policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/experiment.h"

static struct sim_set set;
static struct err_note note;
static struct sim_result r;

static int open_set(void **state) { return experiment_open(experiment_named("h500-normal"), &set, &note); }
static int close_set(void **state)
{
    sim_set_close(&set);
    return 0;
}

static struct sim_config day(ms_t start, ms_t demand)
{
    return (struct sim_config){ .site = set.site,
                                .fleet = set.fleet,
                                .timetable = set.timetable,
                                .demand = set.demand,
                                .seed = 1,
                                .midnight_utc_s = experiment_midnight_utc_s(set.site),
                                .start_ms = start,
                                .demand_ms = demand,
                                .delay_min_ms = 20,
                                .delay_max_ms = 20 };
}

static void run(const struct sim_config *c)
{
    int err = sim_run(c, &r, &note);
    if (err) print_message("  %s: %s\n", note.where, note.what);
    for (uint32_t i = 0; i < r.violations && i < COUNT_OF(r.first); i++)
        print_message("  %s at %lld: %s\n", r.first[i].rule, (long long)r.first[i].at_ms, r.first[i].text);
    assert_int_equal(err, ORD_OK);
}

static const struct sim_stream *stream(const char *id)
{
    for (uint16_t i = 0; i < r.streams; i++)
        if (strcmp(r.stream[i].id, id) == 0) return &r.stream[i];
    fail_msg("no stream %s", id);
    return NULL;
}

static uint32_t demand_file_with(struct demand_file *d, struct demand_fault f)
{
    *d = *set.demand;
    d->fault[d->faults++] = f;
    return d->faults;
}

static void ten_minutes_of_breakfast_break_no_rule(void **state)
{
    struct sim_config c = day(6 * MS_HOUR + 30 * MS_MINUTE, 10 * MS_MINUTE);
    c.check = true;
    run(&c);
    assert_int_equal(r.violations, 0);
    assert_int_equal(r.open, 0);
    assert_int_equal(r.failed, 0);
    assert_in_range(stream("meal_breakfast")->n, 4, 5); /* 25 in an hour */
    assert_int_equal(stream("meal_breakfast")->on_time, stream("meal_breakfast")->n);
    assert_int_equal(stream("linen_clean")->n, 0);
    assert_true(r.called_off > 0); /* what its rounds release later is called off, and counted nowhere else */
    assert_int_equal(r.accepted, r.delivered + r.cancelled);
    assert_int_equal(r.waves, 3);
    ms_t time = 0;
    for (int u = 0; u < USE_COUNT; u++) time += r.use_ms[u];
    assert_int_equal(time, 19 * r.end_ms); /* robots' time is all accounted for */
    assert_true(r.used_j > 0);
}

static void the_same_seed_is_the_same_day_and_the_judge_changes_nothing(void **state)
{
    struct sim_config c = day(9 * MS_HOUR, 5 * MS_MINUTE);
    run(&c);
    uint64_t hash = r.state_hash, inputs = r.inputs;
    c.no_oracle = true;
    run(&c);
    assert_int_equal(r.state_hash, hash);
    assert_int_equal(r.inputs, inputs);
    assert_int_equal(r.violations, 0);
    c.seed = 2;
    run(&c);
    assert_int_not_equal(r.state_hash, hash);
}

static void other_policies_meet_the_same_requests_and_the_same_people(void **state)
{
    struct sim_config c = day(10 * MS_HOUR, 10 * MS_MINUTE);
    run(&c);
    uint32_t accepted = r.accepted, people = r.people.rides + r.people.stairs;
    ms_t alone = r.people_alone.mean_ms;
    c.dispatch = DISPATCH_NEAREST;
    run(&c);
    assert_int_equal(r.accepted, accepted);
    assert_int_equal(r.people.rides + r.people.stairs, people);
    assert_int_equal(r.people_alone.mean_ms, alone);
}

/* Ninety minutes of the busiest morning hours, without the judge. */
static void busy_morning(enum dispatch_policy dispatch, enum arbiter_policy arbiter)
{
    struct sim_config c = day(8 * MS_HOUR, 90 * MS_MINUTE);
    c.no_oracle = true;
    c.dispatch = dispatch;
    c.arbiter = arbiter;
    run(&c);
    assert_int_equal(r.open, 0);
    assert_int_equal(r.failed, 0);
}

static void R10_a_busy_morning_is_a_tenth_shorter_than_by_nearest_robots_and_no_job_later(void **state)
{
    busy_morning(DISPATCH_NEAREST, ARBITER_FIRST_COME);
    int64_t mm = r.distance_mm;
    uint32_t late = r.late_jobs;
    busy_morning(DISPATCH_TOURS, ARBITER_PLANNED);
    print_message("  %lld m, %u late; nearest: %lld m, %u late\n", (long long)r.distance_mm / 1000, r.late_jobs,
                  (long long)mm / 1000, late);
    assert_true(r.distance_mm * 10 <= mm * 9);
    assert_true(r.late_jobs <= late);
    assert_true(late > 0); /* the others had something to be late with */
}

static void R2_in_the_busiest_hours_urgent_jobs_have_a_robot_within_ten_seconds(void **state)
{
    if (r.urgent == 0) busy_morning(DISPATCH_TOURS, ARBITER_PLANNED);
    assert_true(r.urgent >= 5);
    assert_true(r.urgent_assigned_p95_ms <= 10 * MS_SECOND);
    assert_true(r.routine_over_permille <= 2000); /* and nothing else waits twice its limit for them */
}

static void whole_day(enum charge_policy charging)
{
    struct sim_config c = day(0, 24 * MS_HOUR);
    c.no_oracle = charging != CHARGE_TARIFF; /* the day as it is meant to be is judged */
    c.charging = charging;
    run(&c);
}

static void R44_charging_by_tariff_takes_a_third_less_at_the_peak_and_no_job_is_later(void **state)
{
    whole_day(CHARGE_LOW);
    int64_t peak = r.charged_j[TARIFF_PEAK];
    uint32_t late = r.late_jobs;
    whole_day(CHARGE_TARIFF);
    print_message("  at the peak %lld kJ, %u late; whenever low %lld kJ, %u late\n",
                  (long long)r.charged_j[TARIFF_PEAK] / 1000, r.late_jobs, (long long)peak / 1000, late);
    assert_true(peak > 0);
    assert_true(r.charged_j[TARIFF_PEAK] * 10 <= peak * 7);
    assert_true(r.late_jobs <= late);
}

/* The day of the test before: the judge holds every edge, car and hour against what its load may use. */
static void R26_all_day_waste_keeps_to_its_own_edges_cars_and_hours(void **state)
{
    if (r.end_ms < 24 * MS_HOUR || r.violations > 0) whole_day(CHARGE_TARIFF);
    assert_true(stream("waste_medical")->n >= 20);
    assert_true(stream("waste_general")->n >= 20);
    assert_int_equal(r.violations, 0);
    assert_int_equal(r.open, 0);
}

static void a_dead_robot_is_counted_with_what_it_has_aboard(void **state)
{
    struct demand_file d;
    struct sim_config c = day(6 * MS_HOUR + 30 * MS_MINUTE, 20 * MS_MINUTE);
    run(&c);
    uint32_t accepted = r.accepted;
    for (uint16_t dies = 0; dies < 14; dies++) { /* one of the heavy ones has a cart aboard then */
        demand_file_with(&d, (struct demand_fault){ .kind = FAULT_ROBOT_DIES,
                                                    .target = dies,
                                                    .from_ms = 6 * MS_HOUR + 42 * MS_MINUTE,
                                                    .to_ms = MS_NEVER });
        c.demand = &d;
        c.drain_max_ms = 2 * MS_HOUR;
        run(&c);
        assert_true(r.use_ms[USE_DEAD] > 0);
        assert_true(r.accepted >= accepted); /* deliveries of the dead one bring nothing back */
        if (r.stranded > 0) break;
    }
    assert_int_equal(r.stranded, 1);
    assert_int_equal(r.rule[0].count, 0); /* its load is known to be on it, nobody runs into it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_minutes_of_breakfast_break_no_rule),
        cmocka_unit_test(the_same_seed_is_the_same_day_and_the_judge_changes_nothing),
        cmocka_unit_test(other_policies_meet_the_same_requests_and_the_same_people),
        cmocka_unit_test(R10_a_busy_morning_is_a_tenth_shorter_than_by_nearest_robots_and_no_job_later),
        cmocka_unit_test(R2_in_the_busiest_hours_urgent_jobs_have_a_robot_within_ten_seconds),
        cmocka_unit_test(R44_charging_by_tariff_takes_a_third_less_at_the_peak_and_no_job_is_later),
        cmocka_unit_test(R26_all_day_waste_keeps_to_its_own_edges_cars_and_hours),
        cmocka_unit_test(a_dead_robot_is_counted_with_what_it_has_aboard),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
