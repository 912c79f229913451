#include "draw.h"

int32_t draw_normal_milli(struct rng *r)
{
    int64_t sum = 0;
    for (int i = 0; i < 12; i++) sum += (int64_t)(rng_u64(r) >> 40); /* 24 bits each */
    return (int32_t)((sum - 6 * ((int64_t)1 << 24)) * 1000 / ((int64_t)1 << 24));
}

/* 2^x by bits: 2^(1/2), 2^(1/4), ... in 1/2^30. */
int64_t draw_exp_q16(int64_t x_q16)
{
    static const int64_t root[16] = { 1518500250, 1276901417, 1170923762, 1121280436, 1097253708, 1085434106,
                                      1079572136, 1076653033, 1075196443, 1074468888, 1074105294, 1073923544,
                                      1073832680, 1073787251, 1073764537, 1073753181 };
    int64_t y = x_q16 * 94548 / 65536; /* log2(e) = 1.442695 */
    int64_t whole = y >= 0 ? y / 65536 : -((-y + 65535) / 65536), part = y - whole * 65536;
    int64_t v = (int64_t)1 << 30;
    for (int i = 0; i < 16; i++)
        if (part >> (15 - i) & 1) v = v * root[i] >> 30;
    int64_t shift = 14 - whole;
    if (shift >= 62) return 0;
    return shift >= 0 ? v >> shift : v << -shift;
}

ms_t draw_lognormal_ms(struct rng *r, ms_t median_ms, int32_t sigma_milli)
{
    int64_t x_q16 = (int64_t)draw_normal_milli(r) * sigma_milli * 65536 / 1000000;
    return median_ms * draw_exp_q16(x_q16) >> 16;
}

uint64_t draw_hash(const char *text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *text; text++) h = (h ^ (uint8_t)*text) * 1099511628211u;
    return h;
}
