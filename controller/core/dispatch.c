/* dispatch - tours of the whole fleet, planned together. The state of the fleet becomes a problem of planner/tour.h,
 * warm with the tours in force; the answer becomes the robots' stops. Nothing is kept here between two calls but
 * tables of ways, which depend on the map alone. */
#include <assert.h>
#include <string.h>

#include "fleet_state.h"
#include "planner/tour.h"

#define JOBS_MOST 400
#define STOPS_MOST 10 /* of one tour, washes and loads aboard apart: what comes later is planned later */
#define PLACES_MOST 512
#define AGAIN_PER_JOB_MS 20 /* the next planning not before so long for each job planned ... */
#define AGAIN_FREE_MS 500   /* ... few jobs at once ... */
#define AGAIN_MOST_MS 3000  /* ... and never later */
#define EFFORT_PER_JOB 60   /* stops evaluated in improving, per job planned */
#define EFFORT_LEAST 400
#define STRAIGHT_SPARE_MS 30000 /* no stop of others takes so little */
#define OUT_COST (1ll << 44)
#define MOVE_COST (30000ll * 16) /* a tour is changed for half a minute of driving, not for less */

/* Weights per ms of a job's lateness, of its waiting, and of being late twice over; a ms of driving costs 16. */
static const int32_t due_weight[JOB_PRIORITY_LAST + 1] = { 800, 480, 160, 96, 64, 32 };
static const int32_t ready_weight[JOB_PRIORITY_LAST + 1] = { 600, 300, 2, 2, 1, 1 };
#define WORST_WEIGHT 1600
static const struct tour_cost cost = { .per_mm = 16, .per_ms_drive = 16, .per_ms_wait = 0, .per_vehicle = 0 };

struct dispatch {
    struct tour *tour;
    uint16_t places, washers;
    node_id place[PLACES_MOST]; /* stations, then washers */
    uint16_t washer[PLACES_MOST];
    struct tour_leg *table[SITE_CLASSES_MAX]; /* nominal; places x places */
    struct tour_leg *leg[SITE_CLASSES_MAX];   /* the same with what is learned for this hour */
    struct tour_leg *start;                   /* robots x places */
    struct tour_rules rules;
    int32_t excess_ms[2]; /* that leg holds */
    bool tables_made, legs_made;
    /* the problem of this call */
    struct tour_problem problem;
    struct tour_vehicle *vehicle;
    struct tour_job *job;
    job_id *id;           /* of job i */
    robot_id *robot;      /* of vehicle v */
    uint16_t *vehicle_of; /* of robot r; TOUR_NONE */
    struct tour_visit visit[TOUR_STOPS_MAX + 8];
};

static uint16_t places_of(const struct site *s)
{
    uint32_t n = s->stations;
    for (node_id i = 0; i < s->nodes; i++) n += (s->node[i].flags & NODE_WASHER) != 0;
    return (uint16_t)(n > PLACES_MOST ? PLACES_MOST : n);
}

static struct tour_sizes sizes_of(const struct fleet_config *cfg)
{
    return (
        struct tour_sizes){ .vehicles = cfg->robots, .jobs = JOBS_MOST, .stops = 2 * ROBOT_LOADS_MAX + 2 * STOPS_MOST };
}

size_t dispatch_memory(const struct fleet_config *cfg)
{
    if (cfg->dispatch != DISPATCH_TOURS) return 0;
    struct tour_sizes sizes = sizes_of(cfg);
    size_t places = places_of(cfg->site), classes = cfg->site->classes, robots = cfg->robots;
    return sizeof(struct dispatch) + tour_memory(&sizes) + 2 * classes * places * places * sizeof(struct tour_leg) +
           robots *
               (places * sizeof(struct tour_leg) + sizeof(struct tour_vehicle) + sizeof(robot_id) + sizeof(uint16_t)) +
           JOBS_MOST * (sizeof(struct tour_job) + sizeof(job_id)) + (2 * classes + 8) * 16;
}

static void rules_from(const struct hygiene_rules *from, struct tour_rules *to)
{
    for (enum hygiene a = 0; a < HYGIENE_COUNT; a++) {
        to->together[a] = from->together[a];
        for (enum hygiene b = 0; b < HYGIENE_COUNT; b++)
            to->wash_ms[a][b] = from->after[a][b] == AFTER_FREELY ? 0
                                : from->after[a][b] == AFTER_WASH ? WASH_MS
                                                                  : TOUR_NO_WAY;
    }
}

