/* resv - who is where when: the visits of all routes, by resource, and the free intervals they leave.
 *
 * A visit says robot r holds resource x during [from, to). It blocks every resource y that conflicts with x for the classes
 * of both robots during [from - gap, to + gap). Visits are put in and taken out one by one and keep their id meanwhile.
 * Free intervals of a resource are computed on first use in a search and kept until its end. A soft visit is one that can
 * be moved later: a search may overlook it (resv.overlook_soft). */
#ifndef PLANNER_RESV_H
#define PLANNER_RESV_H

#include "common/arena.h"
#include "maps/site.h"

#define MS_BEGIN (INT64_MIN / 4) /* claimed already: since ever */
#define RESV_INTERVALS_MAX 32    /* free intervals kept per resource; later ones are treated as taken */

struct visit {
    uint32_t next, prev; /* ids (index + 1 in the pool) of the visits of one class to the same resource, 0 = end */
    uint16_t robot;
    bool soft;
    res_id res;
    uint32_t step; /* absolute step number in that robot's route */
    ms_t from_ms, to_ms;
};

struct interval { ms_t from_ms, to_ms; };
struct interval_list { const struct interval *item; uint16_t count; };

struct resv {
    const struct site *site;
    const class_id *robot_class;
    uint32_t resources;
    uint32_t *first; /* per class and resource: id of the first visit; see resv_first */
    uint32_t held[SITE_CLASSES_MAX]; /* visits of each class */
    struct visit *visit;
    uint32_t visits, visits_max; /* visits: ids given out at most so far */
    uint32_t unused;             /* first of the ids given back, 0 = none */
    bool overlook_soft;
    /* free intervals of the search under way */
    uint32_t search;         /* number of the search, stamps below */
    uint16_t self;           /* whose visits do not count */
    uint32_t *stamp;         /* per resource */
    uint32_t *at;            /* per resource: start in pool */
    uint16_t *n;
    struct interval *pool;
    uint32_t pool_used, pool_max;
};

size_t resv_memory(const struct site *s, uint32_t visits_max);
int resv_open(struct resv *t, struct arena *mem, const struct site *s, const class_id *robot_class, uint32_t visits_max);
void resv_clear(struct resv *t);
bool resv_add(struct resv *t, res_id x, uint16_t robot, uint32_t step, ms_t from_ms, ms_t to_ms); /* false: full */
uint32_t resv_put(struct resv *t, res_id x, uint16_t robot, uint32_t step); /* its id, times still to be written; 0: full */
void resv_drop(struct resv *t, uint32_t id);
static inline struct visit *resv_visit(const struct resv *t, uint32_t id) { return &t->visit[id - 1]; }
/* The first of the visits that robots of class c make to x; 0: none. */
static inline uint32_t resv_first(const struct resv *t, class_id c, res_id x) { return t->first[(size_t)c * t->resources + x]; }
void resv_search(struct resv *t, uint16_t self); /* a new search by this robot begins */
/* Times when `self` may hold x, ascending and disjoint. */
struct interval_list resv_free(struct resv *t, res_id x);

#endif
