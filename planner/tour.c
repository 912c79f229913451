#include "tour.h"

#include <assert.h>
#include <string.h>

#include "tour_state.h"

/* ---- opening and loading ------------------------------------------------------------------------------------ */

static size_t padded(size_t bytes) { return (bytes + 15) & ~(size_t)15; }

static size_t line_memory(const struct tour_sizes *s)
{
    return padded(s->stops * sizeof(struct tour_stop)) + padded((s->stops + 1u) * sizeof(struct tour_walk));
}

size_t tour_memory(const struct tour_sizes *s)
{
    size_t lines = padded(s->vehicles * sizeof(struct tour_line));
    size_t by_job = 4 * padded(s->jobs * sizeof(uint16_t)) + padded(s->jobs) + padded(s->jobs * sizeof(ms_t));
    return padded(sizeof(struct tour)) + 3 * lines + (3u * s->vehicles + 1) * line_memory(s) + padded(s->vehicles) +
           by_job + padded((size_t)s->jobs * s->vehicles * sizeof(struct tour_offer));
}

static bool open_lines(struct tour_line **out, struct arena *mem, const struct tour_sizes *s)
{
    struct tour_line *l = arena_new(mem, struct tour_line, s->vehicles);
    if (!l) return false;
    for (uint16_t v = 0; v < s->vehicles; v++) {
        l[v].stop = arena_new(mem, struct tour_stop, s->stops);
        l[v].walk = arena_new(mem, struct tour_walk, s->stops + 1u);
        if (!l[v].stop || !l[v].walk) return false;
    }
    *out = l;
    return true;
}

int tour_open(struct tour **out, struct arena *mem, const struct tour_sizes *s)
{
    struct tour *t = arena_new(mem, struct tour, 1);
    if (!t || s->stops > 1000) return ORD_EFULL;
    t->sizes = *s;
    if (!open_lines(&t->line, mem, s) || !open_lines(&t->saved, mem, s) || !open_lines(&t->best, mem, s))
        return ORD_EFULL;
    t->vehicle_of = arena_new(mem, uint16_t, s->jobs);
    t->best_of = arena_new(mem, uint16_t, s->jobs);
    t->open = arena_new(mem, uint16_t, s->jobs);
    t->list = arena_new(mem, uint16_t, s->jobs);
    t->anchored = arena_new(mem, uint8_t, s->jobs);
    t->picked = arena_new(mem, ms_t, s->jobs);
    t->touched = arena_new(mem, uint8_t, s->vehicles);
    t->offer = arena_new(mem, struct tour_offer, (size_t)s->jobs * s->vehicles);
    t->trial = arena_new(mem, struct tour_stop, s->stops);
    t->trial_walk = arena_new(mem, struct tour_walk, s->stops + 1u);
    if (!t->vehicle_of || !t->best_of || !t->open || !t->list || !t->anchored || !t->picked || !t->touched ||
        !t->offer || !t->trial || !t->trial_walk)
        return ORD_EFULL;
    *out = t;
    return ORD_OK;
}

static const char *vehicle_fault(const struct tour_problem *p, const struct tour_vehicle *v)
{
    if (v->kind > 31) return "kind is above 31";
    if (v->profile >= p->profiles) return "profile is not one of the tables";
    if (v->place == TOUR_NONE && !v->start) return "neither a place nor ways from where it is";
    if (v->place != TOUR_NONE && v->place >= p->places) return "place is not one of the places";
    if (v->end_place != TOUR_NONE && v->end_place >= p->places) return "end_place is not one of the places";
    if (v->range_mm < 0) return "range_mm is negative";
    return NULL;
}

static const char *job_fault(const struct tour_problem *p, const struct tour_job *j)
{
    if (j->drop.place >= p->places) return "drop.place is not one of the places";
    if (j->kind == TOUR_CARRY && j->pick.place >= p->places) return "pick.place is not one of the places";
    if (j->class >= TOUR_CLASSES) return "class is above 15";
    if (j->pinned != TOUR_NONE && j->pinned >= p->vehicles) return "pinned is not one of the vehicles";
    if (j->kind == TOUR_ABOARD && j->pinned == TOUR_NONE) return "aboard, and pinned to no vehicle";
    for (int d = 0; d < TOUR_DIMS; d++)
        if (j->size[d] < 0) return "size is negative";
    if (j->pick.service_ms < 0 || j->drop.service_ms < 0) return "service_ms is negative";
    if (j->ready_weight < 0 || j->due_weight < 0 || j->worst_weight < 0) return "a weight is negative";
    return NULL;
}

