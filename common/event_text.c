#include "event_text.h"

#include "units.h"

#define LEVEL_INFO EVENT_INFO
#define LEVEL_WARN EVENT_WARN
#define LEVEL_ALARM EVENT_ALARM

static const struct event_info events[] = {
#define EVENT(num, name, level, zh, en, azh, aen) { num, #name, LEVEL_##level, zh, en, azh, aen },
#include "event.def"
#undef EVENT
};

/* Numbers that repeat would be duplicate case labels, so a mistake in event.def does not compile. */
const struct event_info *event_info(int number)
{
    enum {
#define EVENT(num, name, level, zh, en, azh, aen) INDEX_##name,
#include "event.def"
#undef EVENT
    };
    switch (number) {
#define EVENT(num, name, level, zh, en, azh, aen) \
    case num:                                     \
        return &events[INDEX_##name];
#include "event.def"
#undef EVENT
    default: return NULL;
    }
}

const struct event_info *event_at(size_t i) { return i < COUNT_OF(events) ? &events[i] : NULL; }
