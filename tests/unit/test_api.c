/* The API of a daemon in this process: each claim of the contract, each way to ask wrongly. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/json.h"
#include "edge/sse.h"
#include "edge_host.h"

static const char lunch[] = "{\"from\":\"kitchen\",\"to\":\"ward-3a\",\"quantity\":2,\"item\":\"午餐\",\"priority\":1}";

static int host_up(void **state)
{
    struct host *h = malloc(sizeof *h);
    test_host_config(h, "none");
    test_host_start(h);
    *state = h;
    return 0;
}

static int host_down(void **state)
{
    struct host *h = *state;
    test_host_stop(h);
    test_folder_remove(h->folder);
    free(h);
    return 0;
}

static unsigned jobs_known(const char *url)
{
    static struct reply r;
    unsigned n = 0;
    test_get(url, "/api/v1/jobs?limit=1000", &r);
    assert_int_equal(r.status, 200);
    for (const char *p = r.body; (p = strstr(p, "{\"id\":")); p++) n++;
    return n;
}

static void text_of(const char *body, const char *key, char out[256])
{
    struct json_doc doc;
    assert_int_equal(json_open(&doc, "reply", body, strlen(body), (struct json_limits){ 65536, 16 }), ORD_OK);
    struct json_at at = json_opt(json_root(&doc), key);
    out[0] = 0;
    if (json_is_string(at)) snprintf(out, 256, "%s", json_str(at));
    if (json_is_number(at)) snprintf(out, 256, "%lld", (long long)json_int(at, INT32_MIN, INT32_MAX));
    json_close(&doc);
}

static void expect(const struct reply *r, const char *key, const char *value)
{
    char got[256];
    text_of(r->body, key, got);
    assert_string_equal(got, value);
}

/* A problem in both languages, with its code, and with the field where there is one. */
#define _GNU_SOURCE /* nftw */
static void expect_problem(const struct reply *r, long status, const char *code, const char *field)
{
    char want[128], number[16], got[256];
    if (r->status != status) print_error("HTTP %ld: %s\n", r->status, r->body);
    assert_int_equal(r->status, status);
    assert_non_null(strstr(r->head, "application/problem+json"));
    snprintf(want, sizeof want, "https://orderly.example/problems/%s", code);
    snprintf(number, sizeof number, "%ld", status);
    expect(r, "type", want);
    expect(r, "status", number);
    if (field) expect(r, "field", field);
    static const char *const texts[] = { "title", "title_zh", "detail", "detail_zh" };
    for (size_t i = 0; i < 4; i++) {
        text_of(r->body, texts[i], got);
        assert_true(got[0] != 0);
    }
}

static void an_accepted_job_has_a_place_and_is_found_there(void **state)
{
    struct host *h = *state;
    struct reply r;
    test_post(h->url, NULL, lunch, &r);
    assert_int_equal(r.status, 201);
    assert_non_null(strstr(r.head, "Location: /api/v1/jobs/"));
    expect(&r, "state", "requested");
    expect(&r, "item", "午餐");
    char id[256], path[300];
    text_of(r.body, "id", id);
    snprintf(path, sizeof path, "/api/v1/jobs/%s", id);
    test_get(h->url, path, &r);
    assert_int_equal(r.status, 200);
    expect(&r, "from", "kitchen");
    expect(&r, "to", "ward-3a");
    expect(&r, "quantity", "2");
    expect(&r, "priority", "1");
}

static void what_is_left_out_has_its_default(void **state)
{
    struct host *h = *state;
    struct reply r;
    test_post(h->url, NULL, "{\"from\":\"lab\",\"to\":\"store\"}", &r);
    assert_int_equal(r.status, 201);
    expect(&r, "quantity", "1");
    expect(&r, "priority", "3");
    expect(&r, "item", "");
}

