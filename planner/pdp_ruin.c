/* Ruin and recreate by strings (Christiaens and Vanden Berghe 2020), for pairs: a string of neighbouring stops leaves a
 * route together with their partners, and so in the routes near by; what is out goes back greedily, in one of several
 * orders, positions being overlooked now and then. */
#include <assert.h>
#include <string.h>

#include "pdp_state.h"

#define STRING_MAX 10   /* stops of one string */
#define RUINED_MEAN 15u /* stops out in a round; partners come on top */
#define SPLIT_KEEP 10u  /* of 1000: how often a kept stretch inside a string grows by one more */

/* ---- ruin --------------------------------------------------------------------------------------------------- */

static bool is_out(const struct pdp *s, uint16_t node) { return s->line_of[node] == PDP_NONE; }

static void mark_out(struct pdp *s, uint16_t node)
{
    uint16_t request = s->request_of[node];
    const struct pdp_request *r = &s->p->request[request];
    if (is_out(s, r->drop)) return;
    s->line_of[r->drop] = PDP_NONE;
    if (r->pick) s->line_of[r->pick] = PDP_NONE;
    s->out[s->outs++] = request;
}

/* Drop the marked nodes from a touched line. */
static void close_up(struct pdp *s, uint16_t line)
{
    struct pdp_line *l = s->line[line];
    uint16_t n = 0;
    for (uint16_t i = 1; i <= l->count; i++)
        if (!is_out(s, l->node[i])) l->node[++n] = l->node[i];
    l->count = n;
    s->distance -= l->distance;
    pdp_line_count(s, l);
    s->distance += l->distance;
    pdp_index(s, line);
}

/* A string of `length` stops around the position `at`; half of the time a stretch inside it is kept. */
static void ruin_string(struct pdp *s, uint16_t line, uint16_t at, uint16_t length)
{
    struct pdp_line *l = pdp_touch(s, line);
    uint16_t keep = 0, keep_from = 0;
    if (length > 1 && length < l->count && rng_below(&s->rng, 2)) {
        keep = 1;
        while (length + keep < l->count && rng_below(&s->rng, 1000) >= SPLIT_KEEP) keep++;
    }
    uint16_t span = length + keep;
    uint16_t lowest = at > span ? at - span + 1u : 1, highest = l->count - span + 1u;
    if (highest > at) highest = at;
    uint16_t from = (uint16_t)(lowest + rng_below(&s->rng, highest - lowest + 1u));
    if (keep) keep_from = (uint16_t)(from + 1u + rng_below(&s->rng, length - 1u));
    for (uint16_t i = from; i < from + span; i++)
        if (!keep || i < keep_from || i >= keep_from + keep) mark_out(s, l->node[i]);
    close_up(s, line);
}

static void ruin(struct pdp *s)
{
    const struct pdp_problem *p = s->p;
    uint32_t stops = p->nodes - 1u, mean = s->lines ? stops / s->lines : 1;
    uint32_t longest = mean < STRING_MAX ? mean : STRING_MAX;
    if (longest < 1) longest = 1;
    uint32_t most = 4 * RUINED_MEAN / (1 + longest);
    if (most < 1) most = 1;
    uint32_t strings = 1 + rng_below(&s->rng, most);
    uint16_t seed = (uint16_t)(1 + rng_below(&s->rng, stops));
    const uint16_t *near = s->near + (size_t)seed * p->nodes;
    for (uint32_t i = 0; i < stops && strings > 0; i++) {
        uint16_t node = i == 0 ? seed : near[i - 1];
        if (is_out(s, node) || s->is_touched[s->line_of[node]]) continue;
        uint16_t line = s->line_of[node];
        uint32_t limit = s->line[line]->count < longest ? s->line[line]->count : longest;
        ruin_string(s, line, s->at[node], (uint16_t)(1 + rng_below(&s->rng, limit)));
        strings--;
    }
}

