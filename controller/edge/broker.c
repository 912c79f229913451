#include "broker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker_acl.h"

/* Below the range from which the kernel takes the ports of outgoing connections: a kept port must stay free. */
#define PORT_FIRST 20000
#define PORT_COUNT 10000
#define START_MS 5000
#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS 5000
#define STEADY_NS 10000000000ull

struct broker {
    struct broker_config cfg;
    uint16_t port;
    char dir[512], conf[560], passwords[560], uri[48], program[256], setpriv[64];
    uv_process_t process;
    uv_timer_t retry;
    bool alive, closing, timer_open;
    uint64_t started_ns, retry_ms;
    int log_fd;
};

/* ---- small files ---- */
static bool path_of(const struct broker *b, const char *name, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "%s/%s", b->dir, name) < size;
}

static long read_number(const struct broker *b, const char *name)
{
    char path[600], text[16] = "", *end;
    if (!path_of(b, name, path, sizeof path)) return 0;
    FILE *f = fopen(path, "re");
    if (!f) return 0;
    long v = fgets(text, sizeof text, f) ? strtol(text, &end, 10) : 0;
    fclose(f);
    return v;
}

static int write_file(const struct broker *b, const char *name, const char *text)
{
    char path[600];
    if (!path_of(b, name, path, sizeof path)) return ORD_EFULL;
    FILE *f = fopen(path, "we");
    if (!f) return ORD_EIO;
    int bad = fputs(text, f) < 0;
    bad |= fclose(f) != 0;
    return bad ? ORD_EIO : ORD_OK;
}

static FILE *private_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !f) close(fd);
    return f;
}

static int write_conf(const struct broker *b)
{
    char text[2048];
    snprintf(text, sizeof text,
             "# Written by orderlyd at each start.\n"
             "listener %u 127.0.0.1\n"
             "allow_anonymous false\n"
             "password_file %s/users\n"
             "acl_file %s/acl\n"
             "%s"
             "persistence false\n"
             "set_tcp_nodelay true\n"
             "max_packet_size 131072\n"
             "max_queued_messages 1000\n"
             "max_queued_bytes 16777216\n"
             "max_inflight_messages 1000\n"
             "max_connections 4000\n"
             "log_dest stderr\n"
             "log_type error\n"
             "log_type warning\n",
             b->port, b->dir, b->dir,
             geteuid() == 0 ? "user root\n" : ""); /* else it changes its user and forgets to die with us */
    return write_file(b, "mosquitto.conf", text);
}

/* Both are read by the child only when it starts. */
static int write_rights(const struct broker *b, struct err_note *note)
{
    char path[600];
    if (!path_of(b, "acl", path, sizeof path)) return err_at(note, ORD_EFULL, b->dir, "the path is too long");
    FILE *f = private_file(path);
    if (f) broker_acl_write(f, b->cfg.names->fleet);
    if (!f || fclose(f) != 0) return err_at(note, ORD_EIO, path, "cannot write: %s", strerror(errno));
    path_of(b, "users", path, sizeof path);
    f = private_file(path);
    if (!f) return err_at(note, ORD_EIO, path, "cannot write: %s", strerror(errno));
    int err = broker_passwords(b->passwords, b->cfg.names->fleet, f, note);
    if (fclose(f) != 0 && !err) err = err_at(note, ORD_EIO, path, "cannot write: %s", strerror(errno));
    return err;
}

/* ---- ports ---- */
static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static bool port_free(uint16_t port)
{
    struct sockaddr_in a = loopback(port);
    int on = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) return false;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool ok = bind(s, (struct sockaddr *)&a, sizeof a) == 0 && listen(s, 1) == 0;
    close(s);
    return ok;
}

static bool port_answers(uint16_t port)
{
    struct sockaddr_in a = loopback(port);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) return false;
    bool ok = connect(s, (struct sockaddr *)&a, sizeof a) == 0;
    close(s);
    return ok;
}

static void pause_ms(long ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&t, NULL);
}

