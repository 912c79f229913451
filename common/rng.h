/* rng - a counter-based random stream: value i of stream (seed, purpose) is a pure function of the three.
 *
 * One stream per purpose, so a new draw in one place moves nothing elsewhere (STYLE section 9). The mixer is
 * SplitMix64 (Steele, Lea, Flood 2014). Not for secrets: those come from libsodium at the edge. */
#ifndef COMMON_RNG_H
#define COMMON_RNG_H

#include <stdint.h>

struct rng {
    uint64_t key, count;
};

struct rng rng_stream(uint64_t seed, const char *purpose);
struct rng rng_stream_of(uint64_t seed, const char *purpose, uint64_t entity); /* one stream per entity */
uint64_t rng_u64(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); /* 0 .. n-1, n >= 1 */
int64_t rng_between(struct rng *r, int64_t lo, int64_t hi); /* lo .. hi inclusive, lo <= hi */
/* True with probability millionths / 1,000,000. */
int rng_chance(struct rng *r, uint32_t millionths);
/* Exponential with the given mean, in whole units, by an integer logarithm table: the same on every machine. */
int64_t rng_exponential(struct rng *r, int64_t mean);

#endif
