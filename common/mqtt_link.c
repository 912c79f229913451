/* Paho MQTTAsync behind five calls. Measured on 1.3.12 (Debian 12): two threads for the whole process; callbacks come
 * with Paho's mutex held, so they only copy and queue; with the default of 10 in flight a burst of QoS 1 stalls for
 * seconds, hence maxInflight 1000; after an automatic reconnect subscriptions are gone and only `connected` is called,
 * so everything hangs on that one callback. Nothing is buffered while offline. */
#include "mqtt_link.h"

#include <MQTTAsync.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS_RESERVED 64 /* slots that only CONNECTED and LOST may use */
#define SUBSCRIBE_TRIES 5  /* per connection */
#define CLOSE_WAIT_MS 2000
#define SEND_QUEUE_MAX 20000 /* waiting for Paho's send thread while connected; its default of 100 loses bursts */

struct slot {
    enum mqtt_item_kind kind;
    char *topic, *payload;
    size_t len;
    int retained;
    uint64_t at_ns;
}; /* topic and payload: one block */

struct mqtt_link {
    MQTTAsync client;
    bool v5;
    char **filter;
    int *filter_qos;
    int filters;
    uint32_t queue_max, payload_max;
    void (*wake)(void *ctx);
    void *ctx;
    atomic_int connected;
    atomic_uint_fast64_t dropped;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t done;
    struct slot *slot; /* ring */
    uint32_t first, count;
    int tries;
    int finished;     /* closing: the last message or the disconnect was confirmed */
    struct slot lent; /* owner's thread only: what mqtt_link_next gave out */
};

/* ---- queue ---- */

static uint32_t slots(const struct mqtt_link *l) { return l->queue_max + EVENTS_RESERVED; }
static struct slot *slot_at(struct mqtt_link *l, uint32_t i) { return &l->slot[(l->first + i) % slots(l)]; }

static void remove_slot(struct mqtt_link *l, uint32_t i)
{
    free(slot_at(l, i)->topic);
    for (; i + 1 < l->count; i++) *slot_at(l, i) = *slot_at(l, i + 1);
    l->count--;
}

/* True: `s` is in the queue now. False: it is the caller's to free. */
static int push(struct mqtt_link *l, struct slot s)
{
    uint32_t i = 0;
    if (s.kind == MQTT_MESSAGE && l->count >= l->queue_max) {
        while (i < l->count && (slot_at(l, i)->kind != MQTT_MESSAGE || strcmp(slot_at(l, i)->topic, s.topic) != 0)) i++;
        atomic_fetch_add(&l->dropped, 1);
        if (i == l->count) return 0;
        remove_slot(l, i);
    } else if (l->count == slots(l)) {
        /* Nobody drains while the link goes up and down: the last event tells the truth about the earlier ones. */
        for (i = l->count - 1; i > 0 && slot_at(l, i)->kind == MQTT_MESSAGE; i--) {}
        slot_at(l, i)->kind = s.kind;
        return 1;
    }
    *slot_at(l, l->count) = s;
    l->count++;
    return 1;
}

static void push_event(struct mqtt_link *l, enum mqtt_item_kind kind)
{
    pthread_mutex_lock(&l->lock);
    push(l, (struct slot){ .kind = kind });
    pthread_mutex_unlock(&l->lock);
    if (l->wake) l->wake(l->ctx);
}

/* ---- Paho's threads ---- */

static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *m)
{
    struct mqtt_link *l = context;
    size_t tn = strlen(topic), n = m->payloadlen > 0 ? (size_t)m->payloadlen : 0;
    char *copy = NULL;
    /* topic_len is 0 or the true length, as Paho likes; a longer one means a NUL inside, which no topic of ours has. */
    if ((size_t)topic_len <= tn && tn < MQTT_TOPIC_MAX && n <= l->payload_max) copy = malloc(tn + n + 2);
    if (copy) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        struct slot s = { MQTT_MESSAGE,  copy,
                          copy + tn + 1, n,
                          m->retained,   (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec };
        memcpy(copy, topic, tn + 1);
        if (n) memcpy(s.payload, m->payload, n);
        s.payload[n] = '\0';
        pthread_mutex_lock(&l->lock);
        int taken = push(l, s);
        pthread_mutex_unlock(&l->lock);
        if (taken && l->wake) l->wake(l->ctx);
        if (!taken) free(copy);
    } else {
        atomic_fetch_add(&l->dropped, 1);
    }
    MQTTAsync_freeMessage(&m);
    MQTTAsync_free(topic);
    return 1;
}

