/* site_lint - everything that is wrong with a map at once, each with its place, in both languages, with what to do.
 *
 * The reader (site_json.c) already refused what has no meaning: unknown references, ids used twice, numbers that are
 * not finite or out of range, doors without width. Here is judged what the parts mean together. Errors forbid running
 * the site; warnings are things an author should look at; infos explain. What a refuge is, is defined in refuge.c. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "site_compile.h"

struct lint {
    struct site *s;
    struct lint_report *r;
    bool full;
};

/* Both texts take the same values in the same order. */
static void __attribute__((format(printf, 6, 8), format(printf, 7, 8)))
say(struct lint *l, enum lint_level level, const char *code, const char *kind, const char *id, const char *zh,
    const char *en, ...)
{
    struct lint_report *r = l->r;
    if (r->count == r->capacity) {
        size_t want = r->capacity ? r->capacity * 2 : 32;
        struct lint_finding *wide = realloc(r->finding, want * sizeof *wide);
        if (!wide) {
            l->full = true;
            return;
        }
        r->finding = wide;
        r->capacity = want;
    }
    struct lint_finding *f = &r->finding[r->count++];
    f->level = level;
    text_copy(f->code, sizeof f->code, code);
    snprintf(f->where, sizeof f->where, id[0] ? "%s '%s'" : "%s%s", kind, id);
    va_list values;
    char line[1024]; /* text_copy cuts between characters, snprintf would cut inside one */
    va_start(values, en);
    vsnprintf(line, sizeof line, zh, values);
    text_copy(f->zh, sizeof f->zh, line);
    va_end(values);
    va_start(values, en);
    vsnprintf(line, sizeof line, en, values);
    text_copy(f->en, sizeof f->en, line);
    va_end(values);
    if (level == LINT_ERROR) r->errors++;
    if (level == LINT_WARNING) r->warnings++;
}

/* ---- stations ---- */

static void check_slot(struct lint *l, station_id i, uint8_t k)
{
    const struct site *s = l->s;
    const struct site_station *t = &s->station[i];
    const node_id at = station_slot(t, k);
    const struct site_node *n = &s->node[at];
    if (n->station != i)
        say(l, LINT_ERROR, "station-shared", "station", t->id, "节点 '%s' 已是站点 '%s'：请换一个节点",
            "node '%s' already serves station '%s': give one of them its own node", n->id, s->station[n->station].id);
    if (n->flags & NODE_NO_STOP)
        say(l, LINT_ERROR, "station-no-stop", "station", t->id, "节点 '%s' 不允许停车：请去掉 no_stop 或移动站点",
            "robots must not stop at its node '%s': drop no_stop or move the station", n->id);
    if (n->elevator != ID_NONE)
        say(l, LINT_ERROR, "station-in-elevator", "station", t->id, "节点 '%s' 在电梯 '%s' 的轿厢内：请移到轿厢外",
            "its node '%s' lies inside elevator '%s': move it out of the cabin", n->id, s->elevator[n->elevator].id);
    for (uint8_t o = 0; o < k; o++)
        for (class_id c = 0; c < s->classes; c++)
            if (site_conflict(s, c, station_slot(t, o), c, at, NULL))
                say(l, LINT_WARNING, "slots-collide", "station", t->id,
                    "车位 '%s' 与 '%s' 不能同时停放车型 '%s'：请拉开间距",
                    "its places '%s' and '%s' cannot both hold a robot of class '%s': move them apart",
                    s->node[station_slot(t, o)].id, n->id, s->cls[c].id);
}

static void check_station_places(struct lint *l)
{
    const struct site *s = l->s;
    if (s->stations == 0)
        say(l, LINT_ERROR, "no-station", "site", s->id,
            "地图上没有站点，机器人无处取送：请在 stations 中至少添加两个站点",
            "there is no station, so robots have nowhere to go: add at least two to \"stations\"");
    for (station_id i = 0; i < s->stations; i++)
        for (uint8_t k = 0; k < station_slots(&s->station[i]); k++) check_slot(l, i, k);
}

