/* view_day - the parts of the API's view that are about the day: rounds, par levels, modes, and why a job waits. */
#include "api_view.h"
#include "job_text.h"
#include "member.h"

static const char *station_text(const struct site *s, station_id n)
{
    return n < s->stations ? s->station[n].id : NULL;
}
static const char *goods_text(const struct site *s, goods_id g) { return g < s->goods ? s->good[g].id : NULL; }

/* ---- rounds ---- */
static void put_minutes(struct text *t, const char *name, uint16_t minutes)
{
    const char clock[] = { (char)('0' + minutes / 600),     (char)('0' + minutes / 60 % 10), ':',
                           (char)('0' + minutes % 60 / 10), (char)('0' + minutes % 10),      0 };
    member_string(t, name, clock);
}

static void put_skips(struct text *t, const struct view *v, uint16_t round, const struct round_view *r)
{
    char words[256];
    struct text w;
    member_list(t, "skips");
    for (uint8_t i = 0; i < r->skips; i++) {
        const struct round_skip *k = &r->skip[i];
        const struct event_info *info = event_info(k->event);
        struct out_event e = { .event = k->event,
                               .robot = ID_NONE,
                               .elevator = ID_NONE,
                               .station = k->station,
                               .zone = ID_NONE,
                               .round = round,
                               .n = k->n };
        member_next(t);
        member_string(t, "station", station_text(v->names->site, k->station));
        member_uint(t, "n", k->n);
        member_uint(t, "event", k->event);
        text_init(&w, words, sizeof words);
        log_words(&w, info->zh, v->names, &e);
        member_string(t, "zh", words);
        text_init(&w, words, sizeof words);
        log_words(&w, info->en, v->names, &e);
        member_string(t, "en", words);
        text_char(t, '}');
    }
    text_char(t, ']');
}

void view_round(struct text *t, const struct view *v, uint16_t round)
{
    const struct timetable *table = v->names->timetable;
    const struct timetable_round *r = &table->round[round];
    struct round_view w;
    fleet_round(loop_fleet(v->loop), round, &w);
    bool begun = w.made || w.skipped;
    text_char(t, '{');
    member_string(t, "id", r->id);
    member_name(t, "name", &r->name);
    member_string(t, "stream", r->stream);
    member_string(t, "goods", goods_text(v->names->site, r->goods));
    member_string(t, "after", r->after == TIMETABLE_NONE ? NULL : table->round[r->after].id);
    if (r->after == TIMETABLE_NONE) {
        put_minutes(t, "from", r->when.from_min);
        put_minutes(t, "until", r->when.to_min);
    }
    member_bool(t, "today", w.today);
    member_uint(t, "total", w.total);
    member_uint(t, "made", w.made);
    member_uint(t, "delivered", w.delivered);
    member_uint(t, "open", w.open);
    member_uint(t, "late", w.late);
    member_uint(t, "failed", w.failed);
    member_uint(t, "skipped", w.skipped);
    view_time(t, v, "release_at", begun ? w.release_ms : MS_NEVER);
    view_time(t, v, "due_at", begun && w.due_ms > 0 ? w.due_ms : MS_NEVER);
    put_skips(t, v, round, &w);
    text_char(t, '}');
}

/* ---- par levels ---- */
void view_stock(struct text *t, const struct view *v, uint16_t par)
{
    const struct timetable_par *p = &v->names->timetable->par[par];
    struct stock_view s;
    struct job_view j;
    fleet_stock(loop_fleet(v->loop), par, &s);
    bool open = fleet_job(loop_fleet(v->loop), s.top_up, &j) && !job_state_final(j.state);
    text_char(t, '{');
    member_string(t, "station", station_text(v->names->site, p->to));
    member_string(t, "goods", goods_text(v->names->site, p->goods));
    member_string(t, "from", station_text(v->names->site, p->from));
    member_uint(t, "par", p->par);
    member_key(t, "count");
    if (s.counted) text_uint(t, s.count);
    else text_put(t, "null");
    view_time(t, v, "counted_at", s.counted ? s.counted_ms : MS_NEVER);
    member_key(t, "top_up");
    if (open) text_uint(t, s.top_up);
    else text_put(t, "null");
    text_char(t, '}');
}

/* ---- modes ---- */
static void put_item(struct text *t, const char *id)
{
    if (t->used && t->buf[t->used - 1] != '[') text_char(t, ',');
    text_json(t, id);
}

static void put_zones(struct text *t, const struct view *v)
{
    const struct site *s = v->names->site;
    member_list(t, "zones");
    for (zone_id z = 0; z < s->zones; z++) {
        member_next(t);
        member_string(t, "id", s->zone[z].id);
        member_name(t, "name", &s->zone[z].name);
        member_string(t, "kind", zone_kind_name[s->zone[z].kind]);
        member_bool(t, "fire", fleet_zone(loop_fleet(v->loop), z) != 0);
        text_char(t, '}');
    }
    text_char(t, ']');
}

