/* hospital_data - what generated hospitals have in common that is not floor: goods, hours, elevators. Numbers are those
 * of the demand model the hospitals come from (a 500-bed and a 1,500-bed hospital). */
#include "hospital.h"

#include <string.h>

#include "common/text.h"

/* Masses include the carrier and stay below 500 kg (carts) and 20 kg for four totes. Limits are from request to
 * arrival; carts of a round are due when its window ends, and so have none. */
static const struct {
    const char *id, *zh, *en, *carrier;
    enum hygiene hygiene;
    int kg, priority, due_min, ride_max_min;
    bool dangerous, locked;
} goods[] = {
    { "meal", "餐食", "Meals", "meal_cart", HYGIENE_FOOD, 150, 2, 0, 60, false, false },
    { "meal_return", "餐具回收", "Trays back", "meal_cart", HYGIENE_DIRTY, 120, 4, 120, 0, false, false },
    { "linen_clean", "洁净被服", "Clean linen", "linen_cart", HYGIENE_CLEAN, 180, 4, 0, 0, false, false },
    { "linen_dirty", "脏污被服", "Used linen", "linen_cart", HYGIENE_DIRTY, 200, 4, 0, 0, false, false },
    { "waste_medical", "医疗废物", "Medical waste", "waste_bin", HYGIENE_WASTE, 90, 3, 120, 0, false, true },
    { "waste_general", "生活垃圾", "General waste", "waste_bin", HYGIENE_DIRTY, 110, 5, 0, 0, false, false },
    { "supply_cart", "物资车", "Supply cart", "supply_cart", HYGIENE_CLEAN, 200, 4, 0, 0, false, false },
    { "iv_fluids", "大输液", "Infusions", "supply_cart", HYGIENE_DRUG, 220, 3, 0, 0, false, true },
    { "housekeeping", "保洁用品", "Housekeeping", "supply_cart", HYGIENE_CLEAN, 150, 5, 0, 0, false, false },
    { "ed_supply", "急诊物资", "Emergency department supplies", "supply_cart", HYGIENE_CLEAN, 160, 3, 0, 0, false,
      false },
    { "case_sterile", "无菌器械车", "Sterile case cart", "case_cart", HYGIENE_STERILE, 140, 2, 0, 0, false, true },
    { "case_used", "污染器械车", "Used case cart", "case_cart", HYGIENE_DIRTY, 140, 4, 60, 0, false, false },
    { "supply", "临时申领", "Supplies on demand", "tote", HYGIENE_CLEAN, 5, 3, 60, 0, false, false },
    { "documents", "文书杂件", "Mail and documents", "tote", HYGIENE_CLEAN, 2, 5, 0, 0, false, false },
    { "emergency", "紧急物资", "Emergency supplies", "tote", HYGIENE_CLEAN, 5, 0, 15, 0, false, false },
    { "drug", "药品批次", "Drugs, batch", "tote", HYGIENE_DRUG, 5, 2, 0, 0, false, true },
    { "drug_stat", "急药", "Drugs, urgent", "tote", HYGIENE_DRUG, 3, 1, 20, 0, false, true },
    { "drug_cold", "冷链药品", "Drugs, cold chain", "tote", HYGIENE_DRUG, 5, 1, 30, 20, false, true },
    { "flammable", "易燃试剂", "Flammable reagents", "tote", HYGIENE_DRUG, 5, 3, 120, 0, true, true },
    { "specimen", "标本批次", "Specimens, batch", "tote", HYGIENE_SPECIMEN, 3, 2, 40, 0, false, true },
    { "specimen_stat", "急标本", "Specimens, urgent", "tote", HYGIENE_SPECIMEN, 2, 1, 15, 0, false, true },
};

void hospital_goods(struct hospital *h)
{
    for (size_t i = 0; i < COUNT_OF(goods) && !h->err; i++) {
        struct site_goods g = { .hygiene = goods[i].hygiene,
                                .mass_g = goods[i].kg * 1000,
                                .priority = (uint8_t)goods[i].priority,
                                .due_ms = goods[i].due_min * MS_MINUTE,
                                .ride_max_ms = goods[i].ride_max_min * MS_MINUTE,
                                .dangerous = goods[i].dangerous,
                                .locked = goods[i].locked };
        text_copy(g.id, sizeof g.id, goods[i].id);
        text_copy(g.name.zh, sizeof g.name.zh, goods[i].zh);
        text_copy(g.name.en, sizeof g.name.en, goods[i].en);
        text_copy(g.carrier, sizeof g.carrier, goods[i].carrier);
        h->err = draft_goods(&h->d, &g);
    }
}

