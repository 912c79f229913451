/* Proofs that a crowd cannot get home, held against every arrangement of small boards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/heap.h"
#include "planner/dist.h"
#include "planner/witness.h"
#include "tiny_random.h"

#define ROBOTS 6
#define PLACES 8

static struct tiny tiny;

struct bench {
    const struct site *site;
    struct hops *hops;
    void *block[4];
    struct witness *witness;
    struct crowd crowd;
    node_id start[ROBOTS], goal[ROBOTS];
    uint32_t *ms;
};

static void bench_on(struct bench *b, const struct site *s, uint16_t robots)
{
    struct arena mem;
    size_t size = hops_memory(s, 0);
    b->site = s;
    arena_init(&mem, b->block[0] = malloc(size), size);
    assert_int_equal(hops_open(&b->hops, &mem, s, 0), ORD_OK);
    size = witness_memory(b->hops, robots);
    arena_init(&mem, b->block[1] = malloc(size), size);
    assert_int_equal(witness_open(&b->witness, &mem, b->hops, robots), ORD_OK);
    b->ms = b->block[2] = malloc((size_t)robots * s->nodes * sizeof *b->ms);
    b->crowd = (struct crowd){ b->hops, robots, b->start, b->goal, b->ms };
}

static void bench_end(struct bench *b)
{
    for (int i = 0; i < 3; i++) free(b->block[i]);
}

static int ask(struct bench *b, struct witness_proof *proof)
{
    struct heap heap;
    struct heap_item *items = malloc((b->hops->count + 1) * sizeof *items);
    heap_init(&heap, items, b->hops->count + 1);
    for (uint16_t r = 0; r < b->crowd.robots; r++)
        hops_distances(b->hops, b->goal[r], &heap, b->ms + (size_t)r * b->site->nodes);
    free(items);
    return witness_find(b->witness, &b->crowd, proof);
}

/* ---- the other way to know: every arrangement, from the site alone --------------------------------------------- */

static uint8_t seen[1 << 24]; /* eight places: three bits a robot; more places: four */

static uint32_t code_of(const struct bench *b, const node_id *at)
{
    uint32_t code = 0;
    for (uint16_t r = 0; r < b->crowd.robots; r++) code = code * b->site->nodes + at[r];
    return code;
}

static bool free_for(const struct bench *b, const node_id *at, uint16_t r, res_id x)
{
    for (uint16_t o = 0; o < b->crowd.robots; o++)
        if (o != r && site_conflict(b->site, 0, x, 0, at[o], NULL)) return false;
    return true;
}

/* Moves robot r on from `n` (its place, or one on its way where it may not stand) and offers what comes of it. */
static void offer_from(const struct bench *b, node_id *at, uint16_t r, node_id n, int depth, uint32_t *queue,
                       uint32_t *tail)
{
    node_id stood = at[r];
    for (edge_id e = 0; e < b->site->edges && depth < 6; e++) {
        const struct site_edge *edge = &b->site->edge[e];
        if (edge->from != n || edge->to == stood) continue;
        if (!free_for(b, at, r, res_lane(b->site, edge->lane)) || !free_for(b, at, r, edge->to)) continue;
        if (!node_stoppable(b->site, edge->to)) {
            offer_from(b, at, r, edge->to, depth + 1, queue, tail);
            continue;
        }
        at[r] = edge->to;
        uint32_t code = code_of(b, at);
        at[r] = stood;
        if (seen[code]) continue;
        seen[code] = 1;
        queue[(*tail)++] = code;
    }
}

static bool can_all_get_home(const struct bench *b)
{
    uint32_t size = 1, head = 0, tail = 0;
    for (uint16_t r = 0; r < b->crowd.robots; r++) size *= b->site->nodes;
    assert_true(size <= sizeof seen);
    memset(seen, 0, size);
    uint32_t *queue = malloc(size * sizeof *queue);
    queue[tail++] = code_of(b, b->start);
    seen[queue[0]] = 1;
    while (head < tail) {
        node_id at[ROBOTS];
        uint32_t code = queue[head++];
        for (uint16_t r = b->crowd.robots; r-- > 0; code /= b->site->nodes) at[r] = (node_id)(code % b->site->nodes);
        for (uint16_t r = 0; r < b->crowd.robots; r++) offer_from(b, at, r, at[r], 0, queue, &tail);
    }
    free(queue);
    return seen[code_of(b, b->goal)] != 0;
}

