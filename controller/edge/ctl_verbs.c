/* ctl_verbs - what `orderly ctl` can ask, and how the answers read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "ctl.h"
#include "log.h"

#define LISTED_MAX 20000

const char ctl_help_en[] =
    "usage: orderly ctl [--url http://127.0.0.1:8080] [--key-file FILE] [--json] COMMAND\n\n"
    "Deliveries\n"
    "  jobs                         the newest jobs  [--state open|ended] [--limit N] [--after JOB]\n"
    "  jobs --print                 open jobs as an HTML page for the printer\n"
    "  job N                        one job\n"
    "  why N                        why it is where it is: reason, robot, its tour, who goes before\n"
    "  request FROM TO              ask for a delivery  [--quantity N] [--priority 0..5] [--item TEXT] [--goods ID]\n"
    "                               [--ready TIME] [--due TIME] [--return MINUTES]\n"
    "  cancel N                     take a request back, as long as it is not loaded\n"
    "  count N pickup|delivery C    what was counted at that end of job N\n"
    "  discrepancies                jobs whose two counts disagreed\n"
    "The day\n"
    "  rounds                       rounds and their progress  [--day today]\n"
    "  round ID                     one round: progress, wards it skipped and why\n"
    "  stock                        par levels, last counts, top-ups under way\n"
    "  stock STATION GOODS COUNT    a counted stock; below par it makes one top-up job\n"
    "The hospital\n"
    "  robots, elevators, health    what is going on\n"
    "  modes                        what is switched: fire, power, isolation, closed ways\n"
    "  fire on|off ZONE             fire alarm of a zone, and its end\n"
    "  mains lost|back              emergency power\n"
    "  isolate on|off STATION       isolation of a ward\n"
    "  lane close|open NODE NODE    a way between two nodes\n"
    "  elevator close|open ID       a car\n"
    "  robot out|in|washed ID       out of service and back; disinfected by hand\n"
    "  robot isolation|normal ID    serves isolated wards only, and no more\n"
    "  watch                        every change, until Ctrl-C\n"
    "Things with a tag\n"
    "  scan TAG STATION             it was seen there\n"
    "  items, item TAG              where they were seen last\n"
    "People\n"
    "  audit                        who did what, the newest first  [--limit N] [--after ENTRY]\n"
    "  audit verify                 is the record whole?  [--data DIR]\n"
    "  user add NAME ROLE           asks for a password, or reads it as a line  [--wards ID,ID] [--data DIR]\n"
    "  user list, user remove NAME  [--data DIR]; roles: nurse porter manager engineer infection viewer\n"
    "  key add NAME ROLE            a key for a machine, printed this once  [--wards ID,ID] [--data DIR]\n"
    "  key list, key remove NAME    [--data DIR]\n\n"
    "TIME is like 2026-03-02T10:20:00+08:00. DIR is the controller's, default ./orderly-data. Where accounts exist, a "
    "key is\n"
    "needed: from --key-file, or from the environment variable ORDERLY_KEY. --ca FILE: the authority of an https "
    "address.\n"
    "exit codes: 0 done, 1 refused or not reachable, 2 wrong command line\n";
const char ctl_help_zh[] =
    "用法：orderly ctl [--url http://127.0.0.1:8080] [--key-file 文件] [--json] 命令\n\n"
    "配送\n"
    "  jobs                         最新的任务  [--state open|ended] [--limit 数量] [--after 任务]\n"
    "  jobs --print                 未完成任务的打印页（HTML）\n"
    "  job N                        查看一个任务\n"
    "  why N                        它为何在等：原因、机器人、行程、前面还有几单\n"
    "  request 取货站 目的站        申请配送  [--quantity 数量] [--priority 0..5] [--item 物品] [--goods 物品种类]\n"
    "                               [--ready 时间] [--due 时间] [--return 分钟]\n"
    "  cancel N                     在装车前取消申请\n"
    "  count N pickup|delivery C    登记任务 N 取货（pickup）或送达（delivery）时的清点数\n"
    "  discrepancies                两端清点不符的任务\n"
    "当日\n"
    "  rounds                       轮次及进度  [--day today]\n"
    "  round 编号                   一个轮次：进度、跳过的科室及原因\n"
    "  stock                        定额、最近清点数、未完成的补货\n"
    "  stock 站点 物品种类 数量     登记库存清点，低于定额自动补货\n"
    "医院\n"
    "  robots、elevators、health    当前状况\n"
    "  modes                        当前的模式：火警、供电、隔离、停用的通道\n"
    "  fire on|off 分区             防火分区火警及其解除\n"
    "  mains lost|back              市电中断、恢复\n"
    "  isolate on|off 站点          病区隔离及其解除\n"
    "  lane close|open 节点 节点    关闭、开放两节点之间的通道\n"
    "  elevator close|open 编号     停用、恢复电梯\n"
    "  robot out|in|washed 编号     停用、恢复机器人；登记人工消毒\n"
    "  robot isolation|normal 编号  专用于隔离病区及其解除\n"
    "  watch                        持续显示变化，按 Ctrl-C 结束\n"
    "带标签的物品\n"
    "  scan 标签 站点               登记在该站点扫到\n"
    "  items、item 标签             最后一次扫到的位置\n"
    "人员\n"
    "  audit                        操作记录，最新在前  [--limit 数量] [--after 编号]\n"
    "  audit verify                 检查记录是否完整未改  [--data 目录]\n"
    "  user add 账号 角色           询问密码，或从标准输入读一行  [--wards 站点,站点] [--data 目录]\n"
    "  user list、user remove 账号  [--data 目录]；角色：护士 配送 主管 工程 院感 只读\n"
    "  key add 名称 角色            机器密钥，只显示这一次  [--wards 站点,站点] [--data 目录]\n"
    "  key list、key remove 名称    [--data 目录]\n\n"
    "时间写作 2026-03-02T10:20:00+08:00。目录为控制器的数据目录，默认 ./orderly-data。建立账号后需要密钥：\n"
    "用 --key-file 给出，或放在环境变量 ORDERLY_KEY。--ca 文件：https 地址的颁发机构证书。\n"
    "退出码：0 完成，1 被拒绝或无法连接，2 命令行错误\n";

static const struct ctl_column job_columns[] = {
    { "id", "job", "任务", NUMBER, 6 },           { "state", "state", "状态", WORD, 10 },
    { "from", "from", "取货站", TEXT, 14 },       { "to", "to", "目的站", TEXT, 14 },
    { "quantity", "qty", "数量", NUMBER, 4 },     { "item", "item", "物品", TEXT, 14 },
    { "priority", "prio", "优先", NUMBER, 4 },    { "robot", "robot", "机器人", TEXT, 8 },
    { "requested_at", "asked", "申请", TIME, 8 }, { "due_at", "due", "时限", TIME, 8 },
    { "eta_at", "expected", "预计", TIME, 8 },    { "ended_at", "ended", "结束", TIME, 8 },
    { "reason", "reason", "原因", TEXT, 16 },
};
static const struct ctl_column count_columns[] = {
    { "id", "job", "任务", NUMBER, 6 },           { "from", "from", "取货站", TEXT, 14 },
    { "to", "to", "目的站", TEXT, 14 },           { "item", "item", "物品", TEXT, 14 },
    { "counted", "counted", "清点", COUNTS, 16 }, { "robot", "robot", "机器人", TEXT, 8 },
    { "ended_at", "ended", "结束", TIME, 8 },
};
static const struct ctl_column robot_columns[] = {
    { "id", "robot", "机器人", TEXT, 6 },      { "name", "name", "名称", NAME, 14 },
    { "link", "link", "连接", WORD, 10 },      { "doing", "doing", "正在", WORD, 10 },
    { "mode", "mode", "模式", WORD, 10 },      { "battery", "battery", "电量", NUMBER, 7 },
    { "level", "level", "楼层", TEXT, 5 },     { "at", "at", "位置", TEXT, 14 },
    { "job", "job", "任务", NUMBER, 5 },       { "loaded", "loaded", "载货", TEXT, 6 },
    { "wait", "waits for", "等待", TEXT, 14 }, { "out", "out", "停用", TEXT, 4 },
};
static const struct ctl_column elevator_columns[] = {
    { "id", "elevator", "电梯", TEXT, 8 },      { "name", "name", "名称", NAME, 14 },
    { "level", "level", "楼层", TEXT, 6 },      { "motion", "motion", "运行", WORD, 8 },
    { "door", "door", "门", DOOR, 7 },          { "mode", "mode", "模式", WORD, 10 },
    { "holder", "used by", "使用者", TEXT, 8 }, { "waiting", "waiting", "排队", NUMBER, 7 },
    { "closed", "closed", "停用", TEXT, 6 },
};
static const struct ctl_column health_columns[] = {
    { "status", "status", "状态", WORD, 0 },
    { "robots_online", "robots online", "在线机器人", NUMBER, 0 },
    { "jobs_open", "open jobs", "未完成任务", NUMBER, 0 },
    { "journal", "journal", "日志", WORD, 0 },
    { "mqtt", "broker", "消息服务", WORD, 0 },
};
static const struct ctl_column round_columns[] = {
    { "id", "round", "轮次", TEXT, 18 },       { "name", "name", "名称", NAME, 14 },
    { "from", "from", "开始", TEXT, 5 },       { "until", "until", "结束", TEXT, 5 },
    { "today", "today", "今日", TEXT, 5 },     { "total", "loads", "总数", NUMBER, 5 },
    { "made", "made", "已生成", NUMBER, 6 },   { "delivered", "done", "送达", NUMBER, 5 },
    { "open", "open", "未完成", NUMBER, 6 },   { "late", "late", "迟到", NUMBER, 5 },
    { "failed", "failed", "失败", NUMBER, 6 }, { "skipped", "skipped", "跳过", NUMBER, 7 },
    { "due_at", "due", "时限", TIME, 8 },
};
static const struct ctl_column stock_columns[] = {
    { "station", "station", "站点", TEXT, 14 },
    { "goods", "goods", "物品", TEXT, 14 },
    { "count", "count", "清点", NUMBER, 6 },
    { "par", "par", "定额", NUMBER, 6 },
    { "counted_at", "counted", "清点时间", TIME, 8 },
    { "from", "from", "补货来源", TEXT, 14 },
    { "top_up", "top-up job", "补货任务", NUMBER, 10 },
};
static const struct ctl_column tour_columns[] = {
    { "stop", "stop", "停靠", WORD, 10 },       { "job", "job", "任务", NUMBER, 6 },
    { "station", "station", "站点", TEXT, 14 }, { "node", "node", "节点", TEXT, 16 },
    { "eta_at", "expected", "预计", TIME, 8 },
};
static const struct ctl_column item_columns[] = {
    { "tag", "tag", "标签", TEXT, 16 }, { "station", "station", "站点", TEXT, 14 }, { "job", "job", "任务", NUMBER, 6 },
    { "at", "seen", "时间", TIME, 8 },  { "by", "by", "登记人", TEXT, 16 },
};
static const struct ctl_column audit_columns[] = {
    { "seq", "no", "编号", NUMBER, 6 },       { "at", "time", "时间", TIME, 8 },
    { "who", "who", "人员", TEXT, 14 },       { "from", "from", "来自", TEXT, 15 },
    { "act", "act", "操作", TEXT, 30 },       { "status", "answer", "答复", NUMBER, 6 },
    { "detail", "detail", "内容", TEXT, 20 },
};
#define SHOW(list, columns) \
    (struct ctl_show) { list, columns, COUNT_OF(columns) }

/* ---- paths and bodies ---- */
int ctl_usage(void)
{
    fputs(log_tr(ctl_help_en, ctl_help_zh), stderr);
    return CTL_USAGE;
}

