#include "pebble.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"
#include "common/rng.h"
#include "dist.h"

#define FAR UINT32_MAX
#define BLOCKER_MS 9000 /* what a robot in the way is reckoned to cost whoever wants to pass */
#define SHIFT_MS 2000   /* what it costs that one more robot has to shift */
#define SELF_MS 40000   /* pushing aside the robot for which room is made */
#define NOISE_MS 1500
#define BARRED 2
#define SCATTERED 2   /* robots sent elsewhere by chance at a time */
#define IN_VAIN_MAX 6 /* robots brought home in a row none of which could stay */
#define ROOMS_MAX 40  /* times that room is made for one robot before those at home nearby have to help */

struct pebble {
    const struct hops *h;
    const struct crowd *c;
    const uint32_t *later_ms;
    uint32_t moves_max, moves, searches, searches_end;
    uint32_t each; /* what one search of the whole board counts: 1 on a small one */
    struct crowd_move *move;
    node_id *at;
    bool *fixed;
    uint8_t *barred;       /* loosened: not brought home before so many others are */
    uint16_t home;         /* how many are fixed */
    uint32_t loose;        /* how many are loosened the next time */
    uint32_t scatter_from; /* from so many loosened on, some are scattered too; another chance, another number */
    uint16_t *occupant, *by_fixed; /* per node: robot + 1 */
    hop_id *via;                   /* per node: hop it was reached by in the last search */
    uint32_t *cost;                /* per node */
    bool *in_way;                  /* per node: standing there would block the way under work */
    bool reversible;
    uint16_t *part;  /* per node: component, to see who would be cut off */
    uint16_t *mover; /* per node: who ends there when all shift that far */
    node_id *queue;
    hop_id *path;
    struct heap heap;
    struct rng rng;
};

size_t pebble_memory(const struct hops *h, uint16_t robots, uint32_t moves_max)
{
    size_t n = h->site->nodes;
    return sizeof(struct pebble) + moves_max * sizeof(struct crowd_move) +
           robots * (sizeof(node_id) + sizeof(bool) + 1) +
           n * (2 * sizeof(uint16_t) + sizeof(hop_id) * 2 + 4 + 1 + 4 + sizeof(node_id)) +
           (h->count + robots + 1) * sizeof(struct heap_item) + 16 * 16;
}

int pebble_open(struct pebble **out, struct arena *mem, const struct hops *h, uint16_t robots, uint32_t moves_max)
{
    struct pebble *p = arena_new(mem, struct pebble, 1);
    size_t n = h->site->nodes;
    if (!p) return ORD_EFULL;
    p->h = h;
    p->moves_max = moves_max;
    p->each = 1 + h->site->nodes / 128u;
    p->move = arena_new(mem, struct crowd_move, moves_max);
    p->at = arena_new(mem, node_id, robots);
    p->fixed = arena_new(mem, bool, robots);
    p->barred = arena_new(mem, uint8_t, robots);
    p->occupant = arena_new(mem, uint16_t, n);
    p->by_fixed = arena_new(mem, uint16_t, n);
    p->via = arena_new(mem, hop_id, n);
    p->cost = arena_new(mem, uint32_t, n);
    p->in_way = arena_new(mem, bool, n);
    p->part = arena_new(mem, uint16_t, n);
    p->mover = arena_new(mem, uint16_t, n);
    p->queue = arena_new(mem, node_id, n);
    p->path = arena_new(mem, hop_id, n);
    struct heap_item *items = arena_new(mem, struct heap_item, h->count + robots + 1);
    if (!p->move || !p->at || !p->fixed || !p->barred || !p->occupant || !p->by_fixed || !p->via || !p->cost ||
        !p->in_way || !p->part || !p->mover || !p->queue || !p->path || !items)
        return ORD_EFULL;
    heap_init(&p->heap, items, h->count + robots + 1);
    p->reversible = true;
    for (hop_id i = 0; i < h->count; i++) p->reversible &= h->hop[i].back != HOP_NONE;
    *out = p;
    return ORD_OK;
}

uint32_t pebble_searches(const struct pebble *p) { return p->searches; }

