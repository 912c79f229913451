/* floor_read - GeoJSON into a floor plan. Coordinates are metres (a drawing), not degrees. Each feature says in its
 * properties what it is:
 *
 *   kind     wall, door, shaft, floor (polygons or lines), station, park, charger, holding, washer (points)
 *   level    the id of its level; without it the feature is on every level, as walls and shafts often are
 *   id, zh, en, station (ward, kitchen, ...), powered (doors that the controller opens)
 *
 * "levels": [{"id": "F1", "elevation": 0}, ...] beside "features" names the levels; without it they are those that
 * features name, 4 m apart in order of appearance, or one level. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "floor.h"

#define BYTES_MAX ((size_t)32 << 20)
#define REACH_M 5000.0
#define POINTS_MAX 200000u
#define SHAPES_MAX 20000u
#define HEIGHT_MM 4000

static const char *const kind_name[FLOOR_KIND_COUNT] = { "wall", "door",    "shaft",   "floor", "station",
                                                         "park", "charger", "holding", "washer" };

struct reader {
    struct json_doc doc;
    struct floor_plan *p;
    bool listed; /* the file lists its levels: others are mistakes */
};

static bool room_for(struct floor_plan *p)
{
    void *a = p->point, *b = p->ring, *c = p->shape;
    bool ok = import_room(&a, &p->point_room, p->points, POINTS_MAX, sizeof *p->point) &&
              import_room(&b, &p->ring_room, p->rings, POINTS_MAX, sizeof *p->ring) &&
              import_room(&c, &p->shape_room, p->shapes, SHAPES_MAX, sizeof *p->shape);
    p->point = a;
    p->ring = b;
    p->shape = c;
    return ok;
}

/* ---- levels ---- */

static level_id add_level(struct reader *r, struct json_at at, const char *id, mm_t elevation)
{
    struct floor_plan *p = r->p;
    struct floor_level l = { .elevation_mm = elevation };
    if (!text_id_valid(id, SITE_ID_MAX - 20)) {
        json_fail(at, ORD_ERANGE, "a level id must be 1..%d of A-Z a-z 0-9 _ - . :", SITE_ID_MAX - 20);
        return 0;
    }
    if (p->levels == SITE_LEVELS_MAX) {
        json_fail(at, ORD_EFULL, "more than %d levels", SITE_LEVELS_MAX);
        return 0;
    }
    text_copy(l.id, sizeof l.id, id);
    text_copy(l.name.zh, sizeof l.name.zh, id);
    text_copy(l.name.en, sizeof l.name.en, id);
    p->level[p->levels] = l;
    return p->levels++;
}

static level_id level_of(struct reader *r, struct json_at at)
{
    const char *id = json_str(at);
    for (level_id i = 0; i < r->p->levels; i++)
        if (strcmp(r->p->level[i].id, id) == 0) return i;
    if (r->listed) {
        json_fail(at, ORD_ERANGE, "level '%.40s' is not in \"levels\"", id);
        return 0;
    }
    return add_level(r, at, id, (mm_t)r->p->levels * HEIGHT_MM);
}

static void read_levels(struct reader *r, struct json_at list)
{
    size_t n = json_has(list) ? json_array(list, SITE_LEVELS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(&r->doc); i++) {
        struct json_at v = json_item(list, i), id = json_need(v, "id"), zh = json_opt(v, "zh"), en = json_opt(v, "en");
        mm_t up = json_has(json_opt(v, "elevation")) ? (mm_t)json_milli(json_opt(v, "elevation"), -1000000, 1000000)
                                                     : (mm_t)i * HEIGHT_MM;
        for (level_id k = 0; k < r->p->levels; k++)
            if (strcmp(r->p->level[k].id, json_str(id)) == 0) json_fail(id, ORD_EEXISTS, "occurs twice");
        level_id l = add_level(r, id, json_str(id), up);
        if (json_has(zh)) json_string(zh, r->p->level[l].name.zh, SITE_NAME_MAX, 1);
        if (json_has(en)) json_string(en, r->p->level[l].name.en, SITE_NAME_MAX, 1);
    }
    r->listed = n > 0;
}

/* ---- shapes ---- */

