#define _GNU_SOURCE /* strerror_r that gives the text */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define FORMAT "orderly-journal/1"
#define SCHEMA 1                           /* additions to the format; PRAGMA user_version */
#define APPLICATION_ID 1332896842          /* "OrdJ": tells file(1) whose database it is */
#define QUEUE_BYTES_MAX ((size_t)64 << 20) /* inputs waiting for the disk; beyond it append refuses with ORD_EFULL */
#define TAIL_CHECKED 1000
#define BUSY_WAIT_MS 2000
#define PATH_BYTES 1024

/* ---- what SQLite says, in our words ----------------------------------------------------------------------------- */

static int sql_err(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return ORD_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ORD_EBUSY;
    case SQLITE_FULL: return ORD_EFULL;
    case SQLITE_NOMEM: return ORD_EMEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* our statements are fixed: one that does not compile meets a foreign table */
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT: return ORD_ECORRUPT;
    default: return ORD_EIO;
    }
}

static int sql_fail(sqlite3 *db, int rc, const char *path, struct err_note *note)
{
    int err = sql_err(rc);
    switch (rc & 0xFF) {
    case SQLITE_NOTADB:
        return err_at(note, err, path, "is not an orderly journal: it is not even a database; name another file");
    case SQLITE_ERROR:
        return err_at(note, err, path, "is a database of something else, not an orderly journal; name another file");
    case SQLITE_CORRUPT:
        return err_at(note, err, path,
                      "is cut or damaged (%s); restore it from a backup, or move it away to begin a new journal",
                      db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    case SQLITE_FULL: return err_at(note, err, path, "the disk is full; make room and start again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_at(note, err, path, "another program holds the database locked; close it and try again");
    default: return err_at(note, err, path, "%s", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    }
}

/* The one value of a query; *found tells whether there was a row. */
static int query_int(sqlite3 *db, const char *sql, int64_t *v, bool *found)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    *found = rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL;
    *v = *found ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Bind the key and leave `*st` on the value, or at SQLITE_DONE. */
static int query_meta(sqlite3 *db, const char *key, sqlite3_stmt **st)
{
    int rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = ?", -1, st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_bind_text(*st, 1, key, -1, SQLITE_STATIC);
    return rc == SQLITE_OK ? sqlite3_step(*st) : rc;
}

static int meta_text(sqlite3 *db, const char *key, char *dst, size_t size)
{
    sqlite3_stmt *st = NULL;
    int rc = query_meta(db, key, &st);
    const char *v = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
    text_copy(dst, size, v ? v : "");
    sqlite3_finalize(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int check_schema(sqlite3 *db, const char *path, int64_t *schema, struct err_note *note)
{
    bool found;
    int rc = query_int(db, "PRAGMA user_version", schema, &found);
    if (rc == SQLITE_OK && *schema >= 1)
        rc = query_int(db, "SELECT seq, layout, hash, state FROM snapshot LIMIT 1", &(int64_t){ 0 }, &found);
    if (rc != SQLITE_OK) return sql_fail(db, rc, path, note);
    if (*schema >= 0 && *schema <= SCHEMA) return ORD_OK;
    return err_at(note, ORD_EVERSION, path,
                  "was written by a newer program (schema %lld, this one knows up to %d); start that one, or name "
                  "another file",
                  (long long)*schema, SCHEMA);
}

/* Is this ours, and of a version we read? Every column is named, so a table of another shape is noticed. */
static int check_shape(sqlite3 *db, const char *path, int64_t *schema, struct err_note *note)
{
    static const char *const shapes[] = {
        "SELECT key, value FROM meta LIMIT 1",
        "SELECT seq, at_ms, wall_ms, kind, body, note FROM input LIMIT 1",
        "SELECT seq, hash FROM mark LIMIT 1",
    };
    int64_t v;
    bool found;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        int rc = query_int(db, shapes[i], &v, &found);
        if (rc != SQLITE_OK) return sql_fail(db, rc, path, note);
    }
    char format[64];
    int rc = meta_text(db, "format", format, sizeof format);
    if (rc != SQLITE_OK) return sql_fail(db, rc, path, note);
    if (strcmp(format, FORMAT) == 0) return check_schema(db, path, schema, note);
    return err_at(note, ORD_EVERSION, path, "has format \"%s\"; this program reads \"%s\"", format, FORMAT);
}

/* ---- opening for writing ---------------------------------------------------------------------------------------- */

enum item { ITEM_INPUT, ITEM_MARK, ITEM_SNAPSHOT };

struct queued { /* in front of each queued item; body and note follow it */
    uint64_t seq, hash, layout;
    ms_t at_ms;
    int64_t wall_ms;
    int kind;
    enum item item;
    bool has_note;
    uint32_t body_len, note_len;
};

struct batch {
    unsigned char *bytes;
    size_t used, size;
    uint64_t items;
};

/* The owner's thread fills `gather`; the writer thread swaps it with `write` and owns that and `db` while it runs. */
struct journal {
    sqlite3 *db;
    sqlite3_stmt *insert_input, *insert_mark, *insert_snapshot, *drop_snapshots;
    int lock_fd;
    uint32_t window_ms;
    void (*committed)(void *ctx, uint64_t seq);
    void *ctx;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards everything below but the atomics' reads */
    pthread_cond_t work, done;
    struct batch gather, write;
    uint64_t appended, items_in, items_out;
    bool hurry, stop;
    _Atomic uint64_t durable;
    _Atomic int error; /* sticky */
};

static int lock_take(const char *path, int *fd, struct err_note *note)
{
    char name[PATH_BYTES];
    struct text t;
    text_init(&t, name, sizeof name);
    text_put(&t, path);
    text_put(&t, ".lock");
    if (t.cut) return err_at(note, ORD_ERANGE, path, "the path is longer than %d bytes", PATH_BYTES - 8);
    *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*fd < 0) {
        char text[96];
        return err_at(note, ORD_EIO, name, "cannot be created (%s); its folder must exist and be writable",
                      strerror_r(errno, text, sizeof text));
    }
    char pid[24] = "";
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = pread(*fd, pid, sizeof pid - 1, 0);
        if (n > 0) pid[strcspn(pid, "\n")] = '\0';
        close(*fd);
        return err_at(note, ORD_EBUSY, path,
                      "another controller (process %s) uses this journal; stop it or name another file",
                      n > 0 ? pid : "?");
    }
    /* The number only serves the message above, so a failure to write it is not an error. */
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(*fd, 0) != 0 || pwrite(*fd, pid, (size_t)len, 0) != len) errno = 0;
    return ORD_OK;
}

static int put_meta(sqlite3 *db, const char *key, const void *value, size_t n, bool is_text)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "INSERT INTO meta(key, value) VALUES(?, ?)", -1, &st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && is_text) rc = sqlite3_bind_text(st, 2, value, (int)n, SQLITE_STATIC);
    if (rc == SQLITE_OK && !is_text) rc = sqlite3_bind_blob64(st, 2, value ? value : "", n, SQLITE_STATIC);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void hash_text(char out[17], uint64_t v) { snprintf(out, 17, "%016llx", (unsigned long long)v); }

