#include "rolling.h"

#include <assert.h>
#include <string.h>

#include "common/rng.h"

#define WINDOW_MAX 120
#define GROUP_MAX 12
#define HOLD_PRIOR_STEPS 10 /* assumed length of a hold while few were seen to end */
#define HOLDS_LEAST 4
#define HOLD_LENGTHS 64
#define STILL_LONG 8       /* steps without a move or turn after which a robot may be face to face with another */
#define GRACE_MOST 4       /* steps: two quarter turns, a move, and one more */
#define UNIT_MOST 4        /* a step costs so much, that guidance may cost less than one */
#define GUIDE_LAYERS 64    /* a power of two above the dearest move */
#define GUIDE_MOST 10      /* steps, most extra cost of a move */
#define GUIDE_PART 16      /* parts of a cost, for the share of one robot */
#define GUIDE_OPPOSING 3   /* so many robots that mean to come the other way make a move a step dearer ... */
#define GUIDE_ROOM 4       /* ... and more where there is room to pass: cells per robot over this */
#define GUIDE_ASTRAY 8     /* moves of its guide path a robot may have left out */
#define GUIDE_PATH_MAX 512 /* moves of a guide path that count as flow */

struct node {
    pose_id pose;
    uint32_t parent, next; /* next in the bucket */
    uint16_t step;
    bool reached;  /* its goal lies behind it */
    uint32_t cost; /* of the goal step when reached */
};

struct robot {
    pose_id at;
    uint32_t goal;
    uint32_t cost;        /* of its plan, in units: step of the goal, or window + what is left at its end */
    uint16_t held;        /* steps it has not answered now, 0 = answers */
    uint16_t unasked;     /* steps since it was last told to act in vain */
    uint16_t stands;      /* planned to stand for so many steps */
    uint16_t still;       /* steps since it last moved or turned */
    pose_id wish;         /* told to be there after the step */
    uint16_t wish_step;   /* which step of its plan that is */
    uint16_t guide_moves; /* of its guide path, counted in `flow` */
    uint16_t guide_done;  /* moves of it that lie behind */
    bool hopes;           /* `hope` holds what it does if it is free again at once */
};

struct rolling {
    struct rolling_config cfg;
    const struct grid *g;
    uint16_t window;
    uint32_t unit; /* cost of a step */
    uint32_t dear; /* extra cost of a move per robot that comes the other way, in parts */
    struct robot *robot;
    pose_id *plan;   /* [robot][0 .. window] */
    uint16_t *steps; /* [robot][pose] to its goal, in units */
    uint16_t *taken; /* [cell][step]: robot + 1 */
    pose_id *queue;  /* cells * 4 */
    /* guidance */
    uint16_t *flow;  /* [cell][heading]: robots that mean to leave the cell that way */
    uint32_t *guide; /* [robot][GUIDE_PATH_MAX]: cell * 4 + heading of each move */
    struct layered {
        pose_id pose;
        uint32_t next;
    } * layered; /* queue of guide_to: cells * 16 */
    /* one search */
    struct node *node;
    uint32_t nodes, nodes_max, *seen, search;
    uint32_t *bucket;
    uint32_t buckets, buckets_used; /* those that may not be empty */
    /* repair */
    uint16_t group[GROUP_MAX];
    pose_id *saved; /* GROUP_MAX plans */
    uint32_t cost_before[GROUP_MAX];
    uint16_t *order;   /* robots, scratch */
    uint16_t *late;    /* robots that lose time */
    uint16_t *pointer; /* re-timing: how far each is in its old plan */
    uint8_t *mark;
    pose_id *hope;   /* [robot][0 .. window] */
    uint16_t *hoped; /* as `taken`, of the hopes */
    bool hoping;     /* the search leaves hopes alone as well */
    pose_id *old;    /* [robot][0..window] */
    uint64_t expansions, budget_end;
    uint32_t holds[HOLD_LENGTHS]; /* holds that ended, by length */
    struct rng rng;
};

static uint32_t poses(const struct grid *g) { return g->cells * 4; }

size_t rolling_memory(const struct rolling_config *cfg)
{
    size_t n = cfg->robots, w = cfg->window + 1u, c = cfg->grid->cells;
    return sizeof(struct rolling) +
           n * (sizeof(struct robot) + 3 * w * sizeof(pose_id) + c * 4 * sizeof(uint16_t) + 8) + w * c * 4 +
           c * 4 * (sizeof(pose_id) + 4 * sizeof(struct layered) + sizeof(uint16_t)) + n * GUIDE_PATH_MAX * 4 +
           w * c * 4 * 2 * (sizeof(struct node) + 4) + (64 * UNIT_MOST * w + 8) * 4 + GROUP_MAX * w * 4 + 28 * 16;
}

