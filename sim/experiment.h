/* experiment - the standard experiments by name: a generated hospital, its fleet, its rounds and its demand, one whole day
 * from midnight. Names are stable, so that figures of different versions can be compared. */
#ifndef SIM_EXPERIMENT_H
#define SIM_EXPERIMENT_H

#include "sim.h"

struct experiment {
    const char *name;
    const char *hospital;      /* preset of `orderly map generate` */
    const char *elevators;     /* instead of the preset's; NULL */
    uint16_t heavy, cabinet;   /* robots */
    const char *rounds, *demand; /* presets of this program */
    const char *zh, *en;       /* what it asks */
};
extern const struct experiment experiments[];
extern const size_t experiments_count;

const struct experiment *experiment_named(const char *name); /* NULL: there is none */

/* What a run works on, however it was named. Closed by sim_set_close in any state. */
struct sim_set {
    struct site *site;
    struct fleet_spec *fleet;
    struct timetable *timetable;
    struct demand_file *demand;
};
int experiment_open(const struct experiment *e, struct sim_set *set, struct err_note *note);
void sim_set_close(struct sim_set *set);
/* Rounds and demand from files or, where no such file exists, from presets of that name; NULL: none. */
int sim_set_plans(struct sim_set *set, const char *rounds, const char *demand, struct err_note *note);

int64_t experiment_midnight_utc_s(const struct site *s); /* Monday, 2 March 2026, 00:00 at the site */

#endif
