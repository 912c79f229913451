/* Every map of other systems in ../shared/data: what becomes of each is in the table. What imports is drawn; with two
 * stations or more it runs four hours in the simulator and no rule is broken; damaged copies of it never crash. */
#include <unistd.h>

#include "import_fixture.h"
#include "sim/sim.h"

#define DATA ORDERLY_SOURCE_DIR "/../shared/data/"

/* nodes: as drawn, without bays. said: what the report must hold, in English. */
static const struct expected {
    const char *file;
    import_bytes *read;
    int graph, nodes, stations, elevators;
    const char *said;
} table[] = {
    { "lif/lif1-example-01-forward-edge.json", import_lif_bytes, 0, 2, 0, 0, "fewer than two stations" },
    { "lif/lif1-example-02-bidirectional-edge.json", import_lif_bytes, 0, 2, 0, 0, "1 pairs of opposite ways" },
    { "lif/lif1-example-03-counter-clockwise-rotation-on-node.json", import_lif_bytes, 0, 2, 0, 0,
      "limits on turning" },
    { "lif/lif1-example-05-multiple-layouts-in-one-lif.json", import_lif_bytes, 0, 4, 0, 0, "2 levels" },
    { "lif/lif1-example-06-station-with-one-node.json", import_lif_bytes, 0, 2, 1, 0, "fewer than two stations" },
    { "lif/lif1-example-07-station-with-two-nodes.json", import_lif_bytes, 0, 5, 1, 0, "fewer than two stations" },
    { "lif/lif1-example-08-station-with-two-nodes-restricted-for-different-ve.json", import_lif_bytes, 0, 4, 1, 0,
      "2 vehicle types" },
    { "lif/lif1-example-11-multiple-edges-with-load-restrictions.json", import_lif_bytes, 0, 5, 0, 0,
      "6 rules for loaded or empty" },
    { "lif/lif1-example-12-multiple-edges-between-same-two-nodes-for-differen.json", import_lif_bytes, 0, 3, 0, 0,
      "kept once" },
    { "lif/lif1-example-13-battery-charging-station.json", import_lif_bytes, 0, 2, 0, 0, "N_CHARGER only charges" },
    { "lif/lif1-example-14-two-levels-of-a-facility-in-one-lif-file.json", import_lif_bytes, 0, 5, 0, 1,
      "taken as elevator" },
    { "lif/lif1-example-15-rack-station-modelled-by-three-stations.json", import_lif_bytes, 0, 2, 1, 0,
      "belongs to another station" },
    { "lif/lif1-example-17-edge-with-trajectory-definition.json", import_lif_bytes, 0, 2, 0, 0,
      "ends 11.4 m from its node" },
    { "lif/lif1-example-18-manufacturer-specific-action-on-an-edge.json", import_lif_bytes, 0, 2, 0, 0,
      "2 actions other than" },
    { "lif/lif1-example-19-forward-edge-with-two-vehicle-types-with-differing.json", import_lif_bytes, 0, 2, 0, 0,
      "2 vehicle types" },
    { "lif/lif2-example-14-two-levels-of-a-facility-in-one-lif-file.json", import_lif_bytes, 0, 5, 0, 1,
      "LIF 2.0 is a draft" },
    { "opentcs-models/opentcs-sample-v004.xml", import_opentcs_bytes, 0, 26, 1, 0, "is locked: closed now" },
    { "opentcs-models/opentcs-sample-v7.xml", import_opentcs_bytes, 0, 26, 1, 0, "2 layers of the drawing" },
    { "opentcs-models/opentcs-demo-01-v7.xml", import_opentcs_bytes, 0, 166, 11, 0, "door Fire_door_01" },
    { "rmf-maps/office.building.yaml", import_rmf_bytes, 0, 29, 3, 0, "graph 0: 29 waypoints" },
    { "rmf-maps/hotel.building.yaml", import_rmf_bytes, 0, 55, 10, 2, "lift Lift1" },
    { "rmf-maps/hotel.building.yaml", import_rmf_bytes, 1, 20, 5, 0, "lift Lift1" },
    { "rmf-maps/hotel.building.yaml", import_rmf_bytes, 2, 54, 9, 2, "lift Lift1" },
    { "rmf-maps/clinic.building.yaml", import_rmf_bytes, 0, 91, 26, 2, "lift lift_1" },
    { "rmf-maps/clinic.building.yaml", import_rmf_bytes, 1, 76, 16, 2, "lift lift_1" },
};

