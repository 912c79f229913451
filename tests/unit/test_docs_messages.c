/* Every JSON example of docs/vda5050.md is a message that our own decoder of its topic accepts. The topic is the last
 * one named in backticks before the example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/building_msg.h"
#include "common/vda/vda_codec.h"
#include "maps/maps_io.h"

static char page[65536];

static void read_page(void)
{
    FILE *f = fopen(ORDERLY_SOURCE_DIR "/docs/vda5050.md", "rb");
    assert_non_null(f);
    size_t n = fread(page, 1, sizeof page - 1, f);
    fclose(f);
    assert_in_range(n, 1000, sizeof page - 2);
    page[n] = '\0';
}

static bool ends_with(const char *topic, const char *tail)
{
    size_t n = strlen(topic), t = strlen(tail);
    return n >= t && strcmp(topic + n - t, tail) == 0;
}

static int decode(const char *topic, const char *json, size_t n, struct err_note *note)
{
    static union {
        struct vda_order order;
        struct vda_state state;
        struct elevator_request_msg elevator_request;
        struct elevator_state_msg elevator_state;
        struct door_request_msg door_request;
        struct door_state_msg door_state;
        struct zone_state_msg zone_state;
    } m;
    if (ends_with(topic, "/order")) return vda_order_decode(json, n, &m.order, note);
    if (strncmp(topic, "uagv/", 5) == 0 && ends_with(topic, "/state")) return vda_state_decode(json, n, &m.state, note);
    if (strstr(topic, "/zone/")) return zone_state_decode(json, n, &m.zone_state, note);
    bool door = strstr(topic, "/door/") != NULL;
    if (ends_with(topic, "/request"))
        return door ? door_request_decode(json, n, &m.door_request, note)
                    : elevator_request_decode(json, n, &m.elevator_request, note);
    if (ends_with(topic, "/state"))
        return door ? door_state_decode(json, n, &m.door_state, note)
                    : elevator_state_decode(json, n, &m.elevator_state, note);
    return err_at(note, ORD_ENOTFOUND, topic, "no decoder for this topic");
}

/* The last `uagv/...` or `orderly/...` between backticks in [from, to). */
static void last_topic(const char *from, const char *to, char *topic, size_t size)
{
    for (const char *p = from; p < to; p++) {
        if (*p != '`' || (strncmp(p + 1, "uagv/", 5) != 0 && strncmp(p + 1, "orderly/v1/", 11) != 0)) continue;
        size_t n = strcspn(p + 1, "`");
        if (n < size) snprintf(topic, size, "%.*s", (int)n, p + 1);
        p += n + 1;
    }
}

/* A robot of a fleet file, not a message: read as part of one. */
static bool is_robot(const char *json, size_t n) { return memmem(json, n, "\"class\":", 8) != NULL; }

static int read_robot(const char *json, size_t n, struct err_note *note)
{
    static const char classes[] =
        "{\"format\":\"orderly-fleet/1\",\"classes\":[{\"id\":\"courier\",\"length\":0.6,\"width\":0.6,\"margin\":0.05,"
        "\"speed\":1,\"accel\":0.5,\"turn\":0.8,\"pick_s\":20,\"drop_s\":20,\"turn_settle_s\":0}],\"robots\":[";
    char whole[4096];
    struct fleet_spec *fleet;
    int len = snprintf(whole, sizeof whole, "%s%.*s]}", classes, (int)n, json);
    int err = fleet_spec_parse("docs/vda5050.md", whole, (size_t)len, &fleet, note);
    if (!err) fleet_spec_close(fleet);
    return err;
}

static void every_example_is_a_message_we_understand(void **state)
{
    (void)state;
    char topic[128] = "";
    int examples = 0;
    read_page();
    const char *from = page;
    for (const char *p; (p = strstr(from, "```json\n")) != NULL;) {
        last_topic(from, p, topic, sizeof topic);
        const char *json = p + strlen("```json\n"), *end = strstr(json, "```");
        assert_non_null(end);
        struct err_note note = { "", "" };
        size_t n = (size_t)(end - json);
        int err = is_robot(json, n) ? read_robot(json, n, &note) : decode(topic, json, n, &note);
        if (err) fail_msg("example %d (%s): %s: %s", examples + 1, topic, note.where, note.what);
        examples++;
        from = end + 3;
    }
    assert_in_range(examples, 7, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_example_is_a_message_we_understand) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