static void subscribe(struct mqtt_link *l);

static void subscribed(struct mqtt_link *l)
{
    atomic_store(&l->connected, 1);
    push_event(l, MQTT_CONNECTED);
}

static void subscribe_failed(struct mqtt_link *l)
{
    pthread_mutex_lock(&l->lock);
    int again = l->tries++ < SUBSCRIBE_TRIES;
    pthread_mutex_unlock(&l->lock);
    if (again && MQTTAsync_isConnected(l->client)) subscribe(l);
}

/* Paho has a pair of callbacks for each protocol version. */
static void on_subscribed(void *context, MQTTAsync_successData *data)
{
    (void)data;
    subscribed(context);
}
static void on_subscribed5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    subscribed(context);
}
static void on_subscribe_failed(void *context, MQTTAsync_failureData *data)
{
    (void)data;
    subscribe_failed(context);
}
static void on_subscribe_failed5(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    subscribe_failed(context);
}

static void subscribe(struct mqtt_link *l)
{
    MQTTAsync_responseOptions opt = MQTTAsync_responseOptions_initializer;
    if (l->v5) {
        opt.onSuccess5 = on_subscribed5;
        opt.onFailure5 = on_subscribe_failed5;
    } else {
        opt.onSuccess = on_subscribed;
        opt.onFailure = on_subscribe_failed;
    }
    opt.context = l;
    if (MQTTAsync_subscribeMany(l->client, l->filters, l->filter, l->filter_qos, &opt) != MQTTASYNC_SUCCESS)
        atomic_fetch_add(&l->dropped, 1); /* the link broke in between: the next connect subscribes again */
}

/* Paho's types want `char *`. */
static void on_connected(void *context, char *cause) /* NOLINT(readability-non-const-parameter) */
{
    struct mqtt_link *l = context;
    (void)cause;
    pthread_mutex_lock(&l->lock);
    l->tries = 0;
    pthread_mutex_unlock(&l->lock);
    if (l->filters) subscribe(l);
    else subscribed(l);
}

static void on_lost(void *context, char *cause) /* NOLINT(readability-non-const-parameter) */
{
    struct mqtt_link *l = context;
    (void)cause;
    atomic_store(&l->connected, 0);
    push_event(l, MQTT_LOST);
}

static void finish(struct mqtt_link *l)
{
    pthread_mutex_lock(&l->lock);
    l->finished = 1;
    pthread_cond_signal(&l->done);
    pthread_mutex_unlock(&l->lock);
}
static void on_finished(void *context, MQTTAsync_successData *data)
{
    (void)data;
    finish(context);
}
static void on_not_finished(void *context, MQTTAsync_failureData *data)
{
    (void)data;
    finish(context);
}

static void on_finished5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    finish(context);
}
static void on_not_finished5(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    finish(context);
}

/* ---- open ---- */

static int copy_filters(struct mqtt_link *l, const struct mqtt_link_config *cfg)
{
    int n = 0;
    while (cfg->subscribe && cfg->subscribe[n]) n++;
    if (n == 0) return ORD_OK;
    l->filter = calloc((size_t)n, sizeof *l->filter);
    l->filter_qos = calloc((size_t)n, sizeof *l->filter_qos);
    if (!l->filter || !l->filter_qos) return ORD_EMEMORY;
    for (; l->filters < n; l->filters++) {
        l->filter_qos[l->filters] = cfg->subscribe_qos;
        if (!(l->filter[l->filters] = strdup(cfg->subscribe[l->filters]))) return ORD_EMEMORY;
    }
    return ORD_OK;
}

static int lock_init(struct mqtt_link *l)
{
    pthread_condattr_t attr;
    if (pthread_mutex_init(&l->lock, NULL)) return ORD_EMEMORY;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int err = pthread_cond_init(&l->done, &attr);
    pthread_condattr_destroy(&attr);
    if (!err) return ORD_OK;
    pthread_mutex_destroy(&l->lock);
    return ORD_EMEMORY;
}

