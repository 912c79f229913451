#include "wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/building_msg.h"
#include "common/heap.h"
#include "common/rng.h"
#include "common/vda/vda_codec.h"

struct slot {
    void *bytes; /* kept for the next message */
    size_t n, room;
    uint16_t who;
    uint8_t kind;
};
struct link {
    struct rng loss, duplicate, delay;
};

union message {
    struct vda_order order;
    struct vda_instant_actions instant;
    struct vda_state state;
    struct vda_connection connection;
    struct elevator_request_msg car_request;
    struct elevator_state_msg car_state;
    struct door_request_msg door_request;
    struct door_state_msg door_state;
};

struct wire {
    struct wire_config cfg;
    struct link *link[WIRE_KINDS];
    struct slot *slot;
    uint32_t *idle, idles, slots; /* slots not in use */
    struct heap heap;
    uint64_t seq;
    struct wire_totals totals;
    union message now;   /* being delivered: the receiver may send while it reads */
    union message draft; /* being encoded */
    char text[VDA_MESSAGE_MAX];
};

/* ---- packing: one walk per message measures, writes and reads, so the three cannot drift apart ---- */
struct pack {
    uint8_t *to;
    const uint8_t *from;
    size_t n;
};

static void part(struct pack *p, void *field, size_t n)
{
    if (p->to) memcpy(p->to + p->n, field, n);
    else if (p->from) memcpy(field, p->from + p->n, n);
    p->n += n;
}

/* From the first byte of member a up to, not including, member b. */
#define SPAN(p, m, type, a, b) part(p, (uint8_t *)(m) + offsetof(type, a), offsetof(type, b) - offsetof(type, a))

static void walk_order(struct pack *p, struct vda_order *m)
{
    part(p, m, offsetof(struct vda_order, node));
    part(p, m->node, m->nodes * sizeof m->node[0]);
    part(p, m->edge, (m->nodes > 0 ? m->nodes - 1u : 0u) * sizeof m->edge[0]);
    part(p, m->action, m->actions * sizeof m->action[0]);
}

static void walk_instant(struct pack *p, struct vda_instant_actions *m)
{
    part(p, m, offsetof(struct vda_instant_actions, action));
    part(p, m->action, m->actions * sizeof m->action[0]);
}

static size_t kept(size_t count, size_t max) { return count < max ? count : max; }

static void walk_state(struct pack *p, struct vda_state *m)
{
    part(p, m, offsetof(struct vda_state, node_state));
    part(p, m->node_state, kept(m->node_states, VDA_NODES_MAX) * sizeof m->node_state[0]);
    SPAN(p, m, struct vda_state, edge_states, edge_state);
    part(p, m->edge_state, kept(m->edge_states, VDA_NODES_MAX) * sizeof m->edge_state[0]);
    SPAN(p, m, struct vda_state, driving, action_state);
    part(p, m->action_state, m->action_states * sizeof m->action_state[0]);
    SPAN(p, m, struct vda_state, battery_permille, error);
    part(p, m->error, m->errors * sizeof m->error[0]);
    SPAN(p, m, struct vda_state, estop, load);
    part(p, m->load, m->loads * sizeof m->load[0]);
}

static void walk(struct pack *p, enum wire_kind kind, void *m)
{
    switch (kind) {
    case WIRE_ORDER: walk_order(p, m); return;
    case WIRE_INSTANT: walk_instant(p, m); return;
    case WIRE_STATE: walk_state(p, m); return;
    case WIRE_CONNECTION: part(p, m, sizeof(struct vda_connection)); return;
    case WIRE_CAR_REQUEST: part(p, m, sizeof(struct elevator_request_msg)); return;
    case WIRE_CAR_STATE: part(p, m, sizeof(struct elevator_state_msg)); return;
    case WIRE_DOOR_REQUEST: part(p, m, sizeof(struct door_request_msg)); return;
    case WIRE_DOOR_STATE: part(p, m, sizeof(struct door_state_msg)); return;
    case WIRE_KINDS: break;
    }
    assert(!"kind of message");
}

