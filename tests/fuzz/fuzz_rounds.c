/* Timetables: what is accepted names only stations and goods of the site, ends, and survives writing with the same
 * hash. */
#include <stdlib.h>
#include <string.h>

#include "maps/maps_io.h"

static const char site_text[] =
    "{\"format\": \"orderly-site/1\", \"id\": \"f\", \"name\": {\"zh\": \"f\", \"en\": \"f\"},"
    "\"levels\": [{\"id\": \"G\", \"name\": {\"zh\": \"G\", \"en\": \"G\"}, \"elevation\": 0}],"
    "\"nodes\": [{\"id\": \"a\", \"level\": \"G\", \"x\": 0, \"y\": 0}, {\"id\": \"b\", \"level\": \"G\", \"x\": 4, "
    "\"y\": 0}],"
    "\"edges\": [{\"from\": \"a\", \"to\": \"b\", \"both_ways\": true}],"
    "\"stations\": [{\"id\": \"sa\", \"name\": {\"zh\": \"a\", \"en\": \"a\"}, \"node\": \"a\"},"
    "{\"id\": \"sb\", \"name\": {\"zh\": \"b\", \"en\": \"b\"}, \"node\": \"b\"}],"
    "\"goods\": [{\"id\": \"meal\", \"name\": {\"zh\": \"m\", \"en\": \"m\"}, \"carrier\": \"cart\", \"class\": "
    "\"food\","
    " \"mass\": 1, \"priority\": 2}]}";

static void judge(const struct timetable *t, const struct site *s)
{
    for (uint16_t i = 0; i < t->rounds; i++) {
        const struct timetable_round *v = &t->round[i];
        uint16_t steps = 0;
        if (v->goods != GOODS_NONE && v->goods >= s->goods) abort();
        if (v->first_load + v->loads > t->loads) abort();
        for (uint16_t k = i; t->round[k].after != TIMETABLE_NONE; k = t->round[k].after)
            if (t->round[k].after >= t->rounds || ++steps > t->rounds) abort();
    }
    for (uint32_t i = 0; i < t->loads; i++)
        if (t->load[i].from >= s->stations || t->load[i].to >= s->stations || t->load[i].count == 0) abort();
    for (uint16_t i = 0; i < t->pars; i++)
        if (t->par[i].from >= s->stations || t->par[i].to >= s->stations || t->par[i].goods >= s->goods) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct site *s; /* kept: the same for every input */
    struct timetable *t = NULL, *again = NULL;
    char *bytes = NULL;
    size_t len = 0;
    if (!s && site_parse("site", site_text, strlen(site_text), &s, NULL) != ORD_OK) abort();
    if (timetable_parse("fuzz", (const char *)data, n, s, &t, NULL) != ORD_OK) return 0;
    judge(t, s);
    FILE *out = open_memstream(&bytes, &len);
    if (!out || timetable_write(t, s, out)) abort();
    fclose(out);
    if (timetable_parse("again", bytes, len, s, &again, NULL) != ORD_OK || again->hash != t->hash) abort();
    free(bytes);
    timetable_close(t);
    timetable_close(again);
    return 0;
}
