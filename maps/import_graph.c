/* import_graph - see the header. The order of everything made is that of the file. */
#include "import_graph.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define PIECE_SLACK 100 /* mm a piece may leave its curve */
#define SAME_COURSE 150 /* mm within which two courses are one strip */
#define CAR_SLACK 500   /* landings of one car stand this close in plan */
#define CAR_REACH 10000 /* a way to another level that leads farther aside is no car */
#define CAR_SIDE 2000   /* the rest of a car is guessed: no such file states it */
#define CAR_DOOR 1200
#define CAR_SPEED 1000
#define CAR_ACCEL 500
#define CAR_START_MS 1000
#define CAR_DOOR_MS 3000
#define DOOR_WIDE 2000
#define DOOR_MS 4000

/* ---- lists ---- */

#define PUSH(g, array, count, room, v)                                                                        \
    do {                                                                                                      \
        void *p_ = (array);                                                                                   \
        bool ok_ = import_room(&p_, &(room), (count), GRAPH_ITEMS_MAX, sizeof *(array));                      \
        (array) = p_;                                                                                         \
        if (ok_) (array)[(count)++] = (v);                                                                    \
        else import_graph_fail(g, ORD_EFULL, 0, "more than %u items of one kind", (unsigned)GRAPH_ITEMS_MAX); \
    } while (0)

void import_graph_point(struct import_graph *g, const struct graph_point *v)
{
    PUSH(g, g->point, g->points, g->point_room, *v);
}
void import_graph_way(struct import_graph *g, const struct graph_way *v) { PUSH(g, g->way, g->ways, g->way_room, *v); }
void import_graph_station(struct import_graph *g, const struct graph_station *v)
{
    PUSH(g, g->station, g->stations, g->station_room, *v);
}
void import_graph_door(struct import_graph *g, const struct graph_door *v)
{
    PUSH(g, g->door, g->doors, g->door_room, *v);
}
void import_graph_bend(struct import_graph *g, struct pt p) { PUSH(g, g->bend, g->bends, g->bend_room, p); }

int import_graph_open(struct import_graph *g, const char *file, struct import_report *r, struct err_note *note)
{
    *g = (struct import_graph){ .file = file, .note = note, .r = r };
    return draft_open(&g->d, file) ? err_at(note, ORD_EMEMORY, file, "%s", err_en(ORD_EMEMORY)) : ORD_OK;
}

void import_graph_close(struct import_graph *g)
{
    free(g->point);
    free(g->way);
    free(g->station);
    free(g->door);
    free(g->bend);
    draft_close(&g->d);
}

void import_graph_fail(struct import_graph *g, int err, int line, const char *fmt, ...)
{
    char what[300], where[160];
    va_list values;
    if (g->err) return;
    g->err = err;
    va_start(values, fmt);
    vsnprintf(what, sizeof what, fmt, values);
    va_end(values);
    if (line > 0) snprintf(where, sizeof where, "%s: line %d", g->file, line);
    else snprintf(where, sizeof where, "%s", g->file);
    err_at(g->note, err, where, "%s", what);
}

/* ---- courses ---- */

/* Which bends of a course matter (Douglas and Peucker, 1973): keep[i] for each of p[0..n-1], ends included. */
static void thin(const struct pt *p, uint32_t from, uint32_t to, uint8_t *keep)
{
    int64_t worst = PIECE_SLACK;
    uint32_t at = 0;
    for (uint32_t i = from + 1; i < to; i++) {
        int64_t far = geom_point_seg(p[i], p[from], p[to]);
        if (far > worst) {
            worst = far;
            at = i;
        }
    }
    if (!at) return;
    keep[at] = 1;
    thin(p, from, at, keep);
    thin(p, at, to, keep);
}

