/* cmd_sim - `orderly sim run`, `orderly sim replay`, and the presets: `orderly sim demand`, `orderly sim rounds`. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "experiment.h"
#include "preset.h"
#include "report.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_BROKEN };

struct options {
    const char *site, *fleet, *rounds, *demand, *trace, *journal;
    const struct experiment *experiment;
    long robots;
    int64_t seed_first, seed_last;
    bool seeds, json;
    struct sim_config cfg;
};

static const char *say(const char *zh, const char *en) { return sim_say(zh, en); }

static void usage_run(FILE *f)
{
    fputs(
        say("用法：orderly sim run --experiment 名称 [选项]\n"
            "      orderly sim run --site 地图 [--fleet 车队 | --robots N] [--rounds 时刻表] [--demand 需求] [选项]\n"
            "      orderly sim replay 日志 [--json]\n"
            "      orderly sim history 日志             打印其中的申请（CSV），供 orderly plan forecast 使用\n"
            "      orderly sim demand|rounds --preset h500|h1500|...   打印内置的需求或时刻表\n\n"
            "  --dispatch tours|nearest   派车：路线规划，或最近的空闲机器人\n"
            "  --arbiter planned|first-come  电梯：按计划，或先到先得\n"
            "  --traffic full|no-reorder|no-switch|no-homes|no-guidance|sipp  去掉交通规划的一部分，用于对比\n"
            "  --charging tariff|low  何时充电：按电价时段，或只在电量低时\n"
            "  --start HH:MM       从一天的几点开始（默认 00:00；用于实验、时刻表和需求文件）\n"
            "  --no-oracle         不裁判，用于测量裁判的代价\n"
            "  --jobs-per-hour J   每小时任务数（默认 30）      --hours H        需求持续小时数（默认 1，实验为 24）\n"
            "  --orders-per-robot K  每台机器人 K 个任务，始终有活干，全部送达后结束（代替上面两项）\n"
            "  --seed K            随机种子（默认 1）           --seeds A..B     依次运行多个种子\n"
            "  --loss P            消息丢失概率 0..1            --duplicate P    消息重复概率 0..1\n"
            "  --delay-ms A..B     消息延迟（默认 20）          --codec          每条消息都经过 JSON 编解码\n"
            "  --check             每步检查内部不变量           --trace 文件     写出 JSONL 轨迹（docs/trace.md）\n"
            "  --journal 文件      写出可重放的日志             --json           输出 JSON\n"
            "  --heartbeat-ms N    机器人状态周期（300000；网络有故障时 1000）\n\n",
            "usage: orderly sim run --experiment NAME [OPTIONS]\n"
            "       orderly sim run --site SITE [--fleet FLEET | --robots N] [--rounds ROUNDS] [--demand DEMAND] "
            "[OPTIONS]\n"
            "       orderly sim replay JOURNAL [--json]\n"
            "       orderly sim history JOURNAL          its requests as CSV, for orderly plan forecast\n"
            "       orderly sim demand|rounds --preset h500|h1500|...   print what is built in\n\n"
            "  --dispatch tours|nearest   how robots are given work: tours, or the nearest free robot\n"
            "  --arbiter planned|first-come  how elevators are given: by plan, or to who is there first\n"
            "  --traffic full|no-reorder|no-switch|no-homes|no-guidance|sipp  leave a part of the planner out\n"
            "  --charging tariff|low  when robots charge: by the price of the hour, or only when their batteries are "
            "low\n"
            "  --start HH:MM       time of day at which it begins (00:00; experiments, rounds, demand files)\n"
            "  --no-oracle         nobody judges: to see what judging costs\n"
            "  --jobs-per-hour J   requests an hour (30)             --hours H        how long people ask (1; "
            "experiments 24)\n"
            "  --orders-per-robot K  K requests per robot, work for all at any time, until all are delivered "
            "(instead of the above)\n"
            "  --seed K            random seed (1)                   --seeds A..B     run each of these seeds\n"
            "  --loss P            share of messages lost, 0..1      --duplicate P    share repeated, 0..1\n"
            "  --delay-ms A..B     delay of each message (20)        --codec          every message through its JSON "
            "form\n"
            "  --check             check all invariants every step   --trace FILE     write JSON lines "
            "(docs/trace.md)\n"
            "  --journal FILE      write a journal to replay         --json           print JSON\n"
            "  --heartbeat-ms N    period of robots' states (300000; 1000 when the network has faults)\n\n"),
        f);
}

static void usage(FILE *f)
{
    usage_run(f);
    fputs(say("实验：\n", "experiments:\n"), f);
    for (size_t i = 0; i < experiments_count; i++)
        fprintf(f, "  %-16s %s\n", experiments[i].name, say(experiments[i].zh, experiments[i].en));
    fputs(say("\n退出码：0 完成，1 失败，2 命令行错误，3 有规则被违反或任务未完成\n",
              "\nexit codes: 0 done, 1 it failed, 2 wrong command line, 3 rules were broken or jobs not done\n"),
          f);
}

static int complain(const struct err_note *n)
{
    fprintf(stderr, "orderly sim: %s: %s\n", n->where, n->what);
    return EXIT_FAILED;
}

/* ---- the command line ---- */
static bool read_number(const char *s, double lo, double hi, double *v)
{
    char *end;
    errno = 0;
    *v = strtod(s, &end);
    return *s && !*end && errno == 0 && *v >= lo && *v <= hi; /* a NaN is in no range */
}

