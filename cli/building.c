#include "building.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/building_msg.h"
#include "common/mqtt_link.h"
#include "common/state_bytes.h"
#include "common/text.h"
#include "sim/plant.h"

#define MEMORY_HEAD "orderly-building/1\n"

struct building {
    const struct site *site;
    struct plant *plant;
    struct mqtt_link *link;
    void *block;
    char *memory; /* path */
    struct state_bytes now, kept;
};

static void snap_plant(struct snap *s, void *plant) { plant_snap(s, plant); }

/* ---- what survives a restart ---- */
static int recall(struct building *b, struct err_note *note)
{
    char head[sizeof MEMORY_HEAD - 1], bytes[65536];
    FILE *f = fopen(b->memory, "re");
    if (!f) return errno == ENOENT ? ORD_OK : err_at(note, ORD_EIO, b->memory, "cannot be read: %s", strerror(errno));
    bool ours = fread(head, 1, sizeof head, f) == sizeof head && memcmp(head, MEMORY_HEAD, sizeof head) == 0;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    struct snap s = snap_loader(bytes, n);
    if (ours) plant_snap(&s, b->plant);
    if (ours && snap_ok(&s)) return ORD_OK;
    return err_at(note, ORD_ECORRUPT, b->memory,
                  "is not what this building wrote; when no robot stands in an elevator, remove it and start again");
}

/* Whole or not at all; only when something changed. */
static int remember(struct building *b)
{
    char fresh[4096];
    if (state_bytes_save(&b->now, snap_plant, b->plant)) return ORD_EMEMORY;
    if (b->now.n == b->kept.n && b->now.hash == b->kept.hash) return ORD_OK;
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", b->memory) >= sizeof fresh) return ORD_EFULL;
    FILE *f = fopen(fresh, "we");
    if (!f) return ORD_EIO;
    bool ok = fputs(MEMORY_HEAD, f) >= 0 && fwrite(b->now.at, 1, b->now.n, f) == b->now.n;
    ok = fclose(f) == 0 && ok && rename(fresh, b->memory) == 0;
    if (!ok) return ORD_EIO;
    struct state_bytes spare = b->kept;
    b->kept = b->now;
    b->now = spare;
    return ORD_OK;
}

static int open_plant(struct building *b, const struct building_config *cfg, struct err_note *note)
{
    struct arena mem;
    size_t size = plant_memory(cfg->site);
    b->block = malloc(size);
    b->memory = strdup(cfg->memory);
    if (!b->block || !b->memory) return err_at(note, ORD_EMEMORY, "building", "%s", err_en(ORD_EMEMORY));
    arena_init(&mem, b->block, size);
    int err = plant_open(&b->plant, &mem, cfg->site);
    return err ? err_at(note, err, "building", "%s", err_en(err)) : recall(b, note);
}

int building_open(struct building **out, const struct building_config *cfg, struct err_note *note)
{
    static const char *const topics[] = { "orderly/v1/elevator/+/request", "orderly/v1/door/+/request", NULL };
    char client[SITE_ID_MAX + 32];
    struct building *b = calloc(1, sizeof *b);
    if (!b) return err_at(note, ORD_EMEMORY, "building", "%s", err_en(ORD_EMEMORY));
    b->site = cfg->site;
    int err = open_plant(b, cfg, note);
    snprintf(client, sizeof client, "orderly-building-%s", cfg->site->id);
    struct mqtt_link_config mc = { .uri = cfg->broker,
                                   .client_id = client,
                                   .username = cfg->username,
                                   .password = cfg->password,
                                   .subscribe = topics,
                                   .subscribe_qos = 0,
                                   .wake = cfg->wake,
                                   .ctx = cfg->ctx };
    if (!err) err = mqtt_link_open(&b->link, &mc, note);
    if (err) {
        building_close(b);
        return err;
    }
    plant_heartbeat(b->plant, 1000 * (ms_t)cfg->clock); /* once a second of the wall */
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
    /* Nobody hears of a session that a restart would forget. The states are said again at the next heartbeat. */
    if (remember(b)) {
        fprintf(stderr, "building: %s cannot be written; elevators and doors say nothing until it can\n", b->memory);
        while (plant_next(b->plant, &p)) {}
        return;
    }
    while (plant_next(b->plant, &p)) say(b, &p);
}

ms_t building_deadline(const struct building *b) { return plant_deadline(b->plant); }

void building_close(struct building *b)
{
    if (!b) return;
    mqtt_link_close(b->link, NULL, NULL);
    state_bytes_free(&b->now);
    state_bytes_free(&b->kept);
    free(b->memory);
    free(b->block);
    free(b);
}
