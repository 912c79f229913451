#include "order.h"

#include <string.h>

#include "common/text.h"

#define WIDEN_SPARE_MM 200 /* its report is a little old, its brakes take their way */

/* "<letter><16 hex>-<robot>-<n>". Robots repeat these ids with every state, so both ways are worked out by hand. */
static void put_id(char *dst, char letter, uint64_t epoch, robot_id r, uint32_t n)
{
    static const char digit[] = "0123456789abcdef";
    struct text t;
    dst[0] = letter;
    for (int i = 0; i < 16; i++) dst[1 + i] = digit[epoch >> (60 - 4 * i) & 15];
    text_init(&t, dst + 17, VDA_ID_MAX - 17);
    text_char(&t, '-');
    text_uint(&t, r);
    text_char(&t, '-');
    text_uint(&t, n);
}

/* A decimal number without needless zeros, ended by `end`; NULL when there is none. */
static const char *read_number(const char *p, char end, uint32_t *n)
{
    uint64_t v = 0;
    if (*p == '0' && p[1] != end) return NULL;
    const char *first = p;
    for (; *p >= '0' && *p <= '9' && v <= UINT32_MAX; p++) v = v * 10 + (uint64_t)(*p - '0');
    if (p == first || *p != end || v > UINT32_MAX) return NULL;
    *n = (uint32_t)v;
    return p;
}

static bool read_id(const char *id, char letter, uint64_t epoch, robot_id r, uint32_t *n)
{
    static const char digit[] = "0123456789abcdef";
    uint32_t robot, number;
    if (id[0] != letter) return false;
    for (int i = 0; i < 16; i++)
        if (id[1 + i] != digit[epoch >> (60 - 4 * i) & 15]) return false;
    if (id[17] != '-') return false;
    const char *p = read_number(id + 18, '-', &robot);
    if (!p || robot != r || !read_number(p + 1, '\0', &number)) return false;
    *n = number;
    return true;
}

bool order_number(uint64_t epoch, robot_id r, const char *id, uint32_t *n) { return read_id(id, 'o', epoch, r, n); }
bool action_number(uint64_t epoch, robot_id r, const char *id, uint32_t *n) { return read_id(id, 'a', epoch, r, n); }

static struct vda_param *add_param(struct vda_action *a, const char *key)
{
    struct vda_param *p = &a->param[a->params++];
    *p = (struct vda_param){ .is_number = false };
    text_copy(p->key, sizeof p->key, key);
    return p;
}

static void text_param(struct vda_action *a, const char *key, const char *value)
{
    text_copy(add_param(a, key)->value, VDA_ID_MAX, value);
}

static void milli_param(struct vda_action *a, const char *key, int64_t milli)
{
    struct vda_param *p = add_param(a, key);
    struct text t;
    p->is_number = true;
    text_init(&t, p->value, sizeof p->value);
    text_milli(&t, milli);
}

static void load_params(const struct site *s, const struct order_action *from, node_id node, struct vda_action *a)
{
    char load[24];
    struct text t;
    text_init(&t, load, sizeof load);
    text_char(&t, 'j');
    text_uint(&t, from->job);
    text_param(a, "loadId", load);
    if (s->node[node].station != ID_NONE) text_param(a, "stationName", s->station[s->node[node].station].id);
}

/* After a ride the robot learns on which map it is and where. */
static void position_params(const struct site *s, node_id node, struct vda_action *a)
{
    const struct site_node *n = &s->node[node];
    milli_param(a, "x", n->x_mm);
    milli_param(a, "y", n->y_mm);
    milli_param(a, "theta", 0);
    text_param(a, "mapId", s->level[n->level].id);
    text_param(a, "lastNodeId", n->id);
}

