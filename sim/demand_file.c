#include "demand_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "core/msg.h"
#include "maps/when.h"
#include "preset.h"

#define FORMAT "orderly-demand/1"
#define BASES_MAX 4

const char *const fault_kind_name[FAULT_KIND_COUNT] = { "car_out", "car_dies", "fire", "mains", "robot_dies" };

struct reader {
    const struct site *site;
    const struct fleet_spec *fleet;
    struct demand_file *out;
};

static uint16_t known(struct json_at at, const char *what, uint16_t id)
{
    if (id == ID_NONE && json_ok(at.doc)) json_fail(at, ORD_ENOTFOUND, "there is no %s '%s'", what, json_str(at));
    return id;
}

/* ---- profiles ---- */
/* The place of a profile: of the same name in the base, so that what refers to it sees the new one; else a new one. */
static struct demand_profile *profile_place(struct demand_file *d, const char *id)
{
    for (uint8_t i = 0; i < d->profiles; i++)
        if (strcmp(d->profile[i].id, id) == 0) return &d->profile[i];
    return d->profiles < DEMAND_PROFILES_MAX ? &d->profile[d->profiles++] : NULL;
}

static void read_profiles(struct reader *r, struct json_at at)
{
    size_t n = json_object(at, DEMAND_PROFILES_MAX);
    for (size_t i = 0; i < n && json_ok(at.doc); i++) {
        const char *id;
        struct json_at list = json_member(at, i, &id);
        struct demand_profile *p = profile_place(r->out, id);
        if (!p) {
            json_fail(list, ORD_EFULL, "more than %d profiles", DEMAND_PROFILES_MAX);
            return;
        }
        memset(p, 0, sizeof *p);
        if (!text_copy(p->id, sizeof p->id, id)) json_fail(list, ORD_ERANGE, "a name has at most 31 signs");
        if (json_array(list, 24) != 24 && json_ok(at.doc))
            json_fail(list, ORD_ERANGE, "a profile has 24 shares, one for each hour");
        int64_t sum = 0;
        for (size_t h = 0; h < 24 && json_ok(at.doc); h++) {
            p->share_micro[h] = (int32_t)(json_number(json_item(list, h), 0, 1) * 1e6 + 0.5);
            sum += p->share_micro[h];
        }
        if (json_ok(at.doc) && (sum < 990000 || sum > 1010000))
            json_fail(list, ORD_ERANGE, "the 24 shares add up to %.4f, not to 1", (double)sum / 1e6);
    }
}

static uint8_t profile_of(struct reader *r, struct json_at at)
{
    const char *id = json_str(at);
    for (uint8_t i = 0; i < r->out->profiles; i++)
        if (strcmp(r->out->profile[i].id, id) == 0) return i;
    if (json_ok(at.doc)) json_fail(at, ORD_ENOTFOUND, "there is no profile '%s'", id);
    return 0;
}

/* ---- streams ---- */
static void add_pair(struct reader *r, struct demand_stream *s, struct json_at from, struct json_at to, int64_t per_day)
{
    struct demand_file *d = r->out;
    struct demand_pair p = { .from = known(from, "station", site_station_by_id(r->site, json_str(from))),
                             .to = known(to, "station", site_station_by_id(r->site, json_str(to))),
                             .per_day_milli = (int32_t)per_day };
    if (json_ok(from.doc) && p.from == p.to) json_fail(to, ORD_ERANGE, "goods cannot go from a station to itself");
    if (json_ok(from.doc) && d->pairs == DEMAND_PAIRS_MAX)
        json_fail(to, ORD_EFULL, "more than %d pairs of stations", DEMAND_PAIRS_MAX);
    if (!json_ok(from.doc)) return;
    d->pair[d->pairs++] = p;
    s->pairs++;
    s->per_day_milli += per_day;
}

static struct json_at nth(struct json_at list, size_t i) { return json_is_array(list) ? json_item(list, i) : list; }
static size_t how_many(struct json_at list) { return json_is_array(list) ? json_array(list, SITE_STATIONS_MAX) : 1; }