static bool whole(const char *s) { return *s && strlen(s) <= 10 && !s[strspn(s, "0123456789")]; }

/* What a person types becomes one segment of a path or one value of a query. */
static void put_escaped(struct text *t, const char *s)
{
    static const char digit[] = "0123456789ABCDEF";
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-_.:", c);
        if (plain) {
            text_char(t, *s);
        } else {
            text_char(t, '%');
            text_char(t, digit[c >> 4]);
            text_char(t, digit[c & 15]);
        }
    }
}

static void put_query(struct text *t, const char *key, const char *value)
{
    if (!value) return;
    text_char(t, strchr(t->buf, '?') ? '&' : '?');
    text_put(t, key);
    text_char(t, '=');
    put_escaped(t, value);
}

static void put_page(struct text *t, const struct ctl *c)
{
    put_query(t, "limit", c->limit);
    put_query(t, "after", c->after);
}

static bool job_path(char *path, size_t size, const char *number, const char *below)
{
    if (!whole(number)) {
        fprintf(stderr, log_tr("orderly ctl: %s is not a job number\n", "orderly ctl：%s 不是任务编号\n"), number);
        return false;
    }
    snprintf(path, size, "/api/v1/jobs/%s%s", number, below);
    return true;
}

static void put_member(struct text *t, const char *key, const char *value)
{
    if (!value) return;
    if (t->used > 1) text_char(t, ',');
    text_json(t, key);
    text_char(t, ':');
    text_json(t, value);
}

