#include "people.h"

#include <stdlib.h>

#include "arrivals.h"
#include "draw.h"
#include "stats.h"

#define ONE 1000000

static level_id landing(const struct site_elevator *e, uint32_t i) { return e->landing[i].level; }

/* One end among those of the trip that this car serves, the other anywhere else; half of the rides go either way. */
static void draw_ends(const struct site_elevator *e, const struct demand_trip *t, struct rng *r, struct plant_person *p)
{
    level_id near[DEMAND_ENDS_MAX];
    uint32_t n = 0;
    for (uint8_t i = 0; i < t->ends; i++)
        for (uint16_t k = 0; k < e->landings; k++)
            if (e->landing[k].level == t->end[i]) near[n++] = t->end[i];
    level_id a = n > 0 ? near[rng_below(r, n)] : landing(e, rng_below(r, e->landings));
    uint32_t other = rng_below(r, e->landings - 1u);
    for (uint32_t k = 0; k <= other; k++)
        if (landing(e, k) == a) {
            other++;
            break;
        }
    level_id b = landing(e, other);
    bool back = rng_below(r, 2) == 1;
    p->from = back ? b : a;
    p->to = back ? a : b;
}

static int by_time(const void *a, const void *b)
{
    const struct plant_person *x = a, *y = b;
    const int64_t key[][2] = { { x->at_ms, y->at_ms },     { x->car, y->car },
                               { x->rank, y->rank },       { x->from, y->from },
                               { x->to, y->to },           { x->area_cm2, y->area_cm2 },
                               { x->load_ms, y->load_ms }, { x->unload_ms, y->unload_ms } };
    for (size_t i = 0; i < COUNT_OF(key); i++)
        if (key[i][0] != key[i][1]) return key[i][0] < key[i][1] ? -1 : 1;
    return 0; /* the same person twice */
}

static int add(struct people *p, uint32_t *capacity, const struct plant_person *one)
{
    if (p->count == *capacity) {
        uint32_t n = *capacity ? 2 * *capacity : 1024;
        struct plant_person *more = realloc(p->list, n * sizeof *more);
        if (!more) return ORD_EMEMORY;
        p->list = more;
        *capacity = n;
    }
    p->list[p->count++] = *one;
    return ORD_OK;
}

int people_open(struct people *p, const struct site *s, const struct demand_file *f, uint64_t seed, ms_t start_ms,
                uint8_t first_weekday, ms_t end_ms)
{
    uint32_t capacity = 0;
    int err = ORD_OK;
    *p = (struct people){ NULL, 0 };
    for (uint8_t i = 0; i < f->trips && !err; i++) {
        const struct demand_trip *t = &f->trip[i];
        struct arrivals_rate rate = { .profile = &f->profile[t->profile],
                                      .per_day_milli = t->per_day_milli,
                                      .weekend_permille = 1000 };
        struct rng when = rng_stream_of(seed, "people.when", draw_hash(t->id));
        ms_t at = start_ms;
        for (uint64_t n = 1; !err; n++) {
            at = arrivals_after(&rate, first_weekday, at, rng_exponential(&when, ONE), start_ms + end_ms);
            if (at == MS_NEVER) break;
            struct rng r = rng_stream_of(seed, t->id, n);
            struct plant_person one = { .at_ms = at - start_ms, .rank = t->rank, .area_cm2 = t->area_cm2 };
            one.car = f->car[rng_below(&r, f->cars)];
            draw_ends(&s->elevator[one.car], t, &r, &one);
            one.load_ms = rng_between(&r, t->load_least_ms, t->load_most_ms);
            one.unload_ms = rng_between(&r, t->load_least_ms, t->load_most_ms);
            err = add(p, &capacity, &one);
        }
    }
    if (p->count > 0) qsort(p->list, p->count, sizeof p->list[0], by_time);
    return err;
}

void people_close(struct people *p)
{
    free(p->list);
    *p = (struct people){ NULL, 0 };
}

int people_waits(const struct people *p, struct people_waits *out)
{
    struct stats waits = { 0 };
    int64_t sum = 0;
    *out = (struct people_waits){ 0 };
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->list[i].boarded_ms == MS_NEVER) {
            out->stairs++;
            continue;
        }
        ms_t wait = p->list[i].boarded_ms - p->list[i].at_ms;
        sum += wait;
        if (stats_add(&waits, wait)) {
            stats_close(&waits);
            return ORD_EMEMORY;
        }
    }
    out->rides = waits.count;
    out->mean_ms = waits.count ? sum / waits.count : 0;
    out->p50_ms = stats_quantile(&waits, 500);
    out->p95_ms = stats_quantile(&waits, 950);
    out->most_ms = stats_quantile(&waits, 1000);
    stats_close(&waits);
    return ORD_OK;
}

int people_alone(const struct people *p, const struct site *s, const struct demand_file *f, uint64_t seed,
                 struct people_waits *out)
{
    struct people copy = { .count = p->count };
    struct plant *plant = NULL;
    struct arena mem;
    size_t size = plant_memory(s);
    void *block = malloc(size);
    int err = ORD_EMEMORY;
    copy.list = malloc((p->count + 1u) * sizeof *copy.list);
    if (!block || !copy.list) goto done;
    for (uint32_t i = 0; i < p->count; i++) copy.list[i] = p->list[i];
    arena_init(&mem, block, size);
    err = plant_open(&plant, &mem, s);
    if (err) goto done;
    plant_people(plant, copy.list, copy.count);
    plant_door_retry(plant, seed, f->door_retry_ppm);
    struct plant_out said;
    for (;;) {
        while (plant_next(plant, &said)) {}
        ms_t due = plant_deadline(plant);
        if (due == MS_NEVER) break;
        plant_tick(plant, due);
    }
    err = people_waits(&copy, out);
done:
    free(block);
    free(copy.list);
    return err;
}
