#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/journal.h"

/* ---- a file system that fails on demand: SQLite's own with two calls wrapped ------------------------------------ */

struct wrapped {             /* SQLite has different calls for the database and for its log */
    sqlite3_io_methods shim; /* first: a file's pMethods points here */
    const sqlite3_io_methods *real;
};

static sqlite3_vfs shim;
static const sqlite3_vfs *real_vfs;
static struct wrapped wrapped[4];
static _Atomic int fail_write, fail_sync; /* SQLite result to give, 0 = work normally */

static const sqlite3_io_methods *real_of(sqlite3_file *f)
{
    for (size_t i = 0; i < 4; i++)
        if (f->pMethods == &wrapped[i].shim) return wrapped[i].real;
    abort();
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return fail_write ? fail_write : real_of(f)->xWrite(f, p, n, at);
}

static int shim_sync(sqlite3_file *f, int flags) { return fail_sync ? fail_sync : real_of(f)->xSync(f, flags); }

static int shim_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    int rc = real_vfs->xOpen(v, name, f, flags, out);
    if (rc != SQLITE_OK || !f->pMethods) return rc;
    size_t i = 0;
    while (i < 3 && wrapped[i].real && wrapped[i].real != f->pMethods) i++;
    if (!wrapped[i].real) {
        wrapped[i].real = f->pMethods;
        wrapped[i].shim = *f->pMethods;
        wrapped[i].shim.xWrite = shim_write;
        wrapped[i].shim.xSync = shim_sync;
    }
    f->pMethods = &wrapped[i].shim;
    return rc;
}

static int install_shim(void **state)
{
    sqlite3_vfs *def = sqlite3_vfs_find(NULL);
    real_vfs = def;
    shim = *def;
    shim.zName = "shim";
    shim.xOpen = shim_open;
    shim.pNext = NULL;
    return sqlite3_vfs_register(&shim, 1) == SQLITE_OK ? 0 : -1;
}

/* ---- one journal in a fresh folder per test --------------------------------------------------------------------- */

static char dir[64], path[96];

static int fresh(void **state)
{
    strcpy(dir, "/tmp/orderly_journal_XXXXXX");
    if (!mkdtemp(dir)) return -1;
    snprintf(path, sizeof path, "%s/day.journal", dir);
    fail_write = fail_sync = 0;
    return 0;
}

static int sweep(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm", ".lock", "-journal" };
    char name[128];
    for (size_t i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(dir);
}

static struct journal_config config(void)
{
    return (struct journal_config){ .path = path,
                                    .site_hash = 0xFEDCBA9876543210u,
                                    .fleet_hash = 2,
                                    .site_bytes = "{site}",
                                    .site_len = 6,
                                    .fleet_bytes = "{fleet}",
                                    .fleet_len = 7,
                                    .window_ms = 2 };
}

static struct journal *opened(const struct journal_config *cfg)
{
    struct journal *j;
    struct err_note note = { "", "" };
    int err = journal_open(&j, cfg, &note);
    if (err) fail_msg("%s: %s: %s", err_name(err), note.where, note.what);
    return j;
}

static int append(struct journal *j, uint64_t seq)
{
    struct journal_row row = { .seq = seq,
                               .at_ms = (ms_t)seq * 10,
                               .wall_ms = 1000 + (int64_t)seq,
                               .kind = (int)(seq % 7),
                               .body = &seq,
                               .body_len = sizeof seq,
                               .note = seq % 2 ? "odd" : NULL };
    return journal_append(j, &row);
}

static void write_inputs(uint64_t first, uint64_t last)
{
    struct journal_config cfg = config();
    struct journal *j = opened(&cfg);
    for (uint64_t i = first; i <= last; i++) assert_int_equal(append(j, i), ORD_OK);
    journal_close(j);
}

static void sql(const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *msg = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &msg) != SQLITE_OK) fail_msg("%s: %s", text, msg);
    sqlite3_close(db);
}

/* Open for writing and for reading must both refuse with `err` and a text that contains `what`. */
static void expect_refused(int err, const char *what)
{
    struct journal_config cfg = config();
    struct journal *j;
    struct err_note note = { "", "" };
    int got = journal_open(&j, &cfg, &note);
    if (got != err || !strstr(note.what, what)) fail_msg("%s: %s: %s", err_name(got), note.where, note.what);
    assert_string_equal(note.where, path);
    assert_null(j);
}

