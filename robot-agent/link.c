#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mqtt_link.h"
#include "common/text.h"
#include "common/vda/vda_codec.h"

#define PATIENCE_MS 5000 /* without a connection for so long: say so */
#define TOPIC_PREFIX_MAX 200
#define DRIVE_STEP_MS 50 /* so often a drive program is looked after */

struct agent_link {
    struct agent_link_config cfg;
    struct mqtt_link *mqtt;
    int wake[2];
    atomic_int stop;
    int64_t start_ns;
    ms_t started_ms, picture_ms; /* wall time since start_ns */
    bool ever_connected, warned, drive_lost;
    char prefix[TOPIC_PREFIX_MAX]; /* "uagv/v2/maker/serial/" */
    char order_topic[MQTT_TOPIC_MAX], instant_topic[MQTT_TOPIC_MAX], connection_topic[MQTT_TOPIC_MAX];
    struct vda_header connection; /* of the last one sent */
    struct vda_order order;
    struct vda_instant_actions instant;
    struct vda_state picture;
    uint32_t state_id; /* of the last state sent */
    char out[VDA_MESSAGE_MAX];
};

/* ---- time ---- */

static int64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static ms_t wall_ms(const struct agent_link *l) { return (clock_ns() - l->start_ns) / 1000000; }

static ms_t agent_ms(const struct agent_link *l)
{
    int64_t us = (clock_ns() - l->start_ns) / 1000;
    return us * l->cfg.clock / 1000;
}

static void utc_text(char out[32])
{
    struct timespec t;
    struct tm tm;
    char day[24];
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, 32, "%.19s.%03dZ", day, (int)(t.tv_nsec / 1000000 % 1000));
}

/* ---- topics ---- */

static bool topic_part(const char *s) { return s && s[0] && !strpbrk(s, "/+#$ "); }

static int make_topics(struct agent_link *l, struct err_note *note)
{
    const struct agent_link_config *c = &l->cfg;
    if (!topic_part(c->manufacturer)) return err_at(note, ORD_EUSAGE, "manufacturer", "must be there, without / + # $");
    if (!topic_part(c->serial)) return err_at(note, ORD_EUSAGE, "serial", "must be there, without / + # $");
    if (!c->interface_name[0] || strpbrk(c->interface_name, "+#$ "))
        return err_at(note, ORD_EUSAGE, "interface", "must be there, without + # $");
    int n = snprintf(l->prefix, sizeof l->prefix, "%s/v%c/%s/%s/", c->interface_name, c->version[0], c->manufacturer,
                     c->serial);
    if (n < 0 || (size_t)n >= sizeof l->prefix)
        return err_at(note, ORD_EUSAGE, "interface", "the topic would be too long");
    snprintf(l->order_topic, sizeof l->order_topic, "%s%s", l->prefix, vda_topic_name[VDA_T_ORDER]);
    snprintf(l->instant_topic, sizeof l->instant_topic, "%s%s", l->prefix, vda_topic_name[VDA_T_INSTANT]);
    snprintf(l->connection_topic, sizeof l->connection_topic, "%s%s", l->prefix, vda_topic_name[VDA_T_CONNECTION]);
    return ORD_OK;
}

static int connection_text(struct agent_link *l, enum vda_connection_state state, char *buf, size_t size)
{
    struct vda_connection m = { .head = l->connection, .state = state };
    utc_text(m.head.timestamp);
    return vda_connection_encode(&m, buf, size);
}

/* ---- out ---- */

static void publish(struct agent_link *l, enum vda_topic topic, int length, int qos, int retained)
{
    char name[MQTT_TOPIC_MAX];
    if (length < 0) {
        l->cfg.said(l->cfg.ctx, "a message is too long and was not sent", "消息过长，未发送");
        return;
    }
    snprintf(name, sizeof name, "%s%s", l->prefix, vda_topic_name[topic]);
    /* Offline there is nothing to do: the next connect sends all anew. */
    (void)mqtt_link_publish(l->mqtt, name, l->out, (size_t)length, qos, retained);
}

