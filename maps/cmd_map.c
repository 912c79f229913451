/* cmd_map - orderly map check|show|import|compile|generate. Exit codes: 0 done, 1 it failed, 2 wrong command line, 3
 * the map has errors. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "maps_io.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_LINT };

static bool chinese(void)
{
    const char *names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *v = getenv(names[i]);
        if (v && v[0]) return strncmp(v, "zh", 2) == 0;
    }
    return false;
}

static const char *__attribute__((format_arg(1), format_arg(2))) say(const char *zh, const char *en)
{
    return chinese() ? zh : en;
}

struct options {
    const char *file, *fleet, *out, *from, *to, *preset;
    bool json, geojson, html, fix;
    struct import_options import;
    struct generate_options generate;
    struct hospital_options hospital; /* what was stated; zeros: as the preset has it */
    bool heavy_given, cabinet_given;
    uint16_t trace_levels;
    double height_m;
};

enum { CHECK, LINT, SHOW, EXPORT, IMPORT, TRACE, COMPILE, GENERATE, FLEET }; /* the order of the table */
static const struct command {
    const char *name, *en, *zh;
} commands[] = {
    { "check",
      "usage: orderly map check SITE.json [--fleet FLEET.json] [--json]\n\n"
      "Judges a map: every error and warning with its place and what to do, and how many refuges are proven.\n"
      "With --fleet: for the robot classes of that fleet, and whether there is a refuge for every robot.\n\n"
      "  --fleet FILE   orderly-fleet/1; without it the built-in class 'courier' (0.6 x 0.6 m)\n"
      "  --json         one JSON object on standard output\n\n"
      "exit codes: 0 no errors, 1 the file cannot be used, 2 wrong command line, 3 the map has errors\n",
      "用法：orderly map check SITE.json [--fleet FLEET.json] [--json]\n\n"
      "检查地图：列出每个错误和警告的位置与处理办法，并证明有多少个避让位。\n"
      "给出 --fleet 时按该车队的车型检查，并确认每台机器人都有避让位。\n\n"
      "  --fleet 文件   orderly-fleet/1；不给时使用内置车型 courier（0.6 x 0.6 米）\n"
      "  --json         在标准输出打印一个 JSON 对象\n\n"
      "退出码：0 没有错误，1 文件无法使用，2 命令行错误，3 地图有错误\n" },
    { "lint",
      "usage: orderly map lint SITE.json [--fleet FLEET.json] [--fix] [-o OUT.json] [--json]\n\n"
      "Judges a map as `orderly map check` does. With --fix, what can be meant in one way only is put right first: "
      "edges\n"
      "from a node to itself, nodes at one place, doors that are crossed but not named, landings stated twice, cabin\n"
      "marks outside the cabin, nodes without any edge. What remains is listed.\n\n"
      "  --fix          put right what has one answer, tell each, and write the map\n"
      "  -o FILE        where the fixed map goes (default: over SITE)\n"
      "  --fleet FILE   orderly-fleet/1; without it the built-in class 'courier'\n"
      "  --json         one JSON object on standard output\n\n"
      "exit codes: 0 no errors (left), 1 the file cannot be used, 2 wrong command line, 3 the map has errors\n",
      "用法：orderly map lint SITE.json [--fleet FLEET.json] [--fix] [-o OUT.json] [--json]\n\n"
      "与 orderly map check 一样检查地图。给出 --fix 时先改正只有一种改法的问题：通到自身的边、同一位置的节点、\n"
      "穿过而未写明的门、写了两次的停靠点、轿厢外的轿厢标记、没有边的节点。其余问题照样列出。\n\n"
      "  --fix          改正只有一种改法的问题，逐条说明，并写出地图\n"
      "  -o 文件        改正后的地图写到哪里（默认覆盖 SITE）\n"
      "  --fleet 文件   orderly-fleet/1；不给时使用内置车型 courier\n"
      "  --json         在标准输出打印一个 JSON 对象\n\n"
      "退出码：0 没有（剩余）错误，1 文件无法使用，2 命令行错误，3 地图有错误\n" },
    { "show",
      "usage: orderly map show SITE.json [--fleet FLEET.json] [-o FILE] [--svg | --html | --geojson]\n\n"
      "Draws the map: levels side by side, lanes, stations, elevators, doors, refuges, scale.\n\n"
      "  -o FILE     write there instead of standard output\n"
      "  --svg       a drawing (default)\n"
      "  --html      a page with pan, zoom and layers: lanes, conflicts, refuges, zones, clearances, findings\n"
      "  --geojson   GeoJSON (metres, not degrees)\n"
      "  --fleet FILE  conflicts and clearances for its first class; without it the built-in class 'courier'\n",
      "用法：orderly map show SITE.json [--fleet FLEET.json] [-o 文件] [--svg | --html | --geojson]\n\n"
      "绘制地图：各楼层并排，含通道、站点、电梯、门、避让位和比例尺。\n\n"
      "  -o 文件     写入该文件而不是标准输出\n"
      "  --svg       图画（默认）\n"
      "  --html      可平移、缩放、分图层的网页：通道、冲突、避让位、分区、净空、检查结果\n"
      "  --geojson   GeoJSON（单位为米而非度）\n"
      "  --fleet 文件  冲突和净空按其第一种车型；不给时使用内置车型 courier\n" },
    { "export",
      "usage: orderly map export --to lif|geojson SITE.json [--fleet FLEET.json] [-o FILE]\n\n"
      "Writes the site in a format of others.\n\n"
      "  --to lif       Layout Interchange Format of the VDMA, 1.0.0: layouts, nodes, edges, stations; one vehicle "
      "type\n"
      "                 for each robot class. Doors, elevators, hygiene and hours have no place in it\n"
      "  --to geojson   GeoJSON in metres, for drawing tools\n"
      "  --fleet FILE   orderly-fleet/1; without it the built-in class 'courier'\n"
      "  -o FILE        write there instead of standard output\n\n"
      "exit codes: 0 done, 1 it failed, 2 wrong command line\n",
      "用法：orderly map export --to lif|geojson SITE.json [--fleet FLEET.json] [-o 文件]\n\n"
      "把地图写成其他格式。\n\n"
      "  --to lif       VDMA 布局交换格式 1.0.0：布局、节点、边、站点；每种机器人为一种车型。\n"
      "                 门、电梯、洁污规则和时段在该格式中没有位置\n"
      "  --to geojson   GeoJSON（单位为米），供绘图工具使用\n"
      "  --fleet 文件   orderly-fleet/1；不给时使用内置车型 courier\n"
      "  -o 文件        写入该文件而不是标准输出\n\n"
      "退出码：0 完成，1 失败，2 命令行错误\n" },
    { "import",
      "usage: orderly map import --from rmf|opentcs|lif|grid FILE -o OUT.site.json [options]\n\n"
      "Makes an orderly-site/1 of another map format and tells what was kept, guessed, dropped and added.\n\n"
      "  --from rmf     Open-RMF traffic editor, building.yaml\n"
      "  --from opentcs openTCS plant model, .xml, formats 0.0.2 to 7\n"
      "  --from lif     Layout Interchange Format of the VDMA, .json, 1.0 and 2.0 draft\n"
      "  --from grid    Moving AI grid, .map\n"
      "  -o FILE        where the site goes\n"
      "  --graph N      rmf: which navigation graph, 0..8 (default 0); several as 0,2; or all\n"
      "  --refuges N    not for grid: add holding bays until N refuges are proven (default 8, 0 = add none)\n"
      "  --vehicle ID   lif: only what this vehicle type may use (default all types)\n"
      "  --cell M       grid: width of a cell in metres (default 1.0)\n"
      "  --json         the report as one JSON object\n",
      "用法：orderly map import --from rmf|opentcs|lif|grid FILE -o OUT.site.json [选项]\n\n"
      "把其他格式的地图转成 orderly-site/1，并说明保留、推断、舍去和新增了什么。\n\n"
      "  --from rmf     Open-RMF 编辑器的 building.yaml\n"
      "  --from opentcs openTCS 工厂模型 .xml，格式 0.0.2 至 7\n"
      "  --from lif     VDMA 布局交换格式 .json，1.0 及 2.0 草案\n"
      "  --from grid    Moving AI 网格 .map\n"
      "  -o 文件        输出的地图文件\n"
      "  --graph N      rmf：导航图编号 0..8（默认 0）；多个如 0,2；或 all\n"
      "  --refuges N    grid 除外：添加避让位直到证明有 N 个可用（默认 8，0 为不添加）\n"
      "  --vehicle ID   lif：只取该车型可用的部分（默认全部）\n"
      "  --cell M       grid：格宽，米（默认 1.0）\n"
      "  --json         以一个 JSON 对象打印报告\n" },
    { "trace",
      "usage: orderly map trace --geojson PLAN.geojson -o OUT.site.json [options]\n\n"
      "Proposes a lane graph from a floor plan in metres: lanes along the middle of the free floor, two one-way lanes\n"
      "where two robots can pass and one for both ways elsewhere, elevators from shafts, stations from points.\n"
      "Each feature has properties: kind (wall, door, shaft, floor, station, park, charger, holding, washer), and\n"
      "optionally level, id, zh, en, station (ward, kitchen, ...), powered (a door that the controller opens).\n\n"
      "  --geojson FILE  the plan (see docs/your-hospital.md)\n"
      "  -o FILE         where the site goes\n"
      "  --levels N      the plan is that of N levels alike; without it, the levels that it names\n"
      "  --height M      from one level to the next, in metres (default 4)\n"
      "  --refuges N     add holding bays until N refuges are proven (default 8, 0 = add none)\n"
      "  --fleet FILE    lanes are for its widest robot; without it the built-in class 'courier'\n"
      "  --json          the report as one JSON object\n\n"
      "exit codes: 0 done, 1 it failed, 2 wrong command line\n",
      "用法：orderly map trace --geojson PLAN.geojson -o OUT.site.json [选项]\n\n"
      "由平面图（单位为米）提出路网：通道沿空地中线，能错车处为两条单行道，其余为双向轮流的单车道，\n"
      "井道成为电梯，点成为站点。每个要素的 properties：kind（wall、door、shaft、floor、station、park、\n"
      "charger、holding、washer），可选 level、id、zh、en、station（ward、kitchen 等）、powered（由控制器开的门）。\n\n"
      "  --geojson 文件  平面图（见 docs/your-hospital.md）\n"
      "  -o 文件         输出的地图文件\n"
      "  --levels N      平面图为 N 个相同楼层；不给时取图中写明的楼层\n"
      "  --height M      层高，米（默认 4）\n"
      "  --refuges N     添加避让位直到证明有 N 个可用（默认 8，0 为不添加）\n"
      "  --fleet 文件    通道按其中最宽的机器人；不给时使用内置车型 courier\n"
      "  --json          以一个 JSON 对象打印报告\n\n"
      "退出码：0 完成，1 失败，2 命令行错误\n" },
    { "compile",
      "usage: orderly map compile SITE.json [--fleet FLEET.json] [--json]\n\n"
      "Computes what conflicts with what for each robot class and prints the counts and the time taken.\n\n"
      "  --fleet FILE   orderly-fleet/1; without it the built-in class 'courier'\n"
      "  --json         one JSON object on standard output\n",
      "用法：orderly map compile SITE.json [--fleet FLEET.json] [--json]\n\n"
      "计算各车型之间哪些节点和通道互相冲突，打印数量和用时。\n\n"
      "  --fleet 文件   orderly-fleet/1；不给时使用内置车型 courier\n"
      "  --json         在标准输出打印一个 JSON 对象\n" },
    { "generate",
      "usage: orderly map generate --preset h500|h1500|grid20|shaft [options] -o OUT.site.json\n\n"
      "Makes a building by rule; the same options, the same bytes.\n\n"
      "  --preset h500|h1500        a hospital with 500 or 1,500 beds: wards, theatres, stores, elevators, hygiene\n"
      "  --beds N                   for its name and its washers\n"
      "  --levels N                 levels with wards, two wards each and tower\n"
      "  --towers 1|2\n"
      "  --elevators LIST           as L1:clean,L2:dirty,L3:shared; also mixed (clean and dirty by hours).\n"
      "                             With two towers ids begin with E or W, or stand between them\n"
      "  --width M                  of corridors, 3.6 to 8 m (default 3.6)\n"
      "  --heavy N --cabinet N      robots to find room for; a fifth more is made\n\n"
      "  --preset grid20            a test floor: 20 x 20 points 3 m apart, 60 stations, 100 parking places\n"
      "  --aisles two-way|one-way   both ways (default), or one way in turn\n"
      "  --stations spur|thru       a dead end beside a point (default), or on a way from one point to the next\n"
      "  --seed S                   which points have a station or a parking place (default 1)\n\n"
      "  --preset shaft             two levels, one elevator, a station on each: how many rides an hour it can do\n"
      "  --one-way                  it takes robots up only, others take them down\n\n"
      "  -o FILE                    where the site goes\n"
      "  --json                     the report as one JSON object\n",
      "用法：orderly map generate --preset h500|h1500|grid20|shaft [选项] -o OUT.site.json\n\n"
      "按规则生成建筑；相同选项得到相同的文件。\n\n"
      "  --preset h500|h1500        500 床或 1500 床医院：病区、手术室、库房、电梯、洁污规则\n"
      "  --beds N                   床位数，用于名称和清洗位数量\n"
      "  --levels N                 病区楼层数，每层每塔楼两个病区\n"
      "  --towers 1|2               塔楼数\n"
      "  --elevators 列表           如 L1:clean,L2:dirty,L3:shared；还可用 mixed（洁污分时）。\n"
      "                             两座塔楼时编号以 E 或 W 开头，其余位于两塔之间\n"
      "  --width M                  走廊宽度，3.6 至 8 米（默认 3.6）\n"
      "  --heavy N --cabinet N      需要安置的机器人数；另留五分之一余量\n\n"
      "  --preset grid20            测试场地：20 x 20 个点，间距 3 米，60 个站点，100 个停车位\n"
      "  --aisles two-way|one-way   通道双向（默认），或交替单向\n"
      "  --stations spur|thru       点旁的尽头支路（默认），或从一点通往下一点的路上\n"
      "  --seed S                   哪些点旁有站点或停车位（默认 1）\n\n"
      "  --preset shaft             两层一梯，每层一个站点：测一部电梯每小时能运多少趟\n"
      "  --one-way                  该梯只上行，下行由其他电梯承担\n\n"
      "  -o 文件                    输出的地图文件\n"
      "  --json                     以一个 JSON 对象打印报告\n" },
    { "fleet",
      "usage: orderly map fleet --preset h500|h1500 [--heavy N] [--cabinet N] -o OUT.fleet.json\n\n"
      "Writes the robots of a generated hospital: underride_agv (carts) and cabinet_amr (four totes).\n\n"
      "  --heavy N --cabinet N      how many (h500: 14 and 5, h1500: 45 and 14)\n"
      "  -o FILE                    where the fleet goes\n",
      "用法：orderly map fleet --preset h500|h1500 [--heavy N] [--cabinet N] -o OUT.fleet.json\n\n"
      "写出生成医院的机器人：underride_agv（推车）和 cabinet_amr（四个周转箱）。\n\n"
      "  --heavy N --cabinet N      数量（h500：14 和 5，h1500：45 和 14）\n"
      "  -o 文件                    输出的车队文件\n" },
};

