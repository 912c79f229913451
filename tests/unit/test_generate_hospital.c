/* Generated hospitals: the same every time, without a finding, and so laid out that each load gets where it must. */
#include "map_fixture.h"
#include "maps/site_compile.h"

static struct site *made(const struct hospital_options *o)
{
    struct site *s = NULL;
    struct import_report r;
    struct err_note note = { 0 };
    struct fleet_spec *f = NULL;
    if (generate_hospital(o, &s, &r, &note)) fail_msg("%s: %s", note.where, note.what);
    import_report_close(&r);
    assert_int_equal(fleet_spec_hospital(o->heavy, o->cabinet, &f), ORD_OK);
    if (site_compile(s, f->classes, f->cls, &note)) fail_msg("%s: %s", note.where, note.what);
    fleet_spec_close(f);
    return s;
}

static struct hospital_options preset(const char *name)
{
    struct hospital_options o;
    assert_true(hospital_preset(name, &o));
    return o;
}

static struct site *large, *small; /* h1500 takes a while: made once */

static int make_both(void **state)
{
    (void)state;
    struct hospital_options o = preset("h500");
    small = made(&o);
    o = preset("h1500");
    large = made(&o);
    return 0;
}

static int drop_both(void **state)
{
    (void)state;
    site_close(small);
    site_close(large);
    return 0;
}

static void lint_is_silent(struct site *s, uint16_t robots)
{
    struct lint_report r;
    assert_int_equal(site_lint(s, robots, &r), ORD_OK);
    for (size_t i = 0; i < r.count; i++)
        if (r.finding[i].level != LINT_INFO)
            print_message("%s %s: %s\n", r.finding[i].code, r.finding[i].where, r.finding[i].en);
    assert_int_equal(r.errors, 0);
    assert_int_equal(r.warnings, 0);
    assert_true(r.refuges >= robots * 6 / 5);
    lint_close(&r);
}

static void presets_have_no_findings_and_a_refuge_for_every_robot(void **state)
{
    (void)state;
    lint_is_silent(small, 19);
    lint_is_silent(large, 59);
    site_check(small);
    site_check(large);
}

static void other_sizes_have_no_findings_either(void **state)
{
    (void)state;
    static const struct {
        uint16_t beds, heavy, cabinet;
        uint8_t floors, towers;
        mm_t width_mm;
        const char *elevators;
    } size[] = {
        { 100, 4, 0, 1, 1, 3600, "L1:clean,L2:dirty" },
        { 500, 10, 5, 6, 1, 3600, "L1:mixed" },
        { 900, 20, 9, 12, 1, 4500, "A:clean,B:clean,C:shared,D:dirty,E:dirty" },
        { 700, 20, 6, 3, 2, 4000, "E1:clean,E2:dirty,W1:clean,W2:dirty" },
    };
    for (size_t i = 0; i < COUNT_OF(size); i++) {
        const struct hospital_options o = { .beds = size[i].beds,
                                            .heavy = size[i].heavy,
                                            .cabinet = size[i].cabinet,
                                            .floors = size[i].floors,
                                            .towers = size[i].towers,
                                            .width_mm = size[i].width_mm,
                                            .elevators = size[i].elevators };
        struct site *s = made(&o);
        lint_is_silent(s, (uint16_t)(o.heavy + o.cabinet));
        site_close(s);
    }
}

static int count_kind(const struct site *s, enum station_kind kind)
{
    int n = 0;
    for (station_id i = 0; i < s->stations; i++) n += s->station[i].kind == kind;
    return n;
}

static int count_flag(const struct site *s, uint8_t flag)
{
    int n = 0;
    for (node_id i = 0; i < s->nodes; i++) n += (s->node[i].flags & flag) != 0;
    return n;
}

