/* floor_lanes - middle lines into lanes.
 *
 * First the fine graph of floor_axis is drawn with few straight lines: chains are pulled straight as long as they
 * stay near the middle, junctions a step apart become one, and junctions move onto the straight line of the
 * corridor that passes them.
 *
 * Then each line is a street (two one-way lanes, keeping right) where two robots can pass, or an alley (one lane for
 * both ways). Where n streets meet, their lanes end in n corners, one between each street and the next one to its
 * left: the lane that arrives on street k ends in the corner to its left, the lane that leaves begins in the one to
 * its right, and the corners are joined to a one-way ring. Two streets in line give two corners side by side; an alley
 * ends in the corner on its side. A corner or lane that would come too close to a wall makes its streets alleys
 * again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "floor.h"

#define ITEMS_MAX 60000u
#define SLACK 0.1 /* of the room: how far off the middle a line may run */
#define SLACK_MIN_MM 50
#define KEEP 0.9         /* of the room, when a junction moves */
#define STEP_MM 900      /* junctions closer than this become one */
#define MOVE_MM 1000     /* farther than this a junction does not move onto a straight line */
#define OPPOSITE (-0.86) /* cosine: two lines that go on into one another */
#define ROUNDS 24
#define STREET_CLEAR_MM 1100 /* half the width two robots need to pass */
#define STREET_LONG_MM 2000
#define STREETS_LONG_MM 15000 /* all that hang together: less is a hall, not a street */
#define LANE_OFF_MIN 500      /* a lane from the middle of its street */
#define LANE_OFF_MAX 900
#define CORNER_FAR 2.5 /* times that: the farthest a corner stands from its junction */

struct mesh {
    const struct floor_axis *axis;
    double radius, off;
    struct axis_node *node;
    struct axis_edge *edge;
    uint32_t nodes, edges, node_room, edge_room;
    uint8_t *street; /* per edge */
    bool full;
};

static double far_between(struct floor_point a, struct floor_point b) { return hypot(a.x - b.x, a.y - b.y); }

static double room_along(const struct mesh *m, struct floor_point a, struct floor_point b)
{
    return floor_clear(m->axis->bound, m->axis->bounds, a, b);
}

static uint32_t mesh_node(struct mesh *m, struct axis_node v)
{
    void *p = m->node;
    bool ok = import_room(&p, &m->node_room, m->nodes, ITEMS_MAX, sizeof v);
    m->node = p;
    if (!ok) {
        m->full = true;
        return 0;
    }
    m->node[m->nodes] = v;
    return m->nodes++;
}

static void mesh_edge(struct mesh *m, struct axis_edge v)
{
    void *p = m->edge;
    bool ok = import_room(&p, &m->edge_room, m->edges, ITEMS_MAX, sizeof v);
    m->edge = p;
    if (ok) m->edge[m->edges++] = v;
    else m->full = true;
}

/* ---- chains of the fine graph ---- */

struct links {
    uint32_t *start, *edge; /* the edges at each node */
};

static bool link_up(const struct floor_axis *a, struct links *l)
{
    l->start = calloc((size_t)a->nodes + 3, sizeof *l->start);
    l->edge = calloc(2 * (size_t)a->edges + 1, sizeof *l->edge);
    if (!l->start || !l->edge) return false;
    for (uint32_t i = 0; i < a->edges; i++) l->start[a->edge[i].a + 2]++, l->start[a->edge[i].b + 2]++;
    for (uint32_t n = 2; n < a->nodes + 2; n++) l->start[n] += l->start[n - 1];
    for (uint32_t i = 0; i < a->edges; i++) {
        l->edge[l->start[a->edge[i].a + 1]++] = i;
        l->edge[l->start[a->edge[i].b + 1]++] = i;
    }
    return true;
}

static uint32_t degree(const struct links *l, uint32_t n) { return l->start[n + 1] - l->start[n]; }

/* How far a place on a chain may lie from the straight line that replaces it. */
static double slack(double clear) { return fmax(SLACK_MIN_MM, SLACK * clear); }

