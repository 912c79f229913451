/* Tours of the fleet: several loads, hygiene between them, urgent jobs, energy, robots that drop out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tiny_fleet.h"

enum { LINEN, DIRTY, DRUG, FOOD, KINDS };
enum { STATION_KITCHEN_END, STATION_WARD_END, STATION_MIDDLE };
enum { LENGTH = 8, WASHER = LENGTH + 4, CHARGER = LENGTH + 5 };

static struct tiny tiny;
static struct site_goods kinds[KINDS] = {
    [LINEN] = { .id = "linen", .hygiene = HYGIENE_CLEAN, .priority = 4 },
    [DIRTY] = { .id = "dirty", .hygiene = HYGIENE_DIRTY, .priority = 4 },
    [DRUG] = { .id = "drug", .hygiene = HYGIENE_DRUG, .priority = 2 },
    [FOOD] = { .id = "food", .hygiene = HYGIENE_FOOD, .priority = 2 },
};

/* A corridor with a station at each end and one in the middle, bays below, a washer and a charger among them. */
static struct site *ward_floor(uint8_t slots)
{
    tiny_begin(&tiny, 1);
    for (node_id i = 0; i < LENGTH; i++) tiny_node(&tiny, 0, TINY_STEP_MM * i, 0, 0);
    for (node_id i = 1; i < LENGTH; i++) tiny_lane(&tiny, (node_id)(i - 1), i);
    for (node_id i = 0; i < 6; i++) tiny_refuge(&tiny, i, 0, -TINY_STEP_MM);
    tiny.node[WASHER].flags = NODE_WASHER;
    tiny.node[CHARGER].flags |= NODE_CHARGER;
    tiny_station(&tiny, 0);
    tiny_station(&tiny, LENGTH - 1);
    tiny_station(&tiny, 3);
    struct site *s = tiny_done(&tiny);
    s->goods = KINDS;
    s->good = kinds;
    s->class_goods[0] = (1u << KINDS) - 1;
    s->cls[0].slots = slots;
    return s;
}

static struct tf *fleet_of(void **state, uint16_t robots, uint8_t slots)
{
    struct tf *t = tf_open(ward_floor(slots), robots);
    *state = t;
    tf_host_starts(t, 1);
    for (robot_id r = 0; r < robots; r++) tf_online(t, r, (node_id)(LENGTH + r));
    return t;
}

static int close_fleet(void **state)
{
    tf_close(*state);
    return 0;
}

static job_id ask(struct tf *t, goods_id g, station_id from, station_id to, uint8_t priority)
{
    tf_in(t, (struct fleet_in){
                 .kind = IN_JOB,
                 .job = { .ref = 5, .from = from, .to = to, .quantity = 1, .priority = priority, .goods = g } });
    assert_int_equal(t->said.refusal, REFUSAL_NONE);
    return fleet_job_last(t->fleet);
}

static struct job_view job(const struct tf *t, job_id j)
{
    struct job_view v;
    assert_true(fleet_job(t->fleet, j, &v));
    return v;
}

static bool has_stop(const struct robot_view *v, enum stop_kind kind)
{
    for (uint8_t i = 0; i < v->stops; i++)
        if (v->stop[i].kind == kind) return true;
    return false;
}

static void until_state(struct tf *t, job_id j, enum job_state state)
{
    for (int i = 0; i < 900 && tf_state(t, j) != state; i++) tf_world(t);
    assert_int_equal(tf_state(t, j), state);
}

static void R28_a_soiled_robot_is_disinfected_before_clean_goods(void **state)
{
    struct tf *t = fleet_of(state, 1, 1);
    job_id soiled = ask(t, DIRTY, STATION_WARD_END, STATION_MIDDLE, 4);
    until_state(t, soiled, JOB_DELIVERED);
    assert_true(tf_view(t, 0).before & hygiene_bit(HYGIENE_DIRTY));
    job_id clean = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    tf_after(t, 5000);
    bool washing = has_stop((struct robot_view[]){ tf_view(t, 0) }, STOP_WASH);
    bool washed = false;
    for (int i = 0; i < 900 && tf_state(t, clean) < JOB_LOADED; i++) {
        tf_world(t);
        struct robot_view v = tf_view(t, 0);
        washing = washing || v.doing == ROBOT_TO_WASH;
        washed = washed || (v.before & HYGIENE_SOILED) == 0;
        if (tf_state(t, clean) >= JOB_LOADED) assert_true(washed);
    }
    assert_true(washing && washed);
    until_state(t, clean, JOB_DELIVERED);
    assert_true(tf_replays_alike(t));
}

