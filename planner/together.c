#include "together.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"
#include "common/rng.h"
#include "joint.h"
#include "passage.h"
#include "pebble.h"
#include "sipp.h"

#define MOVES_PER_ROBOT 800
#define STATES 16384
#define EXPANSIONS 8000
#define GROUP 4
#define ATTEMPT 150 /* searches of the first attempt at a first answer, and as many per robot */

#define JOINT 20u /* expansions of the shortest joint search; the others twice as many each */
#define JOINTS 6
#define CONFIGS 2048     /* of one joint search */
#define BY_CHANCE 8      /* answers by chance alone */
#define ORDER_TRIES 5000 /* searches after which no other order is tried, and as many more per pair of robots */
#define ORDER_TRIES_EACH 40u
#define LATER_ROBOTS 3
#define LATER_MS 90000
#define PROOF_AFTER 8 /* after this part of the tries it is asked whether there is an answer at all */

/* An order of passage and its times. */
struct answer {
    struct crowd_move *move;
    uint32_t moves;
    struct route *route;
    ms_t sum;
};

struct together {
    const struct site *site;
    uint16_t robots;
    struct together_problem q; /* start and goal stay borrowed */
    const struct hops *hops;
    struct crowd crowd;
    uint32_t *ms;
    struct pebble *pebble;
    struct joint *joint;
    struct witness *witness;
    struct passage *passage;
    struct resv resv;
    struct sipp *sipp;
    struct dist *dist;
    struct plan_judge *judge;
    struct answer best, other;
    uint32_t *later,
        *later_now; /* per robot: ms that bringing it home is put off, in the best answer and in the next */
    uint32_t tries, chances, answers;
    uint32_t chance; /* of the best answer */
    class_id *cls;
    uint16_t *next; /* per robot: a step of its route */
    struct heap heap;
    struct rng rng;
};

static uint16_t rows(const struct site *s, uint16_t robots)
{
    return (uint16_t)((robots < s->nodes ? robots : s->nodes) + 4);
}

static uint32_t moves_max(uint16_t robots) { return (uint32_t)robots * MOVES_PER_ROBOT; }

static size_t answer_memory(uint16_t robots)
{
    return moves_max(robots) * sizeof(struct crowd_move) + robots * sizeof(struct route) +
           (size_t)robots * (ROUTE_MAX * sizeof(struct route_step) + 16) + 2 * 16;
}

size_t together_memory(const struct hops *h, uint16_t robots)
{
    const struct site *s = h->site;
    size_t n = robots;
    return sizeof(struct together) + n * s->nodes * sizeof(uint32_t) + 2 * answer_memory(robots) +
           joint_memory(h, robots, CONFIGS) + witness_memory(h, robots) + pebble_memory(h, robots, moves_max(robots)) +
           passage_memory(h, robots) + resv_memory(s, (uint32_t)n * 2 * ROUTE_MAX) + sipp_memory(s, STATES) +
           dist_memory(s, rows(s, robots), 1) + plan_judge_memory(s, robots) +
           n * (2 * sizeof(class_id) + 2 * sizeof(uint32_t)) + (h->count + 1) * sizeof(struct heap_item) + 16 * 16;
}

static bool answer_open(struct answer *a, struct arena *mem, uint16_t robots)
{
    a->move = arena_new(mem, struct crowd_move, moves_max(robots));
    a->route = arena_new(mem, struct route, robots);
    if (!a->move || !a->route) return false;
    for (uint16_t r = 0; r < robots; r++) {
        a->route[r] = (struct route){ .placed = true, .refuge = ID_NONE };
        if (!(a->route[r].step = arena_new(mem, struct route_step, ROUTE_MAX))) return false;
    }
    return true;
}

int together_open(struct together **out, struct arena *mem, const struct hops *h, uint16_t robots)
{
    struct together *t = arena_new(mem, struct together, 1);
    const struct site *s = h->site;
    if (!t) return ORD_EFULL;
    t->site = s;
    t->hops = h;
    t->robots = robots;
    t->cls = arena_new(mem, class_id, robots);
    t->next = arena_new(mem, uint16_t, robots);
    t->ms = arena_new(mem, uint32_t, (size_t)robots * s->nodes);
    t->later = arena_new(mem, uint32_t, robots);
    t->later_now = arena_new(mem, uint32_t, robots);
    struct heap_item *items = arena_new(mem, struct heap_item, h->count + 1);
    if (!t->later || !t->later_now || !t->cls || !t->next || !t->ms || !items || !answer_open(&t->best, mem, robots) ||
        !answer_open(&t->other, mem, robots))
        return ORD_EFULL;
    heap_init(&t->heap, items, h->count + 1);
    for (uint16_t r = 0; r < robots; r++) t->cls[r] = h->cls;
    int err = pebble_open(&t->pebble, mem, h, robots, moves_max(robots));
    if (!err) err = joint_open(&t->joint, mem, h, robots, CONFIGS);
    if (!err) err = witness_open(&t->witness, mem, h, robots);
    if (!err) err = passage_open(&t->passage, mem, h, robots, moves_max(robots));
    if (!err) err = resv_open(&t->resv, mem, s, t->cls, (uint32_t)robots * 2 * ROUTE_MAX);
    if (!err) err = sipp_open(&t->sipp, mem, s, STATES);
    if (!err) err = dist_open(&t->dist, mem, s, rows(s, robots), (struct access){ 0 });
    if (!err) err = plan_judge_open(&t->judge, mem, s, robots);
    if (!err) *out = t;
    return err;
}

