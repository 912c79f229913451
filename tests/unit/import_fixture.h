/* import_fixture - what tests of the importers share: the report of the last import, and text that is damaged on
 * purpose. */
#ifndef IMPORT_FIXTURE_H
#define IMPORT_FIXTURE_H

#include "map_fixture.h"

typedef int import_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                         struct import_report *r, struct err_note *note);

static struct import_report report;

static inline struct site *imported_by(import_bytes *read, const char *text, struct import_options o)
{
    struct site *s = NULL;
    struct err_note note = { 0 };
    int err = read("t", text, strlen(text), o, &s, &report, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    site_check(s);
    return s;
}

static inline bool said(enum import_kind kind, const char *words)
{
    for (size_t i = 0; i < report.count; i++)
        if (report.line[i].kind == kind && strstr(report.line[i].en, words)) return true;
    return false;
}

static inline void done(struct site *s)
{
    import_report_close(&report);
    site_close(s);
}

/* One replacement in a sound file, and the refusal that must follow. */
struct fault { const char *from, *to; int err; const char *what; };

static inline void refused(import_bytes *read, const char *sound, const struct fault *f)
{
    char *text = with(sound, f->from, f->to);
    struct site *s = NULL;
    struct err_note note = { 0 };
    int err = read("t.file", text, strlen(text), (struct import_options){ .refuges = 2 }, &s, &report, &note);
    if (err != f->err || !strstr(note.what, f->what) || !strstr(note.where, "t.file") || s)
        fail_msg("'%s': %d (%s) '%s': '%s', expected '%s'", f->to, err, err_name(err), note.where, note.what, f->what);
    import_report_close(&report);
    free(text);
}

/* Every damage of one kind to a file: bytes cut off, lost, doubled or replaced at `cuts` places. None may crash; what is
 * refused has words, what is taken is a sound site. */
static inline void survives_damage(import_bytes *read, const char *text, size_t n, size_t cuts)
{
    static const char junk[] = { 0, '"', '<', '{', '-', '9', '\xff' };
    char *copy = malloc(n + 2);
    assert_non_null(copy);
    for (size_t i = 0; i < cuts; i++)
        for (int kind = 0; kind < 4; kind++) {
            size_t at = n * i / cuts, len = n;
            memcpy(copy, text, n);
            if (kind == 0) len = at;
            if (kind == 1) memmove(copy + at, copy + at + 1, --len - at);
            if (kind == 2) memmove(copy + at + 1, copy + at, len++ - at);
            if (kind == 3) copy[at] = junk[i % sizeof junk];
            struct site *s = NULL;
            struct err_note note = { 0 };
            char *exact = malloc(len ? len : 1);
            assert_non_null(exact);
            memcpy(exact, copy, len);
            int err = read("t.file", exact, len, (struct import_options){ 0 }, &s, &report, &note);
            if (err) assert_true(note.what[0] && strstr(note.where, "t.file") && !s);
            else site_check(s);
            done(s);
            free(exact);
        }
    free(copy);
}

#endif
