#include <assert.h>
#include <string.h>

#include "fleet_state.h"

#define WAVES_KEPT 8    /* dates remembered per round: more than a clock that is set wrong and right again can touch */
#define BACKS_MOST 2048 /* returns that are known but not yet jobs */
#define DAYS_LOOKED_BACK 7 /* a controller that was off for longer does not speak about what it missed */
#define FULL_RETRY_MS (5 * MS_SECOND)
#define OUTS_OF_ONE_LOAD 4 /* at most: a round begun, a job, its event, a skip */

struct wave {
    int32_t day;
    uint32_t next;
    ms_t used_ms;
}; /* loads [0, next) of the wave of that day are dealt with */

struct live { /* the last wave, for people */
    int32_t day;
    job_id first_job; /* jobs of the round below it belong to earlier waves */
    uint16_t made, delivered, failed, skipped, late;
    bool done_told;
    ms_t release_ms, due_ms;
    uint8_t skips;
    struct round_skip skip[ROUND_SKIPS_SHOWN];
};

struct round_one {
    uint32_t total; /* loads of a wave; of the timetable, not of the state */
    struct wave wave[WAVES_KEPT];
    struct live live;
};

struct back {
    ms_t make_ms, ready_ms;
    uint16_t round;
    station_id from, to;
    uint16_t quantity;
    goods_id goods;
};

struct par_one {
    job_id job; /* the last one made for it */
    bool counted;
    uint16_t count;
    ms_t counted_ms;
};

struct round_state {
    bool begun;
    int32_t today;           /* local day of the last look */
    ms_t next_ms;            /* look again then */
    struct wall_clock clock; /* at the last look */
    uint16_t outs_left;      /* scratch: of this input */
    struct round_one *one;   /* [rounds] */
    struct par_one *par;     /* [pars] */
    uint16_t backs;
    struct back *back; /* [BACKS_MOST] by make_ms, then by arrival */
};

static uint16_t rounds_of(const struct fleet_config *cfg) { return cfg->timetable ? cfg->timetable->rounds : 0; }
static uint16_t pars_of(const struct fleet_config *cfg) { return cfg->timetable ? cfg->timetable->pars : 0; }

size_t round_memory(const struct fleet_config *cfg)
{
    return sizeof(struct round_state) + rounds_of(cfg) * sizeof(struct round_one) +
           pars_of(cfg) * sizeof(struct par_one) + BACKS_MOST * sizeof(struct back) + 4 * 16;
}

int round_open(struct fleet *f, struct arena *mem)
{
    const struct timetable *t = f->cfg.timetable;
    struct round_state *s = arena_new(mem, struct round_state, 1);
    if (!s) return ORD_EFULL;
    s->one = arena_new(mem, struct round_one, rounds_of(&f->cfg));
    s->par = arena_new(mem, struct par_one, pars_of(&f->cfg));
    s->back = arena_new(mem, struct back, BACKS_MOST);
    if (!s->one || !s->par || !s->back) return ORD_EFULL;
    for (uint16_t i = 0; i < rounds_of(&f->cfg); i++) {
        struct round_one *one = &s->one[i];
        one->live.day = INT32_MIN;
        for (int k = 0; k < WAVES_KEPT; k++) one->wave[k].day = INT32_MIN;
        for (uint16_t l = 0; l < t->round[i].loads; l++) one->total += t->load[t->round[i].first_load + l].count;
    }
    s->next_ms = MS_NEVER;
    f->round = s;
    return ORD_OK;
}

/* ---- when ----------------------------------------------------------------------------------------------------- */

static ms_t opens_ms(const struct fleet *f, const struct timetable_round *r, int32_t day)
{
    return clock_at_ms(&f->clock, local_utc_ms(&f->cfg.site->calendar, day, r->when.from_min));
}

