/* text - a bounded writer into the caller's buffer. It never overflows and never hides that something was cut.
 *
 * (1) buf is always NUL-terminated.  (2) once `cut` is set it stays set and nothing more is written. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *buf;
    size_t size, used;
    bool cut;
};

void text_init(struct text *t, char *buf, size_t size); /* size >= 1 */
void text_put(struct text *t, const char *s);
void text_put_n(struct text *t, const char *s, size_t n);
void text_char(struct text *t, char c);
void text_int(struct text *t, int64_t v);
void text_uint(struct text *t, uint64_t v);
/* v thousandths as a decimal without needless zeros: 1500 -> "1.5", -1 -> "-0.001". Exact, no float. */
void text_milli(struct text *t, int64_t v);
/* The string as a JSON string literal, quotes included; the input is valid UTF-8. */
void text_json(struct text *t, const char *s);
/* For XML and HTML text and attribute values. */
void text_xml(struct text *t, const char *s);

/* Copy into a fixed array; false when it did not fit (dst holds the start, cut at a UTF-8 boundary). */
bool text_copy(char *dst, size_t size, const char *src);
bool text_utf8_valid(const char *s, size_t n);
/* A name allowed on the wire as an id: A-Z a-z 0-9 _ - . : and 1..max signs (VDA 5050 recommended ids). */
bool text_id_valid(const char *s, size_t max);

#endif
