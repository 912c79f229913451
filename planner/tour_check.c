/* The judge of tours: the rules of tour.h from the problem and the stops alone. It shares no arithmetic with the
 * search; it is slow and plain on purpose. */
#include <assert.h>
#include <string.h>

#include "tour_state.h"

struct judge {
    const struct tour_problem *p;
    const struct tour_vehicle *v;
    uint16_t vehicle;
    ms_t now;
    uint16_t at;
    int64_t cost, driven;
    int32_t load[TOUR_DIMS];
    uint8_t aboard[TOUR_CLASSES], since_wash[TOUR_CLASSES];
    struct tour_judged out;
};

static bool fail(struct judge *g, const char *what, uint16_t job)
{
    if (!g->out.what) {
        g->out.what = what;
        g->out.job = job;
    }
    return false;
}

static struct tour_leg way(const struct judge *g, uint16_t from, uint16_t to)
{
    struct tour_leg l =
        from == TOUR_NONE ? g->v->start[to] : g->p->leg[g->v->profile][(size_t)from * g->p->places + to];
    if (l.ms == TOUR_NO_WAY) l = (struct tour_leg){ TOUR_DAY_MS, 0 };
    return l;
}

static void go(struct judge *g, uint16_t to)
{
    struct tour_leg l = way(g, g->at, to);
    g->now += l.ms;
    g->driven += l.mm;
    g->cost += (int64_t)l.ms * g->p->cost.per_ms_drive + (int64_t)l.mm * g->p->cost.per_mm;
    g->at = to;
}

static bool connected(const struct judge *g, uint16_t from, uint16_t to)
{
    struct tour_leg l =
        from == TOUR_NONE ? g->v->start[to] : g->p->leg[g->v->profile][(size_t)from * g->p->places + to];
    return l.ms != TOUR_NO_WAY;
}

static int loads(const struct judge *g)
{
    int n = 0;
    for (int c = 0; c < TOUR_CLASSES; c++) n += g->aboard[c];
    return n;
}

static void wash_on_the_way(struct judge *g, uint16_t to, int32_t ms)
{
    uint16_t which = TOUR_NONE;
    int64_t least = INT64_MAX;
    for (uint16_t i = 0; i < g->p->washers; i++) {
        uint16_t w = g->p->washer[i];
        if (!connected(g, g->at, w) || !connected(g, w, to)) continue;
        struct tour_leg a = way(g, g->at, w), b = way(g, w, to);
        int64_t c = ((int64_t)a.ms + b.ms) * g->p->cost.per_ms_drive + ((int64_t)a.mm + b.mm) * g->p->cost.per_mm;
        if (c < least) {
            least = c;
            which = w;
        }
    }
    if (which == TOUR_NONE) return;
    go(g, which);
    g->now += ms;
    g->cost += (int64_t)ms * g->p->cost.per_ms_drive;
    memset(g->since_wash, 0, sizeof g->since_wash);
}

/* Rules (3) and (4), before a pick-up. Returns the wash that is needed, 0 for none, -1 when it is not allowed. */
static int32_t wash_needed(struct judge *g, const struct tour_job *j, uint16_t job)
{
    int32_t most = 0;
    if (!g->p->rules) return 0;
    for (int c = 0; c < TOUR_CLASSES; c++) {
        if (g->aboard[c] > 0 && !(g->p->rules->together[c] >> j->class & 1)) fail(g, "not together", job);
        if (!g->since_wash[c]) continue;
        int32_t ms = g->p->rules->wash_ms[c][j->class];
        if (ms == TOUR_NO_WAY) fail(g, "never after", job);
        else if (ms > most) most = ms;
    }
    if (most > 0 && loads(g) > 0) fail(g, "wash with a load aboard", job);
    return g->out.what ? -1 : most;
}

static bool pick(struct judge *g, uint16_t job, bool frozen)
{
    const struct tour_job *j = &g->p->job[job];
    int32_t wash = wash_needed(g, j, job);
    if (wash < 0 && frozen) g->out.what = NULL;
    else if (wash < 0) return false;
    if (!frozen && !connected(g, g->at, j->pick.place) && wash == 0) return fail(g, "no way", job);
    if (wash > 0) wash_on_the_way(g, j->pick.place, wash);
    if (wash > 0 && loads(g) == 0 && !frozen)
        for (int c = 0; c < TOUR_CLASSES; c++)
            if (g->since_wash[c]) return fail(g, "no washer", job);
    go(g, j->pick.place);
    ms_t begin = g->now > j->pick.from_ms ? g->now : j->pick.from_ms;
    if (begin > j->pick.until_ms && !frozen) return fail(g, "pick-up too late", job);
    g->cost += (begin - g->now) * g->p->cost.per_ms_wait;
    g->now = begin + j->pick.service_ms;
    for (int d = 0; d < TOUR_DIMS; d++) {
        g->load[d] += j->size[d];
        if (!frozen && j->size[d] > 0 && g->load[d] > g->v->capacity[d]) return fail(g, "too much", job);
    }
    g->aboard[j->class]++;
    g->since_wash[j->class] = 1;
    return true;
}

static int64_t late_cost(const struct tour_job *j, ms_t at)
{
    int64_t sum = 0;
    sum += at > j->ready_ms ? (at - j->ready_ms) * (int64_t)j->ready_weight : 0;
    sum += at > j->due_ms ? (at - j->due_ms) * (int64_t)j->due_weight : 0;
    return sum + (at > j->worst_ms ? (at - j->worst_ms) * (int64_t)j->worst_weight : 0);
}

