/* The judge has never been right until it has found a planted fault: each story first shows a plan that passes, then
 * breaks one thing. Routes are written by hand; no planner is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/plan_check.h"
#include "tiny_site.h"

#define ROBOTS 3

static struct tiny tiny;

struct bench {
    void *block;
    const struct site *site;
    struct plan_judge *judge;
    struct route route[ROBOTS];
    class_id cls[ROBOTS];
    struct plan_finding finding;
};

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    for (int r = 0; r < ROBOTS; r++) b->route[r].step = calloc(ROUTE_MAX, sizeof(struct route_step));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    for (int r = 0; r < ROBOTS; r++) free(b->route[r].step);
    free(b->block);
    free(b);
    return 0;
}

static struct bench *bench_on(void **state, const struct site *s)
{
    struct bench *b = *state;
    struct arena mem;
    free(b->block);
    b->block = malloc(plan_judge_memory(s, ROBOTS));
    b->site = s;
    arena_init(&mem, b->block, plan_judge_memory(s, ROBOTS));
    assert_int_equal(plan_judge_open(&b->judge, &mem, s, ROBOTS), ORD_OK);
    for (int r = 0; r < ROBOTS; r++) {
        struct route_step *step = b->route[r].step;
        b->route[r] = (struct route){ .refuge = ID_NONE, .step = step };
    }
    return b;
}

/* Standing at `first` with nothing claimed ahead. */
static struct route *stands(struct bench *b, uint16_t r, node_id first)
{
    struct route *t = &b->route[r];
    t->placed = true;
    t->count = 1;
    t->step[0] = (struct route_step){ .node = first, .edge = ID_NONE };
    if (b->site->node[first].flags & NODE_REFUGE) {
        t->complete = true;
        t->refuge = first;
    }
    return t;
}

/* One step more, entered at `enter`, taking 4 s. */
static void goes(struct bench *b, uint16_t r, node_id to, ms_t enter)
{
    struct route *t = &b->route[r];
    node_id from = t->step[t->count - 1].node;
    t->step[t->count++] = (struct route_step){
        .node = to, .edge = site_edge_between(b->site, from, to), .enter_ms = enter, .arrive_ms = enter + 4000
    };
    t->complete = (b->site->node[to].flags & NODE_REFUGE) != 0;
    t->refuge = t->complete ? to : ID_NONE;
}

static void passes(struct bench *b)
{
    int err = plan_check(b->judge, b->route, b->cls, ROBOTS, &b->finding);
    if (err)
        print_error("fault %d robot %u other %u step %u res %u\n", b->finding.fault, b->finding.robot, b->finding.other,
                    b->finding.step, b->finding.res);
    assert_int_equal(err, ORD_OK);
    assert_int_equal(b->finding.fault, FAULT_NONE);
}

static void finds(struct bench *b, enum plan_fault fault, uint16_t robot)
{
    assert_int_equal(plan_check(b->judge, b->route, b->cls, ROBOTS, &b->finding), ORD_EREFUSED);
    assert_int_equal(b->finding.fault, fault);
    assert_int_equal(b->finding.robot, robot);
}

/* Robot 0 from bay 6 over 0, 1, 2 to bay 8 (corridor of 6, bays 6.. below 0..). */
static struct bench *one_way_home(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    stands(b, 0, 6);
    goes(b, 0, 0, 1000);
    goes(b, 0, 1, 5000);
    goes(b, 0, 2, 9000);
    goes(b, 0, 8, 13000);
    passes(b);
    return b;
}

static void an_empty_floor_and_standing_robots_pass(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    passes(b);
    stands(b, 0, 6);
    stands(b, 1, 7);
    stands(b, 2, 3); /* in the way, but not in anybody's */
    passes(b);
}

static void a_step_over_an_edge_that_is_not_there_is_found(void **state)
{
    struct bench *b = one_way_home(state);
    b->route[0].step[3].node = 3; /* 1 -> 3 with the edge 1 -> 2 */
    finds(b, FAULT_EDGE, 0);
    b->route[0].step[3].node = 2;
    passes(b);
    b->route[0].step[3].edge = b->site->edges;
    finds(b, FAULT_EDGE, 0);
    b->route[0].step[3].edge = ID_NONE; /* a jump */
    finds(b, FAULT_EDGE, 0);
    assert_int_equal(b->finding.step, 3);
}

static void an_edge_driven_backwards_is_found(void **state)
{
    struct bench *b = one_way_home(state);
    b->route[0].step[2].edge = site_edge_between(b->site, 1, 0);
    finds(b, FAULT_EDGE, 0);
}

