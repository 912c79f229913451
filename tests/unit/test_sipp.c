#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/sipp.h"
#include "tiny_site.h"

#define VISITS 2000
#define STATES 8192
#define ROWS 80

static struct tiny tiny;
static const class_id classes[4] = { 0, 0, 0, 0 };

struct bench {
    const struct site *site;
    void *block;
    struct resv resv;
    struct dist *dist;
    struct sipp *sipp;
    struct route_step step[ROUTE_MAX];
    uint16_t count;
    int32_t turn;
};

static struct bench *bench_on(void **state, const struct site *s)
{
    struct bench *b = *state;
    struct arena mem;
    size_t size = resv_memory(s, VISITS) + dist_memory(s, ROWS, 1) + sipp_memory(s, STATES);
    free(b->block);
    b->block = malloc(size);
    b->site = s;
    arena_init(&mem, b->block, size);
    assert_int_equal(resv_open(&b->resv, &mem, s, classes, VISITS), ORD_OK);
    assert_int_equal(dist_open(&b->dist, &mem, s, ROWS, (struct access){ 0 }), ORD_OK);
    assert_int_equal(sipp_open(&b->sipp, &mem, s, STATES), ORD_OK);
    resv_clear(&b->resv);
    return b;
}

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct bench));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    free(b->block);
    free(b);
    return 0;
}

static struct sipp_query query(node_id start, node_id goal)
{
    return (struct sipp_query){ .start = start, .goals = 1, .goal = { { goal, 0 } }, .expansions_max = 5000 };
}

static int find(struct bench *b, const struct sipp_query *q)
{
    return sipp_find(b->sipp, &b->resv, b->dist, q, b->step, ROUTE_MAX - 1, &b->count, &b->turn);
}

/* Somebody else is on x all the time from .. to. */
static void taken(struct bench *b, res_id x, ms_t from, ms_t to) { assert_true(resv_add(&b->resv, x, 1, 0, from, to)); }

/* The answer judged without the search: it joins up, its times rise, and at no time is it where another one is. */
static bool clear_of_others(const struct bench *b, res_id x, ms_t from, ms_t to)
{
    const struct resv *t = &b->resv;
    for (res_id y = 0; y < res_count(b->site); y++) {
        int32_t gap;
        if (!site_conflict(b->site, 0, x, 0, y, &gap)) continue;
        for (uint32_t v = t->first[y]; v != 0; v = t->visit[v - 1].next) {
            const struct visit *w = &t->visit[v - 1];
            if (w->robot != 0 && from < ms_add(w->to_ms, gap) && (w->from_ms <= MS_BEGIN || w->from_ms - gap < to))
                return false;
        }
    }
    return true;
}

static void judge(const struct bench *b, const struct sipp_query *q)
{
    node_id at = q->start;
    ms_t arrived = q->start_ms;
    for (uint16_t i = 0; i < b->count; i++) {
        const struct route_step *v = &b->step[i];
        ms_t left = i + 1 < b->count ? b->step[i + 1].arrive_ms : MS_NEVER;
        if (v->edge == ID_NONE) {
            assert_int_equal(v->node, at);
        } else {
            assert_int_equal(b->site->edge[v->edge].from, at);
            assert_int_equal(b->site->edge[v->edge].to, v->node);
            assert_true(clear_of_others(b, res_lane(b->site, b->site->edge[v->edge].lane), v->enter_ms, v->arrive_ms));
        }
        assert_true(v->enter_ms >= arrived && v->arrive_ms > v->enter_ms);
        assert_true(clear_of_others(b, v->node, v->enter_ms, left));
        arrived = v->arrive_ms + v->dwell_ms;
        at = v->node;
    }
}

static void alone_it_drives_straight_through_without_stopping(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 5, 0));
    struct sipp_query q = query(0, 4);
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_equal(b->count, 4);
    assert_int_equal(b->step[0].arrive_ms, 1000 + 3000); /* half a ramp: starting from rest */
    for (uint16_t i = 1; i < 4; i++) assert_int_equal(b->step[i].arrive_ms - b->step[i - 1].arrive_ms, 3000);
}

