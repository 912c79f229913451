/* import_lif - Layout Interchange Format files of the VDMA (1.0.0, and 2.0 as far as its draft goes) into a site.
 *
 * Lenient: what the standard requires but files in the wild leave out is guessed and told (`stations`, `layoutLevelId`,
 * property lists, "0.11.0" as version, numbers written as text). What decides where a robot drives is refused when it
 * is wrong: ids, ends of edges, coordinates.
 *
 *   layouts    levels, one for each layoutLevelId; heights are not in the file and are guessed as 4 m apart.
 *   edges      directed; two that run over the same strip become one lane. A trajectory is followed where it begins and
 *              ends at the nodes of its edge. An edge into another layout is an elevator.
 *   stations   with their interaction nodes as places. Nodes where robots pick or drop but which no station names
 *              become stations; nodes that only charge are chargers.
 *   types      one file may describe several vehicle types: all are put together, or one is chosen with --vehicle. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "import_graph.h"

#define LIF_BYTES_MAX ((size_t)32 << 20)
#define REACH_M 9000.0
#define LEVEL_GUESS_MM 4000
#define TYPES_MAX 64
#define CURVE_MAX 200 /* control points of one trajectory */
#define CURVE_STEPS 64
#define CURVE_END_MM 100 /* how far a trajectory may begin and end from its nodes */

struct lif_node {
    bool charges, works, open; /* open: the chosen vehicle type may use it */
    char map[SITE_ID_MAX];
};

struct lif {
    struct import_graph g;
    struct json_doc doc;
    struct import_options o;
    bool two;              /* the 2.0 draft: other names */
    struct lif_node *node; /* beside graph.point */
    uint32_t node_room;
    struct idset ids, edge_ids;
    char level_key[SITE_LEVELS_MAX][GRAPH_NAME_MAX]; /* what the levels are called in the file */
    char type[TYPES_MAX][GRAPH_NAME_MAX];
    uint32_t types;
    uint32_t no_property, actions, loads, turns, orientations, heights, elsewhere;
};

/* ---- values ---- */

/* Text, also where a number stands. */
static void some_text(struct json_at at, char *dst, size_t size)
{
    dst[0] = 0;
    if (json_is_string(at)) text_copy(dst, size, json_str(at));
    else if (json_is_number(at)) snprintf(dst, size, "%g", json_number(at, -1e15, 1e15));
}

/* A name that others refer to. */
static void need_name(struct json_at at, char *dst, size_t size)
{
    const char *v = json_is_number(at) ? "" : json_str(at);
    some_text(at, dst, size);
    if (strlen(v) >= size) json_fail(at, ORD_ERANGE, "'%.40s...' is longer than %zu bytes", v, size - 1);
    else if (!dst[0]) json_fail(at, ORD_EPARSE, "must be a text that is not empty");
}

/* A number, also where it is written as text. */
static double some_number(struct json_at at, double lo, double hi)
{
    char *end;
    if (!json_is_string(at)) return json_number(at, lo, hi);
    const char *v = json_str(at);
    double n = strtod(v, &end);
    if (end == v || *end || !(n >= lo && n <= hi)) {
        json_fail(at, ORD_ERANGE, "'%.24s' must be a number in %g..%g", v, lo, hi);
        return 0;
    }
    return n;
}

static struct pt place_of(struct json_at at)
{
    double x = some_number(json_need(at, "x"), -REACH_M, REACH_M),
           y = some_number(json_need(at, "y"), -REACH_M, REACH_M);
    return (struct pt){ llround(x * 1000), llround(y * 1000) };
}

/* ---- vehicle types ---- */

static void note_type(struct lif *l, const char *name)
{
    uint32_t i = 0;
    while (i < l->types && strcmp(l->type[i], name) != 0) i++;
    if (i == l->types && l->types < TYPES_MAX) text_copy(l->type[l->types++], GRAPH_NAME_MAX, name);
}

