/* import_rmf - Open-RMF traffic editor files (building.yaml) into a site: one navigation graph or several together, all
 * levels.
 *
 * Coordinates: the file's y points down in `reference_image`; the scale comes from the reference level's measurements
 * and the other levels are laid over it by fiducials of the same name (rotation, scale, shift: means over pairs).
 * `cartesian_meters` is taken as it stands; `wgs84` (degrees) becomes metres east and north of the first vertex on a
 * plane (well below 1 % off within a campus); `web_mercator` is refused. Waypoints are the vertices that lanes of
 * the chosen graph use, in order of first use. What becomes of the rest:
 *   stations   pick-up and drop-off points of the graph; with fewer than two of them, every named waypoint outside a
 *              cabin that robots may stop at. A station stays a station even where a parking flag says otherwise.
 *   doors      `plugin: normal` becomes a powered door on the lanes that cross it; the others never move and are
 *              dropped.
 *   lifts      which waypoints lie in a cabin is decided by geometry (5 cm tolerance), not by the editor's mark; ride
 *              times come from heights, with the speeds of Open-RMF's simulator.
 *   walls      are kept for the drawing. The lanes of such maps often touch them, so every lane gets a stated width
 *              (twice its distance from the nearest wall, 0.8 to 3 m) and walls forbid nothing; a lane that runs
 *              straight through a wall is reported. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "import.h"
#include "site_compile.h"
#include "yaml.h"

#define VERTS_MAX 65000u
#define ITEMS_MAX 200000u
#define METRES_MAX 9000.0
#define DEGREE_EAST 111320.0 /* metres, at the equator */
#define DEGREE_NORTH 110540.0
#define WIDTH_MIN 800
#define WIDTH_MAX 3000
#define CABIN_SLACK 0.05
#define LANDING_SLACK 0.1
#define RIDE_SPEED 2000
#define RIDE_ACCEL 1000
#define RIDE_START_MS 1000
#define LEAF_SPEED 300
#define LEAF_ACCEL 200
#define DOOR_MS 4000

struct vert {
    double x, y;
    char name[SITE_NAME_MAX];
    uint8_t flags;
    bool handover;
    char cabin[SITE_ID_MAX];
    node_id node;
};
struct fiducial {
    double x, y;
    char name[SITE_NAME_MAX];
};
struct span {
    uint32_t i, j;
};
struct rmf_lane {
    uint32_t i, j;
    bool both;
    double speed;
};
struct rmf_door {
    uint32_t i, j;
    char name[SITE_NAME_MAX];
    bool powered, crossed;
    door_id door;
};

struct rmf_level {
    char name[SITE_NAME_MAX];
    double elevation, measured, measures; /* sum and number of scale ratios */
    double scale, rotation, tx, ty;
    struct vert *vert;
    uint32_t verts, vert_room;
    struct fiducial *fid;
    uint32_t fids, fid_room;
    struct rmf_lane *lane;
    uint32_t lanes, lane_room;
    struct span *wall;
    uint32_t walls, wall_room;
    struct rmf_door *door;
    uint32_t doors, door_room;
};

struct rmf_lift {
    char name[SITE_NAME_MAX];
    bool usable;
    struct site_elevator car;
    uint64_t serves; /* bit per level */
    uint16_t waypoints;
};

struct rmf {
    const char *file;
    struct err_note *note;
    struct import_report *r;
    struct import_options o;
    int err;
    bool image;             /* reference_image: y points down */
    bool globe, begun;      /* wgs84: degrees; whether the first vertex was met */
    double lon, lat;        /* ... and where it lies */
    uint32_t wanted, there; /* graphs, a bit each: asked for, and with lanes in the file */
    char building[SITE_NAME_MAX];
    uint16_t levels, reference;
    struct rmf_level level[SITE_LEVELS_MAX];
    struct rmf_lift lift[SITE_ELEVATORS_MAX];
    uint16_t lifts;
    struct draft d;
    struct bay_segment *wall_seg, *door_seg;
    uint32_t wall_segs, wall_room, door_segs, door_room;
    struct bay_ring *ring;
    uint32_t rings, ring_room;
    uint32_t ignored_mutex, ignored_orientation, ignored_dock, unused_doors;
};

static bool push(void **array, uint32_t *room, uint32_t count, size_t each)
{
    if (count < *room) return true;
    if (count >= ITEMS_MAX) return false;
    void *wide = realloc(*array, (size_t)(*room ? *room * 2 : 32) * each);
    if (!wide) return false;
    *array = wide;
    *room = *room ? *room * 2 : 32;
    return true;
}
#define PUSH(m, array, count, room, ...)                            \
    do {                                                            \
        void *p_ = (array);                                         \
        if (push(&p_, &(room), (count), sizeof *(array))) {         \
            (array) = p_;                                           \
            (array)[(count)++] = (__VA_ARGS__);                     \
        } else {                                                    \
            (array) = p_;                                           \
            fail(m, ORD_EFULL, NULL, "too many items of one kind"); \
        }                                                           \
    } while (0)

static void __attribute__((format(printf, 4, 5))) fail(struct rmf *m, int err, struct fy_node *at, const char *fmt, ...)
{
    char what[300], where[200];
    va_list values;
    if (m->err) return;
    m->err = err;
    va_start(values, fmt);
    vsnprintf(what, sizeof what, fmt, values);
    va_end(values);
    int line = yaml_line(at);
    if (line) snprintf(where, sizeof where, "%s: line %d", m->file, line);
    else snprintf(where, sizeof where, "%s", m->file);
    err_at(m->note, err, where, "%s", what);
}

/* ---- values ---- */

/* Typed values are [type, value]; a bare value is taken too. */
static struct fy_node *param(struct fy_node *params, const char *key)
{
    struct fy_node *n = yaml_get(params, key);
    return yaml_is_list(n) ? yaml_item(n, 1) : n;
}

static double param_number(struct fy_node *params, const char *key, double otherwise)
{
    double v;
    return yaml_number(param(params, key), &v) ? v : otherwise;
}

static bool param_text(struct fy_node *params, const char *key, char *dst, size_t size)
{
    return yaml_text(param(params, key), dst, size) && dst[0];
}

static double number_at(struct rmf *m, struct fy_node *list, int i, const char *what)
{
    double v = 0;
    struct fy_node *n = yaml_item(list, i);
    if (!yaml_number(n, &v) || fabs(v) > 1e7)
        fail(m, ORD_ERANGE, n ? n : list, "%s must be a finite number below 1e7", what);
    return v;
}

