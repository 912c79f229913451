/* oracle_goods - the judge of loads: who has them, what they are with, what they follow, where they ride; of energy. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hours.h"
#include "oracle_state.h"

static const struct site_goods *goods_of(const struct oracle *o, const struct seen_job *j)
{
    return site_goods_of(o->cfg.site, j->goods);
}

/* ---- jobs ---- */
void oracle_job(struct oracle *o, job_id job, const struct job_view *v, ms_t now)
{
    if (job != o->jobs + 1) {
        oracle_broken(o, now, "I-12", "job %u accepted after job %u", job, o->jobs);
        return;
    }
    if (o->jobs == o->jobs_capacity) {
        uint32_t n = o->jobs_capacity ? 2 * o->jobs_capacity : 1024;
        struct seen_job *more = realloc(o->job, n * sizeof *more);
        if (!more) abort(); /* a judge that forgets jobs would be worse than none */
        o->job = more;
        o->jobs_capacity = n;
    }
    o->job[o->jobs++] = (struct seen_job){
        .from = v->from, .to = v->to, .goods = v->goods, .place = LOAD_AT_FROM, .state = JOB_REQUESTED, .loaded_ms = -1
    };
    o->totals.accepted++;
    o->totals.open++;
}

static struct seen_job *job_of(struct oracle *o, job_id job, ms_t now, const char *what)
{
    if (job >= 1 && job <= o->jobs) return &o->job[job - 1];
    oracle_broken(o, now, "I-12", "%s of job %u, which nobody accepted", what, job);
    return NULL;
}

/* Cold chain: from loading to arrival (R32). */
static void judge_cold(struct oracle *o, job_id job, const struct seen_job *j, ms_t now)
{
    ms_t most = goods_of(o, j)->ride_max_ms;
    if (most > 0 && j->loaded_ms >= 0 && now - j->loaded_ms > most)
        oracle_broken(o, now, "R32", "job %u was %lld s on its way, its goods keep %lld s", job,
                      (long long)(now - j->loaded_ms) / 1000, (long long)most / 1000);
}

void oracle_job_state(struct oracle *o, job_id job, enum job_state state, ms_t now)
{
    struct seen_job *j = job_of(o, job, now, "news");
    if (!j || j->state == (uint8_t)state) return;
    if (job_state_final((enum job_state)j->state)) {
        oracle_broken(o, now, "I-12", "job %u left its final state %u for %u", job, j->state, state);
        return;
    }
    j->state = (uint8_t)state;
    if ((state == JOB_LOADED || state == JOB_MOVING || state == JOB_ARRIVED) && j->place == LOAD_AT_FROM)
        oracle_broken(o, now, "I-15", "job %u is reported under way, its load was never picked", job);
    if (state == JOB_DELIVERED && j->place != LOAD_AT_TO)
        oracle_broken(o, now, "I-15", "job %u is reported delivered, its load was not dropped at its station", job);
    if ((state == JOB_CANCELLED || state == JOB_FAILED) && j->place == LOAD_ON_ROBOT)
        oracle_broken(o, now, "I-14", "job %u ended with its load on robot %u", job, j->robot);
    if (state == JOB_ARRIVED) judge_cold(o, job, j, now);
    if (!job_state_final(state)) return;
    o->totals.open--;
    if (state == JOB_DELIVERED) o->totals.delivered++;
    else if (state == JOB_CANCELLED) o->totals.cancelled++;
    else o->totals.failed++;
}

static bool stands_on(const struct oracle *o, robot_id r, node_id node)
{
    const struct site_node *n = &o->cfg.site->node[node];
    const struct seen_robot *b = &o->robot[r];
    return n->level == b->level && distance_mm(n->x_mm, n->y_mm, b->pose.x_mm, b->pose.y_mm) <= ORACLE_NEAR_MM;
}

static bool stands_at(const struct oracle *o, robot_id r, station_id station)
{
    const struct site_station *t = &o->cfg.site->station[station];
    for (uint8_t i = 0; i < station_slots(t); i++)
        if (stands_on(o, r, station_slot(t, i))) return true;
    return false;
}

static bool stands_on_flag(const struct oracle *o, robot_id r, uint8_t flag)
{
    for (node_id n = 0; n < o->cfg.site->nodes; n++)
        if ((o->cfg.site->node[n].flags & flag) && stands_on(o, r, n)) return true;
    return false;
}

/* ---- what is aboard ---- */
hygiene_set oracle_aboard_classes(const struct oracle *o, const struct seen_robot *b)
{
    hygiene_set set = 0;
    for (uint16_t i = 0; i < b->carried && i < LOADS_KEPT; i++)
        set |= hygiene_bit((enum hygiene)o->job[b->load[i] - 1].hygiene);
    return set;
}

