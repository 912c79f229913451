/* Moving AI grids: cells become nodes, neighbours edges, letters stations; a broken file is refused by line. */
#include "map_fixture.h"

static const char grid[] = "type octile\nheight 3\nwidth 4\nmap\n@S..\n..T.\nE@..\n";

static struct site *imported(const char *text, double cell_m)
{
    struct site *s = NULL;
    struct import_report r;
    struct err_note note = { 0 };
    int err =
        import_grid_bytes("g.map", text, strlen(text), (struct import_options){ .cell_m = cell_m }, &s, &r, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    import_report_close(&r);
    return s;
}

static void cells_become_nodes_and_letters_stations(void **state)
{
    (void)state;
    struct site *s = imported(grid, 0);
    assert_int_equal(s->nodes, 9);
    assert_int_equal(s->lanes, 3 + 1 + 1 + 2 + 1); /* along rows 2, 1, 1; down 4 */
    assert_int_equal(s->edges, 2 * s->lanes);
    assert_int_equal(s->stations, 2);
    assert_int_not_equal(site_station_by_id(s, "S0-1"), ID_NONE);
    assert_int_not_equal(site_station_by_id(s, "E2-0"), ID_NONE);
    const struct site_node *n = &s->node[site_node_by_id(s, "c0-1")];
    assert_int_equal(n->x_mm, 1000);
    assert_int_equal(n->y_mm, 2000); /* row 0 is at the top */
    assert_int_equal(site_edge_between(s, site_node_by_id(s, "c1-1"), site_node_by_id(s, "c2-2")), ID_NONE);
    site_close(s);
}

static void neighbouring_cells_hold_a_courier_each(void **state)
{
    (void)state;
    struct err_note note;
    struct fleet_spec *f = NULL;
    assert_int_equal(fleet_spec_default(1, &f), ORD_OK);
    for (int half = 0; half < 2; half++) {
        struct site *s = imported(grid, half ? 0.5 : 1.0);
        assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
        site_check(s);
        assert_true(site_conflict(s, 0, site_node_by_id(s, "c0-1"), 0, site_node_by_id(s, "c0-2"), NULL) ==
                    (half == 1));
        site_close(s);
    }
    fleet_spec_close(f);
}

static void windows_line_ends_are_read(void **state)
{
    (void)state;
    struct site *s = imported("type octile\r\nheight 2\r\nwidth 2\r\nmap\r\n..\r\n@.\r\n", 1);
    assert_int_equal(s->nodes, 3);
    site_close(s);
    s = imported("type octile\nheight 1\nwidth 2\nmap\n..", 1); /* no newline at the end */
    assert_int_equal(s->nodes, 2);
    site_close(s);
}

static void broken_files_are_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what;
    } bad[] = {
        { "", "line 1" },
        { "type x\nheight", "line 2" },
        { "type octile\nheight 0\nwidth 2\nmap\n", "line 2" },
        { "type octile\nheight 2\nwidth -2\nmap\n", "line 3" },
        { "type octile\nheight 2\nwidth 99999999999\nmap\n", "line 3" },
        { "type octile\nheight 2\nwidth 2\n..\n..\n", "line 4" },
        { "type octile\nheight 2\nwidth 2\nmap\n..\n.\n", "line 6" },
        { "type octile\nheight 2\nwidth 2\nmap\n..\n", "line 6" },
        { "type octile\nheight 1\nwidth 2\nmap\n...\n", "line 5" },
        { "type octile\nheight 1\nwidth 2\nmap\n.x\n", "column 2" },
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct site *s = NULL;
        struct import_report r;
        struct err_note note = { 0 };
        size_t n = strlen(bad[i].text);
        char *copy = malloc(n + 1); /* its own block, so that reading past the end is seen */
        memcpy(copy, bad[i].text, n);
        assert_int_equal(import_grid_bytes("g.map", copy, n, (struct import_options){ 0 }, &s, &r, &note), ORD_EPARSE);
        if (!strstr(note.what, bad[i].what)) fail_msg("%zu: %s", i, note.what);
        assert_null(s);
        import_report_close(&r);
        free(copy);
    }
}

static void a_grid_larger_than_a_site_is_refused(void **state)
{
    (void)state;
    const int side = 200;
    char *text = malloc((size_t)side * (size_t)(side + 1) + 100);
    int n = sprintf(text, "type octile\nheight %d\nwidth %d\nmap\n", side, side);
    for (int r = 0; r < side; r++) {
        memset(text + n, '.', (size_t)side);
        n += side;
        text[n++] = '\n';
    }
    struct site *s = NULL;
    struct import_report r;
    struct err_note note = { 0 };
    assert_int_equal(import_grid_bytes("big.map", text, (size_t)n, (struct import_options){ 0 }, &s, &r, &note),
                     ORD_EFULL);
    import_report_close(&r);
    free(text);
}

static void the_hospital_grid_compiles(void **state)
{
    (void)state;
    static const char path[] = SHARED "mapf/hospital-a.map";
    NEED_FILE(path);
    struct site *s = NULL;
    struct fleet_spec *f = NULL;
    struct import_report r;
    struct err_note note = { 0 };
    assert_int_equal(import_grid(path, (struct import_options){ 0 }, &s, &r, &note), ORD_OK);
    assert_int_equal(fleet_spec_default(1, &f), ORD_OK);
    assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
    assert_true(s->stations > 20);
    assert_true(s->nodes == r.waypoints && s->nodes > 2000);
    import_report_close(&r);
    site_close(s);
    fleet_spec_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_become_nodes_and_letters_stations),
        cmocka_unit_test(neighbouring_cells_hold_a_courier_each),
        cmocka_unit_test(windows_line_ends_are_read),
        cmocka_unit_test(broken_files_are_refused_by_line),
        cmocka_unit_test(a_grid_larger_than_a_site_is_refused),
        cmocka_unit_test(the_hospital_grid_compiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
