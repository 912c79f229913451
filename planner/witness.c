#include "witness.h"

#include <assert.h>
#include <string.h>

#include "dist.h"

#define PLACES_MAX 1024     /* places of a board on which room is proven */
#define STATES_MAX 100000   /* of one robot */
#define ARRANGED_MAX 200000 /* arrangements looked at before (4) gives up */
#define BUCKETS 32768
#define NOWHERE UINT16_MAX

struct witness {
    const struct hops *h;
    uint16_t robots, places;
    bool small;           /* at most PLACES_MAX places, none with more than WITNESS_PARTS_MAX parts */
    uint16_t *place;      /* per node: number among the places */
    node_id *node;        /* per place */
    uint32_t *near_start; /* per place: its neighbours, either way */
    uint16_t *near;
    uint8_t *part;  /* [v * places + u]: part of u on the board without v */
    uint16_t *size; /* [v * WITNESS_PARTS_MAX + part] */
    uint16_t *queue;
    struct witness_state *state;
    uint32_t states, *bucket, *next;
    uint32_t arranged_max;
    node_id *arranged; /* arranged_max x robots */
    const struct crowd *c;
};

static uint16_t places_of(const struct hops *h)
{
    uint16_t n = 0;
    for (node_id i = 0; i < h->site->nodes; i++) n = (uint16_t)(n + node_stoppable(h->site, i));
    return n;
}

static uint32_t arranged_max(uint16_t robots)
{
    uint32_t n = ARRANGED_MAX / (robots + 1u);
    return n < 2 ? 2 : n < STATES_MAX ? n : STATES_MAX;
}

size_t witness_memory(const struct hops *h, uint16_t robots)
{
    size_t n = places_of(h), all = h->site->nodes, table = n <= PLACES_MAX ? n : 0;
    return sizeof(struct witness) + all * 2 + n * 2 * 2 + (n + 1) * 4 + h->count * 2 * 2 + table * table +
           table * WITNESS_PARTS_MAX * 2 + STATES_MAX * (sizeof(struct witness_state) + sizeof(uint32_t)) +
           BUCKETS * sizeof(uint32_t) + (size_t)arranged_max(robots) * robots * sizeof(node_id) + 16 * 16;
}

/* ---- the board made easy --------------------------------------------------------------------------------------- */

static void add_near(struct witness *w, uint16_t a, uint16_t b, uint32_t *n)
{
    for (uint32_t i = w->near_start[a]; i < *n; i++)
        if (w->near[i] == b) return;
    w->near[(*n)++] = b;
}

static void find_near(struct witness *w)
{
    const struct hops *h = w->h;
    uint32_t n = 0;
    for (uint16_t a = 0; a < w->places; a++) {
        node_id at = w->node[a];
        w->near_start[a] = n;
        for (hop_id i = h->out_start[at]; i < h->out_start[at + 1]; i++) add_near(w, a, w->place[h->hop[i].to], &n);
        for (uint32_t i = h->in_start[at]; i < h->in_start[at + 1]; i++)
            add_near(w, a, w->place[h->hop[h->in_hop[i]].from], &n);
    }
    w->near_start[w->places] = n;
}

/* Parts into which v cuts its board, in the order of its lowest neighbours; places of other boards stay UINT8_MAX.
 * False: too many of them. */
static bool find_parts(struct witness *w, uint16_t v)
{
    uint8_t *part = w->part + (size_t)v * w->places, parts = 0;
    memset(part, 0xff, w->places);
    for (uint16_t low = 0;; low++) {
        uint32_t head = 0, tail = 0;
        uint16_t first = NOWHERE;
        for (uint32_t i = w->near_start[v]; i < w->near_start[v + 1]; i++)
            if (w->near[i] >= low && part[w->near[i]] == UINT8_MAX && w->near[i] < first) first = w->near[i];
        if (first == NOWHERE) return true;
        if (parts == WITNESS_PARTS_MAX) return false;
        low = first;
        part[first] = parts;
        w->queue[tail++] = first;
        while (head < tail) {
            uint16_t a = w->queue[head++];
            for (uint32_t i = w->near_start[a]; i < w->near_start[a + 1]; i++) {
                uint16_t b = w->near[i];
                if (b == v || part[b] != UINT8_MAX) continue;
                part[b] = parts;
                w->queue[tail++] = b;
            }
        }
        w->size[v * WITNESS_PARTS_MAX + parts++] = (uint16_t)tail;
    }
}

