/* site_json - the parts of the reader and the writer of orderly-site/1 that are about what moves and when, not about the
 * floor: goods, hygiene, calendar, zones (site_care_json.c). Writers print nothing for what is as it is by default, so
 * that a site without these sections keeps its bytes and its hash. */
#ifndef MAPS_SITE_JSON_H
#define MAPS_SITE_JSON_H

#include <stdio.h>

#include "common/json.h"
#include "draft.h"

#define COORD_MAX 10000000 /* mm; 10 km: squares of distances stay far from the end of int64 */
#define JSON_ONLY(at, ...)                                  \
    do {                                                    \
        static const char *const keys_[] = { __VA_ARGS__ }; \
        json_only(at, keys_, COUNT_OF(keys_));              \
    } while (0)

struct reader {
    struct draft d;
    struct idset level, node, elevator, door;
    bool memory_ok;
};

void read_name(struct json_at at, struct site_name *out);
uint16_t read_ref(struct json_at at, const struct idset *ids, const char *kind); /* 0 after an error */
void read_keep(struct json_at at, int err);    /* an error of draft_*: said at its place */
bool read_flag(struct json_at obj, const char *key);
hygiene_set read_barred(struct json_at obj);   /* "allow" turned round; 0 without it */

void read_goods(struct reader *r, struct json_at at);
void read_zone(struct reader *r, struct json_at at);
void read_hygiene(struct reader *r, struct json_at at);
void read_calendar(struct reader *r, struct json_at at);
void read_car_rules(struct json_at elevator, struct site_elevator *v);

void put_barred(FILE *f, hygiene_set barred);  /* , "allow": [...] unless nothing is barred */
void write_car_rules(const struct site_elevator *c, FILE *f);
void write_care(const struct site *s, FILE *f); /* all four sections, each with the comma before it */

/* The calendar of a site that states none: China's time, no quiet hours, flat rate. */
extern const struct site_calendar calendar_default;

#endif
