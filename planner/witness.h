/* witness - proofs that a crowd cannot all get home, whatever the planner.
 *
 * (1) *Alone*: a robot finds no way although nobody else is there.
 * (2) *Room*: let all others be alike and all footprints be smaller than a place, and let one-way hops be driven both ways; all
 * that makes it easier. Then what matters of where robot r stands is its place v and how many places are empty in each
 * part into which v cuts the board, because alike robots can be rearranged at will within a connected part that has an
 * empty place or none (pebble motion, Kornhauser, Miller, Spirakis 1984). r can step from v to a neighbour w when w's part has an
 * empty place; afterwards the empty places of what w cuts apart may be shared out in every way that fits. All states
 * that r can come to are enumerated; when its goal with the goals of the others is not among them, there is no solution. The
 * list of states is the witness: it has the start, it lacks the goal, and every step out of it ends in it again.
 * (3) *Ring*: where every place has two neighbours nobody overtakes: the cyclic order must be that of the goals.
 * (4) *Exhausted*: every arrangement of all robots on the true board that can be reached, or from which the goals can be
 * reached, was looked at; only where they are few.
 * No proof does not mean that there is a solution; tests compare with exhaustive search on small boards. */
#ifndef PLANNER_WITNESS_H
#define PLANNER_WITNESS_H

#include "hops.h"

#define WITNESS_PARTS_MAX 8

enum witness_kind { WITNESS_NONE, WITNESS_ALONE, WITNESS_ROOM, WITNESS_RING, WITNESS_EXHAUSTED };

/* Robot r at `at`; of part k of the board without `at` (numbered by the lowest neighbours of `at`) `empty[k]` places are free. */
struct witness_state { node_id at; uint16_t empty[WITNESS_PARTS_MAX]; };

struct witness_proof {
    enum witness_kind kind;
    uint16_t robot;                    /* of ALONE, ROOM; RING: the first out of order */
    const struct witness_state *state; /* of ROOM: all it can come to; state[0] is where it starts */
    uint32_t states;                   /* of ROOM and EXHAUSTED */
};

struct witness;
size_t witness_memory(const struct hops *h, uint16_t robots);
int witness_open(struct witness **out, struct arena *mem, const struct hops *h, uint16_t robots);
/* ORD_OK: *proof says why it cannot be; its states are valid until the next call.  ORD_ENOTFOUND: no proof. */
int witness_find(struct witness *w, const struct crowd *c, struct witness_proof *proof);

#endif
