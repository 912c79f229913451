#define _GNU_SOURCE /* strptime */
#include "cmd_ctl.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/text.h"
#include "log.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define EXIT_FAILED 1
#define EXIT_USAGE 2

struct ctl {
    const char *url, *quantity, *priority, *item;
    bool json;
    char *arg[4];
    int args;
};

struct answer {
    char *bytes;
    size_t n;
    long status;
    bool too_large;
};

static const char help_en[] =
    "usage: orderly ctl [--url http://127.0.0.1:8080] [--json] COMMAND\n\n"
    "  jobs                        open and recent jobs\n"
    "  job N                       one job\n"
    "  request FROM TO             ask for a delivery  [--quantity N] [--priority 0..5] [--item TEXT]\n"
    "  cancel N                    take a request back, as long as it is not loaded\n"
    "  robots, elevators, health   what is going on\n"
    "  watch                       every change, until Ctrl-C\n\n"
    "exit codes: 0 done, 1 refused or not reachable, 2 wrong command line\n";
static const char help_zh[] =
    "用法：orderly ctl [--url http://127.0.0.1:8080] [--json] 命令\n\n"
    "  jobs                        未完成和最近的任务\n"
    "  job N                       查看一个任务\n"
    "  request 取货站 目的站       申请配送  [--quantity 数量] [--priority 0..5] [--item 物品]\n"
    "  cancel N                    在装车前取消申请\n"
    "  robots、elevators、health   当前状况\n"
    "  watch                       持续显示变化，按 Ctrl-C 结束\n\n"
    "退出码：0 完成，1 被拒绝或无法连接，2 命令行错误\n";

/* ---- HTTP ---- */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct answer *a = ctx;
    size_t n = size * count;
    a->too_large = n > ANSWER_MAX - a->n;
    char *grown = a->too_large ? NULL : realloc(a->bytes, a->n + n + 1);
    if (!grown) return 0;
    a->bytes = grown;
    memcpy(a->bytes + a->n, bytes, n);
    a->n += n;
    a->bytes[a->n] = 0;
    return n;
}

static int unreachable(const struct ctl *c, const char *why)
{
    fprintf(stderr,
            log_tr("orderly ctl: %s: %s; is orderlyd running?\n", "orderly ctl：%s：%s；orderlyd 是否在运行？\n"),
            c->url, why);
    return EXIT_FAILED;
}

static CURL *call_new(const struct ctl *c, const char *path)
{
    char url[1024];
    size_t n = strlen(c->url);
    while (n && c->url[n - 1] == '/') n--;
    CURL *h = curl_easy_init();
    if (!h) return NULL;
    snprintf(url, sizeof url, "%.*s%s", (int)n, c->url, path);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    return h;
}

static int call(const struct ctl *c, const char *method, const char *path, const char *body, struct answer *a)
{
    char words[CURL_ERROR_SIZE] = "";
    memset(a, 0, sizeof *a);
    CURL *h = call_new(c, path);
    if (!h) return unreachable(c, "curl");
    struct curl_slist *headers = body ? curl_slist_append(NULL, "Content-Type: application/json") : NULL;
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, a);
    if (body) curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
    if (headers) curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(h);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &a->status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(h);
    if (code != CURLE_OK) {
        free(a->bytes);
        a->bytes = NULL;
        return unreachable(c, words[0] ? words : curl_easy_strerror(code));
    }
    return 0;
}

