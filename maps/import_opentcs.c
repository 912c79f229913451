/* import_opentcs - openTCS plant models (XML, formats 0.0.2 to 7) into a site.
 *
 *   points     nodes; park positions may be refuges. Levels are the heights (z) where there are several, else the
 *              layers of the drawing, provided that paths between layers go straight up; else there is one level.
 *   paths      ways. A reverse speed makes a strip two-way: it stays one lane, as openTCS locks one path. Locked paths
 *              are closed now and are left out. Curves come from the drawing, whose y points down.
 *   locations  with links: stations, one place a link; where all they do is charge, chargers. Without links they are
 *              devices: one that a path names in a peripheral operation becomes a door on that path.
 *   the rest   vehicles belong in a fleet file, blocks and envelopes are what the map compiler computes from
 *              footprints; they are counted and told as dropped.
 *
 * A document type is refused, so that no entity is ever expanded. */
#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "idset.h"
#include "import_graph.h"

#define MODEL_BYTES_MAX ((size_t)32 << 20)
#define DEPTH_MAX 16
#define REACH_MM 9000000 /* from the origin */
#define LEVEL_GUESS_MM 4000
#define STRAIGHT_UP 500 /* mm in plan: a path between layers */
#define BENDS_MAX 200   /* of one path */
#define CURVE_STEPS 16

enum { AT_POINT = 1, AT_PATH, AT_LOCATION, AT_TYPE, AT_LINK, AT_BLOCK, AT_VISUAL, AT_VEHICLE, AT_OTHER, AT_MODEL };

struct model_point {
    char name[GRAPH_NAME_MAX];
    int64_t x, y, z;
    int64_t layer;
    bool park;
};
struct model_path {
    char name[GRAPH_NAME_MAX], from[GRAPH_NAME_MAX], to[GRAPH_NAME_MAX], device[GRAPH_NAME_MAX];
    int64_t speed, reverse, length;
    bool locked;
    char curve[16];
    uint32_t control, controls; /* in drawing units */
    uint32_t a, b;              /* points, once resolved */
    int line;
};
struct model_type {
    char name[GRAPH_NAME_MAX];
    bool charges, works;
};
struct model_location {
    char name[GRAPH_NAME_MAX], type[GRAPH_NAME_MAX];
    uint32_t link, links;
    bool locked, device;
    int line;
};
struct model_link {
    char point[GRAPH_NAME_MAX];
    int line;
};
struct model_layer {
    int64_t id, ordinal;
    char name[SITE_NAME_MAX];
};
struct control {
    double x, y;
};

struct model {
    struct import_graph g;
    XML_Parser xml;
    uint8_t at[DEPTH_MAX];
    int depth;
    char name[GRAPH_NAME_MAX], version[24];
    bool lost;       /* a name was longer than its room */
    uint32_t others; /* elements not known */
    char other[32];
    struct model_point *point;
    struct model_path *path;
    struct model_type *type;
    struct model_location *location;
    struct model_link *link;
    struct model_layer *layer;
    struct control *control;
    uint32_t points, paths, types, locations, links, layers, controls;
    uint32_t point_room, path_room, type_room, location_room, link_room, layer_room, control_room;
    uint32_t vehicles, blocks, envelopes, properties, operations, angles, boxes;
    double scale_x, scale_y;
};

#define PUSH(m, array, count, room, ...)                                                      \
    do {                                                                                      \
        void *p_ = (array);                                                                   \
        bool ok_ = import_room(&p_, &(room), (count), GRAPH_ITEMS_MAX, sizeof *(array));      \
        (array) = p_;                                                                         \
        if (ok_) (array)[(count)++] = (__VA_ARGS__);                                          \
        else fail(m, ORD_EFULL, "more than %u items of one kind", (unsigned)GRAPH_ITEMS_MAX); \
    } while (0)
#define fail(m, err, ...)                                                                      \
    do {                                                                                       \
        import_graph_fail(&(m)->g, err, (int)XML_GetCurrentLineNumber((m)->xml), __VA_ARGS__); \
        XML_StopParser((m)->xml, XML_FALSE);                                                   \
    } while (0)

