/* cmd_sim - `orderly sim run` and `orderly sim replay`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "sim.h"
#include "stand.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_BROKEN };

struct options {
    const char *site, *fleet, *trace, *journal;
    long robots;
    int64_t seed_first, seed_last;
    bool seeds, json;
    struct sim_config cfg;
};

static bool chinese(void)
{
    const char *v = getenv("LC_ALL");
    if (!v || !*v) v = getenv("LC_MESSAGES");
    if (!v || !*v) v = getenv("LANG");
    return v && strncmp(v, "zh", 2) == 0;
}

static const char *say(const char *zh, const char *en) { return chinese() ? zh : en; }

static void usage(FILE *f)
{
    fputs(say("用法：orderly sim run --site 地图 [--fleet 车队 | --robots N] [选项]\n"
              "      orderly sim replay 日志 [--json]\n\n"
              "  --jobs-per-hour J   每小时任务数（默认 30）      --hours H        需求持续小时数（默认 1）\n"
              "  --orders-per-robot K  每台机器人 K 个任务，始终有活干，全部送达后结束（代替上面两项）\n"
              "  --seed K            随机种子（默认 1）           --seeds A..B     依次运行多个种子\n"
              "  --loss P            消息丢失概率 0..1            --duplicate P    消息重复概率 0..1\n"
              "  --delay-ms A..B     消息延迟（默认 20）          --codec          每条消息都经过 JSON 编解码\n"
              "  --check             每步检查内部不变量           --trace 文件     写出 JSONL 轨迹（docs/trace.md）\n"
              "  --journal 文件      写出可重放的日志             --json           输出 JSON\n"
              "  --heartbeat-ms N    机器人状态周期（30000；网络有故障时 1000）\n\n"
              "退出码：0 完成，1 失败，2 命令行错误，3 有规则被违反或任务未完成\n",
              "usage: orderly sim run --site SITE [--fleet FLEET | --robots N] [OPTIONS]\n"
              "       orderly sim replay JOURNAL [--json]\n\n"
              "  --jobs-per-hour J   requests an hour (30)             --hours H        how long people ask (1)\n"
              "  --orders-per-robot K  K requests per robot, work for all at any time, until all are delivered "
              "(instead of "
              "the above)\n"
              "  --seed K            random seed (1)                   --seeds A..B     run each of these seeds\n"
              "  --loss P            share of messages lost, 0..1      --duplicate P    share repeated, 0..1\n"
              "  --delay-ms A..B     delay of each message (20)        --codec          every message through its JSON "
              "form\n"
              "  --check             check all invariants every step   --trace FILE     write JSON lines "
              "(docs/trace.md)\n"
              "  --journal FILE      write a journal to replay         --json           print JSON\n"
              "  --heartbeat-ms N    period of robots' states (30000; 1000 when the network has faults)\n\n"
              "exit codes: 0 done, 1 it failed, 2 wrong command line, 3 rules were broken or jobs not done\n"),
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

/* A flag without value: true when it was one. */
static bool take_flag(struct options *o, const char *flag)
{
    if (strcmp(flag, "--json") == 0) o->json = true;
    else if (strcmp(flag, "--codec") == 0) o->cfg.codec = true;
    else if (strcmp(flag, "--check") == 0) o->cfg.check = true;
    else return false;
    return true;
}

