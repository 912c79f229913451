/* plan_lifelong - `orderly plan lifelong`: endless goals on a grid, with or without turning and hold-ups.
 *
 * Robot a's i-th goal is tasks[(a + i * robots) mod count]; a goal equal to its own cell is skipped; the next goal is
 * known when the present one is reached. The planner never sees the hold-ups file: it learns after each step who
 * moved. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd_plan.h"
#include "rolling.h"

struct options {
    const char *map, *agents_file, *tasks_file, *holds, *out;
    uint32_t agents, steps, window, expansions;
    uint64_t seed;
    bool turning, json, no_repair, no_switching, no_guidance, no_retime, no_hope;
};

struct run {
    struct options o;
    struct bench_grid map;
    uint32_t *start, *task, starts, tasks;
    uint8_t *held;       /* NULL: nobody */
    uint32_t *next_task; /* per robot: i of its next goal */
    uint32_t *goal;
    pose_id *at, *wish, *actual;
    uint16_t *owner;
    struct rolling *plan;
    void *plan_memory;
    double *step_ms;
    uint32_t finished, free_flow, held_bound;
    FILE *paths;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint32_t take_goal(const struct run *r, uint32_t robot, uint32_t *i, uint32_t at_cell)
{
    for (uint32_t tried = 0; tried <= r->tasks; tried++) {
        uint32_t cell = r->task[(robot + (uint64_t)*i * r->o.agents) % r->tasks];
        (*i)++;
        if (cell != at_cell) return cell;
    }
    return at_cell;
}

/* ---- the bound: each robot as if it were alone, exactly: the earliest time at each heading of each goal in turn
 * ---- */

static void earliest(const struct grid *g, bool turning, uint32_t from, const uint32_t arrive[4], uint32_t goal,
                     uint32_t limit, uint32_t *time, pose_id *queue, uint32_t out[4])
{
    uint32_t n = g->cells * 4, headings = turning ? 4 : 1;
    memset(time, 0xff, n * sizeof *time);
    uint32_t first = GRID_NONE, done = 0, head = 0, tail = 0, found = 0;
    for (uint32_t h = 0; h < headings; h++) first = arrive[h] < first ? arrive[h] : first;
    for (uint32_t h = 0; h < 4; h++) out[h] = GRID_NONE;
    for (uint32_t t = first; t <= limit && found < headings; t++) { /* layers of equal time; sources join when due */
        uint32_t end = tail;
        for (uint32_t h = 0; h < headings; h++) {
            if (arrive[h] != t || time[pose_of(from, h)] != GRID_NONE) continue;
            time[pose_of(from, h)] = t;
            queue[tail++] = pose_of(from, h);
            end = tail;
        }
        for (; head < end; head++) {
            pose_id p = queue[head], to[4];
            uint32_t c = pose_cell(p), h = pose_heading(p), k = 0;
            if (c == goal && out[turning ? h : 0] == GRID_NONE) {
                out[turning ? h : 0] = t;
                found++;
            }
            if (turning) {
                to[k++] = pose_of(c, (h + 1) & 3);
                to[k++] = pose_of(c, (h + 3) & 3);
                if (g->next[c][h] != GRID_NONE) to[k++] = pose_of(g->next[c][h], h);
            } else {
                for (uint32_t d = 0; d < 4; d++)
                    if (g->next[c][d] != GRID_NONE) to[k++] = pose_of(g->next[c][d], 0);
            }
            for (uint32_t i = 0; i < k; i++) {
                if (time[to[i]] != GRID_NONE) continue;
                time[to[i]] = t + 1;
                queue[tail++] = to[i];
            }
        }
        done = t;
    }
    (void)done;
}

static uint32_t alone(const struct run *r, uint32_t robot, uint32_t limit, uint32_t *time, pose_id *queue)
{
    uint32_t i = 0, count = 0, cell = r->start[robot], arrive[4] = { 0, GRID_NONE, GRID_NONE, GRID_NONE };
    for (;;) {
        uint32_t goal = take_goal(r, robot, &i, cell), out[4], best = GRID_NONE;
        earliest(&r->map.grid, r->o.turning, cell, arrive, goal, limit, time, queue, out);
        for (uint32_t h = 0; h < 4; h++) best = out[h] < best ? out[h] : best;
        if (best > limit) return count;
        count++;
        cell = goal;
        memcpy(arrive, out, sizeof arrive);
    }
}

