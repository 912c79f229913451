#include "together.h"

#include <assert.h>
#include <string.h>

#include "common/rng.h"
#include "pebble.h"
#include "sipp.h"

#define MOVES_PER_ROBOT 1500
#define STATES 16384
#define EXPANSIONS 8000
#define GROUP 4

struct last {
    uint16_t robot;
    ms_t at_ms;
};

struct together {
    const struct site *site;
    uint16_t robots;
    struct together_problem q; /* start and goal stay borrowed */
    struct pebble *pebble;
    struct resv resv;
    struct sipp *sipp;
    struct dist *dist;
    struct plan_judge *judge;
    struct route *route;
    struct route_step *saved; /* GROUP routes */
    class_id *cls;
    struct last (*left)[2]; /* per resource: the two latest releases by different robots */
    struct rng rng;
};

static uint16_t rows(const struct site *s, uint16_t robots)
{
    return (uint16_t)((robots < s->nodes ? robots : s->nodes) + 4);
}

size_t together_memory(const struct site *s, uint16_t robots)
{
    size_t n = robots;
    return sizeof(struct together) + pebble_memory(s, robots, (uint32_t)n * MOVES_PER_ROBOT) +
           resv_memory(s, (uint32_t)n * 2 * ROUTE_MAX) + sipp_memory(STATES) + dist_memory(s, rows(s, robots), 1) +
           plan_judge_memory(s, robots) + n * (sizeof(struct route) + sizeof(class_id)) +
           (n + GROUP) * (ROUTE_MAX * sizeof(struct route_step) + 16) + res_count(s) * 2 * sizeof(struct last) +
           12 * 16;
}

int together_open(struct together **out, struct arena *mem, const struct site *s, uint16_t robots)
{
    struct together *t = arena_new(mem, struct together, 1);
    if (!t) return ORD_EFULL;
    t->site = s;
    t->robots = robots;
    t->route = arena_new(mem, struct route, robots);
    t->cls = arena_new(mem, class_id, robots);
    t->saved = arena_new(mem, struct route_step, GROUP * ROUTE_MAX);
    t->left = arena_take(mem, res_count(s), sizeof *t->left);
    if (!t->route || !t->cls || !t->saved || !t->left) return ORD_EFULL;
    for (uint16_t r = 0; r < robots; r++)
        if (!(t->route[r].step = arena_new(mem, struct route_step, ROUTE_MAX))) return ORD_EFULL;
    int err = pebble_open(&t->pebble, mem, s, robots, (uint32_t)robots * MOVES_PER_ROBOT);
    if (!err) err = resv_open(&t->resv, mem, s, t->cls, (uint32_t)robots * 2 * ROUTE_MAX);
    if (!err) err = sipp_open(&t->sipp, mem, s, STATES);
    if (!err) err = dist_open(&t->dist, mem, s, rows(s, robots), (struct access){ 0 });
    if (!err) err = plan_judge_open(&t->judge, mem, s, robots);
    if (!err) *out = t;
    return err;
}

const struct route *together_routes(const struct together *t) { return t->route; }

/* ---- from an order of passage to times ------------------------------------------------------------------------ */

static void release(struct together *t, res_id x, uint16_t robot, ms_t at_ms)
{
    struct last *l = t->left[x];
    if (l[0].robot == robot) {
        l[0].at_ms = at_ms;
    } else if (at_ms >= l[0].at_ms) {
        l[1] = l[0];
        l[0] = (struct last){ robot, at_ms };
    } else if (l[1].robot == robot || at_ms >= l[1].at_ms) {
        l[1] = (struct last){ robot, at_ms };
    }
}

/* When everybody else has left all that conflicts with x. */
static ms_t others_left_ms(const struct together *t, uint16_t robot, res_id x)
{
    struct conflict_list c = site_conflicts(t->site, t->q.cls, x, t->q.cls);
    ms_t latest = 0;
    for (uint32_t i = 0; i < c.count; i++) {
        const struct last *l = t->left[c.item[i].res];
        const struct last *other = l[0].robot != robot ? &l[0] : &l[1];
        if (other->robot != UINT16_MAX) latest = ms_max(latest, other->at_ms + c.item[i].gap_ms);
    }
    return latest;
}

