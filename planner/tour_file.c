#include "tour_file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_plan.h"

#define LINE_MAX_SIGNS 16384 /* one route may be a long line */
#define FIELDS_MAX 16

struct reader {
    FILE *f;
    const char *path;
    uint32_t line;
    char text[LINE_MAX_SIGNS];
    struct err_note *note;
};

static int fault(const struct reader *r, int err, const char *what)
{
    char where[200];
    snprintf(where, sizeof where, "%s:%u", r->path, r->line);
    return err_at(r->note, err, where, "%s", what);
}

/* The next line that is not blank. False at the end of the file, or when a line is too long (then text is empty). */
static bool next_line(struct reader *r)
{
    while (fgets(r->text, sizeof r->text, r->f)) {
        r->line++;
        if (!strchr(r->text, '\n') && !feof(r->f)) break;
        if (r->text[strspn(r->text, " \t\r\n")] != '\0') return true;
    }
    r->text[0] = '\0';
    return false;
}

/* All numbers of the line, and nothing but numbers: how many, or -1. */
static int numbers(const char *s, double *v)
{
    int n = 0;
    for (;;) {
        char *end;
        s += strspn(s, " \t\r\n");
        if (*s == '\0') return n;
        if (n == FIELDS_MAX || !(isdigit((unsigned char)*s) || *s == '-' || *s == '+' || *s == '.')) return -1;
        v[n++] = strtod(s, &end);
        if (end == s || !(isspace((unsigned char)*end) || *end == '\0') || !isfinite(v[n - 1])) return -1;
        s = end;
    }
}

static bool whole(double v, double lowest, double highest) { return v >= lowest && v <= highest && v == floor(v); }

static int add_node(struct tour_file *f, const struct reader *r, const double *v, int fields)
{
    if (f->nodes == PDP_NODES_MAX) return fault(r, ORD_EFULL, "more than 2000 nodes");
    if (!whole(v[0], f->nodes, f->nodes))
        return fault(r, ORD_EPARSE, "nodes must be numbered 0, 1, 2 ... in order: this one is out of order");
    struct tour_node *n = realloc(f->node, (f->nodes + 1u) * sizeof *n);
    if (!n) return ORD_EMEMORY;
    f->node = n;
    n += f->nodes++;
    *n = (struct tour_node){ v[1], v[2], v[3], v[4], v[5], v[6], 0, 0 };
    if (fabs(n->x) > 1e6 || fabs(n->y) > 1e6 || fabs(n->demand) > 1e9)
        return fault(r, ORD_ERANGE, "a value is too large");
    if (n->early < 0 || n->late > 1e7 || n->service < 0 || n->service > 1e7)
        return fault(r, ORD_ERANGE, "times must be 0 to 10,000,000");
    if (n->early > n->late) return fault(r, ORD_ERANGE, "the window closes before it opens");
    if (n->demand != floor(n->demand)) return fault(r, ORD_ERANGE, "the demand is not a whole number");
    if (fields < 9) return ORD_OK;
    if (!whole(v[7], 0, PDP_NODES_MAX) || !whole(v[8], 0, PDP_NODES_MAX))
        return fault(r, ORD_ERANGE, "fields 8 and 9 must be the numbers of nodes");
    n->pick = (uint16_t)v[7];
    n->drop = (uint16_t)v[8];
    return ORD_OK;
}

static int read_nodes(struct tour_file *f, struct reader *r, int fields)
{
    double v[FIELDS_MAX];
    while (next_line(r)) {
        if (numbers(r->text, v) != fields)
            return fault(r, ORD_EPARSE,
                         fields == 9 ? "expected nine numbers: node, x, y, demand, earliest, latest, service, "
                                       "pick-up, delivery"
                                     : "expected seven numbers: node, x, y, demand, ready, due, service");
        int err = add_node(f, r, v, fields);
        if (err) return err;
    }
    if (!feof(r->f)) return fault(r, ORD_EPARSE, "the line is too long");
    if (f->nodes < 2) return fault(r, ORD_EPARSE, "there is no customer: a depot and at least one node are needed");
    return ORD_OK;
}

