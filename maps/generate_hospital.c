/* generate_hospital - what stands where in a generated hospital; hospital.h says how a street is made.
 *
 * Presets h500 and h1500 are the hospitals of the demand model. One tower (h500), from west to east:
 *
 *   wards  [ward A .. 25 m] [clean, shared elevators] [ward B] [dirty elevator]     levels 3 and up
 *   2      [theatres, ICU]  [clean, shared elevators] [CSSD]   [dirty elevator]     level 1: ED; pharmacy, lab
 *   B1     [kitchen, stores, linen] [clean, shared elevators] [park, washers] [dirty elevator] [linen, waste, dishes]
 *          ------ unsoiled loads only ----------------------- everybody ---- -- soiled loads only -----------------
 *
 * Two towers (h1500), W mirrored to E about a middle with the clean stores, B2:
 *
 *   [W dirty][W park][W clean elevators] [kitchen, stores, linen, S1] [E clean elevators][E park][E dirty]   y = 0
 *   +------------------ used linen, waste, kitchen's dish room --------------------------------------+    y = -24 m
 *
 * The tunnel at y = -24 m is for soiled loads only, and joins the dirty elevators. Waste does not pass to linen, the
 * dish room, theatres, CSSD, pharmacy or laboratory. A robot that carried something soiled counts as soiled until it
 * was washed; the park lets it through, with washers between the soiled and the unsoiled side.
 *
 * Stations: kitchen (some places at the serving side, two at the dish room: a robot under a soiled load reaches only
 * these), laundry_clean, laundry_dirty, waste_store, central_store, ed, pharmacy, lab, cssd, or (h1500: or1 on level 2,
 * or2 on level 3), ICU1 .., and wards: W3A W3B W4A .. (h1500: E4A E4B W4A W4B .. W12B). Places per station as in the
 * demand model for 500 beds, more for more.
 *
 * Why so many: parking places and chargers for every robot and 20 % more, one charger to two heavy robots (67 kWh a day
 * at 3 kW are 22 h) and one to each cabinet robot (6.5 h a day each at 0.22 kW). Washers: of 236 soiled carts a day in
 * 500 beds about 27 come in the busiest hour; robots keep to soiled loads for two or three in a row, so about 12 washes
 * of 330 s: one washer always busy. Three, so that a wash is not waited for and one may fail; one more at the CSSD.
 *
 * Elevators: from where the next robot waits (W1) into the car is 2.0 m, a right turn and 2.5 m at 0.6 m/s: 14.5 s for
 * the heavy robot; straight out to X is 4.45 m: 9 s. Together 23.5 s, as 12 s in and 12 s out in the demand model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "hospital.h"
#include "import.h"

#define STOREY_MM 4200
#define CAR_PITCH_MM 6200
#define WARD_MM 25000   /* from the elevators to the places of a ward */
#define BESIDE_MM 2400  /* from the way out of an elevator to the next column */
#define TUNNEL_MM 24000 /* between the two streets of B2 */
#define MIDDLE_MM 36000 /* half the distance between the towers */
#define WARD_SPEED 800

struct layout { /* where things stand on every level */
    struct hospital h;
    mm_t clean_first, clean_last; /* elevators for unsoiled loads: first of tower W, last of tower E or the only one */
    mm_t dirty_last;
    mm_t middle, middle_west; /* first place of a ward between clean and dirty elevators, per tower */
    mm_t west, east;          /* two towers: ends of the streets on the lowest level */
    mm_t split[4];            /* where fire compartments end */
    int splits;
    struct street street; /* the one being laid out */
    bool apart;           /* soiled and unsoiled loads have ways of their own */
    uint16_t bays;        /* parking places and chargers wanted, all parks together */
    uint8_t kitchen, laundry_clean, laundry_dirty, waste, central;
};

