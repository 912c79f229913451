/* The compiler: hulls decide what conflicts, cars are one at a time with a gap, classes fit or do not. */
#include "map_fixture.h"
#include "maps/site_compile.h"

/* A plain level: nodes and edges given as text, nothing else. */
static struct site *floor_of(const char *nodes, const char *edges, const char *walls)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"format\": \"orderly-site/1\", \"id\": \"f\", \"name\": " NAME(
                 "f") ", \"levels\": [{\"id\": \"G\", \"name\": " NAME("G") ", \"elevation\": 0}], \"nodes\": [%s], "
                                                                            "\"edges\": [%s], \"walls\": [%s]}",
             nodes, edges, walls);
    return compiled(text);
}
#define N(id, x, y) "{\"id\": \"" id "\", \"level\": \"G\", \"x\": " #x ", \"y\": " #y "}"
#define E(a, b) "{\"from\": \"" a "\", \"to\": \"" b "\", \"both_ways\": true}"
#define ONE_WAY(a, b) "{\"from\": \"" a "\", \"to\": \"" b "\"}"

static res_id lane(const struct site *s, const char *a, const char *b)
{
    edge_id e = site_edge_between(s, site_node_by_id(s, a), site_node_by_id(s, b));
    assert_int_not_equal(e, ID_NONE);
    return res_lane(s, s->edge[e].lane);
}
static res_id node(const struct site *s, const char *id)
{
    node_id n = site_node_by_id(s, id);
    assert_int_not_equal(n, ID_NONE);
    return n;
}
static bool clash(const struct site *s, res_id x, res_id y) { return site_conflict(s, 0, x, 0, y, NULL); }

static void sites_keep_all_invariants_for_several_classes(void **state)
{
    (void)state;
    struct fleet_spec *f = fleet_of(base_fleet);
    struct err_note note = { 0 };
    struct site *s = parsed(base_site), *demo = NULL;
    assert_int_equal(site_compile(s, f->classes, f->cls, &note), ORD_OK);
    site_check(s);
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &demo, &note), ORD_OK);
    assert_int_equal(site_compile(demo, f->classes, f->cls, &note), ORD_OK);
    site_check(demo);
    assert_int_equal(site_compile(demo, 1, f->cls, &note), ORD_OK); /* again, for others */
    site_check(demo);
    site_close(demo);
    site_close(s);
    fleet_spec_close(f);
}

static void neighbours_conflict_and_distant_lanes_do_not(void **state)
{
    (void)state;
    struct site *s = floor_of(N("a", 0, 0) "," N("b", 4, 0) "," N("c", 8, 0), E("a", "b") "," E("b", "c"), "");
    assert_true(clash(s, lane(s, "a", "b"), lane(s, "b", "c")));
    assert_true(clash(s, lane(s, "a", "b"), node(s, "b")));
    assert_false(clash(s, node(s, "a"), node(s, "b")));
    assert_false(clash(s, lane(s, "a", "b"), node(s, "c")));
    site_close(s);
}

static void lanes_side_by_side_conflict_when_their_hulls_overlap(void **state)
{
    (void)state;
    static const char edges[] = E("a", "b") "," E("c", "d");
    struct site *near = floor_of(N("a", 0, 0) "," N("b", 4, 0) "," N("c", 0, 0.6) "," N("d", 4, 0.6), edges, "");
    struct site *far = floor_of(N("a", 0, 0) "," N("b", 4, 0) "," N("c", 0, 1.0) "," N("d", 4, 1.0), edges, "");
    assert_true(clash(near, lane(near, "a", "b"), lane(near, "c", "d")));
    assert_true(clash(near, node(near, "a"), node(near, "c")));
    assert_false(clash(far, lane(far, "a", "b"), lane(far, "c", "d")));
    assert_false(clash(far, node(far, "a"), node(far, "c")));
    site_close(near);
    site_close(far);
}

static void crossing_lanes_conflict_on_the_same_level_only(void **state)
{
    (void)state;
    struct site *s =
        floor_of(N("a", 0, 0) "," N("b", 8, 0) "," N("c", 4, -4) "," N("d", 4, 4), E("a", "b") "," E("c", "d"), "");
    assert_true(clash(s, lane(s, "a", "b"), lane(s, "c", "d")));
    assert_false(clash(s, node(s, "a"), lane(s, "c", "d")));
    site_close(s);
    s = compiled(base_site); /* lob and u-lob lie over one another */
    assert_false(clash(s, node(s, "lob"), node(s, "u-lob")));
    site_close(s);
}

