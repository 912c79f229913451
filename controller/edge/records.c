#include "records.h"

#include <assert.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text.h"
#include "records_db.h"

#define FORMAT "orderly-records/1"
#define BUSY_MS 2000

static const char tables[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES('format', '" FORMAT "');"
    "CREATE TABLE account(kind INTEGER NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, wards TEXT NOT NULL,"
    " secret TEXT NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;"
    "CREATE INDEX account_secret ON account(secret);"
    "CREATE TABLE audit(seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,"
    " origin TEXT NOT NULL, act TEXT NOT NULL, status INTEGER NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL);"
    "CREATE TABLE scan(tag TEXT PRIMARY KEY, station TEXT NOT NULL, who TEXT NOT NULL, job INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "COMMIT;";

/* ---- statements ---- */
bool db_bind(sqlite3_stmt *st, int at, const char *text)
{
    return sqlite3_bind_text(st, at, text, -1, SQLITE_TRANSIENT) == SQLITE_OK;
}

sqlite3_stmt *db_prepare(struct records *r, const char *sql)
{
    sqlite3_stmt *st = NULL;
    return sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) == SQLITE_OK ? st : NULL;
}

void db_text(sqlite3_stmt *st, int column, char *out, size_t size)
{
    const char *v = (const char *)sqlite3_column_text(st, column);
    text_copy(out, size, v ? v : "");
}

bool db_done(sqlite3_stmt *st)
{
    int rc = st ? sqlite3_step(st) : SQLITE_NOMEM;
    sqlite3_finalize(st);
    return rc == SQLITE_DONE;
}

/* ---- open ---- */
static int fail(sqlite3 *db, const char *path, struct err_note *note)
{
    int rc = sqlite3_errcode(db) & 0xFF;
    if (rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT)
        return err_at(note, ORD_ECORRUPT, path, "is damaged or no database (%s); restore it from a backup",
                      sqlite3_errmsg(db));
    return err_at(note, ORD_EIO, path, "%s", sqlite3_errmsg(db));
}

static int check_format(struct records *r, const char *path, struct err_note *note)
{
    char format[64] = "";
    sqlite3_stmt *st = db_prepare(r, "SELECT value FROM meta WHERE key = 'format'");
    if (st && sqlite3_step(st) == SQLITE_ROW) db_text(st, 0, format, sizeof format);
    sqlite3_finalize(st);
    if (strcmp(format, FORMAT) == 0) return ORD_OK;
    return err_at(note, ORD_EVERSION, path, "has format \"%s\"; this program reads \"" FORMAT "\"", format);
}

static int open_tables(struct records *r, const char *path, struct err_note *note)
{
    int64_t there = 0;
    sqlite3_busy_timeout(r->db, BUSY_MS);
    sqlite3_stmt *st = db_prepare(r, "SELECT count(*) FROM sqlite_master");
    if (!st || sqlite3_step(st) != SQLITE_ROW) {
        sqlite3_finalize(st);
        return fail(r->db, path, note);
    }
    there = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    /* NORMAL: a power cut may cost the last acts of the record, whose effects the journal holds; a crash costs none. */
    if (sqlite3_exec(r->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", NULL, NULL, NULL) ||
        (!there && sqlite3_exec(r->db, tables, NULL, NULL, NULL)))
        return fail(r->db, path, note);
    return check_format(r, path, note);
}

int records_open(struct records **out, const char *dir, struct err_note *note)
{
    char path[512];
    if ((size_t)snprintf(path, sizeof path, "%s/records.db", dir) >= sizeof path)
        return err_at(note, ORD_EFULL, dir, "the path is too long");
    struct records *r = calloc(1, sizeof *r);
    if (!r || sodium_init() < 0) {
        free(r);
        return err_at(note, ORD_EMEMORY, path, "out of memory");
    }
    mode_t mask = umask(0077); /* hashes of passwords are nobody else's business */
    int rc = sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    int err = rc == SQLITE_OK ? open_tables(r, path, note) : err_at(note, ORD_EIO, path, "%s", sqlite3_errstr(rc));
    umask(mask);
    if (err) {
        records_close(r);
        return err;
    }
    *out = r;
    return ORD_OK;
}

void records_close(struct records *r)
{
    if (!r) return;
    sqlite3_close(r->db);
    free(r);
}

/* ---- accounts ---- */
bool account_name_valid(const char *name)
{
    size_t n = strlen(name);
    if (n < 1 || n >= ACCOUNT_NAME_MAX || !text_utf8_valid(name, n) || name[0] == ' ' || name[n - 1] == ' ')
        return false;
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7F || *name == '/' || *name == '"') return false;
    return true;
}

bool account_wards_parse(struct account *a, const char *list)
{
    a->wards = 0;
    while (*list) {
        size_t n = strcspn(list, ",");
        if (n == 0 || n >= SITE_ID_MAX || a->wards == ACCOUNT_WARDS_MAX) return false;
        text_copy(a->ward[a->wards], n + 1, list);
        if (!text_id_valid(a->ward[a->wards++], SITE_ID_MAX - 1)) return false;
        list += n;
        list += *list == ',';
    }
    return true;
}