bool hospital_preset(const char *name, struct hospital_options *out)
{
    static const struct {
        const char *name;
        struct hospital_options o;
    } preset[] = {
        { "h500",
          { .beds = 500,
            .floors = 6,
            .towers = 1,
            .heavy = 14,
            .cabinet = 5,
            .width_mm = 3600,
            .elevators = "L1:clean,L3:shared,L2:dirty" } },
        { "h1500",
          { .beds = 1500,
            .floors = 9,
            .towers = 2,
            .heavy = 45,
            .cabinet = 14,
            .width_mm = 3600,
            .elevators = "E1:clean,E2:clean,E3:dirty,W1:clean,W2:clean,W3:dirty,S1:shared" } },
    };
    for (size_t i = 0; i < COUNT_OF(preset); i++)
        if (strcmp(preset[i].name, name) == 0) {
            *out = preset[i].o;
            text_copy(out->id, sizeof out->id, name);
            return true;
        }
    return false;
}

uint8_t hospital_station(struct hospital *h, const char *id, const char *zh, const char *en, enum station_kind kind,
                         ms_t answer_ms)
{
    if (h->stations == HOSPITAL_STATIONS_MAX) {
        if (!h->err) h->err = ORD_EFULL;
        return 0;
    }
    struct site_station *v = &h->station[h->stations];
    *v = (struct site_station){ .kind = kind, .answer_ms = answer_ms };
    text_copy(v->id, sizeof v->id, id);
    text_copy(v->name.zh, sizeof v->name.zh, zh);
    text_copy(v->name.en, sizeof v->name.en, en);
    return (uint8_t)h->stations++;
}

/* ---- where the elevators are ---- */

static bool dirty(const struct hospital_car *k) { return k->role == CAR_DIRTY; }

/* Elevators of one tower that are dirty, or are not, side by side from x on; returns the x after the last. */
static mm_t place_cars(struct hospital *h, char tower, bool of_dirty, mm_t x)
{
    for (uint16_t i = 0; i < h->cars; i++) {
        if (h->car[i].tower != tower || dirty(&h->car[i]) != of_dirty) continue;
        h->car[i].x_mm = x;
        x += CAR_PITCH_MM;
    }
    return x;
}

static int count_cars(const struct hospital *h, char tower, bool of_dirty)
{
    int n = 0;
    for (uint16_t i = 0; i < h->cars; i++) n += h->car[i].tower == tower && dirty(&h->car[i]) == of_dirty;
    return n;
}

static int park_columns(const struct layout *l) { return (l->bays / l->h.o.towers + 1) / 2; }
static int park_washers(const struct layout *l) { return l->h.o.beds / (180 * l->h.o.towers) + 1; }

/* From the first bay to the last washer. */
static mm_t park_mm(const struct layout *l)
{
    return (park_columns(l) - 1) * BAY_PITCH_MM + park_washers(l) * PITCH_MM;
}

/* The way in to the first elevator beyond the park; the levels above need room for four places there. */
static mm_t beyond_park(const struct layout *l, mm_t last)
{
    mm_t room = BESIDE_MM + park_mm(l) + PITCH_MM, least = 18000;
    return last + (room > least ? room : least);
}

/* Where a ward of two columns lies between two elevators' columns. */
static mm_t between(mm_t a, mm_t b) { return (a + b - PITCH_MM) / 2; }

static void place_one(struct layout *l)
{
    struct hospital *h = &l->h;
    l->clean_last = place_cars(h, 0, false, 0) - CAR_PITCH_MM;
    mm_t first = beyond_park(l, l->clean_last);
    mm_t next = place_cars(h, 0, true, first + IN_MM);
    l->dirty_last = count_cars(h, 0, true) ? next - CAR_PITCH_MM : first;
    l->middle = between(l->clean_last, first);
    l->split[l->splits++] = l->clean_last + BESIDE_MM / 2;
    l->apart = count_cars(h, 0, true) > 0;
}

