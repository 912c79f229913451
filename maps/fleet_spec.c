/* fleet_spec - orderly-fleet/1: which robots there are and what kinds of robot (schema/fleet.schema.json).
 *
 * The hash is taken over the canonical form, so that a file, its copy in a journal and the built-in fleet agree. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/json.h"
#include "common/text.h"
#include "idset.h"
#include "maps_io.h"
#include "when.h"

#define FORMAT "orderly-fleet/1"
#define CLASS_SLOTS_MAX 8

static void read_carriers(struct json_at list, struct robot_class *c)
{
    size_t n = json_array(list, SITE_CARRIES_MAX);
    for (size_t i = 0; i < n && json_ok(list.doc); i++) {
        struct json_at at = json_item(list, i);
        json_string(at, c->carrier[i], SITE_ID_MAX, 1);
        if (json_ok(list.doc) && !text_id_valid(c->carrier[i], SITE_ID_MAX - 1))
            json_fail(at, ORD_ERANGE, "may hold only A-Z a-z 0-9 _ - . :");
    }
    if (json_ok(list.doc) && n == 0)
        json_fail(list, ORD_ERANGE, "names nothing: leave \"carries\" out for a class that takes every load");
    c->carriers = (uint8_t)n;
}

static int32_t share(struct json_at obj, const char *key) { return (int32_t)json_milli(json_need(obj, key), 0, 1000); }

static void read_battery(struct json_at at, struct robot_class *c)
{
    static const char *const keys[] = {
        "wh", "move_w", "idle_w", "charge_w", "reserve", "charge_low", "charge_target"
    };
    json_only(at, keys, COUNT_OF(keys));
    c->battery_wh = (int32_t)json_int(json_need(at, "wh"), 1, 1000000);
    c->move_w = (int32_t)json_int(json_need(at, "move_w"), 0, 100000);
    c->idle_w = (int32_t)json_int(json_need(at, "idle_w"), 0, 100000);
    c->charge_w = (int32_t)json_int(json_need(at, "charge_w"), 1, 1000000);
    c->reserve_permille = share(at, "reserve");
    c->charge_low_permille = share(at, "charge_low");
    c->charge_target_permille = share(at, "charge_target");
    if (!json_ok(at.doc)) return;
    if (c->reserve_permille > c->charge_low_permille)
        json_fail(at, ORD_ERANGE,
                  "\"reserve\" is above \"charge_low\": a robot would touch its reserve before it charges");
    else if (c->charge_low_permille >= c->charge_target_permille)
        json_fail(at, ORD_ERANGE, "\"charge_target\" must be above \"charge_low\"");
}

/* What a class needs not say. */
static void read_abilities(struct json_at at, struct robot_class *c)
{
    struct json_at settle = json_opt(at, "turn_settle_s"), reverse = json_opt(at, "reversible"),
                   carries = json_opt(at, "carries"), slots = json_opt(at, "slots"), payload = json_opt(at, "payload"),
                   quiet = json_opt(at, "quiet_speed"), battery = json_opt(at, "battery");
    c->turn_settle_ms = json_has(settle) ? json_milli(settle, 0, 60000) : 0;
    c->reversible = json_has(reverse) && json_bool(reverse);
    if (json_has(carries)) read_carriers(carries, c);
    c->slots = json_has(slots) ? (uint8_t)json_int(slots, 1, CLASS_SLOTS_MAX) : 0;
    c->payload_g = json_has(payload) ? (int32_t)json_milli(payload, 1, 2000000) : 0;
    c->quiet_speed_mm_s = json_has(quiet) ? (int32_t)json_milli(quiet, 10, 10000) : 0;
    if (json_ok(at.doc) && c->quiet_speed_mm_s > c->speed_mm_s)
        json_fail(quiet, ORD_ERANGE, "is above \"speed\": at night it would drive faster");
    if (json_has(battery)) read_battery(battery, c);
}

