/* role - who may do what (R55). A person has one role; a route or an act needs one right; the table in role.c joins them. */
#ifndef EDGE_ROLE_H
#define EDGE_ROLE_H

#include <stdbool.h>

enum role { ROLE_NURSE, ROLE_PORTER, ROLE_MANAGER, ROLE_ENGINEER, ROLE_INFECTION, ROLE_VIEWER, ROLE_COUNT };
extern const char *const role_name[ROLE_COUNT]; /* "nurse" ... */
extern const char *const role_zh[ROLE_COUNT];   /* 护士 ... */

enum right {
    RIGHT_ANYBODY,   /* no login: the page itself, health, logging in */
    RIGHT_SEE,       /* everything that is shown */
    RIGHT_REQUEST,   /* ask for deliveries and take them back */
    RIGHT_HANDLE,    /* count and scan goods, count stock */
    RIGHT_OPERATE,   /* switch anything at all; which of it needs one of the next three */
    RIGHT_WAYS,      /* close and open lanes and elevators, take robots out and in */
    RIGHT_HYGIENE,   /* isolate wards, assign robots to isolation, log a disinfection */
    RIGHT_EMERGENCY, /* fire zones and mains */
    RIGHT_PEOPLE,    /* accounts and keys */
    RIGHT_AUDIT,     /* read the record of who did what */
    RIGHT_COUNT
};
bool role_has(enum role role, enum right right);

#endif
