#include "problem.h"

#include <string.h>

#include "common/text.h"
#include "job_text.h"

static const struct {
    unsigned status;
    const char *code, *en, *zh;
} row[PROBLEM_COUNT] = {
#define X(name, status, code, en, zh) { status, code, en, zh },
    PROBLEM_MAP(X)
#undef X
};

void problem_set(struct problem *p, enum problem_code code, const char *field, const char *en, const char *zh)
{
    p->code = code;
    text_copy(p->field, sizeof p->field, field ? field : "");
    text_copy(p->en, sizeof p->en, en);
    text_copy(p->zh, sizeof p->zh, zh);
}

void problem_refusal(struct problem *p, enum refusal why)
{
    static const struct {
        enum problem_code code;
        const char *field;
    } of[REFUSAL_COUNT] = {
        [REFUSAL_NONE] = { PROBLEM_INTERNAL, "" },
        [REFUSAL_UNKNOWN_STATION] = { PROBLEM_UNKNOWN_STATION, "" },
        [REFUSAL_SAME_STATION] = { PROBLEM_REFUSED, "to" },
        [REFUSAL_QUANTITY] = { PROBLEM_FIELD, "quantity" },
        [REFUSAL_PRIORITY] = { PROBLEM_FIELD, "priority" },
        [REFUSAL_FULL] = { PROBLEM_FULL, "" },
        [REFUSAL_UNREACHABLE] = { PROBLEM_REFUSED, "to" },
        [REFUSAL_UNKNOWN_JOB] = { PROBLEM_NOT_FOUND, "" },
        [REFUSAL_JOB_ENDED] = { PROBLEM_CONFLICT, "" },
        [REFUSAL_ALREADY_LOADED] = { PROBLEM_CONFLICT, "" },
        [REFUSAL_UNKNOWN_GOODS] = { PROBLEM_UNKNOWN, "goods" },
        [REFUSAL_NO_ROBOT_TAKES_IT] = { PROBLEM_REFUSED, "goods" },
        [REFUSAL_NOT_LOADED] = { PROBLEM_CONFLICT, "" },
    };
    if (why >= REFUSAL_COUNT) why = REFUSAL_NONE;
    problem_set(p, of[why].code, of[why].field, refusal_en(why), refusal_zh(why));
}

static void member(struct text *t, const char *key, const char *value)
{
    text_char(t, ',');
    text_json(t, key);
    text_char(t, ':');
    text_json(t, value);
}

void problem_reply(struct http_call *c, const struct problem *p)
{
    char buf[2048];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_put(&t, "{\"type\":\"https://orderly.example/problems/");
    text_put(&t, row[p->code].code);
    text_char(&t, '"');
    member(&t, "title", row[p->code].en);
    member(&t, "title_zh", row[p->code].zh);
    text_put(&t, ",\"status\":");
    text_uint(&t, row[p->code].status);
    if (p->en[0]) {
        member(&t, "detail", p->en);
        member(&t, "detail_zh", p->zh);
    }
    if (p->field[0]) member(&t, "field", p->field);
    text_char(&t, '}');
    http_reply(c, row[p->code].status, "application/problem+json; charset=utf-8", buf, t.used, false);
    http_reply_header(c, "Cache-Control", "no-store");
    if (row[p->code].status == 401) http_reply_header(c, "WWW-Authenticate", "Bearer");
    if (row[p->code].status == 503) http_reply_header(c, "Retry-After", "5");
}