static void free_link(struct mqtt_link *l)
{
    for (uint32_t i = 0; i < l->count; i++) free(slot_at(l, i)->topic);
    for (int i = 0; i < l->filters; i++) free(l->filter[i]);
    free(l->filter);
    free(l->filter_qos);
    free(l->slot);
    free(l->lent.topic);
    free(l);
}

static int mqtt_version(const struct mqtt_link *l) { return l->v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1; }

static int connect_client(struct mqtt_link *l, const struct mqtt_link_config *cfg)
{
    MQTTAsync_connectOptions opt = MQTTAsync_connectOptions_initializer, five = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    if (l->v5) opt = five;
    opt.cleansession = !l->v5;
    opt.cleanstart = l->v5;
    opt.MQTTVersion = mqtt_version(l); /* stated, else 1.3.12 falls back to 3.1 with double callbacks */
    opt.keepAliveInterval = 15;
    opt.maxInflight = 1000;
    opt.connectTimeout = 5;
    opt.automaticReconnect = 1;
    opt.minRetryInterval = 1;
    opt.maxRetryInterval = 5;
    opt.username = cfg->username;
    opt.password = cfg->password;
    if (cfg->will_topic) {
        will.topicName = cfg->will_topic;
        will.message = cfg->will_payload ? cfg->will_payload : "";
        will.retained = 1;
        will.qos = 1;
        opt.will = &will;
    }
    if (strncmp(cfg->uri, "ssl://", 6) == 0) {
        tls.enableServerCertAuth = 1;
        tls.verify = 1;
        tls.trustStore = cfg->tls.ca_file;
        tls.keyStore = cfg->tls.cert_file;
        tls.privateKey = cfg->tls.key_file;
        tls.privateKeyPassword = cfg->tls.key_password;
        opt.ssl = &tls;
    }
    return MQTTAsync_connect(l->client, &opt);
}

static int open_client(struct mqtt_link *l, const struct mqtt_link_config *cfg, struct err_note *note)
{
    MQTTAsync_createOptions opt = MQTTAsync_createOptions_initializer;
    opt.sendWhileDisconnected = 0;
    opt.maxBufferedMessages = SEND_QUEUE_MAX;
    opt.MQTTVersion = mqtt_version(l);
    int rc = MQTTAsync_createWithOptions(&l->client, cfg->uri, cfg->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &opt);
    if (rc != MQTTASYNC_SUCCESS)
        return err_at(note, ORD_EUSAGE, cfg->uri, "not a broker address this program can use (MQTT error %d)", rc);
    rc = MQTTAsync_setCallbacks(l->client, l, on_lost, on_message, NULL);
    if (rc == MQTTASYNC_SUCCESS) rc = MQTTAsync_setConnected(l->client, l, on_connected);
    if (rc == MQTTASYNC_SUCCESS) rc = connect_client(l, cfg);
    if (rc == MQTTASYNC_SUCCESS) return ORD_OK;
    MQTTAsync_destroy(&l->client);
    return err_at(note, ORD_EIO, cfg->uri, "the MQTT library does not start a connection (MQTT error %d)", rc);
}

int mqtt_link_open(struct mqtt_link **out, const struct mqtt_link_config *cfg, struct err_note *note)
{
    if (!cfg->uri || (strncmp(cfg->uri, "tcp://", 6) != 0 && strncmp(cfg->uri, "ssl://", 6) != 0))
        return err_at(note, ORD_EUSAGE, cfg->uri ? cfg->uri : "broker",
                      "a broker address is tcp://HOST:PORT or ssl://HOST:PORT");
    if (!cfg->client_id || !cfg->client_id[0]) return err_at(note, ORD_EUSAGE, cfg->uri, "the MQTT client id is empty");
    struct mqtt_link *l = calloc(1, sizeof *l);
    if (!l) return err_at(note, ORD_EMEMORY, cfg->uri, "no memory for an MQTT connection");
    l->queue_max = cfg->queue_max ? cfg->queue_max : 4096;
    l->payload_max = cfg->payload_max ? cfg->payload_max : 65536;
    l->v5 = cfg->version == 5;
    l->wake = cfg->wake;
    l->ctx = cfg->ctx;
    l->slot = calloc(slots(l), sizeof *l->slot);
    int err = l->slot ? copy_filters(l, cfg) : ORD_EMEMORY;
    if (!err) err = lock_init(l);
    if (err) {
        free_link(l);
        return err_at(note, err, cfg->uri, "no memory for an MQTT connection");
    }
    err = open_client(l, cfg, note);
    if (!err) {
        *out = l;
        return ORD_OK;
    }
    pthread_cond_destroy(&l->done);
    pthread_mutex_destroy(&l->lock);
    free_link(l);
    return err;
}

