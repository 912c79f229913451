/* orderly-fleet/1: defaults, canonical form, refusals, and who starts where. */
#include "map_fixture.h"

static void a_fleet_is_read_with_its_defaults(void **state)
{
    (void)state;
    struct fleet_spec *f = fleet_of(base_fleet);
    assert_int_equal(f->classes, 2);
    assert_int_equal(f->robots, 2);
    assert_int_equal(f->cls[1].length_mm, 1200);
    assert_int_equal(f->cls[1].turn_mrad_s, 500);
    assert_int_equal(f->cls[0].turn_settle_ms, 0);
    assert_int_equal(f->cls[1].turn_settle_ms, 500);
    assert_string_equal(f->robot[0].manufacturer, "orderly");
    assert_string_equal(f->robot[0].serial, "R01");
    assert_string_equal(f->robot[0].interface_name, "uagv");
    assert_string_equal(f->robot[0].version, "2.1.0");
    assert_string_equal(f->robot[0].name.zh, "R01");
    assert_string_equal(f->robot[1].version, "2.0.0");
    assert_string_equal(f->robot[1].name.zh, "二号");
    assert_int_equal(f->robot[1].cls, 1);
    fleet_spec_close(f);
}

static char *fleet_text(const struct fleet_spec *f)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    assert_int_equal(fleet_spec_write(f, out), ORD_OK);
    fclose(out);
    return bytes;
}

static void a_rewritten_fleet_hashes_alike(void **state)
{
    (void)state;
    struct fleet_spec *f = fleet_of(base_fleet);
    char *once = fleet_text(f);
    struct fleet_spec *again = fleet_of(once);
    char *twice = fleet_text(again);
    assert_string_equal(once, twice);
    assert_true(f->hash == again->hash);
    free(once);
    free(twice);
    fleet_spec_close(again);
    char *other = with(base_fleet, "\"speed\": 0.8", "\"speed\": 0.9");
    again = fleet_of(other);
    assert_true(f->hash != again->hash);
    free(other);
    fleet_spec_close(again);
    fleet_spec_close(f);
}

/* Robots of other makers: version, topic and habits of each (issue: robots of any maker). */
static void each_robot_has_a_version_a_topic_and_quirks(void **state)
{
    (void)state;
    char topic[FLEET_TOPIC_MAX];
    char *text = with(base_fleet, "\"version\": \"2.0\"",
                      "\"version\": \"3.0\", \"topic\": \"cloud/t7/r2\", \"quirks\": {\"repeat_actions\": false, "
                      "\"proof_of_life\": \"connection\", \"pick\": [{\"key\": \"loadType\", \"value\": \"EPAL\"}]}");
    struct fleet_spec *f = fleet_of(text);
    assert_string_equal(f->robot[1].version, "3.0.0");
    assert_true(f->robot[1].quirks.online_needed);
    assert_false(f->robot[1].quirks.repeat_actions);
    assert_false(f->robot[1].quirks.old_instant_key);
    assert_int_equal(f->robot[1].quirks.pick_params, 1);
    assert_string_equal(f->robot[1].quirks.pick[0].key, "loadType");
    assert_string_equal(f->robot[1].quirks.pick[0].value, "EPAL");
    assert_int_equal(f->robot[1].quirks.drop_params, 0);
    fleet_robot_topic(&f->robot[0], topic);
    assert_string_equal(topic, "uagv/v2/orderly/R01");
    fleet_robot_topic(&f->robot[1], topic);
    assert_string_equal(topic, "cloud/t7/r2");
    char *once = fleet_text(f);
    struct fleet_spec *again = fleet_of(once);
    char *twice = fleet_text(again);
    assert_string_equal(once, twice);
    assert_memory_equal(&f->robot[1].quirks, &again->robot[1].quirks, sizeof f->robot[1].quirks);
    free(once);
    free(twice);
    free(text);
    fleet_spec_close(again);
    fleet_spec_close(f);
    text = with(base_fleet, "\"version\": \"2.0\"", "\"version\": \"3.0.0\"");
    f = fleet_of(text);
    assert_true(f->robot[1].quirks.repeat_actions); /* 3.0 asks for it */
    fleet_robot_topic(&f->robot[1], topic);
    assert_string_equal(topic, "hosp/v3/acme/7");
    free(text);
    fleet_spec_close(f);
}

