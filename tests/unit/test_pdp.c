#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/rng.h"
#include "planner/pdp.h"

#define NODES 61

static int32_t distance[NODES * NODES];
static int64_t early[NODES], late[NODES], service[NODES];
static int32_t x[NODES], y[NODES];
static struct pdp_request request[NODES];
static struct pdp_problem p;
static uint8_t memory[16 << 20];

static void measure(void)
{
    for (int a = 0; a < p.nodes; a++)
        for (int b = 0; b < p.nodes; b++) {
            int64_t dx = x[a] - x[b], dy = y[a] - y[b], q = dx * dx + dy * dy, root = isqrt64(q);
            distance[a * p.nodes + b] = (int32_t)(root * root == q ? root : root + 1);
        }
}

/* Random windows, wide or narrow; each request can be served alone. */
static void town(uint64_t seed, uint16_t requests, bool pairs, int64_t width)
{
    struct rng r = rng_stream(seed, "town");
    p = (struct pdp_problem){ .nodes = (uint16_t)(1 + requests * (pairs ? 2 : 1)),
                              .requests = requests,
                              .distance = distance,
                              .early = early,
                              .late = late,
                              .service = service,
                              .request = request,
                              .capacity = 40 };
    for (int a = 0; a < p.nodes; a++) {
        x[a] = (int32_t)rng_below(&r, 1000);
        y[a] = (int32_t)rng_below(&r, 1000);
        service[a] = a ? rng_below(&r, 50) : 0;
    }
    measure();
    early[0] = 0;
    late[0] = 20000;
    for (uint16_t i = 0; i < requests; i++) {
        uint16_t a = (uint16_t)(pairs ? 2 * i + 1 : 0), b = (uint16_t)(pairs ? 2 * i + 2 : i + 1);
        int64_t at = 2000 + rng_below(&r, 6000);
        request[i] = (struct pdp_request){ a, b, 5 + (int32_t)rng_below(&r, 15) };
        if (pairs) {
            early[a] = at;
            late[a] = at + width;
            at += service[a] + distance[a * p.nodes + b] + rng_below(&r, 1000);
        }
        early[b] = at;
        late[b] = at + width;
    }
}

static struct pdp *open_pdp(uint64_t seed)
{
    struct arena mem;
    struct pdp *s = NULL;
    uint16_t which;
    assert_true(pdp_memory(&p) <= sizeof memory);
    arena_init(&mem, memory, pdp_memory(&p));
    assert_int_equal(pdp_open(&s, &mem, &p, seed, &which), ORD_OK);
    return s;
}

static void run(struct pdp *s, uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++) pdp_step(s, (uint32_t)((uint64_t)i * PDP_DONE / steps));
}

static void every_answer_is_sound_and_never_worse(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        town(seed, 30, seed % 2, 200 + 1000 * (int64_t)(seed % 3));
        struct pdp *s = open_pdp(seed);
        uint16_t vehicles = pdp_vehicles(s);
        int64_t d = pdp_distance(s);
        for (uint32_t i = 0; i < 120; i++) {
            pdp_step(s, i * PDP_DONE / 120);
            pdp_check(s);
            assert_true(pdp_vehicles(s) < vehicles || (pdp_vehicles(s) == vehicles && pdp_distance(s) <= d));
            assert_true(pdp_vehicles(s) >= pdp_bound(s));
            vehicles = pdp_vehicles(s);
            d = pdp_distance(s);
        }
    }
}

static void equal_steps_give_equal_routes(void **state)
{
    (void)state;
    uint16_t route[8][NODES], count[8], vehicles = 0;
    int64_t d = 0;
    town(7, 30, true, 2000);
    for (int again = 0; again < 2; again++) {
        struct pdp *s = open_pdp(3);
        run(s, 150);
        if (again) assert_int_equal(pdp_vehicles(s), vehicles);
        if (again) assert_int_equal(pdp_distance(s), d);
        vehicles = pdp_vehicles(s);
        d = pdp_distance(s);
        for (uint16_t k = 0; k < vehicles && k < 8; k++) {
            const uint16_t *node;
            uint16_t n = pdp_route(s, k, &node);
            if (again) assert_int_equal(n, count[k]);
            if (again) assert_memory_equal(node, route[k], n * sizeof *node);
            count[k] = n;
            memcpy(route[k], node, n * sizeof *node);
        }
    }
}

