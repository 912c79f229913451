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

#define AUTO UINT32_MAX

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

/* ---- an instance without an answer ---------------------------------------------------------------------------- */

static const char *kind_name(enum witness_kind kind)
{
    static const char *const name[] = { "none", "alone", "room", "ring", "exhausted" };
    return name[kind];
}

static void tell_proof(const struct together_problem *q, const struct site *s, uint32_t k,
                       const struct witness_proof *p)
{
    const char *from = s->node[q->start[p->robot]].id, *to = s->node[q->goal[p->robot]].id;
    fprintf(stderr, plan_say("第 %u 题无解：", "instance %u has no solution: "), k);
    switch (p->kind) {
    case WITNESS_ALONE:
        fprintf(stderr,
                plan_say("机器人 %u 独自也无法从 %s 到 %s\n", "robot %u cannot drive from %s to %s even alone\n"),
                p->robot, from, to);
        break;
    case WITNESS_ROOM:
        fprintf(stderr,
                plan_say("空位太少，机器人 %u 怎样让路都无法从 %s 到 %s（列举了 %u 种状态）\n",
                         "too few places are empty for robot %u to get from %s to %s, however others make room (%u "
                         "states listed)\n"),
                p->robot, from, to, p->states);
        break;
    case WITNESS_RING:
        fprintf(stderr,
                plan_say("环形通道上无法超越，机器人 %u 的次序不对\n",
                         "nobody overtakes on a ring, robot %u is out of order\n"),
                p->robot);
        break;
    case WITNESS_EXHAUSTED:
        fprintf(stderr,
                plan_say("能到达的 %u 种布局中没有目标布局\n",
                         "the goals are not among the %u arrangements that can be reached\n"),
                p->states);
        break;
    case WITNESS_NONE: break;
    }
}

static void write_proof(FILE *f, const struct together_problem *q, const struct site *s, uint32_t k,
                        const struct witness_proof *p)
{
    fprintf(f, "{\"instance\":%u,\"unsolvable\":\"%s\",\"robot\":%u,\"from\":\"%s\",\"to\":\"%s\",\"states\":[", k,
            kind_name(p->kind), p->robot, s->node[q->start[p->robot]].id, s->node[q->goal[p->robot]].id);
    for (uint32_t i = 0; p->state && i < p->states; i++) {
        fprintf(f, "%s[\"%s\"", i ? "," : "", s->node[p->state[i].at].id);
        for (int n = 0; n < WITNESS_PARTS_MAX; n++) fprintf(f, ",%u", p->state[i].empty[n]);
        fputc(']', f);
    }
    fputs("],\"starts\":[", f);
    for (uint16_t r = 0; r < q->robots; r++) fprintf(f, "%s\"%s\"", r ? "," : "", s->node[q->start[r]].id);
    fputs("],\"goals\":[", f);
    for (uint16_t r = 0; r < q->robots; r++) fprintf(f, "%s\"%s\"", r ? "," : "", s->node[q->goal[r]].id);
    fputs("]}\n", f);
}

static void solve_instance(const struct together_problem *q, const struct site *s, struct together *t, uint32_t k,
                           FILE *out, struct tally *sum)
{
    struct witness_proof proof;
    double begun = cpu_ms();
    int how = together_solve(t, q, &proof);
    double took = cpu_ms() - begun;
    sum->cpu_ms += took;
    if (took > sum->cpu_worst_ms) sum->cpu_worst_ms = took;
    if (how == ORD_OK) {
        const struct route *route = together_routes(t);
        sum->solved++;
        count_rides(s, route, q->robots, sum);
        if (out) write_routes(out, s, route, q->robots, k);
        for (uint16_t r = 0; r < q->robots; r++) sum->finish_ms += route[r].step[route[r].count - 1].arrive_ms;
        for (uint16_t r = 0; r < q->robots; r++) sum->bound_ms += together_alone_ms(t, r);
    } else if (how == ORD_ENOTFOUND) {
        sum->unsolvable++;
        tell_proof(q, s, k, &proof);
        if (out) write_proof(out, q, s, k, &proof);
    } else if (how == ORD_EREFUSED) {
        sum->refused++;
    } else {
        sum->gave_up++;
    }
}

