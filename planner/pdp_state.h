/* pdp_state - what the files of pdp.h share: routes with their slack, and the two searches' memory. */
#ifndef PLANNER_PDP_STATE_H
#define PLANNER_PDP_STATE_H

#include "common/rng.h"
#include "pdp.h"

#define PDP_NONE UINT16_MAX
#define PDP_FAR (INT64_MAX / 4)

/* Positions 0 and count + 1 are the depot. leave[i]: earliest departure; by[i]: latest beginning of service that keeps the rest
 * of the route in time; load[i]: aboard after position i (without picks: all that is ever aboard, at every position);
 * arc[i]: distance from position i to i + 1. */
struct pdp_line {
    uint16_t count;
    int32_t size;       /* sum of the sizes, for problems without pick-ups */
    int64_t distance;
    uint16_t *node;
    int64_t *leave, *by;
    int32_t *load, *arc;
};

struct pdp_place { int64_t added; uint16_t line, pick_at, drop_at; }; /* after these positions of the line as it stands */

struct pdp_answer { uint16_t lines; int64_t distance; uint16_t *node, *begin; }; /* begin: lines + 1 */

struct pdp {
    const struct pdp_problem *p;
    bool pairs;
    uint16_t lines_max, bound;
    uint16_t lines;               /* in use, in the present solution */
    struct pdp_line **line;       /* present solution */
    struct pdp_line **spare;      /* stack of unused lines */
    uint16_t spares;
    uint16_t *line_of, *at;       /* by node; PDP_NONE when out */
    uint16_t *request_of;         /* by node */
    uint16_t *near;               /* nodes x (nodes - 1): the others, nearest first (by windows too) */
    int64_t distance;             /* sum over the lines */
    struct pdp_answer best;
    bool shorter;                 /* phase */
    struct rng rng;
    struct pdp_counts counts;
    uint32_t blink;               /* positions until the next one is overlooked */
    /* requests that are out */
    uint16_t *out, outs;
    /* undo: lines replaced since the last accepted solution */
    struct pdp_line **old;
    uint16_t *touched, touches;
    uint8_t *is_touched;
    int64_t *key;                 /* scratch: sorting */
    int64_t *drop_cost, *drop_least; /* scratch: by position */
    /* pdp_eject.c */
    uint32_t *penalty;            /* by request */
    struct pdp_line *cut;         /* scratch: a line without some requests */
    uint16_t *list;               /* requests of a line */
};

static inline int32_t pdp_distance_of(const struct pdp_problem *p, uint16_t a, uint16_t b)
{
    return p->distance[(size_t)a * p->nodes + b];
}

/* ---- pdp_line.c ---- */
void pdp_line_count(const struct pdp *s, struct pdp_line *l); /* times, loads, distance from the nodes */
/* The cheapest place for a request in a line that costs less than `limit`; added PDP_FAR when there is none. */
struct pdp_place pdp_line_find(struct pdp *s, const struct pdp_line *l, uint16_t request, int64_t limit, bool blinks);
void pdp_line_put(struct pdp *s, struct pdp_line *l, uint16_t request, struct pdp_place where);
bool pdp_line_alone(const struct pdp *s, uint16_t request); /* a vehicle of its own can serve it */

/* ---- pdp.c: changes of the present solution that can be undone ---- */
struct pdp_line *pdp_touch(struct pdp *s, uint16_t line); /* the line, to be changed */
void pdp_accept(struct pdp *s);
void pdp_undo(struct pdp *s);
void pdp_index(struct pdp *s, uint16_t line); /* line_of and at of its nodes */
void pdp_give(struct pdp *s, uint16_t request, struct pdp_place where);
void pdp_take(struct pdp *s, uint16_t request); /* out of its line, which is counted again; not listed in out[] */
bool pdp_add_line(struct pdp *s);                 /* an empty one */
void pdp_drop_empty(struct pdp *s);               /* only with nothing to undo */
void pdp_keep(struct pdp *s); /* the present solution is the best */
void pdp_back(struct pdp *s); /* the best is the present one */

/* ---- pdp_ruin.c ---- */
void pdp_build(struct pdp *s);                 /* insert all that is out, opening lines where needed */
bool pdp_round(struct pdp *s, int64_t warmth); /* one ruin and recreate */
/* ---- pdp_eject.c ---- */
void pdp_eject_begin(struct pdp *s); /* take one line apart */
bool pdp_eject(struct pdp *s);       /* one move; true when no request is out any more */
/* ---- pdp_bound.c ---- */
uint16_t pdp_bound_find(struct pdp *s);

#endif
