#include "api.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "api_job.h"
#include "api_view.h"
#include "web_files.h"

#define JOBS_LIMIT_DEFAULT 100
#define JOBS_LIMIT_MAX 1000
#define COMMENT_TICKS 60 /* 15 s of 250 ms */

static const char type_json[] = "application/json; charset=utf-8";

struct held {
    struct http_call *call;
    uint64_t seq;
};

struct api {
    struct api_config cfg;
    struct view view;
    struct held held[HTTP_CONNECTIONS_MAX]; /* in order of seq: a connection has one request at a time */
    uint32_t first, count;
    uint64_t *robot_shown, *elevator_shown; /* hash of what listeners saw last */
    uint64_t ticks;
    bool stopping;
    char *site; /* never changes: written once */
    size_t site_len;
    char site_etag[24];
};

/* ---- writing: try with a buffer, double it while it was too small ---- */
typedef void (*write_fn)(struct text *t, const struct api *a, const void *what);

static char *render(const struct api *a, write_fn fn, const void *what, size_t *n)
{
    for (size_t size = 4096; size <= (size_t)64 << 20; size *= 2) {
        struct text t;
        char *buf = malloc(size);
        if (!buf) return NULL;
        text_init(&t, buf, size);
        fn(&t, a, what);
        if (!t.cut) {
            *n = t.used;
            return buf;
        }
        free(buf);
    }
    return NULL;
}

static void reply_problem(struct http_call *c, enum problem_code code, const char *field, const char *en,
                          const char *zh)
{
    struct problem p;
    problem_set(&p, code, field, en, zh);
    problem_reply(c, &p);
}

static void reply_json(struct api *a, struct http_call *c, unsigned status, write_fn fn, const void *what)
{
    size_t n;
    char *text = render(a, fn, what, &n);
    if (!text) {
        reply_problem(c, PROBLEM_INTERNAL, NULL, "out of memory", "内存不足");
        return;
    }
    http_reply(c, status, type_json, text, n, false);
    http_reply_header(c, "Cache-Control", "no-store");
    free(text);
}

/* ---- answers wait for the journal ---- */
static void hold(struct api *a, struct http_call *c)
{
    if (loop_error(a->cfg.loop) || loop_committed(a->cfg.loop) >= loop_seq(a->cfg.loop)) return;
    assert(a->count < HTTP_CONNECTIONS_MAX);
    a->held[(a->first + a->count++) % HTTP_CONNECTIONS_MAX] = (struct held){ c, loop_seq(a->cfg.loop) };
    http_hold(c);
}

static struct http_call *unhold(struct api *a, uint64_t upto)
{
    if (!a->count || a->held[a->first].seq > upto) return NULL;
    struct http_call *c = a->held[a->first].call;
    a->first = (a->first + 1) % HTTP_CONNECTIONS_MAX;
    a->count--;
    return c;
}

bool api_committed(struct api *a, uint64_t seq)
{
    struct http_call *c;
    bool any = false;
    for (; (c = unhold(a, seq)); any = true) http_release(c);
    return any;
}

static bool refuse_held(struct api *a, enum problem_code code, const char *en, const char *zh)
{
    struct http_call *c;
    bool any = false;
    for (; (c = unhold(a, UINT64_MAX)); any = true) {
        reply_problem(c, code, NULL, en, zh);
        http_release(c);
    }
    return any;
}

static const char journal_en[] =
    "nothing is accepted until the controller can write again; robots stop by themselves at the end "
    "of what they were given; look at the disk and restart the controller";
static const char journal_zh[] =
    "在恢复写入之前不接受任何请求；机器人会在已放行的路段末端自行停下；请检查磁盘并重启控制器";

bool api_failed(struct api *a) { return refuse_held(a, PROBLEM_JOURNAL, journal_en, journal_zh); }
bool api_stopping(struct api *a)
{
    a->stopping = true;
    return refuse_held(a, PROBLEM_STOPPING, "", "");
}

static bool writable(struct api *a, struct http_call *c)
{
    if (!loop_error(a->cfg.loop)) return true;
    reply_problem(c, PROBLEM_JOURNAL, NULL, journal_en, journal_zh);
    return false;
}

/* ---- jobs ---- */
static void write_job(struct text *t, const struct api *a, const void *what) { view_job(t, &a->view, what); }

