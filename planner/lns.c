#include "lns.h"

#include <assert.h>
#include <string.h>

#include "common/rng.h"

#define NO_NODE UINT32_MAX
#define GROUP_MAX 32
#define KEPT 3 /* length, loss, robot, before a path that is kept */
#define PUSH_FEE 12
#define PUSH_AGAIN 6
#define PUSH_MOST 600
#define WORTH_LEAST 20
#define WORTH_MOST 10000000
#define KINDS 3 /* of neighbourhoods */
#define SIZES 4
#define HASTES 4
#define HASTE_MAX 10
static const uint8_t group_size[SIZES] = { 3, 6, 10, 18 };
/* Weights of the steps to go, in quarters: the more, the sooner a way is found and the longer it may be. */
static const uint8_t haste_of[HASTES] = { 4, 5, 6, HASTE_MAX };

/* A cell entered at `time`, free until `end`; `cost` is the loss so far. Where robots may be pushed out of the way, a
 * span of the cell may also be that of another robot, and `fee` is what the way costs beside the loss. */
struct node {
    uint32_t cell, parent, next_of_cell, next_open;
    uint16_t time, end, cost, fee;
    bool closed;
};

struct lns {
    const struct mapf *m;
    uint32_t horizon, words;
    struct rng rng;
    uint16_t *who;    /* [cell * horizon + step] -> robot + 1, 0 nobody */
    uint64_t *busy;   /* [cell * words + step / 64]: who, as bits */
    uint32_t *path;   /* [robot * horizon + step], valid to length */
    uint32_t *length; /* robot -> step of its final arrival */
    uint32_t *loss;   /* robot -> its cost */
    uint64_t sum;
    /* the search of one robot */
    struct node *node;
    uint32_t nodes, nodes_max;
    uint32_t *of_cell, *cell_seen, search; /* the nodes of a cell in this search */
    uint32_t *open, opens, open_low,
        open_high;               /* [4 * (cost - least) + haste * steps to go] -> first node, to open_high */
    bool pushing;                /* other robots are no walls: their spans cost a fee */
    uint32_t haste, least, most; /* of the robot: steps with nobody in the way; loss it may have */
    /* neighbourhoods */
    uint32_t *order, waiting, first; /* robots without a path: a ring */
    uint16_t *pushed;                /* robot -> how often it was pushed out */
    uint16_t group[GROUP_MAX], groups;
    uint32_t *kept; /* paths of the group before */
    uint32_t *mark, marks;
    uint32_t *tabu, tabus;
    uint32_t *queue;
    uint32_t kind_worth[KINDS], size_worth[SIZES], haste_worth[HASTES];
    uint64_t expansions;
};

/* ---- the table ---------------------------------------------------------------------------------------------- */

static inline bool is_busy(const struct lns *l, uint32_t cell, uint32_t t)
{
    return l->busy[(size_t)cell * l->words + (t >> 6)] >> (t & 63) & 1;
}

/* First step >= t at which the cell is in the state asked for; horizon when there is none. */
static uint32_t next_step(const struct lns *l, uint32_t cell, uint32_t t, bool busy)
{
    const uint64_t *w = l->busy + (size_t)cell * l->words;
    while (t < l->horizon) {
        uint64_t v = (busy ? w[t >> 6] : ~w[t >> 6]) >> (t & 63);
        if (v) {
            t += (uint32_t)__builtin_ctzll(v);
            return t < l->horizon ? t : l->horizon;
        }
        t = (t | 63) + 1;
    }
    return l->horizon;
}

static void set_path(struct lns *l, uint32_t robot, bool present)
{
    const uint32_t *path = l->path + (size_t)robot * l->horizon;
    uint16_t name = present ? (uint16_t)(robot + 1) : 0;
    uint32_t end = l->length[robot];
    for (uint32_t t = 0; t < l->horizon; t++) {
        uint32_t c = t < end ? path[t] : path[end];
        uint64_t bit = (uint64_t)1 << (t & 63), *w = l->busy + (size_t)c * l->words + (t >> 6);
        assert(!present || l->who[(size_t)c * l->horizon + t] == 0); /* (1) */
        l->who[(size_t)c * l->horizon + t] = name;
        *w = present ? *w | bit : *w & ~bit;
    }
}