static void every_bad_request_is_named_and_changes_nothing(void **state)
{
    struct host *h = *state;
    static const struct {
        const char *body;
        long status;
        const char *code, *field;
    } bad[] = {
        { "{\"from\":\"nowhere\",\"to\":\"lab\"}", 422, "unknown-station", "from" },
        { "{\"from\":\"lab\",\"to\":\"nowhere\"}", 422, "unknown-station", "to" },
        { "{\"from\":\"lab\",\"to\":\"lab\"}", 422, "refused", "to" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"quantity\":-1}", 400, "field", "quantity" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"quantity\":0}", 400, "field", "quantity" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"quantity\":1000}", 400, "field", "quantity" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"quantity\":1.5}", 400, "field", "quantity" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"quantity\":1e99}", 400, "field", "quantity" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"quantity\":\"2\"}", 400, "field", "quantity" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"priority\":6}", 400, "field", "priority" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"item\":7}", 400, "field", "item" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"item\":\"a\\nb\"}", 400, "field", "item" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"item\":"
          "\"0123456789012345678901234567890123456789012345678901234567890123456\"}",
          400, "field", "item" },
        { "{\"from\":\"lab\",\"to\":\"store\",\"colour\":1}", 400, "field", "colour" },
        { "{\"from\":\"lab\",\"from\":\"lab\",\"to\":\"store\"}", 400, "field", "from" },
        { "{\"to\":\"store\"}", 400, "field", "from" },
        { "{\"from\":7,\"to\":\"store\"}", 400, "field", "from" },
        { "{\"from\":\"\",\"to\":\"store\"}", 400, "field", "from" },
        { "{\"from\":\"\xff\xfe\",\"to\":\"store\"}", 400, "malformed", NULL },
        { "{\"from\":\"lab\",\"to\":\"store\"} x", 400, "malformed", NULL },
        { "{\"from\":\"lab\",\"to\":NaN}", 400, "malformed", NULL },
        { "[[[[[[[[[[]]]]]]]]]]", 400, "malformed", NULL },
        { "[]", 400, "malformed", NULL },
        { "{", 400, "malformed", NULL },
        { "", 400, "malformed", NULL },
    };
    unsigned before = jobs_known(h->url);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct reply r;
        test_post(h->url, NULL, bad[i].body, &r);
        if (r.status != bad[i].status) print_error("%s\n", bad[i].body);
        expect_problem(&r, bad[i].status, bad[i].code, bad[i].field);
    }
    assert_int_equal(jobs_known(h->url), before);
}

static void a_megabyte_is_refused_however_it_comes(void **state)
{
    struct host *h = *state;
    struct reply r;
    size_t n = 1 << 20;
    char *body = malloc(n);
    memset(body, 'a', n);
    const char *const asked[] = { "Content-Type: application/json", "Expect: 100-continue", NULL };
    const char *const straight[] = { "Content-Type: application/json", "Expect:", NULL };
    const char *const chunked[] = { "Content-Type: application/json", "Expect:", "Transfer-Encoding: chunked", NULL };
    const char *const *how[] = { asked, straight, chunked };
    for (size_t i = 0; i < 3; i++) {
        test_http(h->url, "POST", "/api/v1/jobs", how[i], body, n, &r);
        expect_problem(&r, 413, "body-too-large", NULL);
    }
    free(body);
    test_post(h->url, NULL, lunch, &r);
    assert_int_equal(r.status, 201);
}

static void only_json_is_taken(void **state)
{
    struct host *h = *state;
    struct reply r;
    static const struct {
        const char *type;
        long status;
    } row[] = {
        { "Content-Type: text/plain", 415 },
        { "Content-Type:", 415 },
        { "Content-Type: application/jsonx", 415 },
        { "Content-Type: application/json; charset=latin1", 415 },
        { "Content-Type: application/json; charset=UTF-8", 201 },
        { "Content-Type: Application/JSON", 201 },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *headers[] = { row[i].type, NULL };
        test_http(h->url, "POST", "/api/v1/jobs", headers, lunch, sizeof lunch - 1, &r);
        assert_int_equal(r.status, row[i].status);
    }
}

