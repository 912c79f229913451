#include "oracle.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hours.h"
#include "oracle_state.h"

#define SLACK_MM 1.0        /* overlaps up to this are rounding */
#define CABIN_SLACK_MM 20.0 /* a robot this much over the edge of the cabin floor still counts as inside */
#define JUMP_MM 300         /* more than its top speed explains */
#define CABIN_JUMP_MM 800   /* cabins drawn on two floors need not lie exactly above one another */
#define SPEED_SLACK_MM_S 60 /* rounding, and a limit met within its first decimetres */

void oracle_broken(struct oracle *o, ms_t now, const char *rule, const char *fmt, ...)
{
    char text[200];
    va_list ap;
    if (o->cfg.blind) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    o->totals.violations++;
    if (o->cfg.violated) o->cfg.violated(o->cfg.ctx, rule, now, text);
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
    const struct site *s = cfg->site;
    if (!o) return ORD_EMEMORY;
    o->cfg = *cfg;
    o->robot = calloc(cfg->robots ? cfg->robots : 1u, sizeof *o->robot);
    o->overlap = calloc((size_t)cfg->robots * cfg->robots + 1, sizeof *o->overlap);
    o->door_open = calloc(s->doors + 1u, sizeof *o->door_open);
    o->fire = calloc(s->zones + 1u, sizeof *o->fire);
    o->isolated = calloc(s->stations + 1u, sizeof *o->isolated);
    o->burning = calloc(s->nodes + 1u, sizeof *o->burning);
    o->holder = malloc((res_count(s) + 1u) * sizeof *o->holder);
    o->touch = calloc(cfg->robots + 1u, sizeof *o->touch);
    if (!o->touch || !o->holder || !o->robot || !o->overlap || !o->door_open || !o->fire || !o->isolated ||
        !o->burning) {
        oracle_close(o);
        return ORD_EMEMORY;
    }
    if (oracle_walls_open(&o->walls, s)) {
        oracle_close(o);
        return ORD_EMEMORY;
    }
    for (res_id x = 0; x < res_count(s); x++) o->holder[x] = ID_NONE;
    for (robot_id r = 0; r < cfg->robots; r++) {
        o->robot[r].level = o->robot[r].believed = cfg->start_level[r];
        o->robot[r].car = ID_NONE;
        o->robot[r].stand_ms = MS_NEVER;
    }
    for (class_id c = 0; c < s->classes; c++) {
        const struct robot_class *k = &s->cls[c];
        mm_t far = k->length_mm + k->width_mm + (mm_t)(ORACLE_LOOK_MOST_MS * k->speed_mm_s / 1000) + 1;
        if (far > o->far_mm) o->far_mm = far; /* one of the two is looked at now, the other may have driven on */
    }
    for (elevator_id e = 0; e < s->elevators; e++)
        o->car[e] = (struct seen_car){ .level = s->elevator[e].landing[0].level, .soiled_ms = MS_NEVER };
    *out = o;
    return ORD_OK;
}

void oracle_close(struct oracle *o)
{
    if (!o) return;
    free(o->robot);
    free(o->holder);
    oracle_walls_close(o->walls);
    free(o->touch);
    free(o->overlap);
    free(o->door_open);
    free(o->fire);
    free(o->isolated);
    free(o->burning);
    free(o->job);
    free(o);
}

/* ---- truth ---- */
void oracle_car(struct oracle *o, elevator_id e, level_id level, bool moving, bool open)
{
    o->car[e].level = level;
    o->car[e].moving = moving;
    o->car[e].open = open;
    o->car[e].changed = o->building_changed = true;
}

void oracle_door(struct oracle *o, door_id d, bool open)
{
    o->doors_changed |= o->door_open[d] != open;
    o->door_open[d] = open;
}

void oracle_car_mode(struct oracle *o, elevator_id e, enum elevator_mode mode, ms_t now)
{
    if (o->car[e].mode == (uint8_t)mode) return;
    o->car[e].mode = (uint8_t)mode;
    o->car[e].mode_ms = now;
}

