/* plant - elevators and doors as they really move. Pure: requests and time in, states out; used by the simulator and,
 * over MQTT, by `orderly up`.
 *
 *              request for another level                arrived
 *   standing ---------------------------> doors close -> travels -> doors open, held while the session lasts
 *
 * Generations (building_msg.h): (1) a request of an older generation than the newest seen moves nothing. (2) once a
 * session has ended, no request of its generation revives it. (3) every request is answered with a state, so that a
 * lost answer is repaired by the repeated request.
 * Motion: (4) a car moves only with its door fully closed. (5) a trip once begun goes to its end; a new target waits.
 * (6) a door asked to turn round moves back from where it is. The plant knows no robots: who stands on a sill is
 * for the oracle to see. */
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
/* States that changed, were asked for, or are due as a heartbeat. */
struct plant_out { bool is_door; elevator_id elevator; door_id door; level_id level; level_id destination; uint8_t motion, door_state, mode; uint32_t generation; };
bool plant_next(struct plant *p, struct plant_out *out);
void plant_announce(struct plant *p);                /* everything says again where it is: after a reconnect */
void plant_heartbeat(struct plant *p, ms_t every_ms); /* 0 = off (at first): the simulator needs it only when the wire loses */
/* Truth for the oracle: height of the car now and whether a person or robot could pass its door at `level`. Ask with
 * the time of the last tick or later, before the deadline. */
mm_t plant_car_height_mm(const struct plant *p, elevator_id e, ms_t now_ms);
bool plant_car_moving(const struct plant *p, elevator_id e, ms_t now_ms);
bool plant_car_open_at(const struct plant *p, elevator_id e, level_id level, ms_t now_ms);
level_id plant_car_level(const struct plant *p, elevator_id e, ms_t now_ms); /* where it stands, or the last level passed */
enum door_state plant_car_door(const struct plant *p, elevator_id e, ms_t now_ms);
bool plant_door_open(const struct plant *p, door_id d, ms_t now_ms);

#endif
