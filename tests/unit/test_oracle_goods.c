/* The judge of loads, hygiene, elevators' modes and energy: each rule is broken on purpose and must be found. */
#include "oracle_bench.h"

enum { FOOD, MEAL_TRAYS, WASTE, DRUG, COLD, ACID, HEAVY, GOODS_KINDS };

static struct site_goods kinds[GOODS_KINDS];
static struct site_zone zone;
static uint8_t in_zone[SMALL_NODES];

/* Robot 0 at station 0, which it may serve; station 1 lies on the same floor at node 1, node 0 is also a washer. */
static struct oracle *bench(void)
{
    struct oracle *o = fresh(2);
    struct site *s = &small.site;
    static const enum hygiene of[GOODS_KINDS] = { HYGIENE_FOOD, HYGIENE_DIRTY, HYGIENE_WASTE, HYGIENE_DRUG,
                                                  HYGIENE_DRUG, HYGIENE_DRUG,  HYGIENE_CLEAN };
    oracle_close(o);
    small.station[1].node = 1;
    for (int g = 0; g < GOODS_KINDS; g++) kinds[g] = (struct site_goods){ .hygiene = of[g], .mass_g = 1000 };
    kinds[COLD].ride_max_ms = 600000;
    kinds[ACID].dangerous = true;
    kinds[HEAVY].mass_g = 50000;
    s->goods = GOODS_KINDS;
    s->good = kinds;
    s->hygiene = hygiene_rules_default;
    s->class_goods[0] = (1u << GOODS_KINDS) - 1;
    s->cls[0].slots = 3;
    s->cls[0].payload_g = 20000;
    s->cls[0].reserve_permille = 150;
    memset(in_zone, 0, sizeof in_zone);
    s->zone = &zone;
    s->zones = 1;
    s->in_zone = in_zone;
    struct oracle_config cfg = {
        .site = s, .robots = 2, .robot_class = classes, .start_level = levels, .violated = note_it
    };
    assert_int_equal(oracle_open(&o, &cfg), ORD_OK);
    claim_all(o, 0);
    put(o, 0, 0, 0, 0, 0, 0);
    return o;
}

static uint32_t last_action;
static struct order_action told;

static void does(struct oracle *o, enum order_action_kind kind, job_id job, ms_t now)
{
    last_action++;
    struct out_order m = order_of(
        900 + last_action, 1, (const struct order_node[]){ { .edge = ID_NONE, .action = { kind, last_action, job } } });
    oracle_order(o, &m, now);
    assert_true(oracle_finished(o, 0, last_action, &told, now));
}

static void takes(struct oracle *o, job_id job, goods_id goods, ms_t now)
{
    put(o, 0, 0, 0, 0, 0, now);
    new_job(o, job, 0, 1, goods, now);
    does(o, ACT_PICK, job, now);
}

static void leaves(struct oracle *o, job_id job, ms_t now)
{
    put(o, 0, 5000, 0, 0, 0, now);
    does(o, ACT_DROP, job, now);
    put(o, 0, 0, 0, 0, 0, now + 10000);
}

static void meals_after_waste_without_disinfection_are_found(void **state)
{
    struct oracle *o = bench();
    takes(o, 1, WASTE, 0);
    leaves(o, 1, 20000);
    takes(o, 2, WASTE, 40000); /* the same again is allowed */
    leaves(o, 2, 60000);
    ONLY("I-17", 0);
    takes(o, 3, FOOD, 80000);
    ONLY("I-17", 1);
    oracle_close(o);
}

static void a_washer_makes_clean_and_nothing_else_does(void **state)
{
    struct oracle *o = bench();
    small.node[0].flags = NODE_WASHER;
    takes(o, 1, WASTE, 0);
    leaves(o, 1, 20000);
    does(o, ACT_WASH, 0, 40000);
    takes(o, 2, FOOD, 50000);
    ONLY("I-17", 0);
    leaves(o, 2, 70000);
    takes(o, 3, MEAL_TRAYS, 90000);
    leaves(o, 3, 110000);
    put(o, 0, 5000, 0, 0, 0, 130000);
    does(o, ACT_WASH, 0, 130000); /* where there is no washer */
    ONLY("I-17", 1);
    takes(o, 4, FOOD, 150000);
    ONLY("I-17", 2);
    oracle_close(o);
}

