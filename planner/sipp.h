/* sipp - the fastest way of one robot through the free intervals that the others leave.
 *
 * Safe-interval path planning (Phillips & Likhachev 2011) on the lane graph: a state is (node, edge it came by, free
 * interval of the node, goals done). Moves take real durations: cruise, starting, stopping, turning on the spot, rides. Where
 * a robot must not stand (cabins, NO_STOP nodes) several edges are one move, so a ride is taken whole or not at all.
 * Several goals in a row are searched together (as in multi-label A*, Grenouilleau et al. 2019), because the last one
 * must be kept for ever: a first leg that ends in a trap is no plan. Bounded by expansions; ties by number. */
#ifndef PLANNER_SIPP_H
#define PLANNER_SIPP_H

#include "dist.h"
#include "resv.h"
#include "route.h"

#define SIPP_GOALS_MAX 3
#define SIPP_ENDS_MAX 8
#define SIPP_MOVE_MAX 6 /* edges of one move through places where nobody may stand */

struct sipp_goal { node_id node; ms_t dwell_ms; }; /* the last goal's dwell is for ever, unless ends follow */

struct sipp_query {
    uint16_t robot;
    class_id cls;
    uint8_t group;  /* of dist's access table */
    node_id start;
    ms_t start_ms;
    mrad_t heading;
    uint8_t goals; /* goals and ends together: >= 1 */
    struct sipp_goal goal[SIPP_GOALS_MAX];
    uint8_t ends;   /* > 0: after the goals, to any one of these, for ever; then the last goal's dwell is its own */
    node_id end[SIPP_ENDS_MAX];
    const uint16_t *flow; /* per edge: how many others are going to drive over it; NULL: nobody asks */
    int32_t toll_ms;      /* what each of those who come the other way makes a lane dearer, without taking time */
    int32_t shared_ms;    /* what a ride in a car that people use costs besides its time */
    ms_t by_ms;     /* > 0: no use to reach the first goal later than that */
    uint32_t expansions_max;
};

struct sipp;
size_t sipp_memory(const struct site *s, uint32_t states_max);
int sipp_open(struct sipp **out, struct arena *mem, const struct site *s, uint32_t states_max);
/* Steps after the start into step[0..], their number into *count, and what turns at the start into *start_turn_ms.
 * ORD_OK, ORD_ENOTFOUND (no way in these intervals), ORD_EFULL (budget, memory or ROUTE_MAX). */
int sipp_find(struct sipp *p, struct resv *resv, struct dist *dist, const struct sipp_query *q, struct route_step *step,
              uint16_t step_max, uint16_t *count, int32_t *start_turn_ms);
uint32_t sipp_expansions(const struct sipp *p); /* of the last search */

#endif