int rolling_open(struct rolling **out, struct arena *mem, const struct rolling_config *cfg)
{
    if (cfg->window < 4 || cfg->window > WINDOW_MAX || cfg->robots == 0) return ORD_ERANGE;
    struct rolling *p = arena_new(mem, struct rolling, 1);
    if (!p) return ORD_EFULL;
    size_t n = cfg->robots, w = cfg->window + 1u, c = cfg->grid->cells;
    p->cfg = *cfg;
    p->g = cfg->grid;
    p->window = cfg->window;
    uint32_t room = cfg->grid->cells / cfg->robots / GUIDE_ROOM;
    p->unit = (size_t)cfg->grid->cells * 2 * UNIT_MOST < GRID_FAR ? UNIT_MOST : 1; /* costs to a goal fit in 16 bits */
    p->dear = GUIDE_PART * p->unit / (room > GUIDE_OPPOSING ? room : GUIDE_OPPOSING);
    p->rng = rng_stream(cfg->seed, "rolling");
    p->robot = arena_new(mem, struct robot, n);
    p->plan = arena_new(mem, pose_id, n * w);
    p->old = arena_new(mem, pose_id, n * w);
    p->steps = arena_new(mem, uint16_t, n * c * 4);
    p->taken = arena_new(mem, uint16_t, w * c);
    p->queue = arena_new(mem, pose_id, c * 4);
    p->flow = arena_new(mem, uint16_t, c * 4);
    p->guide = arena_new(mem, uint32_t, n * GUIDE_PATH_MAX);
    p->layered = arena_new(mem, struct layered, c * 16);
    p->nodes_max = (uint32_t)(w * c * 4 * 2);
    p->node = arena_new(mem, struct node, p->nodes_max);
    p->seen = arena_new(mem, uint32_t, w * c * 4 * 2);
    p->buckets = (uint32_t)(64 * UNIT_MOST * w);
    p->bucket = arena_new(mem, uint32_t, p->buckets);
    p->saved = arena_new(mem, pose_id, GROUP_MAX * w);
    p->order = arena_new(mem, uint16_t, n);
    p->late = arena_new(mem, uint16_t, n);
    p->pointer = arena_new(mem, uint16_t, n);
    p->mark = arena_new(mem, uint8_t, n);
    p->hope = arena_new(mem, pose_id, n * w);
    p->hoped = arena_new(mem, uint16_t, w * c);
    if (!p->robot || !p->plan || !p->old || !p->steps || !p->taken || !p->queue || !p->flow || !p->guide ||
        !p->layered || !p->node || !p->seen || !p->bucket || !p->saved || !p->order || !p->late || !p->pointer ||
        !p->mark || !p->hope || !p->hoped)
        return ORD_EFULL;
    *out = p;
    return ORD_OK;
}

static pose_id *plan_of_robot(const struct rolling *p, uint16_t r) { return p->plan + (size_t)r * (p->window + 1u); }
static uint16_t *steps_of(const struct rolling *p, uint16_t r) { return p->steps + (size_t)r * poses(p->g); }
static uint16_t *taken_at(const struct rolling *p, uint32_t step, uint32_t cell)
{
    return p->taken + (size_t)cell * (p->window + 1u) + step;
}
static uint16_t *hoped_at(const struct rolling *p, uint32_t step, uint32_t cell)
{
    return p->hoped + (size_t)cell * (p->window + 1u) + step;
}

static void put(struct rolling *p, uint16_t r)
{
    const pose_id *plan = plan_of_robot(p, r);
    for (uint16_t t = 0; t <= p->window; t++) *taken_at(p, t, pose_cell(plan[t])) = (uint16_t)(r + 1);
}

static void take_away(struct rolling *p, uint16_t r)
{
    const pose_id *plan = plan_of_robot(p, r);
    for (uint16_t t = 0; t <= p->window; t++) *taken_at(p, t, pose_cell(plan[t])) = 0;
}

/* What a plan costs its robot: when it reaches its goal, or what is left at the end of the window. */
static uint32_t cost_of(const struct rolling *p, uint16_t r)
{
    const pose_id *plan = plan_of_robot(p, r);
    const uint16_t *left = steps_of(p, r);
    for (uint16_t t = 0; t <= p->window; t++)
        if (pose_cell(plan[t]) == p->robot[r].goal) return p->unit * (uint32_t)t;
    return p->unit * (uint32_t)p->window + left[plan[p->window]];
}

void rolling_place(struct rolling *p, uint16_t robot, pose_id at)
{
    pose_id *plan = plan_of_robot(p, robot);
    p->robot[robot].at = at;
    for (uint16_t t = 0; t <= p->window; t++) plan[t] = at;
    put(p, robot);
}

/* Successors in rising preference: the bucket is a stack, so the last pushed is tried first. */
static uint32_t successors(const struct rolling *p, pose_id at, pose_id *to)
{
    uint32_t c = pose_cell(at), h = pose_heading(at), n = 0;
    to[n++] = at;
    if (p->cfg.turning) {
        to[n++] = pose_of(c, (h + 1) & 3);
        to[n++] = pose_of(c, (h + 3) & 3);
        if (p->g->next[c][h] != GRID_NONE) to[n++] = pose_of(p->g->next[c][h], h);
    } else {
        for (uint32_t k = 0; k < 4; k++)
            if (p->g->next[c][k] != GRID_NONE) to[n++] = pose_of(p->g->next[c][k], 0);
    }
    return n;
}

/* ---- guidance: dearer against the flow ------------------------------------------------------------------------ */

/* What it costs to leave `cell` that way: one step, and more for each robot that means to come the other way (traffic
 * flow as in Chen et al. 2024). */