static void place_two(struct layout *l)
{
    struct hospital *h = &l->h;
    l->clean_last = place_cars(h, 'E', false, MIDDLE_MM + IN_MM) - CAR_PITCH_MM;
    mm_t first = beyond_park(l, l->clean_last);
    l->dirty_last = place_cars(h, 'E', true, first + IN_MM) - CAR_PITCH_MM;
    l->clean_first = -MIDDLE_MM - (count_cars(h, 'W', false) - 1) * CAR_PITCH_MM;
    place_cars(h, 'W', false, l->clean_first);
    mm_t inner = l->clean_first - IN_MM - beyond_park(l, 0); /* the way out of the last one */
    mm_t outer = inner - (count_cars(h, 'W', true) - 1) * CAR_PITCH_MM;
    place_cars(h, 'W', true, outer);
    place_cars(h, 0, false, -2000);
    place_cars(h, 0, true, -2000 + CAR_PITCH_MM);
    l->middle = between(l->clean_last, first);
    l->middle_west = between(inner, l->clean_first - IN_MM);
    l->split[l->splits++] = l->clean_first - IN_MM - BESIDE_MM / 2;
    l->split[l->splits++] = 0;
    l->split[l->splits++] = l->clean_last + BESIDE_MM / 2;
    l->west = outer - IN_MM - 2 * PITCH_MM;
    l->east = l->dirty_last + 2 * PITCH_MM;
    l->apart = true;
}

static void place_all_cars(struct layout *l)
{
    if (l->h.o.towers == 2) place_two(l);
    else place_one(l);
}

/* ---- laying out a street ---- */

static void begin(struct layout *l, level_id level, const char *mark, mm_t y_mm, int32_t speed, bool quiet)
{
    l->street = (struct street){ .level = level, .y_mm = y_mm, .speed_mm_s = speed, .quiet = quiet };
    text_copy(l->street.mark, sizeof l->street.mark, mark);
}

static void column(struct layout *l, mm_t x, struct spur north, struct spur south, uint8_t link)
{
    street_column(&l->h, &l->street, (struct column){ x, north, south, NO_CAR, NO_CAR, link, 0, 0, 0 });
}

static void columns(struct layout *l, mm_t x, int n, struct spur north, struct spur south)
{
    for (int i = 0; i < n; i++) column(l, x + i * PITCH_MM, north, south, LINK_BOTH);
}

static const struct spur nothing = { SPUR_NONE, 0, 0 }, hold = { SPUR_HOLD, 0, 0 };
static struct spur slot(uint8_t station, hygiene_set barred) { return (struct spur){ SPUR_SLOT, station, barred }; }

static void cars(struct layout *l, char tower)
{
    for (uint16_t i = 0; i < l->h.cars; i++)
        if (l->h.car[i].tower == tower) street_car(&l->h, &l->street, (uint8_t)i);
}

static level_id level(struct layout *l, const char *id, const char *zh, const char *en, mm_t elevation)
{
    struct site_level v = { .elevation_mm = elevation };
    text_copy(v.id, sizeof v.id, id);
    text_copy(v.name.zh, sizeof v.name.zh, zh);
    text_copy(v.name.en, sizeof v.name.en, en);
    level_id at = l->h.d.s->levels;
    if (!l->h.err) l->h.err = draft_level(&l->h.d, &v);
    return at;
}

static void zone(struct layout *l, level_id at, enum zone_kind kind, const char *id, const char *zh, const char *en,
                 mm_t x0, mm_t x1, bool emergency)
{
    mm_t y0 = l->street.y_mm - l->h.lane_mm - WALL_MM - 3400, half = l->h.lane_mm;
    mm_t y1 = l->street.y_mm + half + 2 * EXIT_MM + FRONT_DOOR_MM + CABIN_DEPTH_MM + 300;
    struct site_zone z = { .kind = kind,
                           .level = at,
                           .corners = 4,
                           .x_mm = { x0, x1, x1, x0 },
                           .y_mm = { y0, y0, y1, y1 },
                           .emergency_power = emergency };
    text_copy(z.id, sizeof z.id, id);
    text_copy(z.name.zh, sizeof z.name.zh, zh);
    text_copy(z.name.en, sizeof z.name.en, en);
    if (!l->h.err) l->h.err = draft_zone(&l->h.d, &z);
}

