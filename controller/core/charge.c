#include "fleet_state.h"

#define LOOK_MS MS_MINUTE
#define ENOUGH_PERMILLE 500 /* while jobs wait, so much is enough to go on ... */
#define ENOUGH_SLOW 350     /* ... and this for those that need hours */
#define WORK_PERMILLE 500   /* of the energy goes into driving; the rest into standing, docking and being careful */

/* Idle robots fill up to here, by the price of the hour: those that charge fast at the peak only when they must; those
 * that need hours begin earlier. */
#define SLOW_HOURS 2
static const int32_t idle_fast[TARIFF_COUNT] = { [TARIFF_VALLEY] = 900, [TARIFF_FLAT] = 450, [TARIFF_PEAK] = 0 };
static const int32_t idle_slow[TARIFF_COUNT] = { [TARIFF_VALLEY] = 950, [TARIFF_FLAT] = 600, [TARIFF_PEAK] = 0 };

const char *const charge_policy_name[CHARGE_COUNT] = { "tariff", "low" };

static const struct robot_class *class_of(const struct fleet *f, robot_id r)
{
    return &f->cfg.site->cls[f->cfg.robot_class[r]];
}

static bool modelled(const struct fleet *f, robot_id r)
{
    return class_of(f, r)->battery_wh > 0 && f->robot[r].battery_permille >= 0;
}

int64_t charge_range_mm(const struct fleet *f, robot_id id)
{
    const struct robot_class *c = class_of(f, id);
    if (!modelled(f, id) || c->move_w <= 0) return INT64_MAX;
    int64_t above = f->robot[id].battery_permille - c->reserve_permille;
    if (above <= 0) return 0;
    int64_t joule = (int64_t)c->battery_wh * 3600 * above / 1000 * WORK_PERMILLE / 1000;
    return joule * c->speed_mm_s / c->move_w;
}

bool charge_blocks(const struct fleet *f, robot_id id) { return f->robot[id].must_charge; }

static bool slow(const struct robot_class *c) { return c->charge_w > 0 && c->battery_wh / c->charge_w >= SLOW_HOURS; }

static void judge(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    const struct robot_class *c = class_of(f, id);
    if (!modelled(f, id)) return;
    if (r->battery_permille < c->charge_low_permille) r->must_charge = true;
    bool full = r->battery_permille >= c->charge_target_permille;
    bool enough = f->jobs.waiting > 0 && r->battery_permille >= (slow(c) ? ENOUGH_SLOW : ENOUGH_PERMILLE);
    if (r->must_charge && (full || enough)) {
        r->must_charge = false;
        f->assign_due = true;
    }
}

static void send_to_charge(struct fleet *f, robot_id id)
{
    struct stop stop = { STOP_CHARGE, 0, ID_NONE, MS_NEVER };
    robot_set_tour(f, id, &stop, 1);
}

static int32_t idle_permille(const struct fleet *f, robot_id id)
{
    const struct robot_class *c = class_of(f, id);
    enum tariff now = hour_tariff(f, f->now_ms);
    if (f->cfg.charging == CHARGE_LOW) return 0;
    return slow(c) ? idle_slow[now] : idle_fast[now];
}

static bool wants_charge(const struct fleet *f, robot_id id)
{
    const struct robot *r = &f->robot[id];
    return modelled(f, id) && (r->must_charge || r->battery_permille < idle_permille(f, id));
}

/* All chargers are taken: one that has enough and is idle parks elsewhere. The charger is free at a later look. */
static void make_room(struct fleet *f)
{
    for (robot_id o = 0; o < f->cfg.robots; o++) {
        const struct route *t = plan_of(f->plan, o);
        if (!robot_free(f, o) || wants_charge(f, o) || t->count > t->head + 1) continue;
        if ((f->cfg.site->node[route_frontier(t)->node].flags & NODE_CHARGER) && robot_park(f, o)) return;
    }
}

static void look_at(struct fleet *f, robot_id id)
{
    struct robot *r = &f->robot[id];
    judge(f, id);
    if (!modelled(f, id) || !robot_usable(r) || !plan_of(f->plan, id)->placed || r->loads > 0 || r->charging) return;
    if (robot_committed(f, id) || (r->stops > 0 && r->stop[0].kind == STOP_CHARGE)) return;
    if (!r->must_charge && (r->stops > 0 || !wants_charge(f, id))) return;
    if (!mode_charging_allowed(f)) return;
    if (!robot_charger_free(f, id)) {
        make_room(f);
        return;
    }
    if (r->stops > 0) assign_release(f, id, JOB_WHY_ENERGY);
    send_to_charge(f, id);
}

void charge_run(struct fleet *f)
{
    if (f->now_ms < f->charge_ms) return;
    f->charge_ms = MS_NEVER;
    for (robot_id id = 0; id < f->cfg.robots; id++) {
        look_at(f, id);
        if (modelled(f, id)) f->charge_ms = f->now_ms + LOOK_MS;
    }
}

ms_t charge_deadline(const struct fleet *f) { return f->charge_ms; }
