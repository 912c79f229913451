/* vda_model - VDA 5050 messages as plain values, one model for every protocol version (docs/vda5050.md).
 *
 * Lengths are mm and angles mrad; the codecs (vda_read.c, vda_write.c) turn them into metres and radians on the
 * wire. Strings are bounded; a message with a longer one, or with more elements than fit, is refused as a whole,
 * except lists that control never needs in full (say so at the field) and texts that are only shown to people or
 * matched against our own short ids (timestamps, descriptions, results, error types and references): those are cut.
 * Field names are the standard's. */
#ifndef COMMON_VDA_MODEL_H
#define COMMON_VDA_MODEL_H

#include "../units.h"

#define VDA_ID_MAX 64
#define VDA_TEXT_MAX 128
#define VDA_NODES_MAX 48
#define VDA_EDGES_MAX (VDA_NODES_MAX - 1)
#define VDA_ACTIONS_MAX 4       /* in one instantActions message */
#define VDA_ORDER_ACTIONS_MAX 24 /* in one order, over all its nodes */
#define VDA_ACTION_STATES_MAX 64
#define VDA_PARAMS_MAX 6
#define VDA_ERRORS_MAX 8
#define VDA_REFS_MAX 4
#define VDA_LOADS_MAX 4

struct vda_header {
    uint32_t header_id;
    char timestamp[32];         /* ISO 8601 UTC, as received; never used for decisions */
    char version[16], manufacturer[VDA_ID_MAX], serial[VDA_ID_MAX];
};

/* Numbers of states and modes are in journals: new ones go to the end. */
enum vda_blocking { VDA_NONE, VDA_SOFT, VDA_HARD, VDA_SINGLE, VDA_BLOCKING_COUNT };
enum vda_action_type {          /* the actions we send or serve; anything else is VDA_OTHER and keeps its name */
    VDA_PICK, VDA_DROP, VDA_INIT_POSITION, VDA_START_CHARGING, VDA_STOP_CHARGING,
    VDA_DISINFECT,              /* ours: the vehicle is washed and disinfected where it stands */
    VDA_CANCEL_ORDER, VDA_START_PAUSE, VDA_STOP_PAUSE, VDA_STATE_REQUEST, VDA_FACTSHEET_REQUEST, VDA_CLEAR_INSTANT /* 3.0 */, VDA_OTHER
};
struct vda_param { char key[24]; char value[VDA_ID_MAX]; bool is_number; }; /* numbers as their decimal text */
struct vda_action {
    char id[VDA_ID_MAX];
    enum vda_action_type type;
    char type_name[40];
    enum vda_blocking blocking;
    uint8_t params;
    struct vda_param param[VDA_PARAMS_MAX];
};

struct vda_node {
    char id[VDA_ID_MAX];
    uint32_t seq;               /* even */
    bool released;
    bool has_position, has_theta;
    mm_t x_mm, y_mm;
    mrad_t theta;
    mm_t deviation_mm;          /* allowedDeviationXY; 0 = not stated */
    char map_id[VDA_ID_MAX];
    uint8_t action_first, actions; /* its actions: order.action[action_first .. + actions) */
};
struct vda_edge {
    char id[VDA_ID_MAX];
    uint32_t seq;               /* odd */
    bool released;
    char start[VDA_ID_MAX], end[VDA_ID_MAX];
    int32_t max_speed_mm_s;     /* 0 = not stated */
    mm_t length_mm;             /* 0 = not stated */
};
struct vda_order {
    struct vda_header head;
    char order_id[VDA_ID_MAX];
    uint32_t update_id;
    uint8_t nodes;              /* >= 1; edges = nodes - 1 */
    uint8_t actions;            /* used entries of action[]; the nodes' ranges are disjoint and in node order */
    struct vda_node node[VDA_NODES_MAX];
    struct vda_edge edge[VDA_EDGES_MAX];
    struct vda_action action[VDA_ORDER_ACTIONS_MAX];
};
struct vda_instant_actions { struct vda_header head; bool old_key; /* the list is called instantActions, as in 1.1 */ uint8_t actions; struct vda_action action[VDA_ACTIONS_MAX]; };

