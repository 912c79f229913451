#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acl_probe.h"
#include "api.h"
#include "api_job.h"
#include "broker.h"
#include "broker_acl.h"
#include "elevator_link.h"
#include "loop.h"
#include "records.h"
#include "vda_link.h"

#define TICK_MS 250
#define CLOCK_TICKS (3600 * 1000 / TICK_MS)
#define WINDOW_MS 2
#define FILE_MAX ((size_t)64 << 20)
#define FILTERS_MAX (3 * FLEET_ROBOTS_MAX + 8) /* robots may each have topics of their own */

struct bytes {
    char *data;
    size_t n;
};

/* What the files say, compiled and judged. */
struct hospital {
    struct names names;
    struct site *site;
    struct fleet_spec *fleet;
    struct timetable *timetable;
    struct bytes site_bytes, fleet_bytes, rounds_bytes;
};

struct daemon {
    struct config cfg;
    struct hospital hospital;
    uv_loop_t uv;
    struct store *store;
    struct records *records;
    struct loop *loop;
    struct broker *broker;
    struct vda_link *robots;
    struct elevator_link *building;
    struct mqtt_link *mqtt;
    struct acl_probe *probe; /* until it has its verdict */
    struct sse *sse;
    struct api *api;
    struct http *http;
    int listen_fd;
    uv_async_t mqtt_woken, stop;
    uv_timer_t tick;
    uv_signal_t term, interrupt;
    int open_handles;
    bool stopped;
    uint64_t ticks, dropped, messages;
    struct log_brake dropping;
    struct bytes cert, key; /* PEM; empty: plain http */
    char url[128];
    char *filter[FILTERS_MAX + 1];
    size_t filters;
};

/* ---- files ---- */
static int read_all(const char *path, struct bytes *out, struct err_note *note)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        int code = fd < 0 ? errno : EISDIR;
        if (fd >= 0) close(fd);
        return err_at(note, code == ENOENT ? ORD_ENOTFOUND : ORD_EIO, path, "cannot read this file: %s",
                      strerror(code));
    }
    size_t size = (size_t)st.st_size, at = 0;
    out->data = size < FILE_MAX ? malloc(size + 1) : NULL;
    while (out->data && at < size) {
        ssize_t n = read(fd, out->data + at, size - at);
        if (n <= 0) break;
        at += (size_t)n;
    }
    close(fd);
    if (!out->data) return err_at(note, ORD_EFULL, path, "the file is too large");
    out->n = at;
    out->data[at] = 0;
    return ORD_OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int lint(struct hospital *h, const char *path, struct err_note *note)
{
    struct lint_report report = { .count = 0 };
    int err = site_lint(h->site, h->fleet->robots, &report);
    for (size_t i = 0; i < report.count && !err; i++) {
        const struct lint_finding *f = &report.finding[i];
        char where[200];
        if (f->level != LINT_ERROR) continue;
        snprintf(where, sizeof where, "%s: %s", base_name(path), f->where);
        err = err_at(note, ORD_EMAP, where, "%s (errors: %d; `orderly map check` lists all)", log_tr(f->en, f->zh),
                     report.errors);
    }
    lint_close(&report);
    return err;
}

static void hospital_close(struct hospital *h)
{
    if (h->site) site_close(h->site);
    if (h->fleet) fleet_spec_close(h->fleet);
    timetable_close(h->timetable);
    free(h->site_bytes.data);
    free(h->fleet_bytes.data);
    free(h->rounds_bytes.data);
    memset(h, 0, sizeof *h);
}

static int hospital_open(struct hospital *h, const struct config *cfg, struct err_note *note)
{
    memset(h, 0, sizeof *h);
    int err = read_all(cfg->fleet, &h->fleet_bytes, note);
    if (!err) err = fleet_spec_parse(base_name(cfg->fleet), h->fleet_bytes.data, h->fleet_bytes.n, &h->fleet, note);
    if (!err) err = read_all(cfg->site, &h->site_bytes, note);
    if (!err) err = site_parse(base_name(cfg->site), h->site_bytes.data, h->site_bytes.n, &h->site, note);
    if (!err) err = site_compile(h->site, h->fleet->classes, h->fleet->cls, note);
    if (!err) err = lint(h, cfg->site, note);
    if (!err && cfg->rounds) err = read_all(cfg->rounds, &h->rounds_bytes, note);
    if (!err && cfg->rounds)
        err = timetable_parse(base_name(cfg->rounds), h->rounds_bytes.data, h->rounds_bytes.n, h->site, &h->timetable,
                              note);
    h->names = (struct names){ h->site, h->fleet, h->timetable };
    if (err) hospital_close(h);
    return err;
}

