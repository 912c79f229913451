/* plan_mapf - `orderly plan mapf`: one-shot problems of the Moving AI benchmark on a grid, bettered until the time is
 * up.
 *
 * The solvers are bounded by expansions and know no clock; this file looks at the CPU time of the process between
 * calls. So with a budget in CPU time two runs with one seed may end at different points of the search; with one in
 * expansions (--expansions) they are the same to the byte. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd_plan.h"
#include "lacam.h"
#include "lns.h"
#include "path_check.h"

#define BLOCK ((size_t)32 << 20)
#define BLOCKS 48 /* 1.5 GB at most for the search over configurations */
#define HORIZON_MAX 65000u
#define FOR_SEARCH 0.985 /* of the CPU time; the rest is for the last round, the judge and the file */

struct options {
    const char *map, *scen, *out;
    uint32_t agents, budget_ms;
    uint64_t seed, expansions; /* expansions: 0, or the budget instead of CPU time */
    bool json;
};

struct run {
    struct options o;
    struct bench_grid map;
    uint32_t *start, *goal;
    struct mapf m;
    void *m_memory, *lacam_memory, *lns_memory, *block[BLOCKS];
    uint32_t blocks;
    struct lacam *lacam;
    struct lns *lns;
    uint64_t lns_before;   /* expansions of one that was closed */
    uint32_t *rows, steps; /* the answer of the search over configurations */
    uint64_t rows_loss;
    bool solved, impossible;
    double first_ms;
    uint64_t first_loss;
    const char *first_by;
    uint64_t rounds;
    struct path_fault fault;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The share of the budget that is used up. A configuration made counts as one expansion a robot. */
static double spent(const struct run *r)
{
    if (r->o.expansions == 0) return cpu_ms() / (r->o.budget_ms * FOR_SEARCH);
    uint64_t n = r->lns_before + (r->lns ? lns_expansions(r->lns) : 0);
    if (r->lacam) n += lacam_expansions(r->lacam) * r->o.agents;
    return (double)n / (double)r->o.expansions;
}

/* ---- the problem -------------------------------------------------------------------------------------------- */

static int open_mapf(struct run *r, struct err_note *note)
{
    size_t bytes = mapf_memory(&r->map.grid, (uint16_t)r->o.agents);
    struct arena mem;
    if (!(r->m_memory = malloc(bytes))) return ORD_EMEMORY;
    arena_init(&mem, r->m_memory, bytes);
    enum mapf_fault fault = mapf_open(&r->m, &mem, &r->map.grid, (uint16_t)r->o.agents, r->start, r->goal);
    switch (fault) {
    case MAPF_OK: return ORD_OK;
    case MAPF_MEMORY: return ORD_EMEMORY;
    case MAPF_ONE_START:
        return err_at(note, ORD_ERANGE, r->o.scen, "robots %u and %u start in one cell", r->m.bad[0], r->m.bad[1]);
    case MAPF_ONE_GOAL:
        return err_at(note, ORD_ERANGE, r->o.scen, "robots %u and %u have one goal", r->m.bad[0], r->m.bad[1]);
    case MAPF_NO_WAY:
        return err_at(note, ORD_ERANGE, r->o.scen, "robot %u: no way from its start to its goal", r->m.bad[0]);
    }
    return ORD_EPARSE;
}

static int open_problem(struct run *r, struct err_note *note)
{
    struct bench_pair *pairs = NULL;
    uint32_t count = 0;
    int err = bench_map_open(r->o.map, &r->map, note);
    if (!err) err = bench_scen_open(r->o.scen, &r->map.grid, &pairs, &count, note);
    if (!err && r->o.agents > count)
        err = err_at(note, ORD_ERANGE, r->o.scen, "has %u robots, --agents asks for %u", count, r->o.agents);
    if (!err) {
        r->start = malloc(r->o.agents * sizeof *r->start);
        r->goal = malloc(r->o.agents * sizeof *r->goal);
        if (!r->start || !r->goal) err = ORD_EMEMORY;
    }
    for (uint32_t a = 0; !err && a < r->o.agents; a++) {
        r->start[a] = pairs[a].start;
        r->goal[a] = pairs[a].goal;
    }
    free(pairs);
    return err ? err : open_mapf(r, note);
}

static int open_lns(struct run *r, uint32_t horizon)
{
    struct arena mem;
    size_t bytes = lns_memory(&r->m, horizon);
    if (r->lns) r->lns_before += lns_expansions(r->lns);
    free(r->lns_memory);
    r->lns = NULL;
    if (!(r->lns_memory = malloc(bytes))) return ORD_EMEMORY;
    arena_init(&mem, r->lns_memory, bytes);
    return lns_open(&r->lns, &mem, &r->m, horizon, r->o.seed);
}

/* ---- the solvers, one after the other ----------------------------------------------------------------------- */

static uint32_t longest_way(const struct mapf *m)
{
    uint32_t most = 0;
    for (uint32_t a = 0; a < m->robots; a++) {
        uint32_t d = mapf_steps(m, a, m->start[a]);
        most = d > most ? d : most;
    }
    return most;
}

static void found(struct run *r, uint64_t loss, const char *by)
{
    r->solved = true;
    r->first_ms = cpu_ms();
    r->first_loss = loss;
    r->first_by = by;
}

static uint32_t usual_horizon(const struct mapf *m)
{
    uint32_t h = longest_way(m) * 3 / 2 + 64;
    return h < HORIZON_MAX ? h : HORIZON_MAX;
}

static int feed(struct run *r)
{
    size_t least = lacam_block_min(&r->m), size = least > BLOCK ? least : BLOCK;
    if (r->blocks == BLOCKS || !(r->block[r->blocks] = malloc(size))) return ORD_EMEMORY;
    lacam_feed(r->lacam, r->block[r->blocks++], size);
    return ORD_OK;
}

static int keep_rows(struct run *r)
{
    uint32_t n = r->o.agents;
    r->steps = lacam_length(r->lacam);
    r->rows = malloc((size_t)(r->steps + 1) * n * sizeof *r->rows);
    if (!r->rows) return ORD_EMEMORY;
    lacam_rows(r->lacam, r->rows);
    r->rows_loss = 0;
    for (size_t i = n; i < (size_t)(r->steps + 1) * n; i++)
        r->rows_loss += r->rows[i] != r->goal[i % n] || r->rows[i - n] != r->goal[i % n];
    found(r, r->rows_loss, "configurations");
    return ORD_OK;
}

/* The search over configurations, until an answer, the proof that there is none, or the time given. */
static int configurations(struct run *r, double until)
{
    struct arena mem;
    size_t bytes = lacam_memory(&r->m);
    if (!(r->lacam_memory = malloc(bytes))) return ORD_EMEMORY;
    arena_init(&mem, r->lacam_memory, bytes);
    int err = lacam_open(&r->lacam, &mem, &r->m, r->o.seed);
    if (!err) err = feed(r);
    while (!err && spent(r) < until) {
        enum lacam_state s = lacam_run(r->lacam, 16);
        if (s == LACAM_FOUND) return keep_rows(r);
        if (s == LACAM_NONE) r->impossible = true;
        if (s == LACAM_NONE) break;
        if (s == LACAM_HUNGRY && feed(r) != ORD_OK) break; /* out of memory: the other solver goes on */
    }
    return err;
}

static int take_over(struct run *r)
{
    uint32_t horizon = usual_horizon(&r->m);
    if (r->steps + 2 > HORIZON_MAX) return ORD_EFULL;
    int err = horizon < r->steps + 2 ? open_lns(r, r->steps + 2) : ORD_OK;
    if (!err) lns_load(r->lns, r->rows, r->steps);
    return err;
}

/* Robot by robot is the better plan wherever it comes to an end; where it takes long, the search over configurations
 * has an answer sooner, or at all. So: a tenth of the time for the first, then the second, then the first again. */
static int first_answer(struct run *r)
{
    int err = open_lns(r, usual_horizon(&r->m));
    if (err) return err;
    lns_begin(r->lns);
    bool all = false;
    while (!all && spent(r) < 0.1) all = lns_insert(r->lns);
    if (!all) err = configurations(r, 0.5);
    double until = r->solved ? 0.6 : 1;
    while (!err && !all && !r->impossible && spent(r) < until) all = lns_insert(r->lns);
    if (err) return err;
    if (all && !r->solved) found(r, lns_loss(r->lns), "prioritised");
    if (r->rows && (!all || r->rows_loss < lns_loss(r->lns))) return take_over(r);
    return ORD_OK;
}

static int solve(struct run *r)
{
    int err = first_answer(r);
    if (err || !r->solved) return err;
    uint64_t bound = mapf_bound(&r->m);
    while (lns_loss(r->lns) > bound && spent(r) < 1) {
        lns_step(r->lns);
        r->rounds++;
    }
    return ORD_OK;
}

/* ---- judging and telling ------------------------------------------------------------------------------------ */

static int judge(struct run *r)
{
    struct path_check c;
    struct arena mem;
    size_t bytes = path_check_memory(&r->map.grid, r->o.agents);
    void *block = malloc(bytes);
    pose_id *row = malloc(r->o.agents * sizeof *row);
    int err = block && row ? ORD_OK : ORD_EMEMORY;
    if (!err) {
        arena_init(&mem, block, bytes);
        err = path_check_open(&c, &mem, &r->map.grid, r->o.agents, false);
    }
    uint32_t last = err ? 0 : lns_makespan(r->lns);
    for (uint32_t t = 0; !err && t <= last && r->fault.kind == PATH_FINE; t++) {
        for (uint32_t a = 0; a < r->o.agents; a++) row[a] = pose_of(lns_at(r->lns, a, t), 0);
        r->fault = path_check_row(&c, row, r->start);
    }
    if (!err && r->fault.kind == PATH_FINE) r->fault = path_check_end(&c, r->goal);
    free(block);
    free(row);
    return err;
}

static int write_paths(const struct run *r, struct err_note *note)
{
    FILE *f = fopen(r->o.out, "w");
    if (!f) return err_at(note, ORD_EIO, r->o.out, "cannot be written: %s", strerror(errno));
    for (uint32_t t = 0; t <= lns_makespan(r->lns); t++) {
        for (uint32_t a = 0; a < r->o.agents; a++)
            fprintf(f, "%s%u", a ? " " : "", r->map.grid.place[lns_at(r->lns, a, t)]);
        fputc('\n', f);
    }
    bool bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad) return err_at(note, ORD_EIO, r->o.out, "cannot be written");
    return ORD_OK;
}

