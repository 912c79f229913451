/* broker_acl - who may say and hear what on a broker: users, passwords and rules for mosquitto, ours or the hospital's.
 *
 *   orderlyd           hears all robots and the building, tells each what to do
 *   orderly-building   elevators and doors
 *   orderly-watch      hears everything, says nothing: for people who look for a fault
 *   orderly-probe      a robot that does not exist: with it the controller finds out whether the rules are in force (acl_probe.h)
 *   MAKER.SERIAL       one robot: its own topics and no other's (I-25)
 * In names of users every sign but letters, digits, '.', '-' and '_' becomes '_'. */
#ifndef EDGE_BROKER_ACL_H
#define EDGE_BROKER_ACL_H

#include <stdio.h>

#include "log.h"

#define BROKER_USER_MAX (2 * SITE_ID_MAX + 2)
#define BROKER_PASSWORD_MAX 64
#define BROKER_CONTROLLER "orderlyd"
#define BROKER_BUILDING "orderly-building"
#define BROKER_WATCH "orderly-watch"
#define BROKER_PROBE "orderly-probe"

size_t broker_users(const struct fleet_spec *f);
void broker_user(const struct fleet_spec *f, size_t i, char out[BROKER_USER_MAX]);
void broker_robot_user(const struct fleet_robot *r, char out[BROKER_USER_MAX]);
/* The probe's own topics, all levels but the last; `other`: those of a robot that it is not. */
void broker_probe_topic(const struct fleet_spec *f, bool other, char out[FLEET_TOPIC_MAX]);

void broker_acl_write(FILE *out, const struct fleet_spec *f); /* an acl_file */
/* A password for every user, one file each in `dir` (made if missing, for the owner's eyes only): kept when it is there,
 * else a new one. `hashed` gets the password_file. */
int broker_passwords(const char *dir, const struct fleet_spec *f, FILE *hashed, struct err_note *note);
int broker_password(const char *path, char out[BROKER_PASSWORD_MAX], struct err_note *note); /* first line of a file */

#endif