static ms_t release_ms(const struct fleet *f, const struct timetable_round *r, int32_t day, uint32_t k, uint32_t total)
{
    ms_t spread = r->at_start ? 0 : window_minutes(&r->when) * MS_MINUTE;
    return opens_ms(f, r, day) + spread * (ms_t)k / (ms_t)total;
}

static ms_t due_ms(const struct fleet *f, const struct timetable_round *r, int32_t day, uint32_t k, uint32_t total)
{
    if (r->due_ms > 0) return release_ms(f, r, day, k, total) + r->due_ms;
    return opens_ms(f, r, day) + window_minutes(&r->when) * MS_MINUTE;
}

static int32_t today(const struct fleet *f)
{
    return local_time_of(&f->cfg.site->calendar, clock_utc_ms(&f->clock, f->now_ms)).day;
}

static struct wave *wave_find(struct round_one *one, int32_t day)
{
    for (int i = 0; i < WAVES_KEPT; i++)
        if (one->wave[i].day == day) return &one->wave[i];
    return NULL;
}

/* The wave of that day, in place of the one that was longest unused. */
static struct wave *wave_take(struct fleet *f, struct round_one *one, int32_t day)
{
    struct wave *w = wave_find(one, day);
    if (!w) {
        w = &one->wave[0];
        for (int i = 1; i < WAVES_KEPT && w->day != INT32_MIN; i++)
            if (one->wave[i].day == INT32_MIN || one->wave[i].used_ms < w->used_ms) w = &one->wave[i];
        *w = (struct wave){ .day = day };
    }
    w->used_ms = f->now_ms;
    return w;
}

/* ---- making jobs ---------------------------------------------------------------------------------------------- */

/* A new wave begins for the eyes of people. */
static void live_wave(struct fleet *f, uint16_t i, int32_t day, ms_t release, ms_t due)
{
    struct live *live = &f->round->one[i].live;
    if (live->day == day) return;
    *live = (struct live){ .day = day, .first_job = f->jobs.last + 1, .release_ms = release, .due_ms = due };
    if (f->round->one[i].total == 0) return;
    struct out_event *e = fleet_tell(f, EVENT_ROUND_BEGUN);
    e->round = i;
    e->n = f->round->one[i].total;
    f->round->outs_left--;
}

static bool isolated_without_robot(const struct fleet *f, const struct in_job *in)
{
    enum job_why why;
    struct job_view v = { .state = JOB_REQUESTED, .from = in->from, .to = in->to, .goods = in->goods };
    return !mode_serves(f, &v, &why) && why == JOB_WHY_ISOLATED;
}

/* Same ward and reason: one line with a number. */
static void live_skip(struct live *live, station_id ward, enum event_no event, uint32_t n)
{
    uint8_t i = 0;
    live->skipped = (uint16_t)(live->skipped + n);
    while (i < live->skips && (live->skip[i].station != ward || live->skip[i].event != event)) i++;
    if (i == ROUND_SKIPS_SHOWN) return;
    if (i == live->skips) live->skip[live->skips++] = (struct round_skip){ ward, (uint16_t)event, 0 };
    live->skip[i].n = (uint16_t)(live->skip[i].n + n);
}

static void skip(struct fleet *f, uint16_t i, station_id ward, enum event_no event)
{
    struct out_event *e = fleet_tell(f, event);
    e->round = i;
    e->station = ward;
    if (i != ROUND_NONE) live_skip(&f->round->one[i].live, ward, event, 1);
    f->round->outs_left--;
}

static enum event_no skip_event(enum refusal why)
{
    if (why == REFUSAL_FULL) return EVENT_ROUND_SKIP_FULL;
    return why == REFUSAL_NO_ROBOT_TAKES_IT ? EVENT_ROUND_SKIP_NO_ROBOT : EVENT_ROUND_SKIP_NO_WAY;
}

