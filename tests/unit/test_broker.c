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

#include "edge/broker.h"
#include "edge_host.h"

struct bench {
    uv_loop_t uv;
    char folder[64];
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
    uv_loop_init(&b->uv);
    test_folder_make(b->folder);
    *state = b;
    return 0;
}

static int bench_down(void **state)
{
    struct bench *b = *state;
    if (!b) return 0;
    assert_int_equal(uv_loop_close(&b->uv), 0); /* nothing was left open */
    test_folder_remove(b->folder);
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

/* MQTT 3.1.1 CONNECT without a name or password; the broker says yes with CONNACK 0. */
static bool says_yes(uint16_t port)
{
    static const unsigned char connect_packet[] = { 0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0 };
    unsigned char got[4] = { 0 };
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = { 10, 0 };
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool ok = connect(s, (struct sockaddr *)&a, sizeof a) == 0 &&
              send(s, connect_packet, sizeof connect_packet, MSG_NOSIGNAL) > 0 && recv(s, got, 4, MSG_WAITALL) == 4;
    close(s);
    return ok && got[0] == 0x20 && got[3] == 0;
}

static void it_answers_when_open_returns_and_not_after_close(void **state)
{
    struct bench *b = *state;
    struct broker *k;
    struct err_note note = { .where = "" };
    if (!b) skip();
    assert_int_equal(up(b, 0, &k, &note), ORD_OK);
    uint16_t port = port_of(k);
    assert_true(says_yes(port));
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
    assert_true(says_yes(port_of(k)));
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
    };
    return cmocka_run_group_tests_name("broker", tests, NULL, NULL);
}
