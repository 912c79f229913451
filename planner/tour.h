/* tour - which vehicle carries which job, and in which order it makes its stops.
 *
 *   tour_load (problem, vehicles, jobs) -> tour_keep (the tours in force) -> tour_insert (the new jobs) -> tour_improve
 *          -> tour_stops / tour_timetable (the answer)      tour_offer (why this vehicle, why not that one)
 *
 * A job is a load carried from one place to another, a load that is already on a vehicle, or a place to visit. A tour is
 * the order of one vehicle's stops; times follow from it: every stop is made as early as possible. The engine minimises
 * one sum of costs (struct tour_cost and the cost members of jobs) and never breaks a hard rule:
 *   (1) a pick-up comes before its drop, both on one vehicle; a load aboard stays on its vehicle.
 *   (2) in no dimension is more aboard than the capacity. What was aboard in the beginning is not judged, only added to.
 *   (3) loads are aboard together only where tour_rules.together allows both classes.
 *   (4) a class is loaded after another one (since the last wash) only as tour_rules.wash_ms says; where that asks for a
 *       wash the vehicle, empty, goes by the washer that costs least. Washes are no stops: the timetable shows them.
 *   (5) service begins within the hard windows; the ride takes no longer than ride_max_ms. Loads already aboard
 *       or picked up in the frozen prefix, and the stops of that prefix, are beyond choosing: for them these limits, the
 *       range and a missing way do not count (a missing way takes a day), and only the costs of the job do.
 *   (6) a vehicle takes only jobs whose `kinds` has its kind, no more stops and no more millimetres than it can.
 *   (7) the first `frozen` stops of a tour stay as they were given, and nothing comes before them.
 * A job for which there is no room is left out at its price `out_cost`; it is never forced. tour_judge verifies all of this
 * with arithmetic of its own.
 *
 * Method: regret insertion (Potvin and Rousseau 1993) and adaptive large-neighbourhood search (Ropke and Pisinger 2006)
 * with strings of neighbouring stops among the ruins (Christiaens and Vanden Berghe 2020), from the tours in force. Effort
 * is counted in stops evaluated; equal calls give equal answers. A tour here has few stops and many rules, so a change is
 * judged by walking on from the state kept before it; for hundreds of stops under hard windows alone, with the fewest
 * vehicles as the aim, pdp.h judges a change in constant time and searches differently. They share ideas, not code.
 */
#ifndef PLANNER_TOUR_H
#define PLANNER_TOUR_H

#include "common/arena.h"
#include "common/err.h"
#include "common/units.h"

#define TOUR_DIMS 4      /* pieces or compartments, grams, millilitres, one spare: their meaning is the caller's */
#define TOUR_CLASSES 16
#define TOUR_NONE UINT16_MAX /* no vehicle, no place, no job */
#define TOUR_NO_WAY INT32_MAX /* tour_leg.ms between places that do not connect; tour_rules.wash_ms: never */

struct tour_leg { int32_t ms, mm; }; /* from one place to another, docking included: zero where it stays */

/* What a unit of each costs. All costs are in one unit of the caller's choice and are added up in 64 bits; keep the sum of
 * a day's worst below 2^60. */
struct tour_cost {
    int32_t per_mm;       /* driven */
    int32_t per_ms_drive; /* driving and washing */
    int32_t per_ms_wait;  /* standing before a window opens */
    int64_t per_vehicle;  /* that has any stop */
};

struct tour_rules {
    uint16_t together[TOUR_CLASSES];              /* together[a] bit b: a and b may be aboard at once. Symmetric; bit a of
                                                     together[a] unset: only one load of the class at a time */
    int32_t wash_ms[TOUR_CLASSES][TOUR_CLASSES];  /* [before][next]: 0 no wash, TOUR_NO_WAY never, or the time a wash takes */
};

struct tour_vehicle {
    uint8_t kind;                /* 0..31 */
    uint8_t profile;             /* which table of legs */
    uint16_t place;              /* where it is, or is next free; TOUR_NONE: `start` tells the ways from there */
    const struct tour_leg *start; /* NULL, or one leg to each place */
    ms_t free_ms;                /* it can leave from then on */
    uint16_t end_place;          /* where it goes in the end (the leg costs, no stop); TOUR_NONE: it stays at the last stop */
    ms_t end_ms;                 /* hard: back there by then; MS_NEVER */
    int32_t capacity[TOUR_DIMS];
    uint16_t before;             /* classes carried since the last wash, bit by bit; classes aboard need not be named */
    uint16_t stops_max;
    int64_t range_mm;            /* hard: all it may drive; INT64_MAX */
    uint16_t frozen;             /* stops at the head of its tour that stay */
};

enum tour_job_kind {
    TOUR_CARRY,   /* pick-up and drop */
    TOUR_ABOARD,  /* on vehicle `pinned` already: only the drop */
    TOUR_VISIT    /* only the drop, nothing is carried: a check, a charge, a call */
};

struct tour_end {
    uint16_t place;
    ms_t from_ms, until_ms;      /* hard: service begins within; 0 and MS_NEVER for none */
    int32_t service_ms;
};

struct tour_job {
    enum tour_job_kind kind;
    struct tour_end pick, drop;
    int32_t size[TOUR_DIMS];
    uint8_t class;
    uint32_t kinds;              /* bit k: vehicles of kind k may take it */
    uint16_t pinned;             /* the only vehicle that may; TOUR_NONE */
    int32_t ride_max_ms;         /* from the end of the pick-up to the drop; INT32_MAX */
    /* What its time costs: the sum over the three of weight x (beginning of the drop - moment), where that is positive.
     * ready: since the request (keeps jobs in order of arrival, all else equal); due; worst: what must never be. */
    ms_t ready_ms, due_ms, worst_ms;
    int32_t ready_weight, due_weight, worst_weight;
    int64_t out_cost;            /* of leaving it out */
    uint16_t held_by;            /* the vehicle that has it in force, TOUR_NONE; another one costs move_cost more: a tour is */
    int64_t move_cost;           /*   changed for a gain worth it, not for a few millimetres */
};