static int read_all(uint64_t *rows, struct err_note *note)
{
    struct journal_reader *r;
    struct journal_row row;
    int err = journal_read(&r, path, note);
    *rows = 0;
    if (err) return err;
    while ((err = journal_next(r, &row, note)) == 1) {
        uint64_t body;
        assert_int_equal(row.body_len, sizeof body);
        memcpy(&body, row.body, sizeof body);
        assert_int_equal(body, row.seq);
        assert_int_equal(row.at_ms, row.seq * 10);
        assert_int_equal(row.wall_ms, 1000 + row.seq);
        assert_int_equal(row.kind, row.seq % 7);
        if (row.seq % 2) assert_string_equal(row.note, "odd");
        else assert_null(row.note);
        *rows = row.seq;
    }
    journal_read_close(r);
    return err;
}

static void expect_unreadable(int err, const char *what)
{
    struct err_note note = { "", "" };
    uint64_t rows;
    int got = read_all(&rows, &note);
    if (got != err || !strstr(note.what, what)) fail_msg("%s: %s: %s", err_name(got), note.where, note.what);
    assert_string_equal(note.where, path);
}

static void expect_rows(uint64_t n)
{
    struct err_note note = { "", "" };
    uint64_t rows;
    int got = read_all(&rows, &note);
    if (got) fail_msg("%s: %s: %s", err_name(got), note.where, note.what);
    assert_int_equal(rows, n);
}

/* ---- stories ---------------------------------------------------------------------------------------------------- */

struct seen {
    pthread_mutex_t mutex;
    uint64_t last, calls;
    bool backwards;
};

static void on_committed(void *ctx, uint64_t seq)
{
    struct seen *s = ctx;
    pthread_mutex_lock(&s->mutex);
    if (seq < s->last) s->backwards = true;
    s->last = seq;
    s->calls++;
    pthread_mutex_unlock(&s->mutex);
}

static void inputs_become_durable_in_order_and_are_read_back(void **state)
{
    struct seen seen = { .mutex = PTHREAD_MUTEX_INITIALIZER };
    struct journal_config cfg = config();
    cfg.committed = on_committed;
    cfg.ctx = &seen;
    struct journal *j = opened(&cfg);
    assert_int_equal(journal_last(j), 0);
    for (uint64_t i = 1; i <= 2000; i++) {
        assert_int_equal(append(j, i), ORD_OK);
        if (i % 500 == 0) assert_int_equal(journal_mark(j, i, ~i), ORD_OK);
    }
    assert_int_equal(journal_flush(j), ORD_OK);
    assert_int_equal(journal_last(j), 2000);
    pthread_mutex_lock(&seen.mutex);
    assert_int_equal(seen.last, 2000);
    assert_false(seen.backwards);
    assert_true(seen.calls < 2000); /* grouped */
    pthread_mutex_unlock(&seen.mutex);
    expect_rows(2000); /* while in use */
    journal_close(j);
    expect_rows(2000);
}

static void marks_and_meta_are_kept_with_the_inputs(void **state)
{
    struct journal_config cfg = config();
    struct journal *j = opened(&cfg);
    for (uint64_t i = 1; i <= 4; i++) assert_int_equal(append(j, i), ORD_OK);
    assert_int_equal(journal_mark(j, 2, UINT64_MAX - 2), ORD_OK);
    assert_int_equal(journal_mark(j, 4, 44), ORD_OK);
    assert_int_equal(journal_mark(j, 4, 45), ORD_OK); /* the first stands */
    assert_int_equal(journal_mark(j, 5, 1), ORD_ERANGE);
    journal_close(j);
    struct journal_reader *r;
    assert_int_equal(journal_read(&r, path, NULL), ORD_OK);
    uint64_t seq, hash;
    assert_int_equal(journal_next_mark(r, &seq, &hash), 1);
    assert_int_equal(seq, 2);
    assert_true(hash == UINT64_MAX - 2);
    assert_int_equal(journal_next_mark(r, &seq, &hash), 1);
    assert_int_equal(seq, 4);
    assert_int_equal(hash, 44);
    assert_int_equal(journal_next_mark(r, &seq, &hash), 0);
    const void *site, *fleet, *again;
    size_t site_n, fleet_n;
    assert_int_equal(journal_meta(r, "site", &site, &site_n), ORD_OK);
    assert_int_equal(journal_meta(r, "fleet", &fleet, &fleet_n), ORD_OK);
    assert_int_equal(site_n, 6);
    assert_memory_equal(site, "{site}", 6);
    assert_memory_equal(fleet, "{fleet}", 7);
    assert_int_equal(journal_meta(r, "site", &again, &site_n), ORD_OK);
    assert_ptr_equal(site, again);
    assert_int_equal(journal_meta(r, "weather", &again, &site_n), ORD_ENOTFOUND);
    journal_read_close(r);
}

