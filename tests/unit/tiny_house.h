/* tiny_house - two levels joined by two cars, with clean and dirty goods, zones and a washer: a floor for stories about
 * ways that open and close, fire, power and isolation.
 *
 * Per level l, from 12l on:         store/ward -- middle -- lobby A -- (car A)
 *                                       |           |  \
 *                                    refuge      refuge  lobby B -- (car B);   a refuge and a washer off lobby B
 * Stations: S0 below, S1 above, at the ward nodes; S2 above at the middle. Zone 0: fire, the whole upper level. Zone 1: a
 * ward on emergency power, the ward node S1. Dirty loads are group 1. */
#ifndef TINY_HOUSE_H
#define TINY_HOUSE_H

#include "core/calendar.h"
#include "tiny_fleet.h"

enum { H_WARD, H_MIDDLE, H_LOBBY_A, H_LOBBY_B, H_REFUGE_W, H_REFUGE_M, H_BAY_B, H_WASH, H_PER_LEVEL };
enum { H_CAR_A, H_CAR_B, H_BELOW = 0, H_ABOVE, H_ABOVE_MIDDLE, H_FIRE = 0, H_POWERED };
enum { H_CLEAN, H_DIRTY, H_MONDAY = 20514, H_MIN = 60 * 1000 };
#define H_SOILED HYGIENE_SOILED
#define H_UNSOILED ((hygiene_set)~HYGIENE_SOILED)

struct house {
    struct tiny tiny;
    struct site_goods goods[2];
    struct site_zone zone[2];
    uint8_t in_zone[2 * TINY_NODES];
    lane_id ward_lane[2]; /* ward - middle */
};

static inline node_id house_node(level_id l, int which) { return (node_id)(l * H_PER_LEVEL + which); }

static inline void house_level(struct house *h, level_id l)
{
    struct tiny *t = &h->tiny;
    static const int at[H_PER_LEVEL][2] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 2, -1 }, { 0, -1 }, { 1, 1 }, { 3, -2 }, { 2, -2 } };
    for (int i = 0; i < H_PER_LEVEL; i++) {
        int flags = i == H_REFUGE_W || i == H_REFUGE_M || i == H_BAY_B ? TINY_REFUGE : i == H_WASH ? NODE_WASHER : 0;
        mm_t x = TINY_STEP_MM * at[i][0], y = TINY_STEP_MM * at[i][1];
        if (i == H_BAY_B) x -= TINY_STEP_MM - 1000, y += TINY_STEP_MM - 1000; /* right beside the lobby */
        tiny_node(t, l, x, y, flags);
    }
    h->ward_lane[l] = tiny_lane(t, house_node(l, H_WARD), house_node(l, H_MIDDLE));
    tiny_lane(t, house_node(l, H_MIDDLE), house_node(l, H_LOBBY_A));
    tiny_lane(t, house_node(l, H_MIDDLE), house_node(l, H_LOBBY_B));
    tiny_lane(t, house_node(l, H_WARD), house_node(l, H_REFUGE_W));
    tiny_lane(t, house_node(l, H_MIDDLE), house_node(l, H_REFUGE_M));
    tiny_lane(t, house_node(l, H_LOBBY_B), house_node(l, H_BAY_B));
    tiny_lane(t, house_node(l, H_LOBBY_B), house_node(l, H_WASH));
}

static inline void house_zones(struct house *h)
{
    struct site *s = &h->tiny.site;
    h->zone[H_FIRE] = (struct site_zone){ .id = "F1", .kind = ZONE_FIRE, .level = 1 };
    h->zone[H_POWERED] = (struct site_zone){ .id = "ICU", .kind = ZONE_WARD, .level = 1, .emergency_power = true };
    s->zone = h->zone;
    s->zones = 2;
    s->in_zone = h->in_zone;
    for (node_id n = 0; n < s->nodes; n++) {
        h->in_zone[n] = s->node[n].level == 1;
        h->in_zone[s->nodes + n] = n == house_node(1, H_WARD);
    }
}

