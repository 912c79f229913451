/* Sites: what is accepted compiles, keeps its invariants, is judged, drawn, and survives writing with the same hash. */
#include <stdlib.h>
#include <string.h>

#include "maps/maps_io.h"

static void draw(const struct site *s)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    if (!f) return;
    if (export_svg(s, f) || export_geojson(s, f)) abort();
    fclose(f);
    free(bytes);
}

static void written_again(const struct site *s)
{
    char *bytes = NULL;
    size_t n = 0;
    struct site *again = NULL;
    FILE *f = open_memstream(&bytes, &n);
    if (!f) return;
    if (site_write(s, f)) abort();
    fclose(f);
    if (site_parse("again", bytes, n, &again, NULL) != ORD_OK || again->hash != s->hash) abort();
    for (edge_id e = 0; e < s->edges; e++)
        if (strcmp(s->edge[e].id, again->edge[e].id) != 0) abort(); /* numbers name edges in the journal */
    site_close(again);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct site *s = NULL;
    struct fleet_spec *f = NULL;
    struct lint_report r = { 0 };
    struct err_note note;
    if (site_parse("fuzz", (const char *)data, n, &s, &note) != ORD_OK) return 0;
    written_again(s);
    if (s->nodes < 300 && s->edges < 600 && fleet_spec_default(2, &f) == ORD_OK &&
        site_compile(s, 1, f->cls, &note) == ORD_OK) {
        node_id start[2];
        site_check(s);
        if (site_lint(s, 2, &r) != ORD_OK) abort();
        (void)fleet_spec_place(f, s, start, &note);
        draw(s);
    }
    lint_close(&r);
    fleet_spec_close(f);
    site_close(s);
    return 0;
}
