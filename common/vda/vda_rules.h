/* vda_rules - the pure rules of VDA 5050 section 6: when is an order well-formed, may a robot accept it. No I/O.
 *
 * Used by agent.c to decide, by core/order.c's tests to judge what we send, by the simulator's oracle. */
#ifndef COMMON_VDA_RULES_H
#define COMMON_VDA_RULES_H

#include "vda_model.h"

enum vda_verdict {
    VDA_OK,
    VDA_REPEAT,            /* identical repeat: ignore, keep going */
    VDA_BAD_SHAPE,         /* no nodes, sequence gaps, parity, released after unreleased, edge released with an end not */
    VDA_BAD_START,         /* first node out of range or not where the robot stands */
    VDA_OUTDATED,          /* lower update id, or an update that does not stitch */
    VDA_OTHER_ACTIVE,      /* another order is still running */
    VDA_BAD_ACTION,        /* action without an id or with one used twice; type that no node may carry or nobody here serves */
    VDA_NOT_AVAILABLE,     /* mode does not allow orders */
};

enum vda_verdict vda_order_shape(const struct vda_order *o);
uint8_t vda_order_base(const struct vda_order *o); /* number of released nodes (>= 1 in a well-formed order) */

/* What the receiver knows when an order comes in. */
struct vda_receiver {
    const char *order_id; uint32_t update_id;   /* "" = never had one */
    bool idle;                                  /* nothing left to drive and every action ended */
    bool cancelled;                             /* the order was cancelled: no update to it any more */
    const char *decision_node; uint32_t decision_seq; /* last released node of the order (or last node when done) */
    const char *standing_node;                  /* node it stands on, "" = off the graph */
    bool start_in_range;                        /* first node trivially reachable for a new order */
    enum vda_mode mode;
};
enum vda_verdict vda_order_verdict(const struct vda_receiver *r, const struct vda_order *o);

/* errorType for the state message: 2.x names few, 3.0 one for each. */
const char *vda_verdict_error(enum vda_verdict v, const char *version);

#endif
