#include "plant.h"

#include <assert.h>

#include "common/rng.h"

#define CROWD_MAX 64            /* people waiting for one car, or in it; who comes to a full landing takes the stairs */
#define FLOOR_USED_PERMILLE 700 /* of a cabin's floor, before nobody else steps in */

/* A door of any kind: openness in permille at `since_ms`, going to 0 or 1000. Full strokes take open_ms, close_ms. */
struct leaf {
    int32_t from_permille;
    bool opening;
    ms_t since_ms, open_ms, close_ms;
};

struct session {
    uint32_t newest; /* highest generation ever seen */
    bool ended;      /* ... and it is over */
};

struct car {
    struct leaf leaf;
    struct session session;
    level_id target;         /* of the session in force; ID_NONE: none */
    level_id level;          /* where it stands or, travelling, where it started */
    level_id trip_to;        /* ID_NONE: not travelling */
    ms_t trip_ms, arrive_ms; /* trip begins (start delay included), ends */
    uint8_t mode;            /* enum elevator_mode that somebody has set */
    bool inside;             /* a robot is, or stands on the sill */
    bool let_in;             /* the door has stood open for the session in force */
    bool frozen;
    ms_t frozen_ms;
    uint32_t trips;
    struct rng obstacles;
    /* people */
    bool theirs;   /* mode HUMAN */
    bool up;       /* the way they go while somebody wants to */
    bool stepping; /* they get out and in, until busy_ms */
    ms_t busy_ms;
    uint32_t next; /* of the list: the first that has not called yet */
    uint16_t waiting, riding;
    uint32_t wait[CROWD_MAX], ride[CROWD_MAX];
};

struct gate {
    struct leaf leaf;
    struct session session;
};

struct plant {
    const struct site *site;
    struct car *car;
    struct gate *gate;
    bool *dirty;   /* cars, then doors */
    ms_t *said_ms; /* when each last spoke */
    uint32_t units, scan;
    ms_t now_ms, every_ms;
    struct plant_person *person;
    uint32_t persons;
    int32_t retry_ppm;
};

/* ---- doors ---- */
static ms_t leaf_done_ms(const struct leaf *l)
{
    int64_t left = l->opening ? 1000 - l->from_permille : l->from_permille;
    ms_t full = l->opening ? l->open_ms : l->close_ms;
    return l->since_ms + (full * left + 999) / 1000;
}

static int32_t leaf_permille(const struct leaf *l, ms_t now)
{
    if (now >= leaf_done_ms(l)) return l->opening ? 1000 : 0;
    ms_t full = l->opening ? l->open_ms : l->close_ms;
    int32_t moved = (int32_t)((now - l->since_ms) * 1000 / full);
    return l->opening ? l->from_permille + moved : l->from_permille - moved;
}

static enum door_state leaf_state(const struct leaf *l, ms_t now)
{
    if (now < leaf_done_ms(l)) return DOOR_MOVING;
    return l->opening ? DOOR_OPEN : DOOR_CLOSED;
}

static bool leaf_go(struct leaf *l, bool open, ms_t now)
{
    if (l->opening == open) return false;
    l->from_permille = leaf_permille(l, now);
    l->opening = open;
    l->since_ms = now;
    return true;
}

/* True when a request of this generation may act; keeps rules (1) and (2). */
static bool session_take(struct session *s, uint32_t generation, bool end)
{
    if (generation < s->newest) return false;
    if (generation == s->newest && s->ended) return false;
    s->newest = generation;
    s->ended = end;
    return true;
}

/* ---- cars ---- */
static bool is_landing(const struct site_elevator *e, level_id level)
{
    for (uint16_t i = 0; i < e->landings; i++)
        if (e->landing[i].level == level) return true;
    return false;
}

/* Way done `t` ms after the start of a rest-to-rest run, exact at both ends, never falling. */
static int64_t run_mm(int64_t length, int32_t speed, int32_t accel, ms_t t, ms_t total)
{
    if (t <= 0) return 0;
    if (t >= total) return length;
    if (t > total / 2) return length - run_mm(length, speed, accel, total - t, 2 * total);
    int64_t full_ms = (int64_t)speed * 1000 / accel; /* time to reach full speed */
    int64_t s = t <= full_ms ? (int64_t)accel * t * t / 2000000
                             : (int64_t)accel * full_ms * full_ms / 2000000 + (int64_t)speed * (t - full_ms) / 1000;
    return s < length / 2 ? s : length / 2;
}

