#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "planner/cmd_plan.h"

static char dir[] = "/tmp/orderly_tours_XXXXXX", problem[64], first[64], second[64];

static const char town[] = "5\t10\t1\n"
                           "0\t50\t50\t0\t0\t500\t0\t0\t0\n"
                           "1\t10\t20\t6\t0\t300\t5\t0\t2\n"
                           "2\t80\t30\t-6\t0\t400\t5\t1\t0\n"
                           "3\t20\t70\t5\t20\t200\t5\t0\t4\n"
                           "4\t60\t90\t-5\t0\t300\t5\t3\t0\n"
                           "5\t90\t60\t4\t100\t250\t5\t0\t6\n"
                           "6\t30\t10\t-4\t0\t400\t5\t5\t0\n";

static void put(const char *where, const char *text)
{
    FILE *f = fopen(where, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static size_t get(const char *where, char *text, size_t size)
{
    FILE *f = fopen(where, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
    return n;
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir)) return -1;
    snprintf(problem, sizeof problem, "%s/town.txt", dir);
    snprintf(first, sizeof first, "%s/first.txt", dir);
    snprintf(second, sizeof second, "%s/second.txt", dir);
    put(problem, town);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(problem);
    unlink(first);
    unlink(second);
    return rmdir(dir);
}

#define RUN(function, ...) run(function, (char *[]){ __VA_ARGS__, NULL })
static int run(int (*function)(int, char **), char **argv)
{
    int argc = 0;
    while (argv[argc]) argc++;
    return function(argc, argv);
}

static char verb[] = "tours", check[] = "check-tours", of[] = "--problem", to[] = "--solution",
            steps[] = "--iterations", forty[] = "40", json[] = "--json", best[] = "--best", budget[] = "--budget-ms",
            none[] = "0";

static void a_budget_in_iterations_gives_the_same_bytes(void **state)
{
    (void)state;
    char a[512], b[512];
    assert_int_equal(RUN(plan_tours, verb, of, problem, steps, forty, to, first, json), 0);
    assert_int_equal(RUN(plan_tours, verb, of, problem, steps, forty, to, second), 0);
    assert_true(get(first, a, sizeof a) > 20);
    get(second, b, sizeof b);
    assert_string_equal(a, b);
    assert_memory_equal(a, "Route 1 : ", 10);
}

static void what_tours_writes_check_tours_accepts(void **state)
{
    (void)state;
    assert_int_equal(RUN(plan_tours, verb, of, problem, steps, forty, to, first), 0);
    assert_int_equal(RUN(plan_check_tours, check, of, problem, to, first), 0);
    put(second, "Route 1 : 2 1 3 4 5 6\n");
    assert_int_equal(RUN(plan_check_tours, check, of, problem, to, second, json), 3);
}

static void too_few_vehicles_are_not_called_feasible(void **state)
{
    (void)state;
    char few[sizeof town];
    memcpy(few, town, sizeof town);
    few[0] = '1';
    char *late = strstr(few, "\t0\t300\t5\t0\t2"); /* the first pick-up and the second at once, far apart */
    memcpy(late, "\t0\t060", 6);
    late = strstr(few, "\t20\t200\t5\t0\t4");
    memcpy(late, "\t20\t050", 7);
    put(second, few);
    assert_int_equal(RUN(plan_tours, verb, of, second, steps, forty), 3);
}

static void a_wrong_call_or_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(RUN(plan_tours, verb), 2);
    assert_int_equal(RUN(plan_tours, verb, of, problem, budget, none), 2);
    assert_int_equal(RUN(plan_check_tours, check, of, problem), 2);
    put(second, "nonsense\n");
    assert_int_equal(RUN(plan_tours, verb, of, second), 1);
    assert_int_equal(RUN(plan_tours, verb, of, problem, best, second), 1);
    put(second, "1\t10\t1\n0\t0\t0\t0\t0\t9\t0\t0\t0\n1\t9\t9\t1\t0\t5\t0\t0\t2\n2\t0\t0\t-1\t0\t9\t0\t1\t0\n");
    assert_int_equal(RUN(plan_tours, verb, of, second), 1); /* node 1 cannot be reached in its window */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_in_iterations_gives_the_same_bytes),
        cmocka_unit_test(what_tours_writes_check_tours_accepts),
        cmocka_unit_test(too_few_vehicles_are_not_called_feasible),
        cmocka_unit_test(a_wrong_call_or_file_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
