/* Where a job costs least, and the insertion of all that are out. */
#include <assert.h>
#include <string.h>

#include "tour_state.h"

struct trial {
    struct tour *t;
    const struct tour_line *l;
    uint16_t vehicle, frozen, depth; /* depth: how far the attempt came whose refusal is told */
    int64_t best;                    /* total cost of the tour; what costs as much is of no use */
    struct tour_offer o;
};

static void refused(struct trial *r, enum tour_why why, uint16_t depth)
{
    if (r->o.why == TOUR_FITS || depth < r->depth) return;
    r->o.why = why;
    r->depth = depth;
}

/* Nothing after stop k can be cheaper than it was, if this walk is no earlier there than the standing tour. (A change
 * that saves a wash later on could be; it is then found by another move, if at all.) */
static bool hopeless(const struct trial *r, const struct tour_walk *w, uint16_t k)
{
    return w->at >= r->l->walk[k].at && w->cost + (r->l->cost - r->l->walk[k].cost) >= r->best;
}

/* The stops from k on as they stand. The total, or INT64_MAX. */
static int64_t tail(struct trial *r, uint16_t k, struct tour_walk w)
{
    const struct tour_line *l = r->l;
    const struct tour_vehicle *v = &r->t->p->vehicle[r->vehicle];
    bool all_excused = false; /* the job tried is not */
    for (; k < l->count; k++) {
        enum tour_why why = tour_walk_stop(r->t, r->vehicle, &w, l->stop[k], k < r->frozen, NULL);
        if (why != TOUR_FITS) {
            refused(r, why, k);
            return INT64_MAX;
        }
        if (hopeless(r, &w, k + 1)) return INT64_MAX;
        const struct tour_walk *was = &l->walk[k + 1];
        bool same = w.at == was->at && w.before == was->before && l->limited == 0 && v->range_mm == INT64_MAX;
        if (same) return w.cost + (l->cost - was->cost);
    }
    enum tour_why why = tour_walk_end(r->t, r->vehicle, &w, all_excused);
    if (why != TOUR_FITS) refused(r, why, k);
    return why == TOUR_FITS ? w.cost : INT64_MAX;
}

/* All places for the drop, the pick-up being before stop i, w the state after it. */
static void try_drops(struct trial *r, uint16_t job, uint16_t i, struct tour_walk w)
{
    const struct tour_line *l = r->l;
    const struct tour_job *j = &r->t->p->job[job];
    for (uint16_t k = i;; k++) {
        struct tour_walk dropped = w;
        enum tour_why why =
            tour_walk_stop(r->t, r->vehicle, &dropped, (struct tour_stop){ job, TOUR_DROP }, false, NULL);
        if (why != TOUR_FITS) refused(r, why, k);
        if (why == TOUR_TOO_LATE || why == TOUR_TOO_LONG) return;
        int64_t total = why == TOUR_FITS && dropped.cost < r->best ? tail(r, k, dropped) : INT64_MAX;
        if (total < r->best) {
            r->best = total;
            r->o = (struct tour_offer){ .why = TOUR_FITS, .vehicle = r->vehicle, .pick_at = i, .drop_at = k };
            r->o.cost = total - l->cost;
            r->o.pick_ms = r->t->picked[job] - j->pick.service_ms;
            r->o.drop_ms = dropped.at - j->drop.service_ms;
        }
        if (k >= l->count) return;
        why = tour_walk_stop(r->t, r->vehicle, &w, l->stop[k], false, NULL);
        if (why != TOUR_FITS) refused(r, why, k);
        if (why != TOUR_FITS || w.cost >= r->best || hopeless(r, &w, k + 1)) return;
    }
}

