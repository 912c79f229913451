/* All sequences of events, up to a depth, for two robots that both need the one car: messages to and from the car
 * that are lost, late or said twice, robots that are slow or silent, a controller that restarts, people who take the
 * car when it is free. Truth is kept beside the core and judged at each event: nobody crosses a sill unless the car
 * stands open there, the car never leaves while somebody may be on the sill, never two inside (I-07, I-08, I-09).
 * Small state spaces are enumerated, not sampled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <xxhash.h>

#include "unit/tiny_fleet.h"

enum { ROBOTS = 2, UP = TWO_PER_LEVEL, SEEN_BITS = 20 };

/* Cheap counters of the core that no decision reads; states that differ only there are one state. */
enum { COUNTERS_AT = 0, COUNTERS_BYTES = 24 };

static struct tiny tiny;

struct car_says {
    level_id level;
    uint8_t motion, door;
    uint32_t generation;
};

struct truth {
    struct car_says car; /* as it is */
    level_id target;     /* while it moves */
    uint32_t newest;     /* generation of the newest request it has taken */
    bool ended;
    struct out_elevator pending, late; /* the newest request on its way, and another one of before: it may overtake */
    bool has_pending, has_late;
    struct car_says said[2]; /* what it said last and before that */
    bool silent[ROBOTS];
};

struct moment { /* everything that an event may change */
    struct truth truth;
    struct tf_robot robot[ROBOTS];
    struct out_order order[ROBOTS];
    uint32_t orders[ROBOTS], calls;
    struct out_elevator call;
    ms_t now_ms;
    uint8_t bytes[1 << 15];
    size_t n;
};

struct search {
    struct tf *t;
    struct truth now;
    struct moment stack[20];
    uint64_t key[1 << SEEN_BITS];  /* open addressing; 0 = free */
    uint8_t depth[1 << SEEN_BITS]; /* remaining depth it was explored with */
    uint32_t states, events, finished;
    uint32_t did[16];
};
static struct search *s;
static uint32_t happened[16]; /* events, over all stories */
static uint32_t ends;

/* ---- truth and its judges ---- */

static node_id stands(robot_id r)
{
    static const node_id home[ROBOTS] = { TWO_REFUGE_B, UP + TWO_REFUGE_B };
    return s->t->robot[r].has_order ? tf_stands(s->t, r)->node : home[r];
}

static bool in_car(node_id n) { return s->t->site->node[n].elevator != ID_NONE; }

/* The next node it has been told to drive to, ID_NONE: none. From then on it may be anywhere on the way there. */
static node_id next_of(robot_id r)
{
    const struct tf_robot *k = &s->t->robot[r];
    if (!k->has_order || !k->worked[k->at] || k->at + 1 >= k->count) return ID_NONE;
    return k->base[k->at + 1].node;
}

static bool open_at(level_id level)
{
    return s->now.car.motion == CAR_STOPPED && s->now.car.door == DOOR_OPEN && s->now.car.level == level;
}

static void judge_step(robot_id r, node_id from, node_id to)
{
    const struct site *site = s->t->site;
    if (!in_car(from) && !in_car(to)) return;
    assert_true(open_at(site->node[to].level)); /* enters, rides to where the car stands, or leaves */
    if (!in_car(to)) return;
    assert_false(in_car(stands((robot_id)(1 - r))));
}

static void judge_departure(void)
{
    for (robot_id r = 0; r < ROBOTS; r++) {
        node_id n = next_of(r);
        assert_false(n != ID_NONE && in_car(n) != in_car(stands(r))); /* it may be on the sill */
    }
}

/* ---- events ---- */

enum event {
    REQUEST_ARRIVES,
    LATE_REQUEST_ARRIVES,
    CAR_ARRIVES,
    CAR_SAYS,
    CAR_SAYS_OLD,
    PEOPLE_TAKE_CAR,
    ROBOT_0,
    ROBOT_1,
    SILENCE_0,
    RESTART,
    TIME_PASSES,
    EVENTS
};

static void note_request(uint32_t calls_before)
{
    struct truth *w = &s->now;
    const struct out_elevator *q = &s->t->call[0];
    if (s->t->calls[0] == calls_before) return;
    bool repeat = w->has_pending && w->pending.generation == q->generation && w->pending.end == q->end;
    if (w->has_pending && !repeat) {
        w->late = w->pending;
        w->has_late = true;
    }
    w->pending = *q;
    w->has_pending = true;
}

