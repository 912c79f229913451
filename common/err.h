/* err - the one list of errors. An error comes from outside and is a negative int; a refusal is a domain answer
 * (core/msg.h); a bug is an assertion (STYLE section 5). */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

/*     name      number  English                               Chinese */
#define ORD_ERR_MAP(X)                                                                      \
    X(FULL,       -1, "fixed capacity reached",                  "已达到固定容量上限")              \
    X(IO,         -2, "input or output failed",                  "读写失败")                     \
    X(NOTFOUND,   -3, "not found",                               "未找到")                      \
    X(PARSE,      -4, "malformed data",                          "数据格式错误")                  \
    X(RANGE,      -5, "value out of range",                      "数值超出范围")                  \
    X(EXISTS,     -6, "already exists",                          "已存在")                      \
    X(BUSY,       -7, "in use by another process",               "被其他进程占用")                 \
    X(VERSION,    -8, "format or version not understood",        "不支持的格式或版本")               \
    X(CORRUPT,    -9, "stored data is damaged",                  "存储的数据已损坏")                \
    X(REFUSED,   -10, "refused",                                 "被拒绝")                      \
    X(MAP,       -11, "the map has errors",                      "地图有错误")                    \
    X(MEMORY,    -12, "out of memory",                           "内存不足")                     \
    X(USAGE,     -13, "wrong command line",                      "命令行用法错误")

enum ord_err {
#define X(name, num, en, zh) ORD_E##name = num,
    ORD_ERR_MAP(X)
#undef X
    ORD_OK = 0
};

const char *err_name(int err); /* "ORD_EFULL"; "ORD_OK"; "?" for a number not in the list */
const char *err_en(int err);
const char *err_zh(int err);

/* What went wrong and where, for a person: file, line or field, and words to act on. Filled by parsers and openers. */
struct err_note {
    char where[160]; /* "demo.site.json: nodes[12].x_mm" */
    char what[320];
};
/* Fill `note` (may be NULL) and return `err`, so that a parser can say: return err_at(note, ORD_ERANGE, path, "..."). */
int err_at(struct err_note *note, int err, const char *where, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
