#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/order.h"
#include "tiny_house.h"

static struct house house;

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

static struct tf *day(void **state, uint16_t robots)
{
    house_begin(&house);
    return house_open(&house, state, robots, 600);
}

static void seconds(struct tf *t, int n)
{
    for (int i = 0; i < n; i++) house_world(t);
}

static bool becomes(struct tf *t, job_id j, enum job_state s)
{
    for (int i = 0; i < 900 && tf_state(t, j) < s; i++) house_world(t);
    return tf_state(t, j) == s;
}

static bool upstairs(const struct tf *t, robot_id r) { return t->site->node[tf_view(t, r).at].level == 1; }

static bool quiet_now(const struct tf *t)
{
    for (robot_id r = 0; r < t->robots; r++)
        if (tf_view(t, r).claims != 1) return false;
    return true;
}

/* ---- what may be switched --------------------------------------------------------------------------------------- */

static void what_does_not_exist_cannot_be_switched(void **state)
{
    struct tf *t = day(state, 1);
    const struct in_operate wrong[] = {
        { OP_FIRE, 2, 0 },         { OP_FIRE_OVER, ID_NONE, 0 },
        { OP_ISOLATE, 3, 0 },      { OP_ISOLATE_OVER, 3, 0 },
        { OP_EDGE_CLOSE, 999, 0 }, { OP_EDGE_OPEN, 999, 0 },
        { OP_CAR_CLOSE, 2, 0 },    { OP_CAR_OPEN, 2, 0 },
        { OP_ROBOT_OUT, 1, 0 },    { OP_ROBOT_IN, 1, 0 },
        { OP_WASHED, 1, 0 },       { OP_ISOLATION_ROBOT, 1, 1 },
        { OP_COUNT, 0, 0 },        { 255, 0, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct fleet_in in = { .at_ms = t->now_ms, .kind = IN_OPERATE, .operate = wrong[i] };
        tf_refused(t, &in, ORD_ERANGE);
    }
}

static void what_is_switched_twice_is_switched_and_told_once(void **state)
{
    struct tf *t = day(state, 1);
    static const struct {
        enum operate on, off;
        enum event_no said_on, said_off;
    } pair[] = {
        { OP_FIRE, OP_FIRE_OVER, EVENT_FIRE_ALARM, EVENT_FIRE_OVER },
        { OP_MAINS_LOST, OP_MAINS_BACK, EVENT_MAINS_LOST, EVENT_MAINS_BACK },
        { OP_ISOLATE, OP_ISOLATE_OVER, EVENT_WARD_ISOLATED, EVENT_WARD_OPEN_AGAIN },
        { OP_EDGE_CLOSE, OP_EDGE_OPEN, EVENT_WAY_CLOSED, EVENT_WAY_OPEN_AGAIN },
        { OP_CAR_CLOSE, OP_CAR_OPEN, EVENT_ELEVATOR_SHUT, EVENT_ELEVATOR_OPEN_AGAIN },
        { OP_ROBOT_OUT, OP_ROBOT_IN, EVENT_ROBOT_TAKEN_OUT, EVENT_ROBOT_BACK_IN },
    };
    for (size_t i = 0; i < COUNT_OF(pair); i++) {
        for (int twice = 0; twice < 2; twice++) house_switch(t, pair[i].on, 0, 0);
        assert_int_equal(t->events[pair[i].said_on], 1);
        for (int twice = 0; twice < 2; twice++) house_switch(t, pair[i].off, 0, 0);
        assert_int_equal(t->events[pair[i].said_off], 1);
    }
    house_switch(t, OP_ISOLATION_ROBOT, 0, 1);
    house_switch(t, OP_ISOLATION_ROBOT, 0, 7);
    house_switch(t, OP_ISOLATION_ROBOT, 0, 0);
    assert_int_equal(t->events[EVENT_ROBOT_FOR_ISOLATION], 1);
    assert_int_equal(t->events[EVENT_ROBOT_FOR_ALL], 1);
}

static void what_is_switched_is_seen(void **state)
{
    struct tf *t = day(state, 1);
    assert_int_equal(fleet_zone(t->fleet, H_FIRE), 0);
    assert_true(fleet_mains(t->fleet));
    assert_false(fleet_isolated(t->fleet, H_ABOVE));
    house_switch(t, OP_FIRE, H_FIRE, 0);
    house_switch(t, OP_MAINS_LOST, 0, 0);
    house_switch(t, OP_ISOLATE, H_ABOVE, 0);
    assert_int_equal(fleet_zone(t->fleet, H_FIRE), 1);
    assert_false(fleet_mains(t->fleet));
    assert_true(fleet_isolated(t->fleet, H_ABOVE));
    assert_false(fleet_isolated(t->fleet, H_BELOW));
}

/* ---- fire ------------------------------------------------------------------------------------------------------- */

static void nobody_enters_a_burning_zone_and_its_jobs_wait_for_a_person(void **state)
{
    struct tf *t = day(state, 2);
    house_switch(t, OP_FIRE, H_FIRE, 0);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 0);
    for (int i = 0; i < 300; i++) {
        house_world(t);
        assert_false(upstairs(t, 0) || upstairs(t, 1));
        assert_int_equal(t->calls[H_CAR_A] + t->calls[H_CAR_B], 0);
    }
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    assert_int_equal(house_seen(t, j).why, JOB_WHY_CLOSED);
    house_switch(t, OP_FIRE_OVER, H_FIRE, 0);
    assert_true(house_ends(t, j, 600));
}

