#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include "common/text.h"

static void every_error_has_its_number_name_and_both_texts(void **state)
{
    assert_string_equal(err_name(ORD_EFULL), "ORD_EFULL");
    assert_string_equal(err_name(ORD_OK), "ORD_OK");
    assert_string_equal(err_name(ORD_EUSAGE), "ORD_EUSAGE");
    assert_string_equal(err_name(-999), "?");
    assert_string_equal(err_name(1), "?");
    for (int e = 0; strcmp(err_name(e), "?") != 0; e--) {
        assert_true(strlen(err_en(e)) > 0 && strlen(err_zh(e)) > 0);
        assert_string_not_equal(err_en(e), err_zh(e));
        assert_true(text_utf8_valid(err_zh(e), strlen(err_zh(e))));
    }
    assert_string_equal(err_en(-999), "unknown error");
    assert_string_equal(err_zh(-999), "未知错误");
}

/* The formatter of our own must write what printf writes, for the conversions that messages use. */
#define SAME(...)                                                            \
    do {                                                                     \
        struct err_note note;                                                \
        char want[320];                                                      \
        snprintf(want, sizeof want, __VA_ARGS__);                            \
        assert_int_equal(err_at(&note, ORD_EIO, "w", __VA_ARGS__), ORD_EIO); \
        assert_string_equal(note.what, want);                                \
    } while (0)

static void messages_are_formatted_as_printf_would(void **state)
{
    SAME("plain%s", "");
    SAME("%s and %s", "one", "井");
    SAME("%.2s|%.*s|%5s|%-5s|", "abc", 1, "xyz", "ab", "ab");
    SAME("%d %i %d", 0, -1, INT32_MIN);
    SAME("%u %x %X", UINT32_MAX, 0xBEEFu, 0xBEEFu);
    SAME("%ld %lld %lu %llu", -1L, (long long)INT64_MIN, 7UL, (unsigned long long)UINT64_MAX);
    SAME("%zu %hhu %hu", (size_t)-1, (unsigned char)200, (unsigned short)60000);
    SAME("%5d|%-5d|%05d|%05d|%3d", 42, 42, 42, -42, 12345);
    SAME("%016llx %08x", 0x1234ULL, 0xabu);
    SAME("%c%c 100%%", 'o', 'k');
    SAME("%.3f %.0f %.2f %f", 1.25, 2.0, -0.126, 3.5);
    SAME("%g %g %g", 1.5, 2.0, -0.25);
}

static void a_double_out_of_reach_is_named_not_computed(void **state)
{
    struct err_note note;
    err_at(&note, ORD_ERANGE, "w", "%g %f %g", 1e300, -1e300, (double)__builtin_nanf(""));
    assert_string_equal(note.what, "huge -huge nan");
}

static void a_long_message_is_cut_and_a_missing_note_is_allowed(void **state)
{
    struct err_note note;
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(err_at(&note, ORD_EMAP, longer, "%s%s %d", longer, longer, 3), ORD_EMAP);
    assert_int_equal(strlen(note.where), sizeof note.where - 1);
    assert_int_equal(strlen(note.what), sizeof note.what - 1);
    assert_int_equal(err_at(NULL, ORD_EMAP, "w", "x"), ORD_EMAP);
    assert_int_equal(err_at(&note, ORD_EMAP, NULL, "%*d", 5000, 1), ORD_EMAP);
    assert_string_equal(note.where, "");
    assert_int_equal(err_at(&note, ORD_EMAP, "", "%s", (const char *)NULL ? "" : "end %"), ORD_EMAP);
    assert_string_equal(note.what, "end %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_number_name_and_both_texts),
        cmocka_unit_test(messages_are_formatted_as_printf_would),
        cmocka_unit_test(a_double_out_of_reach_is_named_not_computed),
        cmocka_unit_test(a_long_message_is_cut_and_a_missing_note_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