/* One load becomes a job, or is skipped with its reason. False: the table is full, try again while there is time. */
static bool make_load(struct fleet *f, uint16_t i, const struct in_job *in, bool last_chance)
{
    const struct site_station *at = f->cfg.site->station;
    bool leaves_ward = at[in->from].kind == STATION_WARD && at[in->to].kind != STATION_WARD;
    station_id ward = leaves_ward ? in->from : in->to;
    enum refusal why;
    if (isolated_without_robot(f, in)) {
        skip(f, i, ward, EVENT_ROUND_SKIP_ISOLATED);
        return true;
    }
    if (job_make(f, in, i, &why) != 0) {
        if (i != ROUND_NONE) f->round->one[i].live.made++;
        f->round->outs_left = (uint16_t)(f->round->outs_left - 2);
        return true;
    }
    if (why == REFUSAL_FULL && !last_chance) return false;
    skip(f, i, ward, skip_event(why));
    return true;
}

static const struct round_load *load_at(const struct timetable *t, const struct timetable_round *r, uint32_t k)
{
    const struct round_load *l = &t->load[r->first_load];
    while (k >= l->count) k -= (l++)->count;
    return l;
}

static void tell_missed(struct fleet *f, uint16_t i, uint32_t n)
{
    struct out_event *e = fleet_tell(f, EVENT_ROUND_MISSED);
    e->round = i;
    e->n = n;
    live_skip(&f->round->one[i].live, ID_NONE, EVENT_ROUND_MISSED, n);
    f->round->outs_left--;
}

/* Loads whose time was over before they could be made. */
static void pass_over_missed(struct fleet *f, uint16_t i, struct wave *w)
{
    const struct timetable_round *r = &f->cfg.timetable->round[i];
    uint32_t total = f->round->one[i].total, missed = 0;
    while (w->next < total && due_ms(f, r, w->day, w->next, total) <= f->now_ms) {
        w->next++;
        missed++;
    }
    if (missed > 0) tell_missed(f, i, missed);
}

/* When to come back to this wave. */
static ms_t run_wave(struct fleet *f, uint16_t i, int32_t day)
{
    const struct timetable *t = f->cfg.timetable;
    const struct timetable_round *r = &t->round[i];
    struct round_one *one = &f->round->one[i];
    struct wave *w = wave_find(one, day);
    uint32_t next = w ? w->next : 0;
    if (next >= one->total) return MS_NEVER;
    ms_t make_ms = release_ms(f, r, day, next, one->total) - r->known_ms;
    if (make_ms > f->now_ms) return make_ms;
    if (f->round->outs_left < OUTS_OF_ONE_LOAD) return f->now_ms;
    w = wave_take(f, one, day);
    live_wave(f, i, day, release_ms(f, r, day, 0, one->total), due_ms(f, r, day, one->total - 1, one->total));
    pass_over_missed(f, i, w);
    while (w->next < one->total) {
        ms_t ready = release_ms(f, r, day, w->next, one->total), due = due_ms(f, r, day, w->next, one->total);
        if (ready - r->known_ms > f->now_ms) return ready - r->known_ms;
        if (f->round->outs_left < OUTS_OF_ONE_LOAD) return f->now_ms;
        const struct round_load *l = load_at(t, r, w->next);
        struct in_job in = { .from = l->from,
                             .to = l->to,
                             .quantity = 1,
                             .priority = r->priority,
                             .goods = r->goods,
                             .ready_ms = ready,
                             .due_ms = due };
        if (!make_load(f, i, &in, due - f->now_ms <= FULL_RETRY_MS)) return f->now_ms + FULL_RETRY_MS;
        w->next++;
    }
    return MS_NEVER;
}

/* ---- what must come back -------------------------------------------------------------------------------------- */

static void push_back(struct fleet *f, const struct back *b)
{
    struct round_state *s = f->round;
    if (s->backs == BACKS_MOST) {
        struct out_event *e = fleet_tell(f, EVENT_ROUND_SKIP_FULL);
        e->round = b->round;
        e->station = b->from;
        return;
    }
    uint16_t i = s->backs++;
    for (; i > 0 && s->back[i - 1].make_ms > b->make_ms; i--) s->back[i] = s->back[i - 1];
    s->back[i] = *b;
    s->next_ms = ms_min(s->next_ms, b->make_ms);
}