static uint32_t move_cost(const struct rolling *p, uint32_t cell, uint32_t heading)
{
    uint32_t opposing = p->flow[pose_of(p->g->next[cell][heading], (heading + 2) & 3)] * p->dear / GUIDE_PART;
    return p->unit + (opposing < GUIDE_MOST * p->unit ? opposing : GUIDE_MOST * p->unit);
}

struct layers {
    uint32_t first[GUIDE_LAYERS], used, waiting;
};

static void layer_put(struct rolling *p, struct layers *l, uint16_t *cost, pose_id at, uint32_t via)
{
    if (via >= cost[at]) return;
    cost[at] = (uint16_t)via;
    p->layered[l->used] = (struct layered){ at, l->first[via % GUIDE_LAYERS] };
    l->first[via % GUIDE_LAYERS] = l->used++;
    l->waiting++;
}

/* Whoever could have come to this pose in one action. */
static void guide_expand(struct rolling *p, struct layers *l, uint16_t *cost, pose_id at, uint32_t d)
{
    uint32_t c = pose_cell(at), h = pose_heading(at);
    for (uint32_t way = p->cfg.turning ? h : 0; way < (p->cfg.turning ? h + 1 : 4); way++) {
        uint32_t behind = p->g->next[c][(way + 2) & 3];
        if (behind != GRID_NONE)
            layer_put(p, l, cost, pose_of(behind, p->cfg.turning ? way : 0), d + move_cost(p, behind, way));
    }
    if (!p->cfg.turning) return;
    layer_put(p, l, cost, pose_of(c, (h + 1) & 3), d + p->unit);
    layer_put(p, l, cost, pose_of(c, (h + 3) & 3), d + p->unit);
}

/* Cost from every pose to the goal, by layers of equal cost (Dial's queue): costs are small integers. */
static void guide_to(struct rolling *p, uint32_t goal_cell, uint16_t *cost)
{
    struct layers l = { .used = 0 };
    memset(l.first, 0xff, sizeof l.first);
    memset(cost, 0xff, (size_t)poses(p->g) * sizeof *cost);
    for (uint32_t h = 0; h < (p->cfg.turning ? 4u : 1u); h++) layer_put(p, &l, cost, pose_of(goal_cell, h), 0);
    for (uint32_t d = 0; l.waiting > 0; d++) {
        uint32_t i = l.first[d % GUIDE_LAYERS];
        l.first[d % GUIDE_LAYERS] = GRID_NONE;
        for (; i != GRID_NONE; i = p->layered[i].next) {
            l.waiting--;
            if (cost[p->layered[i].pose] == d) guide_expand(p, &l, cost, p->layered[i].pose, d);
        }
    }
}

/* The flow counts the moves of everybody's guide path: where they mean to go, whatever the next steps look like. */
static void guide_forget(struct rolling *p, uint16_t r)
{
    const uint32_t *move = p->guide + (size_t)r * GUIDE_PATH_MAX;
    for (uint16_t i = p->robot[r].guide_done; i < p->robot[r].guide_moves; i++) p->flow[move[i]]--;
    p->robot[r].guide_moves = p->robot[r].guide_done = 0;
}

static void guide_follow(struct rolling *p, uint16_t r)
{
    uint32_t *move = p->guide + (size_t)r * GUIDE_PATH_MAX;
    const uint16_t *cost = steps_of(p, r);
    pose_id at = p->robot[r].at, to[5];
    uint16_t n = 0;
    while (cost[at] > 0 && n < GUIDE_PATH_MAX) {
        pose_id best = at;
        uint32_t k = successors(p, at, to);
        for (uint32_t i = 0; i < k; i++)
            if (cost[to[i]] < cost[best]) best = to[i];
        if (best == at) break;
        if (pose_cell(best) != pose_cell(at)) {
            uint32_t way = 0;
            while (p->g->next[pose_cell(at)][way] != pose_cell(best)) way++;
            move[n] = pose_of(pose_cell(at), way);
            p->flow[move[n++]]++;
        }
        at = best;
    }
    p->robot[r].guide_moves = n;
}

/* What lies behind a robot is no flow any more; its guide path goes on from the cell of it that it stands on. */
static void guide_pass(struct rolling *p, uint16_t r)
{
    struct robot *v = &p->robot[r];
    const uint32_t *move = p->guide + (size_t)r * GUIDE_PATH_MAX;
    uint16_t i = v->guide_done;
    while (i < v->guide_moves && i < v->guide_done + GUIDE_ASTRAY && pose_cell(move[i]) != pose_cell(v->at)) i++;
    if (i == v->guide_moves || pose_cell(move[i]) != pose_cell(v->at)) return;
    while (v->guide_done < i) p->flow[move[v->guide_done++]]--;
}

void rolling_goal(struct rolling *p, uint16_t robot, uint32_t cell)
{
    guide_forget(p, robot);
    p->robot[robot].goal = cell;
    if (p->cfg.no_guidance) {
        grid_steps_to(p->g, cell, p->cfg.turning, steps_of(p, robot), p->queue);
        uint16_t *left = steps_of(p, robot);
        for (uint32_t i = 0; i < poses(p->g); i++)
            if (left[i] != GRID_FAR) left[i] = (uint16_t)(left[i] * p->unit);
    } else {
        guide_to(p, cell, steps_of(p, robot));
        guide_follow(p, robot);
    }
    p->robot[robot].cost = cost_of(p, robot);
}

