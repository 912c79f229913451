/* orderly map: what it prints, where it writes and with which exit code, in both languages. */
#include <fcntl.h>
#include <sys/stat.h>

#include "common/json.h"
#include "map_fixture.h"

static const char demo[] = ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json";
static const char demo_fleet[] = ORDERLY_SOURCE_DIR "/maps/sites/demo.fleet.json";

static char dir[64], out_text[1 << 20], err_text[1 << 16];

static void slurp(const char *path, char *dst, size_t size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    dst[fread(dst, 1, size - 1, f)] = 0;
    fclose(f);
}

/* Run cmd_map with both outputs caught. */
static int run(const char *const *args)
{
    char out[100], err[100], *argv[16] = { NULL };
    int argc = 0;
    argv[argc++] = strdup("map");
    for (; *args; args++) argv[argc++] = strdup(*args);
    snprintf(out, sizeof out, "%s/out", dir);
    snprintf(err, sizeof err, "%s/err", dir);
    fflush(NULL);
    int was_out = dup(1), was_err = dup(2), o = open(out, O_CREAT | O_TRUNC | O_WRONLY, 0600),
        e = open(err, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(o, 1);
    dup2(e, 2);
    int code = cmd_map(argc, argv);
    fflush(NULL);
    dup2(was_out, 1);
    dup2(was_err, 2);
    close(was_out);
    close(was_err);
    close(o);
    close(e);
    for (int i = 0; i < argc; i++) free(argv[i]);
    slurp(out, out_text, sizeof out_text);
    slurp(err, err_text, sizeof err_text);
    return code;
}
#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

static const char *file(const char *name)
{
    static char path[4][100];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static const char *save(const char *name, const char *text)
{
    const char *path = file(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/orderly-map-XXXXXX");
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("LANG", "C", 1);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    static const char *const made[] = {
        "out",   "err",    "x.site.json", "y.site.json", "x.svg",           "x.json",         "x.fleet.json",
        "g.map", "b.yaml", "o.site.json", "x.html",      "wrong.site.json", "right.site.json"
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(made); i++) remove(file(made[i]));
    return rmdir(dir); /* fails when something else was left, such as a half-written file */
}

static void assert_json(void)
{
    struct json_doc doc;
    if (json_open(&doc, "stdout", out_text, strlen(out_text), (struct json_limits){ 1 << 20, 16 }) != ORD_OK)
        fail_msg("%s: %s in %s", doc.note.where, doc.note.what, out_text);
    json_close(&doc);
}

static void the_demo_is_clean(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", demo, "--fleet", demo_fleet), 0);
    assert_non_null(strstr(out_text, "0 errors, 0 warnings"));
    assert_non_null(strstr(out_text, "8 robots"));
    assert_int_equal(RUN("check", demo, "--fleet", demo_fleet, "--json"), 0);
    assert_json();
    assert_non_null(strstr(out_text, "\"refuges\": 2"));
}

static void texts_follow_the_language(void **state)
{
    (void)state;
    setenv("LANG", "zh_CN.UTF-8", 1);
    assert_int_equal(RUN("check", demo), 0);
    assert_non_null(strstr(out_text, "避让位"));
    assert_int_equal(RUN("check", "--help"), 0);
    assert_non_null(strstr(out_text, "用法"));
    assert_int_equal(RUN("check", "/nowhere.json"), 1);
    assert_non_null(strstr(err_text, "未找到"));
    setenv("LC_ALL", "en_GB.UTF-8", 1); /* wins over LANG */
    assert_int_equal(RUN("check", "--help"), 0);
    assert_non_null(strstr(out_text, "usage"));
    unsetenv("LC_ALL");
    setenv("LANG", "C", 1);
}

static void a_map_with_errors_ends_with_three(void **state)
{
    (void)state;
    char *text = with(base_site, "{\"from\": \"u-lob\", \"to\": \"b\", \"both_ways\": true",
                      "{\"from\": \"b\", \"to\": \"u-lob\"");
    assert_int_equal(RUN("check", save("x.site.json", text)), 3);
    assert_non_null(strstr(out_text, "station-unreachable"));
    assert_int_equal(RUN("check", file("x.site.json"), "--json"), 3);
    assert_json();
    assert_int_equal(RUN("check", save("x.site.json", base_site)), 0);
    free(text);
}

static void too_few_refuges_for_the_fleet_end_with_three(void **state)
{
    (void)state;
    char *third = with(base_fleet, "{\"id\": \"R01\"", "{\"id\": \"R03\", \"class\": \"courier\"}, {\"id\": \"R01\"");
    save("x.site.json", base_site);
    assert_int_equal(RUN("check", file("x.site.json"), "--fleet", save("x.fleet.json", base_fleet)), 0);
    assert_int_equal(RUN("check", file("x.site.json"), "--fleet", save("x.fleet.json", third)), 3);
    assert_non_null(strstr(out_text, "refuges-few"));
    free(third);
    char *start = with(base_fleet, "\"start\": \"bay\"", "\"start\": \"nowhere\"");
    assert_int_equal(RUN("check", file("x.site.json"), "--fleet", save("x.fleet.json", start)), 3);
    assert_non_null(strstr(err_text, "R01"));
    free(start);
}

static void a_file_that_cannot_be_read_ends_with_one_and_its_place(void **state)
{
    (void)state;
    char *text = with(base_site, "\"x\": 12", "\"x\": NaN");
    assert_int_equal(RUN("check", save("x.site.json", text)), 1);
    assert_non_null(strstr(err_text, "x.site.json"));
    assert_string_equal(out_text, "");
    assert_int_equal(RUN("show", file("x.site.json")), 1);
    assert_int_equal(RUN("compile", "/nowhere"), 1);
    assert_int_equal(RUN("check", demo, "--fleet", demo), 1); /* a site is no fleet */
    assert_non_null(strstr(err_text, "orderly-fleet/1"));
    free(text);
}

static void a_wrong_command_line_ends_with_two(void **state)
{
    (void)state;
    assert_int_equal(RUN("chek", demo), 2);
    assert_int_equal(RUN("check"), 2);
    assert_int_equal(RUN("check", demo, "extra"), 2);
    assert_int_equal(RUN("check", demo, "--flet", "x"), 2);
    assert_int_equal(RUN("check", demo, "--fleet"), 2);
    assert_int_equal(RUN("import", "x.yaml", "-o", file("o.site.json")), 2);
    assert_int_equal(RUN("import", "--from", "dxf", "x.yaml", "-o", file("o.site.json")), 2);
    assert_int_equal(RUN("import", "--from", "rmf", "x.yaml"), 2);
    assert_int_equal(RUN("import", "--from", "rmf", "x.yaml", "-o", "x", "--graph", "9"), 2);
    assert_int_equal(RUN("import", "--from", "rmf", "x.yaml", "-o", "x", "--graph", "0,"), 2);
    assert_int_equal(RUN("export", "--to", "dwg", demo), 2);
    assert_int_equal(RUN("export", demo), 2);
    assert_int_equal(RUN("trace", "--geojson", "x.geojson"), 2);
    assert_int_equal(RUN("trace", "x.geojson", "-o", "x", "--height", "1"), 2);
    assert_int_equal(RUN("import", "--from", "rmf", "x.yaml", "-o", "x", "--refuges", "-1"), 2);
    assert_int_equal(RUN("import", "--from", "grid", "x.map", "-o", "x", "--cell", "nan"), 2);
    assert_non_null(strstr(err_text, "--cell"));
    assert_int_equal(run((const char *const[]){ NULL }), 2);
}

static void help_is_there_for_each_command(void **state)
{
    (void)state;
    static const char *const commands[] = { "check", "lint", "show", "export", "import", "trace", "compile" };
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        assert_int_equal(RUN(commands[i], "--help"), 0);
        assert_non_null(strstr(out_text, commands[i]));
    }
    assert_int_equal(RUN("--help"), 0);
}

static void lint_with_fix_puts_right_and_says_what(void **state)
{
    (void)state;
    char *text = with(base_site, ", \"door\": \"D1\"", "");
    const char *path = save("wrong.site.json", text), *out = file("right.site.json");
    assert_int_equal(RUN("lint", path), 3);
    assert_int_equal(RUN("lint", path, "--fix", "-o", out), 0);
    assert_non_null(strstr(out_text, "fixed: "));
    assert_int_equal(RUN("check", path), 3); /* the old file is as it was */
    assert_int_equal(RUN("check", out), 0);
    assert_int_equal(RUN("lint", path, "--fix"), 0);
    assert_int_equal(RUN("check", path), 0);
    free(text);
}

static void show_html_and_export_write_whole_files(void **state)
{
    (void)state;
    size_t n;
    assert_int_equal(RUN("show", demo, "--html", "-o", file("x.html")), 0);
    char *page = file_text(file("x.html"), &n);
    assert_non_null(strstr(page, "</html>"));
    free(page);
    assert_int_equal(RUN("export", "--to", "lif", demo), 0);
    assert_non_null(strstr(out_text, "\"lifVersion\": \"1.0.0\""));
    assert_int_equal(RUN("export", "--to", "geojson", demo), 0);
    assert_non_null(strstr(out_text, "FeatureCollection"));
}

static void show_draws_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", demo, "-o", file("x.svg")), 0);
    size_t n;
    char *svg = file_text(file("x.svg"), &n);
    assert_non_null(svg);
    assert_true(strncmp(svg, "<svg", 4) == 0 && strstr(svg, "</svg>"));
    assert_non_null(strstr(svg, "营养厨房"));
    assert_non_null(strstr(svg, "Kitchen"));
    assert_non_null(strstr(svg, "Children&#39;s ward 3B") ? svg : strstr(svg, "Children&apos;s ward 3B"));
    assert_null(strstr(svg, "nan"));
    free(svg);
    assert_int_equal(RUN("show", demo, "--geojson"), 0);
    assert_json();
    assert_int_equal(RUN("show", demo, "-o", "/nowhere/x.svg"), 1);
    assert_int_equal(RUN("show", save("x.site.json", "{\"format\": \"orderly-site/1\", \"id\": \"x\", \"name\": " NAME(
                                                         "<&>") ", \"levels\": [], \"nodes\": [], \"edges\": []}")),
                     0);
    assert_null(strstr(out_text, "<&>")); /* escaped, and an empty building is drawn */
}

static void compile_prints_counts(void **state)
{
    (void)state;
    assert_int_equal(RUN("compile", demo, "--fleet", demo_fleet), 0);
    assert_non_null(strstr(out_text, "4 levels"));
    assert_non_null(strstr(out_text, "courier with courier"));
    save("x.site.json", base_site);
    assert_int_equal(RUN("compile", file("x.site.json"), "--fleet", save("x.fleet.json", base_fleet), "--json"), 0);
    assert_json();
    assert_non_null(strstr(out_text, "\"b\": \"tug\""));
}

static void import_writes_a_site_that_checks(void **state)
{
    (void)state;
    save("g.map", "type octile\nheight 2\nwidth 3\nmap\nS.E\n...\n");
    assert_int_equal(RUN("import", "--from", "grid", file("g.map"), "-o", file("o.site.json"), "--json"), 0);
    assert_json();
    assert_int_equal(RUN("check", file("o.site.json")), 0);
    save("b.yaml", "coordinate_system: cartesian_meters\nname: m\nlevels:\n  L1:\n    elevation: 0\n    vertices:\n    "
                   "  - [0, 0, 0, a]\n      - [9, 0, 0, b]\n"
                   "    lanes:\n      - [0, 1, {bidirectional: [4, true], graph_idx: [2, 0]}]\n");
    assert_int_equal(RUN("import", "--from", "rmf", file("b.yaml"), "-o", file("o.site.json"), "--refuges", "3"), 0);
    assert_non_null(strstr(out_text, "added: bay"));
    assert_non_null(strstr(out_text, "3 refuges"));
    assert_int_equal(RUN("check", file("o.site.json")), 0);
}

static void a_failed_import_leaves_the_old_file(void **state)
{
    (void)state;
    struct stat before, after;
    save("o.site.json", "old");
    assert_int_equal(stat(file("o.site.json"), &before), 0);
    save("b.yaml", "levels: {}\n");
    assert_int_equal(RUN("import", "--from", "rmf", file("b.yaml"), "-o", file("o.site.json")), 1);
    assert_non_null(strstr(err_text, "b.yaml"));
    assert_int_equal(stat(file("o.site.json"), &after), 0);
    assert_true(before.st_size == after.st_size && before.st_ino == after.st_ino);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demo_is_clean),
        cmocka_unit_test(texts_follow_the_language),
        cmocka_unit_test(a_map_with_errors_ends_with_three),
        cmocka_unit_test(too_few_refuges_for_the_fleet_end_with_three),
        cmocka_unit_test(a_file_that_cannot_be_read_ends_with_one_and_its_place),
        cmocka_unit_test(a_wrong_command_line_ends_with_two),
        cmocka_unit_test(help_is_there_for_each_command),
        cmocka_unit_test(lint_with_fix_puts_right_and_says_what),
        cmocka_unit_test(show_html_and_export_write_whole_files),
        cmocka_unit_test(show_draws_what_is_there),
        cmocka_unit_test(compile_prints_counts),
        cmocka_unit_test(import_writes_a_site_that_checks),
        cmocka_unit_test(a_failed_import_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
