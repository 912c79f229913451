#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DISCARD_MAX \
    ((size_t)8 << 20) /* of a body that is too large we read so much, so that the client sees our answer */
#define IDLE_S 60
#define STEPS_MAX 64

struct http {
    struct http_config cfg;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    int open_handles;
    bool running;
};

struct http_call {
    struct http *http;
    struct MHD_Connection *connection;
    const char *method;
    char *path;
    char *body;
    size_t body_len, body_room, seen;
    bool too_large, handled, held, suspended, streaming;
    struct MHD_Response *response;
    unsigned status;
    struct http_stream stream;
};

/* ---- the loop ---- */
static void http_run(struct http *h);
static void on_timer(uv_timer_t *t) { http_run(t->data); }
static void on_poll(uv_poll_t *p, int status, int events)
{
    (void)status;
    (void)events;
    http_run(p->data);
}

/* The library says "again at once" (0 ms) while it has work. Follow it for some steps; then come back after 1 ms so
 * that robots are heard even while somebody floods us. A 0 ms libuv timer would starve the loop. */
static void http_run(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG wait = 0;
    if (h->running) return; /* called from within a handler: the outer run goes on anyway */
    h->running = true;
    bool timed = true;
    for (int step = 0; step < STEPS_MAX; step++) {
        MHD_run(h->daemon);
        timed = MHD_get_timeout(h->daemon, &wait) == MHD_YES;
        if (!timed || wait > 0) break;
    }
    h->running = false;
    if (timed) uv_timer_start(&h->timer, on_timer, wait > 0 ? (uint64_t)wait : 1, 0);
    else uv_timer_stop(&h->timer);
}

void http_kick(struct http *h) { http_run(h); }

/* ---- requests ---- */
static struct http_call *call_new(struct http *h, struct MHD_Connection *connection, const char *path,
                                  const char *method)
{
    struct http_call *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->path = strdup(path);
    if (!c->path) {
        free(c);
        return NULL;
    }
    c->http = h;
    c->connection = connection;
    c->method = method;
    return c;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct http_call *c = *slot;
    (void)ctx;
    (void)connection;
    (void)code;
    if (!c) return;
    *slot = NULL;
    if (c->streaming) c->stream.gone(c->stream.ctx);
    if (c->response) MHD_destroy_response(c->response);
    free(c->path);
    free(c->body);
    free(c);
}

static bool body_take(struct http_call *c, const char *bytes, size_t n)
{
    size_t max = c->http->cfg.body_max;
    c->seen += n;
    if (c->too_large || n > max - c->body_len) {
        c->too_large = true;
        return c->seen <= DISCARD_MAX;
    }
    if (c->body_len + n > c->body_room) {
        size_t room = c->body_room ? c->body_room * 2 : 1024;
        while (room < c->body_len + n) room *= 2;
        char *grown = realloc(c->body, room);
        if (!grown) return false;
        c->body = grown;
        c->body_room = room;
    }
    memcpy(c->body + c->body_len, bytes, n);
    c->body_len += n;
    return true;
}

static enum MHD_Result send_reply(struct http_call *c)
{
    if (!c->response) return MHD_NO;
    return MHD_queue_response(c->connection, c->status, c->response);
}

/* The headers already say that the body is too large. A client that waits for "100 Continue" is answered at once and
 * keeps its body; one that sends it anyway is read to the end first, else it would see a reset instead of an answer. */
static bool refuse_early(struct http_call *c)
{
    const char *length = http_header(c, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (!length || strtoull(length, NULL, 10) <= c->http->cfg.body_max) return false;
    c->too_large = true;
    return http_header(c, MHD_HTTP_HEADER_EXPECT) != NULL || strtoull(length, NULL, 10) > DISCARD_MAX;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **slot)
{
    struct http *h = ctx;
    struct http_call *c = *slot;
    (void)version;
    if (!c) {
        *slot = c = call_new(h, connection, path, method);
        if (!c) return MHD_NO;
        if (!refuse_early(c)) return MHD_YES;
    }
    if (*upload_n) {
        bool ok = body_take(c, upload, *upload_n);
        *upload_n = 0;
        return ok ? MHD_YES : MHD_NO;
    }
    if (!c->handled) {
        c->handled = true;
        h->cfg.handle(h->cfg.ctx, c);
    }
    if (c->held) {
        c->suspended = true;
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    return send_reply(c);
}

const char *http_method(const struct http_call *c) { return c->method; }
const char *http_path(const struct http_call *c) { return c->path; }
const char *http_query(const struct http_call *c, const char *key)
{
    return MHD_lookup_connection_value(c->connection, MHD_GET_ARGUMENT_KIND, key);
}
const char *http_header(const struct http_call *c, const char *name)
{
    return MHD_lookup_connection_value(c->connection, MHD_HEADER_KIND, name);
}
const char *http_body(const struct http_call *c, size_t *n)
{
    *n = c->body_len;
    return c->body ? c->body : "";
}
bool http_body_too_large(const struct http_call *c) { return c->too_large; }
const char *http_cookie(const struct http_call *c, const char *name)
{
    return MHD_lookup_connection_value(c->connection, MHD_COOKIE_KIND, name);
}
unsigned http_status(const struct http_call *c) { return c->status; }

void http_peer(const struct http_call *c, char *out, size_t size)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    out[0] = 0;
    if (a && a->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out, (socklen_t)size);
    if (a && a->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, out, (socklen_t)size);
}

/* ---- answers ---- */
void http_reply(struct http_call *c, unsigned status, const char *type, const char *bytes, size_t n, bool lasting)
{
    union {
        const char *in;
        void *out;
    } cast = { .in = bytes }; /* the library takes void * and does not write */
    if (c->response) MHD_destroy_response(c->response);
    c->status = status;
    c->response =
        MHD_create_response_from_buffer(n, cast.out, lasting ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);
    if (type) http_reply_header(c, MHD_HTTP_HEADER_CONTENT_TYPE, type);
}

void http_reply_header(struct http_call *c, const char *name, const char *value)
{
    if (c->response) MHD_add_response_header(c->response, name, value);
}

void http_hold(struct http_call *c) { c->held = true; }

void http_release(struct http_call *c)
{
    c->held = false;
    if (!c->suspended) return;
    c->suspended = false;
    MHD_resume_connection(c->connection);
}

static ssize_t on_read(void *ctx, uint64_t position, char *buf, size_t max)
{
    struct http_call *c = ctx;
    (void)position;
    ssize_t n = c->stream.read(c->stream.ctx, buf, max);
    if (n < 0) return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0) {
        c->suspended = true;
        MHD_suspend_connection(c->connection);
    }
    return n;
}

