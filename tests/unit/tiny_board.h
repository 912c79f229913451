/* tiny_board - a crowd on a tiny site: the board of hops, distances, and a judge of hop sequences that knows the site only. */
#ifndef TINY_BOARD_H
#define TINY_BOARD_H

#include "common/heap.h"
#include "planner/hops.h"
#include "tiny_random.h"

#define BOARD_ROBOTS 8

struct board {
    const struct site *site;
    struct hops *hops;
    struct crowd crowd;
    node_id start[BOARD_ROBOTS], goal[BOARD_ROBOTS];
    uint32_t *ms;
    void *block;
};

static inline void board_open(struct board *b, const struct site *s, uint16_t robots)
{
    struct arena mem;
    size_t size = hops_memory(s, 0);
    b->site = s;
    arena_init(&mem, b->block = malloc(size), size);
    assert_int_equal(hops_open(&b->hops, &mem, s, 0), ORD_OK);
    b->ms = malloc((size_t)robots * s->nodes * sizeof *b->ms);
    b->crowd = (struct crowd){ b->hops, robots, b->start, b->goal, b->ms };
}

static inline void board_close(struct board *b)
{
    free(b->block);
    free(b->ms);
}

static inline void board_measure(struct board *b) /* once the goals are set */
{
    struct heap heap;
    struct heap_item *items = malloc((b->hops->count + 1) * sizeof *items);
    heap_init(&heap, items, b->hops->count + 1);
    for (uint16_t r = 0; r < b->crowd.robots; r++)
        hops_distances(b->hops, b->goal[r], &heap, b->ms + (size_t)r * b->site->nodes);
    free(items);
}

static inline bool board_draw(const struct site *s, struct rng *r, uint16_t robots, node_id *place)
{
    for (uint16_t k = 0; k < robots; k++) {
        bool good = false;
        for (int tries = 0; tries < 200 && !good; tries++) {
            place[k] = (node_id)rng_below(r, s->nodes);
            good = node_stoppable(s, place[k]);
            for (uint16_t o = 0; o < k && good; o++) good = !site_conflict(s, 0, place[k], 0, place[o], NULL);
        }
        if (!good) return false;
    }
    return true;
}

/* A random tree of n places with `more` further lanes, long and thin. */
static inline const struct site *board_random(struct tiny *t, struct rng *r, uint16_t n, uint16_t more, bool oneway)
{
    tiny_begin(t, 1);
    for (uint16_t i = 0; i < n; i++) {
        node_id k = tiny_node(t, 0, TINY_STEP_MM * (i % 4), TINY_STEP_MM * (i / 4), 0);
        uint16_t back = i < 3 ? i : 3;
        if (i > 0) tiny_lane(t, (node_id)(k - 1 - rng_below(r, back)), k);
    }
    for (uint16_t i = 0; i < more; i++) {
        node_id a = (node_id)rng_below(r, n), b = (node_id)rng_below(r, n);
        if (a == b || tiny_joined(t, a, b)) continue;
        if (oneway && rng_chance(r, 500000)) tiny_oneway(t, a, b);
        else tiny_lane(t, a, b);
    }
    return tiny_done(t);
}

/* Places where nobody may stop, and wide corners: somebody standing there is in the way of a lane further off. */
static inline const struct site *board_spoil(struct tiny *t, struct rng *r)
{
    for (node_id k = 0; k < t->site.nodes; k++)
        if (rng_chance(r, 150000)) t->node[k].flags |= NODE_NO_STOP;
    for (int k = 0; k < 2; k++)
        tiny_conflict(t, res_lane(&t->site, (lane_id)rng_below(r, t->site.lanes)), rng_below(r, t->site.nodes));
    return tiny_done(t);
}

/* Each hop along its edges while all others stand: index of the first that is not free, or `moves`. *at: where all end. */
static inline uint32_t board_replay(const struct board *b, const struct crowd_move *move, uint32_t moves, node_id *at)
{
    const struct site *s = b->site;
    memcpy(at, b->start, b->crowd.robots * sizeof *at);
    for (uint32_t k = 0; k < moves; k++) {
        const struct hop *hop = &b->hops->hop[move[k].hop];
        node_id n = at[move[k].robot];
        for (uint8_t i = 0; i < hop->edges; i++) {
            const struct site_edge *e = &s->edge[hop->edge[i]];
            if (e->from != n || (i > 0 && node_stoppable(s, n))) return k;
            for (uint16_t o = 0; o < b->crowd.robots; o++) {
                if (o == move[k].robot) continue;
                if (site_conflict(s, 0, res_lane(s, e->lane), 0, at[o], NULL)) return k;
                if (site_conflict(s, 0, e->to, 0, at[o], NULL)) return k;
            }
            n = e->to;
        }
        if (!node_stoppable(s, n)) return k;
        at[move[k].robot] = n;
    }
    return moves;
}

#endif
