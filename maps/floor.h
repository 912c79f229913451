/* floor - from a floor plan (GeoJSON, metres) to a proposed lane graph, in three steps:
 *
 *   floor_read.c   walls, doors, shafts, stations into the plan's own frame
 *   floor_axis.c   GEOS: the free floor and its middle lines (medial axis), thinned to what leads somewhere
 *   floor_lanes.c  the middle lines as lanes: two one-way lanes where two robots can pass, else one for both ways
 *   floor.c        levels, elevators, stations, bays; the site
 *
 * The plan's own frame begins at the first vertex of the first wall and runs along the longest wall, in whole
 * millimetres. All decisions are made there, so a plan that is turned or shifted gives the same graph, turned or
 * shifted. */
#ifndef MAPS_FLOOR_H
#define MAPS_FLOOR_H

#include "import.h"

enum floor_kind {
    FLOOR_WALL, FLOOR_DOOR, FLOOR_SHAFT, FLOOR_AREA, FLOOR_STATION, FLOOR_PARK, FLOOR_CHARGER, FLOOR_HOLDING, FLOOR_WASHER,
    FLOOR_KIND_COUNT
};
struct floor_point { double x, y; };     /* mm; of the file until floor_read has turned it, then of the plan */
struct floor_ring { uint32_t first, count; bool closed, hole; }; /* closed: the outline of a polygon, else a line */
struct floor_shape {
    enum floor_kind kind;
    char id[SITE_ID_MAX];
    struct site_name name;
    level_id level;                      /* ID_NONE: on every level */
    enum station_kind station;
    bool powered;                        /* doors: the controller opens them */
    uint32_t ring, rings;
};
struct floor_level { char id[SITE_ID_MAX]; struct site_name name; mm_t elevation_mm; };
struct floor_plan {
    char name[SITE_NAME_MAX];
    struct floor_level level[SITE_LEVELS_MAX];
    uint16_t levels;
    struct floor_shape *shape;
    struct floor_ring *ring;
    struct floor_point *point;
    uint32_t shapes, rings, points, shape_room, ring_room, point_room;
    double origin_x, origin_y, turn;     /* mm, radians: where the plan's frame lies in the file */
};

int floor_read(const char *name, const char *bytes, size_t n, struct trace_options o, struct floor_plan *out,
               struct err_note *note);
void floor_close(struct floor_plan *p);

/* ---- the free floor of one level and its middle lines ---- */
struct floor_seg { struct floor_point a, b; };
struct axis_node {
    struct floor_point at;
    bool fixed;                          /* stays where it is: stations, bays, places before and in cabins */
    uint32_t shape;                      /* of what stands here, UINT32_MAX: nothing */
    bool cabin;
};
struct axis_edge { uint32_t a, b; bool cabin; double clear; }; /* clear: mm from the middle line to the nearest wall */
struct floor_axis {
    struct axis_node *node;
    struct axis_edge *edge;
    uint32_t nodes, edges, node_room, edge_room;
    struct floor_seg *bound;             /* the outline of the free floor */
    struct floor_seg *wall;              /* faces of the walls, without what doors open */
    uint32_t bounds, walls, bound_room, wall_room;
    double car[SITE_ELEVATORS_MAX][5];   /* of shape car_shape[i]: centre x, y, width, depth (mm), direction of width */
    uint32_t car_shape[SITE_ELEVATORS_MAX];
    uint16_t cars;
};
/* Adds what it dropped to the report. ORD_EMAP when there is no free floor. */
int floor_axis(const struct floor_plan *p, level_id level, const struct robot_class *c, struct floor_axis *out,
               struct import_report *r, struct err_note *note, const char *name);
void floor_axis_close(struct floor_axis *a);
double floor_clear(const struct floor_seg *s, uint32_t n, struct floor_point a, struct floor_point b); /* segment to segments */

/* ---- lanes ---- */
struct floor_lane { uint32_t a, b; bool both, cabin; double width; };
struct floor_lanes {
    struct axis_node *node;
    struct floor_lane *lane;
    uint32_t nodes, lanes, node_room, lane_room;
    uint32_t streets, alleys;            /* stretches with two lanes, with one */
};
int floor_lanes(const struct floor_axis *a, const struct robot_class *c, struct floor_lanes *out);
void floor_lanes_close(struct floor_lanes *l);

#endif