/* 0.80 m apart: two discs of 0.475 m overlap, two strips of 0.35 m do not. Without a turn there is no disc. */
static void a_node_without_turns_takes_less_floor(void **state)
{
    (void)state;
    static const char nodes[] =
        N("a", 0, 0) "," N("b", 4, 0) "," N("c", 8, 0) "," N("d", 0, 0.8) "," N("e", 4, 0.8) "," N("f", 8, 0.8);
    struct site *through =
        floor_of(nodes, ONE_WAY("a", "b") "," ONE_WAY("b", "c") "," ONE_WAY("d", "e") "," ONE_WAY("e", "f"), "");
    struct site *back = floor_of(nodes, E("a", "b") "," E("b", "c") "," E("d", "e") "," E("e", "f"), "");
    assert_false(node_turns(through, &through->cls[0], site_node_by_id(through, "b")));
    assert_true(node_turns(through, &through->cls[0], site_node_by_id(through, "a"))); /* a start may face any way */
    assert_false(clash(through, node(through, "b"), node(through, "e")));
    assert_true(node_turns(back, &back->cls[0], site_node_by_id(back, "b")));
    assert_true(clash(back, node(back, "b"), node(back, "e")));
    site_close(through);
    site_close(back);
}

static const struct robot_class agv = { .id = "agv",
                                        .length_mm = 1700,
                                        .width_mm = 800,
                                        .margin_mm = 50,
                                        .speed_mm_s = 1500,
                                        .accel_mm_s2 = 400,
                                        .turn_mrad_s = 400,
                                        .reversible = true };

static struct site *compiled_for(struct site *s, const struct robot_class *c)
{
    struct err_note note = { 0 };
    if (site_compile(s, 1, c, &note)) fail_msg("%s: %s", note.where, note.what);
    site_check(s);
    return s;
}

/* Spurs 1.0 m apart, 2 m off an aisle. Backwards out again, the long robot needs a strip of 0.9 m; were it to turn
 * round there, a circle of 2 m. On the aisle it does turn. */
static void a_reversible_robot_needs_its_turning_circle_only_where_it_turns(void **state)
{
    (void)state;
    static const char nodes[] = N("a", 0, 0) "," N("b", 1, 0) "," N("c", 0, 2) "," N("d", 1, 2) "," N("e", 9, 0),
                      edges[] = E("a", "b") "," E("b", "e") "," E("a", "c") "," E("b", "d");
    struct robot_class forward = agv;
    forward.reversible = false;
    struct site *s = compiled_for(floor_of(nodes, edges, ""), &agv);
    assert_false(node_turns(s, &agv, site_node_by_id(s, "c")));
    assert_true(node_turns(s, &agv, site_node_by_id(s, "a")));
    assert_true(node_turns(s, &forward, site_node_by_id(s, "c")));
    assert_false(clash(s, node(s, "c"), node(s, "d")));
    assert_false(clash(s, lane(s, "a", "c"), node(s, "d")));
    assert_true(clash(s, node(s, "a"), node(s, "b")));
    assert_false(clash(s, node(s, "a"), node(s, "d"))); /* who stands in its bay is in nobody's way on the aisle */
    compiled_for(s, &forward);
    assert_true(clash(s, node(s, "c"), node(s, "d")));
    site_close(s);
}

static const char shaft_nodes[] =
    N("w", -2, -2.5) "," N("f", 0, -2.5) "," N("x", 0, -4.5) ","
                                                             "{\"id\": \"g\", \"level\": \"G\", \"x\": 0, \"y\": 0}";

/* The heavy robot drives into a bed elevator and leaves it backwards: 1.73 x 2.74 m is enough for it then, and nothing
 * about the car needs a circle. One that must turn round inside does not fit. */
