#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/resv.h"
#include "tiny_site.h"

#define VISITS 1000

static struct tiny tiny;
static const class_id classes[4] = { 0, 0, 0, 0 };
static uint8_t memory[1 << 18];

static void open_on(struct resv *t, const struct site *s)
{
    struct arena mem;
    assert_true(resv_memory(s, VISITS) <= sizeof memory);
    arena_init(&mem, memory, resv_memory(s, VISITS));
    assert_int_equal(resv_open(t, &mem, s, classes, VISITS), ORD_OK);
    resv_clear(t);
}

static void nobody_there_means_free_for_ever(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    resv_search(&t, 0);
    struct interval_list f = resv_free(&t, 1);
    assert_int_equal(f.count, 1);
    assert_true(f.item[0].from_ms == MS_BEGIN && f.item[0].to_ms == MS_NEVER);
}

static void a_visit_cuts_free_time_in_two(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    resv_add(&t, 1, 1, 0, 1000, 2000);
    resv_search(&t, 0);
    struct interval_list f = resv_free(&t, 1);
    assert_int_equal(f.count, 2);
    assert_int_equal(f.item[0].to_ms, 1000);
    assert_int_equal(f.item[1].from_ms, 2000);
}

static void my_own_visits_do_not_block_me(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    resv_add(&t, 1, 1, 0, 1000, 2000);
    resv_search(&t, 1);
    assert_int_equal(resv_free(&t, 1).count, 1);
    resv_search(&t, 0); /* and a new search by somebody else sees them again */
    assert_int_equal(resv_free(&t, 1).count, 2);
}

static void a_visit_blocks_what_conflicts_and_nothing_else(void **state)
{
    struct resv t;
    struct site *s = tiny_corridor(&tiny, 5, 0);
    open_on(&t, s);
    resv_add(&t, res_lane(s, 1), 1, 0, 1000, 2000); /* nodes 1 - 2 */
    resv_search(&t, 0);
    assert_int_equal(resv_free(&t, 1).count, 2);
    assert_int_equal(resv_free(&t, 2).count, 2);
    assert_int_equal(resv_free(&t, res_lane(s, 0)).count, 2);
    assert_int_equal(resv_free(&t, 0).count, 1);
    assert_int_equal(resv_free(&t, 3).count, 1);
    assert_int_equal(resv_free(&t, res_lane(s, 3)).count, 1);
}

static void a_car_blocks_its_other_landing_for_the_way_of_the_empty_car(void **state)
{
    struct resv t;
    struct site *s = tiny_two_levels(&tiny);
    open_on(&t, s);
    ms_t gap = 3000 + site_car_travel_ms(s, 0, 0, 1) + 3000;
    resv_add(&t, TWO_CABIN_0, 1, 0, 100000, 110000);
    resv_search(&t, 0);
    struct interval_list same = resv_free(&t, TWO_CABIN_0), other = resv_free(&t, TWO_CABIN_1);
    assert_int_equal(same.item[0].to_ms, 100000);
    assert_int_equal(same.item[1].from_ms, 110000);
    assert_int_equal(other.item[0].to_ms, 100000 - gap);
    assert_int_equal(other.item[1].from_ms, 110000 + gap);
}

static void touching_and_overlapping_visits_leave_no_hole(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    resv_add(&t, 1, 2, 0, 2000, 3000);
    resv_add(&t, 1, 1, 0, 1000, 2000);
    resv_add(&t, 1, 3, 0, 1500, 1600);
    resv_search(&t, 0);
    struct interval_list f = resv_free(&t, 1);
    assert_int_equal(f.count, 2);
    assert_int_equal(f.item[0].to_ms, 1000);
    assert_int_equal(f.item[1].from_ms, 3000);
}

static void claimed_since_ever_and_for_ever_leaves_nothing(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    resv_add(&t, 1, 1, 0, MS_BEGIN, MS_NEVER);
    resv_search(&t, 0);
    assert_int_equal(resv_free(&t, 1).count, 0);
}

/* More visits than are looked at: what is called free must still be free. */
static void beyond_its_limits_it_calls_free_only_what_is_free(void **state)
{
    for (int backward = 0; backward < 2; backward++) {
        struct resv t;
        open_on(&t, tiny_corridor(&tiny, 4, 0));
        enum { MANY = 400 };
        for (int i = 0; i < MANY; i++) {
            int k = backward ? MANY - 1 - i : i;
            assert_true(resv_add(&t, 1, 1, (uint32_t)k, 1000 * k, 1000 * k + 500));
        }
        resv_search(&t, 0);
        struct interval_list f = resv_free(&t, 1);
        assert_true(f.count > 0 && f.count <= RESV_INTERVALS_MAX);
        for (uint16_t i = 0; i < f.count; i++)
            for (int k = 0; k < MANY; k++)
                assert_true(f.item[i].to_ms <= 1000 * k || f.item[i].from_ms >= 1000 * k + 500);
    }
}

static void a_visit_taken_out_blocks_no_more_and_its_place_is_used_again(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    uint32_t id[3];
    for (uint32_t i = 0; i < 3; i++) {
        id[i] = resv_put(&t, 1, 1, i);
        resv_visit(&t, id[i])->from_ms = 1000 * (ms_t)(2 * i + 1);
        resv_visit(&t, id[i])->to_ms = 1000 * (ms_t)(2 * i + 2);
    }
    resv_search(&t, 0);
    assert_int_equal(resv_free(&t, 1).count, 4);
    resv_drop(&t, id[1]);
    resv_search(&t, 0);
    assert_int_equal(resv_free(&t, 1).count, 3);
    assert_int_equal(resv_put(&t, 2, 1, 9), id[1]);
    resv_drop(&t, id[0]);
    resv_drop(&t, id[2]);
    assert_int_equal(t.first[1], 0);
}

static void what_may_be_moved_can_be_overlooked(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    uint32_t id = resv_put(&t, 1, 1, 0);
    *resv_visit(&t, id) = (struct visit){ .robot = 1, .res = 1, .soft = true, .from_ms = 1000, .to_ms = 2000 };
    resv_search(&t, 0);
    assert_int_equal(resv_free(&t, 1).count, 2);
    t.overlook_soft = true;
    resv_search(&t, 0);
    assert_int_equal(resv_free(&t, 1).count, 1);
}

static void a_full_table_says_so(void **state)
{
    struct resv t;
    open_on(&t, tiny_corridor(&tiny, 4, 0));
    for (uint32_t i = 0; i < VISITS; i++) assert_true(resv_add(&t, 1, 1, i, 0, 1));
    assert_false(resv_add(&t, 1, 1, 0, 0, 1));
    resv_clear(&t);
    assert_true(resv_add(&t, 1, 1, 0, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_there_means_free_for_ever),
        cmocka_unit_test(a_visit_cuts_free_time_in_two),
        cmocka_unit_test(my_own_visits_do_not_block_me),
        cmocka_unit_test(a_visit_blocks_what_conflicts_and_nothing_else),
        cmocka_unit_test(a_car_blocks_its_other_landing_for_the_way_of_the_empty_car),
        cmocka_unit_test(touching_and_overlapping_visits_leave_no_hole),
        cmocka_unit_test(claimed_since_ever_and_for_ever_leaves_nothing),
        cmocka_unit_test(beyond_its_limits_it_calls_free_only_what_is_free),
        cmocka_unit_test(a_visit_taken_out_blocks_no_more_and_its_place_is_used_again),
        cmocka_unit_test(what_may_be_moved_can_be_overlooked),
        cmocka_unit_test(a_full_table_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