void oracle_robot(struct oracle *o, robot_id r, const struct drive_pose *pose, level_id believed, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    const struct robot_class *c = &o->cfg.site->cls[o->cfg.robot_class[r]];
    if (b->known) {
        mm_t went = distance_mm(b->pose.x_mm, b->pose.y_mm, pose->x_mm, pose->y_mm);
        int64_t could = (int64_t)c->speed_mm_s * (now - b->seen_ms) / 1000 + JUMP_MM;
        bool relocated = believed != b->believed && b->side == INSIDE;
        if (went > (relocated ? CABIN_JUMP_MM : could))
            oracle_broken(o, now, "I-30", "robot %u jumped %d mm in %lld ms", r, went, (long long)(now - b->seen_ms));
        if (!relocated) o->totals.distance_mm += went;
    }
    b->pose = *pose;
    b->believed = believed;
    b->seen_ms = now;
    b->known = true;
    oracle_touch(o, r);
    b->rect = oracle_rect_of(pose->x_mm, pose->y_mm, pose->theta, c->length_mm, c->width_mm);
}

void oracle_rests(struct oracle *o, robot_id r, bool rests) { o->robot[r].rests = rests; }

/* Which cabin it is in or half in, and what that does to its true level. */
static void find_car(struct oracle *o, robot_id r)
{
    struct seen_robot *b = &o->robot[r];
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
}

/* The level on which it came in and the one on which it goes out make a ride. */
static void judge_passing(struct oracle *o, robot_id r, elevator_id before, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    if (b->car == before) return;
    if (before != ID_NONE) {
        o->car[before].robots--;
        oracle_leaves(o, r, before, now);
        if (b->level != b->boarded) {
            o->totals.rides++;
            o->totals.rides_of[before]++;
        }
    }
    if (b->car == ID_NONE) return;
    o->car[b->car].robots++;
    b->boarded = b->level;
    oracle_boards(o, r, b->car, now);
}

/* Closed by the calendar: maintenance, or its inspection has run out (R33). */
static bool car_closed(const struct oracle *o, elevator_id e, ms_t now)
{
    const struct site_elevator *se = &o->cfg.site->elevator[e];
    int64_t utc_s = (o->cfg.utc_ms + now) / 1000;
    if (se->inspected_until_utc_s > 0 && utc_s >= se->inspected_until_utc_s) return true;
    for (uint8_t i = 0; i < se->closures; i++)
        if (utc_s >= se->closure[i].from_utc_s && utc_s < se->closure[i].to_utc_s) return true;
    return false;
}

static void judge_car(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    elevator_id before = b->car;
    uint8_t side_before = b->side;
    /* A standing car sets the level of who was in it; only then may leaving it be judged. */
    if (b->car != ID_NONE && side_before == INSIDE && !o->car[b->car].moving) b->level = o->car[b->car].level;
    find_car(o, r);
    judge_passing(o, r, before, now);
    if (b->car == ID_NONE) {
        b->bad_sill = b->bad_shear = b->bad_move = b->bad_closed = false;
        if (begins(&b->bad_level, b->believed != b->level))
            oracle_broken(o, now, "I-30", "robot %u believes level %u, is on %u", r, b->believed, b->level);
        return;
    }
    elevator_id e = b->car;
    bool there = o->car[e].open && !o->car[e].moving && o->car[e].level == b->level;
    bool crossing = b->side == ON_SILL || before != e;
    bool shear = crossing && o->car[e].moving && side_before != OUTSIDE;
    if (begins(&b->bad_shear, shear)) oracle_broken(o, now, "I-09", "car %u moves with robot %u across its sill", e, r);
    if (begins(&b->bad_sill, crossing && !there && !shear))
        oracle_broken(o, now, "I-08", "robot %u across the sill of car %u on level %u: car %s level %u, door %s", r, e,
                      b->level, o->car[e].moving ? "moving, last" : "at", o->car[e].level,
                      o->car[e].open ? "open" : "not open");
    if (begins(&b->bad_closed, b->side == INSIDE && car_closed(o, e, now)))
        oracle_broken(o, now, "R33", "robot %u is in car %u, which is closed", r, e);
    if (begins(&b->bad_move, b->side == INSIDE && b->pose.speed_mm_s != 0 && o->car[e].moving))
        oracle_broken(o, now, "I-08", "robot %u drives inside car %u while the car moves", r, e);
}

