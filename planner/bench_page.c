/* How results are told, and the page of `orderly plan bench --html`: one file without scripts or outside parts,
 * Chinese and English in it, drawn as SVG inside cards that fit a phone. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "plan_bench.h"

#define BAR_W 248  /* of a full bar */
#define CARD_W 324 /* of a card's drawing */
#define ROW_H 30

/* ---- words ---- */
void bench_value_text(const struct bench_case *c, bool ours, bool solved, double value, char *dst, size_t size, bool zh)
{
    if (!solved) text_copy(dst, size, zh ? "未解出" : "unsolved");
    else if (c->group == BENCH_ROUTE) snprintf(dst, size, "%.0f %%", value * 100);
    else snprintf(dst, size, "%.*f", ours ? 4 : 3, value); /* peers are known with three places */
}

void bench_cpu_text(const struct bench_case *c, double cpu_ms, char *dst, size_t size, bool zh)
{
    static const char *const unit[BENCH_GROUPS][2] = {
        { "ms a step", "毫秒/步" }, { "ms a step", "毫秒/步" }, { "ms to first", "毫秒首解" }, { "ms each", "毫秒/题" }
    };
    if (cpu_ms < 0) text_copy(dst, size, "");
    else snprintf(dst, size, "%.*f %s", cpu_ms < 100 ? 1 : 0, cpu_ms, unit[c->group][zh]);
}

void bench_aim_text(const struct bench_row *row, char *dst, size_t size, bool zh)
{
    const struct bench_case *c = row->c;
    char aim[48], ms[48] = "";
    const char *sign = bench_lower_is_better(c) ? "≤" : "≥";
    bool peer = c->aim == 0 && row->peers > 0 && row->peer[0].solved;
    if (c->group == BENCH_ROUTE) text_copy(aim, sizeof aim, zh ? "全部" : "all");
    else if (c->aim > 0 || peer) snprintf(aim, sizeof aim, "%s %.3f", sign, c->aim > 0 ? c->aim : row->peer[0].value);
    else text_copy(aim, sizeof aim, zh ? "解出" : "solved");
    if (c->aim_ms > 0) snprintf(ms, sizeof ms, zh ? "，≤ %.0f 毫秒" : ", ≤ %.0f ms", c->aim_ms);
    snprintf(dst, size, "%s%s", aim, ms);
}

const char *bench_verdict_text(enum bench_verdict v, bool zh)
{
    static const char *const text[BENCH_VERDICTS][2] = { { "met", "达到" },
                                                         { "missed", "未达到" },
                                                         { "too slow", "超时" },
                                                         { "FAULT", "路径有错" },
                                                         { "not run", "未运行" } };
    return text[v][zh];
}

/* ---- both languages, one of them shown ---- */
static void put(FILE *f, const char *s)
{
    char safe[1600];
    struct text t;
    text_init(&t, safe, sizeof safe);
    text_xml(&t, s);
    fputs(safe, f);
}

static void both(FILE *f, const char *tag, const char *zh, const char *en)
{
    if (strcmp(zh, en) == 0) {
        put(f, en);
        return;
    }
    fprintf(f, "<%s class=\"zh\" lang=\"zh\">", tag);
    put(f, zh);
    fprintf(f, "</%s><%s class=\"en\" lang=\"en\">", tag, tag);
    put(f, en);
    fprintf(f, "</%s>", tag);
}

static void put_name(FILE *f, const char *tag, const struct bench_case *c)
{
    char zh[96], en[96];
    bench_case_name(c, zh, sizeof zh, true);
    bench_case_name(c, en, sizeof en, false);
    both(f, tag, zh, en);
}

static void put_value(FILE *f, const char *tag, const struct bench_case *c, bool ours, bool solved, double value)
{
    char zh[48], en[48];
    bench_value_text(c, ours, solved, value, zh, sizeof zh, true);
    bench_value_text(c, ours, solved, value, en, sizeof en, false);
    both(f, tag, zh, en);
}

static void put_ms(FILE *f, double cpu_ms)
{
    char zh[48], en[48];
    snprintf(zh, sizeof zh, "%.*f 毫秒", cpu_ms < 100 ? 1 : 0, cpu_ms);
    snprintf(en, sizeof en, "%.*f ms", cpu_ms < 100 ? 1 : 0, cpu_ms);
    both(f, "tspan", zh, en);
}

static void put_cpu(FILE *f, const char *tag, const struct bench_case *c, double cpu_ms)
{
    char zh[48], en[48];
    bench_cpu_text(c, cpu_ms, zh, sizeof zh, true);
    bench_cpu_text(c, cpu_ms, en, sizeof en, false);
    both(f, tag, zh, en);
}

