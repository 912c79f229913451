#include "path_check.h"

#include <string.h>

size_t path_check_memory(const struct grid *g, uint32_t robots)
{
    return (size_t)robots * sizeof(pose_id) + (size_t)g->cells * 4 * sizeof(uint32_t) + 6 * 16;
}

int path_check_open(struct path_check *c, struct arena *mem, const struct grid *g, uint32_t robots, bool turning)
{
    *c = (struct path_check){ .grid = g, .robots = robots, .turning = turning };
    c->before = arena_new(mem, pose_id, robots);
    c->here = arena_new(mem, uint32_t, g->cells);
    c->there = arena_new(mem, uint32_t, g->cells);
    c->here_at = arena_new(mem, uint32_t, g->cells);
    c->there_at = arena_new(mem, uint32_t, g->cells);
    return c->before && c->here && c->there && c->here_at && c->there_at ? ORD_OK : ORD_EFULL;
}

static enum path_fault_kind one_action(const struct path_check *c, pose_id from, pose_id to)
{
    uint32_t a = pose_cell(from), b = pose_cell(to), turn = (pose_heading(to) - pose_heading(from)) & 3;
    if (a == b) return c->turning && turn == 2 ? PATH_TURN : PATH_FINE;
    for (uint32_t h = 0; h < 4; h++) {
        if (c->grid->next[a][h] != b) continue;
        return c->turning && (turn != 0 || pose_heading(from) != h) ? PATH_TURN : PATH_FINE;
    }
    return PATH_JUMP;
}

struct path_fault path_check_row(struct path_check *c, const pose_id *row, const uint32_t *start)
{
    uint32_t step = c->steps++;
    for (uint32_t r = 0; r < c->robots; r++) { /* who is where now, by cell */
        uint32_t cell = pose_cell(row[r]);
        if (step == 0 && start && cell != start[r]) return (struct path_fault){ PATH_START, step, r, r, cell };
        enum path_fault_kind kind = step == 0 ? PATH_FINE : one_action(c, c->before[r], row[r]);
        if (kind != PATH_FINE) return (struct path_fault){ kind, step, r, r, cell };
        if (c->there_at[cell] == step + 1) return (struct path_fault){ PATH_VERTEX, step, c->there[cell] - 1, r, cell };
        c->there_at[cell] = step + 1;
        c->there[cell] = r + 1;
    }
    for (uint32_t r = 0; step > 0 && r < c->robots; r++) { /* whoever was where r is now must not be where r was */
        uint32_t from = pose_cell(c->before[r]), to = pose_cell(row[r]);
        if (from == to || c->here_at[to] != step) continue;
        uint32_t o = c->here[to] - 1;
        if (pose_cell(row[o]) == from) return (struct path_fault){ PATH_SWAP, step, r < o ? r : o, r < o ? o : r, to };
    }
    for (uint32_t r = 0; r < c->robots; r++) {
        uint32_t cell = pose_cell(row[r]);
        c->here_at[cell] = step + 1;
        c->here[cell] = r + 1;
    }
    memcpy(c->before, row, c->robots * sizeof *row);
    return (struct path_fault){ PATH_FINE, step, 0, 0, 0 };
}

struct path_fault path_check_end(const struct path_check *c, const uint32_t *goal)
{
    uint32_t step = c->steps ? c->steps - 1 : 0;
    for (uint32_t r = 0; r < c->robots; r++) {
        uint32_t cell = pose_cell(c->before[r]);
        if (c->steps == 0 || cell != goal[r]) return (struct path_fault){ PATH_GOAL, step, r, r, cell };
    }
    return (struct path_fault){ PATH_FINE, step, 0, 0, 0 };
}

const char *path_fault_name(enum path_fault_kind kind)
{
    switch (kind) {
    case PATH_FINE: return "none";
    case PATH_START: return "start";
    case PATH_JUMP: return "jump";
    case PATH_TURN: return "turn";
    case PATH_VERTEX: return "vertex";
    case PATH_SWAP: return "swap";
    case PATH_GOAL: return "goal";
    }
    return "?";
}

const char *path_fault_en(enum path_fault_kind kind)
{
    switch (kind) {
    case PATH_FINE: return "no fault";
    case PATH_START: return "does not begin at its start";
    case PATH_JUMP: return "jumps to a cell that is no neighbour";
    case PATH_TURN: return "turns or moves as no robot can in one step";
    case PATH_VERTEX: return "are in one cell";
    case PATH_SWAP: return "exchange cells";
    case PATH_GOAL: return "does not end at its goal";
    }
    return "?";
}

const char *path_fault_zh(enum path_fault_kind kind)
{
    switch (kind) {
    case PATH_FINE: return "没有错误";
    case PATH_START: return "起点不正确";
    case PATH_JUMP: return "跳到了不相邻的格子";
    case PATH_TURN: return "一步之内的转向或移动不可能";
    case PATH_VERTEX: return "同时占用一个格子";
    case PATH_SWAP: return "相互交换了格子";
    case PATH_GOAL: return "没有停在目标上";
    }
    return "?";
}
