/* The vehicle under a wire that loses, repeats and reorders, and a controller that cancels, pauses and turns keys.
 * Judged from outside: by the messages it accepted and by where it truly is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/agent.h"
#include "common/err.h"
#include "common/rng.h"
#include "common/text.h"

#define GRID 6
#define CELL_MM 3000
#define KEPT 40 /* messages that may still come, again and late */
#define IDS_MAX 4000

enum phase { NEW, WAITS, RUNS, ENDED };

struct storm {
    struct rng r;
    struct agent *agent;
    ms_t now;
    struct vda_state last;
    bool any, extra_ticks, healed;
    int states;

    /* the controller's side */
    uint32_t order_n, update, action_n, seq;
    int at; /* node at the end of the base it sent */
    struct vda_order sent[KEPT];
    bool heard[KEPT]; /* an order never heard before a newer one began is lost, as with one outstanding message */
    struct vda_instant_actions told[KEPT];
    uint32_t sent_n, told_n;

    /* the judge's side */
    uint8_t phase[IDS_MAX];
    bool at_rest[IDS_MAX];  /* runs only while standing */
    int16_t place[IDS_MAX]; /* the only node where it may run, -1: sent for several */
    uint32_t newest_order;  /* highest order number ever shown */
    mm_t from_x, from_y;    /* where the present order began */
    mm_t stood_x, stood_y;  /* after a clear order: where it came to rest */
    uint64_t hash;
};
static struct storm storm_memory;
static uint8_t block[400000];

static uint32_t number_of(const char *id)
{
    uint32_t n = 0;
    for (id++; *id; id++) n = n * 10 + (uint32_t)(*id - '0');
    return n;
}
static void node_place(const char *id, mm_t *x, mm_t *y)
{
    uint32_t n = number_of(id);
    *x = (mm_t)(n % GRID) * CELL_MM;
    *y = (mm_t)(n / GRID) * CELL_MM;
}

/* ---- the judge ---- */

static bool on_segment(mm_t ax, mm_t ay, mm_t bx, mm_t by, mm_t x, mm_t y)
{
    int64_t way = distance_mm(ax, ay, x, y) + distance_mm(x, y, bx, by) - distance_mm(ax, ay, bx, by);
    return way <= 4; /* mm, rounding of three roots and of the pose */
}

/* Truth against the newest state: it is on the way to the first released node, or where it may stand. */
static void judge_place(struct storm *s)
{
    struct agent_truth t;
    mm_t lx, ly, nx, ny;
    agent_truth(s->agent, s->now, &t);
    if (s->last.last_node[0] == '\0') return;
    node_place(s->last.last_node, &lx, &ly);
    bool ahead = s->last.node_states > 0 && s->last.node_state[0].released;
    if (ahead) node_place(s->last.node_state[0].id, &nx, &ny);
    bool ok = on_segment(lx, ly, lx, ly, t.pose.x_mm, t.pose.y_mm) ||
              on_segment(s->stood_x, s->stood_y, s->stood_x, s->stood_y, t.pose.x_mm, t.pose.y_mm);
    if (!ok && ahead) ok = on_segment(lx, ly, nx, ny, t.pose.x_mm, t.pose.y_mm);
    /* The first edge of an order begins where the vehicle stood, which may be off its first node. */
    if (!ok && ahead) ok = on_segment(s->from_x, s->from_y, nx, ny, t.pose.x_mm, t.pose.y_mm);
    if (!ok)
        print_message("at %d,%d last %s next %s\n", t.pose.x_mm, t.pose.y_mm, s->last.last_node,
                      ahead ? s->last.node_state[0].id : "-");
    assert_true(ok);
}

