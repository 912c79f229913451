/* drive - what a vehicle must offer to the agent, and a simulated one. The agent never moves anything itself.
 *
 * The agent appends legs (straight runs between nodes, in order); the drive runs them without stopping where the next
 * leg continues nearly straight, else it stops and turns on the spot. It always plans to stand still at the end of the
 * last appended leg, so that losing contact is safe. Integers only: mm, mm/s, mrad, ms.
 *
 * (1) It never moves beyond the end of the last appended leg.   (2) Ends are passed in the order of appending.
 * (3) What it does depends only on the calls and their times that change it, never on how often it was asked. */
#ifndef AGENT_DRIVE_H
#define AGENT_DRIVE_H

#include "common/arena.h"
#include "common/units.h"

struct drive_pose { mm_t x_mm, y_mm; mrad_t theta; int32_t speed_mm_s; };

struct drive_leg {
    uint32_t tag;              /* returned when the end of the leg is passed; rises by one from leg to leg */
    mm_t x_mm, y_mm;           /* end point */
    int32_t speed_max_mm_s;    /* 0 = the vehicle's own */
    bool stop_at_end;          /* come to rest there even if the next leg goes straight on */
};

struct drive_ops {
    int (*append)(void *drive, const struct drive_leg *leg, ms_t now_ms); /* ORD_EFULL, ORD_EBUSY (stopping, turned off) */
    /* Brake now and forget what lies beyond the braking distance. Ends crossed while braking are still `passed`; where
     * it comes to rest inside a leg, that leg is forgotten too. */
    void (*stop)(void *drive, ms_t now_ms);
    void (*pause)(void *drive, bool on, ms_t now_ms); /* brake now and keep the legs; off: go on */
    /* The next leg whose end was passed at or before now_ms; called until false. passed_ms = when. */
    bool (*passed)(void *drive, ms_t now_ms, uint32_t *tag, ms_t *passed_ms);
    void (*pose)(void *drive, ms_t now_ms, struct drive_pose *out);
    bool (*standing)(void *drive, ms_t now_ms);      /* at rest with nothing left to run, or paused; turning is not standing */
    ms_t (*deadline)(void *drive, ms_t now_ms);     /* when the next `passed` or standstill is due; MS_NEVER */
    void (*relocate)(void *drive, mm_t x_mm, mm_t y_mm, mrad_t theta, ms_t now_ms); /* initPosition: believe you are here; legs are forgotten */
};
struct drive { const struct drive_ops *ops; void *self; };

/* Direction of (dx, dy) in mrad, within 1 mrad; 0 for no length. */
mrad_t drive_heading(int64_t dx, int64_t dy);
/* b - a on the circle, in (-3142, 3142]. */
mrad_t drive_angle_between(mrad_t a, mrad_t b);

/* ---- the simulated vehicle: trapezoid speed, turns on the spot; theta is where its front points ---- */
struct drive_sim;
struct drive_sim_config {
    mm_t x_mm, y_mm; mrad_t theta;
    int32_t speed_mm_s, accel_mm_s2, turn_mrad_s; /* > 0 */
    ms_t settle_ms;            /* extra per stop-and-turn */
    mrad_t straight_mrad;      /* corners flatter than this are driven through; 0 = 350 (20 degrees) */
    bool reversible;           /* drives backwards as well: never turns by more than a right angle */
};
size_t drive_sim_memory(void);
int drive_sim_open(struct drive_sim **out, struct arena *mem, const struct drive_sim_config *cfg); /* ORD_EFULL, ORD_ERANGE */
struct drive drive_sim_ops(struct drive_sim *d);

#endif
