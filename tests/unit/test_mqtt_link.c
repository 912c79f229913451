/* mqtt_link against a real broker on a free loopback port. Skipped, with a message, where there is no mosquitto. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mqtt_link.h"

static char uri[64];
static int port, version;
static pid_t broker;
static const char *broker_conf; /* NULL: a plain listener on `port` */

static int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int port_open(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int s = socket(AF_INET, SOCK_STREAM, 0), up = connect(s, (struct sockaddr *)&at, sizeof at) == 0;
    close(s);
    return up;
}

static int free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&at, &n), 0);
    close(s);
    return ntohs(at.sin_port);
}

static void broker_start(void)
{
    char text[8];
    snprintf(text, sizeof text, "%d", port);
    broker = fork();
    if (broker == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
        if (broker_conf) execlp("mosquitto", "mosquitto", "-c", broker_conf, (char *)NULL);
        else execlp("mosquitto", "mosquitto", "-p", text, (char *)NULL);
        _exit(127);
    }
    for (int64_t until = clock_ms() + 10000; clock_ms() < until && !port_open();) {
        int status;
        if (waitpid(broker, &status, WNOHANG) == broker) {
            broker = 0;
            return;
        }
        poll(NULL, 0, 20);
    }
}
static void broker_stop(int sig)
{
    if (broker > 0) {
        kill(broker, sig);
        waitpid(broker, NULL, 0);
    }
    broker = 0;
}

/* A link with a pipe to wake its owner, as the programs have. */
struct owner {
    struct mqtt_link *link;
    int pipe[2];
    struct mqtt_item item;
};

static void wake(void *ctx)
{
    struct owner *o = ctx;
    ssize_t n = write(o->pipe[1], "", 1);
    (void)n;
}
static struct mqtt_link_config config(struct owner *o, const char *id)
{
    return (struct mqtt_link_config){ .uri = uri, .client_id = id, .version = version, .wake = wake, .ctx = o };
}
static void owner_open(struct owner *o, struct mqtt_link_config cfg)
{
    struct err_note note = { "", "" };
    assert_int_equal(pipe2(o->pipe, O_NONBLOCK | O_CLOEXEC), 0);
    assert_int_equal(mqtt_link_open(&o->link, &cfg, &note), ORD_OK);
}
static void owner_close(struct owner *o, const char *topic, const char *payload)
{
    mqtt_link_close(o->link, topic, payload);
    close(o->pipe[0]);
    close(o->pipe[1]);
}
/* The next item, or 0 after 20 s. */
static int next(struct owner *o)
{
    char bin[64];
    for (int64_t until = clock_ms() + 20000; clock_ms() < until;) {
        if (mqtt_link_next(o->link, &o->item)) return 1;
        struct pollfd p = { o->pipe[0], POLLIN, 0 };
        poll(&p, 1, 100);
        while (read(o->pipe[0], bin, sizeof bin) > 0) {}
    }
    return 0;
}
static void expect(struct owner *o, enum mqtt_item_kind kind)
{
    assert_true(next(o));
    assert_int_equal(o->item.kind, kind);
}
static void expect_message(struct owner *o, const char *topic, const char *payload)
{
    expect(o, MQTT_MESSAGE);
    assert_string_equal(o->item.topic, topic);
    assert_string_equal(o->item.payload, payload);
    assert_int_equal(o->item.payload_len, strlen(payload));
}
/* It may come before or after the subscription is confirmed. */
static void expect_retained(struct owner *o, const char *payload)
{
    int seen = 0, connected = 0;
    while (!seen || !connected) {
        assert_true(next(o));
        if (o->item.kind == MQTT_CONNECTED) connected = 1;
        if (o->item.kind != MQTT_MESSAGE) continue;
        assert_string_equal(o->item.payload, payload);
        assert_true(o->item.retained);
        seen = 1;
    }
}
static int say(struct owner *o, const char *topic, const char *payload, int qos, int retained)
{
    return mqtt_link_publish(o->link, topic, payload, strlen(payload), qos, retained);
}
#define NEEDS_BROKER                                            \
    if (broker <= 0) {                                          \
        print_message("skipped: mosquitto is not installed\n"); \
        skip();                                                 \
    }

static const char *const listen_all[] = { "t/#", NULL };