static void the_built_in_fleet_is_the_demo_class(void **state)
{
    (void)state;
    struct fleet_spec *f = NULL, *demo = NULL;
    struct err_note note;
    assert_int_equal(fleet_spec_default(8, &f), ORD_OK);
    assert_int_equal(fleet_spec_open(ORDERLY_SOURCE_DIR "/maps/sites/demo.fleet.json", &demo, &note), ORD_OK);
    assert_string_equal(f->robot[7].id, "R08");
    assert_memory_equal(&f->cls[0], &demo->cls[0], sizeof f->cls[0]);
    fleet_spec_close(f);
    fleet_spec_close(demo);
    assert_int_equal(fleet_spec_default(0, &f), ORD_ERANGE);
    assert_int_equal(fleet_spec_default(FLEET_ROBOTS_MAX + 1, &f), ORD_ERANGE);
    assert_int_equal(fleet_spec_default(FLEET_ROBOTS_MAX, &f), ORD_OK);
    char *text = fleet_text(f);
    struct fleet_spec *again = fleet_of(text);
    assert_true(f->hash == again->hash);
    free(text);
    fleet_spec_close(again);
    fleet_spec_close(f);
}

static const struct fault {
    const char *from, *to;
    int err;
    const char *where, *what;
} faults[] = {
    { "orderly-fleet/1", "orderly-site/1", ORD_EVERSION, "format", "orderly-fleet/1" },
    { "\"class\": \"tug\"", "\"class\": \"tugg\"", ORD_ENOTFOUND, "robots[1].class", "tugg" },
    { "\"id\": \"R02\"", "\"id\": \"R01\"", ORD_EEXISTS, "robots[1]", "robots[0]" },
    { "\"manufacturer\": \"acme\", \"serial\": \"7\"", "\"serial\": \"R01\"", ORD_EEXISTS, "robots[1]", "robots[0]" },
    { "\"id\": \"tug\"", "\"id\": \"courier\"", ORD_EEXISTS, "classes[1]", "classes[0]" },
    { "\"speed\": 1,", "\"speed\": 0,", ORD_ERANGE, "classes[0].speed", "" },
    { "\"speed\": 1,", "\"sped\": 1,", ORD_EPARSE, "sped", "speed" },
    { "\"serial\": \"7\"", "\"serial\": \"7/8\"", ORD_ERANGE, "serial", "" },
    { "\"version\": \"2.0\"", "\"version\": \"4.0\"", 0, "version", "3.0.0" },
    { "\"serial\": \"7\"", "\"serial\": \"7\", \"topic\": \"a/+/b\"", ORD_ERANGE, "topic", "levels" },
    { "\"serial\": \"7\"", "\"serial\": \"7\", \"topic\": \"uagv/v2/orderly/R01\"", ORD_EEXISTS, "robots[1]",
      "robots[0]" },
    { "\"serial\": \"7\"", "\"serial\": \"7\", \"quirks\": {\"repeat_action\": true}", ORD_EPARSE, "repeat_action",
      "repeat_actions" },
    { "\"serial\": \"7\"", "\"serial\": \"7\", \"quirks\": {\"pick\": [{\"key\": \"loadId\", \"value\": \"x\"}]}",
      ORD_EEXISTS, "quirks.pick[0].key", "controller" },
    { "\"version\": \"2.0\"", "\"version\": \"3.0\", \"quirks\": {\"instant_actions_key\": \"instantActions\"}",
      ORD_ERANGE, "instant_actions_key", "1.1" },
    { "\"margin\": 0.05, ", "", 0, "classes[0].margin", "" },
    { "\"length\": 0.6", "\"length\": -0.6", ORD_ERANGE, "classes[0].length", "" },
};

