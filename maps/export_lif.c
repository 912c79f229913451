/* export_lif - the site as a Layout Interchange File of the VDMA, version 1.0.0, strictly after its schema: what a
 * supplier of robots asks for. A level is a layout, a class of robots a vehicle type, a ride an edge into another
 * layout. Doors, elevators, hygiene and hours have no place in LIF; who needs them reads the site.
 *
 * An edge that no class may use is left out, since LIF wants at least one type for each edge. */
#include <stdlib.h>
#include <time.h>

#include "common/text.h"
#include "maps_io.h"

static void put_string(FILE *f, const char *key, const char *s)
{
    char buf[6 * SITE_NAME_MAX + 4];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_json(&t, s);
    fprintf(f, "%s%s", key, buf);
}

static void put_milli(FILE *f, const char *key, int64_t v)
{
    char buf[32];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_milli(&t, v);
    fprintf(f, "%s%s", key, buf);
}

/* Now, or SOURCE_DATE_EPOCH where a build must give the same bytes again. */
static void put_time(FILE *f)
{
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    time_t now = fixed ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
    struct tm t;
    char text[32];
    gmtime_r(&now, &t);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &t);
    put_string(f, ", \"exportTimestamp\": ", text);
}

static void put_action(FILE *f, bool *first, const char *type)
{
    put_string(f, *first ? ", \"actions\": [{\"actionType\": " : ", {\"actionType\": ", type);
    fputs(", \"requirementType\": \"CONDITIONAL\", \"blockingType\": \"HARD\"}", f);
    *first = false;
}

static void put_node(const struct site *s, node_id n, FILE *f)
{
    const struct site_node *v = &s->node[n];
    put_string(f, "{\"nodeId\": ", v->id);
    put_string(f, ", \"mapId\": ", s->level[v->level].id);
    put_milli(f, ", \"nodePosition\": {\"x\": ", v->x_mm);
    put_milli(f, ", \"y\": ", v->y_mm);
    fputs("}, \"vehicleTypeNodeProperties\": [", f);
    for (class_id c = 0; c < s->classes; c++) {
        bool first = true;
        put_string(f, c ? ", {\"vehicleTypeId\": " : "{\"vehicleTypeId\": ", s->cls[c].id);
        if (v->station != ID_NONE) put_action(f, &first, "pick"), put_action(f, &first, "drop");
        if (v->flags & NODE_CHARGER) put_action(f, &first, "startCharging"), put_action(f, &first, "stopCharging");
        fputs(first ? "}" : "]}", f);
    }
    fputs("]}", f);
}

static bool usable(const struct site *s, edge_id e)
{
    class_id c = 0;
    while (c < s->classes && !site_fits(s, c, e)) c++;
    return c < s->classes;
}

static void put_edge(const struct site *s, edge_id e, FILE *f)
{
    const struct site_edge *v = &s->edge[e];
    bool first = true;
    put_string(f, "{\"edgeId\": ", v->id);
    put_string(f, ", \"startNodeId\": ", s->node[v->from].id);
    put_string(f, ", \"endNodeId\": ", s->node[v->to].id);
    fputs(", \"vehicleTypeEdgeProperties\": [", f);
    for (class_id c = 0; c < s->classes; c++) {
        if (!site_fits(s, c, e)) continue;
        put_string(f, first ? "{\"vehicleTypeId\": " : ", {\"vehicleTypeId\": ", s->cls[c].id);
        first = false;
        fputs(", \"rotationAllowed\": false", f);
        if (v->speed_mm_s) put_milli(f, ", \"maxSpeed\": ", v->speed_mm_s);
        fputc('}', f);
    }
    fputs("]}", f);
}

static void put_station(const struct site *s, station_id i, FILE *f)
{
    const struct site_station *t = &s->station[i];
    put_string(f, "{\"stationId\": ", t->id);
    for (uint8_t k = 0; k < station_slots(t); k++)
        put_string(f, k ? ", " : ", \"interactionNodeIds\": [", s->node[station_slot(t, k)].id);
    put_string(f, "], \"stationName\": ", t->name.en);
    put_string(f, ", \"stationDescription\": ", t->name.zh);
    fputc('}', f);
}

static void put_layout(const struct site *s, level_id l, FILE *f)
{
    const char *sep = "\n    ";
    put_string(f, "\n  {\"layoutId\": ", s->level[l].id);
    put_string(f, ", \"layoutName\": ", s->level[l].name.en);
    put_string(f, ", \"layoutVersion\": \"1\", \"layoutLevelId\": ", s->level[l].id);
    put_string(f, ", \"layoutDescription\": ", s->level[l].name.zh);
    fputs(",\n   \"nodes\": [", f);
    for (node_id n = 0; n < s->nodes; n++) {
        if (s->node[n].level != l) continue;
        fputs(sep, f);
        put_node(s, n, f);
        sep = ",\n    ";
    }
    fputs("],\n   \"edges\": [", f);
    sep = "\n    ";
    for (edge_id e = 0; e < s->edges; e++) {
        if (s->node[s->edge[e].from].level != l || !usable(s, e)) continue;
        fputs(sep, f);
        put_edge(s, e, f);
        sep = ",\n    ";
    }
    fputs("],\n   \"stations\": [", f);
    sep = "\n    ";
    for (station_id i = 0; i < s->stations; i++) {
        if (s->node[s->station[i].node].level != l) continue;
        fputs(sep, f);
        put_station(s, i, f);
        sep = ",\n    ";
    }
    fputs("]}", f);
}

int export_lif(const struct site *s, FILE *f)
{
    put_string(f, "{\"metaInformation\": {\"projectIdentification\": ", s->id);
    fputs(", \"creator\": \"Orderly " ORDERLY_VERSION "\"", f);
    put_time(f);
    fputs(", \"lifVersion\": \"1.0.0\"},\n \"layouts\": [", f);
    for (level_id l = 0; l < s->levels; l++) {
        if (l) fputc(',', f);
        put_layout(s, l, f);
    }
    fputs("]}\n", f);
    return ferror(f) ? ORD_EIO : ORD_OK;
}