static void judge_actions(struct storm *s, const struct vda_state *m)
{
    for (uint16_t i = 0; i < m->action_states; i++) {
        const struct vda_action_state *a = &m->action_state[i];
        uint32_t n = number_of(a->id);
        assert_true(n < IDS_MAX);
        uint8_t old = s->phase[n], now = RUNS;
        if (a->status == VDA_WAITING) now = WAITS;
        if (a->status == VDA_FINISHED || a->status == VDA_FAILED) now = ENDED;
        assert_true(now >= old); /* never again what once began or ended */
        s->phase[n] = now;
        if (now != RUNS || !s->at_rest[n]) continue;
        assert_false(m->driving);
        if (s->place[n] >= 0) assert_int_equal(number_of(m->last_node), s->place[n]);
    }
}

static void judge_state(struct storm *s, const struct vda_state *m)
{
    if (s->any) assert_int_equal(m->head.header_id, s->last.head.header_id + 1);
    if (m->order_id[0]) {
        uint32_t n = number_of(m->order_id);
        assert_true(n >= s->newest_order); /* an order once left never comes back */
        if (s->any && strcmp(m->order_id, s->last.order_id) == 0) {
            assert_true(m->update_id >= s->last.update_id);
            assert_true(m->last_seq >= s->last.last_seq);
        } else {
            struct agent_truth t;
            agent_truth(s->agent, s->now, &t);
            s->from_x = t.pose.x_mm;
            s->from_y = t.pose.y_mm;
        }
        s->newest_order = n;
    }
    bool released = true;
    for (uint16_t i = 0; i < m->node_states && i < VDA_NODES_MAX; i++) {
        assert_int_equal(m->node_state[i].seq, m->last_seq + 2 * (i + 1u));
        assert_int_equal(m->edge_state[i].seq, m->node_state[i].seq - 1);
        assert_true(released || !m->node_state[i].released);
        released = m->node_state[i].released;
    }
    if (m->node_states == 0) {
        s->stood_x = m->x_mm;
        s->stood_y = m->y_mm;
    }
    judge_actions(s, m);
    s->last = *m;
    s->any = true;
    s->states++;
    s->hash = (s->hash ^ m->last_seq ^ ((uint64_t)(uint32_t)m->x_mm << 20) ^ m->action_states) * 1099511628211u;
}

/* ---- host ---- */

static void give(struct storm *s, struct agent_in in)
{
    struct agent_out out;
    in.at_ms = s->now;
    agent_input(s->agent, &in);
    while (agent_output(s->agent, &out))
        if (out.kind == AGENT_OUT_STATE) judge_state(s, out.state);
    agent_check(s->agent);
    judge_place(s);
}

static void pass(struct storm *s, ms_t dt)
{
    ms_t until = s->now + dt;
    while (s->now < until) {
        ms_t due = agent_deadline(s->agent);
        assert_true(due > s->now);
        ms_t next = ms_min(due, until);
        if (s->extra_ticks) next = ms_min(next, s->now + 17);
        s->now = next;
        if (next == due || s->extra_ticks) give(s, (struct agent_in){ .kind = AGENT_TICK });
        else judge_place(s);
    }
}

static void storm_open(struct storm *s, uint64_t seed, bool extra_ticks)
{
    struct arena mem;
    struct drive_sim *d;
    struct drive_sim_config dc = { .speed_mm_s = 1000, .accel_mm_s2 = 600, .turn_mrad_s = 1500, .settle_ms = 100 };
    struct agent_config ac = { .manufacturer = "M",
                               .serial = "1",
                               .version = "2.1.0",
                               .start_node = "n0",
                               .start_map = "m",
                               .heartbeat_ms = 3600000,
                               .pick_ms = 1500,
                               .drop_ms = 700,
                               .battery_permille = 1000 };
    memset(s, 0, sizeof *s);
    s->r = rng_stream(seed, "agent storm");
    s->extra_ticks = extra_ticks;
    arena_init(&mem, block, sizeof block);
    assert_int_equal(drive_sim_open(&d, &mem, &dc), ORD_OK);
    ac.drive = drive_sim_ops(d);
    assert_int_equal(agent_open(&s->agent, &mem, &ac), ORD_OK);
    give(s, (struct agent_in){ .kind = AGENT_LINK_UP });
}

/* ---- the controller ---- */

