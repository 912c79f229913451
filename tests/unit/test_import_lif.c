/* LIF files: a small two-floor layout for each rule, faults planted in it, damage, and the way out and back in. */
#include "import_fixture.h"

/* clang-format off */
#define FOR "\"vehicleTypeNodeProperties\": [{\"vehicleTypeId\": \"acme.one\"}]"
#define ACTING(what)                                                                                                 \
    "\"vehicleTypeNodeProperties\": [{\"vehicleTypeId\": \"acme.one\", \"actions\": [{\"actionType\": \"" what        \
    "\", \"blockingType\": \"HARD\"}]}]"
#define EDGE(id, a, b, more)                                                                                       \
    "{\"edgeId\": \"" id "\", \"startNodeId\": \"" a "\", \"endNodeId\": \"" b "\", "                              \
    "\"vehicleTypeEdgeProperties\": [{\"vehicleTypeId\": \"acme.one\", \"rotationAllowed\": false" more "}]}"
#define WAY(a, b) EDGE(a "-" b, a, b, "")
#define BEND                                                                                                         \
    ", \"trajectory\": {\"degree\": 2, \"knotVector\": [0,0,0,1,1,1], "                                              \
    "\"controlPoints\": [{\"x\":10,\"y\":0},{\"x\":14,\"y\":4},{\"x\":10,\"y\":8}]}"

static const char layout[] =
    "{\"metaInformation\": {\"projectIdentification\": \"Two floors\", \"creator\": \"me\", "
    "\"exportTimestamp\": \"2025-01-01T00:00:00Z\", \"lifVersion\": \"0.11.0\"},\n\"layouts\": [\n"
    "{\"layoutId\": \"ground\", \"layoutVersion\": \"1\", \"layoutLevelId\": \"0\", \"layoutName\": \"Ground\",\n"
    " \"nodes\": [{\"nodeId\": \"A\", \"nodePosition\": {\"x\": 0, \"y\": 0}, " ACTING("pick") "},\n"
    "  {\"nodeId\": \"B\", \"nodePosition\": {\"x\": \"10.0\", \"y\": 0}, " FOR "},\n"
    "  {\"nodeId\": \"C\", \"nodePosition\": {\"x\": 10, \"y\": 8}, " ACTING("startCharging") "},\n"
    "  {\"nodeId\": \"L0\", \"nodePosition\": {\"x\": 14, \"y\": 0}, " FOR "}],\n"
    " \"edges\": [" EDGE("A-B", "A", "B", ", \"maxSpeed\": 0.7") ", " WAY("B", "A") ",\n  "
    EDGE("B-C", "B", "C", BEND) ",\n  "
    WAY("C", "B") ", " WAY("B", "L0") ", " WAY("L0", "B") ", " WAY("L0", "L1") ", " WAY("L1", "L0") "],\n"
    " \"stations\": [{\"stationId\": \"power\", \"interactionNodeIds\": [\"C\"]}]},\n"
    "{\"layoutId\": \"first\", \"layoutVersion\": \"1\", \"layoutLevelId\": 1,\n"
    " \"nodes\": [{\"nodeId\": \"L1\", \"nodePosition\": {\"x\": 14.1, \"y\": 0}, " FOR "}, "
    "{\"nodeId\": \"D\", \"nodePosition\": {\"x\": 20, \"y\": 0}, " FOR "}],\n"
    " \"edges\": [" WAY("L1", "D") ", " WAY("D", "L1") "],\n"
    " \"stations\": [{\"stationId\": \"S D\", \"stationName\": \"Ward D\", "
    "\"interactionNodeIds\": [\"D\"]}]}]}\n";
/* clang-format on */

static struct site *taken(const char *text)
{
    return imported_by(import_lif_bytes, text, (struct import_options){ 0 });
}

static void layouts_become_levels_joined_by_an_elevator(void **state)
{
    (void)state;
    struct site *s = taken(layout);
    assert_string_equal(s->id, "Two_floors");
    assert_int_equal(s->levels, 2);
    assert_int_equal(s->level[1].elevation_mm, 4000);
    assert_int_equal(s->elevators, 1);
    assert_int_equal(s->node[site_node_by_id(s, "L1")].elevator, 0);
    struct lint_report lint;
    assert_int_equal(site_lint(s, 0, &lint), ORD_OK);
    assert_int_equal(lint.errors, 0);
    lint_close(&lint);
    done(s);
}

