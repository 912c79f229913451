/* site_care_json - goods, hygiene, zones, calendar and the rules of elevators in orderly-site/1: reading and writing.
 *
 * In the file "allow" names the classes that may pass; the model keeps the others (barred), because a place that says
 * nothing bars nobody. */
#include "site_json.h"

#include <string.h>

#include "common/text.h"
#include "when.h"

#define DUE_MAX_MIN (7 * 24 * 60)

const struct site_calendar calendar_default = { .utc_offset_min = 480 };

hygiene_set read_barred(struct json_at obj)
{
    struct json_at at = json_opt(obj, "allow");
    if (!json_has(at)) return 0;
    hygiene_set allowed = json_hygiene_set(at);
    if (json_ok(at.doc) && !allowed)
        json_fail(at, ORD_ERANGE, "lets nobody pass: name a class, or remove what it belongs to");
    return (hygiene_set)(HYGIENE_ALL & ~allowed);
}

void put_barred(FILE *f, hygiene_set barred)
{
    if (barred) put_hygiene_set(f, ", \"allow\": ", (hygiene_set)(HYGIENE_ALL & ~barred));
}

/* ---- goods ---- */

void read_goods(struct reader *r, struct json_at at)
{
    struct site_goods v = { 0 };
    JSON_ONLY(at, "id", "name", "carrier", "class", "mass", "priority", "due_min", "ride_max_min", "dangerous",
              "locked");
    json_string(json_need(at, "id"), v.id, sizeof v.id, 1);
    read_name(json_need(at, "name"), &v.name);
    json_string(json_need(at, "carrier"), v.carrier, sizeof v.carrier, 1);
    v.hygiene = (enum hygiene)json_enum(json_need(at, "class"), hygiene_name, HYGIENE_COUNT);
    v.mass_g = (int32_t)json_milli(json_need(at, "mass"), 0, 2000000);
    v.priority = (uint8_t)json_int(json_need(at, "priority"), 0, 5);
    v.due_ms = json_minutes(at, "due_min", DUE_MAX_MIN, 0);
    v.ride_max_ms = json_minutes(at, "ride_max_min", DUE_MAX_MIN, 0);
    v.dangerous = read_flag(at, "dangerous");
    v.locked = read_flag(at, "locked");
    if (json_ok(at.doc) && !text_id_valid(v.carrier, SITE_ID_MAX - 1))
        json_fail(json_need(at, "carrier"), ORD_ERANGE, "may hold only A-Z a-z 0-9 _ - . :");
    if (json_ok(at.doc)) read_keep(at, draft_goods(&r->d, &v));
}

static void write_goods(const struct site *s, FILE *f)
{
    fputs(",\n  \"goods\": [", f);
    for (goods_id i = 0; i < s->goods; i++) {
        const struct site_goods *g = &s->good[i];
        put_string(f, i ? ",\n    {\"id\": " : "\n    {\"id\": ", g->id);
        put_name(f, ", \"name\": {\"zh\": ", &g->name);
        put_string(f, ", \"carrier\": ", g->carrier);
        fprintf(f, ", \"class\": \"%s\"", hygiene_name[g->hygiene]);
        put_milli(f, ", \"mass\": ", g->mass_g);
        fprintf(f, ", \"priority\": %d", g->priority);
        if (g->due_ms) put_minutes(f, ", \"due_min\": ", g->due_ms);
        if (g->ride_max_ms) put_minutes(f, ", \"ride_max_min\": ", g->ride_max_ms);
        if (g->dangerous) fputs(", \"dangerous\": true", f);
        if (g->locked) fputs(", \"locked\": true", f);
        fputc('}', f);
    }
    fputs("\n  ]", f);
}

/* ---- zones ---- */

static void read_corners(struct json_at list, struct site_zone *v)
{
    size_t n = json_array(list, ZONE_CORNERS_MAX);
    if (json_ok(list.doc) && n < 3)
        json_fail(list, ORD_ERANGE, "an area has at least three corners; leave \"corners\" out for the whole level");
    for (size_t i = 0; i < n && json_ok(list.doc); i++) {
        struct json_at p = json_item(list, i);
        if (json_array(p, 2) != 2 && json_ok(list.doc)) json_fail(p, ORD_ERANGE, "a corner is [x, y]");
        v->x_mm[i] = (mm_t)json_milli(json_item(p, 0), -COORD_MAX, COORD_MAX);
        v->y_mm[i] = (mm_t)json_milli(json_item(p, 1), -COORD_MAX, COORD_MAX);
    }
    v->corners = (uint8_t)n;
}

