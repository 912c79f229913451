#include "fleet_state.h"

/* A place of refuge in a fire is none right before an elevator, at a fire door or on the border of the zone: people
 * come through there. */
#define SHELTER_CLEAR_MM 2000
#define POWER_PRIORITY_LAST 1 /* what is carried on emergency power wherever it goes */

struct mode_state {
    bool mains_lost;
    uint16_t fires;
    uint8_t *fire;      /* [zones] */
    uint8_t *isolated;  /* [stations] */
    uint8_t *edge_shut; /* [edges] by a person */
    uint8_t *car_shut;  /* [elevators] by a person */
    uint8_t
        *exit; /* [nodes] 1: a lobby, a door, a way out; or a refuge too near to one. Of the site, not of the state */
};

size_t mode_memory(const struct fleet_config *cfg)
{
    const struct site *s = cfg->site;
    return sizeof(struct mode_state) + s->zones + s->stations + s->edges + s->elevators + s->nodes + 6 * 16;
}

static bool fire_zone_border(const struct site *s, const struct site_edge *e)
{
    for (zone_id z = 0; z < s->zones; z++)
        if (s->zone[z].kind == ZONE_FIRE &&
            s->in_zone[(size_t)z * s->nodes + e->from] != s->in_zone[(size_t)z * s->nodes + e->to])
            return true;
    return false;
}

static void find_exits(const struct site *s, uint8_t *exit)
{
    for (edge_id i = 0; i < s->edges; i++) {
        const struct site_edge *e = &s->edge[i];
        if (e->elevator == ID_NONE && e->door == ID_NONE && !fire_zone_border(s, e)) continue;
        exit[e->from] = exit[e->to] = 1;
    }
    for (node_id n = 0; n < s->nodes; n++) {
        if (!(s->node[n].flags & NODE_REFUGE)) continue;
        for (node_id m = 0; m < s->nodes && !exit[n]; m++) {
            const struct site_node *a = &s->node[n], *b = &s->node[m];
            bool way_out = exit[m] && !(b->flags & NODE_REFUGE) && a->level == b->level;
            if (way_out && distance_mm(a->x_mm, a->y_mm, b->x_mm, b->y_mm) < SHELTER_CLEAR_MM) exit[n] = 1;
        }
    }
}

int mode_open(struct fleet *f, struct arena *mem)
{
    const struct site *s = f->cfg.site;
    struct mode_state *m = arena_new(mem, struct mode_state, 1);
    if (!m) return ORD_EFULL;
    m->fire = arena_new(mem, uint8_t, s->zones);
    m->isolated = arena_new(mem, uint8_t, s->stations);
    m->edge_shut = arena_new(mem, uint8_t, s->edges);
    m->car_shut = arena_new(mem, uint8_t, s->elevators);
    m->exit = arena_new(mem, uint8_t, s->nodes);
    if (!m->fire || !m->isolated || !m->edge_shut || !m->car_shut || !m->exit) return ORD_EFULL;
    find_exits(s, m->exit);
    f->mode = m;
    return ORD_OK;
}

/* ---- what follows from it ------------------------------------------------------------------------------------- */

bool mode_fires(const struct fleet *f) { return f->mode->fires > 0; }
bool mode_isolated(const struct fleet *f, station_id s) { return f->mode->isolated[s] != 0; }
bool mode_edge_shut(const struct fleet *f, edge_id e) { return f->mode->edge_shut[e] != 0; }
bool mode_car_shut(const struct fleet *f, elevator_id e)
{
    return f->mode->car_shut[e] || (f->mode->mains_lost && !f->cfg.site->elevator[e].emergency_power);
}
bool mode_charging_allowed(const struct fleet *f) { return !f->mode->mains_lost; }

bool mode_burning(const struct fleet *f, node_id n)
{
    if (f->mode->fires == 0) return false;
    const struct site *s = f->cfg.site;
    for (zone_id z = 0; z < s->zones; z++)
        if (f->mode->fire[z] && s->in_zone[(size_t)z * s->nodes + n]) return true;
    return false;
}

bool mode_shelter(const struct fleet *f, node_id n)
{
    return (f->cfg.site->node[n].flags & NODE_REFUGE) && !f->mode->exit[n];
}