static int set_fleet(struct tour_file *f, const struct reader *r, double vehicles, double capacity)
{
    if (!whole(vehicles, 1, 1e6)) return fault(r, ORD_ERANGE, "the number of vehicles must be 1 or more");
    if (!whole(capacity, 0, 1e9))
        return fault(r, ORD_ERANGE, "the capacity must be a whole number of 0 to 1,000,000,000");
    f->vehicles = (uint32_t)vehicles;
    f->capacity = capacity;
    return ORD_OK;
}

/* Solomon's form: a name, VEHICLE, a heading, two numbers, CUSTOMER, a heading, then the nodes. */
static int read_solomon(struct tour_file *f, struct reader *r)
{
    double v[FIELDS_MAX];
    while (strncmp(r->text + strspn(r->text, " \t"), "VEHICLE", 7) != 0)
        if (!next_line(r))
            return fault(r, ORD_EPARSE, "neither Li and Lim's form (three numbers first) nor Solomon's (VEHICLE)");
    bool numbered = next_line(r) && (next_line(r), numbers(r->text, v) == 2);
    if (!numbered) return fault(r, ORD_EPARSE, "expected two numbers under VEHICLE: how many, and their capacity");
    int err = set_fleet(f, r, v[0], v[1]);
    if (err) return err;
    if (!next_line(r) || strncmp(r->text + strspn(r->text, " \t"), "CUSTOMER", 8) != 0 || !next_line(r))
        return fault(r, ORD_EPARSE, "expected CUSTOMER and a line of headings");
    return read_nodes(f, r, 7);
}

static int read_li_lim(struct tour_file *f, struct reader *r, const double *v)
{
    f->pairs = true;
    if (v[2] != 1) return fault(r, ORD_ERANGE, "the speed must be 1: travel time is distance");
    int err = set_fleet(f, r, v[0], v[1]);
    return err ? err : read_nodes(f, r, 9);
}

/* Every pick-up has its delivery and the other way round, with the opposite demand. */
static int check_pairs(const struct tour_file *f, struct reader *r)
{
    r->line = 1;
    for (uint16_t i = 1; i < f->nodes; i++) {
        const struct tour_node *n = &f->node[i];
        char what[160];
        uint16_t other = n->demand > 0 ? n->drop : n->pick;
        r->line = i + 2u;
        snprintf(what, sizeof what,
                 "node %u: a pick-up needs demand > 0 and its delivery in field 9, a delivery demand < 0 "
                 "and its pick-up in field 8",
                 i);
        if (n->demand == 0 || (n->pick != 0) == (n->drop != 0) || (n->demand > 0) != (n->drop != 0))
            return fault(r, ORD_EPARSE, what);
        snprintf(what, sizeof what,
                 "node %u names node %u as its partner, which does not name it, or with another load", i, other);
        if (other >= f->nodes || (n->demand > 0 ? f->node[other].pick : f->node[other].drop) != i ||
            f->node[other].demand != -n->demand)
            return fault(r, ORD_EPARSE, what);
    }
    return ORD_OK;
}

static int check_single(const struct tour_file *f, struct reader *r)
{
    for (uint16_t i = 1; i < f->nodes; i++)
        if (f->node[i].demand < 0) return fault(r, ORD_ERANGE, "a demand is negative");
    return ORD_OK;
}

/* ---- whole numbers for the search ------------------------------------------------------------------------------ */

static double distance(const struct tour_node *a, const struct tour_node *b)
{
    double dx = a->x - b->x, dy = a->y - b->y;
    return sqrt(dx * dx + dy * dy);
}

/* A million units to one of the file's, or as many powers of ten fewer as 32 bits ask for. */
static double choose_units(const struct tour_file *f)
{
    double most = 1, units = 1e6;
    for (uint16_t a = 0; a < f->nodes; a++) {
        double d = 2 * distance(&f->node[0], &f->node[a]);
        most = d > most ? d : most;
    }
    while (most * units > 2e9) units /= 10;
    return units;
}

