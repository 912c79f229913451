#include "joint.h"

#include <assert.h>
#include <string.h>

#include "common/rng.h"

#define NONE UINT32_MAX
#define OUT_MAX 32   /* hops looked at from one place */
#define TREE_PER 8   /* constraints kept per configuration, on average */
#define MOVES_PER 24 /* hops per configuration, on average */

/* A configuration; its places and its order of priorities lie in j->at and j->order. */
struct config {
    uint32_t parent, next; /* next in its bucket, + 1 */
    uint32_t tree_head, tree_tail;
    uint32_t move, moves; /* that lead here from the parent */
    uint64_t rest_ms;     /* sum of distances to the goals */
};

/* "robot r takes this hop" (HOP_NONE: stays), on top of the constraints of the parent. */
struct constraint {
    uint32_t parent, next;
    uint16_t depth, robot;
    hop_id hop;
};

struct joint {
    const struct hops *h;
    const struct joint_query *q;
    const struct crowd *c;
    uint32_t configs_max, configs, tree_max, trees, moves_max, moves, buckets;
    struct config *config;
    node_id *at;      /* [config * robots + robot] */
    uint16_t *order;  /* [config * robots + rank]: robot */
    uint16_t *waited; /* [config * robots + robot]: configurations since it was at its goal last */
    struct constraint *tree;
    struct crowd_move *move, *answer;
    uint32_t *bucket, *stack;
    uint32_t stack_max;
    /* the step under work */
    node_id *now;       /* per robot */
    uint16_t *occupant; /* per node: robot + 1 */
    bool *moved, *asking;
    uint16_t *chain; /* robots that ask for room, outermost first */
    uint16_t chained;
    hop_id *want; /* per robot */
    struct rng rng;
};

size_t joint_memory(const struct hops *h, uint16_t robots, uint32_t configs_max)
{
    size_t n = robots, k = configs_max;
    return sizeof(struct joint) + k * (sizeof(struct config) + 6 * n + TREE_PER * sizeof(struct constraint)) +
           k * 2 * MOVES_PER * sizeof(struct crowd_move) + k * (4 + 16) + h->site->nodes * 2 +
           n * (sizeof(node_id) + 2 + 2 + sizeof(hop_id)) + 18 * 16;
}

int joint_open(struct joint **out, struct arena *mem, const struct hops *h, uint16_t robots, uint32_t configs_max)
{
    struct joint *j = arena_new(mem, struct joint, 1);
    size_t n = robots, k = configs_max;
    if (!j) return ORD_EFULL;
    j->h = h;
    j->configs_max = j->buckets = configs_max;
    j->tree_max = configs_max * TREE_PER;
    j->moves_max = configs_max * MOVES_PER;
    j->stack_max = configs_max * 4;
    j->config = arena_new(mem, struct config, k);
    j->at = arena_new(mem, node_id, k * n);
    j->order = arena_new(mem, uint16_t, k * n);
    j->waited = arena_new(mem, uint16_t, k * n);
    j->tree = arena_new(mem, struct constraint, j->tree_max);
    j->move = arena_new(mem, struct crowd_move, j->moves_max);
    j->answer = arena_new(mem, struct crowd_move, j->moves_max);
    j->bucket = arena_new(mem, uint32_t, k);
    j->stack = arena_new(mem, uint32_t, j->stack_max);
    j->now = arena_new(mem, node_id, n);
    j->occupant = arena_new(mem, uint16_t, h->site->nodes);
    j->moved = arena_new(mem, bool, n);
    j->asking = arena_new(mem, bool, n);
    j->chain = arena_new(mem, uint16_t, n);
    j->want = arena_new(mem, hop_id, n);
    if (!j->config || !j->at || !j->order || !j->waited || !j->tree || !j->move || !j->answer || !j->bucket ||
        !j->stack || !j->now || !j->occupant || !j->moved || !j->asking || !j->chain || !j->want)
        return ORD_EFULL;
    *out = j;
    return ORD_OK;
}

