#include "pdp.h"

#include <assert.h>
#include <string.h>

#include "pdp_state.h"

/* ---- opening ------------------------------------------------------------------------------------------------ */

static size_t padded(size_t count, size_t each) { return (count * each + 15) & ~(size_t)15; }

static uint16_t lines_max(const struct pdp_problem *p) { return p->requests + 1u; }

static size_t line_memory(const struct pdp_problem *p)
{
    size_t n = p->nodes + 3u;
    return padded(1, sizeof(struct pdp_line)) + padded(n, 2) + 2 * padded(n, 8) + 2 * padded(n, 4);
}

size_t pdp_memory(const struct pdp_problem *p)
{
    size_t lines = lines_max(p), n = p->nodes;
    size_t by_node = 3 * padded(n, 2) + padded(n * n, 2) + 2 * padded(n + 2, 8);
    size_t by_request = 2 * padded(p->requests, 2) + padded(p->requests, 4) + padded(p->requests, 8);
    size_t by_line = 3 * padded(2 * lines, sizeof(void *)) + padded(lines, 2) + padded(lines, 1);
    size_t answer = padded(2 * n + 2 * lines, 2) + padded(lines + 1, 2);
    return padded(1, sizeof(struct pdp)) + (2 * lines + 1) * line_memory(p) + by_node + by_request + by_line + answer +
           256;
}

static struct pdp_line *open_line(struct arena *mem, const struct pdp_problem *p)
{
    struct pdp_line *l = arena_new(mem, struct pdp_line, 1);
    size_t n = p->nodes + 3u;
    if (!l) return NULL;
    l->node = arena_new(mem, uint16_t, n);
    l->leave = arena_new(mem, int64_t, n);
    l->by = arena_new(mem, int64_t, n);
    l->load = arena_new(mem, int32_t, n);
    l->arc = arena_new(mem, int32_t, n);
    return l->node && l->leave && l->by && l->load && l->arc ? l : NULL;
}

static bool open_lines(struct pdp *s, struct arena *mem)
{
    uint16_t n = s->lines_max;
    s->line = arena_new(mem, struct pdp_line *, n);
    s->spare = arena_new(mem, struct pdp_line *, 2u * n);
    s->old = arena_new(mem, struct pdp_line *, n);
    s->touched = arena_new(mem, uint16_t, n);
    s->is_touched = arena_new(mem, uint8_t, n);
    s->cut = open_line(mem, s->p);
    if (!s->line || !s->spare || !s->old || !s->touched || !s->is_touched || !s->cut) return false;
    for (uint32_t i = 0; i < 2u * n; i++)
        if (!(s->spare[s->spares++] = open_line(mem, s->p))) return false;
    return true;
}

static bool open_arrays(struct pdp *s, struct arena *mem)
{
    uint32_t n = s->p->nodes, r = s->p->requests;
    s->line_of = arena_new(mem, uint16_t, n);
    s->at = arena_new(mem, uint16_t, n);
    s->request_of = arena_new(mem, uint16_t, n);
    s->near = arena_new(mem, uint16_t, (size_t)n * n);
    s->drop_cost = arena_new(mem, int64_t, n + 2);
    s->drop_least = arena_new(mem, int64_t, n + 2);
    s->out = arena_new(mem, uint16_t, r);
    s->key = arena_new(mem, int64_t, r);
    s->penalty = arena_new(mem, uint32_t, r);
    s->list = arena_new(mem, uint16_t, r);
    s->best.node = arena_new(mem, uint16_t, n);
    s->best.begin = arena_new(mem, uint16_t, s->lines_max + 1u);
    return s->line_of && s->at && s->request_of && s->near && s->drop_cost && s->drop_least && s->out && s->key &&
           s->penalty && s->list && s->best.node && s->best.begin;
}

/* Neighbours by distance. */
static void sort_neighbours(struct pdp *s)
{
    const struct pdp_problem *p = s->p;
    int64_t *key = s->drop_cost;
    for (uint16_t a = 1; a < p->nodes; a++) {
        uint16_t *row = s->near + (size_t)a * p->nodes, n = 0;
        for (uint16_t b = 1; b < p->nodes; b++) {
            if (b == a) continue;
            int64_t d = pdp_distance_of(p, a, b);
            uint16_t k = n++;
            for (; k > 0 && key[k - 1] > d; k--) {
                key[k] = key[k - 1];
                row[k] = row[k - 1];
            }
            key[k] = d;
            row[k] = b;
        }
    }
}

