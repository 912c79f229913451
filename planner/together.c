#include "together.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"
#include "common/rng.h"
#include "passage.h"
#include "pebble.h"
#include "sipp.h"

#define MOVES_PER_ROBOT 600
#define STATES 16384
#define EXPANSIONS 8000
#define GROUP 4
#define ATTEMPT 400 /* searches of the first attempt at a first answer, and as many per robot */

#define PROOF_AFTER 8       /* after this part of the tries it is asked whether there is an answer at all */
#define FIRST_LATER 1000000 /* chances of the later tries */

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
    struct witness *witness;
    struct passage *passage;
    struct resv resv;
    struct sipp *sipp;
    struct dist *dist;
    struct plan_judge *judge;
    struct answer best, other;
    class_id *cls;
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
           witness_memory(h, robots) + pebble_memory(h, robots, moves_max(robots)) + passage_memory(h, robots) +
           resv_memory(s, (uint32_t)n * 2 * ROUTE_MAX) + sipp_memory(STATES) + dist_memory(s, rows(s, robots), 1) +
           plan_judge_memory(s, robots) + n * sizeof(class_id) + (h->count + 1) * sizeof(struct heap_item) + 12 * 16;
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
    t->ms = arena_new(mem, uint32_t, (size_t)robots * s->nodes);
    struct heap_item *items = arena_new(mem, struct heap_item, h->count + 1);
    if (!t->cls || !t->ms || !items || !answer_open(&t->best, mem, robots) || !answer_open(&t->other, mem, robots))
        return ORD_EFULL;
    heap_init(&t->heap, items, h->count + 1);
    for (uint16_t r = 0; r < robots; r++) t->cls[r] = h->cls;
    int err = pebble_open(&t->pebble, mem, h, robots, moves_max(robots));
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

/* Answers number `from` and on, the best of them with the best so far, until the searches or the answers wanted are spent. */
static void first_answers(struct together *t, uint32_t from, uint32_t searches_max)
{
    uint32_t searches = 0, allowed = ATTEMPT * (1u + t->robots), answers = 0;
    for (uint32_t k = from; searches < searches_max && answers < t->q.answers_max; k++) {
        const struct crowd_move *move;
        int err = pebble_solve(t->pebble, &t->crowd, t->q.seed * 1000003 + k, allowed, &move, &t->other.moves);
        searches += pebble_searches(t->pebble);
        if (err) {
            allowed += allowed / 2;
            continue;
        }
        answers++;
        memcpy(t->other.move, move, t->other.moves * sizeof *move);
        t->other.moves = passage_shorten(t->passage, &t->crowd, t->other.move, t->other.moves);
        err = passage_run(t->passage, &t->crowd, t->other.move, t->other.moves, NULL, &t->other.sum);
        if (!err && t->other.sum < t->best.sum) swap_answers(t);
    }
}

static int first_answer(struct together *t, struct witness_proof *proof)
{
    t->best.sum = MS_NEVER;
    bool open = measure_crowd(t);
    if (open) first_answers(t, 0, t->q.tries_max / PROOF_AFTER);
    if (t->best.sum == MS_NEVER) {
        int err = witness_find(t->witness, &t->crowd, proof);
        if (!err) return ORD_ENOTFOUND;
        if (open) first_answers(t, FIRST_LATER, t->q.tries_max);
    }
    if (t->best.sum == MS_NEVER) return ORD_EFULL;
    return passage_run(t->passage, &t->crowd, t->best.move, t->best.moves, t->best.route, &t->best.sum);
}

/* ---- improvement ---------------------------------------------------------------------------------------------- */

static ms_t finish_ms(const struct route *w) { return w->step[w->count - 1].arrive_ms; }

static void add_visits(struct together *t, const struct route *w, uint16_t r)
{
    const struct site *s = t->site;
    for (uint16_t i = 0; i < w->count; i++) {
        ms_t from = i == 0 ? MS_BEGIN : w->step[route_move_start(s, w, i)].enter_ms;
        if (i > 0) resv_add(&t->resv, res_lane(s, s->edge[w->step[i].edge].lane), r, i, from, w->step[i].arrive_ms);
        resv_add(&t->resv, res_node(s, w->step[i].node), r, i, from,
                 i + 1 < w->count ? w->step[i + 1].arrive_ms : MS_NEVER);
    }
}

static bool in_group(const uint16_t *group, uint8_t n, uint16_t r)
{
    for (uint8_t i = 0; i < n; i++)
        if (group[i] == r) return true;
    return false;
}

static void reserve_others(struct together *t, const uint16_t *group, uint8_t n)
{
    resv_clear(&t->resv);
    for (uint16_t r = 0; r < t->robots; r++)
        if (!in_group(group, n, r)) add_visits(t, &t->best.route[r], r);
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
    t->other.moves = passage_shorten(t->passage, &t->crowd, t->other.move, t->other.moves);
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