static void try_all(struct trial *r, uint16_t job)
{
    const struct tour_line *l = r->l;
    uint16_t first = r->frozen < l->count ? r->frozen : l->count;
    if (r->t->p->job[job].kind != TOUR_CARRY) {
        try_drops(r, job, first, l->walk[first]);
        return;
    }
    for (uint16_t i = first; i <= l->count; i++) {
        struct tour_walk w = l->walk[i];
        if (w.cost >= r->best) return;
        enum tour_why why = tour_walk_stop(r->t, r->vehicle, &w, (struct tour_stop){ job, TOUR_PICK }, false, NULL);
        if (why != TOUR_FITS) refused(r, why, i);
        if (why == TOUR_TOO_LATE) return;
        if (why == TOUR_FITS && w.cost < r->best) try_drops(r, job, i, w);
        /* the walks above moved the pick-ups of the standing tour: the next one begins after this one as it was */
        if (i < l->count && l->stop[i].kind == TOUR_PICK) r->t->picked[l->stop[i].job] = l->walk[i + 1].at;
    }
}

struct tour_offer tour_find(struct tour *t, uint16_t job, uint16_t vehicle, int64_t limit)
{
    const struct tour_vehicle *v = &t->p->vehicle[vehicle];
    const struct tour_job *j = &t->p->job[job];
    const struct tour_line *l = &t->line[vehicle];
    struct trial r = { t, l, vehicle, v->frozen, 0, INT64_MAX, { .why = TOUR_UNREACHABLE, .vehicle = vehicle } };
    r.o.cost = INT64_MAX;
    if (limit < INT64_MAX - l->cost) r.best = l->cost + limit;
    uint16_t need = j->kind == TOUR_CARRY ? 2 : 1, most = v->stops_max < t->sizes.stops ? v->stops_max : t->sizes.stops;
    if (!(j->kinds >> v->kind & 1) || (j->pinned != TOUR_NONE && j->pinned != vehicle)) {
        r.o.why = TOUR_WRONG_KIND;
        return r.o;
    }
    if (l->count + need > most) {
        r.o.why = TOUR_TOO_MANY_STOPS;
        return r.o;
    }
    try_all(&r, job);
    for (uint16_t k = 0; k < l->count; k++)
        if (l->stop[k].kind == TOUR_PICK) t->picked[l->stop[k].job] = l->walk[k + 1].at;
    return r.o;
}

/* ---- all that are out --------------------------------------------------------------------------------------- */

static uint16_t jobs_out(struct tour *t)
{
    uint16_t n = 0;
    for (uint16_t j = 0; j < t->p->jobs; j++)
        if (t->vehicle_of[j] == TOUR_NONE) t->open[n++] = j;
    return n;
}

static struct tour_offer *offers(struct tour *t, uint16_t job) { return &t->offer[(size_t)job * t->sizes.vehicles]; }

/* The best offer for a job, and what it loses with the second best; leaving it out is an offer too. */
static const struct tour_offer *best_offer(struct tour *t, uint16_t job, int64_t *regret)
{
    const struct tour_offer *o = offers(t, job), *best = NULL;
    int64_t out = t->p->job[job].out_cost, second = out;
    for (uint16_t v = 0; v < t->p->vehicles; v++) {
        if (o[v].why != TOUR_FITS || o[v].cost >= out) continue;
        if (!best || o[v].cost < best->cost) {
            if (best) second = best->cost;
            best = &o[v];
        } else if (o[v].cost < second) {
            second = o[v].cost;
        }
    }
    if (best) *regret = second - best->cost;
    return best;
}

uint16_t tour_insert(struct tour *t)
{
    uint16_t n = jobs_out(t), vehicles = t->p->vehicles;
    for (uint16_t i = 0; i < n; i++)
        for (uint16_t v = 0; v < vehicles; v++)
            offers(t, t->open[i])[v] = tour_find(t, t->open[i], v, t->p->job[t->open[i]].out_cost);
    while (n > 0) {
        uint16_t chosen = 0;
        const struct tour_offer *best = NULL;
        int64_t best_regret = 0;
        for (uint16_t i = 0; i < n; i++) {
            int64_t regret = 0;
            const struct tour_offer *o = best_offer(t, t->open[i], &regret);
            if (!o || (best && (regret < best_regret || (regret == best_regret && o->cost >= best->cost)))) continue;
            best = o;
            best_regret = regret;
            chosen = i;
        }
        if (!best) break;
        uint16_t v = best->vehicle;
        tour_give(t, best, t->open[chosen]);
        memmove(t->open + chosen, t->open + chosen + 1, (n - chosen - 1u) * sizeof *t->open);
        n--;
        for (uint16_t i = 0; i < n; i++)
            offers(t, t->open[i])[v] = tour_find(t, t->open[i], v, t->p->job[t->open[i]].out_cost);
    }
    return n;
}

