/* The reader of orderly-rounds/1: what it takes, what it refuses and where it says so. */
#include "map_fixture.h"

static const char goods_of_site[] =
    ",\n\"goods\": ["
    "{\"id\": \"meal\", \"name\": " NAME(
        "meal") ", \"carrier\": \"meal_cart\", \"class\": \"food\", \"mass\": 120, \"priority\": 2},"
                "{\"id\": \"trays\", \"name\": " NAME(
                    "trays") ", \"carrier\": \"meal_cart\", \"class\": \"dirty\", \"mass\": 120, \"priority\": 4}]}";

static const char base_rounds[] =
    "{\"format\": \"orderly-rounds/1\", \"rounds\": [\n"
    " {\"id\": \"lunch\", \"stream\": \"meals\", \"name\": " NAME(
        "lunch") ", \"goods\": \"meal\", \"priority\": 1,"
                 " \"window\": [\"10:30\", \"12:00\"], \"days\": [\"mon\", \"sun\", \"holiday\"], \"at_start\": true, "
                 "\"known_min\": 90,"
                 " \"loads\": [{\"from\": \"sa\", \"to\": \"sb\", \"count\": 2}, {\"from\": \"sb\", \"to\": "
                 "\"sa\"}]},\n"
                 " {\"id\": \"back\", \"name\": " NAME(
                     "back") ", \"goods\": \"trays\", \"due_min\": 120,"
                             " \"after\": {\"round\": \"lunch\", \"minutes\": 60, \"spread_minutes\": 120.5}}],\n"
                             "\"pars\": [{\"from\": \"sa\", \"to\": \"sb\", \"goods\": \"meal\", \"par\": 12}]}";

static struct site *site_with_goods(void)
{
    char *text = with(base_site, "}]}\n", "}]");
    char *all = malloc(strlen(text) + sizeof goods_of_site);
    assert_non_null(all);
    sprintf(all, "%s%s", text, goods_of_site);
    struct site *s = parsed(all);
    free(text);
    free(all);
    return s;
}

static struct timetable *read_rounds(const char *text, const struct site *s)
{
    struct timetable *t = NULL;
    struct err_note note = { 0 };
    if (timetable_parse("r", text, strlen(text), s, &t, &note)) fail_msg("%s: %s", note.where, note.what);
    return t;
}

static void a_round_keeps_what_the_file_says(void **state)
{
    (void)state;
    struct site *s = site_with_goods();
    struct timetable *t = read_rounds(base_rounds, s);
    const struct timetable_round *lunch = &t->round[0], *back = &t->round[1];
    assert_int_equal(t->rounds, 2);
    assert_int_equal(t->loads, 2);
    assert_string_equal(lunch->stream, "meals");
    assert_string_equal(back->stream, "back");
    assert_int_equal(lunch->goods, site_goods_by_id(s, "meal"));
    assert_int_equal(lunch->priority, 1);
    assert_int_equal(back->priority, UINT8_MAX);
    assert_int_equal(lunch->when.from_min, 630);
    assert_int_equal(lunch->when.to_min, 720);
    assert_int_equal(lunch->when.days, 1 | 1 << 6 | 1 << 7);
    assert_true(lunch->at_start);
    assert_int_equal(lunch->due_ms, 0);
    assert_int_equal(lunch->known_ms, 90 * MS_MINUTE);
    assert_int_equal(back->known_ms, TIMETABLE_KNOWN_MS);
    assert_int_equal(t->load[0].count, 2);
    assert_int_equal(t->load[1].count, 1);
    assert_int_equal(t->load[1].from, site_station_by_id(s, "sb"));
    assert_int_equal(lunch->after, TIMETABLE_NONE);
    assert_int_equal(back->after, 0);
    assert_int_equal(back->after_ms, MS_HOUR);
    assert_int_equal(back->spread_ms, 120 * MS_MINUTE + 30 * MS_SECOND);
    assert_int_equal(back->loads, 0);
    assert_int_equal(t->pars, 1);
    assert_int_equal(t->par[0].par, 12);
    timetable_close(t);
    site_close(s);
}

static char *rounds_written(const struct timetable *t, const struct site *s)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    assert_non_null(f);
    assert_int_equal(timetable_write(t, s, f), ORD_OK);
    fclose(f);
    return bytes;
}

