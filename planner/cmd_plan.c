#include "cmd_plan.h"

#include <stdlib.h>
#include <string.h>

const char *plan_say(const char *zh, const char *en)
{
    const char *names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *v = getenv(names[i]);
        if (v && v[0]) return strncmp(v, "zh", 2) == 0 ? zh : en;
    }
    return en;
}

static void usage(FILE *f)
{
    fputs("usage: orderly plan lifelong ...    endless goals on a grid\n"
          "       orderly plan mapf ...        every robot to its goal, once, on a grid\n"
          "       orderly plan check ...       judge a file of paths\n"
          "       orderly plan route ...       all robots of a site at once, from random starts to random goals\n"
          "       orderly plan tours ...       pick-ups and deliveries: fewest vehicles, then least distance\n"
          "       orderly plan check-tours ... judge a file of routes\n"
          "       orderly plan soak ...        random grids, robots and hold-ups, judged step by step\n"
          "       orderly plan bench ...       all of these against what other planners reached\n"
          "       orderly plan KIND --help\n",
          f);
}

int cmd_plan(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "lifelong") == 0) return plan_lifelong(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "mapf") == 0) return plan_mapf(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "check") == 0) return plan_paths(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "route") == 0) return plan_route_command(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "soak") == 0) return plan_soak(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "tours") == 0) return plan_tours(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "check-tours") == 0) return plan_check_tours(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "bench") == 0) return plan_bench(argc - 1, argv + 1);
    bool help = argc >= 2 && strcmp(argv[1], "--help") == 0;
    usage(help ? stdout : stderr);
    return help ? 0 : 2;
}