static void read_class(struct json_at at, struct robot_class *c)
{
    static const char *const keys[] = { "id",    "length",  "width",       "margin",        "speed",      "accel",
                                        "turn",  "pick_s",  "drop_s",      "turn_settle_s", "reversible", "carries",
                                        "slots", "payload", "quiet_speed", "battery" };
    json_only(at, keys, COUNT_OF(keys));
    json_string(json_need(at, "id"), c->id, sizeof c->id, 1);
    c->length_mm = (mm_t)json_milli(json_need(at, "length"), 50, 10000);
    c->width_mm = (mm_t)json_milli(json_need(at, "width"), 50, 10000);
    c->margin_mm = (mm_t)json_milli(json_need(at, "margin"), 0, 2000);
    c->speed_mm_s = (int32_t)json_milli(json_need(at, "speed"), 10, 10000);
    c->accel_mm_s2 = (int32_t)json_milli(json_need(at, "accel"), 10, 10000);
    c->turn_mrad_s = (int32_t)json_milli(json_need(at, "turn"), 10, 10000);
    c->pick_ms = json_milli(json_need(at, "pick_s"), 0, 3600000);
    c->drop_ms = json_milli(json_need(at, "drop_s"), 0, 3600000);
    read_abilities(at, c);
    if (json_ok(at.doc) && !text_id_valid(c->id, SITE_ID_MAX - 1))
        json_fail(json_need(at, "id"), ORD_ERANGE, "may hold only A-Z a-z 0-9 _ - . :");
}

static class_id class_of(const struct fleet_spec *f, const char *id)
{
    class_id c = 0;
    while (c < f->classes && strcmp(f->cls[c].id, id) != 0) c++;
    return c < f->classes ? c : ID_NONE;
}

/* VDA 5050 topics carry the major version only, headers all three numbers: "2.1" and "2.1.0" name the same. */
static void read_version(struct json_at at, char *dst, size_t size)
{
    static const char *const known[] = { "2.0.0", "2.1.0", "3.0.0", "2.0", "2.1", "3.0" };
    int i = json_has(at) ? json_enum(at, known, COUNT_OF(known)) : 1;
    text_copy(dst, size, known[(i < 0 ? 1 : i) % 3]);
}

static void optional_id(struct json_at obj, const char *key, char *dst, const char *otherwise)
{
    struct json_at at = json_opt(obj, key);
    if (json_has(at)) json_string(at, dst, SITE_ID_MAX, 1);
    else text_copy(dst, SITE_ID_MAX, otherwise);
    if (json_ok(obj.doc) && dst[0] && !text_id_valid(dst, SITE_ID_MAX - 1))
        json_fail(at, ORD_ERANGE, "may hold only A-Z a-z 0-9 _ - . :");
}

static uint8_t read_params(struct json_at list, struct fleet_param *out)
{
    static const char *const keys[] = { "key", "value" };
    size_t n = json_has(list) ? json_array(list, FLEET_PARAMS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(list.doc); i++) {
        struct json_at at = json_item(list, i), key = json_need(at, "key");
        json_only(at, keys, COUNT_OF(keys));
        json_string(key, out[i].key, sizeof out[i].key, 1);
        json_string(json_need(at, "value"), out[i].value, sizeof out[i].value, 0);
        if (json_ok(list.doc) && (strcmp(out[i].key, "loadId") == 0 || strcmp(out[i].key, "stationName") == 0))
            json_fail(key, ORD_EEXISTS, "is filled in by the controller");
    }
    return (uint8_t)n;
}

static void read_quirks(struct json_at at, struct fleet_robot *r)
{
    static const char *const keys[] = { "instant_actions_key", "repeat_actions", "proof_of_life", "pick", "drop",
                                        "state_interval_s" };
    static const char *const lists[] = { "actions", "instantActions" }, *const proofs[] = { "state", "connection" };
    struct fleet_quirks *q = &r->quirks;
    q->repeat_actions = r->version[0] == '3';
    if (!json_has(at)) return;
    json_only(at, keys, COUNT_OF(keys));
    struct json_at list = json_opt(at, keys[0]), repeat = json_opt(at, keys[1]), proof = json_opt(at, keys[2]);
    q->old_instant_key = json_has(list) && json_enum(list, lists, COUNT_OF(lists)) == 1;
    if (json_has(repeat)) q->repeat_actions = json_bool(repeat);
    q->online_needed = json_has(proof) && json_enum(proof, proofs, COUNT_OF(proofs)) == 1;
    struct json_at interval = json_opt(at, "state_interval_s");
    q->state_interval_ms = json_has(interval) ? (int32_t)json_milli(interval, 100, 300000) : 0;
    q->pick_params = read_params(json_opt(at, "pick"), q->pick);
    q->drop_params = read_params(json_opt(at, "drop"), q->drop);
    if (json_ok(at.doc) && q->old_instant_key && r->version[0] == '3')
        json_fail(list, ORD_ERANGE, "is a habit of VDA 5050 1.1; a robot of 3.0 cannot have it");
}

