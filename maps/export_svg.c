/* export_svg - a drawing of the site that a ward can read: levels side by side on one scale, walls, lanes with arrows
 * where they are one-way, stations with sign and name in both languages, elevators, doors, refuges, legend, scale bar.
 *
 * Names are put where they cover least: eight places around a point are tried against all that is already there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "maps_io.h"

#define MARGIN 28.0
#define TITLE 66.0
#define PANEL_TITLE 34.0
#define GAP 26.0
#define LEGEND 96.0
#define WIDE 860.0   /* a panel is about this wide, in pixels; one of a long building up to three times as much */
#define LABEL_MM 900 /* room below the place of a label */
#define SHEET_WIDE 3840.0
#define LONG_PPM 14.0 /* pixels per metre that let names of neighbours stand side by side */
#define ICON 9.0
#define SLOT 5.0         /* further places of a station */
#define ARROW_MIN 11.0   /* shorter lanes go without an arrow */
#define WIDTH_MIN 1060.0 /* the legend's longest row */

struct box {
    double x, y, w, h;
};

struct sheet {
    const struct site *s;
    FILE *f;
    double x0, x1; /* metres, common to all levels so that shafts line up */
    double y0, y1; /* of the row being drawn */
    double ppm;    /* pixels per metre */
    int columns, rows;
    double panel_w, panel_h;
    struct {
        double y0, y1, top; /* metres; pixels from the top of the sheet */
    } row[SITE_LEVELS_MAX];
    level_id level; /* being drawn, and what names must keep off there */
    struct box *taken;
    size_t takens, room;
};

static const struct {
    const char *zh, *en, *colour, *icon;
} kinds[STATION_KIND_COUNT] = {
    { "站点", "Station", "#44617b", "M8 5.2a2.8 2.8 0 1 0 .01 0z" },
    { "病区", "Ward", "#2f6fb3", "M2.5 12V4.5M2.5 10h11v2M5 10V7.5h5.5a3 3 0 0 1 3 2.5" },
    { "厨房", "Kitchen", "#c9711a", "M4.5 2.5v4a1.6 1.6 0 0 0 3.2 0v-4M6.1 8.2v5.3M11.2 13.5v-11c-1.8 1-2 4.6 0 6" },
    { "洗衣", "Laundry", "#4b8a9b", "M5.2 3l2.8 1.2L10.8 3l3 2.4-1.6 2-1.4-.9V13H5.2V6.5l-1.4.9-1.6-2z" },
    { "库房", "Store", "#8a6d3b", "M3 5l5-2.2L13 5v6l-5 2.2L3 11zM3 5l5 2.2L13 5M8 7.2v6" },
    { "药房", "Pharmacy", "#2e8b57", "M8 3v10M3 8h10" },
    { "检验", "Laboratory", "#7b4fa3", "M6 2.8h4M7 2.8v3.7L3.6 13h8.8L9 6.5V2.8" },
    { "废物", "Waste", "#6b6b6b", "M3.5 4.8h9M6.4 4.8V3.2h3.2v1.6M4.6 4.8l.7 8.2h5.4l.7-8.2" },
    { "急诊", "Emergency", "#c0392b", "M8 3v10M3.7 5.5l8.6 5M12.3 5.5l-8.6 5" },
    { "手术室", "Theatre", "#00838f", "M3 13L10.5 5.5M9 4l3 3M11 2.5l2.5 2.5M3 13h4" },
    { "供应室", "Sterile supply", "#5c6bc0",
      "M8 2.8l4.5 1.8v3.6c0 2.6-1.9 4.2-4.5 5-2.6-.8-4.5-2.4-4.5-5V4.6zM5.8 8l1.6 1.7L10.4 6.4" },
};

/* ---- small things ---- */

static void put_text(FILE *f, const char *s)
{
    char buf[6 * SITE_NAME_MAX + 8];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_xml(&t, s);
    fputs(buf, f);
}

/* Width of a line in ems: a Chinese sign is as wide as it is high, a Latin letter a little more than half. */
static double ems(const char *s)
{
    double w = 0;
    for (; *s; s++) {
        if (((unsigned char)*s & 0xC0) == 0x80) continue;
        w += (unsigned char)*s >= 0xE0 ? 1.0 : 0.58;
    }
    return w;
}

static double px(const struct sheet *k, mm_t x) { return (x / 1000.0 - k->x0) * k->ppm; }
static double py(const struct sheet *k, mm_t y) { return (k->y1 - y / 1000.0) * k->ppm; }

