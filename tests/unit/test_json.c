#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/json.h"

static const struct json_limits usual = { 1 << 20, 16 };

static int open_text(struct json_doc *doc, const char *s) { return json_open(doc, "t.json", s, strlen(s), usual); }

static void every_malformed_text_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *where, *what;
    } bad[] = {
        { "", "t.json:1:1", "ends here" },
        { "  ", "t.json:1:3", "ends here" },
        { "{", "t.json:1:2", "key" },
        { "{\"a\":1,}", "t.json:1:8", "key" },
        { "{\"a\" 1}", "t.json:1:6", "':'" },
        { "{\"a\":1 \"b\":2}", "t.json:1:8", "',' or '}'" },
        { "[1,]", "t.json:1:4", "value" },
        { "[1 2]", "t.json:1:4", "',' or ']'" },
        { "[1}", "t.json:1:3", "']'" },
        { "{\"a\":1]", "t.json:1:7", "'}'" },
        { "[", "t.json:1:2", "value" },
        { "\n\n  tru", "t.json:3:3", "value" },
        { "[nan]", "t.json:1:2", "value" },
        { "[NaN]", "t.json:1:2", "value" },
        { "[Infinity]", "t.json:1:2", "value" },
        { "[01]", "t.json:1:2", "needless 0" },
        { "[-01]", "t.json:1:2", "needless 0" },
        { "[1.]", "t.json:1:4", "decimal point" },
        { "[.5]", "t.json:1:2", "value" },
        { "[+1]", "t.json:1:2", "value" },
        { "[1e]", "t.json:1:4", "exponent" },
        { "[-]", "t.json:1:3", "digit" },
        { "[0x10]", "t.json:1:3", "','" },
        { "[1e999]", "t.json: [0]", "too large" },
        { "{\"a\":{\"b\":[0,-1e999]}}", "t.json: a.b[1]", "too large" },
        { "[1111111111111111111111111111111111111111111111111111111111111]", "t.json:1:2", "60 signs" },
        { "\"a", "t.json:1:1", "closing quote" },
        { "\"a\\", "t.json:1:1", "closing quote" },
        { "\"a\nb\"", "t.json:1:3", "control character" },
        { "\"a\tb\"", "t.json:1:3", "control character" },
        { "\"\\u0000\"", "t.json:1:2", "u0000" },
        { "\"\\u12\"", "t.json:1:2", "hexadecimal" },
        { "\"\\ud800\"", "t.json:1:2", "surrogate" },
        { "\"\\ud800\\u0041\"", "t.json:1:2", "surrogate" },
        { "\"\\udc00\"", "t.json:1:2", "surrogate" },
        { "\"\\x41\"", "t.json:1:2", "unknown escape" },
        { "\xEF\xBB\xBF{}", "t.json:1:1", "byte order mark" },
        { "\"\xC0\xAF\"", "t.json:1:2", "UTF-8" },
        { "\"\xE4\xBA\x95\xED\xA0\x80\"", "t.json:1:3", "UTF-8" },
        { "\"\xF5\x80\x80\x80\"", "t.json:1:2", "UTF-8" },
        { "\"\xE4\xBA", "t.json:1:2", "UTF-8" },
        { "{} x", "t.json:1:4", "nothing may follow" },
        { "{}{}", "t.json:1:3", "nothing may follow" },
        { "1 // note", "t.json:1:3", "nothing may follow" },
        { "{'a':1}", "t.json:1:2", "key" },
        { "{\"a\":1,\"a\":2}", "t.json: a", "twice" },
        { "{\"x\":[{},{\"b\":1,\"a\":1,\"b\":2}]}", "t.json: x[1].b", "twice" },
        { "{\"a\":1,\"\\u0061\":2}", "t.json: a", "twice" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct json_doc doc;
        int err = open_text(&doc, bad[i].text);
        if (err != ORD_EPARSE || strcmp(doc.note.where, bad[i].where) != 0 || !strstr(doc.note.what, bad[i].what))
            fail_msg("%s: %d, %s, %s", bad[i].text, err, doc.note.where, doc.note.what);
        assert_false(json_ok(&doc));
        assert_false(json_has(json_root(&doc)));
        json_close(&doc);
    }
}