/* Whether the property is for a type that is asked for. */
static bool is_for(struct lif *l, struct json_at property)
{
    char name[GRAPH_NAME_MAX];
    bool any = false;
    struct json_at list = json_opt(property, "mobileRobotTypes");
    if (!l->two) {
        some_text(json_need(property, "vehicleTypeId"), name, sizeof name);
        note_type(l, name);
        return !l->o.vehicle || strcmp(name, l->o.vehicle) == 0;
    }
    size_t n = json_has(list) ? json_array(list, TYPES_MAX) : 0;
    for (size_t i = 0; i < n; i++) {
        char maker[64], series[64];
        some_text(json_opt(json_item(list, i), "manufacturer"), maker, sizeof maker);
        some_text(json_opt(json_item(list, i), "seriesName"), series, sizeof series);
        snprintf(name, sizeof name, "%s.%s", maker, series);
        note_type(l, name);
        any = any || !l->o.vehicle || strcmp(name, l->o.vehicle) == 0;
    }
    return any || n == 0;
}

/* ---- nodes ---- */

static void read_actions(struct lif *l, struct json_at list, struct lif_node *n)
{
    size_t count = json_has(list) ? json_array(list, 1000) : 0;
    for (size_t i = 0; i < count; i++) {
        char type[64];
        some_text(json_opt(json_item(list, i), "actionType"), type, sizeof type);
        if (n && (strcmp(type, "pick") == 0 || strcmp(type, "drop") == 0)) n->works = true;
        else if (n && strcmp(type, "startCharging") == 0) n->charges = true;
        else if (!n || strcmp(type, "stopCharging") != 0) l->actions++;
    }
}

static void read_node(struct lif *l, struct json_at at, level_id level)
{
    struct graph_point p = { .level = level };
    struct lif_node n = { .open = false };
    struct json_at list = json_opt(at, l->two ? "mobileRobotTypeNodeProperties" : "vehicleTypeNodeProperties");
    bool ok = true;
    need_name(json_need(at, "nodeId"), p.name, sizeof p.name);
    p.at = place_of(json_need(at, "nodePosition"));
    some_text(json_opt(at, "mapId"), n.map, sizeof n.map);
    size_t count = json_has(list) ? json_array(list, 1000) : 0;
    for (size_t i = 0; i < count && json_ok(&l->doc); i++) {
        struct json_at v = json_item(list, i);
        if (!is_for(l, v)) continue;
        n.open = true;
        l->orientations += json_has(json_opt(v, "theta"));
        read_actions(l, json_opt(v, "actions"), &n);
        read_actions(l, json_opt(v, "requiredActions"), &n);
        read_actions(l, json_opt(v, "feasibleActions"), &n);
    }
    if (count == 0) {
        n.open = true;
        l->no_property++;
    }
    void *room = l->node;
    ok = json_ok(&l->doc) && import_room(&room, &l->node_room, l->g.points, GRAPH_ITEMS_MAX, sizeof n);
    l->node = room;
    if (!ok) {
        json_fail(at, ORD_EFULL, "more than %u nodes", (unsigned)GRAPH_ITEMS_MAX);
        return;
    }
    l->node[l->g.points] = n;
    import_graph_point(&l->g, &p);
}