/* Change what the story wants, then house_done. */
static inline struct site *house_begin(struct house *h)
{
    memset(h, 0, sizeof *h);
    struct tiny *t = &h->tiny;
    tiny_begin(t, 2);
    for (level_id l = 0; l < 2; l++) house_level(h, l);
    for (elevator_id e = 0; e < 2; e++) {
        tiny_car(t, 3 * TINY_STEP_MM, -TINY_STEP_MM * e);
        for (level_id l = 0; l < 2; l++) tiny_lane(t, house_node(l, H_LOBBY_A + e), tiny_landing(t, e, l));
    }
    tiny_station(t, house_node(0, H_WARD));
    tiny_station(t, house_node(1, H_WARD));
    tiny_station(t, house_node(1, H_MIDDLE));
    h->goods[H_CLEAN] = (struct site_goods){ .id = "clean", .hygiene = HYGIENE_CLEAN, .priority = 3 };
    h->goods[H_DIRTY] = (struct site_goods){ .id = "dirty", .hygiene = HYGIENE_DIRTY, .priority = 4 };
    struct site *s = &t->site;
    s->good = h->goods;
    s->goods = 2;
    s->class_goods[0] = 3;
    s->hygiene = hygiene_rules_default;
    s->groups = 2;
    for (int c = HYGIENE_DIRTY; c < HYGIENE_COUNT; c++) s->group_of[c] = 1;
    s->calendar = (struct site_calendar){ .utc_offset_min = 480 };
    house_zones(h);
    return s;
}

static inline void house_clock(struct tf *t, int minute)
{
    tf_in(t, (struct fleet_in){ .kind = IN_CLOCK,
                                .clock = { local_utc_ms(&t->site->calendar, H_MONDAY, minute) } });
}

static inline int64_t house_utc_s(const struct site *s, int minute)
{
    return local_utc_ms(&s->calendar, H_MONDAY, minute) / 1000;
}

/* The core's time is the time since Monday's midnight. Robots stand below, on the three refuges. */
static inline struct tf *house_open(struct house *h, void **state, uint16_t robots, int minute)
{
    struct tf *t = tf_open(tiny_done(&h->tiny), robots);
    *state = t;
    t->now_ms = (ms_t)minute * H_MIN;
    tf_host_starts(t, 1);
    house_clock(t, minute);
    static const int home[] = { H_REFUGE_W, H_REFUGE_M, H_BAY_B };
    assert_true(robots <= 3);
    for (robot_id r = 0; r < robots; r++) tf_online(t, r, house_node(0, home[r]));
    return t;
}

static inline job_id house_job(struct tf *t, station_id from, station_id to, goods_id g, uint8_t priority)
{
    job_id last = fleet_job_last(t->fleet);
    struct in_job job = { .from = from, .to = to, .quantity = 1, .priority = priority, .goods = g };
    tf_in(t, (struct fleet_in){ .kind = IN_JOB, .job = job });
    return fleet_job_last(t->fleet) != last ? last + 1 : 0;
}

static inline void house_switch(struct tf *t, enum operate op, uint16_t target, uint16_t value)
{
    tf_in(t, (struct fleet_in){ .kind = IN_OPERATE, .operate = { (uint8_t)op, target, value } });
}

static inline struct job_view house_seen(const struct tf *t, job_id j)
{
    struct job_view v;
    assert_true(fleet_job(t->fleet, j, &v));
    return v;
}

/* Whether any robot holds something of the car. */
static inline bool house_car_claimed(const struct tf *t, elevator_id e)
{
    for (robot_id r = 0; r < t->robots; r++) {
        struct robot_view v = tf_view(t, r);
        for (uint16_t i = 0; i < v.claims; i++)
            if (v.claim[i] < t->site->nodes && t->site->node[v.claim[i]].elevator == e) return true;
    }
    return false;
}

/* Deadlines are kept, as a host keeps them; robots and cars do one thing a second. */
static inline void house_world(struct tf *t)
{
    ms_t begin_ms = t->now_ms;
    while (fleet_deadline(t->fleet) < begin_ms + 1000) {
        t->now_ms = fleet_deadline(t->fleet);
        tf_tick(t);
    }
    t->now_ms = begin_ms; /* tf_world takes the second */
    tf_world(t);
}

static inline bool house_ends(struct tf *t, job_id j, int seconds_most)
{
    for (int i = 0; i < seconds_most && tf_state(t, j) != JOB_DELIVERED; i++) house_world(t);
    return tf_state(t, j) == JOB_DELIVERED;
}

#endif
