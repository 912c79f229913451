/* orderlyd - the controller daemon. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/units.h"
#include "edge/daemon.h"
#include "edge/log.h"

static bool speaks_chinese; /* asked before anything can crash: getenv is not for signal handlers */

static int complain(int err, const struct err_note *note)
{
    if (log_zh()) fprintf(stderr, "orderlyd: %s：%s：%s\n", err_zh(err), note->where, note->what);
    else fprintf(stderr, "orderlyd: %s: %s\n", note->where, note->what);
    return 1;
}

/* A broken assertion, or a library that ends the process because it got no memory (libuv and GEOS do): never without a
 * word. Only calls that are safe in a signal handler. */
static void on_crash(int number)
{
    static const char en[] =
        "orderlyd: ended by a broken assertion, a lack of memory or a fault of its own. What was accepted "
        "is in the journal; start it again and send the journal to the developers.\n";
    static const char zh[] =
        "orderlyd：因断言失败、内存不足或自身故障而终止。已接受的任务都在日志中；请重新启动，并把日志发给开发者。\n";
    ssize_t n = speaks_chinese ? write(STDERR_FILENO, zh, sizeof zh - 1) : write(STDERR_FILENO, en, sizeof en - 1);
    (void)n;
    raise(number); /* with its default effect: the handler is gone */
}

static void catch_crashes(void)
{
    static const int numbers[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    struct sigaction a = { .sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND };
    speaks_chinese = log_zh();
    for (size_t i = 0; i < COUNT_OF(numbers); i++) sigaction(numbers[i], &a, NULL);
}

static int check(const struct config *cfg)
{
    struct err_note note = { .where = "" };
    uint16_t robots;
    int err = daemon_check(cfg, &robots, &note);
    if (err) return complain(err, &note);
    printf(log_tr("site and fleet are in order: %u robots\n", "地图和车队文件无误：%u 台机器人\n"), (unsigned)robots);
    return 0;
}

int main(int argc, char **argv)
{
    struct config cfg;
    struct daemon *d;
    struct err_note note = { .where = "" };
    signal(SIGPIPE, SIG_IGN);
    catch_crashes();
    switch (config_parse(&cfg, argc, argv, stdout, stderr)) {
    case CONFIG_DONE: return 0;
    case CONFIG_WRONG: return 2;
    case CONFIG_RUN: break;
    }
    if (cfg.check_only) return check(&cfg);
    int err = daemon_open(&d, &cfg, &note);
    if (err) return complain(err, &note);
    daemon_catch_signals(d);
    printf(cfg.json ? "{\"url\":\"%s\",\"broker\":\"%s\"}\n" : "orderlyd ready %s broker %s\n", daemon_url(d),
           daemon_broker(d));
    fflush(stdout);
    daemon_run(d);
    daemon_close(d);
    return 0;
}
