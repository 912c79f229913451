/* when - see when.h. Dates are those of the Gregorian calendar, counted as in E. G. Richards, "Mapping Time" (1998),
 * ch. 25: a year begins in March, so that the leap day is its last. */
#include "when.h"

#include <string.h>

#include "common/text.h"

const char *const day_name[8] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday" };

/* `n` decimal digits at s, or -1. */
static int digits(const char *s, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') return -1;
        v = v * 10 + s[i] - '0';
    }
    return v;
}

uint16_t json_time_of_day(struct json_at at)
{
    const char *s = json_str(at);
    if (!json_ok(at.doc)) return 0;
    int hour = strlen(s) == 5 && s[2] == ':' ? digits(s, 2) : -1, minute = hour >= 0 ? digits(s + 3, 2) : -1;
    if (hour < 0 || minute < 0 || minute > 59 || hour > 24 || (hour == 24 && minute > 0)) {
        json_fail(at, ORD_ERANGE, "'%s' is no time of day: write it like \"06:30\", from 00:00 to 24:00", s);
        return 0;
    }
    return (uint16_t)(hour % 24 * 60 + minute);
}

static uint8_t read_days(struct json_at list)
{
    uint8_t days = 0;
    size_t n = json_array(list, COUNT_OF(day_name));
    for (size_t i = 0; i < n && json_ok(list.doc); i++)
        days |= (uint8_t)(1u << json_enum(json_item(list, i), day_name, COUNT_OF(day_name)));
    if (json_ok(list.doc) && !days) json_fail(list, ORD_ERANGE, "names no day: leave \"days\" out for every day");
    return days;
}

struct day_window json_day_window(struct json_at obj)
{
    struct day_window w = { .days = DAYS_ALL };
    struct json_at ends = json_need(obj, "window"), days = json_opt(obj, "days");
    if (json_array(ends, 2) != 2 && json_ok(obj.doc))
        json_fail(ends, ORD_ERANGE, "a window is [from, to], as in [\"06:30\", \"08:00\"]");
    if (!json_ok(obj.doc)) return w;
    w.from_min = json_time_of_day(json_item(ends, 0));
    w.to_min = json_time_of_day(json_item(ends, 1));
    if (json_has(days)) w.days = read_days(days);
    return w;
}

static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1, m = (month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468, era = z / 146097, rest = z % 146097;
    int64_t y = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    int64_t in_year = rest - (365 * y + y / 4 - y / 100), m = (5 * in_year + 2) / 153;
    *day = (int)(in_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

/* "2026-10-01" at s; false when it is no date from 1970 to 2199. */
static bool parse_date(const char *s, int64_t *days)
{
    if (strlen(s) < 10 || s[4] != '-' || s[7] != '-') return false;
    int year = digits(s, 4), month = digits(s + 5, 2), day = digits(s + 8, 2), y, m, d;
    if (year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31) return false;
    *days = days_of(year, month, day);
    date_of(*days, &y, &m, &d); /* the 31st of April comes back as the 1st of May */
    return y == year && m == month && d == day;
}

int32_t json_date(struct json_at at)
{
    const char *s = json_str(at);
    int64_t days = 0;
    if (json_ok(at.doc) && (strlen(s) != 10 || !parse_date(s, &days)))
        json_fail(at, ORD_ERANGE, "'%s' is no date: write it like \"2026-10-01\"", s);
    return (int32_t)days;
}

/* "Z", "+08:00" or "-03:30" and nothing after it; minutes east of Greenwich. */
static bool parse_offset(const char *s, int *minutes)
{
    *minutes = 0;
    if (strcmp(s, "Z") == 0) return true;
    if ((s[0] != '+' && s[0] != '-') || strlen(s) != 6 || s[3] != ':') return false;
    int hour = digits(s + 1, 2), minute = digits(s + 4, 2);
    if (hour < 0 || hour > 14 || minute < 0 || minute > 59) return false;
    *minutes = (s[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}

int64_t json_utc_s(struct json_at at)
{
    const char *s = json_str(at);
    int64_t days;
    int offset;
    if (!json_ok(at.doc)) return 0;
    if (strlen(s) >= 20 && parse_date(s, &days) && s[10] == 'T' && s[13] == ':' && s[16] == ':') {
        int hour = digits(s + 11, 2), minute = digits(s + 14, 2), second = digits(s + 17, 2);
        if (hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 &&
            parse_offset(s + 19, &offset))
            return days * 86400 + hour * 3600 + minute * 60 + second - (int64_t)offset * 60;
    }
    json_fail(at, ORD_ERANGE, "'%s' is no moment: write it like \"2026-03-01T08:00:00+08:00\"", s);
    return 0;
}

hygiene_set json_hygiene_set(struct json_at list)
{
    unsigned set = 0;
    size_t n = json_array(list, HYGIENE_COUNT);
    for (size_t i = 0; i < n && json_ok(list.doc); i++)
        set |= 1u << json_enum(json_item(list, i), hygiene_name, HYGIENE_COUNT);
    return (hygiene_set)set;
}

ms_t json_minutes(struct json_at obj, const char *key, int64_t max_min, ms_t otherwise)
{
    struct json_at at = json_opt(obj, key);
    return json_has(at) ? json_milli(at, 0, max_min * 1000) * 60 : otherwise;
}

/* ---- writing ---- */

void put_string(FILE *f, const char *key, const char *s)
{
    char buf[6 * SITE_NAME_MAX + 4];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_json(&t, s);
    fprintf(f, "%s%s", key, buf);
}

void put_milli(FILE *f, const char *key, int64_t v)
{
    char buf[32];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_milli(&t, v);
    fprintf(f, "%s%s", key, buf);
}

void put_name(FILE *f, const char *key, const struct site_name *n)
{
    put_string(f, key, n->zh);
    put_string(f, ", \"en\": ", n->en);
    fputc('}', f);
}

void put_minutes(FILE *f, const char *key, ms_t ms) { put_milli(f, key, ms / 60); }

void put_day_window(FILE *f, const struct day_window *w)
{
    fprintf(f, "\"window\": [\"%02u:%02u\", \"%02u:%02u\"]", w->from_min / 60u, w->from_min % 60u, w->to_min / 60u,
            w->to_min % 60u);
    if (w->days == DAYS_ALL) return;
    const char *mark = ", \"days\": [\"";
    for (unsigned i = 0; i < COUNT_OF(day_name); i++) {
        if (!(w->days >> i & 1)) continue;
        fprintf(f, "%s%s\"", mark, day_name[i]);
        mark = ", \"";
    }
    fputc(']', f);
}

void put_date(FILE *f, const char *key, int32_t day)
{
    int y, m, d;
    date_of(day, &y, &m, &d);
    fprintf(f, "%s\"%04d-%02d-%02d\"", key, y, m, d);
}

void put_utc_s(FILE *f, const char *key, int64_t utc_s)
{
    int y, m, d, s = (int)(utc_s % 86400);
    date_of(utc_s / 86400, &y, &m, &d);
    fprintf(f, "%s\"%04d-%02d-%02dT%02d:%02d:%02dZ\"", key, y, m, d, s / 3600, s / 60 % 60, s % 60);
}

void put_hygiene_set(FILE *f, const char *key, hygiene_set set)
{
    const char *mark = "\"";
    fprintf(f, "%s[", key);
    for (unsigned i = 0; i < HYGIENE_COUNT; i++) {
        if (!(set >> i & 1)) continue;
        fprintf(f, "%s%s\"", mark, hygiene_name[i]);
        mark = ", \"";
    }
    fputc(']', f);
}
