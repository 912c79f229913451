/* A robot's true story, told through a link that loses, repeats, delays and reorders states, must come out as facts
 * that are true, in order, and told once. And whatever bytes a robot may send, facts.c only ever answers with facts
 * in range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/rng.h"
#include "core/facts.h"
#include "unit/tiny_site.h"

#define EPOCH 0x1234u
#define SEEDS 150
#define STEPS 400
#define LATE 8

static struct tiny tiny;
static uint8_t memory[1 << 16];
static struct vda_state late[LATE]; /* states on their way */

struct seen {
    uint32_t acked_order, acked_update, reached_order, reached_seq, idle_order;
    uint8_t action[2000];
    bool online;
};

static struct facts *open_facts(uint16_t robots)
{
    struct facts *f;
    struct facts_config cfg = { .site = tiny_ring(&tiny, 8), .robots = robots, .epoch = EPOCH };
    struct arena mem;
    assert_true(facts_memory(&cfg) <= sizeof memory);
    arena_init(&mem, memory, facts_memory(&cfg));
    assert_int_equal(facts_open(&f, &mem, &cfg), ORD_OK);
    return f;
}

/* What is told must have been true at some time, go forward, and never repeat. */
static void judge(const struct in_fact *x, struct seen *s, const struct vda_state *truth, uint32_t orders)
{
    switch ((enum fact_kind)x->kind) {
    case FACT_ONLINE:
        assert_false(s->online);
        s->online = true;
        return;
    case FACT_SILENT:
    case FACT_OFFLINE:
        assert_true(s->online);
        s->online = false;
        return;
    case FACT_ACK:
        assert_true(x->a >= s->acked_order && x->a <= orders);
        assert_true(x->a > s->acked_order || x->b > s->acked_update);
        s->acked_order = x->a;
        s->acked_update = x->b;
        return;
    case FACT_REACHED:
        assert_true(x->a >= s->reached_order && x->b % 2 == 0);
        assert_true(x->a > s->reached_order || x->b > s->reached_seq);
        s->reached_order = x->a;
        s->reached_seq = x->b;
        assert_int_equal(x->node, (x->a * 3 + x->b / 2) % 8); /* the way the robot of this story goes */
        return;
    case FACT_ACTION:
        assert_true(x->a < COUNT_OF(s->action) && x->b > s->action[x->a]);
        s->action[x->a] = (uint8_t)x->b;
        return;
    case FACT_IDLE:
        assert_true(x->a >= s->idle_order);
        s->idle_order = x->a;
        return;
    case FACT_MODE:
    case FACT_BATTERY:
    case FACT_ERROR:
    case FACT_FOREIGN:
    case FACT_SHEET:
    case FACT_COUNT: return;
    case FACT_STANDS:
    case FACT_LOST_ORDER:
    case FACT_REJECTED: fail_msg("this robot never did that: %d", x->kind);
    }
    (void)truth;
}

/* The robot of this story: order k leads over 12 nodes, with an action at the end. */
static void live(struct vda_state *s, struct rng *r, uint32_t *orders)
{
    uint32_t k = *orders;
    if (k == 0 || (s->node_states == 0 && s->action_states && s->action_state[0].status == VDA_FINISHED)) {
        k = ++*orders;
        snprintf(s->order_id, sizeof s->order_id, "o0000000000001234-0-%u", k);
        s->update_id = 0;
        s->last_seq = 0;
        s->node_states = s->edge_states = 12;
        s->action_states = 1;
        snprintf(s->action_state[0].id, VDA_ID_MAX, "a0000000000001234-0-%u", k);
        s->action_state[0].status = VDA_WAITING;
    } else if (s->node_states > 0) {
        s->last_seq += 2;
        s->node_states--;
        s->edge_states--;
        if (rng_chance(r, 300000)) s->update_id++;
    } else {
        s->action_state[0].status = s->action_state[0].status == VDA_WAITING ? VDA_RUNNING : VDA_FINISHED;
    }
    s->driving = s->node_states > 0;
    snprintf(s->last_node, sizeof s->last_node, "n%u", (k * 3 + s->last_seq / 2) % 8);
    s->battery_permille = (int32_t)rng_between(r, 500, 520);
}

