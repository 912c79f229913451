/* cmd_up - `orderly up`: a whole hospital on this machine. Starts the controller (which starts its broker), one agent
 * per robot, plays the building itself, prints where the page is, keeps everything running, takes everything down. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "building.h"
#include "child.h"
#include "cli.h"
#include "client.h"
#include "common/rng.h"
#include "common/text.h"
#include "edge/broker_acl.h"

#define READY_MS 30000 /* the controller must be ready by then; a large map compiles for a while */
#define STOP_MS 5000   /* then SIGKILL */
#define PATH_SIZE 4096

struct up_options {
    const char *site, *fleet, *rounds, *data, *broker;
    long port, speed, jobs;
    bool building, robots, help;
};

struct up {
    struct up_options opt;
    char bin[PATH_SIZE], site_path[PATH_SIZE], fleet_path[PATH_SIZE], data[PATH_SIZE];
    bool data_made; /* ours to remove */
    struct site *site;
    struct fleet_spec *fleet;
    node_id *start;
    struct child daemon, *agent;
    struct building *building;
    struct client *client;
    char url[256], broker[256];
    char line[1024];
    size_t line_n; /* the daemon's stdout, up to its ready line */
    bool ready;
    uint64_t base_ns;
};

/* ---- signals and wake-ups come through one pipe ---- */
static int wake_pipe[2] = { -1, -1 };
static volatile sig_atomic_t stop_asked;

static void wake(void *ctx)
{
    ssize_t n = write(wake_pipe[1], "w", 1); /* a full pipe wakes as well */
    (void)n;
}

static void on_signal(int number)
{
    int saved = errno;
    if (number != SIGCHLD) stop_asked = 1;
    wake(NULL);
    errno = saved;
}

