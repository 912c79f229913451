/* api_jobs - deliveries: asking for them, following them, counting them, taking them back. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api_job.h"
#include "api_state.h"

static void write_job(struct text *t, const struct api *a, const void *what) { view_job(t, &a->view, what); }

static bool job_of(struct api *a, const struct api_call *q, struct job_view *j)
{
    uint32_t id;
    if (api_number(q->arg[0], UINT32_MAX, &id) && fleet_job(loop_fleet(a->cfg.loop), id, j)) return true;
    api_problem(q->http, PROBLEM_NOT_FOUND, NULL, "there is no such job, or it ended long ago",
                "没有这个任务，或它早已结束");
    return false;
}

/* The same, for somebody who wants to act on it. */
static bool own_job_of(struct api *a, const struct api_call *q, struct job_view *j)
{
    struct problem p;
    if (!job_of(a, q, j)) return false;
    if (auth_ward(&q->who, j->from, j->to, &p)) return true;
    problem_reply(q->http, &p);
    return false;
}

static void reply_job(struct api *a, struct http_call *c, unsigned status, job_id id)
{
    struct job_view j;
    char location[40];
    if (!fleet_job(loop_fleet(a->cfg.loop), id, &j)) return;
    api_json(a, c, status, write_job, &j);
    snprintf(location, sizeof location, "/api/v1/jobs/%u", (unsigned)id);
    if (status == 201) http_reply_header(c, "Location", location);
}

void api_get_job(struct api *a, const struct api_call *q)
{
    struct job_view j;
    if (job_of(a, q, &j)) reply_job(a, q->http, 200, j.job);
}

/* ---- asking ---- */

/* The same request with the same key again is answered with the job it made. */
static bool repeated(struct api *a, struct http_call *c, const struct job_note *note)
{
    job_id id = note->key[0] ? store_by_key(a->cfg.store, note->key) : 0;
    if (!id) return false;
    if (store_get(a->cfg.store, id)->body_hash == note->body_hash) {
        reply_job(a, c, 200, id);
    } else {
        api_problem(c, PROBLEM_KEY_REUSED, "Idempotency-Key", "draw a new key for each new request",
                    "每个新请求请使用新的幂等键");
    }
    return true;
}

/* Wall time as fleet time; what is past already becomes the first moment there is. */
static ms_t fleet_time(const struct api *a, int64_t utc_ms)
{
    return utc_ms ? ms_max(loop_at(a->cfg.loop, utc_ms), 1) : 0;
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
                                    .priority = r->priority,
                                    .goods = r->goods,
                                    .ready_ms = fleet_time(a, r->ready_utc_ms),
                                    .due_ms = fleet_time(a, r->due_utc_ms),
                                    .return_ms = r->return_ms } };
    store_note_encode(note, kept);
    int err = loop_input(a->cfg.loop, &in, kept, &job);
    if (!api_writable(a, c)) return;
    if (err || job.state == JOB_STATE_COUNT || !job.job) {
        problem_refusal(&p, err ? REFUSAL_NONE : job.refusal);
        problem_reply(c, &p);
        return;
    }
    store_put(a->cfg.store, job.job, note);
    reply_job(a, c, 201, job.job);
}

static bool due_is_past(const struct api *a, const struct job_request *r)
{
    return r->due_utc_ms && loop_at(a->cfg.loop, r->due_utc_ms) <= loop_now(a->cfg.loop);
}