static void opposite_edges_over_one_strip_are_one_lane(void **state)
{
    (void)state;
    struct site *s = taken(layout);
    edge_id e = site_edge_between(s, site_node_by_id(s, "A"), site_node_by_id(s, "B"));
    assert_int_not_equal(s->edge[e].twin, ID_NONE);
    assert_int_equal(s->edge[e].speed_mm_s, 700);
    done(s);
}

static void a_trajectory_is_followed(void **state)
{
    (void)state;
    struct site *s = taken(layout);
    node_id b = site_node_by_id(s, "B"), c = site_node_by_id(s, "C");
    assert_int_equal(site_edge_between(s, b, c), ID_NONE);
    assert_int_not_equal(site_edge_between(s, c, b), ID_NONE);
    mm_t widest = 0;
    for (node_id n = 0; n < s->nodes; n++)
        if (strncmp(s->node[n].id, "w3.", 3) == 0 && s->node[n].x_mm > widest) widest = s->node[n].x_mm;
    assert_in_range(widest, 11850, 12000); /* a parabola with its top at x = 12 m */
    done(s);
    char *elsewhere = with(layout, "{\"x\":10,\"y\":8}]}", "{\"x\":11,\"y\":8}]}");
    s = taken(elsewhere);
    assert_true(said(IMPORT_DROPPED, "trajectory of edge B-C ends 1.0 m"));
    done(s);
    free(elsewhere);
}

static void what_actions_say_decides_between_station_and_charger(void **state)
{
    (void)state;
    struct site *s = taken(layout);
    assert_int_equal(s->stations, 2);
    assert_int_not_equal(site_station_by_id(s, "A"), ID_NONE); /* a pick action, no station */
    assert_string_equal(s->station[site_station_by_id(s, "S_D")].name.en, "Ward D");
    assert_true(s->node[site_node_by_id(s, "C")].flags & NODE_CHARGER);
    done(s);
}

static void one_vehicle_type_can_be_chosen(void **state)
{
    (void)state;
    char *text = with(layout, "\"C\", \"vehicleTypeEdgeProperties\": [{\"vehicleTypeId\": \"acme.one\"",
                      "\"C\", \"vehicleTypeEdgeProperties\": [{\"vehicleTypeId\": \"acme.two\"");
    struct site *s = imported_by(import_lif_bytes, text, (struct import_options){ .vehicle = "acme.one" });
    assert_int_equal(site_node_by_id(s, "w3.1"), ID_NONE);
    done(s);
    struct err_note note = { 0 };
    s = NULL;
    assert_int_equal(
        import_lif_bytes("t", text, strlen(text), (struct import_options){ .vehicle = "acme.six" }, &s, &report, &note),
        ORD_ENOTFOUND);
    assert_non_null(strstr(note.what, "acme.one"));
    done(s);
    free(text);
}

static void levels_are_called_as_the_maps_of_vda_5050(void **state)
{
    (void)state;
    char *a = with(layout, "{\"nodeId\": \"L1\",", "{\"nodeId\": \"L1\", \"mapId\": \"map-1\",");
    char *b = with(a, "{\"nodeId\": \"D\",", "{\"nodeId\": \"D\", \"mapId\": \"map-1\",");
    struct site *s = taken(b);
    assert_string_equal(s->level[1].id, "map-1");
    assert_string_equal(s->level[0].id, "0");
    done(s);
    free(a);
    free(b);
}