/* Fire compartments: from split to split along the street as it was laid out. */
static void fire_zones(struct layout *l)
{
    const struct street *t = &l->street;
    const struct site_level *v = &l->h.d.s->level[t->level];
    mm_t from = t->column[0].x_mm - 2 * PITCH_MM, end = t->column[t->columns - 1].x_mm + 2 * PITCH_MM;
    char letter = 'A', id[SITE_ID_MAX], zh[SITE_NAME_MAX], en[SITE_NAME_MAX];
    for (int i = 0; i <= l->splits; i++) {
        mm_t to = i < l->splits ? l->split[i] : end;
        if (to <= from) continue;
        if (to > end) to = end;
        snprintf(id, sizeof id, "fire-%.8s%s-%c", v->id, t->mark, letter);
        snprintf(zh, sizeof zh, "%.20s防火分区 %s%c", v->name.zh, t->mark, letter);
        snprintf(en, sizeof en, "%.20s, fire compartment %s%c", v->name.en, t->mark, letter);
        zone(l, t->level, ZONE_FIRE, id, zh, en, from, to, false);
        letter++;
        from = to;
        if (to == end) break;
    }
}

/* A unit: two places to the north, two holding bays to the south, and a zone around its rooms. */
static void unit(struct layout *l, const char *id, const char *zh, const char *en, mm_t x, mm_t x0, mm_t x1,
                 bool emergency)
{
    char name[SITE_ID_MAX];
    uint8_t s = hospital_station(&l->h, id, zh, en, STATION_WARD, 90 * MS_SECOND);
    columns(l, x, 2, slot(s, 0), hold);
    snprintf(name, sizeof name, "ward-%.20s", id);
    zone(l, l->street.level, ZONE_WARD, name, zh, en, x0, x1, emergency);
}

static void finish(struct layout *l)
{
    street_build(&l->h, &l->street);
    if (!l->h.err) fire_zones(l);
}

static void label(struct layout *l, mm_t x, mm_t y, const char *zh, const char *en)
{
    struct site_label v = { .level = l->street.level, .x_mm = x, .y_mm = y };
    text_copy(v.text.zh, sizeof v.text.zh, zh);
    text_copy(v.text.en, sizeof v.text.en, en);
    if (!l->h.err) l->h.err = draft_label(&l->h.d, &v);
}

/* ---- the lowest level ---- */

/* Chargers on the north side, parking places on the south side, then washers with a bay each to wait in; away from x in
 * the direction `way`. */
static void park(struct layout *l, mm_t x, int way)
{
    const struct hospital_options *o = &l->h.o;
    int n = park_columns(l), washers = park_washers(l);
    int chargers = (o->heavy / 2 + o->cabinet + o->towers - 1) / o->towers;
    const struct spur charger = { SPUR_CHARGER, 0, 0 }, bay = { SPUR_PARK, 0, 0 }, wash = { SPUR_WASHER, 0, 0 };
    label(l, x + way * n * BAY_PITCH_MM / 2, -l->h.lane_mm - WALL_MM - 2650, "机器人停放充电区", "Robot park");
    for (int i = 0; i < n; i++, x += way * BAY_PITCH_MM)
        column(l, x, i < chargers ? charger : bay, i + n < chargers ? charger : bay,
               i % 4 == 0 || i == n - 1 ? LINK_BOTH : 0);
    x += way * (PITCH_MM - BAY_PITCH_MM);
    label(l, x + way * (washers - 1) * PITCH_MM / 2, -l->h.lane_mm - WALL_MM - 2650, "清洗消毒", "Disinfection");
    for (int i = 0; i < washers; i++, x += way * PITCH_MM) column(l, x, hold, wash, LINK_BOTH);
}

/* Lane edges west of `unsoiled_to` are for unsoiled loads, those east of `soiled_from` for soiled ones, or, with both
 * ends of the building soiled, outside the parks. */
static void keep_apart(struct layout *l, mm_t from, mm_t to, hygiene_set barred)
{
    if (l->apart) street_bar(&l->h, &l->street, from, to, barred);
}

