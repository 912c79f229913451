#include "forecast.h"

#include <string.h>

#define DAY_HOURS 24
#define SATURDAY 5
#define MILLI 1000

static const uint16_t shrinks[] = { 0, 1, 2, 4, 8, 16, 32, 64, 256 };

static bool weekend(uint32_t hour) { return hour / DAY_HOURS >= SATURDAY; }
static int64_t distance(int64_t a, int64_t b) { return a > b ? a - b : b - a; }

void forecast_learn(const struct request_hours *h, uint32_t first, uint32_t weeks, uint16_t shrink,
                    struct forecast *out)
{
    int64_t own[WEEK_HOURS] = { 0 }, kind[2][DAY_HOURS] = { { 0 } };
    *out = (struct forecast){ .shrink = shrink };
    if (weeks == 0) return;
    for (uint32_t w = first; w < first + weeks; w++)
        for (uint32_t i = 0; i < WEEK_HOURS; i++) own[i] += h->count[w * WEEK_HOURS + i];
    for (uint32_t i = 0; i < WEEK_HOURS; i++) kind[weekend(i)][i % DAY_HOURS] += own[i];
    for (uint32_t i = 0; i < WEEK_HOURS; i++) {
        int64_t days = weekend(i) ? 2 : SATURDAY;
        int64_t drawn_to = kind[weekend(i)][i % DAY_HOURS] * MILLI / (days * weeks);
        out->mean_milli[i] = (int32_t)((own[i] * MILLI + drawn_to * shrink) / ((int64_t)weeks + shrink));
    }
}

static int64_t hourly_error(const struct request_hours *h, uint32_t week, const struct forecast *f)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < WEEK_HOURS; i++)
        sum += distance((int64_t)h->count[week * WEEK_HOURS + i] * MILLI, f->mean_milli[i]);
    return sum;
}

/* Squares, not distances: the mean is what is looked for, and few requests an hour have a median of none. */
static int64_t squared_error(const struct request_hours *h, uint32_t week, const struct forecast *f)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < WEEK_HOURS; i++) {
        int64_t d = distance((int64_t)h->count[week * WEEK_HOURS + i] * MILLI, f->mean_milli[i]);
        sum += d * d / MILLI;
    }
    return sum;
}

uint16_t forecast_shrink(const struct request_hours *h, uint32_t weeks)
{
    uint32_t tried = weeks / 3 > 0 ? weeks / 3 : 1;
    uint16_t best = shrinks[0];
    int64_t least = INT64_MAX;
    if (weeks < FORECAST_WEEKS_LEAST) return shrinks[sizeof shrinks / sizeof shrinks[0] - 1];
    for (uint32_t k = 0; k < sizeof shrinks / sizeof shrinks[0]; k++) {
        int64_t error = 0;
        for (uint32_t w = weeks - tried; w < weeks; w++) { /* each week from those before it */
            struct forecast f;
            forecast_learn(h, 0, w, shrinks[k], &f);
            error += squared_error(h, w, &f);
        }
        if (error >= least) continue;
        least = error;
        best = shrinks[k];
    }
    return best;
}

static int64_t daily_error(const struct request_hours *h, uint32_t week, const struct forecast *f)
{
    int64_t sum = 0;
    for (uint32_t day = 0; day < WEEK_HOURS / DAY_HOURS; day++) {
        int64_t actual = 0, expected = 0;
        for (uint32_t i = day * DAY_HOURS; i < (day + 1) * DAY_HOURS; i++) {
            actual += (int64_t)h->count[week * WEEK_HOURS + i] * MILLI;
            expected += f->mean_milli[i];
        }
        sum += distance(actual, expected);
    }
    return sum;
}

static struct forecast flat_forecast(const struct request_hours *h, uint32_t weeks)
{
    struct forecast f;
    int64_t all = 0;
    forecast_learn(h, 0, weeks, 0, &f);
    for (uint32_t i = 0; i < WEEK_HOURS; i++) all += f.mean_milli[i];
    for (uint32_t i = 0; i < WEEK_HOURS; i++) f.mean_milli[i] = (int32_t)(all / WEEK_HOURS);
    return f;
}

bool forecast_backtest(const struct request_hours *h, uint32_t weeks, struct forecast_error *out)
{
    memset(out, 0, sizeof *out);
    if (weeks == 0 || weeks + FORECAST_WEEKS_LEAST > h->weeks) return false;
    uint32_t known = h->weeks - weeks;
    struct forecast f, last, flat = flat_forecast(h, known);
    out->weeks = weeks;
    out->shrink = forecast_shrink(h, known);
    forecast_learn(h, 0, known, out->shrink, &f);
    forecast_learn(h, known - 1, 1, 0, &last);
    for (uint32_t w = known; w < h->weeks; w++) {
        for (uint32_t i = 0; i < WEEK_HOURS; i++) out->actual += (int64_t)h->count[w * WEEK_HOURS + i] * MILLI;
        out->hourly += hourly_error(h, w, &f);
        out->daily += daily_error(h, w, &f);
        out->last_week += hourly_error(h, w, &last);
        out->flat += hourly_error(h, w, &flat);
    }
    return true;
}

int32_t forecast_permille(int64_t error, int64_t actual) { return actual > 0 ? (int32_t)(error * MILLI / actual) : -1; }