int dispatch_open(struct fleet *f, struct arena *mem)
{
    if (f->cfg.dispatch != DISPATCH_TOURS) return ORD_OK;
    const struct site *s = f->cfg.site;
    struct tour_sizes sizes = sizes_of(&f->cfg);
    struct dispatch *d = f->dispatch = arena_new(mem, struct dispatch, 1);
    if (!d) return ORD_EFULL;
    size_t square = (size_t)places_of(s) * places_of(s);
    for (station_id i = 0; i < s->stations && d->places < PLACES_MOST; i++) d->place[d->places++] = s->station[i].node;
    for (node_id n = 0; n < s->nodes && d->places < PLACES_MOST; n++) {
        if (!(s->node[n].flags & NODE_WASHER)) continue;
        d->washer[d->washers++] = d->places;
        d->place[d->places++] = n;
    }
    bool room = true;
    for (class_id c = 0; c < s->classes; c++) {
        d->table[c] = arena_new(mem, struct tour_leg, square);
        d->leg[c] = arena_new(mem, struct tour_leg, square);
        room = room && d->table[c] && d->leg[c];
    }
    d->start = arena_new(mem, struct tour_leg, (size_t)f->cfg.robots * d->places);
    d->vehicle = arena_new(mem, struct tour_vehicle, f->cfg.robots);
    d->robot = arena_new(mem, robot_id, f->cfg.robots);
    d->vehicle_of = arena_new(mem, uint16_t, f->cfg.robots);
    d->job = arena_new(mem, struct tour_job, JOBS_MOST);
    d->id = arena_new(mem, job_id, JOBS_MOST);
    if (!room || !d->start || !d->vehicle || !d->robot || !d->vehicle_of || !d->job || !d->id) return ORD_EFULL;
    rules_from(&s->hygiene, &d->rules);
    d->problem = (struct tour_problem){ .vehicle = d->vehicle,
                                        .job = d->job,
                                        .places = d->places,
                                        .leg = (const struct tour_leg *const *)d->leg,
                                        .profiles = (uint8_t)s->classes,
                                        .rules = &d->rules,
                                        .washer = d->washer,
                                        .washers = d->washers,
                                        .cost = cost };
    return tour_open(&d->tour, mem, &sizes);
}

/* ---- ways ----------------------------------------------------------------------------------------------------- */

static profile_id anywhere(const struct fleet *f, class_id c) { return profile_of(f->cfg.site, c, access_anywhere(f)); }

/* Time by the table, and the length of the way that takes that time. */
static struct tour_leg leg_between(struct fleet *f, class_id c, node_id from, node_id to)
{
    const struct site *s = f->cfg.site;
    const uint32_t *ms = dist_to(plan_dist(f->plan), anywhere(f, c), to);
    if (ms[from] == DIST_FAR) return (struct tour_leg){ TOUR_NO_WAY, 0 };
    struct tour_leg leg = { (int32_t)ms[from], 0 };
    for (node_id at = from; at != to;) {
        edge_id next = ID_NONE;
        for (uint32_t i = s->out_start[at]; i < s->out_start[at + 1] && next == ID_NONE; i++) {
            edge_id e = s->out_edge[i];
            if (dist_usable(plan_dist(f->plan), anywhere(f, c), e) && ms[s->edge[e].to] != DIST_FAR &&
                ms[at] == ms[s->edge[e].to] + edge_nominal_ms(s, c, e))
                next = e;
        }
        assert(next != ID_NONE);
        leg.mm += s->edge[next].length_mm;
        at = s->edge[next].to;
    }
    return leg;
}

static void make_tables(struct fleet *f)
{
    struct dispatch *d = f->dispatch;
    for (class_id c = 0; c < f->cfg.site->classes; c++)
        for (uint16_t to = 0; to < d->places; to++)
            for (uint16_t from = 0; from < d->places; from++)
                d->table[c][(size_t)from * d->places + to] = leg_between(f, c, d->place[from], d->place[to]);
    d->tables_made = true;
}

static int32_t with_excess(const struct dispatch *d, int32_t ms, bool rides)
{
    return ms == TOUR_NO_WAY ? ms : ms + d->excess_ms[rides];
}