/* China's time; night rest 22-06 h; a common day of tariffs; the public holidays of 2026 that are set by law. */
void hospital_calendar(struct hospital *h)
{
    enum { MIN = 60 };
    static const int32_t holidays[] = { 20454, 20500, 20501, 20502, 20503, 20548, 20574,
                                        20575, 20623, 20721, 20727, 20728, 20729 };
    struct site_calendar *c = &h->d.s->calendar;
    *c = (struct site_calendar){ .utc_offset_min = 8 * MIN,
                                 .quiet = { 22 * MIN, 6 * MIN, DAYS_ALL },
                                 .tariffs = 3,
                                 .tariff = { { { 8 * MIN, 11 * MIN, DAYS_ALL }, TARIFF_PEAK },
                                             { { 18 * MIN, 22 * MIN, DAYS_ALL }, TARIFF_PEAK },
                                             { { 23 * MIN, 7 * MIN, DAYS_ALL }, TARIFF_VALLEY } },
                                 .holidays = COUNT_OF(holidays) };
    memcpy(c->holiday, holidays, sizeof holidays);
}

/* ---- elevators ---- */

static const char *const role_word[CAR_ROLE_COUNT] = { "clean", "dirty", "shared", "mixed" };

/* Bed elevators: 1.73 x 2.74 m, door 1.22 m, 1.75 m/s, 0.8 m/s2, doors 2.5 and 4.5 s, 1.5 s from doors closed to
 * moving. A mixed one carries soiled loads eight times a day and otherwise the others, ten minutes apart (hygiene
 * rules). */
static struct site_elevator elevator_of(const struct hospital *h, uint8_t car)
{
    enum { MIN = 60 };
    static const char *const zh[CAR_ROLE_COUNT] = { "洁梯", "污物梯", "医患共用梯", "洁污分时梯" },
                             *const en[CAR_ROLE_COUNT] = { "Clean elevator", "Dirty elevator", "Shared elevator",
                                                           "Elevator clean/dirty by hours" };
    const struct hospital_car *k = &h->car[car];
    struct site_elevator v = { .x_mm = k->x_mm,
                               .width_mm = CABIN_WIDTH_MM,
                               .depth_mm = CABIN_DEPTH_MM,
                               .door_width_mm = 1220,
                               .speed_mm_s = 1750,
                               .accel_mm_s2 = 800,
                               .door_open_ms = 2500,
                               .door_close_ms = 4500,
                               .start_delay_ms = 1500,
                               .barred = car_barred(k->role),
                               .people = k->role == CAR_SHARED,
                               .emergency_power = k->emergency_power,
                               .inspected_until_utc_s = 1830268800 }; /* the end of 2027, local time */
    v.y_mm = h->lane_mm + 2 * EXIT_MM + FRONT_DOOR_MM + CABIN_DEPTH_MM / 2;
    if (k->role == CAR_MIXED) {
        /* Between the meal waves, around waste rounds and used linen; short, because what is urgent waits meanwhile. */
        static const uint16_t soiled[][2] = { { 8 * MIN + 15, 8 * MIN + 45 },   { 9 * MIN + 30, 10 * MIN + 10 },
                                              { 12 * MIN + 10, 12 * MIN + 45 }, { 13 * MIN + 30, 14 * MIN },
                                              { 15 * MIN + 10, 15 * MIN + 45 }, { 18 * MIN + 10, 18 * MIN + 45 },
                                              { 19 * MIN + 45, 20 * MIN + 15 }, { 21 * MIN, 21 * MIN + 40 } };
        v.barred = BAR_SOILED;
        v.rules = COUNT_OF(soiled);
        for (uint8_t i = 0; i < v.rules; i++)
            v.rule[i] = (struct car_rule){ { soiled[i][0], soiled[i][1], DAYS_ALL }, BAR_UNSOILED };
    }
    text_copy(v.id, sizeof v.id, k->id);
    if (k->tower) snprintf(v.bank, sizeof v.bank, "%c-%s", k->tower, role_word[k->role]);
    else text_copy(v.bank, sizeof v.bank, role_word[k->role]);
    snprintf(v.name.zh, sizeof v.name.zh, "%s %s", k->id, zh[k->role]);
    snprintf(v.name.en, sizeof v.name.en, "%s %s", k->id, en[k->role]);
    return v;
}