/* ---- one robot's way ---------------------------------------------------------------------------------------- */

/* Being at a cell earlier at the same loss is as good when one can wait there; waiting costs, but not at the goal. */
static bool dominates(const struct node *a, const struct node *b, bool at_goal)
{
    return a->time <= b->time && a->cost + (at_goal ? 0 : b->time - a->time) + a->fee <= b->cost + b->fee;
}

static void open_node(struct lns *l, uint32_t id, uint32_t slot)
{
    while (l->open_high <= slot) l->open[l->open_high++] = NO_NODE;
    l->node[id].next_open = l->open[slot];
    l->open[slot] = id;
    if (slot < l->open_low) l->open_low = slot;
}

static uint32_t next_node(struct lns *l)
{
    while (l->open_low < l->open_high && l->open[l->open_low] == NO_NODE) l->open_low++;
    if (l->open_low == l->open_high) return NO_NODE;
    uint32_t id = l->open[l->open_low];
    l->open[l->open_low] = l->node[id].next_open;
    return id;
}

static void add_node(struct lns *l, uint32_t robot, struct node n)
{
    uint32_t go = mapf_steps(l->m, robot, n.cell);
    uint32_t slot = 4 * (n.cost + n.fee - l->least) + l->haste * go;
    if (n.cost + go > l->most || n.time + go >= l->horizon || slot >= l->opens || l->nodes == l->nodes_max) return;
    bool at_goal = go == 0;
    if (l->cell_seen[n.cell] != l->search) {
        l->cell_seen[n.cell] = l->search;
        l->of_cell[n.cell] = NO_NODE;
    }
    for (uint32_t i = l->of_cell[n.cell]; i != NO_NODE; i = l->node[i].next_of_cell) {
        struct node *o = &l->node[i];
        if (o->end != n.end) continue;
        if (dominates(o, &n, at_goal)) return;
        if (dominates(&n, o, at_goal)) o->closed = true;
    }
    uint32_t id = l->nodes++;
    n.next_of_cell = l->of_cell[n.cell];
    l->node[id] = n;
    l->of_cell[n.cell] = id;
    open_node(l, id, slot);
}

/* The robot that comes the other way when one goes from `from` to `to` at t, + 1; 0 when nobody does. */
static uint16_t swaps(const struct lns *l, uint32_t from, uint32_t to, uint32_t t)
{
    uint16_t o = l->who[(size_t)to * l->horizon + t - 1];
    return o == l->who[(size_t)from * l->horizon + t] ? o : 0;
}

/* The last step of the span at t: free, or of one robot. */
static uint32_t span_end(const struct lns *l, uint32_t cell, uint32_t t)
{
    if (!is_busy(l, cell, t)) return next_step(l, cell, t, true) - 1;
    const uint16_t *who = l->who + (size_t)cell * l->horizon;
    uint32_t end = t;
    while (end + 1 < l->horizon && who[end + 1] == who[t]) end++;
    return end;
}

/* What pushing a robot costs: the more often it was pushed, the more, so that no two push each other for ever. */
static uint16_t fee_of(const struct lns *l, uint16_t name)
{
    if (name == 0) return 0;
    uint32_t fee = PUSH_FEE + PUSH_AGAIN * (uint32_t)l->pushed[name - 1];
    return (uint16_t)(fee < PUSH_MOST ? fee : PUSH_MOST);
}

