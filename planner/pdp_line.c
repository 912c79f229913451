/* One route: its slack, and where a request costs least in it. */
#include <string.h>

#include "pdp_state.h"

static inline int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static int32_t size_of(const struct pdp *s, uint16_t node)
{
    const struct pdp_request *r = &s->p->request[s->request_of[node]];
    return node == r->pick ? r->size : -r->size;
}

/* Forward from position `from`, whose predecessors stand; then backward all the way. */
static void count_from(const struct pdp *s, struct pdp_line *l, uint16_t from)
{
    const struct pdp_problem *p = s->p;
    uint16_t n = l->count;
    for (uint16_t i = from; i <= n + 1; i++) {
        uint16_t a = l->node[i - 1], b = l->node[i];
        l->arc[i - 1] = pdp_distance_of(p, a, b);
        l->leave[i] = later(l->leave[i - 1] + l->arc[i - 1], p->early[b]) + p->service[b];
        if (s->pairs) l->load[i] = i <= n ? l->load[i - 1] + size_of(s, b) : 0;
    }
    l->by[n + 1] = p->late[0];
    for (uint16_t i = n + 1; i-- > 0;)
        l->by[i] = earlier(p->late[l->node[i]], l->by[i + 1] - l->arc[i] - p->service[l->node[i]]);
}

void pdp_line_count(const struct pdp *s, struct pdp_line *l)
{
    const struct pdp_problem *p = s->p;
    uint16_t n = l->count;
    l->node[0] = l->node[n + 1] = 0;
    l->leave[0] = p->early[0] + p->service[0];
    l->load[0] = 0;
    count_from(s, l, 1);
    l->distance = 0;
    for (uint16_t i = 0; i <= n; i++) l->distance += l->arc[i];
    l->size = 0;
    for (uint16_t i = 1; i <= n; i++)
        if (!s->pairs) l->size += s->p->request[s->request_of[l->node[i]]].size;
}

/* A blink: the position is overlooked. Counted down to the next one, so that most positions cost no random draw. */
static bool blinks_now(struct pdp *s)
{
    if (s->blink-- > 0) return false;
    s->blink = (uint32_t)rng_exponential(&s->rng, 100);
    return true;
}

static struct pdp_place find_single(struct pdp *s, const struct pdp_line *l, uint16_t node, int64_t limit, bool blinks)
{
    const struct pdp_problem *p = s->p;
    const int32_t *row = p->distance + (size_t)node * p->nodes;
    int64_t early = p->early[node], late = p->late[node], service = p->service[node];
    struct pdp_place best = { .added = PDP_FAR };
    for (uint16_t i = 0; i <= l->count; i++) {
        int32_t to = row[l->node[i]], from = row[l->node[i + 1]];
        int64_t at = l->leave[i] + to;
        if (at > late) break;
        int64_t added = (int64_t)to + from - l->arc[i];
        if (added >= limit || later(at, early) + service + from > l->by[i + 1]) continue;
        if (blinks && blinks_now(s)) continue;
        limit = best.added = added;
        best.drop_at = i;
    }
    return best;
}

/* Where the drop alone would cost least from each position on: what no pair can beat. The scan ends where the drop
 * comes too late even without the pick-up. Returns the number of positions. */
static uint16_t drops_alone(struct pdp *s, const struct pdp_line *l, uint16_t drop)
{
    const struct pdp_problem *p = s->p;
    const int32_t *row = p->distance + (size_t)drop * p->nodes;
    int64_t early = p->early[drop], late = p->late[drop], service = p->service[drop], least = PDP_FAR;
    uint16_t n = 0;
    for (; n <= l->count; n++) {
        int32_t to = row[l->node[n]], from = row[l->node[n + 1]];
        int64_t at = l->leave[n] + to;
        if (at > late) break;
        bool in_time = later(at, early) + service + from <= l->by[n + 1];
        s->drop_cost[n] = in_time ? (int64_t)to + from - l->arc[n] : PDP_FAR;
    }
    for (uint16_t i = n; i-- > 0;) s->drop_least[i] = least = earlier(least, s->drop_cost[i]);
    return n;
}

struct pair {
    const int32_t *pick_row, *drop_row;
    int64_t drop_early, drop_late, drop_service;
    int32_t size;
    uint16_t positions;
};