static void judge_crowd(struct oracle *o, ms_t now)
{
    for (elevator_id e = 0; e < o->cfg.site->elevators; e++)
        if (begins(&o->car[e].crowded, o->car[e].robots > 1))
            oracle_broken(o, now, "I-07", "%u robots in car %u", o->car[e].robots, e);
}

/* Robots in a moving car are nowhere but in it. */
static uint32_t place_of(const struct oracle *o, const struct seen_robot *b)
{
    if (b->car != ID_NONE && b->side == INSIDE && o->car[b->car].moving) return 0x10000u + b->car;
    return b->level;
}

/* What it may have driven since it was told. */
static double driven_mm(const struct oracle *o, robot_id r, ms_t now)
{
    const struct seen_robot *b = &o->robot[r];
    if (b->rests || b->seen_ms == now) return 0;
    return (double)(now - b->seen_ms) / 1000 * o->cfg.site->cls[o->cfg.robot_class[r]].speed_mm_s;
}

/* How far apart two robots are at least, now. */
static double gap_mm(const struct oracle *o, const struct seen_robot *a, robot_id q, ms_t now)
{
    const struct seen_robot *b = &o->robot[q];
    double dx = fabs(a->rect.x - b->rect.x), dy = fabs(a->rect.y - b->rect.y), gap = dx > dy ? dx : dy;
    double driven = driven_mm(o, q, now);
    return gap - a->rect.half_length - a->rect.half_width - b->rect.half_length - b->rect.half_width - driven;
}

/* Too far apart for gap_mm to be worth working out: in whole numbers, for most pairs of robots are. */
static inline bool far_off(const struct oracle *o, const struct seen_robot *a, const struct seen_robot *b)
{
    int64_t dx = (int64_t)a->pose.x_mm - b->pose.x_mm, dy = (int64_t)a->pose.y_mm - b->pose.y_mm;
    return dx > o->far_mm || -dx > o->far_mm || dy > o->far_mm || -dy > o->far_mm;
}

static void judge_pairs(struct oracle *o, robot_id r, ms_t now)
{
    const struct seen_robot *a = &o->robot[r];
    uint32_t place = place_of(o, a);
    for (robot_id q = 0; q < o->cfg.robots; q++) {
        const struct seen_robot *b = &o->robot[q];
        if (o->overlaps == 0 && (b->level != a->level || far_off(o, a, b))) continue;
        if (q == r || !b->known || (b->touched && q < r)) continue; /* touched pairs once */
        size_t pair = r < q ? (size_t)r * o->cfg.robots + q : (size_t)q * o->cfg.robots + r;
        bool hit = gap_mm(o, a, q, now) < 0 && place_of(o, b) == place && oracle_rects_overlap(&a->rect, &b->rect);
        if (hit != o->overlap[pair]) o->overlaps = hit ? o->overlaps + 1 : o->overlaps - 1;
        if (begins(&o->overlap[pair], hit))
            oracle_broken(o, now, "I-01", "robots %u and %u overlap on level %u: (%d,%d) and (%d,%d)", r, q, a->level,
                          a->pose.x_mm, a->pose.y_mm, b->pose.x_mm, b->pose.y_mm);
    }
}

/* ---- whom to look at ---- */
static bool look_at(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    if (b->seen_ms == now || b->rests) return false;
    if (o->cfg.look) o->cfg.look(o->cfg.ctx, r, now);
    oracle_touch(o, r);
    return true;
}

/* All are judged as they are at one instant: who is judged, and who may be near him, is looked at now. */
static void look_around(struct oracle *o, ms_t now)
{
    for (uint16_t i = 0; i < o->touched; i++) { /* the list grows on the way */
        robot_id r = o->touch[i];
        look_at(o, r, now);
        for (robot_id q = 0; q < o->cfg.robots; q++)
            if (o->robot[q].level == o->robot[r].level && !far_off(o, &o->robot[r], &o->robot[q]) && q != r &&
                o->robot[q].known && gap_mm(o, &o->robot[r], q, now) < 0)
                look_at(o, q, now);
    }
}