static double off_line(struct floor_point p, struct floor_point a, struct floor_point b)
{
    double dx = b.x - a.x, dy = b.y - a.y, len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? fmax(0, fmin(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / len2)) : 0;
    return hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/* A chain pulled straight: from each point as far ahead as every skipped one stays near the line. */
static void pull(struct mesh *m, const uint32_t *chain, const double *clear, uint32_t n, uint32_t from, uint32_t to)
{
    const struct axis_node *fine = m->axis->node;
    uint32_t at = 0, here = from;
    while (at + 1 < n && !m->full) {
        uint32_t next = at + 1;
        bool near = true;
        for (uint32_t j = at + 2; j < n && near; j++) {
            for (uint32_t i = at + 1; i < j && near; i++)
                near = off_line(fine[chain[i]].at, fine[chain[at]].at, fine[chain[j]].at) <= slack(clear[i]);
            if (near) next = j;
        }
        while (next > at + 1 && room_along(m, fine[chain[at]].at, fine[chain[next]].at) < m->radius) next--;
        uint32_t there = next + 1 == n ? to : mesh_node(m, fine[chain[next]]);
        mesh_edge(m, (struct axis_edge){ here, there, false, clear[at] });
        here = there;
        at = next;
    }
}

/* Follows edge `first` from node `from` to the next node that is a key; marks what it passes. */
static void follow(struct mesh *m, const struct links *l, uint32_t *place, uint8_t *used, uint32_t from, uint32_t first)
{
    const struct floor_axis *a = m->axis;
    uint32_t *chain = calloc((size_t)a->edges + 2, sizeof *chain), n = 1, at = from, e = first;
    double *clear = calloc((size_t)a->edges + 2, sizeof *clear);
    if (!chain || !clear) m->full = true;
    while (!m->full) {
        used[e] = 1;
        at = a->edge[e].a == at ? a->edge[e].b : a->edge[e].a;
        if (chain) chain[n] = at;
        if (clear) clear[n - 1] = a->edge[e].clear;
        n++;
        if (place[at] != UINT32_MAX) break;
        uint32_t k = l->start[at];
        e = l->edge[k] == e ? l->edge[k + 1] : l->edge[k];
    }
    if (chain && clear && !m->full) {
        chain[0] = from;
        if (a->edge[first].cabin)
            mesh_edge(m, (struct axis_edge){ place[from], place[at], true, a->edge[first].clear });
        else pull(m, chain, clear, n, place[from], place[at]);
    }
    free(chain);
    free(clear);
}

static void draw_chains(struct mesh *m)
{
    const struct floor_axis *a = m->axis;
    struct links l = { NULL, NULL };
    uint32_t *place = calloc((size_t)a->nodes + 1, sizeof *place);
    uint8_t *used = calloc((size_t)a->edges + 1, 1);
    if (!place || !used || !link_up(a, &l)) m->full = true;
    for (uint32_t i = 0; place && !m->full && i < a->nodes; i++)
        place[i] = degree(&l, i) != 2 || a->node[i].fixed ? mesh_node(m, a->node[i]) : UINT32_MAX;
    for (uint32_t i = 0; place && used && !m->full && i < a->nodes; i++)
        for (uint32_t k = l.start[i]; place[i] != UINT32_MAX && k < l.start[i + 1]; k++)
            if (!used[l.edge[k]]) follow(m, &l, place, used, i, l.edge[k]);
    for (uint32_t e = 0; place && used && !m->full && e < a->edges; e++) { /* loops that nothing joins */
        if (used[e]) continue;
        place[a->edge[e].a] = mesh_node(m, a->node[a->edge[e].a]);
        follow(m, &l, place, used, a->edge[e].a, e);
    }
    free(place);
    free(used);
    free(l.start);
    free(l.edge);
}

/* ---- fewer and straighter lines ---- */

static uint32_t other_end(const struct axis_edge *e, uint32_t n) { return e->a == n ? e->b : e->a; }

/* Whether node n may stand at p: every line at it keeps nine tenths of the most room it had. */
static bool may_stand(const struct mesh *m, uint32_t n, struct floor_point p, uint32_t but)
{
    for (uint32_t i = 0; i < m->edges; i++) {
        const struct axis_edge *e = &m->edge[i];
        if ((e->a != n && e->b != n) || i == but) continue;
        if (e->cabin) return false;
        if (room_along(m, p, m->node[other_end(e, n)].at) < fmax(m->radius, KEEP * e->clear)) return false;
    }
    return true;
}

/* The room of every line as it runs now; `most`: only where it has more than before, so that small losses do not add
 * up. */
static void measure(struct mesh *m, bool most)
{
    for (uint32_t i = 0; i < m->edges; i++) {
        struct axis_edge *e = &m->edge[i];
        double room = e->cabin ? e->clear : room_along(m, m->node[e->a].at, m->node[e->b].at);
        if (!most || room > e->clear) e->clear = room;
    }
}

static void drop_edge(struct mesh *m, uint32_t i)
{
    memmove(&m->edge[i], &m->edge[i + 1], (m->edges - i - 1) * sizeof *m->edge);
    m->edges--;
}

/* Node `gone` becomes node `stays`; lines that then join the same two nodes are one. */
static void fuse(struct mesh *m, uint32_t stays, uint32_t gone)
{
    for (uint32_t i = 0; i < m->edges; i++) {
        if (m->edge[i].a == gone) m->edge[i].a = stays;
        if (m->edge[i].b == gone) m->edge[i].b = stays;
    }
    for (uint32_t i = 0; i < m->edges;) {
        bool twice = m->edge[i].a == m->edge[i].b;
        for (uint32_t k = 0; k < i && !twice; k++)
            twice = (m->edge[k].a == m->edge[i].a && m->edge[k].b == m->edge[i].b) ||
                    (m->edge[k].a == m->edge[i].b && m->edge[k].b == m->edge[i].a);
        if (twice) drop_edge(m, i);
        else i++;
    }
}

static uint32_t count_at(const struct mesh *m, uint32_t n)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < m->edges; i++) k += m->edge[i].a == n || m->edge[i].b == n;
    return k;
}

