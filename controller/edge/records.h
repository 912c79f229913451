/* records - what the edge keeps beside the journal: accounts, keys of machines, the record of who did what, and where
 * things were scanned last. One SQLite file, DIR/records.db, readable by its owner only.
 *
 * `orderly ctl user|key|audit --data DIR` works on the same file, also while the controller runs. Nothing in it decides
 * about robots: without it the journal replays the same.
 *
 * The record of acts is a chain: each entry's hash covers the entry and the hash before it, so that a changed, removed or
 * inserted entry breaks the chain from there on (R60). Who can write the file could forge all of it: the controller
 * therefore says the number and hash of the last entry in its log when it starts and stops; keep these lines elsewhere. */
#ifndef EDGE_RECORDS_H
#define EDGE_RECORDS_H

#include "common/err.h"
#include "common/units.h"
#include "maps/site.h"
#include "role.h"

#define ACCOUNT_NAME_MAX 48   /* bytes with NUL */
#define ACCOUNT_WARDS_MAX 8
#define PASSWORD_LEAST 8
#define PASSWORD_MAX 128
#define PASSWORD_HASH_MAX 128
#define KEY_TEXT_MAX 64

struct records;
/* Makes DIR/records.db when there is none. ORD_ECORRUPT, ORD_EVERSION: a file of something else. */
int records_open(struct records **out, const char *dir, struct err_note *note);
void records_close(struct records *r);

/* ---- accounts and keys: a name, one role, and the wards it may act for (none: all) ---- */
struct account {
    char name[ACCOUNT_NAME_MAX];
    enum role role;
    uint8_t wards;
    char ward[ACCOUNT_WARDS_MAX][SITE_ID_MAX];
    char secret[PASSWORD_HASH_MAX]; /* argon2id of the password; for a key the hash of its text */
};
enum account_kind { ACCOUNT_PERSON, ACCOUNT_KEY };
uint32_t records_count(struct records *r, enum account_kind kind);
bool records_find(struct records *r, enum account_kind kind, const char *name, struct account *out);
int records_put(struct records *r, enum account_kind kind, const struct account *a); /* replaces one of that name */
bool records_drop(struct records *r, enum account_kind kind, const char *name);      /* false: there was none */
/* The i-th by name; false: no such. */
bool records_nth(struct records *r, enum account_kind kind, uint32_t i, struct account *out);

bool account_name_valid(const char *name);              /* 1..47 bytes of UTF-8 without control characters, spaces at the ends */
bool account_wards_parse(struct account *a, const char *list); /* "ward-3a,ward-3b" */

/* ---- secrets ---- */
int password_hash(const char *password, char out[PASSWORD_HASH_MAX]); /* argon2id; slow on purpose: a tenth of a second */
bool password_fits(const char *hash, const char *password);           /* as slow, also for a hash that fits nothing */
void key_make(char text[KEY_TEXT_MAX], char hash[PASSWORD_HASH_MAX]); /* the text is shown once and kept nowhere */
bool records_by_key(struct records *r, const char *text, struct account *out);

/* ---- the record of acts ---- */
#define AUDIT_ACT_MAX 160
#define AUDIT_DETAIL_MAX 1024
#define AUDIT_HASH_MAX 65
struct audit_entry {
    uint64_t seq;
    int64_t at_ms; /* wall time */
    char who[ACCOUNT_NAME_MAX], role[16], from[64], act[AUDIT_ACT_MAX], detail[AUDIT_DETAIL_MAX];
    int status;    /* of the answer: what was refused is an act as well */
    char hash[AUDIT_HASH_MAX];
};
int audit_append(struct records *r, const struct audit_entry *e); /* seq and hash are made here */
/* The entry before number `before` (0: the last one); false: no such. */
bool audit_before(struct records *r, uint64_t before, struct audit_entry *out);
struct audit_verdict { bool whole; uint64_t entries, broken; char last[AUDIT_HASH_MAX]; }; /* broken: the first bad number */
int audit_verify(struct records *r, struct audit_verdict *out);

/* ---- scans: where a tagged thing was seen last (R12) ---- */
#define TAG_MAX 48
struct scan { char tag[TAG_MAX], station[SITE_ID_MAX], who[ACCOUNT_NAME_MAX]; uint32_t job; int64_t at_ms; };
int scan_put(struct records *r, const struct scan *s);
bool scan_find(struct records *r, const char *tag, struct scan *out);
bool scan_after(struct records *r, const char *tag, struct scan *out); /* the next by tag; "" : the first */

#endif
