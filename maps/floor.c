/* floor - the plan's levels put together to a site: lanes with their doors, elevators through all levels of their
 * shaft, stations, walls for the drawing, bays. All of it in the plan's own frame; turned back at the end. */
#include "floor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define PLAN_BYTES_MAX ((size_t)32 << 20)
#define WIDTH_MAX_MM 6000
#define CAR_DOOR_MAX 1200
#define CAR_DOOR_RIM 400 /* walls beside the door of a car, both together */
#define DOOR_MS 4000

struct tracer {
    struct floor_plan plan;
    struct trace_options o;
    const char *file;
    struct draft d;
    struct import_report *r;
    struct err_note *note;
    elevator_id *car_of; /* [shape] */
    struct bay_segment *wall, *door;
    uint32_t walls, doors, wall_room, door_room;
    uint32_t streets, alleys, made; /* made: elevators begun */
};

static int too_many(struct tracer *t, int err, const char *what)
{
    return err ? err_at(t->note, err, t->file, "too many %s: %s", what, err_en(err)) : ORD_OK;
}

/* ---- things ---- */

/* What stands at a node is called as in the plan, with its level where the plan means several. */
static void name_thing(const struct tracer *t, uint32_t shape, level_id level, const char *prefix, unsigned number,
                       char *id)
{
    const struct floor_shape *s = &t->plan.shape[shape];
    const char *l = t->plan.level[level].id;
    bool many = s->level == ID_NONE && t->plan.levels > 1;
    if (s->id[0]) snprintf(id, SITE_ID_MAX, many ? "%s-%s" : "%s", s->id, l);
    else snprintf(id, SITE_ID_MAX, "%s-%s%u", l, prefix, number);
}

static void name_of(const struct floor_shape *s, const char *id, struct site_name *out)
{
    text_copy(out->zh, sizeof out->zh, s->name.zh[0] ? s->name.zh : s->name.en[0] ? s->name.en : id);
    text_copy(out->en, sizeof out->en, s->name.en[0] ? s->name.en : s->name.zh[0] ? s->name.zh : id);
}

static int add_station(struct tracer *t, uint32_t shape, level_id level, node_id n)
{
    struct site_station v = { .node = n, .kind = t->plan.shape[shape].station };
    name_thing(t, shape, level, "s", t->d.s->stations + 1u, v.id);
    name_of(&t->plan.shape[shape], v.id, &v.name);
    return too_many(t, draft_station(&t->d, &v), "stations");
}

static int add_cabin(struct tracer *t, const struct floor_axis *axis, uint32_t shape, level_id level, node_id n)
{
    uint16_t k = 0;
    while (axis->car_shape[k] != shape) k++;
    if (t->car_of[shape] == ID_NONE) {
        const double *box = axis->car[k];
        struct site_elevator c = { .x_mm = (mm_t)box[0],
                                   .y_mm = (mm_t)box[1],
                                   .width_mm = (mm_t)box[2],
                                   .depth_mm = (mm_t)box[3],
                                   .yaw = (mrad_t)lround(box[4] * 1000),
                                   .speed_mm_s = 1000,
                                   .accel_mm_s2 = 500,
                                   .door_open_ms = 3000,
                                   .door_close_ms = 3000,
                                   .start_delay_ms = 1000 };
        const struct floor_shape *s = &t->plan.shape[shape];
        double door = fmin(CAR_DOOR_MAX, fmin(box[2], box[3]) - CAR_DOOR_RIM);
        c.door_width_mm = (mm_t)fmax(door, 300);
        if (s->id[0]) text_copy(c.id, sizeof c.id, s->id);
        else snprintf(c.id, sizeof c.id, "lift%u", ++t->made);
        name_of(s, c.id, &c.name);
        t->car_of[shape] = t->d.s->elevators;
        int err = too_many(t, draft_elevator(&t->d, &c), "elevators");
        if (err) return err;
    }
    struct site_elevator *c = &t->d.s->elevator[t->car_of[shape]];
    c->landing[c->landings++] = (struct site_landing){ level, n };
    t->d.s->node[n].elevator = t->car_of[shape];
    return ORD_OK;
}

