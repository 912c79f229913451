/* hops - the site as a board on which robots stand: every place where one may stand, every way from one to the next.
 *
 * A *hop* leads from one such place to another through places where nobody may stand (cabins, NO_STOP), if any: the move
 * that is claimed as one (route_move_start). While the others stand, a hop can be driven exactly when nobody stands on
 * a place of its `block` list: the places whose footprint conflicts with a lane or a node of the hop.
 *
 * Why one hop at a time loses nothing: a robot under way holds the place it left and all of its hop until it has arrived, so in
 * any plan without conflicts the hops, taken in the order in which they begin, are each free while all others stand.
 * What cannot be reached hop by hop cannot be reached at all.
 *
 * (1) from and to may be stood on, what lies between may not.  (2) `to` is in block, `from` is not.  (3) block is sorted.
 * (4) of two hops between the same places none is as slow and blocked by as much as the other.
 * (5) `whole` unless a way was left out because it was too long or there were too many. */
#ifndef PLANNER_HOPS_H
#define PLANNER_HOPS_H

#include "common/arena.h"
#include "route.h"

#define HOP_EDGES_MAX 6 /* as SIPP_MOVE_MAX: what one search cannot drive, the other must not plan */

typedef uint32_t hop_id;
#define HOP_NONE UINT32_MAX

struct hop {
    node_id from, to;
    uint8_t edges;
    edge_id edge[HOP_EDGES_MAX];
    uint32_t ms;             /* nominal */
    uint32_t block_start;
    uint16_t blocks;
    hop_id back;             /* a hop that undoes this one while nobody else has moved, or HOP_NONE */
};

struct hops {
    const struct site *site;
    class_id cls;
    bool whole;
    uint32_t count, count_max, blocks, blocks_max;
    struct hop *hop;
    node_id *block;
    uint32_t *out_start, *in_start; /* nodes + 1; hops of one node are numbered in a row */
    hop_id *in_hop;
};

size_t hops_memory(const struct site *s, class_id cls);
int hops_open(struct hops **out, struct arena *mem, const struct site *s, class_id cls);

static inline const node_id *hop_block(const struct hops *h, hop_id i) { return h->block + h->hop[i].block_start; }
/* Nobody of `occupant` (per node: robot + 1, 0 = nobody) stands in the way. */
static inline bool hop_free(const struct hops *h, hop_id i, const uint16_t *occupant)
{
    const node_id *b = hop_block(h, i);
    for (uint16_t k = 0; k < h->hop[i].blocks; k++)
        if (occupant[b[k]] != 0) return false;
    return true;
}

/* All robots of one class, from where they stand to where they are to stand at last. */
struct crowd {
    const struct hops *hops;
    uint16_t robots;
    const node_id *start, *goal; /* places of hops, free of conflict among starts and among goals */
    const uint32_t *ms;          /* [robot * nodes + node]: alone from the node to its goal, DIST_FAR: no way */
};
struct crowd_move { uint16_t robot; hop_id hop; };

static inline uint32_t crowd_ms(const struct crowd *c, uint16_t robot, node_id at)
{
    return c->ms[(size_t)robot * c->hops->site->nodes + at];
}

/* Milliseconds from every node to `goal`, free of others. `heap` has room for hops->count + 1 items. */
struct heap;
void hops_distances(const struct hops *h, node_id goal, struct heap *heap, uint32_t *ms);

#endif
