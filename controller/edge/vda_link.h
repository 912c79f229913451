/* vda_link - robots over MQTT: VDA 5050 topics and JSON on one side, facts and core outputs on the other.
 *
 * Robots are known by interface, manufacturer and serial of the fleet file. A message of anybody else, or one that
 * cannot be read, is counted, told now and then, and changes nothing. Everything is sent at QoS 0 and nothing is kept
 * for later: the core repeats what was not echoed. */
#ifndef EDGE_VDA_LINK_H
#define EDGE_VDA_LINK_H

#include "common/mqtt_link.h"
#include "loop.h"

struct vda_link;
struct vda_link_config { const struct names *names; struct loop *loop; };

int vda_link_open(struct vda_link **out, const struct vda_link_config *cfg);
void vda_link_close(struct vda_link *k);
/* Topic filters for its connection; `put` is called for each. */
void vda_link_topics(const struct vda_link *k, void (*put)(void *ctx, const char *filter), void *ctx);
/* True when the topic is a robot's. */
bool vda_link_message(struct vda_link *k, const struct mqtt_item *m);
/* OUT_ORDER and OUT_INSTANT; false for other outputs. */
bool vda_link_send(struct vda_link *k, struct mqtt_link *mqtt, const struct fleet_out *o);
struct vda_link_counts { uint64_t unknown, unreadable, sent, unsent; };
struct vda_link_counts vda_link_counts(const struct vda_link *k);

#endif
