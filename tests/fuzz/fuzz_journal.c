/* A journal that is not one. The bytes are read as the body of an input and as a whole file: an error or the truth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/journal.h"
#include "core/msg.h"

struct bytes {
    uint8_t data[FLEET_IN_BYTES_MAX];
    size_t n;
};

static void put(void *ctx, const void *bytes, size_t n)
{
    struct bytes *b = ctx;
    if (n > sizeof b->data - b->n) abort();
    memcpy(b->data + b->n, bytes, n);
    b->n += n;
}

static void as_input(const uint8_t *data, size_t n)
{
    struct fleet_in in;
    struct bytes again = { .n = 0 };
    memset(&in, 0, sizeof in);
    struct snap s = snap_loader(data, n);
    fleet_in_snap(&s, &in);
    if (!snap_ok(&s)) return;
    struct snap out = snap_saver(put, &again);
    fleet_in_snap(&out, &in);
    if (again.n != n || memcmp(again.data, data, n) != 0) abort(); /* what is accepted is written the same way */
}

static void as_file(const uint8_t *data, size_t n)
{
    char path[] = "/tmp/orderly-fuzz-XXXXXX", side[64];
    struct journal_reader *r;
    struct journal_row row;
    struct err_note note = { .where = "" };
    uint64_t seq, hash, rows = 0;
    int fd = mkstemp(path), got = 0;
    if (fd < 0 || write(fd, data, n) != (ssize_t)n) abort();
    close(fd);
    if (journal_read(&r, path, &note) == ORD_OK) {
        while ((got = journal_next(r, &row, &note)) == 1)
            if (row.seq != ++rows) abort();
        while (journal_next_mark(r, &seq, &hash) == 1) {}
        journal_read_close(r);
        if (got < 0 && !note.what[0]) abort();
    } else if (!note.what[0]) {
        abort();
    }
    static const char *const sides[] = { "", "-wal", "-shm", "-journal", ".lock" };
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        snprintf(side, sizeof side, "%s%s", path, sides[i]);
        unlink(side);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    as_input(data, n);
    as_file(data, n);
    return 0;
}
