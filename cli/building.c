#include "building.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/building_msg.h"
#include "common/mqtt_link.h"
#include "common/text.h"
#include "sim/plant.h"

struct building {
    const struct site *site;
    struct plant *plant;
    struct mqtt_link *link;
    void *block;
};

int building_open(struct building **out, const struct site *site, const char *broker, int32_t clock,
                  void (*wake)(void *ctx), void *ctx, struct err_note *note)
{
    static const char *const topics[] = { "orderly/v1/elevator/+/request", "orderly/v1/door/+/request", NULL };
    struct arena mem;
    char client[SITE_ID_MAX + 32];
    struct building *b = calloc(1, sizeof *b);
    if (!b || !(b->block = malloc(plant_memory(site)))) {
        free(b);
        return err_at(note, ORD_EMEMORY, "building", "%s", err_en(ORD_EMEMORY));
    }
    b->site = site;
    arena_init(&mem, b->block, plant_memory(site));
    int err = plant_open(&b->plant, &mem, site);
    snprintf(client, sizeof client, "orderly-building-%s", site->id);
    struct mqtt_link_config cfg = {
        .uri = broker, .client_id = client, .subscribe = topics, .subscribe_qos = 0, .wake = wake, .ctx = ctx
    };
    if (!err) err = mqtt_link_open(&b->link, &cfg, note);
    if (err) {
        free(b->block);
        free(b);
        return err;
    }
    plant_heartbeat(b->plant, 1000 * (ms_t)clock); /* once a second of the wall */
    *out = b;
    return ORD_OK;
}

/* The id in ".../<id>/request" must be the one in the message: a mixed-up sender moves nothing. */
static bool same_id(const char *topic, const char *prefix, const char *id)
{
    size_t n = strlen(prefix), k = strlen(id);
    return strncmp(topic, prefix, n) == 0 && strncmp(topic + n, id, k) == 0 && strcmp(topic + n + k, "/request") == 0;
}

static void on_request(struct building *b, const struct mqtt_item *m, ms_t now)
{
    struct err_note note = { "", "the id in the topic and in the message differ" };
    struct elevator_request_msg car;
    struct door_request_msg door;
    bool ok = false;
    if (strstr(m->topic, "/elevator/")) {
        ok = elevator_request_decode(m->payload, m->payload_len, &car, &note) == ORD_OK &&
             same_id(m->topic, "orderly/v1/elevator/", car.elevator);
        elevator_id e = ok ? site_elevator_by_id(b->site, car.elevator) : ID_NONE;
        if (e != ID_NONE) {
            level_id level = car.end ? ID_NONE : site_level_by_id(b->site, car.level);
            plant_elevator_request(b->plant, e, car.generation, car.end, level, now);
        }
    } else {
        ok = door_request_decode(m->payload, m->payload_len, &door, &note) == ORD_OK &&
             same_id(m->topic, "orderly/v1/door/", door.door);
        door_id d = ok ? site_door_by_id(b->site, door.door) : ID_NONE;
        if (d != ID_NONE) plant_door_request(b->plant, d, door.generation, door.open, now);
    }
    if (!ok) fprintf(stderr, "building: %s ignored: %s %s\n", m->topic, note.where, note.what);
}

static void say(struct building *b, const struct plant_out *p)
{
    char topic[MQTT_TOPIC_MAX], body[512];
    int n;
    if (p->is_door) {
        struct door_state_msg m = { .state = (enum door_state)p->door_state, .generation = p->generation };
        text_copy(m.door, sizeof m.door, b->site->door[p->door].id);
        snprintf(topic, sizeof topic, "orderly/v1/door/%s/state", m.door);
        n = door_state_encode(&m, body, sizeof body);
    } else {
        struct elevator_state_msg m = { .motion = (enum elevator_motion)p->motion,
                                        .door = (enum door_state)p->door_state,
                                        .mode = (enum elevator_mode)p->mode,
                                        .generation = p->generation };
        text_copy(m.elevator, sizeof m.elevator, b->site->elevator[p->elevator].id);
        text_copy(m.level, sizeof m.level, b->site->level[p->level].id);
        if (p->destination != ID_NONE)
            text_copy(m.destination, sizeof m.destination, b->site->level[p->destination].id);
        snprintf(topic, sizeof topic, "orderly/v1/elevator/%s/state", m.elevator);
        n = elevator_state_encode(&m, body, sizeof body);
    }
    if (n > 0) mqtt_link_publish(b->link, topic, body, (size_t)n, 0, 0); /* offline: the next heartbeat says it again */
}

void building_step(struct building *b, ms_t now_ms)
{
    struct mqtt_item item;
    struct plant_out p;
    plant_tick(b->plant, now_ms);
    while (mqtt_link_next(b->link, &item) == 1) {
        if (item.kind == MQTT_CONNECTED) plant_announce(b->plant);
        else if (item.kind == MQTT_MESSAGE && !item.retained) on_request(b, &item, now_ms);
    }
    while (plant_next(b->plant, &p)) say(b, &p);
}

ms_t building_deadline(const struct building *b) { return plant_deadline(b->plant); }

void building_close(struct building *b)
{
    if (!b) return;
    mqtt_link_close(b->link, NULL, NULL);
    free(b->block);
    free(b);
}
