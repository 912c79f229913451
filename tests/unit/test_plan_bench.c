/* The figures of peers that `orderly plan bench` compares with, its verdicts, its page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/text.h"
#include "planner/plan_bench.h"

#define HEAD                                                                                                         \
    "set,kind,peer,commit,map,agents,scen_or_seed,motion,budget,solved,first_solution_ms_cpu,cost_first,cost_at_1s," \
    "cost_at_end,cost_lower_bound,finished,share_of_free_flow,planner_ms_cpu_per_step,note\n"

static char path[] = "/tmp/orderly-test-bench-XXXXXX";

static const struct bench_case hospital = {
    .group = BENCH_LIFELONG, .map = "h", .robots = 50, .aim = 0.9, .aim_ms = 5
};
static const struct bench_case held = { .group = BENCH_HOLDS, .map = "h", .robots = 50, .variant = 5, .aim = 0.9 };
static const struct bench_case once = {
    .group = BENCH_MAPF, .map = "h", .robots = 50, .variant = 1, .budget_ms = 5000
};

static int opened(const char *text, struct bench_peers **out, struct err_note *note)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return bench_peers_open(path, out, note);
}

static size_t peers_in(const char *text, const struct bench_case *c, struct bench_peer *got)
{
    struct bench_peers *p = NULL;
    struct err_note note = { "", "" };
    assert_int_equal(opened(text, &p, &note), ORD_OK);
    size_t n = bench_peers_of(p, c, 200, got);
    bench_peers_close(p);
    return n;
}

static const char figures[] = HEAD
    "v,lifelong,A,0,h,50,h.agents,turns cost a step,b,,,,,,,100,0.500,1.5,\n"
    "v,lifelong,\"B (first, \"\"plain\"\")\",0,h,50,h.agents,turns cost a step,b,,,,,,,180,0.900,2,\"x, y\"\n"
    "v,lifelong,C,0,h,50,h.agents,no turning cost,b,,,,,,,190,0.950,2,\n"
    "v,lifelong,D,0,h,100,h.agents,turns cost a step,b,,,,,,,190,0.950,2,\n"
    "v,lifelong,E,0,g,50,g.agents,turns cost a step,b,,,,,,,190,0.950,2,\n"
    "v,lifelong,F,0,h,50,h.agents,turns cost a step,b,,,,,,,130,,9,stuck\n"
    "v,execution-replan,\"A, replans every step, held-aware\",0,h,50,no holds,turns cost a step,b,,,,,,,104,0.520,3,\n"
    "v,execution-replan,A,0,h,50,\"holds-05, files 1-3, median\",turns cost a step,b,,,,,,,80,0.400,3,\n"
    "v,execution-replan,B,0,h,50,\"holds-15, files 1-3, median\",turns cost a step,b,,,,,,,90,0.450,3,\n"
    "v,execution,G,0,h,50,\"holds-05, files 1-3, median\",turns cost a step,no,,,,,,,90,0.450,,\n"
    "v,one-shot,A,0,h,50,h-1.scen seed 0,4,5,1,20,120,,110,100,,,,\n"
    "v,one-shot,B,0,h,50,h-1.scen seed 0,4,5,0,,,,,100,,,,\n"
    "v,one-shot,C,0,h,50,h-1.scen seed 0,4,5,1,40,120,104,103,100,,,,\n";

static void peers_of_one_case_come_best_first(void **state)
{
    struct bench_peer p[BENCH_PEERS_MAX];
    assert_int_equal(peers_in(figures, &hospital, p), 3); /* not C, D, E: other motion, robots, map */
    assert_string_equal(p[0].name, "B (first, \"plain\")");
    assert_true(p[0].value > 0.899 && p[0].value < 0.901);
    assert_string_equal(p[1].name, "F"); /* its share was worked out from the free flow of 200 goals */
    assert_true(p[1].value > 0.649 && p[1].value < 0.651);
    assert_string_equal(p[2].name, "A"); /* told twice: the better one */
    assert_true(p[2].value > 0.519 && p[2].cpu_ms > 2.9);
    (void)state;
}

static void hold_ups_of_another_share_are_another_case(void **state)
{
    struct bench_peer p[BENCH_PEERS_MAX];
    assert_int_equal(peers_in(figures, &held, p), 2);
    assert_string_equal(p[0].name, "G");
    assert_true(p[0].cpu_ms < 0);
    assert_string_equal(p[1].name, "A");
    (void)state;
}

static void a_peer_without_an_answer_comes_last(void **state)
{
    struct bench_peer p[BENCH_PEERS_MAX];
    struct bench_case quick = once;
    assert_int_equal(peers_in(figures, &once, p), 3);
    assert_string_equal(p[0].name, "C"); /* lower is better */
    assert_true(p[1].value > 1.099 && p[1].value < 1.101);
    assert_false(p[2].solved);
    quick.budget_ms = 1000;
    assert_int_equal(peers_in(figures, &quick, p), 3);
    assert_true(p[0].value > 1.039); /* what it had after one second */
    assert_false(p[1].solved);       /* A had nothing yet */
    (void)state;
}

static void more_peers_than_fit_leave_the_best(void **state)
{
    static char text[65536];
    struct bench_peer p[BENCH_PEERS_MAX];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", HEAD);
    for (int i = 0; i < 2 * BENCH_PEERS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "v,lifelong,P%d,0,h,50,h.agents,turns cost a step,b,,,,,,,100,0.%03d,1,\n", i, 100 + i);
    assert_int_equal(peers_in(text, &hospital, p), BENCH_PEERS_MAX);
    assert_string_equal(p[0].name, "P63");
    assert_string_equal(p[BENCH_PEERS_MAX - 1].name, "P32");
    (void)state;
}