int witness_open(struct witness **out, struct arena *mem, const struct hops *h, uint16_t robots)
{
    struct witness *w = arena_new(mem, struct witness, 1);
    if (!w) return ORD_EFULL;
    w->h = h;
    w->robots = robots;
    w->arranged_max = arranged_max(robots);
    w->places = places_of(h);
    w->small = w->places <= PLACES_MAX;
    size_t n = w->places, table = w->small ? n : 0;
    w->place = arena_new(mem, uint16_t, h->site->nodes);
    w->node = arena_new(mem, node_id, n);
    w->near_start = arena_new(mem, uint32_t, n + 1);
    w->near = arena_new(mem, uint16_t, (size_t)h->count * 2);
    w->part = arena_new(mem, uint8_t, table * table);
    w->size = arena_new(mem, uint16_t, table * WITNESS_PARTS_MAX);
    w->queue = arena_new(mem, uint16_t, n);
    w->state = arena_new(mem, struct witness_state, STATES_MAX);
    w->bucket = arena_new(mem, uint32_t, BUCKETS);
    w->next = arena_new(mem, uint32_t, STATES_MAX);
    w->arranged = arena_new(mem, node_id, (size_t)w->arranged_max * robots);
    if (!w->place || !w->node || !w->near_start || !w->near || !w->part || !w->size || !w->queue || !w->state ||
        !w->bucket || !w->next || !w->arranged)
        return ORD_EFULL;
    uint16_t k = 0;
    for (node_id i = 0; i < h->site->nodes; i++) {
        w->place[i] = node_stoppable(h->site, i) ? k : NOWHERE;
        if (w->place[i] != NOWHERE) w->node[k++] = i;
    }
    find_near(w);
    for (uint16_t v = 0; v < w->places && w->small; v++) w->small = find_parts(w, v);
    *out = w;
    return ORD_OK;
}

/* ---- (2) room -------------------------------------------------------------------------------------------------- */

static uint32_t hash_state(const struct witness_state *s)
{
    uint64_t x = s->at;
    for (int k = 0; k < WITNESS_PARTS_MAX; k++) x = (x ^ s->empty[k]) * 0x9E3779B97F4A7C15u;
    return (uint32_t)((x >> 32) % BUCKETS);
}

/* Where it is in the list, or its end. */
static uint32_t find_state(const struct witness *w, const struct witness_state *s)
{
    for (uint32_t i = w->bucket[hash_state(s)]; i != 0; i = w->next[i - 1])
        if (memcmp(&w->state[i - 1], s, sizeof *s) == 0) return i - 1;
    return w->states;
}

static bool add_state(struct witness *w, const struct witness_state *s)
{
    if (find_state(w, s) < w->states) return true;
    if (w->states == STATES_MAX) return false;
    uint32_t b = hash_state(s);
    w->state[w->states] = *s;
    w->next[w->states] = w->bucket[b];
    w->bucket[b] = ++w->states;
    return true;
}

/* Robot r stands at `at`, the others at theirs. */
static struct witness_state state_of(const struct witness *w, uint16_t r, const node_id *stand)
{
    uint16_t v = w->place[stand[r]];
    struct witness_state s = { .at = stand[r] };
    const uint8_t *part = w->part + (size_t)v * w->places;
    for (uint16_t u = 0; u < w->places; u++)
        if (part[u] != UINT8_MAX) s.empty[part[u]]++;
    for (uint16_t o = 0; o < w->c->robots; o++) {
        uint8_t k = part[w->place[stand[o]]];
        if (o != r && k != UINT8_MAX) s.empty[k]--;
    }
    return s;
}

/* A step from v to x, and how the parts without x relate to those without v. */
struct step {
    uint16_t v, x;
    uint8_t back;        /* the part without x in which v lies */
    uint16_t left;       /* empty places to share out: those of x's old part, less x */
    uint16_t back_empty; /* empty places that come to lie in `back` anyhow */
    uint16_t back_room;  /* how many more of those to share out fit into it */
    uint8_t parts;
};

/* Share `left` out over the parts from `k` on that are not `back`; the rest goes to `back`. */
static bool share_out(struct witness *w, const struct step *t, struct witness_state *s, uint8_t k, uint16_t left)
{
    if (k == t->parts) {
        if (left > t->back_room) return true;
        s->empty[t->back] = (uint16_t)(t->back_empty + left);
        return add_state(w, s);
    }
    if (k == t->back) return share_out(w, t, s, (uint8_t)(k + 1), left);
    uint16_t room = w->size[t->x * WITNESS_PARTS_MAX + k];
    for (uint16_t n = 0; n <= room && n <= left; n++) {
        s->empty[k] = n;
        if (!share_out(w, t, s, (uint8_t)(k + 1), (uint16_t)(left - n))) return false;
    }
    s->empty[k] = 0;
    return true;
}