static void reopening_continues_the_numbering(void **state)
{
    write_inputs(1, 10);
    struct journal_config cfg = config();
    struct journal *j = opened(&cfg);
    assert_int_equal(journal_last(j), 10);
    assert_int_equal(append(j, 10), ORD_ERANGE);
    assert_int_equal(append(j, 12), ORD_ERANGE);
    assert_int_equal(append(j, 11), ORD_OK);
    journal_close(j);
    expect_rows(11);
}

static void a_second_opener_is_refused_and_told_by_whom(void **state)
{
    struct journal_config cfg = config();
    struct journal *j = opened(&cfg);
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    expect_refused(ORD_EBUSY, pid);
    journal_close(j);
    journal_close(opened(&cfg));
}

static void another_site_or_fleet_is_refused(void **state)
{
    write_inputs(1, 3);
    struct journal_config cfg = config();
    struct err_note note;
    struct journal *j;
    cfg.site_hash++;
    assert_int_equal(journal_open(&j, &cfg, &note), ORD_EREFUSED);
    assert_non_null(strstr(note.what, "fedcba9876543210"));
    assert_non_null(strstr(note.what, "another site"));
    cfg = config();
    cfg.fleet_hash++;
    assert_int_equal(journal_open(&j, &cfg, &note), ORD_EREFUSED);
    assert_non_null(strstr(note.what, "another fleet"));
    expect_rows(3);
}

static void a_file_that_is_no_database_is_refused_untouched(void **state)
{
    static const char text[] = "dear diary, this is not a database but it is long enough to look like a page of one, "
                               "since SQLite wants a hundred bytes before it makes up its mind.\n";
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    close(fd);
    expect_refused(ORD_ECORRUPT, "not even a database");
    expect_unreadable(ORD_ECORRUPT, "not even a database");
    char back[sizeof text + 1];
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, back, sizeof back), sizeof text);
    close(fd);
    assert_memory_equal(back, text, sizeof text);
}

static void a_database_of_something_else_is_refused_untouched(void **state)
{
    sql("CREATE TABLE patients(name TEXT); INSERT INTO patients VALUES('x');");
    expect_refused(ORD_ECORRUPT, "something else");
    expect_unreadable(ORD_ECORRUPT, "something else");
    sql("SELECT name FROM patients");
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(st, 0), "delete");
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void a_table_of_another_shape_and_another_version_are_refused(void **state)
{
    write_inputs(1, 3);
    sql("UPDATE meta SET value = 'orderly-journal/9' WHERE key = 'format'");
    expect_refused(ORD_EVERSION, "orderly-journal/9");
    expect_unreadable(ORD_EVERSION, "orderly-journal/9");
    sql("UPDATE meta SET value = 'orderly-journal/1' WHERE key = 'format'; ALTER TABLE input RENAME COLUMN wall_ms TO "
        "clock");
    expect_refused(ORD_ECORRUPT, "something else");
}

static void a_missing_input_is_found_wherever_it_is(void **state)
{
    write_inputs(1, 1500);
    sql("DELETE FROM input WHERE seq = 1400");
    expect_refused(ORD_ECORRUPT, "missing before number 1500");
    expect_unreadable(ORD_ECORRUPT, "input 1400 is missing (1401 follows)");
    sql("INSERT INTO input VALUES(1400, 14000, 2400, 0, zeroblob(8), NULL); DELETE FROM input WHERE seq = 7");
    expect_unreadable(ORD_ECORRUPT, "input 7 is missing");
    sql("DELETE FROM input WHERE seq < 1400");
    expect_refused(ORD_ECORRUPT, "missing before number 1500");
    expect_unreadable(ORD_ECORRUPT, "input 1 is missing");
}

/* ---- snapshots and schemas ---- */

