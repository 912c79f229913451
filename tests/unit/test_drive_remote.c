/* A vehicle's motion in a program of its own: what is said, what is believed, and that losing it is safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "agent/agent.h"
#include "agent/drive_remote.h"
#include "common/err.h"

static uint64_t memory[32 * 1024];

struct bench {
    struct drive_remote *d;
    struct drive drive;
    ms_t now_ms;
    char line[128];
};

static struct bench begin(struct arena *mem)
{
    struct bench b = { .now_ms = 1000 };
    struct drive_pose start = { 1000, 2000, 0, 0 };
    arena_init(mem, memory, sizeof memory);
    assert_int_equal(drive_remote_open(&b.d, mem, &start), ORD_OK);
    b.drive = drive_remote_ops(b.d);
    drive_remote_connected(b.d, b.now_ms);
    return b;
}

static void says(struct bench *b, const char *line) { assert_true(drive_remote_line(b->d, line, b->now_ms)); }
static const char *next(struct bench *b)
{
    if (!drive_remote_next(b->d, b->line, sizeof b->line, b->now_ms)) b->line[0] = '\0';
    return b->line;
}
static bool stands(struct bench *b) { return b->drive.ops->standing(b->drive.self, b->now_ms); }

static void commands_are_lines_with_rising_numbers(void **state)
{
    (void)state;
    struct arena mem;
    struct bench b = begin(&mem);
    says(&b, "pose 1000 2000 0 0 1 0");
    struct drive_leg leg = { 7, -1500, 2000, 800, true };
    assert_int_equal(b.drive.ops->append(b.drive.self, &leg, b.now_ms), ORD_OK);
    b.drive.ops->pause(b.drive.self, true, b.now_ms);
    b.drive.ops->pause(b.drive.self, true, b.now_ms); /* it is already */
    b.drive.ops->stop(b.drive.self, b.now_ms);
    b.drive.ops->relocate(b.drive.self, 5, -6, -7, b.now_ms);
    assert_string_equal(next(&b), "1 leg 7 -1500 2000 800 1\n");
    assert_string_equal(next(&b), "2 pause 1\n");
    assert_string_equal(next(&b), "3 stop\n");
    assert_string_equal(next(&b), "4 relocate 5 -6 -7\n");
    assert_string_equal(next(&b), "");
    b.now_ms += DRIVE_REMOTE_ALIVE_MS;
    assert_string_equal(next(&b), "4 alive\n"); /* commands nothing, so it has no number of its own */
}

static void it_stands_only_when_that_was_written_after_the_last_command(void **state)
{
    (void)state;
    struct arena mem;
    struct bench b = begin(&mem);
    assert_true(!stands(&b)); /* nothing is known yet */
    says(&b, "pose 1000 2000 0 0 1 0");
    assert_true(stands(&b));
    struct drive_leg leg = { 1, 4000, 2000, 0, false };
    b.drive.ops->append(b.drive.self, &leg, b.now_ms);
    assert_true(!stands(&b));
    says(&b, "pose 1000 2000 0 0 1 0"); /* written before the leg came */
    assert_true(!stands(&b));
    says(&b, "pose 2000 2000 0 900 0 1");
    assert_true(!drive_remote_line(b.d, "passed 2", b.now_ms)); /* never given */
    says(&b, "passed 1");
    assert_true(!drive_remote_line(b.d, "passed 1", b.now_ms)); /* passed already */
    says(&b, "pose 4000 2000 0 0 1 1");
    uint32_t tag;
    ms_t at_ms;
    assert_true(b.drive.ops->passed(b.drive.self, b.now_ms, &tag, &at_ms));
    assert_int_equal(tag, 1);
    assert_true(!b.drive.ops->passed(b.drive.self, b.now_ms, &tag, &at_ms));
    assert_true(stands(&b));
    b.drive.ops->stop(b.drive.self, b.now_ms);
    assert_true(!stands(&b));
    says(&b, "pose 4000 2000 0 0 1 2");
    assert_true(stands(&b));
}

static void nonsense_is_not_taken_for_a_word(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "pose",
                                       "pose 1 2 3 4 1",
                                       "pose 1 2 3 4 1 9",
                                       "pose 1 2 3 4 1 0 0",
                                       "poses",
                                       "pose a 2 3 4 1 0",
                                       "pose 99999999999 2 3 4 1 0",
                                       "passed",
                                       "passed 1",
                                       "okay",
                                       "pose  1 2 3 4 1 0",
                                       "pose - 2 3 4 1 0" };
    struct arena mem;
    struct bench b = begin(&mem);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (drive_remote_line(b.d, bad[i], b.now_ms)) fail_msg("'%s' was believed", bad[i]);
    assert_non_null(drive_remote_trouble(b.d, b.now_ms));
}

