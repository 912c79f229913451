#define _GNU_SOURCE /* strptime */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "ctl.h"
#include "log.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define ROWS_MAX 100000

/* Signs of Chinese are two columns wide on a terminal. */
static int columns_of(const char *s)
{
    int n = 0;
    for (; *s; s++) {
        if (((unsigned char)*s & 0xC0) == 0x80) continue;
        n += (unsigned char)*s >= 0xE0 ? 2 : 1;
    }
    return n;
}

static void put_cell(const char *s, int width)
{
    fputs(s, stdout);
    for (int n = columns_of(s); n < width; n++) putchar(' ');
    putchar(' ');
}

/* The API's words are for programs; people of a Chinese ward read theirs. */
const char *ctl_word(const char *s)
{
    static const char *const zh[][2] = {
        { "requested", "已申请" }, { "assigned", "已派车" },     { "loaded", "已装车" },
        { "moving", "运送中" },    { "arrived", "已到达" },      { "delivered", "已签收" },
        { "cancelled", "已取消" }, { "failed", "失败" },         { "never_seen", "未出现" },
        { "online", "在线" },      { "offline", "离线" },        { "silent", "无消息" },
        { "idle", "空闲" },        { "to_pickup", "去取货" },    { "picking", "取货中" },
        { "to_drop", "去送货" },   { "dropping", "交货中" },     { "to_refuge", "去停靠" },
        { "lost", "位置未知" },    { "automatic", "自动" },      { "semiautomatic", "半自动" },
        { "manual", "手动" },      { "service", "维护" },        { "teachin", "示教" },
        { "robot", "机器人" },     { "elevator", "电梯" },       { "door", "门" },
        { "plan", "路线" },        { "link", "通信" },           { "stopped", "停止" },
        { "up", "上行" },          { "down", "下行" },           { "closed", "关闭" },
        { "open", "打开" },        { "agv", "机器人专用" },      { "human", "载人" },
        { "fire", "消防" },        { "emergency", "紧急" },      { "ok", "正常" },
        { "pickup", "取货" },      { "delivery", "送达" },       { "wash", "消毒" },
        { "charge", "充电" },      { "to_wash", "去消毒" },      { "washing", "消毒中" },
        { "to_charge", "去充电" }, { "charging", "充电中" },     { "failing", "异常" },
        { "connected", "已连接" }, { "disconnected", "未连接" },
    };
    for (size_t i = 0; log_zh() && i < COUNT_OF(zh); i++)
        if (strcmp(zh[i][0], s) == 0) return zh[i][1];
    return s;
}

/* "moving" is also a state of jobs. */
const char *ctl_door_word(const char *s) { return strcmp(s, "moving") == 0 ? log_tr(s, "开关中") : ctl_word(s); }

const char *ctl_clock(const char *rfc3339, char out[16])
{
    struct tm utc = { .tm_isdst = 0 }, local;
    out[0] = 0;
    if (!strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &utc)) return out;
    time_t at = timegm(&utc);
    if (!localtime_r(&at, &local) || !strftime(out, 16, "%H:%M:%S", &local)) out[0] = 0;
    return out;
}

const char *ctl_string(struct json_at object, const char *key)
{
    struct json_at at = json_opt(object, key);
    return json_is_string(at) ? json_str(at) : "";
}

/* "48 / 46 !": counted at pick-up, at delivery; marked where they once disagreed. */
static void put_counts(struct text *t, struct json_at counted)
{
    static const char *const end[] = { "pickup", "delivery" };
    for (size_t i = 0; i < COUNT_OF(end); i++) {
        struct json_at n = json_opt(counted, end[i]);
        if (i) text_put(t, " / ");
        if (json_is_number(n)) text_int(t, json_int(n, 0, UINT16_MAX));
        else text_char(t, '-');
    }
    if (json_bool(json_need(counted, "differs"))) text_put(t, " !");
}

