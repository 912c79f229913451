#include "oracle.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fleet.h"

#define SLACK_MM 1.0        /* overlaps up to this are rounding */
#define CABIN_SLACK_MM 20.0 /* a robot this much over the edge of the cabin floor still counts as inside */
#define JUMP_MM 300         /* more than its top speed explains */
#define CABIN_JUMP_MM 800   /* cabins drawn on two floors need not lie exactly above one another */
#define ACTIONS_KEPT 64     /* per robot; far more than can be under way */

enum cabin_side { OUTSIDE, ON_SILL, INSIDE };

struct action {
    uint32_t number;
    uint8_t kind;
    bool done;
    job_id job;
};

struct robot {
    struct drive_pose pose;
    struct oracle_rect rect;
    bool known, touched, met; /* met: the controller has given it a claim at least once */
    level_id level, believed; /* level: true; while in a moving car the last one */
    elevator_id car;          /* inside or on the sill of; ID_NONE */
    uint8_t side;             /* enum cabin_side of `car` */
    level_id boarded;         /* level at which it entered the car */
    ms_t seen_ms;
    bool off_claim, bad_sill, bad_shear, bad_move, bad_door, bad_level; /* broken at the last look */
    uint16_t claims;
    res_id claim[CLAIM_MAX];
    uint16_t fresh;
    res_id fresh_claim[CLAIM_MAX]; /* new since the last judgement */
    uint32_t order, seq;
    struct action action[ACTIONS_KEPT];
    uint32_t actions; /* ring; actions counts all */
    ms_t stand_ms;
    bool stand_told;
    uint16_t carried; /* loads the ledger has on it */
};

enum load_place { LOAD_AT_FROM, LOAD_ON_ROBOT, LOAD_AT_TO };
struct job {
    station_id from, to;
    uint8_t place, state;
    robot_id robot;
};

struct oracle {
    struct oracle_config cfg;
    struct robot *robot;
    bool *overlap; /* [a * robots + b], a < b: overlapping at the last look */
    struct {
        level_id level;
        bool moving, open, crowded;
    } car[SITE_ELEVATORS_MAX];
    bool *door_open;
    struct job *job;
    uint32_t jobs, jobs_capacity; /* job id - 1 */
    bool building_changed;
    struct oracle_totals totals;
};

