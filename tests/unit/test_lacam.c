#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/rng.h"
#include "planner/lacam.h"
#include "planner/path_check.h"
#include "tiny_grid.h"

#define ROBOTS 64

static struct tiny_grid tiny;
static const struct grid *g;
static uint32_t start[ROBOTS], goal[ROBOTS], rows[1 << 20];
static uint8_t memory[8 << 20], nodes[64 << 20];
static struct mapf m;

static enum mapf_fault open_mapf(struct arena *mem, uint16_t robots)
{
    arena_init(mem, memory, sizeof memory);
    return mapf_open(&m, mem, g, robots, start, goal);
}

/* Run to the end in small portions, with the judge at the end of it. */
static enum lacam_state solve(uint16_t robots, uint64_t seed, struct lacam **out)
{
    struct arena mem;
    struct lacam *l;
    assert_int_equal(open_mapf(&mem, robots), MAPF_OK);
    assert_true(mapf_memory(g, robots) + lacam_memory(&m) <= sizeof memory);
    assert_int_equal(lacam_open(&l, &mem, &m, seed), ORD_OK);
    assert_int_equal(lacam_run(l, 1), LACAM_HUNGRY);
    lacam_feed(l, nodes, sizeof nodes);
    enum lacam_state s = LACAM_MORE;
    for (int i = 0; i < 20000 && s == LACAM_MORE; i++) s = lacam_run(l, 10);
    *out = l;
    return s;
}

static void judge(const struct lacam *l, uint16_t robots)
{
    struct path_check c;
    struct arena mem;
    size_t bytes = path_check_memory(g, robots);
    void *block = malloc(bytes);
    pose_id row[ROBOTS];
    assert_true(((size_t)lacam_length(l) + 1) * robots <= sizeof rows / sizeof *rows);
    lacam_rows(l, rows);
    arena_init(&mem, block, bytes);
    assert_int_equal(path_check_open(&c, &mem, g, robots, false), ORD_OK);
    for (uint32_t t = 0; t <= lacam_length(l); t++) {
        for (uint16_t r = 0; r < robots; r++) row[r] = pose_of(rows[(size_t)t * robots + r], 0);
        assert_int_equal(path_check_row(&c, row, start).kind, PATH_FINE);
    }
    assert_int_equal(path_check_end(&c, goal).kind, PATH_FINE);
    free(block);
}

static void two_robots_pass_at_a_bay(void **state)
{
    static const char *const corridor[] = { ".......", "@@@.@@@" };
    struct lacam *l;
    g = tiny_grid(&tiny, corridor, 2);
    start[0] = goal[1] = tiny_cell(g, 0, 0);
    start[1] = goal[0] = tiny_cell(g, 6, 0);
    assert_int_equal(solve(2, 1, &l), LACAM_FOUND);
    judge(l, 2);
}

static void robots_that_stand_at_their_goals_need_no_step(void **state)
{
    static const char *const corridor[] = { "..." };
    struct lacam *l;
    g = tiny_grid(&tiny, corridor, 1);
    start[0] = goal[0] = 1;
    assert_int_equal(solve(1, 1, &l), LACAM_FOUND);
    assert_int_equal(lacam_length(l), 0);
    judge(l, 1);
}

static void a_corridor_without_a_bay_is_proved_hopeless(void **state)
{
    static const char *const corridor[] = { "....." };
    struct lacam *l;
    g = tiny_grid(&tiny, corridor, 1);
    start[0] = goal[1] = 1;
    start[1] = goal[0] = 3;
    assert_int_equal(solve(2, 1, &l), LACAM_NONE);
}

static void four_in_a_square_go_round_but_two_of_them_cannot_exchange(void **state)
{
    static const char *const square[] = { "..", ".." };
    struct lacam *l;
    g = tiny_grid(&tiny, square, 2);
    for (uint32_t r = 0; r < 4; r++) start[r] = r;
    goal[0] = 1, goal[1] = 3, goal[3] = 2, goal[2] = 0; /* all four one place on */
    assert_int_equal(solve(4, 1, &l), LACAM_FOUND);
    judge(l, 4);
    goal[0] = 1, goal[1] = 0, goal[2] = 2, goal[3] = 3; /* exchanging two of four needs an empty cell */
    assert_int_equal(solve(4, 1, &l), LACAM_NONE);
}

