/* api_day - the hospital's day: rounds and their progress, par levels, and what people and the building switch. */
#include <stdio.h>
#include <string.h>

#include "api_job.h"
#include "api_state.h"
#include "member.h"

/* ---- rounds (R3, R5) ---- */
static uint16_t rounds_of(const struct api *a) { return a->cfg.names->timetable ? a->cfg.names->timetable->rounds : 0; }
static uint16_t pars_of(const struct api *a) { return a->cfg.names->timetable ? a->cfg.names->timetable->pars : 0; }

struct rounds_query {
    bool today;
    uint16_t from, limit;
};

static void write_rounds(struct text *t, const struct api *a, const void *what)
{
    const struct rounds_query *q = what;
    uint16_t i = q->from, listed = 0, last = 0;
    text_put(t, "{\"rounds\":[");
    for (; i < rounds_of(a) && !t->cut; i++) {
        struct round_view v;
        fleet_round(loop_fleet(a->cfg.loop), i, &v);
        if (q->today && !v.today) continue;
        if (listed == q->limit) break;
        if (listed++) text_char(t, ',');
        view_round(t, &a->view, i);
        last = i;
    }
    api_page_end(t, i < rounds_of(a) ? a->cfg.names->timetable->round[last].id : NULL);
}

static uint16_t round_by_id(const struct api *a, const char *id)
{
    uint16_t i = 0;
    while (i < rounds_of(a) && strcmp(a->cfg.names->timetable->round[i].id, id) != 0) i++;
    return i;
}

void api_get_rounds(struct api *a, const struct api_call *q)
{
    const char *day = http_query(q->http, "day");
    struct rounds_query r = { .today = day && strcmp(day, "today") == 0 };
    struct page page;
    if (!api_page(q->http, API_LIMIT_MAX, &page)) return;
    r.limit = (uint16_t)page.limit;
    if (day && !r.today && strcmp(day, "all") != 0) {
        api_problem(q->http, PROBLEM_FIELD, "day", "day must be today or all", "day 必须是 today 或 all");
        return;
    }
    if (page.after) r.from = (uint16_t)(round_by_id(a, page.after) + 1);
    if (r.from > rounds_of(a)) {
        api_problem(q->http, PROBLEM_FIELD, "after", "after must be the id of a round", "after 必须是轮次编号");
        return;
    }
    api_json(a, q->http, 200, write_rounds, &r);
}

static void write_round(struct text *t, const struct api *a, const void *what)
{
    view_round(t, &a->view, *(const uint16_t *)what);
}

void api_get_round(struct api *a, const struct api_call *q)
{
    uint16_t i = round_by_id(a, q->arg[0]);
    if (i < rounds_of(a)) api_json(a, q->http, 200, write_round, &i);
    else
        api_problem(q->http, PROBLEM_NOT_FOUND, NULL, "there is no such round; GET /api/v1/rounds lists them",
                    "没有这个轮次；列表见 GET /api/v1/rounds");
}

/* ---- par levels (R9) ---- */
struct stock_query {
    station_id station; /* ID_NONE: all */
    uint32_t from, limit;
};

static void write_stock(struct text *t, const struct api *a, const void *what)
{
    const struct stock_query *q = what;
    uint32_t i = q->from, listed = 0, last = 0;
    char next[16];
    text_put(t, "{\"stock\":[");
    for (; i < pars_of(a) && !t->cut; i++) {
        if (q->station != ID_NONE && a->cfg.names->timetable->par[i].to != q->station) continue;
        if (listed == q->limit) break;
        if (listed++) text_char(t, ',');
        view_stock(t, &a->view, (uint16_t)i);
        last = i + 1;
    }
    snprintf(next, sizeof next, "%u", (unsigned)last);
    api_page_end(t, i < pars_of(a) ? next : NULL);
}

void api_get_stock(struct api *a, const struct api_call *q)
{
    const char *station = http_query(q->http, "station");
    struct stock_query s = { .station = ID_NONE };
    struct page page;
    struct problem p;
    if (!api_page(q->http, API_LIMIT_MAX, &page)) return;
    s.limit = page.limit;
    if (station && !api_station(a->cfg.names->site, "station", station, &s.station, &p)) {
        problem_reply(q->http, &p);
        return;
    }
    if (page.after && !api_number(page.after, TIMETABLE_PARS_MAX, &s.from)) {
        api_problem(q->http, PROBLEM_FIELD, "after", "after must be what the list before said as next",
                    "after 必须是上一页给出的 next");
        return;
    }
    api_json(a, q->http, 200, write_stock, &s);
}