static void presets_are_the_hospitals_of_the_demand_model(void **state)
{
    (void)state;
    assert_int_equal(small->levels, 9);
    assert_int_equal(small->elevators, 3);
    assert_int_equal(count_kind(small, STATION_WARD), 12 + 1);
    assert_int_equal(large->levels, 13);
    assert_int_equal(large->elevators, 7);
    assert_int_equal(count_kind(large, STATION_WARD), 36 + 3);
    assert_true(count_flag(small, NODE_CHARGER | NODE_PARK) >= 23);
    assert_true(count_flag(large, NODE_CHARGER | NODE_PARK) >= 71);
    assert_true(count_flag(small, NODE_WASHER) >= 3);
    static const struct {
        const char *id;
        int slots;
    } station[] = { { "kitchen", 4 + 2 }, { "laundry_clean", 3 }, { "laundry_dirty", 3 },
                    { "waste_store", 2 }, { "central_store", 3 }, { "ed", 2 },
                    { "pharmacy", 2 },    { "lab", 2 },           { "or", 4 },
                    { "cssd", 4 },        { "ICU1", 2 },          { "W3A", 2 },
                    { "W8B", 2 } };
    for (size_t i = 0; i < COUNT_OF(station); i++) {
        station_id t = site_station_by_id(small, station[i].id);
        if (t == ID_NONE) fail_msg("there is no station %s", station[i].id);
        assert_int_equal(station_slots(&small->station[t]), station[i].slots);
    }
    static const char *const more[] = { "E4A", "E4B", "W4A", "W12B", "ICU1", "ICU3", "or1", "or2", "cssd", "kitchen" };
    for (size_t i = 0; i < COUNT_OF(more); i++) assert_int_not_equal(site_station_by_id(large, more[i]), ID_NONE);
    static const char *const goods[] = { "meal",          "meal_return", "linen_clean", "linen_dirty",  "waste_medical",
                                         "waste_general", "supply_cart", "iv_fluids",   "housekeeping", "ed_supply",
                                         "case_sterile",  "case_used",   "supply",      "documents",    "emergency",
                                         "drug",          "drug_stat",   "specimen",    "specimen_stat" };
    for (size_t i = 0; i < COUNT_OF(goods); i++) {
        goods_id g = site_goods_by_id(small, goods[i]);
        if (g == GOODS_NONE) fail_msg("there are no goods %s", goods[i]);
        assert_true(site_takes(small, 0, g) != site_takes(small, 1, g)); /* carts or totes */
    }
}

/* Both ways, from any place of the station a robot under that load may reach. */
static bool joined(const struct site *s, class_id c, enum hygiene h, const char *from, const char *to)
{
    struct reach ahead = { 0 }, back = { 0 };
    assert_int_equal(reach_open(&ahead, s), ORD_OK);
    assert_int_equal(reach_open(&back, s), ORD_OK);
    station_id a = site_station_by_id(s, from), b = site_station_by_id(s, to);
    assert_true(a != ID_NONE && b != ID_NONE);
    bool yes = false;
    for (uint8_t i = 0; i < station_slots(&s->station[a]) && !yes; i++) {
        reach_from(&ahead, s, c, s->group_of[h], station_slot(&s->station[a], i), false, NULL, NULL);
        reach_from(&back, s, c, s->group_of[h], station_slot(&s->station[a], i), true, NULL, NULL);
        yes = reach_slot(s, b, &ahead, &back) != ID_NONE;
    }
    reach_close(&ahead);
    reach_close(&back);
    return yes;
}

