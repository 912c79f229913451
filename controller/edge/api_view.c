#include "api_view.h"

#include <string.h>

#include "member.h"

static const char *const link_name[] = { "never_seen", "online", "offline", "silent" };
static const char *const mode_name[] = { "automatic", "semiautomatic", "manual", "service", "teachin" };
static const char *const wait_name[] = { "", "robot", "elevator", "door", "plan", "link" };
static const char *const motion_name[CAR_MOTION_COUNT] = { "stopped", "up", "down" };
static const char *const door_name[DOOR_STATE_COUNT] = { "closed", "moving", "open" };
static const char *const elevator_mode_name[ELEVATOR_MODE_COUNT] = { "agv", "human", "fire", "offline", "emergency" };

/* Names of enums from the core; a value outside of the table is a bug of ours, not of the reader. */
static const char *pick(const char *const *names, size_t n, unsigned v) { return v < n ? names[v] : "unknown"; }

static const char *node_text(const struct site *s, node_id n) { return n < s->nodes ? s->node[n].id : NULL; }
static const char *station_text(const struct site *s, station_id n)
{
    return n < s->stations ? s->station[n].id : NULL;
}

/* ---- jobs ---- */
void view_time(struct text *t, const struct view *v, const char *name, ms_t at_ms)
{
    char wall[32];
    bool known = at_ms >= 0 && at_ms != MS_NEVER;
    if (known) log_wall_text(loop_wall(v->loop, at_ms), wall);
    member_string(t, name, known ? wall : NULL);
}

static void put_counts(struct text *t, const struct job_view *j)
{
    static const char *const where[COUNT_WHERES] = { "pickup", "delivery" };
    member_key(t, "counted");
    text_char(t, '{');
    for (int i = 0; i < COUNT_WHERES; i++) {
        member_key(t, where[i]);
        if (j->counted[i] == COUNT_NONE) text_put(t, "null");
        else text_uint(t, j->counted[i]);
    }
    member_bool(t, "differs", j->differs);
    text_char(t, '}');
}

void view_job(struct text *t, const struct view *v, const struct job_view *j)
{
    const struct site *s = v->names->site;
    const struct fleet_spec *f = v->names->fleet;
    const struct timetable *table = v->names->timetable;
    const struct job_note *note = store_get(v->store, j->job);
    text_char(t, '{');
    member_uint(t, "id", j->job);
    member_string(t, "state", pick(job_state_name, JOB_STATE_COUNT, j->state));
    member_string(t, "from", station_text(s, j->from));
    member_string(t, "to", station_text(s, j->to));
    member_uint(t, "quantity", j->quantity);
    member_string(t, "item", note->item);
    member_uint(t, "priority", j->priority);
    member_string(t, "robot", j->robot < f->robots ? f->robot[j->robot].id : NULL);
    member_string(t, "goods", j->goods < s->goods ? s->good[j->goods].id : NULL);
    member_bool(t, "infectious", j->infectious);
    member_string(t, "round", table && j->round < table->rounds ? table->round[j->round].id : NULL);
    view_time(t, v, "requested_at", j->requested_ms);
    view_time(t, v, "ready_at", j->ready_ms > j->requested_ms ? j->ready_ms : MS_NEVER);
    view_time(t, v, "due_at", j->due_ms > 0 ? j->due_ms : MS_NEVER);
    view_time(t, v, "eta_at", job_state_final(j->state) || j->state == JOB_ARRIVED ? MS_NEVER : j->eta_ms);
    view_time(t, v, "assigned_at", j->assigned_ms > 0 ? j->assigned_ms : MS_NEVER);
    view_time(t, v, "loaded_at", j->loaded_ms > 0 ? j->loaded_ms : MS_NEVER);
    view_time(t, v, "arrived_at", j->arrived_ms > 0 ? j->arrived_ms : MS_NEVER);
    view_time(t, v, "ended_at", j->ended_ms > 0 ? j->ended_ms : MS_NEVER);
    member_uint(t, "return_minutes", (uint64_t)(j->return_ms / MS_MINUTE));
    put_counts(t, j);
    member_string(t, "reason", j->refusal == REFUSAL_NONE ? NULL : pick(refusal_name, REFUSAL_COUNT, j->refusal));
    text_char(t, '}');
}

/* ---- robots ---- */
static void put_wait(struct text *t, const struct view *v, const struct robot_view *r)
{
    const struct site *s = v->names->site;
    const struct fleet_spec *f = v->names->fleet;
    const char *id = NULL;
    member_key(t, "wait");
    if (r->wait == WAIT_NOTHING) {
        text_put(t, "null");
        return;
    }
    if (r->wait == WAIT_ROBOT && r->wait_robot < f->robots) id = f->robot[r->wait_robot].id;
    if (r->wait == WAIT_ELEVATOR && r->wait_elevator < s->elevators) id = s->elevator[r->wait_elevator].id;
    if (r->wait == WAIT_DOOR && r->wait_door < s->doors) id = s->door[r->wait_door].id;
    text_char(t, '{');
    member_string(t, "kind", pick(wait_name, COUNT_OF(wait_name), r->wait));
    member_string(t, "id", id);
    ms_t since = loop_now(v->loop) - r->wait_since_ms;
    member_milli(t, "since_s", since > 0 ? since / 100 * 100 : 0);
    text_char(t, '}');
}

