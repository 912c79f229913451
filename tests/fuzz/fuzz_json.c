/* The strict reader: whatever the bytes, an answer; and what it accepts, cJSON understood the same way. */
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

static size_t visited;

/* Read every node in every way: none may crash, the error stays the first. */
static void visit(struct json_at at, int depth)
{
    const char *key;
    char text[16];
    static const char *const words[] = { "a", "b" };
    if (depth > 17) abort(); /* deeper than the limit */
    visited++;
    if (json_is_array(at)) {
        size_t n = json_array(at, SIZE_MAX);
        for (size_t i = 0; i < n; i++) visit(json_item(at, i), depth + 1);
    } else if (json_is_object(at)) {
        size_t n = json_object(at, SIZE_MAX);
        for (size_t i = 0; i < n; i++) {
            struct json_at m = json_member(at, i, &key);
            if (!text_utf8_valid(key, strlen(key))) abort();
            if (json_need(at, key).node != m.node) abort(); /* a second one of that name */
            visit(m, depth + 1);
        }
    } else if (json_is_string(at)) {
        const char *s = json_str(at);
        if (!text_utf8_valid(s, strlen(s))) abort();
        json_string(at, text, sizeof text, 0);
        json_enum(at, words, 2);
    } else if (json_is_number(at)) {
        double v = json_number(at, -1e308, 1e308);
        if (v != v) abort();
        json_int(at, INT64_MIN, INT64_MAX);
        json_milli(at, INT64_MIN, INT64_MAX);
    } else {
        json_has(at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct json_doc doc;
    int err = json_open(&doc, "fuzz", (const char *)data, n, (struct json_limits){ 1 << 16, 16 });
    if (err != doc.err || (err != ORD_OK && err != ORD_EPARSE && err != ORD_EFULL))
        abort(); /* ORD_EMEMORY: cJSON disagrees */
    if (err && (!doc.note.where[0] || !doc.note.what[0])) abort();
    if (!err) visit(json_root(&doc), 0);
    if (doc.err) visit(json_root(&doc), 0); /* everything reads as missing now */
    json_close(&doc);
    return 0;
}