static bool spent(const struct pebble *p) { return p->searches >= p->searches_end; }

static uint32_t noise(struct pebble *p) { return rng_below(&p->rng, NOISE_MS); }

/* One hop of robot r, which must be free. False when the list is full. */
static bool hop_now(struct pebble *p, uint16_t r, hop_id i)
{
    const struct hop *hop = &p->h->hop[i];
    assert(p->at[r] == hop->from && hop_free(p->h, i, p->occupant));
    if (p->moves == p->moves_max) return false;
    p->move[p->moves++] = (struct crowd_move){ r, i };
    p->occupant[hop->from] = 0;
    p->at[r] = hop->to;
    p->occupant[hop->to] = (uint16_t)(r + 1);
    return true;
}

static uint32_t path_to(struct pebble *p, node_id from, node_id to)
{
    uint32_t n = 0;
    for (node_id at = to; at != from; at = p->h->hop[p->via[at]].from) n++;
    uint32_t i = n;
    for (node_id at = to; at != from; at = p->h->hop[p->via[at]].from) p->path[--i] = p->via[at];
    return n;
}

/* How many robots but r stand in the way of the hop; UINT16_MAX when a fixed one does. */
static uint16_t blockers(const struct pebble *p, uint16_t r, hop_id i)
{
    const node_id *b = hop_block(p->h, i);
    uint16_t n = 0;
    for (uint16_t k = 0; k < p->h->hop[i].blocks; k++) {
        if (p->by_fixed[b[k]]) return UINT16_MAX;
        n = (uint16_t)(n + (p->occupant[b[k]] && p->occupant[b[k]] != r + 1));
    }
    return n;
}

static void search_begin(struct pebble *p, node_id from)
{
    p->searches += p->each;
    memset(p->cost, 0xff, p->h->site->nodes * sizeof *p->cost);
    p->cost[from] = 0;
    p->heap.count = 0;
    heap_push(&p->heap, 0, 0, from);
}

static void relax(struct pebble *p, hop_id i, uint32_t via, uint64_t *seq)
{
    node_id to = p->h->hop[i].to;
    if (via >= p->cost[to]) return;
    p->cost[to] = via;
    p->via[to] = i;
    heap_push(&p->heap, via, ++*seq, to);
}

/* The way the robot wants to `goal`, past fixed robots only; others in the way make it dearer. */
static bool wanted_path(struct pebble *p, uint16_t r, node_id goal, uint32_t *length)
{
    struct heap_item it;
    uint64_t seq = 0;
    search_begin(p, p->at[r]);
    while (heap_pop(&p->heap, &it) && it.value != goal) {
        node_id n = (node_id)it.value;
        if ((uint32_t)it.key > p->cost[n]) continue;
        for (hop_id i = p->h->out_start[n]; i < p->h->out_start[n + 1]; i++) {
            uint16_t b = blockers(p, r, i);
            if (b != UINT16_MAX) relax(p, i, p->cost[n] + p->h->hop[i].ms + b * (BLOCKER_MS + noise(p)), &seq);
        }
    }
    if (p->cost[goal] == FAR) return false;
    *length = path_to(p, p->at[r], goal);
    return true;
}

static void mark_way(struct pebble *p, uint16_t r, uint32_t from, uint32_t length)
{
    memset(p->in_way, 0, p->h->site->nodes * sizeof *p->in_way);
    p->in_way[p->at[r]] = true;
    for (uint32_t i = from; i < length; i++) {
        const node_id *b = hop_block(p->h, p->path[i]);
        for (uint16_t k = 0; k < p->h->hop[p->path[i]].blocks; k++) p->in_way[b[k]] = true;
    }
}