/* Brokers in a cloud often prescribe their own levels. */
static void read_topic(struct json_at at, char *dst)
{
    if (!json_has(at)) return;
    json_string(at, dst, FLEET_TOPIC_MAX, 1);
    size_t n = strlen(dst);
    if (json_ok(at.doc) &&
        (strpbrk(dst, "+# ") || dst[0] == '/' || dst[0] == '$' || dst[n - 1] == '/' || strstr(dst, "//")))
        json_fail(at, ORD_ERANGE, "must be MQTT levels like \"site/robots/7\": no + # or spaces, no / at either end");
}

static void read_robot(struct json_at at, const struct fleet_spec *f, struct fleet_robot *r)
{
    static const char *const keys[] = { "id",      "name",  "manufacturer", "serial", "interface",
                                        "version", "class", "start",        "topic",  "quirks" };
    json_only(at, keys, COUNT_OF(keys));
    json_string(json_need(at, "id"), r->id, sizeof r->id, 1);
    if (json_ok(at.doc) && !text_id_valid(r->id, SITE_ID_MAX - 1))
        json_fail(json_need(at, "id"), ORD_ERANGE, "may hold only A-Z a-z 0-9 _ - . :");
    struct json_at name = json_opt(at, "name");
    text_copy(r->name.zh, sizeof r->name.zh, r->id);
    text_copy(r->name.en, sizeof r->name.en, r->id);
    if (json_has(name)) {
        static const char *const both[] = { "zh", "en" };
        json_only(name, both, COUNT_OF(both));
        json_string(json_need(name, "zh"), r->name.zh, sizeof r->name.zh, 1);
        json_string(json_need(name, "en"), r->name.en, sizeof r->name.en, 1);
    }
    optional_id(at, "manufacturer", r->manufacturer, "orderly");
    optional_id(at, "serial", r->serial, r->id);
    optional_id(at, "interface", r->interface_name, "uagv");
    optional_id(at, "start", r->start, "");
    read_version(json_opt(at, "version"), r->version, sizeof r->version);
    read_topic(json_opt(at, "topic"), r->topic);
    read_quirks(json_opt(at, "quirks"), r);
    struct json_at cls = json_need(at, "class");
    const char *id = json_str(cls);
    r->cls = class_of(f, id);
    if (r->cls == ID_NONE && json_ok(at.doc)) json_fail(cls, ORD_ENOTFOUND, "there is no class '%s'", id);
}

void fleet_robot_topic(const struct fleet_robot *r, char out[FLEET_TOPIC_MAX])
{
    if (r->topic[0]) text_copy(out, FLEET_TOPIC_MAX, r->topic);
    else snprintf(out, FLEET_TOPIC_MAX, "%s/v%c/%s/%s", r->interface_name, r->version[0], r->manufacturer, r->serial);
}

/* Ids, (manufacturer, serial) and topics must be unique: who said it must be known. */
static void check_unique(struct json_at all, const struct fleet_spec *f)
{
    struct idset ids = { 0 }, wires = { 0 }, topics = { 0 };
    bool ok = true;
    char(*wire)[2 * SITE_ID_MAX + 2] = calloc((size_t)f->robots + 1, sizeof *wire);
    char(*topic)[FLEET_TOPIC_MAX] = calloc((size_t)f->robots + 1, sizeof *topic);
    for (uint16_t i = 0; wire && topic && i < f->robots && json_ok(all.doc); i++) {
        snprintf(wire[i], sizeof wire[i], "%s/%s", f->robot[i].manufacturer, f->robot[i].serial);
        fleet_robot_topic(&f->robot[i], topic[i]);
        uint32_t before = idset_put(&ids, f->robot[i].id, i, &ok);
        if (before != IDSET_NONE)
            json_fail(json_item(all, i), ORD_EEXISTS, "id '%s' is taken by robots[%u]", f->robot[i].id, before);
        before = idset_put(&wires, wire[i], i, &ok);
        if (before != IDSET_NONE && json_ok(all.doc))
            json_fail(json_item(all, i), ORD_EEXISTS, "manufacturer and serial '%s' are those of robots[%u]", wire[i],
                      before);
        before = idset_put(&topics, topic[i], i, &ok);
        if (before != IDSET_NONE && json_ok(all.doc))
            json_fail(json_item(all, i), ORD_EEXISTS, "topic '%s' is that of robots[%u]", topic[i], before);
    }
    if ((!wire || !topic || !ok) && json_ok(all.doc)) json_fail(all, ORD_EMEMORY, "%s", err_en(ORD_EMEMORY));
    idset_close(&ids);
    idset_close(&wires);
    idset_close(&topics);
    free(wire);
    free(topic);
}

