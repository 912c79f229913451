#include "lacam.h"

#include <assert.h>
#include <string.h>

#include "common/rng.h"

#define BUCKETS (1u << 16)
#define NOBODY UINT16_MAX
#define RESTART_ONE_IN 1000 /* now and then go on from the first node: gets out of deep wrong branches (Okumura 2023) */

/* One constraint more than its parent: this robot goes to this cell. */
struct choice {
    struct choice *parent, *next;
    uint32_t cell;
    uint16_t robot, depth;
};

struct node {
    struct node *parent, *below, *same_bucket;
    struct choice *first, *last; /* constraints not tried yet, breadth first */
    uint32_t *at;                /* [robot] */
    uint32_t *urgency;           /* [robot] steps since it last stood at its goal, then the length of its way */
    uint16_t *order;             /* robots, most urgent first */
};

struct lacam {
    const struct mapf *m;
    struct arena nodes;
    struct rng rng;
    struct node *top, *root, *goal; /* the stack is linked by `below`; one node may be on it once */
    struct node **bucket;
    uint16_t *now, *then; /* cell -> robot, NOBODY */
    uint32_t *from, *to;  /* robot -> cell in the configuration being made; to: GRID_NONE undecided */
    uint32_t *rank;       /* robot -> place in the order by length of way: breaks ties of urgency */
    uint64_t expansions;
};

/* ---- the problem -------------------------------------------------------------------------------------------- */

size_t mapf_memory(const struct grid *g, uint16_t robots)
{
    return (size_t)g->cells * robots * sizeof(uint16_t) + (size_t)g->cells * sizeof(uint32_t) + 64;
}

static void steps_to(const struct grid *g, uint32_t goal, uint16_t *steps, uint32_t *queue)
{
    uint32_t head = 0, tail = 0;
    memset(steps, 0xff, g->cells * sizeof *steps);
    steps[goal] = 0;
    queue[tail++] = goal;
    while (head < tail) {
        uint32_t c = queue[head++];
        uint16_t d = (uint16_t)(steps[c] + 1);
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t v = g->next[c][k];
            if (v == GRID_NONE || steps[v] != GRID_FAR || d == GRID_FAR) continue;
            steps[v] = d;
            queue[tail++] = v;
        }
    }
}

/* Two robots with one cell in the list: their numbers into bad. The queue serves as a table of cells. */
static bool doubled(struct mapf *m, const uint32_t *cells, uint32_t *seen)
{
    for (uint32_t r = 0; r < m->robots; r++) seen[cells[r]] = 0;
    for (uint32_t r = 0; r < m->robots; r++) {
        if (seen[cells[r]]) {
            m->bad[0] = (uint16_t)(seen[cells[r]] - 1);
            m->bad[1] = (uint16_t)r;
            return true;
        }
        seen[cells[r]] = r + 1;
    }
    return false;
}

enum mapf_fault mapf_open(struct mapf *m, struct arena *mem, const struct grid *g, uint16_t robots,
                          const uint32_t *start, const uint32_t *goal)
{
    *m = (struct mapf){ .grid = g, .robots = robots, .start = start, .goal = goal };
    uint32_t *queue = arena_new(mem, uint32_t, g->cells);
    m->steps = arena_take(mem, (size_t)robots * g->cells, sizeof *m->steps);
    if (!queue || !m->steps) return MAPF_MEMORY;
    if (doubled(m, start, queue)) return MAPF_ONE_START;
    if (doubled(m, goal, queue)) return MAPF_ONE_GOAL;
    for (uint16_t r = 0; r < robots; r++) {
        steps_to(g, goal[r], m->steps + (size_t)r * g->cells, queue);
        if (mapf_steps(m, r, start[r]) != GRID_FAR) continue;
        m->bad[0] = m->bad[1] = r;
        return MAPF_NO_WAY;
    }
    return MAPF_OK;
}

uint64_t mapf_bound(const struct mapf *m)
{
    uint64_t sum = 0;
    for (uint32_t r = 0; r < m->robots; r++) sum += mapf_steps(m, r, m->start[r]);
    return sum;
}

/* ---- the configuration generator ---------------------------------------------------------------------------- */

static uint32_t degree(const struct grid *g, uint32_t cell)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < 4; k++) n += g->next[cell][k] != GRID_NONE;
    return n;
}

/* The ways on from `cell` that do not lead back to `behind` nor into a dead end where a robot rests at its goal.
 * *only is one of them. */