static void turning_on_the_spot_takes_its_time(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 5, 0));
    struct sipp_query q = query(0, 1);
    q.heading = 3142; /* looks the wrong way */
    assert_int_equal(find(b, &q), ORD_OK);
    assert_int_equal(b->turn, (3142 * 1000 + 799) / 800);
    assert_int_equal(b->step[0].enter_ms, b->turn);
    judge(b, &q);
}

static void it_waits_until_the_way_is_free_and_no_longer(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 4, 0));
    struct sipp_query q = query(0, 3);
    taken(b, 2, 0, 60000);
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_equal(b->step[1].enter_ms, 60000); /* onto lane 1-2 the moment node 2 is left */
}

static void it_steps_aside_for_one_who_comes_head_on(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 4, 2));
    struct sipp_query q = query(1, 3);
    for (node_id n = 0; n < 4; n++) { /* from 3 to 0, 10 s a node, and away over node 0 for good */
        taken(b, (res_id)(3 - n), 20000 + 10000 * n, 30000 + 10000 * n);
        if (n < 3) taken(b, res_lane(b->site, (lane_id)(2 - n)), 20000 + 10000 * n, 30000 + 10000 * n);
    }
    taken(b, 3, 0, 20000); /* stands there until then */
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_equal(b->step[0].node, 4 + 1); /* into the bay */
}

static void a_way_that_is_shut_for_ever_is_gone_round(void **state)
{
    struct bench *b = bench_on(state, tiny_ring(&tiny, 8));
    struct sipp_query q = query(0, 2);
    taken(b, 1, MS_BEGIN, MS_NEVER);
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_equal(b->count, 6);
}

static void no_way_at_all_is_not_found(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 4, 0));
    struct sipp_query q = query(0, 3);
    taken(b, 2, MS_BEGIN, MS_NEVER);
    assert_int_equal(find(b, &q), ORD_ENOTFOUND);
}

static void where_it_ends_it_may_stay_for_ever(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 4, 2));
    struct sipp_query q = query(0, 5); /* the bay off node 1 */
    taken(b, 5, 200000, 210000);       /* somebody needs the bay much later */
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_true(b->step[b->count - 1].enter_ms >= 210000);
    taken(b, 5, 300000, MS_NEVER); /* and now for good */
    assert_int_equal(find(b, &q), ORD_ENOTFOUND);
}

static void a_goal_is_served_before_the_refuge_is_taken(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 4, 2));
    struct sipp_query q = query(0, 3);
    q.goal[0].dwell_ms = 7000;
    q.goal[1] = (struct sipp_goal){ 4, 0 };
    q.goals = 2;
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    uint16_t served = 0;
    for (uint16_t i = 0; i < b->count; i++) served += (b->step[i].flags & STEP_GOAL) != 0;
    assert_int_equal(served, 1);
    assert_true(b->step[2].flags & STEP_GOAL);
    assert_int_equal(b->step[2].node, 3);
    assert_int_equal(b->step[2].dwell_ms, 7000);
    assert_true(b->step[3].enter_ms >= b->step[2].arrive_ms + 7000);
    assert_int_equal(b->step[b->count - 1].node, 4);
}

static void a_goal_under_its_wheels_gets_a_step_of_its_own(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 4, 2));
    struct sipp_query q = query(0, 0);
    q.goal[0].dwell_ms = 5000;
    q.goal[1] = (struct sipp_goal){ 4, 0 };
    q.goals = 2;
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_equal(b->step[0].edge, ID_NONE);
    assert_int_equal(b->step[0].node, 0);
    assert_true(b->step[0].flags & STEP_GOAL);
    assert_int_equal(b->step[0].dwell_ms, 5000);
}

static void a_place_that_cannot_be_kept_long_enough_to_serve_waits(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 4, 2));
    struct sipp_query q = query(0, 3);
    q.goal[0].dwell_ms = 30000;
    q.goal[1] = (struct sipp_goal){ 4, 0 };
    q.goals = 2;
    taken(b, 3, 20000, 25000); /* somebody passes in the middle of it */
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    for (uint16_t i = 0; i < b->count; i++)
        if (b->step[i].flags & STEP_GOAL) assert_true(b->step[i].arrive_ms >= 25000);
}

