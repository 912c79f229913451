/* generate - test floors made by rule. Preset grid20: 20 x 20 points 3 m apart, joined by aisles; 60 stations and 100
 * parking places beside them, each alone in a cell between four points, in its middle. The courier turning there needs
 * 0.5 m and aisle traffic 0.35 m to either side: 1.5 m apart neither is ever in the way of the other, so a parked
 * robot conflicts with nothing but its own spur.
 *
 * Aisles run both ways, or one way in turn: even rows east, odd ones west, even columns south, odd ones north. That
 * makes the rim a ring, so every point reaches every other.
 *
 * A station is a spur (in and out over one lane) or passed through (in from a point, out to the next point along the
 * aisle). Each point has at most one entrance. The seed draws which points and which cells, nothing else. */
#include <stdio.h>
#include <string.h>

#include "common/rng.h"
#include "common/text.h"
#include "draft.h"
#include "import.h"

#define SIDE 20
#define STEP_MM 3000
#define STATIONS 60
#define PARKS 100

struct grid20 {
    struct draft d;
    struct generate_options o;
    struct rng rng;
    bool cell_used[SIDE - 1][SIDE - 1];
    uint16_t order[SIDE * SIDE]; /* points, shuffled */
};

struct spot {
    int cell_row, cell_column; /* the cell whose middle it takes */
    int next_row, next_column; /* thru: the point to leave to */
};

static node_id point(int row, int column) { return (node_id)(row * SIDE + column); }

/* The aisle leads from a to its neighbour b. */
static bool aisle_leads(const struct grid20 *g, int row, int column, int next_row, int next_column)
{
    if (!g->o.one_way) return true;
    if (row == next_row) return (next_column > column) == (row % 2 == 0);
    return (next_row > row) == (column % 2 == 1);
}

static int add_edge(struct grid20 *g, node_id from, node_id to, bool both_ways)
{
    struct draft_edge e = { .from = from, .to = to, .both_ways = both_ways, .door = ID_NONE };
    return draft_edge(&g->d, &e);
}

static int add_aisle(struct grid20 *g, int row, int column, int next_row, int next_column)
{
    node_id a = point(row, column), b = point(next_row, next_column);
    if (aisle_leads(g, row, column, next_row, next_column)) return add_edge(g, a, b, !g->o.one_way);
    return add_edge(g, b, a, false);
}

static int add_points(struct grid20 *g)
{
    int err = ORD_OK;
    for (int row = 0; row < SIDE && !err; row++)
        for (int column = 0; column < SIDE && !err; column++) {
            struct site_node n = {
                .x_mm = column * STEP_MM, .y_mm = row * STEP_MM, .elevator = ID_NONE, .station = ID_NONE
            };
            snprintf(n.id, sizeof n.id, "p%02d-%02d", row, column);
            err = draft_node(&g->d, &n);
        }
    for (int row = 0; row < SIDE && !err; row++)
        for (int column = 0; column < SIDE && !err; column++) {
            if (column + 1 < SIDE) err = add_aisle(g, row, column, row, column + 1);
            if (row + 1 < SIDE && !err) err = add_aisle(g, row, column, row + 1, column);
        }
    return err;
}

static void shuffle(struct grid20 *g)
{
    for (uint16_t i = 0; i < SIDE * SIDE; i++) g->order[i] = i;
    for (uint32_t i = SIDE * SIDE - 1; i > 0; i--) {
        uint32_t k = rng_below(&g->rng, i + 1);
        uint16_t swap = g->order[i];
        g->order[i] = g->order[k];
        g->order[k] = swap;
    }
}

static bool cell_free(const struct grid20 *g, int row, int column)
{
    return row >= 0 && column >= 0 && row < SIDE - 1 && column < SIDE - 1 && !g->cell_used[row][column];
}

/* A free cell at the point, tried from a drawn one on; for a station passed through, also the next point of an aisle
 * along that cell. */
