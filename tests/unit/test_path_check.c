#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/path_check.h"
#include "tiny_grid.h"

static struct tiny_grid tiny;
static uint8_t memory[1 << 16];
static const struct grid *g;
static const char *const room[] = { "....", ".@..", "...." };

static void open_check(struct path_check *c, uint32_t robots, bool turning)
{
    struct arena mem;
    g = tiny_grid(&tiny, room, 3);
    assert_true(path_check_memory(g, robots) <= sizeof memory);
    arena_init(&mem, memory, path_check_memory(g, robots));
    assert_int_equal(path_check_open(c, &mem, g, robots, turning), ORD_OK);
}

static pose_id at(uint32_t x, uint32_t y) { return pose_of(tiny_cell(g, x, y), 0); }
static pose_id facing(uint32_t x, uint32_t y, uint32_t h) { return pose_of(tiny_cell(g, x, y), h); }

/* The fault found in rows of two robots each. */
static struct path_fault judge(struct path_check *c, pose_id (*rows)[2], uint32_t n)
{
    struct path_fault f = { PATH_FINE, 0, 0, 0, 0 };
    for (uint32_t i = 0; i < n && f.kind == PATH_FINE; i++) f = path_check_row(c, rows[i], NULL);
    return f;
}

static void following_into_a_cell_just_left_is_fine(void **state)
{
    struct path_check c;
    open_check(&c, 2, false);
    pose_id rows[][2] = {
        { at(0, 0), at(1, 0) }, { at(1, 0), at(2, 0) }, { at(1, 0), at(3, 0) }, { at(2, 0), at(3, 1) }
    };
    assert_int_equal(judge(&c, rows, 4).kind, PATH_FINE);
    uint32_t goal[2] = { pose_cell(at(2, 0)), pose_cell(at(3, 1)) };
    assert_int_equal(path_check_end(&c, goal).kind, PATH_FINE);
}

static void four_robots_may_go_round_in_a_circle(void **state)
{
    struct path_check c;
    open_check(&c, 4, false);
    pose_id before[4] = { at(2, 0), at(3, 0), at(3, 1), at(2, 1) },
            after[4] = { at(3, 0), at(3, 1), at(2, 1), at(2, 0) };
    assert_int_equal(path_check_row(&c, before, NULL).kind, PATH_FINE);
    assert_int_equal(path_check_row(&c, after, NULL).kind, PATH_FINE);
}

static void two_in_one_cell_are_found(void **state)
{
    struct path_check c;
    open_check(&c, 2, false);
    pose_id rows[][2] = { { at(0, 0), at(2, 0) }, { at(1, 0), at(1, 0) } };
    struct path_fault f = judge(&c, rows, 2);
    assert_int_equal(f.kind, PATH_VERTEX);
    assert_int_equal(f.step, 1);
    assert_true(f.a == 0 && f.b == 1 && f.cell == pose_cell(at(1, 0)));
}

static void two_that_start_in_one_cell_are_found(void **state)
{
    struct path_check c;
    open_check(&c, 2, false);
    pose_id rows[][2] = { { at(0, 0), at(0, 0) } };
    assert_int_equal(judge(&c, rows, 1).kind, PATH_VERTEX);
}

static void an_exchange_of_cells_is_found(void **state)
{
    struct path_check c;
    open_check(&c, 2, false);
    pose_id rows[][2] = { { at(3, 0), at(0, 0) }, { at(2, 0), at(1, 0) }, { at(1, 0), at(2, 0) } };
    struct path_fault f = judge(&c, rows, 3);
    assert_int_equal(f.kind, PATH_SWAP);
    assert_int_equal(f.step, 2);
    assert_true(f.a == 0 && f.b == 1);
}

static void a_jump_is_found_and_so_is_a_slanting_move(void **state)
{
    struct path_check c;
    open_check(&c, 2, false);
    pose_id far[][2] = { { at(0, 0), at(3, 2) }, { at(2, 0), at(3, 2) } };
    assert_int_equal(judge(&c, far, 2).kind, PATH_JUMP);
    open_check(&c, 2, false);
    pose_id slanting[][2] = { { at(0, 0), at(2, 0) }, { at(0, 0), at(3, 1) } };
    struct path_fault f = judge(&c, slanting, 2);
    assert_int_equal(f.kind, PATH_JUMP);
    assert_int_equal(f.a, 1);
}

