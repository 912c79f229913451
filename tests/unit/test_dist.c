#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "planner/dist.h"
#include "tiny_site.h"

static struct tiny tiny;
static uint8_t memory[1 << 16];

static struct dist *open_on(const struct site *s, uint16_t rows)
{
    struct dist *d;
    struct arena mem;
    assert_true(dist_memory(s, rows, 1) <= sizeof memory);
    arena_init(&mem, memory, dist_memory(s, rows, 1));
    assert_int_equal(dist_open(&d, &mem, s, rows, (struct access){ 0 }), ORD_OK);
    return d;
}

static void times_are_lengths_over_speed_and_whole_rides(void **state)
{
    struct site *s = tiny_two_levels(&tiny);
    struct dist *d = open_on(s, 4);
    const uint32_t *ms = dist_to(d, 0, TWO_WARD);
    assert_int_equal(ms[TWO_WARD], 0);
    assert_int_equal(ms[TWO_MIDDLE], 3000);
    assert_int_equal(ms[TWO_LOBBY], 6000);
    assert_int_equal(ms[TWO_CABIN_0], 9000);
    ms_t ride = 3000 + site_car_travel_ms(s, 0, 0, 1) + 3000;
    assert_int_equal(ms[TWO_CABIN_1], 9000 + ride);
    assert_int_equal(ms[TWO_PER_LEVEL + TWO_WARD], 18000 + ride);
}

static void a_one_way_lane_counts_only_in_its_direction(void **state)
{
    tiny_begin(&tiny, 1);
    for (node_id i = 0; i < 4; i++) tiny_node(&tiny, 0, TINY_STEP_MM * i, 0, 0);
    for (node_id i = 0; i < 4; i++) tiny_oneway(&tiny, i, (node_id)((i + 1) % 4));
    struct dist *d = open_on(tiny_done(&tiny), 2);
    const uint32_t *ms = dist_to(d, 0, 1);
    assert_int_equal(ms[0], 3000);
    assert_int_equal(ms[2], 3000 + 9000 + 3000); /* all the way round */
}

static void an_edge_limit_slows_and_never_speeds_up(void **state)
{
    struct site *s = tiny_corridor(&tiny, 3, 0);
    edge_id e = site_edge_between(s, 1, 0);
    tiny.edge[e].speed_mm_s = 500;
    assert_int_equal(edge_nominal_ms(s, 0, e), 6000);
    tiny.edge[e].speed_mm_s = 3000; /* faster than the robot */
    assert_int_equal(edge_nominal_ms(s, 0, e), 3000);
}

static void what_a_class_does_not_fit_is_no_way_for_it_alone(void **state)
{
    tiny_corridor(&tiny, 3, 0);
    tiny.site.classes = 2;
    tiny.site.cls[1] = tiny.site.cls[0];
    struct site *s = tiny_done(&tiny);
    tiny.fits[1 * s->edges + site_edge_between(s, 1, 0)] = 0;
    struct dist *d = open_on(s, 4);
    assert_int_equal(dist_to(d, 0, 0)[2], 6000);
    assert_true(dist_to(d, 1, 0)[2] == DIST_FAR);
    assert_true(dist_to(d, 1, 0)[1] == DIST_FAR);
    assert_int_equal(dist_to(d, 1, 2)[0], 6000); /* the other direction still fits */
}

static void forgetting_a_row_never_changes_an_answer(void **state)
{
    struct site *s = tiny_ring(&tiny, 12);
    struct dist *d = open_on(s, 2);
    uint32_t first[64];
    memcpy(first, dist_to(d, 0, 5), s->nodes * sizeof *first);
    for (node_id goal = 0; goal < s->nodes; goal++) (void)dist_to(d, 0, goal);
    assert_memory_equal(dist_to(d, 0, 5), first, s->nodes * sizeof *first);
}

static void two_rows_can_be_compared_side_by_side(void **state)
{
    struct site *s = tiny_ring(&tiny, 8);
    struct dist *d = open_on(s, 2);
    const uint32_t *a = dist_to(d, 0, 0), *b = dist_to(d, 0, 4);
    assert_ptr_not_equal(a, b);
    assert_int_equal(a[4], b[0]);
    assert_ptr_equal(dist_to(d, 0, 0), a); /* asked again: still there */
}

static void a_group_passes_only_what_is_open_to_it(void **state)
{
    struct site *s = tiny_ring(&tiny, 8);
    static uint8_t open[2 * 64];
    struct dist *d;
    struct arena mem;
    assert_true(2u * s->edges <= sizeof open);
    memset(open, 1, sizeof open);
    arena_init(&mem, memory, dist_memory(s, 4, 2));
    assert_int_equal(dist_open(&d, &mem, s, 4, (struct access){ .groups = 2, .open = open }), ORD_OK);
    profile_id shut = profile_of(s, 0, 1);
    uint32_t straight = dist_to(d, shut, 1)[0];
    open[s->edges + site_edge_between(s, 0, 1)] = 0;
    assert_int_equal(dist_to(d, shut, 1)[0], straight); /* not yet told */
    dist_access_changed(d);
    assert_true(dist_to(d, shut, 1)[0] > straight); /* round the other way */
    assert_int_equal(dist_to(d, profile_of(s, 0, 0), 1)[0], straight);
    assert_false(dist_usable(d, shut, site_edge_between(s, 0, 1)));
}

static void an_arena_that_is_too_small_is_refused(void **state)
{
    struct site *s = tiny_ring(&tiny, 8);
    struct dist *d = NULL;
    struct arena mem;
    size_t enough = dist_memory(s, 4, 1);
    for (size_t size = 0; size < enough; size += 512) {
        arena_init(&mem, memory, size);
        int err = dist_open(&d, &mem, s, 4, (struct access){ 0 });
        assert_true(err == ORD_EFULL || err == ORD_OK);
    }
    arena_init(&mem, memory, enough);
    assert_int_equal(dist_open(&d, &mem, s, 4, (struct access){ 0 }), ORD_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_lengths_over_speed_and_whole_rides),
        cmocka_unit_test(a_one_way_lane_counts_only_in_its_direction),
        cmocka_unit_test(an_edge_limit_slows_and_never_speeds_up),
        cmocka_unit_test(what_a_class_does_not_fit_is_no_way_for_it_alone),
        cmocka_unit_test(forgetting_a_row_never_changes_an_answer),
        cmocka_unit_test(two_rows_can_be_compared_side_by_side),
        cmocka_unit_test(a_group_passes_only_what_is_open_to_it),
        cmocka_unit_test(an_arena_that_is_too_small_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