void read_zone(struct reader *r, struct json_at at)
{
    struct site_zone v = { 0 };
    JSON_ONLY(at, "id", "name", "kind", "level", "corners", "emergency_power");
    json_string(json_need(at, "id"), v.id, sizeof v.id, 1);
    read_name(json_need(at, "name"), &v.name);
    v.kind = (enum zone_kind)json_enum(json_need(at, "kind"), zone_kind_name, ZONE_KIND_COUNT);
    v.level = read_ref(json_need(at, "level"), &r->level, "level");
    if (json_has(json_opt(at, "corners"))) read_corners(json_opt(at, "corners"), &v);
    v.emergency_power = read_flag(at, "emergency_power");
    if (json_ok(at.doc)) read_keep(at, draft_zone(&r->d, &v));
}

static void write_zones(const struct site *s, FILE *f)
{
    fputs(",\n  \"zones\": [", f);
    for (zone_id i = 0; i < s->zones; i++) {
        const struct site_zone *z = &s->zone[i];
        put_string(f, i ? ",\n    {\"id\": " : "\n    {\"id\": ", z->id);
        put_name(f, ", \"name\": {\"zh\": ", &z->name);
        fprintf(f, ", \"kind\": \"%s\"", zone_kind_name[z->kind]);
        put_string(f, ", \"level\": ", s->level[z->level].id);
        for (uint8_t k = 0; k < z->corners; k++) {
            put_milli(f, k ? ", [" : ", \"corners\": [[", z->x_mm[k]);
            put_milli(f, ", ", z->y_mm[k]);
            fputc(']', f);
        }
        if (z->corners) fputc(']', f);
        if (z->emergency_power) fputs(", \"emergency_power\": true", f);
        fputc('}', f);
    }
    fputs("\n  ]", f);
}

/* ---- hygiene ---- */

static const char *const after_name[] = { "freely", "wash", "never" };

static int class_of(struct json_at at, const char *key)
{
    for (int h = 0; h < HYGIENE_COUNT; h++)
        if (strcmp(key, hygiene_name[h]) == 0) return h;
    json_fail(at, ORD_EPARSE, "'%s' is no hygiene class", key);
    return 0;
}

static void read_after(struct json_at rows, struct hygiene_rules *rules)
{
    size_t n = json_object(rows, HYGIENE_COUNT);
    for (size_t i = 0; i < n && json_ok(rows.doc); i++) {
        const char *key;
        struct json_at row = json_member(rows, i, &key);
        int before = class_of(row, key);
        size_t cells = json_object(row, HYGIENE_COUNT);
        for (size_t k = 0; k < cells && json_ok(rows.doc); k++) {
            struct json_at cell = json_member(row, k, &key);
            int next = class_of(cell, key);
            rules->after[before][next] = (uint8_t)json_enum(cell, after_name, COUNT_OF(after_name));
        }
    }
}

static void read_together(struct json_at rows, struct hygiene_rules *rules)
{
    size_t n = json_object(rows, HYGIENE_COUNT);
    for (size_t i = 0; i < n && json_ok(rows.doc); i++) {
        const char *key;
        struct json_at row = json_member(rows, i, &key);
        rules->together[class_of(row, key)] = json_hygiene_set(row);
    }
    for (int a = 0; a < HYGIENE_COUNT; a++)
        for (int b = 0; b < HYGIENE_COUNT; b++)
            if ((rules->together[a] >> b & 1) && !(rules->together[b] >> a & 1) && json_ok(rows.doc))
                json_fail(rows, ORD_ERANGE, "%s lets %s ride along, but %s does not name %s: say it for both",
                          hygiene_name[a], hygiene_name[b], hygiene_name[b], hygiene_name[a]);
}

void read_hygiene(struct reader *r, struct json_at at)
{
    struct hygiene_rules *rules = &r->d.s->hygiene;
    if (!json_has(at)) return;
    JSON_ONLY(at, "after", "together", "car_apart", "car_apart_min");
    if (json_has(json_opt(at, "after"))) read_after(json_opt(at, "after"), rules);
    if (json_has(json_opt(at, "together"))) read_together(json_opt(at, "together"), rules);
    if (json_has(json_opt(at, "car_apart"))) rules->car_apart = json_hygiene_set(json_opt(at, "car_apart"));
    rules->car_apart_ms = json_minutes(at, "car_apart_min", 24 * 60, rules->car_apart_ms);
}