/* {"from": one or several, "to": one or several, "per_day": mean of each pair} */
static void read_flow(struct reader *r, struct demand_stream *s, struct json_at at)
{
    static const char *const keys[] = { "from", "to", "per_day" };
    json_only(at, keys, COUNT_OF(keys));
    struct json_at from = json_need(at, "from"), to = json_need(at, "to");
    int64_t per_day = json_milli(json_need(at, "per_day"), 0, 1000000000);
    if (!json_ok(at.doc)) return;
    size_t a = how_many(from), b = how_many(to);
    for (size_t i = 0; i < a && json_ok(at.doc); i++)
        for (size_t k = 0; k < b && json_ok(at.doc); k++) add_pair(r, s, nth(from, i), nth(to, k), per_day);
}

static void read_name(struct json_at at, const char *id, struct site_name *out)
{
    static const char *const both[] = { "zh", "en" };
    text_copy(out->zh, sizeof out->zh, id);
    text_copy(out->en, sizeof out->en, id);
    if (!json_has(at)) return;
    json_only(at, both, COUNT_OF(both));
    json_string(json_need(at, "zh"), out->zh, sizeof out->zh, 1);
    json_string(json_need(at, "en"), out->en, sizeof out->en, 1);
}

static goods_id read_goods(struct reader *r, struct json_at at)
{
    if (!json_has(at)) return GOODS_NONE;
    goods_id g = site_goods_by_id(r->site, json_str(at));
    if (g == GOODS_NONE && json_ok(at.doc)) json_fail(at, ORD_ENOTFOUND, "the site knows no goods '%s'", json_str(at));
    return g;
}

static void read_stream(struct reader *r, struct json_at at)
{
    static const char *const keys[] = { "id", "name", "goods", "priority", "due_min", "profile", "weekend", "flows" };
    struct demand_stream *s = &r->out->stream[r->out->streams];
    memset(s, 0, sizeof *s);
    json_only(at, keys, COUNT_OF(keys));
    json_string(json_need(at, "id"), s->id, sizeof s->id, 1);
    for (uint8_t i = 0; i < r->out->streams; i++)
        if (strcmp(r->out->stream[i].id, s->id) == 0)
            json_fail(json_need(at, "id"), ORD_EEXISTS, "another stream has the id '%s'", s->id);
    read_name(json_opt(at, "name"), s->id, &s->name);
    s->goods = read_goods(r, json_opt(at, "goods"));
    struct json_at priority = json_opt(at, "priority"), weekend = json_opt(at, "weekend");
    s->priority = JOB_PRIORITY_OF_GOODS;
    if (json_has(priority)) s->priority = (uint8_t)json_int(priority, 0, JOB_PRIORITY_LAST);
    s->due_ms = json_minutes(at, "due_min", 10080, 0);
    s->profile = profile_of(r, json_need(at, "profile"));
    s->weekend_permille = json_has(weekend) ? (int32_t)json_milli(weekend, 0, 10000) : 1000;
    s->first_pair = r->out->pairs;
    struct json_at flows = json_need(at, "flows");
    size_t n = json_array(flows, 64);
    for (size_t i = 0; i < n && json_ok(at.doc); i++) read_flow(r, s, json_item(flows, i));
    r->out->streams++;
}

static void read_streams(struct reader *r, struct json_at at)
{
    size_t n = json_array(at, DEMAND_STREAMS_MAX);
    r->out->streams = 0;
    r->out->pairs = 0;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) read_stream(r, json_item(at, i));
}

static void read_surge(struct reader *r, struct json_at at)
{
    static const char *const keys[] = { "factor", "window" };
    json_only(at, keys, COUNT_OF(keys));
    r->out->surge_permille = (int32_t)json_milli(json_need(at, "factor"), 1000, 100000);
    struct day_window w = json_day_window(at);
    r->out->surge_from_min = w.from_min;
    r->out->surge_to_min = w.to_min;
    if (json_ok(at.doc) && w.from_min >= w.to_min)
        json_fail(json_need(at, "window"), ORD_ERANGE, "a surge must end on the day on which it begins");
}

/* ---- service ---- */
static void read_answer(struct json_at at, struct demand_answer *a)
{
    static const char *const keys[] = { "median_s", "sigma", "most_s" };
    memset(a, 0, sizeof *a);
    if (!json_has(at)) return;
    json_only(at, keys, COUNT_OF(keys));
    struct json_at sigma = json_opt(at, "sigma"), most = json_opt(at, "most_s");
    a->median_ms = json_milli(json_need(at, "median_s"), 0, MS_HOUR);
    a->sigma_milli = json_has(sigma) ? (int32_t)json_milli(sigma, 0, 3000) : 0;
    a->most_ms = json_has(most) ? json_milli(most, 0, 24 * MS_HOUR) : MS_HOUR;
}

