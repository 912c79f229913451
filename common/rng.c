#include "rng.h"

static uint64_t mix(uint64_t z)
{
    z += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

struct rng rng_stream_of(uint64_t seed, const char *purpose, uint64_t entity)
{
    uint64_t key = mix(seed);
    for (const char *p = purpose; *p; p++) key = mix(key ^ (unsigned char)*p);
    return (struct rng){ .key = mix(key ^ mix(entity)), .count = 0 };
}

struct rng rng_stream(uint64_t seed, const char *purpose) { return rng_stream_of(seed, purpose, 0); }

uint64_t rng_u64(struct rng *r) { return mix(r->key + 0x9E3779B97F4A7C15u * ++r->count); }

uint32_t rng_below(struct rng *r, uint32_t n) { return (uint32_t)(((rng_u64(r) >> 32) * n) >> 32); }

int64_t rng_between(struct rng *r, int64_t lo, int64_t hi)
{
    uint64_t span = (uint64_t)hi - (uint64_t)lo + 1; /* unsigned: the whole range of int64_t wraps to 0 */
    uint64_t v = rng_u64(r);
    return (int64_t)((uint64_t)lo + (span ? v % span : v));
}

int rng_chance(struct rng *r, uint32_t millionths) { return rng_below(r, 1000000) < millionths; }

/* -ln(u) in 1/65536 for u in (0,1]: -ln(u) = ln 2 * -log2(u); log2 bit by bit by repeated squaring. */
static int64_t minus_ln_q16(uint32_t u)
{
    int lead = __builtin_clz(u);
    uint64_t x = (uint64_t)u << lead; /* 2^31 <= x < 2^32: mantissa in 1.31 */
    int64_t log2_q16 = (int64_t)(31 - lead) << 16;
    for (int bit = 15; bit >= 0; bit--) {
        x = (x * x) >> 31;
        if (x >> 32) {
            log2_q16 |= (int64_t)1 << bit;
            x >>= 1;
        }
    }
    int64_t minus_log2 = ((int64_t)32 << 16) - log2_q16; /* u stands for u / 2^32 */
    return (minus_log2 * 45426) >> 16;                   /* ln 2 * 65536 = 45426.09 */
}

int64_t rng_exponential(struct rng *r, int64_t mean)
{
    uint32_t u = (uint32_t)(rng_u64(r) >> 32);
    if (u == 0) u = 1;
    return (mean * minus_ln_q16(u)) >> 16;
}
