/* http - a thin skin over libmicrohttpd, run by the libuv loop through its epoll descriptor. No thread of its own.
 *
 * A request reaches `handle` once, whole, with at most body_max bytes of body. The handler answers at once with
 * http_reply() or http_stream(); http_hold() keeps a given answer back until http_release(). HTTP rules are the
 * library's, in its strict mode; what an answer means is api.c's. */
#ifndef EDGE_HTTP_H
#define EDGE_HTTP_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "common/err.h"

#define HTTP_CONNECTIONS_MAX 256

struct http;
struct http_call; /* one request, valid until its answer has left or its client has gone */

struct http_config {
    uv_loop_t *uv;
    int fd;                   /* listening socket; closed by http_close */
    size_t body_max;
    const char *cert, *key;   /* PEM texts: https; NULL: http. Borrowed until http_close */
    void (*handle)(void *ctx, struct http_call *c);
    void *ctx;
};

/* Binds host:port (an IP literal); ORD_EBUSY when the port is taken. *bound is the port really used. */
int http_listen(const char *host, uint16_t port, int *fd, uint16_t *bound, struct err_note *note);
int http_open(struct http **out, const struct http_config *cfg, struct err_note *note);
/* Held calls must have been released and streams ended before. */
void http_close(struct http *h);
/* After http_release or http_stream_wake outside `handle`: let the library act on it now. */
void http_kick(struct http *h);

const char *http_method(const struct http_call *c);
const char *http_path(const struct http_call *c);                     /* percent-decoded, without the query */
const char *http_query(const struct http_call *c, const char *key);   /* NULL: absent */
const char *http_header(const struct http_call *c, const char *name); /* NULL: absent */
const char *http_body(const struct http_call *c, size_t *n);
bool http_body_too_large(const struct http_call *c);
const char *http_cookie(const struct http_call *c, const char *name);  /* NULL: absent */
void http_peer(const struct http_call *c, char *out, size_t size);     /* its address, "" when unknown */
unsigned http_status(const struct http_call *c);                       /* of the answer so far */

/* The answer; a second one replaces the first. The bytes are copied unless `lasting`. NULL type: no body type. */
void http_reply(struct http_call *c, unsigned status, const char *type, const char *bytes, size_t n, bool lasting);
void http_reply_header(struct http_call *c, const char *name, const char *value);
void http_hold(struct http_call *c);
void http_release(struct http_call *c);

/* An answer without end. `read` fills buf: bytes, 0 = nothing now (http_stream_wake says when), -1 = end it.
 * `gone` is called once when the client or the server has ended it. */
struct http_stream { ssize_t (*read)(void *ctx, char *buf, size_t max); void (*gone)(void *ctx); void *ctx; };
void http_stream(struct http_call *c, const char *type, struct http_stream stream);
void http_stream_wake(struct http_call *c);

#endif