static void a_ride_is_taken_whole_and_only_when_its_exit_is_free(void **state)
{
    struct bench *b = bench_on(state, tiny_two_levels(&tiny));
    struct sipp_query q = query(TWO_LOBBY, TWO_PER_LEVEL + TWO_LOBBY);
    taken(b, TWO_PER_LEVEL + TWO_LOBBY, 0, 90000);
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_equal(b->count, 3);
    assert_int_equal(b->step[0].node, TWO_CABIN_0);
    assert_int_equal(b->step[1].node, TWO_CABIN_1);
    assert_int_equal(b->step[1].enter_ms, b->step[0].arrive_ms); /* nobody waits in a cabin */
    assert_int_equal(b->step[2].enter_ms, b->step[1].arrive_ms);
    assert_true(b->step[2].enter_ms >= 90000);
}

static void a_car_that_comes_from_elsewhere_needs_time_to_come(void **state)
{
    struct bench *b = bench_on(state, tiny_two_levels(&tiny));
    struct sipp_query q = query(TWO_LOBBY, TWO_PER_LEVEL + TWO_LOBBY);
    ms_t gap = 3000 + site_car_travel_ms(b->site, 0, 0, 1) + 3000;
    taken(b, TWO_CABIN_1, 0, 50000); /* another one leaves it upstairs */
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_true(b->step[0].enter_ms >= 50000 + gap);
}

static void it_never_stops_where_stopping_is_not_allowed(void **state)
{
    tiny_corridor(&tiny, 6, 0);
    tiny.node[2].flags |= NODE_NO_STOP;
    tiny.node[3].flags |= NODE_NO_STOP;
    struct bench *b = bench_on(state, &tiny.site);
    struct sipp_query q = query(0, 5);
    taken(b, 4, 0, 40000);
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_equal(b->step[2].enter_ms, b->step[1].arrive_ms);
    assert_int_equal(b->step[3].enter_ms, b->step[2].arrive_ms);
    assert_true(b->step[3].enter_ms >= 40000);
    assert_int_equal(b->step[0].node, 1); /* it waited at node 1 at the latest */
}

static void work_is_bounded_by_expansions(void **state)
{
    struct bench *b = bench_on(state, tiny_ring(&tiny, 12));
    struct sipp_query q = query(0, 6);
    assert_int_equal(find(b, &q), ORD_OK);
    uint32_t needed = sipp_expansions(b->sipp);
    q.expansions_max = needed - 1;
    assert_int_equal(find(b, &q), ORD_EFULL);
    q.expansions_max = needed;
    assert_int_equal(find(b, &q), ORD_OK);
}

static void no_room_for_the_answer_is_an_error_not_a_short_answer(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 0));
    struct sipp_query q = query(0, 5);
    assert_int_equal(sipp_find(b->sipp, &b->resv, b->dist, &q, b->step, 4, &b->count, &b->turn), ORD_EFULL);
    assert_int_equal(sipp_find(b->sipp, &b->resv, b->dist, &q, b->step, 5, &b->count, &b->turn), ORD_OK);
}

static void alone_it_takes_exactly_what_the_distances_say(void **state)
{
    struct bench *b = bench_on(state, tiny_ring(&tiny, 8));
    for (node_id to = 1; to < 8; to++) {
        struct sipp_query q = query(0, to);
        assert_int_equal(find(b, &q), ORD_OK);
        const uint32_t *driving = dist_driving(b->dist, 0, to);
        assert_int_equal(b->step[b->count - 1].arrive_ms, dist_standing(b->dist, 0, driving, 0, 0, false));
        assert_true(sipp_expansions(b->sipp) <= b->count + 4u); /* and hardly looks aside */
    }
}