static void a_wrong_file_is_told_by_line_and_column(void **state)
{
    struct bench_peers *p = NULL;
    struct err_note note = { "", "" };
    assert_int_equal(bench_peers_open("/nowhere/x.csv", &p, &note), ORD_ENOTFOUND);
    assert_int_equal(opened("", &p, &note), ORD_EPARSE);
    assert_int_equal(opened("set,kind\n", &p, &note), ORD_EPARSE);
    assert_non_null(strstr(note.what, "\"peer\""));
    assert_int_equal(opened(HEAD "v,lifelong,A,0,h\n", &p, &note), ORD_EPARSE);
    assert_non_null(strstr(note.what, "line 2"));
    assert_null(p);
    (void)state;
}

static void names_lose_remarks_and_what_goes_without_saying(void **state)
{
    char s[96], tiny[6];
    bench_peer_short("Causal PIBT + traffic flow (LoRR default family, EPIBT repository), replans every step", s,
                     sizeof s);
    assert_string_equal(s, "Causal PIBT + traffic flow");
    bench_peer_short("RHCR PBS w=10, replans every 1 step, held-aware", s, sizeof s);
    assert_string_equal(s, "RHCR PBS w=10, every step, held-aware");
    bench_peer_short("RHCR PBS w=10, replans every 5 steps", s, sizeof s);
    assert_string_equal(s, "RHCR PBS w=10, every 5 steps");
    bench_peer_short("EPIBT(4)", s, sizeof s);
    assert_string_equal(s, "EPIBT(4)");
    bench_peer_short("EPIBT(4)", tiny, sizeof tiny);
    assert_string_equal(tiny, "EPIBT");
    (void)state;
}

static void a_verdict_needs_value_time_and_faultless_paths(void **state)
{
    struct bench_result r = { .ran = true, .solved = true, .judged = true, .value = 0.9, .cpu_ms = 5 };
    assert_int_equal(bench_judge(&hospital, &r, NULL), BENCH_MET);
    r.cpu_ms = 5.1;
    assert_int_equal(bench_judge(&hospital, &r, NULL), BENCH_SLOW);
    r.value = 0.8999;
    assert_int_equal(bench_judge(&hospital, &r, NULL), BENCH_SHORT);
    r.judged = false;
    assert_int_equal(bench_judge(&hospital, &r, NULL), BENCH_FAULT);
    r.ran = false;
    assert_int_equal(bench_judge(&hospital, &r, NULL), BENCH_NOT_RUN);
    (void)state;
}

static void without_an_aim_the_best_peer_is_the_aim(void **state)
{
    struct bench_peer peer = { .solved = true, .value = 1.1 };
    struct bench_result r = { .ran = true, .solved = true, .judged = true, .value = 1.1 };
    assert_int_equal(bench_judge(&once, &r, &peer), BENCH_MET);
    r.value = 1.11;
    assert_int_equal(bench_judge(&once, &r, &peer), BENCH_SHORT);
    peer.solved = false; /* it has no answer: any of ours will do */
    assert_int_equal(bench_judge(&once, &r, &peer), BENCH_MET);
    r.solved = false;
    assert_int_equal(bench_judge(&once, &r, &peer), BENCH_SHORT);
    (void)state;
}

static void every_case_has_a_name_of_its_own(void **state)
{
    size_t n;
    const struct bench_case *c = bench_cases(&n);
    assert_in_range(n, 30, BENCH_CASES_MAX);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            for (int zh = 0; zh < 2; zh++) {
                char a[96], b[96];
                bench_case_name(&c[i], a, sizeof a, zh);
                bench_case_name(&c[k], b, sizeof b, zh);
                assert_string_not_equal(a, b);
            }
    (void)state;
}

static void the_page_says_all_in_both_languages_and_runs_nothing(void **state)
{
    static char page[65536];
    struct err_note note = { "", "" };
    struct bench_row row = { .c = &hospital,
                             .r = { .ran = true, .solved = true, .judged = true, .value = 0.95, .cpu_ms = 4 },
                             .peer = { { .name = "A <script>&", .solved = true, .value = 0.5, .cpu_ms = -1 } },
                             .peers = 1 };
    assert_int_equal(bench_page(path, &row, 1, true, &note), ORD_OK);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(page, 1, sizeof page - 1, f);
    fclose(f);
    page[n] = '\0';
    assert_non_null(strstr(page, "h，50 台"));
    assert_non_null(strstr(page, "h, 50 robots"));
    assert_non_null(strstr(page, "A &lt;script&gt;&amp;"));
    assert_null(strstr(page, "<script"));
    assert_non_null(strstr(page, "id=\"in-zh\" checked"));
    assert_non_null(strstr(page, ">0.9500<"));
    assert_int_equal(bench_page("/nowhere/page.html", &row, 1, true, &note), ORD_EIO);
    (void)state;
}

static int make_file(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_of_one_case_come_best_first),
        cmocka_unit_test(hold_ups_of_another_share_are_another_case),
        cmocka_unit_test(a_peer_without_an_answer_comes_last),
        cmocka_unit_test(more_peers_than_fit_leave_the_best),
        cmocka_unit_test(a_wrong_file_is_told_by_line_and_column),
        cmocka_unit_test(names_lose_remarks_and_what_goes_without_saying),
        cmocka_unit_test(a_verdict_needs_value_time_and_faultless_paths),
        cmocka_unit_test(without_an_aim_the_best_peer_is_the_aim),
        cmocka_unit_test(every_case_has_a_name_of_its_own),
        cmocka_unit_test(the_page_says_all_in_both_languages_and_runs_nothing),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
