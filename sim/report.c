#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "stand.h"

static bool chinese(void)
{
    const char *v = getenv("LC_ALL");
    if (!v || !*v) v = getenv("LC_MESSAGES");
    if (!v || !*v) v = getenv("LANG");
    return v && strncmp(v, "zh", 2) == 0;
}

const char *sim_say(const char *zh, const char *en) { return chinese() ? zh : en; }

void report_milli(FILE *f, const char *before, int64_t milli)
{
    char buf[32];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_milli(&t, milli);
    fprintf(f, "%s%s", before, buf);
}

static void put(FILE *f, const char *key, int64_t milli)
{
    fprintf(f, ",\"%s", key);
    report_milli(f, "\":", milli);
}

static void put_text(FILE *f, const char *before, const char *text)
{
    char quoted[1300];
    struct text t;
    text_init(&t, quoted, sizeof quoted);
    text_json(&t, text);
    fprintf(f, "%s%s", before, quoted);
}

static double share(int64_t part, int64_t whole) { return whole > 0 ? (double)part / (double)whole : 0; }
static double speedup(ms_t end_ms, double cpu_s) { return (double)end_ms / 1000.0 / (cpu_s > 1e-4 ? cpu_s : 1e-4); }
static double per_second(uint64_t n, double cpu_s) { return (double)n / (cpu_s > 1e-4 ? cpu_s : 1e-4); }

static ms_t robot_time(const struct sim_result *r)
{
    ms_t sum = 0;
    for (int u = 0; u < USE_COUNT; u++) sum += r->use_ms[u];
    return sum;
}

/* ---- JSON ---- */
static void violations_json(FILE *f, const struct sim_result *r)
{
    fprintf(f, ",\"violations\":%u,\"violations_by_rule\":{", r->violations);
    for (size_t i = 0; i < SIM_RULES_MAX && r->rule[i].count > 0; i++)
        fprintf(f, "%s\"%s\":%u", i ? "," : "", r->rule[i].rule, r->rule[i].count);
    fputs("},\"first_violations\":[", f);
    for (uint32_t i = 0; i < r->violations && i < COUNT_OF(r->first); i++) {
        fprintf(f, "%s{\"rule\":\"%s\",\"at_ms\":%lld", i ? "," : "", r->first[i].rule, (long long)r->first[i].at_ms);
        put_text(f, ",\"text\":", r->first[i].text);
        fputc('}', f);
    }
    fputc(']', f);
}

static void streams_json(FILE *f, const struct sim_result *r)
{
    bool any = false;
    fputs(",\"streams\":{", f);
    for (uint16_t i = 0; i < r->streams; i++) {
        const struct sim_stream *s = &r->stream[i];
        if (s->n == 0) continue;
        put_text(f, any ? "," : "", s->id);
        fprintf(f, ":{\"n\":%u,\"on_time\":%.4f,\"kept\":%u,\"late\":%u,\"undone\":%u,\"skipped\":%u", s->n,
                share(s->on_time, s->n), s->kept, s->late, s->undone, s->skipped);
        put(f, "p50_s", s->p50_ms);
        put(f, "p95_s", s->p95_ms);
        fputc('}', f);
        any = true;
    }
    fputs("},\"waves\":{", f);
    for (uint16_t i = 0; i < r->waves; i++) {
        put_text(f, i ? "," : "", r->wave[i].id);
        fprintf(f, ":{\"n\":%u,\"on_time\":%.4f}", r->wave[i].n, share(r->wave[i].on_time, r->wave[i].n));
    }
    fputc('}', f);
}

static void urgent_json(FILE *f, const struct sim_result *r)
{
    fprintf(f, ",\"late_jobs\":%u,\"undone_jobs\":%u,\"stat\":{\"n\":%u", r->late_jobs, r->undone, r->urgent);
    put(f, "assigned_p95_s", r->urgent_assigned_p95_ms);
    fprintf(f, ",\"emergencies\":%u", r->emergencies);
    put(f, "emergency_delivered_p95_s", r->emergency_p95_ms);
    put(f, "emergency_arrived_p95_s", r->emergency_arrived_p95_ms);
    put(f, "routine_over_s", r->routine_over_ms);
    put(f, "routine_over_limits", r->routine_over_permille);
    fprintf(f, "},\"answer\":{\"n\":%u", r->answers);
    put(f, "p50_s", r->answer_p50_ms);
    put(f, "p95_s", r->answer_p95_ms);
    fputc('}', f);
}

