/* Floor plans traced into lane graphs: the ward block of docs/plans, small loops for each rule, the same plan turned
 * and shifted, faults and damage. */
#include <math.h>

#include "import_fixture.h"
#include "sim/sim.h"

#define PLAN ORDERLY_SOURCE_DIR "/docs/plans/ward-block.geojson"

/* A corridor round a block: 20 x 14 m outside, W metres wide. */
#define RING(w, far_x, far_y)                                                                                   \
    "{\"type\": \"FeatureCollection\", \"name\": \"ring\", \"features\": [\n"                                   \
    "{\"type\": \"Feature\", \"properties\": {\"kind\": \"wall\"}, \"geometry\": {\"type\": \"LineString\", "   \
    "\"coordinates\": [[0, 0], [20, 0], [20, 14], [0, 14], [0, 0]]}},\n"                                        \
    "{\"type\": \"Feature\", \"properties\": {\"kind\": \"wall\"}, \"geometry\": {\"type\": \"Polygon\", "      \
    "\"coordinates\": [[[" w ", " w "], [" far_x ", " w "], [" far_x ", " far_y "], [" w ", " far_y "]]]}},\n"  \
    "{\"type\": \"Feature\", \"properties\": {\"kind\": \"station\", \"id\": \"A\"}, \"geometry\": {\"type\": " \
    "\"Point\", \"coordinates\": [10, 0.6]}},\n"                                                                \
    "{\"type\": \"Feature\", \"properties\": {\"kind\": \"station\", \"id\": \"B\"}, \"geometry\": {\"type\": " \
    "\"Point\", \"coordinates\": [10, 13.4]}}]}\n"

static const char narrow[] = RING("1.6", "18.4", "12.4");
static const char wide[] = RING("3", "17", "11");

static int read_plan(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                     struct import_report *r, struct err_note *note)
{
    struct fleet_spec *f = NULL;
    struct trace_options t = { .refuges = o.refuges,
                               .levels = (uint16_t)o.graph }; /* the tests' own use of the field */
    assert_int_equal(fleet_spec_default(1, &f), ORD_OK);
    t.cls = f->cls[0];
    fleet_spec_close(f);
    return floor_trace_bytes(name, bytes, n, t, out, r, note);
}

static struct site *traced(const char *text, int levels, uint16_t refuges)
{
    struct site *s = imported_by(read_plan, text, (struct import_options){ .graph = levels, .refuges = refuges });
    struct lint_report lint;
    assert_int_equal(site_lint(s, 0, &lint), ORD_OK);
    for (size_t i = 0; i < lint.count && lint.errors; i++)
        print_message("%s: %s\n", lint.finding[i].where, lint.finding[i].en);
    assert_int_equal(lint.errors, 0);
    lint_close(&lint);
    return s;
}

static char *plan_text(void)
{
    size_t n = 0;
    char *text = file_text(PLAN, &n);
    assert_non_null(text);
    return text;
}

static uint32_t one_way(const struct site *s)
{
    uint32_t n = 0;
    for (edge_id e = 0; e < s->edges; e++) n += s->edge[e].twin == ID_NONE;
    return n;
}

static void a_narrow_loop_has_one_lane_for_both_ways_and_a_wide_one_two(void **state)
{
    (void)state;
    struct site *s = traced(narrow, 0, 0);
    assert_int_equal(one_way(s), 0);
    assert_int_equal(s->stations, 2);
    done(s);
    s = traced(wide, 0, 0);
    assert_true(one_way(s) >= 8);
    assert_true(said(IMPORT_GUESSED, "wide enough for two one-way lanes"));
    done(s);
}

static void who_keeps_right_goes_round_the_block_to_the_left_outside(void **state)
{
    (void)state;
    struct site *s = traced(wide, 0, 0);
    for (edge_id e = 0; e < s->edges; e++) { /* outer lanes run counter-clockwise, inner ones clockwise */
        const struct site_edge *v = &s->edge[e];
        const struct site_node *a = &s->node[v->from], *b = &s->node[v->to];
        if (v->twin != ID_NONE || v->length_mm < 2000) continue;
        int64_t mx = (a->x_mm + b->x_mm) / 2 - 10000, my = (a->y_mm + b->y_mm) / 2 - 7000;
        int64_t about = (int64_t)(a->x_mm - 10000) * (b->y_mm - 7000) - (int64_t)(b->x_mm - 10000) * (a->y_mm - 7000);
        bool outer = llabs(mx) > 8500 || llabs(my) > 5500;
        assert_true((about > 0) == outer);
    }
    done(s);
}

