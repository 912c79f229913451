/* orderly-agent - one simulated vehicle that speaks VDA 5050 over MQTT. It knows no map: all it needs are options. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "common/text.h"
#include "link.h"

struct options {
    const char *broker, *manufacturer, *serial, *interface_name, *version, *map, *node, *username, *password_file,
        *drive;
    const char *ca_file, *cert_file, *key_file;
    int32_t x_mm, y_mm, theta; /* thousandths of what is written */
    int32_t speed, accel, turn, settle, clock, battery, drain, charge;
    int32_t payload_g, pick_ms, drop_ms, heartbeat_ms, visualization_ms, width_mm, length_mm;
};

enum kind { TEXT, WHOLE, MILLI };
struct option_row {
    const char *name, *value;
    enum kind kind;
    size_t at;
    int32_t least, most;
    const char *en, *zh;
};
#define AT(field) offsetof(struct options, field)

static const struct option_row rows[] = {
    { "broker", "URI", TEXT, AT(broker), 0, 0, "MQTT broker; default tcp://127.0.0.1:1883",
      "MQTT 服务；默认 tcp://127.0.0.1:1883" },
    { "manufacturer", "NAME", TEXT, AT(manufacturer), 0, 0, "part of the topics; needed", "主题的一部分；必填" },
    { "serial", "NAME", TEXT, AT(serial), 0, 0, "serial number, part of the topics; needed",
      "序列号，主题的一部分；必填" },
    { "interface", "NAME", TEXT, AT(interface_name), 0, 0, "first part of the topics; default uagv",
      "主题的第一部分；默认 uagv" },
    { "version", "X.Y.Z", TEXT, AT(version), 0, 0, "VDA 5050 version, 2.0.0, 2.1.0 or 3.0.0; default 2.1.0",
      "VDA 5050 版本：2.0.0、2.1.0 或 3.0.0；默认 2.1.0" },
    { "x", "M", MILLI, AT(x_mm), -2000000000, 2000000000, "start position in metres; default 0",
      "起点位置，米；默认 0" },
    { "y", "M", MILLI, AT(y_mm), -2000000000, 2000000000, "the same, to the north", "同上，向北" },
    { "theta", "RAD", MILLI, AT(theta), -6284, 6284, "start heading in radians; default 0", "起始朝向，弧度；默认 0" },
    { "map", "ID", TEXT, AT(map), 0, 0, "map (floor) it starts on", "起始地图（楼层）" },
    { "node", "ID", TEXT, AT(node), 0, 0, "node it stands on; without: off the graph", "起始节点；不给则不在路网上" },
    { "speed-mm-s", "N", WHOLE, AT(speed), 1, 100000, "top speed in mm/s; default 1000",
      "最高速度，毫米每秒；默认 1000" },
    { "accel", "N", WHOLE, AT(accel), 1, 100000, "acceleration in mm/s2; default 500",
      "加速度，毫米每二次方秒；默认 500" },
    { "turn", "N", WHOLE, AT(turn), 1, 100000, "turning on the spot in mrad/s; default 1000",
      "原地转向，毫弧度每秒；默认 1000" },
    { "settle-ms", "N", WHOLE, AT(settle), 0, 600000, "extra time per stop and turn; default 0",
      "每次停下转向的附加时间；默认 0" },
    { "width", "M", MILLI, AT(width_mm), 1, 100000, "width in metres, for the factsheet; default 0.6",
      "宽度，米，写入参数表；默认 0.6" },
    { "length", "M", MILLI, AT(length_mm), 1, 100000, "length in metres, for the factsheet; default 0.8",
      "长度，米，写入参数表；默认 0.8" },
    { "pick-s", "S", MILLI, AT(pick_ms), 1, 86400000, "seconds a pick takes; default 5", "取货所需秒数；默认 5" },
    { "drop-s", "S", MILLI, AT(drop_ms), 1, 86400000, "seconds a drop takes; default 5", "放货所需秒数；默认 5" },
    { "battery", "N", WHOLE, AT(battery), 0, 1000, "charge at start in permille; default 1000",
      "起始电量，千分之；默认 1000" },
    { "drain", "N", WHOLE, AT(drain), 0, 100000, "permille lost per hour; default 0", "每小时耗电，千分之；默认 0" },
    { "charge", "N", WHOLE, AT(charge), 0, 100000, "permille gained per hour of charging; default 500",
      "每小时充电，千分之；默认 500" },
    { "clock", "N", WHOLE, AT(clock), 1, 1000, "seconds it lives per second; default 1", "每秒推进的秒数；默认 1" },
    { "heartbeat-ms", "N", WHOLE, AT(heartbeat_ms), 10, 30000,
      "a state at least this often, on its own clock; default 1000",
      "至少这样频繁地报告状态（按自身时钟）；默认 1000" },
    { "visualization-ms", "N", WHOLE, AT(visualization_ms), 0, 60000,
      "a position for displays this often; default 500, 0 = none", "显示用位置的周期；默认 500，0 表示不发" },
    { "drive", "ADDRESS:PORT", TEXT, AT(drive), 0, 0, "a motion program of yours (drive_remote.h); default: simulated",
      "您的驱动程序（见 drive_remote.h）；默认为仿真" },
    { "payload", "KG", MILLI, AT(payload_g), 1, 100000000, "what it carries, for the factsheet; default 100",
      "载重，千克，写入参数表；默认 100" },
    { "username", "NAME", TEXT, AT(username), 0, 0, "user name for the broker", "MQTT 用户名" },
    { "password-file", "FILE", TEXT, AT(password_file), 0, 0, "its first line is the password", "首行为密码的文件" },
    { "ca-file", "FILE", TEXT, AT(ca_file), 0, 0, "PEM: who vouches for an ssl:// broker; default: the system's list",
      "PEM：为 ssl:// 消息服务作证的机构；默认用系统列表" },
    { "cert-file", "FILE", TEXT, AT(cert_file), 0, 0, "PEM: its own certificate for the broker", "PEM：自己的证书" },
    { "key-file", "FILE", TEXT, AT(key_file), 0, 0, "PEM: the key of that, if it is not in the same file",
      "PEM：证书的私钥（若不在同一文件）" },
};

