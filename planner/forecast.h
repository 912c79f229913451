/* forecast - how many requests to expect in each hour of the week, from what was asked for before (R13).
 *
 * One stream is a row of counts, an hour each. The expected count of an hour of the week is the mean of what that hour has
 * seen, drawn towards the mean of the same hour of day over all weekdays (or both weekend days): with n weeks seen the own
 * mean weighs n and the drawn-to mean `shrink`. Little history or few requests need much of it, long history none; how much
 * is tried out on the last weeks known (James and Stein, 1961, say why any is better than none).
 *
 * The error of a back-test is honest: the weeks it is measured on are not among those it was learned from. */
#ifndef PLANNER_FORECAST_H
#define PLANNER_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#define WEEK_HOURS 168 /* 0 is Monday 00:00 of the hospital's clock */
#define FORECAST_WEEKS_MAX 520
#define FORECAST_WEEKS_LEAST 2

struct request_hours { const uint16_t *count; uint32_t weeks; }; /* [weeks * WEEK_HOURS], beginning on a Monday */

struct forecast { int32_t mean_milli[WEEK_HOURS]; uint16_t shrink; };
/* All requests of the weeks from `first` on, `weeks` of them. */
void forecast_learn(const struct request_hours *h, uint32_t first, uint32_t weeks, uint16_t shrink, struct forecast *out);
/* The amount of shrinking that foretold the last third of these weeks best. */
uint16_t forecast_shrink(const struct request_hours *h, uint32_t weeks);

/* Sums over the weeks tested, in thousandths of a request: error / actual is the weighted absolute percentage error. */
struct forecast_error {
    int64_t actual, hourly, daily; /* of this forecast, hour by hour and of each day's total */
    int64_t last_week, flat;       /* hour by hour, of "as in the last week known" and of "every hour alike": for comparison */
    uint32_t weeks;
    uint16_t shrink;
};
/* Learns from all but the last `weeks` and foretells these. False: fewer than FORECAST_WEEKS_LEAST are left to learn from. */
bool forecast_backtest(const struct request_hours *h, uint32_t weeks, struct forecast_error *out);
/* error / actual in permille; -1 when nothing was asked for. */
int32_t forecast_permille(int64_t error, int64_t actual);

#endif