static void R4_clean_and_soiled_loads_are_never_aboard_together(void **state)
{
    struct tf *t = fleet_of(state, 2, 4);
    job_id j[8];
    for (int i = 0; i < 8; i++) j[i] = ask(t, i % 2 ? DIRTY : LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    int together = 0;
    for (int s = 0; s < 3000 && !tf_quiet(t); s++) {
        tf_world(t);
        for (robot_id r = 0; r < 2; r++) {
            struct robot_view v = tf_view(t, r);
            uint32_t kinds_aboard = 0;
            for (uint8_t i = 0; i < v.loads; i++) kinds_aboard |= 1u << job(t, v.load[i]).goods;
            assert_true(kinds_aboard != (1u << LINEN | 1u << DIRTY));
            together += v.loads > 1;
        }
    }
    for (int i = 0; i < 8; i++) assert_int_equal(tf_state(t, j[i]), JOB_DELIVERED);
    assert_true(together > 0); /* several of one kind did go together */
}

static void R2_an_urgent_job_takes_a_robot_that_has_not_loaded(void **state)
{
    struct tf *t = fleet_of(state, 1, 1);
    job_id routine = ask(t, LINEN, STATION_WARD_END, STATION_KITCHEN_END, 4);
    assert_int_equal(tf_view(t, 0).job, routine);
    tf_world(t);
    job_id urgent = ask(t, DRUG, STATION_MIDDLE, STATION_WARD_END, 0);
    tf_after(t, 1000);
    assert_int_equal(tf_state(t, urgent), JOB_ASSIGNED);
    assert_int_equal(tf_view(t, 0).job, urgent);
    until_state(t, urgent, JOB_DELIVERED);
    assert_true(tf_state(t, routine) < JOB_LOADED);
    until_state(t, routine, JOB_DELIVERED);
    assert_true(tf_replays_alike(t));
}

static void R2_one_compartment_is_left_for_what_is_urgent(void **state)
{
    struct tf *t = fleet_of(state, 1, 3);
    job_id routine[4];
    for (int i = 0; i < 4; i++) routine[i] = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    until_state(t, routine[0], JOB_MOVING);
    uint8_t most = 0;
    for (int i = 0; i < 12; i++) {
        tf_world(t);
        uint8_t aboard = tf_view(t, 0).loads;
        most = aboard > most ? aboard : most;
    }
    assert_int_equal(most, 2);
    job_id urgent = ask(t, DRUG, STATION_MIDDLE, STATION_WARD_END, 1);
    for (int i = 0; i < 900 && tf_state(t, urgent) < JOB_LOADED; i++) {
        tf_world(t);
        most = tf_view(t, 0).loads > most ? tf_view(t, 0).loads : most;
    }
    assert_true(tf_state(t, urgent) >= JOB_LOADED);
    until_state(t, urgent, JOB_DELIVERED);
    for (int i = 0; i < 4; i++) until_state(t, routine[i], JOB_DELIVERED);
    assert_true(tf_replays_alike(t));
}

static void R2_an_urgent_load_aboard_is_brought_before_those_on_its_way(void **state)
{
    struct tf *t = fleet_of(state, 1, 3);
    job_id routine = ask(t, LINEN, STATION_KITCHEN_END, STATION_MIDDLE, 4);
    job_id urgent = ask(t, DRUG, STATION_KITCHEN_END, STATION_WARD_END, 1);
    until_state(t, urgent, JOB_DELIVERED);
    until_state(t, routine, JOB_DELIVERED);
    assert_true(job(t, urgent).arrived_ms < job(t, routine).arrived_ms); /* though the other place lies on the way */
    assert_true(tf_replays_alike(t));
}

static void R11_who_is_overtaken_by_a_newer_job_of_its_class_keeps_the_reason(void **state)
{
    struct tf *t = fleet_of(state, 1, 1);
    job_id older = ask(t, LINEN, STATION_WARD_END, STATION_KITCHEN_END, 4);
    tf_in(t, (struct fleet_in){ .kind = IN_JOB,
                                .job = { .from = STATION_WARD_END,
                                         .to = STATION_MIDDLE,
                                         .quantity = 1,
                                         .priority = 4,
                                         .goods = LINEN,
                                         .due_ms = t->now_ms + 2 * MS_MINUTE } });
    job_id newer = fleet_job_last(t->fleet);
    until_state(t, newer, JOB_MOVING);
    assert_true(tf_state(t, older) < JOB_LOADED);
    assert_int_equal(job(t, older).why, JOB_WHY_BETTER_FIRST);
    assert_int_equal(job(t, older).why_robot, 0);
    until_state(t, older, JOB_DELIVERED);
}

static void R11_equal_jobs_are_served_in_the_order_of_request(void **state)
{
    struct tf *t = fleet_of(state, 2, 1);
    job_id j[6];
    for (int i = 0; i < 6; i++) {
        j[i] = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
        tf_world(t);
    }
    ms_t loaded = 0;
    for (int i = 0; i < 6; i++) {
        until_state(t, j[i], JOB_DELIVERED);
        assert_true(job(t, j[i]).loaded_ms >= loaded);
        loaded = job(t, j[i]).loaded_ms;
    }
}

static void several_loads_share_one_trip(void **state)
{
    struct tf *t = fleet_of(state, 1, 4);
    job_id j[4];
    for (int i = 0; i < 4; i++) j[i] = ask(t, DRUG, STATION_KITCHEN_END, i % 2 ? STATION_WARD_END : STATION_MIDDLE, 2);
    uint8_t most = 0;
    for (int s = 0; s < 900 && !tf_quiet(t); s++) {
        tf_world(t);
        uint8_t loads = tf_view(t, 0).loads;
        if (loads > most) most = loads;
    }
    assert_in_range(most, 2, 3); /* the fourth compartment is for what is urgent */
    for (int i = 0; i < 4; i++) assert_int_equal(tf_state(t, j[i]), JOB_DELIVERED);
}

static void a_dead_robot_gives_back_what_it_has_not_loaded_and_keeps_what_is_aboard(void **state)
{
    struct tf *t = fleet_of(state, 2, 1);
    tf_fact(t, 1, FACT_OFFLINE, ID_NONE, 0, 0);
    job_id aboard = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    until_state(t, aboard, JOB_MOVING);
    job_id later = ask(t, LINEN, STATION_MIDDLE, STATION_WARD_END, 4);
    tf_after(t, 2000);
    assert_int_equal(tf_state(t, later), JOB_ASSIGNED);
    tf_fact(t, 0, FACT_SILENT, ID_NONE, 0, 0);
    tf_after(t, 31000);
    tf_after(t, 1000);
    assert_int_equal(tf_state(t, later), JOB_REQUESTED);
    assert_int_equal(tf_state(t, aboard), JOB_MOVING);
    assert_int_equal(job(t, aboard).robot, 0);
    assert_int_equal(job(t, aboard).why, JOB_WHY_ROBOT_FAILED);
    assert_int_equal(tf_view(t, 0).loads, 1);
    tf_fact(t, 1, FACT_ONLINE, ID_NONE, 0, 0);
    tf_after(t, 1000);
    assert_int_equal(tf_state(t, later), JOB_ASSIGNED);
    assert_int_equal(job(t, later).robot, 1);
}

static void a_pick_up_under_way_is_given_to_nobody_else(void **state)
{
    struct tf *t = fleet_of(state, 2, 1);
    job_id j = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    for (int i = 0; i < 60 && tf_view(t, 0).doing != ROBOT_PICKING; i++) {
        t->now_ms += 1000;
        tf_accept_new(t, 0);
        tf_drive(t, 0);
        tf_tick(t);
    }
    assert_int_equal(tf_view(t, 0).doing, ROBOT_PICKING);
    tf_fact(t, 0, FACT_SILENT, ID_NONE, 0, 0);
    for (int i = 0; i < 20; i++) tf_after(t, 30000);
    assert_int_equal(job(t, j).robot, 0);
    assert_int_equal(tf_view(t, 1).job, 0);
}

/* The same floor, robots with batteries; the first one stands where it is said, the others in the first bays. */
static struct tf *on_batteries(void **state, uint16_t robots, node_id first, enum dispatch_policy dispatch)
{
    struct site *s = ward_floor(1);
    s->cls[0].battery_wh = 900;
    s->cls[0].move_w = 90;
    s->cls[0].reserve_permille = 150;
    s->cls[0].charge_low_permille = 200;
    s->cls[0].charge_target_permille = 900;
    struct tf *t = tf_open_with(s, robots, dispatch);
    *state = t;
    tf_host_starts(t, 1);
    tf_online(t, 0, first);
    for (robot_id r = 1; r < robots; r++) tf_online(t, r, (node_id)(LENGTH + r));
    return t;
}

static void I20_a_robot_that_is_low_charges_before_it_works(void **state)
{
    struct tf *t = on_batteries(state, 1, LENGTH, DISPATCH_TOURS);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 180, 0);
    job_id j = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    for (int i = 0; i < 60; i++) tf_world(t);
    assert_int_equal(tf_view(t, 0).at, CHARGER);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 300, 1);
    tf_after(t, 5000);
    assert_int_equal(tf_state(t, j), JOB_REQUESTED);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 520, 1); /* enough while jobs wait */
    until_state(t, j, JOB_DELIVERED);
}