/* Junctions a step apart become one; of a pair the one where more lines meet stays, if the room allows. */
static void fuse_steps(struct mesh *m)
{
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < m->edges && !again; i++) {
            uint32_t a = m->edge[i].a, b = m->edge[i].b;
            if (m->edge[i].cabin || far_between(m->node[a].at, m->node[b].at) >= STEP_MM) continue;
            if (count_at(m, b) > count_at(m, a)) a = m->edge[i].b, b = m->edge[i].a;
            for (int turn = 0; turn < 2 && !again; turn++) {
                if (!m->node[b].fixed && may_stand(m, b, m->node[a].at, i)) {
                    fuse(m, a, b);
                    again = true;
                }
                uint32_t t = a;
                a = b;
                b = t;
            }
        }
        if (again) measure(m, false);
    }
}

/* The two lines at n that go on into one another best: their far ends. False when there are none. */
static bool passing(const struct mesh *m, uint32_t n, uint32_t *a, uint32_t *b)
{
    double best = OPPOSITE;
    bool found = false;
    for (uint32_t i = 0; i < m->edges; i++)
        for (uint32_t k = i + 1; k < m->edges; k++) {
            const struct axis_edge *e = &m->edge[i], *f = &m->edge[k];
            if ((e->a != n && e->b != n) || (f->a != n && f->b != n) || e->cabin || f->cabin) continue;
            uint32_t p = other_end(e, n), q = other_end(f, n);
            struct floor_point o = m->node[n].at, u = m->node[p].at, v = m->node[q].at;
            double c = ((u.x - o.x) * (v.x - o.x) + (u.y - o.y) * (v.y - o.y)) /
                       fmax(1, far_between(o, u) * far_between(o, v));
            if (p == q || c >= best - 1e-9) continue;
            best = c;
            *a = p;
            *b = q;
            found = true;
        }
    return found;
}

