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

static const struct {
    const char *verb;
    int (*run)(int argc, char **argv);
    const char *zh, *en;
} kinds[] = {
    { "lifelong", plan_lifelong, "网格上目标不断的机器人", "endless goals on a grid" },
    { "mapf", plan_mapf, "网格上每台机器人各走一次", "every robot to its goal, once, on a grid" },
    { "check", plan_paths, "评判路径文件", "judge a file of paths" },
    { "route", plan_route_command, "院区内所有机器人同时出发", "all robots of a site at once, to random goals" },
    { "tours", plan_tours, "取送任务：车辆最少，其次里程最短",
      "pick-ups and deliveries: fewest vehicles, then least distance" },
    { "check-tours", plan_check_tours, "评判取送路线文件", "judge a file of routes" },
    { "forecast", plan_forecast, "由历史预测一周每小时的需求", "demand by hour of the week, from history" },
    { "soak", plan_soak, "随机网格、机器人和停顿，逐步评判", "random grids, robots and hold-ups, judged step by step" },
    { "bench", plan_bench, "以上各项与其他规划器的对比", "all of these against what other planners reached" },
};

static void usage(FILE *f)
{
    fputs(plan_say("用法：\n", "usage:\n"), f);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        fprintf(f, "  orderly plan %-12s %s\n", kinds[i].verb, plan_say(kinds[i].zh, kinds[i].en));
    fputs("  orderly plan KIND --help\n", f);
}

int cmd_plan(int argc, char **argv)
{
    for (size_t i = 0; argc >= 2 && i < COUNT_OF(kinds); i++)
        if (strcmp(argv[1], kinds[i].verb) == 0) return kinds[i].run(argc - 1, argv + 1);
    bool help = argc >= 2 && strcmp(argv[1], "--help") == 0;
    usage(help ? stdout : stderr);
    return help ? 0 : 2;
}
