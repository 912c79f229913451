/* hospital_street - one street of a generated hospital: its nodes, edges and walls. */
#include "hospital.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LOBBY_SPEED 600 /* mm/s, before and in a car */
#define SPUR_SPEED 600
#define DOOR_MM 1220
#define ROOM_MM 4200 /* depth of a room behind the wall */

static void fail(struct hospital *h, int err)
{
    if (!h->err) h->err = err;
}

node_id hospital_node(struct hospital *h, level_id level, mm_t x_mm, mm_t y_mm, uint8_t flags, const char *fmt, ...)
{
    struct site_node n = {
        .level = level, .x_mm = x_mm, .y_mm = y_mm, .flags = flags, .elevator = ID_NONE, .station = ID_NONE
    };
    node_id at = h->d.s->nodes;
    va_list values;
    va_start(values, fmt);
    vsnprintf(n.id, sizeof n.id, fmt, values);
    va_end(values);
    fail(h, draft_node(&h->d, &n));
    return at;
}

void hospital_edge(struct hospital *h, const struct street *t, node_id from, node_id to, bool both_ways,
                   int32_t speed_mm_s, hygiene_set barred)
{
    struct draft_edge e = { .from = from,
                            .to = to,
                            .both_ways = both_ways,
                            .speed_mm_s = speed_mm_s,
                            .door = ID_NONE,
                            .barred = barred,
                            .quiet = t->quiet };
    fail(h, draft_edge(&h->d, &e));
}

static void wall(struct hospital *h, level_id level, mm_t x1, mm_t y1, mm_t x2, mm_t y2)
{
    struct site_wall w = { .level = level, .x1_mm = x1, .y1_mm = y1, .x2_mm = x2, .y2_mm = y2 };
    if (x1 != x2 || y1 != y2) fail(h, draft_wall(&h->d, &w));
}

void street_column(struct hospital *h, struct street *t, struct column c)
{
    if (t->columns == STREET_COLUMNS_MAX) fail(h, ORD_EFULL);
    else t->column[t->columns++] = c;
}

void street_car(struct hospital *h, struct street *t, uint8_t car)
{
    mm_t x = h->car[car].x_mm;
    street_column(h, t, (struct column){ .x_mm = x - IN_MM, .in = car, .out = NO_CAR, .link = LINK_NORTH });
    street_column(h, t, (struct column){ .x_mm = x, .in = NO_CAR, .out = car, .link = LINK_SOUTH });
}

void street_bar(struct hospital *h, struct street *t, mm_t from_mm, mm_t to_mm, hygiene_set barred)
{
    if (t->bars == STREET_BARS_MAX) fail(h, ORD_EFULL);
    else t->bar[t->bars++] = (struct street_bar){ from_mm, to_mm, barred };
}

static hygiene_set barred_at(const struct street *t, mm_t a, mm_t b)
{
    hygiene_set barred = 0;
    mm_t lo = a < b ? a : b, hi = a < b ? b : a;
    for (uint16_t i = 0; i < t->bars; i++)
        if (hi > t->bar[i].from_mm && lo < t->bar[i].to_mm) barred |= t->bar[i].barred;
    return barred;
}

static int by_x(const void *a, const void *b)
{
    const struct column *p = a, *q = b;
    return p->x_mm < q->x_mm ? -1 : p->x_mm > q->x_mm;
}

/* Long stretches get columns in between, so that several robots can drive along them. */
static void cut_stretches(struct hospital *h, struct street *t)
{
    uint16_t n = t->columns;
    for (uint16_t i = 0; i + 1 < n; i++) {
        mm_t from = t->column[i].x_mm, gap = t->column[i + 1].x_mm - from;
        int parts = (gap + STEP_MAX_MM - 1) / STEP_MAX_MM;
        for (int k = 1; k < parts; k++)
            street_column(h, t, (struct column){ .x_mm = from + gap * k / parts, .in = NO_CAR, .out = NO_CAR });
    }
    qsort(t->column, t->columns, sizeof *t->column, by_x);
}

/* ---- spurs ---- */