static int usage(FILE *f)
{
    fputs(say("用法：orderly map check|lint|show|import|export|trace|compile|generate|fleet ...      orderly map 命令 "
              "--help\n",
              "usage: orderly map check|lint|show|import|export|trace|compile|generate|fleet ...      orderly map "
              "COMMAND "
              "--help\n"),
          f);
    return f == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int failed(int err, const struct err_note *note)
{
    if (chinese()) fprintf(stderr, "orderly map：%s：%s（%s）\n", note->where, err_zh(err), note->what);
    else fprintf(stderr, "orderly map: %s: %s\n", note->where, note->what);
    return EXIT_FAILED;
}

static void put(const char *key, const char *s)
{
    char buf[2048];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_json(&t, s);
    printf("%s%s", key, buf);
}

static int wrong(const char *command, const char *zh, const char *en, const char *value)
{
    fprintf(stderr, "orderly map %s: %s%s%s\n", command, say(zh, en), value ? " " : "", value ? value : "");
    fprintf(stderr, say("查看：orderly map %s --help\n", "see: orderly map %s --help\n"), command);
    return EXIT_USAGE;
}

/* ---- loading ---- */

/* Site and fleet, compiled; without a fleet file the built-in class for one robot. Errors are in *note. */
static int load(const struct options *o, struct site **s, struct fleet_spec **f, struct err_note *note)
{
    *s = NULL;
    *f = NULL;
    int err = o->fleet ? fleet_spec_open(o->fleet, f, note) : fleet_spec_default(1, f);
    if (!err) err = site_open(o->file, s, note);
    if (!err) err = site_compile(*s, (*f)->classes, (*f)->cls, note);
    if (!err) return ORD_OK;
    site_close(*s);
    fleet_spec_close(*f);
    return err;
}

static int site_out(const void *what, FILE *f) { return site_write(what, f); }
static int svg_out(const void *what, FILE *f) { return export_svg(what, f); }
static int geojson_out(const void *what, FILE *f) { return export_geojson(what, f); }
static int lif_out(const void *what, FILE *f) { return export_lif(what, f); }
static int fleet_out(const void *what, FILE *f) { return fleet_spec_write(what, f); }

/* A file appears whole or not at all. */
static int write_file(const char *path, const void *what, int (*write)(const void *what, FILE *f),
                      struct err_note *note)
{
    if (!path || strcmp(path, "-") == 0)
        return write(what, stdout) || fflush(stdout) ? err_at(note, ORD_EIO, "stdout", "cannot be written") : ORD_OK;
    size_t n = strlen(path) + 5;
    char *part = malloc(n);
    if (!part) return err_at(note, ORD_EMEMORY, path, "%s", err_en(ORD_EMEMORY));
    snprintf(part, n, "%s.new", path);
    FILE *f = fopen(part, "wb");
    int err = f ? write(what, f) : ORD_EIO;
    if (f && fclose(f) != 0) err = ORD_EIO;
    if (!err && rename(part, path) != 0) err = ORD_EIO;
    if (err) {
        remove(part);
        err_at(note, err, path, "cannot be written: does the folder exist, is there room, may you write there?");
    }
    free(part);
    return err;
}

/* ---- check ---- */

static const char *level_word(enum lint_level l)
{
    static const char *const en[] = { "error", "warning", "info" }, *const zh[] = { "错误", "警告", "提示" };
    return chinese() ? zh[l] : en[l];
}

static void print_lint(const struct site *s, const struct lint_report *r, uint16_t robots)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct lint_finding *f = &r->finding[i];
        printf("%s [%s] %s: %s\n", level_word(f->level), f->code, f->where, say(f->zh, f->en));
    }
    printf(say("%s：%d 个错误，%d 个警告；证明可用的避让位 %d 个", "%s: %d errors, %d warnings; %d refuges proven"),
           s->id, r->errors, r->warnings, r->refuges);
    if (robots) printf(say("，机器人 %d 台", " for %d robots"), robots);
    printf("\n");
}

