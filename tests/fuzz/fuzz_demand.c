/* Demand files against a small site with one elevator: what is accepted refers only to what is there. */
#include <stdlib.h>
#include <string.h>

#include "sim/demand_file.h"

static const char site_text[] =
    "{\"format\": \"orderly-site/1\", \"id\": \"f\", \"name\": {\"zh\": \"f\", \"en\": \"f\"},"
    "\"levels\": [{\"id\": \"L0\", \"name\": {\"zh\": \"0\", \"en\": \"0\"}, \"elevation\": 0},"
    "{\"id\": \"L1\", \"name\": {\"zh\": \"1\", \"en\": \"1\"}, \"elevation\": 4}],"
    "\"nodes\": [{\"id\": \"a\", \"level\": \"L0\", \"x\": 0, \"y\": 0}, {\"id\": \"b\", \"level\": \"L1\", \"x\": 4, "
    "\"y\": 0}, {\"id\": \"c0\", \"level\": \"L0\", \"x\": 8, \"y\": 0}, {\"id\": \"c1\", \"level\": \"L1\", \"x\": 8, "
    "\"y\": 0}],"
    "\"edges\": [{\"from\": \"a\", \"to\": \"c0\", \"both_ways\": true},"
    "{\"from\": \"b\", \"to\": \"c1\", \"both_ways\": true}],"
    "\"stations\": [{\"id\": \"S0\", \"name\": {\"zh\": \"a\", \"en\": \"a\"}, \"node\": \"a\"},"
    "{\"id\": \"S1\", \"name\": {\"zh\": \"b\", \"en\": \"b\"}, \"node\": \"b\"}],"
    "\"elevators\": [{\"id\": \"E1\", \"bank\": \"m\", \"name\": {\"zh\": \"e\", \"en\": \"e\"}, \"x\": 8, \"y\": 0, "
    "\"width\": 2, \"depth\": 2, \"door_width\": 1.1, \"speed\": 1, \"accel\": 0.5, \"door_open_s\": 3, "
    "\"door_close_s\": 4, \"start_delay_s\": 1, \"people\": true,"
    "\"landings\": [{\"level\": \"L0\", \"node\": \"c0\"}, {\"level\": \"L1\", \"node\": \"c1\"}]}],"
    "\"goods\": [{\"id\": \"drug\", \"name\": {\"zh\": \"m\", \"en\": \"m\"}, \"carrier\": \"tote\", \"class\": "
    "\"drug\", \"mass\": 1, \"priority\": 2}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct site *s; /* kept: the same for every input */
    static struct fleet_spec *f;
    struct demand_file *d = NULL;
    struct err_note note = { 0 };
    if (!s && (site_parse("s", site_text, sizeof site_text - 1, &s, &note) || fleet_spec_default(2, &f))) abort();
    int err = demand_file_parse("fuzz", (const char *)data, n, s, f, &d, &note);
    if ((err == ORD_OK) != (d != NULL) || (err && !note.what[0])) abort();
    if (d && d->streams > DEMAND_STREAMS_MAX) abort();
    demand_file_close(d);
    return 0;
}
