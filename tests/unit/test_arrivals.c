/* Requests, hand-overs and people's rides are drawn: with the right means, and so that one never moves another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scenario/small_site.h"
#include "sim/arrivals.h"
#include "sim/draw.h"
#include "sim/hours.h"
#include "sim/people.h"
#include "sim/service.h"

static struct small_site small;
static struct demand_file file;
static struct demand_pair pairs[4];
static struct demand_place places[3];

/* Two streams: "even", 240 a day from 0 to 1; "noon", 240 a day, all at noon, a quarter from 0 to 1, the rest to 2. */
static struct demand_file *two_streams(void)
{
    memset(&file, 0, sizeof file);
    memset(places, 0, sizeof places);
    file.profiles = 2;
    for (int h = 0; h < 24; h++) file.profile[0].share_micro[h] = 1000000 / 24;
    file.profile[1].share_micro[12] = 1000000;
    pairs[0] = (struct demand_pair){ 0, 1, 240000 };
    pairs[1] = (struct demand_pair){ 0, 1, 60000 };
    pairs[2] = (struct demand_pair){ 0, 2, 180000 };
    file.pair = pairs;
    file.place = places;
    file.streams = 2;
    file.surge_permille = 1000;
    file.stream[0] = (struct demand_stream){
        .id = "even", .pairs = 1, .per_day_milli = 240000, .weekend_permille = 500, .profile = 0
    };
    file.stream[1] = (struct demand_stream){
        .id = "noon", .first_pair = 1, .pairs = 2, .per_day_milli = 240000, .weekend_permille = 1000, .profile = 1
    };
    return &file;
}

struct taken {
    uint32_t n, of_two;
    ms_t first, last;
    uint64_t sum; /* of times and numbers: any change shows */
};

static void take(struct arrivals *a, struct taken *t)
{
    struct arrival got;
    memset(t, 0, 2 * sizeof *t);
    while (arrivals_deadline(a) != MS_NEVER) {
        ms_t now = arrivals_deadline(a);
        while (arrivals_next(a, now, &got)) {
            struct taken *s = &t[got.stream];
            if (s->n++ == 0) s->first = now;
            s->last = now;
            s->of_two += got.to == 2;
            s->sum = s->sum * 31 + (uint64_t)now + got.number * 7 + got.to;
        }
    }
}

static void means_follow_the_rate_and_the_hours(void **state)
{
    struct arrivals a;
    struct taken t[2];
    arrivals_open(&a, two_streams(), 7, 0, 0, 5 * 24 * MS_HOUR); /* Monday to Friday */
    take(&a, t);
    assert_in_range(t[0].n, 1100, 1300);
    assert_in_range(t[1].n, 1100, 1300);
    assert_in_range(t[1].of_two * 100 / t[1].n, 70, 80);
    assert_in_range(t[1].first, 12 * MS_HOUR, 13 * MS_HOUR);
    assert_in_range(t[1].last, (96 + 12) * MS_HOUR, (96 + 13) * MS_HOUR);
    arrivals_open(&a, &file, 7, 0, 5, 2 * 24 * MS_HOUR); /* Saturday and Sunday */
    take(&a, t);
    assert_in_range(t[0].n, 200, 280);
}

static void one_stream_never_moves_another(void **state)
{
    struct arrivals a;
    struct taken both[2], alone[2], more[2];
    arrivals_open(&a, two_streams(), 3, 0, 0, 24 * MS_HOUR);
    take(&a, both);
    two_streams()->streams = 1;
    arrivals_open(&a, &file, 3, 0, 0, 24 * MS_HOUR);
    take(&a, alone);
    assert_int_equal(both[0].sum, alone[0].sum);
    two_streams()->stream[1].per_day_milli *= 2;
    pairs[1].per_day_milli *= 2;
    pairs[2].per_day_milli *= 2;
    arrivals_open(&a, &file, 3, 0, 0, 24 * MS_HOUR);
    take(&a, more);
    assert_int_equal(both[0].sum, more[0].sum);
    assert_true(more[1].n > both[1].n);
}

