#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/snap.h"

struct thing {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    int32_t e;
    int64_t f;
    bool g;
    uint16_t n;
    uint32_t m;
    char name[5];
};

static void thing_snap(struct snap *s, struct thing *t)
{
    snap_u8(s, &t->a);
    snap_u16(s, &t->b);
    snap_u32(s, &t->c);
    snap_u64(s, &t->d);
    snap_i32(s, &t->e);
    snap_i64(s, &t->f);
    snap_bool(s, &t->g);
    snap_count16(s, &t->n, 9);
    snap_count32(s, &t->m, 100000);
    snap_bytes(s, t->name, sizeof t->name);
}

static uint8_t bytes[128];
static size_t used;

static void put(void *ctx, const void *p, size_t n)
{
    memcpy(bytes + used, p, n);
    used += n;
}

static struct thing sample(void)
{
    struct thing t;
    memset(&t, 0, sizeof t);
    t = (struct thing){ 1, 0x0203, 0x04050607, UINT64_C(0x08090A0B0C0D0E0F), INT32_MIN, -2, true, 9, 100000, "orde" };
    return t;
}

static void save(struct thing *t)
{
    used = 0;
    struct snap s = snap_saver(put, NULL);
    assert_false(snap_loading(&s));
    thing_snap(&s, t);
    assert_true(snap_ok(&s));
}

static void fields_come_back_and_the_bytes_are_little_endian_without_padding(void **state)
{
    struct thing t = sample(), u;
    memset(&u, 0, sizeof u);
    save(&t);
    assert_int_equal(used, 1 + 2 + 4 + 8 + 4 + 8 + 1 + 2 + 4 + 5);
    static const uint8_t start[] = { 1,    3,    2, 7, 6, 5, 4, 0x0F, 0x0E, 0x0D, 0x0C,
                                     0x0B, 0x0A, 9, 8, 0, 0, 0, 0x80, 0xFE, 0xFF };
    assert_memory_equal(bytes, start, sizeof start);
    struct snap s = snap_loader(bytes, used);
    assert_true(snap_loading(&s));
    thing_snap(&s, &u);
    assert_true(snap_ok(&s));
    assert_memory_equal(&t, &u, sizeof t);
}

static void every_short_block_and_a_long_one_are_refused(void **state)
{
    struct thing t = sample(), u;
    save(&t);
    for (size_t n = 0; n < used; n++) {
        uint8_t *copy = malloc(n + 1); /* exactly n are readable for the sanitizer's purpose */
        memcpy(copy, bytes, n);
        struct snap s = snap_loader(copy, n);
        thing_snap(&s, &u);
        assert_false(snap_ok(&s));
        free(copy);
    }
    struct snap s = snap_loader(bytes, used + 1);
    thing_snap(&s, &u);
    assert_false(snap_ok(&s));
}

static void a_count_over_its_maximum_and_a_strange_bool_are_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t v;
    } faults[] = { { 27, 2 }, { 28, 10 }, { 32, 1 } };
    for (size_t i = 0; i < 3; i++) {
        struct thing t = sample(), u;
        save(&t);
        bytes[faults[i].at] = faults[i].v;
        if (i == 2) bytes[30] = 0xFF;
        struct snap s = snap_loader(bytes, used);
        thing_snap(&s, &u);
        assert_false(snap_ok(&s));
        assert_true(u.n <= 9 && u.m <= 100000);
    }
}

static void a_reader_may_refuse_what_it_has_read(void **state)
{
    struct thing t = sample(), u;
    save(&t);
    struct snap s = snap_loader(bytes, used);
    thing_snap(&s, &u);
    snap_fail(&s);
    assert_false(snap_ok(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_back_and_the_bytes_are_little_endian_without_padding),
        cmocka_unit_test(every_short_block_and_a_long_one_are_refused),
        cmocka_unit_test(a_count_over_its_maximum_and_a_strange_bool_are_refused),
        cmocka_unit_test(a_reader_may_refuse_what_it_has_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
