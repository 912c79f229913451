/* world_building - elevators, doors and who rides in them; what breaks, burns and fails. */
#include <string.h>

#include "world.h"

void world_drain_plant(struct world *w)
{
    struct plant_out p;
    while (plant_next(w->plant, &p)) {
        world_trace_building(w, &p);
        if (p.is_door) {
            struct door_state_msg m = { .state = (enum door_state)p.door_state, .generation = p.generation };
            text_copy(m.door, sizeof m.door, w->site->door[p.door].id);
            world_post(w, WIRE_DOOR_STATE, p.door, NULL, &m);
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
        world_post(w, WIRE_CAR_STATE, p.elevator, NULL, &m);
        oracle_car(w->oracle, p.elevator, plant_car_level(w->plant, p.elevator, w->now_ms),
                   plant_car_moving(w->plant, p.elevator, w->now_ms),
                   plant_car_door(w->plant, p.elevator, w->now_ms) == DOOR_OPEN);
        oracle_car_mode(w->oracle, p.elevator, (enum elevator_mode)p.mode, w->now_ms);
    }
    w->unjudged = true;
    clock_set(&w->clock, FROM_PLANT, plant_deadline(w->plant));
}

void world_cars_taken(struct world *w)
{
    bool any = false;
    for (elevator_id e = 0; e < w->site->elevators; e++) {
        bool taken = oracle_car_taken(w->oracle, e);
        if (taken == w->car_taken[e]) continue;
        w->car_taken[e] = taken;
        plant_robot_inside(w->plant, e, taken, w->now_ms);
        any = true;
    }
    if (any) world_drain_plant(w);
}

/* ---- faults ---- */
static const struct demand_fault *fault_at(const struct world *w, uint8_t i) { return &w->cfg->demand->fault[i]; }
static uint8_t faults(const struct world *w) { return w->cfg->demand ? w->cfg->demand->faults : 0; }
static bool lasts(const struct world *w, uint8_t i) { return (w->faults_begun & ~w->faults_ended) >> i & 1; }

static bool car_in_zone(const struct site *s, elevator_id e, zone_id z)
{
    for (uint16_t i = 0; i < s->elevator[e].landings; i++)
        if (s->in_zone[(size_t)z * s->nodes + s->elevator[e].landing[i].node]) return true;
    return false;
}

/* Of all that lasts: taken out before fire before want of power. */
static enum elevator_mode car_mode(const struct world *w, elevator_id e)
{
    enum elevator_mode mode = ELEVATOR_AGV;
    for (uint8_t i = 0; i < faults(w); i++) {
        const struct demand_fault *f = fault_at(w, i);
        if (!lasts(w, i)) continue;
        if (f->kind == FAULT_CAR_OUT && f->target == e) return ELEVATOR_OFFLINE;
        if (f->kind == FAULT_FIRE && car_in_zone(w->site, e, f->target)) mode = ELEVATOR_FIRE;
        if (f->kind == FAULT_MAINS && mode == ELEVATOR_AGV && !w->site->elevator[e].emergency_power)
            mode = ELEVATOR_EMERGENCY;
    }
    return mode;
}

static void operate(struct world *w, enum operate op, uint16_t target)
{
    struct fleet_in in = { .kind = IN_OPERATE, .operate = { .op = (uint8_t)op, .target = target } };
    world_feed(w, &in);
    oracle_operate(w->oracle, &in.operate, w->now_ms);
}

static void chargers(struct world *w, bool live)
{
    struct agent_in in = { .at_ms = w->now_ms, .kind = live ? AGENT_CHARGERS_LIVE : AGENT_CHARGERS_DEAD };
    for (robot_id r = 0; r < w->robots; r++) world_agent(w, r, &in);
}

static void turn(struct world *w, uint8_t i, bool begins)
{
    const struct demand_fault *f = fault_at(w, i);
    if (begins) w->faults_begun |= 1u << i;
    else w->faults_ended |= 1u << i;
    switch ((enum fault_kind)f->kind) {
    case FAULT_CAR_DIES: plant_car_freeze(w->plant, f->target, begins, w->now_ms); break;
    case FAULT_FIRE: operate(w, begins ? OP_FIRE : OP_FIRE_OVER, f->target); break;
    case FAULT_MAINS:
        operate(w, begins ? OP_MAINS_LOST : OP_MAINS_BACK, 0);
        chargers(w, !begins);
        break;
    case FAULT_ROBOT_DIES:
        if (begins) world_robot_dies(w, f->target);
        break;
    case FAULT_CAR_OUT:
    case FAULT_KIND_COUNT: break;
    }
    for (elevator_id e = 0; e < w->site->elevators; e++) plant_car_mode(w->plant, e, car_mode(w, e), w->now_ms);
    world_drain_plant(w);
}

/* The next moment at which fault i turns; MS_NEVER: not any more. */
static ms_t turn_ms(const struct world *w, uint8_t i)
{
    const struct demand_fault *f = fault_at(w, i);
    bool begun = w->faults_begun >> i & 1, ended = w->faults_ended >> i & 1;
    ms_t at = !begun ? f->from_ms : ended || f->kind == FAULT_ROBOT_DIES ? MS_NEVER : f->to_ms;
    if (at == MS_NEVER) return MS_NEVER;
    if (!begun && f->to_ms <= w->cfg->start_ms) return MS_NEVER; /* it was over before the run began */
    return ms_max(at - w->cfg->start_ms, 0);
}

ms_t world_faults_deadline(const struct world *w)
{
    ms_t next = w->cfg->timetable && !w->closed ? w->cfg->demand_ms : MS_NEVER;
    for (uint8_t i = 0; i < faults(w); i++) next = ms_min(next, turn_ms(w, i));
    return next;
}

void world_faults(struct world *w)
{
    for (uint8_t i = 0; i < faults(w); i++)
        if (turn_ms(w, i) <= w->now_ms) turn(w, i, !(w->faults_begun >> i & 1));
    if (w->cfg->timetable && !w->closed && w->now_ms >= w->cfg->demand_ms) world_call_off(w);
    clock_set(&w->clock, FROM_FAULT, world_faults_deadline(w));
}