static void take_nodes(struct lif *l)
{
    bool ok = true;
    for (uint32_t i = 0; i < l->g.points && !l->g.err; i++) {
        if (idset_put(&l->ids, l->g.point[i].name, i, &ok) != IDSET_NONE)
            import_graph_fail(&l->g, ORD_EEXISTS, 0, "nodeId '%s' occurs twice: ids are unique in a file",
                              l->g.point[i].name);
        if (!ok) import_graph_fail(&l->g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
    }
}

/* ---- edges ---- */

/* A point of the curve by the rule of de Boor (1972), with weights. */
static struct pt on_curve(const double *knot, const double (*control)[3], int count, int degree, double t)
{
    double p[CURVE_MAX][3] = { { 0 } };
    int span = degree;
    while (span < count - 1 && t >= knot[span + 1]) span++;
    for (int i = 0; i <= degree; i++) {
        const double *c = control[span - degree + i];
        p[i][0] = c[0] * c[2];
        p[i][1] = c[1] * c[2];
        p[i][2] = c[2];
    }
    for (int r = 1; r <= degree; r++)
        for (int i = degree; i >= r; i--) {
            double lo = knot[span - degree + i], hi = knot[span + 1 + i - r];
            double a = hi > lo ? (t - lo) / (hi - lo) : 0;
            for (int k = 0; k < 3; k++) p[i][k] = (1 - a) * p[i - 1][k] + a * p[i][k];
        }
    double w = p[degree][2];
    return (struct pt){ llround(p[degree][0] / w * 1000), llround(p[degree][1] / w * 1000) };
}

/* The bends of a trajectory, unless it leads elsewhere than its edge. */
static void read_course(struct lif *l, struct json_at at, struct graph_way *w)
{
    double knot[2 * CURVE_MAX + 2] = { 0 }, control[CURVE_MAX][3] = { { 0 } };
    struct json_at knots = json_need(at, "knotVector"), points = json_need(at, "controlPoints");
    int degree = json_has(json_opt(at, "degree")) ? (int)json_int(json_opt(at, "degree"), 1, 20) : 1;
    int n = (int)json_array(points, CURVE_MAX), k = (int)json_array(knots, 2 * CURVE_MAX + 1);
    if (!json_ok(&l->doc)) return;
    if (n <= degree || k != n + degree + 1) {
        json_fail(at, ORD_ERANGE, "%d control points of degree %d need %d knots, there are %d", n, degree,
                  n + degree + 1, k);
        return;
    }
    for (int i = 0; i < n; i++) {
        struct json_at p = json_item(points, (size_t)i);
        control[i][0] = some_number(json_need(p, "x"), -REACH_M, REACH_M);
        control[i][1] = some_number(json_need(p, "y"), -REACH_M, REACH_M);
        control[i][2] = json_has(json_opt(p, "weight")) ? some_number(json_opt(p, "weight"), 1e-6, 1e6) : 1;
    }
    for (int i = 0; i < k; i++) {
        knot[i] = some_number(json_item(knots, (size_t)i), 0, 1);
        if (i > 0 && knot[i] < knot[i - 1]) json_fail(knots, ORD_ERANGE, "knots must not fall");
    }
    if (json_ok(&l->doc) && !(knot[degree] < knot[n])) json_fail(knots, ORD_ERANGE, "the knots span no curve");
    if (!json_ok(&l->doc)) return;
    double from = knot[degree], to = knot[n];
    struct pt a = on_curve(knot, (const double(*)[3])control, n, degree, from),
              b = on_curve(knot, (const double(*)[3])control, n, degree, to);
    int64_t off_a = geom_far(a, l->g.point[w->from].at), off_b = geom_far(b, l->g.point[w->to].at);
    if (off_a > CURVE_END_MM || off_b > CURVE_END_MM) {
        import_say(l->g.r, IMPORT_DROPPED, "边 %s 的轨迹端点离其节点 %.1f 米：按直线处理",
                   "the trajectory of edge %s ends %.1f m from its node: taken as straight", w->name,
                   (double)(off_a > off_b ? off_a : off_b) / 1000.0);
        return;
    }
    w->bend = l->g.bends;
    for (int i = 1; i < CURVE_STEPS; i++)
        import_graph_bend(&l->g,
                          on_curve(knot, (const double(*)[3])control, n, degree, from + (to - from) * i / CURVE_STEPS));
    w->bends = l->g.bends - w->bend;
}

static uint32_t end_of(struct lif *l, struct json_at at)
{
    char name[GRAPH_NAME_MAX];
    need_name(at, name, sizeof name);
    uint32_t i = idset_get(&l->ids, name);
    if (i == IDSET_NONE) json_fail(at, ORD_ERANGE, "there is no node '%s' in this file", name);
    return i == IDSET_NONE ? 0 : i;
}

static void read_edge_property(struct lif *l, struct json_at v, struct graph_way *w)
{
    static const char *const turns[] = { "rotationAtStartNodeAllowed", "rotationAtEndNodeAllowed", "maxRotationSpeed",
                                         "maximumRotationSpeed" };
    static const char *const heights[] = { "minHeight", "maxHeight", "minimumMobileRobotHeight",
                                           "maximumMobileRobotHeight" };
    struct json_at speed = json_opt(v, l->two ? "maximumSpeed" : "maxSpeed"), course = json_opt(v, "trajectory");
    if (json_has(speed)) {
        int32_t mm_s = (int32_t)lround(some_number(speed, 0, 20) * 1000);
        if (mm_s > 0 && (!w->speed_mm_s || mm_s < w->speed_mm_s)) w->speed_mm_s = mm_s;
    }
    if (json_has(course) && w->bends == 0) read_course(l, course, w);
    l->loads += json_has(json_opt(v, "loadRestriction"));
    l->orientations += json_has(json_opt(v, "vehicleOrientation")) || json_has(json_opt(v, "mobileRobotOrientations"));
    for (size_t i = 0; i < COUNT_OF(turns); i++) l->turns += json_has(json_opt(v, turns[i]));
    for (size_t i = 0; i < COUNT_OF(heights); i++) l->heights += json_has(json_opt(v, heights[i]));
    read_actions(l, json_opt(v, "actions"), NULL);
}

static void read_edge(struct lif *l, struct json_at at, level_id level)
{
    struct graph_way w = { .speed_mm_s = 0 };
    struct json_at list = json_opt(at, l->two ? "mobileRobotTypeEdgeProperties" : "vehicleTypeEdgeProperties");
    need_name(json_need(at, "edgeId"), w.name, sizeof w.name);
    w.from = end_of(l, json_need(at, "startNodeId"));
    w.to = end_of(l, json_need(at, "endNodeId"));
    size_t count = json_has(list) ? json_array(list, 1000) : 0;
    bool open = count == 0;
    for (size_t i = 0; i < count && json_ok(&l->doc); i++) {
        struct json_at v = json_item(list, i);
        if (!is_for(l, v)) continue;
        open = true;
        read_edge_property(l, v, &w);
    }
    if (!json_ok(&l->doc)) return;
    l->no_property += count == 0;
    l->elsewhere += l->g.point[w.from].level != level;
    if (open && l->node[w.from].open && l->node[w.to].open) import_graph_way(&l->g, &w);
}

static void check_edge_ids(struct lif *l)
{
    bool ok = true;
    for (uint32_t i = 0; i < l->g.ways && !l->g.err; i++) {
        if (idset_put(&l->edge_ids, l->g.way[i].name, i, &ok) != IDSET_NONE)
            import_graph_fail(&l->g, ORD_EEXISTS, 0, "edgeId '%s' occurs twice: ids are unique in a file",
                              l->g.way[i].name);
        if (!ok) import_graph_fail(&l->g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
    }
}

/* ---- stations ---- */

static void read_station(struct lif *l, struct json_at at)
{
    struct graph_station s = { .slots = 0 };
    struct json_at list = json_need(at, "interactionNodeIds");
    bool works = false;
    need_name(json_need(at, "stationId"), s.name, sizeof s.name);
    some_text(json_opt(at, "stationName"), s.title, sizeof s.title);
    size_t n = json_array(list, 1000);
    for (size_t i = 0; i < n && json_ok(&l->doc); i++) {
        uint32_t p = end_of(l, json_item(list, i));
        if (!json_ok(&l->doc)) return;
        if (s.slots < SITE_SLOTS_MAX) s.slot[s.slots++] = p;
        else
            import_say(l->g.r, IMPORT_DROPPED, "站点 %s 的位置超过 %d 个：舍去 %s",
                       "station %s has more than %d places: without %s", s.name, SITE_SLOTS_MAX, l->g.point[p].name);
        works = works || l->node[p].works || !l->node[p].charges;
    }
    if (n == 0) json_fail(list, ORD_EMAP, "station '%s' needs at least one node", s.name);
    if (!json_ok(&l->doc)) return;
    if (!works)
        import_say(l->g.r, IMPORT_KEPT, "站点 %s 只用于充电：成为充电位", "station %s only charges: a charger", s.name);
    else {
        for (uint8_t i = 0; i < s.slots; i++) l->node[s.slot[i]].works = false; /* spoken for */
        import_graph_station(&l->g, &s);
    }
}

/* Nodes where something is picked or dropped and that no station names. */
static void add_bare_stations(struct lif *l)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->g.points; i++) {
        struct graph_station s = { .slots = 1, .slot = { i } };
        if (l->node[i].charges) l->g.point[i].flags |= NODE_CHARGER;
        if (!l->node[i].works) continue;
        text_copy(s.name, sizeof s.name, l->g.point[i].name);
        import_graph_station(&l->g, &s);
        n++;
    }
    if (n)
        import_say(l->g.r, IMPORT_GUESSED, "%u 个节点有 pick 或 drop 动作而不属于任何站点：各成一个站点",
                   "%u nodes have a pick or drop action but no station: each became one", n);
}

