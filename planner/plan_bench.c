/* plan_bench - `orderly plan bench`: the public problems and ours, against what other planners reached on them. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd_plan.h"
#include "common/text.h"
#include "plan_bench.h"

#define DATA_DEFAULT "../shared/data/mapf"

struct options {
    const char *data, *page, *only;
    bool groups[BENCH_GROUPS];
    uint64_t seed;
    bool quick, json;
};

struct table {
    struct bench_row row[BENCH_CASES_MAX];
    size_t rows;
};

static bool chinese(void) { return plan_say("zh", "en")[0] == 'z'; }

/* ---- a table for people: a Chinese sign takes two places ---- */
static size_t places(const char *s)
{
    size_t n = 0;
    for (; *s; s++) {
        unsigned char b = (unsigned char)*s;
        if ((b & 0xc0) != 0x80) n += b >= 0xe3 && b < 0xf0 ? 2 : 1;
    }
    return n;
}

static void cell(const char *s, size_t width)
{
    size_t n = places(s);
    printf("%s%*s", s, (int)(n < width ? width - n + 2 : 2), "");
}

static void best_text(const struct bench_row *row, char *dst, size_t size, bool zh)
{
    char value[32], name[96];
    if (row->peers == 0) {
        text_copy(dst, size, "-");
        return;
    }
    bench_value_text(row->c, false, row->peer[0].solved, row->peer[0].value, value, sizeof value, zh);
    bench_peer_short(row->peer[0].name, name, sizeof name);
    snprintf(dst, size, "%s %s", value, name);
}

static void print_table(const struct table *t)
{
    enum { CASE, AIM, OURS, VERDICT, CPU, BEST, COLUMNS };
    static const char *const head[2][COLUMNS] = {
        { "case", "aim", "ours", "", "CPU time", "best peer" },
        { "题目", "目标", "本机", "", "CPU 时间", "最好的同类" },
    };
    char text[BENCH_CASES_MAX + 1][COLUMNS][160];
    bool zh = chinese();
    size_t width[COLUMNS] = { 0 }, met = 0, ran = 0;
    for (int c = 0; c < COLUMNS; c++) text_copy(text[0][c], sizeof text[0][c], head[zh][c]);
    for (size_t i = 0; i < t->rows; i++) {
        const struct bench_row *r = &t->row[i];
        char(*to)[160] = text[i + 1];
        bench_case_name(r->c, to[CASE], sizeof to[CASE], zh);
        bench_aim_text(r, to[AIM], sizeof to[AIM], zh);
        text_copy(to[OURS], sizeof to[OURS], "-");
        text_copy(to[CPU], sizeof to[CPU], "-");
        if (r->r.ran) bench_value_text(r->c, true, r->r.solved, r->r.value, to[OURS], sizeof to[OURS], zh);
        if (r->r.ran && r->r.solved) bench_cpu_text(r->c, r->r.cpu_ms, to[CPU], sizeof to[CPU], zh);
        text_copy(to[VERDICT], sizeof to[VERDICT], bench_verdict_text(r->verdict, zh));
        best_text(r, to[BEST], sizeof to[BEST], zh);
        met += r->verdict == BENCH_MET;
        ran += r->r.ran;
    }
    for (size_t i = 0; i <= t->rows; i++)
        for (int c = 0; c < COLUMNS; c++) width[c] = places(text[i][c]) > width[c] ? places(text[i][c]) : width[c];
    for (size_t i = 0; i <= t->rows; i++) {
        for (int c = 0; c + 1 < COLUMNS; c++) cell(text[i][c], width[c]);
        printf("%s\n", text[i][COLUMNS - 1]);
        if (i > 0 && t->row[i - 1].r.why[0]) printf("    %s\n", t->row[i - 1].r.why);
    }
    printf(plan_say("\n%zu 题中 %zu 题达到目标\n", "\nof %zu cases, %zu reach their aim\n"), ran, met);
}

/* ---- for programs ---- */
static void put_json(const char *key, const char *value, bool last)
{
    char quoted[1600];
    struct text t;
    text_init(&t, quoted, sizeof quoted);
    text_json(&t, value);
    printf("\"%s\":%s%s", key, quoted, last ? "" : ",");
}

static void json_number_or_null(const char *key, bool known, double v, int digits)
{
    if (known) printf("\"%s\":%.*f,", key, digits, v);
    else printf("\"%s\":null,", key);
}

