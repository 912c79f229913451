#include "plant.h"

#include <assert.h>

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

static mm_t car_height(const struct plant *p, elevator_id e, ms_t now)
{
    const struct car *c = &p->car[e];
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

static void trip_begin(struct plant *p, elevator_id e, ms_t now)
{
    struct car *c = &p->car[e];
    c->trip_to = c->target;
    c->trip_ms = now;
    c->arrive_ms = now + site_car_travel_ms(p->site, e, c->level, c->target);
    p->dirty[e] = true;
}

/* The next moment at which this car changes by itself. */
static ms_t car_deadline(const struct plant *p, elevator_id e)
{
    const struct car *c = &p->car[e];
    if (c->trip_to != ID_NONE) return c->arrive_ms;
    ms_t done = leaf_done_ms(&c->leaf);
    return done > p->now_ms ? done : MS_NEVER;
}

/* What the car does now, standing or just arrived; called whenever something about it has changed. */
static void car_act(struct plant *p, elevator_id e, ms_t now)
{
    struct car *c = &p->car[e];
    if (c->trip_to != ID_NONE && now >= c->arrive_ms) {
        c->level = c->trip_to;
        c->trip_to = ID_NONE;
        p->dirty[e] = true;
    }
    if (c->trip_to != ID_NONE) return;
    bool open = c->target == c->level;
    if (leaf_go(&c->leaf, open, now)) p->dirty[e] = true;
    if (c->target != ID_NONE && !open && leaf_state(&c->leaf, now) == DOOR_CLOSED) trip_begin(p, e, now);
}

static void car_advance(struct plant *p, elevator_id e, ms_t now)
{
    for (;;) {
        ms_t due = car_deadline(p, e);
        if (due > now) return;
        p->now_ms = due; /* step through: a late tick must not shift what happened before it */
        p->dirty[e] = true;
        car_act(p, e, due);
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
                                  .trip_to = ID_NONE };
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

void plant_elevator_request(struct plant *p, elevator_id e, uint32_t generation, bool end, level_id level, ms_t now)
{
    plant_tick(p, now);
    p->dirty[e] = true;
    if (!end && !is_landing(&p->site->elevator[e], level)) return;
    struct car *c = &p->car[e];
    if (!session_take(&c->session, generation, end)) return;
    c->target = end ? ID_NONE : level;
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
        out->destination = c->target;
        if (c->trip_to == ID_NONE) out->motion = CAR_STOPPED;
        else if (p->site->level[c->trip_to].elevation_mm > p->site->level[c->level].elevation_mm) out->motion = CAR_UP;
        else out->motion = CAR_DOWN;
        out->door_state = (uint8_t)leaf_state(&c->leaf, p->now_ms);
        out->mode = ELEVATOR_AGV;
        out->generation = session_in_force(&c->session);
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
    return c->trip_to != ID_NONE && now < c->arrive_ms;
}

bool plant_car_open_at(const struct plant *p, elevator_id e, level_id level, ms_t now)
{
    const struct car *c = &p->car[e];
    return c->trip_to == ID_NONE && c->level == level && leaf_state(&c->leaf, now) == DOOR_OPEN;
}

level_id plant_car_level(const struct plant *p, elevator_id e, ms_t now) { return car_level(p, e, now); }
enum door_state plant_car_door(const struct plant *p, elevator_id e, ms_t now)
{
    return leaf_state(&p->car[e].leaf, now);
}
bool plant_door_open(const struct plant *p, door_id d, ms_t now)
{
    return leaf_state(&p->gate[d].leaf, now) == DOOR_OPEN;
}
