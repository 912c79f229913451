#include "drive_tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"

#define AGAIN_MS 500

struct drive_tcp {
    struct drive_remote *drive;
    struct sockaddr_in at;
    int fd;
    bool connected;
    ms_t tried_ms;
    char in[1024];
    size_t in_n;
    char out[128];
    size_t out_n;
};

int drive_tcp_open(struct drive_tcp **out, const char *at, struct drive_remote *drive)
{
    char host[64];
    const char *colon = strrchr(at, ':');
    char *end;
    if (!colon || (size_t)(colon - at) >= sizeof host) return ORD_EUSAGE;
    memcpy(host, at, (size_t)(colon - at));
    host[colon - at] = '\0';
    long port = strtol(colon + 1, &end, 10);
    struct drive_tcp *t = calloc(1, sizeof *t);
    if (!t) return ORD_EMEMORY;
    t->at.sin_family = AF_INET;
    if (end == colon + 1 || *end || port < 1 || port > 65535 || inet_pton(AF_INET, host, &t->at.sin_addr) != 1) {
        free(t);
        return ORD_EUSAGE;
    }
    t->at.sin_port = htons((uint16_t)port);
    t->drive = drive;
    t->fd = -1;
    t->tried_ms = -AGAIN_MS;
    *out = t;
    return ORD_OK;
}

int drive_tcp_fd(const struct drive_tcp *t) { return t->connected ? t->fd : -1; }

static void drop(struct drive_tcp *t)
{
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
    t->connected = false;
    t->in_n = t->out_n = 0;
}

static void try_connect(struct drive_tcp *t, ms_t now_ms)
{
    int on = 1;
    if (t->fd < 0) {
        if (now_ms - t->tried_ms < AGAIN_MS) return;
        t->tried_ms = now_ms;
        t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (t->fd < 0) return;
        (void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    int err = connect(t->fd, (const struct sockaddr *)&t->at, sizeof t->at);
    if (err == 0 || errno == EISCONN) {
        t->connected = true;
        drive_remote_connected(t->drive, now_ms);
    } else if (errno != EINPROGRESS && errno != EALREADY) {
        drop(t);
    }
}

/* True when a line made sense. One that is too long to be any ends the connection: who writes such is no drive. */
static bool take_lines(struct drive_tcp *t, ms_t now_ms)
{
    bool any = false;
    for (char *end; (end = memchr(t->in, '\n', t->in_n)) != NULL;) {
        *end = '\0';
        any = drive_remote_line(t->drive, t->in, now_ms) || any;
        size_t used = (size_t)(end - t->in) + 1;
        t->in_n -= used;
        memmove(t->in, t->in + used, t->in_n);
    }
    return any;
}

static bool read_all(struct drive_tcp *t, ms_t now_ms)
{
    bool any = false;
    for (;;) {
        if (t->in_n == sizeof t->in) break;
        ssize_t n = recv(t->fd, t->in + t->in_n, sizeof t->in - t->in_n, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return any;
        if (n <= 0) break;
        t->in_n += (size_t)n;
        any = take_lines(t, now_ms) || any;
    }
    drop(t);
    return any;
}

static void write_all(struct drive_tcp *t, ms_t now_ms)
{
    while (t->connected) {
        if (t->out_n == 0) {
            if (!drive_remote_next(t->drive, t->out, sizeof t->out, now_ms)) return;
            t->out_n = strlen(t->out);
        }
        ssize_t n = send(t->fd, t->out, t->out_n, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n < 0) {
            drop(t);
            return;
        }
        t->out_n -= (size_t)n;
        memmove(t->out, t->out + n, t->out_n);
    }
}

bool drive_tcp_step(struct drive_tcp *t, ms_t now_ms)
{
    if (!t->connected) try_connect(t, now_ms);
    if (!t->connected) return false;
    bool any = read_all(t, now_ms);
    if (t->connected) write_all(t, now_ms);
    return any;
}

void drive_tcp_close(struct drive_tcp *t)
{
    if (!t) return;
    drop(t);
    free(t);
}