static int find_fault(const struct tour_problem *p, struct tour_fault *f)
{
    *f = (struct tour_fault){ NULL, TOUR_NONE, TOUR_NONE };
    if (p->cost.per_mm < 0 || p->cost.per_ms_drive < 0 || p->cost.per_ms_wait < 0) f->what = "a cost is negative";
    for (uint16_t i = 0; !f->what && i < p->washers; i++)
        if (p->washer[i] >= p->places) f->what = "a washer is not one of the places";
    for (uint16_t v = 0; !f->what && v < p->vehicles; v++)
        if ((f->what = vehicle_fault(p, &p->vehicle[v]))) f->vehicle = v;
    for (uint16_t j = 0; !f->what && j < p->jobs; j++)
        if ((f->what = job_fault(p, &p->job[j]))) f->job = j;
    return f->what ? ORD_ERANGE : ORD_OK;
}

static void load_rules(struct tour *t)
{
    const struct tour_rules *r = t->p->rules;
    memset(t->never, 0, sizeof t->never);
    memset(t->washes, 0, sizeof t->washes);
    for (int next = 0; r && next < TOUR_CLASSES; next++) {
        for (int before = 0; before < TOUR_CLASSES; before++) {
            uint16_t bit = (uint16_t)(1u << before);
            if (r->wash_ms[before][next] == TOUR_NO_WAY) t->never[next] |= bit;
            else if (r->wash_ms[before][next] > 0) t->washes[next] |= bit;
        }
    }
}

int tour_load(struct tour *t, const struct tour_problem *p, uint64_t seed, struct tour_fault *note)
{
    struct tour_fault fault;
    if (p->vehicles > t->sizes.vehicles || p->jobs > t->sizes.jobs) return ORD_EFULL;
    int err = find_fault(p, note ? note : &fault);
    if (err) return err;
    t->p = p;
    t->effort = 0;
    t->rng = rng_stream(seed, "tour");
    load_rules(t);
    memset(t->anchored, 0, p->jobs);
    memset(t->touched, 0, p->vehicles);
    for (uint16_t j = 0; j < p->jobs; j++) t->vehicle_of[j] = TOUR_NONE;
    for (uint16_t v = 0; v < p->vehicles; v++) {
        t->line[v].count = t->line[v].limited = 0;
        t->line[v].cost = 0;
        tour_walk_begin(t, v, &t->line[v].walk[0]);
    }
    for (uint16_t v = 0; v < p->vehicles; v++) {
        tour_keep(t, v, NULL, 0);
        uint16_t aboard = t->line[v].walk[0].loads;
        if (aboard > t->line[v].count) return ORD_EFULL; /* more loads aboard than the sizes have stops */
    }
    return ORD_OK;
}

/* ---- changing one tour -------------------------------------------------------------------------------------- */

static void restore_picked(struct tour *t, const struct tour_line *l, uint16_t from)
{
    for (uint16_t k = from; k < l->count; k++)
        if (l->stop[k].kind == TOUR_PICK) t->picked[l->stop[k].job] = l->walk[k + 1].at;
}

static bool all_excused(const struct tour *t, uint16_t vehicle, const struct tour_stop *s, uint16_t count)
{
    for (uint16_t k = t->p->vehicle[vehicle].frozen; k < count; k++)
        if (!tour_excused(t, s[k], false)) return false;
    return true;
}

static void save_line(struct tour *t, uint16_t vehicle)
{
    if (t->touched[vehicle]) return;
    struct tour_line *from = &t->line[vehicle], *to = &t->saved[vehicle];
    t->touched[vehicle] = 1;
    to->count = from->count;
    to->limited = from->limited;
    to->cost = from->cost;
    memcpy(to->stop, from->stop, from->count * sizeof *from->stop);
    memcpy(to->walk, from->walk, (from->count + 1u) * sizeof *from->walk);
}

bool tour_set(struct tour *t, uint16_t vehicle, const struct tour_stop *stops, uint16_t count, uint16_t *bad)
{
    struct tour_line *l = &t->line[vehicle];
    uint16_t same = 0, frozen = t->p->vehicle[vehicle].frozen, limited = 0;
    while (same < count && same < l->count && stops[same].job == l->stop[same].job &&
           stops[same].kind == l->stop[same].kind)
        same++;
    struct tour_walk w = l->walk[same];
    for (uint16_t k = same; k < count; k++) {
        *bad = k;
        if (tour_walk_stop(t, vehicle, &w, stops[k], k < frozen, NULL) != TOUR_FITS) goto refused;
        t->trial_walk[k + 1] = w;
    }
    *bad = count;
    if (count > 0 && tour_walk_end(t, vehicle, &w, all_excused(t, vehicle, stops, count)) != TOUR_FITS) goto refused;
    save_line(t, vehicle);
    for (uint16_t k = 0; k < count; k++) limited += t->p->job[stops[k].job].ride_max_ms != INT32_MAX;
    if (stops != l->stop) memmove(l->stop + same, stops + same, (count - same) * sizeof *stops);
    memcpy(l->walk + same + 1, t->trial_walk + same + 1, (count - same) * sizeof *l->walk);
    l->count = count;
    l->limited = limited;
    l->cost = count > 0 ? w.cost : 0;
    return true;
refused:
    restore_picked(t, l, same);
    return false;
}