static void read_position(struct reader *r, struct json_at at)
{
    size_t n = json_array(at, 4);
    if (json_ok(&r->doc) && n < 2) json_fail(at, ORD_EPARSE, "a position has two numbers");
    double x = json_number(json_item(at, 0), -REACH_M, REACH_M), y = json_number(json_item(at, 1), -REACH_M, REACH_M);
    if (!json_ok(&r->doc)) return;
    if (!room_for(r->p)) {
        json_fail(at, ORD_EFULL, "more than %u points", POINTS_MAX);
        return;
    }
    r->p->point[r->p->points++] = (struct floor_point){ x * 1000, y * 1000 };
}

static void read_ring(struct reader *r, struct json_at list, bool closed, bool hole, size_t least)
{
    size_t n = json_array(list, POINTS_MAX);
    struct floor_ring ring = { .first = r->p->points, .closed = closed, .hole = hole };
    if (json_ok(&r->doc) && n < least) json_fail(list, ORD_EPARSE, "needs %zu positions or more", least);
    for (size_t i = 0; i < n && json_ok(&r->doc); i++) read_position(r, json_item(list, i));
    if (!json_ok(&r->doc)) return;
    ring.count = r->p->points - ring.first;
    struct floor_point a = r->p->point[ring.first], b = r->p->point[r->p->points - 1];
    if (closed && ring.count > 3 && a.x == b.x && a.y == b.y) ring.count--;
    r->p->ring[r->p->rings++] = ring;
}

static void read_geometry(struct reader *r, struct json_at at, enum floor_kind kind)
{
    static const char *const words[] = { "Point", "LineString", "Polygon", "MultiLineString", "MultiPolygon" };
    struct json_at list = json_need(at, "coordinates");
    int type = json_enum(json_need(at, "type"), words, (int)COUNT_OF(words));
    bool point = kind >= FLOOR_STATION, area = kind == FLOOR_SHAFT || kind == FLOOR_AREA;
    if (!json_ok(&r->doc)) return;
    if (point != (type == 0) || (area && type != 2 && type != 4))
        json_fail(json_need(at, "type"), ORD_EPARSE, "a %s is drawn as a %s, not as a %s", kind_name[kind],
                  point  ? "Point"
                  : area ? "Polygon"
                         : "Polygon or LineString",
                  words[type]);
    else if (type == 0) {
        struct floor_ring ring = { .first = r->p->points, .count = 1 };
        read_position(r, list);
        if (json_ok(&r->doc)) r->p->ring[r->p->rings++] = ring;
    } else if (type == 1) read_ring(r, list, false, false, 2);
    else {
        size_t n = json_array(list, POINTS_MAX);
        for (size_t i = 0; i < n && json_ok(&r->doc); i++) {
            struct json_at part = json_item(list, i);
            size_t rings = type == 4 ? json_array(part, 1000) : 1;
            for (size_t k = 0; k < rings && json_ok(&r->doc); k++)
                read_ring(r, type == 4 ? json_item(part, k) : part, type != 3, type == 4 ? k > 0 : type == 2 && i > 0,
                          type == 3 ? 2 : 3);
        }
    }
}

static void read_feature(struct reader *r, struct json_at at)
{
    struct json_at v = json_need(at, "properties"), level = json_opt(v, "level"), id = json_opt(v, "id"),
                   zh = json_opt(v, "zh"), en = json_opt(v, "en"), station = json_opt(v, "station"),
                   powered = json_opt(v, "powered");
    struct floor_shape s = { .level = ID_NONE, .ring = r->p->rings };
    s.kind = (enum floor_kind)json_enum(json_need(v, "kind"), kind_name, FLOOR_KIND_COUNT);
    if (json_has(level)) s.level = level_of(r, level);
    if (json_has(id)) json_string(id, s.id, SITE_ID_MAX - 10, 1);
    if (s.id[0] && !text_id_valid(s.id, SITE_ID_MAX - 10))
        json_fail(id, ORD_ERANGE, "an id is made of A-Z a-z 0-9 _ - . :");
    if (json_has(en)) json_string(en, s.name.en, sizeof s.name.en, 1);
    if (json_has(zh)) json_string(zh, s.name.zh, sizeof s.name.zh, 1);
    if (json_has(station)) s.station = (enum station_kind)json_enum(station, station_kind_name, STATION_KIND_COUNT);
    if (json_has(powered)) s.powered = json_bool(powered);
    if (!json_ok(&r->doc)) return;
    read_geometry(r, json_need(at, "geometry"), s.kind);
    s.rings = r->p->rings - s.ring;
    if (!json_ok(&r->doc)) return;
    if (!room_for(r->p)) json_fail(at, ORD_EFULL, "more than %u features", SHAPES_MAX);
    else r->p->shape[r->p->shapes++] = s;
}

