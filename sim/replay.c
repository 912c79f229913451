/* replay - a journal, live or simulated, on a fresh core: the same inputs must lead to the same states. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "brain.h"
#include "common/journal.h"
#include "sim.h"

struct replay {
    const char *path;
    struct journal_reader *reader;
    struct site *site;
    struct fleet_spec *spec;
    struct timetable *timetable;
    struct brain brain;
    uint64_t mark_seq, mark_hash;
    bool mark;
};

static int blob(const struct replay *p, const char *key, const void **bytes, size_t *n, struct err_note *note)
{
    if (journal_meta(p->reader, key, bytes, n) == ORD_OK && *n > 0) return ORD_OK;
    return err_at(note, ORD_ECORRUPT, p->path, "the journal does not hold the bytes of its %s; it cannot be replayed",
                  key);
}

static int open_core(struct replay *p, struct err_note *note)
{
    const void *bytes;
    size_t n;
    int err = blob(p, "fleet", &bytes, &n, note);
    if (!err) err = fleet_spec_parse("fleet in the journal", bytes, n, &p->spec, note);
    if (!err) err = blob(p, "site", &bytes, &n, note);
    if (!err) err = site_parse("site in the journal", bytes, n, &p->site, note);
    if (!err) err = site_compile(p->site, p->spec->classes, p->spec->cls, note);
    if (!err && journal_meta(p->reader, "rounds", &bytes, &n) == ORD_OK && n > 0)
        err = timetable_parse("rounds in the journal", bytes, n, p->site, &p->timetable, note);
    if (!err)
        err = brain_open(
            &p->brain, p->site, p->spec,
            (struct brain_rules){ p->timetable, DISPATCH_TOURS, ARBITER_PLANNED, TRAFFIC_FULL, CHARGE_TARIFF }, note);
    return err;
}

static int apply(struct replay *p, const struct journal_row *row, struct replay_result *out, struct err_note *note)
{
    struct fleet_in in;
    struct fleet_out o;
    memset(&in, 0, sizeof in);
    struct snap s = snap_loader(row->body, row->body_len);
    fleet_in_snap(&s, &in);
    if (!snap_ok(&s))
        return err_at(note, ORD_ECORRUPT, p->path, "input %llu cannot be read", (unsigned long long)row->seq);
    if (in.at_ms < out->end_ms)
        return err_at(note, ORD_ECORRUPT, p->path, "input %llu is older than the one before it",
                      (unsigned long long)row->seq);
    fleet_input(p->brain.fleet, &in); /* what was refused then is refused now */
    while (fleet_output(p->brain.fleet, &o))
        if (o.kind == OUT_JOB && o.job.state == JOB_DELIVERED && o.job.job) out->delivered++;
    out->inputs = row->seq;
    out->end_ms = in.at_ms;
    return ORD_OK;
}

/* All marks up to here; several may stand at one input. */
static int verify(struct replay *p, struct replay_result *out, struct err_note *note)
{
    while (p->mark && p->mark_seq <= out->inputs) {
        if (p->mark_seq == out->inputs) {
            uint64_t hash = brain_hash(&p->brain);
            if (hash != p->mark_hash)
                return err_at(
                    note, ORD_ECORRUPT, p->path, "the state after input %llu is %016llx, the journal says %016llx",
                    (unsigned long long)out->inputs, (unsigned long long)hash, (unsigned long long)p->mark_hash);
            out->marks_checked++;
        }
        p->mark = journal_next_mark(p->reader, &p->mark_seq, &p->mark_hash) == 1;
    }
    return ORD_OK;
}

int sim_replay(const char *journal, struct replay_result *out, struct err_note *note)
{
    struct replay p = { .path = journal };
    struct journal_row row;
    memset(out, 0, sizeof *out);
    int err = journal_read(&p.reader, journal, note);
    if (err) return err;
    err = open_core(&p, note);
    clock_t began = clock();
    if (!err) {
        int got;
        p.mark = journal_next_mark(p.reader, &p.mark_seq, &p.mark_hash) == 1;
        while (!err && (got = journal_next(p.reader, &row, note)) != 0) {
            err = got < 0 ? got : apply(&p, &row, out, note);
            if (!err) err = verify(&p, out, note);
        }
    }
    if (!err) {
        struct fleet_totals t;
        fleet_totals(p.brain.fleet, &t);
        out->open = t.jobs_open;
        out->state_hash = brain_hash(&p.brain);
        out->cpu_s = (double)(clock() - began) / CLOCKS_PER_SEC;
    }
    brain_close(&p.brain);
    timetable_close(p.timetable);
    site_close(p.site);
    fleet_spec_close(p.spec);
    journal_read_close(p.reader);
    return err;
}
