/* arbiter - in which order robots ride. The standing plan is a valid order already; now and then, for each car for
 * which robots wait, all orders of the first few riders are weighed on a model of the car: it goes where it is needed,
 * empty if it must, opens, takes one in, goes, lets it out. An order that would bring the riders earlier to where they
 * leave the car, weighted by how urgent and how late they are, is handed to the planner, which plans them anew in that
 * order and keeps the result only if it is judged safe and better. So the arbiter proposes, and never decides over
 * safety.
 *
 * What it wins: an up-ride is followed by a down-ride from where it ended (the car never travels empty past somebody
 * who waits there), rides that begin on one level follow one another, late and urgent loads go first. A rider that has
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
    bool first; /* waited long enough */
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

/* The next ride of a robot that it has not claimed: false when there is none on this car. */
static bool next_ride(const struct fleet *f, robot_id id, elevator_id e, struct rider *out)
{
    const struct site *s = f->cfg.site;
    const struct route *t = plan_of(f->plan, id);
    const struct robot *r = &f->robot[id];
    if (!t->placed || !t->complete || !robot_usable(r)) return false;
    uint16_t in = (uint16_t)(t->head + 1);
    while (in < t->count && s->node[t->step[in].node].elevator == ID_NONE) in++;
    if (in >= t->count || s->node[t->step[in].node].elevator != e) return false;
    uint16_t end = in;
    while (end + 1 < t->count && s->node[t->step[end].node].elevator == e) end++;
    bool waits = r->wait == WAIT_ROBOT || r->wait == WAIT_ELEVATOR;
    *out = (struct rider){ .robot = id,
                           .from = s->node[t->step[in].node].level,
                           .to = s->node[t->step[end - 1].node].level,
                           .here_ms = ms_max(t->step[in - 1].arrive_ms, f->now_ms),
                           .took_ms = t->step[end].arrive_ms - t->step[in].enter_ms,
                           .weight = weight_of(f, id),
                           .first = waits && f->now_ms - r->wait_since_ms > RIDE_WAIT_MOST_MS };
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
        const struct route *t = plan_of(f->plan, id);
        uint16_t in = (uint16_t)(t->head + 1);
        while (f->cfg.site->node[t->step[in].node].elevator == ID_NONE) in++;
        ms_t at = t->step[in].enter_ms;
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

/* Where and when the car will be free of those who hold it now. */
static void car_free(const struct fleet *f, elevator_id e, level_id *level, ms_t *at_ms)
{
    const struct site *s = f->cfg.site;
    *level = f->elevator[e].level;
    *at_ms = f->now_ms;
    if (f->elevator[e].holder == ID_NONE) return;
    const struct route *t = plan_of(f->plan, f->elevator[e].holder);
    for (uint16_t i = 0; i <= t->head; i++)
        if (s->node[t->step[i].node].elevator == e) {
            *level = s->node[t->step[i].node].level;
            *at_ms = ms_max(t->step[i + 1 <= t->head ? i + 1 : i].arrive_ms, f->now_ms);
        }
}

/* The model: when the car, standing at `level` from at_ms on, has let rider x out again. */
static ms_t ride(const struct fleet *f, elevator_id e, level_id level, ms_t at_ms, const struct rider *x)
{
    const struct site_elevator *car = &f->cfg.site->elevator[e];
    ms_t ready = at_ms;
    if (level != x->from)
        ready += car->door_close_ms + site_car_travel_ms(f->cfg.site, e, level, x->from) + car->door_open_ms;
    return ms_max(ready, x->here_ms) + x->took_ms;
}

struct order {
    elevator_id car;
    const struct rider *rider;
    uint8_t n, used;
    uint8_t at[RIDERS_MOST], best[RIDERS_MOST];
    int64_t best_cost;
};

/* Depth first over all orders; those who have waited long enough before all others. */
static void weigh(const struct fleet *f, struct order *o, uint8_t depth, level_id level, ms_t at_ms, int64_t cost)
{
    if (cost >= o->best_cost) return;
    if (depth == o->n) {
        o->best_cost = cost;
        for (uint8_t i = 0; i < o->n; i++) o->best[i] = o->at[i];
        return;
    }
    bool first_left = false;
    for (uint8_t i = 0; i < o->n; i++) first_left = first_left || (!(o->used >> i & 1) && o->rider[i].first);
    for (uint8_t i = 0; i < o->n; i++) {
        if (o->used >> i & 1 || (first_left && !o->rider[i].first)) continue;
        ms_t done = ride(f, o->car, level, at_ms, &o->rider[i]);
        o->used |= (uint8_t)(1u << i);
        o->at[depth] = i;
        weigh(f, o, (uint8_t)(depth + 1), o->rider[i].to, done, cost + (done - f->now_ms) * o->rider[i].weight);
        o->used &= (uint8_t) ~(1u << i);
    }
}

static int64_t cost_as_planned(const struct fleet *f, const struct order *o, level_id level, ms_t at_ms)
{
    int64_t cost = 0;
    for (uint8_t i = 0; i < o->n; i++) {
        at_ms = ride(f, o->car, level, at_ms, &o->rider[i]);
        level = o->rider[i].to;
        cost += (at_ms - f->now_ms) * o->rider[i].weight;
    }
    return cost;
}

static void propose(struct fleet *f, const struct order *o)
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
    plan_reorder(f->plan, robot, want, weight, o->n, f->now_ms, GAIN_LEAST_MS * PLAIN / 2);
}

static void look_at(struct fleet *f, elevator_id e)
{
    struct rider rider[RIDERS_MOST];
    struct order o = { .car = e, .rider = rider, .n = riders_of(f, e, rider) };
    if (o.n < 2) return;
    level_id level;
    ms_t at_ms;
    car_free(f, e, &level, &at_ms);
    o.best_cost = cost_as_planned(f, &o, level, at_ms);
    int64_t planned = o.best_cost;
    weigh(f, &o, 0, level, at_ms, 0);
    if (o.best_cost < planned - (int64_t)GAIN_LEAST_MS * PLAIN) propose(f, &o);
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