/* ---- the owner's thread ---- */

int mqtt_link_publish(struct mqtt_link *l, const char *topic, const char *payload, size_t n, int qos, int retained)
{
    MQTTAsync_message m = MQTTAsync_message_initializer;
    if (n > INT32_MAX || !atomic_load(&l->connected)) return ORD_EIO;
    /* Paho copies the payload; the field just is not const. */
    union {
        const char *in;
        void *out;
    } bytes = { .in = payload };
    m.payload = bytes.out;
    m.payloadlen = (int)n;
    m.qos = qos;
    m.retained = retained;
    MQTTProperty expiry = { .identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, .value.integer4 = MQTT_EXPIRY_S };
    if (l->v5 && !retained)
        m.properties = (MQTTProperties){ .count = 1, .max_count = 1, .length = 5, .array = &expiry };
    return MQTTAsync_sendMessage(l->client, topic, &m, NULL) == MQTTASYNC_SUCCESS ? ORD_OK : ORD_EIO;
}

int mqtt_link_next(struct mqtt_link *l, struct mqtt_item *out)
{
    free(l->lent.topic);
    l->lent = (struct slot){ .kind = MQTT_LOST };
    pthread_mutex_lock(&l->lock);
    int got = l->count > 0;
    if (got) {
        l->lent = *slot_at(l, 0);
        l->first = (l->first + 1) % slots(l);
        l->count--;
    }
    pthread_mutex_unlock(&l->lock);
    const struct slot *s = &l->lent;
    if (got) *out = (struct mqtt_item){ s->kind, s->topic, s->payload, s->len, s->retained, s->at_ns };
    return got;
}

int mqtt_link_connected(const struct mqtt_link *l) { return atomic_load(&l->connected); }
uint64_t mqtt_link_dropped(const struct mqtt_link *l) { return atomic_load(&l->dropped); }

static void await_finish(struct mqtt_link *l)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CLOSE_WAIT_MS / 1000;
    pthread_mutex_lock(&l->lock);
    while (!l->finished && pthread_cond_timedwait(&l->done, &l->lock, &until) == 0) {}
    l->finished = 0;
    pthread_mutex_unlock(&l->lock);
}

void mqtt_link_close(struct mqtt_link *l, const char *last_topic, const char *last_payload)
{
    if (!l) return;
    if (last_topic && atomic_load(&l->connected)) {
        MQTTAsync_responseOptions opt = MQTTAsync_responseOptions_initializer;
        MQTTAsync_message m = MQTTAsync_message_initializer;
        union {
            const char *in;
            void *out;
        } bytes = { .in = last_payload ? last_payload : "" };
        opt.context = l;
        if (l->v5) {
            opt.onSuccess5 = on_finished5;
            opt.onFailure5 = on_not_finished5;
        } else {
            opt.onSuccess = on_finished;
            opt.onFailure = on_not_finished;
        }
        m.payload = bytes.out;
        m.payloadlen = (int)strlen(bytes.in);
        m.qos = 1;
        m.retained = 1;
        if (MQTTAsync_sendMessage(l->client, last_topic, &m, &opt) == MQTTASYNC_SUCCESS) await_finish(l);
    }
    MQTTAsync_disconnectOptions opt = MQTTAsync_disconnectOptions_initializer;
    opt.context = l;
    if (l->v5) {
        opt.onSuccess5 = on_finished5;
        opt.onFailure5 = on_not_finished5;
    } else {
        opt.onSuccess = on_finished;
        opt.onFailure = on_not_finished;
    }
    opt.timeout = 500;
    /* Also ends the automatic reconnecting of a link that is down. */
    if (MQTTAsync_disconnect(l->client, &opt) == MQTTASYNC_SUCCESS) await_finish(l);
    MQTTAsync_destroy(&l->client);
    pthread_cond_destroy(&l->done);
    pthread_mutex_destroy(&l->lock);
    free_link(l);
}
