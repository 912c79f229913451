/* What a site says about loads, hours and hygiene: read, written back the same, refused with its place, compiled. */
#include "map_fixture.h"
#include "maps/site_compile.h"

static const char care[] =
    "],\n\"goods\": [\n"
    " {\"id\": \"meal\", \"name\": " NAME(
        "meal") ", \"carrier\": \"cart\", \"class\": \"food\", \"mass\": 120.5, \"priority\": 2, \"due_min\": 90},\n"
                " {\"id\": \"blood\", \"name\": " NAME(
                    "blood") ", \"carrier\": \"tote\", \"class\": \"drug\", \"mass\": 5, \"priority\": 0, "
                             "\"ride_max_min\": 20.5,"
                             " \"dangerous\": true, \"locked\": true},\n"
                             " {\"id\": \"bin\", \"name\": " NAME(
                                 "bin") ", \"carrier\": \"bin\", \"class\": \"waste\", \"mass\": 40, \"priority\": "
                                        "3}],\n"
                                        "\"hygiene\": {\"after\": {\"dirty\": {\"clean\": \"never\"}}, \"together\": "
                                        "{\"drug\": [\"drug\"], \"clean\": [\"clean\", \"sterile\"]},"
                                        " \"car_apart\": [\"waste\"], \"car_apart_min\": 5},\n"
                                        "\"zones\": [{\"id\": \"F-G\", \"name\": " NAME(
                                            "F-G") ", \"kind\": \"fire\", \"level\": \"G\"},\n"
                                                   " {\"id\": \"W\", \"name\": " NAME(
                                                       "W") ", \"kind\": \"ward\", \"level\": \"U\", \"corners\": [[8, "
                                                            "-4], [14, -4], [14, 1], [8, 1]], \"emergency_power\": "
                                                            "true}],\n"
                                                            "\"calendar\": {\"utc_offset_min\": 540, \"quiet\": "
                                                            "{\"window\": [\"22:00\", \"06:00\"]},"
                                                            " \"tariffs\": [{\"window\": [\"08:00\", \"11:00\"], "
                                                            "\"days\": [\"mon\"], \"rate\": \"peak\"}, {\"window\": "
                                                            "[\"23:00\", \"24:00\"], \"rate\": \"valley\"}],"
                                                            " \"holidays\": [\"2026-10-01\", \"2028-02-29\"]}}\n";

static const struct {
    const char *from, *to;
} changes[] = {
    { "\"park\": true, \"charger\": true", "\"park\": true, \"charger\": true, \"washer\": true" },
    { "\"both_ways\": true, \"speed\": 0.5",
      "\"both_ways\": true, \"allow\": [\"clean\", \"food\", \"drug\", \"sterile\", \"specimen\", \"dirty\"],"
      " \"quiet\": true" },
    { "\"node\": \"a\", \"kind\": \"kitchen\"", "\"nodes\": [\"a\", \"bay\"], \"kind\": \"cssd\", \"answer_s\": 90.5" },
    { "\"start_delay_s\": 1",
      "\"start_delay_s\": 1, \"allow\": [\"dirty\", \"waste\"], \"people\": true, \"emergency_power\": true,"
      " \"inspected_until\": \"2027-03-31T08:00:00+08:00\","
      " \"rules\": [{\"window\": [\"20:00\", \"06:00\"], \"days\": [\"sat\", \"sun\"], \"allow\": [\"clean\"]}],"
      " \"closures\": [{\"from\": \"2026-03-01T10:00:00Z\", \"to\": \"2026-03-01T13:00:00Z\"}]" },
    { "}]}\n", "}" },
};

static char *text_with_care(void)
{
    char *text = strdup(base_site);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        char *next = with(text, changes[i].from, changes[i].to);
        free(text);
        text = next;
    }
    char *all = malloc(strlen(text) + sizeof care);
    assert_non_null(all);
    sprintf(all, "%s%s", text, care);
    free(text);
    return all;
}