/* How far a robot is at least from a point that lies on its level. */
static double off_mm(const struct oracle *o, robot_id r, double x, double y, double size, ms_t now)
{
    const struct seen_robot *b = &o->robot[r];
    double dx = fabs(b->rect.x - x), dy = fabs(b->rect.y - y), gap = dx > dy ? dx : dy;
    return gap - b->rect.half_length - b->rect.half_width - size - driven_mm(o, r, now);
}

static double off_car_mm(const struct oracle *o, robot_id r, elevator_id e, ms_t now)
{
    const struct site_elevator *se = &o->cfg.site->elevator[e];
    return off_mm(o, r, se->x_mm, se->y_mm, (se->width_mm + se->depth_mm) / 2.0, now);
}

/* A car or a door that changed: who stands in its way is looked at in this very moment. */
static void look_at_changes(struct oracle *o, ms_t now)
{
    const struct site *s = o->cfg.site;
    for (elevator_id e = 0; o->building_changed && e < s->elevators; e++) {
        if (!o->car[e].changed) continue;
        o->car[e].changed = false;
        for (robot_id r = 0; r < o->cfg.robots; r++)
            if (o->robot[r].known && off_car_mm(o, r, e, now) < 0) look_at(o, r, now);
    }
    for (robot_id r = 0; o->doors_changed && r < o->cfg.robots; r++)
        for (door_id d = 0; d < s->doors && o->robot[r].known; d++)
            if (s->door[d].level == o->robot[r].level &&
                off_mm(o, r, s->door[d].x1_mm, s->door[d].y1_mm, s->door[d].width_mm, now) < 0)
                look_at(o, r, now);
}

ms_t oracle_next_look(const struct oracle *o, robot_id r, ms_t now)
{
    const struct seen_robot *a = &o->robot[r];
    const struct site *s = o->cfg.site;
    double speed = s->cls[o->cfg.robot_class[r]].speed_mm_s, least = ORACLE_LOOK_MOST_MS;
    for (robot_id q = 0; q < o->cfg.robots; q++) {
        if (q == r || !o->robot[q].known || o->robot[q].level != a->level) continue;
        double both = speed + (o->robot[q].rests ? 0 : s->cls[o->cfg.robot_class[q]].speed_mm_s);
        double ms = gap_mm(o, a, q, now) * 1000 / both;
        if (ms < least) least = ms;
    }
    for (elevator_id e = 0; e < s->elevators; e++) {
        double ms = off_car_mm(o, r, e, now) * 1000 / speed;
        if (ms < least) least = ms;
    }
    for (door_id d = 0; d < s->doors; d++) {
        if (s->door[d].level != a->level) continue;
        double ms = off_mm(o, r, s->door[d].x1_mm, s->door[d].y1_mm, s->door[d].width_mm, now) * 1000 / speed;
        if (ms < least) least = ms;
    }
    return now + (least > ORACLE_LOOK_MS ? (ms_t)least : ORACLE_LOOK_MS);
}

static void judge_doors(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    const struct site *s = o->cfg.site;
    bool across = false;
    door_id which = 0;
    for (door_id d = 0; d < s->doors && !across; d++) {
        const struct site_door *sd = &s->door[d];
        double far = b->rect.half_length + b->rect.half_width + sd->width_mm;
        if (o->door_open[d] || sd->level != b->level) continue;
        if (fabs(b->rect.x - sd->x1_mm) > far || fabs(b->rect.y - sd->y1_mm) > far) continue;
        across = oracle_rect_on_segment(&b->rect, sd->x1_mm, sd->y1_mm, sd->x2_mm, sd->y2_mm);
        which = d;
    }
    if (begins(&b->bad_door, across))
        oracle_broken(o, now, "I-02", "robot %u lies across door %u, which is not open", r, which);
}

static void judge_walls(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    uint32_t w = b->car == ID_NONE ? oracle_walls_hit(o->walls, o->cfg.site, b->level, &b->rect) : ORACLE_NO_WALL;
    if (begins(&b->bad_wall, w != ORACLE_NO_WALL))
        oracle_broken(o, now, "I-02", "robot %u at (%d,%d) on level %u is in wall %u", r, b->pose.x_mm, b->pose.y_mm,
                      b->level, w);
}

/* Near a node or lane it claims, on the level it believes in; inside a car any level of that car will do. */
static bool on_claim(const struct oracle *o, const struct seen_robot *b)
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