static void an_edge_the_class_does_not_fit_is_found(void **state)
{
    tiny_corridor(&tiny, 6, 4);
    tiny.site.classes = 2;
    tiny.site.cls[1] = tiny.site.cls[0];
    struct bench *b = bench_on(state, tiny_done(&tiny));
    stands(b, 0, 6);
    goes(b, 0, 0, 1000);
    tiny.fits[1 * b->site->edges + b->route[0].step[1].edge] = 0;
    passes(b); /* it is class 0 */
    b->cls[0] = 1;
    finds(b, FAULT_EDGE, 0);
    memset(tiny.fits, 1, sizeof tiny.fits);
}

static void time_that_runs_backwards_is_found(void **state)
{
    struct bench *b = one_way_home(state);
    struct route_step good = b->route[0].step[2];
    b->route[0].step[2].arrive_ms = good.enter_ms; /* no time at all */
    finds(b, FAULT_TIME, 0);
    b->route[0].step[2] = good;
    b->route[0].step[2].enter_ms = b->route[0].step[1].arrive_ms - 1; /* gone before it came */
    finds(b, FAULT_TIME, 0);
    assert_int_equal(b->finding.step, 2);
}

static void claimed_steps_have_no_times_to_judge(void **state)
{
    struct bench *b = one_way_home(state);
    b->route[0].head = 2;
    b->route[0].step[1].arrive_ms = 0;
    b->route[0].step[2].arrive_ms = 0;
    passes(b);
}

static void claims_that_conflict_are_found_whatever_the_times(void **state)
{
    struct bench *b = one_way_home(state);
    stands(b, 1, 9);
    goes(b, 1, 3, 50000);
    goes(b, 1, 2, 54000);
    goes(b, 1, 3, 58000);
    goes(b, 1, 9, 62000);
    passes(b);
    b->route[0].head = 3;
    passes(b); /* node 2 is claimed by one and planned by the other, later */
    b->route[1].head = 2;
    finds(b, FAULT_CLAIMS, 0);
    assert_int_equal(b->finding.other, 1);
}

static void two_robots_on_one_node_are_found(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    stands(b, 0, 3);
    stands(b, 2, 4);
    passes(b);
    stands(b, 2, 3);
    finds(b, FAULT_CLAIMS, 0);
    assert_int_equal(b->finding.other, 2);
}

static void overlapping_visits_are_found_at_the_turning_point(void **state)
{
    struct bench *b = one_way_home(state); /* holds node 1 from 5000, lane 0-1 until 9000, node 1 until 13000 */
    stands(b, 1, 7);                       /* the bay off node 1 */
    goes(b, 1, 1, 13000);
    goes(b, 1, 7, 17000);
    passes(b);
    b->route[1].step[1].enter_ms--; /* one millisecond too early */
    finds(b, FAULT_OVERLAP, 0);
    assert_int_equal(b->finding.other, 1);
}

static void a_head_on_swap_is_found(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    stands(b, 0, 1);
    stands(b, 1, 2);
    goes(b, 0, 2, 1000);
    goes(b, 1, 1, 1000);
    finds(b, FAULT_OVERLAP, 0);
}

static void a_visit_planned_under_a_claim_is_found(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    stands(b, 0, 6);
    goes(b, 0, 0, 1000);
    goes(b, 0, 6, 90000);
    stands(b, 1, 1);
    passes(b);
    goes(b, 1, 0, 200000); /* after robot 0 has gone home at 94000 */
    goes(b, 1, 1, 210000);
    passes(b);
    b->route[0].count = 2; /* robot 0 stays on node 0 for good instead */
    b->route[0].complete = false;
    b->route[0].refuge = ID_NONE;
    finds(b, FAULT_OVERLAP, 0);
}

static void a_place_kept_for_ever_may_not_be_crossed_later(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 4));
    stands(b, 0, 2); /* no refuge: it just stands there */
    stands(b, 1, 7);
    goes(b, 1, 1, 1000);
    passes(b);
    goes(b, 1, 2, 100 * MS_HOUR);
    finds(b, FAULT_OVERLAP, 0);
}

static void a_car_that_had_no_time_to_come_is_found(void **state)
{
    struct bench *b = bench_on(state, tiny_two_levels(&tiny));
    ms_t gap = 3000 + site_car_travel_ms(b->site, 0, 0, 1) + 3000;
    stands(b, 0, TWO_PER_LEVEL + TWO_LOBBY); /* upstairs, comes down into the car and out */
    stands(b, 1, TWO_LOBBY);
    b->route[1].step[0].node = TWO_MIDDLE;
    goes(b, 0, TWO_CABIN_1, 0);
    goes(b, 0, TWO_PER_LEVEL + TWO_LOBBY, 4000);
    goes(b, 0, TWO_PER_LEVEL + TWO_MIDDLE, 8000); /* lobby upstairs: left at 12000, the way out of the car at 8000 */
    goes(b, 1, TWO_LOBBY, 1000);
    goes(b, 1, TWO_CABIN_0, 8000 + gap);
    goes(b, 1, TWO_LOBBY, 12000 + gap);
    goes(b, 1, TWO_MIDDLE, 16000 + gap);
    passes(b);
    b->route[1].step[2].enter_ms--;
    finds(b, FAULT_OVERLAP, 0);
}

