#include "text.h"

#include <string.h>

void text_init(struct text *t, char *buf, size_t size)
{
    t->buf = buf;
    t->size = size;
    t->used = 0;
    t->cut = false;
    buf[0] = '\0';
}

/* Largest n' <= n that does not end inside a UTF-8 sequence of s. */
static size_t utf8_floor(const char *s, size_t n)
{
    while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80) n--;
    return n;
}

static size_t room(const struct text *t) { return t->size - 1 - t->used; }

static void append(struct text *t, const char *s, size_t n)
{
    memcpy(t->buf + t->used, s, n);
    t->used += n;
    t->buf[t->used] = '\0';
}

void text_put_n(struct text *t, const char *s, size_t n)
{
    if (t->cut) return;
    if (n > room(t)) {
        t->cut = true;
        n = utf8_floor(s, room(t));
    }
    append(t, s, n);
}

void text_put(struct text *t, const char *s) { text_put_n(t, s, strlen(s)); }

/* All or nothing: half a number or half an escape would be a different value, not a shorter text. */
static void put_whole(struct text *t, const char *s, size_t n)
{
    if (t->cut) return;
    if (n > room(t)) t->cut = true;
    else append(t, s, n);
}

void text_char(struct text *t, char c) { put_whole(t, &c, 1); }

static size_t digits(char *end, uint64_t v)
{
    size_t n = 0;
    do {
        *--end = (char)('0' + v % 10);
        n++;
    } while (v /= 10);
    return n;
}

static uint64_t magnitude(int64_t v) { return v < 0 ? 0 - (uint64_t)v : (uint64_t)v; }

void text_uint(struct text *t, uint64_t v)
{
    char b[24];
    size_t n = digits(b + sizeof b, v);
    put_whole(t, b + sizeof b - n, n);
}

void text_int(struct text *t, int64_t v)
{
    char b[24];
    size_t n = digits(b + sizeof b, magnitude(v));
    if (v < 0) b[sizeof b - ++n] = '-';
    put_whole(t, b + sizeof b - n, n);
}

void text_milli(struct text *t, int64_t v)
{
    char b[32];
    size_t n = 0;
    uint64_t m = magnitude(v), whole = m / 1000, part = m % 1000;
    if (v < 0) b[n++] = '-';
    char w[24];
    size_t wn = digits(w + sizeof w, whole);
    memcpy(b + n, w + sizeof w - wn, wn);
    n += wn;
    if (part) {
        b[n++] = '.';
        b[n++] = (char)('0' + part / 100);
        b[n++] = (char)('0' + part / 10 % 10);
        b[n++] = (char)('0' + part % 10);
        while (b[n - 1] == '0') n--;
    }
    put_whole(t, b, n);
}

static void json_escape(struct text *t, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
    switch (c) {
    case '"': put_whole(t, "\\\"", 2); return;
    case '\\': put_whole(t, "\\\\", 2); return;
    case '\n': put_whole(t, "\\n", 2); return;
    case '\r': put_whole(t, "\\r", 2); return;
    case '\t': put_whole(t, "\\t", 2); return;
    default: put_whole(t, u, sizeof u); return;
    }
}

void text_json(struct text *t, const char *s)
{
    text_char(t, '"');
    const char *run = s;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        text_put_n(t, run, (size_t)(s - run));
        json_escape(t, c);
        run = s + 1;
    }
    text_put_n(t, run, (size_t)(s - run));
    text_char(t, '"');
}

void text_xml(struct text *t, const char *s)
{
    const char *run = s;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        const char *with = NULL;
        if (c == '&') with = "&amp;";
        else if (c == '<') with = "&lt;";
        else if (c == '>') with = "&gt;";
        else if (c == '"') with = "&quot;";
        else if (c == '\'') with = "&#39;";
        else if (c == '\n') with = "&#10;";
        else if (c == '\r') with = "&#13;";
        else if (c == '\t') with = "&#9;";
        else if (c < 0x20) with = "?"; /* XML 1.0 has no way to write these */
        if (!with) continue;
        text_put_n(t, run, (size_t)(s - run));
        put_whole(t, with, strlen(with));
        run = s + 1;
    }
    text_put_n(t, run, (size_t)(s - run));
}

bool text_copy(char *dst, size_t size, const char *src)
{
    struct text t;
    text_init(&t, dst, size);
    text_put(&t, src);
    return !t.cut;
}

/* Bytes of the sequence at s (n left), 0 when it is not valid: no overlong forms, no surrogates, at most U+10FFFF. */
static size_t utf8_sequence(const unsigned char *s, size_t n)
{
    unsigned char a = s[0], lo = 0x80, hi = 0xBF;
    size_t len;
    if (a < 0x80) return 1;
    if (a >= 0xC2 && a <= 0xDF) len = 2;
    else if (a >= 0xE0 && a <= 0xEF) len = 3;
    else if (a >= 0xF0 && a <= 0xF4) len = 4;
    else return 0;
    if (len > n) return 0;
    if (a == 0xE0) lo = 0xA0;
    if (a == 0xED) hi = 0x9F;
    if (a == 0xF0) lo = 0x90;
    if (a == 0xF4) hi = 0x8F;
    if (s[1] < lo || s[1] > hi) return 0;
    for (size_t i = 2; i < len; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    return len;
}

bool text_utf8_valid(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s;
    while (n > 0) {
        size_t k = utf8_sequence(p, n);
        if (k == 0) return false;
        p += k;
        n -= k;
    }
    return true;
}

static bool id_sign(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':';
}

bool text_id_valid(const char *s, size_t max)
{
    size_t n = 0;
    for (; s[n]; n++)
        if (n == max || !id_sign(s[n])) return false;
    return n > 0;
}