static struct site *site_with_care(void)
{
    char *text = text_with_care();
    struct site *s = parsed(text);
    free(text);
    return s;
}

static void every_field_reaches_the_model(void **state)
{
    (void)state;
    struct site *s = site_with_care();
    const struct site_goods *blood = site_goods_of(s, site_goods_by_id(s, "blood"));
    assert_int_equal(s->goods, 3);
    assert_int_equal(s->good[0].mass_g, 120500);
    assert_int_equal(s->good[0].due_ms, 90 * MS_MINUTE);
    assert_int_equal(s->good[0].hygiene, HYGIENE_FOOD);
    assert_true(blood->dangerous && blood->locked && blood->ride_max_ms == 1230000 && blood->due_ms == 0);
    assert_int_equal(s->hygiene.after[HYGIENE_DIRTY][HYGIENE_CLEAN], AFTER_NEVER);
    assert_int_equal(s->hygiene.after[HYGIENE_DIRTY][HYGIENE_FOOD], AFTER_WASH); /* as by default */
    assert_int_equal(s->hygiene.car_apart, hygiene_bit(HYGIENE_WASTE));
    assert_int_equal(s->hygiene.car_apart_ms, 5 * MS_MINUTE);
    assert_int_equal(s->zone[1].corners, 4);
    assert_true(s->zone[1].emergency_power);
    assert_int_equal(s->calendar.utc_offset_min, 540);
    assert_int_equal(s->calendar.quiet.from_min, 22 * 60);
    assert_int_equal(s->calendar.tariff[0].rate, TARIFF_PEAK);
    assert_int_equal(s->calendar.tariff[1].when.to_min, 0);
    assert_int_equal(s->calendar.holiday[0], 20727); /* date -d 2026-10-01 +%s / 86400 */
    const struct site_elevator *c = &s->elevator[0];
    assert_int_equal(c->barred, HYGIENE_ALL & ~(hygiene_bit(HYGIENE_DIRTY) | hygiene_bit(HYGIENE_WASTE)));
    assert_true(c->people && c->emergency_power);
    assert_int_equal(c->inspected_until_utc_s, 1806451200); /* date -u -d 2027-03-31T00:00:00Z +%s */
    assert_int_equal(c->rule[0].barred, HYGIENE_ALL & ~hygiene_bit(HYGIENE_CLEAN));
    assert_int_equal(c->rule[0].when.days, 1 << 5 | 1 << 6);
    assert_int_equal(c->closure[0].to_utc_s - c->closure[0].from_utc_s, 3 * 3600);
    const struct site_station *t = &s->station[0];
    assert_int_equal(station_slots(t), 2);
    assert_int_equal(station_slot(t, 0), t->node);
    assert_int_equal(s->node[station_slot(t, 1)].station, 0);
    assert_int_equal(t->answer_ms, 90500);
    assert_int_equal(t->kind, STATION_CSSD);
    assert_true(s->node[site_node_by_id(s, "bay2")].flags & NODE_WASHER);
    edge_id e = site_edge_between(s, site_node_by_id(s, "u-lob"), site_node_by_id(s, "b"));
    assert_true(s->edge[e].quiet && s->edge[s->edge[e].twin].quiet);
    assert_int_equal(s->edge[e].barred, hygiene_bit(HYGIENE_WASTE) | hygiene_bit(HYGIENE_INFECTIOUS));
    site_close(s);
}

static void a_site_with_all_fields_reads_back_the_same(void **state)
{
    (void)state;
    struct site *a = site_with_care();
    char *once = written(a);
    struct site *b = parsed(once);
    char *twice = written(b);
    assert_string_equal(once, twice);
    assert_true(a->hash == b->hash);
    site_close(a);
    site_close(b);
    free(once);
    free(twice);
}

