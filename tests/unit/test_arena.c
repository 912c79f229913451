#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    _Alignas(16) unsigned char block[256];
    memset(block, 0xAA, sizeof block);
    struct arena a;
    arena_init(&a, block, sizeof block);
    unsigned char *p = arena_new(&a, unsigned char, 3);
    uint64_t *q = arena_new(&a, uint64_t, 2);
    assert_true((uintptr_t)p % 16 == 0 && (uintptr_t)q % 16 == 0);
    assert_true((unsigned char *)q >= p + 3);
    assert_true(p[0] == 0 && p[2] == 0 && q[0] == 0 && q[1] == 0);
}

static void a_full_block_refuses_and_stays_as_it_was(void **state)
{
    _Alignas(16) unsigned char block[64];
    struct arena a;
    arena_init(&a, block, sizeof block);
    assert_non_null(arena_take(&a, 1, 40)); /* rounded to 48 */
    size_t used = a.used;
    assert_null(arena_take(&a, 1, 17));
    assert_int_equal(a.used, used);
    assert_non_null(arena_take(&a, 1, 16));
    assert_null(arena_take(&a, 1, 1));
    assert_non_null(arena_take(&a, 0, 8)); /* nothing always fits */
}

static void a_product_that_overflows_is_refused(void **state)
{
    _Alignas(16) unsigned char block[64];
    struct arena a;
    arena_init(&a, block, sizeof block);
    assert_null(arena_take(&a, SIZE_MAX / 2, 3));
    assert_null(arena_take(&a, SIZE_MAX, 1));
    assert_null(arena_take(&a, 1, SIZE_MAX));
    assert_int_equal(a.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_full_block_refuses_and_stays_as_it_was),
        cmocka_unit_test(a_product_that_overflows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