static void base_stations(struct layout *l)
{
    struct hospital *h = &l->h;
    l->kitchen = hospital_station(h, "kitchen", "营养食堂", "Kitchen", STATION_KITCHEN, 75 * MS_SECOND);
    l->laundry_clean =
        hospital_station(h, "laundry_clean", "洁净被服库", "Clean linen", STATION_LAUNDRY, 90 * MS_SECOND);
    l->laundry_dirty = hospital_station(h, "laundry_dirty", "污衣收集", "Used linen", STATION_LAUNDRY, 60 * MS_SECOND);
    l->waste = hospital_station(h, "waste_store", "医废暂存处", "Waste store", STATION_WASTE, 60 * MS_SECOND);
    l->central = hospital_station(h, "central_store", "中心库房", "Central store", STATION_STORE, 120 * MS_SECOND);
}

#define FAR_MM 10000000
static const hygiene_set dish_room = BAR_UNSOILED | BAR_WASTE;

/* One tower: everything on one street. */
static void base_one(struct layout *l)
{
    mm_t bays = l->clean_last + BESIDE_MM, soiled = l->dirty_last + 8000;
    begin(l, level(l, "B1", "地下一层", "Basement 1", -STOREY_MM), "", 0, 0, false);
    l->street.long_queue = true;
    cars(l, 0);
    park(l, bays, 1);
    base_stations(l);
    columns(l, -18200, 3, slot(l->central, BAR_SOILED), slot(l->kitchen, BAR_SOILED));
    columns(l, -11600, 1, nothing, slot(l->kitchen, BAR_SOILED));
    columns(l, -34200, 3, slot(l->laundry_clean, BAR_SOILED), hold);
    columns(l, soiled, 2, slot(l->laundry_dirty, dish_room), slot(l->kitchen, dish_room));
    columns(l, soiled + 2 * PITCH_MM, 1, slot(l->laundry_dirty, dish_room), nothing);
    columns(l, soiled + 14000, 2, slot(l->waste, BAR_UNSOILED), hold);
    keep_apart(l, -FAR_MM, bays - 2, BAR_SOILED);
    keep_apart(l, bays + park_mm(l) + 2, FAR_MM, BAR_UNSOILED);
    finish(l);
}

/* One way down and one way up between the two streets of B2, beside each other. */
static void join(struct layout *l, const struct street *above, const struct street *below, mm_t x, bool down)
{
    const struct column *a = NULL, *b = NULL;
    for (uint16_t i = 0; i < above->columns; i++)
        if (above->column[i].x_mm == x) a = &above->column[i];
    for (uint16_t i = 0; i < below->columns; i++)
        if (below->column[i].x_mm == x) b = &below->column[i];
    if (l->h.err || !a || !b) return; /* passages() made a column of both streets at x */
    mm_t top = above->y_mm - l->h.lane_mm, bottom = below->y_mm + l->h.lane_mm;
    node_id last = down ? a->s : b->n, end = down ? b->n : a->s;
    for (int i = 1; i <= 2; i++) {
        mm_t y = down ? top - (top - bottom) * i / 3 : bottom + (top - bottom) * i / 3;
        node_id n = hospital_node(&l->h, above->level, x, y, 0, "%s-%c%d-%d", down ? "down" : "up", x < 0 ? 'W' : 'E',
                                  i, above->level);
        hospital_edge(&l->h, above, last, n, false, 0, BAR_UNSOILED);
        last = n;
    }
    hospital_edge(&l->h, above, last, end, false, 0, BAR_UNSOILED);
}

static void passages(struct layout *l, uint8_t side)
{
    const mm_t x[4] = { l->west, l->west + PITCH_MM, l->east - PITCH_MM, l->east };
    for (int i = 0; i < 4; i++)
        street_column(&l->h, &l->street,
                      (struct column){ .x_mm = x[i], .in = NO_CAR, .out = NO_CAR, .link = LINK_BOTH, .passage = side });
}

