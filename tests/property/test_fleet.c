/* The core fed with lives: honest ones over bad links, and hostile ones. After every input fleet_check holds
 * (tiny_fleet.h sees to it); a refused input changes nothing; any life replays to the same bytes, also from a
 * snapshot in its middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "unit/tiny_fleet.h"
#include "unit/tiny_random.h"

static struct tiny tiny;

static struct tf *fleet_of(struct rng *r, bool with_doors, uint16_t levels)
{
    struct tiny_wish wish = {
        .levels = levels, .cars = (uint16_t)(1 + rng_below(r, 2)), .classes = 1, .core = (uint16_t)(4 + rng_below(r, 6))
    };
    uint16_t robots = (uint16_t)(1 + rng_below(r, 4));
    wish.refuges = (uint16_t)(robots + 1);
    tiny_random(&tiny, r, &wish);
    if (with_doors) {
        lane_id l = (lane_id)rng_below(r, wish.core / 2);
        tiny_door(&tiny, l);
    }
    return tf_open(&tiny.site, robots);
}

static void all_come_online(struct tf *t)
{
    robot_id r = 0;
    for (node_id n = 0; n < t->site->nodes && r < t->robots; n++)
        if (t->site->node[n].flags & NODE_REFUGE) tf_online(t, r++, n);
}

/* ---- honest lives: messages get lost, come late and twice, cars and robots are slow ---- */

static void some_robot_does_something(struct tf *t, struct rng *r)
{
    robot_id id = (robot_id)rng_below(r, t->robots);
    struct tf_robot *k = &t->robot[id];
    uint32_t dice = rng_below(r, 100);
    if (dice < 25) {
        tf_accept_new(t, id);
    } else if (dice < 80) {
        if (!tf_work(t, id)) tf_drive(t, id);
    } else if (k->has_order) { /* says again what it said before */
        uint16_t old = (uint16_t)rng_below(r, k->at + 1u);
        tf_fact(t, id, FACT_REACHED, k->base[old].node, k->order, k->base[old].seq);
        tf_fact(t, id, FACT_ACK, ID_NONE, k->order, k->update ? k->update - 1 : 0);
        if (k->worked[old] && k->base[old].action.kind != ACT_NONE)
            tf_fact(t, id, FACT_ACTION, ID_NONE, k->base[old].action.number, VDA_FINISHED);
    }
}

static void the_building_does_something(struct tf *t, struct rng *r)
{
    for (elevator_id e = 0; e < t->site->elevators; e++) {
        if (rng_chance(r, 600000)) tf_car_obeys(t, e);
        else if (rng_chance(r, 100000))
            tf_car(t, e, (level_id)rng_below(r, t->site->levels), DOOR_MOVING, ELEVATOR_AGV, t->call[e].generation);
    }
    for (door_id d = 0; d < t->site->doors; d++)
        if (rng_chance(r, 600000)) tf_door_obeys(t, d);
}

static void a_link_comes_or_goes(struct tf *t, struct rng *r)
{
    robot_id id = (robot_id)rng_below(r, t->robots);
    struct tf_robot *k = &t->robot[id];
    switch (rng_below(r, 4)) {
    case 0: tf_fact(t, id, FACT_SILENT, ID_NONE, 0, 0); break;
    case 1: tf_fact(t, id, FACT_OFFLINE, ID_NONE, 0, 0); break;
    case 2:
        tf_host_starts(t, rng_u64(r));
        for (robot_id i = 0; i < t->robots; i++) tf_fact(t, i, FACT_ONLINE, ID_NONE, 0, 0);
        break;
    default: /* it reboots and forgets its order */
        if (!k->has_order || k->at + 1 < k->count) break;
        tf_fact(t, id, FACT_LOST_ORDER, ID_NONE, k->order, 0);
        tf_fact(t, id, FACT_STANDS, tf_stands(t, id)->node, 0, 0);
        *k = (struct tf_robot){ .accepted = t->orders[id] };
    }
    tf_fact(t, id, FACT_ONLINE, ID_NONE, 0, 0);
}

static void an_honest_life(struct tf *t, struct rng *r, int moves)
{
    tf_host_starts(t, rng_u64(r));
    for (elevator_id e = 0; e < t->site->elevators; e++) tf_car_obeys(t, e);
    all_come_online(t);
    for (int i = 0; i < moves; i++) {
        t->now_ms += rng_between(r, 0, 1500);
        uint32_t dice = rng_below(r, 100);
        if (dice < 6)
            tf_job_p(t, (station_id)rng_below(r, t->site->stations + 1u), (station_id)rng_below(r, t->site->stations),
                     (uint8_t)rng_below(r, 7));
        else if (dice < 9) tf_cancel(t, rng_below(r, fleet_job_last(t->fleet) + 3));
        else if (dice < 11) a_link_comes_or_goes(t, r);
        else if (dice < 35) the_building_does_something(t, r);
        else if (dice < 40) tf_tick(t);
        else some_robot_does_something(t, r);
    }
}

