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

/* What may be passed now. A group is what robots carry or are (clean, dirty, ...); group 0 of a table without `open` may
 * pass everywhere. The owner changes the bytes and then calls dist_access_changed. */
#define ACCESS_GROUPS_MAX 8
struct access { uint8_t groups; const uint8_t *open; }; /* open[group * edges + e]: 1 = may pass; NULL = all may */
typedef uint16_t profile_id; /* a robot class under an access group: group * classes + class; a class alone is group 0 */
static inline profile_id profile_of(const struct site *s, class_id c, uint8_t group) { return (profile_id)(group * s->classes + c); }

struct dist;
size_t dist_memory(const struct site *s, uint16_t rows, uint8_t groups);
int dist_open(struct dist **out, struct arena *mem, const struct site *s, uint16_t rows, struct access access); /* rows >= 2 */
void dist_access_changed(struct dist *d); /* forgets every row */
/* The edge fits the class and is open to the group. */
bool dist_usable(const struct dist *d, profile_id c, edge_id e);
/* Milliseconds from every node to `goal` for a profile. Borrowed until `rows` further goals were asked. */
const uint32_t *dist_to(struct dist *d, profile_id c, node_id goal);
/* The other way round: milliseconds from `from` to every node. */
const uint32_t *dist_from(struct dist *d, profile_id c, node_id from);
/* Nominal time over one edge for a class: also the search's own step cost. */
ms_t edge_nominal_ms(const struct site *s, class_id c, edge_id e);

#endif