static bool read_stock(struct api *a, struct http_call *c, struct in_stock *out)
{
    static const struct field_words words[] = {
        { "station", "缺失，或不是站点编号" },
        { "goods", "缺失，或不是物品种类编号" },
        { "count", "必须是 0 到 65000 的整数" },
        { NULL, NULL },
    };
    static const char *const keys[] = { "station", "goods", "count" };
    const struct site *s = a->cfg.names->site;
    struct json_doc doc;
    struct problem p;
    char station[SITE_ID_MAX] = "", goods[SITE_ID_MAX] = "";
    size_t n;
    const char *body = http_body(c, &n);
    bool ok = api_body_open(&doc, body, n, &p);
    if (ok) {
        struct json_at root = json_root(&doc);
        json_only(root, keys, COUNT_OF(keys));
        json_string(json_need(root, "station"), station, sizeof station, 1);
        json_string(json_need(root, "goods"), goods, sizeof goods, 1);
        out->count = (uint16_t)json_int(json_need(root, "count"), 0, 65000);
        ok = api_body_good(&doc, words, &p);
    }
    json_close(&doc);
    ok = ok && api_station(s, "station", station, &out->station, &p) && api_goods(s, "goods", goods, &out->goods, &p);
    if (!ok) problem_reply(c, &p);
    return ok;
}

static void write_par(struct text *t, const struct api *a, const void *what)
{
    view_stock(t, &a->view, *(const uint16_t *)what);
}

void api_post_stock(struct api *a, const struct api_call *q)
{
    struct fleet_in in = { .kind = IN_STOCK };
    struct problem p;
    uint16_t i = 0;
    if (!api_writable(a, q->http) || !api_json_body(q->http) || !read_stock(a, q->http, &in.stock)) return;
    if (!auth_ward(&q->who, in.stock.station, in.stock.station, &p)) {
        problem_reply(q->http, &p);
        return;
    }
    const struct timetable *t = a->cfg.names->timetable;
    while (i < pars_of(a) && (t->par[i].to != in.stock.station || t->par[i].goods != in.stock.goods)) i++;
    if (i == pars_of(a)) {
        api_problem(q->http, PROBLEM_NO_PAR, "goods",
                    "goods: this station has no par level for them; GET /api/v1/stock lists what has one",
                    "字段“goods”：该站点未设此物品的定额；列表见 GET /api/v1/stock");
        return;
    }
    loop_input(a->cfg.loop, &in, NULL, NULL);
    if (api_writable(a, q->http)) api_json(a, q->http, 200, write_par, &i);
}

/* ---- modes ---- */
static void write_modes(struct text *t, const struct api *a, const void *what)
{
    (void)what;
    view_modes(t, &a->view);
}

void api_get_modes(struct api *a, const struct api_call *q) { api_json(a, q->http, 200, write_modes, NULL); }

/* What each act is about, and which right it needs beyond RIGHT_OPERATE. */
enum target { TARGET_NONE, TARGET_ZONE, TARGET_STATION, TARGET_LANE, TARGET_ELEVATOR, TARGET_ROBOT };
static const struct act {
    enum target target;
    enum right need;
} act[OP_COUNT] = {
    [OP_FIRE] = { TARGET_ZONE, RIGHT_EMERGENCY },           [OP_FIRE_OVER] = { TARGET_ZONE, RIGHT_EMERGENCY },
    [OP_MAINS_LOST] = { TARGET_NONE, RIGHT_EMERGENCY },     [OP_MAINS_BACK] = { TARGET_NONE, RIGHT_EMERGENCY },
    [OP_ISOLATE] = { TARGET_STATION, RIGHT_HYGIENE },       [OP_ISOLATE_OVER] = { TARGET_STATION, RIGHT_HYGIENE },
    [OP_ISOLATION_ROBOT] = { TARGET_ROBOT, RIGHT_HYGIENE }, [OP_EDGE_CLOSE] = { TARGET_LANE, RIGHT_WAYS },
    [OP_EDGE_OPEN] = { TARGET_LANE, RIGHT_WAYS },           [OP_CAR_CLOSE] = { TARGET_ELEVATOR, RIGHT_WAYS },
    [OP_CAR_OPEN] = { TARGET_ELEVATOR, RIGHT_WAYS },        [OP_ROBOT_OUT] = { TARGET_ROBOT, RIGHT_WAYS },
    [OP_ROBOT_IN] = { TARGET_ROBOT, RIGHT_WAYS },           [OP_WASHED] = { TARGET_ROBOT, RIGHT_HYGIENE },
};