static void a_site_without_them_keeps_its_bytes_and_hash(void **state)
{
    (void)state;
    struct err_note note;
    struct site *s = NULL;
    size_t n;
    char *file = file_text(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &n);
    assert_int_equal(site_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json", &s, &note), ORD_OK);
    char *text = written(s);
    assert_string_equal(file, text);
    assert_int_equal(s->groups, 0);
    assert_int_equal(s->calendar.utc_offset_min, 480);
    free(file);
    free(text);
    site_close(s);
}

static const struct {
    const char *from, *to, *where, *what;
} faults[] = {
    { "\"class\": \"food\"", "\"class\": \"foods\"", "goods[0].class", "clean, food" },
    { "\"mass\": 120.5", "\"mass\": -1", "goods[0].mass", "from 0" },
    { "\"priority\": 0", "\"priority\": 7", "goods[1].priority", "0 to 5" },
    { "\"id\": \"blood\"", "\"id\": \"meal\"", "goods[1]", "taken by goods[0]" },
    { "\"id\": \"blood\"", "\"id\": \"b d\"", "goods[1]", "A-Z" },
    { "\"carrier\": \"cart\"", "\"carrier\": \"a cart\"", "goods[0].carrier", "A-Z" },
    { "\"locked\"", "\"lock\"", "goods[1].lock", "did you mean" },
    { "{\"clean\": \"never\"}", "{\"clean\": \"no\"}", "hygiene.after.dirty.clean", "freely, wash or never" },
    { "{\"dirty\": {", "{\"dirt\": {", "hygiene.after.dirt", "no hygiene class" },
    { "\"drug\": [\"drug\"], ", "", "hygiene.together", "say it for both" },
    { "\"car_apart\": [\"waste\"]", "\"car_apart\": [\"wastes\"]", "hygiene.car_apart[0]", "clean, food" },
    { "\"kind\": \"fire\"", "\"kind\": \"flood\"", "zones[0].kind", "fire or ward" },
    { "\"kind\": \"ward\", \"level\": \"U\"", "\"kind\": \"ward\", \"level\": \"X\"", "zones[1].level",
      "no level 'X'" },
    { ", [14, 1], [8, 1]]", "]", "zones[1].corners", "three corners" },
    { "[14, 1], [8, 1]", "[14], [8, 1]", "zones[1].corners[2]", "[x, y]" },
    { "\"id\": \"W\"", "\"id\": \"F-G\"", "zones[1]", "taken by zones[0]" },
    { "540", "900", "calendar.utc_offset_min", "840" },
    { "[\"22:00\", \"06:00\"]", "[\"22:00\", \"22:00\"]", "calendar.quiet", "leave" },
    { "[\"22:00\", \"06:00\"]", "[\"22.00\", \"06:00\"]", "calendar.quiet.window[0]", "06:30" },
    { "\"rate\": \"peak\"", "\"rate\": \"high\"", "calendar.tariffs[0].rate", "valley, flat or peak" },
    { "2026-10-01", "2026-02-29", "calendar.holidays[0]", "no date" },
    { "2028-02-29", "2026-09-30", "calendar.holidays[1]", "ascend" },
    { "\"allow\": [\"dirty\", \"waste\"]", "\"allow\": []", "elevators[0].allow", "nobody" },
    { "2027-03-31T08:00:00+08:00", "2027-03-31", "elevators[0].inspected_until", "no moment" },
    { "2027-03-31T08:00:00+08:00", "2027-03-31T25:00:00Z", "elevators[0].inspected_until", "no moment" },
    { "2027-03-31T08:00:00+08:00", "2027-03-31T08:00:00+8:00", "elevators[0].inspected_until", "no moment" },
    { "2026-03-01T13", "2026-03-01T09", "elevators[0].closures[0]", "before it begins" },
    { "13:00:00Z\"}", "13:00:00Z\"}, {\"from\": \"2026-03-01T12:00:00Z\", \"to\": \"2026-03-01T14:00:00Z\"}",
      "elevators[0].closures[1]", "follow one another" },
    { "\"days\": [\"sat\", \"sun\"]", "\"days\": [\"Sat\"]", "elevators[0].rules[0].days[0]", "mon, tue" },
    { "\"nodes\": [\"a\", \"bay\"]", "\"nodes\": []", "stations[0].nodes", "at least one" },
    { "\"nodes\": [\"a\", \"bay\"]", "\"nodes\": [\"a\", \"a\"]", "stations[0].nodes[1]", "already" },
    { "\"nodes\": [\"a\", \"bay\"]", "\"nodes\": [\"a\", \"bay\"], \"node\": \"bay\"", "stations[0].node", "first" },
    { "\"nodes\": [\"a\", \"bay\"], ", "", "stations[0].node", "missing" },
    { "\"quiet\": true", "\"quiet\": 1", "edges[5].quiet", "true or false" },
    { "\"washer\": true", "\"washers\": true", "nodes[8].washers", "did you mean" },
};

static void every_fault_is_refused_with_its_place(void **state)
{
    (void)state;
    char *sound = text_with_care();
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct site *s = NULL;
        struct err_note note = { 0 };
        char *text = with(sound, faults[i].from, faults[i].to);
        int err = site_parse("t", text, strlen(text), &s, &note);
        if (err >= 0 || s) fail_msg("taken: %s", faults[i].to);
        if (!strstr(note.where, faults[i].where)) fail_msg("%s: at %s: %s", faults[i].to, note.where, note.what);
        if (!strstr(note.what, faults[i].what)) fail_msg("%s: says %s", faults[i].to, note.what);
        free(text);
    }
    free(sound);
}