static void the_same_key_makes_one_job(void **state)
{
    struct host *h = *state;
    struct reply first, again;
    unsigned before = jobs_known(h->url);
    test_post(h->url, "key-1", lunch, &first);
    assert_int_equal(first.status, 201);
    /* the same meaning in other bytes */
    test_post(h->url, "key-1",
              "{ \"priority\":1, \"item\":\"午餐\", \"to\":\"ward-3a\", \"from\":\"kitchen\", \"quantity\":2 }",
              &again);
    assert_int_equal(again.status, 200);
    assert_string_equal(first.body, again.body);
    test_post(h->url, "key-1", "{\"from\":\"kitchen\",\"to\":\"ward-3b\"}", &again);
    expect_problem(&again, 422, "key-reused", "Idempotency-Key");
    test_post(h->url, "key with spaces", lunch, &again);
    expect_problem(&again, 400, "field", "Idempotency-Key");
    assert_int_equal(jobs_known(h->url), before + 1);
}

struct poster {
    pthread_t thread;
    const char *url;
    struct reply reply;
};
static void *post_with_one_key(void *ctx)
{
    struct poster *p = ctx;
    test_post(p->url, "one-for-all", lunch, &p->reply);
    return NULL;
}

static void many_at_once_with_one_key_get_one_job(void **state)
{
    struct host *h = *state;
    static struct poster p[8];
    unsigned before = jobs_known(h->url), created = 0;
    for (size_t i = 0; i < 8; i++) {
        p[i].url = h->url;
        pthread_create(&p[i].thread, NULL, post_with_one_key, &p[i]);
    }
    for (size_t i = 0; i < 8; i++) pthread_join(p[i].thread, NULL);
    for (size_t i = 0; i < 8; i++) {
        created += p[i].reply.status == 201;
        assert_true(p[i].reply.status == 200 || p[i].reply.status == 201);
        assert_string_equal(p[i].reply.body, p[0].reply.body);
    }
    assert_int_equal(created, 1);
    assert_int_equal(jobs_known(h->url), before + 1);
}

static void a_job_is_cancelled_once(void **state)
{
    struct host *h = *state;
    struct reply r;
    char id[256], path[300];
    test_post(h->url, NULL, lunch, &r);
    text_of(r.body, "id", id);
    snprintf(path, sizeof path, "/api/v1/jobs/%s", id);
    test_http(h->url, "DELETE", path, NULL, NULL, 0, &r);
    assert_int_equal(r.status, 200);
    expect(&r, "state", "cancelled");
    test_http(h->url, "DELETE", path, NULL, NULL, 0, &r);
    expect_problem(&r, 409, "conflict", NULL);
    test_http(h->url, "DELETE", "/api/v1/jobs/99999", NULL, NULL, 0, &r);
    expect_problem(&r, 404, "not-found", NULL);
}

static void wrong_doors_are_told(void **state)
{
    struct host *h = *state;
    struct reply r;
    static const char *const nothing[] = { "/nope",
                                           "/api/v1",
                                           "/api/v1/jobs/",
                                           "/api/v1/jobs/x",
                                           "/api/v1/jobs/0",
                                           "/api/v1/jobs/-1",
                                           "/api/v1/jobs/99999999999999999999",
                                           "/api/v1/robots/R99",
                                           "/../etc/passwd",
                                           "/%2e%2e/x" };
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        test_get(h->url, nothing[i], &r);
        expect_problem(&r, 404, "not-found", NULL);
    }
    test_http(h->url, "PUT", "/api/v1/jobs", NULL, "{}", 2, &r);
    expect_problem(&r, 405, "method-not-allowed", NULL);
    assert_non_null(strstr(r.head, "Allow: GET, HEAD, POST"));
    test_http(h->url, "POST", "/api/v1/robots", NULL, "{}", 2, &r);
    expect_problem(&r, 405, "method-not-allowed", NULL);
    test_get(h->url, "/api/v1/jobs?state=late", &r);
    expect_problem(&r, 400, "field", "state");
    test_get(h->url, "/api/v1/jobs?limit=0", &r);
    expect_problem(&r, 400, "field", "limit");
}

