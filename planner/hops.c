#include "hops.h"

#include <string.h>

#include "common/heap.h"
#include "dist.h"

/* Everything the search for hops carries along. With hop == NULL it only counts. */
struct finder {
    const struct site *s;
    class_id cls;
    struct hops *h;
    bool whole;
    uint32_t hops, blocks, limit;
    uint32_t first; /* hop number at which those of `from` begin */
    node_id from;
    edge_id path[HOP_EDGES_MAX];
};

static void put_block(struct finder *f, uint32_t start, node_id n)
{
    node_id *block = f->h->block;
    for (uint32_t i = start; i < f->blocks; i++)
        if (block[i] == n) return;
    uint32_t at = f->blocks++;
    while (at > start && block[at - 1] > n) {
        block[at] = block[at - 1];
        at--;
    }
    block[at] = n;
}

/* Places from which a standing robot blocks resource x. Counting passes count doubles too: an upper bound. */
static void add_blocks(struct finder *f, uint32_t start, res_id x)
{
    const struct site *s = f->s;
    struct conflict_list l = site_conflicts(s, f->cls, x, f->cls);
    for (uint32_t i = 0; i < l.count && l.item[i].res < s->nodes; i++) { /* sorted: nodes come first */
        node_id n = (node_id)l.item[i].res;
        if (n == f->from || !node_stoppable(s, n) ||
            site_conflict(s, f->cls, res_node(s, f->from), f->cls, res_node(s, n), NULL))
            continue;
        if (f->h) put_block(f, start, n);
        else f->blocks++;
    }
}

static bool covers(const struct hops *h, const struct hop *small, const struct hop *large)
{
    const node_id *a = h->block + small->block_start, *b = h->block + large->block_start;
    uint16_t i = 0, k = 0;
    while (i < small->blocks && k < large->blocks) {
        if (a[i] == b[k]) i++;
        else if (a[i] < b[k]) return false;
        k++;
    }
    return i == small->blocks;
}

static void emit(struct finder *f, uint8_t edges)
{
    const struct site *s = f->s;
    uint32_t start = f->blocks, ms = 0;
    if (f->hops == f->limit) {
        f->whole = false;
        return;
    }
    for (uint8_t i = 0; i < edges; i++) {
        const struct site_edge *e = &s->edge[f->path[i]];
        add_blocks(f, start, res_lane(s, e->lane));
        add_blocks(f, start, res_node(s, e->to));
        ms += (uint32_t)edge_nominal_ms(s, f->cls, f->path[i]);
    }
    if (!f->h) {
        f->hops++;
        return;
    }
    struct hop *hop = &f->h->hop[f->hops];
    *hop = (struct hop){ .from = f->from,
                         .to = s->edge[f->path[edges - 1]].to,
                         .edges = edges,
                         .ms = ms,
                         .block_start = start,
                         .blocks = (uint16_t)(f->blocks - start),
                         .back = HOP_NONE };
    memcpy(hop->edge, f->path, edges * sizeof *f->path);
    for (uint32_t i = f->first; i < f->hops; i++) {
        const struct hop *o = &f->h->hop[i];
        if (o->to != hop->to || o->ms > hop->ms || !covers(f->h, o, hop)) continue;
        f->blocks = start; /* (4): another one is as good */
        return;
    }
    f->hops++;
}

static void search(struct finder *f, node_id at, uint8_t edges)
{
    const struct site *s = f->s;
    for (uint32_t i = s->out_start[at]; i < s->out_start[at + 1]; i++) {
        edge_id e = s->out_edge[i];
        node_id to = s->edge[e].to;
        bool seen = to == f->from;
        for (uint8_t k = 0; k < edges && !seen; k++) seen = s->edge[f->path[k]].to == to;
        if (seen || !site_fits(s, f->cls, e)) continue;
        if (edges == HOP_EDGES_MAX) {
            f->whole = false;
            return;
        }
        f->path[edges] = e;
        if (node_stoppable(s, to)) emit(f, (uint8_t)(edges + 1));
        else search(f, to, (uint8_t)(edges + 1));
    }
}

static void search_all(struct finder *f)
{
    for (node_id n = 0; n < f->s->nodes; n++) {
        if (f->h) f->h->out_start[n] = f->hops;
        f->from = n;
        f->first = f->hops;
        if (node_stoppable(f->s, n)) search(f, n, 0);
    }
    if (f->h) f->h->out_start[f->s->nodes] = f->hops;
}

