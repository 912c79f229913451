#include "plan_check.h"

#include <string.h>

/* Its own table: visits sorted by resource with counting sort, nothing of resv.c. */
struct seen {
    uint16_t robot;
    bool claimed;
    uint32_t step;
    ms_t from_ms, to_ms;
};

struct plan_judge {
    const struct site *site;
    uint32_t seen_max;
    uint32_t *start; /* resources + 1 */
    struct seen *seen;
};

size_t plan_judge_memory(const struct site *s, uint16_t robots)
{
    return sizeof(struct plan_judge) + ((size_t)res_count(s) + 2) * sizeof(uint32_t) +
           (size_t)robots * 2 * ROUTE_MAX * sizeof(struct seen) + 4 * 16;
}

int plan_judge_open(struct plan_judge **out, struct arena *mem, const struct site *s, uint16_t robots)
{
    struct plan_judge *j = arena_new(mem, struct plan_judge, 1);
    if (!j) return ORD_EFULL;
    j->site = s;
    j->seen_max = (uint32_t)robots * 2 * ROUTE_MAX;
    j->start = arena_new(mem, uint32_t, (size_t)res_count(s) + 2);
    j->seen = arena_new(mem, struct seen, j->seen_max);
    if (!j->start || !j->seen) return ORD_EFULL;
    *out = j;
    return ORD_OK;
}

static int found(struct plan_finding *first, enum plan_fault fault, uint16_t robot, uint32_t step)
{
    *first = (struct plan_finding){ .fault = fault, .robot = robot, .other = robot, .step = step };
    return ORD_EREFUSED;
}

static int check_shape(const struct site *s, const struct route *t, class_id cls, uint16_t robot,
                       struct plan_finding *first)
{
    if (t->count < 1 || t->head >= t->count || t->count > ROUTE_MAX) return found(first, FAULT_FRONTIER, robot, 0);
    if (s->node[t->step[t->head].node].flags & (NODE_CABIN | NODE_NO_STOP))
        return found(first, FAULT_FRONTIER, robot, t->head);
    for (uint16_t i = 1; i < t->count; i++) {
        const struct route_step *u = &t->step[i - 1], *v = &t->step[i];
        if (v->edge == ID_NONE) {
            if (v->node != u->node) return found(first, FAULT_EDGE, robot, t->base + i);
        } else if (v->edge >= s->edges || s->edge[v->edge].from != u->node || s->edge[v->edge].to != v->node ||
                   !site_fits(s, cls, v->edge)) {
            return found(first, FAULT_EDGE, robot, t->base + i);
        }
        if (i > t->head && (v->arrive_ms <= v->enter_ms || v->enter_ms < u->arrive_ms))
            return found(first, FAULT_TIME, robot, t->base + i);
    }
    node_id last = t->step[t->count - 1].node;
    if (t->complete && (t->refuge != last || !(s->node[last].flags & NODE_REFUGE)))
        return found(first, FAULT_REFUGE, robot, t->base + t->count - 1u);
    return ORD_OK;
}

/* A move through places where nobody may stand is claimed at its beginning: from then on it is occupied. */
static ms_t occupied_from(const struct site *s, const struct route *t, uint16_t i)
{
    if (i <= t->head) return INT64_MIN / 2;
    while (i - 1 > t->head && s->node[t->step[i - 1].node].flags & (NODE_CABIN | NODE_NO_STOP)) i--;
    return t->step[i].enter_ms;
}

static struct seen seen_node(const struct site *s, const struct route *t, uint16_t robot, uint16_t i)
{
    return (struct seen){ .robot = robot,
                          .claimed = i <= t->head,
                          .step = t->base + i,
                          .from_ms = occupied_from(s, t, i),
                          .to_ms = i + 1 < t->count ? t->step[i + 1].arrive_ms : MS_NEVER };
}

static struct seen seen_lane(const struct site *s, const struct route *t, uint16_t robot, uint16_t i)
{
    return (struct seen){ .robot = robot,
                          .claimed = i <= t->head,
                          .step = t->base + i,
                          .from_ms = occupied_from(s, t, i),
                          .to_ms = t->step[i].arrive_ms };
}

/* pass 0 counts, pass 1 places. */
static void walk(struct plan_judge *j, const struct route *route, uint16_t robots, int pass)
{
    const struct site *s = j->site;
    for (uint16_t r = 0; r < robots; r++) {
        const struct route *t = &route[r];
        for (uint16_t i = 0; t->placed && i < t->count; i++) {
            res_id node = t->step[i].node;
            if (pass == 0) j->start[node + 2]++;
            else j->seen[j->start[node + 1]++] = seen_node(s, t, r, i);
            if (i == 0 || t->step[i].edge == ID_NONE) continue;
            res_id lane = (res_id)s->nodes + s->edge[t->step[i].edge].lane;
            if (pass == 0) j->start[lane + 2]++;
            else j->seen[j->start[lane + 1]++] = seen_lane(s, t, r, i);
        }
    }
}

static void gather(struct plan_judge *j, const struct route *route, uint16_t robots)
{
    uint32_t n = (uint32_t)j->site->nodes + j->site->lanes;
    memset(j->start, 0, (n + 2) * sizeof *j->start);
    walk(j, route, robots, 0);
    for (uint32_t x = 0; x <= n; x++) j->start[x + 1] += j->start[x];
    walk(j, route, robots, 1);
}

static int compare(const struct plan_judge *j, res_id x, const struct seen *v, const class_id *cls,
                   struct plan_finding *first)
{
    for (class_id b = 0; b < j->site->classes; b++) {
        struct conflict_list list = site_conflicts(j->site, cls[v->robot], x, b);
        for (uint32_t i = 0; i < list.count; i++) {
            res_id y = list.item[i].res;
            ms_t gap = list.item[i].gap_ms;
            for (uint32_t k = j->start[y]; k < j->start[y + 1]; k++) {
                const struct seen *w = &j->seen[k];
                if (w->robot <= v->robot || cls[w->robot] != b) continue;
                bool both = v->claimed && w->claimed;
                bool apart = (w->to_ms != MS_NEVER && w->to_ms + gap <= v->from_ms) ||
                             (v->to_ms != MS_NEVER && v->to_ms + gap <= w->from_ms);
                if (apart && !both) continue;
                *first = (struct plan_finding){
                    both ? FAULT_CLAIMS : FAULT_OVERLAP, v->robot, w->robot, v->step, w->step, x
                };
                return ORD_EREFUSED;
            }
        }
    }
    return ORD_OK;
}

int plan_check(struct plan_judge *j, const struct route *route, const class_id *cls, uint16_t robots,
               struct plan_finding *first)
{
    *first = (struct plan_finding){ .fault = FAULT_NONE };
    for (uint16_t r = 0; r < robots; r++) {
        if (!route[r].placed) continue;
        int err = check_shape(j->site, &route[r], cls[r], r, first);
        if (err) return err;
        for (uint16_t o = 0; o < r && route[r].complete; o++)
            if (route[o].placed && route[o].complete && route[o].refuge == route[r].refuge)
                return found(first, FAULT_REFUGE, r, 0);
    }
    gather(j, route, robots);
    uint32_t n = (uint32_t)j->site->nodes + j->site->lanes;
    for (res_id x = 0; x < n; x++) {
        for (uint32_t k = j->start[x]; k < j->start[x + 1]; k++) {
            int err = compare(j, x, &j->seen[k], cls, first);
            if (err) return err;
        }
    }
    return ORD_OK;
}