/* First of all tests, because its child must be forked before Paho has threads here. */
static void a_process_that_dies_leaves_its_will(void **state)
{
    NEEDS_BROKER
    static struct owner o; /* outlives a failed test: its threads still wake it */
    pid_t child = fork();
    if (child == 0) {
        struct mqtt_link_config cfg = config(&o, "dies");
        cfg.will_topic = "t/connection";
        cfg.will_payload = "BROKEN";
        if (pipe2(o.pipe, O_NONBLOCK) || mqtt_link_open(&o.link, &cfg, NULL)) _exit(1);
        _exit(next(&o) && o.item.kind == MQTT_CONNECTED ? 0 : 2);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    struct mqtt_link_config cfg = config(&o, "reads");
    cfg.subscribe = listen_all;
    cfg.subscribe_qos = 1;
    owner_open(&o, cfg);
    expect_retained(&o, "BROKEN");
    assert_int_equal(say(&o, "t/connection", "", 1, 1), ORD_OK); /* clear it for the tests to come */
    owner_close(&o, NULL, NULL);
}

static void messages_arrive_in_order_with_their_bytes(void **state)
{
    NEEDS_BROKER
    static struct owner o; /* outlives a failed test: its threads still wake it */
    char text[32];
    struct mqtt_link_config cfg = config(&o, "order");
    cfg.subscribe = listen_all;
    owner_open(&o, cfg);
    expect(&o, MQTT_CONNECTED);
    assert_true(mqtt_link_connected(o.link));
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "message %d", i);
        assert_int_equal(say(&o, "t/a", text, 0, 0), ORD_OK);
    }
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "message %d", i);
        expect_message(&o, "t/a", text);
    }
    say(&o, "t/empty", "", 0, 0);
    expect_message(&o, "t/empty", "");
    assert_int_equal(mqtt_link_dropped(o.link), 0);
    owner_close(&o, NULL, NULL);
}

static void closing_says_the_last_word_retained(void **state)
{
    NEEDS_BROKER
    static struct owner o; /* outlives a failed test: its threads still wake it */
    owner_open(&o, config(&o, "last"));
    expect(&o, MQTT_CONNECTED);
    owner_close(&o, "t/last", "OFFLINE");
    struct mqtt_link_config cfg = config(&o, "reads");
    cfg.subscribe = listen_all;
    owner_open(&o, cfg);
    expect_retained(&o, "OFFLINE");
    say(&o, "t/last", "", 1, 1);
    owner_close(&o, NULL, NULL);
}

static void a_full_queue_keeps_the_newest_of_each_topic(void **state)
{
    NEEDS_BROKER
    static struct owner o, p;
    char text[32];
    struct mqtt_link_config cfg = config(&o, "full");
    cfg.subscribe = listen_all;
    cfg.queue_max = 4;
    owner_open(&o, cfg);
    expect(&o, MQTT_CONNECTED);
    struct mqtt_link_config watch = config(&p, "watch");
    watch.subscribe = listen_all;
    owner_open(&p, watch);
    expect(&p, MQTT_CONNECTED);
    for (int i = 0; i < 30; i++) {
        snprintf(text, sizeof text, "%d", i);
        say(&o, i % 3 == 0 ? "t/a" : i % 3 == 1 ? "t/b" : "t/c", text, 0, 0);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "t/new%d", i); /* no place and nothing of its topic there: dropped */
        say(&o, text, "x", 0, 0);
    }
    for (int i = 0; i < 34; i++) expect(&p, MQTT_MESSAGE); /* by now the broker has sent them all to `o` as well */
    for (int64_t until = clock_ms() + 10000; clock_ms() < until && mqtt_link_dropped(o.link) < 30;) poll(NULL, 0, 10);
    assert_int_equal(mqtt_link_dropped(o.link), 30);
    char last[3][8] = { "", "", "" };
    for (int i = 0; i < 4; i++) {
        assert_true(mqtt_link_next(o.link, &o.item));
        snprintf(last[o.item.topic[2] - 'a'], sizeof last[0], "%s", o.item.payload);
    }
    assert_false(mqtt_link_next(o.link, &o.item));
    assert_string_equal(last[0], "27");
    assert_string_equal(last[1], "28");
    assert_string_equal(last[2], "29");
    owner_close(&p, NULL, NULL);
    owner_close(&o, NULL, NULL);
}

