#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/err.h"
#include "common/text.h"

#define GOOD_RUN_MS 10000
#define PAUSE_FIRST_MS 100
#define PAUSE_MOST_MS 10000

void child_init(struct child *c, const char *name, const char *log)
{
    memset(c, 0, sizeof *c);
    text_copy(c->name, sizeof c->name, name);
    text_copy(c->log, sizeof c->log, log);
    c->out_fd = -1;
    c->again_ms = MS_NEVER;
}

bool child_arg(struct child *c, const char *fmt, ...)
{
    va_list ap;
    char *s = NULL;
    if (c->args == CHILD_ARGS_MAX) return false;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0) return false;
    c->arg[c->args++] = s;
    return true;
}

void child_set(struct child *c, const char *flag, const char *value)
{
    for (int i = 1; i + 1 < c->args; i++) {
        if (strcmp(c->arg[i], flag) != 0) continue;
        char *s = strdup(value);
        if (!s) return;
        free(c->arg[i + 1]);
        c->arg[i + 1] = s;
    }
}

/* Between fork and exec of a process with threads: only calls that are safe in a signal handler. */
static void become(const struct child *c, pid_t parent, int log_fd, int out_fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127); /* it died between fork and prctl */
    setpgid(0, 0);                       /* Ctrl-C reaches us, we stop the children in order */
    if (log_fd >= 0) dup2(log_fd, STDERR_FILENO);
    if (out_fd >= 0 || log_fd >= 0) dup2(out_fd >= 0 ? out_fd : log_fd, STDOUT_FILENO);
    execv(c->arg[0], c->arg);
    _exit(127);
}

int child_start(struct child *c, ms_t now_ms)
{
    int out[2] = { -1, -1 };
    pid_t parent = getpid();
    if (c->want_out && pipe2(out, O_CLOEXEC) != 0) return ORD_EIO;
    if (c->want_out) fcntl(out[0], F_SETFL, O_NONBLOCK);
    int log_fd = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    pid_t pid = log_fd < 0 ? -1 : fork();
    if (pid == 0) become(c, parent, log_fd, out[1]);
    int why = errno;
    if (log_fd >= 0) close(log_fd);
    if (out[1] >= 0) close(out[1]);
    if (pid < 0) {
        if (out[0] >= 0) close(out[0]);
        errno = why;
        return ORD_EIO;
    }
    if (c->out_fd >= 0) close(c->out_fd);
    c->out_fd = out[0];
    c->pid = pid;
    c->started_ms = now_ms;
    c->again_ms = MS_NEVER;
    return ORD_OK;
}

void child_ended(struct child *c, ms_t now_ms)
{
    bool good = now_ms - c->started_ms >= GOOD_RUN_MS;
    c->pid = 0;
    c->pause_ms = good || c->pause_ms == 0 ? PAUSE_FIRST_MS : ms_min(2 * c->pause_ms, PAUSE_MOST_MS);
    c->again_ms = now_ms + c->pause_ms;
    c->restarts++;
}

void child_close(struct child *c)
{
    for (int i = 0; i < c->args; i++) free(c->arg[i]);
    if (c->out_fd >= 0) close(c->out_fd);
    c->args = 0;
    c->out_fd = -1;
}