/* A broker of an earlier controller that did not die with it. Only one that was started with our own file. */
static void end_orphan(const struct broker *b)
{
    char path[64], line[1024];
    long pid = read_number(b, "pid");
    if (pid <= 1) return;
    snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
    FILE *f = fopen(path, "re");
    if (!f) return;
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    for (size_t i = 0; i < n; i++)
        if (!line[i]) line[i] = ' ';
    line[n] = 0;
    if (!strstr(line, "mosquitto") || !strstr(line, b->conf)) return;
    kill((pid_t)pid, SIGKILL);
    for (int i = 0; i < 200 && kill((pid_t)pid, 0) == 0; i++) pause_ms(10);
}

static int choose_port(struct broker *b, struct err_note *note)
{
    long kept = b->cfg.port ? b->cfg.port : read_number(b, "port");
    if (kept > 0 && kept <= 65535) {
        b->port = (uint16_t)kept;
        for (int i = 0; i < 200; i++) {
            if (port_free(b->port)) return ORD_OK;
            pause_ms(10);
        }
        return err_at(note, ORD_EBUSY, "--broker-port",
                      "port %ld of the private broker is in use by another program; stop it, or give "
                      "another port and start the robots anew",
                      kept);
    }
    for (int i = 0; i < 100; i++) {
        b->port = (uint16_t)(PORT_FIRST + randombytes_uniform(PORT_COUNT));
        if (port_free(b->port)) return ORD_OK;
    }
    return err_at(note, ORD_EBUSY, "--broker-port", "no free port between %d and %d", PORT_FIRST,
                  PORT_FIRST + PORT_COUNT - 1);
}

/* ---- the child ---- */
static bool find_program(const char *name, char *out, size_t size)
{
    const char *path = getenv("PATH");
    char list[4096];
    snprintf(list, sizeof list, "%s:/usr/sbin:/usr/bin:/usr/local/sbin", path ? path : "");
    char *rest = list;
    for (char *dir; (dir = strsep(&rest, ":"));)
        if (*dir && (size_t)snprintf(out, size, "%s/%s", dir, name) < size && access(out, X_OK) == 0) return true;
    return false;
}

static void start(struct broker *b);
static void on_retry(uv_timer_t *t) { start(t->data); }

static void on_process_closed(uv_handle_t *h)
{
    struct broker *b = h->data;
    b->alive = false;
    if (b->closing) return;
    if (uv_hrtime() - b->started_ns > STEADY_NS) b->retry_ms = RETRY_FIRST_MS;
    uv_timer_start(&b->retry, on_retry, b->retry_ms, 0);
    b->retry_ms = b->retry_ms * 2 < RETRY_LAST_MS ? b->retry_ms * 2 : RETRY_LAST_MS;
}

static void on_exit_of_child(uv_process_t *p, int64_t status, int sig)
{
    struct broker *b = p->data;
    if (!b->closing) log_plain(b->cfg.names, EVENT_BROKER_RESTARTED, sig ? sig : status, NULL);
    uv_close((uv_handle_t *)p, on_process_closed);
}

static void start(struct broker *b)
{
    char text[16];
    char kill_with_us[] = "--pdeathsig", signal_name[] = "KILL", dashes[] = "--", conf_flag[] = "-c";
    char *args[] = { b->setpriv, kill_with_us, signal_name, dashes, b->program, conf_flag, b->conf, NULL };
    char **argv = b->setpriv[0] ? args : args + 4;
    uv_stdio_container_t io[3] = { { .flags = UV_IGNORE },
                                   { .flags = UV_INHERIT_FD, .data.fd = b->log_fd },
                                   { .flags = UV_INHERIT_FD, .data.fd = b->log_fd } };
    uv_process_options_t o = {
        .file = argv[0], .args = argv, .exit_cb = on_exit_of_child, .stdio = io, .stdio_count = 3
    };
    b->started_ns = uv_hrtime();
    b->process.data = b;
    b->alive = true;
    if (uv_spawn(b->cfg.uv, &b->process, &o)) {
        uv_close((uv_handle_t *)&b->process, on_process_closed);
        return;
    }
    snprintf(text, sizeof text, "%d\n", (int)b->process.pid);
    write_file(b, "pid", text);
}

