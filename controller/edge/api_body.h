/* api_body - the JSON body of a request, read strictly: what is wrong with it becomes a problem in both languages. */
#ifndef EDGE_API_BODY_H
#define EDGE_API_BODY_H

#include "common/json.h"
#include "problem.h"

#define API_BODY_MAX 16384

/* json.c speaks English only: the Chinese words follow from the field that failed. Ends with a NULL field. */
struct field_words { const char *field, *zh; };

/* False: *p says why. Close the document either way. */
bool api_body_open(struct json_doc *doc, const char *body, size_t n, struct problem *p);
/* After all fields were read. */
bool api_body_good(const struct json_doc *doc, const struct field_words *words, struct problem *p);

/* Text for people: no control characters. The field of `at` is refused otherwise. */
void api_body_text(struct json_at at, char *dst, size_t size, size_t least);
/* RFC 3339 with seconds and an offset or Z, as milliseconds of 1970. */
bool api_time_parse(const char *text, int64_t *utc_ms);
int64_t api_body_time(struct json_at at); /* 0 when absent */

#endif
