/* `orderly plan forecast`: a history in, an error and a demand file out; every fault of the file has its line named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "planner/cmd_plan.h"
#include "sim/demand_file.h"

static char history[] = "/tmp/orderly-history-XXXXXX", demand[64], said[1 << 16];

static int folder_up(void **state)
{
    (void)state;
    int fd = mkstemp(history);
    if (fd < 0) return 1;
    close(fd);
    snprintf(demand, sizeof demand, "%s.demand.json", history);
    setenv("LC_ALL", "C", 1);
    return 0;
}

static int folder_down(void **state)
{
    (void)state;
    unlink(history);
    unlink(demand);
    return 0;
}

/* Weeks from Monday 2026-01-05: specimens every working hour, meals at noon, also at weekends. */
static void write_history(int weeks, const char *extra)
{
    static const int month_days[] = { 31, 28, 31, 30, 31, 30 };
    FILE *f = fopen(history, "w");
    int month = 0, day = 5;
    fputs("time,stream,from,to\n", f);
    for (int d = 0; d < weeks * 7; d++) {
        for (int h = 7; h < 17 && d % 7 < 5; h++)
            for (int k = 0; k < 3; k++)
                fprintf(f, "2026-%02d-%02dT%02d:%02d:00+08:00,specimen,ward-%s,lab\n", month + 1, day, h, k,
                        k ? "2a" : "3a");
        fprintf(f, "2026-%02d-%02dT11:30:00+08:00,meal,kitchen,ward-3a\n", month + 1, day);
        if (++day > month_days[month]) {
            day = 1;
            month++;
        }
    }
    fputs(extra, f);
    fclose(f);
}

static int run(const char *extra, const char *value)
{
    char verb[] = "forecast", flag[] = "--history", json[] = "--json", more[64], val[128];
    char *argv[8] = { verb, flag, history, json, more, val, NULL };
    int argc = extra ? 6 : 4, old_out = dup(1), old_err = dup(2);
    snprintf(more, sizeof more, "%s", extra ? extra : "");
    snprintf(val, sizeof val, "%s", value ? value : "");
    argv[argc] = NULL;
    FILE *caught = tmpfile();
    fflush(stdout);
    dup2(fileno(caught), 1);
    dup2(fileno(caught), 2);
    int code = plan_forecast(argc, argv);
    fflush(stdout);
    dup2(old_out, 1);
    dup2(old_err, 2);
    close(old_out);
    close(old_err);
    rewind(caught);
    said[fread(said, 1, sizeof said - 1, caught)] = 0;
    fclose(caught);
    return code;
}

static void R13_a_regular_history_is_foretold_exactly_and_the_error_is_printed(void **state)
{
    (void)state;
    write_history(8, "");
    assert_int_equal(run(NULL, NULL), 0);
    assert_non_null(strstr(said, "\"weeks\":8"));
    assert_non_null(strstr(said, "\"id\":\"specimen\",\"requests\":1200"));
    assert_non_null(strstr(said, "\"weeks_tested\":2,\"wape\":0.000,\"wape_day\":0.000"));
    assert_null(strstr(said, "\"wape_flat\":0.000"));
}

static void R13_the_forecast_is_demand_that_the_simulator_reads(void **state)
{
    struct err_note note = { .where = "" };
    struct site *site;
    struct fleet_spec *fleet;
    struct demand_file *d;
    (void)state;
    write_history(8, "");
    assert_int_equal(run("--out", demand), 0);
    assert_int_equal(fleet_spec_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.fleet.json", &fleet, &note), ORD_OK);
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &site, &note), ORD_OK);
    int err = demand_file_open(demand, site, fleet, &d, &note);
    if (err) print_error("%s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
    assert_int_equal(d->streams, 2);
    for (int i = 0; i < 2; i++) {
        const struct demand_stream *s = &d->stream[i];
        bool specimen = strcmp(s->id, "specimen") == 0;
        assert_in_range(s->per_day_milli, specimen ? 29990 : 999, specimen ? 30000 : 1000);
        assert_int_equal(s->weekend_permille, specimen ? 0 : 1000);
        assert_int_equal(s->pairs, specimen ? 2 : 1);
        assert_int_equal(d->profile[s->profile].share_micro[11], specimen ? 100000 : 1000000);
    }
    demand_file_close(d);
    site_close(site);
    fleet_spec_close(fleet);
}

static void half_weeks_at_both_ends_are_left_out(void **state)
{
    (void)state;
    write_history(6,
                  "2026-01-03T10:00:00+08:00,meal,kitchen,ward-3a\n2026-02-17T10:00:00+08:00,meal,kitchen,ward-3a\n");
    assert_int_equal(run(NULL, NULL), 0);
    assert_non_null(strstr(said, "\"weeks\":6"));
}

static void faults_are_named_with_file_and_line(void **state)
{
    static const struct {
        const char *extra, *what;
    } bad[] = {
        { "yesterday,meal,a,b\n", "must be like" },
        { "2026-13-01T10:00:00Z,meal,a,b\n", "must be like" },
        { "2026-03-01T10:00:00Z,two words,a,b\n", "must be an id" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        write_history(8, bad[i].extra);
        assert_int_equal(run(NULL, NULL), 1);
        if (!strstr(said, bad[i].what)) print_error("%s\n", said);
        assert_non_null(strstr(said, history));
        assert_non_null(strstr(said, bad[i].what));
    }
    write_history(2, "");
    assert_int_equal(run(NULL, NULL), 1);
    assert_non_null(strstr(said, "whole weeks"));
    FILE *f = fopen(history, "w");
    fputs("when,what\n", f);
    fclose(f);
    assert_int_equal(run(NULL, NULL), 1);
    assert_non_null(strstr(said, "name the columns"));
    assert_int_equal(run("--test-weeks", "many"), 1);
    assert_int_equal(run("--colour", "red"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R13_a_regular_history_is_foretold_exactly_and_the_error_is_printed),
        cmocka_unit_test(R13_the_forecast_is_demand_that_the_simulator_reads),
        cmocka_unit_test(half_weeks_at_both_ends_are_left_out),
        cmocka_unit_test(faults_are_named_with_file_and_line),
    };
    return cmocka_run_group_tests_name("plan_forecast", tests, folder_up, folder_down);
}
