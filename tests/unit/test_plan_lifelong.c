/* Stories about `orderly plan lifelong`: what its files say, and that one seed gives one answer to the byte. */
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

enum { FILES = 6, TEXT_MAX = 65536 };
static const char *const names[FILES] = {
    "floor.map", "floor.agents", "floor.tasks", "floor.holds", "first", "second"
};
static char dir[] = "/tmp/orderly_lifelong_XXXXXX", path[FILES][64];

static void put(const char *where, const char *text)
{
    FILE *f = fopen(where, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static size_t get(const char *where, char *text)
{
    FILE *f = fopen(where, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, TEXT_MAX - 1, f);
    text[n] = '\0';
    fclose(f);
    return n;
}

static int setup(void **state)
{
    if (!mkdtemp(dir)) return -1;
    for (int i = 0; i < FILES; i++) snprintf(path[i], sizeof path[i], "%s/%s", dir, names[i]);
    put(path[0],
        "type octile\nheight 5\nwidth 12\nmap\n............\n.@@.@@.@@.@.\n............\n.@@.@@.@@.@.\n............\n");
    put(path[1], "6\n0\n11\n24\n35\n48\n59\n");
    put(path[2], "9\n59\n0\n30\n11\n48\n27\n3\n56\n24\n");
    put(path[3], "# step robot steps\n3 0 9\n5 2 14\n20 4 6\n31 1 12\n");
    (void)state;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) unlink(path[i]);
    return rmdir(dir);
}

static int run(const char *out, const char *seed, const char *holds)
{
    char *argv[] = { (char[]){ "lifelong" },
                     (char[]){ "--map" },
                     path[0],
                     (char[]){ "--agents-file" },
                     path[1],
                     (char[]){ "--tasks-file" },
                     path[2],
                     (char[]){ "--agents" },
                     (char[]){ "6" },
                     (char[]){ "--turning" },
                     (char[]){ "--json" },
                     (char[]){ "--steps" },
                     (char[]){ "80" },
                     (char[]){ "--seed" },
                     NULL,
                     (char[]){ "--out" },
                     NULL,
                     (char[]){ "--holds" },
                     NULL,
                     NULL };
    char seed_text[16], out_text[64], holds_text[64];
    snprintf(seed_text, sizeof seed_text, "%s", seed);
    snprintf(out_text, sizeof out_text, "%s", out);
    snprintf(holds_text, sizeof holds_text, "%s", holds);
    argv[14] = seed_text;
    argv[16] = out_text;
    argv[18] = holds_text;
    return plan_lifelong(19, argv);
}

static void one_seed_gives_one_file_of_paths_to_the_byte(void **state)
{
    static char a[TEXT_MAX], b[TEXT_MAX];
    assert_int_equal(run(path[4], "7", path[3]), 0);
    assert_int_equal(run(path[5], "7", path[3]), 0);
    size_t n = get(path[4], a);
    assert_int_equal(get(path[5], b), n);
    assert_memory_equal(a, b, n);
    (void)state;
}

/* 81 rows of six; robot 0 does not change in the steps 3 .. 11, and everybody starts looking east. */
static void a_held_robot_stands_in_the_file_of_paths(void **state)
{
    static char text[TEXT_MAX];
    char first[81][16] = { { 0 } };
    assert_int_equal(run(path[4], "1", path[3]), 0);
    get(path[4], text);
    int rows = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(rows < 81);
        assert_int_equal(sscanf(line, "%15s", first[rows++]), 1);
    }
    assert_int_equal(rows, 81);
    assert_string_equal(first[0], "0:0");
    for (int s = 3; s < 12; s++) assert_string_equal(first[s], first[s + 1]);
    assert_string_not_equal(first[12], first[16]);
    (void)state;
}

static void a_file_that_is_missing_is_refused(void **state)
{
    assert_int_equal(run(path[4], "1", "/nonexistent/holds"), 1);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_file_of_paths_to_the_byte),
        cmocka_unit_test(a_held_robot_stands_in_the_file_of_paths),
        cmocka_unit_test(a_file_that_is_missing_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