static void take(struct journal *j, uint64_t seq)
{
    struct journal_snapshot s = { .seq = seq, .layout = 5, .hash = ~seq, .state = &seq, .state_len = sizeof seq };
    assert_int_equal(journal_snapshot(j, &s), ORD_OK);
}

static void expect_snapshot(struct journal_reader *r, uint64_t before, uint64_t seq)
{
    struct journal_snapshot s;
    assert_int_equal(journal_snapshot_before(r, before, &s), seq ? 1 : 0);
    if (!seq) return;
    assert_int_equal(s.seq, seq);
    assert_int_equal(s.layout, 5);
    assert_int_equal(s.hash, ~seq);
    assert_int_equal(s.state_len, sizeof seq);
    assert_memory_equal(s.state, &seq, sizeof seq);
}

static void the_newest_snapshots_are_kept_and_found_newest_first(void **state)
{
    struct journal_config cfg = config();
    struct journal *j = opened(&cfg);
    for (uint64_t i = 1; i <= 50; i++) {
        assert_int_equal(append(j, i), ORD_OK);
        if (i % 10 == 0) take(j, i);
    }
    struct journal_snapshot early = { .seq = 51, .state = "", .state_len = 0 };
    assert_int_equal(journal_snapshot(j, &early), ORD_ERANGE);
    journal_close(j);
    struct journal_reader *r;
    struct journal_row row;
    struct err_note note;
    assert_int_equal(journal_read(&r, path, &note), ORD_OK);
    expect_snapshot(r, UINT64_MAX, 50);
    expect_snapshot(r, 50, 40);
    expect_snapshot(r, 40, 30);
    expect_snapshot(r, 30, 0);
    assert_int_equal(journal_skip(r, 48), ORD_OK);
    assert_int_equal(journal_next(r, &row, &note), 1);
    assert_int_equal(row.seq, 49);
    assert_int_equal(journal_next(r, &row, &note), 1);
    assert_int_equal(journal_next(r, &row, &note), 0);
    journal_read_close(r);
}

static void copy_old_journal(void)
{
    char command[512];
    snprintf(command, sizeof command, "cp %s/tests/data/journal-schema-0.db %s", ORDERLY_SOURCE_DIR, path);
    assert_int_equal(system(command), 0);
}

/* Written by the program as it was before there were snapshots: 60 inputs, a mark at every twentieth. */
static void a_journal_of_schema_0_is_read_and_gets_its_snapshots(void **state)
{
    struct journal_config cfg = config();
    struct journal_reader *r;
    struct err_note note = { "", "" };
    uint64_t seq, hash;
    copy_old_journal();
    expect_rows(60); /* a reader takes it as it is */
    assert_int_equal(journal_read(&r, path, &note), ORD_OK);
    expect_snapshot(r, UINT64_MAX, 0);
    journal_read_close(r);

    struct journal *j = opened(&cfg);
    assert_int_equal(journal_last(j), 60);
    assert_int_equal(append(j, 61), ORD_OK);
    take(j, 61);
    journal_close(j);
    expect_rows(61);
    assert_int_equal(journal_read(&r, path, &note), ORD_OK);
    expect_snapshot(r, UINT64_MAX, 61);
    for (uint64_t i = 20; i <= 60; i += 20) {
        assert_int_equal(journal_next_mark(r, &seq, &hash), 1);
        assert_int_equal(seq, i);
        assert_int_equal(hash, ~i);
    }
    journal_read_close(r);
}

static void a_migration_that_fails_leaves_the_old_file_as_it_was(void **state)
{
    struct journal_config cfg = config();
    struct journal *j;
    struct err_note note = { "", "" };
    copy_old_journal();
    sql("PRAGMA journal_mode = WAL");
    fail_write = SQLITE_FULL;
    assert_int_equal(journal_open(&j, &cfg, &note), ORD_EFULL);
    assert_non_null(strstr(note.what, "make room"));
    fail_write = 0;
    expect_rows(60);
    journal_close(opened(&cfg));
    expect_rows(60);
}

static void a_journal_of_a_newer_schema_is_left_alone(void **state)
{
    write_inputs(1, 3);
    sql("PRAGMA user_version = 2");
    expect_refused(ORD_EVERSION, "newer program");
    expect_unreadable(ORD_EVERSION, "newer program");
}