static ms_t edge_ms(const struct together *t, edge_id e)
{
    const struct robot_class *c = &t->site->cls[t->q.cls];
    ms_t ramp = ((ms_t)c->speed_mm_s * 1000 + c->accel_mm_s2 - 1) / c->accel_mm_s2;
    ms_t turn = 3142000 / c->turn_mrad_s / 2 + c->turn_settle_ms; /* a quarter turn on average */
    ms_t ms = edge_nominal_ms(t->site, t->q.cls, e);
    return t->site->edge[e].ride_ms > 0 ? ms : ms + ramp + turn;
}

/* The next edges of one robot up to a place where it may stand: one go, no waiting in between. */
static uint32_t one_go(const struct together *t, const struct pebble_move *m, uint32_t i, uint32_t moves)
{
    uint32_t n = 1;
    while (i + n < moves && m[i + n].robot == m[i].robot &&
           !node_stoppable(t->site, t->site->edge[m[i + n - 1].edge].to))
        n++;
    return n;
}

static int run_go(struct together *t, const struct pebble_move *m, uint32_t n)
{
    const struct site *s = t->site;
    uint16_t r = m[0].robot;
    struct route *w = &t->route[r];
    ms_t start = w->step[w->count - 1].arrive_ms;
    if (w->count + n > ROUTE_MAX) return ORD_EFULL;
    for (uint32_t i = 0; i < n; i++) { /* all is occupied from the start (route_move_start) */
        const struct site_edge *e = &s->edge[m[i].edge];
        ms_t free_ms = ms_max(others_left_ms(t, r, res_lane(s, e->lane)), others_left_ms(t, r, res_node(s, e->to)));
        start = ms_max(start, free_ms);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct site_edge *e = &s->edge[m[i].edge];
        struct route_step *v = &w->step[w->count];
        *v = (struct route_step){
            .node = e->to, .edge = m[i].edge, .enter_ms = start, .arrive_ms = start + edge_ms(t, m[i].edge)
        };
        start = v->arrive_ms;
        release(t, res_lane(s, e->lane), r, v->arrive_ms);
        release(t, res_node(s, w->step[w->count - 1].node), r, v->arrive_ms);
        w->count++;
    }
    return ORD_OK;
}

static int run_moves(struct together *t, const struct pebble_move *m, uint32_t moves)
{
    for (res_id x = 0; x < res_count(t->site); x++) t->left[x][0] = t->left[x][1] = (struct last){ UINT16_MAX, -1 };
    for (uint32_t i = 0; i < moves;) {
        uint32_t n = one_go(t, m, i, moves);
        int err = run_go(t, m + i, n);
        if (err) return err;
        i += n;
    }
    return ORD_OK;
}

/* ---- improvement ---------------------------------------------------------------------------------------------- */

static ms_t finish_ms(const struct route *w) { return w->step[w->count - 1].arrive_ms; }

static void add_visits(struct together *t, uint16_t r)
{
    const struct site *s = t->site;
    const struct route *w = &t->route[r];
    for (uint16_t i = 0; i < w->count; i++) {
        ms_t from = i == 0 ? MS_BEGIN : w->step[route_move_start(s, w, i)].enter_ms;
        if (i > 0) resv_add(&t->resv, res_lane(s, s->edge[w->step[i].edge].lane), r, i, from, w->step[i].arrive_ms);
        resv_add(&t->resv, res_node(s, w->step[i].node), r, i, from,
                 i + 1 < w->count ? w->step[i + 1].arrive_ms : MS_NEVER);
    }
}

static bool search(struct together *t, uint16_t r, struct route_step *found, uint16_t *count)
{
    struct sipp_query q = { .robot = r,
                            .cls = t->q.cls,
                            .start = t->q.start[r],
                            .heading = 0,
                            .goals = 1,
                            .goal = { { t->q.goal[r], 0 } },
                            .expansions_max = EXPANSIONS };
    int32_t turn;
    if (sipp_find(t->sipp, &t->resv, t->dist, &q, found, ROUTE_MAX - 1, count, &turn)) return false;
    if (*count == 0) return true;
    return true;
}