static void bounds(struct run *r)
{
    uint32_t *time = malloc((size_t)r->map.grid.cells * 4 * sizeof *time);
    pose_id *queue = malloc(((size_t)r->map.grid.cells * 4 + 8) * sizeof *queue);
    for (uint32_t a = 0; time && queue && a < r->o.agents; a++) {
        uint32_t held = 0;
        for (uint32_t s = 0; r->held && s < r->o.steps; s++) held += r->held[(size_t)s * r->o.agents + a];
        uint32_t n = alone(r, a, r->o.steps, time, queue);
        r->free_flow += n;
        r->held_bound += held ? alone(r, a, r->o.steps - held, time, queue) : n;
    }
    free(time);
    free(queue);
}

/* ---- the run -------------------------------------------------------------------------------------------------- */

static void write_row(const struct run *r)
{
    if (!r->paths) return;
    const struct grid *g = &r->map.grid;
    for (uint32_t a = 0; a < r->o.agents; a++) {
        fprintf(r->paths, "%s%u", a ? " " : "", g->place[pose_cell(r->at[a])]);
        if (r->o.turning) fprintf(r->paths, ":%u", pose_heading(r->at[a]));
    }
    fputc('\n', r->paths);
}

static void reach_goals(struct run *r, bool first)
{
    for (uint32_t a = 0; a < r->o.agents; a++) {
        uint32_t cell = pose_cell(r->at[a]);
        if (!first && cell != r->goal[a]) continue;
        if (!first) r->finished++;
        r->goal[a] = take_goal(r, a, &r->next_task[a], cell);
        rolling_goal(r->plan, (uint16_t)a, r->goal[a]);
    }
}

