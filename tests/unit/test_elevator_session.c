/* Sessions with cars and doors (fleet_state.h, elevator.c): (1) at most one holder; (2) what carries another
 * generation opens no gate; (3) the car is sent on only with the robot inside, and freed only when it has left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_fleet.h"

enum { UP = TWO_PER_LEVEL }; /* nodes of level 1 */

static struct tiny tiny;

/* Robot 0 at home beside the middle of level 0, about to fetch something upstairs. The car waits there too, not
 * called. */
static struct tf *called(void **state)
{
    struct tf *t = tf_open(tiny_two_levels(&tiny), 1);
    *state = t;
    tf_host_starts(t, 1);
    tf_car(t, 0, 1, DOOR_CLOSED, ELEVATOR_AGV, 0);
    tf_online(t, 0, TWO_REFUGE_B);
    tf_job(t, 1, 0);
    tf_accept_new(t, 0);
    return t;
}

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

static node_id at(const struct tf *t) { return tf_stands(t, 0)->node; }
static node_id base_end(const struct tf *t) { return t->robot[0].base[t->robot[0].count - 1].node; }
static robot_id holder(const struct tf *t)
{
    struct elevator_view v;
    fleet_elevator(t->fleet, 0, &v);
    return v.holder;
}

/* Drives as far as it may. */
static void go(struct tf *t)
{
    tf_accept_new(t, 0);
    while (tf_drive(t, 0)) tf_accept_new(t, 0);
}

static void the_car_is_called_to_where_the_robot_boards(void **state)
{
    struct tf *t = called(state);
    go(t);
    assert_int_equal(t->calls[0], 1);
    assert_false(t->call[0].end);
    assert_int_equal(t->call[0].level, 0);
    assert_int_equal(t->call[0].generation, 1);
    assert_int_equal(holder(t), 0);
    assert_int_equal(at(t), TWO_LOBBY); /* and it waits before the door */
    assert_int_equal(tf_view(t, 0).wait, WAIT_ELEVATOR);
    assert_int_equal(tf_view(t, 0).wait_elevator, 0);
    assert_int_equal(t->events[EVENT_ELEVATOR_CALLED], 1);
}

static void the_gate_opens_only_when_all_is_right(void **state)
{
    struct tf *t = called(state);
    go(t);
    struct in_elevator right = {
        .level = 0, .motion = CAR_STOPPED, .door = DOOR_OPEN, .mode = ELEVATOR_AGV, .generation = 1
    };
    struct in_elevator wrong[8];
    size_t n = 0;
    for (int i = 0; i < 8; i++) wrong[i] = right;
    wrong[n++].level = 1;
    wrong[n++].level = ID_NONE;
    wrong[n++].motion = CAR_UP;
    wrong[n++].door = DOOR_MOVING;
    wrong[n++].door = DOOR_CLOSED;
    wrong[n++].mode = ELEVATOR_HUMAN;
    wrong[n++].generation = 0;
    wrong[n++].generation = 2; /* nobody asked for that one yet */
    for (size_t i = 0; i < n; i++) {
        tf_in(t, (struct fleet_in){ .kind = IN_ELEVATOR, .elevator = wrong[i] });
        assert_int_equal(t->orders[0], t->robot[0].accepted); /* nothing new to drive */
    }
    tf_in(t, (struct fleet_in){ .kind = IN_ELEVATOR, .elevator = right });
    tf_accept_new(t, 0);
    assert_int_equal(base_end(t), TWO_CABIN_0);
}

static void a_car_out_of_service_is_given_up_before_the_door_and_called_again_later(void **state)
{
    const enum elevator_mode mode[] = { ELEVATOR_FIRE, ELEVATOR_OFFLINE, ELEVATOR_EMERGENCY };
    for (size_t i = 0; i < COUNT_OF(mode); i++) {
        struct tf *t = called(state);
        go(t);
        tf_car(t, 0, 0, DOOR_OPEN, mode[i], 1);
        assert_true(t->call[0].end); /* nobody holds it any more */
        assert_int_equal(holder(t), ID_NONE);
        tf_car(t, 0, 0, DOOR_CLOSED, ELEVATOR_AGV, 0);
        assert_true(tf_all_done(t, 600));
        teardown(state);
    }
}

static void the_grant_of_an_old_session_opens_nothing(void **state)
{
    struct tf *t = called(state);
    assert_true(tf_all_done(t, 600)); /* up and down again: two sessions */
    uint32_t generation = t->call[0].generation;
    assert_true(generation >= 2 && t->call[0].end);
    tf_job(t, 1, 0);
    go(t);
    assert_int_equal(t->call[0].generation, generation + 1);
    for (uint32_t old = 0; old <= generation; old++) {
        tf_car(t, 0, 0, DOOR_OPEN, ELEVATOR_AGV, old);
        tf_after(t, 100);
        assert_int_equal(t->orders[0], t->robot[0].accepted);
        assert_int_equal(at(t), TWO_LOBBY);
    }
    tf_car(t, 0, 0, DOOR_OPEN, ELEVATOR_AGV, generation + 1);
    go(t);
    assert_int_equal(at(t), TWO_CABIN_0);
}

