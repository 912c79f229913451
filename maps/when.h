/* when - times of day and dates as files write them, and hygiene classes by name: shared by the readers and writers of
 * orderly-site/1 and orderly-rounds/1. The readers record an error with its place and return zeros after one. */
#ifndef MAPS_WHEN_H
#define MAPS_WHEN_H

#include <stdio.h>

#include "common/json.h"
#include "site.h"

extern const char *const day_name[8];                /* "mon" .. "sun", "holiday": the bits of day_window.days */

uint16_t json_time_of_day(struct json_at at);        /* "06:30"; "24:00" is "00:00", the end of the day before */
/* The keys "window" (["06:30", "08:00"]; must be there) and "days" (without it: every day) of an object. */
struct day_window json_day_window(struct json_at obj);
int64_t json_utc_s(struct json_at at);               /* "2026-03-01T08:00:00+08:00" or with Z; seconds since 1970 */
int32_t json_date(struct json_at at);                /* "2026-10-01"; days since 1970 */
hygiene_set json_hygiene_set(struct json_at list);   /* ["clean", "food"] */
ms_t json_minutes(struct json_at obj, const char *key, int64_t max_min, ms_t otherwise); /* decimals allowed */

void put_day_window(FILE *f, const struct day_window *w); /* "window": [...], and "days" unless every day */
void put_utc_s(FILE *f, const char *key, int64_t utc_s);
void put_date(FILE *f, const char *key, int32_t day);
void put_hygiene_set(FILE *f, const char *key, hygiene_set set);
void put_minutes(FILE *f, const char *key, ms_t ms);

/* Shared by the writers: key as it stands in the file, then the value. */
void put_string(FILE *f, const char *key, const char *s);
void put_milli(FILE *f, const char *key, int64_t v);
void put_name(FILE *f, const char *key, const struct site_name *n); /* key up to and with {"zh": */

#endif