static void every_load_gets_from_every_ward_to_where_it_belongs(void **state)
{
    (void)state;
    static const struct {
        enum hygiene h;
        const char *to;
        class_id c;
    } way[] = {
        { HYGIENE_FOOD, "kitchen", 0 },           { HYGIENE_CLEAN, "laundry_clean", 0 },
        { HYGIENE_CLEAN, "central_store", 0 },    { HYGIENE_CLEAN, "central_store", 1 },
        { HYGIENE_DRUG, "pharmacy", 0 },          { HYGIENE_DRUG, "pharmacy", 1 },
        { HYGIENE_SPECIMEN, "lab", 1 },           { HYGIENE_DIRTY, "kitchen", 0 },
        { HYGIENE_DIRTY, "laundry_dirty", 0 },    { HYGIENE_DIRTY, "waste_store", 0 },
        { HYGIENE_WASTE, "waste_store", 0 },      { HYGIENE_INFECTIOUS, "laundry_dirty", 0 },
        { HYGIENE_INFECTIOUS, "waste_store", 0 },
    };
    const struct site *both[] = { small, large };
    for (int k = 0; k < 2; k++) {
        const struct site *s = both[k];
        for (station_id t = 0; t < s->stations; t++)
            for (size_t i = 0; i < COUNT_OF(way) && s->station[t].kind == STATION_WARD; i++)
                if (!joined(s, way[i].c, way[i].h, s->station[t].id, way[i].to))
                    fail_msg("%s: no way for %s from %s to %s", s->id, hygiene_name[way[i].h], s->station[t].id,
                             way[i].to);
        const char *theatre = k ? "or2" : "or";
        assert_true(joined(s, 0, HYGIENE_STERILE, "cssd", theatre));
        assert_true(joined(s, 0, HYGIENE_DIRTY, "cssd", theatre));
        assert_true(joined(s, 0, HYGIENE_WASTE, "ed", "waste_store"));
        assert_true(joined(s, 0, HYGIENE_CLEAN, "ed", "central_store"));
    }
}

static void no_load_gets_where_it_must_not(void **state)
{
    (void)state;
    static const struct {
        enum hygiene h;
        const char *to;
    } way[] = {
        { HYGIENE_WASTE, "kitchen" },       { HYGIENE_WASTE, "laundry_dirty" }, { HYGIENE_WASTE, "laundry_clean" },
        { HYGIENE_WASTE, "central_store" }, { HYGIENE_WASTE, "pharmacy" },      { HYGIENE_WASTE, "lab" },
        { HYGIENE_WASTE, "cssd" },          { HYGIENE_DIRTY, "laundry_clean" }, { HYGIENE_DIRTY, "central_store" },
        { HYGIENE_DIRTY, "pharmacy" },      { HYGIENE_FOOD, "laundry_dirty" },  { HYGIENE_FOOD, "waste_store" },
        { HYGIENE_CLEAN, "waste_store" },   { HYGIENE_INFECTIOUS, "pharmacy" },
    };
    for (size_t i = 0; i < COUNT_OF(way); i++) {
        assert_false(joined(small, 0, way[i].h, "W5A", way[i].to));
        assert_false(joined(large, 0, way[i].h, "E5A", way[i].to));
    }
}

/* The dish room and the serving side of the kitchen are different places. */
static void trays_come_back_to_another_door_than_meals_leave_by(void **state)
{
    (void)state;
    struct reach ahead = { 0 }, back = { 0 };
    const struct site *s = small;
    const struct site_station *k = &s->station[site_station_by_id(s, "kitchen")],
                              *w = &s->station[site_station_by_id(s, "W5A")];
    bool of[2][SITE_SLOTS_MAX];
    assert_int_equal(reach_open(&ahead, s), ORD_OK);
    assert_int_equal(reach_open(&back, s), ORD_OK);
    for (int i = 0; i < 2; i++) {
        uint8_t g = s->group_of[i ? HYGIENE_DIRTY : HYGIENE_FOOD];
        reach_from(&ahead, s, 0, g, w->node, false, NULL, NULL);
        for (uint8_t n = 0; n < station_slots(k); n++) of[i][n] = ahead.seen[station_slot(k, n)] != 0;
    }
    for (uint8_t n = 0; n < station_slots(k); n++) assert_int_not_equal(of[0][n], of[1][n]);
    assert_true(of[0][0]);
    reach_close(&ahead);
    reach_close(&back);
}

