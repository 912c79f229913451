/* The journal form of inputs: saved and loaded alike, nothing unknown is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "common/rng.h"
#include "core/msg.h"

struct bytes {
    uint8_t at[256];
    size_t n;
};

static void put(void *ctx, const void *p, size_t n)
{
    struct bytes *b = ctx;
    assert_true(b->n + n <= sizeof b->at);
    memcpy(b->at + b->n, p, n);
    b->n += n;
}

static struct bytes saved(struct fleet_in in)
{
    struct bytes b = { .n = 0 };
    struct snap s = snap_saver(put, &b);
    fleet_in_snap(&s, &in);
    assert_true(snap_ok(&s));
    return b;
}

static bool loaded(const struct bytes *b, struct fleet_in *in)
{
    struct snap s = snap_loader(b->at, b->n);
    memset(in, 0, sizeof *in);
    fleet_in_snap(&s, in);
    return snap_ok(&s);
}

static const struct fleet_in samples[] = {
    { .at_ms = 0, .kind = IN_OPEN, .open = { UINT64_MAX } },
    { .at_ms = 1, .kind = IN_TICK },
    { .at_ms = INT64_MAX, .kind = IN_CLOCK, .clock = { -1 } },
    { .at_ms = 5,
      .kind = IN_JOB,
      .job = { .ref = 1234567890123u, .from = 1, .to = 65535, .quantity = 999, .priority = 255, .due_ms = -7 } },
    { .at_ms = 6, .kind = IN_CANCEL, .cancel = { UINT32_MAX } },
    { .at_ms = 7,
      .kind = IN_FACT,
      .fact = { .robot = 65535, .kind = FACT_ERROR, .node = ID_NONE, .a = UINT32_MAX, .b = 77 } },
    { .at_ms = 8,
      .kind = IN_ELEVATOR,
      .elevator = { .elevator = 3, .level = 2, .motion = 2, .door = 1, .mode = 4, .generation = 99 } },
    { .at_ms = 9, .kind = IN_DOOR, .door = { .door = 65535, .state = 2, .generation = UINT32_MAX } },
};

static void every_kind_is_loaded_as_it_was_saved_in_bounded_bytes(void **state)
{
    int kinds = 0;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct bytes b = saved(samples[i]), again;
        struct fleet_in in;
        assert_true(b.n <= FLEET_IN_BYTES_MAX);
        assert_true(loaded(&b, &in));
        again = saved(in);
        assert_int_equal(again.n, b.n);
        assert_memory_equal(again.at, b.at, b.n);
        assert_true(in.at_ms == samples[i].at_ms && in.kind == samples[i].kind);
        kinds |= 1 << in.kind;
    }
    assert_int_equal(kinds, 0x1fe); /* all eight are in the list */
}

static void a_field_is_little_endian_and_in_its_place(void **state)
{
    struct bytes b = saved((struct fleet_in){ .at_ms = 0x0102, .kind = IN_CANCEL, .cancel = { 0x0a0b0c0d } });
    static const uint8_t want[] = { 2, 1, 0, 0, 0, 0, 0, 0, IN_CANCEL, 0x0d, 0x0c, 0x0b, 0x0a };
    assert_int_equal(b.n, sizeof want);
    assert_memory_equal(b.at, want, sizeof want);
}

static void a_block_too_short_or_too_long_is_refused(void **state)
{
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct bytes b = saved(samples[i]);
        struct fleet_in in;
        size_t whole = b.n;
        for (b.n = 0; b.n < whole; b.n++) assert_false(loaded(&b, &in));
        b.n = whole + 1;
        assert_false(loaded(&b, &in));
        b.n = whole;
        assert_true(loaded(&b, &in));
    }
}

static void an_unknown_kind_is_refused_both_ways(void **state)
{
    struct bytes b = saved(samples[1]);
    struct fleet_in in;
    for (int kind = 0; kind < 256; kind++) {
        b.at[8] = (uint8_t)kind;
        if (kind == IN_TICK) assert_true(loaded(&b, &in));
        else assert_false(loaded(&b, &in));
    }
    struct fleet_in odd = { .kind = (enum fleet_in_kind)0 };
    b.n = 0;
    struct snap s = snap_saver(put, &b);
    fleet_in_snap(&s, &odd);
    assert_false(snap_ok(&s));
}

static void random_bytes_never_bring_it_down_and_what_loads_saves_alike(void **state)
{
    struct rng r = rng_stream(7, "msg");
    int taken = 0;
    for (int i = 0; i < 50000; i++) {
        struct bytes b, again;
        struct fleet_in in;
        b.n = rng_below(&r, 64);
        for (size_t k = 0; k < b.n; k++) b.at[k] = (uint8_t)rng_below(&r, 256);
        if (b.n > 8) b.at[8] = (uint8_t)rng_below(&r, 11);
        if (!loaded(&b, &in)) continue;
        again = saved(in);
        assert_int_equal(again.n, b.n);
        assert_memory_equal(again.at, b.at, b.n);
        taken++;
    }
    assert_true(taken > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_loaded_as_it_was_saved_in_bounded_bytes),
        cmocka_unit_test(a_field_is_little_endian_and_in_its_place),
        cmocka_unit_test(a_block_too_short_or_too_long_is_refused),
        cmocka_unit_test(an_unknown_kind_is_refused_both_ways),
        cmocka_unit_test(random_bytes_never_bring_it_down_and_what_loads_saves_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
