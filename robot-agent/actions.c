#include "actions.h"

#include <assert.h>
#include <string.h>

#include "common/text.h"
#include "drive.h"

/* FNV-1a, 64 bit: a clash between 256 remembered ids and a new one would lose an action, at odds of 1 in 10^16. */
uint64_t act_hash(const char *id)
{
    uint64_t h = 14695981039346656037u;
    for (; *id; id++) h = (h ^ (uint8_t)*id) * 1099511628211u;
    return h ? h : 1;
}

struct act *acts_find(struct acts *l, const char *id)
{
    for (uint16_t i = 0; i < l->count; i++)
        if (strcmp(l->item[i].id, id) == 0) return &l->item[i];
    return NULL;
}

bool acts_seen(const struct acts *l, const char *id)
{
    uint64_t h = act_hash(id);
    for (uint16_t i = 0; i < ACT_MEMORY; i++)
        if (l->seen[i] == h) return true;
    return false;
}

void acts_remember(struct acts *l, const char *id)
{
    if (acts_seen(l, id)) return;
    l->seen[l->seen_next] = act_hash(id);
    l->seen_next = (uint16_t)((l->seen_next + 1) % ACT_MEMORY);
}

static void remove_at(struct acts *l, uint16_t i)
{
    if (!act_ended(&l->item[i])) l->live--;
    l->count--;
    memmove(&l->item[i], &l->item[i + 1], (size_t)(l->count - i) * sizeof l->item[0]);
}

static const struct vda_param *param(const struct vda_action *a, const char *key)
{
    for (uint8_t i = 0; i < a->params; i++)
        if (strcmp(a->param[i].key, key) == 0) return &a->param[i];
    return NULL;
}

/* Decimal text of metres or radians to thousandths, rounded to the nearest; an exponent is allowed. */
static bool milli_parse(const char *s, int32_t *out)
{
    int64_t v = 0;
    int scale = 3, exponent = 0, digits = 0; /* value = v * 10^(scale - 3) milli */
    bool negative = *s == '-', fraction = false;
    if (*s == '-' || *s == '+') s++;
    for (; (*s >= '0' && *s <= '9') || (*s == '.' && !fraction); s++) {
        if (*s == '.') {
            fraction = true;
            continue;
        }
        digits++;
        bool keep = v < 100000000000000;
        if (keep) v = v * 10 + (*s - '0');
        if (fraction && keep) scale--;
        if (!fraction && !keep) scale++;
    }
    if (digits == 0) return false;
    if (*s == 'e' || *s == 'E') {
        bool down = *++s == '-';
        if (*s == '-' || *s == '+') s++;
        if (*s < '0' || *s > '9') return false;
        for (; *s >= '0' && *s <= '9'; s++) exponent = exponent < 100 ? exponent * 10 + (*s - '0') : exponent;
        scale += down ? -exponent : exponent;
    }
    if (*s != '\0') return false;
    for (; scale > 0 && v != 0; scale--) {
        if (v > INT32_MAX) return false;
        v *= 10;
    }
    for (; scale < -1 && v != 0; scale++) v /= 10;
    if (scale < 0) v = (v + 5) / 10;
    if (v > INT32_MAX) return false;
    *out = (int32_t)(negative ? -v : v);
    return true;
}

static bool milli_param(const struct vda_action *a, const char *key, int32_t *out)
{
    const struct vda_param *p = param(a, key);
    return p && milli_parse(p->value, out);
}

bool act_params_good(const struct vda_action *a, const char **why)
{
    int32_t ignored;
    *why = "";
    if (a->type != VDA_INIT_POSITION) return true;
    if (!param(a, "mapId") || param(a, "mapId")->value[0] == '\0') *why = "initPosition needs the parameter mapId";
    else if (!milli_param(a, "x", &ignored)) *why = "initPosition needs the number x";
    else if (!milli_param(a, "y", &ignored)) *why = "initPosition needs the number y";
    else if (param(a, "theta") && !milli_param(a, "theta", &ignored)) *why = "initPosition: theta is not a number";
    return (*why)[0] == '\0';
}

