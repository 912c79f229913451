#include "vda_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/vda/vda_codec.h"
#include "core/order.h"

#define BUILDING_TOPICS "orderly/v1/" /* elevator_link.c */

struct entry {
    char topic[FLEET_TOPIC_MAX]; /* all levels but the last */
    robot_id robot;
};
enum sheet { SHEET_UNKNOWN, SHEET_AGREES, SHEET_DIFFERS };
struct counters {
    uint32_t order, instant;
};

struct vda_link {
    struct vda_link_config cfg;
    struct entry *by_topic;     /* sorted */
    struct counters *header_id; /* per robot and topic, always rising */
    struct vda_link_counts counts;
    struct log_brake unknown, unreadable;
    uint8_t *sheet; /* enum sheet: what was told to the core */
    bool *said_online;
    struct vda_state state; /* scratch: too large for the stack */
    struct vda_order order;
    struct vda_instant_actions instant;
    char text[VDA_MESSAGE_MAX];
};

static int entry_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return strcmp(x->topic, y->topic);
}

int vda_link_open(struct vda_link **out, const struct vda_link_config *cfg)
{
    uint16_t n = cfg->names->fleet->robots;
    struct vda_link *k = calloc(1, sizeof *k);
    if (!k) return ORD_EMEMORY;
    k->cfg = *cfg;
    k->by_topic = calloc(n + 1u, sizeof *k->by_topic);
    k->header_id = calloc(n + 1u, sizeof *k->header_id);
    k->sheet = calloc(n + 1u, sizeof *k->sheet);
    k->said_online = calloc(n + 1u, sizeof *k->said_online);
    if (!k->by_topic || !k->header_id || !k->sheet || !k->said_online) {
        vda_link_close(k);
        return ORD_EMEMORY;
    }
    /* Ids must go on rising across restarts (I-22): begin at tenths of a second of wall time: no robot
     * outpaces them. */
    uint32_t begin = (uint32_t)(log_wall_ms() / 100);
    for (robot_id r = 0; r < n; r++) {
        fleet_robot_topic(&cfg->names->fleet->robot[r], k->by_topic[r].topic);
        k->by_topic[r].robot = r;
        k->header_id[r] = (struct counters){ begin, begin };
    }
    qsort(k->by_topic, n, sizeof *k->by_topic, entry_order);
    *out = k;
    return ORD_OK;
}

void vda_link_close(struct vda_link *k)
{
    free(k->by_topic);
    free(k->header_id);
    free(k->sheet);
    free(k->said_online);
    free(k);
}

struct vda_link_counts vda_link_counts(const struct vda_link *k) { return k->counts; }

/* One filter for all robots of an interface and version; one each for those with levels of their own. */
void vda_link_topics(const struct vda_link *k, void (*put)(void *ctx, const char *filter), void *ctx)
{
    static const enum vda_topic heard[] = { VDA_T_STATE, VDA_T_CONNECTION, VDA_T_FACTSHEET };
    const struct fleet_spec *f = k->cfg.names->fleet;
    char filter[MQTT_TOPIC_MAX], own[FLEET_TOPIC_MAX];
    for (robot_id r = 0; r < f->robots; r++) {
        const struct fleet_robot *s = &f->robot[r];
        bool first = true;
        for (robot_id q = 0; q < r && first && !s->topic[0]; q++)
            first = f->robot[q].topic[0] || f->robot[q].version[0] != s->version[0] ||
                    strcmp(f->robot[q].interface_name, s->interface_name) != 0;
        if (s->topic[0]) text_copy(own, sizeof own, s->topic);
        else snprintf(own, sizeof own, "%s/v%c/+/+", s->interface_name, s->version[0]);
        for (size_t i = 0; first && i < COUNT_OF(heard); i++) {
            snprintf(filter, sizeof filter, "%s/%s", own, vda_topic_name[heard[i]]);
            put(ctx, filter);
        }
    }
}

/* ---- in ---- */
static const struct entry *find(const struct vda_link *k, const char *topic, size_t n)
{
    size_t lo = 0, hi = k->cfg.names->fleet->robots;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strncmp(k->by_topic[mid].topic, topic, n);
        if (c == 0) c = k->by_topic[mid].topic[n] != '\0';
        if (c == 0) return &k->by_topic[mid];
        if (c < 0) lo = mid + 1;
        else hi = mid;
    }
    return NULL;
}