#define SNAPSHOT_TABLE                                                                               \
    "CREATE TABLE snapshot(seq INTEGER PRIMARY KEY, layout INTEGER NOT NULL, hash INTEGER NOT NULL," \
    " state BLOB NOT NULL);"                                                                         \
    "PRAGMA user_version = 1;"

/* From any older schema to ours, whole or not at all. */
static int migrate(sqlite3 *db, int64_t schema)
{
    if (schema >= SCHEMA) return SQLITE_OK;
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE;" SNAPSHOT_TABLE "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

/* All of it in one transaction: a crash leaves either no journal or a whole one. */
static int create_tables(sqlite3 *db, const struct journal_config *cfg)
{
    char site[17], fleet[17], rounds[17], pragma[64];
    hash_text(site, cfg->site_hash);
    hash_text(fleet, cfg->fleet_hash);
    hash_text(rounds, cfg->rounds_hash);
    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d", APPLICATION_ID);
    int rc =
        sqlite3_exec(db,
                     "BEGIN IMMEDIATE;"
                     "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
                     "CREATE TABLE input(seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL,"
                     " kind INTEGER NOT NULL, body BLOB NOT NULL, note TEXT);"
                     "CREATE TABLE mark(seq INTEGER PRIMARY KEY, hash INTEGER NOT NULL);" SNAPSHOT_TABLE,
                     NULL, NULL, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, pragma, NULL, NULL, NULL);
    if (rc == SQLITE_OK) rc = put_meta(db, "format", FORMAT, strlen(FORMAT), true);
    if (rc == SQLITE_OK) rc = put_meta(db, "site_hash", site, strlen(site), true);
    if (rc == SQLITE_OK) rc = put_meta(db, "fleet_hash", fleet, strlen(fleet), true);
    if (rc == SQLITE_OK) rc = put_meta(db, "site", cfg->site_bytes, cfg->site_len, false);
    if (rc == SQLITE_OK) rc = put_meta(db, "fleet", cfg->fleet_bytes, cfg->fleet_len, false);
    if (cfg->rounds_bytes) {
        if (rc == SQLITE_OK) rc = put_meta(db, "rounds_hash", rounds, strlen(rounds), true);
        if (rc == SQLITE_OK) rc = put_meta(db, "rounds", cfg->rounds_bytes, cfg->rounds_len, false);
    }
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    return rc;
}

static int check_hash(sqlite3 *db, const struct journal_config *cfg, const char *key, uint64_t want, const char *what,
                      struct err_note *note)
{
    char have[32], text[17];
    hash_text(text, want);
    int rc = meta_text(db, key, have, sizeof have);
    if (rc != SQLITE_OK) return sql_fail(db, rc, cfg->path, note);
    if (strcmp(have, text) == 0 || (!have[0] && want == 0)) return ORD_OK;
    return err_at(
        note, ORD_EREFUSED, cfg->path,
        "belongs to another %s (hash %s, now %s); bring the old %s back, or begin a new journal in another file", what,
        have[0] ? have : "none", text, what);
}

/* The numbers at the end must be whole: they are what recovery continues from. The reader checks all the others. */
static int check_tail(sqlite3 *db, const char *path, uint64_t *last, struct err_note *note)
{
    sqlite3_stmt *st = NULL;
    int64_t n = 0, least = 0, most = 0, marked = 0;
    bool found;
    int rc = sqlite3_prepare_v2(
        db, "SELECT count(*), min(seq), max(seq) FROM (SELECT seq FROM input ORDER BY seq DESC LIMIT ?)", -1, &st,
        NULL);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int(st, 1, TAIL_CHECKED);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        n = sqlite3_column_int64(st, 0);
        least = sqlite3_column_int64(st, 1);
        most = sqlite3_column_int64(st, 2);
    }
    sqlite3_finalize(st);
    if (rc == SQLITE_ROW) rc = query_int(db, "SELECT max(seq) FROM mark", &marked, &found);
    if (rc != SQLITE_OK) return sql_fail(db, rc, path, note);
    *last = (uint64_t)most;
    if (n > 0 && (most - least + 1 != n || (n < TAIL_CHECKED && least != 1) || least < 1))
        return err_at(note, ORD_ECORRUPT, path, "inputs are missing before number %lld; restore it from a backup",
                      (long long)most);
    if (marked > most)
        return err_at(note, ORD_ECORRUPT, path, "inputs %lld to %lld are missing; restore it from a backup",
                      (long long)most + 1, (long long)marked);
    return ORD_OK;
}