static void a_bad_link_changes_when_things_are_told_not_what(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng r = rng_stream(seed, "link");
        struct facts *f = open_facts(1);
        static struct vda_state s;
        struct seen seen = { 0 };
        struct in_fact x;
        uint32_t orders = 0;
        uint16_t waiting = 0;
        memset(&s, 0, sizeof s);
        s.head.header_id = (uint32_t)rng_u64(&r); /* the count may wrap on the way */
        for (ms_t now = 0, i = 0; i < STEPS; i++) {
            now += rng_between(&r, 100, 900);
            live(&s, &r, &orders);
            s.head.header_id++;
            if (waiting < LATE) late[waiting++] = s;
            while (waiting > 0 && rng_chance(&r, 700000)) {
                uint16_t k = rng_chance(&r, 700000) ? 0 : (uint16_t)rng_below(&r, waiting); /* in order, or not */
                if (!rng_chance(&r, 200000)) facts_state(f, 0, &late[k], now);              /* or not at all */
                while (facts_next(f, &x)) judge(&x, &seen, &s, orders);
                if (rng_chance(&r, 100000)) continue; /* and once more later */
                memmove(&late[k], &late[k + 1], (size_t)(waiting - k - 1) * sizeof late[0]);
                waiting--;
            }
            facts_tick(f, now);
            while (facts_next(f, &x)) judge(&x, &seen, &s, orders);
        }
        facts_state(f, 0, &s, 1000 * STEPS); /* the last word arrives: now all is known */
        while (facts_next(f, &x)) judge(&x, &seen, &s, orders);
        assert_int_equal(seen.acked_order, orders);
        assert_int_equal(seen.acked_update, s.update_id);
        assert_int_equal(seen.reached_seq, s.last_seq);
    }
}

/* ---- nonsense ---- */

static void random_text(struct rng *r, char *dst, size_t size)
{
    static const char *const words[] = { "",
                                         "n1",
                                         "n15",
                                         "n99",
                                         "o0000000000001234-0-1",
                                         "o0000000000001234-1-77",
                                         "o0000000000001234-0-4294967295",
                                         "a0000000000001234-0-5",
                                         "a0000000000001234-1-4294967295",
                                         "orderError",
                                         "orderUpdateError",
                                         "orderId",
                                         "orderUpdateId",
                                         "99999999999999999999",
                                         "L0" };
    if (rng_chance(r, 800000)) {
        snprintf(dst, size, "%s", words[rng_below(r, COUNT_OF(words))]);
        return;
    }
    size_t n = rng_below(r, (uint32_t)size);
    for (size_t i = 0; i < n; i++) dst[i] = (char)(1 + rng_below(r, 255));
    dst[n] = '\0';
}

static void random_state(struct rng *r, struct vda_state *s)
{
    memset(s, 0, sizeof *s);
    s->head.header_id = rng_chance(r, 500000) ? rng_below(r, 50) : (uint32_t)rng_u64(r);
    random_text(r, s->order_id, sizeof s->order_id);
    random_text(r, s->last_node, sizeof s->last_node);
    random_text(r, s->map_id, sizeof s->map_id);
    s->update_id = (uint32_t)rng_u64(r);
    s->last_seq = (uint32_t)rng_u64(r);
    s->node_states = (uint16_t)rng_below(r, 3);
    s->edge_states = (uint16_t)rng_below(r, 3);
    s->driving = rng_below(r, 2);
    s->action_states = (uint16_t)rng_below(r, VDA_ACTION_STATES_MAX + 1);
    for (uint16_t i = 0; i < s->action_states; i++) {
        random_text(r, s->action_state[i].id, VDA_ID_MAX);
        s->action_state[i].status = (enum vda_status)rng_below(r, VDA_FAILED + 1);
    }
    s->battery_permille = (int32_t)rng_between(r, -5, 1005);
    s->mode = (enum vda_mode)rng_below(r, VDA_TEACHIN + 1);
    s->errors = (uint8_t)rng_below(r, VDA_ERRORS_MAX + 1);
    for (uint8_t i = 0; i < s->errors; i++) {
        random_text(r, s->error[i].type, VDA_ID_MAX);
        s->error[i].level = (enum vda_error_level)rng_below(r, 2);
        s->error[i].refs = (uint8_t)rng_below(r, VDA_REFS_MAX + 1);
        for (uint8_t k = 0; k < s->error[i].refs; k++) {
            random_text(r, s->error[i].ref[k].key, sizeof s->error[i].ref[k].key);
            random_text(r, s->error[i].ref[k].value, VDA_ID_MAX);
        }
    }
    s->has_position = rng_below(r, 2);
}

static void whatever_is_said_the_facts_are_in_range(void **state)
{
    struct rng r = rng_stream(1, "nonsense");
    struct facts *f = open_facts(2);
    static struct vda_state s;
    struct in_fact x;
    uint32_t facts = 0;
    for (int i = 0; i < 15000; i++) {
        robot_id id = (robot_id)rng_below(&r, 2);
        random_state(&r, &s);
        facts_state(f, id, &s, i);
        while (facts_next(f, &x)) {
            assert_true(x.robot == id && x.kind < FACT_COUNT && (x.node == ID_NONE || x.node < tiny.site.nodes));
            facts++;
        }
        if (rng_chance(&r, 50000)) facts_connection(f, id, (enum vda_connection_state)rng_below(&r, 3), i);
        while (facts_next(f, &x)) assert_int_equal(x.kind, FACT_OFFLINE);
    }
    assert_true(facts > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_link_changes_when_things_are_told_not_what),
        cmocka_unit_test(whatever_is_said_the_facts_are_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
