/* acl_probe - are the broker's rules in force? A wrong one looks like success: the broker takes what it then drops.
 *
 * A second connection plays a robot that does not exist (user orderly-probe). Once a second, for PROBE_TRIES times: it says a
 * state, and one in the name of another robot; the controller tells it an order, and one to that other robot.
 *
 *   state heard and order heard    the controller's rules let through what it needs; else PROBE_DEAF
 *   nothing of the other one       a robot can neither speak for another nor listen to it; else PROBE_OPEN
 *
 * DEAF is told when the time is up, OPEN at once; PROBE_GOOD ends it too. */
#ifndef EDGE_ACL_PROBE_H
#define EDGE_ACL_PROBE_H

#include <stdbool.h>

#include "common/mqtt_link.h"
#include "log.h"

#define PROBE_TRIES 6

enum probe_verdict { PROBE_RUNS, PROBE_GOOD, PROBE_OPEN, PROBE_DEAF };
struct acl_probe;

/* `link`: address, password and TLS of the probe's connection; names and filters are filled in here. */
int acl_probe_open(struct acl_probe **out, const struct fleet_spec *f, struct mqtt_link_config link, struct err_note *note);
void acl_probe_close(struct acl_probe *p);
bool acl_probe_message(struct acl_probe *p, const struct mqtt_item *m); /* of the controller: true when it was the probe's */
enum probe_verdict acl_probe_tick(struct acl_probe *p, struct mqtt_link *controller); /* once a second */
const char *acl_probe_detail(const struct acl_probe *p); /* what did or did not get through */

#endif