static void go_on(struct lns *l, uint32_t robot, uint32_t id, uint32_t v)
{
    struct node n = l->node[id];
    bool resting = n.cell == l->m->goal[robot];
    uint32_t last = n.end + 1u < l->horizon ? n.end + 1u : l->horizon - 1, a = n.time + 1u;
    while ((a = l->pushing ? a : next_step(l, v, a, false)) <= last) {
        struct node to = { .cell = v,
                           .parent = id,
                           .time = (uint16_t)a,
                           .end = (uint16_t)span_end(l, v, a),
                           .fee = n.fee,
                           .cost = (uint16_t)(n.cost + (resting ? 1u : a - n.time)) };
        uint16_t head_on = a == n.end + 1u ? swaps(l, n.cell, v, a) : 0;
        if (l->pushing)
            to.fee = (uint16_t)(to.fee + fee_of(l, l->who[(size_t)v * l->horizon + a]) + fee_of(l, head_on));
        if (l->pushing || !head_on) {
            add_node(l, robot, to);
            for (uint32_t later = a + 1; resting && later <= last && later <= to.end; later++) {
                to.time = (uint16_t)later; /* rest is free: leaving later costs nothing more */
                add_node(l, robot, to);
            }
        }
        a = to.end + 1u;
    }
}

/* Stay while the cell changes hands. */
static void stay_on(struct lns *l, uint32_t robot, uint32_t id)
{
    struct node n = l->node[id], to = n;
    if (n.end + 1u >= l->horizon) return;
    to.parent = id;
    to.closed = false;
    to.time = (uint16_t)(n.end + 1u);
    to.end = (uint16_t)span_end(l, n.cell, to.time);
    to.cost = (uint16_t)(n.cost + (n.cell == l->m->goal[robot] ? 0 : to.time - n.time));
    to.fee = (uint16_t)(n.fee + fee_of(l, l->who[(size_t)n.cell * l->horizon + to.time]));
    add_node(l, robot, to);
}

static void keep_way(struct lns *l, uint32_t robot, uint32_t id)
{
    uint32_t *path = l->path + (size_t)robot * l->horizon;
    uint32_t until = l->node[id].time;
    l->length[robot] = until;
    l->loss[robot] = l->node[id].cost;
    path[until] = l->node[id].cell;
    for (uint32_t i = l->node[id].parent; i != NO_NODE; i = l->node[i].parent) {
        for (uint32_t t = l->node[i].time; t < until; t++) path[t] = l->node[i].cell;
        until = l->node[i].time;
    }
}

/* A way of the robot around all paths in the table with a loss of at most `most`: the cheapest one, or one within
 * haste / 4 of it. */
static bool find_way(struct lns *l, uint32_t robot, uint32_t most)
{
    const struct grid *g = l->m->grid;
    uint32_t start = l->m->start[robot], goal = l->m->goal[robot];
    l->least = mapf_steps(l->m, robot, start);
    l->most = most < l->horizon ? most : l->horizon;
    if (l->most < l->least) return false;
    l->search++;
    l->nodes = l->open_high = 0;
    l->open_low = UINT32_MAX;
    add_node(l, robot, (struct node){ .cell = start, .parent = NO_NODE, .end = (uint16_t)span_end(l, start, 0) });
    for (uint32_t id; (id = next_node(l)) != NO_NODE;) {
        struct node *n = &l->node[id];
        if (n->closed) continue;
        n->closed = true;
        l->expansions++;
        if (n->cell == goal && n->end == l->horizon - 1 && !is_busy(l, goal, n->end)) {
            keep_way(l, robot, id);
            return true;
        }
        uint32_t cell = n->cell, turn = (uint32_t)(l->expansions * 2654435761u >> 13) & 3;
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t v = g->next[cell][(k + turn) & 3];
            if (v != GRID_NONE) go_on(l, robot, id, v);
        }
        if (l->pushing) stay_on(l, robot, id);
    }
    return false;
}

/* ---- from nothing ------------------------------------------------------------------------------------------- */

static void clear_table(struct lns *l)
{
    memset(l->who, 0, (size_t)l->m->grid->cells * l->horizon * sizeof *l->who);
    memset(l->busy, 0, (size_t)l->m->grid->cells * l->words * sizeof *l->busy);
    l->sum = 0;
}

static void shuffle(struct lns *l, uint32_t *list, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = rng_below(&l->rng, i), keep = list[k];
        list[k] = list[i - 1];
        list[i - 1] = keep;
    }
}

