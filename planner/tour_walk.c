/* The rules of tour.h, applied one stop at a time. */
#include <string.h>

#include "tour_state.h"

void tour_walk_begin(const struct tour *t, uint16_t vehicle, struct tour_walk *w)
{
    const struct tour_vehicle *v = &t->p->vehicle[vehicle];
    memset(w, 0, sizeof *w);
    w->at = v->free_ms;
    w->place = v->place;
    w->before = v->before;
    for (uint16_t j = 0; j < t->p->jobs; j++) {
        const struct tour_job *job = &t->p->job[j];
        if (job->kind != TOUR_ABOARD || job->pinned != vehicle) continue;
        for (int d = 0; d < TOUR_DIMS; d++) w->load[d] += job->size[d];
        w->count[job->class]++;
        w->aboard |= (uint16_t)(1u << job->class);
        w->loads++;
    }
    w->before |= w->aboard;
}

static struct tour_leg leg(const struct tour *t, const struct tour_vehicle *v, uint16_t from, uint16_t to)
{
    if (from == TOUR_NONE) return v->start[to];
    return t->p->leg[v->profile][(size_t)from * t->p->places + to];
}

/* The cheapest way by a washer; washer TOUR_NONE when there is none. */
static struct tour_leg_wash by_washer(const struct tour *t, const struct tour_vehicle *v, uint16_t from, uint16_t to)
{
    const struct tour_problem *p = t->p;
    struct tour_leg_wash best = { TOUR_NONE, 0, 0 };
    int64_t best_cost = INT64_MAX;
    for (uint16_t i = 0; i < p->washers; i++) {
        struct tour_leg a = leg(t, v, from, p->washer[i]), b = leg(t, v, p->washer[i], to);
        if (a.ms == TOUR_NO_WAY || b.ms == TOUR_NO_WAY) continue;
        int64_t ms = (int64_t)a.ms + b.ms, mm = (int64_t)a.mm + b.mm;
        int64_t cost = ms * p->cost.per_ms_drive + mm * p->cost.per_mm;
        if (cost >= best_cost) continue;
        best_cost = cost;
        best = (struct tour_leg_wash){ p->washer[i], ms, mm };
    }
    return best;
}

static int32_t wash_time(const struct tour *t, uint16_t before, uint8_t next)
{
    int32_t most = 0;
    for (int c = 0; c < TOUR_CLASSES; c++) {
        int32_t ms = before & (1u << c) ? t->p->rules->wash_ms[c][next] : 0;
        if (ms > most && ms != TOUR_NO_WAY) most = ms;
    }
    return most;
}

/* May this class be loaded now? *wash: only after a wash. */
static enum tour_why may_load(const struct tour *t, const struct tour_walk *w, uint8_t class, bool *wash)
{
    *wash = false;
    if (!t->p->rules) return TOUR_FITS;
    if (w->aboard & ~t->p->rules->together[class]) return TOUR_NOT_TOGETHER;
    *wash = (w->before & (t->washes[class] | t->never[class])) != 0;
    if (w->before & t->never[class]) return TOUR_NOT_AFTER;
    return *wash && w->loads > 0 ? TOUR_NOT_AFTER : TOUR_FITS;
}

static enum tour_why take_load(const struct tour_vehicle *v, const struct tour_job *job, struct tour_walk *w,
                               bool frozen)
{
    for (int d = 0; d < TOUR_DIMS; d++) {
        w->load[d] += job->size[d];
        if (job->size[d] > 0 && w->load[d] > v->capacity[d] && !frozen) return TOUR_TOO_MUCH;
    }
    w->count[job->class]++;
    w->loads++;
    w->aboard |= (uint16_t)(1u << job->class);
    w->before |= (uint16_t)(1u << job->class);
    return TOUR_FITS;
}

static void leave_load(const struct tour_job *job, struct tour_walk *w)
{
    for (int d = 0; d < TOUR_DIMS; d++) w->load[d] -= job->size[d];
    w->loads--;
    if (--w->count[job->class] == 0) w->aboard &= (uint16_t) ~(1u << job->class);
}

static int64_t lateness(const struct tour_job *job, ms_t begin)
{
    int64_t cost = 0;
    if (begin > job->ready_ms) cost += (begin - job->ready_ms) * job->ready_weight;
    if (begin > job->due_ms) cost += (begin - job->due_ms) * job->due_weight;
    if (begin > job->worst_ms) cost += (begin - job->worst_ms) * job->worst_weight;
    return cost;
}

