#include "demand.h"

static void draw_next(struct demand *d, ms_t now_ms)
{
    if (d->total > 0) {
        d->next_ms = d->count < d->total && d->count - d->ended < d->open_most ? now_ms : MS_NEVER;
        return;
    }
    ms_t gap = rng_exponential(&d->arrivals, MS_HOUR / d->per_hour);
    ms_t at = d->next_ms + gap;
    d->next_ms = at < d->end_ms ? at : MS_NEVER;
}

void demand_open(struct demand *d, uint64_t seed, int32_t per_hour, uint16_t stations, ms_t end_ms)
{
    *d = (struct demand){ .seed = seed,
                          .per_hour = per_hour,
                          .stations = stations,
                          .end_ms = end_ms,
                          .next_ms = MS_NEVER,
                          .arrivals = rng_stream(seed, "demand.arrivals") };
    if (per_hour <= 0 || stations < 2) return;
    d->next_ms = 0;
    draw_next(d, 0);
}

void demand_open_steady(struct demand *d, uint64_t seed, uint64_t total, uint64_t open_most, uint16_t stations)
{
    *d = (struct demand){ .seed = seed,
                          .total = stations < 2 ? 0 : total,
                          .open_most = open_most,
                          .stations = stations,
                          .next_ms = MS_NEVER };
    if (d->total > 0) draw_next(d, 0);
}

void demand_ended(struct demand *d, ms_t now_ms)
{
    d->ended++;
    if (d->total > 0) draw_next(d, now_ms);
}

bool demand_next(struct demand *d, ms_t now_ms, struct demand_job *out)
{
    if (d->next_ms > now_ms) return false;
    uint64_t n = ++d->count;
    struct rng r = rng_stream_of(d->seed, "demand.job", n);
    out->ref = n;
    out->from = (uint16_t)rng_below(&r, d->stations);
    out->to = (uint16_t)rng_below(&r, d->stations - 1u);
    if (out->to >= out->from) out->to++;
    out->quantity = (uint16_t)(1 + rng_below(&r, 3));
    uint32_t lot = rng_below(&r, 100);
    out->priority = lot < 2 ? 0 : lot < 10 ? 1 : lot < 90 ? 3 : 5; /* a few STAT and urgent ones, most are routine */
    if (d->total > 0) {
        out->quantity = 1;
        out->priority = 3;
    }
    draw_next(d, now_ms);
    return true;
}
