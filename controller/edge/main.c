/* orderlyd - the controller daemon. */
#include <signal.h>
#include <stdio.h>

#include "edge/daemon.h"
#include "edge/log.h"

static int complain(int err, const struct err_note *note)
{
    if (log_zh()) fprintf(stderr, "orderlyd: %s：%s：%s\n", err_zh(err), note->where, note->what);
    else fprintf(stderr, "orderlyd: %s: %s\n", note->where, note->what);
    return 1;
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
