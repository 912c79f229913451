#include "session.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define TRIES_MAX 512 /* accounts and addresses watched at one time */
#define NAME_FREE 5   /* wrong passwords of one account before it must wait */
#define FROM_FREE 30  /* of one address: a whole hospital may come through one proxy */
#define WAIT_FIRST_MS (30 * MS_SECOND)
#define WAIT_MOST_MS (15 * MS_MINUTE)
#define FORGET_MS MS_HOUR

struct tries {
    unsigned char key[16];
    uint32_t failed;
    ms_t last_ms, wait_until_ms;
};

struct sessions {
    uint32_t count;
    struct session one[SESSIONS_MAX];
    struct tries tries[TRIES_MAX];
    unsigned char salt[crypto_generichash_KEYBYTES]; /* so that what is kept in memory is of no use elsewhere */
};

int sessions_open(struct sessions **out)
{
    struct sessions *s = calloc(1, sizeof *s);
    if (!s || sodium_init() < 0) {
        free(s);
        return ORD_EMEMORY;
    }
    randombytes_buf(s->salt, sizeof s->salt);
    *out = s;
    return ORD_OK;
}

void sessions_close(struct sessions *s)
{
    if (s) sodium_memzero(s, sizeof *s);
    free(s);
}

static void hash(const struct sessions *s, const char *text, unsigned char *out, size_t n)
{
    crypto_generichash(out, n, (const unsigned char *)text, strlen(text), s->salt, sizeof s->salt);
}

static void token_make(char out[TOKEN_MAX])
{
    unsigned char raw[32];
    randombytes_buf(raw, sizeof raw);
    sodium_bin2base64(out, TOKEN_MAX, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof raw);
}

static void secret_digest(const struct account *a, unsigned char out[32])
{
    crypto_generichash(out, 32, (const unsigned char *)a->secret, strlen(a->secret), NULL, 0);
}

void session_begin(struct sessions *s, const struct account *a, ms_t now_ms, char token[TOKEN_MAX],
                   char csrf[TOKEN_MAX])
{
    struct session *one = &s->one[0];
    for (uint32_t i = 1; i < SESSIONS_MAX; i++)
        if (s->one[i].until_ms < one->until_ms) one = &s->one[i];
    token_make(token);
    token_make(csrf);
    text_copy(one->name, sizeof one->name, a->name);
    text_copy(one->csrf, sizeof one->csrf, csrf);
    hash(s, token, one->key, sizeof one->key);
    secret_digest(a, one->secret);
    one->until_ms = now_ms + SESSION_MS;
}

static struct session *find(struct sessions *s, const char *token, ms_t now_ms)
{
    unsigned char key[32];
    hash(s, token, key, sizeof key);
    for (uint32_t i = 0; i < SESSIONS_MAX; i++)
        if (s->one[i].until_ms > now_ms && sodium_memcmp(s->one[i].key, key, sizeof key) == 0) return &s->one[i];
    return NULL;
}

const struct session *session_find(struct sessions *s, const char *token, ms_t now_ms)
{
    return find(s, token, now_ms);
}

bool session_fits(const struct session *one, const struct account *a)
{
    unsigned char digest[32];
    secret_digest(a, digest);
    return sodium_memcmp(digest, one->secret, sizeof digest) == 0;
}

bool session_csrf_fits(const struct session *one, const char *csrf)
{
    return csrf && strlen(csrf) == strlen(one->csrf) && sodium_memcmp(csrf, one->csrf, strlen(csrf)) == 0;
}

void session_end(struct sessions *s, const char *token)
{
    struct session *one = find(s, token, 0);
    if (one) sodium_memzero(one, sizeof *one);
}

/* ---- tries ---- */
static void tries_key(const struct sessions *s, char kind, const char *what, unsigned char key[16])
{
    char text[160] = { kind, 0 };
    text_copy(text + 1, sizeof text - 1, what);
    hash(s, text, key, 16);
}

static const struct tries *tries_of(const struct sessions *s, char kind, const char *what)
{
    unsigned char key[16];
    tries_key(s, kind, what, key);
    for (uint32_t i = 0; i < TRIES_MAX; i++)
        if (s->tries[i].failed && memcmp(s->tries[i].key, key, sizeof key) == 0) return &s->tries[i];
    return NULL;
}

ms_t login_wait(const struct sessions *s, const char *name, const char *from, ms_t now_ms)
{
    const struct tries *a = tries_of(s, 'n', name), *b = tries_of(s, 'f', from);
    ms_t until = ms_max(a ? a->wait_until_ms : 0, b ? b->wait_until_ms : 0);
    return ms_max(until - now_ms, 0);
}

/* The place of a key, or the one longest unused. */
static struct tries *tries_take(struct sessions *s, const unsigned char key[16])
{
    struct tries *oldest = &s->tries[0];
    for (uint32_t i = 0; i < TRIES_MAX; i++) {
        struct tries *t = &s->tries[i];
        if (t->failed && memcmp(t->key, key, sizeof t->key) == 0) return t;
        if (t->last_ms < oldest->last_ms) oldest = t;
    }
    *oldest = (struct tries){ .failed = 0 };
    memcpy(oldest->key, key, sizeof oldest->key);
    return oldest;
}

static void count_failure(struct sessions *s, char kind, const char *what, uint32_t free_tries, ms_t now_ms)
{
    unsigned char key[16];
    tries_key(s, kind, what, key);
    struct tries *t = tries_take(s, key);
    if (now_ms - t->last_ms > FORGET_MS) t->failed = 0;
    t->last_ms = now_ms;
    t->failed++;
    if (t->failed < free_tries) return;
    uint32_t doublings = t->failed - free_tries;
    ms_t wait = doublings < 5 ? (ms_t)WAIT_FIRST_MS << doublings : WAIT_MOST_MS;
    t->wait_until_ms = now_ms + ms_min(wait, WAIT_MOST_MS);
}

void login_failed(struct sessions *s, const char *name, const char *from, ms_t now_ms)
{
    count_failure(s, 'n', name, NAME_FREE, now_ms);
    count_failure(s, 'f', from, FROM_FREE, now_ms);
}

void login_succeeded(struct sessions *s, const char *name)
{
    unsigned char key[16];
    tries_key(s, 'n', name, key);
    for (uint32_t i = 0; i < TRIES_MAX; i++)
        if (memcmp(s->tries[i].key, key, sizeof key) == 0) s->tries[i] = (struct tries){ .failed = 0 };
}
