/* site_json - orderly-site/1 in and out (schema/site.schema.json). The reader is strict: an unknown key, an unknown
 * reference, a number out of range is refused with its place. Numbers in the file are metres, radians, m/s and
 * seconds with decimals; in the model they are integers of thousandths. What a map means as a whole (reachable,
 * wide enough) is judged later by site_lint.c, all at once. The writer is canonical: equal models give equal bytes,
 * so its XXH3 names the map. */
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "maps_io.h"
#include "site_json.h"
#include "when.h"

#define FORMAT "orderly-site/1"
#define FILE_MAX ((size_t)32 << 20)
#define ONLY JSON_ONLY

static mm_t coord(struct json_at obj, const char *key)
{
    return (mm_t)json_milli(json_need(obj, key), -COORD_MAX, COORD_MAX);
}

/* A length of its own: more than nothing, at most a kilometre. */
static mm_t extent(struct json_at obj, const char *key) { return (mm_t)json_milli(json_need(obj, key), 1, 1000000); }

static int64_t optional(struct json_at obj, const char *key, int64_t lo, int64_t hi, int64_t otherwise)
{
    struct json_at at = json_opt(obj, key);
    return json_has(at) ? json_milli(at, lo, hi) : otherwise;
}

bool read_flag(struct json_at obj, const char *key)
{
    struct json_at at = json_opt(obj, key);
    return json_has(at) && json_bool(at);
}

void read_name(struct json_at at, struct site_name *out)
{
    ONLY(at, "zh", "en");
    json_string(json_need(at, "zh"), out->zh, sizeof out->zh, 1);
    json_string(json_need(at, "en"), out->en, sizeof out->en, 1);
}

uint16_t read_ref(struct json_at at, const struct idset *ids, const char *kind)
{
    const char *id = json_str(at);
    uint32_t i = json_ok(at.doc) ? idset_get(ids, id) : IDSET_NONE;
    if (i == IDSET_NONE && json_ok(at.doc)) json_fail(at, ORD_ENOTFOUND, "there is no %s '%s'", kind, id);
    return i == IDSET_NONE ? 0 : (uint16_t)i;
}

void read_keep(struct json_at at, int err)
{
    if (err == ORD_EFULL) json_fail(at, err, "too many of this kind: %s", err_en(err));
    else if (err) json_fail(at, err, "%s", err_en(err));
}

/* Learn the ids of a finished list. One used twice is said here, before a reference to the other stumbles over it. */
static void index_ids(struct reader *r, struct json_at list, struct idset *set, const void *first, uint32_t count,
                      size_t each)
{
    for (uint32_t i = 0; i < count && json_ok(list.doc); i++) {
        const char *id = (const char *)first + i * each;
        uint32_t before = idset_put(set, id, i, &r->memory_ok);
        if (before != IDSET_NONE)
            json_fail(json_item(list, i), ORD_EEXISTS, "id '%s' is taken by %s[%u]: give one of them another id", id,
                      list.path, before);
    }
}

static void read_level(struct reader *r, struct json_at at)
{
    struct site_level v = { 0 };
    ONLY(at, "id", "name", "elevation");
    json_string(json_need(at, "id"), v.id, sizeof v.id, 1);
    read_name(json_need(at, "name"), &v.name);
    v.elevation_mm = (mm_t)json_milli(json_need(at, "elevation"), -1000000, 1000000);
    if (json_ok(at.doc)) read_keep(at, draft_level(&r->d, &v));
}

/* The car itself; landings name nodes, which are read after all cars are known. */
static void read_elevator(struct reader *r, struct json_at at)
{
    struct site_elevator v = { 0 };
    ONLY(at, "id", "bank", "name", "x", "y", "width", "depth", "yaw", "door_width", "speed", "accel", "door_open_s",
         "door_close_s", "start_delay_s", "landings", "allow", "rules", "closures", "people", "emergency_power",
         "inspected_until");
    json_string(json_need(at, "id"), v.id, sizeof v.id, 1);
    if (json_has(json_opt(at, "bank"))) json_string(json_opt(at, "bank"), v.bank, sizeof v.bank, 1);
    read_name(json_need(at, "name"), &v.name);
    v.x_mm = coord(at, "x");
    v.y_mm = coord(at, "y");
    v.width_mm = extent(at, "width");
    v.depth_mm = extent(at, "depth");
    v.yaw = (mrad_t)optional(at, "yaw", -3142, 3142, 0);
    v.door_width_mm = extent(at, "door_width");
    v.speed_mm_s = (int32_t)json_milli(json_need(at, "speed"), 10, 20000);
    v.accel_mm_s2 = (int32_t)json_milli(json_need(at, "accel"), 10, 10000);
    v.door_open_ms = json_milli(json_need(at, "door_open_s"), 0, 600000);
    v.door_close_ms = json_milli(json_need(at, "door_close_s"), 0, 600000);
    v.start_delay_ms = optional(at, "start_delay_s", 0, 600000, 0);
    read_car_rules(at, &v);
    if (json_ok(at.doc)) read_keep(at, draft_elevator(&r->d, &v));
}

