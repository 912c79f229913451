/* api_job - the body of a delivery request: bytes in, a checked request or a problem out. Pure enough to be fuzzed. */
#ifndef EDGE_API_JOB_H
#define EDGE_API_JOB_H

#include "api_body.h"
#include "store.h"

#define LOAN_DAYS_MAX 365

struct job_request {
    station_id from, to;
    uint16_t quantity;
    uint8_t priority;
    goods_id goods;
    int64_t ready_utc_ms, due_utc_ms; /* 0: not stated */
    ms_t return_ms;                   /* lent for so long (R12); 0: not lent */
    char item[STORE_ITEM_MAX];
    uint64_t hash;            /* of the meaning, not of the bytes: white space and order of fields do not matter */
};

/* False: *p says why. Nothing of *out may be used then. */
bool api_job_parse(const struct site *s, const char *body, size_t n, struct job_request *out, struct problem *p);
/* 1..64 visible ASCII signs. */
bool api_key_valid(const char *key);

/* A station, goods ... that a body names; false: *p says which field names nothing. */
bool api_station(const struct site *s, const char *field, const char *id, station_id *out, struct problem *p);
bool api_goods(const struct site *s, const char *field, const char *id, goods_id *out, struct problem *p);
/* "field: there is no <what> 'id'; <where> lists them", in both languages. */
void api_unknown(struct problem *p, const char *field, const char *id, const char *en, const char *zh, const char *list);

#endif