enum vda_status { VDA_WAITING, VDA_INITIALIZING, VDA_RUNNING, VDA_PAUSED, VDA_FINISHED, VDA_FAILED, VDA_RETRIABLE, VDA_STATUS_COUNT };
static inline bool vda_ended(enum vda_status s) { return s == VDA_FINISHED || s == VDA_FAILED; }
struct vda_action_state { char id[VDA_ID_MAX]; char type_name[40]; bool instant; enum vda_status status; char result[VDA_TEXT_MAX]; };
struct vda_node_state { char id[VDA_ID_MAX]; uint32_t seq; bool released; };
/* URGENT: goes on, look at it soon; CRITICAL: cannot go on with this order, can take another (both 3.0); FATAL: a person must come. */
enum vda_error_level { VDA_WARNING, VDA_URGENT, VDA_CRITICAL, VDA_FATAL, VDA_LEVEL_COUNT };
struct vda_ref { char key[24]; char value[VDA_ID_MAX]; };
struct vda_error { char type[VDA_ID_MAX]; enum vda_error_level level; char description[VDA_TEXT_MAX]; uint8_t refs; struct vda_ref ref[VDA_REFS_MAX]; };
enum vda_mode { VDA_AUTOMATIC, VDA_SEMIAUTOMATIC, VDA_MANUAL, VDA_SERVICE, VDA_TEACHIN, VDA_STARTUP, VDA_INTERVENED, VDA_MODE_COUNT };
enum vda_estop { VDA_ESTOP_NONE, VDA_ESTOP_AUTOACK, VDA_ESTOP_MANUAL, VDA_ESTOP_REMOTE, VDA_ESTOP_COUNT };
struct vda_load { char id[VDA_ID_MAX]; char type[40]; };
struct vda_state {
    struct vda_header head;
    char order_id[VDA_ID_MAX];  /* "" if none */
    uint32_t update_id;
    char last_node[VDA_ID_MAX]; /* "" if none */
    uint32_t last_seq;
    uint16_t node_states;       /* the first VDA_NODES_MAX are kept, the count is true */
    struct vda_node_state node_state[VDA_NODES_MAX];
    uint16_t edge_states;
    struct vda_node_state edge_state[VDA_NODES_MAX];
    bool driving, paused, new_base_request;
    uint16_t action_states;     /* at most VDA_ACTION_STATES_MAX; of a longer list the newest are kept */
    struct vda_action_state action_state[VDA_ACTION_STATES_MAX];
    int32_t battery_permille;
    bool charging;
    enum vda_mode mode;
    uint8_t errors;             /* the first VDA_ERRORS_MAX are kept, the worst first; an unknown level reads as FATAL */
    struct vda_error error[VDA_ERRORS_MAX];
    enum vda_estop estop;
    bool field_violation;
    bool has_position, localized;
    mm_t x_mm, y_mm;
    mrad_t theta;
    char map_id[VDA_ID_MAX];
    bool has_loads;             /* false: the robot cannot tell */
    uint8_t loads;
    struct vda_load load[VDA_LOADS_MAX];
};

enum vda_connection_state { VDA_ONLINE, VDA_OFFLINE, VDA_CONNECTION_BROKEN, VDA_HIBERNATING, VDA_CONNECTION_COUNT };
struct vda_connection { struct vda_header head; enum vda_connection_state state; };

struct vda_factsheet {          /* what we use of it */
    struct vda_header head;
    char series[VDA_ID_MAX];
    char kinematic[16], agv_class[16];
    int64_t max_load_g;
    int32_t speed_max_mm_s, accel_max_mm_s2, decel_max_mm_s2;
    mm_t length_mm, width_mm, height_mm;
};

/* Topic "<interface>/v<major>/<manufacturer>/<serial>/<topic>". */
enum vda_topic { VDA_T_ORDER, VDA_T_INSTANT, VDA_T_STATE, VDA_T_VISUALIZATION, VDA_T_CONNECTION, VDA_T_FACTSHEET, VDA_T_COUNT };
extern const char *const vda_topic_name[VDA_T_COUNT];
extern const char *const vda_action_name[VDA_OTHER]; /* "pick", "drop", ... as 2.x has them, where it does */

#endif
