#include "passage.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"
#include "dist.h"

#define STRAIGHT_MRAD 350 /* as in sipp.c */
#define PI_MRAD 3142
#define DEAD UINT16_MAX

struct last {
    uint16_t robot;
    ms_t at_ms;
};

/* Where a robot is in its run. */
struct runner {
    node_id at;
    bool moving;
    mrad_t heading;
    ms_t at_ms;
    uint16_t steps;
};

/* The latest two hops, by different robots, that had to find a place empty: index + 1. */
struct need {
    uint16_t robot[2];
    uint32_t index[2];
};

struct passage {
    const struct hops *h;
    uint32_t moves_max;
    uint32_t *ask_start; /* per hop: what others must have left, the conflicts of all it drives over */
    struct conflict *ask;
    struct last (*left)[2]; /* per resource: the two latest releases by different robots */
    struct runner *runner;
    struct need *need;  /* per node */
    uint32_t *departed; /* per node: index + 1 of the latest hop from there */
    struct heap heap;
};

/* ---- what a hop has to wait for ------------------------------------------------------------------------------- */

static uint32_t ask_for(struct passage *p, struct conflict *at, uint32_t n, res_id x)
{
    const struct site *s = p->h->site;
    struct conflict_list l = site_conflicts(s, p->h->cls, x, p->h->cls);
    for (uint32_t i = 0; i < l.count; i++) {
        uint32_t k = 0;
        while (k < n && at[k].res != l.item[i].res) k++;
        if (k == n) at[n++] = l.item[i];
        else if (l.item[i].gap_ms > at[k].gap_ms) at[k].gap_ms = l.item[i].gap_ms;
    }
    return n;
}

static uint32_t asks_of_hop(const struct hops *h, hop_id i)
{
    const struct site *s = h->site;
    uint32_t n = 0;
    for (uint8_t k = 0; k < h->hop[i].edges; k++) {
        const struct site_edge *e = &s->edge[h->hop[i].edge[k]];
        n += site_conflicts(s, h->cls, res_lane(s, e->lane), h->cls).count;
        n += site_conflicts(s, h->cls, res_node(s, e->to), h->cls).count;
    }
    return n;
}

static uint32_t asks_of_all(const struct hops *h)
{
    uint32_t n = 0;
    for (hop_id i = 0; i < h->count; i++) n += asks_of_hop(h, i);
    return n;
}

size_t passage_memory(const struct hops *h, uint16_t robots)
{
    return sizeof(struct passage) + (h->count + 1) * sizeof(uint32_t) + asks_of_all(h) * sizeof(struct conflict) +
           res_count(h->site) * 2 * sizeof(struct last) + robots * sizeof(struct runner) +
           h->site->nodes * (sizeof(struct need) + sizeof(uint32_t)) + robots * sizeof(struct heap_item) + 9 * 16;
}

int passage_open(struct passage **out, struct arena *mem, const struct hops *h, uint16_t robots, uint32_t moves_max)
{
    struct passage *p = arena_new(mem, struct passage, 1);
    if (!p) return ORD_EFULL;
    p->h = h;
    p->moves_max = moves_max;
    p->ask_start = arena_new(mem, uint32_t, h->count + 1);
    p->ask = arena_new(mem, struct conflict, asks_of_all(h));
    p->left = arena_take(mem, res_count(h->site), sizeof *p->left);
    p->runner = arena_new(mem, struct runner, robots);
    p->need = arena_new(mem, struct need, h->site->nodes);
    p->departed = arena_new(mem, uint32_t, h->site->nodes);
    struct heap_item *items = arena_new(mem, struct heap_item, robots);
    if (!p->ask_start || !p->ask || !p->left || !p->runner || !p->need || !p->departed || !items) return ORD_EFULL;
    heap_init(&p->heap, items, robots);
    for (hop_id i = 0; i < h->count; i++) {
        const struct site *s = h->site;
        uint32_t n = 0;
        for (uint8_t k = 0; k < h->hop[i].edges; k++) {
            const struct site_edge *e = &s->edge[h->hop[i].edge[k]];
            n = ask_for(p, p->ask + p->ask_start[i], n, res_lane(s, e->lane));
            n = ask_for(p, p->ask + p->ask_start[i], n, res_node(s, e->to));
        }
        p->ask_start[i + 1] = p->ask_start[i] + n;
    }
    *out = p;
    return ORD_OK;
}

/* ---- times ---------------------------------------------------------------------------------------------------- */

