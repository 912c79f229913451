/* The judge of solutions in files: the rules of the benchmark, in double precision, from the file as it was read. It
 * shares nothing with the search, not even its whole numbers. */
#include <math.h>
#include <stdlib.h>

#include "tour_file.h"

#define LATE_MAX 1e-6

struct course {
    double at, load, most, distance;
    uint16_t from;
};

static double between(const struct tour_file *f, uint16_t a, uint16_t b)
{
    return hypot(f->node[a].x - f->node[b].x, f->node[a].y - f->node[b].y);
}

static enum tour_flaw visit(const struct tour_file *f, struct course *c, uint16_t node, enum tour_flaw late)
{
    double d = between(f, c->from, node);
    c->distance += d;
    c->at = fmax(c->at + d, f->node[node].early);
    if (c->at > f->node[node].late + LATE_MAX) return late;
    c->at += f->node[node].service;
    c->from = node;
    return TOUR_SOUND;
}

static bool is_in(const uint16_t *node, uint32_t from, uint32_t to, uint16_t which)
{
    for (uint32_t i = from; i < to; i++)
        if (node[i] == which) return true;
    return false;
}

static enum tour_flaw partner(const struct tour_file *f, const struct tour_routes *r, uint32_t k, uint32_t i)
{
    const struct tour_node *n = &f->node[r->node[i]];
    uint16_t other = n->drop ? n->drop : n->pick;
    bool before = is_in(r->node, r->begin[k], i, other), after = is_in(r->node, i + 1, r->begin[k + 1], other);
    if (!before && !after) return TOUR_SPLIT;
    return before == (n->drop != 0) ? TOUR_ORDER : TOUR_SOUND;
}

static enum tour_flaw judge_route(const struct tour_file *f, const struct tour_routes *r, uint32_t k, struct course *c,
                                  uint8_t *seen, uint16_t *at)
{
    *c = (struct course){ .at = f->node[0].early + f->node[0].service };
    if (r->begin[k] == r->begin[k + 1]) return TOUR_EMPTY;
    for (uint32_t i = r->begin[k]; i < r->begin[k + 1]; i++) {
        *at = r->node[i];
        if (*at == 0 || *at >= f->nodes) return TOUR_UNKNOWN_NODE;
        if (seen[*at]++) return TOUR_TWICE;
        enum tour_flaw flaw = visit(f, c, *at, TOUR_LATE);
        if (flaw == TOUR_SOUND && f->pairs) flaw = partner(f, r, k, i);
        if (flaw != TOUR_SOUND) return flaw;
        c->load += f->node[*at].demand;
        c->most = fmax(c->most, c->load);
        if (c->most > f->capacity) return TOUR_OVERLOAD;
    }
    return visit(f, c, 0, TOUR_HOME_LATE);
}

struct tour_verdict tour_file_judge(const struct tour_file *f, const struct tour_routes *r)
{
    struct tour_verdict v = { .vehicles = r->count };
    uint8_t *seen = calloc(f->nodes, 1);
    if (!seen) return (struct tour_verdict){ .flaw = TOUR_MISSING };
    for (uint32_t k = 0; k < r->count && v.flaw == TOUR_SOUND; k++) {
        struct course c;
        v.route = k + 1;
        v.flaw = judge_route(f, r, k, &c, seen, &v.node);
        v.distance += c.distance;
    }
    for (uint16_t i = 1; i < f->nodes && v.flaw == TOUR_SOUND; i++) {
        if (seen[i]) continue;
        v.flaw = TOUR_MISSING;
        v.route = 0;
        v.node = i;
    }
    if (v.flaw == TOUR_SOUND && r->count > f->vehicles) v.flaw = TOUR_VEHICLES;
    free(seen);
    return v;
}

const char *tour_flaw_en(enum tour_flaw flaw)
{
    switch (flaw) {
    case TOUR_SOUND: return "sound";
    case TOUR_UNKNOWN_NODE: return "the problem has no such node";
    case TOUR_TWICE: return "the node is visited twice";
    case TOUR_MISSING: return "the node is in no route";
    case TOUR_LATE: return "service begins after the window";
    case TOUR_HOME_LATE: return "back at the depot too late";
    case TOUR_OVERLOAD: return "more aboard than the capacity";
    case TOUR_SPLIT: return "pick-up and delivery are not on one vehicle";
    case TOUR_ORDER: return "the delivery comes before its pick-up";
    case TOUR_VEHICLES: return "more routes than vehicles";
    case TOUR_EMPTY: return "the route is empty";
    }
    return "?";
}

const char *tour_flaw_zh(enum tour_flaw flaw)
{
    switch (flaw) {
    case TOUR_SOUND: return "正确";
    case TOUR_UNKNOWN_NODE: return "问题中没有这个节点";
    case TOUR_TWICE: return "节点被访问两次";
    case TOUR_MISSING: return "节点不在任何路线中";
    case TOUR_LATE: return "开始服务晚于时间窗";
    case TOUR_HOME_LATE: return "返回车场过晚";
    case TOUR_OVERLOAD: return "载量超过容量";
    case TOUR_SPLIT: return "取货与送货不在同一辆车上";
    case TOUR_ORDER: return "送货早于取货";
    case TOUR_VEHICLES: return "路线数多于车辆数";
    case TOUR_EMPTY: return "路线为空";
    }
    return "?";
}
