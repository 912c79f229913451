#include "dist.h"

#include <assert.h>
#include <string.h>

#include "common/heap.h"

#define PI_MRAD 3142
#define DRIVING_BYTES (16u << 20)
#define DRIVING_LEAST 64

enum row_kind { ROW_FROM, ROW_TO, ROW_DRIVING, ROW_KINDS };

struct dist_row {
    bool used;
    uint8_t kind; /* enum row_kind */
    profile_id cls;
    node_id goal;
    uint64_t asked; /* when last asked, for forgetting */
};

struct dist {
    const struct site *site;
    struct access access;
    uint16_t rows, driving_rows;
    uint64_t clock;
    struct dist_row *row, *driving_row;
    uint32_t *ms;         /* rows x nodes */
    uint32_t *driving_ms; /* driving_rows x edges */
    uint16_t *row_of;     /* [(profile * nodes + node) * ROW_KINDS + kind]: row + 1, 0 when there is none */
    struct heap heap;
};

/* Every pair of edges that meet is relaxed once at most. */
static uint32_t pushes_most(const struct site *s)
{
    uint32_t n = s->edges + 1u, pairs = 1;
    for (node_id at = 0; at < s->nodes; at++)
        pairs += (s->in_start[at + 1] - s->in_start[at]) * (s->out_start[at + 1] - s->out_start[at]) + 1;
    return n > pairs + s->edges ? n : pairs + s->edges;
}

/* They are wide: as many as fit into some megabytes, and enough for the goals of one search in any case. */
static uint16_t driving_rows_for(const struct site *s, uint16_t rows)
{
    size_t fit = DRIVING_BYTES / (((size_t)s->edges + 1) * sizeof(uint32_t));
    if (fit < DRIVING_LEAST) fit = DRIVING_LEAST;
    return fit < rows ? (uint16_t)fit : rows;
}

size_t dist_memory(const struct site *s, uint16_t rows, uint8_t groups)
{
    size_t profiles = (size_t)s->classes * (groups > 0 ? groups : 1);
    size_t driving = driving_rows_for(s, rows);
    return sizeof(struct dist) + (rows + driving) * sizeof(struct dist_row) +
           ((size_t)rows * s->nodes + driving * s->edges) * sizeof(uint32_t) +
           profiles * s->nodes * ROW_KINDS * sizeof(uint16_t) + pushes_most(s) * sizeof(struct heap_item) + 8 * 16;
}

int dist_open(struct dist **out, struct arena *mem, const struct site *s, uint16_t rows, struct access access)
{
    struct dist *d = arena_new(mem, struct dist, 1);
    if (!d) return ORD_EFULL;
    d->site = s;
    d->access = access;
    if (d->access.groups == 0) d->access.groups = 1;
    d->rows = rows;
    d->driving_rows = driving_rows_for(s, rows);
    d->row = arena_new(mem, struct dist_row, rows);
    d->driving_row = arena_new(mem, struct dist_row, d->driving_rows);
    d->ms = arena_new(mem, uint32_t, (size_t)rows * s->nodes);
    d->driving_ms = arena_new(mem, uint32_t, (size_t)d->driving_rows * s->edges);
    struct heap_item *items = arena_new(mem, struct heap_item, pushes_most(s));
    d->row_of = arena_new(mem, uint16_t, (size_t)s->classes * d->access.groups * s->nodes * ROW_KINDS);
    if (!d->row || !d->driving_row || !d->ms || !d->driving_ms || !d->row_of || !items) return ORD_EFULL;
    heap_init(&d->heap, items, pushes_most(s));
    *out = d;
    return ORD_OK;
}

mrad_t dist_angle(mrad_t a, mrad_t b)
{
    int64_t d = (int64_t)a - b;
    while (d > PI_MRAD) d -= 2 * PI_MRAD;
    while (d < -PI_MRAD) d += 2 * PI_MRAD;
    return (mrad_t)(d < 0 ? -d : d);
}

ms_t dist_turn_ms(const struct robot_class *c, mrad_t angle)
{
    return angle <= STRAIGHT_MRAD ? 0 : ((ms_t)angle * 1000 + c->turn_mrad_s - 1) / c->turn_mrad_s + c->turn_settle_ms;
}

ms_t dist_half_ramp_ms(const struct robot_class *c)
{
    return ((ms_t)c->speed_mm_s * 500 + c->accel_mm_s2 - 1) / c->accel_mm_s2;
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
    memset(d->row_of, 0, profiles * d->site->nodes * ROW_KINDS * sizeof *d->row_of);
    memset(d->row, 0, d->rows * sizeof *d->row);
    memset(d->driving_row, 0, d->driving_rows * sizeof *d->driving_row);
}

