#include "sipp.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"

#define NONE UINT32_MAX
#define AGAINST_MOST 4

struct state {
    node_id node;
    edge_id in; /* last edge driven; ID_NONE at the start */
    uint8_t goals_done;
    uint8_t edges; /* of the move that led here; 0: a goal was ticked off where it stood */
    bool moving;   /* passes the node at speed */
    bool closed;
    mrad_t heading;
    edge_id edge[SIPP_MOVE_MAX];
    int32_t toll_ms;       /* so far */
    int32_t turn_ms;       /* braking and turning at the parent before the move */
    uint32_t parent, next; /* next: id of another state that came by the same edge, 0 = none */
    ms_t depart_ms, at_ms;
    struct interval stay; /* the free interval of the node it is in */
};

/* A goal, or the places of which one is to be the end. */
struct stage {
    uint8_t nodes;
    node_id node[SIPP_ENDS_MAX];
    const uint32_t *driving[SIPP_ENDS_MAX]; /* there, from the end of each edge */
    ms_t dwell_ms;
    ms_t rest_ms; /* from reaching it to reaching the last one, at least */
};

struct sipp {
    const struct site *site;
    uint32_t states_max, states, expansions;
    struct state *state;
    uint32_t *by_edge; /* per edge, and one more for the start: id (index + 1) of the state made last */
    struct heap heap;
    /* of the search under way */
    const struct sipp_query *q;
    struct resv *resv;
    const struct dist *dist;
    profile_id profile;
    uint8_t stages;
    struct stage stage[SIPP_GOALS_MAX + 1];
    uint64_t pushes;
};

/* One move: some edges in a row, with the times of each end counted from the departure. */
struct move {
    uint8_t edges;
    edge_id edge[SIPP_MOVE_MAX];
    ms_t off_ms[SIPP_MOVE_MAX + 1];
    mrad_t heading;
    bool moving;
};

size_t sipp_memory(const struct site *s, uint32_t states_max)
{
    return sizeof(struct sipp) + (s->edges + 1u) * sizeof(uint32_t) +
           (size_t)states_max * (sizeof(struct state) + 2 * sizeof(struct heap_item)) + 5 * 16;
}

int sipp_open(struct sipp **out, struct arena *mem, const struct site *s, uint32_t states_max)
{
    struct sipp *p = arena_new(mem, struct sipp, 1);
    if (!p) return ORD_EFULL;
    p->site = s;
    p->states_max = states_max;
    p->state = arena_new(mem, struct state, states_max);
    p->by_edge = arena_new(mem, uint32_t, s->edges + 1u);
    struct heap_item *items = arena_new(mem, struct heap_item, (size_t)states_max * 2);
    if (!p->state || !p->by_edge || !items) return ORD_EFULL;
    heap_init(&p->heap, items, states_max * 2);
    *out = p;
    return ORD_OK;
}

uint32_t sipp_expansions(const struct sipp *p) { return p->expansions; }

static const struct robot_class *cls_of(const struct sipp *p) { return &p->site->cls[p->q->cls]; }

/* Adds an edge to the move; `moving` and `heading` are those before it. False when the move has no room. */
static bool move_add(const struct sipp *p, struct move *m, edge_id e)
{
    if (m->edges == SIPP_MOVE_MAX) return false;
    const struct robot_class *c = cls_of(p);
    const struct site_edge *edge = &p->site->edge[e];
    ms_t ramp = dist_half_ramp_ms(c), ms = edge_nominal_ms(p->site, p->q->cls, e);
    if (edge->ride_ms > 0) {
        if (m->moving) ms += ramp;
        m->moving = false;
    } else {
        mrad_t angle = dist_angle(m->heading, edge->heading);
        if (m->moving && angle > STRAIGHT_MRAD) {
            ms += ramp;
            m->moving = false;
        }
        if (!m->moving) ms += ramp + (m->edges > 0 ? dist_turn_ms(c, angle) : 0);
        m->moving = true;
        m->heading = edge->heading;
    }
    m->edge[m->edges] = e;
    m->off_ms[m->edges + 1] = m->off_ms[m->edges] + ms_max(ms, 1);
    m->edges++;
    return true;
}

