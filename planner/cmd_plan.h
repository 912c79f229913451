/* cmd_plan - `orderly plan`: one-off problems and public benchmarks. Impure: files, clocks, malloc. */
#ifndef PLANNER_CMD_PLAN_H
#define PLANNER_CMD_PLAN_H

#include <stdio.h>

#include "common/err.h"
#include "common/units.h"
#include "grid.h"

int cmd_plan(int argc, char **argv); /* orderly plan lifelong|mapf|route */

/* ---- bench_file.c: the files of the benchmarks ---- */
struct bench_grid { struct grid grid; void *memory; };
int bench_map_open(const char *path, struct bench_grid *out, struct err_note *note);   /* Moving AI .map */
void bench_map_close(struct bench_grid *g);
/* A count, then one number a line (cells, row * width + column). Every cell must be free. */
int bench_cells_open(const char *path, const struct grid *g, uint32_t **cells, uint32_t *count, struct err_note *note);
struct bench_pair { uint32_t start, goal; }; /* cells of the grid */
int bench_scen_open(const char *path, const struct grid *g, struct bench_pair **pairs, uint32_t *count, struct err_note *note);
/* held[step * robots + robot] = 1; lines "step robot steps", robots beyond the team are ignored. */
int bench_holds_open(const char *path, uint16_t robots, uint32_t steps, uint8_t **held, struct err_note *note);

/* One of two texts, by LC_ALL, LC_MESSAGES and LANG. */
const char *plan_say(const char *zh, const char *en) __attribute__((format_arg(1), format_arg(2)));

/* ---- one file each ---- */
int plan_lifelong(int argc, char **argv);
int plan_mapf(int argc, char **argv);
int plan_paths(int argc, char **argv); /* orderly plan check */
int plan_route_command(int argc, char **argv);
int plan_soak(int argc, char **argv);
int plan_tours(int argc, char **argv);
int plan_check_tours(int argc, char **argv);
int plan_bench(int argc, char **argv);
int plan_forecast(int argc, char **argv);

#endif
