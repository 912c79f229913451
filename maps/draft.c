/* draft - from a list of things to a linked site. */
#include "draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/text.h"
#include "maps_io.h"
#include "site_json.h"

/* Room for element `count`; arrays double, so that indexes stay and copies are few. */
static int room(void **array, uint32_t *cap, uint32_t count, uint32_t max, size_t each)
{
    if (count >= max) return ORD_EFULL;
    if (count < *cap) return ORD_OK;
    uint32_t want = *cap ? *cap * 2 : 16;
    void *wide = realloc(*array, (size_t)want * each);
    if (!wide) return ORD_EMEMORY;
    *array = wide;
    *cap = want;
    return ORD_OK;
}

#define APPEND(array, count, cap, max, v)                              \
    do {                                                               \
        void *p_ = (array);                                            \
        int err_ = room(&p_, &(cap), (count), (max), sizeof *(array)); \
        (array) = p_;                                                  \
        if (err_) return err_;                                         \
        (array)[(count)++] = *(v);                                     \
        return ORD_OK;                                                 \
    } while (0)

int draft_level(struct draft *d, const struct site_level *v)
{
    APPEND(d->s->level, d->s->levels, d->cap_level, SITE_LEVELS_MAX, v);
}
int draft_node(struct draft *d, const struct site_node *v)
{
    APPEND(d->s->node, d->s->nodes, d->cap_node, SITE_NODES_MAX, v);
}
int draft_edge(struct draft *d, const struct draft_edge *v)
{
    APPEND(d->edge, d->edges, d->cap_edge, SITE_EDGES_MAX, v);
}
int draft_station(struct draft *d, const struct site_station *v)
{
    APPEND(d->s->station, d->s->stations, d->cap_station, SITE_STATIONS_MAX, v);
}
int draft_elevator(struct draft *d, const struct site_elevator *v)
{
    APPEND(d->s->elevator, d->s->elevators, d->cap_elevator, SITE_ELEVATORS_MAX, v);
}
int draft_door(struct draft *d, const struct site_door *v)
{
    APPEND(d->s->door, d->s->doors, d->cap_door, SITE_DOORS_MAX, v);
}
int draft_wall(struct draft *d, const struct site_wall *v) { APPEND(d->s->wall, d->s->walls, d->cap_wall, 200000u, v); }
int draft_label(struct draft *d, const struct site_label *v)
{
    APPEND(d->s->label, d->s->labels, d->cap_label, 20000u, v);
}
int draft_goods(struct draft *d, const struct site_goods *v)
{
    APPEND(d->s->good, d->s->goods, d->cap_goods, SITE_GOODS_MAX, v);
}
int draft_zone(struct draft *d, const struct site_zone *v)
{
    APPEND(d->s->zone, d->s->zones, d->cap_zone, SITE_ZONES_MAX, v);
}

int draft_open(struct draft *d, const char *name)
{
    *d = (struct draft){ 0 };
    text_copy(d->name, sizeof d->name, name);
    d->s = calloc(1, sizeof *d->s);
    if (!d->s) return ORD_EMEMORY;
    d->s->hygiene = hygiene_rules_default;
    d->s->calendar = calendar_default;
    return ORD_OK;
}

void draft_close(struct draft *d)
{
    site_close(d->s);
    free(d->edge);
    *d = (struct draft){ 0 };
}

int draft_copy(struct draft *to, const struct draft *from)
{
    int err = draft_open(to, from->name);
    const struct site *s = from->s;
    if (err) return err;
    memcpy(to->s->id, s->id, sizeof s->id);
    to->s->name = s->name;
    to->s->hygiene = s->hygiene;
    to->s->calendar = s->calendar;
    for (uint16_t i = 0; i < s->levels && !err; i++) err = draft_level(to, &s->level[i]);
    for (uint16_t i = 0; i < s->nodes && !err; i++) err = draft_node(to, &s->node[i]);
    for (uint32_t i = 0; i < from->edges && !err; i++) err = draft_edge(to, &from->edge[i]);
    for (uint16_t i = 0; i < s->stations && !err; i++) err = draft_station(to, &s->station[i]);
    for (uint16_t i = 0; i < s->elevators && !err; i++) err = draft_elevator(to, &s->elevator[i]);
    for (uint16_t i = 0; i < s->doors && !err; i++) err = draft_door(to, &s->door[i]);
    for (uint32_t i = 0; i < s->walls && !err; i++) err = draft_wall(to, &s->wall[i]);
    for (uint32_t i = 0; i < s->labels && !err; i++) err = draft_label(to, &s->label[i]);
    for (uint8_t i = 0; i < s->goods && !err; i++) err = draft_goods(to, &s->good[i]);
    for (uint16_t i = 0; i < s->zones && !err; i++) err = draft_zone(to, &s->zone[i]);
    return err;
}

