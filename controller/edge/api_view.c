#include "api_view.h"

#include <string.h>

static const char *const link_name[] = { "never_seen", "online", "offline", "silent" };
static const char *const mode_name[] = { "automatic", "semiautomatic", "manual", "service", "teachin" };
static const char *const wait_name[] = { "", "robot", "elevator", "door", "plan", "link" };
static const char *const motion_name[CAR_MOTION_COUNT] = { "stopped", "up", "down" };
static const char *const door_name[DOOR_STATE_COUNT] = { "closed", "moving", "open" };
static const char *const elevator_mode_name[ELEVATOR_MODE_COUNT] = { "agv", "human", "fire", "offline", "emergency" };

/* ---- members: a leading comma unless the object has just begun ---- */
static void key(struct text *t, const char *name)
{
    if (t->used && t->buf[t->used - 1] != '{') text_char(t, ',');
    text_json(t, name);
    text_char(t, ':');
}

static void put_string(struct text *t, const char *name, const char *value)
{
    key(t, name);
    if (value) text_json(t, value);
    else text_put(t, "null");
}

static void put_bool(struct text *t, const char *name, bool value)
{
    key(t, name);
    text_put(t, value ? "true" : "false");
}

static void put_uint(struct text *t, const char *name, uint64_t value)
{
    key(t, name);
    text_uint(t, value);
}

static void put_milli(struct text *t, const char *name, int64_t value)
{
    key(t, name);
    text_milli(t, value);
}

static void put_name(struct text *t, const char *name, const struct site_name *n)
{
    key(t, name);
    text_char(t, '{');
    put_string(t, "zh", n->zh);
    put_string(t, "en", n->en);
    text_char(t, '}');
}

/* Names of enums from the core; a value outside of the table is a bug of ours, not of the reader. */
static const char *pick(const char *const *names, size_t n, unsigned v) { return v < n ? names[v] : "unknown"; }

static const char *node_text(const struct site *s, node_id n) { return n < s->nodes ? s->node[n].id : NULL; }
static const char *station_text(const struct site *s, station_id n)
{
    return n < s->stations ? s->station[n].id : NULL;
}

/* ---- jobs ---- */
static void put_time(struct text *t, const struct view *v, const char *name, ms_t at_ms, bool known)
{
    char wall[32];
    if (known) log_wall_text(loop_wall(v->loop, at_ms), wall);
    put_string(t, name, known ? wall : NULL);
}

void view_job(struct text *t, const struct view *v, const struct job_view *j)
{
    const struct site *s = v->names->site;
    const struct fleet_spec *f = v->names->fleet;
    const struct job_note *note = store_get(v->store, j->job);
    text_char(t, '{');
    put_uint(t, "id", j->job);
    put_string(t, "state", pick(job_state_name, JOB_STATE_COUNT, j->state));
    put_string(t, "from", station_text(s, j->from));
    put_string(t, "to", station_text(s, j->to));
    put_uint(t, "quantity", j->quantity);
    put_string(t, "item", note->item);
    put_uint(t, "priority", j->priority);
    put_string(t, "robot", j->robot < f->robots ? f->robot[j->robot].id : NULL);
    put_time(t, v, "requested_at", j->requested_ms, true);
    put_time(t, v, "assigned_at", j->assigned_ms, j->assigned_ms > 0 && j->assigned_ms != MS_NEVER);
    put_time(t, v, "loaded_at", j->loaded_ms, j->loaded_ms > 0 && j->loaded_ms != MS_NEVER);
    put_time(t, v, "arrived_at", j->arrived_ms, j->arrived_ms > 0 && j->arrived_ms != MS_NEVER);
    put_time(t, v, "ended_at", j->ended_ms, j->ended_ms > 0 && j->ended_ms != MS_NEVER);
    put_string(t, "reason", j->refusal == REFUSAL_NONE ? NULL : pick(refusal_name, REFUSAL_COUNT, j->refusal));
    text_char(t, '}');
}

