#include "stats.h"

#include <stdlib.h>

#include "common/err.h"

int stats_add(struct stats *s, ms_t took_ms)
{
    if (s->count == s->capacity) {
        uint32_t n = s->capacity ? 2 * s->capacity : 1024;
        ms_t *more = realloc(s->took_ms, n * sizeof *more);
        if (!more) return ORD_EMEMORY;
        s->took_ms = more;
        s->capacity = n;
    }
    s->took_ms[s->count++] = took_ms;
    s->sorted = false;
    return ORD_OK;
}

static int by_value(const void *a, const void *b)
{
    const ms_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

ms_t stats_quantile(struct stats *s, int32_t permille)
{
    if (s->count == 0) return 0;
    if (!s->sorted) qsort(s->took_ms, s->count, sizeof s->took_ms[0], by_value); /* equal values are the same value */
    s->sorted = true;
    uint64_t rank = ((uint64_t)s->count * (uint64_t)permille + 999) / 1000;
    return s->took_ms[rank == 0 ? 0 : rank - 1];
}

void stats_close(struct stats *s)
{
    free(s->took_ms);
    *s = (struct stats){ 0 };
}
