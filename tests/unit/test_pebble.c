/* Moving one robot at a time, and the times that follow: every hop is free when it is driven, all end at home,
 * detours go, and the judge of plans accepts the timed routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "planner/joint.h"
#include "planner/passage.h"
#include "planner/pebble.h"
#include "planner/plan_check.h"
#include "planner/witness.h"
#include "tiny_board.h"

#define MOVES 4000

static struct tiny tiny;

struct tools {
    struct board board;
    struct pebble *pebble;
    struct passage *passage;
    struct joint *joint;
    struct plan_judge *judge;
    struct route route[BOARD_ROBOTS];
    void *block;
};

static void tools_open(struct tools *t, const struct site *s, uint16_t robots)
{
    struct arena mem;
    board_open(&t->board, s, robots);
    const struct hops *h = t->board.hops;
    size_t size = pebble_memory(h, robots, MOVES) + passage_memory(h, robots) + joint_memory(h, robots, 2000) +
                  plan_judge_memory(s, robots);
    arena_init(&mem, t->block = malloc(size), size);
    assert_int_equal(pebble_open(&t->pebble, &mem, h, robots, MOVES), ORD_OK);
    assert_int_equal(passage_open(&t->passage, &mem, h, robots, MOVES), ORD_OK);
    assert_int_equal(joint_open(&t->joint, &mem, h, robots, 2000), ORD_OK);
    assert_int_equal(plan_judge_open(&t->judge, &mem, s, robots), ORD_OK);
    for (uint16_t r = 0; r < robots; r++)
        t->route[r] =
            (struct route){ .placed = true, .refuge = ID_NONE, .step = malloc(ROUTE_MAX * sizeof(struct route_step)) };
}

static void tools_close(struct tools *t)
{
    for (uint16_t r = 0; r < t->board.crowd.robots; r++) free(t->route[r].step);
    free(t->block);
    board_close(&t->board);
}

static void is_an_answer(const struct board *b, const struct crowd_move *move, uint32_t moves)
{
    node_id at[BOARD_ROBOTS];
    assert_int_equal(board_replay(b, move, moves, at), moves);
    assert_memory_equal(at, b->goal, b->crowd.robots * sizeof *at);
}

static void passes_the_judge(struct tools *t, const struct crowd_move *move, uint32_t moves, ms_t *sum)
{
    static const class_id cls[BOARD_ROBOTS];
    struct plan_finding finding;
    assert_int_equal(passage_run(t->passage, &t->board.crowd, move, moves, t->route, sum), ORD_OK);
    assert_int_equal(plan_check(t->judge, t->route, cls, t->board.crowd.robots, &finding), ORD_OK);
}

/* ---- random boards --------------------------------------------------------------------------------------------- */

struct share {
    uint32_t asked, solved, proven;
};

static bool is_hopeless(const struct board *b)
{
    struct arena mem;
    struct witness *w;
    struct witness_proof proof;
    size_t size = witness_memory(b->hops, b->crowd.robots);
    void *block = malloc(size);
    arena_init(&mem, block, size);
    assert_int_equal(witness_open(&w, &mem, b->hops, b->crowd.robots), ORD_OK);
    int err = witness_find(w, &b->crowd, &proof);
    free(block);
    return err == ORD_OK;
}

static void judge_random_boards(const char *purpose, bool foul, uint16_t robots, struct share *share)
{
    struct rng r = rng_stream(1, purpose);
    for (int i = 0; i < 300; i++) {
        struct tools t;
        const struct crowd_move *move;
        uint32_t moves;
        const struct site *s = board_random(&tiny, &r, 14, (uint16_t)rng_below(&r, 4), foul);
        if (foul) s = board_spoil(&tiny, &r);
        tools_open(&t, s, robots);
        struct board *b = &t.board;
        if (board_draw(s, &r, robots, b->start) && board_draw(s, &r, robots, b->goal)) {
            board_measure(b);
            share->asked++;
            int err = ORD_EFULL;
            for (uint64_t seed = 0; err && seed < 10; seed++)
                err = pebble_solve(t.pebble, &b->crowd, seed, NULL, 4000, &move, &moves);
            if (err) {
                share->proven += !foul && is_hopeless(b);
            } else {
                struct crowd_move order[MOVES];
                ms_t first = MS_NEVER, shorter, again;
                is_an_answer(b, move, moves);
                if (moves < ROUTE_MAX) passes_the_judge(&t, move, moves, &first);
                memcpy(order, move, moves * sizeof *move);
                uint32_t n = passage_shorten(t.passage, order, moves);
                assert_true(n <= moves);
                is_an_answer(b, order, n);
                share->solved++;
                if (n >= ROUTE_MAX) { /* perhaps too long for one route */
                    tools_close(&t);
                    continue;
                }
                passes_the_judge(&t, order, n, &shorter);
                n = passage_of(t.passage, &b->crowd, t.route, order); /* back from times to an order */
                is_an_answer(b, order, n);
                passes_the_judge(&t, order, n, &again);
                assert_int_equal(again, shorter);
            }
        }
        tools_close(&t);
    }
}