static void judge_speed(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    const struct robot_class *c = &o->cfg.site->cls[o->cfg.robot_class[r]];
    int32_t speed = b->pose.speed_mm_s - SPEED_SLACK_MM_S, limit = c->speed_mm_s;
    edge_id e = speed > 0 ? oracle_edge_now(o, b) : ID_NONE;
    const struct site_edge *se = e == ID_NONE ? NULL : &o->cfg.site->edge[e];
    if (se && se->speed_mm_s > 0 && se->speed_mm_s < limit) limit = se->speed_mm_s;
    if (begins(&b->bad_speed, speed > limit))
        oracle_broken(o, now, "I-21", "robot %u drives %d mm/s, %d are allowed", r, b->pose.speed_mm_s, limit);
    bool quiet = false;
    if (se && se->quiet && c->quiet_speed_mm_s > 0 && speed > c->quiet_speed_mm_s) {
        const struct day_window *w = &o->cfg.site->calendar.quiet;
        int64_t utc_ms = o->cfg.utc_ms + now; /* what it was ordered before the quiet hours, it may still drive */
        quiet = w->from_min != w->to_min && hours_hold(&o->cfg.site->calendar, w, utc_ms) &&
                hours_hold(&o->cfg.site->calendar, w, utc_ms - MS_MINUTE);
    }
    if (begins(&b->bad_quiet, quiet))
        oracle_broken(o, now, "R47", "robot %u drives %d mm/s past patients' rooms in the quiet hours", r,
                      b->pose.speed_mm_s);
}

void oracle_judge(struct oracle *o, ms_t now)
{
    if (o->building_changed || o->doors_changed) look_at_changes(o, now);
    if (!o->cfg.blind) look_around(o, now);
    for (robot_id r = 0; o->building_changed && r < o->cfg.robots; r++)
        if (o->robot[r].car != ID_NONE) oracle_touch(o, r);
    for (uint16_t i = 0; i < o->touched; i++) judge_car(o, o->touch[i], now);
    if (o->touched > 0) judge_crowd(o, now);
    for (uint16_t i = 0; i < o->touched && !o->cfg.blind; i++) {
        robot_id r = o->touch[i];
        struct seen_robot *b = &o->robot[r];
        judge_doors(o, r, now);
        judge_walls(o, r, now);
        judge_pairs(o, r, now);
        judge_speed(o, r, now);
        if (b->met && begins(&b->off_claim, !on_claim(o, b)))
            oracle_broken(o, now, "I-03", "robot %u at (%d,%d) level %u stands on nothing it claims", r, b->pose.x_mm,
                          b->pose.y_mm, b->level);
    }
    for (uint16_t i = 0; i < o->touched; i++) o->robot[o->touch[i]].touched = false;
    o->touched = 0;
    o->building_changed = o->doors_changed = false;
}

bool oracle_car_taken(const struct oracle *o, elevator_id e) { return o->car[e].robots > 0; }

void oracle_where(const struct oracle *o, robot_id r, struct oracle_place *out)
{
    *out = (struct oracle_place){ o->robot[r].level, o->robot[r].car };
}

/* ---- liveness and the end ---- */
static void judge_stand(struct oracle *o, robot_id r, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    if (b->stand_ms == MS_NEVER || b->stand_told || now - b->stand_ms <= ORACLE_STAND_MS) return;
    b->stand_told = true;
    oracle_broken(o, now, "L-1", "robot %u has work and stands since %lld ms without a stated reason", r,
                  (long long)b->stand_ms);
}

/* Told on change: how long it stood so far is judged whenever something is told. */
void oracle_stands(struct oracle *o, robot_id r, bool unexplained, ms_t now)
{
    struct seen_robot *b = &o->robot[r];
    judge_stand(o, r, now);
    if (!unexplained) {
        b->stand_ms = MS_NEVER;
        b->stand_told = false;
    } else if (b->stand_ms == MS_NEVER) {
        b->stand_ms = now;
    }
}

ms_t oracle_stands_since(const struct oracle *o, robot_id r) { return o->robot[r].stand_ms; }

void oracle_totals(const struct oracle *o, struct oracle_totals *out) { *out = o->totals; }