static void a_wash_by_hand_counts(void **state)
{
    struct oracle *o = bench();
    takes(o, 1, WASTE, 0);
    leaves(o, 1, 20000);
    oracle_operate(o, &(struct in_operate){ .op = OP_WASHED, .target = 0 }, 30000);
    takes(o, 2, FOOD, 40000);
    ONLY("I-17", 0);
    oracle_close(o);
}

static void what_may_not_be_together_is_found_on_one_robot(void **state)
{
    struct oracle *o = bench();
    takes(o, 1, FOOD, 0);
    takes(o, 2, DRUG, 1000); /* drugs may follow food, but not beside it */
    ONLY("I-17", 1);
    oracle_close(o);
}

static void too_many_too_heavy_and_foreign_loads_are_found(void **state)
{
    struct oracle *o = bench();
    takes(o, 1, DRUG, 0);
    takes(o, 2, DRUG, 1000);
    takes(o, 3, DRUG, 2000);
    ONLY("I-21", 0);
    takes(o, 4, DRUG, 3000);
    ONLY("I-21", 1);
    oracle_close(o);
    o = bench();
    takes(o, 1, HEAVY, 0);
    ONLY("I-21", 1);
    oracle_close(o);
    o = bench();
    small.site.class_goods[0] = 1u << FOOD;
    takes(o, 1, DRUG, 0);
    ONLY("I-21", 1);
    oracle_close(o);
}

static void cold_goods_too_long_on_their_way_are_found(void **state)
{
    struct oracle *o = bench();
    takes(o, 1, COLD, 0);
    oracle_job_state(o, 1, JOB_LOADED, 0);
    oracle_job_state(o, 1, JOB_ARRIVED, 600000);
    ONLY("R32", 0);
    leaves(o, 1, 600000);
    takes(o, 2, COLD, 700000);
    oracle_job_state(o, 2, JOB_LOADED, 700000);
    oracle_job_state(o, 2, JOB_ARRIVED, 1300001);
    ONLY("R32", 1);
    oracle_close(o);
}

static void dangerous_goods_in_company_or_where_people_ride_are_found(void **state)
{
    struct oracle *o = bench();
    takes(o, 1, ACID, 0);
    takes(o, 2, DRUG, 1000);
    ONLY("R32", 1);
    oracle_close(o);
    o = bench();
    small.elevator[0].people = true;
    oracle_car(o, 0, 0, false, true);
    takes(o, 1, ACID, 0);
    put(o, 0, 8000, 0, 500, 0, 20000); /* over the sill */
    put(o, 0, 9000, 0, 500, 0, 21000);
    oracle_judge(o, 21000);
    ONLY("R32", 1);
    oracle_close(o);
}

/* ---- ways and cars ---- */
static void drives(struct oracle *o, uint32_t order, node_id from, edge_id edge, node_id to, ms_t now)
{
    struct out_order m =
        order_of(order, 2,
                 (const struct order_node[]){ { .node = from, .edge = ID_NONE, .released = true },
                                              { .node = to, .edge = edge, .seq = 2, .released = true } });
    oracle_order(o, &m, now);
    oracle_reached(o, 0, order, 2, now + 5000);
}

static void waste_on_a_way_barred_to_it_is_found(void **state)
{
    struct oracle *o = bench();
    small.edge[0].barred = 1u << HYGIENE_WASTE;
    drives(o, 1, 0, 0, 1, 0);
    ONLY("I-18", 0);
    takes(o, 1, WASTE, 30000);
    drives(o, 2, 0, 0, 1, 30000);
    ONLY("I-18", 1);
    leaves(o, 1, 50000);
    drives(o, 3, 0, 0, 1, 70000); /* empty, but not disinfected */
    ONLY("I-18", 2);
    oracle_close(o);
}

