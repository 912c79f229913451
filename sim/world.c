/* world - one run: the virtual clock and everything that acts on it.
 *
 *   demand ──IN_JOB──> core <──IN_FACT── facts <──state── wire <── agents (each with its drive)
 *                       │                                            ▲
 *                       └── orders, requests ──> wire ──> agents, plant ──states──> wire ──> core
 *
 * One event at a time, in the total order of clock.h. When a moment is over, the oracle judges it. The core is fed
 * as the live host feeds it: IN_OPEN and IN_CLOCK first, IN_TICK at its deadline, facts as facts.c tells them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/journal.h"
#include "core/facts.h"
#include "world.h"

#define PROGRESS_MS (10 * MS_MINUTE)
#define EPOCH_UTC_MS 1767225600000 /* 2026-01-01: the simulated wall clock at the start */
#define MARK_EVERY 1000            /* inputs between two hashes in a journal */
#define SAME_MOMENT_MAX 1000000    /* events without time going on: the run is stuck */
#define HOME_MS MS_HOUR            /* after the last job: time for every robot to reach its refuge */

enum source { FROM_WIRE, FROM_PLANT, FROM_DEMAND, FROM_FACTS, FROM_FLEET, FROM_SAMPLE, FROM_AGENT /* + robot */ };

static void fail(struct world *w, int err)
{
    if (!w->err) w->err = err;
}

/* ---- the oracle reports ---- */
static void on_violation(void *ctx, const char *rule, ms_t at_ms, const char *text)
{
    struct world *w = ctx;
    if (w->out->violations < COUNT_OF(w->out->first)) {
        struct sim_violation *v = &w->out->first[w->out->violations];
        v->at_ms = at_ms;
        text_copy(v->rule, sizeof v->rule, rule);
        text_copy(v->text, sizeof v->text, text);
    }
    w->out->violations++;
    world_trace_violation(w, rule, at_ms, text);
}