static bool chinese(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *v = getenv(names[i]);
        if (v && *v) return strncmp(v, "zh", 2) == 0;
    }
    return false;
}
static const char *tr(const char *en, const char *zh) { return chinese() ? zh : en; }

static void help(void)
{
    puts(tr(
        "usage: orderly-agent --manufacturer NAME --serial NAME [OPTIONS]\n"
        "One simulated vehicle that speaks VDA 5050 over MQTT.\n",
        "用法：orderly-agent --manufacturer 名称 --serial 名称 [选项]\n一台通过 MQTT 使用 VDA 5050 的仿真机器人。\n"));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        printf("  --%s %s%*s%s\n", rows[i].name, rows[i].value,
               (int)(24 - strlen(rows[i].name) - strlen(rows[i].value)), "", tr(rows[i].en, rows[i].zh));
    puts(tr("  --help, --program-version\n\nIt ends on SIGTERM or SIGINT and says OFFLINE before.\n"
            "exit codes: 0 done, 1 it failed, 2 wrong command line",
            "  --help, --program-version\n\n收到 SIGTERM 或 SIGINT 时先报告 OFFLINE 再退出。\n"
            "退出码：0 完成，1 失败，2 命令行错误"));
}

/* A decimal number to thousandths; false when it is none or has more than three decimals. */
static bool milli(const char *s, int64_t *out)
{
    bool negative = *s == '-';
    int64_t v = 0;
    int digits = 0, decimals = -1;
    for (s += negative; *s; s++) {
        if (*s == '.' && decimals < 0) decimals = 0;
        else if (*s >= '0' && *s <= '9' && digits < 12 && decimals < 3) {
            v = v * 10 + (*s - '0');
            digits++;
            if (decimals >= 0) decimals++;
        } else {
            return false;
        }
    }
    if (digits == 0) return false;
    for (int i = decimals < 0 ? 0 : decimals; i < 3; i++) v *= 10;
    *out = negative ? -v : v;
    return true;
}

static int wrong(const struct option_row *r, const char *value, const char *en, const char *zh)
{
    fprintf(stderr, "orderly-agent: --%s %s: %s\n", r->name, value, tr(en, zh));
    return 2;
}

static int take(struct options *o, const struct option_row *r, const char *value)
{
    int64_t v;
    char *at = (char *)o + r->at;
    if (r->kind == TEXT) {
        memcpy(at, &value, sizeof value);
        return 0;
    }
    if (!milli(value, &v) || (r->kind == WHOLE && v % 1000 != 0)) {
        return r->kind == WHOLE
                   ? wrong(r, value, "give a whole number", "请给出整数")
                   : wrong(r, value, "give a number with at most three decimals", "请给出最多三位小数的数字");
    }
    if (r->kind == WHOLE) v /= 1000;
    if (v < r->least || v > r->most) return wrong(r, value, "this number is out of range", "数值超出范围");
    int32_t narrow = (int32_t)v;
    memcpy(at, &narrow, sizeof narrow);
    return 0;
}

