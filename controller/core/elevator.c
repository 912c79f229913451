#include <string.h>

#include "fleet_state.h"

#define OVERDUE_MS 120000

const char *const arbiter_policy_name[ARBITER_COUNT] = { "planned", "first-come" };

static ms_t resend_ms(const struct fleet *f) { return f->cfg.resend_ms; }

bool elevator_usable(const struct fleet *f, elevator_id e)
{
    const struct elevator_session *v = &f->elevator[e];
    return v->heard && (v->mode == ELEVATOR_AGV || v->mode == ELEVATOR_HUMAN);
}

bool elevator_traps(const struct fleet *f, robot_id r)
{
    const struct route *t = plan_of(f->plan, r);
    elevator_id e = t->placed ? f->cfg.site->node[t->step[0].node].elevator : ID_NONE;
    return e != ID_NONE && f->elevator[e].heard && !elevator_usable(f, e);
}

/* ---- separation in time: a car that carried soiled goods carries only these for a while ---- */

hygiene_set elevator_classes(const struct fleet *f, robot_id r)
{
    hygiene_set classes = 0;
    for (uint8_t i = 0; i < f->robot[r].loads; i++)
        classes |= hygiene_bit(hygiene_of(f, job_seen(f, f->robot[r].load[i])));
    return classes;
}

/* Dangerous goods never go where people ride (R32). */
bool elevator_bars(const struct fleet *f, elevator_id e, robot_id r)
{
    if (f->cfg.site->elevator[e].people)
        for (uint8_t i = 0; i < f->robot[r].loads; i++)
            if (site_goods_of(f->cfg.site, job_seen(f, f->robot[r].load[i])->goods)->dangerous) return true;
    hygiene_set apart = f->cfg.site->hygiene.car_apart;
    return f->now_ms < f->elevator[e].apart_ms && (elevator_classes(f, r) & ~apart) != 0;
}

/* Its holder is out. Heard of later than it happened: the time counts from then on, on the safe side. */
static void note_left(struct fleet *f, elevator_id e)
{
    struct elevator_session *v = &f->elevator[e];
    if (v->soils) v->apart_ms = f->now_ms + f->cfg.site->hygiene.car_apart_ms;
    v->soils = false;
}

/* ---- sessions ---- */

/* Which cars and doors the claims need now. */
static void find_needs(struct fleet *f)
{
    const struct site *s = f->cfg.site;
    for (elevator_id e = 0; e < s->elevators; e++) f->car_holder[e] = ID_NONE;
    memset(f->door_wanted, 0, s->doors * sizeof *f->door_wanted);
    for (robot_id r = 0; r < f->cfg.robots; r++) {
        const struct route *t = plan_of(f->plan, r);
        if (!t->placed) continue;
        for (uint16_t i = 0; i <= t->head; i++) {
            elevator_id e = s->node[t->step[i].node].elevator;
            if (e != ID_NONE) f->car_holder[e] = r;
            edge_id edge = t->step[i].edge;
            if (i > 0 && edge != ID_NONE && s->edge[edge].door != ID_NONE) f->door_wanted[s->edge[edge].door] = true;
        }
    }
}

/* Where the car must stand for its holder now: at the boarding landing until the robot has reached the cabin, then
 * at the landing where it leaves. */
static level_id level_for(const struct fleet *f, elevator_id e, robot_id r)
{
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, r);
    bool inside = s->node[t->step[0].node].elevator == e;
    level_id level = ID_NONE;
    for (uint16_t i = 0; i <= t->head; i++) {
        const struct site_node *n = &s->node[t->step[i].node];
        if (n->elevator == e) {
            level = n->level;
            if (!inside) return level;
        } else if (level != ID_NONE) {
            break;
        }
    }
    return level;
}

static void request(struct fleet *f, elevator_id e)
{
    struct elevator_session *v = &f->elevator[e];
    v->sent_ms = f->now_ms;
    fleet_emit(f, OUT_ELEVATOR)->elevator = (struct out_elevator){
        .elevator = e, .generation = v->generation, .end = v->ending, .level = v->ending ? ID_NONE : v->want
    };
}

static bool car_stands_open(const struct elevator_session *v)
{
    return v->heard && v->heard_generation == v->generation && v->mode == ELEVATOR_AGV && v->motion == CAR_STOPPED &&
           v->door == DOOR_OPEN && v->level == v->want && !v->ending;
}

