/* site - look-ups, times and the self-check of the immutable model. Pure: the reader, the drafts and GEOS live in
 * maps_io. */
#include "site.h"

#include <assert.h>
#include <string.h>

const char *const station_kind_name[STATION_KIND_COUNT] = {
    "generic", "ward", "kitchen", "laundry", "store", "pharmacy", "lab", "waste", "emergency", "theatre", "cssd",
};

const char *const hygiene_name[HYGIENE_COUNT] = {
    "clean", "food", "drug", "sterile", "specimen", "dirty", "waste", "infectious",
};

const char *const zone_kind_name[ZONE_KIND_COUNT] = { "fire", "ward" };

/* Why each cell is what it is stands in docs/hygiene.md. In short: nothing unsoiled follows anything soiled without a
 * disinfection; among the soiled, linen and trays, which are used again, do not follow waste; food and sterile goods do
 * not follow specimens, sterile goods do not follow food. */
#define F AFTER_FREELY
#define W AFTER_WASH
const struct hygiene_rules hygiene_rules_default = {
    .after = {
        /* next:       clean food drug sterile specimen dirty waste infectious */
        [HYGIENE_CLEAN] = { F, F, F, F, F, F, F, F },
        [HYGIENE_FOOD] = { F, F, F, W, F, F, F, F },
        [HYGIENE_DRUG] = { F, F, F, F, F, F, F, F },
        [HYGIENE_STERILE] = { F, F, F, F, F, F, F, F },
        [HYGIENE_SPECIMEN] = { F, W, F, W, F, F, F, F },
        [HYGIENE_DIRTY] = { W, W, W, W, W, F, F, F },
        [HYGIENE_WASTE] = { W, W, W, W, W, W, F, F },
        [HYGIENE_INFECTIOUS] = { W, W, W, W, W, W, W, F },
    },
    .together = {
        [HYGIENE_CLEAN] = 1u << HYGIENE_CLEAN | 1u << HYGIENE_DRUG | 1u << HYGIENE_STERILE,
        [HYGIENE_FOOD] = 1u << HYGIENE_FOOD,
        [HYGIENE_DRUG] = 1u << HYGIENE_CLEAN | 1u << HYGIENE_DRUG,
        [HYGIENE_STERILE] = 1u << HYGIENE_CLEAN | 1u << HYGIENE_STERILE,
        [HYGIENE_SPECIMEN] = 1u << HYGIENE_SPECIMEN,
        [HYGIENE_DIRTY] = 1u << HYGIENE_DIRTY,
        [HYGIENE_WASTE] = 1u << HYGIENE_WASTE,
        [HYGIENE_INFECTIOUS] = 1u << HYGIENE_INFECTIOUS,
    },
    .car_apart = HYGIENE_SOILED,
    .car_apart_ms = 10 * MS_MINUTE,
};
#undef F
#undef W

const struct site_goods *site_goods_of(const struct site *s, goods_id g)
{
    static const struct site_goods any = { .hygiene = HYGIENE_CLEAN, .priority = 3 };
    return g < s->goods ? &s->good[g] : &any;
}

bool site_conflict(const struct site *s, class_id a, res_id x, class_id b, res_id y, int32_t *gap_ms)
{
    struct conflict_list list = site_conflicts(s, a, x, b);
    uint32_t lo = 0, hi = list.count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (list.item[mid].res < y) lo = mid + 1;
        else hi = mid;
    }
    if (lo == list.count || list.item[lo].res != y) return false;
    if (gap_ms) *gap_ms = list.item[lo].gap_ms;
    return true;
}

level_id site_level_by_id(const struct site *s, const char *id)
{
    for (level_id i = 0; i < s->levels; i++)
        if (strcmp(s->level[i].id, id) == 0) return i;
    return ID_NONE;
}

