/* timetable - the rounds of a week, as planned by the logistics manager: which goods go from where to where, when, how
 * many, and what must be back afterwards. Data only; read from orderly-rounds/1 (timetable_json.c), run by the core's
 * round.c, which makes jobs of it (R3, R4, R5, R9).
 *
 * A *round* has loads (from, to, count). In its window all loads are released evenly, in the order of the list, a job each;
 * known_ms before that the jobs are made, so that the dispatcher plans for them. A round that follows another one
 * (`after`) makes one job back for each of that round's deliveries. */
#ifndef MAPS_TIMETABLE_H
#define MAPS_TIMETABLE_H

#include "site.h"

#define TIMETABLE_ROUNDS_MAX 512
#define TIMETABLE_LOADS_MAX 16384
#define TIMETABLE_PARS_MAX 4096
#define TIMETABLE_KNOWN_MS MS_HOUR /* where the file says nothing */

struct round_load { station_id from, to; uint16_t count; };

struct timetable_round {
    char id[SITE_ID_MAX];
    char stream[SITE_ID_MAX];    /* several rounds may count as one stream in reports; = id by default */
    struct site_name name;
    goods_id goods;
    uint8_t priority;            /* or JOB_PRIORITY_OF_GOODS (255) */
    struct day_window when;      /* releases lie in [from, to); a round that follows another one ignores it */
    bool at_start;               /* all released when the window opens instead of evenly */
    ms_t due_ms;                 /* after each release; 0 = the end of the window */
    ms_t known_ms;
    uint16_t after;              /* round whose deliveries bring it about, TIMETABLE_NONE */
    ms_t after_ms, spread_ms;    /* released after_ms after the delivery, plus the load's share of spread_ms */
    uint32_t first_load;
    uint16_t loads;
};
#define TIMETABLE_NONE UINT16_MAX

struct timetable_par { station_id from, to; goods_id goods; uint16_t par; }; /* below par at `to`: one top-up job (R9) */

struct timetable {
    uint16_t rounds;
    uint32_t loads;
    uint16_t pars;
    struct timetable_round *round;
    struct round_load *load;
    struct timetable_par *par;
    uint64_t hash;               /* of the canonical bytes */
};

#endif
