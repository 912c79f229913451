/* tour_file - the files of the tour benchmarks: Solomon's form (VRPTW) and Li and Lim's (PDPTW), solutions as lines
 * "Route k : i j ...", tables of best known values. Impure: files, malloc, real numbers.
 *
 * The problem is kept twice: as read, in real numbers, for the judge; and in whole units for pdp.h, travel and openings rounded
 * up, closings down, so that what is feasible in units is feasible as read. tour_file_judge uses only the first. */
#ifndef PLANNER_TOUR_FILE_H
#define PLANNER_TOUR_FILE_H

#include "common/err.h"
#include "pdp.h"

struct tour_node { double x, y, demand, early, late, service; uint16_t pick, drop; }; /* pick, drop: as in Li and Lim's form */

struct tour_file {
    bool pairs;               /* Li and Lim */
    uint32_t vehicles;
    double capacity;
    uint16_t nodes;           /* the depot included */
    struct tour_node *node;
    double units;             /* of the whole numbers, in one of the file's */
    struct pdp_problem pdp;
    void *memory[6];          /* what it points to */
};

int tour_file_open(const char *path, struct tour_file *out, struct err_note *note);
void tour_file_close(struct tour_file *f);

struct tour_routes { uint16_t *node; uint32_t *begin; uint32_t count; }; /* begin: count + 1 */
int tour_routes_open(const char *path, const struct tour_file *f, struct tour_routes *out, struct err_note *note);
int tour_routes_write(const char *path, const struct tour_routes *r, struct err_note *note);
void tour_routes_close(struct tour_routes *r);

enum tour_flaw {
    TOUR_SOUND, TOUR_UNKNOWN_NODE, TOUR_TWICE, TOUR_MISSING, TOUR_LATE, TOUR_HOME_LATE, TOUR_OVERLOAD, TOUR_SPLIT, TOUR_ORDER,
    TOUR_VEHICLES, TOUR_EMPTY
};
struct tour_verdict { enum tour_flaw flaw; uint32_t route; uint16_t node; uint32_t vehicles; double distance; };
/* By the file alone, in double precision; times may be late by 1e-6. */
struct tour_verdict tour_file_judge(const struct tour_file *f, const struct tour_routes *r);
const char *tour_flaw_en(enum tour_flaw flaw);
const char *tour_flaw_zh(enum tour_flaw flaw);

/* The line of `instance` in a table with the columns instance, bks_vehicles (or reference_vehicles) and bks_distance. */
struct tour_best { uint32_t vehicles; double distance; };
int tour_best_open(const char *path, const char *instance, struct tour_best *out, struct err_note *note);

#endif
