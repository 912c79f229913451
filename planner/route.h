/* route - what one robot holds and means to do: nodes with planned times, from its tail to the end of its standing plan.
 *
 *   step[0] ......... step[head] ......... step[count-1]
 *   tail: last node    frontier: last       its refuge (route.complete), where it stays for ever
 *   the robot passed   claimed node
 *
 * Step i occupies lane(edge i) from enter_ms(i) to arrive_ms(i), and node i from enter_ms(i) to arrive_ms(i+1): while it
 * drives on, its body still covers the node behind. Of a move through places where nobody may stand all is occupied from
 * its beginning (route_move_start). Steps 1..head are claimed: their resources are the robot's whatever
 * the clock says. Times of later steps are estimates that fix the order of passage, never a promise.
 * (1) count >= 1, head < count.  (2) enter(i) < arrive(i) <= enter(i+1).  (3) the frontier may be stood on (no cabin, no NO_STOP).
 * (4) steps are numbered for life: step[i] has number base + i. */
#ifndef PLANNER_ROUTE_H
#define PLANNER_ROUTE_H

#include "maps/site.h"

#define ROUTE_MAX 1024

enum step_flag {
    STEP_GOAL = 1,  /* the robot serves something here; the claim goes no further until route.gate lets it */
    STEP_REFUGE = 2 /* the last step of a complete route */
};

struct route_step {
    node_id node;
    edge_id edge;        /* that leads here; ID_NONE for a step the robot was placed on */
    uint8_t flags;       /* enum step_flag */
    ms_t enter_ms, arrive_ms;
    int32_t turn_ms;     /* turning or stopping here before the next step */
    ms_t dwell_ms;       /* serving here before the next step */
};

struct route {
    bool placed;         /* false: the robot is nowhere we know, it holds nothing */
    bool complete;       /* ends at a refuge; false: stands in the way at its frontier until planned again */
    bool absent;         /* cut because it does not move: nobody's plan may count on it */
    uint32_t base;
    uint16_t count, head;
    node_id refuge;      /* reserved for this robot, ID_NONE when incomplete */
    mrad_t heading;      /* at the frontier, when step[head].edge is ID_NONE */
    ms_t tail_ms;        /* when the tail was reached */
    ms_t ready_ms;       /* estimate: standing at the frontier, served, free to go on */
    struct route_step *step; /* ROUTE_MAX */
};

static inline const struct route_step *route_frontier(const struct route *r) { return &r->step[r->head]; }
static inline uint32_t route_number(const struct route *r, uint16_t i) { return r->base + i; }

/* A robot may be told to stand here. */
static inline bool node_stoppable(const struct site *s, node_id n) { return !(s->node[n].flags & (NODE_CABIN | NODE_NO_STOP)); }

/* Between places where one may stand, steps are one move: claimed together, because nobody may wait in between. So the
 * whole move is occupied from the moment its first step begins; were it planned step by step, two robots could each wait for
 * the other to finish a move that neither can begin. The index of the first step of the move that planned step i (> head)
 * belongs to. */
static inline uint16_t route_move_start(const struct site *s, const struct route *t, uint16_t i)
{
    while (i > t->head + 1 && !node_stoppable(s, t->step[i - 1].node)) i--;
    return i;
}

#endif