/* A search takes the longer the more robots and places there are: without a wish no more than 420 in all, less on a
 * large site. */
static uint32_t searches_of(const struct options *o, const struct site *s)
{
    if (o->searches != AUTO) return o->searches * o->robots;
    uint32_t all = o->robots * 24 < 420 ? o->robots * 24 : 420;
    return s->nodes <= 200 ? all : all * 400 / (200 + s->nodes);
}

static int run_instance(const struct options *o, const struct site *s, struct together *t, uint32_t k, FILE *out,
                        struct tally *sum)
{
    uint16_t n = (uint16_t)o->robots;
    node_id *start = malloc(sizeof *start * n), *goal = malloc(sizeof *goal * n);
    struct rng a = rng_stream_of(o->seed, "starts", k), b = rng_stream_of(o->seed, "goals", k);
    int err = start && goal ? ORD_OK : ORD_EMEMORY;
    if (!err && (!draw_places(s, &a, n, start) || !draw_places(s, &b, n, goal))) err = ORD_ERANGE;
    if (!err) {
        struct together_problem q = { .robots = n,
                                      .start = start,
                                      .goal = goal,
                                      .seed = o->seed + k,
                                      .tries_max = 200000 + 20000u * n,
                                      .answers_max = o->answers,
                                      .searches_max = searches_of(o, s) };
        solve_instance(&q, s, t, k, out, sum);
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
            plan_say("%u 台机器人：%u / %u 题有解，%u 题证明无解，%u 题放弃；每题 CPU %.1f 毫秒；到达时间为下界的 %.2f "
                     "倍；乘梯 %llu 次\n",
                     "%u robots: %u of %u solved, %u proven unsolvable, %u given up; %.1f CPU-ms each; %.2f of the "
                     "bound; %llu rides\n"),
            o->robots, s->solved, n, s->unsolvable, s->gave_up, s->cpu_ms / n, ratio, (unsigned long long)s->rides);
}

static void usage(FILE *f)
{
    fputs(
        plan_say("用法：orderly plan route --site 站点 --robots N [选项]\n\n"
                 "随机起点和目标，所有机器人同时出发，直到全部停在各自的目标上。\n\n"
                 "  --instances K (1)     随机题目数          --seed S (1)\n"
                 "  --answers N (80)      先求出 N 个方案，取最好的\n"
                 "  --searches N          每台机器人的改进搜索次数（默认 24，总数不超过 420，大站点更少）\n"
                 "  --out 文件            JSON 行：instance、robot、node、enter_ms、leave_ms；无解的题给出证明\n"
                 "  --json\n"
                 "退出码：0 全部有解或证明无解，1 失败，2 命令行有误，3 有题目放弃\n",
                 "usage: orderly plan route --site SITE --robots N [OPTIONS]\n\n"
                 "Random starts and goals, all robots at once, until each stands on its goal.\n\n"
                 "  --instances K (1)     random problems     --seed S (1)\n"
                 "  --answers N (80)      first answers of which the best is taken\n"
                 "  --searches N          searches a robot, to better it (24, but 420 in all, less on a large site)\n"
                 "  --out FILE            JSON lines: instance, robot, node, enter_ms, leave_ms; of a problem without\n"
                 "                        solution the proof\n"
                 "  --json\n"
                 "exit codes: 0 all solved or proven unsolvable, 1 it failed, 2 wrong command line, 3 some given up\n"),
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
    *o = (struct options){ .instances = 1, .seed = 1, .searches = AUTO, .answers = 80 };
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
                (o->searches <= 10000 || o->searches == AUTO) && o->answers >= 1 && o->answers <= 10000;
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
    if (err)
        fprintf(stderr, "orderly plan: %s: %s\n", note.where,
                note.what[0] ? note.what : plan_say(err_zh(err), err_en(err)));
    else report(&o, &sum);
    if (out) fclose(out);
    free(memory);
    free(board);
    if (s) site_close(s);
    if (fleet) fleet_spec_close(fleet);
    return err ? 1 : sum.gave_up + sum.refused ? 3 : 0;
}