/* Copy `l` to the scratch tour without `job`. Returns the count. */
static uint16_t without(struct tour *t, const struct tour_stop *stops, uint16_t count, uint16_t job)
{
    uint16_t n = 0;
    for (uint16_t k = 0; k < count; k++)
        if (stops[k].job != job) t->trial[n++] = stops[k];
    return n;
}

bool tour_take(struct tour *t, uint16_t job)
{
    uint16_t v = t->vehicle_of[job], bad;
    assert(v != TOUR_NONE && !tour_only_drop(t, job));
    uint16_t n = without(t, t->line[v].stop, t->line[v].count, job);
    if (!tour_set(t, v, t->trial, n, &bad)) return false;
    t->vehicle_of[job] = TOUR_NONE;
    return true;
}

void tour_give(struct tour *t, const struct tour_offer *o, uint16_t job)
{
    struct tour_line *l = &t->line[o->vehicle];
    bool carry = t->p->job[job].kind == TOUR_CARRY;
    uint16_t n = 0, bad;
    assert(o->why == TOUR_FITS && t->vehicle_of[job] == TOUR_NONE);
    for (uint16_t k = 0; k <= l->count; k++) {
        if (carry && k == o->pick_at) t->trial[n++] = (struct tour_stop){ job, TOUR_PICK };
        if (k == o->drop_at) t->trial[n++] = (struct tour_stop){ job, TOUR_DROP };
        if (k < l->count) t->trial[n++] = l->stop[k];
    }
    bool fits = tour_set(t, o->vehicle, t->trial, n, &bad);
    assert(fits);
    (void)fits;
    t->vehicle_of[job] = o->vehicle;
}

/* A drop that cannot leave its tour (the load is aboard) may still move within it. */
static void better_drop(struct tour *t, uint16_t vehicle, uint16_t at)
{
    struct tour_line *l = &t->line[vehicle];
    struct tour_stop s = l->stop[at];
    int64_t best = l->cost;
    uint16_t frozen = t->p->vehicle[vehicle].frozen, best_at = at, bad, now = at;
    for (uint16_t to = frozen; to < l->count; to++) {
        if (to == at) continue;
        uint16_t n = 0;
        for (uint16_t k = 0; k < l->count; k++) {
            if (k == now) continue;
            if (n == to) t->trial[n++] = s;
            t->trial[n++] = l->stop[k];
        }
        if (n == to) t->trial[n++] = s;
        if (!tour_set(t, vehicle, t->trial, l->count, &bad)) continue;
        now = to;
        if (l->cost >= best) continue;
        best = l->cost;
        best_at = to;
    }
    if (best_at == now) return;
    if (best_at < now) {
        memcpy(t->trial, l->stop, l->count * sizeof *l->stop);
        memmove(t->trial + best_at + 1, t->trial + best_at, (size_t)(now - best_at) * sizeof *l->stop);
    } else {
        memcpy(t->trial, l->stop, l->count * sizeof *l->stop);
        memmove(t->trial + now, t->trial + now + 1, (size_t)(best_at - now) * sizeof *l->stop);
    }
    t->trial[best_at] = s;
    bool fits = tour_set(t, vehicle, t->trial, l->count, &bad);
    assert(fits);
    (void)fits;
}

void tour_better_aboard(struct tour *t, uint16_t vehicle)
{
    struct tour_line *l = &t->line[vehicle];
    for (uint16_t k = t->p->vehicle[vehicle].frozen; k < l->count; k++)
        if (l->stop[k].kind == TOUR_DROP && tour_only_drop(t, l->stop[k].job)) better_drop(t, vehicle, k);
}

/* ---- taking over tours in force ----------------------------------------------------------------------------- */

enum { SEEN_PICK = 1, SEEN_DROP = 2, SEEN_WRONG = 4 };