static void lists_show_robots_elevators_and_the_site(void **state)
{
    struct host *h = *state;
    static struct reply r;
    test_get(h->url, "/api/v1/robots/R01", &r);
    assert_int_equal(r.status, 200);
    expect(&r, "link", "never_seen");
    test_get(h->url, "/api/v1/elevators", &r);
    assert_non_null(strstr(r.body, "\"E2\""));
    test_get(h->url, "/healthz", &r);
    assert_int_equal(r.status, 503); /* no broker in this test: not healthy */
    expect(&r, "mqtt", "disconnected");
    expect(&r, "journal", "ok");
    test_get(h->url, "/api/v1/site", &r);
    assert_int_equal(r.status, 200);
    struct json_doc doc;
    assert_int_equal(json_open(&doc, "site", r.body, r.n, (struct json_limits){ 1 << 20, 16 }), ORD_OK);
    static const char *const lists[] = {
        "levels", "nodes", "lanes", "stations", "elevators", "doors", "walls", "labels"
    };
    for (size_t i = 0; i < 8; i++) json_array(json_need(json_root(&doc), lists[i]), 100000);
    assert_true(json_ok(&doc));
    assert_true(json_array(json_need(json_root(&doc), "elevators"), 100) >= 2);
    json_close(&doc);
}

static void the_page_is_cached_by_its_etag_and_loads_nothing_foreign(void **state)
{
    struct host *h = *state;
    static struct reply r;
    char tag[64] = "", header[96];
    test_get(h->url, "/", &r);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.head, "Content-Security-Policy: default-src 'self'"));
    assert_non_null(strstr(r.head, "nosniff"));
    assert_int_equal(sscanf(strstr(r.head, "ETag: "), "ETag: %63s", tag), 1);
    snprintf(header, sizeof header, "If-None-Match: %s", tag);
    const char *headers[] = { header, NULL };
    test_http(h->url, "GET", "/", headers, NULL, 0, &r);
    assert_int_equal(r.status, 304);
    assert_int_equal(r.n, 0);
    test_http(h->url, "HEAD", "/", NULL, NULL, 0, &r);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.n, 0);
}

/* ---- raw bytes ---- */
static int dial(const char *url)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1)) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = { 20, 0 };
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(s, (struct sockaddr *)&a, sizeof a), 0);
    return s;
}

static void broken_http_gets_a_4xx_or_a_closed_door_and_harms_nobody(void **state)
{
    struct host *h = *state;
    static const char *const broken[] = {
        "GET /healthz HTTP/1.1\r\n\r\n", /* no Host */
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "\r\n\r\n\r\nnonsense\r\n\r\n",
    };
    struct reply r;
    unsigned before = jobs_known(h->url);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char got[64] = "";
        int s = dial(h->url);
        assert_true(send(s, broken[i], strlen(broken[i]), MSG_NOSIGNAL) > 0);
        ssize_t n = recv(s, got, sizeof got - 1, 0);
        assert_true(n == 0 || strncmp(got, "HTTP/1.1 4", 10) == 0 || strncmp(got, "HTTP/1.0 4", 10) == 0);
        close(s);
    }
    test_get(h->url, "/api/v1/robots", &r);
    assert_int_equal(r.status, 200);
    assert_int_equal(jobs_known(h->url), before);
}

/* ---- the stream ---- */
struct listener {
    int fd;
    char text[1 << 20];
    size_t n;
};

static void listen_begin(struct listener *l, const char *url)
{
    static const char ask[] = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    memset(l, 0, sizeof *l);
    l->fd = dial(url);
    assert_int_equal(send(l->fd, ask, sizeof ask - 1, MSG_NOSIGNAL), (ssize_t)(sizeof ask - 1));
}

/* Reads until the text has arrived; a closed or silent stream fails. */
static const char *listen_for(struct listener *l, const char *wanted)
{
    for (;;) {
        const char *found = strstr(l->text, wanted);
        if (found) return found;
        ssize_t n = recv(l->fd, l->text + l->n, sizeof l->text - 1 - l->n, 0);
        if (n <= 0) print_error("waited for %s in:\n%s\n", wanted, l->text);
        assert_true(n > 0);
        l->n += (size_t)n;
        l->text[l->n] = 0;
    }
}

