/* facts - reduces robot messages (1-2 Hz each, repeated, reordered) to facts: only facts are journalled (DESIGN section 2).
 *
 * Pure and forgetful: it keeps the last seen values per robot, so a fact is told once; after a restart of the host
 * everything is told again, which is harmless. A state message is old when its headerId is behind the last one by less
 * than half the range and the connection was not renewed since: it is dropped (pitfall 7 of VDA 5050 practice). */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include "common/arena.h"
#include "common/vda/vda_model.h"
#include "msg.h"

struct facts;
struct facts_config {
    const struct site *site;
    uint16_t robots;
    uint64_t epoch;          /* of our order ids (order.h): anything else a robot shows is not ours */
    ms_t silent_ms;          /* 0 = 10000: no state for so long -> FACT_SILENT; a later state -> FACT_ONLINE */
};
size_t facts_memory(const struct facts_config *cfg);
int facts_open(struct facts **out, struct arena *mem, const struct facts_config *cfg);
void facts_patience(struct facts *f, robot_id r, ms_t silent_ms); /* one that reports seldom: silent after so long */
/* Each call may yield facts; drain facts_next() after it. */
void facts_state(struct facts *f, robot_id r, const struct vda_state *s, ms_t now_ms);
void facts_connection(struct facts *f, robot_id r, enum vda_connection_state c, ms_t now_ms);
void facts_tick(struct facts *f, ms_t now_ms);
ms_t facts_deadline(const struct facts *f);
bool facts_next(struct facts *f, struct in_fact *out);
/* The last reported pose, for the live map only. False: none yet. */
struct robot_pose { level_id level; mm_t x_mm, y_mm; mrad_t theta; bool driving; int32_t battery_permille; ms_t at_ms; };
bool facts_pose(const struct facts *f, robot_id r, struct robot_pose *out);

#endif