/* ---- layouts ---- */

/* The level of a layout, made when it is new. */
static level_id level_of(struct lif *l, struct json_at layout)
{
    char key[GRAPH_NAME_MAX], title[GRAPH_NAME_MAX];
    struct site *s = l->g.d.s;
    struct site_level v = { .elevation_mm = s->levels * LEVEL_GUESS_MM };
    some_text(json_opt(layout, "layoutLevelId"), key, sizeof key);
    if (!key[0]) need_name(json_need(layout, "layoutId"), key, sizeof key);
    for (level_id i = 0; i < s->levels; i++)
        if (strcmp(l->level_key[i], key) == 0) return i;
    some_text(json_opt(layout, "layoutName"), title, sizeof title);
    import_id(v.id, SITE_ID_MAX - 8, key);
    for (level_id i = 0, k = 2; i < s->levels; i++)
        if (strcmp(s->level[i].id, v.id) == 0) {
            import_id(v.id, SITE_ID_MAX - 8, key);
            snprintf(v.id + strlen(v.id), 8, ".%u", k++);
            i = (level_id)-1;
        }
    text_copy(v.name.zh, sizeof v.name.zh, title[0] ? title : key);
    text_copy(v.name.en, sizeof v.name.en, title[0] ? title : key);
    int err = draft_level(&l->g.d, &v);
    if (err) {
        json_fail(layout, err, "more than %d levels", SITE_LEVELS_MAX);
        return 0;
    }
    text_copy(l->level_key[s->levels - 1], GRAPH_NAME_MAX, key);
    return (level_id)(s->levels - 1);
}

