/* orderly - one front door; each box brings its own cmd_<verb>.c, this file is the table. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "edge/cmd_ctl.h"
#include "maps/maps_io.h"
#include "planner/cmd_plan.h"
#include "sim/sim.h"

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *en, *zh;
} verbs[] = {
    { "up", cmd_up, "run a whole hospital here: broker, controller, building, robots, web page",
      "在本机运行整座医院：消息服务、控制器、楼宇、机器人和网页" },
    { "map", cmd_map, "check, show, import and compile maps", "检查、显示、导入和编译地图" },
    { "plan", cmd_plan, "plan one-off problems and public benchmarks", "求解单个规划问题和公开基准" },
    { "sim", cmd_sim, "simulate days, replay journals", "仿真运行，重放日志" },
    { "broker", cmd_broker, "users, passwords and access rules for a broker of your own",
      "为自有消息服务生成用户、密码和访问规则" },
    { "ctl", cmd_ctl, "talk to a running controller", "操作正在运行的控制器" },
};

static void usage(FILE *f)
{
    fputs("usage: orderly VERB [ARGUMENTS]        orderly VERB --help\n\n", f);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        fprintf(f, "  %-6s %s\n         %s\n", verbs[i].name, verbs[i].en, verbs[i].zh);
    fputs("\nexit codes: 0 done, 1 it failed, 2 wrong command line, 3 rules were broken (check, sim)\n", f);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("orderly " ORDERLY_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "orderly: no verb '%s'; see orderly --help\n", argv[1]);
    return 2;
}
