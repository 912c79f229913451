/* actions - the list behind actionStates: what was ordered, how far each is, and every id that ever began.
 *
 *      acts_add        acts_begin             acts_end
 *   -> WAITING ------> RUNNING <--> PAUSED ---------> FINISHED | FAILED
 *
 * (1) an id is in the list at most once.   (2) an id that began is remembered for the next ACT_MEMORY others: it
 * never runs twice, whatever the network repeats.   (3) when the list is full the oldest ended entry makes room. */
#ifndef AGENT_ACTIONS_H
#define AGENT_ACTIONS_H

#include "common/vda/vda_model.h"

#define ACT_MEMORY 256

struct act {
    char id[VDA_ID_MAX], type_name[40];
    enum vda_action_type type;
    enum vda_blocking blocking;
    enum vda_status status;
    bool instant;
    bool ready;              /* its node was traversed: it stands in the queue */
    uint32_t node_seq;
    ms_t end_ms, left_ms;    /* RUNNING: when it ends; PAUSED: what is left */
    char load_id[VDA_ID_MAX];
    mm_t x_mm, y_mm; mrad_t theta; bool has_theta; /* initPosition */
    char map_id[VDA_ID_MAX], node_id[VDA_ID_MAX];
    char order_ref[VDA_ID_MAX]; /* cancelOrder: the order meant, "" = the present one */
    const char *result;      /* static text */
};
struct acts {
    struct act item[VDA_ACTION_STATES_MAX];
    uint16_t count, live; /* live: those that have not ended */
    uint64_t seen[ACT_MEMORY];
    uint16_t seen_next;
};

uint64_t act_hash(const char *id);
static inline bool act_ended(const struct act *a) { return a->status == VDA_FINISHED || a->status == VDA_FAILED; }
/* SOFT and HARD ones need standstill. */
static inline bool act_halts(const struct act *a) { return a->blocking == VDA_SOFT || a->blocking == VDA_HARD; }
static inline bool act_under_way(const struct act *a)
{
    return a->status == VDA_RUNNING || a->status == VDA_PAUSED || a->status == VDA_INITIALIZING;
}

struct act *acts_find(struct acts *l, const char *id);
bool acts_seen(const struct acts *l, const char *id); /* began or failed once */
void acts_remember(struct acts *l, const char *id);
/* NULL: no room. `a` has been judged by act_params_good. */
struct act *acts_add(struct acts *l, const struct vda_action *a, bool instant, uint32_t node_seq);
void acts_end(struct acts *l, struct act *a, enum vda_status status, const char *result);
void acts_forget_ended(struct acts *l);
void acts_forget_instant(struct acts *l, struct act *last); /* 3.0: all ended ones but `last`, which asked for it and ends */
void acts_drop_after(struct acts *l, uint32_t node_seq); /* those of a horizon that is replaced */
uint16_t acts_unended(const struct acts *l, uint32_t up_to_seq); /* order actions up to that node, and instant ones */
bool acts_hold(const struct acts *l);                    /* a SOFT or HARD action is queued or running: no driving */
bool acts_idle(const struct acts *l);                    /* every order action ended */
ms_t acts_next_end(const struct acts *l);

/* Has an action what it needs? On false *why says what is missing. */
bool act_params_good(const struct vda_action *a, const char **why);

#endif