static bool read_whole(const char *s, int64_t lo, int64_t hi, int64_t *v)
{
    char *end;
    errno = 0;
    *v = strtoll(s, &end, 10);
    return *s && !*end && errno == 0 && *v >= lo && *v <= hi;
}

/* "A" or "A..B" */
static bool read_range(const char *s, int64_t lo, int64_t hi, int64_t *a, int64_t *b)
{
    char first[32];
    const char *dots = strstr(s, "..");
    if (!dots) return read_whole(s, lo, hi, a) && ((*b = *a), true);
    if ((size_t)(dots - s) >= sizeof first) return false;
    memcpy(first, s, (size_t)(dots - s));
    first[dots - s] = 0;
    return read_whole(first, lo, hi, a) && read_whole(dots + 2, *a, hi, b);
}

static bool read_share(const char *s, uint32_t *ppm)
{
    double v;
    if (!read_number(s, 0, 1, &v)) return false;
    *ppm = (uint32_t)(v * 1e6 + 0.5);
    return true;
}

/* "HH:MM" */
static bool read_time(const char *s, ms_t *out)
{
    int64_t hour, minute;
    char text[6] = "";
    if (strlen(s) != 5 || s[2] != ':') return false;
    memcpy(text, s, 6);
    text[2] = 0;
    if (!read_whole(text, 0, 23, &hour) || !read_whole(text + 3, 0, 59, &minute)) return false;
    *out = hour * MS_HOUR + minute * MS_MINUTE;
    return true;
}

static bool read_word(const char *s, const char *const *words, int n, int *out)
{
    for (*out = 0; *out < n; (*out)++)
        if (strcmp(words[*out], s) == 0) return true;
    return false;
}

/* A flag without value: true when it was one. */
static bool take_flag(struct options *o, const char *flag)
{
    if (strcmp(flag, "--json") == 0) o->json = true;
    else if (strcmp(flag, "--codec") == 0) o->cfg.codec = true;
    else if (strcmp(flag, "--check") == 0) o->cfg.check = true;
    else if (strcmp(flag, "--no-oracle") == 0) o->cfg.no_oracle = true;
    else return false;
    return true;
}

