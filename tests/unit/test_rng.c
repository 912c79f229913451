#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/rng.h"

static void a_stream_is_a_pure_function_of_seed_purpose_and_entity(void **state)
{
    struct rng a = rng_stream(7, "demand"), b = rng_stream(7, "demand"), c = rng_stream(7, "demane"),
               d = rng_stream(8, "demand"), e = rng_stream_of(7, "demand", 1);
    for (int i = 0; i < 100; i++) {
        uint64_t v = rng_u64(&a);
        assert_true(v == rng_u64(&b));
        assert_true(v != rng_u64(&c) && v != rng_u64(&d) && v != rng_u64(&e));
    }
}

/* Pinned, because a changed generator would silently change every recorded seed. */
static void the_numbers_of_a_seed_never_change(void **state)
{
    struct rng r = rng_stream(1, "pin");
    uint64_t a = rng_u64(&r), b = rng_u64(&r);
    struct rng x = rng_stream(1, "pin");
    int64_t e = 0;
    for (int i = 0; i < 1000; i++) e += rng_exponential(&x, 90000);
    if (a != UINT64_C(407779192561449939) || b != UINT64_C(6969380195215439872) || e != INT64_C(89224420))
        fail_msg("%llu %llu %lld", (unsigned long long)a, (unsigned long long)b, (long long)e);
}

static void bounds_are_kept_and_every_value_occurs(void **state)
{
    struct rng r = rng_stream(3, "t");
    unsigned seen[6] = { 0 };
    for (int i = 0; i < 60000; i++) {
        uint32_t v = rng_below(&r, 6);
        assert_true(v < 6);
        seen[v]++;
    }
    for (int i = 0; i < 6; i++) assert_in_range(seen[i], 9600, 10400);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(rng_below(&r, 1), 0);
        int64_t v = rng_between(&r, -5, 5);
        assert_true(v >= -5 && v <= 5);
        assert_true(rng_between(&r, INT64_MAX, INT64_MAX) == INT64_MAX);
        assert_true(rng_between(&r, INT64_MIN, INT64_MIN) == INT64_MIN);
        assert_true(rng_between(&r, 0, INT64_MAX) >= 0);
        rng_between(&r, INT64_MIN, INT64_MAX); /* the whole range is allowed */
    }
}

static void chances_and_means_come_out_right(void **state)
{
    struct rng r = rng_stream(4, "t");
    unsigned hits = 0;
    int64_t sum = 0, most = 0;
    for (int i = 0; i < 100000; i++) {
        hits += (unsigned)rng_chance(&r, 50000);
        int64_t v = rng_exponential(&r, 60000);
        assert_true(v >= 0);
        sum += v;
        if (v > most) most = v;
    }
    assert_in_range(hits, 4700, 5300);
    assert_in_range(sum / 100000, 59000, 61000);
    assert_true(most > 6 * 60000 && most < 23 * 60000); /* -ln of 2^-32 is 22.2 */
    for (int i = 0; i < 1000; i++) {
        assert_false(rng_chance(&r, 0));
        assert_true(rng_chance(&r, 1000000));
        assert_int_equal(rng_exponential(&r, 0), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_a_pure_function_of_seed_purpose_and_entity),
        cmocka_unit_test(the_numbers_of_a_seed_never_change),
        cmocka_unit_test(bounds_are_kept_and_every_value_occurs),
        cmocka_unit_test(chances_and_means_come_out_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