/* -1: go on; else the exit code. */
static int parse(struct options *o, int argc, char **argv)
{
    struct option list[COUNT_OF(rows) + 3] = { 0 };
    size_t n = COUNT_OF(rows);
    for (size_t i = 0; i < n; i++) list[i] = (struct option){ rows[i].name, required_argument, NULL, (int)i + 1 };
    list[n] = (struct option){ "help", no_argument, NULL, 1000 };
    list[n + 1] = (struct option){ "program-version", no_argument, NULL, 1001 };
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":", list, NULL)) != -1;) {
        if (c == '?' || c == ':') {
            fprintf(stderr, "orderly-agent: %s: %s\n", argv[optind - 1],
                    c == ':' ? tr("this option needs a value; see --help", "该选项需要一个值；见 --help")
                             : tr("no such option; see --help", "没有这个选项；见 --help"));
            return 2;
        }
        if (c == 1000) {
            help();
            return 0;
        }
        if (c == 1001) {
            puts("orderly-agent " ORDERLY_VERSION);
            return 0;
        }
        if (take(o, &rows[c - 1], optarg)) return 2;
    }
    if (optind < argc) {
        fprintf(stderr, "orderly-agent: %s: %s\n", argv[optind],
                tr("not an option; see --help", "不是选项；见 --help"));
        return 2;
    }
    return -1;
}

static int judge(const struct options *o)
{
    const char *const ids[][2] = {
        { "manufacturer", o->manufacturer }, { "serial", o->serial }, { "map", o->map }, { "node", o->node }
    };
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        const char *v = ids[i][1];
        bool needed = i < 2;
        if ((needed && !v[0]) || (v[0] && !text_id_valid(v, VDA_ID_MAX - 1))) {
            fprintf(stderr, "orderly-agent: --%s %s: %s\n", ids[i][0], v,
                    tr("give 1 to 63 signs of A-Z a-z 0-9 _ - . :", "请给出 1 到 63 个字符：A-Z a-z 0-9 _ - . :"));
            return 2;
        }
    }
    if ((strncmp(o->version, "2.", 2) == 0 || strncmp(o->version, "3.", 2) == 0) && strlen(o->version) < 16) return 0;
    fprintf(stderr, "orderly-agent: --version %s: %s\n", o->version,
            tr("2.0.0, 2.1.0 and 3.0.0 are spoken", "支持 2.0.0、2.1.0 和 3.0.0"));
    return 2;
}

static int read_password(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    bool ok = f && fgets(out, (int)size, f);
    if (f) fclose(f);
    if (ok) {
        out[strcspn(out, "\r\n")] = '\0';
        return 0;
    }
    fprintf(stderr, "orderly-agent: %s: %s\n", path, tr("the password file cannot be read", "无法读取密码文件"));
    return 1;
}

static void fill_agent(struct agent_config *c, const struct options *o, struct drive drive)
{
    text_copy(c->manufacturer, sizeof c->manufacturer, o->manufacturer);
    text_copy(c->serial, sizeof c->serial, o->serial);
    text_copy(c->version, sizeof c->version, o->version);
    text_copy(c->start_node, sizeof c->start_node, o->node);
    text_copy(c->start_map, sizeof c->start_map, o->map);
    c->start_x_mm = o->x_mm;
    c->start_y_mm = o->y_mm;
    c->start_theta = o->theta;
    c->drive = drive;
    c->heartbeat_ms = o->heartbeat_ms;
    c->pick_ms = o->pick_ms;
    c->drop_ms = o->drop_ms;
    c->battery_permille = o->battery;
    c->drain_permille_h = o->drain;
    c->charge_permille_h = o->charge;
    struct vda_factsheet *f = &c->factsheet;
    text_copy(f->series, sizeof f->series, "orderly-agent");
    text_copy(f->kinematic, sizeof f->kinematic, "DIFF");
    text_copy(f->agv_class, sizeof f->agv_class, "CARRIER");
    f->max_load_g = o->payload_g;
    f->speed_max_mm_s = o->speed;
    f->accel_max_mm_s2 = f->decel_max_mm_s2 = o->accel;
    f->length_mm = o->length_mm;
    f->width_mm = o->width_mm;
    f->height_mm = 1200;
}

