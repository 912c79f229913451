/* arbiter - in which order robots ride. The standing plan is a valid order already; now and then, for each car for
 * which robots wait, all orders of the first few riders are weighed on a model of the car: it goes where it is needed,
 * empty if it must, opens, takes one in, goes, lets it out. An order that would bring the riders earlier to where they
 * leave the car, weighted by how urgent and how late they are, is handed to the planner, which plans them anew in that
 * order and keeps the result only if it is judged safe and better. So the arbiter proposes, and never decides over
 * safety.
 *
 * What it wins: an up-ride is followed by a down-ride from where it ended (the car never travels empty past somebody
 * who waits there), rides that begin on one level follow one another, late and urgent loads go first, and where one car
 * serves soiled and other loads, those of one kind ride one after another (separation in time, I-18). A rider that has
 * waited for RIDE_WAIT_MOST_MS goes before all who have not: every wait is bounded. */
#include "fleet_state.h"

#define RIDERS_MOST 6
#define LOOK_EVERY_MS 4000
#define LOOK_AHEAD_MS (3 * MS_MINUTE) /* who arrives later than that is not weighed yet */
#define RIDE_WAIT_MOST_MS (4 * MS_MINUTE)
#define GAIN_LEAST_MS 3000 /* of one rider of plain weight */
#define PLAIN 16

struct rider {
    robot_id robot;
    level_id from, to;
    ms_t here_ms; /* can board from then on */
    ms_t took_ms; /* from boarding to having left the car */
    int32_t weight;
    bool soils, apart; /* with loads of car_apart, with others: the first keep the second out for a while */
    bool first;        /* waited long enough */
};

/* The model of a car between two rides. */
struct car {
    level_id level;
    ms_t at_ms;    /* free from then on */
    ms_t apart_ms; /* only for loads of car_apart before then */
};

static const int32_t urgency[JOB_PRIORITY_LAST + 1] = { 160, 96, 32, 20, PLAIN, 12 };

static int32_t weight_of(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    if (r->job == 0) return PLAIN / 2; /* it has no load to be late with */
    const struct job_view *v = job_seen(f, r->job);
    int32_t weight = urgency[v->priority];
    bool late = v->due_ms != 0 && r->stops > 0 && v->due_ms < f->now_ms + 5 * MS_MINUTE;
    return late ? 2 * weight : weight;
}

/* The step at which it boards the next car that it has not claimed; 0: it rides no more. */
static uint16_t boards_at(const struct fleet *f, robot_id id)
{
    const struct route *t = plan_of(f->plan, id);
    if (!t->placed) return 0;
    for (uint16_t in = (uint16_t)(t->head + 1); in < t->count; in++)
        if (f->cfg.site->node[t->step[in].node].elevator != ID_NONE) return in;
    return 0;
}

static bool waits(const struct robot *r) { return r->wait == WAIT_ROBOT || r->wait == WAIT_ELEVATOR; }

uint16_t arbiter_queue(const struct fleet *f, elevator_id e, ms_t *since_ms)
{
    uint16_t n = 0;
    *since_ms = f->now_ms;
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        const struct robot *r = &f->robot[id];
        uint16_t in = boards_at(f, id);
        if (in == 0 || f->cfg.site->node[plan_of(f->plan, id)->step[in].node].elevator != e || !waits(r)) continue;
        *since_ms = ms_min(*since_ms, r->wait_since_ms);
        n++;
    }
    return n;
}