static void read_landings(struct reader *r, struct json_at elevator, uint32_t index)
{
    struct site_elevator *c = &r->d.s->elevator[index];
    struct json_at all = json_need(elevator, "landings");
    size_t n = json_array(all, SITE_LANDINGS_MAX);
    for (size_t i = 0; i < n && json_ok(all.doc); i++) {
        struct json_at at = json_item(all, i);
        ONLY(at, "level", "node");
        struct site_landing l = { .level = read_ref(json_need(at, "level"), &r->level, "level") };
        l.node = read_ref(json_need(at, "node"), &r->node, "node");
        if (!json_ok(all.doc)) return;
        if (r->d.s->node[l.node].level != l.level)
            json_fail(at, ORD_ERANGE, "node '%s' is on level '%s', not '%s'", r->d.s->node[l.node].id,
                      r->d.s->level[r->d.s->node[l.node].level].id, r->d.s->level[l.level].id);
        c->landing[c->landings++] = l;
    }
}

static void read_node(struct reader *r, struct json_at at)
{
    struct site_node v = { .elevator = ID_NONE, .station = ID_NONE };
    ONLY(at, "id", "level", "x", "y", "park", "charger", "holding", "no_stop", "washer", "elevator");
    json_string(json_need(at, "id"), v.id, sizeof v.id, 1);
    v.level = read_ref(json_need(at, "level"), &r->level, "level");
    v.x_mm = coord(at, "x");
    v.y_mm = coord(at, "y");
    if (read_flag(at, "park")) v.flags |= NODE_PARK;
    if (read_flag(at, "charger")) v.flags |= NODE_CHARGER;
    if (read_flag(at, "holding")) v.flags |= NODE_HOLDING;
    if (read_flag(at, "no_stop")) v.flags |= NODE_NO_STOP;
    if (read_flag(at, "washer")) v.flags |= NODE_WASHER;
    if (json_has(json_opt(at, "elevator"))) v.elevator = read_ref(json_opt(at, "elevator"), &r->elevator, "elevator");
    if (json_ok(at.doc)) read_keep(at, draft_node(&r->d, &v));
}

static void read_edge(struct reader *r, struct json_at at)
{
    struct draft_edge v = { .door = ID_NONE };
    ONLY(at, "id", "from", "to", "both_ways", "width", "speed", "door", "allow", "quiet");
    if (json_has(json_opt(at, "id"))) json_string(json_opt(at, "id"), v.id, sizeof v.id, 1);
    v.from = read_ref(json_need(at, "from"), &r->node, "node");
    v.to = read_ref(json_need(at, "to"), &r->node, "node");
    v.both_ways = read_flag(at, "both_ways");
    v.width_mm = (mm_t)optional(at, "width", 1, 1000000, 0);
    v.speed_mm_s = (int32_t)optional(at, "speed", 10, 20000, 0);
    if (json_has(json_opt(at, "door"))) v.door = read_ref(json_opt(at, "door"), &r->door, "door");
    v.barred = read_barred(at);
    v.quiet = read_flag(at, "quiet");
    if (json_ok(at.doc)) read_keep(at, draft_edge(&r->d, &v));
}

/* "node", or "nodes" for a station with several places; whoever writes both says the same first place twice. */
static void read_slots(struct reader *r, struct json_at at, struct site_station *v)
{
    struct json_at one = json_opt(at, "node"), all = json_opt(at, "nodes");
    if (!json_has(all)) {
        v->node = read_ref(json_need(at, "node"), &r->node, "node");
        return;
    }
    size_t n = json_array(all, SITE_SLOTS_MAX);
    if (json_ok(at.doc) && n == 0) json_fail(all, ORD_ERANGE, "a station has at least one place");
    for (size_t i = 0; i < n && json_ok(at.doc); i++) {
        v->slot[i] = read_ref(json_item(all, i), &r->node, "node");
        for (size_t k = 0; k < i && json_ok(at.doc); k++)
            if (v->slot[k] == v->slot[i])
                json_fail(json_item(all, i), ORD_EEXISTS, "is already %s[%zu]: name each place once", all.path, k);
    }
    if (!json_ok(at.doc)) return;
    v->node = v->slot[0];
    v->slots = (uint8_t)n;
    if (json_has(one) && read_ref(one, &r->node, "node") != v->node)
        json_fail(one, ORD_ERANGE, "is not the first of \"nodes\": leave it out or make them agree");
}

