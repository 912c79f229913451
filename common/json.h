/* json - the one strict reader and writer of JSON. cJSON parses; this wrapper refuses what cJSON lets through.
 *
 * Refused, each with a path ("nodes[3].x_mm") and a reason: nesting over `depth_max`, duplicate keys, invalid UTF-8,
 * control characters in strings, \u0000, a BOM, leading zeros, "1.", numbers that are not finite, trailing bytes,
 * more than `bytes_max` bytes. Readers below look keys up case-sensitively and check type and range; the first
 * failure is kept in the reader and makes the following calls return defaults, so a decoder reads straight through
 * and asks json_ok() once. Unknown keys: json_only() refuses any key not in the list (our own formats are strict;
 * messages of robots are read leniently and do not call it). Impure: cJSON allocates. */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct cJSON;

struct json_walk {           /* json.c's own: where the last look-ups by index ended, so that walking a list is linear */
    const struct cJSON *parent, *child;
    size_t index;
};

struct json_doc {            /* owns the tree; close it */
    struct cJSON *root;
    struct json_walk walk[8];
    int err;                 /* ORD_OK or the first error */
    struct err_note note;    /* where: "<name>: <path>" */
    char name[96];           /* file name or "body", for messages */
};

struct json_limits {
    size_t bytes_max;        /* 0 = 16 MiB */
    int depth_max;           /* nested brackets; 0 = 32, never more than 128 */
};

/* Parse. Returns ORD_OK, ORD_EPARSE or ORD_EFULL (too large); doc is safe to close either way. Position errors name
 * line and column. */
int json_open(struct json_doc *doc, const char *name, const char *bytes, size_t n, struct json_limits limits);
int json_open_file(struct json_doc *doc, const char *path, struct json_limits limits); /* + ORD_ENOTFOUND, ORD_EIO */
void json_close(struct json_doc *doc);

/* A place in the document: a borrowed node and the path that leads to it. A missing optional value is a json_at whose
 * node is NULL; reading through it yields defaults. */
struct json_at {
    struct json_doc *doc;
    const struct cJSON *node;
    char path[120];
};

struct json_at json_root(struct json_doc *doc);
bool json_ok(const struct json_doc *doc);
/* Record an error found by a caller ("ids must differ"); the first one wins. Always returns a negative error. */
int json_fail(struct json_at at, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

struct json_at json_need(struct json_at obj, const char *key); /* missing key: error */
struct json_at json_opt(struct json_at obj, const char *key);  /* missing key or null: node NULL */
bool json_has(struct json_at at);
void json_only(struct json_at obj, const char *const *keys, size_t n); /* refuse other keys, suggest the nearest */

size_t json_array(struct json_at at, size_t max);              /* elements; error if not an array or more than max */
struct json_at json_item(struct json_at arr, size_t i);
size_t json_object(struct json_at at, size_t max);             /* members; error if not an object or more than max */
struct json_at json_member(struct json_at obj, size_t i, const char **key);

int64_t json_int(struct json_at at, int64_t lo, int64_t hi);   /* whole number in lo..hi */
double json_number(struct json_at at, double lo, double hi);
/* A number in the file times 1000, rounded to the nearest integer (metres -> mm, radians -> mrad). */
int64_t json_milli(struct json_at at, int64_t lo_milli, int64_t hi_milli);
bool json_bool(struct json_at at);
/* Copies into dst; error if not a string, empty when `min` is 1, or longer than size - 1 bytes. */
void json_string(struct json_at at, char *dst, size_t size, size_t min);
const char *json_str(struct json_at at); /* borrowed, "" when missing or not a string (then an error is recorded) */
int json_enum(struct json_at at, const char *const *names, int n); /* index; error lists the allowed words */
bool json_is_string(struct json_at at);
bool json_is_number(struct json_at at);
bool json_is_object(struct json_at at);
bool json_is_array(struct json_at at);

#endif
