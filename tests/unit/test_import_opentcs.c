/* openTCS plant models: a small plant on two heights for each rule, faults planted in it, and damage of every kind. */
#include "import_fixture.h"

static const char plant[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<model version=\"7.0.0\" name=\"Plant A\">\n"
    "<point name=\"a\" positionX=\"0\" positionY=\"0\" positionZ=\"0\" vehicleOrientationAngle=\"NaN\" "
    "type=\"HALT_POSITION\"/>\n"
    "<point name=\"b\" positionX=\"10000\" positionY=\"0\" positionZ=\"0\" type=\"HALT_POSITION\"/>\n"
    "<point name=\"c\" positionX=\"10000\" positionY=\"10000\" positionZ=\"0\" type=\"PARK_POSITION\"/>\n"
    "<point name=\"up\" positionX=\"10100\" positionY=\"0\" positionZ=\"4500\" type=\"HALT_POSITION\"/>\n"
    "<point name=\"far up\" positionX=\"20000\" positionY=\"0\" positionZ=\"4500\" type=\"HALT_POSITION\"/>\n"
    "<path name=\"a-b\" sourcePoint=\"a\" destinationPoint=\"b\" length=\"10000\" maxVelocity=\"800\" "
    "maxReverseVelocity=\"500\" locked=\"false\">"
    "<peripheralOperation name=\"Open\" locationName=\"gate\" executionTrigger=\"AFTER_ALLOCATION\" "
    "completionRequired=\"true\"/></path>\n"
    "<path name=\"b-c\" sourcePoint=\"b\" destinationPoint=\"c\" length=\"10000\" maxVelocity=\"1000\" "
    "maxReverseVelocity=\"0\" locked=\"false\">"
    "<pathLayout connectionType=\"BEZIER\"><controlPoint x=\"300\" y=\"0\"/><controlPoint x=\"300\" "
    "y=\"-200\"/></pathLayout></path>\n"
    "<path name=\"c-b\" sourcePoint=\"c\" destinationPoint=\"b\" length=\"10000\" maxVelocity=\"1000\" "
    "maxReverseVelocity=\"0\" locked=\"false\"/>\n"
    "<path name=\"shaft\" sourcePoint=\"b\" destinationPoint=\"up\" length=\"4500\" maxVelocity=\"1000\" "
    "maxReverseVelocity=\"1000\" locked=\"false\"/>\n"
    "<path name=\"top\" sourcePoint=\"up\" destinationPoint=\"far up\" length=\"9900\" maxVelocity=\"1000\" "
    "maxReverseVelocity=\"0\" locked=\"false\"/>\n"
    "<path name=\"top back\" sourcePoint=\"far up\" destinationPoint=\"up\" length=\"9900\" maxVelocity=\"1000\" "
    "maxReverseVelocity=\"0\" locked=\"false\"/>\n"
    "<path name=\"closed\" sourcePoint=\"a\" destinationPoint=\"c\" length=\"9900\" maxVelocity=\"1000\" "
    "maxReverseVelocity=\"0\" locked=\"true\"/>\n"
    "<locationType name=\"Store\"><allowedOperation name=\"Load\"/></locationType>\n"
    "<locationType name=\"Power\"><allowedOperation name=\"CHARGE\"/><allowedOperation name=\"NOP\"/></locationType>\n"
    "<locationType name=\"Device\"/>\n"
    "<location name=\"S 1\" positionX=\"0\" positionY=\"0\" type=\"Store\"><link point=\"a\"/></location>\n"
    "<location name=\"S 2\" positionX=\"0\" positionY=\"0\" type=\"Store\"><link point=\"far up\"/></location>\n"
    "<location name=\"P\" positionX=\"0\" positionY=\"0\" type=\"Power\"><link point=\"c\"/></location>\n"
    "<location name=\"gate\" positionX=\"0\" positionY=\"0\" type=\"Device\"/>\n"
    "<visualLayout name=\"v\" scaleX=\"50\" scaleY=\"50\"><layer id=\"0\" ordinal=\"0\" name=\"all\" visible=\"true\" "
    "groupId=\"0\"/></visualLayout>\n"
    "</model>\n";

static struct site *taken(const char *text)
{
    return imported_by(import_opentcs_bytes, text, (struct import_options){ 0 });
}

static void a_plant_on_two_heights_becomes_levels_joined_by_an_elevator(void **state)
{
    (void)state;
    struct site *s = taken(plant);
    assert_string_equal(s->id, "Plant_A");
    assert_int_equal(s->levels, 2);
    assert_int_equal(s->level[1].elevation_mm, 4500);
    assert_int_equal(s->elevators, 1);
    assert_int_equal(s->elevator[0].landings, 2);
    assert_int_equal(s->node[site_node_by_id(s, "b")].elevator, 0);
    assert_int_equal(s->node[site_node_by_id(s, "up")].elevator, 0);
    assert_true(said(IMPORT_GUESSED, "taken as elevator"));
    struct lint_report lint;
    assert_int_equal(site_lint(s, 0, &lint), ORD_OK);
    assert_int_equal(lint.errors, 0);
    lint_close(&lint);
    done(s);
}

static void a_reverse_speed_makes_one_lane_of_two_directions(void **state)
{
    (void)state;
    struct site *s = taken(plant);
    edge_id e = site_edge_between(s, site_node_by_id(s, "a"), site_node_by_id(s, "b"));
    assert_int_not_equal(e, ID_NONE);
    assert_int_not_equal(s->edge[e].twin, ID_NONE);
    assert_int_equal(s->edge[e].speed_mm_s, 500);
    edge_id top = site_edge_between(s, site_node_by_id(s, "up"), site_node_by_id(s, "far_up"));
    assert_int_not_equal(s->edge[top].twin, ID_NONE); /* two paths over one strip */
    done(s);
}

static void a_curve_runs_its_own_course_beside_the_straight_way_back(void **state)
{
    (void)state;
    struct site *s = taken(plant);
    node_id b = site_node_by_id(s, "b"), c = site_node_by_id(s, "c");
    assert_int_equal(site_edge_between(s, b, c), ID_NONE);
    edge_id back = site_edge_between(s, c, b);
    assert_int_not_equal(back, ID_NONE);
    assert_int_equal(s->edge[back].twin, ID_NONE);
    mm_t widest = 0;
    for (node_id n = 0; n < s->nodes; n++)
        if (strncmp(s->node[n].id, "w2.", 3) == 0 && s->node[n].x_mm > widest) widest = s->node[n].x_mm;
    assert_in_range(widest, 13500, 13850); /* the drawing's y is turned: the curve bulges to x = 13.75 m */
    done(s);
}

static void locations_become_stations_chargers_and_doors(void **state)
{
    (void)state;
    struct site *s = taken(plant);
    assert_int_equal(s->stations, 2);
    assert_string_equal(s->station[0].id, "S_1");
    assert_string_equal(s->station[0].name.en, "S 1");
    assert_true(s->node[site_node_by_id(s, "c")].flags & NODE_CHARGER);
    assert_true(s->node[site_node_by_id(s, "c")].flags & NODE_PARK);
    assert_int_equal(s->doors, 1);
    edge_id e = site_edge_between(s, site_node_by_id(s, "a"), site_node_by_id(s, "b"));
    assert_int_equal(s->edge[e].door, 0);
    assert_true(said(IMPORT_DROPPED, "path closed is locked"));
    done(s);
}

static void bays_are_added_until_the_refuges_suffice(void **state)
{
    (void)state;
    char *halt = with(plant, "PARK_POSITION", "HALT_POSITION"); /* a refuge on a way would shut in the bays beside it */
    char *text = with(halt, "type=\"Power\"><link point=\"c\"/>", "type=\"Power\">");
    struct site *s = imported_by(import_opentcs_bytes, text, (struct import_options){ .refuges = 4 });
    assert_true(report.bays >= 4);
    assert_true(report.refuges >= 4);
    done(s);
    free(halt);
    free(text);
}

static void old_names_of_attributes_are_understood(void **state)
{
    (void)state;
    static const char text[] =
        "<model version=\"0.0.4\" name=\"old\">"
        "<point name=\"a\" xPosition=\"1000\" yPosition=\"2000\" zPosition=\"0\" type=\"REPORT_POSITION\"/>"
        "<point name=\"b\" xPosition=\"5000\" yPosition=\"2000\" zPosition=\"0\" type=\"HALT_POSITION\"/>"
        "<path name=\"p\" sourcePoint=\"a\" destinationPoint=\"b\" length=\"4000\" maxVelocity=\"0\" "
        "maxReverseVelocity=\"700\"/>"
        "</model>";
    struct site *s = taken(text);
    assert_int_equal(s->node[0].x_mm, 1000);
    assert_int_equal(s->node[0].y_mm, 2000);
    assert_int_equal(site_edge_between(s, 0, 1), ID_NONE); /* backwards only */
    assert_int_not_equal(site_edge_between(s, 1, 0), ID_NONE);
    assert_true(said(IMPORT_WARNING, "fewer than two stations"));
    done(s);
}

static void layers_are_floors_only_when_paths_between_them_go_straight_up(void **state)
{
    (void)state;
    static const char text[] = "<model version=\"7.0.0\" name=\"layers\">"
                               "<point name=\"a\" positionX=\"0\" positionY=\"0\" positionZ=\"0\" "
                               "type=\"HALT_POSITION\"><pointLayout layerId=\"0\"/></point>"
                               "<point name=\"b\" positionX=\"200\" positionY=\"0\" positionZ=\"0\" "
                               "type=\"HALT_POSITION\"><pointLayout layerId=\"3\"/></point>"
                               "<path name=\"p\" sourcePoint=\"a\" destinationPoint=\"b\" length=\"1\" "
                               "maxVelocity=\"1000\" maxReverseVelocity=\"0\"/>"
                               "</model>";
    struct site *s = taken(text);
    assert_int_equal(s->levels, 2);
    assert_int_equal(s->elevators, 1);
    done(s);
    char *flat = with(text, "positionX=\"200\"", "positionX=\"2000\"");
    s = taken(flat);
    assert_int_equal(s->levels, 1);
    assert_int_equal(s->elevators, 0);
    done(s);
    free(flat);
}

static const struct fault faults[] = {
    { "<model", "<plant", ORD_EPARSE, "<plant>" },
    { "version=\"7.0.0\"", "version=\"9.1\"", ORD_EVERSION, "9.1" },
    { "</model>", "", ORD_EPARSE, "" },
    { "<point name=\"a\" positionX=\"0\"", "<point name=\"a\" positionX=\"wide\"", ORD_ERANGE, "positionX" },
    { "<point name=\"a\" positionX=\"0\"", "<point name=\"a\" positionX=\"nan\"", ORD_ERANGE, "positionX" },
    { "<point name=\"a\" positionX=\"0\"", "<point name=\"a\" positionX=\"99000000\"", ORD_ERANGE, "9 km" },
    { "<point name=\"a\"", "<point", ORD_EPARSE, "name" },
    { "<point name=\"a\"", "<point name=\"b\"", ORD_EEXISTS, "'b'" },
    { "<path name=\"top\"", "<path name=\"a\"", ORD_EEXISTS, "taken by a point" },
    { "sourcePoint=\"a\" destinationPoint=\"b\"", "sourcePoint=\"a\" destinationPoint=\"z\"", ORD_ERANGE, "'z'" },
    { "sourcePoint=\"a\" destinationPoint=\"b\"", "sourcePoint=\"a\" destinationPoint=\"a\"", ORD_EMAP, "itself" },
    { "positionX=\"10000\" positionY=\"0\"", "positionX=\"0\" positionY=\"0\"", ORD_EMAP, "same place" },
    { "maxVelocity=\"800\"", "maxVelocity=\"-800\"", ORD_ERANGE, "below 0" },
    { "maxVelocity=\"800\"", "maxVelocity=\"fast\"", ORD_ERANGE, "maxVelocity" },
    { "<link point=\"a\"/>", "<link point=\"q\"/>", ORD_ERANGE, "'q'" },
    { "type=\"Store\"><link point=\"a\"/>", "type=\"Shop\"><link point=\"a\"/>", ORD_ERANGE, "'Shop'" },
    { "locationName=\"gate\"", "locationName=\"portal\"", ORD_ERANGE, "'portal'" },
    { "type=\"HALT_POSITION\"", "type=\"FLY_POSITION\"", ORD_ERANGE, "FLY_POSITION" },
    { "scaleX=\"50\"", "scaleX=\"0\"", ORD_ERANGE, "scaleX" },
    { "<controlPoint x=\"300\"", "<controlPoint x=\"\"", ORD_ERANGE, "control point" },
    { "<model", "<!DOCTYPE model [<!ENTITY a \"aaaa\">]><model", ORD_EPARSE, "DOCTYPE" },
    { "name=\"Plant A\"", "name=\"Plant \xff\"", ORD_EPARSE, "" },
};

static void broken_models_are_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) refused(import_opentcs_bytes, plant, &faults[i]);
}

static void damaged_models_never_crash(void **state)
{
    (void)state;
    survives_damage(import_opentcs_bytes, plant, sizeof plant - 1, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plant_on_two_heights_becomes_levels_joined_by_an_elevator),
        cmocka_unit_test(a_reverse_speed_makes_one_lane_of_two_directions),
        cmocka_unit_test(a_curve_runs_its_own_course_beside_the_straight_way_back),
        cmocka_unit_test(locations_become_stations_chargers_and_doors),
        cmocka_unit_test(bays_are_added_until_the_refuges_suffice),
        cmocka_unit_test(old_names_of_attributes_are_understood),
        cmocka_unit_test(layers_are_floors_only_when_paths_between_them_go_straight_up),
        cmocka_unit_test(broken_models_are_refused_with_a_reason),
        cmocka_unit_test(damaged_models_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
