/* session - who is logged in, and how often somebody may try.
 *
 * A session is a random token in a cookie; only its hash is kept. It ends after SESSION_MS, at log-out, when the account
 * or its password changes, and with the process. Changing requests also carry the session's second token in a header: a
 * foreign page can make a browser send the cookie, but cannot read that token.
 * Failed logins are counted by account and by address; past a few each further one must wait, ever longer. */
#ifndef EDGE_SESSION_H
#define EDGE_SESSION_H

#include "records.h"

#define SESSION_MS (12 * MS_HOUR)
#define SESSIONS_MAX 1024 /* the oldest makes room */
#define TOKEN_MAX 48      /* base64 of 32 bytes, with NUL */

struct sessions;
int sessions_open(struct sessions **out);
void sessions_close(struct sessions *s);

/* New tokens for an account whose password was right. */
void session_begin(struct sessions *s, const struct account *a, ms_t now_ms, char token[TOKEN_MAX], char csrf[TOKEN_MAX]);
/* The name behind a token; the account's present secret must be the one of the login (session_fits). */
struct session { char name[ACCOUNT_NAME_MAX], csrf[TOKEN_MAX]; unsigned char key[32], secret[32]; ms_t until_ms; };
const struct session *session_find(struct sessions *s, const char *token, ms_t now_ms); /* NULL: none, or over */
bool session_fits(const struct session *one, const struct account *a);
bool session_csrf_fits(const struct session *one, const char *csrf);
void session_end(struct sessions *s, const char *token);

/* Milliseconds to wait before this account may be tried from this address; 0: now. */
ms_t login_wait(const struct sessions *s, const char *name, const char *from, ms_t now_ms);
void login_failed(struct sessions *s, const char *name, const char *from, ms_t now_ms);
void login_succeeded(struct sessions *s, const char *name);

#endif
