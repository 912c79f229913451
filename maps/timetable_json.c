/* timetable_json - orderly-rounds/1 in and out (schema/rounds.schema.json). Ids of stations and goods are those of one
 * site; the reader refuses a round that names others, that would follow itself, or that could never be due. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/text.h"
#include "idset.h"
#include "maps_io.h"
#include "site_json.h"
#include "when.h"

#define FORMAT "orderly-rounds/1"
#define LOAD_COUNT_MAX 1000
#define DAY_MIN (24 * 60)

struct timetable_reader {
    const struct site *s;
    struct timetable *t;
    struct idset station, round;
    uint32_t cap_loads;
    bool memory_ok;
};

static void read_id(struct json_at at, char *dst)
{
    json_string(at, dst, SITE_ID_MAX, 1);
    if (json_ok(at.doc) && !text_id_valid(dst, SITE_ID_MAX - 1))
        json_fail(at, ORD_ERANGE, "may hold only A-Z a-z 0-9 _ - . :");
}

static goods_id read_goods_ref(const struct timetable_reader *r, struct json_at at)
{
    const char *id = json_str(at);
    goods_id g = json_ok(at.doc) ? site_goods_by_id(r->s, id) : GOODS_NONE;
    if (g == GOODS_NONE && json_ok(at.doc)) json_fail(at, ORD_ENOTFOUND, "site '%s' knows no goods '%s'", r->s->id, id);
    return g;
}

static station_id read_station_ref(const struct timetable_reader *r, struct json_at at)
{
    return read_ref(at, &r->station, "station");
}

static void read_load(struct timetable_reader *r, struct json_at at)
{
    struct timetable *t = r->t;
    JSON_ONLY(at, "from", "to", "count");
    struct round_load v = { .from = read_station_ref(r, json_need(at, "from")),
                            .to = read_station_ref(r, json_need(at, "to")),
                            .count = 1 };
    if (json_has(json_opt(at, "count"))) v.count = (uint16_t)json_int(json_opt(at, "count"), 1, LOAD_COUNT_MAX);
    if (!json_ok(at.doc)) return;
    if (v.from == v.to) {
        json_fail(at, ORD_ERANGE, "leads from '%s' to itself", r->s->station[v.from].id);
        return;
    }
    if (t->loads == TIMETABLE_LOADS_MAX) {
        json_fail(at, ORD_EFULL, "a timetable has at most %d loads", TIMETABLE_LOADS_MAX);
        return;
    }
    if (t->loads == r->cap_loads) {
        uint32_t want = r->cap_loads ? r->cap_loads * 2 : 256;
        struct round_load *wide = realloc(t->load, want * sizeof *wide);
        if (!wide) {
            json_fail(at, ORD_EMEMORY, "%s", err_en(ORD_EMEMORY));
            return;
        }
        t->load = wide;
        r->cap_loads = want;
    }
    t->load[t->loads++] = v;
}

static void read_own_loads(struct timetable_reader *r, struct json_at at, struct timetable_round *v)
{
    struct json_at loads = json_need(at, "loads");
    size_t n = json_array(loads, TIMETABLE_LOADS_MAX);
    if (json_ok(at.doc) && n == 0) json_fail(loads, ORD_ERANGE, "a round has at least one load");
    v->when = json_day_window(at);
    v->at_start = read_flag(at, "at_start");
    v->first_load = r->t->loads;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) read_load(r, json_item(loads, i));
    v->loads = (uint16_t)n;
}

/* The round it follows; which one is known when all ids are. */
static void read_after(struct json_at at, struct timetable_round *v)
{
    static const char *const own[] = { "window", "days", "at_start", "loads" };
    struct json_at after = json_need(at, "after");
    JSON_ONLY(after, "round", "minutes", "spread_minutes");
    v->when = (struct day_window){ .days = DAYS_ALL };
    v->after_ms = json_minutes(after, "minutes", 7 * DAY_MIN, 0);
    v->spread_ms = json_minutes(after, "spread_minutes", 7 * DAY_MIN, 0);
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (json_has(json_opt(at, own[i])))
            json_fail(json_opt(at, own[i]), ORD_ERANGE,
                      "a round that follows another one takes its loads and hours from it");
    if (json_ok(at.doc) && v->due_ms == 0)
        json_fail(at, ORD_ERANGE, "follows another round and so has no window: say when it is due with \"due_min\"");
}