static void broken(struct oracle *o, ms_t now, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void broken(struct oracle *o, ms_t now, const char *rule, const char *fmt, ...)
{
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    o->totals.violations++;
    if (o->cfg.violated) o->cfg.violated(o->cfg.ctx, rule, now, text);
}

/* Count a lasting fault when it begins: returns true on the edge. */
static bool begins(bool *was, bool is)
{
    bool edge = is && !*was;
    *was = is;
    return edge;
}

/* ---- geometry ---- */
struct oracle_rect oracle_rect_of(mm_t x, mm_t y, mrad_t theta, mm_t length, mm_t width)
{
    double t = theta / 1000.0;
    return (struct oracle_rect){ x, y, cos(t), sin(t), length / 2.0, width / 2.0 };
}

/* Half the extent of r along the unit vector (ax, ay). */
static double reach(const struct oracle_rect *r, double ax, double ay)
{
    return r->half_length * fabs(r->ux * ax + r->uy * ay) + r->half_width * fabs(-r->uy * ax + r->ux * ay);
}

bool oracle_rects_overlap(const struct oracle_rect *a, const struct oracle_rect *b)
{
    double dx = b->x - a->x, dy = b->y - a->y;
    const double axis[4][2] = { { a->ux, a->uy }, { -a->uy, a->ux }, { b->ux, b->uy }, { -b->uy, b->ux } };
    for (int i = 0; i < 4; i++) {
        double gap = fabs(dx * axis[i][0] + dy * axis[i][1]);
        if (gap >= reach(a, axis[i][0], axis[i][1]) + reach(b, axis[i][0], axis[i][1]) - SLACK_MM) return false;
    }
    return true;
}

bool oracle_rect_on_segment(const struct oracle_rect *a, double x1, double y1, double x2, double y2)
{
    double length = hypot(x2 - x1, y2 - y1);
    if (length == 0) return false;
    struct oracle_rect line = { (x1 + x2) / 2,      (y1 + y2) / 2, (x2 - x1) / length,
                                (y2 - y1) / length, length / 2,    SLACK_MM };
    return oracle_rects_overlap(a, &line);
}

static double to_segment(double px, double py, double x1, double y1, double x2, double y2)
{
    double dx = x2 - x1, dy = y2 - y1, ll = dx * dx + dy * dy;
    double t = ll > 0 ? ((px - x1) * dx + (py - y1) * dy) / ll : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(px - (x1 + t * dx), py - (y1 + t * dy));
}

static struct oracle_rect cabin_rect(const struct site_elevator *e)
{
    return oracle_rect_of(e->x_mm, e->y_mm, e->yaw, e->width_mm, e->depth_mm);
}

static enum cabin_side cabin_side(const struct oracle_rect *robot, const struct oracle_rect *cabin)
{
    if (!oracle_rects_overlap(robot, cabin)) return OUTSIDE;
    double dx = robot->x - cabin->x, dy = robot->y - cabin->y;
    double along = fabs(dx * cabin->ux + dy * cabin->uy) + reach(robot, cabin->ux, cabin->uy);
    double across = fabs(-dx * cabin->uy + dy * cabin->ux) + reach(robot, -cabin->uy, cabin->ux);
    bool in = along <= cabin->half_length + CABIN_SLACK_MM && across <= cabin->half_width + CABIN_SLACK_MM;
    return in ? INSIDE : ON_SILL;
}

/* ---- open ---- */
int oracle_open(struct oracle **out, const struct oracle_config *cfg)
{
    struct oracle *o = calloc(1, sizeof *o);
    if (!o) return ORD_EMEMORY;
    o->cfg = *cfg;
    o->robot = calloc(cfg->robots ? cfg->robots : 1u, sizeof *o->robot);
    o->overlap = calloc((size_t)cfg->robots * cfg->robots + 1, sizeof *o->overlap);
    o->door_open = calloc(cfg->site->doors + 1u, sizeof *o->door_open);
    if (!o->robot || !o->overlap || !o->door_open) {
        oracle_close(o);
        return ORD_EMEMORY;
    }
    for (robot_id r = 0; r < cfg->robots; r++) {
        o->robot[r].level = o->robot[r].believed = cfg->start_level[r];
        o->robot[r].car = ID_NONE;
        o->robot[r].stand_ms = MS_NEVER;
    }
    for (elevator_id e = 0; e < cfg->site->elevators; e++) o->car[e].level = cfg->site->elevator[e].landing[0].level;
    *out = o;
    return ORD_OK;
}

void oracle_close(struct oracle *o)
{
    if (!o) return;
    free(o->robot);
    free(o->overlap);
    free(o->door_open);
    free(o->job);
    free(o);
}

/* ---- truth ---- */
void oracle_car(struct oracle *o, elevator_id e, level_id level, bool moving, bool open)
{
    o->car[e].level = level;
    o->car[e].moving = moving;
    o->car[e].open = open;
    o->building_changed = true;
}

void oracle_door(struct oracle *o, door_id d, bool open)
{
    o->door_open[d] = open;
    o->building_changed = true;
}

void oracle_robot(struct oracle *o, robot_id r, const struct drive_pose *pose, level_id believed, ms_t now)
{
    struct robot *b = &o->robot[r];
    const struct robot_class *c = &o->cfg.site->cls[o->cfg.robot_class[r]];
    if (b->known) {
        mm_t went = distance_mm(b->pose.x_mm, b->pose.y_mm, pose->x_mm, pose->y_mm);
        int64_t could = (int64_t)c->speed_mm_s * (now - b->seen_ms) / 1000 + JUMP_MM;
        bool relocated = believed != b->believed && b->side == INSIDE;
        if (went > (relocated ? CABIN_JUMP_MM : could))
            broken(o, now, "I-30", "robot %u jumped %d mm in %lld ms", r, went, (long long)(now - b->seen_ms));
        if (!relocated) o->totals.distance_mm += went;
    }
    b->pose = *pose;
    b->believed = believed;
    b->seen_ms = now;
    b->known = b->touched = true;
    b->rect = oracle_rect_of(pose->x_mm, pose->y_mm, pose->theta, c->length_mm, c->width_mm);
}

/* Which cabin it is in or half in, and what that does to its true level. */
static void find_car(struct oracle *o, robot_id r)
{
    struct robot *b = &o->robot[r];
    const struct site *s = o->cfg.site;
    elevator_id before = b->car;
    b->car = ID_NONE;
    b->side = OUTSIDE;
    for (elevator_id e = 0; e < s->elevators && b->car == ID_NONE; e++) {
        const struct site_elevator *se = &s->elevator[e];
        double far = b->rect.half_length + b->rect.half_width + se->width_mm / 2.0 + se->depth_mm / 2.0;
        if (fabs(b->rect.x - se->x_mm) > far || fabs(b->rect.y - se->y_mm) > far) continue;
        bool served = e == before;
        for (uint16_t i = 0; i < se->landings; i++) served |= se->landing[i].level == b->level;
        if (!served) continue; /* the shaft does not reach this level */
        struct oracle_rect cabin = cabin_rect(se);
        b->side = (uint8_t)cabin_side(&b->rect, &cabin);
        if (b->side != OUTSIDE) b->car = e;
    }
    if (before == ID_NONE && b->car != ID_NONE) b->boarded = b->level;
    if (before != ID_NONE && b->car == ID_NONE && b->level != b->boarded) o->totals.rides++;
}

static void judge_car(struct oracle *o, robot_id r, ms_t now)
{
    struct robot *b = &o->robot[r];
    elevator_id before = b->car;
    uint8_t side_before = b->side;
    /* A standing car sets the level of who was in it; only then may leaving it be judged. */
    if (b->car != ID_NONE && side_before == INSIDE && !o->car[b->car].moving) b->level = o->car[b->car].level;
    if (b->touched) find_car(o, r);
    if (b->car == ID_NONE) {
        b->bad_sill = b->bad_shear = b->bad_move = false;
        if (begins(&b->bad_level, b->believed != b->level))
            broken(o, now, "I-30", "robot %u believes level %u, is on %u", r, b->believed, b->level);
        return;
    }
    elevator_id e = b->car;
    bool there = o->car[e].open && !o->car[e].moving && o->car[e].level == b->level;
    bool crossing = b->side == ON_SILL || before != e;
    bool shear = crossing && o->car[e].moving && side_before != OUTSIDE;
    if (begins(&b->bad_shear, shear)) broken(o, now, "I-09", "car %u moves with robot %u across its sill", e, r);
    if (begins(&b->bad_sill, crossing && !there && !shear))
        broken(o, now, "I-08", "robot %u across the sill of car %u on level %u: car %s level %u, door %s", r, e,
               b->level, o->car[e].moving ? "moving, last" : "at", o->car[e].level,
               o->car[e].open ? "open" : "not open");
    if (begins(&b->bad_move, b->side == INSIDE && b->pose.speed_mm_s != 0 && o->car[e].moving))
        broken(o, now, "I-08", "robot %u drives inside car %u while the car moves", r, e);
}

static void judge_crowd(struct oracle *o, ms_t now)
{
    for (elevator_id e = 0; e < o->cfg.site->elevators; e++) {
        int in = 0;
        robot_id last = 0;
        for (robot_id r = 0; r < o->cfg.robots; r++)
            if (o->robot[r].car == e) {
                in++;
                last = r;
            }
        if (begins(&o->car[e].crowded, in > 1)) broken(o, now, "I-07", "%d robots in car %u, one is %u", in, e, last);
    }
}

/* Robots in a moving car are nowhere but in it. */
static uint32_t place_of(const struct oracle *o, const struct robot *b)
{
    if (b->car != ID_NONE && b->side == INSIDE && o->car[b->car].moving) return 0x10000u + b->car;
    return b->level;
}

static void judge_pairs(struct oracle *o, robot_id r, ms_t now)
{
    const struct robot *a = &o->robot[r];
    double a_far = a->rect.half_length + a->rect.half_width;
    for (robot_id q = 0; q < o->cfg.robots; q++) {
        const struct robot *b = &o->robot[q];
        if (q == r || !b->known || (b->touched && q < r)) continue; /* touched pairs once */
        bool hit = false;
        double far = a_far + b->rect.half_length + b->rect.half_width;
        if (fabs(a->rect.x - b->rect.x) < far && fabs(a->rect.y - b->rect.y) < far && place_of(o, a) == place_of(o, b))
            hit = oracle_rects_overlap(&a->rect, &b->rect);
        size_t pair = r < q ? (size_t)r * o->cfg.robots + q : (size_t)q * o->cfg.robots + r;
        if (begins(&o->overlap[pair], hit))
            broken(o, now, "I-01", "robots %u and %u overlap on level %u: (%d,%d) and (%d,%d)", r, q, a->level,
                   a->pose.x_mm, a->pose.y_mm, b->pose.x_mm, b->pose.y_mm);
    }
}

static void judge_doors(struct oracle *o, robot_id r, ms_t now)
{
    struct robot *b = &o->robot[r];
    const struct site *s = o->cfg.site;
    bool across = false;
    door_id which = 0;
    for (door_id d = 0; d < s->doors && !across; d++) {
        const struct site_door *sd = &s->door[d];
        if (o->door_open[d] || sd->level != b->level) continue;
        across = oracle_rect_on_segment(&b->rect, sd->x1_mm, sd->y1_mm, sd->x2_mm, sd->y2_mm);
        which = d;
    }
    if (begins(&b->bad_door, across))
        broken(o, now, "I-02", "robot %u lies across door %u, which is not open", r, which);
}

/* Near a node or lane it claims, on the level it believes in; inside a car any level of that car will do. */
static bool on_claim(const struct oracle *o, const struct robot *b)
{
    const struct site *s = o->cfg.site;
    for (uint16_t i = 0; i < b->claims; i++) {
        const struct site_node *n1, *n2;
        if (b->claim[i] < s->nodes) {
            n1 = n2 = &s->node[b->claim[i]];
        } else {
            const struct site_edge *e = &s->edge[s->lane_edge[b->claim[i] - s->nodes]];
            n1 = &s->node[e->from];
            n2 = &s->node[e->to];
        }
        bool my_car = b->car != ID_NONE && (n1->elevator == b->car || n2->elevator == b->car);
        if (!my_car && n1->level != b->level && n2->level != b->level) continue;
        if (to_segment(b->pose.x_mm, b->pose.y_mm, n1->x_mm, n1->y_mm, n2->x_mm, n2->y_mm) <= ORACLE_NEAR_MM)
            return true;
    }
    return false;
}

void oracle_judge(struct oracle *o, ms_t now)
{
    bool any = o->building_changed;
    for (robot_id r = 0; r < o->cfg.robots; r++) {
        struct robot *b = &o->robot[r];
        if (!b->known || (!b->touched && !o->building_changed)) continue;
        judge_car(o, r, now);
        any = true;
    }
    if (!any) return;
    judge_crowd(o, now);
    for (robot_id r = 0; r < o->cfg.robots; r++) {
        struct robot *b = &o->robot[r];
        if (!b->known) continue;
        if (b->touched) judge_pairs(o, r, now);
        if (b->touched || o->building_changed) judge_doors(o, r, now);
        if (b->touched && b->met && begins(&b->off_claim, !on_claim(o, b)))
            broken(o, now, "I-03", "robot %u at (%d,%d) level %u stands on nothing it claims", r, b->pose.x_mm,
                   b->pose.y_mm, b->level);
    }
    for (robot_id r = 0; r < o->cfg.robots; r++) o->robot[r].touched = false;
    o->building_changed = false;
}

void oracle_where(const struct oracle *o, robot_id r, struct oracle_place *out)
{
    *out = (struct oracle_place){ o->robot[r].level, o->robot[r].car };
}

/* ---- claims and orders ---- */
static bool holds(const struct robot *b, res_id x)
{
    for (uint16_t i = 0; i < b->claims; i++)
        if (b->claim[i] == x) return true;
    return false;
}

void oracle_claims(struct oracle *o, robot_id r, uint16_t n, const res_id *claim)
{
    struct robot *b = &o->robot[r];
    assert(n <= CLAIM_MAX);
    for (uint16_t i = 0; i < n; i++)
        if (!holds(b, claim[i]) && b->fresh < CLAIM_MAX) b->fresh_claim[b->fresh++] = claim[i];
    memcpy(b->claim, claim, n * sizeof claim[0]);
    b->met |= n > 0;
    b->claims = n;
    b->touched = b->known; /* where it stands must still be claimed */
}

/* By induction the old claims did not conflict; only what is new can. */
void oracle_claims_judge(struct oracle *o, ms_t now)
{
    const struct site *s = o->cfg.site;
    for (robot_id r = 0; r < o->cfg.robots; r++) {
        struct robot *a = &o->robot[r];
        for (uint16_t i = 0; i < a->fresh; i++)
            for (robot_id q = 0; q < o->cfg.robots; q++) {
                const struct robot *b = &o->robot[q];
                if (q == r) continue;
                for (uint16_t k = 0; k < b->claims; k++)
                    if (site_conflict(s, o->cfg.robot_class[r], a->fresh_claim[i], o->cfg.robot_class[q], b->claim[k],
                                      NULL))
                        broken(o, now, "I-03", "robot %u was given resource %u, robot %u holds %u", r,
                               a->fresh_claim[i], q, b->claim[k]);
            }
        a->fresh = 0;
    }
}

static void action_keep(struct robot *b, const struct order_action *a)
{
    for (uint32_t i = b->actions > ACTIONS_KEPT ? b->actions - ACTIONS_KEPT : 0; i < b->actions; i++)
        if (b->action[i % ACTIONS_KEPT].number == a->number) return; /* repeated with a repeated order */
    b->action[b->actions++ % ACTIONS_KEPT] = (struct action){ .number = a->number, .kind = a->kind, .job = a->job };
}

void oracle_order(struct oracle *o, const struct out_order *order, ms_t now)
{
    struct robot *b = &o->robot[order->robot];
    const struct site *s = o->cfg.site;
    for (uint16_t i = 0; i < order->nodes; i++) {
        const struct order_node *n = &order->node[i];
        if (n->action.kind != ACT_NONE) action_keep(b, &n->action);
        if (!n->released || (b->order == order->order && n->seq <= b->seq)) continue;
        bool lane = n->edge == ID_NONE || i == 0 || holds(b, res_lane(s, s->edge[n->edge].lane));
        if (!lane || !holds(b, res_node(s, n->node)))
            broken(o, now, "I-04", "order %u.%u releases %s %u to robot %u outside its claim", order->order,
                   order->update, lane ? "node" : "the way to node", n->node, order->robot);
    }
}

void oracle_instant(struct oracle *o, const struct out_instant *instant)
{
    action_keep(&o->robot[instant->robot], &instant->action);
}

void oracle_reached(struct oracle *o, robot_id r, uint32_t order, uint32_t seq)
{
    o->robot[r].order = order;
    o->robot[r].seq = seq;
}

/* ---- custody ---- */
void oracle_job(struct oracle *o, job_id job, station_id from, station_id to, ms_t now)
{
    if (job != o->jobs + 1) {
        broken(o, now, "I-12", "job %u accepted after job %u", job, o->jobs);
        return;
    }
    if (o->jobs == o->jobs_capacity) {
        uint32_t n = o->jobs_capacity ? 2 * o->jobs_capacity : 1024;
        struct job *more = realloc(o->job, n * sizeof *more);
        if (!more) abort(); /* a judge that forgets jobs would be worse than none */
        o->job = more;
        o->jobs_capacity = n;
    }
    o->job[o->jobs++] = (struct job){ .from = from, .to = to, .place = LOAD_AT_FROM, .state = JOB_REQUESTED };
    o->totals.accepted++;
    o->totals.open++;
}

static struct job *job_of(struct oracle *o, job_id job, ms_t now, const char *what)
{
    if (job >= 1 && job <= o->jobs) return &o->job[job - 1];
    broken(o, now, "I-12", "%s of job %u, which nobody accepted", what, job);
    return NULL;
}

void oracle_job_state(struct oracle *o, job_id job, enum job_state state, ms_t now)
{
    struct job *j = job_of(o, job, now, "news");
    if (!j || j->state == (uint8_t)state) return;
    if (job_state_final((enum job_state)j->state)) {
        broken(o, now, "I-12", "job %u left its final state %u for %u", job, j->state, state);
        return;
    }
    j->state = (uint8_t)state;
    if ((state == JOB_LOADED || state == JOB_MOVING || state == JOB_ARRIVED) && j->place == LOAD_AT_FROM)
        broken(o, now, "I-15", "job %u is reported under way, its load was never picked", job);
    if (state == JOB_DELIVERED && j->place != LOAD_AT_TO)
        broken(o, now, "I-15", "job %u is reported delivered, its load was not dropped at its station", job);
    if ((state == JOB_CANCELLED || state == JOB_FAILED) && j->place == LOAD_ON_ROBOT)
        broken(o, now, "I-14", "job %u ended with its load on robot %u", job, j->robot);
    if (!job_state_final(state)) return;
    o->totals.open--;
    if (state == JOB_DELIVERED) o->totals.delivered++;
    else if (state == JOB_CANCELLED) o->totals.cancelled++;
    else o->totals.failed++;
}

static bool stands_at(const struct oracle *o, robot_id r, station_id station)
{
    const struct site_node *n = &o->cfg.site->node[o->cfg.site->station[station].node];
    const struct robot *b = &o->robot[r];
    return n->level == b->level && distance_mm(n->x_mm, n->y_mm, b->pose.x_mm, b->pose.y_mm) <= ORACLE_NEAR_MM;
}

static void picked(struct oracle *o, robot_id r, job_id job, ms_t now)
{
    struct job *j = job_of(o, job, now, "a pick");
    if (!j) return;
    if (j->place != LOAD_AT_FROM) broken(o, now, "I-15", "the load of job %u was picked again, by robot %u", job, r);
    else if (job_state_final((enum job_state)j->state))
        broken(o, now, "I-14", "robot %u picked job %u, which has ended", r, job);
    else if (!stands_at(o, r, j->from)) broken(o, now, "I-15", "robot %u picked job %u away from its station", r, job);
    if (j->place == LOAD_ON_ROBOT) o->robot[j->robot].carried--;
    j->place = LOAD_ON_ROBOT;
    j->robot = r;
    o->robot[r].carried++;
}

static void dropped(struct oracle *o, robot_id r, job_id job, ms_t now)
{
    struct job *j = job_of(o, job, now, "a drop");
    if (!j) return;
    if (j->place != LOAD_ON_ROBOT || j->robot != r)
        broken(o, now, "I-15", "robot %u dropped job %u without having its load", r, job);
    else if (!stands_at(o, r, j->to)) broken(o, now, "I-15", "robot %u dropped job %u away from its station", r, job);
    if (j->place == LOAD_ON_ROBOT) o->robot[j->robot].carried--;
    j->place = LOAD_AT_TO;
}

bool oracle_finished(struct oracle *o, robot_id r, uint32_t number, struct order_action *out, ms_t now)
{
    struct robot *b = &o->robot[r];
    struct action *a = NULL;
    for (uint32_t i = b->actions > ACTIONS_KEPT ? b->actions - ACTIONS_KEPT : 0; i < b->actions; i++)
        if (b->action[i % ACTIONS_KEPT].number == number) a = &b->action[i % ACTIONS_KEPT];
    if (!a) {
        if (b->actions <= ACTIONS_KEPT)
            broken(o, now, "I-15", "robot %u finished action %u, which nobody ordered", r, number);
        return false;
    }
    if (a->done) return false;
    a->done = true;
    *out = (struct order_action){ .kind = a->kind, .number = number, .job = a->job };
    if (a->kind == ACT_PICK) picked(o, r, a->job, now);
    if (a->kind == ACT_DROP) dropped(o, r, a->job, now);
    return true;
}

void oracle_loads(struct oracle *o, robot_id r, uint16_t loads, ms_t now)
{
    uint16_t should = o->robot[r].carried;
    if (should != loads) broken(o, now, "I-14", "robot %u carries %u loads, the ledger has %u", r, loads, should);
}

/* ---- liveness and the end ---- */
void oracle_stands(struct oracle *o, robot_id r, bool unexplained, ms_t now)
{
    struct robot *b = &o->robot[r];
    if (!unexplained) {
        b->stand_ms = MS_NEVER;
        b->stand_told = false;
        return;
    }
    if (b->stand_ms == MS_NEVER) b->stand_ms = now;
    if (!b->stand_told && now - b->stand_ms > ORACLE_STAND_MS) {
        b->stand_told = true;
        broken(o, now, "L-1", "robot %u has work and stands since %lld ms without a stated reason", r,
               (long long)b->stand_ms);
    }
}

ms_t oracle_stands_since(const struct oracle *o, robot_id r) { return o->robot[r].stand_ms; }

void oracle_totals(const struct oracle *o, struct oracle_totals *out) { *out = o->totals; }

void oracle_end(struct oracle *o, uint32_t open_believed, ms_t now)
{
    const struct oracle_totals *t = &o->totals;
    if (t->open != open_believed || t->accepted != t->delivered + t->cancelled + t->failed + t->open)
        broken(o, now, "I-12",
               "%u jobs accepted, %u delivered, %u cancelled, %u failed, %u open; the controller has %u open",
               t->accepted, t->delivered, t->cancelled, t->failed, t->open, open_believed);
    for (uint32_t i = 0; i < o->jobs; i++)
        if (job_state_final((enum job_state)o->job[i].state) && o->job[i].place == LOAD_ON_ROBOT)
            broken(o, now, "I-14", "job %u has ended, its load is still on robot %u", i + 1, o->job[i].robot);
}
