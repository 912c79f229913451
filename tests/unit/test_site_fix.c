/* Faults with one answer, planted in a sound map and put right; faults with two answers, left alone. */
#include "map_fixture.h"

static struct import_report report;

static struct site *fixed(const char *text)
{
    struct site *s = parsed(text), *out = NULL;
    struct err_note note = { 0 };
    int err = site_fix(s, &out, &report, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    site_close(s);
    return out;
}

static void assert_sound(struct site *s)
{
    struct fleet_spec *f = NULL;
    struct lint_report lint;
    struct err_note note = { 0 };
    assert_int_equal(fleet_spec_default(1, &f), ORD_OK);
    assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
    assert_int_equal(site_lint(s, 0, &lint), ORD_OK);
    assert_int_equal(lint.errors + lint.warnings, 0);
    lint_close(&lint);
    fleet_spec_close(f);
    import_report_close(&report);
    site_close(s);
}

static void a_sound_map_stays_as_it_is_to_the_byte(void **state)
{
    (void)state;
    struct site *s = parsed(base_site), *t = fixed(base_site);
    char *before = written(s), *after = written(t);
    assert_int_equal(report.count, 0);
    assert_string_equal(before, after);
    free(before);
    free(after);
    site_close(s);
    assert_sound(t);
    struct err_note note = { 0 };
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &s, &note), ORD_OK);
    assert_int_equal(site_fix(s, &t, &report, &note), ORD_OK);
    assert_int_equal(report.count, 0);
    assert_true(s->hash == t->hash);
    import_report_close(&report);
    site_close(s);
    site_close(t);
}

static const struct fault {
    const char *from, *to, *said;
} faults[] = {
    { ", \"door\": \"D1\"", "", "passes door D1" },
    { "{\"from\": \"m\", \"to\": \"bay\", \"both_ways\": true},",
      "{\"from\": \"m\", \"to\": \"bay\", \"both_ways\": true}, {\"from\": \"m\", \"to\": \"m\"},", "to itself" },
    { " {\"id\": \"u-lob\",", " {\"id\": \"lost\", \"level\": \"G\", \"x\": 30, \"y\": 0},\n {\"id\": \"u-lob\",",
      "lost has no edge" },
};

static void faults_with_one_answer_are_put_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char *text = with(base_site, faults[i].from, faults[i].to);
        struct site *s = fixed(text);
        bool said = false;
        for (size_t k = 0; k < report.count; k++) said = said || strstr(report.line[k].en, faults[i].said);
        if (!said) fail_msg("fault %zu: nothing says '%s'", i, faults[i].said);
        assert_sound(s);
        free(text);
    }
}

static void two_nodes_at_one_place_become_one(void **state)
{
    (void)state;
    char *node = with(base_site, " {\"id\": \"u-lob\",",
                      " {\"id\": \"m2\", \"level\": \"G\", \"x\": 4, \"y\": 0},\n {\"id\": \"u-lob\",");
    char *text = with(node, " {\"from\": \"m\", \"to\": \"lob\", \"both_ways\": true},",
                      " {\"from\": \"m\", \"to\": \"m2\", \"both_ways\": true}, {\"from\": \"m2\", \"to\": \"lob\", "
                      "\"both_ways\": true},");
    struct site *s = fixed(text);
    assert_int_equal(report.count, 1);
    assert_int_equal(site_node_by_id(s, "m2"), ID_NONE);
    assert_int_not_equal(site_edge_between(s, site_node_by_id(s, "m"), site_node_by_id(s, "lob")), ID_NONE);
    assert_sound(s);
    free(node);
    free(text);
}

static void what_can_be_meant_in_two_ways_is_left_alone(void **state)
{
    (void)state;
    /* A parking place without an edge: join it, or remove it? */
    char *text = with(base_site, " {\"id\": \"u-lob\",",
                      " {\"id\": \"p\", \"level\": \"G\", \"x\": 30, \"y\": 0, \"park\": true},\n {\"id\": \"u-lob\",");
    struct site *s = fixed(text);
    assert_int_equal(report.count, 0);
    assert_int_not_equal(site_node_by_id(s, "p"), ID_NONE);
    import_report_close(&report);
    site_close(s);
    free(text);
}

static void the_page_holds_the_site_and_what_the_lint_says(void **state)
{
    (void)state;
    char *text = with(base_site, ", \"door\": \"D1\"", "");
    struct site *s = compiled(text);
    struct lint_report lint;
    char *bytes = NULL;
    size_t n = 0;
    assert_int_equal(site_lint(s, 0, &lint), ORD_OK);
    FILE *f = open_memstream(&bytes, &n);
    assert_int_equal(export_html(s, &lint, true, f), ORD_OK);
    fclose(f);
    assert_non_null(strstr(bytes, "passes door 'D1'"));
    assert_non_null(strstr(bytes, "let zh=true"));
    assert_non_null(strstr(bytes, "</html>"));
    assert_null(strstr(bytes, "http://cdn")); /* self-contained */
    assert_null(strstr(bytes, "src="));
    free(bytes);
    lint_close(&lint);
    site_close(s);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_map_stays_as_it_is_to_the_byte),
        cmocka_unit_test(faults_with_one_answer_are_put_right),
        cmocka_unit_test(two_nodes_at_one_place_become_one),
        cmocka_unit_test(what_can_be_meant_in_two_ways_is_left_alone),
        cmocka_unit_test(the_page_holds_the_site_and_what_the_lint_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