/* A frozen car lives in the moment in which it froze. */
static ms_t car_now(const struct car *c, ms_t now) { return c->frozen ? c->frozen_ms : now; }

static mm_t car_height(const struct plant *p, elevator_id e, ms_t now)
{
    const struct car *c = &p->car[e];
    now = car_now(c, now);
    const struct site_elevator *se = &p->site->elevator[e];
    mm_t a = p->site->level[c->level].elevation_mm;
    if (c->trip_to == ID_NONE) return a;
    mm_t b = p->site->level[c->trip_to].elevation_mm;
    ms_t begin = c->trip_ms + se->start_delay_ms;
    int64_t way = b > a ? (int64_t)b - a : (int64_t)a - b;
    mm_t done = (mm_t)run_mm(way, se->speed_mm_s, se->accel_mm_s2, now - begin, c->arrive_ms - begin);
    return b > a ? a + done : a - done;
}

static level_id car_level(const struct plant *p, elevator_id e, ms_t now)
{
    const struct car *c = &p->car[e];
    if (c->trip_to == ID_NONE) return c->level;
    const struct site_elevator *se = &p->site->elevator[e];
    mm_t h = car_height(p, e, now);
    bool up = p->site->level[c->trip_to].elevation_mm > p->site->level[c->level].elevation_mm;
    level_id last = c->level;
    for (uint16_t k = 0; k < se->landings; k++) {
        uint16_t i = up ? k : (uint16_t)(se->landings - 1 - k);
        mm_t z = p->site->level[se->landing[i].level].elevation_mm;
        mm_t from = p->site->level[c->level].elevation_mm;
        if (up ? (z >= from && z <= h) : (z <= from && z >= h)) last = se->landing[i].level;
    }
    return last;
}

static void trip_begin(struct plant *p, elevator_id e, level_id to, ms_t now)
{
    struct car *c = &p->car[e];
    c->trip_to = to;
    c->trip_ms = now;
    c->arrive_ms = now + site_car_travel_ms(p->site, e, c->level, to);
    c->trips++;
    p->dirty[e] = true;
}

/* ---- people ---- */
static mm_t height_of(const struct plant *p, level_id l) { return p->site->level[l].elevation_mm; }

static void list_remove(uint32_t *list, uint16_t *n, uint16_t i)
{
    (*n)--;
    for (; i < *n; i++) list[i] = list[i + 1];
}

/* Who has called by now stands at the landing. */
static void hear_calls(struct plant *p, elevator_id e, ms_t now)
{
    struct car *c = &p->car[e];
    for (; c->next < p->persons && p->person[c->next].at_ms <= now; c->next++) {
        if (p->person[c->next].car != e || c->waiting == CROWD_MAX) continue;
        c->wait[c->waiting++] = c->next;
    }
}

static ms_t next_call_ms(const struct plant *p, elevator_id e)
{
    const struct car *c = &p->car[e];
    for (uint32_t i = c->next; i < p->persons; i++)
        if (p->person[i].car == e) return p->person[i].at_ms;
    return MS_NEVER;
}

static int64_t floor_free_cm2(const struct plant *p, elevator_id e)
{
    const struct site_elevator *se = &p->site->elevator[e];
    int64_t room = (int64_t)se->width_mm * se->depth_mm / 100 * FLOOR_USED_PERMILLE / 1000;
    for (uint16_t i = 0; i < p->car[e].riding; i++) room -= p->person[p->car[e].ride[i]].area_cm2;
    return room;
}

/* The next to step in here: the lowest rank, then who called first. An empty cabin takes anybody. */
static uint16_t next_in(const struct plant *p, elevator_id e)
{
    const struct car *c = &p->car[e];
    uint16_t best = CROWD_MAX;
    for (uint16_t i = 0; i < c->waiting; i++) {
        const struct plant_person *w = &p->person[c->wait[i]];
        if (w->from != c->level || (c->riding > 0 && w->area_cm2 > floor_free_cm2(p, e))) continue;
        if (best == CROWD_MAX || w->rank < p->person[c->wait[best]].rank) best = i;
    }
    return best;
}

