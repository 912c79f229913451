/* What other planners reached, from a table of comma-separated values (../shared/data/mapf/peer-figures.csv). Columns
 * are found by their names, so that the table may grow. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "plan_bench.h"

enum {
    KIND,
    PEER,
    MAP,
    AGENTS,
    SCEN,
    MOTION,
    SOLVED,
    FIRST_MS,
    AT_1S,
    AT_END,
    BOUND,
    FINISHED,
    SHARE,
    STEP_MS,
    COLUMNS
};
static const char *const column_name[COLUMNS] = { "kind",
                                                  "peer",
                                                  "map",
                                                  "agents",
                                                  "scen_or_seed",
                                                  "motion",
                                                  "solved",
                                                  "first_solution_ms_cpu",
                                                  "cost_at_1s",
                                                  "cost_at_end",
                                                  "cost_lower_bound",
                                                  "finished",
                                                  "share_of_free_flow",
                                                  "planner_ms_cpu_per_step" };
#define FIELD_MAX 128
#define FIELDS_MAX 64
#define LINE_SIZE 4096
#define LINES_MAX 100000

struct figure {
    char field[COLUMNS][FIELD_MAX];
};

struct bench_peers {
    struct figure *figure;
    size_t count, capacity;
};

/* One line into its fields; quotes may hold commas, two quotes are one. Returns how many; cuts what is too long. */
static size_t split(const char *line, char field[FIELDS_MAX][FIELD_MAX])
{
    size_t n = 0, at = 0;
    bool quoted = false;
    for (const char *p = line;; p++) {
        bool end = *p == '\0' || *p == '\n' || *p == '\r';
        if (end || (*p == ',' && !quoted)) {
            field[n++][at] = '\0';
            at = 0;
            if (end || n == FIELDS_MAX) return n;
        } else if (*p == '"') {
            if (quoted && p[1] == '"' && at + 1 < FIELD_MAX) field[n][at++] = *p++;
            else quoted = !quoted;
        } else if (at + 1 < FIELD_MAX) {
            field[n][at++] = *p;
        }
    }
}

static int find_columns(const char *path, char field[FIELDS_MAX][FIELD_MAX], size_t n, size_t *where,
                        struct err_note *note)
{
    for (int c = 0; c < COLUMNS; c++) {
        where[c] = n;
        for (size_t i = 0; i < n; i++)
            if (strcmp(field[i], column_name[c]) == 0) where[c] = i;
        if (where[c] == n) return err_at(note, ORD_EPARSE, path, "the first line has no column \"%s\"", column_name[c]);
    }
    return ORD_OK;
}

static int add_figure(struct bench_peers *p, char field[FIELDS_MAX][FIELD_MAX], const size_t *where)
{
    if (p->count == p->capacity) {
        size_t want = p->capacity ? 2 * p->capacity : 64;
        struct figure *more = realloc(p->figure, want * sizeof *more);
        if (!more) return ORD_EMEMORY;
        p->figure = more;
        p->capacity = want;
    }
    struct figure *f = &p->figure[p->count++];
    for (int c = 0; c < COLUMNS; c++) text_copy(f->field[c], FIELD_MAX, field[where[c]]);
    return ORD_OK;
}

int bench_peers_open(const char *path, struct bench_peers **out, struct err_note *note)
{
    static char field[FIELDS_MAX][FIELD_MAX];
    char line[LINE_SIZE];
    size_t where[COLUMNS] = { 0 }, columns = 0;
    FILE *f = fopen(path, "r");
    if (!f) return err_at(note, ORD_ENOTFOUND, path, "cannot be opened: %s", strerror(errno));
    struct bench_peers *p = calloc(1, sizeof *p);
    int err = p ? ORD_OK : ORD_EMEMORY;
    for (unsigned at = 1; !err && fgets(line, sizeof line, f); at++) {
        size_t n = split(line, field);
        if (at == 1) {
            err = find_columns(path, field, columns = n, where, note);
        } else if (n > 1 && n != columns) {
            err = err_at(note, ORD_EPARSE, path, "line %u has %zu fields, the first line %zu", at, n, columns);
        } else if (n > 1) {
            err = at > LINES_MAX ? err_at(note, ORD_EFULL, path, "more than %u lines", LINES_MAX)
                                 : add_figure(p, field, where);
        }
    }
    if (!err && columns == 0) err = err_at(note, ORD_EPARSE, path, "is empty");
    fclose(f);
    if (err) bench_peers_close(p);
    else *out = p;
    return err;
}

void bench_peers_close(struct bench_peers *p)
{
    if (p) free(p->figure);
    free(p);
}

static double number(const char *s, double none)
{
    char *end;
    double v = strtod(s, &end);
    return end != s && *end == '\0' && v >= 0 && v < 1e12 ? v : none;
}

static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