static void put_nodes(struct text *t, const char *name, const struct site *s, const struct robot_view *r)
{
    bool first = true;
    member_key(t, name);
    text_char(t, '[');
    for (uint16_t i = 0; i < r->claims; i++) {
        if (r->claim[i] >= s->nodes) continue; /* lanes follow from the nodes */
        if (!first) text_char(t, ',');
        text_json(t, s->node[r->claim[i]].id);
        first = false;
    }
    text_put(t, "],\"route\":[");
    for (uint16_t i = 0; i < r->route; i++) {
        if (i) text_char(t, ',');
        text_json(t, s->node[r->route_node[i]].id);
    }
    text_char(t, ']');
}

/* The reported pose, or the place of the node last reached, or nothing at all. */
static void put_pose(struct text *t, const struct view *v, robot_id r, const struct robot_view *rv)
{
    const struct site *s = v->names->site;
    struct robot_pose pose;
    bool reported = loop_pose(v->loop, r, &pose), node = rv->at < s->nodes;
    level_id level = reported ? pose.level : node ? s->node[rv->at].level : ID_NONE;
    member_string(t, "level", level < s->levels ? s->level[level].id : NULL);
    if (!reported && !node) {
        text_put(t, ",\"x\":null,\"y\":null,\"theta\":null,\"driving\":false");
        return;
    }
    member_milli(t, "x", reported ? pose.x_mm : s->node[rv->at].x_mm);
    member_milli(t, "y", reported ? pose.y_mm : s->node[rv->at].y_mm);
    member_milli(t, "theta", reported ? pose.theta : 0);
    member_bool(t, "driving", reported && pose.driving);
}

bool view_robot_online(const struct view *v, robot_id r)
{
    struct robot_view rv;
    fleet_robot(loop_fleet(v->loop), r, &rv);
    return rv.link == ROBOT_ONLINE;
}

void view_robot(struct text *t, const struct view *v, robot_id r)
{
    const struct site *s = v->names->site;
    const struct fleet_robot *spec = &v->names->fleet->robot[r];
    const struct robot_class *cls = &s->cls[spec->cls];
    struct robot_view rv;
    fleet_robot(loop_fleet(v->loop), r, &rv);
    text_char(t, '{');
    member_string(t, "id", spec->id);
    member_name(t, "name", &spec->name);
    member_string(t, "link", pick(link_name, COUNT_OF(link_name), rv.link));
    member_string(t, "doing", pick(robot_doing_name, ROBOT_LOST + 1, rv.doing));
    member_string(t, "mode", pick(mode_name, COUNT_OF(mode_name), rv.mode));
    if (rv.battery_permille >= 0) member_milli(t, "battery", rv.battery_permille);
    else member_string(t, "battery", NULL); /* never heard */
    member_bool(t, "charging", rv.charging);
    member_string(t, "at", node_text(s, rv.at));
    put_pose(t, v, r, &rv);
    member_key(t, "job");
    if (rv.job) text_uint(t, rv.job);
    else text_put(t, "null");
    member_bool(t, "loaded", rv.loaded);
    member_bool(t, "out", rv.out);
    member_bool(t, "isolation", rv.isolation);
    member_string(t, "goal", node_text(s, rv.goal));
    put_wait(t, v, &rv);
    put_nodes(t, "claim", s, &rv);
    member_milli(t, "length", cls->length_mm);
    member_milli(t, "width", cls->width_mm);
    text_char(t, '}');
}

/* ---- elevators ---- */
void view_elevator(struct text *t, const struct view *v, elevator_id e)
{
    const struct site *s = v->names->site;
    const struct fleet_spec *f = v->names->fleet;
    struct elevator_view ev;
    fleet_elevator(loop_fleet(v->loop), e, &ev);
    text_char(t, '{');
    member_string(t, "id", s->elevator[e].id);
    member_name(t, "name", &s->elevator[e].name);
    member_string(t, "level", ev.heard && ev.level < s->levels ? s->level[ev.level].id : NULL);
    member_string(t, "motion", pick(motion_name, CAR_MOTION_COUNT, ev.motion));
    member_string(t, "door", pick(door_name, DOOR_STATE_COUNT, ev.door));
    member_string(t, "mode", pick(elevator_mode_name, ELEVATOR_MODE_COUNT, ev.mode));
    member_string(t, "holder", ev.holder < f->robots ? f->robot[ev.holder].id : NULL);
    member_bool(t, "heard", ev.heard);
    member_bool(t, "closed", ev.closed);
    member_uint(t, "waiting", ev.waiting);
    text_char(t, '}');
}