static void take(struct sheet *k, double x, double y, double w, double h)
{
    if (k->takens == k->room) {
        size_t want = k->room ? k->room * 2 : 256;
        struct box *wide = realloc(k->taken, want * sizeof *wide);
        if (!wide) return; /* a name may then cover something: still a drawing */
        k->taken = wide;
        k->room = want;
    }
    k->taken[k->takens++] = (struct box){ x, y, w, h };
}

/* How much of a line lies inside the box (Liang and Barsky's clipping, 1984). */
static double inside(struct box b, double x1, double y1, double x2, double y2)
{
    double dx = x2 - x1, dy = y2 - y1, t0 = 0, t1 = 1;
    const double p[4] = { -dx, dx, -dy, dy }, q[4] = { x1 - b.x, b.x + b.w - x1, y1 - b.y, b.y + b.h - y1 };
    for (int i = 0; i < 4; i++) {
        if (p[i] == 0 && q[i] < 0) return 0;
        if (p[i] < 0) t0 = fmax(t0, q[i] / p[i]);
        if (p[i] > 0) t1 = fmin(t1, q[i] / p[i]);
    }
    return t1 > t0 ? (t1 - t0) * hypot(dx, dy) : 0;
}

static double covered_lines(const struct sheet *k, struct box b)
{
    const struct site *s = k->s;
    double sum = 0;
    for (uint32_t i = 0; i < s->walls; i++)
        if (s->wall[i].level == k->level)
            sum += inside(b, px(k, s->wall[i].x1_mm), py(k, s->wall[i].y1_mm), px(k, s->wall[i].x2_mm),
                          py(k, s->wall[i].y2_mm));
    for (lane_id i = 0; i < s->lanes; i++) {
        const struct site_edge *e = &s->edge[s->lane_edge[i]];
        const struct site_node *a = &s->node[e->from], *c = &s->node[e->to];
        if (!e->ride_ms && a->level == k->level && c->level == k->level)
            sum += inside(b, px(k, a->x_mm), py(k, a->y_mm), px(k, c->x_mm), py(k, c->y_mm));
    }
    return sum;
}

static double covered(const struct sheet *k, struct box b)
{
    double sum = covered_lines(k, b) * 4;
    for (size_t i = 0; i < k->takens; i++) {
        const struct box *o = &k->taken[i];
        double w = fmin(b.x + b.w, o->x + o->w) - fmax(b.x, o->x), h = fmin(b.y + b.h, o->y + o->h) - fmax(b.y, o->y);
        if (w > 0 && h > 0) sum += w * h;
    }
    double out = fmax(0, -b.x) + fmax(0, b.x + b.w - k->panel_w) + fmax(0, -b.y) + fmax(0, b.y + b.h - k->panel_h);
    return sum + out * 60;
}

/* One or two lines near (x, y), clear of a sign of radius r. */
static void name_near(struct sheet *k, double x, double y, double r, const struct site_name *n, const char *class_,
                      double size)
{
    bool one = strcmp(n->zh, n->en) == 0;
    double w = fmax(ems(n->zh) * size, ems(n->en) * size * 0.86), h = one ? size * 1.2 : size * 2.15, least = 1e18;
    const struct {
        double dx, dy;
        int anchor;
    } place[] = {
        { 0, r > 0 ? -r - h / 2 - 2 : 0, 0 },
        { 0, r + h / 2 + 2, 0 },
        { r + 4, 0, 1 },
        { -r - 4, 0, -1 },
        { r, -r - h / 3, 1 },
        { -r, -r - h / 3, -1 },
        { r, r + h / 3, 1 },
        { -r, r + h / 3, -1 },
        { 0, -r - h * 1.1, 0 },
        { 0, r + h * 1.1, 0 },
    };
    size_t best = 0;
    struct box at = { 0 };
    for (size_t i = 0; i < COUNT_OF(place); i++) {
        double left = x + place[i].dx - (place[i].anchor == 0 ? w / 2 : place[i].anchor < 0 ? w : 0);
        struct box b = { left, y + place[i].dy - h / 2, w, h };
        double c = covered(k, b) + (double)i * 0.5;
        if (c < least) {
            least = c;
            best = i;
            at = b;
        }
    }
    const char *anchor = place[best].anchor == 0 ? "middle" : place[best].anchor < 0 ? "end" : "start";
    double tx = x + place[best].dx;
    fprintf(k->f, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"%s\">", class_, tx,
            at.y + size * 0.95, size, anchor);
    put_text(k->f, n->zh);
    fputs("</text>\n", k->f);
    if (!one) {
        fprintf(k->f, "<text class=\"%s en\" x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"%s\">", class_, tx,
                at.y + size * 1.95, size * 0.86, anchor);
        put_text(k->f, n->en);
        fputs("</text>\n", k->f);
    }
    take(k, at.x, at.y, at.w, at.h);
}

