#include <assert.h>
#include <string.h>

#include "fleet_state.h"

#define RULE_STEPS_MOST 64 /* changes of the hour looked through for the one that closes a car: a week of eight rules */

enum car_state { CAR_SHUT, CAR_CLOSING, CAR_OPEN }; /* to a group; closing: to new plans */

struct access_state {
    bool due;                      /* something was switched since the last look */
    ms_t look_ms;                  /* the calendar closes or opens a car then */
    struct wall_clock clock;       /* at the last look */
    uint8_t groups;                /* of the site */
    uint8_t sample[HYGIENE_COUNT]; /* a class of each group */
    uint8_t *open;                 /* [(groups + 1) * edges] what the planner sees */
    ms_t *until;                   /* [cars * groups] a ride may last until then; 0: closed */
    ms_t *early;                   /* [cars * groups] closed to new plans until then: one would have come too late */
    uint8_t *state;                /* [cars * groups] enum car_state */
    uint8_t *broken;               /* [cars] as heard at the last look */
    uint8_t *off_hours;            /* [cars] closure or inspection */
};

static uint8_t groups_of(const struct site *s) { return s->groups > 0 ? s->groups : 1; }
uint8_t access_anywhere(const struct fleet *f) { return groups_of(f->cfg.site); }
static size_t table_size(const struct site *s) { return (size_t)(groups_of(s) + 1) * s->edges; }
static size_t cell(const struct fleet *f, elevator_id e, uint8_t g) { return (size_t)e * f->access->groups + g; }

size_t access_memory(const struct fleet_config *cfg)
{
    const struct site *s = cfg->site;
    size_t cells = (size_t)s->elevators * groups_of(s);
    return sizeof(struct access_state) + table_size(s) + cells * (2 * sizeof(ms_t) + 1) + 2u * s->elevators + 7 * 16;
}

struct access access_table(const struct fleet *f)
{
    return (struct access){ .groups = (uint8_t)(f->access->groups + 1), .open = f->access->open };
}

/* ---- one car -------------------------------------------------------------------------------------------------- */

static bool car_broken(const struct fleet *f, elevator_id e)
{
    const struct elevator_session *v = &f->elevator[e];
    return v->heard && v->mode != ELEVATOR_AGV && v->mode != ELEVATOR_HUMAN;
}

static bool rule_bars(const struct fleet *f, const struct site_elevator *c, enum hygiene h, ms_t at_ms)
{
    for (uint8_t i = 0; i < c->rules; i++)
        if (hour_holds(f, &c->rule[i].when, at_ms)) return (c->rule[i].barred & hygiene_bit(h)) != 0;
    return (c->barred & hygiene_bit(h)) != 0;
}

static ms_t rule_changes(const struct fleet *f, const struct site_elevator *c, ms_t at_ms)
{
    ms_t next = MS_NEVER;
    for (uint8_t i = 0; i < c->rules; i++) next = ms_min(next, hour_changes(f, &c->rule[i].when, at_ms));
    return next;
}

/* Until when the rules let the class ride; 0: they do not now. Without a known hour they do what any of them would. */
static ms_t rules_until(const struct fleet *f, const struct site_elevator *c, enum hygiene h)
{
    if (!f->clock.known) {
        hygiene_set barred = c->barred;
        for (uint8_t i = 0; i < c->rules; i++) barred |= c->rule[i].barred;
        return barred & hygiene_bit(h) ? 0 : MS_NEVER;
    }
    if (rule_bars(f, c, h, f->now_ms)) return 0;
    ms_t at_ms = f->now_ms;
    for (int i = 0; i < RULE_STEPS_MOST; i++) {
        at_ms = rule_changes(f, c, at_ms);
        if (at_ms == MS_NEVER || rule_bars(f, c, h, at_ms)) return at_ms;
    }
    return at_ms;
}