static int catch_signals(void)
{
    if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return ORD_EIO;
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
        sigaction(numbers[i], &a, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    return ORD_OK;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static ms_t wall_ms(const struct up *u) { return (ms_t)((now_ns() - u->base_ns) / 1000000u); }
static ms_t hospital_ms(const struct up *u)
{
    return (ms_t)((now_ns() - u->base_ns) / 1000u * (uint64_t)u->opt.speed / 1000u);
}

/* ---- the command line ---- */
static void usage(FILE *f)
{
    fputs(
        "用法 usage: orderly up [--site SITE] [--fleet FLEET] [--port 8080] [--data DIR] [--speed N] [--auto "
        "JOBS_PER_HOUR]\n"
        "                       [--broker tcp://HOST:PORT] [--no-building] [--no-robots]\n\n"
        "在本机运行整座医院：消息服务、控制器、楼宇（电梯和门）、每台机器人一个进程、网页。\n"
        "Runs a whole hospital here: broker, controller, building (elevators, doors), a process per robot, the "
        "page.\n\n"
        "  --site FILE    地图，默认为自带的演示医院          the map; the demo hospital that comes along if not "
        "given\n"
        "  --fleet FILE   车队，默认为地图旁的 .fleet.json    the fleet; the .fleet.json beside the map if not given\n"
        "  --rounds FILE  每周轮次和库存定额                  rounds of the week and par levels\n"
        "  --port N       网页端口，0 为任意空闲端口          port of the page; 0: any free one\n"
        "  --data DIR     保留日志以便下次继续；否则用临时目录  keep the journal and go on from it; else a temporary "
        "folder\n"
        "  --speed N      时钟加速 1..100                     a faster clock\n"
        "  --auto N       每小时随机产生 N 个任务             N random requests an hour (of hospital time)\n"
        "  --broker URI   使用已有的 MQTT 服务                an MQTT broker of your own\n"
        "  --no-building  不模拟电梯和门                      leave elevators and doors to somebody else\n"
        "  --no-robots    不启动仿真机器人，由真实或第三方机器人连接  start no robots: real ones, or those of others, "
        "connect\n",
        f);
}

static bool number(const char *s, long lo, long hi, long *v)
{
    char *end;
    errno = 0;
    *v = strtol(s, &end, 10);
    return *s && !*end && errno == 0 && *v >= lo && *v <= hi;
}

static int parse(int argc, char **argv, struct up_options *o)
{
    *o = (struct up_options){ .port = 8080, .speed = 1, .building = true, .robots = true };
    for (int i = 1; i < argc; i++) {
        const char *flag = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        bool ok = true;
        if (strcmp(flag, "--no-building") == 0) {
            o->building = false;
            continue;
        }
        if (strcmp(flag, "--no-robots") == 0) {
            o->robots = false;
            continue;
        }
        if (strcmp(flag, "--help") == 0) {
            o->help = true;
            return 0;
        }
        if (v && strcmp(flag, "--site") == 0) o->site = v;
        else if (v && strcmp(flag, "--fleet") == 0) o->fleet = v;
        else if (v && strcmp(flag, "--rounds") == 0) o->rounds = v;
        else if (v && strcmp(flag, "--data") == 0) o->data = v;
        else if (v && strcmp(flag, "--broker") == 0) o->broker = v;
        else if (v && strcmp(flag, "--port") == 0) ok = number(v, 0, 65535, &o->port);
        else if (v && strcmp(flag, "--speed") == 0) ok = number(v, 1, 100, &o->speed);
        else if (v && strcmp(flag, "--auto") == 0) ok = number(v, 0, 100000, &o->jobs);
        else {
            fprintf(
                stderr,
                "orderly up: 不认识或缺少值的参数 '%s' / '%s' is unknown or lacks its value; see orderly up --help\n",
                flag, flag);
            return 2;
        }
        if (!ok) {
            fprintf(stderr, "orderly up: %s 的值 '%s' 无效 / %s: '%s' is not a usable value\n", flag, v, flag, v);
            return 2;
        }
        i++;
    }
    return 0;
}

/* ---- files ---- */
static int find_bin(struct up *u, struct err_note *note)
{
    ssize_t n = readlink("/proc/self/exe", u->bin, sizeof u->bin - 1);
    if (n <= 0) return err_at(note, ORD_EIO, "/proc/self/exe", "cannot be read: %s", strerror(errno));
    u->bin[n] = 0;
    char *slash = strrchr(u->bin, '/');
    if (slash) *slash = 0;
    return ORD_OK;
}

static bool path_of(char *out, const char *fmt, const char *dir, const char *name)
{
    int n = snprintf(out, PATH_SIZE, fmt, dir, name);
    return n > 0 && n < PATH_SIZE && access(out, R_OK) == 0;
}

static int find_files(struct up *u, struct err_note *note)
{
    const char *demo = "demo.site.json";
    if (u->opt.site) text_copy(u->site_path, sizeof u->site_path, u->opt.site);
    else if (!path_of(u->site_path, "%s/%s", "maps/sites", demo) &&
             !path_of(u->site_path, "%s/../../../maps/sites/%s", u->bin, demo) &&
             !path_of(u->site_path, "%s/%s", "/usr/share/orderly/sites", demo))
        return err_at(note, ORD_ENOTFOUND, demo,
                      "the demo hospital is not in ./maps/sites, beside the build or in /usr/share/orderly/sites; "
                      "name a map with --site");
    if (u->opt.fleet) {
        text_copy(u->fleet_path, sizeof u->fleet_path, u->opt.fleet);
        return ORD_OK;
    }
    size_t n = strlen(u->site_path), tail = strlen(".site.json");
    if (n <= tail || strcmp(u->site_path + n - tail, ".site.json") != 0) return ORD_OK;
    char stem[PATH_SIZE];
    text_copy(stem, n - tail + 1, u->site_path);
    if (!path_of(u->fleet_path, "%s%s", stem, ".fleet.json")) u->fleet_path[0] = 0;
    return ORD_OK;
}

static int make_data(struct up *u, struct err_note *note)
{
    if (u->opt.data) {
        text_copy(u->data, sizeof u->data, u->opt.data);
        if (mkdir(u->data, 0755) != 0 && errno != EEXIST)
            return err_at(note, ORD_EIO, u->data, "cannot be made: %s", strerror(errno));
        return ORD_OK;
    }
    const char *tmp = getenv("TMPDIR");
    snprintf(u->data, sizeof u->data, "%s/orderly-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(u->data)) return err_at(note, ORD_EIO, u->data, "cannot be made: %s", strerror(errno));
    u->data_made = true;
    return ORD_OK;
}

/* No fleet file anywhere: the built-in robots, written down so that the controller reads the same. */
static int write_fleet(struct up *u, struct err_note *note)
{
    int err = fleet_spec_default(4, &u->fleet);
    snprintf(u->fleet_path, sizeof u->fleet_path, "%.4000s/up.fleet.json", u->data);
    FILE *f = err ? NULL : fopen(u->fleet_path, "w");
    if (!f) return err_at(note, err ? err : ORD_EIO, u->fleet_path, "cannot be written: %s", strerror(errno));
    err = fleet_spec_write(u->fleet, f);
    if (fclose(f) != 0) err = ORD_EIO;
    return err ? err_at(note, err, u->fleet_path, "cannot be written") : ORD_OK;
}

static int load(struct up *u, struct err_note *note)
{
    int err = find_bin(u, note);
    if (!err) err = find_files(u, note);
    if (!err) err = site_open(u->site_path, &u->site, note);
    if (!err) err = make_data(u, note);
    if (!err) err = u->fleet_path[0] ? fleet_spec_open(u->fleet_path, &u->fleet, note) : write_fleet(u, note);
    if (!err) err = site_compile(u->site, u->fleet->classes, u->fleet->cls, note);
    if (err) return err;
    u->start = calloc(u->fleet->robots, sizeof *u->start);
    u->agent = calloc(u->fleet->robots, sizeof *u->agent);
    if (!u->start || !u->agent) return err_at(note, ORD_EMEMORY, "orderly up", "%s", err_en(ORD_EMEMORY));
    for (uint16_t r = 0; r < u->fleet->robots; r++) child_init(&u->agent[r], u->fleet->robot[r].id, "/dev/null");
    return fleet_spec_place(u->fleet, u->site, u->start, note);
}

/* ---- the programs ---- */
static int start_daemon(struct up *u, struct err_note *note)
{
    char log[PATH_SIZE + 32];
    snprintf(log, sizeof log, "%s/orderlyd.log", u->data);
    child_init(&u->daemon, "orderlyd", log);
    u->daemon.want_out = true;
    bool ok = child_arg(&u->daemon, "%s/orderlyd", u->bin);
    const char *const pair[][2] = { { "--site", u->site_path }, { "--fleet", u->fleet_path }, { "--data", u->data } };
    for (size_t i = 0; i < COUNT_OF(pair); i++)
        ok = ok && child_arg(&u->daemon, "%s", pair[i][0]) && child_arg(&u->daemon, "%s", pair[i][1]);
    ok = ok && child_arg(&u->daemon, "--listen") && child_arg(&u->daemon, "127.0.0.1:%ld", u->opt.port);
    ok = ok && child_arg(&u->daemon, "--clock") && child_arg(&u->daemon, "%ld", u->opt.speed);
    if (u->opt.rounds) ok = ok && child_arg(&u->daemon, "--rounds") && child_arg(&u->daemon, "%s", u->opt.rounds);
    if (u->opt.broker) ok = ok && child_arg(&u->daemon, "--broker") && child_arg(&u->daemon, "%s", u->opt.broker);
    if (!ok) return err_at(note, ORD_EMEMORY, "orderlyd", "%s", err_en(ORD_EMEMORY));
    if (child_start(&u->daemon, wall_ms(u)))
        return err_at(note, ORD_EIO, "orderlyd", "cannot be started: %s", strerror(errno));
    return ORD_OK;
}

/* Metres with three decimals, exact. */
static bool arg_milli(struct child *c, const char *flag, int64_t milli)
{
    char buf[32];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_milli(&t, milli);
    return child_arg(c, "%s", flag) && child_arg(c, "%s", buf);
}

static bool arg_text(struct child *c, const char *flag, const char *value)
{
    return child_arg(c, "%s", flag) && child_arg(c, "%s", value);
}

/* The private broker wants one. */
static bool agent_password(const struct up *u, struct child *c, const struct fleet_robot *f)
{
    char user[BROKER_USER_MAX];
    if (u->opt.broker) return true;
    broker_robot_user(f, user);
    return arg_text(c, "--username", user) && child_arg(c, "--password-file") &&
           child_arg(c, "%s/broker/passwords/%s", u->data, user);
}

static bool agent_args(struct up *u, uint16_t r)
{
    struct child *c = &u->agent[r];
    const struct fleet_robot *f = &u->fleet->robot[r];
    const struct robot_class *k = &u->fleet->cls[f->cls];
    const struct site_node *n = &u->site->node[u->start[r]];
    return child_arg(c, "%s/orderly-agent", u->bin) && arg_text(c, "--broker", u->broker) &&
           arg_text(c, "--manufacturer", f->manufacturer) && arg_text(c, "--serial", f->serial) &&
           arg_text(c, "--interface", f->interface_name) && arg_text(c, "--version", f->version) &&
           arg_text(c, "--node", n->id) && arg_text(c, "--map", u->site->level[n->level].id) &&
           arg_milli(c, "--x", n->x_mm) && arg_milli(c, "--y", n->y_mm) && arg_milli(c, "--theta", 0) &&
           child_arg(c, "--speed-mm-s") && child_arg(c, "%d", k->speed_mm_s) && child_arg(c, "--accel") &&
           child_arg(c, "%d", k->accel_mm_s2) && child_arg(c, "--turn") && child_arg(c, "%d", k->turn_mrad_s) &&
           child_arg(c, "--settle-ms") && child_arg(c, "%lld", (long long)k->turn_settle_ms) &&
           arg_milli(c, "--width", k->width_mm) && arg_milli(c, "--length", k->length_mm) &&
           arg_milli(c, "--payload", k->payload_g ? k->payload_g : 100000) && arg_milli(c, "--pick-s", k->pick_ms) &&
           arg_milli(c, "--drop-s", k->drop_ms) && child_arg(c, "--clock") && child_arg(c, "%ld", u->opt.speed) &&
           agent_password(u, c, f);
}

static int start_agents(struct up *u, struct err_note *note)
{
    char log[PATH_SIZE + 64];
    if (u->opt.data) client_places(u->url, u->site, u->fleet, u->start); /* a kept journal: go on where they stood */
    for (uint16_t r = 0; r < u->fleet->robots; r++) {
        snprintf(log, sizeof log, "%s/agent-%s.log", u->data, u->fleet->robot[r].id);
        child_init(&u->agent[r], u->fleet->robot[r].id, log);
        if (!agent_args(u, r)) return err_at(note, ORD_EMEMORY, u->agent[r].name, "%s", err_en(ORD_EMEMORY));
        if (child_start(&u->agent[r], wall_ms(u)))
            return err_at(note, ORD_EIO, u->agent[r].name, "cannot be started: %s", strerror(errno));
    }
    return ORD_OK;
}

/* A robot that comes back stands where the controller last saw it, not where it first started. */
static void restart_agent(struct up *u, uint16_t r)
{
    char buf[32];
    struct text t;
    client_places(u->url, u->site, u->fleet, u->start);
    const struct site_node *n = &u->site->node[u->start[r]];
    child_set(&u->agent[r], "--node", n->id);
    child_set(&u->agent[r], "--map", u->site->level[n->level].id);
    for (int i = 0; i < 2; i++) {
        text_init(&t, buf, sizeof buf);
        text_milli(&t, i ? n->y_mm : n->x_mm);
        child_set(&u->agent[r], i ? "--y" : "--x", buf);
    }
    child_start(&u->agent[r], wall_ms(u));
}

/* ---- what people see ---- */
static void example_stations(const struct site *s, const char **from, const char **to)
{
    station_id a = 0, b = s->stations > 1 ? 1 : 0;
    for (station_id i = 0; i < s->stations; i++)
        if (s->station[i].kind == STATION_PHARMACY) a = i;
    for (station_id i = 0; i < s->stations; i++)
        if (s->station[i].kind == STATION_WARD &&
            s->node[s->station[i].node].level != s->node[s->station[a].node].level)
            b = i;
    *from = s->stations ? s->station[a].id : "A";
    *to = s->stations ? s->station[b].id : "B";
}

static void welcome(const struct up *u)
{
    const char *from, *to;
    example_stations(u->site, &from, &to);
    printf("\n井然 %s 已启动：%u 台机器人，%u 部电梯。\nOrderly is running: %u robots, %u elevators.\n\n",
           u->site->name.zh, u->fleet->robots, u->site->elevators, u->fleet->robots, u->site->elevators);
    printf("  网页 page     %s\n  数据 data     %s%s\n\n", u->url, u->data,
           u->data_made ? "  （退出时删除，--data 可保留 / removed at the end, keep it with --data）" : "");
    printf("  申请一次送货 request a delivery:\n    curl -H 'Content-Type: application/json' -d "
           "'{\"from\":\"%s\",\"to\":\"%s\"}' "
           "%s/api/v1/jobs\n\n  未设登录，仅限本机 no login, for this machine only\n  按 Ctrl-C 停止 Ctrl-C stops "
           "everything\n",
           from, to, u->url);
    fflush(stdout);
}

/* The controller said in its log why it cannot start: its last line is what the person needs. */
static void show_log_tail(const char *path)
{
    char buf[2048];
    FILE *f = fopen(path, "r");
    if (!f) return;
    if (fseek(f, 0, SEEK_END) == 0) {
        long size = ftell(f), want = (long)sizeof buf - 1;
        if (fseek(f, size > want ? size - want : 0, SEEK_SET) != 0) rewind(f);
    }
    size_t n = fread(buf, 1, sizeof buf - 1, f);
    fclose(f);
    while (n > 0 && buf[n - 1] == '\n') n--;
    buf[n] = 0;
    char *last = strrchr(buf, '\n');
    fprintf(stderr, "%s\n", last ? last + 1 : buf);
}

/* ---- running ---- */
/* The daemon's stdout: one line when it is ready, also after a restart (then nothing changes: it keeps its ports). */
static void read_ready(struct up *u)
{
    ssize_t n = read(u->daemon.out_fd, u->line + u->line_n, sizeof u->line - 1 - u->line_n);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        close(u->daemon.out_fd);
        u->daemon.out_fd = -1;
        u->line_n = 0;
        return;
    }
    u->line_n += (size_t)n;
    u->line[u->line_n] = 0;
    if (!strchr(u->line, '\n') && u->line_n < sizeof u->line - 1) return;
    if (sscanf(u->line, "orderlyd ready %255s broker %255s", u->url, u->broker) == 2) u->ready = true;
    u->line_n = 0;
}

static void collect_children(struct up *u)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct child *c = pid == u->daemon.pid ? &u->daemon : NULL;
        for (uint16_t r = 0; !c && r < u->fleet->robots; r++)
            if (u->agent[r].pid == pid) c = &u->agent[r];
        if (!c) continue;
        child_ended(c, wall_ms(u));
        if (stop_asked || !u->ready) continue;
        char how[48];
        if (WIFSIGNALED(status)) snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
        else snprintf(how, sizeof how, "exit %d", WEXITSTATUS(status));
        fprintf(stderr,
                "orderly up: %s 已停止（%s），%lld 毫秒后重启；日志 %s / %s stopped (%s), starts again in %lld ms; its "
                "log is %s\n",
                c->name, how, (long long)c->pause_ms, c->log, c->name, how, (long long)c->pause_ms, c->log);
    }
}

