#include "sse.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

struct client {
    struct client *next;
    struct sse *sse;
    struct http_call *call;
    uint64_t cursor; /* offset in the endless stream of bytes */
    size_t hello_at, hello_n;
    bool waiting;
    char hello[256];
};

struct sse {
    struct http *const *http;
    struct client *first;
    unsigned clients;
    uint64_t end; /* bytes ever written */
    uint64_t id;
    bool ending;
    char ring[SSE_RING_BYTES];
};

int sse_open(struct sse **out, struct http *const *http)
{
    struct sse *s = calloc(1, sizeof *s);
    if (!s) return ORD_EMEMORY;
    s->http = http;
    *out = s;
    return ORD_OK;
}

void sse_close(struct sse *s) { free(s); }
unsigned sse_clients(const struct sse *s) { return s->clients; }

static void ring_put(struct sse *s, const char *bytes, size_t n)
{
    while (n) {
        size_t at = (size_t)(s->end % SSE_RING_BYTES), room = SSE_RING_BYTES - at, part = n < room ? n : room;
        memcpy(s->ring + at, bytes, part);
        s->end += part;
        bytes += part;
        n -= part;
    }
}

static ssize_t on_read(void *ctx, char *buf, size_t max)
{
    struct client *c = ctx;
    struct sse *s = c->sse;
    c->waiting = false;
    if (s->ending) return -1;
    if (c->hello_at < c->hello_n) {
        size_t part = c->hello_n - c->hello_at < max ? c->hello_n - c->hello_at : max;
        memcpy(buf, c->hello + c->hello_at, part);
        c->hello_at += part;
        return (ssize_t)part;
    }
    uint64_t behind = s->end - c->cursor;
    if (behind > SSE_RING_BYTES) return -1;
    size_t at = (size_t)(c->cursor % SSE_RING_BYTES), part = SSE_RING_BYTES - at;
    if (part > behind) part = (size_t)behind;
    if (part > max) part = max;
    memcpy(buf, s->ring + at, part);
    c->cursor += part;
    c->waiting = part == 0;
    return (ssize_t)part;
}

static void on_gone(void *ctx)
{
    struct client *c = ctx;
    struct client **link = &c->sse->first;
    while (*link != c) link = &(*link)->next;
    *link = c->next;
    c->sse->clients--;
    free(c);
}

static void event_text(struct text *t, uint64_t id, const char *event, const char *data)
{
    text_put(t, "id: ");
    text_uint(t, id);
    text_put(t, "\nevent: ");
    text_put(t, event);
    text_put(t, "\ndata: ");
    text_put(t, data);
    text_put(t, "\n\n");
}

bool sse_join(struct sse *s, struct http_call *call, const char *hello)
{
    struct text t;
    if (s->clients >= SSE_CLIENTS_MAX || s->ending) return false;
    struct client *c = calloc(1, sizeof *c);
    if (!c) return false;
    text_init(&t, c->hello, sizeof c->hello);
    event_text(&t, s->id, "hello", hello);
    c->hello_n = t.used;
    c->sse = s;
    c->call = call;
    c->cursor = s->end;
    c->next = s->first;
    s->first = c;
    s->clients++;
    http_stream(call, "text/event-stream; charset=utf-8", (struct http_stream){ on_read, on_gone, c });
    return true;
}

void sse_put(struct sse *s, const char *event, const char *data)
{
    char buf[SSE_EVENT_MAX];
    struct text t;
    text_init(&t, buf, sizeof buf);
    event_text(&t, ++s->id, event, data);
    if (!t.cut) ring_put(s, buf, t.used); /* half an event would poison the stream; the id shows the hole */
}

void sse_comment(struct sse *s) { ring_put(s, ": here\n\n", 8); }

void sse_flush(struct sse *s)
{
    bool woken = false;
    for (struct client *c = s->first; c; c = c->next) {
        if (!c->waiting || (c->cursor == s->end && !s->ending)) continue;
        c->waiting = false;
        http_stream_wake(c->call);
        woken = true;
    }
    if (woken) http_kick(*s->http);
}

void sse_end(struct sse *s)
{
    s->ending = true;
    sse_flush(s);
}
