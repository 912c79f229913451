/* export_html - the site as one page without any other file: the drawing with pan, zoom and layers (walls, lanes,
 * stations, refuges, zones, clearances, conflicts), in Chinese or English. A click on a lane or node tells what it is
 * and shows what conflicts with it.
 *
 * The page carries the site as numbers and draws them by itself: one level at a time, so that a hospital of thirteen
 * levels stays quick. */
#include <math.h>
#include <stdlib.h>

#include "common/text.h"
#include "maps_io.h"
#include "site_compile.h"

static void put_string(FILE *f, const char *key, const char *s)
{
    char buf[6 * SITE_NAME_MAX + 4];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_json(&t, s);
    fputs(key, f);
    for (const char *p = buf; *p; p++) { /* inside a script element: "</" would end it */
        if (*p == '<') fputs("\\u003c", f);
        else fputc(*p, f);
    }
}

static void put_nodes(const struct site *s, FILE *f)
{
    for (node_id n = 0; n < s->nodes; n++) {
        const struct site_node *v = &s->node[n];
        fprintf(f, "%s[%d,%d,%d,%d,%d,", n ? ",\n" : "", v->level, v->x_mm, v->y_mm, v->flags,
                v->station == ID_NONE ? -1 : v->station);
        put_string(f, "", v->id);
        fputc(']', f);
    }
}

/* A lane: ends, width (stated, or 0), one-way, door, speed limit, fits the first class. Rides are not drawn. */
static void put_lanes(const struct site *s, FILE *f)
{
    for (lane_id l = 0; l < s->lanes; l++) {
        const struct site_edge *e = &s->edge[s->lane_edge[l]];
        fprintf(f, "%s[%d,%d,%d,%d,%d,%d,%d,%d,", l ? ",\n" : "", e->from, e->to, e->width_mm, e->twin == ID_NONE,
                e->door == ID_NONE ? -1 : e->door, e->speed_mm_s, site_fits(s, 0, s->lane_edge[l]), e->ride_ms > 0);
        put_string(f, "", e->id);
        fputc(']', f);
    }
}

static void put_conflicts(const struct site *s, FILE *f)
{
    const uint32_t *start = s->conflict_start[0][0];
    for (res_id x = 0; x < res_count(s); x++) {
        bool first = true;
        fputs(x ? ",[" : "[", f);
        for (uint32_t k = start[x]; k < start[x + 1]; k++) {
            res_id y = s->conflict[0][0][k].res;
            if (y == x) continue;
            fprintf(f, first ? "%u" : ",%u", y);
            first = false;
        }
        fputc(']', f);
    }
}

static void put_areas(const struct site *s, FILE *f)
{
    fputs("],\nstations:[", f);
    for (station_id i = 0; i < s->stations; i++) {
        put_string(f, i ? ",[" : "[", s->station[i].name.zh);
        put_string(f, ",", s->station[i].name.en);
        put_string(f, ",", s->station[i].id);
        fputc(']', f);
    }
    fputs("],\ncars:[", f);
    for (elevator_id i = 0; i < s->elevators; i++) {
        const struct site_elevator *c = &s->elevator[i];
        fprintf(f, "%s[%d,%d,%d,%d,%d,[", i ? "," : "", c->x_mm, c->y_mm, c->width_mm, c->depth_mm, c->yaw);
        for (uint16_t k = 0; k < c->landings; k++) fprintf(f, k ? ",%d" : "%d", c->landing[k].level);
        put_string(f, "],", c->name.zh);
        put_string(f, ",", c->name.en);
        fputc(']', f);
    }
    fputs("],\ndoors:[", f);
    for (door_id i = 0; i < s->doors; i++) {
        const struct site_door *d = &s->door[i];
        fprintf(f, "%s[%d,%d,%d,%d,%d,", i ? "," : "", d->level, d->x1_mm, d->y1_mm, d->x2_mm, d->y2_mm);
        put_string(f, "", d->id);
        fputc(']', f);
    }
    fputs("],\nzones:[", f);
    for (zone_id i = 0; i < s->zones; i++) {
        const struct site_zone *z = &s->zone[i];
        fprintf(f, "%s[%d,%d,[", i ? "," : "", z->level, z->kind);
        for (uint8_t k = 0; k < z->corners; k++) fprintf(f, k ? ",%d,%d" : "%d,%d", z->x_mm[k], z->y_mm[k]);
        put_string(f, "],", z->name.zh);
        put_string(f, ",", z->name.en);
        fputc(']', f);
    }
    fputs("],\nwalls:[", f);
    for (uint32_t i = 0; i < s->walls; i++) {
        const struct site_wall *w = &s->wall[i];
        fprintf(f, "%s[%d,%d,%d,%d,%d]", i ? "," : "", w->level, w->x1_mm, w->y1_mm, w->x2_mm, w->y2_mm);
    }
    fputs("],\nlabels:[", f);
    for (uint32_t i = 0; i < s->labels; i++) {
        const struct site_label *l = &s->label[i];
        fprintf(f, "%s[%d,%d,%d,", i ? "," : "", l->level, l->x_mm, l->y_mm);
        put_string(f, "", l->text.zh);
        put_string(f, ",", l->text.en);
        fputc(']', f);
    }
}