static void listeners_see_states_in_order_with_rising_ids(void **state)
{
    struct host *h = *state;
    static struct listener l;
    struct reply r;
    char id[256], path[300], wanted[300];
    listen_begin(&l, h->url);
    listen_for(&l, "event: hello\ndata: {\"now\":");
    test_post(h->url, NULL, lunch, &r);
    text_of(r.body, "id", id);
    snprintf(path, sizeof path, "/api/v1/jobs/%s", id);
    test_http(h->url, "DELETE", path, NULL, NULL, 0, &r);
    snprintf(wanted, sizeof wanted, "data: {\"id\":%s,\"state\":\"cancelled\"", id);
    const char *last = listen_for(&l, wanted);
    snprintf(wanted, sizeof wanted, "data: {\"id\":%s,\"state\":\"requested\"", id);
    const char *first = listen_for(&l, wanted);
    assert_true(first < last);
    listen_for(&l, "event: robot\ndata: {\"id\":\"R08\"");
    unsigned long before = 0;
    unsigned events = 0;
    for (const char *p = strstr(l.text, "\nid: "); p; p = strstr(p + 1, "\nid: ")) {
        unsigned long now = strtoul(p + 5, NULL, 10);
        assert_true(events == 0 || now == before + 1);
        before = now;
        events++;
    }
    assert_true(events > 3);
    close(l.fd);
}

struct stream_bench {
    uv_loop_t uv;
    struct http *http;
    struct sse *sse;
};
static void join_stream(void *ctx, struct http_call *c)
{
    struct stream_bench *b = ctx;
    assert_true(sse_join(b->sse, c, "{}"));
}

/* One reads, one never does. A megabyte and what the sockets swallow later the sleeper is out; the reader lost
 * nothing. */
static void a_listener_that_does_not_read_is_cut_off_and_slows_nobody(void **state)
{
    static struct stream_bench b;
    static struct listener reader, sleeper;
    static char buf[65536], data[4096];
    struct err_note note;
    struct http_config hc = { .uv = &b.uv, .body_max = 100, .handle = join_stream, .ctx = &b };
    uint16_t port;
    char url[64];
    size_t got = 0, put = 0;
    (void)state;
    uv_loop_init(&b.uv);
    assert_int_equal(http_listen("127.0.0.1", 0, &hc.fd, &port, &note), ORD_OK);
    assert_int_equal(http_open(&b.http, &hc, &note), ORD_OK);
    assert_int_equal(sse_open(&b.sse, &b.http), ORD_OK);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
    listen_begin(&reader, url);
    listen_begin(&sleeper, url);
    for (int i = 0; i < 1000 && sse_clients(b.sse) < 2; i++) uv_run(&b.uv, UV_RUN_NOWAIT);
    assert_int_equal(sse_clients(b.sse), 2);
    memset(data, 'x', sizeof data - 1);
    for (int i = 0; i < 20000 && sse_clients(b.sse) == 2; i++) {
        sse_put(b.sse, "job", data);
        put++;
        sse_flush(b.sse);
        uv_run(&b.uv, UV_RUN_NOWAIT);
        for (ssize_t n; (n = recv(reader.fd, buf, sizeof buf, MSG_DONTWAIT)) > 0;) got += (size_t)n;
    }
    /* The library notices the lost one when its socket has room again; the sleeper now reads what was on its way. */
    for (int i = 0; i < 100000 && sse_clients(b.sse) == 2; i++) {
        if (recv(sleeper.fd, buf, sizeof buf, MSG_DONTWAIT) == 0) break;
        uv_run(&b.uv, UV_RUN_NOWAIT);
    }
    assert_int_equal(sse_clients(b.sse), 1);
    for (int i = 0; i < 1000 && got < put * sizeof data; i++) {
        uv_run(&b.uv, UV_RUN_NOWAIT);
        for (ssize_t n; (n = recv(reader.fd, buf, sizeof buf, MSG_DONTWAIT)) > 0;) got += (size_t)n;
    }
    assert_true(got > put * sizeof data);
    close(reader.fd);
    close(sleeper.fd);
    sse_end(b.sse);
    http_close(b.http);
    sse_close(b.sse);
    assert_int_equal(uv_loop_close(&b.uv), 0);
}