static ms_t restart_due(struct up *u)
{
    ms_t now = wall_ms(u), next = MS_NEVER;
    if (u->daemon.again_ms <= now) {
        char listen[320];
        snprintf(listen, sizeof listen, "%s", u->url + strlen("http://")); /* the port people have in their browsers */
        listen[strcspn(listen, "/")] = 0;
        child_set(&u->daemon, "--listen", listen);
        if (child_start(&u->daemon, now)) child_ended(&u->daemon, now);
    }
    next = ms_min(next, u->daemon.again_ms);
    for (uint16_t r = 0; r < u->fleet->robots; r++) {
        if (u->agent[r].again_ms <= now) {
            restart_agent(u, r);
            if (!u->agent[r].pid) child_ended(&u->agent[r], now);
        }
        next = ms_min(next, u->agent[r].again_ms);
    }
    return next;
}

static int wait_ready(struct up *u, struct err_note *note)
{
    while (!u->ready && !stop_asked) {
        char drain[256];
        int fds[] = { wake_pipe[0], u->daemon.out_fd };
        ms_t left = READY_MS - wall_ms(u);
        if (left <= 0)
            return err_at(note, ORD_EIO, "orderlyd", "was not ready after %d s; its log is %s", READY_MS / 1000,
                          u->daemon.log);
        client_wait(u->client, fds, u->daemon.out_fd >= 0 ? 2 : 1, (int)ms_min(left, 200));
        while (read(wake_pipe[0], drain, sizeof drain) > 0) {}
        if (u->daemon.out_fd >= 0) read_ready(u);
        collect_children(u);
        if (!u->ready && u->daemon.pid == 0) {
            show_log_tail(u->daemon.log);
            return err_at(note, ORD_EIO, "orderlyd", "could not start");
        }
    }
    return ORD_OK;
}

