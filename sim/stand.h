/* stand - how long robots with work stand, and why: the longest single stand with the reason it had most of the time,
 * and all standing time by reason. A look is one moment's answer; it holds until the next look. */
#ifndef SIM_STAND_H
#define SIM_STAND_H

#include "core/fleet.h"

#define STAND_REASONS (WAIT_LINK + 1)

struct stand {
    bool stands;
    uint8_t wait;
    ms_t since_ms, looked_ms, by_ms[STAND_REASONS];
};
struct stands {
    ms_t longest_ms;
    uint8_t longest_wait;
    robot_id longest_robot;
    ms_t longest_since_ms, by_ms[STAND_REASONS];
};

extern const char *const stand_reason_name[STAND_REASONS]; /* "none", "robot", ... */

/* Robot r: does it stand with work now, and for what does it say it waits? */
void stand_look(struct stand *v, struct stands *all, robot_id r, bool stands, enum robot_wait wait, ms_t now_ms);

#endif
