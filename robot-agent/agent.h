/* agent - a VDA 5050 vehicle (2.0, 2.1, 3.0) as a pure machine: messages and time in, messages out. No clock, socket, file, malloc.
 *
 * Decides by common/vda/vda_rules.h what to accept; keeps nodeStates, edgeStates, actionStates; runs actions with their
 * blocking types; drives through struct drive. Every state change is one bundled state message; at least one per
 * heartbeat_ms; every order and instant action is answered by one, accepted or not.
 *
 * (1) It never moves beyond the last released node.   (2) An action id never runs twice, an order id once left never
 * comes back: whatever a network repeats late does nothing.   (3) A refused message changes nothing but the errors.
 * (4) Offline it finishes its base, with the actions there, and stops.   (5) A node on another map is reached without
 * driving (an elevator ride): it must lie where the vehicle stands, or carry initPosition; which way it points there
 * it knows itself.   (6) With battery_wh stated, an empty battery stops it: it brakes and reports a fatal error. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "common/arena.h"
#include "common/vda/vda_model.h"
#include "drive.h"

struct agent;

/* How long a hand-over takes, asked when it begins: where somebody must come, or goods are late, only the place knows. */
struct agent_service { ms_t (*takes_ms)(void *ctx, enum vda_action_type type, const char *load_id, ms_t now_ms); void *ctx; };

struct agent_config {
    char manufacturer[VDA_ID_MAX], serial[VDA_ID_MAX], version[16];
    char start_node[VDA_ID_MAX], start_map[VDA_ID_MAX]; /* "" = off the graph */
    mm_t start_x_mm, start_y_mm; mrad_t start_theta;
    struct drive drive;
    ms_t heartbeat_ms;         /* 0 = 1000 */
    ms_t pick_ms, drop_ms;     /* how long the simulated hand-over takes; 0 = 5000 */
    int32_t battery_permille;  /* at start */
    int32_t drain_permille_h, charge_permille_h; /* simple battery, when battery_wh is 0 */
    int32_t battery_wh, move_w, idle_w, charge_w; /* else: what it draws under way and standing, and takes at a charger */
    ms_t wash_ms;              /* disinfect; 0 = 300000 */
    struct agent_service service; /* takes_ms NULL: pick_ms, drop_ms */
    struct vda_factsheet factsheet;
};

enum agent_in_kind { AGENT_TICK, AGENT_ORDER, AGENT_INSTANT, AGENT_LINK_UP, AGENT_LINK_DOWN, AGENT_SET_MODE,
                     AGENT_CHARGERS_DEAD, AGENT_CHARGERS_LIVE /* the mains have failed, are back */,
                     AGENT_DRIVE /* `refused` says why the drive cannot move; NULL: it can again */ };
struct agent_in {
    ms_t at_ms;                /* never less than before */
    enum agent_in_kind kind;
    const struct vda_order *order;             /* AGENT_ORDER; borrowed for the call */
    const struct vda_instant_actions *instant; /* AGENT_INSTANT */
    enum vda_mode mode;                        /* AGENT_SET_MODE: the key switch on the robot */
    const char *refused;       /* AGENT_ORDER/INSTANT with NULL message: it could not be decoded, this is why; AGENT_DRIVE */
};
enum agent_out_kind { AGENT_OUT_STATE, AGENT_OUT_CONNECTION, AGENT_OUT_FACTSHEET };
struct agent_out {
    enum agent_out_kind kind;
    const struct vda_state *state;             /* borrowed until the next agent_input */
    struct vda_connection connection;
    const struct vda_factsheet *factsheet;
};

size_t agent_memory(const struct agent_config *cfg);
int agent_open(struct agent **out, struct arena *mem, const struct agent_config *cfg);
/* Wall time as the header of the next messages shows it; never used otherwise. Before the first call it is 1970. */
void agent_stamp(struct agent *a, const char *timestamp);
void agent_input(struct agent *a, const struct agent_in *in);
bool agent_output(struct agent *a, struct agent_out *out);  /* drain after each input */
ms_t agent_deadline(const struct agent *a);                 /* give a tick then */
void agent_check(const struct agent *a);

/* What is true of the vehicle, for tests and for the simulator's oracle. */
struct agent_truth { struct drive_pose pose; char map_id[VDA_ID_MAX]; char last_node[VDA_ID_MAX]; uint8_t loads; char load_id[VDA_LOADS_MAX][VDA_ID_MAX]; bool driving;
                     int32_t battery_permille; bool charging, washing; int64_t used_j, charged_j; /* since the start; battery_wh only */ };
void agent_truth(const struct agent *a, ms_t now_ms, struct agent_truth *out);

#endif