static void run(struct up *u)
{
    while (!stop_asked) {
        char drain[256];
        ms_t restart = restart_due(u), now = hospital_ms(u);
        if (u->building) building_step(u->building, now);
        client_step(u->client, now);
        ms_t due = ms_min(u->building ? building_deadline(u->building) : MS_NEVER, client_deadline(u->client));
        ms_t wait = due == MS_NEVER ? 1000 : ms_max(0, (due - hospital_ms(u) + u->opt.speed - 1) / u->opt.speed);
        if (restart != MS_NEVER) wait = ms_min(wait, ms_max(0, restart - wall_ms(u)));
        int fds[] = { wake_pipe[0], u->daemon.out_fd };
        client_wait(u->client, fds, u->daemon.out_fd >= 0 ? 2 : 1, (int)ms_min(ms_max(wait, 1), 1000));
        while (read(wake_pipe[0], drain, sizeof drain) > 0) {}
        if (u->daemon.out_fd >= 0) read_ready(u);
        collect_children(u);
    }
}

static bool agents_left(const struct up *u)
{
    for (uint16_t r = 0; r < u->fleet->robots; r++)
        if (u->agent[r].pid > 0) return true;
    return false;
}

static void signal_agents(const struct up *u, int number)
{
    for (uint16_t r = 0; r < u->fleet->robots; r++)
        if (u->agent[r].pid > 0) kill(u->agent[r].pid, number);
}