static void straighten(struct mesh *m)
{
    bool moved = true;
    for (int round_ = 0; round_ < ROUNDS && moved; round_++) {
        moved = false;
        for (uint32_t n = 0; n < m->nodes; n++) {
            uint32_t a = 0, b = 0;
            if (m->node[n].fixed || !passing(m, n, &a, &b)) continue;
            struct floor_point p = m->node[a].at, q = m->node[b].at, o = m->node[n].at;
            double dx = q.x - p.x, dy = q.y - p.y, t = ((o.x - p.x) * dx + (o.y - p.y) * dy) / (dx * dx + dy * dy);
            if (!(t > 0.02 && t < 0.98)) continue;
            struct floor_point to = { round(p.x + t * dx), round(p.y + t * dy) };
            double far = far_between(o, to);
            if (far < 2 || far > MOVE_MM || !may_stand(m, n, to, UINT32_MAX)) continue;
            m->node[n].at = to;
            moved = true;
        }
        measure(m, true);
    }
}

/* Bends that are none any more. */
static void drop_bends(struct mesh *m)
{
    for (uint32_t n = 0; n < m->nodes; n++) {
        uint32_t e[2] = { 0, 0 }, k = 0;
        for (uint32_t i = 0; i < m->edges && k < 3; i++)
            if (m->edge[i].a == n || m->edge[i].b == n) {
                if (k < 2) e[k] = i;
                k++;
            }
        if (k != 2 || m->node[n].fixed || m->edge[e[0]].cabin || m->edge[e[1]].cabin) continue;
        uint32_t a = other_end(&m->edge[e[0]], n), b = other_end(&m->edge[e[1]], n);
        double had = fmin(m->edge[e[0]].clear, m->edge[e[1]].clear);
        bool joined = a == b;
        for (uint32_t i = 0; i < m->edges && !joined; i++)
            joined = (m->edge[i].a == a && m->edge[i].b == b) || (m->edge[i].a == b && m->edge[i].b == a);
        double room = joined ? 0 : room_along(m, m->node[a].at, m->node[b].at);
        if (room < m->radius || off_line(m->node[n].at, m->node[a].at, m->node[b].at) > slack(had)) continue;
        m->edge[e[0]] = (struct axis_edge){ a, b, false, room };
        drop_edge(m, e[1]);
    }
}

/* ---- streets and alleys ---- */

static double angle_from(const struct mesh *m, uint32_t edge, uint32_t n)
{
    struct floor_point o = m->node[n].at, p = m->node[other_end(&m->edge[edge], n)].at;
    return atan2(p.y - o.y, p.x - o.x);
}

/* The streets at n by angle, and how many. */
static uint32_t streets_at(const struct mesh *m, uint32_t n, uint32_t *list, uint32_t max)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < m->edges; i++) {
        if (!m->street[i] || (m->edge[i].a != n && m->edge[i].b != n) || k == max) continue;
        uint32_t at = k++;
        double angle = angle_from(m, i, n);
        for (; at > 0 && angle_from(m, list[at - 1], n) > angle; at--) list[at] = list[at - 1];
        list[at] = i;
    }
    return k;
}

static double turn_left(double from, double to)
{
    double g = to - from;
    while (g <= 1e-9) g += 2 * M_PI;
    return g;
}

#define MEET_MAX 16
struct corners {
    uint32_t street[MEET_MAX], node[MEET_MAX], n; /* corner k: between street k and the next to its left */
    uint32_t single;                              /* the only node where fewer than two streets meet */
};