static int prepare(struct journal *j)
{
    struct {
        sqlite3_stmt **st;
        const char *sql;
    } const all[] = {
        { &j->insert_input, "INSERT INTO input(seq, at_ms, wall_ms, kind, body, note) VALUES(?, ?, ?, ?, ?, ?)" },
        /* The first mark of a number stands: a later, different one would hide that two runs disagreed. */
        { &j->insert_mark, "INSERT OR IGNORE INTO mark(seq, hash) VALUES(?, ?)" },
        /* A later snapshot of a number is written by who could not use the first one. */
        { &j->insert_snapshot, "INSERT OR REPLACE INTO snapshot(seq, layout, hash, state) VALUES(?, ?, ?, ?)" },
        { &j->drop_snapshots,
          "DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?)" },
    };
    int rc = SQLITE_OK;
    for (size_t i = 0; i < COUNT_OF(all) && rc == SQLITE_OK; i++)
        rc = sqlite3_prepare_v3(j->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].st, NULL);
    return rc;
}

static int database_open(struct journal *j, const struct journal_config *cfg, struct err_note *note)
{
    int64_t tables = 0, schema = SCHEMA;
    bool found;
    int rc = sqlite3_open_v2(cfg->path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_busy_timeout(j->db, BUSY_WAIT_MS);
    if (rc == SQLITE_OK) rc = query_int(j->db, "SELECT count(*) FROM sqlite_master", &tables, &found);
    if (rc != SQLITE_OK) return sql_fail(j->db, rc, cfg->path, note);
    /* Look before touching: someone else's database must not even change its journal mode. */
    int err = tables ? check_shape(j->db, cfg->path, &schema, note) : ORD_OK;
    if (err) return err;
    rc = sqlite3_exec(j->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", NULL, NULL, NULL);
    if (rc == SQLITE_OK && !tables) rc = create_tables(j->db, cfg);
    if (rc != SQLITE_OK) return sql_fail(j->db, rc, cfg->path, note);
    err = check_hash(j->db, cfg, "site_hash", cfg->site_hash, "site", note);
    if (!err) err = check_hash(j->db, cfg, "fleet_hash", cfg->fleet_hash, "fleet", note);
    if (!err) err = check_hash(j->db, cfg, "rounds_hash", cfg->rounds_hash, "timetable", note);
    uint64_t last = 0;
    if (!err) err = check_tail(j->db, cfg->path, &last, note);
    if (err) return err;
    j->appended = last;
    atomic_store(&j->durable, last);
    rc = migrate(j->db, schema);
    if (rc == SQLITE_OK) rc = prepare(j);
    return rc == SQLITE_OK ? ORD_OK : sql_fail(j->db, rc, cfg->path, note);
}

static void database_close(struct journal *j)
{
    sqlite3_finalize(j->insert_input);
    sqlite3_finalize(j->insert_mark);
    sqlite3_finalize(j->insert_snapshot);
    sqlite3_finalize(j->drop_snapshots);
    sqlite3_close(j->db);
}

/* ---- the writer thread ------------------------------------------------------------------------------------------ */

/* Runs a bound statement that gives no rows. */
static int run(sqlite3_stmt *st, int rc)
{
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int insert_input(sqlite3_stmt *st, const struct queued *q, const char *body, const char *note)
{
    int rc = sqlite3_bind_int64(st, 1, (sqlite3_int64)q->seq);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, q->at_ms);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 3, q->wall_ms);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int(st, 4, q->kind);
    if (rc == SQLITE_OK) rc = sqlite3_bind_blob(st, 5, body, (int)q->body_len, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = q->has_note ? sqlite3_bind_text(st, 6, note, (int)q->note_len, SQLITE_STATIC) : sqlite3_bind_null(st, 6);
    return run(st, rc);
}

static int insert_mark(sqlite3_stmt *st, const struct queued *q)
{
    int rc = sqlite3_bind_int64(st, 1, (sqlite3_int64)q->seq);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)q->hash);
    return run(st, rc);
}