static void an_empty_robot_that_carried_clean_goods_may_drive_anywhere(void **state)
{
    struct oracle *o = bench();
    small.edge[0].barred = 1u << HYGIENE_DRUG;
    takes(o, 1, DRUG, 0);
    leaves(o, 1, 20000);
    drives(o, 1, 0, 0, 1, 40000);
    ONLY("I-18", 0);
    takes(o, 2, DRUG, 60000);
    drives(o, 2, 0, 0, 1, 70000); /* not with them */
    ONLY("I-18", 1);
    oracle_close(o);
}

/* Robot 0 enters and leaves the car on level 0. */
static void visits_car(struct oracle *o, ms_t now)
{
    oracle_car(o, 0, 0, false, true);
    put(o, 0, 8000, 0, 500, 0, now);
    put(o, 0, 9000, 0, 500, 0, now + 1000);
    oracle_judge(o, now + 1000);
    put(o, 0, 10000, 0, 500, 0, now + 2000);
    oracle_judge(o, now + 2000);
    put(o, 0, 8000, 0, 500, 0, now + 4000);
    oracle_judge(o, now + 4000);
    put(o, 0, 0, 0, 0, 0, now + 20000);
    oracle_judge(o, now + 20000);
}

static void waste_in_a_car_outside_its_hours_is_found(void **state)
{
    struct oracle *o = bench();
    small.elevator[0].rules = 1;
    small.elevator[0].rule[0] = (struct car_rule){ { 60, 120, DAYS_ALL }, 0 }; /* from 1 to 2 h it takes everything */
    small.elevator[0].barred = 1u << HYGIENE_WASTE;
    takes(o, 1, WASTE, 0);
    visits_car(o, 90 * MS_MINUTE);
    ONLY("I-18", 0);
    visits_car(o, 130 * MS_MINUTE);
    ONLY("I-18", 1);
    oracle_close(o);
}

static void clean_goods_soon_after_waste_in_one_car_are_found(void **state)
{
    struct oracle *o = bench();
    takes(o, 1, WASTE, 0);
    visits_car(o, 10000); /* left at 14 s */
    leaves(o, 1, 60000);
    oracle_operate(o, &(struct in_operate){ .op = OP_WASHED }, 61000);
    takes(o, 2, FOOD, 80000);
    visits_car(o, 12 * MS_SECOND + 10 * MS_MINUTE); /* boards a second too soon */
    ONLY("I-18", 1);
    visits_car(o, 12 * MS_MINUTE);
    ONLY("I-18", 1);
    oracle_close(o);
    o = bench();
    takes(o, 1, WASTE, 0);
    visits_car(o, 10000);
    leaves(o, 1, 60000);
    oracle_operate(o, &(struct in_operate){ .op = OP_WASHED }, 61000);
    takes(o, 2, MEAL_TRAYS, 80000); /* soiled goods after soiled ones need no time between */
    visits_car(o, 110000);
    ONLY("I-18", 0);
    oracle_close(o);
}

static void a_robot_in_a_car_closed_by_the_calendar_is_found(void **state)
{
    struct oracle *o = bench();
    small.elevator[0].closures = 1;
    small.elevator[0].closure[0] = (struct time_span){ 100, 200 };
    visits_car(o, 50000);
    ONLY("R33", 0);
    visits_car(o, 150000);
    ONLY("R33", 1);
    small.elevator[0].closures = 0;
    small.elevator[0].inspected_until_utc_s = 300;
    visits_car(o, 250000);
    ONLY("R33", 1);
    visits_car(o, 400000);
    ONLY("R33", 2);
    oracle_close(o);
}

static void lets_in(struct oracle *o, uint32_t order, ms_t now)
{
    struct out_order m = order_of(order, 2,
                                  (const struct order_node[]){ { .node = 1, .edge = ID_NONE, .released = true },
                                                               { .node = 2, .edge = 2, .seq = 2, .released = true } });
    oracle_order(o, &m, now);
}