/* Robots first: they say that they go offline while there is still a broker to say it to. */
static void stop_children(struct up *u)
{
    const struct timespec pause = { 0, 10000000 };
    if (!u->fleet || !u->agent) return;
    stop_asked = 1;
    ms_t until = wall_ms(u) + STOP_MS;
    signal_agents(u, SIGTERM);
    while (agents_left(u)) {
        if (wall_ms(u) > until) signal_agents(u, SIGKILL);
        nanosleep(&pause, NULL);
        collect_children(u);
    }
    until = wall_ms(u) + STOP_MS;
    if (u->daemon.pid > 0) kill(u->daemon.pid, SIGTERM);
    while (u->daemon.pid > 0) {
        if (wall_ms(u) > until) kill(u->daemon.pid, SIGKILL);
        nanosleep(&pause, NULL);
        collect_children(u);
    }
}

/* Only files this program and the controller have put there, and only in a folder made for this run. */
static void remove_tree(const char *path)
{
    char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, (char[]){ "--" }, strdup(path), NULL };
    pid_t pid = argv[3] ? fork() : -1;
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    if (pid > 0) waitpid(pid, NULL, 0);
    free(argv[3]);
}

static void close_up(struct up *u)
{
    stop_children(u);
    building_close(u->building);
    client_close(u->client);
    if (u->agent)
        for (uint16_t r = 0; r < u->fleet->robots; r++) child_close(&u->agent[r]);
    child_close(&u->daemon);
    free(u->agent);
    free(u->start);
    site_close(u->site);
    fleet_spec_close(u->fleet);
    if (u->data_made) remove_tree(u->data);
}

