/* people - who rides in the shared elevators, as a list for the plant; and how long they wait when no robot does. */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "demand_file.h"
#include "plant.h"

struct people { struct plant_person *list; uint32_t count; };

/* Rides called before end_ms. Each kind of trip has its own random streams. ORD_EMEMORY. */
int people_open(struct people *p, const struct site *s, const struct demand_file *f, uint64_t seed, ms_t start_ms,
                uint8_t first_weekday, ms_t end_ms);
void people_close(struct people *p);

struct people_waits { uint32_t rides, stairs; ms_t mean_ms, p50_ms, p95_ms, most_ms; }; /* stairs: the landing was full */
int people_waits(const struct people *p, struct people_waits *out);
/* The same people, the same obstacles at the doors, no robots. */
int people_alone(const struct people *p, const struct site *s, const struct demand_file *f, uint64_t seed,
                 struct people_waits *out);

#endif