/* At every moment of a delivery: the alarm. Whoever has entered the car rides to the end, nobody else comes up;
 * robots up there stand at a shelter within the minute, and when a person lets work go on the load arrives. */
static void at_any_moment_of_a_delivery_a_fire_upstairs_clears_the_zone_and_loses_nothing(void **state)
{
    int tried_up = 0, tried_down = 0;
    for (int second = 0; second < 120; second++) {
        struct tf *t = day(state, 1);
        bool up_first = second % 2 != 0;
        job_id j = house_job(t, up_first ? H_ABOVE : H_BELOW, up_first ? H_BELOW : H_ABOVE, H_CLEAN, 3);
        seconds(t, second / 2);
        bool up = upstairs(t, 0), boarded = t->site->node[tf_stands(t, 0)->node].elevator != ID_NONE;
        for (uint16_t i = 0; i < t->robot[0].count; i++) /* or was told to enter */
            boarded = boarded || t->site->node[t->robot[0].base[i].node].elevator != ID_NONE;
        for (uint16_t i = 0; i < t->order[0].nodes && t->order[0].node[i].released; i++)
            boarded = boarded || t->site->node[t->order[0].node[i].node].elevator != ID_NONE;
        bool over = tf_state(t, j) == JOB_DELIVERED;
        house_switch(t, OP_FIRE, H_FIRE, 0);
        for (int i = 0; i < 60; i++) {
            house_world(t);
            if (!up && !boarded) assert_false(upstairs(t, 0));
        }
        struct robot_view v = tf_view(t, 0);
        bool served =
            v.doing == ROBOT_DROPPING || v.doing == ROBOT_PICKING; /* hands were at it: finished where it stands */
        assert_true(served || quiet_now(t));
        if (upstairs(t, 0) && !served) {
            assert_int_equal(v.at, house_node(1, v.at == house_node(1, H_REFUGE_W) ? H_REFUGE_W : H_REFUGE_M));
            tried_up++;
        } else {
            tried_down++;
        }
        house_switch(t, OP_FIRE_OVER, H_FIRE, 0);
        assert_true(over || house_ends(t, j, 900));
        teardown(state);
    }
    assert_true(tried_up > 5 && tried_down > 5);
}

static void a_robot_parked_before_an_elevator_in_a_fire_moves_to_a_shelter(void **state)
{
    house_begin(&house);
    struct tf *up = tf_open(tiny_done(&house.tiny), 1);
    *state = up;
    tf_host_starts(up, 1);
    tf_online(up, 0, house_node(1, H_BAY_B)); /* a refuge, but right beside the lobby */
    house_switch(up, OP_FIRE, H_FIRE, 0);
    seconds(up, 60);
    assert_int_equal(tf_view(up, 0).at, house_node(1, H_REFUGE_M));
    house_switch(up, OP_FIRE_OVER, H_FIRE, 0);
    job_id j = house_job(up, H_ABOVE, H_BELOW, H_CLEAN, 3);
    assert_true(house_ends(up, j, 600));
}

