/* world_core - the controller in its simulated world: what it is told, what it says, who asks it for deliveries.
 * The core is fed as the live host feeds it: IN_OPEN and IN_CLOCK first, IN_TICK at its deadline, facts as facts.c
 * tells them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/journal.h"
#include "draw.h"
#include "world.h"

#define MARK_EVERY 1000 /* inputs between two hashes in a journal */

/* ---- sending ---- */
static void widen(struct world *w, robot_id r)
{
    struct robot_pose pose;
    if (facts_pose(w->facts, r, &pose) && pose.level != ID_NONE)
        order_widen(&w->order, w->site->level[pose.level].id, pose.x_mm, pose.y_mm);
}

static void send_order(struct world *w, const struct out_order *o)
{
    struct vda_header head;
    oracle_order(w->oracle, o, w->now_ms);
    world_trace_order(w, o);
    order_to_vda(w->site, w->epoch, o, false, &w->order);
    widen(w, o->robot);
    world_stamp(w, o->robot, ++w->host[o->robot].order_head, &head);
    world_post(w, WIRE_ORDER, o->robot, &head, &w->order);
}

static void send_instant(struct world *w, const struct out_instant *i)
{
    struct vda_header head;
    oracle_instant(w->oracle, i);
    instant_to_vda(w->site, w->epoch, i, &w->instant);
    world_stamp(w, i->robot, ++w->host[i->robot].instant_head, &head);
    world_post(w, WIRE_INSTANT, i->robot, &head, &w->instant);
}

static void send_car_request(struct world *w, const struct out_elevator *e)
{
    struct elevator_request_msg m = { .generation = e->generation, .end = e->end };
    text_copy(m.elevator, sizeof m.elevator, w->site->elevator[e->elevator].id);
    if (!e->end) text_copy(m.level, sizeof m.level, w->site->level[e->level].id);
    world_post(w, WIRE_CAR_REQUEST, e->elevator, NULL, &m);
}

static void send_door_request(struct world *w, const struct out_door *d)
{
    struct door_request_msg m = { .generation = d->generation, .open = d->open };
    text_copy(m.door, sizeof m.door, w->site->door[d->door].id);
    world_post(w, WIRE_DOOR_REQUEST, d->door, NULL, &m);
}

/* ---- jobs ---- */
/* The same name for the same job in every run of a seed, whatever number the controller gives it. */
static uint64_t job_key(struct world *w, const struct job_view *v)
{
    if (w->arrival) return draw_hash(w->cfg->demand->stream[w->arrival->stream].id) + w->arrival->number;
    if (v->round == ROUND_NONE) return v->job;
    uint64_t key = draw_hash(w->cfg->timetable->round[v->round].id);
    uint64_t places = (uint64_t)v->from << 32 | (uint64_t)v->to << 16;
    return (key ^ places * 0x9E3779B97F4A7C15u) + ++w->round_made[v->round];
}

static uint16_t stream_of(const struct world *w, const struct job_view *v)
{
    if (w->arrival) return figures_stream(&w->figures, w->cfg->demand->stream[w->arrival->stream].id);
    return v->round == ROUND_NONE ? FIGURES_OTHER : w->figures.stream_of[v->round];
}

static void cancel(struct world *w, job_id j)
{
    struct fleet_in in = { .kind = IN_CANCEL, .cancel = { j } };
    world_feed(w, &in);
}

static void job_accepted(struct world *w, job_id j)
{
    if (w->jobs == w->jobs_capacity) {
        uint32_t n = w->jobs_capacity ? 2 * w->jobs_capacity : 1024;
        struct deed *more = realloc(w->deed, n * sizeof *more);
        if (!more) {
            world_fail(w, ORD_EMEMORY);
            return;
        }
        w->deed = more;
        w->jobs_capacity = n;
    }
    struct job_view v;
    bool kept = fleet_job(w->brain.fleet, j, &v);
    assert(kept);
    struct deed *d = &w->deed[w->jobs++];
    *d = (struct deed){ .stream = stream_of(w, &v), .release_ms = ms_max(v.requested_ms, v.ready_ms) };
    d->beyond = w->cfg->timetable && d->release_ms >= w->cfg->demand_ms;
    if (w->cfg->demand)
        service_draw(w->cfg->demand, w->cfg->seed, job_key(w, &v), v.goods, v.from, v.to, d->release_ms,
                     v.round != ROUND_NONE, &d->service);
    oracle_job(w->oracle, j, &v, w->now_ms);
}

