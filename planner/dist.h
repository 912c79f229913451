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
#define ACCESS_GROUPS_MAX 9
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
/* Milliseconds from the far end of every edge, just reached at speed, to `goal` for a profile, with all starting, stopping
 * and turning on the way: what an unhindered robot needs, exactly (turns inside a car count nothing). Edges that may
 * not be passed have no time of their own but are filled. Of these some megabytes are kept, 64 at least. */
const uint32_t *dist_driving(struct dist *d, profile_id c, node_id goal);
/* The same for a robot that stands at `at` looking to `heading` (any_heading: best of all). `driving` leads to the goal. */
uint32_t dist_standing(const struct dist *d, profile_id c, const uint32_t *driving, node_id at, mrad_t heading, bool any_heading);

/* ---- the kinematics that searches and distances share ---- */
#define STRAIGHT_MRAD 350 /* flatter corners are driven through, as the drives do */
mrad_t dist_angle(mrad_t a, mrad_t b);
/* Turning on the spot; nothing for a corner that is driven through. */
ms_t dist_turn_ms(const struct robot_class *c, mrad_t angle);
/* Braking from cruise costs half the braking time more than driving through; so does starting. */
ms_t dist_half_ramp_ms(const struct robot_class *c);
/* Nominal time over one edge for a class: also the search's own step cost. */
ms_t edge_nominal_ms(const struct site *s, class_id c, edge_id e);

#endif