static void on_the_sill_the_car_is_not_sent_on(void **state)
{
    struct tf *t = called(state);
    go(t);
    tf_car_obeys(t, 0);
    tf_accept_new(t, 0);
    assert_int_equal(base_end(t), TWO_CABIN_0); /* it may enter: from now on it may be on the sill */
    for (int i = 0; i < 20; i++) {
        tf_after(t, 1000);
        assert_int_equal(t->call[0].level, 0);
        assert_false(t->call[0].end);
    }
    uint32_t calls = t->calls[0];
    tf_drive(t, 0); /* inside */
    assert_int_equal(t->calls[0], calls + 1);
    assert_int_equal(t->call[0].level, 1);
    assert_int_equal(t->call[0].generation, 2); /* the same session, but a late call to level 0 is stale from now on */
    assert_int_equal(t->events[EVENT_ELEVATOR_BOARDED], 1);
}

static void inside_it_moves_only_when_the_car_stands_open_upstairs(void **state)
{
    struct tf *t = called(state);
    go(t);
    tf_car_obeys(t, 0);
    tf_accept_new(t, 0);
    tf_drive(t, 0);
    tf_accept_new(t, 0);
    assert_int_equal(base_end(t), TWO_CABIN_0);
    tf_car(t, 0, 0, DOOR_OPEN, ELEVATOR_AGV, 1); /* still downstairs: late words of before */
    tf_car(t, 0, 0, DOOR_OPEN, ELEVATOR_AGV, 2); /* it has heard, and not moved yet */
    assert_int_equal(t->orders[0], t->robot[0].accepted);
    tf_in(t, (struct fleet_in){ .kind = IN_ELEVATOR,
                                .elevator = { .level = 1, .motion = CAR_UP, .door = DOOR_CLOSED, .generation = 2 } });
    tf_car(t, 0, 1, DOOR_MOVING, ELEVATOR_AGV, 2);
    tf_car(t, 0, 1, DOOR_OPEN, ELEVATOR_AGV, 1); /* people took it there before this ride */
    assert_int_equal(t->orders[0], t->robot[0].accepted);
    tf_car(t, 0, 1, DOOR_OPEN, ELEVATOR_AGV, 2);
    tf_accept_new(t, 0);
    const struct tf_robot *r = &t->robot[0];
    bool rides = false, out = false;
    for (uint16_t i = r->at + 1; i < r->count; i++) {
        rides = rides || (r->base[i].node == TWO_CABIN_1 && r->base[i].action.kind == ACT_INIT_POSITION);
        out = out || r->base[i].node == UP + TWO_LOBBY;
    }
    assert_true(rides && out);
}

static void the_session_ends_only_when_the_robot_has_left_the_car(void **state)
{
    struct tf *t = called(state);
    go(t);
    for (int i = 0; i < 60 && at(t) != TWO_CABIN_1; i++) {
        t->now_ms += 1000;
        tf_car_obeys(t, 0);
        tf_accept_new(t, 0);
        if (!tf_work(t, 0)) tf_drive(t, 0);
    }
    assert_int_equal(at(t), TWO_CABIN_1);
    tf_work(t, 0); /* initPosition */
    tf_after(t, 30000);
    assert_false(t->call[0].end); /* however long it takes to come out */
    assert_int_equal(t->call[0].level, 1);
    assert_int_equal(holder(t), 0);
    tf_drive(t, 0);
    assert_int_equal(at(t), UP + TWO_LOBBY);
    assert_true(t->call[0].end);
    assert_int_equal(t->call[0].generation, 2);
    assert_int_equal(holder(t), ID_NONE);
    assert_int_equal(t->events[EVENT_ELEVATOR_LEFT], 1);
}

static void a_call_is_repeated_until_the_car_stands_open(void **state)
{
    struct tf *t = called(state);
    go(t);
    uint32_t calls = t->calls[0];
    for (uint32_t n = 1; n <= 5; n++) {
        tf_after(t, 2000);
        assert_int_equal(t->calls[0], calls + n);
        assert_int_equal(t->call[0].generation, 1);
        assert_int_equal(t->call[0].level, 0);
    }
    tf_car_obeys(t, 0);
    calls = t->calls[0];
    tf_after(t, 10000);
    assert_int_equal(t->calls[0], calls);
}