static void a_payload_too_large_is_dropped_and_counted(void **state)
{
    NEEDS_BROKER
    static struct owner o; /* outlives a failed test: its threads still wake it */
    struct mqtt_link_config cfg = config(&o, "large");
    cfg.subscribe = listen_all;
    cfg.payload_max = 10;
    owner_open(&o, cfg);
    expect(&o, MQTT_CONNECTED);
    say(&o, "t/a", "eleven sign", 0, 0);
    say(&o, "t/a", "ten signs.", 0, 0);
    expect_message(&o, "t/a", "ten signs.");
    assert_int_equal(mqtt_link_dropped(o.link), 1);
    owner_close(&o, NULL, NULL);
}

static void a_broker_killed_and_restarted_is_found_and_subscribed_again(void **state)
{
    NEEDS_BROKER
    static struct owner o; /* outlives a failed test: its threads still wake it */
    struct mqtt_link_config cfg = config(&o, "again");
    cfg.subscribe = listen_all;
    owner_open(&o, cfg);
    expect(&o, MQTT_CONNECTED);
    for (int round = 0; round < 2; round++) {
        broker_stop(SIGKILL);
        expect(&o, MQTT_LOST);
        assert_false(mqtt_link_connected(o.link));
        assert_int_equal(say(&o, "t/a", "stale", 0, 0), ORD_EIO); /* not kept for later */
        broker_start();
        expect(&o, MQTT_CONNECTED);
        assert_int_equal(say(&o, "t/a", "fresh", 0, 0), ORD_OK);
        expect_message(&o, "t/a", "fresh");
    }
    owner_close(&o, NULL, NULL);
}

static void a_broker_that_comes_later_is_found(void **state)
{
    NEEDS_BROKER
    static struct owner o; /* outlives a failed test: its threads still wake it */
    broker_stop(SIGTERM);
    struct mqtt_link_config cfg = config(&o, "early");
    cfg.subscribe = listen_all;
    owner_open(&o, cfg);
    poll(NULL, 0, 300);
    assert_false(mqtt_link_connected(o.link));
    broker_start();
    expect(&o, MQTT_CONNECTED);
    owner_close(&o, NULL, NULL);
}

static void a_link_that_never_connected_closes(void **state)
{
    static struct owner o; /* outlives a failed test: its threads still wake it */
    char nowhere[64];
    snprintf(nowhere, sizeof nowhere, "tcp://127.0.0.1:%d", free_port());
    struct mqtt_link_config cfg = config(&o, "never");
    cfg.uri = nowhere;
    owner_open(&o, cfg);
    assert_int_equal(say(&o, "t/a", "x", 0, 0), ORD_EIO);
    owner_close(&o, "t/last", "OFFLINE");
}

static void a_bad_address_is_refused_with_words(void **state)
{
    static const char *const bad[] = { "", "localhost", "http://x", "tcp:/x" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mqtt_link *l;
        struct err_note note = { "", "" };
        struct mqtt_link_config cfg = { .uri = bad[i], .client_id = "x" };
        assert_int_equal(mqtt_link_open(&l, &cfg, &note), ORD_EUSAGE);
        assert_true(note.what[0] != '\0');
    }
}

/* ---- TLS: an authority, a broker's and a client's certificate, made for this run ---- */
static char pki[64];

static int in_pki(const char *command)
{
    char text[768];
    snprintf(text, sizeof text, "cd %s && { %s; } >/dev/null 2>&1", pki, command);
    return system(text);
}

static int make_pki(void)
{
    strcpy(pki, "/tmp/orderly_pki_XXXXXX");
    if (!mkdtemp(pki)) return -1;
    int bad = in_pki(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=orderly-test-ca");
    static const char *const names[] = { "server", "client" };
    for (int i = 0; i < 2 && !bad; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "openssl req -newkey rsa:2048 -nodes -keyout %s.key -out %s.csr -subj /CN=%s && printf "
                 "'subjectAltName=IP:127.0.0.1' > ext && openssl x509 -req -in %s.csr -CA ca.pem -CAkey ca.key "
                 "-CAcreateserial -days 2 -extfile ext -out %s.pem",
                 names[i], names[i], i ? "client" : "127.0.0.1", names[i], names[i]);
        bad = in_pki(text);
    }
    return bad;
}

static char *pki_file(const char *name)
{
    static char path[6][96];
    static unsigned at;
    char *p = path[at++ % 6];
    snprintf(p, sizeof path[0], "%s/%s", pki, name);
    return p;
}