/* Leaves only the bends that matter. The course runs from point to point, whatever its first and last bend say. */
static void straighten(struct import_graph *g, struct graph_way *w)
{
    uint32_t n = w->bends + 2, kept = 0;
    if (w->bends == 0) return;
    struct pt *p = calloc(n, sizeof *p);
    uint8_t *keep = calloc(n, 1);
    if (!p || !keep) import_graph_fail(g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
    else {
        p[0] = g->point[w->from].at;
        p[n - 1] = g->point[w->to].at;
        memcpy(p + 1, g->bend + w->bend, w->bends * sizeof *p);
        thin(p, 0, n - 1, keep);
        for (uint32_t i = 1; i + 1 < n; i++)
            if (keep[i]) g->bend[w->bend + kept++] = p[i];
        w->bends = kept;
    }
    free(p);
    free(keep);
}

static struct pt course(const struct import_graph *g, const struct graph_way *w, uint32_t i)
{
    if (i == 0) return g->point[w->from].at;
    return i > w->bends ? g->point[w->to].at : g->bend[w->bend + i - 1];
}

static int64_t from_course(const struct import_graph *g, const struct graph_way *w, struct pt p)
{
    int64_t least = INT64_MAX;
    for (uint32_t i = 0; i <= w->bends; i++) {
        int64_t far = geom_point_seg(p, course(g, w, i), course(g, w, i + 1));
        if (far < least) least = far;
    }
    return least;
}

static bool same_course(const struct import_graph *g, const struct graph_way *a, const struct graph_way *b)
{
    for (uint32_t i = 1; i <= a->bends; i++)
        if (from_course(g, b, course(g, a, i)) > SAME_COURSE) return false;
    for (uint32_t i = 1; i <= b->bends; i++)
        if (from_course(g, a, course(g, b, i)) > SAME_COURSE) return false;
    return true;
}

/* Two ways over one strip of floor are one lane, or a meeting head-on would go unseen. Of two that lead the same way
 * the first stays. */
static void merge_ways(struct import_graph *g)
{
    uint32_t *first = calloc((size_t)g->points + 1, sizeof *first); /* 1 + the last way seen at the lower end ... */
    uint32_t *next = calloc((size_t)g->ways + 1, sizeof *next);     /* ... and the one before it */
    if (!first || !next) import_graph_fail(g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
    for (uint32_t i = 0; first && next && i < g->ways; i++) {
        struct graph_way *w = &g->way[i];
        uint32_t low = w->from < w->to ? w->from : w->to;
        w->merged = i;
        for (uint32_t k = first[low]; k && w->merged == i; k = next[k - 1]) {
            struct graph_way *o = &g->way[k - 1];
            bool back = o->from == w->to && o->to == w->from;
            if (!back && !(o->from == w->from && o->to == w->to)) continue;
            if (!same_course(g, o, w)) continue;
            w->merged = k - 1;
            if (w->speed_mm_s && (!o->speed_mm_s || w->speed_mm_s < o->speed_mm_s)) o->speed_mm_s = w->speed_mm_s;
            if ((back && !o->both) || (w->both && !o->both)) {
                o->both = true;
                g->joined++;
            } else {
                import_say(g->r, IMPORT_DROPPED, "通道 %s 与 %s 走同一条路：只保留后者",
                           "way %s runs where %s runs: kept once", w->name, o->name);
            }
        }
        if (w->merged != i) continue;
        next[i] = first[low];
        first[low] = i + 1;
    }
    free(first);
    free(next);
}

/* ---- nodes ---- */

/* Ids in use; the set borrows what the list owns, for draft nodes move when their list grows. */
struct ids {
    struct idset set;
    char **own;
    uint32_t count, room;
};

static void free_id(struct import_graph *g, struct ids *taken, const char *wish, char *id)
{
    bool ok = true;
    void *list = taken->own;
    import_id(id, SITE_ID_MAX - 8, wish);
    for (unsigned k = 2; idset_get(&taken->set, id) != IDSET_NONE; k++) {
        import_id(id, SITE_ID_MAX - 8, wish);
        snprintf(id + strlen(id), 8, ".%u", k);
    }
    ok = import_room(&list, &taken->room, taken->count, 2 * GRAPH_ITEMS_MAX, sizeof *taken->own);
    taken->own = list;
    if (ok) ok = (taken->own[taken->count] = strdup(id)) != NULL;
    if (ok) idset_put(&taken->set, taken->own[taken->count++], 0, &ok);
    if (!ok) import_graph_fail(g, ORD_EMEMORY, 0, "%s", err_en(ORD_EMEMORY));
}

static void forget(struct ids *taken)
{
    for (uint32_t i = 0; i < taken->count; i++) free(taken->own[i]);
    free(taken->own);
    idset_close(&taken->set);
}

static node_id add_node(struct import_graph *g, struct ids *taken, const char *wish, level_id level, struct pt at,
                        uint8_t flags)
{
    struct site_node n = {
        .level = level, .x_mm = (mm_t)at.x, .y_mm = (mm_t)at.y, .flags = flags, .elevator = ID_NONE, .station = ID_NONE
    };
    if (g->err) return 0;
    free_id(g, taken, wish, n.id);
    int err = g->err ? ORD_OK : draft_node(&g->d, &n);
    if (err) import_graph_fail(g, err, 0, "more than %d nodes: split the site", SITE_NODES_MAX);
    return (node_id)(g->d.s->nodes - 1);
}

static void add_points(struct import_graph *g, struct ids *taken)
{
    uint32_t renamed = 0;
    for (uint32_t i = 0; i < g->points && !g->err; i++) {
        struct graph_point *p = &g->point[i];
        p->node = add_node(g, taken, p->name, p->level, p->at, p->flags);
        p->car = ID_NONE;
        renamed += !g->err && strcmp(g->d.s->node[p->node].id, p->name) != 0;
    }
    g->r->waypoints = g->d.s->nodes;
    if (renamed)
        import_say(g->r, IMPORT_GUESSED, "%u 个点的名称含有编号中不允许的字符：以 _ 代替",
                   "%u points have names with signs that an id may not have: replaced by _", renamed);
}

/* ---- ways between levels ---- */

static bool crosses(const struct import_graph *g, const struct graph_way *w)
{
    return g->point[w->from].level != g->point[w->to].level;
}

static elevator_id new_car(struct import_graph *g, const struct graph_point *p)
{
    struct site_elevator c = { .x_mm = (mm_t)p->at.x,
                               .y_mm = (mm_t)p->at.y,
                               .width_mm = CAR_SIDE,
                               .depth_mm = CAR_SIDE,
                               .door_width_mm = CAR_DOOR,
                               .speed_mm_s = CAR_SPEED,
                               .accel_mm_s2 = CAR_ACCEL,
                               .door_open_ms = CAR_DOOR_MS,
                               .door_close_ms = CAR_DOOR_MS,
                               .start_delay_ms = CAR_START_MS };
    elevator_id e = g->d.s->elevators;
    snprintf(c.id, sizeof c.id, "lift%u", e + 1u);
    snprintf(c.name.zh, sizeof c.name.zh, "电梯 %u", e + 1u);
    snprintf(c.name.en, sizeof c.name.en, "Lift %u", e + 1u);
    int err = draft_elevator(&g->d, &c);
    if (err) import_graph_fail(g, err, 0, "more than %d elevators", SITE_ELEVATORS_MAX);
    return e;
}

static bool has_level(const struct site_elevator *c, level_id level)
{
    uint16_t i = 0;
    while (i < c->landings && c->landing[i].level != level) i++;
    return i < c->landings;
}

static bool put_in_car(struct import_graph *g, elevator_id e, struct graph_point *p)
{
    struct site_elevator *c = &g->d.s->elevator[e];
    if (p->car != ID_NONE || has_level(c, p->level) || c->landings == SITE_LANDINGS_MAX) return p->car == e;
    c->landing[c->landings++] = (struct site_landing){ p->level, p->node };
    p->car = e;
    g->d.s->node[p->node].elevator = e;
    return true;
}

/* The place in the car on the level of `to`: `to` itself, or a node made straight above or below the car and joined to
 * it. */
static bool land(struct import_graph *g, struct ids *taken, elevator_id e, uint32_t to)
{
    const struct site_elevator *c = &g->d.s->elevator[e];
    struct pt at = { c->x_mm, c->y_mm };
    struct graph_point made = g->point[to];
    int64_t far = geom_far(at, made.at);
    if (far <= CAR_SLACK) return put_in_car(g, e, &g->point[to]);
    char wish[SITE_ID_MAX * 2];
    if (has_level(c, made.level)) return true;
    snprintf(wish, sizeof wish, "%s-%s", c->id, g->d.s->level[made.level].id);
    made.at = at;
    made.node = add_node(g, taken, wish, made.level, at, 0);
    made.car = ID_NONE;
    if (g->err || !put_in_car(g, e, &made)) return false;
    struct draft_edge lane = { .from = made.node, .to = g->point[to].node, .both_ways = true, .door = ID_NONE };
    int err = draft_edge(&g->d, &lane);
    if (err) import_graph_fail(g, err, 0, "too many ways");
    import_say(g->r, IMPORT_ADDED, "节点 %s：电梯 %s 在该层的停靠点，连到 %s 的通道长 %.1f 米",
               "node %s: where lift %s stops on that level, joined to %s by %.1f m of lane", g->d.s->node[made.node].id,
               c->id, g->point[to].name, (double)far / 1000.0);
    return true;
}

static void add_car(struct import_graph *g, struct ids *taken, const struct graph_way *w)
{
    uint32_t low = w->from, high = w->to;
    const struct site_level *level = g->d.s->level;
    if (level[g->point[low].level].elevation_mm > level[g->point[high].level].elevation_mm) low = w->to, high = w->from;
    if (g->point[low].car == ID_NONE && g->point[high].car != ID_NONE) { /* a car that goes on downwards */
        uint32_t t = low;
        low = high;
        high = t;
    }
    struct graph_point *a = &g->point[low], *b = &g->point[high];
    double far = (double)geom_far(a->at, b->at) / 1000.0;
    bool fresh = a->car == ID_NONE;
    if (far * 1000 > CAR_REACH) {
        import_say(g->r, IMPORT_WARNING, "通道 %s 通往另一楼层，但两端水平相距 %.1f 米：不是电梯，舍去",
                   "way %s leads to another level, but its ends stand %.1f m apart in plan: no elevator, dropped",
                   w->name, far);
        return;
    }
    if (a->car != ID_NONE && a->car == b->car) return;
    elevator_id e = fresh ? new_car(g, a) : a->car;
    if (g->err || (fresh && !put_in_car(g, e, a))) return;
    if (!land(g, taken, e, high) && !g->err)
        import_say(g->r, IMPORT_WARNING, "通道 %s 的一端已在另一部电梯内：舍去",
                   "way %s ends in a place that another lift has: dropped", w->name);
    else if (fresh)
        import_say(g->r, IMPORT_GUESSED,
                   "通道 %s 视为电梯 %s：轿厢 2 x 2 米，门宽 1.2 米，速度 1 米/秒，开关门各 3 秒；请核对",
                   "way %s is taken as elevator %s: cabin 2 x 2 m, door 1.2 m, 1 m/s, 3 s to open and to close; check",
                   w->name, g->d.s->elevator[e].id);
}

static void add_cars(struct import_graph *g, struct ids *taken)
{
    for (uint32_t i = 0; i < g->ways && !g->err; i++)
        if (g->way[i].merged == i && crosses(g, &g->way[i])) add_car(g, taken, &g->way[i]);
    if (!g->err && g->d.s->elevators) import_say(g->r, IMPORT_KEPT, "电梯 %d 部", "%d elevators", g->d.s->elevators);
}

/* ---- lanes and doors ---- */

static door_id add_door(struct import_graph *g, const char *name, level_id level, struct pt a, struct pt b)
{
    struct site_door d = { .level = level, .width_mm = DOOR_WIDE, .open_ms = DOOR_MS, .close_ms = DOOR_MS };
    double len = (double)geom_far(a, b), cx = (double)(a.x + b.x) / 2, cy = (double)(a.y + b.y) / 2;
    double ox = -(double)(b.y - a.y) / len * DOOR_WIDE / 2, oy = (double)(b.x - a.x) / len * DOOR_WIDE / 2;
    d.x1_mm = (mm_t)lround(cx + ox), d.y1_mm = (mm_t)lround(cy + oy);
    d.x2_mm = (mm_t)lround(cx - ox), d.y2_mm = (mm_t)lround(cy - oy);
    import_id(d.id, SITE_ID_MAX - 8, name);
    for (door_id i = 0, k = 2; i < g->d.s->doors; i++)
        if (strcmp(g->d.s->door[i].id, d.id) == 0) {
            import_id(d.id, SITE_ID_MAX - 8, name);
            snprintf(d.id + strlen(d.id), 8, ".%u", k++);
            i = (door_id)-1; /* the new name, from the beginning */
        }
    int err = draft_door(&g->d, &d);
    if (err) import_graph_fail(g, err, 0, "more than %d doors", SITE_DOORS_MAX);
    import_say(g->r, IMPORT_GUESSED, "门 %s 放在通道中段，净宽 2 米，开关各 4 秒：请核对",
               "door %s stands in the middle of its way, 2 m wide, 4 s to open and to close: check", d.id);
    return (door_id)(g->d.s->doors - 1);
}

static const char *door_of(const struct import_graph *g, uint32_t way)
{
    for (uint32_t i = 0; i < g->doors; i++)
        if (g->way[g->door[i].way].merged == way) return g->door[i].name;
    return NULL;
}

static uint32_t longest_piece(const struct import_graph *g, const struct graph_way *w)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i <= w->bends; i++)
        if (geom_far(course(g, w, i), course(g, w, i + 1)) > geom_far(course(g, w, best), course(g, w, best + 1)))
            best = i;
    return best;
}

