/* plant - elevators and doors as they really move. Pure: requests and time in, states out; used by the simulator and,
 * over MQTT, by `orderly up`. Obeys building_msg.h: a request of an older generation than the one in force is ignored. */
#ifndef SIM_PLANT_H
#define SIM_PLANT_H

#include "common/arena.h"
#include "common/building_msg.h"
#include "maps/site.h"

struct plant;
size_t plant_memory(const struct site *s);
int plant_open(struct plant **out, struct arena *mem, const struct site *s);
void plant_elevator_request(struct plant *p, elevator_id e, uint32_t generation, bool end, level_id level, ms_t now_ms);
void plant_door_request(struct plant *p, door_id d, uint32_t generation, bool open, ms_t now_ms);
void plant_tick(struct plant *p, ms_t now_ms);
ms_t plant_deadline(const struct plant *p);
/* States that changed, or that are due as a heartbeat (every 2 s live; never in the simulator unless the wire loses). */
struct plant_out { bool is_door; elevator_id elevator; door_id door; level_id level; level_id destination; uint8_t motion, door_state, mode; uint32_t generation; };
bool plant_next(struct plant *p, struct plant_out *out);
void plant_heartbeat(struct plant *p, ms_t every_ms); /* 0 = off */
/* Truth for the oracle: height of the car now and whether a person or robot could pass its door at `level`. */
mm_t plant_car_height_mm(const struct plant *p, elevator_id e, ms_t now_ms);
bool plant_car_open_at(const struct plant *p, elevator_id e, level_id level, ms_t now_ms);
bool plant_door_open(const struct plant *p, door_id d, ms_t now_ms);

#endif
