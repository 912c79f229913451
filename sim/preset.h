/* preset - the demand and the rounds of the standard hospitals, built into the program from sim/presets. */
#ifndef SIM_PRESET_H
#define SIM_PRESET_H

#include <stddef.h>

struct preset_file { const char *name; const unsigned char *bytes; size_t size; }; /* "h500.demand.json" */
extern const struct preset_file preset_files[];
extern const size_t preset_files_count;

const char *preset_demand(const char *id, size_t *n); /* NULL: no such preset */
const char *preset_rounds(const char *id, size_t *n);

#endif