/* ---- recreate ----------------------------------------------------------------------------------------------- */

enum order { BY_CHANCE, BY_SIZE, BY_FAR, BY_CLOSE, BY_WIDTH, BY_START, BY_END, ORDERS };

static int64_t order_key(const struct pdp *s, uint16_t request, enum order o)
{
    const struct pdp_problem *p = s->p;
    const struct pdp_request *r = &p->request[request];
    uint16_t first = r->pick ? r->pick : r->drop;
    int64_t far = (int64_t)pdp_distance_of(p, 0, first) + pdp_distance_of(p, 0, r->drop);
    int64_t width = p->late[first] - p->early[first];
    if (r->pick) width += p->late[r->drop] - p->early[r->drop];
    switch (o) {
    case BY_SIZE: return -(int64_t)r->size;
    case BY_FAR: return -far;
    case BY_CLOSE: return far;
    case BY_WIDTH: return width;
    case BY_START: return p->early[first];
    case BY_END: return -p->late[r->drop];
    case BY_CHANCE:
    case ORDERS: break;
    }
    return 0;
}

static enum order choose_order(struct pdp *s)
{
    static const uint8_t share[ORDERS] = { 4, 4, 2, 1, 2, 2, 2 };
    uint32_t x = rng_below(&s->rng, 17);
    int o = 0;
    while (x >= share[o]) x -= share[o++];
    return (enum order)o;
}

/* Shuffled first, so that ties are broken by chance. */
static void sort_out(struct pdp *s, enum order o)
{
    for (uint16_t i = s->outs; i > 1; i--) {
        uint16_t k = (uint16_t)rng_below(&s->rng, i), r = s->out[i - 1];
        s->out[i - 1] = s->out[k];
        s->out[k] = r;
    }
    if (o == BY_CHANCE) return;
    for (uint16_t i = 0; i < s->outs; i++) {
        uint16_t r = s->out[i], k = i;
        int64_t key = order_key(s, r, o);
        for (; k > 0 && s->key[k - 1] > key; k--) {
            s->key[k] = s->key[k - 1];
            s->out[k] = s->out[k - 1];
        }
        s->key[k] = key;
        s->out[k] = r;
    }
}

static struct pdp_place cheapest(struct pdp *s, uint16_t request, bool blinks)
{
    struct pdp_place best = { .added = PDP_FAR };
    for (uint16_t i = 0; i < s->lines; i++) {
        struct pdp_place here = pdp_line_find(s, s->line[i], request, best.added, blinks);
        if (here.added >= best.added) continue;
        best = here;
        best.line = i;
    }
    return best;
}

void pdp_build(struct pdp *s)
{
    sort_out(s, BY_FAR);
    while (s->outs > 0) {
        uint16_t request = s->out[s->outs - 1];
        struct pdp_place where = cheapest(s, request, false);
        if (where.added == PDP_FAR) {
            bool added = pdp_add_line(s);
            assert(added); /* there are as many lines as requests */
            (void)added;
            where = cheapest(s, request, false);
        }
        pdp_give(s, request, where);
        s->outs--;
    }
    pdp_accept(s);
}

bool pdp_round(struct pdp *s, int64_t warmth)
{
    int64_t before = s->distance;
    s->counts.rounds++;
    ruin(s);
    sort_out(s, choose_order(s));
    for (uint16_t i = 0; i < s->outs; i++) {
        struct pdp_place where = cheapest(s, s->out[i], true);
        if (where.added == PDP_FAR) {
            s->outs = 0;
            pdp_undo(s);
            return false;
        }
        pdp_give(s, s->out[i], where);
    }
    s->outs = 0;
    int64_t threshold = warmth > 0 ? rng_exponential(&s->rng, warmth) : 0;
    if (s->distance > before + threshold) {
        pdp_undo(s);
        return false;
    }
    pdp_accept(s);
    pdp_drop_empty(s);
    return true;
}