static void print_lint_json(const struct site *s, const struct lint_report *r, uint16_t robots)
{
    static const char *const word[] = { "error", "warning", "info" };
    put("{\"site\": ", s->id);
    printf(
        ", \"hash\": \"%016llx\", \"errors\": %d, \"warnings\": %d, \"refuges\": %d, \"robots\": %d, \"findings\": [",
        (unsigned long long)s->hash, r->errors, r->warnings, r->refuges, robots);
    for (size_t i = 0; i < r->count; i++) {
        const struct lint_finding *f = &r->finding[i];
        printf("%s\n  {\"level\": \"%s\"", i ? "," : "", word[f->level]);
        put(", \"code\": ", f->code);
        put(", \"where\": ", f->where);
        put(", \"en\": ", f->en);
        put(", \"zh\": ", f->zh);
        printf("}");
    }
    printf("]}\n");
}

static int check(const struct options *o)
{
    struct site *s;
    struct fleet_spec *f;
    struct lint_report r = { 0 };
    struct err_note note = { 0 };
    int err = load(o, &s, &f, &note);
    if (err) return failed(err, &note);
    uint16_t robots = o->fleet ? f->robots : 0;
    node_id *start = calloc((size_t)f->robots + 1, sizeof *start);
    err = start ? site_lint(s, robots, &r) : ORD_EMEMORY;
    if (err) err_at(&note, err, o->file, "%s", err_en(err));
    if (!err && o->json) print_lint_json(s, &r, robots);
    else if (!err) print_lint(s, &r, robots);
    int code = err ? failed(err, &note) : r.errors ? EXIT_LINT : EXIT_DONE;
    if (!code && robots &&
        (err = fleet_spec_place(f, s, start, &note))) { /* a fleet may also ask for places that collide */
        failed(err, &note);
        code = EXIT_LINT;
    }
    free(start);
    lint_close(&r);
    site_close(s);
    fleet_spec_close(f);
    return code;
}