/* ---- tables ---- */
enum kind { TEXT, NUMBER, TIME, NAME, WORD, DOOR };
struct column {
    const char *key, *en, *zh;
    enum kind kind;
    int width;
};

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
static const char *word(const char *s)
{
    static const char *const zh[][2] = {
        { "requested", "已申请" }, { "assigned", "已派车" },  { "loaded", "已装车" },
        { "moving", "运送中" },    { "arrived", "已到达" },   { "delivered", "已签收" },
        { "cancelled", "已取消" }, { "failed", "失败" },      { "never_seen", "未出现" },
        { "online", "在线" },      { "offline", "离线" },     { "silent", "无消息" },
        { "idle", "空闲" },        { "to_pickup", "去取货" }, { "picking", "取货中" },
        { "to_drop", "去送货" },   { "dropping", "交货中" },  { "to_refuge", "去停靠" },
        { "lost", "位置未知" },    { "automatic", "自动" },   { "semiautomatic", "半自动" },
        { "manual", "手动" },      { "service", "维护" },     { "teachin", "示教" },
        { "robot", "机器人" },     { "elevator", "电梯" },    { "door", "门" },
        { "plan", "路线" },        { "link", "通信" },        { "stopped", "停止" },
        { "up", "上行" },          { "down", "下行" },        { "closed", "关闭" },
        { "open", "打开" },        { "agv", "机器人专用" },   { "human", "载人" },
        { "fire", "消防" },        { "emergency", "紧急" },   { "ok", "正常" },
        { "failing", "异常" },     { "connected", "已连接" }, { "disconnected", "未连接" },
    };
    for (size_t i = 0; log_zh() && i < COUNT_OF(zh); i++)
        if (strcmp(zh[i][0], s) == 0) return zh[i][1];
    return s;
}

/* "moving" is also a state of jobs. */
static const char *door_word(const char *s) { return strcmp(s, "moving") == 0 ? log_tr(s, "开关中") : word(s); }

/* Hours, minutes and seconds of the reader's own clock. */
static void put_clock(struct text *t, const char *rfc3339)
{
    struct tm utc = { .tm_isdst = 0 }, local;
    char clock[16];
    if (!strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &utc)) return;
    time_t at = timegm(&utc);
    if (localtime_r(&at, &local) && strftime(clock, sizeof clock, "%H:%M:%S", &local)) text_put(t, clock);
}

static void cell_text(struct json_at row, const struct column *c, char out[128])
{
    struct json_at at = json_opt(row, c->key);
    struct text t;
    text_init(&t, out, 128);
    if (!json_has(at)) {
        text_put(&t, "-");
    } else if (c->kind == NAME) {
        text_put(&t, json_str(json_opt(at, log_tr("en", "zh"))));
    } else if (json_is_number(at)) {
        text_milli(&t, json_milli(at, INT32_MIN, INT32_MAX));
    } else if (json_is_object(at)) { /* a wait: what for, and whom */
        text_put(&t, word(json_str(json_opt(at, "kind"))));
        text_char(&t, ' ');
        if (json_has(json_opt(at, "id"))) text_put(&t, json_str(json_opt(at, "id")));
    } else if (json_is_string(at)) {
        const char *s = json_str(at);
        if (c->kind == TIME) {
            put_clock(&t, s);
        } else {
            text_put(&t, c->kind == DOOR ? door_word(s) : c->kind == WORD ? word(s) : s);
        }
    } else {
        text_put(&t, json_bool(at) ? "*" : "");
    }
}

static void print_table(struct json_at rows, const struct column *col, size_t cols)
{
    char text[128];
    for (size_t i = 0; i < cols; i++) put_cell(log_tr(col[i].en, col[i].zh), col[i].width);
    putchar('\n');
    for (size_t r = 0, n = json_array(rows, 100000); r < n; r++) {
        struct json_at row = json_item(rows, r);
        for (size_t i = 0; i < cols; i++) {
            cell_text(row, &col[i], text);
            put_cell(text, col[i].width);
        }
        putchar('\n');
    }
}

static void print_fields(struct json_at object, const struct column *col, size_t cols)
{
    char text[128];
    for (size_t i = 0; i < cols; i++) {
        cell_text(object, &col[i], text);
        put_cell(log_tr(col[i].en, col[i].zh), 14);
        puts(text);
    }
}

