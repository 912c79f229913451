#include "drive_remote.h"

#include <string.h>

#include "common/err.h"
#include "common/text.h"

enum { QUEUE = 2 * DRIVE_REMOTE_LEGS, LINE = 96 };

struct drive_remote {
    struct drive_pose pose;
    bool standing, paused, heard;
    ms_t heard_ms, said_ms;
    uint32_t said, seen; /* numbers of commands */
    uint16_t legs;       /* given and not yet passed ... */
    uint32_t last_tag;   /* ... up to this one */
    uint32_t passed[DRIVE_REMOTE_LEGS];
    uint16_t news;          /* entries of passed[] not yet asked for */
    char line[QUEUE][LINE]; /* ring of what is to be written */
    uint16_t first, count;
    char fault[64];
};

size_t drive_remote_memory(void) { return (sizeof(struct drive_remote) + 15) & ~(size_t)15; }

const char *drive_remote_trouble(const struct drive_remote *d, ms_t now_ms)
{
    if (!d->heard || now_ms - d->heard_ms >= DRIVE_REMOTE_LOST_MS) return "no word from the drive";
    return d->fault[0] ? d->fault : NULL;
}

/* ---- to the vehicle ---- */

static void number_to(struct text *t, int64_t v)
{
    text_char(t, ' ');
    if (v < 0) text_char(t, '-');
    text_uint(t, (uint64_t)(v < 0 ? -v : v));
}

static bool command(struct drive_remote *d, const char *word, const int32_t *value, int values)
{
    struct text t;
    if (d->count == QUEUE) return false;
    text_init(&t, d->line[(d->first + d->count) % QUEUE], LINE);
    text_uint(&t, word[0] == 'a' ? d->said : ++d->said); /* "alive" commands nothing */
    text_char(&t, ' ');
    text_put(&t, word);
    for (int i = 0; i < values; i++) number_to(&t, value[i]);
    text_char(&t, '\n');
    d->count++;
    return true;
}

bool drive_remote_next(struct drive_remote *d, char *line, size_t size, ms_t now_ms)
{
    if (d->count == 0 && now_ms - d->said_ms < DRIVE_REMOTE_ALIVE_MS) return false;
    if (d->count == 0) (void)command(d, "alive", NULL, 0);
    text_copy(line, size, d->line[d->first]);
    d->first = (uint16_t)((d->first + 1) % QUEUE);
    d->count--;
    d->said_ms = now_ms;
    return true;
}

/* Whoever connects begins at rest and has no legs: what was given before is lost. */
void drive_remote_connected(struct drive_remote *d, ms_t now_ms)
{
    d->count = d->legs = d->news = 0;
    d->said = d->seen = 0;
    d->standing = d->heard = d->paused = false;
    d->said_ms = now_ms;
}

/* ---- from the vehicle ---- */

static bool read_number(const char **p, int32_t *v)
{
    int64_t n = 0;
    if (**p != ' ') return false;
    bool negative = *++*p == '-';
    *p += negative;
    const char *first = *p;
    for (; **p >= '0' && **p <= '9' && n <= INT32_MAX; ++*p) n = n * 10 + (**p - '0');
    if (*p == first || n > INT32_MAX) return false;
    *v = (int32_t)(negative ? -n : n);
    return true;
}

static bool read_numbers(const char *p, int32_t *v, int n)
{
    for (int i = 0; i < n; i++)
        if (!read_number(&p, &v[i])) return false;
    return *p == '\0';
}

static bool after(const char *line, const char *word, const char **rest)
{
    size_t n = strlen(word);
    if (strncmp(line, word, n) != 0 || (line[n] != ' ' && line[n] != '\0')) return false;
    *rest = line + n;
    return true;
}

