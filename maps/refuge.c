/* refuge - which parking places, chargers and holding bays are true refuges: places where robots may stand for ever,
 * all of them at once, without cutting anything off. The deadlock argument of the traffic engine rests on them: a
 * standing plan may always end with every robot in its own refuge.
 *
 * Definition. Let R be the nodes flagged PARK, CHARGER or HOLDING that serve no station, wash nobody, lie in no car and
 * allow stopping. What a robot may pass depends on its class and on what it carries (its access group); for each such
 * pair let S be the stations that are joined with one another when nobody is there. A set A of refuges is proven when,
 * with blocked(A) = every resource that conflicts with a member of A for any pair of classes, and for every pair:
 *   (a) without blocked(A) all of S are still joined, each by one of its places at least;
 *   (b) each b in A that is joined with S when nobody is there still is without blocked(A - b).
 * From (a) and (b) it follows that any robot can get from its refuge to any station and from there to any free refuge
 * that its load lets it reach, while every other robot stands in its own.
 * A is grown greedily: chargers and parking places in order of node, then holding bays in order of node; a candidate
 * that would break (a) or (b), also (b) of an earlier member, is refused with the reason. Greedy is not the largest
 * set, but it is one, it is the same every time, and an author can see why a bay was refused. */
#include <stdlib.h>
#include <string.h>

#include "site_compile.h"

struct prover {
    struct site *s;
    uint16_t *blocked;        /* per resource: how many members conflict with it */
    uint8_t *own;             /* per resource: scratch, conflicts of one node */
    struct reach ahead, back; /* nodes that the hub reaches, that reach it, without any member's resources */
    struct reach step;
    station_id *hub; /* per class and group */
    uint8_t *joined; /* per class, group and node: joined with the hub when nobody is there */
    node_id *member;
    uint16_t members;
};

int reach_open(struct reach *r, const struct site *s)
{
    r->seen = calloc((size_t)s->nodes + 1, 1);
    r->queue = calloc((size_t)s->nodes + 1, sizeof *r->queue);
    return r->seen && r->queue ? ORD_OK : ORD_EMEMORY;
}

void reach_close(struct reach *r)
{
    free(r->seen);
    free(r->queue);
    *r = (struct reach){ 0 };
}

static bool shut(const uint16_t *blocked, const uint8_t *allowed, res_id x)
{
    return blocked && blocked[x] > (allowed ? allowed[x] : 0);
}

/* Breadth first; true as soon as a node of `goal` is met (goal may be NULL: then all is explored). */
static bool reach_any(struct reach *r, const struct site *s, class_id c, uint8_t group, node_id from, bool backward,
                      const uint16_t *blocked, const uint8_t *allowed, const uint8_t *goal)
{
    const uint32_t *start = backward ? s->in_start : s->out_start;
    const edge_id *list = backward ? s->in_edge : s->out_edge;
    uint32_t head = 0, tail = 0;
    memset(r->seen, 0, s->nodes);
    if (shut(blocked, allowed, from)) return false;
    r->seen[from] = 1;
    r->queue[tail++] = from;
    while (head < tail) {
        node_id n = r->queue[head++];
        if (goal && goal[n]) return true;
        for (uint32_t i = start[n]; i < start[n + 1]; i++) {
            const struct site_edge *e = &s->edge[list[i]];
            node_id to = backward ? e->from : e->to;
            if (r->seen[to] || !site_fits(s, c, list[i]) || !edge_ever_open(s, list[i], group) ||
                shut(blocked, allowed, to) || shut(blocked, allowed, res_lane(s, e->lane)))
                continue;
            r->seen[to] = 1;
            r->queue[tail++] = to;
        }
    }
    return false;
}

void reach_from(struct reach *r, const struct site *s, class_id c, uint8_t group, node_id from, bool backward,
                const uint16_t *blocked, const uint8_t *allowed)
{
    (void)reach_any(r, s, c, group, from, backward, blocked, allowed, NULL);
}

node_id reach_slot(const struct site *s, station_id t, const struct reach *ahead, const struct reach *back)
{
    for (uint8_t k = 0; k < station_slots(&s->station[t]); k++) {
        node_id n = station_slot(&s->station[t], k);
        if (ahead->seen[n] && back->seen[n]) return n;
    }
    return ID_NONE;
}