static void a_ride_whose_exit_is_not_free_from_its_beginning_is_found(void **state)
{
    struct bench *b = bench_on(state, tiny_two_levels(&tiny));
    stands(b, 0, TWO_LOBBY);
    goes(b, 0, TWO_CABIN_0, 20000);
    goes(b, 0, TWO_CABIN_1, 24000);
    goes(b, 0, TWO_PER_LEVEL + TWO_LOBBY, 28000);
    stands(b, 1, TWO_PER_LEVEL + TWO_LOBBY);
    goes(b, 1, TWO_PER_LEVEL + TWO_MIDDLE, 16000); /* has left the lobby when the other one enters the car */
    passes(b);
    b->route[1].step[1].enter_ms++;
    b->route[1].step[1].arrive_ms++;
    finds(b, FAULT_OVERLAP, 0);
}

static void a_frontier_in_a_cabin_is_found(void **state)
{
    struct bench *b = bench_on(state, tiny_two_levels(&tiny));
    stands(b, 0, TWO_LOBBY);
    goes(b, 0, TWO_CABIN_0, 1000);
    goes(b, 0, TWO_CABIN_1, 5000);
    goes(b, 0, TWO_PER_LEVEL + TWO_LOBBY, 9000);
    passes(b);
    b->route[0].head = 3;
    passes(b); /* in one go is right */
    for (uint16_t head = 1; head < 3; head++) {
        b->route[0].head = head;
        finds(b, FAULT_FRONTIER, 0);
    }
}

static void a_frontier_where_stopping_is_forbidden_is_found(void **state)
{
    struct bench *b = one_way_home(state);
    tiny.node[1].flags |= NODE_NO_STOP;
    passes(b);
    b->route[0].head = 2;
    finds(b, FAULT_FRONTIER, 0);
    tiny.node[1].flags = 0;
    passes(b);
}

static void a_claim_longer_than_the_route_is_found(void **state)
{
    struct bench *b = one_way_home(state);
    b->route[0].head = b->route[0].count;
    finds(b, FAULT_FRONTIER, 0);
    b->route[0].head = 0;
    b->route[0].count = 0;
    finds(b, FAULT_FRONTIER, 0);
}

static void a_shared_refuge_is_found(void **state)
{
    struct bench *b = one_way_home(state);
    stands(b, 1, 9);
    passes(b);
    b->route[1].refuge = 8;
    finds(b, FAULT_REFUGE, 1);
}

static void a_complete_route_that_ends_elsewhere_is_found(void **state)
{
    struct bench *b = one_way_home(state);
    b->route[0].count--; /* ends on node 2 and still says it is complete */
    finds(b, FAULT_REFUGE, 0);
    b->route[0].refuge = 2; /* and even believes in it: node 2 is no refuge */
    finds(b, FAULT_REFUGE, 0);
    b->route[0].complete = false;
    b->route[0].refuge = ID_NONE;
    passes(b);
}

static void a_robot_that_is_nowhere_is_not_judged(void **state)
{
    struct bench *b = one_way_home(state);
    stands(b, 1, 2);
    finds(b, FAULT_OVERLAP, 0);
    b->route[1].placed = false;
    passes(b);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(an_empty_floor_and_standing_robots_pass),
        STORY(a_step_over_an_edge_that_is_not_there_is_found),
        STORY(an_edge_driven_backwards_is_found),
        STORY(an_edge_the_class_does_not_fit_is_found),
        STORY(time_that_runs_backwards_is_found),
        STORY(claimed_steps_have_no_times_to_judge),
        STORY(claims_that_conflict_are_found_whatever_the_times),
        STORY(two_robots_on_one_node_are_found),
        STORY(overlapping_visits_are_found_at_the_turning_point),
        STORY(a_head_on_swap_is_found),
        STORY(a_visit_planned_under_a_claim_is_found),
        STORY(a_place_kept_for_ever_may_not_be_crossed_later),
        STORY(a_car_that_had_no_time_to_come_is_found),
        STORY(a_ride_whose_exit_is_not_free_from_its_beginning_is_found),
        STORY(a_frontier_in_a_cabin_is_found),
        STORY(a_frontier_where_stopping_is_forbidden_is_found),
        STORY(a_claim_longer_than_the_route_is_found),
        STORY(a_shared_refuge_is_found),
        STORY(a_complete_route_that_ends_elsewhere_is_found),
        STORY(a_robot_that_is_nowhere_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
