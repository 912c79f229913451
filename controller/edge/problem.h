/* problem - answers that say no, as application/problem+json (RFC 9457) in both languages. */
#ifndef EDGE_PROBLEM_H
#define EDGE_PROBLEM_H

#include "core/msg.h"
#include "http.h"

/*        code                 status  English title                                 Chinese title */
#define PROBLEM_MAP(X)                                                                                          \
    X(NOT_FOUND,            404, "not-found",            "There is nothing here",                "没有这个内容")        \
    X(METHOD,               405, "method-not-allowed",   "This method is not allowed here",      "此处不允许该方法")      \
    X(TOO_LARGE,            413, "body-too-large",       "The request body is too large",        "请求正文过大")        \
    X(CONTENT_TYPE,         415, "content-type",         "The content type must be JSON",        "内容类型必须是 JSON")   \
    X(MALFORMED,            400, "malformed",            "The request body is not valid JSON",   "请求正文不是有效的 JSON") \
    X(FIELD,                400, "field",                "A field is missing or not allowed",    "字段缺失或取值不允许")    \
    X(UNKNOWN_STATION,      422, "unknown-station",      "There is no such station",             "没有这个站点")        \
    X(UNKNOWN,              422, "unknown",              "There is no such thing",               "没有这个对象")        \
    X(NO_PAR,               422, "no-par",               "There is no par level for this",       "未设定额")           \
    X(LOGIN,                401, "login-required",       "Not logged in",                        "未登录")          \
    X(FORBIDDEN,            403, "not-allowed",          "This is not allowed",                  "无权执行")         \
    X(CSRF,                 403, "csrf-token",           "The request lacks its token",          "请求缺少令牌")       \
    X(BUSY,                 429, "too-many",             "Too many tries",                       "尝试过于频繁")       \
    X(KEY_REUSED,           422, "key-reused",           "This key belongs to another request",  "该幂等键已用于另一请求")  \
    X(REFUSED,              422, "refused",              "The request was refused",              "请求被拒绝")         \
    X(CONFLICT,             409, "conflict",             "The state of the job does not allow it", "任务状态不允许")       \
    X(FULL,                 503, "full",                 "Too many open jobs",                   "未完成任务过多")       \
    X(STREAMS,              503, "too-many-listeners",   "Too many listeners",                   "监听者过多")         \
    X(STOPPING,             503, "stopping",             "The controller is stopping",           "控制器正在停止")       \
    X(JOURNAL,              503, "journal-failed",       "The controller cannot write its journal", "控制器无法写入日志")  \
    X(INTERNAL,             500, "internal",             "The controller failed to answer",      "控制器未能答复")

enum problem_code {
#define X(name, status, code, en, zh) PROBLEM_##name,
    PROBLEM_MAP(X)
#undef X
    PROBLEM_COUNT
};

struct problem {
    enum problem_code code;
    char field[64];            /* "" = none */
    char en[320], zh[320];     /* detail: what is wrong here and what to do */
};

/* printf-like details; field may be NULL. */
void problem_set(struct problem *p, enum problem_code code, const char *field, const char *en, const char *zh);
void problem_reply(struct http_call *c, const struct problem *p);
void problem_refusal(struct problem *p, enum refusal why); /* a core's refusal as a problem */

#endif