/* At every landing: who comes out does not meet who waits, and a ride to here holds nothing of the street. */
static void nobody_waits_where_a_robot_must_come_out(void **state)
{
    (void)state;
    const struct site *both[] = { small, large };
    for (int k = 0; k < 2; k++) {
        const struct site *s = both[k];
        for (elevator_id e = 0; e < s->elevators; e++)
            for (uint16_t i = 0; i < s->elevator[e].landings; i++) {
                char id[SITE_ID_MAX];
                const char *cabin = s->node[s->elevator[e].landing[i].node].id;
                node_id at[4];
                static const char *const part[] = { "f", "x", "w1", "w2" };
                for (int n = 0; n < 4; n++) {
                    snprintf(id, sizeof id, "%.30s-%s", cabin, part[n]);
                    at[n] = site_node_by_id(s, id);
                    assert_int_not_equal(at[n], ID_NONE);
                }
                edge_id out[2] = { site_edge_between(s, s->elevator[e].landing[i].node, at[0]),
                                   site_edge_between(s, at[0], at[1]) };
                assert_true(s->node[at[0]].flags & NODE_NO_STOP);
                for (class_id a = 0; a < s->classes; a++)
                    for (class_id b = 0; b < s->classes; b++)
                        for (int n = 0; n < 2; n++) {
                            res_id way = res_lane(s, s->edge[out[n]].lane);
                            assert_false(site_conflict(s, a, way, b, at[2], NULL));
                            assert_false(site_conflict(s, a, way, b, at[3], NULL));
                            assert_false(site_conflict(s, a, at[1], b, at[2], NULL));
                            struct conflict_list l = site_conflicts(s, a, way, b); /* the way out itself and its car */
                            for (uint32_t c = 0; c < l.count; c++)
                                if (l.item[c].res < s->nodes) assert_null(strstr(s->node[l.item[c].res].id, "-n"));
                        }
            }
    }
}

static void two_robots_pass_one_another_on_every_street(void **state)
{
    (void)state;
    const struct site *s = small;
    int pairs = 0;
    for (edge_id e = 0; e < s->edges; e++) /* lanes 3 m and longer run along streets */
        for (edge_id o = 0; o < s->edges; o++) {
            const struct site_edge *x = &s->edge[e], *y = &s->edge[o];
            if (x->length_mm < 3000 || y->length_mm < 3000 || x->heading != 0 || y->heading != 3142) continue;
            if (s->node[x->from].level != s->node[y->from].level || s->node[x->from].x_mm != s->node[y->to].x_mm)
                continue;
            for (class_id a = 0; a < s->classes; a++)
                for (class_id b = 0; b < s->classes; b++)
                    assert_false(site_conflict(s, a, res_lane(s, x->lane), b, res_lane(s, y->lane), NULL));
            pairs++;
        }
    assert_true(pairs > 50);
}

static void zones_hours_and_quiet_ways_are_stated(void **state)
{
    (void)state;
    for (station_id t = 0; t < small->stations; t++) {
        const struct site_station *v = &small->station[t];
        int fire = 0, wards = 0;
        bool emergency = false;
        for (zone_id z = 0; z < small->zones; z++) {
            if (!small->in_zone[(size_t)z * small->nodes + v->node]) continue;
            fire += small->zone[z].kind == ZONE_FIRE;
            wards += small->zone[z].kind == ZONE_WARD;
            emergency = emergency || small->zone[z].emergency_power;
        }
        assert_int_equal(fire, 1);
        assert_int_equal(wards, v->kind == STATION_WARD || v->kind == STATION_THEATRE);
        assert_int_equal(emergency, v->kind == STATION_THEATRE || strncmp(v->id, "ICU", 3) == 0);
    }
    assert_int_equal(small->calendar.quiet.from_min, 22 * 60);
    assert_int_equal(small->calendar.tariffs, 3);
    for (edge_id e = 0; e < small->edges; e++)
        if (!small->edge[e].ride_ms)
            assert_int_equal(small->edge[e].quiet, small->node[small->edge[e].from].level >= 3);
    int emergency = 0, people = 0;
    for (elevator_id e = 0; e < small->elevators; e++) {
        emergency += small->elevator[e].emergency_power;
        people += small->elevator[e].people;
    }
    assert_int_equal(emergency, 1);
    assert_int_equal(people, 1);
}

