/* report - what a run came to, for people (zh/en) and as one JSON object (docs/man/orderly-sim.1 names the keys). */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "sim.h"

struct report_about { const char *experiment; int64_t seed; uint16_t robots; }; /* experiment: NULL for none */

const char *sim_say(const char *zh, const char *en); /* by LC_ALL, LC_MESSAGES, LANG */
void report_json(FILE *f, const struct sim_config *cfg, const struct report_about *about, const struct sim_result *r);
void report_human(FILE *f, const struct sim_config *cfg, const struct report_about *about, const struct sim_result *r);
void report_milli(FILE *f, const char *before, int64_t milli); /* thousandths as a decimal */

#endif
