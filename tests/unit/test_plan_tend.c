/* Looking the standing plan over: who may go first, who makes room, and what is never touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/plan.h"
#include "planner/plan_check.h"
#include "tiny_site.h"

#define ROBOTS 3

/* A street 0..7 from west to east, and a cross street 8 - 4 - 9; bays at the ends of both. */
enum { WEST = 0, CROSS = 4, EAST = 7, NORTH = 8, SOUTH = 9, BAY_WEST, BAY_EAST, BAY_NORTH, BAY_SOUTH };

static struct tiny tiny;
static const class_id classes[ROBOTS];

struct bench {
    void *block;
    struct plan *plan;
    struct plan_judge *judge;
};

static struct site *crossing(void)
{
    struct tiny *t = &tiny;
    tiny_begin(t, 1);
    for (node_id n = 0; n <= EAST; n++) tiny_node(t, 0, TINY_STEP_MM * n, 0, 0);
    tiny_node(t, 0, TINY_STEP_MM * CROSS, TINY_STEP_MM, 0);
    tiny_node(t, 0, TINY_STEP_MM * CROSS, -TINY_STEP_MM, 0);
    for (node_id n = 0; n < EAST; n++) tiny_lane(t, n, (node_id)(n + 1));
    tiny_lane(t, NORTH, CROSS);
    tiny_lane(t, CROSS, SOUTH);
    assert_int_equal(tiny_refuge(t, WEST, -TINY_STEP_MM, 0), BAY_WEST);
    assert_int_equal(tiny_refuge(t, EAST, TINY_STEP_MM, 0), BAY_EAST);
    assert_int_equal(tiny_refuge(t, NORTH, 0, TINY_STEP_MM), BAY_NORTH);
    assert_int_equal(tiny_refuge(t, SOUTH, 0, -TINY_STEP_MM), BAY_SOUTH);
    return tiny_done(t);
}

static void open_without(struct bench *b, uint8_t without)
{
    struct plan_config cfg = {
        .site = crossing(), .robots = ROBOTS, .robot_class = classes, .expansions_max = 5000, .without = without
    };
    size_t size = plan_memory(&cfg) + plan_judge_memory(cfg.site, ROBOTS);
    struct arena mem;
    b->block = malloc(size);
    arena_init(&mem, b->block, size);
    assert_int_equal(plan_open(&b->plan, &mem, &cfg), ORD_OK);
    assert_int_equal(plan_judge_open(&b->judge, &mem, cfg.site, ROBOTS), ORD_OK);
}

static void judged(const struct bench *b)
{
    struct plan_finding f;
    plan_verify(b->plan);
    assert_int_equal(plan_check(b->judge, plan_of(b->plan, 0), classes, ROBOTS, &f), ORD_OK);
}

static ms_t enters(const struct bench *b, uint16_t r, node_id n)
{
    const struct route *t = plan_of(b->plan, r);
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++)
        if (t->step[i].node == n) return t->step[i].enter_ms;
    fail_msg("robot %u does not go over node %u", r, n);
    return 0;
}

static void claim_to(struct bench *b, uint16_t r, node_id n)
{
    uint16_t by;
    while (route_frontier(plan_of(b->plan, r))->node != n) {
        uint16_t to = plan_next(b->plan, r);
        assert_true(to > plan_of(b->plan, r)->head && !plan_blocked(b->plan, r, to, &by));
        plan_claim(b->plan, r, to);
    }
}

static void drive_to(struct bench *b, uint16_t r, node_id n, ms_t now_ms)
{
    claim_to(b, r, n);
    const struct route *t = plan_of(b->plan, r);
    plan_reached(b->plan, r, t->base + t->head, now_ms);
}

/* Robot 1 serves at the north end for a minute and then goes home to the south; before that, robot 0 is to pass the
 * crossing. */
static void one_serves_the_other_is_on_its_way(struct bench *b)
{
    assert_int_equal(plan_place(b->plan, 0, BAY_WEST, 0, 0), ORD_OK);
    assert_int_equal(plan_place(b->plan, 1, BAY_SOUTH, 0, 0), ORD_OK);
    assert_int_equal(plan_place(b->plan, 2, BAY_NORTH, 0, 0), ORD_OK);
    assert_int_equal(plan_route(b->plan, 1, (struct plan_request){ NORTH, MS_MINUTE }, 0), ORD_OK);
    drive_to(b, 1, NORTH, 15000);
    assert_int_equal(plan_route(b->plan, 0, (struct plan_request){ EAST, 5000 }, 15000), ORD_OK);
    assert_true(enters(b, 0, CROSS) < enters(b, 1, CROSS));
    judged(b);
}

