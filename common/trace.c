#include "trace.h"

#include <assert.h>
#include <string.h>

#include "err.h"

void trace_open(struct trace *t, FILE *f)
{
    memset(t, 0, offsetof(struct trace, buf));
    t->file = f;
    text_init(&t->line, t->buf, sizeof t->buf);
}

static void key_put(struct trace *t, const char *key)
{
    text_char(&t->line, ',');
    text_json(&t->line, key);
    text_char(&t->line, ':');
}

void trace_begin(struct trace *t, ms_t at_ms, const char *event)
{
    if (!t) return;
    assert(at_ms >= t->last_ms);
    t->last_ms = at_ms;
    text_init(&t->line, t->buf, sizeof t->buf);
    text_put(&t->line, "{\"t\":");
    text_int(&t->line, at_ms);
    trace_str(t, "e", event);
}

void trace_str(struct trace *t, const char *key, const char *value)
{
    if (!t) return;
    key_put(t, key);
    if (value) text_json(&t->line, value);
    else text_put(&t->line, "null");
}

void trace_int(struct trace *t, const char *key, int64_t value)
{
    if (!t) return;
    key_put(t, key);
    text_int(&t->line, value);
}

void trace_hash(struct trace *t, const char *key, uint64_t value)
{
    char hex[17];
    for (int i = 0; i < 16; i++) hex[i] = "0123456789abcdef"[(value >> (60 - 4 * i)) & 15];
    hex[16] = 0;
    trace_str(t, key, hex);
}

void trace_bool(struct trace *t, const char *key, bool value)
{
    if (!t) return;
    key_put(t, key);
    text_put(&t->line, value ? "true" : "false");
}

void trace_list(struct trace *t, const char *key)
{
    if (!t) return;
    key_put(t, key);
    text_char(&t->line, '[');
    t->list_first = true;
}

void trace_item(struct trace *t, const char *value)
{
    if (!t) return;
    if (!t->list_first) text_char(&t->line, ',');
    t->list_first = false;
    text_json(&t->line, value);
}

void trace_list_end(struct trace *t)
{
    if (t) text_char(&t->line, ']');
}

void trace_end(struct trace *t)
{
    if (!t || t->err) return;
    text_put(&t->line, "}\n");
    if (t->line.cut) t->err = ORD_EFULL;
    else if (fwrite(t->buf, 1, t->line.used, t->file) != t->line.used) t->err = ORD_EIO;
}

int trace_close(struct trace *t)
{
    if (!t) return ORD_OK;
    if (fflush(t->file) != 0 && !t->err) t->err = ORD_EIO;
    return t->err;
}