/* ---- parts of a level ---- */

/* Ways for some loads only: "soiled" nothing else passes, "unsoiled" nothing soiled does. */
static const char *way_class(hygiene_set barred)
{
    const hygiene_set unsoiled = (hygiene_set)(HYGIENE_ALL & ~HYGIENE_SOILED);
    if ((barred & unsoiled) == unsoiled) return "soiled";
    if ((barred & HYGIENE_SOILED) == HYGIENE_SOILED) return "unsoiled";
    return barred ? "some" : "";
}

static bool lane_on(const struct site *s, const struct site_edge *e, level_id l)
{
    return !e->ride_ms && s->node[e->from].level == l && s->node[e->to].level == l;
}

static hygiene_set edge_barred(const struct site *s, const struct site_edge *e)
{
    return (hygiene_set)(e->barred | (e->elevator == ID_NONE ? 0 : s->elevator[e->elevator].barred));
}

static void draw_lanes(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    for (int pass = 0; pass < 2; pass++) {
        fprintf(k->f, pass ? "<g class=\"line\">\n" : "<g class=\"strip\" stroke-width=\"%.1f\">\n",
                fmax(2.5, 0.62 * k->ppm));
        for (lane_id i = 0; i < s->lanes; i++) {
            const struct site_edge *e = &s->edge[s->lane_edge[i]];
            const struct site_node *a = &s->node[e->from], *b = &s->node[e->to];
            if (!lane_on(s, e, l)) continue;
            const char *way = way_class(edge_barred(s, e));
            fprintf(k->f, way[0] ? "<path class=\"%s\" " : "<path %s", way);
            fprintf(k->f, "d=\"M%.1f %.1fL%.1f %.1f\"/>\n", px(k, a->x_mm), py(k, a->y_mm), px(k, b->x_mm),
                    py(k, b->y_mm));
        }
        fputs("</g>\n", k->f);
    }
    fputs("<g class=\"arrow\">\n", k->f);
    for (lane_id i = 0; i < s->lanes; i++) {
        const struct site_edge *e = &s->edge[s->lane_edge[i]];
        const struct site_node *a = &s->node[e->from], *b = &s->node[e->to];
        if (e->twin != ID_NONE || !lane_on(s, e, l) || e->length_mm / 1000.0 * k->ppm < ARROW_MIN) continue;
        double x = (px(k, a->x_mm) + px(k, b->x_mm)) / 2, y = (py(k, a->y_mm) + py(k, b->y_mm)) / 2,
               turn = -e->heading * 0.18 / 3.14159265;
        const char *way = way_class(edge_barred(s, e));
        fprintf(k->f, way[0] ? "<path class=\"%s\" " : "<path %s", way);
        fprintf(k->f, "transform=\"translate(%.1f %.1f) rotate(%.1f)\" d=\"M-3.5 -3.6L4 0L-3.5 3.6z\"/>\n", x, y, turn);
    }
    fputs("</g>\n", k->f);
}

/* Wards as areas, fire compartments as dashed outlines; both name themselves to whoever points at them. */
static void draw_zones(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    for (int kind = ZONE_KIND_COUNT - 1; kind >= 0; kind--)
        for (zone_id z = 0; z < s->zones; z++) {
            const struct site_zone *v = &s->zone[z];
            if (v->level != l || v->kind != (enum zone_kind)kind || v->corners == 0) continue;
            fprintf(k->f, "<path class=\"%s%s\" d=\"", v->kind == ZONE_FIRE ? "fire" : "wardzone",
                    v->emergency_power ? " emergency" : "");
            for (uint8_t i = 0; i < v->corners; i++)
                fprintf(k->f, "%c%.1f %.1f", i ? 'L' : 'M', px(k, v->x_mm[i]), py(k, v->y_mm[i]));
            fputs("z\"><title>", k->f);
            put_text(k->f, v->name.zh);
            fputs(" / ", k->f);
            put_text(k->f, v->name.en);
            fputs("</title></path>\n", k->f);
        }
}

