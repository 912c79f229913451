/* demand - when people ask for a delivery, and what: two different stations drawn evenly. Either Poisson arrivals, or a
 * fixed number of requests of which so many are open at any time, so that no robot ever lacks work.
 *
 * Everything about request n is drawn at once from a stream of its own, so changing how one attribute is drawn, or the
 * rate, never changes another request. */
#ifndef SIM_DEMAND_H
#define SIM_DEMAND_H

#include "common/rng.h"
#include "common/units.h"

struct demand_job { uint64_t ref; uint16_t from, to; uint16_t quantity; uint8_t priority; }; /* from, to: stations */

struct demand {
    uint64_t seed, count;
    int32_t per_hour;
    uint64_t total, open_most, ended; /* total 0: Poisson */
    uint16_t stations;
    ms_t end_ms, next_ms;   /* next_ms: MS_NEVER once demand has stopped */
    struct rng arrivals;
};

/* Fewer than two stations or no rate: no demand. */
void demand_open(struct demand *d, uint64_t seed, int32_t per_hour, uint16_t stations, ms_t end_ms);
static inline ms_t demand_deadline(const struct demand *d) { return d->next_ms; }
/* `total` requests, all routine and of one piece: the next one comes as soon as fewer than `open_most` are open. */
void demand_open_steady(struct demand *d, uint64_t seed, uint64_t total, uint64_t open_most, uint16_t stations);
void demand_ended(struct demand *d, ms_t now_ms);      /* one request has come to its end */
static inline bool demand_over(const struct demand *d) { return d->next_ms == MS_NEVER && d->count >= d->total; }
bool demand_next(struct demand *d, ms_t now_ms, struct demand_job *out); /* false: none due */

#endif
