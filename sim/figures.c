#include "figures.h"

#include <string.h>

#include "common/text.h"

const char *const robot_use_name[USE_COUNT] = { "idle",  "drive",  "ride", "elevator_wait", "other_wait",
                                                "serve", "charge", "wash", "dead" };

uint16_t figures_stream(const struct figures *g, const char *id)
{
    for (uint16_t i = 1; i < g->streams; i++)
        if (strcmp(g->stream[i].id, id) == 0) return i;
    return FIGURES_OTHER;
}

static uint16_t add_stream(struct figures *g, const char *id, const struct site_name *name)
{
    uint16_t known = figures_stream(g, id);
    if (known != FIGURES_OTHER || g->streams == FIGURES_STREAMS_MAX) return known;
    struct stream_figures *s = &g->stream[g->streams];
    text_copy(s->id, sizeof s->id, id);
    s->name = *name;
    return g->streams++;
}

void figures_open(struct figures *g, const struct site *s, const struct timetable *t, const struct demand_file *d)
{
    *g = (struct figures){ .streams = 1 };
    text_copy(g->stream[0].id, sizeof g->stream[0].id, "other");
    g->stream[0].name = (struct site_name){ "其他", "Other" };
    for (uint16_t i = 0; t && i < t->rounds; i++) {
        const struct timetable_round *r = &t->round[i];
        g->stream_of[i] = add_stream(g, r->stream, &r->name);
        g->wave_of[i] = TIMETABLE_NONE;
        bool food = site_goods_of(s, r->goods)->hygiene == HYGIENE_FOOD;
        if (!food || g->waves == FIGURES_WAVES_MAX) continue;
        text_copy(g->wave[g->waves].id, sizeof g->wave[0].id, r->id);
        g->wave_of[i] = g->waves++;
    }
    for (uint8_t i = 0; d && i < d->streams; i++) add_stream(g, d->stream[i].id, &d->stream[i].name);
}

void figures_close(struct figures *g)
{
    for (uint16_t i = 0; i < g->streams; i++) stats_close(&g->stream[i].took);
    stats_close(&g->urgent_assigned);
    stats_close(&g->emergency_delivered);
    stats_close(&g->emergency_arrived);
    stats_close(&g->answer);
}

static void over_limit(struct figures *g, const struct job_view *v, ms_t release, ms_t reached)
{
    ms_t limit = v->due_ms - release;
    if (v->priority < 2 || limit <= 0) return;
    g->routine_over_ms = ms_max(g->routine_over_ms, reached - v->due_ms);
    int64_t permille = (reached - release) * 1000 / limit;
    if (permille > g->routine_over_permille)
        g->routine_over_permille = (int32_t)(permille < INT32_MAX ? permille : INT32_MAX);
}

static int urgent_job(struct figures *g, const struct job_view *v, ms_t kept, ms_t now)
{
    if (v->priority > JOB_PRIORITY_URGENT) return ORD_OK;
    int err = stats_add(&g->urgent_assigned, (v->assigned_ms >= 0 ? v->assigned_ms : now) - v->requested_ms);
    if (err || v->priority > 0) return err;
    err = stats_add(&g->emergency_delivered, (v->ended_ms >= 0 ? v->ended_ms : now) - v->requested_ms);
    if (!err)
        err = stats_add(&g->emergency_arrived, (v->arrived_ms >= 0 ? v->arrived_ms : now) - kept - v->requested_ms);
    return err;
}

int figures_job(struct figures *g, uint16_t stream, const struct job_view *v, ms_t release, ms_t kept, ms_t now)
{
    struct stream_figures *s = &g->stream[stream];
    bool arrived = v->arrived_ms >= 0, limited = v->due_ms > 0;
    ms_t reached = arrived ? v->arrived_ms : now;
    bool late = limited && reached - kept > v->due_ms;
    bool on_time = arrived && !late;
    s->n++;
    s->on_time += on_time;
    s->kept += on_time && limited && reached > v->due_ms;
    s->late += late;
    s->undone += v->state != JOB_DELIVERED;
    g->late_jobs += late || !arrived;
    if (v->round != ROUND_NONE && g->wave_of[v->round] != TIMETABLE_NONE) {
        g->wave[g->wave_of[v->round]].n++;
        g->wave[g->wave_of[v->round]].on_time += on_time;
    }
    if (limited) over_limit(g, v, release, reached - kept);
    int err = arrived ? stats_add(&s->took, reached - release) : ORD_OK;
    return err ? err : urgent_job(g, v, kept, now);
}

void figures_skipped(struct figures *g, uint16_t round, uint32_t loads)
{
    struct stream_figures *s = &g->stream[g->stream_of[round]];
    s->n += loads;
    s->skipped += loads;
    s->undone += loads;
    g->late_jobs += loads;
    if (g->wave_of[round] != TIMETABLE_NONE) g->wave[g->wave_of[round]].n += loads;
}
