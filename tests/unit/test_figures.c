/* What is late, what is on time, and for which stream it counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/figures.h"

static struct site site;
static struct site_goods kinds[2] = { { .id = "meal", .hygiene = HYGIENE_FOOD }, { .id = "linen" } };
static struct timetable_round rounds[3];
static struct timetable table = { .rounds = 3, .round = rounds };
static struct demand_file demand;
static struct figures g;

static void open_figures(void)
{
    site.goods = 2;
    site.good = kinds;
    rounds[0] = (struct timetable_round){ .id = "lunch", .stream = "meals", .goods = 0 };
    rounds[1] = (struct timetable_round){ .id = "linen_1", .stream = "linen", .goods = 1 };
    rounds[2] = (struct timetable_round){ .id = "linen_2", .stream = "linen", .goods = 1 };
    demand.streams = 1;
    snprintf(demand.stream[0].id, sizeof demand.stream[0].id, "stat");
    figures_open(&g, &site, &table, &demand);
}

static struct job_view job(uint16_t round, uint8_t priority, ms_t due, ms_t arrived, enum job_state state)
{
    return (struct job_view){ .round = round,
                              .priority = priority,
                              .due_ms = due,
                              .arrived_ms = arrived,
                              .ended_ms = arrived + 5000,
                              .assigned_ms = 2000,
                              .requested_ms = 1000,
                              .state = state };
}

static void streams_and_waves_are_those_of_both_files(void **state)
{
    open_figures();
    assert_int_equal(g.streams, 4); /* other, meals, linen, stat */
    assert_int_equal(figures_stream(&g, "linen"), g.stream_of[1]);
    assert_int_equal(g.stream_of[1], g.stream_of[2]);
    assert_int_equal(figures_stream(&g, "stat"), 3);
    assert_int_equal(figures_stream(&g, "nobody"), FIGURES_OTHER);
    assert_int_equal(g.waves, 1); /* of meals only */
    figures_close(&g);
}

static void on_time_means_arrived_before_it_was_due(void **state)
{
    open_figures();
    uint16_t meals = g.stream_of[0];
    struct job_view early = job(0, 2, 100000, 100000, JOB_DELIVERED), late = job(0, 2, 100000, 100001, JOB_DELIVERED);
    struct job_view never = job(0, 2, 100000, -1, JOB_CANCELLED), open = job(0, 2, 900000, -1, JOB_MOVING);
    assert_int_equal(figures_job(&g, meals, &early, 40000, 0, 200000), ORD_OK);
    assert_int_equal(figures_job(&g, meals, &late, 40000, 0, 200000), ORD_OK);
    assert_int_equal(figures_job(&g, meals, &never, 40000, 0, 200000), ORD_OK);
    assert_int_equal(figures_job(&g, meals, &open, 40000, 0, 200000), ORD_OK);
    const struct stream_figures *s = &g.stream[meals];
    assert_int_equal(s->n, 4);
    assert_int_equal(s->on_time, 1);
    assert_int_equal(s->late, 2); /* the one that never came is past its time; the open one is not due yet */
    assert_int_equal(s->undone, 2);
    assert_int_equal(g.late_jobs, 3);
    assert_int_equal(g.wave[0].n, 4);
    assert_int_equal(g.wave[0].on_time, 1);
    assert_int_equal(stats_quantile(&g.stream[meals].took, 1000), 60001);
    figures_skipped(&g, 0, 2);
    assert_int_equal(g.wave[0].n, 6);
    assert_int_equal(g.stream[meals].undone, 4);
    figures_close(&g);
}

static void a_wait_for_people_at_the_pick_up_is_not_the_fleets_lateness_and_is_told(void **state)
{
    open_figures();
    uint16_t meals = g.stream_of[0];
    struct job_view in_time = job(0, 2, 100000, 99000, JOB_DELIVERED),
                    by_people = job(0, 2, 100000, 130000, JOB_DELIVERED);
    struct job_view still_late = job(0, 2, 100000, 130001, JOB_DELIVERED), never = job(0, 2, 100000, -1, JOB_FAILED);
    assert_int_equal(figures_job(&g, meals, &in_time, 40000, 30000, 200000), ORD_OK);
    assert_int_equal(figures_job(&g, meals, &by_people, 40000, 30000, 200000), ORD_OK);
    assert_int_equal(figures_job(&g, meals, &still_late, 40000, 30000, 200000), ORD_OK);
    assert_int_equal(figures_job(&g, meals, &never, 40000, 150000, 200000), ORD_OK);
    const struct stream_figures *s = &g.stream[meals];
    assert_int_equal(s->on_time, 2);
    assert_int_equal(s->kept, 1); /* the one that was in time anyhow is none of them */
    assert_int_equal(s->late, 1);
    assert_int_equal(g.late_jobs, 2); /* who never came is late whoever waited */
    assert_int_equal(g.wave[0].on_time, 2);
    assert_int_equal(stats_quantile(&g.stream[meals].took, 1000), 90001); /* the durations hide nothing */
    figures_close(&g);
}

static void an_emergency_is_timed_with_and_without_the_waits_for_people(void **state)
{
    open_figures();
    struct job_view v = job(ROUND_NONE, 0, 900000, 500000, JOB_DELIVERED);
    v.ended_ms = 650000;
    assert_int_equal(figures_job(&g, 3, &v, 1000, 120000, 700000), ORD_OK);
    assert_int_equal(stats_quantile(&g.emergency_delivered, 950), 649000);
    assert_int_equal(stats_quantile(&g.emergency_arrived, 950), 379000);
    figures_close(&g);
}

static void urgent_jobs_are_timed_from_the_request(void **state)
{
    open_figures();
    struct job_view v = job(ROUND_NONE, 0, 901000, 500000, JOB_DELIVERED);
    assert_int_equal(figures_job(&g, 3, &v, 1000, 0, 600000), ORD_OK);
    assert_int_equal(stats_quantile(&g.urgent_assigned, 950), 1000);
    assert_int_equal(stats_quantile(&g.emergency_delivered, 950), 504000);
    assert_int_equal(g.routine_over_permille, 0); /* not routine */
    v.priority = 3;
    v.arrived_ms = 1801000;
    assert_int_equal(figures_job(&g, 3, &v, 1000, 0, 2000000), ORD_OK);
    assert_int_equal(g.routine_over_permille, 2000); /* twice its limit */
    assert_int_equal(g.routine_over_ms, 900000);
    figures_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_and_waves_are_those_of_both_files),
        cmocka_unit_test(on_time_means_arrived_before_it_was_due),
        cmocka_unit_test(a_wait_for_people_at_the_pick_up_is_not_the_fleets_lateness_and_is_told),
        cmocka_unit_test(an_emergency_is_timed_with_and_without_the_waits_for_people),
        cmocka_unit_test(urgent_jobs_are_timed_from_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