/* ---- attributes ---- */

/* By its name since format 6, or by the one before. */
static const char *attr(const char **atts, const char *name, const char *old)
{
    for (; *atts; atts += 2)
        if (strcmp(*atts, name) == 0 || (old && strcmp(*atts, old) == 0)) return atts[1];
    return NULL;
}

static void name_of(struct model *m, const char **atts, const char *key, char *dst, size_t size)
{
    const char *v = attr(atts, key, NULL);
    if (!v || !*v) fail(m, ORD_EPARSE, "attribute '%s' is missing or empty", key);
    else if (!text_copy(dst, size, v)) fail(m, ORD_ERANGE, "'%.40s...' is longer than %zu bytes", v, size - 1);
}

static int64_t whole(struct model *m, const char **atts, const char *key, const char *old, int64_t otherwise)
{
    const char *v = attr(atts, key, old);
    char *end;
    if (!v) return otherwise;
    double n = strtod(v, &end);
    if (end == v || *end || !(fabs(n) <= 1e9)) {
        fail(m, ORD_ERANGE, "%s=\"%.24s\" must be a whole number of millimetres below 1e9", key, v);
        return otherwise;
    }
    return llround(n);
}

static bool truth(const char **atts, const char *key)
{
    const char *v = attr(atts, key, NULL);
    return v && strcmp(v, "true") == 0;
}

static double scale_of(struct model *m, const char **atts, const char *key)
{
    const char *v = attr(atts, key, NULL);
    char *end;
    double n = v ? strtod(v, &end) : 50;
    if (v && (end == v || *end || !(n > 0 && n <= 1e6))) {
        fail(m, ORD_ERANGE, "%s=\"%.24s\" must be a number above 0", key, v);
        return 50;
    }
    return n;
}

/* ---- elements ---- */

static void on_point(struct model *m, const char **atts)
{
    struct model_point p = { .layer = -1 };
    const char *type = attr(atts, "type", NULL), *angle = attr(atts, "vehicleOrientationAngle", NULL);
    name_of(m, atts, "name", p.name, sizeof p.name);
    p.x = whole(m, atts, "positionX", "xPosition", 0);
    p.y = whole(m, atts, "positionY", "yPosition", 0);
    p.z = whole(m, atts, "positionZ", "zPosition", 0);
    p.park = type && strcmp(type, "PARK_POSITION") == 0;
    m->angles += angle && strcmp(angle, "NaN") != 0;
    if (llabs(p.x) > REACH_MM || llabs(p.y) > REACH_MM || llabs(p.z) > REACH_MM / 9)
        fail(m, ORD_ERANGE, "point '%s' lies more than 9 km from the origin, or above 1 km: are these millimetres?",
             p.name);
    if (type && !p.park && strcmp(type, "HALT_POSITION") != 0 && strcmp(type, "REPORT_POSITION") != 0)
        fail(m, ORD_ERANGE, "point '%s': type \"%.24s\" is not HALT_POSITION, PARK_POSITION or REPORT_POSITION", p.name,
             type);
    PUSH(m, m->point, m->points, m->point_room, p);
}

static void on_path(struct model *m, const char **atts)
{
    struct model_path p = { .control = m->controls, .line = (int)XML_GetCurrentLineNumber(m->xml) };
    name_of(m, atts, "name", p.name, sizeof p.name);
    name_of(m, atts, "sourcePoint", p.from, sizeof p.from);
    name_of(m, atts, "destinationPoint", p.to, sizeof p.to);
    p.speed = whole(m, atts, "maxVelocity", NULL, 0);
    p.reverse = whole(m, atts, "maxReverseVelocity", NULL, 0);
    p.length = whole(m, atts, "length", NULL, 0);
    p.locked = truth(atts, "locked");
    if (p.speed < 0 || p.reverse < 0) fail(m, ORD_ERANGE, "path '%s': a speed is below 0", p.name);
    PUSH(m, m->path, m->paths, m->path_room, p);
}