static bool meant_for_another(const struct fleet *f, robot_id id, node_id n)
{
    for (robot_id r = 0; r < f->cfg.robots; r++)
        if (r != id && plan_of(f->plan, r)->placed && plan_of(f->plan, r)->refuge == n) return true;
    return false;
}

node_id mode_shelter_for(const struct fleet *f, robot_id id)
{
    const struct site *s = f->cfg.site;
    node_id here = route_frontier(plan_of(f->plan, id))->node, best = ID_NONE;
    bool bad_refuge = (s->node[here].flags & NODE_REFUGE) && !mode_shelter(f, here);
    if (!bad_refuge || !mode_burning(f, here)) return ID_NONE;
    const uint32_t *ms = dist_from(plan_dist(f->plan), plan_profile(f->plan, id), here);
    for (node_id n = 0; n < s->nodes; n++) {
        if (ms[n] == DIST_FAR || !mode_shelter(f, n) || meant_for_another(f, id, n)) continue;
        if (best == ID_NONE || ms[n] < ms[best]) best = n;
    }
    return best;
}

static bool on_emergency_power(const struct site *s, station_id at)
{
    for (zone_id z = 0; z < s->zones; z++)
        if (s->zone[z].emergency_power && s->in_zone[(size_t)z * s->nodes + s->station[at].node]) return true;
    return false;
}

static bool isolation_robot_there(const struct fleet *f, const struct job_view *v)
{
    for (robot_id r = 0; r < f->cfg.robots; r++)
        if (f->robot[r].isolation && !f->robot[r].out && site_takes(f->cfg.site, f->cfg.robot_class[r], v->goods))
            return true;
    return false;
}

static bool burns_there(const struct fleet *f, const struct job_view *v)
{
    const struct site *s = f->cfg.site;
    return mode_burning(f, s->station[v->to].node) ||
           (v->state < JOB_LOADED && mode_burning(f, s->station[v->from].node));
}

static bool without_power(const struct fleet *f, const struct job_view *v)
{
    const struct site *s = f->cfg.site;
    if (!f->mode->mains_lost || v->priority <= POWER_PRIORITY_LAST) return false;
    return !on_emergency_power(s, v->from) && !on_emergency_power(s, v->to);
}

static bool concerns_isolation(const struct fleet *f, const struct job_view *v)
{
    return mode_isolated(f, v->from) || mode_isolated(f, v->to);
}

static bool without_isolation_robot(const struct fleet *f, const struct job_view *v)
{
    return concerns_isolation(f, v) && !isolation_robot_there(f, v);
}

/* The first that applies is the reason a person reads: life before power before infection. */
static const struct precedence {
    bool (*stops)(const struct fleet *f, const struct job_view *v);
    enum job_why why;
} precedence[] = {
    { burns_there, JOB_WHY_CLOSED },
    { without_power, JOB_WHY_POWER },
    { without_isolation_robot, JOB_WHY_ISOLATED },
};

bool mode_serves(const struct fleet *f, const struct job_view *v, enum job_why *why)
{
    for (size_t i = 0; i < COUNT_OF(precedence); i++) {
        if (!precedence[i].stops(f, v)) continue;
        *why = precedence[i].why;
        return false;
    }
    return true;
}

bool mode_robot_may(const struct fleet *f, robot_id r, const struct job_view *v)
{
    return f->robot[r].isolation == concerns_isolation(f, v);
}

hygiene_set mode_soils(const struct fleet *f, station_id s)
{
    return mode_isolated(f, s) ? hygiene_bit(HYGIENE_INFECTIOUS) : 0;
}

static bool is_lost(job_id j, const job_id *lost, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        if (lost[i] == j) return true;
    return false;
}

/* What a robot may no longer fetch goes back to the queue. What is being loaded already is loaded. All is put down
 * before the robot sets out for what is left: setting out it may exchange jobs of the queue for its own (R11). */