static void the_end_is_repeated_until_the_building_shows_it(void **state)
{
    struct tf *t = called(state);
    for (int i = 0; i < 60 && !t->call[0].end; i++) { /* up, and out of the car */
        t->now_ms += 1000;
        if (!t->call[0].end) tf_car_obeys(t, 0);
        tf_accept_new(t, 0);
        if (!tf_work(t, 0)) tf_drive(t, 0);
    }
    assert_true(t->call[0].end);
    uint32_t calls = t->calls[0];
    for (uint32_t n = 1; n <= 3; n++) {
        tf_car(t, 0, 1, DOOR_OPEN, ELEVATOR_AGV, 2); /* it has not heard yet */
        tf_after(t, 2000);
        assert_int_equal(t->calls[0], calls + n);
        assert_true(t->call[0].end);
    }
    tf_car(t, 0, 1, DOOR_CLOSED, ELEVATOR_AGV, 0);
    calls = t->calls[0];
    tf_after(t, 10000);
    assert_int_equal(t->calls[0], calls);
}

/* A state of before the session, held up on the way, is not the echo of its end. */
static void an_end_taken_for_heard_is_repeated_when_the_session_still_shows(void **state)
{
    struct tf *t = called(state);
    for (int i = 0; i < 60 && !t->call[0].end; i++) {
        t->now_ms += 1000;
        if (!t->call[0].end) tf_car_obeys(t, 0);
        tf_accept_new(t, 0);
        if (!tf_work(t, 0)) tf_drive(t, 0);
    }
    tf_car(t, 0, 1, DOOR_CLOSED, ELEVATOR_AGV, 0); /* from before the call */
    uint32_t calls = t->calls[0];
    tf_car(t, 0, 1, DOOR_OPEN, ELEVATOR_AGV, 2); /* the truth: it is still held */
    tf_after(t, 2000);
    assert_true(t->calls[0] > calls);
    assert_true(t->call[0].end);
}

static void a_new_robot_gets_a_new_generation(void **state)
{
    struct tf *t = tf_open(tiny_two_levels(&tiny), 2);
    *state = t;
    tf_host_starts(t, 1);
    tf_car(t, 0, 0, DOOR_CLOSED, ELEVATOR_AGV, 0);
    tf_online(t, 0, TWO_REFUGE_A);
    tf_online(t, 1, UP + TWO_REFUGE_B);
    tf_job(t, 0, 1);
    tf_job(t, 1, 0);
    uint32_t generation = 0;
    robot_id held = ID_NONE;
    int sessions = 0;
    for (int i = 0; i < 900 && !tf_quiet(t); i++) {
        tf_world(t);
        if (holder(t) != ID_NONE && holder(t) != held) {
            assert_true(t->call[0].generation > generation);
            generation = t->call[0].generation;
            sessions++;
        }
        held = holder(t);
    }
    assert_true(tf_quiet(t));
    assert_true(sessions >= 2);
}

static void a_car_out_of_service_is_not_claimed_but_the_one_inside_keeps_it(void **state)
{
    static const enum elevator_mode closed[] = { ELEVATOR_FIRE, ELEVATOR_OFFLINE, ELEVATOR_EMERGENCY };
    for (size_t i = 0; i < COUNT_OF(closed); i++) {
        struct tf *t = tf_open(tiny_two_levels(&tiny), 1);
        *state = t;
        tf_host_starts(t, 1);
        tf_car(t, 0, 0, DOOR_CLOSED, closed[i], 0);
        tf_online(t, 0, TWO_REFUGE_B);
        job_id j = tf_job(t, 1, 0);
        go(t);
        assert_int_equal(t->calls[0], 0);
        assert_int_equal(tf_state(t, j), JOB_REQUESTED); /* no way there now */
        tf_car(t, 0, 0, DOOR_CLOSED, ELEVATOR_HUMAN,
               0); /* people use it: it may be asked for, when the robot is near */
        go(t);
        assert_int_equal(t->calls[0], 1);
        tf_car_obeys(t, 0);
        go(t);
        assert_int_equal(at(t), TWO_CABIN_0);
        tf_car(t, 0, 0, DOOR_OPEN, closed[i], 1); /* taken away while the robot is inside */
        tf_after(t, 60000);
        assert_int_equal(holder(t), 0);
        assert_false(t->call[0].end);
        assert_true(tf_all_done(t, 600));
        teardown(state);
    }
}

static void a_car_that_was_never_heard_is_not_claimed(void **state)
{
    struct tf *t = tf_open(tiny_two_levels(&tiny), 1);
    *state = t;
    tf_host_starts(t, 1);
    tf_online(t, 0, TWO_REFUGE_B);
    tf_job(t, 1, 0);
    go(t);
    assert_int_equal(t->calls[0], 0);
    tf_car(t, 0, 1, DOOR_CLOSED, ELEVATOR_AGV, 0);
    assert_int_equal(t->calls[0], 1);
}