/* ---- one step: everybody at most one hop ---------------------------------------------------------------------- */

static bool blocks(const struct hops *h, hop_id i, node_id n)
{
    const node_id *b = hop_block(h, i);
    for (uint16_t k = 0; k < h->hop[i].blocks; k++)
        if (b[k] == n) return true;
    return false;
}

static void put(struct joint *j, uint16_t r, node_id n)
{
    j->now[r] = n;
    j->occupant[n] = (uint16_t)(r + 1);
}

static void take_back(struct joint *j, uint32_t moves)
{
    while (j->moves > moves) {
        const struct crowd_move *m = &j->move[--j->moves];
        j->occupant[j->now[m->robot]] = 0;
        put(j, m->robot, j->h->hop[m->hop].from);
        j->moved[m->robot] = false;
    }
}

/* The hop crosses nobody who asks for room: not where they stand, not where they want to go. */
static bool out_of_their_way(const struct joint *j, hop_id i)
{
    for (uint16_t k = 0; k < j->chained; k++) {
        uint16_t a = j->chain[k];
        if (blocks(j->h, i, j->now[a]) || blocks(j->h, j->want[a], j->h->hop[i].to)) return false;
    }
    return true;
}

/* The hops of r, nearest to its goal first, equals by chance. */
static uint16_t sort_hops(struct joint *j, uint16_t r, hop_id *sorted)
{
    uint32_t key[OUT_MAX], tie[OUT_MAX];
    uint16_t n = 0;
    node_id at = j->now[r];
    for (hop_id i = j->h->out_start[at]; i < j->h->out_start[at + 1] && n < OUT_MAX; i++) {
        uint32_t k = crowd_ms(j->c, r, j->h->hop[i].to), t = (uint32_t)(rng_u64(&j->rng) >> 40);
        if (j->q->closed && j->q->closed[i]) continue;
        uint16_t p = n++;
        while (p > 0 && (key[p - 1] > k || (key[p - 1] == k && tie[p - 1] > t))) {
            key[p] = key[p - 1];
            tie[p] = tie[p - 1];
            sorted[p] = sorted[p - 1];
            p--;
        }
        key[p] = k;
        tie[p] = t;
        sorted[p] = i;
    }
    return n;
}

static bool push(struct joint *j, uint16_t r);

/* Take the hop once everybody who blocks it has made a hop away; else nothing has changed. */
static bool try_hop(struct joint *j, uint16_t r, hop_id i)
{
    const node_id *b = hop_block(j->h, i);
    uint32_t before = j->moves;
    bool good = out_of_their_way(j, i);
    j->want[r] = i;
    j->chain[j->chained++] = r;
    j->asking[r] = true;
    for (uint16_t k = 0; k < j->h->hop[i].blocks && good; k++) {
        uint16_t o = j->occupant[b[k]];
        if (o) good = !j->moved[o - 1] && !j->asking[o - 1] && push(j, (uint16_t)(o - 1));
    }
    j->chained--;
    j->asking[r] = false;
    good = good && hop_free(j->h, i, j->occupant) && j->moves < j->moves_max;
    if (!good) {
        take_back(j, before);
        return false;
    }
    j->move[j->moves++] = (struct crowd_move){ r, i };
    j->occupant[j->now[r]] = 0;
    put(j, r, j->h->hop[i].to);
    j->moved[r] = true;
    return true;
}

/* r has to go away from where it stands, as near to its goal as it can. */
static bool push(struct joint *j, uint16_t r)
{
    hop_id sorted[OUT_MAX];
    uint16_t n = sort_hops(j, r, sorted);
    for (uint16_t k = 0; k < n; k++)
        if (try_hop(j, r, sorted[k])) return true;
    return false;
}