static void draw_walls(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    const struct site_wall *last = NULL;
    fputs("<path class=\"wall\" d=\"", k->f);
    for (uint32_t i = 0; i < s->walls; i++) {
        const struct site_wall *w = &s->wall[i];
        if (w->level != l) continue;
        if (!last || last->x2_mm != w->x1_mm || last->y2_mm != w->y1_mm)
            fprintf(k->f, "M%.1f %.1f", px(k, w->x1_mm), py(k, w->y1_mm));
        fprintf(k->f, "L%.1f %.1f", px(k, w->x2_mm), py(k, w->y2_mm));
        last = w;
    }
    fputs("\"/>\n", k->f);
}

static void draw_doors(struct sheet *k, level_id l)
{
    for (door_id i = 0; i < k->s->doors; i++) {
        const struct site_door *d = &k->s->door[i];
        if (d->level != l) continue;
        fprintf(k->f, "<path class=\"door\" d=\"M%.1f %.1fL%.1f %.1f\"><title>", px(k, d->x1_mm), py(k, d->y1_mm),
                px(k, d->x2_mm), py(k, d->y2_mm));
        put_text(k->f, d->id);
        fputs("</title></path>\n", k->f);
    }
}

static const char *car_class(const struct site_elevator *c)
{
    const char *way = way_class(c->barred);
    return strcmp(way, "soiled") == 0 ? "car soiled" : strcmp(way, "unsoiled") == 0 ? "car unsoiled" : "car";
}

static void draw_elevators(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    for (elevator_id e = 0; e < s->elevators; e++) {
        const struct site_elevator *c = &s->elevator[e];
        bool stops = false;
        for (uint16_t i = 0; i < c->landings; i++) stops = stops || c->landing[i].level == l;
        double w = c->width_mm / 1000.0 * k->ppm, h = c->depth_mm / 1000.0 * k->ppm, x = px(k, c->x_mm),
               y = py(k, c->y_mm);
        fprintf(k->f,
                "<g class=\"%s\" transform=\"translate(%.1f %.1f) rotate(%.2f)\"><rect x=\"%.1f\" y=\"%.1f\" "
                "width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>",
                stops ? car_class(c) : "shaft", x, y, -c->yaw * 0.18 / 3.14159265, -w / 2, -h / 2, w, h);
        fprintf(k->f, "<path d=\"M%.1f %.1fL%.1f %.1fM%.1f %.1fL%.1f %.1f\"/></g>\n", -w / 2, -h / 2, w / 2, h / 2,
                -w / 2, h / 2, w / 2, -h / 2);
        double r = fmax(w, h) / 2;
        take(k, x - r, y - r, 2 * r, 2 * r);
    }
}

static void name_elevators(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    for (elevator_id e = 0; e < s->elevators; e++) {
        const struct site_elevator *c = &s->elevator[e];
        for (uint16_t i = 0; i < c->landings; i++)
            if (c->landing[i].level == l) {
                name_near(k, px(k, c->x_mm), py(k, c->y_mm), fmax(c->width_mm, c->depth_mm) / 2000.0 * k->ppm, &c->name,
                          "lift", 11);
                break;
            }
    }
}

static const char *refuge_class(uint8_t flags)
{
    return flags & NODE_WASHER    ? "washer"
           : flags & NODE_CHARGER ? "charger"
           : flags & NODE_PARK    ? "park"
           : flags & NODE_HOLDING ? "holding"
                                  : NULL;
}

static void draw_sign(FILE *f, const char *class_, bool proven, double x, double y, double r)
{
    fprintf(f,
            "<g class=\"%s%s\" transform=\"translate(%.1f %.1f) scale(%.2f)\"><rect x=\"-6\" y=\"-6\" width=\"12\" "
            "height=\"12\" rx=\"3\"/>",
            class_, proven ? "" : " unproven", x, y, r / 6);
    if (class_[0] == 'w')
        fputs("<path d=\"M0 -4.4C1.8 -1.8 3 -.4 3 1.2A3 3 0 0 1 -3 1.2C-3 -.4 -1.8 -1.8 0 -4.4z\"/>", f);
    else if (class_[0] == 'c') fputs("<path d=\"M1.2 -4.6L-2.8 .8H-.2L-1.2 4.6L2.8 -.9H.2z\"/>", f);
    else fprintf(f, "<text y=\"3.4\" font-size=\"9.5\" text-anchor=\"middle\">%s</text>", class_[0] == 'p' ? "P" : "H");
    fputs("</g>\n", f);
}

