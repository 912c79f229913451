#include "pebble.h"

#include <assert.h>
#include <string.h>

#include "common/rng.h"
#include "route.h"

#define OBSTACLE_COST 6 /* hops that a way around a standing robot may be longer */

struct pebble {
    const struct site *site;
    const struct pebble_problem *q;
    uint32_t moves_max, moves, tries;
    struct pebble_move *move;
    node_id *at;
    bool *fixed;
    uint16_t *standing; /* per resource: robots whose standing place conflicts with it */
    uint16_t *by_fixed; /* the same, fixed ones only */
    edge_id *via;       /* per node: edge it was reached by in the last search */
    uint32_t *cost;     /* per node */
    node_id *queue;     /* nodes * 8 */
    bool *in_way;       /* per node: standing there would block the path under way */
    uint16_t *occupant; /* per node: robot + 1 */
    edge_id *path;
    struct rng rng;
};

size_t pebble_memory(const struct site *s, uint16_t robots, uint32_t moves_max)
{
    size_t n = s->nodes, res = res_count(s);
    return sizeof(struct pebble) + moves_max * sizeof(struct pebble_move) + robots * (sizeof(node_id) + sizeof(bool)) +
           res * 4 + n * (2 * sizeof(edge_id) + 4 + 8 * sizeof(node_id) + 1 + 2) + 16 * 16;
}

int pebble_open(struct pebble **out, struct arena *mem, const struct site *s, uint16_t robots, uint32_t moves_max)
{
    struct pebble *p = arena_new(mem, struct pebble, 1);
    if (!p) return ORD_EFULL;
    p->site = s;
    p->moves_max = moves_max;
    p->move = arena_new(mem, struct pebble_move, moves_max);
    p->at = arena_new(mem, node_id, robots);
    p->fixed = arena_new(mem, bool, robots);
    p->standing = arena_new(mem, uint16_t, res_count(s));
    p->by_fixed = arena_new(mem, uint16_t, res_count(s));
    p->via = arena_new(mem, edge_id, s->nodes);
    p->cost = arena_new(mem, uint32_t, s->nodes);
    p->queue = arena_new(mem, node_id, (size_t)s->nodes * 8);
    p->in_way = arena_new(mem, bool, s->nodes);
    p->occupant = arena_new(mem, uint16_t, s->nodes);
    p->path = arena_new(mem, edge_id, s->nodes);
    if (!p->move || !p->at || !p->fixed || !p->standing || !p->by_fixed || !p->via || !p->cost || !p->queue ||
        !p->in_way || !p->occupant || !p->path)
        return ORD_EFULL;
    *out = p;
    return ORD_OK;
}

static void add_standing(const struct pebble *p, uint16_t *count, node_id n, int by)
{
    struct conflict_list l = site_conflicts(p->site, p->q->cls, res_node(p->site, n), p->q->cls);
    for (uint32_t i = 0; i < l.count; i++) count[l.item[i].res] = (uint16_t)(count[l.item[i].res] + by);
}

static bool edge_clear(const struct pebble *p, const uint16_t *count, edge_id e)
{
    const struct site_edge *edge = &p->site->edge[e];
    return site_fits(p->site, p->q->cls, e) && count[res_lane(p->site, edge->lane)] == 0 &&
           count[res_node(p->site, edge->to)] == 0;
}

/* Everywhere the robot can drive while the others stand. Fills via; unreached nodes have cost UINT32_MAX. */
static void reach(struct pebble *p, uint16_t r)
{
    const struct site *s = p->site;
    uint32_t head = 0, tail = 0;
    memset(p->cost, 0xff, s->nodes * sizeof *p->cost);
    add_standing(p, p->standing, p->at[r], -1);
    p->cost[p->at[r]] = 0;
    p->queue[tail++] = p->at[r];
    while (head < tail) {
        node_id n = p->queue[head++];
        for (uint32_t i = s->out_start[n]; i < s->out_start[n + 1]; i++) {
            edge_id e = s->out_edge[i];
            node_id to = s->edge[e].to;
            if (p->cost[to] != UINT32_MAX || !edge_clear(p, p->standing, e)) continue;
            p->cost[to] = p->cost[n] + 1;
            p->via[to] = e;
            p->queue[tail++] = to;
        }
    }
    add_standing(p, p->standing, p->at[r], 1);
}

static uint16_t path_to(struct pebble *p, node_id from, node_id to)
{
    uint16_t n = 0;
    for (node_id at = to; at != from; at = p->site->edge[p->via[at]].from) n++;
    uint16_t i = n;
    for (node_id at = to; at != from; at = p->site->edge[p->via[at]].from) p->path[--i] = p->via[at];
    return n;
}

