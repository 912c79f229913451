/* plan_state - the inside of the standing plan, shared by its own files only.
 *
 *   plan.c         the face: placing, claims, requests, snapshot
 *   plan_time.c    the table of visits, and all estimates timed again in the order of passage
 *   plan_search.c  one robot's way anew, and who has to make room for it
 *   plan_chain.c   ... when they stand in a row
 *   plan_improve.c better orders of passage while robots wait
 *
 * (1) Between calls the table (resv) holds exactly the visits of all routes, with the times of the routes.
 * (2) Routes are changed only inside a trial: begun, then kept or undone. A trial is kept only after plan_check. */
#ifndef PLANNER_PLAN_STATE_H
#define PLANNER_PLAN_STATE_H

#include "common/heap.h"
#include "plan.h"
#include "plan_check.h"

#define REFUGES_TRIED 4
#define TRIAL_MAX 16        /* routes changed at once */
#define PARTNERS_MOST 12    /* of a pair search, in a large fleet */
#define PAUSE_MOST 7        /* a robot that cannot be helped is left alone twice as long each time, up to so often */
#define STANDS_LEAST_MS 500 /* a robot that should have moved on is expected to need at least this much more */

/* The visits of one step in the table; 0: none. */
struct held {
    uint32_t node, lane;
    edge_id edge;
};

/* Who was on a resource last, and before him somebody else; from the merge of plan_time.c. */
struct left {
    uint32_t stamp;
    uint16_t robot, other;
    int32_t ms, other_ms; /* after the beginning of the merge; INT32_MIN: never there, INT32_MAX: stays */
};

struct trial {
    uint16_t n;
    uint16_t robot[TRIAL_MAX];
    struct route route[TRIAL_MAX];
    struct route_step *step[TRIAL_MAX]; /* ROUTE_MAX each */
};

struct plan {
    struct plan_config cfg;
    struct route *route;
    struct resv resv;
    struct sipp *sipp;
    struct dist *dist;
    struct plan_judge *judge;
    struct plan_totals totals;
    node_id *refuge; /* all refuges of the site */
    uint16_t refuges;
    uint16_t *keeper; /* per node: robot + 1 whose refuge it is */
    /* the table */
    struct held **held; /* per robot, per step */
    uint16_t *shown;    /* per robot: steps in the table */
    uint16_t *flow;     /* per edge: how many are going to drive over it */
    /* scratch */
    struct trial trial;
    struct heap merge;
    struct left *left[SITE_CLASSES_MAX]; /* per class in use, per resource; NULL: nobody of this class */
    uint32_t stamp;
    ms_t base_ms; /* the times in `left` count from here */
    uint64_t version, timed_version; /* counts changes of the table; when it was timed last */
    ms_t timed_at_ms;
    /* another order tried, per robot */
    uint16_t *next_step, *waits_on, *next_waiter; /* waits_on: robot + 1 of a chain of those who wait for it */
    ms_t *shift_ms;
    /* improvement */
    ms_t tend_ms, by_ms, gain_ms;
    ms_t *tried_ms;           /* per robot: not again before */
    uint8_t *pause;           /* per robot: how often in a row it could not be helped */
    uint16_t *waited_for;     /* per robot: for whom longest, when it was tried */
    uint16_t *weight;         /* per robot: what its time is worth */
    uint32_t search_most;     /* expansions of one search now */
    int32_t credit;           /* expansions that may be spent */
    bool *crossed;            /* per robot */
    bool over_homes;
    ms_t **fresh;             /* per robot, per step: when it enters, in the merge under way */
    ms_t *timed_ms;           /* per robot: when it arrives at the last step timed so far */
    struct route_step *found; /* ROUTE_MAX */
};

/* plan_time.c */
void table_sync(struct plan *p, uint16_t r);                /* visits of all its steps, with its times */
void table_cut(struct plan *p, uint16_t r, uint16_t count); /* forget the steps from `count` on, which will change */
void table_shift(struct plan *p, uint16_t r, uint16_t by);  /* the first `by` steps are passed */
ms_t step_took_ms(const struct route_step *v);
/* `first` goes through its steps up to `until` before `late` may go on to its step `from`. */
struct switched { uint16_t late, first, from, until; };
/* Everything timed in that order; kept when it is no deadlock and all together gain so much. */
int switch_order(struct plan *p, const struct switched *w, ms_t now_ms, ms_t gain_ms);

/* plan_search.c */
profile_id profile_now(const struct plan *p, uint16_t r);
void trial_begin(struct plan *p);
bool trial_touch(struct plan *p, uint16_t r); /* before it changes; false: too many */
int trial_end(struct plan *p, int err);       /* without an error: judged and kept; else everything as before */
void cut_route(struct plan *p, uint16_t r, uint16_t at); /* it ends at step `at`, incomplete */
struct plan_request goal_left(const struct route *t);
uint16_t mission_end(const struct route *t);
ms_t goal_ms(const struct route *t);
bool may_yield(const struct route *t);
mrad_t heading_at(const struct plan *p, const struct route *t, uint16_t at);
int32_t shared_ms(const struct plan *p, uint16_t r); /* what a ride in a car that people use costs it besides its time */
ms_t weighed_ms(const struct plan *p, uint16_t r, const struct route *t, ms_t ms);
ms_t trial_cost_ms(const struct plan *p, uint16_t except);
/* At most REFUGES_TRIED, nearest first, not reserved by others. */
uint8_t nearest_refuges(struct plan *p, uint16_t r, node_id from, node_id *best);
/* Inside a trial: a new way from step `at`, the later ones cut before, over the goal to the best refuge; with
 * p->over_homes missions go before the ways home of others, who get others. */
int search_from(struct plan *p, uint16_t r, uint16_t at, struct plan_request want);
/* The same for several, one after the other, each against those before and everybody else. */
int search_group(struct plan *p, const uint16_t *robot, const struct plan_request *want, uint16_t n, ms_t now_ms);
/* Whole trials. */
int route_alone(struct plan *p, uint16_t r, struct plan_request want);
/* Plan r as if `other` would leave its frontier as soon as it can, then `other` around it. Both or neither, and neither when
 * the sum of the times at which they reach their goals is more than `most_ms`. */
int route_pair(struct plan *p, uint16_t r, struct plan_request want, uint16_t other, ms_t now_ms, ms_t most_ms);
int route_together(struct plan *p, uint16_t r, struct plan_request want, ms_t now_ms);
/* plan_chain.c */
int route_chain(struct plan *p, uint16_t r, struct plan_request want, ms_t now_ms);
/* The mission stays, the way home is searched anew; with an error it is cut. */
int route_home_again(struct plan *p, uint16_t r);

#endif