static bool drop(struct judge *g, uint16_t job, ms_t picked, bool excused)
{
    const struct tour_job *j = &g->p->job[job];
    if (!excused && !connected(g, g->at, j->drop.place)) return fail(g, "no way", job);
    go(g, j->drop.place);
    ms_t begin = g->now > j->drop.from_ms ? g->now : j->drop.from_ms;
    if (begin > j->drop.until_ms && !excused) return fail(g, "drop too late", job);
    if (j->kind == TOUR_CARRY && !excused && begin - picked > j->ride_max_ms) return fail(g, "too long aboard", job);
    g->cost += (begin - g->now) * g->p->cost.per_ms_wait + late_cost(j, begin);
    if (j->held_by != TOUR_NONE && j->held_by != g->vehicle) g->cost += j->move_cost;
    g->now = begin + j->drop.service_ms;
    if (j->kind == TOUR_VISIT) return true;
    for (int d = 0; d < TOUR_DIMS; d++) g->load[d] -= j->size[d];
    g->aboard[j->class]--;
    return true;
}

static void begin(struct judge *g)
{
    g->now = g->v->free_ms;
    g->at = g->v->place;
    for (int c = 0; c < TOUR_CLASSES; c++) g->since_wash[c] = g->v->before >> c & 1;
    for (uint16_t i = 0; i < g->p->jobs; i++) {
        const struct tour_job *j = &g->p->job[i];
        if (j->kind != TOUR_ABOARD || j->pinned != g->vehicle) continue;
        g->aboard[j->class]++;
        g->since_wash[j->class] = 1;
        for (int d = 0; d < TOUR_DIMS; d++) g->load[d] += j->size[d];
    }
}

/* Index of the stop before `k` that picks the job up; `k` when there is none. */
static uint16_t picked_at(const struct tour_stop *s, uint16_t k)
{
    for (uint16_t i = 0; i < k; i++)
        if (s[i].job == s[k].job && s[i].kind == TOUR_PICK) return i;
    return k;
}

static bool may_have(const struct judge *g, uint16_t job)
{
    const struct tour_job *j = &g->p->job[job];
    if (j->pinned != TOUR_NONE && j->pinned != g->vehicle) return false;
    return j->kind == TOUR_ABOARD || (j->kinds >> g->v->kind & 1);
}

static bool one_stop(struct judge *g, const struct tour_stop *s, uint16_t k, uint16_t count, ms_t *left)
{
    uint16_t job = s[k].job, from = picked_at(s, k);
    if (job >= g->p->jobs || !may_have(g, job)) return fail(g, "not this vehicle's", job);
    const struct tour_job *j = &g->p->job[job];
    bool frozen = k < g->v->frozen;
    for (uint16_t i = 0; i < k; i++)
        if (s[i].job == job && s[i].kind == s[k].kind) return fail(g, "twice", job);
    if (s[k].kind == TOUR_PICK) {
        bool dropped = false;
        for (uint16_t i = k + 1; i < count; i++) dropped |= s[i].job == job;
        if (!dropped || j->kind != TOUR_CARRY) return fail(g, "pick-up without a drop", job);
        if (!pick(g, job, frozen)) return false;
    } else {
        bool carry = j->kind == TOUR_CARRY;
        if (carry && from == k) return fail(g, "drop without a pick-up", job);
        bool excused = frozen || j->kind == TOUR_ABOARD || (carry && from < g->v->frozen);
        if (!drop(g, job, carry ? left[from] : 0, excused)) return false;
        if (g->driven > g->v->range_mm && !excused) return fail(g, "too far", job);
    }
    if (s[k].kind == TOUR_PICK && !frozen && g->driven > g->v->range_mm) return fail(g, "too far", job);
    left[k] = g->now;
    return true;
}

struct tour_judged tour_judge(const struct tour_problem *p, uint16_t vehicle, const struct tour_stop *s, uint16_t count)
{
    ms_t left[1000];
    struct judge g = { .p = p, .v = &p->vehicle[vehicle], .vehicle = vehicle, .out = { NULL, TOUR_NONE, 0 } };
    bool free_stop = false;
    assert(count <= COUNT_OF(left));
    begin(&g);
    for (uint16_t k = 0; k < count; k++) {
        if (!one_stop(&g, s, k, count, left)) return g.out;
        uint16_t from = picked_at(s, k);
        bool held = p->job[s[k].job].kind == TOUR_ABOARD || k < g.v->frozen || (from != k && from < g.v->frozen);
        free_stop |= !held;
    }
    if (count > 0) {
        g.cost += p->cost.per_vehicle;
        if (g.v->end_place != TOUR_NONE) {
            if (free_stop && !connected(&g, g.at, g.v->end_place)) fail(&g, "no way home", TOUR_NONE);
            go(&g, g.v->end_place);
        }
        if (free_stop && (g.now > g.v->end_ms || g.driven > g.v->range_mm))
            fail(&g, "home too late or too far", TOUR_NONE);
    }
    for (int c = 0; c < TOUR_CLASSES; c++)
        if (g.aboard[c] > 0) fail(&g, "a load is never dropped", TOUR_NONE);
    g.out.cost = g.cost;
    return g.out;
}

void tour_check(const struct tour *t)
{
    uint16_t in_tours = 0, placed = 0;
    for (uint16_t v = 0; v < t->p->vehicles; v++) {
        const struct tour_line *l = &t->line[v];
        struct tour_judged j = tour_judge(t->p, v, l->stop, l->count);
        assert(j.what == NULL);
        assert(j.cost == l->cost);
        for (uint16_t k = 0; k < l->count; k++) {
            assert(t->vehicle_of[l->stop[k].job] == v);
            in_tours += l->stop[k].kind == TOUR_DROP;
        }
    }
    for (uint16_t j = 0; j < t->p->jobs; j++) placed += t->vehicle_of[j] != TOUR_NONE;
    assert(placed == in_tours);
    (void)placed;
}