static void a_way_into_a_car_in_peoples_use_is_found(void **state)
{
    struct oracle *o = bench();
    lets_in(o, 1, 0);
    oracle_car_mode(o, 0, ELEVATOR_HUMAN, 1000);
    lets_in(o, 2, 1000 + ORACLE_TOLD_MS); /* the controller may not have heard of it yet */
    ONLY("I-10", 0);
    lets_in(o, 3, 2000 + ORACLE_TOLD_MS);
    ONLY("I-10", 1);
    lets_in(o, 3, 9000 + ORACLE_TOLD_MS); /* the same message again */
    ONLY("I-10", 1);
    oracle_car_mode(o, 0, ELEVATOR_AGV, 60000);
    lets_in(o, 4, 60001);
    ONLY("I-10", 1);
    oracle_close(o);
}

static void a_way_into_a_burning_zone_is_found(void **state)
{
    struct oracle *o = bench();
    in_zone[1] = in_zone[2] = 1;
    oracle_operate(o, &(struct in_operate){ .op = OP_FIRE, .target = 0 }, 1000);
    lets_in(o, 1, 60000); /* inside it already: it may go on */
    ONLY("I-27", 0);
    drives(o, 2, 0, 0, 1, 60000);
    ONLY("I-27", 1);
    oracle_operate(o, &(struct in_operate){ .op = OP_FIRE_OVER, .target = 0 }, 90000);
    drives(o, 3, 0, 0, 1, 100000);
    ONLY("I-27", 1);
    oracle_close(o);
}

static void an_isolated_ward_served_by_any_robot_is_found(void **state)
{
    struct oracle *o = bench();
    oracle_operate(o, &(struct in_operate){ .op = OP_ISOLATE, .target = 1 }, 0);
    takes(o, 1, DRUG, 0);
    leaves(o, 1, 20000);
    ONLY("R29", 1);
    oracle_operate(o, &(struct in_operate){ .op = OP_ISOLATION_ROBOT, .target = 0, .value = 1 }, 30000);
    oracle_operate(o, &(struct in_operate){ .op = OP_WASHED, .target = 0 }, 30000);
    takes(o, 2, DRUG, 40000);
    leaves(o, 2, 60000);
    ONLY("R29", 1);
    takes(o, 3, DRUG, 80000); /* it has been in the isolated ward and not been disinfected */
    assert_int_equal(count_of("I-17"), 1);
    oracle_close(o);
}

/* ---- speed and energy ---- */
static void speeding_is_found_on_the_edge_it_drives(void **state)
{
    struct oracle *o = bench();
    small.edge[0].speed_mm_s = 300;
    struct out_order m = order_of(1, 2,
                                  (const struct order_node[]){ { .node = 0, .edge = ID_NONE, .released = true },
                                                               { .node = 1, .edge = 0, .seq = 2, .released = true } });
    oracle_door(o, 0, true);
    oracle_order(o, &m, 0);
    oracle_reached(o, 0, 1, 0, 0);
    put(o, 0, 1000, 0, 300, 0, 4000);
    oracle_judge(o, 4000);
    ONLY("I-21", 0);
    put(o, 0, 1500, 0, 500, 0, 5000);
    oracle_judge(o, 5000);
    ONLY("I-21", 1);
    oracle_reached(o, 0, 1, 2, 9000);
    put(o, 0, 5000, 0, 1500, 0, 9000); /* more than its class allows */
    oracle_judge(o, 9000);
    ONLY("I-21", 1); /* it has not stopped being too fast */
    oracle_close(o);
}

static void haste_past_patients_rooms_at_night_is_found(void **state)
{
    struct oracle *o = bench();
    small.site.calendar.quiet = (struct day_window){ 60, 120, DAYS_ALL };
    small.site.cls[0].quiet_speed_mm_s = 500;
    small.edge[0].quiet = true;
    struct out_order m = order_of(1, 2,
                                  (const struct order_node[]){ { .node = 0, .edge = ID_NONE, .released = true },
                                                               { .node = 1, .edge = 0, .seq = 2, .released = true } });
    oracle_door(o, 0, true);
    oracle_order(o, &m, 0);
    oracle_reached(o, 0, 1, 0, 0);
    put(o, 0, 1000, 0, 900, 0, 30 * MS_MINUTE);
    oracle_judge(o, 30 * MS_MINUTE);
    ONLY("R47", 0);
    put(o, 0, 1500, 0, 500, 0, 90 * MS_MINUTE);
    oracle_judge(o, 90 * MS_MINUTE);
    ONLY("R47", 0);
    put(o, 0, 2000, 0, 900, 0, 90 * MS_MINUTE + 1000);
    oracle_judge(o, 90 * MS_MINUTE + 1000);
    ONLY("R47", 1);
    oracle_close(o);
}

