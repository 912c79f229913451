/* building - the simulated building live: sim/plant.c behind MQTT, as a driver for real elevators and doors would be.
 *
 * Reads orderly/v1/elevator/+/request and orderly/v1/door/+/request, writes the states (docs/vda5050.md, "The
 * building"). Runs in its owner's poll loop: building_step() after a wake-up or when building_deadline() is due. */
#ifndef CLI_BUILDING_H
#define CLI_BUILDING_H

#include "common/err.h"
#include "common/units.h"
#include "maps/site.h"

struct building;
struct building_config {
    const struct site *site;
    const char *broker, *username, *password; /* the last two NULL: none */
    /* File in which sessions and the places of cars are kept, written before anybody is told of them: a restarted building that
     * had forgotten them could open its doors to a robot whose turn is over (tests/model, FORGETFUL_CAR). */
    const char *memory;
    int32_t clock;                            /* simulated seconds per second */
    void (*wake)(void *ctx);                  /* called from another thread when a message has come */
    void *ctx;
};
int building_open(struct building **out, const struct building_config *cfg, struct err_note *note);
void building_step(struct building *b, ms_t now_ms);           /* now_ms: simulated, never falling */
ms_t building_deadline(const struct building *b);              /* simulated */
void building_close(struct building *b);

#endif
