/* demo_run - opens the demo hospital once and runs it: for tests that want the whole simulator. */
#ifndef DEMO_RUN_H
#define DEMO_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "sim/sim.h"

struct demo { struct site *site; struct fleet_spec *fleet; };

static inline int demo_open(struct demo *d, uint16_t robots)
{
    struct err_note note = { "", "" };
    int err = fleet_spec_default(robots, &d->fleet);
    if (!err) err = site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &d->site, &note);
    if (!err) err = site_compile(d->site, d->fleet->classes, d->fleet->cls, &note);
    if (err) fprintf(stderr, "demo: %s: %s\n", note.where, note.what);
    return err;
}

static inline void demo_close(struct demo *d)
{
    site_close(d->site);
    fleet_spec_close(d->fleet);
}

static inline struct sim_config demo_config(const struct demo *d, uint64_t seed)
{
    return (struct sim_config){ .site = d->site, .fleet = d->fleet, .seed = seed, .jobs_per_hour = 60, .demand_ms = MS_HOUR / 2,
                                .delay_min_ms = 20, .delay_max_ms = 20 };
}

static inline struct sim_config demo_faulty(const struct demo *d, uint64_t seed)
{
    struct sim_config c = demo_config(d, seed);
    c.loss_ppm = c.duplicate_ppm = 50000;
    c.delay_min_ms = 0;
    c.delay_max_ms = 2000;
    return c;
}

/* Runs, and says what was wrong if anything was. True: everything delivered, no rule broken. */
static inline bool demo_clean(const struct sim_config *c, struct sim_result *r)
{
    struct err_note note = { "", "" };
    int err = sim_run(c, r, &note);
    if (err) fprintf(stderr, "seed %llu: %s: %s\n", (unsigned long long)c->seed, note.where, note.what);
    for (uint32_t i = 0; i < r->violations && i < COUNT_OF(r->first); i++)
        fprintf(stderr, "seed %llu: %s at %lld: %s\n", (unsigned long long)c->seed, r->first[i].rule, (long long)r->first[i].at_ms, r->first[i].text);
    return !err && r->violations == 0 && r->accepted > 0 && r->delivered == r->accepted;
}

#endif
