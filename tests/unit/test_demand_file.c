/* orderly-demand/1 is read strictly: every mistake is named with its place, nothing is half read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/text.h"
#include "core/msg.h"
#include "scenario/small_site.h"
#include "sim/demand_file.h"
#include "sim/experiment.h"
#include "sim/preset.h"

static struct small_site small;
static struct site_goods kinds[2];
static struct fleet_robot robots[2];
static struct fleet_spec spec;
static struct err_note note;

static struct demand_file *parsed(const char *json)
{
    struct demand_file *d = NULL;
    struct site *s = small_site_open(&small);
    small.elevator[0].people = true;
    kinds[0] = (struct site_goods){ .id = "meal", .carrier = "cart" };
    kinds[1] = (struct site_goods){ .id = "drug", .carrier = "tote" };
    s->goods = 2;
    s->good = kinds;
    snprintf(robots[0].id, sizeof robots[0].id, "R1");
    snprintf(robots[1].id, sizeof robots[1].id, "R2");
    spec = (struct fleet_spec){ .robots = 2, .robot = robots };
    memset(&note, 0, sizeof note);
    int err = demand_file_parse("d.json", json, strlen(json), s, &spec, &d, &note);
    assert_true(err == ORD_OK || d == NULL);
    return d;
}

#define FLAT                                                                                                        \
    "\"profiles\":{\"flat\":[0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04,0.04," \
    "0.04,0.04,0.04,0.05,0.05,0.05,0.05]}"
#define HEAD "{\"format\":\"orderly-demand/1\"," FLAT ","

static void a_whole_file_is_read(void **state)
{
    struct demand_file *d = parsed(
        HEAD
        "\"streams\":[{\"id\":\"a\",\"name\":{\"zh\":\"甲\",\"en\":\"A\"},\"goods\":\"drug\",\"priority\":1,"
        "\"due_min\":20,\"profile\":\"flat\",\"weekend\":0.5,\"flows\":[{\"from\":\"S0\",\"to\":[\"S1\",\"S2\"],"
        "\"per_day\":2.88}]}],"
        "\"surge\":{\"factor\":2,\"window\":[\"08:00\",\"12:00\"]},"
        "\"service\":{\"jitter_s\":180,\"wash_s\":300,\"attended\":[\"tote\"],\"places\":[{\"kind\":\"generic\","
        "\"answer\":{\"median_s\":90,\"sigma\":0.9,\"most_s\":600}},{\"station\":\"S2\",\"prepare_s\":75}]},"
        "\"people\":{\"elevators\":[\"E1\"],\"share\":0.5,\"door_retry\":0.02,\"trips\":[{\"id\":\"visitor\","
        "\"per_day\":900,\"profile\":\"flat\",\"rank\":3,\"load_s\":[2.2,2.4],\"area_m2\":0.28,\"ends\":[\"L0\"]}]},"
        "\"faults\":[{\"kind\":\"car_out\",\"target\":\"E1\",\"from\":\"10:00\",\"to\":\"13:00\"},"
        "{\"kind\":\"mains\",\"from\":\"18:10\",\"to\":\"19:00\"},"
        "{\"kind\":\"robot_dies\",\"target\":\"R2\",\"from\":\"09:15\"}]}");
    assert_non_null(d);
    assert_int_equal(d->streams, 1);
    assert_int_equal(d->pairs, 2);
    assert_int_equal(d->stream[0].per_day_milli, 5760);
    assert_int_equal(d->stream[0].goods, 1);
    assert_int_equal(d->stream[0].due_ms, 20 * MS_MINUTE);
    assert_int_equal(d->pair[1].to, 2);
    assert_int_equal(d->surge_permille, 2000);
    assert_int_equal(d->surge_to_min, 720);
    assert_int_equal(d->attended, 2);
    assert_int_equal(d->place[0].answer.median_ms, 90000);
    assert_int_equal(d->place[2].answer.median_ms, 0); /* the later entry replaces the whole of the earlier one */
    assert_int_equal(d->place[2].prepare_ms, 75000);
    assert_int_equal(d->trip[0].per_day_milli, 450000);
    assert_int_equal(d->trip[0].area_cm2, 2800);
    assert_int_equal(d->faults, 3);
    assert_int_equal(d->fault[0].to_ms, 13 * MS_HOUR);
    assert_int_equal(d->fault[2].target, 1);
    assert_int_equal(d->fault[2].to_ms, MS_NEVER);
    demand_file_close(d);
}