static uint32_t index_at(struct rmf *m, const struct rmf_level *l, struct fy_node *list, int i, const char *what)
{
    double v = -1;
    char text[24];
    struct fy_node *n = yaml_item(list, i);
    if (!yaml_number(n, &v) || v < 0 || v >= l->verts || v != floor(v)) {
        yaml_text(n, text, sizeof text);
        fail(m, ORD_ERANGE, n ? n : list, "level '%s': %s refers to vertex '%s'; there are %u, counted from 0", l->name,
             what, text, l->verts);
        return 0;
    }
    return (uint32_t)v;
}

/* From the file's coordinates to a plane with y up: pixels or metres. */
static void on_plane(struct rmf *m, struct fy_node *at, double *x, double *y)
{
    if (m->image) *y = 0.0 - *y;
    if (!m->globe) return;
    if (fabs(*x) > 180 || fabs(*y) > 85) {
        fail(m, ORD_ERANGE, at, "longitude %g, latitude %g: degrees are -180..180 and -85..85", *x, *y);
        return;
    }
    if (!m->begun) m->lon = *x, m->lat = *y;
    m->begun = true;
    *x = (*x - m->lon) * DEGREE_EAST * cos(m->lat * M_PI / 180);
    *y = (*y - m->lat) * DEGREE_NORTH;
}

/* ---- reading a level ---- */

static void read_vertex(struct rmf *m, struct rmf_level *l, struct fy_node *n)
{
    static const struct {
        const char *key;
        uint8_t flag;
    } flags[] = {
        { "is_parking_spot", NODE_PARK },
        { "is_charger", NODE_CHARGER },
        { "is_holding_point", NODE_HOLDING },
        { "is_passthrough_point", NODE_NO_STOP },
    };
    struct vert v = { .node = ID_NONE };
    char text[SITE_NAME_MAX];
    v.x = number_at(m, n, 0, "x");
    v.y = number_at(m, n, 1, "y");
    on_plane(m, n, &v.x, &v.y);
    if (yaml_item(n, 3) && !yaml_text(yaml_item(n, 3), v.name, sizeof v.name))
        fail(m, ORD_ERANGE, n, "level '%s': a vertex name is longer than %d bytes", l->name, SITE_NAME_MAX - 1);
    struct fy_node *p = yaml_item(n, 4);
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (yaml_true(param(p, flags[i].key))) v.flags |= flags[i].flag;
    v.handover =
        param_text(p, "pickup_dispenser", text, sizeof text) || param_text(p, "dropoff_ingestor", text, sizeof text);
    param_text(p, "lift_cabin", v.cabin, sizeof v.cabin);
    if (param_text(p, "dock_name", text, sizeof text)) m->ignored_dock++;
    if (param_text(p, "mutex", text, sizeof text)) m->ignored_mutex++;
    if (l->verts >= VERTS_MAX) fail(m, ORD_EFULL, n, "level '%s' has more than %u vertices", l->name, VERTS_MAX);
    PUSH(m, l->vert, l->verts, l->vert_room, v);
}

static void read_lane(struct rmf *m, struct rmf_level *l, struct fy_node *n)
{
    struct fy_node *p = yaml_item(n, 2);
    struct rmf_lane v = { .i = index_at(m, l, n, 0, "a lane"), .j = index_at(m, l, n, 1, "a lane") };
    char text[SITE_NAME_MAX];
    double graph = param_number(p, "graph_idx", -1);
    if (graph < 0) fail(m, ORD_ERANGE, yaml_item(n, 0), "level '%s': a lane has no graph_idx", l->name);
    if (m->err) return;
    if (graph < 32) m->there |= 1u << (int)graph;
    if (graph >= 32 || !(m->wanted >> (int)graph & 1)) return;
    v.both = yaml_true(param(p, "bidirectional"));
    v.speed = param_number(p, "speed_limit", 0);
    if (param_text(p, "demo_mock_lift_name", text, sizeof text) &&
        param_text(p, "demo_mock_floor_name", text, sizeof text)) {
        import_say(m->r, IMPORT_DROPPED, "演示用的假电梯通道 %u-%u（楼层 %s）", "pretend-lift lane %u-%u on level %s",
                   v.i, v.j, l->name);
        return;
    }
    if (param_text(p, "orientation", text, sizeof text)) m->ignored_orientation++;
    if (param_text(p, "mutex", text, sizeof text)) m->ignored_mutex++;
    PUSH(m, l->lane, l->lanes, l->lane_room, v);
}

static void read_door(struct rmf *m, struct rmf_level *l, struct fy_node *n)
{
    struct fy_node *p = yaml_item(n, 2);
    struct rmf_door v = { .i = index_at(m, l, n, 0, "a door"), .j = index_at(m, l, n, 1, "a door"), .door = ID_NONE };
    char plugin[16];
    if (!param_text(p, "name", v.name, sizeof v.name)) text_copy(v.name, sizeof v.name, "door");
    v.powered = !(param_text(p, "plugin", plugin, sizeof plugin) && strcmp(plugin, "none") == 0);
    PUSH(m, l->door, l->doors, l->door_room, v);
}

static void read_measure(struct rmf *m, struct rmf_level *l, struct fy_node *n)
{
    uint32_t i = index_at(m, l, n, 0, "a measurement"), j = index_at(m, l, n, 1, "a measurement");
    double metres = param_number(yaml_item(n, 2), "distance", 0);
    if (m->err) return;
    double pixels = hypot(l->vert[i].x - l->vert[j].x, l->vert[i].y - l->vert[j].y);
    if (pixels < 1e-9 || metres <= 0) {
        fail(m, ORD_ERANGE, n, "level '%s': a measurement needs a distance above 0 between two different points",
             l->name);
        return;
    }
    l->measured += metres / pixels;
    l->measures++;
}

static void read_fiducial(struct rmf *m, struct rmf_level *l, struct fy_node *n)
{
    struct fiducial v = { .x = number_at(m, n, 0, "x"), .y = number_at(m, n, 1, "y") };
    on_plane(m, n, &v.x, &v.y);
    if (!yaml_text(yaml_item(n, 2), v.name, sizeof v.name)) return;
    PUSH(m, l->fid, l->fids, l->fid_room, v);
}

static void read_wall(struct rmf *m, struct rmf_level *l, struct fy_node *n)
{
    struct span v = { index_at(m, l, n, 0, "a wall"), index_at(m, l, n, 1, "a wall") };
    PUSH(m, l->wall, l->walls, l->wall_room, v);
}