/* Drive r to a node of the last reach(). False when the list of moves is full. */
static bool drive(struct pebble *p, uint16_t r, node_id to)
{
    uint16_t n = path_to(p, p->at[r], to);
    if (p->moves + n > p->moves_max) return false;
    for (uint16_t i = 0; i < n; i++) p->move[p->moves++] = (struct pebble_move){ r, p->path[i] };
    add_standing(p, p->standing, p->at[r], -1);
    p->occupant[p->at[r]] = 0;
    p->at[r] = to;
    p->occupant[to] = (uint16_t)(r + 1);
    add_standing(p, p->standing, to, 1);
    return true;
}

/* The way the robot wants, past fixed robots only; standing others make it dearer. Small costs: a queue by rounds. */
static bool wanted_path(struct pebble *p, uint16_t r, uint16_t *length)
{
    const struct site *s = p->site;
    node_id start = p->at[r], goal = p->q->goal[r];
    uint32_t head = 0, tail = 0, room = (uint32_t)s->nodes * 8;
    memset(p->cost, 0xff, s->nodes * sizeof *p->cost);
    add_standing(p, p->standing, start, -1);
    p->cost[start] = 0;
    p->queue[tail++] = start;
    while (head < tail) {
        node_id n = p->queue[head++];
        for (uint32_t i = s->out_start[n]; i < s->out_start[n + 1]; i++) {
            edge_id e = s->out_edge[i];
            node_id to = s->edge[e].to;
            if (!edge_clear(p, p->by_fixed, e)) continue;
            uint32_t via = p->cost[n] + 1 + (edge_clear(p, p->standing, e) ? 0 : OBSTACLE_COST);
            if (via >= p->cost[to] || tail == room) continue;
            p->cost[to] = via;
            p->via[to] = e;
            p->queue[tail++] = to;
        }
    }
    add_standing(p, p->standing, start, 1);
    if (p->cost[goal] == UINT32_MAX) return false;
    *length = path_to(p, start, goal);
    return true;
}

static void mark_way(struct pebble *p, uint16_t length)
{
    const struct site *s = p->site;
    memset(p->in_way, 0, s->nodes * sizeof *p->in_way);
    for (uint16_t i = 0; i < length; i++) {
        const struct site_edge *e = &s->edge[p->path[i]];
        res_id on[2] = { res_lane(s, e->lane), res_node(s, e->to) };
        for (int k = 0; k < 2; k++) {
            struct conflict_list l = site_conflicts(s, p->q->cls, on[k], p->q->cls);
            for (uint32_t c = 0; c < l.count; c++)
                if (l.item[c].res < s->nodes) p->in_way[l.item[c].res] = true;
        }
    }
}

static bool standable(const struct pebble *p, node_id n) { return node_stoppable(p->site, n); }

/* Somebody in the way steps aside, the nearest place that is not in the way. False: nobody can. */
static bool step_aside(struct pebble *p, uint16_t r, bool *room)
{
    uint16_t n = p->q->robots, from = (uint16_t)rng_below(&p->rng, n);
    for (uint16_t k = 0; k < n; k++) {
        uint16_t o = (uint16_t)((from + k) % n);
        if (o == r || p->fixed[o] || !p->in_way[p->at[o]]) continue;
        p->tries++;
        reach(p, o);
        node_id best = ID_NONE;
        for (node_id at = 0; at < p->site->nodes; at++) {
            if (p->cost[at] == UINT32_MAX || p->in_way[at] || !standable(p, at)) continue;
            if (best == ID_NONE || p->cost[at] < p->cost[best]) best = at;
        }
        if (best == ID_NONE) continue;
        *room = drive(p, o, best);
        return true;
    }
    return false;
}

static uint16_t anybody(struct pebble *p)
{
    uint16_t r;
    do r = (uint16_t)rng_below(&p->rng, p->q->robots);
    while (p->fixed[r]);
    return r;
}

/* Nothing helps: one robot that is not at home yet goes somewhere at random. */
static bool stir(struct pebble *p)
{
    uint16_t r = anybody(p);
    p->tries++;
    reach(p, r);
    node_id pick = ID_NONE;
    uint32_t seen = 0;
    for (node_id at = 0; at < p->site->nodes; at++)
        if (p->cost[at] != UINT32_MAX && at != p->at[r] && standable(p, at) && rng_below(&p->rng, ++seen) == 0)
            pick = at;
    return pick == ID_NONE || drive(p, r, pick);
}

/* Bring r home past standing others. */
static bool bring(struct pebble *p, uint16_t r, uint32_t tries_end)
{
    while (p->tries < tries_end) {
        p->tries++;
        reach(p, r);
        if (p->cost[p->q->goal[r]] != UINT32_MAX) return drive(p, r, p->q->goal[r]);
        uint16_t length;
        bool room = true;
        if (!wanted_path(p, r, &length)) return false;
        mark_way(p, length);
        if (!step_aside(p, r, &room) && !stir(p)) return false;
        if (!room) return false;
    }
    return false;
}

