/* The private broker: there when asked for, back when it died, gone when we are. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <sodium.h>

#include "common/mqtt_link.h"
#include "edge/acl_probe.h"
#include "edge/broker.h"
#include "edge/broker_acl.h"
#include "edge_host.h"

struct bench {
    uv_loop_t uv;
    char folder[64];
    struct fleet_spec *fleet;
    struct names names;
};

static int bench_up(void **state)
{
    if (access("/usr/sbin/mosquitto", X_OK) && access("/usr/bin/mosquitto", X_OK)) {
        print_message("mosquitto is not installed: the broker is not tested\n");
        *state = NULL;
        return 0;
    }
    struct bench *b = calloc(1, sizeof *b);
    struct err_note note;
    uv_loop_init(&b->uv);
    test_folder_make(b->folder);
    assert_true(sodium_init() >= 0);
    assert_int_equal(fleet_spec_open(DEMO_FLEET, &b->fleet, &note), ORD_OK);
    b->names.fleet = b->fleet;
    *state = b;
    return 0;
}

static int bench_down(void **state)
{
    struct bench *b = *state;
    if (!b) return 0;
    assert_int_equal(uv_loop_close(&b->uv), 0); /* nothing was left open */
    test_folder_remove(b->folder);
    fleet_spec_close(b->fleet);
    free(b);
    return 0;
}

static int up(struct bench *b, uint16_t port, struct broker **out, struct err_note *note)
{
    struct broker_config cfg = { .uv = &b->uv, .names = &b->names, .dir = b->folder, .port = port };
    return broker_open(out, &cfg, note);
}

static uint16_t port_of(const struct broker *b) { return (uint16_t)atoi(strrchr(broker_uri(b), ':') + 1); }

static bool answers(uint16_t port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = connect(s, (struct sockaddr *)&a, sizeof a) == 0;
    close(s);
    return ok;
}

/* MQTT 3.1.1 CONNECT; the broker's answer, 0 = yes, 5 = not authorized, -1 = none. */
static int answer_to(uint16_t port, const char *user, const char *password)
{
    static const unsigned char begin[] = { 0, 4, 'M', 'Q', 'T', 'T', 4 };
    unsigned char packet[256], got[4] = { 0 };
    size_t n = 2 + sizeof begin;
    memcpy(packet + 2, begin, sizeof begin);
    packet[n++] = user ? 0xC2 : 2;
    memcpy(packet + n, (unsigned char[]){ 0, 60, 0, 0 }, 4);
    n += 4;
    const char *words[] = { user, password };
    for (int i = 0; i < 2 && user; i++) {
        packet[n++] = 0;
        packet[n++] = (unsigned char)strlen(words[i]);
        memcpy(packet + n, words[i], strlen(words[i]));
        n += strlen(words[i]);
    }
    packet[0] = 0x10;
    packet[1] = (unsigned char)(n - 2);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = { 10, 0 };
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool ok = connect(s, (struct sockaddr *)&a, sizeof a) == 0 && send(s, packet, n, MSG_NOSIGNAL) > 0 &&
              recv(s, got, 4, MSG_WAITALL) == 4 && got[0] == 0x20;
    close(s);
    return ok ? got[3] : -1;
}

static bool says_yes(const struct broker *k)
{
    char path[700], password[BROKER_PASSWORD_MAX];
    struct err_note note;
    snprintf(path, sizeof path, "%s/%s", broker_password_dir(k), BROKER_CONTROLLER);
    assert_int_equal(broker_password(path, password, &note), ORD_OK);
    return answer_to(port_of(k), BROKER_CONTROLLER, password) == 0;
}

static void it_answers_when_open_returns_and_not_after_close(void **state)
{
    struct bench *b = *state;
    struct broker *k;
    struct err_note note = { .where = "" };
    if (!b) skip();
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    uint16_t port = port_of(k);
    assert_true(says_yes(k));
    broker_close(k);
    assert_false(answers(port));
}

static void it_keeps_its_port(void **state)
{
    struct bench *b = *state;
    struct broker *k;
    struct err_note note = { .where = "" };
    if (!b) skip();
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    uint16_t port = port_of(k);
    broker_close(k);
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    assert_int_equal(port_of(k), port);
    broker_close(k);
}

static void it_comes_back_when_killed(void **state)
{
    struct bench *b = *state;
    struct broker *k;
    struct err_note note = { .where = "" };
    if (!b) skip();
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    int first = broker_pid(k);
    kill(first, SIGKILL);
    for (int i = 0; i < 1000 && (broker_pid(k) == first || !broker_pid(k) || !answers(port_of(k))); i++) {
        uv_run(&b->uv, UV_RUN_NOWAIT);
        test_pause_ms(10);
    }
    assert_int_not_equal(broker_pid(k), first);
    assert_true(says_yes(k));
    broker_close(k);
}