static void read_params(struct act *t, const struct vda_action *a)
{
    const struct vda_param *load = param(a, "loadId"), *map = param(a, "mapId"), *node = param(a, "lastNodeId");
    const struct vda_param *order = param(a, "orderId");
    if (load) text_copy(t->load_id, sizeof t->load_id, load->value);
    if (map) text_copy(t->map_id, sizeof t->map_id, map->value);
    if (node) text_copy(t->node_id, sizeof t->node_id, node->value);
    if (order) text_copy(t->order_ref, sizeof t->order_ref, order->value);
    if (a->type != VDA_INIT_POSITION) return;
    (void)milli_param(a, "x", &t->x_mm);
    (void)milli_param(a, "y", &t->y_mm);
    t->has_theta = milli_param(a, "theta", &t->theta);
    if (t->has_theta) t->theta = drive_angle_between(0, t->theta);
}

/* Hand-overs, charging and a new position never happen on the move, whatever blocking type was sent. */
static enum vda_blocking blocking_of(const struct vda_action *a)
{
    bool at_rest =
        a->type == VDA_PICK || a->type == VDA_DROP || a->type == VDA_DISINFECT || a->type == VDA_START_CHARGING;
    if (a->type == VDA_INIT_POSITION || (at_rest && a->blocking == VDA_NONE)) return VDA_HARD;
    return a->blocking;
}

struct act *acts_add(struct acts *l, const struct vda_action *a, bool instant, uint32_t node_seq)
{
    assert(acts_find(l, a->id) == NULL); /* (1) */
    for (uint16_t i = 0; l->count == VDA_ACTION_STATES_MAX && i < l->count; i++)
        if (act_ended(&l->item[i])) remove_at(l, i);
    if (l->count == VDA_ACTION_STATES_MAX) return NULL;
    struct act *t = &l->item[l->count++];
    l->live++;
    memset(t, 0, sizeof *t);
    memcpy(t->id, a->id, sizeof t->id);
    text_copy(t->type_name, sizeof t->type_name,
              a->type_name[0] || a->type == VDA_OTHER ? a->type_name : vda_action_name[a->type]);
    t->type = a->type;
    t->blocking = blocking_of(a);
    t->instant = instant;
    t->node_seq = node_seq;
    t->result = "";
    read_params(t, a);
    return t;
}

void acts_end(struct acts *l, struct act *a, enum vda_status status, const char *result)
{
    if (!act_ended(a)) l->live--;
    a->status = status;
    a->result = result;
    acts_remember(l, a->id);
}

void acts_forget_ended(struct acts *l)
{
    for (uint16_t i = l->count; i-- > 0;)
        if (act_ended(&l->item[i])) remove_at(l, i);
}

void acts_forget_instant(struct acts *l, struct act *last)
{
    char id[VDA_ID_MAX];
    memcpy(id, last->id, sizeof id);
    acts_end(l, last, VDA_FINISHED, "");
    for (uint16_t i = l->count; i-- > 0;)
        if (l->item[i].instant && act_ended(&l->item[i]) && strcmp(l->item[i].id, id) != 0) remove_at(l, i);
}

void acts_drop_after(struct acts *l, uint32_t node_seq)
{
    for (uint16_t i = l->count; i-- > 0;)
        if (!l->item[i].instant && !l->item[i].ready && l->item[i].node_seq > node_seq) remove_at(l, i);
}

uint16_t acts_unended(const struct acts *l, uint32_t up_to_seq)
{
    uint16_t n = 0;
    for (uint16_t i = 0; i < l->count; i++) {
        const struct act *t = &l->item[i];
        if (!act_ended(t) && (t->instant || t->ready || t->node_seq <= up_to_seq)) n++;
    }
    return n;
}

bool acts_hold(const struct acts *l)
{
    if (l->live == 0) return false;
    for (uint16_t i = 0; i < l->count; i++) {
        const struct act *t = &l->item[i];
        if (!t->instant && t->ready && !act_ended(t) && act_halts(t)) return true;
    }
    return false;
}

bool acts_idle(const struct acts *l)
{
    if (l->live == 0) return true;
    for (uint16_t i = 0; i < l->count; i++)
        if (!l->item[i].instant && !act_ended(&l->item[i])) return false;
    return true;
}

ms_t acts_next_end(const struct acts *l)
{
    ms_t at = MS_NEVER;
    for (uint16_t i = 0; l->live > 0 && i < l->count; i++)
        if (l->item[i].status == VDA_RUNNING) at = ms_min(at, l->item[i].end_ms);
    return at;
}
