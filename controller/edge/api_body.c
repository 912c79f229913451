#include "api_body.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

static const char *field_zh(const struct field_words *words, const char *field)
{
    for (; words->field; words++)
        if (strcmp(words->field, field) == 0) return words->zh;
    return "不是本接口的字段";
}

/* The reader's note says "body: quantity" for a field and "body:1:17" for a place: after "body: " comes the field. */
static void refuse(const struct json_doc *doc, const struct field_words *words, struct problem *p)
{
    static const char prefix[] = "body: ";
    const char *where = doc->note.where, *path = "";
    char field[64], en[512], zh[512];
    if (doc->err == ORD_EMEMORY) { /* not the client's fault: it may ask again */
        problem_set(p, PROBLEM_INTERNAL, NULL, "there is no memory for this request; ask again", "内存不足，请重试");
        return;
    }
    if (strncmp(where, prefix, sizeof prefix - 1) == 0) path = where + sizeof prefix - 1;
    text_copy(field, sizeof field, text_utf8_valid(path, strlen(path)) ? path : "");
    if (*field) {
        snprintf(en, sizeof en, "%s: %s", field, doc->note.what);
        snprintf(zh, sizeof zh, "字段“%s”%s", field, words ? field_zh(words, field) : "重复出现或不允许");
    } else {
        snprintf(en, sizeof en, "%s: %s", where, doc->note.what);
        snprintf(zh, sizeof zh, words ? "请求正文必须是 JSON 对象" : "请求正文不是有效的 UTF-8 JSON（位置 %s）", where);
    }
    if (!text_utf8_valid(en, strlen(en))) text_copy(en, sizeof en, "the body is refused");
    if (!text_utf8_valid(zh, strlen(zh))) text_copy(zh, sizeof zh, "请求正文被拒绝");
    problem_set(p, *field ? PROBLEM_FIELD : PROBLEM_MALFORMED, field, en, zh);
}

bool api_body_open(struct json_doc *doc, const char *body, size_t n, struct problem *p)
{
    if (json_open(doc, "body", body, n, (struct json_limits){ API_BODY_MAX, 4 }) == ORD_OK) return true;
    refuse(doc, NULL, p);
    return false;
}

bool api_body_good(const struct json_doc *doc, const struct field_words *words, struct problem *p)
{
    if (json_ok(doc)) return true;
    refuse(doc, words, p);
    return false;
}

static bool printable(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F) return false;
    return true;
}

void api_body_text(struct json_at at, char *dst, size_t size, size_t least)
{
    json_string(at, dst, size, least);
    if (!printable(dst)) json_fail(at, ORD_ERANGE, "must not contain control characters");
}

/* ---- time: by hand, because the library's readers obey the machine's locale and zone ---- */
static bool digits(const char **at, int n, int *out)
{
    *out = 0;
    for (; n > 0; n--, (*at)++) {
        if (**at < '0' || **at > '9') return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool sign(const char **at, char wanted) { return *(*at)++ == wanted; }

/* Days since 1970-01-01 in the Gregorian calendar, by Howard Hinnant's days_from_civil. */
static int64_t days_of(int y, int m, int d)
{
    int64_t year = m <= 2 ? y - 1 : y, era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_days(int y, int m)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

static bool read_offset(const char **at, int *minutes)
{
    int h, m;
    char c = *(*at)++;
    *minutes = 0;
    if (c == 'Z' || c == 'z') return true;
    if (c != '+' && c != '-') return false;
    if (!digits(at, 2, &h) || !sign(at, ':') || !digits(at, 2, &m) || h > 23 || m > 59) return false;
    *minutes = (h * 60 + m) * (c == '-' ? -1 : 1);
    return true;
}

bool api_time_parse(const char *text, int64_t *utc_ms)
{
    int y, mo, d, h, mi, s, offset, ms = 0;
    const char *at = text;
    if (!digits(&at, 4, &y) || !sign(&at, '-') || !digits(&at, 2, &mo) || !sign(&at, '-') || !digits(&at, 2, &d))
        return false;
    if (*at != 'T' && *at != 't') return false;
    at++;
    if (!digits(&at, 2, &h) || !sign(&at, ':') || !digits(&at, 2, &mi) || !sign(&at, ':') || !digits(&at, 2, &s))
        return false;
    if (*at == '.') {
        int weight = 100;
        for (at++; *at >= '0' && *at <= '9'; at++, weight /= 10) ms += (*at - '0') * weight;
    }
    if (!read_offset(&at, &offset) || *at) return false;
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo) || h > 23 || mi > 59 || s > 59) return false;
    *utc_ms = (((days_of(y, mo, d) * 24 + h) * 60 + mi - offset) * 60 + s) * 1000 + ms;
    return true;
}

int64_t api_body_time(struct json_at at)
{
    char text[40] = "";
    int64_t ms = 0;
    if (!json_has(at)) return 0;
    json_string(at, text, sizeof text, 1);
    if (json_ok(at.doc) && !api_time_parse(text, &ms))
        json_fail(at, ORD_ERANGE, "must be a time like 2026-03-02T10:20:00+08:00");
    return ms;
}
