/* plan_soak - `orderly plan soak`: random grids, robots and hold-ups by the million steps, judged from outside.
 *
 * Each world is drawn anew: size, walls, density, turning or not, hold-ups or not. Every row of poses goes through
 * path_check. A world in which nobody reaches a goal for `--patience` steps while nobody is held counts as a
 * deadlock. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_plan.h"
#include "common/rng.h"
#include "path_check.h"
#include "rolling.h"

enum { SIDE_MAX = 28, ROBOTS_MAX = 120, WORLD_STEPS = 400 };

struct options {
    uint64_t seed, steps, world; /* world: only this one; UINT64_MAX = all */
    uint32_t patience;
    bool json;
};

struct world {
    uint32_t side, robots;
    bool turning, holds;
    uint8_t free_cell[SIDE_MAX * SIDE_MAX];
    struct grid grid;
    struct rolling *plan;
    struct path_check judge;
    uint32_t goal[ROBOTS_MAX], held_until[ROBOTS_MAX];
    pose_id at[ROBOTS_MAX], wish[ROBOTS_MAX], actual[ROBOTS_MAX];
    uint8_t held[ROBOTS_MAX];
    uint16_t owner[SIDE_MAX * SIDE_MAX];
    struct rng rng;
    void *memory;
};

struct totals {
    uint64_t worlds, steps, robot_steps, goals, holds, conflicts, deadlocks, hash;
};

/* Keep only the largest connected part, so that every goal can be reached. */
static uint32_t keep_largest_part(uint8_t *cell, uint32_t side)
{
    static uint32_t part[SIDE_MAX * SIDE_MAX], queue[SIDE_MAX * SIDE_MAX];
    uint32_t parts = 0, best = 0, best_size = 0, n = side * side;
    memset(part, 0, sizeof part);
    for (uint32_t from = 0; from < n; from++) {
        if (!cell[from] || part[from]) continue;
        uint32_t head = 0, tail = 0;
        part[from] = ++parts;
        queue[tail++] = from;
        while (head < tail) {
            uint32_t at = queue[head++], x = at % side, y = at / side;
            uint32_t to[4] = { x + 1 < side ? at + 1 : at, x > 0 ? at - 1 : at, y + 1 < side ? at + side : at,
                               y > 0 ? at - side : at };
            for (int k = 0; k < 4; k++) {
                if (!cell[to[k]] || part[to[k]]) continue;
                part[to[k]] = parts;
                queue[tail++] = to[k];
            }
        }
        if (tail > best_size) {
            best_size = tail;
            best = parts;
        }
    }
    for (uint32_t at = 0; at < n; at++) cell[at] = cell[at] && part[at] == best;
    return best_size;
}

static uint32_t draw_goal(struct world *w, uint32_t r)
{
    uint32_t cell;
    do cell = rng_below(&w->rng, w->grid.cells);
    while (cell == pose_cell(w->at[r]) && w->grid.cells > 1);
    return cell;
}