static void to_vda_action(const struct site *s, uint64_t epoch, robot_id r, const struct order_action *from,
                          node_id node, struct vda_action *a)
{
    static const enum vda_action_type type[] = { VDA_OTHER,         VDA_PICK,           VDA_DROP,
                                                 VDA_INIT_POSITION, VDA_START_CHARGING, VDA_STOP_CHARGING,
                                                 VDA_CANCEL_ORDER,  VDA_STATE_REQUEST,  VDA_DISINFECT };
    memset(a, 0, sizeof *a);
    put_id(a->id, 'a', epoch, r, from->number);
    a->type = type[from->kind];
    text_copy(a->type_name, sizeof a->type_name, vda_action_name[a->type]);
    a->blocking = VDA_HARD;
    if (from->kind == ACT_PICK || from->kind == ACT_DROP) load_params(s, from, node, a);
    if (from->kind == ACT_INIT_POSITION) position_params(s, node, a);
}

static void to_vda_node(const struct site *s, const struct order_node *from, struct vda_node *to)
{
    const struct site_node *n = &s->node[from->node];
    memset(to, 0, sizeof *to);
    text_copy(to->id, sizeof to->id, n->id);
    to->seq = from->seq;
    to->released = from->released;
    to->has_position = true;
    to->x_mm = n->x_mm;
    to->y_mm = n->y_mm;
    to->deviation_mm = 200;
    text_copy(to->map_id, sizeof to->map_id, s->level[n->level].id);
}

static void to_vda_edge(const struct site *s, const struct order_node *before, const struct order_node *from,
                        struct vda_edge *to)
{
    memset(to, 0, sizeof *to);
    struct text t;
    text_init(&t, to->id, sizeof to->id);
    text_put(&t, from->edge == ID_NONE ? s->node[from->node].id : s->edge[from->edge].id);
    if (from->edge == ID_NONE) text_put(&t, ".stay"); /* served where it stands: an edge from the node to itself */
    to->seq = from->seq - 1;
    to->released = from->released;
    text_copy(to->start, sizeof to->start, s->node[before->node].id);
    text_copy(to->end, sizeof to->end, s->node[from->node].id);
    if (from->edge == ID_NONE) return;
    int32_t limit = s->edge[from->edge].speed_mm_s;
    to->max_speed_mm_s = from->speed_mm_s > 0 && (limit == 0 || from->speed_mm_s < limit) ? from->speed_mm_s : limit;
    to->length_mm = s->edge[from->edge].length_mm;
}

void order_to_vda(const struct site *s, uint64_t epoch, const struct out_order *o, bool repeat, struct vda_order *out)
{
    memset(&out->head, 0, sizeof out->head);
    put_id(out->order_id, 'o', epoch, o->robot, o->order);
    out->update_id = o->update;
    out->nodes = (uint8_t)o->nodes;
    out->actions = 0;
    for (uint16_t i = 0; i < o->nodes; i++) {
        const struct order_node *n = &o->node[i];
        to_vda_node(s, n, &out->node[i]);
        out->node[i].action_first = out->actions;
        bool again = i == 0 && o->update > 0;
        if (n->action.kind != ACT_NONE && (repeat || !again) && out->actions < VDA_ORDER_ACTIONS_MAX) {
            to_vda_action(s, epoch, o->robot, &n->action, n->node, &out->action[out->actions++]);
            out->node[i].actions = 1;
        }
        if (i > 0) to_vda_edge(s, &o->node[i - 1], n, &out->edge[i - 1]);
    }
}

void instant_to_vda(const struct site *s, uint64_t epoch, const struct out_instant *o, struct vda_instant_actions *out)
{
    memset(&out->head, 0, sizeof out->head);
    out->actions = 1;
    to_vda_action(s, epoch, o->robot, &o->action, 0, &out->action[0]);
}

void order_widen(struct vda_order *o, const char *map_id, mm_t x_mm, mm_t y_mm)
{
    struct vda_node *n = &o->node[0];
    if (o->update_id != 0 || strcmp(n->map_id, map_id) != 0) return;
    mm_t off = distance_mm(n->x_mm, n->y_mm, x_mm, y_mm);
    if (off > n->deviation_mm && off <= WIDEN_MOST_MM) n->deviation_mm = off + WIDEN_SPARE_MM;
}