/* ---- lint --fix ---- */

static int fix(const struct options *o)
{
    struct site *s = NULL, *fixed = NULL;
    struct import_report r = { 0 };
    struct err_note note = { 0 };
    struct options then = *o;
    int err = site_open(o->file, &s, &note);
    if (!err) err = site_fix(s, &fixed, &r, &note);
    then.file = o->out ? o->out : o->file;
    if (!err && (r.count > 0 || o->out)) err = write_file(then.file, fixed, site_out, &note);
    for (size_t i = 0; i < r.count && !err && !o->json; i++)
        printf(say("已改正：%s\n", "fixed: %s\n"), say(r.line[i].zh, r.line[i].en));
    import_report_close(&r);
    site_close(s);
    site_close(fixed);
    return err ? failed(err, &note) : check(&then);
}

/* ---- show ---- */

struct page {
    const struct site *s;
    const struct lint_report *lint;
};

static int page_out(const void *what, FILE *f)
{
    const struct page *p = what;
    return export_html(p->s, p->lint, chinese(), f);
}

static int show_page(const struct options *o, struct site *s, struct err_note *note)
{
    struct lint_report lint;
    int err = site_lint(s, 0, &lint);
    if (err) return err_at(note, err, o->file, "%s", err_en(err));
    err = write_file(o->out, &(struct page){ s, &lint }, page_out, note);
    lint_close(&lint);
    return err;
}

