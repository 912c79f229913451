/* plan_forecast - `orderly plan forecast`: demand by hour of the week from a history of requests, with the error of a
 * back-test, and as streams for the simulator (orderly-demand/1).
 *
 * A history is CSV: a line of names, then a request a line. `time` (RFC 3339; its clock counts as it is written) and
 * `stream` are needed, `from` and `to` too if the simulator is to have it. `orderly sim history JOURNAL` prints one. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_plan.h"
#include "common/text.h"
#include "forecast.h"

#define STREAMS_MAX 16 /* as many profiles has a demand file */
#define FLOWS_MAX 64
#define PAIRS_MAX 4096
#define LINE_MAX_BYTES 1024
#define WEEK_DAYS 7
#define EPOCH_MONDAY (-3) /* 1969-12-29: days since then, divided by seven, count weeks */

struct pair {
    char from[48], to[48];
    uint32_t requests;
};

struct stream {
    char id[48];
    uint16_t *count; /* [weeks * WEEK_HOURS] of `counts`, from the first whole week of the file */
    uint64_t requests;
    struct pair *pair;
    uint32_t pairs;
    struct forecast forecast;
    struct forecast_error error;
    bool tested;
};

struct row {
    int64_t hour; /* since EPOCH_MONDAY 00:00 */
    uint8_t stream;
};

struct forecaster {
    const char *history, *out;
    uint32_t test_weeks;
    bool json;
    struct row *row;
    size_t rows, room;
    struct stream stream[STREAMS_MAX];
    uint8_t streams;
    uint16_t *counts; /* of all streams */
    uint32_t weeks;
    int column[4]; /* of time, stream, from, to; -1: not there */
};
enum { TIME, STREAM, FROM, TO };
static const char *const column_name[4] = { "time", "stream", "from", "to" };

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int bad_line(const struct forecaster *f, size_t line, const char *what, struct err_note *note)
{
    char where[300];
    snprintf(where, sizeof where, "%s:%zu", f->history, line);
    return err_at(note, ORD_EPARSE, where, "%s", what);
}

static char *cell_of(char *line, int column)
{
    static char empty[1];
    if (column < 0) return empty;
    for (; column > 0 && line; column--) {
        line = strchr(line, ',');
        line = line ? line + 1 : NULL;
    }
    return line ? line : empty;
}

static void take_cell(char *line, int column, char out[48])
{
    const char *c = cell_of(line, column);
    snprintf(out, 48, "%.*s", (int)strcspn(c, ",\r\n"), c);
}

