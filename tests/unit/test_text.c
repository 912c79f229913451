#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"

static void text_is_cut_at_a_whole_sign_and_stays_cut(void **state)
{
    char b[6];
    struct text t;
    text_init(&t, b, sizeof b);
    text_put(&t, "ab");
    assert_false(t.cut);
    text_put(&t, "c井d"); /* 5 bytes into 3: the sign does not fit */
    assert_true(t.cut);
    assert_string_equal(b, "abc");
    text_put(&t, "x");
    text_int(&t, 1);
    assert_string_equal(b, "abc");
    assert_int_equal(t.used, 3);
}

static void text_fits_exactly_into_its_room(void **state)
{
    char b[4], one[1];
    struct text t;
    text_init(&t, b, sizeof b);
    text_put(&t, "井");
    assert_false(t.cut);
    assert_string_equal(b, "井");
    text_put(&t, "");
    assert_false(t.cut);
    text_char(&t, 'x');
    assert_true(t.cut);
    text_init(&t, one, sizeof one);
    text_put(&t, "x");
    assert_true(t.cut);
    assert_string_equal(one, "");
}

static void numbers_are_written_whole_or_not_at_all(void **state)
{
    static const struct {
        int64_t v;
        const char *as_int, *as_milli;
    } n[] = { { 0, "0", "0" },
              { 1, "1", "0.001" },
              { -1, "-1", "-0.001" },
              { 10, "10", "0.01" },
              { 100, "100", "0.1" },
              { 1500, "1500", "1.5" },
              { -1000, "-1000", "-1" },
              { -20010, "-20010", "-20.01" },
              { INT64_MAX, "9223372036854775807", "9223372036854775.807" },
              { INT64_MIN, "-9223372036854775808", "-9223372036854775.808" } };
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++) {
        char b[32];
        struct text t;
        text_init(&t, b, sizeof b);
        text_int(&t, n[i].v);
        assert_string_equal(b, n[i].as_int);
        text_init(&t, b, sizeof b);
        text_milli(&t, n[i].v);
        assert_string_equal(b, n[i].as_milli);
        text_init(&t, b, strlen(n[i].as_milli)); /* one byte short */
        text_milli(&t, n[i].v);
        assert_true(t.cut);
        assert_string_equal(b, "");
    }
    char b[24];
    struct text t;
    text_init(&t, b, sizeof b);
    text_uint(&t, UINT64_MAX);
    assert_string_equal(b, "18446744073709551615");
}

static void json_and_xml_escapes_are_complete(void **state)
{
    char b[128];
    struct text t;
    text_init(&t, b, sizeof b);
    text_json(&t, "a\"b\\c\n\r\t\x01\x1f/井");
    assert_string_equal(b, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f/井\"");
    text_init(&t, b, sizeof b);
    text_xml(&t, "<a b='c' d=\"e\">&\n\t\x02井");
    assert_string_equal(b, "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;&#10;&#9;?井");
    for (size_t size = 1; size < 12; size++) { /* an escape is never split */
        text_init(&t, b, size);
        text_json(&t, "\x01\x01");
        assert_true(t.used == 0 || t.used == 1 || t.used == 7);
        assert_true(t.cut);
    }
}

static void a_copy_tells_when_it_was_cut(void **state)
{
    char b[5];
    assert_true(text_copy(b, sizeof b, "abcd"));
    assert_string_equal(b, "abcd");
    assert_false(text_copy(b, sizeof b, "ab井"));
    assert_string_equal(b, "ab");
    assert_true(text_copy(b, sizeof b, ""));
    assert_string_equal(b, "");
}

static void utf8_accepts_exactly_the_valid_sequences(void **state)
{
    static const char *const good[] = { "",
                                        "a",
                                        "\x7f",
                                        "\xC2\x80",
                                        "\xDF\xBF",
                                        "\xE0\xA0\x80",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xEF\xBF\xBF",
                                        "\xF0\x90\x80\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "井然" };
    static const char *const bad[] = { "\x80",
                                       "\xBF",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xC2",
                                       "\xC2\x41",
                                       "\xE0\x9F\xBF",
                                       "\xE0\xA0",
                                       "\xED\xA0\x80",
                                       "\xED\xBF\xBF",
                                       "\xF0\x8F\xBF\xBF",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xFF",
                                       "\xE4\xBA",
                                       "a\xFE" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) assert_true(text_utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(text_utf8_valid(bad[i], strlen(bad[i])));
    size_t valid = 0; /* of all pairs: 128*128 of ASCII, and C2..DF with a continuation */
    for (int a = 0; a < 256; a++)
        for (int c = 0; c < 256; c++) valid += text_utf8_valid((char[]){ (char)a, (char)c }, 2);
    assert_int_equal(valid, 128 * 128 + 30 * 64);
}

static void ids_allow_only_the_recommended_signs(void **state)
{
    assert_true(text_id_valid("R-01_a.b:C", 10));
    assert_false(text_id_valid("R-01_a.b:C", 9));
    assert_false(text_id_valid("", 9));
    static const char *const bad[] = { "a b", "a/b", "a+b", "#", "$x", "井", "a\n", "a\"" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(text_id_valid(bad[i], 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cut_at_a_whole_sign_and_stays_cut),
        cmocka_unit_test(text_fits_exactly_into_its_room),
        cmocka_unit_test(numbers_are_written_whole_or_not_at_all),
        cmocka_unit_test(json_and_xml_escapes_are_complete),
        cmocka_unit_test(a_copy_tells_when_it_was_cut),
        cmocka_unit_test(utf8_accepts_exactly_the_valid_sequences),
        cmocka_unit_test(ids_allow_only_the_recommended_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
