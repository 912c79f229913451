/* api_job - the body of a delivery request: bytes in, a checked request or a problem out. Pure enough to be fuzzed. */
#ifndef EDGE_API_JOB_H
#define EDGE_API_JOB_H

#include "problem.h"
#include "store.h"

#define API_BODY_MAX 16384

struct job_request {
    station_id from, to;
    uint16_t quantity;
    uint8_t priority;
    char item[STORE_ITEM_MAX];
    uint64_t hash;            /* of the meaning, not of the bytes: white space and order of fields do not matter */
};

/* False: *p says why. Nothing of *out may be used then. */
bool api_job_parse(const struct site *s, const char *body, size_t n, struct job_request *out, struct problem *p);
/* 1..64 visible ASCII signs. */
bool api_key_valid(const char *key);

#endif
