#include "building_msg.h"

#include <string.h>

#include "json.h"
#include "text.h"

static const char *const mode_name[ELEVATOR_MODE_COUNT] = { "agv", "human", "fire", "offline", "emergency" };
static const char *const motion_name[CAR_MOTION_COUNT] = { "stopped", "up", "down" };
static const char *const door_name[DOOR_STATE_COUNT] = { "closed", "moving", "open" };
static const char *const session_name[] = { "hold", "end" };
static const char *const door_wish_name[] = { "close", "open" };
static const struct json_limits limits = { 4096, 4 };

/* ---- reading: our own format, so unknown keys are refused ------------------------------------------------------- */

static void read_id(struct json_at at, char *dst)
{
    json_string(at, dst, BUILDING_ID_MAX, 1);
    if (json_ok(at.doc) && !text_id_valid(dst, BUILDING_ID_MAX - 1))
        json_fail(at, ORD_EPARSE, "may hold only letters, digits and _ - . :");
}

static uint32_t read_generation(struct json_at at)
{
    return (uint32_t)json_int(json_need(at, "generation"), 0, UINT32_MAX);
}

static void read_elevator_request(struct json_at root, struct elevator_request_msg *m)
{
    static const char *const keys[] = { "elevator", "generation", "session", "level" };
    json_only(root, keys, COUNT_OF(keys));
    read_id(json_need(root, "elevator"), m->elevator);
    m->generation = read_generation(root);
    m->end = json_enum(json_need(root, "session"), session_name, COUNT_OF(session_name)) == 1;
    struct json_at level = json_opt(root, "level");
    json_string(level, m->level, sizeof m->level, 0);
    if (!m->end && m->level[0] == '\0') json_fail(level, ORD_EPARSE, "must name the level to go to");
    if (m->end && m->level[0] != '\0') json_fail(level, ORD_EPARSE, "must be left out when the session ends");
}

static void read_elevator_state(struct json_at root, struct elevator_state_msg *m)
{
    static const char *const keys[] = { "elevator", "level", "destination", "motion", "door", "mode", "generation" };
    json_only(root, keys, COUNT_OF(keys));
    read_id(json_need(root, "elevator"), m->elevator);
    json_string(json_need(root, "level"), m->level, sizeof m->level, 1);
    json_string(json_opt(root, "destination"), m->destination, sizeof m->destination, 0);
    m->motion = (enum elevator_motion)json_enum(json_need(root, "motion"), motion_name, CAR_MOTION_COUNT);
    m->door = (enum door_state)json_enum(json_need(root, "door"), door_name, DOOR_STATE_COUNT);
    m->mode = (enum elevator_mode)json_enum(json_need(root, "mode"), mode_name, ELEVATOR_MODE_COUNT);
    m->generation = read_generation(root);
}

static void read_door_request(struct json_at root, struct door_request_msg *m)
{
    static const char *const keys[] = { "door", "request", "generation" };
    json_only(root, keys, COUNT_OF(keys));
    read_id(json_need(root, "door"), m->door);
    m->open = json_enum(json_need(root, "request"), door_wish_name, COUNT_OF(door_wish_name)) == 1;
    m->generation = read_generation(root);
}

static void read_door_state(struct json_at root, struct door_state_msg *m)
{
    static const char *const keys[] = { "door", "state", "generation" };
    json_only(root, keys, COUNT_OF(keys));
    read_id(json_need(root, "door"), m->door);
    m->state = (enum door_state)json_enum(json_need(root, "state"), door_name, DOOR_STATE_COUNT);
    m->generation = read_generation(root);
}

static void read_zone_state(struct json_at root, struct zone_state_msg *m)
{
    static const char *const keys[] = { "zone", "state" };
    static const char *const states[] = { "normal", "fire" };
    json_only(root, keys, COUNT_OF(keys));
    read_id(json_need(root, "zone"), m->zone);
    m->fire = json_enum(json_need(root, "state"), states, COUNT_OF(states)) == 1;
}

#define DECODER(name, type, reader, what)                                                   \
    int name(const char *json, size_t n, struct type *out, struct err_note *note)           \
    {                                                                                       \
        struct json_doc doc;                                                                \
        memset(out, 0, sizeof *out);                                                        \
        if (json_open(&doc, what, json, n, limits) == ORD_OK) reader(json_root(&doc), out); \
        int err = doc.err;                                                                  \
        if (err && note) *note = doc.note;                                                  \
        json_close(&doc);                                                                   \
        return err;                                                                         \
    }

DECODER(elevator_request_decode, elevator_request_msg, read_elevator_request, "elevator request")
DECODER(elevator_state_decode, elevator_state_msg, read_elevator_state, "elevator state")
DECODER(door_request_decode, door_request_msg, read_door_request, "door request")
DECODER(zone_state_decode, zone_state_msg, read_zone_state, "zone state")
DECODER(door_state_decode, door_state_msg, read_door_state, "door state")

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* `lead` is the punctuation and the key before the value: {"elevator": */
static void put(struct text *t, const char *lead, const char *v)
{
    text_put(t, lead);
    text_json(t, v);
}

static int finish(struct text *t, uint32_t generation)
{
    text_put(t, ",\"generation\":");
    text_uint(t, generation);
    text_char(t, '}');
    return t->cut ? ORD_EFULL : (int)t->used;
}

int elevator_request_encode(const struct elevator_request_msg *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put(&t, "{\"elevator\":", m->elevator);
    put(&t, ",\"session\":", session_name[m->end]);
    if (!m->end) put(&t, ",\"level\":", m->level);
    return finish(&t, m->generation);
}

int elevator_state_encode(const struct elevator_state_msg *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put(&t, "{\"elevator\":", m->elevator);
    put(&t, ",\"level\":", m->level);
    if (m->destination[0]) put(&t, ",\"destination\":", m->destination);
    put(&t, ",\"motion\":", motion_name[m->motion]);
    put(&t, ",\"door\":", door_name[m->door]);
    put(&t, ",\"mode\":", mode_name[m->mode]);
    return finish(&t, m->generation);
}

int door_request_encode(const struct door_request_msg *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put(&t, "{\"door\":", m->door);
    put(&t, ",\"request\":", door_wish_name[m->open]);
    return finish(&t, m->generation);
}

int door_state_encode(const struct door_state_msg *m, char *buf, size_t size)
{
    struct text t;
    text_init(&t, buf, size);
    put(&t, "{\"door\":", m->door);
    put(&t, ",\"state\":", door_name[m->state]);
    return finish(&t, m->generation);
}