/* Component of every node when the fixed ones and a robot at `closed` stand for ever; UINT16_MAX: taken. */
static void find_parts(struct pebble *p, node_id closed)
{
    const struct hops *h = p->h;
    uint16_t parts = 0;
    memset(p->part, 0xff, h->site->nodes * sizeof *p->part);
    p->by_fixed[closed] = UINT16_MAX;
    for (node_id first = 0; first < h->site->nodes; first++) {
        uint32_t head = 0, tail = 0;
        if (p->part[first] != UINT16_MAX || p->by_fixed[first]) continue;
        p->queue[tail++] = first;
        p->part[first] = parts;
        while (head < tail) {
            node_id n = p->queue[head++];
            for (hop_id i = h->out_start[n]; i < h->out_start[n + 1]; i++) {
                node_id to = h->hop[i].to;
                const node_id *b = hop_block(h, i);
                bool open = p->part[to] == UINT16_MAX;
                for (uint16_t k = 0; k < h->hop[i].blocks && open; k++) open = !p->by_fixed[b[k]];
                if (!open) continue;
                p->part[to] = parts;
                p->queue[tail++] = to;
            }
        }
        parts++;
    }
    p->by_fixed[closed] = 0;
}

/* What it costs to have a hop driven by whoever stands at its beginning, so that it leads away from there. */
static uint32_t shift_cost(struct pebble *p, uint16_t r, hop_id i, uint16_t mover)
{
    const struct hop *hop = &p->h->hop[i];
    uint32_t cost = hop->ms + noise(p), before = crowd_ms(p->c, mover, hop->from), now = crowd_ms(p->c, mover, hop->to);
    if (now > before) cost += hop->ms;
    if (p->occupant[hop->to] == r + 1) cost += SELF_MS;
    else if (p->occupant[hop->to]) cost += SHIFT_MS;
    for (uint16_t k = 0; k < hop->blocks && hop->blocks > 1; k++) { /* off the path, so it does not shift by itself */
        node_id n = hop_block(p->h, i)[k];
        if (n == hop->to || !p->occupant[n] || p->occupant[n] == mover + 1) continue;
        if (p->occupant[n] == r + 1) return FAR;
        cost += SELF_MS;
    }
    return cost;
}

/* Is n a place from which the robot will find home when r stands on its goal? */
static bool right_side(const struct pebble *p, uint16_t r, uint16_t mover, node_id n)
{
    return mover == r || !p->reversible || p->part[n] == p->part[p->c->goal[mover]];
}

/* Whoever ends at n would stand beside a hop that those who follow on the path have to drive. */
static bool blocks_followers(const struct pebble *p, node_id from, node_id n)
{
    bool followers = false;
    for (node_id at = n; at != from; at = p->h->hop[p->via[at]].from) {
        const struct hop *hop = &p->h->hop[p->via[at]];
        const node_id *b = hop_block(p->h, p->via[at]);
        for (uint16_t k = 0; k < hop->blocks && followers; k++)
            if (b[k] == n) return true;
        followers |= p->occupant[hop->from] != 0;
    }
    return false;
}

/* The cheapest way on which o and those before it can shift towards an empty place that is not in the way. */
static bool shift_path(struct pebble *p, uint16_t r, uint16_t o, bool past_r, bool right, uint32_t *length)
{
    struct heap_item it;
    uint64_t seq = 0;
    search_begin(p, p->at[o]);
    while (heap_pop(&p->heap, &it)) {
        node_id n = (node_id)it.value;
        if ((uint32_t)it.key > p->cost[n]) continue;
        uint16_t mover = p->occupant[n] ? (uint16_t)(p->occupant[n] - 1) : p->mover[p->h->hop[p->via[n]].from];
        p->mover[n] = mover;
        if (!p->occupant[n] && !p->in_way[n] && (!right || right_side(p, r, mover, n)) &&
            !blocks_followers(p, p->at[o], n)) {
            *length = path_to(p, p->at[o], n);
            return true;
        }
        for (hop_id i = p->h->out_start[n]; i < p->h->out_start[n + 1]; i++) {
            node_id to = p->h->hop[i].to;
            if (blockers(p, o, i) == UINT16_MAX || (!past_r && p->occupant[to] == r + 1)) continue;
            uint32_t cost = shift_cost(p, r, i, mover);
            if (cost != FAR) relax(p, i, p->cost[n] + cost, &seq);
        }
    }
    return false;
}