static char *content(const struct expected *x, size_t *n)
{
    char path[700];
    snprintf(path, sizeof path, DATA "%s", x->file);
    return file_text(path, n);
}

static struct site *read_map(const struct expected *x, uint16_t refuges)
{
    struct site *s = NULL;
    struct err_note note = { 0 };
    size_t n = 0;
    char *text = content(x, &n);
    if (!text) return NULL;
    int err =
        x->read(x->file, text, n, (struct import_options){ .graph = x->graph, .refuges = refuges }, &s, &report, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    free(text);
    return s;
}

static bool reported(const char *words)
{
    for (int k = 0; k < IMPORT_KIND_COUNT; k++)
        if (said((enum import_kind)k, words)) return true;
    return false;
}

static void skip_without_data(void) { NEED_FILE(DATA "rmf-maps/office.building.yaml"); }

static void every_map_imports_as_the_table_says(void **state)
{
    (void)state;
    skip_without_data();
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const struct expected *x = &table[i];
        struct site *s = read_map(x, 0);
        assert_non_null(s);
        site_check(s);
        if (s->nodes != x->nodes || s->stations != x->stations || s->elevators != x->elevators || !reported(x->said))
            fail_msg("%s graph %d: %d nodes, %d stations, %d elevators, said '%s': %d", x->file, x->graph, s->nodes,
                     s->stations, s->elevators, x->said, reported(x->said));
        done(s);
    }
}

static void what_imports_is_drawn(void **state)
{
    (void)state;
    skip_without_data();
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct site *s = read_map(&table[i], 8);
        char *bytes = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&bytes, &n);
        assert_int_equal(export_svg(s, f), ORD_OK);
        fclose(f);
        assert_true(n > 1000 && strstr(bytes, "</svg>"));
        free(bytes);
        done(s);
    }
}

static void what_has_two_stations_runs_four_hours_and_breaks_no_rule(void **state)
{
    (void)state;
    skip_without_data();
    int ran = 0;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (table[i].stations < 2) continue;
        struct site *s = read_map(&table[i], 8);
        struct fleet_spec *f = NULL;
        struct sim_result r;
        struct err_note note = { 0 };
        assert_int_equal(fleet_spec_default(4, &f), ORD_OK);
        assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
        const struct sim_config c = { .site = s,
                                      .fleet = f,
                                      .seed = 1,
                                      .jobs_per_hour = 20,
                                      .demand_ms = 4 * MS_HOUR,
                                      .delay_min_ms = 20,
                                      .delay_max_ms = 20 };
        int err = sim_run(&c, &r, &note);
        if (err || r.violations || r.delivered != r.accepted || r.accepted < 40)
            fail_msg("%s graph %d: %d %s, %u violations (%s), %u of %u delivered", table[i].file, table[i].graph, err,
                     note.what, r.violations, r.first[0].text, r.delivered, r.accepted);
        ran++;
        fleet_spec_close(f);
        done(s);
    }
    assert_int_equal(ran, 7);
}

static void damaged_maps_never_crash(void **state)
{
    (void)state;
    skip_without_data();
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        size_t n = 0;
        char *text = content(&table[i], &n);
        if (table[i].graph == 0) survives_damage(table[i].read, text, n, n > 100000 ? 2 : n > 30000 ? 4 : 12);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_map_imports_as_the_table_says),
        cmocka_unit_test(what_imports_is_drawn),
        cmocka_unit_test(what_has_two_stations_runs_four_hours_and_breaks_no_rule),
        cmocka_unit_test(damaged_maps_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