static int wait_until_ready(struct broker *b, struct err_note *note)
{
    uint64_t until = uv_hrtime() + (uint64_t)START_MS * 1000000;
    while (uv_hrtime() < until) {
        uv_run(b->cfg.uv, UV_RUN_NOWAIT); /* notices a child that has ended, starts it again */
        if (b->alive && port_answers(b->port)) return ORD_OK;
        pause_ms(5);
    }
    return err_at(note, ORD_EIO, b->dir, "the private broker did not start; its words are in mosquitto.log there");
}

static int prepare(struct broker *b, struct err_note *note)
{
    char path[600], text[16];
    if (mkdir(b->dir, 0700) && errno != EEXIST)
        return err_at(note, ORD_EIO, b->dir, "cannot make this folder: %s", strerror(errno));
    if (!find_program("mosquitto", b->program, sizeof b->program))
        return err_at(note, ORD_ENOTFOUND, "mosquitto",
                      "the program is not installed; install the package mosquitto or give --broker URL");
    if (!find_program("setpriv", b->setpriv, sizeof b->setpriv)) b->setpriv[0] = 0;
    end_orphan(b);
    int err = choose_port(b, note);
    if (err) return err;
    snprintf(b->uri, sizeof b->uri, "tcp://127.0.0.1:%u", b->port);
    snprintf(text, sizeof text, "%u\n", b->port);
    if (write_file(b, "port", text) || write_conf(b))
        return err_at(note, ORD_EIO, b->dir, "cannot write here: %s", strerror(errno));
    err = write_rights(b, note);
    if (err) return err;
    path_of(b, "mosquitto.log", path, sizeof path);
    b->log_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return b->log_fd < 0 ? err_at(note, ORD_EIO, path, "cannot write: %s", strerror(errno)) : ORD_OK;
}

int broker_open(struct broker **out, const struct broker_config *cfg, struct err_note *note)
{
    struct broker *b = calloc(1, sizeof *b);
    if (!b) return err_at(note, ORD_EMEMORY, "broker", "out of memory");
    b->cfg = *cfg;
    b->log_fd = -1;
    b->retry_ms = RETRY_FIRST_MS;
    char *real = mkdir(cfg->dir, 0700) == 0 || errno == EEXIST ? realpath(cfg->dir, NULL)
                                                               : NULL; /* the child's own folder is / */
    bool fits = real && snprintf(b->dir, sizeof b->dir, "%s", real) < (int)sizeof b->dir &&
                path_of(b, "mosquitto.conf", b->conf, sizeof b->conf) &&
                path_of(b, "passwords", b->passwords, sizeof b->passwords);
    free(real);
    int err = fits ? prepare(b, note) : err_at(note, ORD_EIO, cfg->dir, "cannot use this folder");
    if (err) goto fail;
    uv_timer_init(cfg->uv, &b->retry);
    b->retry.data = b;
    b->timer_open = true;
    start(b);
    err = wait_until_ready(b, note);
    if (err) goto fail;
    *out = b;
    return ORD_OK;
fail:
    broker_close(b);
    return err;
}

const char *broker_uri(const struct broker *b) { return b->uri; }
const char *broker_password_dir(const struct broker *b) { return b->passwords; }
int broker_pid(const struct broker *b) { return b->alive ? (int)b->process.pid : 0; }

static void on_timer_closed(uv_handle_t *h)
{
    struct broker *b = h->data;
    b->timer_open = false;
}

void broker_close(struct broker *b)
{
    b->closing = true;
    if (b->alive && !uv_is_closing((uv_handle_t *)&b->process)) uv_process_kill(&b->process, SIGTERM);
    for (int i = 0; b->alive; i++) {
        uv_run(b->cfg.uv, UV_RUN_NOWAIT);
        if (b->alive) pause_ms(5);
        if (i == 200 && b->alive) uv_process_kill(&b->process, SIGKILL);
    }
    if (b->timer_open) {
        uv_close((uv_handle_t *)&b->retry, on_timer_closed);
        while (b->timer_open) uv_run(b->cfg.uv, UV_RUN_NOWAIT);
    }
    if (b->log_fd >= 0) close(b->log_fd);
    free(b);
}