int daemon_check(const struct config *cfg, uint16_t *robots, struct err_note *note)
{
    struct hospital h;
    int err = hospital_open(&h, cfg, note);
    if (err) return err;
    *robots = h.fleet->robots;
    hospital_close(&h);
    return ORD_OK;
}

/* ---- what the loop tells ---- */
static void on_output(void *ctx, const struct fleet_out *o)
{
    struct daemon *d = ctx;
    if (!vda_link_send(d->robots, d->mqtt, o)) elevator_link_send(d->building, d->mqtt, o);
    api_output(d->api, o);
    if (o->kind == OUT_EVENT) log_event(&d->hospital.names, &o->event, NULL);
}

static void on_committed(void *ctx, uint64_t seq)
{
    struct daemon *d = ctx;
    sse_flush(d->sse);
    if (api_committed(d->api, seq)) http_kick(d->http);
}

static void on_failed(void *ctx, const char *why)
{
    struct daemon *d = ctx;
    (void)why;
    if (d->api && api_failed(d->api) && d->http) http_kick(d->http);
}

static void on_job_known(void *ctx, job_id job, const char *note)
{
    struct daemon *d = ctx;
    struct job_note n;
    if (store_note_decode(note, &n, NULL) == ORD_OK) store_put(d->store, job, &n);
}

static void on_snap(void *ctx, struct snap *s) { store_snap(((struct daemon *)ctx)->store, s); }

/* ---- what libuv tells ---- */
static void wake_mqtt(void *ctx) /* on a thread of the MQTT library */
{
    struct daemon *d = ctx;
    uv_async_send(&d->mqtt_woken);
}

static void on_mqtt(uv_async_t *a)
{
    struct daemon *d = a->data;
    struct mqtt_item m;
    while (d->mqtt && mqtt_link_next(d->mqtt, &m)) {
        switch (m.kind) {
        case MQTT_CONNECTED: log_plain(&d->hospital.names, EVENT_BROKER_LINK_UP, 0, NULL); break;
        case MQTT_LOST: log_plain(&d->hospital.names, EVENT_BROKER_LINK_LOST, 0, NULL); break;
        case MQTT_MESSAGE:
            if (acl_probe_message(d->probe, &m)) break;
            d->messages++;
            loop_because(d->loop, m.at_ns);
            if (!elevator_link_message(d->building, &m)) vda_link_message(d->robots, &m);
            loop_because(d->loop, 0);
            break;
        }
    }
}

static void probe_rules(struct daemon *d)
{
    static const int event[] = { [PROBE_GOOD] = EVENT_BROKER_RULES_GOOD,
                                 [PROBE_OPEN] = EVENT_BROKER_RULES_OPEN,
                                 [PROBE_DEAF] = EVENT_BROKER_RULES_DEAF };
    enum probe_verdict v = acl_probe_tick(d->probe, d->mqtt);
    if (v == PROBE_RUNS) return;
    log_plain(&d->hospital.names, event[v], 0, acl_probe_detail(d->probe));
    acl_probe_close(d->probe);
    d->probe = NULL;
}

static void on_tick(uv_timer_t *t)
{
    struct daemon *d = t->data;
    d->ticks++;
    api_tick(d->api);
    if (d->ticks % 4 == 0) elevator_link_tick(d->building);
    if (d->ticks % 4 == 0 && d->probe) probe_rules(d);
    uint64_t dropped = d->mqtt ? mqtt_link_dropped(d->mqtt) : 0;
    if (dropped != d->dropped && log_brake(&d->dropping))
        log_plain(&d->hospital.names, EVENT_MESSAGES_DROPPED, (int64_t)dropped, NULL);
    d->dropped = dropped;
    if (d->ticks % CLOCK_TICKS == 0) {
        struct fleet_in in = { .kind = IN_CLOCK, .clock = { .utc_ms = log_wall_ms() } };
        loop_input(d->loop, &in, NULL, NULL);
    }
}

