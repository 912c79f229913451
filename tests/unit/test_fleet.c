#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_fleet.h"

static struct tiny tiny;

/* Two levels, one car, robots at home in bays: 0 upstairs' ward bay, 1 at the middle bay downstairs. */
static struct tf *hospital(void **state, uint16_t robots)
{
    static const node_id bay[] = { TWO_REFUGE_A, TWO_REFUGE_B, TWO_PER_LEVEL + TWO_REFUGE_A,
                                   TWO_PER_LEVEL + TWO_REFUGE_B };
    struct tf *t = tf_open(tiny_two_levels(&tiny), robots);
    *state = t;
    tf_host_starts(t, 1);
    tf_car(t, 0, 0, DOOR_CLOSED, ELEVATOR_AGV, 0);
    for (robot_id r = 0; r < robots; r++) tf_online(t, r, bay[r]);
    return t;
}

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

/* ---- opening ---- */

static int try_open(struct fleet_config *cfg, size_t size)
{
    struct fleet *f = NULL;
    struct arena mem;
    void *block = malloc(size);
    arena_init(&mem, block, size);
    int err = fleet_open(&f, &mem, cfg);
    free(block);
    return err;
}

static void what_cannot_run_does_not_open(void **state)
{
    class_id cls[2] = { 0, 0 };
    node_id start[2] = { ID_NONE, ID_NONE };
    struct fleet_config cfg = {
        .site = tiny_two_levels(&tiny), .robots = 2, .robot_class = cls, .robot_start = start, .jobs_max = 64
    };
    size_t size = fleet_memory(&cfg);
    assert_int_equal(try_open(&cfg, size), ORD_OK);
    assert_int_equal(try_open(&cfg, size / 2), ORD_EFULL);
    assert_int_equal(try_open(&cfg, 64), ORD_EFULL);
    cfg.jobs_max = 63;
    assert_int_equal(try_open(&cfg, size), ORD_ERANGE);
    cfg.jobs_max = 64;
    cfg.robots = 0;
    assert_int_equal(try_open(&cfg, size), ORD_ERANGE);
    cfg.robots = 2;
    cls[1] = 1;
    assert_int_equal(try_open(&cfg, size), ORD_ERANGE);
    cls[1] = 0;
    start[1] = cfg.site->nodes;
    assert_int_equal(try_open(&cfg, size), ORD_ERANGE);
    start[1] = TWO_CABIN_0; /* nobody can be told to stand in a car */
    assert_int_equal(try_open(&cfg, size), ORD_ERANGE);
    start[1] = TWO_REFUGE_A;
    assert_int_equal(try_open(&cfg, size), ORD_OK);
}

/* ---- a delivery ---- */

static void a_delivery_goes_through_all_its_states_once(void **state)
{
    struct tf *t = hospital(state, 1);
    static const enum job_state way[] = { JOB_ASSIGNED, JOB_MOVING, JOB_ARRIVED, JOB_DELIVERED };
    job_id j = tf_job(t, 0, 1);
    assert_int_equal(j, 1);
    enum job_state last = tf_state(t, j);
    size_t seen = 0;
    assert_int_equal(last, way[seen++]); /* a free robot is there: requested and assigned in one */
    for (int i = 0; i < 400 && last != JOB_DELIVERED; i++) {
        tf_world(t);
        enum job_state now = tf_state(t, j);
        if (now == last) continue;
        if (now == JOB_DELIVERED && last == JOB_MOVING) seen++; /* arrived and signed within one second */
        assert_int_equal(now, way[seen++]);
        last = now;
    }
    assert_int_equal(last, JOB_DELIVERED);
    assert_true(tf_all_done(t, 400));
    assert_int_equal(t->events[EVENT_JOB_DELIVERED], 1);
    assert_int_equal(t->events[EVENT_JOB_ARRIVED], 1);
    struct job_view v;
    assert_true(fleet_job(t->fleet, j, &v));
    assert_true(v.requested_ms <= v.assigned_ms && v.assigned_ms < v.loaded_ms && v.loaded_ms < v.arrived_ms &&
                v.arrived_ms <= v.ended_ms);
}

static void two_robots_meet_in_one_corridor_and_both_deliver(void **state)
{
    struct tf *t = hospital(state, 2);
    job_id a = tf_job(t, 0, 1), b = tf_job(t, 1, 0);
    assert_true(tf_all_done(t, 1500));
    assert_int_equal(tf_state(t, a), JOB_DELIVERED);
    assert_int_equal(tf_state(t, b), JOB_DELIVERED);
    assert_true(tf_replays_alike(t));
}