void lns_begin(struct lns *l)
{
    clear_table(l);
    for (uint32_t r = 0; r < l->m->robots; r++) {
        l->order[r] = r;
        l->pushed[r] = 0;
    }
    shuffle(l, l->order, l->m->robots);
    l->first = 0;
    l->waiting = l->m->robots;
}

static void push_out(struct lns *l, uint16_t name)
{
    if (name == 0) return;
    uint32_t robot = name - 1u;
    set_path(l, robot, false);
    l->sum -= l->loss[robot];
    if (l->pushed[robot] < UINT16_MAX) l->pushed[robot]++;
    l->order[(l->first + l->waiting++) % l->m->robots] = robot;
}

bool lns_insert(struct lns *l)
{
    if (l->waiting == 0) return true;
    uint32_t r = l->order[l->first];
    l->first = (l->first + 1) % l->m->robots;
    l->waiting--;
    l->haste = haste_of[0];
    if (!find_way(l, r, UINT32_MAX)) {
        l->pushing = true;
        bool way = find_way(l, r, UINT32_MAX);
        l->haste = HASTE_MAX; /* the allowance of nodes was too small to look for the cheapest */
        way = way || find_way(l, r, UINT32_MAX);
        l->pushing = false;
        if (!way) { /* its turn comes again when others have moved */
            l->order[(l->first + l->waiting++) % l->m->robots] = r;
            return false;
        }
        for (uint32_t t = 0; t < l->horizon; t++) {
            uint32_t at = lns_at(l, r, t);
            push_out(l, l->who[(size_t)at * l->horizon + t]);
            if (t > 0) push_out(l, swaps(l, lns_at(l, r, t - 1), at, t));
        }
    }
    set_path(l, r, true);
    l->sum += l->loss[r];
    return l->waiting == 0;
}

void lns_load(struct lns *l, const uint32_t *rows, uint32_t steps)
{
    uint32_t robots = l->m->robots;
    assert(steps < l->horizon);
    clear_table(l);
    l->waiting = 0;
    for (uint32_t r = 0; r < robots; r++) {
        uint32_t *path = l->path + (size_t)r * l->horizon, goal = l->m->goal[r];
        l->length[r] = l->loss[r] = 0;
        for (uint32_t t = 0; t <= steps; t++) {
            path[t] = rows[(size_t)t * robots + r];
            if (path[t] != goal) l->length[r] = t + 1;
            if (t > 0 && (path[t] != goal || path[t - 1] != goal)) l->loss[r]++;
        }
        set_path(l, r, true);
        l->sum += l->loss[r];
    }
}

/* ---- neighbourhoods ----------------------------------------------------------------------------------------- */

static uint32_t delay(const struct lns *l, uint32_t robot)
{
    return l->loss[robot] - mapf_steps(l->m, robot, l->m->start[robot]);
}

static void join(struct lns *l, uint32_t robot, uint32_t size)
{
    if (l->mark[robot] == l->marks || l->groups >= size) return;
    l->mark[robot] = l->marks;
    l->group[l->groups++] = (uint16_t)robot;
}

/* The robot with the longest delay that was not the seed of a neighbourhood for a while. */
static uint32_t most_delayed(struct lns *l)
{
    for (int again = 0; again < 2; again++) {
        uint32_t best = NO_NODE;
        for (uint32_t r = 0; r < l->m->robots; r++)
            if (l->tabu[r] != l->tabus && delay(l, r) > 0 && (best == NO_NODE || delay(l, r) > delay(l, best)))
                best = r;
        if (best != NO_NODE) {
            l->tabu[best] = l->tabus;
            return best;
        }
        l->tabus++;
    }
    return rng_below(&l->rng, l->m->robots);
}

static uint16_t there(const struct lns *l, uint32_t cell, uint32_t t) { return l->who[(size_t)cell * l->horizon + t]; }