/* The earliest departure >= t at which [t+a, t+b) lies in one free interval of x; MS_NEVER if none. */
static ms_t earliest_fit(struct resv *resv, res_id x, ms_t t, ms_t a, ms_t b)
{
    struct interval_list f = resv_free(resv, x);
    for (uint16_t i = 0; i < f.count; i++) {
        if (f.item[i].to_ms != MS_NEVER && f.item[i].to_ms < t + b) continue;
        ms_t from = f.item[i].from_ms - a;
        if (from <= t) return t;
        if (f.item[i].to_ms == MS_NEVER || from + b <= f.item[i].to_ms) return from;
    }
    return MS_NEVER;
}

/* The earliest departure >= t for which every place on the way is free from then on as long as the move needs it, and
 * the last one is in `stay`: a move is claimed as one (route_move_start). Only the last node's stay is left open. */
static ms_t move_departure(struct sipp *p, const struct move *m, ms_t t, ms_t leave_by, struct interval stay)
{
    const struct site *s = p->site;
    uint8_t last = (uint8_t)(m->edges - 1);
    ms_t end = m->off_ms[m->edges];
    if (t < stay.from_ms) t = stay.from_ms;
    for (;;) {
        if (leave_by != MS_NEVER && t + m->off_ms[1] > leave_by) return MS_NEVER;
        if (stay.to_ms != MS_NEVER && t + end > stay.to_ms) return MS_NEVER;
        ms_t before = t;
        for (uint8_t i = 0; i < m->edges; i++) {
            const struct site_edge *e = &s->edge[m->edge[i]];
            t = earliest_fit(p->resv, res_lane(s, e->lane), t, 0, m->off_ms[i + 1]);
            if (t == MS_NEVER) return MS_NEVER;
            if (i < last) t = earliest_fit(p->resv, res_node(s, e->to), t, 0, m->off_ms[i + 2]);
            if (t == MS_NEVER) return MS_NEVER;
        }
        if (t == before) return t;
    }
}

static bool is_goal(const struct stage *g, node_id n)
{
    for (uint8_t k = 0; k < g->nodes; k++)
        if (g->node[k] == n) return true;
    return false;
}

/* From standing at `at` to the stage's nearest node, alone in the house. */
static uint32_t standing_ms(const struct sipp *p, const struct stage *g, node_id at, mrad_t heading, bool any_heading)
{
    uint32_t best = DIST_FAR;
    if (is_goal(g, at)) return 0;
    for (uint8_t k = 0; k < g->nodes; k++) {
        uint32_t ms = dist_standing(p->dist, p->profile, g->driving[k], at, heading, any_heading);
        if (ms < best) best = ms;
    }
    return best;
}

/* The least time from a state to the end: exact for a robot alone in the house. */
static ms_t lower_bound(const struct sipp *p, const struct state *u)
{
    const struct stage *g = &p->stage[u->goals_done];
    uint32_t d = DIST_FAR;
    if (u->moving) {
        for (uint8_t k = 0; k < g->nodes; k++)
            if (g->driving[k][u->in] < d) d = g->driving[k][u->in];
    } else {
        d = standing_ms(p, g, u->node, u->heading, false);
    }
    return d == DIST_FAR ? MS_NEVER : (ms_t)d + g->rest_ms;
}

/* Whether arriving at `at_ms`, with h still to go, is later than what is asked for. */
static bool too_late(const struct sipp *p, uint8_t goals_done, ms_t at_ms, ms_t h)
{
    return p->q->by_ms > 0 && goals_done == 0 && at_ms + h - p->stage[0].rest_ms > p->q->by_ms;
}

static uint32_t *list_of(const struct sipp *p, edge_id in) { return &p->by_edge[in == ID_NONE ? p->site->edges : in]; }

/* The state that stands for arriving by the same edge in the same free interval, with as many goals done; NULL: none.
 * */
static struct state *find(const struct sipp *p, const struct state *n)
{
    for (uint32_t at = *list_of(p, n->in); at != 0; at = p->state[at - 1].next) {
        struct state *o = &p->state[at - 1];
        if (o->goals_done == n->goals_done && o->stay.from_ms == n->stay.from_ms) return o;
    }
    return NULL;
}

/* Keep the state, h from the end, unless an equal one is as early. False when memory is out. */
static bool offer(struct sipp *p, const struct state *n, ms_t h)
{
    struct state *o = find(p, n);
    if (o && (o->closed || o->at_ms + o->toll_ms <= n->at_ms + n->toll_ms)) return true;
    uint32_t *list = list_of(p, n->in), next = o ? o->next : *list;
    if (!o) {
        if (p->states == p->states_max) return false;
        o = &p->state[p->states++];
        *list = p->states;
    }
    *o = *n;
    o->next = next;
    return heap_push(&p->heap, n->at_ms + n->toll_ms + h, p->pushes++, (uint32_t)(o - p->state));
}