static int show(const struct options *o)
{
    struct site *s;
    struct fleet_spec *f;
    struct err_note note = { 0 };
    int err = load(o, &s, &f, &note);
    if (err) return failed(err, &note);
    err = o->html ? show_page(o, s, &note) : write_file(o->out, s, o->geojson ? geojson_out : svg_out, &note);
    site_close(s);
    fleet_spec_close(f);
    return err ? failed(err, &note) : EXIT_DONE;
}

static int export(const struct options *o)
{
    struct site *s;
    struct fleet_spec *f;
    struct err_note note = { 0 };
    int err = load(o, &s, &f, &note);
    if (err) return failed(err, &note);
    err = write_file(o->out, s, strcmp(o->to, "lif") == 0 ? lif_out : geojson_out, &note);
    site_close(s);
    fleet_spec_close(f);
    return err ? failed(err, &note) : EXIT_DONE;
}

/* ---- import ---- */

static void print_report(const struct import_report *r)
{
    static const char *const zh[IMPORT_KIND_COUNT] = { "保留", "推断", "舍去", "新增", "警告" };
    for (size_t i = 0; i < r->count; i++)
        printf("%s: %s\n", chinese() ? zh[r->line[i].kind] : import_kind_name[r->line[i].kind],
               say(r->line[i].zh, r->line[i].en));
}

static void print_report_json(const struct options *o, const struct site *s, const struct import_report *r,
                              const struct lint_report *lint)
{
    put("{\"site\": ", s->id);
    put(", \"out\": ", o->out);
    printf(", \"hash\": \"%016llx\", \"waypoints\": %u, \"directed_lanes\": %u, \"length_m\": %.3f, \"door_lanes\": "
           "%u, \"nodes\": %d, \"stations\": %d,"
           " \"elevators\": %d, \"refuges\": %d, \"bays_added\": %d, \"errors\": %d, \"warnings\": %d, \"frames\": [",
           (unsigned long long)s->hash, r->waypoints, r->lanes, r->length_m, r->door_lanes, s->nodes, s->stations,
           s->elevators, lint->refuges, r->bays, lint->errors, lint->warnings);
    for (uint16_t i = 0; i < r->frames; i++) {
        put(i ? ", {\"level\": " : "{\"level\": ", r->frame[i].level);
        printf(", \"scale\": %.12f, \"rotation\": %.12f, \"tx_m\": %.12f, \"ty_m\": %.12f}", r->frame[i].scale,
               r->frame[i].rotation, r->frame[i].tx_m, r->frame[i].ty_m);
    }
    printf("], \"lines\": [");
    for (size_t i = 0; i < r->count; i++) {
        printf("%s\n  {\"kind\": \"%s\"", i ? "," : "", import_kind_name[r->line[i].kind]);
        put(", \"en\": ", r->line[i].en);
        put(", \"zh\": ", r->line[i].zh);
        printf("}");
    }
    printf("]}\n");
}

/* The new site as the robots of the fleet see it; the file is written even when lint has something to say. */
static int finish_import(const struct options *o, struct site *s, const struct fleet_spec *f, uint16_t robots,
                         const struct import_report *r, struct err_note *note)
{
    struct lint_report lint = { 0 };
    int err = site_compile(s, f->classes, f->cls, note);
    if (!err) err = site_lint(s, robots, &lint);
    if (!err) err = write_file(o->out, s, site_out, note);
    if (!err && o->json) print_report_json(o, s, r, &lint);
    else if (!err) {
        print_report(r);
        for (size_t i = 0; i < lint.count; i++)
            if (lint.finding[i].level != LINT_INFO)
                printf("%s [%s] %s: %s\n", level_word(lint.finding[i].level), lint.finding[i].code,
                       lint.finding[i].where, say(lint.finding[i].zh, lint.finding[i].en));
        printf(say("已写入 %s：节点 %d，站点 %d，电梯 %d，避让位 %d；%d 个错误，%d 个警告\n",
                   "wrote %s: %d nodes, %d stations, %d elevators, %d refuges; %d errors, %d warnings\n"),
               o->out, s->nodes, s->stations, s->elevators, lint.refuges, lint.errors, lint.warnings);
    }
    lint_close(&lint);
    return err;
}

typedef int importer(const char *path, struct import_options o, struct site **out, struct import_report *r,
                     struct err_note *note);