static bool put_whole(struct text *t, const char *key, const char *value)
{
    if (!value) return true;
    if (!whole(value)) {
        fprintf(stderr, log_tr("orderly ctl: %s %s: give a whole number\n", "orderly ctl：%s %s：请给出整数\n"), key,
                value);
        return false;
    }
    if (t->used > 1) text_char(t, ',');
    text_json(t, key);
    text_char(t, ':');
    text_put(t, value);
    return true;
}

static int post(const struct ctl *c, const char *path, struct text *body, struct ctl_show show)
{
    text_char(body, '}');
    if (body->cut || !text_utf8_valid(body->buf, body->used)) {
        fputs(log_tr("orderly ctl: the request is too long or not UTF-8\n", "orderly ctl：请求过长或不是 UTF-8\n"),
              stderr);
        return CTL_USAGE;
    }
    return ctl_ask(c, "POST", path, body->buf, show);
}

/* ---- deliveries ---- */
static int verb_jobs(const struct ctl *c)
{
    if (c->print) return ctl_print_jobs(c);
    char path[512];
    struct text t;
    text_init(&t, path, sizeof path);
    text_put(&t, "/api/v1/jobs");
    put_query(&t, "state", c->state);
    put_query(&t, "limit", c->limit ? c->limit : "50");
    put_query(&t, "after", c->after);
    return ctl_ask(c, "GET", path, NULL, SHOW("jobs", job_columns));
}