/* A flag with value: 1 taken, 0 no such flag, -1 its value is wrong. */
static int take_value(struct options *o, const char *flag, const char *v)
{
    int64_t a, b;
    double d;
    bool ok = true;
    if (strcmp(flag, "--site") == 0) o->site = v;
    else if (strcmp(flag, "--fleet") == 0) o->fleet = v;
    else if (strcmp(flag, "--trace") == 0) o->trace = v;
    else if (strcmp(flag, "--journal") == 0) o->journal = v;
    else if (strcmp(flag, "--robots") == 0) ok = read_whole(v, 1, FLEET_ROBOTS_MAX, &a) && ((o->robots = a), true);
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

static int parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){ .seed_first = 1, .seed_last = 1 };
    o->cfg = (struct sim_config){ .jobs_per_hour = 30, .demand_ms = MS_HOUR, .delay_min_ms = 20, .delay_max_ms = 20 };
    for (int i = 1; i < argc; i++) {
        if (take_flag(o, argv[i])) continue;
        int took = i + 1 < argc ? take_value(o, argv[i], argv[i + 1]) : 0;
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
    if (o->site && !(o->seeds && (o->trace || o->journal)) && !(o->fleet && o->robots)) return EXIT_DONE;
    if (!o->site) fputs(say("orderly sim: 缺少 --site\n", "orderly sim: --site is missing\n"), stderr);
    else if (o->fleet && o->robots)
        fputs(say("orderly sim: --fleet 与 --robots 只能用一个\n", "orderly sim: give --fleet or --robots, not both\n"),
              stderr);
    else
        fputs(say("orderly sim: --trace 和 --journal 只用于单个种子\n",
                  "orderly sim: --trace and --journal go with one --seed\n"),
              stderr);
    return EXIT_USAGE;
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

/* ---- printing ---- */
static void print_milli(FILE *f, const char *before, ms_t ms)
{
    char buf[32];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_milli(&t, ms);
    fprintf(f, "%s%s", before, buf);
}

static void print_seconds(FILE *f, const char *key, ms_t ms)
{
    fprintf(f, ",\"%s", key);
    print_milli(f, "\":", ms);
}

static double speedup(ms_t end_ms, double cpu_s) { return (double)end_ms / 1000.0 / (cpu_s > 1e-4 ? cpu_s : 1e-4); }

static void print_json(FILE *f, const struct options *o, int64_t seed, uint16_t robots, const struct sim_result *r)
{
    char quoted[1300];
    struct text t;
    fprintf(f, "{\"seed\":%lld,\"robots\":%u", (long long)seed, robots);
    print_seconds(f, "hours", (o->cfg.demand_ms + 1800) / 3600); /* thousandths of an hour */
    fprintf(f, ",\"jobs\":{\"accepted\":%u,\"delivered\":%u,\"cancelled\":%u,\"failed\":%u,\"open\":%u,\"refused\":%u}",
            r->accepted, r->delivered, r->cancelled, r->failed, r->open, r->refused);
    fprintf(f, ",\"violations\":%u,\"first_violations\":[", r->violations);
    for (uint32_t i = 0; i < r->violations && i < COUNT_OF(r->first); i++) {
        text_init(&t, quoted, sizeof quoted);
        text_json(&t, r->first[i].text);
        fprintf(f, "%s{\"rule\":\"%s\",\"at_ms\":%lld,\"text\":%s}", i ? "," : "", r->first[i].rule,
                (long long)r->first[i].at_ms, quoted);
    }
    fprintf(f, "],\"state_hash\":\"%016llx\"", (unsigned long long)r->state_hash);
    print_seconds(f, "p50_s", r->p50_ms);
    print_seconds(f, "p95_s", r->p95_ms);
    print_seconds(f, "max_s", r->max_ms);
    print_seconds(f, "longest_stand_s", r->longest_stand_ms);
    fprintf(f, ",\"longest_stand_reason\":\"%s\",\"longest_stand_robot\":%u",
            stand_reason_name[r->longest_stand_reason], r->longest_stand_robot);
    print_seconds(f, "longest_stand_at_s", r->longest_stand_at_ms);
    for (int i = 0; i < STAND_REASONS; i++) {
        fprintf(f, "%s\"%s", i ? "" : ",\"stands\":{", stand_reason_name[i]);
        print_milli(f, "_s\":", r->stand_ms[i]);
        fputs(i + 1 < STAND_REASONS ? "," : "}", f);
    }
    print_seconds(f, "last_delivery_s", r->last_delivered_ms);
    print_seconds(f, "distance_m", r->distance_mm);
    fprintf(f, ",\"elevator_rides\":%llu", (unsigned long long)r->elevator_rides);
    print_seconds(f, "end_s", r->end_ms);
    fprintf(f, ",\"events\":%llu,\"inputs\":%llu,\"plans\":%llu,\"messages\":%llu,\"lost\":%llu,\"duplicated\":%llu",
            (unsigned long long)r->events, (unsigned long long)r->inputs, (unsigned long long)r->plans,
            (unsigned long long)r->messages, (unsigned long long)r->lost, (unsigned long long)r->duplicated);
    fprintf(f, ",\"cpu_s\":%.3f,\"speedup\":%.0f}\n", r->cpu_s, speedup(r->end_ms, r->cpu_s));
}

static void print_human(const struct options *o, int64_t seed, uint16_t robots, const struct sim_result *r)
{
    printf(say("种子 %lld，%u 台机器人，%.2f 小时需求，模拟 %.2f 小时\n",
               "seed %lld, %u robots, %.2f hours of demand, %.2f hours simulated\n"),
           (long long)seed, robots, (double)o->cfg.demand_ms / 3.6e6, (double)r->end_ms / 3.6e6);
    printf(say("任务：接受 %u，送达 %u，取消 %u，失败 %u，未完成 %u\n",
               "jobs: %u accepted, %u delivered, %u cancelled, %u failed, %u open\n"),
           r->accepted, r->delivered, r->cancelled, r->failed, r->open);
    printf(say("送达用时：中位数 %.0f 秒，95%% %.0f 秒，最长 %.0f 秒\n",
               "time to delivery: median %.0f s, 95 %% %.0f s, longest %.0f s\n"),
           (double)r->p50_ms / 1e3, (double)r->p95_ms / 1e3, (double)r->max_ms / 1e3);
    printf(say("有任务时最长停留 %.0f 秒（原因：%s）\n", "longest stand with work: %.0f s (reason: %s)\n"),
           (double)r->longest_stand_ms / 1e3, stand_reason_name[r->longest_stand_reason]);
    printf(say("行驶 %.0f 米，乘梯 %llu 次，消息 %llu 条（丢失 %llu）\n",
               "%.0f m driven, %llu elevator rides, %llu messages (%llu lost)\n"),
           (double)r->distance_mm / 1e3, (unsigned long long)r->elevator_rides, (unsigned long long)r->messages,
           (unsigned long long)r->lost);
    printf(say("违反规则 %u 次，状态哈希 %016llx，CPU %.2f 秒，%.0f 倍速\n",
               "%u violations, state hash %016llx, %.2f s of CPU, %.0f times real time\n"),
           r->violations, (unsigned long long)r->state_hash, r->cpu_s, speedup(r->end_ms, r->cpu_s));
    for (uint32_t i = 0; i < r->violations && i < COUNT_OF(r->first); i++)
        printf("  %s  t=%.3f s  %s\n", r->first[i].rule, (double)r->first[i].at_ms / 1e3, r->first[i].text);
}

static void show_progress(void *ctx, ms_t now_ms, uint32_t delivered)
{
    (void)ctx;
    fprintf(stderr, say("\r模拟 %.1f 小时，已送达 %u ", "\r%.1f h simulated, %u delivered "), (double)now_ms / 3.6e6,
            delivered);
}

/* ---- run ---- */
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
    print_seconds(stdout, "p95_worst_s", s->p95_worst_ms);
    printf(",\"cpu_s\":%.3f}\n", s->cpu_s);
}

