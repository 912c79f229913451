#include "grid.h"

#include <assert.h>
#include <string.h>

size_t grid_memory(uint32_t width, uint32_t height) { return (size_t)width * height * 6 * sizeof(uint32_t) + 4 * 16; }

int grid_open(struct grid *g, struct arena *mem, uint32_t width, uint32_t height, const uint8_t *free_cell)
{
    size_t n = (size_t)width * height;
    if (width == 0 || height == 0) return ORD_ERANGE;
    assert(width > 0 && height > 0);
    *g = (struct grid){ .width = width, .height = height };
    g->id = arena_new(mem, uint32_t, n);
    g->place = arena_new(mem, uint32_t, n);
    g->next = arena_take(mem, n, sizeof *g->next);
    if (!g->id || !g->place || !g->next) return ORD_EFULL;
    for (uint32_t at = 0; at < n; at++) {
        g->id[at] = free_cell[at] ? g->cells : GRID_NONE;
        if (free_cell[at]) g->place[g->cells++] = at;
    }
    for (uint32_t c = 0; c < g->cells; c++) {
        uint32_t at = g->place[c], x = at % width, y = at / width;
        g->next[c][0] = x + 1 < width ? g->id[at + 1] : GRID_NONE;
        g->next[c][1] = y + 1 < height ? g->id[at + width] : GRID_NONE;
        g->next[c][2] = x > 0 ? g->id[at - 1] : GRID_NONE;
        g->next[c][3] = y > 0 ? g->id[at - width] : GRID_NONE;
    }
    return ORD_OK;
}

void grid_steps_to(const struct grid *g, uint32_t goal_cell, bool turning, uint16_t *steps, pose_id *queue)
{
    uint32_t head = 0, tail = 0;
    memset(steps, 0xff, (size_t)g->cells * 4 * sizeof *steps);
    for (uint32_t h = 0; h < (turning ? 4u : 1u); h++) {
        steps[pose_of(goal_cell, h)] = 0;
        queue[tail++] = pose_of(goal_cell, h);
    }
    while (head < tail) {
        pose_id p = queue[head++], before[4];
        uint32_t c = pose_cell(p), h = pose_heading(p), n = 0;
        uint16_t d = (uint16_t)(steps[p] + 1);
        if (turning) { /* came from behind, or turned here */
            uint32_t behind = g->next[c][(h + 2) & 3];
            if (behind != GRID_NONE) before[n++] = pose_of(behind, h);
            before[n++] = pose_of(c, (h + 1) & 3);
            before[n++] = pose_of(c, (h + 3) & 3);
        } else {
            for (uint32_t k = 0; k < 4; k++)
                if (g->next[c][k] != GRID_NONE) before[n++] = pose_of(g->next[c][k], 0);
        }
        for (uint32_t k = 0; k < n; k++) {
            if (steps[before[k]] != GRID_FAR) continue;
            steps[before[k]] = d;
            queue[tail++] = before[k];
        }
    }
}