static void make_legs(struct fleet *f)
{
    struct dispatch *d = f->dispatch;
    const struct site *s = f->cfg.site;
    int32_t same = (int32_t)assign_leg_excess_ms(f, false), rides = (int32_t)assign_leg_excess_ms(f, true);
    if (d->legs_made && d->excess_ms[0] == same && d->excess_ms[1] == rides) return;
    if (!d->tables_made) make_tables(f);
    d->legs_made = true;
    d->excess_ms[0] = same;
    d->excess_ms[1] = rides;
    for (class_id c = 0; c < s->classes; c++)
        for (uint16_t from = 0; from < d->places; from++)
            for (uint16_t to = 0; to < d->places; to++) {
                size_t i = (size_t)from * d->places + to;
                d->leg[c][i] = d->table[c][i];
                if (from != to)
                    d->leg[c][i].ms =
                        with_excess(d, d->table[c][i].ms, s->node[d->place[from]].level != s->node[d->place[to]].level);
            }
}

static const struct tour_leg *start_legs(struct fleet *f, robot_id r)
{
    struct dispatch *d = f->dispatch;
    const struct site *s = f->cfg.site;
    class_id c = f->cfg.robot_class[r];
    struct tour_leg *leg = d->start + (size_t)r * d->places;
    node_id at = route_frontier(plan_of(f->plan, r))->node;
    for (uint16_t to = 0; to < d->places; to++) {
        uint32_t ms = dist_to(plan_dist(f->plan), anywhere(f, c), d->place[to])[at];
        uint32_t open = to < s->stations ? assign_station_ms(f, r, at, to) : access_ms(f, r, at, d->place[to]);
        if (open == DIST_FAR) ms = DIST_FAR; /* closed */
        bool rides = s->node[at].level != s->node[d->place[to]].level;
        leg[to].ms = ms == DIST_FAR ? TOUR_NO_WAY : at == d->place[to] ? 0 : with_excess(d, (int32_t)ms, rides);
        leg[to].mm = ms == DIST_FAR ? 0 : (int32_t)((int64_t)ms * s->cls[c].speed_mm_s / 1000);
    }
    return leg;
}

/* ---- the problem ---------------------------------------------------------------------------------------------- */

static bool takes_part(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    return robot_usable(r) && plan_of(f->plan, id)->placed && (!r->out || r->loads > 0) &&
           (!charge_blocks(f, id) || r->loads > 0);
}

/* The first stop when it is no stop of the engine's: a wash it is at already. */
static bool washes_first(const struct fleet *f, robot_id id)
{
    return robot_committed(f, id) && f->robot[id].stop[0].kind == STOP_WASH;
}

static ms_t free_at(const struct fleet *f, robot_id id)
{
    ms_t free = ms_max(plan_of(f->plan, id)->ready_ms, f->now_ms);
    return washes_first(f, id) ? free : robot_committed(f, id) ? f->now_ms : free;
}

static bool urgent(const struct job_view *v) { return v->priority <= JOB_PRIORITY_URGENT; }

/* One compartment of a cabinet is for urgent loads: whoever is sent for one need not empty itself first. */
static int32_t routine_slots(const struct robot_class *c)
{
    uint8_t slots = class_slots(c);
    return slots > 1 ? slots - 1 : slots;
}

/* An urgent load aboard is brought straight away: at any stop before, people may let the robot wait for ten minutes.
 * The drop that comes first of all, whatever the robot is at; NULL: nothing urgent is aboard. */
static const struct stop *drop_at_once(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    const struct stop *first = NULL;
    for (uint8_t i = 0; i < r->stops; i++) {
        if (r->stop[i].kind != STOP_DROP) continue;
        const struct job_view *v = job_seen(f, r->stop[i].job);
        if (v->state < JOB_LOADED || !urgent(v)) continue;
        const struct job_view *w = first ? job_seen(f, first->job) : v;
        bool before = v->priority != w->priority ? v->priority < w->priority : v->due_ms < w->due_ms;
        if (!first || before) first = &r->stop[i];
    }
    return first;
}