static int make_units(struct tour_file *f)
{
    size_t n = f->nodes;
    int32_t *d = f->memory[0] = malloc(n * n * sizeof *d);
    int64_t *early = f->memory[1] = malloc(n * sizeof *early), *late = f->memory[2] = malloc(n * sizeof *late);
    int64_t *service = f->memory[3] = malloc(n * sizeof *service);
    struct pdp_request *r = f->memory[4] = calloc(n, sizeof *r);
    if (!d || !early || !late || !service || !r) return ORD_EMEMORY;
    f->units = choose_units(f);
    f->pdp = (struct pdp_problem){ .nodes = f->nodes,
                                   .distance = d,
                                   .early = early,
                                   .late = late,
                                   .service = service,
                                   .request = r,
                                   .capacity = (int32_t)f->capacity };
    for (size_t a = 0; a < n; a++) {
        const struct tour_node *node = &f->node[a];
        early[a] = (int64_t)ceil(node->early * f->units);
        late[a] = (int64_t)floor(node->late * f->units);
        service[a] = (int64_t)ceil(node->service * f->units);
        for (size_t b = 0; b < n; b++) d[a * n + b] = (int32_t)ceil(distance(node, &f->node[b]) * f->units);
        if (a == 0 || (f->pairs && node->demand < 0)) continue;
        struct pdp_request one = { 0, (uint16_t)a, (int32_t)node->demand };
        if (f->pairs) one = (struct pdp_request){ (uint16_t)a, node->drop, (int32_t)node->demand };
        r[f->pdp.requests++] = one;
    }
    return ORD_OK;
}

int tour_file_open(const char *path, struct tour_file *out, struct err_note *note)
{
    struct reader r = { .path = path, .note = note };
    double v[FIELDS_MAX];
    *out = (struct tour_file){ .nodes = 0 };
    r.f = fopen(path, "r");
    if (!r.f) return err_at(note, ORD_ENOTFOUND, path, "cannot be opened: %s", strerror(errno));
    int err = next_line(&r) ? ORD_OK : fault(&r, ORD_EPARSE, "the file is empty, or no text");
    if (!err) err = numbers(r.text, v) == 3 ? read_li_lim(out, &r, v) : read_solomon(out, &r);
    if (!err) err = out->pairs ? check_pairs(out, &r) : check_single(out, &r);
    if (!err) err = make_units(out);
    fclose(r.f);
    if (err) tour_file_close(out);
    return err;
}

void tour_file_close(struct tour_file *f)
{
    for (size_t i = 0; i < COUNT_OF(f->memory); i++) free(f->memory[i]);
    free(f->node);
    *f = (struct tour_file){ .nodes = 0 };
}

/* ---- solutions -------------------------------------------------------------------------------------------------- */

static int read_route(struct reader *r, const struct tour_file *f, struct tour_routes *out, uint32_t *used)
{
    const char *s = strchr(r->text, ':');
    if (!s) return fault(r, ORD_EPARSE, "expected \"Route k : i j ...\"");
    for (s++;;) {
        char *end;
        s += strspn(s, " \t\r\n");
        if (*s == '\0') break;
        unsigned long n = isdigit((unsigned char)*s) ? strtoul(s, &end, 10) : ULONG_MAX;
        if (n > PDP_NODES_MAX) return fault(r, ORD_EPARSE, "expected the numbers of nodes after the colon");
        if (*used >= 2u * f->nodes) return fault(r, ORD_EFULL, "more stops than twice the nodes of the problem");
        out->node[(*used)++] = (uint16_t)n;
        s = end;
    }
    out->begin[++out->count] = *used;
    return ORD_OK;
}