static void what_is_written_reads_back_the_same(void **state)
{
    (void)state;
    struct site *s = site_with_goods();
    struct timetable *a = read_rounds(base_rounds, s);
    char *once = rounds_written(a, s);
    struct timetable *b = read_rounds(once, s);
    char *twice = rounds_written(b, s);
    assert_string_equal(once, twice);
    assert_true(a->hash == b->hash);
    char *other = with(base_rounds, "\"par\": 12", "\"par\": 13");
    struct timetable *c = read_rounds(other, s);
    assert_true(a->hash != c->hash);
    timetable_close(a);
    timetable_close(b);
    timetable_close(c);
    site_close(s);
    free(once);
    free(twice);
    free(other);
}

static const struct {
    const char *from, *to, *where, *what;
} faults[] = {
    { "orderly-rounds/1", "orderly-rounds/2", "r: format", "orderly-rounds/1" },
    { "\"known_min\"", "\"know_min\"", "rounds[0].know_min", "did you mean" },
    { "\"goods\": \"meal\"", "\"goods\": \"meals\"", "rounds[0].goods", "knows no goods 'meals'" },
    { "\"to\": \"sb\"", "\"to\": \"sx\"", "rounds[0].loads[0].to", "no station 'sx'" },
    { "\"to\": \"sb\"", "\"to\": \"sa\"", "rounds[0].loads[0]", "to itself" },
    { "\"count\": 2", "\"count\": 0", "rounds[0].loads[0].count", "from 1 to" },
    { "10:30", "10:60", "rounds[0].window[0]", "no time of day" },
    { "12:00", "24:01", "rounds[0].window[1]", "no time of day" },
    { "12:00", "noon", "rounds[0].window[1]", "no time of day" },
    { ", \"12:00\"]", "]", "rounds[0].window", "[from, to]" },
    { "\"mon\"", "\"monday\"", "rounds[0].days[0]", "mon, tue" },
    { "[\"mon\", \"sun\", \"holiday\"]", "[]", "rounds[0].days", "no day" },
    { "\"priority\": 1", "\"priority\": 6", "rounds[0].priority", "0 to 5" },
    { "\"known_min\": 90", "\"known_min\": -1", "rounds[0].known_min", "from 0" },
    { "\"round\": \"lunch\"", "\"round\": \"dinner\"", "rounds[1].after.round", "no round 'dinner'" },
    { "\"round\": \"lunch\"", "\"round\": \"back\"", "rounds[1]", "follows itself" },
    { "\"id\": \"back\"", "\"id\": \"lunch\"", "rounds[1]", "taken by rounds[0]" },
    { "\"id\": \"back\"", "\"id\": \"a b\"", "rounds[1].id", "A-Z" },
    { ", \"due_min\": 120", "", "rounds[1]", "due_min" },
    { "\"due_min\": 120", "\"due_min\": 120, \"at_start\": true", "rounds[1].at_start", "from it" },
    { "\"par\": 12}", "\"par\": 0}", "pars[0].par", "from 1" },
    { "\"par\": 12}", "\"par\": 12}, {\"from\": \"sa\", \"to\": \"sb\", \"goods\": \"meal\", \"par\": 1}", "pars[1]",
      "pars[0] already" },
    { "\"pars\": [{\"from\": \"sa\"", "\"pars\": [{\"from\": \"sb\"", "pars[0]", "itself" },
};

static void every_fault_is_refused_with_its_place(void **state)
{
    (void)state;
    struct site *s = site_with_goods();
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct timetable *t = NULL;
        struct err_note note = { 0 };
        char *text = with(base_rounds, faults[i].from, faults[i].to);
        int err = timetable_parse("r", text, strlen(text), s, &t, &note);
        if (err >= 0 || t) fail_msg("taken: %s", faults[i].to);
        if (!strstr(note.where, faults[i].where)) fail_msg("%s: at %s: %s", faults[i].to, note.where, note.what);
        if (!strstr(note.what, faults[i].what)) fail_msg("%s: says %s", faults[i].to, note.what);
        free(text);
    }
    site_close(s);
}

static void a_missing_file_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct site *s = site_with_goods();
    struct timetable *t = NULL;
    struct err_note note = { 0 };
    assert_int_equal(timetable_open("/nowhere/x.rounds.json", s, &t, &note), ORD_ENOTFOUND);
    assert_non_null(strstr(note.where, "x.rounds.json"));
    site_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_keeps_what_the_file_says),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(every_fault_is_refused_with_its_place),
        cmocka_unit_test(a_missing_file_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