static void release(struct passage *p, res_id x, uint16_t robot, ms_t at_ms)
{
    struct last *l = p->left[x];
    if (l[0].robot == robot) {
        l[0].at_ms = at_ms;
    } else if (at_ms >= l[0].at_ms) {
        l[1] = l[0];
        l[0] = (struct last){ robot, at_ms };
    } else if (l[1].robot == robot || at_ms >= l[1].at_ms) {
        l[1] = (struct last){ robot, at_ms };
    }
}

static ms_t others_left_ms(const struct passage *p, uint16_t robot, hop_id i)
{
    ms_t latest = 0;
    for (uint32_t k = p->ask_start[i]; k < p->ask_start[i + 1]; k++) {
        const struct last *l = p->left[p->ask[k].res];
        const struct last *other = l[0].robot != robot ? &l[0] : &l[1];
        if (other->robot != DEAD) latest = ms_max(latest, other->at_ms + p->ask[k].gap_ms);
    }
    return latest;
}

static ms_t half_ramp_ms(const struct robot_class *c)
{
    return ((ms_t)c->speed_mm_s * 500 + c->accel_mm_s2 - 1) / c->accel_mm_s2;
}

static ms_t turn_ms(const struct robot_class *c, mrad_t from, mrad_t to)
{
    int64_t d = (int64_t)to - from;
    while (d > PI_MRAD) d -= 2 * PI_MRAD;
    while (d < -PI_MRAD) d += 2 * PI_MRAD;
    if (d < 0) d = -d;
    return d <= STRAIGHT_MRAD ? 0 : (d * 1000 + c->turn_mrad_s - 1) / c->turn_mrad_s + c->turn_settle_ms;
}

/* One edge within a hop, or its first one when the robot is ready for it: how long it takes, and the state after it. */
static ms_t drive_ms(const struct hops *h, struct runner *w, edge_id e, bool first)
{
    const struct robot_class *c = &h->site->cls[h->cls];
    const struct site_edge *edge = &h->site->edge[e];
    ms_t ramp = half_ramp_ms(c), ms = edge_nominal_ms(h->site, h->cls, e);
    if (edge->ride_ms > 0) {
        if (w->moving) ms += ramp;
        w->moving = false;
    } else {
        ms_t turn = turn_ms(c, w->heading, edge->heading);
        if (w->moving && turn > 0) {
            ms += ramp;
            w->moving = false;
        }
        if (!w->moving) ms += ramp + (first ? 0 : turn);
        w->moving = true;
        w->heading = edge->heading;
    }
    return ms_max(ms, 1);
}

/* Braking and turning before the hop; 0 when it can be entered at speed at once. */
static ms_t before_ms(const struct hops *h, const struct runner *w, hop_id i, bool waits)
{
    const struct robot_class *c = &h->site->cls[h->cls];
    const struct site_edge *e = &h->site->edge[h->hop[i].edge[0]];
    ms_t turn = e->ride_ms > 0 ? 0 : turn_ms(c, w->heading, e->heading);
    if (w->moving && turn == 0 && !waits) return 0;
    return turn + (w->moving ? half_ramp_ms(c) : 0);
}

static int run_hop(struct passage *p, uint16_t r, hop_id i, struct route *route)
{
    const struct site *s = p->h->site;
    const struct hop *hop = &p->h->hop[i];
    struct runner *w = &p->runner[r];
    ms_t free_ms = others_left_ms(p, r, i);
    ms_t turn = before_ms(p->h, w, i, free_ms > w->at_ms);
    assert(w->at == hop->from);
    if (w->steps + hop->edges > ROUTE_MAX) return ORD_EFULL;
    if (turn > 0 || free_ms > w->at_ms) w->moving = false;
    w->at_ms = ms_max(w->at_ms + turn, free_ms);
    if (route) route->step[w->steps - 1].turn_ms += (int32_t)turn;
    for (uint8_t k = 0; k < hop->edges; k++) {
        const struct site_edge *e = &s->edge[hop->edge[k]];
        struct route_step v = { .node = e->to, .edge = hop->edge[k], .enter_ms = w->at_ms };
        w->at_ms += drive_ms(p->h, w, hop->edge[k], k == 0);
        v.arrive_ms = w->at_ms;
        release(p, res_lane(s, e->lane), r, w->at_ms);
        release(p, res_node(s, e->from), r, w->at_ms);
        if (route) route->step[w->steps] = v;
        w->steps++;
    }
    w->at = hop->to;
    if (route) route->count = w->steps;
    return ORD_OK;
}