static void tls_broker_start(void)
{
    FILE *f = fopen(pki_file("conf"), "w");
    assert_non_null(f);
    fprintf(f,
            "listener %d 127.0.0.1\nallow_anonymous true\ncafile %s\ncertfile %s\nkeyfile %s\n"
            "require_certificate true\n%s",
            port, pki_file("ca.pem"), pki_file("server.pem"), pki_file("server.key"),
            geteuid() == 0 ? "user root\n" : "");
    fclose(f);
    broker_conf = pki_file("conf");
    broker_start();
}

static void tls_needs_the_right_certificates_on_both_sides(void **state)
{
    NEEDS_BROKER
    static struct owner o, q;
    char secure[64];
    if (make_pki()) {
        print_message("skipped: openssl is not installed\n");
        in_pki("rm -rf \"$PWD\"");
        skip();
    }
    broker_stop(SIGTERM);
    tls_broker_start();
    snprintf(secure, sizeof secure, "ssl://127.0.0.1:%d", port);
    struct mqtt_link_config cfg = config(&o, "known");
    cfg.uri = secure;
    cfg.subscribe = listen_all;
    cfg.tls = (struct mqtt_tls){ .ca_file = pki_file("ca.pem"),
                                 .cert_file = pki_file("client.pem"),
                                 .key_file = pki_file("client.key") };
    for (version = 3; version <= 5; version += 2) {
        cfg.version = version;
        owner_open(&o, cfg);
        expect(&o, MQTT_CONNECTED);
        say(&o, "t/a", "secret", 0, 0);
        expect_message(&o, "t/a", "secret");
        owner_close(&o, NULL, NULL);
    }
    version = 0;
    cfg.tls.cert_file = cfg.tls.key_file = NULL; /* a client nobody vouches for */
    cfg.ctx = &q;
    owner_open(&q, cfg);
    for (int i = 0; i < 15 && !mqtt_link_connected(q.link); i++) poll(NULL, 0, 100);
    assert_false(mqtt_link_connected(q.link));
    owner_close(&q, NULL, NULL);
    cfg.tls = (struct mqtt_tls){ .ca_file = pki_file("client.pem"),
                                 .cert_file = pki_file("client.pem"),
                                 .key_file = pki_file("client.key") };
    cfg.ctx = &o; /* a broker of somebody else */
    owner_open(&o, cfg);
    for (int i = 0; i < 15 && !mqtt_link_connected(o.link); i++) poll(NULL, 0, 100);
    assert_false(mqtt_link_connected(o.link));
    owner_close(&o, NULL, NULL);
    broker_stop(SIGTERM);
    broker_conf = NULL;
    in_pki("rm -rf \"$PWD\"");
    broker_start();
}

static int speak_mqtt_5(void **state)
{
    version = 5;
    return 0;
}
static int speak_mqtt_3(void **state)
{
    version = 0;
    return 0;
}

static int open_broker(void **state)
{
    port = free_port();
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", port);
    broker_start();
    return 0;
}
static int close_broker(void **state)
{
    broker_stop(SIGTERM);
    return 0;
}

int main(void)
{
#define MQTT_5(f)                                         \
    {                                                     \
        "mqtt_5_" #f, f, speak_mqtt_5, speak_mqtt_3, NULL \
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_dies_leaves_its_will),
        cmocka_unit_test(messages_arrive_in_order_with_their_bytes),
        cmocka_unit_test(closing_says_the_last_word_retained),
        cmocka_unit_test(a_full_queue_keeps_the_newest_of_each_topic),
        cmocka_unit_test(a_payload_too_large_is_dropped_and_counted),
        cmocka_unit_test(a_broker_killed_and_restarted_is_found_and_subscribed_again),
        cmocka_unit_test(a_broker_that_comes_later_is_found),
        cmocka_unit_test(a_link_that_never_connected_closes),
        cmocka_unit_test(a_bad_address_is_refused_with_words),
        MQTT_5(messages_arrive_in_order_with_their_bytes),
        MQTT_5(closing_says_the_last_word_retained),
        MQTT_5(a_broker_killed_and_restarted_is_found_and_subscribed_again),
        MQTT_5(a_link_that_never_connected_closes),
        cmocka_unit_test(tls_needs_the_right_certificates_on_both_sides),
    };
    return cmocka_run_group_tests(tests, open_broker, close_broker);
}
