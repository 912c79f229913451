/* maps_io - files in, compiled sites out. Impure: malloc, files, cJSON, GEOS. Everything with a message for the author
 * fills `note` (file, field, what to do) and returns a negative error; nothing is half-loaded.
 *
 *   struct site *s;  struct fleet_spec *f;
 *   fleet_spec_open("x.fleet.json", &f, &note);
 *   site_open("x.site.json", &s, &note);
 *   site_compile(s, f->classes, f->cls, &note);
 *   ... use, const ...
 *   site_close(s);  fleet_spec_close(f); */
#ifndef MAPS_MAPS_IO_H
#define MAPS_MAPS_IO_H

#include <stdio.h>

#include "site.h"
#include "timetable.h"

#define FLEET_ROBOTS_MAX 1000

/* How a robot departs from the standard, or what it asks for beyond it (docs/vda5050.md, "Quirks"). */
#define FLEET_PARAMS_MAX 4
#define FLEET_TOPIC_MAX 192
struct fleet_param { char key[24], value[SITE_ID_MAX]; };
struct fleet_quirks {
    bool old_instant_key;            /* instantActions messages name their list like the topic, as in VDA 5050 1.1 */
    bool repeat_actions;             /* updates repeat the actions of the decision point; 3.0 asks for it, 2.x not */
    int32_t state_interval_ms;       /* it reports only so often when nothing happens; 0 = several times in 10 s */
    bool online_needed;              /* without ONLINE on `connection` it is not there, whatever states say */
    uint8_t pick_params, drop_params;
    struct fleet_param pick[FLEET_PARAMS_MAX], drop[FLEET_PARAMS_MAX]; /* sent with each such action, beside ours */
};

struct fleet_robot {
    char id[SITE_ID_MAX];            /* ours, shown to people: "R01" */
    struct site_name name;
    char manufacturer[SITE_ID_MAX], serial[SITE_ID_MAX];
    char interface_name[SITE_ID_MAX]; /* MQTT prefix level, default "uagv" */
    char topic[FLEET_TOPIC_MAX];     /* all MQTT levels but the last, when they are not the usual ones; "" = usual */
    char version[16];                /* VDA 5050 version spoken: "2.0.0", "2.1.0" or "3.0.0" */
    struct fleet_quirks quirks;
    class_id cls;
    char start[SITE_ID_MAX];         /* node id where a simulated robot starts; "" = the first free refuge */
};

struct fleet_spec {                  /* orderly-fleet/1 */
    uint16_t classes, robots;
    struct robot_class cls[SITE_CLASSES_MAX];
    struct fleet_robot *robot;
    uint64_t hash;                   /* XXH3 of the canonical bytes (fleet_spec_write) */
};

int fleet_spec_open(const char *path, struct fleet_spec **out, struct err_note *note);
int fleet_spec_parse(const char *name, const char *bytes, size_t n, struct fleet_spec **out, struct err_note *note);
/* The built-in class "courier" (0.6 x 0.6 m, 1.0 m/s, 0.5 m/s2) and `robots` robots R01.. of it, for runs without a
 * fleet file. */
int fleet_spec_default(uint16_t robots, struct fleet_spec **out);
/* Give each robot its start node: the stated one, else parking places and chargers, then other refuges, in order of
 * node; nobody on a node that conflicts with another's. start[] has f->robots entries. Error names the robot. */
int fleet_spec_place(const struct fleet_spec *f, const struct site *s, node_id *start, struct err_note *note);
int fleet_spec_write(const struct fleet_spec *f, FILE *out);                        /* canonical orderly-fleet/1 */
void fleet_robot_topic(const struct fleet_robot *r, char out[FLEET_TOPIC_MAX]);      /* "uagv/v2/maker/serial": no "/state" */
void fleet_spec_close(struct fleet_spec *f);

int site_open(const char *path, struct site **out, struct err_note *note); /* reads and parses; not yet compiled */
int site_parse(const char *name, const char *bytes, size_t n, struct site **out, struct err_note *note);
int site_compile(struct site *s, uint16_t classes, const struct robot_class *cls, struct err_note *note);
int site_write(const struct site *s, FILE *f);                                      /* canonical orderly-site/1 */
void site_close(struct site *s);

/* orderly-rounds/1: ids in the file are those of the site, which is borrowed only for the call. */
int timetable_open(const char *path, const struct site *s, struct timetable **out, struct err_note *note);
int timetable_parse(const char *name, const char *bytes, size_t n, const struct site *s, struct timetable **out,
                    struct err_note *note);
int timetable_write(const struct timetable *t, const struct site *s, FILE *f);      /* canonical orderly-rounds/1 */
void timetable_close(struct timetable *t);

