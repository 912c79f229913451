/* The simulated vehicle. Its motion is a formula, not a loop: each leg is at most a turn and three phases of uniform
 * acceleration, worked out when the leg begins and again only when something changes what comes after it. So a
 * thousand robots cost nothing between their nodes, and asking for the pose never changes the answer to come.
 *
 * Inside, lengths are micrometres, speeds um/s and times us: with millimetres the rounding of one leg would show up
 * as a jump of the next. A phase is given by its two ends (s, v) and lasts 2 ds / (v0 + v1), so that its end is met
 * exactly and rounding turns into an acceleration that is off by a few parts in a million. */
#include "drive.h"

#include <assert.h>

#include "common/err.h"

#define LEGS_MAX 64
#define PI_MRAD 3142
#define TWO_PI_MRAD 6283
#define RIGHT_ANGLE_MRAD 1572 /* headings are rounded: a right angle may come out a little larger */

struct leg {
    uint32_t tag;
    mm_t x0, y0, x1, y1;
    int64_t len_um;
    int64_t limit; /* um/s */
    int64_t entry; /* fastest speed at its start from which all that follows can still be kept; um/s */
    mrad_t heading;
    bool bend; /* its start is a corner, or a stop was asked for there: entered from rest */
    bool stop_at_end;
};
struct phase {
    int64_t us, s0, s1, v0, v1;
};
struct passing {
    uint32_t tag;
    ms_t at_ms;
};

struct drive_sim {
    int64_t speed, accel; /* um/s, um/s2 */
    int32_t turn_mrad_s;
    int64_t settle_us;
    mrad_t straight;
    bool reversible;

    mm_t x, y;
    mrad_t theta;             /* when no leg is left; theta also while a leg turns in from it */
    struct leg leg[LEGS_MAX]; /* ring */
    uint16_t first, count;
    struct passing pass[LEGS_MAX];
    uint16_t pass_first, pass_count;

    /* the plan of the first leg */
    int64_t start_us, turn_us, end_us;
    struct phase phase[3];

    bool paused, stopping, halted; /* halted: rests at the barrier */
    bool barrier;                  /* braking to rest barrier_um into leg number barrier_leg, counted from the first */
    uint16_t barrier_leg;
    int64_t barrier_um;
};

static struct leg *leg_at(struct drive_sim *d, uint16_t i) { return &d->leg[(d->first + i) % LEGS_MAX]; }
static int64_t square(int64_t v) { return v * v; }
static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- angles ---- */

mrad_t drive_angle_between(mrad_t a, mrad_t b)
{
    int32_t diff = (b - a) % TWO_PI_MRAD;
    if (diff > PI_MRAD) diff -= TWO_PI_MRAD;
    if (diff <= -PI_MRAD) diff += TWO_PI_MRAD;
    return diff;
}

/* CORDIC: rotate the vector onto the x axis by ever smaller known angles and add them up. */
mrad_t drive_heading(int64_t dx, int64_t dy)
{
    static const int32_t step_nrad[16] = { 785398163, 463647609, 244978663, 124354995, 62418810, 31239833,
                                           15623729,  7812341,   3906230,   1953123,   976562,   488281,
                                           244141,    122070,    61035,     30518 };
    if (dx == 0 && dy == 0) return 0;
    int64_t x = dx * 65536, y = dy * 65536, angle = 0;
    if (x < 0) {
        angle = y >= 0 ? 3141592654 : -3141592654;
        x = -x;
        y = -y;
    }
    for (int i = 0; i < 16; i++) {
        int64_t p = (int64_t)1 << i, shift_x = x / p, shift_y = y / p;
        bool up = y >= 0;
        x += up ? shift_y : -shift_y;
        y += up ? -shift_x : shift_x;
        angle += up ? step_nrad[i] : -step_nrad[i];
    }
    int64_t mrad = (angle + (angle >= 0 ? 500000 : -500000)) / 1000000;
    return mrad <= -PI_MRAD ? PI_MRAD : (mrad_t)mrad;
}

/* Where the front points on a leg begun with the front at theta: backwards when that is the smaller turn. */
static mrad_t front_on(const struct drive_sim *d, const struct leg *l)
{
    mrad_t turn = drive_angle_between(d->theta, l->heading);
    bool backwards = d->reversible && (turn > RIGHT_ANGLE_MRAD || turn < -RIGHT_ANGLE_MRAD);
    return backwards ? drive_angle_between(0, l->heading + PI_MRAD) : l->heading;
}

/* ---- profile ---- */

/* Where a leg must end for now: at its end, or before it while braking for a pause or a stop. */
static int64_t leg_goal_um(const struct drive_sim *d, uint16_t i)
{
    return d->barrier && d->barrier_leg == i ? d->barrier_um : d->leg[(d->first + i) % LEGS_MAX].len_um;
}

