#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/calendar.h"
#include "tiny_fleet.h"

enum { MONDAY = 20514, DAY_MS = 24 * 3600 * 1000, MIN = 60 * 1000, FULL_JOBS = 64, JOBS = 512 };
enum { STORE, WARD_A, WARD_B, ISLAND }; /* stations: a corridor, and one that no way leads to */
enum { MEAL, TRAY };

static struct tiny tiny;
static struct site_goods goods[2];
static struct timetable table;
static struct timetable_round rounds[4];
static struct round_load loads[8];
static struct timetable_par pars[2];

static const struct site *floor_plan(void)
{
    tiny_corridor(&tiny, 8, 4);
    tiny_station(&tiny, 4);
    node_id alone = tiny_node(&tiny, 0, 0, 9 * TINY_STEP_MM, 0);
    tiny_lane(&tiny, alone, tiny_node(&tiny, 0, TINY_STEP_MM, 9 * TINY_STEP_MM, 0));
    tiny_station(&tiny, alone);
    tiny.site.calendar = (struct site_calendar){ .utc_offset_min = 480 };
    goods[MEAL] = (struct site_goods){ .id = "meal", .hygiene = HYGIENE_FOOD, .priority = 2, .due_ms = 60 * MIN };
    goods[TRAY] = (struct site_goods){ .id = "tray", .hygiene = HYGIENE_DIRTY, .priority = 4 };
    tiny.site.good = goods;
    tiny.site.goods = 2;
    tiny.site.class_goods[0] = 3;
    return tiny_done(&tiny);
}

static uint16_t add_round(int from_min, int to_min, uint8_t days)
{
    uint16_t i = table.rounds++;
    rounds[i] = (struct timetable_round){ .goods = MEAL,
                                          .priority = JOB_PRIORITY_OF_GOODS,
                                          .when = { (uint16_t)from_min, (uint16_t)to_min, days },
                                          .known_ms = 60 * MIN,
                                          .after = TIMETABLE_NONE,
                                          .first_load = table.loads };
    return i;
}

static void add_load(uint16_t round, station_id from, station_id to, uint16_t count)
{
    loads[table.loads++] = (struct round_load){ from, to, count };
    rounds[round].loads++;
}

/* Three loads from 06:30 to 08:00: 06:30, 07:00, 07:30. */
static uint16_t breakfast(void)
{
    uint16_t r = add_round(390, 480, DAYS_ALL);
    add_load(r, STORE, WARD_A, 1);
    add_load(r, STORE, WARD_B, 2);
    return r;
}

static int setup(void **state)
{
    table = (struct timetable){ .round = rounds, .load = loads, .par = pars };
    *state = NULL;
    return 0;
}

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    return 0;
}

static struct tf *open_with(const struct site *s, uint16_t robots, uint32_t jobs_max)
{
    struct tf *t = calloc(1, sizeof *t);
    t->site = s;
    t->robots = robots;
    t->keep_log = true;
    for (uint16_t r = 0; r < robots; r++) t->start[r] = ID_NONE;
    t->cfg = (struct fleet_config){ .site = s,
                                    .robots = robots,
                                    .robot_class = t->cls,
                                    .robot_start = t->start,
                                    .jobs_max = jobs_max,
                                    .timetable = &table };
    tf_fleet_open(t);
    return t;
}

static void clock_says(struct tf *t, int32_t day, int minute)
{
    int64_t utc_ms = local_utc_ms(&t->site->calendar, day, minute);
    tf_in(t, (struct fleet_in){ .kind = IN_CLOCK, .clock = { utc_ms } });
}

/* A host that opens on Monday at that minute; now_ms is the time since Monday's midnight. Nobody drives. */
static struct tf *host(void **state, int minute, uint32_t jobs_max)
{
    struct tf *t = open_with(floor_plan(), 1, jobs_max);
    *state = t;
    t->now_ms = minute * MIN;
    tf_host_starts(t, 1);
    clock_says(t, MONDAY, minute);
    return t;
}

static void until(struct tf *t, ms_t at_ms)
{
    while (fleet_deadline(t->fleet) <= at_ms) {
        t->now_ms = fleet_deadline(t->fleet);
        tf_tick(t);
    }
    t->now_ms = at_ms;
    tf_tick(t);
}

static struct job_view job(const struct tf *t, job_id j)
{
    struct job_view v;
    assert_true(fleet_job(t->fleet, j, &v));
    return v;
}