static const struct column job_columns[] = {
    { "id", "job", "任务", NUMBER, 6 },           { "state", "state", "状态", WORD, 10 },
    { "from", "from", "取货站", TEXT, 14 },       { "to", "to", "目的站", TEXT, 14 },
    { "quantity", "qty", "数量", NUMBER, 4 },     { "item", "item", "物品", TEXT, 14 },
    { "priority", "prio", "优先", NUMBER, 4 },    { "robot", "robot", "机器人", TEXT, 8 },
    { "requested_at", "asked", "申请", TIME, 8 }, { "ended_at", "ended", "结束", TIME, 8 },
    { "reason", "reason", "原因", TEXT, 16 },
};
static const struct column robot_columns[] = {
    { "id", "robot", "机器人", TEXT, 6 },      { "name", "name", "名称", NAME, 14 },
    { "link", "link", "连接", WORD, 10 },      { "doing", "doing", "正在", WORD, 10 },
    { "mode", "mode", "模式", WORD, 10 },      { "battery", "battery", "电量", NUMBER, 7 },
    { "level", "level", "楼层", TEXT, 5 },     { "at", "at", "位置", TEXT, 14 },
    { "job", "job", "任务", NUMBER, 5 },       { "loaded", "loaded", "载货", TEXT, 6 },
    { "wait", "waits for", "等待", TEXT, 14 },
};
static const struct column elevator_columns[] = {
    { "id", "elevator", "电梯", TEXT, 8 },      { "name", "name", "名称", NAME, 14 },
    { "level", "level", "楼层", TEXT, 6 },      { "motion", "motion", "运行", WORD, 8 },
    { "door", "door", "门", DOOR, 7 },          { "mode", "mode", "模式", WORD, 10 },
    { "holder", "used by", "使用者", TEXT, 8 },
};
static const struct column health_columns[] = {
    { "status", "status", "状态", WORD, 0 },
    { "robots_online", "robots online", "在线机器人", NUMBER, 0 },
    { "jobs_open", "open jobs", "未完成任务", NUMBER, 0 },
    { "journal", "journal", "日志", WORD, 0 },
    { "mqtt", "broker", "消息服务", WORD, 0 },
};

/* ---- one question, one answer ---- */
struct show {
    const char *list;
    const struct column *col;
    size_t cols;
}; /* list NULL: the answer is one object */

static int explain(struct json_at problem, long status)
{
    struct json_at detail = json_opt(problem, log_tr("detail", "detail_zh")),
                   title = json_opt(problem, log_tr("title", "title_zh"));
    fprintf(stderr, "orderly ctl: %s",
            json_is_string(title) ? json_str(title)
                                  : log_tr("the answer is not from orderlyd", "答复不是来自 orderlyd"));
    if (json_is_string(detail)) fprintf(stderr, log_tr(": %s", "：%s"), json_str(detail));
    fprintf(stderr, " (HTTP %ld)\n", status);
    return EXIT_FAILED;
}

static int ask(const struct ctl *c, const char *method, const char *path, const char *body, struct show show)
{
    struct answer a;
    struct json_doc doc;
    int code = call(c, method, path, body, &a);
    if (code) return code;
    bool good = a.status >= 200 && a.status < 300;
    int err = json_open(&doc, "answer", a.bytes ? a.bytes : "", a.n, (struct json_limits){ ANSWER_MAX, 16 });
    struct json_at root = json_root(&doc);
    bool health = show.col == health_columns && a.status == 503 && !err && json_has(json_opt(root, "status"));
    if (c->json) {
        printf("%s\n", a.bytes ? a.bytes : "");
        code = good ? 0 : EXIT_FAILED;
    } else if (err) {
        code = unreachable(c, log_tr("the answer is not JSON", "答复不是 JSON"));
    } else if (!good && !health) {
        code = explain(root, a.status);
    } else {
        if (show.list) print_table(json_need(root, show.list), show.col, show.cols);
        else print_fields(root, show.col, show.cols);
        code = good ? 0 : EXIT_FAILED;
    }
    json_close(&doc);
    free(a.bytes);
    return code;
}

static int ask_job(const struct ctl *c, const char *method, const char *number)
{
    char path[64];
    if (!*number || strlen(number) > 10 || number[strspn(number, "0123456789")]) {
        fprintf(stderr, log_tr("orderly ctl: %s is not a job number\n", "orderly ctl：%s 不是任务编号\n"), number);
        return EXIT_USAGE;
    }
    snprintf(path, sizeof path, "/api/v1/jobs/%s", number);
    return ask(c, method, path, NULL, (struct show){ NULL, job_columns, COUNT_OF(job_columns) });
}