uint16_t rolling_left(const struct rolling *p, uint16_t robot)
{
    return (uint16_t)((steps_of(p, robot)[p->robot[robot].at] + p->unit - 1) / p->unit);
}

uint64_t rolling_expansions(const struct rolling *p) { return p->expansions; }

/* ---- one robot against all others ----------------------------------------------------------------------------- */

static bool free_in(const uint16_t *from, const uint16_t *to)
{
    return to[1] == 0 && (from == to || to[0] == 0 || from[1] != to[0]); /* no swap */
}

static bool free_move(const struct rolling *p, uint16_t t, uint32_t from, uint32_t to)
{
    if (!free_in(taken_at(p, t, from), taken_at(p, t, to))) return false;
    return !p->hoping || free_in(hoped_at(p, t, from), hoped_at(p, t, to));
}

static void push(struct rolling *p, uint32_t f, struct node n, uint32_t *lowest)
{
    uint32_t state = (n.pose * (p->window + 1u) + n.step) * 2 + n.reached;
    if (p->seen[state] == p->search || f >= p->buckets) return;
    p->seen[state] = p->search;
    n.next = p->bucket[f];
    p->node[p->nodes] = n;
    p->bucket[f] = ++p->nodes;
    if (f < *lowest) *lowest = f;
    if (f >= p->buckets_used) p->buckets_used = f + 1;
}

static void write_plan(struct rolling *p, uint16_t r, uint32_t at)
{
    pose_id *plan = plan_of_robot(p, r);
    for (uint32_t i = at; i != GRID_NONE; i = p->node[i].parent) plan[p->node[i].step] = p->node[i].pose;
}

/* The cheapest way through the window that leaves the others alone (its own places are out of the table). Exact: seen
 * states are closed when pushed, which is right because every successor's bound is consistent and buckets rise. */
static bool search(struct rolling *p, uint16_t r)
{
    const uint16_t *left = steps_of(p, r);
    const struct robot *me = &p->robot[r];
    uint32_t base = left[me->at], lowest = 0;
    if (base == GRID_FAR) return false;
    memset(p->bucket, 0, p->buckets_used * sizeof *p->bucket);
    p->buckets_used = 0;
    p->nodes = 0;
    p->search++;
    push(p, 0, (struct node){ .pose = me->at, .parent = GRID_NONE, .reached = base == 0 }, &lowest);
    while (lowest < p->buckets_used) {
        if (p->bucket[lowest] == 0) {
            lowest++;
            continue;
        }
        uint32_t at = p->bucket[lowest] - 1;
        struct node n = p->node[at];
        p->bucket[lowest] = n.next;
        p->expansions++;
        if (n.step == p->window) {
            write_plan(p, r, at);
            p->robot[r].cost = n.reached ? n.cost : p->unit * (uint32_t)p->window + left[n.pose];
            return true;
        }
        pose_id to[5];
        uint32_t k = successors(p, n.pose, to);
        if (n.step < me->stands) k = 1;                    /* held: it will stand */
        for (uint32_t i = n.reached ? k : 0; i > 0; i--) { /* served: stay unless pushed, at no cost */
            if (free_move(p, n.step, pose_cell(n.pose), pose_cell(to[i - 1])))
                push(p, lowest,
                     (struct node){ .pose = to[i - 1],
                                    .parent = at,
                                    .step = (uint16_t)(n.step + 1),
                                    .reached = true,
                                    .cost = n.cost },
                     &lowest);
        }
        for (uint32_t i = 0; i < k && !n.reached; i++) {
            if (left[to[i]] == GRID_FAR || !free_move(p, n.step, pose_cell(n.pose), pose_cell(to[i]))) continue;
            uint32_t f = p->unit * (n.step + 1u) + left[to[i]];
            f = f > base + lowest ? f - base : lowest; /* guided costs may fall faster than time rises */
            bool there = left[to[i]] == 0;
            push(p, f,
                 (struct node){ .pose = to[i],
                                .parent = at,
                                .step = (uint16_t)(n.step + 1),
                                .reached = there,
                                .cost = p->unit * (n.step + 1u) },
                 &lowest);
        }
    }
    return false;
}

/* ---- re-timing the old plan ----------------------------------------------------------------------------------- */

/* Moves of the old plan wait for whoever stood in the cell before them in that plan. */
struct before {
    uint16_t robot, left_at;
};

static struct before goes_before(const struct rolling *p, uint16_t r, uint16_t k, uint32_t cell)
{
    for (uint16_t t = k; t-- > 0;) {
        uint16_t q = *taken_at(p, t, cell);
        if (q != 0 && q != r + 1) return (struct before){ (uint16_t)(q - 1), (uint16_t)(t + 1) };
        if (q == r + 1) break;
    }
    return (struct before){ UINT16_MAX, 0 };
}

enum { ASK, ASKED, GOES, STAYS };

static pose_id old_pose(const struct rolling *p, uint16_t r, uint16_t k)
{
    return p->old[(size_t)r * (p->window + 1u) + k];
}

