/* world_robot - the robots of a run: one real agent with a simulated drive each, what they do at stations and use. */
#include <stdlib.h>
#include <string.h>

#include "hours.h"
#include "world.h"

#define HEARTBEAT_MS (5 * MS_MINUTE) /* on a good network nothing is lost: a state at each change is enough */
#define WILL_MS (15 * MS_SECOND)     /* so long after a robot has gone dumb the broker says so in its name */

void world_pose(struct world *w, robot_id r)
{
    struct host *h = &w->host[r];
    struct drive_pose p;
    h->drive.ops->pose(h->drive.self, w->now_ms, &p);
    h->moving = !h->drive.ops->standing(h->drive.self, w->now_ms);
    oracle_robot(w->oracle, r, &p, h->believed, w->now_ms);
    oracle_rests(w->oracle, r, !h->moving);
    if (!h->posed) w->pose[w->posed++] = r;
    h->posed = true;
    if (!w->trace) return;
    bool turned_on = (p.speed_mm_s == 0) != (h->drawn.speed_mm_s == 0);
    if (turned_on || (w->now_ms - h->drawn_ms >= SAMPLE_MS && memcmp(&p, &h->drawn, sizeof p) != 0))
        world_trace_robot(w, r, &p, h->drawn_node);
}

/* ---- hand-overs ---- */
/* Who has just handed something over here still stands by for the next piece. */
static bool attended(const struct world *w, const struct host *h, station_id at)
{
    struct drive_pose p;
    if (h->served != at || w->now_ms - h->served_ms > 1000) return false;
    h->drive.ops->pose(h->drive.self, w->now_ms, &p);
    return p.x_mm == h->served_x_mm && p.y_mm == h->served_y_mm;
}

static ms_t takes_ms(void *ctx, enum vda_action_type type, const char *load_id, ms_t now_ms)
{
    struct host *h = ctx;
    struct world *w = h->world;
    const struct robot_class *cls = &w->site->cls[w->brain.robot_class[h->id]];
    ms_t usual = type == VDA_PICK ? cls->pick_ms : cls->drop_ms;
    job_id j = load_id[0] == 'j' ? (job_id)strtoul(load_id + 1, NULL, 10) : 0;
    struct job_view v;
    struct drive_pose p;
    if (!w->cfg->demand || j == 0 || j > w->jobs || !fleet_job(w->brain.fleet, j, &v)) return usual;
    const struct service_job *s = &w->deed[j - 1].service;
    station_id at = type == VDA_PICK ? v.from : v.to;
    ms_t answer = type == VDA_PICK ? s->pick_answer_ms : s->drop_answer_ms;
    if (attended(w, h, at)) answer = 0;
    if (answer > 0 && stats_add(&w->figures.answer, answer)) world_fail(w, ORD_EMEMORY);
    if (type == VDA_PICK) {
        answer = ms_max(answer, s->ready_ms - now_ms);
        struct deed *d = &w->deed[j - 1]; /* coming before the release was the fleet's own choice */
        d->kept_ms += ms_max(now_ms + answer - ms_max(now_ms, d->release_ms), 0);
    }
    h->drive.ops->pose(h->drive.self, now_ms, &p);
    h->served = at;
    h->served_ms = now_ms + answer + usual;
    h->served_x_mm = p.x_mm;
    h->served_y_mm = p.y_mm;
    return answer + usual;
}

/* ---- what they say ---- */
/* What the robot itself says, before the wire can lose it: the truth about what it has done. */
static void tell_deeds(struct world *w, robot_id r, const struct vda_state *s)
{
    uint32_t n;
    struct order_action done;
    if (order_number(w->epoch, r, s->order_id, &n)) oracle_reached(w->oracle, r, n, s->last_seq, w->now_ms);
    w->host[r].acting = false;
    for (uint16_t i = 0; i < s->action_states; i++) {
        enum vda_status status = s->action_state[i].status;
        if (status == VDA_RUNNING || status == VDA_INITIALIZING) w->host[r].acting = true;
        if (status != VDA_FINISHED || !action_number(w->epoch, r, s->action_state[i].id, &n)) continue;
        if (!oracle_finished(w->oracle, r, n, &done, w->now_ms)) continue;
        world_trace_load(w, r, &done);
        w->figures.washes += done.kind == ACT_WASH;
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
        world_stamp(w, r, ++h->state_head, &head);
        world_post(w, WIRE_STATE, r, &head, o->state);
        return;
    case AGENT_OUT_CONNECTION:
        world_stamp(w, r, ++h->connection_head, &head);
        world_post(w, WIRE_CONNECTION, r, &head, &o->connection);
        return;
    case AGENT_OUT_FACTSHEET: return; /* the core takes a robot's properties from the fleet file */
    }
}

/* ---- energy ---- */
static void meter(struct world *w, struct host *h, const struct agent_truth *t)
{
    h->charging = t->charging;
    h->washing = t->washing;
    if (t->charged_j != h->charged_j) {
        enum tariff rate = hours_tariff(&w->site->calendar, w->epoch_utc_ms + w->now_ms);
        w->figures.charged_j[rate] += t->charged_j - h->charged_j;
    }
    w->figures.used_j += t->used_j - h->used_j;
    h->charged_j = t->charged_j;
    h->used_j = t->used_j;
    if (w->site->cls[w->brain.robot_class[h->id]].battery_wh > 0)
        oracle_battery(w->oracle, h->id, t->battery_permille, t->charging, w->now_ms);
}