#define HUBS_TRIED 32

station_id reach_hub(const struct site *s, class_id c, uint8_t group, struct reach *ahead, struct reach *back)
{
    station_id best = 0;
    uint32_t most = 0;
    for (station_id h = 0; h < s->stations && h < HUBS_TRIED && most < s->stations; h++) {
        uint32_t n = 0;
        reach_from(ahead, s, c, group, s->station[h].node, false, NULL, NULL);
        reach_from(back, s, c, group, s->station[h].node, true, NULL, NULL);
        for (station_id i = 0; i < s->stations; i++) n += reach_slot(s, i, ahead, back) != ID_NONE;
        if (n > most) {
            most = n;
            best = h;
        }
    }
    if (s->stations == 0) return ID_NONE;
    reach_from(ahead, s, c, group, s->station[best].node, false, NULL, NULL);
    reach_from(back, s, c, group, s->station[best].node, true, NULL, NULL);
    return best;
}

/* Set p->own to `value` for all that conflicts with `n` for any pair of classes. */
static void mark_own(struct prover *p, node_id n, uint8_t value)
{
    const struct site *s = p->s;
    for (class_id a = 0; a < s->classes; a++)
        for (class_id b = 0; b < s->classes; b++) {
            struct conflict_list l = site_conflicts(s, a, n, b);
            for (uint32_t i = 0; i < l.count; i++) p->own[l.item[i].res] = value;
        }
}

static void block_own(struct prover *p, node_id n, int by)
{
    mark_own(p, n, 1);
    for (res_id x = 0; x < res_count(p->s); x++)
        if (p->own[x]) p->blocked[x] = (uint16_t)(p->blocked[x] + by);
    mark_own(p, n, 0);
}

static size_t pair_index(const struct prover *p, class_id c, uint8_t group) { return (size_t)c * p->s->groups + group; }

/* (a), for one class and group. Strongly connected is: the hub reaches all and all reach the hub. */
static bool stations_joined(struct prover *p, class_id c, uint8_t group, struct refuge_verdict *v)
{
    const struct site *s = p->s;
    if (s->stations == 0) return true;
    const station_id hub = p->hub[pair_index(p, c, group)];
    const uint8_t *joined = p->joined + pair_index(p, c, group) * s->nodes;
    reach_from(&p->ahead, s, c, group, s->station[hub].node, false, p->blocked, NULL);
    reach_from(&p->back, s, c, group, s->station[hub].node, true, p->blocked, NULL);
    for (station_id i = 0; i < s->stations; i++) {
        bool was = false;
        for (uint8_t k = 0; k < station_slots(&s->station[i]); k++)
            was = was || joined[station_slot(&s->station[i], k)];
        if (!was || reach_slot(s, i, &p->ahead, &p->back) != ID_NONE) continue;
        bool to = p->ahead.seen[s->station[i].node];
        v->from = to ? i : hub;
        v->to = to ? hub : i;
        return false;
    }
    return true;
}

/* (b), for one class and group and one member whose conflicts are in p->own: a few steps lead to a node that is joined
 * to the stations without any member's leave. p->ahead and p->back hold those nodes, as stations_joined left them. */
static bool member_joined(struct prover *p, class_id c, uint8_t group, node_id n)
{
    if (p->s->stations == 0 || !p->joined[pair_index(p, c, group) * p->s->nodes + n]) return true;
    return reach_any(&p->step, p->s, c, group, n, false, p->blocked, p->own, p->back.seen) &&
           reach_any(&p->step, p->s, c, group, n, true, p->blocked, p->own, p->ahead.seen);
}

static void judge(struct prover *p, class_id c, uint8_t group, struct refuge_verdict *v)
{
    if (!stations_joined(p, c, group, v)) {
        v->why = REFUGE_CUTS_STATIONS;
        return;
    }
    mark_own(p, v->node, 1);
    bool joined = member_joined(p, c, group, v->node);
    mark_own(p, v->node, 0);
    if (!joined) v->why = REFUGE_CUT_OFF;
    for (uint16_t i = 0; i < p->members && v->why == REFUGE_ACCEPTED; i++) {
        mark_own(p, p->member[i], 1);
        if (!member_joined(p, c, group, p->member[i])) {
            v->why = REFUGE_CUTS_REFUGE;
            v->other = p->member[i];
        }
        mark_own(p, p->member[i], 0);
    }
}

