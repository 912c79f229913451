/* building_msg - what controller and building say to each other over MQTT (docs/vda5050.md, "The building").
 *
 * Shaped like Open-RMF's LiftRequest / LiftState, plus a generation number: a grant that carries an older generation
 * than the newest request is stale and moves nobody (reference: invariants I-08).
 *   orderly/v1/elevator/<id>/request   controller -> building, repeated until the state echoes it
 *   orderly/v1/elevator/<id>/state     building -> controller, on change and at least every 2 s
 *   orderly/v1/door/<id>/request, /state   the same for doors
 * One JSON object each, unknown keys refused:
 *   elevator request  {"elevator":"E1","session":"hold","level":"L2","generation":7}; to end: "session":"end", no level
 *   elevator state    {"elevator":"E1","level":"L1","destination":"L2","motion":"stopped|up|down",
 *                      "door":"closed|moving|open","mode":"agv|human|fire|offline|emergency","generation":7}
 *   door request      {"door":"D1","request":"open|close","generation":3}
 *   door state        {"door":"D1","state":"closed|moving|open","generation":3}
 *   orderly/v1/zone/<id>/state         fire panel -> controller, on change and at least every 2 s
 *   zone state        {"zone":"F1","state":"normal|fire"} */
#ifndef COMMON_BUILDING_MSG_H
#define COMMON_BUILDING_MSG_H

#include "err.h"
#include "units.h"

#define BUILDING_ID_MAX 48

enum elevator_mode { ELEVATOR_AGV, ELEVATOR_HUMAN, ELEVATOR_FIRE, ELEVATOR_OFFLINE, ELEVATOR_EMERGENCY, ELEVATOR_MODE_COUNT };
enum elevator_motion { CAR_STOPPED, CAR_UP, CAR_DOWN, CAR_MOTION_COUNT };
enum door_state { DOOR_CLOSED, DOOR_MOVING, DOOR_OPEN, DOOR_STATE_COUNT };

struct elevator_request_msg {
    char elevator[BUILDING_ID_MAX];
    uint32_t generation;              /* rises with every new session of this elevator, and with every new level in it */
    bool end;                         /* true: the session is over, the car is free */
    char level[BUILDING_ID_MAX];      /* go there and hold the doors open; "" when end */
};
struct elevator_state_msg {
    char elevator[BUILDING_ID_MAX];
    char level[BUILDING_ID_MAX];      /* where it stands, or the last level passed */
    char destination[BUILDING_ID_MAX];/* of the request in force, "" = none */
    enum elevator_motion motion;
    enum door_state door;
    enum elevator_mode mode;
    uint32_t generation;              /* session in force, 0 = none */
};
struct door_request_msg { char door[BUILDING_ID_MAX]; bool open; uint32_t generation; };
struct door_state_msg { char door[BUILDING_ID_MAX]; enum door_state state; uint32_t generation; };

struct zone_state_msg { char zone[BUILDING_ID_MAX]; bool fire; };

int zone_state_decode(const char *json, size_t n, struct zone_state_msg *out, struct err_note *note);
int elevator_request_decode(const char *json, size_t n, struct elevator_request_msg *out, struct err_note *note);
int elevator_state_decode(const char *json, size_t n, struct elevator_state_msg *out, struct err_note *note);
int door_request_decode(const char *json, size_t n, struct door_request_msg *out, struct err_note *note);
int door_state_decode(const char *json, size_t n, struct door_state_msg *out, struct err_note *note);
int elevator_request_encode(const struct elevator_request_msg *m, char *buf, size_t size);
int elevator_state_encode(const struct elevator_state_msg *m, char *buf, size_t size);
int door_request_encode(const struct door_request_msg *m, char *buf, size_t size);
int door_state_encode(const struct door_state_msg *m, char *buf, size_t size);

#endif