/* The door is open: out, then in. False: nobody wants to. */
static bool step_out_and_in(struct plant *p, elevator_id e, ms_t now)
{
    struct car *c = &p->car[e];
    ms_t t = now;
    for (uint16_t i = c->riding; i-- > 0;) {
        struct plant_person *r = &p->person[c->ride[i]];
        if (r->to != c->level) continue;
        t += r->unload_ms;
        r->left_ms = t;
        list_remove(c->ride, &c->riding, i);
    }
    for (uint16_t i = next_in(p, e); i < CROWD_MAX; i = next_in(p, e)) {
        struct plant_person *w = &p->person[c->wait[i]];
        w->boarded_ms = t;
        t += w->load_ms;
        c->ride[c->riding++] = c->wait[i];
        list_remove(c->wait, &c->waiting, i);
    }
    c->stepping = t > now;
    c->busy_ms = t;
    return c->stepping;
}

/* The nearest level that somebody wants in the direction of travel, else in the other one; ID_NONE: nobody waits. */
static level_id people_goal(const struct plant *p, elevator_id e, bool up)
{
    const struct car *c = &p->car[e];
    mm_t here = height_of(p, c->level), least = 0;
    level_id best = ID_NONE;
    bool full = next_in(p, e) == CROWD_MAX;
    for (uint16_t i = 0; i < c->riding + c->waiting; i++) {
        bool rides = i < c->riding;
        const struct plant_person *w = &p->person[rides ? c->ride[i] : c->wait[i - c->riding]];
        level_id l = rides ? w->to : w->from;
        mm_t way = up ? height_of(p, l) - here : here - height_of(p, l);
        if (!rides && way == 0 && full) continue; /* waits for the next time */
        if (way < 0 || (best != ID_NONE && way >= least)) continue;
        best = l;
        least = way;
    }
    return best;
}

/* ---- what a car does next ---- */

/* A robot is in it or has been shown an open door: nobody else gets it now (7), (9). */
static bool robots_own(const struct car *c) { return c->inside || (c->let_in && !c->session.ended); }

/* Whose it is, and where it is wanted. */
static level_id car_goal(struct plant *p, elevator_id e, ms_t now)
{
    struct car *c = &p->car[e];
    hear_calls(p, e, now);
    bool before = c->theirs;
    c->theirs = (c->waiting > 0 || c->riding > 0 || c->stepping) && !robots_own(c) && c->mode == ELEVATOR_AGV;
    if (before != c->theirs) p->dirty[e] = true;
    if (!c->theirs) return c->mode == ELEVATOR_AGV || robots_own(c) ? c->target : ID_NONE;
    if (c->stepping) return c->level;
    level_id goal = people_goal(p, e, c->up);
    if (goal != ID_NONE) return goal;
    c->up = !c->up;
    return people_goal(p, e, c->up);
}

static void door_go(struct plant *p, elevator_id e, bool open, ms_t now)
{
    struct car *c = &p->car[e];
    const struct site_elevator *se = &p->site->elevator[e];
    if (!leaf_go(&c->leaf, open, now)) return;
    p->dirty[e] = true;
    if (open) return;
    bool obstacle = p->retry_ppm > 0 && rng_chance(&c->obstacles, (uint32_t)p->retry_ppm);
    c->leaf.close_ms = se->door_close_ms + (obstacle ? se->door_open_ms + se->door_close_ms : 0);
}

/* The next moment at which this car changes by itself. */
static ms_t car_deadline(const struct plant *p, elevator_id e)
{
    const struct car *c = &p->car[e];
    if (c->frozen) return MS_NEVER;
    ms_t least = robots_own(c) ? MS_NEVER : next_call_ms(p, e);
    if (c->trip_to != ID_NONE) return ms_min(least, c->arrive_ms);
    ms_t done = leaf_done_ms(&c->leaf);
    if (done > p->now_ms) least = ms_min(least, done);
    if (c->stepping && c->busy_ms > p->now_ms) least = ms_min(least, c->busy_ms);
    return least;
}

