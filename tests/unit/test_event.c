#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/event_text.h"
#include "common/text.h"

static void every_event_is_found_by_its_number_and_none_besides(void **state)
{
    size_t n = 0;
    int last = 0;
    for (const struct event_info *e; (e = event_at(n)) != NULL; n++) {
        assert_ptr_equal(event_info(e->number), e);
        assert_true(e->number > last); /* the list stays sorted, so a number used twice is seen */
        last = e->number;
    }
    assert_true(n > 20);
    assert_null(event_at(SIZE_MAX));
    assert_null(event_info(0));
    assert_null(event_info(-1));
    assert_null(event_info(99999));
    assert_int_equal(event_info(EVENT_JOB_FAILED)->level, EVENT_ALARM);
}

/* The placeholders of a text, as a set of letters: both languages must name the same things. */
static unsigned placeholders(const char *s)
{
    static const char known[] = "rejszwn";
    unsigned set = 0;
    for (; *s; s++) {
        if (*s != '%') continue;
        const char *at = strchr(known, s[1]);
        if (!s[1] || !at) fail_msg("unknown placeholder in %s", s);
        else set |= 1u << (at - known);
    }
    return set;
}

static void both_languages_say_the_same_and_warnings_give_advice(void **state)
{
    const struct event_info *e;
    for (size_t i = 0; (e = event_at(i)) != NULL; i++) {
        if (!e->zh[0] || !e->en[0] || placeholders(e->zh) != placeholders(e->en)) fail_msg("%s: texts differ", e->name);
        if (!text_utf8_valid(e->zh, strlen(e->zh))) fail_msg("%s: not UTF-8", e->name);
        if (!e->advice_zh[0] != !e->advice_en[0]) fail_msg("%s: advice in one language only", e->name);
        if (e->level == EVENT_ALARM && !e->advice_en[0]) fail_msg("%s: an alarm says what to do", e->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_found_by_its_number_and_none_besides),
        cmocka_unit_test(both_languages_say_the_same_and_warnings_give_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
