/* generate_shaft - the smallest site on which an elevator can be worked as hard as it goes. Two levels four storeys
 * (16.8 m) apart, one station on each, one bed elevator as in the demand model (1.75 m/s, 0.8 m/s2, doors 2.5 and 4.5
 * s).
 *
 *      [cabin]        Ways in and out are apart, so that one robot waits beside the door while another one comes out.
 *      /     \        Both are so slow that they take a robot of 1 m/s about 12 s, as long as a bed needs.
 *    out     in       Every level is one loop: out of the car, station, into the car; bays hang below it.
 *
 * Both ways: robots ride up and down in the one car, at most 81 rides an hour (each trip carries one).
 * One way: it takes robots up only, at most 56 an hour (it comes back empty); two others, west of it, take them down.
 * */
#include <stdio.h>

#include "common/text.h"
#include "draft.h"
#include "import.h"

#define STOREYS_MM 16800
#define SILL_MM 3000 /* from the middle of the cabin to where a robot waits, or has left */
#define LOOP_MM 6000 /* to the upper row of the loop */
#define BACK_MM 9000 /* to its lower row */
#define BAYS_MM 12000
#define STEP_MM 3000
#define BESIDE_MM 700  /* the ways in and out run to either side of the middle */
#define SILL_SPEED 270 /* mm/s: 3.1 m in about 12 s */
#define BAYS 5

struct shaft {
    struct draft d;
    bool one_way;
    level_id level;
    node_id back[BAYS + 1]; /* of this level: the lower row of the loop, by column, westward */
    int err;
};

static const char *const level_name[2] = { "L0", "L4" };

static node_id place(struct shaft *g, mm_t x_mm, mm_t y_mm, uint8_t flags, const char *what, int number)
{
    struct site_node n = {
        .level = g->level, .x_mm = x_mm, .y_mm = y_mm, .flags = flags, .elevator = ID_NONE, .station = ID_NONE
    };
    if (number < 0) snprintf(n.id, sizeof n.id, "%s-%s", level_name[g->level], what);
    else snprintf(n.id, sizeof n.id, "%s-%s%d", level_name[g->level], what, number);
    node_id at = g->d.s->nodes;
    if (!g->err) g->err = draft_node(&g->d, &n);
    return at;
}

static void way(struct shaft *g, node_id from, node_id to, bool both_ways, int32_t speed_mm_s)
{
    struct draft_edge e = { .from = from, .to = to, .both_ways = both_ways, .speed_mm_s = speed_mm_s, .door = ID_NONE };
    if (!g->err) g->err = draft_edge(&g->d, &e);
}

/* From the loop into the car. */
static void way_in(struct shaft *g, node_id cabin, int car, mm_t x_mm, node_id from)
{
    node_id turn = place(g, x_mm + BESIDE_MM, -LOOP_MM, 0, "turn", car);
    node_id in = place(g, x_mm + BESIDE_MM, -SILL_MM, 0, "in", car);
    way(g, from, turn, false, 0);
    way(g, turn, in, false, 0);
    way(g, in, cabin, false, SILL_SPEED);
}

/* Out of the car; returns where the loop goes on. */
static node_id way_out(struct shaft *g, node_id cabin, int car, mm_t x_mm)
{
    node_id out = place(g, x_mm - BESIDE_MM, -SILL_MM, 0, "out", car);
    node_id turn = place(g, x_mm - BESIDE_MM, -LOOP_MM, 0, "left", car);
    way(g, cabin, out, false, SILL_SPEED);
    way(g, out, turn, false, 0);
    return turn;
}

static void car(struct shaft *g, const char *id, mm_t x_mm, const node_id *cabin)
{
    struct site_elevator e = { .x_mm = x_mm,
                               .width_mm = 1730,
                               .depth_mm = 2740,
                               .door_width_mm = 1220,
                               .speed_mm_s = 1750,
                               .accel_mm_s2 = 800,
                               .door_open_ms = 2500,
                               .door_close_ms = 4500,
                               .start_delay_ms = 1500,
                               .landings = 2 };
    text_copy(e.id, sizeof e.id, id);
    text_copy(e.bank, sizeof e.bank, id);
    snprintf(e.name.zh, sizeof e.name.zh, "电梯 %s", id);
    snprintf(e.name.en, sizeof e.name.en, "Elevator %s", id);
    for (level_id l = 0; l < 2; l++) e.landing[l] = (struct site_landing){ l, cabin[l] };
    if (!g->err) g->err = draft_elevator(&g->d, &e);
}

static void station(struct shaft *g, node_id at)
{
    struct site_station t = { .node = at, .kind = STATION_STORE };
    snprintf(t.id, sizeof t.id, "S%s", level_name[g->level] + 1);
    snprintf(t.name.zh, sizeof t.name.zh, "%s 站", level_name[g->level]);
    snprintf(t.name.en, sizeof t.name.en, "Station %s", level_name[g->level]);
    if (!g->err) g->err = draft_station(&g->d, &t);
}

/* Columns 0, 1, ... stand 3 m apart, the first below the way in; column 2 of the upper row is the station. */
static mm_t column(int i) { return BESIDE_MM - STEP_MM * i; }