/* Each station must be joined both ways with the others for some load. */
static void check_class_reach(struct lint *l, class_id c, struct reach *ahead, struct reach *back, uint8_t *joined)
{
    const struct site *s = l->s;
    memset(joined, 0, s->stations);
    for (uint8_t g = s->groups; g-- > 0;) { /* that of clean loads last: what is said names its hub */
        station_id hub = reach_hub(s, c, g, ahead, back);
        for (station_id i = 0; i < s->stations; i++) joined[i] |= reach_slot(s, i, ahead, back) != ID_NONE;
        if (g > 0) continue;
        for (station_id i = 0; i < s->stations; i++) {
            if (joined[i]) continue;
            if (!ahead->seen[s->station[i].node])
                say(l, LINT_ERROR, "station-unreachable", "station", s->station[i].id,
                    "车型 '%s' 无法从站点 '%s' 到达此处：请补上通道、加宽通道或更正单行方向",
                    "class '%s' cannot get here from station '%s': add an edge, widen one or turn a one-way edge",
                    s->cls[c].id, s->station[hub].id);
            else
                say(l, LINT_ERROR, "station-no-return", "station", s->station[i].id,
                    "车型 '%s' 从此处无法返回站点 '%s'：请补上返回的通道",
                    "class '%s' cannot get from here to station '%s': add a way back", s->cls[c].id,
                    s->station[hub].id);
        }
    }
}

static void check_reach(struct lint *l)
{
    const struct site *s = l->s;
    struct reach ahead = { 0 }, back = { 0 };
    uint8_t *joined = calloc((size_t)s->stations + 1, 1);
    if (!joined || reach_open(&ahead, s) || reach_open(&back, s)) l->full = true;
    for (class_id c = 0; c < s->classes && s->stations && !l->full; c++) check_class_reach(l, c, &ahead, &back, joined);
    reach_close(&ahead);
    reach_close(&back);
    free(joined);
}

/* ---- loads ---- */

static bool class_carried(const struct site *s, enum hygiene h)
{
    for (goods_id g = 0; g < s->goods; g++)
        if (s->good[g].hygiene == h) return true;
    return false;
}

/* Whoever carried something soiled is kept off other ways until it is disinfected: it must be able to get there. */
static void check_washers(struct lint *l)
{
    const struct site *s = l->s;
    struct reach ahead = { 0 }, back = { 0 };
    if (reach_open(&ahead, s) || reach_open(&back, s)) l->full = true;
    for (class_id c = 0; c < s->classes && s->stations && !l->full; c++)
        for (int h = 0; h < HYGIENE_COUNT; h++) {
            uint8_t group = s->group_of[h];
            if (!(HYGIENE_SOILED >> h & 1) || !class_carried(s, (enum hygiene)h)) continue;
            reach_hub(s, c, group, &ahead, &back);
            node_id n = 0;
            while (n < s->nodes && !((s->node[n].flags & NODE_WASHER) && ahead.seen[n] && back.seen[n])) n++;
            if (n < s->nodes) continue;
            say(l, LINT_WARNING, "washer-none", "site", s->id,
                "车型 '%s' 运送 %s 类物品后到不了任何清洗位，之后只能继续运送同类物品：请添加 washer 节点或放宽 allow",
                "class '%s' cannot get to a washer after a load of class %s, and so is lost for others: add a washer "
                "node "
                "or widen \"allow\"",
                s->cls[c].id, hygiene_name[h]);
        }
    reach_close(&ahead);
    reach_close(&back);
}

static void check_goods(struct lint *l)
{
    const struct site *s = l->s;
    for (goods_id g = 0; g < s->goods; g++) {
        class_id c = 0;
        while (c < s->classes && !site_takes(s, c, g)) c++;
        if (c == s->classes)
            say(l, LINT_WARNING, "goods-no-robot", "goods", s->good[g].id,
                "没有车型能运送：载具 '%s'，%d 千克；请核对车型的 carries 和 payload",
                "no class of robot takes it: carrier '%s', %d kg; check \"carries\" and \"payload\" of the classes",
                s->good[g].carrier, s->good[g].mass_g / 1000);
    }
}