static void use_json(FILE *f, const struct sim_result *r)
{
    ms_t all = robot_time(r);
    fprintf(f, ",\"elevator_wait_share\":%.5f,\"use\":{", share(r->use_ms[USE_ELEVATOR], all));
    for (int u = 0; u < USE_COUNT; u++)
        fprintf(f, "%s\"%s\":%.5f", u ? "," : "", robot_use_name[u], share(r->use_ms[u], all));
    int64_t sum = 0;
    static const char *const tariff[TARIFF_COUNT] = { "valley", "flat", "peak" };
    fputs("},\"kwh\":{", f);
    for (int t = 0; t < TARIFF_COUNT; t++) {
        fprintf(f, "\"%s\":%.3f,", tariff[t], (double)r->charged_j[t] / 3.6e6);
        sum += r->charged_j[t];
    }
    fprintf(f, "\"charged\":%.3f,\"used\":%.3f},\"washes\":%u", (double)sum / 3.6e6, (double)r->used_j / 3.6e6,
            r->washes);
}

static void waits_json(FILE *f, const char *key, const struct people_waits *p)
{
    fprintf(f, "\"%s\":{\"rides\":%u,\"stairs\":%u", key, p->rides, p->stairs);
    put(f, "mean_s", p->mean_ms);
    put(f, "p50_s", p->p50_ms);
    put(f, "p95_s", p->p95_ms);
    put(f, "max_s", p->most_ms);
    fputc('}', f);
}

static void building_json(FILE *f, const struct sim_config *cfg, const struct sim_result *r)
{
    fprintf(f, ",\"elevator_rides\":%llu,\"rides_by_car\":{", (unsigned long long)r->elevator_rides);
    for (elevator_id e = 0; e < cfg->site->elevators; e++)
        fprintf(f, "%s\"%s\":%u", e ? "," : "", cfg->site->elevator[e].id, r->rides[e]);
    fputc('}', f);
    if (r->people.rides + r->people.stairs == 0) return;
    fputs(",\"people\":{", f);
    waits_json(f, "with_robots", &r->people);
    fputc(',', f);
    waits_json(f, "alone", &r->people_alone);
    put(f, "added_wait_mean_s", r->people.mean_ms - r->people_alone.mean_ms);
    fputc('}', f);
}

static void stands_json(FILE *f, const struct sim_result *r)
{
    put(f, "longest_stand_s", r->longest_stand_ms);
    fprintf(f, ",\"longest_stand_reason\":\"%s\",\"longest_stand_robot\":%u",
            stand_reason_name[r->longest_stand_reason], r->longest_stand_robot);
    put(f, "longest_stand_at_s", r->longest_stand_at_ms);
    for (int i = 0; i < STAND_REASONS; i++) {
        fprintf(f, "%s\"%s", i ? "" : ",\"stands\":{", stand_reason_name[i]);
        report_milli(f, "_s\":", r->stand_ms[i]);
        fputs(i + 1 < STAND_REASONS ? "," : "}", f);
    }
}

