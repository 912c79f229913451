/* One case of `orderly plan bench`: runs the commands in processes of their own and reads what they say. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd_plan.h"
#include "common/json.h"
#include "common/text.h"
#include "maps/maps_io.h"
#include "plan_bench.h"

#define WORDS_MAX 24
#define WORD_SIZE 768
#define HOLD_FILES 3
#define QUICK_INSTANCES 3
#define INSTANCES 10

const char *const bench_verdict_name[BENCH_VERDICTS] = { "met", "short", "slow", "fault", "not_run" };

/* ---- a command line ---- */
struct words {
    char word[WORDS_MAX][WORD_SIZE];
    int count;
};

static void add(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct words *w, const char *fmt, ...)
{
    va_list args;
    if (w->count == WORDS_MAX) return;
    va_start(args, fmt);
    vsnprintf(w->word[w->count++], WORD_SIZE, fmt, args);
    va_end(args);
}

static void write_command(const struct words *w, const char *program, char *dst, size_t size)
{
    struct text t;
    text_init(&t, dst, size);
    text_put(&t, program);
    for (int i = 0; i < w->count; i++) {
        text_char(&t, ' ');
        text_put(&t, w->word[i]);
    }
}

/* ---- a process of its own ---- */
typedef int (*verb)(int argc, char **argv);

static void in_child(verb run, struct words *w, int to)
{
    char *argv[WORDS_MAX + 1];
    for (int i = 0; i < w->count; i++) argv[i] = w->word[i];
    argv[w->count] = NULL;
    int code = 1;
    if (dup2(to, STDOUT_FILENO) >= 0) {
        close(to);
        code = run(w->count, argv);
    }
    fflush(NULL);
    _exit(code);
}

