#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "api_state.h"
#include "web_files.h"

#define COMMENT_TICKS 60 /* 15 s of 250 ms */

static const char type_json[] = "application/json; charset=utf-8";

/* ---- writing: try with a buffer, double it while it was too small ---- */
char *api_render(const struct api *a, write_fn fn, const void *what, size_t *n)
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

void api_problem(struct http_call *c, enum problem_code code, const char *field, const char *en, const char *zh)
{
    struct problem p;
    problem_set(&p, code, field, en, zh);
    problem_reply(c, &p);
}

void api_json(struct api *a, struct http_call *c, unsigned status, write_fn fn, const void *what)
{
    size_t n;
    char *text = api_render(a, fn, what, &n);
    if (!text) {
        api_problem(c, PROBLEM_INTERNAL, NULL, "out of memory", "内存不足");
        return;
    }
    http_reply(c, status, type_json, text, n, false);
    http_reply_header(c, "Cache-Control", "no-store");
    free(text);
}

void api_bytes(struct http_call *c, const char *json, size_t n, bool lasting)
{
    http_reply(c, 200, type_json, json, n, lasting);
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
        api_problem(c, code, NULL, en, zh);
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
    auth_stop(a->auth);
    return refuse_held(a, PROBLEM_STOPPING, "", "");
}

bool api_writable(struct api *a, struct http_call *c)
{
    if (!loop_error(a->cfg.loop)) return true;
    api_problem(c, PROBLEM_JOURNAL, NULL, journal_en, journal_zh);
    return false;
}

/* application/json, alone or with parameters; of these only another charset than UTF-8 matters. */
bool api_json_body(struct http_call *c)
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
    api_problem(c, PROBLEM_CONTENT_TYPE, NULL, "send the header Content-Type: application/json",
                "请发送请求头 Content-Type: application/json");
    return false;
}

bool api_unchanged(struct http_call *c, const char *etag)
{
    const char *known = http_header(c, "If-None-Match");
    if (!known || !strstr(known, etag)) return false;
    http_reply(c, 304, NULL, "", 0, true);
    http_reply_header(c, "ETag", etag);
    return true;
}

bool api_number(const char *s, uint32_t max, uint32_t *out)
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

static const struct web_file *file_of(struct http_call *c)
{
    for (size_t i = 0; i < web_files_count; i++)
        if (strcmp(web_files[i].path, http_path(c)) == 0) return &web_files[i];
    return NULL;
}

static void get_file(struct http_call *c)
{
    const struct web_file *f = file_of(c);
    if (api_unchanged(c, f->etag)) return;
    http_reply(c, 200, f->type, (const char *)f->bytes, f->size, true);
    http_reply_header(c, "ETag", f->etag);
    http_reply_header(c, "Cache-Control", "no-cache");
}

/* ---- lists ---- */
bool api_page(struct http_call *c, uint32_t limit_default, struct page *out)
{
    const char *limit = http_query(c, "limit"), *after = http_query(c, "after");
    *out = (struct page){ .limit = limit_default, .after = after };
    if (!limit || api_number(limit, API_LIMIT_MAX, &out->limit)) return true;
    api_problem(c, PROBLEM_FIELD, "limit", "limit must be 1 to 1000", "limit 必须是 1 到 1000");
    return false;
}

void api_page_end(struct text *t, const char *next)
{
    text_put(t, "],\"next\":");
    if (next) text_json(t, next);
    else text_put(t, "null");
    text_char(t, '}');
}