static void print_json_row(const struct bench_row *r)
{
    const struct bench_case *c = r->c;
    char name[96];
    bench_case_name(c, name, sizeof name, false);
    putchar('{');
    put_json("rows", bench_group_name[c->group], false);
    put_json("case", name, false);
    put_json("map", c->map, false);
    printf("\"robots\":%u,", c->robots);
    if (c->group == BENCH_HOLDS) printf("\"held_percent\":%u,", c->variant);
    if (c->group == BENCH_MAPF) printf("\"scenario\":%u,\"budget_ms\":%u,", c->variant, c->budget_ms);
    put_json("measure", bench_lower_is_better(c) ? "ratio" : "share", false);
    json_number_or_null("aim", c->aim > 0, c->aim, 3);
    json_number_or_null("aim_cpu_ms", c->aim_ms > 0, c->aim_ms, 0);
    json_number_or_null("ours", r->r.ran && r->r.solved, r->r.value, 4);
    json_number_or_null("cpu_ms", r->r.ran && r->r.solved, r->r.cpu_ms, 3);
    if (c->group == BENCH_LIFELONG || c->group == BENCH_HOLDS) {
        json_number_or_null("cpu_ms_p99", r->r.ran, r->r.cpu_ms_p99, 3);
        printf("\"finished\":%u,\"free_flow\":%u,\"each\":[", r->r.finished, r->r.free_flow);
        for (uint16_t k = 0; k < r->r.runs; k++) printf("%s%.4f", k ? "," : "", r->r.each[k]);
        printf("],");
    }
    put_json("verdict", bench_verdict_name[r->verdict], false);
    if (r->r.why[0]) put_json("why", r->r.why, false);
    put_json("command", r->r.command, false);
    printf("\"peers\":[");
    for (size_t i = 0; i < r->peers; i++) {
        printf("%s{", i ? "," : "");
        put_json("peer", r->peer[i].name, false);
        json_number_or_null("cpu_ms", r->peer[i].cpu_ms >= 0, r->peer[i].cpu_ms, 2);
        printf("\"solved\":%s", r->peer[i].solved ? "true" : "false");
        if (r->peer[i].solved) printf(",\"value\":%.4f", r->peer[i].value);
        putchar('}');
    }
    printf("]}");
}

static void print_json(const struct table *t, const struct options *o)
{
    printf("{\"seed\":%llu,\"quick\":%s,\"cases\":[", (unsigned long long)o->seed, o->quick ? "true" : "false");
    for (size_t i = 0; i < t->rows; i++) {
        printf("%s\n", i ? "," : "");
        print_json_row(&t->row[i]);
    }
    puts("\n]}");
}

/* ---- the runs ---- */
static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool chosen(const struct options *o, const struct bench_case *c)
{
    char name[96];
    bench_case_name(c, name, sizeof name, false);
    return o->groups[c->group] && (!o->quick || c->quick) && (!o->only || strstr(name, o->only));
}

/* On a terminal only: a file of what happened should hold the figures and nothing else. */
static void progress(const struct table *t, size_t of)
{
    char name[96] = "";
    if (!isatty(STDERR_FILENO)) return;
    if (t->rows < of) bench_case_name(t->row[t->rows].c, name, sizeof name, chinese());
    if (t->rows < of) fprintf(stderr, "\r\033[K%zu/%zu  %s", t->rows + 1, of, name);
    else fprintf(stderr, "\r\033[K");
}

static void run_cases(struct table *t, const struct options *o, const struct bench_set *set,
                      const struct bench_peers *peers)
{
    size_t all, of = 0;
    const struct bench_case *c = bench_cases(&all);
    for (size_t i = 0; i < all; i++)
        if (chosen(o, &c[i])) t->row[of++].c = &c[i];
    for (t->rows = 0; t->rows < of; t->rows++) {
        struct bench_row *r = &t->row[t->rows];
        progress(t, of);
        bench_run(r->c, set, &r->r);
        r->peers = bench_peers_of(peers, r->c, r->r.free_flow, r->peer);
        r->verdict = bench_judge(r->c, &r->r, r->peers ? &r->peer[0] : NULL);
    }
    progress(t, of);
}

/* ---- the command line ---- */
static void usage(FILE *f)
{
    fputs(plan_say("用法：orderly plan bench [选项]\n\n"
                   "依次求解公开题目和自备题目，并与其他规划器在同样题目上的成绩比较。\n\n"
                   "  --data 文件夹    题目和同类成绩（" DATA_DEFAULT "）；旁边的 rmf-maps 里是楼宇地图\n"
                   "  --rows 列表      lifelong,holds,mapf,route 中的若干种（默认全部）\n"
                   "  --only 文字      只运行英文名称含有这段文字的题目\n"
                   "  --quick          每种只运行几题，受阻文件只用一个\n"
                   "  --seed K (1)     --html 文件   写出图表页面      --json\n\n"
                   "其他程序正忙时，CPU 时间会偏大。退出码：0 已运行，1 失败，2 命令行错误\n",
                   "usage: orderly plan bench [OPTIONS]\n\n"
                   "Solves public problems and our own, one after the other, and compares with what other planners\n"
                   "reached on the same ones.\n\n"
                   "  --data FOLDER    the problems and the figures of peers (" DATA_DEFAULT
                   "); buildings are in rmf-maps beside it\n"
                   "  --rows LIST      some of lifelong,holds,mapf,route (all)\n"
                   "  --only TEXT      only cases whose name has this text in it\n"
                   "  --quick          a few cases of each kind, one file of hold-ups\n"
                   "  --seed K (1)     --html FILE   write a page with charts      --json\n\n"
                   "CPU times grow while other programs are busy. Exit codes: 0 it ran, 1 it failed, 2 wrong command "
                   "line\n"),
          f);
}