int pdp_open(struct pdp **out, struct arena *mem, const struct pdp_problem *p, uint64_t seed, uint16_t *which)
{
    struct pdp *s = arena_new(mem, struct pdp, 1);
    *which = PDP_NONE;
    if (!s || p->nodes > PDP_NODES_MAX || p->nodes < 2 || p->requests < 1) return ORD_EFULL;
    s->p = p;
    s->lines_max = lines_max(p);
    s->rng = rng_stream(seed, "pdp");
    if (!open_arrays(s, mem) || !open_lines(s, mem)) return ORD_EFULL;
    memset(s->request_of, 0xff, p->nodes * sizeof *s->request_of);
    memset(s->line_of, 0xff, p->nodes * sizeof *s->line_of);
    for (uint16_t r = 0; r < p->requests; r++) {
        if (p->request[r].pick) s->pairs = true;
        if (p->request[r].pick) s->request_of[p->request[r].pick] = r;
        s->request_of[p->request[r].drop] = r;
        s->out[s->outs++] = r;
    }
    for (uint16_t r = 0; r < p->requests; r++) {
        if (pdp_line_alone(s, r)) continue;
        *which = r;
        return ORD_ERANGE;
    }
    sort_neighbours(s);
    s->bound = pdp_bound_find(s);
    pdp_build(s);
    pdp_keep(s);
    *out = s;
    return ORD_OK;
}

/* ---- changes that can be undone ------------------------------------------------------------------------------ */

static void copy_line(struct pdp_line *to, const struct pdp_line *from)
{
    size_t n = from->count + 2u;
    to->count = from->count;
    to->size = from->size;
    to->distance = from->distance;
    memcpy(to->node, from->node, n * sizeof *to->node);
    memcpy(to->leave, from->leave, n * sizeof *to->leave);
    memcpy(to->by, from->by, n * sizeof *to->by);
    memcpy(to->load, from->load, n * sizeof *to->load);
    memcpy(to->arc, from->arc, n * sizeof *to->arc);
}

struct pdp_line *pdp_touch(struct pdp *s, uint16_t line)
{
    if (s->is_touched[line]) return s->line[line];
    assert(s->spares > 0);
    struct pdp_line *was = s->line[line], *now = s->spare[--s->spares];
    copy_line(now, was);
    s->is_touched[line] = 1;
    s->old[line] = was;
    s->touched[s->touches++] = line;
    return s->line[line] = now;
}

void pdp_accept(struct pdp *s)
{
    for (uint16_t i = 0; i < s->touches; i++) {
        s->is_touched[s->touched[i]] = 0;
        s->spare[s->spares++] = s->old[s->touched[i]];
    }
    s->touches = 0;
}

void pdp_index(struct pdp *s, uint16_t line)
{
    const struct pdp_line *l = s->line[line];
    for (uint16_t i = 1; i <= l->count; i++) {
        s->line_of[l->node[i]] = line;
        s->at[l->node[i]] = i;
    }
}

void pdp_undo(struct pdp *s)
{
    for (uint16_t i = 0; i < s->touches; i++) {
        uint16_t line = s->touched[i];
        s->distance += s->old[line]->distance - s->line[line]->distance;
        s->spare[s->spares++] = s->line[line];
        s->line[line] = s->old[line];
        s->is_touched[line] = 0;
        pdp_index(s, line); /* all requests were in some line before, so nothing stays marked as out */
    }
    s->touches = 0;
}

void pdp_give(struct pdp *s, uint16_t request, struct pdp_place where)
{
    struct pdp_line *l = pdp_touch(s, where.line);
    pdp_line_put(s, l, request, where);
    s->distance += where.added;
    pdp_index(s, where.line);
}

void pdp_take(struct pdp *s, uint16_t request)
{
    const struct pdp_request *r = &s->p->request[request];
    uint16_t line = s->line_of[r->drop], n = 0;
    struct pdp_line *l = pdp_touch(s, line);
    s->distance -= l->distance;
    for (uint16_t i = 1; i <= l->count; i++)
        if (l->node[i] != r->pick && l->node[i] != r->drop) l->node[++n] = l->node[i];
    l->count = n;
    pdp_line_count(s, l);
    s->distance += l->distance;
    s->line_of[r->drop] = PDP_NONE;
    if (r->pick) s->line_of[r->pick] = PDP_NONE;
    pdp_index(s, line);
}

bool pdp_add_line(struct pdp *s)
{
    if (s->lines == s->lines_max) return false;
    struct pdp_line *l = s->spare[--s->spares];
    l->count = 0;
    pdp_line_count(s, l);
    s->line[s->lines++] = l;
    return true;
}

void pdp_drop_empty(struct pdp *s)
{
    assert(s->touches == 0);
    for (uint16_t i = s->lines; i-- > 0;) {
        if (s->line[i]->count > 0) continue;
        s->spare[s->spares++] = s->line[i];
        s->line[i] = s->line[--s->lines];
        if (i < s->lines) pdp_index(s, i);
    }
}