static int verb_job(const struct ctl *c)
{
    char path[64];
    if (!job_path(path, sizeof path, c->arg[1], "")) return CTL_USAGE;
    return ctl_ask(c, strcmp(c->arg[0], "cancel") == 0 ? "DELETE" : "GET", path, NULL, SHOW(NULL, job_columns));
}

static int verb_request(const struct ctl *c)
{
    char body[2048];
    struct text t;
    text_init(&t, body, sizeof body);
    text_char(&t, '{');
    put_member(&t, "from", c->arg[1]);
    put_member(&t, "to", c->arg[2]);
    put_member(&t, "item", c->item);
    put_member(&t, "goods", c->goods);
    put_member(&t, "ready_at", c->ready);
    put_member(&t, "due_at", c->due);
    if (!put_whole(&t, "quantity", c->quantity) || !put_whole(&t, "priority", c->priority) ||
        !put_whole(&t, "return_minutes", c->back))
        return CTL_USAGE;
    return post(c, "/api/v1/jobs", &t, SHOW(NULL, job_columns));
}

static int verb_count(const struct ctl *c)
{
    char path[64], body[256];
    struct text t;
    if (!job_path(path, sizeof path, c->arg[1], "/counts")) return CTL_USAGE;
    text_init(&t, body, sizeof body);
    text_char(&t, '{');
    put_member(&t, "at", c->arg[2]);
    if (!put_whole(&t, "count", c->arg[3])) return CTL_USAGE;
    return post(c, path, &t, SHOW(NULL, count_columns));
}