static void cell_text(struct json_at row, const struct ctl_column *c, char out[128])
{
    char clock[16];
    struct json_at at = json_opt(row, c->key);
    struct text t;
    text_init(&t, out, 128);
    if (!json_has(at)) {
        text_put(&t, "-");
    } else if (c->kind == COUNTS) {
        put_counts(&t, at);
    } else if (c->kind == NAME) {
        text_put(&t, ctl_string(at, log_tr("en", "zh")));
    } else if (json_is_number(at)) {
        text_milli(&t, json_milli(at, INT32_MIN, INT32_MAX));
    } else if (json_is_object(at)) { /* a wait: what for, and whom */
        text_put(&t, ctl_word(json_str(json_opt(at, "kind"))));
        text_char(&t, ' ');
        if (json_has(json_opt(at, "id"))) text_put(&t, json_str(json_opt(at, "id")));
    } else if (json_is_string(at)) {
        const char *s = json_str(at);
        if (c->kind == TIME) {
            text_put(&t, ctl_clock(s, clock));
        } else {
            text_put(&t, c->kind == DOOR ? ctl_door_word(s) : c->kind == WORD ? ctl_word(s) : s);
        }
    } else {
        text_put(&t, json_bool(at) ? "*" : "");
    }
}

void ctl_table(struct json_at rows, const struct ctl_column *col, size_t cols)
{
    char text[128];
    for (size_t i = 0; i < cols; i++) put_cell(log_tr(col[i].en, col[i].zh), col[i].width);
    putchar('\n');
    for (size_t r = 0, n = json_array(rows, ROWS_MAX); r < n; r++) {
        struct json_at row = json_item(rows, r);
        for (size_t i = 0; i < cols; i++) {
            cell_text(row, &col[i], text);
            put_cell(text, col[i].width);
        }
        putchar('\n');
    }
}

void ctl_fields(struct json_at object, const struct ctl_column *col, size_t cols)
{
    char text[128];
    for (size_t i = 0; i < cols; i++) {
        cell_text(object, &col[i], text);
        put_cell(log_tr(col[i].en, col[i].zh), 14);
        puts(text);
    }
}

/* ---- one question, one answer ---- */
static int explain(struct json_at problem, long status)
{
    struct json_at detail = json_opt(problem, log_tr("detail", "detail_zh")),
                   title = json_opt(problem, log_tr("title", "title_zh"));
    fprintf(stderr, "orderly ctl: %s",
            json_is_string(title) ? json_str(title)
                                  : log_tr("the answer is not from orderlyd", "答复不是来自 orderlyd"));
    if (json_is_string(detail)) fprintf(stderr, log_tr(": %s", "：%s"), json_str(detail));
    fprintf(stderr, " (HTTP %ld)\n", status);
    return CTL_FAILED;
}

typedef void (*shower)(struct json_at root, const void *ctx);

static int ask(const struct ctl *c, const char *method, const char *path, const char *body, shower show,
               const void *ctx)
{
    struct ctl_answer a;
    struct json_doc doc;
    int code = ctl_call(c, method, path, body, &a);
    if (code) return code;
    bool good = a.status >= 200 && a.status < 300;
    if (a.status == 204 && !c->json) return 0;
    int err = json_open(&doc, "answer", a.bytes ? a.bytes : "", a.n, (struct json_limits){ ANSWER_MAX, 16 });
    struct json_at root = json_root(&doc);
    bool sick = a.status == 503 && !err && json_has(json_opt(root, "robots_online")); /* health says so itself */
    code = good ? 0 : CTL_FAILED;
    if (c->json) printf("%s\n", a.bytes ? a.bytes : "");
    else if (err) code = ctl_unreachable(c, log_tr("the answer is not JSON", "答复不是 JSON"));
    else if (!good && !sick) code = explain(root, a.status);
    else show(root, ctx);
    json_close(&doc);
    free(a.bytes);
    return code;
}

static void show_columns(struct json_at root, const void *ctx)
{
    const struct ctl_show *s = ctx;
    if (!s->list) {
        ctl_fields(root, s->col, s->cols);
        return;
    }
    ctl_table(json_need(root, s->list), s->col, s->cols);
    const char *next = ctl_string(root, "next");
    if (*next) printf(log_tr("... more: --after %s\n", "……还有更多：--after %s\n"), next);
}

int ctl_ask(const struct ctl *c, const char *method, const char *path, const char *body, struct ctl_show show)
{
    return ask(c, method, path, body, show_columns, &show);
}

struct own_way {
    void (*show)(struct json_at root);
};

static void show_own_way(struct json_at root, const void *ctx) { ((const struct own_way *)ctx)->show(root); }

int ctl_ask_with(const struct ctl *c, const char *method, const char *path, const char *body,
                 void (*show)(struct json_at root))
{
    struct own_way own = { show };
    return ask(c, method, path, body, show_own_way, &own);
}
