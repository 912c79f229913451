#include "api_job.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "common/json.h"
#include "common/text.h"

#define PRIORITY_DEFAULT 3

/* json.c speaks English only: the Chinese words follow from the field that failed. */
static const char *field_zh(const char *field, bool opened)
{
    static const struct {
        const char *field, *zh;
    } row[] = {
        { "from", "缺失，或不是站点编号" },
        { "to", "缺失，或不是站点编号" },
        { "quantity", "必须是 1 到 999 的整数" },
        { "priority", "必须是 0 到 5 的整数" },
        { "item", "必须是不超过 64 字节且不含控制字符的文字" },
    };
    if (!opened) return "重复出现或不允许";
    for (size_t i = 0; i < COUNT_OF(row); i++)
        if (strcmp(row[i].field, field) == 0) return row[i].zh;
    return "不是本接口的字段";
}

/* The reader's note says "body: quantity" for a field and "body:1:17" for a place: after "body: " comes the field. */
static void refuse(const struct json_doc *doc, bool opened, struct problem *p)
{
    static const char prefix[] = "body: ";
    const char *where = doc->note.where, *path = "";
    char field[64], en[512], zh[512];
    if (strncmp(where, prefix, sizeof prefix - 1) == 0) path = where + sizeof prefix - 1;
    text_copy(field, sizeof field, text_utf8_valid(path, strlen(path)) ? path : "");
    if (*field) {
        snprintf(en, sizeof en, "%s: %s", field, doc->note.what);
        snprintf(zh, sizeof zh, "字段“%s”%s", field, field_zh(field, opened));
    } else {
        snprintf(en, sizeof en, "%s: %s", where, doc->note.what);
        snprintf(zh, sizeof zh, opened ? "请求正文必须是 JSON 对象" : "请求正文不是有效的 UTF-8 JSON（位置 %s）",
                 where);
    }
    if (!text_utf8_valid(en, strlen(en))) text_copy(en, sizeof en, "the body is refused");
    if (!text_utf8_valid(zh, strlen(zh))) text_copy(zh, sizeof zh, "请求正文被拒绝");
    problem_set(p, *field ? PROBLEM_FIELD : PROBLEM_MALFORMED, field, en, zh);
}

static bool printable(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F) return false;
    return true;
}

static uint64_t request_hash(const struct job_request *r)
{
    uint8_t bytes[8 + STORE_ITEM_MAX];
    memset(bytes, 0, sizeof bytes);
    uint16_t word[4] = { r->from, r->to, r->quantity, r->priority };
    for (size_t i = 0; i < 8; i++) bytes[i] = (uint8_t)(word[i / 2] >> (8 * (i % 2)));
    memcpy(bytes + 8, r->item, strlen(r->item));
    return XXH3_64bits(bytes, sizeof bytes);
}

static bool station(const struct site *s, const char *field, const char *id, station_id *out, struct problem *p)
{
    char en[160], zh[160];
    *out = site_station_by_id(s, id);
    if (*out != ID_NONE) return true;
    snprintf(en, sizeof en, "%s: there is no station '%s'; GET /api/v1/site lists them", field, id);
    snprintf(zh, sizeof zh, "字段“%s”：没有站点“%s”；站点列表见 GET /api/v1/site", field, id);
    problem_set(p, PROBLEM_UNKNOWN_STATION, field, en, zh);
    return false;
}

static void read_fields(struct json_at root, struct job_request *out, char from[SITE_ID_MAX], char to[SITE_ID_MAX])
{
    static const char *const keys[] = { "from", "to", "quantity", "item", "priority" };
    struct json_at quantity = json_opt(root, "quantity"), priority = json_opt(root, "priority"),
                   item = json_opt(root, "item");
    json_only(root, keys, COUNT_OF(keys));
    json_string(json_need(root, "from"), from, SITE_ID_MAX, 1);
    json_string(json_need(root, "to"), to, SITE_ID_MAX, 1);
    out->quantity = json_has(quantity) ? (uint16_t)json_int(quantity, 1, JOB_QUANTITY_MAX) : 1;
    out->priority = json_has(priority) ? (uint8_t)json_int(priority, 0, JOB_PRIORITY_LAST) : PRIORITY_DEFAULT;
    if (json_has(item)) json_string(item, out->item, sizeof out->item, 0);
    if (!printable(out->item)) json_fail(item, ORD_ERANGE, "must not contain control characters");
}

bool api_job_parse(const struct site *s, const char *body, size_t n, struct job_request *out, struct problem *p)
{
    struct json_doc doc;
    char from[SITE_ID_MAX] = "", to[SITE_ID_MAX] = "";
    memset(out, 0, sizeof *out);
    bool opened = json_open(&doc, "body", body, n, (struct json_limits){ API_BODY_MAX, 4 }) == ORD_OK;
    if (opened) read_fields(json_root(&doc), out, from, to);
    bool ok = opened && json_ok(&doc);
    if (!ok) refuse(&doc, opened, p);
    json_close(&doc);
    if (!ok || !station(s, "from", from, &out->from, p) || !station(s, "to", to, &out->to, p)) return false;
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