static int add_nodes(struct tracer *t, const struct floor_axis *axis, const struct floor_lanes *l, level_id level,
                     node_id *number)
{
    static const uint8_t flag[FLOOR_KIND_COUNT] = { [FLOOR_PARK] = NODE_PARK,
                                                    [FLOOR_CHARGER] = NODE_CHARGER,
                                                    [FLOOR_HOLDING] = NODE_HOLDING,
                                                    [FLOOR_WASHER] = NODE_WASHER };
    int err = ORD_OK;
    for (uint32_t i = 0; i < l->nodes && !err; i++) {
        const struct axis_node *v = &l->node[i];
        const struct floor_shape *s = v->shape == UINT32_MAX ? NULL : &t->plan.shape[v->shape];
        struct site_node n = {
            .level = level, .x_mm = (mm_t)v->at.x, .y_mm = (mm_t)v->at.y, .elevator = ID_NONE, .station = ID_NONE
        };
        number[i] = t->d.s->nodes;
        if (s) n.flags = flag[s->kind];
        if (s && !v->cabin) name_thing(t, v->shape, level, "n", i + 1, n.id);
        else snprintf(n.id, sizeof n.id, "%.30s-n%u", t->plan.level[level].id, i + 1);
        err = too_many(t, draft_node(&t->d, &n), "nodes");
        if (!err && s && s->kind == FLOOR_STATION) err = add_station(t, v->shape, level, number[i]);
        if (!err && v->cabin) err = add_cabin(t, axis, v->shape, level, number[i]);
    }
    return err;
}

/* ---- doors ---- */

/* The line across the opening: as drawn, or through the middle of a drawn polygon along its longer side. */
static void door_line(const struct floor_plan *p, const struct floor_shape *s, struct pt *a, struct pt *b)
{
    const struct floor_ring *ring = &p->ring[s->ring];
    const struct floor_point *q = &p->point[ring->first];
    if (!ring->closed || ring->count < 4) {
        *a = (struct pt){ llround(q[0].x), llround(q[0].y) };
        *b = (struct pt){ llround(q[ring->count - 1].x), llround(q[ring->count - 1].y) };
        return;
    }
    uint32_t k = hypot(q[1].x - q[0].x, q[1].y - q[0].y) < hypot(q[2].x - q[1].x, q[2].y - q[1].y) ? 0 : 1;
    const struct floor_point *e = &q[k], *f = &q[k + 1], *g = &q[k + 2], *h = &q[(k + 3) % ring->count];
    *a = (struct pt){ llround((e->x + f->x) / 2), llround((e->y + f->y) / 2) };
    *b = (struct pt){ llround((g->x + h->x) / 2), llround((g->y + h->y) / 2) };
}

static int add_doors(struct tracer *t, level_id level)
{
    int err = ORD_OK;
    for (uint32_t i = 0; i < t->plan.shapes && !err; i++) {
        const struct floor_shape *s = &t->plan.shape[i];
        struct site_door d = { .level = level, .open_ms = DOOR_MS, .close_ms = DOOR_MS };
        struct pt a, b;
        void *list = t->door;
        if (s->kind != FLOOR_DOOR || (s->level != ID_NONE && s->level != level) || s->rings == 0) continue;
        door_line(&t->plan, s, &a, &b);
        if (!import_room(&list, &t->door_room, t->doors, SITE_NODES_MAX, sizeof *t->door)) err = ORD_EFULL;
        t->door = list;
        if (!err) t->door[t->doors++] = (struct bay_segment){ level, a, b };
        if (err || !s->powered) continue;
        name_thing(t, i, level, "door", t->d.s->doors + 1u, d.id);
        d.x1_mm = (mm_t)a.x, d.y1_mm = (mm_t)a.y, d.x2_mm = (mm_t)b.x, d.y2_mm = (mm_t)b.y;
        d.width_mm = (mm_t)geom_far(a, b);
        err = draft_door(&t->d, &d);
    }
    return too_many(t, err, "doors");
}

/* ---- lanes ---- */

struct crossing {
    double along;
    door_id door;
};

static uint32_t doors_on(const struct tracer *t, level_id level, struct pt a, struct pt b, struct crossing *out,
                         uint32_t max)
{
    uint32_t n = 0;
    for (door_id i = 0; i < t->d.s->doors; i++) {
        const struct site_door *d = &t->d.s->door[i];
        struct pt p = { d->x1_mm, d->y1_mm }, q = { d->x2_mm, d->y2_mm };
        if (d->level != level || !geom_cut(a, b, p, q) || n == max) continue;
        double from = (double)geom_cross(p, q, a), to = (double)geom_cross(p, q, b);
        struct crossing c = { from == to ? 0.5 : from / (from - to), i };
        uint32_t k = n++;
        for (; k > 0 && out[k - 1].along > c.along; k--) out[k] = out[k - 1];
        out[k] = c;
    }
    return n;
}

