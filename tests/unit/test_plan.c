/* The standing plan and the order of passage (plan.h). Invariants by number there. */
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

static void claim_all(struct bench *b, uint16_t r)
{
    while (claim(b, r)) {}
}

static bool drive(struct bench *b, uint16_t r)
{
    const struct route *t = plan_of(b->plan, r);
    if (t->head == 0) return false;
    plan_reached(b->plan, r, t->base + 1, b->now_ms += 3000);
    judged(b);
    return true;
}

static node_id at(const struct bench *b, uint16_t r) { return plan_of(b->plan, r)->step[0].node; }
static node_id frontier(const struct bench *b, uint16_t r) { return route_frontier(plan_of(b->plan, r))->node; }

static bool goes_over(const struct bench *b, uint16_t r, node_id n)
{
    const struct route *t = plan_of(b->plan, r);
    for (uint16_t i = 0; i < t->count; i++)
        if (t->step[i].node == n) return true;
    return false;
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

/* ---- placing ---- */

static void placed_on_a_refuge_the_plan_is_complete_elsewhere_not(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    assert_false(plan_of(b->plan, 0)->placed);
    place(b, 0, 6);
    assert_true(at_home(b, 0));
    place(b, 1, 3);
    assert_false(plan_of(b->plan, 1)->complete);
    assert_int_equal(plan_of(b->plan, 1)->refuge, ID_NONE);
}

static void a_place_that_is_taken_is_refused_and_nothing_changes(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 3);
    place(b, 1, 6);
    assert_int_equal(plan_place(b->plan, 1, 3, 0, 0), ORD_EREFUSED);
    assert_int_equal(at(b, 1), 6);
    assert_true(at_home(b, 1));
    judged(b);
}

static void a_refuge_somebody_is_going_to_is_not_given_twice(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 3)); /* bays 6, 7, 8 */
    place(b, 0, 5);
    place(b, 1, 6);
    place(b, 2, 7);
    assert_int_equal(route(b, 0, ID_NONE), ORD_OK);
    assert_int_equal(plan_of(b->plan, 0)->refuge, 8);
    place(b, 3, 0);
    assert_int_equal(route(b, 3, ID_NONE), ORD_ENOTFOUND); /* three bays, four robots */
    assert_false(plan_of(b->plan, 3)->complete);
    assert_true(plan_of(b->plan, 0)->complete);
}

static void who_is_put_in_the_way_cuts_the_way(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 3));
    place(b, 0, 5);
    assert_int_equal(route(b, 0, ID_NONE), ORD_OK);
    place(b, 1, 4);
    assert_false(plan_of(b->plan, 0)->complete); /* until planned again */
    assert_int_equal(route(b, 1, ID_NONE), ORD_OK);
    assert_int_equal(route(b, 0, ID_NONE), ORD_OK);
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
}

static void a_robot_taken_off_the_floor_frees_everything(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 2));
    place(b, 0, 6);
    place(b, 1, 2);
    assert_int_equal(route(b, 0, 5),
                     ORD_ENOTFOUND); /* the other one cannot be asked to go: no second free bay for ever ... */
    plan_remove(b->plan, 1);
    judged(b);
    assert_int_equal(route(b, 0, 5), ORD_OK);
    run_out(b);
    assert_true(at_home(b, 0));
}

/* ---- routes and claims ---- */

static void a_route_goes_over_the_goal_to_a_refuge(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 6);
    assert_int_equal(route(b, 0, 5), ORD_OK);
    const struct route *t = plan_of(b->plan, 0);
    assert_true(t->complete);
    assert_int_equal(t->head, 0);   /* planned is not claimed */
    assert_int_equal(t->refuge, 9); /* the bay nearest to the goal */
    claim_all(b, 0);
    assert_int_equal(frontier(b, 0), 5);
    assert_true(route_frontier(t)->flags & STEP_GOAL);
    assert_int_equal(plan_next(b->plan, 0), t->head); /* no further until it is served */
    while (drive(b, 0)) {}
    plan_served(b->plan, 0, b->now_ms);
    claim_all(b, 0);
    assert_int_equal(frontier(b, 0), 9);
    run_out(b);
    assert_true(at_home(b, 0));
}