static void the_same_options_give_the_same_bytes(void **state)
{
    (void)state;
    struct hospital_options o = preset("h500");
    struct site *again = made(&o);
    char *a = written(small), *b = written(again);
    assert_string_equal(a, b);
    struct site *back = parsed(a);
    assert_true(back->hash == small->hash);
    o.beds = 520;
    struct site *other = made(&o);
    assert_true(other->hash != small->hash);
    site_close(again);
    site_close(back);
    site_close(other);
    free(a);
    free(b);
}

static void impossible_hospitals_are_refused_with_the_option_to_change(void **state)
{
    (void)state;
    static const struct {
        struct hospital_options o;
        const char *what;
    } bad[] = {
        { { .beds = 10, .floors = 1, .towers = 1, .width_mm = 3600, .heavy = 1, .elevators = "L1:mixed" }, "--beds" },
        { { .beds = 100, .floors = 0, .towers = 1, .width_mm = 3600, .heavy = 1, .elevators = "L1:mixed" },
          "--levels" },
        { { .beds = 100, .floors = 1, .towers = 3, .width_mm = 3600, .heavy = 1, .elevators = "L1:mixed" },
          "--towers" },
        { { .beds = 100, .floors = 1, .towers = 1, .width_mm = 3500, .heavy = 1, .elevators = "L1:mixed" }, "--width" },
        { { .beds = 100, .floors = 1, .towers = 1, .width_mm = 3600, .heavy = 0, .elevators = "L1:mixed" }, "robots" },
        { { .beds = 100, .floors = 1, .towers = 1, .width_mm = 3600, .heavy = 1, .elevators = "L1:clean" }, "soiled" },
        { { .beds = 100, .floors = 1, .towers = 1, .width_mm = 3600, .heavy = 1, .elevators = "L1:clean,L1:dirty" },
          "twice" },
        { { .beds = 100, .floors = 1, .towers = 1, .width_mm = 3600, .heavy = 1, .elevators = "L1:clean,,L2:dirty" },
          "no role" },
        { { .beds = 100, .floors = 1, .towers = 1, .width_mm = 3600, .heavy = 1, .elevators = "L 1:clean" }, "no id" },
        { { .beds = 100,
            .floors = 1,
            .towers = 2,
            .width_mm = 3600,
            .heavy = 1,
            .elevators = "E1:clean,E2:dirty,W1:clean" },
          "tower W" },
        { { .beds = 100, .floors = 1, .towers = 2, .width_mm = 3600, .heavy = 1, .elevators = "E1:mixed,W1:mixed" },
          "one tower" },
        { { .beds = 100,
            .floors = 1,
            .towers = 1,
            .width_mm = 3600,
            .heavy = 1,
            .elevators = "A:clean,B:clean,C:clean,D:clean,E:clean,F:clean,G:clean,H:clean,I:dirty" },
          "eight" },
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct site *s = NULL;
        struct import_report r;
        struct err_note note = { 0 };
        assert_true(generate_hospital(&bad[i].o, &s, &r, &note) < 0);
        import_report_close(&r);
        assert_null(s);
        if (!strstr(note.what, bad[i].what) && !strstr(note.where, bad[i].what))
            fail_msg("%s, wanted: %s", note.what, bad[i].what);
    }
    struct hospital_options o;
    assert_false(hospital_preset("h501", &o));
}

static void a_hospital_fleet_finds_its_places(void **state)
{
    (void)state;
    struct fleet_spec *f = NULL;
    struct err_note note;
    node_id start[19];
    assert_int_equal(fleet_spec_hospital(14, 5, &f), ORD_OK);
    assert_int_equal(f->robots, 19);
    assert_true(f->cls[0].reversible && !f->cls[1].reversible);
    assert_int_equal(class_slots(&f->cls[1]), 4);
    assert_int_equal(fleet_spec_place(f, small, start, &note), ORD_OK);
    for (int i = 0; i < 19; i++) { /* in a bay, along it */
        assert_true(small->node[start[i]].flags & (NODE_PARK | NODE_CHARGER));
        int heading = site_rest_heading(small, start[i]);
        assert_true(heading == 1571 || heading == -1571);
    }
    fleet_spec_close(f);
    assert_int_equal(fleet_spec_hospital(0, 0, &f), ORD_ERANGE);
}