static int verb_discrepancies(const struct ctl *c)
{
    char path[256];
    struct text t;
    text_init(&t, path, sizeof path);
    text_put(&t, "/api/v1/discrepancies");
    put_page(&t, c);
    return ctl_ask(c, "GET", path, NULL, SHOW("discrepancies", count_columns));
}

static void show_why(struct json_at root)
{
    struct json_at why = json_opt(root, "why"), robot = json_opt(root, "robot"), job = json_opt(root, "job"),
                   tour = json_need(root, "tour");
    char clock[16];
    ctl_fields(job, job_columns, COUNT_OF(job_columns));
    if (json_is_object(why)) printf(log_tr("\nwhy: %s\n", "\n原因：%s\n"), ctl_string(why, log_tr("en", "zh")));
    printf(log_tr("jobs that go before it: %lld\n", "排在前面的任务：%lld\n"),
           (long long)json_int(json_need(root, "ahead"), 0, INT32_MAX));
    const char *eta = ctl_string(job, "eta_at");
    if (*eta) printf(log_tr("expected there: %s\n", "预计到达：%s\n"), ctl_clock(eta, clock));
    if (!json_is_object(robot)) return;
    printf(log_tr("robot %s: %s\n\n", "机器人 %s：%s\n\n"), ctl_string(robot, "id"),
           ctl_word(ctl_string(robot, "doing")));
    ctl_table(tour, tour_columns, COUNT_OF(tour_columns));
}

static int verb_why(const struct ctl *c)
{
    char path[64];
    const char *number = c->args == 3 ? c->arg[2] : c->arg[1]; /* "why job 17" is how people say it */
    if (c->args == 3 && strcmp(c->arg[1], "job") != 0) return ctl_usage();
    if (!job_path(path, sizeof path, number, "/why")) return CTL_USAGE;
    return ctl_ask_with(c, "GET", path, NULL, show_why);
}

/* ---- the day ---- */
static int verb_rounds(const struct ctl *c)
{
    char path[256];
    struct text t;
    text_init(&t, path, sizeof path);
    text_put(&t, "/api/v1/rounds");
    put_query(&t, "day", c->day);
    put_page(&t, c);
    return ctl_ask(c, "GET", path, NULL, SHOW("rounds", round_columns));
}

static void show_round(struct json_at root)
{
    ctl_fields(root, round_columns, COUNT_OF(round_columns));
    struct json_at skips = json_need(root, "skips");
    for (size_t i = 0, n = json_array(skips, 100); i < n; i++) {
        struct json_at skip = json_item(skips, i);
        printf("  %s (%lld)\n", ctl_string(skip, log_tr("en", "zh")),
               (long long)json_int(json_need(skip, "n"), 0, INT32_MAX));
    }
}

static int verb_round(const struct ctl *c)
{
    char path[256];
    struct text t;
    text_init(&t, path, sizeof path);
    text_put(&t, "/api/v1/rounds/");
    put_escaped(&t, c->arg[1]);
    return ctl_ask_with(c, "GET", path, NULL, show_round);
}

