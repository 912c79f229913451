/* import_grid - a Moving AI grid map (.map): one node for each free cell, an edge both ways to each of the four
 * neighbours. Row 0 is at the top of the picture, so y counts from the last row up. `S` and `E` cells become stations:
 * the S are places of work, the E docks and lift lobbies. A grid has no parking: lint will ask for refuges. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "import.h"

#define BYTES_MAX ((size_t)4 << 20)
#define SIDE_MAX 2000
#define FREE "SE.G"
#define BLOCKED "@OTW"

struct grid {
    const char *name, *cell;
    int width, height;
    size_t stride;
};

/* "key value" on a line of its own; moves *at past it. */
static bool header(const char **at, const char *end, const char *key, char *value, size_t size)
{
    const char *nl = memchr(*at, '\n', (size_t)(end - *at));
    size_t k = strlen(key), n = nl ? (size_t)(nl - *at) : 0;
    if (!nl || n < k || memcmp(*at, key, k) != 0) return false;
    const char *v = *at + k;
    while (v < nl && *v == ' ') v++;
    n = (size_t)(nl - v);
    if (n && v[n - 1] == '\r') n--;
    if (n >= size) return false;
    memcpy(value, v, n);
    value[n] = 0;
    *at = nl + 1;
    return true;
}

static int side(const char *text)
{
    int v = 0;
    for (; *text >= '0' && *text <= '9' && v <= SIDE_MAX; text++) v = v * 10 + (*text - '0');
    return *text ? 0 : v;
}

static int read_grid(struct grid *g, const char *bytes, size_t n, struct err_note *note)
{
    const char *at = bytes, *end = bytes + n;
    char text[32];
    if (!header(&at, end, "type", text, sizeof text))
        return err_at(note, ORD_EPARSE, g->name, "line 1 must be 'type octile'");
    if (!header(&at, end, "height", text, sizeof text) || (g->height = side(text)) < 1 || g->height > SIDE_MAX)
        return err_at(note, ORD_EPARSE, g->name, "line 2 must be 'height N' with N in 1..%d", SIDE_MAX);
    if (!header(&at, end, "width", text, sizeof text) || (g->width = side(text)) < 1 || g->width > SIDE_MAX)
        return err_at(note, ORD_EPARSE, g->name, "line 3 must be 'width N' with N in 1..%d", SIDE_MAX);
    if (!header(&at, end, "map", text, sizeof text)) return err_at(note, ORD_EPARSE, g->name, "line 4 must be 'map'");
    const char *nl = memchr(at, '\n', (size_t)(end - at));
    bool cr = nl && nl > at && nl[-1] == '\r';
    g->cell = at;
    g->stride = (size_t)g->width + (cr ? 2 : 1);
    for (int r = 0; r < g->height; r++) {
        const char *row = at + (size_t)r * g->stride;
        size_t left = row < end ? (size_t)(end - row) : 0;
        if (left < (size_t)g->width || memchr(row, '\n', (size_t)g->width) ||
            (left > (size_t)g->width && row[g->width] != '\n' && row[g->width] != '\r'))
            return err_at(note, ORD_EPARSE, g->name, "line %d: a row must have exactly %d signs", r + 5, g->width);
        for (int c = 0; c < g->width; c++)
            if (!row[c] || !strchr(FREE BLOCKED, row[c]))
                return err_at(note, ORD_EPARSE, g->name, "line %d, column %d: sign 0x%02x is none of " FREE BLOCKED,
                              r + 5, c + 1, (unsigned char)row[c]);
    }
    return ORD_OK;
}

static bool is_free(const struct grid *g, int r, int c)
{
    return r >= 0 && c >= 0 && r < g->height && c < g->width &&
           strchr(FREE, g->cell[(size_t)r * g->stride + (size_t)c]);
}