static void give_back(struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    struct stop left[TOUR_STOPS_MAX];
    job_id lost[TOUR_STOPS_MAX];
    enum job_why why[TOUR_STOPS_MAX];
    uint8_t losts = 0, n = 0, first = robot_committed(f, id) ? 1 : 0;
    for (uint8_t i = first; i < r->stops; i++) {
        if (r->stop[i].kind != STOP_PICK) continue;
        const struct job_view *v = job_seen(f, r->stop[i].job);
        why[losts] = JOB_WHY_ISOLATED;
        if (!mode_serves(f, v, &why[losts]) || !mode_robot_may(f, id, v)) lost[losts++] = v->job;
    }
    for (uint8_t i = 0; i < r->stops; i++) {
        const struct stop *stop = &r->stop[i];
        bool no_power = i >= first && stop->kind == STOP_CHARGE && !mode_charging_allowed(f);
        if (!no_power && (stop->job == 0 || !is_lost(stop->job, lost, losts))) left[n++] = *stop;
    }
    if (n == r->stops) return;
    robot_put_tour(f, id, left, n);
    for (uint8_t i = 0; i < losts; i++) job_unassign(f, lost[i], why[i]);
    robot_begin(f, id);
}

/* ---- what is switched ----------------------------------------------------------------------------------------- */

static uint32_t targets(const struct fleet *f, enum operate op)
{
    const struct site *s = f->cfg.site;
    switch (op) {
    case OP_FIRE:
    case OP_FIRE_OVER: return s->zones;
    case OP_MAINS_LOST:
    case OP_MAINS_BACK: return UINT16_MAX + 1u; /* has none */
    case OP_ISOLATE:
    case OP_ISOLATE_OVER: return s->stations;
    case OP_EDGE_CLOSE:
    case OP_EDGE_OPEN: return s->edges;
    case OP_CAR_CLOSE:
    case OP_CAR_OPEN: return s->elevators;
    case OP_ISOLATION_ROBOT:
    case OP_ROBOT_OUT:
    case OP_ROBOT_IN:
    case OP_WASHED: return f->cfg.robots;
    case OP_COUNT: break;
    }
    return 0;
}

int mode_range(const struct fleet *f, const struct in_operate *in)
{
    if (in->op >= OP_COUNT || in->target >= targets(f, (enum operate)in->op)) return ORD_ERANGE;
    return ORD_OK;
}

/* True when it was otherwise before. */
static bool turn(uint8_t *is, bool on)
{
    bool was = *is != 0;
    *is = on;
    return was != on;
}

static void on_fire(struct fleet *f, zone_id z, bool on)
{
    if (!turn(&f->mode->fire[z], on)) return;
    f->mode->fires = (uint16_t)(f->mode->fires + (on ? 1 : -1));
    access_due(f);
    fleet_tell(f, on ? EVENT_FIRE_ALARM : EVENT_FIRE_OVER)->zone = z;
}

static void on_mains(struct fleet *f, bool lost)
{
    if (f->mode->mains_lost == lost) return;
    f->mode->mains_lost = lost;
    access_due(f);
    fleet_tell(f, lost ? EVENT_MAINS_LOST : EVENT_MAINS_BACK);
}

static bool being_fetched(const struct fleet *f, const struct job_view *v)
{
    return v->state == JOB_ASSIGNED && f->robot[v->robot].job == v->job && robot_committed(f, v->robot);
}

/* What waits in the ward is infectious from now on, and stays so when the ward is open again. What is just being handed
 * over was made ready before; its robot is disinfected afterwards all the same (mode_soils). */
static void taint(struct fleet *f, station_id s)
{
    for (uint32_t i = 0; i < f->jobs.capacity; i++) {
        struct job_view *v = &f->jobs.slot[i].v;
        if (v->job != 0 && v->state < JOB_LOADED && v->from == s && !being_fetched(f, v)) v->infectious = true;
    }
}

static void on_isolate(struct fleet *f, station_id s, bool on)
{
    if (!turn(&f->mode->isolated[s], on)) return;
    if (on) taint(f, s);
    access_due(f); /* who may serve it is another question now */
    fleet_tell(f, on ? EVENT_WARD_ISOLATED : EVENT_WARD_OPEN_AGAIN)->station = s;
}

static void on_edge(struct fleet *f, edge_id e, bool shut)
{
    edge_id twin = f->cfg.site->edge[e].twin;
    bool changed = turn(&f->mode->edge_shut[e], shut);
    if (twin != ID_NONE && turn(&f->mode->edge_shut[twin], shut)) changed = true;
    if (!changed) return;
    access_due(f);
    fleet_tell(f, shut ? EVENT_WAY_CLOSED : EVENT_WAY_OPEN_AGAIN)->n = e;
}