static void check_zones(struct lint *l)
{
    const struct site *s = l->s;
    for (zone_id z = 0; z < s->zones; z++) {
        node_id n = 0;
        while (n < s->nodes && !s->in_zone[(size_t)z * s->nodes + n]) n++;
        if (n == s->nodes)
            say(l, LINT_WARNING, "zone-empty", "zone", s->zone[z].id, "楼层 '%s' 上没有节点在其中：请核对 corners",
                "holds no node of level '%s': check its corners", s->level[s->zone[z].level].id);
    }
}

/* ---- elevators ---- */

/* Inside the cabin rectangle grown by 5 cm, which is what the drawing tools of Open-RMF allow. */
static bool in_cabin(const struct site_elevator *c, const struct site_node *n)
{
    double a = -c->yaw / 1000.0, dx = n->x_mm - c->x_mm, dy = n->y_mm - c->y_mm;
    double x = dx * cos(a) - dy * sin(a), y = dx * sin(a) + dy * cos(a);
    return fabs(x) <= c->width_mm / 2.0 + 50 && fabs(y) <= c->depth_mm / 2.0 + 50;
}

static bool is_landing(const struct site_elevator *c, node_id n)
{
    uint16_t i = 0;
    while (i < c->landings && c->landing[i].node != n) i++;
    return i < c->landings;
}

static void check_elevators(struct lint *l)
{
    const struct site *s = l->s;
    for (elevator_id e = 0; e < s->elevators; e++) {
        const struct site_elevator *c = &s->elevator[e];
        if (c->landings < 2)
            say(l, LINT_ERROR, "elevator-landings", "elevator", c->id, "只有 %d 个停靠层：至少需要两个，或删除这部电梯",
                "has %d landing: it needs two or more; add one or remove the elevator", c->landings);
        for (uint16_t i = 0; i < c->landings; i++) {
            const struct site_node *n = &s->node[c->landing[i].node];
            if (n->elevator != e)
                say(l, LINT_ERROR, "elevator-shared-node", "elevator", c->id,
                    "停靠节点 '%s' 已属于电梯 '%s'：每部电梯需要自己的节点",
                    "landing node '%s' belongs to elevator '%s': each car needs nodes of its own", n->id,
                    s->elevator[n->elevator].id);
            if (!in_cabin(c, n))
                say(l, LINT_ERROR, "landing-outside", "elevator", c->id,
                    "停靠节点 '%s' 不在轿厢矩形内：请移动节点或更正 x、y、width、depth、yaw",
                    "landing node '%s' is not inside the cabin rectangle: move it or correct x, y, width, depth, yaw",
                    n->id);
            for (uint16_t k = 0; k < i; k++)
                if (c->landing[k].level == c->landing[i].level)
                    say(l, LINT_ERROR, "landing-twice", "elevator", c->id, "楼层 '%s' 有两个停靠点：请只保留一个",
                        "level '%s' has two landings: keep one", s->level[c->landing[i].level].id);
        }
    }
    for (node_id n = 0; n < s->nodes; n++) {
        if (s->node[n].elevator == ID_NONE) continue;
        const struct site_elevator *c = &s->elevator[s->node[n].elevator];
        if (!is_landing(c, n) && !in_cabin(c, &s->node[n]))
            say(l, LINT_ERROR, "cabin-outside", "node", s->node[n].id,
                "标记在电梯 '%s' 内，但位置在轿厢矩形之外：请去掉 elevator 或移动节点",
                "is marked as inside elevator '%s' but lies outside its cabin: drop \"elevator\" or move it", c->id);
        uint16_t i = 0;
        while (i < c->landings && c->landing[i].level != s->node[n].level) i++;
        if (i == c->landings)
            say(l, LINT_ERROR, "cabin-no-landing", "node", s->node[n].id,
                "电梯 '%s' 在楼层 '%s' 没有停靠点：请在 landings 中添加",
                "elevator '%s' has no landing on level '%s': add it to \"landings\"", c->id,
                s->level[s->node[n].level].id);
    }
}

