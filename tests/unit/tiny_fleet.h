/* tiny_fleet - a fleet core on a tiny site, fed at the level of facts, with the plainest robots and cars that obey.
 *
 * Every input goes through tf_try: outputs are drained and kept, fleet_check runs after each, a refused input must
 * leave no output and not one byte changed, and what was taken is kept in a log, as a journal would. Nothing happens
 * by itself: a story says tf_accept (the message arrives), tf_drive (one node further), tf_work (the action at this
 * node), tf_car_obeys ..., or lets tf_world do all of that in order. */
#ifndef TINY_FLEET_H
#define TINY_FLEET_H

#include "common/event_text.h"
#include "common/state_hash.h"
#include "common/vda/vda_model.h"
#include "core/fleet.h"
#include "tiny_site.h"

enum { TF_ROBOTS = 6, TF_BASE = 512, TF_LOG = 40000, TF_EVENTS = 800, TF_ORDERS = 256 };

struct tf_robot { /* the robot's own view: its order, node by node */
    bool has_order;
    uint32_t order, update;
    uint16_t count, at; /* base nodes known, index of the last one reached */
    struct order_node base[TF_BASE];
    bool worked[TF_BASE];
    uint32_t accepted; /* how many messages it has read */
};

struct tf {
    const struct site *site;
    uint16_t robots;
    class_id cls[TF_ROBOTS];
    node_id start[TF_ROBOTS];
    struct fleet_config cfg;
    struct fleet *fleet;
    void *block;
    ms_t now_ms;
    /* what came out */
    struct out_order order[TF_ROBOTS]; /* last message to each robot */
    uint32_t orders[TF_ROBOTS];        /* how many */
    struct out_instant instant[TF_ROBOTS]; /* the same of instant actions */
    uint32_t instants[TF_ROBOTS];
    uint32_t released;                 /* base nodes of all messages */
    struct out_elevator call[TINY_CARS];
    uint32_t calls[TINY_CARS];
    struct out_door door[TINY_DOORS];
    uint32_t doors[TINY_DOORS];
    struct out_job said; /* last news of a job */
    uint32_t jobs_said;
    uint32_t events[TF_EVENTS];
    struct tf_robot robot[TF_ROBOTS];
    struct fleet_in log[TF_LOG];
    uint32_t logged;
    bool keep_log;
};

static inline void tf_snap(struct snap *s, void *f) { fleet_snap(s, f); }
static inline uint64_t tf_hash(const struct tf *t) { return state_hash_of(tf_snap, t->fleet); }

static inline void tf_fleet_open(struct tf *t)
{
    struct arena mem;
    size_t size = fleet_memory(&t->cfg);
    t->block = malloc(size);
    arena_init(&mem, t->block, size);
    assert_int_equal(fleet_open(&t->fleet, &mem, &t->cfg), ORD_OK);
}

/* Robots start unknown; tf_online lets one say where it stands. */
static inline struct tf *tf_open_with(const struct site *s, uint16_t robots, enum dispatch_policy dispatch)
{
    struct tf *t = calloc(1, sizeof *t);
    t->site = s;
    t->robots = robots;
    t->keep_log = true;
    for (uint16_t r = 0; r < robots; r++) t->start[r] = ID_NONE;
    t->cfg = (struct fleet_config){
        .site = s, .robots = robots, .robot_class = t->cls, .robot_start = t->start, .jobs_max = 64,
        .dispatch = dispatch
    };
    tf_fleet_open(t);
    return t;
}

static inline struct tf *tf_open(const struct site *s, uint16_t robots)
{
    return tf_open_with(s, robots, DISPATCH_TOURS);
}

static inline void tf_close(struct tf *t)
{
    free(t->block);
    free(t);
}

/* A message that is not a repeat releases only what the robot holds now (I-04). */
static inline void tf_judge_order(struct tf *t, const struct out_order *m)
{
    const struct out_order *last = &t->order[m->robot];
    struct robot_view v;
    if (t->orders[m->robot] > 0 && last->order == m->order && last->update == m->update) return;
    fleet_robot(t->fleet, m->robot, &v);
    for (uint16_t i = 0; i < m->nodes && m->node[i].released; i++) {
        bool node = false, lane = i == 0 || m->node[i].edge == ID_NONE;
        for (uint16_t k = 0; k < v.claims; k++) {
            node = node || v.claim[k] == m->node[i].node;
            lane = lane || v.claim[k] == res_lane(t->site, t->site->edge[m->node[i].edge].lane);
        }
        assert_true(node && lane);
        t->released++;
    }
}