/* What the lint says of this site goes onto the drawing too: its place is an id that the page looks up. */
static void put_findings(const struct lint_report *r, FILE *f)
{
    static const char *const word[] = { "error", "warning", "info" };
    bool first = true;
    for (size_t i = 0; i < r->count; i++) {
        const struct lint_finding *v = &r->finding[i];
        if (v->level == LINT_INFO) continue;
        put_string(f, first ? "[" : ",[", word[v->level]);
        put_string(f, ",", v->where);
        put_string(f, ",", v->zh);
        put_string(f, ",", v->en);
        fputc(']', f);
        first = false;
    }
}

static void put_site(const struct site *s, const struct lint_report *lint, FILE *f)
{
    put_string(f, "const S={id:", s->id);
    put_string(f, ",zh:", s->name.zh);
    put_string(f, ",en:", s->name.en);
    put_string(f, ",cls:", s->cls[0].id);
    fprintf(f, ",len:%d,wid:%d,margin:%d,\nlevels:[", s->cls[0].length_mm, s->cls[0].width_mm, s->cls[0].margin_mm);
    for (level_id i = 0; i < s->levels; i++) {
        put_string(f, i ? ",[" : "[", s->level[i].name.zh);
        put_string(f, ",", s->level[i].name.en);
        fprintf(f, ",%d]", s->level[i].elevation_mm);
    }
    fputs("],\nnodes:[", f);
    put_nodes(s, f);
    fputs("],\nlanes:[", f);
    put_lanes(s, f);
    put_areas(s, f);
    fputs("],\nfindings:[", f);
    put_findings(lint, f);
    fputs("],\nconflicts:[", f);
    put_conflicts(s, f);
    fputs("]};\n", f);
}

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Orderly map</title><style>\n"
    "html,body{height:100%;margin:0;font:14px/1.4 system-ui,'Noto Sans CJK SC',sans-serif;color:#1f3244;"
    "background:#f4f7fa}\n"
    "body{display:grid;grid-template-columns:17rem 1fr}\n"
    "aside{padding:1rem;overflow:auto;background:#fff;border-right:1px solid #d5dfe8}\n"
    "h1{font-size:1.15rem;margin:0 0 .6rem}h2{font-size:.8rem;margin:1.1rem 0 .3rem;color:#5b7085;"
    "text-transform:uppercase;letter-spacing:.04em}\n"
    "label{display:flex;gap:.5rem;align-items:center;padding:.12rem 0;cursor:pointer}\n"
    "label i{width:.9rem;height:.9rem;border-radius:3px;flex:none}\n"
    "button,select{font:inherit;padding:.2rem .6rem;border:1px solid #b9c7d4;border-radius:6px;background:#fff;"
    "color:inherit;cursor:pointer}\n"
    "select{width:100%}button:focus-visible,select:focus-visible,svg:focus-visible{outline:2px solid #2f6fb3}\n"
    "#tell{white-space:pre-line;min-height:4rem}#find{padding-left:1.1rem;margin:.2rem 0}#find li{cursor:pointer}\n"
    ".error{color:#b3261e}.warning{color:#8a5a00}\n"
    "svg{width:100%;height:100vh;display:block;touch-action:none;cursor:grab}\n"
    "svg.drag{cursor:grabbing}text{font-family:inherit;paint-order:stroke;stroke:#fbfdff;stroke-width:3px;"
    "stroke-linejoin:round;text-anchor:middle;pointer-events:none}\n"
    ".lane,.node{cursor:pointer}.hot{stroke:#d81b60!important}circle.hot,rect.hot{fill:#d81b60!important}\n"
    "@media(max-width:700px){body{grid-template-columns:1fr;grid-template-rows:auto 1fr}aside{max-height:40vh}}\n"
    "</style></head><body><aside><h1 id=\"name\"></h1><button id=\"lang\"></button>\n"
    "<h2 data-t=\"level\"></h2><select id=\"level\" aria-label=\"level\"></select>\n"
    "<h2 data-t=\"layers\"></h2><div id=\"layers\"></div>\n"
    "<h2 data-t=\"what\"></h2><div id=\"tell\" aria-live=\"polite\"></div>\n"
    "<h2 data-t=\"findings\"></h2><ul id=\"find\"></ul>\n"
    "</aside><svg id=\"map\" tabindex=\"0\" role=\"img\"></svg>\n<script>\n";

static const char tail[] =
#include "export_html_page.h"
    ;

int export_html(const struct site *s, const struct lint_report *lint, bool chinese, FILE *f)
{
    fputs(head, f);
    put_site(s, lint, f);
    fprintf(f, "let zh=%s;\n", chinese ? "true" : "false");
    fputs(tail, f);
    return ferror(f) ? ORD_EIO : ORD_OK;
}