static void read_root(struct json_at root, struct fleet_spec *f)
{
    static const char *const keys[] = { "format", "classes", "robots" };
    char format[32] = "";
    json_string(json_need(root, "format"), format, sizeof format, 1);
    if (json_ok(root.doc) && strcmp(format, FORMAT) != 0)
        json_fail(json_need(root, "format"), ORD_EVERSION, "is '%s'; this program reads %s", format, FORMAT);
    json_only(root, keys, COUNT_OF(keys));
    struct json_at classes = json_need(root, "classes"), robots = json_need(root, "robots");
    size_t n = json_array(classes, SITE_CLASSES_MAX);
    if (json_ok(root.doc) && n == 0) json_fail(classes, ORD_ERANGE, "at least one class of robot is needed");
    for (size_t i = 0; i < n && json_ok(root.doc); i++) {
        read_class(json_item(classes, i), &f->cls[i]);
        class_id before = class_of(f, f->cls[i].id);
        if (json_ok(root.doc) && before != ID_NONE)
            json_fail(json_item(classes, i), ORD_EEXISTS, "id '%s' is taken by classes[%u]", f->cls[i].id, before);
        f->classes++;
    }
    n = json_array(robots, FLEET_ROBOTS_MAX);
    if (json_ok(root.doc) && n == 0) json_fail(robots, ORD_ERANGE, "at least one robot is needed");
    if (!json_ok(root.doc)) return;
    f->robot = calloc(n + 1, sizeof *f->robot);
    if (!f->robot) {
        json_fail(robots, ORD_EMEMORY, "%s", err_en(ORD_EMEMORY));
        return;
    }
    for (size_t i = 0; i < n && json_ok(root.doc); i++) {
        read_robot(json_item(robots, i), f, &f->robot[i]);
        f->robots++;
    }
    if (json_ok(root.doc)) check_unique(robots, f);
}

static int hash_fleet(struct fleet_spec *f)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    if (!out) return ORD_EMEMORY;
    int err = fleet_spec_write(f, out);
    if (fclose(out) != 0) err = ORD_EMEMORY;
    if (!err) f->hash = XXH3_64bits(bytes, n);
    free(bytes);
    return err;
}

static int read_doc(struct json_doc *doc, struct fleet_spec **out, struct err_note *note)
{
    struct fleet_spec *f = calloc(1, sizeof *f);
    if (!f) return err_at(note, ORD_EMEMORY, doc->name, "%s", err_en(ORD_EMEMORY));
    read_root(json_root(doc), f);
    int err = doc->err;
    if (err && note) *note = doc->note;
    if (!err && (err = hash_fleet(f))) err_at(note, err, doc->name, "%s", err_en(err));
    if (err) fleet_spec_close(f);
    else *out = f;
    return err;
}

static const struct json_limits limits = { (size_t)4 << 20, 8 };

int fleet_spec_open(const char *path, struct fleet_spec **out, struct err_note *note)
{
    struct json_doc doc;
    *out = NULL;
    int err = json_open_file(&doc, path, limits);
    if (err && note) *note = doc.note;
    if (!err) err = read_doc(&doc, out, note);
    json_close(&doc);
    return err;
}

int fleet_spec_parse(const char *name, const char *bytes, size_t n, struct fleet_spec **out, struct err_note *note)
{
    struct json_doc doc;
    *out = NULL;
    int err = json_open(&doc, name, bytes, n, limits);
    if (err && note) *note = doc.note;
    if (!err) err = read_doc(&doc, out, note);
    json_close(&doc);
    return err;
}

static struct fleet_spec *fleet_new(uint16_t robots)
{
    struct fleet_spec *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->robot = calloc((size_t)robots + 1, sizeof *f->robot);
    if (f->robot) return f;
    free(f);
    return NULL;
}