/* For one station, or for all of a kind; later entries win. */
static void read_place(struct reader *r, struct json_at at)
{
    static const char *const keys[] = { "station", "kind", "answer", "prepare_s" };
    json_only(at, keys, COUNT_OF(keys));
    struct json_at one = json_opt(at, "station"), kind = json_opt(at, "kind"), prepare = json_opt(at, "prepare_s");
    struct demand_place p = { .prepare_ms = json_has(prepare) ? json_milli(prepare, 0, 24 * MS_HOUR) : 0 };
    read_answer(json_opt(at, "answer"), &p.answer);
    if (json_ok(at.doc) && json_has(one) == json_has(kind))
        json_fail(at, ORD_ERANGE, "name a \"station\" or a \"kind\" of station");
    if (!json_ok(at.doc)) return;
    if (json_has(one)) {
        station_id s = known(one, "station", site_station_by_id(r->site, json_str(one)));
        if (s != ID_NONE) r->out->place[s] = p;
        return;
    }
    int k = json_enum(kind, station_kind_name, STATION_KIND_COUNT);
    for (station_id s = 0; s < r->site->stations && json_ok(at.doc); s++)
        if ((int)r->site->station[s].kind == k) r->out->place[s] = p;
}

static void read_service(struct reader *r, struct json_at at)
{
    static const char *const keys[] = { "jitter_s", "wash_s", "attended", "places" };
    json_only(at, keys, COUNT_OF(keys));
    struct json_at jitter = json_opt(at, "jitter_s"), wash = json_opt(at, "wash_s"),
                   attended = json_opt(at, "attended");
    struct json_at places = json_opt(at, "places");
    r->out->jitter_ms = json_has(jitter) ? json_milli(jitter, 0, 24 * MS_HOUR) : 0;
    r->out->wash_ms = json_has(wash) ? json_milli(wash, 0, 24 * MS_HOUR) : 0;
    r->out->attended = 0;
    memset(r->out->place, 0, r->site->stations * sizeof r->out->place[0]);
    size_t n = json_has(attended) ? json_array(attended, SITE_CARRIES_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) {
        struct json_at carrier = json_item(attended, i);
        bool any = false;
        for (goods_id g = 0; g < r->site->goods; g++)
            if (strcmp(r->site->good[g].carrier, json_str(carrier)) == 0) {
                r->out->attended |= (uint64_t)1 << g;
                any = true;
            }
        if (!any && json_ok(at.doc))
            json_fail(carrier, ORD_ENOTFOUND, "no goods of the site come in a '%s'", json_str(carrier));
    }
    n = json_has(places) ? json_array(places, SITE_STATIONS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) read_place(r, json_item(places, i));
}

/* ---- people ---- */
static void read_trip(struct reader *r, struct json_at at, int64_t share_milli)
{
    static const char *const keys[] = { "id", "per_day", "profile", "rank", "load_s", "area_m2", "ends" };
    struct demand_trip *t = &r->out->trip[r->out->trips];
    memset(t, 0, sizeof *t);
    json_only(at, keys, COUNT_OF(keys));
    json_string(json_need(at, "id"), t->id, sizeof t->id, 1);
    t->per_day_milli = (int32_t)(json_milli(json_need(at, "per_day"), 0, 1000000000) * share_milli / 1000);
    t->profile = profile_of(r, json_need(at, "profile"));
    t->rank = (uint8_t)json_int(json_need(at, "rank"), 0, 9);
    t->area_cm2 = (int32_t)(json_number(json_need(at, "area_m2"), 0.01, 10) * 1e4 + 0.5);
    struct json_at load = json_need(at, "load_s"), ends = json_opt(at, "ends");
    if (json_array(load, 2) != 2 && json_ok(at.doc)) json_fail(load, ORD_ERANGE, "write [least, most] in seconds");
    if (!json_ok(at.doc)) return;
    t->load_least_ms = json_milli(json_item(load, 0), 0, MS_HOUR);
    t->load_most_ms = json_milli(json_item(load, 1), t->load_least_ms, MS_HOUR);
    t->ends = (uint8_t)(json_has(ends) ? json_array(ends, DEMAND_ENDS_MAX) : 0);
    for (uint8_t i = 0; i < t->ends && json_ok(at.doc); i++) {
        struct json_at level = json_item(ends, i);
        t->end[i] = known(level, "level", site_level_by_id(r->site, json_str(level)));
    }
    r->out->trips++;
}

