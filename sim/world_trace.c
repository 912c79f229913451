/* world_trace - what truly happens in a run, as the lines of docs/trace.md. */
#include "world.h"

const char *world_robot_name(const struct world *w, robot_id r)
{
    return r < w->robots ? w->cfg->fleet->robot[r].id : NULL;
}
static const char *level_name(const struct world *w, level_id l)
{
    return l < w->site->levels ? w->site->level[l].id : NULL;
}
static const char *node_name(const struct world *w, node_id n)
{
    return n < w->site->nodes ? w->site->node[n].id : NULL;
}

void world_trace_header(struct world *w)
{
    struct trace *t = w->trace;
    trace_begin(t, 0, "open");
    trace_str(t, "format", "orderly-trace/1");
    trace_str(t, "site", w->site->id);
    trace_hash(t, "site_hash", w->site->hash);
    trace_int(t, "seed", (int64_t)w->cfg->seed);
    trace_int(t, "robots", w->robots);
    trace_int(t, "jobs_per_hour", w->cfg->jobs_per_hour);
    trace_int(t, "demand_ms", w->cfg->demand_ms);
    trace_int(t, "loss_ppm", w->cfg->loss_ppm);
    trace_int(t, "duplicate_ppm", w->cfg->duplicate_ppm);
    trace_int(t, "delay_min_ms", w->cfg->delay_min_ms);
    trace_int(t, "delay_max_ms", w->cfg->delay_max_ms);
    trace_end(t);
    for (robot_id r = 0; r < w->robots; r++) {
        const struct robot_class *c = &w->site->cls[w->brain.robot_class[r]];
        trace_begin(t, 0, "fleet");
        trace_str(t, "robot", world_robot_name(w, r));
        trace_str(t, "class", c->id);
        trace_int(t, "length", c->length_mm);
        trace_int(t, "width", c->width_mm);
        trace_int(t, "margin", c->margin_mm);
        trace_int(t, "speed", c->speed_mm_s);
        trace_int(t, "accel", c->accel_mm_s2);
        trace_str(t, "start", node_name(w, w->start[r]));
        trace_end(t);
    }
}

void world_trace_robot(struct world *w, robot_id r, const struct drive_pose *p, const char *node)
{
    struct host *h = &w->host[r];
    struct oracle_place at;
    if (!w->trace) return;
    oracle_where(w->oracle, r, &at);
    trace_begin(w->trace, w->now_ms, "robot");
    trace_str(w->trace, "robot", world_robot_name(w, r));
    trace_str(w->trace, "level", level_name(w, at.level));
    trace_str(w->trace, "believed", level_name(w, h->believed));
    trace_str(w->trace, "car", at.car == ID_NONE ? NULL : w->site->elevator[at.car].id);
    trace_int(w->trace, "x", p->x_mm);
    trace_int(w->trace, "y", p->y_mm);
    trace_int(w->trace, "theta", p->theta);
    trace_int(w->trace, "speed", p->speed_mm_s);
    trace_str(w->trace, "node", node);
    trace_end(w->trace);
    h->drawn = *p;
    h->drawn_ms = w->now_ms;
}

void world_trace_claim(struct world *w, robot_id r, const struct robot_view *v)
{
    trace_begin(w->trace, w->now_ms, "claim");
    trace_str(w->trace, "robot", world_robot_name(w, r));
    trace_list(w->trace, "nodes");
    for (uint16_t i = 0; i < v->claims; i++)
        if (v->claim[i] < w->site->nodes) trace_item(w->trace, w->site->node[v->claim[i]].id);
    trace_list_end(w->trace);
    trace_list(w->trace, "lanes");
    for (uint16_t i = 0; i < v->claims; i++)
        if (v->claim[i] >= w->site->nodes)
            trace_item(w->trace, w->site->edge[w->site->lane_edge[v->claim[i] - w->site->nodes]].id);
    trace_list_end(w->trace);
    trace_end(w->trace);
}