/* The same of planned maintenance and the certificate; *next gets the next moment at which it is otherwise. */
static ms_t calendar_until(const struct fleet *f, const struct site_elevator *c, ms_t *next)
{
    *next = MS_NEVER;
    if (!f->clock.known) return c->closures > 0 || c->inspected_until_utc_s > 0 ? 0 : MS_NEVER;
    int64_t utc_ms = clock_utc_ms(&f->clock, f->now_ms), until = INT64_MAX, change = INT64_MAX;
    for (uint8_t i = 0; i < c->closures; i++) {
        int64_t from = c->closure[i].from_utc_s * 1000, to = c->closure[i].to_utc_s * 1000;
        if (utc_ms >= to) continue;
        until = from < until ? from : until;
        change = utc_ms < from ? (from < change ? from : change) : (to < change ? to : change);
    }
    int64_t inspected = c->inspected_until_utc_s * 1000;
    if (inspected > 0 && inspected < until) until = inspected;
    if (inspected > utc_ms && inspected < change) change = inspected;
    *next = clock_at_ms(&f->clock, change);
    return until <= utc_ms ? 0 : clock_at_ms(&f->clock, until);
}

static void tell_hours(struct fleet *f, elevator_id e, bool off, bool say)
{
    struct access_state *a = f->access;
    if (say && a->off_hours[e] != off)
        fleet_tell(f, off ? EVENT_ELEVATOR_HOURS_END : EVENT_ELEVATOR_HOURS_BEGIN)->elevator = e;
    a->off_hours[e] = off;
}

/* True when it is otherwise than before for a group. */
static bool look_at_car(struct fleet *f, elevator_id e, bool say)
{
    struct access_state *a = f->access;
    const struct site_elevator *c = &f->cfg.site->elevator[e];
    ms_t change_ms, hours_ms = calendar_until(f, c, &change_ms);
    a->broken[e] = car_broken(f, e);
    a->look_ms = ms_min(a->look_ms, ms_min(change_ms, rule_changes(f, c, f->now_ms)));
    if (f->clock.known) tell_hours(f, e, hours_ms == 0, say);
    bool shut = a->broken[e] || mode_car_shut(f, e), changed = false;
    for (uint8_t g = 0; g < a->groups; g++) {
        size_t i = cell(f, e, g);
        a->until[i] = shut ? 0 : ms_min(hours_ms, rules_until(f, c, (enum hygiene)a->sample[g]));
        ms_t closing_ms = a->until[i] == MS_NEVER ? MS_NEVER : a->until[i] - ACCESS_CLOSING_MS;
        bool plannable = closing_ms > f->now_ms && a->early[i] <= f->now_ms;
        uint8_t state = plannable ? CAR_OPEN : a->until[i] > f->now_ms ? CAR_CLOSING : CAR_SHUT;
        if (closing_ms > f->now_ms) a->look_ms = ms_min(a->look_ms, closing_ms);
        if (a->early[i] > f->now_ms) a->look_ms = ms_min(a->look_ms, a->early[i]);
        if (a->until[i] > f->now_ms) a->look_ms = ms_min(a->look_ms, a->until[i]);
        changed = changed || a->state[i] != state;
        a->state[i] = state;
    }
    return changed;
}

/* ---- the table ------------------------------------------------------------------------------------------------ */

/* Into a burning zone leads no way, and no car stops there; within, none leads to a refuge where people pass. */
static bool fire_closes(const struct fleet *f, const struct site_edge *e)
{
    if (!mode_fires(f)) return false;
    bool from = mode_burning(f, e->from), to = mode_burning(f, e->to);
    if (e->elevator != ID_NONE) return from || to;
    bool refuge = (f->cfg.site->node[e->to].flags & NODE_REFUGE) != 0;
    return to && (!from || (refuge && !mode_shelter(f, e->to)));
}

static bool passable(const struct fleet *f, edge_id id)
{
    return !mode_edge_shut(f, id) && !fire_closes(f, &f->cfg.site->edge[id]);
}

