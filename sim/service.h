/* service - how long hand-overs take: when goods stand ready, and how long somebody takes to answer. Everything about
 * one job is drawn at once from a stream of its own, so that every policy meets the same luck. */
#ifndef SIM_SERVICE_H
#define SIM_SERVICE_H

#include "demand_file.h"

struct service_job {
    ms_t ready_ms;               /* the goods stand ready at the pick-up; before that a robot waits for them */
    ms_t pick_answer_ms, drop_answer_ms; /* from the robot's arrival until somebody attends to it; 0: nobody needs to */
};

/* `key` names the job: the same in every run of one seed. Scheduled goods are prepared before their release. */
void service_draw(const struct demand_file *f, uint64_t seed, uint64_t key, goods_id goods, station_id from,
                  station_id to, ms_t release_ms, bool scheduled, struct service_job *out);

#endif