static void unreadable(struct vda_link *k, robot_id r, const char *topic, const struct err_note *note)
{
    char detail[600];
    k->counts.unreadable++;
    if (!log_brake(&k->unreadable)) return;
    struct out_event e = {
        .event = EVENT_MESSAGE_UNREADABLE, .robot = r, .elevator = ID_NONE, .n = (int64_t)k->unreadable.count
    };
    snprintf(detail, sizeof detail, "%s: %s: %s", topic, note->where, note->what);
    log_event(k->cfg.names, &e, detail);
}

/* What the class promises and the sheet denies, in words for a person; false: they agree. A figure of 0 is not stated:
 * real robots fill their sheets sparsely. */
static bool sheet_differs(const struct vda_factsheet *s, const struct robot_class *c, char *detail, size_t size)
{
    if (s->length_mm > c->length_mm || s->width_mm > c->width_mm)
        snprintf(detail, size, "%d x %d mm, class %s: %d x %d mm", (int)s->length_mm, (int)s->width_mm, c->id,
                 (int)c->length_mm, (int)c->width_mm);
    else if (s->speed_max_mm_s > 0 && s->speed_max_mm_s < c->speed_mm_s)
        snprintf(detail, size, "at most %d mm/s, class %s: %d mm/s", (int)s->speed_max_mm_s, c->id, (int)c->speed_mm_s);
    else if (s->max_load_g > 0 && s->max_load_g < c->payload_g)
        snprintf(detail, size, "carries %lld g, class %s: %d g", (long long)s->max_load_g, c->id, (int)c->payload_g);
    else return false;
    return true;
}

/* One that is too large would get too little room, one too slow or too weak would get work it cannot do. */
static void judge_sheet(struct vda_link *k, robot_id r, const struct vda_factsheet *s)
{
    char detail[160] = "";
    const struct fleet_spec *f = k->cfg.names->fleet;
    enum sheet now = sheet_differs(s, &f->cls[f->robot[r].cls], detail, sizeof detail) ? SHEET_DIFFERS : SHEET_AGREES;
    if (k->sheet[r] == (uint8_t)now) return;
    k->sheet[r] = (uint8_t)now;
    struct out_event e = { .event = EVENT_ROBOT_SHEET_DIFFERS, .robot = r, .elevator = ID_NONE };
    if (now == SHEET_DIFFERS) log_event(k->cfg.names, &e, detail);
    struct fleet_in in = {
        .kind = IN_FACT,
        .fact = { .robot = r, .kind = FACT_SHEET, .node = ID_NONE, .b = now == SHEET_DIFFERS },
    };
    (void)loop_input(k->cfg.loop, &in, NULL, NULL); /* a journal that failed has said so itself */
}

static void take(struct vda_link *k, const struct entry *who, const char *kind, const struct mqtt_item *m)
{
    struct err_note note = { .where = "" };
    struct vda_connection connection;
    struct vda_factsheet sheet;
    int err = ORD_OK;
    if (strcmp(kind, vda_topic_name[VDA_T_STATE]) == 0) {
        err = vda_state_decode(m->payload, m->payload_len, &k->state, &note);
        bool waits = k->cfg.names->fleet->robot[who->robot].quirks.online_needed && !k->said_online[who->robot];
        if (!err && !waits) loop_robot_state(k->cfg.loop, who->robot, &k->state);
    } else if (strcmp(kind, vda_topic_name[VDA_T_CONNECTION]) == 0) {
        err = vda_connection_decode(m->payload, m->payload_len, &connection, &note);
        if (!err) k->said_online[who->robot] = connection.state == VDA_ONLINE;
        if (!err) loop_robot_connection(k->cfg.loop, who->robot, connection.state);
    } else if (strcmp(kind, vda_topic_name[VDA_T_FACTSHEET]) == 0) {
        err = vda_factsheet_decode(m->payload, m->payload_len, &sheet, &note);
        if (!err) judge_sheet(k, who->robot, &sheet);
    }
    if (err) unreadable(k, who->robot, m->topic, &note);
}