/* Drive to `to`, by a washer where `wash` says so. */
static enum tour_why drive(const struct tour *t, const struct tour_vehicle *v, struct tour_walk *w, uint16_t to,
                           bool wash, const struct tour_job *job, bool excused, struct tour_visit *visit)
{
    const struct tour_cost *c = &t->p->cost;
    struct tour_leg_wash way = { TOUR_NONE, 0, 0 };
    int32_t wash_ms = 0;
    if (wash) {
        way = by_washer(t, v, w->place, to);
        if (way.washer == TOUR_NONE && !excused) return TOUR_NOT_AFTER;
        wash_ms = wash_time(t, w->before, job->class);
        if (way.washer != TOUR_NONE) w->before = 0;
    }
    if (visit && way.washer != TOUR_NONE) visit->wash_ms = w->at + leg(t, v, w->place, way.washer).ms;
    if (way.washer == TOUR_NONE) {
        struct tour_leg l = leg(t, v, w->place, to);
        if (l.ms == TOUR_NO_WAY && !excused) return TOUR_UNREACHABLE;
        way.ms = l.ms == TOUR_NO_WAY ? TOUR_DAY_MS : l.ms;
        way.mm = l.ms == TOUR_NO_WAY ? 0 : l.mm;
        wash_ms = 0;
    }
    if (visit) visit->wash = way.washer;
    w->at += way.ms + wash_ms;
    w->driven_mm += way.mm;
    w->cost += (way.ms + wash_ms) * c->per_ms_drive + way.mm * c->per_mm;
    w->place = to;
    return w->driven_mm > v->range_mm && !excused ? TOUR_TOO_FAR : TOUR_FITS;
}

enum tour_why tour_walk_stop(struct tour *t, uint16_t vehicle, struct tour_walk *w, struct tour_stop s, bool frozen,
                             struct tour_visit *visit)
{
    const struct tour_vehicle *v = &t->p->vehicle[vehicle];
    const struct tour_job *job = &t->p->job[s.job];
    const struct tour_end *end = s.kind == TOUR_PICK ? &job->pick : &job->drop;
    bool excused = tour_excused(t, s, frozen), wash = false;
    enum tour_why why = TOUR_FITS;
    t->effort++;
    if (s.kind == TOUR_PICK) why = may_load(t, w, job->class, &wash);
    if (why != TOUR_FITS && !excused) return why;
    why = drive(t, v, w, end->place, wash && why == TOUR_FITS, job, excused, visit);
    if (why != TOUR_FITS) return why;
    ms_t arrive = w->at, begin = ms_max(arrive, end->from_ms);
    if (begin > end->until_ms && !excused) return TOUR_TOO_LATE;
    w->cost += (begin - arrive) * t->p->cost.per_ms_wait;
    w->at = begin + end->service_ms;
    if (s.kind == TOUR_PICK) {
        why = take_load(v, job, w, frozen);
        t->picked[s.job] = w->at;
    } else {
        bool aboard = job->kind == TOUR_ABOARD;
        if (job->kind == TOUR_CARRY && begin - t->picked[s.job] > job->ride_max_ms && !excused) return TOUR_TOO_LONG;
        if (aboard || job->kind == TOUR_CARRY) leave_load(job, w);
        w->cost += lateness(job, begin);
        if (job->held_by != TOUR_NONE && job->held_by != vehicle) w->cost += job->move_cost;
    }
    if (visit) {
        visit->stop = s;
        visit->place = end->place;
        visit->arrive_ms = arrive;
        visit->begin_ms = begin;
        visit->leave_ms = w->at;
    }
    return why;
}

enum tour_why tour_walk_end(const struct tour *t, uint16_t vehicle, struct tour_walk *w, bool excused)
{
    const struct tour_vehicle *v = &t->p->vehicle[vehicle];
    w->cost += t->p->cost.per_vehicle;
    if (v->end_place != TOUR_NONE) {
        enum tour_why why = drive(t, v, w, v->end_place, false, NULL, excused, NULL);
        if (why != TOUR_FITS) return why;
    }
    return w->at > v->end_ms && !excused ? TOUR_TOO_LATE : TOUR_FITS;
}
