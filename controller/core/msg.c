#include "msg.h"

const char *const job_state_name[JOB_STATE_COUNT] = { "requested", "assigned",  "loaded",    "moving",
                                                      "arrived",   "delivered", "cancelled", "failed" };

const char *const refusal_name[REFUSAL_COUNT] = { "none",           "unknown_station", "same_station",
                                                  "quantity",       "priority",        "full",
                                                  "unreachable",    "unknown_job",     "job_ended",
                                                  "already_loaded", "unknown_goods",   "no_robot_takes_it",
                                                  "not_loaded" };

const char *const job_why_name[JOB_WHY_COUNT] = { "none",    "not_ready",  "no_robot",    "all_busy", "better_first",
                                                  "hygiene", "closed",     "power",       "isolated", "energy",
                                                  "given",   "taken_over", "robot_failed" };

const char *const operate_name[OP_COUNT] = { "fire",         "fire_over",       "mains_lost", "mains_back", "isolate",
                                             "isolate_over", "isolation_robot", "edge_close", "edge_open",  "car_close",
                                             "car_open",     "robot_out",       "robot_in",   "washed" };

static void body_snap(struct snap *s, struct fleet_in *in)
{
    switch (in->kind) {
    case IN_OPEN: snap_u64(s, &in->open.epoch); return;
    case IN_TICK: return;
    case IN_CLOCK: snap_i64(s, &in->clock.utc_ms); return;
    case IN_JOB:
        snap_u64(s, &in->job.ref);
        snap_u16(s, &in->job.from);
        snap_u16(s, &in->job.to);
        snap_u16(s, &in->job.quantity);
        snap_u8(s, &in->job.priority);
        snap_u8(s, &in->job.goods);
        snap_i64(s, &in->job.ready_ms);
        snap_i64(s, &in->job.due_ms);
        snap_i64(s, &in->job.return_ms);
        return;
    case IN_CANCEL: snap_u32(s, &in->cancel.job); return;
    case IN_FACT:
        snap_u16(s, &in->fact.robot);
        snap_u8(s, &in->fact.kind);
        snap_u16(s, &in->fact.node);
        snap_u32(s, &in->fact.a);
        snap_u32(s, &in->fact.b);
        return;
    case IN_ELEVATOR:
        snap_u16(s, &in->elevator.elevator);
        snap_u16(s, &in->elevator.level);
        snap_u8(s, &in->elevator.motion);
        snap_u8(s, &in->elevator.door);
        snap_u8(s, &in->elevator.mode);
        snap_u32(s, &in->elevator.generation);
        return;
    case IN_DOOR:
        snap_u16(s, &in->door.door);
        snap_u8(s, &in->door.state);
        snap_u32(s, &in->door.generation);
        return;
    case IN_OPERATE:
        snap_u8(s, &in->operate.op);
        snap_u16(s, &in->operate.target);
        snap_u16(s, &in->operate.value);
        return;
    case IN_STOCK:
        snap_u16(s, &in->stock.station);
        snap_u8(s, &in->stock.goods);
        snap_u16(s, &in->stock.count);
        return;
    case IN_COUNT:
        snap_u32(s, &in->count.job);
        snap_u8(s, &in->count.where);
        snap_u16(s, &in->count.count);
        return;
    }
    snap_fail(s);
}

void fleet_in_snap(struct snap *s, struct fleet_in *in)
{
    uint8_t kind = (uint8_t)in->kind;
    snap_i64(s, &in->at_ms);
    snap_u8(s, &kind);
    if (kind < IN_OPEN || kind > IN_COUNT) {
        snap_fail(s);
        return;
    }
    in->kind = (enum fleet_in_kind)kind;
    body_snap(s, in);
}
