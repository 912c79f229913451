#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/building_msg.h"
#include "common/text.h"

static char buf[512];

static void every_message_survives_writing_and_reading(void **state)
{
    struct elevator_request_msg q = { .elevator = "E1", .generation = UINT32_MAX, .level = "L\"2" }, q2;
    int n = elevator_request_encode(&q, buf, sizeof buf);
    assert_int_equal(elevator_request_decode(buf, (size_t)n, &q2, NULL), ORD_OK);
    assert_memory_equal(&q, &q2, sizeof q);
    struct elevator_request_msg end = { .elevator = "E1", .generation = 3, .end = true };
    n = elevator_request_encode(&end, buf, sizeof buf);
    assert_string_equal(buf, "{\"elevator\":\"E1\",\"session\":\"end\",\"generation\":3}");
    assert_int_equal(elevator_request_decode(buf, (size_t)n, &q2, NULL), ORD_OK);
    assert_true(q2.end);
    for (int mode = 0; mode < ELEVATOR_MODE_COUNT; mode++)
        for (int motion = 0; motion < CAR_MOTION_COUNT; motion++)
            for (int door = 0; door < DOOR_STATE_COUNT; door++) {
                struct elevator_state_msg s, s2;
                memset(&s, 0, sizeof s);
                text_copy(s.elevator, sizeof s.elevator, "E1");
                text_copy(s.level, sizeof s.level, "L1");
                if (mode) text_copy(s.destination, sizeof s.destination, "L2");
                s.mode = (enum elevator_mode)mode;
                s.motion = (enum elevator_motion)motion;
                s.door = (enum door_state)door;
                s.generation = 9;
                n = elevator_state_encode(&s, buf, sizeof buf);
                assert_int_equal(elevator_state_decode(buf, (size_t)n, &s2, NULL), ORD_OK);
                assert_memory_equal(&s, &s2, sizeof s);
            }
    for (int i = 0; i < 2; i++) {
        struct door_request_msg d, d2;
        memset(&d, 0, sizeof d);
        text_copy(d.door, sizeof d.door, "D:1");
        d.open = i;
        n = door_request_encode(&d, buf, sizeof buf);
        assert_int_equal(door_request_decode(buf, (size_t)n, &d2, NULL), ORD_OK);
        assert_memory_equal(&d, &d2, sizeof d);
        struct door_state_msg t, t2;
        memset(&t, 0, sizeof t);
        text_copy(t.door, sizeof t.door, "D:1");
        t.state = i ? DOOR_OPEN : DOOR_MOVING;
        t.generation = 8;
        n = door_state_encode(&t, buf, sizeof buf);
        assert_int_equal(door_state_decode(buf, (size_t)n, &t2, NULL), ORD_OK);
        assert_memory_equal(&t, &t2, sizeof t);
    }
}

static void a_wrong_message_is_refused_and_the_field_named(void **state)
{
    static const struct {
        const char *text, *where;
    } bad[] = {
        { "[]", "elevator request" },
        { "{\"elevator\":\"E 1\",\"session\":\"hold\",\"level\":\"L1\",\"generation\":1}",
          "elevator request: elevator" },
        { "{\"elevator\":\"E1\",\"session\":\"keep\",\"level\":\"L1\",\"generation\":1}", "elevator request: session" },
        { "{\"elevator\":\"E1\",\"session\":\"hold\",\"generation\":1}", "elevator request: level" },
        { "{\"elevator\":\"E1\",\"session\":\"end\",\"level\":\"L1\",\"generation\":1}", "elevator request: level" },
        { "{\"elevator\":\"E1\",\"session\":\"hold\",\"level\":\"L1\"}", "elevator request: generation" },
        { "{\"elevator\":\"E1\",\"session\":\"hold\",\"level\":\"L1\",\"generation\":4294967296}",
          "elevator request: generation" },
        { "{\"elevator\":\"E1\",\"session\":\"hold\",\"level\":\"L1\",\"generation\":1,\"lvel\":\"\"}",
          "elevator request: lvel" },
        { "{\"elevator\":\"0123456789012345678901234567890123456789012345678\",\"session\":\"hold\",\"level\":\"L1\","
          "\"generation\":1}",
          "elevator request: elevator" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct elevator_request_msg m;
        struct err_note note = { "", "" };
        int err = elevator_request_decode(bad[i].text, strlen(bad[i].text), &m, &note);
        if (err >= 0 || strcmp(note.where, bad[i].where) != 0)
            fail_msg("%s: %d %s %s", bad[i].text, err, note.where, note.what);
    }
}

static void a_buffer_too_small_is_said_so(void **state)
{
    struct elevator_state_msg s = { .elevator = "E1", .level = "L1", .destination = "L2" };
    int n = elevator_state_encode(&s, buf, sizeof buf);
    for (size_t size = 1; size <= (size_t)n; size++) assert_int_equal(elevator_state_encode(&s, buf, size), ORD_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_survives_writing_and_reading),
        cmocka_unit_test(a_wrong_message_is_refused_and_the_field_named),
        cmocka_unit_test(a_buffer_too_small_is_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