static void a_taken_port_is_named(void **state)
{
    struct bench *b = *state;
    struct broker *k, *other;
    struct err_note note = { .where = "" };
    char folder[64], number[16];
    if (!b) skip();
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    struct broker_config cfg = { .uv = &b->uv, .names = &b->names, .dir = folder, .port = port_of(k) };
    test_folder_make(folder);
    assert_int_equal(broker_open(&other, &cfg, &note), ORD_EBUSY);
    snprintf(number, sizeof number, "%u", port_of(k));
    assert_non_null(strstr(note.what, number));
    test_folder_remove(folder);
    broker_close(k);
}

static void nobody_comes_in_without_the_right_password(void **state)
{
    struct bench *b = *state;
    struct broker *k;
    struct err_note note = { .where = "" };
    char path[700], password[BROKER_PASSWORD_MAX], again[BROKER_PASSWORD_MAX];
    struct stat st;
    if (!b) skip();
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    uint16_t port = port_of(k);
    snprintf(path, sizeof path, "%s/%s", broker_password_dir(k), BROKER_WATCH);
    assert_int_equal(broker_password(path, password, &note), ORD_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(answer_to(port, BROKER_WATCH, password), 0);
    assert_int_equal(answer_to(port, BROKER_CONTROLLER, password), 5);
    assert_int_equal(answer_to(port, "nobody", password), 5);
    assert_int_equal(answer_to(port, NULL, NULL), 5);
    broker_close(k);
    assert_int_equal(up(b, 0, &k, &note), ORD_OK); /* robots keep their passwords */
    assert_int_equal(broker_password(path, again, &note), ORD_OK);
    assert_string_equal(again, password);
    broker_close(k);
}

/* ---- rules ---- */
static struct mqtt_link *login(const struct broker *k, const char *user, const char *const *filters)
{
    static char path[700], password[BROKER_PASSWORD_MAX];
    struct err_note note;
    struct mqtt_link *l;
    snprintf(path, sizeof path, "%s/%s", broker_password_dir(k), user);
    assert_int_equal(broker_password(path, password, &note), ORD_OK);
    struct mqtt_link_config mc = {
        .uri = broker_uri(k), .client_id = user, .username = user, .password = password, .subscribe = filters
    };
    assert_int_equal(mqtt_link_open(&l, &mc, &note), ORD_OK);
    for (int i = 0; i < 1000 && !mqtt_link_connected(l); i++) test_pause_ms(10);
    assert_true(mqtt_link_connected(l));
    return l;
}

/* How many messages come within the time that 40 of the watcher's take. */
static unsigned heard_by(struct mqtt_link *l)
{
    struct mqtt_item m;
    unsigned n = 0;
    while (mqtt_link_next(l, &m)) n += m.kind == MQTT_MESSAGE;
    return n;
}

static void await_watch(struct mqtt_link *watch, unsigned n)
{
    for (int i = 0; i < 1000 && n > 0; i++) {
        unsigned got = heard_by(watch);
        n -= got < n ? got : n;
        if (n) test_pause_ms(10);
    }
    assert_int_equal(n, 0);
}

static void a_robot_speaks_and_listens_only_in_its_own_name(void **state)
{
    struct bench *b = *state;
    struct broker *k;
    struct err_note note = { .where = "" };
    char own[FLEET_TOPIC_MAX + 16], other[FLEET_TOPIC_MAX + 16], user[BROKER_USER_MAX];
    if (!b) skip();
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    static const char *const all[] = { "#", NULL };
    broker_robot_user(&b->fleet->robot[0], user);
    struct mqtt_link *watch = login(k, BROKER_WATCH, all), *robot = login(k, user, all),
                     *boss = login(k, BROKER_CONTROLLER, all);
    fleet_robot_topic(&b->fleet->robot[0], own);
    fleet_robot_topic(&b->fleet->robot[1], other);
    strcat(own, "/state");
    strcat(other, "/state");
    mqtt_link_publish(robot, other, "x", 1, 0, 0);
    mqtt_link_publish(robot, "orderly/v1/elevator/E1/state", "x", 1, 0, 0);
    mqtt_link_publish(watch, own, "x", 1, 0, 0);
    mqtt_link_publish(robot, own, "x", 1, 0, 0);
    await_watch(watch, 1);
    test_pause_ms(50);
    assert_int_equal(heard_by(boss), 1);
    assert_int_equal(heard_by(watch), 0);
    strcpy(strrchr(own, '/'), "/order");
    strcpy(strrchr(other, '/'), "/order");
    mqtt_link_publish(boss, other, "x", 1, 0, 0);
    mqtt_link_publish(boss, own, "x", 1, 0, 0);
    await_watch(watch, 2);
    test_pause_ms(50);
    assert_int_equal(heard_by(robot), 1);
    mqtt_link_close(watch, NULL, NULL);
    mqtt_link_close(robot, NULL, NULL);
    mqtt_link_close(boss, NULL, NULL);
    broker_close(k);
}

/* The probe on a broker whose rules file says `rules` (NULL: as we write it). */
static enum probe_verdict verdict_on(struct bench *b, const char *rules, char *detail)
{
    struct broker *k;
    struct err_note note = { .where = "" };
    char path[128];
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    if (rules) {
        snprintf(path, sizeof path, "%s/acl", b->folder);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(rules, f);
        fclose(f);
        kill(broker_pid(k), SIGHUP); /* reads it anew */
        test_pause_ms(200);
    }
    char own[FLEET_TOPIC_MAX + 16], other[FLEET_TOPIC_MAX + 16], password[BROKER_PASSWORD_MAX];
    broker_probe_topic(b->fleet, false, own);
    broker_probe_topic(b->fleet, true, other);
    strcat(own, "/state");
    strcat(other, "/state");
    const char *const filters[] = { own, other, NULL };
    struct mqtt_link *boss = login(k, BROKER_CONTROLLER, filters);
    snprintf(path, sizeof path, "%s/passwords/%s", b->folder, BROKER_PROBE);
    assert_int_equal(broker_password(path, password, &note), ORD_OK);
    struct acl_probe *p;
    struct mqtt_link_config mc = { .uri = broker_uri(k), .password = password };
    assert_int_equal(acl_probe_open(&p, b->fleet, mc, &note), ORD_OK);
    enum probe_verdict v = PROBE_RUNS;
    for (int i = 0; i < 80 && v == PROBE_RUNS; i++) {
        struct mqtt_item m;
        test_pause_ms(250);
        while (mqtt_link_next(boss, &m))
            if (m.kind == MQTT_MESSAGE) assert_true(acl_probe_message(p, &m));
        v = acl_probe_tick(p, boss);
    }
    strcpy(detail, acl_probe_detail(p));
    acl_probe_close(p);
    mqtt_link_close(boss, NULL, NULL);
    broker_close(k);
    return v;
}

static void the_probe_tells_good_rules_from_open_and_deaf_ones(void **state)
{
    struct bench *b = *state;
    char detail[2 * FLEET_TOPIC_MAX];
    if (!b) skip();
    enum probe_verdict v = verdict_on(b, NULL, detail);
    if (v != PROBE_GOOD) fail_msg("%d: %s", (int)v, detail);
    assert_int_equal(
        verdict_on(b, "topic readwrite #\nuser orderlyd\ntopic readwrite #\nuser orderly-probe\ntopic readwrite #\n",
                   detail),
        PROBE_OPEN);
    assert_non_null(strstr(detail, "may write to"));
    assert_int_equal(
        verdict_on(b,
                   "user orderlyd\ntopic read #\nuser orderly-probe\ntopic readwrite uagv/+/orderly/orderly-probe/+\n",
                   detail),
        PROBE_DEAF);
    assert_non_null(strstr(detail, "order does not get from orderlyd to orderly-probe"));
}

/* The owner runs in a child that is killed without a chance to clean up. */
static void it_dies_with_its_owner_even_by_kill_9(void **state)
{
    struct bench *b = *state;
    int pipe_fd[2], status;
    uint16_t port = 0;
    if (!b) skip();
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t owner = fork();
    if (owner == 0) {
        struct broker *k;
        struct err_note note;
        uv_loop_t uv;
        uv_loop_init(&uv);
        struct broker_config cfg = { .uv = &uv, .names = &b->names, .dir = b->folder };
        if (broker_open(&k, &cfg, &note)) _exit(1);
        port = port_of(k);
        if (write(pipe_fd[1], &port, sizeof port) != sizeof port) _exit(1);
        for (;;) pause();
    }
    assert_int_equal(read(pipe_fd[0], &port, sizeof port), sizeof port);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    assert_true(answers(port));
    kill(owner, SIGKILL);
    waitpid(owner, &status, 0);
    for (int i = 0; i < 1000 && answers(port); i++) test_pause_ms(10);
    assert_false(answers(port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_answers_when_open_returns_and_not_after_close, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(it_keeps_its_port, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(it_comes_back_when_killed, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(a_taken_port_is_named, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(it_dies_with_its_owner_even_by_kill_9, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(nobody_comes_in_without_the_right_password, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(a_robot_speaks_and_listens_only_in_its_own_name, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(the_probe_tells_good_rules_from_open_and_deaf_ones, bench_up, bench_down),
    };
    return cmocka_run_group_tests_name("broker", tests, NULL, NULL);
}
