/* Lint: a sound map is silent; each planted fault is found, with its place, in two languages; refuges are proven. */
#include "map_fixture.h"
#include "maps/site_compile.h"

static const struct lint_finding *found(const struct lint_report *r, const char *code)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->finding[i].code, code) == 0) return &r->finding[i];
    return NULL;
}

static void a_sound_map_has_nothing_to_say(void **state)
{
    (void)state;
    struct site *s = compiled(base_site);
    struct lint_report r;
    assert_int_equal(site_lint(s, 2, &r), ORD_OK);
    for (size_t i = 0; i < r.count; i++)
        print_message("%s %s %s\n", r.finding[i].code, r.finding[i].where, r.finding[i].en);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.refuges, 2);
    assert_true(s->node[site_node_by_id(s, "bay")].flags & NODE_REFUGE);
    lint_close(&r);
    site_close(s);
}

static const char soiled_goods[] = "\"goods\": [{\"id\": \"bin\", \"name\": " NAME(
    "bin") ", \"carrier\": \"bin\", \"class\": \"waste\", \"mass\": 40, \"priority\": 3}]";

/* Waste may not pass to the bay; one washer in reach of it, one not. */
static void whoever_carried_waste_must_be_able_to_get_to_a_washer(void **state)
{
    (void)state;
    struct lint_report r;
    char *barred = with(base_site, "\"to\": \"bay\", \"both_ways\": true",
                        "\"to\": \"bay\", \"both_ways\": true, \"allow\": [\"clean\"]"),
         *washer = with(barred, "\"y\": -3, \"holding\": true", "\"y\": -3, \"washer\": true"), all[8192];
    snprintf(all, sizeof all, "%.*s%s, \"labels\"%s", (int)(strstr(washer, "\"labels\"") - washer), washer,
             soiled_goods, strstr(washer, "\"labels\"") + 8);
    struct site *s = compiled(all);
    assert_int_equal(site_lint(s, 0, &r), ORD_OK);
    assert_non_null(found(&r, "washer-none"));
    assert_int_equal(r.errors, 0);
    lint_close(&r);
    site_close(s);
    char *open = with(all, ", \"allow\": [\"clean\"]", "");
    s = compiled(open);
    assert_int_equal(site_lint(s, 0, &r), ORD_OK);
    assert_null(found(&r, "washer-none"));
    lint_close(&r);
    site_close(s);
    free(barred);
    free(washer);
    free(open);
}

/* A station that only waste can reach is reached; one that no load can reach is not. A refuge that the waste cannot
 * enter is one for the others. */
static void reach_is_judged_per_load(void **state)
{
    (void)state;
    struct lint_report r;
    char *waste = with(base_site, "\"speed\": 0.5", "\"speed\": 0.5, \"allow\": [\"waste\"]");
    struct site *s = compiled(waste);
    assert_int_equal(site_lint(s, 0, &r), ORD_OK);
    assert_null(found(&r, "station-unreachable"));
    lint_close(&r);
    site_close(s);
    char *closed = with(waste, "\"start_delay_s\": 1", "\"start_delay_s\": 1, \"allow\": [\"food\"]");
    s = compiled(closed);
    assert_int_equal(site_lint(s, 0, &r), ORD_OK);
    assert_non_null(found(&r, "station-unreachable"));
    lint_close(&r);
    site_close(s);
    char *bay = with(base_site, "\"to\": \"bay\", \"both_ways\": true",
                     "\"to\": \"bay\", \"both_ways\": true, \"allow\": [\"food\"]");
    s = compiled(bay);
    assert_int_equal(site_lint(s, 2, &r), ORD_OK);
    assert_int_equal(r.refuges, 2);
    lint_close(&r);
    site_close(s);
    free(waste);
    free(closed);
    free(bay);
}