/* The car's own rules, as the building promises them (common/building_msg.h): an older generation moves nobody. */
static bool car_takes(const struct out_elevator *q)
{
    struct truth *w = &s->now;
    if (q->generation < w->newest || (q->generation == w->newest && w->ended))
        return true; /* stale; may come again and again */
    w->newest = q->generation;
    w->ended = q->end;
    w->car.generation = q->end ? 0 : q->generation;
    if (q->end) {
        if (w->car.motion == CAR_STOPPED) {
            judge_departure();
            w->car.door = DOOR_CLOSED;
        }
        w->target = ID_NONE;
        return true;
    }
    if (w->car.motion != CAR_STOPPED || q->level != w->car.level) {
        if (w->car.motion == CAR_STOPPED) judge_departure();
        w->car.door = DOOR_CLOSED;
        w->car.motion = CAR_UP;
        w->target = q->level;
    } else if (w->car.door == DOOR_CLOSED) {
        w->car.door = DOOR_MOVING;
    }
    return true;
}

static bool request_arrives(void) { return s->now.has_pending && car_takes(&s->now.pending); }
static bool late_request_arrives(void) { return s->now.has_late && car_takes(&s->now.late); }

/* First the car, then its doors. */
static bool car_arrives(void)
{
    struct truth *w = &s->now;
    if (w->car.motion != CAR_STOPPED) {
        w->car.motion = CAR_STOPPED;
        if (w->target != ID_NONE) w->car.level = w->target;
        w->car.door = w->car.generation ? DOOR_MOVING : DOOR_CLOSED;
        return true;
    }
    if (w->car.door != DOOR_MOVING) return false;
    w->car.door = DOOR_OPEN;
    return true;
}

static void hear(const struct car_says *c)
{
    uint32_t calls = s->t->calls[0];
    tf_in(s->t, (struct fleet_in){ .kind = IN_ELEVATOR,
                                   .elevator = { .level = c->level,
                                                 .motion = c->motion,
                                                 .door = c->door,
                                                 .mode = ELEVATOR_AGV,
                                                 .generation = c->generation } });
    note_request(calls);
}

static bool car_says(void)
{
    struct truth *w = &s->now;
    if (memcmp(&w->said[0], &w->car, sizeof w->car) != 0) {
        w->said[1] = w->said[0];
        w->said[0] = w->car;
    }
    hear(&w->car);
    return true;
}

static bool people_take_car(void)
{
    struct truth *w = &s->now;
    if (w->car.generation != 0 || w->car.motion != CAR_STOPPED) return false;
    judge_departure();
    w->car.door = DOOR_OPEN; /* it stands open where they get out: no grant for a robot */
    w->car.level = (level_id)(1 - w->car.level);
    return true;
}

static bool robot_goes_on(robot_id r)
{
    struct tf *t = s->t;
    uint32_t calls = t->calls[0];
    bool did = true;
    if (s->now.silent[r]) return false;
    if (t->orders[r] != t->robot[r].accepted) {
        tf_accept(t, r);
    } else if (!tf_work(t, r)) {
        node_id from = stands(r), to = next_of(r);
        if (to == ID_NONE) return false;
        judge_step(r, from, to);
        did = tf_drive(t, r);
    }
    note_request(calls);
    return did;
}

static bool silence(robot_id r)
{
    uint32_t calls = s->t->calls[0];
    s->now.silent[r] = !s->now.silent[r];
    tf_fact(s->t, r, s->now.silent[r] ? FACT_SILENT : FACT_ONLINE, ID_NONE, 0, 0);
    note_request(calls);
    return true;
}

static bool restart(void)
{
    uint32_t calls = s->t->calls[0];
    tf_host_starts(s->t, 9);
    for (robot_id r = 0; r < ROBOTS; r++)
        if (!s->now.silent[r]) tf_fact(s->t, r, FACT_ONLINE, ID_NONE, 0, 0);
    note_request(calls);
    return true;
}

static bool time_passes(void)
{
    uint32_t calls = s->t->calls[0];
    tf_after(s->t, 2000);
    note_request(calls);
    return true;
}