static void one_vehicle_does_what_two_did(void **state)
{
    (void)state;
    town(1, 2, true, 0);
    /* two pairs on one line, far apart in time: the first answer may use what it likes, the bound is one */
    int32_t at[5] = { 0, 100, 200, 300, 400 };
    for (int a = 0; a < 5; a++) {
        x[a] = at[a];
        y[a] = 0;
        service[a] = 0;
        early[a] = 0;
        late[a] = 10000;
    }
    measure();
    struct pdp *s = open_pdp(1);
    run(s, 20);
    assert_int_equal(pdp_vehicles(s), 1);
    assert_int_equal(pdp_distance(s), 800);
    pdp_check(s);
}

/* All orders of all stops on one vehicle. */
static int64_t best_of_one(uint8_t *left, uint16_t from, int64_t at, int64_t load, int64_t so_far, uint16_t to_do)
{
    int64_t best = INT64_MAX;
    if (to_do == 0) return at + distance[from * p.nodes] <= late[0] ? so_far + distance[from * p.nodes] : INT64_MAX;
    for (uint16_t i = 0; i < p.requests; i++) {
        if (left[i] == 0) continue;
        uint16_t node = left[i] == 2 ? request[i].pick : request[i].drop;
        int64_t next = at + distance[from * p.nodes + node], size = left[i] == 2 ? request[i].size : -request[i].size;
        next = next > early[node] ? next : early[node];
        if (next > late[node] || load + size > p.capacity) continue;
        left[i]--;
        int64_t c = best_of_one(left, node, next + service[node], load + size, so_far + distance[from * p.nodes + node],
                                to_do - 1u);
        left[i]++;
        best = c < best ? c : best;
    }
    return best;
}

static void small_problems_are_solved_to_the_best(void **state)
{
    (void)state;
    int tried = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint8_t left[4] = { 2, 2, 2, 2 };
        town(seed, 4, true, 6000);
        int64_t best = best_of_one(left, 0, 0, 0, 0, 8);
        struct pdp *s = open_pdp(seed);
        run(s, 60);
        if (best == INT64_MAX) {
            assert_true(pdp_vehicles(s) > 1);
            continue;
        }
        assert_int_equal(pdp_vehicles(s), 1);
        assert_int_equal(pdp_distance(s), best);
        tried++;
    }
    assert_true(tried >= 5);
}

static void a_request_nobody_can_serve_is_named(void **state)
{
    (void)state;
    struct arena mem;
    struct pdp *s = NULL;
    uint16_t which;
    town(5, 6, true, 500);
    late[request[4].drop] = early[request[4].pick];
    early[request[4].drop] = 0;
    arena_init(&mem, memory, sizeof memory);
    assert_int_equal(pdp_open(&s, &mem, &p, 1, &which), ORD_ERANGE);
    assert_int_equal(which, 4);
}

static void windows_that_exclude_one_another_bound_the_vehicles(void **state)
{
    (void)state;
    town(9, 8, false, 0);
    for (uint16_t a = 1; a < p.nodes; a++) {
        early[a] = late[a] = 5000; /* all at one moment, at different places */
        service[a] = 10;
        request[a - 1].size = 1;
    }
    struct pdp *s = open_pdp(1);
    assert_int_equal(pdp_bound(s), 8);
    assert_int_equal(pdp_vehicles(s), 8);
    pdp_check(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_sound_and_never_worse),
        cmocka_unit_test(equal_steps_give_equal_routes),
        cmocka_unit_test(one_vehicle_does_what_two_did),
        cmocka_unit_test(small_problems_are_solved_to_the_best),
        cmocka_unit_test(a_request_nobody_can_serve_is_named),
        cmocka_unit_test(windows_that_exclude_one_another_bound_the_vehicles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
