/* A grid drawn as rows of signs: '@' is blocked, '.' and letters are free. */
#ifndef TESTS_TINY_GRID_H
#define TESTS_TINY_GRID_H

#include <string.h>

#include "planner/grid.h"

struct tiny_grid {
    struct grid g;
    uint8_t memory[1 << 16];
};

static inline struct grid *tiny_grid(struct tiny_grid *t, const char *const *rows, uint32_t height)
{
    static uint8_t free_cell[4096];
    uint32_t width = (uint32_t)strlen(rows[0]);
    struct arena mem;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) free_cell[y * width + x] = rows[y][x] != '@';
    arena_init(&mem, t->memory, sizeof t->memory);
    assert_int_equal(grid_open(&t->g, &mem, width, height, free_cell), ORD_OK);
    return &t->g;
}

/* The cell at column x of row y. */
static inline uint32_t tiny_cell(const struct grid *g, uint32_t x, uint32_t y) { return g->id[y * g->width + x]; }

#endif