/* What the car does now, standing or just arrived; called whenever something about it has changed. */
static void car_act(struct plant *p, elevator_id e, ms_t now)
{
    struct car *c = &p->car[e];
    if (c->frozen) return;
    if (c->trip_to != ID_NONE && now >= c->arrive_ms) {
        c->level = c->trip_to;
        c->trip_to = ID_NONE;
        p->dirty[e] = true;
    }
    if (c->stepping && now >= c->busy_ms) c->stepping = false;
    level_id goal = car_goal(p, e, now);
    if (c->trip_to != ID_NONE) return;
    door_go(p, e, goal == c->level, now);
    enum door_state door = leaf_state(&c->leaf, now);
    if (goal == c->level && door == DOOR_OPEN) {
        if (c->theirs && !c->stepping && !step_out_and_in(p, e, now)) car_act(p, e, now);
        if (!c->theirs) c->let_in = true;
    }
    if (goal != ID_NONE && goal != c->level && door == DOOR_CLOSED) trip_begin(p, e, goal, now);
}

static void car_advance(struct plant *p, elevator_id e, ms_t now)
{
    for (;;) {
        ms_t due = car_deadline(p, e);
        if (due > now) return;
        p->now_ms = ms_max(due, p->now_ms); /* step through: a late tick must not shift what happened before it */
        p->dirty[e] = true;
        car_act(p, e, p->now_ms);
    }
}

/* ---- the face ---- */
size_t plant_memory(const struct site *s)
{
    size_t units = (size_t)s->elevators + s->doors;
    return sizeof(struct plant) + s->elevators * sizeof(struct car) + s->doors * sizeof(struct gate) +
           units * (sizeof(bool) + sizeof(ms_t)) + 5 * 16;
}

int plant_open(struct plant **out, struct arena *mem, const struct site *s)
{
    struct plant *p = arena_new(mem, struct plant, 1);
    uint32_t units = (uint32_t)s->elevators + s->doors;
    if (!p || !(p->car = arena_new(mem, struct car, s->elevators)) ||
        !(p->gate = arena_new(mem, struct gate, s->doors)) || !(p->dirty = arena_new(mem, bool, units)) ||
        !(p->said_ms = arena_new(mem, ms_t, units)))
        return ORD_EFULL;
    p->site = s;
    p->units = units;
    for (elevator_id e = 0; e < s->elevators; e++) {
        const struct site_elevator *se = &s->elevator[e];
        p->car[e] = (struct car){ .leaf = { .open_ms = se->door_open_ms, .close_ms = se->door_close_ms },
                                  .target = ID_NONE,
                                  .level = se->landing[0].level,
                                  .trip_to = ID_NONE,
                                  .mode = ELEVATOR_AGV };
    }
    for (door_id d = 0; d < s->doors; d++)
        p->gate[d].leaf = (struct leaf){ .open_ms = s->door[d].open_ms, .close_ms = s->door[d].close_ms };
    plant_announce(p);
    *out = p;
    return ORD_OK;
}

void plant_tick(struct plant *p, ms_t now)
{
    assert(now >= p->now_ms);
    ms_t before = p->now_ms;
    for (elevator_id e = 0; e < p->site->elevators; e++) {
        p->now_ms = before;
        car_advance(p, e, now);
    }
    for (door_id d = 0; d < p->site->doors; d++) {
        ms_t done = leaf_done_ms(&p->gate[d].leaf);
        if (done > before && done <= now) p->dirty[p->site->elevators + d] = true;
    }
    p->now_ms = now;
    if (p->every_ms > 0)
        for (uint32_t u = 0; u < p->units; u++)
            if (now - p->said_ms[u] >= p->every_ms) p->dirty[u] = true;
    p->scan = 0;
}

void plant_people(struct plant *p, struct plant_person *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) list[i].boarded_ms = list[i].left_ms = MS_NEVER;
    p->person = list;
    p->persons = n;
}

void plant_door_retry(struct plant *p, uint64_t seed, int32_t ppm)
{
    p->retry_ppm = ppm;
    for (elevator_id e = 0; e < p->site->elevators; e++)
        p->car[e].obstacles = rng_stream_of(seed, "plant.obstacles", e);
}