/* ---- why ---------------------------------------------------------------------------------------------------- */

static struct tour_offer as_it_is(const struct tour *t, uint16_t job, uint16_t vehicle)
{
    const struct tour_line *l = &t->line[vehicle];
    struct tour_offer o = { .why = TOUR_FITS, .vehicle = vehicle, .pick_ms = l->walk[0].at };
    uint16_t others = 0;
    for (uint16_t k = 0; k < l->count; k++) {
        const struct tour_job *j = &t->p->job[job];
        if (l->stop[k].job != job) {
            others++;
        } else if (l->stop[k].kind == TOUR_PICK) {
            o.pick_at = others;
            o.pick_ms = l->walk[k + 1].at - j->pick.service_ms;
        } else {
            o.drop_at = others;
            o.drop_ms = l->walk[k + 1].at - j->drop.service_ms;
        }
    }
    return o;
}

static void put_back(struct tour *t, uint16_t vehicle)
{
    struct tour_line *l = &t->line[vehicle], *was = &t->saved[vehicle];
    struct tour_line now = *l;
    *l = *was;
    *was = now; /* both own their arrays; only the standing one changes */
    for (uint16_t k = 0; k < l->count; k++) {
        if (l->stop[k].kind == TOUR_PICK) t->picked[l->stop[k].job] = l->walk[k + 1].at;
        t->vehicle_of[l->stop[k].job] = vehicle;
    }
}

struct tour_offer tour_offer(struct tour *t, uint16_t job, uint16_t vehicle)
{
    uint16_t had = t->vehicle_of[job];
    if (had != TOUR_NONE && tour_only_drop(t, job)) {
        struct tour_offer other = { .why = TOUR_WRONG_KIND, .vehicle = vehicle, .cost = INT64_MAX };
        return had == vehicle ? as_it_is(t, job, vehicle) : other;
    }
    memset(t->touched, 0, t->p->vehicles);
    if (had != TOUR_NONE && !tour_take(t, job)) { /* the others in its tour need it where it is */
        if (had == vehicle) return as_it_is(t, job, vehicle);
        had = TOUR_NONE;
    }
    struct tour_offer o = tour_find(t, job, vehicle, INT64_MAX);
    if (had != TOUR_NONE) put_back(t, had);
    return o;
}

const char *tour_why_en(enum tour_why why)
{
    switch (why) {
    case TOUR_FITS: return "fits";
    case TOUR_WRONG_KIND: return "this robot may not take it";
    case TOUR_TOO_MANY_STOPS: return "the robot has as many stops as it can";
    case TOUR_TOO_MUCH: return "no room beside what is aboard";
    case TOUR_NOT_TOGETHER: return "may not ride with what is aboard";
    case TOUR_NOT_AFTER: return "not after what was aboard, without a wash in between";
    case TOUR_TOO_LATE: return "too late for a fixed time";
    case TOUR_TOO_LONG: return "would be aboard for too long";
    case TOUR_TOO_FAR: return "beyond the robot's range";
    case TOUR_UNREACHABLE: return "no way there";
    }
    return "?";
}

const char *tour_why_zh(enum tour_why why)
{
    switch (why) {
    case TOUR_FITS: return "可以";
    case TOUR_WRONG_KIND: return "该机器人不能承运";
    case TOUR_TOO_MANY_STOPS: return "该机器人的停靠点已满";
    case TOUR_TOO_MUCH: return "车上剩余空间不足";
    case TOUR_NOT_TOGETHER: return "不能与车上物品同载";
    case TOUR_NOT_AFTER: return "须先消毒才能在此前的物品之后装载";
    case TOUR_TOO_LATE: return "赶不上规定时间";
    case TOUR_TOO_LONG: return "在车上的时间过长";
    case TOUR_TOO_FAR: return "超出剩余续航里程";
    case TOUR_UNREACHABLE: return "无法到达";
    }
    return "?";
}