node_id site_node_by_id(const struct site *s, const char *id)
{
    for (node_id i = 0; i < s->nodes; i++)
        if (strcmp(s->node[i].id, id) == 0) return i;
    return ID_NONE;
}

station_id site_station_by_id(const struct site *s, const char *id)
{
    for (station_id i = 0; i < s->stations; i++)
        if (strcmp(s->station[i].id, id) == 0) return i;
    return ID_NONE;
}

elevator_id site_elevator_by_id(const struct site *s, const char *id)
{
    for (elevator_id i = 0; i < s->elevators; i++)
        if (strcmp(s->elevator[i].id, id) == 0) return i;
    return ID_NONE;
}

door_id site_door_by_id(const struct site *s, const char *id)
{
    for (door_id i = 0; i < s->doors; i++)
        if (strcmp(s->door[i].id, id) == 0) return i;
    return ID_NONE;
}

zone_id site_zone_by_id(const struct site *s, const char *id)
{
    for (zone_id i = 0; i < s->zones; i++)
        if (strcmp(s->zone[i].id, id) == 0) return i;
    return ID_NONE;
}

goods_id site_goods_by_id(const struct site *s, const char *id)
{
    for (goods_id i = 0; i < s->goods; i++)
        if (strcmp(s->good[i].id, id) == 0) return i;
    return GOODS_NONE;
}

class_id site_class_by_id(const struct site *s, const char *id)
{
    for (class_id i = 0; i < s->classes; i++)
        if (strcmp(s->cls[i].id, id) == 0) return i;
    return ID_NONE;
}

edge_id site_edge_between(const struct site *s, node_id from, node_id to)
{
    if (from >= s->nodes) return ID_NONE;
    for (uint32_t i = s->out_start[from]; i < s->out_start[from + 1]; i++)
        if (s->edge[s->out_edge[i]].to == to) return s->out_edge[i];
    return ID_NONE;
}

mrad_t site_rest_heading(const struct site *s, node_id n)
{
    for (uint32_t i = s->in_start[n]; i < s->in_start[n + 1]; i++)
        if (!s->edge[s->in_edge[i]].ride_ms) return s->edge[s->in_edge[i]].heading;
    for (uint32_t i = s->out_start[n]; i < s->out_start[n + 1]; i++)
        if (!s->edge[s->out_edge[i]].ride_ms) return s->edge[s->out_edge[i]].heading;
    return 0;
}

ms_t trapezoid_ms(int64_t length_mm, int32_t speed_mm_s, int32_t accel_mm_s2)
{
    int64_t v = speed_mm_s, a = accel_mm_s2;
    if (length_mm <= 0) return 0;
    if (length_mm * a >= v * v) /* reaches full speed: length/v plus one half of each ramp */
        return travel_ms(length_mm, speed_mm_s) + (v * 1000 + a - 1) / a;
    int64_t square = (4 * length_mm * 1000000 + a - 1) / a, root = isqrt64(square);
    return root * root < square ? root + 1 : root;
}

ms_t site_car_travel_ms(const struct site *s, elevator_id e, level_id from, level_id to)
{
    const struct site_elevator *c = &s->elevator[e];
    int64_t rise = (int64_t)s->level[to].elevation_mm - s->level[from].elevation_mm;
    if (from == to) return 0;
    return c->start_delay_ms + trapezoid_ms(rise < 0 ? -rise : rise, c->speed_mm_s, c->accel_mm_s2);
}

