/* Every call with which the journal changes its files fails once, in every way a disk fails, at every place of a life:
 * create, write, mark, snapshot, close, open again. Whatever fails, what was reported durable is there afterwards, what
 * was not is there whole or not at all, and the words say why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

#include "common/journal.h"

/* ---- a disk that fails at its n-th change ---- */
enum fault { FAULT_EIO, FAULT_FULL, FAULT_SHORT, FAULTS };
static const char *const fault_name[] = { "I/O error", "disk full", "short write" };

struct wrapped { /* SQLite has different calls for the database and for its log */
    sqlite3_io_methods shim;
    const sqlite3_io_methods *real;
};
static struct wrapped wrapped[4];
static sqlite3_vfs shim;
static sqlite3_vfs *real_vfs;
static _Atomic long changes, fail_at; /* calls so far; the one that fails, 0 = none */
static _Atomic int fault;

static bool fails_now(void) { return atomic_fetch_add(&changes, 1) + 1 == atomic_load(&fail_at); }

static const sqlite3_io_methods *real_of(const sqlite3_file *f)
{
    for (size_t i = 0; i < 4; i++)
        if (f->pMethods == &wrapped[i].shim) return wrapped[i].real;
    abort();
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (!fails_now()) return real_of(f)->xWrite(f, p, n, at);
    if (fault == FAULT_SHORT) real_of(f)->xWrite(f, p, n / 2, at);
    return fault == FAULT_EIO ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}

static int shim_sync(sqlite3_file *f, int flags)
{
    (void)f; /* nobody pulls the plug here: what was written is there without waiting for the disk */
    (void)flags;
    return fails_now() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return fails_now() ? SQLITE_IOERR_TRUNCATE : real_of(f)->xTruncate(f, n);
}

static int shim_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return extend && fails_now() ? SQLITE_IOERR_SHMSIZE : real_of(f)->xShmMap(f, page, size, extend, out);
}

static int shim_delete(sqlite3_vfs *v, const char *name, int sync)
{
    return fails_now() ? SQLITE_IOERR_DELETE : real_vfs->xDelete(v, name, sync);
}

static int shim_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    if ((flags & SQLITE_OPEN_CREATE) && fails_now()) {
        f->pMethods = NULL;
        return SQLITE_CANTOPEN;
    }
    int rc = real_vfs->xOpen(v, name, f, flags, out);
    if (rc != SQLITE_OK || !f->pMethods) return rc;
    size_t i = 0;
    while (i < 3 && wrapped[i].real && wrapped[i].real != f->pMethods) i++;
    if (!wrapped[i].real) {
        wrapped[i].real = f->pMethods;
        wrapped[i].shim = *f->pMethods;
        wrapped[i].shim.xWrite = shim_write;
        wrapped[i].shim.xSync = shim_sync;
        wrapped[i].shim.xTruncate = shim_truncate;
        if (f->pMethods->xShmMap) wrapped[i].shim.xShmMap = shim_map;
    }
    f->pMethods = &wrapped[i].shim;
    return rc;
}

static int install_shim(void **state)
{
    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "failing";
    shim.xOpen = shim_open;
    shim.xDelete = shim_delete;
    shim.pNext = NULL;
    return sqlite3_vfs_register(&shim, 1) == SQLITE_OK ? 0 : -1;
}

/* ---- a life of two starts ---- */
static char dir[64], path[96];

static void fresh(void)
{
    strcpy(dir, "/tmp/orderly_faults_XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/j", dir);
}

static void sweep(void)
{
    static const char *const ends[] = { "", "-wal", "-shm", ".lock", "-journal" };
    char name[128];
    for (size_t i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(dir), 0);
}

static _Atomic uint64_t reported; /* highest number that was called durable */
static void on_committed(void *ctx, uint64_t seq) { atomic_store(&reported, seq); }

struct outcome {
    uint64_t appended;
    int err;
    char what[256];
};