static uint32_t ways_on(const struct lacam *l, uint32_t cell, uint32_t behind, uint32_t *only)
{
    const struct grid *g = l->m->grid;
    uint32_t n = 0;
    for (uint32_t k = 0; k < 4; k++) {
        uint32_t u = g->next[cell][k];
        if (u == GRID_NONE || u == behind) continue;
        uint16_t who = l->now[u];
        if (who != NOBODY && l->m->goal[who] == u && degree(g, u) == 1) continue;
        *only = u;
        n++;
    }
    return n;
}

/* Would `pusher`, driving `puller` ahead of it along a corridor, only ever make things worse for it? */
static bool swap_required(const struct lacam *l, uint16_t pusher, uint16_t puller, uint32_t at_pusher,
                          uint32_t at_puller)
{
    const struct mapf *m = l->m;
    uint32_t a = at_pusher, b = at_puller, on = GRID_NONE;
    while (mapf_steps(m, pusher, b) < mapf_steps(m, pusher, a)) {
        uint32_t n = ways_on(l, b, a, &on);
        if (n >= 2) return false;
        if (n == 0) break;
        a = b;
        b = on;
    }
    return mapf_steps(m, puller, a) < mapf_steps(m, puller, b) &&
           (mapf_steps(m, pusher, a) == 0 || mapf_steps(m, pusher, b) < mapf_steps(m, pusher, a));
}

/* Is there, behind the puller, a cell with room to let the pusher by? */
static bool swap_possible(const struct lacam *l, uint32_t at_pusher, uint32_t at_puller)
{
    uint32_t a = at_pusher, b = at_puller, on = GRID_NONE;
    while (b != at_pusher) {
        uint32_t n = ways_on(l, b, a, &on);
        if (n != 1) return n >= 2;
        a = b;
        b = on;
    }
    return false;
}

/* The robot with which r should change places before it can go on to `ahead`, or NOBODY. */
static uint16_t swap_partner(const struct lacam *l, uint16_t r, uint32_t ahead)
{
    const struct grid *g = l->m->grid;
    uint32_t here = l->from[r];
    if (ahead == here) return NOBODY;
    uint16_t other = l->now[ahead];
    if (other != NOBODY && other != r && l->to[other] == GRID_NONE && swap_required(l, r, other, here, ahead) &&
        swap_possible(l, ahead, here))
        return other;
    for (uint32_t k = 0; k < 4; k++) { /* a robot behind that needs this corridor cleared */
        uint32_t u = g->next[here][k];
        if (u == GRID_NONE || u == ahead) continue;
        other = l->now[u];
        if (other != NOBODY && swap_required(l, other, r, here, ahead) && swap_possible(l, ahead, here)) return other;
    }
    return NOBODY;
}

static uint32_t sorted_ways(struct lacam *l, uint16_t r, uint32_t way[5])
{
    const struct grid *g = l->m->grid;
    uint64_t key[5];
    uint32_t n = 0, here = l->from[r];
    uint64_t noise = rng_u64(&l->rng);
    for (uint32_t k = 0; k < 5; k++) {
        uint32_t u = k < 4 ? g->next[here][k] : here;
        if (u == GRID_NONE) continue;
        /* an empty cell goes before one with a robot in it; then chance */
        uint64_t v = (uint64_t)mapf_steps(l->m, r, u) << 16 | (uint64_t)(l->now[u] != NOBODY && l->now[u] != r) << 15 |
                     (noise >> (k * 12) & 0xfff) << 3 | k;
        uint32_t i = n++;
        for (; i > 0 && key[i - 1] > v; i--) {
            key[i] = key[i - 1];
            way[i] = way[i - 1];
        }
        key[i] = v;
        way[i] = u;
    }
    return n;
}

static bool pibt(struct lacam *l, uint16_t r)
{
    uint32_t way[5], here = l->from[r], n = sorted_ways(l, r, way);
    uint16_t partner = swap_partner(l, r, way[0]);
    if (partner != NOBODY)
        for (uint32_t i = 0; i < n / 2; i++) {
            uint32_t keep = way[i];
            way[i] = way[n - 1 - i];
            way[n - 1 - i] = keep;
        }
    for (uint32_t k = 0; k < n; k++) {
        uint32_t v = way[k];
        uint16_t there = l->now[v];
        if (l->then[v] != NOBODY) continue;
        if (there != NOBODY && there != r && l->to[there] == here) continue;
        l->then[v] = r;
        l->to[r] = v;
        if (there != NOBODY && there != r && l->to[there] == GRID_NONE && !pibt(l, there)) continue;
        if (k == 0 && partner != NOBODY && l->to[partner] == GRID_NONE && l->then[here] == NOBODY) {
            l->then[here] = partner; /* pull it along */
            l->to[partner] = here;
        }
        return true;
    }
    l->then[here] = r;
    l->to[r] = here;
    return false;
}

