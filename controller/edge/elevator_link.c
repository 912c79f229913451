#include "elevator_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/building_msg.h"

#define SILENT_NS 10000000000ull
#define PREFIX "orderly/v1/"

/* `watched`: the core believes it knows this car, from this run or from the journal; silence must be noticed. */
struct car {
    struct in_elevator told;
    bool heard, watched, silent;
    uint64_t heard_ns;
};
struct gate {
    struct in_door told;
    bool heard;
};

struct panel { /* of a fire zone */
    bool heard, silent, fire;
    uint64_t heard_ns;
};

struct elevator_link {
    struct elevator_link_config cfg;
    struct panel *panel;
    struct car *car;
    struct gate *gate;
    struct log_brake unknown, unreadable;
};

int elevator_link_open(struct elevator_link **out, const struct elevator_link_config *cfg)
{
    struct elevator_link *k = calloc(1, sizeof *k);
    if (!k) return ORD_EMEMORY;
    k->cfg = *cfg;
    k->car = calloc(cfg->names->site->elevators + 1u, sizeof *k->car);
    k->gate = calloc(cfg->names->site->doors + 1u, sizeof *k->gate);
    k->panel = calloc(cfg->names->site->zones + 1u, sizeof *k->panel);
    if (!k->car || !k->gate || !k->panel) {
        elevator_link_close(k);
        return ORD_EMEMORY;
    }
    for (elevator_id e = 0; e < cfg->names->site->elevators; e++) {
        struct elevator_view v;
        fleet_elevator(loop_fleet(cfg->loop), e, &v);
        k->car[e] = (struct car){ .told = { e, v.level, v.motion, v.door, v.mode, v.generation },
                                  .watched = v.heard,
                                  .heard_ns = uv_hrtime() };
    }
    *out = k;
    return ORD_OK;
}

void elevator_link_close(struct elevator_link *k)
{
    free(k->car);
    free(k->gate);
    free(k->panel);
    free(k);
}

void elevator_link_topics(const struct elevator_link *k, void (*put)(void *ctx, const char *filter), void *ctx)
{
    if (k->cfg.names->site->elevators) put(ctx, PREFIX "elevator/+/state");
    if (k->cfg.names->site->doors) put(ctx, PREFIX "door/+/state");
    if (k->cfg.names->site->zones) put(ctx, PREFIX "zone/+/state");
}

/* ---- in ---- */
static void feed_elevator(struct elevator_link *k, const struct in_elevator *e)
{
    struct fleet_in in = { .kind = IN_ELEVATOR, .elevator = *e };
    k->car[e->elevator].told = *e;
    loop_input(k->cfg.loop, &in, NULL, NULL);
}

static bool same_elevator(const struct in_elevator *a, const struct in_elevator *b)
{
    return a->level == b->level && a->motion == b->motion && a->door == b->door && a->mode == b->mode &&
           a->generation == b->generation;
}

static bool on_elevator(struct elevator_link *k, const struct elevator_state_msg *m)
{
    const struct site *s = k->cfg.names->site;
    elevator_id e = site_elevator_by_id(s, m->elevator);
    level_id level = site_level_by_id(s, m->level);
    if (e == ID_NONE || level == ID_NONE) return false;
    struct car *c = &k->car[e];
    struct in_elevator now = { .elevator = e,
                               .level = level,
                               .motion = (uint8_t)m->motion,
                               .door = (uint8_t)m->door,
                               .mode = (uint8_t)m->mode,
                               .generation = m->generation };
    bool news = !c->heard || !same_elevator(&c->told, &now);
    c->heard = c->watched = true;
    c->silent = false;
    c->heard_ns = uv_hrtime();
    if (news) feed_elevator(k, &now);
    return true;
}

static bool on_door(struct elevator_link *k, const struct door_state_msg *m)
{
    door_id d = site_door_by_id(k->cfg.names->site, m->door);
    if (d == ID_NONE) return false;
    struct gate *g = &k->gate[d];
    struct in_door now = { .door = d, .state = (uint8_t)m->state, .generation = m->generation };
    if (g->heard && g->told.state == now.state && g->told.generation == now.generation) return true;
    g->heard = true;
    g->told = now;
    struct fleet_in in = { .kind = IN_DOOR, .door = now };
    loop_input(k->cfg.loop, &in, NULL, NULL);
    return true;
}

static void zone_burns(struct elevator_link *k, zone_id z)
{
    struct fleet_in in = { .kind = IN_OPERATE, .operate = { .op = OP_FIRE, .target = z } };
    if (!fleet_zone(loop_fleet(k->cfg.loop), z)) loop_input(k->cfg.loop, &in, NULL, NULL);
}

