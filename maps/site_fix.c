/* site_fix - what the lint finds and what has one answer only is put right: edges from a node to itself, two nodes at
 * one place with an edge between them, doors that are crossed but not named or named but not crossed while another is,
 * landings stated twice, cabin marks outside the cabin, nodes that nothing touches and that mean nothing. Whatever
 * could be meant in two ways is left to the author.
 *
 * The fixed site is built anew beside the old one, every direction of an edge with its own id, so that nothing else
 * changes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "import.h"
#include "site_compile.h"

struct fixer {
    const struct site *s;
    struct draft d;
    struct import_report *r;
    node_id *stands_for; /* the node that takes a node's place, itself as a rule */
    uint8_t *drop;       /* nodes to leave out */
    node_id *number;     /* in the new site */
};

static bool is_landing(const struct site *s, node_id n)
{
    for (elevator_id e = 0; e < s->elevators; e++)
        for (uint16_t i = 0; i < s->elevator[e].landings; i++)
            if (s->elevator[e].landing[i].node == n) return true;
    return false;
}

/* A node that is only a place on the way. */
static bool plain(const struct site *s, node_id n)
{
    const uint8_t meant = NODE_PARK | NODE_CHARGER | NODE_HOLDING | NODE_WASHER | NODE_NO_STOP;
    return !(s->node[n].flags & meant) && s->node[n].station == ID_NONE && s->node[n].elevator == ID_NONE &&
           !is_landing(s, n);
}

static bool in_cabin(const struct site_elevator *c, const struct site_node *n)
{
    double a = -c->yaw / 1000.0, dx = n->x_mm - c->x_mm, dy = n->y_mm - c->y_mm;
    double x = dx * cos(a) - dy * sin(a), y = dx * sin(a) + dy * cos(a);
    return fabs(x) <= c->width_mm / 2.0 + 50 && fabs(y) <= c->depth_mm / 2.0 + 50;
}

/* ---- nodes ---- */

static node_id stands(const struct fixer *f, node_id n)
{
    while (f->stands_for[n] != n) n = f->stands_for[n];
    return n;
}

static void merge_places(struct fixer *f)
{
    const struct site *s = f->s;
    for (edge_id i = 0; i < s->edges; i++) {
        const struct site_edge *e = &s->edge[i];
        node_id a = stands(f, e->from), b = stands(f, e->to);
        if (e->ride_ms || a == b || s->node[a].level != s->node[b].level || s->node[a].x_mm != s->node[b].x_mm ||
            s->node[a].y_mm != s->node[b].y_mm)
            continue;
        if (!plain(s, b)) {
            node_id t = a;
            a = b;
            b = t;
        }
        if (!plain(s, b)) continue; /* both mean something: which one is right is not for us to say */
        f->stands_for[b] = a;
        import_say(f->r, IMPORT_KEPT, "节点 %s 与 %s 在同一位置：合并为后者",
                   "nodes %s and %s are at one place: the latter stays", s->node[b].id, s->node[a].id);
    }
}

static void find_idle(struct fixer *f)
{
    const struct site *s = f->s;
    for (node_id n = 0; n < s->nodes; n++) f->drop[n] = f->stands_for[n] != n;
    for (node_id n = 0; n < s->nodes; n++) {
        bool touched = false;
        for (uint32_t k = s->out_start[n]; k < s->out_start[n + 1]; k++) touched |= s->edge[s->out_edge[k]].to != n;
        for (uint32_t k = s->in_start[n]; k < s->in_start[n + 1]; k++) touched |= s->edge[s->in_edge[k]].from != n;
        if (touched || f->drop[n] || !plain(s, n)) continue;
        f->drop[n] = 1;
        import_say(f->r, IMPORT_KEPT, "节点 %s 没有任何边，也不是站点或停车位：删除",
                   "node %s has no edge and is no station or parking place: removed", s->node[n].id);
    }
}

static int add_nodes(struct fixer *f)
{
    const struct site *s = f->s;
    int err = ORD_OK;
    for (node_id n = 0; n < s->nodes && !err; n++) {
        struct site_node v = s->node[n];
        if (f->drop[n]) continue;
        if (v.elevator != ID_NONE && !is_landing(s, n) && !in_cabin(&s->elevator[v.elevator], &v)) {
            import_say(f->r, IMPORT_KEPT, "节点 %s 不在电梯 %s 的轿厢内：去掉标记",
                       "node %s lies outside the cabin of elevator %s: its mark is dropped", v.id,
                       s->elevator[v.elevator].id);
            v.elevator = ID_NONE;
        }
        f->number[n] = f->d.s->nodes;
        err = draft_node(&f->d, &v);
    }
    for (node_id n = 0; n < s->nodes; n++)
        if (f->stands_for[n] != n) f->number[n] = f->number[stands(f, n)];
    return err;
}

/* ---- edges and doors ---- */

/* The only door the edge crosses; ID_NONE when there is none or more than one. */
static door_id only_door(const struct site *s, const struct site_edge *e)
{
    door_id found = ID_NONE;
    for (door_id d = 0; d < s->doors; d++) {
        if (s->door[d].level != s->node[e->from].level ||
            !geom_cut(node_pt(s, e->from), node_pt(s, e->to), door_a(&s->door[d]), door_b(&s->door[d])))
            continue;
        if (found != ID_NONE) return ID_NONE;
        found = d;
    }
    return found;
}