static void a_surge_comes_on_top_and_leaves_the_usual_requests(void **state)
{
    struct arrivals a;
    struct arrival got;
    uint64_t usual = 0, same = 0;
    uint32_t extra = 0;
    arrivals_open(&a, two_streams(), 3, 0, 0, 24 * MS_HOUR);
    while (arrivals_deadline(&a) != MS_NEVER) {
        ms_t now = arrivals_deadline(&a);
        while (arrivals_next(&a, now, &got)) usual = usual * 31 + (uint64_t)now + got.number;
    }
    file.surge_permille = 3000;
    file.surge_from_min = 600;
    file.surge_to_min = 720;
    arrivals_open(&a, &file, 3, 0, 0, 24 * MS_HOUR);
    while (arrivals_deadline(&a) != MS_NEVER) {
        ms_t now = arrivals_deadline(&a);
        while (arrivals_next(&a, now, &got)) {
            if (got.number >> 40) {
                assert_in_range(now, 10 * MS_HOUR, 12 * MS_HOUR);
                extra++;
            } else {
                same = same * 31 + (uint64_t)now + got.number;
            }
        }
    }
    assert_int_equal(usual, same);
    assert_in_range(extra, 25, 55); /* 20 an hour more, for two hours, of the even stream alone */
}

static void a_run_that_begins_later_asks_from_then_on(void **state)
{
    struct arrivals a;
    struct taken t[2];
    arrivals_open(&a, two_streams(), 3, 11 * MS_HOUR, 0, 3 * MS_HOUR);
    take(&a, t);
    assert_in_range(t[0].n, 15, 50);
    assert_in_range(t[1].first, MS_HOUR, 2 * MS_HOUR);
    assert_in_range(t[1].n, 180, 300);
}

/* ---- hand-overs ---- */
static void answers_are_lognormal_and_capped(void **state)
{
    struct demand_file *d = two_streams();
    uint32_t over = 0, capped = 0;
    d->attended = 1;
    places[1].answer = (struct demand_answer){ .median_ms = 90000, .sigma_milli = 900, .most_ms = 600000 };
    for (uint64_t key = 0; key < 2000; key++) {
        struct service_job s;
        service_draw(d, 1, key, 0, 0, 1, 0, false, &s);
        assert_int_equal(s.pick_answer_ms, 0); /* station 0 answers at once */
        assert_in_range(s.drop_answer_ms, 1000, 600000);
        over += s.drop_answer_ms > 90000;
        capped += s.drop_answer_ms == 600000;
        service_draw(d, 1, key, 1, 0, 1, 0, false, &s);
        assert_int_equal(s.drop_answer_ms, 0); /* goods that nobody hands over */
    }
    assert_in_range(over, 900, 1100);
    assert_in_range(capped, 15, 70); /* ln(600/90)/0.9 = 2.1 deviations: 1.8 % */
}

static void scheduled_goods_jitter_and_ordered_ones_are_prepared(void **state)
{
    struct demand_file *d = two_streams();
    d->jitter_ms = 180000;
    places[0].prepare_ms = 120000;
    ms_t least = MS_NEVER, most = 0;
    struct service_job s;
    for (uint64_t key = 0; key < 500; key++) {
        service_draw(d, 1, key, GOODS_NONE, 0, 1, MS_HOUR, true, &s);
        least = ms_min(least, s.ready_ms);
        most = ms_max(most, s.ready_ms);
    }
    assert_in_range(least, MS_HOUR - 180000, MS_HOUR - 160000);
    assert_in_range(most, MS_HOUR + 160000, MS_HOUR + 180000);
    service_draw(d, 1, 1, GOODS_NONE, 0, 1, MS_HOUR, false, &s);
    assert_int_equal(s.ready_ms, MS_HOUR + 120000);
}