/* site_lint - everything that is wrong with a map, in words its author can act on. */
enum lint_level { LINT_ERROR, LINT_WARNING, LINT_INFO };
struct lint_finding { enum lint_level level; char code[32]; char where[96]; char en[256]; char zh[256]; };
struct lint_report { size_t count, capacity; struct lint_finding *finding; uint16_t refuges; int errors, warnings; };
/* Needs a compiled site. `robots` = how many refuges must be proven (0: just count them). Also sets NODE_REFUGE. */
int site_lint(struct site *s, uint16_t robots, struct lint_report *out);
void lint_close(struct lint_report *r);
/* A copy of the site in which all is put right that can be meant in one way only; a line of the report for each. The
 * copy is not compiled. */
struct import_report;
int site_fix(const struct site *s, struct site **out, struct import_report *r, struct err_note *note);

/* Importers build an orderly-site/1 and tell what they kept, guessed, dropped, added, and what looks wrong. */
enum import_kind { IMPORT_KEPT, IMPORT_GUESSED, IMPORT_DROPPED, IMPORT_ADDED, IMPORT_WARNING, IMPORT_KIND_COUNT };
extern const char *const import_kind_name[IMPORT_KIND_COUNT];
struct import_line { enum import_kind kind; char zh[256], en[256]; };
struct import_frame { char level[SITE_ID_MAX]; double scale, rotation, tx_m, ty_m; }; /* file coordinates -> metres */
struct import_report {
    size_t count, capacity;
    struct import_line *line;
    uint32_t waypoints, lanes, door_lanes;  /* lanes: directed, without rides; door_lanes: those that cross a door */
    double length_m;                        /* of all directed lanes */
    uint16_t frames, refuges, bays;         /* refuges proven for the courier class, of which bays were added */
    struct import_frame frame[SITE_LEVELS_MAX];
};
struct import_options {              /* zeros: graph 0, no bays, 1 m, all vehicle types */
    int graph;
    uint32_t graphs;                 /* a bit each, instead of `graph` when not 0 */
    uint16_t refuges;
    double cell_m;
    const char *vehicle;
};
int import_rmf(const char *path, struct import_options o, struct site **out, struct import_report *r,
               struct err_note *note);
int import_rmf_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                     struct import_report *r, struct err_note *note);
int import_grid(const char *path, struct import_options o, struct site **out, struct import_report *r,
                struct err_note *note);
int import_grid_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                      struct import_report *r, struct err_note *note);
int import_opentcs(const char *path, struct import_options o, struct site **out, struct import_report *r,
                   struct err_note *note);
int import_opentcs_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                         struct import_report *r, struct err_note *note);
int import_lif(const char *path, struct import_options o, struct site **out, struct import_report *r,
               struct err_note *note);
int import_lif_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                     struct import_report *r, struct err_note *note);
void import_report_close(struct import_report *r);

/* A proposed lane graph from a floor plan (GeoJSON in metres; floor_read.c says what it holds). */
struct trace_options {
    uint16_t levels;                     /* > 0: as many copies of a plan that names no levels */
    double height_m;                     /* between them; 0: 4 m */
    uint16_t refuges;
    struct robot_class cls;              /* the widest robot: lanes keep clear of walls by half its width and its margin */
};
int floor_trace(const char *path, struct trace_options o, struct site **out, struct import_report *r, struct err_note *note);
int floor_trace_bytes(const char *name, const char *bytes, size_t n, struct trace_options o, struct site **out,
                      struct import_report *r, struct err_note *note);

/* Test floors made by rule; the same options give the same bytes. */
struct generate_options { bool one_way, thru; uint64_t seed; };
int generate_grid20(struct generate_options o, struct site **out, struct import_report *r, struct err_note *note);
int generate_shaft(bool one_way, struct site **out, struct import_report *r, struct err_note *note);

/* Hospitals made by rule (generate_hospital.c says what stands where and names the stations). */
struct hospital_options {
    char id[SITE_ID_MAX];            /* of the site */
    uint16_t beds;                   /* for the name and the number of washers */
    uint8_t floors, towers;          /* levels with wards, two wards each and tower */
    mm_t width_mm;                   /* of corridors */
    uint16_t heavy, cabinet;         /* robots that must find chargers and parking places, 20 % spare on top */
    const char *elevators;           /* "L1:clean,L2:dirty,L3:shared"; roles: clean dirty shared mixed */
};
bool hospital_preset(const char *name, struct hospital_options *out);   /* "h500", "h1500"; false: no such */
int generate_hospital(const struct hospital_options *o, struct site **out, struct import_report *r,
                      struct err_note *note);
/* R-H01 .. of class underride_agv (carts) and R-C01 .. of class cabinet_amr (four totes). */
int fleet_spec_hospital(uint16_t heavy, uint16_t cabinet, struct fleet_spec **out);

int export_svg(const struct site *s, FILE *f);      /* levels side by side, lanes, stations, elevators */
int export_html(const struct site *s, const struct lint_report *lint, bool chinese, FILE *f); /* needs a compiled site */
int export_geojson(const struct site *s, FILE *f);
int export_lif(const struct site *s, FILE *f);      /* LIF 1.0.0; needs a compiled site */

int cmd_map(int argc, char **argv);                 /* orderly map check|show|import|generate|compile */

#endif