static void end_run(struct daemon *d)
{
    d->stopped = true;
    uv_stop(&d->uv);
}
static void on_stop(uv_async_t *a) { end_run(a->data); }
static void on_signal(uv_signal_t *s, int number)
{
    (void)number;
    end_run(s->data);
}

/* ---- open ---- */
static void add_filter(void *ctx, const char *filter)
{
    struct daemon *d = ctx;
    if (d->filters < FILTERS_MAX && (d->filter[d->filters] = strdup(filter))) d->filters++;
}

/* Password of a user: of the private broker, or in the file that the command line names. NULL *out: none is given. */
static int password_of(const struct daemon *d, const char *user, const char *file, char buf[BROKER_PASSWORD_MAX],
                       const char **out, struct err_note *note)
{
    char path[1024];
    *out = NULL;
    if (d->broker) snprintf(path, sizeof path, "%s/%s", broker_password_dir(d->broker), user);
    else if (file) snprintf(path, sizeof path, "%s", file);
    else return ORD_OK;
    *out = buf;
    return broker_password(path, buf, note);
}

static int open_private_broker(struct daemon *d, struct err_note *note)
{
    char dir[512];
    snprintf(dir, sizeof dir, "%s/broker", d->cfg.data);
    struct broker_config bc = { .uv = &d->uv, .names = &d->hospital.names, .dir = dir, .port = d->cfg.broker_port };
    return broker_open(&d->broker, &bc, note);
}

static void add_probe_filters(struct daemon *d)
{
    char levels[FLEET_TOPIC_MAX], filter[MQTT_TOPIC_MAX];
    for (int other = 0; other < 2; other++) {
        broker_probe_topic(d->hospital.fleet, other, levels);
        snprintf(filter, sizeof filter, "%s/%s", levels, vda_topic_name[VDA_T_STATE]);
        add_filter(d, filter);
    }
}

static int open_mqtt(struct daemon *d, struct err_note *note)
{
    char client[48], password[BROKER_PASSWORD_MAX], probe[BROKER_PASSWORD_MAX];
    const struct config *c = &d->cfg;
    if (c->broker && strcmp(c->broker, "none") == 0) return ORD_OK;
    int err = c->broker ? ORD_OK : open_private_broker(d, note);
    if (err) return err;
    vda_link_topics(d->robots, add_filter, d);
    elevator_link_topics(d->building, add_filter, d);
    add_probe_filters(d);
    snprintf(client, sizeof client, "orderlyd-%016llx", (unsigned long long)loop_epoch(d->loop));
    struct mqtt_link_config mc = {
        .uri = daemon_broker(d),
        .client_id = client,
        .username = d->broker ? BROKER_CONTROLLER : c->broker_user,
        .tls = { .ca_file = c->broker_ca, .cert_file = c->broker_cert, .key_file = c->broker_key },
        .version = c->mqtt_version,
        .subscribe = (const char *const *)d->filter,
        .wake = wake_mqtt,
        .ctx = d
    };
    struct mqtt_link_config pc = mc;
    err = password_of(d, BROKER_CONTROLLER, c->broker_password, password, &mc.password, note);
    if (!err) err = password_of(d, BROKER_PROBE, c->probe_password, probe, &pc.password, note);
    if (!err) err = mqtt_link_open(&d->mqtt, &mc, note);
    if (!err && pc.password) err = acl_probe_open(&d->probe, d->hospital.fleet, pc, note);
    return err;
}

static bool mqtt_connected(void *ctx)
{
    struct daemon *d = ctx;
    return d->mqtt && mqtt_link_connected(d->mqtt);
}

static int open_loop(struct daemon *d, struct err_note *note)
{
    char path[512];
    if (mkdir(d->cfg.data, 0700) && errno != EEXIST)
        return err_at(note, ORD_EIO, d->cfg.data, "cannot make this folder: %s", strerror(errno));
    if ((size_t)snprintf(path, sizeof path, "%s/journal.db", d->cfg.data) >= sizeof path)
        return err_at(note, ORD_EFULL, d->cfg.data, "the path is too long");
    int err = store_open(&d->store, FLEET_JOBS_KEPT);
    if (err) return err_at(note, err, "controller", "out of memory");
    struct loop_config lc = {
        .uv = &d->uv,
        .names = &d->hospital.names,
        .journal_path = path,
        .site_bytes = d->hospital.site_bytes.data,
        .site_len = d->hospital.site_bytes.n,
        .fleet_bytes = d->hospital.fleet_bytes.data,
        .fleet_len = d->hospital.fleet_bytes.n,
        .rounds_bytes = d->hospital.rounds_bytes.data,
        .rounds_len = d->hospital.rounds_bytes.n,
        .clock = d->cfg.clock,
        .window_ms = WINDOW_MS,
        .sink = { on_output, on_committed, on_failed, on_job_known, on_snap, d },
    };
    return loop_open(&d->loop, &lc, note);
}

