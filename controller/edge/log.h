/* log - structured lines on stderr: one JSON object per event of the catalogue (common/event.def), with ids and the text
 * in the language of the environment. Never a patient, never a secret. Also the words of an event for the API. */
#ifndef EDGE_LOG_H
#define EDGE_LOG_H

#include "common/event_text.h"
#include "common/text.h"
#include "core/msg.h"
#include "maps/maps_io.h"

/* The ids behind the core's numbers; borrowed, both may be NULL before the files are read. */
struct names {
    const struct site *site;
    const struct fleet_spec *fleet;
    const struct timetable *timetable; /* NULL: none */
};

/* True when LC_ALL, LC_MESSAGES or LANG asks for Chinese. */
bool log_zh(void);
static inline const char *log_tr(const char *en, const char *zh) { return log_zh() ? zh : en; }

/* Fills %r %e %j %n of a catalogue text. */
void log_words(struct text *t, const char *pattern, const struct names *n, const struct out_event *e);

/* Writes the event; `detail` (may be NULL) is a further field for the operator: a topic, a path, a reason. */
void log_event(const struct names *n, const struct out_event *e, const char *detail);
/* An event that concerns no robot, elevator or job. */
void log_plain(const struct names *names, int event, int64_t n, const char *detail);

/* A brake for what may happen thousands of times: true at most once in 10 s; `count` says how often so far. */
struct log_brake { uint64_t count; uint64_t next_ms; };
bool log_brake(struct log_brake *b);

/* "2026-01-31T08:15:00.250Z"; 32 bytes are enough. */
void log_wall_text(int64_t wall_ms, char out[32]);
int64_t log_wall_ms(void);

#endif