/* From a random moment of the robot's path on, walk at random where it would still gain, and note who is in the way. */
static void walk_blockers(struct lns *l, uint32_t robot, uint32_t size)
{
    const struct grid *g = l->m->grid;
    uint32_t most = l->loss[robot], t = rng_below(&l->rng, l->length[robot] + 1);
    uint32_t at = l->path[(size_t)robot * l->horizon + t];
    for (; t + 1 < l->horizon && l->groups < size; t++) {
        uint32_t way[5], n = 0;
        for (uint32_t k = 0; k < 5; k++) {
            uint32_t v = k < 4 ? g->next[at][k] : at;
            if (v != GRID_NONE && t + 1 + mapf_steps(l->m, robot, v) < most) way[n++] = v;
        }
        if (n == 0) return;
        uint32_t to = way[rng_below(&l->rng, n)];
        uint16_t in = there(l, to, t + 1), out = there(l, to, t);
        if (in) join(l, in - 1u, size);
        if (out && out == there(l, at, t + 1)) join(l, out - 1u, size);
        at = to;
    }
}

static void around_robot(struct lns *l, uint32_t size)
{
    uint32_t robot = most_delayed(l);
    join(l, robot, size);
    for (uint32_t tries = 0; tries < 10 && l->groups < size; tries++) {
        uint32_t from = l->group[rng_below(&l->rng, l->groups)];
        walk_blockers(l, tries < 5 ? robot : from, size);
    }
}

/* Robots that cross one place around one moment, then the places near it. */
static void around_place(struct lns *l, uint32_t size)
{
    const struct grid *g = l->m->grid;
    uint32_t robot = rng_below(&l->rng, l->m->robots), head = 0, tail = 0;
    for (uint32_t tries = 0; tries < 8 && delay(l, robot) == 0; tries++) robot = rng_below(&l->rng, l->m->robots);
    uint32_t t = rng_below(&l->rng, l->length[robot] + 1), reach = 3 + rng_below(&l->rng, 12);
    l->queue[tail++] = l->path[(size_t)robot * l->horizon + t];
    l->search++;
    l->cell_seen[l->queue[0]] = l->search;
    uint32_t low = t > reach ? t - reach : 0, high = t + reach < l->horizon ? t + reach : l->horizon - 1;
    while (head < tail && l->groups < size && head < 200) {
        uint32_t c = l->queue[head++];
        for (uint32_t s = next_step(l, c, low, true); s <= high; s = next_step(l, c, s + 1, true))
            join(l, there(l, c, s) - 1u, size);
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t v = g->next[c][k];
            if (v == GRID_NONE || l->cell_seen[v] == l->search) continue;
            l->cell_seen[v] = l->search;
            l->queue[tail++] = v;
        }
    }
}

static void at_random(struct lns *l, uint32_t size)
{
    for (uint32_t i = 0; i < size * 4 && l->groups < size; i++) {
        uint32_t r = rng_below(&l->rng, l->m->robots);
        if (i > size * 2 || delay(l, r) > 0) join(l, r, size);
    }
}

/* One of n, as often as it is worth. */
static uint32_t choose(struct lns *l, const uint32_t *worth, uint32_t n)
{
    uint32_t sum = 0, k = 0;
    for (uint32_t i = 0; i < n; i++) sum += worth[i];
    uint32_t x = rng_below(&l->rng, sum);
    while (x >= worth[k]) x -= worth[k++];
    return k;
}

/* Smoothed, and never so small that it is not tried again. */
static void learn(uint32_t *worth, uint32_t value)
{
    *worth = (uint32_t)(((uint64_t)*worth * 15 + value) / 16);
    if (*worth < WORTH_LEAST) *worth = WORTH_LEAST;
}

static void choose_group(struct lns *l, uint32_t kind, uint32_t size)
{
    if (size > l->m->robots) size = l->m->robots;
    l->groups = 0;
    l->marks++;
    switch (kind) {
    case 0: around_robot(l, size); break;
    case 1: around_place(l, size); break;
    default: at_random(l, size); break;
    }
}