/* One door an edge: a lane through several is cut between them. */
static int add_lane(struct tracer *t, level_id level, const struct floor_lane *v, const node_id *number)
{
    struct crossing door[8];
    const struct site_node *a = &t->d.s->node[number[v->a]], *b = &t->d.s->node[number[v->b]];
    struct pt p = { a->x_mm, a->y_mm }, q = { b->x_mm, b->y_mm };
    uint32_t n = doors_on(t, level, p, q, door, COUNT_OF(door));
    int err = ORD_OK;
    struct draft_edge e = { .from = number[v->a], .both_ways = v->both, .door = ID_NONE };
    e.width_mm = (mm_t)fmin(v->width, WIDTH_MAX_MM);
    for (uint32_t k = 0; k < (n ? n : 1) && !err; k++) {
        e.to = number[v->b];
        if (n) e.door = door[k].door;
        if (k + 1 < n) {
            double s = (door[k].along + door[k + 1].along) / 2;
            struct site_node m = { .level = level,
                                   .x_mm = (mm_t)lround((double)p.x + s * (double)(q.x - p.x)),
                                   .y_mm = (mm_t)lround((double)p.y + s * (double)(q.y - p.y)),
                                   .elevator = ID_NONE,
                                   .station = ID_NONE };
            snprintf(m.id, sizeof m.id, "%.30s-between%u", t->plan.level[level].id, t->d.s->nodes);
            e.to = t->d.s->nodes;
            err = draft_node(&t->d, &m);
        }
        if (!err) err = draft_edge(&t->d, &e);
        e.from = e.to;
    }
    t->r->lanes += v->both ? 2 : 1;
    t->r->length_m += (v->both ? 2 : 1) * (double)geom_far(p, q) / 1000.0;
    if (n) t->r->door_lanes += v->both ? 2 : 1;
    return too_many(t, err, "lanes");
}

static int add_walls(struct tracer *t, level_id level, const struct floor_axis *axis)
{
    int err = ORD_OK;
    for (uint32_t i = 0; i < axis->walls && !err; i++) {
        const struct floor_seg *s = &axis->wall[i];
        struct site_wall w = { level, (mm_t)s->a.x, (mm_t)s->a.y, (mm_t)s->b.x, (mm_t)s->b.y };
        err = draft_wall(&t->d, &w);
    }
    for (uint32_t i = 0; i < axis->bounds && !err; i++) {
        void *list = t->wall;
        const struct floor_seg *s = &axis->bound[i];
        struct bay_segment v = { level, { llround(s->a.x), llround(s->a.y) }, { llround(s->b.x), llround(s->b.y) } };
        if (!import_room(&list, &t->wall_room, t->walls, 200000, sizeof v)) err = ORD_EFULL;
        t->wall = list;
        if (!err) t->wall[t->walls++] = v;
    }
    return too_many(t, err, "walls");
}

static int add_level(struct tracer *t, level_id level)
{
    struct floor_axis axis;
    struct floor_lanes lanes = { 0 };
    struct site_level l = { .elevation_mm = t->plan.level[level].elevation_mm, .name = t->plan.level[level].name };
    text_copy(l.id, sizeof l.id, t->plan.level[level].id);
    int err = floor_axis(&t->plan, level, &t->o.cls, &axis, t->r, t->note, t->file);
    if (err) return err;
    err = too_many(t, draft_level(&t->d, &l), "levels");
    if (!err) err = too_many(t, floor_lanes(&axis, &t->o.cls, &lanes), "lanes");
    node_id *number = calloc((size_t)lanes.nodes + 1, sizeof *number);
    if (!err && !number) err = too_many(t, ORD_EMEMORY, "nodes");
    if (!err) err = add_doors(t, level);
    if (!err && number) err = add_nodes(t, &axis, &lanes, level, number);
    for (uint32_t i = 0; number && i < lanes.lanes && !err; i++) err = add_lane(t, level, &lanes.lane[i], number);
    if (!err) err = add_walls(t, level, &axis);
    t->streets += lanes.streets;
    t->alleys += lanes.alleys;
    free(number);
    floor_lanes_close(&lanes);
    floor_axis_close(&axis);
    return err;
}

/* ---- elevators that stop on one level only, and the way back to the file's frame ---- */

static void drop_idle_cars(struct tracer *t)
{
    struct site *s = t->d.s;
    elevator_id kept = 0, number[SITE_ELEVATORS_MAX];
    for (elevator_id e = 0; e < s->elevators; e++) {
        number[e] = s->elevator[e].landings >= 2 ? kept : ID_NONE;
        if (number[e] == ID_NONE)
            import_say(
                t->r, IMPORT_DROPPED, "电梯 %s 只停一层：轿厢按普通地面处理；用 --levels 写明层数",
                "elevator %s stops on one level only: its cabin is plain floor; --levels says how many there are",
                s->elevator[e].id);
        else s->elevator[kept++] = s->elevator[e];
    }
    s->elevators = kept;
    for (node_id n = 0; n < s->nodes; n++)
        if (s->node[n].elevator != ID_NONE) s->node[n].elevator = number[s->node[n].elevator];
    if (kept)
        import_say(t->r, IMPORT_GUESSED, "电梯 %d 部：速度 1 米/秒，开关门各 3 秒，门宽按井道推断：请核对",
                   "%d elevators: 1 m/s, 3 s to open and to close, door width after the shaft: check", kept);
}

