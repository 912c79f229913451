/* Large-neighbourhood search: take a few jobs out, put them back better, keep what a cooling threshold lets pass. */
#include <assert.h>
#include <string.h>

#include "tour_state.h"

#define TAKEN_MAX 24

enum ruin { RUIN_NEAR, RUIN_ANY, RUIN_TOUR, RUIN_LATE, RUIN_KINDS };

struct round {
    uint32_t weight[RUIN_KINDS];
    uint16_t taken[TAKEN_MAX];
    uint16_t count;
};

static void copy_line(struct tour_line *to, const struct tour_line *from)
{
    to->count = from->count;
    to->limited = from->limited;
    to->cost = from->cost;
    memcpy(to->stop, from->stop, from->count * sizeof *from->stop);
    memcpy(to->walk, from->walk, (from->count + 1u) * sizeof *from->walk);
}

static void read_line(struct tour *t, uint16_t vehicle)
{
    const struct tour_line *l = &t->line[vehicle];
    for (uint16_t k = 0; k < l->count; k++) {
        if (l->stop[k].kind == TOUR_PICK) t->picked[l->stop[k].job] = l->walk[k + 1].at;
        t->vehicle_of[l->stop[k].job] = vehicle;
    }
}

static void undo(struct tour *t)
{
    for (uint16_t v = 0; v < t->p->vehicles; v++) {
        if (!t->touched[v]) continue;
        for (uint16_t k = 0; k < t->line[v].count; k++) t->vehicle_of[t->line[v].stop[k].job] = TOUR_NONE;
        copy_line(&t->line[v], &t->saved[v]);
    }
    for (uint16_t v = 0; v < t->p->vehicles; v++)
        if (t->touched[v]) read_line(t, v);
}

/* dirty[v] bit 0: changed since the last accepted answer (touched); the best answer is kept line by line as well. */
static void keep_best(struct tour *t)
{
    for (uint16_t v = 0; v < t->p->vehicles; v++) copy_line(&t->best[v], &t->line[v]);
}

static void back_to_best(struct tour *t)
{
    for (uint16_t j = 0; j < t->p->jobs; j++) t->vehicle_of[j] = TOUR_NONE;
    for (uint16_t v = 0; v < t->p->vehicles; v++) {
        copy_line(&t->line[v], &t->best[v]);
        read_line(t, v);
    }
}

/* ---- ruin --------------------------------------------------------------------------------------------------- */

static uint16_t movable(struct tour *t)
{
    uint16_t n = 0;
    for (uint16_t j = 0; j < t->p->jobs; j++)
        if (t->vehicle_of[j] != TOUR_NONE && !tour_only_drop(t, j)) t->list[n++] = j;
    return n;
}

static void take(struct tour *t, struct round *r, uint16_t job)
{
    if (r->count < TAKEN_MAX && t->vehicle_of[job] != TOUR_NONE && tour_take(t, job)) r->taken[r->count++] = job;
}

/* How far apart two jobs are, in milliseconds of driving and of their moments. */
static int64_t apart(const struct tour *t, uint16_t a, uint16_t b)
{
    const struct tour_problem *p = t->p;
    const struct tour_job *ja = &p->job[a], *jb = &p->job[b];
    const struct tour_leg *leg = p->leg[p->vehicle[t->vehicle_of[a]].profile];
    int64_t d = leg[(size_t)ja->drop.place * p->places + jb->drop.place].ms;
    if (ja->kind == TOUR_CARRY && jb->kind == TOUR_CARRY)
        d += leg[(size_t)ja->pick.place * p->places + jb->pick.place].ms;
    int64_t due = ja->due_ms > jb->due_ms ? ja->due_ms - jb->due_ms : jb->due_ms - ja->due_ms;
    return d + (due < TOUR_DAY_MS ? due : TOUR_DAY_MS) / 4;
}

static void ruin_near(struct tour *t, struct round *r, uint16_t n, uint16_t want)
{
    uint16_t near[TAKEN_MAX] = { 0 }, have = 0, seed = t->list[rng_below(&t->rng, n)];
    int64_t far[TAKEN_MAX] = { 0 };
    for (uint16_t i = 0; i < n; i++) {
        uint16_t j = t->list[i];
        if (j == seed) continue;
        int64_t d = apart(t, seed, j) * (int64_t)(64 + rng_below(&t->rng, 64));
        if (have > 0 && have == want && d >= far[have - 1]) continue;
        uint16_t k = have < want ? have++ : have - 1u;
        for (; k > 0 && far[k - 1] > d; k--) {
            far[k] = far[k - 1];
            near[k] = near[k - 1];
        }
        far[k] = d;
        near[k] = j;
    }
    take(t, r, seed);
    for (uint16_t k = 0; k < have; k++) take(t, r, near[k]);
}

static void ruin_any(struct tour *t, struct round *r, uint16_t n, uint16_t want)
{
    for (uint16_t i = 0; i < want; i++) take(t, r, t->list[rng_below(&t->rng, n)]);
}

static void ruin_tour(struct tour *t, struct round *r, uint16_t n, uint16_t want)
{
    uint16_t v = t->vehicle_of[t->list[rng_below(&t->rng, n)]];
    for (uint16_t i = 0; i < n && r->count < want + 4; i++)
        if (t->vehicle_of[t->list[i]] == v) take(t, r, t->list[i]);
}

