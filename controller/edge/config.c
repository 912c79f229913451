#include "config.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

enum option_no {
    OPT_SITE = 1,
    OPT_FLEET,
    OPT_ROUNDS,
    OPT_DATA,
    OPT_LISTEN,
    OPT_BROKER,
    OPT_BROKER_PORT,
    OPT_BROKER_USER,
    OPT_BROKER_PASSWORD,
    OPT_PROBE_PASSWORD,
    OPT_BROKER_CA,
    OPT_BROKER_CERT,
    OPT_BROKER_KEY,
    OPT_MQTT,
    OPT_CLOCK,
    OPT_ORIGIN,
    OPT_HTTPS,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_JSON,
    OPT_CHECK,
    OPT_HELP,
    OPT_VERSION
};

static const struct option options[] = {
    { "site", required_argument, NULL, OPT_SITE },
    { "fleet", required_argument, NULL, OPT_FLEET },
    { "rounds", required_argument, NULL, OPT_ROUNDS },
    { "data", required_argument, NULL, OPT_DATA },
    { "listen", required_argument, NULL, OPT_LISTEN },
    { "broker", required_argument, NULL, OPT_BROKER },
    { "broker-port", required_argument, NULL, OPT_BROKER_PORT },
    { "broker-user", required_argument, NULL, OPT_BROKER_USER },
    { "broker-password-file", required_argument, NULL, OPT_BROKER_PASSWORD },
    { "probe-password-file", required_argument, NULL, OPT_PROBE_PASSWORD },
    { "broker-ca", required_argument, NULL, OPT_BROKER_CA },
    { "broker-cert", required_argument, NULL, OPT_BROKER_CERT },
    { "broker-key", required_argument, NULL, OPT_BROKER_KEY },
    { "mqtt", required_argument, NULL, OPT_MQTT },
    { "clock", required_argument, NULL, OPT_CLOCK },
    { "web-origin", required_argument, NULL, OPT_ORIGIN },
    { "tls-cert", required_argument, NULL, OPT_TLS_CERT },
    { "tls-key", required_argument, NULL, OPT_TLS_KEY },
    { "behind-https", no_argument, NULL, OPT_HTTPS },
    { "json", no_argument, NULL, OPT_JSON },
    { "check-config", no_argument, NULL, OPT_CHECK },
    { "help", no_argument, NULL, OPT_HELP },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static const char help_en[] =
    "usage: orderlyd --site FILE --fleet FILE [OPTIONS]\n"
    "The controller: decides for the robots of one hospital and serves the ward page.\n\n"
    "  --site FILE          map of the hospital (orderly-site/1)\n"
    "  --fleet FILE         robots and their classes (orderly-fleet/1)\n"
    "  --rounds FILE        rounds of the week and par levels (orderly-rounds/1)\n"
    "  --data DIR           journal and private broker; default ./orderly-data\n"
    "  --listen HOST:PORT   address of the web page and API; default 127.0.0.1:8080, port 0 takes a free one\n"
    "  --broker URL         MQTT broker tcp://host:port or ssl://host:port; default: a private mosquitto on loopback; "
    "none: no robots\n"
    "  --broker-port PORT   port of the private broker; default: a free one, the same at every start\n"
    "  --broker-user NAME, --broker-password-file FILE   how to log in there; orderly broker acl makes both\n"
    "  --probe-password-file FILE   password of orderly-probe: see at the start whether access rules are in force\n"
    "  --broker-ca FILE, --broker-cert FILE, --broker-key FILE   for ssl://: who is trusted, our own certificate\n"
    "  --mqtt 3.1.1|5       protocol version; default 3.1.1\n"
    "  --clock N            simulated seconds per second, 1..1000; 1 with real robots\n"
    "  --web-origin ORIGIN  let pages of this origin call the API\n"
    "  --tls-cert FILE      serve page and API over https with this certificate (PEM) ...\n"
    "  --tls-key FILE       ... and its key\n"
    "  --behind-https       a proxy in front speaks https: cookies are sent over it only\n"
    "  --json               print the ready line as JSON\n"
    "  --check-config       read and judge the files, start nothing\n"
    "  --help, --version\n\n"
    "exit codes: 0 done, 1 it failed, 2 wrong command line\n";
static const char help_zh[] =
    "用法：orderlyd --site 文件 --fleet 文件 [选项]\n"
    "控制器：为一座医院的机器人做决定，并提供病区网页。\n\n"
    "  --site 文件          医院地图（orderly-site/1）\n"
    "  --fleet 文件         机器人及其型号（orderly-fleet/1）\n"
    "  --rounds 文件        每周轮次和库存定额（orderly-rounds/1）\n"
    "  --data 目录          日志和私有消息服务；默认 ./orderly-data\n"
    "  --listen 主机:端口   网页和接口的地址；默认 127.0.0.1:8080，端口 0 表示任取空闲端口\n"
    "  --broker 地址        MQTT 服务 tcp://主机:端口；默认在本机启动私有 mosquitto；none 表示不接机器人\n"
    "  --broker-port 端口   私有消息服务的端口；默认任取空闲端口，之后保持不变\n"
    "  --broker-user 名称、--broker-password-file 文件   登录该服务；由 orderly broker acl 生成\n"
    "  --probe-password-file 文件   orderly-probe 的密码：启动时检查访问规则是否生效\n"
    "  --broker-ca 文件、--broker-cert 文件、--broker-key 文件   用于 ssl://：信任的机构、自己的证书\n"
    "  --mqtt 3.1.1|5       协议版本；默认 3.1.1\n"
    "  --clock N            每秒推进的仿真秒数，1..1000；接真实机器人时为 1\n"
    "  --web-origin 来源    允许该来源的网页调用接口\n"
    "  --tls-cert 文件      以该证书（PEM）通过 https 提供网页和接口……\n"
    "  --tls-key 文件       ……及其私钥\n"
    "  --behind-https       前面有提供 https 的代理：登录凭证只经加密连接发送\n"
    "  --json               以 JSON 输出就绪信息\n"
    "  --check-config       只读取并检查文件，不启动\n"
    "  --help, --version\n\n"
    "退出码：0 完成，1 失败，2 命令行错误\n";

static bool number(const char *text, long lo, long hi, long *out)
{
    char *end;
    if (*text < '0' || *text > '9') return false;
    long v = strtol(text, &end, 10);
    if (*end || end - text > 9 || v < lo || v > hi) return false;
    *out = v;
    return true;
}

int config_listen(const char *text, char host[64], uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    const char *port_text = colon ? colon + 1 : text;
    size_t n = colon ? (size_t)(colon - text) : 0;
    long v;
    if (!number(port_text, 0, 65535, &v)) return ORD_EUSAGE;
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    if (n >= 64) return ORD_EUSAGE;
    char address[64];
    memcpy(address, text, n);
    address[n] = 0;
    if (n == 0) strcpy(address, "127.0.0.1");
    if (strcmp(address, "localhost") == 0) strcpy(address, "127.0.0.1");
    unsigned char raw[16];
    if (inet_pton(AF_INET, address, raw) != 1 && inet_pton(AF_INET6, address, raw) != 1) return ORD_EUSAGE;
    memcpy(host, address, sizeof address);
    *port = (uint16_t)v;
    return ORD_OK;
}

static enum config_verdict wrong(FILE *err, const char *option, const char *value, const char *en, const char *zh)
{
    fprintf(err, "orderlyd: --%s %s: %s\n", option, value, log_tr(en, zh));
    return CONFIG_WRONG;
}

static enum config_verdict take(struct config *c, int option, const char *value, FILE *out, FILE *err)
{
    long v = 0;
    switch (option) {
    case OPT_SITE: c->site = value; break;
    case OPT_FLEET: c->fleet = value; break;
    case OPT_ROUNDS: c->rounds = value; break;
    case OPT_DATA: c->data = value; break;
    case OPT_LISTEN:
        if (config_listen(value, c->host, &c->port))
            return wrong(err, "listen", value, "give an IP address and a port, like 127.0.0.1:8080",
                         "请给出 IP 地址和端口，例如 127.0.0.1:8080");
        break;
    case OPT_BROKER:
        if (strcmp(value, "none") != 0 && strncmp(value, "tcp://", 6) != 0 && strncmp(value, "ssl://", 6) != 0)
            return wrong(err, "broker", value, "give tcp://host:port, ssl://host:port or none",
                         "请给出 tcp://主机:端口、ssl://主机:端口 或 none");
        c->broker = value;
        break;
    case OPT_BROKER_PORT:
        if (!number(value, 1, 65535, &v))
            return wrong(err, "broker-port", value, "give a port, 1 to 65535", "请给出 1 到 65535 的端口");
        c->broker_port = (uint16_t)v;
        break;
    case OPT_BROKER_USER: c->broker_user = value; break;
    case OPT_BROKER_PASSWORD: c->broker_password = value; break;
    case OPT_PROBE_PASSWORD: c->probe_password = value; break;
    case OPT_BROKER_CA: c->broker_ca = value; break;
    case OPT_BROKER_CERT: c->broker_cert = value; break;
    case OPT_BROKER_KEY: c->broker_key = value; break;
    case OPT_MQTT:
        if (strcmp(value, "5") != 0 && strcmp(value, "3.1.1") != 0)
            return wrong(err, "mqtt", value, "give 3.1.1 or 5", "请给出 3.1.1 或 5");
        c->mqtt_version = value[0] - '0';
        break;
    case OPT_CLOCK:
        if (!number(value, 1, CONFIG_CLOCK_MAX, &v))
            return wrong(err, "clock", value, "give a whole number, 1 to 1000", "请给出 1 到 1000 的整数");
        c->clock = (int32_t)v;
        break;
    case OPT_ORIGIN:
        if (strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0)
            return wrong(err, "web-origin", value, "give an origin like https://ward.example",
                         "请给出来源，例如 https://ward.example");
        c->web_origin = value;
        break;
    case OPT_HTTPS: c->https = true; break;
    case OPT_TLS_CERT: c->tls_cert = value; break;
    case OPT_TLS_KEY: c->tls_key = value; break;
    case OPT_JSON: c->json = true; break;
    case OPT_CHECK: c->check_only = true; break;
    case OPT_HELP: fputs(log_tr(help_en, help_zh), out); return CONFIG_DONE;
    case OPT_VERSION: fputs("orderlyd " ORDERLY_VERSION "\n", out); return CONFIG_DONE;
    default: return CONFIG_WRONG;
    }
    return CONFIG_RUN;
}

enum config_verdict config_parse(struct config *c, int argc, char **argv, FILE *out, FILE *err)
{
    *c = (struct config){ .data = "orderly-data", .host = "127.0.0.1", .port = 8080, .clock = 1 };
    int option;
    optind = 0; /* start anew: tests call this more than once */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            fprintf(err, "orderlyd: %s: %s\n", argv[optind - 1],
                    option == ':' ? log_tr("this option needs a value; see --help", "该选项需要一个值；见 --help")
                                  : log_tr("no such option; see --help", "没有这个选项；见 --help"));
            return CONFIG_WRONG;
        }
        enum config_verdict verdict = take(c, option, optarg, out, err);
        if (verdict != CONFIG_RUN) return verdict;
    }
    if (optind < argc) {
        fprintf(err, "orderlyd: %s: %s\n", argv[optind],
                log_tr("not expected here; see --help", "此处不应出现；见 --help"));
        return CONFIG_WRONG;
    }
    if (!c->tls_cert != !c->tls_key) {
        fprintf(err, "orderlyd: %s\n",
                log_tr("--tls-cert and --tls-key go together; see --help",
                       "--tls-cert 与 --tls-key 须同时给出；见 --help"));
        return CONFIG_WRONG;
    }
    if (!c->site || !c->fleet) {
        fprintf(err, "orderlyd: %s\n",
                c->site ? log_tr("--fleet FILE is missing; see --help", "缺少 --fleet 文件；见 --help")
                        : log_tr("--site FILE is missing; see --help", "缺少 --site 文件；见 --help"));
        return CONFIG_WRONG;
    }
    return CONFIG_RUN;
}