/* ---- stories --------------------------------------------------------------------------------------------------- */

/* A tree of n places with some more lanes. */
static const struct site *random_board(struct rng *r, uint16_t n, uint16_t more, bool oneway)
{
    tiny_begin(&tiny, 1);
    for (uint16_t i = 0; i < n; i++) {
        node_id k = tiny_node(&tiny, 0, TINY_STEP_MM * (i % 4), TINY_STEP_MM * (i / 4), 0);
        uint16_t back = i < 3 ? i : 3; /* long thin trees are where room is scarce */
        if (i > 0) tiny_lane(&tiny, (node_id)(k - 1 - rng_below(r, back)), k);
    }
    for (uint16_t i = 0; i < more; i++) {
        node_id a = (node_id)rng_below(r, n), b = (node_id)rng_below(r, n);
        if (a == b || tiny_joined(&tiny, a, b)) continue;
        if (oneway && rng_chance(r, 500000)) tiny_oneway(&tiny, a, b);
        else tiny_lane(&tiny, a, b);
    }
    return tiny_done(&tiny);
}

static bool draw(const struct site *s, struct rng *r, uint16_t robots, node_id *place)
{
    for (uint16_t k = 0; k < robots; k++) {
        bool good = false;
        for (int tries = 0; tries < 100 && !good; tries++) {
            place[k] = (node_id)rng_below(r, s->nodes);
            good = node_stoppable(s, place[k]);
            for (uint16_t o = 0; o < k && good; o++) good = !site_conflict(s, 0, place[k], 0, place[o], NULL);
        }
        if (!good) return false;
    }
    return true;
}

static void room_is_proven_missing_exactly_where_it_is(void **state)
{
    struct rng r = rng_stream(1, "test_witness");
    uint32_t impossible = 0, possible = 0;
    for (int i = 0; i < 400; i++) {
        uint16_t n = (uint16_t)(4 + rng_below(&r, PLACES - 3)), robots = (uint16_t)(2 + rng_below(&r, n - 3u));
        if (robots > ROBOTS) robots = ROBOTS;
        const struct site *s = random_board(&r, n, (uint16_t)rng_below(&r, 3), false);
        struct bench b;
        struct witness_proof proof;
        bench_on(&b, s, robots);
        if (draw(s, &r, robots, b.start) && draw(s, &r, robots, b.goal)) {
            int found = ask(&b, &proof);
            bool can = can_all_get_home(&b);
            if (can == (found == ORD_OK))
                print_error("board %d: %u places, %u robots: can %d kind %d\n", i, n, robots, can, proof.kind);
            assert_int_equal(found, can ? ORD_ENOTFOUND : ORD_OK);
            if (!can) assert_true(proof.kind == WITNESS_ROOM || proof.kind == WITNESS_RING);
            possible += can;
            impossible += !can;
        }
        bench_end(&b);
    }
    assert_true(possible > 50 && impossible > 50);
    (void)state;
}

static void foul_boards_are_never_condemned_wrongly(void **state)
{
    struct rng r = rng_stream(2, "test_witness");
    uint32_t condemned = 0;
    for (int i = 0; i < 400; i++) {
        uint16_t n = (uint16_t)(4 + rng_below(&r, PLACES - 3)), robots = (uint16_t)(2 + rng_below(&r, n - 2u));
        if (robots > ROBOTS) robots = ROBOTS;
        const struct site *s = random_board(&r, n, (uint16_t)rng_below(&r, 4), true);
        for (node_id k = 0; k < n; k++)
            if (rng_chance(&r, 150000)) tiny.node[k].flags |= NODE_NO_STOP;
        for (int k = 0; k < 2; k++) { /* wide corners: somebody standing there is in the way of a lane further off */
            node_id at = (node_id)rng_below(&r, n);
            tiny_conflict(&tiny, res_lane(s, (lane_id)rng_below(&r, s->lanes)), at);
        }
        tiny_done(&tiny);
        struct bench b;
        struct witness_proof proof;
        bench_on(&b, s, robots);
        if (draw(s, &r, robots, b.start) && draw(s, &r, robots, b.goal) && ask(&b, &proof) == ORD_OK) {
            assert_false(can_all_get_home(&b));
            condemned++;
        }
        bench_end(&b);
    }
    assert_true(condemned > 50);
    (void)state;
}

