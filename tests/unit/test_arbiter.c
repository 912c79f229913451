/* Orders of rides (controller/core/arbiter.c), on the shaft: one car, a station on each of its two levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "maps/maps_io.h"
#include "tiny_fleet.h"

enum { ROBOTS = 6, RIDES = 64, BOUND_MS = 8 * 60 * 1000 };

struct shaft {
    struct site *site;
    struct fleet_spec *fleet;
    struct tf *t;
    robot_id rider[RIDES];
    level_id from[RIDES];
    job_id job[RIDES];
    int rides;
    ms_t waits_since[ROBOTS], longest_ms;
};
static struct shaft shaft;

static int teardown(void **state)
{
    if (shaft.t) tf_close(shaft.t);
    site_close(shaft.site);
    fleet_spec_close(shaft.fleet);
    memset(&shaft, 0, sizeof shaft);
    return 0;
}

/* As many robots below as said, the others above, each in a bay. */
static struct tf *open_shaft(int below, enum arbiter_policy policy)
{
    struct import_report r;
    struct lint_report l;
    struct err_note note = { 0 };
    assert_int_equal(generate_shaft(false, &shaft.site, &r, &note), ORD_OK);
    import_report_close(&r);
    assert_int_equal(fleet_spec_default(ROBOTS, &shaft.fleet), ORD_OK);
    shaft.fleet->cls[0].reversible = true;
    assert_int_equal(site_compile(shaft.site, 1, shaft.fleet->cls, &note), ORD_OK);
    assert_int_equal(site_lint(shaft.site, ROBOTS, &l), ORD_OK);
    lint_close(&l);
    struct tf *t = shaft.t = tf_open(shaft.site, ROBOTS);
    free(t->block);
    t->cfg.arbiter = policy;
    tf_fleet_open(t);
    tf_host_starts(t, 1);
    tf_car(t, 0, 0, DOOR_CLOSED, ELEVATOR_AGV, 0);
    int taken[2] = { 0, 0 };
    for (robot_id id = 0; id < ROBOTS; id++) {
        level_id level = id < below ? 0 : 1;
        int skip = taken[level]++;
        for (node_id n = 0; n < shaft.site->nodes; n++) {
            if (shaft.site->node[n].level != level || !(shaft.site->node[n].flags & NODE_HOLDING) || skip-- > 0)
                continue;
            tf_online(t, id, n);
            break;
        }
    }
    return t;
}

/* The car needs as long for everything as the map says: doors, and travel between the levels. */
static void car_moves(struct tf *t)
{
    static struct out_elevator doing;
    static level_id level;
    static ms_t done_ms;
    const struct site_elevator *c = &shaft.site->elevator[0];
    const struct out_elevator *want = &t->call[0];
    if (t->calls[0] == 0) {
        level = 0;
        done_ms = 0;
        doing = (struct out_elevator){ 0 };
        return;
    }
    if (want->generation != doing.generation || want->end != doing.end) {
        bool stays = doing.generation > 0 && !doing.end && !want->end && want->level == level;
        ms_t ms = stays ? 0 : c->door_open_ms;
        if (!want->end && want->level != level)
            ms += c->door_close_ms + site_car_travel_ms(shaft.site, 0, level, want->level);
        done_ms = t->now_ms + ms;
        doing = *want;
    }
    if (t->now_ms < done_ms) return;
    if (!doing.end) level = doing.level;
    tf_car(t, 0, level, doing.end ? DOOR_CLOSED : DOOR_OPEN, ELEVATOR_AGV, doing.end ? 0 : doing.generation);
}