static void job_ended(struct world *w, const struct out_job *j)
{
    struct deed *d = &w->deed[j->job - 1];
    struct job_view v;
    demand_ended(&w->demand, w->now_ms);
    clock_set(&w->clock, FROM_DEMAND, ms_min(demand_deadline(&w->demand), arrivals_deadline(&w->arrivals)));
    if (j->state == JOB_DELIVERED) w->out->last_delivered_ms = w->now_ms;
    if (j->state == JOB_DELIVERED && stats_add(&w->stats, w->now_ms - d->release_ms)) world_fail(w, ORD_EMEMORY);
    if (d->beyond || d->counted || !fleet_job(w->brain.fleet, j->job, &v)) return;
    d->counted = true;
    if (figures_job(&w->figures, d->stream, &v, d->release_ms, d->kept_ms, w->now_ms)) world_fail(w, ORD_EMEMORY);
}

static void on_job_news(struct world *w, const struct out_job *j)
{
    if (j->job == 0) {
        w->out->refused++;
        return;
    }
    if (j->job == w->jobs + 1) job_accepted(w, j->job);
    if (j->job > w->jobs || j->state >= JOB_STATE_COUNT) return; /* no memory: the run ends; or a refusal, not news */
    oracle_job_state(w->oracle, j->job, (enum job_state)j->state, w->now_ms);
    if (job_state_final((enum job_state)j->state)) job_ended(w, j);
    world_trace_job(w, j);
}

static void on_output(struct world *w, const struct fleet_out *o)
{
    switch (o->kind) {
    case OUT_ORDER: send_order(w, &o->order); return;
    case OUT_INSTANT: send_instant(w, &o->instant); return;
    case OUT_ELEVATOR: send_car_request(w, &o->elevator); return;
    case OUT_DOOR: send_door_request(w, &o->door); return;
    case OUT_JOB: on_job_news(w, &o->job); return;
    case OUT_EVENT: world_trace_event(w, &o->event); return;
    }
    assert(!"kind of output");
}

/* ---- inputs ---- */
struct row_bytes {
    uint8_t bytes[FLEET_IN_BYTES_MAX];
    size_t n;
};

static void row_put(void *ctx, const void *bytes, size_t n)
{
    struct row_bytes *r = ctx;
    assert(n <= sizeof r->bytes - r->n);
    memcpy(r->bytes + r->n, bytes, n);
    r->n += n;
}

static void write_journal(struct world *w, struct fleet_in *in)
{
    if (!w->journal) return;
    struct row_bytes body = { .n = 0 };
    struct snap s = snap_saver(row_put, &body);
    fleet_in_snap(&s, in);
    struct journal_row row = { .seq = w->inputs,
                               .at_ms = in->at_ms,
                               .wall_ms = w->epoch_utc_ms + in->at_ms,
                               .kind = (int)in->kind,
                               .body = body.bytes,
                               .body_len = body.n,
                               .note = "" };
    int err = journal_append(w->journal, &row);
    if (err) {
        err_at(w->note, err, w->cfg->journal, "%s", err_en(err));
        world_fail(w, err);
    }
}

/* The first car on the way that robot r plans; ID_NONE: none. */
static elevator_id car_ahead(const struct world *w, robot_id r)
{
    struct robot_view v;
    fleet_robot(w->brain.fleet, r, &v);
    for (uint16_t i = 0; i < v.route; i++)
        if (w->site->node[v.route_node[i]].flags & NODE_CABIN) return w->site->node[v.route_node[i]].elevator;
    return ID_NONE;
}

/* It stands for an elevator when it says so, or behind the robot that has the car on its own way. */
static bool for_elevator(const struct world *w, const struct host *h)
{
    if (h->seen.wait == WAIT_ELEVATOR) return true;
    if (h->seen.wait != WAIT_ROBOT || h->car_ahead == ID_NONE) return false;
    return w->host[h->seen.wait_for].car_held == h->car_ahead;
}

static enum robot_use use_of(const struct world *w, const struct host *h)
{
    struct oracle_place at;
    if (h->dead) return USE_DEAD;
    if (h->washing) return USE_WASH;
    if (h->acting) return USE_SERVE;
    if (h->moving) return USE_DRIVE;
    oracle_where(w->oracle, h->id, &at);
    if (at.car != ID_NONE && h->seen.wait != WAIT_ROBOT) return USE_RIDE; /* inside: doors and travel are the ride */
    if (h->seen.wait != WAIT_NOTHING) return for_elevator(w, h) ? USE_ELEVATOR : USE_WAIT;
    if (h->charging) return USE_CHARGE;
    return h->seen.doing == ROBOT_IDLE || h->seen.goal == ID_NONE ? USE_IDLE : USE_WAIT;
}

void world_look(struct world *w, robot_id r)
{
    struct host *h = &w->host[r];
    uint8_t use = (uint8_t)use_of(w, h);
    if (use != h->use) {
        w->figures.use_ms[h->use] += w->now_ms - h->use_since_ms;
        h->use = use;
        h->use_since_ms = w->now_ms;
    }
    bool stands = h->seen.job != 0 && !h->moving && !h->acting && !h->washing && !h->dead;
    stand_look(&h->stand, &w->stands, r, stands, (enum robot_wait)h->seen.wait, w->now_ms);
    oracle_stands(w->oracle, r, stands && h->seen.wait == WAIT_NOTHING, w->now_ms);
}