/* Nothing helps: somebody not fixed makes a hop that is free, `first` if it can. */
static void stir(struct pebble *p, uint16_t first)
{
    p->searches += p->each;
    for (uint16_t k = 0; k < p->c->robots; k++) {
        uint16_t r = (uint16_t)((first + k) % p->c->robots);
        hop_id from = p->h->out_start[p->at[r]], n = p->h->out_start[p->at[r] + 1] - from;
        if (p->fixed[r] || n == 0) continue;
        hop_id i = from + rng_below(&p->rng, n);
        if (!hop_free(p->h, i, p->occupant)) continue;
        hop_now(p, r, i);
        return;
    }
}

static uint16_t who_blocks(const struct pebble *p, hop_id i)
{
    const node_id *b = hop_block(p->h, i);
    for (uint16_t k = 0; k < p->h->hop[i].blocks; k++)
        if (p->occupant[b[k]]) return (uint16_t)(p->occupant[b[k]] - 1);
    return UINT16_MAX;
}

/* Everybody on the path moves on to where the next one stood, the first of them to its empty end. Where footprints
 * reach further than from place to place somebody off the path may block a hop: UINT16_MAX, or that robot, and
 * *blocked. */
static uint16_t shift(struct pebble *p, uint32_t length, hop_id *blocked)
{
    uint32_t end = length;
    for (uint32_t i = length; i-- > 0;) {
        uint16_t o = p->occupant[p->h->hop[p->path[i]].from];
        if (!o) continue;
        for (uint32_t k = i; k < end; k++) {
            uint16_t other = who_blocks(p, p->path[k]);
            *blocked = p->path[k];
            if (other != UINT16_MAX) return other;
            if (!hop_now(p, (uint16_t)(o - 1), p->path[k])) return UINT16_MAX;
        }
        end = i;
    }
    return UINT16_MAX;
}

static bool find_room(struct pebble *p, uint16_t r, uint16_t o, uint32_t *length)
{
    return shift_path(p, r, o, false, true, length) || shift_path(p, r, o, true, true, length) ||
           shift_path(p, r, o, false, false, length) || shift_path(p, r, o, true, false, length);
}

/* Make room for the blocked first hop of r's way. */
static void make_room(struct pebble *p, uint16_t r, uint32_t at, uint32_t length)
{
    uint16_t o = who_blocks(p, p->path[at]);
    hop_id blocked;
    uint32_t n;
    assert(o != UINT16_MAX && o != r);
    mark_way(p, r, at, length);
    for (int depth = 0; depth < 3 && find_room(p, r, o, &n); depth++) {
        o = shift(p, n, &blocked);
        if (o == UINT16_MAX) return;
        const node_id *b = hop_block(p->h, blocked); /* whoever blocks that hop has to go first */
        for (uint16_t k = 0; k < p->h->hop[blocked].blocks; k++) p->in_way[b[k]] = true;
        if (o == r) break;
    }
    stir(p, o);
}

/* Bring r to a place past others that make room. False: it does not work out, or all is spent. */
static bool bring(struct pebble *p, uint16_t r, node_id goal)
{
    uint32_t rooms = 0;
    if (p->reversible) find_parts(p, goal);
    while (p->at[r] != goal) {
        uint32_t length, i = 0;
        if (spent(p) || !wanted_path(p, r, goal, &length)) return false;
        while (i < length && hop_free(p->h, p->path[i], p->occupant))
            if (!hop_now(p, r, p->path[i++])) return false;
        if (i < length && rooms++ == ROOMS_MAX) return false;
        if (i < length) make_room(p, r, i, length);
    }
    return true;
}

/* On a board with one-way hops: marks with `bit` what can be driven to from `from` (or what can drive to it) when the
 * fixed ones and one more at `closed` stand for ever. */
static void flood(struct pebble *p, uint16_t o, node_id from, node_id closed, bool forward, uint16_t bit)
{
    const struct hops *h = p->h;
    uint32_t head = 0, tail = 0;
    p->by_fixed[closed] = UINT16_MAX;
    p->queue[tail++] = from;
    p->part[from] |= bit;
    p->searches += p->each;
    while (head < tail) {
        node_id n = p->queue[head++];
        uint32_t end = forward ? h->out_start[n + 1] : h->in_start[n + 1];
        for (uint32_t k = forward ? h->out_start[n] : h->in_start[n]; k < end; k++) {
            hop_id i = forward ? k : h->in_hop[k];
            node_id next = forward ? h->hop[i].to : h->hop[i].from;
            if (p->part[next] & bit || blockers(p, o, i) == UINT16_MAX) continue;
            p->part[next] |= bit;
            p->queue[tail++] = next;
        }
    }
    p->by_fixed[closed] = 0;
}