static void a_stopping_daemon_ends_its_streams(void **state)
{
    static struct listener l;
    struct host h;
    char byte;
    (void)state;
    test_host_config(&h, "none");
    test_host_start(&h);
    listen_begin(&l, h.url);
    listen_for(&l, "event: hello");
    test_host_stop(&h);
    while (recv(l.fd, &byte, 1, 0) > 0) {}
    close(l.fd);
    test_folder_remove(h.folder);
}

/* ---- restart, disk, ports ---- */
static void jobs_and_keys_survive_a_restart(void **state)
{
    struct host h;
    struct reply first, again;
    (void)state;
    test_host_config(&h, "none");
    test_host_start(&h);
    test_post(h.url, "kept", lunch, &first);
    assert_int_equal(first.status, 201);
    test_host_stop(&h);
    test_host_start(&h);
    test_post(h.url, "kept", lunch, &again);
    assert_int_equal(again.status, 200);
    assert_string_equal(first.body, again.body);
    assert_int_equal(jobs_known(h.url), 1);
    test_host_stop(&h);
    test_folder_remove(h.folder);
}

static void a_full_disk_stops_accepting_and_says_so(void **state)
{
    struct host h;
    struct reply r;
    struct rlimit old, none;
    (void)state;
    test_host_config(&h, "none");
    test_host_start(&h);
    test_post(h.url, NULL, lunch, &r);
    assert_int_equal(r.status, 201);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    none = (struct rlimit){ 1, old.rlim_max }; /* no file may grow past one byte: a disk that is full */
    setrlimit(RLIMIT_FSIZE, &none);
    test_post(h.url, "lost", lunch, &r);
    expect_problem(&r, 503, "journal-failed", NULL);
    test_post(h.url, NULL, lunch, &r);
    expect_problem(&r, 503, "journal-failed", NULL);
    test_http(h.url, "DELETE", "/api/v1/jobs/1", NULL, NULL, 0, &r);
    expect_problem(&r, 503, "journal-failed", NULL);
    test_get(h.url, "/healthz", &r);
    assert_int_equal(r.status, 503);
    expect(&r, "journal", "failed");
    setrlimit(RLIMIT_FSIZE, &old);
    test_host_stop(&h);
    test_host_start(&h); /* with room again: what was accepted is there, what was refused is not */
    assert_int_equal(jobs_known(h.url), 1);
    test_post(h.url, "lost", lunch, &r);
    assert_int_equal(r.status, 201);
    test_host_stop(&h);
    test_folder_remove(h.folder);
}

static void a_port_in_use_is_named_and_nothing_is_begun(void **state)
{
    struct host *h = *state, other;
    struct err_note note = { .where = "" };
    char file[128];
    test_host_config(&other, "none");
    other.cfg.port = (uint16_t)atoi(strrchr(h->url, ':') + 1);
    assert_int_equal(test_host_try(&other, &note), ORD_EBUSY);
    assert_non_null(strstr(note.what, strrchr(h->url, ':') + 1));
    snprintf(file, sizeof file, "%s/journal.db", other.folder);
    assert_int_not_equal(access(file, F_OK), 0);
    test_folder_remove(other.folder);
}

static void a_journal_in_use_is_named(void **state)
{
    struct host *h = *state, other = *h;
    struct err_note note = { .where = "" };
    other.cfg.port = 0;
    assert_int_equal(test_host_try(&other, &note), ORD_EBUSY);
    assert_non_null(strstr(note.where, "journal.db"));
}