/* Level ids that are whole numbers say which floor is above which. */
static void set_heights(struct lif *l)
{
    struct site *s = l->g.d.s;
    bool numbers = true;
    for (level_id i = 0; i < s->levels; i++) {
        char *end;
        double v = strtod(l->level_key[i], &end);
        numbers = numbers && end != l->level_key[i] && !*end && v == floor(v) && fabs(v) <= 100;
    }
    for (level_id i = 0; i < s->levels && numbers; i++)
        s->level[i].elevation_mm = (mm_t)strtod(l->level_key[i], NULL) * LEVEL_GUESS_MM;
    if (s->levels > 1)
        import_say(l->g.r, IMPORT_GUESSED, "楼层 %d 个，层高按 4 米处理", "%d levels, taken as 4 m apart", s->levels);
}

/* A level is called as VDA 5050 messages call its map, where that is one name. */
static void name_levels(struct lif *l)
{
    struct site *s = l->g.d.s;
    for (level_id i = 0; i < s->levels; i++) {
        const char *map = NULL;
        bool same = true;
        for (uint32_t k = 0; k < l->g.points; k++) {
            if (l->g.point[k].level != i) continue;
            if (!map) map = l->node[k].map;
            same = same && strcmp(map, l->node[k].map) == 0;
        }
        if (!map || !same || !text_id_valid(map, SITE_ID_MAX - 1)) continue;
        for (level_id k = 0; k < s->levels; k++) same = same && (k == i || strcmp(s->level[k].id, map) != 0);
        if (same) text_copy(s->level[i].id, sizeof s->level[i].id, map);
    }
}