static node_id place(struct hospital *h, const struct street *t, const struct spur *p, mm_t x, mm_t y)
{
    struct site_station *v = &h->station[p->station];
    node_id n = ID_NONE;
    switch (p->kind) {
    case SPUR_NONE: break;
    case SPUR_CHARGER: return hospital_node(h, t->level, x, y, NODE_CHARGER, "C%02d", ++h->chargers);
    case SPUR_PARK: return hospital_node(h, t->level, x, y, NODE_PARK, "P%02d", ++h->parks);
    case SPUR_HOLD: return hospital_node(h, t->level, x, y, NODE_HOLDING, "H%02d", ++h->holds);
    case SPUR_WASHER: return hospital_node(h, t->level, x, y, NODE_WASHER, "wash%d", ++h->washers);
    case SPUR_SLOT:
        if (v->slots == SITE_SLOTS_MAX) {
            fail(h, ORD_EFULL);
            return ID_NONE;
        }
        n = hospital_node(h, t->level, x, y, 0, "%s-%d", v->id, v->slots + 1);
        if (v->slots == 0) v->node = n;
        v->slot[v->slots++] = n;
    }
    return n;
}

static void build_spur(struct hospital *h, const struct street *t, const struct column *c, bool north)
{
    const struct spur *p = north ? &c->north : &c->south;
    if (p->kind == SPUR_NONE || h->err) return;
    mm_t y = north ? t->y_mm + h->lane_mm + SPUR_MM : t->y_mm - h->lane_mm - SPUR_MM;
    node_id n = place(h, t, p, c->x_mm, y);
    if (n != ID_NONE) hospital_edge(h, t, north ? c->n : c->s, n, true, SPUR_SPEED, p->barred);
}

/* ---- elevators ---- */

hygiene_set car_barred(enum car_role role)
{
    return role == CAR_DIRTY ? BAR_UNSOILED : role == CAR_MIXED ? 0 : BAR_SOILED;
}

static const struct column *column_in(const struct street *t, uint8_t car)
{
    for (uint16_t i = 0; i < t->columns; i++)
        if (t->column[i].in == car) return &t->column[i];
    return NULL;
}

static void build_lobby(struct hospital *h, const struct street *t, const struct column *out)
{
    const struct hospital_car *k = &h->car[out->out];
    const struct column *in = column_in(t, out->out);
    const char *level = h->d.s->level[t->level].id;
    mm_t y = t->y_mm + h->lane_mm, front = y + 2 * EXIT_MM, x = out->x_mm;
    hygiene_set barred = car_barred(k->role);
    node_id c = hospital_node(h, t->level, x, front + FRONT_DOOR_MM + CABIN_DEPTH_MM / 2, 0, "%s-%s", k->id, level);
    node_id f = hospital_node(h, t->level, x, front, NODE_NO_STOP, "%s-%s-f", k->id, level);
    node_id exit = hospital_node(h, t->level, x, y + EXIT_MM, 0, "%s-%s-x", k->id, level);
    node_id w1 = hospital_node(h, t->level, x - WAIT_MM, front, 0, "%s-%s-w1", k->id, level);
    node_id w2 = hospital_node(h, t->level, in->x_mm, front, 0, "%s-%s-w2", k->id, level);
    node_id below = in->n;
    if (t->long_queue) {
        below = hospital_node(h, t->level, in->x_mm, y + EXIT_MM, 0, "%s-%s-w3", k->id, level);
        hospital_edge(h, t, in->n, below, false, LOBBY_SPEED, barred);
    }
    hospital_edge(h, t, below, w2, false, LOBBY_SPEED, barred);
    hospital_edge(h, t, w2, w1, false, LOBBY_SPEED, barred);
    hospital_edge(h, t, w1, f, false, LOBBY_SPEED, barred);
    hospital_edge(h, t, f, c, true, LOBBY_SPEED, 0);
    hospital_edge(h, t, f, exit, false, LOBBY_SPEED, 0);
    hospital_edge(h, t, exit, out->n, false, LOBBY_SPEED, 0);
    h->landing[out->out][h->landings[out->out]++] = (struct site_landing){ t->level, c };
    mm_t left = in->x_mm - WALL_MM, right = x + WALL_MM, top = front + FRONT_DOOR_MM, bottom = y + WALL_MM;
    wall(h, t->level, left, bottom, left, top);
    wall(h, t->level, left, top, x - DOOR_MM / 2, top);
    wall(h, t->level, x + DOOR_MM / 2, top, right, top);
    wall(h, t->level, right, top, right, bottom);
}

/* ---- walls ---- */

static bool open_on(const struct column *c, bool north)
{
    if (c->passage & (north ? LINK_NORTH : LINK_SOUTH)) return true;
    return north ? c->north.kind != SPUR_NONE || c->in != NO_CAR || c->out != NO_CAR : c->south.kind != SPUR_NONE;
}