static int insert_snapshot(struct journal *j, const struct queued *q, const char *state)
{
    sqlite3_stmt *st = j->insert_snapshot;
    int rc = sqlite3_bind_int64(st, 1, (sqlite3_int64)q->seq);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)q->layout);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)q->hash);
    if (rc == SQLITE_OK) rc = sqlite3_bind_blob(st, 4, state, (int)q->body_len, SQLITE_STATIC);
    rc = run(st, rc);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int(j->drop_snapshots, 1, JOURNAL_SNAPSHOTS);
    return rc == SQLITE_OK ? run(j->drop_snapshots, rc) : rc;
}

static int insert(struct journal *j, const struct queued *q, const char *body, const char *note)
{
    switch (q->item) {
    case ITEM_INPUT: return insert_input(j->insert_input, q, body, note);
    case ITEM_MARK: return insert_mark(j->insert_mark, q);
    case ITEM_SNAPSHOT: return insert_snapshot(j, q, body);
    }
    return SQLITE_MISUSE;
}

static int commit_batch(struct journal *j, const struct batch *b, uint64_t *last)
{
    int rc = sqlite3_exec(j->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (size_t at = 0; rc == SQLITE_OK && at < b->used;) {
        struct queued q;
        memcpy(&q, b->bytes + at, sizeof q);
        const char *body = (const char *)b->bytes + at + sizeof q;
        rc = insert(j, &q, body, body + q.body_len);
        if (q.item == ITEM_INPUT) *last = q.seq;
        at += sizeof q + q.body_len + q.note_len;
    }
    if (rc == SQLITE_OK) rc = sqlite3_exec(j->db, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK) sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
    return sql_err(rc);
}

static struct timespec later(struct timespec t, uint32_t ms)
{
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Wait for something to write, and then until a window has passed since the last commit: a lone input after a quiet
 * time is written at once, a burst shares its fsync. */
static bool wait_for_batch(struct journal *j, const struct timespec *next)
{
    while (j->gather.items == 0 && !j->stop) pthread_cond_wait(&j->work, &j->mutex);
    while (!j->hurry && !j->stop)
        if (pthread_cond_timedwait(&j->work, &j->mutex, next) == ETIMEDOUT) break;
    return j->gather.items > 0;
}

static void *writer(void *arg)
{
    struct journal *j = arg;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&j->mutex);
    while (wait_for_batch(j, &next)) {
        struct batch b = j->gather;
        j->gather = j->write;
        j->write = b;
        j->hurry = false;
        pthread_mutex_unlock(&j->mutex);
        uint64_t before = atomic_load(&j->durable), last = before;
        int err = atomic_load(&j->error);
        if (!err) err = commit_batch(j, &b, &last);
        if (err) last = before;
        bool news = err ? atomic_exchange(&j->error, err) == ORD_OK : last > before;
        if (!err) atomic_store(&j->durable, last);
        if (news && j->committed) j->committed(j->ctx, last);
        clock_gettime(CLOCK_MONOTONIC, &next);
        next = later(next, j->window_ms);
        pthread_mutex_lock(&j->mutex);
        j->items_out += b.items;
        j->write.used = 0;
        j->write.items = 0;
        pthread_cond_broadcast(&j->done);
    }
    pthread_mutex_unlock(&j->mutex);
    return NULL;
}

static int writer_start(struct journal *j)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&j->mutex, NULL);
    pthread_cond_init(&j->work, &attr);
    pthread_cond_init(&j->done, NULL);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&j->thread, NULL, writer, j) == 0) return ORD_OK;
    pthread_cond_destroy(&j->done);
    pthread_cond_destroy(&j->work);
    pthread_mutex_destroy(&j->mutex);
    return ORD_EMEMORY;
}

