#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/child.h"
#include "common/err.h"

static char folder[] = "/tmp/orderly-test-child-XXXXXX";
static char log_path[128];

static int make_folder(void **state)
{
    if (!mkdtemp(folder)) return 1;
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    return 0;
}

static int remove_folder(void **state)
{
    unlink(log_path);
    return rmdir(folder);
}

static void shell(struct child *c, const char *script)
{
    child_init(c, "test", log_path);
    assert_true(child_arg(c, "/bin/sh") && child_arg(c, "-c") && child_arg(c, "%s", script));
}

static int wait_for(struct child *c)
{
    int status;
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    return status;
}

static void stdout_comes_through_the_pipe_and_stderr_goes_to_the_log(void **state)
{
    struct child c;
    char out[64] = "", err[64] = "";
    shell(&c, "echo hello; echo trouble >&2");
    c.want_out = true;
    assert_int_equal(child_start(&c, 0), ORD_OK);
    assert_true(WIFEXITED(wait_for(&c)));
    assert_true(read(c.out_fd, out, sizeof out - 1) > 0);
    assert_string_equal(out, "hello\n");
    FILE *f = fopen(log_path, "r");
    assert_non_null(f);
    assert_non_null(fgets(err, sizeof err, f));
    fclose(f);
    assert_string_equal(err, "trouble\n");
    child_close(&c);
}

static void a_program_that_is_not_there_ends_with_127(void **state)
{
    struct child c;
    child_init(&c, "test", log_path);
    assert_true(child_arg(&c, "/nowhere/program"));
    assert_int_equal(child_start(&c, 0), ORD_OK);
    assert_int_equal(WEXITSTATUS(wait_for(&c)), 127);
    child_close(&c);
}

static void a_log_that_cannot_be_written_is_an_error_and_nothing_runs(void **state)
{
    struct child c;
    child_init(&c, "test", "/nowhere/log");
    assert_true(child_arg(&c, "/bin/true"));
    assert_int_equal(child_start(&c, 0), ORD_EIO);
    assert_int_equal(c.pid, 0);
    child_close(&c);
}

static void pauses_grow_while_it_keeps_dying_and_start_over_after_a_good_run(void **state)
{
    static const ms_t want[] = { 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000 };
    struct child c;
    ms_t now = 0;
    child_init(&c, "test", log_path);
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        c.pid = 1;
        c.started_ms = now;
        child_ended(&c, now += 5);
        assert_int_equal(c.pid, 0);
        assert_int_equal(c.again_ms - now, want[i]);
        now = c.again_ms;
    }
    c.started_ms = now;
    child_ended(&c, now += 60000);
    assert_int_equal(c.again_ms - now, 100);
    child_close(&c);
}

static void a_flag_keeps_its_place_when_its_value_changes(void **state)
{
    struct child c;
    child_init(&c, "test", log_path);
    assert_true(child_arg(&c, "prog") && child_arg(&c, "--x") && child_arg(&c, "1.5") && child_arg(&c, "--y") &&
                child_arg(&c, "2"));
    child_set(&c, "--y", "-3.25");
    child_set(&c, "--z", "nothing");
    assert_int_equal(c.args, 5);
    assert_string_equal(c.arg[2], "1.5");
    assert_string_equal(c.arg[4], "-3.25");
    for (int i = c.args; i < CHILD_ARGS_MAX; i++) assert_true(child_arg(&c, "%d", i));
    assert_false(child_arg(&c, "one too many"));
    child_close(&c);
}

/* A parent that starts a child and is killed at once: the grandchild must not outlive it. */
static void a_child_ends_when_its_parent_is_killed(void **state)
{
    int pipe_fd[2];
    char text[32] = "";
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        struct child c;
        child_init(&c, "test", log_path);
        if (!child_arg(&c, "/bin/sleep") || !child_arg(&c, "60") || child_start(&c, 0)) _exit(1);
        dprintf(pipe_fd[1], "%d\n", (int)c.pid);
        for (;;) pause();
    }
    assert_true(read(pipe_fd[0], text, sizeof text - 1) > 0);
    pid_t grandchild = (pid_t)atoi(text);
    assert_true(grandchild > 0);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    int tries = 0;
    while (kill(grandchild, 0) == 0 && tries++ < 500) {
        char path[64], stat[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", (int)grandchild);
        FILE *f = fopen(path, "r");
        bool zombie = f && fgets(stat, sizeof stat, f) && strstr(stat, ") Z ");
        if (f) fclose(f);
        if (zombie) break; /* dead; whoever adopted it may take its time */
        usleep(10000);
    }
    assert_true(tries < 500);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stdout_comes_through_the_pipe_and_stderr_goes_to_the_log),
        cmocka_unit_test(a_program_that_is_not_there_ends_with_127),
        cmocka_unit_test(a_log_that_cannot_be_written_is_an_error_and_nothing_runs),
        cmocka_unit_test(pauses_grow_while_it_keeps_dying_and_start_over_after_a_good_run),
        cmocka_unit_test(a_flag_keeps_its_place_when_its_value_changes),
        cmocka_unit_test(a_child_ends_when_its_parent_is_killed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