static void on_location(struct model *m, const char **atts)
{
    struct model_location l = { .link = m->links, .line = (int)XML_GetCurrentLineNumber(m->xml) };
    name_of(m, atts, "name", l.name, sizeof l.name);
    name_of(m, atts, "type", l.type, sizeof l.type);
    l.locked = truth(atts, "locked");
    PUSH(m, m->location, m->locations, m->location_room, l);
}

static void on_operation(struct model *m, const char **atts)
{
    const char *op = attr(atts, "name", NULL);
    struct model_type *t = &m->type[m->types - 1];
    if (!op || strcasecmp(op, "NOP") == 0) return;
    if (strncasecmp(op, "charg", 5) == 0 || strncasecmp(op, "recharg", 7) == 0) t->charges = true;
    else t->works = true;
}

static void on_layer(struct model *m, const char **atts)
{
    struct model_layer l = { .id = whole(m, atts, "id", NULL, 0), .ordinal = whole(m, atts, "ordinal", NULL, 0) };
    const char *name = attr(atts, "name", NULL);
    text_copy(l.name, sizeof l.name, name ? name : "");
    PUSH(m, m->layer, m->layers, m->layer_room, l);
}

static void on_control(struct model *m, const char **atts)
{
    struct control c = { 0 };
    const char *x = attr(atts, "x", NULL), *y = attr(atts, "y", NULL);
    char *end_x = NULL, *end_y = NULL;
    if (x && y) c = (struct control){ strtod(x, &end_x), strtod(y, &end_y) };
    if (!x || !y || !*x || !*y || *end_x || *end_y || !(fabs(c.x) < 1e9) || !(fabs(c.y) < 1e9))
        fail(m, ORD_ERANGE, "a control point needs the numbers x and y");
    PUSH(m, m->control, m->controls, m->control_room, c);
    if (m->path[m->paths - 1].controls++ == BENDS_MAX)
        fail(m, ORD_EFULL, "path '%s' has more than %d control points", m->path[m->paths - 1].name, BENDS_MAX);
}

static uint8_t in_model(struct model *m, const char *el, const char **atts)
{
    if (strcmp(el, "point") == 0) return on_point(m, atts), AT_POINT;
    if (strcmp(el, "path") == 0) return on_path(m, atts), AT_PATH;
    if (strcmp(el, "location") == 0) return on_location(m, atts), AT_LOCATION;
    if (strcmp(el, "locationType") == 0) {
        struct model_type t = { 0 };
        name_of(m, atts, "name", t.name, sizeof t.name);
        PUSH(m, m->type, m->types, m->type_room, t);
        return AT_TYPE;
    }
    if (strcmp(el, "block") == 0) return m->blocks++, AT_BLOCK;
    if (strcmp(el, "vehicle") == 0) return m->vehicles++, AT_VEHICLE;
    if (strcmp(el, "visualLayout") == 0) {
        m->scale_x = scale_of(m, atts, "scaleX");
        m->scale_y = scale_of(m, atts, "scaleY");
        return AT_VISUAL;
    }
    if (strcmp(el, "property") != 0 && m->others++ == 0) text_copy(m->other, sizeof m->other, el);
    return AT_OTHER;
}

static uint8_t in_path(struct model *m, const char *el, const char **atts)
{
    struct model_path *p = &m->path[m->paths - 1];
    if (strcmp(el, "peripheralOperation") == 0) {
        m->operations++;
        if (!p->device[0]) name_of(m, atts, "locationName", p->device, sizeof p->device);
    } else if (strcmp(el, "pathLayout") == 0) {
        const char *curve = attr(atts, "connectionType", NULL);
        text_copy(p->curve, sizeof p->curve, curve ? curve : "DIRECT");
        return AT_PATH;
    } else if (strcmp(el, "controlPoint") == 0) on_control(m, atts);
    return AT_OTHER;
}

static uint8_t in_location(struct model *m, const char *el, const char **atts)
{
    if (strcmp(el, "link") != 0) return AT_OTHER;
    struct model_link l = { .line = (int)XML_GetCurrentLineNumber(m->xml) };
    name_of(m, atts, "point", l.point, sizeof l.point);
    PUSH(m, m->link, m->links, m->link_room, l);
    m->location[m->locations - 1].links++;
    return AT_LINK;
}