static void an_unclaimed_goal_can_be_forgotten(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 6);
    route(b, 0, 5);
    plan_forget_goal(b->plan, 0);
    claim_all(b, 0);
    assert_int_equal(frontier(b, 0), 9); /* just passes it */
    judged(b);
}

static void what_is_passed_is_free_and_old_news_changes_nothing(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 6);
    route(b, 0, 5);
    claim_all(b, 0);
    const struct route *t = plan_of(b->plan, 0);
    uint32_t base = t->base;
    plan_reached(b->plan, 0, base + 3, 9000); /* two reports were lost */
    assert_int_equal(at(b, 0), 2);
    place(b, 1, 6);
    uint16_t count = t->count, head = t->head;
    const uint32_t nothing[] = { 0, base, base + 1, base + 3, base + 3 + head + 1, UINT32_MAX };
    for (size_t i = 0; i < COUNT_OF(nothing); i++) {
        plan_reached(b->plan, 0, nothing[i], 10000);
        assert_true(t->count == count && t->head == head && at(b, 0) == 2);
    }
    judged(b);
}

static void of_two_head_on_one_waits_for_the_other_by_name(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 6);
    place(b, 1, 9);
    assert_int_equal(route(b, 0, 5), ORD_OK);
    assert_int_equal(route(b, 1, 0), ORD_OK);
    uint16_t by = ID_NONE, stuck = ID_NONE;
    for (uint16_t r = 0; r < 2; r++) claim_all(b, r);
    for (uint16_t r = 0; r < 2; r++) {
        uint16_t to = plan_next(b->plan, r);
        if (to != plan_of(b->plan, r)->head && plan_blocked(b->plan, r, to, &by)) stuck = r;
    }
    assert_true(stuck != ID_NONE);
    assert_int_equal(by, 1 - stuck);
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
}

static void the_order_of_passage_holds_however_late_the_first_one_is(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 6);
    place(b, 1, 7);
    route(b, 0, 5);
    route(b, 1, 5);
    uint16_t first =
        goes_over(b, 0, 2) && plan_of(b->plan, 0)->step[2].enter_ms < plan_of(b->plan, 1)->step[2].enter_ms ? 0 : 1;
    for (int i = 0; i < 100; i++) { /* the first one does not move; time passes */
        plan_retime(b->plan, b->now_ms += 10000);
        judged(b);
        claim_all(b, (uint16_t)(1 - first));
        assert_true(frontier(b, (uint16_t)(1 - first)) != 5);
    }
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
}

static void a_ride_is_claimed_with_its_exit_in_one_piece(void **state)
{
    struct bench *b = bench_on(state, tiny_two_levels(&tiny));
    place(b, 0, TWO_REFUGE_B);
    assert_int_equal(route(b, 0, TWO_PER_LEVEL + TWO_WARD), ORD_OK);
    for (int i = 0; i < 20 && claim(b, 0); i++) {
        node_id n = frontier(b, 0);
        assert_true(n != TWO_CABIN_0 && n != TWO_CABIN_1);
        if (n == TWO_LOBBY) {
            const struct route *t = plan_of(b->plan, 0);
            assert_int_equal(plan_next(b->plan, 0), t->head + 3);
            assert_int_equal(t->step[t->head + 3].node, TWO_PER_LEVEL + TWO_LOBBY);
        }
    }
}