static void reply_job(struct api *a, struct http_call *c, unsigned status, job_id id)
{
    struct job_view j;
    char location[40];
    if (!fleet_job(loop_fleet(a->cfg.loop), id, &j)) {
        reply_problem(c, PROBLEM_NOT_FOUND, NULL, "there is no such job, or it ended long ago",
                      "没有这个任务，或它早已结束");
        return;
    }
    reply_json(a, c, status, write_job, &j);
    snprintf(location, sizeof location, "/api/v1/jobs/%u", (unsigned)id);
    if (status == 201) http_reply_header(c, "Location", location);
}

/* application/json, alone or with parameters; of these only another charset than UTF-8 matters. */
static bool json_body(struct http_call *c)
{
    static const char wanted[] = "application/json", charset[] = "charset=";
    const char *type = http_header(c, "Content-Type");
    if (type && strncasecmp(type, wanted, sizeof wanted - 1) == 0) {
        const char *rest = type + sizeof wanted - 1;
        rest += strspn(rest, " \t");
        if (!*rest) return true;
        if (*rest == ';') {
            rest += strspn(rest, "; \t");
            if (strncasecmp(rest, charset, sizeof charset - 1) != 0) return true;
            rest += sizeof charset - 1;
            rest += *rest == '"';
            if (strncasecmp(rest, "utf-8", 5) == 0) return true;
        }
    }
    reply_problem(c, PROBLEM_CONTENT_TYPE, NULL, "send the header Content-Type: application/json",
                  "请发送请求头 Content-Type: application/json");
    return false;
}

/* The same request with the same key again is answered with the job it made. */
static bool repeated(struct api *a, struct http_call *c, const struct job_note *note)
{
    job_id id = note->key[0] ? store_by_key(a->cfg.store, note->key) : 0;
    if (!id) return false;
    if (store_get(a->cfg.store, id)->body_hash == note->body_hash) {
        reply_job(a, c, 200, id);
    } else {
        reply_problem(c, PROBLEM_KEY_REUSED, "Idempotency-Key", "draw a new key for each new request",
                      "每个新请求请使用新的幂等键");
    }
    return true;
}

static void submit(struct api *a, struct http_call *c, const struct job_request *r, const struct job_note *note)
{
    char kept[STORE_NOTE_MAX];
    struct out_job job;
    struct problem p;
    struct fleet_in in = { .kind = IN_JOB,
                           .job = { .ref = loop_next_seq(a->cfg.loop),
                                    .from = r->from,
                                    .to = r->to,
                                    .quantity = r->quantity,
                                    .priority = r->priority } };
    store_note_encode(note, kept);
    int err = loop_input(a->cfg.loop, &in, kept, &job);
    if (!writable(a, c)) return;
    if (err || job.state == JOB_STATE_COUNT || !job.job) {
        problem_refusal(&p, err ? REFUSAL_NONE : job.refusal);
        problem_reply(c, &p);
        return;
    }
    store_put(a->cfg.store, job.job, note);
    reply_job(a, c, 201, job.job);
}

static void post_job(struct api *a, struct http_call *c)
{
    struct job_request r;
    struct job_note note = { .item = "" };
    struct problem p;
    size_t n;
    const char *key = http_header(c, "Idempotency-Key"), *body = http_body(c, &n);
    if (!writable(a, c) || !json_body(c)) return;
    if (key && !api_key_valid(key)) {
        reply_problem(c, PROBLEM_FIELD, "Idempotency-Key", "the key must be 1 to 64 visible ASCII signs",
                      "幂等键必须是 1 到 64 个可见 ASCII 字符");
        return;
    }
    if (!api_job_parse(a->cfg.names->site, body, n, &r, &p)) {
        problem_reply(c, &p);
        return;
    }
    text_copy(note.key, sizeof note.key, key ? key : "");
    text_copy(note.item, sizeof note.item, r.item);
    note.body_hash = r.hash;
    if (!repeated(a, c, &note)) submit(a, c, &r, &note);
}