/* ---- edges ---- */

static const char *door_crossed(const struct site *s, const struct site_edge *e)
{
    for (door_id d = 0; d < s->doors; d++)
        if (s->door[d].level == s->node[e->from].level && d != e->door &&
            geom_cut(node_pt(s, e->from), node_pt(s, e->to), door_a(&s->door[d]), door_b(&s->door[d])))
            return s->door[d].id;
    return NULL;
}

static void check_edge_door(struct lint *l, const struct site_edge *e)
{
    const struct site *s = l->s;
    const char *crossed = door_crossed(s, e);
    if (crossed)
        say(l, LINT_ERROR, "edge-door-missing", "edge", e->id, "穿过门 '%s' 但没有声明：请为此边写上 \"door\"",
            "passes door '%s' without naming it: give the edge \"door\"", crossed);
    if (e->door == ID_NONE) return;
    const struct site_door *d = &s->door[e->door];
    if (d->level != s->node[e->from].level)
        say(l, LINT_ERROR, "edge-door-level", "edge", e->id, "声明的门 '%s' 在另一楼层：请更正",
            "names door '%s', which is on another level: correct it", d->id);
    else if (!geom_cut(node_pt(s, e->from), node_pt(s, e->to), door_a(d), door_b(d)))
        say(l, LINT_WARNING, "edge-door-apart", "edge", e->id, "声明了门 '%s'，但并不穿过它：请核对坐标",
            "names door '%s' but does not pass through it: check the coordinates", d->id);
}

/* A lane with a stated width does not consult the walls; one that runs straight through a wall still deserves a
 * word. */
static void check_edge_wall(struct lint *l, const struct site_edge *e)
{
    const struct site *s = l->s;
    struct pt a = node_pt(s, e->from), b = node_pt(s, e->to);
    for (uint32_t i = 0; i < s->walls && e->width_mm; i++) {
        const struct site_wall *w = &s->wall[i];
        if (w->level != s->node[e->from].level || !geom_cut(a, b, wall_a(w), wall_b(w))) continue;
        if (e->door != ID_NONE &&
            geom_seg_seg(door_a(&s->door[e->door]), door_b(&s->door[e->door]), wall_a(w), wall_b(w)) < 300)
            continue;
        say(l, LINT_WARNING, "edge-through-wall", "edge", e->id,
            "穿过墙 (%.2f, %.2f)-(%.2f, %.2f) 且没有门；因写明了 width 而保留：请核对",
            "runs through the wall (%.2f, %.2f)-(%.2f, %.2f) without a door; kept because its width is stated: check "
            "it",
            w->x1_mm / 1000.0, w->y1_mm / 1000.0, w->x2_mm / 1000.0, w->y2_mm / 1000.0);
        return;
    }
}