static void add_vehicle(struct fleet *f, robot_id id)
{
    struct dispatch *d = f->dispatch;
    const struct robot *r = &f->robot[id];
    const struct robot_class *c = &f->cfg.site->cls[f->cfg.robot_class[id]];
    bool wash = washes_first(f, id), closed = r->out || charge_blocks(f, id);
    uint8_t loads = r->loads;
    bool fixed = robot_committed(f, id) && !wash && r->stop[0].kind <= STOP_DROP;
    const struct stop *at_once = drop_at_once(f, id);
    bool straight = at_once && !(fixed && at_once == &r->stop[0]);
    d->vehicle_of[id] = d->problem.vehicles;
    d->robot[d->problem.vehicles] = id;
    d->vehicle[d->problem.vehicles++] = (struct tour_vehicle){
        .kind = (uint8_t)(f->cfg.robot_class[id] * 2 + r->isolation),
        .profile = (uint8_t)f->cfg.robot_class[id],
        .place = TOUR_NONE,
        .start = start_legs(f, id),
        .free_ms = free_at(f, id),
        .end_place = TOUR_NONE,
        .end_ms = MS_NEVER,
        .capacity = { class_slots(c), c->payload_g > 0 ? c->payload_g : INT32_MAX, routine_slots(c), INT32_MAX },
        .before = wash ? 0 : r->before,
        .stops_max = closed ? (uint16_t)(loads + (fixed > 0 && r->stop[0].kind == STOP_PICK ? 2 : 0))
                            : (uint16_t)(STOPS_MOST + loads),
        .range_mm = charge_range_mm(f, id),
        .frozen = (uint16_t)(fixed + straight)
    };
}

static ms_t limit_ms(const struct job_view *v)
{
    return v->due_ms != 0 ? ms_max(v->due_ms - v->ready_ms, MS_MINUTE) : 0;
}

/* Planned to be so much earlier than due: nobody knows how long people will let the robot wait. */
static ms_t reserve_ms(const struct job_view *v, ms_t limit) { return urgent(v) ? limit / 2 : limit / 4; }

static uint32_t kinds_for(const struct fleet *f, const struct job_view *v)
{
    bool isolated = mode_isolated(f, v->from) || mode_isolated(f, v->to);
    uint32_t kinds = 0;
    for (class_id c = 0; c < f->cfg.site->classes; c++)
        if (site_takes(f->cfg.site, c, v->goods)) kinds |= 1u << (c * 2 + isolated);
    return kinds;
}

/* Hand-overs by the slowest hands that may do it. The answer a site states is the usual one; on the mean it takes half
 * as long again, for some take very long. */
static int32_t service_ms(const struct fleet *f, const struct job_view *v, bool pick)
{
    const struct site *s = f->cfg.site;
    ms_t most = 0;
    for (class_id c = 0; c < s->classes; c++)
        if (site_takes(s, c, v->goods)) most = ms_max(most, pick ? s->cls[c].pick_ms : s->cls[c].drop_ms);
    return (int32_t)(most + s->station[pick ? v->from : v->to].answer_ms * 3 / 2);
}

/* The goods' own limit; what is urgent is planned to be aboard for its way only. */
static int32_t ride_most_ms(const struct fleet *f, const struct job_view *v)
{
    const struct dispatch *d = f->dispatch;
    const struct site_goods *goods = site_goods_of(f->cfg.site, v->goods);
    int32_t most = goods->ride_max_ms > 0 ? (int32_t)goods->ride_max_ms : INT32_MAX, way = 0;
    if (!urgent(v)) return most;
    for (class_id c = 0; c < f->cfg.site->classes; c++) {
        int32_t ms = d->leg[c][(size_t)v->from * d->places + v->to].ms;
        if (site_takes(f->cfg.site, c, v->goods) && ms != TOUR_NO_WAY && ms > way) way = ms;
    }
    return way > 0 && way + STRAIGHT_SPARE_MS < most ? way + STRAIGHT_SPARE_MS : most;
}

/* A job late by more than a day is as late as one by a day: sums of costs stay small. */
static ms_t not_long_ago(const struct fleet *f, ms_t at_ms) { return ms_max(at_ms, f->now_ms - 24 * MS_HOUR); }