/* Will robot r take its next old step at this step? Robots in a ring that all wait for one another all go. */
static bool advances(struct rolling *p, uint16_t r, uint16_t step)
{
    if (p->mark[r] == GOES || p->mark[r] == ASKED) return true;
    if (p->mark[r] == STAYS) return false;
    uint16_t k = p->pointer[r];
    bool goes = k < p->window && step > p->robot[r].stands;
    if (goes && pose_cell(old_pose(p, r, (uint16_t)(k + 1))) != pose_cell(old_pose(p, r, k))) {
        p->mark[r] = ASKED;
        struct before b = goes_before(p, r, (uint16_t)(k + 1), pose_cell(old_pose(p, r, (uint16_t)(k + 1))));
        if (b.robot != UINT16_MAX && p->pointer[b.robot] < b.left_at)
            goes = p->pointer[b.robot] + 1 == b.left_at && advances(p, b.robot, step);
    }
    p->mark[r] = goes ? GOES : STAYS;
    return goes;
}

/* Old plan (its places are in `taken`), each robot `pointer` steps along it: run it again from here in the same
 * order. */
static void retime(struct rolling *p)
{
    memcpy(p->old, p->plan, (size_t)p->cfg.robots * (p->window + 1u) * sizeof *p->plan);
    for (uint16_t r = 0; r < p->cfg.robots; r++) plan_of_robot(p, r)[0] = p->robot[r].at;
    for (uint16_t t = 1; t <= p->window; t++) {
        memset(p->mark, ASK, p->cfg.robots);
        for (uint16_t r = 0; r < p->cfg.robots; r++) advances(p, r, t);
        for (uint16_t r = 0; r < p->cfg.robots; r++) {
            if (p->mark[r] == GOES) p->pointer[r]++;
            plan_of_robot(p, r)[t] = old_pose(p, r, p->pointer[r]);
        }
    }
}

/* What is always possible: everybody stays. */
static void stand(struct rolling *p)
{
    for (uint16_t r = 0; r < p->cfg.robots; r++)
        for (uint16_t t = 0; t <= p->window; t++) plan_of_robot(p, r)[t] = p->robot[r].at;
}

static void rebuild_table(struct rolling *p)
{
    memset(p->taken, 0, (size_t)(p->window + 1u) * p->g->cells * sizeof *p->taken);
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        put(p, r);
        p->robot[r].cost = cost_of(p, r);
    }
}

/* How long a robot that has not answered for `held` steps is expected to stand on: the mean rest of the holds seen so
 * far that lasted longer. */
static uint16_t expected_stand(const struct rolling *p, uint16_t held)
{
    uint64_t longer = 0, rest = 0;
    for (uint16_t n = (uint16_t)(held + 1); n < HOLD_LENGTHS; n++) {
        longer += p->holds[n];
        rest += (uint64_t)p->holds[n] * (n - held);
    }
    uint64_t stand = held < HOLD_PRIOR_STEPS ? (uint64_t)(HOLD_PRIOR_STEPS - held) : 2;
    if (longer >= HOLDS_LEAST) stand = (rest + longer / 2) / longer;
    return (uint16_t)(stand < p->window ? stand : p->window);
}

/* Told to act and free to act, but did not: only then is a robot held. Behind a held one it is merely stuck, and one
 * that was told to stay may be free by now: after as long as it was expected to stand that is what is believed. */
static void learn_hold(struct rolling *p, uint16_t r, bool acted, bool could_act)
{
    struct robot *v = &p->robot[r];
    bool asked = v->wish != v->at && could_act;
    if (acted) {
        if (v->held > 0) p->holds[v->held < HOLD_LENGTHS ? v->held : HOLD_LENGTHS - 1]++;
        v->held = 0;
    } else if (v->held > 0 || asked) {
        v->held++;
    }
    v->unasked = asked || v->held == 0 ? 0 : (uint16_t)(v->unasked + 1);
    if (v->unasked > v->stands) v->held = v->unasked = 0;
    v->stands = v->held > 0 ? expected_stand(p, v->held) : 0;
}

/* From step k of its plan on: the last of the steps in which it merely waits there. Whom it waits for is in the order
 * of passage already, so the re-timed plan need not wait on its own. */
static uint16_t after_waits(const struct rolling *p, uint16_t r, uint16_t k)
{
    const pose_id *plan = plan_of_robot(p, r);
    while (k < p->window && plan[k + 1] == plan[k]) k++;
    return k;
}

static pose_id *hope_of(const struct rolling *p, uint16_t r) { return p->hope + (size_t)r * (p->window + 1u); }

static void forget_hope(struct rolling *p, uint16_t r)
{
    for (uint16_t t = 0; p->robot[r].hopes && t <= p->window; t++) *hoped_at(p, t, pose_cell(hope_of(p, r)[t])) = 0;
    p->robot[r].hopes = false;
}

