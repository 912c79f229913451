#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/calendar.h"

#define HOUR_UTC (60 * CALENDAR_MINUTE_MS)
enum { MON = 1, TUE = 2, WED = 4, THU = 8, FRI = 16, SAT = 32, SUN = 64, WEEK = 127 };

/* 2026-03-02 was a Monday. */
enum { MONDAY = 20514 };

static const struct site_calendar china = { .utc_offset_min = 480 };

static int64_t at(const struct site_calendar *c, int32_t day, int hour, int minute)
{
    return local_utc_ms(c, day, hour * 60 + minute);
}

static struct day_window window(int from_h, int from_m, int to_h, int to_m, uint8_t days)
{
    return (struct day_window){ (uint16_t)(from_h * 60 + from_m), (uint16_t)(to_h * 60 + to_m), days };
}

static void local_time_is_utc_and_eight_hours(void **state)
{
    (void)state;
    struct local_time t = local_time_of(&china, 0); /* 1970-01-01 08:00, a Thursday */
    assert_int_equal(t.day, 0);
    assert_int_equal(t.minute, 480);
    assert_int_equal(t.weekday, 3);
    t = local_time_of(&china, 1772409599999); /* 2026-03-02 07:59:59.999 */
    assert_int_equal(t.day, MONDAY);
    assert_int_equal(t.minute, 7 * 60 + 59);
    assert_int_equal(t.weekday, 0);
    t = local_time_of(&china, 1772380800000 - 1); /* the last moment of Sunday */
    assert_int_equal(t.day, MONDAY - 1);
    assert_int_equal(t.minute, 1439);
    assert_int_equal(t.weekday, 6);
    struct site_calendar new_york = { .utc_offset_min = -300 };
    t = local_time_of(&new_york, 0);
    assert_int_equal(t.day, -1);
    assert_int_equal(t.minute, 19 * 60);
    assert_int_equal(t.weekday, 2);
}

static void local_time_and_utc_are_each_others_way_back(void **state)
{
    (void)state;
    for (int offset = -720; offset <= 840; offset += 15) {
        struct site_calendar c = { .utc_offset_min = offset };
        for (int32_t day = 20000; day < 20010; day++)
            for (int32_t minute = 0; minute < 1440; minute += 37) {
                struct local_time t = local_time_of(&c, local_utc_ms(&c, day, minute) + 59999);
                assert_int_equal(t.day, day);
                assert_int_equal(t.minute, minute);
            }
    }
}

static void a_window_holds_from_its_first_minute_to_before_its_last(void **state)
{
    (void)state;
    struct day_window w = window(6, 30, 8, 0, WEEK);
    assert_false(window_holds(&china, &w, at(&china, MONDAY, 6, 30) - 1));
    assert_true(window_holds(&china, &w, at(&china, MONDAY, 6, 30)));
    assert_true(window_holds(&china, &w, at(&china, MONDAY, 8, 0) - 1));
    assert_false(window_holds(&china, &w, at(&china, MONDAY, 8, 0)));
    assert_int_equal(window_minutes(&w), 90);
}

static void a_window_over_midnight_belongs_to_the_day_it_begins(void **state)
{
    (void)state;
    struct day_window w = window(22, 0, 6, 0, FRI);
    assert_int_equal(window_minutes(&w), 480);
    assert_false(
        window_holds(&china, &w, at(&china, MONDAY + 4, 5, 59))); /* Friday's early morning is Thursday's night */
    assert_false(window_holds(&china, &w, at(&china, MONDAY + 4, 21, 59)));
    assert_true(window_holds(&china, &w, at(&china, MONDAY + 4, 22, 0)));
    assert_true(window_holds(&china, &w, at(&china, MONDAY + 5, 0, 0)));
    assert_true(window_holds(&china, &w, at(&china, MONDAY + 5, 5, 59)));
    assert_false(window_holds(&china, &w, at(&china, MONDAY + 5, 6, 0)));
    assert_false(window_holds(&china, &w, at(&china, MONDAY + 5, 22, 0)));
}