int tour_routes_open(const char *path, const struct tour_file *f, struct tour_routes *out, struct err_note *note)
{
    struct reader r = { .path = path, .note = note };
    uint32_t used = 0;
    int err = ORD_OK;
    *out = (struct tour_routes){ malloc(2u * f->nodes * sizeof(uint16_t)), calloc(2u * f->nodes + 2, sizeof(uint32_t)),
                                 0 };
    r.f = out->node && out->begin ? fopen(path, "r") : NULL;
    if (!r.f) {
        tour_routes_close(out);
        return err_at(note, ORD_ENOTFOUND, path, "cannot be opened: %s", strerror(errno));
    }
    while (!err && next_line(&r)) {
        if (strncmp(r.text, "Route", 5) != 0) continue; /* names, authors, dates */
        if (out->count > 2u * f->nodes) err = fault(&r, ORD_EFULL, "more routes than twice the nodes of the problem");
        else err = read_route(&r, f, out, &used);
    }
    if (!err && !feof(r.f)) err = fault(&r, ORD_EPARSE, "the line is too long");
    if (!err && out->count == 0) err = fault(&r, ORD_EPARSE, "no line \"Route k : i j ...\"");
    fclose(r.f);
    if (err) tour_routes_close(out);
    return err;
}

int tour_routes_write(const char *path, const struct tour_routes *r, struct err_note *note)
{
    FILE *f = fopen(path, "w");
    if (!f) return err_at(note, ORD_EIO, path, "cannot be written: %s", strerror(errno));
    for (uint32_t k = 0; k < r->count; k++) {
        fprintf(f, "Route %u :", k + 1);
        for (uint32_t i = r->begin[k]; i < r->begin[k + 1]; i++) fprintf(f, " %u", r->node[i]);
        fputc('\n', f);
    }
    bool bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad) return err_at(note, ORD_EIO, path, "cannot be written: %s", strerror(errno));
    return ORD_OK;
}

void tour_routes_close(struct tour_routes *r)
{
    free(r->node);
    free(r->begin);
    *r = (struct tour_routes){ NULL, NULL, 0 };
}

/* ---- the table of best known values --------------------------------------------------------------------------- */

static int column(const char *header, const char *name)
{
    int at = 0;
    for (const char *s = header;; at++) {
        size_t n = strcspn(s, ",\r\n");
        if (n == strlen(name) && strncmp(s, name, n) == 0) return at;
        if (s[n] != ',') return -1;
        s += n + 1;
    }
}

static bool field(const char *line, int at, char *out, size_t size)
{
    for (; at > 0; at--) {
        line = strchr(line, ',');
        if (!line) return false;
        line++;
    }
    size_t n = strcspn(line, ",\r\n");
    if (n >= size) return false;
    memcpy(out, line, n);
    out[n] = '\0';
    return true;
}

int tour_best_open(const char *path, const char *instance, struct tour_best *out, struct err_note *note)
{
    struct reader r = { .path = path, .note = note };
    char name[64], vehicles[32], distances[32];
    *out = (struct tour_best){ 0, 0 };
    r.f = fopen(path, "r");
    if (!r.f) return err_at(note, ORD_ENOTFOUND, path, "cannot be opened: %s", strerror(errno));
    int err = next_line(&r) ? ORD_OK : fault(&r, ORD_EPARSE, "the table is empty");
    int which = column(r.text, "instance"), v = column(r.text, "bks_vehicles"), d = column(r.text, "bks_distance");
    if (v < 0) v = column(r.text, "reference_vehicles");
    if (d < 0) d = column(r.text, "reference_distance");
    if (!err && (which < 0 || v < 0 || d < 0))
        err = fault(&r, ORD_EPARSE, "the columns instance, bks_vehicles and bks_distance are needed");
    while (!err && out->vehicles == 0 && next_line(&r)) {
        double value[FIELDS_MAX];
        if (!field(r.text, which, name, sizeof name) || strcmp(name, instance) != 0) continue;
        if (!field(r.text, v, vehicles, sizeof vehicles) || !field(r.text, d, distances, sizeof distances) ||
            numbers(vehicles, value) != 1 || numbers(distances, value + 1) != 1 || !whole(value[0], 1, 1e6) ||
            value[1] < 0)
            err = fault(&r, ORD_EPARSE, "vehicles and distance must be numbers");
        else *out = (struct tour_best){ (uint32_t)value[0], value[1] };
    }
    fclose(r.f);
    return err || out->vehicles ? err : err_at(note, ORD_ENOTFOUND, path, "has no line for %s", instance);
}