/* The same, for all but r at once: first those who can drive home over one place. */
static bool all_find_home(struct pebble *p, uint16_t r, node_id closed, uint16_t *cut)
{
    memset(p->part, 0, p->h->site->nodes * sizeof *p->part);
    for (uint16_t o = 0, first = UINT16_MAX; o < p->c->robots; o++) {
        if (o == r || p->fixed[o]) continue;
        if (first == UINT16_MAX) {
            first = o;
            flood(p, o, p->c->goal[o], closed, true, 1);
            flood(p, o, p->c->goal[o], closed, false, 2);
        }
        uint16_t here = p->part[p->at[o]], there = p->part[p->c->goal[o]];
        if (here & 2 && there & 1) continue; /* over that place */
        for (node_id n = 0; n < p->h->site->nodes; n++) p->part[n] &= 3;
        flood(p, o, p->at[o], closed, true, 4);
        *cut = o;
        if (!(p->part[p->c->goal[o]] & 4)) return false;
    }
    return true;
}

/* Would everybody else still find home if r stood on its goal for ever? *cut gets the first who would not. */
static bool cuts_nobody(struct pebble *p, uint16_t r, uint16_t *cut)
{
    node_id closed = p->c->goal[r];
    p->searches += p->each;
    if (!p->reversible) return all_find_home(p, r, closed, cut);
    find_parts(p, closed);
    for (uint16_t o = 0; o < p->c->robots; o++) {
        if (o == r || p->fixed[o] || p->at[o] == closed) continue; /* who stands there has to go first anyhow */
        *cut = o;
        if (p->part[p->at[o]] != p->part[p->c->goal[o]]) return false;
    }
    return true;
}

/* Reckoned effort to bring r home: its way alone, and who stands on it. */
static uint32_t effort(struct pebble *p, uint16_t r)
{
    const struct hops *h = p->h;
    node_id at = p->at[r], goal = p->c->goal[r];
    uint32_t ms = crowd_ms(p->c, r, at), cost = ms + (ms ? noise(p) : 0) + (p->later_ms ? p->later_ms[r] : 0);
    while (at != goal) {
        hop_id i = h->out_start[at], end = h->out_start[at + 1];
        while (i < end && crowd_ms(p->c, r, h->hop[i].to) + h->hop[i].ms != crowd_ms(p->c, r, at)) i++;
        if (i == end) return FAR;
        at = h->hop[i].to;
        if (p->occupant[at]) cost += BLOCKER_MS;
    }
    return cost;
}

/* The next one to bring home: the cheapest that cuts nobody off there. UINT16_MAX: every one would. */
static uint16_t choose(struct pebble *p)
{
    struct heap_item it;
    uint16_t cut;
    p->heap.count = 0;
    for (uint16_t r = 0; r < p->c->robots; r++)
        if (!p->fixed[r]) heap_push(&p->heap, ((int64_t)p->barred[r] << 32) + effort(p, r), r, r);
    while (heap_pop(&p->heap, &it))
        if (cuts_nobody(p, (uint16_t)it.value, &cut)) return (uint16_t)it.value;
    return UINT16_MAX;
}

static uint16_t anybody(struct pebble *p)
{
    uint16_t r;
    do r = (uint16_t)rng_below(&p->rng, p->c->robots);
    while (p->fixed[r]);
    return r;
}

/* Each one at home would cut somebody off who is on the wrong side now: fetch those first. */
static uint16_t fetch_the_cut(struct pebble *p)
{
    uint16_t r = anybody(p), cut;
    for (uint16_t k = 0; k < p->c->robots && !spent(p); k++) {
        if (cuts_nobody(p, r, &cut)) return r;
        if (!bring(p, cut, p->c->goal[cut])) break;
    }
    return UINT16_MAX;
}

