/* orderly-site/1: what is written is read back, equal models are equal bytes, and bad files get one clear message. */
#include "map_fixture.h"

static void a_site_survives_writing_and_reading(void **state)
{
    (void)state;
    struct site *s = parsed(base_site);
    char *once = written(s);
    struct site *again = parsed(once);
    char *twice = written(again);
    assert_string_equal(once, twice);
    assert_true(s->hash == again->hash && s->hash != 0);
    assert_int_equal(again->nodes, 9);
    assert_int_equal(again->edges, 14 + 2);
    assert_int_equal(again->lanes, 7 + 1);
    assert_int_equal(again->walls, 3);
    assert_int_equal(again->stations, 2);
    assert_int_equal(again->station[0].kind, STATION_KITCHEN);
    assert_string_equal(again->elevator[0].bank, "main");
    assert_int_equal(again->edge[site_edge_between(again, 5, 7)].speed_mm_s, 500);
    free(once);
    free(twice);
    site_close(s);
    site_close(again);
}

static void the_demo_file_is_in_canonical_form(void **state)
{
    (void)state;
    size_t n;
    char *file = file_text(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &n);
    assert_non_null(file);
    struct site *s = parsed(file);
    char *out = written(s);
    assert_string_equal(file, out);
    free(file);
    free(out);
    site_close(s);
}

static void spelling_differences_do_not_change_the_hash(void **state)
{
    (void)state;
    char *apart = with(base_site, "{\"from\": \"a\", \"to\": \"m\", \"both_ways\": true, \"door\": \"D1\"},",
                       "{\"to\": \"m\", \"from\": \"a\", \"door\": \"D1\", \"id\": \"a-m\"},");
    char *last = with(apart, " {\"from\": \"u-lob\", \"to\": \"bay2\", \"both_ways\": true}],",
                      " {\"from\": \"u-lob\", \"to\": \"bay2\", \"both_ways\": true},"
                      " {\"from\": \"m\", \"to\": \"a\", \"door\": \"D1\", \"both_ways\": false}],");
    char *spaced = with(last, "\"x\": 4, \"y\": 0}", "\"x\": 4.0000,   \"y\": -0.0}");
    struct site *one = parsed(base_site), *other = parsed(spaced);
    assert_true(one->hash == other->hash);
    assert_int_equal(one->edges, other->edges);
    for (edge_id e = 0; e < one->edges; e++)
        assert_string_equal(one->edge[e].id, other->edge[e].id); /* the journal names edges by number */
    free(apart);
    free(last);
    free(spaced);
    site_close(one);
    site_close(other);
}

static void any_real_difference_changes_the_hash(void **state)
{
    (void)state;
    static const char *const change[][2] = {
        { "\"elevation\": 4", "\"elevation\": 4.001" },
        { "\"speed\": 0.5}", "\"speed\": 0.6}" },
        { "\"holding\": true", "\"park\": true" },
        { "\"kind\": \"ward\"", "\"kind\": \"lab\"" },
        { "[-4, 4]", "[-4, 4.5]" },
        { "\"start_delay_s\": 1", "\"start_delay_s\": 2" },
        { "\"door\": \"D1\"", "\"width\": 1.2, \"door\": \"D1\"" },
    };
    struct site *one = parsed(base_site);
    for (size_t i = 0; i < COUNT_OF(change); i++) {
        char *text = with(base_site, change[i][0], change[i][1]);
        struct site *other = parsed(text);
        assert_true(one->hash != other->hash);
        free(text);
        site_close(other);
    }
    site_close(one);
}

static void rides_are_made_between_all_landings(void **state)
{
    (void)state;
    struct site *s = parsed(base_site);
    edge_id up = site_edge_between(s, site_node_by_id(s, "e-g"), site_node_by_id(s, "e-u"));
    assert_int_not_equal(up, ID_NONE);
    const struct site_edge *e = &s->edge[up];
    assert_string_equal(e->id, "E1:G-U");
    assert_string_equal(s->edge[e->twin].id, "E1:U-G");
    assert_int_equal(e->ride_ms, 4000 + 1000 + trapezoid_ms(4000, 1000, 500) + 3000);
    assert_int_equal(e->length_mm, 0);
    assert_int_equal(e->elevator, 0);
    assert_int_equal(s->edge[site_edge_between(s, 2, 3)].elevator, 0); /* lob - e-g enters the car */
    assert_int_equal(s->edge[site_edge_between(s, 1, 2)].elevator, ID_NONE);
    assert_true(s->node[3].flags & NODE_CABIN);
    site_close(s);
}

