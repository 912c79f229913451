/* auth - who is asking, and may they (R55, R60). Sits between the routes and the records.
 *
 * Without any account there is nobody to log in as: then whoever reaches the controller may do everything, which is
 * allowed on loopback only (daemon.c), and only for requests that name a loopback host, so that no foreign name and no
 * proxy leads here. From the first account on, everybody logs in or brings a key.
 *
 * A ward's person may act for their wards only; everybody sees everything that is shown. Every request that changes
 * something, also a refused one, and every login goes on the record of acts. */
#ifndef EDGE_AUTH_H
#define EDGE_AUTH_H

#include <uv.h>

#include "http.h"
#include "problem.h"
#include "records.h"
#include "session.h"

struct auth;
struct auth_config {
    uv_loop_t *uv;
    struct records *records;    /* borrowed */
    const struct site *site;
    bool https;                 /* cookies are for encrypted connections only */
    void (*ready)(void *ctx);   /* an answer that had waited for a password was released: http_kick is due */
    void *ctx;
};
int auth_open(struct auth **out, const struct auth_config *cfg);
void auth_stop(struct auth *a);  /* logins under way are answered "stopping" */
void auth_close(struct auth *a); /* waits for hashing under way */
void auth_tick(struct auth *a);  /* now and then: have accounts been made? */

enum person_by { BY_NOBODY, BY_OPEN_DOOR, BY_SESSION, BY_KEY };
struct person {
    enum person_by by;
    char name[ACCOUNT_NAME_MAX];
    enum role role;
    uint8_t wards;
    station_id ward[ACCOUNT_WARDS_MAX];
    char csrf[TOKEN_MAX];        /* of a session */
};

bool auth_needed(const struct auth *a);
/* Who asks? False: *p says what to do about it. `changes`: the request changes something. */
bool auth_who(struct auth *a, const struct http_call *c, bool changes, struct person *out, struct problem *p);
/* May they? False: *p says why not. */
bool auth_may(const struct person *who, enum right right, struct problem *p);
bool auth_ward(const struct person *who, station_id a, station_id b, struct problem *p); /* one of the two is theirs */

/* Onto the record: what was asked and how it was answered. detail NULL: not to be kept (secrets). */
void auth_record(struct auth *a, const struct http_call *c, const struct person *who, const char *detail);

/* ---- the routes of log-in and accounts: each answers the call, at once or later ---- */
void auth_login(struct auth *a, struct http_call *c, const char *name, const char *password);
void auth_logout(struct auth *a, struct http_call *c);
void auth_set_user(struct auth *a, struct http_call *c, const struct person *by, const struct account *user,
                   const char *password);

#endif