static void draw_nodes(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    double r = fmin(6, fmax(3.4, 0.30 * k->ppm));
    fputs("<g class=\"dot\">\n", k->f);
    for (node_id n = 0; n < s->nodes; n++)
        if (s->node[n].level == l)
            fprintf(k->f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"1.3\"/>\n", px(k, s->node[n].x_mm),
                    py(k, s->node[n].y_mm));
    fputs("</g>\n", k->f);
    for (node_id n = 0; n < s->nodes; n++) {
        const struct site_node *v = &s->node[n];
        const char *class_ = v->station == ID_NONE && v->elevator == ID_NONE ? refuge_class(v->flags) : NULL;
        if (v->level != l || !class_) continue;
        draw_sign(k->f, class_, v->flags & (NODE_REFUGE | NODE_WASHER), px(k, v->x_mm), py(k, v->y_mm), r);
        take(k, px(k, v->x_mm) - r, py(k, v->y_mm) - r, 2 * r, 2 * r);
    }
}

static void draw_icon(FILE *f, enum station_kind kind, double x, double y)
{
    fprintf(
        f,
        "<g transform=\"translate(%.1f %.1f)\"><circle r=\"%.0f\" fill=\"%s\" stroke=\"#fff\" stroke-width=\"1.5\"/>"
        "<path class=\"icon\" transform=\"translate(-6.4 -6.4) scale(.8)\" d=\"%s\"/></g>\n",
        x, y, ICON, kinds[kind].colour, kinds[kind].icon);
}

static void draw_slots(struct sheet *k, level_id l, const struct site_station *t)
{
    const struct site *s = k->s;
    for (uint8_t i = 1; i < station_slots(t); i++) {
        const struct site_node *n = &s->node[station_slot(t, i)];
        double x = px(k, n->x_mm), y = py(k, n->y_mm);
        if (n->level != l) continue;
        fprintf(k->f, "<circle class=\"slot\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\" fill=\"%s\"/>\n", x, y, SLOT,
                kinds[t->kind].colour);
        take(k, x - SLOT, y - SLOT, 2 * SLOT, 2 * SLOT);
    }
}

static void draw_stations(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    for (int pass = 0; pass < 2; pass++)
        for (station_id i = 0; i < s->stations; i++) {
            const struct site_node *n = &s->node[s->station[i].node];
            double x = px(k, n->x_mm), y = py(k, n->y_mm);
            if (!pass) draw_slots(k, l, &s->station[i]);
            if (n->level != l) continue;
            if (pass) name_near(k, x, y, ICON + 1, &s->station[i].name, "name", 12);
            else {
                draw_icon(k->f, s->station[i].kind, x, y);
                take(k, x - ICON, y - ICON, 2 * ICON, 2 * ICON);
            }
        }
}

/* A room named like the station in it would say everything twice. */
static void draw_labels(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    for (uint32_t i = 0; i < s->labels; i++) {
        const struct site_label *t = &s->label[i];
        bool twice = false;
        for (station_id j = 0; j < s->stations; j++)
            twice = twice || (s->node[s->station[j].node].level == l && strcmp(s->station[j].name.zh, t->text.zh) == 0);
        if (t->level == l && !twice) name_near(k, px(k, t->x_mm), py(k, t->y_mm), 0, &t->text, "roomname", 12);
    }
}

static void draw_level(struct sheet *k, level_id l)
{
    const struct site *s = k->s;
    double x = MARGIN + l % k->columns * (k->panel_w + GAP), y = k->row[l / k->columns].top;
    k->takens = 0;
    k->level = l;
    fprintf(k->f, "<g id=\"level-");
    put_text(k->f, s->level[l].id);
    fprintf(k->f, "\" transform=\"translate(%.1f %.1f)\">\n<text class=\"level\" y=\"20\">", x, y);
    put_text(k->f, s->level[l].name.zh);
    if (strcmp(s->level[l].name.zh, s->level[l].name.en) != 0) {
        fputs("<tspan class=\"en\" dx=\"8\">", k->f);
        put_text(k->f, s->level[l].name.en);
        fputs("</tspan>", k->f);
    }
    fprintf(k->f, "<tspan class=\"height\" dx=\"10\">%+.1f m</tspan></text>\n<g transform=\"translate(0 %.1f)\">\n",
            s->level[l].elevation_mm / 1000.0, PANEL_TITLE);
    fprintf(k->f, "<rect class=\"panel\" x=\"-6\" y=\"-6\" width=\"%.1f\" height=\"%.1f\" rx=\"6\"/>\n",
            k->panel_w + 12, k->panel_h + 12);
    draw_zones(k, l);
    draw_elevators(k, l);
    draw_lanes(k, l);
    draw_walls(k, l);
    draw_doors(k, l);
    draw_nodes(k, l);
    draw_stations(k, l);
    name_elevators(k, l);
    draw_labels(k, l);
    fputs("</g>\n</g>\n", k->f);
}

