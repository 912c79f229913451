/* plan_tours - `orderly plan tours`: pick-up and delivery benchmarks, bettered until the time is up; `orderly plan
 * check-tours`: a judge for solutions of anybody.
 *
 * The search knows no clock: this file looks at the CPU time of the process between its steps and tells it how much of
 * the budget is gone. With --iterations the budget is a number of steps, and the answer is the same to the byte. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd_plan.h"
#include "tour_file.h"

#define FOR_SEARCH 0.985 /* of the CPU time; the rest is for the judge and the file */

struct options {
    const char *problem, *solution, *best;
    uint64_t budget_ms, seed, iterations; /* iterations: 0, or the budget instead of CPU time */
    bool json;
};

struct run {
    struct options o;
    struct tour_file file;
    void *memory;
    struct pdp *pdp;
    struct tour_routes routes;
    struct tour_verdict verdict;
    struct tour_best best; /* vehicles 0: not known */
    uint64_t steps;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double spent(const struct run *r)
{
    if (r->o.iterations) return (double)r->steps / (double)r->o.iterations;
    return cpu_ms() / ((double)r->o.budget_ms * FOR_SEARCH);
}

/* ---- the search ------------------------------------------------------------------------------------------------ */

static int open_search(struct run *r, struct err_note *note)
{
    size_t bytes = pdp_memory(&r->file.pdp);
    struct arena mem;
    uint16_t which;
    if (!(r->memory = malloc(bytes))) return err_at(note, ORD_EMEMORY, r->o.problem, "%zu bytes are needed", bytes);
    arena_init(&mem, r->memory, bytes);
    int err = pdp_open(&r->pdp, &mem, &r->file.pdp, r->o.seed, &which);
    if (err == ORD_ERANGE)
        return err_at(
            note, err, r->o.problem, "node %u cannot be served in its window, not even by a vehicle of its own",
            r->file.pdp.request[which].pick ? r->file.pdp.request[which].pick : r->file.pdp.request[which].drop);
    return err ? err_at(note, err, r->o.problem, "the problem is too large") : ORD_OK;
}

static int search(struct run *r)
{
    for (double s; (s = spent(r)) < 1; r->steps++)
        if (!pdp_step(r->pdp, (uint32_t)(s * PDP_DONE))) break;
    uint16_t vehicles = pdp_vehicles(r->pdp);
    r->routes.node = malloc(r->file.nodes * sizeof(uint16_t));
    r->routes.begin = calloc(vehicles + 1u, sizeof(uint32_t));
    if (!r->routes.node || !r->routes.begin) return ORD_EMEMORY;
    for (uint16_t k = 0; k < vehicles; k++) {
        const uint16_t *node;
        uint16_t n = pdp_route(r->pdp, k, &node);
        memcpy(r->routes.node + r->routes.begin[k], node, n * sizeof *node);
        r->routes.begin[++r->routes.count] = r->routes.begin[k] + n;
    }
    r->verdict = tour_file_judge(&r->file, &r->routes);
    return ORD_OK;
}

/* ---- best known values ----------------------------------------------------------------------------------------- */

/* The name of the file without folder and ending. */
static void instance_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    snprintf(out, size, "%.*s", (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name)), name);
}

/* --best, or bks.csv beside the problem or one folder above; of the latter two, none is needed. */
static int find_best(struct run *r, struct err_note *note)
{
    char instance[64], path[PATH_MAX];
    static const char *const beside[] = { "bks.csv", "../bks.csv" };
    const char *slash = strrchr(r->o.problem, '/');
    int folder = slash ? (int)(slash - r->o.problem + 1) : 0;
    instance_of(r->o.problem, instance, sizeof instance);
    if (r->o.best) return tour_best_open(r->o.best, instance, &r->best, note);
    for (size_t i = 0; i < COUNT_OF(beside) && r->best.vehicles == 0; i++) {
        snprintf(path, sizeof path, "%.*s%s", folder, r->o.problem, beside[i]);
        (void)tour_best_open(path, instance, &r->best, NULL);
    }
    return ORD_OK;
}

/* ---- the front ------------------------------------------------------------------------------------------------- */

