/* plan - the standing plan of the whole fleet and the order of passage that follows from it (DESIGN section 3).
 *
 * It is always complete: it takes every robot to its goal and then to a refuge of its own, where it may stand for ever.
 * Exception: a robot in the way (silent, manual, lost) is cut: its route ends at its frontier, it counts as an obstacle
 * until it is planned again, and so do robots whose way led through it.
 *
 * Order of passage: of two conflicting visits the claimed one goes first; of two unclaimed ones the one with the earlier
 * planned time, then the lower robot number. Planned visits never overlap in time, so this order has no cycle, and
 * a robot may extend its claim when everybody who goes before it has left (plan_blocked). Re-timing keeps the order.
 *
 * Invariants (plan_check.c, tests): (1) claims of different robots never conflict.  (2) planned visits of different
 * robots on conflicting resources do not overlap, gaps included, and start after claimed ones end.  (3) complete
 * routes end at different refuges.  (4) a claim never ends in a cabin or at a NO_STOP node.  (5) a new route is
 * installed only after
 * plan_check; otherwise the standing one stays. */
#ifndef PLANNER_PLAN_H
#define PLANNER_PLAN_H

#include "common/snap.h"
#include "dist.h"
#include "resv.h"
#include "route.h"
#include "sipp.h"

struct plan;

/* Parts that may be left out, to see what each of them earns (docs/traffic.md). */
enum plan_part {
    PLAN_REORDER = 1,  /* late robots are searched again, alone and in pairs */
    PLAN_SWITCH = 2,   /* late robots are overtaken without a search */
    PLAN_HOMES = 4,    /* missions go before ways home */
    PLAN_GUIDANCE = 8  /* lanes where others come the other way are dearer */
};

struct plan_config {
    const struct site *site;
    uint16_t robots;
    const class_id *robot_class; /* borrowed */
    uint32_t expansions_max;     /* of one search */
    struct access access;        /* borrowed; after a change: plan_access_changed */
    const uint8_t *robot_group;  /* borrowed: each robot's access group now; NULL = 0 */
    uint8_t without;             /* enum plan_part */
    int32_t shared_car_ms;       /* a car that people use comes so much later than planned: a ride in it costs that, no time */
};
size_t plan_memory(const struct plan_config *cfg);
int plan_open(struct plan **out, struct arena *mem, const struct plan_config *cfg);

struct plan_request { node_id goal; ms_t dwell_ms; }; /* goal ID_NONE: just go to a refuge */

/* Put a robot on a node. ORD_EREFUSED when another robot's claim conflicts there; nothing changes then. */
int plan_place(struct plan *p, uint16_t robot, node_id node, mrad_t heading, ms_t now_ms);
void plan_remove(struct plan *p, uint16_t robot); /* taken off the floor by a person */
/* Give the robot a way from its frontier over the goal to a refuge. Tries it alone against the standing plan, then together
 * with one other robot whose plan stands in the way, then with all that stand in a row there. ORD_OK: installed (and plan_check passed); ORD_ENOTFOUND or
 * ORD_EFULL: the standing plan stays; ORD_EREFUSED: found one that the judge refused (a bug worth an event). */
int plan_route(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms);
/* As plan_route with the robot's present goal, kept only if it ends at least `gain_ms` earlier. */
int plan_improve(struct plan *p, uint16_t robot, struct plan_request want, ms_t now_ms, ms_t gain_ms);
/* The unclaimed ways of these robots anew, planned in the order given, kept if the weighted sum of the times until they reach
 * their goals falls by at least `gain` (weight x ms). All or none. */
int plan_reorder(struct plan *p, const uint16_t *robot, const struct plan_request *want, const int32_t *weight, uint16_t n,
                 ms_t now_ms, int64_t gain);
/* Looks over the plan, at most once a second, within a budget of expansions: robots that are much later than alone in
 * the house get a better way or order, alone, by going first somewhere, or together with those in their way; kept when
 * the weighted sum of all times at goals falls. */
void plan_tend(struct plan *p, ms_t now_ms);
#define PLAN_WEIGHT_PLAIN 16
void plan_weigh(struct plan *p, uint16_t robot, uint16_t weight); /* what its time is worth, > 0; plain at first */
/* The robot will not move for an unknown time: cut it, and everybody whose way it blocks (route.complete turns false). */
void plan_cut(struct plan *p, uint16_t robot, ms_t now_ms);
/* The first robot on the direct way there, or on from there to a refuge, that was cut and does not move; cfg.robots: none. For
 * who was found no way. */
uint16_t plan_in_way(struct plan *p, uint16_t robot, struct plan_request want);
/* Its way is closed and there is no other yet: what it has not claimed is forgotten, so that nobody waits for it to go first. */
void plan_give_up(struct plan *p, uint16_t robot, ms_t now_ms);

/* The robot gives back what it holds beyond step `to`, a place where it may stand and beyond which it was never sent. Its
 * route ends there until it is planned again, and so do routes that led through. */
void plan_unclaim(struct plan *p, uint16_t robot, uint16_t to, ms_t now_ms);

/* The access table or a robot's group changed: later searches obey. Standing routes stay; plan_open_ahead tells which are
 * no longer allowed and want another search. */
void plan_access_changed(struct plan *p);
bool plan_open_ahead(const struct plan *p, uint16_t robot); /* every unclaimed edge of its route is open to its group */
profile_id plan_profile(const struct plan *p, uint16_t robot);

/* The furthest frontier the next extension would reach (several steps at once through a cabin); == head when there is nothing
 * to extend: end of the route or a goal not yet served. */
uint16_t plan_next(const struct plan *p, uint16_t robot);
/* Who must leave first before the claim may grow to step index `to`; false: nobody, and *by untouched. */
bool plan_blocked(const struct plan *p, uint16_t robot, uint16_t to, uint16_t *by);
void plan_claim(struct plan *p, uint16_t robot, uint16_t to);              /* only after plan_blocked said no */
/* Passed the step with this number: frees what is behind. Numbers not in the claim, or passed before, change nothing. */
void plan_reached(struct plan *p, uint16_t robot, uint32_t number, ms_t now_ms);
void plan_served(struct plan *p, uint16_t robot, ms_t now_ms);             /* the goal at the frontier is done: the claim may go on */
void plan_forget_goal(struct plan *p, uint16_t robot);                     /* an unclaimed goal is wanted no more: just pass it */
void plan_retime(struct plan *p, ms_t now_ms);                             /* shift the estimates, keep the order */

const struct route *plan_of(const struct plan *p, uint16_t robot);
struct dist *plan_dist(struct plan *p);
const struct site *plan_site(const struct plan *p);
struct plan_totals { uint64_t plans, expansions, rejected, pairs, switches, alone; };
struct plan_totals plan_totals(const struct plan *p);
void plan_verify(const struct plan *p);                                    /* asserts invariants 1, 3, 4 */
void plan_snap(struct snap *s, struct plan *p);

#endif
