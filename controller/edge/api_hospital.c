/* api_hospital - the building and its robots as they are: site, robots, elevators, health, the event stream, and the
 * description of this API. */
#include <stdio.h>
#include <string.h>

#include "api_state.h"
#include "web_files.h"

/* ---- lists of things with ids: page through them by index ---- */
struct listing {
    const char *list;
    uint32_t from, count, limit;
    void (*one)(struct text *t, const struct view *v, uint16_t i);
    const char *(*id)(const struct api *a, uint32_t i);
};

static void write_listing(struct text *t, const struct api *a, const void *what)
{
    const struct listing *l = what;
    uint32_t end = l->count - l->from > l->limit ? l->from + l->limit : l->count;
    text_put(t, "{\"");
    text_put(t, l->list);
    text_put(t, "\":[");
    for (uint32_t i = l->from; i < end && !t->cut; i++) {
        if (i > l->from) text_char(t, ',');
        l->one(t, &a->view, (uint16_t)i);
    }
    api_page_end(t, end < l->count ? l->id(a, end - 1) : NULL);
}

static void reply_listing(struct api *a, struct http_call *c, struct listing *l)
{
    struct page page;
    if (!api_page(c, API_LIMIT_MAX, &page)) return;
    l->limit = page.limit;
    while (page.after && l->from < l->count && strcmp(l->id(a, l->from), page.after) != 0) l->from++;
    if (page.after && l->from++ == l->count) {
        api_problem(c, PROBLEM_FIELD, "after", "after: no member of this list has this id", "after：列表中没有该编号");
        return;
    }
    api_json(a, c, 200, write_listing, l);
}

static const char *robot_id_at(const struct api *a, uint32_t i) { return a->cfg.names->fleet->robot[i].id; }
static const char *elevator_id_at(const struct api *a, uint32_t i) { return a->cfg.names->site->elevator[i].id; }

void api_get_robots(struct api *a, const struct api_call *q)
{
    struct listing l = { .list = "robots", .count = a->cfg.names->fleet->robots, .one = view_robot, .id = robot_id_at };
    reply_listing(a, q->http, &l);
}

void api_get_elevators(struct api *a, const struct api_call *q)
{
    struct listing l = {
        .list = "elevators", .count = a->cfg.names->site->elevators, .one = view_elevator, .id = elevator_id_at
    };
    reply_listing(a, q->http, &l);
}

/* ---- one of them ---- */
static void write_robot(struct text *t, const struct api *a, const void *what)
{
    view_robot(t, &a->view, *(const robot_id *)what);
}

static void write_elevator(struct text *t, const struct api *a, const void *what)
{
    view_elevator(t, &a->view, *(const elevator_id *)what);
}

void api_get_robot(struct api *a, const struct api_call *q)
{
    robot_id r = 0;
    while (r < a->cfg.names->fleet->robots && strcmp(robot_id_at(a, r), q->arg[0]) != 0) r++;
    if (r < a->cfg.names->fleet->robots) api_json(a, q->http, 200, write_robot, &r);
    else
        api_problem(q->http, PROBLEM_NOT_FOUND, NULL, "there is no such robot; GET /api/v1/robots lists them",
                    "没有这台机器人；列表见 GET /api/v1/robots");
}

void api_get_elevator(struct api *a, const struct api_call *q)
{
    elevator_id e = site_elevator_by_id(a->cfg.names->site, q->arg[0]);
    if (e != ID_NONE) api_json(a, q->http, 200, write_elevator, &e);
    else
        api_problem(q->http, PROBLEM_NOT_FOUND, NULL, "there is no such elevator; GET /api/v1/elevators lists them",
                    "没有这部电梯；列表见 GET /api/v1/elevators");
}

void api_get_site(struct api *a, const struct api_call *q)
{
    if (api_unchanged(q->http, a->site_etag)) return;
    api_bytes(q->http, a->site, a->site_len, true);
    http_reply_header(q->http, "ETag", a->site_etag);
    http_reply_header(q->http, "Cache-Control", "no-cache");
}

/* ---- health ---- */
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

void api_get_health(struct api *a, const struct api_call *q)
{
    struct fleet_totals totals;
    struct health h = { .journal = !loop_error(a->cfg.loop), .mqtt = a->cfg.mqtt_connected(a->cfg.ctx) };
    for (robot_id r = 0; r < a->cfg.names->fleet->robots; r++) h.online += view_robot_online(&a->view, r);
    fleet_totals(loop_fleet(a->cfg.loop), &totals);
    h.open = totals.jobs_open;
    api_json(a, q->http, h.journal && h.mqtt ? 200 : 503, write_health, &h);
}

/* ---- the stream and the description ---- */
void api_get_events(struct api *a, const struct api_call *q)
{
    char now[32], hello[64];
    log_wall_text(log_wall_ms(), now);
    snprintf(hello, sizeof hello, "{\"now\":\"%s\"}", now);
    if (!sse_join(a->cfg.sse, q->http, hello)) {
        api_problem(q->http, PROBLEM_STREAMS, NULL, "too many pages listen at the same time", "同时监听的页面过多");
        return;
    }
    http_reply_header(q->http, "Cache-Control", "no-store");
    http_reply_header(q->http, "X-Accel-Buffering", "no");
}

void api_get_openapi(struct api *a, const struct api_call *q)
{
    (void)a;
    if (api_unchanged(q->http, api_document.etag)) return;
    api_bytes(q->http, (const char *)api_document.bytes, api_document.size, true);
    http_reply_header(q->http, "ETag", api_document.etag);
    http_reply_header(q->http, "Cache-Control", "no-cache");
}
