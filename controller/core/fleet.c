#include "fleet.h"

#include <assert.h>
#include <string.h>

#include "fleet_state.h"

#define RESEND_DEFAULT_MS 2000
#define EXPANSIONS_DEFAULT 20000
#define JOBS_LEAST 64
#define SHARED_CAR_MS 60000       /* what people took on h500 days beyond the plan, per ride of a robot: 50 to 90 s */
#define AT_MS_MOST (MS_NEVER / 2) /* sums with waits and durations must not overflow */

const char *const robot_doing_name[] = { "idle", "to_pickup", "picking", "to_drop",   "dropping", "to_refuge",
                                         "lost", "to_wash",   "washing", "to_charge", "charging" };

static uint32_t outs_for(const struct fleet_config *cfg)
{
    return cfg->robots * 12u + cfg->site->elevators * 5u + cfg->site->doors * 2u + 64u + ROUND_OUTS_MOST;
}

static struct plan_config plan_config_of(const struct fleet_config *cfg)
{
    return (struct plan_config){ .site = cfg->site,
                                 .robots = cfg->robots,
                                 .robot_class = cfg->robot_class,
                                 .without = traffic_without(cfg->traffic),
                                 .shared_car_ms = cfg->arbiter == ARBITER_PLANNED ? SHARED_CAR_MS : 0,
                                 .expansions_max =
                                     cfg->search_expansions ? cfg->search_expansions : EXPANSIONS_DEFAULT };
}

size_t fleet_memory(const struct fleet_config *cfg)
{
    const struct site *s = cfg->site;
    struct plan_config plan = plan_config_of(cfg);
    plan.access.groups = (uint8_t)(s->groups + 1);
    return sizeof(struct fleet) + access_memory(cfg) + mode_memory(cfg) + round_memory(cfg) + cfg->robots +
           plan_memory(&plan) + jobs_memory(cfg->jobs_max) + dispatch_memory(cfg) + cfg->robots * sizeof(struct robot) +
           s->elevators * (sizeof(struct elevator_session) + sizeof(robot_id)) +
           s->doors * (sizeof(struct door_session) + sizeof(bool)) + outs_for(cfg) * sizeof(struct fleet_out) + 12 * 16;
}

int fleet_open(struct fleet **out, struct arena *mem, const struct fleet_config *cfg)
{
    const struct site *s = cfg->site;
    if (cfg->robots == 0 || cfg->jobs_max < JOBS_LEAST) return ORD_ERANGE;
    for (robot_id r = 0; r < cfg->robots; r++) {
        node_id start = cfg->robot_start[r];
        if (cfg->robot_class[r] >= s->classes || (start != ID_NONE && (start >= s->nodes || !node_stoppable(s, start))))
            return ORD_ERANGE;
    }
    struct fleet *f = arena_new(mem, struct fleet, 1);
    if (!f) return ORD_EFULL;
    f->cfg = *cfg;
    if (f->cfg.resend_ms == 0) f->cfg.resend_ms = RESEND_DEFAULT_MS;
    f->robot = arena_new(mem, struct robot, cfg->robots);
    f->robot_group = arena_new(mem, uint8_t, cfg->robots);
    f->elevator = arena_new(mem, struct elevator_session, s->elevators);
    f->car_holder = arena_new(mem, robot_id, s->elevators);
    f->door = arena_new(mem, struct door_session, s->doors);
    f->door_wanted = arena_new(mem, bool, s->doors);
    f->outs_max = outs_for(cfg);
    f->out = arena_new(mem, struct fleet_out, f->outs_max);
    if (!f->robot || !f->robot_group || !f->elevator || !f->car_holder || !f->door || !f->door_wanted || !f->out)
        return ORD_EFULL;
    for (elevator_id e = 0; e < s->elevators; e++) f->elevator[e].holder = ID_NONE;
    struct plan_config plan = plan_config_of(cfg);
    int err = mode_open(f, mem);
    if (!err) err = access_open(f, mem);
    if (err) return err;
    plan.access = access_table(f);
    plan.robot_group = f->robot_group;
    if (!err) err = round_open(f, mem);
    if (!err) err = plan_open(&f->plan, mem, &plan);
    if (!err) err = jobs_open(&f->jobs, mem, cfg->jobs_max);
    if (!err) err = dispatch_open(f, mem);
    if (err) return err;
    f->known_ms = MS_NEVER;
    robot_open(f);
    *out = f;
    return ORD_OK;
}

struct fleet_out *fleet_emit(struct fleet *f, enum fleet_out_kind kind)
{
    assert(f->outs < f->outs_max); /* sized for the most one input can cause */
    struct fleet_out *o = &f->out[f->outs++];
    o->kind = kind;
    return o;
}