/* from, to, code, level, word in "where", word in the English text */
static const struct fault {
    const char *from, *to, *code;
    enum lint_level level;
    const char *where, *what;
} faults[] = {
    { "{\"from\": \"u-lob\", \"to\": \"b\", \"both_ways\": true", "{\"from\": \"b\", \"to\": \"u-lob\"",
      "station-unreachable", LINT_ERROR, "sb", "sa" },
    { "{\"from\": \"u-lob\", \"to\": \"b\", \"both_ways\": true", "{\"from\": \"u-lob\", \"to\": \"b\"",
      "station-no-return", LINT_ERROR, "sb", "sa" },
    { "{\"from\": \"u-lob\", \"to\": \"b\", \"both_ways\": true", "{\"from\": \"u-lob\", \"to\": \"b\"",
      "node-dead-end", LINT_WARNING, "b", "left" },
    { "{\"from\": \"m\", \"to\": \"bay\", \"both_ways\": true}", "{\"from\": \"bay\", \"to\": \"m\"}", "node-no-entry",
      LINT_WARNING, "bay", "entered" },
    { "\"node\": \"b\", \"kind\"", "\"node\": \"a\", \"kind\"", "station-shared", LINT_ERROR, "sb", "sa" },
    { "\"node\": \"b\", \"kind\"", "\"node\": \"e-u\", \"kind\"", "station-in-elevator", LINT_ERROR, "sb", "E1" },
    { "\"x\": 12, \"y\": 0}", "\"x\": 12, \"y\": 0, \"no_stop\": true}", "station-no-stop", LINT_ERROR, "sb", "b" },
    { "{\"from\": \"m\", \"to\": \"bay\",", "{\"from\": \"m\", \"to\": \"m\",", "edge-self", LINT_ERROR, "m-m",
      "itself" },
    { "\"x\": 4, \"y\": -3", "\"x\": 4, \"y\": 0", "edge-zero", LINT_ERROR, "m-bay", "same place" },
    { "{\"from\": \"m\", \"to\": \"bay\",", "{\"from\": \"u-lob\", \"to\": \"bay\",", "edge-levels", LINT_ERROR,
      "u-lob-bay", "elevator" },
    { "{\"from\": \"m\", \"to\": \"bay\", \"both_ways\": true},", "", "node-isolated", LINT_WARNING, "bay", "no edge" },
    { ", \"door\": \"D1\"}", "}", "edge-door-missing", LINT_ERROR, "a-m", "D1" },
    { "\"x1\": 2, \"y1\": -0.7, \"x2\": 2", "\"x1\": 3.99, \"y1\": 1.5, \"x2\": 4", "edge-door-apart", LINT_WARNING,
      "a-m", "D1" },
    { "{\"id\": \"D1\", \"level\": \"G\"", "{\"id\": \"D1\", \"level\": \"U\"", "edge-door-level", LINT_ERROR, "a-m",
      "another level" },
    { "[[2, -4], [2, -0.8]]", "[[2, -4], [2, 0]]", "edge-wall", LINT_ERROR, "a-m", "wall" },
    { "[[2, -4], [2, -0.8]]", "[[2, -4], [2, -0.2]]", "edge-near-wall", LINT_ERROR, "a-m", "wall" },
    { "{\"from\": \"m\", \"to\": \"lob\",", "{\"from\": \"m\", \"to\": \"lob\", \"width\": 0.6,", "edge-narrow",
      LINT_ERROR, "m-lob", "0.70" },
    { "\"width\": 1.4", "\"width\": 0.65", "door-narrow", LINT_ERROR, "a-m", "0.65" },
    { "\"node\": \"b\", \"kind\"", "\"nodes\": [\"b\", \"e-u\"], \"kind\"", "station-in-elevator", LINT_ERROR, "sb",
      "e-u" },
    { "\"node\": \"b\", \"kind\"", "\"nodes\": [\"b\", \"a\"], \"kind\"", "station-shared", LINT_ERROR, "sb", "'a'" },
    { "\"x\": 12, \"y\": 0}", "\"x\": 12, \"y\": 0}, {\"id\": \"b2\", \"level\": \"U\", \"x\": 12, \"y\": 0.5}",
      "node-isolated", LINT_WARNING, "b2", "no edge" },
    { "\"labels\"",
      "\"zones\": [{\"id\": \"Z\", \"name\": " NAME(
          "Z") ", \"kind\": \"fire\", \"level\": \"G\", \"corners\": [[90, 0], [91, 0], [91, 1]]}],"
               " \"labels\"",
      "zone-empty", LINT_WARNING, "Z", "corners" },
    { "\"door_width\": 1.1", "\"door_width\": 0.6", "cabin-door-narrow", LINT_ERROR, "lob-e-g", "0.60" },
    { "\"width\": 1.8, \"depth\": 2.2", "\"width\": 0.6, \"depth\": 2.2", "cabin-small", LINT_ERROR, "lob-e-g", "E1" },
    { "\"x\": 8, \"y\": 3, \"width\"", "\"x\": 8, \"y\": 5, \"width\"", "landing-outside", LINT_ERROR, "E1", "e-g" },
    { ", {\"level\": \"U\", \"node\": \"e-u\"}]", "]", "elevator-landings", LINT_ERROR, "E1", "1 landing" },
    { ", {\"level\": \"U\", \"node\": \"e-u\"}]",
      ", {\"level\": \"G\", \"node\": \"lob\"}, {\"level\": \"U\", \"node\": \"e-u\"}]", "landing-twice", LINT_ERROR,
      "E1", "'G'" },
    { "\"x\": 4, \"y\": -3, ", "\"x\": 4, \"y\": -3, \"elevator\": \"E1\", ", "cabin-outside", LINT_ERROR, "bay",
      "E1" },
    { "\"holding\": true", "\"no_stop\": true", "refuges-few", LINT_ERROR, "small", "only 1" },
    { "\"x\": 8, \"y\": 0},\n {\"id\": \"e-g\"", "\"x\": 8, \"y\": 0, \"holding\": true},\n {\"id\": \"e-g\"",
      "refuge-refused", LINT_INFO, "lob", "cuts off" },
};