bool drive_remote_line(struct drive_remote *d, const char *line, ms_t now_ms)
{
    int32_t v[6];
    const char *rest;
    if (after(line, "pose", &rest) && read_numbers(rest, v, 6)) {
        if (v[5] < 0 || (uint32_t)v[5] > d->said) return false;
        d->pose = (struct drive_pose){ v[0], v[1], drive_angle_between(0, v[2]), v[3] };
        d->standing = v[4] == 1;
        d->seen = (uint32_t)v[5];
    } else if (after(line, "passed", &rest) && read_numbers(rest, v, 1)) {
        if (d->legs == 0 || (uint32_t)v[0] != d->last_tag - d->legs + 1) return false; /* not the one that was given */
        d->passed[d->news++] = (uint32_t)v[0];
        d->legs--;
    } else if (after(line, "fault", &rest)) {
        text_copy(d->fault, sizeof d->fault, rest[0] && rest[1] ? rest + 1 : "fault");
    } else if (strcmp(line, "ok") == 0) {
        d->fault[0] = '\0';
    } else {
        return false;
    }
    d->heard = true;
    d->heard_ms = now_ms;
    return true;
}

/* ---- the calls of drive.h ---- */

static int remote_append(void *self, const struct drive_leg *leg, ms_t now_ms)
{
    struct drive_remote *d = self;
    const int32_t v[] = { (int32_t)leg->tag, leg->x_mm, leg->y_mm, leg->speed_max_mm_s, leg->stop_at_end };
    if (drive_remote_trouble(d, now_ms)) return ORD_EBUSY;
    if (d->legs + d->news >= DRIVE_REMOTE_LEGS || !command(d, "leg", v, 5)) return ORD_EFULL;
    d->legs++;
    d->last_tag = leg->tag;
    return ORD_OK;
}

static void remote_stop(void *self, ms_t now_ms)
{
    struct drive_remote *d = self;
    (void)now_ms;
    (void)command(d, "stop", NULL, 0);
    d->legs = 0;
}

static void remote_pause(void *self, bool on, ms_t now_ms)
{
    struct drive_remote *d = self;
    const int32_t v = on;
    (void)now_ms;
    if (d->paused == on) return;
    d->paused = on;
    (void)command(d, "pause", &v, 1);
}

static bool remote_passed(void *self, ms_t now_ms, uint32_t *tag, ms_t *passed_ms)
{
    struct drive_remote *d = self;
    if (d->news == 0) return false;
    *tag = d->passed[0];
    *passed_ms = now_ms;
    d->news--;
    memmove(&d->passed[0], &d->passed[1], d->news * sizeof d->passed[0]);
    return true;
}

static void remote_pose(void *self, ms_t now_ms, struct drive_pose *out)
{
    const struct drive_remote *d = self;
    (void)now_ms;
    *out = d->pose;
}

static bool remote_standing(void *self, ms_t now_ms)
{
    const struct drive_remote *d = self;
    (void)now_ms;
    if (d->seen != d->said) return false;
    return d->standing && (d->legs == 0 || d->paused);
}

static ms_t remote_deadline(void *self, ms_t now_ms)
{
    (void)self;
    (void)now_ms;
    return MS_NEVER; /* every line that comes is a moment to look */
}

static void remote_relocate(void *self, mm_t x_mm, mm_t y_mm, mrad_t theta, ms_t now_ms)
{
    struct drive_remote *d = self;
    const int32_t v[] = { x_mm, y_mm, theta };
    (void)now_ms;
    (void)command(d, "relocate", v, 3);
    d->pose = (struct drive_pose){ x_mm, y_mm, theta, 0 };
    d->legs = 0;
}

int drive_remote_open(struct drive_remote **out, struct arena *mem, const struct drive_pose *start)
{
    struct drive_remote *d = arena_new(mem, struct drive_remote, 1);
    if (!d) return ORD_EFULL;
    d->pose = *start;
    *out = d;
    return ORD_OK;
}

struct drive drive_remote_ops(struct drive_remote *d)
{
    static const struct drive_ops ops = { remote_append, remote_stop,     remote_pause,    remote_passed,
                                          remote_pose,   remote_standing, remote_deadline, remote_relocate };
    return (struct drive){ &ops, d };
}
