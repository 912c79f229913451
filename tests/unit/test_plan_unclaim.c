#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/plan.h"
#include "tiny_site.h"

enum { CORRIDOR = 8, ROBOTS = 2 };

static struct tiny tiny;
static struct plan *plan;
static void *block;

/* Robots on the refuges below nodes 0 and 3 of a corridor; the first one goes to the far end. */
static int setup(void **state)
{
    static const class_id cls[ROBOTS];
    struct arena mem;
    struct plan_config cfg = {
        .site = tiny_corridor(&tiny, CORRIDOR, 4), .robots = ROBOTS, .robot_class = cls, .expansions_max = 20000
    };
    size_t size = plan_memory(&cfg);
    block = malloc(size);
    arena_init(&mem, block, size);
    assert_int_equal(plan_open(&plan, &mem, &cfg), ORD_OK);
    assert_int_equal(plan_place(plan, 0, CORRIDOR, 0, 0), ORD_OK);
    assert_int_equal(plan_place(plan, 1, CORRIDOR + 3, 0, 0), ORD_OK);
    assert_int_equal(plan_route(plan, 0, (struct plan_request){ 7, 5000 }, 0), ORD_OK);
    *state = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(block);
    return 0;
}

static void claim(uint16_t robot, int steps)
{
    uint16_t by;
    while (steps-- > 0) {
        uint16_t to = plan_next(plan, robot);
        assert_int_equal(plan_blocked(plan, robot, to, &by), false);
        plan_claim(plan, robot, to);
    }
}

static void what_is_given_back_is_free_for_others(void **state)
{
    (void)state;
    claim(0, 5); /* 0 1 2 3 4 */
    assert_int_equal(plan_of(plan, 0)->step[plan_of(plan, 0)->head].node, 4);
    assert_int_equal(plan_route(plan, 1, (struct plan_request){ 4, 5000 }, 0), ORD_OK);
    uint16_t by = ID_NONE;
    assert_true(plan_blocked(plan, 1, plan_next(plan, 1), &by));
    assert_int_equal(by, 0);
    plan_unclaim(plan, 0, 2, 1000); /* it was sent no further than node 1 */
    plan_verify(plan);
    const struct route *t = plan_of(plan, 0);
    assert_int_equal(t->head, 2);
    assert_int_equal(t->count, 3);
    assert_false(t->complete);
    assert_false(t->absent); /* others may ask it to make way */
    assert_int_equal(plan_route(plan, 1, (struct plan_request){ 4, 5000 }, 1000), ORD_OK);
    assert_false(plan_blocked(plan, 1, plan_next(plan, 1), &by));
}

static void after_giving_back_it_is_planned_and_goes_on(void **state)
{
    (void)state;
    claim(0, 6);
    plan_unclaim(plan, 0, 3, 1000);
    assert_int_equal(plan_route(plan, 0, (struct plan_request){ 7, 5000 }, 1000), ORD_OK);
    assert_true(plan_of(plan, 0)->complete);
    claim(0, 4);
    plan_verify(plan);
    plan_reached(plan, 0, plan_of(plan, 0)->base + 2, 2000);
    plan_unclaim(plan, 0, 0, 2000); /* to where it stands */
    plan_verify(plan);
    assert_int_equal(plan_of(plan, 0)->count, 1);
    assert_int_equal(plan_route(plan, 0, (struct plan_request){ 7, 5000 }, 3000), ORD_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_given_back_is_free_for_others, setup, teardown),
        cmocka_unit_test_setup_teardown(after_giving_back_it_is_planned_and_goes_on, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