/* ---- robots ---- */
static void put_wait(struct text *t, const struct view *v, const struct robot_view *r)
{
    const struct site *s = v->names->site;
    const struct fleet_spec *f = v->names->fleet;
    const char *id = NULL;
    key(t, "wait");
    if (r->wait == WAIT_NOTHING) {
        text_put(t, "null");
        return;
    }
    if (r->wait == WAIT_ROBOT && r->wait_robot < f->robots) id = f->robot[r->wait_robot].id;
    if (r->wait == WAIT_ELEVATOR && r->wait_elevator < s->elevators) id = s->elevator[r->wait_elevator].id;
    if (r->wait == WAIT_DOOR && r->wait_door < s->doors) id = s->door[r->wait_door].id;
    text_char(t, '{');
    put_string(t, "kind", pick(wait_name, COUNT_OF(wait_name), r->wait));
    put_string(t, "id", id);
    ms_t since = loop_now(v->loop) - r->wait_since_ms;
    put_milli(t, "since_s", since > 0 ? since / 100 * 100 : 0);
    text_char(t, '}');
}

static void put_nodes(struct text *t, const char *name, const struct site *s, const struct robot_view *r)
{
    bool first = true;
    key(t, name);
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
    put_string(t, "level", level < s->levels ? s->level[level].id : NULL);
    if (!reported && !node) {
        text_put(t, ",\"x\":null,\"y\":null,\"theta\":null,\"driving\":false");
        return;
    }
    put_milli(t, "x", reported ? pose.x_mm : s->node[rv->at].x_mm);
    put_milli(t, "y", reported ? pose.y_mm : s->node[rv->at].y_mm);
    put_milli(t, "theta", reported ? pose.theta : 0);
    put_bool(t, "driving", reported && pose.driving);
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
    put_string(t, "id", spec->id);
    put_name(t, "name", &spec->name);
    put_string(t, "link", pick(link_name, COUNT_OF(link_name), rv.link));
    put_string(t, "doing", pick(robot_doing_name, ROBOT_LOST + 1, rv.doing));
    put_string(t, "mode", pick(mode_name, COUNT_OF(mode_name), rv.mode));
    if (rv.battery_permille >= 0) put_milli(t, "battery", rv.battery_permille);
    else put_string(t, "battery", NULL); /* never heard */
    put_bool(t, "charging", rv.charging);
    put_string(t, "at", node_text(s, rv.at));
    put_pose(t, v, r, &rv);
    key(t, "job");
    if (rv.job) text_uint(t, rv.job);
    else text_put(t, "null");
    put_bool(t, "loaded", rv.loaded);
    put_string(t, "goal", node_text(s, rv.goal));
    put_wait(t, v, &rv);
    put_nodes(t, "claim", s, &rv);
    put_milli(t, "length", cls->length_mm);
    put_milli(t, "width", cls->width_mm);
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
    put_string(t, "id", s->elevator[e].id);
    put_name(t, "name", &s->elevator[e].name);
    put_string(t, "level", ev.heard && ev.level < s->levels ? s->level[ev.level].id : NULL);
    put_string(t, "motion", pick(motion_name, CAR_MOTION_COUNT, ev.motion));
    put_string(t, "door", pick(door_name, DOOR_STATE_COUNT, ev.door));
    put_string(t, "mode", pick(elevator_mode_name, ELEVATOR_MODE_COUNT, ev.mode));
    put_string(t, "holder", ev.holder < f->robots ? f->robot[ev.holder].id : NULL);
    put_bool(t, "heard", ev.heard);
    text_char(t, '}');
}

/* ---- site ---- */
static void begin(struct text *t, const char *name)
{
    key(t, name);
    text_char(t, '[');
}

static void next(struct text *t)
{
    if (t->used && t->buf[t->used - 1] == '}') text_char(t, ',');
    text_char(t, '{');
}

static void put_xy(struct text *t, mm_t x, mm_t y)
{
    put_milli(t, "x", x);
    put_milli(t, "y", y);
}

static void put_segment(struct text *t, mm_t x1, mm_t y1, mm_t x2, mm_t y2)
{
    put_milli(t, "x1", x1);
    put_milli(t, "y1", y1);
    put_milli(t, "x2", x2);
    put_milli(t, "y2", y2);
}

