#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/err.h"
#include "common/trace.h"

static void a_line_is_one_json_object_with_time_and_event_first(void **state)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    struct trace *t = malloc(sizeof *t);
    trace_open(t, f);
    trace_begin(t, 1500, "robot");
    trace_str(t, "robot", "R\"01");
    trace_int(t, "x", -7);
    trace_bool(t, "moving", true);
    trace_str(t, "car", NULL);
    trace_hash(t, "hash", 0x1234abcdu);
    trace_list(t, "nodes");
    trace_item(t, "a");
    trace_item(t, "b");
    trace_list_end(t);
    trace_list(t, "lanes");
    trace_list_end(t);
    trace_end(t);
    trace_begin(t, 1500, "next");
    trace_end(t);
    assert_int_equal(trace_close(t), ORD_OK);
    fclose(f);
    assert_string_equal(bytes,
                        "{\"t\":1500,\"e\":\"robot\",\"robot\":\"R\\\"01\",\"x\":-7,\"moving\":true,\"car\":null,"
                        "\"hash\":\"000000001234abcd\",\"nodes\":[\"a\",\"b\"],\"lanes\":[]}\n"
                        "{\"t\":1500,\"e\":\"next\"}\n");
    free(bytes);
    free(t);
}

static void no_trace_is_a_trace_that_writes_nothing(void **state)
{
    trace_begin(NULL, 1, "x");
    trace_str(NULL, "a", "b");
    trace_int(NULL, "a", 1);
    trace_hash(NULL, "a", 1);
    trace_bool(NULL, "a", false);
    trace_list(NULL, "a");
    trace_item(NULL, "b");
    trace_list_end(NULL);
    trace_end(NULL);
    assert_int_equal(trace_close(NULL), ORD_OK);
}

static void a_line_too_long_is_an_error_and_never_cut(void **state)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    struct trace *t = malloc(sizeof *t);
    trace_open(t, f);
    trace_begin(t, 0, "good");
    trace_end(t);
    trace_begin(t, 1, "long");
    trace_list(t, "list");
    for (int i = 0; i < 2000; i++) trace_item(t, "a-rather-long-name");
    trace_list_end(t);
    trace_end(t);
    trace_begin(t, 2, "after");
    trace_end(t);
    assert_int_equal(trace_close(t), ORD_EFULL);
    fclose(f);
    assert_string_equal(bytes, "{\"t\":0,\"e\":\"good\"}\n");
    free(bytes);
    free(t);
}

static void a_full_disk_is_told_at_the_end(void **state)
{
    FILE *f = fopen("/dev/full", "w");
    struct trace *t = malloc(sizeof *t);
    if (f) {
        trace_open(t, f);
        trace_begin(t, 0, "x");
        trace_end(t);
        assert_int_equal(trace_close(t), ORD_EIO);
        fclose(f);
    }
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object_with_time_and_event_first),
        cmocka_unit_test(no_trace_is_a_trace_that_writes_nothing),
        cmocka_unit_test(a_line_too_long_is_an_error_and_never_cut),
        cmocka_unit_test(a_full_disk_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
