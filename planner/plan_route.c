/* plan_route - `orderly plan route`: random starts and goals on a site, all robots at once until all stand on their
 * goals. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd_plan.h"
#include "common/rng.h"
#include "maps/maps_io.h"
#include "together.h"

struct options {
    const char *site, *out;
    uint32_t robots, instances, searches, answers;
    uint64_t seed;
    bool json;
};

struct tally {
    uint32_t solved, unsolvable, gave_up, refused;
    uint64_t rides, overlaps;
    int64_t finish_ms, bound_ms;
    double cpu_ms, cpu_worst_ms;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Distinct standable places that do not conflict with one another. False: the site has no room for so many. */
static bool draw_places(const struct site *s, struct rng *rng, uint16_t robots, node_id *place)
{
    for (uint16_t r = 0; r < robots; r++) {
        uint32_t tries = 0;
        bool free_place = false;
        while (!free_place && tries++ < 5000) {
            place[r] = (node_id)rng_below(rng, s->nodes);
            free_place = node_stoppable(s, place[r]);
            for (uint16_t o = 0; o < r && free_place; o++)
                free_place = !site_conflict(s, 0, place[r], 0, place[o], NULL);
        }
        if (!free_place) return false;
    }
    return true;
}

struct stay {
    elevator_id car;
    uint16_t robot;
    ms_t from_ms, to_ms;
};

static int by_car(const void *a, const void *b)
{
    const struct stay *x = a, *y = b;
    if (x->car != y->car) return x->car < y->car ? -1 : 1;
    return x->from_ms < y->from_ms ? -1 : x->from_ms > y->from_ms;
}

/* Counted from the routes alone: how often a car is taken, and how often by two at once. */
static void count_rides(const struct site *s, const struct route *route, uint16_t robots, struct tally *sum)
{
    struct stay *stay = malloc(sizeof *stay * robots * ROUTE_MAX);
    size_t n = 0;
    for (uint16_t r = 0; stay && r < robots; r++) {
        const struct route *w = &route[r];
        for (uint16_t i = 1; i < w->count; i++) {
            const struct site_edge *e = &s->edge[w->step[i].edge];
            if (e->elevator == ID_NONE) continue;
            sum->rides += e->ride_ms > 0;
            bool goes_on = n > 0 && stay[n - 1].robot == r && stay[n - 1].car == e->elevator &&
                           stay[n - 1].to_ms >= w->step[i].enter_ms;
            if (goes_on) stay[n - 1].to_ms = w->step[i].arrive_ms;
            else stay[n++] = (struct stay){ e->elevator, r, w->step[i].enter_ms, w->step[i].arrive_ms };
        }
    }
    if (stay) qsort(stay, n, sizeof *stay, by_car);
    for (size_t i = 1; stay && i < n; i++)
        sum->overlaps += stay[i].car == stay[i - 1].car && stay[i].from_ms < stay[i - 1].to_ms;
    free(stay);
}

static void write_routes(FILE *f, const struct site *s, const struct route *route, uint16_t robots, uint32_t instance)
{
    for (uint16_t r = 0; r < robots; r++) {
        const struct route *w = &route[r];
        for (uint16_t i = 0; i < w->count; i++) {
            fprintf(f, "{\"instance\":%u,\"robot\":%u,\"node\":\"%s\",\"enter_ms\":%lld,\"leave_ms\":", instance, r,
                    s->node[w->step[i].node].id, i ? (long long)w->step[i].enter_ms : 0LL);
            if (i + 1 < w->count) fprintf(f, "%lld}\n", (long long)w->step[i + 1].arrive_ms);
            else fputs("null}\n", f);
        }
    }
}

static int run_instance(const struct options *o, const struct site *s, struct together *t, uint32_t k, FILE *out,
                        struct tally *sum)
{
    uint16_t n = (uint16_t)o->robots, stuck = 0;
    node_id *start = malloc(sizeof *start * n), *goal = malloc(sizeof *goal * n);
    struct rng a = rng_stream_of(o->seed, "starts", k), b = rng_stream_of(o->seed, "goals", k);
    int err = start && goal ? ORD_OK : ORD_EMEMORY;
    if (!err && (!draw_places(s, &a, n, start) || !draw_places(s, &b, n, goal))) err = ORD_ERANGE;
    if (!err) {
        struct together_problem q = { .robots = n,
                                      .start = start,
                                      .goal = goal,
                                      .seed = o->seed + k,
                                      .tries_max = 20000 + 2000u * n,
                                      .answers_max = o->answers,
                                      .searches_max = o->searches * n };
        double begun = cpu_ms();
        int how = together_solve(t, &q, &stuck);
        double took = cpu_ms() - begun;
        sum->cpu_ms += took;
        if (took > sum->cpu_worst_ms) sum->cpu_worst_ms = took;
        if (how == ORD_OK) {
            const struct route *route = together_routes(t);
            sum->solved++;
            count_rides(s, route, n, sum);
            if (out) write_routes(out, s, route, n, k);
            for (uint16_t r = 0; r < n; r++) sum->finish_ms += route[r].step[route[r].count - 1].arrive_ms;
            for (uint16_t r = 0; r < n; r++) sum->bound_ms += together_alone_ms(t, r);
        } else if (how == ORD_ENOTFOUND) {
            sum->unsolvable++;
            fprintf(stderr, "instance %u: robot %u cannot drive from %s to %s even alone\n", k, stuck,
                    s->node[start[stuck]].id, s->node[goal[stuck]].id);
        } else if (how == ORD_EREFUSED) {
            sum->refused++;
        } else {
            sum->gave_up++;
        }
    }
    free(start);
    free(goal);
    return err;
}