static void report(const struct run *r)
{
    uint64_t expansions = r->lns_before + (r->lns ? lns_expansions(r->lns) : 0);
    uint64_t bound = mapf_bound(&r->m), loss = r->solved ? lns_loss(r->lns) : 0;
    double ratio = bound ? (double)loss / (double)bound : 1, now_ms = cpu_ms();
    if (!r->solved && r->o.json) {
        printf("{\"solved\":false,\"agents\":%u,\"sum_of_loss\":null,\"lower_bound\":%llu,\"ratio\":null,\"makespan\":"
               "null,"
               "\"first_solution_ms\":null,\"impossible\":%s,\"cpu_ms\":%.1f,\"seed\":%llu}\n",
               r->o.agents, (unsigned long long)bound, r->impossible ? "true" : "false", now_ms,
               (unsigned long long)r->o.seed);
    } else if (!r->solved) {
        printf(plan_say("%u 台机器人：%s（CPU %.0f 毫秒）\n", "%u robots: %s (%.0f CPU-ms)\n"), r->o.agents,
               r->impossible ? plan_say("无解", "there is no solution")
                             : plan_say("限时内未找到解", "no solution found in time"),
               now_ms);
    } else if (r->o.json) {
        printf(
            "{\"solved\":true,\"agents\":%u,\"sum_of_loss\":%llu,\"lower_bound\":%llu,\"ratio\":%.4f,\"makespan\":%u,"
            "\"first_solution_ms\":%.1f,\"first_sum_of_loss\":%llu,\"first_by\":\"%s\",\"rounds\":%llu,\"expansions\":%"
            "llu,\"cpu_ms\":%.1f,\"seed\":%llu}\n",
            r->o.agents, (unsigned long long)loss, (unsigned long long)bound, ratio, lns_makespan(r->lns), r->first_ms,
            (unsigned long long)r->first_loss, r->first_by, (unsigned long long)r->rounds,
            (unsigned long long)expansions, now_ms, (unsigned long long)r->o.seed);
    } else {
        printf(plan_say("%u 台机器人：不在目标上的步数 %llu，下界 %llu（%.4f），最后一台第 %u 步到达；首个解 CPU %.0f "
                        "毫秒，共 %.0f 毫秒\n",
                        "%u robots: %llu steps off the goals, at least %llu (%.4f), the last arrives at step %u; first "
                        "answer after "
                        "%.0f CPU-ms, %.0f in all\n"),
               r->o.agents, (unsigned long long)loss, (unsigned long long)bound, ratio, lns_makespan(r->lns),
               r->first_ms, now_ms);
    }
}