/* Calls `read` for each layout of the file: nodes first, since edges may lead into a later layout. */
static void each_layout(struct lif *l, struct json_at root, void (*read)(struct lif *l, struct json_at layout))
{
    struct json_at origins = json_opt(root, "origins"), list = json_opt(root, "layouts");
    size_t n = l->two ? json_array(origins, 1000) : 1;
    for (size_t i = 0; i < n && json_ok(&l->doc) && !l->g.err; i++) {
        if (l->two) list = json_need(json_item(origins, i), "layouts");
        size_t layouts = json_array(list, 1000);
        for (size_t k = 0; k < layouts && json_ok(&l->doc) && !l->g.err; k++) read(l, json_item(list, k));
    }
}

static void read_nodes(struct lif *l, struct json_at layout)
{
    level_id level = level_of(l, layout);
    struct json_at list = json_need(layout, "nodes");
    size_t n = json_array(list, GRAPH_ITEMS_MAX);
    for (size_t i = 0; i < n && json_ok(&l->doc) && !l->g.err; i++) read_node(l, json_item(list, i), level);
}

static void read_edges(struct lif *l, struct json_at layout)
{
    level_id level = level_of(l, layout);
    struct json_at list = json_opt(layout, "edges");
    size_t n = json_has(list) ? json_array(list, GRAPH_ITEMS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(&l->doc) && !l->g.err; i++) read_edge(l, json_item(list, i), level);
}

static void read_stations(struct lif *l, struct json_at layout)
{
    struct json_at list = json_opt(layout, "stations");
    size_t n = json_has(list) ? json_array(list, GRAPH_ITEMS_MAX) : 0;
    for (size_t i = 0; i < n && json_ok(&l->doc) && !l->g.err; i++) read_station(l, json_item(list, i));
}

/* ---- the file ---- */

static void read_meta(struct lif *l, struct json_at root)
{
    char version[24], name[GRAPH_NAME_MAX], creator[64];
    struct json_at meta = json_opt(root, "metaInformation");
    some_text(json_opt(meta, "lifVersion"), version, sizeof version);
    some_text(json_opt(meta, "projectIdentification"), name, sizeof name);
    if (!name[0]) some_text(json_opt(meta, "lifId"), name, sizeof name);
    some_text(json_opt(meta, "creator"), creator, sizeof creator);
    l->two = json_has(json_opt(root, "origins"));
    if (!l->two && !json_has(json_opt(root, "layouts"))) {
        json_fail(root, ORD_EPARSE, "has neither 'layouts' nor 'origins': is this a LIF file?");
        return;
    }
    if (version[0] && strncmp(version, "1.", 2) != 0 && strncmp(version, "0.", 2) != 0 &&
        strncmp(version, "2.", 2) != 0)
        json_fail(json_opt(meta, "lifVersion"), ORD_EVERSION, "LIF version '%s' is not known: 0.11, 1.0 and 2.0 are",
                  version);
    import_id(l->g.d.s->id, SITE_ID_MAX, name[0] ? name : "imported");
    text_copy(l->g.d.s->name.zh, SITE_NAME_MAX, name[0] ? name : "imported");
    text_copy(l->g.d.s->name.en, SITE_NAME_MAX, name[0] ? name : "imported");
    import_say(l->g.r, IMPORT_KEPT, "LIF 文件 %s，版本 %s，出自 %s", "LIF file %s, version %s, by %s",
               name[0] ? name : "-", version[0] ? version : "?", creator[0] ? creator : "?");
    if (l->two)
        import_say(l->g.r, IMPORT_WARNING, "LIF 2.0 尚为草案，各楼层按同一原点处理：请核对",
                   "LIF 2.0 is a draft and all its origins are taken as one: check the floors against each other");
}