const struct route *together_routes(const struct together *t) { return t->best.route; }

static void swap_answers(struct together *t)
{
    struct answer a = t->best;
    t->best = t->other;
    t->other = a;
}

/* ---- first answers -------------------------------------------------------------------------------------------- */

/* True: alone everybody would get home. */
static bool measure_crowd(struct together *t)
{
    bool good = true;
    t->crowd =
        (struct crowd){ .hops = t->hops, .robots = t->robots, .start = t->q.start, .goal = t->q.goal, .ms = t->ms };
    for (uint16_t r = 0; r < t->robots; r++) {
        uint32_t *ms = t->ms + (size_t)r * t->site->nodes;
        hops_distances(t->hops, t->q.goal[r], &t->heap, ms);
        good &= ms[t->q.start[r]] != DIST_FAR;
    }
    return good;
}

/* One answer into t->other. Odd chances: all start together, and only the rest goes one by one. */
static int draw_answer(struct together *t, uint32_t chance, const uint32_t *later, uint32_t allowed)
{
    const struct crowd_move *move;
    uint64_t seed = t->q.seed * 1000003 + chance;
    struct crowd rest = t->crowd;
    uint32_t n = 0, more;
    if (chance % 2) {
        struct joint_query q = { .crowd = &t->crowd, .seed = seed, .expansions_max = JOINT << (chance / 2 % JOINTS) };
        struct joint_answer a;
        joint_find(t->joint, &q, &a);
        t->tries += a.expansions;
        n = a.moves;
        rest.start = a.at;
        if (n > moves_max(t->robots)) return ORD_EFULL;
        memcpy(t->other.move, a.move, n * sizeof *a.move);
    }
    int err = pebble_solve(t->pebble, &rest, seed, later, allowed, &move, &more);
    t->tries += pebble_searches(t->pebble);
    if (err || n + more > moves_max(t->robots)) return ORD_EFULL;
    memcpy(t->other.move + n, move, more * sizeof *move);
    t->other.moves = passage_shorten(t->passage, t->other.move, n + more);
    return passage_run(t->passage, &t->crowd, t->other.move, t->other.moves, NULL, &t->other.sum);
}

/* Answers by chance, until there are `answers` of them or the tries are spent. */
static void first_answers(struct together *t, uint32_t answers, uint32_t tries_max)
{
    uint32_t allowed = ATTEMPT * (1u + t->robots);
    while (t->tries < tries_max && t->answers < answers) {
        uint32_t chance = t->chances++;
        if (draw_answer(t, chance, NULL, allowed)) {
            allowed += allowed / 8;
            continue;
        }
        t->answers++;
        if (t->other.sum >= t->best.sum) continue;
        t->chance = chance;
        swap_answers(t);
    }
}

/* The best answer's chance again with some robots brought home later than they were; kept when it is better. */
static void better_orders(struct together *t, uint32_t tries_max)
{
    memset(t->later, 0, t->robots * sizeof *t->later);
    while (t->tries < tries_max && t->answers < t->q.answers_max) {
        uint32_t change = 1 + rng_below(&t->rng, LATER_ROBOTS);
        memcpy(t->later_now, t->later, t->robots * sizeof *t->later);
        while (change-- > 0) t->later_now[rng_below(&t->rng, t->robots)] = rng_below(&t->rng, LATER_MS);
        t->answers++;
        if (draw_answer(t, t->chance, t->later_now, ATTEMPT * (1u + t->robots)) || t->other.sum >= t->best.sum)
            continue;
        memcpy(t->later, t->later_now, t->robots * sizeof *t->later);
        swap_answers(t);
    }
}

static int first_answer(struct together *t, struct witness_proof *proof)
{
    bool open = measure_crowd(t);
    t->best.sum = MS_NEVER;
    t->tries = t->chances = t->answers = 0;
    uint32_t by_chance = t->q.answers_max < BY_CHANCE ? t->q.answers_max : BY_CHANCE;
    if (open) first_answers(t, by_chance, t->q.tries_max / PROOF_AFTER);
    if (t->best.sum == MS_NEVER) {
        int err = witness_find(t->witness, &t->crowd, proof);
        if (!err) return ORD_ENOTFOUND;
        if (open) first_answers(t, 1, t->q.tries_max);
    }
    if (t->best.sum == MS_NEVER) return ORD_EFULL;
    better_orders(t, ORDER_TRIES + ORDER_TRIES_EACH * t->robots * t->robots);
    return passage_run(t->passage, &t->crowd, t->best.move, t->best.moves, t->best.route, &t->best.sum);
}

/* ---- improvement ---------------------------------------------------------------------------------------------- */

static ms_t finish_ms(const struct route *w) { return w->step[w->count - 1].arrive_ms; }