void http_stream(struct http_call *c, const char *type, struct http_stream stream)
{
    if (c->response) MHD_destroy_response(c->response);
    c->status = MHD_HTTP_OK;
    c->streaming = true;
    c->stream = stream;
    c->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, on_read, c, NULL);
    http_reply_header(c, MHD_HTTP_HEADER_CONTENT_TYPE, type);
}

void http_stream_wake(struct http_call *c)
{
    if (!c->suspended) return;
    c->suspended = false;
    MHD_resume_connection(c->connection);
}

/* ---- open and close ---- */
int http_listen(const char *host, uint16_t port, int *fd, uint16_t *bound, struct err_note *note)
{
    struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;
    socklen_t len = 0;
    int on = 1;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        len = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        len = sizeof *v6;
    } else {
        return err_at(note, ORD_EUSAGE, "--listen", "%s is not an IP address", host);
    }
    int s = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) return err_at(note, ORD_EIO, "--listen", "no socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, (struct sockaddr *)&a, len) || listen(s, 128)) {
        int code = errno;
        close(s);
        if (code == EADDRINUSE)
            return err_at(note, ORD_EBUSY, "--listen",
                          "port %u of %s is in use by another program; stop it or choose another port", port, host);
        return err_at(note, ORD_EIO, "--listen", "cannot listen on %s port %u: %s", host, port, strerror(code));
    }
    len = sizeof a;
    if (getsockname(s, (struct sockaddr *)&a, &len)) {
        close(s);
        return err_at(note, ORD_EIO, "--listen", "%s", strerror(errno));
    }
    *bound = ntohs(a.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    *fd = s;
    return ORD_OK;
}

int http_open(struct http **out, const struct http_config *cfg, struct err_note *note)
{
    struct http *h = calloc(1, sizeof *h);
    if (!h) return err_at(note, ORD_EMEMORY, "http", "out of memory");
    h->cfg = *cfg;
    bool tls = cfg->cert != NULL;
    union {
        const char *in;
        void *out;
    } cert = { cfg->cert }, key = { cfg->key }; /* the library takes void * and does not write */
    struct MHD_OptionItem secure[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, cert.out },
                                       { MHD_OPTION_HTTPS_MEM_KEY, 0, key.out },
                                       { MHD_OPTION_END, 0, NULL } };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? (unsigned)MHD_USE_TLS : 0u);
    h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, cfg->fd,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                 (size_t)32768, MHD_OPTION_STRICT_FOR_CLIENT, (int)1, MHD_OPTION_NOTIFY_COMPLETED,
                                 on_completed, NULL, MHD_OPTION_ARRAY, tls ? secure : secure + 2, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info || uv_poll_init(cfg->uv, &h->poll, info->epoll_fd)) {
        if (h->daemon) MHD_stop_daemon(h->daemon);
        free(h);
        return err_at(note, ORD_EIO, tls ? "--tls-cert" : "http",
                      tls ? "certificate and key cannot be used: both must be PEM, and belong together"
                          : "the HTTP library could not start");
    }
    uv_timer_init(cfg->uv, &h->timer);
    h->poll.data = h->timer.data = h;
    h->open_handles = 2;
    uv_poll_start(&h->poll, UV_READABLE, on_poll);
    http_run(h);
    *out = h;
    return ORD_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct http *h = handle->data;
    h->open_handles--;
}

void http_close(struct http *h)
{
    uv_close((uv_handle_t *)&h->poll, on_closed);
    uv_close((uv_handle_t *)&h->timer, on_closed);
    while (h->open_handles) uv_run(h->cfg.uv, UV_RUN_NOWAIT);
    MHD_run(h->daemon); /* resumed connections send their last bytes */
    MHD_stop_daemon(h->daemon);
    free(h);
}
