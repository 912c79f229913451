#include "calendar.h"

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* While it is not known utc_ms is 0, so that whoever asks for the hour all the same gets one. */
void wall_set(struct wall_clock *c, int64_t utc_ms, ms_t at_ms)
{
    bool known = utc_ms >= 0 && utc_ms <= CALENDAR_UTC_MOST;
    *c = (struct wall_clock){ .known = known, .utc_ms = known ? utc_ms : 0, .at_ms = at_ms };
}

static bool is_holiday(const struct site_calendar *cal, int32_t day)
{
    for (uint8_t i = 0; i < cal->holidays && cal->holiday[i] <= day; i++)
        if (cal->holiday[i] == day) return true;
    return false;
}

/* The epoch was a Thursday. */
static uint8_t weekday_of(int32_t day) { return (uint8_t)((day % 7 + 10) % 7); }

struct local_time local_time_of(const struct site_calendar *cal, int64_t utc_ms)
{
    int64_t minute = floor_div(utc_ms, CALENDAR_MINUTE_MS) + cal->utc_offset_min, day = floor_div(minute, 1440);
    return (struct local_time){ .day = (int32_t)day,
                                .minute = (uint16_t)(minute - day * 1440),
                                .weekday = weekday_of((int32_t)day),
                                .holiday = is_holiday(cal, (int32_t)day) };
}

int64_t local_utc_ms(const struct site_calendar *cal, int32_t day, int32_t minute)
{
    return ((int64_t)day * 1440 + minute - cal->utc_offset_min) * CALENDAR_MINUTE_MS;
}

bool window_begins_on(const struct site_calendar *cal, const struct day_window *w, int32_t day)
{
    uint8_t bit = is_holiday(cal, day) ? CALENDAR_HOLIDAY : (uint8_t)(1u << weekday_of(day));
    return (w->days & bit) != 0;
}

int32_t window_minutes(const struct day_window *w)
{
    int32_t length = (int32_t)w->to_min - w->from_min;
    return length > 0 ? length : length + 1440;
}

bool window_holds(const struct site_calendar *cal, const struct day_window *w, int64_t utc_ms)
{
    if (w->days == 0) return false;
    struct local_time t = local_time_of(cal, utc_ms);
    int32_t length = window_minutes(w);
    if (t.minute >= w->from_min && t.minute - w->from_min < length && window_begins_on(cal, w, t.day)) return true;
    return t.minute + 1440 - w->from_min < length && window_begins_on(cal, w, t.day - 1);
}

int64_t window_changes(const struct site_calendar *cal, const struct day_window *w, int64_t utc_ms)
{
    if (w->days == 0 || (w->days == DAYS_ALL && window_minutes(w) == 1440)) return INT64_MAX;
    bool now = window_holds(cal, w, utc_ms);
    int32_t today = local_time_of(cal, utc_ms).day, last = today;
    if (cal->holidays > 0 && cal->holiday[cal->holidays - 1] > last) last = cal->holiday[cal->holidays - 1];
    /* Without holidays a week shows all there is; a long holiday may hide it, so look past the last one. */
    for (int32_t day = today - 1; day <= last + 8; day++) {
        int64_t begins = local_utc_ms(cal, day, w->from_min), ends = begins + window_minutes(w) * CALENDAR_MINUTE_MS;
        if (begins > utc_ms && window_holds(cal, w, begins) != now) return begins;
        if (ends > utc_ms && window_holds(cal, w, ends) != now) return ends;
    }
    return INT64_MAX;
}
