#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/maps_io.h"

static struct site *make(struct generate_options o)
{
    struct site *s = NULL;
    struct import_report r;
    struct err_note note = { 0 };
    struct fleet_spec *f = NULL;
    assert_int_equal(generate_grid20(o, &s, &r, &note), ORD_OK);
    import_report_close(&r);
    assert_int_equal(fleet_spec_default(1, &f), ORD_OK);
    assert_int_equal(site_compile(s, 1, f->cls, &note), ORD_OK);
    fleet_spec_close(f);
    return s;
}

static const struct generate_options kinds[] = {
    { false, false, 1 }, { false, true, 2 },  { true, false, 3 },
    { true, true, 4 },   { true, false, 99 }, { false, true, 0 },
};

static void every_kind_has_sixty_stations_and_a_hundred_proven_refuges(void **state)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct site *s = make(kinds[k]);
        struct lint_report r;
        assert_int_equal(site_lint(s, 100, &r), ORD_OK);
        assert_int_equal(r.errors, 0);
        assert_int_equal(r.warnings, 0);
        assert_int_equal(r.refuges, 100);
        assert_int_equal(s->stations, 60);
        assert_int_equal(s->nodes, 20 * 20 + 60 + 100);
        site_check(s);
        lint_close(&r);
        site_close(s);
    }
}

/* A robot beside the aisle, parked or served, is in nobody's way but on its own lane. */
static void who_stands_beside_the_aisle_blocks_only_its_own_lanes(void **state)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct site *s = make(kinds[k]);
        for (node_id n = 400; n < s->nodes; n++) {
            struct conflict_list l = site_conflicts(s, 0, n, 0);
            for (uint32_t i = 0; i < l.count; i++) {
                if (l.item[i].res == n) continue;
                assert_true(l.item[i].res >= s->nodes);
                const struct site_edge *e = &s->edge[s->lane_edge[l.item[i].res - s->nodes]];
                assert_true(e->from == n || e->to == n);
            }
        }
        site_close(s);
    }
}

static void aisles_and_stations_are_what_was_asked_for(void **state)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct site *s = make(kinds[k]);
        uint32_t aisles = 0;
        for (edge_id e = 0; e < s->edges; e++) {
            if (s->edge[e].from >= 400 || s->edge[e].to >= 400) continue;
            aisles++;
            assert_int_equal(s->edge[e].length_mm, 3000);
            assert_int_equal(s->edge[e].twin == ID_NONE, kinds[k].one_way);
        }
        assert_int_equal(aisles, (kinds[k].one_way ? 1 : 2) * 2 * 20 * 19);
        for (station_id i = 0; i < s->stations; i++) {
            node_id n = s->station[i].node;
            assert_int_equal(s->in_start[n + 1] - s->in_start[n], 1);
            assert_int_equal(s->out_start[n + 1] - s->out_start[n], 1);
            node_id from = s->edge[s->in_edge[s->in_start[n]]].from, to = s->edge[s->out_edge[s->out_start[n]]].to;
            if (kinds[k].thru) assert_int_not_equal(site_edge_between(s, from, to), ID_NONE);
            else assert_int_equal(from, to);
        }
        site_close(s);
    }
}

static char *bytes_of(struct generate_options o)
{
    struct site *s = make(o);
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    assert_int_equal(site_write(s, f), ORD_OK);
    fclose(f);
    site_close(s);
    return bytes;
}

static void the_seed_decides_and_nothing_else(void **state)
{
    char *a = bytes_of((struct generate_options){ true, true, 7 }),
         *b = bytes_of((struct generate_options){ true, true, 7 }),
         *c = bytes_of((struct generate_options){ true, true, 8 });
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    free(a);
    free(b);
    free(c);
}

static int run(int argc, const char **argv)
{
    char *copy[16] = { 0 };
    for (int i = 0; i < argc; i++) copy[i] = strdup(argv[i]);
    char *kept[16];
    memcpy(kept, copy, sizeof kept); /* getopt moves the pointers about */
    int code = cmd_map(argc, copy);
    for (int i = 0; i < argc; i++) free(kept[i]);
    return code;
}

static void the_command_writes_a_map_that_reads_back(void **state)
{
    char path[] = "/tmp/test_generate_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *quiet = freopen("/dev/null", "w", stdout);
    const char *good[] = { "map",        "generate", "--preset", "grid20", "--aisles", "one-way",
                           "--stations", "thru",     "--seed",   "7",      "-o",       path };
    const char *bad_preset[] = { "map", "generate", "--preset", "grid21", "-o", path };
    const char *bad_aisles[] = { "map", "generate", "--preset", "grid20", "--aisles", "oneway", "-o", path };
    const char *bad_stations[] = { "map", "generate", "--preset", "grid20", "--stations", "", "-o", path };
    const char *bad_seed[] = { "map", "generate", "--preset", "grid20", "--seed", "x", "-o", path };
    const char *no_out[] = { "map", "generate", "--preset", "grid20" };
    assert_non_null(quiet);
    assert_int_equal(run(COUNT_OF(good), good), 0);
    assert_int_equal(run(COUNT_OF(bad_preset), bad_preset), 2);
    assert_int_equal(run(COUNT_OF(bad_aisles), bad_aisles), 2);
    assert_int_equal(run(COUNT_OF(bad_stations), bad_stations), 2);
    assert_int_equal(run(COUNT_OF(bad_seed), bad_seed), 2);
    assert_int_equal(run(COUNT_OF(no_out), no_out), 2);
    struct site *s = NULL, *t = make((struct generate_options){ true, true, 7 });
    struct err_note note;
    assert_int_equal(site_open(path, &s, &note), ORD_OK);
    assert_true(s->hash == t->hash);
    site_close(s);
    site_close(t);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_sixty_stations_and_a_hundred_proven_refuges),
        cmocka_unit_test(who_stands_beside_the_aisle_blocks_only_its_own_lanes),
        cmocka_unit_test(aisles_and_stations_are_what_was_asked_for),
        cmocka_unit_test(the_seed_decides_and_nothing_else),
        cmocka_unit_test(the_command_writes_a_map_that_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