/* True when a byte changed. */
static bool fill(struct fleet *f)
{
    const struct site *s = f->cfg.site;
    struct access_state *a = f->access;
    bool changed = false;
    for (edge_id id = 0; id < s->edges; id++) {
        const struct site_edge *e = &s->edge[id];
        bool any = passable(f, id);
        for (uint8_t g = 0; g < a->groups; g++) {
            bool open = any && !(e->barred & hygiene_bit((enum hygiene)a->sample[g]));
            if (e->elevator != ID_NONE && a->state[cell(f, e->elevator, g)] != CAR_OPEN) open = false;
            uint8_t *was = &a->open[(size_t)g * s->edges + id];
            changed = changed || *was != open;
            *was = open;
        }
    }
    return changed;
}

static bool clock_moved(const struct fleet *f)
{
    const struct wall_clock *c = &f->access->clock;
    return c->known != f->clock.known || c->utc_ms - c->at_ms != f->clock.utc_ms - f->clock.at_ms;
}

/* By more than a correction of its drift. */
static bool clock_jumped(const struct fleet *f)
{
    const struct wall_clock *c = &f->access->clock;
    int64_t by_ms = (c->utc_ms - c->at_ms) - (f->clock.utc_ms - f->clock.at_ms);
    return c->known != f->clock.known || by_ms > MS_SECOND || by_ms < -MS_SECOND;
}

/* Looks at everything again. True when ways may have opened or closed. */
static bool look(struct fleet *f, bool say)
{
    struct access_state *a = f->access;
    bool changed = a->due;
    if (clock_jumped(f)) /* what was too late by the old clock may not be by the new one */
        memset(a->early, 0, (size_t)f->cfg.site->elevators * a->groups * sizeof *a->early);
    a->look_ms = MS_NEVER;
    for (elevator_id e = 0; e < f->cfg.site->elevators; e++) changed = look_at_car(f, e, say) || changed;
    a->clock = f->clock;
    a->due = false;
    if (changed && fill(f) && f->plan) plan_access_changed(f->plan);
    return changed;
}

int access_open(struct fleet *f, struct arena *mem)
{
    const struct site *s = f->cfg.site;
    struct access_state *a = arena_new(mem, struct access_state, 1);
    if (!a) return ORD_EFULL;
    size_t cells = (size_t)s->elevators * groups_of(s);
    a->open = arena_new(mem, uint8_t, table_size(s));
    a->until = arena_new(mem, ms_t, cells);
    a->early = arena_new(mem, ms_t, cells);
    a->state = arena_new(mem, uint8_t, cells);
    a->broken = arena_new(mem, uint8_t, s->elevators);
    a->off_hours = arena_new(mem, uint8_t, s->elevators);
    if (!a->open || !a->until || !a->early || !a->state || !a->broken || !a->off_hours) return ORD_EFULL;
    a->groups = groups_of(s);
    for (int h = HYGIENE_COUNT - 1; h >= 0; h--) a->sample[s->group_of[h]] = (uint8_t)h;
    memset(a->open + (size_t)a->groups * s->edges, 1, s->edges);
    f->access = a;
    a->due = true;
    look(f, false);
    return ORD_OK;
}

/* ---- robots --------------------------------------------------------------------------------------------------- */

/* What counts against a robot: what it carries, and what is left on it of soiled loads. */
static hygiene_set carries(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    hygiene_set classes = r->before & HYGIENE_SOILED;
    for (uint8_t i = 0; i < r->loads; i++) classes |= hygiene_bit(hygiene_of(f, job_seen(f, r->load[i])));
    return classes;
}

/* Whoever carries nothing goes as one of the group it was given. */
static hygiene_set classes_of(const struct fleet *f, robot_id id)
{
    hygiene_set classes = carries(f, id);
    return classes ? classes : hygiene_bit((enum hygiene)f->access->sample[f->robot_group[id]]);
}

uint8_t access_group_for(const struct fleet *f, hygiene_set classes)
{
    for (int h = HYGIENE_COUNT - 1; h > 0; h--)
        if (classes & (1u << h)) return f->cfg.site->group_of[h];
    return f->cfg.site->group_of[HYGIENE_CLEAN];
}