static void XMLCALL on_start(void *user, const char *el, const char **atts)
{
    struct model *m = user;
    uint8_t now = AT_OTHER, in = m->depth ? m->at[m->depth - 1] : 0;
    if (m->g.err) return;
    if (m->depth == DEPTH_MAX) {
        fail(m, ORD_EPARSE, "elements are nested more than %d deep", DEPTH_MAX);
        return;
    }
    m->properties += strcmp(el, "property") == 0;
    m->envelopes += strcmp(el, "vehicleEnvelope") == 0;
    m->boxes += in == AT_POINT && strcmp(el, "maxVehicleBoundingBox") == 0;
    if (m->depth == 0) {
        const char *name = attr(atts, "name", NULL), *version = attr(atts, "version", NULL);
        if (strcmp(el, "model") != 0) fail(m, ORD_EPARSE, "begins with <%.30s>, not <model>: no openTCS model", el);
        text_copy(m->name, sizeof m->name, name && *name ? name : "imported");
        text_copy(m->version, sizeof m->version, version ? version : "");
        now = AT_MODEL;
    } else if (in == AT_MODEL) now = in_model(m, el, atts);
    else if (in == AT_POINT && strcmp(el, "pointLayout") == 0)
        m->point[m->points - 1].layer = whole(m, atts, "layerId", NULL, -1);
    else if (in == AT_PATH) now = in_path(m, el, atts);
    else if (in == AT_LOCATION) now = in_location(m, el, atts);
    else if (in == AT_TYPE && strcmp(el, "allowedOperation") == 0) on_operation(m, atts);
    else if (in == AT_VISUAL && strcmp(el, "layer") == 0) on_layer(m, atts);
    if (!m->g.err) m->at[m->depth++] = now;
}

static void XMLCALL on_end(void *user, const char *el)
{
    struct model *m = user;
    (void)el;
    if (m->depth > 0) m->depth--;
}

static void XMLCALL on_doctype(void *user, const char *name, const char *system, const char *public_, int internal)
{
    struct model *m = user;
    (void)name, (void)system, (void)public_, (void)internal;
    fail(m, ORD_EPARSE, "has a document type (<!DOCTYPE>): remove it, models have none");
}

static void check_version(struct model *m)
{
    static const char *const known[] = { "0.0.2", "0.0.3", "0.0.4", "0.0.5" };
    size_t i = 0;
    while (i < COUNT_OF(known) && strcmp(known[i], m->version) != 0) i++;
    if (i == COUNT_OF(known) && strncmp(m->version, "6.", 2) != 0 && strncmp(m->version, "7.", 2) != 0)
        import_graph_fail(&m->g, ORD_EVERSION, 0, "model version '%s' is not known: 0.0.2 to 0.0.5, 6 and 7 are",
                          m->version);
}