static void delete_job(struct api *a, struct http_call *c, job_id id)
{
    struct job_view j;
    struct out_job news;
    struct problem p;
    struct fleet_in in = { .kind = IN_CANCEL, .cancel = { .job = id } };
    if (!writable(a, c)) return;
    if (!fleet_job(loop_fleet(a->cfg.loop), id, &j)) {
        reply_job(a, c, 200, id); /* says 404 */
        return;
    }
    enum refusal why = job_state_final(j.state) ? REFUSAL_JOB_ENDED : REFUSAL_NONE;
    if (!why) {
        int err = loop_input(a->cfg.loop, &in, NULL, &news);
        if (!writable(a, c)) return;
        fleet_job(loop_fleet(a->cfg.loop), id, &j);
        if (err || j.state != JOB_CANCELLED)
            why = !err && news.state != JOB_STATE_COUNT && news.refusal ? news.refusal : REFUSAL_ALREADY_LOADED;
    }
    if (why) {
        problem_refusal(&p, why);
        problem_reply(c, &p);
    } else {
        reply_job(a, c, 200, id);
    }
}

struct job_query {
    enum { QUERY_ALL, QUERY_OPEN, QUERY_ENDED } which;
    uint32_t limit;
};

static void write_jobs(struct text *t, const struct api *a, const void *what)
{
    const struct job_query *q = what;
    const struct fleet *f = loop_fleet(a->cfg.loop);
    uint32_t listed = 0;
    struct job_view j;
    text_put(t, "{\"jobs\":[");
    for (job_id id = fleet_job_last(f); id && id >= fleet_job_first_kept(f) && listed < q->limit && !t->cut; id--) {
        if (!fleet_job(f, id, &j)) continue;
        if (q->which != QUERY_ALL && job_state_final(j.state) != (q->which == QUERY_ENDED)) continue;
        if (listed++) text_char(t, ',');
        view_job(t, &a->view, &j);
    }
    text_put(t, "]}");
}

static bool small_number(const char *s, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    if (!*s || strlen(s) > 10) return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9') return false;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    *out = (uint32_t)v;
    return v >= 1 && v <= max;
}

static void get_jobs(struct api *a, struct http_call *c)
{
    struct job_query q = { QUERY_ALL, JOBS_LIMIT_DEFAULT };
    const char *state = http_query(c, "state"), *limit = http_query(c, "limit");
    if (state && strcmp(state, "open") == 0) {
        q.which = QUERY_OPEN;
    } else if (state && strcmp(state, "ended") == 0) {
        q.which = QUERY_ENDED;
    } else if (state && strcmp(state, "all") != 0) {
        reply_problem(c, PROBLEM_FIELD, "state", "state must be open, ended or all", "state 必须是 open、ended 或 all");
        return;
    }
    if (limit && !small_number(limit, JOBS_LIMIT_MAX, &q.limit)) {
        reply_problem(c, PROBLEM_FIELD, "limit", "limit must be 1 to 1000", "limit 必须是 1 到 1000");
        return;
    }
    reply_json(a, c, 200, write_jobs, &q);
}

/* ---- robots, elevators, site, health ---- */
static void write_robot(struct text *t, const struct api *a, const void *what)
{
    view_robot(t, &a->view, *(const robot_id *)what);
}

static void write_robots(struct text *t, const struct api *a, const void *what)
{
    (void)what;
    text_put(t, "{\"robots\":[");
    for (robot_id r = 0; r < a->cfg.names->fleet->robots && !t->cut; r++) {
        if (r) text_char(t, ',');
        view_robot(t, &a->view, r);
    }
    text_put(t, "]}");
}

static void write_elevator(struct text *t, const struct api *a, const void *what)
{
    view_elevator(t, &a->view, *(const elevator_id *)what);
}

static void write_elevators(struct text *t, const struct api *a, const void *what)
{
    (void)what;
    text_put(t, "{\"elevators\":[");
    for (elevator_id e = 0; e < a->cfg.names->site->elevators; e++) {
        if (e) text_char(t, ',');
        view_elevator(t, &a->view, e);
    }
    text_put(t, "]}");
}

static void write_site(struct text *t, const struct api *a, const void *what)
{
    (void)what;
    view_site(t, a->cfg.names->site);
}

static void get_robot(struct api *a, struct http_call *c, const char *id)
{
    const struct fleet_spec *f = a->cfg.names->fleet;
    for (robot_id r = 0; r < f->robots; r++)
        if (strcmp(f->robot[r].id, id) == 0) {
            reply_json(a, c, 200, write_robot, &r);
            return;
        }
    reply_problem(c, PROBLEM_NOT_FOUND, NULL, "there is no such robot; GET /api/v1/robots lists them",
                  "没有这台机器人；列表见 GET /api/v1/robots");
}