/* A ride that ends too late, or is closed now. The lateness is judged by the planned times. */
static bool ride_stands(const struct fleet *f, uint8_t g, const struct route_step *v)
{
    ms_t until = f->access->until[cell(f, f->cfg.site->edge[v->edge].elevator, g)];
    return until == MS_NEVER || until > ms_max(v->arrive_ms, f->now_ms) + ACCESS_RIDE_SPARE_MS;
}

bool access_stands(const struct fleet *f, robot_id r)
{
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, r);
    uint8_t g = f->robot_group[r];
    for (uint16_t i = (uint16_t)(t->head + 1); t->placed && i < t->count; i++) {
        edge_id e = t->step[i].edge;
        if (e == ID_NONE || f->access->open[(size_t)g * s->edges + e]) continue;
        bool car = s->edge[e].elevator != ID_NONE && passable(f, e);
        if (!car || !ride_stands(f, g, &t->step[i])) return false;
    }
    return true;
}

static void plan_again(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    r->want_plan = true;
    r->retry_ms = f->now_ms;
    r->fruitless = 0;
}

void access_group(struct fleet *f, robot_id r)
{
    uint8_t group = access_group_for(f, carries(f, r));
    if (f->robot_group[r] == group) return;
    f->robot_group[r] = group;
    f->robot[r].held = false;
    if (!access_stands(f, r)) plan_again(f, r);
}

static bool shut_to(const struct fleet *f, robot_id r, hygiene_set classes, edge_id id)
{
    const struct site_edge *e = &f->cfg.site->edge[id];
    if (!passable(f, id) || (e->barred & classes)) return true;
    return e->elevator != ID_NONE && f->access->state[cell(f, e->elevator, f->robot_group[r])] == CAR_SHUT;
}

/* What a robot holds but was never sent to, it gives back from where the way is shut on; in a fire, all of it. */
static void give_up_shut(struct fleet *f, robot_id id)
{
    const struct route *t = plan_of(f->plan, id);
    if (!t->placed || t->head == 0) return;
    uint32_t released = f->robot[id].released;
    uint16_t sent = released > t->base ? (uint16_t)(released - t->base) : 0, keep = t->head;
    hygiene_set classes = classes_of(f, id);
    bool shut = false;
    for (uint16_t i = sent; i < t->head && !shut; i++) {
        if (node_stoppable(f->cfg.site, t->step[i].node)) {
            keep = i;
            shut = mode_burning(f, t->step[i].node);
        }
        edge_id next = t->step[i + 1].edge;
        shut = shut || (next != ID_NONE && shut_to(f, id, classes, next));
    }
    if (!shut || keep == t->head) return;
    plan_unclaim(f->plan, id, keep, f->now_ms);
    plan_again(f, id);
}

uint32_t access_ms(struct fleet *f, robot_id r, node_id from, node_id to)
{
    hygiene_set classes = carries(f, r);
    uint8_t group = access_group_for(f, classes);
    for (uint8_t g = 0; g <= f->access->groups; g++) { /* its own group first, then all */
        uint8_t as = g == 0 ? group : (uint8_t)(g - 1);
        uint32_t ms = dist_to(plan_dist(f->plan), profile_of(f->cfg.site, f->cfg.robot_class[r], as), to)[from];
        if (ms != DIST_FAR || classes) return ms;
    }
    return DIST_FAR;
}

static bool group_leads_there(const struct fleet *f, robot_id id, uint8_t g)
{
    const struct site *s = f->cfg.site;
    profile_id profile = profile_of(s, f->cfg.robot_class[id], g);
    node_id here = route_frontier(plan_of(f->plan, id))->node, goal = f->robot[id].goal;
    if (goal != ID_NONE) return dist_to(plan_dist(f->plan), profile, goal)[here] != DIST_FAR;
    const uint32_t *ms = dist_from(plan_dist(f->plan), profile, here);
    for (node_id n = 0; n < s->nodes; n++)
        if ((s->node[n].flags & NODE_REFUGE) && ms[n] != DIST_FAR) return true;
    return false;
}

