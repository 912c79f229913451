#include "auth.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "member.h"

#define COOKIE "orderly_session"
#define HASHING_MAX 8 /* passwords being hashed at one time, 64 MiB each */

struct auth {
    struct auth_config cfg;
    struct sessions *sessions;
    bool needed, stopping;
    char nobody[PASSWORD_HASH_MAX]; /* what the password of an unknown name is held against, so that it takes as long */
    struct hashing *first;
    uint32_t hashings;
};

/* One password on its way through the thread pool. */
struct hashing {
    uv_work_t work;
    struct hashing *next;
    struct auth *auth;
    struct http_call *call; /* NULL: nobody waits any more */
    struct account account; /* whose password is checked, or the account to be written */
    bool known, writes, right;
    int err;
    char from[64], password[PASSWORD_MAX + 1];
    struct person by;
};

static ms_t now_ms(void) { return (ms_t)(uv_hrtime() / 1000000u); }

int auth_open(struct auth **out, const struct auth_config *cfg)
{
    struct auth *a = calloc(1, sizeof *a);
    char text[KEY_TEXT_MAX], hash[PASSWORD_HASH_MAX];
    if (!a) return ORD_EMEMORY;
    a->cfg = *cfg;
    key_make(text, hash); /* a password that nobody has */
    int err = sessions_open(&a->sessions);
    if (!err) err = password_hash(text, a->nobody);
    if (err) {
        auth_close(a);
        return err;
    }
    auth_tick(a);
    *out = a;
    return ORD_OK;
}

void auth_close(struct auth *a)
{
    if (!a) return;
    while (a->hashings) uv_run(a->cfg.uv, UV_RUN_NOWAIT);
    sessions_close(a->sessions);
    free(a);
}

void auth_tick(struct auth *a) { a->needed = a->needed || records_count(a->cfg.records, ACCOUNT_PERSON) > 0; }
bool auth_needed(const struct auth *a) { return a->needed; }

/* ---- who ---- */
static bool loopback_host(const char *host)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
    for (size_t i = 0; host && i < COUNT_OF(names); i++) {
        size_t n = strlen(names[i]);
        if (strncasecmp(host, names[i], n) == 0 && (host[n] == 0 || host[n] == ':')) return true;
    }
    return false;
}

static bool open_door(const struct http_call *c, struct person *out, struct problem *p)
{
    if (!loopback_host(http_header(c, "Host")) || http_header(c, "X-Forwarded-For") || http_header(c, "Forwarded")) {
        problem_set(
            p, PROBLEM_FORBIDDEN, NULL,
            "there is no account yet, so this controller answers its own machine only, as localhost or "
            "127.0.0.1; make an account with `orderly ctl user add`",
            "尚未建立账号，控制器只应答本机（localhost 或 127.0.0.1）的请求；请用 orderly ctl user add 建立账号");
        return false;
    }
    *out = (struct person){ .by = BY_OPEN_DOOR, .name = "local", .role = ROLE_MANAGER };
    return true;
}

/* A ward that the site does not know is no ward: an account with none that is known may act nowhere. */
static void from_account(const struct auth *a, const struct account *account, enum person_by by, struct person *out)
{
    *out = (struct person){ .by = by, .role = account->role };
    text_copy(out->name, sizeof out->name, account->name);
    for (uint8_t i = 0; i < account->wards; i++)
        out->ward[out->wards++] = site_station_by_id(a->cfg.site, account->ward[i]);
}

static const char *bearer(const struct http_call *c)
{
    const char *header = http_header(c, "Authorization");
    return header && strncasecmp(header, "Bearer ", 7) == 0 ? header + 7 : NULL;
}

static bool must_log_in(struct problem *p)
{
    problem_set(p, PROBLEM_LOGIN, NULL, "log in on the page, or send a key: Authorization: Bearer ...",
                "请在网页登录，或发送密钥 Authorization: Bearer ……");
    return false;
}

static bool by_session(struct auth *a, const struct http_call *c, bool changes, struct person *out, struct problem *p)
{
    struct account account;
    const char *token = http_cookie(c, COOKIE);
    const struct session *s = token ? session_find(a->sessions, token, now_ms()) : NULL;
    if (!s || !records_find(a->cfg.records, ACCOUNT_PERSON, s->name, &account) || !session_fits(s, &account))
        return must_log_in(p);
    if (changes && !session_csrf_fits(s, http_header(c, "X-CSRF-Token"))) {
        problem_set(p, PROBLEM_CSRF, "X-CSRF-Token", "send the token that GET /api/v1/session tells; reload the page",
                    "请发送 GET /api/v1/session 给出的令牌；请刷新页面");
        return false;
    }
    from_account(a, &account, BY_SESSION, out);
    text_copy(out->csrf, sizeof out->csrf, s->csrf);
    return true;
}

