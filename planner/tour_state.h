/* tour_state - what the files of tour.h share: the tours with the state kept after every stop, and the walk over stops.
 *
 * (1) walk[k] of a tour is the state after its first k stops; cost is that of walk[count] with the way to the end place.
 * (2) a tour that stands breaks no hard rule (tour_set refuses otherwise).
 * (3) picked[j] is the end of job j's pick-up in the standing tour, between calls. */
#ifndef PLANNER_TOUR_STATE_H
#define PLANNER_TOUR_STATE_H

#include "common/rng.h"
#include "tour.h"

#define TOUR_DAY_MS 86400000 /* what a missing way costs a vehicle that has no choice but to go it */

struct tour_walk {
    ms_t at;                      /* free to leave `place` */
    int64_t cost, driven_mm;
    int32_t load[TOUR_DIMS];
    uint8_t count[TOUR_CLASSES];  /* loads aboard by class */
    uint16_t aboard, before;      /* classes aboard; classes since the last wash, those aboard included */
    uint16_t place, loads;
};

struct tour_line {                /* the tour of one vehicle */
    struct tour_stop *stop;
    struct tour_walk *walk;       /* stops + 1 */
    uint16_t count;
    uint16_t limited;             /* jobs in it whose ride is limited */
    int64_t cost;
};

struct tour_leg_wash { uint16_t washer; int64_t ms, mm; };

struct tour {
    const struct tour_problem *p;
    struct tour_sizes sizes;
    struct tour_line *line;       /* by vehicle */
    uint16_t *vehicle_of;         /* by job */
    uint8_t *anchored;            /* by job: its pick-up is in a frozen prefix */
    ms_t *picked;                 /* by job */
    uint16_t never[TOUR_CLASSES], washes[TOUR_CLASSES]; /* [next]: classes after which it is never, or only washed */
    uint64_t effort;
    struct rng rng;
    struct tour_offer *offer;     /* jobs x vehicles, what tour_insert knows */
    uint16_t *open;               /* scratch: jobs out */
    struct tour_stop *trial;      /* scratch: a tour being made */
    struct tour_walk *trial_walk;
    uint16_t *list;               /* scratch of the search: jobs */
    /* tour_improve: the tours as they were before a change, and the best ones */
    struct tour_line *saved, *best;
    uint8_t *touched;
    uint16_t *best_of;
};

/* ---- tour_walk.c: the rules, step by step ---- */
void tour_walk_begin(const struct tour *t, uint16_t vehicle, struct tour_walk *w);
/* Make one stop. TOUR_FITS, or the rule it would break (w is then half changed). visit may be NULL. */
enum tour_why tour_walk_stop(struct tour *t, uint16_t vehicle, struct tour_walk *w, struct tour_stop s, bool frozen,
                             struct tour_visit *visit);
enum tour_why tour_walk_end(const struct tour *t, uint16_t vehicle, struct tour_walk *w, bool excused);
/* Jobs that cannot leave their tour: aboard, or picked up in the frozen prefix. */
static inline bool tour_only_drop(const struct tour *t, uint16_t job)
{
    return t->p->job[job].kind == TOUR_ABOARD || t->anchored[job];
}
/* Stops whose own limits are beyond choosing. */
static inline bool tour_excused(const struct tour *t, struct tour_stop s, bool frozen)
{
    return frozen || (s.kind == TOUR_DROP && tour_only_drop(t, s.job));
}

/* ---- tour.c ---- */
/* Replace a tour; false, nothing changed and *bad the index that broke a rule (count: the way home), when it breaks one. */
bool tour_set(struct tour *t, uint16_t vehicle, const struct tour_stop *stops, uint16_t count, uint16_t *bad);
/* `tour_offer` that gives up on whatever costs `limit` or more. */
struct tour_offer tour_find(struct tour *t, uint16_t job, uint16_t vehicle, int64_t limit);
void tour_give(struct tour *t, const struct tour_offer *o, uint16_t job);
bool tour_take(struct tour *t, uint16_t job); /* out of its tour; false when that would break a rule */
void tour_better_aboard(struct tour *t, uint16_t vehicle); /* each drop that cannot leave the tour where it costs least */

#endif
