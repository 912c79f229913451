#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/err.h"
#include "sim/clock.h"
#include "common/rng.h"
#include "sim/stats.h"

static void quantiles_are_exact_nearest_ranks(void **state)
{
    struct stats s = { 0 };
    assert_int_equal(stats_quantile(&s, 500), 0);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(stats_add(&s, (i * 7919) % 2000 + 1), ORD_OK); /* 1..2000, shuffled */
    assert_int_equal(stats_quantile(&s, 500), 1000);
    assert_int_equal(stats_quantile(&s, 950), 1900);
    assert_int_equal(stats_quantile(&s, 1000), 2000);
    assert_int_equal(stats_quantile(&s, 0), 1);
    stats_add(&s, 0);
    assert_int_equal(stats_quantile(&s, 0), 0);
    stats_close(&s);
    stats_add(&s, 42);
    assert_int_equal(stats_quantile(&s, 500), 42);
    stats_close(&s);
}

/* Against a plain scan: the same least source under random changes, ties to the lower number. */
static void the_clock_always_names_the_earliest_source(void **state)
{
    struct clock c;
    struct rng r = rng_stream(5, "clock test");
    ms_t due[37];
    assert_int_equal(clock_open(&c, 37), ORD_OK);
    for (int i = 0; i < 37; i++) due[i] = MS_NEVER;
    assert_int_equal(clock_source(&c), 0);
    for (int i = 0; i < 20000; i++) {
        uint32_t who = rng_below(&r, 37);
        due[who] = rng_chance(&r, 100000) ? MS_NEVER : rng_between(&r, 0, 50);
        clock_set(&c, who, due[who]);
        uint32_t least = 0;
        for (uint32_t k = 1; k < 37; k++)
            if (due[k] < due[least]) least = k;
        assert_int_equal(clock_source(&c), least);
        assert_int_equal(clock_due(&c), due[least]);
    }
    clock_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_exact_nearest_ranks),
        cmocka_unit_test(the_clock_always_names_the_earliest_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