bool auth_who(struct auth *a, const struct http_call *c, bool changes, struct person *out, struct problem *p)
{
    struct account account;
    const char *key = bearer(c);
    *out = (struct person){ .by = BY_NOBODY, .role = ROLE_VIEWER };
    if (!a->needed) return open_door(c, out, p);
    if (!key) return by_session(a, c, changes, out, p);
    if (!records_by_key(a->cfg.records, key, &account)) return must_log_in(p);
    from_account(a, &account, BY_KEY, out);
    return true;
}

bool auth_may(const struct person *who, enum right right, struct problem *p)
{
    char en[160], zh[160];
    if (role_has(who->role, right)) return true;
    snprintf(en, sizeof en, "the role %s may not do this", role_name[who->role]);
    snprintf(zh, sizeof zh, "“%s”角色无此权限", role_zh[who->role]);
    problem_set(p, PROBLEM_FORBIDDEN, NULL, en, zh);
    return false;
}

bool auth_ward(const struct person *who, station_id a, station_id b, struct problem *p)
{
    if (who->wards == 0) return true;
    for (uint8_t i = 0; i < who->wards; i++)
        if (who->ward[i] != ID_NONE && (who->ward[i] == a || who->ward[i] == b)) return true;
    problem_set(p, PROBLEM_FORBIDDEN, NULL, "this account acts for its own wards only", "该账号只能处理本科室的事务");
    return false;
}

/* ---- the record ---- */
static void record(struct auth *a, struct audit_entry *e)
{
    e->at_ms = log_wall_ms();
    int err = audit_append(a->cfg.records, e);
    if (err) log_plain(NULL, EVENT_AUDIT_FAILED, 0, err_en(err));
}

void auth_record(struct auth *a, const struct http_call *c, const struct person *who, const char *detail)
{
    struct audit_entry e = { .status = (int)http_status(c) };
    text_copy(e.who, sizeof e.who, who->name);
    text_copy(e.role, sizeof e.role, who->by == BY_NOBODY ? "" : role_name[who->role]);
    http_peer(c, e.from, sizeof e.from);
    snprintf(e.act, sizeof e.act, "%s %s", http_method(c), http_path(c));
    text_copy(e.detail, sizeof e.detail, detail ? detail : "");
    record(a, &e);
}

static void record_login(struct auth *a, const struct hashing *h, int status)
{
    struct audit_entry e = { .act = "login", .status = status };
    text_copy(e.who, sizeof e.who, h->account.name);
    text_copy(e.role, sizeof e.role, h->right ? role_name[h->account.role] : "");
    text_copy(e.from, sizeof e.from, h->from);
    record(a, &e);
}

/* ---- hashing on another thread ---- */
static void reply(struct http_call *c, enum problem_code code, const char *en, const char *zh)
{
    struct problem p;
    problem_set(&p, code, NULL, en, zh);
    problem_reply(c, &p);
}

static void work(uv_work_t *w)
{
    struct hashing *h = w->data;
    if (h->writes) h->err = password_hash(h->password, h->account.secret);
    else h->right = password_fits(h->account.secret, h->password) && h->known;
}

static void put_cookie(const struct auth *a, struct http_call *c, const char *token, long seconds)
{
    char cookie[160];
    snprintf(cookie, sizeof cookie, COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%ld%s", token, seconds,
             a->cfg.https ? "; Secure" : "");
    http_reply_header(c, "Set-Cookie", cookie);
}

static void finish_login(struct hashing *h)
{
    struct auth *a = h->auth;
    char token[TOKEN_MAX], csrf[TOKEN_MAX], body[256];
    struct text t;
    record_login(a, h, h->right ? 200 : 401);
    if (!h->right) {
        login_failed(a->sessions, h->account.name, h->from, now_ms());
        if (h->call) reply(h->call, PROBLEM_LOGIN, "name or password is wrong", "账号或密码不正确");
        return;
    }
    login_succeeded(a->sessions, h->account.name);
    if (!h->call) return;
    session_begin(a->sessions, &h->account, now_ms(), token, csrf);
    text_init(&t, body, sizeof body);
    text_char(&t, '{');
    member_string(&t, "name", h->account.name);
    member_string(&t, "role", role_name[h->account.role]);
    member_string(&t, "csrf", csrf);
    text_char(&t, '}');
    http_reply(h->call, 200, "application/json; charset=utf-8", body, t.used, false);
    http_reply_header(h->call, "Cache-Control", "no-store");
    put_cookie(a, h->call, token, SESSION_MS / 1000);
    sodium_memzero(token, sizeof token);
}