void plant_robot_inside(struct plant *p, elevator_id e, bool inside, ms_t now)
{
    plant_tick(p, now);
    if (p->car[e].inside == inside) return;
    p->car[e].inside = inside;
    car_act(p, e, now);
    car_advance(p, e, now);
}

void plant_car_mode(struct plant *p, elevator_id e, enum elevator_mode mode, ms_t now)
{
    plant_tick(p, now);
    p->car[e].mode = (uint8_t)mode;
    p->dirty[e] = true;
    car_act(p, e, now);
    car_advance(p, e, now);
}

/* All that was under way is later by the time that it was frozen. */
void plant_car_freeze(struct plant *p, elevator_id e, bool frozen, ms_t now)
{
    struct car *c = &p->car[e];
    plant_tick(p, now);
    if (c->frozen == frozen) return;
    c->frozen = frozen;
    p->dirty[e] = true;
    if (frozen) {
        c->frozen_ms = now;
        return;
    }
    ms_t lost = now - c->frozen_ms;
    if (leaf_state(&c->leaf, c->frozen_ms) == DOOR_MOVING) c->leaf.since_ms += lost;
    if (c->trip_to != ID_NONE) {
        c->trip_ms += lost;
        c->arrive_ms += lost;
    }
    if (c->stepping) c->busy_ms += lost;
    car_act(p, e, now);
    car_advance(p, e, now);
}

void plant_elevator_request(struct plant *p, elevator_id e, uint32_t generation, bool end, level_id level, ms_t now)
{
    plant_tick(p, now);
    p->dirty[e] = true;
    if (!end && !is_landing(&p->site->elevator[e], level)) return;
    struct car *c = &p->car[e];
    uint32_t before = c->session.newest;
    if (!session_take(&c->session, generation, end)) return;
    level_id target = end ? ID_NONE : level;
    if (generation != before || target != c->target) c->let_in = false; /* a repeat takes nothing away */
    c->target = target;
    car_act(p, e, now);
    car_advance(p, e, now); /* strokes of no length end at once */
}

void plant_door_request(struct plant *p, door_id d, uint32_t generation, bool open, ms_t now)
{
    plant_tick(p, now);
    p->dirty[p->site->elevators + d] = true;
    struct gate *g = &p->gate[d];
    if (session_take(&g->session, generation, !open)) leaf_go(&g->leaf, open, now);
}

static void session_snap(struct snap *s, struct session *v)
{
    snap_u32(s, &v->newest);
    snap_bool(s, &v->ended);
}

static void car_snap(struct snap *s, struct plant *p, elevator_id e)
{
    struct car *c = &p->car[e];
    const struct site_elevator *site = &p->site->elevator[e];
    level_id level = snap_loading(s) ? 0 : plant_car_level(p, e, p->now_ms);
    session_snap(s, &c->session);
    snap_bool(s, &c->let_in);
    snap_u16(s, &c->target);
    snap_u16(s, &level);
    if (!snap_loading(s)) return;
    if (!is_landing(site, level) || (c->target != ID_NONE && !is_landing(site, c->target))) snap_fail(s);
    else c->level = level;
}

void plant_snap(struct snap *s, struct plant *p)
{
    for (elevator_id e = 0; e < p->site->elevators; e++) car_snap(s, p, e);
    for (door_id d = 0; d < p->site->doors; d++) {
        struct gate *g = &p->gate[d];
        bool opening = g->leaf.opening;
        session_snap(s, &g->session);
        snap_bool(s, &opening);
        if (snap_loading(s)) leaf_go(&g->leaf, opening, p->now_ms);
    }
    if (!snap_loading(s) || !s->ok) return;
    for (elevator_id e = 0; e < p->site->elevators; e++) car_act(p, e, p->now_ms);
    plant_announce(p);
}