void rolling_moved(struct rolling *p, const pose_id *actual)
{
    uint16_t *owner = (uint16_t *)p->queue; /* who is where now; the queue is free between searches */
    memset(owner, 0, p->g->cells * sizeof *owner);
    for (uint16_t r = 0; r < p->cfg.robots; r++) owner[pose_cell(actual[r])] = (uint16_t)(r + 1);
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        struct robot *v = &p->robot[r];
        bool acted = actual[r] != v->at;
        if (v->hopes && acted) {
            take_away(p, r);
            memcpy(plan_of_robot(p, r), p->hope + (size_t)r * (p->window + 1u), (p->window + 1u) * sizeof(pose_id));
            put(p, r);
        }
        forget_hope(p, r);
        v->still = acted || v->still == UINT16_MAX ? 0 : (uint16_t)(v->still + 1);
        uint32_t to = pose_cell(v->wish);
        learn_hold(p, r, acted, to == pose_cell(v->at) || owner[to] == 0);
        p->pointer[r] = after_waits(p, r, acted ? v->wish_step : 0);
        v->at = actual[r];
        if (acted && !p->cfg.no_guidance) guide_pass(p, r);
    }
    if (p->cfg.no_retime) stand(p);
    else retime(p);
    rebuild_table(p);
}

/* ---- improvement ---------------------------------------------------------------------------------------------- */

/* Steps of its plan that do not bring it nearer to its goal. */
static uint16_t delay_of(const struct rolling *p, uint16_t r)
{
    const pose_id *plan = plan_of_robot(p, r);
    const uint16_t *left = steps_of(p, r);
    uint16_t n = 0;
    for (uint16_t t = 0; t < p->window && left[plan[t]] > 0; t++)
        n = (uint16_t)(n + (left[plan[t + 1]] >= left[plan[t]]));
    return n;
}

/* A plan that only lacks its last step often just goes on: no search needed. */
static void go_on(struct rolling *p, uint16_t r)
{
    pose_id *plan = plan_of_robot(p, r), to[5];
    const uint16_t *left = steps_of(p, r);
    uint16_t w = p->window;
    if (plan[w] != plan[w - 1] || left[plan[w]] == 0) return;
    uint32_t k = successors(p, plan[w], to);
    *taken_at(p, w, pose_cell(plan[w])) = 0;
    for (uint32_t i = k; i-- > 1;) {
        if (left[to[i]] >= left[plan[w]] || !free_move(p, (uint16_t)(w - 1), pose_cell(plan[w - 1]), pose_cell(to[i])))
            continue;
        plan[w] = to[i];
        break;
    }
    *taken_at(p, w, pose_cell(plan[w])) = (uint16_t)(r + 1);
    p->robot[r].cost = cost_of(p, r);
}

/* ---- what a change may cost: the plans of the group before it */

static pose_id *saved_plan(const struct rolling *p, uint16_t i) { return p->saved + (size_t)i * (p->window + 1u); }

static void save(struct rolling *p, uint16_t i)
{
    uint16_t r = p->group[i];
    memcpy(saved_plan(p, i), plan_of_robot(p, r), (p->window + 1u) * sizeof(pose_id));
    p->cost_before[i] = p->robot[r].cost;
    take_away(p, r);
}

/* The group's plans are out of the table. */
static void undo(struct rolling *p, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++) {
        uint16_t r = p->group[i];
        memcpy(plan_of_robot(p, r), saved_plan(p, i), (p->window + 1u) * sizeof(pose_id));
        p->robot[r].cost = p->cost_before[i];
        put(p, r);
    }
}

static uint16_t first_visit(const struct rolling *p, const pose_id *plan, uint32_t cell)
{
    uint16_t t = 0;
    while (t <= p->window && pose_cell(plan[t]) != cell) t++;
    return t;
}

/* Do robots of the group pass every place they passed before in the same order with everybody else? */
static bool same_order(const struct rolling *p, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++) {
        const pose_id *plan = plan_of_robot(p, p->group[i]);
        for (uint16_t t = 0; t <= p->window; t++) {
            uint32_t cell = pose_cell(plan[t]);
            uint16_t mine = first_visit(p, saved_plan(p, i), cell), now = first_visit(p, plan, cell);
            for (uint16_t at = 0; at <= p->window && mine <= p->window; at++) {
                uint16_t q = *taken_at(p, at, cell), k = 0;
                if (q == 0 || q == p->group[i] + 1) continue;
                while (k < n && p->group[k] != q - 1) k++;
                const pose_id *other = plan_of_robot(p, (uint16_t)(q - 1));
                uint16_t old = first_visit(p, k < n ? saved_plan(p, k) : other, cell);
                if (old <= p->window && (old < mine) != (first_visit(p, other, cell) < now)) return false;
            }
        }
    }
    return true;
}

static void alone(struct rolling *p, uint16_t r)
{
    p->group[0] = r;
    save(p, 0);
    search(p, r); /* finds at least the present plan */
    put(p, r);
    if (!p->cfg.no_switching || same_order(p, 1)) return;
    take_away(p, r);
    undo(p, 1);
}

static bool in_group(const struct rolling *p, uint16_t n, uint16_t r)
{
    for (uint16_t i = 0; i < n; i++)
        if (p->group[i] == r) return true;
    return false;
}