/* ---- the owner's calls ------------------------------------------------------------------------------------------ */

int journal_open(struct journal **out, const struct journal_config *cfg, struct err_note *note)
{
    *out = NULL;
    struct journal *j = calloc(1, sizeof *j);
    if (!j) return err_at(note, ORD_EMEMORY, cfg->path, "out of memory");
    j->window_ms = cfg->window_ms < 50 ? cfg->window_ms : 50;
    j->committed = cfg->committed;
    j->ctx = cfg->ctx;
    int err = lock_take(cfg->path, &j->lock_fd, note);
    if (err) goto fail_lock;
    err = database_open(j, cfg, note);
    if (err) goto fail_database;
    err = writer_start(j);
    if (err) {
        err_at(note, err, cfg->path, "the writer thread did not start");
        goto fail_database;
    }
    *out = j;
    return ORD_OK;
fail_database:
    database_close(j);
    close(j->lock_fd);
fail_lock:
    free(j);
    return err;
}

uint64_t journal_last(const struct journal *j) { return atomic_load(&j->durable); }

int journal_error(const struct journal *j) { return atomic_load(&j->error); }

static int batch_grow(struct batch *b, size_t need)
{
    if (need <= b->size - b->used) return ORD_OK;
    if (b->used + need > QUEUE_BYTES_MAX) return ORD_EFULL;
    size_t size = b->size ? b->size : 65536;
    while (size - b->used < need) size *= 2;
    unsigned char *bytes = realloc(b->bytes, size);
    if (!bytes) return ORD_EMEMORY;
    b->bytes = bytes;
    b->size = size;
    return ORD_OK;
}