void hospital_elevators(struct hospital *h)
{
    for (uint8_t i = 0; i < h->cars && !h->err; i++) {
        struct site_elevator v = elevator_of(h, i);
        v.landings = h->landings[i];
        memcpy(v.landing, h->landing[i], v.landings * sizeof v.landing[0]);
        h->err = draft_elevator(&h->d, &v);
    }
}

static int bad_cars(struct err_note *note, const char *what, const char *text)
{
    return err_at(note, ORD_ERANGE, "--elevators", "%s: '%s'; write them like L1:clean,L2:dirty,L3:shared", what, text);
}

/* "L1:clean" -> car; the first letter names the tower where there are two. */
static int read_car(struct hospital *h, const char *text, size_t n, struct err_note *note)
{
    char word[40];
    if (n >= sizeof word || h->cars == HOSPITAL_CARS_MAX)
        return bad_cars(note, n >= sizeof word ? "too long" : "more than eight", text);
    snprintf(word, sizeof word, "%.*s", (int)n, text);
    char *colon = strchr(word, ':');
    struct hospital_car *k = &h->car[h->cars];
    if (!colon) return bad_cars(note, "no role", word);
    *colon = 0;
    if (!text_id_valid(word, sizeof k->id - 1)) return bad_cars(note, "no id", word);
    for (uint16_t i = 0; i < h->cars; i++)
        if (strcmp(h->car[i].id, word) == 0) return bad_cars(note, "named twice", word);
    int role = 0;
    while (role < CAR_ROLE_COUNT && strcmp(colon + 1, role_word[role]) != 0) role++;
    if (role == CAR_ROLE_COUNT) return bad_cars(note, "a role is clean, dirty, shared or mixed, not", colon + 1);
    if (role == CAR_MIXED && h->o.towers == 2)
        return bad_cars(note, "elevators clean and dirty by hours are for one tower", word);
    *k = (struct hospital_car){ .role = (enum car_role)role };
    text_copy(k->id, sizeof k->id, word);
    if (h->o.towers == 2 && (word[0] == 'E' || word[0] == 'W')) k->tower = word[0];
    h->cars++;
    return ORD_OK;
}

/* Each tower needs a way for soiled loads and one for the others; of two towers each has its own. */
static int judge_cars(const struct hospital *h, struct err_note *note)
{
    static const char towers[] = "EW";
    for (int t = 0; t < h->o.towers; t++) {
        bool clean = false, soiled = false;
        for (uint16_t i = 0; i < h->cars; i++) {
            if (h->o.towers == 2 && h->car[i].tower != towers[t]) continue;
            clean = clean || h->car[i].role != CAR_DIRTY;
            soiled = soiled || h->car[i].role == CAR_DIRTY || h->car[i].role == CAR_MIXED;
        }
        if (clean && soiled) continue;
        return err_at(
            note, ORD_ERANGE, "--elevators", "%s%.1s has no elevator for %s loads: name one %s, or one mixed%s",
            h->o.towers == 2 ? "tower " : "the hospital", h->o.towers == 2 ? &towers[t] : "",
            clean ? "soiled" : "clean", clean ? "dirty" : "clean", h->o.towers == 2 ? "; ids begin with E or W" : "");
    }
    return ORD_OK;
}

/* When the mains fail the first elevator of each tower goes on. */
int hospital_read_cars(struct hospital *h, struct err_note *note)
{
    const char *text = h->o.elevators;
    for (;;) {
        size_t n = strcspn(text, ",");
        int err = read_car(h, text, n, note);
        if (err) return err;
        if (!text[n]) break;
        text += n + 1;
    }
    bool met[2] = { false, false };
    for (uint16_t i = 0; i < h->cars; i++) {
        if (h->o.towers == 2 && !h->car[i].tower) continue;
        bool *first = &met[h->car[i].tower == 'W'];
        h->car[i].emergency_power = !*first && h->car[i].role != CAR_DIRTY;
        *first = *first || h->car[i].emergency_power;
    }
    return judge_cars(h, note);
}