static int start_building(struct up *u, struct err_note *note)
{
    char memory[PATH_SIZE + 32];
    snprintf(memory, sizeof memory, "%s/building.state", u->data);
    char password[BROKER_PASSWORD_MAX], path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/broker/passwords/%s", u->data, BROKER_BUILDING);
    int err = u->opt.broker ? ORD_OK : broker_password(path, password, note);
    if (err) return err;
    struct building_config cfg = {
        .site = u->site, .broker = u->broker, .memory = memory, .clock = (int32_t)u->opt.speed, .wake = wake
    };
    if (!u->opt.broker) {
        cfg.username = BROKER_BUILDING;
        cfg.password = password;
    }
    return building_open(&u->building, &cfg, note);
}

static int go(struct up *u, struct err_note *note)
{
    struct rng seed = rng_stream(now_ns(), "auto");
    int err = load(u, note);
    /* The poll loop is the client's, so it is there first; who asks, and where, comes when that is known. */
    if (!err) err = client_open(&u->client, "", u->site, 0, 0);
    if (!err) err = start_daemon(u, note);
    if (!err) err = wait_ready(u, note);
    if (err || stop_asked) return err;
    client_close(u->client);
    u->client = NULL;
    err = client_open(&u->client, u->url, u->site, (int32_t)u->opt.jobs, rng_u64(&seed));
    if (!err && u->opt.building) err = start_building(u, note);
    if (!err && u->opt.robots) err = start_agents(u, note);
    if (err) return err;
    welcome(u);
    run(u);
    return ORD_OK;
}

int cmd_up(int argc, char **argv)
{
    struct up *u = calloc(1, sizeof *u);
    struct err_note note = { "orderly up", "" };
    if (!u) return 1;
    u->base_ns = now_ns();
    u->daemon.out_fd = -1;
    int bad = parse(argc, argv, &u->opt);
    if (bad || u->opt.help) {
        usage(bad ? stderr : stdout);
        free(u);
        return bad;
    }
    int err = catch_signals();
    if (!err) err = go(u, &note);
    if (err) fprintf(stderr, "orderly up: %s: %s\n", note.where, note.what[0] ? note.what : err_en(err));
    else fputs("\n井然已停止 Orderly has stopped\n", stdout);
    close_up(u);
    free(u);
    return err ? 1 : 0;
}
