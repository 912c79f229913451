/* import_graph - points and ways of another system made into a draft: what openTCS models and LIF files have in common.
 *
 * The reader of a format fills the lists in its own order and terms; import_graph_build makes ids, splits curves into
 * straight pieces (10 cm tolerance), joins the two directions of one strip, turns ways between levels into elevators
 * and tells what it guessed. Indexes: `from`, `to` and `slot` into point, `way` of a door into way. */
#ifndef MAPS_IMPORT_GRAPH_H
#define MAPS_IMPORT_GRAPH_H

#include "import.h"

#define GRAPH_NAME_MAX 160   /* bytes with NUL of a name in the other system */
#define GRAPH_ITEMS_MAX 60000u

struct graph_point {
    char name[GRAPH_NAME_MAX];
    level_id level;
    struct pt at;              /* mm, y up */
    uint8_t flags;             /* NODE_PARK and so on */
    node_id node;              /* made by the build */
    elevator_id car;           /* made by the build; ID_NONE */
};
struct graph_way {
    char name[GRAPH_NAME_MAX];
    uint32_t from, to;
    bool both;
    int32_t speed_mm_s;        /* 0: none stated */
    uint32_t bend, bends;      /* its course between the ends, in graph.bend */
    uint32_t merged;           /* made by the build: the way that runs in its place, or its own number */
};
struct graph_station {
    char name[GRAPH_NAME_MAX], title[GRAPH_NAME_MAX]; /* title "": as the name */
    uint32_t slot[SITE_SLOTS_MAX];
    uint8_t slots;
};
struct graph_door { char name[GRAPH_NAME_MAX]; uint32_t way; };

struct import_graph {
    const char *file;
    struct err_note *note;
    struct import_report *r;
    int err;                   /* the first one; the others follow from it */
    struct draft d;
    struct graph_point *point;
    struct graph_way *way;
    struct graph_station *station;
    struct graph_door *door;
    struct pt *bend;
    uint32_t points, ways, stations, doors, bends;
    uint32_t point_room, way_room, station_room, door_room, bend_room;
    uint32_t curves;           /* of the build, for the report: ways split into pieces, ... */
    uint32_t pieces, joined;   /* ... the pieces they became; opposite ways made one strip */
};

int import_graph_open(struct import_graph *g, const char *file, struct import_report *r, struct err_note *note);
void import_graph_close(struct import_graph *g);
void import_graph_fail(struct import_graph *g, int err, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Append a copy; an overflow is kept as the error. */
void import_graph_point(struct import_graph *g, const struct graph_point *v);
void import_graph_way(struct import_graph *g, const struct graph_way *v);
void import_graph_station(struct import_graph *g, const struct graph_station *v);
void import_graph_door(struct import_graph *g, const struct graph_door *v);
void import_graph_bend(struct import_graph *g, struct pt p);

/* The levels stand in the draft already. Then bays as asked for, and the site. */
int import_graph_build(struct import_graph *g, struct import_options o, struct site **out);

#endif
