/* import - shared by the importers. */
#include "import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "site_compile.h"

#define BAY_ROUNDS 4

const char *const import_kind_name[IMPORT_KIND_COUNT] = { "kept", "guessed", "dropped", "added", "warning" };

void import_say(struct import_report *r, enum import_kind kind, const char *zh, const char *en, ...)
{
    if (r->count == r->capacity) {
        size_t want = r->capacity ? r->capacity * 2 : 64;
        struct import_line *wide = realloc(r->line, want * sizeof *wide);
        if (!wide) return; /* the map is what matters; a report that lacks a line is still true */
        r->line = wide;
        r->capacity = want;
    }
    struct import_line *l = &r->line[r->count++];
    char text[1024];
    va_list values;
    l->kind = kind;
    va_start(values, en);
    vsnprintf(text, sizeof text, zh, values);
    va_end(values);
    text_copy(l->zh, sizeof l->zh, text);
    va_start(values, en);
    vsnprintf(text, sizeof text, en, values);
    va_end(values);
    text_copy(l->en, sizeof l->en, text);
}

void import_report_close(struct import_report *r)
{
    free(r->line);
    *r = (struct import_report){ 0 };
}

void import_id(char *dst, size_t size, const char *name)
{
    size_t n = 0;
    for (; *name && n + 1 < size; name++) {
        bool ok = (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') ||
                  strchr("_-.:", *name);
        dst[n++] = ok ? *name : '_';
    }
    if (n == 0) dst[n++] = '_';
    dst[n] = 0;
}

bool import_room(void **array, uint32_t *room, uint32_t count, uint32_t max, size_t each)
{
    if (count < *room) return true;
    if (count >= max) return false;
    uint32_t want = *room ? *room * 2 : 32;
    void *wide = realloc(*array, (size_t)want * each);
    if (!wide) return false;
    *array = wide;
    *room = want;
    return true;
}

int import_read(const char *path, size_t max, char **bytes, size_t *n, struct err_note *note)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_at(note, errno == ENOENT ? ORD_ENOTFOUND : ORD_EIO, path, "cannot be opened: %s", strerror(errno));
    char *all = NULL;
    size_t used = 0, room = 0, got = 1;
    int err = ORD_OK;
    while (!err && got > 0) {
        if (used == room) {
            char *wide = realloc(all, room = room ? room * 2 : 65536);
            if (!wide) err = err_at(note, ORD_EMEMORY, path, "%s", err_en(ORD_EMEMORY));
            else all = wide;
        }
        if (err) break;
        got = fread(all + used, 1, room - used, f);
        used += got;
        if (used > max) err = err_at(note, ORD_EFULL, path, "is larger than %zu bytes", max);
    }
    if (!err && ferror(f)) err = err_at(note, ORD_EIO, path, "cannot be read");
    fclose(f);
    if (err) free(all);
    else {
        *bytes = all;
        *n = used;
    }
    return err;
}

/* How many refuges the map has for the courier as it stands; the draft stays as it is. */
static int count_refuges(const struct draft *d, const struct robot_class *courier, uint16_t *out, struct err_note *note)
{
    struct draft copy;
    struct site *s = NULL;
    struct refuge_report r = { 0 };
    int err = draft_copy(&copy, d);
    if (!err) err = draft_finish(&copy, &s, note);
    if (!err) err = site_compile(s, 1, courier, note);
    if (!err) err = refuges_prove(s, &r);
    *out = r.accepted;
    refuge_report_close(&r);
    site_close(s);
    draft_close(&copy);
    return err;
}

static void say_refuges(struct site *s, struct import_options o, struct import_report *r)
{
    struct refuge_report proof = { 0 };
    if (refuges_prove(s, &proof)) return;
    r->refuges = proof.accepted;
    import_say(r, IMPORT_KEPT, "证明可用的避让位 %d 个（候选 %d 个，新增 %d 个）",
               "%d refuges proven (%d candidates, %d of them added)", proof.accepted, proof.candidates, r->bays);
    if (proof.accepted < o.refuges)
        import_say(r, IMPORT_WARNING, "希望有 %d 个避让位，只证明了 %d 个：请手工添加停车位",
                   "%d refuges were wanted, %d are proven: add parking places by hand", o.refuges, proof.accepted);
    refuge_report_close(&proof);
}

int import_refuges(struct draft *d, struct import_options o, const struct bay_space *space, struct import_report *r,
                   struct err_note *note)
{
    struct fleet_spec *fleet = NULL;
    uint16_t have = 0;
    int err = fleet_spec_default(1, &fleet);
    if (err) return err_at(note, err, d->name, "%s", err_en(err));
    for (int round = 0; round < BAY_ROUNDS && o.refuges > 0 && !err;
         round++) { /* a bay may lie behind a parking place: then once more */
        uint16_t before = r->bays;
        err = count_refuges(d, &fleet->cls[0], &have, note);
        if (!err && have < o.refuges) err = import_bays(d, (uint16_t)(o.refuges - have), space, r);
        if (r->bays == before) break;
    }
    fleet_spec_close(fleet);
    return err;
}

int import_finish(struct draft *d, struct import_options o, const struct bay_space *space, struct site **out,
                  struct import_report *r, struct err_note *note)
{
    struct fleet_spec *fleet = NULL;
    struct site *s = NULL;
    int err = import_refuges(d, o, space, r, note);
    if (!err && (err = fleet_spec_default(1, &fleet))) err_at(note, err, d->name, "%s", err_en(err));
    if (!err) err = draft_finish(d, &s, note);
    if (!err && (err = site_compile(s, 1, &fleet->cls[0], note))) site_close(s);
    fleet_spec_close(fleet);
    if (err) return err;
    say_refuges(s, o, r);
    *out = s;
    return ORD_OK;
}