static void report_json(const struct run *r)
{
    struct pdp_counts c = pdp_counts(r->pdp);
    printf("{\"vehicles\":%u,\"distance\":%.4f,\"feasible\":%s,\"cpu_ms\":%.1f,\"vehicles_bound\":%u,",
           r->verdict.vehicles, r->verdict.distance, r->verdict.flaw == TOUR_SOUND ? "true" : "false", cpu_ms(),
           pdp_bound(r->pdp));
    if (r->best.vehicles)
        printf(
            "\"best_known\":{\"vehicles\":%u,\"distance\":%.2f},\"gap\":{\"vehicles\":%d,\"distance_percent\":%.3f},",
            r->best.vehicles, r->best.distance, (int)(r->verdict.vehicles - r->best.vehicles),
            (r->verdict.distance / r->best.distance - 1) * 100);
    printf("\"iterations\":%llu,\"rounds\":%llu,\"ejections\":%llu,\"insertions\":%llu,\"seed\":%llu}\n",
           (unsigned long long)r->steps, (unsigned long long)c.rounds, (unsigned long long)c.ejections,
           (unsigned long long)c.insertions, (unsigned long long)r->o.seed);
}

static void report(const struct run *r)
{
    if (r->o.json) {
        report_json(r);
        return;
    }
    printf(plan_say("%u 辆车（至少 %u 辆），里程 %.2f，CPU %.0f 毫秒\n",
                    "%u vehicles (at least %u), distance %.2f, %.0f CPU-ms\n"),
           r->verdict.vehicles, pdp_bound(r->pdp), r->verdict.distance, cpu_ms());
    if (r->best.vehicles)
        printf(plan_say("已知最好：%u 辆，%.2f；差距 %+d 辆，里程 %+.3f%%\n",
                        "best known: %u vehicles, %.2f; gap %+d vehicles, %+.3f %% distance\n"),
               r->best.vehicles, r->best.distance, (int)(r->verdict.vehicles - r->best.vehicles),
               (r->verdict.distance / r->best.distance - 1) * 100);
    if (r->verdict.flaw != TOUR_SOUND)
        printf(plan_say("不可行：%s\n", "not feasible: %s\n"),
               plan_say(tour_flaw_zh(r->verdict.flaw), tour_flaw_en(r->verdict.flaw)));
}

static void usage_tours(FILE *f)
{
    fputs(
        plan_say("用法：orderly plan tours --problem 文件 [选项]\n\n"
                 "  文件为 Solomon（VRPTW）或 Li & Lim（PDPTW）格式；先求最少车辆，再求最短里程\n"
                 "  --budget-ms B (1000)  整个进程的 CPU 时间\n"
                 "  --iterations N        以搜索步数代替 CPU 时间作为预算，结果逐字节相同\n"
                 "  --seed K (1)          --solution 文件   每行一条路线：Route k : i j ...\n"
                 "  --best 表.csv         已知最好值，列 instance、bks_vehicles、bks_distance；默认用问题旁的 bks.csv\n"
                 "  --json\n",
                 "usage: orderly plan tours --problem FILE [OPTIONS]\n\n"
                 "  FILE in the form of Solomon (VRPTW) or Li and Lim (PDPTW); fewest vehicles first, then distance\n"
                 "  --budget-ms B (1000)  CPU time of the whole process\n"
                 "  --iterations N        a budget in steps of search instead: the same answer to the byte\n"
                 "  --seed K (1)          --solution OUT   one line a route: Route k : i j ...\n"
                 "  --best TABLE.csv      best known values, columns instance, bks_vehicles, bks_distance; without it\n"
                 "                        bks.csv beside the problem is used\n"
                 "  --json\n"),
        f);
}

static void usage_check(FILE *f)
{
    fputs(plan_say("用法：orderly plan check-tours --problem 文件 --solution 文件 [--json]\n",
                   "usage: orderly plan check-tours --problem FILE --solution FILE [--json]\n"),
          f);
}

static bool read_number(const char *text, uint64_t least, uint64_t *v)
{
    char *end;
    errno = 0;
    *v = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && text[0] != '-' && *v >= least;
}