static void a_car_that_does_not_come_is_reported_once(void **state)
{
    struct tf *t = called(state);
    go(t);
    for (int i = 0; i < 59; i++) tf_after(t, 2000);
    assert_int_equal(t->events[EVENT_ELEVATOR_OVERDUE], 0);
    for (int i = 0; i < 60; i++) tf_after(t, 2000);
    assert_int_equal(t->events[EVENT_ELEVATOR_OVERDUE], 1);
}

static void a_silent_robot_inside_keeps_the_car(void **state)
{
    struct tf *t = called(state);
    go(t);
    tf_car_obeys(t, 0);
    go(t);
    assert_int_equal(at(t), TWO_CABIN_0);
    tf_fact(t, 0, FACT_SILENT, ID_NONE, 0, 0);
    for (int i = 0; i < 100; i++) tf_after(t, 2000);
    assert_int_equal(holder(t), 0);
    assert_false(t->call[0].end);
    tf_fact(t, 0, FACT_ONLINE, ID_NONE, 0, 0);
    assert_true(tf_all_done(t, 600));
}

/* ---- doors: the same handshake with less to say ---- */

static struct tf *behind_a_door(void **state)
{
    tiny_corridor(&tiny, 6, 1);
    tiny_door(&tiny, 2); /* between 2 and 3 */
    struct tf *t = tf_open(tiny_done(&tiny), 1);
    *state = t;
    tf_host_starts(t, 1);
    tf_online(t, 0, 6);
    tf_job(t, 1, 0);
    return t;
}

static void a_door_is_opened_ahead_and_passed_only_when_open(void **state)
{
    struct tf *t = behind_a_door(state);
    go(t);
    assert_int_equal(at(t), 2);
    assert_int_equal(t->doors[0], 1);
    assert_true(t->door[0].open);
    assert_int_equal(tf_view(t, 0).wait, WAIT_DOOR);
    const struct in_door wrong[] = { { .state = DOOR_CLOSED, .generation = 1 },
                                     { .state = DOOR_MOVING, .generation = 1 },
                                     { .state = DOOR_OPEN, .generation = 0 },
                                     { .state = DOOR_OPEN, .generation = 2 } };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        tf_in(t, (struct fleet_in){ .kind = IN_DOOR, .door = wrong[i] });
        go(t);
        assert_int_equal(at(t), 2);
    }
    tf_door_obeys(t, 0);
    go(t);
    assert_true(at(t) > 2);
}

static void a_door_is_closed_behind_and_told_so_until_it_shows(void **state)
{
    struct tf *t = behind_a_door(state);
    go(t);
    tf_door_obeys(t, 0);
    for (int i = 0; i < 10 && t->door[0].open; i++) go(t);
    assert_false(t->door[0].open);
    assert_int_equal(t->door[0].generation, 2);
    uint32_t told = t->doors[0];
    tf_in(t, (struct fleet_in){ .kind = IN_DOOR,
                                .door = { .state = DOOR_CLOSED, .generation = 1 } }); /* not the answer to this one */
    tf_after(t, 2000);
    assert_int_equal(t->doors[0], told + 1);
    tf_door_obeys(t, 0);
    tf_after(t, 10000);
    assert_int_equal(t->doors[0], told + 1);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(the_car_is_called_to_where_the_robot_boards),
        STORY(the_gate_opens_only_when_all_is_right),
        STORY(a_car_out_of_service_is_given_up_before_the_door_and_called_again_later),
        STORY(the_grant_of_an_old_session_opens_nothing),
        STORY(on_the_sill_the_car_is_not_sent_on),
        STORY(inside_it_moves_only_when_the_car_stands_open_upstairs),
        STORY(the_session_ends_only_when_the_robot_has_left_the_car),
        STORY(a_call_is_repeated_until_the_car_stands_open),
        STORY(the_end_is_repeated_until_the_building_shows_it),
        STORY(an_end_taken_for_heard_is_repeated_when_the_session_still_shows),
        STORY(a_new_robot_gets_a_new_generation),
        STORY(a_car_out_of_service_is_not_claimed_but_the_one_inside_keeps_it),
        STORY(a_car_that_was_never_heard_is_not_claimed),
        STORY(a_car_that_does_not_come_is_reported_once),
        STORY(a_silent_robot_inside_keeps_the_car),
        STORY(a_door_is_opened_ahead_and_passed_only_when_open),
        STORY(a_door_is_closed_behind_and_told_so_until_it_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