static void say_unfit(struct lint *l, const struct site_edge *e, const struct robot_class *c, enum fit why,
                      uint32_t wall, enum lint_level level)
{
    const struct site *s = l->s;
    double need = (c->width_mm + 2 * c->margin_mm) / 1000.0;
    const struct site_wall *w = why == FIT_WALL ? &s->wall[wall] : NULL;
    switch (why) {
    case FIT_OK:
    case FIT_BROKEN: return;
    case FIT_WIDTH:
        say(l, level, "edge-narrow", "edge", e->id, "车型 '%s' 需要 %.2f 米，通道只有 %.2f 米：请加宽",
            "class '%s' needs %.2f m, the edge is %.2f m wide: widen it", c->id, need, e->width_mm / 1000.0);
        return;
    case FIT_DOOR:
        say(l, level, "door-narrow", "edge", e->id, "车型 '%s' 需要 %.2f 米，门只有 %.2f 米",
            "class '%s' needs %.2f m, its door is %.2f m wide", c->id, need, s->door[e->door].width_mm / 1000.0);
        return;
    case FIT_CABIN:
        say(l, level, "cabin-small", "edge", e->id, "车型 '%s' 装不进电梯 '%s' 的轿厢",
            "class '%s' does not fit into the cabin of elevator '%s'", c->id, s->elevator[e->elevator].id);
        return;
    case FIT_CABIN_DOOR:
        say(l, level, "cabin-door-narrow", "edge", e->id, "车型 '%s' 需要 %.2f 米，电梯门只有 %.2f 米",
            "class '%s' needs %.2f m, the elevator door is %.2f m wide", c->id, need,
            s->elevator[e->elevator].door_width_mm / 1000.0);
        return;
    case FIT_WALL:
        say(l, level,
            geom_cut(node_pt(s, e->from), node_pt(s, e->to), wall_a(w), wall_b(w)) ? "edge-wall" : "edge-near-wall",
            "edge", e->id, "车型 '%s' 会碰到墙 (%.2f, %.2f)-(%.2f, %.2f)：请移动通道、在墙上留口，或写明 width",
            "class '%s' would touch the wall (%.2f, %.2f)-(%.2f, %.2f): move the edge, leave a gap in the wall or "
            "state its width",
            c->id, w->x1_mm / 1000.0, w->y1_mm / 1000.0, w->x2_mm / 1000.0, w->y2_mm / 1000.0);
        return;
    }
}

static void check_edge_fit(struct lint *l, edge_id i)
{
    const struct site *s = l->s;
    enum fit why[SITE_CLASSES_MAX] = { FIT_OK };
    uint32_t wall[SITE_CLASSES_MAX] = { 0 };
    bool any = false;
    for (class_id c = 0; c < s->classes; c++) {
        why[c] = edge_fit(s, &s->cls[c], i, &wall[c]);
        any = any || why[c] == FIT_OK;
    }
    for (class_id c = 0; c < s->classes; c++)
        say_unfit(l, &s->edge[i], &s->cls[c], why[c], wall[c], any ? LINT_INFO : LINT_ERROR);
}

static void check_edges(struct lint *l)
{
    const struct site *s = l->s;
    for (edge_id i = 0; i < s->edges; i++) {
        const struct site_edge *e = &s->edge[i];
        const struct site_node *a = &s->node[e->from], *b = &s->node[e->to];
        if (e->twin != ID_NONE && e->twin < i && s->edge[e->twin].width_mm == e->width_mm &&
            s->edge[e->twin].door == e->door)
            continue;
        if (e->from == e->to)
            say(l, LINT_ERROR, "edge-self", "edge", e->id, "起点和终点都是节点 '%s'：请删除或更正",
                "leads from node '%s' to itself: remove or correct it", a->id);
        else if (!e->ride_ms && a->level != b->level)
            say(l, LINT_ERROR, "edge-levels", "edge", e->id, "从楼层 '%s' 通到 '%s'，但不是电梯：楼层之间只能乘电梯",
                "leads from level '%s' to '%s' without an elevator: only elevators join levels", s->level[a->level].id,
                s->level[b->level].id);
        else if (!e->ride_ms && a->x_mm == b->x_mm && a->y_mm == b->y_mm)
            say(l, LINT_ERROR, "edge-zero", "edge", e->id, "长度为零：节点 '%s' 与 '%s' 在同一位置，请移动或合并",
                "has no length: nodes '%s' and '%s' are at the same place; move or merge them", a->id, b->id);
        else if (!e->ride_ms && a->elevator != b->elevator && a->elevator != ID_NONE && b->elevator != ID_NONE)
            say(l, LINT_ERROR, "edge-two-cars", "edge", e->id, "直接连接两个轿厢 ('%s' 与 '%s')：请经过候梯厅",
                "joins two cabins ('%s' and '%s') directly: lead it through the lobby", s->elevator[a->elevator].id,
                s->elevator[b->elevator].id);
        if (!e->ride_ms && a->level == b->level) {
            check_edge_door(l, e);
            check_edge_wall(l, e);
        }
        check_edge_fit(l, i);
    }
}