static void two_way_boards_are_solved_or_hopeless(void **state)
{
    struct share share = { 0 };
    judge_random_boards("two-way", false, 5, &share); /* nine places of fourteen are empty */
    assert_true(share.asked > 250);
    assert_int_equal(share.solved + share.proven, share.asked);
    assert_true(share.solved > share.asked / 2);
    (void)state;
}

static void answers_on_foul_boards_are_good(void **state)
{
    struct share share = { 0 };
    judge_random_boards("foul", true, 4, &share);
    assert_true(share.solved > share.asked / 3); /* the others may have no way */
    (void)state;
}

/* ---- stories --------------------------------------------------------------------------------------------------- */

/* 0 - 1 - 2 - 3 - 4 with a bay 5 at node 2. */
static void corridor(struct tools *t, uint16_t robots)
{
    tiny_begin(&tiny, 1);
    for (int i = 0; i < 5; i++) tiny_node(&tiny, 0, i * TINY_STEP_MM, 0, 0);
    tiny_node(&tiny, 0, 2 * TINY_STEP_MM, TINY_STEP_MM, 0);
    for (node_id i = 0; i < 4; i++) tiny_lane(&tiny, i, (node_id)(i + 1));
    tiny_lane(&tiny, 2, 5);
    tools_open(t, tiny_done(&tiny), robots);
}

static hop_id hop(const struct tools *t, node_id a, node_id b)
{
    const struct hops *h = t->board.hops;
    for (hop_id i = h->out_start[a]; i < h->out_start[a + 1]; i++)
        if (h->hop[i].to == b) return i;
    return HOP_NONE;
}

static void a_detour_that_made_room_for_nobody_is_left_out(void **state)
{
    struct tools t;
    corridor(&t, 2);
    struct crowd_move order[] = {
        { 0, hop(&t, 1, 2) }, { 0, hop(&t, 2, 5) }, { 1, hop(&t, 4, 3) }, { 0, hop(&t, 5, 2) }
    };
    assert_int_equal(passage_shorten(t.passage, order, 4), 2);
    assert_int_equal(order[0].robot, 0); /* to node 2 and there it stays */
    assert_int_equal(order[1].robot, 1);
    tools_close(&t);
    (void)state;
}

static void a_detour_that_made_room_is_kept(void **state)
{
    struct tools t;
    corridor(&t, 2);
    t.board.start[0] = 2;
    t.board.start[1] = 3;
    struct crowd_move order[] = {
        { 0, hop(&t, 2, 5) }, { 1, hop(&t, 3, 2) }, { 1, hop(&t, 2, 1) }, { 0, hop(&t, 5, 2) }
    };
    assert_int_equal(passage_shorten(t.passage, order, 4), 4);
    tools_close(&t);
    (void)state;
}

static void who_follows_begins_when_the_place_was_left(void **state)
{
    struct tools t;
    ms_t sum;
    corridor(&t, 2);
    t.board.start[0] = 1;
    t.board.start[1] = 0;
    struct crowd_move order[] = { { 0, hop(&t, 1, 2) }, { 1, hop(&t, 0, 1) } };
    assert_int_equal(passage_run(t.passage, &t.board.crowd, order, 2, t.route, &sum), ORD_OK);
    assert_int_equal(t.route[1].step[1].enter_ms, t.route[0].step[1].arrive_ms);
    assert_int_equal(sum, t.route[0].step[1].arrive_ms + t.route[1].step[1].arrive_ms);
    tools_close(&t);
    (void)state;
}