static void every_planted_fault_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char *text = with(base_site, faults[i].from, faults[i].to);
        struct site *s = compiled(text);
        struct lint_report r;
        assert_int_equal(site_lint(s, 2, &r), ORD_OK);
        const struct lint_finding *f = found(&r, faults[i].code);
        if ((!f || f->level != faults[i].level || !strstr(f->where, faults[i].where) || !strstr(f->en, faults[i].what)))
            fail_msg("fault %zu (%s) not found: %s: %s", i, faults[i].code, f ? f->where : "-", f ? f->en : "-");
        for (size_t k = 0; k < r.count; k++) {
            assert_true(r.finding[k].zh[0] && r.finding[k].en[0] && r.finding[k].where[0]);
            assert_true(strlen(r.finding[k].en) < sizeof r.finding[k].en - 1); /* nothing was cut */
            assert_true(strlen(r.finding[k].zh) < sizeof r.finding[k].zh - 1);
        }
        lint_close(&r);
        site_close(s);
        free(text);
    }
}

static void two_cars_may_not_share_nodes_or_touch(void **state)
{
    (void)state;
    static const char second[] = "\"elevators\": [{\"id\": \"E2\", \"name\": " NAME(
        "E2") ", \"x\": 8, \"y\": 3, \"width\": 1.8, \"depth\": 2.2,"
              " \"door_width\": 1.1, \"speed\": 1, \"accel\": 0.5, \"door_open_s\": 3, \"door_close_s\": 4, "
              "\"landings\": [{\"level\": \"G\", \"node\": \"e-g\"},"
              " {\"level\": \"U\", \"node\": \"%s\"}]},";
    char cars[1024];
    struct lint_report r;
    snprintf(cars, sizeof cars, second, "u-lob");
    char *text = with(base_site, "\"elevators\": [", cars);
    struct site *s = compiled(text);
    assert_int_equal(site_lint(s, 0, &r), ORD_OK);
    assert_non_null(found(&r, "elevator-shared-node"));
    assert_non_null(found(&r, "edge-two-cars"));
    lint_close(&r);
    site_close(s);
    free(text);
}

static void a_lane_with_a_stated_width_through_a_wall_is_only_a_warning(void **state)
{
    (void)state;
    char *wall = with(base_site, "[[2, -4], [2, -0.8]]", "[[6, -4], [6, 4]]");
    char *wide = with(wall, "{\"from\": \"m\", \"to\": \"lob\",", "{\"from\": \"m\", \"to\": \"lob\", \"width\": 1,");
    struct site *s = compiled(wide);
    struct lint_report r;
    assert_int_equal(site_lint(s, 2, &r), ORD_OK);
    assert_int_equal(r.errors, 0);
    assert_non_null(found(&r, "edge-through-wall"));
    lint_close(&r);
    site_close(s);
    free(wall);
    free(wide);
}

static void no_station_is_an_error(void **state)
{
    (void)state;
    struct site *s = compiled("{\"format\": \"orderly-site/1\", \"id\": \"x\", \"name\": " NAME(
        "x") ", \"levels\": [], \"nodes\": [], \"edges\": []}");
    struct lint_report r;
    assert_int_equal(site_lint(s, 0, &r), ORD_OK);
    assert_non_null(found(&r, "no-station"));
    assert_int_equal(r.errors, 1);
    lint_close(&r);
    site_close(s);
}