/* ---- one step ---- */
void world_agent(struct world *w, robot_id r, const struct agent_in *in)
{
    struct host *h = &w->host[r];
    struct agent_out o;
    struct agent_truth truth;
    if (h->dead) return;
    agent_input(h->agent, in);
    if (w->cfg->check) agent_check(h->agent);
    agent_truth(h->agent, w->now_ms, &truth);
    h->believed = site_level_by_id(w->site, truth.map_id);
    world_pose(w, r);
    meter(w, h, &truth);
    while (agent_output(h->agent, &o)) agent_says(w, r, &o);
    world_look(w, r);
    w->unjudged = true;
    clock_set(&w->clock, FROM_AGENT + r, ms_max(w->now_ms, agent_deadline(h->agent)));
}

/* Power off: the brakes fall in, nothing is heard of it any more; a while later the broker says so. */
void world_robot_dies(struct world *w, robot_id r)
{
    struct host *h = &w->host[r];
    if (h->dead) return;
    h->drive.ops->stop(h->drive.self, w->now_ms);
    h->dead = true;
    h->acting = h->charging = h->washing = false;
    clock_set(&w->clock, FROM_AGENT + r, w->now_ms + WILL_MS);
    world_look(w, r);
    w->unjudged = true;
}

void world_robot_will(struct world *w, robot_id r)
{
    struct vda_header head;
    struct vda_connection gone = { .state = VDA_CONNECTION_BROKEN };
    world_stamp(w, r, ++w->host[r].connection_head, &head);
    world_post(w, WIRE_CONNECTION, r, &head, &gone);
    clock_set(&w->clock, FROM_AGENT + r, MS_NEVER);
}

/* The books on robots' time are closed. */
void world_robots_end(struct world *w)
{
    for (robot_id r = 0; r < w->robots; r++) {
        struct host *h = &w->host[r];
        w->figures.use_ms[h->use] += w->now_ms - h->use_since_ms;
        h->use_since_ms = w->now_ms;
        if (h->dead) w->stranded += oracle_aboard(w->oracle, r);
    }
}

/* ---- open ---- */
ms_t world_heartbeat_ms(const struct world *w)
{
    bool faults = w->cfg->loss_ppm || w->cfg->duplicate_ppm || w->cfg->delay_max_ms > 1000;
    return w->cfg->heartbeat_ms ? w->cfg->heartbeat_ms : faults ? 1000 : HEARTBEAT_MS;
}

static void config_of(struct world *w, robot_id r, struct agent_config *c)
{
    const struct fleet_robot *f = &w->cfg->fleet->robot[r];
    const struct robot_class *cls = &w->site->cls[f->cls];
    const struct site_node *n = &w->site->node[w->start[r]];
    memset(c, 0, sizeof *c);
    text_copy(c->manufacturer, sizeof c->manufacturer, f->manufacturer);
    text_copy(c->serial, sizeof c->serial, f->serial);
    text_copy(c->version, sizeof c->version, f->version);
    text_copy(c->start_node, sizeof c->start_node, n->id);
    text_copy(c->start_map, sizeof c->start_map, w->site->level[n->level].id);
    c->start_x_mm = n->x_mm;
    c->start_y_mm = n->y_mm;
    c->drive = w->host[r].drive;
    c->heartbeat_ms = world_heartbeat_ms(w);
    c->pick_ms = cls->pick_ms;
    c->drop_ms = cls->drop_ms;
    c->battery_permille = cls->battery_wh > 0 ? cls->charge_target_permille : 1000;
    if (c->battery_permille <= 0) c->battery_permille = 1000;
    c->battery_wh = cls->battery_wh;
    c->move_w = cls->move_w;
    c->idle_w = cls->idle_w;
    c->charge_w = cls->charge_w;
    c->wash_ms = w->cfg->demand ? w->cfg->demand->wash_ms : 0;
    c->service = (struct agent_service){ takes_ms, &w->host[r] };
}

/* A refuge has one way in as a rule: the robot stands as if it had driven in forwards. */
static mrad_t start_heading(const struct site *s, node_id n)
{
    for (uint32_t i = s->in_start[n]; i < s->in_start[n + 1]; i++)
        if (s->edge[s->in_edge[i]].length_mm > 0) return s->edge[s->in_edge[i]].heading;
    return 0;
}

static int open_robot(struct world *w, struct arena *mem, robot_id r)
{
    const struct robot_class *cls = &w->site->cls[w->brain.robot_class[r]];
    const struct site_node *n = &w->site->node[w->start[r]];
    struct drive_sim_config dc = { .x_mm = n->x_mm,
                                   .y_mm = n->y_mm,
                                   .theta = cls->reversible ? start_heading(w->site, w->start[r]) : 0,
                                   .speed_mm_s = cls->speed_mm_s,
                                   .accel_mm_s2 = cls->accel_mm_s2,
                                   .turn_mrad_s = cls->turn_mrad_s,
                                   .settle_ms = cls->turn_settle_ms,
                                   .reversible = cls->reversible };
    struct drive_sim *d;
    struct agent_config ac;
    struct host *h = &w->host[r];
    int err = drive_sim_open(&d, mem, &dc);
    if (err) return err;
    h->world = w;
    h->id = r;
    h->served = h->car_ahead = h->car_held = ID_NONE;
    h->drive = drive_sim_ops(d);
    h->believed = n->level;
    config_of(w, r, &ac);
    return agent_open(&h->agent, mem, &ac);
}

size_t world_robots_memory(const struct world *w)
{
    struct agent_config ac = { .heartbeat_ms = 1000 };
    return (size_t)w->robots * (agent_memory(&ac) + drive_sim_memory() + 64);
}

int world_robots_open(struct world *w, struct arena *mem)
{
    int err = ORD_OK;
    for (robot_id r = 0; !err && r < w->robots; r++) err = open_robot(w, mem, r);
    return err;
}
