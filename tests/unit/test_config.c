/* The daemon's command line: what is taken, what is refused with its reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/config.h"

static enum config_verdict parse(struct config *c, char *said, size_t size, const char *const *words)
{
    char copy[16][64];
    char *argv[17];
    int argc = 0;
    for (; words[argc]; argc++) {
        strcpy(copy[argc], words[argc]);
        argv[argc] = copy[argc];
    }
    argv[argc] = NULL;
    memset(said, 0, size);
    FILE *f = fmemopen(said, size - 1, "w");
    enum config_verdict v = config_parse(c, argc, argv, f, f);
    fclose(f);
    return v;
}

static void two_files_are_enough(void **state)
{
    struct config c;
    char said[4096];
    (void)state;
    const char *const words[] = { "orderlyd", "--site", "s.json", "--fleet", "f.json", NULL };
    assert_int_equal(parse(&c, said, sizeof said, words), CONFIG_RUN);
    assert_string_equal(c.host, "127.0.0.1");
    assert_int_equal(c.port, 8080);
    assert_int_equal(c.clock, 1);
    assert_string_equal(c.data, "orderly-data");
    assert_null(c.broker);
}

static void everything_can_be_said(void **state)
{
    struct config c;
    char said[4096];
    (void)state;
    const char *const words[] = { "orderlyd",
                                  "--site",
                                  "s",
                                  "--fleet",
                                  "f",
                                  "--data",
                                  "d",
                                  "--listen",
                                  "0.0.0.0:0",
                                  "--broker",
                                  "tcp://10.0.0.1:1883",
                                  "--clock=60",
                                  "--web-origin",
                                  "https://w.example",
                                  "--json",
                                  NULL };
    assert_int_equal(parse(&c, said, sizeof said, words), CONFIG_RUN);
    assert_string_equal(c.host, "0.0.0.0");
    assert_int_equal(c.port, 0);
    assert_int_equal(c.clock, 60);
    assert_true(c.json);
}

static void every_mistake_is_named(void **state)
{
    static const struct {
        const char *const words[8];
        const char *named;
    } bad[] = {
        { { "orderlyd", NULL }, "--site" },
        { { "orderlyd", "--site", "s", NULL }, "--fleet" },
        { { "orderlyd", "--site", NULL }, "--site" },
        { { "orderlyd", "--colour", "red", NULL }, "--colour" },
        { { "orderlyd", "--site", "s", "--fleet", "f", "extra", NULL }, "extra" },
        { { "orderlyd", "--listen", "example.org:80", NULL }, "--listen example.org:80" },
        { { "orderlyd", "--listen", "127.0.0.1:65536", NULL }, "--listen" },
        { { "orderlyd", "--clock", "0", NULL }, "--clock 0" },
        { { "orderlyd", "--clock", "1x", NULL }, "--clock 1x" },
        { { "orderlyd", "--broker", "localhost", NULL }, "--broker localhost" },
        { { "orderlyd", "--broker-port", "0", NULL }, "--broker-port" },
        { { "orderlyd", "--web-origin", "ward.example", NULL }, "--web-origin" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct config c;
        char said[4096];
        assert_int_equal(parse(&c, said, sizeof said, bad[i].words), CONFIG_WRONG);
        assert_non_null(strstr(said, bad[i].named));
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
    }
}

static void help_and_version_end_well(void **state)
{
    struct config c;
    char said[8192];
    (void)state;
    const char *const help[] = { "orderlyd", "--help", NULL }, *const version[] = { "orderlyd", "--version", NULL };
    assert_int_equal(parse(&c, said, sizeof said, help), CONFIG_DONE);
    assert_non_null(strstr(said, "--broker"));
    assert_int_equal(parse(&c, said, sizeof said, version), CONFIG_DONE);
    assert_non_null(strstr(said, ORDERLY_VERSION));
}

static void addresses_are_ip_literals_with_a_port(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } good[] = {
        { "127.0.0.1:8080", "127.0.0.1", 8080 }, { ":0", "127.0.0.1", 0 },
        { "8080", "127.0.0.1", 8080 },           { "[::1]:9", "::1", 9 },
        { "localhost:7", "127.0.0.1", 7 },
    };
    static const char *const bad[] = { "",      ":",     "1.2.3:4", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:80x",
                                       "[::1]", "host:1" };
    char host[64];
    uint16_t port;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(config_listen(good[i].text, host, &port), ORD_OK);
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(config_listen(bad[i], host, &port), ORD_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_files_are_enough),
        cmocka_unit_test(everything_can_be_said),
        cmocka_unit_test(every_mistake_is_named),
        cmocka_unit_test(help_and_version_end_well),
        cmocka_unit_test(addresses_are_ip_literals_with_a_port),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
