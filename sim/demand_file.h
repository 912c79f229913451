/* demand_file - orderly-demand/1: what people ask for beside the rounds of the timetable, how long they take, who else rides
 * in the elevators, and what breaks (schema/demand.schema.json). Data only; arrivals.c, service.c, people.c and fault.c
 * draw from it.
 *
 * A file may name a preset as its `base`: a section that the file has replaces the whole section of the base, only
 * profiles replace one another by name. */
#ifndef SIM_DEMAND_FILE_H
#define SIM_DEMAND_FILE_H

#include "maps/maps_io.h"

#define DEMAND_PROFILES_MAX 16
#define DEMAND_STREAMS_MAX 64
#define DEMAND_PAIRS_MAX 16384
#define DEMAND_TRIPS_MAX 16
#define DEMAND_FAULTS_MAX 32
#define DEMAND_ENDS_MAX 8
#define DEMAND_CARS_MAX 8

struct demand_profile { char id[32]; int32_t share_micro[24]; }; /* of the day, per hour; sums to one */

struct demand_pair { station_id from, to; int32_t per_day_milli; };
struct demand_stream {              /* requests at random moments */
    char id[SITE_ID_MAX];
    struct site_name name;
    goods_id goods;
    uint8_t priority;               /* or JOB_PRIORITY_OF_GOODS */
    ms_t due_ms;                    /* from request to arrival; 0: as the goods say */
    uint8_t profile;
    int32_t weekend_permille;
    uint32_t first_pair;
    uint16_t pairs;
    int64_t per_day_milli;          /* of all pairs */
};

struct demand_answer { ms_t median_ms; int32_t sigma_milli; ms_t most_ms; }; /* sigma 0: always the median */
struct demand_place { struct demand_answer answer; ms_t prepare_ms; };       /* prepare: what nobody had ordered before */

struct demand_trip {                /* people in elevators, of one kind */
    char id[32];
    int32_t per_day_milli;
    uint8_t profile, rank;          /* the lower rank boards first: patients before staff before visitors */
    ms_t load_least_ms, load_most_ms;
    int32_t area_cm2;
    uint8_t ends;                   /* one end of each trip lies on one of these levels; 0: on any */
    level_id end[DEMAND_ENDS_MAX];
};

enum fault_kind { FAULT_CAR_OUT, FAULT_CAR_DIES, FAULT_FIRE, FAULT_MAINS, FAULT_ROBOT_DIES, FAULT_KIND_COUNT };
extern const char *const fault_kind_name[FAULT_KIND_COUNT];
struct demand_fault { uint8_t kind; uint16_t target; ms_t from_ms, to_ms; }; /* since midnight of the first day; to MS_NEVER: for good */

struct demand_file {
    uint8_t profiles, streams, trips, faults, cars;
    uint32_t pairs;
    struct demand_profile profile[DEMAND_PROFILES_MAX];
    struct demand_stream stream[DEMAND_STREAMS_MAX];
    struct demand_pair *pair;
    int32_t surge_permille;         /* of the streams between these times; 1000: none */
    uint16_t surge_from_min, surge_to_min;
    ms_t jitter_ms;                 /* scheduled goods stand ready this much earlier or later */
    ms_t wash_ms;                   /* disinfecting a robot */
    struct demand_place *place;     /* [stations] */
    uint64_t attended;              /* bit per goods: handed over by a person */
    int32_t door_retry_ppm;         /* a closing door of a car meets an obstacle */
    elevator_id car[DEMAND_CARS_MAX]; /* that people share */
    struct demand_trip trip[DEMAND_TRIPS_MAX];
    struct demand_fault fault[DEMAND_FAULTS_MAX];
};

int demand_file_parse(const char *name, const char *bytes, size_t n, const struct site *s, const struct fleet_spec *f,
                      struct demand_file **out, struct err_note *note);
int demand_file_open(const char *path, const struct site *s, const struct fleet_spec *f, struct demand_file **out,
                     struct err_note *note);
void demand_file_close(struct demand_file *d);

#endif