static void a_long_robot_uses_a_bed_elevator_when_it_leaves_backwards(void **state)
{
    (void)state;
    char *text = with(base_site, "\"x\": 8, \"y\": 3, \"width\": 1.8, \"depth\": 2.2, \"door_width\": 1.1",
                      "\"x\": 8, \"y\": 3, \"width\": 1.73, \"depth\": 2.74, \"door_width\": 1.22");
    struct robot_class forward = agv;
    forward.reversible = false;
    struct site *s = compiled_for(parsed(text), &agv);
    edge_id in = site_edge_between(s, site_node_by_id(s, "lob"), site_node_by_id(s, "e-g"));
    edge_id ride = site_edge_between(s, site_node_by_id(s, "e-g"), site_node_by_id(s, "e-u"));
    assert_int_equal(edge_fit(s, &agv, in, NULL), FIT_OK);
    assert_int_equal(edge_fit(s, &agv, ride, NULL), FIT_OK);
    assert_false(node_turns(s, &agv, site_node_by_id(s, "e-g")));
    assert_int_equal(edge_fit(s, &forward, ride, NULL), FIT_CABIN);
    struct robot_class wide = agv;
    wide.width_mm = 1150;
    assert_int_equal(edge_fit(s, &wide, in, NULL), FIT_CABIN_DOOR);
    wide.length_mm = 2700;
    assert_int_equal(edge_fit(s, &wide, ride, NULL), FIT_CABIN);
    site_close(s);
    free(text);
}

/* Before the door: who comes out drives straight back to x while the next one waits at w. */
static void the_next_robot_waits_beside_the_door_while_one_comes_out(void **state)
{
    (void)state;
    struct site *s =
        compiled_for(floor_of(shaft_nodes, ONE_WAY("w", "f") "," E("f", "g") "," ONE_WAY("f", "x"), ""), &agv);
    assert_true(node_turns(s, &agv, site_node_by_id(s, "f")));
    assert_false(clash(s, node(s, "w"), node(s, "f")));
    assert_false(clash(s, node(s, "w"), lane(s, "f", "g")));
    assert_false(clash(s, node(s, "w"), lane(s, "f", "x")));
    assert_false(clash(s, node(s, "x"), lane(s, "w", "f")));
    assert_false(clash(s, node(s, "x"), node(s, "f")));
    site_close(s);
}

/* A wall behind a bay: the nose reaches 0.9 m beyond the node. */
static void the_nose_of_a_long_robot_must_clear_the_wall(void **state)
{
    (void)state;
    static const char nodes[] = N("a", 0, 0) "," N("b", 0, 3);
    struct site *s = floor_of(nodes, E("a", "b"), "{\"level\": \"G\", \"points\": [[-1, 3.91], [1, 3.91]]}");
    assert_int_equal(edge_fit(s, &agv, 0, NULL), FIT_OK);
    site_close(s);
    s = floor_of(nodes, E("a", "b"), "{\"level\": \"G\", \"points\": [[-1, 3.89], [1, 3.89]]}");
    assert_int_equal(edge_fit(s, &agv, 0, NULL), FIT_WALL);
    site_close(s);
}

static void a_larger_class_conflicts_with_more(void **state)
{
    (void)state;
    struct fleet_spec *f = fleet_of(base_fleet);
    struct err_note note = { 0 };
    struct site *s =
        floor_of(N("a", 0, 0) "," N("b", 4, 0) "," N("c", 0, 1.1) "," N("d", 4, 1.1), E("a", "b") "," E("c", "d"), "");
    assert_int_equal(site_compile(s, 2, f->cls, &note), ORD_OK);
    res_id x = node(s, "a"), y = node(s, "c");
    assert_false(site_conflict(s, 0, x, 0, y, NULL));
    assert_true(site_conflict(s, 0, x, 1, y, NULL));
    assert_true(site_conflict(s, 1, x, 0, y, NULL));
    assert_true(site_conflict(s, 1, x, 1, y, NULL));
    site_check(s);
    site_close(s);
    fleet_spec_close(f);
}