static void other_zones_go_on_in_a_fire(void **state)
{
    house_begin(&house);
    house.zone[H_FIRE].kind = ZONE_FIRE;
    memset(house.in_zone, 0, sizeof house.in_zone);
    house.in_zone[house_node(1, H_WARD)] = house.in_zone[house_node(1, H_REFUGE_W)] = 1; /* only the ward above burns */
    struct tf *t = house_open(&house, state, 1, 600);
    house_switch(t, OP_FIRE, H_FIRE, 0);
    job_id there = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 0),
           beside = house_job(t, H_BELOW, H_ABOVE_MIDDLE, H_CLEAN, 3);
    assert_true(house_ends(t, beside, 600));
    assert_int_equal(tf_state(t, there), JOB_REQUESTED);
    house_switch(t, OP_FIRE_OVER, H_FIRE, 0);
    assert_true(house_ends(t, there, 600));
}

/* ---- mains (R37) ------------------------------------------------------------------------------------------------ */

static void R37_on_emergency_power_only_urgent_jobs_and_powered_zones_by_powered_cars(void **state)
{
    house_begin(&house);
    house.tiny.elevator[H_CAR_B].emergency_power = true;
    struct tf *t = house_open(&house, state, 2, 600);
    house_switch(t, OP_MAINS_LOST, 0, 0);
    job_id routine = house_job(t, H_BELOW, H_ABOVE_MIDDLE, H_CLEAN, 3);
    job_id icu = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 4), stat = house_job(t, H_ABOVE_MIDDLE, H_BELOW, H_CLEAN, 1);
    for (int i = 0; i < 900 && !(tf_state(t, icu) == JOB_DELIVERED && tf_state(t, stat) == JOB_DELIVERED); i++) {
        house_world(t);
        assert_false(house_car_claimed(t, H_CAR_A));
    }
    assert_int_equal(tf_state(t, icu), JOB_DELIVERED);
    assert_int_equal(tf_state(t, stat), JOB_DELIVERED);
    assert_int_equal(tf_state(t, routine), JOB_REQUESTED);
    assert_int_equal(house_seen(t, routine).why, JOB_WHY_POWER);
    house_switch(t, OP_MAINS_BACK, 0, 0);
    assert_true(house_ends(t, routine, 900)); /* nothing was lost */
}

static void R37_what_was_given_out_and_not_loaded_goes_back_to_the_queue(void **state)
{
    house_begin(&house);
    house.tiny.elevator[H_CAR_B].emergency_power = true;
    struct tf *t = house_open(&house, state, 1, 600);
    job_id j = house_job(t, H_ABOVE_MIDDLE, H_BELOW, H_CLEAN, 3);
    assert_true(becomes(t, j, JOB_ASSIGNED));
    house_switch(t, OP_MAINS_LOST, 0, 0);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    assert_int_equal(house_seen(t, j).why, JOB_WHY_POWER);
    seconds(t, 60);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    house_switch(t, OP_MAINS_BACK, 0, 0);
    assert_true(house_ends(t, j, 600));
}

static void R37_a_load_that_is_aboard_travels_on(void **state)
{
    house_begin(&house);
    house.tiny.elevator[H_CAR_B].emergency_power = true;
    struct tf *t = house_open(&house, state, 1, 600);
    job_id j = house_job(t, H_BELOW, H_ABOVE_MIDDLE, H_CLEAN, 3);
    assert_true(becomes(t, j, JOB_MOVING));
    house_switch(t, OP_MAINS_LOST, 0, 0);
    assert_true(house_ends(t, j, 600));
    assert_true(t->calls[H_CAR_B] > 0);
}

static void R37_nobody_charges_on_emergency_power(void **state)
{
    house_begin(&house);
    house.tiny.node[house_node(0, H_BAY_B)].flags |= NODE_CHARGER;
    struct robot_class *c = &house.tiny.site.cls[0];
    c->battery_wh = 1000;
    c->move_w = c->idle_w = 10;
    c->charge_w = 1000;
    c->reserve_permille = 100;
    c->charge_low_permille = 300;
    c->charge_target_permille = 800;
    struct tf *t = house_open(&house, state, 1, 600);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 250, 0);
    for (int i = 0; i < 70 && tf_view(t, 0).doing != ROBOT_TO_CHARGE; i++) house_world(t);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_TO_CHARGE);
    house_switch(t, OP_MAINS_LOST, 0, 0);
    for (int i = 0; i < 200; i++) {
        house_world(t);
        enum robot_doing doing = tf_view(t, 0).doing;
        assert_true(doing != ROBOT_TO_CHARGE && doing != ROBOT_CHARGING);
    }
    house_switch(t, OP_MAINS_BACK, 0, 0);
    for (int i = 0; i < 200 && tf_view(t, 0).doing != ROBOT_CHARGING; i++) house_world(t);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_CHARGING);
}