struct tour_problem {
    const struct tour_vehicle *vehicle;
    const struct tour_job *job;
    uint16_t vehicles, jobs, places;
    const struct tour_leg *const *leg; /* leg[profile][from * places + to]; asymmetric is fine */
    uint8_t profiles;
    const struct tour_rules *rules;    /* NULL: every class with and after every other */
    const uint16_t *washer;            /* places with a washer */
    uint16_t washers;
    struct tour_cost cost;
};

enum tour_stop_kind { TOUR_PICK, TOUR_DROP };
struct tour_stop { uint16_t job; uint8_t kind; /* enum tour_stop_kind */ };

/* One stop in the timetable. wash: the washer visited before it, from wash_ms on, or TOUR_NONE. */
struct tour_visit {
    struct tour_stop stop;
    uint16_t place, wash;
    ms_t wash_ms, arrive_ms, begin_ms, leave_ms;
    int64_t cost; /* that came with this stop */
};

/* Why a job is not offered a place in a tour. */
enum tour_why {
    TOUR_FITS,
    TOUR_WRONG_KIND,     /* the vehicle's kind may not carry it, or it belongs to another vehicle */
    TOUR_TOO_MANY_STOPS,
    TOUR_TOO_MUCH,       /* capacity */
    TOUR_NOT_TOGETHER,   /* with what is aboard */
    TOUR_NOT_AFTER,      /* what was aboard: no washer, or the vehicle is never empty in between */
    TOUR_TOO_LATE,       /* for a window: its own or another stop's */
    TOUR_TOO_LONG,       /* aboard */
    TOUR_TOO_FAR,        /* for the vehicle's range */
    TOUR_UNREACHABLE
};

struct tour_offer {
    enum tour_why why;   /* of several, the one of the attempt that came furthest */
    uint16_t vehicle, pick_at, drop_at; /* stops before the pick-up and before the drop, counted without the job itself */
    int64_t cost;        /* added to all costs, out_cost not subtracted */
    ms_t pick_ms, drop_ms; /* beginnings of service */
};

struct tour_sizes { uint16_t vehicles, jobs, stops; /* stops: the most on one vehicle, <= 1000 */ };

struct tour;
size_t tour_memory(const struct tour_sizes *s);
int tour_open(struct tour **out, struct arena *mem, const struct tour_sizes *s);
/* Begin a problem: all tours empty, all jobs out, except that ABOARD jobs get their drop behind one another. The problem and
 * all it points to is borrowed until the next tour_load. ORD_EFULL: more than the sizes; ORD_ERANGE: *note says which member
 * of which job or vehicle is wrong (words for a person, no path). note may be NULL. */
struct tour_fault { const char *what; uint16_t vehicle, job; };
int tour_load(struct tour *t, const struct tour_problem *p, uint64_t seed, struct tour_fault *note);
/* Take over a tour in force (warm start). Stops that cannot stay are left out, with their partner: jobs that are unknown,
 * placed twice, incomplete, or break a hard rule now. Returns how many jobs were left out. Drops of loads aboard that are
 * not in `stops` are added at the end. */
uint16_t tour_keep(struct tour *t, uint16_t vehicle, const struct tour_stop *stops, uint16_t count);
/* Insert every job that is out, best regret first, where it costs least and less than its out_cost. Tours are not changed
 * otherwise. Returns how many jobs stay out. */
uint16_t tour_insert(struct tour *t);
/* Search on until about `effort` stops were evaluated (20 to 30 ns each). The best answer found stands when it returns; it is
 * never worse than the one before. Equal problems with equal seeds of tour_load are searched alike: give another seed each
 * time, the number of the decision for instance. */
void tour_improve(struct tour *t, uint64_t effort);

uint16_t tour_stops(const struct tour *t, uint16_t vehicle, const struct tour_stop **stops); /* returns the count */
uint16_t tour_vehicle_of(const struct tour *t, uint16_t job); /* TOUR_NONE: left out */
/* The timetable of a tour, `out` holds as many visits as it has stops. Returns the count. */
uint16_t tour_timetable(struct tour *t, uint16_t vehicle, struct tour_visit *out);
int64_t tour_cost(const struct tour *t);
int64_t tour_cost_of(const struct tour *t, uint16_t vehicle); /* of one tour, prices of jobs left out not in it */
uint64_t tour_effort(const struct tour *t); /* stops evaluated since tour_load */
/* The cheapest way to give `job` to `vehicle`, as if the job were in no tour and all else stayed: the reason behind a
 * decision, and its price against the others. Changes nothing but scratch. */
struct tour_offer tour_offer(struct tour *t, uint16_t job, uint16_t vehicle);
/* The judge: the first broken rule of a tour and the job it concerns (what NULL: none), and the tour's cost, from the problem
 * and the stops alone. It shares no code with the search. tour_check asserts that all tours pass it, with these costs. */
struct tour_judged { const char *what; uint16_t job; int64_t cost; };
struct tour_judged tour_judge(const struct tour_problem *p, uint16_t vehicle, const struct tour_stop *stops, uint16_t count);
void tour_check(const struct tour *t);

const char *tour_why_en(enum tour_why why);
const char *tour_why_zh(enum tour_why why);

#endif