static void drain(struct agent_link *l)
{
    struct agent_out out;
    while (agent_output(l->cfg.agent, &out)) {
        switch (out.kind) {
        case AGENT_OUT_CONNECTION:
            l->connection = out.connection.head;
            publish(l, VDA_T_CONNECTION, vda_connection_encode(&out.connection, l->out, sizeof l->out), 1, 1);
            break;
        case AGENT_OUT_FACTSHEET:
            publish(l, VDA_T_FACTSHEET, vda_factsheet_encode(out.factsheet, l->out, sizeof l->out), 0, 1);
            break;
        case AGENT_OUT_STATE:
            l->state_id = out.state->head.header_id;
            publish(l, VDA_T_STATE, vda_state_encode(out.state, l->out, sizeof l->out), 0, 0);
            break;
        }
    }
}

static void give(struct agent_link *l, struct agent_in in)
{
    char utc[32];
    utc_text(utc);
    agent_stamp(l->cfg.agent, utc);
    in.at_ms = agent_ms(l);
    agent_input(l->cfg.agent, &in);
    drain(l);
}

/* Position for displays, often and cheap: nobody decides on it. */
static void show(struct agent_link *l)
{
    struct agent_truth t;
    struct vda_state *p = &l->picture;
    agent_truth(l->cfg.agent, agent_ms(l), &t);
    utc_text(p->head.timestamp);
    p->has_position = p->localized = true;
    p->x_mm = t.pose.x_mm;
    p->y_mm = t.pose.y_mm;
    p->theta = t.pose.theta;
    memcpy(p->map_id, t.map_id, sizeof p->map_id);
    publish(l, VDA_T_VISUALIZATION, vda_visualization_encode(p, l->state_id, l->out, sizeof l->out), 0, 0);
    p->head.header_id++;
}

/* ---- in ---- */

static void on_message(struct agent_link *l, const struct mqtt_item *m)
{
    bool order = strcmp(m->topic, l->order_topic) == 0;
    struct err_note note = { .where = "" };
    struct agent_in in = { .kind = order ? AGENT_ORDER : AGENT_INSTANT };
    char why[sizeof note.where + sizeof note.what + 4];
    if (m->retained || (!order && strcmp(m->topic, l->instant_topic) != 0)) return;
    int err = order ? vda_order_decode(m->payload, m->payload_len, &l->order, &note)
                    : vda_instant_decode(m->payload, m->payload_len, &l->instant, &note);
    if (err) {
        snprintf(why, sizeof why, "%s: %s", note.where, note.what[0] ? note.what : err_en(err));
        in.refused = why;
    } else if (order) {
        in.order = &l->order;
    } else {
        in.instant = &l->instant;
    }
    give(l, in);
}

static void on_item(struct agent_link *l, const struct mqtt_item *m)
{
    switch (m->kind) {
    case MQTT_MESSAGE: on_message(l, m); break;
    case MQTT_CONNECTED:
        l->ever_connected = true;
        l->cfg.said(l->cfg.ctx, "connected", "已连接");
        give(l, (struct agent_in){ .kind = AGENT_LINK_UP });
        break;
    case MQTT_LOST:
        l->cfg.said(l->cfg.ctx, "connection lost; finishing the released way", "连接中断；走完已放行的路段");
        give(l, (struct agent_in){ .kind = AGENT_LINK_DOWN });
        break;
    }
}

/* ---- run ---- */

static void wake_up(void *ctx)
{
    const struct agent_link *l = ctx;
    ssize_t n = write(l->wake[1], "", 1); /* a full pipe wakes as well */
    (void)n;
}

void agent_link_stop(struct agent_link *l)
{
    int kept = errno;
    atomic_store(&l->stop, 1);
    wake_up(l);
    errno = kept;
}

static int wait_ms(const struct agent_link *l)
{
    ms_t due = agent_deadline(l->cfg.agent), wait = 60000;
    if (due != MS_NEVER) wait = ms_min(wait, (due - agent_ms(l) + l->cfg.clock - 1) / l->cfg.clock);
    if (l->cfg.visualization_ms && mqtt_link_connected(l->mqtt)) wait = ms_min(wait, l->picture_ms - wall_ms(l));
    if (!l->ever_connected && !l->warned) wait = ms_min(wait, PATIENCE_MS - wall_ms(l));
    if (l->cfg.drive) wait = ms_min(wait, DRIVE_STEP_MS);
    return (int)ms_max(wait, 0);
}

