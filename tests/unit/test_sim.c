/* The simulator as a whole: what it promises about journals, traces, limits and its command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "scenario/demo_run.h"

static struct demo demo;
static char folder[] = "/tmp/orderly-test-sim-XXXXXX";
static char path[128];

static int open_demo(void **state) { return !mkdtemp(folder) || demo_open(&demo, 4); }

static int close_demo(void **state)
{
    char command[160];
    demo_close(&demo);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *file(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void a_journal_replays_to_the_same_state_with_every_mark_verified(void **state)
{
    struct sim_result r;
    struct replay_result again;
    struct err_note note = { "", "" };
    struct sim_config c = demo_faulty(&demo, 3);
    c.journal = file("a.journal");
    assert_true(demo_clean(&c, &r));
    int err = sim_replay(file("a.journal"), &again, &note);
    if (err) print_message("%s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
    assert_true(again.state_hash == r.state_hash);
    assert_int_equal(again.inputs, r.inputs);
    assert_true(again.marks_checked >= r.inputs / 1000);
    assert_int_equal(again.delivered, r.delivered);
    assert_int_equal(again.open, 0);
}

static void sql(const char *name, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file(name), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_journal_whose_history_was_changed_is_found(void **state)
{
    struct sim_result r;
    struct replay_result again;
    struct err_note note = { "", "" };
    struct sim_config c = demo_config(&demo, 4);
    c.journal = file("b.journal");
    assert_true(demo_clean(&c, &r));
    sql("b.journal", "update mark set hash = hash + 1 where seq = (select min(seq) from mark)");
    assert_int_equal(sim_replay(file("b.journal"), &again, &note), ORD_ECORRUPT);
    assert_non_null(strstr(note.what, "state after input"));
    sql("b.journal", "update mark set hash = hash - 1 where seq = (select min(seq) from mark)");
    assert_int_equal(sim_replay(file("b.journal"), &again, &note), ORD_OK);
    sql("b.journal", "update input set body = substr(body, 1, length(body) - 1) where seq = 700");
    assert_int_equal(sim_replay(file("b.journal"), &again, &note), ORD_ECORRUPT);
    assert_int_equal(sim_replay(file("nothing.journal"), &again, &note), ORD_ENOTFOUND);
}

static void a_run_never_writes_into_a_journal_that_is_there(void **state)
{
    struct sim_result r;
    struct err_note note = { "", "" };
    struct sim_config c = demo_config(&demo, 5);
    c.demand_ms = MS_MINUTE;
    c.journal = file("c.journal");
    assert_int_equal(sim_run(&c, &r, &note), ORD_OK);
    assert_int_equal(sim_run(&c, &r, &note), ORD_EEXISTS);
}

static void journal_and_trace_change_nothing_and_the_trace_ends_with_close(void **state)
{
    struct sim_result plain, traced;
    struct sim_config c = demo_config(&demo, 6);
    char *bytes = NULL;
    size_t n = 0;
    assert_true(demo_clean(&c, &plain));
    c.trace = open_memstream(&bytes, &n);
    c.journal = file("d.journal");
    assert_true(demo_clean(&c, &traced));
    fclose(c.trace);
    assert_true(plain.state_hash == traced.state_hash && plain.inputs == traced.inputs);
    assert_non_null(strstr(bytes, "\"e\":\"open\",\"format\":\"orderly-trace/1\""));
    static const char *const kinds[] = { "fleet", "robot", "claim", "order", "car", "load", "job" };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char want[32];
        snprintf(want, sizeof want, "\"e\":\"%s\"", kinds[i]);
        assert_non_null(strstr(bytes, want));
    }
    const char *last = bytes + n - 1;
    while (last > bytes && last[-1] != '\n') last--;
    assert_non_null(strstr(last, "\"e\":\"close\""));
    free(bytes);
}

static void more_robots_than_refuges_are_refused_by_name(void **state)
{
    struct demo many = { 0 };
    struct sim_result r;
    struct err_note note = { "", "" };
    assert_int_equal(demo_open(&many, 500), ORD_OK);
    struct sim_config c = demo_config(&many, 1);
    assert_int_equal(sim_run(&c, &r, &note), ORD_EMAP);
    assert_non_null(strstr(note.where, "robot R"));
    demo_close(&many);
}

static void no_demand_is_a_short_quiet_run(void **state)
{
    struct sim_result r;
    struct err_note note = { "", "" };
    struct sim_config c = demo_config(&demo, 1);
    c.jobs_per_hour = 0;
    assert_int_equal(sim_run(&c, &r, &note), ORD_OK);
    assert_int_equal(r.accepted + r.violations, 0);
    assert_int_equal(r.p95_ms, 0);
}

/* ---- the command line ---- */
static int command(const char *line)
{
    char copy[512], *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    return strcmp(argv[0], "map") == 0 ? cmd_map(argc, argv) : cmd_sim(argc, argv);
}

