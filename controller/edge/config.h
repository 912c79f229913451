/* config - the daemon's command line. Everything has a default but the two files that describe hospital and fleet. */
#ifndef EDGE_CONFIG_H
#define EDGE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"

#define CONFIG_CLOCK_MAX 1000

struct config {                /* strings are borrowed from argv */
    const char *site, *fleet;  /* files */
    const char *rounds;        /* timetable file; NULL: no rounds */
    const char *data;          /* directory: journal, private broker */
    char host[64];             /* address to listen on, an IP literal */
    uint16_t port;             /* 0: any free one, the ready line tells which */
    const char *broker;        /* "tcp://host:port"; NULL: a private mosquitto; "none": no robots, no building */
    const char *broker_user, *broker_password, *probe_password; /* user and files; NULL: none */
    const char *broker_ca, *broker_cert, *broker_key;           /* PEM files, for ssl:// */
    int mqtt_version;          /* 3 (3.1.1) or 5 */
    uint16_t broker_port;      /* of the private broker, 0: any free one, kept for the next start */
    int32_t clock;             /* simulated seconds per second, 1 in a hospital */
    const char *web_origin;    /* an origin whose pages may call the API, NULL: only our own */
    const char *tls_cert, *tls_key; /* PEM files: the page is served over https; NULL: http */
    bool https;                /* the page is reached over https, through a proxy: cookies are marked so */
    bool json;                 /* ready line as JSON */
    bool check_only;
};

enum config_verdict { CONFIG_RUN, CONFIG_DONE, CONFIG_WRONG };

/* Reads argv; help and version go to `out`, complaints to `err`. */
enum config_verdict config_parse(struct config *c, int argc, char **argv, FILE *out, FILE *err);
/* "127.0.0.1:8080", "[::1]:0", ":8080", "8080". */
int config_listen(const char *text, char host[64], uint16_t *port);

#endif