static void many_jobs_for_few_robots_all_end(void **state)
{
    struct tf *t = hospital(state, 4);
    for (int i = 0; i < 12; i++) assert_int_equal(tf_job(t, (station_id)(i % 2), (station_id)(1 - i % 2)), i + 1);
    assert_true(tf_all_done(t, 6000));
    for (job_id j = 1; j <= 12; j++) assert_int_equal(tf_state(t, j), JOB_DELIVERED);
    struct fleet_totals n;
    fleet_totals(t->fleet, &n);
    assert_int_equal(n.jobs_open, 0);
    assert_int_equal(n.plans_rejected, 0);
    assert_true(tf_replays_alike(t));
}

/* ---- bad input ---- */

static void what_points_outside_is_refused_and_changes_nothing(void **state)
{
    struct tf *t = hospital(state, 2);
    tf_job(t, 0, 1);
    for (int i = 0; i < 5; i++) tf_world(t);
    ms_t now = t->now_ms;
    struct fleet_in bad[] = {
        { .at_ms = now - 1, .kind = IN_TICK },
        { .at_ms = -1, .kind = IN_TICK },
        { .at_ms = now, .kind = IN_FACT, .fact = { .robot = 2, .kind = FACT_ONLINE, .node = ID_NONE } },
        { .at_ms = now, .kind = IN_FACT, .fact = { .robot = UINT16_MAX, .kind = FACT_ONLINE, .node = ID_NONE } },
        { .at_ms = now, .kind = IN_FACT, .fact = { .robot = 0, .kind = FACT_COUNT, .node = ID_NONE } },
        { .at_ms = now, .kind = IN_FACT, .fact = { .robot = 0, .kind = FACT_STANDS, .node = t->site->nodes } },
        { .at_ms = now, .kind = IN_ELEVATOR, .elevator = { .elevator = 1 } },
        { .at_ms = now, .kind = IN_ELEVATOR, .elevator = { .level = 2 } },
        { .at_ms = now, .kind = IN_ELEVATOR, .elevator = { .motion = CAR_MOTION_COUNT } },
        { .at_ms = now, .kind = IN_ELEVATOR, .elevator = { .door = DOOR_STATE_COUNT } },
        { .at_ms = now, .kind = IN_ELEVATOR, .elevator = { .mode = ELEVATOR_MODE_COUNT } },
        { .at_ms = now, .kind = IN_DOOR, .door = { .door = 0 } }, /* this site has none */
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) tf_refused(t, &bad[i], ORD_ERANGE);
    struct fleet_in unknown = { .at_ms = now };
    tf_refused(t, &unknown, ORD_EPARSE);
    unknown.kind = (enum fleet_in_kind)99;
    tf_refused(t, &unknown, ORD_EPARSE);
    assert_true(tf_all_done(t, 600));
}

static void time_that_leaves_no_room_to_count_on_is_refused(void **state)
{
    struct tf *t = hospital(state, 1);
    struct fleet_in in = { .at_ms = MS_NEVER, .kind = IN_TICK };
    tf_refused(t, &in, ORD_ERANGE);
    in.at_ms = MS_NEVER - 1;
    tf_refused(t, &in, ORD_ERANGE);
    in.at_ms = 200 * 365 * 24 * MS_HOUR; /* but two hundred years are fine */
    assert_int_equal(tf_try(t, &in), ORD_OK);
}

static void repeated_facts_change_nothing(void **state)
{
    struct tf *t = hospital(state, 1);
    tf_job(t, 0, 1);
    tf_accept(t, 0);
    tf_drive(t, 0);
    struct tf_robot *r = &t->robot[0];
    uint32_t orders = t->orders[0];
    struct robot_view before = tf_view(t, 0);
    for (int i = 0; i < 3; i++) {
        tf_fact(t, 0, FACT_REACHED, tf_stands(t, 0)->node, r->order, tf_stands(t, 0)->seq);
        tf_fact(t, 0, FACT_REACHED, r->base[0].node, r->order, 0); /* an old one, again */
        tf_fact(t, 0, FACT_ACK, ID_NONE, r->order, r->update);
        tf_fact(t, 0, FACT_ONLINE, ID_NONE, 0, 0);
        tf_fact(t, 0, FACT_MODE, ID_NONE, 0, VDA_AUTOMATIC);
        tf_fact(t, 0, FACT_ACTION, ID_NONE, 999, VDA_FINISHED);
        tf_fact(t, 0, FACT_REACHED, 0, r->order + 5, 40);
        tf_fact(t, 0, FACT_REACHED, 0, r->order, 4000);
    }
    struct robot_view after = tf_view(t, 0);
    assert_int_equal(after.at, before.at);
    assert_int_equal(after.claims, before.claims);
    assert_int_equal(t->orders[0], orders);
    assert_int_equal(after.doing, before.doing);
}