struct out_event *fleet_tell(struct fleet *f, enum event_no event)
{
    struct out_event *e = &fleet_emit(f, OUT_EVENT)->event;
    *e = (struct out_event){ .event = (uint16_t)event,
                             .robot = ID_NONE,
                             .elevator = ID_NONE,
                             .station = ID_NONE,
                             .zone = ID_NONE,
                             .round = ROUND_NONE };
    return e;
}

void fleet_event(struct fleet *f, enum event_no event, robot_id r, job_id j, int64_t n)
{
    bool elevator = event >= EVENT_ELEVATOR_CALLED && event <= EVENT_ELEVATOR_ROBOT_INSIDE;
    struct out_event *e = fleet_tell(f, event);
    e->robot = r;
    if (elevator) e->elevator = (elevator_id)n;
    e->job = j;
    e->n = n;
}

bool fleet_output(struct fleet *f, struct fleet_out *out)
{
    if (f->outs_read == f->outs) {
        f->outs = f->outs_read = 0;
        return false;
    }
    *out = f->out[f->outs_read++];
    return true;
}

/* After a first start, until every robot has said where it stands or has had time to: nobody is sent where another one
 * may stand unseen, and nobody is believed lost because its place was given away. */
static bool gathering(const struct fleet *f)
{
    if (f->now_ms >= f->gather_ms) return false;
    for (robot_id id = 0; id < f->cfg.robots; id++)
        if (!plan_of(f->plan, id)->placed && !f->robot[id].lost) return true;
    return false;
}

static void on_open(struct fleet *f, const struct in_open *in)
{
    f->epoch = in->epoch;
    bool known = false;
    for (robot_id id = 0; id < f->cfg.robots && !known; id++) known = plan_of(f->plan, id)->placed;
    f->gather_ms = known ? f->now_ms : f->now_ms + GATHER_MS;
    robot_restart(f);
    elevator_restart(f);
    fleet_event(f, EVENT_STARTED, ID_NONE, 0, 0);
}

/* Refuse what points outside the site or the fleet, before anything changes. */
static int range_check(const struct fleet *f, const struct fleet_in *in)
{
    const struct site *s = f->cfg.site;
    if (in->at_ms < f->now_ms || in->at_ms > AT_MS_MOST) return ORD_ERANGE;
    switch (in->kind) {
    case IN_OPEN:
    case IN_TICK:
    case IN_CLOCK:
    case IN_CANCEL: return ORD_OK;
    case IN_JOB:
        if (in->job.ready_ms < 0 || in->job.ready_ms > AT_MS_MOST) return ORD_ERANGE;
        return in->job.due_ms < 0 || in->job.due_ms > AT_MS_MOST ? ORD_ERANGE : ORD_OK;
    case IN_OPERATE: return mode_range(f, &in->operate);
    case IN_STOCK:
        if (in->stock.station >= s->stations || in->stock.goods >= s->goods) return ORD_ERANGE;
        return ORD_OK;
    case IN_COUNT: return in->count.where >= COUNT_WHERES || in->count.count == COUNT_NONE ? ORD_ERANGE : ORD_OK;
    case IN_FACT:
        if (in->fact.robot >= f->cfg.robots || in->fact.kind >= FACT_COUNT) return ORD_ERANGE;
        return in->fact.node != ID_NONE && in->fact.node >= s->nodes ? ORD_ERANGE : ORD_OK;
    case IN_ELEVATOR:
        if (in->elevator.elevator >= s->elevators || in->elevator.motion >= CAR_MOTION_COUNT) return ORD_ERANGE;
        if (in->elevator.door >= DOOR_STATE_COUNT || in->elevator.mode >= ELEVATOR_MODE_COUNT) return ORD_ERANGE;
        return in->elevator.level != ID_NONE && in->elevator.level >= s->levels ? ORD_ERANGE : ORD_OK;
    case IN_DOOR: return in->door.door >= s->doors || in->door.state >= DOOR_STATE_COUNT ? ORD_ERANGE : ORD_OK;
    }
    return ORD_EPARSE;
}

static void apply(struct fleet *f, const struct fleet_in *in)
{
    switch (in->kind) {
    case IN_OPEN: on_open(f, &in->open); return;
    case IN_TICK: return;
    case IN_CLOCK: wall_set(&f->clock, in->clock.utc_ms, in->at_ms); return;
    case IN_JOB: job_request(f, &in->job); return;
    case IN_CANCEL: job_cancel(f, in->cancel.job); return;
    case IN_FACT: robot_fact(f, &in->fact); return;
    case IN_ELEVATOR: elevator_heard(f, &in->elevator); return;
    case IN_DOOR: door_heard(f, &in->door); return;
    case IN_OPERATE: mode_operate(f, &in->operate); return;
    case IN_STOCK: round_stock(f, &in->stock); return;
    case IN_COUNT: custody_count(f, &in->count); return;
    }
}