/* ---- isolation (R29) -------------------------------------------------------------------------------------------- */

static void R29_what_leaves_an_isolated_ward_is_infectious_and_only_its_robot_goes_there(void **state)
{
    struct tf *t = day(state, 2);
    house_switch(t, OP_ISOLATE, H_ABOVE, 0);
    job_id out = house_job(t, H_ABOVE, H_BELOW, H_DIRTY, 4), in = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    seconds(t, 60);
    assert_int_equal(tf_state(t, out), JOB_REQUESTED);
    assert_int_equal(house_seen(t, out).why, JOB_WHY_ISOLATED);
    assert_int_equal(house_seen(t, in).why, JOB_WHY_ISOLATED);
    house_switch(t, OP_ISOLATION_ROBOT, 1, 1);
    for (int i = 0; i < 1500 && !(tf_state(t, out) == JOB_DELIVERED && tf_state(t, in) == JOB_DELIVERED); i++) {
        house_world(t);
        assert_int_equal(tf_view(t, 0).stops, 0);
    }
    assert_int_equal(tf_state(t, out), JOB_DELIVERED);
    assert_int_equal(tf_state(t, in), JOB_DELIVERED);
    assert_true(tf_view(t, 1).before & hygiene_bit(HYGIENE_INFECTIOUS));
    assert_int_equal(tf_view(t, 0).before, 0);
}

static void R29_a_robot_that_was_in_an_isolated_ward_is_disinfected_before_clean_goods(void **state)
{
    struct tf *t = day(state, 1);
    house_switch(t, OP_ISOLATE, H_ABOVE, 0);
    house_switch(t, OP_ISOLATION_ROBOT, 0, 1);
    job_id in = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    assert_true(house_ends(t, in, 600));
    assert_true(tf_view(t, 0).before & hygiene_bit(HYGIENE_INFECTIOUS)); /* it brought clean goods, but it was there */
    job_id more = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    bool washing = false;
    for (int i = 0; i < 900 && tf_state(t, more) < JOB_LOADED; i++) {
        house_world(t);
        washing = washing || tf_view(t, 0).doing == ROBOT_WASHING;
    }
    assert_true(washing);
    assert_true(house_ends(t, more, 600));
}

static void R29_a_robot_on_its_way_to_a_ward_that_is_isolated_turns_back(void **state)
{
    struct tf *t = day(state, 1);
    job_id j = house_job(t, H_ABOVE, H_BELOW, H_CLEAN, 3);
    assert_true(becomes(t, j, JOB_ASSIGNED));
    house_switch(t, OP_ISOLATE, H_ABOVE, 0);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    seconds(t, 60);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    house_switch(t, OP_ISOLATE_OVER, H_ABOVE, 0);
    assert_true(house_ends(t, j, 600));
    assert_int_equal(tf_view(t, 0).before, hygiene_bit(HYGIENE_INFECTIOUS)); /* it lay in the ward all that time */
    assert_true(house_ends(t, house_job(t, H_ABOVE, H_BELOW, H_CLEAN, 3), 900));
    assert_int_equal(tf_view(t, 0).before, hygiene_bit(HYGIENE_CLEAN)); /* washed, and what came later is as it is */
}

static void R29_a_load_handed_over_at_that_moment_is_what_it_was_but_its_robot_is_disinfected(void **state)
{
    struct tf *t = day(state, 1);
    job_id j = house_job(t, H_ABOVE, H_BELOW, H_CLEAN, 3);
    for (int i = 0; i < 600 && tf_view(t, 0).doing != ROBOT_PICKING; i++) house_world(t);
    house_switch(t, OP_ISOLATE, H_ABOVE, 0);
    assert_true(house_ends(t, j, 600));
    assert_false(house_seen(t, j).infectious);
    assert_true(tf_view(t, 0).before & hygiene_bit(HYGIENE_INFECTIOUS));
}