static void I20_a_robot_on_its_charger_stops_charging_before_it_is_sent_away(void **state)
{
    struct tf *t = on_batteries(state, 1, CHARGER, DISPATCH_TOURS);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 800, 1);
    job_id j = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    assert_int_equal(tf_state(t, j), JOB_ASSIGNED);
    assert_int_equal(t->orders[0], 0);
    assert_int_equal(t->instants[0], 1);
    assert_int_equal(t->instant[0].action.kind, ACT_STOP_CHARGING);
    uint32_t number = t->instant[0].action.number;
    tf_after(t, 1000);
    assert_int_equal(t->instants[0], 1); /* not hurried */
    tf_after(t, 1000);
    assert_int_equal(t->instants[0], 2); /* the first may be lost: again, as another one */
    assert_int_not_equal(t->instant[0].action.number, number);
    assert_int_equal(t->orders[0], 0);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 800, 0);
    assert_int_equal(t->orders[0], 1);
    until_state(t, j, JOB_DELIVERED);
    assert_int_equal(t->instants[0], 2);
    assert_true(tf_replays_alike(t));
}

static void I20_who_ends_charging_only_by_driving_off_gets_its_order_after_five_requests(void **state)
{
    struct tf *t = on_batteries(state, 1, CHARGER, DISPATCH_TOURS);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 800, 1);
    job_id j = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    for (int i = 0; i < 8; i++) tf_after(t, 1000);
    assert_int_equal(t->instants[0], 5);
    assert_int_equal(t->orders[0], 0);
    tf_after(t, 2000);
    assert_int_equal(t->instants[0], 5);
    assert_int_equal(t->orders[0], 1);
    until_state(t, j, JOB_DELIVERED);
}