/* One more robot of class c, with an id that is also its serial number. */
static struct fleet_robot *add_robot(struct fleet_spec *f, class_id c, const char *prefix, unsigned number, bool wide)
{
    struct fleet_robot *r = &f->robot[f->robots++];
    snprintf(r->id, sizeof r->id, wide ? "%s%03u" : "%s%02u", prefix, number);
    text_copy(r->name.zh, sizeof r->name.zh, r->id);
    text_copy(r->name.en, sizeof r->name.en, r->id);
    text_copy(r->manufacturer, sizeof r->manufacturer, "orderly");
    text_copy(r->serial, sizeof r->serial, r->id);
    text_copy(r->interface_name, sizeof r->interface_name, "uagv");
    text_copy(r->version, sizeof r->version, "2.1.0");
    r->cls = c;
    return r;
}

static int fleet_done(struct fleet_spec *f, struct fleet_spec **out)
{
    int err = hash_fleet(f);
    if (err) fleet_spec_close(f);
    else *out = f;
    return err;
}

int fleet_spec_default(uint16_t robots, struct fleet_spec **out)
{
    *out = NULL;
    if (robots == 0 || robots > FLEET_ROBOTS_MAX) return ORD_ERANGE;
    struct fleet_spec *f = fleet_new(robots);
    if (!f) return ORD_EMEMORY;
    f->classes = 1;
    f->cls[0] = (struct robot_class){ .id = "courier",
                                      .length_mm = 600,
                                      .width_mm = 600,
                                      .margin_mm = 50,
                                      .speed_mm_s = 1000,
                                      .accel_mm_s2 = 500,
                                      .turn_mrad_s = 800,
                                      .pick_ms = 20000,
                                      .drop_ms = 20000,
                                      .turn_settle_ms = 0 };
    for (uint16_t i = 0; i < robots; i++) add_robot(f, 0, "R", i + 1u, robots >= 100);
    return fleet_done(f, out);
}

/* The robots of the demand model. Lengths and widths are those under a cart: carts are 0.8 m wide. Ninety degrees take
 * 4.0 and 2.5 s. A reserve of a tenth brings a robot from the farthest ward to its charger several times over. */
static const struct robot_class hospital_class[2] = {
    { .id = "underride_agv",
      .length_mm = 1700,
      .width_mm = 800,
      .margin_mm = 50,
      .speed_mm_s = 1500,
      .accel_mm_s2 = 400,
      .turn_mrad_s = 393,
      .pick_ms = 30000,
      .drop_ms = 25000,
      .reversible = true,
      .carriers = 5,
      .carrier = { "meal_cart", "linen_cart", "waste_bin", "supply_cart", "case_cart" },
      .payload_g = 500000,
      .quiet_speed_mm_s = 500,
      .battery_wh = 3840,
      .move_w = 350,
      .idle_w = 40,
      .charge_w = 3000,
      .reserve_permille = 100,
      .charge_low_permille = 250,
      .charge_target_permille = 850 },
    { .id = "cabinet_amr",
      .length_mm = 750,
      .width_mm = 550,
      .margin_mm = 50,
      .speed_mm_s = 1000,
      .accel_mm_s2 = 500,
      .turn_mrad_s = 628,
      .pick_ms = 60000,
      .drop_ms = 90000,
      .carriers = 1,
      .carrier = { "tote" },
      .slots = 4,
      .payload_g = 20000,
      .quiet_speed_mm_s = 500,
      .battery_wh = 900,
      .move_w = 90,
      .idle_w = 25,
      .charge_w = 220,
      .reserve_permille = 100,
      .charge_low_permille = 200,
      .charge_target_permille = 900 },
};

int fleet_spec_hospital(uint16_t heavy, uint16_t cabinet, struct fleet_spec **out)
{
    *out = NULL;
    if (heavy + cabinet == 0 || heavy + cabinet > FLEET_ROBOTS_MAX) return ORD_ERANGE;
    struct fleet_spec *f = fleet_new((uint16_t)(heavy + cabinet));
    if (!f) return ORD_EMEMORY;
    f->classes = COUNT_OF(hospital_class);
    memcpy(f->cls, hospital_class, sizeof hospital_class);
    for (uint16_t i = 0; i < heavy; i++) {
        struct fleet_robot *r = add_robot(f, 0, "AGV", i + 1u, heavy >= 100);
        snprintf(r->name.zh, sizeof r->name.zh, "重载 %u 号", i + 1u);
    }
    for (uint16_t i = 0; i < cabinet; i++) {
        struct fleet_robot *r = add_robot(f, 1, "BOX", i + 1u, cabinet >= 100);
        snprintf(r->name.zh, sizeof r->name.zh, "箱式 %u 号", i + 1u);
    }
    return fleet_done(f, out);
}