static void a_second_robot_waits_for_the_whole_ride(void **state)
{
    struct bench *b = bench_on(state, tiny_two_levels(&tiny));
    place(b, 0, TWO_REFUGE_B);
    place(b, 1, TWO_PER_LEVEL + TWO_REFUGE_B);
    route(b, 0, TWO_PER_LEVEL + TWO_WARD);
    assert_int_equal(route(b, 1, TWO_WARD), ORD_OK);
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
}

/* A - x - B and C - y - A; nobody may stand at x or y, and the lanes C-y and x-B are close. Step by step both could
 * drive at once: 1 passes C-y while 0 leaves A, 0 passes x-B after. But each move is claimed as one, so one must end
 * first. */
static void two_moves_that_each_need_the_others_end_do_not_wait_for_one_another(void **state)
{
    enum { A, X, B, Y, C };
    tiny_begin(&tiny, 1);
    tiny_node(&tiny, 0, 0, 0, TINY_REFUGE);
    tiny_node(&tiny, 0, 3000, 0, NODE_NO_STOP);
    tiny_node(&tiny, 0, 6000, 0, TINY_REFUGE);
    tiny_node(&tiny, 0, 3000, 3000, NODE_NO_STOP);
    tiny_node(&tiny, 0, 6000, 3000, TINY_REFUGE);
    tiny_lane(&tiny, A, X);
    lane_id xb = tiny_lane(&tiny, X, B), cy = tiny_lane(&tiny, C, Y);
    tiny_lane(&tiny, Y, A);
    tiny_conflict(&tiny, res_lane(&tiny.site, xb), res_lane(&tiny.site, cy));
    struct bench *b = bench_on(state, tiny_done(&tiny));
    place(b, 0, A);
    assert_int_equal(plan_place(b->plan, 1, C, 3142, 0), ORD_OK); /* looks towards y */
    assert_int_equal(route(b, 0, B), ORD_OK);
    assert_int_equal(route(b, 1, A), ORD_OK);
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
    assert_int_equal(at(b, 0), B);
    assert_int_equal(at(b, 1), A);
}

static void one_who_stands_in_the_way_is_planned_together(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 6);
    place(b, 1, 3); /* stands in the corridor, no plan of its own yet */
    assert_int_equal(route(b, 0, 5), ORD_OK);
    assert_int_equal(plan_totals(b->plan).pairs, 1);
    assert_true(plan_of(b->plan, 1)->complete);
    run_out(b);
    assert_true(at_home(b, 0) && at_home(b, 1));
}

static void a_plan_that_is_not_found_leaves_the_standing_one(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 2));
    place(b, 0, 6);
    place(b, 1, 7);
    place(b, 2, 3); /* no bay left for it: it cannot get out of the way */
    assert_int_equal(route(b, 0, 5), ORD_ENOTFOUND);
    assert_true(at_home(b, 0));
    assert_int_equal(route(b, 0, 2), ORD_OK); /* on this side there is room */
    run_out(b);
    assert_true(at_home(b, 0));
}

/* ---- cutting ---- */

static void a_cut_cuts_those_whose_way_it_blocks_and_no_others(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    place(b, 0, 8);
    place(b, 1, 6);
    place(b, 2, 9);
    route(b, 0, ID_NONE);
    assert_int_equal(route(b, 0, 3), ORD_OK);
    claim(b, 0); /* out of bay 8 onto node 2 */
    claim(b, 0);
    route(b, 1, 5); /* comes through behind it */
    assert_true(goes_over(b, 1, 2));
    plan_cut(b->plan, 0, b->now_ms);
    judged(b);
    assert_false(plan_of(b->plan, 0)->complete);
    assert_false(plan_of(b->plan, 1)->complete);
    assert_true(plan_of(b->plan, 2)->complete);
    assert_int_equal(plan_of(b->plan, 0)->head,
                     plan_of(b->plan, 0)->count - 1); /* the claim stays: it may be anywhere on it */
    assert_int_equal(route(b, 0, 3), ORD_OK);         /* back again */
    assert_int_equal(route(b, 1, 5), ORD_OK);
    run_out(b);
    for (uint16_t r = 0; r < 3; r++) assert_true(at_home(b, r));
}

