/* oracle_bench - one judge on the small site, what it found, and short ways to tell it lies. */
#ifndef ORACLE_BENCH_H
#define ORACLE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scenario/small_site.h"
#include "sim/oracle.h"

static struct small_site small;
static const class_id classes[3];
static const level_id levels[3];

struct seen {
    int count;
    char rule[64][8];
    char text[64][200];
};
static struct seen seen;

static inline void note_it(void *ctx, const char *rule, ms_t at_ms, const char *text)
{
    assert_true(seen.count < 64);
    snprintf(seen.rule[seen.count], sizeof seen.rule[0], "%s", rule);
    snprintf(seen.text[seen.count], sizeof seen.text[0], "%s", text);
    seen.count++;
}

static inline int count_of(const char *rule)
{
    int n = 0;
    for (int i = 0; i < seen.count; i++) n += strcmp(seen.rule[i], rule) == 0;
    return n;
}

#define ONLY(rule_, n_)                                                              \
    do {                                                                             \
        if (seen.count > 0) print_message("  %s: %s\n", seen.rule[0], seen.text[0]); \
        assert_int_equal(count_of(rule_), n_);                                       \
        assert_int_equal(seen.count, n_);                                            \
    } while (0)

static inline struct oracle *fresh(uint16_t robots)
{
    struct oracle *o;
    memset(&seen, 0, sizeof seen);
    struct oracle_config cfg = { .site = small_site_open(&small),
                                 .robots = robots,
                                 .robot_class = classes,
                                 .start_level = levels,
                                 .violated = note_it };
    assert_int_equal(oracle_open(&o, &cfg), ORD_OK);
    return o;
}

static inline void put(struct oracle *o, robot_id r, mm_t x, mm_t y, int32_t speed, level_id believed, ms_t now)
{
    struct drive_pose p = { x, y, 0, speed };
    oracle_robot(o, r, &p, believed, now);
}

static inline void claim(struct oracle *o, robot_id r, uint16_t n, const res_id *x)
{
    oracle_claims(o, r, n, x);
    oracle_claims_judge(o, 0);
}

/* Everything on level 0 and the whole car: for tests that are not about claims. */
static inline void claim_all(struct oracle *o, robot_id r)
{
    oracle_claims(o, r, 12, (const res_id[]){ 0, 1, 2, 5, 8, 9, 10, 4, 12, 15, 16, 17 });
}

static inline struct out_order order_of(uint32_t n, uint16_t nodes, const struct order_node *list)
{
    struct out_order o = { .robot = 0, .order = n, .nodes = nodes };
    memcpy(o.node, list, nodes * sizeof list[0]);
    return o;
}

static inline void new_job(struct oracle *o, job_id job, station_id from, station_id to, goods_id goods, ms_t now)
{
    struct job_view v = { .job = job, .from = from, .to = to, .goods = goods };
    oracle_job(o, job, &v, now);
}

#endif
