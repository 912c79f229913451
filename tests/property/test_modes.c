/* Whatever people, the building and the clock switch while robots work: no claim grows over a way that is shut,
 * nobody is sent into a fire or a closed car, and when all is open again every job ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/rng.h"
#include "unit/tiny_house.h"

enum { ROBOTS = 3, JOBS = 6, SEEDS = 200, SWITCHING_S = 600 };

static struct house house;

struct chaos {
    struct rng rng;
    bool fire, mains_lost, lane[TINY_LANES], car[2], isolated[3];
    uint8_t mode[2], told[2]; /* of the cars, and as the building has said */
};

static uint32_t below(struct chaos *c, uint32_t n) { return rng_below(&c->rng, n); }

static void toggle(struct tf *t, bool *is, enum operate on, enum operate off, uint16_t target)
{
    *is = !*is;
    house_switch(t, *is ? on : off, target, 0);
}

static void one_switch(struct tf *t, struct chaos *c)
{
    uint16_t l = (uint16_t)below(c, t->site->lanes), s = (uint16_t)below(c, 3), car = (uint16_t)below(c, 2);
    switch (below(c, 9)) {
    case 0: toggle(t, &c->fire, OP_FIRE, OP_FIRE_OVER, H_FIRE); return;
    case 1: toggle(t, &c->mains_lost, OP_MAINS_LOST, OP_MAINS_BACK, 0); return;
    case 2: toggle(t, &c->isolated[s], OP_ISOLATE, OP_ISOLATE_OVER, s); return;
    case 3:
    case 4: toggle(t, &c->lane[l], OP_EDGE_CLOSE, OP_EDGE_OPEN, t->site->lane_edge[l]); return;
    case 5: toggle(t, &c->car[car], OP_CAR_CLOSE, OP_CAR_OPEN, car); return;
    case 6: house_switch(t, OP_ISOLATION_ROBOT, (uint16_t)below(c, ROBOTS), (uint16_t)below(c, 2)); return;
    case 7: house_switch(t, below(c, 2) ? OP_ROBOT_OUT : OP_ROBOT_IN, (uint16_t)below(c, ROBOTS), 0); return;
    default: c->mode[car] = (uint8_t)(c->mode[car] == ELEVATOR_AGV ? ELEVATOR_OFFLINE : ELEVATOR_AGV); return;
    }
}

static void open_all(struct tf *t, struct chaos *c)
{
    house_switch(t, OP_FIRE_OVER, H_FIRE, 0);
    house_switch(t, OP_MAINS_BACK, 0, 0);
    for (edge_id e = 0; e < t->site->edges; e++) house_switch(t, OP_EDGE_OPEN, e, 0);
    for (elevator_id e = 0; e < 2; e++) house_switch(t, OP_CAR_OPEN, e, 0);
    for (station_id s = 0; s < 3; s++) house_switch(t, OP_ISOLATE_OVER, s, 0);
    for (robot_id r = 0; r < t->robots; r++) house_switch(t, OP_WASHED, r, 0);
    for (robot_id r = 0; r < t->robots; r++) house_switch(t, OP_ISOLATION_ROBOT, r, 0);
    for (robot_id r = 0; r < t->robots; r++) house_switch(t, OP_ROBOT_IN, r, 0);
    c->mode[0] = c->mode[1] = ELEVATOR_AGV;
}

struct held {
    uint16_t claims;
    res_id claim[CLAIM_MAX];
};

static bool had(const struct held *h, res_id x)
{
    for (uint16_t i = 0; i < h->claims; i++)
        if (h->claim[i] == x) return true;
    return false;
}

/* What is newly claimed lies in no fire and in no car that does not run, unless the robot came from inside. */
static void judge(const struct tf *t, const struct chaos *c, struct held before[ROBOTS])
{
    const struct site *s = t->site;
    for (robot_id r = 0; r < t->robots; r++) {
        struct robot_view v = tf_view(t, r);
        bool inside = s->node[v.at].level == 1;
        for (uint16_t i = 0; i < v.claims; i++) {
            if (had(&before[r], v.claim[i])) continue;
            if (v.claim[i] >= s->nodes) {
                assert_false(c->lane[v.claim[i] - s->nodes]);
                continue;
            }
            const struct site_node *n = &s->node[v.claim[i]];
            if (c->fire) assert_true(n->level == 0 || inside);
            if (n->elevator != ID_NONE) assert_true(!c->car[n->elevator] && c->told[n->elevator] == ELEVATOR_AGV);
        }
        before[r].claims = v.claims;
        memcpy(before[r].claim, v.claim, sizeof v.claim);
    }
}

static void second(struct tf *t, struct chaos *c, struct held before[ROBOTS])
{
    t->now_ms += 1000;
    for (elevator_id e = 0; e < 2; e++) {
        c->told[e] = c->mode[e];
        if (c->mode[e] == ELEVATOR_AGV) tf_car_obeys(t, e);
        else tf_car(t, e, 0, DOOR_CLOSED, (enum elevator_mode)c->mode[e], 0);
        judge(t, c, before);
    }
    for (robot_id r = 0; r < t->robots; r++) {
        tf_accept_new(t, r);
        if (!tf_work(t, r)) tf_drive(t, r);
        judge(t, c, before);
    }
    tf_tick(t);
    judge(t, c, before);
}

static void one_seed(uint64_t seed)
{
    static struct chaos c;
    struct held before[ROBOTS] = { 0 };
    void *state = NULL;
    memset(&c, 0, sizeof c);
    c.rng = rng_stream(seed, "switches");
    house_begin(&house);
    house.tiny.elevator[H_CAR_B].emergency_power = true;
    struct tf *t = house_open(&house, &state, ROBOTS, 600);
    job_id job[JOBS];
    for (int i = 0; i < SWITCHING_S; i++) {
        if (i % 100 == 0) {
            station_id from = (station_id)below(&c, 3), to = (station_id)((from + 1 + below(&c, 2)) % 3);
            job[i / 100] = house_job(t, from, to, (goods_id)below(&c, 2), (uint8_t)below(&c, 6));
            assert_true(job[i / 100] != 0);
        }
        judge(t, &c, before);
        if (below(&c, 4 + 4 * (uint32_t)(seed % 6)) == 0) one_switch(t, &c);
        second(t, &c, before);
    }
    open_all(t, &c);
    memset(&c, 0, sizeof c);
    for (int i = 0; i < 3000; i++) {
        bool all = true;
        for (int k = 0; k < JOBS; k++) all = all && tf_state(t, job[k]) == JOB_DELIVERED;
        if (all) break;
        second(t, &c, before);
    }
    for (int k = 0; k < JOBS; k++)
        if (tf_state(t, job[k]) != JOB_DELIVERED)
            fail_msg("seed %u: job %u is %s", (unsigned)seed, job[k], job_state_name[tf_state(t, job[k])]);
    tf_close(t);
}

static void whatever_is_switched_the_rules_hold_and_all_ends(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) one_seed(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(whatever_is_switched_the_rules_hold_and_all_ends) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