static void the_end_of_one_row_is_no_neighbour_of_the_next(void **state)
{
    struct path_check c;
    open_check(&c, 2, false);
    pose_id rows[][2] = { { at(3, 0), at(3, 2) }, { at(0, 1), at(3, 2) } };
    assert_int_equal(judge(&c, rows, 2).kind, PATH_JUMP);
}

static void a_wrong_start_and_a_wrong_end_are_found(void **state)
{
    struct path_check c;
    open_check(&c, 2, false);
    pose_id row[2] = { at(0, 0), at(1, 0) };
    uint32_t there[2] = { pose_cell(at(0, 0)), pose_cell(at(2, 0)) };
    struct path_fault f = path_check_row(&c, row, there);
    assert_int_equal(f.kind, PATH_START);
    assert_int_equal(f.a, 1);
    open_check(&c, 2, false);
    assert_int_equal(path_check_end(&c, there).kind, PATH_GOAL); /* no row at all */
    assert_int_equal(path_check_row(&c, row, NULL).kind, PATH_FINE);
    assert_int_equal(path_check_end(&c, there).a, 1);
}

static void with_turning_one_action_is_a_move_ahead_or_a_quarter_turn(void **state)
{
    struct path_check c;
    open_check(&c, 2, true);
    pose_id fine[][2] = { { facing(0, 0, 0), facing(3, 2, 2) },
                          { facing(1, 0, 0), facing(3, 2, 3) },
                          { facing(1, 0, 3), facing(3, 1, 3) },
                          { facing(1, 0, 0), facing(3, 1, 3) } };
    assert_int_equal(judge(&c, fine, 4).kind, PATH_FINE);
}

static void wrong_turns_are_found(void **state)
{
    struct {
        pose_id from, to;
    } wrong[] = { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } };
    struct path_check c;
    open_check(&c, 2, true);
    wrong[0].from = facing(0, 0, 0), wrong[0].to = facing(0, 0, 2); /* half a turn */
    wrong[1].from = facing(0, 0, 1), wrong[1].to = facing(1, 0, 1); /* aside */
    wrong[2].from = facing(1, 0, 0), wrong[2].to = facing(0, 0, 0); /* backwards */
    wrong[3].from = facing(0, 0, 0), wrong[3].to = facing(1, 0, 1); /* move and turn */
    for (size_t i = 0; i < 4; i++) {
        open_check(&c, 2, true);
        pose_id rows[][2] = { { wrong[i].from, facing(3, 2, 0) }, { wrong[i].to, facing(3, 2, 0) } };
        assert_int_equal(judge(&c, rows, 2).kind, PATH_TURN);
        open_check(&c, 2, false); /* without turning nobody asks */
        assert_int_equal(judge(&c, rows, 2).kind, PATH_FINE);
    }
}

static void a_small_block_of_memory_is_refused(void **state)
{
    struct path_check c;
    struct arena mem;
    g = tiny_grid(&tiny, room, 3);
    arena_init(&mem, memory, 64);
    assert_int_equal(path_check_open(&c, &mem, g, 2, false), ORD_EFULL);
}

static void every_fault_has_words_in_both_languages(void **state)
{
    for (int k = PATH_FINE; k <= PATH_GOAL; k++) {
        assert_string_not_equal(path_fault_name((enum path_fault_kind)k), "?");
        assert_string_not_equal(path_fault_en((enum path_fault_kind)k), "?");
        assert_string_not_equal(path_fault_zh((enum path_fault_kind)k), "?");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(following_into_a_cell_just_left_is_fine),
        cmocka_unit_test(four_robots_may_go_round_in_a_circle),
        cmocka_unit_test(two_in_one_cell_are_found),
        cmocka_unit_test(two_that_start_in_one_cell_are_found),
        cmocka_unit_test(an_exchange_of_cells_is_found),
        cmocka_unit_test(a_jump_is_found_and_so_is_a_slanting_move),
        cmocka_unit_test(the_end_of_one_row_is_no_neighbour_of_the_next),
        cmocka_unit_test(a_wrong_start_and_a_wrong_end_are_found),
        cmocka_unit_test(with_turning_one_action_is_a_move_ahead_or_a_quarter_turn),
        cmocka_unit_test(wrong_turns_are_found),
        cmocka_unit_test(a_small_block_of_memory_is_refused),
        cmocka_unit_test(every_fault_has_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