static door_id right_door(struct fixer *f, const struct site_edge *e)
{
    const struct site *s = f->s;
    bool crosses =
        e->door != ID_NONE && s->door[e->door].level == s->node[e->from].level &&
        geom_cut(node_pt(s, e->from), node_pt(s, e->to), door_a(&s->door[e->door]), door_b(&s->door[e->door]));
    door_id d = only_door(s, e);
    if (e->ride_ms || s->node[e->from].level != s->node[e->to].level || crosses || d == ID_NONE) return e->door;
    import_say(f->r, IMPORT_KEPT, "边 %s 穿过门 %s：写明", "edge %s passes door %s: stated", e->id, s->door[d].id);
    return d;
}

static int add_edges(struct fixer *f)
{
    const struct site *s = f->s;
    int err = ORD_OK;
    for (edge_id i = 0; i < s->edges && !err; i++) {
        const struct site_edge *e = &s->edge[i];
        struct draft_edge v = { .from = f->number[e->from],
                                .to = f->number[e->to],
                                .width_mm = e->width_mm,
                                .speed_mm_s = e->speed_mm_s,
                                .barred = e->barred,
                                .quiet = e->quiet };
        bool twice = false;
        if (e->ride_ms) continue;
        if (v.from == v.to) {
            if (e->from == e->to)
                import_say(f->r, IMPORT_KEPT, "边 %s 从节点通到自身：删除",
                           "edge %s leads from a node to itself: removed", e->id);
            continue;
        }
        bool merged = f->stands_for[e->from] != e->from || f->stands_for[e->to] != e->to;
        for (uint32_t k = 0; merged && k < f->d.edges && !twice; k++)
            twice = f->d.edge[k].from == v.from && f->d.edge[k].to == v.to;
        if (twice) continue;
        v.door = right_door(f, e);
        text_copy(v.id, sizeof v.id, e->id);
        err = draft_edge(&f->d, &v);
    }
    return err;
}

/* ---- the rest ---- */

static int add_elevators(struct fixer *f)
{
    int err = ORD_OK;
    for (elevator_id i = 0; i < f->s->elevators && !err; i++) {
        struct site_elevator c = f->s->elevator[i];
        c.landings = 0;
        for (uint16_t k = 0; k < f->s->elevator[i].landings; k++) {
            const struct site_landing *l = &f->s->elevator[i].landing[k];
            bool twice = false;
            for (uint16_t j = 0; j < k; j++)
                twice = twice || (f->s->elevator[i].landing[j].level == l->level &&
                                  f->s->elevator[i].landing[j].node == l->node);
            if (twice)
                import_say(f->r, IMPORT_KEPT, "电梯 %s 的停靠点 %s 写了两次：保留一个",
                           "elevator %s states landing %s twice: kept once", c.id, f->s->node[l->node].id);
            else c.landing[c.landings++] = (struct site_landing){ l->level, f->number[l->node] };
        }
        err = draft_elevator(&f->d, &c);
    }
    return err;
}

static int add_rest(struct fixer *f)
{
    const struct site *s = f->s;
    int err = ORD_OK;
    for (station_id i = 0; i < s->stations && !err; i++) {
        struct site_station v = s->station[i];
        v.node = f->number[v.node];
        for (uint8_t k = 0; k < v.slots; k++) v.slot[k] = f->number[v.slot[k]];
        err = draft_station(&f->d, &v);
    }
    for (door_id i = 0; i < s->doors && !err; i++) err = draft_door(&f->d, &s->door[i]);
    for (uint32_t i = 0; i < s->walls && !err; i++) err = draft_wall(&f->d, &s->wall[i]);
    for (uint32_t i = 0; i < s->labels && !err; i++) err = draft_label(&f->d, &s->label[i]);
    for (uint8_t i = 0; i < s->goods && !err; i++) err = draft_goods(&f->d, &s->good[i]);
    for (uint16_t i = 0; i < s->zones && !err; i++) err = draft_zone(&f->d, &s->zone[i]);
    return err;
}

static int rebuild(struct fixer *f, struct site **out, struct err_note *note)
{
    const struct site *s = f->s;
    struct site *to = f->d.s;
    int err = ORD_OK;
    memcpy(to->id, s->id, sizeof s->id);
    to->name = s->name;
    to->hygiene = s->hygiene;
    to->calendar = s->calendar;
    for (node_id n = 0; n < s->nodes; n++) f->stands_for[n] = n;
    merge_places(f);
    find_idle(f);
    for (level_id i = 0; i < s->levels && !err; i++) err = draft_level(&f->d, &s->level[i]);
    if (!err) err = add_nodes(f);
    if (!err) err = add_edges(f);
    if (!err) err = add_elevators(f);
    if (!err) err = add_rest(f);
    return err ? err_at(note, err, f->d.name, "%s", err_en(err)) : draft_finish(&f->d, out, note);
}

int site_fix(const struct site *s, struct site **out, struct import_report *r, struct err_note *note)
{
    struct fixer f = { .s = s, .r = r };
    *out = NULL;
    *r = (struct import_report){ 0 };
    f.stands_for = calloc((size_t)s->nodes + 1, sizeof *f.stands_for);
    f.number = calloc((size_t)s->nodes + 1, sizeof *f.number);
    f.drop = calloc((size_t)s->nodes + 1, 1);
    int err = f.stands_for && f.number && f.drop ? draft_open(&f.d, s->id) : ORD_EMEMORY;
    if (err) err_at(note, err, s->id, "%s", err_en(err));
    else err = rebuild(&f, out, note);
    free(f.stands_for);
    free(f.number);
    free(f.drop);
    draft_close(&f.d);
    return err;
}