/* ---- the plan's own frame ---- */

static void turn(struct floor_plan *p)
{
    double longest = 0;
    bool begun = false;
    for (uint32_t i = 0; i < p->shapes; i++) {
        const struct floor_shape *s = &p->shape[i];
        if (s->kind != FLOOR_WALL) continue;
        for (uint32_t k = 0; k < s->rings; k++) {
            const struct floor_ring *ring = &p->ring[s->ring + k];
            const struct floor_point *q = &p->point[ring->first];
            if (!begun) p->origin_x = q->x, p->origin_y = q->y;
            begun = true;
            for (uint32_t j = 0; j + 1 < ring->count; j++) {
                double len = hypot(q[j + 1].x - q[j].x, q[j + 1].y - q[j].y);
                if (len <= longest + 1) continue; /* of equal ones the first, whatever the last digits say */
                longest = len;
                p->turn = atan2(q[j + 1].y - q[j].y, q[j + 1].x - q[j].x);
            }
        }
    }
    double c = cos(p->turn), s = sin(p->turn);
    for (uint32_t i = 0; i < p->points; i++) {
        double x = p->point[i].x - p->origin_x, y = p->point[i].y - p->origin_y;
        p->point[i] = (struct floor_point){ round(c * x + s * y), round(c * y - s * x) };
    }
}

static void copy_levels(struct floor_plan *p, struct trace_options o)
{
    uint16_t n = o.levels ? o.levels : 1;
    for (uint16_t i = 0; p->levels == 0 && i < n; i++) {
        struct floor_level *l = &p->level[i];
        snprintf(l->id, sizeof l->id, "F%u", i + 1u);
        text_copy(l->name.zh, sizeof l->name.zh, l->id);
        text_copy(l->name.en, sizeof l->name.en, l->id);
        l->elevation_mm = (mm_t)lround(i * (o.height_m > 0 ? o.height_m * 1000 : HEIGHT_MM));
    }
    if (p->levels == 0) p->levels = n;
}

int floor_read(const char *name, const char *bytes, size_t n, struct trace_options o, struct floor_plan *out,
               struct err_note *note)
{
    struct reader r = { .p = out };
    uint32_t walls = 0;
    *out = (struct floor_plan){ 0 };
    int err = json_open(&r.doc, name, bytes, n, (struct json_limits){ .bytes_max = BYTES_MAX });
    struct json_at root = json_root(&r.doc), list = json_opt(root, "features"), title = json_opt(root, "name");
    if (!err && !json_has(list)) err = json_fail(root, ORD_EPARSE, "has no 'features': is this a GeoJSON collection?");
    if (!err && json_is_string(title)) text_copy(out->name, sizeof out->name, json_str(title));
    if (!err) read_levels(&r, json_opt(root, "levels"));
    size_t count = err ? 0 : json_array(list, SHAPES_MAX);
    for (size_t i = 0; i < count && json_ok(&r.doc); i++) read_feature(&r, json_item(list, i));
    for (uint32_t i = 0; i < out->shapes; i++) walls += out->shape[i].kind == FLOOR_WALL;
    if (json_ok(&r.doc) && walls == 0)
        json_fail(list, ORD_EMAP, "there is no feature of kind \"wall\": nothing bounds the floor");
    if (json_ok(&r.doc) && o.levels > 1 && out->levels > 0)
        json_fail(root, ORD_EMAP, "the plan names its levels: copies of it (--levels) would have none");
    if (!json_ok(&r.doc)) {
        err = r.doc.err;
        if (note) *note = r.doc.note;
        floor_close(out);
    } else {
        copy_levels(out, o);
        turn(out);
    }
    json_close(&r.doc);
    return err;
}

void floor_close(struct floor_plan *p)
{
    free(p->shape);
    free(p->ring);
    free(p->point);
    *p = (struct floor_plan){ 0 };
}