void site_close(struct site *s)
{
    if (!s) return;
    free(s->level);
    free(s->node);
    free(s->edge);
    free(s->lane_edge);
    free(s->station);
    free(s->elevator);
    free(s->door);
    free(s->wall);
    free(s->label);
    free(s->good);
    free(s->zone);
    free(s->in_zone);
    free(s->out_start);
    free(s->in_start);
    free(s->out_edge);
    free(s->in_edge);
    free(s->edge_fits);
    for (int a = 0; a < SITE_CLASSES_MAX; a++)
        for (int b = 0; b < SITE_CLASSES_MAX; b++) {
            free(s->conflict_start[a][b]);
            free(s->conflict[a][b]);
        }
    free(s);
}

/* One place in the file, for messages: "x.site.json: nodes[3]". */
struct place {
    char text[160];
};
static struct place place(const struct draft *d, const char *kind, uint32_t i)
{
    struct place p;
    snprintf(p.text, sizeof p.text, "%s: %s[%u]", d->name, kind, i);
    return p;
}

static int check_ids(const struct draft *d, const char *kind, const void *first, uint32_t count, size_t each,
                     struct err_note *note)
{
    struct idset seen = { 0 };
    bool ok = true;
    int err = ORD_OK;
    for (uint32_t i = 0; i < count && !err; i++) {
        const char *id = (const char *)first + i * each;
        if (!text_id_valid(id, SITE_ID_MAX - 1)) {
            err = err_at(note, ORD_ERANGE, place(d, kind, i).text, "id '%s' must be 1..%d of A-Z a-z 0-9 _ - . :", id,
                         SITE_ID_MAX - 1);
            break;
        }
        uint32_t before = idset_put(&seen, id, i, &ok);
        if (!ok) err = err_at(note, ORD_EMEMORY, d->name, "out of memory");
        else if (before != IDSET_NONE)
            err = err_at(note, ORD_EEXISTS, place(d, kind, i).text,
                         "id '%s' is taken by %s[%u]: give one of them another id", id, kind, before);
    }
    idset_close(&seen);
    return err;
}

static int check_all_ids(const struct draft *d, struct err_note *note)
{
    const struct site *s = d->s;
    int err = check_ids(d, "levels", s->level, s->levels, sizeof *s->level, note);
    if (!err) err = check_ids(d, "nodes", s->node, s->nodes, sizeof *s->node, note);
    if (!err) err = check_ids(d, "stations", s->station, s->stations, sizeof *s->station, note);
    if (!err) err = check_ids(d, "elevators", s->elevator, s->elevators, sizeof *s->elevator, note);
    if (!err) err = check_ids(d, "doors", s->door, s->doors, sizeof *s->door, note);
    if (!err) err = check_ids(d, "goods", s->good, s->goods, sizeof *s->good, note);
    if (!err) err = check_ids(d, "zones", s->zone, s->zones, sizeof *s->zone, note);
    return err;
}

static void sort_landings(struct site *s, struct site_elevator *c)
{
    for (uint16_t i = 1; i < c->landings; i++)
        for (uint16_t k = i; k > 0; k--) {
            struct site_landing *a = &c->landing[k - 1], *b = &c->landing[k], t;
            if (s->level[a->level].elevation_mm <= s->level[b->level].elevation_mm) break;
            t = *a;
            *a = *b;
            *b = t;
        }
}

