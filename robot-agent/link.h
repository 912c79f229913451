/* link - one agent on one MQTT connection: the only place of the vehicle with a clock, sockets and JSON.
 *
 * One thread, one poll: messages, the agent's deadline, the picture for displays. Paho's threads and signals only
 * write to a pipe. Orders that a broker retained are not obeyed: they are as old as the broker likes. */
#ifndef AGENT_LINK_H
#define AGENT_LINK_H

#include "agent.h"
#include "common/err.h"
#include "drive_tcp.h"

struct agent_link;

struct agent_link_config {
    const char *broker, *interface_name, *manufacturer, *serial, *version; /* version "2.1.0": topics carry "v2" */
    const char *username, *password; /* NULL: none */
    const char *ca_file, *cert_file, *key_file; /* for ssl:// brokers; NULL: none */
    int32_t clock;                   /* agent seconds per second, >= 1 */
    ms_t visualization_ms;           /* of wall time; 0 = none */
    struct drive_tcp *drive;         /* borrowed; NULL: the simulated drive needs no looking after */
    struct drive_remote *remote;     /* the same */
    struct agent *agent;             /* borrowed */
    void (*said)(void *ctx, const char *en, const char *zh); /* news for a person */
    void *ctx;
};

int agent_link_open(struct agent_link **out, const struct agent_link_config *cfg, struct err_note *note);
void agent_link_run(struct agent_link *l);  /* until agent_link_stop */
void agent_link_stop(struct agent_link *l); /* from a signal handler, too */
void agent_link_close(struct agent_link *l); /* says OFFLINE */

#endif