static void every_bad_fleet_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char *text = with(base_fleet, faults[i].from, faults[i].to);
        struct fleet_spec *f = NULL;
        struct err_note note = { 0 };
        int err = fleet_spec_parse("t.fleet.json", text, strlen(text), &f, &note);
        if (!err || f) fail_msg("fault %zu (%s) was accepted", i, faults[i].to);
        if (faults[i].err) assert_int_equal(err, faults[i].err);
        if (!strstr(note.where, faults[i].where) ||
            (!strstr(note.what, faults[i].what) && !strstr(note.where, faults[i].what)))
            fail_msg("fault %zu (%s): '%s': '%s'", i, faults[i].to, note.where, note.what);
        free(text);
    }
    struct fleet_spec *f = NULL;
    struct err_note note = { 0 };
    static const char none[] = "{\"format\": \"orderly-fleet/1\", \"classes\": [], \"robots\": []}";
    assert_int_equal(fleet_spec_parse("t", none, strlen(none), &f, &note), ORD_ERANGE);
    assert_int_equal(fleet_spec_open("/nowhere", &f, &note), ORD_ENOTFOUND);
}

static const char able_fleet[] = "{\"format\": \"orderly-fleet/1\", \"classes\": [\n"
                                 " {\"id\": \"agv\", \"length\": 1.7, \"width\": 0.8, \"margin\": 0.05, \"speed\": "
                                 "1.5, \"accel\": 0.4, \"turn\": 0.393, \"pick_s\": 30, \"drop_s\": 25,"
                                 " \"reversible\": true, \"carries\": [\"meal_cart\", \"linen_cart\"], \"slots\": 2, "
                                 "\"payload\": 500, \"quiet_speed\": 0.5,"
                                 " \"battery\": {\"wh\": 3840, \"move_w\": 350, \"idle_w\": 40, \"charge_w\": 3000, "
                                 "\"reserve\": 0.1, \"charge_low\": 0.25, \"charge_target\": 0.85}}],\n"
                                 "\"robots\": [{\"id\": \"R01\", \"class\": \"agv\"}]}\n";

static void a_class_says_what_it_carries_and_draws(void **state)
{
    (void)state;
    struct fleet_spec *f = fleet_of(able_fleet), *plain = fleet_of(base_fleet);
    const struct robot_class *c = &f->cls[0];
    assert_true(c->reversible);
    assert_int_equal(c->carriers, 2);
    assert_string_equal(c->carrier[1], "linen_cart");
    assert_int_equal(class_slots(c), 2);
    assert_int_equal(c->payload_g, 500000);
    assert_int_equal(c->quiet_speed_mm_s, 500);
    assert_int_equal(c->battery_wh, 3840);
    assert_int_equal(c->move_w, 350);
    assert_int_equal(c->idle_w, 40);
    assert_int_equal(c->charge_w, 3000);
    assert_int_equal(c->reserve_permille, 100);
    assert_int_equal(c->charge_low_permille, 250);
    assert_int_equal(c->charge_target_permille, 850);
    assert_int_equal(class_slots(&plain->cls[0]), 1);
    assert_int_equal(plain->cls[0].battery_wh, 0);
    fleet_spec_close(f);
    fleet_spec_close(plain);
}

static void what_a_class_is_able_to_reads_back_the_same(void **state)
{
    (void)state;
    struct fleet_spec *a = NULL;
    assert_int_equal(fleet_spec_hospital(3, 2, &a), ORD_OK);
    for (int i = 0; i < 2; i++) {
        char *bytes = NULL;
        size_t n = 0;
        FILE *out = open_memstream(&bytes, &n);
        assert_int_equal(fleet_spec_write(a, out), ORD_OK);
        fclose(out);
        struct fleet_spec *b = fleet_of(bytes);
        assert_true(a->hash == b->hash);
        assert_memory_equal(a->cls, b->cls, sizeof a->cls);
        fleet_spec_close(a);
        free(bytes);
        a = b;
    }
    fleet_spec_close(a);
}