/* ---- routing ---- */
const struct api_route api_route[] = {
    { "GET", "/healthz", api_get_health, RIGHT_ANYBODY, API_NOW },
    { "GET", "/api/v1/openapi.json", api_get_openapi, RIGHT_ANYBODY, API_NOW },
    { "GET", "/api/v1/site", api_get_site, RIGHT_SEE, API_NOW },
    { "GET", "/api/v1/events", api_get_events, RIGHT_SEE, API_NOW },
    { "GET", "/api/v1/robots", api_get_robots, RIGHT_SEE, 0 },
    { "GET", "/api/v1/robots/{robot}", api_get_robot, RIGHT_SEE, 0 },
    { "GET", "/api/v1/elevators", api_get_elevators, RIGHT_SEE, 0 },
    { "GET", "/api/v1/elevators/{elevator}", api_get_elevator, RIGHT_SEE, 0 },
    { "GET", "/api/v1/jobs", api_get_jobs, RIGHT_SEE, 0 },
    { "POST", "/api/v1/jobs", api_post_job, RIGHT_REQUEST, 0 },
    { "GET", "/api/v1/jobs/{job}", api_get_job, RIGHT_SEE, 0 },
    { "DELETE", "/api/v1/jobs/{job}", api_delete_job, RIGHT_REQUEST, 0 },
    { "GET", "/api/v1/jobs/{job}/why", api_get_why, RIGHT_SEE, 0 },
    { "POST", "/api/v1/jobs/{job}/counts", api_post_count, RIGHT_HANDLE, 0 },
    { "GET", "/api/v1/discrepancies", api_get_discrepancies, RIGHT_SEE, 0 },
    { "GET", "/api/v1/rounds", api_get_rounds, RIGHT_SEE, 0 },
    { "GET", "/api/v1/rounds/{round}", api_get_round, RIGHT_SEE, 0 },
    { "GET", "/api/v1/stock", api_get_stock, RIGHT_SEE, 0 },
    { "POST", "/api/v1/stock", api_post_stock, RIGHT_HANDLE, 0 },
    { "GET", "/api/v1/modes", api_get_modes, RIGHT_SEE, 0 },
    { "POST", "/api/v1/operate", api_post_operate, RIGHT_OPERATE, 0 },
    { "POST", "/api/v1/scans", api_post_scan, RIGHT_HANDLE, 0 },
    { "GET", "/api/v1/items", api_get_items, RIGHT_SEE, API_NOW },
    { "GET", "/api/v1/items/{tag}", api_get_item, RIGHT_SEE, API_NOW },
    { "GET", "/api/v1/session", api_get_session, RIGHT_ANYBODY, API_NOW },
    { "POST", "/api/v1/session", api_post_session, RIGHT_ANYBODY, API_NOW | API_SECRET },
    { "DELETE", "/api/v1/session", api_delete_session, RIGHT_SEE, API_NOW },
    { "GET", "/api/v1/users", api_get_users, RIGHT_PEOPLE, API_NOW },
    { "POST", "/api/v1/users", api_post_user, RIGHT_PEOPLE, API_NOW | API_SECRET },
    { "DELETE", "/api/v1/users/{user}", api_delete_user, RIGHT_PEOPLE, API_NOW },
    { "GET", "/api/v1/keys", api_get_keys, RIGHT_PEOPLE, API_NOW },
    { "POST", "/api/v1/keys", api_post_key, RIGHT_PEOPLE, API_NOW },
    { "DELETE", "/api/v1/keys/{key}", api_delete_key, RIGHT_PEOPLE, API_NOW },
    { "GET", "/api/v1/audit", api_get_audit, RIGHT_AUDIT, API_NOW },
};
const size_t api_routes = COUNT_OF(api_route);

/* One segment of the pattern against one of the path; both move on. */
static bool segment(const char **pattern, const char **path, char *arg)
{
    size_t p = strcspn(*pattern, "/"), n = strcspn(*path, "/");
    bool same = arg ? n > 0 && n < API_ARG_MAX : p == n && strncmp(*pattern, *path, n) == 0;
    if (same && arg) text_copy(arg, n + 1, *path);
    *pattern += p;
    *path += n;
    return same;
}

static bool path_fits(const char *pattern, const char *path, struct api_call *q)
{
    int args = 0;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        if (!segment(&pattern, &path, *pattern == '{' ? q->arg[args++] : NULL)) return false;
    }
    return !*pattern && !*path;
}

static bool method_fits(const char *wanted, const char *method)
{
    return strcmp(wanted, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(wanted, "GET") == 0);
}

/* What may be done at this path, for the header Allow; "" when there is nothing here. */
static const struct api_route *route_of(struct api_call *q, struct text *allowed)
{
    for (size_t i = 0; i < api_routes; i++) {
        const struct api_route *r = &api_route[i];
        if (!path_fits(r->path, http_path(q->http), q)) continue;
        if (method_fits(r->method, http_method(q->http))) return r;
        if (allowed->used) text_put(allowed, ", ");
        text_put(allowed, strcmp(r->method, "GET") == 0 ? "GET, HEAD" : r->method);
    }
    return NULL;
}

static void not_here(struct http_call *c, const char *allowed)
{
    if (*allowed) {
        api_problem(c, PROBLEM_METHOD, NULL, allowed, allowed);
        http_reply_header(c, "Allow", allowed);
    } else {
        api_problem(c, PROBLEM_NOT_FOUND, NULL, "the page is at /, the API below /api/v1 (see /api/v1/openapi.json)",
                    "网页在 /，接口在 /api/v1 之下（见 /api/v1/openapi.json）");
    }
}

static bool reading(const char *method) { return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0; }

/* What changes something goes on record with its answer, also when it is refused. */
static void serve(struct api *a, const struct api_route *r, struct api_call *q)
{
    struct problem p;
    char detail[AUDIT_DETAIL_MAX];
    size_t n;
    bool changes = !reading(http_method(q->http)), open = r->need == RIGHT_ANYBODY;
    const char *body = http_body(q->http, &n);
    if (open || (auth_who(a->auth, q->http, changes, &q->who, &p) && auth_may(&q->who, r->need, &p))) r->answer(a, q);
    else problem_reply(q->http, &p);
    if (!changes || ((r->how & API_SECRET) && http_status(q->http) != 401 && http_status(q->http) != 403)) return;
    snprintf(detail, sizeof detail, "%.*s", (int)(n < sizeof detail ? n : sizeof detail - 1), body);
    auth_record(a->auth, q->http, &q->who,
                (r->how & API_SECRET) || !text_utf8_valid(detail, strlen(detail)) ? NULL : detail);
}