static void each(struct rmf *m, struct rmf_level *l, struct fy_node *level, const char *key,
                 void (*one)(struct rmf *m, struct rmf_level *l, struct fy_node *n))
{
    struct fy_node *list = yaml_get(level, key), *n;
    void *state = NULL;
    if (list && !yaml_is_list(list)) fail(m, ORD_EPARSE, list, "level '%s': '%s' must be a list", l->name, key);
    while (!m->err && (n = yaml_next(list, &state))) one(m, l, n);
}

static void read_level(struct rmf *m, struct fy_node *node, const char *name)
{
    if (m->levels == SITE_LEVELS_MAX) {
        fail(m, ORD_EFULL, node, "more than %d levels", SITE_LEVELS_MAX);
        return;
    }
    struct rmf_level *l = &m->level[m->levels++];
    text_copy(l->name, sizeof l->name, name);
    if (yaml_get(node, "elevation") &&
        (!yaml_number(yaml_get(node, "elevation"), &l->elevation) || fabs(l->elevation) > 1000))
        fail(m, ORD_ERANGE, yaml_get(node, "elevation"), "level '%s': elevation must be a number of metres", name);
    each(m, l, node, "vertices", read_vertex);
    each(m, l, node, "lanes", read_lane);
    each(m, l, node, "doors", read_door);
    each(m, l, node, "walls", read_wall);
    each(m, l, node, "measurements", read_measure);
    each(m, l, node, "fiducials", read_fiducial);
}

/* ---- frames ---- */

/* Mean rotation, scale and shift over the fiducials that both levels name. False: fewer than two. */
static bool align(const struct rmf_level *ref, struct rmf_level *l)
{
    double sin_sum = 0, cos_sum = 0, k_sum = 0, tx = 0, ty = 0;
    uint32_t match[256], same[256], n = 0, pairs = 0;
    for (uint32_t i = 0; i < l->fids; i++)
        for (uint32_t j = 0; j < ref->fids && n < 256; j++)
            if (strcmp(l->fid[i].name, ref->fid[j].name) == 0) {
                match[n] = i;
                same[n++] = j;
                break;
            }
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++) {
            const struct fiducial *fa = &l->fid[match[a]], *fb = &l->fid[match[b]], *ra = &ref->fid[same[a]],
                                  *rb = &ref->fid[same[b]];
            double df = hypot(fb->x - fa->x, fb->y - fa->y), dr = hypot(rb->x - ra->x, rb->y - ra->y);
            double turn = atan2(fb->y - fa->y, fb->x - fa->x) - atan2(rb->y - ra->y, rb->x - ra->x);
            if (df < 1e-9 || dr < 1e-9) continue;
            sin_sum += sin(turn);
            cos_sum += cos(turn);
            k_sum += df / dr;
            pairs++;
        }
    if (pairs == 0) return false;
    double k = k_sum / pairs, a = 0.0 - atan2(sin_sum, cos_sum);
    for (uint32_t i = 0; i < n; i++) {
        const struct fiducial *f = &l->fid[match[i]], *r = &ref->fid[same[i]];
        tx += (cos(a) * f->x - sin(a) * f->y) / k - r->x;
        ty += (sin(a) * f->x + cos(a) * f->y) / k - r->y;
    }
    l->scale = ref->scale / k;
    l->rotation = a;
    l->tx = 0.0 - ref->scale * tx / n;
    l->ty = 0.0 - ref->scale * ty / n;
    return true;
}

static void set_frame(struct rmf *m, struct rmf_level *l)
{
    const struct rmf_level *ref = &m->level[m->reference];
    bool own = l->measures > 0;
    l->scale = m->image ? (own ? l->measured / l->measures : 1) : 1;
    if (!m->image) return;
    if (l == ref) {
        if (!own)
            import_say(m->r, IMPORT_WARNING, "楼层 %s 没有量测线：按每像素 1 米处理",
                       "level %s has no measurement: one pixel is taken as one metre", l->name);
        return;
    }
    if (align(ref, l)) return;
    /* Without fiducials Open-RMF takes scale 1 in silence. The reference scale is right when both pictures are
     * alike. */
    if (own && fabs(l->scale / ref->scale - 1) > 0.001)
        fail(m, ORD_EMAP, NULL,
             "level '%s' shares fewer than two fiducials with '%s' and their scales differ: add fiducials", l->name,
             ref->name);
    l->scale = ref->scale;
    import_say(m->r, IMPORT_WARNING, "楼层 %s 与 %s 的共同基准点不足两个：按同一坐标处理",
               "level %s shares fewer than two fiducials with %s: taken to lie exactly above it", l->name, ref->name);
}

static void set_frames(struct rmf *m)
{
    if (m->reference) set_frame(m, &m->level[m->reference]);
    for (uint16_t i = 0; i < m->levels && !m->err; i++) {
        struct rmf_level *l = &m->level[i];
        if (i != m->reference || i == 0) set_frame(m, l);
        struct import_frame *f = &m->r->frame[m->r->frames++];
        *f = (struct import_frame){ .scale = l->scale, .rotation = l->rotation, .tx_m = l->tx, .ty_m = l->ty };
        text_copy(f->level, sizeof f->level, l->name);
        import_say(m->r, IMPORT_KEPT, "楼层 %s：比例 %.12f，旋转 %.12f，平移 (%.12f, %.12f)",
                   "level %s: scale %.12f, rotation %.12f, shift (%.12f, %.12f)", l->name, l->scale, l->rotation, l->tx,
                   l->ty);
    }
}

static struct pt metric(struct rmf *m, const struct rmf_level *l, double x, double y)
{
    double mx = l->scale * (cos(l->rotation) * x - sin(l->rotation) * y) + l->tx;
    double my = l->scale * (sin(l->rotation) * x + cos(l->rotation) * y) + l->ty;
    if (!(fabs(mx) < METRES_MAX) || !(fabs(my) < METRES_MAX)) {
        fail(m, ORD_ERANGE, NULL,
             "level '%s': a point lies more than %.0f m from the origin; is a measurement missing?", l->name,
             METRES_MAX);
        return (struct pt){ 0, 0 };
    }
    return (struct pt){ llround(mx * 1000), llround(my * 1000) };
}

static struct pt vert_pt(struct rmf *m, const struct rmf_level *l, uint32_t i)
{
    return metric(m, l, l->vert[i].x, l->vert[i].y);
}

/* ---- lifts ---- */

static uint16_t level_named(const struct rmf *m, const char *name, uint16_t otherwise)
{
    for (uint16_t i = 0; i < m->levels; i++)
        if (strcmp(m->level[i].name, name) == 0) return i;
    return otherwise;
}