static void a_full_robot_leaves_the_only_charger_to_one_that_needs_it(void **state)
{
    struct tf *t = on_batteries(state, 2, CHARGER, DISPATCH_TOURS);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 950, 0);
    tf_fact(t, 1, FACT_BATTERY, ID_NONE, 180, 0);
    for (int i = 0; i < 300 && tf_view(t, 1).at != CHARGER; i++) tf_world(t);
    assert_int_equal(tf_view(t, 1).at, CHARGER);
    assert_int_not_equal(tf_view(t, 0).at, CHARGER);
    assert_true(t->site->node[tf_view(t, 0).at].flags & NODE_REFUGE);
    assert_int_equal(tf_view(t, 0).doing, ROBOT_IDLE);
}

static void who_needs_the_charger_itself_is_not_sent_away(void **state)
{
    struct tf *t = on_batteries(state, 2, CHARGER, DISPATCH_TOURS);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 250, 1);
    tf_fact(t, 1, FACT_BATTERY, ID_NONE, 180, 0);
    for (int i = 0; i < 300; i++) tf_world(t);
    assert_int_equal(tf_view(t, 0).at, CHARGER);
}

static void I20_the_nearest_robot_too_keeps_its_reserve(void **state)
{
    struct tf *t = on_batteries(state, 2, LENGTH, DISPATCH_NEAREST);
    tf_fact(t, 1, FACT_SILENT, ID_NONE, 0, 0);
    tf_fact(t, 0, FACT_BATTERY, ID_NONE, 480, 0);
    job_id near = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    assert_int_equal(tf_state(t, near), JOB_ASSIGNED);
    tf_cancel(t, near);
    ((struct site *)(uintptr_t)t->site)->cls[0].move_w = 4000000; /* now a metre costs it all it has */
    job_id far = ask(t, LINEN, STATION_KITCHEN_END, STATION_WARD_END, 4);
    assert_int_equal(tf_state(t, far), JOB_REQUESTED);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, close_fleet)
    const struct CMUnitTest tests[] = {
        STORY(R28_a_soiled_robot_is_disinfected_before_clean_goods),
        STORY(R4_clean_and_soiled_loads_are_never_aboard_together),
        STORY(R2_an_urgent_job_takes_a_robot_that_has_not_loaded),
        STORY(R2_one_compartment_is_left_for_what_is_urgent),
        STORY(R2_an_urgent_load_aboard_is_brought_before_those_on_its_way),
        STORY(R11_who_is_overtaken_by_a_newer_job_of_its_class_keeps_the_reason),
        STORY(R11_equal_jobs_are_served_in_the_order_of_request),
        STORY(several_loads_share_one_trip),
        STORY(a_dead_robot_gives_back_what_it_has_not_loaded_and_keeps_what_is_aboard),
        STORY(a_pick_up_under_way_is_given_to_nobody_else),
        STORY(I20_a_robot_that_is_low_charges_before_it_works),
        STORY(I20_a_robot_on_its_charger_stops_charging_before_it_is_sent_away),
        STORY(I20_who_ends_charging_only_by_driving_off_gets_its_order_after_five_requests),
        STORY(a_full_robot_leaves_the_only_charger_to_one_that_needs_it),
        STORY(who_needs_the_charger_itself_is_not_sent_away),
        STORY(I20_the_nearest_robot_too_keeps_its_reserve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