/* ---- recovery ---- */

static void a_replay_is_the_same_at_every_single_input(void **state)
{
    struct tf *t = hospital(state, 2);
    static uint64_t hash[TF_LOG];
    tf_job(t, 0, 1);
    tf_job(t, 1, 0);
    for (int i = 0; i < 60; i++) {
        tf_world(t);
        hash[t->logged] = tf_hash(t);
    }
    struct tf *again = tf_open(t->site, 2);
    for (uint32_t i = 0; i < t->logged; i++) {
        assert_int_equal(tf_try(again, &t->log[i]), ORD_OK);
        if (hash[i + 1]) assert_true(tf_hash(again) == hash[i + 1]);
    }
    for (robot_id r = 0; r < 2; r++) assert_memory_equal(&again->order[r], &t->order[r], sizeof t->order[r]);
    tf_close(again);
}

static void a_restart_repeats_what_may_have_been_missed(void **state)
{
    struct tf *t = hospital(state, 1);
    tf_job(t, 0, 1);
    for (int i = 0; i < 60 && t->calls[0] == 0; i++) tf_world(t);
    tf_accept_new(t, 0);
    assert_true(t->calls[0] > 0);
    struct out_order message = t->order[0];
    struct out_elevator call = t->call[0];
    uint32_t orders = t->orders[0], calls = t->calls[0];
    t->now_ms += 60000;
    tf_host_starts(t, 2);
    assert_int_equal(t->calls[0], calls + 1);
    assert_int_equal(t->call[0].generation, call.generation);
    assert_int_equal(t->call[0].level, call.level);
    assert_int_equal(t->orders[0], orders); /* not before it has been heard */
    assert_int_equal(tf_view(t, 0).link, ROBOT_OFFLINE);
    tf_fact(t, 0, FACT_ONLINE, ID_NONE, 0, 0);
    assert_int_equal(t->orders[0], orders + 1);
    assert_memory_equal(&t->order[0], &message, sizeof message);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(t->events[EVENT_JOB_DELIVERED], 1);
    assert_true(tf_replays_alike(t));
}

static void a_restart_at_any_second_still_delivers_once(void **state)
{
    for (int at = 0; at < 90; at += 3) {
        struct tf *t = hospital(state, 2);
        tf_job(t, 0, 1);
        tf_job(t, 1, 0);
        for (int i = 0; i < at; i++) tf_world(t);
        tf_host_starts(t, 5);
        for (robot_id r = 0; r < 2; r++) { /* as facts.c tells it anew */
            struct tf_robot *k = &t->robot[r];
            tf_fact(t, r, FACT_ONLINE, ID_NONE, 0, 0);
            if (!k->has_order) continue;
            tf_fact(t, r, FACT_ACK, ID_NONE, k->order, k->update);
            tf_fact(t, r, FACT_REACHED, tf_stands(t, r)->node, k->order, tf_stands(t, r)->seq);
            if (k->at + 1 == k->count && k->worked[k->at]) tf_fact(t, r, FACT_IDLE, ID_NONE, k->order, k->update);
        }
        assert_true(tf_all_done(t, 1500));
        assert_int_equal(t->events[EVENT_JOB_DELIVERED], 2);
        teardown(state);
    }
}