static void check_nodes(struct lint *l)
{
    const struct site *s = l->s;
    for (node_id n = 0; n < s->nodes; n++) {
        uint32_t out = s->out_start[n + 1] - s->out_start[n], in = s->in_start[n + 1] - s->in_start[n];
        if (out == 0 && in == 0)
            say(l, LINT_WARNING, "node-isolated", "node", s->node[n].id, "没有任何边与它相连：请连接或删除",
                "no edge touches it: join it or remove it");
        else if (out == 0)
            say(l, LINT_WARNING, "node-dead-end", "node", s->node[n].id, "只能进不能出：请补上出口的边",
                "can be entered but not left: add an edge that leaves it");
        else if (in == 0)
            say(l, LINT_WARNING, "node-no-entry", "node", s->node[n].id, "只能出不能进：请补上进入的边",
                "can be left but not entered: add an edge that leads to it");
    }
}

/* ---- refuges ---- */

static void say_refused(struct lint *l, const struct refuge_verdict *v, enum lint_level level)
{
    const struct site *s = l->s;
    const char *id = s->node[v->node].id;
    switch (v->why) {
    case REFUGE_ACCEPTED: return;
    case REFUGE_CUTS_STATIONS:
        say(l, level, "refuge-refused", "node", id,
            "不能作为避让位：停在此处会切断站点 '%s' 到 '%s' 的路，请移到支路末端",
            "is no refuge: a robot standing here cuts off station '%s' from '%s'; move it to the end of a spur",
            s->station[v->from].id, s->station[v->to].id);
        return;
    case REFUGE_CUT_OFF:
        say(l, level, "refuge-refused", "node", id, "不能作为避让位：其他避让位停有机器人时无法进出此处",
            "is no refuge: it cannot be reached or left while robots stand in the other refuges");
        return;
    case REFUGE_CUTS_REFUGE:
        say(l, level, "refuge-refused", "node", id, "不能作为避让位：停在此处会堵住避让位 '%s'，请拉开间距",
            "is no refuge: a robot standing here shuts in refuge '%s'; move them apart", s->node[v->other].id);
        return;
    }
}

static int check_refuges(struct lint *l, uint16_t robots)
{
    struct refuge_report r;
    int err = refuges_prove(l->s, &r);
    if (err) return err;
    l->r->refuges = r.accepted;
    bool few = robots > r.accepted;
    if (few)
        say(l, LINT_ERROR, "refuges-few", "site", l->s->id,
            "证明可用的避让位只有 %d 个，机器人有 %d 台：请增加 park、charger 或 holding 节点（候选 %d 个）",
            "only %d refuges are proven for %d robots: add park, charger or holding nodes on spurs (%d candidates were "
            "tried)",
            r.accepted, robots, r.candidates);
    for (uint16_t i = 0; i < r.candidates; i++) say_refused(l, &r.verdict[i], few ? LINT_WARNING : LINT_INFO);
    refuge_report_close(&r);
    return ORD_OK;
}

int site_lint(struct site *s, uint16_t robots, struct lint_report *out)
{
    *out = (struct lint_report){ 0 };
    struct lint l = { .s = s, .r = out };
    check_station_places(&l);
    check_elevators(&l);
    check_edges(&l);
    check_nodes(&l);
    check_reach(&l);
    check_washers(&l);
    check_goods(&l);
    check_zones(&l);
    int err = check_refuges(&l, robots);
    if (!err && l.full) err = ORD_EMEMORY;
    if (err) lint_close(out);
    return err;
}

void lint_close(struct lint_report *r)
{
    free(r->finding);
    *r = (struct lint_report){ 0 };
}
