/* path_check - the judge of whole path files on grids. Shares nothing with the planners but the map.
 *
 * It is told one row of poses after the other and keeps only the one before, so files of any length can be judged.
 * What it finds: a robot where it must not start, a move to a cell that is no neighbour, a move against the heading
 * or more than a quarter turn or both in one step, two robots in one cell, two robots that exchange cells, and a
 * robot that does not end at its goal. Entering a cell that is left in the same step is allowed. */
#ifndef PLANNER_PATH_CHECK_H
#define PLANNER_PATH_CHECK_H

#include "grid.h"

enum path_fault_kind {
    PATH_FINE,
    PATH_START,  /* robot a does not begin where it should */
    PATH_JUMP,   /* robot a: the cells of two steps are not neighbours */
    PATH_TURN,   /* robot a: half a turn, a move aside, or a move and a turn in one step */
    PATH_VERTEX, /* robots a and b in one cell */
    PATH_SWAP,   /* robots a and b exchange cells between this step and the one before */
    PATH_GOAL,   /* robot a does not end at its goal */
};
struct path_fault { enum path_fault_kind kind; uint32_t step, a, b, cell; };

struct path_check {
    const struct grid *grid;
    uint32_t robots, steps; /* steps: rows seen */
    bool turning;
    pose_id *before;
    uint32_t *here, *there;       /* cell -> robot + 1 in the row before, in this row */
    uint32_t *here_at, *there_at; /* ... and which row wrote it there, + 1 */
};

size_t path_check_memory(const struct grid *g, uint32_t robots);
int path_check_open(struct path_check *c, struct arena *mem, const struct grid *g, uint32_t robots, bool turning);
/* The next row of all robots. start (cells) is judged with the first row when it is not NULL. The first fault, if
 * any. */
struct path_fault path_check_row(struct path_check *c, const pose_id *row, const uint32_t *start);
/* After the last row. */
struct path_fault path_check_end(const struct path_check *c, const uint32_t *goal);
const char *path_fault_name(enum path_fault_kind kind); /* "vertex" */
const char *path_fault_en(enum path_fault_kind kind);
const char *path_fault_zh(enum path_fault_kind kind);

#endif
