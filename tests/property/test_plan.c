/* Random floors, robots, goals and delays. Whatever happens, the judge agrees with the standing plan after every step,
 * claims never conflict, nobody waits for ever, and the same inputs give the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/state_hash.h"
#include "planner/plan.h"
#include "planner/plan_check.h"
#include "unit/tiny_random.h"

#define ROBOTS_MAX 6
#define SEEDS 120
#define MOVES 500

static struct tiny tiny;

struct world {
    struct site *site;
    uint16_t robots;
    class_id cls[ROBOTS_MAX];
    void *block;
    struct plan *plan;
    struct plan_judge *judge;
    ms_t now_ms;
    uint64_t seed;
};

static size_t world_bytes(const struct world *w)
{
    struct plan_config cfg = { .site = w->site, .robots = w->robots, .robot_class = w->cls, .expansions_max = 3000 };
    return plan_memory(&cfg) + plan_judge_memory(w->site, w->robots);
}

static void world_open(struct world *w)
{
    struct plan_config cfg = { .site = w->site, .robots = w->robots, .robot_class = w->cls, .expansions_max = 3000 };
    struct arena mem;
    w->block = malloc(world_bytes(w));
    arena_init(&mem, w->block, world_bytes(w));
    assert_int_equal(plan_open(&w->plan, &mem, &cfg), ORD_OK);
    assert_int_equal(plan_judge_open(&w->judge, &mem, w->site, w->robots), ORD_OK);
}

static void world_of(struct world *out, uint64_t seed)
{
    struct rng r = rng_stream(seed, "floor");
    struct tiny_wish wish = { .levels = (uint16_t)(1 + rng_below(&r, 2)),
                              .classes = (uint16_t)(1 + rng_below(&r, 2)),
                              .no_stop_millionths = rng_chance(&r, 500000) ? 300000 : 0,
                              .close_millionths = rng_chance(&r, 500000) ? 60000 : 0 };
    wish.cars = (uint16_t)(1 + rng_below(&r, 2));
    wish.core = (uint16_t)(4 + rng_below(&r, 7));
    *out = (struct world){ .seed = seed, .robots = (uint16_t)(2 + rng_below(&r, ROBOTS_MAX - 1)) };
    wish.refuges = (uint16_t)(out->robots + rng_below(&r, 3));
    out->site = tiny_random(&tiny, &r, &wish);
    for (uint16_t k = 0; k < out->robots; k++) out->cls[k] = (class_id)rng_below(&r, wish.classes);
    world_open(out);
    uint16_t placed = 0;
    for (node_id n = 0; n < out->site->nodes && placed < out->robots; n++)
        if (out->site->node[n].flags & NODE_REFUGE) assert_int_equal(plan_place(out->plan, placed++, n, 0, 0), ORD_OK);
    assert_int_equal(placed, out->robots);
}

static void world_close(struct world *w) { free(w->block); }

static void snap_plan(struct snap *s, void *p) { plan_snap(s, p); }
static uint64_t hash_of(const struct world *w) { return state_hash_of(snap_plan, w->plan); }

static void judged(struct world *w)
{
    struct plan_finding found;
    plan_verify(w->plan);
    int err = plan_check(w->judge, plan_of(w->plan, 0), w->cls, w->robots, &found);
    if (err)
        fail_msg("seed %llu at %lld: fault %d robot %u other %u step %u/%u res %u", (unsigned long long)w->seed,
                 (long long)w->now_ms, found.fault, found.robot, found.other, found.step, found.other_step, found.res);
}

static node_id any_station(const struct world *w, struct rng *r)
{
    return w->site->station[rng_below(r, w->site->stations)].node;
}

/* The floor is always unobstructed for those who stand in refuges, so a way exists. */
static bool all_at_home(const struct world *w)
{
    for (uint16_t r = 0; r < w->robots; r++) {
        const struct route *t = plan_of(w->plan, r);
        if (!t->placed || !t->complete || t->count != 1) return false;
    }
    return true;
}

static void give_goal(struct world *w, struct rng *r, uint16_t robot)
{
    const struct route *t = plan_of(w->plan, robot);
    if (!t->placed || (route_frontier(t)->flags & STEP_GOAL)) return;
    bool home = all_at_home(w);
    struct plan_request want = { rng_chance(r, 850000) ? any_station(w, r) : ID_NONE, rng_between(r, 0, 9000) };
    int err = plan_route(w->plan, robot, want, w->now_ms);
    if (err == ORD_EREFUSED) fail_msg("seed %llu: the judge refused a new route", (unsigned long long)w->seed);
    if (home && err)
        fail_msg("seed %llu: all at home and no way for robot %u to node %u: %d", (unsigned long long)w->seed, robot,
                 want.goal, err);
    judged(w);
}

static bool try_claim(struct world *w, uint16_t robot)
{
    uint16_t to = plan_next(w->plan, robot), by = ID_NONE;
    if (to == plan_of(w->plan, robot)->head) return false;
    if (plan_blocked(w->plan, robot, to, &by)) {
        assert_true(by < w->robots && by != robot);
        return false;
    }
    plan_claim(w->plan, robot, to);
    return true;
}

static bool try_drive(struct world *w, uint16_t robot)
{
    const struct route *t = plan_of(w->plan, robot);
    if (t->head > 0) {
        plan_reached(w->plan, robot, t->base + 1, w->now_ms);
        return true;
    }
    if (!(route_frontier(t)->flags & STEP_GOAL)) return false;
    plan_served(w->plan, robot, w->now_ms);
    return true;
}