static void drive(struct run *r)
{
    static const uint8_t nobody[65536];
    const struct grid *g = &r->map.grid;
    reach_goals(r, true);
    write_row(r);
    for (uint32_t s = 0; s < r->o.steps; s++) {
        double begun = cpu_ms();
        rolling_plan(r->plan);
        for (uint32_t a = 0; a < r->o.agents; a++) r->wish[a] = rolling_wish(r->plan, (uint16_t)a);
        double planned = cpu_ms() - begun;
        const uint8_t *held = r->held ? r->held + (size_t)s * r->o.agents : nobody;
        grid_execute(g, (uint16_t)r->o.agents, r->at, r->wish, held, r->actual, r->owner);
        begun = cpu_ms();
        rolling_moved(r->plan, r->actual);
        memcpy(r->at, r->actual, r->o.agents * sizeof *r->at);
        reach_goals(r, false);
        r->step_ms[s] = planned + cpu_ms() - begun;
        write_row(r);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(struct run *r)
{
    double sum = 0;
    for (uint32_t s = 0; s < r->o.steps; s++) sum += r->step_ms[s];
    qsort(r->step_ms, r->o.steps, sizeof *r->step_ms, by_value);
    double p99 = r->step_ms[(size_t)(r->o.steps - 1) * 99 / 100], mean = sum / r->o.steps;
    double share = r->free_flow ? (double)r->finished / r->free_flow : 0,
           of_held = r->held_bound ? (double)r->finished / r->held_bound : 0;
    if (r->o.json)
        printf("{\"agents\":%u,\"steps\":%u,\"finished\":%u,\"free_flow\":%u,\"share\":%.4f,\"held_bound\":%u,\"share_"
               "of_held_bound\":%.4f,"
               "\"cpu_ms_per_step\":%.3f,\"cpu_ms_per_step_p99\":%.3f,\"expansions\":%llu,\"seed\":%llu}\n",
               r->o.agents, r->o.steps, r->finished, r->free_flow, share, r->held_bound, of_held, mean, p99,
               (unsigned long long)rolling_expansions(r->plan), (unsigned long long)r->o.seed);
    else
        printf(plan_say(
                   "%u 台机器人，%u 步：完成 %u 个目标，无干扰时 %u 个（%.1f %%），每步 %.2f CPU 毫秒（99 %%：%.2f）\n",
                   "%u robots, %u steps: %u goals of %u in free flow (%.1f %%), %.2f CPU-ms a step (99 %%: %.2f)\n"),
               r->o.agents, r->o.steps, r->finished, r->free_flow, share * 100, mean, p99);
}

static int open_files(struct run *r, struct err_note *note)
{
    const struct options *o = &r->o;
    int err = bench_map_open(o->map, &r->map, note);
    if (!err) err = bench_cells_open(o->agents_file, &r->map.grid, &r->start, &r->starts, note);
    if (!err) err = bench_cells_open(o->tasks_file, &r->map.grid, &r->task, &r->tasks, note);
    if (!err && o->agents > r->starts)
        err = err_at(note, ORD_ERANGE, o->agents_file, "has %u starts, --agents asks for %u", r->starts, o->agents);
    if (!err && o->holds) err = bench_holds_open(o->holds, (uint16_t)o->agents, o->steps, &r->held, note);
    if (!err && o->out && !(r->paths = fopen(o->out, "w"))) err = err_at(note, ORD_EIO, o->out, "cannot be written");
    return err;
}

static int open_plan(struct run *r, struct err_note *note)
{
    const struct options *o = &r->o;
    struct rolling_config cfg = { .grid = &r->map.grid,
                                  .robots = (uint16_t)o->agents,
                                  .turning = o->turning,
                                  .window = (uint16_t)o->window,
                                  .expansions_max = o->expansions,
                                  .seed = o->seed,
                                  .no_repair = o->no_repair,
                                  .no_switching = o->no_switching,
                                  .no_guidance = o->no_guidance,
                                  .no_retime = o->no_retime,
                                  .no_hope = o->no_hope };
    size_t bytes = rolling_memory(&cfg), n = o->agents;
    r->plan_memory = malloc(bytes);
    r->next_task = calloc(n, sizeof *r->next_task);
    r->goal = calloc(n, sizeof *r->goal);
    r->at = calloc(n, sizeof *r->at);
    r->wish = calloc(n, sizeof *r->wish);
    r->actual = calloc(n, sizeof *r->actual);
    r->owner = calloc(r->map.grid.cells, sizeof *r->owner);
    r->step_ms = calloc(o->steps, sizeof *r->step_ms);
    if (!r->plan_memory || !r->next_task || !r->goal || !r->at || !r->wish || !r->actual || !r->owner || !r->step_ms)
        return ORD_EMEMORY;
    struct arena mem;
    arena_init(&mem, r->plan_memory, bytes);
    int err = rolling_open(&r->plan, &mem, &cfg);
    for (uint32_t a = 0; !err && a < n; a++) {
        for (uint32_t b = 0; b < a; b++)
            if (r->start[a] == r->start[b])
                return err_at(note, ORD_ERANGE, o->agents_file, "robots %u and %u start in one cell", b, a);
        r->at[a] = pose_of(r->start[a], 0);
        rolling_place(r->plan, (uint16_t)a, r->at[a]);
    }
    return err;
}

static void close_run(struct run *r)
{
    bench_map_close(&r->map);
    free(r->start);
    free(r->task);
    free(r->held);
    free(r->next_task);
    free(r->goal);
    free(r->at);
    free(r->wish);
    free(r->actual);
    free(r->owner);
    free(r->step_ms);
    free(r->plan_memory);
    if (r->paths) fclose(r->paths);
}

static void usage(FILE *f)
{
    fputs(
        plan_say("用法：orderly plan lifelong --map M --agents-file A --tasks-file T --agents N [选项]\n\n"
                 "  --steps N (500)      步数                --turning        每转 90 度用一步\n"
                 "  --holds FILE         每行“步 机器人 步数”：其间该机器人不能动；规划器不读此文件，只看谁没有动\n"
                 "  --window N (20)      向前看的步数        --expansions N   每步搜索预算（30000 + 每台 150）\n"
                 "  --seed K (1)         随机种子            --out PATHS      每步一行，每台一项：格 或 格:朝向\n"
                 "  去掉一部分，看它值多少：\n"
                 "  --alone              每台各自搜索：以下 reorder、guidance、hope 都去掉\n"
                 "  --no-reorder         不把几台一起换次序重排    --no-switching   更好的计划也不得改变通过次序\n"
                 "  --no-guidance        不避开对向车流            --no-retime      不沿用上一步的计划\n"
                 "  --no-hope            被阻的机器人没有“一放行就走”的备用计划\n"
                 "  --json\n",
                 "usage: orderly plan lifelong --map M --agents-file A --tasks-file T --agents N [OPTIONS]\n\n"
                 "  --steps N (500)      how many             --turning        quarter turns take a step\n"
                 "  --holds FILE         lines \"step robot steps\": that robot cannot act then; the planner does not\n"
                 "                       see the file, only who did not move\n"
                 "  --window N (20)      steps looked ahead   --expansions N   search budget of one step (30000 +\n"
                 "                                                             150 a robot)\n"
                 "  --seed K (1)         of random choices    --out PATHS      one line a step, one token a robot:\n"
                 "                                                             cell or cell:heading\n"
                 "  leave a part out, to see what it earns:\n"
                 "  --alone              one robot's search only: no re-ordering, guidance or hope\n"
                 "  --no-reorder         no new order of several robots at once\n"
                 "  --no-switching       a better plan may not change who goes first\n"
                 "  --no-guidance        no way around opposing flow\n"
                 "  --no-retime          nothing is kept of the plan of the step before\n"
                 "  --no-hope            no second plan for held robots\n"
                 "  --json\n"),
        f);
}

static bool read_options(int argc, char **argv, struct options *o, int *exit_code)
{
    enum {
        MAP = 1,
        AGENTS_FILE,
        TASKS_FILE,
        AGENTS,
        STEPS,
        TURNING,
        HOLDS,
        WINDOW,
        EXPANSIONS,
        SEED,
        OUT,
        ALONE,
        NO_REORDER,
        NO_SWITCHING,
        NO_GUIDANCE,
        NO_RETIME,
        NO_HOPE,
        JSON,
        HELP
    };
    static const struct option known[] = { { "map", 1, NULL, MAP },
                                           { "agents-file", 1, NULL, AGENTS_FILE },
                                           { "tasks-file", 1, NULL, TASKS_FILE },
                                           { "agents", 1, NULL, AGENTS },
                                           { "steps", 1, NULL, STEPS },
                                           { "turning", 0, NULL, TURNING },
                                           { "holds", 1, NULL, HOLDS },
                                           { "window", 1, NULL, WINDOW },
                                           { "expansions", 1, NULL, EXPANSIONS },
                                           { "seed", 1, NULL, SEED },
                                           { "out", 1, NULL, OUT },
                                           { "alone", 0, NULL, ALONE },
                                           { "no-reorder", 0, NULL, NO_REORDER },
                                           { "no-switching", 0, NULL, NO_SWITCHING },
                                           { "no-guidance", 0, NULL, NO_GUIDANCE },
                                           { "no-retime", 0, NULL, NO_RETIME },
                                           { "no-hope", 0, NULL, NO_HOPE },
                                           { "json", 0, NULL, JSON },
                                           { "help", 0, NULL, HELP },
                                           { 0 } };
    *o = (struct options){ .steps = 500, .window = 20, .seed = 1 };
    *exit_code = 2;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case MAP: o->map = optarg; break;
        case AGENTS_FILE: o->agents_file = optarg; break;
        case TASKS_FILE: o->tasks_file = optarg; break;
        case AGENTS: o->agents = (uint32_t)strtoul(optarg, NULL, 10); break;
        case STEPS: o->steps = (uint32_t)strtoul(optarg, NULL, 10); break;
        case TURNING: o->turning = true; break;
        case HOLDS: o->holds = optarg; break;
        case WINDOW: o->window = (uint32_t)strtoul(optarg, NULL, 10); break;
        case EXPANSIONS: o->expansions = (uint32_t)strtoul(optarg, NULL, 10); break;
        case SEED: o->seed = strtoull(optarg, NULL, 10); break;
        case OUT: o->out = optarg; break;
        case ALONE: o->no_repair = o->no_guidance = o->no_hope = true; break;
        case NO_REORDER: o->no_repair = true; break;
        case NO_SWITCHING: o->no_switching = true; break;
        case NO_GUIDANCE: o->no_guidance = true; break;
        case NO_RETIME: o->no_retime = true; break;
        case NO_HOPE: o->no_hope = true; break;
        case JSON: o->json = true; break;
        case HELP:
            usage(stdout);
            *exit_code = 0;
            return false;
        default: usage(stderr); return false;
        }
    }
    if (o->expansions == 0) o->expansions = 30000 + 150 * o->agents;
    bool complete = o->map && o->agents_file && o->tasks_file && o->agents >= 1 && o->agents <= 5000 && o->steps >= 1 &&
                    o->steps <= 1000000;
    if (!complete || o->window < 4 || o->window > 120) usage(stderr);
    return complete && o->window >= 4 && o->window <= 120;
}

int plan_lifelong(int argc, char **argv)
{
    struct run r = { 0 };
    struct err_note note = { "", "" };
    int code;
    if (!read_options(argc, argv, &r.o, &code)) return code;
    int err = open_files(&r, &note);
    if (!err) err = open_plan(&r, &note);
    if (err) {
        fprintf(stderr, "orderly plan: %s: %s\n", note.where,
                note.what[0] ? note.what : plan_say(err_zh(err), err_en(err)));
    } else {
        drive(&r);
        bounds(&r);
        report(&r);
    }
    close_run(&r);
    return err ? 1 : 0;
}
