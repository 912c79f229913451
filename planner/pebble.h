/* pebble - a way for all robots at once where there is little room: one robot moves at a time, the others stand.
 *
 * On corridors that are nearly trees, planning one robot against the plans of the others fails, and searches over joint
 * configurations drown. Moving one pebble at a time (Kornhauser, Miller, Spirakis 1984; push and swap, Luna & Bekris 2011)
 * finds an order: goals are filled from the ends of the graph inwards, so that what is filled cuts nobody off; whoever
 * stands in the way steps aside first, where it can without the others moving; when nobody can, somebody moves at
 * random and it is tried again. The sequence of moves is an order of passage: run with everybody moving as soon as those
 * before have left (route times), it is a concurrent plan. Bounded by moves tried; deterministic for a seed.
 *
 * One robot class. The site is borrowed; memory comes from the arena. */
#ifndef PLANNER_PEBBLE_H
#define PLANNER_PEBBLE_H

#include "common/arena.h"
#include "maps/site.h"

struct pebble;

struct pebble_problem {
    const struct site *site;
    class_id cls;
    uint16_t robots;
    const node_id *start, *goal; /* standable, free of conflict among starts and among goals */
    uint64_t seed;
    uint32_t tries_max;          /* moves looked for before giving up */
};
struct pebble_move { uint16_t robot; edge_id edge; };

size_t pebble_memory(const struct site *s, uint16_t robots, uint32_t moves_max);
int pebble_open(struct pebble **out, struct arena *mem, const struct site *s, uint16_t robots, uint32_t moves_max);
/* ORD_OK: *moves edges in order bring everybody to its goal, one at a time, each against standing others.
 * ORD_ENOTFOUND: robot *stuck cannot reach its goal even alone: the problem has no solution.  ORD_EFULL: gave up. */
int pebble_solve(struct pebble *p, const struct pebble_problem *q, const struct pebble_move **move, uint32_t *moves, uint16_t *stuck);

#endif