ms_t plant_deadline(const struct plant *p)
{
    ms_t least = MS_NEVER;
    for (elevator_id e = 0; e < p->site->elevators; e++) least = ms_min(least, car_deadline(p, e));
    for (door_id d = 0; d < p->site->doors; d++) {
        ms_t done = leaf_done_ms(&p->gate[d].leaf);
        if (done > p->now_ms) least = ms_min(least, done);
    }
    if (p->every_ms > 0)
        for (uint32_t u = 0; u < p->units; u++) least = ms_min(least, p->said_ms[u] + p->every_ms);
    for (uint32_t u = 0; u < p->units; u++)
        if (p->dirty[u]) return p->now_ms;
    return least;
}

static uint32_t session_in_force(const struct session *s) { return s->ended ? 0 : s->newest; }

bool plant_next(struct plant *p, struct plant_out *out)
{
    while (p->scan < p->units && !p->dirty[p->scan]) p->scan++;
    if (p->scan == p->units) {
        p->scan = 0;
        return false;
    }
    uint32_t u = p->scan;
    p->dirty[u] = false;
    p->said_ms[u] = p->now_ms;
    *out = (struct plant_out){ .elevator = ID_NONE, .door = ID_NONE, .level = ID_NONE, .destination = ID_NONE };
    if (u < p->site->elevators) {
        const struct car *c = &p->car[u];
        out->elevator = (elevator_id)u;
        out->level = car_level(p, (elevator_id)u, p->now_ms);
        bool served = !c->theirs && (c->mode == ELEVATOR_AGV || robots_own(c));
        out->destination = served ? c->target : ID_NONE;
        if (c->trip_to == ID_NONE || c->frozen) out->motion = CAR_STOPPED;
        else if (p->site->level[c->trip_to].elevation_mm > p->site->level[c->level].elevation_mm) out->motion = CAR_UP;
        else out->motion = CAR_DOWN;
        out->door_state = (uint8_t)leaf_state(&c->leaf, car_now(c, p->now_ms));
        out->mode = (uint8_t)plant_car_mode_shown(p, (elevator_id)u);
        out->generation = served ? session_in_force(&c->session) : 0;
    } else {
        door_id d = (door_id)(u - p->site->elevators);
        out->is_door = true;
        out->door = d;
        out->door_state = (uint8_t)leaf_state(&p->gate[d].leaf, p->now_ms);
        out->generation = session_in_force(&p->gate[d].session);
    }
    return true;
}

void plant_announce(struct plant *p)
{
    for (uint32_t u = 0; u < p->units; u++) p->dirty[u] = true;
}

void plant_heartbeat(struct plant *p, ms_t every_ms) { p->every_ms = every_ms; }

mm_t plant_car_height_mm(const struct plant *p, elevator_id e, ms_t now) { return car_height(p, e, now); }

bool plant_car_moving(const struct plant *p, elevator_id e, ms_t now)
{
    const struct car *c = &p->car[e];
    return c->trip_to != ID_NONE && car_now(c, now) < c->arrive_ms; /* frozen between two landings, too */
}

bool plant_car_open_at(const struct plant *p, elevator_id e, level_id level, ms_t now)
{
    const struct car *c = &p->car[e];
    return c->trip_to == ID_NONE && c->level == level && leaf_state(&c->leaf, car_now(c, now)) == DOOR_OPEN;
}

level_id plant_car_level(const struct plant *p, elevator_id e, ms_t now) { return car_level(p, e, now); }
enum door_state plant_car_door(const struct plant *p, elevator_id e, ms_t now)
{
    return leaf_state(&p->car[e].leaf, car_now(&p->car[e], now));
}
enum elevator_mode plant_car_mode_shown(const struct plant *p, elevator_id e)
{
    const struct car *c = &p->car[e];
    if (c->frozen) return ELEVATOR_OFFLINE;
    return c->theirs ? ELEVATOR_HUMAN : (enum elevator_mode)c->mode;
}
bool plant_car_for(const struct plant *p, elevator_id e, uint32_t generation)
{
    const struct car *c = &p->car[e];
    return !c->theirs && !c->frozen && c->session.newest == generation && robots_own(c);
}
uint32_t plant_car_trips(const struct plant *p, elevator_id e) { return p->car[e].trips; }
bool plant_door_open(const struct plant *p, door_id d, ms_t now)
{
    return leaf_state(&p->gate[d].leaf, now) == DOOR_OPEN;
}
