/* stats - the figures of a run: how long deliveries took, by exact percentiles. */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include <stdint.h>

#include "common/units.h"

struct stats { ms_t *took_ms; uint32_t count, capacity; bool sorted; };

int stats_add(struct stats *s, ms_t took_ms);        /* ORD_EMEMORY */
/* Nearest rank: the least value that at least `permille` of all do not exceed; 0 when there is none. */
ms_t stats_quantile(struct stats *s, int32_t permille);
void stats_close(struct stats *s);

#endif