static void set_corners(const struct mesh *m, struct floor_lanes *out, uint32_t n, struct corners *c)
{
    void *list = out->node;
    c->n = streets_at(m, n, c->street, MEET_MAX);
    for (uint32_t k = 0; k < (c->n < 2 ? 1 : c->n); k++) {
        struct axis_node v = m->node[n];
        bool ok = import_room(&list, &out->node_room, out->nodes, ITEMS_MAX, sizeof v);
        out->node = list;
        if (!ok) return;
        if (c->n >= 2) {
            double a = angle_from(m, c->street[k], n), g = turn_left(a, angle_from(m, c->street[(k + 1) % c->n], n));
            double far = fmin(m->off / fmax(0.01, sin(g / 2)), CORNER_FAR * m->off);
            v.at.x = round(v.at.x + far * cos(a + g / 2));
            v.at.y = round(v.at.y + far * sin(a + g / 2));
        }
        c->node[k] = out->nodes;
        out->node[out->nodes++] = v;
    }
    c->single = c->node[0];
}

static uint32_t corner_towards(const struct mesh *m, const struct corners *c, uint32_t n, uint32_t edge)
{
    double angle = angle_from(m, edge, n);
    for (uint32_t k = 0; k < c->n && c->n >= 2; k++) {
        double a = angle_from(m, c->street[k], n);
        if (turn_left(a, angle) < turn_left(a, angle_from(m, c->street[(k + 1) % c->n], n))) return c->node[k];
    }
    return c->single;
}

static uint32_t leaving(const struct corners *c, uint32_t edge)
{
    for (uint32_t k = 0; k < c->n && c->n >= 2; k++)
        if (c->street[k] == edge) return c->node[(k + c->n - 1) % c->n];
    return c->single;
}

static uint32_t arriving(const struct corners *c, uint32_t edge)
{
    for (uint32_t k = 0; k < c->n && c->n >= 2; k++)
        if (c->street[k] == edge) return c->node[k];
    return c->single;
}

/* Adds the lane; false when it comes too close to a wall. */
static bool lay(const struct mesh *m, struct floor_lanes *out, struct floor_lane v)
{
    void *list = out->lane;
    double room = v.cabin ? 0 : room_along(m, out->node[v.a].at, out->node[v.b].at);
    bool ok = import_room(&list, &out->lane_room, out->lanes, ITEMS_MAX, sizeof v);
    out->lane = list;
    v.width = v.cabin ? 2 * m->radius : 2 * room;
    if (ok) out->lane[out->lanes++] = v;
    return ok && (v.cabin || room >= m->radius);
}

/* One attempt with the streets as they are. A junction whose lanes do not fit loses its streets: false, once more. */
static bool lay_lanes(struct mesh *m, struct floor_lanes *out, struct corners *c)
{
    bool fits = true;
    out->nodes = out->lanes = out->streets = out->alleys = 0;
    for (uint32_t n = 0; n < m->nodes; n++)
        if (count_at(m, n) > 0) set_corners(m, out, n, &c[n]);
    for (uint32_t i = 0; i < m->edges; i++) {
        const struct axis_edge *e = &m->edge[i];
        bool ok;
        if (m->street[i]) {
            ok = lay(m, out, (struct floor_lane){ .a = leaving(&c[e->a], i), .b = arriving(&c[e->b], i) });
            ok = lay(m, out, (struct floor_lane){ .a = leaving(&c[e->b], i), .b = arriving(&c[e->a], i) }) && ok;
            out->streets++;
        } else {
            ok = lay(m, out,
                     (struct floor_lane){ .a = corner_towards(m, &c[e->a], e->a, i),
                                          .b = corner_towards(m, &c[e->b], e->b, i),
                                          .both = true,
                                          .cabin = e->cabin });
            out->alleys++;
        }
        for (uint32_t k = 0; k < m->edges && !ok; k++) {
            const struct axis_edge *f = &m->edge[k];
            bool near = f->a == e->a || f->a == e->b || f->b == e->a || f->b == e->b;
            if ((m->street[i] ? k == i : near) && m->street[k]) m->street[k] = 0, fits = false;
        }
    }
    for (uint32_t n = 0; n < m->nodes; n++) {
        bool need = c[n].n > 2 || (c[n].n == 2 && count_at(m, n) > 2), ok = true;
        for (uint32_t k = 0; need && k < (c[n].n == 2 ? 1 : c[n].n); k++)
            ok = lay(m, out,
                     (struct floor_lane){ .a = c[n].node[k], .b = c[n].node[(k + 1) % c[n].n], .both = c[n].n == 2 }) &&
                 ok;
        for (uint32_t k = 0; k < c[n].n && !ok; k++) m->street[c[n].street[k]] = 0, fits = false;
    }
    return fits;
}