/* Days since 1970-01-01 in the Gregorian calendar (Hinnant, days_from_civil). */
static int64_t days_of(int y, int m, int d)
{
    int64_t year = m <= 2 ? y - 1 : y, era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool digits(const char **at, int n, int *out)
{
    *out = 0;
    for (; n > 0; n--, (*at)++) {
        if (**at < '0' || **at > '9') return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool sign(const char **at, char wanted) { return *(*at)++ == wanted; }

/* "2026-03-02T10:..." or with a blank for the T. */
static bool read_hour(const char *text, int64_t *hour)
{
    int y, m, d, h;
    if (!digits(&text, 4, &y) || !sign(&text, '-') || !digits(&text, 2, &m) || !sign(&text, '-')) return false;
    if (!digits(&text, 2, &d) || (*text != 'T' && *text != ' ')) return false;
    text++;
    if (!digits(&text, 2, &h) || !sign(&text, ':')) return false;
    if (y < 1970 || m < 1 || m > 12 || d < 1 || d > 31 || h > 23) return false;
    *hour = (days_of(y, m, d) - EPOCH_MONDAY) * 24 + h;
    return true;
}

static int read_names(struct forecaster *f, char *line, struct err_note *note)
{
    for (int i = 0; i < 4; i++) f->column[i] = -1;
    int at = 0;
    for (char *c = line; c; at++) {
        size_t n = strcspn(c, ",\r\n");
        for (int i = 0; i < 4; i++)
            if (strlen(column_name[i]) == n && strncmp(c, column_name[i], n) == 0) f->column[i] = at;
        c = c[n] == ',' ? c + n + 1 : NULL;
    }
    if (f->column[TIME] < 0 || f->column[STREAM] < 0)
        return bad_line(f, 1, "the first line must name the columns, `time` and `stream` among them", note);
    return ORD_OK;
}

static struct stream *stream_of(struct forecaster *f, const char *id)
{
    for (uint8_t i = 0; i < f->streams; i++)
        if (strcmp(f->stream[i].id, id) == 0) return &f->stream[i];
    if (f->streams == STREAMS_MAX) return NULL;
    struct stream *s = &f->stream[f->streams++];
    text_copy(s->id, sizeof s->id, id);
    return s;
}

static int add_pair(struct stream *s, const char *from, const char *to)
{
    uint32_t i = 0;
    if (!s->pair) s->pair = calloc(PAIRS_MAX, sizeof *s->pair);
    if (!s->pair) return ORD_EMEMORY;
    while (i < s->pairs && (strcmp(s->pair[i].from, from) != 0 || strcmp(s->pair[i].to, to) != 0)) i++;
    if (i == PAIRS_MAX) return ORD_OK; /* the rarest of so many do not matter */
    if (i == s->pairs) {
        text_copy(s->pair[i].from, sizeof s->pair[i].from, from);
        text_copy(s->pair[i].to, sizeof s->pair[i].to, to);
        s->pairs++;
    }
    s->pair[i].requests++;
    return ORD_OK;
}

static int add_row(struct forecaster *f, int64_t hour, const struct stream *s)
{
    if (f->rows == f->room) {
        size_t room = f->room ? f->room * 2 : 4096;
        struct row *grown = realloc(f->row, room * sizeof *grown);
        if (!grown) return ORD_EMEMORY;
        f->row = grown;
        f->room = room;
    }
    f->row[f->rows++] = (struct row){ hour, (uint8_t)(s - f->stream) };
    return ORD_OK;
}

static int read_line(struct forecaster *f, char *line, size_t number, struct err_note *note)
{
    char time[48], id[48], from[48], to[48];
    int64_t hour;
    take_cell(line, f->column[TIME], time);
    take_cell(line, f->column[STREAM], id);
    take_cell(line, f->column[FROM], from);
    take_cell(line, f->column[TO], to);
    if (!read_hour(time, &hour)) return bad_line(f, number, "`time` must be like 2026-03-02T10:20:00+08:00", note);
    if (!text_id_valid(id, 47)) return bad_line(f, number, "`stream` must be an id: A-Z a-z 0-9 _ - . :", note);
    struct stream *s = stream_of(f, id);
    if (!s) return bad_line(f, number, "there are more than 16 streams; give related ones the same name", note);
    int err = add_row(f, hour, s);
    if (!err && from[0] && to[0]) err = add_pair(s, from, to);
    return err ? err_at(note, err, f->history, "out of memory") : ORD_OK;
}

static int read_history(struct forecaster *f, struct err_note *note)
{
    char line[LINE_MAX_BYTES];
    size_t number = 0;
    int err = ORD_OK;
    FILE *in = fopen(f->history, "r");
    if (!in) return err_at(note, ORD_ENOTFOUND, f->history, "cannot be read");
    while (!err && fgets(line, sizeof line, in)) {
        number++;
        if (!strchr(line, '\n') && !feof(in)) err = bad_line(f, number, "the line is too long", note);
        else if (number == 1) err = read_names(f, line, note);
        else if (line[strspn(line, " \r\n")]) err = read_line(f, line, number, note);
    }
    fclose(in);
    if (!err && f->rows == 0) err = err_at(note, ORD_EREFUSED, f->history, "holds no request");
    return err;
}

/* Whole weeks only: first and last days of a history are seldom whole, and half a week would look like a quiet one. */
static int fill_weeks(struct forecaster *f, struct err_note *note)
{
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < f->rows; i++) {
        if (f->row[i].hour < least) least = f->row[i].hour;
        if (f->row[i].hour > most) most = f->row[i].hour;
    }
    int64_t first = (least + WEEK_HOURS - 24) / WEEK_HOURS; /* a week whose Monday is missing is not whole */
    int64_t end = (most + 24) / WEEK_HOURS;                 /* nor is one whose Sunday is */
    if (end - first < FORECAST_WEEKS_LEAST + 1 || end - first > FORECAST_WEEKS_MAX)
        return err_at(
            note, ORD_EREFUSED, f->history,
            "holds %lld whole weeks (Monday to Sunday); %d to %d are needed, the last to test the forecast on",
            (long long)(end > first ? end - first : 0), FORECAST_WEEKS_LEAST + 1, FORECAST_WEEKS_MAX);
    f->weeks = (uint32_t)(end - first);
    size_t hours = (size_t)f->weeks * WEEK_HOURS;
    f->counts = calloc(f->streams * hours, sizeof *f->counts);
    if (!f->counts) return err_at(note, ORD_EMEMORY, f->history, "out of memory");
    for (uint8_t s = 0; s < f->streams; s++) f->stream[s].count = f->counts + s * hours;
    for (size_t i = 0; i < f->rows; i++) {
        int64_t at = f->row[i].hour - first * WEEK_HOURS;
        struct stream *s = &f->stream[f->row[i].stream];
        if (at < 0 || at >= (int64_t)f->weeks * WEEK_HOURS || s->count[at] == UINT16_MAX) continue;
        s->count[at]++;
        s->requests++;
    }
    return ORD_OK;
}

/* ---- foretelling ------------------------------------------------------------------------------------------------ */

static void foretell(struct forecaster *f)
{
    uint32_t test = f->test_weeks ? f->test_weeks : f->weeks / 4 > 0 ? f->weeks / 4 : 1;
    if (test + FORECAST_WEEKS_LEAST > f->weeks) test = f->weeks - FORECAST_WEEKS_LEAST;
    for (uint8_t i = 0; i < f->streams; i++) {
        struct stream *s = &f->stream[i];
        struct request_hours h = { s->count, f->weeks };
        s->tested = forecast_backtest(&h, test, &s->error);
        forecast_learn(&h, 0, f->weeks, forecast_shrink(&h, f->weeks), &s->forecast);
    }
}

/* ---- as the simulator reads it ---------------------------------------------------------------------------------- */

static void day_means(const struct forecast *f, int64_t weekday[24], int64_t *weekday_all, int64_t *weekend_all)
{
    *weekday_all = *weekend_all = 0;
    for (int h = 0; h < 24; h++) weekday[h] = 0;
    for (int i = 0; i < WEEK_HOURS; i++) {
        bool end = i / 24 >= 5;
        if (!end) weekday[i % 24] += f->mean_milli[i];
        *(end ? weekend_all : weekday_all) += f->mean_milli[i];
    }
}

/* Millionths of the day that sum to one: what rounding leaves over goes to the busiest hour. */
static void put_profile(FILE *out, const struct stream *s)
{
    int64_t weekday[24], all, end, given = 0;
    int32_t share[24];
    int busiest = 0;
    day_means(&s->forecast, weekday, &all, &end);
    for (int h = 0; h < 24; h++) {
        share[h] = all > 0 ? (int32_t)(weekday[h] * 1000000 / all) : 1000000 / 24;
        given += share[h];
        if (weekday[h] > weekday[busiest]) busiest = h;
    }
    share[busiest] += (int32_t)(1000000 - given);
    fprintf(out, "    \"%s\": [", s->id);
    for (int h = 0; h < 24; h++) fprintf(out, "%s%d.%06d", h ? ", " : "", share[h] / 1000000, share[h] % 1000000);
    fputs("]", out);
}

static int more_requests(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->requests != y->requests) return x->requests < y->requests ? 1 : -1;
    int by_from = strcmp(x->from, y->from);
    return by_from ? by_from : strcmp(x->to, y->to);
}

/* Of more pairs than a stream may have, the busiest stand for all. */
static void put_flows(FILE *out, struct stream *s, int64_t weekday_milli)
{
    uint64_t listed = 0;
    uint32_t n = s->pairs < FLOWS_MAX ? s->pairs : FLOWS_MAX;
    qsort(s->pair, s->pairs, sizeof *s->pair, more_requests);
    for (uint32_t i = 0; i < n; i++) listed += s->pair[i].requests;
    for (uint32_t i = 0; i < n; i++) {
        const struct pair *p = &s->pair[i];
        int64_t per_day = weekday_milli * p->requests / (int64_t)listed;
        fprintf(out, "%s\n        {\"from\": \"%s\", \"to\": \"%s\", \"per_day\": %lld.%03lld}", i ? "," : "", p->from,
                p->to, (long long)(per_day / 1000), (long long)(per_day % 1000));
    }
}

static void put_stream(FILE *out, struct stream *s)
{
    int64_t weekday[24], all, end;
    day_means(&s->forecast, weekday, &all, &end);
    int64_t weekend = all > 0 ? end * 5 * 1000 / (all * 2) : 1000;
    if (weekend > 10000) weekend = 10000;
    fprintf(out, "    {\"id\": \"%s\", \"profile\": \"%s\", \"weekend\": %lld.%03lld, \"flows\": [", s->id, s->id,
            (long long)(weekend / 1000), (long long)(weekend % 1000));
    put_flows(out, s, all / 5);
    fputs("]}", out);
}

static int write_demand(struct forecaster *f, struct err_note *note)
{
    for (uint8_t i = 0; i < f->streams; i++)
        if (f->stream[i].pairs == 0)
            return err_at(note, ORD_EREFUSED, f->history,
                          "names no `from` and `to` of stream %s: the simulator must know between which stations",
                          f->stream[i].id);
    FILE *out = fopen(f->out, "w");
    if (!out) return err_at(note, ORD_EIO, f->out, "cannot be written");
    fputs("{\n  \"format\": \"orderly-demand/1\",\n  \"profiles\": {\n", out);
    for (uint8_t i = 0; i < f->streams; i++) {
        put_profile(out, &f->stream[i]);
        fputs(i + 1 < f->streams ? ",\n" : "\n", out);
    }
    fputs("  },\n  \"streams\": [\n", out);
    for (uint8_t i = 0; i < f->streams; i++) {
        put_stream(out, &f->stream[i]);
        fputs(i + 1 < f->streams ? ",\n" : "\n", out);
    }
    fputs("  ]\n}\n", out);
    return fclose(out) ? err_at(note, ORD_EIO, f->out, "cannot be written") : ORD_OK;
}

/* ---- saying it -------------------------------------------------------------------------------------------------- */

static void put_permille(const char *name, int64_t error, int64_t actual)
{
    int32_t p = forecast_permille(error, actual);
    if (p < 0) printf(",\"%s\":null", name);
    else printf(",\"%s\":%d.%03d", name, p / 1000, p % 1000);
}

static void say_json(const struct forecaster *f)
{
    printf("{\"weeks\":%u,\"streams\":[", f->weeks);
    for (uint8_t i = 0; i < f->streams; i++) {
        const struct stream *s = &f->stream[i];
        const struct forecast_error *e = &s->error;
        printf("%s{\"id\":\"%s\",\"requests\":%llu,\"shrink\":%u,\"weeks_tested\":%u", i ? "," : "", s->id,
               (unsigned long long)s->requests, s->forecast.shrink, e->weeks);
        put_permille("wape", e->hourly, e->actual);
        put_permille("wape_day", e->daily, e->actual);
        put_permille("wape_last_week", e->last_week, e->actual);
        put_permille("wape_flat", e->flat, e->actual);
        printf(",\"hour_of_week\":[");
        for (int h = 0; h < WEEK_HOURS; h++)
            printf("%s%d.%03d", h ? "," : "", s->forecast.mean_milli[h] / 1000, s->forecast.mean_milli[h] % 1000);
        printf("]}");
    }
    printf("]}\n");
}

static void say_share(int64_t error, int64_t actual)
{
    int32_t p = forecast_permille(error, actual);
    if (p < 0) printf("        -");
    else printf("  %4d.%d %%", p / 10, p % 10);
}

static void say_table(const struct forecaster *f)
{
    printf(plan_say("历史 %u 周；回测误差（绝对误差之和 / 实际之和），最后 %u 周：\n",
                    "%u weeks of history; error of the back-test (sum of errors / sum of requests) on the last %u:\n"),
           f->weeks, f->stream[0].error.weeks);
    fputs(plan_say("物流                每周      按小时    按天      照搬上周  平均\n",
                   "stream            a week    hourly    daily     last week flat\n"),
          stdout);
    for (uint8_t i = 0; i < f->streams; i++) {
        const struct stream *s = &f->stream[i];
        printf("%-16s%8.1f", s->id, (double)s->requests / f->weeks);
        say_share(s->error.hourly, s->error.actual);
        say_share(s->error.daily, s->error.actual);
        say_share(s->error.last_week, s->error.actual);
        say_share(s->error.flat, s->error.actual);
        putchar('\n');
    }
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static const char help_zh[] =
    "用法：orderly plan forecast --history 文件.csv [--test-weeks N] [--out 文件.demand.json] [--json]\n\n"
    "由历史申请预测一周中每小时的需求，并给出回测误差。\n"
    "  --history 文件   CSV，首行列名：time、stream，以及 from、to；可由 orderly sim history 导出\n"
    "  --test-weeks N   留作回测的最后几周；默认四分之一\n"
    "  --out 文件       写成仿真的需求文件（orderly-demand/1）\n"
    "  --json           以 JSON 输出，含一周 168 小时的预测\n"
    "退出码：0 完成，1 历史不可用，2 命令行错误\n";
static const char help_en[] =
    "usage: orderly plan forecast --history FILE.csv [--test-weeks N] [--out FILE.demand.json] [--json]\n\n"
    "Demand by hour of the week from a history of requests, with the error of a back-test.\n"
    "  --history FILE   CSV; its first line names the columns: time, stream, also from, to (orderly sim history prints "
    "one)\n"
    "  --test-weeks N   how many of the last weeks to test on; default a quarter\n"
    "  --out FILE       write it as demand for the simulator (orderly-demand/1)\n"
    "  --json           as JSON, with all 168 hours\n"
    "exit codes: 0 done, 1 the history is not usable, 2 wrong command line\n";

static int read_options(struct forecaster *f, int argc, char **argv)
{
    static const struct option options[] = {
        { "history", required_argument, NULL, 'h' }, { "test-weeks", required_argument, NULL, 't' },
        { "out", required_argument, NULL, 'o' },     { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, '?' + 1 },      { NULL, 0, NULL, 0 }
    };
    int option;
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case 'h': f->history = optarg; break;
        case 't': f->test_weeks = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'o': f->out = optarg; break;
        case 'j': f->json = true; break;
        case '?' + 1: fputs(plan_say(help_zh, help_en), stdout); return 0;
        default:
            f->history = NULL;
            optind = argc;
            break;
        }
        if (option == '?' || option == ':') break;
    }
    if (f->history && optind == argc && (!f->test_weeks || f->test_weeks <= FORECAST_WEEKS_MAX)) return -1;
    fputs(plan_say(help_zh, help_en), stderr);
    return 2;
}

int plan_forecast(int argc, char **argv)
{
    struct forecaster f = { .history = NULL };
    struct err_note note = { .where = "" };
    int code = read_options(&f, argc, argv);
    if (code >= 0) return code;
    int err = read_history(&f, &note);
    if (!err) err = fill_weeks(&f, &note);
    if (!err) foretell(&f);
    if (!err && f.out) err = write_demand(&f, &note);
    if (err) fprintf(stderr, "orderly plan forecast: %s: %s\n", note.where, note.what);
    else if (f.json) say_json(&f);
    else say_table(&f);
    for (uint8_t i = 0; i < f.streams; i++) free(f.stream[i].pair);
    free(f.counts);
    free(f.row);
    return err ? 1 : 0;
}
