#include "service.h"

#include "draw.h"

static ms_t answer(const struct demand_answer *a, struct rng *r)
{
    if (a->sigma_milli == 0) return a->median_ms;
    return ms_min(draw_lognormal_ms(r, a->median_ms, a->sigma_milli), a->most_ms);
}

void service_draw(const struct demand_file *f, uint64_t seed, uint64_t key, goods_id goods, station_id from,
                  station_id to, ms_t release_ms, bool scheduled, struct service_job *out)
{
    struct rng ready = rng_stream_of(seed, "service.ready", key);
    struct rng pick = rng_stream_of(seed, "service.pick", key), drop = rng_stream_of(seed, "service.drop", key);
    bool attended = goods != GOODS_NONE && (f->attended >> goods & 1);
    out->ready_ms = release_ms + f->place[from].prepare_ms;
    if (scheduled) out->ready_ms = release_ms + rng_between(&ready, -f->jitter_ms, f->jitter_ms);
    out->pick_answer_ms = attended ? answer(&f->place[from].answer, &pick) : 0;
    out->drop_answer_ms = attended ? answer(&f->place[to].answer, &drop) : 0;
}
