/* edge_host - what the tests of the daemon share: a folder of their own, the demo files, a daemon in a thread, and HTTP.
 * Loopback and free ports only; everything a test starts it also ends. */
#ifndef TESTS_EDGE_HOST_H
#define TESTS_EDGE_HOST_H

#include <curl/curl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/daemon.h"

#define DEMO_SITE ORDERLY_SOURCE_DIR "/maps/sites/demo.site.json"
#define DEMO_FLEET ORDERLY_SOURCE_DIR "/maps/sites/demo.fleet.json"

static inline void test_pause_ms(long ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&t, NULL);
}

/* ---- a folder ---- */
static inline int test_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void test_folder_make(char out[64])
{
    strcpy(out, "/tmp/orderly-test-XXXXXX");
    assert_non_null(mkdtemp(out));
}

static inline void test_folder_remove(const char *folder) { nftw(folder, test_remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* ---- a daemon ---- */
struct host {
    char folder[64];
    struct config cfg;
    struct daemon *daemon;
    pthread_t thread;
    char url[128];
};

static inline void *test_host_thread(void *daemon)
{
    daemon_run(daemon);
    return NULL;
}

static inline int test_host_try(struct host *h, struct err_note *note)
{
    int err = daemon_open(&h->daemon, &h->cfg, note);
    if (err) return err;
    snprintf(h->url, sizeof h->url, "%s", daemon_url(h->daemon));
    return pthread_create(&h->thread, NULL, test_host_thread, h->daemon);
}

static inline void test_host_start(struct host *h)
{
    struct err_note note = { .where = "" };
    int err = test_host_try(h, &note);
    if (err) print_error("%s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
}

static inline void test_host_stop(struct host *h)
{
    daemon_stop(h->daemon);
    pthread_join(h->thread, NULL);
    daemon_close(h->daemon);
    h->daemon = NULL;
}

static inline void test_host_config(struct host *h, const char *broker)
{
    memset(h, 0, sizeof *h);
    test_folder_make(h->folder);
    h->cfg = (struct config){ .site = DEMO_SITE, .fleet = DEMO_FLEET, .data = h->folder, .host = "127.0.0.1", .broker = broker, .clock = 1 };
}

/* ---- HTTP ---- */
struct reply { long status; char body[65536]; size_t n; char head[4096]; size_t head_n; };

static inline size_t test_on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct reply *r = ctx;
    size_t n = size * count;
    if (n > sizeof r->body - 1 - r->n) return 0;
    memcpy(r->body + r->n, bytes, n);
    r->n += n;
    r->body[r->n] = 0;
    return n;
}

static inline size_t test_on_head(char *bytes, size_t size, size_t count, void *ctx)
{
    struct reply *r = ctx;
    size_t n = size * count;
    if (n > sizeof r->head - 1 - r->head_n) return 0;
    memcpy(r->head + r->head_n, bytes, n);
    r->head_n += n;
    r->head[r->head_n] = 0;
    return n;
}

/* `headers` ends with NULL; body NULL: none. */
static inline void test_http(const char *url, const char *method, const char *path, const char *const *headers, const char *body,
                             size_t body_n, struct reply *r)
{
    char full[512];
    memset(r, 0, sizeof *r);
    snprintf(full, sizeof full, "%s%s", url, path);
    CURL *c = curl_easy_init();
    struct curl_slist *list = NULL;
    for (; headers && *headers; headers++) list = curl_slist_append(list, *headers);
    curl_easy_setopt(c, CURLOPT_URL, full);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, test_on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, test_on_head);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
    if (list) curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    if (strcmp(method, "HEAD") == 0) curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    if (body) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body_n);
    }
    if (curl_easy_perform(c) == CURLE_OK) curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &r->status);
    curl_slist_free_all(list);
    curl_easy_cleanup(c);
}

static inline void test_get(const char *url, const char *path, struct reply *r) { test_http(url, "GET", path, NULL, NULL, 0, r); }

static inline void test_post(const char *url, const char *key, const char *body, struct reply *r)
{
    char key_header[128];
    const char *headers[3] = { "Content-Type: application/json", NULL, NULL };
    snprintf(key_header, sizeof key_header, "Idempotency-Key: %s", key ? key : "");
    if (key) headers[1] = key_header;
    test_http(url, "POST", "/api/v1/jobs", headers, body, strlen(body), r);
}

#endif
