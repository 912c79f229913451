#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/heap.h"
#include "common/rng.h"

static void items_leave_by_key_and_ties_by_arrival(void **state)
{
    enum { N = 500 };
    struct heap_item room[N], got;
    struct heap h;
    struct rng r = rng_stream(1, "heap test");
    for (int round = 0; round < 20; round++) {
        heap_init(&h, room, N);
        assert_true(heap_empty(&h));
        for (uint64_t i = 0; i < N; i++) assert_true(heap_push(&h, rng_between(&r, -3, 3), i, i * i));
        assert_false(heap_push(&h, 0, N, 0)); /* full */
        int64_t key = INT64_MIN;
        uint64_t seq = 0;
        for (int i = 0; i < N; i++) {
            assert_true(heap_pop(&h, &got));
            assert_true(got.key > key || (got.key == key && got.seq > seq));
            assert_true(got.value == got.seq * got.seq);
            key = got.key;
            seq = got.seq;
        }
        assert_false(heap_pop(&h, &got));
    }
}

/* Against a plain list: push and pop in any mixture give the least item each time. */
static void mixed_pushes_and_pops_always_give_the_least(void **state)
{
    struct heap_item room[32], list[32], got;
    struct heap h;
    size_t n = 0;
    uint64_t seq = 0;
    struct rng r = rng_stream(2, "heap test");
    heap_init(&h, room, 32);
    for (int step = 0; step < 20000; step++) {
        if (n < 32 && rng_below(&r, 2)) {
            struct heap_item it = { rng_between(&r, INT64_MIN, INT64_MAX) >> rng_below(&r, 63), seq++, 0 };
            assert_true(heap_push(&h, it.key, it.seq, it.value));
            list[n++] = it;
        } else if (n > 0) {
            size_t least = 0;
            for (size_t i = 1; i < n; i++)
                if (list[i].key < list[least].key || (list[i].key == list[least].key && list[i].seq < list[least].seq))
                    least = i;
            assert_true(heap_pop(&h, &got));
            assert_true(got.key == list[least].key && got.seq == list[least].seq);
            list[least] = list[--n];
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_leave_by_key_and_ties_by_arrival),
        cmocka_unit_test(mixed_pushes_and_pops_always_give_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