static void an_isolation_robot_does_nothing_else(void **state)
{
    struct tf *t = day(state, 1);
    house_switch(t, OP_ISOLATION_ROBOT, 0, 1);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    seconds(t, 60);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    house_switch(t, OP_ISOLATION_ROBOT, 0, 0);
    assert_true(house_ends(t, j, 600));
}

/* ---- robots ----------------------------------------------------------------------------------------------------- */

static void a_robot_taken_out_gets_no_new_work_but_ends_what_it_carries(void **state)
{
    struct tf *t = day(state, 1);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    assert_true(becomes(t, j, JOB_MOVING));
    house_switch(t, OP_ROBOT_OUT, 0, 0);
    assert_true(tf_view(t, 0).out);
    job_id next = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 0);
    assert_true(house_ends(t, j, 600));
    seconds(t, 60);
    assert_int_equal(tf_state(t, next), JOB_REQUESTED);
    house_switch(t, OP_ROBOT_IN, 0, 0);
    assert_true(house_ends(t, next, 600));
}

static void a_robot_disinfected_by_a_person_is_clean(void **state)
{
    struct tf *t = day(state, 1);
    job_id dirty = house_job(t, H_ABOVE, H_BELOW, H_DIRTY, 4);
    assert_true(house_ends(t, dirty, 600));
    assert_int_equal(tf_view(t, 0).before, hygiene_bit(HYGIENE_DIRTY));
    house_switch(t, OP_WASHED, 0, 0);
    assert_int_equal(tf_view(t, 0).before, 0);
    job_id clean = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    for (int i = 0; i < 1200 && tf_state(t, clean) != JOB_DELIVERED; i++) { /* the car keeps them apart for 10 min */
        house_world(t);
        assert_true(tf_view(t, 0).doing != ROBOT_WASHING);
    }
    assert_int_equal(tf_state(t, clean), JOB_DELIVERED);
}

/* ---- quiet hours (R47) ------------------------------------------------------------------------------------------ */

static void quiet_ward_above(void)
{
    struct tiny *t = &house.tiny;
    for (edge_id e = 0; e < t->site.edges; e++) t->edge[e].quiet = t->edge[e].lane == house.ward_lane[1];
    t->site.calendar.quiet = (struct day_window){ 1320, 360, DAYS_ALL };
    t->site.cls[0].quiet_speed_mm_s = 400;
}

/* The slowest and the fastest limit that was sent for the quiet lane and for others, in one delivery; 0: none. */
static void speeds_of_a_delivery(struct tf *t, int32_t *quiet_least, int32_t *quiet_most, int32_t *other_most)
{
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    *quiet_least = INT32_MAX;
    *quiet_most = *other_most = -1;
    for (int i = 0; i < 600 && tf_state(t, j) != JOB_DELIVERED; i++) {
        house_world(t);
        for (uint16_t k = 1; k < t->order[0].nodes; k++) {
            const struct order_node *n = &t->order[0].node[k];
            if (n->edge == ID_NONE) continue;
            if (!t->site->edge[n->edge].quiet) {
                if (n->speed_mm_s > *other_most) *other_most = n->speed_mm_s;
                continue;
            }
            if (n->speed_mm_s < *quiet_least) *quiet_least = n->speed_mm_s;
            if (n->speed_mm_s > *quiet_most) *quiet_most = n->speed_mm_s;
        }
    }
    assert_int_equal(tf_state(t, j), JOB_DELIVERED);
}

static void R47_in_the_quiet_hours_orders_past_patients_carry_the_quiet_speed(void **state)
{
    int32_t least, most, other;
    house_begin(&house);
    quiet_ward_above();
    struct tf *t = house_open(&house, state, 1, 1330); /* 22:10 */
    speeds_of_a_delivery(t, &least, &most, &other);
    assert_int_equal(least, 400);
    assert_int_equal(most, 400);
    assert_int_equal(other, 0);                /* as the map says */
    while (t->now_ms < (1440 + 361) * H_MIN) { /* after 06:00 */
        t->now_ms += 30 * H_MIN;
        tf_tick(t);
    }
    speeds_of_a_delivery(t, &least, &most, &other);
    assert_int_equal(most, 0);
}