static ms_t run_backs(struct fleet *f)
{
    struct round_state *s = f->round;
    uint16_t done = 0;
    ms_t next = MS_NEVER;
    while (done < s->backs && next == MS_NEVER) {
        const struct back *b = &s->back[done];
        bool ours = b->round != ROUND_NONE;
        const struct timetable_round *r = ours ? &f->cfg.timetable->round[b->round] : NULL;
        struct in_job in = { .from = b->from,
                             .to = b->to,
                             .quantity = b->quantity,
                             .goods = b->goods,
                             .priority = ours ? r->priority : JOB_PRIORITY_OF_GOODS,
                             .ready_ms = b->ready_ms,
                             .due_ms = ours && r->due_ms > 0 ? b->ready_ms + r->due_ms : 0 };
        if (b->make_ms > f->now_ms) next = b->make_ms;
        else if (s->outs_left < OUTS_OF_ONE_LOAD) next = f->now_ms;
        else {
            if (ours) live_wave(f, b->round, f->clock.known ? today(f) : 0, b->ready_ms, in.due_ms);
            if (make_load(f, b->round, &in, false)) done++;
            else next = f->now_ms + FULL_RETRY_MS;
        }
    }
    s->backs = (uint16_t)(s->backs - done);
    memmove(s->back, s->back + done, s->backs * sizeof *s->back);
    return next;
}

/* The n-th delivery of a wave comes back the n-th share of spread_ms later. */
static void comes_back(struct fleet *f, const struct job_view *v, uint32_t nth)
{
    const struct timetable *t = f->cfg.timetable;
    uint32_t total = f->round->one[v->round].total;
    for (uint16_t i = 0; i < t->rounds; i++) {
        const struct timetable_round *r = &t->round[i];
        if (r->after != v->round) continue;
        ms_t share = total > 0 ? r->spread_ms * (ms_t)(nth % total) / (ms_t)total : 0;
        ms_t ready = f->now_ms + r->after_ms + share;
        push_back(f, &(struct back){ ready - r->known_ms, ready, i, v->to, v->from, v->quantity, r->goods });
    }
}

/* What was lent comes back when its time is over (R12). */
static void loan_ends(struct fleet *f, const struct job_view *v)
{
    ms_t ready = f->now_ms + v->return_ms;
    push_back(f,
              &(struct back){ ready - TIMETABLE_KNOWN_MS, ready, ROUND_NONE, v->to, v->from, v->quantity, v->goods });
}

static void wave_progress(struct fleet *f, const struct job_view *v)
{
    struct round_one *one = &f->round->one[v->round];
    struct live *live = &one->live;
    if (v->job < live->first_job) return;
    bool delivered = v->state == JOB_DELIVERED;
    if (delivered) live->delivered++;
    else live->failed++;
    if (v->due_ms != 0 && (delivered ? v->arrived_ms : v->ended_ms) > v->due_ms) live->late++;
    bool all = one->total > 0 && live->made + live->skipped == one->total;
    if (!all || live->delivered + live->failed < live->made || live->done_told) return;
    live->done_told = true;
    struct out_event *e = fleet_tell(f, EVENT_ROUND_DONE);
    e->round = v->round;
    e->n = live->delivered;
}

void round_ended(struct fleet *f, const struct job_view *v)
{
    if (v->state == JOB_DELIVERED && v->return_ms > 0) loan_ends(f, v);
    if (v->round >= rounds_of(&f->cfg)) return;
    if (v->state == JOB_DELIVERED) comes_back(f, v, f->round->one[v->round].live.delivered);
    wave_progress(f, v);
}

/* ---- the day -------------------------------------------------------------------------------------------------- */

/* The first local day with loads that may still be wanted on `day`. */
static int32_t first_day(const struct timetable_round *r, int32_t day)
{
    return day - 1 - (int32_t)(r->due_ms / CALENDAR_DAY_MS);
}