static void read_station(struct reader *r, struct json_at at)
{
    struct site_station v = { 0 };
    ONLY(at, "id", "name", "node", "nodes", "kind", "answer_s");
    json_string(json_need(at, "id"), v.id, sizeof v.id, 1);
    read_name(json_need(at, "name"), &v.name);
    read_slots(r, at, &v);
    v.answer_ms = optional(at, "answer_s", 0, 3600000, 0);
    struct json_at kind = json_opt(at, "kind");
    if (json_has(kind)) v.kind = (enum station_kind)json_enum(kind, station_kind_name, STATION_KIND_COUNT);
    if (json_ok(at.doc)) read_keep(at, draft_station(&r->d, &v));
}

static void read_door(struct reader *r, struct json_at at)
{
    struct site_door v = { 0 };
    ONLY(at, "id", "level", "x1", "y1", "x2", "y2", "width", "open_s", "close_s");
    json_string(json_need(at, "id"), v.id, sizeof v.id, 1);
    v.level = read_ref(json_need(at, "level"), &r->level, "level");
    v.x1_mm = coord(at, "x1");
    v.y1_mm = coord(at, "y1");
    v.x2_mm = coord(at, "x2");
    v.y2_mm = coord(at, "y2");
    v.width_mm = extent(at, "width");
    v.open_ms = json_milli(json_need(at, "open_s"), 0, 600000);
    v.close_ms = json_milli(json_need(at, "close_s"), 0, 600000);
    if (json_ok(at.doc)) read_keep(at, draft_door(&r->d, &v));
}

static void read_wall(struct reader *r, struct json_at at)
{
    struct site_wall v = { 0 };
    ONLY(at, "level", "points");
    v.level = read_ref(json_need(at, "level"), &r->level, "level");
    struct json_at points = json_need(at, "points");
    size_t n = json_array(points, 10000);
    if (json_ok(at.doc) && n < 2) json_fail(points, ORD_ERANGE, "a wall has at least two points");
    for (size_t i = 0; i < n && json_ok(at.doc); i++) {
        struct json_at p = json_item(points, i);
        if (json_array(p, 2) != 2 && json_ok(at.doc)) json_fail(p, ORD_ERANGE, "a point is [x, y]");
        v.x1_mm = v.x2_mm;
        v.y1_mm = v.y2_mm;
        v.x2_mm = (mm_t)json_milli(json_item(p, 0), -COORD_MAX, COORD_MAX);
        v.y2_mm = (mm_t)json_milli(json_item(p, 1), -COORD_MAX, COORD_MAX);
        if (i > 0 && json_ok(at.doc)) read_keep(at, draft_wall(&r->d, &v));
    }
}

static void read_label(struct reader *r, struct json_at at)
{
    struct site_label v = { 0 };
    ONLY(at, "level", "x", "y", "text");
    v.level = read_ref(json_need(at, "level"), &r->level, "level");
    v.x_mm = coord(at, "x");
    v.y_mm = coord(at, "y");
    read_name(json_need(at, "text"), &v.text);
    if (json_ok(at.doc)) read_keep(at, draft_label(&r->d, &v));
}

static void read_all(struct reader *r, struct json_at all, size_t max, void (*one)(struct reader *r, struct json_at at))
{
    if (!json_has(all)) return;
    size_t n = json_array(all, max);
    for (size_t i = 0; i < n && json_ok(all.doc); i++) one(r, json_item(all, i));
}