static void inputs_missing_at_the_end_are_noticed_by_their_mark(void **state)
{
    struct journal_config cfg = config();
    struct journal *j = opened(&cfg);
    for (uint64_t i = 1; i <= 20; i++) assert_int_equal(append(j, i), ORD_OK);
    assert_int_equal(journal_mark(j, 20, 1), ORD_OK);
    journal_close(j);
    sql("DELETE FROM input WHERE seq > 17");
    expect_refused(ORD_ECORRUPT, "inputs 18 to 20 are missing");
    expect_unreadable(ORD_ECORRUPT, "inputs 18 to 20 are missing");
}

static void time_that_runs_backwards_is_refused_by_the_reader(void **state)
{
    write_inputs(1, 5);
    sql("UPDATE input SET at_ms = 1 WHERE seq = 4");
    expect_unreadable(ORD_ECORRUPT, "time of input 4");
}

static void a_cut_file_is_refused_with_one_clear_message(void **state)
{
    write_inputs(1, 3000);
    FILE *f = fopen(path, "rb");
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    fclose(f);
    assert_true(size > 50000);
    static const int tenths[] = { 9, 5, 1 };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(truncate(path, size * tenths[i] / 10), 0);
        expect_refused(ORD_ECORRUPT, "cut or damaged");
        expect_unreadable(ORD_ECORRUPT, "cut or damaged");
    }
    assert_int_equal(truncate(path, 60), 0);
    expect_refused(ORD_ECORRUPT, "");
    expect_unreadable(ORD_ECORRUPT, "");
}

static void overwritten_pages_are_refused_not_believed(void **state)
{
    write_inputs(1, 3000);
    int fd = open(path, O_WRONLY);
    static const char junk[4096] = "junk";
    for (off_t page = 4; page < 20; page++) assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
    close(fd);
    struct err_note note = { "", "" };
    uint64_t rows;
    assert_int_equal(read_all(&rows, &note), ORD_ECORRUPT);
    assert_true(rows < 3000);
}

static void an_absent_journal_and_an_absent_folder_are_named(void **state)
{
    struct journal_reader *r;
    struct err_note note;
    assert_int_equal(journal_read(&r, path, &note), ORD_ENOTFOUND);
    assert_null(r);
    struct journal_config cfg = config();
    struct journal *j;
    cfg.path = "/tmp/orderly-no-such-folder/x.journal";
    assert_int_equal(journal_open(&j, &cfg, &note), ORD_EIO);
    assert_non_null(strstr(note.what, "folder"));
}