void world_trace_order(struct world *w, const struct out_order *o)
{
    if (!w->trace) return;
    trace_begin(w->trace, w->now_ms, "order");
    trace_str(w->trace, "robot", world_robot_name(w, o->robot));
    trace_int(w->trace, "order", o->order);
    trace_int(w->trace, "update", o->update);
    for (int released = 1; released >= 0; released--) {
        trace_list(w->trace, released ? "base" : "horizon");
        for (uint16_t i = 0; i < o->nodes; i++)
            if (o->node[i].released == (released == 1)) trace_item(w->trace, w->site->node[o->node[i].node].id);
        trace_list_end(w->trace);
    }
    trace_end(w->trace);
}

void world_trace_load(struct world *w, robot_id r, const struct order_action *a)
{
    if (a->kind != ACT_PICK && a->kind != ACT_DROP) return;
    trace_begin(w->trace, w->now_ms, "load");
    trace_str(w->trace, "what", a->kind == ACT_PICK ? "pick" : "drop");
    trace_int(w->trace, "job", a->job);
    trace_str(w->trace, "robot", world_robot_name(w, r));
    trace_end(w->trace);
}

void world_trace_building(struct world *w, const struct plant_out *p)
{
    static const char *const door_word[] = { "closed", "moving", "open" };
    if (!w->trace) return;
    if (p->is_door) {
        trace_begin(w->trace, w->now_ms, "door");
        trace_str(w->trace, "door", w->site->door[p->door].id);
        trace_str(w->trace, "state", door_word[p->door_state]);
    } else {
        trace_begin(w->trace, w->now_ms, "car");
        trace_str(w->trace, "car", w->site->elevator[p->elevator].id);
        trace_str(w->trace, "level", level_name(w, p->level));
        trace_int(w->trace, "height", plant_car_height_mm(w->plant, p->elevator, w->now_ms));
        trace_bool(w->trace, "moving", p->motion != CAR_STOPPED);
        trace_str(w->trace, "door", door_word[p->door_state]);
    }
    trace_int(w->trace, "generation", p->generation);
    trace_end(w->trace);
}


void world_trace_job(struct world *w, const struct out_job *j)
{
    struct job_view v;
    if (!w->trace) return;
    trace_begin(w->trace, w->now_ms, "job");
    trace_int(w->trace, "job", j->job);
    trace_str(w->trace, "state", job_state_name[j->state]);
    trace_str(w->trace, "robot", world_robot_name(w, j->robot));
    if (j->state == JOB_REQUESTED && fleet_job(w->brain.fleet, j->job, &v)) {
        trace_str(w->trace, "from", w->site->station[v.from].id);
        trace_str(w->trace, "to", w->site->station[v.to].id);
        trace_int(w->trace, "quantity", v.quantity);
        trace_int(w->trace, "priority", v.priority);
        if (v.goods != GOODS_NONE) trace_str(w->trace, "goods", w->site->good[v.goods].id);
        if (v.due_ms > 0) trace_int(w->trace, "due", v.due_ms);
    }
    trace_end(w->trace);
}

void world_trace_event(struct world *w, const struct out_event *e)
{
    trace_begin(w->trace, w->now_ms, "event");
    trace_int(w->trace, "event", e->event);
    trace_str(w->trace, "robot", world_robot_name(w, e->robot));
    trace_int(w->trace, "job", e->job);
    trace_int(w->trace, "n", e->n);
    trace_end(w->trace);
}

void world_trace_violation(struct world *w, const char *rule, ms_t at_ms, const char *text)
{
    trace_begin(w->trace, at_ms, "violation");
    trace_str(w->trace, "rule", rule);
    trace_str(w->trace, "text", text);
    trace_end(w->trace);
}

void world_trace_close(struct world *w)
{
    const struct sim_result *r = w->out;
    trace_begin(w->trace, w->now_ms, "close");
    trace_int(w->trace, "accepted", r->accepted);
    trace_int(w->trace, "delivered", r->delivered);
    trace_int(w->trace, "cancelled", r->cancelled);
    trace_int(w->trace, "failed", r->failed);
    trace_int(w->trace, "open", r->open);
    trace_int(w->trace, "violations", r->violations);
    trace_hash(w->trace, "state_hash", r->state_hash);
    trace_end(w->trace);
}