static void put_aim(FILE *f, const char *tag, const struct bench_row *row)
{
    char zh[96], en[96];
    bench_aim_text(row, zh, sizeof zh, true);
    bench_aim_text(row, en, sizeof en, false);
    both(f, tag, zh, en);
}

static void put_verdict(FILE *f, const struct bench_row *row)
{
    fprintf(f, "<b class=\"%s\">%s", row->verdict == BENCH_MET ? "met" : "missed",
            row->verdict == BENCH_MET ? "✓ " : "✗ ");
    both(f, "span", bench_verdict_text(row->verdict, true), bench_verdict_text(row->verdict, false));
    fputs("</b>", f);
}

/* ---- one card: our bar, then those of the peers, best first ---- */
struct scale {
    double from, to;
}; /* from: where bars begin */

static struct scale scale_of(const struct bench_row *row)
{
    struct scale s = { 0, 1 };
    if (!bench_lower_is_better(row->c)) return s;
    s = (struct scale){ 1, 1.02 }; /* a ratio of one is the bound itself */
    if (row->r.solved && row->r.value > s.to) s.to = row->r.value;
    if (row->c->aim > s.to) s.to = row->c->aim;
    for (size_t i = 0; i < row->peers; i++)
        if (row->peer[i].solved && row->peer[i].value > s.to) s.to = row->peer[i].value;
    return s;
}

static double bar_of(struct scale s, double value)
{
    double x = (value - s.from) / (s.to - s.from) * BAR_W;
    return x < 1 ? 1 : x > BAR_W ? BAR_W : x;
}

static void put_bar(FILE *f, const struct bench_row *row, int y, const char *cls, const char *zh, const char *en,
                    const char *title, bool solved, double value, double cpu_ms)
{
    struct scale s = scale_of(row);
    double w = solved ? bar_of(s, value) : 0;
    fprintf(f, "<g><title>");
    put(f, title);
    fprintf(f, "</title><text x=\"0\" y=\"%d\" class=\"who\">", y + 11);
    both(f, "tspan", zh, en);
    fprintf(f, "</text><text x=\"%d\" y=\"%d\" class=\"cpu\" text-anchor=\"end\">", CARD_W, y + 11);
    if (solved && cpu_ms >= 0) put_ms(f, cpu_ms);
    fprintf(f, "</text><rect x=\"0\" y=\"%d\" width=\"%d\" height=\"9\" rx=\"2\" class=\"rail\"/>", y + 15, BAR_W);
    if (solved)
        fprintf(f, "<rect x=\"0\" y=\"%d\" width=\"%.1f\" height=\"9\" rx=\"2\" class=\"%s\"/>", y + 15, w, cls);
    fprintf(f, "<text x=\"%d\" y=\"%d\" class=\"value\">", BAR_W + 8, y + 24);
    put_value(f, "tspan", row->c, strcmp(cls, "ours") == 0, solved, value);
    fputs("</text></g>\n", f);
}

static void put_card(FILE *f, const struct bench_row *row)
{
    bool peer_aim = row->c->aim == 0 && row->peers > 0 && row->peer[0].solved;
    double aim = peer_aim ? row->peer[0].value : row->c->aim;
    int high = (int)(row->peers + 1) * ROW_H;
    fputs("<article><h3>", f);
    put_name(f, "span", row->c);
    fputs("</h3><p>", f);
    put_verdict(f, row);
    fputs(" · ", f);
    both(f, "span", "目标 ", "aim ");
    put_aim(f, "span", row);
    fprintf(f, "</p>\n<svg viewBox=\"0 0 %d %d\" role=\"img\">\n", CARD_W, high + 4);
    put_bar(f, row, 0, "ours", "井然", "Orderly", row->r.command, row->r.ran && row->r.solved, row->r.value,
            row->r.cpu_ms);
    for (size_t i = 0; i < row->peers; i++) {
        const struct bench_peer *p = &row->peer[i];
        char name[96];
        bench_peer_short(p->name, name, sizeof name);
        put_bar(f, row, (int)(i + 1) * ROW_H, i ? "peer" : "best", name, name, p->name, p->solved, p->value, p->cpu_ms);
    }
    double x = bar_of(scale_of(row), aim);
    for (size_t i = 0; aim > 0 && i <= row->peers; i++) /* a mark on each bar: a long line would cross the names */
        fprintf(f, "<rect x=\"%.1f\" y=\"%d\" width=\"2\" height=\"13\" class=\"aim\"/>\n", x - 1, (int)i * ROW_H + 13);
    fputs("</svg></article>\n", f);
}