static mm_t metres(struct rmf *m, struct fy_node *map, const char *key, double lo, double hi, double otherwise)
{
    double v = otherwise;
    struct fy_node *n = yaml_get(map, key);
    if ((n && !yaml_number(n, &v)) || v < lo || v > hi)
        fail(m, ORD_ERANGE, n ? n : map, "lift: '%s' must be a number between %g and %g", key, lo, hi);
    return m->err ? 0 : (mm_t)lround(v * 1000);
}

static void read_lift(struct rmf *m, struct fy_node *node, const char *name)
{
    if (m->lifts == SITE_ELEVATORS_MAX) {
        fail(m, ORD_EFULL, node, "more than %d lifts", SITE_ELEVATORS_MAX);
        return;
    }
    struct rmf_lift *k = &m->lift[m->lifts++];
    char text[SITE_NAME_MAX], key[SITE_NAME_MAX];
    double x = 0, y = 0;
    void *state = NULL;
    text_copy(k->name, sizeof k->name, name);
    import_id(k->car.id, SITE_ID_MAX - 12, name);
    text_copy(k->car.name.zh, sizeof k->car.name.zh, name);
    text_copy(k->car.name.en, sizeof k->car.name.en, name);
    text[0] = 0;
    yaml_text(yaml_get(node, "reference_floor_name"), text, sizeof text);
    const struct rmf_level *floor_ = &m->level[level_named(m, text, m->reference)];
    if (!yaml_number(yaml_get(node, "x"), &x) || !yaml_number(yaml_get(node, "y"), &y) || fabs(x) > 1e7 ||
        fabs(y) > 1e7) {
        fail(m, ORD_ERANGE, yaml_get(node, "x"), "lift '%s': x and y must be numbers", name);
        return;
    }
    on_plane(m, yaml_get(node, "x"), &x, &y);
    struct pt centre = metric(m, floor_, x, y);
    k->car.x_mm = (mm_t)centre.x;
    k->car.y_mm = (mm_t)centre.y;
    k->car.width_mm = metres(m, node, "width", 0.3, 20, 2);
    k->car.depth_mm = metres(m, node, "depth", 0.3, 20, 2);
    k->car.yaw = (mrad_t)metres(m, node, "yaw", -7, 7, 0);
    while (k->car.yaw > 3142) k->car.yaw -= 6283;
    while (k->car.yaw <= -3142) k->car.yaw += 6283;
    struct fy_node *door = yaml_next_pair(yaml_get(node, "doors"), &state, key, sizeof key);
    k->car.door_width_mm = door ? metres(m, door, "width", 0.3, 10, 1) : 1000;
    k->car.speed_mm_s = RIDE_SPEED;
    k->car.accel_mm_s2 = RIDE_ACCEL;
    k->car.start_delay_ms = RIDE_START_MS;
    k->car.door_open_ms = k->car.door_close_ms = trapezoid_ms(k->car.door_width_mm / 2, LEAF_SPEED, LEAF_ACCEL);
    k->usable = !yaml_get(node, "plugins") || yaml_true(yaml_get(node, "plugins"));
    state = NULL;
    for (struct fy_node *at; (at = yaml_next_pair(yaml_get(node, "level_doors"), &state, key, sizeof key));) {
        uint16_t l = level_named(m, key, ID_NONE);
        if (l != ID_NONE && yaml_count(at) > 0) k->serves |= (uint64_t)1 << l;
    }
}

static bool in_cabin(const struct site_elevator *c, struct pt p)
{
    double a = -c->yaw / 1000.0, dx = (double)p.x - c->x_mm, dy = (double)p.y - c->y_mm;
    double x = dx * cos(a) - dy * sin(a), y = dx * sin(a) + dy * cos(a);
    return fabs(x) <= c->width_mm / 2.0 + CABIN_SLACK * 1000 && fabs(y) <= c->depth_mm / 2.0 + CABIN_SLACK * 1000;
}

static void read_lifts(struct rmf *m, struct fy_node *lifts)
{
    char key[SITE_NAME_MAX];
    void *state = NULL;
    for (struct fy_node *n; !m->err && (n = yaml_next_pair(lifts, &state, key, sizeof key));) read_lift(m, n, key);
}

/* ---- waypoints ---- */

static bool unique_id(const struct draft *d, const char *id)
{
    for (node_id n = 0; n < d->s->nodes; n++)
        if (strcmp(d->s->node[n].id, id) == 0) return false;
    return true;
}

static bool name_repeats(const struct rmf *m, const struct vert *v)
{
    for (uint16_t i = 0; i < m->levels; i++)
        for (uint32_t k = 0; k < m->level[i].lanes; k++) {
            const struct vert *a = &m->level[i].vert[m->level[i].lane[k].i],
                              *b = &m->level[i].vert[m->level[i].lane[k].j];
            if ((a != v && strcmp(a->name, v->name) == 0) || (b != v && strcmp(b->name, v->name) == 0)) return true;
        }
    return false;
}

static void add_waypoint(struct rmf *m, uint16_t level, uint32_t i)
{
    struct rmf_level *l = &m->level[level];
    struct vert *v = &l->vert[i];
    char wish[2 * SITE_NAME_MAX];
    if (v->node != ID_NONE || m->err) return;
    struct pt p = vert_pt(m, l, i);
    struct site_node n = {
        .level = level, .x_mm = (mm_t)p.x, .y_mm = (mm_t)p.y, .flags = v->flags, .elevator = ID_NONE, .station = ID_NONE
    };
    bool twice = v->name[0] && name_repeats(m, v);
    if (v->name[0] && !twice) snprintf(wish, sizeof wish, "%s", v->name);
    else if (v->name[0]) snprintf(wish, sizeof wish, "%s.%s", l->name, v->name);
    else snprintf(wish, sizeof wish, "%s_%u", l->name, i);
    import_id(n.id, SITE_ID_MAX - 8, wish);
    if (twice)
        import_say(m->r, IMPORT_WARNING, "名称 '%s' 在本图中重复：改为 %s",
                   "name '%s' occurs twice in this graph: called %s", v->name, n.id);
    for (unsigned k = 2; !unique_id(&m->d, n.id); k++) {
        import_id(n.id, SITE_ID_MAX - 8, wish);
        snprintf(n.id + strlen(n.id), 8, ".%u", k);
    }
    v->node = m->d.s->nodes;
    int err = draft_node(&m->d, &n);
    if (err) fail(m, err, NULL, "too many waypoints");
}

