/* The printed list of open jobs: complete, in the order in which people should carry, no markup of strangers. */
#define _GNU_SOURCE /* open_memstream */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "edge/job_sheet.h"

static const char site[] = "{\"stations\":[{\"id\":\"lab\",\"name\":{\"en\":\"Laboratory\",\"zh\":\"检验科\"}},"
                           "{\"id\":\"ward-3a\",\"name\":{\"en\":\"Ward 3A\",\"zh\":\"三层甲病区\"}}]}";

static const char jobs[] = "{\"jobs\":["
                           "{\"id\":9,\"state\":\"requested\",\"from\":\"ward-3a\",\"to\":\"lab\",\"quantity\":1,"
                           "\"item\":\"blood\",\"priority\":3,"
                           "\"robot\":null,\"requested_at\":\"2026-01-31T08:15:00.250Z\"},"
                           "{\"id\":7,\"state\":\"moving\",\"from\":\"lab\",\"to\":\"ward-3a\",\"quantity\":2,\"item\":"
                           "\"<b>&\\\"\",\"priority\":3,"
                           "\"robot\":\"R04\",\"requested_at\":\"2026-01-31T08:05:00.000Z\"},"
                           "{\"id\":8,\"state\":\"assigned\",\"from\":\"attic\",\"to\":\"lab\",\"quantity\":1,\"item\":"
                           "\"stat\",\"priority\":0,"
                           "\"robot\":\"R01\",\"requested_at\":\"2026-01-31T08:10:00.000Z\"}]}";

static char *sheet(const char *jobs_text, bool zh, int *n)
{
    struct json_doc j, s;
    char *page = NULL;
    size_t size;
    FILE *f = open_memstream(&page, &size);
    assert_int_equal(json_open(&j, "jobs", jobs_text, strlen(jobs_text), (struct json_limits){ 0, 0 }), ORD_OK);
    assert_int_equal(json_open(&s, "site", site, strlen(site), (struct json_limits){ 0, 0 }), ORD_OK);
    *n = job_sheet_write(f, json_root(&j), json_root(&s), "2026-01-31T09:00:00.000Z", zh);
    fclose(f);
    json_close(&j);
    json_close(&s);
    return page;
}

static void R58_open_jobs_are_a_page_to_print_urgent_ones_first(void **state)
{
    int n;
    char *page = sheet(jobs, false, &n);
    assert_int_equal(n, 3);
    const char *stat = strstr(page, "<td>8</td>"), *old = strstr(page, "<td>7</td>"),
               *young = strstr(page, "<td>9</td>");
    assert_true(stat && old && young && stat < old && old < young);
    assert_non_null(strstr(page, "on robot R04"));
    assert_non_null(strstr(page, "Laboratory"));
    assert_non_null(strstr(page, "attic")); /* a station without a name keeps its id */
    assert_non_null(strstr(page, "2026-01-31 08:05 UTC"));
    assert_non_null(strstr(page, "3 jobs as of 2026-01-31T09:00:00.000Z"));
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "http")); /* nothing is fetched when it is printed */
    free(page);
}

static void R58_the_page_speaks_chinese_as_well(void **state)
{
    int n;
    char *page = sheet(jobs, true, &n);
    assert_int_equal(n, 3);
    assert_non_null(strstr(page, "未完成的配送任务"));
    assert_non_null(strstr(page, "检验科"));
    assert_non_null(strstr(page, "在机器人上 R04"));
    assert_non_null(strstr(page, "0 紧急"));
    free(page);
}

static void words_of_people_are_no_markup(void **state)
{
    int n;
    char *page = sheet(jobs, false, &n);
    assert_null(strstr(page, "<b>"));
    assert_non_null(strstr(page, "&lt;b&gt;&amp;&quot;"));
    free(page);
}

static void no_open_job_is_a_page_too_and_a_foreign_answer_is_an_error(void **state)
{
    int n;
    char *page = sheet("{\"jobs\":[]}", false, &n);
    assert_int_equal(n, 0);
    assert_non_null(strstr(page, "0 jobs"));
    free(page);
    page = sheet("{\"jobs\":[{\"id\":1}]}", false, &n);
    assert_true(n < 0);
    free(page);
    page = sheet("{}", false, &n);
    assert_true(n < 0);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R58_open_jobs_are_a_page_to_print_urgent_ones_first),
        cmocka_unit_test(R58_the_page_speaks_chinese_as_well),
        cmocka_unit_test(words_of_people_are_no_markup),
        cmocka_unit_test(no_open_job_is_a_page_too_and_a_foreign_answer_is_an_error),
    };
    return cmocka_run_group_tests_name("job_sheet", tests, NULL, NULL);
}
