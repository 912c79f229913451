/* arrivals - when the streams of a demand file ask, and what: Poisson arrivals whose rate follows the hour profile.
 *
 * Each stream has one random stream for its moments and one per request for what is asked, so another stream, another
 * rate or another policy never changes them. A surge is a second process on top: the usual requests stay as they are.
 * Lengths of the way to the next request are counted in millionths of a request ("the integral of the rate"). */
#ifndef SIM_ARRIVALS_H
#define SIM_ARRIVALS_H

#include "common/rng.h"
#include "demand_file.h"

struct arrival { uint16_t stream; uint64_t number; station_id from, to; }; /* number: 1, 2, ... within the stream */

struct arrivals_source {
    uint16_t stream;
    bool surge;
    struct rng rng;
    ms_t at_ms;              /* of the next one; MS_NEVER: none any more */
    uint64_t count;
};
struct arrivals {
    const struct demand_file *file;
    uint64_t seed;
    ms_t start_ms;           /* the run's 0 is so long after midnight */
    ms_t end_ms;             /* of the run's time: none later */
    uint8_t first_weekday;   /* 0 Monday */
    uint16_t sources;
    struct arrivals_source source[2 * DEMAND_STREAMS_MAX];
};

void arrivals_open(struct arrivals *a, const struct demand_file *f, uint64_t seed, ms_t start_ms, uint8_t first_weekday,
                   ms_t end_ms);
ms_t arrivals_deadline(const struct arrivals *a);
bool arrivals_next(struct arrivals *a, ms_t now_ms, struct arrival *out); /* false: none due */

/* The next moment after at_ms (of the day's time, start_ms included) at which `need` millionths of a request have come
 * up at per_day_milli thousandths of a request a day; MS_NEVER when never before end_ms. */
struct arrivals_rate { const struct demand_profile *profile; int64_t per_day_milli; int32_t weekend_permille; uint16_t from_min, to_min; };
ms_t arrivals_after(const struct arrivals_rate *r, uint8_t first_weekday, ms_t at_ms, int64_t need, ms_t end_ms);

#endif