static void say_types(struct lif *l)
{
    bool known = !l->o.vehicle;
    for (uint32_t i = 0; i < l->types; i++) known = known || strcmp(l->type[i], l->o.vehicle) == 0;
    if (!known) {
        import_graph_fail(&l->g, ORD_ENOTFOUND, 0, "there is no vehicle type '%s'; the file has '%s'%s", l->o.vehicle,
                          l->types ? l->type[0] : "", l->types > 1 ? " and others" : "");
        return;
    }
    if (!l->o.vehicle && l->types > 1)
        import_say(l->g.r, IMPORT_WARNING, "%u 种车型（%s、%s 等）的路网合在一起：用 --vehicle 可只取一种",
                   "the ways of %u vehicle types (%s, %s, ...) are put together: --vehicle takes one of them", l->types,
                   l->type[0], l->type[1]);
    else if (l->types)
        import_say(l->g.r, IMPORT_KEPT, "车型 %s 的路网", "the ways of vehicle type %s",
                   l->o.vehicle ? l->o.vehicle : l->type[0]);
}

static void say_dropped(struct lif *l)
{
    static const struct {
        const char *zh, *en;
    } text[] = {
        { "动作 %u 个（取放和充电除外）", "%u actions other than picking, dropping and charging" },
        { "空载或载货限制 %u 处：请用 allow 写明", "%u rules for loaded or empty robots: state \"allow\" instead" },
        { "节点和边上的转向限制 %u 处", "%u limits on turning" },
        { "车头方向 %u 处：由车型决定", "%u orientations: up to the robot class" },
        { "高度限制 %u 处", "%u limits of height" },
    };
    const uint32_t count[] = { l->actions, l->loads, l->turns, l->orientations, l->heights };
    for (size_t i = 0; i < COUNT_OF(text); i++)
        if (count[i]) import_say(l->g.r, IMPORT_DROPPED, text[i].zh, text[i].en, count[i]);
    if (l->no_property)
        import_say(l->g.r, IMPORT_GUESSED, "%u 个节点或边没有写明车型：视为全部可用",
                   "%u nodes or edges state no vehicle type: taken as open to all", l->no_property);
    if (l->elsewhere)
        import_say(l->g.r, IMPORT_WARNING, "%u 条边的起点在另一个 layout 中", "%u edges start in another layout",
                   l->elsewhere);
}

static void build(struct lif *l)
{
    struct json_at root = json_root(&l->doc);
    read_meta(l, root);
    each_layout(l, root, read_nodes);
    if (json_ok(&l->doc)) take_nodes(l);
    each_layout(l, root, read_edges);
    if (json_ok(&l->doc)) check_edge_ids(l);
    each_layout(l, root, read_stations);
    if (!json_ok(&l->doc) && !l->g.err) {
        l->g.err = l->doc.err;
        if (l->g.note) *l->g.note = l->doc.note;
    }
    if (!l->g.err) say_types(l);
    if (l->g.err) return;
    set_heights(l);
    name_levels(l);
    add_bare_stations(l);
    say_dropped(l);
}

int import_lif_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                     struct import_report *r, struct err_note *note)
{
    struct lif *l = calloc(1, sizeof *l);
    *out = NULL;
    *r = (struct import_report){ 0 };
    if (!l) return err_at(note, ORD_EMEMORY, name, "%s", err_en(ORD_EMEMORY));
    int err = import_graph_open(&l->g, name, r, note);
    l->o = o;
    if (!err && (err = json_open(&l->doc, name, bytes, n, (struct json_limits){ .bytes_max = LIF_BYTES_MAX })) && note)
        *note = l->doc.note;
    if (!err) build(l);
    if (!err) err = l->g.err ? l->g.err : import_graph_build(&l->g, o, out);
    json_close(&l->doc);
    idset_close(&l->ids);
    idset_close(&l->edge_ids);
    import_graph_close(&l->g);
    free(l->node);
    free(l);
    return err;
}

int import_lif(const char *path, struct import_options o, struct site **out, struct import_report *r,
               struct err_note *note)
{
    char *bytes = NULL;
    size_t n = 0;
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = import_read(path, LIF_BYTES_MAX, &bytes, &n, note);
    if (!err) err = import_lif_bytes(path, bytes, n, o, out, r, note);
    free(bytes);
    return err;
}