static void it_ends_at_the_nearest_of_several_places_that_it_may_keep(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 7, 0));
    struct sipp_query q = { .start = 3, .ends = 2, .end = { 0, 5 }, .expansions_max = 5000 };
    assert_int_equal(find(b, &q), ORD_OK);
    assert_int_equal(b->step[b->count - 1].node, 5);
    taken(b, res_node(b->site, 5), 60000, MS_NEVER);
    assert_int_equal(find(b, &q), ORD_OK);
    assert_int_equal(b->step[b->count - 1].node, 0);
}

static void a_goal_that_would_be_reached_too_late_is_not_looked_for(void **state)
{
    struct bench *b = bench_on(state, tiny_corridor(&tiny, 6, 0));
    struct sipp_query q = query(0, 5);
    assert_int_equal(find(b, &q), ORD_OK);
    q.by_ms = b->step[b->count - 1].arrive_ms;
    assert_int_equal(find(b, &q), ORD_OK);
    q.by_ms--;
    assert_int_equal(find(b, &q), ORD_ENOTFOUND);
    assert_true(sipp_expansions(b->sipp) <= 1);
}

static void of_two_ways_it_takes_the_one_with_the_flow(void **state)
{
    struct bench *b = bench_on(state, tiny_ring(&tiny, 8));
    uint16_t flow[TINY_EDGES] = { 0 };
    struct sipp_query q = query(0, 4);
    assert_int_equal(find(b, &q), ORD_OK);
    node_id before = b->step[0].node;
    flow[b->site->edge[b->step[0].edge].twin] = 2; /* others come the other way */
    flow[b->site->edge[b->step[1].edge].twin] = 2;
    q.flow = flow;
    q.toll_ms = 4000;
    assert_int_equal(find(b, &q), ORD_OK);
    judge(b, &q);
    assert_int_not_equal(b->step[0].node, before);
}

static void the_same_question_gets_the_same_answer(void **state)
{
    struct bench *b = bench_on(state, tiny_ring(&tiny, 12));
    struct sipp_query q = query(0, 6); /* both ways round are equally long */
    static struct route_step first[ROUTE_MAX];
    taken(b, 9, 5000, 15000);
    assert_int_equal(find(b, &q), ORD_OK);
    uint16_t count = b->count;
    memcpy(first, b->step, count * sizeof *first);
    struct sipp_query other = query(3, 8);
    assert_int_equal(find(b, &other), ORD_OK);
    assert_int_equal(find(b, &q), ORD_OK);
    assert_int_equal(b->count, count);
    for (uint16_t i = 0; i < count; i++) {
        assert_int_equal(b->step[i].node, first[i].node);
        assert_int_equal(b->step[i].enter_ms, first[i].enter_ms);
    }
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(alone_it_drives_straight_through_without_stopping),
        STORY(turning_on_the_spot_takes_its_time),
        STORY(it_waits_until_the_way_is_free_and_no_longer),
        STORY(it_steps_aside_for_one_who_comes_head_on),
        STORY(a_way_that_is_shut_for_ever_is_gone_round),
        STORY(no_way_at_all_is_not_found),
        STORY(where_it_ends_it_may_stay_for_ever),
        STORY(a_goal_is_served_before_the_refuge_is_taken),
        STORY(a_goal_under_its_wheels_gets_a_step_of_its_own),
        STORY(a_place_that_cannot_be_kept_long_enough_to_serve_waits),
        STORY(a_ride_is_taken_whole_and_only_when_its_exit_is_free),
        STORY(a_car_that_comes_from_elsewhere_needs_time_to_come),
        STORY(it_never_stops_where_stopping_is_not_allowed),
        STORY(work_is_bounded_by_expansions),
        STORY(no_room_for_the_answer_is_an_error_not_a_short_answer),
        STORY(the_same_question_gets_the_same_answer),
        STORY(alone_it_takes_exactly_what_the_distances_say),
        STORY(it_ends_at_the_nearest_of_several_places_that_it_may_keep),
        STORY(a_goal_that_would_be_reached_too_late_is_not_looked_for),
        STORY(of_two_ways_it_takes_the_one_with_the_flow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