static int open_world(struct world *w, uint64_t seed, uint64_t number)
{
    w->rng = rng_stream_of(seed, "soak", number);
    uint32_t size = 0;
    while (size < 24) {
        w->side = 8 + rng_below(&w->rng, SIDE_MAX - 7);
        uint32_t walls = rng_below(&w->rng, 350000);
        for (uint32_t at = 0; at < w->side * w->side; at++) w->free_cell[at] = !rng_chance(&w->rng, walls);
        size = keep_largest_part(w->free_cell, w->side);
    }
    uint32_t most = size / 8 < ROBOTS_MAX ? size / 8 : ROBOTS_MAX;
    w->robots = 2 + rng_below(&w->rng, most - 1);
    w->turning = rng_chance(&w->rng, 700000);
    w->holds = rng_chance(&w->rng, 600000);
    /* The configuration needs the grid, the grid needs memory: ask for the grid first. */
    size_t grid_bytes = grid_memory(w->side, w->side);
    struct rolling_config cfg = { .grid = &w->grid,
                                  .robots = (uint16_t)w->robots,
                                  .turning = w->turning,
                                  .window = 20,
                                  .expansions_max = 8000 + 200 * w->robots,
                                  .seed = seed + number };
    w->grid.cells = size;
    size_t bytes = grid_bytes + rolling_memory(&cfg) + (size_t)w->side * w->side * 64 + w->robots * 64 + 4096;
    struct arena mem;
    if (!(w->memory = malloc(bytes))) return ORD_EMEMORY;
    arena_init(&mem, w->memory, bytes);
    int err = grid_open(&w->grid, &mem, w->side, w->side, w->free_cell);
    if (!err) err = rolling_open(&w->plan, &mem, &cfg);
    if (!err) err = path_check_open(&w->judge, &mem, &w->grid, w->robots, w->turning);
    if (err) return err;
    memset(w->owner, 0, sizeof w->owner);
    for (uint32_t r = 0; r < w->robots; r++) {
        uint32_t cell;
        do cell = rng_below(&w->rng, size);
        while (w->owner[cell]);
        w->owner[cell] = 1;
        w->at[r] = pose_of(cell, w->turning ? rng_below(&w->rng, 4) : 0);
        w->held_until[r] = 0;
        rolling_place(w->plan, (uint16_t)r, w->at[r]);
    }
    for (uint32_t r = 0; r < w->robots; r++) rolling_goal(w->plan, (uint16_t)r, w->goal[r] = draw_goal(w, r));
    return ORD_OK;
}

static bool draw_holds(struct world *w, uint32_t step, struct totals *sum)
{
    bool anybody = false;
    for (uint32_t r = 0; r < w->robots; r++) {
        if (w->holds && step >= w->held_until[r] && rng_chance(&w->rng, 8000)) {
            w->held_until[r] = step + 3 + rng_below(&w->rng, 25);
            sum->holds++;
        }
        w->held[r] = step < w->held_until[r];
        anybody = anybody || w->held[r];
    }
    return anybody;
}

static void say(const struct world *w, const struct totals *sum, uint32_t step, const char *what)
{
    fprintf(stderr, "world %llu step %u (%u x %u, %u robots): %s\n", (unsigned long long)sum->worlds, step, w->side,
            w->side, w->robots, what);
    for (uint32_t at = 0; at < w->side * w->side; at++)
        fprintf(stderr, "%c%s", w->free_cell[at] ? '.' : '#', (at + 1) % w->side ? "" : "\n");
    for (uint32_t r = 0; r < w->robots; r++) {
        uint32_t at = w->grid.place[pose_cell(w->at[r])], to = w->grid.place[w->goal[r]];
        fprintf(stderr, "robot %u: row %u column %u -> row %u column %u\n", r, at / w->side, at % w->side, to / w->side,
                to % w->side);
    }
}

static void run_world(struct world *w, const struct options *o, struct totals *sum)
{
    uint32_t still = 0;
    struct path_fault fault = path_check_row(&w->judge, w->at, NULL);
    for (uint32_t s = 0; s < WORLD_STEPS && sum->steps < o->steps && fault.kind == PATH_FINE; s++) {
        rolling_plan(w->plan);
        rolling_check(w->plan);
        for (uint32_t r = 0; r < w->robots; r++) w->wish[r] = rolling_wish(w->plan, (uint16_t)r);
        bool anybody_held = draw_holds(w, s, sum);
        grid_execute(&w->grid, (uint16_t)w->robots, w->at, w->wish, w->held, w->actual, w->owner);
        rolling_moved(w->plan, w->actual);
        memcpy(w->at, w->actual, w->robots * sizeof *w->at);
        fault = path_check_row(&w->judge, w->at, NULL);
        still = anybody_held ? 0 : still + 1;
        for (uint32_t r = 0; r < w->robots; r++) {
            sum->hash = (sum->hash ^ w->at[r]) * 0x100000001B3u;
            if (pose_cell(w->at[r]) != w->goal[r]) continue;
            sum->goals++;
            still = 0;
            rolling_goal(w->plan, (uint16_t)r, w->goal[r] = draw_goal(w, r));
        }
        sum->steps++;
        sum->robot_steps += w->robots;
        if (still >= o->patience) {
            sum->deadlocks++;
            say(w, sum, s, "nobody reached a goal for long");
            break;
        }
    }
    if (fault.kind != PATH_FINE) {
        sum->conflicts++;
        say(w, sum, fault.step, path_fault_en(fault.kind));
    }
    sum->worlds++;
}