/* What nodes know of stations and cars. The first claimant keeps the node; lint names the second. */
static void mark_nodes(struct site *s)
{
    for (node_id n = 0; n < s->nodes; n++) {
        s->node[n].station = ID_NONE;
        s->node[n].flags &= (uint8_t) ~(NODE_CABIN | NODE_REFUGE);
        if (s->node[n].elevator != ID_NONE) s->node[n].flags |= NODE_CABIN;
    }
    for (station_id i = 0; i < s->stations; i++)
        for (uint8_t k = 0; k < station_slots(&s->station[i]); k++) {
            struct site_node *n = &s->node[station_slot(&s->station[i], k)];
            if (n->station == ID_NONE) n->station = i;
        }
    for (elevator_id e = 0; e < s->elevators; e++) {
        sort_landings(s, &s->elevator[e]);
        for (uint16_t i = 0; i < s->elevator[e].landings; i++) {
            struct site_node *n = &s->node[s->elevator[e].landing[i].node];
            if (n->elevator == ID_NONE) n->elevator = e;
            n->flags |= NODE_CABIN;
        }
    }
}

ms_t draft_ride_ms(const struct site *s, elevator_id e, level_id from, level_id to)
{
    return s->elevator[e].door_close_ms + site_car_travel_ms(s, e, from, to) + s->elevator[e].door_open_ms;
}

static mrad_t heading_of(const struct site_node *a, const struct site_node *b)
{
    mrad_t h = (mrad_t)lround(atan2((double)(b->y_mm - a->y_mm), (double)(b->x_mm - a->x_mm)) * 1000.0);
    return h <= -3142 ? 3142 : h;
}

static void fill_edge(struct site *s, edge_id i, const struct draft_edge *v, bool back)
{
    struct site_edge *e = &s->edge[i];
    *e = (struct site_edge){ .from = back ? v->to : v->from,
                             .to = back ? v->from : v->to,
                             .twin = ID_NONE,
                             .width_mm = v->width_mm,
                             .speed_mm_s = v->speed_mm_s,
                             .barred = v->barred,
                             .quiet = v->quiet,
                             .door = v->door,
                             .elevator = ID_NONE };
    const struct site_node *a = &s->node[e->from], *b = &s->node[e->to];
    e->length_mm = distance_mm(a->x_mm, a->y_mm, b->x_mm, b->y_mm);
    if (e->length_mm == 0) e->length_mm = 1; /* lint refuses such an edge; the model keeps its invariant (6) */
    e->heading = heading_of(a, b);
    e->elevator = a->elevator != ID_NONE ? a->elevator : b->elevator;
    if (v->id[0]) snprintf(e->id, sizeof e->id, back ? "%.40s-back" : "%s", v->id);
}

static uint32_t rides_of(const struct site *s, const struct site_elevator *c)
{
    uint32_t n = 0;
    for (uint16_t i = 0; i < c->landings; i++)
        for (uint16_t k = (uint16_t)(i + 1); k < c->landings; k++)
            if (c->landing[i].level != c->landing[k].level && c->landing[i].node != c->landing[k].node) n += 2;
    (void)s;
    return n;
}

static void add_ride(struct site *s, elevator_id e, const struct site_landing *a, const struct site_landing *b)
{
    const struct site_elevator *c = &s->elevator[e];
    edge_id i = s->edges;
    ms_t ride = ms_max(1, draft_ride_ms(s, e, a->level, b->level));
    for (int back = 0; back < 2; back++) {
        const struct site_landing *from = back ? b : a, *to = back ? a : b;
        struct site_edge *r = &s->edge[s->edges++];
        *r = (struct site_edge){ .from = from->node,
                                 .to = to->node,
                                 .twin = back ? i : (edge_id)(i + 1),
                                 .door = ID_NONE,
                                 .elevator = e,
                                 .ride_ms = ride };
        struct text id;
        text_init(&id, r->id, sizeof r->id);
        text_put(&id, c->id);
        text_char(&id, ':');
        text_put(&id, s->level[from->level].id);
        text_char(&id, '-');
        text_put(&id, s->level[to->level].id);
        if (id.cut) r->id[0] = 0;
    }
}

