#include "acl_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker_acl.h"
#include "common/vda/vda_model.h"

#define CONNECT_TRIES 20
#define WORD "orderly-probe" /* no JSON: nobody takes it for a message */

struct acl_probe {
    struct mqtt_link *robot;
    char own[FLEET_TOPIC_MAX], other[FLEET_TOPIC_MAX];
    int tries, waits; /* said so often; not connected so often */
    bool connected, state_heard, order_heard, spoke_for_other, heard_other;
    char detail[2 * FLEET_TOPIC_MAX];
};

static void topic_of(char out[MQTT_TOPIC_MAX], const char *levels, enum vda_topic last)
{
    snprintf(out, MQTT_TOPIC_MAX, "%s/%s", levels, vda_topic_name[last]);
}

static bool topic_is(const struct mqtt_item *m, const char *levels, enum vda_topic last)
{
    char want[MQTT_TOPIC_MAX];
    topic_of(want, levels, last);
    return strcmp(m->topic, want) == 0;
}

int acl_probe_open(struct acl_probe **out, const struct fleet_spec *f, struct mqtt_link_config link,
                   struct err_note *note)
{
    char own[MQTT_TOPIC_MAX], other[MQTT_TOPIC_MAX], client[48];
    const char *const filters[] = { own, other, NULL };
    struct acl_probe *p = calloc(1, sizeof *p);
    if (!p) return err_at(note, ORD_EMEMORY, "broker", "%s", err_en(ORD_EMEMORY));
    broker_probe_topic(f, false, p->own);
    broker_probe_topic(f, true, p->other);
    topic_of(own, p->own, VDA_T_ORDER);
    topic_of(other, p->other, VDA_T_ORDER);
    snprintf(client, sizeof client, "orderly-probe-%llx", (unsigned long long)log_wall_ms());
    link.client_id = client;
    link.username = BROKER_PROBE;
    link.subscribe = filters;
    link.queue_max = 64;
    link.wake = NULL;
    int err = mqtt_link_open(&p->robot, &link, note);
    if (err) {
        free(p);
        return err;
    }
    *out = p;
    return ORD_OK;
}

void acl_probe_close(struct acl_probe *p)
{
    if (!p) return;
    mqtt_link_close(p->robot, NULL, NULL);
    free(p);
}

bool acl_probe_message(struct acl_probe *p, const struct mqtt_item *m)
{
    if (!p || m->payload_len != sizeof WORD - 1 || strcmp(m->payload, WORD) != 0) return false;
    bool own = topic_is(m, p->own, VDA_T_STATE), other = topic_is(m, p->other, VDA_T_STATE);
    p->state_heard |= own;
    p->spoke_for_other |= other;
    return own || other;
}

static void hear(struct acl_probe *p)
{
    struct mqtt_item m;
    while (mqtt_link_next(p->robot, &m)) {
        if (m.kind != MQTT_MESSAGE) continue;
        p->order_heard |= topic_is(&m, p->own, VDA_T_ORDER);
        p->heard_other |= topic_is(&m, p->other, VDA_T_ORDER);
    }
}

static void say(struct mqtt_link *as, const char *levels, enum vda_topic last)
{
    char topic[MQTT_TOPIC_MAX];
    topic_of(topic, levels, last);
    mqtt_link_publish(as, topic, WORD, sizeof WORD - 1, 0, 0);
}

static enum probe_verdict verdict(struct acl_probe *p)
{
    bool let_through = p->state_heard && p->order_heard;
    if (p->spoke_for_other || p->heard_other) {
        snprintf(p->detail, sizeof p->detail, "user %s %s %s", BROKER_PROBE,
                 p->spoke_for_other ? "may write to" : "may read from", p->other);
        return PROBE_OPEN;
    }
    if (p->tries < PROBE_TRIES && !(let_through && p->tries >= 2))
        return PROBE_RUNS; /* what comes late is looked for as well */
    if (let_through) return PROBE_GOOD;
    snprintf(p->detail, sizeof p->detail, "%s does not get from %s to %s",
             !p->connected    ? "the connection of user " BROKER_PROBE
             : p->state_heard ? vda_topic_name[VDA_T_ORDER]
                              : vda_topic_name[VDA_T_STATE],
             p->state_heard ? BROKER_CONTROLLER : BROKER_PROBE, p->state_heard ? BROKER_PROBE : BROKER_CONTROLLER);
    return PROBE_DEAF;
}

enum probe_verdict acl_probe_tick(struct acl_probe *p, struct mqtt_link *controller)
{
    if (!mqtt_link_connected(controller)) return PROBE_RUNS; /* another event tells that */
    hear(p);
    if (p->tries > 0) {
        enum probe_verdict v = verdict(p);
        if (v != PROBE_RUNS) return v;
    }
    p->connected = mqtt_link_connected(p->robot);
    if (!p->connected) {
        if (++p->waits <= CONNECT_TRIES) return PROBE_RUNS;
        p->tries = PROBE_TRIES;
        return verdict(p);
    }
    p->tries++;
    say(p->robot, p->own, VDA_T_STATE);
    say(p->robot, p->other, VDA_T_STATE);
    say(controller, p->own, VDA_T_ORDER);
    say(controller, p->other, VDA_T_ORDER);
    return PROBE_RUNS;
}

const char *acl_probe_detail(const struct acl_probe *p) { return p->detail; }
