/* Stories about planning everybody at once on a site: swaps, goals in others' ways, proofs that there is no way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/rng.h"
#include "planner/together.h"
#include "map_fixture.h"
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

/* ---- real buildings -------------------------------------------------------------------------------------------- */

static bool draw_places(const struct site *s, struct rng *rng, uint16_t robots, node_id *place)
{
    for (uint16_t r = 0; r < robots; r++) {
        bool good = false;
        for (int tries = 0; tries < 5000 && !good; tries++) {
            place[r] = (node_id)rng_below(rng, s->nodes);
            good = node_stoppable(s, place[r]);
            for (uint16_t o = 0; o < r && good; o++) good = !site_conflict(s, 0, place[r], 0, place[o], NULL);
        }
        if (!good) return false;
    }
    return true;
}

/* Sum of the finishing times; every robot ends at its goal, never two in one place at one time. */
static ms_t judged_sum(const struct site *s, const struct route *route, uint16_t robots, const node_id *goal)
{
    ms_t sum = 0;
    for (uint16_t r = 0; r < robots; r++) {
        const struct route *w = &route[r];
        assert_int_equal(w->step[w->count - 1].node, goal[r]);
        sum += w->step[w->count - 1].arrive_ms;
        for (uint16_t o = 0; o < r; o++)
            for (uint16_t i = 0; i < w->count; i++)
                for (uint16_t k = 0; k < route[o].count; k++) {
                    const struct route_step *a = &w->step[i], *b = &route[o].step[k];
                    if (!site_conflict(s, 0, a->node, 0, b->node, NULL)) continue;
                    ms_t a_end = i + 1 < w->count ? a[1].arrive_ms : MS_NEVER;
                    ms_t b_end = k + 1 < route[o].count ? b[1].arrive_ms : MS_NEVER;
                    assert_true(a_end <= b->enter_ms || b_end <= a->enter_ms);
                }
    }
    return sum;
}

static void all_get_home_twice_the_same(struct site *s, uint16_t robots, uint64_t seeds)
{
    struct fleet_spec *fleet;
    struct err_note note = { "", "" };
    assert_int_equal(fleet_spec_default(1, &fleet), ORD_OK);
    assert_int_equal(site_compile(s, fleet->classes, fleet->cls, &note), ORD_OK);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        node_id start[50], goal[50];
        struct rng r = rng_stream(seed, "test_together");
        struct witness_proof proof;
        struct together *t;
        void *memory;
        ms_t sum[2];
        assert_true(draw_places(s, &r, robots, start) && draw_places(s, &r, robots, goal));
        for (int i = 0; i < 2; i++) {
            assert_int_equal(solve(s, robots, start, goal, &t, &memory, &proof), ORD_OK);
            sum[i] = judged_sum(s, together_routes(t), robots, goal);
            free(memory);
            free(board);
        }
        assert_int_equal(sum[0], sum[1]);
    }
    fleet_spec_close(fleet);
    site_close(s);
}

static void everybody_gets_home_on_the_demo_site(void **state)
{
    struct site *s;
    struct err_note note = { "", "" };
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &s, &note), ORD_OK);
    all_get_home_twice_the_same(s, 20, 2);
    (void)state;
}

static struct site *imported(const char *path, uint16_t refuges)
{
    struct site *s = NULL;
    struct import_report report;
    struct err_note note = { "", "" };
    assert_int_equal(import_rmf(path, (struct import_options){ .graph = 0, .refuges = refuges }, &s, &report, &note),
                     ORD_OK);
    import_report_close(&report);
    return s;
}

static void everybody_gets_home_in_the_clinic_and_the_hotel(void **state)
{
    NEED_FILE(SHARED "rmf-maps/clinic.building.yaml");
    all_get_home_twice_the_same(imported(SHARED "rmf-maps/clinic.building.yaml", 8), 20, 2);
    all_get_home_twice_the_same(imported(SHARED "rmf-maps/clinic.building.yaml", 0), 50, 1);
    all_get_home_twice_the_same(imported(SHARED "rmf-maps/hotel.building.yaml", 8), 20, 2);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_change_places_through_the_bay),
        cmocka_unit_test(the_inner_goal_is_filled_last),
        cmocka_unit_test(a_goal_out_of_reach_is_named_with_its_robot),
        cmocka_unit_test(without_a_bay_a_swap_is_proven_impossible),
        cmocka_unit_test(everybody_gets_home_on_the_demo_site),
        cmocka_unit_test(everybody_gets_home_in_the_clinic_and_the_hotel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