static int open_board(const struct site *s, uint16_t robots, void **board, void **memory, struct together **t)
{
    struct arena mem;
    struct hops *hops;
    size_t bytes = hops_memory(s, 0);
    if (!(*board = malloc(bytes))) return ORD_EMEMORY;
    arena_init(&mem, *board, bytes);
    int err = hops_open(&hops, &mem, s, 0);
    if (err) return err;
    bytes = together_memory(hops, robots);
    if (!(*memory = malloc(bytes))) return ORD_EMEMORY;
    arena_init(&mem, *memory, bytes);
    return together_open(t, &mem, hops, robots);
}

static void report(const struct options *o, const struct tally *s)
{
    double ratio = s->bound_ms ? (double)s->finish_ms / (double)s->bound_ms : 0;
    uint32_t n = o->instances;
    if (o->json)
        printf("{\"instances\":%u,\"robots\":%u,\"solved\":%u,\"unsolvable\":%u,\"gave_up\":%u,\"conflicts\":%u,\"cpu_"
               "ms\":%.1f,"
               "\"cpu_ms_worst\":%.1f,\"sum_of_finish_s\":%.1f,\"lower_bound_s\":%.1f,\"ratio\":%.4f,\"elevator_"
               "rides\":%llu,"
               "\"elevator_overlaps\":%llu,\"seed\":%llu}\n",
               n, o->robots, s->solved, s->unsolvable, s->gave_up, s->refused, s->cpu_ms / n, s->cpu_worst_ms,
               (double)s->finish_ms / 1e3, (double)s->bound_ms / 1e3, ratio, (unsigned long long)s->rides,
               (unsigned long long)s->overlaps, (unsigned long long)o->seed);
    else
        printf(
            "%u robots: %u of %u solved, %u unsolvable, %u given up; %.1f CPU-ms each; %.2f of the bound; %llu rides\n",
            o->robots, s->solved, n, s->unsolvable, s->gave_up, s->cpu_ms / n, ratio, (unsigned long long)s->rides);
}

static void usage(FILE *f)
{
    fputs("usage: orderly plan route --site SITE --robots N [OPTIONS]\n\n"
          "  --instances K (1)    random problems      --seed S (1)\n"
          "  --searches N (12)    single searches a robot, to shorten the first answer\n"
          "  --out FILE           JSON lines: instance, robot, node, enter_ms, leave_ms\n"
          "  --json\n"
          "exit codes: 0 all solved or proven unsolvable, 1 it failed, 2 wrong command line, 3 some given up\n",
          f);
}

static bool read_options(int argc, char **argv, struct options *o, int *code)
{
    enum { SITE = 1, ROBOTS, INSTANCES, SEED, OUT, SEARCHES, ANSWERS, JSON, HELP };
    static const struct option known[] = { { "site", 1, NULL, SITE },
                                           { "robots", 1, NULL, ROBOTS },
                                           { "instances", 1, NULL, INSTANCES },
                                           { "seed", 1, NULL, SEED },
                                           { "out", 1, NULL, OUT },
                                           { "searches", 1, NULL, SEARCHES },
                                           { "answers", 1, NULL, ANSWERS },
                                           { "json", 0, NULL, JSON },
                                           { "help", 0, NULL, HELP },
                                           { 0 } };
    *o = (struct options){ .instances = 1, .seed = 1, .searches = 12, .answers = 20 };
    *code = 2;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case SITE: o->site = optarg; break;
        case ROBOTS: o->robots = (uint32_t)strtoul(optarg, NULL, 10); break;
        case INSTANCES: o->instances = (uint32_t)strtoul(optarg, NULL, 10); break;
        case SEED: o->seed = strtoull(optarg, NULL, 10); break;
        case OUT: o->out = optarg; break;
        case SEARCHES: o->searches = (uint32_t)strtoul(optarg, NULL, 10); break;
        case ANSWERS: o->answers = (uint32_t)strtoul(optarg, NULL, 10); break;
        case JSON: o->json = true; break;
        case HELP:
            usage(stdout);
            *code = 0;
            return false;
        default: usage(stderr); return false;
        }
    }
    bool good = o->site && o->robots >= 1 && o->robots <= 1000 && o->instances >= 1 && o->instances <= 100000 &&
                o->searches <= 10000;
    if (!good) usage(stderr);
    return good;
}

int plan_route_command(int argc, char **argv)
{
    struct options o;
    struct err_note note = { "", "" };
    struct fleet_spec *fleet = NULL;
    struct site *s = NULL;
    struct together *t = NULL;
    struct tally sum = { 0 };
    void *board = NULL, *memory = NULL;
    FILE *out = NULL;
    int code;
    if (!read_options(argc, argv, &o, &code)) return code;
    int err = fleet_spec_default(1, &fleet);
    if (!err) err = site_open(o.site, &s, &note);
    if (!err) err = site_compile(s, fleet->classes, fleet->cls, &note);
    if (!err) err = open_board(s, (uint16_t)o.robots, &board, &memory, &t);
    if (!err && o.out && !(out = fopen(o.out, "w"))) err = err_at(&note, ORD_EIO, o.out, "cannot be written");
    for (uint32_t k = 0; !err && k < o.instances; k++) {
        err = run_instance(&o, s, t, k, out, &sum);
        if (err == ORD_ERANGE) err_at(&note, err, o.site, "has no room for %u robots to stand apart", o.robots);
    }
    if (err) fprintf(stderr, "orderly plan: %s: %s\n", note.where, note.what[0] ? note.what : err_en(err));
    else report(&o, &sum);
    if (out) fclose(out);
    free(memory);
    free(board);
    if (s) site_close(s);
    if (fleet) fleet_spec_close(fleet);
    return err ? 1 : sum.gave_up + sum.refused ? 3 : 0;
}
