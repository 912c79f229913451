#define _GNU_SOURCE /* strerror_r that gives the text */
#include "json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "units.h"

#define DEPTH_HARD_MAX 128 /* cJSON and tree_check recurse; this keeps the stack small */
#define DEPTH_DEFAULT 32
#define BYTES_DEFAULT ((size_t)16 << 20)
#define NUMBER_SIGNS_MAX 60          /* cJSON 1.7.15 cuts a longer number */
#define WHOLE_MAX 9007199254740992.0 /* beyond 2^53 a double no longer holds every whole number */

/* ---- first pass: the bytes -------------------------------------------------------------------------------------
 * The whole grammar of RFC 8259 is checked here, with a position for the message; cJSON then meets only text it
 * cannot misread. It accepts much that JSON does not allow (leading zeros, raw controls, bad UTF-8, a NUL). */

struct scan {
    struct json_doc *doc;
    const unsigned char *begin, *at, *end;
    int depth, depth_max;
    bool object[DEPTH_HARD_MAX]; /* open brackets, outermost first */
};

static int doc_fail(struct json_doc *doc, int err, const char *where, const char *what)
{
    if (doc->err) return doc->err;
    doc->err = err;
    text_copy(doc->note.where, sizeof doc->note.where, where);
    text_copy(doc->note.what, sizeof doc->note.what, what);
    return err;
}

static int doc_fail_path(struct json_doc *doc, int err, const char *path, const char *what)
{
    char where[160];
    struct text t;
    text_init(&t, where, sizeof where);
    text_put(&t, doc->name);
    if (path[0]) text_put(&t, ": ");
    text_put(&t, path);
    return doc_fail(doc, err, where, what);
}

static bool scan_fail(struct scan *s, const unsigned char *at, int err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static bool scan_fail(struct scan *s, const unsigned char *at, int err, const char *fmt, ...)
{
    unsigned line = 1, column = 1;
    for (const unsigned char *p = s->begin; p < at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if ((*p & 0xC0) != 0x80) {
            column++;
        }
    }
    char where[160], what[320];
    snprintf(where, sizeof where, "%s:%u:%u", s->doc->name, line, column);
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    doc_fail(s->doc, err, where, what);
    return false;
}

static bool unexpected(struct scan *s, const char *wanted)
{
    if (s->at >= s->end) return scan_fail(s, s->end, ORD_EPARSE, "the text ends here; expected %s", wanted);
    unsigned char c = *s->at;
    if (c > 0x20 && c < 0x7F) return scan_fail(s, s->at, ORD_EPARSE, "found '%c'; expected %s", c, wanted);
    return scan_fail(s, s->at, ORD_EPARSE, "found byte 0x%02x; expected %s", c, wanted);
}

static void scan_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) s->at++;
}

static bool is_digit(const struct scan *s) { return s->at < s->end && *s->at >= '0' && *s->at <= '9'; }

static void scan_digits(struct scan *s)
{
    while (is_digit(s)) s->at++;
}

static bool scan_number(struct scan *s)
{
    const unsigned char *start = s->at;
    if (*s->at == '-') s->at++;
    if (!is_digit(s)) return unexpected(s, "a digit");
    if (*s->at == '0') {
        s->at++;
        if (is_digit(s)) return scan_fail(s, start, ORD_EPARSE, "a number must not begin with a needless 0");
    } else {
        scan_digits(s);
    }
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!is_digit(s)) return unexpected(s, "a digit after the decimal point");
        scan_digits(s);
    }
    if (s->at < s->end && (*s->at | 0x20) == 'e') {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-')) s->at++;
        if (!is_digit(s)) return unexpected(s, "a digit in the exponent");
        scan_digits(s);
    }
    if (s->at - start > NUMBER_SIGNS_MAX)
        return scan_fail(s, start, ORD_EPARSE, "the number has more than %d signs", NUMBER_SIGNS_MAX);
    return true;
}

static bool hex4(const struct scan *s, const unsigned char *p, unsigned *v)
{
    *v = 0;
    if (s->end - p < 4) return false;
    for (int i = 0; i < 4; i++) {
        unsigned char c = p[i];
        unsigned d;
        if (c >= '0' && c <= '9') d = c - '0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') d = (c | 0x20) - 'a' + 10u;
        else return false;
        *v = *v * 16 + d;
    }
    return true;
}