static job_id made(const struct tf *t) { return fleet_job_last(t->fleet); }
static struct round_view progress(const struct tf *t, uint16_t round)
{
    struct round_view v;
    fleet_round(t->fleet, round, &v);
    return v;
}

/* ---- the day by itself ---------------------------------------------------------------------------------------- */

static void R3_a_round_makes_its_jobs_an_hour_before_each_is_released(void **state)
{
    uint16_t r = breakfast();
    struct tf *t = host(state, 0, JOBS);
    until(t, 330 * MIN - 1);
    assert_int_equal(made(t), 0);
    until(t, 330 * MIN);
    assert_int_equal(made(t), 1);
    until(t, 480 * MIN);
    assert_int_equal(made(t), 3);
    const station_id to[] = { WARD_A, WARD_B, WARD_B };
    for (job_id j = 1; j <= 3; j++) {
        struct job_view v = job(t, j);
        assert_int_equal(v.round, r);
        assert_int_equal(v.to, to[j - 1]);
        assert_int_equal(v.goods, MEAL);
        assert_int_equal(v.priority, 2); /* as the goods say */
        assert_int_equal(v.ready_ms, (390 + 30 * (int)(j - 1)) * MIN);
        assert_int_equal(v.due_ms, 480 * MIN); /* the end of the window */
        assert_int_equal(v.requested_ms, v.ready_ms - 60 * MIN);
    }
    assert_int_equal(t->events[EVENT_ROUND_BEGUN], 1);
    until(t, (2 * 1440) * MIN);
    assert_int_equal(made(t), 6); /* and on Tuesday again */
}

static void a_round_at_the_start_releases_all_at_once_and_may_have_its_own_limit(void **state)
{
    uint16_t r = breakfast();
    rounds[r].at_start = true;
    rounds[r].due_ms = 20 * MIN;
    rounds[r].known_ms = 0;
    rounds[r].priority = 1;
    struct tf *t = host(state, 0, JOBS);
    until(t, 390 * MIN - 1);
    assert_int_equal(made(t), 0);
    until(t, 390 * MIN);
    assert_int_equal(made(t), 3);
    for (job_id j = 1; j <= 3; j++) {
        assert_int_equal(job(t, j).ready_ms, 390 * MIN);
        assert_int_equal(job(t, j).due_ms, 410 * MIN);
        assert_int_equal(job(t, j).priority, 1);
    }
}

static void R3_rounds_keep_to_their_weekdays_and_holidays(void **state)
{
    uint16_t work = add_round(480, 540, 31),
             rest = add_round(600, 660, CALENDAR_HOLIDAY | 64); /* Sundays and holidays */
    add_load(work, STORE, WARD_A, 1);
    add_load(rest, STORE, WARD_B, 1);
    floor_plan();
    tiny.site.calendar.holidays = 1;
    tiny.site.calendar.holiday[0] = MONDAY + 2; /* a Wednesday */
    struct tf *t = open_with(&tiny.site, 1, JOBS);
    *state = t;
    tf_host_starts(t, 1);
    clock_says(t, MONDAY, 0);
    until(t, 7 * (ms_t)DAY_MS);
    assert_int_equal(made(t), 4 + 2); /* Monday, Tuesday, Thursday, Friday; Wednesday and Sunday */
    const uint16_t round[] = { work, work, rest, work, work, rest };
    for (job_id j = 1; j <= 6; j++) assert_int_equal(job(t, j).round, round[j - 1]);
}

static void a_round_over_midnight_is_one_wave(void **state)
{
    uint16_t r = add_round(1380, 60, DAYS_ALL); /* 23:00 to 01:00: releases 23:00, 23:30, 00:00, 00:30 */
    add_load(r, STORE, WARD_A, 4);
    rounds[r].known_ms = 0;
    struct tf *t = host(state, 600, JOBS);
    until(t, 1470 * MIN);
    assert_int_equal(made(t), 4);
    assert_int_equal(job(t, 4).ready_ms, 1470 * MIN);
    assert_int_equal(job(t, 4).due_ms, 1500 * MIN);
    assert_int_equal(t->events[EVENT_ROUND_BEGUN], 1);
    assert_int_equal(progress(t, r).made, 4);
}