static bool read_options(int argc, char **argv, struct options *o, void (*usage)(FILE *), int *exit_code)
{
    enum { PROBLEM = 1, BUDGET, ITERATIONS, SEED, SOLUTION, BEST, JSON, HELP };
    static const struct option known[] = {
        { "problem", 1, NULL, PROBLEM }, { "budget-ms", 1, NULL, BUDGET },  { "iterations", 1, NULL, ITERATIONS },
        { "seed", 1, NULL, SEED },       { "solution", 1, NULL, SOLUTION }, { "best", 1, NULL, BEST },
        { "json", 0, NULL, JSON },       { "help", 0, NULL, HELP },         { 0 }
    };
    bool good = true;
    *o = (struct options){ .budget_ms = 1000, .seed = 1 };
    *exit_code = 2;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case PROBLEM: o->problem = optarg; break;
        case BUDGET: good &= read_number(optarg, 1, &o->budget_ms); break;
        case ITERATIONS: good &= read_number(optarg, 1, &o->iterations); break;
        case SEED: good &= read_number(optarg, 0, &o->seed); break;
        case SOLUTION: o->solution = optarg; break;
        case BEST: o->best = optarg; break;
        case JSON: o->json = true; break;
        case HELP:
            usage(stdout);
            *exit_code = 0;
            return false;
        default: good = false;
        }
    }
    good = good && o->problem && optind == argc;
    if (!good) usage(stderr);
    return good;
}

static void close_run(struct run *r)
{
    tour_routes_close(&r->routes);
    tour_file_close(&r->file);
    free(r->memory);
}

static void complain(int err, const struct err_note *note)
{
    fprintf(stderr, "orderly plan: %s: %s (%s)\n", note->where, note->what, plan_say(err_zh(err), err_en(err)));
}

int plan_tours(int argc, char **argv)
{
    struct run r = { .steps = 0 };
    struct err_note note = { "", "" };
    int code;
    if (!read_options(argc, argv, &r.o, usage_tours, &code)) return code;
    int err = tour_file_open(r.o.problem, &r.file, &note);
    if (!err) err = find_best(&r, &note);
    if (!err) err = open_search(&r, &note);
    if (!err) err = search(&r);
    if (!err && r.o.solution) err = tour_routes_write(r.o.solution, &r.routes, &note);
    if (err) complain(err, &note);
    else report(&r);
    code = err ? 1 : r.verdict.flaw == TOUR_SOUND ? 0 : 3;
    close_run(&r);
    return code;
}

static void report_verdict(const struct run *r)
{
    const struct tour_verdict *v = &r->verdict;
    bool sound = v->flaw == TOUR_SOUND;
    const char *flaw = plan_say(tour_flaw_zh(v->flaw), tour_flaw_en(v->flaw));
    if (r->o.json && sound) printf("{\"feasible\":true,\"vehicles\":%u,\"distance\":%.4f}\n", v->vehicles, v->distance);
    else if (r->o.json)
        printf("{\"feasible\":false,\"vehicles\":%u,\"route\":%u,\"node\":%u,\"flaw\":\"%s\"}\n", v->vehicles, v->route,
               v->node, tour_flaw_en(v->flaw));
    else if (sound)
        printf(plan_say("可行：%u 辆车，里程 %.2f\n", "feasible: %u vehicles, distance %.2f\n"), v->vehicles,
               v->distance);
    else
        printf(plan_say("不可行：路线 %u，节点 %u：%s\n", "not feasible: route %u, node %u: %s\n"), v->route, v->node,
               flaw);
}

int plan_check_tours(int argc, char **argv)
{
    struct run r = { .steps = 0 };
    struct err_note note = { "", "" };
    int code;
    if (!read_options(argc, argv, &r.o, usage_check, &code)) return code;
    if (!r.o.solution) {
        usage_check(stderr);
        return 2;
    }
    int err = tour_file_open(r.o.problem, &r.file, &note);
    if (!err) err = tour_routes_open(r.o.solution, &r.file, &r.routes, &note);
    if (!err) r.verdict = tour_file_judge(&r.file, &r.routes);
    if (err) complain(err, &note);
    else report_verdict(&r);
    code = err ? 1 : r.verdict.flaw == TOUR_SOUND ? 0 : 3;
    close_run(&r);
    return code;
}