static void read_round(struct timetable_reader *r, struct json_at at)
{
    struct timetable_round *v = &r->t->round[r->t->rounds];
    struct json_at stream = json_opt(at, "stream"), goods = json_opt(at, "goods"), priority = json_opt(at, "priority");
    JSON_ONLY(at, "id", "stream", "name", "goods", "priority", "window", "days", "at_start", "due_min", "known_min",
              "loads", "after");
    *v = (struct timetable_round){ .goods = GOODS_NONE, .priority = UINT8_MAX, .after = TIMETABLE_NONE };
    read_id(json_need(at, "id"), v->id);
    if (json_has(stream)) read_id(stream, v->stream);
    else text_copy(v->stream, sizeof v->stream, v->id);
    read_name(json_need(at, "name"), &v->name);
    if (json_has(goods)) v->goods = read_goods_ref(r, goods);
    if (json_has(priority)) v->priority = (uint8_t)json_int(priority, 0, 5);
    v->due_ms = json_minutes(at, "due_min", 7 * DAY_MIN, 0);
    v->known_ms = json_minutes(at, "known_min", DAY_MIN, TIMETABLE_KNOWN_MS);
    if (json_has(json_opt(at, "after"))) read_after(at, v);
    else read_own_loads(r, at, v);
    if (json_ok(at.doc)) r->t->rounds++;
}

static void read_rounds(struct timetable_reader *r, struct json_at all)
{
    struct timetable *t = r->t;
    size_t n = json_array(all, TIMETABLE_ROUNDS_MAX);
    for (size_t i = 0; i < n && json_ok(all.doc); i++) read_round(r, json_item(all, i));
    for (uint16_t i = 0; i < t->rounds && json_ok(all.doc); i++) {
        uint32_t before = idset_put(&r->round, t->round[i].id, i, &r->memory_ok);
        if (before != IDSET_NONE)
            json_fail(json_item(all, i), ORD_EEXISTS, "id '%s' is taken by %s[%u]", t->round[i].id, all.path, before);
    }
    for (uint16_t i = 0; i < t->rounds && json_ok(all.doc); i++) {
        struct json_at after = json_opt(json_item(all, i), "after");
        if (json_has(after)) t->round[i].after = read_ref(json_need(after, "round"), &r->round, "round");
    }
    for (uint16_t i = 0; i < t->rounds && json_ok(all.doc); i++) {
        uint16_t steps = 0, k = i;
        while (t->round[k].after != TIMETABLE_NONE && steps++ < t->rounds) k = t->round[k].after;
        if (steps > t->rounds)
            json_fail(json_item(all, i), ORD_ERANGE, "follows itself through \"after\", and would never end");
    }
}

static void read_par(struct timetable_reader *r, struct json_at at)
{
    struct timetable_par *v = &r->t->par[r->t->pars];
    JSON_ONLY(at, "from", "to", "goods", "par");
    v->from = read_station_ref(r, json_need(at, "from"));
    v->to = read_station_ref(r, json_need(at, "to"));
    v->goods = read_goods_ref(r, json_need(at, "goods"));
    v->par = (uint16_t)json_int(json_need(at, "par"), 1, UINT16_MAX);
    if (json_ok(at.doc) && v->from == v->to)
        json_fail(at, ORD_ERANGE, "'%s' cannot top up itself", r->s->station[v->to].id);
    for (uint16_t i = 0; i < r->t->pars && json_ok(at.doc); i++)
        if (r->t->par[i].to == v->to && r->t->par[i].goods == v->goods)
            json_fail(at, ORD_EEXISTS, "pars[%u] already says how much of this '%s' keeps", i, r->s->station[v->to].id);
    r->t->pars++;
}

static void read_root(struct timetable_reader *r, struct json_at root)
{
    char format[32] = "";
    struct timetable *t = r->t;
    json_string(json_need(root, "format"), format, sizeof format, 1);
    if (json_ok(root.doc) && strcmp(format, FORMAT) != 0)
        json_fail(json_need(root, "format"), ORD_EVERSION, "is '%s'; this program reads %s", format, FORMAT);
    JSON_ONLY(root, "format", "rounds", "pars");
    for (station_id i = 0; i < r->s->stations; i++) idset_put(&r->station, r->s->station[i].id, i, &r->memory_ok);
    struct json_at rounds = json_need(root, "rounds"), pars = json_opt(root, "pars");
    size_t n = json_array(rounds, TIMETABLE_ROUNDS_MAX), m = json_has(pars) ? json_array(pars, TIMETABLE_PARS_MAX) : 0;
    if (!json_ok(root.doc)) return;
    t->round = calloc(n + 1, sizeof *t->round);
    t->par = calloc(m + 1, sizeof *t->par);
    if (!t->round || !t->par) {
        json_fail(root, ORD_EMEMORY, "%s", err_en(ORD_EMEMORY));
        return;
    }
    read_rounds(r, rounds);
    for (size_t i = 0; i < m && json_ok(root.doc); i++) read_par(r, json_item(pars, i));
    if (!r->memory_ok) json_fail(root, ORD_EMEMORY, "%s", err_en(ORD_EMEMORY));
}