static importer *importer_of(const char *format)
{
    static const struct {
        const char *name;
        importer *read;
    } formats[] = {
        { "rmf", import_rmf }, { "opentcs", import_opentcs }, { "lif", import_lif }, { "grid", import_grid }
    };
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (strcmp(formats[i].name, format) == 0) return formats[i].read;
    return NULL;
}

static int import(const struct options *o)
{
    struct site *s = NULL;
    struct fleet_spec *f = NULL;
    struct import_report r = { 0 };
    struct err_note note = { 0 };
    int err = importer_of(o->from)(o->file, o->import, &s, &r, &note);
    if (!err && (err = fleet_spec_default(1, &f))) err_at(&note, err, o->file, "%s", err_en(err));
    if (!err) err = finish_import(o, s, f, 0, &r, &note);
    fleet_spec_close(f);
    import_report_close(&r);
    site_close(s);
    return err ? failed(err, &note) : EXIT_DONE;
}

/* ---- trace ---- */

static int trace(const struct options *o)
{
    struct site *s = NULL;
    struct fleet_spec *f = NULL;
    struct import_report r = { 0 };
    struct err_note note = { 0 };
    struct trace_options t = { .levels = o->trace_levels, .height_m = o->height_m, .refuges = o->import.refuges };
    int err = o->fleet ? fleet_spec_open(o->fleet, &f, &note) : fleet_spec_default(1, &f);
    for (class_id c = 0; !err && c < f->classes; c++)
        if (c == 0 || f->cls[c].width_mm + 2 * f->cls[c].margin_mm > t.cls.width_mm + 2 * t.cls.margin_mm)
            t.cls = f->cls[c];
    if (!err) err = floor_trace(o->file, t, &s, &r, &note);
    if (!err) err = finish_import(o, s, f, o->fleet ? f->robots : 0, &r, &note);
    fleet_spec_close(f);
    import_report_close(&r);
    site_close(s);
    return err ? failed(err, &note) : EXIT_DONE;
}

/* ---- generate ---- */

/* The preset, with what the command line said otherwise. */
static bool hospital_of(const struct options *o, struct hospital_options *out)
{
    const struct hospital_options *v = &o->hospital;
    if (!hospital_preset(o->preset, out)) return false;
    if (v->beds) out->beds = v->beds;
    if (v->floors) out->floors = v->floors;
    if (v->towers) out->towers = v->towers;
    if (v->width_mm) out->width_mm = v->width_mm;
    if (v->elevators) out->elevators = v->elevators;
    if (o->heavy_given) out->heavy = v->heavy;
    if (o->cabinet_given) out->cabinet = v->cabinet;
    return true;
}

static int generate(const struct options *o)
{
    struct site *s = NULL;
    struct fleet_spec *f = NULL;
    struct import_report r = { 0 };
    struct err_note note = { 0 };
    struct hospital_options h;
    bool hospital = hospital_of(o, &h);
    int err;
    if (hospital) err = generate_hospital(&h, &s, &r, &note);
    else if (strcmp(o->preset, "shaft") == 0) err = generate_shaft(o->generate.one_way, &s, &r, &note);
    else err = generate_grid20(o->generate, &s, &r, &note);
    if (!err && (err = hospital ? fleet_spec_hospital(h.heavy, h.cabinet, &f) : fleet_spec_default(1, &f)))
        err_at(&note, err, o->out, "%s", err_en(err));
    if (!err) err = finish_import(o, s, f, hospital ? f->robots : 0, &r, &note);
    import_report_close(&r);
    fleet_spec_close(f);
    site_close(s);
    return err ? failed(err, &note) : EXIT_DONE;
}

static int fleet(const struct options *o)
{
    struct fleet_spec *f = NULL;
    struct err_note note = { 0 };
    struct hospital_options h;
    (void)hospital_of(o, &h); /* the preset is known: make() looked */
    int err = fleet_spec_hospital(h.heavy, h.cabinet, &f);
    if (err) err_at(&note, err, "orderly map fleet", "a fleet has 1 to %d robots", FLEET_ROBOTS_MAX);
    else err = write_file(o->out, f, fleet_out, &note);
    if (!err && o->out)
        printf(say("已写入 %s：重载 %d 台，箱式 %d 台\n", "wrote %s: %d heavy robots, %d cabinet robots\n"), o->out,
               h.heavy, h.cabinet);
    fleet_spec_close(f);
    return err ? failed(err, &note) : EXIT_DONE;
}

/* ---- compile ---- */

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_pairs(const struct site *s, bool json)
{
    for (class_id a = 0; a < s->classes; a++)
        for (class_id b = a; b < s->classes; b++) {
            uint32_t n = s->conflict_start[a][b][res_count(s)];
            if (!json) {
                printf(say("车型 %s 与 %s：冲突 %u 条\n", "class %s with %s: %u conflicts\n"), s->cls[a].id,
                       s->cls[b].id, n);
                continue;
            }
            put(a || b ? ", {\"a\": " : "{\"a\": ", s->cls[a].id);
            put(", \"b\": ", s->cls[b].id);
            printf(", \"conflicts\": %u}", n);
        }
}