/* r on its own account: a hop nearer to its goal, or it stays. */
static void wish(struct joint *j, uint16_t r)
{
    hop_id sorted[OUT_MAX];
    uint16_t n = sort_hops(j, r, sorted);
    uint32_t here = crowd_ms(j->c, r, j->now[r]);
    for (uint16_t k = 0; k < n && crowd_ms(j->c, r, j->h->hop[sorted[k]].to) < here; k++)
        if (try_hop(j, r, sorted[k])) return;
    j->moved[r] = true;
}

/* ---- the search ----------------------------------------------------------------------------------------------- */

static uint32_t bucket_of(const struct joint *j, const node_id *at)
{
    uint64_t x = 0;
    for (uint16_t r = 0; r < j->c->robots; r++) x = (x ^ at[r]) * 0x9E3779B97F4A7C15u;
    return (uint32_t)((x >> 32) % j->buckets);
}

static uint32_t find_config(const struct joint *j)
{
    size_t n = j->c->robots;
    for (uint32_t i = j->bucket[bucket_of(j, j->now)]; i != 0; i = j->config[i - 1].next)
        if (memcmp(j->at + (i - 1) * n, j->now, n * sizeof *j->now) == 0) return i - 1;
    return NONE;
}

/* Who has been away from its goal for longest goes first; at the start, who has the longest way. */
static void set_order(struct joint *j, uint32_t new, uint32_t parent)
{
    uint16_t n = j->c->robots;
    uint16_t *order = j->order + (size_t) new *n, *waited = j->waited + (size_t) new *n;
    for (uint16_t r = 0; r < n; r++) {
        uint16_t before = parent == NONE ? 0 : j->waited[(size_t)parent * n + r];
        waited[r] = j->now[r] == j->c->goal[r] ? 0 : (uint16_t)(before + (before < UINT16_MAX));
    }
    for (uint16_t k = 0; k < n; k++) {
        uint16_t r = parent == NONE ? k : j->order[(size_t)parent * n + k], p = k;
        while (p > 0) {
            uint16_t o = order[p - 1];
            bool first = waited[r] > waited[o];
            if (parent == NONE && waited[r] == waited[o])
                first = crowd_ms(j->c, r, j->now[r]) > crowd_ms(j->c, o, j->now[o]);
            if (!first) break;
            order[p--] = o;
        }
        order[p] = r;
    }
}

static void add_constraint(struct joint *j, uint32_t config, struct constraint t)
{
    struct config *c = &j->config[config];
    if (j->trees == j->tree_max) return;
    j->tree[j->trees] = t;
    if (c->tree_head == NONE) c->tree_head = j->trees;
    else j->tree[c->tree_tail].next = j->trees;
    c->tree_tail = j->trees++;
}

static uint32_t add_config(struct joint *j, uint32_t parent, uint32_t move)
{
    uint32_t new = j->configs++, b = bucket_of(j, j->now);
    size_t n = j->c->robots;
    struct config *c = &j->config[new];
    *c = (struct config){
        .parent = parent, .next = j->bucket[b], .tree_head = NONE, .move = move, .moves = j->moves - move
    };
    for (uint16_t r = 0; r < j->c->robots; r++) c->rest_ms += crowd_ms(j->c, r, j->now[r]);
    j->bucket[b] = new + 1;
    memcpy(j->at + new *n, j->now, n * sizeof *j->now);
    set_order(j, new, parent);
    add_constraint(j, new, (struct constraint){ .parent = NONE, .next = NONE, .hop = HOP_NONE });
    return new;
}

static void stand_at(struct joint *j, uint32_t config)
{
    uint16_t n = j->c->robots;
    memset(j->occupant, 0, j->h->site->nodes * sizeof *j->occupant);
    for (uint16_t r = 0; r < n; r++) {
        put(j, r, j->at[(size_t)config * n + r]);
        j->moved[r] = j->asking[r] = false;
    }
    j->chained = 0;
}