/* The stops that make sense, in t->trial: known jobs, in no other tour, both ends in order, allowed on this one. */
static uint16_t sensible(struct tour *t, uint16_t vehicle, const struct tour_stop *stops, uint16_t count)
{
    const struct tour_problem *p = t->p;
    uint16_t n = 0;
    memset(t->list, 0, p->jobs * sizeof *t->list);
    for (uint16_t k = 0; k < count; k++) {
        if (stops[k].job >= p->jobs) continue;
        const struct tour_job *job = &p->job[stops[k].job];
        uint16_t *seen = &t->list[stops[k].job], bit = stops[k].kind == TOUR_PICK ? SEEN_PICK : SEEN_DROP;
        bool pick_due = job->kind == TOUR_CARRY && bit == SEEN_DROP && !(*seen & SEEN_PICK);
        bool foreign = (job->pinned != TOUR_NONE && job->pinned != vehicle) ||
                       t->vehicle_of[stops[k].job] != TOUR_NONE || !(job->kinds >> p->vehicle[vehicle].kind & 1);
        if (job->kind == TOUR_ABOARD && job->pinned == vehicle) foreign = false;
        if (pick_due || foreign || (*seen & bit) || (bit == SEEN_PICK && job->kind != TOUR_CARRY)) *seen |= SEEN_WRONG;
        *seen |= bit;
    }
    for (uint16_t k = 0; k < count && n < t->sizes.stops; k++) {
        if (stops[k].job >= p->jobs) continue;
        uint16_t all = p->job[stops[k].job].kind == TOUR_CARRY ? SEEN_PICK | SEEN_DROP : SEEN_DROP;
        if (t->list[stops[k].job] == all) t->trial[n++] = stops[k];
    }
    return n;
}

/* Which job goes when stop `bad` breaks a rule: its own, unless it cannot; then the last before it that can. */
static uint16_t who_goes(const struct tour *t, uint16_t vehicle, const struct tour_stop *s, uint16_t count,
                         uint16_t bad)
{
    uint16_t frozen = t->p->vehicle[vehicle].frozen;
    for (uint16_t k = bad < count ? bad + 1 : count; k-- > frozen;)
        if (!tour_only_drop(t, s[k].job)) return s[k].job;
    return TOUR_NONE;
}

/* Loads aboard that the tour given does not end. */
static uint16_t add_aboard(struct tour *t, uint16_t vehicle, uint16_t n)
{
    for (uint16_t j = 0; j < t->p->jobs && n < t->sizes.stops; j++) {
        const struct tour_job *job = &t->p->job[j];
        if (job->kind != TOUR_ABOARD || job->pinned != vehicle || t->list[j] == SEEN_DROP) continue;
        t->trial[n++] = (struct tour_stop){ j, TOUR_DROP };
    }
    return n;
}

uint16_t tour_keep(struct tour *t, uint16_t vehicle, const struct tour_stop *stops, uint16_t count)
{
    struct tour_line *l = &t->line[vehicle];
    uint16_t left = 0, bad;
    for (uint16_t k = 0; k < l->count; k++) {
        t->vehicle_of[l->stop[k].job] = TOUR_NONE;
        t->anchored[l->stop[k].job] = 0;
    }
    uint16_t n = sensible(t, vehicle, stops, count);
    for (uint16_t k = 0; k < n && k < t->p->vehicle[vehicle].frozen; k++) t->anchored[t->trial[k].job] = 1;
    n = add_aboard(t, vehicle, n);
    while (!tour_set(t, vehicle, t->trial, n, &bad)) {
        uint16_t job = who_goes(t, vehicle, t->trial, n, bad);
        assert(job != TOUR_NONE); /* the others are excused */
        n = without(t, t->trial, n, job);
    }
    for (uint16_t k = 0; k < l->count; k++) t->vehicle_of[l->stop[k].job] = vehicle;
    for (uint16_t k = 0; k < count; k++)
        left += stops[k].kind == TOUR_DROP && (stops[k].job >= t->p->jobs || t->vehicle_of[stops[k].job] != vehicle);
    if (count == 0 && l->count > 1) tour_better_aboard(t, vehicle);
    return left;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

uint16_t tour_stops(const struct tour *t, uint16_t vehicle, const struct tour_stop **stops)
{
    *stops = t->line[vehicle].stop;
    return t->line[vehicle].count;
}

uint16_t tour_vehicle_of(const struct tour *t, uint16_t job) { return t->vehicle_of[job]; }
uint64_t tour_effort(const struct tour *t) { return t->effort; }
int64_t tour_cost_of(const struct tour *t, uint16_t vehicle) { return t->line[vehicle].cost; }

int64_t tour_cost(const struct tour *t)
{
    int64_t sum = 0;
    for (uint16_t v = 0; v < t->p->vehicles; v++) sum += t->line[v].cost;
    for (uint16_t j = 0; j < t->p->jobs; j++)
        if (t->vehicle_of[j] == TOUR_NONE) sum += t->p->job[j].out_cost;
    return sum;
}

uint16_t tour_timetable(struct tour *t, uint16_t vehicle, struct tour_visit *out)
{
    const struct tour_line *l = &t->line[vehicle];
    struct tour_walk w = l->walk[0];
    for (uint16_t k = 0; k < l->count; k++) {
        int64_t before = w.cost;
        enum tour_why why = tour_walk_stop(t, vehicle, &w, l->stop[k], k < t->p->vehicle[vehicle].frozen, &out[k]);
        assert(why == TOUR_FITS);
        (void)why;
        out[k].cost = w.cost - before;
    }
    return l->count;
}