/* "normal" ends nothing: a person does, after having looked. */
static bool on_zone(struct elevator_link *k, const struct zone_state_msg *m)
{
    zone_id z = site_zone_by_id(k->cfg.names->site, m->zone);
    if (z == ID_NONE || k->cfg.names->site->zone[z].kind != ZONE_FIRE) return false;
    struct panel *p = &k->panel[z];
    bool begins = m->fire && !p->fire;
    *p = (struct panel){ .heard = true, .fire = m->fire, .heard_ns = uv_hrtime() };
    if (begins) zone_burns(k, z);
    return true;
}

static void refuse(struct elevator_link *k, const struct mqtt_item *m, int err, const struct err_note *note)
{
    char detail[600];
    struct log_brake *brake = err ? &k->unreadable : &k->unknown;
    if (!log_brake(brake)) return;
    snprintf(detail, sizeof detail, "%s%s%s: %s", m->topic, err ? ": " : "", err ? note->where : "",
             err ? note->what : "not on this map");
    log_plain(k->cfg.names, err ? EVENT_MESSAGE_UNREADABLE : EVENT_MESSAGE_UNKNOWN, (int64_t)brake->count, detail);
}

bool elevator_link_message(struct elevator_link *k, const struct mqtt_item *m)
{
    struct err_note note = { .where = "" };
    struct elevator_state_msg elevator;
    struct door_state_msg door;
    struct zone_state_msg zone;
    int err;
    bool known;
    if (strncmp(m->topic, PREFIX, sizeof PREFIX - 1) != 0) return false;
    const char *rest = m->topic + sizeof PREFIX - 1;
    if (strncmp(rest, "elevator/", 9) == 0) {
        err = elevator_state_decode(m->payload, m->payload_len, &elevator, &note);
        known = !err && on_elevator(k, &elevator);
    } else if (strncmp(rest, "door/", 5) == 0) {
        err = door_state_decode(m->payload, m->payload_len, &door, &note);
        known = !err && on_door(k, &door);
    } else if (strncmp(rest, "zone/", 5) == 0) {
        err = zone_state_decode(m->payload, m->payload_len, &zone, &note);
        known = !err && on_zone(k, &zone);
    } else {
        return false;
    }
    if (!known) refuse(k, m, err, &note);
    return true;
}

static void look_after_panels(struct elevator_link *k, uint64_t now)
{
    for (zone_id z = 0; z < k->cfg.names->site->zones; z++) {
        struct panel *p = &k->panel[z];
        if (!p->heard || p->silent || now - p->heard_ns < SILENT_NS) continue;
        struct out_event event = { .event = EVENT_FIRE_PANEL_SILENT,
                                   .robot = ID_NONE,
                                   .elevator = ID_NONE,
                                   .station = ID_NONE,
                                   .zone = z,
                                   .round = ROUND_NONE };
        p->silent = true;
        log_event(k->cfg.names, &event, NULL);
        zone_burns(k, z);
    }
}

void elevator_link_tick(struct elevator_link *k) { elevator_link_look(k, uv_hrtime()); }

void elevator_link_look(struct elevator_link *k, uint64_t now)
{
    look_after_panels(k, now);
    for (elevator_id e = 0; e < k->cfg.names->site->elevators; e++) {
        struct car *c = &k->car[e];
        if (!c->watched || c->silent || now - c->heard_ns < SILENT_NS) continue;
        struct in_elevator gone = c->told;
        struct out_event event = { .event = EVENT_BUILDING_LINK_LOST, .robot = ID_NONE, .elevator = e };
        c->silent = true;
        gone.mode = ELEVATOR_OFFLINE;
        log_event(k->cfg.names, &event, NULL);
        feed_elevator(k, &gone);
    }
}

/* ---- out ---- */
static void publish(struct mqtt_link *mqtt, const char *kind, const char *id, const char *text, int n)
{
    char topic[MQTT_TOPIC_MAX];
    snprintf(topic, sizeof topic, PREFIX "%s/%s/request", kind, id);
    if (n > 0 && mqtt) mqtt_link_publish(mqtt, topic, text, (size_t)n, 0, 0); /* offline: the core asks again */
}

bool elevator_link_send(struct elevator_link *k, struct mqtt_link *mqtt, const struct fleet_out *o)
{
    const struct site *s = k->cfg.names->site;
    char text[512];
    if (o->kind == OUT_ELEVATOR) {
        struct elevator_request_msg m = { .generation = o->elevator.generation, .end = o->elevator.end };
        text_copy(m.elevator, sizeof m.elevator, s->elevator[o->elevator.elevator].id);
        if (!m.end) text_copy(m.level, sizeof m.level, s->level[o->elevator.level].id);
        publish(mqtt, "elevator", m.elevator, text, elevator_request_encode(&m, text, sizeof text));
        return true;
    }
    if (o->kind == OUT_DOOR) {
        struct door_request_msg m = { .open = o->door.open, .generation = o->door.generation };
        text_copy(m.door, sizeof m.door, s->door[o->door.door].id);
        publish(mqtt, "door", m.door, text, door_request_encode(&m, text, sizeof text));
        return true;
    }
    return false;
}
