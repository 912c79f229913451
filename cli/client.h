/* client - what `orderly up` asks of the controller over HTTP: where its robots are believed to be, and, with --auto,
 * deliveries like people would request them. Requests run beside the poll loop and never hold it up. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "common/err.h"
#include "maps/maps_io.h"

struct client;
/* jobs_per_hour 0: nobody asks. */
int client_open(struct client **out, const char *url, const struct site *site, int32_t jobs_per_hour, uint64_t seed);
void client_step(struct client *c, ms_t now_ms);         /* simulated time */
ms_t client_deadline(const struct client *c);
/* Waits for the network, these descriptors, or `timeout_ms`; returns early on any of them. */
void client_wait(struct client *c, const int *fds, int count, int timeout_ms);
void client_close(struct client *c);

/* For each robot of the fleet the node the controller believes it on; entries it knows nothing about stay. */
int client_places(const char *url, const struct site *site, const struct fleet_spec *fleet, node_id *at);

#endif