static void a_class_that_fits_nowhere_is_told_apart_from_one_that_does(void **state)
{
    (void)state;
    struct fleet_spec *f = fleet_of(base_fleet);
    struct err_note note;
    char *text = with(base_site, "\"width\": 1.4", "\"width\": 0.8"); /* the courier passes, the tug does not */
    struct site *s = parsed(text);
    struct lint_report r;
    assert_int_equal(site_compile(s, f->classes, f->cls, &note), ORD_OK);
    assert_int_equal(site_lint(s, 0, &r), ORD_OK);
    const struct lint_finding *door = found(&r, "door-narrow"), *station = found(&r, "station-unreachable");
    if (!door || !station) fail_msg("a finding is missing");
    else {
        assert_int_equal(door->level, LINT_INFO);
        assert_non_null(strstr(station->en, "tug"));
    }
    lint_close(&r);
    site_close(s);
    fleet_spec_close(f);
    free(text);
}

/* ---- refuges ---- */

static int refuge_count(const struct site *s)
{
    int n = 0;
    for (node_id i = 0; i < s->nodes; i++) n += (s->node[i].flags & NODE_REFUGE) != 0;
    return n;
}

/* a(station) - p - q - r(station): bays on p and q; q's second bay hangs behind its first. */
static const char row[] = "{\"format\": \"orderly-site/1\", \"id\": \"row\", \"name\": " NAME(
    "row") ", \"levels\": [{\"id\": \"G\", \"name\": " NAME("G") ", \"elevation\": 0}],"
                                                                 "\"nodes\": [{\"id\": \"a\", \"level\": \"G\", \"x\": "
                                                                 "0, \"y\": 0}, {\"id\": \"p\", \"level\": \"G\", "
                                                                 "\"x\": 3, \"y\": 0}, {\"id\": \"q\", \"level\": "
                                                                 "\"G\", \"x\": 6, \"y\": 0},"
                                                                 " {\"id\": \"r\", \"level\": \"G\", \"x\": 9, \"y\": "
                                                                 "0}, {\"id\": \"b1\", \"level\": \"G\", \"x\": 3, "
                                                                 "\"y\": 2, \"holding\": true},"
                                                                 " {\"id\": \"b2\", \"level\": \"G\", \"x\": 6, \"y\": "
                                                                 "2, \"holding\": true}, {\"id\": \"b3\", \"level\": "
                                                                 "\"G\", \"x\": 6, \"y\": 4, \"holding\": true}],"
                                                                 "\"edges\": [{\"from\": \"a\", \"to\": \"p\", "
                                                                 "\"both_ways\": true}, {\"from\": \"p\", \"to\": "
                                                                 "\"q\", \"both_ways\": true}, {\"from\": \"q\", "
                                                                 "\"to\": \"r\", \"both_ways\": true},"
                                                                 " {\"from\": \"p\", \"to\": \"b1\", \"both_ways\": "
                                                                 "true}, {\"from\": \"q\", \"to\": \"b2\", "
                                                                 "\"both_ways\": true}, {\"from\": \"b2\", \"to\": "
                                                                 "\"b3\", \"both_ways\": true}],"
                                                                 "\"stations\": [{\"id\": \"a\", \"name\": " NAME(
                                                                     "a") ", \"node\": \"a\"}, {\"id\": \"r\", "
                                                                          "\"name\": " NAME("r") ", \"node\": \"r\"}]}";

static enum refuge_no verdict(struct site *s, const char *id)
{
    struct refuge_report r;
    enum refuge_no why = REFUGE_ACCEPTED;
    assert_int_equal(refuges_prove(s, &r), ORD_OK);
    for (uint16_t i = 0; i < r.candidates; i++)
        if (strcmp(s->node[r.verdict[i].node].id, id) == 0) why = r.verdict[i].why;
    refuge_report_close(&r);
    return why;
}

static void a_bay_behind_a_bay_is_refused(void **state)
{
    (void)state;
    struct site *s = compiled(row);
    assert_int_equal(refuge_count(s), 2);
    assert_int_equal(verdict(s, "b2"), REFUGE_ACCEPTED);
    assert_int_equal(verdict(s, "b3"), REFUGE_CUT_OFF);
    site_close(s);
    char *text = with(row, "{\"id\": \"b3\", \"level\": \"G\", \"x\": 6, \"y\": 4, \"holding\": true}",
                      "{\"id\": \"b3\", \"level\": \"G\", \"x\": 6, \"y\": 4, \"park\": true}");
    s = compiled(text); /* parking places go first: now the one in front would shut it in */
    assert_int_equal(refuge_count(s), 2);
    assert_int_equal(verdict(s, "b3"), REFUGE_ACCEPTED);
    assert_int_equal(verdict(s, "b2"), REFUGE_CUTS_REFUGE);
    site_close(s);
    free(text);
}