static const struct fault faults[] = {
    { "\"layouts\"", "\"places\"", ORD_EPARSE, "neither" },
    { "0.11.0", "7.1", ORD_EVERSION, "7.1" },
    { "\"nodeId\": \"B\"", "\"nodeId\": \"A\"", ORD_EEXISTS, "'A' occurs twice" },
    { "\"edgeId\": \"B-A\"", "\"edgeId\": \"A-B\"", ORD_EEXISTS, "'A-B' occurs twice" },
    { "\"nodeId\": \"B\"", "\"nodeId\": \"\"", ORD_EPARSE, "not empty" },
    { "\"nodeId\": \"B\"", "\"nodeId\": 7", ORD_ERANGE, "no node 'B'" },
    { "\"startNodeId\": \"A\"", "\"startNodeId\": \"Z\"", ORD_ERANGE, "no node 'Z'" },
    { "\"endNodeId\": \"B\"", "\"endNodeId\": \"A\"", ORD_EMAP, "itself" },
    { "\"x\": \"10.0\"", "\"x\": \"ten\"", ORD_ERANGE, "'ten'" },
    { "\"x\": \"10.0\"", "\"x\": 1e9", ORD_ERANGE, "" },
    { "\"x\": \"10.0\"", "\"x\": null", ORD_EPARSE, "" },
    { "\"x\": \"10.0\"", "\"x\": 0", ORD_EMAP, "same place" },
    { "\"interactionNodeIds\": [\"D\"]", "\"interactionNodeIds\": []", ORD_EMAP, "at least one" },
    { "\"interactionNodeIds\": [\"D\"]", "\"interactionNodeIds\": [\"Q\"]", ORD_ERANGE, "no node 'Q'" },
    { "[0,0,0,1,1,1]", "[0,0,1,1,1]", ORD_ERANGE, "6 knots" },
    { "[0,0,0,1,1,1]", "[0,0,1,0,1,1]", ORD_ERANGE, "fall" },
    { "[0,0,0,1,1,1]", "[1,1,1,1,1,1]", ORD_ERANGE, "no curve" },
    { "\"degree\": 2", "\"degree\": 0", ORD_ERANGE, "" },
    { "{\"x\":14,\"y\":4}", "{\"x\":14,\"y\":4,\"weight\":0}", ORD_ERANGE, "" },
    { "\"maxSpeed\": 0.7", "\"maxSpeed\": -1", ORD_ERANGE, "" },
    { "\"nodes\": [{\"nodeId\": \"A\"", "\"nodes\": 3, \"nobody\": [{\"nodeId\": \"A\"", ORD_EPARSE, "" },
    { "{\"metaInformation\"", "[{\"metaInformation\"", ORD_EPARSE, "" },
};

static void broken_layouts_are_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) refused(import_lif_bytes, layout, &faults[i]);
}

static void damaged_layouts_never_crash(void **state)
{
    (void)state;
    survives_damage(import_lif_bytes, layout, sizeof layout - 1, 300);
}

/* Nodes, edges, lengths and stations of the demo hospital survive the way out and back; cabins are guessed anew. */
static void the_demo_hospital_survives_the_way_out_and_back(void **state)
{
    (void)state;
    struct site *s = NULL;
    struct fleet_spec *f = NULL;
    struct err_note note = { 0 };
    char *bytes = NULL;
    size_t n = 0;
    assert_int_equal(fleet_spec_default(1, &f), ORD_OK);
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &s, &note), ORD_OK);
    assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
    FILE *out = open_memstream(&bytes, &n);
    assert_int_equal(export_lif(s, out), ORD_OK);
    fclose(out);
    struct site *again = taken(bytes);
    assert_int_equal(again->nodes, s->nodes);
    assert_int_equal(again->stations, s->stations);
    assert_int_equal(again->elevators, s->elevators);
    assert_int_equal(again->edges, s->edges);
    for (edge_id e = 0; e < s->edges; e++) {
        edge_id o = site_edge_between(again, site_node_by_id(again, s->node[s->edge[e].from].id),
                                      site_node_by_id(again, s->node[s->edge[e].to].id));
        assert_int_not_equal(o, ID_NONE);
        assert_int_equal(again->edge[o].length_mm, s->edge[e].length_mm);
        assert_int_equal(again->edge[o].twin != ID_NONE, s->edge[e].twin != ID_NONE);
    }
    done(again);
    site_close(s);
    fleet_spec_close(f);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_become_levels_joined_by_an_elevator),
        cmocka_unit_test(opposite_edges_over_one_strip_are_one_lane),
        cmocka_unit_test(a_trajectory_is_followed),
        cmocka_unit_test(what_actions_say_decides_between_station_and_charger),
        cmocka_unit_test(one_vehicle_type_can_be_chosen),
        cmocka_unit_test(levels_are_called_as_the_maps_of_vda_5050),
        cmocka_unit_test(broken_layouts_are_refused_with_a_reason),
        cmocka_unit_test(damaged_layouts_never_crash),
        cmocka_unit_test(the_demo_hospital_survives_the_way_out_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