static void check_graph(const struct site *s)
{
    for (edge_id i = 0; i < s->edges; i++) {
        const struct site_edge *e = &s->edge[i];
        bool ride = e->ride_ms > 0;
        assert(e->from < s->nodes && e->to < s->nodes && e->lane < s->lanes);
        assert(ride ? e->length_mm == 0 : e->length_mm > 0); /* (6) */
        assert(!ride || e->elevator != ID_NONE);
        assert(s->edge[s->lane_edge[e->lane]].lane == e->lane);
        if (e->twin == ID_NONE) {
            assert(s->lane_edge[e->lane] == i);
        } else {
            const struct site_edge *t = &s->edge[e->twin];
            assert(t->twin == i && t->lane == e->lane && t->from == e->to && t->to == e->from);
        }
    }
    assert(s->out_start[0] == 0 && s->out_start[s->nodes] == s->edges);
    assert(s->in_start[0] == 0 && s->in_start[s->nodes] == s->edges);
    for (node_id n = 0; n < s->nodes; n++) {
        for (uint32_t i = s->out_start[n]; i < s->out_start[n + 1]; i++) {
            assert(s->edge[s->out_edge[i]].from == n);
            assert(i == s->out_start[n] || s->out_edge[i - 1] < s->out_edge[i]);
        }
        for (uint32_t i = s->in_start[n]; i < s->in_start[n + 1]; i++) {
            assert(s->edge[s->in_edge[i]].to == n);
            assert(i == s->in_start[n] || s->in_edge[i - 1] < s->in_edge[i]);
        }
    }
}

static void check_lists(const struct site *s, class_id a, class_id b)
{
    for (res_id x = 0; x < res_count(s); x++) {
        struct conflict_list list = site_conflicts(s, a, x, b);
        for (uint32_t i = 0; i < list.count; i++) {
            int32_t back = -1;
            assert(list.item[i].res < res_count(s) && list.item[i].gap_ms >= 0);
            assert(i == 0 || list.item[i - 1].res < list.item[i].res);  /* (4) */
            assert(site_conflict(s, b, list.item[i].res, a, x, &back)); /* (1) */
            assert(back == list.item[i].gap_ms);
        }
        assert(site_conflict(s, a, x, b, x, NULL)); /* (2) */
    }
    for (edge_id e = 0; e < s->edges; e++) { /* (3) */
        assert(site_conflict(s, a, res_lane(s, s->edge[e].lane), b, res_node(s, s->edge[e].from), NULL));
        assert(site_conflict(s, a, res_lane(s, s->edge[e].lane), b, res_node(s, s->edge[e].to), NULL));
    }
}

/* The car a resource touches, or ID_NONE. A lane between two cars touches the one of its first edge; lint refuses
 * that map. */
static elevator_id res_car(const struct site *s, res_id x)
{
    return x < s->nodes ? s->node[x].elevator : s->edge[s->lane_edge[x - s->nodes]].elevator;
}

static void check_cars(const struct site *s, class_id a, class_id b)
{
    for (res_id x = 0; x < res_count(s); x++) {
        if (res_car(s, x) == ID_NONE) continue;
        for (res_id y = 0; y < res_count(s); y++)
            if (res_car(s, y) == res_car(s, x)) assert(site_conflict(s, a, x, b, y, NULL)); /* (5) */
    }
}

static void check_stations(const struct site *s)
{
    for (station_id i = 0; i < s->stations; i++)
        for (uint8_t k = 0; k < station_slots(&s->station[i]); k++) {
            node_id n = station_slot(&s->station[i], k);
            assert(n < s->nodes);
            assert(s->node[n].station != ID_NONE); /* (7); lint names two stations that want the same node */
        }
}

static void check_groups(const struct site *s)
{
    uint8_t met = 0;
    assert(s->groups >= 1 && s->groups <= HYGIENE_COUNT);
    for (int h = 0; h < HYGIENE_COUNT; h++) {
        assert(s->group_of[h] <= met && s->group_of[h] < s->groups); /* (8): numbered as they are met */
        if (s->group_of[h] == met) met++;
    }
    assert(met == s->groups);
}

void site_check(const struct site *s)
{
    check_graph(s);
    check_stations(s);
    if (s->classes) check_groups(s);
    for (class_id a = 0; a < s->classes; a++)
        for (class_id b = 0; b < s->classes; b++) {
            check_lists(s, a, b);
            check_cars(s, a, b);
        }
}