static void add_job(struct fleet *f, const struct job_view *v, uint16_t vehicle, bool aboard, bool pinned)
{
    struct dispatch *d = f->dispatch;
    const struct site_goods *goods = site_goods_of(f->cfg.site, v->goods);
    if (d->problem.jobs == JOBS_MOST) return;
    ms_t limit = limit_ms(v);
    d->id[d->problem.jobs] = v->job;
    d->job[d->problem.jobs++] =
        (struct tour_job){ .kind = aboard ? TOUR_ABOARD : TOUR_CARRY,
                           .pick = { v->from, not_long_ago(f, v->ready_ms), MS_NEVER, service_ms(f, v, true) },
                           .drop = { v->to, 0, MS_NEVER, service_ms(f, v, false) },
                           .size = { 1, goods->mass_g, !urgent(v), 0 },
                           .class = (uint8_t)hygiene_of(f, v),
                           .kinds = aboard || pinned ? UINT32_MAX : kinds_for(f, v),
                           .pinned = aboard || pinned ? vehicle : TOUR_NONE,
                           .ride_max_ms = ride_most_ms(f, v),
                           .ready_ms = not_long_ago(f, v->ready_ms),
                           .due_ms = limit > 0 ? not_long_ago(f, v->due_ms - reserve_ms(v, limit)) : MS_NEVER,
                           .worst_ms = limit > 0 ? not_long_ago(f, v->due_ms) : MS_NEVER,
                           .ready_weight = ready_weight[v->priority],
                           .due_weight = limit > 0 ? due_weight[v->priority] : 0,
                           .worst_weight = limit > 0 ? WORST_WEIGHT : 0,
                           .out_cost = OUT_COST,
                           .held_by = vehicle,
                           .move_cost = vehicle != TOUR_NONE && !aboard ? MOVE_COST : 0 };
}

/* What each robot has, and what waits. Jobs of robots that take no part stay as they are. */
static void collect(struct fleet *f)
{
    struct dispatch *d = f->dispatch;
    d->problem.vehicles = d->problem.jobs = 0;
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        const struct robot *r = &f->robot[id];
        d->vehicle_of[id] = TOUR_NONE;
        if (!takes_part(f, id)) continue;
        add_vehicle(f, id);
        uint16_t v = d->vehicle_of[id];
        for (uint8_t i = 0; i < r->loads; i++) add_job(f, job_seen(f, r->load[i]), v, true, true);
        for (uint8_t i = 0; i < r->stops; i++)
            if (r->stop[i].kind == STOP_PICK)
                add_job(f, job_seen(f, r->stop[i].job), v, false, i < d->vehicle[v].frozen);
    }
    for (uint32_t i = 0; i < f->jobs.waiting; i++) {
        const struct job_view *v = job_seen(f, f->jobs.queue[i]);
        enum job_why why = JOB_WHY_NOT_READY;
        if (v->ready_ms <= f->now_ms + DISPATCH_AHEAD_MS && assign_possible(f, v, &why))
            add_job(f, v, TOUR_NONE, false, false);
        else job_because(f, v->job, why, ID_NONE);
    }
}

static uint16_t index_of(const struct dispatch *d, job_id j)
{
    for (uint16_t i = 0; i < d->problem.jobs; i++)
        if (d->id[i] == j) return i;
    return TOUR_NONE;
}

/* Stop i becomes the last of the first `frozen`. */
static void move_up(struct tour_stop *stop, uint16_t i, uint16_t frozen)
{
    struct tour_stop first = stop[i];
    uint16_t to = frozen > 0 && frozen - 1 < i ? (uint16_t)(frozen - 1) : i;
    memmove(stop + to + 1, stop + to, (size_t)(i - to) * sizeof *stop);
    stop[to] = first;
}

static void keep_tours(struct fleet *f)
{
    struct dispatch *d = f->dispatch;
    for (uint16_t v = 0; v < d->problem.vehicles; v++) {
        const struct robot *r = &f->robot[d->robot[v]];
        struct tour_stop stop[TOUR_STOPS_MAX];
        uint16_t n = 0;
        for (uint8_t i = 0; i < r->stops; i++) {
            if (r->stop[i].kind > STOP_DROP) continue;
            stop[n++] =
                (struct tour_stop){ index_of(d, r->stop[i].job), r->stop[i].kind == STOP_PICK ? TOUR_PICK : TOUR_DROP };
            /* what is frozen besides the stop it has claimed is the drop of an urgent load */
            if (&r->stop[i] == drop_at_once(f, d->robot[v])) move_up(stop, (uint16_t)(n - 1), d->vehicle[v].frozen);
        }
        tour_keep(d->tour, v, stop, n);
    }
}

/* ---- the answer ----------------------------------------------------------------------------------------------- */