/* ---- sending ---- */
static void stamp(const struct world *w, robot_id r, uint32_t number, struct vda_header *h)
{
    const struct fleet_robot *f = &w->cfg->fleet->robot[r];
    memset(h, 0, sizeof *h);
    h->header_id = number;
    text_copy(h->version, sizeof h->version, f->version);
    text_copy(h->manufacturer, sizeof h->manufacturer, f->manufacturer);
    text_copy(h->serial, sizeof h->serial, f->serial);
    if (!w->cfg->codec) return; /* nobody decides by it, and it costs */
    time_t s = (time_t)((EPOCH_UTC_MS + w->now_ms) / 1000);
    struct tm utc;
    gmtime_r(&s, &utc);
    size_t n = strftime(h->timestamp, sizeof h->timestamp, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(h->timestamp + n, sizeof h->timestamp - n, ".%03dZ", (int)(w->now_ms % 1000));
}

static void post(struct world *w, enum wire_kind kind, uint16_t who, const struct vda_header *head, const void *message)
{
    int err = wire_send(w->wire, kind, who, head, message, w->now_ms, w->note);
    if (err) fail(w, err);
    clock_set(&w->clock, FROM_WIRE, wire_deadline(w->wire));
}

static void send_order(struct world *w, const struct out_order *o)
{
    struct vda_header head;
    oracle_order(w->oracle, o, w->now_ms);
    world_trace_order(w, o);
    order_to_vda(w->site, w->epoch, o, &w->order);
    stamp(w, o->robot, ++w->host[o->robot].order_head, &head);
    post(w, WIRE_ORDER, o->robot, &head, &w->order);
}

static void send_instant(struct world *w, const struct out_instant *i)
{
    struct vda_header head;
    oracle_instant(w->oracle, i);
    instant_to_vda(w->site, w->epoch, i, &w->instant);
    stamp(w, i->robot, ++w->host[i->robot].instant_head, &head);
    post(w, WIRE_INSTANT, i->robot, &head, &w->instant);
}

static void send_car_request(struct world *w, const struct out_elevator *e)
{
    struct elevator_request_msg m = { .generation = e->generation, .end = e->end };
    text_copy(m.elevator, sizeof m.elevator, w->site->elevator[e->elevator].id);
    if (!e->end) text_copy(m.level, sizeof m.level, w->site->level[e->level].id);
    post(w, WIRE_CAR_REQUEST, e->elevator, NULL, &m);
}

static void send_door_request(struct world *w, const struct out_door *d)
{
    struct door_request_msg m = { .generation = d->generation, .open = d->open };
    text_copy(m.door, sizeof m.door, w->site->door[d->door].id);
    post(w, WIRE_DOOR_REQUEST, d->door, NULL, &m);
}

/* ---- the core ---- */
static void job_accepted(struct world *w, const struct out_job *j)
{
    if (w->jobs == w->jobs_capacity) {
        uint32_t n = w->jobs_capacity ? 2 * w->jobs_capacity : 1024;
        ms_t *more = realloc(w->asked_ms, n * sizeof *more);
        if (!more) {
            fail(w, ORD_EMEMORY);
            return;
        }
        w->asked_ms = more;
        w->jobs_capacity = n;
    }
    w->asked_ms[w->jobs++] = w->now_ms;
    oracle_job(w->oracle, j->job, w->asking->from, w->asking->to, w->now_ms);
}

static void on_job_news(struct world *w, const struct out_job *j)
{
    if (j->job == 0) {
        w->out->refused++;
        return;
    }
    if (w->asking && j->ref == w->asking->ref && j->job == w->jobs + 1) job_accepted(w, j);
    oracle_job_state(w->oracle, j->job, (enum job_state)j->state, w->now_ms);
    if (job_state_final((enum job_state)j->state)) {
        demand_ended(&w->demand, w->now_ms);
        clock_set(&w->clock, FROM_DEMAND, demand_deadline(&w->demand));
    }
    if (j->state == JOB_DELIVERED) w->out->last_delivered_ms = w->now_ms;
    if (j->state == JOB_DELIVERED && j->job <= w->jobs && stats_add(&w->stats, w->now_ms - w->asked_ms[j->job - 1]))
        fail(w, ORD_EMEMORY);
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
                               .wall_ms = EPOCH_UTC_MS + in->at_ms,
                               .kind = (int)in->kind,
                               .body = body.bytes,
                               .body_len = body.n,
                               .note = "" };
    int err = journal_append(w->journal, &row);
    if (err) {
        err_at(w->note, err, w->cfg->journal, "%s", err_en(err));
        fail(w, err);
    }
}

static bool same_claims(const struct robot_view *a, const struct robot_view *b)
{
    return a->claims == b->claims && memcmp(a->claim, b->claim, a->claims * sizeof a->claim[0]) == 0;
}

static void look_at_stand(struct world *w, robot_id r)
{
    struct host *h = &w->host[r];
    bool stands = h->view.job != 0 && !h->moving && !h->acting;
    stand_look(&h->stand, &w->stands, r, stands, h->view.wait, w->now_ms);
    oracle_stands(w->oracle, r, stands && h->view.wait == WAIT_NOTHING, w->now_ms);
}

static void look_at_robots(struct world *w)
{
    struct robot_view v;
    for (robot_id r = 0; r < w->robots; r++) {
        fleet_robot(w->brain.fleet, r, &v);
        bool same = same_claims(&v, &w->host[r].view);
        w->host[r].view = v;
        if (!same) {
            oracle_claims(w->oracle, r, v.claims, v.claim);
            world_trace_claim(w, r);
        }
        look_at_stand(w, r);
    }
    oracle_claims_judge(w->oracle, w->now_ms);
}

