#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/rng.h"
#include "planner/lns.h"
#include "planner/path_check.h"
#include "tiny_grid.h"

#define ROBOTS 64
#define HORIZON 80

static struct tiny_grid tiny;
static const struct grid *g;
static uint32_t start[ROBOTS], goal[ROBOTS];
static uint8_t memory[16 << 20];
static struct mapf m;
static const char *const room[] = { "..........", ".@.@@.@@@.", "..........", ".@.@@.@@@.",
                                    "..........", ".@.@@.@@@.", ".........." };

static struct lns *open_lns(uint16_t robots, uint64_t seed)
{
    struct arena mem;
    struct lns *l;
    arena_init(&mem, memory, sizeof memory);
    assert_int_equal(mapf_open(&m, &mem, g, robots, start, goal), MAPF_OK);
    assert_true(mapf_memory(g, robots) + lns_memory(&m, HORIZON) <= sizeof memory);
    assert_int_equal(lns_open(&l, &mem, &m, HORIZON, seed), ORD_OK);
    return l;
}

static bool place_all(struct lns *l, uint32_t limit)
{
    lns_begin(l);
    for (uint32_t i = 0; i < limit; i++)
        if (lns_insert(l)) return true;
    return false;
}

static void judge(const struct lns *l, uint16_t robots)
{
    static uint8_t block[1 << 16];
    struct path_check c;
    struct arena mem;
    pose_id row[ROBOTS];
    arena_init(&mem, block, sizeof block);
    assert_int_equal(path_check_open(&c, &mem, g, robots, false), ORD_OK);
    for (uint32_t t = 0; t <= lns_makespan(l); t++) {
        for (uint16_t r = 0; r < robots; r++) row[r] = pose_of(lns_at(l, r, t), 0);
        assert_int_equal(path_check_row(&c, row, start).kind, PATH_FINE);
    }
    assert_int_equal(path_check_end(&c, goal).kind, PATH_FINE);
    lns_check(l);
}

static void shuffled(uint32_t *out, uint32_t cells, uint64_t seed, const char *purpose)
{
    struct rng rng = rng_stream(seed, purpose);
    uint32_t a[128];
    for (uint32_t i = 0; i < cells; i++) a[i] = i;
    for (uint32_t i = cells; i > 1; i--) {
        uint32_t k = rng_below(&rng, i), x = a[i - 1];
        a[i - 1] = a[k];
        a[k] = x;
    }
    memcpy(out, a, (cells < ROBOTS ? cells : ROBOTS) * sizeof *out);
}

static void one_robot_goes_the_shortest_way(void **state)
{
    g = tiny_grid(&tiny, room, 7);
    start[0] = tiny_cell(g, 0, 0);
    goal[0] = tiny_cell(g, 9, 6);
    struct lns *l = open_lns(1, 1);
    assert_true(place_all(l, 1));
    assert_int_equal(lns_loss(l), 15);
    judge(l, 1);
}

static void plans_stay_valid_and_never_get_worse(void **state)
{
    g = tiny_grid(&tiny, room, 7);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint16_t robots = (uint16_t)(4 + seed);
        shuffled(start, g->cells, seed, "starts");
        shuffled(goal, g->cells, seed, "goals");
        struct lns *l = open_lns(robots, seed);
        assert_true(place_all(l, 2000));
        judge(l, robots);
        uint64_t loss = lns_loss(l);
        for (int i = 0; i < 300; i++) {
            uint32_t gain = lns_step(l);
            assert_true(lns_loss(l) + gain == loss);
            loss = lns_loss(l);
            if (i % 50 == 0) judge(l, robots);
        }
        judge(l, robots);
        assert_true(loss >= mapf_bound(&m));
    }
}

