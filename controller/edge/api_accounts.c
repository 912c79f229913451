/* api_accounts - logging in and out, accounts of people and keys of machines, and the record of who did what. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "api_body.h"
#include "api_state.h"
#include "member.h"

static const char *const right_name[RIGHT_COUNT] = { "anybody", "see",     "request",   "handle", "operate",
                                                     "ways",    "hygiene", "emergency", "people", "audit" };

static void put_wards(struct text *t, const struct account *a)
{
    member_list(t, "wards");
    for (uint8_t i = 0; i < a->wards; i++) {
        if (i) text_char(t, ',');
        text_json(t, a->ward[i]);
    }
    text_char(t, ']');
}

/* ---- the session ---- */
static void write_session(struct text *t, const struct api *a, const void *what)
{
    const struct person *who = what;
    bool known = who->by != BY_NOBODY;
    text_char(t, '{');
    member_bool(t, "login", auth_needed(a->auth));
    member_string(t, "name", known ? who->name : NULL);
    member_string(t, "role", known ? role_name[who->role] : NULL);
    member_string(t, "role_zh", known ? role_zh[who->role] : NULL);
    member_string(t, "csrf", who->by == BY_SESSION ? who->csrf : NULL);
    member_list(t, "wards");
    for (uint8_t i = 0, n = 0; i < who->wards; i++) {
        if (who->ward[i] == ID_NONE) continue;
        if (n++) text_char(t, ',');
        text_json(t, a->cfg.names->site->station[who->ward[i]].id);
    }
    text_char(t, ']');
    member_list(t, "rights");
    for (int r = RIGHT_SEE, n = 0; known && r < RIGHT_COUNT; r++) {
        if (!role_has(who->role, (enum right)r)) continue;
        if (n++) text_char(t, ',');
        text_json(t, right_name[r]);
    }
    text_put(t, "]}");
}

void api_get_session(struct api *a, const struct api_call *q)
{
    struct person who;
    struct problem p;
    auth_who(a->auth, q->http, false, &who, &p); /* not to be logged in is an answer here, not an error */
    api_json(a, q->http, 200, write_session, &who);
}

void api_post_session(struct api *a, const struct api_call *q)
{
    static const struct field_words words[] = {
        { "name", "缺失，或不是账号名" },
        { "password", "缺失，或过长" },
        { NULL, NULL },
    };
    static const char *const keys[] = { "name", "password" };
    char name[ACCOUNT_NAME_MAX] = "", password[PASSWORD_MAX + 1] = "";
    struct json_doc doc;
    struct problem p;
    size_t n;
    const char *body = http_body(q->http, &n);
    if (!api_json_body(q->http)) return;
    bool ok = api_body_open(&doc, body, n, &p);
    if (ok) {
        struct json_at root = json_root(&doc);
        json_only(root, keys, COUNT_OF(keys));
        json_string(json_need(root, "name"), name, sizeof name, 1);
        json_string(json_need(root, "password"), password, sizeof password, 1);
        ok = api_body_good(&doc, words, &p);
    }
    json_close(&doc);
    if (ok) auth_login(a->auth, q->http, name, password);
    else problem_reply(q->http, &p);
    sodium_memzero(password, sizeof password);
}

void api_delete_session(struct api *a, const struct api_call *q) { auth_logout(a->auth, q->http); }

/* ---- accounts and keys ---- */
struct accounts_query {
    enum account_kind kind;
    const char *list;
    struct page page;
};

static void write_accounts(struct text *t, const struct api *a, const void *what)
{
    const struct accounts_query *q = what;
    struct account one;
    char last[ACCOUNT_NAME_MAX] = "";
    uint32_t i = 0, listed = 0;
    text_put(t, "{\"");
    text_put(t, q->list);
    text_put(t, "\":[");
    for (; records_nth(a->cfg.records, q->kind, i, &one) && listed < q->page.limit && !t->cut; i++) {
        if (q->page.after && strcmp(one.name, q->page.after) <= 0) continue;
        member_next(t);
        member_string(t, "name", one.name);
        member_string(t, "role", role_name[one.role]);
        put_wards(t, &one);
        text_char(t, '}');
        text_copy(last, sizeof last, one.name);
        listed++;
    }
    api_page_end(t, records_nth(a->cfg.records, q->kind, i, &one) ? last : NULL);
}

static void list_accounts(struct api *a, const struct api_call *q, enum account_kind kind, const char *list)
{
    struct accounts_query query = { kind, list, { 0, NULL } };
    if (api_page(q->http, API_LIMIT_DEFAULT, &query.page)) api_json(a, q->http, 200, write_accounts, &query);
}

void api_get_users(struct api *a, const struct api_call *q) { list_accounts(a, q, ACCOUNT_PERSON, "users"); }
void api_get_keys(struct api *a, const struct api_call *q) { list_accounts(a, q, ACCOUNT_KEY, "keys"); }

static void read_wards(struct api *a, struct json_at wards, struct account *out)
{
    size_t n = json_has(wards) ? json_array(wards, ACCOUNT_WARDS_MAX) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_at one = json_item(wards, i);
        json_string(one, out->ward[i], sizeof out->ward[i], 1);
        if (json_ok(wards.doc) && site_station_by_id(a->cfg.names->site, out->ward[i]) == ID_NONE)
            json_fail(wards, ORD_ENOTFOUND, "there is no station '%s'", out->ward[i]);
    }
    out->wards = (uint8_t)n;
}