static bool happens(enum event e)
{
    switch (e) {
    case REQUEST_ARRIVES: return request_arrives();
    case LATE_REQUEST_ARRIVES: return late_request_arrives();
    case CAR_ARRIVES: return car_arrives();
    case CAR_SAYS: return car_says();
    case CAR_SAYS_OLD: hear(&s->now.said[1]); return true;
    case PEOPLE_TAKE_CAR: return people_take_car();
    case ROBOT_0: return robot_goes_on(0);
    case ROBOT_1: return robot_goes_on(1);
    case SILENCE_0: return silence(0);
    case RESTART: return restart();
    case TIME_PASSES: return time_passes();
    case EVENTS: break;
    }
    return false;
}

/* ---- the search ---- */

static void put_bytes(void *ctx, const void *p, size_t n)
{
    struct moment *m = ctx;
    assert_true(m->n + n <= sizeof m->bytes);
    memcpy(m->bytes + m->n, p, n);
    m->n += n;
}

static void keep(struct moment *m)
{
    const struct tf *t = s->t;
    m->truth = s->now;
    memcpy(m->robot, t->robot, sizeof m->robot);
    memcpy(m->order, t->order, sizeof m->order);
    memcpy(m->orders, t->orders, sizeof m->orders);
    m->calls = t->calls[0];
    m->call = t->call[0];
    m->now_ms = t->now_ms;
    m->n = 0;
    struct snap snap = snap_saver(put_bytes, m);
    fleet_snap(&snap, t->fleet);
}

static void back_to(const struct moment *m)
{
    struct tf *t = s->t;
    s->now = m->truth;
    memcpy(t->robot, m->robot, sizeof m->robot);
    memcpy(t->order, m->order, sizeof m->order);
    memcpy(t->orders, m->orders, sizeof m->orders);
    t->calls[0] = m->calls;
    t->call[0] = m->call;
    t->now_ms = m->now_ms;
    struct snap snap = snap_loader(m->bytes, m->n);
    fleet_snap(&snap, t->fleet);
    assert_true(snap_ok(&snap));
}

static uint64_t hash_of(const struct moment *m)
{
    XXH64_state_t *x = XXH64_createState();
    XXH64_reset(x, 0);
    XXH64_update(x, m->bytes, COUNTERS_AT);
    XXH64_update(x, m->bytes + COUNTERS_AT + COUNTERS_BYTES, m->n - COUNTERS_AT - COUNTERS_BYTES);
    XXH64_update(x, &m->truth, sizeof m->truth);
    for (robot_id r = 0; r < ROBOTS; r++) {
        const struct tf_robot *k = &m->robot[r];
        bool unread = m->orders[r] != k->accepted;
        XXH64_update(x, &k->order, sizeof k->order);
        XXH64_update(x, &k->update, sizeof k->update);
        XXH64_update(x, &k->at, sizeof k->at);
        XXH64_update(x, &k->count, sizeof k->count);
        XXH64_update(x, k->worked, k->count);
        XXH64_update(x, &unread, sizeof unread);
    }
    uint64_t h = XXH64_digest(x);
    XXH64_freeState(x);
    return h ? h : 1;
}

/* False: explored already, at least as deep. */
static bool is_news(uint64_t h, uint8_t left)
{
    uint32_t at = (uint32_t)(h >> (64 - SEEN_BITS));
    while (s->key[at] != 0 && s->key[at] != h) at = (at + 1) & ((1u << SEEN_BITS) - 1);
    if (s->key[at] == h && s->depth[at] >= left) return false;
    if (s->key[at] == 0) s->states++;
    assert_true(s->states < (1u << SEEN_BITS) / 2);
    s->key[at] = h;
    s->depth[at] = left;
    return true;
}

/* From wherever it came to: when all play along again, both jobs end. */
static void all_ends_well(void)
{
    struct tf *t = s->t;
    for (robot_id r = 0; r < ROBOTS; r++)
        if (s->now.silent[r]) silence(r);
    for (int i = 0; i < 400 && !tf_quiet(t); i++) {
        t->now_ms += 1000;
        if (i % 2 == 0) request_arrives(); /* half of them are lost */
        if (i % 5 == 4) late_request_arrives();
        car_arrives();
        if (i % 3 != 0) car_says();
        for (robot_id r = 0; r < ROBOTS; r++) robot_goes_on(r);
        time_passes();
    }
    assert_true(tf_quiet(t));
    s->finished++;
}

