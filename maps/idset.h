/* idset - which ids were seen, and where: an open hash table over strings that the caller keeps. Order never depends
 * on it. */
#ifndef MAPS_IDSET_H
#define MAPS_IDSET_H

#include <stdbool.h>
#include <stdint.h>

#define IDSET_NONE UINT32_MAX
struct idset { const char **key; uint32_t *value; uint32_t slots, used; };

/* Remember `key` (borrowed, must stay) with `value`. Returns IDSET_NONE when new, else the value
 * kept for it from before. *ok becomes false when memory ran out. */
uint32_t idset_put(struct idset *t, const char *key, uint32_t value, bool *ok);
uint32_t idset_get(const struct idset *t, const char *key);
void idset_close(struct idset *t);

#endif
