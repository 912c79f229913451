/* broker - the private mosquitto of a controller that was given no broker.
 *
 * A child process that listens on loopback only. Every client has a user and a password of its own (DIR/passwords/USER, made
 * at the first start and kept) and the rights of broker_acl.h. Its port is kept in DIR/port, so that robots find it again
 * after a restart of the controller. When it dies it is started again; when the controller dies, even by kill -9, the
 * kernel kills it. It stores nothing: the journal is the truth. */
#ifndef EDGE_BROKER_H
#define EDGE_BROKER_H

#include <uv.h>

#include "log.h"

struct broker;
struct broker_config {
    uv_loop_t *uv;
    const struct names *names;
    const char *dir;           /* made if missing */
    uint16_t port;             /* 0: that of the last start, else a free one */
};

/* Returns when the broker takes connections. ORD_ENOTFOUND: no mosquitto program; ORD_EBUSY: the port is taken. */
int broker_open(struct broker **out, const struct broker_config *cfg, struct err_note *note);
const char *broker_uri(const struct broker *b); /* "tcp://127.0.0.1:21883" */
const char *broker_password_dir(const struct broker *b);
int broker_pid(const struct broker *b);         /* 0 while it is down */
void broker_close(struct broker *b);

#endif