static void the_ward_block_passes_the_check_and_runs_four_hours(void **state)
{
    (void)state;
    char *text = plan_text();
    struct site *s = traced(text, 2, 8);
    struct fleet_spec *f = NULL;
    struct sim_result r;
    struct err_note note = { 0 };
    assert_int_equal(s->elevators, 2);
    assert_int_equal(s->stations, 20);
    assert_int_equal(s->doors, 2);
    assert_true(report.refuges >= 8);
    assert_int_equal(fleet_spec_default(6, &f), ORD_OK);
    assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
    const struct sim_config c = { .site = s,
                                  .fleet = f,
                                  .seed = 1,
                                  .jobs_per_hour = 40,
                                  .demand_ms = 4 * MS_HOUR,
                                  .delay_min_ms = 20,
                                  .delay_max_ms = 20 };
    assert_int_equal(sim_run(&c, &r, &note), ORD_OK);
    assert_int_equal(r.violations, 0);
    assert_int_equal(r.delivered, r.accepted);
    assert_true(r.accepted > 100 && r.elevator_rides > 20);
    fleet_spec_close(f);
    free(text);
    done(s);
}

/* Every "[x, y]" in the text, turned and shifted. */
static char *moved(const char *text, double angle, double dx, double dy)
{
    size_t room = strlen(text) * 3;
    char *out = malloc(room), *at = out;
    assert_non_null(out);
    while (*text) {
        double x, y;
        int used = 0;
        if (*text == '[' && sscanf(text, "[%lf, %lf]%n", &x, &y, &used) == 2 && used > 0) {
            at += snprintf(at, room - (size_t)(at - out), "[%.6f, %.6f]", cos(angle) * x - sin(angle) * y + dx,
                           sin(angle) * x + cos(angle) * y + dy);
            text += used;
        } else *at++ = *text++;
    }
    *at = 0;
    return out;
}

static void near_to(mm_t a, double b)
{
    if (fabs(a - b) > 2.5) fail_msg("%d mm, expected %.1f", a, b);
}

static void same_but_moved(const struct site *s, const struct site *t, double angle, double dx, double dy)
{
    double c = cos(angle), d = sin(angle);
    assert_int_equal(s->nodes, t->nodes);
    assert_int_equal(s->edges, t->edges);
    assert_int_equal(s->stations, t->stations);
    assert_int_equal(s->elevators, t->elevators);
    for (node_id n = 0; n < s->nodes; n++) {
        assert_string_equal(s->node[n].id, t->node[n].id);
        assert_int_equal(s->node[n].flags, t->node[n].flags);
        near_to(t->node[n].x_mm, c * s->node[n].x_mm - d * s->node[n].y_mm + dx * 1000);
        near_to(t->node[n].y_mm, d * s->node[n].x_mm + c * s->node[n].y_mm + dy * 1000);
    }
    for (edge_id e = 0; e < s->edges; e++) {
        assert_int_equal(s->edge[e].from, t->edge[e].from);
        assert_int_equal(s->edge[e].to, t->edge[e].to);
        assert_int_equal(s->edge[e].twin, t->edge[e].twin);
        assert_int_equal(s->edge[e].width_mm, t->edge[e].width_mm);
        assert_int_equal(s->edge[e].door, t->edge[e].door);
    }
    for (elevator_id e = 0; e < s->elevators; e++) {
        assert_int_equal(s->elevator[e].width_mm, t->elevator[e].width_mm);
        assert_int_equal(s->elevator[e].depth_mm, t->elevator[e].depth_mm);
    }
}

