/* api_items - tagged things, equipment on loan above all: where each was scanned last (R12). */
#include <stdio.h>
#include <string.h>

#include "api_job.h"
#include "api_state.h"
#include "member.h"

static void put_scan(struct text *t, const struct scan *s)
{
    char when[32];
    log_wall_text(s->at_ms, when);
    text_char(t, '{');
    member_string(t, "tag", s->tag);
    member_string(t, "station", s->station[0] ? s->station : NULL);
    member_key(t, "job");
    if (s->job) text_uint(t, s->job);
    else text_put(t, "null");
    member_string(t, "at", when);
    member_string(t, "by", s->who);
    text_char(t, '}');
}

static void write_scan(struct text *t, const struct api *a, const void *what)
{
    (void)a;
    put_scan(t, what);
}

/* Somewhere: at a station, or with a delivery. */
static bool read_scan(struct api *a, const struct api_call *q, struct scan *out, struct job_view *job)
{
    static const struct field_words words[] = {
        { "tag", "缺失，或不是标签编号" },
        { "station", "必须是站点编号；与 job 二者选一" },
        { "job", "必须是任务编号；与 station 二者选一" },
        { NULL, NULL },
    };
    static const char *const keys[] = { "tag", "station", "job" };
    struct json_doc doc;
    struct problem p;
    station_id at = ID_NONE;
    size_t n;
    const char *body = http_body(q->http, &n);
    *out = (struct scan){ .tag = "" };
    bool ok = api_body_open(&doc, body, n, &p);
    if (ok) {
        struct json_at root = json_root(&doc), tag = json_need(root, "tag"), station = json_opt(root, "station"),
                       with = json_opt(root, "job");
        json_only(root, keys, COUNT_OF(keys));
        json_string(tag, out->tag, sizeof out->tag, 1);
        if (json_ok(&doc) && !text_id_valid(out->tag, TAG_MAX - 1)) json_fail(tag, ORD_ERANGE, "must be an id");
        if (json_has(station)) json_string(station, out->station, sizeof out->station, 1);
        if (json_has(with)) out->job = (uint32_t)json_int(with, 1, UINT32_MAX);
        if (json_ok(&doc) && json_has(station) == json_has(with)) json_fail(tag, ORD_ERANGE, "name a station or a job");
        ok = api_body_good(&doc, words, &p);
    }
    json_close(&doc);
    if (ok && out->station[0]) ok = api_station(a->cfg.names->site, "station", out->station, &at, &p);
    *job = (struct job_view){ .from = at, .to = at };
    if (ok && out->job && !fleet_job(loop_fleet(a->cfg.loop), out->job, job)) {
        char number[16];
        snprintf(number, sizeof number, "%u", (unsigned)out->job);
        api_unknown(&p, "job", number, "job", "任务", "/api/v1/jobs");
        ok = false;
    }
    ok = ok && auth_ward(&q->who, job->from, job->to, &p);
    if (!ok) problem_reply(q->http, &p);
    return ok;
}

void api_post_scan(struct api *a, const struct api_call *q)
{
    struct scan s;
    struct job_view job;
    if (!api_json_body(q->http) || !read_scan(a, q, &s, &job)) return;
    text_copy(s.who, sizeof s.who, q->who.name);
    s.at_ms = log_wall_ms();
    if (scan_put(a->cfg.records, &s))
        api_problem(q->http, PROBLEM_INTERNAL, NULL, "the scan could not be kept", "扫码无法保存");
    else api_json(a, q->http, 200, write_scan, &s);
}

void api_get_item(struct api *a, const struct api_call *q)
{
    struct scan s;
    if (scan_find(a->cfg.records, q->arg[0], &s)) api_json(a, q->http, 200, write_scan, &s);
    else api_problem(q->http, PROBLEM_NOT_FOUND, NULL, "nothing with this tag was ever scanned", "该标签从未被扫描");
}

static void write_items(struct text *t, const struct api *a, const void *what)
{
    const struct page *page = what;
    struct scan s = { .tag = "" };
    char last[TAG_MAX] = "";
    uint32_t listed = 0;
    if (page->after) text_copy(s.tag, sizeof s.tag, page->after);
    bool more = scan_after(a->cfg.records, s.tag, &s);
    text_put(t, "{\"items\":[");
    for (; more && listed < page->limit && !t->cut; listed++) {
        if (listed) text_char(t, ',');
        put_scan(t, &s);
        text_copy(last, sizeof last, s.tag);
        more = scan_after(a->cfg.records, last, &s);
    }
    api_page_end(t, more ? last : NULL);
}

void api_get_items(struct api *a, const struct api_call *q)
{
    struct page page;
    if (api_page(q->http, API_LIMIT_DEFAULT, &page)) api_json(a, q->http, 200, write_items, &page);
}