/* Plan the group again in random order. A robot may lose no more than what the others leave of the old sum. */
static bool plan_group(struct lns *l, uint32_t before, uint32_t *planned)
{
    uint32_t used = 0, least = 0, order[GROUP_MAX];
    for (uint32_t i = 0; i < l->groups; i++) {
        order[i] = l->group[i];
        least += mapf_steps(l->m, order[i], l->m->start[order[i]]);
    }
    shuffle(l, order, l->groups);
    for (uint32_t i = 0; i < l->groups; i++) l->group[i] = (uint16_t)order[i];
    for (*planned = 0; *planned < l->groups; (*planned)++) {
        uint32_t r = l->group[*planned];
        least -= mapf_steps(l->m, r, l->m->start[r]);
        if (used + least > before || !find_way(l, r, before - used - least)) return false;
        used += l->loss[r];
        set_path(l, r, true);
    }
    return true;
}

static void keep_group(struct lns *l)
{
    for (uint32_t i = 0; i < l->groups; i++) {
        uint32_t r = l->group[i], *to = l->kept + (size_t)i * (l->horizon + KEPT);
        to[0] = l->length[r];
        to[1] = l->loss[r];
        to[2] = r;
        memcpy(to + KEPT, l->path + (size_t)r * l->horizon, (l->length[r] + 1) * sizeof *to);
        set_path(l, r, false);
    }
}

static void restore_group(struct lns *l)
{
    for (uint32_t i = 0; i < l->groups; i++) {
        const uint32_t *from = l->kept + (size_t)i * (l->horizon + KEPT);
        uint32_t r = from[2];
        l->length[r] = from[0];
        l->loss[r] = from[1];
        memcpy(l->path + (size_t)r * l->horizon, from + KEPT, (from[0] + 1) * sizeof *from);
        set_path(l, r, true);
    }
}

uint32_t lns_step(struct lns *l)
{
    uint32_t kind = choose(l, l->kind_worth, KINDS), size = choose(l, l->size_worth, SIZES),
             haste = choose(l, l->haste_worth, HASTES);
    uint32_t before = 0, after = 0, planned;
    uint64_t begun = l->expansions;
    choose_group(l, kind, group_size[size]);
    l->haste = haste_of[haste];
    for (uint32_t i = 0; i < l->groups; i++) before += l->loss[l->group[i]];
    keep_group(l);
    if (plan_group(l, before, &planned)) {
        for (uint32_t i = 0; i < l->groups; i++) after += l->loss[l->group[i]];
        l->sum -= before - after;
    } else {
        for (uint32_t i = 0; i < planned; i++) set_path(l, l->group[i], false);
        restore_group(l);
        after = before;
    }
    uint64_t value = (uint64_t)(before - after) * 1000000 / (l->expansions - begun + 200);
    if (value > WORTH_MOST) value = WORTH_MOST;
    learn(&l->kind_worth[kind], (uint32_t)value);
    learn(&l->size_worth[size], (uint32_t)value);
    learn(&l->haste_worth[haste], (uint32_t)value);
    return before - after;
}

/* ---- opening and reading ------------------------------------------------------------------------------------ */

/* A search that needs more than this finds nothing; few cells have more spans than this that matter. */
static size_t nodes_for(const struct mapf *m) { return (size_t)m->grid->cells * 32 + 4096; }
static size_t opens_for(uint32_t horizon) { return (size_t)horizon * HASTE_MAX + 1 + 4 * 16 * PUSH_MOST; }

size_t lns_memory(const struct mapf *m, uint32_t horizon)
{
    size_t cells = m->grid->cells, robots = m->robots, words = (horizon + 63) / 64;
    return sizeof(struct lns) + cells * horizon * 2 + cells * words * 8 + robots * (size_t)horizon * 4 +
           robots * 5 * 4 + nodes_for(m) * sizeof(struct node) + cells * 3 * 4 + opens_for(horizon) * 4 + robots * 2 +
           GROUP_MAX * ((size_t)horizon + KEPT) * 4 + 16 * 16;
}

