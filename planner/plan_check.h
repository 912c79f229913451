/* plan_check - the judge of standing plans. Shares nothing with the planner but the map and the shape of a route.
 *
 * Finds the first violation of: a route along existing edges that fit; times that run forward; claims that do not
 * conflict; planned visits that do not overlap (gaps included) and do not start before claimed ones of others end;
 * frontiers where one may stand; complete routes that end at different refuges and stay. */
#ifndef PLANNER_PLAN_CHECK_H
#define PLANNER_PLAN_CHECK_H

#include "common/arena.h"
#include "route.h"

enum plan_fault { FAULT_NONE, FAULT_EDGE, FAULT_TIME, FAULT_CLAIMS, FAULT_OVERLAP, FAULT_FRONTIER, FAULT_REFUGE, FAULT_FULL };
struct plan_finding { enum plan_fault fault; uint16_t robot, other; uint32_t step, other_step; res_id res; };

struct plan_judge;
size_t plan_judge_memory(const struct site *s, uint16_t robots);
int plan_judge_open(struct plan_judge **out, struct arena *mem, const struct site *s, uint16_t robots);
/* ORD_OK, or ORD_EREFUSED with the first finding. Route r is of class cls[r]. */
int plan_check(struct plan_judge *j, const struct route *route, const class_id *cls, uint16_t robots, struct plan_finding *first);

#endif