static bool consider(struct sipp *p, const struct state *n)
{
    ms_t h = lower_bound(p, n);
    return h == MS_NEVER || too_late(p, n->goals_done, n->at_ms, h) || offer(p, n, h);
}

/* Against the flow of others (as Chen et al. 2024 do on grids); a lane where nobody comes towards it costs nothing. */
static int32_t tolls_ms(const struct sipp *p, const struct move *m)
{
    int32_t sum = 0;
    for (uint8_t i = 0; i < m->edges; i++)
        if (site_shared_ride(p->site, m->edge[i])) sum += p->q->shared_ms;
    if (!p->q->flow || p->q->toll_ms == 0) return sum;
    for (uint8_t i = 0; i < m->edges; i++) {
        edge_id twin = p->site->edge[m->edge[i]].twin;
        if (twin == ID_NONE) continue;
        uint16_t against = p->q->flow[twin];
        sum += p->q->toll_ms * (against < AGAINST_MOST ? against : AGAINST_MOST);
    }
    return sum;
}

/* Every free interval of the move's end in which it can arrive becomes a state. */
static bool arrive(struct sipp *p, uint32_t from, const struct move *m, ms_t ready_ms, bool must_go_at_once,
                   int32_t turned_ms)
{
    const struct state *u = &p->state[from];
    struct state n = { .node = p->site->edge[m->edge[m->edges - 1]].to,
                       .in = m->edge[m->edges - 1],
                       .goals_done = u->goals_done,
                       .toll_ms = u->toll_ms + tolls_ms(p, m),
                       .edges = m->edges,
                       .moving = m->moving,
                       .heading = m->heading,
                       .turn_ms = turned_ms,
                       .parent = from };
    memcpy(n.edge, m->edge, sizeof n.edge);
    ms_t h = lower_bound(p, &n), took = m->off_ms[m->edges], leave_by = u->stay.to_ms;
    if (h == MS_NEVER || too_late(p, n.goals_done, ready_ms + took, h)) return true;
    struct interval_list f = resv_free(p->resv, res_node(p->site, n.node));
    for (uint16_t i = 0; i < f.count; i++) {
        if (f.item[i].to_ms != MS_NEVER && f.item[i].to_ms < ready_ms) continue;
        if (too_late(p, n.goals_done, f.item[i].from_ms + took, h)) break;
        n.stay = f.item[i];
        const struct state *known = find(p, &n);
        if (known && known->closed) continue;
        n.depart_ms = move_departure(p, m, ready_ms, leave_by, f.item[i]);
        if (n.depart_ms == MS_NEVER || (must_go_at_once && n.depart_ms != ready_ms)) continue;
        n.at_ms = n.depart_ms + took;
        if (too_late(p, n.goals_done, n.at_ms, h)) break;
        if (!offer(p, &n, h)) return false;
    }
    return true;
}

/* Depth-first through places where nobody may stand; a move ends at the first place where one may. */
static bool extend(struct sipp *p, uint32_t from, const struct move *m, ms_t ready_ms, bool at_once, int32_t turned_ms)
{
    const struct site *s = p->site;
    node_id n = s->edge[m->edge[m->edges - 1]].to;
    if (node_stoppable(s, n)) return arrive(p, from, m, ready_ms, at_once, turned_ms);
    for (uint32_t i = s->out_start[n]; i < s->out_start[n + 1]; i++) {
        edge_id e = s->out_edge[i];
        const struct site_edge *edge = &s->edge[e], *last = &s->edge[m->edge[m->edges - 1]];
        bool back = edge->to == last->from && m->edges > 0;
        bool second_ride = edge->ride_ms > 0 && last->ride_ms > 0;
        if (back || second_ride || !dist_usable(p->dist, p->profile, e)) continue;
        struct move longer = *m;
        if (move_add(p, &longer, e) && !extend(p, from, &longer, ready_ms, at_once, turned_ms)) return false;
    }
    return true;
}

