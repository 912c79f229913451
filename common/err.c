#include "err.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "text.h"
#include "units.h"

static const struct {
    int err;
    const char *name, *en, *zh;
} errors[] = { { ORD_OK, "ORD_OK", "no error", "没有错误" },
#define X(name, num, en, zh) { num, "ORD_E" #name, en, zh },
               ORD_ERR_MAP(X)
#undef X
};

static size_t find(int err)
{
    size_t i = 0;
    while (i < COUNT_OF(errors) && errors[i].err != err) i++;
    return i;
}

const char *err_name(int err)
{
    size_t i = find(err);
    return i < COUNT_OF(errors) ? errors[i].name : "?";
}

const char *err_en(int err)
{
    size_t i = find(err);
    return i < COUNT_OF(errors) ? errors[i].en : "unknown error";
}

const char *err_zh(int err)
{
    size_t i = find(err);
    return i < COUNT_OF(errors) ? errors[i].zh : "未知错误";
}

/* A pure box may not import snprintf, so messages are put together by a small formatter of our own: the conversions
 * d i u x X c s f g % with flags 0 and -, width, precision and the lengths hh h l ll z t j. */
struct conversion {
    bool zero, left;
    size_t width;
    int precision; /* -1: none */
    int longs;     /* 0 int, 1 long, 2 long long and the other 64-bit lengths */
};

static const char *number_in(const char *f, int *v)
{
    *v = 0;
    while (*f >= '0' && *f <= '9') {
        if (*v < 10000) *v = *v * 10 + (*f - '0');
        f++;
    }
    return f;
}

static const char *conversion_in(const char *f, struct conversion *c, va_list *args)
{
    *c = (struct conversion){ .precision = -1 };
    int v;
    for (;; f++) {
        if (*f == '0') c->zero = true;
        else if (*f == '-') c->left = true;
        else if (*f != '+' && *f != ' ' && *f != '#') break;
    }
    if (*f == '*') {
        v = va_arg(*args, int);
        f++;
    } else {
        f = number_in(f, &v);
    }
    c->width = v > 0 ? (size_t)v : 0;
    if (*f == '.') {
        f++;
        if (*f == '*') {
            c->precision = va_arg(*args, int);
            f++;
        } else {
            f = number_in(f, &c->precision);
        }
    }
    for (;; f++) {
        if (*f == 'l') c->longs++;
        else if (*f == 'z' || *f == 'j' || *f == 't') c->longs = 2;
        else if (*f != 'h') break;
    }
    return f;
}

static void pad(struct text *t, char with, size_t width, size_t used)
{
    for (; used < width && !t->cut; used++) text_char(t, with);
}

static void put_padded(struct text *t, const struct conversion *c, const char *s, size_t n)
{
    if (!c->left) pad(t, ' ', c->width, n);
    text_put_n(t, s, n);
    if (c->left) pad(t, ' ', c->width, n);
}

static void put_integer(struct text *t, const struct conversion *c, bool minus, uint64_t v, unsigned base,
                        const char *signs)
{
    char b[72];
    size_t n = 0;
    do {
        b[sizeof b - ++n] = signs[v % base];
    } while (v /= base);
    size_t least = c->precision > 0      ? (size_t)c->precision
                   : c->zero && !c->left ? c->width - (minus && c->width > 0)
                                         : 0;
    while (n < least && n < sizeof b - 2) b[sizeof b - ++n] = '0';
    if (minus) b[sizeof b - ++n] = '-';
    put_padded(t, c, b + sizeof b - n, n);
}

/* Six decimals at most, trailing zeros dropped for %g: messages show a value, they do not store it. */
static void put_double(struct text *t, const struct conversion *c, double v, bool trim)
{
    char b[48];
    struct text out;
    text_init(&out, b, sizeof b);
    bool minus = v < 0;
    if (minus) v = -v;
    if (v != v) {
        text_put(&out, "nan");
    } else if (v > 9e12) {
        text_put(&out, minus ? "-huge" : "huge");
    } else {
        int decimals = c->precision < 0 || c->precision > 6 ? 6 : c->precision;
        uint64_t scale = 1;
        for (int i = 0; i < decimals; i++) scale *= 10;
        uint64_t all = (uint64_t)(v * (double)scale + 0.5), part = all % scale;
        if (minus && all) text_char(&out, '-');
        text_uint(&out, all / scale);
        if (decimals && !(trim && part == 0)) {
            text_char(&out, '.');
            for (uint64_t s = scale / 10; s > 0 && !(trim && part == 0); s /= 10) {
                text_char(&out, (char)('0' + part / s));
                part %= s;
            }
        }
    }
    put_padded(t, c, b, out.used);
}

static int64_t signed_arg(const struct conversion *c, va_list *args)
{
    if (c->longs == 0) return va_arg(*args, int);
    if (c->longs == 1) return va_arg(*args, long);
    return va_arg(*args, long long);
}

static uint64_t unsigned_arg(const struct conversion *c, va_list *args)
{
    if (c->longs == 0) return va_arg(*args, unsigned);
    if (c->longs == 1) return va_arg(*args, unsigned long);
    return va_arg(*args, unsigned long long);
}

static void put_string(struct text *t, const struct conversion *c, const char *s)
{
    if (!s) s = "(null)";
    size_t n = 0;
    while ((c->precision < 0 || n < (size_t)c->precision) && s[n]) n++;
    put_padded(t, c, s, n);
}

static void put_conversion(struct text *t, const struct conversion *c, char kind, va_list *args)
{
    int64_t v;
    char one;
    switch (kind) {
    case 'd':
    case 'i':
        v = signed_arg(c, args);
        put_integer(t, c, v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, "0123456789");
        break;
    case 'u': put_integer(t, c, false, unsigned_arg(c, args), 10, "0123456789"); break;
    case 'x': put_integer(t, c, false, unsigned_arg(c, args), 16, "0123456789abcdef"); break;
    case 'X': put_integer(t, c, false, unsigned_arg(c, args), 16, "0123456789ABCDEF"); break;
    case 'c':
        one = (char)va_arg(*args, int);
        put_padded(t, c, &one, 1);
        break;
    case 's': put_string(t, c, va_arg(*args, const char *)); break;
    case 'f': put_double(t, c, va_arg(*args, double), false); break;
    case 'g': put_double(t, c, va_arg(*args, double), true); break;
    default: text_char(t, kind); break; /* %% and anything the compiler's format check would have refused */
    }
}

static void format(struct text *t, const char *f, va_list *args)
{
    while (*f && !t->cut) {
        size_t n = 0;
        while (f[n] && f[n] != '%') n++;
        text_put_n(t, f, n);
        f += n;
        if (*f != '%') continue;
        struct conversion c;
        f = conversion_in(f + 1, &c, args);
        if (!*f) break;
        put_conversion(t, &c, *f++, args);
    }
}

int err_at(struct err_note *note, int err, const char *where, const char *fmt, ...)
{
    if (!note) return err;
    struct text t;
    text_copy(note->where, sizeof note->where, where ? where : "");
    text_init(&t, note->what, sizeof note->what);
    va_list args;
    va_start(args, fmt);
    format(&t, fmt, &args);
    va_end(args);
    return err;
}