static int verb_stock(const struct ctl *c)
{
    char path[256], body[512];
    struct text t;
    if (c->args == 1) {
        text_init(&t, path, sizeof path);
        text_put(&t, "/api/v1/stock");
        put_page(&t, c);
        return ctl_ask(c, "GET", path, NULL, SHOW("stock", stock_columns));
    }
    text_init(&t, body, sizeof body);
    text_char(&t, '{');
    put_member(&t, "station", c->arg[1]);
    put_member(&t, "goods", c->arg[2]);
    if (!put_whole(&t, "count", c->arg[3])) return CTL_USAGE;
    return post(c, "/api/v1/stock", &t, SHOW(NULL, stock_columns));
}

/* ---- the hospital ---- */
static int verb_robots(const struct ctl *c)
{
    return ctl_ask(c, "GET", "/api/v1/robots", NULL, SHOW("robots", robot_columns));
}

static int verb_elevators(const struct ctl *c)
{
    return ctl_ask(c, "GET", "/api/v1/elevators", NULL, SHOW("elevators", elevator_columns));
}

static int verb_health(const struct ctl *c) { return ctl_ask(c, "GET", "/healthz", NULL, SHOW(NULL, health_columns)); }

static void print_ids(const char *what, struct json_at list)
{
    size_t n = json_array(list, LISTED_MAX);
    if (n) printf(log_tr("%s:", "%s："), what);
    for (size_t i = 0; i < n; i++) {
        struct json_at one = json_item(list, i);
        if (i || !log_zh()) putchar(' ');
        if (json_is_string(one)) printf("%s", json_str(one));
        else printf("%s-%s", ctl_string(one, "from"), ctl_string(one, "to"));
    }
    if (n) putchar('\n');
}

static void show_modes(struct json_at root)
{
    struct json_at zones = json_need(root, "zones"), quiet = json_opt(root, "quiet_hours");
    puts(json_bool(json_need(root, "mains")) ? log_tr("mains: on", "市电：正常")
                                             : log_tr("mains: LOST, on emergency power", "市电：中断，应急供电"));
    if (json_is_object(quiet))
        printf(log_tr("quiet hours: %s-%s\n", "夜间静音：%s-%s\n"), ctl_string(quiet, "from"),
               ctl_string(quiet, "until"));
    for (size_t i = 0, n = json_array(zones, LISTED_MAX); i < n; i++) {
        struct json_at zone = json_item(zones, i);
        if (json_bool(json_need(zone, "fire"))) printf(log_tr("FIRE: %s\n", "火警：%s\n"), ctl_string(zone, "id"));
    }
    print_ids(log_tr("isolated", "隔离"), json_need(root, "isolated"));
    print_ids(log_tr("closed lanes", "关闭的通道"), json_need(root, "closed_lanes"));
    print_ids(log_tr("closed elevators", "停用的电梯"), json_need(root, "closed_elevators"));
    print_ids(log_tr("robots out", "停用的机器人"), json_need(root, "robots_out"));
    print_ids(log_tr("robots for isolation", "隔离专用机器人"), json_need(root, "isolation_robots"));
}

static int verb_modes(const struct ctl *c) { return ctl_ask_with(c, "GET", "/api/v1/modes", NULL, show_modes); }