static bool expand(struct sipp *p, uint32_t at)
{
    const struct site *s = p->site;
    const struct robot_class *c = cls_of(p);
    const struct state u = p->state[at];
    for (uint32_t i = s->out_start[u.node]; i < s->out_start[u.node + 1]; i++) {
        edge_id e = s->out_edge[i];
        if (!dist_usable(p->dist, p->profile, e)) continue;
        mrad_t angle = s->edge[e].ride_ms > 0 ? 0 : dist_angle(u.heading, s->edge[e].heading);
        if (u.moving && angle <= STRAIGHT_MRAD) { /* drive through without stopping */
            struct move m = { .heading = u.heading, .moving = true };
            move_add(p, &m, e);
            if (!extend(p, at, &m, u.at_ms, true, 0)) return false;
        }
        struct move m = { .heading = u.heading, .moving = false };
        move_add(p, &m, e);
        ms_t turned = (u.moving ? dist_half_ramp_ms(c) : 0) + dist_turn_ms(c, angle);
        if (!extend(p, at, &m, u.at_ms + turned, false, (int32_t)turned)) return false;
    }
    return true;
}

/* Tick off the goal if the robot stands at it long enough. */
static bool serve(struct sipp *p, uint32_t at, bool *finished)
{
    const struct state u = p->state[at];
    *finished = false;
    const struct stage *g = &p->stage[u.goals_done];
    if (!is_goal(g, u.node)) return true;
    bool last = u.goals_done + 1 == p->stages;
    ms_t stand = u.at_ms + (u.moving ? dist_half_ramp_ms(cls_of(p)) : 0);
    ms_t done = last ? MS_NEVER : ms_add(stand, ms_max(g->dwell_ms, 1));
    if (last ? u.stay.to_ms != MS_NEVER : u.stay.to_ms != MS_NEVER && done > u.stay.to_ms) return true;
    if (last) {
        *finished = true;
        return true;
    }
    struct state n = u;
    n.goals_done++;
    n.edges = 0;
    n.moving = false;
    n.closed = false;
    n.parent = at;
    n.turn_ms = 0;
    n.depart_ms = stand;
    n.at_ms = done;
    return consider(p, &n);
}

static void add_node(struct sipp *p, struct dist *dist, struct stage *g, node_id n)
{
    g->node[g->nodes] = n;
    g->driving[g->nodes++] = dist_driving(dist, p->profile, n);
}

static void set_stages(struct sipp *p, struct dist *dist)
{
    const struct sipp_query *q = p->q;
    p->stages = 0;
    for (uint8_t g = 0; g < q->goals; g++) {
        struct stage *stage = &p->stage[p->stages++];
        *stage = (struct stage){ .dwell_ms = q->goal[g].dwell_ms };
        add_node(p, dist, stage, q->goal[g].node);
    }
    if (q->ends == 0) return;
    struct stage *last = &p->stage[p->stages++];
    *last = (struct stage){ .nodes = 0 };
    for (uint8_t k = 0; k < q->ends; k++) add_node(p, dist, last, q->end[k]);
}

/* What follows the arrival at each stage, whatever way it came: stopping, serving, going on. False: there is no way. */
static bool look_ahead(struct sipp *p, struct dist *dist)
{
    const struct sipp_query *q = p->q;
    const struct site *s = p->site;
    set_stages(p, dist);
    for (uint8_t g = (uint8_t)(p->stages - 1); g > 0; g--) {
        struct stage *here = &p->stage[g - 1], *next = &p->stage[g];
        node_id at = here->node[0];
        uint32_t least = DIST_FAR;
        ms_t ramp = dist_half_ramp_ms(cls_of(p));
        for (uint32_t i = s->in_start[at]; i < s->in_start[at + 1]; i++) {
            edge_id e = s->in_edge[i];
            if (!dist_usable(dist, p->profile, e)) continue;
            uint32_t ms = standing_ms(p, next, at, s->edge[e].heading, s->edge[e].ride_ms > 0);
            if (ms < least) least = ms;
        }
        if (q->start == at) {
            uint32_t ms = standing_ms(p, next, at, q->heading, true);
            least = ms < least ? ms : least;
            ramp = 0; /* it stands there already */
        }
        if (least == DIST_FAR) return false;
        here->rest_ms = ramp + ms_max(here->dwell_ms, 1) + least + next->rest_ms;
    }
    return true;
}