static void a_crowded_room_is_solved_and_every_answer_passes_the_judge(void **state)
{
    static const char *const room[] = { "........", ".@.@@.@.", "........", ".@.@@.@.",
                                        "........", ".@.@@.@.", "........" };
    g = tiny_grid(&tiny, room, 7);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rng rng = rng_stream(seed, "rooms");
        uint32_t a[64], b[64];
        for (uint32_t i = 0; i < g->cells; i++) a[i] = b[i] = i;
        for (uint32_t i = g->cells; i > 1; i--) {
            uint32_t j = rng_below(&rng, i), k = rng_below(&rng, i), x = a[i - 1], y = b[i - 1];
            a[i - 1] = a[j], a[j] = x;
            b[i - 1] = b[k], b[k] = y;
        }
        memcpy(start, a, sizeof a);
        memcpy(goal, b, sizeof b);
        struct lacam *l;
        uint16_t robots = (uint16_t)(5 + seed % 20);
        assert_int_equal(solve(robots, seed, &l), LACAM_FOUND);
        judge(l, robots);
    }
}

static void the_same_seed_gives_the_same_answer(void **state)
{
    static const char *const room[] = { "......", ".@..@.", "......" };
    static uint32_t first[4096];
    struct lacam *l;
    g = tiny_grid(&tiny, room, 3);
    for (uint32_t r = 0; r < 8; r++) {
        start[r] = r;
        goal[r] = g->cells - 1 - r;
    }
    assert_int_equal(solve(8, 7, &l), LACAM_FOUND);
    uint32_t length = lacam_length(l);
    assert_true((length + 1) * 8 <= 4096);
    lacam_rows(l, first);
    assert_int_equal(solve(8, 7, &l), LACAM_FOUND);
    assert_int_equal(lacam_length(l), length);
    lacam_rows(l, rows);
    assert_memory_equal(first, rows, (length + 1) * 8 * sizeof *rows);
}

static void a_search_goes_on_in_a_further_block(void **state)
{
    static const char *const corridor[] = { "..........", "@@@@.@@@@@" };
    struct arena mem;
    struct lacam *l;
    g = tiny_grid(&tiny, corridor, 2);
    start[0] = goal[1] = tiny_cell(g, 0, 0);
    start[1] = goal[0] = tiny_cell(g, 9, 0);
    assert_int_equal(open_mapf(&mem, 2), MAPF_OK);
    assert_int_equal(lacam_open(&l, &mem, &m, 1), ORD_OK);
    enum lacam_state s = LACAM_HUNGRY;
    size_t block = lacam_block_min(&m), used = 0;
    uint32_t fed = 0;
    while (s == LACAM_HUNGRY && used + block <= sizeof nodes) {
        lacam_feed(l, nodes + used, block);
        used += (block + 15) & ~(size_t)15;
        fed++;
        do s = lacam_run(l, 5);
        while (s == LACAM_MORE);
    }
    assert_int_equal(s, LACAM_FOUND);
    assert_true(fed > 2);
    judge(l, 2);
}

static void a_problem_that_makes_no_sense_is_named(void **state)
{
    static const char *const split[] = { "..@.." };
    struct arena mem;
    g = tiny_grid(&tiny, split, 1);
    start[0] = 0, start[1] = 1, start[2] = 0;
    goal[0] = 1, goal[1] = 0, goal[2] = 0;
    assert_int_equal(open_mapf(&mem, 3), MAPF_ONE_START);
    assert_true(m.bad[0] == 0 && m.bad[1] == 2);
    start[2] = 2;
    assert_int_equal(open_mapf(&mem, 3), MAPF_ONE_GOAL);
    assert_true(m.bad[0] == 1 && m.bad[1] == 2);
    goal[2] = 3;
    assert_int_equal(open_mapf(&mem, 3), MAPF_OK);
    assert_int_equal(mapf_bound(&m), 3);
    start[2] = 1, start[1] = 3;
    assert_int_equal(open_mapf(&mem, 3), MAPF_NO_WAY);
    assert_int_equal(m.bad[0], 1);
    arena_init(&mem, memory, 16);
    assert_int_equal(mapf_open(&m, &mem, g, 3, start, goal), MAPF_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_robots_pass_at_a_bay),
        cmocka_unit_test(robots_that_stand_at_their_goals_need_no_step),
        cmocka_unit_test(a_corridor_without_a_bay_is_proved_hopeless),
        cmocka_unit_test(four_in_a_square_go_round_but_two_of_them_cannot_exchange),
        cmocka_unit_test(a_crowded_room_is_solved_and_every_answer_passes_the_judge),
        cmocka_unit_test(the_same_seed_gives_the_same_answer),
        cmocka_unit_test(a_search_goes_on_in_a_further_block),
        cmocka_unit_test(a_problem_that_makes_no_sense_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