/* "0, 2" */
static const char *graph_list(uint32_t graphs, char *dst, size_t size)
{
    struct text t;
    text_init(&t, dst, size);
    for (int i = 0; i < 32; i++) {
        if (!(graphs >> i & 1)) continue;
        if (t.used) text_put(&t, ", ");
        text_int(&t, i);
    }
    return t.used ? dst : "-";
}

static void add_waypoints(struct rmf *m)
{
    char want[100], have[100];
    for (uint16_t i = 0; i < m->levels; i++)
        for (uint32_t k = 0; k < m->level[i].lanes; k++) {
            add_waypoint(m, i, m->level[i].lane[k].i);
            add_waypoint(m, i, m->level[i].lane[k].j);
        }
    m->r->waypoints = m->d.s->nodes;
    if (!m->err && m->d.s->nodes == 0)
        fail(m, ORD_EMAP, NULL, "graph %s has no lanes; the file has graphs %s: choose with --graph",
             graph_list(m->wanted, want, sizeof want), graph_list(m->there, have, sizeof have));
}

/* The waypoint of this level that stands for the landing: the one nearest to the centre; all others only lie inside. */
static void put_in_car(struct rmf *m, struct rmf_lift *k, elevator_id e, struct vert *v, uint16_t level)
{
    struct site_node *n = &m->d.s->node[v->node];
    if (n->elevator != ID_NONE) {
        fail(m, ORD_EMAP, NULL, "waypoint '%s' lies in two lifts, '%s' and '%s'", n->id,
             m->d.s->elevator[n->elevator].name.en, k->name);
        return;
    }
    n->elevator = e;
    k->waypoints++;
    for (uint16_t i = 0; i < k->car.landings; i++)
        if (k->car.landing[i].level == level) {
            import_say(m->r, IMPORT_WARNING, "电梯 %s 在楼层 %s 有多个路点：停靠点取先出现的",
                       "lift %s has several waypoints on level %s: the first is the landing", k->name,
                       m->level[level].name);
            return;
        }
    if (k->car.landings < SITE_LANDINGS_MAX)
        k->car.landing[k->car.landings++] = (struct site_landing){ level, v->node };
}

static void check_landings(struct rmf *m, const struct rmf_lift *k)
{
    const struct site *s = m->d.s;
    for (uint16_t i = 1; i < k->car.landings; i++) {
        const struct site_node *a = &s->node[k->car.landing[0].node], *b = &s->node[k->car.landing[i].node];
        if (distance_mm(a->x_mm, a->y_mm, b->x_mm, b->y_mm) > LANDING_SLACK * 1000)
            fail(m, ORD_EMAP, NULL,
                 "lift '%s': waypoints '%s' and '%s' are more than %.1f m apart in plan: check the fiducials", k->name,
                 a->id, b->id, LANDING_SLACK);
    }
}

/* Which waypoints lie in which cabin, by geometry. Cars that serve nothing here leave plain floor. */
static void add_lift(struct rmf *m, struct rmf_lift *k)
{
    elevator_id e = m->d.s->elevators;
    bool serves = k->usable && k->serves;
    for (uint16_t i = 0; i < m->levels; i++)
        for (uint32_t v = 0; v < m->level[i].verts; v++) {
            struct vert *at = &m->level[i].vert[v];
            if (at->node == ID_NONE) continue;
            bool inside = in_cabin(&k->car, vert_pt(m, &m->level[i], v)), marked = strcmp(at->cabin, k->name) == 0;
            if (inside != marked && (inside || marked) && (marked || at->cabin[0]))
                import_say(m->r, IMPORT_WARNING, "路点 %s：编辑器标记的电梯与几何位置不符，以几何为准",
                           "waypoint %s: the editor's lift mark and its place disagree; its place counts",
                           m->d.s->node[at->node].id);
            if (!inside || m->err) continue;
            if (!serves || !(k->serves >> i & 1))
                import_say(m->r, IMPORT_WARNING, "路点 %s 在停用或不停靠本层的电梯 %s 内：按普通地面处理",
                           "waypoint %s lies in lift %s, which does not serve it: plain floor",
                           m->d.s->node[at->node].id, k->name);
            else put_in_car(m, k, e, at, i);
        }
    import_say(m->r, serves ? IMPORT_KEPT : IMPORT_DROPPED, "电梯 %s 中心 (%.3f, %.3f)，本图路点 %d 个",
               "lift %s at (%.3f, %.3f), %d waypoints of this graph", k->name, k->car.x_mm / 1000.0,
               k->car.y_mm / 1000.0, k->waypoints);
    if (!m->err && k->car.landings >= 2) {
        check_landings(m, k);
        int err = draft_elevator(&m->d, &k->car);
        if (err) fail(m, err, NULL, "too many lifts");
        return;
    }
    for (node_id n = 0; n < m->d.s->nodes; n++) /* one landing leads nowhere: the cabin is left as floor */
        if (m->d.s->node[n].elevator == e) m->d.s->node[n].elevator = ID_NONE;
}

/* ---- doors and lanes ---- */

/* In the file's own coordinates, as Open-RMF tests it; nearly parallel segments never count. *along: where on the
 * lane. */
static bool lane_meets(const struct rmf_level *l, uint32_t i, uint32_t j, uint32_t a, uint32_t b, double *along)
{
    double rx = l->vert[j].x - l->vert[i].x, ry = l->vert[j].y - l->vert[i].y, sx = l->vert[b].x - l->vert[a].x,
           sy = l->vert[b].y - l->vert[a].y;
    double det = rx * sy - ry * sx, qx = l->vert[a].x - l->vert[i].x, qy = l->vert[a].y - l->vert[i].y;
    if (fabs(det) < 0.01) return false;
    double t = (qx * sy - qy * sx) / det, u = (qx * ry - qy * rx) / det;
    if (along) *along = t;
    return t >= 0 && t <= 1 && u >= 0 && u <= 1;
}