/* ---- site ---- */
static void put_xy(struct text *t, mm_t x, mm_t y)
{
    member_milli(t, "x", x);
    member_milli(t, "y", y);
}

static void put_segment(struct text *t, mm_t x1, mm_t y1, mm_t x2, mm_t y2)
{
    member_milli(t, "x1", x1);
    member_milli(t, "y1", y1);
    member_milli(t, "x2", x2);
    member_milli(t, "y2", y2);
}

static void put_graph(struct text *t, const struct site *s)
{
    member_list(t, "nodes");
    for (node_id i = 0; i < s->nodes; i++) {
        const struct site_node *n = &s->node[i];
        member_next(t);
        member_string(t, "id", n->id);
        member_string(t, "level", s->level[n->level].id);
        put_xy(t, n->x_mm, n->y_mm);
        member_bool(t, "refuge", (n->flags & NODE_REFUGE) != 0);
        member_bool(t, "charger", (n->flags & NODE_CHARGER) != 0);
        text_char(t, '}');
    }
    text_char(t, ']');
    member_list(t, "lanes");
    for (lane_id i = 0; i < s->lanes; i++) {
        const struct site_edge *e = &s->edge[s->lane_edge[i]];
        member_next(t);
        member_string(t, "from", s->node[e->from].id);
        member_string(t, "to", s->node[e->to].id);
        member_bool(t, "both_ways", e->twin != ID_NONE);
        member_string(t, "kind", e->ride_ms ? "ride" : "lane");
        text_char(t, '}');
    }
    text_char(t, ']');
    member_list(t, "stations");
    for (station_id i = 0; i < s->stations; i++) {
        const struct site_station *st = &s->station[i];
        const struct site_node *n = &s->node[st->node];
        member_next(t);
        member_string(t, "id", st->id);
        member_name(t, "name", &st->name);
        member_string(t, "kind", station_kind_name[st->kind]);
        member_string(t, "level", s->level[n->level].id);
        put_xy(t, n->x_mm, n->y_mm);
        member_string(t, "node", n->id);
        text_char(t, '}');
    }
    text_char(t, ']');
}

static void put_building(struct text *t, const struct site *s)
{
    member_list(t, "elevators");
    for (elevator_id i = 0; i < s->elevators; i++) {
        const struct site_elevator *e = &s->elevator[i];
        member_next(t);
        member_string(t, "id", e->id);
        member_name(t, "name", &e->name);
        put_xy(t, e->x_mm, e->y_mm);
        member_milli(t, "width", e->width_mm);
        member_milli(t, "depth", e->depth_mm);
        member_milli(t, "yaw", e->yaw);
        member_list(t, "levels");
        for (uint16_t l = 0; l < e->landings; l++) {
            if (l) text_char(t, ',');
            text_json(t, s->level[e->landing[l].level].id);
        }
        text_put(t, "]}");
    }
    text_char(t, ']');
    member_list(t, "doors");
    for (door_id i = 0; i < s->doors; i++) {
        const struct site_door *d = &s->door[i];
        member_next(t);
        member_string(t, "id", d->id);
        member_string(t, "level", s->level[d->level].id);
        put_segment(t, d->x1_mm, d->y1_mm, d->x2_mm, d->y2_mm);
        text_char(t, '}');
    }
    text_char(t, ']');
    member_list(t, "walls");
    for (uint32_t i = 0; i < s->walls; i++) {
        const struct site_wall *w = &s->wall[i];
        member_next(t);
        member_string(t, "level", s->level[w->level].id);
        put_segment(t, w->x1_mm, w->y1_mm, w->x2_mm, w->y2_mm);
        text_char(t, '}');
    }
    text_char(t, ']');
    member_list(t, "labels");
    for (uint32_t i = 0; i < s->labels; i++) {
        member_next(t);
        member_string(t, "level", s->level[s->label[i].level].id);
        put_xy(t, s->label[i].x_mm, s->label[i].y_mm);
        member_name(t, "text", &s->label[i].text);
        text_char(t, '}');
    }
    text_char(t, ']');
}

void view_site(struct text *t, const struct site *s)
{
    text_char(t, '{');
    member_string(t, "id", s->id);
    member_name(t, "name", &s->name);
    member_list(t, "levels");
    for (level_id i = 0; i < s->levels; i++) {
        member_next(t);
        member_string(t, "id", s->level[i].id);
        member_name(t, "name", &s->level[i].name);
        member_milli(t, "elevation", s->level[i].elevation_mm);
        text_char(t, '}');
    }
    text_char(t, ']');
    member_list(t, "goods");
    for (goods_id g = 0; g < s->goods; g++) {
        member_next(t);
        member_string(t, "id", s->good[g].id);
        member_name(t, "name", &s->good[g].name);
        member_string(t, "hygiene", hygiene_name[s->good[g].hygiene]);
        member_string(t, "carrier", s->good[g].carrier);
        text_char(t, '}');
    }
    text_char(t, ']');
    put_graph(t, s);
    put_building(t, s);
    text_char(t, '}');
}