static bool same_room(const struct column *a, const struct column *b, bool north)
{
    const struct spur *p = north ? &a->north : &a->south, *q = north ? &b->north : &b->south;
    if (north && a->in != NO_CAR) return b->out == a->in;
    if (p->kind == SPUR_NONE || q->kind == SPUR_NONE || b->x_mm - a->x_mm > PITCH_MM + 200) return false;
    bool bay_p = p->kind == SPUR_PARK || p->kind == SPUR_CHARGER,
         bay_q = q->kind == SPUR_PARK || q->kind == SPUR_CHARGER;
    return p->kind == q->kind ? p->kind != SPUR_SLOT || p->station == q->station : bay_p && bay_q;
}

/* The corridor's wall on one side, open where somebody turns off, and behind each opening a room. */
static void build_walls(struct hospital *h, const struct street *t, bool north)
{
    const int up = north ? 1 : -1;
    const mm_t side = t->y_mm + up * (h->lane_mm + WALL_MM), back = side + up * (ROOM_MM - WALL_MM);
    mm_t from = t->column[0].x_mm - WALL_MM;
    for (uint16_t i = 0; i < t->columns; i++) {
        const struct column *c = &t->column[i];
        if (!open_on(c, north)) continue;
        uint16_t last = i;
        while (last + 1 < t->columns && same_room(&t->column[last], &t->column[last + 1], north)) last++;
        mm_t left = c->x_mm - WALL_MM, right = t->column[last].x_mm + WALL_MM;
        wall(h, t->level, from, side, left, side);
        if ((c->in == NO_CAR || !north) && !c->passage) {
            wall(h, t->level, left, side, left, back);
            wall(h, t->level, left, back, right, back);
            wall(h, t->level, right, back, right, side);
        }
        from = right;
        i = last;
    }
    wall(h, t->level, from, side, t->column[t->columns - 1].x_mm + WALL_MM, side);
}

/* ---- all of it ---- */

static void build_lanes(struct hospital *h, struct street *t)
{
    for (uint16_t i = 0; i < t->columns; i++) {
        struct column *c = &t->column[i];
        const char *level = h->d.s->level[t->level].id;
        c->n = hospital_node(h, t->level, c->x_mm, t->y_mm + h->lane_mm, 0, "%s%s-n%d", level, t->mark, i + 1);
        c->s = hospital_node(h, t->level, c->x_mm, t->y_mm - h->lane_mm, 0, "%s%s-s%d", level, t->mark, i + 1);
    }
    for (uint16_t i = 0; i + 1 < t->columns; i++) {
        struct column *a = &t->column[i], *b = a + 1;
        hygiene_set barred = barred_at(t, a->x_mm, b->x_mm);
        hospital_edge(h, t, b->n, a->n, false, t->speed_mm_s, barred);
        hospital_edge(h, t, a->s, b->s, false, t->speed_mm_s, barred);
    }
    t->column[0].link |= LINK_SOUTH;
    t->column[t->columns - 1].link |= LINK_NORTH;
    for (uint16_t i = 0; i < t->columns; i++) {
        const struct column *c = &t->column[i];
        hygiene_set barred = barred_at(t, c->x_mm - 1, c->x_mm + 1);
        if (c->link == LINK_NORTH) hospital_edge(h, t, c->s, c->n, false, t->speed_mm_s, barred);
        else if (c->link) hospital_edge(h, t, c->n, c->s, c->link == LINK_BOTH, t->speed_mm_s, barred);
    }
}

void street_build(struct hospital *h, struct street *t)
{
    if (h->err) return;
    if (t->columns == 0) {
        fail(h, ORD_ERANGE);
        return;
    }
    qsort(t->column, t->columns, sizeof *t->column, by_x);
    cut_stretches(h, t);
    if (!h->err) build_lanes(h, t);
    for (uint16_t i = 0; i < t->columns && !h->err; i++) {
        build_spur(h, t, &t->column[i], true);
        build_spur(h, t, &t->column[i], false);
        if (t->column[i].out != NO_CAR) build_lobby(h, t, &t->column[i]);
    }
    for (int north = 0; north < 2; north++) build_walls(h, t, north);
    for (int end = 0; end < 2; end++) {
        mm_t x = end ? t->column[t->columns - 1].x_mm + WALL_MM : t->column[0].x_mm - WALL_MM;
        mm_t half = h->lane_mm + WALL_MM;
        wall(h, t->level, x, t->y_mm - half, x, t->y_mm + half);
    }
}