#define SITE " --site " ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json"

static void wrong_command_lines_exit_2_and_missing_files_1(void **state)
{
    static const char *const wrong[] = {
        "sim",
        "sim jump",
        "sim run",
        "sim run --site",
        "sim run --robots 0" SITE,
        "sim run --robots 4.5" SITE,
        "sim run --loss 1.5" SITE,
        "sim run --loss nan" SITE,
        "sim run --delay-ms 9..3" SITE,
        "sim run --delay-ms x" SITE,
        "sim run --hours -1" SITE,
        "sim run --seeds 5..1" SITE,
        "sim run --orders-per-robot 0" SITE,
        "sim run --jobs-per-hour 1e9" SITE,
        "sim run --colour red" SITE,
        "sim run --robots 3 --fleet x" SITE,
        "sim run --seeds 1..2 --trace x" SITE,
        "sim replay",
        "sim replay a b",
        "sim replay --colour",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int got = command(wrong[i]);
        if (got != 2) print_message("'%s' gave %d\n", wrong[i], got);
        assert_int_equal(got, 2);
    }
    assert_int_equal(command("sim run --site /nowhere/x.site.json --robots 2"), 1);
    assert_int_equal(command("sim run --fleet /nowhere/x.fleet.json" SITE), 1);
    assert_int_equal(command("sim run --robots 2 --hours 0.01 --trace /nowhere/t.jsonl" SITE), 1);
    assert_int_equal(command("sim replay /nowhere/x.journal"), 1);
}

/* The floor on which peers deadlock, small enough for a test: two-way aisles, stations at dead ends. */
static void counted_orders_are_all_delivered_on_the_grid(void **state)
{
    char text[256];
    snprintf(text, sizeof text, "map generate --preset grid20 --aisles two-way --stations spur --seed 5 -o %s",
             file("grid.site.json"));
    assert_int_equal(command(text), 0);
    snprintf(text, sizeof text, "sim run --robots 10 --orders-per-robot 4 --check --json --site %s", path);
    assert_int_equal(command(text), 0);
}

static void a_clean_run_exits_0_in_every_form(void **state)
{
    assert_int_equal(command("sim run --robots 2 --hours 0.1 --json" SITE), 0);
    assert_int_equal(command("sim run --robots 2 --hours 0.1 --seeds 1..2" SITE), 0);
    assert_int_equal(command("sim run --hours 0.1 --check --codec" SITE), 0);
    assert_int_equal(command("sim --help"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_journal_replays_to_the_same_state_with_every_mark_verified),
        cmocka_unit_test(a_journal_whose_history_was_changed_is_found),
        cmocka_unit_test(a_run_never_writes_into_a_journal_that_is_there),
        cmocka_unit_test(journal_and_trace_change_nothing_and_the_trace_ends_with_close),
        cmocka_unit_test(more_robots_than_refuges_are_refused_by_name),
        cmocka_unit_test(no_demand_is_a_short_quiet_run),
        cmocka_unit_test(wrong_command_lines_exit_2_and_missing_files_1),
        cmocka_unit_test(counted_orders_are_all_delivered_on_the_grid),
        cmocka_unit_test(a_clean_run_exits_0_in_every_form),
    };
    return cmocka_run_group_tests(tests, open_demo, close_demo);
}