static void a_car_is_one_robot_at_a_time_with_a_gap_between_landings(void **state)
{
    (void)state;
    struct site *s = compiled(base_site);
    const int32_t travel = (int32_t)site_car_travel_ms(s, 0, 0, 1) + 3000 + 4000;
    int32_t gap = -1;
    assert_true(site_conflict(s, 0, node(s, "e-g"), 0, node(s, "e-u"), &gap));
    assert_int_equal(gap, travel);
    assert_true(site_conflict(s, 0, lane(s, "lob", "e-g"), 0, lane(s, "u-lob", "e-u"), &gap));
    assert_int_equal(gap, travel);
    assert_true(site_conflict(s, 0, lane(s, "lob", "e-g"), 0, node(s, "e-g"), &gap));
    assert_int_equal(gap, 0);
    assert_true(site_conflict(s, 0, lane(s, "e-g", "e-u"), 0, node(s, "e-u"), &gap)); /* a ride touches both ends */
    assert_int_equal(gap, 0);
    assert_false(clash(s, node(s, "lob"), node(s, "e-g"))); /* the lobby is not the car */
    site_close(s);
}

static void what_fits_is_decided_by_width_door_cabin_and_walls(void **state)
{
    (void)state;
    struct fleet_spec *f = fleet_of(base_fleet);
    const struct robot_class *courier = &f->cls[0], *tug = &f->cls[1];
    struct site *s = parsed(base_site);
    edge_id door = site_edge_between(s, 0, 1), cabin = site_edge_between(s, 2, 3), ride = site_edge_between(s, 3, 6),
            free_ = site_edge_between(s, 5, 7);
    assert_int_equal(edge_fit(s, courier, door, NULL), FIT_OK);
    assert_int_equal(edge_fit(s, courier, ride, NULL), FIT_OK);
    assert_int_equal(edge_fit(s, tug, free_, NULL), FIT_OK);
    s->edge[free_].width_mm = 699;
    assert_int_equal(edge_fit(s, courier, free_, NULL), FIT_WIDTH);
    s->edge[free_].width_mm = 700;
    assert_int_equal(edge_fit(s, courier, free_, NULL), FIT_OK);
    assert_int_equal(edge_fit(s, tug, free_, NULL), FIT_WIDTH);
    s->door[0].width_mm = 690;
    assert_int_equal(edge_fit(s, courier, door, NULL), FIT_DOOR);
    s->elevator[0].door_width_mm = 900;
    assert_int_equal(edge_fit(s, tug, cabin, NULL), FIT_CABIN_DOOR);
    assert_int_equal(edge_fit(s, tug, ride, NULL), FIT_OK);
    s->elevator[0].depth_mm = 1300;
    s->elevator[0].width_mm = 1300;
    assert_int_equal(edge_fit(s, tug, ride, NULL), FIT_CABIN);
    site_close(s);
    fleet_spec_close(f);
}

static void a_wall_in_the_way_is_named_unless_a_width_is_stated(void **state)
{
    (void)state;
    static const char nodes[] = N("a", 0, 0) "," N("b", 4, 0),
                      wall[] = "{\"level\": \"G\", \"points\": [[2, -1], [2, 1]]}";
    struct site *s = floor_of(nodes, E("a", "b"), wall);
    uint32_t which = 99;
    assert_int_equal(edge_fit(s, &s->cls[0], 0, &which), FIT_WALL);
    assert_int_equal(which, 0);
    assert_false(site_fits(s, 0, 0));
    site_close(s);
    s = floor_of(nodes, "{\"from\": \"a\", \"to\": \"b\", \"width\": 1.0}", wall);
    assert_true(site_fits(s, 0, 0));
    site_close(s);
    /* Beside the lane: 0.35 m is the strip, 0.475 m the disc at the ends. */
    s = floor_of(nodes, E("a", "b"), "{\"level\": \"G\", \"points\": [[1, 0.36], [3, 0.36]]}");
    assert_true(site_fits(s, 0, 0));
    site_close(s);
    s = floor_of(nodes, E("a", "b"), "{\"level\": \"G\", \"points\": [[1, 0.34], [3, 0.34]]}");
    assert_false(site_fits(s, 0, 0));
    site_close(s);
    s = floor_of(nodes, E("a", "b"), "{\"level\": \"G\", \"points\": [[-1, 0.45], [3, 0.45]]}");
    assert_false(site_fits(s, 0, 0)); /* at the end it turns */
    site_close(s);
}

