#include "dist.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"

struct dist_row {
    bool used;
    class_id cls;
    node_id goal;
    uint64_t asked; /* when last asked, for forgetting */
};

struct dist {
    const struct site *site;
    uint16_t rows;
    uint64_t clock;
    struct dist_row *row;
    uint32_t *ms; /* rows x nodes */
    struct heap heap;
};

size_t dist_memory(const struct site *s, uint16_t rows)
{
    return sizeof(struct dist) + rows * sizeof(struct dist_row) + (size_t)rows * s->nodes * sizeof(uint32_t) +
           ((size_t)s->edges + 1) * sizeof(struct heap_item) + 5 * 16;
}

int dist_open(struct dist **out, struct arena *mem, const struct site *s, uint16_t rows)
{
    struct dist *d = arena_new(mem, struct dist, 1);
    if (!d) return ORD_EFULL;
    d->site = s;
    d->rows = rows;
    d->row = arena_new(mem, struct dist_row, rows);
    d->ms = arena_new(mem, uint32_t, (size_t)rows * s->nodes);
    struct heap_item *items = arena_new(mem, struct heap_item, (size_t)s->edges + 1);
    if (!d->row || !d->ms || !items) return ORD_EFULL;
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

static void fill(struct dist *d, class_id c, node_id goal, uint32_t *ms)
{
    const struct site *s = d->site;
    memset(ms, 0xff, (size_t)s->nodes * sizeof *ms);
    ms[goal] = 0;
    uint64_t seq = 0;
    heap_push(&d->heap, 0, seq++, goal);
    struct heap_item it;
    while (heap_pop(&d->heap, &it)) {
        node_id n = (node_id)it.value;
        if ((uint32_t)it.key > ms[n]) continue;
        for (uint32_t i = s->in_start[n]; i < s->in_start[n + 1]; i++) {
            edge_id e = s->in_edge[i];
            if (!site_fits(s, c, e)) continue;
            int64_t via = it.key + edge_nominal_ms(s, c, e);
            node_id from = s->edge[e].from;
            if (via < ms[from]) {
                ms[from] = (uint32_t)via;
                bool room = heap_push(&d->heap, via, seq++, from); /* each edge relaxes once per improvement */
                assert(room || d->heap.count == d->heap.capacity);
                (void)room;
            }
        }
    }
}

const uint32_t *dist_to(struct dist *d, class_id c, node_id goal)
{
    uint16_t oldest = 0;
    d->clock++;
    for (uint16_t i = 0; i < d->rows; i++) {
        struct dist_row *row = &d->row[i];
        if (row->used && row->cls == c && row->goal == goal) {
            row->asked = d->clock;
            return d->ms + (size_t)i * d->site->nodes;
        }
        if (row->asked < d->row[oldest].asked) oldest = i;
    }
    d->row[oldest] = (struct dist_row){ .used = true, .cls = c, .goal = goal, .asked = d->clock };
    uint32_t *ms = d->ms + (size_t)oldest * d->site->nodes;
    fill(d, c, goal, ms);
    return ms;
}