void access_choose(struct fleet *f, robot_id r)
{
    uint8_t group = access_group_for(f, carries(f, r));
    if (!carries(f, r) && !group_leads_there(f, r, group)) {
        uint8_t g = 0;
        while (g < f->access->groups && !group_leads_there(f, r, g)) g++;
        if (g < f->access->groups) group = g;
    }
    f->robot_group[r] = group;
}

static void ways_changed(struct fleet *f)
{
    f->assign_due = true;
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct robot *r = &f->robot[id];
        give_up_shut(f, id);
        bool burning = mode_fires(f) && plan_of(f->plan, id)->placed &&
                       mode_burning(f, route_frontier(plan_of(f->plan, id))->node);
        if (burning || r->held || r->want_plan || !access_stands(f, id)) plan_again(f, id);
        r->held = false;
    }
}

void access_due(struct fleet *f) { f->access->due = true; }

void access_run(struct fleet *f)
{
    struct access_state *a = f->access;
    bool must = a->due || f->now_ms >= a->look_ms || clock_moved(f);
    for (elevator_id e = 0; e < f->cfg.site->elevators && !must; e++) must = a->broken[e] != car_broken(f, e);
    if (must && look(f, true)) ways_changed(f);
}

ms_t access_deadline(const struct fleet *f) { return f->access->look_ms; }

bool access_car_open(const struct fleet *f, elevator_id e, uint8_t group, ms_t until_ms)
{
    if (group >= f->access->groups) return true;
    return f->access->until[cell(f, e, group)] > until_ms;
}

/* No new plan of the group uses the car until it has closed. */
static void close_early(struct fleet *f, elevator_id e, uint8_t g)
{
    size_t i = cell(f, e, g);
    if (f->access->until[i] <= f->now_ms || f->access->early[i] > f->now_ms) return;
    f->access->early[i] = f->access->until[i];
    f->access->due = true;
}

/* The longest way to there: from the tail, as if it had just been passed. */
bool access_claimable(struct fleet *f, robot_id r, uint16_t to)
{
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, r);
    hygiene_set classes = classes_of(f, r);
    ms_t end_ms = f->now_ms + ACCESS_RIDE_SPARE_MS;
    for (uint16_t i = 1; i <= to; i++) end_ms += t->step[i].arrive_ms - t->step[i].enter_ms + t->step[i - 1].turn_ms;
    for (uint16_t i = (uint16_t)(t->head + 1); i <= to; i++) {
        edge_id id = t->step[i].edge;
        if (id == ID_NONE) continue;
        if (!passable(f, id) || (s->edge[id].barred & classes)) return false;
        if (s->edge[id].elevator == ID_NONE) continue;
        for (int h = 0; h < HYGIENE_COUNT; h++) {
            if (!(classes >> h & 1) || access_car_open(f, s->edge[id].elevator, s->group_of[h], end_ms)) continue;
            close_early(f, s->edge[id].elevator, s->group_of[h]);
            return false;
        }
    }
    return true;
}

bool access_planned(struct fleet *f, robot_id r)
{
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, r);
    uint8_t g = f->robot_group[r];
    bool late = false;
    for (uint16_t i = (uint16_t)(t->head + 1); i < t->count; i++) {
        edge_id id = t->step[i].edge;
        if (id == ID_NONE || s->edge[id].elevator == ID_NONE || ride_stands(f, g, &t->step[i])) continue;
        late = true;
        close_early(f, s->edge[id].elevator, g);
    }
    if (late && look(f, true)) ways_changed(f);
    return !late;
}

void access_snap(struct snap *s, struct fleet *f)
{
    struct access_state *a = f->access;
    size_t cells = (size_t)f->cfg.site->elevators * a->groups;
    for (size_t i = 0; i < cells; i++) snap_i64(s, &a->early[i]);
    for (robot_id r = 0; r < f->cfg.robots; r++) {
        snap_u8(s, &f->robot_group[r]);
        if (f->robot_group[r] >= a->groups) {
            f->robot_group[r] = 0;
            snap_fail(s);
        }
    }
    if (!snap_loading(s)) return;
    a->clock = f->clock; /* `early` was loaded: it belongs to this clock */
    a->due = true;
    look(f, false);
}
