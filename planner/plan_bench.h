/* plan_bench - what `orderly plan bench` shares among its files: the cases with their aims, the figures of the peers,
 * one run of a case, the page. Each case runs the command a person would type (plan_lifelong, plan_mapf,
 * plan_route_command, plan_paths), in a process of its own, so that CPU times and budgets begin at zero; what is
 * printed is what that command said. */
#ifndef PLANNER_PLAN_BENCH_H
#define PLANNER_PLAN_BENCH_H

#include <stdio.h>

#include "common/err.h"
#include "common/units.h"

#define BENCH_CASES_MAX 64
#define BENCH_PEERS_MAX 32
#define BENCH_RUNS_MAX 10

enum bench_group { BENCH_LIFELONG, BENCH_HOLDS, BENCH_MAPF, BENCH_ROUTE, BENCH_GROUPS };
extern const char *const bench_group_name[BENCH_GROUPS]; /* "lifelong" */

/* ---- bench_cases.c ---- */
struct bench_case {
    enum bench_group group;
    const char *map;
    uint16_t robots, variant;    /* variant: HOLDS percent held up, MAPF number of the scenario */
    uint32_t budget_ms;          /* MAPF */
    double aim;                  /* share at least, ratio at most; 0: that of the best peer, or just an answer */
    double aim_ms;               /* CPU-ms a step, to the first answer, an instance; 0: none */
    uint16_t peer_done, peer_of; /* ROUTE: robots that Open-RMF planned, of so many; measured by us, not in the file */
    bool quick;                  /* one of the few that --quick runs */
};
const struct bench_case *bench_cases(size_t *count);
bool bench_lower_is_better(const struct bench_case *c);
/* "hospital-a, 50 robots, 5 % held up" */
void bench_case_name(const struct bench_case *c, char *dst, size_t size, bool zh);

/* ---- bench_peers.c ---- */
struct bench_peer {
    char name[128];          /* as measured */
    bool solved;
    double value;            /* share or ratio */
    double cpu_ms;           /* a step, or to the first answer; < 0: not told */
};
struct bench_peers;
int bench_peers_open(const char *path, struct bench_peers **out, struct err_note *note);
void bench_peers_close(struct bench_peers *p);
/* Those of the same map, robots, motion and hold-ups, best first. free_flow: for a peer that finished few and whose
 * share was not worked out. Returns how many. */
size_t bench_peers_of(const struct bench_peers *p, const struct bench_case *c, uint32_t free_flow,
                      struct bench_peer out[BENCH_PEERS_MAX]);
void bench_peer_short(const char *name, char *dst, size_t size); /* without remarks in brackets */

/* ---- bench_run.c ---- */
struct bench_set {
    const char *data;        /* folder of the grids */
    char maps[512];          /* folder of the buildings to import */
    uint64_t seed;
    bool quick;              /* one file of hold-ups, three instances */
};
struct bench_result {
    bool ran, solved, judged; /* judged: the checker found no fault in the paths */
    double value;             /* median of the runs */
    double cpu_ms, cpu_ms_p99;
    uint32_t finished, free_flow;
    double each[BENCH_RUNS_MAX]; /* HOLDS: per file */
    uint16_t runs;
    char command[640];        /* to repeat it; "K" stands for the number of a file of hold-ups */
    char why[200];            /* it did not run, or what the checker found */
};
void bench_run(const struct bench_case *c, const struct bench_set *set, struct bench_result *out);

enum bench_verdict { BENCH_MET, BENCH_SHORT, BENCH_SLOW, BENCH_FAULT, BENCH_NOT_RUN, BENCH_VERDICTS };
extern const char *const bench_verdict_name[BENCH_VERDICTS];
enum bench_verdict bench_judge(const struct bench_case *c, const struct bench_result *r, const struct bench_peer *best);

/* ---- bench_page.c ---- */
struct bench_row {
    const struct bench_case *c;
    struct bench_result r;
    struct bench_peer peer[BENCH_PEERS_MAX];
    size_t peers;
    enum bench_verdict verdict;
};
void bench_aim_text(const struct bench_row *row, char *dst, size_t size, bool zh);
void bench_value_text(const struct bench_case *c, bool ours, bool solved, double value, char *dst, size_t size, bool zh);
void bench_cpu_text(const struct bench_case *c, double cpu_ms, char *dst, size_t size, bool zh);
const char *bench_verdict_text(enum bench_verdict v, bool zh);
int bench_page(const char *path, const struct bench_row *row, size_t rows, bool zh_first, struct err_note *note);

#endif
