/* wire - MQTT in memory: every message of the simulated hospital passes here and meets delay, loss, repetition and
 * reordering. Delivery is at most once without faults, in order when the delay is constant.
 *
 * (1) A sent message is copied; only the used part of its lists is kept.  (2) each link (kind and whose) draws loss,
 * repetition and delay from streams of its own, so one more message here moves nothing there.  (3) equal delivery
 * times end at the sending number.  (4) with codec, what travels is the JSON text; a message that our own codec cannot
 * carry is an error of the run, never a silent loss. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "common/err.h"
#include "common/vda/vda_model.h"

enum wire_kind { /* and the type of its message */
    WIRE_ORDER,        /* struct vda_order             controller -> robot */
    WIRE_INSTANT,      /* struct vda_instant_actions   controller -> robot */
    WIRE_STATE,        /* struct vda_state             robot -> controller */
    WIRE_CONNECTION,   /* struct vda_connection        robot -> controller */
    WIRE_CAR_REQUEST,  /* struct elevator_request_msg  controller -> building */
    WIRE_CAR_STATE,    /* struct elevator_state_msg    building -> controller */
    WIRE_DOOR_REQUEST, /* struct door_request_msg */
    WIRE_DOOR_STATE,   /* struct door_state_msg */
    WIRE_KINDS
};

struct wire_config {
    uint64_t seed;
    uint32_t loss_ppm, duplicate_ppm;
    ms_t delay_min_ms, delay_max_ms;
    bool codec;
    uint16_t robots, elevators, doors;
};
struct wire_totals { uint64_t sent, lost, duplicated, delivered; };

struct wire;
int wire_open(struct wire **out, const struct wire_config *cfg);
void wire_close(struct wire *w);
/* `head` (VDA kinds; NULL for the building's) replaces the message's own: the sender numbers, not who made the message. */
int wire_send(struct wire *w, enum wire_kind kind, uint16_t who, const struct vda_header *head, const void *message,
              ms_t now_ms, struct err_note *note);
ms_t wire_deadline(const struct wire *w);
struct wire_item { enum wire_kind kind; uint16_t who; const void *message; /* borrowed until the next wire_next */ };
int wire_next(struct wire *w, ms_t now_ms, struct wire_item *out, struct err_note *note); /* 1 one, 0 none due, < 0 error */
void wire_totals(const struct wire *w, struct wire_totals *out);

#endif