void api_post_job(struct api *a, const struct api_call *q)
{
    struct http_call *c = q->http;
    struct job_request r;
    struct job_note note = { .item = "" };
    struct problem p;
    size_t n;
    const char *key = http_header(c, "Idempotency-Key"), *body = http_body(c, &n);
    if (!api_writable(a, c) || !api_json_body(c)) return;
    if (key && !api_key_valid(key)) {
        api_problem(c, PROBLEM_FIELD, "Idempotency-Key", "the key must be 1 to 64 visible ASCII signs",
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
    if (!auth_ward(&q->who, r.from, r.to, &p)) {
        problem_reply(c, &p);
        return;
    }
    if (repeated(a, c, &note)) return;
    if (due_is_past(a, &r))
        api_problem(c, PROBLEM_FIELD, "due_at", "due_at: this time is past", "字段“due_at”：该时间已过");
    else submit(a, c, &r, &note);
}

/* ---- taking back ---- */
void api_delete_job(struct api *a, const struct api_call *q)
{
    struct job_view j;
    struct out_job news;
    struct problem p;
    if (!api_writable(a, q->http) || !own_job_of(a, q, &j)) return;
    struct fleet_in in = { .kind = IN_CANCEL, .cancel = { .job = j.job } };
    enum refusal why = job_state_final(j.state) ? REFUSAL_JOB_ENDED : REFUSAL_NONE;
    if (!why) {
        int err = loop_input(a->cfg.loop, &in, NULL, &news);
        if (!api_writable(a, q->http)) return;
        fleet_job(loop_fleet(a->cfg.loop), j.job, &j);
        if (err || j.state != JOB_CANCELLED)
            why = !err && news.state != JOB_STATE_COUNT && news.refusal ? news.refusal : REFUSAL_ALREADY_LOADED;
    }
    if (why) {
        problem_refusal(&p, why);
        problem_reply(q->http, &p);
    } else {
        reply_job(a, q->http, 200, j.job);
    }
}

/* ---- counting both ends (R4) ---- */
static const char *const where_name[COUNT_WHERES] = { "pickup", "delivery" };

static bool read_count(struct http_call *c, struct in_count *out)
{
    static const struct field_words words[] = {
        { "at", "必须是 pickup（取货）或 delivery（送达）" },
        { "count", "必须是 0 到 65000 的整数" },
        { NULL, NULL },
    };
    static const char *const keys[] = { "at", "count" };
    struct json_doc doc;
    struct problem p;
    size_t n;
    const char *body = http_body(c, &n);
    bool ok = api_body_open(&doc, body, n, &p);
    if (ok) {
        struct json_at root = json_root(&doc);
        json_only(root, keys, COUNT_OF(keys));
        out->where = (uint8_t)json_enum(json_need(root, "at"), where_name, COUNT_WHERES);
        out->count = (uint16_t)json_int(json_need(root, "count"), 0, 65000);
        ok = api_body_good(&doc, words, &p);
    }
    json_close(&doc);
    if (!ok) problem_reply(c, &p);
    return ok;
}

void api_post_count(struct api *a, const struct api_call *q)
{
    struct job_view j;
    struct out_job news;
    struct problem p;
    struct fleet_in in = { .kind = IN_COUNT };
    if (!api_writable(a, q->http) || !api_json_body(q->http) || !own_job_of(a, q, &j) ||
        !read_count(q->http, &in.count))
        return;
    in.count.job = j.job;
    int err = loop_input(a->cfg.loop, &in, NULL, &news);
    if (!api_writable(a, q->http)) return;
    if (err || news.state == JOB_STATE_COUNT) {
        problem_refusal(&p, err ? REFUSAL_NONE : news.refusal);
        problem_reply(q->http, &p);
        return;
    }
    reply_job(a, q->http, 200, j.job);
}

/* ---- lists, the newest first ---- */
enum which { WHICH_ALL, WHICH_OPEN, WHICH_ENDED, WHICH_DIFFERS, WHICH_COUNT };
static const char *const which_name[] = { "all", "open", "ended" };

struct job_query {
    enum which which;
    uint32_t limit;
    job_id before; /* only older ones */
    const char *list;
};

static bool wanted(const struct job_query *q, const struct job_view *j)
{
    switch (q->which) {
    case WHICH_OPEN: return !job_state_final(j->state);
    case WHICH_ENDED: return job_state_final(j->state);
    case WHICH_DIFFERS: return j->differs;
    case WHICH_ALL:
    case WHICH_COUNT: break;
    }
    return true;
}

static void write_jobs(struct text *t, const struct api *a, const void *what)
{
    const struct job_query *q = what;
    const struct fleet *f = loop_fleet(a->cfg.loop);
    uint32_t listed = 0;
    job_id last = 0, id = fleet_job_last(f);
    struct job_view j;
    char next[16];
    text_put(t, "{\"");
    text_put(t, q->list);
    text_put(t, "\":[");
    for (id = id < q->before ? id : q->before - 1; id && id >= fleet_job_first_kept(f) && !t->cut; id--) {
        if (!fleet_job(f, id, &j) || !wanted(q, &j)) continue;
        if (listed == q->limit) break;
        if (listed++) text_char(t, ',');
        view_job(t, &a->view, &j);
        last = id;
    }
    bool more = id && id >= fleet_job_first_kept(f);
    snprintf(next, sizeof next, "%u", (unsigned)last);
    api_page_end(t, more ? next : NULL);
}

static void list_jobs(struct api *a, struct http_call *c, enum which which, const char *list)
{
    struct page page;
    struct job_query q = { .which = which, .before = UINT32_MAX, .list = list };
    if (!api_page(c, API_LIMIT_DEFAULT, &page)) return;
    if (page.after && !api_number(page.after, UINT32_MAX - 1, &q.before)) {
        api_problem(c, PROBLEM_FIELD, "after", "after must be the number of a job", "after 必须是任务编号");
        return;
    }
    q.limit = page.limit;
    api_json(a, c, 200, write_jobs, &q);
}

void api_get_jobs(struct api *a, const struct api_call *q)
{
    const char *state = http_query(q->http, "state");
    enum which which = WHICH_ALL;
    while (state && which <= WHICH_ENDED && strcmp(which_name[which], state) != 0) which++;
    if (which > WHICH_ENDED)
        api_problem(q->http, PROBLEM_FIELD, "state", "state must be open, ended or all",
                    "state 必须是 open、ended 或 all");
    else list_jobs(a, q->http, which, "jobs");
}

void api_get_discrepancies(struct api *a, const struct api_call *q)
{
    list_jobs(a, q->http, WHICH_DIFFERS, "discrepancies");
}

/* ---- why it is where it is ---- */
static void write_why(struct text *t, const struct api *a, const void *what) { view_why(t, &a->view, what); }

void api_get_why(struct api *a, const struct api_call *q)
{
    struct job_view j;
    if (job_of(a, q, &j)) api_json(a, q->http, 200, write_why, &j);
}