static int compile(const struct options *o)
{
    struct site *s;
    struct fleet_spec *f;
    struct err_note note = { 0 };
    double began = cpu_s();
    int err = load(o, &s, &f, &note);
    if (err) return failed(err, &note);
    double took = cpu_s() - began;
    uint32_t refuges = 0;
    for (node_id n = 0; n < s->nodes; n++) refuges += (s->node[n].flags & NODE_REFUGE) != 0;
    if (o->json) {
        put("{\"site\": ", s->id);
        printf(", \"hash\": \"%016llx\", \"levels\": %d, \"nodes\": %d, \"edges\": %d, \"lanes\": %d, \"stations\": "
               "%d, \"elevators\": %d, \"doors\": %d,"
               " \"refuges\": %u, \"cpu_s\": %.3f, \"conflicts\": [",
               (unsigned long long)s->hash, s->levels, s->nodes, s->edges, s->lanes, s->stations, s->elevators,
               s->doors, refuges, took);
        print_pairs(s, true);
        printf("]}\n");
    } else {
        printf(say("%s：楼层 %d，节点 %d，边 %d，通道 %d，站点 %d，电梯 %d，门 %d\n",
                   "%s: %d levels, %d nodes, %d edges, %d lanes, %d stations, %d elevators, %d doors\n"),
               s->id, s->levels, s->nodes, s->edges, s->lanes, s->stations, s->elevators, s->doors);
        print_pairs(s, false);
        printf(say("避让位 %u 个；校验值 %016llx；用时 %.3f 秒\n", "%u refuges; hash %016llx; %.3f s of CPU\n"),
               refuges, (unsigned long long)s->hash, took);
    }
    site_close(s);
    fleet_spec_close(f);
    return EXIT_DONE;
}

/* ---- command line ---- */

static bool whole(const char *text, long max, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    return *text && !*end && *out >= 0 && *out <= max;
}

/* "2", "0,2" or "all": a bit each. */
static bool graphs_of(const char *text, uint32_t *out)
{
    *out = (1u << 9) - 1;
    if (strcmp(text, "all") == 0) return true;
    *out = 0;
    for (;; text += 2) {
        if (*text < '0' || *text > '8') return false;
        *out |= 1u << (*text - '0');
        if (text[1] != ',') return text[1] == 0;
    }
}

static bool choice(const char *text, const char *no, const char *yes, bool *out)
{
    *out = strcmp(text, yes) == 0;
    return *out || strcmp(text, no) == 0;
}

/* The numbers of a hospital; how far they make sense is judged by the generator. */
static bool parse_hospital(int option, const char *text, struct options *o)
{
    struct hospital_options *h = &o->hospital;
    long v = 0;
    char *end;
    if (option == 'W') {
        double m = strtod(text, &end);
        h->width_mm = m >= 1 && m <= 100 ? (mm_t)(m * 1000 + 0.5) : 0;
        return *text && !*end && h->width_mm > 0;
    }
    if (!whole(text, option == 'L' || option == 'T' ? 100 : 10000, &v)) return false;
    switch (option) {
    case 'B': h->beds = (uint16_t)v; return v > 0;
    case 'L':
        h->floors = (uint8_t)v;
        o->trace_levels = (uint16_t)v;
        return v > 0 && v <= SITE_LEVELS_MAX;
    case 'T': h->towers = (uint8_t)v; return v > 0;
    case 'H':
        h->heavy = (uint16_t)v;
        o->heavy_given = true;
        return true;
    default:
        h->cabinet = (uint16_t)v;
        o->cabinet_given = true;
        return true;
    }
}

