/* map_fixture - a small two-level building as text, and ways to plant one fault in it. Tests of maps/ share it.
 *
 *   G:   sa(a) --D1-- m ---- lob            U:   u-lob ---- b(sb)
 *                     |       |                    |   \
 *                    bay     car E1              car E1  bay2
 *
 * Every fault is one replacement in the text: the reader of a test sees what is wrong, the rest stays sound. */
#ifndef MAP_FIXTURE_H
#define MAP_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maps/maps_io.h"

#define NAME(x) "{\"zh\": \"" x "\", \"en\": \"" x "\"}"

static const char base_site[] =
    "{\"format\": \"orderly-site/1\", \"id\": \"small\", \"name\": " NAME("small") ",\n"
    "\"levels\": [{\"id\": \"G\", \"name\": " NAME("G") ", \"elevation\": 0}, {\"id\": \"U\", \"name\": " NAME("U") ", \"elevation\": 4}],\n"
    "\"nodes\": [\n"
    " {\"id\": \"a\", \"level\": \"G\", \"x\": 0, \"y\": 0},\n"
    " {\"id\": \"m\", \"level\": \"G\", \"x\": 4, \"y\": 0},\n"
    " {\"id\": \"lob\", \"level\": \"G\", \"x\": 8, \"y\": 0},\n"
    " {\"id\": \"e-g\", \"level\": \"G\", \"x\": 8, \"y\": 3},\n"
    " {\"id\": \"bay\", \"level\": \"G\", \"x\": 4, \"y\": -3, \"holding\": true},\n"
    " {\"id\": \"u-lob\", \"level\": \"U\", \"x\": 8, \"y\": 0},\n"
    " {\"id\": \"e-u\", \"level\": \"U\", \"x\": 8, \"y\": 3},\n"
    " {\"id\": \"b\", \"level\": \"U\", \"x\": 12, \"y\": 0},\n"
    " {\"id\": \"bay2\", \"level\": \"U\", \"x\": 8, \"y\": -3, \"park\": true, \"charger\": true}],\n"
    "\"edges\": [\n"
    " {\"from\": \"a\", \"to\": \"m\", \"both_ways\": true, \"door\": \"D1\"},\n"
    " {\"from\": \"m\", \"to\": \"lob\", \"both_ways\": true},\n"
    " {\"from\": \"lob\", \"to\": \"e-g\", \"both_ways\": true},\n"
    " {\"from\": \"m\", \"to\": \"bay\", \"both_ways\": true},\n"
    " {\"from\": \"u-lob\", \"to\": \"e-u\", \"both_ways\": true},\n"
    " {\"from\": \"u-lob\", \"to\": \"b\", \"both_ways\": true, \"speed\": 0.5},\n"
    " {\"from\": \"u-lob\", \"to\": \"bay2\", \"both_ways\": true}],\n"
    "\"stations\": [\n"
    " {\"id\": \"sa\", \"name\": " NAME("SA") ", \"node\": \"a\", \"kind\": \"kitchen\"},\n"
    " {\"id\": \"sb\", \"name\": " NAME("SB") ", \"node\": \"b\", \"kind\": \"ward\"}],\n"
    "\"elevators\": [{\"id\": \"E1\", \"bank\": \"main\", \"name\": " NAME("E1") ", \"x\": 8, \"y\": 3, \"width\": 1.8, \"depth\": 2.2,"
    " \"door_width\": 1.1, \"speed\": 1, \"accel\": 0.5, \"door_open_s\": 3, \"door_close_s\": 4, \"start_delay_s\": 1,\n"
    "  \"landings\": [{\"level\": \"G\", \"node\": \"e-g\"}, {\"level\": \"U\", \"node\": \"e-u\"}]}],\n"
    "\"doors\": [{\"id\": \"D1\", \"level\": \"G\", \"x1\": 2, \"y1\": -0.7, \"x2\": 2, \"y2\": 0.7, \"width\": 1.4, \"open_s\": 4, \"close_s\": 4}],\n"
    "\"walls\": [{\"level\": \"G\", \"points\": [[2, -4], [2, -0.8]]}, {\"level\": \"G\", \"points\": [[2, 0.8], [2, 4], [-4, 4]]}],\n"
    "\"labels\": [{\"level\": \"G\", \"x\": -1, \"y\": 1, \"text\": " NAME("Kitchen") "}]}\n";

static const char base_fleet[] =
    "{\"format\": \"orderly-fleet/1\", \"classes\": [\n"
    " {\"id\": \"courier\", \"length\": 0.6, \"width\": 0.6, \"margin\": 0.05, \"speed\": 1, \"accel\": 0.5, \"turn\": 0.8, \"pick_s\": 20, \"drop_s\": 20},\n"
    " {\"id\": \"tug\", \"length\": 1.2, \"width\": 0.8, \"margin\": 0.1, \"speed\": 0.8, \"accel\": 0.4, \"turn\": 0.5, \"pick_s\": 60, \"drop_s\": 60,"
    " \"turn_settle_s\": 0.5}],\n"
    "\"robots\": [\n"
    " {\"id\": \"R01\", \"class\": \"courier\", \"start\": \"bay\"},\n"
    " {\"id\": \"R02\", \"name\": {\"zh\": \"二号\", \"en\": \"Two\"}, \"class\": \"tug\", \"manufacturer\": \"acme\", \"serial\": \"7\","
    " \"interface\": \"hosp\", \"version\": \"2.0\"}]}\n";

/* A copy of `text` with the first `from` replaced; the test fails when it is not there, so a fixture cannot rot. */
static inline char *with(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at) fail_msg("the fixture does not contain: %s", from);
    size_t n = strlen(text) - strlen(from) + strlen(to) + 1;
    char *out = malloc(n);
    assert_non_null(out);
    snprintf(out, n, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static inline struct site *parsed(const char *text)
{
    struct site *s = NULL;
    struct err_note note = { 0 };
    int err = site_parse("t", text, strlen(text), &s, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    return s;
}

static inline struct fleet_spec *fleet_of(const char *text)
{
    struct fleet_spec *f = NULL;
    struct err_note note = { 0 };
    int err = fleet_spec_parse("f", text, strlen(text), &f, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    return f;
}

/* Parsed and compiled for the built-in courier. */
static inline struct site *compiled(const char *text)
{
    struct site *s = parsed(text);
    struct fleet_spec *f = NULL;
    struct err_note note = { 0 };
    assert_int_equal(fleet_spec_default(1, &f), ORD_OK);
    int err = site_compile(s, 1, f->cls, &note);
    fleet_spec_close(f);
    if (err) fail_msg("%s: %s", note.where, note.what);
    return s;
}

static inline char *written(const struct site *s)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    assert_non_null(f);
    assert_int_equal(site_write(s, f), ORD_OK);
    fclose(f);
    return bytes;
}

static inline char *file_text(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *text = malloc(8 << 20);
    assert_non_null(text);
    *n = fread(text, 1, (8 << 20) - 1, f);
    text[*n] = 0;
    fclose(f);
    return text;
}

#define SHARED ORDERLY_SOURCE_DIR "/../shared/data/"
#define NEED_FILE(path)                                                       \
    do {                                                                      \
        if (access(path, R_OK) != 0) {                                        \
            print_message("skipped: %s is not here\n", path);                 \
            skip();                                                           \
        }                                                                     \
    } while (0)

#endif
