/* The cases of `orderly plan bench` and what we aim at in each; the figures of peers come from their file. */
#include <assert.h>
#include <stdio.h>

#include "plan_bench.h"

const char *const bench_group_name[BENCH_GROUPS] = { "lifelong", "holds", "mapf", "route" };

#define WAREHOUSE "warehouse-10-20-10-2-1"
#define RANDOM "random-32-32-20"

/* clang-format off */
static const struct bench_case list[] = {
    /* group          map           robots  %/scen budget  aim     ms  peer  of  quick */
    { BENCH_LIFELONG, "hospital-a",  50,   0,     0,  0.975,    5,   0,   0, true },
    { BENCH_LIFELONG, "hospital-a", 100,   0,     0,  0.965,    5,   0,   0, false },
    { BENCH_LIFELONG, "ware-a",      50,   0,     0,   0.92,   10,   0,   0, true },
    { BENCH_LIFELONG, "ware-a",     100,   0,     0,   0.84,   10,   0,   0, false },
    { BENCH_LIFELONG, "ware-a",     200,   0,     0,   0.60,    0,   0,   0, false },
    { BENCH_LIFELONG, RANDOM,       100,   0,     0,   0.82,   15,   0,   0, true },
    { BENCH_LIFELONG, RANDOM,       200,   0,     0,   0.62,   15,   0,   0, false },
    { BENCH_LIFELONG, WAREHOUSE,    100,   0,     0,  0.945,   20,   0,   0, true },
    { BENCH_LIFELONG, WAREHOUSE,    400,   0,     0,   0.82,   20,   0,   0, false },
    { BENCH_LIFELONG, WAREHOUSE,    800,   0,     0,   0.68,   20,   0,   0, false },
    { BENCH_HOLDS,    "hospital-a",  50,   5,     0,  0.905,    0,   0,   0, true },
    { BENCH_HOLDS,    "hospital-a",  50,  15,     0,  0.785,    0,   0,   0, true },
    { BENCH_HOLDS,    "hospital-a", 100,   5,     0,  0.905,   10,   0,   0, false },
    { BENCH_HOLDS,    "hospital-a", 100,  15,     0,   0.78,   10,   0,   0, false },
    { BENCH_HOLDS,    "ware-a",     100,   5,     0,   0.76,    0,   0,   0, true },
    { BENCH_HOLDS,    "ware-a",     100,  15,     0,   0.63,    0,   0,   0, false },
    { BENCH_HOLDS,    WAREHOUSE,    100,   5,     0,   0.90,    0,   0,   0, false },
    { BENCH_HOLDS,    WAREHOUSE,    100,  15,     0,   0.79,    0,   0,   0, false },
    { BENCH_HOLDS,    WAREHOUSE,    400,   5,     0,   0.77,    0,   0,   0, false },
    { BENCH_HOLDS,    WAREHOUSE,    400,  15,     0,   0.67,    0,   0,   0, false },
    { BENCH_MAPF,     "hospital-a", 100,   1,  1000,   1.02,   60,   0,   0, true },
    { BENCH_MAPF,     "hospital-a", 100,   2,  1000,   1.02,   60,   0,   0, false },
    { BENCH_MAPF,     "den520d",    500,   1,  5000,      0,    0,   0,   0, false },
    { BENCH_MAPF,     "den520d",    500,   2,  5000,      0,    0,   0,   0, false },
    { BENCH_MAPF,     WAREHOUSE,    800,   1,  5000,      0,    0,   0,   0, false },
    { BENCH_MAPF,     WAREHOUSE,    800,   2,  5000,      0,    0,   0,   0, false },
    { BENCH_MAPF,     RANDOM,       200,   1,  5000,      0,    0,   0,   0, true },
    { BENCH_MAPF,     RANDOM,       200,   2,  5000,      0,    0,   0,   0, false },
    { BENCH_ROUTE,    "clinic",       5,   0,     0,      1,    0,  15,  15, true },
    { BENCH_ROUTE,    "clinic",      10,   0,     0,      1,    0,  23,  30, false },
    { BENCH_ROUTE,    "clinic",      20,   0,     0,      1,   50,  31,  40, false },
    { BENCH_ROUTE,    "clinic",      50,   0,     0,      1,  300,  21,  50, false },
    { BENCH_ROUTE,    "hotel",        5,   0,     0,      1,    0,  15,  15, true },
    { BENCH_ROUTE,    "hotel",       10,   0,     0,      1,    0,  28,  30, false },
    { BENCH_ROUTE,    "hotel",       20,   0,     0,      1,   50,  29,  40, false },
};
/* clang-format on */
static_assert(COUNT_OF(list) <= BENCH_CASES_MAX, "a row for each case");

const struct bench_case *bench_cases(size_t *count)
{
    *count = COUNT_OF(list);
    return list;
}

bool bench_lower_is_better(const struct bench_case *c) { return c->group == BENCH_MAPF; }

void bench_case_name(const struct bench_case *c, char *dst, size_t size, bool zh)
{
    int n = snprintf(dst, size, zh ? "%s，%u 台" : "%s, %u robots", c->map, c->robots);
    if (n < 0 || (size_t)n >= size) return;
    dst += n;
    size -= (size_t)n;
    switch (c->group) {
    case BENCH_LIFELONG: return;
    case BENCH_HOLDS: snprintf(dst, size, zh ? "，%u %% 受阻" : ", %u %% held up", c->variant); return;
    case BENCH_MAPF: snprintf(dst, size, zh ? "，场景 %u" : ", scenario %u", c->variant); return;
    case BENCH_ROUTE: snprintf(dst, size, "%s", zh ? "，同时出发" : ", all at once"); return;
    case BENCH_GROUPS: return;
    }
}