static void fill(struct dist *d, profile_id c, node_id goal, enum row_kind kind, uint32_t *ms)
{
    bool backward = kind == ROW_TO;
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

/* Between arriving over edge e at speed and setting off over f: nothing, or stopping, turning and starting. */
static ms_t between_ms(const struct site *s, const struct robot_class *c, const struct site_edge *e,
                       const struct site_edge *f)
{
    (void)s;
    ms_t ramp = dist_half_ramp_ms(c);
    if (f->ride_ms > 0) return e->ride_ms > 0 ? 0 : ramp;
    if (e->ride_ms > 0) return ramp; /* how it looks there depends on how it came in: no turn is the least */
    mrad_t angle = dist_angle(e->heading, f->heading);
    return angle <= STRAIGHT_MRAD ? 0 : 2 * ramp + dist_turn_ms(c, angle);
}

static void fill_driving(struct dist *d, profile_id c, node_id goal, uint32_t *ms)
{
    const struct site *s = d->site;
    class_id cls = (class_id)(c % s->classes);
    uint64_t seq = 0;
    memset(ms, 0xff, (size_t)s->edges * sizeof *ms);
    for (uint32_t i = s->in_start[goal]; i < s->in_start[goal + 1]; i++) {
        ms[s->in_edge[i]] = 0;
        heap_push(&d->heap, 0, seq++, s->in_edge[i]);
    }
    struct heap_item it;
    while (heap_pop(&d->heap, &it)) {
        edge_id f = (edge_id)it.value;
        if ((uint32_t)it.key > ms[f] || !dist_usable(d, c, f)) continue;
        const struct site_edge *edge = &s->edge[f];
        int64_t key = it.key + ms_max(edge_nominal_ms(s, cls, f), 1);
        for (uint32_t i = s->in_start[edge->from]; i < s->in_start[edge->from + 1]; i++) {
            edge_id e = s->in_edge[i];
            int64_t via = key + between_ms(s, &s->cls[cls], &s->edge[e], edge);
            if (via >= ms[e]) continue;
            ms[e] = (uint32_t)via;
            bool room = heap_push(&d->heap, via, seq++, e);
            assert(room);
            (void)room;
        }
    }
}

uint32_t dist_standing(const struct dist *d, profile_id c, const uint32_t *driving, node_id at, mrad_t heading,
                       bool any_heading)
{
    const struct site *s = d->site;
    const struct robot_class *cls = &s->cls[c % s->classes];
    uint32_t best = DIST_FAR;
    for (uint32_t i = s->out_start[at]; i < s->out_start[at + 1]; i++) {
        edge_id e = s->out_edge[i];
        if (driving[e] == DIST_FAR || !dist_usable(d, c, e)) continue;
        ms_t ms = driving[e] + ms_max(edge_nominal_ms(s, (class_id)(c % s->classes), e), 1);
        if (s->edge[e].ride_ms == 0) {
            ms += dist_half_ramp_ms(cls);
            if (!any_heading) ms += dist_turn_ms(cls, dist_angle(heading, s->edge[e].heading));
        }
        if (ms < best) best = (uint32_t)ms;
    }
    return best;
}

static uint16_t oldest_row(const struct dist_row *row, uint16_t rows)
{
    uint16_t oldest = 0;
    for (uint16_t i = 1; i < rows; i++)
        if (row[i].asked < row[oldest].asked) oldest = i;
    return oldest;
}

static const uint32_t *row_for(struct dist *d, profile_id c, node_id goal, enum row_kind kind)
{
    const struct site *s = d->site;
    struct dist_row *rows = kind == ROW_DRIVING ? d->driving_row : d->row;
    uint32_t *ms = kind == ROW_DRIVING ? d->driving_ms : d->ms;
    size_t width = kind == ROW_DRIVING ? s->edges : s->nodes;
    uint16_t *at = &d->row_of[((size_t)c * s->nodes + goal) * ROW_KINDS + kind];
    d->clock++;
    if (*at == 0) {
        uint16_t oldest = oldest_row(rows, kind == ROW_DRIVING ? d->driving_rows : d->rows);
        struct dist_row *row = &rows[oldest];
        if (row->used) d->row_of[((size_t)row->cls * s->nodes + row->goal) * ROW_KINDS + row->kind] = 0;
        *row = (struct dist_row){ .used = true, .kind = (uint8_t)kind, .cls = c, .goal = goal };
        *at = (uint16_t)(oldest + 1);
        if (kind == ROW_DRIVING) fill_driving(d, c, goal, ms + oldest * width);
        else fill(d, c, goal, kind, ms + oldest * width);
    }
    rows[*at - 1].asked = d->clock;
    return ms + (size_t)(*at - 1) * width;
}

const uint32_t *dist_to(struct dist *d, profile_id c, node_id goal) { return row_for(d, c, goal, ROW_TO); }
const uint32_t *dist_from(struct dist *d, profile_id c, node_id from) { return row_for(d, c, from, ROW_FROM); }
const uint32_t *dist_driving(struct dist *d, profile_id c, node_id goal) { return row_for(d, c, goal, ROW_DRIVING); }
