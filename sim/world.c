/* world - one run: the virtual clock and everything that acts on it.
 *
 *   demand ──IN_JOB──> core <──IN_FACT── facts <──state── wire <── agents (each with its drive)
 *                       │                                            ▲
 *                       └── orders, requests ──> wire ──> agents, plant ──states──> wire ──> core
 *
 * One event at a time, in the total order of clock.h. When a moment is over, the oracle judges it. */
#include "world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/journal.h"

#define PROGRESS_MS (10 * MS_MINUTE)
#define EPOCH_UTC_MS 1767225600000 /* 2026-01-01: the simulated wall clock at the start, where none is given */
#define SAME_MOMENT_MAX 1000000    /* events without time going on: the run is stuck */
#define HOME_MS MS_HOUR            /* after the last job: time for every robot to reach its refuge */

void world_fail(struct world *w, int err)
{
    if (!w->err) w->err = err;
}

/* ---- the oracle reports ---- */
static void count_rule(struct sim_result *out, const char *rule)
{
    for (size_t i = 0; i < SIM_RULES_MAX; i++) {
        struct sim_rule *r = &out->rule[i];
        if (r->count > 0 && strcmp(r->rule, rule) != 0) continue;
        text_copy(r->rule, sizeof r->rule, rule);
        r->count++;
        return;
    }
}

void world_violation(void *ctx, const char *rule, ms_t at_ms, const char *text)
{
    struct world *w = ctx;
    if (w->out->violations < COUNT_OF(w->out->first)) {
        struct sim_violation *v = &w->out->first[w->out->violations];
        v->at_ms = at_ms;
        text_copy(v->rule, sizeof v->rule, rule);
        text_copy(v->text, sizeof v->text, text);
    }
    w->out->violations++;
    count_rule(w->out, rule);
    world_trace_violation(w, rule, at_ms, text);
}