int lns_open(struct lns **out, struct arena *mem, const struct mapf *m, uint32_t horizon, uint64_t seed)
{
    struct lns *l = arena_new(mem, struct lns, 1);
    if (!l || horizon < 2 || horizon > UINT16_MAX) return l ? ORD_ERANGE : ORD_EFULL;
    size_t cells = m->grid->cells, robots = m->robots;
    *l = (struct lns){ .m = m,
                       .horizon = horizon,
                       .words = (horizon + 63) / 64,
                       .rng = rng_stream(seed, "lns"),
                       .tabus = 1,
                       .opens = (uint32_t)opens_for(horizon),
                       .nodes_max = (uint32_t)nodes_for(m) };
    l->who = arena_take(mem, cells * horizon, sizeof *l->who);
    l->busy = arena_take(mem, cells * l->words, sizeof *l->busy);
    l->path = arena_take(mem, robots * horizon, sizeof *l->path);
    l->length = arena_new(mem, uint32_t, robots);
    l->loss = arena_new(mem, uint32_t, robots);
    l->node = arena_new(mem, struct node, l->nodes_max);
    l->of_cell = arena_new(mem, uint32_t, cells);
    l->cell_seen = arena_new(mem, uint32_t, cells);
    l->queue = arena_new(mem, uint32_t, cells);
    l->open = arena_new(mem, uint32_t, l->opens);
    l->pushed = arena_new(mem, uint16_t, robots);
    l->order = arena_new(mem, uint32_t, robots);
    l->mark = arena_new(mem, uint32_t, robots);
    l->tabu = arena_new(mem, uint32_t, robots);
    l->kept = arena_take(mem, GROUP_MAX * ((size_t)horizon + KEPT), sizeof *l->kept);
    if (!l->who || !l->busy || !l->path || !l->length || !l->loss || !l->node || !l->of_cell || !l->cell_seen ||
        !l->queue || !l->open || !l->pushed || !l->order || !l->mark || !l->tabu || !l->kept)
        return ORD_EFULL;
    for (uint32_t k = 0; k < KINDS; k++) l->kind_worth[k] = 1000;
    for (uint32_t k = 0; k < SIZES; k++) l->size_worth[k] = 1000;
    for (uint32_t k = 0; k < HASTES; k++) l->haste_worth[k] = 1000;
    l->haste = haste_of[0];
    *out = l;
    return ORD_OK;
}

uint64_t lns_loss(const struct lns *l) { return l->sum; }
uint32_t lns_waiting(const struct lns *l) { return l->waiting; }
uint64_t lns_expansions(const struct lns *l) { return l->expansions; }

uint32_t lns_makespan(const struct lns *l)
{
    uint32_t last = 0;
    for (uint32_t r = 0; r < l->m->robots; r++) last = l->length[r] > last ? l->length[r] : last;
    return last;
}

uint32_t lns_at(const struct lns *l, uint32_t robot, uint32_t step)
{
    uint32_t end = l->length[robot];
    return l->path[(size_t)robot * l->horizon + (step < end ? step : end)];
}

void lns_check(const struct lns *l)
{
    const struct grid *g = l->m->grid;
    uint64_t sum = 0;
    for (uint32_t r = 0; r < l->m->robots; r++) {
        assert(lns_at(l, r, 0) == l->m->start[r] && lns_at(l, r, l->horizon) == l->m->goal[r]); /* (3) */
        uint32_t loss = 0;
        for (uint32_t t = 0; t < l->horizon; t++) {
            uint32_t c = lns_at(l, r, t), d = lns_at(l, r, t + 1);
            assert(there(l, c, t) == r + 1 && is_busy(l, c, t)); /* (1) in one cell, (4) */
            bool beside = c == d;
            for (uint32_t k = 0; k < 4; k++) beside = beside || g->next[c][k] == d;
            assert(beside); /* (2) */
            if (c != d && t + 1 < l->horizon && there(l, d, t))
                assert(there(l, c, t + 1) != there(l, d, t)); /* (1) swaps */
            loss += c != l->m->goal[r] || d != l->m->goal[r];
        }
        assert(loss == l->loss[r]);
        sum += loss;
    }
    assert(sum == l->sum);
}