static void take_off(struct seen_robot *b, job_id job)
{
    for (uint16_t i = 0; i < b->carried && i < LOADS_KEPT; i++)
        if (b->load[i] == job) {
            b->load[i] = b->load[b->carried - 1 < LOADS_KEPT ? b->carried - 1 : LOADS_KEPT - 1];
            break;
        }
    b->carried--;
}

static void judge_hygiene(struct oracle *o, robot_id r, job_id job, enum hygiene next, ms_t now)
{
    const struct seen_robot *b = &o->robot[r];
    const struct hygiene_rules *h = &o->cfg.site->hygiene;
    hygiene_set aboard = oracle_aboard_classes(o, b);
    for (int c = 0; c < HYGIENE_COUNT; c++) {
        if ((aboard >> c & 1) && !(h->together[c] >> next & 1))
            oracle_broken(o, now, "I-17", "robot %u took job %u (%s) beside %s", r, job, hygiene_name[next],
                          hygiene_name[c]);
        if ((b->before & ~aboard) >> c & 1 && h->after[c][next] != AFTER_FREELY)
            oracle_broken(o, now, "I-17", "robot %u took job %u (%s) after %s without disinfection", r, job,
                          hygiene_name[next], hygiene_name[c]);
    }
}

static void judge_room(struct oracle *o, robot_id r, job_id job, const struct seen_job *j, ms_t now)
{
    const struct seen_robot *b = &o->robot[r];
    class_id c = o->cfg.robot_class[r];
    const struct robot_class *cls = &o->cfg.site->cls[c];
    int64_t grams = goods_of(o, j)->mass_g;
    bool danger = goods_of(o, j)->dangerous;
    for (uint16_t i = 0; i < b->carried && i < LOADS_KEPT; i++) {
        const struct seen_job *k = &o->job[b->load[i] - 1];
        grams += goods_of(o, k)->mass_g;
        danger |= goods_of(o, k)->dangerous;
    }
    if (b->carried > 0 && danger) oracle_broken(o, now, "R32", "robot %u took job %u with dangerous goods", r, job);
    if (b->carried >= class_slots(cls))
        oracle_broken(o, now, "I-21", "robot %u took job %u, its %u places are full", r, job, class_slots(cls));
    if (cls->payload_g > 0 && grams > cls->payload_g)
        oracle_broken(o, now, "I-21", "robot %u carries %lld g with job %u, %d g are allowed", r, (long long)grams, job,
                      cls->payload_g);
    if (o->cfg.site->goods > 0 && !site_takes(o->cfg.site, c, j->goods))
        oracle_broken(o, now, "I-21", "robot %u took job %u, whose goods its class does not take", r, job);
}

static void judge_isolation(struct oracle *o, robot_id r, station_id s, ms_t now)
{
    if (o->isolated[s] && !o->robot[r].isolation)
        oracle_broken(o, now, "R29", "robot %u serves station %u, which is isolated", r, s);
}

static void picked(struct oracle *o, robot_id r, job_id job, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    struct seen_job *j = job_of(o, job, now, "a pick");
    if (!j) return;
    if (j->place != LOAD_AT_FROM)
        oracle_broken(o, now, "I-15", "the load of job %u was picked again, by robot %u", job, r);
    else if (job_state_final((enum job_state)j->state))
        oracle_broken(o, now, "I-14", "robot %u picked job %u, which has ended", r, job);
    else if (!stands_at(o, r, j->from))
        oracle_broken(o, now, "I-15", "robot %u picked job %u away from its station", r, job);
    j->hygiene = (uint8_t)(o->isolated[j->from] ? HYGIENE_INFECTIOUS : goods_of(o, j)->hygiene);
    if (j->place == LOAD_ON_ROBOT) take_off(&o->robot[j->robot], job);
    judge_hygiene(o, r, job, (enum hygiene)j->hygiene, now);
    judge_room(o, r, job, j, now);
    judge_isolation(o, r, j->from, now);
    j->place = LOAD_ON_ROBOT;
    j->robot = r;
    j->loaded_ms = now;
    if (b->carried < LOADS_KEPT) b->load[b->carried] = job;
    b->carried++;
    b->before |= hygiene_bit((enum hygiene)j->hygiene);
    if (o->isolated[j->from]) b->before |= hygiene_bit(HYGIENE_INFECTIOUS);
}