static bool on_loopback(const char *host) { return strcmp(host, "::1") == 0 || strncmp(host, "127.", 4) == 0; }

/* The number and hash of the last act, for whoever keeps the log elsewhere: a record cut short shows. */
static void tell_record(struct daemon *d)
{
    struct audit_entry last;
    if (audit_before(d->records, 0, &last))
        log_plain(&d->hospital.names, EVENT_AUDIT_HEAD, (int64_t)last.seq, last.hash);
}

/* Without accounts whoever comes may do everything: only this machine may come then. */
static int open_records(struct daemon *d, struct err_note *note)
{
    int err = records_open(&d->records, d->cfg.data, note);
    if (err) return err;
    if (records_count(d->records, ACCOUNT_PERSON) == 0) {
        if (!on_loopback(d->cfg.host))
            return err_at(note, ORD_EREFUSED, "--listen",
                          "nobody could log in yet, so %s is refused; make the first account: "
                          "orderly ctl user add NAME manager --data %s",
                          d->cfg.host, d->cfg.data);
        log_plain(&d->hospital.names, EVENT_OPEN_DOOR, 0, NULL);
    }
    tell_record(d);
    return ORD_OK;
}

static int open_parts(struct daemon *d, struct err_note *note)
{
    const struct names *names = &d->hospital.names;
    int err = open_records(d, note);
    if (err) return err;
    err = vda_link_open(&d->robots, &(struct vda_link_config){ names, d->loop });
    if (!err) err = elevator_link_open(&d->building, &(struct elevator_link_config){ names, d->loop });
    if (!err) err = sse_open(&d->sse, &d->http);
    struct api_config ac = { .names = names,
                             .loop = d->loop,
                             .store = d->store,
                             .sse = d->sse,
                             .records = d->records,
                             .uv = &d->uv,
                             .http = &d->http,
                             .https = d->cfg.https || d->cfg.tls_cert,
                             .web_origin = d->cfg.web_origin,
                             .mqtt_connected = mqtt_connected,
                             .ctx = d };
    if (!err) err = api_open(&d->api, &ac);
    return err ? err_at(note, err, "controller", "%s", err_en(err)) : ORD_OK;
}

static int open_http(struct daemon *d, struct err_note *note)
{
    struct http_config hc = {
        .uv = &d->uv, .fd = d->listen_fd, .body_max = API_BODY_MAX, .handle = api_handle, .ctx = d->api
    };
    int err = d->cfg.tls_cert ? read_all(d->cfg.tls_cert, &d->cert, note) : ORD_OK;
    if (!err && d->cfg.tls_cert) err = read_all(d->cfg.tls_key, &d->key, note);
    if (err) return err;
    hc.cert = d->cert.data;
    hc.key = d->key.data;
    err = http_open(&d->http, &hc, note);
    if (!err) d->listen_fd = -1;
    return err;
}

static void open_handles(struct daemon *d)
{
    uv_async_init(&d->uv, &d->mqtt_woken, on_mqtt);
    uv_async_init(&d->uv, &d->stop, on_stop);
    uv_timer_init(&d->uv, &d->tick);
    uv_signal_init(&d->uv, &d->term);
    uv_signal_init(&d->uv, &d->interrupt);
    d->mqtt_woken.data = d->stop.data = d->tick.data = d->term.data = d->interrupt.data = d;
    d->open_handles = 5;
}

static void tell_recovery(const struct daemon *d)
{
    char detail[48];
    if (!loop_recovered(d->loop)) return;
    snprintf(detail, sizeof detail, "%llu replayed", (unsigned long long)loop_replayed(d->loop));
    log_plain(&d->hospital.names, EVENT_RECOVERED, (int64_t)loop_recovered(d->loop), detail);
}