/* ---- people ---- */
static void people_ride_as_often_as_stated_and_alone_wait_less(void **state)
{
    struct demand_file *d = two_streams();
    struct site *s = small_site_open(&small);
    struct people p;
    struct people_waits alone;
    d->cars = 1;
    d->trips = 2;
    d->trip[0] = (struct demand_trip){ .id = "visitor",
                                       .per_day_milli = 480000,
                                       .rank = 3,
                                       .load_least_ms = 2200,
                                       .load_most_ms = 2400,
                                       .area_cm2 = 2800,
                                       .ends = 1,
                                       .end = { 0 } };
    d->trip[1] = (struct demand_trip){
        .id = "bed", .per_day_milli = 48000, .load_least_ms = 8800, .load_most_ms = 15000, .area_cm2 = 20000
    };
    assert_int_equal(people_open(&p, s, d, 5, 0, 0, 24 * MS_HOUR), ORD_OK);
    uint32_t visitors = 0;
    for (uint32_t i = 0; i < p.count; i++) {
        const struct plant_person *w = &p.list[i];
        assert_true(i == 0 || w->at_ms >= p.list[i - 1].at_ms);
        assert_int_not_equal(w->from, w->to);
        if (w->rank != 3) continue;
        visitors++;
        assert_true(w->from == 0 || w->to == 0);
    }
    assert_in_range(visitors, 410, 550);
    assert_in_range(p.count - visitors, 28, 72);
    assert_int_equal(people_alone(&p, s, d, 5, &alone), ORD_OK);
    assert_int_equal(alone.rides, p.count);
    assert_int_equal(alone.stairs, 0);
    assert_in_range(alone.mean_ms, 3000, 60000);
    assert_true(alone.p50_ms <= alone.p95_ms && alone.p95_ms <= alone.most_ms);
    people_close(&p);
}

/* ---- drawing and hours ---- */
static void the_exponential_is_right_to_a_thousandth(void **state)
{
    assert_int_equal(draw_exp_q16(0), 65536);
    assert_in_range(draw_exp_q16(65536), 178000, 178300); /* e */
    assert_in_range(draw_exp_q16(-65536), 24090, 24130);  /* 1/e */
    assert_in_range(draw_exp_q16(10 * 65536), 1442000000, 1445000000);
    assert_int_equal(draw_exp_q16(-64 * 65536), 0);
    struct rng r = rng_stream(1, "test.normal");
    int64_t sum = 0, squares = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t v = draw_normal_milli(&r);
        sum += v;
        squares += v * v;
    }
    assert_in_range(sum / 20000 + 1000, 980, 1020);
    assert_in_range(squares / 20000, 970000, 1030000);
}

static void windows_hold_by_day_and_over_midnight(void **state)
{
    struct site_calendar c = { .utc_offset_min = 480, .holidays = 1, .holiday = { 20515 }, .tariffs = 1 };
    c.tariff[0] = (struct tariff_window){ { 1380, 420, DAYS_ALL }, TARIFF_VALLEY };
    int64_t monday = (20514 * 1440 - 480) * (int64_t)60000; /* 2 March 2026, 00:00 in China */
    struct day_window morning = { 480, 720, 1 }, night = { 1320, 360, 1 }, all = { 0, 0, 128 };
    assert_false(hours_hold(&c, &morning, monday + 8 * MS_HOUR - 1));
    assert_true(hours_hold(&c, &morning, monday + 8 * MS_HOUR));
    assert_false(hours_hold(&c, &morning, monday + 12 * MS_HOUR));
    assert_false(hours_hold(&c, &night, monday + MS_HOUR));     /* it began on Sunday */
    assert_true(hours_hold(&c, &night, monday + 25 * MS_HOUR)); /* of Monday's night */
    assert_false(hours_hold(&c, &all, monday));
    assert_true(hours_hold(&c, &all, monday + 24 * MS_HOUR)); /* a public holiday, whatever weekday it is */
    assert_int_equal(hours_tariff(&c, monday + 6 * MS_HOUR), TARIFF_VALLEY);
    assert_int_equal(hours_tariff(&c, monday + 12 * MS_HOUR), TARIFF_FLAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_follow_the_rate_and_the_hours),
        cmocka_unit_test(one_stream_never_moves_another),
        cmocka_unit_test(a_surge_comes_on_top_and_leaves_the_usual_requests),
        cmocka_unit_test(a_run_that_begins_later_asks_from_then_on),
        cmocka_unit_test(answers_are_lognormal_and_capped),
        cmocka_unit_test(scheduled_goods_jitter_and_ordered_ones_are_prepared),
        cmocka_unit_test(people_ride_as_often_as_stated_and_alone_wait_less),
        cmocka_unit_test(the_exponential_is_right_to_a_thousandth),
        cmocka_unit_test(windows_hold_by_day_and_over_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