static void read_root(struct reader *r, struct json_at root)
{
    char format[32] = "";
    struct site *s = r->d.s;
    json_string(json_need(root, "format"), format, sizeof format, 1);
    if (json_ok(root.doc) && strcmp(format, FORMAT) != 0)
        json_fail(json_need(root, "format"), ORD_EVERSION, "is '%s'; this program reads %s", format, FORMAT);
    ONLY(root, "format", "id", "name", "levels", "nodes", "edges", "stations", "elevators", "doors", "walls", "labels",
         "goods", "hygiene", "zones", "calendar");
    json_string(json_need(root, "id"), s->id, sizeof s->id, 1);
    if (json_ok(root.doc) && !text_id_valid(s->id, SITE_ID_MAX - 1))
        json_fail(json_need(root, "id"), ORD_ERANGE, "may hold only A-Z a-z 0-9 _ - . :");
    read_name(json_need(root, "name"), &s->name);
    read_all(r, json_need(root, "levels"), SITE_LEVELS_MAX, read_level);
    index_ids(r, json_opt(root, "levels"), &r->level, s->level, s->levels, sizeof *s->level);
    read_all(r, json_opt(root, "elevators"), SITE_ELEVATORS_MAX, read_elevator);
    index_ids(r, json_opt(root, "elevators"), &r->elevator, s->elevator, s->elevators, sizeof *s->elevator);
    read_all(r, json_need(root, "nodes"), SITE_NODES_MAX, read_node);
    index_ids(r, json_opt(root, "nodes"), &r->node, s->node, s->nodes, sizeof *s->node);
    read_all(r, json_opt(root, "doors"), SITE_DOORS_MAX, read_door);
    index_ids(r, json_opt(root, "doors"), &r->door, s->door, s->doors, sizeof *s->door);
    read_all(r, json_need(root, "edges"), SITE_EDGES_MAX, read_edge);
    read_all(r, json_opt(root, "stations"), SITE_STATIONS_MAX, read_station);
    struct json_at cars = json_opt(root, "elevators");
    for (uint32_t i = 0; i < s->elevators && json_ok(root.doc); i++) read_landings(r, json_item(cars, i), i);
    read_all(r, json_opt(root, "walls"), 100000, read_wall);
    read_all(r, json_opt(root, "labels"), 20000, read_label);
    read_all(r, json_opt(root, "goods"), SITE_GOODS_MAX, read_goods);
    read_all(r, json_opt(root, "zones"), SITE_ZONES_MAX, read_zone);
    read_hygiene(r, json_opt(root, "hygiene"));
    read_calendar(r, json_opt(root, "calendar"));
}

static int read_doc(struct json_doc *doc, const char *name, struct site **out, struct err_note *note)
{
    struct reader r = { .memory_ok = true };
    int err = draft_open(&r.d, name);
    if (err) return err_at(note, err, name, "%s", err_en(err));
    read_root(&r, json_root(doc));
    if (!json_ok(doc)) {
        err = doc->err;
        if (note) *note = doc->note;
    } else if (!r.memory_ok) {
        err = err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY));
    } else {
        err = draft_finish(&r.d, out, note);
    }
    idset_close(&r.level);
    idset_close(&r.node);
    idset_close(&r.elevator);
    idset_close(&r.door);
    draft_close(&r.d);
    return err;
}