static int expand_edges(struct draft *d, struct err_note *note)
{
    struct site *s = d->s;
    uint32_t total = 0;
    for (uint32_t i = 0; i < d->edges; i++) total += d->edge[i].both_ways && d->edge[i].from != d->edge[i].to ? 2 : 1;
    for (elevator_id e = 0; e < s->elevators; e++) total += rides_of(s, &s->elevator[e]);
    if (total > SITE_EDGES_MAX)
        return err_at(note, ORD_EFULL, d->name, "%u directed edges with rides, at most %d: split the site", total,
                      SITE_EDGES_MAX);
    s->edge = calloc(total + 1u, sizeof *s->edge);
    if (!s->edge) return err_at(note, ORD_EMEMORY, d->name, "out of memory");
    for (uint32_t i = 0; i < d->edges; i++) {
        const struct draft_edge *v = &d->edge[i];
        fill_edge(s, s->edges++, v, false);
        if (v->both_ways && v->from != v->to) fill_edge(s, s->edges++, v, true);
    }
    for (elevator_id e = 0; e < s->elevators; e++) {
        const struct site_elevator *c = &s->elevator[e];
        for (uint16_t i = 0; i < c->landings; i++)
            for (uint16_t k = (uint16_t)(i + 1); k < c->landings; k++)
                if (c->landing[i].level != c->landing[k].level && c->landing[i].node != c->landing[k].node)
                    add_ride(s, e, &c->landing[i], &c->landing[k]);
    }
    return ORD_OK;
}

/* Stated ids first, so that a made one gives way; a made one that is taken or too long gets a number. */
static int name_edges(struct draft *d, struct err_note *note)
{
    struct site *s = d->s;
    struct idset seen = { 0 };
    bool ok = true;
    int err = ORD_OK;
    for (uint32_t i = 0; i < s->edges && !err; i++) {
        if (!s->edge[i].id[0]) continue;
        uint32_t before = text_id_valid(s->edge[i].id, SITE_ID_MAX - 1) ? idset_put(&seen, s->edge[i].id, i, &ok) : 0;
        if (before != IDSET_NONE && s->edge[i].ride_ms) s->edge[i].id[0] = 0;
        else if (before != IDSET_NONE)
            err = err_at(note, ORD_EEXISTS, d->name,
                         "edge id '%s' is used twice or has a sign that is not allowed: edges %s to %s and %s to %s",
                         s->edge[i].id, s->node[s->edge[i].from].id, s->node[s->edge[i].to].id,
                         s->node[s->edge[before].from].id, s->node[s->edge[before].to].id);
    }
    for (uint32_t i = 0; i < s->edges && !err; i++) {
        struct site_edge *e = &s->edge[i];
        if (e->id[0]) continue;
        char wish[2 * SITE_ID_MAX + 2];
        snprintf(wish, sizeof wish, "%s-%s", s->node[e->from].id, s->node[e->to].id);
        if (strlen(wish) > SITE_ID_MAX - 8) snprintf(wish, sizeof wish, "e%u", i);
        for (uint32_t k = 1; ok; k++) {
            if (k == 1) text_copy(e->id, sizeof e->id, wish);
            else snprintf(e->id, sizeof e->id, "%.39s.%u", wish, k);
            if (idset_put(&seen, e->id, i, &ok) == IDSET_NONE) break;
        }
    }
    idset_close(&seen);
    if (!ok && !err) err = err_at(note, ORD_EMEMORY, d->name, "out of memory");
    return err;
}

/* The two directions of a strip side by side, so that a file that states them apart and its canonical form, which
 * states them together, give the same numbers: the journal names edges by number. */
static int order_edges(struct site *s)
{
    struct site_edge *to = calloc((size_t)s->edges + 1, sizeof *to);
    edge_id n = 0;
    if (!to) return ORD_EMEMORY;
    for (edge_id i = 0; i < s->edges; i++) {
        const struct site_edge *e = &s->edge[i];
        if (e->twin != ID_NONE && e->twin < i) continue;
        to[n] = *e;
        if (e->twin != ID_NONE) {
            to[n + 1] = s->edge[e->twin];
            to[n].twin = (edge_id)(n + 1);
            to[n + 1].twin = n;
            n++;
        }
        n++;
    }
    free(s->edge);
    s->edge = to;
    return ORD_OK;
}

