/* clock - who acts next: an indexed heap over a fixed set of sources, each with one due time that may move either way.
 *
 * Total order: the earlier time, then the lower source number. No entry is ever stale, so nothing piles up. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include "common/units.h"

struct clock { uint32_t sources; ms_t *due_ms; uint32_t *heap, *place; };

int clock_open(struct clock *c, uint32_t sources);  /* all at MS_NEVER */
void clock_close(struct clock *c);
void clock_set(struct clock *c, uint32_t source, ms_t due_ms);
static inline uint32_t clock_source(const struct clock *c) { return c->heap[0]; }
static inline ms_t clock_due(const struct clock *c) { return c->due_ms[c->heap[0]]; }

#endif