static void feed(struct world *w, struct fleet_in *in)
{
    in->at_ms = w->now_ms;
    w->inputs++;
    write_journal(w, in);
    int err = fleet_input(w->brain.fleet, in);
    if (err) {
        err_at(w->note, err, "core", "the core refused input %llu of kind %d", (unsigned long long)w->inputs,
               (int)in->kind);
        fail(w, err);
    }
    if (w->cfg->check) fleet_check(w->brain.fleet);
    look_at_robots(w);
    struct fleet_out o;
    while (fleet_output(w->brain.fleet, &o)) on_output(w, &o);
    if (w->journal && w->inputs % MARK_EVERY == 0) journal_mark(w->journal, w->inputs, brain_hash(&w->brain));
    clock_set(&w->clock, FROM_FLEET, fleet_deadline(w->brain.fleet));
}

static void feed_facts(struct world *w)
{
    struct fleet_in in = { .kind = IN_FACT };
    while (facts_next(w->facts, &in.fact)) feed(w, &in);
    clock_set(&w->clock, FROM_FACTS, facts_deadline(w->facts));
}

/* ---- robots ---- */
static void tell_pose(struct world *w, robot_id r)
{
    struct host *h = &w->host[r];
    struct drive_pose p;
    h->drive.ops->pose(h->drive.self, w->now_ms, &p);
    h->moving = !h->drive.ops->standing(h->drive.self, w->now_ms);
    oracle_robot(w->oracle, r, &p, h->believed, w->now_ms);
    if (!w->trace) return;
    bool turned_on = (p.speed_mm_s == 0) != (h->drawn.speed_mm_s == 0);
    if (turned_on || (w->now_ms - h->drawn_ms >= SAMPLE_MS && memcmp(&p, &h->drawn, sizeof p) != 0))
        world_trace_robot(w, r, &p, h->drawn_node);
}

/* What the robot itself says, before the wire can lose it: the truth about what it has done. */
static void tell_deeds(struct world *w, robot_id r, const struct vda_state *s)
{
    uint32_t n;
    struct order_action done;
    if (order_number(w->epoch, r, s->order_id, &n)) oracle_reached(w->oracle, r, n, s->last_seq);
    w->host[r].acting = false;
    for (uint16_t i = 0; i < s->action_states; i++) {
        enum vda_status status = s->action_state[i].status;
        if (status == VDA_RUNNING || status == VDA_INITIALIZING) w->host[r].acting = true;
        if (status != VDA_FINISHED || !action_number(w->epoch, r, s->action_state[i].id, &n)) continue;
        if (oracle_finished(w->oracle, r, n, &done, w->now_ms)) world_trace_load(w, r, &done);
    }
    if (s->has_loads) oracle_loads(w->oracle, r, s->loads, w->now_ms);
    if (w->trace && strcmp(s->last_node, w->host[r].drawn_node) != 0) {
        struct drive_pose p;
        text_copy(w->host[r].drawn_node, sizeof w->host[r].drawn_node, s->last_node);
        w->host[r].drive.ops->pose(w->host[r].drive.self, w->now_ms, &p);
        world_trace_robot(w, r, &p, s->last_node);
    }
}

static void agent_says(struct world *w, robot_id r, const struct agent_out *o)
{
    struct host *h = &w->host[r];
    struct vda_header head;
    switch (o->kind) {
    case AGENT_OUT_STATE:
        tell_deeds(w, r, o->state);
        stamp(w, r, ++h->state_head, &head);
        post(w, WIRE_STATE, r, &head, o->state);
        return;
    case AGENT_OUT_CONNECTION:
        stamp(w, r, ++h->connection_head, &head);
        post(w, WIRE_CONNECTION, r, &head, &o->connection);
        return;
    case AGENT_OUT_FACTSHEET: return; /* the core takes a robot's properties from the fleet file */
    }
}

static void agent_step(struct world *w, robot_id r, const struct agent_in *in)
{
    struct host *h = &w->host[r];
    struct agent_out o;
    struct agent_truth truth;
    agent_input(h->agent, in);
    if (w->cfg->check) agent_check(h->agent);
    agent_truth(h->agent, w->now_ms, &truth);
    h->believed = site_level_by_id(w->site, truth.map_id);
    tell_pose(w, r);
    while (agent_output(h->agent, &o)) agent_says(w, r, &o);
    look_at_stand(w, r);
    w->unjudged = true;
    clock_set(&w->clock, FROM_AGENT + r, ms_max(w->now_ms, agent_deadline(h->agent)));
}

