/* journal - the numbered inputs of the controller on disk: SQLite, WAL, synchronous=FULL, group commit on its own thread.
 *
 * The owner calls journal_append() for each input, in order, on its thread; the writer thread commits what has
 * gathered (at most every `window_ms`) and then calls `committed(ctx, seq)` on the writer thread with the highest
 * durable number: no output may leave before its cause is durable (DESIGN section 2). An I/O error or a full disk is
 * sticky: journal_error() says so, nothing further is accepted, the caller keeps robots safe and says why; `committed`
 * is then called once more with the number unchanged, so that a sleeping host looks. ORD_EFULL from journal_append
 * without a journal_error() means that 64 MiB wait for the disk: not taken, try later.
 * The lock is held on "<path>.lock", which names the process and stays behind; "<path>-wal" and "-shm" are SQLite's.
 * Format orderly-journal/1: table meta(key, value), input(seq, at_ms, wall_ms, kind, body, note), mark(seq, hash);
 * from schema 1 on (PRAGMA user_version) snapshot(seq, layout, hash, state). A file of schema 0 gets the table when it
 * is opened for writing; a newer schema than ours is refused (ORD_EVERSION). */
#ifndef COMMON_JOURNAL_H
#define COMMON_JOURNAL_H

#include "err.h"
#include "units.h"

struct journal;
struct journal_row { uint64_t seq; ms_t at_ms; int64_t wall_ms; int kind; const void *body; size_t body_len; const char *note; };

struct journal_config {
    const char *path;
    uint64_t site_hash, fleet_hash;       /* stored at creation; another value on opening is an error (ORD_EREFUSED) */
    const char *site_bytes; size_t site_len;   /* kept with the journal so that it can be replayed anywhere */
    const char *fleet_bytes; size_t fleet_len;
    uint64_t rounds_hash; const char *rounds_bytes; size_t rounds_len; /* 0 and NULL: no timetable */
    uint32_t window_ms;                   /* group commit, 0..50 */
    void (*committed)(void *ctx, uint64_t seq);
    void *ctx;
};
/* Opens or creates, takes an exclusive lock (ORD_EBUSY: another controller has it), checks integrity of the tail. */
int journal_open(struct journal **out, const struct journal_config *cfg, struct err_note *note);
uint64_t journal_last(const struct journal *j);            /* highest durable number, 0 = empty */
int journal_append(struct journal *j, const struct journal_row *row); /* row->seq = last appended + 1; copied */
int journal_mark(struct journal *j, uint64_t seq, uint64_t hash);     /* state hash after input seq, for replay to verify */
/* The whole state after input seq, so that a start need not replay everything. Only the newest JOURNAL_SNAPSHOTS are kept.
 * `layout` is the caller's word for how the bytes are to be read, `hash` guards them. Copied.
 * ORD_EFULL: no room in the queue, nothing is lost by trying again later. */
#define JOURNAL_SNAPSHOTS 3
struct journal_snapshot { uint64_t seq, layout, hash; const void *state; size_t state_len; };
int journal_snapshot(struct journal *j, const struct journal_snapshot *s);
int journal_error(const struct journal *j);
/* Wait until everything appended is durable; journal_error() then. Not from `committed`. */
int journal_flush(struct journal *j);
void journal_close(struct journal *j); /* writes what is still queued */

/* Reading, by the daemon at start and by `orderly sim replay` (read-only, the file may be in use). Rows come in order;
 * a gap, a foreign kind of file, a cut file: ORD_ECORRUPT with the number where it starts. */
struct journal_reader;
int journal_read(struct journal_reader **out, const char *path, struct err_note *note);
int journal_next(struct journal_reader *r, struct journal_row *row, struct err_note *note); /* 1 row, 0 end, < 0 error */
int journal_next_mark(struct journal_reader *r, uint64_t *seq, uint64_t *hash);             /* 1, 0 end; ascending */
/* The newest snapshot older than number `before`: 1, 0 none; a file of schema 0 has none. Borrowed until the next call. */
int journal_snapshot_before(struct journal_reader *r, uint64_t before, struct journal_snapshot *out);
int journal_skip(struct journal_reader *r, uint64_t seq); /* before the first row: rows and marks after `seq` only */
/* meta blobs: "site", "fleet", and "rounds" when there is a timetable. Borrowed until close. */
int journal_meta(struct journal_reader *r, const char *key, const void **bytes, size_t *n);
void journal_read_close(struct journal_reader *r);

#endif