static door_id powered_door(struct rmf *m, uint16_t level, struct rmf_door *v)
{
    const struct rmf_level *l = &m->level[level];
    struct site_door d = { .level = level, .open_ms = DOOR_MS, .close_ms = DOOR_MS };
    if (v->door != ID_NONE) return v->door;
    struct pt a = vert_pt(m, l, v->i), b = vert_pt(m, l, v->j);
    d.x1_mm = (mm_t)a.x, d.y1_mm = (mm_t)a.y, d.x2_mm = (mm_t)b.x, d.y2_mm = (mm_t)b.y;
    d.width_mm = (mm_t)geom_far(a, b);
    import_id(d.id, SITE_ID_MAX - 8, v->name);
    for (unsigned k = 2, free_ = 0; !free_; k++) {
        free_ = 1;
        for (door_id i = 0; i < m->d.s->doors; i++)
            if (strcmp(m->d.s->door[i].id, d.id) == 0) free_ = 0;
        if (free_) break;
        import_id(d.id, SITE_ID_MAX - 8, v->name);
        snprintf(d.id + strlen(d.id), 8, ".%u", k);
    }
    v->door = m->d.s->doors;
    int err = draft_door(&m->d, &d);
    if (err) fail(m, err, NULL, "too many doors");
    import_say(m->r, IMPORT_KEPT, "电动门 %s，净宽 %.2f 米；开关各按 4 秒推断",
               "powered door %s, %.2f m wide; 4 s to open and to close are guessed", d.id, d.width_mm / 1000.0);
    return v->door;
}

struct crossing {
    double along;
    door_id door;
};

/* Powered doors the lane passes, in order of travel; passive ones are only counted. */
static uint32_t doors_on(struct rmf *m, uint16_t level, const struct rmf_lane *v, struct crossing *out, uint32_t max,
                         bool *any)
{
    struct rmf_level *l = &m->level[level];
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->doors; i++) {
        double along;
        if (!lane_meets(l, v->i, v->j, l->door[i].i, l->door[i].j, &along)) continue;
        *any = true;
        l->door[i].crossed = true;
        if (!l->door[i].powered || n == max) continue;
        struct crossing c = { along, powered_door(m, level, &l->door[i]) };
        uint32_t k = n++;
        for (; k > 0 && out[k - 1].along > c.along; k--) out[k] = out[k - 1];
        out[k] = c;
    }
    return n;
}

/* Twice the distance from the nearest wall that the lane does not run through. */
static mm_t lane_width(struct rmf *m, uint16_t level, const struct rmf_lane *v, uint32_t *narrow)
{
    const struct rmf_level *l = &m->level[level];
    struct pt a = vert_pt(m, l, v->i), b = vert_pt(m, l, v->j);
    int64_t least = WIDTH_MAX / 2;
    bool through = false, door = false;
    for (uint32_t i = 0; i < m->wall_segs; i++) {
        if (m->wall_seg[i].level != level) continue;
        int64_t far = geom_seg_seg(a, b, m->wall_seg[i].a, m->wall_seg[i].b);
        if (far == 0) through = true;
        else if (far < least) least = far;
    }
    for (uint32_t i = 0; i < l->doors; i++) door = door || lane_meets(l, v->i, v->j, l->door[i].i, l->door[i].j, NULL);
    if (through && !door)
        import_say(m->r, IMPORT_WARNING, "通道 %s - %s 穿过没有门的墙：保留",
                   "lane %s - %s runs through a wall without a door: kept", m->d.s->node[l->vert[v->i].node].id,
                   m->d.s->node[l->vert[v->j].node].id);
    if (2 * least < WIDTH_MIN) (*narrow)++;
    return (mm_t)(2 * least < WIDTH_MIN ? WIDTH_MIN : 2 * least);
}

/* The strip may be there already: the same way once more adds nothing, the other way completes it. */
static bool known_strip(struct rmf *m, const struct draft_edge *e)
{
    for (uint32_t i = 0; i < m->d.edges; i++) {
        struct draft_edge *o = &m->d.edge[i];
        bool same = o->from == e->from && o->to == e->to, back = o->from == e->to && o->to == e->from;
        if (!same && !back) continue;
        if (same && (o->both_ways || !e->both_ways)) return true;
        o->both_ways = true;
        if (e->speed_mm_s && (!o->speed_mm_s || e->speed_mm_s < o->speed_mm_s)) o->speed_mm_s = e->speed_mm_s;
        return true;
    }
    return false;
}

static node_id between_doors(struct rmf *m, uint16_t level, const struct rmf_lane *v, double along)
{
    const struct rmf_level *l = &m->level[level];
    struct pt p = metric(m, l, l->vert[v->i].x + along * (l->vert[v->j].x - l->vert[v->i].x),
                         l->vert[v->i].y + along * (l->vert[v->j].y - l->vert[v->i].y));
    struct site_node n = {
        .level = level, .x_mm = (mm_t)p.x, .y_mm = (mm_t)p.y, .elevator = ID_NONE, .station = ID_NONE
    };
    for (unsigned k = 1; k < 10000; k++) {
        snprintf(n.id, sizeof n.id, "%.30s-between%u", m->d.s->level[level].id, k);
        if (unique_id(&m->d, n.id)) break;
    }
    int err = draft_node(&m->d, &n);
    if (err) fail(m, err, NULL, "too many waypoints");
    import_say(m->r, IMPORT_ADDED, "路点 %s：同一通道上两扇电动门之间",
               "waypoint %s between two powered doors on one lane", n.id);
    return (node_id)(m->d.s->nodes - 1);
}

static void add_lane(struct rmf *m, uint16_t level, const struct rmf_lane *v, uint32_t *narrow)
{
    const struct rmf_level *l = &m->level[level];
    struct crossing door[16];
    bool any = false;
    struct draft_edge e = {
        .from = l->vert[v->i].node, .to = l->vert[v->j].node, .both_ways = v->both, .door = ID_NONE
    };
    uint32_t n = doors_on(m, level, v, door, COUNT_OF(door), &any);
    if (m->err) return;
    if (e.from == e.to) {
        fail(m, ORD_EMAP, NULL, "level '%s': a lane leads from waypoint '%s' to itself", l->name,
             m->d.s->node[e.from].id);
        return;
    }
    elevator_id a = m->d.s->node[e.from].elevator, b = m->d.s->node[e.to].elevator;
    if (a != ID_NONE && b != ID_NONE && a != b) {
        fail(m, ORD_EMAP, NULL, "level '%s': lane %s - %s joins two lifts directly", l->name, m->d.s->node[e.from].id,
             m->d.s->node[e.to].id);
        return;
    }
    int ways = v->both ? 2 : 1;
    m->r->lanes += (uint32_t)ways;
    m->r->length_m += ways * l->scale * hypot(l->vert[v->j].x - l->vert[v->i].x, l->vert[v->j].y - l->vert[v->i].y);
    if (any) m->r->door_lanes += (uint32_t)ways;
    if (v->speed > 0.01 && v->speed < 20) e.speed_mm_s = (int32_t)lround(v->speed * 1000);
    if (known_strip(m, &e)) return;
    e.width_mm = lane_width(m, level, v, narrow);
    for (uint32_t k = 0; k < n && !m->err; k++) { /* one door an edge: a lane through several is cut between them */
        struct draft_edge part = e;
        part.door = door[k].door;
        if (k + 1 < n) part.to = between_doors(m, level, v, (door[k].along + door[k + 1].along) / 2);
        int err = m->err ? ORD_OK : draft_edge(&m->d, &part);
        if (err) fail(m, err, NULL, "too many lanes");
        e.from = part.to;
    }
    int err = n || m->err ? ORD_OK : draft_edge(&m->d, &e);
    if (err) fail(m, err, NULL, "too many lanes");
}