static void read_people(struct reader *r, struct json_at at)
{
    static const char *const keys[] = { "elevators", "share", "door_retry", "trips" };
    json_only(at, keys, COUNT_OF(keys));
    struct json_at cars = json_opt(at, "elevators"), trips = json_opt(at, "trips");
    struct json_at share = json_opt(at, "share"), retry = json_opt(at, "door_retry");
    int64_t share_milli = json_has(share) ? json_milli(share, 0, 1000) : 1000;
    r->out->door_retry_ppm = json_has(retry) ? (int32_t)(json_number(retry, 0, 1) * 1e6 + 0.5) : 0;
    r->out->cars = r->out->trips = 0;
    size_t n = json_has(cars) ? json_array(cars, DEMAND_CARS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) {
        struct json_at car = json_item(cars, i);
        elevator_id e = known(car, "elevator", site_elevator_by_id(r->site, json_str(car)));
        if (json_ok(at.doc) && !r->site->elevator[e].people)
            json_fail(car, ORD_ERANGE, "people do not ride in this elevator (\"people\" in the site file)");
        if (json_ok(at.doc) && r->site->elevator[e].landings < 2)
            json_fail(car, ORD_ERANGE, "this elevator has fewer than two landings");
        r->out->car[r->out->cars++] = e;
    }
    n = json_has(trips) ? json_array(trips, DEMAND_TRIPS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) read_trip(r, json_item(trips, i), share_milli);
    if (json_ok(at.doc) && r->out->trips > 0 && r->out->cars == 0)
        json_fail(at, ORD_ERANGE, "trips need \"elevators\" that people share");
}

/* ---- faults ---- */
static uint16_t target_of(struct reader *r, enum fault_kind kind, struct json_at at)
{
    const char *id = kind == FAULT_MAINS ? "" : json_str(at);
    switch (kind) {
    case FAULT_CAR_OUT:
    case FAULT_CAR_DIES: return known(at, "elevator", site_elevator_by_id(r->site, id));
    case FAULT_FIRE: return known(at, "zone", site_zone_by_id(r->site, id));
    case FAULT_ROBOT_DIES:
        for (uint16_t i = 0; i < r->fleet->robots; i++)
            if (strcmp(r->fleet->robot[i].id, id) == 0) return i;
        return known(at, "robot", ID_NONE);
    case FAULT_MAINS:
    case FAULT_KIND_COUNT: break;
    }
    return 0;
}

static void read_fault(struct reader *r, struct json_at at)
{
    static const char *const keys[] = { "kind", "target", "from", "to" };
    struct demand_fault *f = &r->out->fault[r->out->faults];
    json_only(at, keys, COUNT_OF(keys));
    int kind = json_enum(json_need(at, "kind"), fault_kind_name, FAULT_KIND_COUNT);
    if (!json_ok(at.doc)) return;
    struct json_at target = json_opt(at, "target"), to = json_opt(at, "to");
    if (kind == FAULT_MAINS && json_has(target)) json_fail(target, ORD_ERANGE, "the mains fail everywhere");
    if (kind != FAULT_MAINS) target = json_need(at, "target");
    *f = (struct demand_fault){ .kind = (uint8_t)kind, .to_ms = MS_NEVER };
    if (json_ok(at.doc)) f->target = target_of(r, (enum fault_kind)kind, target);
    f->from_ms = json_time_of_day(json_need(at, "from")) * MS_MINUTE;
    if (json_has(to)) f->to_ms = json_time_of_day(to) * MS_MINUTE;
    if (json_has(to) && f->to_ms == 0) f->to_ms = 24 * MS_HOUR;
    if (json_ok(at.doc) && f->to_ms <= f->from_ms) json_fail(to, ORD_ERANGE, "must be later than \"from\"");
    r->out->faults++;
}

static void read_faults(struct reader *r, struct json_at at)
{
    size_t n = json_array(at, DEMAND_FAULTS_MAX);
    r->out->faults = 0;
    for (size_t i = 0; i < n && json_ok(at.doc); i++) read_fault(r, json_item(at, i));
}

/* ---- the file ---- */
static const struct {
    const char *key;
    void (*read)(struct reader *, struct json_at);
} section[] = { { "profiles", read_profiles }, { "streams", read_streams }, { "surge", read_surge },
                { "service", read_service },   { "people", read_people },   { "faults", read_faults } };