static void level_both_ways(struct shaft *g, node_id cabin)
{
    node_id left = way_out(g, cabin, 0, 0);
    node_id row = place(g, column(1), -LOOP_MM, 0, "row", 1);
    node_id at = place(g, column(2), -LOOP_MM, 0, "station", -1);
    way(g, left, row, false, 0);
    way(g, row, at, false, 0);
    station(g, at);
    for (int i = 2; i >= 0; i--) g->back[i] = place(g, column(i), -BACK_MM, 0, "back", i);
    way(g, at, g->back[2], false, 0);
    for (int i = 2; i > 0; i--) way(g, g->back[i], g->back[i - 1], false, 0);
    way_in(g, cabin, 0, 0, g->back[0]);
    for (int i = 0; i < 3; i++) way(g, g->back[i], place(g, column(i), -BAYS_MM, NODE_HOLDING, "bay", i), true, 0);
    way(g, g->back[0], place(g, column(-1), -BACK_MM, NODE_HOLDING, "bay", 3), true, 0);
    way(g, g->back[2], place(g, column(3), -BACK_MM, NODE_HOLDING, "bay", 4), true, 0);
}

/* Below: the two that come down let out in the west, the one that goes up is boarded in the east; above the other way.
 * */
static void level_one_way(struct shaft *g, const node_id *cabin, const mm_t *x_mm)
{
    bool up = g->level == 0;
    node_id at = place(g, column(2), -LOOP_MM, 0, "station", -1);
    station(g, at);
    for (int i = 0; i <= BAYS; i++) {
        g->back[i] = place(g, column(i), -BACK_MM, 0, "back", i);
        if (i > 0 && up) way(g, g->back[i], g->back[i - 1], false, 0);
        if (i > 0 && !up) way(g, g->back[i - 1], g->back[i], false, 0);
        way(g, g->back[i], place(g, column(i), -BAYS_MM, NODE_HOLDING, "bay", i), true, 0);
    }
    way(g, at, g->back[2], false, 0);
    if (up) {
        node_id near = way_out(g, cabin[1], 1, x_mm[1]), far = way_out(g, cabin[2], 2, x_mm[2]);
        way(g, far, near, false, 0);
        way(g, near, at, false, 0);
        way_in(g, cabin[0], 0, 0, g->back[0]);
    } else {
        way(g, way_out(g, cabin[0], 0, 0), at, false, 0);
        way_in(g, cabin[1], 1, x_mm[1], g->back[4]);
        way_in(g, cabin[2], 2, x_mm[2], g->back[5]);
    }
}

static void build(struct shaft *g)
{
    static const mm_t x_mm[3] = { 0, -4 * STEP_MM, -5 * STEP_MM };
    static const char *const id[3] = { "E1", "E2", "E3" };
    int cars = g->one_way ? 3 : 1;
    node_id cabin[3][2];
    for (g->level = 0; g->level < 2; g->level++) {
        struct site_level l = { .elevation_mm = g->level * STOREYS_MM };
        text_copy(l.id, sizeof l.id, level_name[g->level]);
        text_copy(l.name.zh, sizeof l.name.zh, g->level ? "五层" : "一层");
        text_copy(l.name.en, sizeof l.name.en, g->level ? "Four storeys up" : "Ground level");
        if (!g->err) g->err = draft_level(&g->d, &l);
        node_id here[3];
        for (int c = 0; c < cars; c++) cabin[c][g->level] = here[c] = place(g, x_mm[c], 0, 0, "car", c);
        if (g->one_way) level_one_way(g, here, x_mm);
        else level_both_ways(g, here[0]);
    }
    for (int c = 0; c < cars; c++) car(g, id[c], x_mm[c], cabin[c]);
}

int generate_shaft(bool one_way, struct site **out, struct import_report *r, struct err_note *note)
{
    struct shaft g = { .one_way = one_way };
    *out = NULL;
    *r = (struct import_report){ 0 };
    g.err = draft_open(&g.d, "shaft");
    if (!g.err) build(&g);
    if (g.err) err_at(note, g.err, "shaft", "%s", err_en(g.err));
    if (!g.err) {
        text_copy(g.d.s->id, SITE_ID_MAX, one_way ? "shaft-one-way" : "shaft");
        text_copy(g.d.s->name.zh, SITE_NAME_MAX, one_way ? "单向井道" : "井道");
        text_copy(g.d.s->name.en, SITE_NAME_MAX, one_way ? "Shaft, one way" : "Shaft");
        r->waypoints = g.d.s->nodes;
        import_say(r, IMPORT_KEPT, "两层，相距四层楼：电梯 %d 部，站点 2 个",
                   "two levels, four storeys apart: %d elevators, 2 stations", one_way ? 3 : 1);
        g.err = draft_finish(&g.d, out, note);
    }
    draft_close(&g.d);
    if (!*out) return g.err;
    r->lanes = (*out)->edges;
    for (edge_id e = 0; e < (*out)->edges; e++) r->length_m += (*out)->edge[e].length_mm / 1000.0;
    return g.err;
}