static bool try_candidate(struct prover *p, node_id n, struct refuge_verdict *v)
{
    *v = (struct refuge_verdict){ .node = n, .other = ID_NONE, .why = REFUGE_ACCEPTED };
    block_own(p, n, 1);
    for (class_id c = 0; c < p->s->classes; c++)
        for (uint8_t g = 0; g < p->s->groups && v->why == REFUGE_ACCEPTED; g++) judge(p, c, g, v);
    if (v->why != REFUGE_ACCEPTED) block_own(p, n, -1);
    return v->why == REFUGE_ACCEPTED;
}

static bool is_candidate(const struct site_node *n)
{
    return (n->flags & (NODE_PARK | NODE_CHARGER | NODE_HOLDING)) &&
           !(n->flags & (NODE_NO_STOP | NODE_CABIN | NODE_WASHER)) && n->elevator == ID_NONE && n->station == ID_NONE;
}

/* What is joined when nobody is there. */
static int look_around(struct prover *p)
{
    struct site *s = p->s;
    size_t pairs = (size_t)s->classes * s->groups;
    p->hub = calloc(pairs + 1, sizeof *p->hub);
    p->joined = calloc(pairs * s->nodes + 1, 1);
    if (!p->hub || !p->joined) return ORD_EMEMORY;
    for (class_id c = 0; c < s->classes && s->stations; c++)
        for (uint8_t g = 0; g < s->groups; g++) {
            p->hub[pair_index(p, c, g)] = reach_hub(s, c, g, &p->ahead, &p->back);
            for (node_id n = 0; n < s->nodes; n++)
                p->joined[pair_index(p, c, g) * s->nodes + n] = p->ahead.seen[n] && p->back.seen[n];
        }
    return ORD_OK;
}

static int prove(struct prover *p, struct refuge_report *out)
{
    struct site *s = p->s;
    for (node_id n = 0; n < s->nodes; n++) {
        s->node[n].flags &= (uint8_t)~NODE_REFUGE;
        if (is_candidate(&s->node[n])) out->candidates++;
    }
    out->verdict = calloc((size_t)out->candidates + 1, sizeof *out->verdict);
    p->member = calloc((size_t)out->candidates + 1, sizeof *p->member);
    if (!out->verdict || !p->member) return ORD_EMEMORY;
    uint16_t tried = 0;
    for (int pass = 0; pass < 2; pass++)
        for (node_id n = 0; n < s->nodes; n++) {
            bool first = s->node[n].flags & (NODE_PARK | NODE_CHARGER);
            if (!is_candidate(&s->node[n]) || first != (pass == 0)) continue;
            if (!try_candidate(p, n, &out->verdict[tried++])) continue;
            p->member[p->members++] = n;
            s->node[n].flags |= NODE_REFUGE;
        }
    out->accepted = p->members;
    return ORD_OK;
}

int refuges_prove(struct site *s, struct refuge_report *out)
{
    struct refuge_report mine = { 0 };
    uint16_t *blocked = calloc((size_t)res_count(s) + 1, sizeof *blocked);
    uint8_t *own = calloc((size_t)res_count(s) + 1, sizeof *own);
    struct prover p = { .s = s, .blocked = blocked, .own = own };
    int err = blocked && own ? ORD_OK : ORD_EMEMORY;
    if (!err) err = reach_open(&p.ahead, s);
    if (!err) err = reach_open(&p.back, s);
    if (!err) err = reach_open(&p.step, s);
    if (!err) err = look_around(&p);
    if (!err) err = prove(&p, &mine);
    free(blocked);
    free(own);
    free(p.member);
    free(p.hub);
    free(p.joined);
    reach_close(&p.ahead);
    reach_close(&p.back);
    reach_close(&p.step);
    if (out && !err) *out = mine;
    else refuge_report_close(&mine);
    return err;
}

void refuge_report_close(struct refuge_report *r)
{
    free(r->verdict);
    *r = (struct refuge_report){ 0 };
}