static int64_t leg_exit(struct drive_sim *d, uint16_t i)
{
    if (d->barrier && d->barrier_leg <= i) return 0;
    return i + 1 < d->count ? leg_at(d, (uint16_t)(i + 1))->entry : 0;
}

/* Braking backwards from rest at the end: the entry speed of each leg but the first. Stops where nothing changes, so
 * that appending costs a constant on average. `all` when lengths may have changed anywhere. */
static void limit_entries(struct drive_sim *d, bool all)
{
    for (uint16_t i = d->count; i-- > 1;) {
        struct leg *l = leg_at(d, i), *before = leg_at(d, (uint16_t)(i - 1));
        int64_t v = 0;
        if (!l->bend && !before->stop_at_end) {
            v = isqrt64(square(leg_exit(d, i)) + 2 * d->accel * leg_goal_um(d, i));
            v = min64(v, min64(l->limit, before->limit));
        }
        bool same = v == l->entry && i + 1 < d->count;
        l->entry = v;
        if (same && !all) return;
    }
}

static struct phase phase_make(int64_t s0, int64_t s1, int64_t v0, int64_t v1)
{
    struct phase p = { 0, s0, s1, v0, v1 };
    if (s1 > s0) {
        int64_t sum = v0 + v1 > 0 ? v0 + v1 : 1;
        p.us = (2 * (s1 - s0) * 1000000 + sum - 1) / sum;
    }
    return p;
}

static void phase_at(const struct phase *p, int64_t us, int64_t *s, int64_t *v)
{
    if (us >= p->us || p->us == 0) {
        *s = p->s1;
        *v = p->v1;
        return;
    }
    *v = p->v0 + (p->v1 - p->v0) * us / p->us;
    *s = min64(p->s0 + (p->v0 + *v) * us / 2000000, p->s1);
}

/* Plan the first leg from time t, s into it at speed v: turn if it must, then speed up, cruise, brake. */
static void plan_first(struct drive_sim *d, int64_t t, int64_t s, int64_t v)
{
    const struct leg *l = leg_at(d, 0);
    int64_t goal = leg_goal_um(d, 0), rest = goal - s, a = d->accel;
    assert(rest >= 0);
    d->halted = false;
    d->start_us = t;
    d->turn_us = 0;
    int64_t out = rest > 0 ? min64(leg_exit(d, 0), isqrt64(square(v) + 2 * a * rest)) : v;
    if (rest > 0 && v == 0) {
        int64_t turn = drive_angle_between(d->theta, front_on(d, l));
        if (turn < 0) turn = -turn;
        if (turn > d->straight) d->turn_us = (turn * 1000000 + d->turn_mrad_s - 1) / d->turn_mrad_s + d->settle_us;
    }
    int64_t top = min64(isqrt64((2 * a * rest + square(v) + square(out)) / 2), l->limit);
    if (top < v) top = v;
    if (top < out) top = out;
    int64_t up = min64((square(top) - square(v)) / (2 * a), rest);
    int64_t down = min64((square(top) - square(out)) / (2 * a), rest - up);
    d->phase[0] = phase_make(s, s + up, v, top);
    d->phase[1] = phase_make(s + up, goal - down, top, top);
    d->phase[2] = phase_make(goal - down, goal, top, out);
    d->end_us = t + d->turn_us + d->phase[0].us + d->phase[1].us + d->phase[2].us;
}

/* State on the first leg at t: way into it, speed, heading. */
static void first_at(const struct drive_sim *d, int64_t t, int64_t *s, int64_t *v, mrad_t *theta)
{
    const struct leg *l = &d->leg[d->first];
    int64_t us = t - d->start_us;
    *theta = d->theta;
    if (us < d->turn_us || d->halted) {
        *s = d->phase[0].s0;
        *v = 0;
        if (d->halted) return;
        int64_t turned = us * d->turn_mrad_s / 1000000, whole = drive_angle_between(d->theta, front_on(d, l));
        if (turned > (whole < 0 ? -whole : whole)) turned = whole < 0 ? -whole : whole;
        *theta = drive_angle_between(0, d->theta + (mrad_t)(whole < 0 ? -turned : turned));
        return;
    }
    us -= d->turn_us;
    if (l->len_um > 0 && d->phase[2].s1 > d->phase[0].s0) *theta = front_on(d, l);
    int i = 0;
    while (i < 2 && us >= d->phase[i].us) us -= d->phase[i++].us;
    phase_at(&d->phase[i], us, s, v);
}