/* The list of states is checked with nothing of the prover: parts by colouring, steps by trying every sharing out. */
static uint8_t colour(const struct site *s, node_id without, uint8_t *part)
{
    uint8_t parts = 0;
    memset(part, 0xff, s->nodes);
    for (node_id low = 0; low < s->nodes; low++) {
        bool near = false;
        for (edge_id e = 0; e < s->edges; e++) near |= s->edge[e].from == without && s->edge[e].to == low;
        if (!near || part[low] != 0xff) continue;
        part[low] = parts;
        for (bool more = true; more;) {
            more = false;
            for (edge_id e = 0; e < s->edges; e++) {
                node_id a = s->edge[e].from, c = s->edge[e].to;
                if (a == without || c == without || part[a] == part[c] || part[a] != parts) continue;
                part[c] = parts;
                more = true;
            }
        }
        parts++;
    }
    return parts;
}

static bool listed(const struct witness_proof *p, const struct witness_state *s)
{
    for (uint32_t i = 0; i < p->states; i++)
        if (memcmp(&p->state[i], s, sizeof *s) == 0) return true;
    return false;
}

/* Every set of empty places that fits the state: after the step to each empty neighbour the state must be listed. */
static void state_is_closed(const struct site *s, const struct witness_proof *p, const struct witness_state *from)
{
    uint8_t part[TINY_NODES], after[TINY_NODES];
    colour(s, from->at, part);
    for (uint32_t empty = 0; empty < 1u << s->nodes; empty++) {
        uint16_t count[WITNESS_PARTS_MAX] = { 0 };
        for (node_id n = 0; n < s->nodes; n++)
            if (empty >> n & 1 && n != from->at) count[part[n]]++;
        if (empty >> from->at & 1 || memcmp(count, from->empty, sizeof count) != 0) continue;
        for (edge_id e = 0; e < s->edges; e++) {
            if (s->edge[e].from != from->at || !(empty >> s->edge[e].to & 1)) continue;
            struct witness_state to = { .at = s->edge[e].to };
            uint32_t now = (empty | 1u << from->at) & ~(1u << to.at);
            colour(s, to.at, after);
            for (node_id n = 0; n < s->nodes; n++)
                if (now >> n & 1) to.empty[after[n]]++;
            assert_true(listed(p, &to));
        }
    }
}

static void the_list_of_states_is_closed_and_lacks_the_goal(void **state)
{
    struct rng r = rng_stream(3, "test_witness");
    uint32_t lists = 0;
    for (int i = 0; i < 300; i++) {
        uint16_t n = (uint16_t)(4 + rng_below(&r, PLACES - 3)), robots = (uint16_t)(2 + rng_below(&r, n - 3u));
        if (robots > ROBOTS) robots = ROBOTS;
        const struct site *s = random_board(&r, n, (uint16_t)rng_below(&r, 2), false);
        struct bench b;
        struct witness_proof proof;
        bench_on(&b, s, robots);
        if (draw(s, &r, robots, b.start) && draw(s, &r, robots, b.goal) && !ask(&b, &proof) &&
            proof.kind == WITNESS_ROOM) {
            uint8_t part[TINY_NODES];
            struct witness_state goal = { .at = b.goal[proof.robot] };
            colour(s, goal.at, part);
            for (node_id k = 0; k < s->nodes; k++)
                if (k != goal.at) goal.empty[part[k]]++;
            for (uint16_t o = 0; o < robots; o++)
                if (o != proof.robot) goal.empty[part[b.goal[o]]]--;
            assert_false(listed(&proof, &goal));
            assert_int_equal(proof.state[0].at, b.start[proof.robot]);
            for (uint32_t k = 0; k < proof.states; k++) state_is_closed(s, &proof, &proof.state[k]);
            lists++;
        }
        bench_end(&b);
    }
    assert_true(lists > 30);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_proven_missing_exactly_where_it_is),
        cmocka_unit_test(foul_boards_are_never_condemned_wrongly),
        cmocka_unit_test(the_list_of_states_is_closed_and_lacks_the_goal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