/* Some inputs one commit at a time, a mark, a snapshot large enough for many pages, some more; closed in good order. */
static void live(struct outcome *o)
{
    static const char state[30000];
    struct journal_config cfg = { .path = path,
                                  .site_hash = 1,
                                  .fleet_hash = 2,
                                  .site_bytes = "s",
                                  .site_len = 1,
                                  .fleet_bytes = "f",
                                  .fleet_len = 1,
                                  .committed = on_committed };
    struct journal *j;
    struct err_note note = { "", "" };
    int err = journal_open(&j, &cfg, &note);
    if (err) {
        o->err = err;
        snprintf(o->what, sizeof o->what, "%s", note.what);
        assert_null(j);
        return;
    }
    uint64_t from = journal_last(j);
    for (uint64_t i = from + 1; i <= from + 8 && !err; i++) {
        struct journal_row row = { .seq = i, .at_ms = (ms_t)i, .kind = 1, .body = &i, .body_len = sizeof i };
        err = journal_append(j, &row);
        if (!err) o->appended = i;
        if (!err && i == from + 4) {
            struct journal_snapshot s = { .seq = i, .hash = i, .state = state, .state_len = sizeof state };
            journal_mark(j, i, i);
            journal_snapshot(j, &s);
        }
        if (!err) err = journal_flush(j);
    }
    o->err = err;
    if (err) { /* sticky: nothing is taken any more */
        struct journal_row row = { .seq = o->appended + 1, .body = "", .body_len = 0 };
        assert_int_equal(journal_error(j), err);
        assert_int_equal(journal_append(j, &row), err);
    }
    journal_close(j);
}

/* With a disk that works again. */
static uint64_t rows_there(void)
{
    struct journal_reader *r;
    struct journal_row row;
    struct err_note note = { "", "" };
    uint64_t n = 0;
    int got = journal_read(&r, path, &note);
    if (got) fail_msg("%s: %s", note.where, note.what);
    while ((got = journal_next(r, &row, &note)) == 1) {
        n++;
        assert_int_equal(row.seq, n);
        assert_memory_equal(row.body, &n, sizeof n);
    }
    if (got) fail_msg("after input %llu: %s", (unsigned long long)n, note.what);
    journal_read_close(r);
    return n;
}

/* The life with change `at` failing; false when there are not so many changes. */
static bool live_with(long at, enum fault how)
{
    struct outcome o = { 0 };
    fresh();
    atomic_store(&reported, 0);
    atomic_store(&changes, 0);
    atomic_store(&fault, (int)how);
    atomic_store(&fail_at, at);
    live(&o);
    if (!o.err) live(&o); /* a second start on what is there */
    atomic_store(&fail_at, 0);
    bool hit = atomic_load(&changes) >= at;
    if (o.err && !o.appended && !atomic_load(&reported)) assert_true(o.what[0] != 0);
    uint64_t promised = atomic_load(&reported);
    struct outcome again = { 0 };
    live(&again); /* opens, whatever was left, and goes on */
    if (again.err) fail_msg("change %ld, %s: cannot go on: %s %s", at, fault_name[how], err_en(again.err), again.what);
    uint64_t n = rows_there();
    if (n < promised + 8 || n > o.appended + 8)
        fail_msg("change %ld, %s: %llu promised, %llu appended, %llu there before", at, fault_name[how],
                 (unsigned long long)promised, (unsigned long long)o.appended, (unsigned long long)n - 8);
    sweep();
    return hit;
}

static void whatever_fails_once_nothing_promised_is_lost(void **state)
{
    for (enum fault how = 0; how < FAULTS; how++) {
        long at = 1;
        while (live_with(at, how)) at++;
        print_message("%s: each of %ld changes failed once\n", fault_name[how], at - 1);
        assert_true(at > 40);
    }
}

static void a_disk_that_always_works_keeps_everything(void **state)
{
    struct outcome o = { 0 };
    fresh();
    live(&o);
    live(&o);
    assert_int_equal(o.err, ORD_OK);
    assert_int_equal(rows_there(), 16);
    sweep();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_always_works_keeps_everything),
        cmocka_unit_test(whatever_fails_once_nothing_promised_is_lost),
    };
    return cmocka_run_group_tests_name("journal_faults", tests, install_shim, NULL);
}
