/* Open-RMF buildings: the three demo maps against counts taken by an independent reader, and small files for each
 * rule. */
#include <math.h>

#include "map_fixture.h"

static struct import_report report;

static struct site *imported(const char *text, struct import_options o)
{
    struct site *s = NULL;
    struct err_note note = { 0 };
    int err = import_rmf_bytes("t.building.yaml", text, strlen(text), o, &s, &report, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    return s;
}

static bool said(enum import_kind kind, const char *words)
{
    for (size_t i = 0; i < report.count; i++)
        if (report.line[i].kind == kind && strstr(report.line[i].en, words)) return true;
    return false;
}

static void done(struct site *s)
{
    import_report_close(&report);
    site_close(s);
}

/* ---- the demo maps ---- */

static const struct {
    const char *map;
    int graph;
    uint32_t waypoints, lanes, length_m, door_lanes;
    int lifts;
} table[] = {
    { "office", 0, 29, 60, 137, 4, 0 }, { "hotel", 0, 55, 104, 388, 8, 2 },   { "hotel", 1, 20, 38, 134, 6, 0 },
    { "hotel", 2, 54, 102, 384, 8, 2 }, { "clinic", 0, 91, 184, 900, 26, 2 }, { "clinic", 1, 76, 154, 787, 16, 2 },
};

static struct site *demo_map(const char *map, int graph, uint16_t refuges)
{
    char path[600];
    struct site *s = NULL;
    struct err_note note = { 0 };
    snprintf(path, sizeof path, SHARED "rmf-maps/%s.building.yaml", map);
    NEED_FILE(path);
    int err = import_rmf(path, (struct import_options){ .graph = graph, .refuges = refuges }, &s, &report, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    return s;
}

static void the_demo_maps_have_the_known_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct site *s = demo_map(table[i].map, table[i].graph, 0);
        assert_int_equal(report.waypoints, table[i].waypoints);
        assert_int_equal(report.lanes, table[i].lanes);
        assert_int_equal((int)lround(report.length_m), table[i].length_m);
        assert_int_equal(report.door_lanes, table[i].door_lanes);
        assert_int_equal(s->elevators, table[i].lifts);
        assert_int_equal(s->nodes, table[i].waypoints);
        assert_int_equal(report.bays, 0);
        for (elevator_id e = 0; e < s->elevators; e++) assert_int_equal(s->elevator[e].landings, s->levels);
        site_check(s);
        done(s);
    }
}

static void assert_frame(size_t i, double scale, double rotation, double tx, double ty)
{
    assert_true(fabs(report.frame[i].scale - scale) < 1e-11);
    assert_true(fabs(report.frame[i].rotation - rotation) < 1e-11);
    assert_true(fabs(report.frame[i].tx_m - tx) < 1e-9);
    assert_true(fabs(report.frame[i].ty_m - ty) < 1e-9);
}

static void assert_at(const struct site *s, const char *node, double x, double y)
{
    node_id n = site_node_by_id(s, node);
    assert_int_not_equal(n, ID_NONE);
    assert_true(fabs(s->node[n].x_mm / 1000.0 - x) < 0.0051 && fabs(s->node[n].y_mm / 1000.0 - y) < 0.0051);
}

static void assert_lift(const struct site *s, const char *id, double x, double y)
{
    elevator_id e = site_elevator_by_id(s, id);
    assert_int_not_equal(e, ID_NONE);
    assert_true(fabs(s->elevator[e].x_mm / 1000.0 - x) < 0.0012 && fabs(s->elevator[e].y_mm / 1000.0 - y) < 0.0012);
}