static int hash_timetable(struct timetable *t, const struct site *s)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    if (!f) return ORD_EMEMORY;
    int err = timetable_write(t, s, f);
    if (fclose(f) != 0) err = ORD_EMEMORY;
    if (!err) t->hash = XXH3_64bits(bytes, n);
    free(bytes);
    return err;
}

static int read_doc(struct json_doc *doc, const struct site *s, struct timetable **out, struct err_note *note)
{
    struct timetable_reader r = { .s = s, .memory_ok = true, .t = calloc(1, sizeof *r.t) };
    if (!r.t) return err_at(note, ORD_EMEMORY, doc->name, "%s", err_en(ORD_EMEMORY));
    read_root(&r, json_root(doc));
    int err = doc->err;
    if (err && note) *note = doc->note;
    if (!err && (err = hash_timetable(r.t, s))) err_at(note, err, doc->name, "%s", err_en(err));
    idset_close(&r.station);
    idset_close(&r.round);
    if (err) timetable_close(r.t);
    else *out = r.t;
    return err;
}

static const struct json_limits limits = { (size_t)8 << 20, 8 };

int timetable_open(const char *path, const struct site *s, struct timetable **out, struct err_note *note)
{
    struct json_doc doc;
    *out = NULL;
    int err = json_open_file(&doc, path, limits);
    if (err && note) *note = doc.note;
    if (!err) err = read_doc(&doc, s, out, note);
    json_close(&doc);
    return err;
}

int timetable_parse(const char *name, const char *bytes, size_t n, const struct site *s, struct timetable **out,
                    struct err_note *note)
{
    struct json_doc doc;
    *out = NULL;
    int err = json_open(&doc, name, bytes, n, limits);
    if (err && note) *note = doc.note;
    if (!err) err = read_doc(&doc, s, out, note);
    json_close(&doc);
    return err;
}

void timetable_close(struct timetable *t)
{
    if (!t) return;
    free(t->round);
    free(t->load);
    free(t->par);
    free(t);
}

/* ---- writing ---- */

static void write_loads(const struct timetable *t, const struct timetable_round *v, const struct site *s, FILE *f)
{
    for (uint16_t i = 0; i < v->loads; i++) {
        const struct round_load *l = &t->load[v->first_load + i];
        put_string(f, i ? ",\n      {\"from\": " : ",\n     \"loads\": [\n      {\"from\": ", s->station[l->from].id);
        put_string(f, ", \"to\": ", s->station[l->to].id);
        if (l->count != 1) fprintf(f, ", \"count\": %u", l->count);
        fputc('}', f);
    }
    fputc(']', f);
}

static void write_round(const struct timetable *t, const struct timetable_round *v, const struct site *s, FILE *f)
{
    put_string(f, "\n    {\"id\": ", v->id);
    if (strcmp(v->stream, v->id) != 0) put_string(f, ", \"stream\": ", v->stream);
    put_name(f, ", \"name\": {\"zh\": ", &v->name);
    if (v->goods != GOODS_NONE) put_string(f, ",\n     \"goods\": ", s->good[v->goods].id);
    if (v->priority != UINT8_MAX) fprintf(f, ", \"priority\": %d", v->priority);
    if (v->due_ms) put_minutes(f, ", \"due_min\": ", v->due_ms);
    if (v->known_ms != TIMETABLE_KNOWN_MS) put_minutes(f, ", \"known_min\": ", v->known_ms);
    if (v->after != TIMETABLE_NONE) {
        put_string(f, ",\n     \"after\": {\"round\": ", t->round[v->after].id);
        if (v->after_ms) put_minutes(f, ", \"minutes\": ", v->after_ms);
        if (v->spread_ms) put_minutes(f, ", \"spread_minutes\": ", v->spread_ms);
        fputc('}', f);
    } else {
        fputs(",\n     ", f);
        put_day_window(f, &v->when);
        if (v->at_start) fputs(", \"at_start\": true", f);
        write_loads(t, v, s, f);
    }
    fputc('}', f);
}

int timetable_write(const struct timetable *t, const struct site *s, FILE *f)
{
    fputs("{\n  \"format\": \"" FORMAT "\",\n  \"rounds\": [", f);
    for (uint16_t i = 0; i < t->rounds; i++) {
        if (i) fputc(',', f);
        write_round(t, &t->round[i], s, f);
    }
    fputs("\n  ]", f);
    for (uint16_t i = 0; i < t->pars; i++) {
        const struct timetable_par *p = &t->par[i];
        put_string(f, i ? ",\n    {\"from\": " : ",\n  \"pars\": [\n    {\"from\": ", s->station[p->from].id);
        put_string(f, ", \"to\": ", s->station[p->to].id);
        put_string(f, ", \"goods\": ", s->good[p->goods].id);
        fprintf(f, ", \"par\": %u}", p->par);
    }
    if (t->pars) fputs("\n  ]", f);
    fputs("\n}\n", f);
    return ferror(f) ? ORD_EIO : ORD_OK;
}