static void add_lanes(struct rmf *m)
{
    uint32_t narrow = 0, passive = 0;
    for (uint16_t i = 0; i < m->levels; i++) {
        struct rmf_level *l = &m->level[i];
        for (uint32_t k = 0; k < l->lanes && !m->err; k++) add_lane(m, i, &l->lane[k], &narrow);
        for (uint32_t k = 0; k < l->doors; k++) {
            if (!l->door[k].crossed) m->unused_doors++;
            else if (!l->door[k].powered) {
                import_say(m->r, IMPORT_DROPPED, "门 %s（楼层 %s）不受控：视为常开",
                           "door %s on level %s is not powered: taken as always open", l->door[k].name, l->name);
                passive++;
            }
        }
    }
    if (narrow)
        import_say(m->r, IMPORT_GUESSED, "%u 条通道离墙不足 0.40 米：宽度按 0.80 米处理",
                   "%u lanes run closer than 0.40 m to a wall: taken as 0.80 m wide", narrow);
    if (m->unused_doors)
        import_say(m->r, IMPORT_DROPPED, "本图通道不经过的门 %u 扇", "%u doors that no lane of this graph passes",
                   m->unused_doors);
}

/* ---- the rest ---- */

static void add_walls(struct rmf *m)
{
    for (uint16_t i = 0; i < m->levels; i++) {
        const struct rmf_level *l = &m->level[i];
        for (uint32_t k = 0; k < l->walls && !m->err; k++) {
            struct pt a = vert_pt(m, l, l->wall[k].i), b = vert_pt(m, l, l->wall[k].j);
            if (a.x == b.x && a.y == b.y) continue;
            struct site_wall w = { i, (mm_t)a.x, (mm_t)a.y, (mm_t)b.x, (mm_t)b.y };
            int err = draft_wall(&m->d, &w);
            if (err) fail(m, err, NULL, "too many walls");
            PUSH(m, m->wall_seg, m->wall_segs, m->wall_room, (struct bay_segment){ i, a, b });
        }
        for (uint32_t k = 0; k < l->doors && !m->err; k++)
            PUSH(m, m->door_seg, m->door_segs, m->door_room,
                 (struct bay_segment){ i, vert_pt(m, l, l->door[k].i), vert_pt(m, l, l->door[k].j) });
    }
}

static void read_rings(struct rmf *m, uint16_t level, struct fy_node *list, bool hole)
{
    void *state = NULL;
    for (struct fy_node *n; !m->err && (n = yaml_next(list, &state));) {
        struct fy_node *verts = yaml_get(n, "vertices");
        int count = yaml_count(verts);
        if (count < 3) continue;
        PUSH(m, m->ring, m->rings, m->ring_room, (struct bay_ring){ .level = level, .hole = hole });
        if (m->err) return;
        struct bay_ring *ring = &m->ring[m->rings - 1];
        ring->p = calloc((size_t)count, sizeof *ring->p);
        if (!ring->p) {
            fail(m, ORD_EMEMORY, NULL, "out of memory");
            return;
        }
        for (int i = 0; i < count && !m->err; i++)
            ring->p[ring->count++] = vert_pt(m, &m->level[level], index_at(m, &m->level[level], verts, i, "a floor"));
    }
}

static void add_station(struct rmf *m, const struct vert *v)
{
    struct site_station t = { .node = v->node, .kind = STATION_GENERIC };
    const struct site_node *n = &m->d.s->node[v->node];
    text_copy(t.id, sizeof t.id, n->id);
    text_copy(t.name.zh, sizeof t.name.zh, v->name[0] ? v->name : n->id);
    text_copy(t.name.en, sizeof t.name.en, v->name[0] ? v->name : n->id);
    int err = draft_station(&m->d, &t);
    if (err) fail(m, err, NULL, "too many stations");
    if (n->flags & (NODE_PARK | NODE_CHARGER))
        import_say(m->r, IMPORT_KEPT, "%s 既是停车位又是站点：作为站点使用，不作避让位",
                   "%s is both a parking place and a station: used as a station, not as a refuge", n->id);
}

static void add_stations(struct rmf *m)
{
    uint32_t handovers = 0, named = 0;
    for (int pass = 0; pass < 2 && !m->err; pass++)
        for (uint16_t i = 0; i < m->levels; i++)
            for (uint32_t k = 0; k < m->level[i].verts && !m->err; k++) {
                const struct vert *v = &m->level[i].vert[k];
                if (v->node == ID_NONE || m->d.s->node[v->node].elevator != ID_NONE || (v->flags & NODE_NO_STOP))
                    continue;
                if (pass == 0) {
                    handovers += v->handover;
                    named += v->name[0] != 0;
                } else if (handovers >= 2 ? v->handover : v->name[0] != 0 || v->handover) {
                    add_station(m, v);
                }
            }
    if (handovers >= 2)
        import_say(m->r, IMPORT_KEPT, "取送点 %u 个成为站点；另有 %u 个命名路点未作站点",
                   "%u pick-up and drop-off points became stations; %u other named waypoints did not", handovers,
                   named > handovers ? named - handovers : 0);
    else
        import_say(m->r, IMPORT_GUESSED, "取送点不足两个：%d 个命名路点成为站点",
                   "fewer than two pick-up and drop-off points: %d named waypoints became stations", m->d.s->stations);
}