/* ---- all at a glance ---- */
static void put_table(FILE *f, const struct bench_row *row, size_t rows)
{
    static const char *const head[][2] = { { "题目", "case" },        { "井然", "Orderly" },   { "", "" },
                                           { "目标", "aim" },         { "同类", "best peer" }, { "", "" },
                                           { "CPU 时间", "CPU time" } };
    fputs("<div class=\"wide\"><table><thead><tr>", f);
    for (size_t i = 0; i < COUNT_OF(head); i++) {
        fputs("<th>", f);
        both(f, "span", head[i][0], head[i][1]);
        fputs("</th>", f);
    }
    fputs("</tr></thead><tbody>\n", f);
    for (size_t i = 0; i < rows; i++) {
        const struct bench_row *r = &row[i];
        char name[96] = "";
        fputs("<tr><td>", f);
        put_name(f, "span", r->c);
        fputs("</td><td>", f);
        if (r->r.ran) put_value(f, "span", r->c, true, r->r.solved, r->r.value);
        fputs("</td><td>", f);
        put_verdict(f, r);
        fputs("</td><td>", f);
        put_aim(f, "span", r);
        fputs("</td><td>", f);
        if (r->peers) put_value(f, "span", r->c, false, r->peer[0].solved, r->peer[0].value);
        fputs("</td><td>", f);
        if (r->peers) bench_peer_short(r->peer[0].name, name, sizeof name);
        put(f, name);
        fputs("</td><td>", f);
        if (r->r.ran && r->r.solved) put_cpu(f, "span", r->c, r->r.cpu_ms);
        fputs("</td></tr>\n", f);
    }
    fputs("</tbody></table></div>\n", f);
}

static void put_group(FILE *f, const struct bench_row *row, size_t rows, enum bench_group g)
{
    static const char *const head[BENCH_GROUPS][2] = {
        { "不断接到新目标，转向也要用一步", "Endless goals, turns take a step" },
        { "机器人随机受阻", "Robots held up at random" },
        { "一次到达所有目标", "Every robot to its goal, once" },
        { "楼宇中同时出发", "All at once in a building" },
    };
    static const char *const tell[BENCH_GROUPS][2] = {
        { "条越长越好：500 步内到达的目标数，占互不相扰时所能到达的比例。橙色短线是目标，右上是每步 CPU 时间。",
          "Longer is better: goals reached in 500 steps, as a share of what the same robots reach when nobody is in "
          "another's way. The orange mark is our aim, at the right the CPU time of a "
          "step." },
        { "与上相同，但约 5 % 或 15 % 的步里机器人不能动；规划器事先不知道。三个文件取中间值（--quick "
          "只用一个）。比例仍以无受阻为准。",
          "The same, but robots cannot move in about 5 % or 15 % of the steps; the planner does not know beforehand. "
          "The middle of three files (one with --quick). The share is still of free flow without hold-ups." },
        { "条越短越好：不在目标上的步数，与下界之比，条从 1 开始；右上是得到首个解的 CPU 时间。",
          "Shorter is better: steps spent off the goals over their lower bound; bars begin at 1; at the right the CPU "
          "time to the first "
          "answer." },
        { "井然：十个随机题目中解出或证明无解的比例，到达后仍占住目标。Open-RMF：规划成功的机器人比例，到达后即消失。",
          "Orderly: the share of ten random problems solved or proven to have no solution; robots stay at their "
          "goals. Open-RMF: the share of robots it found plans for, although they vanish on arrival." },
    };
    bool any = false;
    for (size_t i = 0; i < rows; i++) any = any || row[i].c->group == g;
    if (!any) return;
    fputs("<h2>", f);
    both(f, "span", head[g][0], head[g][1]);
    fputs("</h2>\n<p class=\"tell\">", f);
    both(f, "span", tell[g][0], tell[g][1]);
    fputs("</p>\n<div class=\"cards\">\n", f);
    for (size_t i = 0; i < rows; i++)
        if (row[i].c->group == g) put_card(f, &row[i]);
    fputs("</div>\n", f);
}

