/* cmd_broker - `orderly broker acl`: users, passwords and access rules for a broker of the hospital's own. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "common/text.h"
#include "edge/broker_acl.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

static void usage(FILE *f)
{
    fputs(
        log_tr("usage: orderly broker acl --fleet FILE [--out DIR [--json]]\n\n"
               "Access rules for mosquitto, so that each robot has its own topics and no other's.\n\n"
               "  --fleet FILE   the robots (orderly-fleet/1)\n"
               "  --out DIR      write acl, users (the password_file) and a password for every user into this folder;\n"
               "                 passwords that are there already stay. Without it the rules are printed.\n"
               "  --json         say as JSON what was written\n\n"
               "In mosquitto.conf: allow_anonymous false, acl_file DIR/acl, password_file DIR/users. Give orderlyd\n"
               "--broker-user orderlyd --broker-password-file DIR/passwords/orderlyd and\n"
               "--probe-password-file DIR/passwords/orderly-probe: it then tells whether the rules are in force.\n\n"
               "exit codes: 0 done, 1 it failed, 2 wrong command line\n",
               "用法：orderly broker acl --fleet 文件 [--out 目录 [--json]]\n\n"
               "生成 mosquitto 的访问规则：每台机器人只能使用自己的主题。\n\n"
               "  --fleet 文件   机器人（orderly-fleet/1）\n"
               "  --out 目录     把 acl、users（password_file）和每个用户的密码写入该目录；已有的密码保留。\n"
               "                 不给则只输出规则。\n"
               "  --json         以 JSON 说明写了什么\n\n"
               "mosquitto.conf 中：allow_anonymous false，acl_file 目录/acl，password_file 目录/users。orderlyd 使用\n"
               "--broker-user orderlyd --broker-password-file 目录/passwords/orderlyd 和\n"
               "--probe-password-file 目录/passwords/orderly-probe，启动时会检查规则是否生效。\n\n"
               "退出码：0 完成，1 失败，2 命令行错误\n"),
        f);
}

static FILE *create(const char *dir, const char *name, struct err_note *note)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) err_at(note, ORD_EIO, path, "cannot be written: %s", strerror(errno));
    return f;
}

static int finish(FILE *f, const char *dir, struct err_note *note)
{
    return fclose(f) == 0 ? ORD_OK : err_at(note, ORD_EIO, dir, "cannot be written: %s", strerror(errno));
}

static int write_all(const struct fleet_spec *fleet, const char *dir, struct err_note *note)
{
    char passwords[1024];
    if (mkdir(dir, 0700) && errno != EEXIST) return err_at(note, ORD_EIO, dir, "cannot be made: %s", strerror(errno));
    if ((size_t)snprintf(passwords, sizeof passwords, "%s/passwords", dir) >= sizeof passwords)
        return err_at(note, ORD_EFULL, dir, "the path is too long");
    FILE *f = create(dir, "users", note);
    if (!f) return ORD_EIO;
    int err = broker_passwords(passwords, fleet, f, note), closed = finish(f, dir, note);
    if (err || closed) return err ? err : closed;
    f = create(dir, "acl", note);
    if (!f) return ORD_EIO;
    broker_acl_write(f, fleet);
    return finish(f, dir, note);
}

static void told(const char *dir, size_t users, bool json)
{
    char text[4200];
    struct text t;
    if (!json) {
        printf(log_tr("%s: acl, users and passwords/ for %zu users\n", "%s：acl、users 和 passwords/，共 %zu 个用户\n"),
               dir, users);
        return;
    }
    text_init(&t, text, sizeof text);
    text_put(&t, "{\"folder\":");
    text_json(&t, dir);
    printf("%s,\"acl\":\"acl\",\"password_file\":\"users\",\"passwords\":\"passwords\",\"users\":%zu}\n", text, users);
}

static int acl(const char *fleet_path, const char *out, bool json)
{
    struct fleet_spec *fleet = NULL;
    struct err_note note = { "", "" };
    int err = sodium_init() < 0 ? err_at(&note, ORD_EIO, "random", "the system gives no randomness")
                                : fleet_spec_open(fleet_path, &fleet, &note);
    if (!err && fleet) {
        if (out) err = write_all(fleet, out, &note);
        else broker_acl_write(stdout, fleet);
        if (!err && out) told(out, broker_users(fleet), json);
        fleet_spec_close(fleet);
    }
    if (err) fprintf(stderr, "orderly broker: %s: %s\n", note.where, note.what);
    return err ? EXIT_FAILED : EXIT_DONE;
}

int cmd_broker(int argc, char **argv)
{
    enum { OPT_FLEET = 1, OPT_OUT, OPT_JSON, OPT_HELP };
    static const struct option options[] = {
        { "fleet", required_argument, NULL, OPT_FLEET },
        { "out", required_argument, NULL, OPT_OUT },
        { "json", no_argument, NULL, OPT_JSON },
        { "help", no_argument, NULL, OPT_HELP },
        { NULL, 0, NULL, 0 },
    };
    const char *fleet = NULL, *out = NULL;
    bool json = false;
    int option;
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case OPT_FLEET: fleet = optarg; break;
        case OPT_OUT: out = optarg; break;
        case OPT_JSON: json = true; break;
        case OPT_HELP: usage(stdout); return EXIT_DONE;
        default:
            fprintf(stderr, "orderly broker: %s: %s\n", argv[optind - 1],
                    option == ':' ? log_tr("this option needs a value", "该选项需要一个值")
                                  : log_tr("no such option", "没有这个选项"));
            return EXIT_USAGE;
        }
    }
    bool ours = optind + 1 == argc && strcmp(argv[optind], "acl") == 0;
    if (ours && fleet && (out || !json)) return acl(fleet, out, json);
    usage(stderr);
    return EXIT_USAGE;
}
