/* demand - when people ask for a delivery, and what: Poisson arrivals, two different stations drawn evenly.
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
    uint16_t stations;
    ms_t end_ms, next_ms;   /* next_ms: MS_NEVER once demand has stopped */
    struct rng arrivals;
};

/* Fewer than two stations or no rate: no demand. */
void demand_open(struct demand *d, uint64_t seed, int32_t per_hour, uint16_t stations, ms_t end_ms);
static inline ms_t demand_deadline(const struct demand *d) { return d->next_ms; }
bool demand_next(struct demand *d, ms_t now_ms, struct demand_job *out); /* false: none due */

#endif