static bool prepare(struct sipp *p, struct resv *resv, struct dist *dist, const struct sipp_query *q)
{
    assert(q->goals + q->ends >= 1 && q->goals <= SIPP_GOALS_MAX && q->ends <= SIPP_ENDS_MAX);
    p->q = q;
    p->resv = resv;
    p->dist = dist;
    p->profile = profile_of(p->site, q->cls, q->group);
    memset(p->by_edge, 0, (p->site->edges + 1u) * sizeof *p->by_edge);
    p->states = 0;
    p->expansions = 0;
    p->pushes = 0;
    p->heap.count = 0;
    if (!look_ahead(p, dist)) return false;
    resv_search(resv, q->robot);
    struct interval_list f = resv_free(resv, res_node(p->site, q->start));
    for (uint16_t i = 0; i < f.count; i++) {
        if (f.item[i].from_ms > q->start_ms || (f.item[i].to_ms != MS_NEVER && f.item[i].to_ms <= q->start_ms))
            continue;
        struct state n = { .node = q->start,
                           .in = ID_NONE,
                           .heading = q->heading,
                           .parent = NONE,
                           .at_ms = q->start_ms,
                           .stay = f.item[i] };
        return consider(p, &n);
    }
    return false;
}

/* Rebuild the times inside a move: the same sums as when it was found. */
static struct move move_again(const struct sipp *p, const struct state *n)
{
    const struct state *u = &p->state[n->parent];
    struct move m = { .heading = u->heading, .moving = u->moving && n->turn_ms == 0 && n->depart_ms == u->at_ms };
    for (uint8_t i = 0; i < n->edges; i++) move_add(p, &m, n->edge[i]);
    if (n->depart_ms + m.off_ms[m.edges] != n->at_ms) { /* it stopped here although it need not have */
        m = (struct move){ .heading = u->heading };
        for (uint8_t i = 0; i < n->edges; i++) move_add(p, &m, n->edge[i]);
    }
    return m;
}

static int write_steps(const struct sipp *p, uint32_t at, struct route_step *step, uint16_t step_max, uint16_t *count,
                       int32_t *start_turn_ms)
{
    uint32_t chain[ROUTE_MAX];
    uint16_t n = 0;
    for (; at != NONE; at = p->state[at].parent) {
        if (n == ROUTE_MAX) return ORD_EFULL;
        chain[n++] = at;
    }
    *count = 0;
    *start_turn_ms = 0;
    while (n-- > 0) {
        const struct state *v = &p->state[chain[n]];
        if (v->parent == NONE) continue;
        if (v->edges == 0) {   /* a goal was served */
            if (*count == 0) { /* where it started: a step onto the spot, so that the service has its own number */
                step[(*count)++] = (struct route_step){
                    .node = v->node, .edge = ID_NONE, .enter_ms = v->depart_ms, .arrive_ms = v->depart_ms + 1
                };
            }
            step[*count - 1].flags |= STEP_GOAL;
            step[*count - 1].dwell_ms = v->at_ms - v->depart_ms;
            continue;
        }
        if (*count + v->edges > step_max) return ORD_EFULL;
        if (*count == 0) *start_turn_ms = v->turn_ms;
        else step[*count - 1].turn_ms += v->turn_ms;
        struct move m = move_again(p, v);
        for (uint8_t i = 0; i < v->edges; i++) {
            step[(*count)++] = (struct route_step){ .node = p->site->edge[v->edge[i]].to,
                                                    .edge = v->edge[i],
                                                    .enter_ms = v->depart_ms + m.off_ms[i],
                                                    .arrive_ms = v->depart_ms + m.off_ms[i + 1] };
        }
    }
    return ORD_OK;
}

int sipp_find(struct sipp *p, struct resv *resv, struct dist *dist, const struct sipp_query *q, struct route_step *step,
              uint16_t step_max, uint16_t *count, int32_t *start_turn_ms)
{
    if (!prepare(p, resv, dist, q)) return ORD_ENOTFOUND;
    struct heap_item it;
    while (heap_pop(&p->heap, &it)) {
        struct state *u = &p->state[it.value];
        if (u->closed) continue;
        u->closed = true;
        if (++p->expansions > q->expansions_max) return ORD_EFULL;
        bool finished;
        if (!serve(p, (uint32_t)it.value, &finished)) return ORD_EFULL;
        if (finished) return write_steps(p, (uint32_t)it.value, step, step_max, count, start_turn_ms);
        if (!expand(p, (uint32_t)it.value)) return ORD_EFULL;
    }
    return ORD_ENOTFOUND;
}