static void every_mistake_is_named_with_its_place(void **state)
{
    static const struct {
        const char *json, *where, *what;
    } bad[] = {
        { "{\"format\":\"orderly-demand/2\"}", "format", "orderly-demand/1" },
        { "{\"format\":\"orderly-demand/1\",\"stream\":[]}", "stream", "streams" },
        { "{\"format\":\"orderly-demand/1\",\"base\":\"h900\"}", "base", "h900" },
        { "{\"format\":\"orderly-demand/1\",\"profiles\":{\"x\":[1,0]}}", "profiles.x", "24" },
        { "{\"format\":\"orderly-demand/1\",\"profiles\":{\"x\":[1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}}",
          "profiles.x", "not to 1" },
        { HEAD "\"streams\":[{\"id\":\"a\",\"profile\":\"steep\",\"flows\":[]}]}", "streams[0].profile", "steep" },
        { HEAD "\"streams\":[{\"id\":\"a\",\"profile\":\"flat\",\"flows\":[{\"from\":\"S0\",\"to\":\"S9\","
               "\"per_day\":1}]}]}",
          "streams[0].flows[0].to", "S9" },
        { HEAD "\"streams\":[{\"id\":\"a\",\"profile\":\"flat\",\"flows\":[{\"from\":\"S0\",\"to\":\"S0\","
               "\"per_day\":1}]}]}",
          "streams[0].flows[0].to", "itself" },
        { HEAD "\"streams\":[{\"id\":\"a\",\"goods\":\"gold\",\"profile\":\"flat\",\"flows\":[]}]}", "streams[0].goods",
          "gold" },
        { HEAD "\"streams\":[{\"id\":\"a\",\"profile\":\"flat\",\"flows\":[]},{\"id\":\"a\",\"profile\":\"flat\","
               "\"flows\":[]}]}",
          "streams[1].id", "'a'" },
        { HEAD "\"surge\":{\"factor\":0.5,\"window\":[\"08:00\",\"12:00\"]}}", "surge.factor", "" },
        { HEAD "\"surge\":{\"factor\":2,\"window\":[\"12:00\",\"08:00\"]}}", "surge.window", "day" },
        { HEAD "\"service\":{\"attended\":[\"crate\"]}}", "service.attended[0]", "crate" },
        { HEAD "\"service\":{\"places\":[{\"answer\":{\"median_s\":1}}]}}", "service.places[0]", "station" },
        { HEAD "\"people\":{\"elevators\":[\"E7\"]}}", "people.elevators[0]", "E7" },
        { HEAD "\"people\":{\"trips\":[{\"id\":\"v\",\"per_day\":1,\"profile\":\"flat\",\"rank\":0,\"load_s\":[1,2],"
               "\"area_m2\":1}]}}",
          "people", "elevators" },
        { HEAD "\"faults\":[{\"kind\":\"flood\",\"from\":\"10:00\"}]}", "faults[0].kind", "car_out" },
        { HEAD "\"faults\":[{\"kind\":\"robot_dies\",\"target\":\"R7\",\"from\":\"10:00\"}]}", "faults[0].target",
          "R7" },
        { HEAD "\"faults\":[{\"kind\":\"car_dies\",\"target\":\"E1\",\"from\":\"10:00\",\"to\":\"09:00\"}]}",
          "faults[0].to", "later" },
        { HEAD "\"faults\":[{\"kind\":\"mains\",\"target\":\"E1\",\"from\":\"10:00\"}]}", "faults[0].target",
          "everywhere" },
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct demand_file *d = parsed(bad[i].json);
        if (d || !strstr(note.where, bad[i].where) || !strstr(note.what, bad[i].what))
            print_message("  case %zu: %s: %s\n", i, note.where, note.what);
        assert_null(d);
        assert_non_null(strstr(note.where, bad[i].where));
        assert_non_null(strstr(note.what, bad[i].what));
    }
}

static void a_missing_file_is_said_so(void **state)
{
    struct demand_file *d = NULL;
    struct site *s = small_site_open(&small);
    assert_int_equal(demand_file_open("/nowhere/d.json", s, &spec, &d, &note), ORD_ENOTFOUND);
    assert_null(d);
    assert_non_null(strstr(note.where, "/nowhere/d.json"));
}

/* ---- what is built in ---- */
static void every_experiment_opens_with_its_streams_and_faults(void **state)
{
    for (size_t i = 0; i < experiments_count; i++) {
        struct sim_set set;
        int err = experiment_open(&experiments[i], &set, &note);
        if (err) print_message("  %s: %s: %s\n", experiments[i].name, note.where, note.what);
        assert_int_equal(err, ORD_OK);
        assert_int_equal(set.fleet->robots, experiments[i].heavy + experiments[i].cabinet);
        assert_int_equal(set.demand->streams, 5);
        uint32_t loads = 0;
        for (uint16_t r = 0; r < set.timetable->rounds; r++)
            for (uint16_t k = 0; k < set.timetable->round[r].loads; k++)
                loads += set.timetable->load[set.timetable->round[r].first_load + k].count;
        assert_int_equal(loads, strcmp(experiments[i].hospital, "h500") == 0 ? 423 : 1288);
        sim_set_close(&set);
    }
    assert_null(experiment_named("h500-abnormal"));
    assert_non_null(experiment_named("h500-fire"));
}

static void a_file_on_a_base_takes_what_it_does_not_say_itself(void **state)
{
    struct sim_set set;
    assert_int_equal(experiment_open(experiment_named("h500-surge"), &set, &note), ORD_OK);
    assert_int_equal(set.demand->surge_permille, 2000);
    assert_int_equal(set.demand->streams, 5);
    assert_int_equal(set.demand->cars, 1);
    int64_t per_day = 0;
    for (uint8_t i = 0; i < set.demand->streams; i++) per_day += set.demand->stream[i].per_day_milli;
    assert_int_equal(per_day, 164500); /* as the demand model counts: 36 + 27 + 52 + 45 + 4.5 a day */
    sim_set_close(&set);
    assert_int_equal(experiment_open(experiment_named("h500-onelift"), &set, &note), ORD_OK);
    assert_int_equal(set.demand->trips, 0); /* its base speaks of an elevator that this hospital has not */
    assert_int_equal(set.site->elevators, 1);
    sim_set_close(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_read),
        cmocka_unit_test(every_mistake_is_named_with_its_place),
        cmocka_unit_test(a_missing_file_is_said_so),
        cmocka_unit_test(every_experiment_opens_with_its_streams_and_faults),
        cmocka_unit_test(a_file_on_a_base_takes_what_it_does_not_say_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