static void close_run(struct run *r)
{
    bench_map_close(&r->map);
    free(r->start);
    free(r->goal);
    free(r->m_memory);
    free(r->lacam_memory);
    free(r->lns_memory);
    free(r->rows);
    for (uint32_t i = 0; i < r->blocks; i++) free(r->block[i]);
}

/* ---- the command -------------------------------------------------------------------------------------------- */

static void usage(FILE *f)
{
    fputs(plan_say("用法：orderly plan mapf --map 地图 --scen 场景 --agents N [选项]\n\n"
                   "  --budget-ms B (1000)  整个进程的 CPU 时间；在此之前不断改进方案\n"
                   "  --expansions N        以搜索次数代替 CPU 时间作为预算，在任何机器上结果相同\n"
                   "  --seed K (1)          --out 文件     每步一行，每台机器人一项：格号 = 行 * 宽 + 列\n"
                   "  --json\n",
                   "usage: orderly plan mapf --map M --scen S --agents N [OPTIONS]\n\n"
                   "  --budget-ms B (1000)  CPU time of the whole process; the plan is bettered until it ends\n"
                   "  --expansions N        a budget that is the same on every machine, instead of CPU time\n"
                   "  --seed K (1)          --out PATHS    one line a step, one token a robot: the cell, row * width + "
                   "column\n"
                   "  --json\n"),
          f);
}

