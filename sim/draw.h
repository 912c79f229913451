/* draw - random durations by integers only, so that every machine draws the same ones. */
#ifndef SIM_DRAW_H
#define SIM_DRAW_H

#include "common/rng.h"
#include "common/units.h"

/* Standard normal in thousandths: twelve uniform draws less six, good to the third decimal within two deviations. */
int32_t draw_normal_milli(struct rng *r);
/* median * e^(sigma * normal). */
ms_t draw_lognormal_ms(struct rng *r, ms_t median_ms, int32_t sigma_milli);
int64_t draw_exp_q16(int64_t x_q16); /* e^x, x in 1/65536, |x| <= 20; result in 1/65536 */
uint64_t draw_hash(const char *text); /* an entity number for rng_stream_of */

#endif