int fleet_input(struct fleet *f, const struct fleet_in *in)
{
    assert(f->outs == 0); /* the host drains after every input */
    int err = range_check(f, in);
    if (err) return err;
    f->now_ms = in->at_ms;
    f->totals.inputs++;
    apply(f, in);
    round_run(f);
    access_run(f);
    charge_run(f);
    assign_run(f);
    if (!gathering(f)) {
        traffic_plan(f);
        arbiter_run(f);
    }
    traffic_claim(f);
    elevator_run(f);
    cancel_run(f);
    command_run(f);
    return ORD_OK;
}

static ms_t robot_deadline(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    ms_t cancel = cancel_deadline(f, id);
    if (!t->placed) return cancel;
    ms_t next = ms_min(cancel, command_deadline(f, id));
    if (r->away_ms != MS_NEVER && traffic_counts_on(f, id)) next = ms_min(next, r->away_ms + CUT_AFTER_MS);
    if (!robot_usable(r) || elevator_traps(f, id) || (route_frontier(t)->flags & STEP_GOAL)) return next;
    if (r->want_plan) next = ms_min(next, r->retry_ms);
    else if (r->wait == WAIT_ROBOT) next = ms_min(next, ms_max(r->improve_ms, r->wait_since_ms + IMPROVE_AFTER_MS));
    return next;
}

ms_t fleet_deadline(const struct fleet *f)
{
    ms_t next = ms_min(elevator_deadline(f), ms_min(assign_deadline(f), charge_deadline(f)));
    next = ms_min(next, ms_min(round_deadline(f), access_deadline(f)));
    if (gathering(f)) next = ms_min(next, f->gather_ms);
    else
        for (robot_id id = 0; id < f->cfg.robots; id++) next = ms_min(next, robot_deadline(f, id));
    return next == MS_NEVER ? next : ms_max(next, f->now_ms + 1);
}

void fleet_check(const struct fleet *f)
{
    plan_verify(f->plan);
    jobs_check(f);
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        const struct robot *r = &f->robot[id];
        const struct route *t = plan_of(f->plan, id);
        assert((r->stops == 0) == (r->goal == ID_NONE));
        assert(r->job == (r->stops > 0 ? r->stop[0].job : 0));
        assert(r->loads <= class_slots(&f->cfg.site->cls[f->cfg.robot_class[id]]));
        if (r->has_order && t->placed) assert(r->released <= t->base + t->head); /* base within the claim (I-04) */
    }
    for (elevator_id e = 0; e < f->cfg.site->elevators; e++) {
        const struct elevator_session *v = &f->elevator[e];
        assert(v->holder == ID_NONE || v->generation > 0);
    }
}

void fleet_snap(struct snap *s, struct fleet *f)
{
    assert(f->outs == 0);
    snap_u64(s, &f->totals.inputs);
    snap_u64(s, &f->totals.orders);
    snap_u64(s, &f->totals.elevator_sessions);
    snap_i64(s, &f->now_ms);
    snap_u64(s, &f->epoch);
    snap_bool(s, &f->clock.known);
    snap_i64(s, &f->clock.utc_ms);
    snap_i64(s, &f->clock.at_ms);
    snap_bool(s, &f->assign_due);
    snap_i64(s, &f->assign_ms);
    snap_i64(s, &f->known_ms);
    snap_i64(s, &f->charge_ms);
    snap_i64(s, &f->arbiter_ms);
    snap_i64(s, &f->gather_ms);
    for (int h = 0; h < 24; h++)
        for (int k = 0; k < 2; k++) snap_i32(s, &f->learned.excess_ms[h][k]);
    jobs_snap(s, &f->jobs);
    for (robot_id id = 0; id < f->cfg.robots; id++) robot_snap(s, &f->robot[id]);
    elevator_snap(s, f);
    mode_snap(s, f);
    round_snap(s, f);
    plan_snap(s, f->plan);
    access_snap(s, f);
    if (snap_loading(s) && s->ok && !loaded_ok(f)) snap_fail(s);
}

/* ---- views ---------------------------------------------------------------------------------------------------- */

static enum robot_doing doing_of(const struct fleet *f, robot_id id)
{
    static const uint8_t to[] = { ROBOT_TO_PICKUP, ROBOT_TO_DROP, ROBOT_TO_WASH, ROBOT_TO_CHARGE };
    static const uint8_t at[] = { ROBOT_PICKING, ROBOT_DROPPING, ROBOT_WASHING, ROBOT_CHARGING };
    const struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    if (r->lost || !t->placed) return ROBOT_LOST;
    if (r->stops == 0 && t->count > 1) return ROBOT_TO_REFUGE;
    if (r->stops == 0) return r->charging ? ROBOT_CHARGING : ROBOT_IDLE;
    bool there = t->head == 0 && (t->step[0].flags & STEP_GOAL);
    return (enum robot_doing)(r->serving || there ? at : to)[r->stop[0].kind];
}