int daemon_open(struct daemon **out, const struct config *cfg, struct err_note *note)
{
    uint16_t port = 0;
    struct daemon *d = calloc(1, sizeof *d);
    if (!d || sodium_init() < 0 || uv_loop_init(&d->uv)) {
        free(d);
        return err_at(note, ORD_EMEMORY, "controller", "the system gives no memory or randomness");
    }
    d->cfg = *cfg;
    d->listen_fd = -1;
    open_handles(d);
    /* What can be wrong from outside comes first, so that nothing is touched before it is known to be right. */
    int err = hospital_open(&d->hospital, cfg, note);
    if (!err) err = http_listen(cfg->host, cfg->port, &d->listen_fd, &port, note);
    if (!err) err = open_loop(d, note);
    if (!err) err = open_parts(d, note);
    if (!err) err = open_mqtt(d, note);
    if (!err) err = open_http(d, note);
    if (!err && loop_start(d->loop)) err = err_at(note, ORD_EIO, cfg->data, "the journal cannot be written");
    if (err) {
        daemon_close(d);
        return err;
    }
    snprintf(d->url, sizeof d->url, strchr(cfg->host, ':') ? "%s://[%s]:%u" : "%s://%s:%u",
             cfg->tls_cert ? "https" : "http", cfg->host, port);
    uv_timer_start(&d->tick, on_tick, TICK_MS, TICK_MS);
    tell_recovery(d);
    *out = d;
    return ORD_OK;
}

void daemon_catch_signals(struct daemon *d)
{
    uv_signal_start(&d->term, on_signal, SIGTERM);
    uv_signal_start(&d->interrupt, on_signal, SIGINT);
}

void daemon_run(struct daemon *d)
{
    while (!d->stopped) uv_run(&d->uv, UV_RUN_DEFAULT);
}

void daemon_stop(struct daemon *d) { uv_async_send(&d->stop); }
const char *daemon_url(const struct daemon *d) { return d->url; }
const char *daemon_broker(const struct daemon *d) { return d->broker ? broker_uri(d->broker) : d->cfg.broker; }

/* ---- close ---- */
static void on_closed(uv_handle_t *h)
{
    struct daemon *d = h->data;
    d->open_handles--;
}

static void close_http(struct daemon *d)
{
    if (!d->http) return;
    api_stopping(d->api);
    sse_end(d->sse);
    http_close(d->http);
    d->http = NULL;
}

static void tell_stop(const struct daemon *d)
{
    char detail[160];
    struct loop_delays t = loop_delays(d->loop);
    snprintf(detail, sizeof detail,
             "%llu messages heard, %llu orders because of them, half within %u us, 99 %% within %u us",
             (unsigned long long)d->messages, (unsigned long long)t.orders, (unsigned)t.p50_us, (unsigned)t.p99_us);
    log_plain(&d->hospital.names, EVENT_STOPPED, 0, detail);
}

void daemon_close(struct daemon *d)
{
    uv_handle_t *own[] = { (uv_handle_t *)&d->mqtt_woken, (uv_handle_t *)&d->stop, (uv_handle_t *)&d->tick,
                           (uv_handle_t *)&d->term, (uv_handle_t *)&d->interrupt };
    uv_timer_stop(&d->tick);
    if (d->http) loop_finish(d->loop); /* the last answers and orders leave with it */
    close_http(d);
    if (d->url[0]) tell_stop(d);
    acl_probe_close(d->probe);
    if (d->mqtt) mqtt_link_close(d->mqtt, NULL, NULL);
    if (d->broker) broker_close(d->broker);
    if (d->api) api_close(d->api);
    if (d->sse) sse_close(d->sse);
    if (d->building) elevator_link_close(d->building);
    if (d->robots) vda_link_close(d->robots);
    if (d->loop) loop_close(d->loop);
    if (d->store) store_close(d->store);
    if (d->records) tell_record(d);
    records_close(d->records);
    if (d->listen_fd >= 0) close(d->listen_fd);
    for (size_t i = 0; i < COUNT_OF(own); i++) uv_close(own[i], on_closed);
    while (d->open_handles) uv_run(&d->uv, UV_RUN_NOWAIT);
    uv_loop_close(&d->uv);
    free(d->cert.data);
    if (d->key.data) sodium_memzero(d->key.data, d->key.n);
    free(d->key.data);
    for (size_t i = 0; i < d->filters; i++) free(d->filter[i]);
    hospital_close(&d->hospital);
    free(d);
}