static void the_demo_maps_lie_where_they_should(void **state)
{
    (void)state;
    struct site *s = demo_map("office", 0, 0);
    assert_frame(0, 0.008465494912, 0, 0, 0);
    assert_at(s, "pantry", 16.85, -5.40);
    done(s);
    s = demo_map("hotel", 0, 0);
    assert_frame(0, 0.055680192419, 0, 0, 0);
    assert_frame(1, 0.056198635211, 0.000816231233, 0.267951026697, -2.873979589766);
    assert_frame(2, 0.056198635211, 0.000816231233, 0.267951026697, -2.873979589766);
    assert_at(s, "lobby", 19.49, -29.55);
    assert_at(s, "L2_master_suite", 4.49, -36.53);
    assert_lift(s, "Lift1", 19.766, -18.931);
    assert_lift(s, "Lift2", 16.983, -24.221);
    done(s);
    s = demo_map("clinic", 0, 0);
    assert_frame(0, 0.026922041460, 0, 0, 0);
    assert_frame(1, 0.026922041460, 0, 0, 0);
    assert_at(s, "L1_left_nurse_center", 21.52, -19.63);
    assert_lift(s, "lift_1", 43.075, -7.430);
    assert_lift(s, "lift_25", 7.538, -43.694);
    assert_int_equal(site_elevator_by_id(s, "lift_2"), ID_NONE); /* drawn, not served */
    done(s);
}

static void stations_follow_the_rule(void **state)
{
    (void)state;
    struct site *s = demo_map("office", 0, 0); /* has pick-up and drop-off points */
    assert_int_equal(s->stations, 3);
    assert_int_not_equal(site_station_by_id(s, "pantry"), ID_NONE);
    assert_int_not_equal(site_station_by_id(s, "hardware_2"), ID_NONE);
    assert_int_not_equal(site_station_by_id(s, "coe"), ID_NONE);
    done(s);
    s = demo_map("hotel", 0, 0); /* has none: every named waypoint outside a cabin */
    assert_int_equal(s->stations, 10);
    assert_int_not_equal(site_station_by_id(s, "tinybot_charger"), ID_NONE);
    done(s);
    s = demo_map("clinic", 0, 0);
    assert_int_equal(s->stations, 26);
    done(s);
}

static void refuges_are_added_until_there_are_enough(void **state)
{
    (void)state;
    static const struct {
        const char *map;
        int graph;
        uint16_t want;
    } runs[] = {
        { "office", 0, 8 }, { "hotel", 0, 8 },   { "hotel", 0, 20 },  { "hotel", 2, 20 },
        { "clinic", 0, 8 }, { "clinic", 0, 50 }, { "clinic", 1, 50 },
    };
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        struct site *s = demo_map(runs[i].map, runs[i].graph, runs[i].want);
        struct lint_report lint;
        assert_true(report.refuges >= runs[i].want);
        assert_int_equal(site_lint(s, runs[i].want, &lint), ORD_OK);
        assert_int_equal(lint.errors, 0);
        int added = 0;
        for (size_t k = 0; k < report.count; k++)
            added += report.line[k].kind == IMPORT_ADDED && strstr(report.line[k].en, "bay ") != NULL;
        assert_int_equal(added, report.bays); /* each one is listed */
        assert_true(report.waypoints == table[0].waypoints ||
                    report.waypoints > 50); /* counted before bays were added */
        site_check(s);
        lint_close(&lint);
        done(s);
    }
}

static void an_imported_site_survives_its_file(void **state)
{
    (void)state;
    struct site *s = demo_map("clinic", 0, 8);
    char *text = written(s);
    struct site *again = parsed(text);
    assert_true(again->hash == s->hash);
    assert_int_equal(again->edges, s->edges);
    free(text);
    site_close(again);
    done(s);
}

/* ---- small files ---- */