static bool unchanged(struct http_call *c, const char *etag)
{
    const char *known = http_header(c, "If-None-Match");
    if (!known || !strstr(known, etag)) return false;
    http_reply(c, 304, NULL, "", 0, true);
    http_reply_header(c, "ETag", etag);
    return true;
}

static void get_site(struct api *a, struct http_call *c)
{
    if (unchanged(c, a->site_etag)) return;
    http_reply(c, 200, type_json, a->site, a->site_len, true);
    http_reply_header(c, "ETag", a->site_etag);
    http_reply_header(c, "Cache-Control", "no-cache");
}

struct health {
    bool journal, mqtt;
    unsigned online, open;
};

static void write_health(struct text *t, const struct api *a, const void *what)
{
    const struct health *h = what;
    (void)a;
    text_put(t, h->journal && h->mqtt ? "{\"status\":\"ok\",\"robots_online\":"
                                      : "{\"status\":\"failing\",\"robots_online\":");
    text_uint(t, h->online);
    text_put(t, ",\"jobs_open\":");
    text_uint(t, h->open);
    text_put(t, h->journal ? ",\"journal\":\"ok\"" : ",\"journal\":\"failed\"");
    text_put(t, h->mqtt ? ",\"mqtt\":\"connected\"}" : ",\"mqtt\":\"disconnected\"}");
}

static void get_health(struct api *a, struct http_call *c)
{
    struct fleet_totals totals;
    struct health h = { .journal = !loop_error(a->cfg.loop), .mqtt = a->cfg.mqtt_connected(a->cfg.ctx) };
    for (robot_id r = 0; r < a->cfg.names->fleet->robots; r++) h.online += view_robot_online(&a->view, r);
    fleet_totals(loop_fleet(a->cfg.loop), &totals);
    h.open = totals.jobs_open;
    reply_json(a, c, h.journal && h.mqtt ? 200 : 503, write_health, &h);
}

static void get_events(struct api *a, struct http_call *c)
{
    char now[32], hello[64];
    log_wall_text(log_wall_ms(), now);
    snprintf(hello, sizeof hello, "{\"now\":\"%s\"}", now);
    if (!sse_join(a->cfg.sse, c, hello)) {
        reply_problem(c, PROBLEM_STREAMS, NULL, "too many pages listen at the same time", "同时监听的页面过多");
        return;
    }
    http_reply_header(c, "Cache-Control", "no-store");
    http_reply_header(c, "X-Accel-Buffering", "no");
}

static bool get_file(struct http_call *c)
{
    const char *path = http_path(c);
    for (size_t i = 0; i < web_files_count; i++) {
        const struct web_file *f = &web_files[i];
        if (strcmp(f->path, path) != 0) continue;
        if (unchanged(c, f->etag)) return true;
        http_reply(c, 200, f->type, (const char *)f->bytes, f->size, true);
        http_reply_header(c, "ETag", f->etag);
        http_reply_header(c, "Cache-Control", "no-cache");
        return true;
    }
    return false;
}

/* ---- routing ---- */
enum route {
    ROUTE_NONE,
    ROUTE_FILE,
    ROUTE_HEALTH,
    ROUTE_SITE,
    ROUTE_ROBOTS,
    ROUTE_ROBOT,
    ROUTE_ELEVATORS,
    ROUTE_JOBS,
    ROUTE_JOB,
    ROUTE_EVENTS
};

static enum route route_of(const char *path, const char **rest)
{
    static const struct {
        const char *path;
        enum route route;
    } fixed[] = {
        { "/healthz", ROUTE_HEALTH },           { "/api/v1/site", ROUTE_SITE }, { "/api/v1/robots", ROUTE_ROBOTS },
        { "/api/v1/elevators", ROUTE_ELEVATORS }, { "/api/v1/jobs", ROUTE_JOBS }, { "/api/v1/events", ROUTE_EVENTS },
    }, below[] = { { "/api/v1/robots/", ROUTE_ROBOT }, { "/api/v1/jobs/", ROUTE_JOB } };
    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        if (strcmp(path, fixed[i].path) == 0) return fixed[i].route;
    for (size_t i = 0; i < COUNT_OF(below); i++) {
        size_t n = strlen(below[i].path);
        if (strncmp(path, below[i].path, n) == 0 && path[n]) {
            *rest = path + n;
            return below[i].route;
        }
    }
    for (size_t i = 0; i < web_files_count; i++)
        if (strcmp(path, web_files[i].path) == 0) return ROUTE_FILE;
    return ROUTE_NONE;
}