static void honest_lives_end_with_every_job_ended_and_everybody_at_home(void **state)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct rng r = rng_stream(seed, "honest");
        struct tf *t = fleet_of(&r, seed % 3 == 0, (uint16_t)(1 + seed % 2));
        an_honest_life(t, &r, 500);
        if (!tf_all_done(t, 6000)) {
            struct fleet_totals n;
            fleet_totals(t->fleet, &n);
            for (robot_id k = 0; k < t->robots; k++) {
                struct robot_view v = tf_view(t, k);
                print_error("robot %u doing %d at %u claims %u route %u goal %u wait %d for %u\n", k, v.doing, v.at,
                            v.claims, v.route, v.goal, v.wait, v.wait_robot);
            }
            fail_msg("seed %llu: %u jobs open", (unsigned long long)seed, n.jobs_open);
        }
        for (job_id j = 1; j <= fleet_job_last(t->fleet); j++) {
            struct job_view v;
            if (fleet_job(t->fleet, j, &v)) assert_true(v.state == JOB_DELIVERED || v.state == JOB_CANCELLED);
        }
        struct fleet_totals n;
        fleet_totals(t->fleet, &n);
        assert_int_equal(n.plans_rejected, 0);
        if (seed % 5 == 0) assert_true(tf_replays_alike(t));
        tf_close(t);
    }
}

/* ---- hostile lives ---- */

static uint32_t near(struct rng *r, uint32_t n) /* in range mostly, at the edge sometimes, anything at times */
{
    uint32_t dice = rng_below(r, 20);
    return dice < 17 ? rng_below(r, n ? n : 1) : dice == 17 ? n : dice == 18 ? UINT16_MAX : (uint32_t)rng_u64(r);
}

static struct fleet_in anything(const struct tf *t, struct rng *r)
{
    struct fleet_in in = { .at_ms = t->now_ms, .kind = (enum fleet_in_kind)(1 + near(r, IN_COUNT)) };
    if (rng_chance(r, 20000)) in.at_ms = (ms_t)rng_u64(r);
    switch (in.kind) {
    case IN_OPEN: in.open.epoch = rng_u64(r); break;
    case IN_TICK: break;
    case IN_CLOCK: in.clock.utc_ms = (int64_t)rng_u64(r); break;
    case IN_JOB:
        in.job = (struct in_job){ .ref = rng_u64(r),
                                  .from = (station_id)near(r, t->site->stations),
                                  .to = (station_id)near(r, t->site->stations),
                                  .quantity = (uint16_t)near(r, 1000),
                                  .priority = (uint8_t)near(r, 6),
                                  .goods = (goods_id)near(r, 4),
                                  .ready_ms = (ms_t)(rng_u64(r) >> rng_below(r, 63)),
                                  .due_ms = (ms_t)(rng_u64(r) >> rng_below(r, 63)) };
        break;
    case IN_CANCEL: in.cancel.job = near(r, fleet_job_last(t->fleet) + 2); break;
    case IN_FACT: {
        in.fact = (struct in_fact){ .robot = (robot_id)near(r, t->robots),
                                    .kind = (uint8_t)near(r, FACT_COUNT),
                                    .node = (node_id)near(r, t->site->nodes) };
        struct robot_view v = { 0 };
        if (in.fact.robot < t->robots) v = tf_view(t, in.fact.robot);
        in.fact.a = rng_chance(r, 700000) ? v.order : near(r, 30);
        in.fact.b = rng_chance(r, 300000) ? v.update : near(r, 30);
        if (in.fact.kind == FACT_ACTION || in.fact.kind == FACT_BATTERY) in.fact.a = near(r, 60);
        if (in.fact.kind == FACT_MODE && rng_chance(r, 800000)) in.fact.b = VDA_AUTOMATIC;
        if (in.fact.kind == FACT_SHEET || in.fact.kind == FACT_FOREIGN) in.fact.b &= 1;
        if (in.fact.kind == FACT_ERROR && rng_chance(r, 800000)) in.fact.b = 0;
        break;
    }
    case IN_ELEVATOR:
        in.elevator = (struct in_elevator){ .elevator = (elevator_id)near(r, t->site->elevators),
                                            .level = (level_id)near(r, t->site->levels),
                                            .motion = (uint8_t)near(r, CAR_MOTION_COUNT),
                                            .door = (uint8_t)near(r, DOOR_STATE_COUNT),
                                            .mode = (uint8_t)near(r, ELEVATOR_MODE_COUNT),
                                            .generation = near(r, 12) };
        break;
    case IN_DOOR:
        in.door = (struct in_door){ .door = (door_id)near(r, t->site->doors),
                                    .state = (uint8_t)near(r, DOOR_STATE_COUNT),
                                    .generation = near(r, 5) };
        break;
    case IN_OPERATE:
        in.operate = (struct in_operate){ .op = (uint8_t)near(r, OP_COUNT),
                                          .target = (uint16_t)near(r, t->site->nodes),
                                          .value = (uint16_t)near(r, 3) };
        break;
    case IN_STOCK:
        in.stock =
            (struct in_stock){ (station_id)near(r, t->site->stations), (goods_id)near(r, 4), (uint16_t)near(r, 9) };
        break;
    case IN_COUNT:
        in.count =
            (struct in_count){ near(r, fleet_job_last(t->fleet) + 2), (uint8_t)near(r, 2), (uint16_t)near(r, 9) };
        break;
    default: break;
    }
    return in;
}