static void parse(struct model *m, const char *bytes, size_t n)
{
    m->xml = XML_ParserCreate(NULL);
    if (!m->xml) {
        import_graph_fail(&m->g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
        return;
    }
    XML_SetUserData(m->xml, m);
    XML_SetElementHandler(m->xml, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(m->xml, on_doctype);
    if (n > MODEL_BYTES_MAX) import_graph_fail(&m->g, ORD_EFULL, 0, "is larger than %zu MB", MODEL_BYTES_MAX >> 20);
    else if (XML_Parse(m->xml, bytes, (int)n, 1) != XML_STATUS_OK && !m->g.err)
        import_graph_fail(&m->g, ORD_EPARSE, (int)XML_GetCurrentLineNumber(m->xml), "%s",
                          XML_ErrorString(XML_GetErrorCode(m->xml)));
    XML_ParserFree(m->xml);
    m->xml = NULL;
    if (!m->g.err) check_version(m);
}

/* ---- names ---- */

enum { KIND_SHIFT = 24, KIND_POINT = 1, KIND_PATH, KIND_LOCATION, KIND_TYPE };

static void take(struct model *m, struct idset *names, const char *name, uint32_t kind, uint32_t i)
{
    static const char *const word[] = { "", "point", "path", "location", "location type" };
    bool ok = true;
    uint32_t before = m->g.err ? IDSET_NONE : idset_put(names, name, kind << KIND_SHIFT | i, &ok);
    if (!ok) import_graph_fail(&m->g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
    else if (before != IDSET_NONE)
        import_graph_fail(&m->g, ORD_EEXISTS, 0, "%s '%s': the name is taken by a %s; all kinds share their names",
                          word[kind], name, word[before >> KIND_SHIFT]);
}

/* The number of the thing of that kind, or UINT32_MAX after an error. */
static uint32_t find(struct model *m, const struct idset *names, uint32_t kind, const char *name, const char *who,
                     int line)
{
    uint32_t got = idset_get(names, name);
    if (got != IDSET_NONE && got >> KIND_SHIFT == kind) return got & ((1u << KIND_SHIFT) - 1);
    import_graph_fail(&m->g, ORD_ERANGE, line, "'%s' refers to '%s', which is not in the model", who, name);
    return UINT32_MAX;
}

static void resolve(struct model *m, struct idset *names)
{
    for (uint32_t i = 0; i < m->points; i++) take(m, names, m->point[i].name, KIND_POINT, i);
    for (uint32_t i = 0; i < m->paths; i++) take(m, names, m->path[i].name, KIND_PATH, i);
    for (uint32_t i = 0; i < m->locations; i++) take(m, names, m->location[i].name, KIND_LOCATION, i);
    for (uint32_t i = 0; i < m->types; i++) take(m, names, m->type[i].name, KIND_TYPE, i);
    for (uint32_t i = 0; i < m->paths && !m->g.err; i++) {
        struct model_path *p = &m->path[i];
        p->a = find(m, names, KIND_POINT, p->from, p->name, p->line);
        p->b = find(m, names, KIND_POINT, p->to, p->name, p->line);
        uint32_t l = p->device[0] ? find(m, names, KIND_LOCATION, p->device, p->name, p->line) : UINT32_MAX;
        if (l != UINT32_MAX) m->location[l].device = true;
    }
}

/* ---- levels ---- */

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static uint32_t distinct(int64_t *v, uint32_t n)
{
    uint32_t kept = 0;
    if (n) qsort(v, n, sizeof *v, by_number);
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || v[kept - 1] != v[i]) v[kept++] = v[i];
    return kept;
}

static int64_t ordinal_of(const struct model *m, int64_t layer)
{
    for (uint32_t i = 0; i < m->layers; i++)
        if (m->layer[i].id == layer) return m->layer[i].ordinal;
    return layer;
}

static const char *layer_name(const struct model *m, int64_t ordinal)
{
    for (uint32_t i = 0; i < m->layers; i++)
        if (m->layer[i].ordinal == ordinal && m->layer[i].name[0]) return m->layer[i].name;
    return NULL;
}

/* Layers are floors when whatever joins two of them goes straight up. */
static bool layers_are_floors(const struct model *m)
{
    for (uint32_t i = 0; i < m->paths; i++) {
        const struct model_point *a = &m->point[m->path[i].a], *b = &m->point[m->path[i].b];
        if (a->layer != b->layer && (llabs(a->x - b->x) > STRAIGHT_UP || llabs(a->y - b->y) > STRAIGHT_UP))
            return false;
    }
    return true;
}

static void add_level(struct model *m, uint32_t i, const char *name, int64_t height)
{
    struct site_level l = { .elevation_mm = (mm_t)height };
    snprintf(l.id, sizeof l.id, "L%u", i + 1);
    text_copy(l.name.zh, sizeof l.name.zh, name ? name : l.id);
    text_copy(l.name.en, sizeof l.name.en, name ? name : l.id);
    int err = draft_level(&m->g.d, &l);
    if (err) import_graph_fail(&m->g, err, 0, "points lie at more than %d heights: are they levels?", SITE_LEVELS_MAX);
}

static void add_levels(struct model *m, level_id *level_of)
{
    int64_t *z = calloc((size_t)m->points + 1, sizeof *z), *layer = calloc((size_t)m->points + 1, sizeof *layer);
    if (!z || !layer) import_graph_fail(&m->g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
    for (uint32_t i = 0; z && layer && i < m->points; i++) {
        z[i] = m->point[i].z;
        layer[i] = ordinal_of(m, m->point[i].layer);
    }
    uint32_t heights = z ? distinct(z, m->points) : 0, layers = layer ? distinct(layer, m->points) : 0;
    bool by_height = heights > 1, by_layer = !by_height && layers > 1 && layers_are_floors(m);
    uint32_t n = by_height ? heights : by_layer ? layers : 1;
    for (uint32_t i = 0; z && layer && i < n && !m->g.err; i++)
        add_level(m, i, by_layer ? layer_name(m, layer[i]) : NULL, by_height ? z[i] : (int64_t)i * LEVEL_GUESS_MM);
    for (uint32_t i = 0; z && layer && i < m->points && !m->g.err; i++) {
        const int64_t *list = by_height ? z : layer, key = by_height ? m->point[i].z : ordinal_of(m, m->point[i].layer);
        while (n > 1 && list[level_of[i]] != key) level_of[i]++;
    }
    free(z);
    free(layer);
    if (m->g.err) return;
    if (by_height)
        import_say(m->g.r, IMPORT_GUESSED, "楼层按 %u 种高度 (z) 划分", "levels by the %u heights (z) of points", n);
    else if (by_layer)
        import_say(m->g.r, IMPORT_GUESSED, "高度全部相同：楼层按 %u 个图层划分，层高按 4 米处理",
                   "all heights are equal: levels by the %u layers of the drawing, taken as 4 m apart", n);
    else if (layers > 1)
        import_say(m->g.r, IMPORT_GUESSED, "有 %u 个图层，但路径横跨图层：按同一楼层处理",
                   "%u layers, but paths lead across them on the floor: taken as one level", layers);
}

/* ---- courses ---- */

static struct pt from_drawing(const struct model *m, struct control c)
{
    return (struct pt){ llround(c.x * m->scale_x), llround(-c.y * m->scale_y) };
}

static void curve_piece(struct model *m, struct pt a, struct pt b, struct pt c, struct pt d)
{
    for (int i = 1; i < CURVE_STEPS; i++) {
        double t = (double)i / CURVE_STEPS, u = 1 - t;
        double ka = u * u * u, kb = 3 * u * u * t, kc = 3 * u * t * t, kd = t * t * t;
        struct pt p = {
            llround(ka * (double)a.x + kb * (double)b.x + kc * (double)c.x + kd * (double)d.x),
            llround(ka * (double)a.y + kb * (double)b.y + kc * (double)c.y + kd * (double)d.y),
        };
        import_graph_bend(&m->g, p);
    }
}

/* Bends of the path into the graph; control points far from both ends are of another drawing and are left out. */
static void add_course(struct model *m, const struct model_path *p, struct graph_way *w)
{
    struct pt a = m->g.point[p->a].at, b = m->g.point[p->b].at, c[BENDS_MAX + 1];
    int64_t reach = 2 * geom_far(a, b) + 20000;
    uint32_t n = p->controls;
    w->bend = m->g.bends;
    if (strcmp(p->curve, "DIRECT") == 0 || n == 0) return;
    for (uint32_t i = 0; i < n; i++) {
        c[i] = from_drawing(m, m->control[p->control + i]);
        if (llabs(c[i].x - a.x) > reach || llabs(c[i].y - a.y) > reach) {
            import_say(m->g.r, IMPORT_DROPPED, "路径 %s 的曲线远离其端点：按直线处理",
                       "the course of path %s leads far from its ends: taken as straight", p->name);
            return;
        }
    }
    if (strcmp(p->curve, "BEZIER") == 0 && n == 2) curve_piece(m, a, c[0], c[1], b);
    else if (strcmp(p->curve, "BEZIER_3") == 0 && n == 5) {
        curve_piece(m, a, c[0], c[1], c[2]);
        import_graph_bend(&m->g, c[2]);
        curve_piece(m, c[2], c[3], c[4], b);
    } else {
        for (uint32_t i = 0; i < n; i++) import_graph_bend(&m->g, c[i]);
    }
    w->bends = m->g.bends - w->bend;
}

static void add_path(struct model *m, const struct model_path *p)
{
    struct graph_way w = { .from = p->a, .to = p->b, .both = p->speed > 0 && p->reverse > 0 };
    text_copy(w.name, sizeof w.name, p->name);
    int64_t speed = p->speed == 0 || (p->reverse > 0 && p->reverse < p->speed) ? p->reverse : p->speed;
    w.speed_mm_s = (int32_t)(speed > 20000 ? 20000 : speed);
    add_course(m, p, &w);
    if (p->speed == 0) { /* backwards only: its course turned round */
        w.from = p->b;
        w.to = p->a;
        for (uint32_t i = 0; i < w.bends / 2; i++) {
            struct pt t = m->g.bend[w.bend + i];
            m->g.bend[w.bend + i] = m->g.bend[w.bend + w.bends - 1 - i];
            m->g.bend[w.bend + w.bends - 1 - i] = t;
        }
    }
    import_graph_way(&m->g, &w);
}

static void add_paths(struct model *m)
{
    uint32_t backwards = 0, lengths = 0;
    for (uint32_t i = 0; i < m->paths && !m->g.err; i++) {
        const struct model_path *p = &m->path[i];
        if (p->locked || (p->speed == 0 && p->reverse == 0)) {
            import_say(m->g.r, IMPORT_DROPPED, p->locked ? "路径 %s 已锁闭" : "路径 %s 两个方向的速度都为 0",
                       p->locked ? "path %s is locked: closed now" : "path %s has speed 0 both ways", p->name);
            continue;
        }
        double far = (double)geom_far(m->g.point[p->a].at, m->g.point[p->b].at);
        lengths += p->controls == 0 && m->g.point[p->a].level == m->g.point[p->b].level && p->length > 0 &&
                   fabs((double)p->length - far) > 0.1 * far;
        backwards += p->reverse > 0;
        add_path(m, p);
        if (p->device[0] && m->g.point[p->a].level == m->g.point[p->b].level && !m->g.err) {
            struct graph_door d = { .way = m->g.ways - 1 };
            text_copy(d.name, sizeof d.name, p->device);
            import_graph_door(&m->g, &d);
        }
    }
    if (backwards)
        import_say(m->g.r, IMPORT_GUESSED, "%u 条路径允许倒车：作为双向通道，机器人是否掉头由车型决定",
                   "%u paths may be driven backwards: two-way; whether a robot turns is up to its class", backwards);
    if (lengths)
        import_say(m->g.r, IMPORT_DROPPED, "%u 条直线路径的 length 与坐标相差超过 10%%：以坐标为准",
                   "the stated length of %u straight paths is off by more than 10 %%: coordinates count", lengths);
}

/* ---- locations ---- */

static void add_location(struct model *m, const struct idset *names, const struct model_location *l)
{
    uint32_t t = find(m, names, KIND_TYPE, l->type, l->name, l->line);
    struct graph_station s = { .slots = 0 };
    if (t == UINT32_MAX) return;
    const struct model_type *type = &m->type[t];
    if (l->links == 0 || l->locked) {
        if (l->links || !l->device)
            import_say(m->g.r, IMPORT_DROPPED, l->locked ? "位置 %s 已锁闭" : "位置 %s 没有连接点，也没有路径使用它",
                       l->locked ? "location %s is locked" : "location %s has no link and no path uses it", l->name);
        return;
    }
    text_copy(s.name, sizeof s.name, l->name);
    for (uint32_t i = 0; i < l->links; i++) {
        uint32_t p = find(m, names, KIND_POINT, m->link[l->link + i].point, l->name, m->link[l->link + i].line);
        if (p == UINT32_MAX) return;
        if (type->charges && !type->works) m->g.point[p].flags |= NODE_CHARGER;
        else if (s.slots < SITE_SLOTS_MAX) s.slot[s.slots++] = p;
        else
            import_say(m->g.r, IMPORT_DROPPED, "位置 %s 的连接点超过 %d 个：舍去 %s",
                       "location %s has more than %d links: without %s", l->name, SITE_SLOTS_MAX,
                       m->link[l->link + i].point);
    }
    if (s.slots == 0) {
        import_say(m->g.r, IMPORT_KEPT, "位置 %s 只用于充电：成为充电位", "location %s only charges: a charger",
                   l->name);
        return;
    }
    import_graph_station(&m->g, &s);
}

static void say_dropped(struct model *m)
{
    static const struct {
        const char *zh, *en;
    } text[] = {
        { "车辆 %u 台：请写入车队文件", "%u vehicles: state them in a fleet file" },
        { "互斥区 %u 个：冲突由机器人轮廓计算", "%u blocks: conflicts are computed from footprints" },
        { "扫掠轮廓 %u 个：由车型尺寸计算", "%u swept envelopes: computed from the sizes of robot classes" },
        { "设备操作 %u 个：门由控制器自行开关", "%u peripheral operations: the controller runs doors by itself" },
        { "自由属性 %u 个", "%u free properties" },
        { "点的车头方向 %u 个", "orientations of %u points" },
        { "点的最大车身尺寸 %u 个：请用宽度限制", "largest vehicle sizes of %u points: state widths instead" },
    };
    const uint32_t count[] = {
        m->vehicles, m->blocks, m->envelopes, m->operations, m->properties, m->angles, m->boxes
    };
    for (size_t i = 0; i < COUNT_OF(text); i++)
        if (count[i]) import_say(m->g.r, IMPORT_DROPPED, text[i].zh, text[i].en, count[i]);
    if (m->others)
        import_say(m->g.r, IMPORT_WARNING, "不认识的元素 %u 个，例如 <%s>", "%u elements not known, such as <%s>",
                   m->others, m->other);
}

static void build(struct model *m, struct idset *names)
{
    level_id *level_of = calloc((size_t)m->points + 1, sizeof *level_of);
    if (!level_of) import_graph_fail(&m->g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
    import_id(m->g.d.s->id, SITE_ID_MAX, m->name);
    text_copy(m->g.d.s->name.zh, SITE_NAME_MAX, m->name);
    text_copy(m->g.d.s->name.en, SITE_NAME_MAX, m->name);
    import_say(m->g.r, IMPORT_KEPT, "openTCS 模型 %s，格式 %s", "openTCS model %s, format %s", m->name, m->version);
    if (!m->g.err) add_levels(m, level_of);
    for (uint32_t i = 0; i < m->points && !m->g.err; i++) {
        const struct model_point *p = &m->point[i];
        struct graph_point v = { .level = level_of[i], .at = { p->x, p->y }, .flags = p->park ? NODE_PARK : 0 };
        text_copy(v.name, sizeof v.name, p->name);
        import_graph_point(&m->g, &v);
    }
    free(level_of);
    if (!m->g.err) add_paths(m);
    for (uint32_t i = 0; i < m->locations && !m->g.err; i++) add_location(m, names, &m->location[i]);
    if (!m->g.err) say_dropped(m);
}

static void model_close(struct model *m)
{
    free(m->point);
    free(m->path);
    free(m->type);
    free(m->location);
    free(m->link);
    free(m->layer);
    free(m->control);
    import_graph_close(&m->g);
    free(m);
}

int import_opentcs_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                         struct import_report *r, struct err_note *note)
{
    struct model *m = calloc(1, sizeof *m);
    struct idset names = { 0 };
    *out = NULL;
    *r = (struct import_report){ 0 };
    if (!m) return err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY));
    int err = import_graph_open(&m->g, name, r, note);
    m->scale_x = m->scale_y = 50;
    if (!err) parse(m, bytes, n);
    if (!err && !m->g.err) resolve(m, &names);
    if (!err && !m->g.err) build(m, &names);
    if (!err) err = m->g.err ? m->g.err : import_graph_build(&m->g, o, out);
    idset_close(&names);
    model_close(m);
    return err;
}

int import_opentcs(const char *path, struct import_options o, struct site **out, struct import_report *r,
                   struct err_note *note)
{
    char *bytes = NULL;
    size_t n = 0;
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = import_read(path, MODEL_BYTES_MAX, &bytes, &n, note);
    if (!err) err = import_opentcs_bytes(path, bytes, n, o, out, r, note);
    free(bytes);
    return err;
}