static bool same_rules(const struct hygiene_rules *a, const struct hygiene_rules *b)
{
    return memcmp(a->after, b->after, sizeof a->after) == 0 &&
           memcmp(a->together, b->together, sizeof a->together) == 0 && a->car_apart == b->car_apart &&
           a->car_apart_ms == b->car_apart_ms;
}

static void write_hygiene(const struct hygiene_rules *rules, FILE *f)
{
    fputs(",\n  \"hygiene\": {\n    \"after\": {", f);
    for (int a = 0; a < HYGIENE_COUNT; a++) {
        fprintf(f, "%s\n      \"%s\": {", a ? "," : "", hygiene_name[a]);
        for (int b = 0; b < HYGIENE_COUNT; b++)
            fprintf(f, "%s\"%s\": \"%s\"", b ? ", " : "", hygiene_name[b], after_name[rules->after[a][b]]);
        fputc('}', f);
    }
    fputs("},\n    \"together\": {", f);
    for (int a = 0; a < HYGIENE_COUNT; a++) {
        fprintf(f, "%s\n      \"%s\": ", a ? "," : "", hygiene_name[a]);
        put_hygiene_set(f, "", rules->together[a]);
    }
    put_hygiene_set(f, "},\n    \"car_apart\": ", rules->car_apart);
    put_minutes(f, ", \"car_apart_min\": ", rules->car_apart_ms);
    fputc('}', f);
}

/* ---- calendar ---- */

static const char *const tariff_name[TARIFF_COUNT] = { "valley", "flat", "peak" };

static void read_tariff(struct json_at at, struct site_calendar *c)
{
    struct tariff_window *t = &c->tariff[c->tariffs];
    JSON_ONLY(at, "window", "days", "rate");
    t->when = json_day_window(at);
    t->rate = (enum tariff)json_enum(json_need(at, "rate"), tariff_name, TARIFF_COUNT);
    c->tariffs++;
}

static void read_holidays(struct json_at list, struct site_calendar *c)
{
    size_t n = json_array(list, SITE_HOLIDAYS_MAX);
    for (size_t i = 0; i < n && json_ok(list.doc); i++) {
        c->holiday[i] = json_date(json_item(list, i));
        if (json_ok(list.doc) && i > 0 && c->holiday[i] <= c->holiday[i - 1])
            json_fail(json_item(list, i), ORD_ERANGE, "dates must ascend, each once");
    }
    c->holidays = (uint8_t)n;
}

void read_calendar(struct reader *r, struct json_at at)
{
    struct site_calendar *c = &r->d.s->calendar;
    if (!json_has(at)) return;
    JSON_ONLY(at, "utc_offset_min", "quiet", "tariffs", "holidays");
    struct json_at offset = json_opt(at, "utc_offset_min"), quiet = json_opt(at, "quiet"),
                   tariffs = json_opt(at, "tariffs"), holidays = json_opt(at, "holidays");
    if (json_has(offset)) c->utc_offset_min = (int32_t)json_int(offset, -840, 840);
    if (json_has(quiet)) {
        JSON_ONLY(quiet, "window", "days");
        c->quiet = json_day_window(quiet);
        if (json_ok(at.doc) && c->quiet.from_min == c->quiet.to_min)
            json_fail(quiet, ORD_ERANGE, "begins when it ends: leave \"quiet\" out for none");
    }
    size_t n = json_has(tariffs) ? json_array(tariffs, SITE_TARIFFS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) read_tariff(json_item(tariffs, i), c);
    if (json_has(holidays)) read_holidays(holidays, c);
}

static void write_calendar(const struct site_calendar *c, FILE *f)
{
    fprintf(f, ",\n  \"calendar\": {\n    \"utc_offset_min\": %d", c->utc_offset_min);
    if (c->quiet.from_min != c->quiet.to_min) {
        fputs(",\n    \"quiet\": {", f);
        put_day_window(f, &c->quiet);
        fputc('}', f);
    }
    for (uint8_t i = 0; i < c->tariffs; i++) {
        fputs(i ? ",\n      {" : ",\n    \"tariffs\": [\n      {", f);
        put_day_window(f, &c->tariff[i].when);
        fprintf(f, ", \"rate\": \"%s\"}", tariff_name[c->tariff[i].rate]);
    }
    if (c->tariffs) fputc(']', f);
    for (uint8_t i = 0; i < c->holidays; i++) put_date(f, i ? ", " : ",\n    \"holidays\": [", c->holiday[i]);
    if (c->holidays) fputc(']', f);
    fputc('}', f);
}

