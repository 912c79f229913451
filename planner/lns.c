#include "lns.h"

#include <assert.h>
#include <string.h>

#include "common/rng.h"

#define NODES (1u << 17)
#define NO_NODE UINT32_MAX
#define GROUP_MAX 32
#define KINDS 12 /* three kinds of neighbourhoods in four sizes */

/* A cell entered at `time`, free until `end`; `cost` is the loss so far. */
struct node {
    uint32_t cell, parent, next_of_cell, next_open;
    uint16_t time, begin, end, cost;
    bool closed;
};

struct lns {
    const struct mapf *m;
    uint32_t horizon, words;
    struct rng rng;
    uint16_t *who;        /* [cell * horizon + step] -> robot + 1, 0 nobody */
    uint64_t *busy;       /* [cell * words + step / 64]: who, as bits */
    uint32_t *path;       /* [robot * horizon + step], valid to length */
    uint32_t *length;     /* robot -> step of its final arrival */
    uint32_t *loss;       /* robot -> its cost */
    uint64_t sum;
    /* the search of one robot */
    struct node *node;
    uint32_t nodes;
    uint32_t *of_cell, *cell_seen, search; /* the nodes of a cell in this search */
    uint32_t *open, opens, open_low;       /* [cost + steps to go - least] -> first node */
    /* neighbourhoods */
    uint32_t *order;      /* all robots, for prioritised planning */
    uint16_t group[GROUP_MAX], groups;
    uint32_t *kept;       /* paths of the group before */
    uint32_t *mark, marks;
    uint32_t *tabu, tabus;
    uint32_t *queue;
    uint32_t weight[KINDS];
    bool ordered;
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

/* Where the free span that contains t begins. */
static uint32_t span_begin(const struct lns *l, uint32_t cell, uint32_t t)
{
    const uint64_t *w = l->busy + (size_t)cell * l->words;
    for (;;) {
        uint64_t v = w[t >> 6] << (63 - (t & 63));
        if (v) return t - (uint32_t)__builtin_clzll(v) + 1;
        if (t < 64) return 0;
        t = (t & ~63u) - 1;
    }
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
static bool dominates(const struct node *a, uint32_t time, uint32_t cost, bool at_goal)
{
    return a->time <= time && a->cost + (at_goal ? 0 : time - a->time) <= cost;
}

static void add_node(struct lns *l, uint32_t robot, uint32_t cell, uint32_t time, uint32_t cost, uint32_t begin, uint32_t end,
                     uint32_t parent, uint32_t least, uint32_t most)
{
    uint32_t total = cost + mapf_steps(l->m, robot, cell);
    if (total > most || l->nodes == NODES) return;
    bool at_goal = cell == l->m->goal[robot];
    if (l->cell_seen[cell] != l->search) {
        l->cell_seen[cell] = l->search;
        l->of_cell[cell] = NO_NODE;
    }
    for (uint32_t i = l->of_cell[cell]; i != NO_NODE; i = l->node[i].next_of_cell) {
        struct node *o = &l->node[i];
        if (o->begin != begin) continue;
        if (dominates(o, time, cost, at_goal)) return;
        if (!o->closed && time <= o->time && cost + (at_goal ? 0u : o->time - time) <= o->cost) o->closed = true;
    }
    uint32_t id = l->nodes++, slot = total - least;
    l->node[id] = (struct node){ .cell = cell, .parent = parent, .next_of_cell = l->of_cell[cell], .next_open = l->open[slot],
                                 .time = (uint16_t)time, .begin = (uint16_t)begin, .end = (uint16_t)end, .cost = (uint16_t)cost };
    l->of_cell[cell] = id;
    l->open[slot] = id;
}

static void go_on(struct lns *l, uint32_t robot, uint32_t id, uint32_t v, uint32_t least, uint32_t most)
{
    struct node n = l->node[id];
    bool resting = n.cell == l->m->goal[robot];
    uint32_t last = n.end + 1u < l->horizon ? n.end + 1u : l->horizon - 1;
    for (uint32_t a = next_step(l, v, n.time + 1u, false); a <= last;) {
        uint32_t end = next_step(l, v, a, true) - 1, begin = a > n.time + 1u ? a : span_begin(l, v, a);
        bool swap = false;
        if (a == begin && a == n.end + 1u) { /* leaving and entering at the last possible moment */
            uint16_t o = l->who[(size_t)v * l->horizon + a - 1];
            swap = o && o == l->who[(size_t)n.cell * l->horizon + a];
        }
        if (!swap) {
            add_node(l, robot, v, a, n.cost + (resting ? 1 : a - n.time), begin, end, id, least, most);
            if (resting) /* rest is free: leaving later costs nothing more */
                for (uint32_t later = a + 1; later <= last && later <= end; later++)
                    add_node(l, robot, v, later, n.cost + 1u, begin, end, id, least, most);
        }
        a = next_step(l, v, end + 1, false);
    }
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

/* The cheapest way of the robot around all paths in the table, with a loss of at most `most`. */
static bool find_way(struct lns *l, uint32_t robot, uint32_t most)
{
    const struct grid *g = l->m->grid;
    uint32_t start = l->m->start[robot], goal = l->m->goal[robot], least = mapf_steps(l->m, robot, start);
    if (most > least + l->opens - 1) most = least + l->opens - 1;
    if (most < least) return false;
    l->search++;
    l->nodes = 0;
    uint32_t end = next_step(l, start, 0, true);
    if (end == 0) return false;
    for (uint32_t i = 0; i <= most - least; i++) l->open[i] = NO_NODE;
    add_node(l, robot, start, 0, 0, 0, end - 1, NO_NODE, least, most);
    for (uint32_t slot = 0; slot <= most - least;) {
        uint32_t id = l->open[slot];
        if (id == NO_NODE) {
            slot++;
            continue;
        }
        struct node *n = &l->node[id];
        l->open[slot] = n->next_open;
        if (n->closed) continue;
        n->closed = true;
        l->expansions++;
        if (n->cell == goal && n->end == l->horizon - 1) {
            keep_way(l, robot, id);
            return true;
        }
        uint32_t turn = (uint32_t)(l->expansions * 2654435761u >> 13) & 3;
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t v = g->next[n->cell][(k + turn) & 3];
            if (v != GRID_NONE) go_on(l, robot, id, v, least, most);
        }
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

bool lns_prioritised(struct lns *l)
{
    uint32_t robots = l->m->robots;
    if (!l->ordered) shuffle(l, l->order, robots);
    l->ordered = true;
    for (uint32_t i = 0; i < robots; i++) {
        uint32_t r = l->order[i];
        if (find_way(l, r, UINT32_MAX)) {
            set_path(l, r, true);
            l->sum += l->loss[r];
            continue;
        }
        for (uint32_t k = 0; k < i; k++) set_path(l, l->order[k], false);
        memmove(l->order + 1, l->order, i * sizeof *l->order);
        l->order[0] = r;
        l->sum = 0;
        return false;
    }
    return true;
}

void lns_load(struct lns *l, const uint32_t *rows, uint32_t steps)
{
    uint32_t robots = l->m->robots;
    assert(steps < l->horizon);
    clear_table(l);
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
            if (l->tabu[r] != l->tabus && delay(l, r) > 0 && (best == NO_NODE || delay(l, r) > delay(l, best))) best = r;
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
        for (uint32_t s = next_step(l, c, low, true); s <= high; s = next_step(l, c, s + 1, true)) join(l, there(l, c, s) - 1u, size);
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

static uint32_t choose_kind(struct lns *l)
{
    uint32_t sum = 0, k = 0;
    for (uint32_t i = 0; i < KINDS; i++) sum += l->weight[i];
    uint32_t x = rng_below(&l->rng, sum);
    while (x >= l->weight[k]) x -= l->weight[k++];
    return k;
}

static void choose_group(struct lns *l, uint32_t kind)
{
    static const uint8_t sizes[4] = { 3, 6, 10, 18 };
    uint32_t size = sizes[kind / 3];
    if (size > l->m->robots) size = l->m->robots;
    l->groups = 0;
    l->marks++;
    switch (kind % 3) {
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
        uint32_t r = l->group[i], *to = l->kept + (size_t)i * (l->horizon + 2);
        to[0] = l->length[r];
        to[1] = l->loss[r];
        memcpy(to + 2, l->path + (size_t)r * l->horizon, (l->length[r] + 1) * sizeof *to);
        set_path(l, r, false);
    }
}

/* plan_group shuffles the group, so the robots kept are named by their own list. */
static void restore_group(struct lns *l, const uint16_t *was)
{
    for (uint32_t i = 0; i < l->groups; i++) {
        uint32_t r = was[i];
        const uint32_t *from = l->kept + (size_t)i * (l->horizon + 2);
        l->length[r] = from[0];
        l->loss[r] = from[1];
        memcpy(l->path + (size_t)r * l->horizon, from + 2, (from[0] + 1) * sizeof *from);
        set_path(l, r, true);
    }
}

uint32_t lns_step(struct lns *l)
{
    uint32_t kind = choose_kind(l), before = 0, after = 0, planned;
    uint16_t was[GROUP_MAX];
    uint64_t begun = l->expansions;
    choose_group(l, kind);
    for (uint32_t i = 0; i < l->groups; i++) {
        was[i] = l->group[i];
        before += l->loss[was[i]];
    }
    keep_group(l);
    if (plan_group(l, before, &planned)) {
        for (uint32_t i = 0; i < l->groups; i++) after += l->loss[l->group[i]];
        l->sum -= before - after;
    } else {
        for (uint32_t i = 0; i < planned; i++) set_path(l, l->group[i], false);
        restore_group(l, was);
        after = before;
    }
    /* gain per thousand expansions, smoothed; never so small that a kind is not tried again */
    uint32_t spent = (uint32_t)(l->expansions - begun) + 200, value = (before - after) * 1000000u / spent;
    l->weight[kind] = (l->weight[kind] * 15 + value) / 16;
    if (l->weight[kind] < 20) l->weight[kind] = 20;
    return before - after;
}

/* ---- opening and reading ------------------------------------------------------------------------------------ */

size_t lns_memory(const struct mapf *m, uint32_t horizon)
{
    size_t cells = m->grid->cells, robots = m->robots, words = (horizon + 63) / 64;
    return sizeof(struct lns) + cells * horizon * 2 + cells * words * 8 + robots * (size_t)horizon * 4 + robots * 5 * 4 +
           NODES * sizeof(struct node) + cells * 3 * 4 + (size_t)horizon * 4 + GROUP_MAX * ((size_t)horizon + 2) * 4 + 16 * 16;
}

int lns_open(struct lns **out, struct arena *mem, const struct mapf *m, uint32_t horizon, uint64_t seed)
{
    struct lns *l = arena_new(mem, struct lns, 1);
    if (!l || horizon < 2 || horizon > UINT16_MAX) return l ? ORD_ERANGE : ORD_EFULL;
    size_t cells = m->grid->cells, robots = m->robots;
    *l = (struct lns){ .m = m, .horizon = horizon, .words = (horizon + 63) / 64, .rng = rng_stream(seed, "lns"), .tabus = 1, .opens = horizon };
    l->who = arena_take(mem, cells * horizon, sizeof *l->who);
    l->busy = arena_take(mem, cells * l->words, sizeof *l->busy);
    l->path = arena_take(mem, robots * horizon, sizeof *l->path);
    l->length = arena_new(mem, uint32_t, robots);
    l->loss = arena_new(mem, uint32_t, robots);
    l->node = arena_new(mem, struct node, NODES);
    l->of_cell = arena_new(mem, uint32_t, cells);
    l->cell_seen = arena_new(mem, uint32_t, cells);
    l->queue = arena_new(mem, uint32_t, cells);
    l->open = arena_new(mem, uint32_t, horizon);
    l->order = arena_new(mem, uint32_t, robots);
    l->mark = arena_new(mem, uint32_t, robots);
    l->tabu = arena_new(mem, uint32_t, robots);
    l->kept = arena_take(mem, GROUP_MAX * ((size_t)horizon + 2), sizeof *l->kept);
    if (!l->who || !l->busy || !l->path || !l->length || !l->loss || !l->node || !l->of_cell || !l->cell_seen || !l->queue ||
        !l->open || !l->order || !l->mark || !l->tabu || !l->kept)
        return ORD_EFULL;
    for (uint32_t r = 0; r < robots; r++) l->order[r] = r;
    for (uint32_t k = 0; k < KINDS; k++) l->weight[k] = 1000;
    *out = l;
    return ORD_OK;
}

uint64_t lns_loss(const struct lns *l) { return l->sum; }
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
            if (c != d && t + 1 < l->horizon && there(l, d, t)) assert(there(l, c, t + 1) != there(l, d, t)); /* (1) swaps */
            loss += c != l->m->goal[r] || d != l->m->goal[r];
        }
        assert(loss == l->loss[r]);
        sum += loss;
    }
    assert(sum == l->sum);
}
