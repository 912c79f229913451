/* site_compile - what lint and the importers share with the compiler. */
#ifndef MAPS_SITE_COMPILE_H
#define MAPS_SITE_COMPILE_H

#include "geom.h"
#include "maps_io.h"

static inline struct pt node_pt(const struct site *s, node_id n)
{
    return (struct pt){ s->node[n].x_mm, s->node[n].y_mm };
}
static inline struct pt wall_a(const struct site_wall *w) { return (struct pt){ w->x1_mm, w->y1_mm }; }
static inline struct pt wall_b(const struct site_wall *w) { return (struct pt){ w->x2_mm, w->y2_mm }; }
static inline struct pt door_a(const struct site_door *d) { return (struct pt){ d->x1_mm, d->y1_mm }; }
static inline struct pt door_b(const struct site_door *d) { return (struct pt){ d->x2_mm, d->y2_mm }; }

/* Half the diagonal of the footprint plus the margin, rounded up: what it sweeps when it turns on the spot. */
mm_t class_turn_radius_mm(const struct robot_class *c);
/* Whether a robot of the class may have to turn by more than 20 degrees at the node. A way back counts as a turn, unless
 * the class is reversible: it leaves backwards. In a car the ways of all its landings count, for it comes in at one and
 * leaves at another. */
bool node_turns(const struct site *s, const struct robot_class *c, node_id n);

enum fit { FIT_OK, FIT_BROKEN, FIT_WIDTH, FIT_DOOR, FIT_CABIN, FIT_CABIN_DOOR, FIT_WALL };
/* Why the class may or may not use the edge; *wall is set for FIT_WALL. */
enum fit edge_fit(const struct site *s, const struct robot_class *c, edge_id e, uint32_t *wall);

/* ---- who may pass where (site_access.c) ---- */
int access_compile(struct site *s);                        /* groups, in_zone, class_goods; needs s->classes */
enum hygiene group_sample(const struct site *s, uint8_t group); /* its first class */
/* Whether there is an hour at which the group may pass the edge. */
bool edge_ever_open(const struct site *s, edge_id e, uint8_t group);
bool zone_holds(const struct site_zone *z, level_id level, mm_t x_mm, mm_t y_mm);

/* ---- refuges (refuge.c) ---- */
enum refuge_no { REFUGE_ACCEPTED, REFUGE_CUTS_STATIONS, REFUGE_CUT_OFF, REFUGE_CUTS_REFUGE };
struct refuge_verdict {
    node_id node, other; /* other: the refuge it would cut off */
    enum refuge_no why;
    station_id from, to; /* the stations it would part */
};
struct refuge_report { uint16_t accepted, candidates; struct refuge_verdict *verdict; };
/* Proves refuges in order and sets NODE_REFUGE; out may be NULL. Needs conflicts and edge_fits. */
int refuges_prove(struct site *s, struct refuge_report *out);
void refuge_report_close(struct refuge_report *r);

/* ---- reachability for one class and access group over everything that is not blocked (refuge.c) ---- */
struct reach { uint8_t *seen; node_id *queue; };
int reach_open(struct reach *r, const struct site *s);
void reach_close(struct reach *r);
/* Marks in r->seen every node that can be reached from `from` (or that can reach it, when backward) by class c with the
 * loads of `group`, at some hour, without a resource x with blocked[x] > allowed[x]. Either array may be NULL: nothing
 * blocked, nothing allowed. */
void reach_from(struct reach *r, const struct site *s, class_id c, uint8_t group, node_id from, bool backward,
                const uint16_t *blocked, const uint8_t *allowed);
/* The station with which the most others are joined both ways; *ahead and *back are left as reached from it, and as
 * reaching it. Of many stations only the first are tried; on a sound map the first one the group may reach is right. */
station_id reach_hub(const struct site *s, class_id c, uint8_t group, struct reach *ahead, struct reach *back);
/* A place of the station that is in both; ID_NONE when there is none. */
node_id reach_slot(const struct site *s, station_id t, const struct reach *ahead, const struct reach *back);

#endif