/* The next ride of a robot that it has not claimed: false when there is none on this car. */
static bool next_ride(const struct fleet *f, robot_id id, elevator_id e, struct rider *out)
{
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, id);
    const struct robot *r = &f->robot[id];
    uint16_t in = boards_at(f, id);
    if (in == 0 || s->node[t->step[in].node].elevator != e || !t->complete || !robot_usable(r)) return false;
    uint16_t end = in;
    while (end + 1 < t->count && s->node[t->step[end].node].elevator == e) end++;
    hygiene_set aboard = elevator_classes(f, id);
    *out = (struct rider){ .robot = id,
                           .from = s->node[t->step[in].node].level,
                           .to = s->node[t->step[end - 1].node].level,
                           .here_ms = ms_max(t->step[in - 1].arrive_ms, f->now_ms),
                           .took_ms = t->step[end].arrive_ms - t->step[in].enter_ms,
                           .weight = weight_of(f, id),
                           .soils = (aboard & s->hygiene.car_apart) != 0,
                           .apart = (aboard & ~s->hygiene.car_apart) != 0,
                           .first = waits(r) && f->now_ms - r->wait_since_ms > RIDE_WAIT_MOST_MS };
    return out->here_ms < f->now_ms + LOOK_AHEAD_MS;
}

/* The riders of a car in the order of the standing plan, at most RIDERS_MOST. */
static uint8_t riders_of(const struct fleet *f, elevator_id e, struct rider *rider)
{
    ms_t enters[RIDERS_MOST];
    uint8_t n = 0;
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        struct rider x;
        if (!next_ride(f, id, e, &x)) continue;
        ms_t at = plan_of(f->plan, id)->step[boards_at(f, id)].enter_ms;
        uint8_t k = n < RIDERS_MOST ? n++ : RIDERS_MOST;
        if (k == RIDERS_MOST && at >= enters[k - 1]) continue;
        if (k == RIDERS_MOST) k--;
        while (k > 0 && at < enters[k - 1]) {
            rider[k] = rider[k - 1];
            enters[k] = enters[k - 1];
            k--;
        }
        rider[k] = x;
        enters[k] = at;
    }
    return n;
}

/* Where and when the car will be free of who holds it now. */
static struct car car_free(const struct fleet *f, elevator_id e)
{
    const struct site *s = f->cfg.site;
    const struct elevator_session *v = &f->elevator[e];
    struct car c = { .level = v->level, .at_ms = f->now_ms, .apart_ms = v->apart_ms };
    if (v->holder == ID_NONE) return c;
    const struct route *t = plan_of(f->plan, v->holder);
    for (uint16_t i = 0; i <= t->head; i++)
        if (s->node[t->step[i].node].elevator == e) {
            c.level = s->node[t->step[i].node].level;
            c.at_ms = ms_max(t->step[i + 1 <= t->head ? i + 1 : i].arrive_ms, f->now_ms);
        }
    bool soils = (elevator_classes(f, v->holder) & s->hygiene.car_apart) != 0;
    if (soils) c.apart_ms = c.at_ms + s->hygiene.car_apart_ms;
    return c;
}

/* The model: the car has let rider x out again. */
static struct car ride(const struct fleet *f, elevator_id e, struct car c, const struct rider *x)
{
    const struct site_elevator *car = &f->cfg.site->elevator[e];
    if (c.level != x->from)
        c.at_ms += car->door_close_ms + site_car_travel_ms(f->cfg.site, e, c.level, x->from) + car->door_open_ms;
    c.at_ms = ms_max(c.at_ms, x->here_ms);
    if (x->apart) c.at_ms = ms_max(c.at_ms, c.apart_ms);
    c.at_ms += x->took_ms;
    c.level = x->to;
    if (x->soils) c.apart_ms = c.at_ms + f->cfg.site->hygiene.car_apart_ms;
    return c;
}

struct order {
    elevator_id e;
    const struct rider *rider;
    uint8_t n, used;
    uint8_t at[RIDERS_MOST], best[RIDERS_MOST];
    int64_t best_cost;
};

/* Depth first over all orders; those who have waited long enough before all others, but while separation in time keeps
 * them out, who does not draw it out may ride. */