struct operate_request {
    int op;
    char target[SITE_ID_MAX], to[SITE_ID_MAX];
    bool on;
};

static bool read_operate(struct http_call *c, struct operate_request *out)
{
    static const struct field_words words[] = {
        { "op", "缺失，或不是操作名称" },
        { "target", "必须是编号" },
        { "to", "必须是通道另一端的节点编号" },
        { "on", "必须是 true 或 false" },
        { NULL, NULL },
    };
    static const char *const keys[] = { "op", "target", "to", "on" };
    struct json_doc doc;
    struct problem p;
    size_t n;
    const char *body = http_body(c, &n);
    *out = (struct operate_request){ .on = true };
    bool ok = api_body_open(&doc, body, n, &p);
    if (ok) {
        struct json_at root = json_root(&doc), target = json_opt(root, "target"), to = json_opt(root, "to"),
                       on = json_opt(root, "on");
        json_only(root, keys, COUNT_OF(keys));
        out->op = json_enum(json_need(root, "op"), operate_name, OP_COUNT);
        if (json_has(target)) json_string(target, out->target, sizeof out->target, 1);
        if (json_has(to)) json_string(to, out->to, sizeof out->to, 1);
        if (json_has(on)) out->on = json_bool(on);
        ok = api_body_good(&doc, words, &p);
    }
    json_close(&doc);
    if (!ok) problem_reply(c, &p);
    return ok;
}

static uint16_t robot_by_id(const struct fleet_spec *f, const char *id)
{
    for (robot_id r = 0; r < f->robots; r++)
        if (strcmp(f->robot[r].id, id) == 0) return r;
    return ID_NONE;
}

static uint16_t lane_edge(const struct site *s, const char *from, const char *to)
{
    node_id a = site_node_by_id(s, from), b = site_node_by_id(s, to);
    if (a == ID_NONE || b == ID_NONE) return ID_NONE;
    edge_id e = site_edge_between(s, a, b);
    return e != ID_NONE ? e : site_edge_between(s, b, a);
}

/* The number behind the name; false: *p says which name means nothing. */
static bool resolve(const struct api *a, const struct operate_request *r, uint16_t *out, struct problem *p)
{
    const struct site *s = a->cfg.names->site;
    *out = ID_NONE;
    switch (act[r->op].target) {
    case TARGET_NONE: *out = 0; return true;
    case TARGET_STATION: return api_station(s, "target", r->target, out, p);
    case TARGET_ZONE:
        *out = site_zone_by_id(s, r->target);
        if (*out == ID_NONE) api_unknown(p, "target", r->target, "zone", "分区", "/api/v1/modes");
        break;
    case TARGET_LANE:
        *out = lane_edge(s, r->target, r->to);
        if (*out == ID_NONE)
            problem_set(p, PROBLEM_UNKNOWN, "target",
                        "target, to: no lane joins these two nodes; GET /api/v1/site lists the lanes",
                        "字段“target”和“to”：这两个节点之间没有通道；列表见 GET /api/v1/site");
        break;
    case TARGET_ELEVATOR:
        *out = site_elevator_by_id(s, r->target);
        if (*out == ID_NONE) api_unknown(p, "target", r->target, "elevator", "电梯", "/api/v1/elevators");
        break;
    case TARGET_ROBOT:
        *out = robot_by_id(a->cfg.names->fleet, r->target);
        if (*out == ID_NONE) api_unknown(p, "target", r->target, "robot", "机器人", "/api/v1/robots");
        break;
    }
    return *out != ID_NONE;
}

void api_post_operate(struct api *a, const struct api_call *q)
{
    struct operate_request r;
    struct problem p;
    struct fleet_in in = { .kind = IN_OPERATE };
    if (!api_writable(a, q->http) || !api_json_body(q->http) || !read_operate(q->http, &r)) return;
    if (!auth_may(&q->who, act[r.op].need, &p) || !resolve(a, &r, &in.operate.target, &p)) {
        problem_reply(q->http, &p);
        return;
    }
    in.operate.op = (uint8_t)r.op;
    in.operate.value = r.on;
    loop_input(a->cfg.loop, &in, NULL, NULL);
    if (api_writable(a, q->http)) api_json(a, q->http, 200, write_modes, NULL);
}