static void what_was_released_before_the_first_start_is_not_ours(void **state)
{
    breakfast();
    struct tf *t = host(state, 425, JOBS); /* 07:05: only the one of 07:30 is left, and it is known already */
    assert_int_equal(made(t), 1);
    assert_int_equal(job(t, 1).ready_ms, 450 * MIN);
    until(t, DAY_MS);
    assert_int_equal(made(t), 1);
    assert_int_equal(t->events[EVENT_ROUND_MISSED], 0);
    until(t, 2 * (ms_t)DAY_MS);
    assert_int_equal(made(t), 4);
}

static void without_a_clock_nothing_is_made(void **state)
{
    breakfast();
    struct tf *t = open_with(floor_plan(), 1, JOBS);
    *state = t;
    tf_host_starts(t, 1);
    until(t, DAY_MS);
    assert_int_equal(made(t), 0);
    t->now_ms = DAY_MS + 1;
    clock_says(t, MONDAY, 330);
    assert_int_equal(made(t), 1);
}

/* ---- the clock steps, the host restarts ------------------------------------------------------------------------ */

static void a_clock_set_back_makes_nothing_twice(void **state)
{
    breakfast();
    struct tf *t = host(state, 0, JOBS);
    until(t, 400 * MIN);
    assert_int_equal(made(t), 3); /* the last one is released at 07:30, known at 06:30 */
    clock_says(t, MONDAY, 300);   /* 06:40 becomes 05:00 */
    until(t, 600 * MIN);          /* 08:20 by the new clock */
    assert_int_equal(made(t), 3);
    clock_says(t, MONDAY - 1, 300); /* a day back: what was released before the first start is still not ours */
    until(t, 800 * MIN);
    assert_int_equal(made(t), 3);
}

static void a_clock_set_forward_forgets_nothing_that_is_still_wanted(void **state)
{
    breakfast();
    struct tf *t = host(state, 0, JOBS);
    until(t, 300 * MIN);
    assert_int_equal(made(t), 0);
    clock_says(t, MONDAY, 440); /* 05:00 becomes 07:20, the window is open */
    assert_int_equal(made(t), 3);
    assert_int_equal(job(t, 1).ready_ms, 300 * MIN); /* at once */
    assert_int_equal(job(t, 3).ready_ms, 310 * MIN); /* 07:30 by the new clock */
    assert_int_equal(job(t, 3).due_ms, 340 * MIN);
    assert_int_equal(t->events[EVENT_ROUND_MISSED], 0);
}

static void what_a_clock_set_forward_leaves_behind_is_reported(void **state)
{
    uint16_t r = breakfast();
    struct tf *t = host(state, 0, JOBS);
    until(t, 340 * MIN); /* one is made */
    clock_says(t, MONDAY, 481);
    assert_int_equal(made(t), 1);
    assert_int_equal(t->events[EVENT_ROUND_MISSED], 1);
    assert_int_equal(progress(t, r).skipped, 2);
    clock_says(t, MONDAY, 340); /* it was a mistake: what was given up stays so, nothing comes twice */
    until(t, 900 * MIN);
    assert_int_equal(made(t), 1);
    assert_int_equal(t->events[EVENT_ROUND_MISSED], 1);
}

static void a_wrong_year_costs_the_right_one_nothing(void **state)
{
    breakfast();
    struct tf *t = host(state, 0, JOBS);
    until(t, 340 * MIN);
    assert_int_equal(made(t), 1);
    clock_says(t, MONDAY + 1400, 340);
    until(t, 341 * MIN);
    job_id wrong = made(t) - 1;
    clock_says(t, MONDAY, 341);
    until(t, 2 * (ms_t)DAY_MS);
    assert_int_equal(made(t) - wrong, 6); /* Monday and Tuesday, each once */
}

static void a_host_that_was_off_reports_each_day_it_missed(void **state)
{
    uint16_t r = breakfast();
    struct tf *t = host(state, 0, JOBS);
    until(t, DAY_MS);
    assert_int_equal(made(t), 3);
    clock_says(t, MONDAY + 4, 600); /* its own time stood still from Monday's end to Friday 10:00 */
    assert_int_equal(made(t), 3);
    assert_int_equal(t->events[EVENT_ROUND_MISSED], 4); /* Tuesday to Friday */
    assert_int_equal(progress(t, r).skipped, 3);        /* of the last wave */
    clock_says(t, MONDAY + 40, 600);                    /* off for weeks: silence */
    assert_int_equal(t->events[EVENT_ROUND_MISSED], 4);
    until(t, 2 * (ms_t)DAY_MS);
    assert_int_equal(made(t), 6);
}

