/* grid - a 4-neighbour grid as a dense graph: free cells numbered from 0, each with up to four neighbours.
 *
 * A *pose* is cell * 4 + heading (0 east, 1 south, 2 west, 3 north); where turning costs nothing the heading is always 0.
 * In one step a robot moves one cell ahead, turns a quarter, or stays. Public benchmarks of multi-robot path finding
 * (Stern et al. 2019; League of Robot Runners) are stated in this model; sites are planned by plan.h in real time. */
#ifndef PLANNER_GRID_H
#define PLANNER_GRID_H

#include "common/arena.h"
#include "common/err.h"
#include "common/units.h"

typedef uint32_t pose_id;
#define GRID_NONE UINT32_MAX
#define GRID_FAR UINT16_MAX

struct grid {
    uint32_t width, height, cells;
    uint32_t *id;            /* [row * width + column] -> cell, GRID_NONE when blocked */
    uint32_t *place;         /* cell -> row * width + column */
    uint32_t (*next)[4];     /* cell -> neighbour by heading, GRID_NONE */
};

size_t grid_memory(uint32_t width, uint32_t height);
/* free[row * width + column] tells where one may drive. ORD_EFULL when the arena is too small,
 * ORD_ERANGE for a grid without cells. */
int grid_open(struct grid *g, struct arena *mem, uint32_t width, uint32_t height, const uint8_t *free_cell);

static inline pose_id pose_of(uint32_t cell, uint32_t heading) { return cell * 4 + heading; }
static inline uint32_t pose_cell(pose_id p) { return p >> 2; }
static inline uint32_t pose_heading(pose_id p) { return p & 3; }

/* Steps from every pose to the goal cell (any heading), breadth first; steps has cells * 4 entries, queue as many.
 * Without turning only headings 0 are filled. GRID_FAR: no way. */
void grid_steps_to(const struct grid *g, uint32_t goal_cell, bool turning, uint16_t *steps, pose_id *queue);

#endif