/* password NULL: of a key, which has none. */
static bool read_account(struct api *a, struct http_call *c, struct account *out, char *password)
{
    static const struct field_words words[] = {
        { "name", "缺失，或不是账号名（1 到 47 字节，不含控制字符、“/”和引号）" },
        { "role", "必须是 nurse（护士）、porter（配送）、manager（主管）、engineer（工程）、infection（院感）或 "
                  "viewer（只读）" },
        { "wards", "必须是站点编号的列表，最多 8 个" },
        { "password", "必须是 8 到 128 字节" },
        { NULL, NULL },
    };
    static const char *const keys[] = { "name", "role", "wards", "password" };
    struct json_doc doc;
    struct problem p;
    size_t n;
    const char *body = http_body(c, &n);
    memset(out, 0, sizeof *out);
    bool ok = api_body_open(&doc, body, n, &p);
    if (ok) {
        struct json_at root = json_root(&doc), name = json_need(root, "name");
        json_only(root, keys, password ? 4 : 3);
        json_string(name, out->name, sizeof out->name, 1);
        if (json_ok(&doc) && !account_name_valid(out->name))
            json_fail(name, ORD_ERANGE, "must be 1 to 47 bytes without control signs, slashes and quotes");
        int role = json_enum(json_need(root, "role"), role_name, ROLE_COUNT);
        out->role = (enum role)role;
        read_wards(a, json_opt(root, "wards"), out);
        if (password) json_string(json_need(root, "password"), password, PASSWORD_MAX + 1, 1);
        if (password && json_ok(&doc) && strlen(password) < PASSWORD_LEAST)
            json_fail(json_need(root, "password"), ORD_ERANGE, "must be at least 8 bytes");
        ok = api_body_good(&doc, words, &p);
    }
    json_close(&doc);
    if (!ok) problem_reply(c, &p);
    return ok;
}

void api_post_user(struct api *a, const struct api_call *q)
{
    struct account user;
    char password[PASSWORD_MAX + 1] = "";
    if (!api_json_body(q->http) || !read_account(a, q->http, &user, password)) return;
    auth_set_user(a->auth, q->http, &q->who, &user, password);
    sodium_memzero(password, sizeof password);
}

struct new_key {
    const struct account *account;
    const char *text;
};

static void write_key(struct text *t, const struct api *a, const void *what)
{
    const struct new_key *k = what;
    (void)a;
    text_char(t, '{');
    member_string(t, "name", k->account->name);
    member_string(t, "role", role_name[k->account->role]);
    put_wards(t, k->account);
    member_string(t, "key", k->text);
    text_char(t, '}');
}

void api_post_key(struct api *a, const struct api_call *q)
{
    struct account account;
    char text[KEY_TEXT_MAX];
    if (!api_json_body(q->http) || !read_account(a, q->http, &account, NULL)) return;
    key_make(text, account.secret);
    struct new_key key = { &account, text };
    if (records_put(a->cfg.records, ACCOUNT_KEY, &account))
        api_problem(q->http, PROBLEM_INTERNAL, NULL, "the key could not be kept", "密钥无法保存");
    else api_json(a, q->http, 201, write_key, &key);
    sodium_memzero(text, sizeof text);
}

static void drop(struct api *a, const struct api_call *q, enum account_kind kind)
{
    if (records_drop(a->cfg.records, kind, q->arg[0])) http_reply(q->http, 204, NULL, "", 0, true);
    else api_problem(q->http, PROBLEM_NOT_FOUND, NULL, "there is no account of this name", "没有这个账号");
}

/* Nobody locks themselves out: the last manager would be missed. */
void api_delete_user(struct api *a, const struct api_call *q)
{
    if (strcmp(q->who.name, q->arg[0]) == 0 && q->who.by == BY_SESSION)
        api_problem(q->http, PROBLEM_CONFLICT, NULL, "nobody removes their own account", "不能删除自己的账号");
    else drop(a, q, ACCOUNT_PERSON);
}

void api_delete_key(struct api *a, const struct api_call *q) { drop(a, q, ACCOUNT_KEY); }

/* ---- the record of acts ---- */
struct audit_query {
    uint32_t limit;
    uint64_t before;
};

static void write_audit(struct text *t, const struct api *a, const void *what)
{
    const struct audit_query *q = what;
    struct audit_entry e = { .seq = q->before };
    char when[32], next[24];
    uint32_t listed = 0;
    bool more = audit_before(a->cfg.records, e.seq, &e);
    text_put(t, "{\"entries\":[");
    for (; more && listed < q->limit && !t->cut; listed++, more = audit_before(a->cfg.records, e.seq, &e)) {
        log_wall_text(e.at_ms, when);
        snprintf(next, sizeof next, "%llu", (unsigned long long)e.seq);
        member_next(t);
        member_uint(t, "seq", e.seq);
        member_string(t, "at", when);
        member_string(t, "who", e.who);
        member_string(t, "role", e.role);
        member_string(t, "from", e.from);
        member_string(t, "act", e.act);
        member_int(t, "status", e.status);
        member_string(t, "detail", e.detail);
        member_string(t, "hash", e.hash);
        text_char(t, '}');
        if (e.seq <= 1) {
            more = false;
            break;
        }
    }
    api_page_end(t, more ? next : NULL);
}

void api_get_audit(struct api *a, const struct api_call *q)
{
    struct audit_query query = { 0, 0 };
    struct page page;
    uint32_t before = 0;
    if (!api_page(q->http, API_LIMIT_DEFAULT, &page)) return;
    if (page.after && !api_number(page.after, UINT32_MAX, &before)) {
        api_problem(q->http, PROBLEM_FIELD, "after", "after must be the number of an entry", "after 必须是记录编号");
        return;
    }
    query.limit = page.limit;
    query.before = before;
    api_json(a, q->http, 200, write_audit, &query);
}