static void directed_edges_know_twin_heading_and_length(void **state)
{
    (void)state;
    struct site *s = parsed(base_site);
    const struct site_edge *e = &s->edge[site_edge_between(s, 1, 4)], *t = &s->edge[e->twin];
    assert_int_equal(e->length_mm, 3000);
    assert_int_equal(e->heading, -1571);
    assert_int_equal(t->heading, 1571);
    assert_int_equal(e->lane, t->lane);
    assert_string_equal(e->id, "m-bay");
    const struct site_edge *west = &s->edge[site_edge_between(s, 1, 0)];
    assert_int_equal(west->heading, 3142); /* never -3142 */
    site_close(s);
}

static void taken_or_long_edge_ids_give_way(void **state)
{
    (void)state;
    char *stated =
        with(base_site, "{\"from\": \"m\", \"to\": \"lob\",", "{\"id\": \"m-bay\", \"from\": \"m\", \"to\": \"lob\",");
    struct site *s = parsed(stated);
    assert_string_equal(s->edge[site_edge_between(s, 1, 2)].id, "m-bay");
    assert_string_equal(s->edge[site_edge_between(s, 2, 1)].id, "m-bay-back");
    assert_string_equal(s->edge[site_edge_between(s, 1, 4)].id, "m-bay.2");
    char *out = written(s);
    struct site *again = parsed(out);
    assert_true(again->hash == s->hash);
    free(out);
    site_close(again);
    site_close(s);
    free(stated);
    char *a = with(base_site, "{\"id\": \"bay2\"", "{\"id\": \"a-very-long-name-of-forty-seven-signs-012345678\"");
    char *b = with(a, "\"to\": \"bay2\"", "\"to\": \"a-very-long-name-of-forty-seven-signs-012345678\"");
    s = parsed(b);
    for (edge_id e = 0; e < s->edges; e++)
        assert_true(strlen(s->edge[e].id) > 0 && strlen(s->edge[e].id) < SITE_ID_MAX);
    site_close(s);
    free(a);
    free(b);
}

/* from, to, expected error, words that must be in "where" and "what" */
static const struct fault {
    const char *from, *to;
    int err;
    const char *where, *what;
} faults[] = {
    { "orderly-site/1", "orderly-site/9", ORD_EVERSION, "format", "orderly-site/1" },
    { "\"walls\":", "\"wals\":", ORD_EPARSE, "wals", "walls" },
    { ", \"width\": 1.4, \"open_s\"", ", \"open_s\"", 0, "doors[0]", "width" },
    { "\"width\": 1.4", "\"width\": 0", ORD_ERANGE, "doors[0]", "" },
    { "\"x\": 12", "\"x\": NaN", ORD_EPARSE, "", "" },
    { "\"x\": 12", "\"x\": 1e999", 0, "", "" },
    { "\"x\": 12", "\"x\": 10001", ORD_ERANGE, "nodes[7].x", "" },
    { "\"x\": 12", "\"x\": \"12\"", 0, "nodes[7].x", "" },
    { "\"id\": \"b\"", "\"id\": \"a\"", 0, "nodes[7]", "nodes[0]" },
    { "\"id\": \"sb\"", "\"id\": \"sa\"", ORD_EEXISTS, "stations[1]", "stations[0]" },
    { "\"id\": \"U\"", "\"id\": \"G\"", 0, "levels[1]", "levels[0]" },
    { "\"id\": \"lob\"", "\"id\": \"l ob\"", 0, "", "" },
    { "\"node\": \"b\"", "\"node\": \"bb\"", ORD_ENOTFOUND, "stations[1].node", "bb" },
    { "\"door\": \"D1\"", "\"door\": \"D2\"", ORD_ENOTFOUND, "edges[0].door", "D2" },
    { "\"to\": \"lob\"", "\"to\": \"lobby\"", ORD_ENOTFOUND, "edges[1].to", "lobby" },
    { "{\"level\": \"U\", \"node\": \"e-u\"}", "{\"level\": \"G\", \"node\": \"e-u\"}", ORD_ERANGE, "landings[1]",
      "e-u" },
    { "{\"from\": \"m\", \"to\": \"bay\", \"both_ways\": true}", "{\"from\": \"lob\", \"to\": \"m\"}", ORD_EEXISTS, "",
      "two edges" },
    { "{\"from\": \"m\", \"to\": \"bay\", \"both_ways\": true}", "{\"from\": \"e-g\", \"to\": \"e-u\"}", ORD_EEXISTS,
      "", "rides" },
    { "\"kind\": \"ward\"", "\"kind\": \"wrad\"", 0, "stations[1].kind", "ward" },
    { "[[2, -4], [2, -0.8]]", "[[2, -4]]", ORD_ERANGE, "walls[0]", "two points" },
    { "[[2, -4], [2, -0.8]]", "[[2, -4], [2]]", ORD_ERANGE, "walls[0]", "[x, y]" },
    { "\"holding\": true", "\"holding\": 1", 0, "nodes[4].holding", "" },
    { "\"elevation\": 4}", "\"elevation\": 4, \"height\": 3}", 0, "levels[1]", "height" },
    { "\"id\": \"small\"", "\"id\": \"sm\xff\"", ORD_EPARSE, "", "" },
    { "\"speed\": 1,", "\"speed\": 0,", ORD_ERANGE, "elevators[0].speed", "" },
    { "\"x1\": 2", "\"x1\": 2, \"x1\": 3", ORD_EPARSE, "doors[0]", "" },
};

