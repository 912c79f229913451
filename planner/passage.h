/* passage - from who goes first to when: an order of hops run with everybody moving as soon as those before have left.
 *
 * Given is a list of hops that is good one by one (hops.h). Each hop begins when all that conflicts with it was left by
 * the others' earlier hops, gaps included; durations are those of sipp.h: straight on without stopping where nothing is
 * to wait for, else braking, turning, starting. So the times are the earliest for that order (an action-dependency graph,
 * Hönig et al. 2019, walked in an order that is already topological), and plan_check passes.
 *
 * passage_shorten leaves out detours: whoever comes back to a place that nobody needed meanwhile may as well have stayed.
 * passage_of goes back from timed routes to an order: by beginning, then by robot. */
#ifndef PLANNER_PASSAGE_H
#define PLANNER_PASSAGE_H

#include "hops.h"

struct passage;

size_t passage_memory(const struct hops *h, uint16_t robots);
int passage_open(struct passage **out, struct arena *mem, const struct hops *h, uint16_t robots, uint32_t moves_max);
/* Times of the order; *sum gets the sum of finishing times. `route` may be NULL, else its steps after the first are
 * written. ORD_EFULL: a route would be longer than ROUTE_MAX. */
int passage_run(struct passage *p, const struct crowd *c, const struct crowd_move *move, uint32_t moves,
                struct route *route, ms_t *sum);
/* In place; the new number of moves. */
uint32_t passage_shorten(struct passage *p, struct crowd_move *move, uint32_t moves);
/* The order of timed routes of the crowd. UINT32_MAX: too many moves, or a way that is no hop. */
uint32_t passage_of(struct passage *p, const struct crowd *c, const struct route *route, struct crowd_move *move);

#endif