static void a_robot_in_the_way_is_pushed_out_and_comes_back(void **state)
{
    /* Robot 1 rests where robot 0 must pass; there is one bay. Whichever goes first, both get home. */
    static const char *const corridor[] = { "......", "@@.@@@" };
    g = tiny_grid(&tiny, corridor, 2);
    start[0] = tiny_cell(g, 0, 0);
    goal[0] = tiny_cell(g, 5, 0);
    start[1] = goal[1] = tiny_cell(g, 3, 0);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct lns *l = open_lns(2, seed);
        assert_true(place_all(l, 100));
        judge(l, 2);
        /* Robot 1 stands aside: one cell to the bay's mouth, into the bay, and back, resting before it must go. */
        for (int i = 0; i < 50; i++) lns_step(l);
        judge(l, 2);
        assert_in_range(lns_loss(l), 5 + 4, 5 + 5);
    }
}

static void what_cannot_be_is_never_told_to_be_done(void **state)
{
    static const char *const corridor[] = { "....." };
    g = tiny_grid(&tiny, corridor, 1);
    start[0] = goal[1] = 1;
    start[1] = goal[0] = 3;
    struct lns *l = open_lns(2, 1);
    assert_false(place_all(l, 500));
    assert_int_not_equal(lns_waiting(l), 0);
}

static void an_answer_taken_over_is_made_shorter(void **state)
{
    enum { STEPS = 20 };
    static uint32_t rows[(STEPS + 1) * 2];
    g = tiny_grid(&tiny, room, 7);
    start[0] = tiny_cell(g, 0, 0), goal[0] = tiny_cell(g, 3, 0);
    start[1] = tiny_cell(g, 0, 6), goal[1] = tiny_cell(g, 2, 6);
    for (uint32_t t = 0; t <= STEPS; t++) { /* robot 0 waits ten steps for nobody */
        rows[t * 2] = tiny_cell(g, t < 10 ? 0 : t < 13 ? t - 10 : 3, 0);
        rows[t * 2 + 1] = tiny_cell(g, t < 2 ? t : 2, 6);
    }
    struct lns *l = open_lns(2, 1);
    lns_load(l, rows, STEPS);
    judge(l, 2);
    assert_int_equal(lns_loss(l), 13 + 2);
    for (int i = 0; i < 20; i++) lns_step(l);
    judge(l, 2);
    assert_int_equal(lns_loss(l), 5);
}

static void the_same_seed_gives_the_same_plan(void **state)
{
    static uint32_t first[16 * HORIZON];
    g = tiny_grid(&tiny, room, 7);
    shuffled(start, g->cells, 3, "starts");
    shuffled(goal, g->cells, 3, "goals");
    for (int run = 0; run < 2; run++) {
        struct lns *l = open_lns(16, 5);
        assert_true(place_all(l, 2000));
        for (int i = 0; i < 200; i++) lns_step(l);
        for (uint32_t t = 0; t < HORIZON; t++)
            for (uint32_t r = 0; r < 16; r++) {
                if (run == 0) first[t * 16 + r] = lns_at(l, r, t);
                else assert_int_equal(first[t * 16 + r], lns_at(l, r, t));
            }
    }
}

static void a_horizon_out_of_range_or_a_small_block_is_refused(void **state)
{
    struct arena mem;
    struct lns *l;
    g = tiny_grid(&tiny, room, 7);
    start[0] = 0, goal[0] = 1;
    open_lns(1, 1);
    arena_init(&mem, memory + (8 << 20), 8 << 20);
    assert_int_equal(lns_open(&l, &mem, &m, 1, 1), ORD_ERANGE);
    assert_int_equal(lns_open(&l, &mem, &m, 70000, 1), ORD_ERANGE);
    arena_init(&mem, memory + (8 << 20), 4096);
    assert_int_equal(lns_open(&l, &mem, &m, HORIZON, 1), ORD_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_robot_goes_the_shortest_way),
        cmocka_unit_test(plans_stay_valid_and_never_get_worse),
        cmocka_unit_test(a_robot_in_the_way_is_pushed_out_and_comes_back),
        cmocka_unit_test(what_cannot_be_is_never_told_to_be_done),
        cmocka_unit_test(an_answer_taken_over_is_made_shorter),
        cmocka_unit_test(the_same_seed_gives_the_same_plan),
        cmocka_unit_test(a_horizon_out_of_range_or_a_small_block_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
