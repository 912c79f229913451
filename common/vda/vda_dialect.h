/* vda_dialect - the words in which the versions of VDA 5050 differ. vda_read.c and vda_write.c are the grammar that all share;
 * vda_v2.c (2.0, 2.1) and vda_v3.c (3.0) are the two vocabularies. A word that a version lacks is NULL: it is refused when
 * read, and written as the nearest one that the version has. */
#ifndef COMMON_VDA_DIALECT_H
#define COMMON_VDA_DIALECT_H

#include "vda_model.h"

struct vda_dialect {
    const char *action[VDA_OTHER];
    const char *blocking[VDA_BLOCKING_COUNT], *status[VDA_STATUS_COUNT], *mode[VDA_MODE_COUNT], *estop[VDA_ESTOP_COUNT];
    const char *level[VDA_LEVEL_COUNT], *connection[VDA_CONNECTION_COUNT];
    struct { const char *max_speed; } edge;
    struct { const char *result, *battery, *charge, *estop, *position, *localized; } state;
    struct { const char *kinematic, *cls, *load, *speed_min, *speed, *accel, *decel, *height_min, *height; } sheet;
    struct { const char *strings, *message, *id, *load_id, *arrays, *order_ms, *state_ms, *actions, *geometry, *navigation, *diff; } limits;
    /* 3.0: edges do not name their ends, a deviation is an ellipse, instant actions never block and have a list of states of
     * their own, and the factsheet says of each action whether it can be paused and cancelled. */
    bool three;
};

extern const struct vda_dialect vda_dialect_v2, vda_dialect_v3;
static inline const struct vda_dialect *vda_dialect_of(const char *version)
{
    return version[0] == '3' ? &vda_dialect_v3 : &vda_dialect_v2;
}

#endif