/* One random thing happens to one robot; each robot has its own pace. */
static void something(struct world *w, struct rng *r, bool goals)
{
    uint16_t robot = (uint16_t)rng_below(r, w->robots);
    w->now_ms += rng_between(r, 0, 4000);
    uint32_t dice = rng_below(r, 100);
    if (goals && dice < 12) give_goal(w, r, robot);
    else if (dice < 15) plan_retime(w->plan, w->now_ms);
    else if (dice < 18 && !(route_frontier(plan_of(w->plan, robot))->flags & STEP_GOAL))
        plan_improve(w->plan, robot, (struct plan_request){ any_station(w, r), 1000 }, w->now_ms, 1000);
    else if (dice < 24) plan_tend(w->plan, w->now_ms);
    else if (dice < 27) plan_weigh(w->plan, robot, (uint16_t)(1 + rng_below(r, 300)));
    else if (dice < 60) try_claim(w, robot);
    else if (robot > 0 || dice < 75) try_drive(w, robot); /* robot 0 is slow */
    judged(w);
}

/* No more goals: everybody must get home by claims and driving alone. */
static void all_come_home(struct world *w, struct rng *r)
{
    for (;;) {
        bool moved = false;
        uint16_t first = (uint16_t)rng_below(r, w->robots);
        for (uint16_t k = 0; k < w->robots; k++) {
            uint16_t robot = (uint16_t)((first + k) % w->robots);
            moved = try_claim(w, robot) || moved;
            if (rng_chance(r, 600000) || !moved) moved = try_drive(w, robot) || moved;
        }
        judged(w);
        w->now_ms += rng_between(r, 1, 5000);
        if (!moved) break;
    }
    for (uint16_t robot = 0; robot < w->robots; robot++) {
        const struct route *t = plan_of(w->plan, robot);
        uint16_t by = ID_NONE;
        if (t->complete && t->count == 1 && t->step[0].node == t->refuge) continue;
        bool blocked =
            plan_next(w->plan, robot) != t->head && plan_blocked(w->plan, robot, plan_next(w->plan, robot), &by);
        fail_msg("seed %llu: robot %u never came home (at %u, %u steps to go, %s %d)", (unsigned long long)w->seed,
                 robot, t->step[0].node, t->count - 1, blocked ? "waits for" : "not blocked", blocked ? by : -1);
    }
}

static void every_plan_passes_the_judge_and_everybody_comes_home(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world w;
        world_of(&w, seed);
        struct rng r = rng_stream(seed, "life");
        for (int i = 0; i < MOVES; i++) something(&w, &r, true);
        all_come_home(&w, &r);
        world_close(&w);
    }
}

/* The same life twice, and once more broken off in the middle, saved, loaded elsewhere and lived on. */
struct bytes {
    uint8_t at[1 << 20];
    size_t n;
};
static struct bytes first_bytes, again_bytes;

static void put_bytes(void *ctx, const void *p, size_t n)
{
    struct bytes *b = ctx;
    assert_true(b->n + n <= sizeof b->at);
    memcpy(b->at + b->n, p, n);
    b->n += n;
}

static void save(struct plan *p, struct bytes *b)
{
    b->n = 0;
    struct snap s = snap_saver(put_bytes, b);
    plan_snap(&s, p);
}

static void reload(struct world *w)
{
    save(w->plan, &first_bytes);
    world_close(w);
    world_open(w);
    struct snap s = snap_loader(first_bytes.at, first_bytes.n);
    plan_snap(&s, w->plan);
    assert_true(snap_ok(&s));
    save(w->plan, &again_bytes);
    assert_int_equal(again_bytes.n, first_bytes.n);
    assert_memory_equal(again_bytes.at, first_bytes.at, first_bytes.n);
}

static uint64_t live(uint64_t seed, int break_at)
{
    struct world w;
    world_of(&w, seed);
    struct rng r = rng_stream(seed, "life");
    for (int i = 0; i < MOVES / 2; i++) {
        if (i == break_at) reload(&w);
        something(&w, &r, true);
    }
    uint64_t h = hash_of(&w);
    world_close(&w);
    return h;
}

static void the_same_inputs_give_the_same_bytes(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS / 4; seed++) assert_true(live(seed, -1) == live(seed, -1));
}

static void a_saved_plan_lives_on_as_if_never_saved(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS / 4; seed++)
        if (live(seed, -1) != live(seed, (int)(seed * 7 % (MOVES / 2))))
            fail_msg("seed %llu", (unsigned long long)seed);
}

/* A damaged snapshot is refused or yields a plan whose indices point into the site; it never brings the program down.
 * */
static void a_damaged_snapshot_is_refused_or_harmless(void **state)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world w;
        world_of(&w, seed);
        struct rng r = rng_stream(seed, "life");
        for (int i = 0; i < 100; i++) something(&w, &r, true);
        save(w.plan, &first_bytes);
        for (int k = 0; k < 60; k++) {
            memcpy(again_bytes.at, first_bytes.at, first_bytes.n);
            again_bytes.n = k % 3 == 0 ? rng_below(&r, (uint32_t)first_bytes.n) : first_bytes.n;
            for (uint32_t hits = rng_below(&r, 4); hits > 0 && again_bytes.n; hits--)
                again_bytes.at[rng_below(&r, (uint32_t)again_bytes.n)] ^= (uint8_t)(1u << rng_below(&r, 8));
            struct snap s = snap_loader(again_bytes.at, again_bytes.n);
            plan_snap(&s, w.plan);
            if (again_bytes.n < first_bytes.n) assert_false(snap_ok(&s));
        }
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_passes_the_judge_and_everybody_comes_home),
        cmocka_unit_test(the_same_inputs_give_the_same_bytes),
        cmocka_unit_test(a_saved_plan_lives_on_as_if_never_saved),
        cmocka_unit_test(a_damaged_snapshot_is_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