/* Add those whom group[i] meets on the way it would take if it were alone. */
static uint16_t add_met(struct rolling *p, uint16_t i, uint16_t n, uint16_t most)
{
    uint16_t r = p->group[i];
    const uint16_t *left = steps_of(p, r);
    pose_id at = p->robot[r].at;
    for (uint16_t t = p->robot[r].stands; t < p->window && n < most && left[at] > 0; t++) {
        pose_id to[5], next = at;
        uint32_t k = successors(p, at, to), from = rng_below(&p->rng, k);
        for (uint32_t j = 0; j < k; j++) {
            pose_id c = to[(from + j) % k];
            if (left[c] < left[next]) next = c;
        }
        uint16_t a = *taken_at(p, t + 1u, pose_cell(next)), b = *taken_at(p, t, pose_cell(next));
        if (a != 0 && !in_group(p, n, (uint16_t)(a - 1))) p->group[n++] = (uint16_t)(a - 1);
        if (n < most && b != 0 && !in_group(p, n, (uint16_t)(b - 1))) p->group[n++] = (uint16_t)(b - 1);
        at = next;
    }
    return n;
}

/* The late robot and those it meets; every other time also those whom they meet in turn. */
static uint16_t gather(struct rolling *p, uint16_t late, uint16_t most)
{
    p->group[0] = late;
    uint16_t n = add_met(p, 0, 1, most);
    bool further = rng_below(&p->rng, 2) == 0;
    for (uint16_t i = 1; further && i < n && n < most; i++) n = add_met(p, i, n, most);
    return n;
}

static void shuffle(struct rolling *p, uint16_t *order, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++) order[i] = i;
    for (uint16_t i = (uint16_t)(n - 1); i > 0; i--) {
        uint16_t j = (uint16_t)rng_below(&p->rng, i + 1u), x = order[i];
        order[i] = order[j];
        order[j] = x;
    }
}

/* Who is planned first drives through those of the group that are still to be planned, as if they were gone. Where
 * robots stand face to face none of them could then turn round in time, whatever the order. So once one of them has
 * stood for long, each is left where it is for a few steps, a random number of them, until its turn comes. */
static uint16_t draw_grace(struct rolling *p, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++)
        if (p->robot[p->group[i]].still >= STILL_LONG) return (uint16_t)(1 + rng_below(&p->rng, GRACE_MOST));
    return 0;
}

static void give_grace(const struct rolling *p, uint16_t r, uint16_t steps)
{
    for (uint16_t t = 0; t < steps; t++) {
        uint16_t *who = taken_at(p, t, pose_cell(p->robot[r].at));
        if (*who == 0) *who = (uint16_t)(r + 1);
    }
}

static void end_grace(const struct rolling *p, uint16_t r, uint16_t steps)
{
    for (uint16_t t = 0; t < steps; t++) {
        uint16_t *who = taken_at(p, t, pose_cell(p->robot[r].at));
        if (*who == r + 1) *who = 0;
    }
}

/* Take a few robots out and put them back one after another in a random order; keep the result if it costs no more. */
static void repair(struct rolling *p, uint16_t late)
{
    uint16_t n = gather(p, late, (uint16_t)(2 + rng_below(&p->rng, GROUP_MAX - 4))), order[GROUP_MAX], done = 0;
    uint32_t before = 0, after = 0;
    if (n < 2) return;
    uint16_t grace = draw_grace(p, n);
    for (uint16_t i = 0; i < n; i++) {
        save(p, i);
        before += p->cost_before[i];
    }
    shuffle(p, order, n);
    for (uint16_t i = 0; i < n; i++) give_grace(p, p->group[i], grace);
    bool good = true;
    while (good && done < n) {
        uint16_t r = p->group[order[done]];
        end_grace(p, r, grace);
        good = search(p, r);
        if (!good) break;
        put(p, r);
        done++;
        after += p->robot[r].cost;
        good = after <= before;
    }
    for (uint16_t i = done; i < n; i++) end_grace(p, p->group[order[i]], grace);
    if (good && (!p->cfg.no_switching || same_order(p, n))) return;
    while (done-- > 0) take_away(p, p->group[order[done]]);
    undo(p, n);
}

static uint16_t find_late(struct rolling *p)
{
    uint16_t n = 0;
    for (uint16_t r = 0; r < p->cfg.robots; r++)
        if (delay_of(p, r) > p->robot[r].stands) p->late[n++] = r;
    return n;
}


/* A held robot may be free again at once: what it would do then, around what all others mean to do whether it is free
 * or not, and around the other hopes. Nobody counts on it before it is seen to move. */
static void hope(struct rolling *p, uint16_t r)
{
    struct robot *v = &p->robot[r];
    uint16_t stands = v->stands;
    p->group[0] = r;
    save(p, 0);
    p->hoping = true;
    v->stands = 0;
    bool found = search(p, r);
    p->hoping = false;
    v->stands = stands;
    v->hopes = found && v->cost < p->cost_before[0] && plan_of_robot(p, r)[1] != v->at;
    memcpy(hope_of(p, r), plan_of_robot(p, r), (p->window + 1u) * sizeof(pose_id));
    undo(p, 1);
    for (uint16_t t = 0; v->hopes && t <= p->window; t++)
        *hoped_at(p, t, pose_cell(hope_of(p, r)[t])) = (uint16_t)(r + 1);
}

/* May a robot that waits go to the cell it waits for now? Only if nobody is to pass there before it but one who
 * leaves it in this very step: the order of passage stays what it is. */