static void a_cut_journal_is_refused_with_its_name(void **state)
{
    struct host h;
    struct err_note note = { .where = "" };
    char file[128];
    (void)state;
    test_host_config(&h, "none");
    test_host_start(&h);
    test_host_stop(&h);
    snprintf(file, sizeof file, "%s/journal.db", h.folder);
    assert_int_equal(truncate(file, 5000), 0);
    assert_true(test_host_try(&h, &note) < 0);
    assert_non_null(strstr(note.where, "journal.db"));
    assert_true(note.what[0] != 0);
    test_folder_remove(h.folder);
}

static void missing_and_wrong_files_are_named(void **state)
{
    struct host h;
    struct err_note note = { .where = "" };
    char file[128];
    (void)state;
    test_host_config(&h, "none");
    h.cfg.site = "/nonexistent/x.site.json";
    assert_int_equal(test_host_try(&h, &note), ORD_ENOTFOUND);
    assert_non_null(strstr(note.where, "x.site.json"));
    snprintf(file, sizeof file, "%s/bad.site.json", h.folder);
    FILE *f = fopen(file, "w");
    fputs("{ \"format\": \"orderly-site/1\", ", f);
    fclose(f);
    h.cfg.site = file;
    assert_true(test_host_try(&h, &note) < 0);
    assert_non_null(strstr(note.where, "bad.site.json"));
    test_folder_remove(h.folder);
}

/* ---- another origin ---- */
static void another_origin_is_let_in_only_when_named(void **state)
{
    struct host *closed = *state, open;
    struct reply r;
    const char *const headers[] = { "Origin: https://ward.example", "Access-Control-Request-Method: POST", NULL };
    test_http(closed->url, "OPTIONS", "/api/v1/jobs", headers, NULL, 0, &r);
    assert_int_equal(r.status, 405);
    assert_null(strstr(r.head, "Access-Control-Allow-Origin"));
    test_host_config(&open, "none");
    open.cfg.web_origin = "https://ward.example";
    test_host_start(&open);
    test_http(open.url, "OPTIONS", "/api/v1/jobs", headers, NULL, 0, &r);
    assert_int_equal(r.status, 204);
    assert_non_null(strstr(r.head, "Access-Control-Allow-Origin: https://ward.example"));
    test_host_stop(&open);
    test_folder_remove(open.folder);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_accepted_job_has_a_place_and_is_found_there),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(every_bad_request_is_named_and_changes_nothing),
        cmocka_unit_test(a_megabyte_is_refused_however_it_comes),
        cmocka_unit_test(only_json_is_taken),
        cmocka_unit_test(the_same_key_makes_one_job),
        cmocka_unit_test(many_at_once_with_one_key_get_one_job),
        cmocka_unit_test(a_job_is_cancelled_once),
        cmocka_unit_test(wrong_doors_are_told),
        cmocka_unit_test(lists_show_robots_elevators_and_the_site),
        cmocka_unit_test(the_page_is_cached_by_its_etag_and_loads_nothing_foreign),
        cmocka_unit_test(broken_http_gets_a_4xx_or_a_closed_door_and_harms_nobody),
        cmocka_unit_test(listeners_see_states_in_order_with_rising_ids),
        cmocka_unit_test(a_listener_that_does_not_read_is_cut_off_and_slows_nobody),
        cmocka_unit_test(a_stopping_daemon_ends_its_streams),
        cmocka_unit_test(jobs_and_keys_survive_a_restart),
        cmocka_unit_test(a_full_disk_stops_accepting_and_says_so),
        cmocka_unit_test(a_port_in_use_is_named_and_nothing_is_begun),
        cmocka_unit_test(a_journal_in_use_is_named),
        cmocka_unit_test(a_cut_journal_is_refused_with_its_name),
        cmocka_unit_test(missing_and_wrong_files_are_named),
        cmocka_unit_test(another_origin_is_let_in_only_when_named),
    };
    int failed = cmocka_run_group_tests_name("api", tests, host_up, host_down);
    curl_global_cleanup();
    return failed;
}