bool vda_link_message(struct vda_link *k, const struct mqtt_item *m)
{
    const char *slash = strrchr(m->topic, '/');
    if (!slash || strncmp(m->topic, BUILDING_TOPICS, strlen(BUILDING_TOPICS)) == 0) return false;
    const struct entry *who = find(k, m->topic, (size_t)(slash - m->topic));
    if (who) {
        take(k, who, slash + 1, m);
        return true;
    }
    k->counts.unknown++;
    if (log_brake(&k->unknown)) log_plain(k->cfg.names, EVENT_MESSAGE_UNKNOWN, (int64_t)k->unknown.count, m->topic);
    return true;
}

/* ---- out ---- */
static void head_fill(struct vda_header *h, uint32_t id, const struct fleet_robot *spec)
{
    h->header_id = id;
    log_wall_text(log_wall_ms(), h->timestamp);
    text_copy(h->version, sizeof h->version, spec->version);
    text_copy(h->manufacturer, sizeof h->manufacturer, spec->manufacturer);
    text_copy(h->serial, sizeof h->serial, spec->serial);
}

static void publish(struct vda_link *k, struct mqtt_link *mqtt, robot_id r, enum vda_topic kind, int n)
{
    const struct fleet_robot *spec = &k->cfg.names->fleet->robot[r];
    char topic[MQTT_TOPIC_MAX], own[FLEET_TOPIC_MAX];
    fleet_robot_topic(spec, own);
    snprintf(topic, sizeof topic, "%s/%s", own, vda_topic_name[kind]);
    if (n > 0 && mqtt && mqtt_link_publish(mqtt, topic, k->text, (size_t)n, 0, 0) == ORD_OK) k->counts.sent++;
    else k->counts.unsent++;
}

static void add_params(struct vda_action *a, const struct fleet_param *p, uint8_t n)
{
    for (uint8_t i = 0; i < n && a->params < VDA_PARAMS_MAX; i++) {
        struct vda_param *to = &a->param[a->params++];
        *to = (struct vda_param){ .is_number = false };
        text_copy(to->key, sizeof to->key, p[i].key);
        text_copy(to->value, sizeof to->value, p[i].value);
    }
}

/* What this robot asks for beyond the standard. */
static void suit(const struct fleet_quirks *q, struct vda_order *o)
{
    for (uint8_t i = 0; i < o->actions; i++) {
        if (o->action[i].type == VDA_PICK) add_params(&o->action[i], q->pick, q->pick_params);
        if (o->action[i].type == VDA_DROP) add_params(&o->action[i], q->drop, q->drop_params);
    }
}

bool vda_link_send(struct vda_link *k, struct mqtt_link *mqtt, const struct fleet_out *o)
{
    const struct site *s = k->cfg.names->site;
    if (o->kind == OUT_ORDER) {
        robot_id r = o->order.robot;
        const struct fleet_quirks *q = &k->cfg.names->fleet->robot[r].quirks;
        order_to_vda(s, loop_epoch(k->cfg.loop), &o->order, q->repeat_actions, &k->order);
        suit(q, &k->order);
        struct robot_pose pose;
        if (loop_pose(k->cfg.loop, r, &pose) && pose.level != ID_NONE)
            order_widen(&k->order, s->level[pose.level].id, pose.x_mm, pose.y_mm);
        head_fill(&k->order.head, ++k->header_id[r].order, &k->cfg.names->fleet->robot[r]);
        publish(k, mqtt, r, VDA_T_ORDER, vda_order_encode(&k->order, k->text, sizeof k->text));
        return true;
    }
    if (o->kind == OUT_INSTANT) {
        robot_id r = o->instant.robot;
        instant_to_vda(s, loop_epoch(k->cfg.loop), &o->instant, &k->instant);
        k->instant.old_key = k->cfg.names->fleet->robot[r].quirks.old_instant_key;
        head_fill(&k->instant.head, ++k->header_id[r].instant, &k->cfg.names->fleet->robot[r]);
        publish(k, mqtt, r, VDA_T_INSTANT, vda_instant_encode(&k->instant, k->text, sizeof k->text));
        return true;
    }
    return false;
}