/* What the vehicle said, and whether it still speaks; then what it is to do. */
static void look_after_drive(struct agent_link *l)
{
    if (drive_tcp_step(l->cfg.drive, agent_ms(l))) give(l, (struct agent_in){ .kind = AGENT_TICK });
    const char *why = drive_remote_trouble(l->cfg.remote, agent_ms(l));
    if ((why != NULL) != l->drive_lost) {
        l->drive_lost = why != NULL;
        l->cfg.said(l->cfg.ctx, why ? why : "the drive is there",
                    why ? "驱动程序没有响应或报告故障" : "驱动程序已就绪");
        give(l, (struct agent_in){ .kind = AGENT_DRIVE, .refused = why });
    }
    (void)drive_tcp_step(l->cfg.drive, agent_ms(l));
}

static void timers(struct agent_link *l)
{
    if (l->cfg.drive) look_after_drive(l);
    if (agent_deadline(l->cfg.agent) <= agent_ms(l)) give(l, (struct agent_in){ .kind = AGENT_TICK });
    if (!l->ever_connected && !l->warned && wall_ms(l) >= PATIENCE_MS) {
        l->warned = true;
        l->cfg.said(l->cfg.ctx, "no connection yet, still trying; check address, user name and password",
                    "尚未连接，继续尝试；请检查地址、用户名和密码");
    }
    if (!l->cfg.visualization_ms || wall_ms(l) < l->picture_ms || !mqtt_link_connected(l->mqtt)) return;
    show(l);
    l->picture_ms = wall_ms(l) + l->cfg.visualization_ms;
}

void agent_link_run(struct agent_link *l)
{
    struct mqtt_item item;
    char bin[256];
    while (!atomic_load(&l->stop)) {
        struct pollfd p[2] = { { .fd = l->wake[0], .events = POLLIN },
                               { .fd = l->cfg.drive ? drive_tcp_fd(l->cfg.drive) : -1, .events = POLLIN } };
        (void)poll(p, 2, wait_ms(l)); /* EINTR is a wake-up like any other */
        while (read(l->wake[0], bin, sizeof bin) > 0) {}
        while (!atomic_load(&l->stop) && mqtt_link_next(l->mqtt, &item)) on_item(l, &item);
        timers(l);
    }
}

/* ---- open, close ---- */

static int open_mqtt(struct agent_link *l, struct err_note *note)
{
    const struct agent_link_config *c = &l->cfg;
    const char *const filters[] = { l->order_topic, l->instant_topic, NULL };
    char will[1024], id[2 * VDA_ID_MAX + 8];
    text_copy(l->connection.version, sizeof l->connection.version, c->version);
    text_copy(l->connection.manufacturer, sizeof l->connection.manufacturer, c->manufacturer);
    text_copy(l->connection.serial, sizeof l->connection.serial, c->serial);
    l->picture.head = l->connection;
    if (connection_text(l, VDA_CONNECTION_BROKEN, will, sizeof will) < 0)
        return err_at(note, ORD_EUSAGE, "serial", "names are too long for a connection message");
    snprintf(id, sizeof id, "%s.%s", c->manufacturer, c->serial);
    struct mqtt_link_config mc = { .uri = c->broker,
                                   .client_id = id,
                                   .username = c->username,
                                   .password = c->password,
                                   .tls = { .ca_file = c->ca_file, .cert_file = c->cert_file, .key_file = c->key_file },
                                   .subscribe = filters,
                                   .will_topic = l->connection_topic,
                                   .will_payload = will,
                                   .queue_max = 64,
                                   .wake = wake_up,
                                   .ctx = l };
    return mqtt_link_open(&l->mqtt, &mc, note);
}

int agent_link_open(struct agent_link **out, const struct agent_link_config *cfg, struct err_note *note)
{
    struct agent_link *l = calloc(1, sizeof *l);
    if (!l) return err_at(note, ORD_EMEMORY, "orderly-agent", "no memory");
    l->cfg = *cfg;
    l->start_ns = clock_ns();
    int err = make_topics(l, note);
    if (!err && pipe2(l->wake, O_NONBLOCK | O_CLOEXEC)) err = err_at(note, ORD_EIO, "pipe", "%s", strerror(errno));
    if (err) {
        free(l);
        return err;
    }
    err = open_mqtt(l, note);
    if (!err) {
        *out = l;
        return ORD_OK;
    }
    close(l->wake[0]);
    close(l->wake[1]);
    free(l);
    return err;
}

void agent_link_close(struct agent_link *l)
{
    l->connection.header_id++;
    int n = connection_text(l, VDA_OFFLINE, l->out, sizeof l->out);
    mqtt_link_close(l->mqtt, n > 0 ? l->connection_topic : NULL, l->out);
    close(l->wake[0]);
    close(l->wake[1]);
    free(l);
}
