/* Stories about planning everybody at once on a site: swaps, goals in others' ways, proofs that there is no way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "planner/pebble.h"
#include "planner/together.h"
#include "tiny_site.h"

static struct tiny tiny;
static void *board;

/* 0 - 1 - 2 - 3 - 4 with a bay 5 at node 2. */
static const struct site *corridor_with_bay(void)
{
    tiny_begin(&tiny, 1);
    for (int i = 0; i < 5; i++) tiny_node(&tiny, 0, i * TINY_STEP_MM, 0, 0);
    tiny_node(&tiny, 0, 2 * TINY_STEP_MM, TINY_STEP_MM, 0);
    for (node_id i = 0; i < 4; i++) tiny_lane(&tiny, i, (node_id)(i + 1));
    tiny_lane(&tiny, 2, 5);
    tiny_done(&tiny);
    return &tiny.site;
}

static int solve(const struct site *s, uint16_t robots, const node_id *start, const node_id *goal,
                 struct together **out, void **memory, struct witness_proof *proof)
{
    struct hops *hops;
    struct arena mem;
    size_t bytes = hops_memory(s, 0);
    arena_init(&mem, malloc(bytes), bytes);
    board = mem.base;
    assert_int_equal(hops_open(&hops, &mem, s, 0), ORD_OK);
    bytes = together_memory(hops, robots);
    *memory = malloc(bytes);
    arena_init(&mem, *memory, bytes);
    assert_int_equal(together_open(out, &mem, hops, robots), ORD_OK);
    struct together_problem q = { .robots = robots,
                                  .start = start,
                                  .goal = goal,
                                  .seed = 1,
                                  .tries_max = 20000,
                                  .answers_max = 5,
                                  .searches_max = 40 };
    return together_solve(*out, &q, proof);
}

static void two_change_places_through_the_bay(void **state)
{
    const struct site *s = corridor_with_bay();
    const node_id start[] = { 0, 4 }, goal[] = { 4, 0 };
    struct together *t;
    void *memory;
    struct witness_proof proof;
    assert_int_equal(solve(s, 2, start, goal, &t, &memory, &proof), ORD_OK); /* judged by plan_check inside */
    const struct route *route = together_routes(t);
    for (int r = 0; r < 2; r++) assert_int_equal(route[r].step[route[r].count - 1].node, goal[r]);
    assert_true(together_alone_ms(t, 0) > 0);
    free(memory);
    free(board);
    (void)state;
}

static void the_inner_goal_is_filled_last(void **state)
{
    const struct site *s = corridor_with_bay();
    const node_id start[] = { 1, 0 }, goal[] = { 3, 4 }; /* robot 0 stays at 3, robot 1 must get behind it */
    struct together *t;
    void *memory;
    struct witness_proof proof;
    assert_int_equal(solve(s, 2, start, goal, &t, &memory, &proof), ORD_OK);
    free(memory);
    free(board);
    (void)state;
}

static void a_goal_out_of_reach_is_named_with_its_robot(void **state)
{
    tiny_begin(&tiny, 1);
    for (int i = 0; i < 4; i++) tiny_node(&tiny, 0, i * TINY_STEP_MM, 0, 0);
    tiny_lane(&tiny, 0, 1);
    tiny_lane(&tiny, 2, 3); /* another island */
    tiny_done(&tiny);
    const node_id start[] = { 0, 2 }, goal[] = { 1, 0 };
    struct together *t;
    void *memory;
    struct witness_proof proof = { 0 };
    assert_int_equal(solve(&tiny.site, 2, start, goal, &t, &memory, &proof), ORD_ENOTFOUND);
    assert_int_equal(proof.kind, WITNESS_ALONE);
    assert_int_equal(proof.robot, 1);
    free(memory);
    free(board);
    (void)state;
}

static void without_a_bay_a_swap_is_proven_impossible(void **state)
{
    tiny_begin(&tiny, 1);
    for (int i = 0; i < 4; i++) tiny_node(&tiny, 0, i * TINY_STEP_MM, 0, 0);
    for (node_id i = 0; i < 3; i++) tiny_lane(&tiny, i, (node_id)(i + 1));
    tiny_done(&tiny);
    const node_id start[] = { 0, 3 }, goal[] = { 3, 0 };
    struct together *t;
    void *memory;
    struct witness_proof proof;
    assert_int_equal(solve(&tiny.site, 2, start, goal, &t, &memory, &proof), ORD_ENOTFOUND);
    assert_int_equal(proof.kind, WITNESS_ROOM);
    free(memory);
    free(board);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_change_places_through_the_bay),
        cmocka_unit_test(the_inner_goal_is_filled_last),
        cmocka_unit_test(a_goal_out_of_reach_is_named_with_its_robot),
        cmocka_unit_test(without_a_bay_a_swap_is_proven_impossible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