static void session_begin(struct fleet *f, elevator_id e, robot_id r)
{
    struct elevator_session *v = &f->elevator[e];
    note_left(f, e);
    v->holder = r;
    v->generation++;
    v->ending = false;
    v->want = level_for(f, e, r);
    v->since_ms = f->now_ms;
    v->overdue_told = false;
    f->totals.elevator_sessions++;
    fleet_event(f, EVENT_ELEVATOR_CALLED, r, f->robot[r].job, e);
    request(f, e);
}

/* First come, first served knows one exclusive session at a time: it ends, and the car closes, before the next. */
static bool session_over(const struct elevator_session *v)
{
    return v->generation == 0 || (v->heard && v->heard_generation != v->generation && v->door == DOOR_CLOSED);
}

static void end_first(struct fleet *f, elevator_id e)
{
    struct elevator_session *v = &f->elevator[e];
    bool again = v->holder != ID_NONE || (v->ending && f->now_ms - v->sent_ms >= resend_ms(f));
    note_left(f, e);
    v->holder = ID_NONE;
    v->ending = true;
    if (again) request(f, e);
}

/* Somebody has to come and get it out; it keeps the car, and goes on by itself when the car does (R34). */
static void tell_trapped(struct fleet *f, elevator_id e)
{
    struct elevator_session *v = &f->elevator[e];
    bool trapped = v->holder != ID_NONE && elevator_traps(f, v->holder);
    if (trapped && !v->trapped_told) fleet_event(f, EVENT_ELEVATOR_ROBOT_INSIDE, v->holder, f->robot[v->holder].job, e);
    v->trapped_told = trapped;
}

static void session_run(struct fleet *f, elevator_id e)
{
    struct elevator_session *v = &f->elevator[e];
    robot_id r = f->car_holder[e];
    tell_trapped(f, e);
    if (r == ID_NONE) {
        if (v->holder != ID_NONE) {
            fleet_event(f, EVENT_ELEVATOR_LEFT, v->holder, f->robot[v->holder].job, e);
            note_left(f, e);
            v->holder = ID_NONE;
            v->ending = true;
            request(f, e);
        } else if (v->generation >
                   0) { /* over when the car shows no session; a late word may have looked like that, so look on */
            v->ending = !v->heard || v->heard_generation == v->generation;
            if (v->ending && f->now_ms - v->sent_ms >= resend_ms(f)) request(f, e);
        }
        return;
    }
    if (v->holder != r) {
        if (f->cfg.arbiter == ARBITER_FIRST_COME && !session_over(v)) end_first(f, e);
        else session_begin(f, e, r);
        return;
    }
    level_id want = level_for(f, e, r);
    if (want !=
        v->want) { /* the robot is inside: take it where it leaves, and let no late call back to the landing win */
        v->want = want;
        v->generation++;
        v->soils = (elevator_classes(f, r) & f->cfg.site->hygiene.car_apart) != 0;
        v->since_ms = f->now_ms;
        fleet_event(f, EVENT_ELEVATOR_BOARDED, r, f->robot[r].job, e);
        request(f, e);
    } else if (!car_stands_open(v) && f->now_ms - v->sent_ms >= resend_ms(f)) {
        request(f, e);
    }
    if (!car_stands_open(v) && !v->overdue_told && f->now_ms - v->since_ms > OVERDUE_MS) {
        v->overdue_told = true;
        fleet_event(f, EVENT_ELEVATOR_OVERDUE, r, 0, e);
    }
}

static void door_request(struct fleet *f, door_id d)
{
    struct door_session *v = &f->door[d];
    v->sent_ms = f->now_ms;
    fleet_emit(f, OUT_DOOR)->door = (struct out_door){ .door = d, .generation = v->generation, .open = v->want_open };
}

static bool door_settled(const struct door_session *v)
{
    return v->heard && v->heard_generation == v->generation && v->state == (v->want_open ? DOOR_OPEN : DOOR_CLOSED);
}

static void door_run(struct fleet *f, door_id d)
{
    struct door_session *v = &f->door[d];
    if (f->door_wanted[d] != v->want_open) {
        v->want_open = f->door_wanted[d];
        v->generation++;
        door_request(f, d);
    } else if (v->generation > 0 && !door_settled(v) && f->now_ms - v->sent_ms >= resend_ms(f)) {
        door_request(f, d);
    }
}