static const char style[] =
    ":root{--ink:#1c2733;--soft:#5b6b7a;--line:#d9dfe5;--paper:#fff;--back:#f4f6f8;--ours:#0b7285;--best:#7c8b99;"
    "--peer:#b9c3cc;--aim:#c2410c;--met:#1b7f4b;--missed:#b42318}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9aa8b5;--line:#33404c;--paper:#1b242c;--back:#"
    "12181e;"
    "--ours:#3bc0d4;--best:#8797a5;--peer:#56646f;--aim:#ff8a4c;--met:#5dd39e;--missed:#ff8f84}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);"
    "font:15px/1.5 system-ui,\"Noto Sans CJK SC\",\"Microsoft YaHei\",sans-serif}\n"
    "main{max-width:1180px;margin:0 auto;padding:16px}h1{font-size:22px;margin:8px 0}h2{font-size:18px;margin:28px 0 "
    "4px}"
    "h3{font-size:15px;margin:0}p{margin:2px 0 8px}.tell,.foot{color:var(--soft);max-width:70ch}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:12px;align-items:"
    "start}"
    "article{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:12px}\n"
    "svg{display:block;width:100%;max-width:420px;height:auto}text{font-size:12px;fill:var(--ink)}"
    ".cpu{fill:var(--soft);font-size:11px}.value{font-weight:600}\n"
    ".rail{fill:var(--line);opacity:.45}.ours{fill:var(--ours)}.best{fill:var(--best)}.peer{fill:var(--peer)}"
    ".aim{fill:var(--aim)}\n"
    ".met{color:var(--met)}.missed{color:var(--missed)}\n"
    ".wide{overflow-x:auto;background:var(--paper);border:1px solid var(--line);border-radius:8px}"
    "table{border-collapse:collapse;width:100%;font-size:14px;white-space:nowrap}"
    "th,td{text-align:left;padding:5px 10px;border-bottom:1px solid var(--line)}tbody tr:last-child td{border:0}"
    "td:nth-child(2),td:nth-child(5){font-variant-numeric:tabular-nums}td:nth-child(6){white-space:normal}\n"
    "@media(max-width:640px){table{font-size:13px}th,td{padding:5px 7px}td:first-child{white-space:normal;"
    "min-width:8.5em}}.foot{margin-top:20px}\n"
    ".lang{position:absolute;opacity:0}.pick{float:right;margin:10px 0 0 8px;padding:3px 10px;border:1px solid "
    "var(--line);border-radius:6px;background:var(--paper);cursor:pointer}"
    ".lang:focus-visible+.lang+main .pick,.lang:focus-visible+main .pick{outline:2px solid var(--ours)}\n"
    "#in-zh:checked~main .en,#in-en:checked~main .zh{display:none}"
    "#in-zh:checked~main label[for=in-zh],#in-en:checked~main label[for=in-en]{background:var(--ours);color:#fff}\n";

static void put_page(FILE *f, const struct bench_row *row, size_t rows, bool zh_first)
{
    size_t met = 0;
    for (size_t i = 0; i < rows; i++) met += row[i].verdict == BENCH_MET;
    fprintf(f,
            "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            "<title>井然 Orderly · plan bench</title>\n<style>\n%s</style></head>\n<body>\n"
            "<input class=\"lang\" type=\"radio\" name=\"lang\" id=\"in-zh\"%s>"
            "<input class=\"lang\" type=\"radio\" name=\"lang\" id=\"in-en\"%s>\n<main>\n"
            "<label class=\"pick\" for=\"in-en\">English</label><label class=\"pick\" for=\"in-zh\">中文</label>\n<h1>",
            zh_first ? "zh" : "en", style, zh_first ? " checked" : "", zh_first ? "" : " checked");
    both(f, "span", "井然与其他规划器", "Orderly and other planners");
    fputs("</h1>\n<p>", f);
    char zh[96], en[96];
    snprintf(zh, sizeof zh, "%zu 题中 %zu 题达到目标。", rows, met);
    snprintf(en, sizeof en, "%zu of %zu cases reach their aim.", met, rows);
    both(f, "span", zh, en);
    fputs("</p>\n", f);
    put_table(f, row, rows);
    for (int g = 0; g < BENCH_GROUPS; g++) put_group(f, row, rows, (enum bench_group)g);
    fputs("<p class=\"foot\">", f);
    both(f, "span", "CPU 时间随机器与负载而变；其余数字用同一种子在任何机器上相同（一次到达的题目按 CPU 时间截止）。",
         "CPU times depend on the machine and what else it does; all other figures are the same on every machine with "
         "one seed, but for the one-shot problems, which end by CPU time.");
    fputs("</p>\n</main></body></html>\n", f);
}

int bench_page(const char *path, const struct bench_row *row, size_t rows, bool zh_first, struct err_note *note)
{
    FILE *f = fopen(path, "w");
    if (!f) return err_at(note, ORD_EIO, path, "cannot be written: %s", strerror(errno));
    put_page(f, row, rows, zh_first);
    bool bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad) return err_at(note, ORD_EIO, path, "cannot be written");
    return ORD_OK;
}