static int run(int argc, const char **argv)
{
    char *copy[32] = { 0 }, *kept[32];
    for (int i = 0; i < argc; i++) copy[i] = strdup(argv[i]);
    memcpy(kept, copy, sizeof kept); /* getopt moves the pointers about */
    int code = cmd_map(argc, copy);
    for (int i = 0; i < argc; i++) free(kept[i]);
    return code;
}
#define RUN(...) run((int)COUNT_OF(((const char *[]){ __VA_ARGS__ })), (const char *[]){ __VA_ARGS__ })

static void the_commands_write_a_hospital_and_its_fleet(void **state)
{
    (void)state;
    char site[] = "/tmp/test_hospital_XXXXXX", fleet[] = "/tmp/test_hospital_XXXXXX";
    assert_true(mkstemp(site) >= 0 && mkstemp(fleet) >= 0);
    FILE *quiet = freopen("/dev/null", "w", stdout);
    assert_non_null(quiet);
    assert_int_equal(RUN("map", "generate", "--preset", "h500", "-o", site), 0);
    assert_int_equal(RUN("map", "fleet", "--preset", "h500", "-o", fleet), 0);
    assert_int_equal(RUN("map", "check", site, "--fleet", fleet), 0);
    struct site *s = NULL;
    struct fleet_spec *f = NULL;
    struct err_note note;
    assert_int_equal(site_open(site, &s, &note), ORD_OK);
    assert_true(s->hash == small->hash);
    site_close(s);
    assert_int_equal(RUN("map", "fleet", "--preset", "h1500", "--heavy", "3", "--cabinet", "0", "-o", fleet), 0);
    assert_int_equal(fleet_spec_open(fleet, &f, &note), ORD_OK);
    assert_int_equal(f->robots, 3);
    fleet_spec_close(f);
    assert_int_equal(RUN("map", "generate", "--preset", "h500", "--levels", "2", "--beds", "180", "--elevators",
                         "A:clean,B:dirty", "--width", "4", "--heavy", "6", "--cabinet", "2", "-o", site),
                     0);
    assert_int_equal(RUN("map", "check", site, "--fleet", fleet), 0);
    assert_int_equal(RUN("map", "generate", "--preset", "h500", "--elevators", "A:clean", "-o", site), 1);
    assert_int_equal(RUN("map", "generate", "--preset", "h500", "--width", "wide", "-o", site), 2);
    assert_int_equal(RUN("map", "generate", "--preset", "h500", "--levels", "0", "-o", site), 2);
    assert_int_equal(RUN("map", "generate", "--preset", "h500"), 2);
    assert_int_equal(RUN("map", "fleet", "--preset", "grid20", "-o", fleet), 2);
    assert_int_equal(RUN("map", "fleet", "-o", fleet), 2);
    assert_int_equal(RUN("map", "fleet", "--preset", "h500", "--heavy", "0", "--cabinet", "0", "-o", fleet), 1);
    remove(site);
    remove(fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_have_no_findings_and_a_refuge_for_every_robot),
        cmocka_unit_test(other_sizes_have_no_findings_either),
        cmocka_unit_test(presets_are_the_hospitals_of_the_demand_model),
        cmocka_unit_test(every_load_gets_from_every_ward_to_where_it_belongs),
        cmocka_unit_test(no_load_gets_where_it_must_not),
        cmocka_unit_test(trays_come_back_to_another_door_than_meals_leave_by),
        cmocka_unit_test(nobody_waits_where_a_robot_must_come_out),
        cmocka_unit_test(two_robots_pass_one_another_on_every_street),
        cmocka_unit_test(zones_hours_and_quiet_ways_are_stated),
        cmocka_unit_test(the_same_options_give_the_same_bytes),
        cmocka_unit_test(impossible_hospitals_are_refused_with_the_option_to_change),
        cmocka_unit_test(the_commands_write_a_hospital_and_its_fleet),
        cmocka_unit_test(a_hospital_fleet_finds_its_places),
    };
    return cmocka_run_group_tests(tests, make_both, drop_both);
}