static void clear_legs(struct drive_sim *d)
{
    d->count = 0;
    d->barrier = d->stopping = d->halted = false;
}

static void leg_point(const struct leg *l, int64_t s_um, mm_t *x, mm_t *y)
{
    int64_t dx = (int64_t)l->x1 - l->x0, dy = (int64_t)l->y1 - l->y0;
    if (s_um >= l->len_um) {
        *x = l->x1;
        *y = l->y1;
        return;
    }
    *x = (mm_t)(l->x0 + dx * s_um / l->len_um);
    *y = (mm_t)(l->y0 + dy * s_um / l->len_um);
}

/* The plan of the first leg has run out: it rests at the barrier, or its end is passed. */
static void finish_first(struct drive_sim *d)
{
    struct leg *l = leg_at(d, 0);
    int64_t s, v, t = d->end_us;
    first_at(d, t, &s, &v, &d->theta);
    if (d->barrier && d->barrier_leg == 0) {
        leg_point(l, s, &d->x, &d->y);
        d->phase[0] = phase_make(s, s, 0, 0);
        if (d->stopping) clear_legs(d);
        else d->halted = true;
        return;
    }
    assert(d->pass_count < LEGS_MAX);
    d->pass[(d->pass_first + d->pass_count++) % LEGS_MAX] = (struct passing){ l->tag, (t + 999) / 1000 };
    d->x = l->x1;
    d->y = l->y1;
    d->first = (uint16_t)((d->first + 1) % LEGS_MAX);
    d->count--;
    if (d->barrier) d->barrier_leg--;
    if (d->count) plan_first(d, t, 0, v);
    else clear_legs(d);
}

static void advance(struct drive_sim *d, ms_t now_ms)
{
    while (d->count && !d->halted && d->end_us <= now_ms * 1000) finish_first(d);
}

/* Work out the first leg anew from where it is now. A turn under way is kept unless the way ends here. */
static void replan(struct drive_sim *d, ms_t now_ms)
{
    int64_t s, v, t = now_ms * 1000;
    mrad_t theta;
    first_at(d, t, &s, &v, &theta);
    if (d->turn_us > 0 && t < d->start_us + d->turn_us && leg_goal_um(d, 0) > s) {
        int64_t start = d->start_us;
        plan_first(d, start, s, 0);
        return;
    }
    d->theta = theta;
    plan_first(d, t, s, v);
}

/* ---- the calls ---- */

static void queue_leg(struct drive_sim *d, const struct drive_leg *in)
{
    const struct leg *last = d->count ? leg_at(d, (uint16_t)(d->count - 1)) : NULL;
    struct leg *l = leg_at(d, d->count);
    *l = (struct leg){ .tag = in->tag,
                       .x0 = last ? last->x1 : d->x,
                       .y0 = last ? last->y1 : d->y,
                       .x1 = in->x_mm,
                       .y1 = in->y_mm,
                       .stop_at_end = in->stop_at_end,
                       .limit = d->speed };
    int64_t dx = (int64_t)l->x1 - l->x0, dy = (int64_t)l->y1 - l->y0;
    bool far_away =
        dx > 1000000 || dx < -1000000 || dy > 1000000 || dy < -1000000; /* its square in um would overflow */
    l->len_um = far_away ? isqrt64(dx * dx + dy * dy) * 1000 : isqrt64((dx * dx + dy * dy) * 1000000);
    if (in->speed_max_mm_s > 0) l->limit = min64(l->limit, (int64_t)in->speed_max_mm_s * 1000);
    mrad_t before = last ? last->heading : d->theta;
    l->heading = l->len_um ? drive_heading(dx, dy) : before;
    mrad_t turn = drive_angle_between(before, l->heading);
    l->bend = turn > d->straight || turn < -d->straight;
    d->count++;
}

static int sim_append(void *self, const struct drive_leg *in, ms_t now_ms)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    if (d->stopping) return ORD_EBUSY;
    if (d->count + d->pass_count >= LEGS_MAX) return ORD_EFULL;
    queue_leg(d, in);
    if (d->paused && !d->barrier) {
        d->barrier = true;
        d->barrier_leg = (uint16_t)(d->count - 1);
        d->barrier_um = 0;
    }
    if (d->count == 1) {
        plan_first(d, now_ms * 1000, 0, 0);
        advance(d, now_ms);
        return ORD_OK;
    }
    int64_t out = leg_exit(d, 0);
    limit_entries(d, false);
    if (!d->halted && leg_exit(d, 0) != out) replan(d, now_ms);
    return ORD_OK;
}