static void classes_that_pass_the_same_ways_form_one_group(void **state)
{
    (void)state;
    struct site *s = site_with_care();
    struct fleet_spec *f = fleet_of(base_fleet);
    struct err_note note;
    f->cls[0].carriers = 1;
    snprintf(f->cls[0].carrier[0], SITE_ID_MAX, "tote");
    f->cls[1].payload_g = 100000;
    assert_int_equal(site_compile(s, 2, f->cls, &note), ORD_OK);
    site_check(s);
    /* the car: dirty and waste always, clean on some nights; the edge to b: neither waste nor infectious */
    assert_int_equal(s->groups, 5);
    assert_int_equal(s->group_of[HYGIENE_CLEAN], 0);
    assert_int_equal(s->group_of[HYGIENE_FOOD], 1);
    assert_int_equal(s->group_of[HYGIENE_SPECIMEN], 1);
    assert_int_equal(s->group_of[HYGIENE_DIRTY], 2);
    assert_int_equal(s->group_of[HYGIENE_WASTE], 3);
    assert_int_equal(s->group_of[HYGIENE_INFECTIOUS], 4);
    edge_id in = site_edge_between(s, site_node_by_id(s, "lob"), site_node_by_id(s, "e-g"));
    assert_true(edge_ever_open(s, in, 0)); /* by a rule */
    assert_false(edge_ever_open(s, in, 1));
    assert_true(edge_ever_open(s, in, 2));
    assert_int_equal(s->class_goods[0], 1 << 1);          /* totes only */
    assert_int_equal(s->class_goods[1], 1 << 1 | 1 << 2); /* the meal cart is too heavy */
    assert_true(site_takes(s, 0, GOODS_NONE));
    site_close(s);
    fleet_spec_close(f);
}

static void a_site_without_bars_has_one_group(void **state)
{
    (void)state;
    struct site *s = compiled(base_site);
    site_check(s);
    assert_int_equal(s->groups, 1);
    site_close(s);
}