static void corrections_of_seconds_all_day_change_nothing(void **state)
{
    breakfast();
    struct tf *t = host(state, 0, JOBS);
    for (int m = 1; m < 1440; m++) {
        until(t, m * MIN);
        int64_t utc_ms = local_utc_ms(&t->site->calendar, MONDAY, m) + (m % 3 - 1) * 1500;
        tf_in(t, (struct fleet_in){ .kind = IN_CLOCK, .clock = { utc_ms } });
    }
    assert_int_equal(made(t), 3);
    assert_int_equal(t->events[EVENT_ROUND_MISSED], 0);
}

struct bytes {
    uint8_t *at;
    size_t n, room;
};
static void keep_bytes(void *ctx, const void *from, size_t n)
{
    struct bytes *b = ctx;
    if (b->n + n > b->room) b->at = realloc(b->at, b->room = 2 * (b->n + n));
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

static void R3_a_restart_in_the_middle_of_a_wave_doubles_and_loses_nothing(void **state)
{
    breakfast();
    uint16_t back = add_round(0, 0, DAYS_ALL);
    rounds[back].after = 0;
    rounds[back].goods = TRAY;
    struct tf *t = host(state, 0, JOBS);
    until(t, 365 * MIN);
    assert_int_equal(made(t), 2);
    struct bytes b = { 0 };
    struct snap save = snap_saver(keep_bytes, &b);
    fleet_snap(&save, t->fleet);
    struct tf *again = open_with(t->site, 1, JOBS);
    struct snap load = snap_loader(b.at, b.n);
    fleet_snap(&load, again->fleet);
    assert_true(snap_ok(&load));
    assert_true(tf_hash(again) == tf_hash(t));
    assert_int_equal(fleet_deadline(again->fleet), fleet_deadline(t->fleet));
    until(t, 500 * MIN);
    until(again, 500 * MIN);
    assert_int_equal(made(again), 3);
    assert_true(tf_hash(again) == tf_hash(t));
    free(b.at);
    tf_close(again);
}

static void the_same_inputs_make_the_same_day_byte_by_byte(void **state)
{
    breakfast();
    struct tf *t = host(state, 0, JOBS);
    until(t, 420 * MIN);
    clock_says(t, MONDAY, 380);
    until(t, 600 * MIN);
    struct tf *again = open_with(t->site, 1, JOBS);
    for (uint32_t i = 0; i < t->logged; i++) assert_int_equal(tf_try(again, &t->log[i]), ORD_OK);
    assert_true(tf_hash(again) == tf_hash(t));
    tf_close(again);
}

/* ---- progress, returns ----------------------------------------------------------------------------------------- */

static void R5_the_progress_of_a_wave_is_seen_while_it_runs(void **state)
{
    uint16_t r = breakfast();
    struct tf *t = host(state, 390, JOBS);
    tf_online(t, 0, 8);
    assert_int_equal(progress(t, r).made, 3);
    assert_int_equal(progress(t, r).open, 3);
    assert_true(progress(t, r).today);
    assert_int_equal(progress(t, r).release_ms, 390 * MIN);
    assert_int_equal(progress(t, r).due_ms, 480 * MIN);
    for (int i = 0; i < 600 && tf_state(t, 1) != JOB_DELIVERED; i++) tf_world(t);
    assert_int_equal(progress(t, r).delivered, 1);
    assert_int_equal(progress(t, r).open, 2);
    assert_int_equal(progress(t, r).late, 0);
    tf_cancel(t, 3);
    assert_int_equal(progress(t, r).failed, 1);
    assert_int_equal(progress(t, r).late, 0);
    t->now_ms = 500 * MIN; /* the second one comes late */
    for (int i = 0; i < 600 && tf_state(t, 2) != JOB_DELIVERED; i++) tf_world(t);
    struct round_view v = progress(t, r);
    assert_int_equal(v.delivered, 2);
    assert_int_equal(v.late, 1);
    assert_int_equal(v.open, 0);
    assert_int_equal(t->events[EVENT_ROUND_DONE], 1);
    until(t, DAY_MS + 1);
    assert_false(progress(t, r).today);
}

static void R5_trays_come_back_after_their_meals(void **state)
{
    uint16_t r = breakfast(), back = add_round(0, 0, DAYS_ALL);
    rounds[r].at_start = true;
    rounds[back].goods = TRAY;
    rounds[back].after = r;
    rounds[back].after_ms = 60 * MIN;
    rounds[back].spread_ms = 90 * MIN;
    rounds[back].known_ms = 30 * MIN;
    rounds[back].due_ms = 120 * MIN;
    struct tf *t = host(state, 389, JOBS);
    tf_online(t, 0, 8);
    job_id nth[3];
    for (int i = 0, n = 0; n < 3; i++) {
        assert_true(i < 3000);
        tf_world(t);
        if (t->said.state == JOB_DELIVERED && (n == 0 || nth[n - 1] != t->said.job)) nth[n++] = t->said.job;
    }
    assert_int_equal(made(t), 3); /* no tray is known yet */
    ms_t first = job(t, nth[0]).ended_ms;
    until(t, first + 30 * MIN - 1);
    assert_int_equal(made(t), 3);
    until(t, first + 30 * MIN);
    assert_int_equal(made(t), 4);
    until(t, 700 * MIN);
    assert_int_equal(made(t), 6);
    for (int n = 0; n < 3; n++) {
        struct job_view v = job(t, (job_id)(4 + n)), meal = job(t, nth[n]);
        assert_int_equal(v.from, meal.to);
        assert_int_equal(v.to, meal.from);
        assert_int_equal(v.goods, TRAY);
        assert_int_equal(v.round, back);
        assert_int_equal(v.ready_ms, meal.ended_ms + (60 + 30 * n) * MIN); /* a third of the spread each */
        assert_int_equal(v.due_ms, v.ready_ms + 120 * MIN);
        assert_int_equal(v.requested_ms, v.ready_ms - 30 * MIN);
    }
    assert_int_equal(progress(t, back).made, 3);
}

static void a_meal_that_failed_brings_no_tray_back(void **state)
{
    uint16_t r = breakfast(), back = add_round(0, 0, DAYS_ALL);
    rounds[back].after = r;
    struct tf *t = host(state, 389, JOBS);
    for (job_id j = 1; j <= 3; j++) tf_cancel(t, j);
    until(t, DAY_MS - 1);
    assert_int_equal(made(t), 3);
    assert_int_equal(progress(t, back).made, 0);
}

static void R12_what_is_lent_is_fetched_back(void **state)
{
    struct tf *t = host(state, 600, JOBS);
    tf_online(t, 0, 8);
    tf_in(t, (struct fleet_in){
                 .kind = IN_JOB,
                 .job = { .from = STORE, .to = WARD_A, .quantity = 1, .priority = 3, .return_ms = 180 * MIN } });
    tf_job(t, STORE, WARD_B); /* not lent */
    for (int i = 0; i < 1000 && (tf_state(t, 1) != JOB_DELIVERED || tf_state(t, 2) != JOB_DELIVERED); i++) tf_world(t);
    ms_t there = job(t, 1).ended_ms;
    until(t, there + 120 * MIN - 1);
    assert_int_equal(made(t), 2);
    until(t, there + 120 * MIN);
    assert_int_equal(made(t), 3);
    assert_int_equal(job(t, 3).from, WARD_A);
    assert_int_equal(job(t, 3).to, STORE);
    assert_int_equal(job(t, 3).ready_ms, there + 180 * MIN);
    assert_int_equal(job(t, 3).return_ms, 0); /* it is at home then */
    until(t, DAY_MS - 1);
    assert_int_equal(made(t), 3);
}

/* ---- skipped, with a reason ------------------------------------------------------------------------------------ */

static void R3_a_load_to_where_no_way_leads_is_skipped_and_said_so(void **state)
{
    uint16_t r = breakfast();
    add_load(r, STORE, ISLAND, 1);
    struct tf *t = host(state, 0, JOBS);
    until(t, 480 * MIN);
    assert_int_equal(made(t), 3);
    assert_int_equal(progress(t, r).skipped, 1);
    assert_int_equal(t->events[EVENT_ROUND_SKIP_NO_WAY], 1);
}

static void R3_a_load_no_robot_takes_is_skipped_and_said_so(void **state)
{
    uint16_t r = breakfast();
    floor_plan();
    tiny.site.class_goods[0] = 1u << TRAY;
    struct tf *t = open_with(&tiny.site, 1, JOBS);
    *state = t;
    tf_host_starts(t, 1);
    clock_says(t, MONDAY, 0);
    until(t, 480 * MIN);
    assert_int_equal(made(t), 0);
    struct round_view v = progress(t, r);
    assert_int_equal(v.skipped, 3);
    assert_int_equal(v.skips, 2); /* one of ward A, two of ward B, each with its reason */
    assert_int_equal(v.skip[1].n, 2);
    assert_int_equal(v.skip[1].station, WARD_B);
    assert_int_equal(v.skip[1].event, EVENT_ROUND_SKIP_NO_ROBOT);
    assert_int_equal(t->events[EVENT_ROUND_SKIP_NO_ROBOT], 3);
}

static void R3_an_isolated_ward_without_a_robot_of_its_own_is_skipped_and_said_so(void **state)
{
    uint16_t r = breakfast();
    struct tf *t = host(state, 0, JOBS);
    tf_in(t, (struct fleet_in){ .kind = IN_OPERATE, .operate = { OP_ISOLATE, WARD_B, 0 } });
    until(t, 365 * MIN); /* the first of ward B is skipped */
    assert_int_equal(made(t), 1);
    assert_int_equal(t->events[EVENT_ROUND_SKIP_ISOLATED], 1);
    tf_in(t, (struct fleet_in){ .kind = IN_OPERATE, .operate = { OP_ISOLATION_ROBOT, 0, 1 } });
    until(t, 480 * MIN);
    assert_int_equal(made(t), 2);
    assert_int_equal(progress(t, r).skipped, 1);
}

static void a_full_table_makes_a_round_wait_and_gives_a_load_up_only_at_its_time(void **state)
{
    uint16_t r = breakfast();
    struct tf *t = host(state, 0, FULL_JOBS);
    for (job_id j = 1; j <= FULL_JOBS; j++) assert_int_equal(tf_job(t, STORE, WARD_A), j);
    until(t, 470 * MIN);
    assert_int_equal(made(t), FULL_JOBS);
    assert_int_equal(t->events[EVENT_ROUND_SKIP_FULL], 0);
    tf_cancel(t, 1);
    until(t, 470 * MIN + 5000);
    assert_int_equal(made(t), FULL_JOBS + 1); /* there was room for one */
    assert_int_equal(job(t, FULL_JOBS + 1).ready_ms, t->now_ms);
    until(t, 481 * MIN);
    assert_int_equal(made(t), FULL_JOBS + 1);
    assert_int_equal(t->events[EVENT_ROUND_SKIP_FULL], 2);
    assert_int_equal(progress(t, r).skipped, 2);
    assert_int_equal(t->events[EVENT_ROUND_BEGUN], 1);
}

static void many_loads_at_one_moment_are_spread_over_inputs_not_lost(void **state)
{
    uint16_t r = add_round(390, 480, DAYS_ALL);
    rounds[r].at_start = true;
    add_load(r, STORE, WARD_A, 150);
    add_load(r, STORE, WARD_B, 150);
    struct tf *t = host(state, 0, JOBS);
    until(t, 330 * MIN + 100);
    assert_int_equal(made(t), 300);
    assert_int_equal(job(t, 150).to, WARD_A);
    assert_int_equal(job(t, 151).to, WARD_B);
}

/* ---- par levels ------------------------------------------------------------------------------------------------ */

static void counted(struct tf *t, station_id ward, goods_id g, uint16_t count)
{
    tf_in(t, (struct fleet_in){ .kind = IN_STOCK, .stock = { ward, g, count } });
}

static void R9_a_count_below_par_makes_one_top_up_and_never_a_second_one(void **state)
{
    pars[0] = (struct timetable_par){ STORE, WARD_A, MEAL, 10 };
    pars[1] = (struct timetable_par){ STORE, WARD_B, MEAL, 5 };
    table.pars = 2;
    struct tf *t = host(state, 600, JOBS);
    counted(t, WARD_A, MEAL, 10);
    counted(t, WARD_A, TRAY, 0); /* no par is set for it */
    counted(t, STORE, MEAL, 0);
    assert_int_equal(made(t), 0);
    counted(t, WARD_A, MEAL, 7);
    assert_int_equal(made(t), 1);
    struct stock_view stock;
    fleet_stock(t->fleet, 0, &stock);
    assert_true(stock.counted && stock.count == 7 && stock.top_up == 1 && stock.counted_ms == t->now_ms);
    fleet_stock(t->fleet, 1, &stock);
    assert_false(stock.counted);
    assert_int_equal(job(t, 1).quantity, 3);
    assert_int_equal(job(t, 1).from, STORE);
    assert_int_equal(job(t, 1).to, WARD_A);
    assert_int_equal(job(t, 1).round, ROUND_NONE);
    for (uint16_t n = 6; n > 0; n--) counted(t, WARD_A, MEAL, n);
    assert_int_equal(made(t), 1);
    counted(t, WARD_B, MEAL, 4); /* another ward has its own */
    assert_int_equal(made(t), 2);
    tf_online(t, 0, 8);
    for (int i = 0; i < 1000 && tf_state(t, 1) != JOB_DELIVERED; i++) {
        tf_world(t);
        if (i % 50 == 0) counted(t, WARD_A, MEAL, 1);
    }
    assert_int_equal(made(t), 2);
    counted(t, WARD_A, MEAL, 4); /* still below: the next one */
    assert_int_equal(made(t), 3);
    assert_int_equal(job(t, 3).quantity, 6);
    tf_cancel(t, 3);
    counted(t, WARD_A, MEAL, 4);
    assert_int_equal(made(t), 4);
    assert_int_equal(t->events[EVENT_TOP_UP_MADE], 4);
}

static void R9_a_top_up_that_cannot_be_made_is_said_and_tried_at_the_next_count(void **state)
{
    pars[0] = (struct timetable_par){ STORE, WARD_A, MEAL, 10 };
    table.pars = 1;
    struct tf *t = host(state, 600, FULL_JOBS);
    for (job_id j = 1; j <= FULL_JOBS; j++) tf_job(t, STORE, WARD_B);
    counted(t, WARD_A, MEAL, 2);
    assert_int_equal(t->events[EVENT_TOP_UP_REFUSED], 1);
    tf_cancel(t, 1);
    counted(t, WARD_A, MEAL, 2);
    assert_int_equal(t->events[EVENT_TOP_UP_MADE], 1);
    assert_int_equal(made(t), FULL_JOBS + 1);
}

static void a_count_of_what_the_site_does_not_know_is_refused(void **state)
{
    struct tf *t = host(state, 600, JOBS);
    struct fleet_in in = { .at_ms = t->now_ms, .kind = IN_STOCK, .stock = { 99, MEAL, 1 } };
    tf_refused(t, &in, ORD_ERANGE);
    in.stock = (struct in_stock){ WARD_A, 2, 1 };
    tf_refused(t, &in, ORD_ERANGE);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(R3_a_round_makes_its_jobs_an_hour_before_each_is_released),
        STORY(a_round_at_the_start_releases_all_at_once_and_may_have_its_own_limit),
        STORY(R3_rounds_keep_to_their_weekdays_and_holidays),
        STORY(a_round_over_midnight_is_one_wave),
        STORY(what_was_released_before_the_first_start_is_not_ours),
        STORY(without_a_clock_nothing_is_made),
        STORY(a_clock_set_back_makes_nothing_twice),
        STORY(a_clock_set_forward_forgets_nothing_that_is_still_wanted),
        STORY(what_a_clock_set_forward_leaves_behind_is_reported),
        STORY(a_wrong_year_costs_the_right_one_nothing),
        STORY(a_host_that_was_off_reports_each_day_it_missed),
        STORY(corrections_of_seconds_all_day_change_nothing),
        STORY(R3_a_restart_in_the_middle_of_a_wave_doubles_and_loses_nothing),
        STORY(the_same_inputs_make_the_same_day_byte_by_byte),
        STORY(R5_the_progress_of_a_wave_is_seen_while_it_runs),
        STORY(R5_trays_come_back_after_their_meals),
        STORY(a_meal_that_failed_brings_no_tray_back),
        STORY(R12_what_is_lent_is_fetched_back),
        STORY(R3_a_load_to_where_no_way_leads_is_skipped_and_said_so),
        STORY(R3_a_load_no_robot_takes_is_skipped_and_said_so),
        STORY(R3_an_isolated_ward_without_a_robot_of_its_own_is_skipped_and_said_so),
        STORY(a_full_table_makes_a_round_wait_and_gives_a_load_up_only_at_its_time),
        STORY(many_loads_at_one_moment_are_spread_over_inputs_not_lost),
        STORY(R9_a_count_below_par_makes_one_top_up_and_never_a_second_one),
        STORY(R9_a_top_up_that_cannot_be_made_is_said_and_tried_at_the_next_count),
        STORY(a_count_of_what_the_site_does_not_know_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