/* What the run is made of: 1 taken, 0 no such flag, -1 its value is wrong. */
static int take_set(struct options *o, const char *flag, const char *v)
{
    int word = 0;
    bool ok = true;
    if (strcmp(flag, "--site") == 0) o->site = v;
    else if (strcmp(flag, "--fleet") == 0) o->fleet = v;
    else if (strcmp(flag, "--rounds") == 0) o->rounds = v;
    else if (strcmp(flag, "--demand") == 0) o->demand = v;
    else if (strcmp(flag, "--trace") == 0) o->trace = v;
    else if (strcmp(flag, "--journal") == 0) o->journal = v;
    else if (strcmp(flag, "--experiment") == 0) ok = (o->experiment = experiment_named(v)) != NULL;
    else if (strcmp(flag, "--start") == 0) ok = read_time(v, &o->cfg.start_ms);
    else if (strcmp(flag, "--dispatch") == 0) {
        ok = read_word(v, dispatch_policy_name, DISPATCH_COUNT, &word);
        o->cfg.dispatch = (enum dispatch_policy)word;
    } else if (strcmp(flag, "--arbiter") == 0) {
        ok = read_word(v, arbiter_policy_name, ARBITER_COUNT, &word);
        o->cfg.arbiter = (enum arbiter_policy)word;
    } else if (strcmp(flag, "--traffic") == 0) {
        ok = read_word(v, traffic_policy_name, TRAFFIC_COUNT, &word);
        o->cfg.traffic = (enum traffic_policy)word;
    } else if (strcmp(flag, "--charging") == 0) {
        ok = read_word(v, charge_policy_name, CHARGE_COUNT, &word);
        o->cfg.charging = (enum charge_policy)word;
    } else return 0;
    return ok ? 1 : -1;
}

/* How long, how much, with which faults. */
static int take_value(struct options *o, const char *flag, const char *v)
{
    int64_t a, b;
    double d;
    bool ok = true;
    if (strcmp(flag, "--robots") == 0) ok = read_whole(v, 1, FLEET_ROBOTS_MAX, &a) && ((o->robots = a), true);
    else if (strcmp(flag, "--jobs-per-hour") == 0)
        ok = read_whole(v, 0, 100000, &a) && ((o->cfg.jobs_per_hour = (int32_t)a), true);
    else if (strcmp(flag, "--orders-per-robot") == 0)
        ok = read_whole(v, 1, 100000, &a) && ((o->cfg.orders_per_robot = (uint32_t)a), true);
    else if (strcmp(flag, "--hours") == 0)
        ok = read_number(v, 0, 8784, &d) && ((o->cfg.demand_ms = (ms_t)(d * 3.6e6 + 0.5)), true);
    else if (strcmp(flag, "--seed") == 0)
        ok = read_whole(v, 0, INT64_MAX, &a) && ((o->seed_first = o->seed_last = a), true);
    else if (strcmp(flag, "--seeds") == 0)
        ok = read_range(v, 0, INT64_MAX, &o->seed_first, &o->seed_last) && (o->seeds = true);
    else if (strcmp(flag, "--loss") == 0) ok = read_share(v, &o->cfg.loss_ppm);
    else if (strcmp(flag, "--duplicate") == 0) ok = read_share(v, &o->cfg.duplicate_ppm);
    else if (strcmp(flag, "--heartbeat-ms") == 0)
        ok = read_whole(v, 100, 3600000, &a) && ((o->cfg.heartbeat_ms = a), true);
    else if (strcmp(flag, "--delay-ms") == 0) {
        ok = read_range(v, 0, 600000, &a, &b);
        if (ok) o->cfg.delay_min_ms = a, o->cfg.delay_max_ms = b;
    } else return 0;
    return ok ? 1 : -1;
}

static int missing(const char *zh, const char *en)
{
    fputs(say(zh, en), stderr);
    return EXIT_USAGE;
}

/* Do the options go together? */
static int judge(const struct options *o)
{
    bool own = o->site || o->fleet || o->robots || o->rounds || o->demand;
    if (o->experiment && own)
        return missing("orderly sim: --experiment 已经包含地图、车队、时刻表和需求\n",
                       "orderly sim: --experiment brings its own site, fleet, rounds and demand\n");
    if (!o->experiment && !o->site)
        return missing("orderly sim: 缺少 --site 或 --experiment\n",
                       "orderly sim: --site or --experiment is missing\n");
    if (o->fleet && o->robots)
        return missing("orderly sim: --fleet 与 --robots 只能用一个\n",
                       "orderly sim: give --fleet or --robots, not both\n");
    if (o->seeds && (o->trace || o->journal))
        return missing("orderly sim: --trace 和 --journal 只用于单个种子\n",
                       "orderly sim: --trace and --journal go with one --seed\n");
    bool ruled = o->experiment || o->rounds || o->cfg.dispatch != DISPATCH_TOURS || o->cfg.arbiter != ARBITER_PLANNED ||
                 o->cfg.traffic != TRAFFIC_FULL || o->cfg.charging != CHARGE_TARIFF;
    if (o->journal && ruled)
        return missing("orderly sim: --journal 不能与时刻表或对比策略一起使用\n",
                       "orderly sim: a journal cannot hold rounds or the policies for comparison\n");
    return EXIT_DONE;
}