static bool step_to(struct witness *w, const struct witness_state *from, uint16_t x)
{
    uint16_t v = w->place[from->at];
    const uint8_t *of_v = w->part + (size_t)v * w->places, *of_x = w->part + (size_t)x * w->places;
    struct step t = { .v = v, .x = x, .back = of_x[v], .back_empty = 1 };
    uint8_t mine = of_v[x];
    if (from->empty[mine] == 0) return true;
    t.left = (uint16_t)(from->empty[mine] - 1);
    for (uint8_t k = 0; k < WITNESS_PARTS_MAX; k++) {
        if (w->size[v * WITNESS_PARTS_MAX + k] > 0 && k != mine)
            t.back_empty = (uint16_t)(t.back_empty + from->empty[k]);
        if (w->size[x * WITNESS_PARTS_MAX + k] > 0) t.parts = (uint8_t)(k + 1);
    }
    for (uint16_t u = 0; u < w->places; u++)
        t.back_room = (uint16_t)(t.back_room + (of_v[u] == mine && of_x[u] == t.back));
    struct witness_state s = { .at = w->node[x] };
    return share_out(w, &t, &s, 0, t.left);
}

/* True: robot r can never come to stand on its goal with all others on theirs. */
static bool no_room(struct witness *w, uint16_t r)
{
    struct witness_state s = state_of(w, r, w->c->start), goal = state_of(w, r, w->c->goal);
    w->states = 0;
    memset(w->bucket, 0, BUCKETS * sizeof *w->bucket);
    add_state(w, &s);
    for (uint32_t i = 0; i < w->states; i++) {
        struct witness_state from = w->state[i];
        if (memcmp(&from, &goal, sizeof goal) == 0) return false;
        uint16_t v = w->place[from.at];
        for (uint32_t k = w->near_start[v]; k < w->near_start[v + 1]; k++)
            if (!step_to(w, &from, w->near[k])) return false;
    }
    return true;
}

/* ---- (3) ring -------------------------------------------------------------------------------------------------- */

/* The places in their order around the ring from place 0 on; false: the board is no ring. */
static bool walk_ring(const struct witness *w, uint16_t *walk)
{
    uint16_t n = 0, at = 0, before = NOWHERE;
    for (uint16_t a = 0; a < w->places; a++)
        if (w->near_start[a + 1] - w->near_start[a] != 2) return false;
    do {
        const uint16_t *near = w->near + w->near_start[at];
        uint16_t next = near[0] != before ? near[0] : near[1];
        walk[n++] = at;
        before = at;
        at = next;
    } while (at != 0 && n < w->places);
    return n == w->places && at == 0;
}

/* Robots in the order in which they stand along the walk, robot 0 first. */
static void around(const struct witness *w, const uint16_t *walk, const node_id *stand, uint16_t *order)
{
    uint16_t from = 0, n = 0;
    while (w->node[walk[from]] != stand[0]) from++;
    for (uint16_t i = 0; i < w->places; i++) {
        node_id at = w->node[walk[(from + i) % w->places]];
        for (uint16_t r = 0; r < w->c->robots; r++)
            if (stand[r] == at) order[n++] = r;
    }
}

static bool out_of_order(struct witness *w, uint16_t *robot)
{
    uint16_t *a = w->arranged, *b = a + w->c->robots;
    if (w->c->robots < 3 || w->places < 3 || !walk_ring(w, w->queue)) return false;
    around(w, w->queue, w->c->start, a);
    around(w, w->queue, w->c->goal, b);
    for (uint16_t i = 0; i < w->c->robots; i++) {
        *robot = a[i];
        if (a[i] != b[i]) return true;
    }
    return false;
}

/* ---- (4) everything -------------------------------------------------------------------------------------------- */

static uint32_t hash_places(const node_id *at, uint16_t n)
{
    uint64_t x = 0;
    for (uint16_t r = 0; r < n; r++) x = (x ^ at[r]) * 0x9E3779B97F4A7C15u;
    return (uint32_t)((x >> 32) % BUCKETS);
}