static const char small[] = "name: small\n"
                            "levels:\n"
                            "  L1:\n"
                            "    elevation: 0\n"
                            "    measurements:\n"
                            "      - [0, 1, {distance: [3, 10]}]\n"
                            "    fiducials:\n"
                            "      - [0, 0, f1]\n"
                            "      - [100, 0, f2]\n"
                            "    vertices:\n"
                            "      - [0, 0, 0, left]\n"
                            "      - [100, 0, 0, right, {pickup_dispenser: [1, \"\"], is_parking_spot: [4, false]}]\n"
                            "      - [50, 0, 0, \"\"]\n"
                            "      - [50, 50, 0, car1, {lift_cabin: [1, lift]}]\n"
                            "      - [20, -5, 0, \"\"]\n"
                            "      - [20, 5, 0, \"\"]\n"
                            "    lanes:\n"
                            "      - [0, 2, {bidirectional: [4, true], graph_idx: [2, 0], speed_limit: [3, 0.4]}]\n"
                            "      - [2, 1, {bidirectional: [4, false], graph_idx: [2, 0]}]\n"
                            "      - [1, 2, {graph_idx: [2, 0]}]\n"
                            "      - [2, 3, {bidirectional: [4, true], graph_idx: [2, 0]}]\n"
                            "      - [0, 1, {bidirectional: [4, true], graph_idx: [2, 3]}]\n"
                            "    doors:\n"
                            "      - [4, 5, {name: [1, main door], plugin: [1, normal]}]\n"
                            "    walls: []\n"
                            "  L2:\n"
                            "    elevation: 5\n"
                            "    fiducials:\n"
                            "      - [10, 10, f1]\n"
                            "      - [210, 10, f2]\n"
                            "    vertices:\n"
                            "      - [110, 110, 0, \"\"]\n"
                            "      - [110, 10, 0, up]\n"
                            "    lanes:\n"
                            "      - [0, 1, {bidirectional: [4, true], graph_idx: [2, 0]}]\n"
                            "lifts:\n"
                            "  lift:\n"
                            "    {x: 50, y: 50, yaw: 0, width: 2, depth: 2, reference_floor_name: L1, plugins: true, "
                            "doors: {d: {width: 1, x: 0, y: 1}}, level_doors: {L1: [d], L2: [d]}}\n";

static void a_small_building_is_laid_out_in_metres(void **state)
{
    (void)state;
    struct site *s = imported(small, (struct import_options){ 0 });
    assert_int_equal(s->nodes, 6);
    assert_int_equal(report.lanes, 2 + 1 + 1 + 2 + 2);
    assert_at(s, "right", 10, 0);
    assert_at(s, "car1", 5, -5); /* y points down in the file */
    assert_at(s, "up", 5, 0);    /* twice the scale, moved: laid over L1 by its fiducials */
    assert_at(s, "L2_0", 5, -5);
    assert_int_equal(s->elevators, 1);
    assert_int_equal(s->stations, 3); /* left, right, up: not the cabin; one empty dispenser name counts for nothing */
    assert_true(said(IMPORT_GUESSED, "named waypoints became stations"));
    edge_id e = site_edge_between(s, site_node_by_id(s, "left"), site_node_by_id(s, "L1_2"));
    assert_int_equal(s->edge[e].speed_mm_s, 400);
    assert_int_not_equal(s->edge[e].door, ID_NONE);
    assert_string_equal(s->door[0].id, "main_door");
    assert_int_equal(s->door[0].width_mm, 1000);
    edge_id back =
        site_edge_between(s, site_node_by_id(s, "right"), site_node_by_id(s, "L1_2")); /* stated as two one-way lanes */
    assert_int_not_equal(back, ID_NONE);
    assert_int_not_equal(s->edge[back].twin, ID_NONE);
    assert_false(s->node[site_node_by_id(s, "right")].flags & NODE_PARK); /* the value counts, not the key */
    assert_int_equal(report.door_lanes, 2);
    done(s);
}

static void another_graph_is_another_map(void **state)
{
    (void)state;
    struct site *s = imported(small, (struct import_options){ .graph = 3 });
    assert_int_equal(s->nodes, 2);
    assert_int_equal(s->elevators, 0);
    done(s);
}