static void a_nul_byte_is_refused_inside_and_outside_strings(void **state)
{
    struct json_doc doc;
    assert_int_equal(json_open(&doc, "t", "\"a\0b\"", 5, usual), ORD_EPARSE);
    json_close(&doc);
    assert_int_equal(json_open(&doc, "t", "[1]\0", 4, usual), ORD_EPARSE);
    json_close(&doc);
    assert_int_equal(json_open(&doc, "t", "\"\\\0\"", 4, usual), ORD_EPARSE);
    json_close(&doc);
}

static void every_valid_text_is_read(void **state)
{
    static const char *const good[] = { "0",
                                        "-0",
                                        "1e5",
                                        "1E+5",
                                        "-1.25e-3",
                                        "\"\"",
                                        "null",
                                        "true",
                                        "false",
                                        "[]",
                                        "{}",
                                        " [ ] ",
                                        "[[],{},[{}]]",
                                        "{\"\":0}",
                                        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u4e95\\ud83d\\ude00\"",
                                        "\"\xF0\x9F\x98\x80\"",
                                        "{\"a\":{\"a\":1},\"b\":[1,2,{\"a\":null}]}",
                                        "\r\n\t 1 \n" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct json_doc doc;
        if (open_text(&doc, good[i]) != ORD_OK) fail_msg("%s: %s %s", good[i], doc.note.where, doc.note.what);
        json_close(&doc);
    }
}

static void depth_and_size_are_limited_at_the_stated_number(void **state)
{
    struct json_doc doc;
    assert_int_equal(json_open(&doc, "t", "[[[]]]", 6, (struct json_limits){ 6, 3 }), ORD_OK);
    json_close(&doc);
    assert_int_equal(json_open(&doc, "t", "[[[]]]", 6, (struct json_limits){ 6, 2 }), ORD_EPARSE);
    assert_non_null(strstr(doc.note.what, "2 levels"));
    json_close(&doc);
    assert_int_equal(json_open(&doc, "t", "[[[]]]", 6, (struct json_limits){ 5, 3 }), ORD_EFULL);
    json_close(&doc);
    char *deep = malloc(100001);
    memset(deep, '[', 100000);
    assert_int_equal(json_open(&doc, "t", deep, 100000, (struct json_limits){ 1 << 20, 1000000 }), ORD_EPARSE);
    assert_non_null(strstr(doc.note.what, "128 levels"));
    json_close(&doc);
    free(deep);
}

static void many_keys_are_checked_for_duplicates_too(void **state)
{
    char *big = malloc(1 << 20), *p = big;
    p += sprintf(p, "{");
    for (int i = 0; i < 20000; i++) p += sprintf(p, "\"k%d\":%d,", i, i);
    char *tail = p;
    strcpy(p, "\"k20000\":1}");
    struct json_doc doc;
    assert_int_equal(open_text(&doc, big), ORD_OK);
    json_close(&doc);
    strcpy(tail, "\"k777\":1}");
    assert_int_equal(open_text(&doc, big), ORD_EPARSE);
    assert_string_equal(doc.note.where, "t.json: k777");
    json_close(&doc);
    free(big);
}

static void fields_are_read_with_type_range_and_path(void **state)
{
    struct json_doc doc;
    assert_int_equal(
        open_text(&doc, "{\"n\":[{\"id\":\"A\",\"x\":-1.2346,\"on\":true,\"kind\":\"two\",\"Id\":3}],\"none\":null}"),
        ORD_OK);
    struct json_at root = json_root(&doc), list = json_need(root, "n");
    assert_int_equal(json_array(list, 1), 1);
    struct json_at n = json_item(list, 0);
    char id[2];
    json_string(json_need(n, "id"), id, sizeof id, 1);
    assert_string_equal(id, "A");
    assert_int_equal(json_milli(json_need(n, "x"), -2000, 0), -1235);
    assert_true(json_bool(json_need(n, "on")));
    static const char *const kinds[] = { "one", "two" };
    assert_int_equal(json_enum(json_need(n, "kind"), kinds, 2), 1);
    assert_int_equal(json_int(json_need(n, "Id"), 3, 3), 3);
    assert_false(json_has(json_opt(root, "none")));
    assert_false(json_has(json_opt(root, "absent")));
    assert_int_equal(json_int(json_opt(root, "absent"), 5, 9), 0);
    assert_string_equal(json_str(json_opt(root, "absent")), "");
    assert_false(json_has(json_need(json_opt(root, "absent"), "below")));
    assert_int_equal(json_array(json_opt(root, "absent"), 1), 0);
    assert_true(json_ok(&doc));
    json_close(&doc);
}