static int request(const struct ctl *c)
{
    char body[2048];
    struct text t;
    const char *number[][2] = { { "quantity", c->quantity }, { "priority", c->priority } };
    text_init(&t, body, sizeof body);
    text_put(&t, "{\"from\":");
    text_json(&t, c->arg[1]);
    text_put(&t, ",\"to\":");
    text_json(&t, c->arg[2]);
    for (size_t i = 0; i < COUNT_OF(number); i++) {
        const char *v = number[i][1];
        if (!v) continue;
        if (!*v || v[strspn(v, "0123456789")]) {
            fprintf(stderr, log_tr("orderly ctl: --%s %s: give a whole number\n", "orderly ctl：--%s %s：请给出整数\n"),
                    number[i][0], v);
            return EXIT_USAGE;
        }
        text_put(&t, ",\"");
        text_put(&t, number[i][0]);
        text_put(&t, "\":");
        text_put(&t, v);
    }
    if (c->item) {
        text_put(&t, ",\"item\":");
        text_json(&t, c->item);
    }
    text_char(&t, '}');
    if (t.cut || !text_utf8_valid(body, t.used)) {
        fputs(log_tr("orderly ctl: the request is too long or not UTF-8\n", "orderly ctl：请求过长或不是 UTF-8\n"),
              stderr);
        return EXIT_USAGE;
    }
    return ask(c, "POST", "/api/v1/jobs", body, (struct show){ NULL, job_columns, COUNT_OF(job_columns) });
}

/* ---- watch: the event stream line by line ---- */
struct watch {
    const struct ctl *ctl;
    char event[32];
    char line[16384];
    size_t n;
    bool cut;
};

static void watch_data(const struct watch *w, const char *data)
{
    struct json_doc doc;
    if (w->ctl->json) {
        printf("{\"event\":\"%s\",\"data\":%s}\n", w->event, data);
        return;
    }
    if (json_open(&doc, "event", data, strlen(data), (struct json_limits){ sizeof w->line, 16 }) == ORD_OK) {
        struct json_at root = json_root(&doc);
        if (strcmp(w->event, "alarm") == 0) {
            printf("%-8s  %s\n", log_tr("alarm", "告警"), json_str(json_opt(root, log_tr("en", "zh"))));
        } else if (strcmp(w->event, "job") == 0) {
            struct json_at robot = json_opt(root, "robot");
            printf("%-8s  %lld %s  %s -> %s  %s\n", log_tr("job", "任务"),
                   (long long)json_int(json_opt(root, "id"), 0, UINT32_MAX), word(json_str(json_opt(root, "state"))),
                   json_str(json_opt(root, "from")), json_str(json_opt(root, "to")),
                   json_has(robot) ? json_str(robot) : "");
        } else if (strcmp(w->event, "robot") == 0) {
            struct json_at at = json_opt(root, "at");
            printf("%-8s  %s %s  %s\n", log_tr("robot", "机器人"), json_str(json_opt(root, "id")),
                   word(json_str(json_opt(root, "doing"))), json_has(at) ? json_str(at) : "");
        } else if (strcmp(w->event, "elevator") == 0) {
            struct json_at level = json_opt(root, "level");
            printf("%-8s  %s %s %s %s\n", log_tr("elevator", "电梯"), json_str(json_opt(root, "id")),
                   json_has(level) ? json_str(level) : "-", word(json_str(json_opt(root, "motion"))),
                   door_word(json_str(json_opt(root, "door"))));
        }
    }
    json_close(&doc);
}

static void watch_line(struct watch *w)
{
    w->line[w->n] = 0;
    if (!w->cut && strncmp(w->line, "event: ", 7) == 0) text_copy(w->event, sizeof w->event, w->line + 7);
    if (!w->cut && strncmp(w->line, "data: ", 6) == 0) watch_data(w, w->line + 6);
    w->n = 0;
    w->cut = false;
}