static void compiling_twice_gives_the_same_lists(void **state)
{
    (void)state;
    struct err_note note = { 0 };
    struct fleet_spec *f = fleet_of(base_fleet);
    struct site *a = NULL, *b = NULL;
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &a, &note), ORD_OK);
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &b, &note), ORD_OK);
    assert_int_equal(site_compile(a, 2, f->cls, &note), ORD_OK);
    assert_int_equal(site_compile(b, 2, f->cls, &note), ORD_OK);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            uint32_t n = a->conflict_start[i][k][res_count(a)];
            assert_memory_equal(a->conflict_start[i][k], b->conflict_start[i][k],
                                (res_count(a) + 1) * sizeof(uint32_t));
            assert_memory_equal(a->conflict[i][k], b->conflict[i][k], n * sizeof(struct conflict));
        }
    site_close(a);
    site_close(b);
    fleet_spec_close(f);
}

static void the_demo_has_a_refuge_for_every_robot_and_more(void **state)
{
    (void)state;
    struct fleet_spec *f = NULL;
    struct site *s = NULL;
    struct err_note note = { 0 };
    node_id start[32];
    assert_int_equal(fleet_spec_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.fleet.json", &f, &note), ORD_OK);
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &s, &note), ORD_OK);
    assert_int_equal(site_compile(s, f->classes, f->cls, &note), ORD_OK);
    int refuges = 0;
    for (node_id n = 0; n < s->nodes; n++) refuges += (s->node[n].flags & NODE_REFUGE) != 0;
    assert_true(refuges >= 12);
    assert_int_equal(f->robots, 8);
    assert_int_equal(s->levels, 4);
    assert_int_equal(s->elevators, 2);
    assert_int_equal(fleet_spec_place(f, s, start, &note), ORD_OK);
    for (int i = 0; i < 8; i++) assert_true(s->node[start[i]].flags & NODE_REFUGE);
    /* Where a robot waits for a car it is in nobody's way who leaves one. */
    for (level_id l = 0; l < s->levels; l++)
        for (int e = 1; e <= 2; e++) {
            char id[48], front[48], car[48];
            snprintf(id, sizeof id, "%.20s-e%d-wait", s->level[l].id, e);
            snprintf(front, sizeof front, "%.20s-e%d-front", s->level[l].id, e);
            snprintf(car, sizeof car, "%.20s-e%d", s->level[l].id, e);
            assert_false(clash(s, node(s, id), node(s, front)));
            assert_false(clash(s, node(s, id), lane(s, front, car)));
        }
    site_close(s);
    fleet_spec_close(f);
}

static void impossible_requests_are_refused(void **state)
{
    (void)state;
    struct err_note note = { 0 };
    struct site *s = parsed(base_site);
    assert_int_equal(site_compile(s, 0, NULL, &note), ORD_ERANGE);
    assert_int_equal(site_compile(s, SITE_CLASSES_MAX + 1, NULL, &note), ORD_ERANGE);
    site_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_keep_all_invariants_for_several_classes),
        cmocka_unit_test(neighbours_conflict_and_distant_lanes_do_not),
        cmocka_unit_test(lanes_side_by_side_conflict_when_their_hulls_overlap),
        cmocka_unit_test(crossing_lanes_conflict_on_the_same_level_only),
        cmocka_unit_test(a_node_without_turns_takes_less_floor),
        cmocka_unit_test(a_reversible_robot_needs_its_turning_circle_only_where_it_turns),
        cmocka_unit_test(a_long_robot_uses_a_bed_elevator_when_it_leaves_backwards),
        cmocka_unit_test(the_next_robot_waits_beside_the_door_while_one_comes_out),
        cmocka_unit_test(the_nose_of_a_long_robot_must_clear_the_wall),
        cmocka_unit_test(a_larger_class_conflicts_with_more),
        cmocka_unit_test(a_car_is_one_robot_at_a_time_with_a_gap_between_landings),
        cmocka_unit_test(what_fits_is_decided_by_width_door_cabin_and_walls),
        cmocka_unit_test(a_wall_in_the_way_is_named_unless_a_width_is_stated),
        cmocka_unit_test(compiling_twice_gives_the_same_lists),
        cmocka_unit_test(the_demo_has_a_refuge_for_every_robot_and_more),
        cmocka_unit_test(impossible_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
