#include "brain.h"

#include <stdlib.h>
#include <string.h>

#include "common/state_hash.h"

int brain_open(struct brain *b, const struct site *site, const struct fleet_spec *spec, struct brain_rules rules,
               struct err_note *note)
{
    memset(b, 0, sizeof *b);
    int err = ORD_EMEMORY;
    b->robot_class = calloc(spec->robots + 1u, sizeof *b->robot_class);
    b->start = calloc(spec->robots + 1u, sizeof *b->start);
    if (!b->robot_class || !b->start) goto fail_memory;
    for (uint16_t r = 0; r < spec->robots; r++) {
        b->robot_class[r] = spec->robot[r].cls;
        b->start[r] = ID_NONE; /* as live: where a robot stands, only the robot can say */
    }
    struct fleet_config cfg = { .site = site,
                                .robots = spec->robots,
                                .robot_class = b->robot_class,
                                .robot_start = b->start,
                                .jobs_max = FLEET_JOBS_KEPT,
                                .timetable = rules.timetable,
                                .dispatch = rules.dispatch,
                                .arbiter = rules.arbiter,
                                .charging = rules.charging,
                                .traffic = rules.traffic };
    size_t size = fleet_memory(&cfg);
    struct arena mem;
    b->block = malloc(size);
    err = ORD_EMEMORY;
    if (!b->block) goto fail_memory;
    arena_init(&mem, b->block, size);
    err = fleet_open(&b->fleet, &mem, &cfg);
    if (!err) return ORD_OK;
    err_at(note, err, "fleet", "the controller core cannot open: %s", err_en(err));
    goto fail;
fail_memory:
    err_at(note, err, "fleet", "%s", err_en(err));
fail:
    brain_close(b);
    return err;
}

void brain_close(struct brain *b)
{
    free(b->robot_class);
    free(b->start);
    free(b->block);
    memset(b, 0, sizeof *b);
}

static void snap_fleet(struct snap *s, void *fleet) { fleet_snap(s, fleet); }

uint64_t brain_hash(const struct brain *b) { return state_hash_of(snap_fleet, b->fleet); }
