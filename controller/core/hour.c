#include "fleet_state.h"

static const struct site_calendar *calendar(const struct fleet *f) { return &f->cfg.site->calendar; }

struct local_time hour_at(const struct fleet *f, ms_t at_ms)
{
    return local_time_of(calendar(f), clock_utc_ms(&f->clock, at_ms));
}

bool hour_holds(const struct fleet *f, const struct day_window *w, ms_t at_ms)
{
    return f->clock.known && window_holds(calendar(f), w, clock_utc_ms(&f->clock, at_ms));
}

ms_t hour_changes(const struct fleet *f, const struct day_window *w, ms_t at_ms)
{
    if (!f->clock.known) return MS_NEVER;
    int64_t utc_ms = window_changes(calendar(f), w, clock_utc_ms(&f->clock, at_ms));
    return utc_ms == INT64_MAX ? MS_NEVER : clock_at_ms(&f->clock, utc_ms);
}

enum tariff hour_tariff(const struct fleet *f, ms_t at_ms)
{
    const struct site_calendar *c = calendar(f);
    for (uint8_t i = 0; i < c->tariffs; i++)
        if (hour_holds(f, &c->tariff[i].when, at_ms)) return c->tariff[i].rate;
    return TARIFF_FLAT;
}

bool hour_quiet(const struct fleet *f, ms_t at_ms)
{
    const struct day_window *w = &calendar(f)->quiet;
    return w->from_min != w->to_min && hour_holds(f, w, at_ms);
}