static int parse(int argc, char **argv, struct options *o, bool *help)
{
    static const struct option longs[] = {
        { "fleet", required_argument, NULL, 'f' },
        { "out", required_argument, NULL, 'o' },
        { "from", required_argument, NULL, 'F' },
        { "graph", required_argument, NULL, 'g' },
        { "refuges", required_argument, NULL, 'r' },
        { "cell", required_argument, NULL, 'c' },
        { "to", required_argument, NULL, 't' },
        { "vehicle", required_argument, NULL, 'v' },
        { "json", no_argument, NULL, 'j' },
        { "geojson", no_argument, NULL, 'G' },
        { "html", no_argument, NULL, 'w' },
        { "svg", no_argument, NULL, 'd' },
        { "fix", no_argument, NULL, 'x' },
        { "height", required_argument, NULL, 'M' },
        { "preset", required_argument, NULL, 'p' },
        { "one-way", no_argument, NULL, 'O' },
        { "aisles", required_argument, NULL, 'a' },
        { "stations", required_argument, NULL, 's' },
        { "seed", required_argument, NULL, 'S' },
        { "beds", required_argument, NULL, 'B' },
        { "levels", required_argument, NULL, 'L' },
        { "towers", required_argument, NULL, 'T' },
        { "elevators", required_argument, NULL, 'E' },
        { "width", required_argument, NULL, 'W' },
        { "heavy", required_argument, NULL, 'H' },
        { "cabinet", required_argument, NULL, 'C' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    const char *command = argv[0];
    long v;
    char *end;
    optind = 0; /* the caller may have used getopt before */
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":o:h", longs, NULL)) != -1;) switch (c) {
        case 'f': o->fleet = optarg; break;
        case 'o': o->out = optarg; break;
        case 'F': o->from = optarg; break;
        case 't': o->to = optarg; break;
        case 'v': o->import.vehicle = optarg; break;
        case 'j': o->json = true; break;
        case 'G': o->geojson = true; break;
        case 'w': o->html = true; break;
        case 'd': break;
        case 'x': o->fix = true; break;
        case 'h': *help = true; return EXIT_DONE;
        case 'g':
            if (!graphs_of(optarg, &o->import.graphs))
                return wrong(command, "--graph 是 0..8 的整数、以逗号分隔的若干个，或 all，不能是",
                             "--graph is a whole number 0..8, several with commas between, or all, not", optarg);
            break;
        case 'r':
            if (!whole(optarg, FLEET_ROBOTS_MAX, &v))
                return wrong(command, "--refuges 必须是 0..1000 的整数，不能是",
                             "--refuges must be a whole number 0..1000, not", optarg);
            o->import.refuges = (uint16_t)v;
            break;
        case 'c':
            o->import.cell_m = strtod(optarg, &end);
            if (*end || !(o->import.cell_m >= 0.1 && o->import.cell_m <= 5))
                return wrong(command, "--cell 必须是 0.1..5 米，不能是", "--cell must be 0.1..5 metres, not", optarg);
            break;
        case 'M':
            o->height_m = strtod(optarg, &end);
            if (*end || !(o->height_m >= 2 && o->height_m <= 20))
                return wrong(command, "--height 必须是 2..20 米，不能是", "--height must be 2..20 metres, not", optarg);
            break;
        case 'p': o->preset = optarg; break;
        case 'O': o->generate.one_way = true; break;
        case 'a':
            if (!choice(optarg, "two-way", "one-way", &o->generate.one_way))
                return wrong(command, "--aisles 必须是 two-way 或 one-way，不能是",
                             "--aisles must be two-way or one-way, not", optarg);
            break;
        case 's':
            if (!choice(optarg, "spur", "thru", &o->generate.thru))
                return wrong(command, "--stations 必须是 spur 或 thru，不能是", "--stations must be spur or thru, not",
                             optarg);
            break;
        case 'S':
            if (!whole(optarg, LONG_MAX, &v))
                return wrong(command, "--seed 必须是不小于 0 的整数，不能是",
                             "--seed must be a whole number from 0, not", optarg);
            o->generate.seed = (uint64_t)v;
            break;
        case 'E': o->hospital.elevators = optarg; break;
        case 'B':
        case 'L':
        case 'T':
        case 'H':
        case 'C':
        case 'W':
            if (!parse_hospital(c, optarg, o))
                return wrong(
                    command, "--beds --levels --towers --heavy --cabinet 是整数，--width 以米计，不能是",
                    "--beds --levels --towers --heavy --cabinet are whole numbers and --width is in metres, not",
                    optarg);
            break;
        case ':': return wrong(command, "缺少参数值：", "needs a value:", argv[optind - 1]);
        default: return wrong(command, "没有这个选项：", "no such option:", argv[optind - 1]);
        }
    if (optind < argc) o->file = argv[optind++];
    if (optind < argc) return wrong(command, "多余的参数：", "one argument too many:", argv[optind]);
    return EXIT_DONE;
}

/* The two commands that read no file. */
static int make(const char *command, bool site, const struct options *o)
{
    struct hospital_options h;
    bool test = site && o->preset && (strcmp(o->preset, "grid20") == 0 || strcmp(o->preset, "shaft") == 0);
    if (!o->preset || (!test && !hospital_preset(o->preset, &h)))
        return site ? wrong(command, "请给出 --preset h500、h1500、grid20 或 shaft",
                            "say --preset h500, h1500, grid20 or shaft", NULL)
                    : wrong(command, "请给出 --preset h500 或 h1500", "say --preset h500 or h1500", NULL);
    if (o->file) return wrong(command, "多余的参数：", "one argument too many:", o->file);
    if (!o->out) return wrong(command, "请用 -o 给出输出文件", "say where the file goes with -o", NULL);
    return site ? generate(o) : fleet(o);
}

int cmd_map(int argc, char **argv)
{
    if (argc < 2) return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return usage(stdout);
    size_t k = 0;
    while (k < COUNT_OF(commands) && strcmp(commands[k].name, argv[1]) != 0) k++;
    if (k == COUNT_OF(commands)) {
        fprintf(stderr, say("orderly map：没有命令 '%s'\n", "orderly map: no command '%s'\n"), argv[1]);
        return usage(stderr);
    }
    struct options o = { .import = { .refuges = 8, .cell_m = 1.0 }, .generate = { .seed = 1 } };
    bool help = false;
    int code = parse(argc - 1, argv + 1, &o, &help);
    if (code) return code;
    if (help) {
        fputs(say(commands[k].zh, commands[k].en), stdout);
        return EXIT_DONE;
    }
    if (k == GENERATE || k == FLEET) return make(argv[1], k == GENERATE, &o);
    if (!o.file) return wrong(argv[1], "缺少文件", "no file given", NULL);
    if (k == IMPORT && (!o.from || !importer_of(o.from)))
        return wrong(argv[1], "请给出 --from rmf、opentcs、lif 或 grid", "say --from rmf, opentcs, lif or grid", NULL);
    if (k == EXPORT && (!o.to || (strcmp(o.to, "lif") != 0 && strcmp(o.to, "geojson") != 0)))
        return wrong(argv[1], "请给出 --to lif 或 --to geojson", "say --to lif or --to geojson", NULL);
    if ((k == IMPORT || k == TRACE) && !o.out)
        return wrong(argv[1], "请用 -o 给出输出文件", "say where the site goes with -o", NULL);
    switch (k) {
    case CHECK: return check(&o);
    case LINT: return o.fix ? fix(&o) : check(&o);
    case SHOW: return show(&o);
    case EXPORT: return export(&o);
    case IMPORT: return import(&o);
    case TRACE: return trace(&o);
    default: return compile(&o);
    }
}