static bool read_groups(const char *list, bool groups[BENCH_GROUPS])
{
    for (int g = 0; g < BENCH_GROUPS; g++) groups[g] = false;
    for (const char *p = list;; p += strcspn(p, ",") + 1) {
        size_t n = strcspn(p, ",");
        bool known = false;
        for (int g = 0; g < BENCH_GROUPS; g++) {
            bool same = strlen(bench_group_name[g]) == n && strncmp(p, bench_group_name[g], n) == 0;
            groups[g] = groups[g] || same;
            known = known || same;
        }
        if (!known)
            fprintf(stderr,
                    plan_say("orderly plan: --rows：不认识 '%.*s'（lifelong、holds、mapf、route）\n",
                             "orderly plan: --rows: '%.*s' is none of lifelong, holds, mapf, route\n"),
                    (int)n, p);
        if (!known || p[n] == '\0') return known;
    }
}

static bool read_options(int argc, char **argv, struct options *o, int *code)
{
    enum { DATA = 1, ROWS, ONLY, QUICK, SEED, HTML, JSON, HELP };
    static const struct option known[] = {
        { "data", 1, NULL, DATA },   { "rows", 1, NULL, ROWS }, { "only", 1, NULL, ONLY },
        { "quick", 0, NULL, QUICK }, { "seed", 1, NULL, SEED }, { "html", 1, NULL, HTML },
        { "json", 0, NULL, JSON },   { "help", 0, NULL, HELP }, { 0 }
    };
    *o = (struct options){ .data = DATA_DEFAULT, .groups = { true, true, true, true }, .seed = 1 };
    *code = 2;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case DATA: o->data = optarg; break;
        case ROWS:
            if (!read_groups(optarg, o->groups)) return false;
            break;
        case ONLY: o->only = optarg; break;
        case QUICK: o->quick = true; break;
        case SEED: o->seed = strtoull(optarg, NULL, 10); break;
        case HTML: o->page = optarg; break;
        case JSON: o->json = true; break;
        case HELP:
            usage(stdout);
            *code = 0;
            return false;
        default: usage(stderr); return false;
        }
    }
    if (optind < argc) usage(stderr);
    return optind == argc;
}

/* The folder, the figures in it, and whether the buildings are beside it. */
static int open_set(struct options *o, struct bench_set *set, struct bench_peers **peers, struct err_note *note)
{
    char file[600];
    *set = (struct bench_set){ .data = o->data, .seed = o->seed, .quick = o->quick };
    if (!is_folder(o->data))
        return err_at(note, ORD_ENOTFOUND, o->data, "%s",
                      plan_say("没有这个文件夹；请用 --data 指出题目所在", "no such folder; say with --data where the "
                                                                           "problems are"));
    snprintf(set->maps, sizeof set->maps, "%s/../rmf-maps", o->data);
    if (o->groups[BENCH_ROUTE] && !is_folder(set->maps)) {
        fprintf(stderr, plan_say("没有 %s：不运行 route\n", "%s is not there: route is left out\n"), set->maps);
        o->groups[BENCH_ROUTE] = false;
    }
    snprintf(file, sizeof file, "%s/peer-figures.csv", o->data);
    return bench_peers_open(file, peers, note);
}

int plan_bench(int argc, char **argv)
{
    struct options o;
    struct bench_set set;
    struct bench_peers *peers = NULL;
    struct err_note note = { "", "" };
    int code;
    if (!read_options(argc, argv, &o, &code)) return code;
    struct table *t = calloc(1, sizeof *t);
    int err = t ? open_set(&o, &set, &peers, &note) : ORD_EMEMORY;
    if (!err) {
        run_cases(t, &o, &set, peers);
        if (o.page) err = bench_page(o.page, t->row, t->rows, chinese(), &note);
    }
    if (err) fprintf(stderr, "orderly plan: %s: %s (%s)\n", note.where, note.what, plan_say(err_zh(err), err_en(err)));
    else if (o.json) print_json(t, &o);
    else print_table(t);
    bench_peers_close(peers);
    free(t);
    return err ? 1 : 0;
}