void pdp_keep(struct pdp *s)
{
    struct pdp_answer *b = &s->best;
    uint16_t n = 0;
    b->lines = 0;
    for (uint16_t i = 0; i < s->lines; i++) {
        const struct pdp_line *l = s->line[i];
        if (l->count == 0) continue;
        b->begin[b->lines++] = n;
        memcpy(b->node + n, l->node + 1, l->count * sizeof *l->node);
        n += l->count;
    }
    b->begin[b->lines] = n;
    b->distance = s->distance;
}

void pdp_back(struct pdp *s)
{
    const struct pdp_answer *b = &s->best;
    pdp_accept(s);
    while (s->lines > b->lines) s->spare[s->spares++] = s->line[--s->lines];
    while (s->lines < b->lines) s->line[s->lines++] = s->spare[--s->spares];
    s->distance = 0;
    s->outs = 0;
    for (uint16_t i = 0; i < b->lines; i++) {
        struct pdp_line *l = s->line[i];
        l->count = b->begin[i + 1] - b->begin[i];
        memcpy(l->node + 1, b->node + b->begin[i], l->count * sizeof *l->node);
        pdp_line_count(s, l);
        s->distance += l->distance;
        pdp_index(s, i);
    }
}

/* ---- searching ----------------------------------------------------------------------------------------------- */

uint16_t pdp_vehicles(const struct pdp *s) { return s->best.lines; }
int64_t pdp_distance(const struct pdp *s) { return s->best.distance; }
uint16_t pdp_bound(const struct pdp *s) { return s->bound; }
struct pdp_counts pdp_counts(const struct pdp *s) { return s->counts; }

uint16_t pdp_route(const struct pdp *s, uint16_t k, const uint16_t **nodes)
{
    *nodes = s->best.node + s->best.begin[k];
    return s->best.begin[k + 1] - s->best.begin[k];
}

/* Warmth in the units of distance, halved ten times over the budget from thirty times what a request costs on average.
 * So hot a start forgets the routes that the search for fewer vehicles left, whose shape is often a dead end: on ten
 * problems at one CPU second the mean gap to the best known fell from 8 to 2 % against a start at 3 times. */
static int64_t warmth(const struct pdp *s, uint32_t progress)
{
    int64_t t = s->best.distance / s->p->requests * 30;
    uint32_t gone = progress < PDP_DONE ? progress : PDP_DONE, halves = gone * 10 / PDP_DONE;
    t >>= halves;
    return t - t / 2 * (gone * 10 % PDP_DONE) / PDP_DONE;
}

static bool better(const struct pdp *s)
{
    return s->lines < s->best.lines || (s->lines == s->best.lines && s->distance < s->best.distance);
}

static bool step_fewer(struct pdp *s, uint32_t progress)
{
    if (s->best.lines <= s->bound || progress > PDP_DONE / 3) {
        s->shorter = true;
        pdp_back(s);
        return true;
    }
    if (s->outs == 0) {
        pdp_back(s);
        pdp_eject_begin(s);
    }
    for (int i = 0; i < 8 && s->outs > 0; i++)
        if (pdp_eject(s)) pdp_keep(s);
    return true;
}

bool pdp_step(struct pdp *s, uint32_t progress)
{
    if (!s->shorter) return step_fewer(s, progress);
    for (int i = 0; i < 16; i++)
        if (pdp_round(s, warmth(s, progress)) && better(s)) pdp_keep(s);
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------------------------- */

void pdp_check(const struct pdp *s)
{
    const struct pdp_problem *p = s->p;
    uint16_t served = 0;
    int64_t distance = 0;
    for (uint16_t k = 0; k < s->best.lines; k++) {
        const uint16_t *node;
        uint16_t n = pdp_route(s, k, &node), from = 0;
        int64_t at = p->early[0] + p->service[0], load = 0, most = 0;
        for (uint16_t i = 0; i <= n; i++) {
            uint16_t to = i < n ? node[i] : 0;
            distance += pdp_distance_of(p, from, to);
            at += pdp_distance_of(p, from, to);
            at = at > p->early[to] ? at : p->early[to];
            assert(at <= p->late[to]); /* (2) */
            at += p->service[to];
            from = to;
            if (i == n) continue;
            const struct pdp_request *r = &p->request[s->request_of[to]];
            bool picked = false;
            for (uint16_t j = 0; j < i; j++) {
                assert(node[j] != to); /* (1) */
                picked |= node[j] == r->pick;
            }
            assert(to != r->drop || r->pick == 0 || picked); /* (1) */
            served += to == r->drop;
            load += to == r->pick || r->pick == 0 ? r->size : -r->size;
            most = load > most ? load : most;
        }
        assert(most <= p->capacity && (load == 0 || !s->pairs)); /* (1), (2) */
    }
    assert(served == p->requests && distance == s->best.distance);
    (void)distance;
    (void)served;
}