/* ---- the sheet ---- */

static void grow(struct sheet *k, level_id l, mm_t x, mm_t y)
{
    int r = l / k->columns;
    k->x0 = fmin(k->x0, x / 1000.0);
    k->x1 = fmax(k->x1, x / 1000.0);
    k->row[r].y0 = fmin(k->row[r].y0, y / 1000.0);
    k->row[r].y1 = fmax(k->row[r].y1, y / 1000.0);
}

/* What the levels of each row reach over, with `columns` of them side by side. */
static void measure(struct sheet *k, int columns)
{
    const struct site *s = k->s;
    k->columns = columns;
    k->rows = ((s->levels ? s->levels : 1) + columns - 1) / columns;
    k->x0 = 1e9, k->x1 = -1e9;
    for (int r = 0; r < k->rows; r++) k->row[r].y0 = 1e9, k->row[r].y1 = -1e9;
    for (uint32_t i = 0; i < s->walls; i++) {
        grow(k, s->wall[i].level, s->wall[i].x1_mm, s->wall[i].y1_mm);
        grow(k, s->wall[i].level, s->wall[i].x2_mm, s->wall[i].y2_mm);
    }
    for (node_id n = 0; n < s->nodes; n++) grow(k, s->node[n].level, s->node[n].x_mm, s->node[n].y_mm);
    for (elevator_id e = 0; e < s->elevators; e++)
        for (level_id l = 0; l < s->levels; l++) grow(k, l, s->elevator[e].x_mm, s->elevator[e].y_mm);
    for (zone_id z = 0; z < s->zones; z++)
        for (uint8_t i = 0; i < s->zone[z].corners; i++)
            grow(k, s->zone[z].level, s->zone[z].x_mm[i], s->zone[z].y_mm[i]);
    for (uint32_t i = 0; i < s->labels; i++) grow(k, s->label[i].level, s->label[i].x_mm, s->label[i].y_mm - LABEL_MM);
    if (k->x1 < k->x0) k->x0 = 0, k->x1 = 10;
    k->x0 -= 0.6, k->x1 += 0.6;
    for (int r = 0; r < k->rows; r++) {
        if (k->row[r].y1 < k->row[r].y0) k->row[r].y0 = 0, k->row[r].y1 = 10;
        k->row[r].y0 -= 0.6, k->row[r].y1 += 0.6;
    }
}

static double tallest(const struct sheet *k)
{
    double h = 0;
    for (int r = 0; r < k->rows; r++) h = fmax(h, k->row[r].y1 - k->row[r].y0);
    return h;
}

/* Side by side as many as make a sheet of about 16:10, but no wider than a wall display of two screens. */
static void lay_out(struct sheet *k)
{
    int n = k->s->levels ? k->s->levels : 1;
    measure(k, 1);
    double w = k->x1 - k->x0, wide = fmin(3 * WIDE, fmax(WIDE, LONG_PPM * w));
    int columns = (int)lround(sqrt(n * 1.6 * tallest(k) / w)), most = (int)(SHEET_WIDE / wide);
    columns = columns > most && most > 0 ? most : columns;
    measure(k, columns < 1 ? 1 : columns > n ? n : columns);
    k->ppm = fmin(wide / w, 1.2 * WIDE / tallest(k));
    k->panel_w = w * k->ppm;
    double top = TITLE;
    for (int r = 0; r < k->rows; r++) {
        k->row[r].top = top;
        top += (k->row[r].y1 - k->row[r].y0) * k->ppm + PANEL_TITLE + GAP;
    }
}

static void enter_row(struct sheet *k, int r)
{
    k->y0 = k->row[r].y0;
    k->y1 = k->row[r].y1;
    k->panel_h = (k->y1 - k->y0) * k->ppm;
}