static bool may_follow(const struct rolling *p, uint16_t r, uint16_t k, uint32_t from, uint32_t to)
{
    uint16_t first = *taken_at(p, 0, to);
    bool left = first == 0;
    if (first != 0) {
        pose_id wish = p->robot[first - 1].wish;
        if (pose_cell(wish) == to || pose_cell(wish) == from) return false;
    }
    for (uint16_t t = 1; t <= k; t++) {
        uint16_t q = *taken_at(p, t, to);
        left = left || q != first;
        if (q != 0 && left) return false;
    }
    for (uint16_t t = 1; t <= k + 1; t++) {
        uint16_t q = *hoped_at(p, t, to);
        if (q != 0 && q != r + 1) return false;
    }
    return true;
}

/* One that waits for others in its plan is told to go on at once where the order of passage allows. */
static bool hurry(struct rolling *p, uint16_t r)
{
    struct robot *v = &p->robot[r];
    const pose_id *plan = plan_of_robot(p, r);
    uint16_t k = after_waits(p, r, 0);
    if (k == 0 || k == p->window || v->hopes || v->wish != v->at) return false;
    uint32_t from = pose_cell(plan[k]), to = pose_cell(plan[k + 1]);
    if (from != to && !may_follow(p, r, k, from, to)) return false;
    v->wish = plan[k + 1];
    v->wish_step = (uint16_t)(k + 1);
    return true;
}

/* Wishes together are free of conflicts, and so are the plans after them, whoever is held. */
static void set_wishes(struct rolling *p)
{
    for (uint16_t r = 0; r < p->cfg.robots; r++)
        if (p->robot[r].stands > 0 && !p->cfg.no_hope) hope(p, r);
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        p->robot[r].wish = p->robot[r].hopes ? hope_of(p, r)[1] : plan_of_robot(p, r)[1];
        p->robot[r].wish_step = 1;
    }
    for (bool more = true; more;) {
        more = false;
        for (uint16_t r = 0; r < p->cfg.robots; r++) more = hurry(p, r) || more;
    }
}

void rolling_plan(struct rolling *p)
{
    uint64_t end = p->expansions + p->cfg.expansions_max;
    for (uint16_t r = 0; r < p->cfg.robots; r++) go_on(p, r);
    uint16_t late = find_late(p);
    uint16_t first = late > 0 ? (uint16_t)rng_below(&p->rng, late) : 0; /* nobody is always last when the budget ends */
    for (uint16_t i = 0; i < late && p->expansions < end; i++) alone(p, p->late[(first + i) % late]);
    while (!p->cfg.no_repair && p->expansions < end) {
        late = find_late(p);
        if (late == 0) break;
        for (uint16_t i = 0; i < late && p->expansions < end; i++) {
            p->expansions += 4; /* an attempt is never free, so the loop ends */
            repair(p, p->late[rng_below(&p->rng, late)]);
        }
    }
    set_wishes(p);
}

pose_id rolling_wish(const struct rolling *p, uint16_t r) { return p->robot[r].wish; }

void rolling_check(const struct rolling *p)
{
    for (uint16_t r = 0; r < p->cfg.robots; r++)
        for (uint16_t q = 0; q < r; q++) {
            const struct robot *a = &p->robot[r], *b = &p->robot[q];
            assert(pose_cell(a->wish) != pose_cell(b->wish));                                         /* 4 */
            assert(pose_cell(a->wish) != pose_cell(b->at) || pose_cell(b->wish) != pose_cell(a->at)); /* 4 */
        }
    for (uint16_t r = 0; r < p->cfg.robots; r++) {
        const pose_id *plan = plan_of_robot(p, r);
        assert(plan[0] == p->robot[r].at); /* 3 */
        for (uint16_t t = 0; t < p->window; t++) {
            pose_id to[5];
            uint32_t k = successors(p, plan[t], to), i = 0;
            while (i < k && to[i] != plan[t + 1]) i++;
            assert(i < k);                                        /* 2 */
            assert(*taken_at(p, t, pose_cell(plan[t])) == r + 1); /* 1 */
            uint16_t there = *taken_at(p, t, pose_cell(plan[t + 1]));
            assert(there == 0 || there == r + 1 || *taken_at(p, t + 1u, pose_cell(plan[t])) != there); /* 1 */
        }
    }
}

/* ---- execution ------------------------------------------------------------------------------------------------ */

void grid_execute(const struct grid *g, uint16_t robots, const pose_id *at, const pose_id *wish, const uint8_t *held,
                  pose_id *actual, uint16_t *owner)
{
    memset(owner, 0, g->cells * sizeof *owner);
    for (uint16_t r = 0; r < robots; r++) {
        actual[r] = held[r] ? at[r] : wish[r];
        owner[pose_cell(at[r])] = (uint16_t)(r + 1);
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint16_t r = 0; r < robots; r++) {
            if (pose_cell(actual[r]) == pose_cell(at[r])) continue;
            uint16_t q = owner[pose_cell(actual[r])];
            if (q == 0 || pose_cell(actual[q - 1]) != pose_cell(at[q - 1])) continue;
            actual[r] = at[r];
            changed = true;
        }
    }
}