static int neighbour(struct storm *s, int at)
{
    for (;;) {
        uint32_t way = rng_below(&s->r, 4);
        int x = at % GRID + (way == 0) - (way == 1), y = at / GRID + (way == 2) - (way == 3);
        if (x >= 0 && x < GRID && y >= 0 && y < GRID) return y * GRID + x;
    }
}

static void put_node(struct storm *s, struct vda_order *o, int node, uint32_t seq, bool released)
{
    struct vda_node *n = &o->node[o->nodes];
    snprintf(n->id, sizeof n->id, "n%d", node);
    node_place(n->id, &n->x_mm, &n->y_mm);
    n->seq = seq;
    n->released = released;
    n->has_position = true;
    n->map_id[0] = 'm';
    if (o->nodes > 0) {
        struct vda_edge *e = &o->edge[o->nodes - 1];
        memcpy(e->start, o->node[o->nodes - 1].id, sizeof e->start);
        memcpy(e->end, n->id, sizeof e->end);
        snprintf(e->id, sizeof e->id, "e%u", seq);
        e->seq = seq - 1;
        e->released = released;
        if (rng_chance(&s->r, 200000)) e->max_speed_mm_s = 300;
        while (o->actions < 6 && rng_chance(&s->r, 250000)) {
            struct vda_action *a = &o->action[o->actions];
            uint32_t id = s->action_n++;
            bool again = id > 0 && !s->healed && rng_chance(&s->r, 30000); /* a controller that counts badly */
            if (again) id = rng_below(&s->r, id);
            snprintf(a->id, sizeof a->id, "a%u", id);
            s->place[id] = again ? -1 : (int16_t)node;
            s->at_rest[id] = true;
            a->type = rng_chance(&s->r, 500000) ? VDA_PICK : rng_chance(&s->r, 500000) ? VDA_DROP : VDA_STOP_CHARGING;
            a->blocking = (enum vda_blocking)rng_below(&s->r, 3);
            if (a->type == VDA_STOP_CHARGING && a->blocking == VDA_NONE) s->at_rest[id] = false;
            if (n->actions == 0) n->action_first = o->actions;
            n->actions++;
            o->actions++;
        }
    }
    o->nodes++;
}

/* A new order from node `at`, or an update that stitches to the base sent so far. */
static void compose(struct storm *s, struct vda_order *o, bool fresh)
{
    memset(o, 0, sizeof *o);
    s->heard[o - s->sent] = false;
    if (fresh) {
        s->order_n++;
        s->update = 0;
        s->seq = 0;
    } else {
        s->update++;
    }
    snprintf(o->order_id, sizeof o->order_id, "o%u", s->order_n);
    o->update_id = s->update;
    o->head.header_id = s->sent_n;
    put_node(s, o, s->at, s->seq, true);
    if (fresh) o->node[0].deviation_mm = 20 * CELL_MM;
    uint32_t nodes = 1 + rng_below(&s->r, 5), base = 1 + rng_below(&s->r, nodes);
    int node = s->at;
    uint32_t seq = s->seq;
    for (uint32_t i = 0; i < nodes; i++) {
        node = neighbour(s, node);
        seq += 2;
        put_node(s, o, node, seq, i < base);
        if (i < base) {
            s->at = node;
            s->seq = seq;
        }
    }
}

static void deliver_order(struct storm *s, const struct vda_order *o)
{
    int states = s->states;
    size_t i = (size_t)(o - s->sent);
    if (!s->heard[i] && number_of(o->order_id) < s->order_n) return;
    s->heard[i] = true;
    give(s, (struct agent_in){ .kind = AGENT_ORDER, .order = o });
    assert_int_equal(s->states, states + 1); /* one answer each, accepted or not */
}

static void instruct(struct storm *s, enum vda_action_type type)
{
    struct vda_instant_actions *m = &s->told[s->told_n++ % KEPT];
    memset(m, 0, sizeof *m);
    m->actions = 1;
    snprintf(m->action[0].id, sizeof m->action[0].id, "a%u", s->action_n++);
    m->action[0].type = type;
    if (!rng_chance(&s->r, 100000)) give(s, (struct agent_in){ .kind = AGENT_INSTANT, .instant = m });
}

