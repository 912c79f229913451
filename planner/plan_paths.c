/* plan_paths - `orderly plan check`: judge a file of paths, whoever wrote it. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_plan.h"
#include "path_check.h"

struct options {
    const char *map, *paths, *scen, *agents_file;
    bool turning, json;
};

struct run {
    struct options o;
    struct bench_grid map;
    uint32_t *start, *goal; /* NULL: not asked */
    uint32_t given;         /* entries of start, of goal */
    FILE *f;
    char *line;
    size_t room;
    uint32_t number, robots, rows; /* number: the line being read */
    pose_id *row;
    uint32_t row_room;
    struct path_check check;
    void *check_memory;
    struct path_fault fault;
};

static int bad_line(const struct run *r, uint32_t token, const char *what, struct err_note *note)
{
    return err_at(note, ORD_EPARSE, r->o.paths, "line %u, robot %u: %s", r->number, token, what);
}

static int keep_pose(struct run *r, pose_id pose)
{
    if (r->robots == r->row_room) {
        uint32_t room = r->row_room ? r->row_room * 2 : 64;
        pose_id *more = realloc(r->row, room * sizeof *more);
        if (!more) return ORD_EMEMORY;
        r->row = more;
        r->row_room = room;
    }
    r->row[r->robots++] = pose;
    return ORD_OK;
}

/* One row: "cell" or "cell:heading" for each robot. r->robots counts what the line has. */
static int read_row(struct run *r, struct err_note *note)
{
    const struct grid *g = &r->map.grid;
    r->robots = 0;
    for (char *at = r->line; *at;) {
        if (isspace((unsigned char)*at)) {
            at++;
            continue;
        }
        char *end;
        if (!isdigit((unsigned char)*at))
            return bad_line(r, r->robots, "a cell is a number: row * width + column", note);
        unsigned long cell = strtoul(at, &end, 10), heading = 0;
        if (cell >= (unsigned long)g->width * g->height || g->id[cell] == GRID_NONE)
            return bad_line(r, r->robots, "the cell is blocked or outside the map", note);
        bool headed = *end == ':';
        if (headed) {
            heading = strtoul(end + 1, &at, 10);
            if (at == end + 1 || heading > 3) return bad_line(r, r->robots, "a heading is 0, 1, 2 or 3", note);
            end = at;
        }
        if (*end && !isspace((unsigned char)*end))
            return bad_line(r, r->robots, "\"cell\" or \"cell:heading\" is expected", note);
        if (r->o.turning && !headed) return bad_line(r, r->robots, "has no heading, but --turning judges them", note);
        int err = keep_pose(r, pose_of(g->id[cell], r->o.turning ? (uint32_t)heading : 0));
        if (err) return err;
        at = end;
    }
    return ORD_OK;
}

static int open_check(struct run *r, struct err_note *note)
{
    struct arena mem;
    size_t bytes = path_check_memory(&r->map.grid, r->robots);
    if (r->start && r->robots > r->given)
        return err_at(note, ORD_ERANGE, r->o.paths, "has %u robots, the file of starts has %u", r->robots, r->given);
    if (!(r->check_memory = malloc(bytes))) return ORD_EMEMORY;
    arena_init(&mem, r->check_memory, bytes);
    return path_check_open(&r->check, &mem, &r->map.grid, r->robots, r->o.turning);
}

static int judge(struct run *r, struct err_note *note)
{
    uint32_t robots = 0;
    ssize_t n;
    while (r->fault.kind == PATH_FINE && (n = getline(&r->line, &r->room, r->f)) >= 0) {
        r->number++;
        if (strlen(r->line) != (size_t)n)
            return err_at(note, ORD_EPARSE, r->o.paths, "line %u has a zero byte", r->number);
        int err = read_row(r, note);
        if (!err && r->robots == 0) err = err_at(note, ORD_EPARSE, r->o.paths, "line %u is empty", r->number);
        if (!err && r->rows > 0 && r->robots != robots)
            err = err_at(note, ORD_EPARSE, r->o.paths, "line %u has %u robots, the lines before have %u", r->number,
                         r->robots, robots);
        if (!err && r->rows == 0) err = open_check(r, note);
        if (err) return err;
        robots = r->robots;
        r->rows++;
        r->fault = path_check_row(&r->check, r->row, r->start);
    }
    if (r->rows == 0) return err_at(note, ORD_EPARSE, r->o.paths, "has no line");
    if (r->fault.kind == PATH_FINE && r->goal) r->fault = path_check_end(&r->check, r->goal);
    return ferror(r->f) ? err_at(note, ORD_EIO, r->o.paths, "cannot be read") : ORD_OK;
}