static inline void tf_keep(struct tf *t, const struct fleet_out *o)
{
    switch (o->kind) {
    case OUT_ORDER:
        assert_true(o->order.robot < t->robots);
        tf_judge_order(t, &o->order);
        t->order[o->order.robot] = o->order;
        t->orders[o->order.robot]++;
        return;
    case OUT_INSTANT:
        assert_true(o->instant.robot < t->robots);
        t->instant[o->instant.robot] = o->instant;
        t->instants[o->instant.robot]++;
        return;
    case OUT_ELEVATOR:
        assert_true(o->elevator.elevator < t->site->elevators);
        t->call[o->elevator.elevator] = o->elevator;
        t->calls[o->elevator.elevator]++;
        return;
    case OUT_DOOR:
        assert_true(o->door.door < t->site->doors);
        t->door[o->door.door] = o->door;
        t->doors[o->door.door]++;
        return;
    case OUT_JOB:
        t->said = o->job;
        t->jobs_said++;
        return;
    case OUT_EVENT:
        assert_true(o->event.event < TF_EVENTS && event_info(o->event.event));
        t->events[o->event.event]++;
        return;
    }
    fail();
}

static inline uint32_t tf_drain(struct tf *t)
{
    struct fleet_out out;
    uint32_t n = 0;
    while (fleet_output(t->fleet, &out)) {
        tf_keep(t, &out);
        n++;
    }
    return n;
}

static inline int tf_try(struct tf *t, const struct fleet_in *in)
{
    int err = fleet_input(t->fleet, in);
    uint32_t outs = tf_drain(t);
    if (err) assert_int_equal(outs, 0);
    fleet_check(t->fleet);
    if (!err && t->keep_log) {
        assert_true(t->logged < TF_LOG);
        t->log[t->logged++] = *in;
    }
    return err;
}

/* Refused, and not one byte has changed. */
static inline void tf_refused(struct tf *t, const struct fleet_in *in, int why)
{
    uint64_t before = tf_hash(t);
    assert_int_equal(tf_try(t, in), why);
    assert_true(tf_hash(t) == before);
}

static inline void tf_in(struct tf *t, struct fleet_in in)
{
    in.at_ms = t->now_ms;
    assert_int_equal(tf_try(t, &in), ORD_OK);
}

static inline void tf_host_starts(struct tf *t, uint64_t epoch)
{
    tf_in(t, (struct fleet_in){ .kind = IN_OPEN, .open = { epoch } });
}
static inline void tf_tick(struct tf *t) { tf_in(t, (struct fleet_in){ .kind = IN_TICK }); }
static inline void tf_after(struct tf *t, ms_t ms)
{
    t->now_ms += ms;
    tf_tick(t);
}

static inline void tf_fact(struct tf *t, robot_id r, enum fact_kind kind, node_id node, uint32_t a, uint32_t b)
{
    tf_in(t, (struct fleet_in){ .kind = IN_FACT,
                                .fact = { .robot = r, .kind = (uint8_t)kind, .node = node, .a = a, .b = b } });
}

static inline void tf_online(struct tf *t, robot_id r, node_id node)
{
    tf_fact(t, r, FACT_ONLINE, ID_NONE, 0, 0);
    tf_fact(t, r, FACT_MODE, ID_NONE, 0, VDA_AUTOMATIC);
    tf_fact(t, r, FACT_BATTERY, ID_NONE, 900, 0);
    tf_fact(t, r, FACT_STANDS, node, 0, 0);
}

static inline job_id tf_job_p(struct tf *t, station_id from, station_id to, uint8_t priority)
{
    uint32_t before = t->jobs_said;
    job_id last = fleet_job_last(t->fleet);
    tf_in(t, (struct fleet_in){ .kind = IN_JOB,
                                .job = { .ref = 77, .from = from, .to = to, .quantity = 1, .priority = priority } });
    assert_true(t->jobs_said > before);
    return fleet_job_last(t->fleet) != last ? fleet_job_last(t->fleet) : 0; /* 0: refused, see t->said */
}

static inline job_id tf_job(struct tf *t, station_id from, station_id to) { return tf_job_p(t, from, to, 3); }
static inline void tf_cancel(struct tf *t, job_id j)
{
    tf_in(t, (struct fleet_in){ .kind = IN_CANCEL, .cancel = { j } });
}

static inline struct robot_view tf_view(const struct tf *t, robot_id r)
{
    struct robot_view v;
    fleet_robot(t->fleet, r, &v);
    return v;
}

static inline enum job_state tf_state(const struct tf *t, job_id j)
{
    struct job_view v;
    assert_true(fleet_job(t->fleet, j, &v));
    return v.state;
}

/* ---- robots ---- */

/* The last message reaches the robot: a new order replaces the old one, an update goes on from its first node. */
static inline void tf_accept(struct tf *t, robot_id id)
{
    struct tf_robot *r = &t->robot[id];
    const struct out_order *m = &t->order[id];
    assert_true(t->orders[id] > 0);
    r->accepted = t->orders[id];
    bool repeat = r->has_order && r->order == m->order && r->update == m->update;
    if (!repeat && (!r->has_order || r->order != m->order)) {
        assert_int_equal(m->update, 0);
        assert_int_equal(m->node[0].seq, 0);
        assert_true(!r->has_order || r->at + 1 == r->count); /* never while the old one runs */
        r->count = 1;
        r->at = 0;
        r->base[0] = m->node[0];
        r->worked[0] = m->node[0].action.kind == ACT_NONE;
    } else if (!repeat) {
        assert_true(m->update > r->update);
        assert_int_equal(m->node[0].seq, r->base[r->count - 1].seq); /* it stitches */
        assert_int_equal(m->node[0].node, r->base[r->count - 1].node);
    }
    for (uint16_t i = 1; !repeat && i < m->nodes && m->node[i].released; i++) {
        assert_true(r->count < TF_BASE);
        r->worked[r->count] = m->node[i].action.kind == ACT_NONE;
        r->base[r->count++] = m->node[i];
    }
    r->has_order = true;
    r->order = m->order;
    r->update = m->update;
    tf_fact(t, id, FACT_ACK, ID_NONE, m->order, m->update);
}