/* The first look, and the first one after a jump of the clock over more than a week: what was released before is
 * not ours to make. What is remembered as made stays so. */
static void begin(struct fleet *f, int32_t day)
{
    const struct timetable *t = f->cfg.timetable;
    for (uint16_t i = 0; i < t->rounds; i++) {
        const struct timetable_round *r = &t->round[i];
        struct round_one *one = &f->round->one[i];
        for (int32_t d = first_day(r, day); one->total > 0 && d <= day; d++) {
            if (!window_begins_on(&f->cfg.site->calendar, &r->when, d)) continue;
            uint32_t past = 0;
            while (past < one->total && release_ms(f, r, d, past, one->total) < f->now_ms) past++;
            if (past == 0) continue;
            struct wave *w = wave_take(f, one, d);
            if (w->next < past) w->next = past;
        }
    }
    f->round->begun = true;
}

static ms_t run_day(struct fleet *f)
{
    const struct timetable *t = f->cfg.timetable;
    struct round_state *s = f->round;
    int32_t day = today(f), since = s->today;
    bool fresh = !s->begun || day - since > DAYS_LOOKED_BACK;
    if (fresh) begin(f, day);
    if (fresh || day < since) since = day;
    s->today = day;
    ms_t next = clock_at_ms(&f->clock, local_utc_ms(&f->cfg.site->calendar, day + 1, 0));
    for (uint16_t i = 0; i < t->rounds; i++) {
        const struct timetable_round *r = &t->round[i];
        if (r->after != TIMETABLE_NONE || s->one[i].total == 0) continue;
        int32_t last = day + 1 + (int32_t)(r->known_ms / CALENDAR_DAY_MS);
        for (int32_t d = first_day(r, since); d <= last; d++)
            if (window_begins_on(&f->cfg.site->calendar, &r->when, d)) next = ms_min(next, run_wave(f, i, d));
    }
    return next;
}

static bool clock_moved(const struct fleet *f)
{
    const struct wall_clock *c = &f->round->clock;
    return c->known != f->clock.known || c->utc_ms - c->at_ms != f->clock.utc_ms - f->clock.at_ms;
}

void round_run(struct fleet *f)
{
    struct round_state *s = f->round;
    if (f->now_ms < s->next_ms && !clock_moved(f)) return;
    s->clock = f->clock;
    s->outs_left = ROUND_OUTS_MOST;
    ms_t next = run_backs(f);
    if (f->clock.known && rounds_of(&f->cfg) > 0) next = ms_min(next, run_day(f));
    s->next_ms = next;
}

ms_t round_deadline(const struct fleet *f) { return f->round->next_ms; }

/* ---- par levels ----------------------------------------------------------------------------------------------- */

void round_stock(struct fleet *f, const struct in_stock *in)
{
    const struct timetable *t = f->cfg.timetable;
    uint16_t i = 0;
    while (i < pars_of(&f->cfg) && (t->par[i].to != in->station || t->par[i].goods != in->goods)) i++;
    if (i == pars_of(&f->cfg)) return;
    struct par_one *par = &f->round->par[i];
    par->counted = true;
    par->count = in->count;
    par->counted_ms = f->now_ms;
    if (in->count >= t->par[i].par) return;
    const struct job *open = job_find(f, par->job);
    if (open && !job_state_final(open->v.state)) return;
    uint16_t missing = (uint16_t)(t->par[i].par - in->count);
    struct in_job job = { .from = t->par[i].from,
                          .to = in->station,
                          .priority = JOB_PRIORITY_OF_GOODS,
                          .goods = in->goods,
                          .quantity = missing < JOB_QUANTITY_MAX ? missing : JOB_QUANTITY_MAX };
    enum refusal why;
    job_id j = job_make(f, &job, ROUND_NONE, &why);
    if (j != 0) par->job = j;
    struct out_event *e = fleet_tell(f, j != 0 ? EVENT_TOP_UP_MADE : EVENT_TOP_UP_REFUSED);
    e->station = in->station;
    e->job = j;
    e->n = in->count;
}

