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
 * (6) a door asked to turn round moves back from where it is. The plant sees robots only as a light barrier does: that
 * one is inside or on the sill.
 * People (a car is theirs in mode HUMAN, its session waits and shows generation 0): (7) who calls gets the car before
 * any robot that is not inside and has not been let in: from the moment the door stands open for a session until the
 * session ends, the car is the robot's. (8) people ride collectively: on in one direction while somebody wants to,
 * patients in before staff before visitors, as many as there is floor for.
 * (9) out of service, fire and emergency power: shown at once; a robot inside or let in is still brought where its
 * session wants, then the car stands closed. (10) a frozen car stops where and as it is, and goes on from there. */
#ifndef SIM_PLANT_H
#define SIM_PLANT_H

#include "common/arena.h"
#include "common/building_msg.h"
#include "common/snap.h"
#include "maps/site.h"

struct plant_person { /* a ride of somebody; at_ms to rank are given, the rest is found out */
    ms_t at_ms;
    elevator_id car;
    level_id from, to;
    uint8_t rank;
    int32_t area_cm2;
    ms_t load_ms, unload_ms;
    ms_t boarded_ms, left_ms; /* MS_NEVER: not yet; boarded: has begun to step in */
};

struct plant;
size_t plant_memory(const struct site *s);
int plant_open(struct plant **out, struct arena *mem, const struct site *s);
void plant_elevator_request(struct plant *p, elevator_id e, uint32_t generation, bool end, level_id level, ms_t now_ms);
void plant_door_request(struct plant *p, door_id d, uint32_t generation, bool open, ms_t now_ms);
/* Rides to come, ascending by at_ms; borrowed, and written to. Before the first tick. */
void plant_people(struct plant *p, struct plant_person *list, uint32_t n);
void plant_robot_inside(struct plant *p, elevator_id e, bool inside, ms_t now_ms); /* inside, or on the sill */
void plant_car_mode(struct plant *p, elevator_id e, enum elevator_mode mode, ms_t now_ms); /* AGV: back in service */
void plant_car_freeze(struct plant *p, elevator_id e, bool frozen, ms_t now_ms);
/* Each closing of a car's door meets an obstacle with this chance and begins again. Off at first. */
void plant_door_retry(struct plant *p, uint64_t seed, int32_t ppm);
void plant_tick(struct plant *p, ms_t now_ms);
ms_t plant_deadline(const struct plant *p);
/* States that changed, were asked for, or are due as a heartbeat. */
struct plant_out { bool is_door; elevator_id elevator; door_id door; level_id level; level_id destination; uint8_t motion, door_state, mode; uint32_t generation; };
bool plant_next(struct plant *p, struct plant_out *out);
void plant_announce(struct plant *p);                /* everything says again where it is: after a reconnect */
/* What a real building still knows when its controls have been off: sessions, and where cars and doors stand. Load into a
 * fresh plant, before its first tick; without it a restart would take requests of old sessions for new ones. */
void plant_snap(struct snap *s, struct plant *p);
void plant_heartbeat(struct plant *p, ms_t every_ms); /* 0 = off (at first): the simulator needs it only when the wire loses */
/* Truth for the oracle: height of the car now and whether a person or robot could pass its door at `level`. Ask with
 * the time of the last tick or later, before the deadline. */
mm_t plant_car_height_mm(const struct plant *p, elevator_id e, ms_t now_ms);
bool plant_car_moving(const struct plant *p, elevator_id e, ms_t now_ms);
bool plant_car_open_at(const struct plant *p, elevator_id e, level_id level, ms_t now_ms);
level_id plant_car_level(const struct plant *p, elevator_id e, ms_t now_ms); /* where it stands, or the last level passed */
enum door_state plant_car_door(const struct plant *p, elevator_id e, ms_t now_ms);
enum elevator_mode plant_car_mode_shown(const struct plant *p, elevator_id e);
bool plant_car_for(const struct plant *p, elevator_id e, uint32_t generation); /* this session may have its robot in */
uint32_t plant_car_trips(const struct plant *p, elevator_id e);
bool plant_door_open(const struct plant *p, door_id d, ms_t now_ms);

#endif