static void equal_ends_mean_the_whole_day_from_then_on(void **state)
{
    (void)state;
    struct day_window all = window(0, 0, 0, 0, TUE), shifted = window(8, 0, 8, 0, TUE);
    assert_int_equal(window_minutes(&all), 1440);
    assert_false(window_holds(&china, &all, at(&china, MONDAY, 23, 59)));
    assert_true(window_holds(&china, &all, at(&china, MONDAY + 1, 0, 0)));
    assert_true(window_holds(&china, &all, at(&china, MONDAY + 1, 23, 59)));
    assert_false(window_holds(&china, &all, at(&china, MONDAY + 2, 0, 0)));
    assert_true(window_holds(&china, &shifted, at(&china, MONDAY + 2, 7, 59)));
    assert_false(window_holds(&china, &shifted, at(&china, MONDAY + 2, 8, 0)));
}

static void a_holiday_is_no_weekday(void **state)
{
    (void)state;
    struct site_calendar c = china;
    c.holidays = 2;
    c.holiday[0] = MONDAY + 1;
    c.holiday[1] = MONDAY + 2;
    struct day_window work = window(8, 0, 17, 0, WEEK), rest = window(8, 0, 17, 0, CALENDAR_HOLIDAY),
                      always = window(8, 0, 17, 0, DAYS_ALL);
    for (int32_t day = MONDAY; day < MONDAY + 4; day++) {
        bool holiday = day == MONDAY + 1 || day == MONDAY + 2;
        assert_int_equal(window_holds(&c, &work, at(&c, day, 12, 0)), !holiday);
        assert_int_equal(window_holds(&c, &rest, at(&c, day, 12, 0)), holiday);
        assert_true(window_holds(&c, &always, at(&c, day, 12, 0)));
        assert_int_equal(local_time_of(&c, at(&c, day, 12, 0)).holiday, holiday);
    }
    struct day_window night = window(22, 0, 6, 0, CALENDAR_HOLIDAY); /* the eve's night is not yet holiday */
    assert_false(window_holds(&c, &night, at(&c, MONDAY + 1, 3, 0)));
    assert_true(window_holds(&c, &night, at(&c, MONDAY + 3, 3, 0)));
}

/* Against asking minute by minute. */
static int64_t changes_slowly(const struct site_calendar *c, const struct day_window *w, int64_t utc_ms, int64_t until)
{
    bool now = window_holds(c, w, utc_ms);
    int64_t t = (utc_ms / CALENDAR_MINUTE_MS + 1) * CALENDAR_MINUTE_MS;
    while (t <= until && window_holds(c, w, t) == now) t += CALENDAR_MINUTE_MS;
    return t <= until ? t : INT64_MAX;
}

static void the_next_change_is_the_first_minute_that_differs(void **state)
{
    (void)state;
    struct site_calendar c = china;
    c.holidays = 3;
    c.holiday[0] = MONDAY + 2;
    c.holiday[1] = MONDAY + 3;
    c.holiday[2] = MONDAY + 9;
    const struct day_window w[] = {
        window(6, 30, 8, 0, WEEK),   window(22, 0, 6, 0, DAYS_ALL), window(22, 0, 6, 0, CALENDAR_HOLIDAY),
        window(0, 0, 0, 0, WEEK),    window(0, 0, 0, 0, SUN),       window(9, 0, 9, 0, MON | TUE),
        window(0, 0, 12, 0, THU),    window(12, 0, 0, 0, DAYS_ALL), window(0, 0, 0, 0, CALENDAR_HOLIDAY),
        window(23, 59, 23, 58, FRI), window(7, 0, 7, 1, SAT),       { 0, 1440, WED },
    };
    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++)
        for (int64_t t = at(&c, MONDAY, 0, 0); t < at(&c, MONDAY + 7, 0, 0); t += 7 * HOUR_UTC + 13) {
            int64_t slow = changes_slowly(&c, &w[i], t, at(&c, MONDAY + 17, 0, 0));
            int64_t fast = window_changes(&c, &w[i], t);
            if (slow == INT64_MAX) assert_true(fast > at(&c, MONDAY + 17, 0, 0));
            else assert_true(fast == slow);
        }
}