static int add_cell(struct draft *d, const struct grid *g, int r, int c, mm_t cell_mm)
{
    struct site_node n = {
        .x_mm = c * cell_mm, .y_mm = (g->height - 1 - r) * cell_mm, .elevator = ID_NONE, .station = ID_NONE
    };
    char sign = g->cell[(size_t)r * g->stride + (size_t)c];
    snprintf(n.id, sizeof n.id, "c%d-%d", r, c);
    int err = draft_node(d, &n);
    if (err || (sign != 'S' && sign != 'E')) return err;
    struct site_station t = { .node = (node_id)(d->s->nodes - 1), .kind = STATION_GENERIC };
    snprintf(t.id, sizeof t.id, "%c%d-%d", sign, r, c);
    snprintf(t.name.zh, sizeof t.name.zh, sign == 'S' ? "站点 %d-%d" : "出入口 %d-%d", r, c);
    snprintf(t.name.en, sizeof t.name.en, sign == 'S' ? "Point %d-%d" : "Dock %d-%d", r, c);
    return draft_station(d, &t);
}

static int fill(struct draft *d, const struct grid *g, mm_t cell_mm, uint16_t *number)
{
    struct site_level level = { .id = "L1", .name = { "一层", "Level 1" } };
    int err = draft_level(d, &level);
    for (int r = 0; r < g->height && !err; r++)
        for (int c = 0; c < g->width && !err; c++) {
            if (!is_free(g, r, c)) continue;
            number[(size_t)r * (size_t)g->width + (size_t)c] = d->s->nodes;
            err = add_cell(d, g, r, c, cell_mm);
        }
    for (int r = 0; r < g->height && !err; r++)
        for (int c = 0; c < g->width && !err; c++) {
            if (!is_free(g, r, c)) continue;
            struct draft_edge e = { .from = number[(size_t)r * (size_t)g->width + (size_t)c],
                                    .both_ways = true,
                                    .door = ID_NONE };
            if (is_free(g, r, c + 1)) {
                e.to = number[(size_t)r * (size_t)g->width + (size_t)c + 1];
                err = draft_edge(d, &e);
            }
            if (is_free(g, r + 1, c) && !err) {
                e.to = number[((size_t)r + 1) * (size_t)g->width + (size_t)c];
                err = draft_edge(d, &e);
            }
        }
    return err;
}

int import_grid_bytes(const char *name, const char *bytes, size_t n, struct import_options o, struct site **out,
                      struct import_report *r, struct err_note *note)
{
    struct grid g = { .name = name };
    struct draft d = { 0 };
    mm_t cell_mm = o.cell_m > 0 ? (mm_t)(o.cell_m * 1000 + 0.5) : 1000;
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = read_grid(&g, bytes, n, note);
    if (err || !g.cell) return err;
    if (cell_mm < 100 || cell_mm > 5000) return err_at(note, ORD_ERANGE, name, "a cell must be 0.1 to 5 m wide");
    uint16_t *number = calloc((size_t)g.width * (size_t)g.height + 1, sizeof *number);
    err = number ? draft_open(&d, name) : ORD_EMEMORY;
    if (!err) err = fill(&d, &g, cell_mm, number);
    if (err == ORD_EFULL)
        err_at(note, err, name, "more free cells than a site holds (%d nodes, %d edges)", SITE_NODES_MAX,
               SITE_EDGES_MAX);
    else if (err) err_at(note, err, name, "%s", err_en(err));
    if (!err) {
        const char *slash = strrchr(name, '/');
        import_id(d.s->id, SITE_ID_MAX, slash ? slash + 1 : name);
        text_copy(d.s->name.zh, SITE_NAME_MAX, d.s->id);
        text_copy(d.s->name.en, SITE_NAME_MAX, d.s->id);
        r->waypoints = d.s->nodes;
        r->lanes = 2 * d.edges;
        r->length_m = 2.0 * d.edges * cell_mm / 1000.0;
        import_say(r, IMPORT_KEPT, "网格 %d x %d：自由格 %d 个，站点 %d 个，格宽 %.2f 米",
                   "grid %d x %d: %d free cells, %d stations, cells %.2f m wide", g.height, g.width, d.s->nodes,
                   d.s->stations, cell_mm / 1000.0);
        err = draft_finish(&d, out, note);
    }
    free(number);
    draft_close(&d);
    return err;
}

int import_grid(const char *path, struct import_options o, struct site **out, struct import_report *r,
                struct err_note *note)
{
    char *bytes = NULL;
    size_t n = 0;
    *out = NULL;
    *r = (struct import_report){ 0 };
    int err = import_read(path, BYTES_MAX, &bytes, &n, note);
    if (!err) err = import_grid_bytes(path, bytes, n, o, out, r, note);
    free(bytes);
    return err;
}
