/* mqtt_link - one MQTT connection. Paho's threads in, one bounded queue out; reconnect is automatic, resend is not.
 *
 * Paho calls back on its own threads with its mutex held: this file only copies topic and payload into a queue and
 * calls `wake` (which may run on any thread: make it uv_async_send or a pipe write). The owner drains the queue with
 * mqtt_link_next() on its own thread. When the queue is full the oldest message of the same topic is replaced
 * (a newer state supersedes an older one); if there is none the message is dropped and counted.
 * Every connect, the first and each later one, yields an MQTT_CONNECTED item once the broker has confirmed the
 * subscriptions, so that no answer can be missed: publish what must be fresh (ONLINE, a state, the current orders) on
 * it. A retained message may come before it. Nothing is buffered while offline: an old order must not travel after a
 * newer plan. Publishing is from one thread only. */
#ifndef COMMON_MQTT_LINK_H
#define COMMON_MQTT_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define MQTT_TOPIC_MAX 256
#define MQTT_EXPIRY_S 5 /* MQTT 5: a broker does not deliver what we publish (and do not retain) any later */
struct mqtt_link;

/* For ssl:// addresses. The broker's name must be the one in its certificate. All may be NULL. */
struct mqtt_tls {
    const char *ca_file;                 /* who vouches for the broker; NULL: the system's authorities */
    const char *cert_file, *key_file;    /* our own, PEM; key_file NULL: the key is in cert_file */
    const char *key_password;
};

struct mqtt_link_config {
    const char *uri;                     /* tcp://host:port or ssl://host:port */
    const char *client_id;
    const char *username, *password;     /* NULL: none */
    struct mqtt_tls tls;
    int version;                         /* 5: MQTT 5; anything else: MQTT 3.1.1 */
    const char *const *subscribe;        /* topic filters, NULL-terminated */
    int subscribe_qos;
    const char *will_topic, *will_payload; /* NULL: no will; retained, QoS 1 */
    uint32_t queue_max;                  /* messages; 0 = 4096 */
    uint32_t payload_max;                /* larger ones are dropped and counted; 0 = 65536 */
    void (*wake)(void *ctx);
    void *ctx;
};

enum mqtt_item_kind { MQTT_MESSAGE, MQTT_CONNECTED, MQTT_LOST };
struct mqtt_item {
    enum mqtt_item_kind kind;
    const char *topic, *payload;         /* borrowed until the next mqtt_link_next or mqtt_link_close; payload is NUL-terminated */
    size_t payload_len;
    int retained;
    uint64_t at_ns;                      /* when it came, CLOCK_MONOTONIC */
};

/* Starts connecting; the broker need not be up yet. */
int mqtt_link_open(struct mqtt_link **out, const struct mqtt_link_config *cfg, struct err_note *note);
int mqtt_link_publish(struct mqtt_link *l, const char *topic, const char *payload, size_t n, int qos, int retained); /* ORD_EIO when offline */
int mqtt_link_next(struct mqtt_link *l, struct mqtt_item *out); /* 1: got one, 0: empty */
int mqtt_link_connected(const struct mqtt_link *l);
uint64_t mqtt_link_dropped(const struct mqtt_link *l);
/* Publishes `last` (topic, payload; may be NULL) retained, waits up to 2 s for it, disconnects, frees. */
void mqtt_link_close(struct mqtt_link *l, const char *last_topic, const char *last_payload);

#endif