/* Whether class c can leave (or reach) the node at all, and whether anybody placed so far is in the way. */
static bool node_fits(const struct site *s, class_id c, node_id n)
{
    for (uint32_t i = s->out_start[n]; i < s->out_start[n + 1]; i++)
        if (site_fits(s, c, s->out_edge[i])) return true;
    return false;
}

static int taken_by(const struct fleet_spec *f, const struct site *s, const node_id *start, uint16_t robot, node_id n)
{
    for (uint16_t k = 0; k < f->robots; k++)
        if (k != robot && start[k] != ID_NONE &&
            site_conflict(s, f->robot[k].cls, start[k], f->robot[robot].cls, n, NULL))
            return k;
    return -1;
}

/* The first proven refuge with one of the flags where the robot fits and nobody is. */
static node_id free_refuge(const struct fleet_spec *f, const struct site *s, const node_id *start, uint16_t robot,
                           uint8_t flags)
{
    for (node_id n = 0; n < s->nodes; n++)
        if ((s->node[n].flags & NODE_REFUGE) && (s->node[n].flags & flags) && node_fits(s, f->robot[robot].cls, n) &&
            taken_by(f, s, start, robot, n) < 0)
            return n;
    return ID_NONE;
}

int fleet_spec_place(const struct fleet_spec *f, const struct site *s, node_id *start, struct err_note *note)
{
    char where[2 * SITE_ID_MAX];
    for (uint16_t i = 0; i < f->robots; i++) start[i] = ID_NONE;
    for (uint16_t i = 0; i < f->robots; i++) {
        const struct fleet_robot *r = &f->robot[i];
        if (!r->start[0]) continue;
        snprintf(where, sizeof where, "robot %s", r->id);
        node_id n = site_node_by_id(s, r->start);
        if (n == ID_NONE)
            return err_at(note, ORD_ENOTFOUND, where, "start node '%s' is not on site '%s'", r->start, s->id);
        if (!node_fits(s, r->cls, n))
            return err_at(note, ORD_EMAP, where, "class '%s' fits no edge that leaves '%s'", f->cls[r->cls].id,
                          r->start);
        int other = taken_by(f, s, start, i, n);
        if (other >= 0)
            return err_at(note, ORD_EMAP, where, "start node '%s' is taken or too close to that of robot %s", r->start,
                          f->robot[other].id);
        start[i] = n;
    }
    for (uint16_t i = 0; i < f->robots; i++) {
        if (start[i] == ID_NONE) start[i] = free_refuge(f, s, start, i, NODE_PARK | NODE_CHARGER);
        if (start[i] == ID_NONE) start[i] = free_refuge(f, s, start, i, NODE_REFUGE);
        if (start[i] != ID_NONE) continue;
        snprintf(where, sizeof where, "robot %s", f->robot[i].id);
        return err_at(note, ORD_EMAP, where,
                      "no refuge is left for it: give the map more parking places or state its start node");
    }
    return ORD_OK;
}

static void write_abilities(const struct robot_class *c, FILE *out)
{
    if (c->reversible) fputs(", \"reversible\": true", out);
    for (uint8_t i = 0; i < c->carriers; i++) put_string(out, i ? ", " : ", \"carries\": [", c->carrier[i]);
    if (c->carriers) fputc(']', out);
    if (c->slots > 1) fprintf(out, ", \"slots\": %d", c->slots);
    if (c->payload_g) put_milli(out, ", \"payload\": ", c->payload_g);
    if (c->quiet_speed_mm_s) put_milli(out, ", \"quiet_speed\": ", c->quiet_speed_mm_s);
    if (!c->battery_wh) return;
    fprintf(out, ",\n     \"battery\": {\"wh\": %d, \"move_w\": %d, \"idle_w\": %d, \"charge_w\": %d", c->battery_wh,
            c->move_w, c->idle_w, c->charge_w);
    put_milli(out, ", \"reserve\": ", c->reserve_permille);
    put_milli(out, ", \"charge_low\": ", c->charge_low_permille);
    put_milli(out, ", \"charge_target\": ", c->charge_target_permille);
    fputc('}', out);
}