static void handover_points_win_over_names_when_there_are_two(void **state)
{
    (void)state;
    char *a = with(small, "{pickup_dispenser: [1, \"\"]", "{pickup_dispenser: [1, d1]");
    struct site *s = imported(a, (struct import_options){ 0 });
    assert_int_equal(s->stations, 3); /* one alone is not enough */
    done(s);
    char *b = with(a, "[110, 10, 0, up]", "[110, 10, 0, up, {dropoff_ingestor: [1, i1]}]");
    s = imported(b, (struct import_options){ 0 });
    assert_int_equal(s->stations, 2);
    done(s);
    free(a);
    free(b);
}

static void passive_doors_and_idle_lifts_are_dropped_and_told(void **state)
{
    (void)state;
    char *door = with(small, "plugin: [1, normal]", "plugin: [1, none]");
    char *lift = with(door, "plugins: true", "plugins: false");
    struct site *s = imported(lift, (struct import_options){ 0 });
    assert_int_equal(s->doors, 0);
    assert_int_equal(report.door_lanes, 2);
    assert_int_equal(s->elevators, 0);
    assert_true(said(IMPORT_DROPPED, "main door"));
    assert_true(said(IMPORT_WARNING, "does not serve it"));
    done(s);
    free(door);
    free(lift);
}

static void a_lane_through_two_powered_doors_is_cut_between_them(void **state)
{
    (void)state;
    char *verts = with(small, "      - [20, 5, 0, \"\"]\n",
                       "      - [20, 5, 0, \"\"]\n      - [40, -5, 0, \"\"]\n      - [40, 5, 0, \"\"]\n");
    char *doors =
        with(verts, "    walls: []\n", "      - [6, 7, {name: [1, inner], plugin: [1, normal]}]\n    walls: []\n");
    struct site *s = imported(doors, (struct import_options){ 0 });
    assert_int_equal(s->doors, 2);
    int with_door = 0;
    for (lane_id l = 0; l < s->lanes; l++) with_door += s->edge[s->lane_edge[l]].door != ID_NONE;
    assert_int_equal(with_door, 2);
    assert_true(said(IMPORT_ADDED, "between two powered doors"));
    assert_int_equal(report.lanes, 8); /* as drawn */
    done(s);
    free(verts);
    free(doors);
}

static void a_lane_through_a_wall_is_kept_with_a_warning(void **state)
{
    (void)state;
    char *text = with(small, "    walls: []\n", "    walls:\n      - [4, 5, {}]\n      - [5, 3, {}]\n");
    char *bare = with(text, "    doors:\n      - [4, 5, {name: [1, main door], plugin: [1, normal]}]\n", "");
    struct site *s = imported(bare, (struct import_options){ 0 });
    assert_true(said(IMPORT_WARNING, "through a wall"));
    struct lint_report lint;
    assert_int_equal(site_lint(s, 0, &lint), ORD_OK);
    assert_int_equal(lint.errors, 0);
    lint_close(&lint);
    done(s);
    free(text);
    free(bare);
}

static void names_used_twice_are_qualified_by_level(void **state)
{
    (void)state;
    char *text = with(small, "[110, 10, 0, up]", "[110, 10, 0, left]");
    struct site *s = imported(text, (struct import_options){ 0 });
    assert_int_not_equal(site_node_by_id(s, "L1.left"), ID_NONE);
    assert_int_not_equal(site_node_by_id(s, "L2.left"), ID_NONE);
    assert_true(said(IMPORT_WARNING, "twice"));
    done(s);
    free(text);
}

static void several_graphs_are_put_together(void **state)
{
    (void)state;
    struct site *one = imported(small, (struct import_options){ 0 });
    uint16_t nodes = one->nodes;
    assert_true(said(IMPORT_DROPPED, "graphs 3 are not imported"));
    done(one);
    struct site *s = imported(small, (struct import_options){ .graphs = 1u << 0 | 1u << 3 });
    assert_true(s->nodes >= nodes);
    assert_true(said(IMPORT_KEPT, "graph 0, 3:"));
    done(s);
    struct err_note note = { 0 };
    s = NULL;
    assert_int_equal(
        import_rmf_bytes("t", small, strlen(small), (struct import_options){ .graph = 5 }, &s, &report, &note),
        ORD_EMAP);
    assert_non_null(strstr(note.what, "graphs 0, 3"));
    import_report_close(&report);
}