static bool find_spot(struct grid20 *g, int row, int column, bool thru, struct spot *out)
{
    uint32_t first = rng_below(&g->rng, 8);
    for (uint32_t i = 0; i < 8; i++) { /* a corner of the point, and along which of its two sides to go on */
        uint32_t k = (first + i) % 8;
        int up = k & 1 ? 1 : -1, right = k & 2 ? 1 : -1;
        struct spot v = { .cell_row = up > 0 ? row : row - 1,
                          .cell_column = right > 0 ? column : column - 1,
                          .next_row = k & 4 ? row + up : row,
                          .next_column = k & 4 ? column : column + right };
        if (!cell_free(g, v.cell_row, v.cell_column)) continue;
        if (thru && !aisle_leads(g, row, column, v.next_row, v.next_column)) continue;
        *out = v;
        return true;
    }
    return false;
}

static int add_station(struct grid20 *g, node_id n, int number)
{
    struct site_station t = { .node = n, .kind = STATION_GENERIC };
    snprintf(t.id, sizeof t.id, "S%02d", number);
    snprintf(t.name.zh, sizeof t.name.zh, "站点 %d", number);
    snprintf(t.name.en, sizeof t.name.en, "Station %d", number);
    return draft_station(&g->d, &t);
}

static int add_spot(struct grid20 *g, node_id from, const struct spot *v, int station, int park)
{
    struct site_node n = { .x_mm = v->cell_column * STEP_MM + STEP_MM / 2,
                           .y_mm = v->cell_row * STEP_MM + STEP_MM / 2,
                           .flags = park ? NODE_PARK : 0,
                           .elevator = ID_NONE,
                           .station = ID_NONE };
    node_id at = g->d.s->nodes;
    if (park) snprintf(n.id, sizeof n.id, "park%03d", park);
    else snprintf(n.id, sizeof n.id, "at-S%02d", station);
    g->cell_used[v->cell_row][v->cell_column] = true;
    bool thru = station && g->o.thru;
    int err = draft_node(&g->d, &n);
    if (!err) err = add_edge(g, from, at, !thru);
    if (!err && thru) err = add_edge(g, at, point(v->next_row, v->next_column), false);
    if (!err && station) err = add_station(g, at, station);
    return err;
}

/* Stations first, then parking places, at the points as they were shuffled. */
static int add_spots(struct grid20 *g)
{
    int err = ORD_OK, stations = 0, parks = 0;
    for (int i = 0; i < SIDE * SIDE && parks < PARKS && !err; i++) {
        int row = g->order[i] / SIDE, column = g->order[i] % SIDE;
        bool station = stations < STATIONS;
        struct spot v;
        if (!find_spot(g, row, column, station && g->o.thru, &v)) continue;
        if (station) stations++;
        else parks++;
        err = add_spot(g, g->order[i], &v, station ? stations : 0, station ? 0 : parks);
    }
    return err || parks == PARKS ? err : ORD_ENOTFOUND;
}

int generate_grid20(struct generate_options o, struct site **out, struct import_report *r, struct err_note *note)
{
    struct grid20 g = { .o = o, .rng = rng_stream(o.seed, "generate.grid20") };
    struct site_level level = { .id = "L1", .name = { "一层", "Level 1" } };
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = draft_open(&g.d, "grid20");
    if (!err) err = draft_level(&g.d, &level);
    if (!err) err = add_points(&g);
    shuffle(&g);
    if (!err) err = add_spots(&g);
    if (err) err_at(note, err, "grid20", "%s", err_en(err));
    if (!err) {
        snprintf(g.d.s->id, SITE_ID_MAX, "grid20-%s-%s-%llu", o.one_way ? "one-way" : "two-way",
                 o.thru ? "thru" : "spur", (unsigned long long)o.seed);
        text_copy(g.d.s->name.zh, SITE_NAME_MAX, g.d.s->id);
        text_copy(g.d.s->name.en, SITE_NAME_MAX, g.d.s->id);
        r->waypoints = g.d.s->nodes;
        import_say(r, IMPORT_KEPT, "网格 %d x %d：站点 %d 个，停车位 %d 个",
                   "grid %d x %d: %d stations, %d parking places", SIDE, SIDE, STATIONS, PARKS);
        err = draft_finish(&g.d, out, note);
    }
    draft_close(&g.d);
    if (!err) r->lanes = (*out)->edges;
    for (edge_id e = 0; !err && e < (*out)->edges; e++) r->length_m += (*out)->edge[e].length_mm / 1000.0;
    return err;
}