static void wards_text(const struct account *a, char *out, size_t size)
{
    struct text t;
    text_init(&t, out, size);
    for (uint8_t i = 0; i < a->wards; i++) {
        if (i) text_char(&t, ',');
        text_put(&t, a->ward[i]);
    }
}

/* A row of name, role, wards, secret. A role that this program does not know may only look. */
static void read_account(sqlite3_stmt *st, struct account *out)
{
    char role[16], wards[ACCOUNT_WARDS_MAX * SITE_ID_MAX];
    memset(out, 0, sizeof *out);
    db_text(st, 0, out->name, sizeof out->name);
    db_text(st, 1, role, sizeof role);
    db_text(st, 2, wards, sizeof wards);
    db_text(st, 3, out->secret, sizeof out->secret);
    out->role = ROLE_VIEWER;
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strcmp(role, role_name[i]) == 0) out->role = (enum role)i;
    account_wards_parse(out, wards);
}

static bool one_account(sqlite3_stmt *st, struct account *out)
{
    bool found = st && sqlite3_step(st) == SQLITE_ROW;
    if (found) read_account(st, out);
    sqlite3_finalize(st);
    return found;
}

uint32_t records_count(struct records *r, enum account_kind kind)
{
    sqlite3_stmt *st = db_prepare(r, "SELECT count(*) FROM account WHERE kind = ?");
    uint32_t n = 1; /* when it cannot be told, somebody must log in */
    if (st) sqlite3_bind_int(st, 1, kind);
    if (st && sqlite3_step(st) == SQLITE_ROW) n = (uint32_t)sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

bool records_find(struct records *r, enum account_kind kind, const char *name, struct account *out)
{
    sqlite3_stmt *st = db_prepare(r, "SELECT name, role, wards, secret FROM account WHERE kind = ? AND name = ?");
    if (st) sqlite3_bind_int(st, 1, kind);
    if (st) db_bind(st, 2, name);
    return one_account(st, out);
}

bool records_nth(struct records *r, enum account_kind kind, uint32_t i, struct account *out)
{
    sqlite3_stmt *st =
        db_prepare(r, "SELECT name, role, wards, secret FROM account WHERE kind = ? ORDER BY name LIMIT 1 OFFSET ?");
    if (st) sqlite3_bind_int(st, 1, kind);
    if (st) sqlite3_bind_int64(st, 2, i);
    return one_account(st, out);
}

int records_put(struct records *r, enum account_kind kind, const struct account *a)
{
    char wards[ACCOUNT_WARDS_MAX * SITE_ID_MAX];
    sqlite3_stmt *st =
        db_prepare(r, "INSERT OR REPLACE INTO account(kind, name, role, wards, secret) VALUES(?, ?, ?, ?, ?)");
    wards_text(a, wards, sizeof wards);
    bool ok = st && sqlite3_bind_int(st, 1, kind) == SQLITE_OK && db_bind(st, 2, a->name) &&
              db_bind(st, 3, role_name[a->role]) && db_bind(st, 4, wards) && db_bind(st, 5, a->secret);
    if (ok) return db_done(st) ? ORD_OK : ORD_EIO;
    sqlite3_finalize(st);
    return ORD_EMEMORY;
}

bool records_drop(struct records *r, enum account_kind kind, const char *name)
{
    sqlite3_stmt *st = db_prepare(r, "DELETE FROM account WHERE kind = ? AND name = ?");
    if (st) sqlite3_bind_int(st, 1, kind);
    if (st) db_bind(st, 2, name);
    return db_done(st) && sqlite3_changes(r->db) > 0;
}

/* ---- secrets ---- */
int password_hash(const char *password, char out[PASSWORD_HASH_MAX])
{
    static_assert(crypto_pwhash_STRBYTES <= PASSWORD_HASH_MAX, "a hash fits its field");
    if (crypto_pwhash_str_alg(out, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13))
        return ORD_EMEMORY;
    return ORD_OK;
}

bool password_fits(const char *hash, const char *password)
{
    char padded[crypto_pwhash_STRBYTES];
    memset(padded, 0, sizeof padded);
    text_copy(padded, sizeof padded, hash);
    return crypto_pwhash_str_verify(padded, password, strlen(password)) == 0;
}

static void key_hash(const char *text, char hash[PASSWORD_HASH_MAX])
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(hash, PASSWORD_HASH_MAX, digest, sizeof digest);
}

/* 32 random bytes need no slow hash: nobody guesses them. */
void key_make(char text[KEY_TEXT_MAX], char hash[PASSWORD_HASH_MAX])
{
    unsigned char raw[32];
    randombytes_buf(raw, sizeof raw);
    sodium_bin2base64(text, KEY_TEXT_MAX, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof raw);
    key_hash(text, hash);
}

bool records_by_key(struct records *r, const char *text, struct account *out)
{
    char hash[PASSWORD_HASH_MAX];
    key_hash(text, hash);
    sqlite3_stmt *st = db_prepare(r, "SELECT name, role, wards, secret FROM account WHERE secret = ? AND kind = ?");
    if (st) db_bind(st, 1, hash);
    if (st) sqlite3_bind_int(st, 2, ACCOUNT_KEY);
    return one_account(st, out);
}
