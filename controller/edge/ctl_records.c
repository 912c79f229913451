/* ctl_records - accounts, keys and the record of acts, worked on where they lie: in the controller's folder. For who
 * may read that folder; the first account can be made in no other way. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "ctl.h"
#include "log.h"
#include "records.h"

static int complain(const struct err_note *note)
{
    fprintf(stderr, "orderly ctl: %s: %s\n", note->where, note->what);
    return CTL_FAILED;
}

static void put_on_record(struct records *r, const char *act, const char *name, const char *role)
{
    struct audit_entry e = { .who = "local", .role = "", .from = "console", .status = 200, .at_ms = log_wall_ms() };
    snprintf(e.act, sizeof e.act, "%s", act);
    snprintf(e.detail, sizeof e.detail, "%s %s", name, role);
    audit_append(r, &e);
}

/* ---- passwords ---- */

/* One line, not shown while it is typed. False: no line. */
static bool read_password(const char *prompt, char out[PASSWORD_MAX + 2])
{
    struct termios shown, hidden;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        fprintf(stderr, "%s", prompt);
    }
    bool got = fgets(out, PASSWORD_MAX + 2, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    out[got ? strcspn(out, "\r\n") : 0] = 0;
    return got;
}

static bool ask_password(char password[PASSWORD_MAX + 2])
{
    char again[PASSWORD_MAX + 2];
    if (!read_password(log_tr("Password: ", "密码："), password)) return false;
    if (strlen(password) < PASSWORD_LEAST || strlen(password) > PASSWORD_MAX) {
        fprintf(stderr, log_tr("orderly ctl: a password has %d to %d bytes\n", "orderly ctl：密码须为 %d 到 %d 字节\n"),
                PASSWORD_LEAST, PASSWORD_MAX);
        return false;
    }
    if (!isatty(STDIN_FILENO)) return true;
    bool same = read_password(log_tr("Once more: ", "再次输入："), again) && strcmp(again, password) == 0;
    sodium_memzero(again, sizeof again);
    if (!same) fputs(log_tr("orderly ctl: these were two passwords\n", "orderly ctl：两次输入不一致\n"), stderr);
    return same;
}

/* ---- accounts ---- */
static bool read_role(const char *text, enum role *out)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strcmp(text, role_name[i]) == 0 || strcmp(text, role_zh[i]) == 0) {
            *out = (enum role)i;
            return true;
        }
    fprintf(stderr,
            log_tr("orderly ctl: there is no role %s; there are nurse, porter, manager, engineer, infection, viewer\n",
                   "orderly ctl：没有“%s”这个角色；可用：护士、配送、主管、工程、院感、只读\n"),
            text);
    return false;
}

static int add(const struct ctl *c, struct records *r, enum account_kind kind)
{
    struct account a = { .name = "" };
    char password[PASSWORD_MAX + 2] = "", key[KEY_TEXT_MAX] = "";
    if (!account_name_valid(c->arg[2]) || !account_wards_parse(&a, c->wards ? c->wards : "")) {
        fputs(log_tr("orderly ctl: the name or the list of wards is not usable\n",
                     "orderly ctl：账号名或科室列表不可用\n"),
              stderr);
        return CTL_USAGE;
    }
    snprintf(a.name, sizeof a.name, "%s", c->arg[2]);
    if (!read_role(c->arg[3], &a.role)) return CTL_USAGE;
    if (kind == ACCOUNT_KEY) key_make(key, a.secret);
    else if (!ask_password(password) || password_hash(password, a.secret)) return CTL_FAILED;
    sodium_memzero(password, sizeof password);
    if (records_put(r, kind, &a)) {
        fputs(log_tr("orderly ctl: the account could not be kept\n", "orderly ctl：账号无法保存\n"), stderr);
        return CTL_FAILED;
    }
    put_on_record(r, kind == ACCOUNT_KEY ? "key add" : "user add", a.name, role_name[a.role]);
    if (kind == ACCOUNT_KEY) printf("%s\n", key); /* shown this once */
    else
        printf(log_tr("%s may log in as %s\n", "%s 可以登录，角色：%s\n"), a.name,
               log_tr(role_name[a.role], role_zh[a.role]));
    sodium_memzero(key, sizeof key);
    return 0;
}

