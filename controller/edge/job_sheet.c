#include "job_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/units.h"

#define JOBS_MAX 100000

static const char head[] =
    "<meta charset=\"utf-8\">\n"
    "<style>\n"
    "@page { size: A4 landscape; margin: 12mm }\n"
    "body { font: 11pt/1.35 sans-serif; color: #000; background: #fff; margin: 1.5em }\n"
    "h1 { font-size: 15pt; margin: 0 }\n"
    "p { margin: .3em 0 .8em }\n"
    "table { border-collapse: collapse; width: 100% }\n"
    "thead { display: table-header-group }\n"
    "tr { break-inside: avoid }\n"
    "th, td { border: 1px solid #000; padding: .35em .5em; text-align: left; vertical-align: top }\n"
    "td.sign { min-width: 7em }\n"
    "tr.urgent td { font-weight: bold; border-width: 2px }\n"
    "</style>\n";

static const struct {
    const char *en, *zh;
} column[] = {
    { "Job", "任务" },          { "Urgency", "优先级" },
    { "From", "取货站" },       { "To", "目的站" },
    { "Goods", "物品" },        { "Number", "数量" },
    { "Asked", "申请时间" },    { "Where it is", "现状" },
    { "Taken at", "取货时间" }, { "Handed over, name", "交接时间、签名" },
};

/* Words of people stand in it: nothing of them may act as markup. */
static void put_text(FILE *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(*s, out);
        }
    }
}

static void put_station(FILE *out, struct json_at stations, const char *id, bool zh)
{
    for (size_t i = 0, n = json_array(stations, UINT16_MAX); i < n; i++) {
        struct json_at s = json_item(stations, i);
        if (strcmp(json_str(json_need(s, "id")), id) != 0) continue;
        const char *name = json_str(json_opt(json_need(s, "name"), zh ? "zh" : "en"));
        put_text(out, *name ? name : id);
        return;
    }
    put_text(out, id);
}

static void put_place(FILE *out, struct json_at job, bool zh)
{
    static const char *const states[] = { "requested", "assigned", "loaded", "moving", "arrived" };
    static const char *const en[] = { "waits at its station", "waits; robot ", "on robot ", "on robot ",
                                      "arrived with robot " };
    static const char *const zh_words[] = { "在取货站等候", "等候取货；机器人 ", "在机器人上 ", "在机器人上 ",
                                            "已随机器人到达 " };
    const char *state = json_str(json_need(job, "state"));
    struct json_at robot = json_opt(job, "robot");
    for (size_t i = 0; i < COUNT_OF(states); i++)
        if (strcmp(state, states[i]) == 0) put_text(out, zh ? zh_words[i] : en[i]);
    if (json_has(robot)) put_text(out, json_str(robot));
}

struct order {
    int64_t priority, id;
    size_t index;
};

static int by_urgency(const void *a, const void *b)
{
    const struct order *x = a, *y = b;
    if (x->priority != y->priority) return x->priority < y->priority ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void put_job(FILE *out, struct json_at job, struct json_at stations, bool zh)
{
    int64_t priority = json_int(json_need(job, "priority"), 0, 9);
    char asked[17] = "";
    const char *at = json_str(json_need(job, "requested_at")); /* 2026-01-31T08:15:00.250Z */
    if (strlen(at) >= 16) {
        memcpy(asked, at, 16);
        asked[10] = ' ';
    }
    fprintf(out, "<tr%s><td>%lld</td><td>%lld%s</td><td>", priority <= 1 ? " class=\"urgent\"" : "",
            (long long)json_int(json_need(job, "id"), 1, UINT32_MAX), (long long)priority,
            priority > 1 ? ""
            : zh         ? " 紧急"
                         : " urgent");
    put_station(out, stations, json_str(json_need(job, "from")), zh);
    fputs("</td><td>", out);
    put_station(out, stations, json_str(json_need(job, "to")), zh);
    fputs("</td><td>", out);
    put_text(out, json_str(json_need(job, "item")));
    fprintf(out, "</td><td>%lld</td><td>", (long long)json_int(json_need(job, "quantity"), 0, 100000));
    put_text(out, asked);
    fputs(" UTC</td><td>", out);
    put_place(out, job, zh);
    fputs("</td><td class=\"sign\"></td><td class=\"sign\"></td></tr>\n", out);
}

int job_sheet_write(FILE *out, struct json_at jobs, struct json_at site, const char *printed_at, bool zh)
{
    struct json_at list = json_need(jobs, "jobs"), stations = json_need(site, "stations");
    size_t n = json_array(list, JOBS_MAX);
    struct order *order = calloc(n + 1, sizeof *order);
    if (!order) return ORD_EMEMORY;
    for (size_t i = 0; i < n; i++) {
        struct json_at job = json_item(list, i);
        order[i] = (struct order){ json_int(json_need(job, "priority"), 0, 9),
                                   json_int(json_need(job, "id"), 1, UINT32_MAX), i };
    }
    qsort(order, n, sizeof *order, by_urgency);
    const char *title = zh ? "未完成的配送任务" : "Open deliveries";
    fprintf(out, "<!doctype html>\n<html lang=\"%s\">\n%s<title>%s</title>\n<h1>%s</h1>\n<p>", zh ? "zh" : "en", head,
            title, title);
    fprintf(out, zh ? "共 %zu 项，截至 " : "%zu jobs as of ", n);
    put_text(out, printed_at);
    fputs(
        zh ? "。通信中断时由人工配送：先取紧急件；已装车的物品请到机器人处领取，并在此签名。</p>\n<table>\n<thead><tr>"
           : ". While the network is down people carry these: urgent ones first; fetch loaded goods from the robot "
             "named, and "
             "sign here.</p>\n<table>\n<thead><tr>",
        out);
    for (size_t i = 0; i < COUNT_OF(column); i++) fprintf(out, "<th>%s</th>", zh ? column[i].zh : column[i].en);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < n; i++) put_job(out, json_item(list, order[i].index), stations, zh);
    fputs("</tbody>\n</table>\n</html>\n", out);
    free(order);
    if (!json_ok(jobs.doc)) return jobs.doc->err;
    return json_ok(site.doc) ? (int)n : site.doc->err;
}