static void dropped(struct oracle *o, robot_id r, job_id job, ms_t now)
{
    struct seen_job *j = job_of(o, job, now, "a drop");
    if (!j) return;
    if (j->place != LOAD_ON_ROBOT || j->robot != r)
        oracle_broken(o, now, "I-15", "robot %u dropped job %u without having its load", r, job);
    else if (!stands_at(o, r, j->to))
        oracle_broken(o, now, "I-15", "robot %u dropped job %u away from its station", r, job);
    judge_isolation(o, r, j->to, now);
    if (o->isolated[j->to]) o->robot[r].before |= hygiene_bit(HYGIENE_INFECTIOUS);
    if (j->place == LOAD_ON_ROBOT) take_off(&o->robot[j->robot], job);
    j->place = LOAD_AT_TO;
}

/* Only an empty robot at a washer comes out clean. */
static void washed(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    if (!stands_on_flag(o, r, NODE_WASHER))
        oracle_broken(o, now, "I-17", "robot %u was disinfected where there is no washer", r);
    else b->before = oracle_aboard_classes(o, b);
}

bool oracle_finished(struct oracle *o, robot_id r, uint32_t number, struct order_action *out, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    struct seen_action *a = NULL;
    for (uint32_t i = b->actions > ACTIONS_KEPT ? b->actions - ACTIONS_KEPT : 0; i < b->actions; i++)
        if (b->action[i % ACTIONS_KEPT].number == number) a = &b->action[i % ACTIONS_KEPT];
    if (!a) {
        if (b->actions <= ACTIONS_KEPT)
            oracle_broken(o, now, "I-15", "robot %u finished action %u, which nobody ordered", r, number);
        return false;
    }
    if (a->done) return false;
    a->done = true;
    *out = (struct order_action){ .kind = a->kind, .number = number, .job = a->job };
    if (a->kind == ACT_PICK) picked(o, r, a->job, now);
    if (a->kind == ACT_DROP) dropped(o, r, a->job, now);
    if (a->kind == ACT_WASH) washed(o, r, now);
    return true;
}

void oracle_loads(struct oracle *o, robot_id r, uint16_t loads, ms_t now)
{
    uint16_t should = o->robot[r].carried;
    if (should != loads)
        oracle_broken(o, now, "I-14", "robot %u carries %u loads, the ledger has %u", r, loads, should);
}

uint16_t oracle_aboard(const struct oracle *o, robot_id r) { return o->robot[r].carried; }

/* ---- where it goes with them ---- */
/* What counts where it drives: what is aboard, and what has soiled it. After clean goods an empty robot is clean. */
static hygiene_set goes_as(const struct oracle *o, const struct seen_robot *b)
{
    return oracle_aboard_classes(o, b) | (b->before & HYGIENE_SOILED);
}

void oracle_passed(struct oracle *o, robot_id r, edge_id e, ms_t now)
{
    const struct seen_robot *b = &o->robot[r];
    hygiene_set barred = o->cfg.site->edge[e].barred;
    if (barred == 0) return;
    barred &= goes_as(o, b);
    for (int c = 0; c < HYGIENE_COUNT; c++)
        if (barred >> c & 1) {
            oracle_broken(o, now, "I-18", "robot %u has driven edge %u, which is barred to what it carried: %s", r, e,
                          hygiene_name[c]);
            return;
        }
}

/* What a car refuses now: the first rule whose hours hold, else what it always refuses. */
static hygiene_set car_barred(const struct oracle *o, elevator_id e, ms_t now)
{
    const struct site_elevator *se = &o->cfg.site->elevator[e];
    for (uint8_t i = 0; i < se->rules; i++)
        if (hours_hold(&o->cfg.site->calendar, &se->rule[i].when, o->cfg.utc_ms + now)) return se->rule[i].barred;
    return se->barred;
}

static bool dangerous(const struct oracle *o, const struct seen_robot *b)
{
    for (uint16_t i = 0; i < b->carried && i < LOADS_KEPT; i++)
        if (goods_of(o, &o->job[b->load[i] - 1])->dangerous) return true;
    return false;
}

void oracle_boards(struct oracle *o, robot_id r, elevator_id e, ms_t now)
{
    const struct seen_robot *b = &o->robot[r];
    const struct hygiene_rules *h = &o->cfg.site->hygiene;
    struct seen_car *c = &o->car[e];
    hygiene_set aboard = oracle_aboard_classes(o, b), barred = car_barred(o, e, now) & goes_as(o, b);
    if (barred)
        oracle_broken(o, now, "I-18", "robot %u boards car %u with what is barred there (set %u)", r, e, barred);
    if (dangerous(o, b) && o->cfg.site->elevator[e].people)
        oracle_broken(o, now, "R32", "robot %u boards car %u, where people ride, with dangerous goods", r, e);
    bool soon = c->soiled && (c->soiled_ms == MS_NEVER || now < c->soiled_ms + h->car_apart_ms);
    if (soon && (aboard & ~h->car_apart)) /* what is soiled may follow what is soiled */
        oracle_broken(o, now, "I-18", "robot %u boards car %u with classes %u, it carried %u %lld s ago", r, e, aboard,
                      c->soiled, (long long)(now - c->soiled_ms) / 1000);
}