#define SECTION_PROFILES 1u

/* `skip`: bit per section that a file built on this one has itself. */
static int read_bytes(struct reader *r, const char *name, const char *bytes, size_t n, int depth, uint32_t skip,
                      struct err_note *note);

static int read_base(struct reader *r, struct json_at at, int depth, uint32_t skip, struct err_note *note)
{
    const char *id = json_str(at);
    size_t n;
    if (!json_ok(at.doc)) return ORD_OK; /* told at the end */
    const char *bytes = preset_demand(id, &n);
    if (!bytes) return json_fail(at, ORD_ENOTFOUND, "there is no preset '%s'", id);
    if (depth == BASES_MAX) return json_fail(at, ORD_ERANGE, "more than %d files build on one another", BASES_MAX);
    return read_bytes(r, id, bytes, n, depth + 1, skip, note);
}

static int read_root(struct reader *r, struct json_at root, int depth, uint32_t skip, struct err_note *note)
{
    static const char *const keys[] = {
        "format", "base", "profiles", "streams", "surge", "service", "people", "faults"
    };
    char format[32] = "";
    json_string(json_need(root, "format"), format, sizeof format, 1);
    if (json_ok(root.doc) && strcmp(format, FORMAT) != 0)
        json_fail(json_need(root, "format"), ORD_EVERSION, "is '%s'; this program reads %s", format, FORMAT);
    json_only(root, keys, COUNT_OF(keys));
    struct json_at base = json_opt(root, "base");
    uint32_t own = 0;
    for (size_t i = 0; i < COUNT_OF(section); i++)
        if (json_has(json_opt(root, section[i].key))) own |= 1u << i;
    int err = json_has(base) && json_ok(root.doc) ? read_base(r, base, depth, skip | (own & ~SECTION_PROFILES), note)
                                                  : ORD_OK;
    if (err) return err;
    for (size_t i = 0; i < COUNT_OF(section) && json_ok(root.doc); i++)
        if ((own & ~skip) >> i & 1) section[i].read(r, json_opt(root, section[i].key));
    return ORD_OK;
}

static int read_bytes(struct reader *r, const char *name, const char *bytes, size_t n, int depth, uint32_t skip,
                      struct err_note *note)
{
    struct json_doc doc;
    int err = json_open(&doc, name, bytes, n, (struct json_limits){ 0, 0 });
    if (!err) err = read_root(r, json_root(&doc), depth, skip, note);
    if (!json_ok(&doc)) {
        err = doc.err;
        if (note) *note = doc.note;
    }
    json_close(&doc);
    return err;
}

int demand_file_parse(const char *name, const char *bytes, size_t n, const struct site *s, const struct fleet_spec *f,
                      struct demand_file **out, struct err_note *note)
{
    struct demand_file *d = calloc(1, sizeof *d);
    if (!d) return err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY));
    d->surge_permille = 1000;
    d->pair = calloc(DEMAND_PAIRS_MAX, sizeof *d->pair);
    d->place = calloc(s->stations + 1u, sizeof *d->place);
    struct reader r = { s, f, d };
    int err = d->pair && d->place ? read_bytes(&r, name, bytes, n, 0, 0, note)
                                  : err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY));
    if (err) {
        demand_file_close(d);
        return err;
    }
    *out = d;
    return ORD_OK;
}

int demand_file_open(const char *path, const struct site *s, const struct fleet_spec *f, struct demand_file **out,
                     struct err_note *note)
{
    FILE *file = fopen(path, "rb");
    if (!file) return err_at(note, ORD_ENOTFOUND, path, "cannot be read; give the path of an orderly-demand/1 file");
    char *bytes = malloc((size_t)1 << 24);
    size_t n = bytes ? fread(bytes, 1, (size_t)1 << 24, file) : 0;
    bool whole = bytes && feof(file) && !ferror(file);
    fclose(file);
    int err = whole ? demand_file_parse(path, bytes, n, s, f, out, note)
                    : err_at(note, bytes ? ORD_EFULL : ORD_EMEMORY, path, "is larger than 16 MiB or cannot be read");
    free(bytes);
    return err;
}

void demand_file_close(struct demand_file *d)
{
    if (!d) return;
    free(d->pair);
    free(d->place);
    free(d);
}