static void add_lane(struct import_graph *g, struct ids *taken, uint32_t number)
{
    const struct graph_way *w = &g->way[number];
    const struct graph_point *a = &g->point[w->from], *b = &g->point[w->to];
    const char *door = door_of(g, number);
    uint32_t at_door = door ? longest_piece(g, w) : UINT32_MAX;
    char wish[GRAPH_NAME_MAX + 16];
    struct draft_edge e = { .from = a->node, .both_ways = w->both, .door = ID_NONE };
    if (w->speed_mm_s > 0) /* what a site file can say */
        e.speed_mm_s = w->speed_mm_s < 10 ? 10 : w->speed_mm_s > 20000 ? 20000 : w->speed_mm_s;
    if (a->car != ID_NONE && b->car != ID_NONE && a->car != b->car) {
        import_say(g->r, IMPORT_DROPPED, "通道 %s 直接连接两个轿厢", "way %s joins two cabins directly", w->name);
        return;
    }
    for (uint32_t i = 0; i <= w->bends && !g->err; i++) {
        struct pt p = course(g, w, i), q = course(g, w, i + 1);
        snprintf(wish, sizeof wish, "w%u.%u", number + 1, i + 1);
        e.to = i == w->bends ? b->node : add_node(g, taken, wish, a->level, q, 0);
        e.door = i == at_door ? add_door(g, door, a->level, p, q) : ID_NONE;
        int err = g->err ? ORD_OK : draft_edge(&g->d, &e);
        if (err) import_graph_fail(g, err, 0, "too many ways");
        g->r->length_m += (w->both ? 2 : 1) * (double)geom_far(p, q) / 1000.0;
        e.from = e.to;
    }
    g->r->lanes += w->both ? 2 : 1;
    if (door) g->r->door_lanes += w->both ? 2 : 1;
    if (w->bends) g->curves++, g->pieces += w->bends + 1;
}

