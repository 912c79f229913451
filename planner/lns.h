/* lns - one-shot plans made shorter and shorter: prioritised planning, then large-neighbourhood search.
 *
 * Every robot has a path over the steps 0 .. horizon-1 and rests at its goal from its end on. The table of who is
 * where and when holds the paths of all robots that have one; a robot's own search is SIPP over the free spans of
 * cells (Phillips and Likhachev, ICRA 2011). A neighbourhood of a few robots loses its paths and is planned again,
 * one after the other in random order; the result stays when it is not worse (MAPF-LNS, Li et al., IJCAI 2021). Which
 * kind of neighbourhood is tried next is learned from what each has gained per expansion.
 *
 * The cost of a robot is its loss: the steps it is not resting at its goal, so a robot that stands aside once for
 * another pays for the way out and back only. Invariants (lns_check): (1) no two robots in one cell at one step, no
 * swaps. (2) consecutive cells are neighbours or the same.  (3) paths begin at the start and end at the goal. (4) the
 * table and the paths say the same.  (5) once all robots have paths the sum of losses never grows. */
#ifndef PLANNER_LNS_H
#define PLANNER_LNS_H

#include "lacam.h"

struct lns;

size_t lns_memory(const struct mapf *m, uint32_t horizon);
/* horizon: steps there are at most, 2 .. 65535. */
int lns_open(struct lns **out, struct arena *mem, const struct mapf *m, uint32_t horizon, uint64_t seed);
/* From nothing: one robot after the other around those before it, in random order. A robot that finds no way takes
 * the one that costs least when others may be pushed out of it; those lose their paths and wait for their turn again.
 * The more often a robot was pushed, the more it costs to push it (as routers for circuits negotiate; cf. MAPF-LNS2,
 * Li et al. 2022). lns_insert plans one robot and tells whether all have paths. It need not ever be true: the caller
 * sets the limit. */
void lns_begin(struct lns *l);
bool lns_insert(struct lns *l);
uint32_t lns_waiting(const struct lns *l); /* robots without a path */
/* Take over an answer, rows[step * robots + robot] = cell, steps < horizon; it must be free of conflicts. */
void lns_load(struct lns *l, const uint32_t *rows, uint32_t steps);
/* One neighbourhood. Returns by how much the loss fell. */
uint32_t lns_step(struct lns *l);

uint64_t lns_loss(const struct lns *l);
uint32_t lns_makespan(const struct lns *l);
uint32_t lns_at(const struct lns *l, uint32_t robot, uint32_t step);
uint64_t lns_expansions(const struct lns *l);
void lns_check(const struct lns *l);

#endif