static void claim_changed(struct world *w, robot_id r)
{
    struct robot_view v;
    fleet_robot(w->brain.fleet, r, &v);
    oracle_claims(w->oracle, r, v.claims, v.claim);
    w->host[r].car_held = ID_NONE;
    for (uint16_t i = 0; i < v.claims; i++)
        if (v.claim[i] < w->site->nodes && (w->site->node[v.claim[i]].flags & NODE_CABIN))
            w->host[r].car_held = w->site->node[v.claim[i]].elevator;
    if (w->trace) world_trace_claim(w, r, &v);
}

/* What others do can change whom it really waits for: who waits for a robot is looked at every time. */
static bool unchanged(const struct robot_glance *a, const struct robot_glance *b)
{
    return a->claim == b->claim && a->job == b->job && a->goal == b->goal && a->wait_for == b->wait_for &&
           a->doing == b->doing && a->wait == b->wait && a->wait != WAIT_ROBOT;
}

static void look_at_robots(struct world *w)
{
    struct robot_glance g;
    bool claims = false;
    for (robot_id r = 0; r < w->robots; r++) {
        struct host *h = &w->host[r];
        fleet_glance(w->brain.fleet, r, &g);
        if (unchanged(&g, &h->seen)) continue;
        if (g.claim != h->seen.claim) {
            claim_changed(w, r);
            claims = true;
        }
        bool new_wait = g.wait == WAIT_ROBOT && (h->seen.wait != WAIT_ROBOT || h->seen.wait_for != g.wait_for);
        if (new_wait) h->car_ahead = car_ahead(w, r);
        h->seen = g;
        world_look(w, r);
    }
    if (claims) oracle_claims_judge(w->oracle, w->now_ms);
}

void world_feed(struct world *w, struct fleet_in *in)
{
    in->at_ms = w->now_ms;
    w->inputs++;
    write_journal(w, in);
    int err = fleet_input(w->brain.fleet, in);
    if (err) {
        err_at(w->note, err, "core", "the core refused input %llu of kind %d", (unsigned long long)w->inputs,
               (int)in->kind);
        world_fail(w, err);
    }
    if (w->cfg->check) fleet_check(w->brain.fleet);
    look_at_robots(w);
    struct fleet_out o;
    job_id before = w->jobs;
    while (fleet_output(w->brain.fleet, &o)) on_output(w, &o);
    if (w->journal && w->inputs % MARK_EVERY == 0) journal_mark(w->journal, w->inputs, brain_hash(&w->brain));
    clock_set(&w->clock, FROM_FLEET, fleet_deadline(w->brain.fleet));
    job_id after = w->jobs; /* calling off one may bring about others, which are then called off there */
    for (job_id j = before + 1; w->closed && j <= after; j++)
        if (w->deed[j - 1].beyond) cancel(w, j);
}

void world_feed_facts(struct world *w)
{
    struct fleet_in in = { .kind = IN_FACT };
    while (facts_next(w->facts, &in.fact)) world_feed(w, &in);
    clock_set(&w->clock, FROM_FACTS, facts_deadline(w->facts));
}

/* ---- requests ---- */
static void ask(struct world *w, struct fleet_in *in, const struct arrival *from)
{
    w->asking = &in->job;
    w->arrival = from;
    world_feed(w, in);
    w->asking = NULL;
    w->arrival = NULL;
}

void world_ask(struct world *w)
{
    struct demand_job d;
    struct arrival a;
    struct fleet_in in = { .kind = IN_JOB };
    while (demand_next(&w->demand, w->now_ms, &d)) {
        in.job = (struct in_job){ .ref = d.ref,
                                  .from = d.from,
                                  .to = d.to,
                                  .quantity = d.quantity,
                                  .priority = d.priority,
                                  .goods = GOODS_NONE };
        ask(w, &in, NULL);
    }
    while (arrivals_next(&w->arrivals, w->now_ms, &a)) {
        const struct demand_stream *s = &w->cfg->demand->stream[a.stream];
        in.job = (struct in_job){ .ref = a.number,
                                  .from = a.from,
                                  .to = a.to,
                                  .quantity = 1,
                                  .priority = s->priority,
                                  .goods = s->goods,
                                  .due_ms = s->due_ms ? w->now_ms + s->due_ms : 0 };
        ask(w, &in, &a);
    }
    clock_set(&w->clock, FROM_DEMAND, ms_min(demand_deadline(&w->demand), arrivals_deadline(&w->arrivals)));
}

void world_call_off(struct world *w)
{
    w->closed = true;
    for (job_id j = 1; j <= w->jobs; j++) {
        struct job_view v;
        bool open = w->deed[j - 1].beyond && fleet_job(w->brain.fleet, j, &v) && !job_state_final(v.state);
        if (open) cancel(w, j);
    }
}