/* Jobs that are late in the standing tours, else any. */
static void ruin_late(struct tour *t, struct round *r, uint16_t n, uint16_t want)
{
    uint16_t first = (uint16_t)rng_below(&t->rng, t->p->vehicles);
    for (uint16_t i = 0; i < t->p->vehicles && r->count < want; i++) {
        uint16_t v = (uint16_t)((first + i) % t->p->vehicles), late = TOUR_NONE;
        const struct tour_line *l = &t->line[v];
        for (uint16_t k = 0; k < l->count; k++) {
            const struct tour_job *j = &t->p->job[l->stop[k].job];
            bool is_late = l->stop[k].kind == TOUR_DROP && l->walk[k + 1].at - j->drop.service_ms > j->due_ms;
            if (is_late && !tour_only_drop(t, l->stop[k].job)) late = l->stop[k].job;
        }
        if (late != TOUR_NONE) take(t, r, late);
    }
    ruin_any(t, r, n, r->count < want ? want - r->count : 0);
}

/* ---- recreate ----------------------------------------------------------------------------------------------- */

static void shuffle(struct tour *t, struct round *r)
{
    for (uint16_t i = r->count; i > 1; i--) {
        uint16_t k = (uint16_t)rng_below(&t->rng, i), j = r->taken[i - 1];
        r->taken[i - 1] = r->taken[k];
        r->taken[k] = j;
    }
}

/* Each where it costs least now, a vehicle being overlooked now and then (blinks, Christiaens and Vanden Berghe). */
static void put_greedy(struct tour *t, struct round *r)
{
    shuffle(t, r);
    for (uint16_t i = 0; i < r->count; i++) {
        struct tour_offer best = { .why = TOUR_UNREACHABLE };
        int64_t limit = t->p->job[r->taken[i]].out_cost;
        for (uint16_t v = 0; v < t->p->vehicles; v++) {
            if (rng_below(&t->rng, 32) == 0) continue;
            struct tour_offer o = tour_find(t, r->taken[i], v, limit);
            if (o.why != TOUR_FITS) continue;
            best = o;
            limit = o.cost;
        }
        if (best.why == TOUR_FITS) tour_give(t, &best, r->taken[i]);
    }
}

static void one_round(struct tour *t, struct round *r, uint32_t kind, uint16_t n)
{
    uint16_t most = n / 2 < 10 ? n / 2 + 1u : 10, want = (uint16_t)(1 + rng_below(&t->rng, most));
    r->count = 0;
    for (uint16_t j = 0; j < t->p->jobs && r->count < TAKEN_MAX / 2; j++)
        if (t->vehicle_of[j] == TOUR_NONE) r->taken[r->count++] = j; /* the left out get a chance in every round */
    if (kind == RUIN_NEAR) ruin_near(t, r, n, want);
    if (kind == RUIN_ANY) ruin_any(t, r, n, want);
    if (kind == RUIN_TOUR) ruin_tour(t, r, n, want);
    if (kind == RUIN_LATE) ruin_late(t, r, n, want);
    if (rng_below(&t->rng, 4) == 0) tour_insert(t);
    else put_greedy(t, r);
    uint16_t v = (uint16_t)rng_below(&t->rng, t->p->vehicles);
    tour_better_aboard(t, v);
}

static uint32_t choose(struct tour *t, const struct round *r)
{
    uint32_t sum = 0, kind = 0;
    for (int k = 0; k < RUIN_KINDS; k++) sum += r->weight[k];
    uint32_t x = rng_below(&t->rng, sum);
    while (x >= r->weight[kind]) x -= r->weight[kind++];
    return kind;
}

/* Adaptive as in Ropke and Pisinger: what finds better answers is tried more often; nothing is ever tried no more. */
static void learn(struct round *r, uint32_t kind, bool better, bool best)
{
    uint32_t reward = best ? 4096 : better ? 1024 : 64;
    r->weight[kind] = (r->weight[kind] * 15 + reward) / 16 + 16;
}

void tour_improve(struct tour *t, uint64_t effort)
{
    struct round r = { .weight = { 1024, 512, 512, 512 } };
    uint64_t begin = t->effort, end = begin + effort;
    uint16_t n = movable(t);
    for (uint16_t v = 0; v < t->p->vehicles; v++) tour_better_aboard(t, v);
    int64_t cost = tour_cost(t), best = cost;
    if (n == 0) return;
    keep_best(t);
    int64_t warm = cost / n / 16; /* a fraction of what a job costs */
    while (t->effort < end) {
        memset(t->touched, 0, t->p->vehicles);
        n = movable(t);
        if (n == 0) break;
        uint32_t kind = choose(t, &r);
        one_round(t, &r, kind, n);
        int64_t now = tour_cost(t), left = (int64_t)(((end - t->effort) << 10) / effort);
        if (t->effort >= end) left = 0;
        learn(&r, kind, now < cost, now < best);
        int64_t threshold = warm > 0 && left > 0 ? rng_exponential(&t->rng, warm * left >> 10) : 0;
        if (now < cost + threshold) cost = now;
        else undo(t);
        if (now >= best) continue;
        best = now;
        keep_best(t);
    }
    if (tour_cost(t) > best) back_to_best(t);
}
