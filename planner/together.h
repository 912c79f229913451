/* together - everybody at once: from starts to goals that are then kept, on a site, in real time.
 *
 * First answers come from moving one robot at a time (pebble.h), each with another chance; detours are left out and the
 * order is run with everybody moving as soon as those before have left (passage.h); the one with the least sum of finishing
 * times is kept. Then large-neighbourhood search: some robots are taken out and put back around the rest by exact
 * single searches (sipp.h), the order that follows is run anew, so that everybody behind them gains too, and it is kept when
 * the sum falls. Bounded by searches; deterministic for a seed. The result passes plan_check. */
#ifndef PLANNER_TOGETHER_H
#define PLANNER_TOGETHER_H

#include "hops.h"
#include "plan_check.h"
#include "witness.h"

struct together;
struct together_problem {
    uint16_t robots;
    const node_id *start, *goal; /* places of the board, free of conflict; borrowed while the answer is used */
    uint64_t seed;
    uint32_t tries_max;          /* searches for first answers, all together */
    uint32_t answers_max;        /* first answers to choose from */
    uint32_t searches_max;       /* of the improvement */
};
size_t together_memory(const struct hops *h, uint16_t robots);
int together_open(struct together **out, struct arena *mem, const struct hops *h, uint16_t robots);
/* ORD_OK: routes are valid until the next call.  ORD_ENOTFOUND: *proof says why it cannot be (witness.h).
 * ORD_EFULL: no answer within tries_max, and no proof.  ORD_EREFUSED: the judge refused the answer. */
int together_solve(struct together *t, const struct together_problem *q, struct witness_proof *proof);
const struct route *together_routes(const struct together *t);
ms_t together_alone_ms(struct together *t, uint16_t robot); /* finishing time with nobody else in the house */

#endif
