/* oracle_walls - the judge of walls (I-02): those of each level in squares, so that a robot meets only those near it.
 * */
#include <stdlib.h>

#include "oracle_state.h"

#define SQUARE_MM 2000

struct walls {
    int64_t x0, y0;      /* corner of the first square */
    uint32_t across, up; /* squares */
    uint32_t *start;     /* [levels * across * up + 1] */
    uint32_t *wall;
};

static int64_t square(int64_t v, int64_t from, uint32_t n)
{
    int64_t i = (v - from) / SQUARE_MM;
    return i < 0 ? 0 : i >= (int64_t)n ? (int64_t)n - 1 : i;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

/* Calls for each square that the box of a wall touches. */
static void each_square(const struct walls *w, const struct site_wall *s, uint32_t i, bool fill)
{
    int64_t x1 = square(least(s->x1_mm, s->x2_mm), w->x0, w->across),
            x2 = square(most(s->x1_mm, s->x2_mm), w->x0, w->across);
    int64_t y1 = square(least(s->y1_mm, s->y2_mm), w->y0, w->up), y2 = square(most(s->y1_mm, s->y2_mm), w->y0, w->up);
    for (int64_t y = y1; y <= y2; y++)
        for (int64_t x = x1; x <= x2; x++) {
            size_t cell = ((size_t)s->level * w->up + (size_t)y) * w->across + (size_t)x;
            if (fill) w->wall[--w->start[cell]] = i;
            else w->start[cell]++;
        }
}

static void measure(struct walls *w, const struct site *s)
{
    int64_t x0 = INT64_MAX, y0 = INT64_MAX, x1 = INT64_MIN, y1 = INT64_MIN;
    for (uint32_t i = 0; i < s->walls; i++) {
        const struct site_wall *v = &s->wall[i];
        x0 = least(x0, least(v->x1_mm, v->x2_mm));
        x1 = most(x1, most(v->x1_mm, v->x2_mm));
        y0 = least(y0, least(v->y1_mm, v->y2_mm));
        y1 = most(y1, most(v->y1_mm, v->y2_mm));
    }
    w->x0 = x0;
    w->y0 = y0;
    w->across = (uint32_t)((x1 - x0) / SQUARE_MM + 1);
    w->up = (uint32_t)((y1 - y0) / SQUARE_MM + 1);
}

/* Counting sort by square: counts, sums, then filled from the back. */
int oracle_walls_open(struct walls **out, const struct site *s)
{
    *out = NULL;
    if (s->walls == 0) return ORD_OK;
    struct walls *w = calloc(1, sizeof *w);
    if (!w) return ORD_EMEMORY;
    *out = w;
    measure(w, s);
    size_t cells = (size_t)s->levels * w->across * w->up;
    w->start = calloc(cells + 1, sizeof *w->start);
    if (!w->start) return ORD_EMEMORY;
    for (uint32_t i = 0; i < s->walls; i++) each_square(w, &s->wall[i], i, false);
    for (size_t c = 1; c <= cells; c++) w->start[c] += w->start[c - 1];
    w->wall = calloc(w->start[cells] + 1u, sizeof *w->wall);
    if (!w->wall) return ORD_EMEMORY;
    for (uint32_t i = 0; i < s->walls; i++) each_square(w, &s->wall[i], i, true);
    return ORD_OK;
}

void oracle_walls_close(struct walls *w)
{
    if (!w) return;
    free(w->start);
    free(w->wall);
    free(w);
}

uint32_t oracle_walls_hit(const struct walls *w, const struct site *s, level_id level, const struct oracle_rect *r)
{
    if (!w) return ORACLE_NO_WALL;
    double reach = r->half_length + r->half_width;
    int64_t x1 = square((int64_t)(r->x - reach), w->x0, w->across),
            x2 = square((int64_t)(r->x + reach), w->x0, w->across);
    int64_t y1 = square((int64_t)(r->y - reach), w->y0, w->up), y2 = square((int64_t)(r->y + reach), w->y0, w->up);
    for (int64_t y = y1; y <= y2; y++)
        for (int64_t x = x1; x <= x2; x++) {
            size_t cell = ((size_t)level * w->up + (size_t)y) * w->across + (size_t)x;
            for (uint32_t i = w->start[cell]; i < w->start[cell + 1]; i++) {
                const struct site_wall *v = &s->wall[w->wall[i]];
                if (oracle_rect_on_segment(r, v->x1_mm, v->y1_mm, v->x2_mm, v->y2_mm)) return w->wall[i];
            }
        }
    return ORACLE_NO_WALL;
}