static void degrees_become_metres_east_and_north_of_the_first_vertex(void **state)
{
    (void)state;
    static const char text[] =
        "coordinate_system: wgs84\nname: m\nlevels:\n  L1:\n    elevation: 0\n    vertices:\n"
        "      - [121.5, 31.2, 0, a]\n      - [121.501, 31.2, 0, b]\n      - [121.5, 31.201, 0, c]\n    lanes:\n"
        "      - [0, 1, {bidirectional: [4, true], graph_idx: [2, 0]}]\n      - [0, 2, {graph_idx: [2, 0]}]\n";
    struct site *s = imported(text, (struct import_options){ 0 });
    assert_at(s, "a", 0, 0);
    assert_at(s, "b", 95.220, 0); /* 0.001 degrees x 111320 m x cos 31.2 */
    assert_at(s, "c", 0, 110.540);
    assert_int_equal(site_edge_between(s, site_node_by_id(s, "c"), site_node_by_id(s, "a")), ID_NONE); /* one-way */
    done(s);
}

static void metric_files_are_taken_as_they_stand(void **state)
{
    (void)state;
    static const char text[] =
        "coordinate_system: cartesian_meters\nname: m\nlevels:\n  L1:\n    elevation: 0\n    vertices:\n"
        "      - [0, 0, 0, a]\n      - [4, 3, 0, b]\n    lanes:\n      - [0, 1, {bidirectional: [4, true], graph_idx: "
        "[2, 0]}]\n";
    struct site *s = imported(text, (struct import_options){ 0 });
    assert_at(s, "b", 4, 3);
    assert_true(fabs(report.length_m - 10) < 1e-9);
    done(s);
}

static const struct fault {
    const char *from, *to;
    int err;
    const char *what;
} faults[] = {
    { "name: small\n", "coordinate_system: wgs84\nname: small\n", ORD_ERANGE, "degrees" },
    { "name: small\n", "coordinate_system: mercator\nname: small\n", ORD_EVERSION, "wgs84" },
    { "name: small\n", "coordinate_system: web_mercator\n", ORD_EVERSION, "web_mercator" },
    { "levels:", "floors:", ORD_EPARSE, "levels" },
    { "[2, 3, {bidir", "[2, 33, {bidir", ORD_ERANGE, "33" },
    { "[2, 3, {bidir", "[2, -1, {bidir", ORD_ERANGE, "vertex" },
    { "[2, 3, {bidir", "[2, 2.5, {bidir", ORD_ERANGE, "vertex" },
    { "[2, 3, {bidir", "[2, 2, {bidir", ORD_EMAP, "itself" },
    { "[1, 2, {graph_idx: [2, 0]}]", "[1, 2, {}]", ORD_ERANGE, "graph_idx" },
    { "[50, 50, 0, car1", "[.nan, 50, 0, car1", ORD_ERANGE, "finite" },
    { "[50, 50, 0, car1", "[1e999, 50, 0, car1", ORD_ERANGE, "finite" },
    { "{distance: [3, 10]}", "{distance: [3, 0]}", ORD_ERANGE, "measurement" },
    { "- [0, 1, {distance", "- [0, 0, {distance", ORD_ERANGE, "measurement" },
    { "elevation: 5", "elevation: high", ORD_ERANGE, "elevation" },
    { "width: 2, depth", "width: 0, depth", ORD_ERANGE, "width" },
    { "[110, 110, 0, \"\"]", "[116, 110, 0, \"\"]", ORD_EMAP, "apart" },
    { "  lift:\n",
      "  lift:\n    {x: 50, y: 50, yaw: 0, width: 2, depth: 2, plugins: true, level_doors: {L1: [d], L2: [d]}}\n  "
      "lift2:\n",
      ORD_EMAP, "two lifts" },
    { "name: small", "name: [small", ORD_EPARSE, "" },
    { "    lanes:\n      - [0, 2,", "    lanes: 7\n    lames:\n      - [0, 2,", ORD_EPARSE, "lanes" },
    { "{distance: [3, 10]}", "{distance: [3, 1e6]}", ORD_ERANGE, "measurement" },
};