static void a_straight_run_does_not_stop_at_every_node(void **state)
{
    struct tools t;
    ms_t sum;
    corridor(&t, 1);
    struct crowd_move order[] = {
        { 0, hop(&t, 0, 1) }, { 0, hop(&t, 1, 2) }, { 0, hop(&t, 2, 3) }, { 0, hop(&t, 3, 4) }
    };
    assert_int_equal(passage_run(t.passage, &t.board.crowd, order, 4, t.route, &sum), ORD_OK);
    const struct robot_class *c = &t.board.site->cls[0];
    ms_t ramp = (ms_t)c->speed_mm_s * 500 / c->accel_mm_s2; /* once, at the beginning */
    assert_int_equal(sum, 4 * travel_ms(TINY_STEP_MM, c->speed_mm_s) + ramp);
    tools_close(&t);
    (void)state;
}

/* ---- joint ----------------------------------------------------------------------------------------------------- */

static void joint_answers_are_good_or_lead_nearer(void **state)
{
    struct rng r = rng_stream(1, "joint");
    uint32_t solved = 0, asked = 0;
    for (int i = 0; i < 300; i++) {
        struct tools t;
        struct joint_answer a;
        const struct site *s = board_random(&tiny, &r, 14, (uint16_t)rng_below(&r, 5), i % 2);
        if (i % 2) s = board_spoil(&tiny, &r);
        tools_open(&t, s, 4);
        struct board *b = &t.board;
        if (board_draw(s, &r, 4, b->start) && board_draw(s, &r, 4, b->goal)) {
            node_id at[BOARD_ROBOTS];
            board_measure(b);
            bool open = true;
            for (uint16_t k = 0; k < 4; k++) open &= crowd_ms(&b->crowd, k, b->start[k]) != UINT32_MAX;
            struct joint_query q = { .crowd = &b->crowd, .seed = 1, .expansions_max = 1000 };
            int err = open ? joint_find(t.joint, &q, &a) : ORD_ENOTFOUND;
            if (open) {
                asked++;
                assert_int_equal(board_replay(b, a.move, a.moves, at), a.moves);
                assert_memory_equal(at, a.at, 4 * sizeof *at);
                if (!err) is_an_answer(b, a.move, a.moves);
                solved += !err;
            }
        }
        tools_close(&t);
    }
    assert_true(asked > 150 && solved > asked / 2);
    (void)state;
}

static void a_closed_hop_is_never_taken(void **state)
{
    struct tools t;
    struct joint_answer a;
    corridor(&t, 2);
    struct board *b = &t.board;
    uint8_t *closed = calloc(b->hops->count, 1);
    b->start[0] = 0, b->start[1] = 4, b->goal[0] = 4, b->goal[1] = 0;
    board_measure(b);
    struct joint_query q = { .crowd = &b->crowd, .closed = closed, .seed = 1, .expansions_max = 5000 };
    assert_int_equal(joint_find(t.joint, &q, &a), ORD_OK);
    is_an_answer(b, a.move, a.moves);
    closed[hop(&t, 2, 5)] = 1; /* without the bay nobody can pass: all there is was seen */
    assert_int_equal(joint_find(t.joint, &q, &a), ORD_ENOTFOUND);
    free(closed);
    tools_close(&t);
    (void)state;
}

static void a_full_ring_does_not_turn_at_once(void **state)
{
    struct tools t;
    struct joint_answer a;
    tiny_begin(&tiny, 1);
    for (int i = 0; i < 3; i++) tiny_node(&tiny, 0, i * TINY_STEP_MM, i % 2 * TINY_STEP_MM, 0);
    for (node_id i = 0; i < 3; i++) tiny_lane(&tiny, i, (node_id)((i + 1) % 3));
    tools_open(&t, tiny_done(&tiny), 3);
    for (node_id i = 0; i < 3; i++) {
        t.board.start[i] = i;
        t.board.goal[i] = (node_id)((i + 1) % 3);
    }
    board_measure(&t.board);
    struct joint_query q = { .crowd = &t.board.crowd, .seed = 1, .expansions_max = 5000 };
    assert_int_equal(joint_find(t.joint, &q, &a), ORD_ENOTFOUND);
    assert_int_equal(a.moves, 0);
    tools_close(&t);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_way_boards_are_solved_or_hopeless),
        cmocka_unit_test(answers_on_foul_boards_are_good),
        cmocka_unit_test(a_detour_that_made_room_for_nobody_is_left_out),
        cmocka_unit_test(a_detour_that_made_room_is_kept),
        cmocka_unit_test(who_follows_begins_when_the_place_was_left),
        cmocka_unit_test(a_straight_run_does_not_stop_at_every_node),
        cmocka_unit_test(joint_answers_are_good_or_lead_nearer),
        cmocka_unit_test(a_closed_hop_is_never_taken),
        cmocka_unit_test(a_full_ring_does_not_turn_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
