/* sse - one stream of events for everybody who listens (text/event-stream).
 *
 * Events are written once into a ring of bytes; each client is a cursor into it. A client that falls more than the ring
 * behind is disconnected: nothing is buffered per client, nobody slows the others. A browser then connects again and
 * asks for the present state. Order is the order of sse_put; ids count up. */
#ifndef EDGE_SSE_H
#define EDGE_SSE_H

#include "http.h"

#define SSE_CLIENTS_MAX 64
#define SSE_RING_BYTES ((size_t)1 << 20)
#define SSE_EVENT_MAX 8192

struct sse;
int sse_open(struct sse **out, struct http *const *http); /* *http: set before the first sse_flush */
void sse_end(struct sse *s);                              /* ends all streams; then http_kick, then sse_close */
void sse_close(struct sse *s);

/* Makes `c` a listener; it first gets event "hello" with `data`. False: too many listen already. */
bool sse_join(struct sse *s, struct http_call *c, const char *hello);
unsigned sse_clients(const struct sse *s);
/* `data` is one line of JSON. */
void sse_put(struct sse *s, const char *event, const char *data);
void sse_comment(struct sse *s);                          /* keeps proxies and dead clients awake */
void sse_flush(struct sse *s);                            /* wakes whoever waits; not from within a handler */

#endif