static void usage(FILE *f)
{
    fputs(plan_say("用法：orderly plan soak [--steps N] [--seed K] [--patience P] [--world W] [--json]\n\n"
                   "  --steps N (100000)   总步数；--patience P (200)：无人到达目标且无人被阻的步数达到 P 记为死锁\n"
                   "  --world W            只运行第 W 个世界\n",
                   "usage: orderly plan soak [--steps N] [--seed K] [--patience P] [--world W] [--json]\n\n"
                   "  --steps N (100000)   steps in all\n"
                   "  --patience P (200)   so many steps without a goal reached and with nobody held are a deadlock\n"
                   "  --world W            only this one of the worlds\n"),
          f);
}

static bool read_options(int argc, char **argv, struct options *o, int *code)
{
    static const struct option known[] = { { "steps", 1, NULL, 's' },
                                           { "seed", 1, NULL, 'k' },
                                           { "patience", 1, NULL, 'p' },
                                           { "world", 1, NULL, 'w' },
                                           { "json", 0, NULL, 'j' },
                                           { "help", 0, NULL, 'h' },
                                           { 0 } };
    *o = (struct options){ .seed = 1, .steps = 100000, .patience = 200, .world = UINT64_MAX };
    *code = 2;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 's': o->steps = strtoull(optarg, NULL, 10); break;
        case 'k': o->seed = strtoull(optarg, NULL, 10); break;
        case 'p': o->patience = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'w': o->world = strtoull(optarg, NULL, 10); break;
        case 'j': o->json = true; break;
        case 'h':
            usage(stdout);
            *code = 0;
            return false;
        default: usage(stderr); return false;
        }
    }
    if (o->steps == 0 || o->patience == 0) usage(stderr);
    return o->steps > 0 && o->patience > 0;
}

int plan_soak(int argc, char **argv)
{
    static struct world w;
    struct options o;
    struct totals sum = { .hash = 0xCBF29CE484222325u };
    int code, err = ORD_OK;
    bool show = isatty(STDERR_FILENO);
    if (!read_options(argc, argv, &o, &code)) return code;
    if (o.world != UINT64_MAX) sum.worlds = o.world;
    while (!err && sum.steps < o.steps && (o.world == UINT64_MAX || sum.worlds == o.world)) {
        err = open_world(&w, o.seed, sum.worlds);
        if (!err) run_world(&w, &o, &sum);
        free(w.memory);
        if (show && sum.worlds % 16 == 0)
            fprintf(stderr, "\r%llu of %llu steps ", (unsigned long long)sum.steps, (unsigned long long)o.steps);
    }
    if (show) fputc('\n', stderr);
    if (err) {
        fprintf(stderr, "orderly plan: %s\n", plan_say(err_zh(err), err_en(err)));
        return 1;
    }
    if (o.json)
        printf("{\"worlds\":%llu,\"steps\":%llu,\"robot_steps\":%llu,\"goals\":%llu,\"holds\":%llu,\"conflicts\":%llu,"
               "\"deadlocks\":%llu,"
               "\"hash\":\"%016llx\",\"seed\":%llu}\n",
               (unsigned long long)sum.worlds, (unsigned long long)sum.steps, (unsigned long long)sum.robot_steps,
               (unsigned long long)sum.goals, (unsigned long long)sum.holds, (unsigned long long)sum.conflicts,
               (unsigned long long)sum.deadlocks, (unsigned long long)sum.hash, (unsigned long long)o.seed);
    else
        printf(plan_say("%llu 步，%llu 个世界：%llu 个目标，%llu 次受阻，%llu 次冲突，%llu 次死锁\n",
                        "%llu steps in %llu worlds: %llu goals, %llu hold-ups, %llu conflicts, %llu deadlocks\n"),
               (unsigned long long)sum.steps, (unsigned long long)sum.worlds, (unsigned long long)sum.goals,
               (unsigned long long)sum.holds, (unsigned long long)sum.conflicts, (unsigned long long)sum.deadlocks);
    return sum.conflicts + sum.deadlocks ? 3 : 0;
}
