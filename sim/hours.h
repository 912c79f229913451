/* hours - does a window of the site's calendar hold at a moment? For those who judge and meter: the controller has its own. */
#ifndef SIM_HOURS_H
#define SIM_HOURS_H

#include "maps/site.h"

bool hours_hold(const struct site_calendar *c, const struct day_window *w, int64_t utc_ms);
enum tariff hours_tariff(const struct site_calendar *c, int64_t utc_ms);

#endif
