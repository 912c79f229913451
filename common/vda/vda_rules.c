#include "vda_rules.h"

#include <string.h>

const char *const vda_topic_name[VDA_T_COUNT] = { "order",         "instantActions", "state",
                                                  "visualization", "connection",     "factsheet" };
const char *const vda_action_name[VDA_OTHER] = {
    "pick",        "drop",       "initPosition", "startCharging", "stopCharging",     "disinfect",
    "cancelOrder", "startPause", "stopPause",    "stateRequest",  "factsheetRequest", "clearInstantActions"
};

/* Nodes carry even and edges odd numbers of one gapless count (6.6.3), and each edge joins its two neighbours. */
static bool sequence_good(const struct vda_order *o)
{
    uint32_t first = o->node[0].seq;
    if (first % 2 != 0 || first > UINT32_MAX - 2 * VDA_NODES_MAX) return false;
    for (uint32_t i = 0; i < o->nodes; i++) {
        const struct vda_node *n = &o->node[i];
        if (n->seq != first + 2 * i || n->id[0] == '\0') return false;
        if (i == 0) continue;
        const struct vda_edge *e = &o->edge[i - 1];
        if (e->seq != n->seq - 1 || e->id[0] == '\0') return false;
        if (strcmp(e->start, o->node[i - 1].id) != 0 || strcmp(e->end, n->id) != 0) return false;
    }
    return true;
}

/* Base first, horizon after it; an edge is never released without the node it leads to. */
static bool release_good(const struct vda_order *o)
{
    if (!o->node[0].released) return false;
    for (uint32_t i = 1; i < o->nodes; i++) {
        bool before = o->node[i - 1].released, edge = o->edge[i - 1].released, after = o->node[i].released;
        if (edge != after || (after && !before)) return false;
    }
    return true;
}

/* The nodes share one action list: their ranges follow one another and together are the whole list. */
static bool ranges_good(const struct vda_order *o)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < o->nodes; i++) {
        const struct vda_node *n = &o->node[i];
        if (n->actions == 0) continue;
        if (n->action_first != used) return false;
        used += n->actions;
        if (used > o->actions) return false;
    }
    return used == o->actions;
}

static bool action_ids_good(const struct vda_order *o)
{
    for (uint32_t i = 0; i < o->actions; i++) {
        if (o->action[i].id[0] == '\0') return false;
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(o->action[i].id, o->action[j].id) == 0) return false;
    }
    return true;
}

enum vda_verdict vda_order_shape(const struct vda_order *o)
{
    if (o->order_id[0] == '\0' || o->nodes == 0 || o->nodes > VDA_NODES_MAX || o->actions > VDA_ORDER_ACTIONS_MAX)
        return VDA_BAD_SHAPE;
    if (!sequence_good(o) || !release_good(o) || !ranges_good(o)) return VDA_BAD_SHAPE;
    return action_ids_good(o) ? VDA_OK : VDA_BAD_ACTION;
}

uint8_t vda_order_base(const struct vda_order *o)
{
    uint8_t n = 0;
    while (n < o->nodes && n < VDA_NODES_MAX && o->node[n].released) n++;
    return n;
}

static bool action_on_node_good(enum vda_action_type t)
{
    switch (t) {
    case VDA_PICK:
    case VDA_DROP:
    case VDA_INIT_POSITION:
    case VDA_START_CHARGING:
    case VDA_STOP_CHARGING:
    case VDA_DISINFECT: return true;
    case VDA_CANCEL_ORDER:
    case VDA_START_PAUSE:
    case VDA_STOP_PAUSE:
    case VDA_STATE_REQUEST:
    case VDA_FACTSHEET_REQUEST:
    case VDA_CLEAR_INSTANT:
    case VDA_OTHER: return false;
    }
    return false;
}

static bool mode_takes_orders(enum vda_mode m) { return m == VDA_AUTOMATIC || m == VDA_SEMIAUTOMATIC; }

static bool actions_good(const struct vda_order *o)
{
    for (uint32_t i = 0; i < o->actions; i++)
        if (!action_on_node_good(o->action[i].type)) return false;
    return true;
}

static enum vda_verdict update_verdict(const struct vda_receiver *r, const struct vda_order *o)
{
    const struct vda_node *first = &o->node[0];
    if (r->cancelled) return VDA_OUTDATED;
    if (first->seq != r->decision_seq || strcmp(first->id, r->decision_node) != 0) return VDA_OUTDATED;
    return VDA_OK;
}

static enum vda_verdict new_verdict(const struct vda_receiver *r, const struct vda_order *o)
{
    if (!r->idle) return VDA_OTHER_ACTIVE;
    if (o->node[0].seq != 0) return VDA_BAD_SHAPE; /* the count starts anew with every order */
    bool stands = r->standing_node[0] != '\0' && strcmp(r->standing_node, o->node[0].id) == 0;
    return stands || r->start_in_range ? VDA_OK : VDA_BAD_START;
}

/* A repeat is recognised before anything that may have changed since: it must never become an error. */
enum vda_verdict vda_order_verdict(const struct vda_receiver *r, const struct vda_order *o)
{
    enum vda_verdict shape = vda_order_shape(o);
    if (shape != VDA_OK) return shape;
    bool same = strcmp(r->order_id, o->order_id) == 0;
    if (same && o->update_id == r->update_id) return VDA_REPEAT;
    if (same && o->update_id < r->update_id) return VDA_OUTDATED;
    if (!mode_takes_orders(r->mode)) return VDA_NOT_AVAILABLE;
    if (!actions_good(o)) return VDA_BAD_ACTION;
    return same ? update_verdict(r, o) : new_verdict(r, o);
}

const char *vda_verdict_error(enum vda_verdict v, const char *version)
{
    bool three = version[0] == '3';
    switch (v) {
    case VDA_OK:
    case VDA_REPEAT: return "";
    case VDA_BAD_SHAPE: return three ? "VALIDATION_FAILURE" : "validationError";
    case VDA_BAD_START: return three ? "START_NODE_OUT_OF_RANGE" : "noRouteError";
    case VDA_OUTDATED: return three ? "OUTDATED_ORDER_UPDATE" : "orderUpdateError";
    case VDA_OTHER_ACTIVE: return three ? "OTHER_ORDER_ACTIVE" : "orderUpdateError";
    case VDA_BAD_ACTION: return three ? "INVALID_ORDER_ACTION" : "orderError";
    case VDA_NOT_AVAILABLE: return three ? "MOBILE_ROBOT_NOT_AVAILABLE" : "orderError";
    }
    return three ? "VALIDATION_FAILURE" : "validationError";
}