void report_json(FILE *f, const struct sim_config *cfg, const struct report_about *about, const struct sim_result *r)
{
    fputc('{', f);
    if (about->experiment) fprintf(f, "\"experiment\":\"%s\",", about->experiment);
    fprintf(f, "\"seed\":%lld,\"robots\":%u", (long long)about->seed, about->robots);
    fprintf(f, ",\"dispatch\":\"%s\",\"arbiter\":\"%s\",\"traffic\":\"%s\",\"charging\":\"%s\"",
            dispatch_policy_name[cfg->dispatch], arbiter_policy_name[cfg->arbiter], traffic_policy_name[cfg->traffic],
            charge_policy_name[cfg->charging]);
    put(f, "hours", (cfg->demand_ms + 1800) / 3600); /* thousandths of an hour */
    fprintf(f, ",\"jobs\":{\"accepted\":%u,\"delivered\":%u,\"cancelled\":%u,\"failed\":%u,\"open\":%u,\"refused\":%u",
            r->accepted, r->delivered, r->cancelled, r->failed, r->open, r->refused);
    fprintf(f, ",\"stranded\":%u,\"called_off\":%u}", r->stranded, r->called_off);
    violations_json(f, r);
    fprintf(f, ",\"state_hash\":\"%016llx\"", (unsigned long long)r->state_hash);
    put(f, "p50_s", r->p50_ms);
    put(f, "p95_s", r->p95_ms);
    put(f, "max_s", r->max_ms);
    streams_json(f, r);
    urgent_json(f, r);
    use_json(f, r);
    stands_json(f, r);
    put(f, "last_delivery_s", r->last_delivered_ms);
    put(f, "distance_m", r->distance_mm);
    building_json(f, cfg, r);
    put(f, "end_s", r->end_ms);
    fprintf(f, ",\"events\":%llu,\"inputs\":%llu,\"plans\":%llu,\"messages\":%llu,\"lost\":%llu,\"duplicated\":%llu",
            (unsigned long long)r->events, (unsigned long long)r->inputs, (unsigned long long)r->plans,
            (unsigned long long)r->messages, (unsigned long long)r->lost, (unsigned long long)r->duplicated);
    fprintf(f, ",\"events_per_s\":%.0f,\"plans_per_s\":%.0f,\"cpu_s\":%.3f,\"speedup\":%.0f}\n",
            per_second(r->events, r->cpu_s), per_second(r->plans, r->cpu_s), r->cpu_s, speedup(r->end_ms, r->cpu_s));
}

/* ---- for people ---- */
static void streams_human(FILE *f, const struct sim_result *r)
{
    if (r->streams == 1) return;
    fprintf(f, "%s\n",
            sim_say("物流流                  数量   准时 %   未完成   中位数 s   95% s",
                    "stream                 loads  on time %  undone  median s     95% s"));
    for (uint16_t i = 0; i < r->streams; i++) {
        const struct sim_stream *s = &r->stream[i];
        if (s->n == 0) continue;
        fprintf(f, "  %-20s %6u %9.1f %7u %9.0f %9.0f  %s\n", s->id, s->n, 100 * share(s->on_time, s->n), s->undone,
                (double)s->p50_ms / 1e3, (double)s->p95_ms / 1e3, sim_say(s->name.zh, s->name.en));
    }
    for (uint16_t i = 0; i < r->waves; i++)
        fprintf(f, sim_say("  批次 %s：%u 车，准时 %.1f%%\n", "  wave %s: %u carts, %.1f %% on time\n"), r->wave[i].id,
                r->wave[i].n, 100 * share(r->wave[i].on_time, r->wave[i].n));
    fprintf(
        f,
        sim_say("晚到 %u；急件 %u 件，派车 95%% %.1f 秒；紧急物资 %u 件，送达 95%% %.0f 秒（扣除取货等人、到达 %.0f "
                "秒）；等人应答中位数 %.0f "
                "秒，95%% %.0f 秒\n",
                "%u late; %u urgent jobs, robot given: 95 %% %.1f s; %u emergencies, delivered: 95 %% %.0f s "
                "(arrived, less the wait at the pick-up: %.0f s); wait for an answer: median %.0f s, 95 %% %.0f s\n"),
        r->late_jobs, r->urgent, (double)r->urgent_assigned_p95_ms / 1e3, r->emergencies,
        (double)r->emergency_p95_ms / 1e3, (double)r->emergency_arrived_p95_ms / 1e3, (double)r->answer_p50_ms / 1e3,
        (double)r->answer_p95_ms / 1e3);
}

static void use_human(FILE *f, const struct sim_result *r)
{
    static const char *const zh[USE_COUNT] = { "空闲", "行驶", "乘梯", "等电梯", "其他等待",
                                               "装卸", "充电", "消毒", "停机" };
    static const char *const en[USE_COUNT] = { "idle",        "driving", "riding",   "waiting for elevators",
                                               "other waits", "serving", "charging", "disinfecting",
                                               "dead" };
    ms_t all = robot_time(r);
    fputs(sim_say("机器人时间：", "robots' time: "), f);
    for (int u = 0, n = 0; u < USE_COUNT; u++)
        if (r->use_ms[u] > 0)
            fprintf(f, "%s%s %.1f%%", n++ ? ", " : "", sim_say(zh[u], en[u]), 100 * share(r->use_ms[u], all));
    fputc('\n', f);
    if (r->used_j == 0) return;
    fprintf(f,
            sim_say("用电 %.1f kWh；充电：谷 %.1f，平 %.1f，峰 %.1f kWh；消毒 %u 次\n",
                    "%.1f kWh used; charged: valley %.1f, flat %.1f, peak %.1f kWh; %u disinfections\n"),
            (double)r->used_j / 3.6e6, (double)r->charged_j[TARIFF_VALLEY] / 3.6e6,
            (double)r->charged_j[TARIFF_FLAT] / 3.6e6, (double)r->charged_j[TARIFF_PEAK] / 3.6e6, r->washes);
}

