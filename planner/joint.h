/* joint - all robots searched together: configurations of the whole crowd, many hops at a time.
 *
 * Lazy search over configurations (LaCAM, Okumura 2023): depth first, a node is where everybody stands. The next one comes from
 * priority inheritance with backtracking (PIBT, Okumura et al. 2022) over hops: in the order of their priorities each
 * robot tries its hops, the one that brings it nearest to its goal first; whoever blocks it has to make a hop away first,
 * recursively. Hops are taken one after the other, each free while all others stand, so rides, wide footprints and one-way
 * lanes need no care of their own, and a configuration's hops are already an order of passage. Nobody enters a place before it was
 * left: rings do not turn all at once, which the claims of controller/core/traffic.h do not allow either. Every
 * further visit of a node adds a constraint "robot r takes hop h", breadth first.
 *
 * Strong where there is room and all move at once; in narrow dead ends it circles. So when its expansions are spent it
 * hands back the way to the configuration nearest to the goals, from which pebble.h finishes. Hops marked `closed` (claims
 * of robots that are not of the crowd, ways closed to it) are never taken. Deterministic for a seed; memory from the arena. */
#ifndef PLANNER_JOINT_H
#define PLANNER_JOINT_H

#include "hops.h"

struct joint;
struct joint_query {
    const struct crowd *crowd;
    const uint8_t *closed;   /* per hop: 1 = may not be driven; NULL: all may */
    uint64_t seed;
    uint32_t expansions_max;
};
struct joint_answer {
    const struct crowd_move *move; /* valid until the next call */
    uint32_t moves;
    const node_id *at;             /* where everybody stands after them */
    uint32_t expansions;
};

size_t joint_memory(const struct hops *h, uint16_t robots, uint32_t configs_max);
int joint_open(struct joint **out, struct arena *mem, const struct hops *h, uint16_t robots, uint32_t configs_max);
/* ORD_OK: all at their goals.  ORD_EFULL: expansions or memory spent, *a leads to the nearest configuration seen.
 * ORD_ENOTFOUND: every configuration that one-hop steps can reach was seen; *a as before. */
int joint_find(struct joint *j, const struct joint_query *q, struct joint_answer *a);

#endif