/* Two towers: a street for everybody, with the parks at its ends, and the tunnel for soiled loads. */
static void base_two(struct layout *l)
{
    level_id at = level(l, "B2", "地下二层", "Basement 2", -2 * STOREY_MM);
    mm_t east = l->clean_last + BESIDE_MM, west = l->clean_first - IN_MM - BESIDE_MM;
    begin(l, at, "", 0, 0, false);
    l->street.long_queue = true;
    cars(l, 'E');
    cars(l, 'W');
    cars(l, 0);
    park(l, west, -1);
    park(l, east, 1);
    base_stations(l);
    columns(l, 6000, 6, slot(l->central, BAR_SOILED), slot(l->kitchen, BAR_SOILED));
    columns(l, -26000, 6, slot(l->laundry_clean, BAR_SOILED), hold);
    passages(l, LINK_SOUTH);
    keep_apart(l, west + 2, east - 2, BAR_SOILED);
    keep_apart(l, -FAR_MM, west - park_mm(l) - 2, BAR_UNSOILED);
    keep_apart(l, east + park_mm(l) + 2, FAR_MM, BAR_UNSOILED);
    finish(l);
    struct street above = l->street;
    begin(l, at, "t", -TUNNEL_MM, 0, false);
    columns(l, -20000, 6, slot(l->laundry_dirty, dish_room), nothing);
    columns(l, 6000, 2, slot(l->kitchen, dish_room), nothing);
    columns(l, -4000, 4, nothing, slot(l->waste, BAR_UNSOILED));
    columns(l, 14000, 4, nothing, hold);
    passages(l, LINK_NORTH);
    keep_apart(l, -FAR_MM, FAR_MM, BAR_UNSOILED);
    finish(l);
    join(l, &above, &l->street, l->west, true);
    join(l, &above, &l->street, l->west + PITCH_MM, false);
    join(l, &above, &l->street, l->east - PITCH_MM, true);
    join(l, &above, &l->street, l->east, false);
}

/* ---- the levels between ---- */

static void podium(struct layout *l, int number)
{
    char id[8], zh[SITE_NAME_MAX], en[SITE_NAME_MAX];
    snprintf(id, sizeof id, "%d", number);
    snprintf(zh, sizeof zh, "%d 层", number);
    snprintf(en, sizeof en, "Level %d", number);
    begin(l, level(l, id, zh, en, (number - 1) * STOREY_MM), "", 0, 1000, false);
    l->street.long_queue = true;
    cars(l, 0);
    if (l->h.o.towers == 2) cars(l, 'E'), cars(l, 'W');
}

static void level_one(struct layout *l)
{
    struct hospital *h = &l->h;
    bool large = h->o.towers == 2;
    podium(l, 1);
    uint8_t ed = hospital_station(h, "ed", "急诊科", "Emergency department", STATION_EMERGENCY, 90 * MS_SECOND);
    uint8_t pharmacy = hospital_station(h, "pharmacy", "药房", "Pharmacy", STATION_PHARMACY, 90 * MS_SECOND);
    uint8_t lab = hospital_station(h, "lab", "检验科", "Laboratory", STATION_LAB, 30 * MS_SECOND);
    columns(l, -29000, large ? 4 : 2, slot(ed, 0), hold);
    columns(l, large ? 8000 : l->middle, large ? 4 : 2, slot(pharmacy, BAR_SOILED), slot(lab, BAR_SOILED));
    finish(l);
}

/* Theatres, with sterile supply and a washer for whoever brought used instruments there. */
static void level_theatres(struct layout *l)
{
    struct hospital *h = &l->h;
    bool large = h->o.towers == 2;
    const struct spur wash = { SPUR_WASHER, 0, 0 };
    int washers = large ? 2 : 1, cssd_slots = large ? 8 : 4;
    mm_t x = large ? 8000 : l->middle - 2 * PITCH_MM;
    podium(l, 2);
    uint8_t or_ = hospital_station(h, large ? "or1" : "or", large ? "手术室一区" : "手术室",
                                   large ? "Theatres 1" : "Theatres", STATION_THEATRE, 60 * MS_SECOND);
    uint8_t cssd = hospital_station(h, "cssd", "消毒供应中心", "Sterile supply", STATION_CSSD, 60 * MS_SECOND);
    columns(l, large ? -31000 : -29000, large ? 6 : 4, slot(or_, BAR_WASTE), hold);
    for (int i = 0; i < cssd_slots; i++)
        column(l, x + i * PITCH_MM, slot(cssd, BAR_WASTE), i < washers ? wash : hold, LINK_BOTH);
    zone(l, l->street.level, ZONE_WARD, "ward-or", "手术部", "Theatres", -33000, large ? -18000 : -20500, true);
    if (large) unit(l, "ICU1", "重症监护室 1", "Intensive care 1", -14000, -15500, -9500, true);
    else unit(l, "ICU1", "重症监护室", "Intensive care", -43000, -46000, -38000, true);
    finish(l);
}