static int make_agent(struct agent **out, const struct options *o, struct drive_remote **remote)
{
    static uint64_t block[32 * 1024]; /* the only vehicle of this process */
    struct arena mem;
    struct drive_sim *d;
    struct agent_config ac = { .heartbeat_ms = 0 };
    struct drive_sim_config dc = { .x_mm = o->x_mm,
                                   .y_mm = o->y_mm,
                                   .theta = o->theta,
                                   .speed_mm_s = o->speed,
                                   .accel_mm_s2 = o->accel,
                                   .turn_mrad_s = o->turn,
                                   .settle_ms = o->settle };
    arena_init(&mem, block, sizeof block);
    struct drive_pose start = { o->x_mm, o->y_mm, o->theta, 0 };
    int err = o->drive ? drive_remote_open(remote, &mem, &start) : drive_sim_open(&d, &mem, &dc);
    if (err) return err;
    fill_agent(&ac, o, o->drive ? drive_remote_ops(*remote) : drive_sim_ops(d));
    return agent_open(out, &mem, &ac);
}

static struct agent_link *running;
static void on_signal(int number)
{
    (void)number;
    if (running) agent_link_stop(running);
}

static void said(void *ctx, const char *en, const char *zh)
{
    const struct options *o = ctx;
    fprintf(stderr, "orderly-agent %s/%s: %s: %s\n", o->manufacturer, o->serial, o->broker, tr(en, zh));
}

static int run(struct options *o, struct agent *agent, struct drive_remote *remote, const char *password)
{
    struct drive_tcp *drive = NULL;
    if (o->drive && drive_tcp_open(&drive, o->drive, remote)) {
        fprintf(
            stderr, "orderly-agent: --drive %s: %s\n", o->drive,
            tr("give an IPv4 address and a port, like 127.0.0.1:5600", "请给出 IPv4 地址和端口，例如 127.0.0.1:5600"));
        return 2;
    }
    struct err_note note = { .where = "" };
    struct agent_link *l;
    struct agent_link_config cfg = { .broker = o->broker,
                                     .interface_name = o->interface_name,
                                     .manufacturer = o->manufacturer,
                                     .serial = o->serial,
                                     .version = o->version,
                                     .username = o->username,
                                     .password = password,
                                     .ca_file = o->ca_file,
                                     .cert_file = o->cert_file,
                                     .key_file = o->key_file,
                                     .clock = o->clock,
                                     .visualization_ms = o->visualization_ms,
                                     .drive = drive,
                                     .remote = remote,
                                     .agent = agent,
                                     .said = said,
                                     .ctx = o };
    int err = agent_link_open(&l, &cfg, &note);
    if (err) {
        fprintf(stderr, "orderly-agent: %s: %s\n", note.where, note.what);
        return err == ORD_EUSAGE ? 2 : 1;
    }
    struct sigaction act = { .sa_handler = on_signal };
    running = l;
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    agent_link_run(l);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    running = NULL;
    agent_link_close(l);
    drive_tcp_close(drive);
    return 0;
}

#ifdef AGENT_WITHOUT_TLS
/* The same program with TLS stands beside this one. */
static int start_tls(char **argv)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 5);
    if (n > 0) {
        memcpy(path + n, "-tls", 5);
        execv(path, argv);
    }
    fprintf(stderr, "orderly-agent: %s\n",
            tr("an ssl:// broker needs orderly-agent-tls beside this program",
               "ssl:// 消息服务需要同目录下的 orderly-agent-tls"));
    return 1;
}
#endif

int main(int argc, char **argv)
{
    struct options o = { .broker = "tcp://127.0.0.1:1883",
                         .manufacturer = "",
                         .serial = "",
                         .interface_name = "uagv",
                         .version = "2.1.0",
                         .map = "",
                         .node = "",
                         .speed = 1000,
                         .accel = 500,
                         .turn = 1000,
                         .clock = 1,
                         .battery = 1000,
                         .charge = 500,
                         .pick_ms = 5000,
                         .drop_ms = 5000,
                         .heartbeat_ms = 1000,
                         .visualization_ms = 500,
                         .payload_g = 100000,
                         .width_mm = 600,
                         .length_mm = 800 };
    char password[256] = "";
    struct agent *agent;
    struct drive_remote *remote = NULL;
    signal(SIGPIPE, SIG_IGN);
    int done = parse(&o, argc, argv);
    if (done < 0) done = judge(&o) ? 2 : -1;
    if (done >= 0) return done;
#ifdef AGENT_WITHOUT_TLS
    if (strncmp(o.broker, "ssl://", 6) == 0) return start_tls(argv);
#endif
    if (o.password_file && read_password(o.password_file, password, sizeof password)) return 1;
    if (o.drive) o.clock = 1; /* a real vehicle knows one clock */
    int err = make_agent(&agent, &o, &remote);
    if (err) {
        fprintf(stderr, "orderly-agent: %s\n", tr(err_en(err), err_zh(err)));
        return 1;
    }
    return run(&o, agent, remote, o.password_file ? password : NULL);
}