static int parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){ .seed_first = 1, .seed_last = 1 };
    o->cfg = (struct sim_config){ .jobs_per_hour = 30, .demand_ms = -1, .delay_min_ms = 20, .delay_max_ms = 20 };
    for (int i = 1; i < argc; i++) {
        if (take_flag(o, argv[i])) continue;
        int took = i + 1 < argc ? take_set(o, argv[i], argv[i + 1]) : 0;
        if (took == 0 && i + 1 < argc) took = take_value(o, argv[i], argv[i + 1]);
        if (took == 1) {
            i++;
            continue;
        }
        if (took < 0)
            fprintf(stderr, say("orderly sim: %s 的值 '%s' 无效\n", "orderly sim: %s: '%s' is not a usable value\n"),
                    argv[i], argv[i + 1]);
        else
            fprintf(stderr,
                    say("orderly sim: 不认识或缺少值的参数 '%s'；见 orderly sim --help\n",
                        "orderly sim: '%s' is unknown or lacks its value; see orderly sim --help\n"),
                    argv[i]);
        return EXIT_USAGE;
    }
    if (o->cfg.demand_ms < 0) o->cfg.demand_ms = o->experiment ? 24 * MS_HOUR : MS_HOUR;
    return judge(o);
}

/* ---- the fleet ---- */
/* "x.site.json" -> "x.fleet.json"; false when the name has another form or there is no such file. */
static bool fleet_beside(const char *site, char *out, size_t size)
{
    static const char tail[] = ".site.json";
    size_t n = strlen(site);
    if (n < sizeof tail || strcmp(site + n - (sizeof tail - 1), tail) != 0) return false;
    int len = snprintf(out, size, "%.*s.fleet.json", (int)(n - (sizeof tail - 1)), site);
    return len > 0 && (size_t)len < size && access(out, R_OK) == 0;
}

/* The same robots with another class; through its file form, so that the hash is right. */
static int with_class(struct fleet_spec **spec, const struct robot_class *cls, struct err_note *note)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    if (!f) return err_at(note, ORD_EMEMORY, "fleet", "%s", err_en(ORD_EMEMORY));
    (*spec)->cls[0] = *cls;
    int err = fleet_spec_write(*spec, f);
    if (fclose(f) != 0) err = ORD_EMEMORY;
    struct fleet_spec *made = NULL;
    if (!err) err = fleet_spec_parse("fleet", bytes, n, &made, note);
    free(bytes);
    if (err) return err;
    fleet_spec_close(*spec);
    *spec = made;
    return ORD_OK;
}

#define HANDOVER_MS 5000 /* of the built-in class when orders are counted: as in the measurements on other systems */

static int open_fleet(const struct options *o, struct fleet_spec **spec, struct err_note *note)
{
    char path[4096];
    assert(o->site); /* judge() insists */
    bool beside = fleet_beside(o->site, path, sizeof path);
    if (o->fleet || (!o->robots && beside)) return fleet_spec_open(o->fleet ? o->fleet : path, spec, note);
    int err = fleet_spec_default((uint16_t)(o->robots ? o->robots : 4), spec);
    if (err) return err_at(note, err, "--robots", "%s", err_en(err));
    if (!beside && o->cfg.orders_per_robot > 0) {
        struct robot_class quick = (*spec)->cls[0];
        quick.pick_ms = quick.drop_ms = HANDOVER_MS;
        return with_class(spec, &quick, note);
    }
    if (!beside) return ORD_OK;
    struct fleet_spec *model;
    err = fleet_spec_open(path, &model, note);
    if (!err) {
        err = with_class(spec, &model->cls[0], note);
        fleet_spec_close(model);
    }
    return err;
}