static int open_files(struct run *r, struct err_note *note)
{
    int err = bench_map_open(r->o.map, &r->map, note);
    if (!err && r->o.agents_file) err = bench_cells_open(r->o.agents_file, &r->map.grid, &r->start, &r->given, note);
    struct bench_pair *pairs = NULL;
    if (!err && r->o.scen) err = bench_scen_open(r->o.scen, &r->map.grid, &pairs, &r->given, note);
    if (!err && pairs) {
        r->start = malloc(r->given * sizeof *r->start);
        r->goal = malloc(r->given * sizeof *r->goal);
        if (!r->start || !r->goal) err = ORD_EMEMORY;
        for (uint32_t a = 0; !err && a < r->given; a++) {
            r->start[a] = pairs[a].start;
            r->goal[a] = pairs[a].goal;
        }
    }
    free(pairs);
    if (!err && !(r->f = fopen(r->o.paths, "r")))
        err = err_at(note, ORD_ENOTFOUND, r->o.paths, "cannot be opened: %s", strerror(errno));
    return err;
}

static void report(const struct run *r)
{
    const struct path_fault *f = &r->fault;
    bool fine = f->kind == PATH_FINE, two = f->a != f->b;
    uint32_t steps = r->rows ? r->rows - 1 : 0;
    if (r->o.json && fine) {
        printf("{\"ok\":true,\"robots\":%u,\"steps\":%u}\n", r->robots, steps);
    } else if (r->o.json) {
        printf("{\"ok\":false,\"robots\":%u,\"fault\":\"%s\",\"step\":%u,\"robot\":%u,", r->robots,
               path_fault_name(f->kind), f->step, f->a);
        if (two) printf("\"other\":%u,", f->b);
        printf("\"cell\":%u}\n", r->map.grid.place[f->cell]);
    } else if (fine) {
        printf(plan_say("%u 台机器人，%u 步：没有错误\n", "%u robots, %u steps: no fault\n"), r->robots, steps);
    } else {
        printf(plan_say("第 %u 步，机器人 %u", "step %u, robot %u"), f->step, f->a);
        if (two) printf(plan_say("和机器人 %u", " and robot %u"), f->b);
        printf(plan_say("，格 %u：%s\n", ", cell %u: %s\n"), r->map.grid.place[f->cell],
               plan_say(path_fault_zh(f->kind), path_fault_en(f->kind)));
    }
}

static void close_run(struct run *r)
{
    bench_map_close(&r->map);
    free(r->start);
    free(r->goal);
    free(r->line);
    free(r->row);
    free(r->check_memory);
    if (r->f) fclose(r->f);
}

static void usage(FILE *f)
{
    fputs(plan_say("用法：orderly plan check --map 地图 --paths 文件 [选项]\n\n"
                   "  --turning            同时检查朝向：转四分之一圈用一步，只能向前走\n"
                   "  --scen 场景          起点和目标必须与场景一致\n"
                   "  --agents-file 文件   起点必须与文件一致\n"
                   "  --json\n"
                   "发现错误时退出码为 3。\n",
                   "usage: orderly plan check --map M --paths FILE [OPTIONS]\n\n"
                   "  --turning            judge headings too: a quarter turn takes a step, moves are straight ahead\n"
                   "  --scen S             starts and goals must be those of the scenario\n"
                   "  --agents-file A      starts must be those of the file\n"
                   "  --json\n"
                   "Exit code 3 when a fault is found.\n"),
          f);
}

static bool read_options(int argc, char **argv, struct options *o, int *exit_code)
{
    enum { MAP = 1, PATHS, SCEN, AGENTS_FILE, TURNING, JSON, HELP };
    static const struct option known[] = { { "map", 1, NULL, MAP },         { "paths", 1, NULL, PATHS },
                                           { "scen", 1, NULL, SCEN },       { "agents-file", 1, NULL, AGENTS_FILE },
                                           { "turning", 0, NULL, TURNING }, { "json", 0, NULL, JSON },
                                           { "help", 0, NULL, HELP },       { 0 } };
    *o = (struct options){ .map = NULL };
    *exit_code = 2;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case MAP: o->map = optarg; break;
        case PATHS: o->paths = optarg; break;
        case SCEN: o->scen = optarg; break;
        case AGENTS_FILE: o->agents_file = optarg; break;
        case TURNING: o->turning = true; break;
        case JSON: o->json = true; break;
        case HELP:
            usage(stdout);
            *exit_code = 0;
            return false;
        default: usage(stderr); return false;
        }
    }
    bool complete = o->map && o->paths && !(o->scen && o->agents_file);
    if (!complete) usage(stderr);
    return complete;
}

int plan_paths(int argc, char **argv)
{
    struct run r = { 0 };
    struct err_note note = { "", "" };
    int code;
    if (!read_options(argc, argv, &r.o, &code)) return code;
    int err = open_files(&r, &note);
    if (!err) err = judge(&r, &note);
    if (err) fprintf(stderr, "orderly plan: %s: %s (%s)\n", note.where, note.what, plan_say(err_zh(err), err_en(err)));
    else report(&r);
    code = err ? 1 : r.fault.kind == PATH_FINE ? 0 : 3;
    close_run(&r);
    return code;
}