/* Put the barrier at the braking distance. When the planned end of a run comes first, that is where it stops. */
static void set_barrier(struct drive_sim *d, int64_t s, int64_t v)
{
    int64_t rest = (square(v) + 2 * d->accel - 1) / (2 * d->accel);
    uint16_t i = 0;
    while (rest >= leg_at(d, i)->len_um - s) {
        rest -= leg_at(d, i)->len_um - s;
        s = 0;
        if (++i == d->count) return;
        if (leg_at(d, i)->entry > 0) continue;
        rest = 0; /* it rests at this corner anyway; rounding must not make it turn */
        break;
    }
    d->barrier = true;
    d->barrier_leg = i;
    d->barrier_um = s + rest;
}

static void brake(struct drive_sim *d, ms_t now_ms)
{
    int64_t s, v;
    mrad_t theta;
    first_at(d, now_ms * 1000, &s, &v, &theta);
    set_barrier(d, s, v);
}

static void sim_stop(void *self, ms_t now_ms)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    if (!d->count || d->stopping) return;
    if (!d->barrier) brake(d, now_ms);
    if (d->barrier) {
        bool at_start = d->barrier_um == 0 && d->barrier_leg > 0;
        d->count = (uint16_t)(d->barrier_leg + (at_start ? 0 : 1));
        if (at_start) d->barrier = false;
    }
    if (d->halted) {
        clear_legs(d);
        return;
    }
    d->stopping = true;
    limit_entries(d, true);
    replan(d, now_ms);
    advance(d, now_ms);
}

static void sim_pause(void *self, bool on, ms_t now_ms)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    if (on == d->paused) return;
    d->paused = on;
    if (!d->count || d->stopping) return;
    if (on) {
        brake(d, now_ms);
    } else {
        d->barrier = false;
    }
    limit_entries(d, true);
    replan(d, now_ms);
    advance(d, now_ms);
}

static bool sim_passed(void *self, ms_t now_ms, uint32_t *tag, ms_t *passed_ms)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    if (!d->pass_count) return false;
    *tag = d->pass[d->pass_first].tag;
    *passed_ms = d->pass[d->pass_first].at_ms;
    d->pass_first = (uint16_t)((d->pass_first + 1) % LEGS_MAX);
    d->pass_count--;
    return true;
}

static void sim_pose(void *self, ms_t now_ms, struct drive_pose *out)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    *out = (struct drive_pose){ d->x, d->y, d->theta, 0 };
    if (!d->count) return;
    int64_t s, v;
    first_at(d, now_ms * 1000, &s, &v, &out->theta);
    leg_point(leg_at(d, 0), s, &out->x_mm, &out->y_mm);
    out->speed_mm_s = (int32_t)(v / 1000);
}

static bool sim_standing(void *self, ms_t now_ms)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    return d->count == 0 || d->halted;
}

static ms_t sim_deadline(void *self, ms_t now_ms)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    if (d->pass_count) return now_ms;
    return d->count && !d->halted ? (d->end_us + 999) / 1000 : MS_NEVER;
}

static void sim_relocate(void *self, mm_t x_mm, mm_t y_mm, mrad_t theta, ms_t now_ms)
{
    struct drive_sim *d = self;
    advance(d, now_ms);
    clear_legs(d);
    d->x = x_mm;
    d->y = y_mm;
    d->theta = drive_angle_between(0, theta);
}

size_t drive_sim_memory(void) { return (sizeof(struct drive_sim) + 15) & ~(size_t)15; }

int drive_sim_open(struct drive_sim **out, struct arena *mem, const struct drive_sim_config *cfg)
{
    if (cfg->speed_mm_s <= 0 || cfg->accel_mm_s2 <= 0 || cfg->turn_mrad_s <= 0 || cfg->settle_ms < 0 ||
        cfg->straight_mrad < 0)
        return ORD_ERANGE;
    struct drive_sim *d = arena_new(mem, struct drive_sim, 1);
    if (!d) return ORD_EFULL;
    d->speed = (int64_t)cfg->speed_mm_s * 1000;
    d->accel = (int64_t)cfg->accel_mm_s2 * 1000;
    d->turn_mrad_s = cfg->turn_mrad_s;
    d->settle_us = cfg->settle_ms * 1000;
    d->straight = cfg->straight_mrad ? cfg->straight_mrad : 350;
    d->reversible = cfg->reversible;
    d->x = cfg->x_mm;
    d->y = cfg->y_mm;
    d->theta = drive_angle_between(0, cfg->theta);
    *out = d;
    return ORD_OK;
}

struct drive drive_sim_ops(struct drive_sim *d)
{
    static const struct drive_ops ops = { sim_append, sim_stop,     sim_pause,    sim_passed,
                                          sim_pose,   sim_standing, sim_deadline, sim_relocate };
    return (struct drive){ &ops, d };
}