static void who_is_ready_early_goes_first_without_a_search(void **state)
{
    struct bench b;
    open_without(&b, PLAN_REORDER | PLAN_HOMES | PLAN_GUIDANCE);
    one_serves_the_other_is_on_its_way(&b);
    plan_served(b.plan, 1, 16000); /* much earlier than thought */
    uint64_t expansions = plan_totals(b.plan).expansions;
    plan_retime(b.plan, 16000);
    assert_true(enters(&b, 0, CROSS) < enters(&b, 1, CROSS)); /* times shift, the order does not */
    assert_int_equal(plan_improve(b.plan, 1, (struct plan_request){ ID_NONE, 0 }, 16000, 100), ORD_OK);
    judged(&b);
    assert_true(enters(&b, 1, CROSS) < enters(&b, 0, CROSS));
    assert_int_equal(plan_totals(b.plan).switches, 1);
    assert_int_equal(plan_totals(b.plan).expansions, expansions);
    assert_true(enters(&b, 1, CROSS) < 16000 + 10000);
    free(b.block);
}

static void what_is_claimed_keeps_its_turn(void **state)
{
    struct bench b;
    open_without(&b, PLAN_REORDER | PLAN_HOMES | PLAN_GUIDANCE);
    one_serves_the_other_is_on_its_way(&b);
    claim_to(&b, 0, CROSS);
    plan_served(b.plan, 1, 16000);
    assert_int_equal(plan_improve(b.plan, 1, (struct plan_request){ ID_NONE, 0 }, 16000, 100), ORD_ENOTFOUND);
    judged(&b);
    assert_int_equal(route_frontier(plan_of(b.plan, 0))->node, CROSS);
    assert_int_equal(plan_totals(b.plan).switches, 0);
    free(b.block);
}

static void left_out_nothing_is_switched(void **state)
{
    struct bench b;
    open_without(&b, PLAN_REORDER | PLAN_SWITCH | PLAN_HOMES | PLAN_GUIDANCE);
    one_serves_the_other_is_on_its_way(&b);
    plan_served(b.plan, 1, 16000);
    assert_int_equal(plan_improve(b.plan, 1, (struct plan_request){ ID_NONE, 0 }, 16000, 100), ORD_ENOTFOUND);
    plan_tend(b.plan, 16000);
    assert_true(enters(&b, 0, CROSS) < enters(&b, 1, CROSS));
    free(b.block);
}

/* Robot 1 is on its way home along the street that robot 0 needs the other way. */
static ms_t goal_against_one_going_home(uint8_t without)
{
    struct bench b;
    open_without(&b, without);
    assert_int_equal(plan_place(b.plan, 0, BAY_WEST, 0, 0), ORD_OK);
    assert_int_equal(plan_place(b.plan, 1, EAST, 0, 0), ORD_OK);
    assert_int_equal(plan_place(b.plan, 2, BAY_EAST, 0, 0), ORD_OK);
    assert_int_equal(plan_route(b.plan, 1, (struct plan_request){ ID_NONE, 0 }, 0), ORD_OK);
    assert_int_equal(plan_route(b.plan, 0, (struct plan_request){ CROSS - 1, 60000 }, 0), ORD_OK);
    judged(&b);
    assert_true(plan_of(b.plan, 1)->complete);
    ms_t at_ms = enters(&b, 0, CROSS - 1);
    free(b.block);
    return at_ms;
}

static void a_mission_goes_before_ways_home(void **state)
{
    ms_t with = goal_against_one_going_home(0), after = goal_against_one_going_home(PLAN_HOMES);
    assert_true(with <= after);
}

static void the_plan_is_looked_over_once_a_second_and_again_later(void **state)
{
    struct bench b;
    open_without(&b, 0);
    one_serves_the_other_is_on_its_way(&b);
    plan_tend(b.plan, 17000);
    struct plan_totals first = plan_totals(b.plan);
    plan_tend(b.plan, 17900);
    assert_int_equal(plan_totals(b.plan).expansions, first.expansions);
    for (ms_t now_ms = 18000; now_ms < 100000; now_ms += 1000) {
        plan_tend(b.plan, now_ms);
        judged(&b);
    }
    free(b.block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_ready_early_goes_first_without_a_search),
        cmocka_unit_test(what_is_claimed_keeps_its_turn),
        cmocka_unit_test(left_out_nothing_is_switched),
        cmocka_unit_test(a_mission_goes_before_ways_home),
        cmocka_unit_test(the_plan_is_looked_over_once_a_second_and_again_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
