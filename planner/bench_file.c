#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_plan.h"

#define SIDE_MAX 4096
#define CELLS_MAX 10000000

static int open_text(const char *path, FILE **f, struct err_note *note)
{
    *f = fopen(path, "r");
    return *f ? ORD_OK : err_at(note, ORD_ENOTFOUND, path, "cannot be opened: %s", strerror(errno));
}

/* The next whole number of a line, skipping blanks; false: there is none here, or it does not fit. */
static bool next_number(const char **at, uint32_t *v)
{
    char *end;
    while (isspace((unsigned char)**at)) (*at)++;
    if (!isdigit((unsigned char)**at)) return false;
    errno = 0;
    unsigned long n = strtoul(*at, &end, 10);
    if (errno != 0 || n > UINT32_MAX) return false;
    *at = end;
    *v = (uint32_t)n;
    return true;
}

static bool next_numbers(const char *at, uint32_t *v, int count)
{
    for (int i = 0; i < count; i++)
        if (!next_number(&at, &v[i])) return false;
    return true;
}

static int read_rows(FILE *f, const char *path, uint32_t w, uint32_t h, uint8_t *free_cell, struct err_note *note)
{
    char line[SIDE_MAX + 4];
    for (uint32_t y = 0; y < h; y++) {
        if (!fgets(line, sizeof line, f)) return err_at(note, ORD_EPARSE, path, "row %u of %u is missing", y + 1, h);
        size_t n = strcspn(line, "\r\n");
        if (n != w) return err_at(note, ORD_EPARSE, path, "row %u has %zu signs, the header says %u", y + 1, n, w);
        for (uint32_t x = 0; x < w; x++) free_cell[y * w + x] = strchr("@TOW", line[x]) == NULL;
    }
    return ORD_OK;
}

static int read_header(FILE *f, const char *path, uint32_t *w, uint32_t *h, struct err_note *note)
{
    char line[256];
    *w = *h = 0;
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "map", 3) == 0) {
            if (*w == 0 || *h == 0 || *w > SIDE_MAX || *h > SIDE_MAX)
                return err_at(note, ORD_ERANGE, path, "width and height must be 1 to %d", SIDE_MAX);
            return ORD_OK;
        }
        if (strncmp(line, "width ", 6) == 0 && !next_numbers(line + 6, w, 1)) *w = 0;
        if (strncmp(line, "height ", 7) == 0 && !next_numbers(line + 7, h, 1)) *h = 0;
    }
    return err_at(note, ORD_EPARSE, path, "no line \"map\": not a Moving AI grid");
}

int bench_map_open(const char *path, struct bench_grid *out, struct err_note *note)
{
    FILE *f;
    uint32_t w, h;
    *out = (struct bench_grid){ .memory = NULL };
    int err = open_text(path, &f, note);
    if (err) return err;
    err = read_header(f, path, &w, &h, note);
    uint8_t *free_cell = err ? NULL : calloc((size_t)w * h + 1, 1);
    size_t bytes = err ? 0 : grid_memory(w, h);
    out->memory = err ? NULL : malloc(bytes);
    if (!err && (!free_cell || !out->memory)) err = ORD_EMEMORY;
    if (!err) err = read_rows(f, path, w, h, free_cell, note);
    if (!err) {
        struct arena mem;
        arena_init(&mem, out->memory, bytes);
        err = grid_open(&out->grid, &mem, w, h, free_cell);
    }
    free(free_cell);
    fclose(f);
    if (err) bench_map_close(out);
    return err;
}

void bench_map_close(struct bench_grid *g)
{
    free(g->memory);
    g->memory = NULL;
}

