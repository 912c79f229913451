/* The board of hops: what one hop is, and who stands in its way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tiny_board.h"

static struct tiny tiny;

static hop_id hop_between(const struct hops *h, node_id a, node_id b)
{
    for (hop_id i = h->out_start[a]; i < h->out_start[a + 1]; i++)
        if (h->hop[i].to == b) return i;
    return HOP_NONE;
}

static void a_ride_is_one_hop_from_lobby_to_lobby(void **state)
{
    struct board b;
    board_open(&b, tiny_two_levels(&tiny), 1);
    const struct hops *h = b.hops;
    hop_id up = hop_between(h, TWO_LOBBY, TWO_PER_LEVEL + TWO_LOBBY);
    assert_true(up != HOP_NONE && h->whole);
    assert_int_equal(h->hop[up].edges, 3); /* in, up, out */
    assert_int_equal(h->hop[up].blocks, 1);
    assert_int_equal(hop_block(h, up)[0], TWO_PER_LEVEL + TWO_LOBBY);
    assert_int_equal(h->hop[h->hop[up].back].to, TWO_LOBBY);
    assert_int_equal(hop_between(h, TWO_LOBBY, TWO_CABIN_0), HOP_NONE);
    board_close(&b);
    (void)state;
}

static void who_stands_too_close_to_a_lane_blocks_its_hops(void **state)
{
    struct board b;
    uint16_t occupant[TINY_NODES] = { 0 };
    tiny_corridor(&tiny, 4, 2);
    lane_id lane = tiny.site.edge[site_edge_between(&tiny.site, 1, 2)].lane;
    tiny_conflict(&tiny, res_lane(&tiny.site, lane), 4); /* the bay below node 0 */
    board_open(&b, tiny_done(&tiny), 1);
    hop_id hop = hop_between(b.hops, 1, 2);
    assert_int_equal(b.hops->hop[hop].blocks, 2);
    assert_true(hop_free(b.hops, hop, occupant));
    occupant[4] = 1;
    assert_false(hop_free(b.hops, hop, occupant));
    assert_true(hop_free(b.hops, hop_between(b.hops, 0, 1), occupant));
    board_close(&b);
    (void)state;
}

static void a_one_way_lane_has_no_hop_back(void **state)
{
    struct board b;
    tiny_begin(&tiny, 1);
    for (int i = 0; i < 3; i++) tiny_node(&tiny, 0, i * TINY_STEP_MM, 0, 0);
    tiny_lane(&tiny, 0, 1);
    tiny_oneway(&tiny, 1, 2);
    board_open(&b, tiny_done(&tiny), 1);
    assert_true(b.hops->hop[hop_between(b.hops, 0, 1)].back != HOP_NONE);
    assert_int_equal(b.hops->hop[hop_between(b.hops, 1, 2)].back, HOP_NONE);
    assert_int_equal(hop_between(b.hops, 2, 1), HOP_NONE);
    board_close(&b);
    (void)state;
}

static void a_detour_through_places_without_stop_is_left_out(void **state)
{
    struct board b;
    tiny_begin(&tiny, 1);
    tiny_node(&tiny, 0, 0, 0, 0);
    tiny_node(&tiny, 0, TINY_STEP_MM, 0, 0);
    tiny_node(&tiny, 0, 0, TINY_STEP_MM, NODE_NO_STOP);
    tiny_lane(&tiny, 0, 1);
    tiny_lane(&tiny, 0, 2);
    tiny_lane(&tiny, 2, 1);
    board_open(&b, tiny_done(&tiny), 1);
    assert_int_equal(b.hops->count, 2); /* straight there and straight back */
    board_close(&b);
    (void)state;
}

static void hops_agree_with_the_site_on_random_boards(void **state)
{
    struct rng r = rng_stream(1, "test_hops");
    for (int i = 0; i < 200; i++) {
        struct board b;
        board_random(&tiny, &r, 8, 3, true);
        board_open(&b, board_spoil(&tiny, &r), 2);
        for (hop_id k = 0; k < b.hops->count; k++) {
            const struct hop *hop = &b.hops->hop[k];
            for (node_id n = 0; n < b.site->nodes; n++) { /* robot 1 stands at n, robot 0 drives the hop */
                struct crowd_move move = { 0, k };
                node_id at[2];
                uint16_t occupant[TINY_NODES] = { 0 };
                if (!node_stoppable(b.site, n) || site_conflict(b.site, 0, n, 0, hop->from, NULL)) continue;
                b.start[0] = hop->from;
                b.start[1] = n;
                occupant[n] = 2;
                assert_int_equal(hop_free(b.hops, k, occupant), board_replay(&b, &move, 1, at) == 1);
            }
        }
        board_close(&b);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ride_is_one_hop_from_lobby_to_lobby),
        cmocka_unit_test(who_stands_too_close_to_a_lane_blocks_its_hops),
        cmocka_unit_test(a_one_way_lane_has_no_hop_back),
        cmocka_unit_test(a_detour_through_places_without_stop_is_left_out),
        cmocka_unit_test(hops_agree_with_the_site_on_random_boards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