static void tour_view(const struct robot *r, struct robot_view *out)
{
    out->loads = r->loads;
    out->loaded = r->loads > 0;
    memcpy(out->load, r->load, sizeof out->load);
    out->stops = r->stops;
    for (uint8_t i = 0; i < r->stops; i++)
        out->stop[i] = (struct stop_view){ r->stop[i].kind, r->stop[i].job, r->stop[i].node, r->stop[i].eta_ms };
}

static void claim_view(const struct fleet *f, const struct route *t, struct robot_view *out)
{
    const struct site *s = f->cfg.site;
    for (uint16_t i = 0; i <= t->head; i++) {
        edge_id e = t->step[i].edge;
        if (i > 0 && e != ID_NONE && out->claims < CLAIM_MAX) out->claim[out->claims++] = res_lane(s, s->edge[e].lane);
        if (out->claims < CLAIM_MAX) out->claim[out->claims++] = res_node(s, t->step[i].node);
    }
    out->claimed_nodes = t->head;
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count && out->route < CLAIM_MAX; i++)
        out->route_node[out->route++] = t->step[i].node;
}

void fleet_robot(const struct fleet *f, robot_id id, struct robot_view *out)
{
    const struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    *out = (struct robot_view){ .link = (enum robot_link)r->link,
                                .doing = doing_of(f, id),
                                .mode = r->mode,
                                .battery_permille = r->battery_permille,
                                .charging = r->charging,
                                .at = t->placed ? t->step[0].node : ID_NONE,
                                .job = r->job,
                                .before = r->before,
                                .out = r->out,
                                .isolation = r->isolation,
                                .goal = r->goal,
                                .wait = (enum robot_wait)r->wait,
                                .wait_robot = ID_NONE,
                                .wait_elevator = ID_NONE,
                                .wait_door = ID_NONE,
                                .wait_since_ms = r->wait_since_ms,
                                .order = r->order,
                                .update = r->update };
    tour_view(r, out);
    if (r->wait == WAIT_ROBOT) out->wait_robot = r->wait_for;
    if (r->wait == WAIT_ELEVATOR) out->wait_elevator = r->wait_for;
    if (r->wait == WAIT_DOOR) out->wait_door = r->wait_for;
    if (t->placed && r->link != ROBOT_ONLINE && t->count > 1) out->wait = WAIT_LINK;
    if (t->placed) claim_view(f, t, out);
}

/* Claimed steps never change: where the claim begins and where it ends says all. */
void fleet_glance(const struct fleet *f, robot_id id, struct robot_glance *out)
{
    const struct robot *r = &f->robot[id];
    const struct route *t = plan_of(f->plan, id);
    *out = (struct robot_glance){
        .job = r->job, .goal = r->goal, .wait_for = r->wait_for, .doing = (uint8_t)doing_of(f, id), .wait = r->wait
    };
    if (!t->placed) return;
    if (r->link != ROBOT_ONLINE && t->count > 1) out->wait = WAIT_LINK;
    out->claim = (uint64_t)(t->base + 1) << 32 | (uint64_t)t->head << 16 | t->step[0].node;
}

bool fleet_job(const struct fleet *f, job_id j, struct job_view *out)
{
    if (j == 0 || f->jobs.slot[j % f->jobs.capacity].v.job != j) return false;
    *out = f->jobs.slot[j % f->jobs.capacity].v;
    return true;
}

job_id fleet_job_last(const struct fleet *f) { return f->jobs.last; }

job_id fleet_job_first_kept(const struct fleet *f)
{
    return f->jobs.last < f->jobs.capacity ? 1 : f->jobs.last - f->jobs.capacity + 1;
}

void fleet_elevator(const struct fleet *f, elevator_id e, struct elevator_view *out)
{
    const struct elevator_session *v = &f->elevator[e];
    *out = (struct elevator_view){ .level = v->level,
                                   .motion = v->motion,
                                   .door = v->door,
                                   .mode = v->mode,
                                   .generation = v->heard_generation,
                                   .holder = v->holder,
                                   .heard = v->heard,
                                   .closed = true };
    for (uint8_t g = 0; g < access_anywhere(f) && out->closed; g++) out->closed = !access_car_open(f, e, g, f->now_ms);
    out->waiting = arbiter_queue(f, e, &out->wait_since_ms);
}

void fleet_totals(const struct fleet *f, struct fleet_totals *out)
{
    struct plan_totals p = plan_totals(f->plan);
    *out = f->totals;
    out->plans = p.plans;
    out->plan_expansions = p.expansions;
    out->plans_rejected = p.rejected;
    out->jobs_open = f->jobs.open;
}
