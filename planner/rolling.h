/* rolling - many robots on a grid, planned over a rolling window, always with a whole collision-free plan in hand.
 *
 * The plan of the step before, re-timed in its own order of passage, is a valid start whatever happened (as with an
 * action-dependency graph, Hoenig et al. 2019). It is then only ever replaced by a better valid one: robots that lose time
 * are searched again alone (time-expanded A* with exact distances beyond the window), then with those that stand in their
 * way in a new order (large-neighbourhood search, Li et al. 2021), within a budget of expansions. The window rolls
 * (RHCR, Li et al. 2021), and is planned again from actual poses every step, because execution decides more than
 * planning (DESIGN section 3). A robot that was told to act and did not is held: everybody plans as if it stood for as
 * long as such robots stood before on average. It has a second plan, its hope, for being free again at once, which leaves
 * alone what all others mean to do; it is told to begin that, and if it is seen to act the hope becomes its plan. Whoever
 * waits in its plan is told to go on at once where that leaves the order of passage as it is, also right behind a held one.
 *
 * Invariants (rolling_check): (1) no two robots in one cell at one step, no swaps, in the whole window.
 * (2) consecutive poses are one action apart.  (3) the first pose is where the robot is.
 * (4) wishes of all robots lead to different cells, without swaps. */
#ifndef PLANNER_ROLLING_H
#define PLANNER_ROLLING_H

#include "common/arena.h"
#include "grid.h"

struct rolling;

struct rolling_config {
    const struct grid *grid;
    uint16_t robots;
    bool turning;
    uint16_t window;         /* steps looked ahead, 4 .. 120 */
    uint32_t expansions_max; /* of one rolling_plan */
    uint64_t seed;
    /* ablations: one part left out */
    bool no_repair;          /* each robot is planned alone: no new order of several */
    bool no_switching;       /* a better plan may not change who goes first */
    bool no_guidance;        /* plain distances */
    bool no_retime;          /* nothing is kept of the old plan but "everybody stays" */
    bool no_hope;            /* a held robot has no second plan */
};

size_t rolling_memory(const struct rolling_config *cfg);
int rolling_open(struct rolling **out, struct arena *mem, const struct rolling_config *cfg);
void rolling_place(struct rolling *p, uint16_t robot, pose_id at);     /* before the first plan; different cells */
void rolling_goal(struct rolling *p, uint16_t robot, uint32_t cell);
void rolling_plan(struct rolling *p);
/* The pose wished for the next step. Wishes of all robots together are free of conflicts. */
pose_id rolling_wish(const struct rolling *p, uint16_t robot);
/* Where everybody is after the step: each robot at its wish or, held or behind a held one, where it was. */
void rolling_moved(struct rolling *p, const pose_id *actual);
uint16_t rolling_left(const struct rolling *p, uint16_t robot);        /* free-flow steps to its goal */
uint64_t rolling_expansions(const struct rolling *p);
void rolling_check(const struct rolling *p);

/* The rule of execution: held robots stay, and so does whoever would enter a cell that is not vacated, cascading.
 * actual[] gets the poses after the step. scratch: one byte per robot; owner: one uint16_t per cell. */
void grid_execute(const struct grid *g, uint16_t robots, const pose_id *at, const pose_id *wish, const uint8_t *held, pose_id *actual,
                  uint16_t *owner);

#endif
