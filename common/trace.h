/* trace - writes a run as JSON lines, one event a line, for people and for judges outside (docs/trace.md).
 *
 *   trace_open -> { trace_begin  trace_str / trace_int / trace_ints ...  trace_end } -> trace_close
 *
 * The meaning of the lines belongs to whoever writes them; this file only guarantees their form:
 * (1) every line is one complete JSON object with "t" (ms) and "e" (what happened) first.
 * (2) t never falls from line to line.   (3) a line that does not fit the buffer is an error, never cut.
 * A NULL trace is allowed everywhere and writes nothing, so callers need no "if". */
#ifndef COMMON_TRACE_H
#define COMMON_TRACE_H

#include <stdio.h>

#include "text.h"
#include "units.h"

#define TRACE_LINE_MAX 16384

struct trace {
    FILE *file;        /* borrowed */
    struct text line;
    ms_t last_ms;
    int err;           /* the first error: ORD_EIO or ORD_EFULL; nothing is written after it */
    bool list_first;
    char buf[TRACE_LINE_MAX];
};

void trace_open(struct trace *t, FILE *f);
void trace_begin(struct trace *t, ms_t at_ms, const char *event);
void trace_str(struct trace *t, const char *key, const char *value); /* NULL value: JSON null */
void trace_int(struct trace *t, const char *key, int64_t value);
void trace_hash(struct trace *t, const char *key, uint64_t value);   /* 16 hex digits as a string */
void trace_bool(struct trace *t, const char *key, bool value);
void trace_list(struct trace *t, const char *key);                   /* ... trace_item ... trace_list_end */
void trace_item(struct trace *t, const char *value);
void trace_list_end(struct trace *t);
void trace_end(struct trace *t);
int trace_close(struct trace *t);                                    /* flushes; the first error, ORD_OK if none */

#endif
