#include "stand.h"

const char *const stand_reason_name[STAND_REASONS] = { "none", "robot", "elevator", "door", "plan", "link" };

void stand_look(struct stand *v, struct stands *all, robot_id r, bool stands, enum robot_wait wait, ms_t now_ms)
{
    if (!v->stands) {
        if (stands)
            *v = (struct stand){ .stands = true, .wait = (uint8_t)wait, .since_ms = now_ms, .looked_ms = now_ms };
        return;
    }
    v->by_ms[v->wait] += now_ms - v->looked_ms;
    all->by_ms[v->wait] += now_ms - v->looked_ms;
    v->looked_ms = now_ms;
    v->wait = (uint8_t)wait;
    v->stands = stands;
    if (now_ms - v->since_ms <= all->longest_ms) return;
    all->longest_ms = now_ms - v->since_ms;
    all->longest_since_ms = v->since_ms;
    all->longest_robot = r;
    all->longest_wait = 0;
    for (int i = 1; i < STAND_REASONS; i++)
        if (v->by_ms[i] > v->by_ms[all->longest_wait]) all->longest_wait = (uint8_t)i;
}