static bool calendar_plain(const struct site_calendar *c)
{
    return c->utc_offset_min == calendar_default.utc_offset_min && c->quiet.from_min == c->quiet.to_min &&
           c->tariffs == 0 && c->holidays == 0;
}

/* ---- elevators ---- */

static void read_rules(struct json_at list, struct site_elevator *v)
{
    size_t n = json_array(list, SITE_CAR_RULES_MAX);
    for (size_t i = 0; i < n && json_ok(list.doc); i++) {
        struct json_at at = json_item(list, i);
        JSON_ONLY(at, "window", "days", "allow");
        v->rule[i].when = json_day_window(at);
        v->rule[i].barred = (hygiene_set)(HYGIENE_ALL & ~json_hygiene_set(json_need(at, "allow")));
    }
    v->rules = (uint8_t)n;
}

static void read_closures(struct json_at list, struct site_elevator *v)
{
    size_t n = json_array(list, SITE_CAR_CLOSURES_MAX);
    for (size_t i = 0; i < n && json_ok(list.doc); i++) {
        struct json_at at = json_item(list, i);
        struct time_span *t = &v->closure[i];
        JSON_ONLY(at, "from", "to");
        t->from_utc_s = json_utc_s(json_need(at, "from"));
        t->to_utc_s = json_utc_s(json_need(at, "to"));
        if (!json_ok(list.doc)) return;
        if (t->to_utc_s <= t->from_utc_s) json_fail(at, ORD_ERANGE, "ends before it begins");
        else if (i > 0 && t->from_utc_s < t[-1].to_utc_s)
            json_fail(at, ORD_ERANGE, "begins before %s[%zu] ends: closures must follow one another", list.path, i - 1);
    }
    v->closures = (uint8_t)n;
}

void read_car_rules(struct json_at elevator, struct site_elevator *v)
{
    struct json_at until = json_opt(elevator, "inspected_until");
    v->barred = read_barred(elevator);
    v->people = read_flag(elevator, "people");
    v->emergency_power = read_flag(elevator, "emergency_power");
    if (json_has(until)) v->inspected_until_utc_s = json_utc_s(until);
    if (json_has(json_opt(elevator, "rules"))) read_rules(json_opt(elevator, "rules"), v);
    if (json_has(json_opt(elevator, "closures"))) read_closures(json_opt(elevator, "closures"), v);
}

void write_car_rules(const struct site_elevator *c, FILE *f)
{
    put_barred(f, c->barred);
    if (c->people) fputs(", \"people\": true", f);
    if (c->emergency_power) fputs(", \"emergency_power\": true", f);
    if (c->inspected_until_utc_s) put_utc_s(f, ", \"inspected_until\": ", c->inspected_until_utc_s);
    for (uint8_t i = 0; i < c->rules; i++) {
        fputs(i ? ", {" : ",\n     \"rules\": [{", f);
        put_day_window(f, &c->rule[i].when);
        put_hygiene_set(f, ", \"allow\": ", (hygiene_set)(HYGIENE_ALL & ~c->rule[i].barred));
        fputc('}', f);
    }
    if (c->rules) fputc(']', f);
    for (uint8_t i = 0; i < c->closures; i++) {
        put_utc_s(f, i ? ", {\"from\": " : ",\n     \"closures\": [{\"from\": ", c->closure[i].from_utc_s);
        put_utc_s(f, ", \"to\": ", c->closure[i].to_utc_s);
        fputc('}', f);
    }
    if (c->closures) fputc(']', f);
}

void write_care(const struct site *s, FILE *f)
{
    if (s->goods) write_goods(s, f);
    if (!same_rules(&s->hygiene, &hygiene_rules_default)) write_hygiene(&s->hygiene, f);
    if (s->zones) write_zones(s, f);
    if (!calendar_plain(&s->calendar)) write_calendar(&s->calendar, f);
}