/* ---- run ---- */
static void show_progress(void *ctx, ms_t now_ms, uint32_t delivered)
{
    (void)ctx;
    fprintf(stderr, say("\r模拟 %.1f 小时，已送达 %u ", "\r%.1f h simulated, %u delivered "), (double)now_ms / 3.6e6,
            delivered);
}

struct sum {
    uint32_t runs, accepted, delivered, cancelled, failed, open, violations, bad_runs;
    double cpu_s;
    ms_t p95_worst_ms;
};

static void sum_add(struct sum *s, const struct sim_result *r)
{
    s->runs++;
    s->accepted += r->accepted;
    s->delivered += r->delivered;
    s->cancelled += r->cancelled;
    s->failed += r->failed;
    s->open += r->open;
    s->violations += r->violations;
    s->bad_runs += r->violations || r->open || r->failed;
    s->cpu_s += r->cpu_s;
    s->p95_worst_ms = ms_max(s->p95_worst_ms, r->p95_ms);
}

static void print_sum(const struct options *o, const struct sum *s)
{
    if (!o->json) {
        printf(say("合计 %u 次运行：送达 %u/%u，违反规则 %u 次，%u 次运行有问题\n",
                   "%u runs: %u of %u delivered, %u violations, %u runs not clean\n"),
               s->runs, s->delivered, s->accepted, s->violations, s->bad_runs);
        return;
    }
    printf("{\"summary\":true,\"runs\":%u,\"jobs\":{\"accepted\":%u,\"delivered\":%u,\"cancelled\":%u,\"failed\":%u,"
           "\"open\":%u},"
           "\"violations\":%u,\"bad_runs\":%u",
           s->runs, s->accepted, s->delivered, s->cancelled, s->failed, s->open, s->violations, s->bad_runs);
    report_milli(stdout, ",\"p95_worst_s\":", s->p95_worst_ms);
    printf(",\"cpu_s\":%.3f}\n", s->cpu_s);
}

static int run_seeds(struct options *o, struct err_note *note)
{
    struct sum sum = { 0 };
    static struct sim_result r; /* too large for a small stack */
    bool terminal = isatty(STDERR_FILENO);
    o->cfg.journal = o->journal;
    if (terminal) o->cfg.progress = show_progress;
    for (int64_t seed = o->seed_first; seed <= o->seed_last; seed++) {
        o->cfg.seed = (uint64_t)seed;
        int err = sim_run(&o->cfg, &r, note);
        if (terminal) fputs("\r\033[K", stderr);
        if (err) return err;
        struct report_about about = { o->experiment ? o->experiment->name : NULL, seed, o->cfg.fleet->robots };
        if (o->json) report_json(stdout, &o->cfg, &about, &r);
        else report_human(stdout, &o->cfg, &about, &r);
        fflush(stdout);
        sum_add(&sum, &r);
    }
    if (o->seeds) print_sum(o, &sum);
    return sum.bad_runs ? 1 : ORD_OK;
}

static int with_trace(struct options *o, struct err_note *note)
{
    if (!o->trace) return run_seeds(o, note);
    FILE *f = fopen(o->trace, "w");
    if (!f) return err_at(note, ORD_EIO, o->trace, "cannot be written: %s", strerror(errno));
    o->cfg.trace = f;
    int err = run_seeds(o, note);
    if (fclose(f) != 0 && err >= 0) err = err_at(note, ORD_EIO, o->trace, "cannot be written: %s", strerror(errno));
    return err;
}

static int open_set(const struct options *o, struct sim_set *set, struct err_note *note)
{
    if (o->experiment) return experiment_open(o->experiment, set, note);
    memset(set, 0, sizeof *set);
    int err = open_fleet(o, &set->fleet, note);
    if (!err) err = site_open(o->site, &set->site, note);
    if (!err) err = site_compile(set->site, set->fleet->classes, set->fleet->cls, note);
    return err ? err : sim_set_plans(set, o->rounds, o->demand, note);
}