static void say_counts(struct rmf *m)
{
    char list[100], others[100];
    import_say(m->r, IMPORT_KEPT, "图 %s：路点 %u 个，单向通道 %u 条共 %.0f 米，其中过门 %u 条",
               "graph %s: %u waypoints, %u directed lanes of %.0f m in all, %u of them through a door",
               graph_list(m->wanted & m->there, list, sizeof list), m->r->waypoints, m->r->lanes, m->r->length_m,
               m->r->door_lanes);
    if (m->there & ~m->wanted)
        import_say(m->r, IMPORT_DROPPED, "导航图 %s 未导入：用 --graph 选择",
                   "graphs %s are not imported: --graph chooses",
                   graph_list(m->there & ~m->wanted, others, sizeof others));
    if (m->globe)
        import_say(m->r, IMPORT_GUESSED, "经纬度换算为平面：原点为经度 %.6f，纬度 %.6f",
                   "degrees became metres on a plane from longitude %.6f, latitude %.6f", m->lon, m->lat);
    if (m->ignored_orientation)
        import_say(m->r, IMPORT_DROPPED, "%u 条通道的车头朝向要求", "orientation wishes of %u lanes",
                   m->ignored_orientation);
    if (m->ignored_dock) import_say(m->r, IMPORT_DROPPED, "%u 个对接动作", "%u docking manoeuvres", m->ignored_dock);
    if (m->ignored_mutex)
        import_say(m->r, IMPORT_DROPPED, "%u 处互斥组标记：冲突由几何计算",
                   "%u mutex marks: conflicts are computed from geometry", m->ignored_mutex);
    if (m->d.s->elevators)
        import_say(m->r, IMPORT_GUESSED, "电梯速度 2.0 米/秒、加速度 1.0 米/秒²、起动 1 秒",
                   "lift speed 2.0 m/s, acceleration 1.0 m/s2, 1 s to start");
}

static void read_file(struct rmf *m, struct fy_node *root)
{
    char text[SITE_NAME_MAX] = "reference_image", key[SITE_NAME_MAX];
    void *state = NULL;
    struct fy_node *levels = yaml_get(root, "levels");
    if (!yaml_is_map(levels)) {
        fail(m, ORD_EPARSE, root, "has no 'levels': is this a building.yaml of the Open-RMF traffic editor?");
        return;
    }
    if (yaml_get(root, "coordinate_system")) yaml_text(yaml_get(root, "coordinate_system"), text, sizeof text);
    m->image = strcmp(text, "reference_image") == 0;
    m->globe = strcmp(text, "wgs84") == 0;
    if (!m->image && !m->globe && strcmp(text, "cartesian_meters") != 0) {
        fail(m, ORD_EVERSION, yaml_get(root, "coordinate_system"),
             "coordinate_system '%s' is not supported: use reference_image, cartesian_meters or wgs84", text);
        return;
    }
    if (!yaml_text(yaml_get(root, "name"), m->building, sizeof m->building))
        yaml_text(yaml_get(root, "building_name"), m->building, sizeof m->building);
    if (!m->building[0]) text_copy(m->building, sizeof m->building, "imported");
    for (struct fy_node *n; !m->err && (n = yaml_next_pair(levels, &state, key, sizeof key));) read_level(m, n, key);
    if (m->err) return;
    if (m->levels == 0) {
        fail(m, ORD_EMAP, NULL, "has no level");
        return;
    }
    text[0] = 0;
    yaml_text(yaml_get(root, "reference_level_name"), text, sizeof text);
    m->reference = level_named(m, text, 0);
    set_frames(m);
    if (!m->err) read_lifts(m, yaml_get(root, "lifts"));
    for (uint16_t i = 0; i < m->levels && !m->err; i++) {
        read_rings(m, i, yaml_get(yaml_get(levels, m->level[i].name), "floors"), false);
        read_rings(m, i, yaml_get(yaml_get(levels, m->level[i].name), "holes"), true);
    }
}

static void build(struct rmf *m)
{
    import_id(m->d.s->id, SITE_ID_MAX, m->building);
    text_copy(m->d.s->name.zh, SITE_NAME_MAX, m->building);
    text_copy(m->d.s->name.en, SITE_NAME_MAX, m->building);
    for (uint16_t i = 0; i < m->levels; i++) {
        struct site_level l = { .elevation_mm = (mm_t)lround(m->level[i].elevation * 1000) };
        import_id(l.id, SITE_ID_MAX - 16, m->level[i].name);
        text_copy(l.name.zh, sizeof l.name.zh, m->level[i].name);
        text_copy(l.name.en, sizeof l.name.en, m->level[i].name);
        int err = draft_level(&m->d, &l);
        if (err) fail(m, err, NULL, "too many levels");
    }
    add_walls(m);
    add_waypoints(m);
    for (uint16_t i = 0; i < m->lifts && !m->err; i++) add_lift(m, &m->lift[i]);
    add_lanes(m);
    if (!m->err) add_stations(m);
    if (!m->err) say_counts(m);
}

static void rmf_close(struct rmf *m)
{
    for (uint16_t i = 0; i < m->levels; i++) {
        struct rmf_level *l = &m->level[i];
        free(l->vert);
        free(l->fid);
        free(l->lane);
        free(l->wall);
        free(l->door);
    }
    for (uint32_t i = 0; i < m->rings; i++) free(m->ring[i].p);
    free(m->ring);
    free(m->wall_seg);
    free(m->door_seg);
    draft_close(&m->d);
    free(m);
}

static int finish(struct rmf *m, struct site **out)
{
    struct site_elevator shaft[SITE_ELEVATORS_MAX];
    for (uint16_t i = 0; i < m->lifts; i++) shaft[i] = m->lift[i].car;
    struct bay_space space = { .wall = m->wall_seg,
                               .walls = m->wall_segs,
                               .door = m->door_seg,
                               .doors = m->door_segs,
                               .ring = m->ring,
                               .rings = m->rings,
                               .shaft = shaft,
                               .shafts = m->lifts };
    return import_finish(&m->d, m->o, &space, out, m->r, m->note);
}

int import_rmf_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                     struct import_report *r, struct err_note *note)
{
    struct yaml y;
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = yaml_open(&y, name, bytes, n, note);
    if (err) return err;
    struct rmf *m = calloc(1, sizeof *m);
    if (!m || draft_open(&m->d, name)) {
        free(m);
        yaml_close(&y);
        return err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY));
    }
    m->file = name;
    m->note = note;
    m->o = o;
    m->wanted = o.graphs ? o.graphs : 1u << (unsigned)o.graph;
    m->r = r;
    read_file(m, yaml_root(&y));
    if (!m->err) build(m);
    err = m->err ? m->err : finish(m, out);
    rmf_close(m);
    yaml_close(&y);
    return err;
}

int import_rmf(const char *path, struct import_options o, struct site **out, struct import_report *r,
               struct err_note *note)
{
    char *bytes = NULL;
    size_t n = 0;
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = import_read(path, YAML_BYTES_MAX, &bytes, &n, note);
    if (!err) err = import_rmf_bytes(path, bytes, n, o, out, r, note);
    free(bytes);
    return err;
}
