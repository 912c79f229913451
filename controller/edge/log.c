#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const level_name[] = { "info", "warn", "alarm" };

bool log_zh(void)
{
    static const char *const variable[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < COUNT_OF(variable); i++) {
        const char *v = getenv(variable[i]);
        if (v && *v) return strncmp(v, "zh", 2) == 0;
    }
    return false;
}

int64_t log_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void log_wall_text(int64_t wall_ms, char out[32])
{
    int64_t rest = wall_ms % 1000;
    if (rest < 0) rest += 1000;
    time_t s = (time_t)((wall_ms - rest) / 1000);
    struct tm tm;
    if (!gmtime_r(&s, &tm)) memset(&tm, 0, sizeof tm);
    char day[24];
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, 32, "%s.%03dZ", day, (int)rest);
}

static void put_robot(struct text *t, const struct names *n, robot_id r)
{
    if (n && n->fleet && r < n->fleet->robots) text_put(t, n->fleet->robot[r].id);
    else text_char(t, '?');
}

static void put_elevator(struct text *t, const struct names *n, elevator_id e)
{
    if (n && n->site && e < n->site->elevators) text_put(t, n->site->elevator[e].id);
    else text_char(t, '?');
}

static void put_place(struct text *t, const struct names *n, const struct out_event *e, char which)
{
    const struct site *s = n ? n->site : NULL;
    if (which == 's' && s && e->station < s->stations) text_put(t, s->station[e->station].id);
    else if (which == 'z' && s && e->zone < s->zones) text_put(t, s->zone[e->zone].id);
    else text_char(t, '?');
}

static void put_round(struct text *t, const struct names *n, uint16_t round)
{
    if (n && n->timetable && round < n->timetable->rounds) text_put(t, n->timetable->round[round].id);
    else if (round != ROUND_NONE) text_uint(t, round);
    else text_char(t, '-');
}

void log_words(struct text *t, const char *pattern, const struct names *n, const struct out_event *e)
{
    for (const char *p = pattern; *p; p++) {
        if (p[0] != '%' || !p[1]) {
            text_char(t, *p);
            continue;
        }
        switch (*++p) {
        case 'r': put_robot(t, n, e->robot); break;
        case 'e': put_elevator(t, n, e->elevator); break;
        case 'j': text_uint(t, e->job); break;
        case 'n': text_int(t, e->n); break;
        case 's':
        case 'z': put_place(t, n, e, *p); break;
        case 'w': put_round(t, n, e->round); break;
        default: text_char(t, *p); break;
        }
    }
}

static void put_key(struct text *t, const char *key)
{
    text_put(t, ",\"");
    text_put(t, key);
    text_put(t, "\":");
}

void log_event(const struct names *n, const struct out_event *e, const char *detail)
{
    const struct event_info *info = event_info(e->event);
    char line[2048], words[512], id[96], at[32];
    struct text t, w;
    log_wall_text(log_wall_ms(), at);
    text_init(&t, line, sizeof line - 1);
    text_put(&t, "{\"at\":\"");
    text_put(&t, at);
    text_put(&t, "\",\"event\":");
    text_uint(&t, e->event);
    if (info) {
        put_key(&t, "name");
        text_json(&t, info->name);
        put_key(&t, "level");
        text_json(&t, level_name[info->level]);
    }
    if (e->robot != ID_NONE) {
        text_init(&w, id, sizeof id);
        put_robot(&w, n, e->robot);
        put_key(&t, "robot");
        text_json(&t, id);
    }
    if (e->elevator != ID_NONE) {
        text_init(&w, id, sizeof id);
        put_elevator(&w, n, e->elevator);
        put_key(&t, "elevator");
        text_json(&t, id);
    }
    if (e->job) {
        put_key(&t, "job");
        text_uint(&t, e->job);
    }
    if (info) {
        text_init(&w, words, sizeof words);
        log_words(&w, log_tr(info->en, info->zh), n, e);
        put_key(&t, "text");
        text_json(&t, words);
        const char *advice = log_tr(info->advice_en, info->advice_zh);
        if (*advice) {
            put_key(&t, "advice");
            text_json(&t, advice);
        }
    }
    if (detail && text_utf8_valid(detail, strlen(detail))) {
        put_key(&t, "detail");
        text_json(&t, detail);
    }
    text_char(&t, '}');
    /* One write per line, so that lines of parent and children sharing stderr do not mix. */
    line[t.used] = '\n';
    fwrite(line, 1, t.used + 1, stderr);
}

void log_plain(const struct names *names, int event, int64_t n, const char *detail)
{
    struct out_event e = { .event = (uint16_t)event, .robot = ID_NONE, .elevator = ID_NONE, .n = n };
    log_event(names, &e, detail);
}

bool log_brake(struct log_brake *b)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t now = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
    b->count++;
    if (now < b->next_ms) return false;
    b->next_ms = now + 10000;
    return true;
}