/* "robot out R01" is op robot_out with target R01. */
static int verb_switch(const struct ctl *c)
{
    static const struct {
        const char *verb, *way, *op;
        int args;
        bool off;
    } known[] = {
        { "fire", "on", "fire", 3, false },
        { "fire", "off", "fire_over", 3, false },
        { "mains", "lost", "mains_lost", 2, false },
        { "mains", "back", "mains_back", 2, false },
        { "isolate", "on", "isolate", 3, false },
        { "isolate", "off", "isolate_over", 3, false },
        { "lane", "close", "edge_close", 4, false },
        { "lane", "open", "edge_open", 4, false },
        { "elevator", "close", "car_close", 3, false },
        { "elevator", "open", "car_open", 3, false },
        { "robot", "out", "robot_out", 3, false },
        { "robot", "in", "robot_in", 3, false },
        { "robot", "washed", "washed", 3, false },
        { "robot", "isolation", "isolation_robot", 3, false },
        { "robot", "normal", "isolation_robot", 3, true },
    };
    char body[512];
    struct text t;
    size_t i = 0;
    while (i < COUNT_OF(known) &&
           (strcmp(known[i].verb, c->arg[0]) != 0 || strcmp(known[i].way, c->arg[1]) != 0 || known[i].args != c->args))
        i++;
    if (i == COUNT_OF(known)) return ctl_usage();
    text_init(&t, body, sizeof body);
    text_char(&t, '{');
    put_member(&t, "op", known[i].op);
    if (c->args > 2) put_member(&t, "target", c->arg[2]);
    if (c->args > 3) put_member(&t, "to", c->arg[3]);
    if (known[i].off) text_put(&t, ",\"on\":false");
    text_char(&t, '}');
    return ctl_ask_with(c, "POST", "/api/v1/operate", body, show_modes);
}

/* ---- things and people ---- */
static int verb_scan(const struct ctl *c)
{
    char body[256];
    struct text t;
    text_init(&t, body, sizeof body);
    text_char(&t, '{');
    put_member(&t, "tag", c->arg[1]);
    put_member(&t, "station", c->arg[2]);
    return post(c, "/api/v1/scans", &t, SHOW(NULL, item_columns));
}

static int verb_items(const struct ctl *c)
{
    char path[256];
    struct text t;
    bool one = c->args == 2;
    text_init(&t, path, sizeof path);
    text_put(&t, "/api/v1/items");
    if (one) text_char(&t, '/');
    if (one) put_escaped(&t, c->arg[1]);
    else put_page(&t, c);
    return ctl_ask(c, "GET", path, NULL, SHOW(one ? NULL : "items", item_columns));
}

static int verb_audit(const struct ctl *c)
{
    char path[256];
    struct text t;
    text_init(&t, path, sizeof path);
    text_put(&t, "/api/v1/audit");
    put_page(&t, c);
    return ctl_ask(c, "GET", path, NULL, SHOW("entries", audit_columns));
}

/* ---- which verb ---- */
int ctl_run(const struct ctl *c)
{
    static const struct {
        const char *name;
        int least, most;
        int (*run)(const struct ctl *c);
    } verb[] = {
        { "jobs", 1, 1, verb_jobs },
        { "job", 2, 2, verb_job },
        { "cancel", 2, 2, verb_job },
        { "why", 2, 3, verb_why },
        { "request", 3, 3, verb_request },
        { "count", 4, 4, verb_count },
        { "discrepancies", 1, 1, verb_discrepancies },
        { "rounds", 1, 1, verb_rounds },
        { "round", 2, 2, verb_round },
        { "stock", 1, 1, verb_stock },
        { "stock", 4, 4, verb_stock },
        { "robots", 1, 1, verb_robots },
        { "elevators", 1, 1, verb_elevators },
        { "health", 1, 1, verb_health },
        { "modes", 1, 1, verb_modes },
        { "fire", 3, 3, verb_switch },
        { "mains", 2, 2, verb_switch },
        { "isolate", 3, 3, verb_switch },
        { "lane", 4, 4, verb_switch },
        { "elevator", 3, 3, verb_switch },
        { "robot", 3, 3, verb_switch },
        { "watch", 1, 1, ctl_watch },
        { "scan", 3, 3, verb_scan },
        { "items", 1, 1, verb_items },
        { "item", 2, 2, verb_items },
        { "audit", 1, 1, verb_audit },
        { "audit", 2, 2, ctl_records },
        { "user", 2, 4, ctl_records },
        { "key", 2, 4, ctl_records },
    };
    for (size_t i = 0; c->args && i < COUNT_OF(verb); i++)
        if (strcmp(c->arg[0], verb[i].name) == 0 && c->args >= verb[i].least && c->args <= verb[i].most)
            return verb[i].run(c);
    return ctl_usage();
}