/* Every hop of the next robot in the order, and staying, as constraints on top of t. */
static void grow_tree(struct joint *j, uint32_t config, uint32_t t)
{
    uint16_t n = j->c->robots, depth = j->tree[t].depth;
    hop_id sorted[OUT_MAX];
    if (depth == n) return;
    uint16_t r = j->order[(size_t)config * n + depth], hops = sort_hops(j, r, sorted);
    struct constraint new = { .parent = t, .next = NONE, .depth = (uint16_t)(depth + 1), .robot = r, .hop = HOP_NONE };
    add_constraint(j, config, new);
    for (uint16_t k = 0; k < hops; k++) {
        new.hop = sorted[k];
        add_constraint(j, config, new);
    }
}

/* Those who are told what to do, the outermost first. */
static bool obey(struct joint *j, uint32_t t)
{
    if (j->tree[t].parent == NONE) return true;
    if (!obey(j, j->tree[t].parent)) return false;
    uint16_t r = j->tree[t].robot;
    if (j->moved[r]) return false;
    if (j->tree[t].hop != HOP_NONE) return try_hop(j, r, j->tree[t].hop);
    j->moved[r] = true;
    return true;
}

/* The configuration after one step from here, NONE when the constraints cannot be met. */
static uint32_t expand(struct joint *j, uint32_t config)
{
    uint16_t n = j->c->robots;
    uint32_t t = j->config[config].tree_head, move = j->moves;
    j->config[config].tree_head = j->tree[t].next;
    stand_at(j, config);
    grow_tree(j, config, t);
    if (obey(j, t)) {
        for (uint16_t k = 0; k < n; k++) {
            uint16_t r = j->order[(size_t)config * n + k];
            if (!j->moved[r]) wish(j, r);
        }
        uint32_t known = find_config(j);
        if (known == NONE) return add_config(j, config, move);
        j->moves = move;
        return known;
    }
    j->moves = move;
    return NONE;
}

static void write_answer(struct joint *j, uint32_t config, struct joint_answer *a)
{
    uint32_t n = 0, end;
    for (uint32_t k = config; k != NONE; k = j->config[k].parent) n += j->config[k].moves;
    end = n;
    for (uint32_t k = config; k != NONE; k = j->config[k].parent) {
        end -= j->config[k].moves;
        memcpy(j->answer + end, j->move + j->config[k].move, j->config[k].moves * sizeof *j->move);
    }
    a->move = j->answer;
    a->moves = n;
    a->at = j->at + (size_t)config * j->c->robots;
}

static void begin(struct joint *j, const struct joint_query *q)
{
    j->q = q;
    j->c = q->crowd;
    j->rng = rng_stream(q->seed, "joint");
    j->configs = j->trees = j->moves = 0;
    memset(j->bucket, 0, j->buckets * sizeof *j->bucket);
    memcpy(j->now, j->c->start, j->c->robots * sizeof *j->now);
    j->stack[0] = add_config(j, NONE, 0);
}

int joint_find(struct joint *j, const struct joint_query *q, struct joint_answer *a)
{
    uint32_t depth = 1, best = 0;
    int how = ORD_EFULL;
    begin(j, q);
    *a = (struct joint_answer){ 0 };
    while (j->config[best].rest_ms > 0 && a->expansions < q->expansions_max) {
        uint32_t top = depth > 0 ? j->stack[depth - 1] : NONE;
        bool room = j->configs < j->configs_max && depth < j->stack_max && j->moves + j->c->robots <= j->moves_max &&
                    j->trees + OUT_MAX < j->tree_max;
        if (top == NONE && room) how = ORD_ENOTFOUND;
        if (top == NONE || !room) break;
        if (j->config[top].tree_head == NONE) {
            depth--;
            continue;
        }
        a->expansions++;
        uint32_t next = expand(j, top);
        if (next == NONE) continue;
        j->stack[depth++] = next;
        if (j->config[next].rest_ms < j->config[best].rest_ms) best = next;
    }
    write_answer(j, best, a);
    return j->config[best].rest_ms == 0 ? ORD_OK : how;
}