static void a_plan_turned_and_shifted_gives_the_same_graph_turned_and_shifted(void **state)
{
    (void)state;
    static const double angle[] = { 30, 30, 90, 211.7 }, dx[] = { 0, 1, -40, 123.456 }, dy[] = { 0, 0, 7, -98.765 };
    char *text = plan_text();
    struct site *s = traced(text, 2, 16); /* with bays */
    import_report_close(&report);
    for (size_t i = 0; i < COUNT_OF(angle); i++) {
        char *there = moved(text, angle[i] * M_PI / 180, dx[i], dy[i]);
        struct site *t = traced(there, 2, 16);
        same_but_moved(s, t, angle[i] * M_PI / 180, dx[i], dy[i]);
        done(t);
        free(there);
    }
    site_close(s);
    free(text);
}

static void what_stands_in_a_wall_is_dropped_and_told(void **state)
{
    (void)state;
    char *text = with(narrow, "[10, 0.6]", "[10, 7]");
    struct site *s = traced(text, 0, 0);
    assert_int_equal(s->stations, 1);
    assert_true(said(IMPORT_DROPPED, "A on level F1 stands in a wall"));
    done(s);
    free(text);
}

static void a_shaft_on_one_level_is_no_elevator(void **state)
{
    (void)state;
    char *text = plan_text();
    struct site *s = traced(text, 0, 0);
    assert_int_equal(s->elevators, 0);
    assert_true(said(IMPORT_DROPPED, "stops on one level only"));
    free(text);
    done(s);
}

static const struct fault faults[] = {
    { "\"features\"", "\"things\"", ORD_EPARSE, "features" },
    { "\"kind\": \"station\"", "\"kind\": \"stairs\"", ORD_EPARSE, "must be wall" },
    { "\"kind\": \"station\", \"id\": \"A\"", "\"kind\": \"station\", \"id\": \"A B\"", ORD_ERANGE, "A-Z" },
    { "\"kind\": \"station\", \"id\": \"A\"", "\"kind\": \"station\", \"id\": \"B\"", ORD_EEXISTS, "'B'" },
    { "\"kind\": \"station\", \"id\": \"A\"", "\"kind\": \"wall\", \"id\": \"A\"", ORD_EPARSE, "drawn as" },
    { "\"Point\", \"coordinates\": [10, 0.6]", "\"Point\", \"coordinates\": [10]", ORD_EPARSE, "two numbers" },
    { "[10, 0.6]", "[10, 1e12]", ORD_ERANGE, "" },
    { "[10, 0.6]", "[\"ten\", 0.6]", ORD_EPARSE, "" },
    { "\"Polygon\"", "\"Circle\"", ORD_EPARSE, "MultiPolygon" },
    { "[[0, 0], [20, 0], [20, 14], [0, 14], [0, 0]]", "[[0, 0]]", ORD_EPARSE, "2 positions" },
    { "[[0, 0], [20, 0], [20, 14], [0, 14], [0, 0]]", "[[0, 0], [20, 0]]", ORD_EMAP, "no free floor" },
    { "\"name\": \"ring\",", "\"levels\": [{\"id\": \"F1\"}, {\"id\": \"F1\"}],", ORD_EEXISTS, "twice" },
    { "\"id\": \"A\"}", "\"id\": \"A\", \"station\": \"castle\"}", ORD_EPARSE, "ward" },
    { "{\"type\": \"FeatureCollection\"", "[{\"type\": \"FeatureCollection\"", ORD_EPARSE, "" },
};

static void broken_plans_are_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) refused(read_plan, narrow, &faults[i]);
}

static void damaged_plans_never_crash(void **state)
{
    (void)state;
    survives_damage(read_plan, narrow, sizeof narrow - 1, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_narrow_loop_has_one_lane_for_both_ways_and_a_wide_one_two),
        cmocka_unit_test(who_keeps_right_goes_round_the_block_to_the_left_outside),
        cmocka_unit_test(the_ward_block_passes_the_check_and_runs_four_hours),
        cmocka_unit_test(a_plan_turned_and_shifted_gives_the_same_graph_turned_and_shifted),
        cmocka_unit_test(what_stands_in_a_wall_is_dropped_and_told),
        cmocka_unit_test(a_shaft_on_one_level_is_no_elevator),
        cmocka_unit_test(broken_plans_are_refused_with_a_reason),
        cmocka_unit_test(damaged_plans_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