/* Runs `run` with these words; what it printed goes to `said`. Its exit code, or -1. */
static int spawn(verb run, struct words *w, char *said, size_t size)
{
    int pipe_end[2], status;
    said[0] = '\0';
    fflush(NULL); /* else the child would print again what waits in our buffers */
    if (pipe(pipe_end) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(pipe_end[0]);
        in_child(run, w, pipe_end[1]);
    }
    close(pipe_end[1]);
    size_t n = 0;
    for (char rest[4096]; pid > 0;) {
        bool room = n + 1 < size;
        ssize_t k = read(pipe_end[0], room ? said + n : rest, room ? size - 1 - n : sizeof rest);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) break;
        if (room) n += (size_t)k;
    }
    said[n] = '\0';
    close(pipe_end[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void fail(struct bench_result *out, const char *what, int code)
{
    snprintf(out->why, sizeof out->why, plan_say("%s 失败（退出码 %d）", "%s failed (exit code %d)"), what, code);
}

/* ---- paths, judged by the checker that shares nothing with the planner ---- */
struct scratch {
    char folder[64], file[96];
};

static bool scratch_open(struct scratch *s)
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(s->folder, sizeof s->folder, "%s/orderly-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (n < 0 || (size_t)n >= sizeof s->folder || !mkdtemp(s->folder)) return false;
    snprintf(s->file, sizeof s->file, "%s/out", s->folder);
    return true;
}

static void scratch_close(const struct scratch *s)
{
    unlink(s->file);
    rmdir(s->folder);
}

static void check_paths(const struct bench_case *c, const struct bench_set *set, const char *paths,
                        struct bench_result *out)
{
    struct words w = { .count = 0 };
    char said[1024];
    add(&w, "check");
    add(&w, "--map");
    add(&w, "%s/%s.map", set->data, c->map);
    add(&w, "--paths");
    add(&w, "%s", paths);
    if (c->group == BENCH_MAPF) {
        add(&w, "--scen");
        add(&w, "%s/%s-%u.scen", set->data, c->map, c->variant);
    } else {
        add(&w, "--turning");
        add(&w, "--agents-file");
        add(&w, "%s/%s.agents", set->data, c->map);
    }
    int code = spawn(plan_paths, &w, said, sizeof said);
    if (code == 0) return;
    out->judged = false;
    said[strcspn(said, "\n")] = '\0';
    if (code == 3) text_copy(out->why, sizeof out->why, said);
    else fail(out, "orderly plan check", code);
}

/* ---- endless goals ---- */
static void lifelong_words(const struct bench_case *c, const struct bench_set *set, struct words *w)
{
    add(w, "lifelong");
    add(w, "--map");
    add(w, "%s/%s.map", set->data, c->map);
    add(w, "--agents-file");
    add(w, "%s/%s.agents", set->data, c->map);
    add(w, "--tasks-file");
    add(w, "%s/%s.tasks", set->data, c->map);
    add(w, "--agents");
    add(w, "%u", c->robots);
    add(w, "--turning");
    add(w, "--seed");
    add(w, "%llu", (unsigned long long)set->seed);
    add(w, "--json");
}

struct flow {
    double share, cpu_ms, cpu_ms_p99;
    uint32_t finished, free_flow;
};

static bool read_flow(const char *said, struct flow *f, struct bench_result *out)
{
    struct json_doc doc;
    if (json_open(&doc, "orderly plan lifelong", said, strlen(said), (struct json_limits){ 0, 0 }) == ORD_OK) {
        struct json_at at = json_root(&doc);
        f->share = json_number(json_need(at, "share"), 0, 10);
        f->cpu_ms = json_number(json_need(at, "cpu_ms_per_step"), 0, 1e9);
        f->cpu_ms_p99 = json_number(json_need(at, "cpu_ms_per_step_p99"), 0, 1e9);
        f->finished = (uint32_t)json_int(json_need(at, "finished"), 0, UINT32_MAX);
        f->free_flow = (uint32_t)json_int(json_need(at, "free_flow"), 0, UINT32_MAX);
    }
    bool good = json_ok(&doc);
    if (!good) snprintf(out->why, sizeof out->why, "%s: %s", doc.note.where, doc.note.what);
    json_close(&doc);
    return good;
}

/* `file`: number of a file of hold-ups, 0: none. */
static bool run_flow(const struct bench_case *c, const struct bench_set *set, const struct scratch *s, unsigned file,
                     struct flow *f, struct bench_result *out)
{
    struct words w = { .count = 0 };
    char said[4096];
    lifelong_words(c, set, &w);
    if (file > 0) add(&w, "--holds");
    if (file > 0) add(&w, "%s/holds-%02u-%u.txt", set->data, c->variant, file);
    write_command(&w, "orderly plan", out->command, sizeof out->command);
    add(&w, "--out");
    add(&w, "%s", s->file);
    int code = spawn(plan_lifelong, &w, said, sizeof said);
    if (code != 0) fail(out, "orderly plan lifelong", code);
    if (code != 0 || !read_flow(said, f, out)) return false;
    check_paths(c, set, s->file, out);
    return true;
}

static int by_share(const void *a, const void *b)
{
    const struct flow *x = a, *y = b;
    return x->share < y->share ? -1 : x->share > y->share;
}

/* The run in the middle by its share; CPU times are means. */
static void run_lifelong(const struct bench_case *c, const struct bench_set *set, const struct scratch *s,
                         struct bench_result *out)
{
    struct flow f[HOLD_FILES] = { { 0 } };
    unsigned runs = c->group == BENCH_HOLDS && !set->quick ? HOLD_FILES : 1;
    for (unsigned k = 0; k < runs; k++)
        if (!run_flow(c, set, s, c->group == BENCH_HOLDS ? k + 1 : 0, &f[k], out)) return;
    char *number = runs > 1 ? strstr(out->command, "-3.txt") : NULL;
    if (number) number[1] = 'K';
    for (unsigned k = 0; k < runs; k++) {
        out->each[k] = f[k].share;
        out->cpu_ms += f[k].cpu_ms / runs;
        out->cpu_ms_p99 += f[k].cpu_ms_p99 / runs;
    }
    qsort(f, runs, sizeof *f, by_share);
    out->runs = (uint16_t)runs;
    out->value = f[runs / 2].share;
    out->finished = f[runs / 2].finished;
    out->free_flow = f[runs / 2].free_flow;
    out->ran = out->solved = true;
}

/* ---- once ---- */
static void run_mapf(const struct bench_case *c, const struct bench_set *set, const struct scratch *s,
                     struct bench_result *out)
{
    struct words w = { .count = 0 };
    struct json_doc doc;
    char said[4096];
    add(&w, "mapf");
    add(&w, "--map");
    add(&w, "%s/%s.map", set->data, c->map);
    add(&w, "--scen");
    add(&w, "%s/%s-%u.scen", set->data, c->map, c->variant);
    add(&w, "--agents");
    add(&w, "%u", c->robots);
    add(&w, "--budget-ms");
    add(&w, "%u", c->budget_ms);
    add(&w, "--seed");
    add(&w, "%llu", (unsigned long long)set->seed);
    add(&w, "--json");
    write_command(&w, "orderly plan", out->command, sizeof out->command);
    add(&w, "--out");
    add(&w, "%s", s->file);
    int code = spawn(plan_mapf, &w, said, sizeof said);
    if (code != 0 && code != 3) {
        fail(out, "orderly plan mapf", code);
        return;
    }
    if (json_open(&doc, "orderly plan mapf", said, strlen(said), (struct json_limits){ 0, 0 }) == ORD_OK) {
        struct json_at at = json_root(&doc);
        out->solved = json_bool(json_need(at, "solved"));
        if (out->solved) out->value = json_number(json_need(at, "ratio"), 0, 1e6);
        if (out->solved) out->cpu_ms = json_number(json_need(at, "first_solution_ms"), 0, 1e9);
    }
    out->ran = json_ok(&doc);
    out->runs = 1;
    if (!out->ran) snprintf(out->why, sizeof out->why, "%s: %s", doc.note.where, doc.note.what);
    json_close(&doc);
    if (out->ran && out->solved) check_paths(c, set, s->file, out);
}

/* ---- all at once in a building of others ---- */
static bool import_site(const struct bench_case *c, const struct bench_set *set, const char *site,
                        struct bench_result *out)
{
    struct words w = { .count = 0 };
    char said[64];
    add(&w, "map");
    add(&w, "import");
    add(&w, "--from");
    add(&w, "rmf");
    add(&w, "%s/%s.building.yaml", set->maps, c->map);
    add(&w, "-o");
    add(&w, "%s", site);
    int code = spawn(cmd_map, &w, said, sizeof said);
    if (code != 0) fail(out, "orderly map import", code);
    return code == 0;
}

static void read_routes(const char *said, struct bench_result *out)
{
    struct json_doc doc;
    if (json_open(&doc, "orderly plan route", said, strlen(said), (struct json_limits){ 0, 0 }) == ORD_OK) {
        struct json_at at = json_root(&doc);
        double instances = json_number(json_need(at, "instances"), 1, 1e9);
        double answered =
            json_number(json_need(at, "solved"), 0, 1e9) + json_number(json_need(at, "unsolvable"), 0, 1e9);
        out->value = answered / instances;
        out->finished = (uint32_t)answered;
        out->free_flow = (uint32_t)instances;
        out->cpu_ms = json_number(json_need(at, "cpu_ms"), 0, 1e9);
        out->cpu_ms_p99 = json_number(json_need(at, "cpu_ms_worst"), 0, 1e9);
        out->judged = json_number(json_need(at, "conflicts"), 0, 1e9) == 0 &&
                      json_number(json_need(at, "elevator_overlaps"), 0, 1e9) == 0;
    }
    out->ran = out->solved = json_ok(&doc);
    if (!out->ran) snprintf(out->why, sizeof out->why, "%s: %s", doc.note.where, doc.note.what);
    json_close(&doc);
}

static void run_route(const struct bench_case *c, const struct bench_set *set, const struct scratch *s,
                      struct bench_result *out)
{
    struct words w = { .count = 0 };
    char said[4096];
    if (!import_site(c, set, s->file, out)) return;
    add(&w, "route");
    add(&w, "--site");
    add(&w, "%s", s->file);
    add(&w, "--robots");
    add(&w, "%u", c->robots);
    add(&w, "--instances");
    add(&w, "%d", set->quick ? QUICK_INSTANCES : INSTANCES);
    add(&w, "--seed");
    add(&w, "%llu", (unsigned long long)set->seed);
    add(&w, "--json");
    int code = spawn(plan_route_command, &w, said, sizeof said);
    snprintf(w.word[2], WORD_SIZE, "%s.site.json", c->map);
    write_command(&w, "orderly plan", out->command, sizeof out->command);
    out->runs = 1;
    if (code != 0 && code != 3) fail(out, "orderly plan route", code);
    else read_routes(said, out);
}

void bench_run(const struct bench_case *c, const struct bench_set *set, struct bench_result *out)
{
    struct scratch s = { "", "" };
    *out = (struct bench_result){ .judged = true };
    if (!scratch_open(&s)) {
        snprintf(out->why, sizeof out->why, plan_say("无法建立临时文件夹：%s", "no temporary folder: %s"),
                 strerror(errno));
        return;
    }
    switch (c->group) {
    case BENCH_LIFELONG:
    case BENCH_HOLDS: run_lifelong(c, set, &s, out); break;
    case BENCH_MAPF: run_mapf(c, set, &s, out); break;
    case BENCH_ROUTE: run_route(c, set, &s, out); break;
    case BENCH_GROUPS: break;
    }
    scratch_close(&s);
}

enum bench_verdict bench_judge(const struct bench_case *c, const struct bench_result *r, const struct bench_peer *best)
{
    if (!r->ran) return BENCH_NOT_RUN;
    if (!r->judged) return BENCH_FAULT;
    if (!r->solved) return BENCH_SHORT;
    double aim = c->aim;
    bool to_beat = aim == 0 && best && best->solved;
    if (to_beat) aim = best->value;
    /* What is printed with four places is compared with as many. */
    if (aim > 0 && (bench_lower_is_better(c) ? r->value > aim + 5e-5 : r->value < aim - 5e-5)) return BENCH_SHORT;
    return c->aim_ms > 0 && r->cpu_ms > c->aim_ms ? BENCH_SLOW : BENCH_MET;
}