/* ---- state and view ------------------------------------------------------------------------------------------- */

static void one_snap(struct snap *s, struct round_one *one)
{
    for (int i = 0; i < WAVES_KEPT; i++) {
        snap_i32(s, &one->wave[i].day);
        snap_u32(s, &one->wave[i].next);
        snap_i64(s, &one->wave[i].used_ms);
    }
    struct live *l = &one->live;
    snap_i32(s, &l->day);
    snap_u32(s, &l->first_job);
    snap_u16(s, &l->made);
    snap_u16(s, &l->delivered);
    snap_u16(s, &l->failed);
    snap_u16(s, &l->skipped);
    snap_u16(s, &l->late);
    snap_bool(s, &l->done_told);
    snap_i64(s, &l->release_ms);
    snap_i64(s, &l->due_ms);
    snap_count8(s, &l->skips, ROUND_SKIPS_SHOWN);
    for (uint8_t i = 0; i < l->skips; i++) {
        snap_u16(s, &l->skip[i].station);
        snap_u16(s, &l->skip[i].event);
        snap_u16(s, &l->skip[i].n);
    }
}

static void par_snap(struct snap *s, struct par_one *par)
{
    snap_u32(s, &par->job);
    snap_bool(s, &par->counted);
    snap_u16(s, &par->count);
    snap_i64(s, &par->counted_ms);
}

static void back_snap(struct snap *s, struct fleet *f, struct back *b)
{
    snap_i64(s, &b->make_ms);
    snap_i64(s, &b->ready_ms);
    snap_u16(s, &b->round);
    snap_u16(s, &b->from);
    snap_u16(s, &b->to);
    snap_u16(s, &b->quantity);
    snap_u8(s, &b->goods);
    if (b->round != ROUND_NONE && b->round >= rounds_of(&f->cfg)) snap_fail(s);
    if (b->from >= f->cfg.site->stations || b->to >= f->cfg.site->stations) snap_fail(s);
}

void round_snap(struct snap *s, struct fleet *f)
{
    struct round_state *r = f->round;
    snap_bool(s, &r->begun);
    snap_i32(s, &r->today);
    snap_i64(s, &r->next_ms);
    snap_bool(s, &r->clock.known);
    snap_i64(s, &r->clock.utc_ms);
    snap_i64(s, &r->clock.at_ms);
    for (uint16_t i = 0; i < rounds_of(&f->cfg); i++) one_snap(s, &r->one[i]);
    for (uint16_t i = 0; i < pars_of(&f->cfg); i++) par_snap(s, &r->par[i]);
    snap_count16(s, &r->backs, BACKS_MOST);
    for (uint16_t i = 0; i < r->backs; i++) back_snap(s, f, &r->back[i]);
}

void fleet_round(const struct fleet *f, uint16_t round, struct round_view *out)
{
    assert(round < rounds_of(&f->cfg));
    const struct live *l = &f->round->one[round].live;
    *out = (struct round_view){ .made = l->made,
                                .delivered = l->delivered,
                                .failed = l->failed,
                                .skipped = l->skipped,
                                .late = l->late,
                                .open = (uint16_t)(l->made - l->delivered - l->failed),
                                .release_ms = l->release_ms,
                                .due_ms = l->due_ms,
                                .total = (uint16_t)f->round->one[round].total,
                                .skips = l->skips,
                                .today = f->clock.known && l->day == today(f) };
    memcpy(out->skip, l->skip, sizeof out->skip);
}

void fleet_stock(const struct fleet *f, uint16_t par, struct stock_view *out)
{
    assert(par < pars_of(&f->cfg));
    const struct par_one *p = &f->round->par[par];
    *out =
        (struct stock_view){ .counted = p->counted, .count = p->count, .counted_ms = p->counted_ms, .top_up = p->job };
}