/* ---- through the codec ---- */
static int encode(enum wire_kind kind, const void *m, char *buf, size_t size)
{
    switch (kind) {
    case WIRE_ORDER: return vda_order_encode(m, buf, size);
    case WIRE_INSTANT: return vda_instant_encode(m, buf, size);
    case WIRE_STATE: return vda_state_encode(m, buf, size);
    case WIRE_CONNECTION: return vda_connection_encode(m, buf, size);
    case WIRE_CAR_REQUEST: return elevator_request_encode(m, buf, size);
    case WIRE_CAR_STATE: return elevator_state_encode(m, buf, size);
    case WIRE_DOOR_REQUEST: return door_request_encode(m, buf, size);
    case WIRE_DOOR_STATE: return door_state_encode(m, buf, size);
    case WIRE_KINDS: break;
    }
    return ORD_ERANGE;
}

static int decode(struct wire *w, const struct slot *s, struct err_note *note)
{
    switch ((enum wire_kind)s->kind) {
    case WIRE_ORDER: return vda_order_decode(s->bytes, s->n, &w->now.order, note);
    case WIRE_INSTANT: return vda_instant_decode(s->bytes, s->n, &w->now.instant, note);
    case WIRE_STATE: return vda_state_decode(s->bytes, s->n, &w->now.state, note);
    case WIRE_CONNECTION: return vda_connection_decode(s->bytes, s->n, &w->now.connection, note);
    case WIRE_CAR_REQUEST: return elevator_request_decode(s->bytes, s->n, &w->now.car_request, note);
    case WIRE_CAR_STATE: return elevator_state_decode(s->bytes, s->n, &w->now.car_state, note);
    case WIRE_DOOR_REQUEST: return door_request_decode(s->bytes, s->n, &w->now.door_request, note);
    case WIRE_DOOR_STATE: return door_state_decode(s->bytes, s->n, &w->now.door_state, note);
    case WIRE_KINDS: break;
    }
    return ORD_ERANGE;
}

/* ---- open, close ---- */
static uint16_t links_of(const struct wire_config *cfg, int kind)
{
    if (kind <= WIRE_CONNECTION) return cfg->robots;
    return kind <= WIRE_CAR_STATE ? cfg->elevators : cfg->doors;
}

int wire_open(struct wire **out, const struct wire_config *cfg)
{
    assert(cfg->delay_min_ms >= 0 && cfg->delay_min_ms <= cfg->delay_max_ms);
    struct wire *w = calloc(1, sizeof *w);
    if (!w) return ORD_EMEMORY;
    w->cfg = *cfg;
    for (int k = 0; k < WIRE_KINDS; k++) {
        uint16_t n = links_of(cfg, k);
        w->link[k] = calloc(n ? n : 1, sizeof(struct link));
        if (!w->link[k]) {
            wire_close(w);
            return ORD_EMEMORY;
        }
        for (uint16_t i = 0; i < n; i++) {
            uint64_t entity = ((uint64_t)k << 32) | i;
            w->link[k][i] = (struct link){ .loss = rng_stream_of(cfg->seed, "wire.loss", entity),
                                           .duplicate = rng_stream_of(cfg->seed, "wire.duplicate", entity),
                                           .delay = rng_stream_of(cfg->seed, "wire.delay", entity) };
        }
    }
    *out = w;
    return ORD_OK;
}

void wire_close(struct wire *w)
{
    if (!w) return;
    for (uint32_t i = 0; i < w->slots; i++) free(w->slot[i].bytes);
    for (int k = 0; k < WIRE_KINDS; k++) free(w->link[k]);
    free(w->heap.item);
    free(w->slot);
    free(w->idle);
    free(w);
}

/* ---- sending ---- */
static int grow(struct wire *w)
{
    uint32_t n = w->slots ? 2 * w->slots : 256;
    struct slot *slot = realloc(w->slot, n * sizeof *slot);
    if (slot) w->slot = slot;
    uint32_t *idle = realloc(w->idle, n * sizeof *idle);
    if (idle) w->idle = idle;
    struct heap_item *item = realloc(w->heap.item, n * sizeof *item);
    if (item) w->heap.item = item;
    if (!slot || !idle || !item) return ORD_EMEMORY;
    for (uint32_t i = n; i-- > w->slots;) {
        w->slot[i] = (struct slot){ 0 };
        w->idle[w->idles++] = i;
    }
    w->slots = w->heap.capacity = n;
    return ORD_OK;
}