int bench_cells_open(const char *path, const struct grid *g, uint32_t **cells, uint32_t *count, struct err_note *note)
{
    FILE *f;
    char line[256];
    uint32_t n = 0;
    *cells = NULL;
    *count = 0;
    int err = open_text(path, &f, note);
    if (err) return err;
    if (!fgets(line, sizeof line, f) || !next_numbers(line, &n, 1) || n == 0 || n > CELLS_MAX)
        err = err_at(note, ORD_EPARSE, path, "line 1: a count is expected");
    if (!err) *cells = malloc((size_t)n * sizeof **cells + 1);
    if (!err && !*cells) err = ORD_EMEMORY;
    while (!err && *count < n) {
        uint32_t at;
        if (!fgets(line, sizeof line, f) || !next_numbers(line, &at, 1))
            err = err_at(note, ORD_EPARSE, path, "line %u: a cell is expected", *count + 2);
        else if (at >= g->width * g->height || g->id[at] == GRID_NONE)
            err = err_at(note, ORD_ERANGE, path, "line %u: cell %u is blocked or outside the map", *count + 2, at);
        else (*cells)[(*count)++] = g->id[at];
    }
    fclose(f);
    if (err) {
        free(*cells);
        *cells = NULL;
    }
    return err;
}

int bench_scen_open(const char *path, const struct grid *g, struct bench_pair **pairs, uint32_t *count,
                    struct err_note *note)
{
    FILE *f;
    char line[1024];
    uint32_t room = 0, number = 0;
    *pairs = NULL;
    *count = 0;
    int err = open_text(path, &f, note);
    while (!err && fgets(line, sizeof line, f)) {
        uint32_t v[6] = { 0 }; /* width, height, start x y, goal x y */
        const char *at = line;
        number++;
        if (strncmp(line, "version", 7) == 0 || isspace((unsigned char)line[0])) continue;
        at += strcspn(at, " \t"); /* the bucket */
        at += strspn(at, " \t");
        at += strcspn(at, " \t"); /* the map's name */
        bool good = next_numbers(at, v, 6);
        uint32_t sx = v[2], sy = v[3], gx = v[4], gy = v[5];
        if (!good) {
            err = err_at(note, ORD_EPARSE, path, "line %u: not a scenario line", number);
        } else if (sx >= g->width || sy >= g->height || gx >= g->width || gy >= g->height ||
                   g->id[sy * g->width + sx] == GRID_NONE || g->id[gy * g->width + gx] == GRID_NONE) {
            err = err_at(note, ORD_ERANGE, path, "line %u: start or goal is blocked or outside the map", number);
        } else {
            if (*count == room) {
                room = room ? room * 2 : 256;
                struct bench_pair *more = realloc(*pairs, room * sizeof **pairs);
                if (!more) {
                    err = ORD_EMEMORY;
                    break;
                }
                *pairs = more;
            }
            (*pairs)[(*count)++] = (struct bench_pair){ g->id[sy * g->width + sx], g->id[gy * g->width + gx] };
        }
    }
    if (f) fclose(f);
    if (err) {
        free(*pairs);
        *pairs = NULL;
    }
    return err;
}

int bench_holds_open(const char *path, uint16_t robots, uint32_t steps, uint8_t **held, struct err_note *note)
{
    FILE *f;
    char line[256];
    uint32_t number = 0;
    *held = NULL;
    int err = open_text(path, &f, note);
    if (err) return err;
    *held = calloc((size_t)steps * robots + 1, 1);
    if (!*held) err = ORD_EMEMORY;
    while (!err && fgets(line, sizeof line, f)) {
        uint32_t v[3];
        number++;
        if (line[0] == '#' || isspace((unsigned char)line[0])) continue;
        if (!next_numbers(line, v, 3)) {
            err = err_at(note, ORD_EPARSE, path, "line %u: three numbers are expected: step robot steps", number);
            break;
        }
        uint64_t end = (uint64_t)v[0] + v[2];
        for (uint32_t s = v[0]; v[1] < robots && s < end && s < steps; s++) (*held)[(size_t)s * robots + v[1]] = 1;
    }
    fclose(f);
    if (err) {
        free(*held);
        *held = NULL;
    }
    return err;
}
