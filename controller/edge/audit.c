/* audit - the record of acts as a hash chain, and scans: the tables of records.db that grow. */
#include <sodium.h>
#include <string.h>

#include "common/text.h"
#include "records_db.h"

#define COLUMNS "seq, at_ms, who, role, origin, act, status, detail, hash"

/* ---- the chain ---- */
static void add_text(crypto_hash_sha256_state *h, const char *s)
{
    uint64_t n = strlen(s);
    unsigned char size[8];
    for (int i = 0; i < 8; i++) size[i] = (unsigned char)(n >> (8 * i));
    crypto_hash_sha256_update(h, size, sizeof size); /* or "ab"+"c" would count as "a"+"bc" */
    crypto_hash_sha256_update(h, (const unsigned char *)s, n);
}

static void add_number(crypto_hash_sha256_state *h, uint64_t v)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(v >> (8 * i));
    crypto_hash_sha256_update(h, bytes, sizeof bytes);
}

static void link_hash(const struct audit_entry *e, const char *before, char out[AUDIT_HASH_MAX])
{
    crypto_hash_sha256_state h;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&h);
    add_text(&h, before);
    add_number(&h, e->seq);
    add_number(&h, (uint64_t)e->at_ms);
    add_number(&h, (uint64_t)e->status);
    const char *const texts[] = { e->who, e->role, e->from, e->act, e->detail };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) add_text(&h, texts[i]);
    crypto_hash_sha256_final(&h, digest);
    sodium_bin2hex(out, AUDIT_HASH_MAX, digest, sizeof digest);
}

static void read_entry(sqlite3_stmt *st, struct audit_entry *e)
{
    e->seq = (uint64_t)sqlite3_column_int64(st, 0);
    e->at_ms = sqlite3_column_int64(st, 1);
    db_text(st, 2, e->who, sizeof e->who);
    db_text(st, 3, e->role, sizeof e->role);
    db_text(st, 4, e->from, sizeof e->from);
    db_text(st, 5, e->act, sizeof e->act);
    e->status = sqlite3_column_int(st, 6);
    db_text(st, 7, e->detail, sizeof e->detail);
    db_text(st, 8, e->hash, sizeof e->hash);
}

bool audit_before(struct records *r, uint64_t before, struct audit_entry *out)
{
    sqlite3_stmt *st = db_prepare(r, "SELECT " COLUMNS " FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1");
    if (st) sqlite3_bind_int64(st, 1, before ? (sqlite3_int64)before : INT64_MAX);
    bool found = st && sqlite3_step(st) == SQLITE_ROW;
    if (found) read_entry(st, out);
    sqlite3_finalize(st);
    return found;
}

static bool insert(struct records *r, const struct audit_entry *e)
{
    sqlite3_stmt *st = db_prepare(r, "INSERT INTO audit(" COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!st) return false;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)e->seq);
    sqlite3_bind_int64(st, 2, e->at_ms);
    sqlite3_bind_int(st, 7, e->status);
    bool ok = db_bind(st, 3, e->who) && db_bind(st, 4, e->role) && db_bind(st, 5, e->from) && db_bind(st, 6, e->act) &&
              db_bind(st, 8, e->detail) && db_bind(st, 9, e->hash);
    if (ok) return db_done(st);
    sqlite3_finalize(st);
    return false;
}

/* In one transaction with looking for the last entry: two programs may write. */
int audit_append(struct records *r, const struct audit_entry *e)
{
    struct audit_entry last, next = *e;
    if (sqlite3_exec(r->db, "BEGIN IMMEDIATE", NULL, NULL, NULL)) return ORD_EBUSY;
    bool first = !audit_before(r, 0, &last);
    next.seq = first ? 1 : last.seq + 1;
    link_hash(&next, first ? "" : last.hash, next.hash);
    bool ok = insert(r, &next);
    if (sqlite3_exec(r->db, ok ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL)) ok = false;
    return ok ? ORD_OK : ORD_EIO;
}

int audit_verify(struct records *r, struct audit_verdict *out)
{
    struct audit_entry e;
    char wanted[AUDIT_HASH_MAX];
    *out = (struct audit_verdict){ .whole = true };
    sqlite3_stmt *st = db_prepare(r, "SELECT " COLUMNS " FROM audit ORDER BY seq");
    int rc = st ? SQLITE_ROW : SQLITE_NOMEM;
    while (st && (rc = sqlite3_step(st)) == SQLITE_ROW && out->whole) {
        read_entry(st, &e);
        uint64_t number = out->entries + 1;
        link_hash(&e, out->last, wanted);
        out->whole = e.seq == number && strcmp(wanted, e.hash) == 0;
        if (!out->whole) out->broken = number;
        else {
            out->entries = number;
            memcpy(out->last, e.hash, sizeof out->last);
        }
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? ORD_OK : ORD_EIO;
}

/* ---- scans ---- */
int scan_put(struct records *r, const struct scan *s)
{
    sqlite3_stmt *st =
        db_prepare(r, "INSERT OR REPLACE INTO scan(tag, station, who, job, at_ms) VALUES(?, ?, ?, ?, ?)");
    bool ok = st && db_bind(st, 1, s->tag) && db_bind(st, 2, s->station) && db_bind(st, 3, s->who) &&
              sqlite3_bind_int64(st, 4, s->job) == SQLITE_OK && sqlite3_bind_int64(st, 5, s->at_ms) == SQLITE_OK;
    if (ok) return db_done(st) ? ORD_OK : ORD_EIO;
    sqlite3_finalize(st);
    return ORD_EIO;
}

static bool one_scan(struct records *r, const char *sql, const char *tag, struct scan *out)
{
    sqlite3_stmt *st = db_prepare(r, sql);
    if (st) db_bind(st, 1, tag);
    bool found = st && sqlite3_step(st) == SQLITE_ROW;
    if (found) {
        db_text(st, 0, out->tag, sizeof out->tag);
        db_text(st, 1, out->station, sizeof out->station);
        db_text(st, 2, out->who, sizeof out->who);
        out->job = (uint32_t)sqlite3_column_int64(st, 3);
        out->at_ms = sqlite3_column_int64(st, 4);
    }
    sqlite3_finalize(st);
    return found;
}

bool scan_find(struct records *r, const char *tag, struct scan *out)
{
    return one_scan(r, "SELECT tag, station, who, job, at_ms FROM scan WHERE tag = ?", tag, out);
}

bool scan_after(struct records *r, const char *tag, struct scan *out)
{
    return one_scan(r, "SELECT tag, station, who, job, at_ms FROM scan WHERE tag > ? ORDER BY tag LIMIT 1", tag, out);
}