static int drop(const struct ctl *c, struct records *r, enum account_kind kind)
{
    if (!records_drop(r, kind, c->arg[2])) {
        fprintf(stderr, log_tr("orderly ctl: there is no %s\n", "orderly ctl：没有 %s\n"), c->arg[2]);
        return CTL_FAILED;
    }
    put_on_record(r, kind == ACCOUNT_KEY ? "key remove" : "user remove", c->arg[2], "");
    return 0;
}

static int list(struct records *r, enum account_kind kind)
{
    struct account a;
    for (uint32_t i = 0; records_nth(r, kind, i, &a); i++) {
        printf("%-24s %-10s", a.name, log_tr(role_name[a.role], role_zh[a.role]));
        for (uint8_t w = 0; w < a.wards; w++) printf("%s%s", w ? "," : " ", a.ward[w]);
        putchar('\n');
    }
    return 0;
}

static int verify(const struct ctl *c, struct records *r)
{
    struct audit_verdict v;
    if (audit_verify(r, &v)) {
        fputs(log_tr("orderly ctl: the record cannot be read\n", "orderly ctl：记录无法读取\n"), stderr);
        return CTL_FAILED;
    }
    if (c->json) {
        printf("{\"whole\":%s,\"entries\":%llu,\"broken\":", v.whole ? "true" : "false", (unsigned long long)v.entries);
        if (v.whole) printf("null");
        else printf("%llu", (unsigned long long)v.broken);
        printf(",\"last\":\"%s\"}\n", v.last);
    } else if (v.whole) {
        printf(log_tr("%llu entries, the chain is whole; last %s\n", "共 %llu 条，哈希链完整；末条 %s\n"),
               (unsigned long long)v.entries, v.entries ? v.last : "-");
    } else {
        printf(log_tr("the chain is BROKEN at entry %llu: it, or one before it, was changed, removed or added\n",
                      "哈希链在第 %llu 条中断：该条或之前的记录被改动、删除或插入\n"),
               (unsigned long long)v.broken);
    }
    return v.whole ? 0 : CTL_FAILED;
}

/* ---- the verbs ---- */
int ctl_records(const struct ctl *c)
{
    struct records *r;
    struct err_note note = { .where = "" };
    const char *dir = c->data ? c->data : "orderly-data";
    enum account_kind kind = strcmp(c->arg[0], "key") == 0 ? ACCOUNT_KEY : ACCOUNT_PERSON;
    bool audit = strcmp(c->arg[0], "audit") == 0, adds = !audit && strcmp(c->arg[1], "add") == 0 && c->args == 4;
    bool drops = !audit && strcmp(c->arg[1], "remove") == 0 && c->args == 3;
    bool lists = !audit && strcmp(c->arg[1], "list") == 0 && c->args == 2;
    bool verifies = audit && strcmp(c->arg[1], "verify") == 0 && c->args == 2;
    if (!adds && !drops && !lists && !verifies) return ctl_usage();
    if (adds && mkdir(dir, 0700) && errno != EEXIST) {
        err_at(&note, ORD_EIO, dir, "cannot make this folder: %s", strerror(errno));
        return complain(&note);
    }
    if (!adds && access(dir, R_OK)) {
        err_at(&note, ORD_ENOTFOUND, dir, "%s",
               log_tr("is not there; name the controller's folder with --data",
                      "不存在；请用 --data 指明控制器的数据目录"));
        return complain(&note);
    }
    if (records_open(&r, dir, &note)) return complain(&note);
    int code = adds ? add(c, r, kind) : drops ? drop(c, r, kind) : lists ? list(r, kind) : verify(c, r);
    records_close(r);
    return code;
}