/* True to what the order says more often than not, so that the core gets somewhere before it is fooled. */
static void nearly_honest(struct tf *t, struct rng *r)
{
    robot_id id = (robot_id)rng_below(r, t->robots);
    const struct out_order *m = &t->order[id];
    if (t->orders[id] == 0) return;
    const struct order_node *n = &m->node[rng_below(r, m->nodes)];
    tf_fact(t, id, FACT_ACK, ID_NONE, m->order, m->update);
    tf_fact(t, id, FACT_REACHED, n->node, m->order, n->seq);
    if (n->action.kind != ACT_NONE)
        tf_fact(t, id, FACT_ACTION, ID_NONE, n->action.number, (uint32_t)rng_between(r, VDA_RUNNING, VDA_FAILED));
    if (rng_chance(r, 300000)) tf_fact(t, id, FACT_IDLE, ID_NONE, m->order, m->update);
}

static void a_hostile_life(struct tf *t, struct rng *r, int moves)
{
    tf_host_starts(t, 1);
    all_come_online(t);
    for (int i = 0; i < moves; i++) {
        t->now_ms += rng_chance(r, 20000) ? 60000 : rng_between(r, 0, 900);
        if (rng_chance(r, 200000)) nearly_honest(t, r);
        if (rng_chance(r, 100000)) the_building_does_something(t, r);
        struct fleet_in in = anything(t, r);
        bool check = rng_chance(r, 100000);
        uint64_t before = check ? tf_hash(t) : 0;
        int err = tf_try(t, &in);
        assert_true(err == ORD_OK || err == ORD_ERANGE || err == ORD_EPARSE);
        if (err && check) assert_true(tf_hash(t) == before);
        if (!err && in.at_ms > t->now_ms) t->now_ms = in.at_ms;
        if (t->now_ms > 1000 * MS_HOUR) return; /* a jump to the end of days was taken: no room to go on */
    }
}

static void hostile_lives_break_nothing_and_replay(void **state)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rng r = rng_stream(seed, "hostile");
        struct tf *t = fleet_of(&r, seed % 2 == 0, (uint16_t)(1 + seed % 3 % 2));
        a_hostile_life(t, &r, 900);
        if (seed % 6 == 0) assert_true(tf_replays_alike(t));
        tf_close(t);
    }
}

static void every_refusal_leaves_every_byte(void **state)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct rng r = rng_stream(seed, "refusals");
        struct tf *t = fleet_of(&r, true, 2);
        an_honest_life(t, &r, 80);
        int refused = 0;
        for (int i = 0; i < 600; i++) {
            struct fleet_in in = anything(t, &r);
            if (in.at_ms > t->now_ms) in.at_ms = -1;
            uint64_t before = tf_hash(t);
            if (tf_try(t, &in) == ORD_OK) continue;
            assert_true(tf_hash(t) == before);
            refused++;
        }
        assert_true(refused > 50);
        tf_close(t);
    }
}

/* ---- snapshots ---- */

struct bytes {
    uint8_t at[1 << 20];
    size_t n;
};
static struct bytes one, two;

