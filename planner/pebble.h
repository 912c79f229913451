/* pebble - a way for all robots at once where there is little room: one robot moves at a time, the others stand.
 *
 * On corridors that are nearly trees, planning one robot against the plans of the others fails, and searches over joint
 * configurations drown. Moving one pebble at a time (Kornhauser, Miller, Spirakis 1984; push and swap, Luna & Bekris
 * 2011) finds an order: goals are filled such that what is filled cuts nobody off, cheap ones first. Whoever stands in the
 * way makes room: along the cheapest way to an empty place off the way everybody shifts by one, so there is one
 * robot less in the way each time. What has been filled stays; with every robot at home the rest has more room.
 *
 * The sequence of hops is an order of passage: run with everybody moving as soon as those before have left (passage.h), it
 * is a concurrent plan. Costs carry some chance, so that another seed gives another answer. Bounded by searches;
 * deterministic for a seed. The crowd is borrowed; memory comes from the arena. */
#ifndef PLANNER_PEBBLE_H
#define PLANNER_PEBBLE_H

#include "hops.h"

struct pebble;

size_t pebble_memory(const struct hops *h, uint16_t robots, uint32_t moves_max);
int pebble_open(struct pebble **out, struct arena *mem, const struct hops *h, uint16_t robots, uint32_t moves_max);
/* ORD_OK: *moves hops in order bring everybody to its goal, each against standing others; valid until the next call.
 * Cheaper ones are brought home first; later_ms (per robot, NULL: none) is added to what a robot is reckoned to cost.
 * ORD_EFULL: gave up after searches_max. */
int pebble_solve(struct pebble *p, const struct crowd *c, uint64_t seed, const uint32_t *later_ms,
                 uint32_t searches_max, const struct crowd_move **move, uint32_t *moves);
uint32_t pebble_searches(const struct pebble *p); /* of the last call */

#endif
