#include "dist.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"

struct dist_row {
    bool used, backward; /* backward: to the goal; else from it */
    profile_id cls;
    node_id goal;
    uint64_t asked; /* when last asked, for forgetting */
};

struct dist {
    const struct site *site;
    struct access access;
    uint16_t rows;
    uint64_t clock;
    struct dist_row *row;
    uint32_t *ms;     /* rows x nodes */
    uint16_t *row_of; /* [(profile * nodes + node) * 2 + backward]: row + 1, 0 when there is none */
    struct heap heap;
};

size_t dist_memory(const struct site *s, uint16_t rows, uint8_t groups)
{
    size_t profiles = (size_t)s->classes * (groups > 0 ? groups : 1);
    return sizeof(struct dist) + rows * sizeof(struct dist_row) + (size_t)rows * s->nodes * sizeof(uint32_t) +
           profiles * s->nodes * 2 * sizeof(uint16_t) + ((size_t)s->edges + 1) * sizeof(struct heap_item) + 6 * 16;
}

int dist_open(struct dist **out, struct arena *mem, const struct site *s, uint16_t rows, struct access access)
{
    struct dist *d = arena_new(mem, struct dist, 1);
    if (!d) return ORD_EFULL;
    d->site = s;
    d->access = access;
    if (d->access.groups == 0) d->access.groups = 1;
    d->rows = rows;
    d->row = arena_new(mem, struct dist_row, rows);
    d->ms = arena_new(mem, uint32_t, (size_t)rows * s->nodes);
    struct heap_item *items = arena_new(mem, struct heap_item, (size_t)s->edges + 1);
    d->row_of = arena_new(mem, uint16_t, (size_t)s->classes * d->access.groups * s->nodes * 2);
    if (!d->row || !d->ms || !d->row_of || !items) return ORD_EFULL;
    heap_init(&d->heap, items, s->edges + 1u);
    *out = d;
    return ORD_OK;
}

ms_t edge_nominal_ms(const struct site *s, class_id c, edge_id e)
{
    const struct site_edge *edge = &s->edge[e];
    if (edge->ride_ms > 0) return edge->ride_ms;
    int32_t speed = s->cls[c].speed_mm_s;
    if (edge->speed_mm_s > 0 && edge->speed_mm_s < speed) speed = edge->speed_mm_s;
    return travel_ms(edge->length_mm, speed);
}

bool dist_usable(const struct dist *d, profile_id c, edge_id e)
{
    const struct site *s = d->site;
    if (!site_fits(s, (class_id)(c % s->classes), e)) return false;
    return !d->access.open || d->access.open[(size_t)(c / s->classes) * s->edges + e] != 0;
}

void dist_access_changed(struct dist *d)
{
    size_t profiles = (size_t)d->site->classes * d->access.groups;
    memset(d->row_of, 0, profiles * d->site->nodes * 2 * sizeof *d->row_of);
    memset(d->row, 0, d->rows * sizeof *d->row);
}

static void fill(struct dist *d, profile_id c, node_id goal, bool backward, uint32_t *ms)
{
    const uint32_t *start = backward ? d->site->in_start : d->site->out_start;
    const edge_id *list = backward ? d->site->in_edge : d->site->out_edge;
    const struct site *s = d->site;
    class_id cls = (class_id)(c % s->classes);
    memset(ms, 0xff, (size_t)s->nodes * sizeof *ms);
    ms[goal] = 0;
    uint64_t seq = 0;
    heap_push(&d->heap, 0, seq++, goal);
    struct heap_item it;
    while (heap_pop(&d->heap, &it)) {
        node_id n = (node_id)it.value;
        if ((uint32_t)it.key > ms[n]) continue;
        for (uint32_t i = start[n]; i < start[n + 1]; i++) {
            edge_id e = list[i];
            if (!dist_usable(d, c, e)) continue;
            int64_t via = it.key + edge_nominal_ms(s, cls, e);
            node_id next = backward ? s->edge[e].from : s->edge[e].to;
            if (via < ms[next]) {
                ms[next] = (uint32_t)via;
                bool room = heap_push(&d->heap, via, seq++, next); /* each edge relaxes once per improvement */
                assert(room || d->heap.count == d->heap.capacity);
                (void)room;
            }
        }
    }
}

static const uint32_t *row_for(struct dist *d, profile_id c, node_id goal, bool backward)
{
    const struct site *s = d->site;
    uint16_t *at = &d->row_of[((size_t)c * s->nodes + goal) * 2 + backward];
    d->clock++;
    if (*at == 0) {
        uint16_t oldest = 0;
        for (uint16_t i = 1; i < d->rows; i++)
            if (d->row[i].asked < d->row[oldest].asked) oldest = i;
        struct dist_row *row = &d->row[oldest];
        if (row->used) d->row_of[((size_t)row->cls * s->nodes + row->goal) * 2 + row->backward] = 0;
        *row = (struct dist_row){ .used = true, .backward = backward, .cls = c, .goal = goal };
        *at = (uint16_t)(oldest + 1);
        fill(d, c, goal, backward, d->ms + (size_t)oldest * s->nodes);
    }
    d->row[*at - 1].asked = d->clock;
    return d->ms + (size_t)(*at - 1) * s->nodes;
}

const uint32_t *dist_to(struct dist *d, profile_id c, node_id goal) { return row_for(d, c, goal, true); }
const uint32_t *dist_from(struct dist *d, profile_id c, node_id from) { return row_for(d, c, from, false); }
