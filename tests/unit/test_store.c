/* What the edge keeps of a job, and how it travels beside the journal's input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/store.h"

static struct job_note note(const char *item, const char *key, uint64_t hash)
{
    struct job_note n = { .body_hash = hash };
    strcpy(n.item, item);
    strcpy(n.key, key);
    return n;
}

static void a_note_comes_back_as_it_went(void **state)
{
    (void)state;
    char text[STORE_NOTE_MAX];
    const struct job_note many[] = {
        note("", "", 0),
        note("午餐 \"x\" \\", "k-1", 0x0123456789abcdefull),
        note("0123456789012345678901234567890123456789012345678901234567890123", "\"\"\"\"\"\"\"\"\"\"\\\\\\\\",
             UINT64_MAX),
    };
    for (size_t i = 0; i < 3; i++) {
        struct job_note back;
        int n = store_note_encode(&many[i], text);
        assert_int_equal(n, strlen(text));
        assert_int_equal(store_note_decode(text, &back, NULL), ORD_OK);
        assert_string_equal(back.item, many[i].item);
        assert_string_equal(back.key, many[i].key);
        assert_true(back.body_hash == many[i].body_hash);
    }
}

static void the_longest_note_fits(void **state)
{
    (void)state;
    struct job_note n = { .body_hash = 1 };
    char text[STORE_NOTE_MAX];
    memset(n.item, '"', STORE_ITEM_MAX - 1);
    memset(n.key, '\\', STORE_KEY_MAX - 1);
    assert_true(store_note_encode(&n, text) > 0);
}

static void a_foreign_note_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "{}",
                                       "[]",
                                       "{\"item\":\"\",\"key\":\"\",\"body_hash\":\"12\"}",
                                       "{\"item\":\"\",\"key\":\"\",\"body_hash\":\"000000000000000g\"}",
                                       "{\"item\":1,\"key\":\"\",\"body_hash\":\"0000000000000000\"}" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct job_note n;
        struct err_note why = { .what = "" };
        assert_true(store_note_decode(bad[i], &n, &why) < 0);
        assert_true(why.what[0] != 0);
    }
}

static void a_job_is_found_by_number_and_by_key(void **state)
{
    struct store *s;
    struct job_note a = note("soup", "k1", 1), b = note("tea", "k2", 2);
    (void)state;
    assert_int_equal(store_open(&s, 64), ORD_OK);
    assert_int_equal(store_by_key(s, "k1"), 0);
    store_put(s, 1, &a);
    store_put(s, 2, &b);
    assert_int_equal(store_by_key(s, "k2"), 2);
    assert_string_equal(store_get(s, 1)->item, "soup");
    assert_string_equal(store_get(s, 3)->item, "");
    store_close(s);
}

static void a_key_is_forgotten_with_its_job(void **state)
{
    struct store *s;
    struct job_note a = note("old", "k", 1), b = note("new", "", 2);
    (void)state;
    assert_int_equal(store_open(&s, 64), ORD_OK);
    store_put(s, 5, &a);
    store_put(s, 5 + 64, &b);
    assert_int_equal(store_by_key(s, "k"), 0);
    assert_string_equal(store_get(s, 5)->item, "");
    assert_string_equal(store_get(s, 69)->item, "new");
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_comes_back_as_it_went),    cmocka_unit_test(the_longest_note_fits),
        cmocka_unit_test(a_foreign_note_is_refused),       cmocka_unit_test(a_job_is_found_by_number_and_by_key),
        cmocka_unit_test(a_key_is_forgotten_with_its_job),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