/* The configuration after `n` under the constraints of c, into l->to. */
static bool generate(struct lacam *l, const struct node *n, const struct choice *c)
{
    uint32_t robots = l->m->robots;
    bool ok = true;
    for (uint32_t r = 0; r < robots; r++) {
        l->from[r] = n->at[r];
        l->to[r] = GRID_NONE;
        l->now[n->at[r]] = (uint16_t)r;
    }
    for (; ok && c->depth > 0; c = c->parent) {
        uint16_t there = l->now[c->cell];
        bool head_on = there != NOBODY && there != c->robot && l->to[there] == l->from[c->robot];
        ok = l->then[c->cell] == NOBODY && !head_on;
        if (!ok) break;
        l->to[c->robot] = c->cell;
        l->then[c->cell] = c->robot;
    }
    for (uint32_t i = 0; ok && i < robots; i++)
        if (l->to[n->order[i]] == GRID_NONE) ok = pibt(l, n->order[i]);
    for (uint32_t r = 0; r < robots; r++) {
        l->now[n->at[r]] = NOBODY;
        if (l->to[r] != GRID_NONE) l->then[l->to[r]] = NOBODY;
    }
    return ok;
}

/* ---- the search over configurations ------------------------------------------------------------------------- */

static uint32_t bucket_of(const struct lacam *l, const uint32_t *at)
{
    uint64_t h = 0;
    for (uint32_t r = 0; r < l->m->robots; r++) h = (h ^ at[r]) * UINT64_C(0x9e3779b97f4a7c15) + (h >> 29);
    return (uint32_t)(h >> 40) & (BUCKETS - 1);
}

static struct node *known(const struct lacam *l, const uint32_t *at, uint32_t b)
{
    struct node *n = l->bucket[b];
    while (n && memcmp(n->at, at, l->m->robots * sizeof *at) != 0) n = n->same_bucket;
    return n;
}

/* Most urgent first; robots carry over nearly sorted from the parent, so insertion is cheap. */
static void sort_order(const struct lacam *l, struct node *n)
{
    for (uint32_t i = 1; i < l->m->robots; i++) {
        uint16_t r = n->order[i];
        uint32_t k = i;
        for (; k > 0; k--) {
            uint16_t o = n->order[k - 1];
            if (n->urgency[o] > n->urgency[r] || (n->urgency[o] == n->urgency[r] && l->rank[o] < l->rank[r])) break;
            n->order[k] = o;
        }
        n->order[k] = r;
    }
}

static size_t node_size(const struct mapf *m)
{
    return sizeof(struct node) + 10 * (size_t)m->robots + sizeof(struct choice) + 6 * 16;
}

size_t lacam_block_min(const struct mapf *m) { return 4 * node_size(m) + 16 * sizeof(struct choice); }

static struct node *node_new(struct lacam *l, struct node *parent, const uint32_t *at, uint32_t b)
{
    uint32_t robots = l->m->robots;
    struct node *n = arena_new(&l->nodes, struct node, 1);
    n->at = arena_new(&l->nodes, uint32_t, robots);
    n->urgency = arena_new(&l->nodes, uint32_t, robots);
    n->order = arena_new(&l->nodes, uint16_t, robots);
    n->first = n->last = arena_new(&l->nodes, struct choice, 1);
    assert(n->first);
    n->parent = parent;
    n->same_bucket = l->bucket[b];
    l->bucket[b] = n;
    memcpy(n->at, at, robots * sizeof *at);
    for (uint32_t r = 0; r < robots; r++) {
        n->urgency[r] = at[r] == l->m->goal[r] ? 0 : parent ? parent->urgency[r] + 1 : 1;
        n->order[r] = parent ? parent->order[r] : (uint16_t)r;
    }
    sort_order(l, n);
    return n;
}

