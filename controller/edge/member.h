/* member - members of a JSON object, one call each, into a bounded text. A comma comes before each unless its object has just
 * begun; the caller writes the braces. */
#ifndef EDGE_MEMBER_H
#define EDGE_MEMBER_H

#include "common/text.h"
#include "maps/site.h"

void member_key(struct text *t, const char *name);
void member_string(struct text *t, const char *name, const char *value); /* NULL: null */
void member_bool(struct text *t, const char *name, bool value);
void member_uint(struct text *t, const char *name, uint64_t value);
void member_int(struct text *t, const char *name, int64_t value);
void member_milli(struct text *t, const char *name, int64_t value);      /* thousandths, as a decimal */
void member_name(struct text *t, const char *name, const struct site_name *n);
void member_words(struct text *t, const char *name, const char *zh, const char *en);
void member_list(struct text *t, const char *name);                      /* "name":[ */
void member_next(struct text *t);                                        /* { of the next item of a list of objects */

#endif
