/* `orderly ctl` against a daemon in this process: every verb reads well in both languages, with the right exit code. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/units.h"
#include "edge/cmd_ctl.h"
#include "edge_hospital.h"

static char said[1 << 16];

static long job; /* asked for before all others of these tests; "@" in a line */

/* Runs one command line with stdout and stderr caught together. */
static int ctl(const struct hospital_host *h, const char *line)
{
    char words[512], url[128], number[24], name[] = "ctl", flag[] = "--url", *argv[24] = { name, flag };
    int argc = 2, old_out = dup(1), old_err = dup(2);
    FILE *caught = tmpfile();
    snprintf(url, sizeof url, "%s", h->host.url);
    argv[argc++] = url;
    snprintf(words, sizeof words, "%s", line);
    snprintf(number, sizeof number, "%ld", job);
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " ")) argv[argc++] = strcmp(w, "@") == 0 ? number : w;
    argv[argc] = NULL;
    fflush(stdout);
    dup2(fileno(caught), 1);
    dup2(fileno(caught), 2);
    int code = cmd_ctl(argc, argv);
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

static int host_up(void **state)
{
    struct hospital_host *h = malloc(sizeof *h);
    unsetenv("ORDERLY_KEY");
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("TZ", "UTC", 1);
    hospital_config(h);
    test_host_start(&h->host);
    struct reply r;
    test_post(h->host.url, NULL, "{\"from\":\"lab\",\"to\":\"ward-2a\",\"priority\":0}", &r);
    assert_int_equal(sscanf(r.body, "{\"id\":%ld", &job), 1);
    *state = h;
    return 0;
}

static int host_down(void **state)
{
    struct hospital_host *h = *state;
    test_host_stop(&h->host);
    test_folder_remove(h->host.folder);
    free(h);
    return 0;
}

static void every_verb_answers_in_both_languages(void **state)
{
    static const struct {
        const char *line;
        int code;
        const char *zh, *en;
    } step[] = {
        { "request lab ward-2a --item sample --quantity 2 --priority 0", 0, "已申请", "requested" },
        { "request store ward-2a --goods linen --return 240", 0, "已申请", "requested" },
        { "request store ward-2a --due 2020-01-01T00:00:00Z", 1, "该时间已过", "this time is past" },
        { "request store ward-2a --quantity many", 2, "请给出整数", "give a whole number" },
        { "job @", 0, "状态", "state" },
        { "job one", 2, "不是任务编号", "is not a job number" },
        { "job 999999", 1, "没有这个任务", "no such job" },
        { "why @", 0, "原因：", "why: " },
        { "why job @", 0, "没有可运送", "no robot in service" },
        { "count @ pickup 12", 0, "12 / -", "12 / -" },
        { "count @ delivery 12", 1, "尚未装车", "not on the robot yet" },
        { "discrepancies", 0, "清点", "counted" },
        { "jobs --limit 1 --state open", 0, "还有更多", "more: --after" },
        { "rounds", 0, "送餐", "Meals" },
        { "round meals", 0, "总数", "loads" },
        { "round beds", 0, "没有能运送它的机器人", "no robot takes it" },
        { "round none", 1, "没有这个轮次", "no such round" },
        { "stock", 0, "定额", "par" },
        { "stock ward-3a linen 3", 0, "补货任务", "top-up job" },
        { "stock ward-3b linen 3", 1, "未设此物品的定额", "no par level" },
        { "robots", 0, "1 号小车", "Robot 1" },
        { "elevators", 0, "1 号电梯", "Elevator 1" },
        { "health", 1, "异常", "failing" },
        { "fire on fire-L3", 0, "火警：fire-L3", "FIRE: fire-L3" },
        { "fire off fire-L3", 0, "市电：正常", "mains: on" },
        { "fire on attic", 1, "没有分区", "there is no zone" },
        { "mains lost", 0, "应急供电", "emergency power" },
        { "mains back", 0, "市电：正常", "mains: on" },
        { "isolate on ward-3c", 0, "隔离：ward-3c", "isolated: ward-3c" },
        { "isolate off ward-3c", 0, "市电", "mains" },
        { "elevator close E2", 0, "停用的电梯：E2", "closed elevators: E2" },
        { "elevator open E2", 0, "市电", "mains" },
        { "robot out R08", 0, "停用的机器人：R08", "robots out: R08" },
        { "robot in R08", 0, "市电", "mains" },
        { "robot isolation R07", 0, "隔离专用机器人：R07", "robots for isolation: R07" },
        { "robot normal R07", 0, "市电", "mains" },
        { "robot washed R07", 0, "市电", "mains" },
        { "lane close nowhere else", 1, "没有通道", "no lane" },
        { "modes", 0, "市电：正常", "mains: on" },
        { "dance", 2, "用法", "usage" },
        { "robot paint R01", 2, "用法", "usage" },
        { "jobs --colour red", 2, "没有这个选项", "no such option" },
    };
    for (int zh = 0; zh < 2; zh++) {
        setenv("LANG", zh ? "zh_CN.UTF-8" : "C.UTF-8", 1);
        for (size_t i = 0; i < COUNT_OF(step); i++) {
            int code = ctl(*state, step[i].line);
            const char *wanted = zh ? step[i].zh : step[i].en;
            if (code != step[i].code || !strstr(said, wanted))
                fail_msg("orderly ctl %s: code %d, wanted %d with '%s', said:\n%s", step[i].line, code, step[i].code,
                         wanted, said);
        }
    }
}

static void json_is_the_controllers_own_answer(void **state)
{
    struct reply r;
    test_get(((struct hospital_host *)*state)->host.url, "/api/v1/modes", &r);
    assert_int_equal(ctl(*state, "modes --json"), 0);
    assert_memory_equal(said, r.body, r.n);
    assert_int_equal(ctl(*state, "round none --json"), 1);
    assert_non_null(strstr(said, "\"status\":404"));
}

static void help_names_every_verb(void **state)
{
    assert_int_equal(ctl(*state, "--help"), 0);
    static const char *const verbs[] = { "jobs",     "why",   "request", "cancel", "count", "discrepancies",
                                         "rounds",   "stock", "modes",   "fire",   "mains", "isolate",
                                         "elevator", "lane",  "robot",   "watch" };
    for (size_t i = 0; i < COUNT_OF(verbs); i++) assert_non_null(strstr(said, verbs[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_answers_in_both_languages),
        cmocka_unit_test(json_is_the_controllers_own_answer),
        cmocka_unit_test(help_names_every_verb),
    };
    return cmocka_run_group_tests_name("ctl", tests, host_up, host_down);
}
