#include "store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

struct slot {
    job_id job;
    struct job_note note;
};
struct store {
    uint32_t slots;
    struct slot slot[]; /* job j lives in slot j % slots: the newest job with that remainder wins */
};

int store_open(struct store **out, uint32_t jobs_max)
{
    struct store *s = calloc(1, sizeof *s + (size_t)jobs_max * sizeof s->slot[0]);
    if (!s) return ORD_EMEMORY;
    s->slots = jobs_max;
    *out = s;
    return ORD_OK;
}

void store_close(struct store *s) { free(s); }

void store_put(struct store *s, job_id job, const struct job_note *note)
{
    struct slot *slot = &s->slot[job % s->slots];
    slot->job = job;
    slot->note = *note;
}

const struct job_note *store_get(const struct store *s, job_id job)
{
    static const struct job_note nothing;
    const struct slot *slot = &s->slot[job % s->slots];
    return slot->job == job ? &slot->note : &nothing;
}

static void text_snap(struct snap *snap, char *text, uint8_t size)
{
    uint8_t n = snap_loading(snap) ? 0 : (uint8_t)strlen(text);
    snap_count8(snap, &n, (uint8_t)(size - 1));
    snap_bytes(snap, text, n);
    text[n] = 0;
}

void store_snap(struct store *s, struct snap *snap)
{
    uint32_t used = 0;
    assert(s->slots > 0);
    for (uint32_t i = 0; i < s->slots; i++) used += s->slot[i].job != 0;
    snap_count32(snap, &used, s->slots);
    if (snap_loading(snap)) memset(s->slot, 0, s->slots * sizeof s->slot[0]);
    for (uint32_t i = 0, at = 0; i < used; i++, at++) {
        while (!snap_loading(snap) && !s->slot[at].job) at++;
        job_id job = snap_loading(snap) ? 0 : s->slot[at].job;
        snap_u32(snap, &job);
        struct slot *slot = &s->slot[job % s->slots];
        slot->job = job;
        text_snap(snap, slot->note.item, sizeof slot->note.item);
        text_snap(snap, slot->note.key, sizeof slot->note.key);
        snap_u64(snap, &slot->note.body_hash);
    }
    if (!snap->ok) memset(s->slot, 0, s->slots * sizeof s->slot[0]);
}

job_id store_by_key(const struct store *s, const char *key)
{
    for (uint32_t i = 0; i < s->slots; i++)
        if (s->slot[i].job && strcmp(s->slot[i].note.key, key) == 0) return s->slot[i].job;
    return 0;
}

int store_note_encode(const struct job_note *n, char buf[STORE_NOTE_MAX])
{
    static const char digit[] = "0123456789abcdef";
    char hex[17];
    for (int i = 0; i < 16; i++) hex[i] = digit[n->body_hash >> (60 - 4 * i) & 15];
    hex[16] = 0;
    struct text t;
    text_init(&t, buf, STORE_NOTE_MAX);
    text_put(&t, "{\"item\":");
    text_json(&t, n->item);
    text_put(&t, ",\"key\":");
    text_json(&t, n->key);
    text_put(&t, ",\"body_hash\":\"");
    text_put(&t, hex);
    text_put(&t, "\"}");
    return t.cut ? ORD_EFULL : (int)t.used;
}

static uint64_t hex_value(const char *hex)
{
    uint64_t v = 0;
    for (; *hex; hex++) v = v << 4 | (uint64_t)(*hex <= '9' ? *hex - '0' : (*hex | 32) - 'a' + 10);
    return v;
}

int store_note_decode(const char *json, struct job_note *out, struct err_note *note)
{
    static const char *const keys[] = { "item", "key", "body_hash" };
    struct json_doc doc;
    char hex[17];
    memset(out, 0, sizeof *out);
    int err = json_open(&doc, "journal note", json, strlen(json), (struct json_limits){ STORE_NOTE_MAX, 2 });
    if (!err) {
        struct json_at root = json_root(&doc);
        json_only(root, keys, COUNT_OF(keys));
        json_string(json_need(root, "item"), out->item, sizeof out->item, 0);
        json_string(json_need(root, "key"), out->key, sizeof out->key, 0);
        json_string(json_need(root, "body_hash"), hex, sizeof hex, 1);
        if (json_ok(&doc) && (strlen(hex) != 16 || strspn(hex, "0123456789abcdef") != 16))
            json_fail(json_need(root, "body_hash"), ORD_EPARSE, "must be 16 hex digits");
        err = doc.err;
        if (!err) out->body_hash = hex_value(hex);
    }
    if (err && note) *note = doc.note;
    json_close(&doc);
    return err;
}