int passage_run(struct passage *p, const struct crowd *c, const struct crowd_move *move, uint32_t moves,
                struct route *route, ms_t *sum)
{
    *sum = 0;
    for (res_id x = 0; x < res_count(p->h->site); x++) p->left[x][0] = p->left[x][1] = (struct last){ DEAD, -1 };
    for (uint16_t r = 0; r < c->robots; r++) {
        p->runner[r] = (struct runner){ .at = c->start[r], .steps = 1 };
        if (!route) continue;
        route[r].count = 1;
        route[r].step[0] = (struct route_step){ .node = c->start[r], .edge = ID_NONE };
    }
    for (uint32_t k = 0; k < moves; k++) {
        int err = run_hop(p, move[k].robot, move[k].hop, route ? &route[move[k].robot] : NULL);
        if (err) return err;
    }
    for (uint16_t r = 0; r < c->robots; r++) *sum += p->runner[r].at_ms;
    return ORD_OK;
}

/* ---- orders --------------------------------------------------------------------------------------------------- */

static void note_need(struct need *n, uint16_t robot, uint32_t index)
{
    if (n->robot[0] != robot) {
        n->robot[1] = n->robot[0];
        n->index[1] = n->index[0];
        n->robot[0] = robot;
    }
    n->index[0] = index;
}

/* Leaves out detours; true when there was one. Who comes back to a place is the last who left it, else somebody needed
 * it in between. */
static bool shorten_once(struct passage *p, struct crowd_move *move, uint32_t moves)
{
    const struct hops *h = p->h;
    bool found = false;
    memset(p->need, 0xff, h->site->nodes * sizeof *p->need);
    memset(p->departed, 0, h->site->nodes * sizeof *p->departed);
    for (node_id n = 0; n < h->site->nodes; n++) p->need[n].index[0] = p->need[n].index[1] = 0;
    for (uint32_t k = 0; k < moves; k++) {
        uint16_t r = move[k].robot;
        if (r == DEAD) continue;
        const struct hop *hop = &h->hop[move[k].hop];
        const node_id *b = hop_block(h, move[k].hop);
        uint32_t since = p->departed[hop->to];
        const struct need *n = &p->need[hop->to];
        uint32_t needed = n->robot[0] != r ? n->index[0] : n->index[1];
        p->departed[hop->from] = k + 1;
        for (uint16_t i = 0; i < hop->blocks; i++) note_need(&p->need[b[i]], r, k + 1);
        if (since == 0 || move[since - 1].robot != r || needed > since) continue;
        for (uint32_t i = since - 1; i <= k; i++)
            if (move[i].robot == r) move[i].robot = DEAD;
        found = true;
    }
    return found;
}

uint32_t passage_shorten(struct passage *p, struct crowd_move *move, uint32_t moves)
{
    while (shorten_once(p, move, moves)) {
        uint32_t n = 0;
        for (uint32_t k = 0; k < moves; k++)
            if (move[k].robot != DEAD) move[n++] = move[k];
        moves = n;
    }
    return moves;
}

/* The hop that drives as the route does from its step `at` (the first of a move); *steps: how many of them. */
static hop_id hop_of(const struct hops *h, const struct route *w, uint16_t at, uint16_t *steps)
{
    const struct site *s = h->site;
    uint16_t end = at;
    while (end + 1 < w->count && !node_stoppable(s, w->step[end].node)) end++;
    node_id from = w->step[at - 1].node, to = w->step[end].node;
    hop_id any = HOP_NONE;
    uint32_t found = 0;
    *steps = (uint16_t)(end - at + 1);
    for (hop_id i = h->out_start[from]; i < h->out_start[from + 1]; i++) {
        bool same = h->hop[i].to == to && h->hop[i].edges == *steps;
        for (uint16_t k = 0; same && k < *steps; k++) same = h->hop[i].edge[k] == w->step[at + k].edge;
        if (same) return i;
        if (h->hop[i].to != to) continue;
        any = i;
        found++;
    }
    return found == 1 ? any : HOP_NONE; /* a way that was left out is no better than the one that was kept */
}

uint32_t passage_of(struct passage *p, const struct crowd *c, const struct route *route, struct crowd_move *move)
{
    struct heap_item it;
    uint32_t n = 0;
    p->heap.count = 0;
    for (uint16_t r = 0; r < c->robots; r++)
        if (route[r].count > 1) heap_push(&p->heap, route[r].step[1].enter_ms, r, 1);
    while (heap_pop(&p->heap, &it)) {
        uint16_t r = (uint16_t)it.seq, at = (uint16_t)it.value, steps;
        hop_id i = hop_of(p->h, &route[r], at, &steps);
        if (i == HOP_NONE || n == p->moves_max) return UINT32_MAX;
        move[n++] = (struct crowd_move){ r, i };
        at = (uint16_t)(at + steps);
        if (at < route[r].count) heap_push(&p->heap, route[r].step[at].enter_ms, r, at);
    }
    return n;
}