/* ---- the building ---- */
static void drain_plant(struct world *w)
{
    struct plant_out p;
    while (plant_next(w->plant, &p)) {
        world_trace_building(w, &p);
        if (p.is_door) {
            struct door_state_msg m = { .state = (enum door_state)p.door_state, .generation = p.generation };
            text_copy(m.door, sizeof m.door, w->site->door[p.door].id);
            post(w, WIRE_DOOR_STATE, p.door, NULL, &m);
            oracle_door(w->oracle, p.door, plant_door_open(w->plant, p.door, w->now_ms));
            continue;
        }
        struct elevator_state_msg m = { .motion = (enum elevator_motion)p.motion,
                                        .door = (enum door_state)p.door_state,
                                        .mode = (enum elevator_mode)p.mode,
                                        .generation = p.generation };
        text_copy(m.elevator, sizeof m.elevator, w->site->elevator[p.elevator].id);
        text_copy(m.level, sizeof m.level, w->site->level[p.level].id);
        if (p.destination != ID_NONE) text_copy(m.destination, sizeof m.destination, w->site->level[p.destination].id);
        post(w, WIRE_CAR_STATE, p.elevator, NULL, &m);
        oracle_car(w->oracle, p.elevator, plant_car_level(w->plant, p.elevator, w->now_ms),
                   plant_car_moving(w->plant, p.elevator, w->now_ms),
                   plant_car_door(w->plant, p.elevator, w->now_ms) == DOOR_OPEN);
    }
    w->unjudged = true;
    clock_set(&w->clock, FROM_PLANT, plant_deadline(w->plant));
}

/* ---- deliveries of the wire ---- */
static void deliver(struct world *w, const struct wire_item *it)
{
    struct fleet_in in = { 0 };
    struct agent_in to_agent = { .at_ms = w->now_ms };
    switch (it->kind) {
    case WIRE_ORDER:
        to_agent.kind = AGENT_ORDER;
        to_agent.order = it->message;
        agent_step(w, it->who, &to_agent);
        return;
    case WIRE_INSTANT:
        to_agent.kind = AGENT_INSTANT;
        to_agent.instant = it->message;
        agent_step(w, it->who, &to_agent);
        return;
    case WIRE_STATE:
        facts_state(w->facts, it->who, it->message, w->now_ms);
        feed_facts(w);
        return;
    case WIRE_CONNECTION: {
        const struct vda_connection *m = it->message;
        facts_connection(w->facts, it->who, m->state, w->now_ms);
        feed_facts(w);
        return;
    }
    case WIRE_CAR_REQUEST: {
        const struct elevator_request_msg *m = it->message;
        level_id level = m->end ? ID_NONE : site_level_by_id(w->site, m->level);
        plant_elevator_request(w->plant, site_elevator_by_id(w->site, m->elevator), m->generation, m->end, level,
                               w->now_ms);
        drain_plant(w);
        return;
    }
    case WIRE_CAR_STATE: {
        const struct elevator_state_msg *m = it->message;
        in.kind = IN_ELEVATOR;
        in.elevator = (struct in_elevator){ site_elevator_by_id(w->site, m->elevator),
                                            site_level_by_id(w->site, m->level),
                                            (uint8_t)m->motion,
                                            (uint8_t)m->door,
                                            (uint8_t)m->mode,
                                            m->generation };
        feed(w, &in);
        return;
    }
    case WIRE_DOOR_REQUEST: {
        const struct door_request_msg *m = it->message;
        plant_door_request(w->plant, site_door_by_id(w->site, m->door), m->generation, m->open, w->now_ms);
        drain_plant(w);
        return;
    }
    case WIRE_DOOR_STATE: {
        const struct door_state_msg *m = it->message;
        in.kind = IN_DOOR;
        in.door = (struct in_door){ site_door_by_id(w->site, m->door), (uint8_t)m->state, m->generation };
        feed(w, &in);
        return;
    }
    case WIRE_KINDS: break;
    }
    assert(!"kind of message");
}