static void put_style(FILE *f)
{
    fputs("<style>\n"
          "text{font-family:'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro "
          "Hei',sans-serif;fill:#22313f}\n"
          ".title{font-size:24px;font-weight:600}.level{font-size:17px;font-weight:600}.en{fill:#5b6b7a;font-weight:"
          "400}.height{fill:#8a97a3;font-size:12px;font-weight:400}\n"
          ".panel{fill:#fbfcfd;stroke:#d5dde4}.wall{fill:none;stroke:#46545f;stroke-width:2;stroke-linecap:round;"
          "stroke-linejoin:round}\n"
          ".strip{fill:none;stroke:#e3ecf5;stroke-linecap:round}.line{fill:none;stroke:#8fb0d0;stroke-width:1.1;stroke-"
          "linecap:round}.arrow{fill:#4f83b5}.dot{fill:#7f9fbe}\n"
          ".door{stroke:#e08a00;stroke-width:4;stroke-linecap:round}\n"
          ".car rect{fill:#f2e9d8;stroke:#a07a35;stroke-width:1.5}.car path{stroke:#d9c49a;fill:none}.shaft "
          "rect{fill:#eceff1;stroke:#b0bac2}.shaft path{stroke:#cfd6db;fill:none}\n"
          ".car.unsoiled rect{fill:#dff2e6;stroke:#3d8f60}.car.unsoiled path{stroke:#a9d8bb}.car.soiled "
          "rect{fill:#f3e0d2;"
          "stroke:#9a5b33}.car.soiled path{stroke:#dcb698}\n"
          ".strip .unsoiled{stroke:#e0f1e6}.strip .soiled{stroke:#f4e6da}.strip .some{stroke:#eee9f5}.line "
          ".unsoiled{stroke:"
          "#74b991}.line .soiled{stroke:#c99468}.line .some{stroke:#a592c4}.arrow .unsoiled{fill:#3d8f60}.arrow "
          ".soiled{fill:"
          "#a8683b}.arrow .some{fill:#7e66a6}\n"
          ".fire{fill:none;stroke:#d98880;stroke-dasharray:7 "
          "5}.wardzone{fill:#eef4fb;stroke:none}.wardzone.emergency{fill:"
          "#fdf3e3}.slot{stroke:#fff;stroke-width:1.2}.washer rect{fill:#16a0b5}.washer path{fill:#fff}\n"
          ".charger rect{fill:#1f9d55}.charger path{fill:#fff}.park rect{fill:#2f6fb3}.park text,.holding "
          "text{fill:#fff;font-weight:700}.holding rect{fill:#7d8b97}\n"
          ".unproven{opacity:.45}.icon{fill:none;stroke:#fff;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:"
          "round}\n"
          ".name,.lift{paint-order:stroke;stroke:#fff;stroke-width:3.2px;stroke-linejoin:round;font-weight:500}.name."
          "en,.lift.en{font-weight:400}.lift{fill:#7c5a1e}.lift.en{fill:#94763f}\n"
          ".roomname{fill:#93a1ad}.roomname.en{fill:#a9b5bf}.key{font-size:12px}\n"
          "</style>\n",
          f);
}

static double key_text(FILE *f, double x, double y, const char *zh, const char *en)
{
    fprintf(f, "<text class=\"key\" x=\"%.1f\" y=\"%.1f\">%s <tspan class=\"en\">%s</tspan></text>\n", x + 14, y + 4,
            zh, en);
    return x + 14 + (ems(zh) + ems(en) + 0.6) * 12 + 26;
}

static bool any_flag(const struct site *s, uint8_t flag)
{
    for (node_id n = 0; n < s->nodes; n++)
        if ((s->node[n].flags & flag) && s->node[n].station == ID_NONE) return true;
    return false;
}

static bool any_one_way(const struct site *s)
{
    for (edge_id e = 0; e < s->edges; e++)
        if (s->edge[e].twin == ID_NONE) return true;
    return false;
}

static bool any_way(const struct site *s, const char *class_)
{
    for (edge_id e = 0; e < s->edges; e++)
        if (!s->edge[e].ride_ms && strcmp(way_class(edge_barred(s, &s->edge[e])), class_) == 0) return true;
    return false;
}

static void put_lane_key(FILE *f, double x, double y, bool one_way, const char *class_)
{
    fprintf(f, "<g class=\"strip\" stroke-width=\"9\"><path class=\"%s\" d=\"M%.1f %.1fh18\"/></g>", class_, x - 9, y);
    fprintf(f, "<g class=\"line\"><path class=\"%s\" d=\"M%.1f %.1fh18\"/></g>", class_, x - 9, y);
    if (!one_way) return;
    fprintf(f, "<g class=\"arrow\"><path transform=\"translate(%.1f %.1f)\" d=\"M-3.5 -3.6L4 0L-3.5 3.6z\"/></g>", x,
            y);
}

static void put_scale(const struct sheet *k, double y, double width)
{
    FILE *f = k->f;
    double bar = 5 * k->ppm > 60 ? 5 : 10;
    double right = width - MARGIN;
    fprintf(f,
            "<path d=\"M%.1f %.1fv-6M%.1f %.1fh%.1fv-6\" fill=\"none\" stroke=\"#46545f\" stroke-width=\"1.5\"/><text "
            "class=\"key\" x=\"%.1f\" y=\"%.1f\""
            " text-anchor=\"end\">%.0f m</text>\n",
            right - bar * k->ppm, y + 4, right - bar * k->ppm, y + 4, bar * k->ppm, right, y - 8, bar);
}

