#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/stand.h"

static void a_stand_lasts_from_look_to_look_until_it_moves(void **state)
{
    struct stand v = { 0 };
    struct stands all = { 0 };
    stand_look(&v, &all, 3, false, WAIT_NOTHING, 0);
    stand_look(&v, &all, 3, true, WAIT_NOTHING, 1000);
    stand_look(&v, &all, 3, true, WAIT_ROBOT, 1200);
    stand_look(&v, &all, 3, true, WAIT_PLAN, 6200);
    stand_look(&v, &all, 3, false, WAIT_NOTHING, 8000);
    stand_look(&v, &all, 3, false, WAIT_NOTHING, 90000);
    assert_int_equal(all.longest_ms, 7000);
    assert_int_equal(all.longest_since_ms, 1000);
    assert_int_equal(all.longest_wait, WAIT_ROBOT);
    assert_int_equal(all.longest_robot, 3);
    assert_int_equal(all.by_ms[WAIT_NOTHING], 200);
    assert_int_equal(all.by_ms[WAIT_ROBOT], 5000);
    assert_int_equal(all.by_ms[WAIT_PLAN], 1800);
}

static void a_new_stand_starts_from_nothing(void **state)
{
    struct stand v = { 0 };
    struct stands all = { 0 };
    stand_look(&v, &all, 1, true, WAIT_DOOR, 0);
    stand_look(&v, &all, 1, false, WAIT_NOTHING, 5000);
    stand_look(&v, &all, 1, true, WAIT_ROBOT, 6000);
    stand_look(&v, &all, 1, true, WAIT_ROBOT, 10000);
    assert_int_equal(all.longest_ms, 5000);
    assert_int_equal(all.longest_wait, WAIT_DOOR);
    stand_look(&v, &all, 1, true, WAIT_ROBOT, 11001); /* a stand that goes on counts as it is */
    assert_int_equal(all.longest_ms, 5001);
    assert_int_equal(all.longest_wait, WAIT_ROBOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stand_lasts_from_look_to_look_until_it_moves),
        cmocka_unit_test(a_new_stand_starts_from_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