static void step_wire(struct world *w)
{
    struct wire_item it;
    int got = wire_next(w->wire, w->now_ms, &it, w->note);
    clock_set(&w->clock, FROM_WIRE, wire_deadline(w->wire));
    if (got < 0) fail(w, got);
    else if (got == 1) deliver(w, &it);
}

static void step_demand(struct world *w)
{
    struct demand_job d;
    struct fleet_in in = { .kind = IN_JOB };
    while (demand_next(&w->demand, w->now_ms, &d)) {
        in.job =
            (struct in_job){ .ref = d.ref, .from = d.from, .to = d.to, .quantity = d.quantity, .priority = d.priority };
        w->asking = &in.job;
        feed(w, &in);
        w->asking = NULL;
    }
    clock_set(&w->clock, FROM_DEMAND, demand_deadline(&w->demand));
}

/* ---- the moment is over ---- */
static void judge(struct world *w)
{
    bool moves = false;
    for (robot_id r = 0; r < w->robots; r++) {
        if (w->host[r].moving) tell_pose(w, r);
        moves |= w->host[r].moving;
    }
    oracle_judge(w->oracle, w->now_ms);
    w->unjudged = false;
    clock_set(&w->clock, FROM_SAMPLE, moves ? w->now_ms + SAMPLE_MS : MS_NEVER);
}

static void step(struct world *w, uint32_t source)
{
    struct agent_in tick = { .at_ms = w->now_ms, .kind = AGENT_TICK };
    struct fleet_in in = { .kind = IN_TICK };
    w->unjudged = true;
    switch (source) {
    case FROM_WIRE: step_wire(w); return;
    case FROM_PLANT:
        plant_tick(w->plant, w->now_ms);
        drain_plant(w);
        return;
    case FROM_DEMAND: step_demand(w); return;
    case FROM_FACTS:
        facts_tick(w->facts, w->now_ms);
        feed_facts(w);
        return;
    case FROM_FLEET: feed(w, &in); return;
    case FROM_SAMPLE: clock_set(&w->clock, FROM_SAMPLE, MS_NEVER); return;
    default: agent_step(w, (robot_id)(source - FROM_AGENT), &tick); return;
    }
}

/* Over when nobody asks any more, every job has ended and every robot is home. */
static bool over(struct world *w)
{
    if (!demand_over(&w->demand)) return false;
    struct oracle_totals t;
    oracle_totals(w->oracle, &t);
    if (t.open > 0) {
        w->home_by_ms = MS_NEVER;
        return false;
    }
    if (w->home_by_ms == MS_NEVER) w->home_by_ms = w->now_ms + HOME_MS;
    bool home = true;
    for (robot_id r = 0; r < w->robots; r++) home &= w->host[r].view.doing == ROBOT_IDLE && !w->host[r].moving;
    if (home) return true;
    if (w->now_ms < w->home_by_ms) return false;
    for (robot_id r = 0; r < w->robots; r++)
        if (w->host[r].view.doing != ROBOT_IDLE) {
            char text[96];
            snprintf(text, sizeof text, "robot %s reached no refuge in an hour after the last job",
                     world_robot_name(w, r));
            on_violation(w, "L-3", w->now_ms, text);
        }
    return true;
}