static void explore(uint8_t left, uint32_t end_every)
{
    struct moment *m = &s->stack[left];
    keep(m);
    uint64_t h = hash_of(m);
    if (!is_news(h, left)) return;
    if (left == 0) {
        if (h % end_every == 0) all_ends_well();
        return;
    }
    for (enum event e = 0; e < EVENTS; e++) {
        if (!happens(e)) continue; /* an event that cannot happen has changed nothing */
        s->events++;
        s->did[e]++;
        explore((uint8_t)(left - 1), end_every);
        back_to(m);
    }
}

/* ---- where it begins ---- */

static int setup(void **state)
{
    s = calloc(1, sizeof *s);
    struct tf *t = s->t = tf_open_with(tiny_two_levels(&tiny), ROBOTS, DISPATCH_NEAREST);
    t->keep_log = false;
    s->now.car = (struct car_says){ .level = 0, .motion = CAR_STOPPED, .door = DOOR_CLOSED };
    s->now.said[0] = s->now.said[1] = s->now.car;
    s->now.target = ID_NONE;
    tf_host_starts(t, 1);
    car_says();
    tf_online(t, 0, TWO_REFUGE_B);
    tf_online(t, 1, UP + TWO_REFUGE_B);
    uint32_t calls = t->calls[0];
    tf_job(t, 1, 0); /* the pick-up is upstairs: robot 1 is there, but ... */
    tf_job(t, 0, 1);
    note_request(calls);
    (void)state;
    return 0;
}

static int teardown(void **state)
{
    tf_close(s->t);
    free(s);
    s = NULL;
    (void)state;
    return 0;
}

/* All play along until `robot` stands on a node of that kind. */
static void until_in_car(robot_id robot, bool then_out)
{
    for (int i = 0; i < 300 && !in_car(stands(robot)); i++) {
        for (enum event e = 0; e <= CAR_SAYS; e++) happens(e);
        for (robot_id r = 0; r < ROBOTS && !in_car(stands(robot)); r++) robot_goes_on(r);
        if (i % 5 == 4) time_passes();
    }
    assert_true(in_car(stands(robot)));
    for (int i = 0; then_out && i < 300 && in_car(stands(robot)); i++) {
        for (enum event e = 0; e <= CAR_SAYS; e++) happens(e);
        robot_goes_on(robot);
        if (i % 5 == 4) time_passes();
    }
}

static robot_id first_in_car(void)
{
    struct elevator_view v;
    for (int i = 0; i < 300; i++) {
        fleet_elevator(s->t->fleet, 0, &v);
        if (v.holder != ID_NONE) return v.holder;
        for (robot_id r = 0; r < ROBOTS; r++) robot_goes_on(r);
        time_passes();
    }
    fail_msg("nobody ever called the car");
    return ID_NONE;
}

/* Deep enough for a whole boarding; what follows it begins where the first search ends. Sanitizers cost a level. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW 1
#endif
#endif
#ifndef SLOW
#define SLOW 0
#endif

static void enumerate(uint8_t depth)
{
    explore((uint8_t)(depth - SLOW), 300);
    assert_true(s->states > 1000);
    ends += s->finished;
    for (enum event e = 0; e < EVENTS; e++) happened[e] += s->did[e];
}

static void no_sequence_breaks_a_call(void **state)
{
    first_in_car();
    enumerate(8);
}

static void no_sequence_breaks_a_ride(void **state)
{
    until_in_car(first_in_car(), false);
    enumerate(8);
}

static void no_sequence_breaks_what_follows_a_ride(void **state)
{
    until_in_car(first_in_car(), true);
    enumerate(8);
}

static void each_event_happened_in_some_sequence(void **state)
{
    for (enum event e = 0; e < EVENTS; e++) assert_true(happened[e] > 100);
    assert_true(ends > 20);
}

static void the_counters_left_out_of_the_hash_are_counters(void **state)
{
    struct moment *m = &s->stack[0];
    struct fleet_totals n;
    first_in_car();
    keep(m);
    fleet_totals(s->t->fleet, &n);
    const uint64_t want[] = { n.inputs, n.orders, n.elevator_sessions };
    for (int i = 0; i < 3; i++) {
        uint64_t v = 0;
        for (int b = 7; b >= 0; b--) v = v << 8 | m->bytes[COUNTERS_AT + 8 * i + b];
        assert_true(v == want[i]);
    }
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORY(the_counters_left_out_of_the_hash_are_counters),
        STORY(no_sequence_breaks_a_call),
        STORY(no_sequence_breaks_a_ride),
        STORY(no_sequence_breaks_what_follows_a_ride),
        STORY(each_event_happened_in_some_sequence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
