/* How few vehicles there can be: one vehicle goes on from node a to node b only if b is still in time after a at its
 * earliest. The fewest paths over these arcs that cover all nodes (nodes less a maximum matching) and the loads are
 * lower bounds; reaching one ends the search for fewer vehicles. */
#include <string.h>

#include "pdp_state.h"

static int64_t earliest(const struct pdp_problem *p, uint16_t a)
{
    int64_t at = p->early[0] + p->service[0] + pdp_distance_of(p, 0, a);
    return at > p->early[a] ? at : p->early[a];
}

/* What cannot be in time at a before its pick-up was made is not helped by leaving the pick-up out of the path. */
static int64_t ready(const struct pdp *s, uint16_t a)
{
    const struct pdp_problem *p = s->p;
    const struct pdp_request *r = &p->request[s->request_of[a]];
    int64_t at = earliest(p, a);
    if (a == r->drop && r->pick) {
        int64_t after = earliest(p, r->pick) + p->service[r->pick] + pdp_distance_of(p, r->pick, a);
        at = after > at ? after : at;
    }
    return at + p->service[a];
}

static int64_t latest(const struct pdp *s, uint16_t b)
{
    const struct pdp_problem *p = s->p;
    const struct pdp_request *r = &p->request[s->request_of[b]];
    int64_t by = p->late[b], home = p->late[0] - pdp_distance_of(p, b, 0) - p->service[b];
    by = home < by ? home : by;
    if (b == r->pick) {
        int64_t drop_home = p->late[0] - pdp_distance_of(p, r->drop, 0) - p->service[r->drop];
        int64_t drop_by = p->late[r->drop] < drop_home ? p->late[r->drop] : drop_home;
        int64_t then = drop_by - pdp_distance_of(p, b, r->drop) - p->service[b];
        by = then < by ? then : by;
    }
    return by;
}

/* One augmenting path of the matching (Kuhn), over the nodes not seen in this round. before[b]: who comes before b. */
static bool augment(const struct pdp *s, uint16_t a, uint16_t *before, uint8_t *seen, const int64_t *ready_at,
                    const int64_t *latest_at)
{
    const struct pdp_problem *p = s->p;
    for (uint16_t b = 1; b < p->nodes; b++) {
        if (b == a || seen[b] || ready_at[a] + pdp_distance_of(p, a, b) > latest_at[b]) continue;
        const struct pdp_request *r = &p->request[s->request_of[a]];
        if (a == r->drop && b == r->pick) continue;
        seen[b] = 1;
        if (before[b] == 0 || augment(s, before[b], before, seen, ready_at, latest_at)) {
            before[b] = a;
            return true;
        }
    }
    return false;
}

uint16_t pdp_bound_find(struct pdp *s)
{
    const struct pdp_problem *p = s->p;
    uint16_t *before = s->spare[0]->node, paths = 0;
    uint8_t *seen = (uint8_t *)s->spare[1]->load;
    int64_t *ready_at = s->spare[0]->leave, *latest_at = s->spare[0]->by, load = 0;
    memset(before, 0, p->nodes * sizeof *before);
    for (uint16_t a = 1; a < p->nodes; a++) {
        ready_at[a] = ready(s, a);
        latest_at[a] = latest(s, a);
    }
    for (uint16_t a = 1; a < p->nodes; a++) {
        memset(seen, 0, p->nodes);
        paths += !augment(s, a, before, seen, ready_at, latest_at);
    }
    for (uint16_t r = 0; r < p->requests && !s->pairs; r++) load += p->request[r].size;
    int64_t by_load = (load + p->capacity - 1) / (p->capacity > 0 ? p->capacity : 1);
    if (by_load > paths) return (uint16_t)by_load;
    return paths > 1 ? paths : 1;
}