/* ---- improving ---- */

static void a_better_way_is_taken_only_when_it_gains_enough(void **state)
{
    struct bench *b = bench_on(state, tiny_ring(&tiny, 8));
    place(b, 0, 8);
    place(b, 1, 9);
    route(b, 1, 0);
    assert_int_equal(route(b, 0, 2), ORD_OK);
    struct plan_request want = { 2, 5000 };
    assert_int_equal(plan_improve(b->plan, 0, want, b->now_ms, MS_MINUTE), ORD_ENOTFOUND);
    judged(b);
    plan_improve(b->plan, 0, want, b->now_ms, 1); /* perhaps by going first, when both together gain */
    judged(b);
    assert_int_equal(plan_improve(b->plan, 0, want, b->now_ms, 1), ORD_ENOTFOUND); /* it is the best by now */
    judged(b);
    plan_remove(b->plan, 1);
    plan_improve(b->plan, 0, want, b->now_ms, 0);
    judged(b);
    assert_int_equal(plan_improve(b->plan, 0, want, b->now_ms, 1), ORD_ENOTFOUND);
    assert_int_equal(plan_improve(b->plan, 3, want, b->now_ms, 1), ORD_ENOTFOUND); /* not on the floor */
    run_out(b);
    assert_true(at_home(b, 0));
}

static void a_robot_that_is_nowhere_has_no_route(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    assert_int_equal(route(b, 2, 3), ORD_ENOTFOUND);
    assert_int_equal(plan_next(b->plan, 2), 0);
    plan_reached(b->plan, 2, 1, 0);
    plan_served(b->plan, 2, 0);
    plan_forget_goal(b->plan, 2);
    plan_cut(b->plan, 2, 0);
    judged(b);
}

static void an_arena_that_is_too_small_is_refused(void **state)
{
    struct plan_config cfg = {
        .site = tiny_corridor(&tiny, 6, 4), .robots = ROBOTS, .robot_class = classes, .expansions_max = 5000
    };
    size_t enough = plan_memory(&cfg);
    for (int part = 0; part < 10; part++) {
        struct plan *p;
        struct arena mem;
        size_t size = enough / 10 * (size_t)part;
        void *block = malloc(size + 1);
        arena_init(&mem, block, size);
        assert_int_equal(plan_open(&p, &mem, &cfg), ORD_EFULL);
        free(block);
    }
    (void)state;
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(placed_on_a_refuge_the_plan_is_complete_elsewhere_not),
        STORY(a_place_that_is_taken_is_refused_and_nothing_changes),
        STORY(a_refuge_somebody_is_going_to_is_not_given_twice),
        STORY(who_is_put_in_the_way_cuts_the_way),
        STORY(a_robot_taken_off_the_floor_frees_everything),
        STORY(a_route_goes_over_the_goal_to_a_refuge),
        STORY(an_unclaimed_goal_can_be_forgotten),
        STORY(what_is_passed_is_free_and_old_news_changes_nothing),
        STORY(of_two_head_on_one_waits_for_the_other_by_name),
        STORY(the_order_of_passage_holds_however_late_the_first_one_is),
        STORY(a_ride_is_claimed_with_its_exit_in_one_piece),
        STORY(a_second_robot_waits_for_the_whole_ride),
        STORY(two_moves_that_each_need_the_others_end_do_not_wait_for_one_another),
        STORY(one_who_stands_in_the_way_is_planned_together),
        STORY(a_plan_that_is_not_found_leaves_the_standing_one),
        STORY(a_cut_cuts_those_whose_way_it_blocks_and_no_others),
        STORY(a_better_way_is_taken_only_when_it_gains_enough),
        STORY(a_robot_that_is_nowhere_has_no_route),
        STORY(an_arena_that_is_too_small_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