static void put_graph(struct text *t, const struct site *s)
{
    begin(t, "nodes");
    for (node_id i = 0; i < s->nodes; i++) {
        const struct site_node *n = &s->node[i];
        next(t);
        put_string(t, "id", n->id);
        put_string(t, "level", s->level[n->level].id);
        put_xy(t, n->x_mm, n->y_mm);
        put_bool(t, "refuge", (n->flags & NODE_REFUGE) != 0);
        put_bool(t, "charger", (n->flags & NODE_CHARGER) != 0);
        text_char(t, '}');
    }
    text_char(t, ']');
    begin(t, "lanes");
    for (lane_id i = 0; i < s->lanes; i++) {
        const struct site_edge *e = &s->edge[s->lane_edge[i]];
        next(t);
        put_string(t, "from", s->node[e->from].id);
        put_string(t, "to", s->node[e->to].id);
        put_bool(t, "both_ways", e->twin != ID_NONE);
        put_string(t, "kind", e->ride_ms ? "ride" : "lane");
        text_char(t, '}');
    }
    text_char(t, ']');
    begin(t, "stations");
    for (station_id i = 0; i < s->stations; i++) {
        const struct site_station *st = &s->station[i];
        const struct site_node *n = &s->node[st->node];
        next(t);
        put_string(t, "id", st->id);
        put_name(t, "name", &st->name);
        put_string(t, "kind", station_kind_name[st->kind]);
        put_string(t, "level", s->level[n->level].id);
        put_xy(t, n->x_mm, n->y_mm);
        put_string(t, "node", n->id);
        text_char(t, '}');
    }
    text_char(t, ']');
}

static void put_building(struct text *t, const struct site *s)
{
    begin(t, "elevators");
    for (elevator_id i = 0; i < s->elevators; i++) {
        const struct site_elevator *e = &s->elevator[i];
        next(t);
        put_string(t, "id", e->id);
        put_name(t, "name", &e->name);
        put_xy(t, e->x_mm, e->y_mm);
        put_milli(t, "width", e->width_mm);
        put_milli(t, "depth", e->depth_mm);
        put_milli(t, "yaw", e->yaw);
        begin(t, "levels");
        for (uint16_t l = 0; l < e->landings; l++) {
            if (l) text_char(t, ',');
            text_json(t, s->level[e->landing[l].level].id);
        }
        text_put(t, "]}");
    }
    text_char(t, ']');
    begin(t, "doors");
    for (door_id i = 0; i < s->doors; i++) {
        const struct site_door *d = &s->door[i];
        next(t);
        put_string(t, "id", d->id);
        put_string(t, "level", s->level[d->level].id);
        put_segment(t, d->x1_mm, d->y1_mm, d->x2_mm, d->y2_mm);
        text_char(t, '}');
    }
    text_char(t, ']');
    begin(t, "walls");
    for (uint32_t i = 0; i < s->walls; i++) {
        const struct site_wall *w = &s->wall[i];
        next(t);
        put_string(t, "level", s->level[w->level].id);
        put_segment(t, w->x1_mm, w->y1_mm, w->x2_mm, w->y2_mm);
        text_char(t, '}');
    }
    text_char(t, ']');
    begin(t, "labels");
    for (uint32_t i = 0; i < s->labels; i++) {
        next(t);
        put_string(t, "level", s->level[s->label[i].level].id);
        put_xy(t, s->label[i].x_mm, s->label[i].y_mm);
        put_name(t, "text", &s->label[i].text);
        text_char(t, '}');
    }
    text_char(t, ']');
}

void view_site(struct text *t, const struct site *s)
{
    text_char(t, '{');
    put_string(t, "id", s->id);
    put_name(t, "name", &s->name);
    begin(t, "levels");
    for (level_id i = 0; i < s->levels; i++) {
        next(t);
        put_string(t, "id", s->level[i].id);
        put_name(t, "name", &s->level[i].name);
        put_milli(t, "elevation", s->level[i].elevation_mm);
        text_char(t, '}');
    }
    text_char(t, ']');
    put_graph(t, s);
    put_building(t, s);
    text_char(t, '}');
}