static void answer(struct api *a, struct http_call *c)
{
    struct api_call q = { .http = c };
    char allow[64];
    struct text allowed;
    text_init(&allowed, allow, sizeof allow);
    const struct api_route *r = route_of(&q, &allowed);
    bool file = !r && !allowed.used && file_of(c) != NULL;
    if (file && !reading(http_method(c))) text_put(&allowed, "GET, HEAD");
    if (!r && (!file || allowed.used)) {
        not_here(c, allow);
    } else if (http_body_too_large(c)) {
        api_problem(c, PROBLEM_TOO_LARGE, NULL, "send at most 16384 bytes", "请求正文最多 16384 字节");
    } else if (a->stopping) {
        api_problem(c, PROBLEM_STOPPING, NULL, "", "");
    } else if (file) {
        get_file(c);
    } else if (r->answer == api_get_events && strcmp(http_method(c), "HEAD") == 0) {
        not_here(c, "GET"); /* a stream has no length to tell */
    } else {
        serve(a, r, &q);
        if (!(r->how & API_NOW)) hold(a, c);
    }
}

/* Another origin's page may call us only when the operator named it; then the browser asks first. */
static void answer_preflight(struct http_call *c)
{
    http_reply(c, 204, NULL, "", 0, true);
    http_reply_header(c, "Access-Control-Allow-Methods", "GET, POST, DELETE");
    http_reply_header(c, "Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, Authorization");
    http_reply_header(c, "Access-Control-Max-Age", "600");
}

void api_handle(void *api, struct http_call *c)
{
    struct api *a = api;
    const char *origin = http_header(c, "Origin");
    bool friend = a->cfg.web_origin && origin && strcmp(origin, a->cfg.web_origin) == 0;
    if (friend && strcmp(http_method(c), "OPTIONS") == 0) answer_preflight(c);
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
static void write_job(struct text *t, const struct api *a, const void *what) { view_job(t, &a->view, what); }
static void write_robot(struct text *t, const struct api *a, const void *what)
{
    view_robot(t, &a->view, *(const robot_id *)what);
}
static void write_elevator(struct text *t, const struct api *a, const void *what)
{
    view_elevator(t, &a->view, *(const elevator_id *)what);
}
static void write_site(struct text *t, const struct api *a, const void *what)
{
    (void)what;
    view_site(t, a->cfg.names->site);
}

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
    auth_tick(a->auth);
    if (!sse_clients(a->cfg.sse)) return;
    for (elevator_id e = 0; e < a->cfg.names->site->elevators; e++)
        send_changed(a, "elevator", write_elevator, &e, &a->elevator_shown[e]);
    for (robot_id r = 0; r < a->cfg.names->fleet->robots && a->ticks % 2 == 0; r++) /* at most twice a second each */
        send_changed(a, "robot", write_robot, &r, &a->robot_shown[r]);
    if (a->ticks % COMMENT_TICKS == 0) sse_comment(a->cfg.sse);
    sse_flush(a->cfg.sse);
}

/* ---- open and close ---- */
static void on_auth_ready(void *ctx)
{
    struct api *a = ctx;
    http_kick(*a->cfg.http);
}

int api_open(struct api **out, const struct api_config *cfg)
{
    struct api *a = calloc(1, sizeof *a);
    if (!a) return ORD_EMEMORY;
    a->cfg = *cfg;
    a->view = (struct view){ cfg->names, cfg->loop, cfg->store };
    struct auth_config ac = { cfg->uv, cfg->records, cfg->names->site, cfg->https, on_auth_ready, a };
    int err = auth_open(&a->auth, &ac);
    a->robot_shown = calloc((size_t)cfg->names->fleet->robots + 1, sizeof *a->robot_shown);
    a->elevator_shown = calloc((size_t)cfg->names->site->elevators + 1, sizeof *a->elevator_shown);
    a->site = api_render(a, write_site, NULL, &a->site_len);
    if (err || !a->robot_shown || !a->elevator_shown || !a->site) {
        api_close(a);
        return ORD_EMEMORY;
    }
    snprintf(a->site_etag, sizeof a->site_etag, "\"%016llx\"", (unsigned long long)XXH3_64bits(a->site, a->site_len));
    *out = a;
    return ORD_OK;
}

void api_close(struct api *a)
{
    auth_close(a->auth);
    free(a->robot_shown);
    free(a->elevator_shown);
    free(a->site);
    free(a);
}