static void put_bytes(void *ctx, const void *p, size_t n)
{
    struct bytes *b = ctx;
    assert_true(b->n + n <= sizeof b->at);
    memcpy(b->at + b->n, p, n);
    b->n += n;
}

static void save(struct tf *t, struct bytes *b)
{
    b->n = 0;
    struct snap s = snap_saver(put_bytes, b);
    fleet_snap(&s, t->fleet);
}

/* Two cores live on side by side: one that was never stopped, one loaded from the other's snapshot. */
static void a_loaded_core_is_the_saved_one_and_stays_so(void **state)
{
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct rng r = rng_stream(seed, "snapshot");
        struct tf *t = fleet_of(&r, true, 2);
        an_honest_life(t, &r, (int)rng_below(&r, 300));
        save(t, &one);
        struct tf *twin = tf_open(t->site, t->robots);
        memcpy(twin->order, t->order, sizeof t->order); /* a repeat must be known as one */
        memcpy(twin->orders, t->orders, sizeof t->orders);
        struct snap s = snap_loader(one.at, one.n);
        fleet_snap(&s, twin->fleet);
        assert_true(snap_ok(&s));
        fleet_check(twin->fleet);
        save(twin, &two);
        assert_int_equal(one.n, two.n);
        assert_memory_equal(one.at, two.at, one.n);
        uint32_t from = t->logged;
        for (int i = 0; i < 150; i++) {
            t->now_ms += 500;
            some_robot_does_something(t, &r);
            if (i % 3 == 0) the_building_does_something(t, &r);
            if (i % 20 == 0) tf_job(t, 0, 1);
            while (from < t->logged) assert_int_equal(tf_try(twin, &t->log[from++]), ORD_OK);
            if (tf_hash(t) != tf_hash(twin)) fail_msg("seed %llu: apart after %d moves", (unsigned long long)seed, i);
        }
        tf_close(twin);
        tf_close(t);
    }
}

static void a_snapshot_cut_short_or_too_long_is_refused(void **state)
{
    struct rng r = rng_stream(1, "cut");
    struct tf *t = fleet_of(&r, true, 2);
    an_honest_life(t, &r, 200);
    save(t, &one);
    for (int i = 0; i < 200; i++) {
        struct snap s = snap_loader(one.at, rng_below(&r, (uint32_t)one.n));
        fleet_snap(&s, t->fleet);
        assert_false(snap_ok(&s));
    }
    struct snap s = snap_loader(one.at, one.n + 1);
    fleet_snap(&s, t->fleet);
    assert_false(snap_ok(&s));
    s = snap_loader(one.at, one.n);
    fleet_snap(&s, t->fleet);
    assert_true(snap_ok(&s));
    fleet_check(t->fleet);
    tf_close(t);
}

/* The hash of a snapshot would catch this; but whoever loads without it must not read beyond an array either. */
static void a_changed_byte_is_refused_or_can_be_looked_at(void **state)
{
    struct rng r = rng_stream(1, "flip");
    struct tf *t = fleet_of(&r, true, 2);
    unsigned refused = 0;
    an_honest_life(t, &r, 200);
    save(t, &one);
    struct tf *other = tf_open(t->site, t->robots);
    for (size_t i = 0; i < one.n; i++) {
        memcpy(two.at, one.at, one.n);
        two.at[i] ^= (uint8_t)(1 + rng_below(&r, 255));
        struct snap s = snap_loader(two.at, one.n);
        fleet_snap(&s, other->fleet);
        if (!snap_ok(&s)) {
            refused++;
            continue;
        }
        struct robot_view v;
        struct job_view job;
        struct elevator_view e;
        for (robot_id k = 0; k < other->robots; k++) fleet_robot(other->fleet, k, &v);
        for (job_id j = fleet_job_first_kept(other->fleet), n = 0; j <= fleet_job_last(other->fleet) && n < 64;
             j++, n++)
            fleet_job(other->fleet, j, &job);
        for (elevator_id k = 0; k < t->site->elevators; k++) fleet_elevator(other->fleet, k, &e);
        fleet_deadline(other->fleet);
        save(other, &two);
    }
    assert_true(refused > one.n / 20);
    tf_close(other);
    tf_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_lives_end_with_every_job_ended_and_everybody_at_home),
        cmocka_unit_test(hostile_lives_break_nothing_and_replay),
        cmocka_unit_test(every_refusal_leaves_every_byte),
        cmocka_unit_test(a_loaded_core_is_the_saved_one_and_stays_so),
        cmocka_unit_test(a_snapshot_cut_short_or_too_long_is_refused),
        cmocka_unit_test(a_changed_byte_is_refused_or_can_be_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