static void check_ways(struct import_graph *g)
{
    for (uint32_t i = 0; i < g->ways && !g->err; i++) {
        const struct graph_way *w = &g->way[i];
        const struct graph_point *a = &g->point[w->from], *b = &g->point[w->to];
        if (w->from == w->to)
            import_graph_fail(g, ORD_EMAP, 0, "way '%s' leads from '%s' to itself: remove it", w->name, a->name);
        else if (a->level == b->level && a->at.x == b->at.x && a->at.y == b->at.y)
            import_graph_fail(g, ORD_EMAP, 0, "way '%s' has no length: '%s' and '%s' are at the same place", w->name,
                              a->name, b->name);
        else straighten(g, &g->way[i]);
    }
}

static void add_lanes(struct import_graph *g, struct ids *taken)
{
    for (uint32_t i = 0; i < g->ways && !g->err; i++)
        if (g->way[i].merged == i && !crosses(g, &g->way[i])) add_lane(g, taken, i);
    if (g->err) return;
    import_say(g->r, IMPORT_KEPT, "点 %u 个，单向通道 %u 条，共 %.0f 米",
               "%u points, %u directed ways of %.0f m in all", g->r->waypoints, g->r->lanes, g->r->length_m);
    if (g->joined)
        import_say(g->r, IMPORT_KEPT, "%u 对方向相反的通道走同一条路：合为一条双向通道",
                   "%u pairs of opposite ways share their strip of floor: each is one two-way lane", g->joined);
    if (g->curves)
        import_say(g->r, IMPORT_GUESSED, "%u 条曲线通道改为 %u 段直线，偏差不超过 0.1 米",
                   "%u curved ways became %u straight pieces, at most 0.1 m off", g->curves, g->pieces);
}