static int cmd_run(int argc, char **argv)
{
    struct options o;
    struct err_note note = { "", "" };
    struct sim_set set;
    int bad = parse(argc, argv, &o);
    if (bad) return bad;
    int err = open_set(&o, &set, &note);
    if (!err) {
        o.cfg.site = set.site;
        o.cfg.fleet = set.fleet;
        o.cfg.timetable = set.timetable;
        o.cfg.demand = set.demand;
        if (set.timetable || set.demand) o.cfg.midnight_utc_s = experiment_midnight_utc_s(set.site);
        err = with_trace(&o, &note);
    }
    sim_set_close(&set);
    if (err < 0) return complain(&note);
    return err ? EXIT_BROKEN : EXIT_DONE;
}

/* ---- presets ---- */
static int cmd_preset(int argc, char **argv, const char *(*find)(const char *, size_t *), const char *tail)
{
    size_t n = 0;
    const char *bytes = argc == 3 && strcmp(argv[1], "--preset") == 0 ? find(argv[2], &n) : NULL;
    if (bytes) return fwrite(bytes, 1, n, stdout) == n ? EXIT_DONE : EXIT_FAILED;
    fprintf(stderr,
            say("用法：orderly sim %s --preset 名称；内置：", "usage: orderly sim %s --preset NAME; there are:"),
            argv[0]);
    for (size_t i = 0; i < preset_files_count; i++) {
        size_t len = strlen(preset_files[i].name), end = strlen(tail);
        if (len > end && strcmp(preset_files[i].name + len - end, tail) == 0)
            fprintf(stderr, " %.*s", (int)(len - end), preset_files[i].name);
    }
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* ---- replay ---- */
static int cmd_replay(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) json = true;
        else if (argv[i][0] != '-' && !path) path = argv[i];
        else path = NULL, i = argc;
    }
    if (!path) {
        fputs(say("用法：orderly sim replay 日志 [--json]\n", "usage: orderly sim replay JOURNAL [--json]\n"), stderr);
        return EXIT_USAGE;
    }
    struct replay_result r;
    struct err_note note = { "", "" };
    if (sim_replay(path, &r, &note)) return complain(&note);
    if (json) {
        printf("{\"inputs\":%llu,\"marks_checked\":%llu,\"state_hash\":\"%016llx\",\"jobs\":{\"delivered\":%u,\"open\":"
               "%u}",
               (unsigned long long)r.inputs, (unsigned long long)r.marks_checked, (unsigned long long)r.state_hash,
               r.delivered, r.open);
        report_milli(stdout, ",\"end_s\":", r.end_ms);
        printf(",\"cpu_s\":%.3f,\"speedup\":%.0f}\n", r.cpu_s,
               (double)r.end_ms / 1e3 / (r.cpu_s > 1e-4 ? r.cpu_s : 1e-4));
    } else {
        printf(say("重放 %llu 条输入，核对 %llu 个标记，全部一致；状态哈希 %016llx；送达 %u，未完成 %u\n",
                   "%llu inputs replayed, %llu marks verified, all equal; state hash %016llx; %u delivered, %u open\n"),
               (unsigned long long)r.inputs, (unsigned long long)r.marks_checked, (unsigned long long)r.state_hash,
               r.delivered, r.open);
    }
    return EXIT_DONE;
}

static int cmd_history(int argc, char **argv)
{
    struct err_note note = { "", "" };
    if (argc != 2 || argv[1][0] == '-') {
        fputs(say("用法：orderly sim history 日志 > 历史.csv\n", "usage: orderly sim history JOURNAL > HISTORY.csv\n"),
              stderr);
        return EXIT_USAGE;
    }
    return sim_history(argv[1], stdout, &note) ? complain(&note) : EXIT_DONE;
}

int cmd_sim(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || (argc >= 3 && strcmp(argv[2], "--help") == 0))) {
        usage(stdout);
        return EXIT_DONE;
    }
    if (argc >= 2 && strcmp(argv[1], "run") == 0) return cmd_run(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "replay") == 0) return cmd_replay(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "history") == 0) return cmd_history(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "demand") == 0)
        return cmd_preset(argc - 1, argv + 1, preset_demand, ".demand.json");
    if (argc >= 2 && strcmp(argv[1], "rounds") == 0)
        return cmd_preset(argc - 1, argv + 1, preset_rounds, ".rounds.json");
    usage(stderr);
    return EXIT_USAGE;
}