static bool scan_unicode_escape(struct scan *s, const unsigned char *back)
{
    unsigned v, low;
    if (!hex4(s, s->at, &v)) return scan_fail(s, back, ORD_EPARSE, "\\u needs four hexadecimal digits");
    s->at += 4;
    if (v == 0) return scan_fail(s, back, ORD_EPARSE, "\\u0000 is not allowed");
    if (v >= 0xDC00 && v <= 0xDFFF) return scan_fail(s, back, ORD_EPARSE, "half of a surrogate pair");
    if (v < 0xD800 || v > 0xDBFF) return true;
    if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u' || !hex4(s, s->at + 2, &low) || low < 0xDC00 ||
        low > 0xDFFF)
        return scan_fail(s, back, ORD_EPARSE, "half of a surrogate pair");
    s->at += 6;
    return true;
}

static bool scan_string(struct scan *s)
{
    const unsigned char *start = s->at++;
    for (;;) {
        while (s->at < s->end && *s->at >= 0x20 && *s->at != '"' && *s->at != '\\') s->at++;
        if (s->at >= s->end) return scan_fail(s, start, ORD_EPARSE, "this string has no closing quote");
        const unsigned char *here = s->at++;
        if (*here == '"') return true;
        if (*here != '\\')
            return scan_fail(s, here, ORD_EPARSE, "control character 0x%02x in a string; write it as an escape", *here);
        if (s->at >= s->end) return scan_fail(s, start, ORD_EPARSE, "this string has no closing quote");
        unsigned char c = *s->at++;
        if (c == 'u') {
            if (!scan_unicode_escape(s, here)) return false;
        } else if (!strchr("\"\\/bfnrt", c) || c == '\0') {
            return scan_fail(s, here, ORD_EPARSE, "unknown escape in a string");
        }
    }
}

static bool scan_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0) return unexpected(s, "a value");
    s->at += n;
    return true;
}

static bool scan_open(struct scan *s, bool object)
{
    if (s->depth == s->depth_max)
        return scan_fail(s, s->at, ORD_EPARSE, "nested more than %d levels deep", s->depth_max);
    s->object[s->depth++] = object;
    s->at++;
    return true;
}

static bool scan_key(struct scan *s)
{
    scan_space(s);
    if (s->at >= s->end || *s->at != '"') return unexpected(s, "a key in quotes");
    if (!scan_string(s)) return false;
    scan_space(s);
    if (s->at >= s->end || *s->at != ':') return unexpected(s, "':'");
    s->at++;
    return true;
}

/* One value; for a bracket only its opening (and first key). `*complete` tells whether a value ended here. */
static bool scan_value(struct scan *s, bool *complete)
{
    scan_space(s);
    *complete = true;
    if (s->at >= s->end) return unexpected(s, "a value");
    switch (*s->at) {
    case '"': return scan_string(s);
    case 't': return scan_word(s, "true");
    case 'f': return scan_word(s, "false");
    case 'n': return scan_word(s, "null");
    case '[':
    case '{': break;
    default: return *s->at == '-' || is_digit(s) ? scan_number(s) : unexpected(s, "a value");
    }
    bool object = *s->at == '{';
    if (!scan_open(s, object)) return false;
    scan_space(s);
    if (s->at < s->end && *s->at == (object ? '}' : ']')) {
        s->at++;
        s->depth--;
        return true;
    }
    *complete = false;
    return !object || scan_key(s);
}

static bool scan_text(struct scan *s)
{
    bool complete;
    do {
        if (!scan_value(s, &complete)) return false;
        while (complete && s->depth > 0) { /* after a value: a comma, or closing brackets */
            scan_space(s);
            bool object = s->object[s->depth - 1];
            if (s->at < s->end && *s->at == ',') {
                s->at++;
                if (object && !scan_key(s)) return false;
                break;
            }
            if (s->at >= s->end || *s->at != (object ? '}' : ']'))
                return unexpected(s, object ? "',' or '}'" : "',' or ']'");
            s->at++;
            s->depth--;
        }
    } while (s->depth > 0);
    scan_space(s);
    if (s->at < s->end) return scan_fail(s, s->at, ORD_EPARSE, "nothing may follow the JSON value");
    return true;
}