/* Read one wrong field of `text` with `read`, expect the message. */
static void expect_refused(const char *text, void (*read)(struct json_at), int err, const char *where, const char *what)
{
    struct json_doc doc;
    assert_int_equal(open_text(&doc, text), ORD_OK);
    read(json_root(&doc));
    if (doc.err != err || strcmp(doc.note.where, where) != 0 || !strstr(doc.note.what, what))
        fail_msg("%s: %d, %s, %s", text, doc.err, doc.note.where, doc.note.what);
    json_close(&doc);
}

static void read_id(struct json_at r)
{
    char b[4];
    json_string(json_need(r, "id"), b, sizeof b, 1);
}
static void read_x(struct json_at r) { json_int(json_need(r, "x"), 0, 100); }
static void read_m(struct json_at r) { json_milli(json_need(r, "x"), 0, 2000); }
static void read_d(struct json_at r) { json_number(json_need(r, "x"), 0, 0.5); }
static void read_b(struct json_at r) { json_bool(json_need(r, "x")); }
static void read_list(struct json_at r) { json_array(json_need(r, "x"), 2); }
static void read_object(struct json_at r) { json_object(json_need(r, "x"), 1); }
static void read_inner(struct json_at r) { json_opt(json_need(r, "x"), "y"); }
static void read_enum(struct json_at r)
{
    static const char *const words[] = { "red", "green", "blue" };
    json_enum(json_need(r, "x"), words, 3);
}
static void read_only(struct json_at r)
{
    static const char *const keys[] = { "x_mm", "name", "y_mm" };
    json_only(r, keys, 3);
}

static void a_wrong_field_is_named(void **state)
{
    expect_refused("{}", read_id, ORD_EPARSE, "t.json: id", "missing");
    expect_refused("[]", read_id, ORD_EPARSE, "t.json", "object");
    expect_refused("{\"id\":7}", read_id, ORD_EPARSE, "t.json: id", "string");
    expect_refused("{\"id\":\"\"}", read_id, ORD_ERANGE, "t.json: id", "empty");
    expect_refused("{\"id\":\"abcd\"}", read_id, ORD_ERANGE, "t.json: id", "at most 3");
    expect_refused("{\"Id\":\"a\"}", read_id, ORD_EPARSE, "t.json: id", "missing");
    expect_refused("{\"x\":101}", read_x, ORD_ERANGE, "t.json: x", "from 0 to 100, not 101");
    expect_refused("{\"x\":-1}", read_x, ORD_ERANGE, "t.json: x", "whole number");
    expect_refused("{\"x\":1.5}", read_x, ORD_ERANGE, "t.json: x", "whole number");
    expect_refused("{\"x\":1e300}", read_x, ORD_ERANGE, "t.json: x", "whole number");
    expect_refused("{\"x\":null}", read_x, ORD_EPARSE, "t.json: x", "number");
    expect_refused("{\"x\":2.001}", read_m, ORD_ERANGE, "t.json: x", "from 0 to 2, not 2.001");
    expect_refused("{\"x\":1e300}", read_m, ORD_ERANGE, "t.json: x", "from 0 to 2");
    expect_refused("{\"x\":0.6}", read_d, ORD_ERANGE, "t.json: x", "0.5");
    expect_refused("{\"x\":1}", read_b, ORD_EPARSE, "t.json: x", "true or false");
    expect_refused("{\"x\":[1,2,3]}", read_list, ORD_ERANGE, "t.json: x", "at most 2");
    expect_refused("{\"x\":{}}", read_list, ORD_EPARSE, "t.json: x", "list");
    expect_refused("{\"x\":{\"a\":1,\"b\":1}}", read_object, ORD_ERANGE, "t.json: x", "at most 1");
    expect_refused("{\"x\":1}", read_inner, ORD_EPARSE, "t.json: x", "object");
    expect_refused("{\"x\":\"pink\"}", read_enum, ORD_EPARSE, "t.json: x", "red, green or blue");
    expect_refused("{\"x_mm\":1,\"nmae\":2}", read_only, ORD_EPARSE, "t.json: nmae", "did you mean \"name\"");
    expect_refused("{\"x_mm\":1,\"colour\":2}", read_only, ORD_EPARSE, "t.json: colour", "unknown key");
    expect_refused("{\"bell\\u0007\":1}", read_only, ORD_EPARSE, "t.json: bell?", "unknown key");
}

