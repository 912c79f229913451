/* brain - the controller core opened for a site and a fleet file, the way every host opens it: a journal replays only
 * on a core with the same configuration. */
#ifndef SIM_BRAIN_H
#define SIM_BRAIN_H

#include "core/fleet.h"
#include "maps/maps_io.h"

struct brain {
    struct fleet *fleet;
    class_id *robot_class;
    node_id *start;
    void *block;
};

struct brain_rules { const struct timetable *timetable; enum dispatch_policy dispatch; enum arbiter_policy arbiter; enum traffic_policy traffic; enum charge_policy charging; };
int brain_open(struct brain *b, const struct site *site, const struct fleet_spec *spec, struct brain_rules rules,
               struct err_note *note); /* the timetable is borrowed */
void brain_close(struct brain *b);
uint64_t brain_hash(const struct brain *b); /* state_hash of fleet_snap */

#endif
