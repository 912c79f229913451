/* dist - exact free-flow travel times to a goal, on demand: one backward Dijkstra per goal and class, kept in a table.
 *
 * Times are nominal (cruise speed, whole rides, no turns): a lower bound of what the search will find, so it is an
 * admissible heuristic, and the measure by which the nearest robot is chosen. The table forgets the least recently used
 * row; what it holds never changes an answer. Owns its memory from the arena; the site is borrowed. */
#ifndef PLANNER_DIST_H
#define PLANNER_DIST_H

#include "common/arena.h"
#include "maps/site.h"

#define DIST_FAR UINT32_MAX /* no way */

struct dist;
size_t dist_memory(const struct site *s, uint16_t rows);
int dist_open(struct dist **out, struct arena *mem, const struct site *s, uint16_t rows); /* rows >= 2 */
/* Milliseconds from every node to `goal` for a robot of class c. Borrowed until `rows` further goals were asked. */
const uint32_t *dist_to(struct dist *d, class_id c, node_id goal);
/* The other way round: milliseconds from `from` to every node. */
const uint32_t *dist_from(struct dist *d, class_id c, node_id from);
/* Nominal time over one edge for a class: also the search's own step cost. */
ms_t edge_nominal_ms(const struct site *s, class_id c, edge_id e);

#endif
