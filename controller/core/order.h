/* order - turns the core's numbers into a VDA 5050 order and a robot's ids back into numbers. Pure.
 *
 * orderId  "o<epoch hex>-<robot>-<n>", actionId "a<epoch hex>-<robot>-<n>": never reused, also across journals, because the
 * epoch is drawn anew for each journal. */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include "common/vda/vda_model.h"
#include "msg.h"

/* head is filled by the sender (headerId counter, timestamp, version, maker, serial). repeat: an update says the actions
 * of its first node again, which the robot has already (3.0; 2.x robots exist that would do them twice). */
void order_to_vda(const struct site *s, uint64_t epoch, const struct out_order *o, bool repeat, struct vda_order *out);
void instant_to_vda(const struct site *s, uint64_t epoch, const struct out_instant *o, struct vda_instant_actions *out);
/* The first node of a new order must contain the robot: where it stands beside it (it was stopped on the way), the allowed
 * deviation grows as far as to there, at most WIDEN_MOST_MM. */
#define WIDEN_MOST_MM 20000
void order_widen(struct vda_order *o, const char *map_id, mm_t x_mm, mm_t y_mm);
/* True and *n set when `id` is an order (action) id of this epoch for this robot. */
bool order_number(uint64_t epoch, robot_id r, const char *id, uint32_t *n);
bool action_number(uint64_t epoch, robot_id r, const char *id, uint32_t *n);

#endif