static bool in_group(const uint16_t *group, uint8_t n, uint16_t r)
{
    for (uint8_t i = 0; i < n; i++)
        if (group[i] == r) return true;
    return false;
}

/* Take a group out, put it back one by one around the rest; keep it if the sum of finishing times falls. */
static void improve(struct together *t, const uint16_t *group, uint8_t n)
{
    uint16_t counts[GROUP];
    ms_t before = 0, after = 0;
    resv_clear(&t->resv);
    for (uint16_t r = 0; r < t->robots; r++)
        if (!in_group(group, n, r)) add_visits(t, r);
    for (uint8_t i = 0; i < n; i++) {
        struct route *w = &t->route[group[i]];
        before += finish_ms(w);
        counts[i] = w->count;
        memcpy(t->saved + (size_t)i * ROUTE_MAX, w->step, w->count * sizeof *w->step);
        w->count = 1;
    }
    /* those not yet put back stand at their starts; that must stay possible for them */
    bool good = true;
    for (uint8_t i = 0; i < n && good; i++) {
        struct route *w = &t->route[group[i]];
        uint16_t count;
        good = search(t, group[i], w->step + 1, &count);
        if (!good) break;
        w->count = (uint16_t)(count + 1);
        add_visits(t, group[i]);
        after += finish_ms(w);
        good = after < before;
    }
    if (good) return;
    for (uint8_t i = 0; i < n; i++) {
        struct route *w = &t->route[group[i]];
        w->count = counts[i];
        memcpy(w->step, t->saved + (size_t)i * ROUTE_MAX, counts[i] * sizeof *w->step);
    }
}

static void improve_all(struct together *t)
{
    uint16_t group[GROUP];
    uint32_t done = 0;
    for (int round = 0; round < 2; round++) { /* everybody alone, the latest first by chance */
        for (uint16_t k = 0; k < t->robots && done < t->q.searches_max; k++, done++) {
            group[0] = (uint16_t)((k + rng_below(&t->rng, t->robots)) % t->robots);
            improve(t, group, 1);
        }
    }
    for (uint16_t r = 0; r < t->robots && done < t->q.searches_max; r++, done++) improve(t, &r, 1);
    while (done < t->q.searches_max && t->robots > 1) {
        uint8_t want = (uint8_t)(1 + rng_below(&t->rng, GROUP)), n = 0;
        while (n < want && n < t->robots) {
            uint16_t r = (uint16_t)rng_below(&t->rng, t->robots);
            if (!in_group(group, n, r)) group[n++] = r;
        }
        improve(t, group, n);
        done += n;
    }
}

static void place(struct together *t)
{
    for (uint16_t r = 0; r < t->robots; r++) {
        struct route *w = &t->route[r];
        struct route_step *step = w->step;
        *w = (struct route){ .placed = true, .count = 1, .refuge = ID_NONE, .step = step };
        step[0] = (struct route_step){ .node = t->q.start[r], .edge = ID_NONE };
        t->cls[r] = t->q.cls;
    }
}

int together_solve(struct together *t, const struct together_problem *q, uint16_t *stuck)
{
    const struct pebble_move *move;
    uint32_t moves;
    struct plan_finding finding;
    assert(q->robots == t->robots);
    t->q = *q;
    t->rng = rng_stream(q->seed, "together");
    place(t);
    struct pebble_problem pp = { .site = q->site,
                                 .cls = q->cls,
                                 .robots = q->robots,
                                 .start = q->start,
                                 .goal = q->goal,
                                 .seed = q->seed,
                                 .tries_max = q->tries_max };
    int err = pebble_solve(t->pebble, &pp, &move, &moves, stuck);
    if (!err) err = run_moves(t, move, moves);
    if (err) return err;
    improve_all(t);
    return plan_check(t->judge, t->route, t->cls, t->robots, &finding);
}

ms_t together_alone_ms(struct together *t, uint16_t robot)
{
    uint16_t count;
    resv_clear(&t->resv);
    struct route_step *scratch = t->saved;
    if (!search(t, robot, scratch, &count)) return 0;
    return count ? scratch[count - 1].arrive_ms : 0;
}