static void abilities_that_cannot_be_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *where, *what;
    } bad[] = {
        { "[\"meal_cart\", \"linen_cart\"]", "[]", "classes[0].carries", "names nothing" },
        { "\"linen_cart\"", "\"a cart\"", "classes[0].carries[1]", "A-Z" },
        { "\"slots\": 2", "\"slots\": 9", "classes[0].slots", "1 to 8" },
        { "\"payload\": 500", "\"payload\": 0", "classes[0].payload", "from" },
        { "\"quiet_speed\": 0.5", "\"quiet_speed\": 1.6", "classes[0].quiet_speed", "faster" },
        { "\"reserve\": 0.1", "\"reserve\": 0.3", "classes[0].battery", "reserve" },
        { "\"charge_target\": 0.85", "\"charge_target\": 0.25", "classes[0].battery", "charge_target" },
        { "\"charge_target\": 0.85", "\"charge_target\": 85", "classes[0].battery.charge_target", "to 1" },
        { "\"move_w\"", "\"move\"", "classes[0].battery.move", "did you mean" },
        { "\"charge_w\": 3000, ", "", "classes[0].battery.charge_w", "missing" },
        { "\"reversible\": true", "\"reversible\": \"yes\"", "classes[0].reversible", "true or false" },
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fleet_spec *f = NULL;
        struct err_note note = { 0 };
        char *text = with(able_fleet, bad[i].from, bad[i].to);
        assert_true(fleet_spec_parse("t", text, strlen(text), &f, &note) < 0);
        if (!strstr(note.where, bad[i].where) || !strstr(note.what, bad[i].what))
            fail_msg("%s: %s: %s", bad[i].to, note.where, note.what);
        free(text);
    }
}

static struct site *small(const struct fleet_spec *f)
{
    struct err_note note;
    struct site *s = parsed(base_site);
    assert_int_equal(site_compile(s, f->classes, f->cls, &note), ORD_OK);
    return s;
}

static void robots_start_where_stated_else_on_free_refuges(void **state)
{
    (void)state;
    node_id start[2];
    struct err_note note = { 0 };
    struct fleet_spec *f = fleet_of(base_fleet);
    struct site *s = small(f);
    assert_int_equal(fleet_spec_place(f, s, start, &note), ORD_OK);
    assert_int_equal(start[0], site_node_by_id(s, "bay"));
    assert_int_equal(start[1], site_node_by_id(s, "bay2"));
    site_close(s);
    fleet_spec_close(f);
}

static void a_start_that_cannot_be_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *to, *what;
    } bad[] = {
        { "\"start\": \"nowhere\"", "nowhere" }, /* unknown node */
    };
    node_id start[3];
    struct err_note note = { 0 };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char *text = with(base_fleet, "\"start\": \"bay\"", bad[i].to);
        struct fleet_spec *f = fleet_of(text);
        struct site *s = small(f);
        assert_int_not_equal(fleet_spec_place(f, s, start, &note), ORD_OK);
        assert_non_null(strstr(note.where, "R01"));
        assert_non_null(strstr(note.what, bad[i].what));
        site_close(s);
        fleet_spec_close(f);
        free(text);
    }
    char *same = with(base_fleet, "\"version\": \"2.0\"", "\"start\": \"bay\""); /* both on one place */
    struct fleet_spec *f = fleet_of(same);
    struct site *s = small(f);
    assert_int_equal(fleet_spec_place(f, s, start, &note), ORD_EMAP);
    assert_non_null(strstr(note.where, "R02"));
    assert_non_null(strstr(note.what, "R01"));
    site_close(s);
    fleet_spec_close(f);
    free(same);
    assert_int_equal(fleet_spec_default(3, &f), ORD_OK); /* two refuges only */
    s = small(f);
    assert_int_equal(fleet_spec_place(f, s, start, &note), ORD_EMAP);
    assert_non_null(strstr(note.where, "R03"));
    site_close(s);
    fleet_spec_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fleet_is_read_with_its_defaults),
        cmocka_unit_test(a_rewritten_fleet_hashes_alike),
        cmocka_unit_test(each_robot_has_a_version_a_topic_and_quirks),
        cmocka_unit_test(the_built_in_fleet_is_the_demo_class),
        cmocka_unit_test(every_bad_fleet_is_refused_with_its_place),
        cmocka_unit_test(a_class_says_what_it_carries_and_draws),
        cmocka_unit_test(what_a_class_is_able_to_reads_back_the_same),
        cmocka_unit_test(abilities_that_cannot_be_are_refused_with_their_place),
        cmocka_unit_test(robots_start_where_stated_else_on_free_refuges),
        cmocka_unit_test(a_start_that_cannot_be_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
