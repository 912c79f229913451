/* export_geojson - the site as a GeoJSON FeatureCollection for drawing tools. Coordinates are metres of the site frame,
 * not degrees: RFC 7946 asks for WGS 84, so the collection says "frame": "site metres" and is not for world maps. */
#include <math.h>

#include "common/text.h"
#include "maps_io.h"
#include "when.h"

static void put(FILE *f, const char *key, const char *s)
{
    char buf[6 * SITE_NAME_MAX + 4];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_json(&t, s);
    fprintf(f, "%s%s", key, buf);
}

static void point(FILE *f, mm_t x, mm_t y) { fprintf(f, "[%.3f, %.3f]", x / 1000.0, y / 1000.0); }

static void begin(FILE *f, bool *first, const char *kind, const char *id, const char *level)
{
    fprintf(f, "%s\n  {\"type\": \"Feature\", \"properties\": {\"kind\": \"%s\"", *first ? "" : ",", kind);
    *first = false;
    if (id) put(f, ", \"id\": ", id);
    if (level) put(f, ", \"level\": ", level);
}

static void names(FILE *f, const struct site_name *n)
{
    put(f, ", \"zh\": ", n->zh);
    put(f, ", \"en\": ", n->en);
}

static void line(FILE *f, mm_t x1, mm_t y1, mm_t x2, mm_t y2)
{
    fputs("}, \"geometry\": {\"type\": \"LineString\", \"coordinates\": [", f);
    point(f, x1, y1);
    fputs(", ", f);
    point(f, x2, y2);
    fputs("]}}", f);
}

static void spot(FILE *f, mm_t x, mm_t y)
{
    fputs("}, \"geometry\": {\"type\": \"Point\", \"coordinates\": ", f);
    point(f, x, y);
    fputs("}}", f);
}

static void put_graph(const struct site *s, FILE *f, bool *first)
{
    for (node_id i = 0; i < s->nodes; i++) {
        const struct site_node *n = &s->node[i];
        begin(f, first, "node", n->id, s->level[n->level].id);
        fprintf(f, ", \"park\": %s, \"charger\": %s, \"holding\": %s, \"refuge\": %s, \"washer\": %s",
                n->flags & NODE_PARK ? "true" : "false", n->flags & NODE_CHARGER ? "true" : "false",
                n->flags & NODE_HOLDING ? "true" : "false", n->flags & NODE_REFUGE ? "true" : "false",
                n->flags & NODE_WASHER ? "true" : "false");
        if (n->station != ID_NONE) put(f, ", \"station\": ", s->station[n->station].id);
        spot(f, n->x_mm, n->y_mm);
    }
    for (lane_id i = 0; i < s->lanes; i++) {
        const struct site_edge *e = &s->edge[s->lane_edge[i]];
        const struct site_node *a = &s->node[e->from], *b = &s->node[e->to];
        if (e->ride_ms) continue;
        begin(f, first, "lane", e->id, s->level[a->level].id);
        fprintf(f, ", \"both_ways\": %s", e->twin != ID_NONE ? "true" : "false");
        if (e->barred) put_hygiene_set(f, ", \"allow\": ", (hygiene_set)(HYGIENE_ALL & ~e->barred));
        line(f, a->x_mm, a->y_mm, b->x_mm, b->y_mm);
    }
    for (station_id i = 0; i < s->stations; i++) {
        const struct site_node *n = &s->node[s->station[i].node];
        begin(f, first, "station", s->station[i].id, s->level[n->level].id);
        names(f, &s->station[i].name);
        fprintf(f, ", \"use\": \"%s\"", station_kind_name[s->station[i].kind]);
        spot(f, n->x_mm, n->y_mm);
    }
}

static void put_cabin(const struct site *s, FILE *f, bool *first, const struct site_elevator *c)
{
    double cs = cos(c->yaw / 1000.0), sn = sin(c->yaw / 1000.0), w = c->width_mm / 2.0, d = c->depth_mm / 2.0;
    static const int corner[5][2] = { { -1, -1 }, { 1, -1 }, { 1, 1 }, { -1, 1 }, { -1, -1 } };
    begin(f, first, "elevator", c->id, NULL);
    names(f, &c->name);
    fputs(", \"levels\": [", f);
    for (uint16_t i = 0; i < c->landings; i++) put(f, i ? ", " : "", s->level[c->landing[i].level].id);
    fputs("]}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[", f);
    for (int i = 0; i < 5; i++) {
        double x = corner[i][0] * w, y = corner[i][1] * d;
        if (i) fputs(", ", f);
        point(f, (mm_t)lround(c->x_mm + x * cs - y * sn), (mm_t)lround(c->y_mm + x * sn + y * cs));
    }
    fputs("]]}}", f);
}

static void put_zone(const struct site *s, FILE *f, bool *first, const struct site_zone *z)
{
    if (z->corners == 0) return; /* the whole level: nothing to draw */
    begin(f, first, "zone", z->id, s->level[z->level].id);
    names(f, &z->name);
    fprintf(f, ", \"use\": \"%s\"}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[",
            zone_kind_name[z->kind]);
    for (uint8_t i = 0; i <= z->corners; i++) {
        if (i) fputs(", ", f);
        point(f, z->x_mm[i % z->corners], z->y_mm[i % z->corners]);
    }
    fputs("]]}}", f);
}

int export_geojson(const struct site *s, FILE *f)
{
    bool first = true;
    put(f, "{\"type\": \"FeatureCollection\", \"frame\": \"site metres\", \"site\": ", s->id);
    fputs(", \"features\": [", f);
    for (uint32_t i = 0; i < s->walls; i++) {
        begin(f, &first, "wall", NULL, s->level[s->wall[i].level].id);
        line(f, s->wall[i].x1_mm, s->wall[i].y1_mm, s->wall[i].x2_mm, s->wall[i].y2_mm);
    }
    for (door_id i = 0; i < s->doors; i++) {
        begin(f, &first, "door", s->door[i].id, s->level[s->door[i].level].id);
        line(f, s->door[i].x1_mm, s->door[i].y1_mm, s->door[i].x2_mm, s->door[i].y2_mm);
    }
    for (elevator_id i = 0; i < s->elevators; i++) put_cabin(s, f, &first, &s->elevator[i]);
    for (zone_id i = 0; i < s->zones; i++) put_zone(s, f, &first, &s->zone[i]);
    put_graph(s, f, &first);
    for (uint32_t i = 0; i < s->labels; i++) {
        begin(f, &first, "label", NULL, s->level[s->label[i].level].id);
        names(f, &s->label[i].text);
        spot(f, s->label[i].x_mm, s->label[i].y_mm);
    }
    fputs("\n]}\n", f);
    return ferror(f) ? ORD_EIO : ORD_OK;
}
