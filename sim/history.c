/* history - the requests of a journal as CSV, for the forecast: when in the hospital's own time, stream, from where
 * to where. Only requests of people: rounds make theirs by the timetable. */
#include <stdlib.h>
#include <string.h>

#include "common/journal.h"
#include "sim.h"

struct places {
    struct fleet_spec *spec;
    struct site *site;
};

static int open_places(struct journal_reader *r, const char *path, struct places *p, struct err_note *note)
{
    const void *bytes;
    size_t n;
    if (journal_meta(r, "site", &bytes, &n) != ORD_OK || n == 0)
        return err_at(note, ORD_ECORRUPT, path, "the journal does not hold the bytes of its site");
    return site_parse("site in the journal", bytes, n, &p->site, note);
}

/* YYYY-MM-DDTHH:MM:SS of the hospital's clock, by days_from_civil's inverse (Howard Hinnant). */
static void put_local(FILE *out, int64_t wall_ms, int32_t offset_min)
{
    int64_t s = wall_ms / 1000 + (int64_t)offset_min * 60, day = s / 86400, of_day = s % 86400, z = day + 719468;
    int64_t era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
    int64_t y = yoe + era * 400 + (m <= 2);
    int32_t off = offset_min < 0 ? -offset_min : offset_min;
    fprintf(out, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld%c%02d:%02d", (long long)y, (long long)m, (long long)d,
            (long long)(of_day / 3600), (long long)(of_day / 60 % 60), (long long)(of_day % 60),
            offset_min < 0 ? '-' : '+', off / 60, off % 60);
}

static void put_request(FILE *out, const struct site *s, const struct journal_row *row)
{
    struct fleet_in in;
    memset(&in, 0, sizeof in);
    struct snap snap = snap_loader(row->body, row->body_len);
    fleet_in_snap(&snap, &in);
    if (!snap_ok(&snap) || in.kind != IN_JOB || in.job.from >= s->stations || in.job.to >= s->stations) return;
    put_local(out, row->wall_ms, s->calendar.utc_offset_min);
    fprintf(out, ",%s,%s,%s\n", in.job.goods < s->goods ? s->good[in.job.goods].id : "other",
            s->station[in.job.from].id, s->station[in.job.to].id);
}

int sim_history(const char *journal, FILE *out, struct err_note *note)
{
    struct journal_reader *r;
    struct journal_row row;
    struct places p = { NULL, NULL };
    int got = 0, err = journal_read(&r, journal, note);
    if (err) return err;
    err = open_places(r, journal, &p, note);
    if (!err) fputs("time,stream,from,to\n", out);
    while (!err && (got = journal_next(r, &row, note)) == 1)
        if (row.kind == IN_JOB && p.site) put_request(out, p.site, &row);
    site_close(p.site);
    journal_read_close(r);
    return err ? err : got;
}