static void add_visit(struct together *t, const struct route *w, uint16_t r, uint16_t i)
{
    const struct site *s = t->site;
    ms_t from = i == 0 ? MS_BEGIN : w->step[route_move_start(s, w, i)].enter_ms;
    if (i > 0) resv_add(&t->resv, res_lane(s, s->edge[w->step[i].edge].lane), r, i, from, w->step[i].arrive_ms);
    resv_add(&t->resv, res_node(s, w->step[i].node), r, i, from,
             i + 1 < w->count ? w->step[i + 1].arrive_ms : MS_NEVER);
}

static void add_visits(struct together *t, const struct route *w, uint16_t r)
{
    for (uint16_t i = w->count; i-- > 0;) add_visit(t, w, r, i);
}

static bool in_group(const uint16_t *group, uint8_t n, uint16_t r)
{
    for (uint8_t i = 0; i < n; i++)
        if (group[i] == r) return true;
    return false;
}

/* The latest visits first: so the lists of resv.c, which grow at their heads, come out in the order of time. */
static void reserve_others(struct together *t, const uint16_t *group, uint8_t n)
{
    resv_clear(&t->resv);
    for (uint16_t r = 0; r < t->robots; r++) t->next[r] = t->best.route[r].count;
    for (uint32_t k = t->best.moves; k-- > 0;) {
        uint16_t r = t->best.move[k].robot;
        bool out = in_group(group, n, r);
        for (uint8_t e = t->hops->hop[t->best.move[k].hop].edges; e-- > 0;) {
            t->next[r]--;
            if (!out) add_visit(t, &t->best.route[r], r, t->next[r]);
        }
    }
    for (uint16_t r = 0; r < t->robots; r++)
        if (!in_group(group, n, r)) add_visit(t, &t->best.route[r], r, 0);
}

static bool search(struct together *t, uint16_t r, struct route *out)
{
    struct sipp_query q = { .robot = r,
                            .cls = t->hops->cls,
                            .start = t->q.start[r],
                            .goals = 1,
                            .goal = { { t->q.goal[r], 0 } },
                            .expansions_max = EXPANSIONS };
    uint16_t count;
    out->step[0] = (struct route_step){ .node = t->q.start[r], .edge = ID_NONE };
    if (sipp_find(t->sipp, &t->resv, t->dist, &q, out->step + 1, ROUTE_MAX - 1, &count, &out->step[0].turn_ms))
        return false;
    out->count = (uint16_t)(count + 1);
    return true;
}

static void copy_route(struct route *to, const struct route *from)
{
    to->count = from->count;
    memcpy(to->step, from->step, from->count * sizeof *from->step);
}

/* Take a group out, put it back one by one around the rest, run the order that follows; keep it if the sum falls. */
static bool improve(struct together *t, const uint16_t *group, uint8_t n)
{
    ms_t before = 0, after = 0;
    reserve_others(t, group, n);
    for (uint8_t i = 0; i < n; i++) before += finish_ms(&t->best.route[group[i]]);
    for (uint8_t i = 0; i < n; i++) {
        struct route *w = &t->other.route[group[i]];
        if (!search(t, group[i], w)) return false;
        add_visits(t, w, group[i]);
        after += finish_ms(w);
        if (after >= before) return false;
    }
    for (uint16_t r = 0; r < t->robots; r++)
        if (!in_group(group, n, r)) copy_route(&t->other.route[r], &t->best.route[r]);
    t->other.moves = passage_of(t->passage, &t->crowd, t->other.route, t->other.move);
    if (t->other.moves == UINT32_MAX) return false;
    t->other.moves = passage_shorten(t->passage, t->other.move, t->other.moves);
    int err = passage_run(t->passage, &t->crowd, t->other.move, t->other.moves, t->other.route, &t->other.sum);
    if (err || t->other.sum >= t->best.sum) return false;
    swap_answers(t);
    return true;
}

static void improve_all(struct together *t)
{
    uint16_t group[GROUP];
    for (uint32_t done = 0; done < t->q.searches_max;) {
        uint8_t want = (uint8_t)(1 + rng_below(&t->rng, GROUP)), n = 0;
        if (rng_below(&t->rng, 2) == 0) want = 1;
        while (n < want && n < t->robots) {
            uint16_t r = (uint16_t)rng_below(&t->rng, t->robots);
            if (!in_group(group, n, r)) group[n++] = r;
        }
        improve(t, group, n);
        done += n;
    }
}

int together_solve(struct together *t, const struct together_problem *q, struct witness_proof *proof)
{
    struct plan_finding finding;
    assert(q->robots == t->robots);
    t->q = *q;
    t->rng = rng_stream(q->seed, "together");
    int err = first_answer(t, proof);
    if (err) return err;
    improve_all(t);
    return plan_check(t->judge, t->best.route, t->cls, t->robots, &finding);
}

ms_t together_alone_ms(struct together *t, uint16_t robot)
{
    resv_clear(&t->resv);
    struct route *w = &t->other.route[robot];
    return search(t, robot, w) ? finish_ms(w) : 0;
}
