#include "client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "sim/demand.h"

#define REQUEST_SECONDS 5L
#define ANSWER_MAX ((size_t)4 << 20)
#define UNDER_WAY_MAX 64 /* requests at once; more wait for the next arrival */
#define FDS_MAX 8

struct answer {
    char *bytes;
    size_t n;
};

struct client {
    const struct site *site;
    struct demand demand;
    CURLM *multi;
    struct curl_slist *headers;
    CURL *busy[UNDER_WAY_MAX];
    int under_way;
    bool complained;
    char url[256];
};

static size_t keep(char *bytes, size_t size, size_t n, void *ctx)
{
    struct answer *a = ctx;
    if (n > ANSWER_MAX - a->n) return 0;
    char *more = realloc(a->bytes, a->n + n + 1);
    if (!more) return 0;
    memcpy(more + a->n, bytes, n);
    a->bytes = more;
    a->n += n;
    more[a->n] = 0;
    return n * size;
}

static size_t discard(char *bytes, size_t size, size_t n, void *ctx) { return n * size; }

static CURL *request(const char *url, const char *path)
{
    char full[512];
    CURL *h = curl_easy_init();
    if (!h) return NULL;
    snprintf(full, sizeof full, "%s%s", url, path);
    curl_easy_setopt(h, CURLOPT_URL, full);
    curl_easy_setopt(h, CURLOPT_TIMEOUT, REQUEST_SECONDS);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_NOPROXY, "*"); /* it is on this machine */
    return h;
}

/* ---- where the robots are ---- */
static void read_places(struct json_at list, const struct site *site, const struct fleet_spec *fleet, node_id *at)
{
    size_t n = json_array(list, FLEET_ROBOTS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct json_at robot = json_item(list, i), place = json_opt(robot, "at");
        const char *id = json_str(json_need(robot, "id"));
        if (!json_has(place)) continue;
        node_id node = site_node_by_id(site, json_str(place));
        for (uint16_t r = 0; node != ID_NONE && r < fleet->robots; r++)
            if (strcmp(fleet->robot[r].id, id) == 0) at[r] = node;
    }
}

int client_places(const char *url, const struct site *site, const struct fleet_spec *fleet, node_id *at)
{
    struct answer a = { NULL, 0 };
    struct json_doc doc;
    CURL *h = request(url, "/api/v1/robots");
    if (!h) return ORD_EMEMORY;
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, &a);
    curl_easy_setopt(h, CURLOPT_FAILONERROR, 1L);
    int err = curl_easy_perform(h) == CURLE_OK ? ORD_OK : ORD_EIO;
    curl_easy_cleanup(h);
    if (!err) err = json_open(&doc, "robots", a.bytes ? a.bytes : "", a.n, (struct json_limits){ ANSWER_MAX, 12 });
    if (!err) {
        read_places(json_need(json_root(&doc), "robots"), site, fleet, at);
        err = doc.err;
        json_close(&doc);
    }
    free(a.bytes);
    return err;
}

/* ---- people asking ---- */
int client_open(struct client **out, const char *url, const struct site *site, int32_t jobs_per_hour, uint64_t seed)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c) return ORD_EMEMORY;
    c->site = site;
    text_copy(c->url, sizeof c->url, url);
    demand_open(&c->demand, seed, jobs_per_hour, site->stations, MS_NEVER);
    c->headers = curl_slist_append(NULL, "Content-Type: application/json");
    c->multi = curl_multi_init();
    if (!c->multi || !c->headers) {
        client_close(c);
        return ORD_EMEMORY;
    }
    *out = c;
    return ORD_OK;
}

static void ask(struct client *c, const struct demand_job *j)
{
    char body[256];
    CURL *h = request(c->url, "/api/v1/jobs");
    if (!h) return;
    snprintf(body, sizeof body, "{\"from\":\"%s\",\"to\":\"%s\",\"quantity\":%u,\"priority\":%u}",
             c->site->station[j->from].id, c->site->station[j->to].id, j->quantity, j->priority);
    curl_easy_setopt(h, CURLOPT_COPYPOSTFIELDS, body);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, discard);
    if (curl_multi_add_handle(c->multi, h) == CURLM_OK) c->busy[c->under_way++] = h;
    else curl_easy_cleanup(h);
}

static void forget(struct client *c, CURL *h)
{
    int i = 0;
    while (c->busy[i] != h) i++;
    c->busy[i] = c->busy[--c->under_way];
    curl_multi_remove_handle(c->multi, h);
    curl_easy_cleanup(h);
}

static void collect(struct client *c)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
        if (m->msg != CURLMSG_DONE) continue;
        long status = 0;
        curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        bool ok = m->data.result == CURLE_OK && status == 201;
        if (!ok && !c->complained)
            fprintf(stderr, "orderly up: a request of --auto failed: %s, status %ld\n",
                    curl_easy_strerror(m->data.result), status);
        c->complained = !ok; /* once per bad stretch */
        forget(c, m->easy_handle);
    }
}

void client_step(struct client *c, ms_t now_ms)
{
    struct demand_job j;
    int running;
    while (c->under_way < UNDER_WAY_MAX && demand_next(&c->demand, now_ms, &j)) ask(c, &j);
    curl_multi_perform(c->multi, &running);
    collect(c);
}

ms_t client_deadline(const struct client *c)
{
    return c->under_way < UNDER_WAY_MAX ? demand_deadline(&c->demand) : MS_NEVER;
}

void client_wait(struct client *c, const int *fds, int count, int timeout_ms)
{
    struct curl_waitfd w[FDS_MAX];
    for (int i = 0; i < count && i < FDS_MAX; i++)
        w[i] = (struct curl_waitfd){ .fd = fds[i], .events = CURL_WAIT_POLLIN };
    curl_multi_poll(c->multi, w, (unsigned)(count < FDS_MAX ? count : FDS_MAX), timeout_ms, NULL);
}

void client_close(struct client *c)
{
    if (!c) return;
    while (c->under_way > 0) forget(c, c->busy[0]);
    if (c->multi) curl_multi_cleanup(c->multi);
    curl_slist_free_all(c->headers);
    free(c);
}