/* ---- the wire ---- */
void world_stamp(const struct world *w, robot_id r, uint32_t number, struct vda_header *h)
{
    const struct fleet_robot *f = &w->cfg->fleet->robot[r];
    memset(h, 0, sizeof *h);
    h->header_id = number;
    text_copy(h->version, sizeof h->version, f->version);
    text_copy(h->manufacturer, sizeof h->manufacturer, f->manufacturer);
    text_copy(h->serial, sizeof h->serial, f->serial);
    if (!w->cfg->codec) return; /* nobody decides by it, and it costs */
    time_t s = (time_t)((w->epoch_utc_ms + w->now_ms) / 1000);
    struct tm utc;
    gmtime_r(&s, &utc);
    size_t n = strftime(h->timestamp, sizeof h->timestamp, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(h->timestamp + n, sizeof h->timestamp - n, ".%03dZ", (int)(w->now_ms % 1000));
}

void world_post(struct world *w, enum wire_kind kind, uint16_t who, const struct vda_header *head, const void *message)
{
    int err = wire_send(w->wire, kind, who, head, message, w->now_ms, w->note);
    if (err) world_fail(w, err);
    clock_set(&w->clock, FROM_WIRE, wire_deadline(w->wire));
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
        world_agent(w, it->who, &to_agent);
        return;
    case WIRE_INSTANT:
        to_agent.kind = AGENT_INSTANT;
        to_agent.instant = it->message;
        world_agent(w, it->who, &to_agent);
        return;
    case WIRE_STATE:
        facts_state(w->facts, it->who, it->message, w->now_ms);
        world_feed_facts(w);
        return;
    case WIRE_CONNECTION: {
        const struct vda_connection *m = it->message;
        facts_connection(w->facts, it->who, m->state, w->now_ms);
        world_feed_facts(w);
        return;
    }
    case WIRE_CAR_REQUEST: {
        const struct elevator_request_msg *m = it->message;
        level_id level = m->end ? ID_NONE : site_level_by_id(w->site, m->level);
        plant_elevator_request(w->plant, site_elevator_by_id(w->site, m->elevator), m->generation, m->end, level,
                               w->now_ms);
        world_drain_plant(w);
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
        world_feed(w, &in);
        return;
    }
    case WIRE_DOOR_REQUEST: {
        const struct door_request_msg *m = it->message;
        plant_door_request(w->plant, site_door_by_id(w->site, m->door), m->generation, m->open, w->now_ms);
        world_drain_plant(w);
        return;
    }
    case WIRE_DOOR_STATE: {
        const struct door_state_msg *m = it->message;
        in.kind = IN_DOOR;
        in.door = (struct in_door){ site_door_by_id(w->site, m->door), (uint8_t)m->state, m->generation };
        world_feed(w, &in);
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
    if (got < 0) world_fail(w, got);
    else if (got == 1) deliver(w, &it);
}

/* ---- the moment is over ---- */
static void judge(struct world *w)
{
    oracle_judge(w->oracle, w->now_ms);
    world_cars_taken(w);
    for (uint16_t i = 0; i < w->posed; i++) {
        robot_id r = w->pose[i];
        ms_t next = MS_NEVER;
        if (w->host[r].moving) next = w->trace ? w->now_ms + SAMPLE_MS : oracle_next_look(w->oracle, r, w->now_ms);
        clock_set(&w->clock, from_look(w->robots, r), next);
        w->host[r].posed = false;
    }
    w->posed = 0;
    w->unjudged = false;
}

static void on_look(void *ctx, robot_id r, ms_t now_ms)
{
    struct world *w = ctx;
    assert(now_ms == w->now_ms);
    world_pose(w, r);
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
        world_drain_plant(w);
        return;
    case FROM_DEMAND: world_ask(w); return;
    case FROM_FACTS:
        facts_tick(w->facts, w->now_ms);
        world_feed_facts(w);
        return;
    case FROM_FLEET: world_feed(w, &in); return;
    case FROM_FAULT: world_faults(w); return;
    default:
        if (source >= from_look(w->robots, 0)) {
            clock_set(&w->clock, source, MS_NEVER); /* the judgement sets it again */
            world_pose(w, (robot_id)(source - from_look(w->robots, 0)));
        } else if (w->host[source - FROM_AGENT].dead) world_robot_will(w, (robot_id)(source - FROM_AGENT));
        else world_agent(w, (robot_id)(source - FROM_AGENT), &tick);
        return;
    }
}

/* ---- the end ---- */
static bool home(const struct world *w, robot_id r)
{
    const struct host *h = &w->host[r];
    return h->dead || (!h->moving && (h->seen.doing == ROBOT_IDLE || h->seen.doing == ROBOT_CHARGING));
}

/* Over when nobody asks any more, every job has ended (but those that a dead robot keeps) and every robot is home. */
static bool over(struct world *w)
{
    if (!demand_over(&w->demand) || arrivals_deadline(&w->arrivals) != MS_NEVER) return false;
    if (w->cfg->timetable && !w->closed) return false;
    struct oracle_totals t;
    oracle_totals(w->oracle, &t);
    uint32_t stranded = 0;
    for (robot_id r = 0; r < w->robots; r++)
        if (w->host[r].dead) stranded += oracle_aboard(w->oracle, r);
    if (t.open > stranded) {
        w->home_by_ms = MS_NEVER;
        return false;
    }
    if (w->home_by_ms == MS_NEVER) w->home_by_ms = w->now_ms + HOME_MS;
    bool all = true;
    for (robot_id r = 0; r < w->robots; r++) all &= home(w, r);
    if (all) return true;
    if (w->now_ms < w->home_by_ms) return false;
    for (robot_id r = 0; r < w->robots; r++)
        if (!home(w, r)) {
            char text[96];
            snprintf(text, sizeof text, "robot %s reached no refuge in an hour after the last job",
                     world_robot_name(w, r));
            world_violation(w, "L-3", w->now_ms, text);
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
/* Facts, plant and all robots from one block. */
static int open_parts(struct world *w)
{
    struct facts_config fc = { .site = w->site, .robots = w->robots, .epoch = w->epoch };
    if (world_heartbeat_ms(w) > 5000) fc.silent_ms = 3 * world_heartbeat_ms(w); /* a slow heartbeat is not silence */
    size_t size = facts_memory(&fc) + plant_memory(w->site) + 64 + world_robots_memory(w);
    struct arena mem;
    w->block = malloc(size);
    if (!w->block) return ORD_EMEMORY;
    arena_init(&mem, w->block, size);
    int err = facts_open(&w->facts, &mem, &fc);
    if (!err) err = plant_open(&w->plant, &mem, w->site);
    if (!err) err = world_robots_open(w, &mem);
    return err;
}

static uint8_t weekday_of(const struct world *w)
{
    int64_t local_min = w->epoch_utc_ms / MS_MINUTE + w->site->calendar.utc_offset_min;
    return (uint8_t)((local_min / 1440 + 3) % 7); /* 1970-01-01 was a Thursday */
}

/* Who asks, who rides: by the demand file, or between random stations. */
static int open_demand(struct world *w)
{
    const struct sim_config *c = w->cfg;
    uint64_t orders = (uint64_t)c->orders_per_robot * w->robots;
    figures_open(&w->figures, w->site, c->timetable, c->demand);
    w->round_made = calloc(c->timetable ? c->timetable->rounds + 1u : 1u, sizeof *w->round_made);
    if (!w->round_made) return ORD_EMEMORY;
    if (orders > 0) demand_open_steady(&w->demand, c->seed, orders, 2u * w->robots, w->site->stations);
    else if (c->demand || c->timetable) demand_open(&w->demand, c->seed, 0, w->site->stations, 0);
    else demand_open(&w->demand, c->seed, c->jobs_per_hour, w->site->stations, c->demand_ms);
    if (!c->demand) return ORD_OK;
    arrivals_open(&w->arrivals, c->demand, c->seed, c->start_ms, weekday_of(w), c->demand_ms);
    int err = people_open(&w->people, w->site, c->demand, c->seed, c->start_ms, weekday_of(w), c->demand_ms);
    if (!err) plant_people(w->plant, w->people.list, w->people.count);
    plant_door_retry(w->plant, c->seed, c->demand->door_retry_ppm);
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
                                .utc_ms = w->epoch_utc_ms,
                                .blind = w->cfg->no_oracle,
                                .look = on_look,
                                .violated = world_violation,
                                .ctx = w };
    int err = wire_open(&w->wire, &wc);
    if (!err) err = oracle_open(&w->oracle, &oc);
    if (!err) err = clock_open(&w->clock, from_look(w->robots, w->robots));
    if (!err && w->cfg->loss_ppm) plant_heartbeat(w->plant, 2000); /* lost states are repaired by the next */
    return err ? err : open_demand(w);
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
    struct brain_rules rules = { w->cfg->timetable, w->cfg->dispatch, w->cfg->arbiter, w->cfg->traffic,
                                 w->cfg->charging };
    int err = brain_open(&w->brain, w->site, w->cfg->fleet, rules, w->note);
    if (err) return err;
    w->host = calloc(w->robots, sizeof *w->host);
    w->start = calloc(w->robots, sizeof *w->start);
    w->start_level = calloc(w->robots, sizeof *w->start_level);
    w->car_taken = calloc(w->site->elevators + 1u, sizeof *w->car_taken);
    w->pose = calloc(w->robots + 1u, sizeof *w->pose);
    if (!w->pose || !w->host || !w->start || !w->start_level || !w->car_taken)
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
    struct fleet_in utc = { .kind = IN_CLOCK, .clock = { .utc_ms = w->epoch_utc_ms } };
    if (w->trace) world_trace_header(w);
    w->home_by_ms = MS_NEVER;
    world_feed(w, &open);
    world_feed(w, &utc);
    for (robot_id r = 0; r < w->robots; r++) world_agent(w, r, &(struct agent_in){ .kind = AGENT_LINK_UP });
    world_drain_plant(w);
    clock_set(&w->clock, FROM_DEMAND, ms_min(demand_deadline(&w->demand), arrivals_deadline(&w->arrivals)));
    clock_set(&w->clock, FROM_FAULT, world_faults_deadline(w));
    clock_set(&w->clock, FROM_FACTS, facts_deadline(w->facts));
}

/* Jobs that have not ended count as they stand; loads that the controller gave up making count as not done. */
static void count_rest(struct world *w)
{
    struct job_view v;
    struct round_view round;
    for (uint32_t i = 0; i < w->jobs; i++) {
        struct deed *d = &w->deed[i];
        if (d->beyond || d->counted || !fleet_job(w->brain.fleet, i + 1, &v)) continue;
        if (figures_job(&w->figures, d->stream, &v, d->release_ms, d->kept_ms, w->now_ms)) world_fail(w, ORD_EMEMORY);
    }
    for (uint16_t r = 0; w->cfg->timetable && r < w->cfg->timetable->rounds; r++) {
        fleet_round(w->brain.fleet, r, &round);
        if (round.skipped > 0 && round.release_ms < w->cfg->demand_ms) figures_skipped(&w->figures, r, round.skipped);
    }
}

static void report_figures(struct world *w)
{
    struct figures *g = &w->figures;
    struct sim_result *out = w->out;
    out->streams = g->streams;
    for (uint16_t i = 0; i < g->streams; i++) {
        struct stream_figures *s = &g->stream[i];
        struct sim_stream *o = &out->stream[i];
        *o = (struct sim_stream){ .name = s->name,
                                  .n = s->n,
                                  .on_time = s->on_time,
                                  .late = s->late,
                                  .kept = s->kept,
                                  .undone = s->undone,
                                  .skipped = s->skipped,
                                  .p50_ms = stats_quantile(&s->took, 500),
                                  .p95_ms = stats_quantile(&s->took, 950) };
        text_copy(o->id, sizeof o->id, s->id);
        out->undone += s->undone;
    }
    out->waves = g->waves;
    memcpy(out->wave, g->wave, sizeof out->wave);
    out->late_jobs = g->late_jobs;
    out->washes = g->washes;
    out->urgent = g->urgent_assigned.count;
    out->emergencies = g->emergency_delivered.count;
    out->answers = g->answer.count;
    out->urgent_assigned_p95_ms = stats_quantile(&g->urgent_assigned, 950);
    out->emergency_arrived_p95_ms = stats_quantile(&g->emergency_arrived, 950);
    out->emergency_p95_ms = stats_quantile(&g->emergency_delivered, 950);
    out->answer_p50_ms = stats_quantile(&g->answer, 500);
    out->answer_p95_ms = stats_quantile(&g->answer, 950);
    out->routine_over_ms = g->routine_over_ms;
    out->routine_over_permille = g->routine_over_permille;
    memcpy(out->use_ms, g->use_ms, sizeof out->use_ms);
    out->used_j = g->used_j;
    memcpy(out->charged_j, g->charged_j, sizeof out->charged_j);
}

static void report_totals(struct world *w)
{
    struct oracle_totals t;
    struct wire_totals m;
    struct fleet_totals f;
    struct sim_result *out = w->out;
    uint32_t off = 0, off_in[JOB_STATE_COUNT] = { 0 };
    struct job_view v;
    for (uint32_t i = 0; i < w->jobs; i++) {
        if (!w->deed[i].beyond) continue;
        off++;
        if (fleet_job(w->brain.fleet, i + 1, &v)) off_in[v.state]++;
    }
    fleet_totals(w->brain.fleet, &f);
    for (robot_id r = 0; r < w->robots; r++) world_look(w, r);
    oracle_end(w->oracle, f.jobs_open, w->now_ms);
    oracle_totals(w->oracle, &t);
    wire_totals(w->wire, &m);
    out->called_off = off;
    out->accepted = t.accepted - off;
    out->delivered = t.delivered - off_in[JOB_DELIVERED];
    out->cancelled = t.cancelled - off_in[JOB_CANCELLED];
    out->failed = t.failed - off_in[JOB_FAILED];
    out->open = out->accepted - out->delivered - out->cancelled - out->failed;
    out->stranded = w->stranded;
    out->distance_mm = t.distance_mm;
    out->elevator_rides = t.rides;
    memcpy(out->rides, t.rides_of, sizeof out->rides);
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
}

static void finish(struct world *w)
{
    struct sim_result *out = w->out;
    world_robots_end(w);
    count_rest(w);
    report_figures(w);
    report_totals(w);
    if (people_waits(&w->people, &out->people)) world_fail(w, ORD_EMEMORY);
    out->state_hash = brain_hash(&w->brain);
    if (w->journal) {
        journal_mark(w->journal, w->inputs, out->state_hash);
        int err = journal_flush(w->journal);
        if (err) world_fail(w, err_at(w->note, err, w->cfg->journal, "%s", err_en(err)));
    }
    world_trace_close(w);
    int err = trace_close(w->trace);
    if (err) world_fail(w, err_at(w->note, err, "trace", "%s", err_en(err)));
}

static void close_world(struct world *w)
{
    if (w->journal) journal_close(w->journal);
    clock_close(&w->clock);
    oracle_close(w->oracle);
    wire_close(w->wire);
    stats_close(&w->stats);
    figures_close(&w->figures);
    people_close(&w->people);
    brain_close(&w->brain);
    free(w->block);
    free(w->host);
    free(w->start);
    free(w->start_level);
    free(w->deed);
    free(w->round_made);
    free(w->car_taken);
    free(w->pose);
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
    w->epoch_utc_ms = cfg->midnight_utc_s ? cfg->midnight_utc_s * 1000 + cfg->start_ms : EPOCH_UTC_MS;
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
    if (!w->err && cfg->demand && w->people.count > 0 &&
        people_alone(&w->people, w->site, cfg->demand, cfg->seed, &out->people_alone))
        w->err = err_at(note, ORD_EMEMORY, "simulator", "%s", err_en(ORD_EMEMORY));
    int err = w->err;
    close_world(w);
    return err;
}