/* A child is killed without warning. What it had been told is durable is there; the rest is absent without a gap. */
static void a_killed_writer_loses_only_what_was_not_yet_durable(void **state)
{
    for (int round = 0; round < 5; round++) {
        int pipe_fd[2];
        assert_int_equal(pipe(pipe_fd), 0);
        pid_t child = fork();
        if (child == 0) {
            struct journal_config cfg = config();
            struct journal *j;
            if (journal_open(&j, &cfg, NULL) != ORD_OK) _exit(1);
            uint64_t seq = journal_last(j);
            for (int i = 0; i < 400 + 37 * round; i++)
                if (append(j, ++seq) != ORD_OK) _exit(2);
            if (journal_flush(j) != ORD_OK) _exit(3);
            for (int i = 0; i < 100; i++)
                if (append(j, ++seq) != ORD_OK) _exit(4);
            uint64_t durable = journal_last(j);
            if (write(pipe_fd[1], &durable, sizeof durable) != sizeof durable) _exit(5);
            raise(SIGKILL);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        uint64_t durable = 0, rows;
        assert_int_equal(read(pipe_fd[0], &durable, sizeof durable), sizeof durable);
        close(pipe_fd[0]);
        close(pipe_fd[1]);
        struct err_note note = { "", "" };
        if (read_all(&rows, &note)) fail_msg("%s %s", note.where, note.what);
        assert_true(rows >= durable);
        struct journal_config cfg = config();
        struct journal *j = opened(&cfg);
        assert_int_equal(journal_last(j), rows);
        journal_close(j);
    }
}

static void a_disk_error_is_sticky_and_wakes_the_host(void **state)
{
    static const struct {
        _Atomic int *which;
        int rc, err;
    } faults[] = {
        { &fail_write, SQLITE_FULL, ORD_EFULL },
        { &fail_write, SQLITE_IOERR_WRITE, ORD_EIO },
        { &fail_sync, SQLITE_IOERR_FSYNC, ORD_EIO },
    };
    uint64_t before = 0;
    for (size_t i = 0; i < 3; i++) {
        struct seen seen = { .mutex = PTHREAD_MUTEX_INITIALIZER };
        struct journal_config cfg = config();
        cfg.committed = on_committed;
        cfg.ctx = &seen;
        struct journal *j = opened(&cfg);
        before = journal_last(j);
        assert_int_equal(append(j, before + 1), ORD_OK);
        assert_int_equal(journal_flush(j), ORD_OK);
        *faults[i].which = faults[i].rc;
        assert_int_equal(append(j, before + 2), ORD_OK);
        assert_int_equal(journal_flush(j), faults[i].err);
        *faults[i].which = 0;
        assert_int_equal(journal_error(j), faults[i].err);
        assert_int_equal(append(j, before + 3), faults[i].err);
        assert_int_equal(journal_mark(j, 1, 1), faults[i].err);
        assert_int_equal(journal_last(j), before + 1);
        assert_int_equal(seen.last, before + 1);
        assert_int_equal(seen.calls, 2); /* the commit, and the error with the same number */
        journal_close(j);
    }
    /* The write that failed may or may not have reached the file; what was reported durable has. */
    struct err_note note;
    uint64_t rows;
    assert_int_equal(read_all(&rows, &note), 0);
    assert_true(rows >= before + 1);
}

static void a_database_locked_by_a_stranger_is_busy(void **state)
{
    struct journal_config cfg = config();
    struct journal *j = opened(&cfg);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(append(j, 1), ORD_OK);
    assert_int_equal(journal_flush(j), ORD_EBUSY);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    journal_close(j);
}

static void a_queue_that_the_disk_cannot_follow_refuses_and_recovers(void **state)
{
    struct journal_config cfg = config();
    cfg.window_ms = 50;
    struct journal *j = opened(&cfg);
    size_t n = (size_t)30 << 20;
    char *big = calloc(1, n);
    struct journal_row row = { .seq = 1, .body = big, .body_len = n };
    sqlite3 *db; /* holds the writer up, so that the queue must fill */
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int err = ORD_OK;
    for (; row.seq < 8; row.seq++)
        if ((err = journal_append(j, &row)) != ORD_OK) break;
    assert_int_equal(err, ORD_EFULL);
    assert_int_equal(journal_error(j), ORD_OK);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_int_equal(journal_flush(j), ORD_OK);
    assert_int_equal(append(j, row.seq), ORD_OK);
    journal_close(j);
    free(big);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, fresh, sweep)
    const struct CMUnitTest tests[] = {
        STORY(inputs_become_durable_in_order_and_are_read_back),
        STORY(marks_and_meta_are_kept_with_the_inputs),
        STORY(reopening_continues_the_numbering),
        STORY(a_second_opener_is_refused_and_told_by_whom),
        STORY(another_site_or_fleet_is_refused),
        STORY(a_file_that_is_no_database_is_refused_untouched),
        STORY(a_database_of_something_else_is_refused_untouched),
        STORY(a_table_of_another_shape_and_another_version_are_refused),
        STORY(a_missing_input_is_found_wherever_it_is),
        STORY(the_newest_snapshots_are_kept_and_found_newest_first),
        STORY(a_journal_of_schema_0_is_read_and_gets_its_snapshots),
        STORY(a_migration_that_fails_leaves_the_old_file_as_it_was),
        STORY(a_journal_of_a_newer_schema_is_left_alone),
        STORY(inputs_missing_at_the_end_are_noticed_by_their_mark),
        STORY(time_that_runs_backwards_is_refused_by_the_reader),
        STORY(a_cut_file_is_refused_with_one_clear_message),
        STORY(overwritten_pages_are_refused_not_believed),
        STORY(an_absent_journal_and_an_absent_folder_are_named),
        STORY(a_killed_writer_loses_only_what_was_not_yet_durable),
        STORY(a_disk_error_is_sticky_and_wakes_the_host),
        STORY(a_database_locked_by_a_stranger_is_busy),
        STORY(a_queue_that_the_disk_cannot_follow_refuses_and_recovers),
    };
    return cmocka_run_group_tests(tests, install_shim, NULL);
}