static const char *allowed(enum route r)
{
    if (r == ROUTE_JOBS) return "GET, HEAD, POST";
    if (r == ROUTE_JOB) return "GET, HEAD, DELETE";
    return "GET, HEAD";
}

static bool method_is(struct http_call *c, const char *method) { return strcmp(http_method(c), method) == 0; }

static void get(struct api *a, struct http_call *c, enum route r, const char *rest, job_id job)
{
    switch (r) {
    case ROUTE_FILE: get_file(c); break;
    case ROUTE_HEALTH: get_health(a, c); break;
    case ROUTE_SITE: get_site(a, c); break;
    case ROUTE_ROBOTS: reply_json(a, c, 200, write_robots, NULL); break;
    case ROUTE_ROBOT: get_robot(a, c, rest); break;
    case ROUTE_ELEVATORS: reply_json(a, c, 200, write_elevators, NULL); break;
    case ROUTE_JOBS: get_jobs(a, c); break;
    case ROUTE_JOB: reply_job(a, c, 200, job); break;
    case ROUTE_EVENTS: get_events(a, c); break;
    case ROUTE_NONE: break;
    }
}

static void answer(struct api *a, struct http_call *c)
{
    const char *rest = "";
    enum route r = route_of(http_path(c), &rest);
    job_id job = 0;
    bool reading = method_is(c, "GET") || (method_is(c, "HEAD") && r != ROUTE_EVENTS);
    if (r == ROUTE_NONE || (r == ROUTE_JOB && !small_number(rest, UINT32_MAX, &job))) {
        reply_problem(c, PROBLEM_NOT_FOUND, NULL, "the page is at /, the API below /api/v1",
                      "网页在 /，接口在 /api/v1 之下");
    } else if (http_body_too_large(c)) {
        reply_problem(c, PROBLEM_TOO_LARGE, NULL, "send at most 16384 bytes", "请求正文最多 16384 字节");
    } else if (a->stopping) {
        reply_problem(c, PROBLEM_STOPPING, NULL, "", "");
    } else if (reading) {
        get(a, c, r, rest, job);
    } else if (r == ROUTE_JOBS && method_is(c, "POST")) {
        post_job(a, c);
    } else if (r == ROUTE_JOB && method_is(c, "DELETE")) {
        delete_job(a, c, job);
    } else {
        reply_problem(c, PROBLEM_METHOD, NULL, allowed(r), allowed(r));
        http_reply_header(c, "Allow", allowed(r));
    }
    if (r != ROUTE_FILE && r != ROUTE_EVENTS && r != ROUTE_HEALTH && r != ROUTE_NONE) hold(a, c);
}

/* Another origin's page may call us only when the operator named it; then the browser asks first. */
static void answer_preflight(struct http_call *c)
{
    http_reply(c, 204, NULL, "", 0, true);
    http_reply_header(c, "Access-Control-Allow-Methods", "GET, POST, DELETE");
    http_reply_header(c, "Access-Control-Allow-Headers", "Content-Type, Idempotency-Key");
    http_reply_header(c, "Access-Control-Max-Age", "600");
}