static void level_theatres_two(struct layout *l)
{
    podium(l, 3);
    uint8_t or_ = hospital_station(&l->h, "or2", "手术室二区", "Theatres 2", STATION_THEATRE, 60 * MS_SECOND);
    columns(l, -31000, 6, slot(or_, BAR_WASTE), hold);
    zone(l, l->street.level, ZONE_WARD, "ward-or2", "手术部二区", "Theatres 2", -33000, -18000, true);
    unit(l, "ICU2", "重症监护室 2", "Intensive care 2", -14000, -15500, -9500, true);
    unit(l, "ICU3", "重症监护室 3", "Intensive care 3", 8000, 4000, 14000, true);
    finish(l);
}

/* ---- wards ---- */

static void ward(struct layout *l, int number, char tower, char letter, mm_t x, mm_t x0, mm_t x1)
{
    char id[16], zh[SITE_NAME_MAX], en[SITE_NAME_MAX];
    snprintf(id, sizeof id, "%c%d%c", tower ? tower : 'W', number, letter);
    snprintf(zh, sizeof zh, "%s%d%c 病区", tower == 'E' ? "东 " : tower ? "西 " : "", number, letter);
    snprintf(en, sizeof en, "Ward %s%d%c", tower == 'E' ? "E" : tower ? "W" : "", number, letter);
    unit(l, id, zh, en, x, x0, x1, false);
}

static void ward_level(struct layout *l, level_id at, int number)
{
    if (l->h.o.towers == 1) {
        begin(l, at, "", 0, WARD_SPEED, true);
        cars(l, 0);
        ward(l, number, 0, 'A', -IN_MM - WARD_MM, -IN_MM - WARD_MM - 4000, -IN_MM - 2 * PITCH_MM);
        ward(l, number, 0, 'B', l->middle, l->split[0] + 500, l->middle + 8000);
        finish(l);
        return;
    }
    begin(l, at, "E", 0, WARD_SPEED, true);
    cars(l, 'E');
    ward(l, number, 'E', 'A', MIDDLE_MM - WARD_MM, MIDDLE_MM - WARD_MM - 4000, MIDDLE_MM - 2 * PITCH_MM);
    ward(l, number, 'E', 'B', l->middle, l->clean_last + 2000, l->middle + 8000);
    finish(l);
    begin(l, at, "W", 0, WARD_SPEED, true);
    cars(l, 'W');
    ward(l, number, 'W', 'A', -MIDDLE_MM + WARD_MM - PITCH_MM, -MIDDLE_MM + 2 * PITCH_MM, -MIDDLE_MM + WARD_MM + 4000);
    ward(l, number, 'W', 'B', l->middle_west, l->middle_west - 6000, l->clean_first - IN_MM - 2000);
    finish(l);
}

/* ---- all of it ---- */

static void levels(struct layout *l)
{
    int towers = l->h.o.towers, first = towers == 2 ? 4 : 3;
    if (towers == 2) base_two(l);
    else base_one(l);
    level_one(l);
    level_theatres(l);
    if (towers == 2) level_theatres_two(l);
    for (int n = first; n < first + l->h.o.floors; n++) {
        char id[8], zh[SITE_NAME_MAX], en[SITE_NAME_MAX];
        snprintf(id, sizeof id, "%d", n);
        snprintf(zh, sizeof zh, "%d 层", n);
        snprintf(en, sizeof en, "Level %d", n);
        ward_level(l, level(l, id, zh, en, (n - 1) * STOREY_MM), n);
    }
    for (uint16_t i = 0; i < l->h.stations && !l->h.err; i++) l->h.err = draft_station(&l->h.d, &l->h.station[i]);
    hospital_goods(&l->h);
    hospital_calendar(&l->h);
    hospital_elevators(&l->h);
}

