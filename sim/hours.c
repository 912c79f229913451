#include "hours.h"

#define DAY_MIN 1440

static bool on_day(const struct site_calendar *c, const struct day_window *w, int64_t day)
{
    for (uint8_t i = 0; i < c->holidays; i++)
        if (c->holiday[i] == day) return w->days >> 7 & 1;
    return w->days >> (day + 3) % 7 & 1; /* 1970-01-01 was a Thursday */
}

/* A window over midnight belongs to the day on which it begins. */
bool hours_hold(const struct site_calendar *c, const struct day_window *w, int64_t utc_ms)
{
    int64_t local = utc_ms / MS_MINUTE + c->utc_offset_min, day = local / DAY_MIN, minute = local % DAY_MIN;
    if (w->from_min == w->to_min) return on_day(c, w, day);
    if (w->from_min < w->to_min) return minute >= w->from_min && minute < w->to_min && on_day(c, w, day);
    if (minute >= w->from_min) return on_day(c, w, day);
    return minute < w->to_min && on_day(c, w, day - 1);
}

enum tariff hours_tariff(const struct site_calendar *c, int64_t utc_ms)
{
    for (uint8_t i = 0; i < c->tariffs; i++)
        if (hours_hold(c, &c->tariff[i].when, utc_ms)) return c->tariff[i].rate;
    return TARIFF_FLAT;
}
