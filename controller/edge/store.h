/* store - what the edge knows of jobs and the core does not: the item's text and the client's idempotency key.
 *
 * Travels as a small JSON note beside the job's input in the journal and is rebuilt from there at start. Keeps as many
 * jobs as the core does; a key is forgotten together with its job. */
#ifndef EDGE_STORE_H
#define EDGE_STORE_H

#include "core/msg.h"

#define STORE_ITEM_MAX 65 /* bytes with NUL */
#define STORE_KEY_MAX 65
#define STORE_NOTE_MAX 640

struct job_note {
    char item[STORE_ITEM_MAX];
    char key[STORE_KEY_MAX];  /* "" = none */
    uint64_t body_hash;       /* of the request, to tell a repeat from another request with the same key */
};

struct store;
int store_open(struct store **out, uint32_t jobs_max);
void store_close(struct store *s);
void store_put(struct store *s, job_id job, const struct job_note *note);
const struct job_note *store_get(const struct store *s, job_id job); /* never NULL: empty texts when unknown */
void store_snap(struct store *s, struct snap *snap); /* all of it; empty after a load that failed */
job_id store_by_key(const struct store *s, const char *key);         /* 0: none */

int store_note_encode(const struct job_note *n, char buf[STORE_NOTE_MAX]); /* length */
int store_note_decode(const char *json, struct job_note *out, struct err_note *note);

#endif