void elevator_run(struct fleet *f)
{
    find_needs(f);
    for (elevator_id e = 0; e < f->cfg.site->elevators; e++) session_run(f, e);
    for (door_id d = 0; d < f->cfg.site->doors; d++) door_run(f, d);
}

void elevator_heard(struct fleet *f, const struct in_elevator *in)
{
    struct elevator_session *v = &f->elevator[in->elevator];
    v->heard = true;
    v->level = in->level;
    v->motion = in->motion;
    v->door = in->door;
    v->mode = in->mode;
    v->heard_generation = in->generation;
}

void door_heard(struct fleet *f, const struct in_door *in)
{
    struct door_session *v = &f->door[in->door];
    v->heard = true;
    v->state = in->state;
    v->heard_generation = in->generation;
}

/* The building may have missed or forgotten what was said last. */
void elevator_restart(struct fleet *f)
{
    for (elevator_id e = 0; e < f->cfg.site->elevators; e++)
        if (f->elevator[e].holder != ID_NONE || f->elevator[e].ending) request(f, e);
    for (door_id d = 0; d < f->cfg.site->doors; d++)
        if (f->door[d].generation > 0) door_request(f, d);
}

bool gate_open(const struct fleet *f, robot_id r, uint16_t i, enum robot_wait *wait, uint16_t *whom)
{
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, r);
    edge_id id = t->step[i].edge;
    if (id == ID_NONE) return true;
    const struct site_edge *e = &s->edge[id];
    if (e->elevator != ID_NONE) {
        const struct elevator_session *v = &f->elevator[e->elevator];
        bool entering = s->node[e->from].elevator == ID_NONE;
        bool inside = s->node[t->step[0].node].elevator == e->elevator;
        /* The landing this edge needs: entering, where it boards; riding, where the ride ends; leaving, where it
         * stands. */
        level_id landing = s->node[e->to].elevator == ID_NONE ? s->node[e->from].level : s->node[e->to].level;
        *wait = WAIT_ELEVATOR;
        *whom = e->elevator;
        return v->holder == r && car_stands_open(v) && v->want == landing && (entering || inside);
    }
    if (e->door != ID_NONE) {
        const struct door_session *v = &f->door[e->door];
        *wait = WAIT_DOOR;
        *whom = e->door;
        return v->want_open && door_settled(v);
    }
    return true;
}

ms_t elevator_deadline(const struct fleet *f)
{
    ms_t next = MS_NEVER;
    for (elevator_id e = 0; e < f->cfg.site->elevators; e++) {
        const struct elevator_session *v = &f->elevator[e];
        if (v->ending || (v->holder != ID_NONE && !car_stands_open(v))) next = ms_min(next, v->sent_ms + resend_ms(f));
        if (v->apart_ms > f->now_ms) next = ms_min(next, v->apart_ms);
    }
    for (door_id d = 0; d < f->cfg.site->doors; d++)
        if (f->door[d].generation > 0 && !door_settled(&f->door[d]))
            next = ms_min(next, f->door[d].sent_ms + resend_ms(f));
    return next;
}

static void session_snap(struct snap *s, struct elevator_session *v)
{
    snap_bool(s, &v->heard);
    snap_u16(s, &v->level);
    snap_u8(s, &v->motion);
    snap_u8(s, &v->door);
    snap_u8(s, &v->mode);
    snap_u32(s, &v->heard_generation);
    snap_u16(s, &v->holder);
    snap_u32(s, &v->generation);
    snap_u16(s, &v->want);
    snap_bool(s, &v->ending);
    snap_i64(s, &v->sent_ms);
    snap_i64(s, &v->since_ms);
    snap_bool(s, &v->overdue_told);
    snap_bool(s, &v->trapped_told);
    snap_bool(s, &v->soils);
    snap_i64(s, &v->apart_ms);
}

void elevator_snap(struct snap *s, struct fleet *f)
{
    for (elevator_id e = 0; e < f->cfg.site->elevators; e++) session_snap(s, &f->elevator[e]);
    for (door_id d = 0; d < f->cfg.site->doors; d++) {
        struct door_session *v = &f->door[d];
        snap_bool(s, &v->heard);
        snap_bool(s, &v->want_open);
        snap_u8(s, &v->state);
        snap_u32(s, &v->heard_generation);
        snap_u32(s, &v->generation);
        snap_i64(s, &v->sent_ms);
    }
}