static void R8_a_meal_in_the_evening_is_taken_and_slowed_once_it_is_quiet(void **state)
{
    int32_t least, most, other;
    house_begin(&house);
    quiet_ward_above();
    house.goods[H_CLEAN].hygiene = HYGIENE_FOOD;
    struct tf *t = house_open(&house, state, 1, 1290); /* 21:30 */
    speeds_of_a_delivery(t, &least, &most, &other);
    assert_int_equal(most, 0);
    while (t->now_ms < 1319 * H_MIN + 20000) house_world(t);
    speeds_of_a_delivery(t, &least, &most,
                         &other); /* what is sent in the last minute before is driven in the quiet hours */
    assert_int_equal(least, 400);
    assert_int_equal(most, 400);
}

static void R47_a_slower_map_stays_slower(void **state)
{
    (void)state;
    house_begin(&house);
    quiet_ward_above();
    static const struct {
        int32_t map, quiet, sent;
    } row[] = { { 0, 400, 400 }, { 300, 400, 300 }, { 800, 400, 400 }, { 800, 0, 800 } };
    edge_id e = house.tiny.lane_edge[house.ward_lane[1]];
    struct site *s = tiny_done(&house.tiny);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        static struct vda_order out;
        struct out_order o = { .nodes = 2 };
        house.tiny.edge[e].speed_mm_s = row[i].map;
        o.node[0] = (struct order_node){ .node = s->edge[e].from, .edge = ID_NONE, .released = true };
        o.node[1] = (struct order_node){
            .node = s->edge[e].to, .edge = e, .seq = 2, .released = true, .speed_mm_s = row[i].quiet
        };
        order_to_vda(s, 1, &o, false, &out);
        assert_int_equal(out.edge[0].max_speed_mm_s, row[i].sent);
    }
}

/* ---- state ------------------------------------------------------------------------------------------------------ */

static void everything_switched_survives_in_the_journal(void **state)
{
    struct tf *t = day(state, 2);
    house_switch(t, OP_ISOLATE, H_ABOVE, 0);
    house_switch(t, OP_ISOLATION_ROBOT, 1, 1);
    house_switch(t, OP_CAR_CLOSE, H_CAR_A, 0);
    job_id j = house_job(t, H_BELOW, H_ABOVE, H_CLEAN, 3);
    seconds(t, 20);
    house_switch(t, OP_FIRE, H_FIRE, 0);
    seconds(t, 20);
    house_switch(t, OP_MAINS_LOST, 0, 0);
    house_switch(t, OP_FIRE_OVER, H_FIRE, 0);
    house_switch(t, OP_MAINS_BACK, 0, 0);
    assert_true(house_ends(t, j, 900));
    assert_true(tf_replays_alike(t));
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(what_does_not_exist_cannot_be_switched),
        STORY(what_is_switched_twice_is_switched_and_told_once),
        STORY(what_is_switched_is_seen),
        STORY(nobody_enters_a_burning_zone_and_its_jobs_wait_for_a_person),
        STORY(at_any_moment_of_a_delivery_a_fire_upstairs_clears_the_zone_and_loses_nothing),
        STORY(a_robot_parked_before_an_elevator_in_a_fire_moves_to_a_shelter),
        STORY(other_zones_go_on_in_a_fire),
        STORY(R37_on_emergency_power_only_urgent_jobs_and_powered_zones_by_powered_cars),
        STORY(R37_what_was_given_out_and_not_loaded_goes_back_to_the_queue),
        STORY(R37_a_load_that_is_aboard_travels_on),
        STORY(R37_nobody_charges_on_emergency_power),
        STORY(R29_what_leaves_an_isolated_ward_is_infectious_and_only_its_robot_goes_there),
        STORY(R29_a_robot_that_was_in_an_isolated_ward_is_disinfected_before_clean_goods),
        STORY(R29_a_robot_on_its_way_to_a_ward_that_is_isolated_turns_back),
        STORY(R29_a_load_handed_over_at_that_moment_is_what_it_was_but_its_robot_is_disinfected),
        STORY(an_isolation_robot_does_nothing_else),
        STORY(a_robot_taken_out_gets_no_new_work_but_ends_what_it_carries),
        STORY(a_robot_disinfected_by_a_person_is_clean),
        STORY(R47_in_the_quiet_hours_orders_past_patients_carry_the_quiet_speed),
        STORY(R8_a_meal_in_the_evening_is_taken_and_slowed_once_it_is_quiet),
        cmocka_unit_test(R47_a_slower_map_stays_slower),
        STORY(everything_switched_survives_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
