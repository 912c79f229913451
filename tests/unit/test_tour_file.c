#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "planner/tour_file.h"

static char dir[] = "/tmp/orderly_tour_XXXXXX", path[64], solution[64];
static struct tour_file file;
static struct err_note note;

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir)) return -1;
    snprintf(path, sizeof path, "%s/problem.txt", dir);
    snprintf(solution, sizeof solution, "%s/solution.txt", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(solution);
    return rmdir(dir);
}

static void put(const char *where, const char *text)
{
    FILE *f = fopen(where, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int read_text(const char *text)
{
    put(path, text);
    return tour_file_open(path, &file, &note);
}

static const char pairs[] = "2\t10\t1\n"
                            "0\t0\t0\t0\t0\t100\t0\t0\t0\n"
                            "1\t3\t4\t6\t0\t50\t1\t0\t2\n"
                            "2\t6\t8\t-6\t0\t50\t1\t1\t0\n"
                            "3\t1\t1\t5\t10\t50\t1\t0\t4\n"
                            "4\t2\t2\t-5\t0\t50\t1\t3\t0\n";

static const char solomon[] = "S1\n\nVEHICLE\nNUMBER     CAPACITY\n  2   10\n\nCUSTOMER\nCUST NO. XCOORD.\n \n"
                              "0 0 0 0 0 100 0\n1 3 4 6 0 50 1\n2 6 8 4 0 50 1\n";

static void both_forms_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_text(pairs), ORD_OK);
    assert_true(file.pairs);
    assert_int_equal(file.vehicles, 2);
    assert_int_equal(file.pdp.requests, 2);
    assert_int_equal(file.pdp.request[1].pick, 3);
    assert_int_equal(file.pdp.distance[1], 5000000); /* whole stays whole */
    assert_int_equal(file.pdp.distance[3], 1414214); /* the root of two, rounded up */
    tour_file_close(&file);
    assert_int_equal(read_text(solomon), ORD_OK);
    assert_false(file.pairs);
    assert_int_equal(file.pdp.requests, 2);
    assert_int_equal(file.pdp.request[1].pick, 0);
    tour_file_close(&file);
}

struct wrong {
    const char *text, *where, *what;
};

