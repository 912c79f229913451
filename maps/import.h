/* import - what the importers share: the report, names made into ids, files read within a limit, and the search for
 * bays. */
#ifndef MAPS_IMPORT_H
#define MAPS_IMPORT_H

#include "draft.h"
#include "geom.h"
#include "maps_io.h"

void __attribute__((format(printf, 3, 5), format(printf, 4, 5)))
import_say(struct import_report *r, enum import_kind kind, const char *zh, const char *en, ...);

/* `name` with every sign that an id may not have replaced by '_', cut to fit, never empty. */
void import_id(char *dst, size_t size, const char *name);
/* Room for element `count` in a list that doubles; false at `max` and when memory ran out. */
bool import_room(void **array, uint32_t *room, uint32_t count, uint32_t max, size_t each);
int import_read(const char *path, size_t max, char **bytes, size_t *n, struct err_note *note);

/* ---- bays (import_bays.c): places added beside the lanes where a map has too few refuges ---- */
struct bay_segment { level_id level; struct pt a, b; };
struct bay_ring { level_id level; bool hole; struct pt *p; uint32_t count; };
struct bay_space {           /* what the drawing knows about free floor; all borrowed */
    const struct bay_segment *wall, *door;   /* doors of every kind: a bay keeps off their swing */
    uint32_t walls, doors;
    const struct bay_ring *ring;             /* floors and holes; a level without floors is free everywhere */
    uint32_t rings;
    const struct site_elevator *shaft;       /* also those that are not served */
    uint32_t shafts;
};
/* Adds up to `want` bays to the draft, each a node flagged NODE_HOLDING at the end of a spur; tells each one. */
int import_bays(struct draft *d, uint16_t want, const struct bay_space *space, struct import_report *r);

/* Bays until o.refuges are proven for the built-in courier, or no more are found. */
int import_refuges(struct draft *d, struct import_options o, const struct bay_space *space, struct import_report *r,
                   struct err_note *note);
/* Finish the draft; when fewer than o.refuges are proven for the built-in courier, add bays first. */
int import_finish(struct draft *d, struct import_options o, const struct bay_space *space, struct site **out,
                  struct import_report *r, struct err_note *note);

#endif