/* "holds-05, files 1-3, median" belongs to 5 percent; "no holds" and the plain lifelong rows to none. */
static bool same_case(const struct figure *f, const struct bench_case *c)
{
    if (strcmp(f->field[MAP], c->map) != 0 || number(f->field[AGENTS], 0) != c->robots) return false;
    char scen[FIELD_MAX], holds[16];
    snprintf(holds, sizeof holds, "holds-%02u", c->variant);
    snprintf(scen, sizeof scen, "%s-%u.scen", c->map, c->variant);
    bool run = strcmp(f->field[KIND], "execution") == 0 || strcmp(f->field[KIND], "execution-replan") == 0;
    bool turning = starts(f->field[MOTION], "turns cost");
    switch (c->group) {
    case BENCH_LIFELONG:
        return turning && (strcmp(f->field[KIND], "lifelong") == 0 || (run && strcmp(f->field[SCEN], "no holds") == 0));
    case BENCH_HOLDS: return turning && run && starts(f->field[SCEN], holds);
    case BENCH_MAPF: return strcmp(f->field[KIND], "one-shot") == 0 && starts(f->field[SCEN], scen);
    case BENCH_ROUTE:
    case BENCH_GROUPS: break;
    }
    return false;
}

static struct bench_peer to_peer(const struct figure *f, const struct bench_case *c, uint32_t free_flow)
{
    struct bench_peer p = { .solved = true };
    text_copy(p.name, sizeof p.name, f->field[PEER]);
    if (c->group == BENCH_MAPF) {
        double cost = number(f->field[c->budget_ms <= 1000 ? AT_1S : AT_END], 0), bound = number(f->field[BOUND], 0);
        p.cpu_ms = number(f->field[FIRST_MS], -1);
        p.solved = cost > 0 && bound > 0;
        p.value = p.solved ? cost / bound : 0;
        return p;
    }
    p.cpu_ms = number(f->field[STEP_MS], -1);
    p.value = number(f->field[SHARE], -1);
    if (p.value < 0 && free_flow > 0) p.value = number(f->field[FINISHED], -1) / free_flow;
    p.solved = p.value >= 0;
    if (!p.solved) p.value = 0;
    return p;
}

/* Where nobody is held up, a planner that would mind hold-ups does the same as one that does not. */
static void plain_name(char *name, const char *without)
{
    char *at = strstr(name, without);
    if (at) memmove(at, at + strlen(without), strlen(at + strlen(without)) + 1);
}

static bool better(const struct bench_case *c, const struct bench_peer *a, const struct bench_peer *b)
{
    if (a->solved != b->solved) return a->solved;
    return bench_lower_is_better(c) ? a->value < b->value : a->value > b->value;
}

static size_t insert(const struct bench_case *c, struct bench_peer *list, size_t n, const struct bench_peer *p)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, p->name) != 0) continue;
        if (!better(c, p, &list[i])) return n;
        memmove(&list[i], &list[i + 1], (--n - i) * sizeof *list);
        break;
    }
    if (n == BENCH_PEERS_MAX && !better(c, p, &list[n - 1])) return n;
    if (n == BENCH_PEERS_MAX) n--;
    size_t at = n;
    while (at > 0 && better(c, p, &list[at - 1])) at--;
    memmove(&list[at + 1], &list[at], (n - at) * sizeof *list);
    list[at] = *p;
    return n + 1;
}

size_t bench_peers_of(const struct bench_peers *p, const struct bench_case *c, uint32_t free_flow,
                      struct bench_peer out[BENCH_PEERS_MAX])
{
    size_t n = 0;
    if (c->group == BENCH_ROUTE && c->peer_of > 0) {
        out[0] = (struct bench_peer){ .solved = true, .value = (double)c->peer_done / c->peer_of, .cpu_ms = -1 };
        text_copy(out[0].name, sizeof out[0].name, "Open-RMF");
        return 1;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (!same_case(&p->figure[i], c)) continue;
        struct bench_peer one = to_peer(&p->figure[i], c, free_flow);
        if (c->group == BENCH_LIFELONG) {
            plain_name(one.name, ", held-aware");
            plain_name(one.name, ", replans every step");
        }
        n = insert(c, out, n, &one);
    }
    return n;
}

/* What the cards have room for: remarks in brackets, and what goes without saying, are left out. */
void bench_peer_short(const char *name, char *dst, size_t size)
{
    static const char *const cut[] = { ", replans every step", ", no replanning", "replans " };
    size_t n = 0;
    bool remark = false;
    for (const char *p = name; *p && n + 1 < size; p++) {
        remark = remark || (p[0] == ' ' && p[1] == '(');
        if (!remark) dst[n++] = *p;
        remark = remark && *p != ')';
    }
    dst[n] = '\0';
    for (size_t i = 0; i < COUNT_OF(cut); i++) plain_name(dst, cut[i]);
    char *one = strstr(dst, "every 1 step");
    if (one) memmove(one + 6, one + 8, strlen(one + 8) + 1);
}