static void each_fault_names_its_line(void **state)
{
    (void)state;
    static const struct wrong wrong[] = {
        { "", ":0", "empty" },
        { "hello\n", ":1", "neither" },
        { "2 10 2\n0 0 0 0 0 9 0 0 0\n", ":1", "speed" },
        { "0 10 1\n", ":1", "vehicles" },
        { "2 10 1\n0 0 0 0 0 9 0 0\n", ":2", "nine numbers" },
        { "2 10 1\n0 0 0 0 0 9 0 0 x\n", ":2", "nine numbers" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n", ":2", "no customer" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n2 0 0 1 0 9 0 0 3\n", ":3", "out of order" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n1 0 0 1 9 8 0 0 2\n", ":3", "closes before it opens" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n1 0 0 1 0 9 0 0 2\n2 0 0 -2 0 9 0 1 0\n", ":3", "partner" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n1 0 0 1 0 9 0 0 7\n", ":3", "partner" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n1 0 0 0 0 9 0 0 2\n", ":3", "a pick-up needs" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n1 0 0 1.5 0 9 0 0 2\n", ":3", "whole number" },
        { "2 10 1\n0 0 0 0 0 9 0 0 0\n1 1e9 0 1 0 9 0 0 2\n", ":3", "too large" },
        { "S\nVEHICLE\nNUMBER\nmany\n", ":4", "two numbers" },
        { "S\nVEHICLE\nNUMBER\n2 10\nNODES\n", ":5", "CUSTOMER" },
        { "S\nVEHICLE\nNUMBER\n2 10\nCUSTOMER\nNO\n0 0 0 0 0 9 0\n1 0 0 -1 0 9 0\n", ":8", "negative" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int err = read_text(wrong[i].text);
        if (err == ORD_OK || !strstr(note.where, wrong[i].where) || !strstr(note.what, wrong[i].what))
            fail_msg("%zu: %d, %s: %s", i, err, note.where, note.what);
    }
    assert_int_equal(tour_file_open("/nowhere/x.txt", &file, &note), ORD_ENOTFOUND);
}

static struct tour_verdict judge_text(const char *routes)
{
    struct tour_routes r;
    put(solution, routes);
    assert_int_equal(tour_routes_open(solution, &file, &r, &note), ORD_OK);
    struct tour_verdict v = tour_file_judge(&file, &r);
    tour_routes_close(&r);
    return v;
}

static void the_judge_sees_each_planted_fault(void **state)
{
    (void)state;
    assert_int_equal(read_text(pairs), ORD_OK);
    struct tour_verdict v = judge_text("Instance name : p\nSolution\nRoute 1 : 1 2\nRoute 2 : 3 4\n");
    assert_int_equal(v.flaw, TOUR_SOUND);
    assert_int_equal(v.vehicles, 2);
    assert_true(v.distance > 25.656 && v.distance < 25.657);
    assert_int_equal(judge_text("Route 1 : 1 2\n").flaw, TOUR_MISSING);
    assert_int_equal(judge_text("Route 1 : 1 2\nRoute 2 : 3 4 5\n").flaw, TOUR_UNKNOWN_NODE);
    assert_int_equal(judge_text("Route 1 : 1 2 1\nRoute 2 : 3 4\n").flaw, TOUR_TWICE);
    assert_int_equal(judge_text("Route 1 : 1 3\nRoute 2 : 2 4\n").flaw, TOUR_SPLIT);
    assert_int_equal(judge_text("Route 1 : 2 1\nRoute 2 : 3 4\n").flaw, TOUR_ORDER);
    assert_int_equal(judge_text("Route 1 : 1 3 4 2\n").flaw, TOUR_OVERLOAD);
    assert_int_equal(judge_text("Route 1 : 1 2\nRoute 2 :\nRoute 3 : 3 4\n").flaw, TOUR_EMPTY);
    file.node[2].late = 10.99;
    assert_int_equal(judge_text("Route 1 : 1 2\nRoute 2 : 3 4\n").flaw, TOUR_LATE);
    file.node[2].late = 11; /* 5 there, 1 of service, 5 on */
    assert_int_equal(judge_text("Route 1 : 1 2\nRoute 2 : 3 4\n").flaw, TOUR_SOUND);
    file.node[0].late = 21.99;
    assert_int_equal(judge_text("Route 1 : 1 2\nRoute 2 : 3 4\n").flaw, TOUR_HOME_LATE);
    file.node[0].late = 22;
    file.vehicles = 1;
    assert_int_equal(judge_text("Route 1 : 1 2\nRoute 2 : 3 4\n").flaw, TOUR_VEHICLES);
    tour_file_close(&file);
}

static void a_solution_that_is_none_is_refused(void **state)
{
    (void)state;
    struct tour_routes r;
    assert_int_equal(read_text(pairs), ORD_OK);
    put(solution, "Route 1 : 1 two\n");
    assert_int_equal(tour_routes_open(solution, &file, &r, &note), ORD_EPARSE);
    assert_non_null(strstr(note.where, ":1"));
    put(solution, "nothing\n");
    assert_int_equal(tour_routes_open(solution, &file, &r, &note), ORD_EPARSE);
    put(solution, "Route 1 : 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n");
    assert_int_equal(tour_routes_open(solution, &file, &r, &note), ORD_EFULL);
    tour_file_close(&file);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    uint16_t node[] = { 1, 2, 3, 4 };
    uint32_t begin[] = { 0, 2, 4 };
    struct tour_routes out = { node, begin, 2 }, in;
    assert_int_equal(read_text(pairs), ORD_OK);
    assert_int_equal(tour_routes_write(solution, &out, &note), ORD_OK);
    assert_int_equal(tour_routes_open(solution, &file, &in, &note), ORD_OK);
    assert_int_equal(in.count, 2);
    assert_memory_equal(in.node, node, sizeof node);
    tour_routes_close(&in);
    tour_file_close(&file);
}

static void best_known_values_are_found_by_name(void **state)
{
    (void)state;
    struct tour_best b;
    put(solution, "set,instance,tasks,bks_vehicles,bks_distance\nx,a1,5,3,12.5\nx,a2,5,4,13\nx,a3,5,,13\n");
    assert_int_equal(tour_best_open(solution, "a2", &b, &note), ORD_OK);
    assert_int_equal(b.vehicles, 4);
    assert_true(b.distance == 13);
    assert_int_equal(tour_best_open(solution, "a", &b, &note), ORD_ENOTFOUND);
    assert_int_equal(tour_best_open(solution, "a3", &b, &note), ORD_EPARSE);
    put(solution, "name,vehicles\n");
    assert_int_equal(tour_best_open(solution, "a", &b, &note), ORD_EPARSE);
}

/* The search and the judge by real numbers agree on public problems. */
static void public_problems_are_solved_soundly(void **state)
{
    (void)state;
    static const char *const name[] = { "li_lim/lc101", "li_lim/LR1_2_1", "solomon/RC201", "generated/hxa_50c" };
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        char where[512];
        snprintf(where, sizeof where, "%s/../shared/data/pdptw/%s.txt", ORDERLY_SOURCE_DIR, name[i]);
        if (access(where, R_OK) != 0) {
            print_message("../shared/data/pdptw is absent: skipped\n");
            skip();
        }
        assert_int_equal(tour_file_open(where, &file, &note), ORD_OK);
        size_t bytes = pdp_memory(&file.pdp);
        void *block = malloc(bytes);
        struct arena mem;
        struct pdp *s = NULL;
        uint16_t which;
        arena_init(&mem, block, bytes);
        assert_int_equal(pdp_open(&s, &mem, &file.pdp, 1, &which), ORD_OK);
        for (uint32_t k = 0; k < 60; k++) pdp_step(s, k * PDP_DONE / 60);
        pdp_check(s);
        uint16_t *node = malloc(file.nodes * sizeof *node);
        uint32_t begin[512] = { 0 };
        struct tour_routes r = { node, begin, 0 };
        for (uint16_t k = 0; k < pdp_vehicles(s); k++) {
            const uint16_t *from;
            uint16_t n = pdp_route(s, k, &from);
            memcpy(node + begin[k], from, n * sizeof *from);
            begin[k + 1] = begin[k] + n;
            r.count++;
        }
        struct tour_verdict v = tour_file_judge(&file, &r);
        assert_int_equal(v.flaw, TOUR_SOUND);
        double units = (double)pdp_distance(s) / file.units;
        assert_true(v.distance <= units && units - v.distance < 1e-3);
        free(node);
        free(block);
        tour_file_close(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_are_read),
        cmocka_unit_test(each_fault_names_its_line),
        cmocka_unit_test(the_judge_sees_each_planted_fault),
        cmocka_unit_test(a_solution_that_is_none_is_refused),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(best_known_values_are_found_by_name),
        cmocka_unit_test(public_problems_are_solved_soundly),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