static int enqueue(struct journal *j, const struct queued *q, const void *body, const char *note)
{
    struct batch *b = &j->gather;
    int err = batch_grow(b, sizeof *q + q->body_len + q->note_len);
    if (err) return err;
    memcpy(b->bytes + b->used, q, sizeof *q);
    b->used += sizeof *q;
    if (q->body_len) memcpy(b->bytes + b->used, body, q->body_len);
    b->used += q->body_len;
    if (q->note_len) memcpy(b->bytes + b->used, note, q->note_len);
    b->used += q->note_len;
    b->items++;
    j->items_in++;
    return ORD_OK;
}

int journal_append(struct journal *j, const struct journal_row *row)
{
    size_t note_len = row->note ? strlen(row->note) : 0;
    if (row->body_len > QUEUE_BYTES_MAX || note_len > QUEUE_BYTES_MAX) return ORD_EFULL;
    struct queued q = { .seq = row->seq,
                        .at_ms = row->at_ms,
                        .wall_ms = row->wall_ms,
                        .kind = row->kind,
                        .has_note = row->note != NULL,
                        .body_len = (uint32_t)row->body_len,
                        .note_len = (uint32_t)note_len };
    int err = atomic_load(&j->error);
    if (err) return err;
    pthread_mutex_lock(&j->mutex);
    err = row->seq == j->appended + 1 ? enqueue(j, &q, row->body, row->note) : ORD_ERANGE;
    if (!err) {
        j->appended = row->seq;
        pthread_cond_signal(&j->work);
    }
    pthread_mutex_unlock(&j->mutex);
    return err;
}

/* What is said about an input that was appended before. */
static int enqueue_about(struct journal *j, const struct queued *q, const void *body)
{
    int err = atomic_load(&j->error);
    if (err) return err;
    pthread_mutex_lock(&j->mutex);
    err = q->seq <= j->appended ? enqueue(j, q, body, NULL) : ORD_ERANGE;
    if (!err) pthread_cond_signal(&j->work);
    pthread_mutex_unlock(&j->mutex);
    return err;
}

int journal_mark(struct journal *j, uint64_t seq, uint64_t hash)
{
    struct queued q = { .seq = seq, .hash = hash, .item = ITEM_MARK };
    return enqueue_about(j, &q, NULL);
}

int journal_snapshot(struct journal *j, const struct journal_snapshot *s)
{
    if (s->state_len > QUEUE_BYTES_MAX) return ORD_EFULL;
    struct queued q = {
        .seq = s->seq, .hash = s->hash, .layout = s->layout, .item = ITEM_SNAPSHOT, .body_len = (uint32_t)s->state_len
    };
    return enqueue_about(j, &q, s->state);
}

int journal_flush(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    uint64_t until = j->items_in;
    while (j->items_out < until) {
        j->hurry = true;
        pthread_cond_signal(&j->work);
        pthread_cond_wait(&j->done, &j->mutex);
    }
    pthread_mutex_unlock(&j->mutex);
    return atomic_load(&j->error);
}