static const struct json_limits limits = { FILE_MAX, 12 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int site_open(const char *path, struct site **out, struct err_note *note)
{
    struct json_doc doc;
    *out = NULL;
    int err = json_open_file(&doc, path, limits);
    if (err && note) *note = doc.note;
    if (!err) err = read_doc(&doc, base_name(path), out, note);
    json_close(&doc);
    return err;
}

int site_parse(const char *name, const char *bytes, size_t n, struct site **out, struct err_note *note)
{
    struct json_doc doc;
    *out = NULL;
    int err = json_open(&doc, name, bytes, n, limits);
    if (err && note) *note = doc.note;
    if (!err) err = read_doc(&doc, name, out, note);
    json_close(&doc);
    return err;
}

/* ---- writing ---- */

static void write_levels(const struct site *s, FILE *f)
{
    for (level_id i = 0; i < s->levels; i++) {
        put_string(f, i ? ",\n    {\"id\": " : "\n    {\"id\": ", s->level[i].id);
        put_name(f, ", \"name\": {\"zh\": ", &s->level[i].name);
        put_milli(f, ", \"elevation\": ", s->level[i].elevation_mm);
        fputc('}', f);
    }
}

static bool is_landing(const struct site *s, node_id n)
{
    elevator_id e = s->node[n].elevator;
    for (uint16_t i = 0; i < s->elevator[e].landings; i++)
        if (s->elevator[e].landing[i].node == n) return true;
    return false;
}

static void write_nodes(const struct site *s, FILE *f)
{
    static const struct {
        uint8_t flag;
        const char *key;
    } flags[] = {
        { NODE_PARK, "park" },       { NODE_CHARGER, "charger" }, { NODE_HOLDING, "holding" },
        { NODE_NO_STOP, "no_stop" }, { NODE_WASHER, "washer" },
    };
    for (node_id i = 0; i < s->nodes; i++) {
        const struct site_node *n = &s->node[i];
        put_string(f, i ? ",\n    {\"id\": " : "\n    {\"id\": ", n->id);
        put_string(f, ", \"level\": ", s->level[n->level].id);
        put_milli(f, ", \"x\": ", n->x_mm);
        put_milli(f, ", \"y\": ", n->y_mm);
        for (size_t k = 0; k < COUNT_OF(flags); k++)
            if (n->flags & flags[k].flag) fprintf(f, ", \"%s\": true", flags[k].key);
        if (n->elevator != ID_NONE && !is_landing(s, i)) put_string(f, ", \"elevator\": ", s->elevator[n->elevator].id);
        fputc('}', f);
    }
}

/* Whether the reader would make exactly this twin from a both-ways entry. */
static bool twin_is_plain(const struct site *s, const struct site_edge *e, bool named)
{
    if (e->twin == ID_NONE) return false;
    const struct site_edge *t = &s->edge[e->twin];
    char want[2 * SITE_ID_MAX + 8];
    if (named) snprintf(want, sizeof want, "%.40s-back", e->id);
    else snprintf(want, sizeof want, "%s-%s", s->node[t->from].id, s->node[t->to].id);
    return strcmp(want, t->id) == 0 && t->width_mm == e->width_mm && t->speed_mm_s == e->speed_mm_s &&
           t->door == e->door && t->barred == e->barred && t->quiet == e->quiet;
}

static void write_edges(const struct site *s, FILE *f)
{
    bool first = true;
    for (edge_id i = 0; i < s->edges; i++) {
        const struct site_edge *e = &s->edge[i];
        char plain[2 * SITE_ID_MAX + 2];
        if (e->ride_ms) continue;
        snprintf(plain, sizeof plain, "%s-%s", s->node[e->from].id, s->node[e->to].id);
        bool named = strcmp(plain, e->id) != 0, later = e->twin != ID_NONE && e->twin > i;
        if (e->twin != ID_NONE && !later) {
            const struct site_edge *t = &s->edge[e->twin];
            snprintf(plain, sizeof plain, "%s-%s", s->node[t->from].id, s->node[t->to].id);
            if (twin_is_plain(s, t, strcmp(plain, t->id) != 0)) continue;
        }
        fputs(first ? "\n    {" : ",\n    {", f);
        first = false;
        if (named) {
            put_string(f, "\"id\": ", e->id);
            fputs(", ", f);
        }
        put_string(f, "\"from\": ", s->node[e->from].id);
        put_string(f, ", \"to\": ", s->node[e->to].id);
        if (later && twin_is_plain(s, e, named)) fputs(", \"both_ways\": true", f);
        if (e->width_mm) put_milli(f, ", \"width\": ", e->width_mm);
        if (e->speed_mm_s) put_milli(f, ", \"speed\": ", e->speed_mm_s);
        if (e->door != ID_NONE) put_string(f, ", \"door\": ", s->door[e->door].id);
        put_barred(f, e->barred);
        if (e->quiet) fputs(", \"quiet\": true", f);
        fputc('}', f);
    }
}

static void write_stations(const struct site *s, FILE *f)
{
    for (station_id i = 0; i < s->stations; i++) {
        put_string(f, i ? ",\n    {\"id\": " : "\n    {\"id\": ", s->station[i].id);
        put_name(f, ", \"name\": {\"zh\": ", &s->station[i].name);
        put_string(f, ", \"node\": ", s->node[s->station[i].node].id);
        if (s->station[i].slots > 1) {
            for (uint8_t k = 0; k < s->station[i].slots; k++)
                put_string(f, k ? ", " : ", \"nodes\": [", s->node[s->station[i].slot[k]].id);
            fputc(']', f);
        }
        fprintf(f, ", \"kind\": \"%s\"", station_kind_name[s->station[i].kind]);
        if (s->station[i].answer_ms) put_milli(f, ", \"answer_s\": ", s->station[i].answer_ms);
        fputc('}', f);
    }
}

static void write_elevators(const struct site *s, FILE *f)
{
    for (elevator_id i = 0; i < s->elevators; i++) {
        const struct site_elevator *c = &s->elevator[i];
        put_string(f, i ? ",\n    {\"id\": " : "\n    {\"id\": ", c->id);
        if (c->bank[0]) put_string(f, ", \"bank\": ", c->bank);
        put_name(f, ", \"name\": {\"zh\": ", &c->name);
        put_milli(f, ",\n     \"x\": ", c->x_mm);
        put_milli(f, ", \"y\": ", c->y_mm);
        put_milli(f, ", \"width\": ", c->width_mm);
        put_milli(f, ", \"depth\": ", c->depth_mm);
        if (c->yaw) put_milli(f, ", \"yaw\": ", c->yaw);
        put_milli(f, ", \"door_width\": ", c->door_width_mm);
        put_milli(f, ", \"speed\": ", c->speed_mm_s);
        put_milli(f, ", \"accel\": ", c->accel_mm_s2);
        put_milli(f, ",\n     \"door_open_s\": ", c->door_open_ms);
        put_milli(f, ", \"door_close_s\": ", c->door_close_ms);
        put_milli(f, ", \"start_delay_s\": ", c->start_delay_ms);
        write_car_rules(c, f);
        fputs(",\n     \"landings\": [", f);
        for (uint16_t k = 0; k < c->landings; k++) {
            put_string(f, k ? ", {\"level\": " : "{\"level\": ", s->level[c->landing[k].level].id);
            put_string(f, ", \"node\": ", s->node[c->landing[k].node].id);
            fputc('}', f);
        }
        fputs("]}", f);
    }
}

static void write_doors(const struct site *s, FILE *f)
{
    for (door_id i = 0; i < s->doors; i++) {
        const struct site_door *d = &s->door[i];
        put_string(f, i ? ",\n    {\"id\": " : "\n    {\"id\": ", d->id);
        put_string(f, ", \"level\": ", s->level[d->level].id);
        put_milli(f, ", \"x1\": ", d->x1_mm);
        put_milli(f, ", \"y1\": ", d->y1_mm);
        put_milli(f, ", \"x2\": ", d->x2_mm);
        put_milli(f, ", \"y2\": ", d->y2_mm);
        put_milli(f, ", \"width\": ", d->width_mm);
        put_milli(f, ", \"open_s\": ", d->open_ms);
        put_milli(f, ", \"close_s\": ", d->close_ms);
        fputc('}', f);
    }
}

static void write_walls(const struct site *s, FILE *f)
{
    for (uint32_t i = 0; i < s->walls; i++) {
        const struct site_wall *w = &s->wall[i];
        bool goes_on = i > 0 && w[-1].level == w->level && w[-1].x2_mm == w->x1_mm && w[-1].y2_mm == w->y1_mm;
        if (!goes_on) {
            put_string(f, i ? "]},\n    {\"level\": " : "\n    {\"level\": ", s->level[w->level].id);
            put_milli(f, ", \"points\": [[", w->x1_mm);
            put_milli(f, ", ", w->y1_mm);
            fputc(']', f);
        }
        put_milli(f, ", [", w->x2_mm);
        put_milli(f, ", ", w->y2_mm);
        fputc(']', f);
    }
    if (s->walls) fputs("]}", f);
}

static void write_labels(const struct site *s, FILE *f)
{
    for (uint32_t i = 0; i < s->labels; i++) {
        put_string(f, i ? ",\n    {\"level\": " : "\n    {\"level\": ", s->level[s->label[i].level].id);
        put_milli(f, ", \"x\": ", s->label[i].x_mm);
        put_milli(f, ", \"y\": ", s->label[i].y_mm);
        put_name(f, ", \"text\": {\"zh\": ", &s->label[i].text);
        fputc('}', f);
    }
}

int site_write(const struct site *s, FILE *f)
{
    static const struct {
        const char *key;
        void (*write)(const struct site *s, FILE *f);
    } part[] = {
        { "levels", write_levels },     { "nodes", write_nodes },         { "edges", write_edges },
        { "stations", write_stations }, { "elevators", write_elevators }, { "doors", write_doors },
        { "walls", write_walls },       { "labels", write_labels },
    };
    put_string(f, "{\n  \"format\": \"" FORMAT "\",\n  \"id\": ", s->id);
    put_name(f, ",\n  \"name\": {\"zh\": ", &s->name);
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        fprintf(f, ",\n  \"%s\": [", part[i].key);
        part[i].write(s, f);
        fputs("\n  ]", f);
    }
    write_care(s, f);
    fputs("\n}\n", f);
    return ferror(f) ? ORD_EIO : ORD_OK;
}