static int number_lanes(struct site *s)
{
    s->lane_edge = calloc((size_t)s->edges + 1, sizeof *s->lane_edge);
    if (!s->lane_edge) return ORD_EMEMORY;
    for (edge_id i = 0; i < s->edges; i++) {
        struct site_edge *e = &s->edge[i];
        if (e->twin != ID_NONE && e->twin < i) {
            e->lane = s->edge[e->twin].lane;
        } else {
            e->lane = s->lanes;
            s->lane_edge[s->lanes++] = i;
        }
    }
    return ORD_OK;
}

static int adjacency(struct site *s)
{
    free(s->out_start);
    free(s->in_start);
    free(s->out_edge);
    free(s->in_edge);
    s->out_start = calloc((size_t)s->nodes + 2, sizeof *s->out_start);
    s->in_start = calloc((size_t)s->nodes + 2, sizeof *s->in_start);
    s->out_edge = calloc((size_t)s->edges + 1, sizeof *s->out_edge);
    s->in_edge = calloc((size_t)s->edges + 1, sizeof *s->in_edge);
    if (!s->out_start || !s->in_start || !s->out_edge || !s->in_edge) return ORD_EMEMORY;
    for (edge_id i = 0; i < s->edges; i++) {
        s->out_start[s->edge[i].from + 2]++; /* shifted by one more, so that filling leaves the starts in place */
        s->in_start[s->edge[i].to + 2]++;
    }
    for (uint32_t n = 2; n < (uint32_t)s->nodes + 2; n++) {
        s->out_start[n] += s->out_start[n - 1];
        s->in_start[n] += s->in_start[n - 1];
    }
    for (edge_id i = 0; i < s->edges; i++) {
        s->out_edge[s->out_start[s->edge[i].from + 1]++] = i;
        s->in_edge[s->in_start[s->edge[i].to + 1]++] = i;
    }
    return ORD_OK;
}

/* Twins: of the edges that leave the other end, the one that comes back. The same pair twice would leave no way to
 * say which one a robot means, so that is refused. */
static int pair_twins(struct draft *d, struct err_note *note)
{
    struct site *s = d->s;
    for (edge_id i = 0; i < s->edges; i++) {
        struct site_edge *e = &s->edge[i];
        for (uint32_t k = s->out_start[e->from]; k < s->out_start[e->from + 1]; k++) {
            edge_id o = s->out_edge[k];
            if (o < i && s->edge[o].to == e->to)
                return err_at(note, ORD_EEXISTS, d->name, "two edges lead from '%s' to '%s' (%s, %s): keep one%s",
                              s->node[e->from].id, s->node[e->to].id, s->edge[o].id, e->id,
                              e->ride_ms ? "; rides between landings are made by the reader" : "");
        }
        if (e->twin != ID_NONE || e->from == e->to) continue;
        edge_id back = site_edge_between(s, e->to, e->from);
        e->twin = back;
        if (back != ID_NONE) s->edge[back].twin = i;
    }
    return ORD_OK;
}

static int hash_site(struct site *s)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    if (!f) return ORD_EMEMORY;
    int err = site_write(s, f);
    if (fclose(f) != 0) err = ORD_EMEMORY;
    if (!err) s->hash = XXH3_64bits(bytes, n);
    free(bytes);
    return err;
}

int draft_finish(struct draft *d, struct site **out, struct err_note *note)
{
    struct site *s = d->s;
    int err = check_all_ids(d, note);
    if (err) return err;
    mark_nodes(s);
    if ((err = expand_edges(d, note)) || (err = name_edges(d, note))) return err;
    if ((err = adjacency(s))) return err_at(note, err, d->name, "out of memory");
    if ((err = pair_twins(d, note))) return err;
    if ((err = order_edges(s)) || (err = adjacency(s)) || (err = number_lanes(s)) || (err = hash_site(s)))
        return err_at(note, err, d->name, "out of memory");
    *out = s;
    d->s = NULL;
    return ORD_OK;
}