static void on_car(struct fleet *f, elevator_id e, bool shut)
{
    if (!turn(&f->mode->car_shut[e], shut)) return;
    access_due(f);
    fleet_tell(f, shut ? EVENT_ELEVATOR_SHUT : EVENT_ELEVATOR_OPEN_AGAIN)->elevator = e;
}

static void on_robot_out(struct fleet *f, robot_id r, bool out)
{
    if (f->robot[r].out == out) return;
    f->robot[r].out = out;
    fleet_tell(f, out ? EVENT_ROBOT_TAKEN_OUT : EVENT_ROBOT_BACK_IN)->robot = r;
}

static void on_isolation_robot(struct fleet *f, robot_id r, bool on)
{
    if (f->robot[r].isolation == on) return;
    f->robot[r].isolation = on;
    fleet_tell(f, on ? EVENT_ROBOT_FOR_ISOLATION : EVENT_ROBOT_FOR_ALL)->robot = r;
}

static void on_washed(struct fleet *f, robot_id r)
{
    f->robot[r].before = 0;
    for (uint8_t i = 0; i < f->robot[r].loads; i++)
        f->robot[r].before |= hygiene_bit(hygiene_of(f, job_seen(f, f->robot[r].load[i])));
    access_group(f, r);
    fleet_tell(f, EVENT_ROBOT_WASHED_BY_HAND)->robot = r;
}

static void turn_switch(struct fleet *f, const struct in_operate *in)
{
    switch ((enum operate)in->op) {
    case OP_FIRE: on_fire(f, in->target, true); return;
    case OP_FIRE_OVER: on_fire(f, in->target, false); return;
    case OP_MAINS_LOST: on_mains(f, true); return;
    case OP_MAINS_BACK: on_mains(f, false); return;
    case OP_ISOLATE: on_isolate(f, in->target, true); return;
    case OP_ISOLATE_OVER: on_isolate(f, in->target, false); return;
    case OP_ISOLATION_ROBOT: on_isolation_robot(f, in->target, in->value != 0); return;
    case OP_EDGE_CLOSE: on_edge(f, in->target, true); return;
    case OP_EDGE_OPEN: on_edge(f, in->target, false); return;
    case OP_CAR_CLOSE: on_car(f, in->target, true); return;
    case OP_CAR_OPEN: on_car(f, in->target, false); return;
    case OP_ROBOT_OUT: on_robot_out(f, in->target, true); return;
    case OP_ROBOT_IN: on_robot_out(f, in->target, false); return;
    case OP_WASHED: on_washed(f, in->target); return;
    case OP_COUNT: return;
    }
}

void mode_operate(struct fleet *f, const struct in_operate *in)
{
    turn_switch(f, in);
    for (robot_id id = 0; id < f->cfg.robots; id++) give_back(f, id);
    f->assign_due = true;
}

void mode_snap(struct snap *s, struct fleet *f)
{
    const struct site *site = f->cfg.site;
    struct mode_state *m = f->mode;
    snap_bool(s, &m->mains_lost);
    m->fires = 0;
    for (zone_id z = 0; z < site->zones; z++) {
        snap_u8(s, &m->fire[z]);
        m->fires = (uint16_t)(m->fires + (m->fire[z] != 0));
    }
    for (station_id i = 0; i < site->stations; i++) snap_u8(s, &m->isolated[i]);
    for (edge_id e = 0; e < site->edges; e++) snap_u8(s, &m->edge_shut[e]);
    for (elevator_id e = 0; e < site->elevators; e++) snap_u8(s, &m->car_shut[e]);
}

/* ---- views ---------------------------------------------------------------------------------------------------- */

uint8_t fleet_zone(const struct fleet *f, zone_id z) { return f->mode->fire[z]; }
bool fleet_mains(const struct fleet *f) { return !f->mode->mains_lost; }
bool fleet_isolated(const struct fleet *f, station_id s) { return f->mode->isolated[s] != 0; }
bool fleet_edge_shut(const struct fleet *f, edge_id e) { return f->mode->edge_shut[e] != 0; }
bool fleet_car_shut(const struct fleet *f, elevator_id e) { return f->mode->car_shut[e] != 0; }
