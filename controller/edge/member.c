#include "member.h"

void member_key(struct text *t, const char *name)
{
    if (t->used && t->buf[t->used - 1] != '{') text_char(t, ',');
    text_json(t, name);
    text_char(t, ':');
}

void member_string(struct text *t, const char *name, const char *value)
{
    member_key(t, name);
    if (value) text_json(t, value);
    else text_put(t, "null");
}

void member_bool(struct text *t, const char *name, bool value)
{
    member_key(t, name);
    text_put(t, value ? "true" : "false");
}

void member_uint(struct text *t, const char *name, uint64_t value)
{
    member_key(t, name);
    text_uint(t, value);
}

void member_int(struct text *t, const char *name, int64_t value)
{
    member_key(t, name);
    text_int(t, value);
}

void member_milli(struct text *t, const char *name, int64_t value)
{
    member_key(t, name);
    text_milli(t, value);
}

void member_words(struct text *t, const char *name, const char *zh, const char *en)
{
    member_key(t, name);
    text_char(t, '{');
    member_string(t, "zh", zh);
    member_string(t, "en", en);
    text_char(t, '}');
}

void member_name(struct text *t, const char *name, const struct site_name *n) { member_words(t, name, n->zh, n->en); }

void member_list(struct text *t, const char *name)
{
    member_key(t, name);
    text_char(t, '[');
}

void member_next(struct text *t)
{
    if (t->used && t->buf[t->used - 1] == '}') text_char(t, ',');
    text_char(t, '{');
}
