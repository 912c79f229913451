/* daemon - orderlyd put together: files, journal and core, broker, MQTT, HTTP; and taken apart in reverse order.
 *
 *   daemon_open   everything is ready, or a note says which file, field or port is wrong and nothing was changed
 *   daemon_run    until daemon_stop() or, after daemon_catch_signals(), SIGTERM or SIGINT
 *   daemon_close  journal flushed and marked, clients answered, children gone */
#ifndef EDGE_DAEMON_H
#define EDGE_DAEMON_H

#include "config.h"

struct daemon;

/* Reads and judges site and fleet only. The note names the first error; `robots` gets their number. */
int daemon_check(const struct config *cfg, uint16_t *robots, struct err_note *note);

int daemon_open(struct daemon **out, const struct config *cfg, struct err_note *note);
void daemon_catch_signals(struct daemon *d);
void daemon_run(struct daemon *d);
void daemon_stop(struct daemon *d);             /* from any thread */
void daemon_close(struct daemon *d);

const char *daemon_url(const struct daemon *d);    /* "http://127.0.0.1:8080" */
const char *daemon_broker(const struct daemon *d); /* "tcp://127.0.0.1:21883", "none" */

#endif