void journal_close(struct journal *j)
{
    if (!j) return;
    pthread_mutex_lock(&j->mutex);
    j->stop = true;
    pthread_cond_signal(&j->work);
    pthread_mutex_unlock(&j->mutex);
    pthread_join(j->thread, NULL);
    pthread_cond_destroy(&j->done);
    pthread_cond_destroy(&j->work);
    pthread_mutex_destroy(&j->mutex);
    database_close(j);
    close(j->lock_fd); /* the lock ends with it; the file stays, because removing it would race with the next opener */
    free(j->gather.bytes);
    free(j->write.bytes);
    free(j);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct meta {
    struct meta *next;
    char key[16];
    size_t n;
    unsigned char bytes[];
};

/* One read transaction for its whole life: rows, marks and meta are of one moment, whatever is written meanwhile. */
struct journal_reader {
    sqlite3 *db;
    sqlite3_stmt *rows, *marks, *snapshot;
    struct meta *meta;
    uint64_t seq; /* of the last row given out */
    ms_t at_ms;
    char path[PATH_BYTES];
};

static int sql_seek(struct journal_reader *r, uint64_t seq)
{
    int rc = sqlite3_bind_int64(r->rows, 1, (sqlite3_int64)seq);
    return rc == SQLITE_OK ? sqlite3_bind_int64(r->marks, 1, (sqlite3_int64)seq) : rc;
}

static int reader_prepare(struct journal_reader *r, struct err_note *note)
{
    int rc = sqlite3_open_v2(r->path, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if ((rc & 0xFF) == SQLITE_CANTOPEN && access(r->path, F_OK) != 0)
        return err_at(note, ORD_ENOTFOUND, r->path, "there is no such journal");
    if (rc == SQLITE_OK) rc = sqlite3_busy_timeout(r->db, BUSY_WAIT_MS);
    if (rc == SQLITE_OK) rc = sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL);
    if (rc != SQLITE_OK) return sql_fail(r->db, rc, r->path, note);
    int64_t schema = 0;
    int err = check_shape(r->db, r->path, &schema, note);
    if (err) return err;
    rc = sqlite3_prepare_v2(r->db, "SELECT seq, at_ms, wall_ms, kind, body, note FROM input WHERE seq > ? ORDER BY seq",
                            -1, &r->rows, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(r->db, "SELECT seq, hash FROM mark WHERE seq > ? ORDER BY seq", -1, &r->marks, NULL);
    if (rc == SQLITE_OK && schema >= 1)
        rc = sqlite3_prepare_v2(r->db,
                                "SELECT seq, layout, hash, state FROM snapshot WHERE seq < ? ORDER BY seq DESC LIMIT 1",
                                -1, &r->snapshot, NULL);
    if (rc == SQLITE_OK) rc = sql_seek(r, 0);
    return rc == SQLITE_OK ? ORD_OK : sql_fail(r->db, rc, r->path, note);
}

int journal_read(struct journal_reader **out, const char *path, struct err_note *note)
{
    *out = NULL;
    struct journal_reader *r = calloc(1, sizeof *r);
    if (!r) return err_at(note, ORD_EMEMORY, path, "out of memory");
    int err = text_copy(r->path, sizeof r->path, path) ? reader_prepare(r, note)
                                                       : err_at(note, ORD_ERANGE, path, "the path is too long");
    if (err) {
        journal_read_close(r);
        return err;
    }
    *out = r;
    return ORD_OK;
}

static int reader_end(struct journal_reader *r, struct err_note *note)
{
    int64_t marked;
    bool found;
    int rc = query_int(r->db, "SELECT max(seq) FROM mark", &marked, &found);
    if (rc != SQLITE_OK) return sql_fail(r->db, rc, r->path, note);
    if (!found || (uint64_t)marked <= r->seq) return 0;
    return err_at(note, ORD_ECORRUPT, r->path, "inputs %llu to %lld are missing at the end; restore it from a backup",
                  (unsigned long long)r->seq + 1, (long long)marked);
}

int journal_next(struct journal_reader *r, struct journal_row *row, struct err_note *note)
{
    int rc = sqlite3_step(r->rows);
    if (rc == SQLITE_DONE) return reader_end(r, note);
    if (rc != SQLITE_ROW) {
        if ((rc & 0xFF) != SQLITE_CORRUPT) return sql_fail(r->db, rc, r->path, note);
        return err_at(note, ORD_ECORRUPT, r->path, "is cut or damaged after input %llu; restore it from a backup",
                      (unsigned long long)r->seq);
    }
    int64_t seq = sqlite3_column_int64(r->rows, 0), at_ms = sqlite3_column_int64(r->rows, 1);
    if (seq != (int64_t)r->seq + 1)
        return err_at(note, ORD_ECORRUPT, r->path, "input %llu is missing (%lld follows); restore it from a backup",
                      (unsigned long long)r->seq + 1, (long long)seq);
    if (at_ms < r->at_ms)
        return err_at(note, ORD_ECORRUPT, r->path, "the time of input %lld runs backwards; restore it from a backup",
                      (long long)seq);
    r->seq = (uint64_t)seq;
    r->at_ms = at_ms;
    row->seq = r->seq;
    row->at_ms = at_ms;
    row->wall_ms = sqlite3_column_int64(r->rows, 2);
    row->kind = sqlite3_column_int(r->rows, 3);
    row->body = sqlite3_column_blob(r->rows, 4);
    row->body_len = (size_t)sqlite3_column_bytes(r->rows, 4);
    row->note = (const char *)sqlite3_column_text(r->rows, 5);
    return 1;
}

int journal_next_mark(struct journal_reader *r, uint64_t *seq, uint64_t *hash)
{
    int rc = sqlite3_step(r->marks);
    if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? 0 : sql_err(rc);
    *seq = (uint64_t)sqlite3_column_int64(r->marks, 0);
    *hash = (uint64_t)sqlite3_column_int64(r->marks, 1);
    return 1;
}

int journal_skip(struct journal_reader *r, uint64_t seq)
{
    sqlite3_reset(r->rows);
    sqlite3_reset(r->marks);
    r->seq = seq;
    return sql_err(sql_seek(r, seq));
}

int journal_snapshot_before(struct journal_reader *r, uint64_t before, struct journal_snapshot *out)
{
    sqlite3_stmt *st = r->snapshot;
    if (!st) return 0;
    sqlite3_reset(st);
    int64_t limit = before > INT64_MAX ? INT64_MAX : (int64_t)before;
    int rc = sqlite3_bind_int64(st, 1, limit);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? 0 : sql_err(rc);
    *out = (struct journal_snapshot){ .seq = (uint64_t)sqlite3_column_int64(st, 0),
                                      .layout = (uint64_t)sqlite3_column_int64(st, 1),
                                      .hash = (uint64_t)sqlite3_column_int64(st, 2),
                                      .state = sqlite3_column_blob(st, 3),
                                      .state_len = (size_t)sqlite3_column_bytes(st, 3) };
    return 1;
}

static int meta_load(struct journal_reader *r, const char *key, struct meta **out)
{
    sqlite3_stmt *st = NULL;
    struct meta *m = NULL;
    int rc = query_meta(r->db, key, &st), err = rc == SQLITE_DONE ? ORD_ENOTFOUND : sql_err(rc);
    if (rc == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(st, 0);
        size_t n = (size_t)sqlite3_column_bytes(st, 0);
        m = malloc(sizeof *m + n + 1);
        if (!m) err = ORD_EMEMORY;
        if (m && n) memcpy(m->bytes, bytes, n);
        if (m) m->n = n;
    }
    sqlite3_finalize(st);
    *out = m;
    return err;
}

int journal_meta(struct journal_reader *r, const char *key, const void **bytes, size_t *n)
{
    struct meta *m = r->meta;
    while (m && strcmp(m->key, key) != 0) m = m->next;
    if (!m) {
        int err = strlen(key) < sizeof m->key ? meta_load(r, key, &m) : ORD_ENOTFOUND;
        if (!m) return err ? err : ORD_EIO;
        text_copy(m->key, sizeof m->key, key);
        m->bytes[m->n] = '\0'; /* a convenience for text; not counted in *n */
        m->next = r->meta;
        r->meta = m;
    }
    *bytes = m->bytes;
    *n = m->n;
    return ORD_OK;
}

void journal_read_close(struct journal_reader *r)
{
    if (!r) return;
    sqlite3_finalize(r->rows);
    sqlite3_finalize(r->marks);
    sqlite3_finalize(r->snapshot);
    sqlite3_close(r->db);
    while (r->meta) {
        struct meta *m = r->meta;
        r->meta = m->next;
        free(m);
    }
    free(r);
}