static void put_legend(const struct sheet *k, double y)
{
    const struct site *s = k->s;
    FILE *f = k->f;
    double x = MARGIN + ICON;
    for (int kind = 0; kind < STATION_KIND_COUNT; kind++) {
        bool used = false;
        for (station_id i = 0; i < s->stations; i++) used = used || s->station[i].kind == (enum station_kind)kind;
        if (!used) continue;
        draw_icon(f, (enum station_kind)kind, x, y);
        x = key_text(f, x, y, kinds[kind].zh, kinds[kind].en);
    }
    x = MARGIN + ICON;
    y += 30;
    put_lane_key(f, x, y, false, "");
    x = key_text(f, x, y, "双向通道", "two-way lane");
    if (any_one_way(s)) {
        put_lane_key(f, x, y, true, "");
        x = key_text(f, x, y, "单向通道", "one-way lane");
    }
    static const struct {
        const char *class_, *zh, *en;
    } way[] = { { "unsoiled", "洁净通道", "unsoiled loads" },
                { "soiled", "污物通道", "soiled loads" },
                { "some", "限定物品", "some loads" } };
    for (size_t i = 0; i < COUNT_OF(way); i++) {
        if (!any_way(s, way[i].class_)) continue;
        put_lane_key(f, x, y, false, way[i].class_);
        x = key_text(f, x, y, way[i].zh, way[i].en);
    }
    if (s->doors) {
        fprintf(f, "<path class=\"door\" d=\"M%.1f %.1fh14\"/>", x - 7, y);
        x = key_text(f, x, y, "电动门", "powered door");
    }
    if (s->elevators) {
        fprintf(f, "<g class=\"car\"><rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"14\" rx=\"2\"/></g>", x - 7,
                y - 7);
        x = key_text(f, x, y, "电梯", "elevator");
    }
    static const struct {
        uint8_t flag;
        const char *class_, *zh, *en;
    } sign[] = { { NODE_CHARGER, "charger", "充电位", "charger" },
                 { NODE_PARK, "park", "停车位", "parking" },
                 { NODE_HOLDING, "holding", "避让位", "holding bay" },
                 { NODE_WASHER, "washer", "清洗位", "washer" } };
    for (size_t i = 0; i < COUNT_OF(sign); i++) {
        if (!any_flag(s, sign[i].flag)) continue;
        draw_sign(f, sign[i].class_, true, x, y, 7);
        x = key_text(f, x, y, sign[i].zh, sign[i].en);
    }
}

/* As wide as the row of station kinds needs. */
static double kinds_width(const struct site *s)
{
    double x = 2 * MARGIN + ICON;
    for (int kind = 0; kind < STATION_KIND_COUNT; kind++) {
        bool used = false;
        for (station_id i = 0; i < s->stations; i++) used = used || s->station[i].kind == (enum station_kind)kind;
        if (used) x += 14 + (ems(kinds[kind].zh) + ems(kinds[kind].en) + 0.6) * 12 + 26;
    }
    return x;
}

int export_svg(const struct site *s, FILE *f)
{
    struct sheet k = { .s = s, .f = f };
    lay_out(&k);
    double width = fmax(2 * MARGIN + k.columns * (k.panel_w + GAP) - GAP, fmax(WIDTH_MIN, kinds_width(s)));
    enter_row(&k, k.rows - 1);
    double height = k.row[k.rows - 1].top + k.panel_h + PANEL_TITLE + GAP + LEGEND;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n",
            width, height, width, height);
    put_style(f);
    fprintf(f, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n<text class=\"title\" x=\"%.0f\" y=\"40\">",
            width, height, MARGIN);
    put_text(f, s->name.zh);
    if (strcmp(s->name.zh, s->name.en) != 0) {
        fputs("<tspan class=\"en\" dx=\"12\" font-size=\"18\">", f);
        put_text(f, s->name.en);
        fputs("</tspan>", f);
    }
    fputs("</text>\n", f);
    for (level_id l = 0; l < s->levels; l++) {
        enter_row(&k, l / k.columns);
        draw_level(&k, l);
    }
    put_scale(&k, 40, width);
    put_legend(&k, height - LEGEND + 22);
    fputs("</svg>\n", f);
    free(k.taken);
    return ferror(f) ? ORD_EIO : ORD_OK;
}
