/* together - everybody at once: from starts to goals that are then kept, on a site, in real time.
 *
 * First an order of passage that works (pebble.h), run with everybody moving as soon as those before have left. Then
 * large-neighbourhood search with exact single searches (sipp.h): a few robots are taken out and put back around the rest, kept
 * when the sum of finishing times falls. Bounded by searches; deterministic for a seed. The result passes plan_check. */
#ifndef PLANNER_TOGETHER_H
#define PLANNER_TOGETHER_H

#include "common/arena.h"
#include "plan_check.h"
#include "route.h"

struct together;
struct together_problem {
    const struct site *site;
    uint16_t robots;
    class_id cls;
    const node_id *start, *goal; /* borrowed while the answer is used */
    uint64_t seed;
    uint32_t tries_max;      /* of the first answer */
    uint32_t searches_max;   /* of the improvement */
};
size_t together_memory(const struct site *s, uint16_t robots);
int together_open(struct together **out, struct arena *mem, const struct site *s, uint16_t robots);
/* ORD_OK: routes are valid until the next call.  ORD_ENOTFOUND: robot *stuck cannot reach its goal even alone.
 * ORD_EFULL: no answer within tries_max.  ORD_EREFUSED: the judge refused the answer. */
int together_solve(struct together *t, const struct together_problem *q, uint16_t *stuck);
const struct route *together_routes(const struct together *t);
ms_t together_alone_ms(struct together *t, uint16_t robot); /* finishing time with nobody else in the house */

#endif
