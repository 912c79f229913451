/* Page and API over TLS with a certificate of our own (R55). Skipped where there is no openssl to make one. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/cmd_ctl.h"
#include "edge/records.h"
#include "edge_host.h"

static struct host host;
static char cert[128], key[128];
static bool able;

static int host_up(void **state)
{
    char line[512];
    (void)state;
    test_host_config(&host, "none");
    snprintf(cert, sizeof cert, "%s/cert.pem", host.folder);
    snprintf(key, sizeof key, "%s/key.pem", host.folder);
    snprintf(line, sizeof line,
             "openssl req -x509 -newkey rsa:2048 -nodes -keyout %s -out %s -days 2 -subj /CN=orderly-test "
             "-addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1",
             key, cert);
    if (system(line) != 0) {
        print_message("https: no openssl here, skipped\n");
        return 0;
    }
    able = true;
    host.cfg.tls_cert = cert;
    host.cfg.tls_key = key;
    test_host_start(&host);
    return 0;
}

static int host_down(void **state)
{
    (void)state;
    if (able) test_host_stop(&host);
    test_folder_remove(host.folder);
    return 0;
}

static size_t drop(char *bytes, size_t size, size_t count, void *ctx)
{
    (void)bytes;
    (void)ctx;
    return size * count;
}

static CURLcode fetch(const char *url, const char *ca, long *status)
{
    CURL *c = curl_easy_init();
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
    if (ca) curl_easy_setopt(c, CURLOPT_CAINFO, ca);
    CURLcode code = curl_easy_perform(c);
    *status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(c);
    return code;
}

static void R55_the_page_and_the_api_come_over_tls(void **state)
{
    char url[256];
    long status;
    (void)state;
    if (!able) skip();
    assert_memory_equal(host.url, "https://127.0.0.1:", 18);
    static const char *const paths[] = { "/", "/app.js", "/api/v1/site", "/api/v1/robots", "/api/v1/jobs" };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(url, sizeof url, "%s%s", host.url, paths[i]);
        assert_int_equal(fetch(url, cert, &status), CURLE_OK);
        assert_int_equal(status, 200);
    }
    assert_int_not_equal(fetch(url, NULL, &status), CURLE_OK); /* nobody else vouches for this certificate */
    snprintf(url, sizeof url, "http%s/api/v1/robots", host.url + 5);
    assert_int_not_equal(fetch(url, NULL, &status), CURLE_OK);
    assert_int_not_equal(status, 200);
}

static void the_command_line_trusts_what_it_is_told_to(void **state)
{
    char url[128], ca[128], name[] = "ctl", flag_url[] = "--url", flag_ca[] = "--ca", verb[] = "robots";
    char *with[] = { name, flag_url, url, flag_ca, ca, verb, NULL };
    char *without[] = { name, flag_url, url, verb, NULL };
    (void)state;
    if (!able) skip();
    unsetenv("ORDERLY_KEY");
    snprintf(url, sizeof url, "%s", host.url);
    snprintf(ca, sizeof ca, "%s", cert);
    assert_int_equal(cmd_ctl(6, with), 0);
    assert_int_equal(cmd_ctl(4, without), 1);
}

static void a_key_that_is_none_is_named(void **state)
{
    struct host other;
    struct err_note note = { .where = "" };
    (void)state;
    if (!able) skip();
    test_host_config(&other, "none");
    other.cfg.tls_cert = cert;
    other.cfg.tls_key = DEMO_SITE;
    assert_true(test_host_try(&other, &note) < 0);
    assert_non_null(strstr(note.where, "--tls-cert"));
    other.cfg.tls_key = "/nonexistent/key.pem";
    assert_int_equal(test_host_try(&other, &note), ORD_ENOTFOUND);
    assert_non_null(strstr(note.where, "key.pem"));
    test_folder_remove(other.folder);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R55_the_page_and_the_api_come_over_tls),
        cmocka_unit_test(the_command_line_trusts_what_it_is_told_to),
        cmocka_unit_test(a_key_that_is_none_is_named),
    };
    int failed = cmocka_run_group_tests_name("https", tests, host_up, host_down);
    curl_global_cleanup();
    return failed;
}