static void give_job(struct fleet *f, job_id j, robot_id r, ms_t eta_ms)
{
    struct job *job = job_find(f, j);
    if (job->v.state == JOB_REQUESTED) {
        job_unqueue(f, j);
        job->v.robot = r;
        job_because(f, j, JOB_WHY_GIVEN, r);
        job_set(f, j, JOB_ASSIGNED);
    } else if (job->v.state == JOB_ASSIGNED && job->v.robot != r) {
        job_moved(f, j, r);
    }
    job->v.eta_ms = eta_ms;
}

/* The tour of vehicle v as stops, disinfections included; a wash under way stays first. */
static uint8_t stops_of(struct fleet *f, uint16_t v, struct stop *stop)
{
    struct dispatch *d = f->dispatch;
    robot_id id = d->robot[v];
    const struct robot *r = &f->robot[id];
    uint8_t n = 0;
    if (washes_first(f, id) || (robot_committed(f, id) && r->stop[0].kind == STOP_CHARGE)) stop[n++] = r->stop[0];
    uint16_t visits = tour_timetable(d->tour, v, d->visit);
    for (uint16_t i = 0; i < visits; i++) {
        const struct tour_visit *w = &d->visit[i];
        if (w->wash != TOUR_NONE) stop[n++] = (struct stop){ STOP_WASH, 0, ID_NONE, w->wash_ms };
        assert(n < TOUR_STOPS_MAX);
        stop[n++] = (struct stop){ w->stop.kind == TOUR_PICK ? STOP_PICK : STOP_DROP, d->id[w->stop.job], ID_NONE,
                                   w->arrive_ms };
    }
    return n;
}

/* A stop that its robot is at or has claimed stays its first. Where a rule that changed meanwhile (a ward isolated, a
 * robot taken out) made the engine leave it out, nothing of the answer is used: the tours in force stand. */
static bool keeps_commitments(struct fleet *f)
{
    struct dispatch *d = f->dispatch;
    for (uint16_t v = 0; v < d->problem.vehicles; v++) {
        const struct robot *r = &f->robot[d->robot[v]];
        struct stop stop[TOUR_STOPS_MAX];
        if (!robot_committed(f, d->robot[v])) continue;
        uint8_t n = stops_of(f, v, stop);
        if (n == 0 || stop[0].kind != r->stop[0].kind || stop[0].job != r->stop[0].job) return false;
    }
    return true;
}

static void apply(struct fleet *f)
{
    struct dispatch *d = f->dispatch;
    if (!keeps_commitments(f)) return;
    for (uint16_t i = 0; i < d->problem.jobs; i++) { /* those without a robot first, so that no job has two */
        const struct job_view *v = job_seen(f, d->id[i]);
        if (tour_vehicle_of(d->tour, i) != TOUR_NONE) continue;
        if (v->state == JOB_ASSIGNED) job_unassign(f, v->job, JOB_WHY_TAKEN_OVER);
        else if (v->state == JOB_REQUESTED) job_because(f, v->job, why_waits(f, v), ID_NONE);
    }
    for (uint16_t v = 0; v < d->problem.vehicles; v++) {
        struct stop stop[TOUR_STOPS_MAX];
        uint8_t n = stops_of(f, v, stop);
        for (uint8_t i = 0; i < n; i++)
            if (stop[i].kind == STOP_DROP) give_job(f, stop[i].job, d->robot[v], stop[i].eta_ms);
        robot_put_tour(f, d->robot[v], stop, n);
    }
    for (uint16_t v = 0; v < d->problem.vehicles; v++) robot_begin(f, d->robot[v]);
}

void dispatch_run(struct fleet *f)
{
    struct dispatch *d = f->dispatch;
    make_legs(f);
    collect(f);
    ms_t pause = ms_min((ms_t)d->problem.jobs * AGAIN_PER_JOB_MS - AGAIN_FREE_MS, AGAIN_MOST_MS);
    if (pause > 0) f->assign_ms = f->now_ms + pause;
    if (d->problem.vehicles == 0)
        for (uint16_t i = 0; i < d->problem.jobs; i++)
            job_because(f, d->id[i], why_waits(f, job_seen(f, d->id[i])), ID_NONE);
    if (d->problem.vehicles == 0 || d->problem.jobs == 0) return;
    int err = tour_load(d->tour, &d->problem, f->totals.inputs, NULL);
    assert(err == ORD_OK);
    (void)err;
    keep_tours(f);
    tour_insert(d->tour);
    tour_improve(d->tour, EFFORT_LEAST + (uint64_t)d->problem.jobs * EFFORT_PER_JOB);
    apply(f);
}