static void finish_user(struct hashing *h)
{
    struct auth *a = h->auth;
    char body[256] = "";
    struct text t;
    int err = h->err ? h->err : records_put(a->cfg.records, ACCOUNT_PERSON, &h->account);
    auth_tick(a);
    if (!h->call) return;
    if (err) {
        reply(h->call, PROBLEM_INTERNAL, "the account could not be kept", "账号无法保存");
    } else {
        text_init(&t, body, sizeof body);
        text_char(&t, '{');
        member_string(&t, "name", h->account.name);
        member_string(&t, "role", role_name[h->account.role]);
        text_char(&t, '}');
        http_reply(h->call, 201, "application/json; charset=utf-8", body, t.used, false);
        http_reply_header(h->call, "Cache-Control", "no-store");
    }
    auth_record(a, h->call, &h->by, body); /* who and which role; never the password */
}

static void done(uv_work_t *w, int status)
{
    struct hashing *h = w->data;
    struct auth *a = h->auth;
    struct hashing **link = &a->first;
    (void)status;
    while (*link != h) link = &(*link)->next;
    *link = h->next;
    a->hashings--;
    if (h->writes) finish_user(h);
    else finish_login(h);
    if (h->call) {
        http_release(h->call);
        a->cfg.ready(a->cfg.ctx);
    }
    sodium_memzero(h, sizeof *h);
    free(h);
}

static void begin(struct auth *a, struct http_call *c, struct hashing *h, const char *password)
{
    h->auth = a;
    h->call = c;
    h->work.data = h;
    text_copy(h->password, sizeof h->password, password);
    http_peer(c, h->from, sizeof h->from);
    if (uv_queue_work(a->cfg.uv, &h->work, work, done)) {
        reply(c, PROBLEM_INTERNAL, "out of memory", "内存不足");
        free(h);
        return;
    }
    h->next = a->first;
    a->first = h;
    a->hashings++;
    http_hold(c);
}

static struct hashing *room(struct auth *a, struct http_call *c)
{
    struct hashing *h = a->hashings < HASHING_MAX && !a->stopping ? calloc(1, sizeof *h) : NULL;
    if (h) return h;
    reply(c, PROBLEM_BUSY, "too many people log in at this moment; try again", "同时登录的人过多，请稍后再试");
    http_reply_header(c, "Retry-After", "2");
    return NULL;
}

void auth_stop(struct auth *a)
{
    a->stopping = true;
    for (struct hashing *h = a->first; h; h = h->next) {
        if (!h->call) continue;
        reply(h->call, PROBLEM_STOPPING, "", "");
        http_release(h->call);
        h->call = NULL;
    }
}

/* ---- log-in and accounts ---- */
void auth_login(struct auth *a, struct http_call *c, const char *name, const char *password)
{
    char from[64], wait[24], en[120], zh[120];
    http_peer(c, from, sizeof from);
    ms_t left = login_wait(a->sessions, name, from, now_ms());
    if (left > 0) {
        long seconds = (long)((left + 999) / 1000);
        snprintf(en, sizeof en, "too many wrong passwords; try again in %ld seconds", seconds);
        snprintf(zh, sizeof zh, "密码错误次数过多，请在 %ld 秒后再试", seconds);
        snprintf(wait, sizeof wait, "%ld", seconds);
        reply(c, PROBLEM_BUSY, en, zh);
        http_reply_header(c, "Retry-After", wait);
        return;
    }
    struct hashing *h = room(a, c);
    if (!h) return;
    h->known = records_find(a->cfg.records, ACCOUNT_PERSON, name, &h->account);
    if (!h->known) {
        text_copy(h->account.name, sizeof h->account.name, name);
        text_copy(h->account.secret, sizeof h->account.secret, a->nobody);
    }
    begin(a, c, h, password);
}

void auth_logout(struct auth *a, struct http_call *c)
{
    const char *token = http_cookie(c, COOKIE);
    if (token) session_end(a->sessions, token);
    http_reply(c, 204, NULL, "", 0, true);
    put_cookie(a, c, "", 0);
}

void auth_set_user(struct auth *a, struct http_call *c, const struct person *by, const struct account *user,
                   const char *password)
{
    struct hashing *h = room(a, c);
    if (!h) return;
    h->writes = true;
    h->by = *by;
    h->account = *user;
    begin(a, c, h, password);
}