static bool read_options(int argc, char **argv, struct options *o, int *exit_code)
{
    enum { MAP = 1, SCEN, AGENTS, BUDGET, EXPANSIONS, SEED, OUT, JSON, HELP };
    static const struct option known[] = { { "map", 1, NULL, MAP },
                                           { "scen", 1, NULL, SCEN },
                                           { "agents", 1, NULL, AGENTS },
                                           { "budget-ms", 1, NULL, BUDGET },
                                           { "expansions", 1, NULL, EXPANSIONS },
                                           { "seed", 1, NULL, SEED },
                                           { "out", 1, NULL, OUT },
                                           { "json", 0, NULL, JSON },
                                           { "help", 0, NULL, HELP },
                                           { 0 } };
    *o = (struct options){ .budget_ms = 1000, .seed = 1 };
    *exit_code = 2;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case MAP: o->map = optarg; break;
        case SCEN: o->scen = optarg; break;
        case AGENTS: o->agents = (uint32_t)strtoul(optarg, NULL, 10); break;
        case BUDGET: o->budget_ms = (uint32_t)strtoul(optarg, NULL, 10); break;
        case EXPANSIONS: o->expansions = strtoull(optarg, NULL, 10); break;
        case SEED: o->seed = strtoull(optarg, NULL, 10); break;
        case OUT: o->out = optarg; break;
        case JSON: o->json = true; break;
        case HELP:
            usage(stdout);
            *exit_code = 0;
            return false;
        default: usage(stderr); return false;
        }
    }
    bool complete = o->map && o->scen && o->agents >= 1 && o->agents <= 20000 && o->budget_ms >= 1;
    if (!complete) usage(stderr);
    return complete;
}

int plan_mapf(int argc, char **argv)
{
    struct run r = { 0 };
    struct err_note note = { "", "" };
    int code;
    if (!read_options(argc, argv, &r.o, &code)) return code;
    int err = open_problem(&r, &note);
    if (!err) err = solve(&r);
    if (!err && r.solved) err = judge(&r);
    if (!err && r.fault.kind != PATH_FINE)
        err = err_at(&note, ORD_ECORRUPT, "plan", "step %u: robots %u and %u: %s", r.fault.step, r.fault.a, r.fault.b,
                     plan_say(path_fault_zh(r.fault.kind), path_fault_en(r.fault.kind)));
    if (!err && r.solved && r.o.out) err = write_paths(&r, &note);
    if (err) fprintf(stderr, "orderly plan: %s: %s (%s)\n", note.where, note.what, plan_say(err_zh(err), err_en(err)));
    else report(&r);
    code = err ? 1 : r.solved ? 0 : 3;
    close_run(&r);
    return code;
}