static void turn_back(const struct floor_plan *p, mm_t *x, mm_t *y)
{
    double c = cos(p->turn), s = sin(p->turn), u = *x, v = *y;
    *x = (mm_t)lround(p->origin_x + c * u - s * v);
    *y = (mm_t)lround(p->origin_y + s * u + c * v);
}

static void turn_all_back(struct tracer *t)
{
    struct site *s = t->d.s;
    const struct floor_plan *p = &t->plan;
    for (node_id n = 0; n < s->nodes; n++) turn_back(p, &s->node[n].x_mm, &s->node[n].y_mm);
    for (uint32_t i = 0; i < s->walls; i++) {
        turn_back(p, &s->wall[i].x1_mm, &s->wall[i].y1_mm);
        turn_back(p, &s->wall[i].x2_mm, &s->wall[i].y2_mm);
    }
    for (door_id i = 0; i < s->doors; i++) {
        turn_back(p, &s->door[i].x1_mm, &s->door[i].y1_mm);
        turn_back(p, &s->door[i].x2_mm, &s->door[i].y2_mm);
    }
    for (elevator_id i = 0; i < s->elevators; i++) {
        struct site_elevator *c = &s->elevator[i];
        turn_back(p, &c->x_mm, &c->y_mm);
        c->yaw += (mrad_t)lround(p->turn * 1000);
        while (c->yaw > 3141) c->yaw -= 6283;
        while (c->yaw <= -3141) c->yaw += 6283;
    }
}

static int trace(struct tracer *t, struct site **out)
{
    const struct floor_plan *p = &t->plan;
    struct import_options o = { .refuges = t->o.refuges };
    int err = ORD_OK;
    const char *slash = strrchr(t->file, '/');
    import_id(t->d.s->id, SITE_ID_MAX, p->name[0] ? p->name : slash ? slash + 1 : t->file);
    text_copy(t->d.s->name.zh, SITE_NAME_MAX, p->name[0] ? p->name : t->d.s->id);
    text_copy(t->d.s->name.en, SITE_NAME_MAX, p->name[0] ? p->name : t->d.s->id);
    t->car_of = calloc((size_t)p->shapes + 1, sizeof *t->car_of);
    if (!t->car_of) return too_many(t, ORD_EMEMORY, "shapes");
    for (uint32_t i = 0; i < p->shapes; i++) t->car_of[i] = ID_NONE;
    for (level_id l = 0; l < p->levels && !err; l++) err = add_level(t, l);
    if (err) return err;
    drop_idle_cars(t);
    t->r->waypoints = t->d.s->nodes;
    import_say(t->r, IMPORT_KEPT, "楼层 %d 个，站点 %d 个，电动门 %d 扇", "%d levels, %d stations, %d powered doors",
               p->levels, t->d.s->stations, t->d.s->doors);
    import_say(t->r, IMPORT_GUESSED, "双车道走廊（各一条单行道）%u 段，单车道（双向轮流）%u 段",
               "%u stretches wide enough for two one-way lanes, %u with one lane for both ways in turn", t->streets,
               t->alleys);
    const struct bay_space space = { .wall = t->wall,
                                     .walls = t->walls,
                                     .door = t->door,
                                     .doors = t->doors,
                                     .shaft = t->d.s->elevator,
                                     .shafts = t->d.s->elevators };
    err = import_refuges(&t->d, o, &space, t->r, t->note);
    if (err) return err;
    turn_all_back(t);
    o.refuges = 0;
    return import_finish(&t->d, o, &space, out, t->r, t->note);
}

int floor_trace_bytes(const char *name, const char *bytes, size_t n, struct trace_options o, struct site **out,
                      struct import_report *r, struct err_note *note)
{
    struct tracer t = { .o = o, .file = name, .r = r, .note = note };
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = floor_read(name, bytes, n, o, &t.plan, note);
    if (err) return err;
    err = draft_open(&t.d, name) ? err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY)) : trace(&t, out);
    free(t.car_of);
    free(t.wall);
    free(t.door);
    draft_close(&t.d);
    floor_close(&t.plan);
    return err;
}

int floor_trace(const char *path, struct trace_options o, struct site **out, struct import_report *r,
                struct err_note *note)
{
    char *bytes = NULL;
    size_t n = 0;
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = import_read(path, PLAN_BYTES_MAX, &bytes, &n, note);
    if (!err) err = floor_trace_bytes(path, bytes, n, o, out, r, note);
    free(bytes);
    return err;
}