static void broken_buildings_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char *text = with(small, faults[i].from, faults[i].to);
        struct site *s = NULL;
        struct err_note note = { 0 };
        int err =
            import_rmf_bytes("t.yaml", text, strlen(text), (struct import_options){ .refuges = 2 }, &s, &report, &note);
        if (err != faults[i].err || !strstr(note.what, faults[i].what) || !strstr(note.where, "t.yaml") || s)
            fail_msg("fault %zu (%s): %d '%s': '%s'", i, faults[i].to, err, note.where, note.what);
        import_report_close(&report);
        free(text);
    }
    struct site *s = NULL;
    struct err_note note = { 0 };
    assert_int_equal(import_rmf_bytes("e", "", 0, (struct import_options){ 0 }, &s, &report, &note), ORD_EPARSE);
    assert_int_equal(import_rmf_bytes("e", "\xff", 1, (struct import_options){ 0 }, &s, &report, &note), ORD_EPARSE);
    assert_int_equal(
        import_rmf_bytes("e", small, strlen(small), (struct import_options){ .graph = 7 }, &s, &report, &note),
        ORD_EMAP);
    assert_non_null(strstr(note.what, "--graph"));
    import_report_close(&report);
    assert_int_equal(import_rmf("/nowhere", (struct import_options){ 0 }, &s, &report, &note), ORD_ENOTFOUND);
}

static void errors_name_the_line(void **state)
{
    (void)state;
    char *text = with(small, "[2, 3, {bidir", "[2, 33, {bidir");
    struct site *s = NULL;
    struct err_note note = { 0 };
    assert_int_not_equal(
        import_rmf_bytes("t.yaml", text, strlen(text), (struct import_options){ 0 }, &s, &report, &note), ORD_OK);
    int line = 1;
    for (const char *at = strstr(text, "[2, 33"); at > text; at--) line += at[-1] == '\n';
    char want[32];
    snprintf(want, sizeof want, "line %d", line);
    if (!strstr(note.where, want)) fail_msg("%s: %s, not %s", note.where, note.what, want);
    import_report_close(&report);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demo_maps_have_the_known_counts),
        cmocka_unit_test(the_demo_maps_lie_where_they_should),
        cmocka_unit_test(stations_follow_the_rule),
        cmocka_unit_test(refuges_are_added_until_there_are_enough),
        cmocka_unit_test(an_imported_site_survives_its_file),
        cmocka_unit_test(a_small_building_is_laid_out_in_metres),
        cmocka_unit_test(another_graph_is_another_map),
        cmocka_unit_test(handover_points_win_over_names_when_there_are_two),
        cmocka_unit_test(passive_doors_and_idle_lifts_are_dropped_and_told),
        cmocka_unit_test(a_lane_through_two_powered_doors_is_cut_between_them),
        cmocka_unit_test(a_lane_through_a_wall_is_kept_with_a_warning),
        cmocka_unit_test(names_used_twice_are_qualified_by_level),
        cmocka_unit_test(several_graphs_are_put_together),
        cmocka_unit_test(degrees_become_metres_east_and_north_of_the_first_vertex),
        cmocka_unit_test(metric_files_are_taken_as_they_stand),
        cmocka_unit_test(broken_buildings_are_refused),
        cmocka_unit_test(errors_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
