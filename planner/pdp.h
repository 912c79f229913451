/* pdp - pick-ups and deliveries by identical vehicles of one depot, under hard windows: first as few vehicles as possible,
 * then as little distance (the problem of the benchmarks of Solomon 1987 and of Li and Lim 2001).
 *
 *   pdp_open -> pdp_step ... pdp_step -> pdp_vehicles, pdp_distance, pdp_route
 *              FEWER: one route is taken apart and its requests pushed into the others, which may push out others: guided
 *              |      ejection search (Nagata and Kobayashi, PPSN 2010). It ends at a proven bound or with its share of time.
 *              v
 *              SHORTER: ruin and recreate by strings of neighbours (slack induction by string removals, Christiaens and
 *              Vanden Berghe, Transportation Science 2020) under simulated annealing.
 *
 * A request is a pick-up and a drop, or (Solomon) a drop of a load that is aboard from the depot. Times and distances are in
 * one integer unit of the caller's, travel rounded up, so that the triangle inequality of the plane survives and what is
 * feasible here is feasible in real numbers. Why this is not tour.h: identical vehicles and hard windows allow every
 * insertion to be judged in constant time from the earliest departure and the latest arrival kept at each stop, which the
 * dispatcher's rules (lateness, classes, washes, loads aboard) do not.
 *
 * Invariants (pdp_check): (1) every request is in one route of the answer, complete and in order. (2) windows and capacity
 * hold. (3) the answer never gets worse: fewer vehicles, or as many and no more distance. (4) equal problem, seed and sequence
 * of calls: equal answer. */
#ifndef PLANNER_PDP_H
#define PLANNER_PDP_H

#include "common/arena.h"
#include "common/err.h"
#include "common/units.h"

#define PDP_NODES_MAX 2001
#define PDP_DONE 65536u /* the whole budget, for `progress` */

struct pdp_request { uint16_t pick, drop; int32_t size; }; /* pick 0: loaded at the depot */

struct pdp_problem {
    uint16_t nodes, requests;      /* node 0 is the depot; its window is that of every route */
    const int32_t *distance;       /* nodes x nodes, also the travel time; symmetric, triangle inequality */
    const int64_t *early, *late;   /* when service may begin */
    const int64_t *service;        /* its duration */
    const struct pdp_request *request;
    int32_t capacity;
};

struct pdp;
size_t pdp_memory(const struct pdp_problem *p);
/* Builds a first answer. The problem is borrowed. ORD_ERANGE: *which is a request that no vehicle can serve even alone. */
int pdp_open(struct pdp **out, struct arena *mem, const struct pdp_problem *p, uint64_t seed, uint16_t *which);
/* One piece of search, of the order of 0.1 ms. progress: the share of the budget that is used up, 0 .. PDP_DONE; it sets the
 * temperature and ends the search for fewer vehicles. False: nothing is left to do. */
bool pdp_step(struct pdp *s, uint32_t progress);

uint16_t pdp_vehicles(const struct pdp *s);      /* of the best answer */
int64_t pdp_distance(const struct pdp *s);
uint16_t pdp_bound(const struct pdp *s);         /* no answer has fewer vehicles */
/* The nodes of route k without the depot. Returns the count. */
uint16_t pdp_route(const struct pdp *s, uint16_t k, const uint16_t **nodes);
struct pdp_counts { uint64_t rounds, ejections, insertions; }; /* insertions: routes looked through for one request */
struct pdp_counts pdp_counts(const struct pdp *s);
void pdp_check(const struct pdp *s);

#endif