void api_handle(void *api, struct http_call *c)
{
    struct api *a = api;
    const char *origin = http_header(c, "Origin");
    bool friend = a->cfg.web_origin && origin && strcmp(origin, a->cfg.web_origin) == 0;
    if (friend && method_is(c, "OPTIONS")) answer_preflight(c);
    else answer(a, c);
    if (friend) {
        http_reply_header(c, "Access-Control-Allow-Origin", origin);
        http_reply_header(c, "Vary", "Origin");
    }
    http_reply_header(c, "X-Content-Type-Options", "nosniff");
    http_reply_header(c, "Referrer-Policy", "no-referrer");
    http_reply_header(c, "Content-Security-Policy",
                      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
}

/* ---- news for listeners ---- */
static void send_event(struct api *a, const char *event, write_fn fn, const void *what)
{
    char buf[SSE_EVENT_MAX];
    struct text t;
    text_init(&t, buf, sizeof buf);
    fn(&t, a, what);
    if (!t.cut) sse_put(a->cfg.sse, event, buf);
}

/* Several changes may have happened before this one became durable: show the job as it was then. */
static void job_news(struct api *a, const struct out_job *o)
{
    struct job_view j;
    if (!o->job || !fleet_job(loop_fleet(a->cfg.loop), o->job, &j)) return;
    j.state = o->state;
    j.robot = o->robot;
    if (!job_state_final(j.state)) {
        j.ended_ms = MS_NEVER;
        if (j.state < JOB_ARRIVED) j.arrived_ms = MS_NEVER;
        if (j.state < JOB_LOADED) j.loaded_ms = MS_NEVER;
        if (j.state < JOB_ASSIGNED) j.assigned_ms = MS_NEVER;
    }
    send_event(a, "job", write_job, &j);
}

static void write_alarm(struct text *t, const struct api *a, const void *what)
{
    const struct out_event *e = what;
    const struct event_info *info = event_info(e->event);
    char words[512];
    struct text w;
    text_put(t, "{\"event\":");
    text_uint(t, e->event);
    text_put(t, info->level == EVENT_ALARM ? ",\"level\":\"alarm\",\"zh\":" : ",\"level\":\"warn\",\"zh\":");
    text_init(&w, words, sizeof words);
    log_words(&w, info->zh, a->cfg.names, e);
    text_json(t, words);
    text_put(t, ",\"en\":");
    text_init(&w, words, sizeof words);
    log_words(&w, info->en, a->cfg.names, e);
    text_json(t, words);
    text_char(t, '}');
}

void api_output(struct api *a, const struct fleet_out *o)
{
    const struct event_info *info = o->kind == OUT_EVENT ? event_info(o->event.event) : NULL;
    if (o->kind == OUT_JOB) job_news(a, &o->job);
    if (info && info->level != EVENT_INFO) send_event(a, "alarm", write_alarm, &o->event);
}

static void send_changed(struct api *a, const char *event, write_fn fn, const void *what, uint64_t *shown)
{
    char buf[SSE_EVENT_MAX];
    struct text t;
    text_init(&t, buf, sizeof buf);
    fn(&t, a, what);
    uint64_t hash = XXH3_64bits(buf, t.used);
    if (t.cut || hash == *shown) return;
    *shown = hash;
    sse_put(a->cfg.sse, event, buf);
}

void api_tick(struct api *a)
{
    a->ticks++;
    if (!sse_clients(a->cfg.sse)) return;
    for (elevator_id e = 0; e < a->cfg.names->site->elevators; e++)
        send_changed(a, "elevator", write_elevator, &e, &a->elevator_shown[e]);
    for (robot_id r = 0; r < a->cfg.names->fleet->robots && a->ticks % 2 == 0; r++) /* at most twice a second each */
        send_changed(a, "robot", write_robot, &r, &a->robot_shown[r]);
    if (a->ticks % COMMENT_TICKS == 0) sse_comment(a->cfg.sse);
    sse_flush(a->cfg.sse);
}

/* ---- open and close ---- */
int api_open(struct api **out, const struct api_config *cfg)
{
    struct api *a = calloc(1, sizeof *a);
    if (!a) return ORD_EMEMORY;
    a->cfg = *cfg;
    a->view = (struct view){ cfg->names, cfg->loop, cfg->store };
    a->robot_shown = calloc((size_t)cfg->names->fleet->robots + 1, sizeof *a->robot_shown);
    a->elevator_shown = calloc((size_t)cfg->names->site->elevators + 1, sizeof *a->elevator_shown);
    a->site = render(a, write_site, NULL, &a->site_len);
    if (!a->robot_shown || !a->elevator_shown || !a->site) {
        api_close(a);
        return ORD_EMEMORY;
    }
    snprintf(a->site_etag, sizeof a->site_etag, "\"%016llx\"", (unsigned long long)XXH3_64bits(a->site, a->site_len));
    *out = a;
    return ORD_OK;
}

void api_close(struct api *a)
{
    free(a->robot_shown);
    free(a->elevator_shown);
    free(a->site);
    free(a);
}