/* The drop somewhere after the pick-up that follows position i; `leave` is the departure from the pick-up. */
static void find_drop(struct pdp *s, const struct pdp_line *l, const struct pair *q, uint16_t i, int64_t leave,
                      int64_t added, int64_t *limit, struct pdp_place *best)
{
    const struct pdp_problem *p = s->p;
    int64_t at = leave + q->pick_row[l->node[i + 1]];
    for (uint16_t k = i + 1; k < q->positions && k <= l->count; k++) {
        uint16_t b = l->node[k];
        if (at > l->by[k] || l->load[k] + q->size > p->capacity) return;
        int64_t left = later(at, p->early[b]) + p->service[b];
        if (added + s->drop_least[k] >= *limit) return;
        int64_t drop_at = left + q->drop_row[b];
        if (drop_at > q->drop_late) return;
        int64_t sum = added + s->drop_cost[k];
        if (sum < *limit &&
            later(drop_at, q->drop_early) + q->drop_service + q->drop_row[l->node[k + 1]] <= l->by[k + 1]) {
            *limit = sum;
            *best = (struct pdp_place){ .added = sum, .pick_at = i, .drop_at = k };
        }
        at = left + l->arc[k];
    }
}

static struct pdp_place find_pair(struct pdp *s, const struct pdp_line *l, const struct pdp_request *r, int64_t limit,
                                  bool blinks)
{
    const struct pdp_problem *p = s->p;
    struct pair q = { p->distance + (size_t)r->pick * p->nodes,
                      p->distance + (size_t)r->drop * p->nodes,
                      p->early[r->drop],
                      p->late[r->drop],
                      p->service[r->drop],
                      r->size,
                      drops_alone(s, l, r->drop) };
    int64_t early = p->early[r->pick], late = p->late[r->pick], service = p->service[r->pick];
    int32_t between = q.pick_row[r->drop];
    struct pdp_place best = { .added = PDP_FAR };
    for (uint16_t i = 0; i <= l->count; i++) {
        int32_t to = q.pick_row[l->node[i]], from = q.pick_row[l->node[i + 1]];
        int64_t at = l->leave[i] + to;
        if (at > late) break;
        int64_t added = (int64_t)to + from - l->arc[i];
        if (added >= limit || l->load[i] + r->size > p->capacity) continue;
        int64_t leave = later(at, early) + service;
        if (leave + from > l->by[i + 1]) continue;
        if (blinks && blinks_now(s)) continue;
        /* the drop right behind it */
        int64_t at_drop = leave + between, both = (int64_t)to + between + q.drop_row[l->node[i + 1]] - l->arc[i];
        if (at_drop > q.drop_late) break; /* no other way there is shorter, and further on it is later still */
        if (both < limit &&
            later(at_drop, q.drop_early) + q.drop_service + q.drop_row[l->node[i + 1]] <= l->by[i + 1]) {
            limit = both;
            best = (struct pdp_place){ .added = both, .pick_at = i, .drop_at = i };
        }
        if (i + 1 < q.positions && added + s->drop_least[i + 1] < limit)
            find_drop(s, l, &q, i, leave, added, &limit, &best);
    }
    return best;
}

struct pdp_place pdp_line_find(struct pdp *s, const struct pdp_line *l, uint16_t request, int64_t limit, bool blinks)
{
    const struct pdp_request *r = &s->p->request[request];
    s->counts.insertions++;
    if (s->pairs) return find_pair(s, l, r, limit, blinks);
    if (l->size + r->size > s->p->capacity) return (struct pdp_place){ .added = PDP_FAR };
    return find_single(s, l, r->drop, limit, blinks);
}

static void insert_node(struct pdp_line *l, uint16_t at, uint16_t node)
{
    memmove(l->node + at + 1, l->node + at, (size_t)(l->count + 2 - at) * sizeof *l->node);
    l->node[at] = node;
    l->count++;
}

void pdp_line_put(struct pdp *s, struct pdp_line *l, uint16_t request, struct pdp_place where)
{
    const struct pdp_request *r = &s->p->request[request];
    insert_node(l, where.drop_at + 1, r->drop);
    if (r->pick) insert_node(l, where.pick_at + 1, r->pick);
    count_from(s, l, (r->pick ? where.pick_at : where.drop_at) + 1u);
    l->distance += where.added;
    l->size += r->size;
}

bool pdp_line_alone(const struct pdp *s, uint16_t request)
{
    const struct pdp_problem *p = s->p;
    const struct pdp_request *r = &p->request[request];
    int64_t at = p->early[0] + p->service[0];
    uint16_t from = 0, stops[] = { r->pick, r->drop, 0 };
    if (r->size > p->capacity) return false;
    for (int i = r->pick ? 0 : 1; i < 3; i++) {
        at = later(at + pdp_distance_of(p, from, stops[i]), p->early[stops[i]]);
        if (at > p->late[stops[i]]) return false;
        at += p->service[stops[i]];
        from = stops[i];
    }
    return true;
}