static void a_zone_holds_the_nodes_inside_it_and_on_its_border(void **state)
{
    (void)state;
    struct site *s = site_with_care();
    struct fleet_spec *f = fleet_of(base_fleet);
    struct err_note note;
    assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
    const zone_id ground = site_zone_by_id(s, "F-G"), ward = site_zone_by_id(s, "W");
    for (node_id n = 0; n < s->nodes; n++) {
        const struct site_node *v = &s->node[n];
        assert_int_equal(s->in_zone[ground * s->nodes + n], v->level == 0);
        bool inside = v->level == 1 && v->x_mm >= 8000 && v->x_mm <= 14000 && v->y_mm >= -4000 && v->y_mm <= 1000;
        assert_int_equal(s->in_zone[ward * s->nodes + n], inside);
    }
    /* A corner that points inwards: (4, 1) lies in the notch. */
    const struct site_zone notch = {
        .level = 0, .corners = 5, .x_mm = { 0, 4000, 8000, 8000, 0 }, .y_mm = { 0, 2000, 0, 4000, 4000 }
    };
    assert_false(zone_holds(&notch, 0, 4000, 1000));
    assert_true(zone_holds(&notch, 0, 4000, 2000));
    assert_true(zone_holds(&notch, 0, 4000, 3000));
    assert_true(zone_holds(&notch, 0, 1000, 1000));
    assert_false(zone_holds(&notch, 1, 4000, 3000));
    site_close(s);
    fleet_spec_close(f);
}

static void by_default_nothing_clean_follows_anything_soiled_unwashed(void **state)
{
    (void)state;
    const struct hygiene_rules *r = &hygiene_rules_default;
    for (int a = 0; a < HYGIENE_COUNT; a++) {
        assert_int_equal(r->after[a][a], AFTER_FREELY);
        assert_true(r->together[a] >> a & 1);
        for (int b = 0; b < HYGIENE_COUNT; b++) {
            bool soiled_a = HYGIENE_SOILED >> a & 1, soiled_b = HYGIENE_SOILED >> b & 1;
            if (soiled_a && !soiled_b) assert_int_not_equal(r->after[a][b], AFTER_FREELY);
            if (soiled_a != soiled_b) assert_false(r->together[a] >> b & 1);
            assert_int_equal(r->together[a] >> b & 1, r->together[b] >> a & 1);
            /* what may ride together may also follow */
            if (r->together[a] >> b & 1) assert_int_equal(r->after[a][b], AFTER_FREELY);
        }
    }
}

/* docs/hygiene.md shows the tables that the code has. */
static void the_documented_tables_are_those_in_force(void **state)
{
    (void)state;
    const struct hygiene_rules *r = &hygiene_rules_default;
    size_t n;
    char *doc = file_text(ORDERLY_SOURCE_DIR "/docs/hygiene.md", &n);
    assert_non_null(doc);
    for (int a = 0; a < HYGIENE_COUNT; a++) {
        char row[256], with[256];
        int at = snprintf(row, sizeof row, "| %s |", hygiene_name[a]),
            to = snprintf(with, sizeof with, "| %s | ", hygiene_name[a]);
        for (int b = 0; b < HYGIENE_COUNT; b++) {
            at += snprintf(row + at, sizeof row - (size_t)at, " %s |", r->after[a][b] == AFTER_FREELY ? "·" : "W");
            if (r->together[a] >> b & 1)
                to += snprintf(with + to, sizeof with - (size_t)to, "%s%s", with[to - 2] == '|' ? "" : ", ",
                               hygiene_name[b]);
        }
        snprintf(with + to, sizeof with - (size_t)to, " |\n");
        if (!strstr(doc, row)) fail_msg("docs/hygiene.md has no row: %s", row);
        if (!strstr(doc, with)) fail_msg("docs/hygiene.md has no row: %s", with);
    }
    free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_reaches_the_model),
        cmocka_unit_test(a_site_with_all_fields_reads_back_the_same),
        cmocka_unit_test(a_site_without_them_keeps_its_bytes_and_hash),
        cmocka_unit_test(every_fault_is_refused_with_its_place),
        cmocka_unit_test(classes_that_pass_the_same_ways_form_one_group),
        cmocka_unit_test(a_site_without_bars_has_one_group),
        cmocka_unit_test(a_zone_holds_the_nodes_inside_it_and_on_its_border),
        cmocka_unit_test(the_documented_tables_are_those_in_force),
        cmocka_unit_test(by_default_nothing_clean_follows_anything_soiled_unwashed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