static struct finder finder_of(const struct site *s, class_id cls, struct hops *h)
{
    return (struct finder){ .s = s, .cls = cls, .h = h, .whole = true, .limit = 16u * s->edges + 64 };
}

size_t hops_memory(const struct site *s, class_id cls)
{
    struct finder f = finder_of(s, cls, NULL);
    search_all(&f);
    return sizeof(struct hops) + f.hops * (sizeof(struct hop) + sizeof(hop_id)) + f.blocks * sizeof(node_id) +
           ((size_t)s->nodes + 1) * 2 * sizeof(uint32_t) + 6 * 16;
}

/* With everybody else where hop `a` was free, `b` is free once a was driven. */
static bool leads_back(const struct hops *h, const struct hop *a, const struct hop *b)
{
    const struct site *s = h->site;
    const node_id *x = h->block + a->block_start, *y = h->block + b->block_start;
    if (b->to != a->from) return false;
    for (uint16_t k = 0, i = 0; k < b->blocks; k++) {
        while (i < a->blocks && x[i] < y[k]) i++;
        bool also = i < a->blocks && x[i] == y[k];
        if (!also && !site_conflict(s, h->cls, res_node(s, a->from), h->cls, res_node(s, y[k]), NULL)) return false;
    }
    return true;
}

static void link_hops(struct hops *h)
{
    uint32_t n = h->site->nodes;
    memset(h->in_start, 0, (n + 1) * sizeof *h->in_start);
    for (hop_id i = 0; i < h->count; i++) h->in_start[h->hop[i].to + 1]++;
    for (uint32_t i = 0; i < n; i++) h->in_start[i + 1] += h->in_start[i];
    for (hop_id i = 0; i < h->count; i++) h->in_hop[h->in_start[h->hop[i].to]++] = i;
    for (uint32_t i = n; i > 0; i--) h->in_start[i] = h->in_start[i - 1];
    h->in_start[0] = 0;
    for (hop_id i = 0; i < h->count; i++) {
        const struct hop *a = &h->hop[i];
        for (hop_id k = h->out_start[a->to]; k < h->out_start[a->to + 1]; k++)
            if (h->hop[i].back == HOP_NONE && leads_back(h, a, &h->hop[k])) h->hop[i].back = k;
    }
}

int hops_open(struct hops **out, struct arena *mem, const struct site *s, class_id cls)
{
    struct finder f = finder_of(s, cls, NULL);
    search_all(&f);
    struct hops *h = arena_new(mem, struct hops, 1);
    if (!h) return ORD_EFULL;
    *h = (struct hops){ .site = s, .cls = cls, .count_max = f.hops, .blocks_max = f.blocks };
    h->hop = arena_new(mem, struct hop, f.hops);
    h->in_hop = arena_new(mem, hop_id, f.hops);
    h->block = arena_new(mem, node_id, f.blocks);
    h->out_start = arena_new(mem, uint32_t, (size_t)s->nodes + 1);
    h->in_start = arena_new(mem, uint32_t, (size_t)s->nodes + 1);
    if (!h->hop || !h->in_hop || !h->block || !h->out_start || !h->in_start) return ORD_EFULL;
    f = finder_of(s, cls, h);
    search_all(&f);
    h->whole = f.whole;
    h->count = f.hops;
    h->blocks = f.blocks;
    link_hops(h);
    *out = h;
    return ORD_OK;
}

void hops_distances(const struct hops *h, node_id goal, struct heap *heap, uint32_t *ms)
{
    uint64_t seq = 0;
    struct heap_item it;
    memset(ms, 0xff, h->site->nodes * sizeof *ms);
    ms[goal] = 0;
    heap->count = 0;
    heap_push(heap, 0, seq++, goal);
    while (heap_pop(heap, &it)) {
        node_id n = (node_id)it.value;
        if ((uint32_t)it.key > ms[n]) continue;
        for (uint32_t i = h->in_start[n]; i < h->in_start[n + 1]; i++) {
            const struct hop *hop = &h->hop[h->in_hop[i]];
            int64_t via = it.key + hop->ms;
            if (via >= ms[hop->from]) continue;
            ms[hop->from] = (uint32_t)via;
            heap_push(heap, via, seq++, hop->from);
        }
    }
}