static void the_first_error_wins_and_later_reads_give_defaults(void **state)
{
    struct json_doc doc;
    assert_int_equal(open_text(&doc, "{\"a\":\"text\",\"b\":7,\"l\":[1]}"), ORD_OK);
    struct json_at root = json_root(&doc);
    assert_int_equal(json_int(json_need(root, "a"), 0, 9), 0);
    assert_int_equal(json_int(json_need(root, "b"), 0, 9), 0);
    assert_int_equal(json_array(json_need(root, "l"), 9), 0);
    assert_true(json_fail(root, ORD_EMAP, "later") == ORD_EPARSE);
    assert_string_equal(doc.note.where, "t.json: a");
    json_close(&doc);
}

static void walking_long_nested_lists_by_index_finds_each_entry(void **state)
{
    char *big = malloc(1 << 20), *p = big;
    p += sprintf(p, "[");
    for (int i = 0; i < 3000; i++) p += sprintf(p, "%s{\"a\":[%d,%d],\"b\":[[%d]]}", i ? "," : "", i, i + 1, i + 2);
    strcpy(p, "]");
    struct json_doc doc;
    assert_int_equal(open_text(&doc, big), ORD_OK);
    struct json_at root = json_root(&doc);
    size_t n = json_array(root, 3000);
    assert_int_equal(n, 3000);
    for (size_t i = 0; i < n; i++) {
        struct json_at e = json_item(root, i), a = json_need(e, "a");
        assert_int_equal(json_int(json_item(a, 1), 0, 9999), (int)i + 1);
        assert_int_equal(json_int(json_item(a, 0), 0, 9999), (int)i);
        assert_int_equal(json_int(json_item(json_item(json_need(e, "b"), 0), 0), 0, 9999), (int)i + 2);
    }
    assert_false(json_has(json_item(root, 3000)));
    assert_int_equal(json_int(json_item(json_need(json_item(root, 7), "a"), 0), 0, 9999), 7); /* and backwards */
    const char *key;
    assert_int_equal(json_int(json_item(json_member(json_item(root, 2999), 0, &key), 0), 0, 9999), 2999);
    assert_string_equal(key, "a");
    json_close(&doc);
    free(big);
}

static void a_file_is_read_and_its_absence_is_not_found(void **state)
{
    char path[] = "/tmp/orderly_json_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{\"a\":\n01}", 9), 9);
    close(fd);
    struct json_doc doc;
    assert_int_equal(json_open_file(&doc, path, usual), ORD_EPARSE);
    assert_non_null(strstr(doc.note.where, ":2:1"));
    json_close(&doc);
    assert_int_equal(json_open_file(&doc, path, (struct json_limits){ 8, 4 }), ORD_EFULL);
    json_close(&doc);
    unlink(path);
    assert_int_equal(json_open_file(&doc, path, usual), ORD_ENOTFOUND);
    json_close(&doc);
    assert_int_equal(json_open_file(&doc, "/tmp", usual), ORD_EIO);
    json_close(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_malformed_text_is_refused_with_its_place),
        cmocka_unit_test(a_nul_byte_is_refused_inside_and_outside_strings),
        cmocka_unit_test(every_valid_text_is_read),
        cmocka_unit_test(depth_and_size_are_limited_at_the_stated_number),
        cmocka_unit_test(many_keys_are_checked_for_duplicates_too),
        cmocka_unit_test(fields_are_read_with_type_range_and_path),
        cmocka_unit_test(a_wrong_field_is_named),
        cmocka_unit_test(the_first_error_wins_and_later_reads_give_defaults),
        cmocka_unit_test(walking_long_nested_lists_by_index_finds_each_entry),
        cmocka_unit_test(a_file_is_read_and_its_absence_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