static bool scan_bytes(struct scan *s)
{
    size_t n = (size_t)(s->end - s->begin);
    if (n >= 3 && memcmp(s->begin, "\xEF\xBB\xBF", 3) == 0)
        return scan_fail(s, s->begin, ORD_EPARSE,
                         "a byte order mark is not allowed; save the text as UTF-8 without BOM");
    if (text_utf8_valid((const char *)s->begin, n)) return true;
    size_t lo = 0, k = 1;
    for (; k <= 4 && lo + k <= n; k++)
        if (text_utf8_valid((const char *)s->begin + lo, k)) {
            lo += k;
            k = 0;
        }
    return scan_fail(s, s->begin + lo, ORD_EPARSE, "not valid UTF-8");
}

/* ---- second pass: the tree -------------------------------------------------------------------------------------- */

struct frame { /* the way down to a node, for the path in a message */
    const struct frame *up;
    const char *key;
    size_t index;
};

static void path_key(struct text *t, const char *key)
{
    if (t->used) text_char(t, '.');
    for (; *key && !t->cut; key++) text_char(t, (unsigned char)*key < 0x20 || *key == 0x7F ? '?' : *key);
}

static void path_index(struct text *t, size_t i)
{
    text_char(t, '[');
    text_uint(t, i);
    text_char(t, ']');
}

static void frame_path(struct text *t, const struct frame *f)
{
    if (!f) return;
    frame_path(t, f->up);
    if (f->key) path_key(t, f->key);
    else path_index(t, f->index);
}

static int tree_fail(struct json_doc *doc, const struct frame *f, const char *what)
{
    char path[120];
    struct text t;
    text_init(&t, path, sizeof path);
    frame_path(&t, f);
    return doc_fail_path(doc, ORD_EPARSE, path, what);
}

static int key_order(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;
    return strcmp(*x, *y);
}

/* A key of `obj` that occurs twice, or NULL. Few keys are compared in pairs; many are sorted, so that a hostile
 * message cannot make this quadratic. The order of equal keys does not matter to the answer. */
static const char *duplicate_key(const cJSON *obj, bool *no_memory)
{
    size_t n = 0;
    for (const cJSON *c = obj->child; c; c = c->next, n++)
        if (n < 24)
            for (const cJSON *d = obj->child; d != c; d = d->next)
                if (strcmp(c->string, d->string) == 0) return c->string;
    if (n <= 24) return NULL;
    const char **keys = malloc(n * sizeof *keys);
    if (!keys) {
        *no_memory = true;
        return NULL;
    }
    size_t i = 0;
    for (const cJSON *c = obj->child; c; c = c->next) keys[i++] = c->string;
    qsort(keys, n, sizeof *keys, key_order);
    const char *found = NULL;
    for (i = 1; i < n && !found; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0) found = keys[i];
    free(keys);
    return found;
}

