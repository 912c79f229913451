/* The standing plan: which refuge is whose, and robots that are cut on their way (plan.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/plan.h"
#include "planner/plan_check.h"
#include "tiny_site.h"

#define ROBOTS 4

static struct tiny tiny;
static const class_id classes[ROBOTS];

struct bench {
    void *block;
    struct plan *plan;
    struct plan_judge *judge;
    ms_t now_ms;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct bench));
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    free(b->block);
    free(b);
    return 0;
}

static struct bench *bench_on(void **state, const struct site *s)
{
    struct bench *b = *state;
    struct plan_config cfg = { .site = s, .robots = ROBOTS, .robot_class = classes, .expansions_max = 5000 };
    struct arena mem;
    size_t size = plan_memory(&cfg) + plan_judge_memory(s, ROBOTS);
    b->block = malloc(size);
    arena_init(&mem, b->block, size);
    assert_int_equal(plan_open(&b->plan, &mem, &cfg), ORD_OK);
    assert_int_equal(plan_judge_open(&b->judge, &mem, s, ROBOTS), ORD_OK);
    return b;
}

static void judged(struct bench *b)
{
    struct plan_finding f;
    plan_verify(b->plan);
    assert_int_equal(plan_check(b->judge, plan_of(b->plan, 0), classes, ROBOTS, &f), ORD_OK);
}

static void place(struct bench *b, uint16_t r, node_id n)
{
    assert_int_equal(plan_place(b->plan, r, n, 0, b->now_ms), ORD_OK);
    judged(b);
}

static int route(struct bench *b, uint16_t r, node_id goal)
{
    int err = plan_route(b->plan, r, (struct plan_request){ goal, goal == ID_NONE ? 0 : 5000 }, b->now_ms);
    judged(b);
    return err;
}

/* Claims one move further if nobody goes first. */
static bool claim(struct bench *b, uint16_t r)
{
    uint16_t to = plan_next(b->plan, r), by;
    if (to == plan_of(b->plan, r)->head || plan_blocked(b->plan, r, to, &by)) return false;
    plan_claim(b->plan, r, to);
    judged(b);
    return true;
}

static bool drive(struct bench *b, uint16_t r)
{
    const struct route *t = plan_of(b->plan, r);
    if (t->head == 0) return false;
    plan_reached(b->plan, r, t->base + 1, b->now_ms += 3000);
    judged(b);
    return true;
}

/* Everybody claims and drives, the served goal included, until nothing moves. */
static void run_out(struct bench *b)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (uint16_t r = 0; r < ROBOTS; r++) {
            moved = claim(b, r) || moved;
            moved = drive(b, r) || moved;
            const struct route *t = plan_of(b->plan, r);
            if (!t->placed || t->head > 0 || !(t->step[0].flags & STEP_GOAL)) continue;
            plan_served(b->plan, r, b->now_ms);
            moved = true;
        }
    }
}

static bool at_home(const struct bench *b, uint16_t r)
{
    const struct route *t = plan_of(b->plan, r);
    return t->complete && t->count == 1 && t->step[0].node == t->refuge;
}

/* A ring of twelve with a refuge below node 0 (12) and below node 6 (13) only. */
static struct site *ring_with_two_refuges(void)
{
    tiny_begin(&tiny, 1);
    for (node_id i = 0; i < 12; i++)
        tiny_node(&tiny, 0, TINY_STEP_MM * (i < 6 ? i : 11 - i), i < 6 ? 0 : TINY_STEP_MM, 0);
    for (node_id i = 0; i < 12; i++) tiny_lane(&tiny, i, (node_id)((i + 1) % 12));
    tiny_refuge(&tiny, 0, 0, -TINY_STEP_MM);
    tiny_refuge(&tiny, 6, 0, TINY_STEP_MM);
    return tiny_done(&tiny);
}

static void two_robots_exchange_refuges_when_both_ways_home_get_shorter(void **state)
{
    struct bench *b = bench_on(state, ring_with_two_refuges());
    place(b, 0, 12);
    place(b, 1, 13);
    assert_int_equal(route(b, 0, 6), ORD_OK);
    assert_int_equal(plan_of(b->plan, 0)->refuge, 12); /* the other one stands in its own */
    assert_int_equal(route(b, 1, 0), ORD_OK);
    assert_int_equal(plan_of(b->plan, 0)->refuge, 13);
    assert_int_equal(plan_of(b->plan, 1)->refuge, 12);
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
}

static void who_stands_on_a_refuge_keeps_it_and_the_other_one_its_mission(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 8, 6)); /* bays 8 .. 13 */
    place(b, 0, 8);
    assert_int_equal(route(b, 0, 4), ORD_OK);
    assert_int_equal(plan_of(b->plan, 0)->refuge, 12);
    place(b, 1, 12);
    assert_true(at_home(b, 1));
    const struct route *t = plan_of(b->plan, 0);
    assert_true(t->complete && t->refuge != 12);
    bool goal = false;
    for (uint16_t i = 0; i < t->count; i++) goal = goal || ((t->step[i].flags & STEP_GOAL) && t->step[i].node == 4);
    assert_true(goal);
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
}

static void without_another_refuge_who_loses_his_is_cut(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 1));
    place(b, 0, 5);
    assert_int_equal(route(b, 0, 3), ORD_OK);
    place(b, 1, 6);
    assert_true(at_home(b, 1));
    assert_false(plan_of(b->plan, 0)->complete);
    assert_int_equal(plan_of(b->plan, 0)->count, 1);
}

/* Robot 0 is cut at node 4 and stays at node 1: who was to pass there behind it is cut as well. */
static void a_robot_cut_on_its_way_stands_where_it_is_for_all(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4)); /* bays 6 .. 9 */
    place(b, 0, 1);
    place(b, 1, 6);
    assert_int_equal(route(b, 0, 5), ORD_OK);
    assert_int_equal(route(b, 1, 2), ORD_OK);
    place(b, 2, 4);
    assert_false(plan_of(b->plan, 0)->complete);
    assert_false(plan_of(b->plan, 1)->complete);
    assert_int_equal(plan_of(b->plan, 0)->count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_robots_exchange_refuges_when_both_ways_home_get_shorter, setup, teardown),
        cmocka_unit_test_setup_teardown(who_stands_on_a_refuge_keeps_it_and_the_other_one_its_mission, setup, teardown),
        cmocka_unit_test_setup_teardown(without_another_refuge_who_loses_his_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_robot_cut_on_its_way_stands_where_it_is_for_all, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