/* A robot rebooted while the controller was down: it shows no order, and nobody saw it go. */
static void a_robot_that_forgot_while_nobody_looked_goes_on(void **state)
{
    struct tf *t = hospital(state, 1);
    job_id j = tf_job(t, 0, 1);
    for (int i = 0; i < 4; i++) tf_world(t);
    node_id stands = tf_stands(t, 0)->node;
    assert_true(t->robot[0].at + 1 < t->robot[0].count || tf_view(t, 0).claimed_nodes > 0);
    tf_host_starts(t, 2);
    t->robot[0] = (struct tf_robot){ .accepted = t->orders[0] };
    tf_fact(t, 0, FACT_ONLINE, ID_NONE, 0, 0);
    tf_fact(t, 0, FACT_STANDS, stands, 0, 0);
    for (int i = 0; i < 30 && !t->robot[0].has_order; i++) { /* it refuses updates of an order it does not know */
        t->now_ms += 1000;
        tf_tick(t);
        if (t->orders[0] == t->robot[0].accepted) continue;
        if (t->order[0].update == 0 && t->order[0].node[0].node == stands) tf_accept(t, 0);
        else tf_fact(t, 0, FACT_REJECTED, ID_NONE, t->order[0].order, t->order[0].update);
        t->robot[0].accepted = t->orders[0];
    }
    assert_true(t->robot[0].has_order);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void stands_elsewhere_while_an_order_is_believed_gives_a_new_order_there(void **state)
{
    struct tf *t = hospital(state, 1);
    tf_job(t, 0, 1);
    assert_true(tf_all_done(t, 600));               /* idle, its last order done */
    tf_fact(t, 0, FACT_STANDS, TWO_REFUGE_B, 0, 0); /* carried to another bay; the host forgot that it had an order */
    t->robot[0] = (struct tf_robot){ .accepted = t->orders[0] };
    uint32_t orders = t->orders[0];
    tf_job(t, 0, 1);
    assert_true(t->orders[0] > orders);
    assert_int_equal(t->order[0].update, 0);
    assert_int_equal(t->order[0].node[0].node, TWO_REFUGE_B);
    assert_true(tf_all_done(t, 600));
}

/* ---- robots that do not play along ---- */

static void a_robot_that_loses_its_order_on_the_way_gets_a_new_one_where_it_stands(void **state)
{
    struct tf *t = hospital(state, 1);
    job_id j = tf_job(t, 0, 1);
    tf_world(t);
    tf_world(t);
    node_id stands = tf_stands(t, 0)->node;
    uint32_t order = t->robot[0].order;
    t->robot[0] = (struct tf_robot){ .accepted = t->orders[0] };
    tf_fact(t, 0, FACT_LOST_ORDER, ID_NONE, order, 0);
    tf_fact(t, 0, FACT_STANDS, stands, 0, 0);
    assert_int_equal(t->order[0].update, 0);
    assert_true(t->order[0].order > order);
    assert_int_equal(t->order[0].node[0].node, stands);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
    assert_int_equal(t->events[EVENT_ROBOT_LOST_ORDER], 1);
}

/* At the goal there is nothing left to drive, only the action: it must be asked for again. */
static void an_order_lost_at_the_goal_before_the_action_is_given_again(void **state)
{
    struct tf *t = hospital(state, 1);
    job_id j = tf_job(t, 0, 1);
    tf_accept(t, 0);
    while (tf_drive(t, 0)) tf_accept_new(t, 0);
    assert_int_equal(tf_stands(t, 0)->node, TWO_WARD);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_PICKING);
    uint32_t order = t->robot[0].order;
    t->robot[0] = (struct tf_robot){ .accepted = t->orders[0] };
    tf_fact(t, 0, FACT_LOST_ORDER, ID_NONE, order, 0);
    tf_fact(t, 0, FACT_STANDS, TWO_WARD, 0, 0);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void a_switch_to_manual_and_back_at_the_goal_serves_after_all(void **state)
{
    struct tf *t = hospital(state, 1);
    job_id j = tf_job(t, 0, 1);
    tf_accept(t, 0);
    while (tf_drive(t, 0)) tf_accept_new(t, 0);
    tf_fact(t, 0, FACT_MODE, ID_NONE, 0, VDA_MANUAL);
    t->robot[0] = (struct tf_robot){ .accepted = t->orders[0] };
    uint32_t orders = t->orders[0];
    tf_after(t, 60000);
    assert_int_equal(t->orders[0], orders); /* no orders in manual mode */
    tf_fact(t, 0, FACT_MODE, ID_NONE, 0, VDA_AUTOMATIC);
    tf_fact(t, 0, FACT_STANDS, TWO_WARD, 0, 0);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void a_robot_off_the_graph_gets_nothing_until_it_is_back(void **state)
{
    struct tf *t = hospital(state, 1);
    tf_fact(t, 0, FACT_STANDS, ID_NONE, 0, 0);
    assert_int_equal(t->events[EVENT_ROBOT_OFF_GRAPH], 1);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_LOST);
    job_id j = tf_job(t, 0, 1);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    assert_int_equal(t->orders[0], 0);
    tf_fact(t, 0, FACT_STANDS, ID_NONE, 0, 0);
    assert_int_equal(t->events[EVENT_ROBOT_OFF_GRAPH], 1); /* told once */
    tf_fact(t, 0, FACT_STANDS, TWO_REFUGE_A, 0, 0);
    assert_int_equal(tf_state(t, j), JOB_ASSIGNED);
    assert_true(tf_all_done(t, 600));
}

static void a_fatal_error_stops_orders_and_clearing_it_goes_on(void **state)
{
    struct tf *t = hospital(state, 1);
    tf_fact(t, 0, FACT_ERROR, ID_NONE, 0, 1);
    job_id j = tf_job(t, 0, 1);
    tf_after(t, 5000);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    assert_int_equal(t->events[EVENT_ROBOT_ERROR], 1);
    tf_fact(t, 0, FACT_ERROR, ID_NONE, 0, 0);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void a_failed_pick_ends_the_job_and_frees_the_robot(void **state)
{
    struct tf *t = hospital(state, 1);
    job_id j = tf_job(t, 0, 1);
    tf_accept(t, 0);
    while (tf_drive(t, 0)) tf_accept_new(t, 0);
    assert_true(tf_work_as(t, 0, VDA_FAILED));
    assert_int_equal(tf_state(t, j), JOB_FAILED);
    assert_int_equal(t->events[EVENT_JOB_FAILED], 1);
    job_id k = tf_job(t, 1, 0);
    assert_true(tf_all_done(t, 600));
    assert_int_equal(tf_state(t, k), JOB_DELIVERED);
    assert_int_equal(tf_state(t, j), JOB_FAILED); /* an end is never left again */
}

static void a_failed_drop_ends_the_job_once(void **state)
{
    struct tf *t = hospital(state, 1);
    job_id j = tf_job(t, 0, 1);
    for (int i = 0; i < 400 && tf_view(t, 0).doing != ROBOT_DROPPING; i++) {
        t->now_ms += 1000;
        tf_car_obeys(t, 0);
        tf_accept_new(t, 0);
        if (!tf_drive(t, 0) && tf_view(t, 0).doing != ROBOT_DROPPING) tf_work(t, 0);
    }
    assert_int_equal(tf_state(t, j), JOB_ARRIVED);
    tf_work_as(t, 0, VDA_FAILED);
    assert_int_equal(tf_state(t, j), JOB_FAILED);
    tf_fact(t, 0, FACT_ACTION, ID_NONE, tf_stands(t, 0)->action.number, VDA_FINISHED); /* changes its mind */
    assert_int_equal(tf_state(t, j), JOB_FAILED);
    assert_true(tf_all_done(t, 600));
}

/* ---- waking up ---- */

static void at_rest_nothing_needs_a_tick(void **state)
{
    struct tf *t = hospital(state, 2);
    tf_job(t, 0, 1);
    assert_true(tf_all_done(t, 600));
    tf_car_obeys(t, 0);
    assert_true(fleet_deadline(t->fleet) == MS_NEVER);
}

static void a_deadline_is_never_now_and_ticks_do_not_spin(void **state)
{
    struct tf *t = hospital(state, 2);
    tf_job(t, 0, 1);
    tf_job(t, 0, 1);
    ms_t end = t->now_ms + 10 * MS_MINUTE;
    int ticks = 0;
    while (fleet_deadline(t->fleet) < end) { /* nobody answers */
        assert_true(fleet_deadline(t->fleet) > t->now_ms);
        t->now_ms = fleet_deadline(t->fleet);
        tf_tick(t);
        ticks++;
    }
    assert_true(ticks < 10 * 60 * 3); /* resends of two robots every 2 s and a few retries */
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_run_does_not_open),
        STORY(a_delivery_goes_through_all_its_states_once),
        STORY(two_robots_meet_in_one_corridor_and_both_deliver),
        STORY(many_jobs_for_few_robots_all_end),
        STORY(what_points_outside_is_refused_and_changes_nothing),
        STORY(time_that_leaves_no_room_to_count_on_is_refused),
        STORY(repeated_facts_change_nothing),
        STORY(a_replay_is_the_same_at_every_single_input),
        STORY(a_restart_repeats_what_may_have_been_missed),
        STORY(a_restart_at_any_second_still_delivers_once),
        STORY(a_robot_that_forgot_while_nobody_looked_goes_on),
        STORY(stands_elsewhere_while_an_order_is_believed_gives_a_new_order_there),
        STORY(a_robot_that_loses_its_order_on_the_way_gets_a_new_one_where_it_stands),
        STORY(an_order_lost_at_the_goal_before_the_action_is_given_again),
        STORY(a_switch_to_manual_and_back_at_the_goal_serves_after_all),
        STORY(a_robot_off_the_graph_gets_nothing_until_it_is_back),
        STORY(a_fatal_error_stops_orders_and_clearing_it_goes_on),
        STORY(a_failed_pick_ends_the_job_and_frees_the_robot),
        STORY(a_failed_drop_ends_the_job_once),
        STORY(at_rest_nothing_needs_a_tick),
        STORY(a_deadline_is_never_now_and_ticks_do_not_spin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