static void begin(struct pebble *p)
{
    const struct crowd *c = p->c;
    p->moves = 0;
    p->home = 0;
    p->loose = 2;
    p->scatter_from = 8u << rng_below(&p->rng, 4);
    memset(p->occupant, 0, p->h->site->nodes * sizeof *p->occupant);
    memset(p->by_fixed, 0, p->h->site->nodes * sizeof *p->by_fixed);
    for (uint16_t r = 0; r < c->robots; r++) {
        p->at[r] = c->start[r];
        p->fixed[r] = false;
        p->barred[r] = 0;
        p->occupant[p->at[r]] = (uint16_t)(r + 1);
    }
}

static void settle(struct pebble *p, uint16_t r, bool home)
{
    if (p->fixed[r] == home) return;
    p->fixed[r] = home;
    p->by_fixed[p->at[r]] = home ? (uint16_t)(r + 1) : 0;
    p->home = (uint16_t)(home ? p->home + 1 : p->home - 1);
}

/* The rest has no room to change places between those at home: the nearest of those have to come out again. */
static void loosen(struct pebble *p, uint16_t r)
{
    const struct hops *h = p->h;
    uint32_t head = 0, tail = 0, left = p->loose;
    memset(p->in_way, 0, h->site->nodes * sizeof *p->in_way);
    p->queue[tail++] = p->at[r];
    p->in_way[p->at[r]] = true;
    p->searches += p->each;
    while (head < tail && left > 0) {
        node_id n = p->queue[head++];
        if (p->by_fixed[n]) {
            p->barred[p->by_fixed[n] - 1] = BARRED;
            settle(p, (uint16_t)(p->by_fixed[n] - 1), false);
            left--;
        }
        for (hop_id i = h->out_start[n]; i < h->out_start[n + 1]; i++) {
            node_id to = h->hop[i].to;
            if (p->in_way[to]) continue;
            p->in_way[to] = true;
            p->queue[tail++] = to;
        }
    }
    p->loose = p->loose + p->loose / 2 + 1;
}

/* Some go to places drawn by chance: who stands in a dead end off the way is never asked to make room, though where it
 * stands may be the very place that two others need to change places. */
static void scatter(struct pebble *p, uint32_t robots)
{
    while (robots-- > 0 && !spent(p) && p->home < p->c->robots) {
        uint16_t r = anybody(p);
        node_id to = (node_id)rng_below(&p->rng, p->h->site->nodes);
        if (p->h->out_start[to] < p->h->out_start[to + 1] && !p->by_fixed[to]) bring(p, r, to);
    }
}

int pebble_solve(struct pebble *p, const struct crowd *c, uint64_t seed, const uint32_t *later_ms,
                 uint32_t searches_max, const struct crowd_move **move, uint32_t *moves)
{
    p->c = c;
    p->later_ms = later_ms;
    p->rng = rng_stream(seed, "pebble");
    p->searches = 0;
    p->searches_end = searches_max;
    begin(p);
    uint16_t cut, first = UINT16_MAX, in_vain = 0;
    while (p->home < c->robots) {
        uint16_t r = first != UINT16_MAX ? first : choose(p);
        if (r == UINT16_MAX) r = fetch_the_cut(p);
        bool good = r != UINT16_MAX && bring(p, r, c->goal[r]);
        first = UINT16_MAX;
        if (spent(p) || p->moves == p->moves_max) return ORD_EFULL;
        if (good && cuts_nobody(p, r, &cut)) {
            settle(p, r, true);
            in_vain = 0;
            for (uint16_t o = 0; o < c->robots; o++) p->barred[o] = (uint8_t)(p->barred[o] - (p->barred[o] > 0));
        } else if (!good || ++in_vain > IN_VAIN_MAX) { /* else somebody made room to the wrong side: on with others */
            first = r != UINT16_MAX ? r : anybody(p);  /* goes before those that are loosened for it */
            loosen(p, first);
            if (p->loose > p->scatter_from) scatter(p, SCATTERED);
            in_vain = 0;
        }
    }
    *move = p->move;
    *moves = p->moves;
    return ORD_OK;
}