static void a_place_on_the_only_way_is_refused(void **state)
{
    (void)state;
    char *text = with(row, "\"x\": 3, \"y\": 0}", "\"x\": 3, \"y\": 0, \"park\": true}");
    struct site *s = compiled(text);
    assert_int_equal(verdict(s, "p"), REFUGE_CUTS_STATIONS);
    assert_false(s->node[site_node_by_id(s, "p")].flags & NODE_REFUGE);
    site_close(s);
    free(text);
}

static void a_bay_whose_hull_reaches_the_lane_is_refused(void **state)
{
    (void)state;
    char *text = with(row, "\"x\": 3, \"y\": 2, \"holding\"", "\"x\": 3, \"y\": 0.8, \"holding\"");
    struct site *s = compiled(text);
    assert_int_equal(verdict(s, "b1"), REFUGE_CUTS_STATIONS);
    site_close(s);
    free(text);
}

static void stations_cabins_and_pass_through_points_are_no_candidates(void **state)
{
    (void)state;
    char *text = with(row, "\"x\": 0, \"y\": 0}", "\"x\": 0, \"y\": 0, \"park\": true}");
    char *more =
        with(text, "\"x\": 3, \"y\": 2, \"holding\": true", "\"x\": 3, \"y\": 2, \"holding\": true, \"no_stop\": true");
    struct site *s = compiled(more);
    struct refuge_report r;
    assert_int_equal(refuges_prove(s, &r), ORD_OK);
    assert_int_equal(r.candidates, 2); /* b2 and b3 */
    refuge_report_close(&r);
    site_close(s);
    free(text);
    free(more);
}

/* The definition, checked the slow way: all members stand; every station reaches every station and, with its own member
 * away, every member. */
static void proven_refuges_keep_their_promise(void **state)
{
    (void)state;
    struct site *s = NULL;
    struct err_note note;
    struct fleet_spec *f = fleet_of(base_fleet);
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &s, &note), ORD_OK);
    assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
    uint16_t *blocked = calloc(res_count(s), sizeof *blocked);
    struct reach r;
    assert_int_equal(reach_open(&r, s), ORD_OK);
    for (int away = -1; away < s->nodes; away++) {
        if (away >= 0 && !(s->node[away].flags & NODE_REFUGE)) continue;
        memset(blocked, 0, res_count(s) * sizeof *blocked);
        for (node_id n = 0; n < s->nodes; n++) {
            struct conflict_list l = site_conflicts(s, 0, n, 0);
            for (uint32_t i = 0; (s->node[n].flags & NODE_REFUGE) && n != away && i < l.count; i++)
                blocked[l.item[i].res] = 1;
        }
        for (int back = 0; back < 2; back++)
            for (station_id i = 0; i < s->stations; i++) {
                reach_from(&r, s, 0, 0, s->station[i].node, back, blocked, NULL);
                for (station_id k = 0; k < s->stations; k++) assert_true(r.seen[s->station[k].node]);
                if (away >= 0) assert_true(r.seen[away]);
            }
    }
    reach_close(&r);
    free(blocked);
    site_close(s);
    fleet_spec_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_map_has_nothing_to_say),
        cmocka_unit_test(whoever_carried_waste_must_be_able_to_get_to_a_washer),
        cmocka_unit_test(reach_is_judged_per_load),
        cmocka_unit_test(every_planted_fault_is_found),
        cmocka_unit_test(two_cars_may_not_share_nodes_or_touch),
        cmocka_unit_test(a_lane_with_a_stated_width_through_a_wall_is_only_a_warning),
        cmocka_unit_test(no_station_is_an_error),
        cmocka_unit_test(a_class_that_fits_nowhere_is_told_apart_from_one_that_does),
        cmocka_unit_test(a_bay_behind_a_bay_is_refused),
        cmocka_unit_test(a_place_on_the_only_way_is_refused),
        cmocka_unit_test(a_bay_whose_hull_reaches_the_lane_is_refused),
        cmocka_unit_test(stations_cabins_and_pass_through_points_are_no_candidates),
        cmocka_unit_test(proven_refuges_keep_their_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