static int run_seeds(struct options *o, struct err_note *note)
{
    struct sum sum = { 0 };
    struct sim_result r;
    bool terminal = isatty(STDERR_FILENO);
    o->cfg.journal = o->journal;
    if (terminal) o->cfg.progress = show_progress;
    for (int64_t seed = o->seed_first; seed <= o->seed_last; seed++) {
        o->cfg.seed = (uint64_t)seed;
        int err = sim_run(&o->cfg, &r, note);
        if (terminal) fputs("\r\033[K", stderr);
        if (err) return err;
        if (o->json) print_json(stdout, o, seed, o->cfg.fleet->robots, &r);
        else print_human(o, seed, o->cfg.fleet->robots, &r);
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

static int cmd_run(int argc, char **argv)
{
    struct options o;
    struct err_note note = { "", "" };
    struct site *site = NULL;
    struct fleet_spec *spec = NULL;
    int bad = parse(argc, argv, &o);
    if (bad) return bad;
    int err = open_fleet(&o, &spec, &note);
    if (!err) err = site_open(o.site, &site, &note);
    if (!err) err = site_compile(site, spec->classes, spec->cls, &note);
    if (!err) {
        o.cfg.site = site;
        o.cfg.fleet = spec;
        err = with_trace(&o, &note);
    }
    site_close(site);
    fleet_spec_close(spec);
    if (err < 0) return complain(&note);
    return err ? EXIT_BROKEN : EXIT_DONE;
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
        print_seconds(stdout, "end_s", r.end_ms);
        printf(",\"cpu_s\":%.3f,\"speedup\":%.0f}\n", r.cpu_s, speedup(r.end_ms, r.cpu_s));
    } else {
        printf(say("重放 %llu 条输入，核对 %llu 个标记，全部一致；状态哈希 %016llx；送达 %u，未完成 %u\n",
                   "%llu inputs replayed, %llu marks verified, all equal; state hash %016llx; %u delivered, %u open\n"),
               (unsigned long long)r.inputs, (unsigned long long)r.marks_checked, (unsigned long long)r.state_hash,
               r.delivered, r.open);
    }
    return EXIT_DONE;
}

int cmd_sim(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || (argc >= 3 && strcmp(argv[2], "--help") == 0))) {
        usage(stdout);
        return EXIT_DONE;
    }
    if (argc >= 2 && strcmp(argv[1], "run") == 0) return cmd_run(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "replay") == 0) return cmd_replay(argc - 1, argv + 1);
    usage(stderr);
    return EXIT_USAGE;
}