void oracle_leaves(struct oracle *o, robot_id r, elevator_id e, ms_t now)
{
    const struct hygiene_rules *h = &o->cfg.site->hygiene;
    hygiene_set soiled = oracle_aboard_classes(o, &o->robot[r]) & h->car_apart;
    struct seen_car *c = &o->car[e];
    if (c->soiled && now >= c->soiled_ms + h->car_apart_ms) c->soiled = 0;
    if (!soiled) return;
    c->soiled |= soiled;
    c->soiled_ms = now;
}

/* ---- energy ---- */
void oracle_battery(struct oracle *o, robot_id r, int32_t permille, bool charging, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    int32_t reserve = o->cfg.site->cls[o->cfg.robot_class[r]].reserve_permille;
    if (begins(&b->flat, permille == 0)) oracle_broken(o, now, "I-20", "the battery of robot %u is flat", r);
    if (begins(&b->bad_reserve, permille < reserve && !charging))
        oracle_broken(o, now, "I-20", "the battery of robot %u has %d permille left, its reserve is %d", r, permille,
                      reserve);
    if (charging != b->charges && charging && !stands_on_flag(o, r, NODE_CHARGER))
        oracle_broken(o, now, "I-20", "robot %u charges where there is no charger: (%d,%d) level %u", r, b->pose.x_mm,
                      b->pose.y_mm, b->level);
    b->charges = charging;
}

/* ---- what people switch ---- */
static void burn(struct oracle *o, ms_t now)
{
    const struct site *s = o->cfg.site;
    for (node_id n = 0; n < s->nodes; n++) {
        o->burning[n] = false;
        for (zone_id z = 0; z < s->zones; z++) o->burning[n] |= o->fire[z] && s->in_zone[(size_t)z * s->nodes + n];
    }
    o->fire_ms = now;
}

void oracle_operate(struct oracle *o, const struct in_operate *in, ms_t now)
{
    switch ((enum operate)in->op) {
    case OP_FIRE:
    case OP_FIRE_OVER:
        o->fire[in->target] = in->op == OP_FIRE;
        burn(o, now);
        return;
    case OP_ISOLATE:
    case OP_ISOLATE_OVER: o->isolated[in->target] = in->op == OP_ISOLATE; return;
    case OP_ISOLATION_ROBOT: o->robot[in->target].isolation = in->value != 0; return;
    case OP_WASHED: o->robot[in->target].before = oracle_aboard_classes(o, &o->robot[in->target]); return;
    case OP_MAINS_LOST:
    case OP_MAINS_BACK:
    case OP_EDGE_CLOSE:
    case OP_EDGE_OPEN:
    case OP_CAR_CLOSE:
    case OP_CAR_OPEN:
    case OP_ROBOT_OUT:
    case OP_ROBOT_IN:
    case OP_COUNT: return;
    }
}

/* ---- the end ---- */
void oracle_end(struct oracle *o, uint32_t open_believed, ms_t now)
{
    const struct oracle_totals *t = &o->totals;
    uint32_t aboard = 0;
    if (t->open != open_believed || t->accepted != t->delivered + t->cancelled + t->failed + t->open)
        oracle_broken(o, now, "I-12",
                      "%u jobs accepted, %u delivered, %u cancelled, %u failed, %u open; the controller has %u open",
                      t->accepted, t->delivered, t->cancelled, t->failed, t->open, open_believed);
    for (uint32_t i = 0; i < o->jobs; i++) {
        const struct seen_job *j = &o->job[i];
        aboard += j->place == LOAD_ON_ROBOT;
        if (!job_state_final((enum job_state)j->state)) continue;
        if (j->place == LOAD_ON_ROBOT)
            oracle_broken(o, now, "I-14", "job %u has ended, its load is still on robot %u", i + 1, j->robot);
        if (j->state == JOB_DELIVERED && j->place != LOAD_AT_TO)
            oracle_broken(o, now, "I-14", "job %u is delivered, its load is not there", i + 1);
    }
    for (robot_id r = 0; r < o->cfg.robots; r++) aboard -= o->robot[r].carried;
    if (aboard != 0) oracle_broken(o, now, "I-14", "%d loads are on robots that do not carry them", (int32_t)aboard);
}
