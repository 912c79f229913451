/* edge_hospital - the demo hospital with more in it: goods, fire zones, a timetable and par levels. Its files are written
 * into the folder of the test. */
#ifndef TESTS_EDGE_HOSPITAL_H
#define TESTS_EDGE_HOSPITAL_H

#include "edge_host.h"

static const char hospital_goods[] =
    "{\"goods\":[{\"id\":\"linen\",\"name\":{\"zh\":\"被服\",\"en\":\"Linen\"},\"carrier\":\"cart\",\"mass\":20,\"priority\":3,\"class\":\"clean\"},"
    "{\"id\":\"soiled\",\"name\":{\"zh\":\"脏污被服\",\"en\":\"Soiled linen\"},\"carrier\":\"cart\",\"mass\":20,\"priority\":3,\"class\":\"dirty\"},"
    "{\"id\":\"meal\",\"name\":{\"zh\":\"餐食\",\"en\":\"Meal\"},\"carrier\":\"cart\",\"mass\":20,\"priority\":3,\"class\":\"food\"},"
    "{\"id\":\"bed\",\"name\":{\"zh\":\"病床\",\"en\":\"Bed\"},\"carrier\":\"bed\",\"mass\":20,\"priority\":3,\"class\":\"clean\"}],"
    "\"zones\":[{\"id\":\"fire-L3\",\"name\":{\"zh\":\"三层\",\"en\":\"Level 3\"},\"kind\":\"fire\",\"level\":\"L3\"}],";

/* All day, so that at any hour of a test some loads are still to be released; beds no robot takes. */
static const char hospital_rounds[] =
    "{\"format\":\"orderly-rounds/1\",\"rounds\":["
    "{\"id\":\"meals\",\"name\":{\"zh\":\"送餐\",\"en\":\"Meals\"},\"goods\":\"meal\",\"window\":[\"00:00\",\"24:00\"],\"known_min\":1440,"
    "\"loads\":[{\"from\":\"kitchen\",\"to\":\"ward-3a\",\"count\":24},{\"from\":\"kitchen\",\"to\":\"ward-3b\",\"count\":24}]},"
    "{\"id\":\"beds\",\"name\":{\"zh\":\"送床\",\"en\":\"Beds\"},\"goods\":\"bed\",\"window\":[\"00:00\",\"24:00\"],\"known_min\":1440,"
    "\"loads\":[{\"from\":\"store\",\"to\":\"ward-2a\",\"count\":48}]},"
    "{\"id\":\"trays\",\"name\":{\"zh\":\"收餐\",\"en\":\"Trays\"},\"goods\":\"soiled\",\"due_min\":90,\"after\":{\"round\":\"meals\",\"minutes\":60}}],"
    "\"pars\":[{\"from\":\"laundry\",\"to\":\"ward-3a\",\"goods\":\"linen\",\"par\":10}]}";

static inline void hospital_put(const char *path, const char *head, const char *rest)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(head, f);
    fputs(rest, f);
    fclose(f);
}

/* The file with `from` replaced by `to`, once. */
static inline void hospital_patch(const char *source, const char *path, const char *from, const char *to)
{
    static char text[1 << 20];
    FILE *f = fopen(source, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char *at = strstr(text, from);
    assert_non_null(at);
    f = fopen(path, "w");
    assert_non_null(f);
    fwrite(text, 1, (size_t)(at - text), f);
    fputs(to, f);
    fputs(at + strlen(from), f);
    fclose(f);
}

struct hospital_host { struct host host; char site[96], fleet[96], rounds[96]; };

static inline void hospital_config(struct hospital_host *h)
{
    test_host_config(&h->host, "none");
    snprintf(h->site, sizeof h->site, "%s/h.site.json", h->host.folder);
    snprintf(h->fleet, sizeof h->fleet, "%s/h.fleet.json", h->host.folder);
    snprintf(h->rounds, sizeof h->rounds, "%s/h.rounds.json", h->host.folder);
    hospital_patch(DEMO_SITE, h->site, "{", hospital_goods);
    hospital_patch(DEMO_FLEET, h->fleet, "\"id\": \"courier\",", "\"id\": \"courier\", \"carries\": [\"cart\"],");
    hospital_put(h->rounds, hospital_rounds, "");
    h->host.cfg.site = h->site;
    h->host.cfg.fleet = h->fleet;
    h->host.cfg.rounds = h->rounds;
    h->host.cfg.data = h->host.folder;
}

#endif