/* Where a controller would start again: from the state, as after a cancel. */
static void believe(struct storm *s) { s->at = (int)number_of(s->last.last_node); }

static void one_step(struct storm *s)
{
    static const enum vda_action_type kinds[] = { VDA_CANCEL_ORDER,  VDA_START_PAUSE,    VDA_STOP_PAUSE,
                                                  VDA_STATE_REQUEST, VDA_START_CHARGING, VDA_STOP_CHARGING,
                                                  VDA_PICK };
    uint32_t what = rng_below(&s->r, 100);
    if (what < 35) {
        struct vda_order *o = &s->sent[s->sent_n++ % KEPT];
        bool fresh = s->order_n == 0 || rng_chance(&s->r, 250000);
        if (fresh) believe(s);
        compose(s, o, fresh);
        if (!rng_chance(&s->r, 150000)) deliver_order(s, o); /* else it comes later, or never */
    } else if (what < 60 && s->sent_n) {
        uint32_t kept = s->sent_n < KEPT ? s->sent_n : KEPT;
        deliver_order(s, &s->sent[rng_below(&s->r, kept)]);
    } else if (what < 68 && s->told_n) {
        uint32_t kept = s->told_n < KEPT ? s->told_n : KEPT;
        give(s, (struct agent_in){ .kind = AGENT_INSTANT, .instant = &s->told[rng_below(&s->r, kept)] });
    } else if (what < 76) {
        instruct(s, kinds[rng_below(&s->r, COUNT_OF(kinds))]);
    } else if (what < 78) {
        give(s, (struct agent_in){ .kind = AGENT_SET_MODE,
                                   .mode = rng_chance(&s->r, 500000) ? VDA_MANUAL : VDA_AUTOMATIC });
    } else {
        pass(s, rng_between(&s->r, 1, 6000));
    }
}

static uint64_t storm(uint64_t seed, bool extra_ticks, int steps, int *drove)
{
    struct storm *s = &storm_memory;
    storm_open(s, seed, extra_ticks);
    for (int i = 0; i < steps && s->action_n < IDS_MAX - 20; i++) one_step(s);
    /* Then the wire heals: what is asked for now happens. */
    give(s, (struct agent_in){ .kind = AGENT_SET_MODE, .mode = VDA_AUTOMATIC });
    instruct(s, VDA_STOP_PAUSE);
    give(s, (struct agent_in){ .kind = AGENT_INSTANT, .instant = &s->told[(s->told_n - 1) % KEPT] });
    pass(s, 300000);
    instruct(s, VDA_CANCEL_ORDER);
    give(s, (struct agent_in){ .kind = AGENT_INSTANT, .instant = &s->told[(s->told_n - 1) % KEPT] });
    pass(s, 10000);
    s->healed = true;
    assert_int_equal(s->last.node_states, 0);
    believe(s);
    struct vda_order *o = &s->sent[s->sent_n++ % KEPT];
    compose(s, o, true);
    deliver_order(s, o);
    assert_string_equal(s->last.order_id, o->order_id);
    assert_int_equal(s->last.errors, 0);
    int goal = s->at;
    pass(s, 300000);
    assert_int_equal(number_of(s->last.last_node), goal);
    assert_false(s->last.driving);
    *drove += s->newest_order > 5;
    return s->hash;
}

static void no_storm_makes_it_leave_its_base_or_act_twice(void **state)
{
    int drove = 0;
    for (uint64_t seed = 1; seed <= 250; seed++) (void)storm(seed, false, 300, &drove);
    assert_true(drove > 200); /* the storm was not only refusals */
}

static void ticks_in_between_change_nothing(void **state)
{
    int drove = 0;
    for (uint64_t seed = 1; seed <= 15; seed++)
        assert_int_equal(storm(seed, false, 150, &drove), storm(seed, true, 150, &drove));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_storm_makes_it_leave_its_base_or_act_twice),
        cmocka_unit_test(ticks_in_between_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
