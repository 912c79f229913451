#include "arrivals.h"

#include "draw.h"

#define ONE 1000000 /* a whole request */

/* Millionths of a request that come up in the hour of the day's time that begins at hour_ms. */
static int64_t hourly(const struct arrivals_rate *r, uint8_t first_weekday, ms_t hour_ms)
{
    int64_t day = hour_ms / (24 * MS_HOUR), hour = hour_ms / MS_HOUR % 24;
    bool weekend = (first_weekday + day) % 7 >= 5;
    return r->per_day_milli * r->profile->share_micro[hour] / 1000 * (weekend ? r->weekend_permille : 1000) / 1000;
}

/* What of the hour lies inside the window: all of it, unless the rate holds only from from_min to to_min. */
static void open_part(const struct arrivals_rate *r, ms_t hour_ms, ms_t *from, ms_t *to)
{
    *from = hour_ms;
    *to = hour_ms + MS_HOUR;
    if (r->to_min == 0) return;
    ms_t midnight = hour_ms / (24 * MS_HOUR) * 24 * MS_HOUR;
    *from = ms_max(*from, midnight + r->from_min * MS_MINUTE);
    *to = ms_min(*to, midnight + r->to_min * MS_MINUTE);
}

ms_t arrivals_after(const struct arrivals_rate *r, uint8_t first_weekday, ms_t at_ms, int64_t need, ms_t end_ms)
{
    for (ms_t hour = at_ms / MS_HOUR * MS_HOUR; hour < end_ms; hour += MS_HOUR) {
        ms_t from, to;
        int64_t per_hour = hourly(r, first_weekday, hour);
        open_part(r, hour, &from, &to);
        from = ms_max(from, at_ms);
        if (from >= to || per_hour <= 0) continue;
        int64_t here = per_hour * (to - from) / MS_HOUR;
        if (need <= here) {
            ms_t at = from + (need * MS_HOUR + per_hour - 1) / per_hour;
            return at < end_ms ? at : MS_NEVER;
        }
        need -= here;
    }
    return MS_NEVER;
}

static void draw_next(struct arrivals *a, struct arrivals_source *s, ms_t now)
{
    const struct demand_stream *d = &a->file->stream[s->stream];
    struct arrivals_rate r = { .profile = &a->file->profile[d->profile],
                               .per_day_milli = d->per_day_milli,
                               .weekend_permille = d->weekend_permille };
    if (s->surge) {
        r.per_day_milli = r.per_day_milli * (a->file->surge_permille - 1000) / 1000;
        r.from_min = a->file->surge_from_min;
        r.to_min = a->file->surge_to_min;
    }
    ms_t at =
        arrivals_after(&r, a->first_weekday, a->start_ms + now, rng_exponential(&s->rng, ONE), a->start_ms + a->end_ms);
    s->at_ms = at == MS_NEVER ? MS_NEVER : at - a->start_ms;
}

void arrivals_open(struct arrivals *a, const struct demand_file *f, uint64_t seed, ms_t start_ms, uint8_t first_weekday,
                   ms_t end_ms)
{
    *a = (struct arrivals){
        .file = f, .seed = seed, .start_ms = start_ms, .first_weekday = first_weekday, .end_ms = end_ms
    };
    int surges = f->surge_permille > 1000 ? 1 : 0;
    for (int surge = 0; surge <= surges; surge++)
        for (uint8_t i = 0; i < f->streams; i++) {
            struct arrivals_source *s = &a->source[a->sources++];
            *s = (struct arrivals_source){ .stream = i,
                                           .surge = surge,
                                           .rng = rng_stream_of(seed, surge ? "demand.surge" : "demand.stream",
                                                                draw_hash(f->stream[i].id)) };
            draw_next(a, s, 0);
        }
}

ms_t arrivals_deadline(const struct arrivals *a)
{
    ms_t next = MS_NEVER;
    for (uint16_t i = 0; i < a->sources; i++) next = ms_min(next, a->source[i].at_ms);
    return next;
}

/* One of the stream's pairs, by their means. */
static const struct demand_pair *pair_of(const struct demand_file *f, const struct demand_stream *d, struct rng *r)
{
    int64_t lot = rng_between(r, 0, d->per_day_milli - 1);
    const struct demand_pair *p = &f->pair[d->first_pair];
    while (lot >= p->per_day_milli) lot -= (p++)->per_day_milli;
    return p;
}

bool arrivals_next(struct arrivals *a, ms_t now_ms, struct arrival *out)
{
    for (uint16_t i = 0; i < a->sources; i++) {
        struct arrivals_source *s = &a->source[i];
        if (s->at_ms > now_ms) continue;
        const struct demand_stream *d = &a->file->stream[s->stream];
        uint64_t number = ++s->count | (s->surge ? (uint64_t)1 << 40 : 0);
        struct rng r = rng_stream_of(a->seed, d->id, number);
        const struct demand_pair *p = pair_of(a->file, d, &r);
        *out = (struct arrival){ .stream = s->stream, .number = number, .from = p->from, .to = p->to };
        draw_next(a, s, s->at_ms);
        return true;
    }
    return false;
}