static size_t on_stream(const char *bytes, size_t size, size_t count, void *ctx)
{
    struct watch *w = ctx;
    for (size_t i = 0; i < size * count; i++) {
        if (bytes[i] == '\n') watch_line(w);
        else if (w->n < sizeof w->line - 1) w->line[w->n++] = bytes[i];
        else w->cut = true;
    }
    fflush(stdout);
    return size * count;
}

static int watch(const struct ctl *c)
{
    struct watch w = { .ctl = c };
    CURL *h = call_new(c, "/api/v1/events");
    if (!h) return unreachable(c, "curl");
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_stream);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, &w);
    curl_easy_setopt(h, CURLOPT_FAILONERROR, 1L);
    CURLcode code = curl_easy_perform(h);
    curl_easy_cleanup(h);
    if (code != CURLE_OK) return unreachable(c, curl_easy_strerror(code));
    fputs(log_tr("orderly ctl: the controller ended the stream\n", "orderly ctl：控制器结束了事件流\n"), stderr);
    return EXIT_FAILED;
}

/* ---- command line ---- */
static int run(const struct ctl *c)
{
    static const struct {
        const char *name;
        int args;
        const char *path;
        struct show show;
    } question[] = {
        { "jobs", 1, "/api/v1/jobs?state=all&limit=50", { "jobs", job_columns, COUNT_OF(job_columns) } },
        { "robots", 1, "/api/v1/robots", { "robots", robot_columns, COUNT_OF(robot_columns) } },
        { "elevators", 1, "/api/v1/elevators", { "elevators", elevator_columns, COUNT_OF(elevator_columns) } },
        { "health", 1, "/healthz", { NULL, health_columns, COUNT_OF(health_columns) } },
    };
    const char *verb = c->args ? c->arg[0] : "";
    for (size_t i = 0; i < COUNT_OF(question); i++)
        if (strcmp(verb, question[i].name) == 0 && c->args == 1)
            return ask(c, "GET", question[i].path, NULL, question[i].show);
    if (strcmp(verb, "job") == 0 && c->args == 2) return ask_job(c, "GET", c->arg[1]);
    if (strcmp(verb, "cancel") == 0 && c->args == 2) return ask_job(c, "DELETE", c->arg[1]);
    if (strcmp(verb, "request") == 0 && c->args == 3) return request(c);
    if (strcmp(verb, "watch") == 0 && c->args == 1) return watch(c);
    fputs(log_tr(help_en, help_zh), stderr);
    return EXIT_USAGE;
}

int cmd_ctl(int argc, char **argv)
{
    enum { OPT_URL = 1, OPT_JSON, OPT_QUANTITY, OPT_PRIORITY, OPT_ITEM, OPT_HELP };
    static const struct option options[] = {
        { "url", required_argument, NULL, OPT_URL },
        { "json", no_argument, NULL, OPT_JSON },
        { "quantity", required_argument, NULL, OPT_QUANTITY },
        { "priority", required_argument, NULL, OPT_PRIORITY },
        { "item", required_argument, NULL, OPT_ITEM },
        { "help", no_argument, NULL, OPT_HELP },
        { NULL, 0, NULL, 0 },
    };
    struct ctl c = { .url = "http://127.0.0.1:8080" };
    int option;
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case OPT_URL: c.url = optarg; break;
        case OPT_JSON: c.json = true; break;
        case OPT_QUANTITY: c.quantity = optarg; break;
        case OPT_PRIORITY: c.priority = optarg; break;
        case OPT_ITEM: c.item = optarg; break;
        case OPT_HELP: fputs(log_tr(help_en, help_zh), stdout); return 0;
        default:
            fprintf(stderr, "orderly ctl: %s: %s\n", argv[optind - 1],
                    option == ':' ? log_tr("this option needs a value", "该选项需要一个值")
                                  : log_tr("no such option", "没有这个选项"));
            return EXIT_USAGE;
        }
    }
    for (; optind < argc && c.args < 4; optind++) c.arg[c.args++] = argv[optind];
    if (optind < argc) c.args = 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = run(&c);
    curl_global_cleanup();
    return code;
}
