/* calendar - the hospital's local time: days, holidays, windows of the day. Pure arithmetic on integers.
 *
 * Wall time enters as IN_CLOCK and is carried on by the core's own milliseconds; the next IN_CLOCK corrects it, forward or
 * back. So nothing here remembers: what holds is asked of a moment, and what was done is kept by date (round.c).
 *
 * (1) A window belongs to the local day on which it begins: days says on which days it may begin; one over midnight goes on
 *     into the next day, whatever day that is.  (2) A public holiday is no weekday: there bit 7 alone decides.
 * (3) From `from` inclusive to `to` exclusive.  (4) While the time is not known no window holds. */
#ifndef CORE_CALENDAR_H
#define CORE_CALENDAR_H

#include "maps/site.h"

#define CALENDAR_HOLIDAY 0x80u
#define CALENDAR_MINUTE_MS ((int64_t)60000)
#define CALENDAR_DAY_MS (1440 * CALENDAR_MINUTE_MS)
#define CALENDAR_UTC_MOST 253402300799000 /* the last second of the year 9999 */

struct wall_clock { bool known; int64_t utc_ms; ms_t at_ms; }; /* what IN_CLOCK said, and when */
struct local_time { int32_t day; uint16_t minute; uint8_t weekday; bool holiday; }; /* day: since 1970-01-01; weekday: 0 = Monday */

void wall_set(struct wall_clock *c, int64_t utc_ms, ms_t at_ms); /* years before 1970 or after 9999: not known */
static inline int64_t clock_utc_ms(const struct wall_clock *c, ms_t at_ms) { return c->utc_ms + (at_ms - c->at_ms); }
/* The core's time of a moment of wall time; MS_NEVER stays. */
static inline ms_t clock_at_ms(const struct wall_clock *c, int64_t utc_ms) { return utc_ms == MS_NEVER ? MS_NEVER : utc_ms - c->utc_ms + c->at_ms; }

struct local_time local_time_of(const struct site_calendar *cal, int64_t utc_ms);
int64_t local_utc_ms(const struct site_calendar *cal, int32_t day, int32_t minute); /* minute may lie beyond the day */
bool window_begins_on(const struct site_calendar *cal, const struct day_window *w, int32_t day);
int32_t window_minutes(const struct day_window *w); /* its length, 1..1440 */
bool window_holds(const struct site_calendar *cal, const struct day_window *w, int64_t utc_ms);
/* The first moment after utc_ms at which it is otherwise; INT64_MAX: never. */
int64_t window_changes(const struct site_calendar *cal, const struct day_window *w, int64_t utc_ms);

#endif
