#include "clock.h"

#include <stdlib.h>

#include "common/err.h"

int clock_open(struct clock *c, uint32_t sources)
{
    *c = (struct clock){ .sources = sources };
    c->due_ms = calloc(sources, sizeof *c->due_ms);
    c->heap = calloc(sources, sizeof *c->heap);
    c->place = calloc(sources, sizeof *c->place);
    if (!c->due_ms || !c->heap || !c->place) {
        clock_close(c);
        return ORD_EMEMORY;
    }
    for (uint32_t i = 0; i < sources; i++) {
        c->due_ms[i] = MS_NEVER;
        c->heap[i] = c->place[i] = i;
    }
    return ORD_OK;
}

void clock_close(struct clock *c)
{
    free(c->due_ms);
    free(c->heap);
    free(c->place);
    *c = (struct clock){ 0 };
}

static bool before(const struct clock *c, uint32_t a, uint32_t b)
{
    return c->due_ms[a] != c->due_ms[b] ? c->due_ms[a] < c->due_ms[b] : a < b;
}

static void put(struct clock *c, uint32_t i, uint32_t source)
{
    c->heap[i] = source;
    c->place[source] = i;
}

void clock_set(struct clock *c, uint32_t source, ms_t due_ms)
{
    c->due_ms[source] = due_ms;
    uint32_t i = c->place[source];
    for (; i > 0 && before(c, source, c->heap[(i - 1) / 2]); i = (i - 1) / 2) put(c, i, c->heap[(i - 1) / 2]);
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= c->sources) break;
        if (child + 1 < c->sources && before(c, c->heap[child + 1], c->heap[child])) child++;
        if (!before(c, c->heap[child], source)) break;
        put(c, i, c->heap[child]);
        i = child;
    }
    put(c, i, source);
}