static void put_closed(struct text *t, const struct view *v)
{
    const struct site *s = v->names->site;
    const struct fleet *f = loop_fleet(v->loop);
    member_list(t, "closed_lanes");
    for (lane_id l = 0; l < s->lanes; l++) {
        const struct site_edge *e = &s->edge[s->lane_edge[l]];
        if (!fleet_edge_shut(f, s->lane_edge[l])) continue;
        member_next(t);
        member_string(t, "from", s->node[e->from].id);
        member_string(t, "to", s->node[e->to].id);
        text_char(t, '}');
    }
    text_char(t, ']');
    member_list(t, "closed_elevators");
    for (elevator_id e = 0; e < s->elevators; e++)
        if (fleet_car_shut(f, e)) put_item(t, s->elevator[e].id);
    text_char(t, ']');
}

static void put_robots(struct text *t, const struct view *v)
{
    const struct fleet_spec *spec = v->names->fleet;
    struct robot_view r;
    for (int isolation = 0; isolation < 2; isolation++) {
        member_list(t, isolation ? "isolation_robots" : "robots_out");
        for (robot_id i = 0; i < spec->robots; i++) {
            fleet_robot(loop_fleet(v->loop), i, &r);
            if (isolation ? r.isolation : r.out) put_item(t, spec->robot[i].id);
        }
        text_char(t, ']');
    }
}

void view_modes(struct text *t, const struct view *v)
{
    const struct site *s = v->names->site;
    const struct day_window *quiet = &s->calendar.quiet;
    text_char(t, '{');
    member_bool(t, "mains", fleet_mains(loop_fleet(v->loop)));
    member_key(t, "quiet_hours");
    if (quiet->from_min != quiet->to_min) {
        text_char(t, '{');
        put_minutes(t, "from", quiet->from_min);
        put_minutes(t, "until", quiet->to_min);
        text_char(t, '}');
    } else {
        text_put(t, "null");
    }
    put_zones(t, v);
    member_list(t, "isolated");
    for (station_id i = 0; i < s->stations; i++)
        if (fleet_isolated(loop_fleet(v->loop), i)) put_item(t, s->station[i].id);
    text_char(t, ']');
    put_closed(t, v);
    put_robots(t, v);
    text_char(t, '}');
}

/* ---- why ---- */

/* "%r" becomes the robot. */
static void put_reason(struct text *t, const char *name, const char *words, const char *robot)
{
    char full[256];
    struct text w;
    text_init(&w, full, sizeof full);
    for (; *words; words++) {
        if (words[0] != '%' || words[1] != 'r') {
            text_char(&w, *words);
            continue;
        }
        text_put(&w, robot ? robot : "?");
        words++;
    }
    member_string(t, name, full);
}

void view_reason(struct text *t, const struct view *v, const struct job_view *j)
{
    const struct fleet_spec *f = v->names->fleet;
    const char *robot = j->why_robot < f->robots ? f->robot[j->why_robot].id : NULL;
    member_key(t, "why");
    if (job_state_final(j->state) || j->state >= JOB_LOADED) {
        text_put(t, "null");
        return;
    }
    text_char(t, '{');
    member_string(t, "code", j->why < JOB_WHY_COUNT ? job_why_name[j->why] : "none");
    put_reason(t, "zh", job_why_zh((enum job_why)j->why), robot);
    put_reason(t, "en", job_why_en((enum job_why)j->why), robot);
    member_string(t, "robot", robot);
    text_char(t, '}');
}

static void put_tour(struct text *t, const struct view *v, const struct robot_view *r)
{
    static const char *const kind[] = { "pickup", "delivery", "wash", "charge" };
    const struct site *s = v->names->site;
    struct job_view j;
    member_list(t, "tour");
    for (uint8_t i = 0; i < r->stops; i++) {
        const struct stop_view *stop = &r->stop[i];
        station_id at = ID_NONE;
        if (stop->job && fleet_job(loop_fleet(v->loop), stop->job, &j)) at = stop->kind == STOP_PICK ? j.from : j.to;
        member_next(t);
        member_string(t, "stop", kind[stop->kind]);
        member_key(t, "job");
        if (stop->job) text_uint(t, stop->job);
        else text_put(t, "null");
        member_string(t, "station", station_text(s, at));
        member_string(t, "node", stop->node < s->nodes ? s->node[stop->node].id : NULL);
        view_time(t, v, "eta_at", stop->eta_ms);
        text_char(t, '}');
    }
    text_char(t, ']');
}

/* Jobs not given out yet that go before this one: those of a better class, and older ones of its own. */
static uint32_t ahead_of(const struct view *v, const struct job_view *j)
{
    const struct fleet *f = loop_fleet(v->loop);
    struct job_view other;
    uint32_t n = 0;
    if (j->state != JOB_REQUESTED) return 0;
    for (job_id i = fleet_job_first_kept(f); i <= fleet_job_last(f); i++) {
        if (!fleet_job(f, i, &other) || other.state != JOB_REQUESTED) continue;
        n += other.priority < j->priority || (other.priority == j->priority && other.job < j->job);
    }
    return n;
}

void view_why(struct text *t, const struct view *v, const struct job_view *j)
{
    struct robot_view r;
    text_put(t, "{\"job\":");
    view_job(t, v, j);
    view_reason(t, v, j);
    member_uint(t, "ahead", ahead_of(v, j));
    member_key(t, "robot");
    if (j->robot < v->names->fleet->robots && !job_state_final(j->state)) {
        fleet_robot(loop_fleet(v->loop), j->robot, &r);
        view_robot(t, v, j->robot);
        put_tour(t, v, &r);
    } else {
        text_put(t, "null,\"tour\":[]");
    }
    text_char(t, '}');
}