static void a_battery_below_its_reserve_and_a_flat_one_are_found(void **state)
{
    struct oracle *o = bench();
    small.node[0].flags = NODE_CHARGER;
    oracle_battery(o, 0, 150, false, 0);
    ONLY("I-20", 0);
    oracle_battery(o, 0, 149, false, 1000);
    oracle_battery(o, 0, 140, false, 2000);
    ONLY("I-20", 1);
    oracle_battery(o, 0, 145, true, 3000); /* at the charger it may be low */
    oracle_battery(o, 0, 0, true, 4000);
    ONLY("I-20", 2);
    oracle_battery(o, 0, 300, false, 5000);
    put(o, 0, 5000, 0, 0, 0, 20000);
    oracle_battery(o, 0, 300, true, 20000); /* no charger there */
    ONLY("I-20", 3);
    oracle_close(o);
}

/* ---- the ledger ---- */
static void a_place_of_a_station_with_several_counts_as_its_station(void **state)
{
    struct oracle *o = bench();
    small.station[1].slots = 2;
    small.station[1].slot[0] = small.station[1].node = 4; /* on another floor */
    small.station[1].slot[1] = 1;
    takes(o, 1, DRUG, 0);
    leaves(o, 1, 20000);
    ONLY("I-15", 0);
    oracle_close(o);
}

static void a_blind_judge_says_nothing_and_still_counts(void **state)
{
    struct oracle *o = bench();
    struct oracle_totals t;
    oracle_close(o);
    memset(&seen, 0, sizeof seen);
    struct oracle_config cfg = { .site = &small.site,
                                 .robots = 2,
                                 .robot_class = classes,
                                 .start_level = levels,
                                 .blind = true,
                                 .violated = note_it };
    assert_int_equal(oracle_open(&o, &cfg), ORD_OK);
    put(o, 0, 0, 0, 0, 0, 0);
    takes(o, 1, WASTE, 0);
    leaves(o, 1, 20000);
    takes(o, 2, FOOD, 40000);
    assert_int_equal(seen.count, 0);
    assert_int_equal(oracle_aboard(o, 0), 1);
    oracle_totals(o, &t);
    assert_int_equal(t.accepted, 2);
    oracle_close(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meals_after_waste_without_disinfection_are_found),
        cmocka_unit_test(a_washer_makes_clean_and_nothing_else_does),
        cmocka_unit_test(a_wash_by_hand_counts),
        cmocka_unit_test(what_may_not_be_together_is_found_on_one_robot),
        cmocka_unit_test(too_many_too_heavy_and_foreign_loads_are_found),
        cmocka_unit_test(cold_goods_too_long_on_their_way_are_found),
        cmocka_unit_test(dangerous_goods_in_company_or_where_people_ride_are_found),
        cmocka_unit_test(waste_on_a_way_barred_to_it_is_found),
        cmocka_unit_test(an_empty_robot_that_carried_clean_goods_may_drive_anywhere),
        cmocka_unit_test(waste_in_a_car_outside_its_hours_is_found),
        cmocka_unit_test(clean_goods_soon_after_waste_in_one_car_are_found),
        cmocka_unit_test(a_robot_in_a_car_closed_by_the_calendar_is_found),
        cmocka_unit_test(a_way_into_a_car_in_peoples_use_is_found),
        cmocka_unit_test(a_way_into_a_burning_zone_is_found),
        cmocka_unit_test(an_isolated_ward_served_by_any_robot_is_found),
        cmocka_unit_test(speeding_is_found_on_the_edge_it_drives),
        cmocka_unit_test(haste_past_patients_rooms_at_night_is_found),
        cmocka_unit_test(a_battery_below_its_reserve_and_a_flat_one_are_found),
        cmocka_unit_test(a_place_of_a_station_with_several_counts_as_its_station),
        cmocka_unit_test(a_blind_judge_says_nothing_and_still_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
