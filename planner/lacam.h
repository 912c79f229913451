/* lacam - a first answer to "all of these robots to all of those goals, at once", found where an answer exists.
 *
 * Lazy search over configurations (LaCAM, Okumura, AAAI 2023; IJCAI 2023): a depth-first search whose nodes are the
 * places of all robots. The next configuration of a node is made by priority inheritance with backtracking (PIBT,
 * Okumura et al., AIJ 2022) with the swap technique for corridors; each further visit of the node adds one constraint
 * "robot r goes to cell c", in breadth-first order, so in the end every neighbour configuration would be tried. It is
 * complete: it ends with an answer, with the proof that there is none, or with its allowance of expansions or memory
 * spent.
 *
 * Robots stay at their goals. One may enter a cell that is left in the same step; two never exchange cells.
 * The search takes its nodes from blocks that the caller gives; it keeps nothing else and frees nothing. */
#ifndef PLANNER_LACAM_H
#define PLANNER_LACAM_H

#include "grid.h"

/* The problem and the distances to the goals: one table per robot, breadth first. Shared by lacam and lns. */
struct mapf {
    const struct grid *grid;
    uint16_t robots;
    const uint32_t *start, *goal; /* cells, borrowed */
    uint16_t *steps;              /* [robot * cells + cell], GRID_FAR: no way */
    uint16_t bad[2];              /* when mapf_open refuses: the robot, or the two robots, it is about */
};
enum mapf_fault { MAPF_OK, MAPF_MEMORY, MAPF_ONE_START, MAPF_ONE_GOAL, MAPF_NO_WAY };

size_t mapf_memory(const struct grid *g, uint16_t robots);
enum mapf_fault mapf_open(struct mapf *m, struct arena *mem, const struct grid *g, uint16_t robots,
                          const uint32_t *start, const uint32_t *goal);
static inline uint16_t mapf_steps(const struct mapf *m, uint32_t robot, uint32_t cell)
{
    return m->steps[(size_t)robot * m->grid->cells + cell];
}
uint64_t mapf_bound(const struct mapf *m); /* sum of the shortest ways */

struct lacam;
enum lacam_state {
    LACAM_MORE,   /* the allowance of this call is spent: call again */
    LACAM_FOUND,
    LACAM_NONE,   /* there is no answer */
    LACAM_HUNGRY, /* give a block and call again */
};

size_t lacam_memory(const struct mapf *m);
int lacam_open(struct lacam **out, struct arena *mem, const struct mapf *m, uint64_t seed);
/* Room for further nodes; the block must live as long as the search. What was left of the block before is not used. */
void lacam_feed(struct lacam *l, void *block, size_t size);
size_t lacam_block_min(const struct mapf *m);
enum lacam_state lacam_run(struct lacam *l, uint32_t expansions);
uint64_t lacam_expansions(const struct lacam *l);
/* After LACAM_FOUND: steps of the answer, and its rows 0 .. steps, rows[step * robots + robot] = cell. */
uint32_t lacam_length(const struct lacam *l);
void lacam_rows(const struct lacam *l, uint32_t *rows);

#endif
