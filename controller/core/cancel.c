/* cancel - taking back what a robot still carries out although nothing here wants it any more: an order of somebody
 * else (an older journal, a person's tool), one of ours whose update it refused for good, one it says it cannot go on
 * with. A robot with something left to do takes no new order (VDA 5050), so it is told to drop that first.
 *
 *          order not wanted            RUNNING told            FINISHED or FAILED told
 *   none -------------------> asked ----------------> heard -------------------------> none
 *
 * (1) no order leaves for a robot while a cancelOrder is open.  (2) it is repeated, as it was, until the robot shows
 * it, never after (some robots count a repeat as a second one).  (3) FAILED means that nothing was left to cancel. */
#include "fleet_state.h"

static bool wanted(const struct robot *r)
{
    bool listens = r->link == ROBOT_ONLINE && r->mode <= VDA_SEMIAUTOMATIC;
    return listens && !r->has_order && (r->foreign || r->holds);
}

bool cancel_open(const struct robot *r) { return r->cancel != 0 || wanted(r); }

void cancel_run(struct fleet *f)
{
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        if (!wanted(r)) {
            r->cancel = 0;
            continue;
        }
        if (r->cancel != 0 && (r->cancel_heard || f->now_ms - r->cancel_ms < f->cfg.resend_ms)) continue;
        if (r->cancel == 0) {
            r->cancel = ++r->next_action;
            r->cancel_heard = false;
            fleet_event(f, EVENT_ROBOT_ORDER_CANCELLED, id, r->job, 0);
        }
        r->cancel_ms = f->now_ms;
        fleet_emit(f, OUT_INSTANT)->instant =
            (struct out_instant){ .robot = id, .action = { .kind = ACT_CANCEL_ORDER, .number = r->cancel } };
    }
}

bool cancel_told(struct fleet *f, robot_id id, uint32_t action, uint32_t status)
{
    struct robot *r = &f->robot[id];
    if (r->cancel == 0 || action != r->cancel) return false;
    r->cancel_heard = true;
    if (status == VDA_FINISHED || status == VDA_FAILED) {
        r->cancel = 0;
        r->foreign = r->holds = false;
    }
    return true;
}

ms_t cancel_deadline(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    return r->cancel != 0 && !r->cancel_heard ? r->cancel_ms + f->cfg.resend_ms : MS_NEVER;
}