static void run(struct world *w)
{
    ms_t give_up = ms_add(w->cfg->demand_ms, w->cfg->drain_max_ms ? w->cfg->drain_max_ms : 24 * MS_HOUR);
    ms_t progress = PROGRESS_MS;
    uint32_t here = 0;
    while (!w->err) {
        ms_t due = ms_max(w->now_ms, clock_due(&w->clock));
        if (due > w->now_ms) {
            if (w->unjudged) {
                judge(w);
                due = ms_max(w->now_ms, clock_due(&w->clock));
            }
            if (due >= give_up || over(w)) break;
            here = 0;
        }
        if (++here > SAME_MOMENT_MAX) {
            w->err = err_at(w->note, ORD_ECORRUPT, "simulator", "time stands still at %lld ms, source %u",
                            (long long)w->now_ms, clock_source(&w->clock));
            return;
        }
        w->now_ms = due;
        w->out->events++;
        step(w, clock_source(&w->clock));
        if (w->cfg->progress && w->now_ms >= progress) {
            struct oracle_totals t;
            oracle_totals(w->oracle, &t);
            w->cfg->progress(w->cfg->ctx, w->now_ms, t.delivered);
            progress = w->now_ms + PROGRESS_MS;
        }
    }
}

/* ---- open and close ---- */
static void agent_config_of(const struct world *w, robot_id r, struct drive drive, struct agent_config *c)
{
    const struct fleet_robot *f = &w->cfg->fleet->robot[r];
    const struct robot_class *cls = &w->site->cls[f->cls];
    const struct site_node *n = &w->site->node[w->start[r]];
    bool faults = w->cfg->loss_ppm || w->cfg->duplicate_ppm || w->cfg->delay_max_ms > 1000;
    memset(c, 0, sizeof *c);
    text_copy(c->manufacturer, sizeof c->manufacturer, f->manufacturer);
    text_copy(c->serial, sizeof c->serial, f->serial);
    text_copy(c->version, sizeof c->version, f->version);
    text_copy(c->start_node, sizeof c->start_node, n->id);
    text_copy(c->start_map, sizeof c->start_map, w->site->level[n->level].id);
    c->start_x_mm = n->x_mm;
    c->start_y_mm = n->y_mm;
    c->drive = drive;
    c->heartbeat_ms = w->cfg->heartbeat_ms ? w->cfg->heartbeat_ms : faults ? 1000 : 30000;
    c->pick_ms = cls->pick_ms;
    c->drop_ms = cls->drop_ms;
    c->battery_permille = 1000;
}

static int open_robot(struct world *w, struct arena *mem, robot_id r)
{
    const struct robot_class *cls = &w->site->cls[w->brain.robot_class[r]];
    const struct site_node *n = &w->site->node[w->start[r]];
    struct drive_sim_config dc = { .x_mm = n->x_mm,
                                   .y_mm = n->y_mm,
                                   .speed_mm_s = cls->speed_mm_s,
                                   .accel_mm_s2 = cls->accel_mm_s2,
                                   .turn_mrad_s = cls->turn_mrad_s,
                                   .settle_ms = cls->turn_settle_ms };
    struct drive_sim *d;
    struct agent_config ac;
    int err = drive_sim_open(&d, mem, &dc);
    if (err) return err;
    w->host[r].drive = drive_sim_ops(d);
    w->host[r].believed = n->level;
    agent_config_of(w, r, w->host[r].drive, &ac);
    return agent_open(&w->host[r].agent, mem, &ac);
}

/* Facts, plant and all robots from one block. */
static int open_parts(struct world *w)
{
    struct facts_config fc = { .site = w->site, .robots = w->robots, .epoch = w->epoch };
    struct agent_config ac;
    agent_config_of(w, 0, (struct drive){ 0 }, &ac);
    if (ac.heartbeat_ms > 5000) fc.silent_ms = 3 * ac.heartbeat_ms; /* a slow heartbeat is not silence */
    size_t size = facts_memory(&fc) + plant_memory(w->site) + 64 +
                  (size_t)w->robots * (agent_memory(&ac) + drive_sim_memory() + 64);
    struct arena mem;
    w->block = malloc(size);
    if (!w->block) return ORD_EMEMORY;
    arena_init(&mem, w->block, size);
    int err = facts_open(&w->facts, &mem, &fc);
    if (!err) err = plant_open(&w->plant, &mem, w->site);
    for (robot_id r = 0; !err && r < w->robots; r++) err = open_robot(w, &mem, r);
    return err;
}

