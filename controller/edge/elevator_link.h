/* elevator_link - elevators and powered doors over MQTT (common/building_msg.h).
 *
 * The building repeats its states; only a changed one is an input. One that has said nothing for 10 s is told to the
 * core as offline once, so that no robot is sent to a car nobody hears. A fire panel that was heard and falls silent counts
 * as a fire: better robots that stand still than ones that drive into smoke; a person lets work go on (R36). Another kind of building plugs in behind these
 * calls. */
#ifndef EDGE_ELEVATOR_LINK_H
#define EDGE_ELEVATOR_LINK_H

#include "common/mqtt_link.h"
#include "loop.h"

struct elevator_link;
struct elevator_link_config { const struct names *names; struct loop *loop; };

int elevator_link_open(struct elevator_link **out, const struct elevator_link_config *cfg);
void elevator_link_close(struct elevator_link *k);
void elevator_link_topics(const struct elevator_link *k, void (*put)(void *ctx, const char *filter), void *ctx);
bool elevator_link_message(struct elevator_link *k, const struct mqtt_item *m); /* false: not a topic of the building */
bool elevator_link_send(struct elevator_link *k, struct mqtt_link *mqtt, const struct fleet_out *o);
void elevator_link_look(struct elevator_link *k, uint64_t now_ns); /* the same at a time of uv_hrtime: for tests */
void elevator_link_tick(struct elevator_link *k); /* about once a second: who is silent? */

#endif