static int judge(const struct hospital_options *o, struct err_note *note)
{
    static const char where[] = "orderly map generate";
    if (o->towers < 1 || o->towers > 2)
        return err_at(note, ORD_ERANGE, where, "--towers must be 1 or 2, not %d", o->towers);
    if (o->floors < 1 || o->floors > 30)
        return err_at(note, ORD_ERANGE, where, "--levels (with wards) must be 1 to 30, not %d", o->floors);
    if (o->beds < 50 || o->beds > 4000)
        return err_at(note, ORD_ERANGE, where, "--beds must be 50 to 4000, not %d", o->beds);
    if (o->width_mm < 3600 || o->width_mm > 8000)
        return err_at(note, ORD_ERANGE, where,
                      "--width must be 3.6 to 8 m, not %.2f: two lanes of robots that turn on the spot need 3.6 m",
                      o->width_mm / 1000.0);
    if (o->heavy + o->cabinet < 1 || o->heavy + o->cabinet > 200)
        return err_at(note, ORD_ERANGE, where, "room for %d robots was asked for; 1 to 200 are possible",
                      o->heavy + o->cabinet);
    return ORD_OK;
}

static void names(struct layout *l)
{
    struct site *s = l->h.d.s;
    text_copy(s->id, SITE_ID_MAX, l->h.o.id[0] ? l->h.o.id : "hospital");
    snprintf(s->name.zh, SITE_NAME_MAX, "%d 床医院", l->h.o.beds);
    snprintf(s->name.en, SITE_NAME_MAX, "Hospital with %d beds", l->h.o.beds);
}

static void tell(struct layout *l)
{
    struct import_report *r = l->h.r;
    import_say(r, IMPORT_KEPT, "床位 %d，病区楼层 %d，塔楼 %d，电梯 %d 部，站点 %d 个",
               "%d beds, %d levels with wards, %d towers, %d elevators, %d stations", l->h.o.beds, l->h.o.floors,
               l->h.o.towers, l->h.cars, l->h.stations);
    import_say(r, IMPORT_KEPT, "充电位 %d 个，停车位 %d 个，避让位 %d 个，清洗位 %d 个",
               "%d chargers, %d parking places, %d holding bays, %d washers", l->h.chargers, l->h.parks, l->h.holds,
               l->h.washers);
}

int generate_hospital(const struct hospital_options *o, struct site **out, struct import_report *r,
                      struct err_note *note)
{
    struct layout *l = calloc(1, sizeof *l);
    *out = NULL;
    *r = (struct import_report){ 0 };
    if (!l) return err_at(note, ORD_EMEMORY, "orderly map generate", "%s", err_en(ORD_EMEMORY));
    l->h.o = *o;
    l->h.r = r;
    l->h.lane_mm = o->width_mm / 2 - WALL_MM;
    l->bays = (uint16_t)((6 * (o->heavy + o->cabinet) + 4) / 5); /* 20 % spare */
    int err = judge(o, note);
    if (!err) err = hospital_read_cars(&l->h, note);
    if (!err && (err = draft_open(&l->h.d, "hospital"))) err_at(note, err, "orderly map generate", "%s", err_en(err));
    if (!err) {
        place_all_cars(l);
        names(l);
        levels(l);
        err = l->h.err;
        if (err) err_at(note, err, "orderly map generate", "the hospital is too large: %s", err_en(err));
    }
    if (!err) {
        r->waypoints = l->h.d.s->nodes;
        tell(l);
        err = draft_finish(&l->h.d, out, note);
    }
    draft_close(&l->h.d);
    free(l);
    if (!err) r->lanes = (*out)->edges;
    for (edge_id e = 0; !err && e < (*out)->edges; e++) r->length_m += (*out)->edge[e].length_mm / 1000.0;
    return err;
}