static void weigh(const struct fleet *f, struct order *o, uint8_t depth, struct car c, int64_t cost)
{
    if (cost >= o->best_cost) return;
    if (depth == o->n) {
        o->best_cost = cost;
        for (uint8_t i = 0; i < o->n; i++) o->best[i] = o->at[i];
        return;
    }
    bool first_left = false, kept_out = true;
    for (uint8_t i = 0; i < o->n; i++) {
        if (o->used >> i & 1 || !o->rider[i].first) continue;
        first_left = true;
        kept_out = kept_out && o->rider[i].apart && c.apart_ms > c.at_ms;
    }
    for (uint8_t i = 0; i < o->n; i++) {
        const struct rider *x = &o->rider[i];
        if (o->used >> i & 1 || (first_left && !x->first && (!kept_out || x->soils))) continue;
        struct car then = ride(f, o->e, c, x);
        o->used |= (uint8_t)(1u << i);
        o->at[depth] = i;
        weigh(f, o, (uint8_t)(depth + 1), then, cost + (then.at_ms - f->now_ms) * x->weight);
        o->used &= (uint8_t) ~(1u << i);
    }
}

static int64_t cost_as_planned(const struct fleet *f, const struct order *o, struct car c)
{
    int64_t cost = 0;
    for (uint8_t i = 0; i < o->n; i++) {
        c = ride(f, o->e, c, &o->rider[i]);
        cost += (c.at_ms - f->now_ms) * o->rider[i].weight;
    }
    return cost;
}

static void propose(struct fleet *f, const struct order *o, int64_t gain)
{
    uint16_t robot[RIDERS_MOST];
    struct plan_request want[RIDERS_MOST];
    int32_t weight[RIDERS_MOST];
    for (uint8_t i = 0; i < o->n; i++) {
        const struct rider *x = &o->rider[o->best[i]];
        robot[i] = x->robot;
        want[i] = traffic_wanted(f, x->robot);
        weight[i] = x->weight;
    }
    plan_reorder(f->plan, robot, want, weight, o->n, f->now_ms, gain);
}

static void look_at(struct fleet *f, elevator_id e)
{
    struct rider rider[RIDERS_MOST];
    struct order o = { .e = e, .rider = rider, .n = riders_of(f, e, rider) };
    if (o.n < 2) return;
    struct car c = car_free(f, e);
    o.best_cost = cost_as_planned(f, &o, c);
    int64_t planned = o.best_cost;
    weigh(f, &o, 0, c, 0);
    if (o.best_cost >= planned - (int64_t)GAIN_LEAST_MS * PLAIN) return;
    /* The planner knows nothing of separation in time: where that is what is won, it cannot see the gain. */
    for (uint8_t i = 0; i < o.n; i++) rider[i].apart = false;
    bool apart = cost_as_planned(f, &o, c) != planned;
    propose(f, &o, apart ? -MS_HOUR * PLAIN : GAIN_LEAST_MS * PLAIN / 2);
}

/* What Open-RMF does: who stands before the door has it, whoever was meant to go first but is not there yet. */
void arbiter_first_come(struct fleet *f, robot_id here, robot_id by)
{
    static const int32_t same[2] = { 1, 1 };
    if (f->now_ms < f->arbiter_ms || plan_of(f->plan, by)->head == 0) return;
    f->arbiter_ms = f->now_ms + LOOK_EVERY_MS / 2;
    const uint16_t robot[2] = { here, by };
    const struct plan_request want[2] = { traffic_wanted(f, here), traffic_wanted(f, by) };
    plan_reorder(f->plan, robot, want, same, 2, f->now_ms, -MS_HOUR);
}

void arbiter_run(struct fleet *f)
{
    if (f->cfg.arbiter != ARBITER_PLANNED || f->now_ms < f->arbiter_ms) return;
    f->arbiter_ms = f->now_ms + LOOK_EVERY_MS;
    for (elevator_id e = 0; e < f->cfg.site->elevators; e++)
        if (elevator_usable(f, e)) look_at(f, e);
}
