/* oracle - judges truth, not beliefs: where robots, cars and loads really are, against the rules of the reference list.
 *
 * It shares nothing with the core but the map, is told values, and keeps its own ledger, so a test can tell it lies and
 * see them found. A rule broken for a while counts once, when it begins to be broken.
 *
 *   I-01  footprints of two robots in one place (level, or the same moving car) overlap
 *   I-02  a footprint lies across a door that is not fully open, or (outside cars, whose walls are moving parts) in a wall
 *   I-03  a robot is claimed a resource that conflicts with another robot's claim, or stands off everything it claims
 *         (from its first claim on: a robot the controller has not heard of yet cannot be claimed for)
 *   I-04  a node or lane released to a robot, and not yet passed, is not in its claim
 *   I-07  two robots in one car
 *   I-08  a footprint across a sill while the car is not there with its door open; a robot moving in a moving car
 *   I-09  a car moving with a robot across its sill
 *   I-10  a way into a car is released while the car serves people, fire, or nobody, and has said so
 *   I-12  a job leaves a final state, or is counted wrongly at the end
 *   I-14  a load is not where the ledger has it: wrong count on a robot, ended job whose load is on a robot
 *   I-15  a load picked or dropped twice, at the wrong place, by an action nobody ordered, or reported before it was done
 *   I-17  a load follows or accompanies another one on a robot as the hygiene rules forbid; a disinfection that was none
 *   I-18  a robot drives where, or rides in what, bars what it carries or has carried since its last disinfection; a car
 *         carries other goods too soon after soiled ones
 *   I-20  a battery below the reserve of its class, or flat; charging where there is no charger
 *   I-21  too many or too heavy loads, a load the robot cannot take, faster than the robot or the edge allows
 *   I-27  a way into a burning zone is released
 *   I-30  a robot jumped, or believes in another level than the one it is on
 *   R29   an isolated ward is served by a robot that is not assigned to it
 *   R32   goods longer on their way than their cold chain holds; dangerous goods not alone, or where people ride
 *   R33   a robot in a car that is closed: planned, or its inspection has run out
 *   R47   a robot faster than its quiet speed past patients' rooms at night
 *   L-1   a robot with work stands longer than a minute without a stated reason */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "agent/drive.h"
#include "core/fleet.h"

#define ORACLE_STAND_MS MS_MINUTE
#define ORACLE_LOOK_MS 500
#define ORACLE_LOOK_MOST_MS 5000
#define ORACLE_NEAR_MM 150         /* how far from a node or lane a robot may be and still count as on it */
#define ORACLE_TOLD_MS (5 * MS_SECOND) /* until then the controller need not have heard of what has changed */

struct oracle;
struct oracle_config {
    const struct site *site;
    uint16_t robots;
    const class_id *robot_class;   /* borrowed, as the site */
    const level_id *start_level;
    int64_t utc_ms;                /* at time 0 */
    bool blind;                    /* follows robots, cars and loads, judges nothing */
    void (*look)(void *ctx, robot_id r, ms_t now_ms); /* asks for oracle_robot() of a robot that was told earlier; NULL: none */
    void (*violated)(void *ctx, const char *rule, ms_t at_ms, const char *text);
    void *ctx;
};
int oracle_open(struct oracle **out, const struct oracle_config *cfg);
void oracle_close(struct oracle *o);

/* ---- truth, told whenever it changed ---- */
void oracle_car(struct oracle *o, elevator_id e, level_id level, bool moving, bool open);
void oracle_car_mode(struct oracle *o, elevator_id e, enum elevator_mode mode, ms_t now_ms);
void oracle_door(struct oracle *o, door_id d, bool open);
void oracle_robot(struct oracle *o, robot_id r, const struct drive_pose *pose, level_id believed, ms_t now_ms);
void oracle_rests(struct oracle *o, robot_id r, bool rests); /* it stays as it was told until it is told again */
void oracle_battery(struct oracle *o, robot_id r, int32_t permille, bool charging, ms_t now_ms);
void oracle_operate(struct oracle *o, const struct in_operate *in, ms_t now_ms); /* what people switched */
void oracle_judge(struct oracle *o, ms_t now_ms);  /* after everything of one moment was told */
/* When to tell of a moving robot again at the latest: before it can have come near any other robot, any cabin, any door;
 * near them every ORACLE_LOOK_MS. */
ms_t oracle_next_look(const struct oracle *o, robot_id r, ms_t now_ms);

/* ---- what the controller does ---- */
/* All claims that changed with one input, then the judge. */
void oracle_claims(struct oracle *o, robot_id r, uint16_t n, const res_id *claim);
void oracle_claims_judge(struct oracle *o, ms_t now_ms);
void oracle_order(struct oracle *o, const struct out_order *order, ms_t now_ms);
void oracle_instant(struct oracle *o, const struct out_instant *instant);
void oracle_job(struct oracle *o, job_id job, const struct job_view *v, ms_t now_ms); /* from, to, goods, priority are kept */
void oracle_job_state(struct oracle *o, job_id job, enum job_state state, ms_t now_ms);
/* `unexplained`: it has work, does not move, does nothing, and no reason for waiting is stated. */
void oracle_stands(struct oracle *o, robot_id r, bool unexplained, ms_t now_ms);
ms_t oracle_stands_since(const struct oracle *o, robot_id r); /* MS_NEVER: it does not */

/* ---- what the robot really did ---- */
void oracle_reached(struct oracle *o, robot_id r, uint32_t order, uint32_t seq, ms_t now_ms);
/* True the first time this action of this robot is told; *out is what was ordered. */
bool oracle_finished(struct oracle *o, robot_id r, uint32_t number, struct order_action *out, ms_t now_ms);
void oracle_loads(struct oracle *o, robot_id r, uint16_t loads, ms_t now_ms);

/* ---- the ledger ---- */
struct oracle_totals { uint32_t accepted, delivered, cancelled, failed, open, violations; int64_t distance_mm; uint64_t rides;
                       uint32_t rides_of[SITE_ELEVATORS_MAX]; };
void oracle_totals(const struct oracle *o, struct oracle_totals *out);
uint16_t oracle_aboard(const struct oracle *o, robot_id r);
/* At the end: the controller's own count of open jobs must be the ledger's. */
void oracle_end(struct oracle *o, uint32_t open_believed, ms_t now_ms);

struct oracle_place { level_id level; elevator_id car; }; /* car: ID_NONE when in none */
void oracle_where(const struct oracle *o, robot_id r, struct oracle_place *out);
bool oracle_car_taken(const struct oracle *o, elevator_id e); /* a robot in it or on its sill, at the last judgement */

/* ---- geometry, here for its tests ---- */
struct oracle_rect { double x, y, ux, uy, half_length, half_width; }; /* (ux, uy): unit vector along the length */
struct oracle_rect oracle_rect_of(mm_t x, mm_t y, mrad_t theta, mm_t length, mm_t width);
bool oracle_rects_overlap(const struct oracle_rect *a, const struct oracle_rect *b); /* by more than a millimetre */
bool oracle_rect_on_segment(const struct oracle_rect *a, double x1, double y1, double x2, double y2);

#endif