static void silence_and_faults_are_trouble_and_take_no_legs(void **state)
{
    (void)state;
    struct arena mem;
    struct bench b = begin(&mem);
    struct drive_leg leg = { 1, 4000, 2000, 0, false };
    assert_int_equal(b.drive.ops->append(b.drive.self, &leg, b.now_ms), ORD_EBUSY);
    says(&b, "pose 1000 2000 0 0 1 0");
    assert_null(drive_remote_trouble(b.d, b.now_ms));
    says(&b, "fault left wheel hot");
    assert_string_equal(drive_remote_trouble(b.d, b.now_ms), "left wheel hot");
    assert_int_equal(b.drive.ops->append(b.drive.self, &leg, b.now_ms), ORD_EBUSY);
    says(&b, "ok");
    assert_null(drive_remote_trouble(b.d, b.now_ms));
    b.now_ms += DRIVE_REMOTE_LOST_MS;
    assert_non_null(drive_remote_trouble(b.d, b.now_ms));
    assert_int_equal(b.drive.ops->append(b.drive.self, &leg, b.now_ms), ORD_EBUSY);
}

/* The whole agent: its drive goes away on the way; it says so, and is free when the drive is back. */
static void a_lost_drive_is_a_fatal_error_and_costs_the_order(void **state)
{
    (void)state;
    static struct vda_order o;
    struct arena mem;
    struct bench b = begin(&mem);
    struct agent *a;
    struct agent_out out;
    struct vda_state last = { .errors = 0 };
    struct agent_config cfg = { .drive = b.drive, .start_x_mm = 1000, .start_y_mm = 2000, .battery_permille = 900 };
    strcpy(cfg.version, "2.1.0");
    strcpy(cfg.start_node, "n0");
    strcpy(cfg.start_map, "m");
    assert_int_equal(agent_open(&a, &mem, &cfg), ORD_OK);
    memset(&o, 0, sizeof o);
    strcpy(o.order_id, "o1");
    o.nodes = 2;
    for (int i = 0; i < 2; i++) {
        o.node[i] = (struct vda_node){
            .seq = 2u * (uint32_t)i, .released = true, .has_position = true, .x_mm = 1000 + 3000 * i, .y_mm = 2000
        };
        strcpy(o.node[i].id, i ? "n1" : "n0");
        strcpy(o.node[i].map_id, "m");
    }
    o.edge[0] = (struct vda_edge){ .seq = 1, .released = true };
    strcpy(o.edge[0].id, "e");
    strcpy(o.edge[0].start, "n0");
    strcpy(o.edge[0].end, "n1");
#define GIVE(...)                                                 \
    do {                                                          \
        struct agent_in in_ = { .at_ms = b.now_ms, __VA_ARGS__ }; \
        agent_input(a, &in_);                                     \
        while (agent_output(a, &out))                             \
            if (out.kind == AGENT_OUT_STATE) last = *out.state;   \
        agent_check(a);                                           \
    } while (0)
    says(&b, "pose 1000 2000 0 0 1 0");
    GIVE(.kind = AGENT_LINK_UP);
    GIVE(.kind = AGENT_ORDER, .order = &o);
    assert_string_equal(next(&b), "1 leg 1 4000 2000 0 0\n");
    says(&b, "pose 2000 2000 0 900 0 1");
    GIVE(.kind = AGENT_TICK);
    assert_int_equal(last.node_states, 1);
    b.now_ms += 2000;
    GIVE(.kind = AGENT_DRIVE, .refused = drive_remote_trouble(b.d, b.now_ms));
    assert_int_equal(last.errors, 1);
    assert_int_equal(last.error[0].level, VDA_FATAL);
    assert_string_equal(last.error[0].type, "driveLost");
    drive_remote_connected(b.d, b.now_ms); /* it was started again, where it had stopped by itself */
    says(&b, "pose 2300 2000 0 0 1 0");
    GIVE(.kind = AGENT_DRIVE, .refused = drive_remote_trouble(b.d, b.now_ms));
    while (next(&b)[0]) {}
    says(&b, "pose 2300 2000 0 0 1 0");
    GIVE(.kind = AGENT_TICK);
    assert_int_equal(last.errors, 0);
    assert_int_equal(last.node_states, 0); /* control sees that and sends a new order */
    assert_string_equal(last.last_node, "n0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_lines_with_rising_numbers),
        cmocka_unit_test(it_stands_only_when_that_was_written_after_the_last_command),
        cmocka_unit_test(nonsense_is_not_taken_for_a_word),
        cmocka_unit_test(silence_and_faults_are_trouble_and_take_no_legs),
        cmocka_unit_test(a_lost_drive_is_a_fatal_error_and_costs_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