static int open_judges(struct world *w)
{
    struct wire_config wc = { .seed = w->cfg->seed,
                              .loss_ppm = w->cfg->loss_ppm,
                              .duplicate_ppm = w->cfg->duplicate_ppm,
                              .delay_min_ms = w->cfg->delay_min_ms,
                              .delay_max_ms = w->cfg->delay_max_ms,
                              .codec = w->cfg->codec,
                              .robots = w->robots,
                              .elevators = w->site->elevators,
                              .doors = w->site->doors };
    struct oracle_config oc = { .site = w->site,
                                .robots = w->robots,
                                .robot_class = w->brain.robot_class,
                                .start_level = w->start_level,
                                .violated = on_violation,
                                .ctx = w };
    int err = wire_open(&w->wire, &wc);
    if (!err) err = oracle_open(&w->oracle, &oc);
    if (!err) err = clock_open(&w->clock, FROM_AGENT + (uint32_t)w->robots);
    if (!err && w->cfg->loss_ppm) plant_heartbeat(w->plant, 2000); /* lost states are repaired by the next */
    uint64_t orders = (uint64_t)w->cfg->orders_per_robot * w->robots;
    if (orders > 0) demand_open_steady(&w->demand, w->cfg->seed, orders, 2u * w->robots, w->site->stations);
    else demand_open(&w->demand, w->cfg->seed, w->cfg->jobs_per_hour, w->site->stations, w->cfg->demand_ms);
    return err;
}

static int open_journal(struct world *w)
{
    if (!w->cfg->journal) return ORD_OK;
    char *site = NULL, *fleet = NULL;
    size_t site_len = 0, fleet_len = 0;
    FILE *f = open_memstream(&site, &site_len), *g = open_memstream(&fleet, &fleet_len);
    int err = f && g ? ORD_OK : ORD_EMEMORY;
    if (!err) err = site_write(w->site, f);
    if (!err) err = fleet_spec_write(w->cfg->fleet, g);
    if (f && fclose(f) != 0) err = ORD_EMEMORY;
    if (g && fclose(g) != 0) err = ORD_EMEMORY;
    struct journal_config jc = { .path = w->cfg->journal,
                                 .site_hash = w->site->hash,
                                 .fleet_hash = w->cfg->fleet->hash,
                                 .site_bytes = site,
                                 .site_len = site_len,
                                 .fleet_bytes = fleet,
                                 .fleet_len = fleet_len,
                                 .window_ms = 50 };
    if (!err) err = journal_open(&w->journal, &jc, w->note);
    if (!err && journal_last(w->journal) > 0)
        err =
            err_at(w->note, ORD_EEXISTS, w->cfg->journal, "is not empty; name a new file for the journal of this run");
    free(site);
    free(fleet);
    return err;
}

static int open_world(struct world *w)
{
    int err = brain_open(&w->brain, w->site, w->cfg->fleet, w->note);
    if (err) return err;
    w->host = calloc(w->robots, sizeof *w->host);
    w->start = calloc(w->robots, sizeof *w->start);
    w->start_level = calloc(w->robots, sizeof *w->start_level);
    if (!w->host || !w->start || !w->start_level)
        return err_at(w->note, ORD_EMEMORY, "simulator", "%s", err_en(ORD_EMEMORY));
    err = fleet_spec_place(w->cfg->fleet, w->site, w->start, w->note);
    if (err) return err;
    for (robot_id r = 0; r < w->robots; r++) w->start_level[r] = w->site->node[w->start[r]].level;
    err = open_parts(w);
    if (!err) err = open_judges(w);
    if (err) return err_at(w->note, err, "simulator", "cannot open: %s", err_en(err));
    return open_journal(w);
}