static int enqueue(struct wire *w, enum wire_kind kind, uint16_t who, const void *bytes, size_t n, ms_t at_ms)
{
    if (w->idles == 0) {
        int err = grow(w);
        if (err) return err;
    }
    struct slot *s = &w->slot[w->idle[w->idles - 1]];
    if (!s->bytes || s->room < n) {
        size_t room = n < 512 ? 512 : 2 * n;
        void *more = realloc(s->bytes, room);
        if (!more) return ORD_EMEMORY;
        s->bytes = more;
        s->room = room;
    }
    memcpy(s->bytes, bytes, n);
    uint32_t i = w->idle[--w->idles];
    s->n = n;
    s->who = who;
    s->kind = (uint8_t)kind;
    bool pushed = heap_push(&w->heap, at_ms, w->seq++, i);
    assert(pushed);
    (void)pushed;
    return ORD_OK;
}

static_assert(offsetof(struct vda_order, head) == 0 && offsetof(struct vda_instant_actions, head) == 0 &&
                  offsetof(struct vda_state, head) == 0 && offsetof(struct vda_connection, head) == 0,
              "a header is replaced at the start of the packed bytes");

/* The message as it travels, in w->text. */
static int payload(struct wire *w, enum wire_kind kind, const struct vda_header *head, const void *message, size_t *n)
{
    struct pack p = { .to = (uint8_t *)w->text };
    struct pack measure = { 0 };
    void *m = (void *)(uintptr_t)message; /* walk only reads when measuring and writing */
    walk(&measure, kind, m);
    assert(measure.n <= sizeof w->text);
    walk(&p, kind, m);
    *n = p.n;
    if (head) memcpy(w->text, head, sizeof *head);
    if (!w->cfg.codec) return ORD_OK;
    struct pack back = { .from = (const uint8_t *)w->text };
    walk(&back, kind, &w->draft); /* a copy with the right head, to encode from */
    int len = encode(kind, &w->draft, w->text, sizeof w->text);
    if (len < 0) return len;
    *n = (size_t)len;
    return ORD_OK;
}

int wire_send(struct wire *w, enum wire_kind kind, uint16_t who, const struct vda_header *head, const void *message,
              ms_t now_ms, struct err_note *note)
{
    assert(who < links_of(&w->cfg, (int)kind));
    struct link *l = &w->link[kind][who];
    w->totals.sent++;
    bool lost = rng_chance(&l->loss, w->cfg.loss_ppm);
    int copies = rng_chance(&l->duplicate, w->cfg.duplicate_ppm) ? 2 : 1;
    w->totals.lost += lost;
    w->totals.duplicated += copies == 2;
    if (lost) copies--; /* each copy travels alone: a repeated message may lose one of the two */
    if (copies == 0) return ORD_OK;

    size_t n;
    int bad = payload(w, kind, head, message, &n);
    if (bad) return err_at(note, bad, "wire", "a message of kind %d cannot be encoded: %s", (int)kind, err_en(bad));
    for (; copies > 0; copies--) {
        ms_t delay = rng_between(&l->delay, w->cfg.delay_min_ms, w->cfg.delay_max_ms);
        int err = enqueue(w, kind, who, w->text, n, now_ms + delay);
        if (err) return err_at(note, err, "wire", "no memory for messages under way");
    }
    return ORD_OK;
}

/* ---- delivering ---- */
ms_t wire_deadline(const struct wire *w) { return heap_empty(&w->heap) ? MS_NEVER : w->heap.item[0].key; }

int wire_next(struct wire *w, ms_t now_ms, struct wire_item *out, struct err_note *note)
{
    struct heap_item due;
    if (wire_deadline(w) > now_ms || !heap_pop(&w->heap, &due)) return 0;
    struct slot *s = &w->slot[due.value];
    int err = ORD_OK;
    if (w->cfg.codec) {
        err = decode(w, s, note);
    } else {
        struct pack p = { .from = s->bytes };
        walk(&p, (enum wire_kind)s->kind, &w->now);
        assert(p.n == s->n);
    }
    *out = (struct wire_item){ .kind = (enum wire_kind)s->kind, .who = s->who, .message = &w->now };
    w->idle[w->idles++] = (uint32_t)due.value;
    w->totals.delivered++;
    return err ? err : 1;
}

void wire_totals(const struct wire *w, struct wire_totals *out) { *out = w->totals; }