static void every_bad_file_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char *text = with(base_site, faults[i].from, faults[i].to);
        struct site *s = (void *)&i;
        struct err_note note = { 0 };
        int err = site_parse("t.site.json", text, strlen(text), &s, &note);
        if (!err || s) fail_msg("fault %zu (%s) was accepted", i, faults[i].to);
        if (faults[i].err) assert_int_equal(err, faults[i].err);
        if (strncmp(note.where, "t.site.json", 11) != 0 || !strstr(note.where, faults[i].where) ||
            (!strstr(note.what, faults[i].what) && !strstr(note.where, faults[i].what)))
            fail_msg("fault %zu (%s): '%s': '%s'", i, faults[i].to, note.where, note.what);
        assert_true(note.what[0]);
        free(text);
    }
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    size_t n = strlen(base_site) - 2; /* the last sign is a newline, the one before closes the object */
    for (size_t i = 0; i <= n; i += 13) {
        struct site *s = NULL;
        struct err_note note = { 0 };
        char *cut = malloc(i + 1); /* its own block, so that reading past the end is seen */
        memcpy(cut, base_site, i);
        assert_int_not_equal(site_parse("cut", cut, i, &s, &note), ORD_OK);
        assert_null(s);
        free(cut);
    }
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct site *s = NULL;
    struct err_note note = { 0 };
    assert_int_equal(site_open("/nowhere/x.site.json", &s, &note), ORD_ENOTFOUND);
    assert_non_null(strstr(note.where, "x.site.json"));
    assert_null(s);
}

static void an_empty_building_is_still_a_site(void **state)
{
    (void)state;
    struct site *s = parsed("{\"format\": \"orderly-site/1\", \"id\": \"x\", \"name\": " NAME(
        "x") ", \"levels\": [], \"nodes\": [], \"edges\": []}");
    assert_int_equal(s->nodes, 0);
    site_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_survives_writing_and_reading),
        cmocka_unit_test(the_demo_file_is_in_canonical_form),
        cmocka_unit_test(spelling_differences_do_not_change_the_hash),
        cmocka_unit_test(any_real_difference_changes_the_hash),
        cmocka_unit_test(rides_are_made_between_all_landings),
        cmocka_unit_test(directed_edges_know_twin_heading_and_length),
        cmocka_unit_test(taken_or_long_edge_ids_give_way),
        cmocka_unit_test(every_bad_file_is_refused_with_its_place),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(an_empty_building_is_still_a_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