static void building_human(FILE *f, const struct sim_config *cfg, const struct sim_result *r)
{
    fprintf(f, sim_say("行驶 %.0f 米，乘梯 %llu 次", "%.0f m driven, %llu elevator rides"),
            (double)r->distance_mm / 1e3, (unsigned long long)r->elevator_rides);
    for (elevator_id e = 0; e < cfg->site->elevators; e++)
        fprintf(f, "%s%s %u", e ? ", " : " (", cfg->site->elevator[e].id, r->rides[e]);
    fprintf(f, sim_say("%s，消息 %llu 条（丢失 %llu）\n", "%s, %llu messages (%llu lost)\n"),
            cfg->site->elevators ? ")" : "", (unsigned long long)r->messages, (unsigned long long)r->lost);
    if (r->people.rides == 0) return;
    fprintf(f,
            sim_say("共用电梯载人 %u 次，等待中位数 %.0f 秒，95%% %.0f 秒；没有机器人时平均少等 %.1f 秒\n",
                    "%u rides of people, wait: median %.0f s, 95 %% %.0f s; robots add %.1f s in the mean\n"),
            r->people.rides, (double)r->people.p50_ms / 1e3, (double)r->people.p95_ms / 1e3,
            (double)(r->people.mean_ms - r->people_alone.mean_ms) / 1e3);
}

void report_human(FILE *f, const struct sim_config *cfg, const struct report_about *about, const struct sim_result *r)
{
    if (about->experiment)
        fprintf(f, sim_say("实验 %s，派车 %s，电梯 %s\n", "experiment %s, dispatch %s, arbiter %s\n"),
                about->experiment, dispatch_policy_name[cfg->dispatch], arbiter_policy_name[cfg->arbiter]);
    fprintf(f,
            sim_say("种子 %lld，%u 台机器人，%.2f 小时需求，模拟 %.2f 小时\n",
                    "seed %lld, %u robots, %.2f hours of demand, %.2f hours simulated\n"),
            (long long)about->seed, about->robots, (double)cfg->demand_ms / 3.6e6, (double)r->end_ms / 3.6e6);
    fprintf(f,
            sim_say("任务：接受 %u，送达 %u，取消 %u，失败 %u，未完成 %u\n",
                    "jobs: %u accepted, %u delivered, %u cancelled, %u failed, %u open\n"),
            r->accepted, r->delivered, r->cancelled, r->failed, r->open);
    fprintf(f,
            sim_say("送达用时：中位数 %.0f 秒，95%% %.0f 秒，最长 %.0f 秒\n",
                    "time to delivery: median %.0f s, 95 %% %.0f s, longest %.0f s\n"),
            (double)r->p50_ms / 1e3, (double)r->p95_ms / 1e3, (double)r->max_ms / 1e3);
    streams_human(f, r);
    fprintf(f, sim_say("有任务时最长停留 %.0f 秒（原因：%s）\n", "longest stand with work: %.0f s (reason: %s)\n"),
            (double)r->longest_stand_ms / 1e3, stand_reason_name[r->longest_stand_reason]);
    use_human(f, r);
    building_human(f, cfg, r);
    fprintf(f,
            sim_say("违反规则 %u 次，状态哈希 %016llx，CPU %.2f 秒，%.0f 倍速\n",
                    "%u violations, state hash %016llx, %.2f s of CPU, %.0f times real time\n"),
            r->violations, (unsigned long long)r->state_hash, r->cpu_s, speedup(r->end_ms, r->cpu_s));
    for (uint32_t i = 0; i < r->violations && i < COUNT_OF(r->first); i++)
        fprintf(f, "  %s  t=%.3f s  %s\n", r->first[i].rule, (double)r->first[i].at_ms / 1e3, r->first[i].text);
}
