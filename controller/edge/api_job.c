#include "api_job.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "common/text.h"

#define PRIORITY_DEFAULT 3

static const struct field_words words[] = {
    { "from", "缺失，或不是站点编号" },
    { "to", "缺失，或不是站点编号" },
    { "quantity", "必须是 1 到 999 的整数" },
    { "priority", "必须是 0 到 5 的整数" },
    { "item", "必须是不超过 64 字节且不含控制字符的文字" },
    { "goods", "不是物品种类编号" },
    { "ready_at", "必须是时间，例如 2026-03-02T10:20:00+08:00" },
    { "due_at", "必须是时间，例如 2026-03-02T10:20:00+08:00，且不早于 ready_at" },
    { "return_minutes", "必须是 1 到 525600 的整数" },
    { NULL, NULL },
};

static uint64_t request_hash(const struct job_request *r)
{
    uint16_t word[5] = { r->from, r->to, r->quantity, r->priority, r->goods };
    int64_t times[3] = { r->ready_utc_ms, r->due_utc_ms, r->return_ms };
    uint64_t hash = XXH3_64bits(word, sizeof word);
    hash = XXH3_64bits_withSeed(times, sizeof times, hash);
    return XXH3_64bits_withSeed(r->item, strlen(r->item), hash);
}

void api_unknown(struct problem *p, const char *field, const char *id, const char *en, const char *zh, const char *list)
{
    char words_en[240], words_zh[240];
    snprintf(words_en, sizeof words_en, "%s: there is no %s '%s'; GET %s lists them", field, en, id, list);
    snprintf(words_zh, sizeof words_zh, "字段“%s”：没有%s“%s”；列表见 GET %s", field, zh, id, list);
    problem_set(p, PROBLEM_UNKNOWN, field, words_en, words_zh);
}

bool api_station(const struct site *s, const char *field, const char *id, station_id *out, struct problem *p)
{
    *out = site_station_by_id(s, id);
    if (*out != ID_NONE) return true;
    api_unknown(p, field, id, "station", "站点", "/api/v1/site");
    p->code = PROBLEM_UNKNOWN_STATION;
    return false;
}

bool api_goods(const struct site *s, const char *field, const char *id, goods_id *out, struct problem *p)
{
    *out = site_goods_by_id(s, id);
    if (*out != GOODS_NONE) return true;
    api_unknown(p, field, id, "goods", "物品种类", "/api/v1/site");
    return false;
}

struct names_read {
    char from[SITE_ID_MAX], to[SITE_ID_MAX], goods[SITE_ID_MAX];
};

static void read_times(struct json_at root, struct job_request *out)
{
    struct json_at back = json_opt(root, "return_minutes"), due = json_opt(root, "due_at");
    out->ready_utc_ms = api_body_time(json_opt(root, "ready_at"));
    out->due_utc_ms = api_body_time(due);
    if (json_has(back)) out->return_ms = json_int(back, 1, LOAN_DAYS_MAX * 24 * 60) * MS_MINUTE;
    if (out->due_utc_ms && out->due_utc_ms < out->ready_utc_ms)
        json_fail(due, ORD_ERANGE, "must not be earlier than ready_at");
}

static void read_fields(struct json_at root, struct job_request *out, struct names_read *names)
{
    static const char *const keys[] = { "from",  "to",       "quantity", "item",          "priority",
                                        "goods", "ready_at", "due_at",   "return_minutes" };
    struct json_at quantity = json_opt(root, "quantity"), priority = json_opt(root, "priority"),
                   item = json_opt(root, "item"), goods = json_opt(root, "goods");
    json_only(root, keys, COUNT_OF(keys));
    json_string(json_need(root, "from"), names->from, SITE_ID_MAX, 1);
    json_string(json_need(root, "to"), names->to, SITE_ID_MAX, 1);
    if (json_has(goods)) json_string(goods, names->goods, SITE_ID_MAX, 1);
    out->quantity = json_has(quantity) ? (uint16_t)json_int(quantity, 1, JOB_QUANTITY_MAX) : 1;
    out->priority = json_has(goods) ? JOB_PRIORITY_OF_GOODS : PRIORITY_DEFAULT;
    if (json_has(priority)) out->priority = (uint8_t)json_int(priority, 0, JOB_PRIORITY_LAST);
    if (json_has(item)) api_body_text(item, out->item, sizeof out->item, 0);
    read_times(root, out);
}

bool api_job_parse(const struct site *s, const char *body, size_t n, struct job_request *out, struct problem *p)
{
    struct json_doc doc;
    struct names_read names = { .from = "" };
    memset(out, 0, sizeof *out);
    bool ok = api_body_open(&doc, body, n, p);
    if (ok) {
        read_fields(json_root(&doc), out, &names);
        ok = api_body_good(&doc, words, p);
    }
    json_close(&doc);
    out->goods = GOODS_NONE;
    if (!ok || !api_station(s, "from", names.from, &out->from, p) || !api_station(s, "to", names.to, &out->to, p))
        return false;
    if (names.goods[0] && !api_goods(s, "goods", names.goods, &out->goods, p)) return false;
    out->hash = request_hash(out);
    return true;
}

bool api_key_valid(const char *key)
{
    size_t n = strlen(key);
    if (n < 1 || n > STORE_KEY_MAX - 1) return false;
    for (; *key; key++)
        if (*key < 0x21 || *key > 0x7E) return false;
    return true;
}