/* With everybody in by_fixed standing for ever: could o still drive from where it is to its goal? */
static bool finds_home(struct pebble *p, uint16_t o)
{
    const struct site *s = p->site;
    node_id goal = p->q->goal[o];
    uint32_t head = 0, tail = 0;
    if (p->by_fixed[res_node(s, goal)] > 0) return false;
    memset(p->cost, 0xff, s->nodes * sizeof *p->cost);
    p->cost[goal] = 0; /* from the goal outwards, against the edges */
    p->queue[tail++] = goal;
    while (head < tail) {
        node_id n = p->queue[head++];
        if (n == p->at[o]) return true;
        for (uint32_t i = s->in_start[n]; i < s->in_start[n + 1]; i++) {
            edge_id e = s->in_edge[i];
            node_id back = s->edge[e].from;
            if (p->cost[back] != UINT32_MAX || !site_fits(s, p->q->cls, e)) continue;
            if (p->by_fixed[res_lane(s, s->edge[e].lane)]) continue;
            if (p->by_fixed[res_node(s, back)] && back != p->at[o]) continue; /* where it stands it can leave from */
            p->cost[back] = 0;
            p->queue[tail++] = back;
        }
    }
    return false;
}

/* Would everybody else still find home if r stood on its goal for ever? *cut gets the first who would not. */
static bool cuts_nobody(struct pebble *p, uint16_t r, uint16_t *cut)
{
    bool good = true;
    add_standing(p, p->by_fixed, p->q->goal[r], 1);
    for (uint16_t o = 0; o < p->q->robots && good; o++) {
        if (o == r || p->fixed[o]) continue;
        good = finds_home(p, o);
        if (!good) *cut = o;
    }
    add_standing(p, p->by_fixed, p->q->goal[r], -1);
    return good;
}

/* The next one to bring home: one that cuts nobody off there; the nearest of those. ID_NONE: every one would. */
static uint16_t choose(struct pebble *p)
{
    uint16_t best = ID_NONE, n = p->q->robots, from = (uint16_t)rng_below(&p->rng, n), cut;
    for (uint16_t k = 0; k < n; k++) {
        uint16_t r = (uint16_t)((from + k) % n);
        if (p->fixed[r] || !cuts_nobody(p, r, &cut)) continue;
        if (p->at[r] == p->q->goal[r]) return r;
        if (best == ID_NONE) best = r;
    }
    return best;
}

static void begin(struct pebble *p)
{
    const struct site *s = p->site;
    p->moves = 0;
    memset(p->standing, 0, res_count(s) * sizeof *p->standing);
    memset(p->by_fixed, 0, res_count(s) * sizeof *p->by_fixed);
    memset(p->occupant, 0, s->nodes * sizeof *p->occupant);
    for (uint16_t r = 0; r < p->q->robots; r++) {
        p->at[r] = p->q->start[r];
        p->fixed[r] = false;
        p->occupant[p->at[r]] = (uint16_t)(r + 1);
        add_standing(p, p->standing, p->at[r], 1);
    }
}

static bool attempt(struct pebble *p, uint32_t tries_end)
{
    begin(p);
    for (uint16_t done = 0; done < p->q->robots && p->tries < tries_end;) {
        uint16_t cut, r = choose(p);
        if (r == ID_NONE) { /* each one home would cut somebody off who is on the wrong side now: fetch those first */
            r = anybody(p);
            for (uint16_t k = 0; k < p->q->robots && !cuts_nobody(p, r, &cut); k++)
                if (!bring(p, cut, p->tries + 50)) break;
            p->tries++;
            if (!cuts_nobody(p, r, &cut)) continue;
        }
        if (!bring(p, r, tries_end)) return false;
        if (!cuts_nobody(p, r, &cut)) continue; /* somebody stepped aside to the wrong side */
        p->fixed[r] = true;
        add_standing(p, p->by_fixed, p->at[r], 1);
        done++;
    }
    for (uint16_t r = 0; r < p->q->robots; r++)
        if (p->at[r] != p->q->goal[r]) return false;
    return true;
}

int pebble_solve(struct pebble *p, const struct pebble_problem *q, const struct pebble_move **move, uint32_t *moves,
                 uint16_t *stuck)
{
    p->q = q;
    p->rng = rng_stream(q->seed, "pebble");
    p->tries = 0;
    begin(p);
    for (uint16_t r = 0; r < q->robots; r++) { /* alone in the house */
        memset(p->standing, 0, res_count(p->site) * sizeof *p->standing);
        add_standing(p, p->standing, p->at[r], 1);
        reach(p, r);
        if (p->cost[q->goal[r]] == UINT32_MAX) {
            *stuck = r;
            return ORD_ENOTFOUND;
        }
    }
    for (uint32_t share = 2000 + 60u * q->robots; p->tries < q->tries_max; share *= 2) {
        uint32_t end = p->tries + share < q->tries_max ? p->tries + share : q->tries_max;
        if (attempt(p, end)) {
            *move = p->move;
            *moves = p->moves;
            return ORD_OK;
        }
        p->tries++;
    }
    return ORD_EFULL;
}