static int tree_check(struct json_doc *doc, const cJSON *node, const struct frame *up)
{
    if (cJSON_IsNumber(node) && (node->valuedouble > 1.7e308 || node->valuedouble < -1.7e308))
        return tree_fail(doc, up, "the number is too large");
    if (cJSON_IsObject(node)) {
        bool no_memory = false;
        const char *twice = duplicate_key(node, &no_memory);
        struct frame f = { up, twice, 0 };
        if (no_memory) return doc_fail(doc, ORD_EMEMORY, doc->name, "out of memory");
        if (twice) return tree_fail(doc, &f, "this key occurs twice in the same object");
    }
    struct frame f = { up, NULL, 0 };
    for (const cJSON *c = node->child; c; c = c->next, f.index++) {
        f.key = c->string;
        int err = tree_check(doc, c, &f);
        if (err) return err;
    }
    return ORD_OK;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void doc_init(struct json_doc *doc, const char *name)
{
    memset(doc, 0, sizeof *doc);
    text_copy(doc->name, sizeof doc->name, name);
}

static int doc_too_large(struct json_doc *doc, size_t max)
{
    char what[96];
    snprintf(what, sizeof what, "larger than the %zu bytes allowed", max);
    return doc_fail(doc, ORD_EFULL, doc->name, what);
}

static struct json_limits limits_effective(struct json_limits l)
{
    if (l.bytes_max == 0) l.bytes_max = BYTES_DEFAULT;
    if (l.depth_max <= 0) l.depth_max = DEPTH_DEFAULT;
    if (l.depth_max > DEPTH_HARD_MAX) l.depth_max = DEPTH_HARD_MAX;
    return l;
}

int json_open(struct json_doc *doc, const char *name, const char *bytes, size_t n, struct json_limits limits)
{
    doc_init(doc, name);
    limits = limits_effective(limits);
    if (n > limits.bytes_max) return doc_too_large(doc, limits.bytes_max);
    const unsigned char *begin = (const unsigned char *)(n ? bytes : "");
    struct scan s = { .doc = doc, .begin = begin, .at = begin, .end = begin + n, .depth_max = limits.depth_max };
    if (!scan_bytes(&s) || !scan_text(&s)) return doc->err;
    const char *end = NULL;
    doc->root = cJSON_ParseWithLengthOpts(bytes, n, &end, 0);
    if (!doc->root) return doc_fail(doc, ORD_EMEMORY, doc->name, "out of memory while reading JSON");
    while (end < bytes + n && strchr(" \t\r\n", *end)) end++;
    /* Both readers must agree on where the value ends; cJSON alone would let anything follow it. */
    int err = end == bytes + n ? tree_check(doc, doc->root, NULL)
                               : doc_fail(doc, ORD_EPARSE, doc->name, "nothing may follow the JSON value");
    if (err) {
        cJSON_Delete(doc->root);
        doc->root = NULL;
    }
    return err;
}

static int read_file(struct json_doc *doc, FILE *f, size_t max, char **bytes, size_t *n)
{
    size_t room = 65536;
    char *buf = NULL;
    *n = 0;
    for (;;) {
        if (room > max + 1) room = max + 1;
        char *more = realloc(buf, room);
        if (!more) {
            free(buf);
            return doc_fail(doc, ORD_EMEMORY, doc->name, "out of memory");
        }
        buf = more;
        *n += fread(buf + *n, 1, room - *n, f);
        if (*n < room || *n > max) break;
        room *= 2;
    }
    if (ferror(f)) {
        char text[96];
        int err = doc_fail(doc, ORD_EIO, doc->name, strerror_r(errno, text, sizeof text));
        free(buf);
        return err;
    }
    if (*n > max) {
        free(buf);
        return doc_too_large(doc, max);
    }
    *bytes = buf;
    return ORD_OK;
}

int json_open_file(struct json_doc *doc, const char *path, struct json_limits limits)
{
    doc_init(doc, path);
    limits = limits_effective(limits);
    FILE *f = fopen(path, "rbe");
    if (!f) {
        char text[96];
        return doc_fail(doc, errno == ENOENT ? ORD_ENOTFOUND : ORD_EIO, doc->name,
                        strerror_r(errno, text, sizeof text));
    }
    char *bytes = NULL;
    size_t n = 0;
    int err = read_file(doc, f, limits.bytes_max, &bytes, &n);
    fclose(f);
    if (err) return err;
    err = json_open(doc, path, bytes, n, limits);
    free(bytes);
    return err;
}

void json_close(struct json_doc *doc)
{
    cJSON_Delete(doc->root);
    doc->root = NULL;
    memset(doc->walk, 0, sizeof doc->walk);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct json_at json_root(struct json_doc *doc)
{
    return (struct json_at){ .doc = doc, .node = doc->err ? NULL : doc->root };
}

bool json_ok(const struct json_doc *doc) { return doc->err == ORD_OK; }

int json_fail(struct json_at at, int err, const char *fmt, ...)
{
    struct json_doc *doc = at.doc;
    if (doc->err) return doc->err;
    char what[320];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return doc_fail_path(doc, err, at.path, what);
}

/* After the first failure every node reads as missing, so that a decoder can read straight on. */
static const cJSON *live(const struct json_at *at) { return at->doc->err ? NULL : at->node; }

/* Only the head is set: clearing the whole path for every field would cost more than reading it. */
static void below_key(struct json_at *out, const struct json_at *at, const cJSON *node, const char *key)
{
    struct text t;
    out->doc = at->doc;
    out->node = node;
    text_init(&t, out->path, sizeof out->path);
    text_put(&t, at->path);
    path_key(&t, key);
}

static void below_index(struct json_at *out, const struct json_at *at, const cJSON *node, size_t i)
{
    struct text t;
    out->doc = at->doc;
    out->node = node;
    text_init(&t, out->path, sizeof out->path);
    text_put(&t, at->path);
    path_index(&t, i);
}

static const cJSON *member(const cJSON *obj, const char *key)
{
    for (const cJSON *c = obj->child; c; c = c->next)
        if (strcmp(c->string, key) == 0) return c;
    return NULL;
}

struct json_at json_need(struct json_at obj, const char *key)
{
    struct json_at out;
    const cJSON *o = live(&obj), *found = NULL;
    if (o && !cJSON_IsObject(o)) json_fail(obj, ORD_EPARSE, "must be an object");
    else if (o) found = member(o, key);
    below_key(&out, &obj, found, key);
    if (o && !found) json_fail(out, ORD_EPARSE, "is missing");
    return out;
}

struct json_at json_opt(struct json_at obj, const char *key)
{
    struct json_at out;
    const cJSON *o = live(&obj), *found = NULL;
    if (o && !cJSON_IsObject(o)) json_fail(obj, ORD_EPARSE, "must be an object");
    else if (o) found = member(o, key);
    below_key(&out, &obj, found && !cJSON_IsNull(found) ? found : NULL, key);
    return out;
}

bool json_has(struct json_at at) { return live(&at) != NULL; }

/* Fewest single-sign edits between two short words; long words never are a slip of the pen. */
static size_t edits(const char *a, const char *b)
{
    enum { SIGNS = 40 };
    size_t n = strlen(a), m = strlen(b), row[SIGNS + 1];
    if (n > SIGNS || m > SIGNS) return SIZE_MAX;
    for (size_t j = 0; j <= m; j++) row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[m];
}

void json_only(struct json_at obj, const char *const *keys, size_t n)
{
    const cJSON *o = live(&obj);
    if (!o) return;
    if (!cJSON_IsObject(o)) {
        json_fail(obj, ORD_EPARSE, "must be an object");
        return;
    }
    for (const cJSON *c = o->child; c; c = c->next) {
        size_t best = SIZE_MAX, near = 0, k = 0;
        while (k < n && strcmp(keys[k], c->string) != 0) k++;
        if (k < n) continue;
        for (k = 0; k < n; k++) {
            size_t e = edits(c->string, keys[k]);
            if (e < best) {
                best = e;
                near = k;
            }
        }
        struct json_at at;
        below_key(&at, &obj, c, c->string);
        if (best <= 3 && best < strlen(keys[near]))
            json_fail(at, ORD_EPARSE, "unknown key; did you mean \"%s\"?", keys[near]);
        else json_fail(at, ORD_EPARSE, "unknown key");
        return;
    }
}

static size_t children(const cJSON *node)
{
    size_t n = 0;
    for (const cJSON *c = node->child; c; c = c->next) n++;
    return n;
}

size_t json_array(struct json_at at, size_t max)
{
    const cJSON *a = live(&at);
    if (!a) return 0;
    if (!cJSON_IsArray(a)) {
        json_fail(at, ORD_EPARSE, "must be a list");
        return 0;
    }
    size_t n = children(a);
    if (n <= max) return n;
    json_fail(at, ORD_ERANGE, "has %zu entries; at most %zu are allowed", n, max);
    return 0;
}

/* The i-th child. cJSON keeps a chain; remembering where the last look-ups ended makes walking it linear. */
static const cJSON *child_at(struct json_doc *doc, const cJSON *parent, size_t i)
{
    size_t k = 0;
    while (k < COUNT_OF(doc->walk) - 1 && doc->walk[k].parent != parent) k++;
    struct json_walk w = doc->walk[k];
    if (w.parent != parent || w.index > i || !w.child) w = (struct json_walk){ parent, parent->child, 0 };
    for (; w.child && w.index < i; w.index++) w.child = w.child->next;
    memmove(&doc->walk[1], &doc->walk[0], k * sizeof doc->walk[0]);
    doc->walk[0] = w;
    return w.child;
}

struct json_at json_item(struct json_at arr, size_t i)
{
    struct json_at out;
    const cJSON *a = live(&arr);
    below_index(&out, &arr, a && cJSON_IsArray(a) ? child_at(arr.doc, a, i) : NULL, i);
    return out;
}

size_t json_object(struct json_at at, size_t max)
{
    const cJSON *o = live(&at);
    if (!o) return 0;
    if (!cJSON_IsObject(o)) {
        json_fail(at, ORD_EPARSE, "must be an object");
        return 0;
    }
    size_t n = children(o);
    if (n <= max) return n;
    json_fail(at, ORD_ERANGE, "has %zu members; at most %zu are allowed", n, max);
    return 0;
}

struct json_at json_member(struct json_at obj, size_t i, const char **key)
{
    struct json_at out;
    const cJSON *o = live(&obj), *c = o && cJSON_IsObject(o) ? child_at(obj.doc, o, i) : NULL;
    *key = c ? c->string : "";
    below_key(&out, &obj, c, *key);
    return out;
}

static bool number_in(const struct json_at *at, double *v)
{
    const cJSON *n = live(at);
    if (!n) return false;
    if (!cJSON_IsNumber(n)) {
        json_fail(*at, ORD_EPARSE, "must be a number");
        return false;
    }
    *v = n->valuedouble;
    return true;
}

int64_t json_int(struct json_at at, int64_t lo, int64_t hi)
{
    double v;
    if (!number_in(&at, &v)) return 0;
    bool whole = v >= -WHOLE_MAX && v <= WHOLE_MAX && (double)(int64_t)v == v;
    if (whole && (int64_t)v >= lo && (int64_t)v <= hi) return (int64_t)v;
    json_fail(at, ORD_ERANGE, "must be a whole number from %lld to %lld, not %.15g", (long long)lo, (long long)hi, v);
    return 0;
}

double json_number(struct json_at at, double lo, double hi)
{
    double v;
    if (!number_in(&at, &v)) return 0;
    if (v >= lo && v <= hi) return v;
    json_fail(at, ORD_ERANGE, "must be from %.15g to %.15g, not %.15g", lo, hi, v);
    return 0;
}

int64_t json_milli(struct json_at at, int64_t lo_milli, int64_t hi_milli)
{
    double v;
    if (!number_in(&at, &v)) return 0;
    double m = v * 1000.0;
    if (m > -WHOLE_MAX && m < WHOLE_MAX) {
        int64_t r = (int64_t)(m < 0 ? m - 0.5 : m + 0.5);
        if (r >= lo_milli && r <= hi_milli) return r;
    }
    json_fail(at, ORD_ERANGE, "must be from %.15g to %.15g, not %.15g", (double)lo_milli / 1000,
              (double)hi_milli / 1000, v);
    return 0;
}

bool json_bool(struct json_at at)
{
    const cJSON *n = live(&at);
    if (!n) return false;
    if (!cJSON_IsBool(n)) json_fail(at, ORD_EPARSE, "must be true or false");
    return cJSON_IsTrue(n);
}

const char *json_str(struct json_at at)
{
    const cJSON *n = live(&at);
    if (!n) return "";
    if (cJSON_IsString(n)) return n->valuestring;
    json_fail(at, ORD_EPARSE, "must be a string");
    return "";
}

void json_string(struct json_at at, char *dst, size_t size, size_t min)
{
    dst[0] = '\0';
    if (!live(&at)) return;
    const char *s = json_str(at);
    if (!json_ok(at.doc)) return;
    size_t n = strlen(s);
    if (n < min) json_fail(at, ORD_ERANGE, n == 0 ? "must not be empty" : "is too short");
    else if (n >= size) json_fail(at, ORD_ERANGE, "is %zu bytes long; at most %zu are allowed", n, size - 1);
    else memcpy(dst, s, n + 1);
}

int json_enum(struct json_at at, const char *const *names, int n)
{
    if (!live(&at)) return 0;
    const char *s = json_str(at);
    if (!json_ok(at.doc)) return 0;
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], s) == 0) return i;
    char list[240];
    struct text t;
    text_init(&t, list, sizeof list);
    for (int i = 0; i < n; i++) {
        if (i) text_put(&t, i == n - 1 ? " or " : ", ");
        text_put(&t, names[i]);
    }
    json_fail(at, ORD_EPARSE, "must be %s", list);
    return 0;
}

bool json_is_string(struct json_at at) { return cJSON_IsString(live(&at)); }
bool json_is_number(struct json_at at) { return cJSON_IsNumber(live(&at)); }
bool json_is_object(struct json_at at) { return cJSON_IsObject(live(&at)); }
bool json_is_array(struct json_at at) { return cJSON_IsArray(live(&at)); }