static bool add_arranged(struct witness *w, const node_id *at)
{
    uint16_t n = w->c->robots;
    uint32_t b = hash_places(at, n);
    for (uint32_t i = w->bucket[b]; i != 0; i = w->next[i - 1])
        if (memcmp(w->arranged + (size_t)(i - 1) * n, at, n * sizeof *at) == 0) return true;
    if (w->states == w->arranged_max) return false;
    memcpy(w->arranged + (size_t)w->states * n, at, n * sizeof *at);
    w->next[w->states] = w->bucket[b];
    w->bucket[b] = ++w->states;
    return true;
}

static bool hop_clear(const struct witness *w, const node_id *at, hop_id i)
{
    const node_id *b = hop_block(w->h, i);
    for (uint16_t r = 0; r < w->c->robots; r++)
        for (uint16_t k = 0; k < w->h->hop[i].blocks; k++)
            if (b[k] == at[r]) return false;
    return true;
}

/* Backwards: robot r came by hop i to where it stands; could it have stood where the hop begins? */
static bool could_come(const struct witness *w, const node_id *at, uint16_t r, hop_id i)
{
    const struct site *s = w->h->site;
    for (uint16_t o = 0; o < w->c->robots; o++)
        if (o != r && site_conflict(s, w->h->cls, w->h->hop[i].from, w->h->cls, at[o], NULL)) return false;
    const node_id *b = hop_block(w->h, i);
    for (uint16_t o = 0; o < w->c->robots; o++)
        for (uint16_t k = 0; k < w->h->hop[i].blocks && o != r; k++)
            if (b[k] == at[o]) return false;
    return true;
}

/* Everything that one hop of r makes of the arrangement, or may have made it. False: the list is full. */
static bool add_hops_of(struct witness *w, node_id *at, uint16_t r, bool backwards)
{
    const struct hops *h = w->h;
    node_id stood = at[r];
    uint32_t end = backwards ? h->in_start[stood + 1] : h->out_start[stood + 1];
    for (uint32_t k = backwards ? h->in_start[stood] : h->out_start[stood]; k < end; k++) {
        hop_id i = backwards ? h->in_hop[k] : k;
        if (backwards ? !could_come(w, at, r, i) : !hop_clear(w, at, i)) continue;
        at[r] = backwards ? h->hop[i].from : h->hop[i].to; /* in place, and back again */
        bool room = add_arranged(w, at);
        at[r] = stood;
        if (!room) return false;
    }
    return true;
}

/* True: all arrangements that can be reached from the starts (backwards: from which the goals can be) were seen, and
 * the others are not among them. */
static bool exhausted(struct witness *w, bool backwards)
{
    uint16_t n = w->c->robots;
    const node_id *from = backwards ? w->c->goal : w->c->start, *to = backwards ? w->c->start : w->c->goal;
    w->states = 0;
    memset(w->bucket, 0, BUCKETS * sizeof *w->bucket);
    add_arranged(w, from);
    for (uint32_t i = 0; i < w->states; i++) {
        node_id *at = w->arranged + (size_t)i * n;
        if (memcmp(at, to, n * sizeof *at) == 0) return false;
        for (uint16_t r = 0; r < n; r++)
            if (!add_hops_of(w, at, r, backwards)) return false;
    }
    return true;
}

int witness_find(struct witness *w, const struct crowd *c, struct witness_proof *proof)
{
    assert(c->robots == w->robots);
    w->c = c;
    *proof = (struct witness_proof){ .kind = WITNESS_NONE };
    for (uint16_t r = 0; r < c->robots; r++) {
        if (!w->h->whole || crowd_ms(c, r, c->start[r]) != DIST_FAR) continue;
        *proof = (struct witness_proof){ .kind = WITNESS_ALONE, .robot = r };
        return ORD_OK;
    }
    for (uint16_t r = 0; r < c->robots && w->small && w->h->whole; r++) {
        if (!no_room(w, r)) continue;
        *proof = (struct witness_proof){ WITNESS_ROOM, r, w->state, w->states };
        return ORD_OK;
    }
    if (w->h->whole && out_of_order(w, &proof->robot)) {
        proof->kind = WITNESS_RING;
        return ORD_OK;
    }
    if (w->h->whole && (exhausted(w, true) || exhausted(w, false))) {
        *proof = (struct witness_proof){ .kind = WITNESS_EXHAUSTED, .states = w->states };
        return ORD_OK;
    }
    return ORD_ENOTFOUND;
}
