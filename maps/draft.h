/* draft - a site while it is being written: the reader and the importers add things in order, draft_finish turns the
 * list into the linked model of site.h. Authors write one entry per strip of floor; the draft makes directed edges,
 * twins, lanes, the rides of every elevator, adjacency and the hash.
 *
 * Ids are checked here: valid signs, unique per kind. A refusal names both places, as in "nodes[7]: id 'a' is taken
 * by nodes[2]". */
#ifndef MAPS_DRAFT_H
#define MAPS_DRAFT_H

#include "idset.h"
#include "site.h"

struct draft_edge {
    char id[SITE_ID_MAX];      /* "" = made from the ends */
    node_id from, to;
    bool both_ways;
    mm_t width_mm;
    int32_t speed_mm_s;
    door_id door;
    hygiene_set barred;
    bool quiet;
};

struct draft {
    char name[96];             /* file name, for messages */
    struct site *s;
    struct draft_edge *edge;
    uint32_t edges;
    uint32_t cap_level, cap_node, cap_edge, cap_station, cap_elevator, cap_door, cap_wall, cap_label, cap_goods, cap_zone;
};

int draft_open(struct draft *d, const char *name); /* with hygiene_rules_default and calendar_default */
void draft_close(struct draft *d);  /* after a failure, or after draft_finish: both fine */

/* Append a copy; ORD_EFULL at the limit of its kind, ORD_EMEMORY. The new index is the count before the call. */
int draft_level(struct draft *d, const struct site_level *v);
int draft_node(struct draft *d, const struct site_node *v);
int draft_edge(struct draft *d, const struct draft_edge *v);
int draft_station(struct draft *d, const struct site_station *v);
int draft_elevator(struct draft *d, const struct site_elevator *v);
int draft_door(struct draft *d, const struct site_door *v);
int draft_wall(struct draft *d, const struct site_wall *v);
int draft_label(struct draft *d, const struct site_label *v);
int draft_goods(struct draft *d, const struct site_goods *v);
int draft_zone(struct draft *d, const struct site_zone *v);

/* A second draft with the same content, to see what it would become. */
int draft_copy(struct draft *to, const struct draft *from);
int draft_finish(struct draft *d, struct site **out, struct err_note *note);

/* Doors close, the car starts, travels, doors open: one ride as its passenger sees it. */
ms_t draft_ride_ms(const struct site *s, elevator_id e, level_id from, level_id to);

#endif