static inline const struct order_node *tf_stands(const struct tf *t, robot_id id)
{
    return &t->robot[id].base[t->robot[id].at];
}

/* The action at this node, told running, then finished or failed. False: there is none left. */
static inline bool tf_work_as(struct tf *t, robot_id id, enum vda_status end)
{
    struct tf_robot *r = &t->robot[id];
    if (!r->has_order || r->worked[r->at]) return false;
    r->worked[r->at] = true;
    uint32_t number = tf_stands(t, id)->action.number;
    tf_fact(t, id, FACT_ACTION, ID_NONE, number, VDA_RUNNING);
    tf_fact(t, id, FACT_ACTION, ID_NONE, number, end);
    return true;
}
static inline bool tf_work(struct tf *t, robot_id id) { return tf_work_as(t, id, VDA_FINISHED); }

/* One node further on its base. False: it stands at the end of it, or has still work to do here. */
static inline bool tf_drive(struct tf *t, robot_id id)
{
    struct tf_robot *r = &t->robot[id];
    if (!r->has_order || !r->worked[r->at] || r->at + 1 >= r->count) return false;
    r->at++;
    tf_fact(t, id, FACT_REACHED, tf_stands(t, id)->node, r->order, tf_stands(t, id)->seq);
    if (r->at + 1 == r->count && r->worked[r->at]) tf_fact(t, id, FACT_IDLE, ID_NONE, r->order, r->update);
    return true;
}

static inline bool tf_accept_new(struct tf *t, robot_id id)
{
    if (t->orders[id] == t->robot[id].accepted) return false;
    tf_accept(t, id);
    return true;
}

/* ---- the building ---- */

static inline void tf_car(struct tf *t, elevator_id e, level_id level, enum door_state door, enum elevator_mode mode,
                          uint32_t generation)
{
    tf_in(t, (struct fleet_in){ .kind = IN_ELEVATOR,
                                .elevator = { .elevator = e,
                                              .level = level,
                                              .motion = CAR_STOPPED,
                                              .door = (uint8_t)door,
                                              .mode = (uint8_t)mode,
                                              .generation = generation } });
}

/* The car does at once what it was told last. */
static inline void tf_car_obeys(struct tf *t, elevator_id e)
{
    const struct out_elevator *c = &t->call[e];
    if (t->calls[e] == 0) tf_car(t, e, 0, DOOR_CLOSED, ELEVATOR_AGV, 0);
    else if (c->end) tf_car(t, e, 0, DOOR_CLOSED, ELEVATOR_AGV, 0);
    else tf_car(t, e, c->level, DOOR_OPEN, ELEVATOR_AGV, c->generation);
}

static inline void tf_door_obeys(struct tf *t, door_id d)
{
    if (t->doors[d] == 0) return;
    tf_in(t, (struct fleet_in){ .kind = IN_DOOR,
                                .door = { .door = d,
                                          .state = t->door[d].open ? DOOR_OPEN : DOOR_CLOSED,
                                          .generation = t->door[d].generation } });
}

/* One second in which everybody does one thing. */
static inline void tf_world(struct tf *t)
{
    t->now_ms += 1000;
    for (elevator_id e = 0; e < t->site->elevators; e++) tf_car_obeys(t, e);
    for (door_id d = 0; d < t->site->doors; d++) tf_door_obeys(t, d);
    for (robot_id r = 0; r < t->robots; r++) {
        tf_accept_new(t, r);
        if (!tf_work(t, r)) tf_drive(t, r);
    }
    tf_tick(t);
}

static inline bool tf_quiet(const struct tf *t)
{
    struct fleet_totals n;
    fleet_totals(t->fleet, &n);
    for (robot_id r = 0; r < t->robots; r++)
        if (tf_view(t, r).doing != ROBOT_IDLE) return false;
    return n.jobs_open == 0;
}

/* True when all jobs ended and everybody stands at home again. */
static inline bool tf_all_done(struct tf *t, int seconds_most)
{
    for (int i = 0; i < seconds_most && !tf_quiet(t); i++) tf_world(t);
    return tf_quiet(t);
}

/* A second core fed with the first one's log must be the same, byte by byte. */
static inline bool tf_replays_alike(const struct tf *t)
{
    struct tf *again = tf_open(t->site, t->robots);
    again->keep_log = false;
    memcpy(again->start, t->start, sizeof t->start);
    for (uint32_t i = 0; i < t->logged; i++) assert_int_equal(tf_try(again, &t->log[i]), ORD_OK);
    bool alike = tf_hash(again) == tf_hash(t);
    tf_close(again);
    return alike;
}

#endif
