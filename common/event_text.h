/* event_text - the event catalogue: one list makes the enum, the texts in both languages, the manual page. */
#ifndef COMMON_EVENT_TEXT_H
#define COMMON_EVENT_TEXT_H

#include <stddef.h>

enum event_level { EVENT_INFO, EVENT_WARN, EVENT_ALARM };

enum event_no {
#define EVENT(num, name, level, zh, en, azh, aen) EVENT_##name = num,
#include "event.def"
#undef EVENT
};

struct event_info {
    int number;
    const char *name;
    enum event_level level;
    const char *zh, *en;               /* with %r %e %j %s %n */
    const char *advice_zh, *advice_en; /* "" when nothing is to be done */
};

const struct event_info *event_info(int number);           /* NULL: unknown */
const struct event_info *event_at(size_t i);               /* i-th of the list, NULL past the end */
#endif
