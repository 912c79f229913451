/* Fewer routes by guided ejection search (Nagata and Kobayashi, PPSN 2010): one route is taken apart; what is out goes
 * where it fits, and where it fits nowhere, pushes out those of whom pushing has been easiest so far. Between two such
 * moves the solution is shaken by random exchanges that keep it feasible. */
#include <assert.h>
#include <string.h>

#include "pdp_state.h"

#define SHAKES 30      /* moves tried after an ejection */
#define TRIPLES_MAX 12 /* requests of a line up to which three at once may go */

static void push_out(struct pdp *s, uint16_t request) { s->out[s->outs++] = request; }

void pdp_eject_begin(struct pdp *s)
{
    uint16_t victim = (uint16_t)rng_below(&s->rng, s->lines);
    for (uint16_t i = 0; i < s->p->requests; i++) s->penalty[i] = 1;
    const struct pdp_line *l = s->line[victim];
    s->outs = 0;
    for (uint16_t i = 1; i <= l->count; i++) {
        uint16_t r = s->request_of[l->node[i]];
        s->line_of[l->node[i]] = PDP_NONE;
        if (l->node[i] == s->p->request[r].drop) push_out(s, r);
    }
    s->distance -= l->distance;
    s->spare[s->spares++] = s->line[victim];
    s->line[victim] = s->line[--s->lines];
    if (victim < s->lines) pdp_index(s, victim);
}

/* ---- ejection ----------------------------------------------------------------------------------------------- */

struct ejection {
    uint32_t sum;
    uint16_t line, count, request[3];
    struct pdp_place where;
};

/* `cut` becomes the line without the requests given. */
static void cut_line(struct pdp *s, const struct pdp_line *l, const uint16_t *gone, uint16_t count)
{
    struct pdp_line *c = s->cut;
    uint16_t n = 0;
    for (uint16_t i = 1; i <= l->count; i++) {
        uint16_t r = s->request_of[l->node[i]];
        bool goes = false;
        for (uint16_t k = 0; k < count; k++) goes |= gone[k] == r;
        if (!goes) c->node[++n] = l->node[i];
    }
    c->count = n;
    pdp_line_count(s, c);
}

static void try_ejection(struct pdp *s, uint16_t line, uint16_t in, const uint16_t *gone, uint16_t count,
                         struct ejection *best)
{
    uint32_t sum = 0;
    for (uint16_t k = 0; k < count; k++) sum += s->penalty[gone[k]];
    if (sum >= best->sum) return;
    s->counts.ejections++;
    cut_line(s, s->line[line], gone, count);
    struct pdp_place where = pdp_line_find(s, s->cut, in, PDP_FAR, false);
    if (where.added == PDP_FAR) return;
    where.line = line;
    *best = (struct ejection){ .sum = sum, .line = line, .count = count, .where = where };
    memcpy(best->request, gone, count * sizeof *gone);
}

static uint16_t requests_of(const struct pdp *s, const struct pdp_line *l, uint16_t *list)
{
    uint16_t n = 0;
    for (uint16_t i = 1; i <= l->count; i++) {
        uint16_t r = s->request_of[l->node[i]];
        if (l->node[i] == s->p->request[r].drop) list[n++] = r;
    }
    return n;
}

static void eject_from(struct pdp *s, uint16_t line, uint16_t in, uint16_t most, struct ejection *best)
{
    uint16_t *list = s->list, n = requests_of(s, s->line[line], list), gone[3];
    for (uint16_t a = 0; a < n; a++) {
        gone[0] = list[a];
        if (most == 1) try_ejection(s, line, in, gone, 1, best);
        for (uint16_t b = a + 1; b < n && most >= 2; b++) {
            gone[1] = list[b];
            if (most == 2) try_ejection(s, line, in, gone, 2, best);
            for (uint16_t c = b + 1; c < n && most == 3 && n <= TRIPLES_MAX; c++) {
                gone[2] = list[c];
                try_ejection(s, line, in, gone, 3, best);
            }
        }
    }
}

static void apply_ejection(struct pdp *s, uint16_t in, const struct ejection *e)
{
    for (uint16_t k = 0; k < e->count; k++) pdp_take(s, e->request[k]);
    pdp_give(s, in, e->where);
    for (uint16_t k = 0; k < e->count; k++) push_out(s, e->request[k]);
    pdp_accept(s);
}

/* ---- shaking ------------------------------------------------------------------------------------------------ */

static bool still_out(const struct pdp *s, uint16_t request)
{
    return s->line_of[s->p->request[request].drop] == PDP_NONE;
}

/* A request moves to the line of a neighbour, or they change places. */
static void shake_once(struct pdp *s)
{
    const struct pdp_problem *p = s->p;
    uint16_t node = (uint16_t)(1 + rng_below(&s->rng, p->nodes - 1u)), a = s->request_of[node];
    uint32_t near = p->nodes - 2u < 40 ? p->nodes - 2u : 40;
    if (near == 0 || still_out(s, a)) return;
    uint16_t other = s->near[(size_t)node * p->nodes + rng_below(&s->rng, near)], b = s->request_of[other];
    if (still_out(s, b) || s->line_of[node] == s->line_of[other]) return;
    uint16_t from = s->line_of[node], to = s->line_of[other];
    bool exchange = rng_below(&s->rng, 2);
    pdp_take(s, a);
    if (exchange) pdp_take(s, b);
    struct pdp_place there = pdp_line_find(s, s->line[to], a, PDP_FAR, true);
    struct pdp_place here = { .added = 0 };
    if (exchange && there.added < PDP_FAR) here = pdp_line_find(s, s->line[from], b, PDP_FAR, true);
    if (there.added == PDP_FAR || here.added == PDP_FAR) {
        pdp_undo(s);
        return;
    }
    there.line = to;
    here.line = from;
    pdp_give(s, a, there);
    if (exchange) pdp_give(s, b, here);
    pdp_accept(s);
}

bool pdp_eject(struct pdp *s)
{
    uint16_t in = s->out[s->outs - 1];
    struct pdp_place best = { .added = PDP_FAR };
    for (uint16_t i = 0; i < s->lines; i++) {
        struct pdp_place here = pdp_line_find(s, s->line[i], in, best.added, false);
        if (here.added >= best.added) continue;
        best = here;
        best.line = i;
    }
    if (best.added < PDP_FAR) {
        s->outs--;
        pdp_give(s, in, best);
        pdp_accept(s);
        return s->outs == 0;
    }
    s->penalty[in]++;
    struct ejection e = { .sum = UINT32_MAX };
    uint16_t first = (uint16_t)rng_below(&s->rng, s->lines);
    for (uint16_t most = 1; most <= 3; most++)
        for (uint16_t i = 0; i < s->lines; i++) eject_from(s, (uint16_t)((first + i) % s->lines), in, most, &e);
    if (e.sum < UINT32_MAX) {
        s->outs--;
        apply_ejection(s, in, &e);
    } else { /* let another one try first */
        memmove(s->out + 1, s->out, (s->outs - 1u) * sizeof *s->out);
        s->out[0] = in;
    }
    for (int i = 0; i < SHAKES; i++) shake_once(s);
    return false;
}