/* ---- stations ---- */

static void add_station(struct import_graph *g, struct ids *taken, const struct graph_station *v)
{
    struct site_station t = { .kind = STATION_GENERIC };
    const char *title = v->title[0] ? v->title : v->name;
    for (uint8_t i = 0; i < v->slots; i++) {
        struct graph_point *p = &g->point[v->slot[i]];
        struct site_node *n = &g->d.s->node[p->node];
        if (n->station != ID_NONE || p->car != ID_NONE) {
            import_say(g->r, IMPORT_DROPPED, "站点 %s 的位置 %s 已属于另一站点或电梯",
                       "place %2$s of station %1$s belongs to another station or to a lift", v->name, p->name);
            continue;
        }
        n->station = g->d.s->stations; /* until draft_finish marks them for good */
        t.slot[t.slots++] = p->node;
    }
    if (t.slots == 0) return;
    t.node = t.slot[0];
    free_id(g, taken, v->name, t.id);
    text_copy(t.name.zh, sizeof t.name.zh, title);
    text_copy(t.name.en, sizeof t.name.en, title);
    int err = g->err ? ORD_OK : draft_station(&g->d, &t);
    if (err) import_graph_fail(g, err, 0, "more than %d stations", SITE_STATIONS_MAX);
}

static void add_stations(struct import_graph *g)
{
    struct ids taken = { 0 };
    for (uint32_t i = 0; i < g->stations && !g->err; i++) add_station(g, &taken, &g->station[i]);
    forget(&taken);
    if (g->err) return;
    import_say(g->r, IMPORT_KEPT, "站点 %d 个", "%d stations", g->d.s->stations);
    if (g->d.s->stations < 2)
        import_say(g->r, IMPORT_WARNING, "站点不足两个：可以查看，但无物可运；请在地图中添加站点",
                   "fewer than two stations: it can be looked at, but there is nothing to carry; add stations");
}

int import_graph_build(struct import_graph *g, struct import_options o, struct site **out)
{
    struct ids taken = { 0 };
    if (!g->err && g->points == 0) import_graph_fail(g, ORD_EMAP, 0, "has no points: there is nothing to drive on");
    if (!g->err) check_ways(g);
    if (!g->err) merge_ways(g);
    add_points(g, &taken);
    add_cars(g, &taken);
    add_lanes(g, &taken);
    if (!g->err) add_stations(g);
    forget(&taken);
    if (g->err) return g->err;
    const struct bay_space space = { .shaft = g->d.s->elevator, .shafts = g->d.s->elevators };
    return import_finish(&g->d, o, &space, out, g->r, g->note);
}