static void write_params(const char *key, const struct fleet_param *p, uint8_t n, FILE *out)
{
    char buf[256];
    struct text t;
    for (uint8_t i = 0; i < n; i++) {
        text_init(&t, buf, sizeof buf);
        text_put(&t, i ? ", {\"key\": " : "");
        if (i == 0) {
            text_put(&t, key);
            text_put(&t, " [{\"key\": ");
        }
        text_json(&t, p[i].key);
        text_put(&t, ", \"value\": ");
        text_json(&t, p[i].value);
        text_put(&t, i + 1 < n ? "}" : "}]");
        fputs(buf, out);
    }
}

/* Only what departs from the usual: the bytes, and so the hash, of an ordinary fleet stay as they were. */
static void write_quirks(const struct fleet_robot *r, FILE *out)
{
    const struct fleet_quirks *q = &r->quirks;
    bool repeats = q->repeat_actions == (r->version[0] == '3');
    if (!q->old_instant_key && repeats && !q->online_needed && !q->state_interval_ms && !q->pick_params &&
        !q->drop_params)
        return;
    fprintf(out, ", \"quirks\": {\"instant_actions_key\": \"%s\"", q->old_instant_key ? "instantActions" : "actions");
    if (!repeats) fprintf(out, ", \"repeat_actions\": %s", q->repeat_actions ? "true" : "false");
    if (q->online_needed) fputs(", \"proof_of_life\": \"connection\"", out);
    if (q->state_interval_ms) put_milli(out, ", \"state_interval_s\": ", q->state_interval_ms);
    write_params(", \"pick\":", q->pick, q->pick_params, out);
    write_params(", \"drop\":", q->drop, q->drop_params, out);
    fputc('}', out);
}

int fleet_spec_write(const struct fleet_spec *f, FILE *out)
{
    char buf[1024];
    struct text t;
    fputs("{\n  \"format\": \"" FORMAT "\",\n  \"classes\": [", out);
    for (class_id i = 0; i < f->classes; i++) {
        const struct robot_class *c = &f->cls[i];
        const struct {
            const char *key;
            int64_t v;
        } field[] = {
            { "length", c->length_mm }, { "width", c->width_mm },    { "margin", c->margin_mm },
            { "speed", c->speed_mm_s }, { "accel", c->accel_mm_s2 }, { "turn", c->turn_mrad_s },
            { "pick_s", c->pick_ms },   { "drop_s", c->drop_ms },    { "turn_settle_s", c->turn_settle_ms },
        };
        text_init(&t, buf, sizeof buf);
        text_put(&t, i ? ",\n    {\"id\": " : "\n    {\"id\": ");
        text_json(&t, c->id);
        for (size_t k = 0; k < COUNT_OF(field); k++) {
            text_put(&t, ", \"");
            text_put(&t, field[k].key);
            text_put(&t, "\": ");
            text_milli(&t, field[k].v);
        }
        fputs(buf, out);
        write_abilities(c, out);
        fputc('}', out);
    }
    fputs("\n  ],\n  \"robots\": [", out);
    for (uint16_t i = 0; i < f->robots; i++) {
        const struct fleet_robot *r = &f->robot[i];
        const struct {
            const char *key, *v;
        } field[] = {
            { "{\"id\": ", r->id },
            { ", \"name\": {\"zh\": ", r->name.zh },
            { ", \"en\": ", r->name.en },
            { "}, \"class\": ", f->cls[r->cls].id },
            { ", \"manufacturer\": ", r->manufacturer },
            { ", \"serial\": ", r->serial },
            { ", \"interface\": ", r->interface_name },
            { ", \"version\": ", r->version },
            { ", \"start\": ", r->start },
            { ", \"topic\": ", r->topic },
        };
        text_init(&t, buf, sizeof buf);
        text_put(&t, i ? ",\n    " : "\n    ");
        for (size_t k = 0; k < COUNT_OF(field); k++) {
            if (!field[k].v[0]) continue;
            text_put(&t, field[k].key);
            text_json(&t, field[k].v);
        }
        fputs(buf, out);
        write_quirks(r, out);
        fputc('}', out);
    }
    fputs("\n  ]\n}\n", out);
    return ferror(out) ? ORD_EIO : ORD_OK;
}

void fleet_spec_close(struct fleet_spec *f)
{
    if (!f) return;
    free(f->robot);
    free(f);
}