/* A second: each robot drives one node every third of them, into and out of the car every twelfth. */
static void second(struct tf *t, int i)
{
    struct elevator_view before, now;
    fleet_elevator(t->fleet, 0, &before);
    t->now_ms += 1000;
    car_moves(t);
    for (robot_id r = 0; r < ROBOTS; r++) {
        tf_accept_new(t, r);
        node_id at = t->robot[r].has_order ? tf_stands(t, r)->node : ID_NONE;
        bool car = at != ID_NONE && (t->site->node[at].elevator != ID_NONE);
        if ((i + r) % (car ? 12 : 3) == 0 && !tf_work(t, r)) tf_drive(t, r);
    }
    while (fleet_deadline(t->fleet) <= t->now_ms) tf_tick(t);
    tf_tick(t);
    fleet_elevator(t->fleet, 0, &now);
    if (now.holder != ID_NONE && now.holder != before.holder && shaft.rides < RIDES) {
        struct robot_view v = tf_view(t, now.holder);
        shaft.rider[shaft.rides] = now.holder;
        shaft.from[shaft.rides] = t->site->node[v.at].level;
        shaft.job[shaft.rides++] = v.loads > 0 ? v.load[0] : 0;
    }
    for (robot_id r = 0; r < ROBOTS; r++) {
        struct robot_view v = tf_view(t, r);
        bool waits = v.wait == WAIT_ELEVATOR || v.wait == WAIT_ROBOT;
        if (waits) shaft.longest_ms = ms_max(shaft.longest_ms, t->now_ms - v.wait_since_ms);
    }
}

static void run(struct tf *t, int seconds)
{
    for (int i = 0; i < seconds && !tf_quiet(t); i++) second(t, i);
    assert_true(tf_quiet(t));
}

static int turns(void)
{
    int n = 0;
    for (int i = 1; i < shaft.rides; i++) n += shaft.from[i] != shaft.from[i - 1];
    return n;
}

static void up_and_down_rides_take_turns(void **state)
{
    struct tf *t = open_shaft(3, ARBITER_PLANNED);
    for (int k = 0; k < 12; k++) tf_job(t, (station_id)(k % 2), (station_id)(1 - k % 2));
    run(t, 6000);
    print_message("%d rides, %d times the other way, longest wait %lld s\n", shaft.rides, turns(),
                  (long long)shaft.longest_ms / 1000);
    assert_true(shaft.rides >= 12);
    assert_true(turns() * 4 >= (shaft.rides - 1) * 3); /* it seldom travels empty */
    assert_true(shaft.longest_ms <= BOUND_MS);
    assert_true(tf_replays_alike(t));
}

static void an_urgent_load_rides_next_whoever_was_there_first(void **state)
{
    struct tf *t = open_shaft(4, ARBITER_PLANNED);
    job_id stat = 0;
    int before = -1;
    for (int k = 0; k < 4; k++) tf_job_p(t, 0, 1, 5); /* they queue below; the urgent one is fetched above */
    for (int i = 0; i < 6000 && !tf_quiet(t); i++) {
        if (i == 60) stat = tf_job_p(t, 1, 0, 0);
        second(t, i);
        if (stat && before < 0 && tf_state(t, stat) >= JOB_LOADED) before = shaft.rides;
    }
    int rank = 0;
    while (rank < shaft.rides && shaft.job[rank] != stat) rank++;
    print_message("loaded after %d rides, rides as number %d of %d\n", before, rank + 1, shaft.rides);
    assert_true(tf_quiet(t));
    assert_true(rank < shaft.rides && rank - before <= 1);
    assert_true(shaft.longest_ms <= BOUND_MS);
}

static void nobody_waits_for_ever_behind_endless_urgent_loads(void **state)
{
    struct tf *t = open_shaft(3, ARBITER_PLANNED);
    job_id low = tf_job_p(t, 0, 1, 5), last = low;
    int after = 0;
    for (int i = 0; i < 6000 && tf_state(t, low) != JOB_DELIVERED; i++) {
        if (i % 40 == 39 && last - low < 40)
            last = tf_job_p(t, (station_id)(i / 40 % 2), (station_id)(1 - i / 40 % 2), 0);
        second(t, i);
        after = i;
    }
    assert_int_equal(tf_state(t, low), JOB_DELIVERED);
    print_message("delivered after %d s, longest wait %lld s\n", after, (long long)shaft.longest_ms / 1000);
    assert_true(shaft.longest_ms <= BOUND_MS);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        STORY(up_and_down_rides_take_turns),
        STORY(an_urgent_load_rides_next_whoever_was_there_first),
        STORY(nobody_waits_for_ever_behind_endless_urgent_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
