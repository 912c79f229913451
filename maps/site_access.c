/* site_access - which loads may pass where, which nodes lie in which zone, which class takes which goods: the part of
 * the compiler that needs no geometry engine. */
#include "site_compile.h"

#include <stdlib.h>
#include <string.h>

/* Two classes are of one group when no edge, no car and no rule of a car tells them apart. */
static bool same_access(const struct site *s, enum hygiene a, enum hygiene b)
{
    const hygiene_set x = hygiene_bit(a), y = hygiene_bit(b);
    for (edge_id e = 0; e < s->edges; e++)
        if (!(s->edge[e].barred & x) != !(s->edge[e].barred & y)) return false;
    for (elevator_id e = 0; e < s->elevators; e++) {
        const struct site_elevator *c = &s->elevator[e];
        if (!(c->barred & x) != !(c->barred & y)) return false;
        for (uint8_t i = 0; i < c->rules; i++)
            if (!(c->rule[i].barred & x) != !(c->rule[i].barred & y)) return false;
    }
    return true;
}

static void make_groups(struct site *s)
{
    s->groups = 0;
    for (int h = 0; h < HYGIENE_COUNT; h++) {
        int like = 0;
        while (like < h && !same_access(s, (enum hygiene)like, (enum hygiene)h)) like++;
        s->group_of[h] = like < h ? s->group_of[like] : s->groups++;
    }
}

enum hygiene group_sample(const struct site *s, uint8_t group)
{
    int h = 0;
    while (h < HYGIENE_COUNT - 1 && s->group_of[h] != group) h++;
    return (enum hygiene)h;
}

static bool car_ever_open(const struct site_elevator *c, hygiene_set bit)
{
    bool open = !(c->barred & bit);
    for (uint8_t i = 0; i < c->rules && !open; i++) open = !(c->rule[i].barred & bit);
    return open;
}

bool edge_ever_open(const struct site *s, edge_id e, uint8_t group)
{
    const hygiene_set bit = hygiene_bit(group_sample(s, group));
    const struct site_edge *v = &s->edge[e];
    return !(v->barred & bit) && (v->elevator == ID_NONE || car_ever_open(&s->elevator[v->elevator], bit));
}

/* By crossings of a ray to the right; the border counts as inside, so that a node on it is never nobody's. */
bool zone_holds(const struct site_zone *z, level_id level, mm_t x_mm, mm_t y_mm)
{
    bool in = false;
    if (z->level != level) return false;
    if (z->corners == 0) return true;
    for (uint8_t i = 0, k = (uint8_t)(z->corners - 1); i < z->corners; k = i++) {
        int64_t ax = z->x_mm[i] - x_mm, ay = z->y_mm[i] - y_mm, bx = z->x_mm[k] - x_mm, by = z->y_mm[k] - y_mm;
        int64_t cross = ax * by - ay * bx;
        if (cross == 0 && ax * bx <= 0 && ay * by <= 0) return true;
        if ((ay > 0) != (by > 0) && (by > ay ? cross > 0 : cross < 0)) in = !in;
    }
    return in;
}

static int fill_zones(struct site *s)
{
    s->in_zone = calloc((size_t)s->zones * s->nodes + 1, 1);
    if (!s->in_zone) return ORD_EMEMORY;
    for (zone_id z = 0; z < s->zones; z++)
        for (node_id n = 0; n < s->nodes; n++)
            s->in_zone[(size_t)z * s->nodes + n] =
                zone_holds(&s->zone[z], s->node[n].level, s->node[n].x_mm, s->node[n].y_mm);
    return ORD_OK;
}

static bool class_takes(const struct robot_class *c, const struct site_goods *g)
{
    if (c->payload_g && g->mass_g > c->payload_g) return false;
    for (uint8_t i = 0; i < c->carriers; i++)
        if (strcmp(c->carrier[i], g->carrier) == 0) return true;
    return c->carriers == 0;
}

int access_compile(struct site *s)
{
    make_groups(s);
    for (class_id c = 0; c < s->classes; c++) {
        s->class_goods[c] = 0;
        for (goods_id g = 0; g < s->goods; g++)
            if (class_takes(&s->cls[c], &s->good[g])) s->class_goods[c] |= (uint64_t)1 << g;
    }
    return fill_zones(s);
}