/* Every cell the next robot in the order could go to becomes one constraint more, in random order. */
static void add_choices(struct lacam *l, struct node *n, struct choice *c)
{
    const struct grid *g = l->m->grid;
    uint16_t r = n->order[c->depth];
    uint32_t way[5], count = 0;
    for (uint32_t k = 0; k < 4; k++)
        if (g->next[n->at[r]][k] != GRID_NONE) way[count++] = g->next[n->at[r]][k];
    way[count++] = n->at[r];
    for (uint32_t i = count; i-- > 0;) {
        uint32_t pick = rng_below(&l->rng, i + 1), cell = way[pick];
        way[pick] = way[i];
        struct choice *more = arena_new(&l->nodes, struct choice, 1);
        *more = (struct choice){ .parent = c, .cell = cell, .robot = r, .depth = (uint16_t)(c->depth + 1) };
        if (n->last) n->last->next = more;
        else n->first = more;
        n->last = more;
    }
}

static void expand(struct lacam *l)
{
    struct node *n = l->top;
    struct choice *c = n->first;
    n->first = c->next;
    if (!n->first) n->last = NULL;
    if (c->depth < l->m->robots) add_choices(l, n, c);
    if (!generate(l, n, c)) return;
    uint32_t b = bucket_of(l, l->to);
    struct node *next = known(l, l->to, b);
    if (!next) next = node_new(l, n, l->to, b);
    else if (rng_below(&l->rng, RESTART_ONE_IN) == 0) next = l->root;
    /* A known node is visited again by bringing it to the top. */
    if (next == l->top) return;
    for (struct node **p = &l->top; *p; p = &(*p)->below) {
        if (*p != next) continue;
        *p = next->below;
        break;
    }
    next->below = l->top;
    l->top = next;
}

enum lacam_state lacam_run(struct lacam *l, uint32_t expansions)
{
    if (l->goal) return LACAM_FOUND;
    size_t need = node_size(l->m) + 8 * sizeof(struct choice);
    if (!l->root) {
        if (l->nodes.size - l->nodes.used < need) return LACAM_HUNGRY;
        l->top = l->root = node_new(l, NULL, l->m->start, bucket_of(l, l->m->start));
    }
    for (uint32_t i = 0; i < expansions && l->top; i++) {
        if (memcmp(l->top->at, l->m->goal, l->m->robots * sizeof *l->m->goal) == 0) {
            l->goal = l->top;
            return LACAM_FOUND;
        }
        if (!l->top->first) {
            l->top = l->top->below;
            continue;
        }
        if (l->nodes.size - l->nodes.used < need) return LACAM_HUNGRY;
        l->expansions++;
        expand(l);
    }
    return l->top ? LACAM_MORE : LACAM_NONE;
}

/* ---- opening and reading ------------------------------------------------------------------------------------ */

size_t lacam_memory(const struct mapf *m)
{
    return sizeof(struct lacam) + BUCKETS * sizeof(struct node *) + (size_t)m->grid->cells * 4 +
           (size_t)m->robots * 12 + 16 * 8;
}

int lacam_open(struct lacam **out, struct arena *mem, const struct mapf *m, uint64_t seed)
{
    struct lacam *l = arena_new(mem, struct lacam, 1);
    if (!l) return ORD_EFULL;
    l->m = m;
    l->rng = rng_stream(seed, "lacam");
    l->bucket = arena_new(mem, struct node *, BUCKETS);
    l->now = arena_new(mem, uint16_t, m->grid->cells);
    l->then = arena_new(mem, uint16_t, m->grid->cells);
    l->from = arena_new(mem, uint32_t, m->robots);
    l->to = arena_new(mem, uint32_t, m->robots);
    l->rank = arena_new(mem, uint32_t, m->robots);
    if (!l->bucket || !l->now || !l->then || !l->from || !l->to || !l->rank) return ORD_EFULL;
    memset(l->now, 0xff, m->grid->cells * sizeof *l->now);
    memset(l->then, 0xff, m->grid->cells * sizeof *l->then);
    for (uint32_t r = 0; r < m->robots; r++) /* longest way first; the number breaks ties */
        l->rank[r] = ((uint32_t)(GRID_FAR - mapf_steps(m, r, m->start[r])) << 16) | r;
    *out = l;
    return ORD_OK;
}

void lacam_feed(struct lacam *l, void *block, size_t size) { arena_init(&l->nodes, block, size); }

uint64_t lacam_expansions(const struct lacam *l) { return l->expansions; }

uint32_t lacam_length(const struct lacam *l)
{
    uint32_t steps = 0;
    for (const struct node *n = l->goal; n && n->parent; n = n->parent) steps++;
    return steps;
}

void lacam_rows(const struct lacam *l, uint32_t *rows)
{
    uint32_t step = lacam_length(l);
    for (const struct node *n = l->goal; n; n = n->parent, step--)
        memcpy(rows + (size_t)step * l->m->robots, n->at, l->m->robots * sizeof *rows);
}
