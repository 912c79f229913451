#include "resv.h"

#include <string.h>

#define BLOCKS_MAX 256 /* taken intervals looked at per resource; more: the rest of time counts as taken */

size_t resv_memory(const struct site *s, uint32_t visits_max)
{
    size_t res = res_count(s);
    return res * ((3u + s->classes) * sizeof(uint32_t)) + (size_t)visits_max * sizeof(struct visit) +
           res * 8 * sizeof(struct interval) + 8 * 16;
}

int resv_open(struct resv *t, struct arena *mem, const struct site *s, const class_id *robot_class, uint32_t visits_max)
{
    size_t res = res_count(s);
    *t = (struct resv){ .site = s, .robot_class = robot_class, .visits_max = visits_max, .resources = (uint32_t)res };
    t->pool_max = (uint32_t)(res * 8);
    t->first = arena_new(mem, uint32_t, res * s->classes);
    t->visit = arena_new(mem, struct visit, visits_max);
    t->stamp = arena_new(mem, uint32_t, res);
    t->at = arena_new(mem, uint32_t, res);
    t->n = arena_new(mem, uint16_t, res);
    t->pool = arena_new(mem, struct interval, t->pool_max);
    return t->first && t->visit && t->stamp && t->at && t->n && t->pool ? ORD_OK : ORD_EFULL;
}

void resv_clear(struct resv *t)
{
    memset(t->first, 0, (size_t)t->resources * t->site->classes * sizeof *t->first);
    memset(t->held, 0, sizeof t->held);
    t->visits = t->unused = 0;
}

static uint32_t *list_of(const struct resv *t, uint16_t robot, res_id x)
{
    return &t->first[(size_t)t->robot_class[robot] * t->resources + x];
}

uint32_t resv_put(struct resv *t, res_id x, uint16_t robot, uint32_t step)
{
    uint32_t id = t->unused;
    if (id != 0) t->unused = t->visit[id - 1].next;
    else if (t->visits < t->visits_max) id = ++t->visits;
    else return 0;
    uint32_t *first = list_of(t, robot, x);
    t->visit[id - 1] = (struct visit){ .next = *first, .robot = robot, .res = x, .step = step };
    if (*first != 0) t->visit[*first - 1].prev = id;
    *first = id;
    t->held[t->robot_class[robot]]++;
    return id;
}

void resv_drop(struct resv *t, uint32_t id)
{
    struct visit *v = &t->visit[id - 1];
    if (v->next != 0) t->visit[v->next - 1].prev = v->prev;
    if (v->prev != 0) t->visit[v->prev - 1].next = v->next;
    else *list_of(t, v->robot, v->res) = v->next;
    t->held[t->robot_class[v->robot]]--;
    v->next = t->unused;
    t->unused = id;
}

bool resv_add(struct resv *t, res_id x, uint16_t robot, uint32_t step, ms_t from_ms, ms_t to_ms)
{
    uint32_t id = resv_put(t, x, robot, step);
    if (id == 0) return false;
    t->visit[id - 1].from_ms = from_ms;
    t->visit[id - 1].to_ms = to_ms;
    return true;
}

void resv_search(struct resv *t, uint16_t self)
{
    t->search++;
    t->self = self;
    t->pool_used = 0;
}

/* Insertion sort by start: the lists are short and nearly sorted. */
static void put_sorted(struct interval *block, uint16_t *n, struct interval b)
{
    uint16_t i = (*n)++;
    while (i > 0 && block[i - 1].from_ms > b.from_ms) {
        block[i] = block[i - 1];
        i--;
    }
    block[i] = b;
}

static uint16_t gather(const struct resv *t, res_id x, struct interval *block, bool *overflow)
{
    const struct site *s = t->site;
    class_id mine = t->robot_class[t->self];
    uint16_t n = 0;
    *overflow = false;
    for (class_id other = 0; other < s->classes; other++) {
        if (t->held[other] == 0) continue;
        struct conflict_list list = site_conflicts(s, mine, x, other);
        for (uint32_t i = 0; i < list.count; i++) {
            for (uint32_t v = resv_first(t, other, list.item[i].res); v != 0; v = t->visit[v - 1].next) {
                const struct visit *w = &t->visit[v - 1];
                if (w->robot == t->self || (w->soft && t->overlook_soft)) continue;
                ms_t gap = list.item[i].gap_ms;
                ms_t from = w->from_ms <= MS_BEGIN ? MS_BEGIN : w->from_ms - gap;
                put_sorted(block, &n, (struct interval){ from, ms_add(w->to_ms, gap) });
                if (n > BLOCKS_MAX) { /* forget the one that starts last: up to it, the answer stays exact */
                    *overflow = true;
                    n--;
                }
            }
        }
    }
    return n;
}

struct interval_list resv_free(struct resv *t, res_id x)
{
    if (t->stamp[x] == t->search) return (struct interval_list){ t->pool + t->at[x], t->n[x] };
    struct interval block[BLOCKS_MAX + 1];
    bool overflow;
    uint16_t blocks = gather(t, x, block, &overflow);
    t->stamp[x] = t->search;
    t->at[x] = t->pool_used;
    t->n[x] = 0;
    ms_t free_from = MS_BEGIN;
    for (uint16_t i = 0; i <= blocks; i++) {
        ms_t free_to = i < blocks ? block[i].from_ms : MS_NEVER;
        bool room = t->n[x] < RESV_INTERVALS_MAX && t->pool_used < t->pool_max;
        if (free_to > free_from && room && !(overflow && i == blocks)) {
            t->pool[t->pool_used++] = (struct interval){ free_from, free_to };
            t->n[x]++;
        }
        if (i < blocks && block[i].to_ms > free_from) free_from = block[i].to_ms;
        if (free_from == MS_NEVER) break;
    }
    return (struct interval_list){ t->pool + t->at[x], t->n[x] };
}