static void what_never_changes_has_no_next_change(void **state)
{
    (void)state;
    struct day_window always = window(5, 0, 5, 0, DAYS_ALL), never = window(6, 0, 7, 0, 0),
                      holidays = window(6, 0, 7, 0, CALENDAR_HOLIDAY), week = window(0, 0, 0, 0, WEEK);
    assert_true(window_changes(&china, &always, at(&china, MONDAY, 12, 0)) == INT64_MAX);
    assert_true(window_changes(&china, &never, at(&china, MONDAY, 12, 0)) == INT64_MAX);
    assert_true(window_changes(&china, &holidays, at(&china, MONDAY, 12, 0)) == INT64_MAX);
    assert_true(window_changes(&china, &week, at(&china, MONDAY, 12, 0)) == INT64_MAX);
}

static void a_change_behind_a_long_holiday_is_found(void **state)
{
    (void)state;
    struct site_calendar c = china;
    for (int32_t i = 0; i < 12; i++) c.holiday[c.holidays++] = MONDAY + i;
    struct day_window mondays = window(6, 0, 7, 0, MON);
    assert_true(window_changes(&c, &mondays, at(&c, MONDAY, 0, 0)) == at(&c, MONDAY + 14, 6, 0));
    c.holiday[0] = MONDAY + 300; /* one far ahead */
    c.holidays = 1;
    struct day_window rest = window(6, 0, 7, 0, CALENDAR_HOLIDAY);
    assert_true(window_changes(&c, &rest, at(&c, MONDAY, 0, 0)) == at(&c, MONDAY + 300, 6, 0));
}

static void the_clock_is_carried_on_and_corrected(void **state)
{
    (void)state;
    struct wall_clock k = { 0 };
    assert_false(k.known);
    wall_set(&k, 1000000, 500);
    assert_true(k.known);
    assert_true(clock_utc_ms(&k, 700) == 1000200);
    assert_true(clock_at_ms(&k, 1000200) == 700);
    wall_set(&k, 900000, 800); /* back */
    assert_true(clock_utc_ms(&k, 800) == 900000);
    assert_true(clock_at_ms(&k, 900100) == 900);
    wall_set(&k, 5000000, 900); /* forward */
    assert_true(clock_utc_ms(&k, 901) == 5000001);
    assert_true(clock_at_ms(&k, MS_NEVER) == MS_NEVER);
}

static void a_time_out_of_all_reason_is_not_known(void **state)
{
    (void)state;
    const int64_t bad[] = { -1, INT64_MIN, INT64_MAX, CALENDAR_UTC_MOST + 1 };
    struct wall_clock k;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wall_set(&k, 1000, 0);
        wall_set(&k, bad[i], 10);
        assert_false(k.known);
    }
    wall_set(&k, CALENDAR_UTC_MOST, 0);
    assert_true(k.known);
    assert_int_equal(local_time_of(&china, clock_utc_ms(&k, 0)).day, 2932897); /* 10000-01-01, eight hours ahead */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_time_is_utc_and_eight_hours),
        cmocka_unit_test(local_time_and_utc_are_each_others_way_back),
        cmocka_unit_test(a_window_holds_from_its_first_minute_to_before_its_last),
        cmocka_unit_test(a_window_over_midnight_belongs_to_the_day_it_begins),
        cmocka_unit_test(equal_ends_mean_the_whole_day_from_then_on),
        cmocka_unit_test(a_holiday_is_no_weekday),
        cmocka_unit_test(the_next_change_is_the_first_minute_that_differs),
        cmocka_unit_test(what_never_changes_has_no_next_change),
        cmocka_unit_test(a_change_behind_a_long_holiday_is_found),
        cmocka_unit_test(the_clock_is_carried_on_and_corrected),
        cmocka_unit_test(a_time_out_of_all_reason_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