/* The length of all streets that hang together with street i, which get `mark`. */
static double street_long(struct mesh *m, uint32_t i, uint8_t mark)
{
    double sum = far_between(m->node[m->edge[i].a].at, m->node[m->edge[i].b].at);
    m->street[i] = mark;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t k = 0; k < m->edges; k++) {
            const struct axis_edge *e = &m->edge[k];
            bool joined = false;
            for (uint32_t j = 0; j < m->edges && m->street[k] == 1 && !joined; j++)
                joined = m->street[j] == mark &&
                         (m->edge[j].a == e->a || m->edge[j].a == e->b || m->edge[j].b == e->a || m->edge[j].b == e->b);
            if (!joined) continue;
            m->street[k] = mark;
            sum += far_between(m->node[e->a].at, m->node[e->b].at);
            again = true;
        }
    }
    return sum;
}

static void drop_short_streets(struct mesh *m)
{
    enum { STREET = 1, LOOKED_AT = 2, LONG = 3 };
    for (uint32_t i = 0; i < m->edges; i++) {
        if (m->street[i] != STREET) continue;
        uint8_t to = street_long(m, i, LOOKED_AT) >= STREETS_LONG_MM ? LONG : 0;
        for (uint32_t k = 0; k < m->edges; k++)
            if (m->street[k] == LOOKED_AT) m->street[k] = to;
    }
    for (uint32_t i = 0; i < m->edges; i++) m->street[i] = m->street[i] == LONG;
}

static void choose_streets(struct mesh *m)
{
    double least = 2 * LANE_OFF_MAX;
    for (uint32_t i = 0; i < m->edges; i++) {
        const struct axis_edge *e = &m->edge[i];
        m->street[i] = !e->cabin && e->clear >= STREET_CLEAR_MM && count_at(m, e->a) > 1 && count_at(m, e->b) > 1 &&
                       far_between(m->node[e->a].at, m->node[e->b].at) >= STREET_LONG_MM;
    }
    drop_short_streets(m);
    for (uint32_t i = 0; i < m->edges; i++)
        if (m->street[i]) least = fmin(least, m->edge[i].clear);
    m->off = fmax(LANE_OFF_MIN, fmin(LANE_OFF_MAX, least / 2));
}

int floor_lanes(const struct floor_axis *a, const struct robot_class *c, struct floor_lanes *out)
{
    struct mesh m = { .axis = a, .radius = c->width_mm / 2.0 + c->margin_mm };
    struct corners *corner = NULL;
    *out = (struct floor_lanes){ 0 };
    draw_chains(&m);
    measure(&m, false);
    for (int pass = 0; pass < 2 && !m.full; pass++) {
        fuse_steps(&m);
        straighten(&m);
        drop_bends(&m);
    }
    corner = calloc((size_t)m.nodes + 1, sizeof *corner);
    m.street = calloc((size_t)m.edges + 1, 1);
    if (!corner || !m.street) m.full = true;
    measure(&m, false);
    if (!m.full) choose_streets(&m);
    while (!m.full && !lay_lanes(&m, out, corner)) {} /* each time fewer streets */
    free(corner);
    free(m.street);
    free(m.node);
    free(m.edge);
    if (!m.full) return ORD_OK;
    floor_lanes_close(out);
    return ORD_EMEMORY;
}

void floor_lanes_close(struct floor_lanes *l)
{
    free(l->node);
    free(l->lane);
    *l = (struct floor_lanes){ 0 };
}
