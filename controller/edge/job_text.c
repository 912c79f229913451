#include "job_text.h"

static const struct words {
    const char *en, *zh;
} refusal_words[REFUSAL_COUNT] = {
    [REFUSAL_NONE] = { "", "" },
    [REFUSAL_UNKNOWN_STATION] = { "there is no such station", "没有这个站点" },
    [REFUSAL_SAME_STATION] = { "pick-up and destination are the same station", "取货站与目的站相同" },
    [REFUSAL_QUANTITY] = { "the quantity must be 1 to 999", "数量必须为 1 到 999" },
    [REFUSAL_PRIORITY] = { "the priority must be 0 to 5", "优先级必须为 0 到 5" },
    [REFUSAL_FULL] = { "too many jobs are open; try again later", "未完成任务过多，请稍后再试" },
    [REFUSAL_UNREACHABLE] = { "no robot can drive between these stations", "没有机器人能在这两个站点之间行驶" },
    [REFUSAL_UNKNOWN_JOB] = { "there is no such job", "没有这个任务" },
    [REFUSAL_JOB_ENDED] = { "the job has already ended", "任务已经结束" },
    [REFUSAL_ALREADY_LOADED] = { "the goods are already on the robot; receive them at the destination",
                                 "物品已装上机器人，请在目的站接收" },
    [REFUSAL_UNKNOWN_GOODS] = { "there are no such goods", "没有这种物品" },
    [REFUSAL_NO_ROBOT_TAKES_IT] = { "no robot of this hospital carries such goods; send them by hand",
                                    "本院没有能运送该物品的机器人，请人工运送" },
    [REFUSAL_NOT_LOADED] = { "the goods are not on the robot yet; count them when they arrive",
                             "物品尚未装车，请在送达后清点" },
}, why_words[JOB_WHY_COUNT] = {
    [JOB_WHY_NONE] = { "it was asked for just now", "刚刚申请" },
    [JOB_WHY_NOT_READY] = { "it is planned; the goods are not to be fetched yet", "已列入计划，尚未到取货时间" },
    [JOB_WHY_NO_ROBOT] = { "no robot in service takes such a load", "当前没有可运送该物品的在用机器人" },
    [JOB_WHY_ALL_BUSY] = { "all robots that could take it are busy with loads or with jobs that go first",
                           "可用的机器人都在运送，或先做更靠前的任务" },
    [JOB_WHY_BETTER_FIRST] = { "a newer job of its class went first because robot %r was better placed for it",
                               "同级的一个较新任务先行：机器人 %r 更顺路" },
    [JOB_WHY_HYGIENE] = { "the robots that could take it must be disinfected first", "可用的机器人需先消毒" },
    [JOB_WHY_CLOSED] = { "there is no way at this hour: an elevator, a lane or a zone is closed",
                         "当前无通路：电梯、通道或分区已关闭" },
    [JOB_WHY_POWER] = { "on emergency power only urgent loads and certain wards are served",
                        "应急供电期间只运送紧急物品和重点科室" },
    [JOB_WHY_ISOLATED] = { "the ward is isolated and no robot is assigned to isolation",
                           "病区已隔离，且未指定隔离专用机器人" },
    [JOB_WHY_ENERGY] = { "the robots that could take it are charging", "可用的机器人正在充电" },
    [JOB_WHY_GIVEN] = { "robot %r has it: the best of all", "已派给机器人 %r：当前最合适" },
    [JOB_WHY_TAKEN_OVER] = { "an urgent job took robot %r from it; another robot is looked for",
                             "机器人 %r 被紧急任务调用，正在另派" },
    [JOB_WHY_ROBOT_FAILED] = { "its robot %r failed: planned anew, or the load is still aboard it",
                               "机器人 %r 故障：正在重新安排，或物品仍在其车上" },
};

const char *refusal_en(enum refusal why) { return why < REFUSAL_COUNT ? refusal_words[why].en : ""; }
const char *refusal_zh(enum refusal why) { return why < REFUSAL_COUNT ? refusal_words[why].zh : ""; }
const char *job_why_en(enum job_why why) { return why < JOB_WHY_COUNT ? why_words[why].en : ""; }
const char *job_why_zh(enum job_why why) { return why < JOB_WHY_COUNT ? why_words[why].zh : ""; }