static void begin(struct world *w)
{
    struct fleet_in open = { .kind = IN_OPEN, .open = { .epoch = w->epoch } };
    struct fleet_in utc = { .kind = IN_CLOCK, .clock = { .utc_ms = EPOCH_UTC_MS } };
    if (w->trace) world_trace_header(w);
    w->home_by_ms = MS_NEVER;
    feed(w, &open);
    feed(w, &utc);
    for (robot_id r = 0; r < w->robots; r++) agent_step(w, r, &(struct agent_in){ .kind = AGENT_LINK_UP });
    drain_plant(w);
    clock_set(&w->clock, FROM_DEMAND, demand_deadline(&w->demand));
    clock_set(&w->clock, FROM_FACTS, facts_deadline(w->facts));
}

static void finish(struct world *w)
{
    struct oracle_totals t;
    struct wire_totals m;
    struct fleet_totals f;
    struct sim_result *out = w->out;
    fleet_totals(w->brain.fleet, &f);
    oracle_end(w->oracle, f.jobs_open, w->now_ms);
    oracle_totals(w->oracle, &t);
    wire_totals(w->wire, &m);
    out->accepted = t.accepted;
    out->delivered = t.delivered;
    out->cancelled = t.cancelled;
    out->failed = t.failed;
    out->open = t.open;
    out->distance_mm = t.distance_mm;
    out->elevator_rides = t.rides;
    out->plans = f.plans;
    out->messages = m.sent;
    out->lost = m.lost;
    out->duplicated = m.duplicated;
    out->inputs = w->inputs;
    out->end_ms = w->now_ms;
    out->p50_ms = stats_quantile(&w->stats, 500);
    out->p95_ms = stats_quantile(&w->stats, 950);
    out->max_ms = stats_quantile(&w->stats, 1000);
    out->longest_stand_ms = w->stands.longest_ms;
    out->longest_stand_reason = w->stands.longest_wait;
    out->longest_stand_robot = w->stands.longest_robot;
    out->longest_stand_at_ms = w->stands.longest_since_ms;
    memcpy(out->stand_ms, w->stands.by_ms, sizeof w->stands.by_ms);
    out->state_hash = brain_hash(&w->brain);
    if (w->journal) {
        journal_mark(w->journal, w->inputs, out->state_hash);
        int err = journal_flush(w->journal);
        if (err) fail(w, err_at(w->note, err, w->cfg->journal, "%s", err_en(err)));
    }
    world_trace_close(w);
    int err = trace_close(w->trace);
    if (err) fail(w, err_at(w->note, err, "trace", "%s", err_en(err)));
}

static void close_world(struct world *w)
{
    if (w->journal) journal_close(w->journal);
    clock_close(&w->clock);
    oracle_close(w->oracle);
    wire_close(w->wire);
    stats_close(&w->stats);
    brain_close(&w->brain);
    free(w->block);
    free(w->host);
    free(w->start);
    free(w->start_level);
    free(w->asked_ms);
    free(w->trace);
    free(w);
}

int sim_run(const struct sim_config *cfg, struct sim_result *out, struct err_note *note)
{
    memset(out, 0, sizeof *out);
    struct world *w = calloc(1, sizeof *w);
    if (!w) return err_at(note, ORD_EMEMORY, "simulator", "%s", err_en(ORD_EMEMORY));
    struct rng epoch = rng_stream(cfg->seed, "epoch");
    w->cfg = cfg;
    w->out = out;
    w->note = note;
    w->site = cfg->site;
    w->robots = cfg->fleet->robots;
    w->epoch = rng_u64(&epoch) | 1;
    w->err = open_world(w);
    if (!w->err && cfg->trace) {
        w->trace = malloc(sizeof *w->trace);
        if (w->trace) trace_open(w->trace, cfg->trace);
        else w->err = err_at(note, ORD_EMEMORY, "trace", "%s", err_en(ORD_EMEMORY));
    }
    if (!w->err) {
        clock_t began = clock();
        begin(w);
        run(w);
        if (!w->err) finish(w);
        out->cpu_s = (double)(clock() - began) / CLOCKS_PER_SEC;
    }
    int err = w->err;
    close_world(w);
    return err;
}
