/* Who may do what: every route for every role, sessions, cookies, tokens, tries, wards, and the record of it all. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "edge/api_state.h"
#include "edge/records.h"
#include "edge_hospital.h"

static char key[ROLE_COUNT][KEY_TEXT_MAX], ward_key[KEY_TEXT_MAX];

static void put_key(struct records *r, const char *name, enum role role, const char *wards, char text[KEY_TEXT_MAX])
{
    struct account a = { .role = role };
    snprintf(a.name, sizeof a.name, "%s", name);
    assert_true(account_wards_parse(&a, wards));
    key_make(text, a.secret);
    assert_int_equal(records_put(r, ACCOUNT_KEY, &a), ORD_OK);
}

/* A person of each role is a tenth of a second of hashing: keys stand for the roles, one person for people. */
static int host_up(void **state)
{
    struct hospital_host *h = malloc(sizeof *h);
    struct records *r;
    struct account person = { .name = "王主管", .role = ROLE_MANAGER };
    hospital_config(h);
    *state = h;
    if (records_open(&r, h->host.folder, NULL) || password_hash("open sesame", person.secret)) return 1;
    records_put(r, ACCOUNT_PERSON, &person);
    for (int i = 0; i < ROLE_COUNT; i++) put_key(r, role_name[i], (enum role)i, "", key[i]);
    put_key(r, "ward 3a", ROLE_NURSE, "ward-3a", ward_key);
    records_close(r);
    test_host_start(&h->host);
    return 0;
}

static int host_down(void **state)
{
    struct hospital_host *h = *state;
    test_host_stop(&h->host);
    test_folder_remove(h->host.folder);
    free(h);
    return 0;
}

static struct reply reply;

/* headers: up to three, NULL for none. */
static long ask(void **state, const char *method, const char *path, const char *body, const char *a, const char *b,
                const char *c)
{
    const char *const headers[] = { "Content-Type: application/json", a ? a : "X-A: 1", b ? b : "X-B: 1",
                                    c ? c : "X-C: 1", NULL };
    struct hospital_host *h = *state;
    test_http(h->host.url, method, path, headers, body, body ? strlen(body) : 0, &reply);
    return reply.status;
}

static const char *with_key(const char *text)
{
    static char header[128];
    snprintf(header, sizeof header, "Authorization: Bearer %s", text);
    return header;
}

static void text_of(const char *name, char out[256])
{
    struct json_doc doc;
    assert_int_equal(json_open(&doc, "reply", reply.body, reply.n, (struct json_limits){ 65536, 16 }), ORD_OK);
    struct json_at at = json_opt(json_root(&doc), name);
    snprintf(out, 256, "%s", json_is_string(at) ? json_str(at) : "");
    json_close(&doc);
}

/* ---- route by role ---- */
#define ALL "nurse porter manager engineer infection viewer"
#define HANDS "nurse porter manager"
static const struct {
    const char *method, *path, *body, *roles; /* roles NULL: nobody needs to log in */
} rule[] = {
    { "GET", "/healthz", NULL, NULL },
    { "GET", "/api/v1/openapi.json", NULL, NULL },
    { "GET", "/api/v1/session", NULL, NULL },
    { "GET", "/api/v1/site", NULL, ALL },
    { "GET", "/api/v1/events", NULL, ALL },
    { "GET", "/api/v1/robots", NULL, ALL },
    { "GET", "/api/v1/robots/R01", NULL, ALL },
    { "GET", "/api/v1/elevators", NULL, ALL },
    { "GET", "/api/v1/elevators/E1", NULL, ALL },
    { "GET", "/api/v1/jobs", NULL, ALL },
    { "POST", "/api/v1/jobs", "{\"from\":\"lab\",\"to\":\"store\"}", HANDS },
    { "GET", "/api/v1/jobs/1", NULL, ALL },
    { "DELETE", "/api/v1/jobs/999999", NULL, HANDS },
    { "GET", "/api/v1/jobs/1/why", NULL, ALL },
    { "POST", "/api/v1/jobs/1/counts", "{\"at\":\"pickup\",\"count\":1}", HANDS },
    { "GET", "/api/v1/discrepancies", NULL, ALL },
    { "GET", "/api/v1/rounds", NULL, ALL },
    { "GET", "/api/v1/rounds/meals", NULL, ALL },
    { "GET", "/api/v1/stock", NULL, ALL },
    { "POST", "/api/v1/stock", "{\"station\":\"ward-3a\",\"goods\":\"linen\",\"count\":9}", HANDS },
    { "GET", "/api/v1/modes", NULL, ALL },
    { "POST", "/api/v1/operate", "{\"op\":\"fire_over\",\"target\":\"fire-L3\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"fire\",\"target\":\"nowhere\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"mains_lost\",\"target\":\"x\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"mains_back\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"isolate\",\"target\":\"nowhere\"}", "manager infection" },
    { "POST", "/api/v1/operate", "{\"op\":\"isolate_over\",\"target\":\"ward-3c\"}", "manager infection" },
    { "POST", "/api/v1/operate", "{\"op\":\"isolation_robot\",\"target\":\"R07\",\"on\":false}", "manager infection" },
    { "POST", "/api/v1/operate", "{\"op\":\"washed\",\"target\":\"R07\"}", "manager infection" },
    { "POST", "/api/v1/operate", "{\"op\":\"edge_close\",\"target\":\"a\",\"to\":\"b\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"edge_open\",\"target\":\"a\",\"to\":\"b\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"car_close\",\"target\":\"E9\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"car_open\",\"target\":\"E2\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"robot_out\",\"target\":\"R99\"}", "manager engineer" },
    { "POST", "/api/v1/operate", "{\"op\":\"robot_in\",\"target\":\"R08\"}", "manager engineer" },
    { "POST", "/api/v1/scans", "{\"tag\":\"BED-1\",\"station\":\"lab\"}", HANDS },
    { "GET", "/api/v1/items", NULL, ALL },
    { "GET", "/api/v1/items/BED-1", NULL, ALL },
    { "DELETE", "/api/v1/session", NULL, ALL },
    { "GET", "/api/v1/users", NULL, "manager" },
    { "POST", "/api/v1/users", "{\"name\":\"x\"}", "manager" },
    { "DELETE", "/api/v1/users/nobody", NULL, "manager" },
    { "GET", "/api/v1/keys", NULL, "manager" },
    { "POST", "/api/v1/keys", "{\"name\":\"x\"}", "manager" },
    { "DELETE", "/api/v1/keys/nobody", NULL, "manager" },
    { "GET", "/api/v1/audit", NULL, "manager infection" },
};

/* The status of the first line of an answer; the rest, which may never end, is not waited for. */
static long status_of(void **state, const char *method, const char *path, const char *body, const char *header)
{
    if (strcmp(path, "/api/v1/events") == 0) method = "HEAD"; /* refused or not before it is seen to be a stream */
    return ask(state, method, path, body, header, NULL, NULL);
}

static void R55_every_route_is_for_its_roles_and_for_nobody_else(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rule); i++) {
        long status = status_of(state, rule[i].method, rule[i].path, rule[i].body, NULL);
        if (!rule[i].roles && status == 401) fail_msg("%s %s wants a login", rule[i].method, rule[i].path);
        if (rule[i].roles && strcmp(rule[i].path, "/api/v1/events") != 0 && status != 401)
            fail_msg("%s %s without login: %ld", rule[i].method, rule[i].path, status);
        for (int r = 0; r < ROLE_COUNT && rule[i].roles; r++) {
            bool may = strstr(rule[i].roles, role_name[r]) != NULL;
            status = status_of(state, rule[i].method, rule[i].path, rule[i].body, with_key(key[r]));
            if (may != (status != 403) || status == 401)
                fail_msg("%s %s %s as %s: %ld", rule[i].method, rule[i].path, rule[i].body ? rule[i].body : "",
                         role_name[r], status);
        }
    }
}

static bool same_shape(const char *pattern, const char *path)
{
    while (*pattern && *path) {
        if (*pattern == '{') {
            pattern += strcspn(pattern, "/");
            path += strcspn(path, "/");
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && !*path;
}

static void no_route_is_missing_from_the_table_of_roles(void **state)
{
    (void)state;
    for (size_t r = 0; r < api_routes; r++) {
        size_t i = 0;
        if (strcmp(api_route[r].method, "POST") == 0 && strcmp(api_route[r].path, "/api/v1/session") == 0) continue;
        while (i < COUNT_OF(rule) &&
               (strcmp(rule[i].method, api_route[r].method) != 0 || !same_shape(api_route[r].path, rule[i].path)))
            i++;
        if (i == COUNT_OF(rule)) fail_msg("%s %s", api_route[r].method, api_route[r].path);
    }
}

/* ---- sessions ---- */
static char cookie[160], csrf[160];

static long login(void **state, const char *name, const char *password)
{
    char body[256];
    snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);
    return ask(state, "POST", "/api/v1/session", body, NULL, NULL, NULL);
}

static void log_in(void **state)
{
    char token[256];
    assert_int_equal(login(state, "王主管", "open sesame"), 200);
    const char *set = strstr(reply.head, "Set-Cookie: ");
    assert_non_null(set);
    assert_non_null(strstr(set, "; HttpOnly"));
    assert_non_null(strstr(set, "; SameSite=Strict"));
    assert_null(strstr(set, "; Secure")); /* this controller was not told that https is in front of it */
    snprintf(cookie, sizeof cookie, "Cookie: %.*s", (int)strcspn(set + 12, ";"), set + 12);
    text_of("csrf", token);
    snprintf(csrf, sizeof csrf, "X-CSRF-Token: %s", token);
}

static void R55_a_session_is_a_cookie_that_only_its_own_page_can_use(void **state)
{
    char name[256];
    static const char delivery[] = "{\"from\":\"lab\",\"to\":\"store\"}";
    log_in(state);
    assert_int_equal(ask(state, "GET", "/api/v1/jobs", NULL, cookie, NULL, NULL), 200);
    assert_int_equal(ask(state, "GET", "/api/v1/session", NULL, cookie, NULL, NULL), 200);
    text_of("name", name);
    assert_string_equal(name, "王主管");
    assert_int_equal(ask(state, "POST", "/api/v1/jobs", delivery, cookie, NULL, NULL), 403); /* a foreign page's form */
    assert_non_null(strstr(reply.body, "csrf-token"));
    assert_int_equal(ask(state, "POST", "/api/v1/jobs", delivery, cookie, "X-CSRF-Token: guess", NULL), 403);
    assert_int_equal(ask(state, "POST", "/api/v1/jobs", delivery, cookie, csrf, NULL), 201);
    assert_int_equal(ask(state, "DELETE", "/api/v1/session", NULL, cookie, csrf, NULL), 204);
    assert_int_equal(ask(state, "GET", "/api/v1/jobs", NULL, cookie, NULL, NULL), 401);
}

static void a_token_that_somebody_sets_is_never_taken_over(void **state)
{
    char before[160];
    snprintf(before, sizeof before, "Cookie: orderly_session=fixed-by-an-attacker");
    assert_int_equal(ask(state, "GET", "/api/v1/jobs", NULL, before, NULL, NULL), 401);
    char body[] = "{\"name\":\"王主管\",\"password\":\"open sesame\"}";
    assert_int_equal(ask(state, "POST", "/api/v1/session", body, before, NULL, NULL), 200);
    assert_null(strstr(reply.head, "fixed-by-an-attacker")); /* a new token, and the old one is worth nothing */
    assert_int_equal(ask(state, "GET", "/api/v1/jobs", NULL, before, NULL, NULL), 401);
}

static void wrong_passwords_are_counted_and_must_wait(void **state)
{
    long status = 0;
    int tries = 0;
    for (; tries < 12 && status != 429; tries++) {
        status = login(state, "guesser", "wrong password");
        assert_true(status == 401 || status == 429);
    }
    assert_in_range(tries, 4, 8);
    assert_non_null(strstr(reply.head, "Retry-After: "));
    assert_int_equal(login(state, "王主管", "open sesame"), 200); /* others are not held up */
    assert_int_equal(login(state, "王主管", "open sesame "), 401);
    assert_int_equal(login(state, "王主管", ""), 400);
}

static void R55_an_account_lives_until_it_is_removed_and_then_not_a_moment_longer(void **state)
{
    char own[160], name[256];
    log_in(state);
    char user[] = "{\"name\":\"李护士\",\"role\":\"nurse\",\"wards\":[\"ward-3a\"],\"password\":\"quiet night\"}";
    assert_int_equal(ask(state, "POST", "/api/v1/users", user, cookie, csrf, NULL), 201);
    assert_null(strstr(reply.body, "quiet"));
    assert_int_equal(ask(state, "GET", "/api/v1/users", NULL, cookie, NULL, NULL), 200);
    assert_null(strstr(reply.body, "argon2"));
    assert_non_null(strstr(reply.body, "李护士"));
    assert_int_equal(login(state, "李护士", "quiet night"), 200);
    const char *set = strstr(reply.head, "Set-Cookie: ");
    snprintf(own, sizeof own, "Cookie: %.*s", (int)strcspn(set + 12, ";"), set + 12);
    assert_int_equal(ask(state, "GET", "/api/v1/session", NULL, own, NULL, NULL), 200);
    text_of("role_zh", name);
    assert_string_equal(name, "护士");
    char again[] = "{\"name\":\"李护士\",\"role\":\"viewer\",\"password\":\"another night\"}";
    assert_int_equal(ask(state, "POST", "/api/v1/users", again, cookie, csrf, NULL), 201);
    assert_int_equal(ask(state, "GET", "/api/v1/jobs", NULL, own, NULL, NULL),
                     401); /* a new password ends old sessions */
    assert_int_equal(ask(state, "DELETE", "/api/v1/users/%E6%9D%8E%E6%8A%A4%E5%A3%AB", NULL, cookie, csrf, NULL), 204);
    assert_int_equal(login(state, "李护士", "another night"), 401);
    assert_int_equal(ask(state, "DELETE", "/api/v1/users/%E7%8E%8B%E4%B8%BB%E7%AE%A1", NULL, cookie, csrf, NULL), 409);
    static const char *const wrong[] = {
        "{\"name\":\"x\",\"role\":\"king\",\"password\":\"long enough\"}",
        "{\"name\":\"x\",\"role\":\"nurse\",\"password\":\"short\"}",
        "{\"name\":\"\",\"role\":\"nurse\",\"password\":\"long enough\"}",
        "{\"name\":\"x\",\"role\":\"nurse\",\"wards\":[\"cellar\"],\"password\":\"long enough\"}",
        "{\"name\":\"x\",\"role\":\"nurse\"}",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(ask(state, "POST", "/api/v1/users", wrong[i], cookie, csrf, NULL), 400);
}

static void a_new_key_works_and_is_shown_once(void **state)
{
    char text[256];
    log_in(state);
    assert_int_equal(ask(state, "POST", "/api/v1/keys", "{\"name\":\"HIS\",\"role\":\"porter\"}", cookie, csrf, NULL),
                     201);
    text_of("key", text);
    assert_true(strlen(text) >= 40);
    assert_int_equal(ask(state, "GET", "/api/v1/jobs", NULL, with_key(text), NULL, NULL), 200);
    assert_int_equal(ask(state, "GET", "/api/v1/keys", NULL, cookie, NULL, NULL), 200);
    assert_null(strstr(reply.body, text));
    assert_int_equal(ask(state, "DELETE", "/api/v1/keys/HIS", NULL, cookie, csrf, NULL), 204);
    assert_int_equal(ask(state, "GET", "/api/v1/jobs", NULL, with_key(text), NULL, NULL), 401);
}

/* ---- wards ---- */
static void R55_a_ward_acts_for_itself_only(void **state)
{
    char number[256], path[300];
    assert_int_equal(
        ask(state, "POST", "/api/v1/jobs", "{\"from\":\"lab\",\"to\":\"store\"}", with_key(ward_key), NULL, NULL), 403);
    assert_int_equal(
        ask(state, "POST", "/api/v1/jobs", "{\"from\":\"lab\",\"to\":\"ward-3a\"}", with_key(ward_key), NULL, NULL),
        201);
    assert_int_equal(ask(state, "POST", "/api/v1/jobs", "{\"from\":\"lab\",\"to\":\"ward-3b\"}",
                         with_key(key[ROLE_PORTER]), NULL, NULL),
                     201);
    const char *location = strstr(reply.head, "Location: ");
    assert_non_null(location);
    snprintf(number, sizeof number, "%.*s", (int)strcspn(location + 10, "\r"), location + 10);
    assert_int_equal(ask(state, "GET", number, NULL, with_key(ward_key), NULL, NULL), 200); /* to see is no secret */
    assert_int_equal(ask(state, "DELETE", number, NULL, with_key(ward_key), NULL, NULL), 403);
    snprintf(path, sizeof path, "%s/counts", number);
    assert_int_equal(ask(state, "POST", path, "{\"at\":\"pickup\",\"count\":1}", with_key(ward_key), NULL, NULL), 403);
    assert_int_equal(
        ask(state, "POST", "/api/v1/scans", "{\"tag\":\"X\",\"station\":\"ward-3b\"}", with_key(ward_key), NULL, NULL),
        403);
    assert_int_equal(
        ask(state, "POST", "/api/v1/scans", "{\"tag\":\"X\",\"station\":\"ward-3a\"}", with_key(ward_key), NULL, NULL),
        200);
}

/* ---- scans ---- */
static void R12_the_last_scan_tells_where_a_thing_is(void **state)
{
    char where[256];
    const char *header = with_key(key[ROLE_PORTER]);
    assert_int_equal(ask(state, "GET", "/api/v1/items/PUMP-7", NULL, header, NULL, NULL), 404);
    assert_int_equal(
        ask(state, "POST", "/api/v1/scans", "{\"tag\":\"PUMP-7\",\"station\":\"store\"}", header, NULL, NULL), 200);
    assert_int_equal(ask(state, "POST", "/api/v1/scans", "{\"tag\":\"PUMP-7\",\"job\":1}", header, NULL, NULL), 200);
    assert_int_equal(ask(state, "GET", "/api/v1/items/PUMP-7", NULL, header, NULL, NULL), 200);
    assert_non_null(strstr(reply.body, "\"job\":1"));
    assert_int_equal(
        ask(state, "POST", "/api/v1/scans", "{\"tag\":\"PUMP-7\",\"station\":\"ward-2b\"}", header, NULL, NULL), 200);
    assert_int_equal(ask(state, "GET", "/api/v1/items/PUMP-7", NULL, header, NULL, NULL), 200);
    text_of("station", where);
    assert_string_equal(where, "ward-2b");
    text_of("by", where);
    assert_string_equal(where, "porter");
    assert_int_equal(ask(state, "GET", "/api/v1/items?limit=1", NULL, header, NULL, NULL), 200);
    text_of("next", where);
    assert_true(where[0] != 0);
    assert_int_equal(ask(state, "POST", "/api/v1/scans", "{\"tag\":\"P\"}", header, NULL, NULL), 400);
    assert_int_equal(ask(state, "POST", "/api/v1/scans", "{\"tag\":\"P\",\"station\":\"moon\"}", header, NULL, NULL),
                     422);
    assert_int_equal(ask(state, "POST", "/api/v1/scans", "{\"tag\":\"P\",\"job\":999999}", header, NULL, NULL), 422);
}

/* ---- the record ---- */
static void R60_every_act_is_on_record_with_name_answer_and_no_secret(void **state)
{
    log_in(state);
    login(state, "王主管", "not the password");
    assert_int_equal(
        ask(state, "POST", "/api/v1/operate", "{\"op\":\"robot_in\",\"target\":\"R03\"}", cookie, csrf, NULL), 200);
    assert_int_equal(ask(state, "POST", "/api/v1/operate", "{\"op\":\"robot_in\",\"target\":\"R04\"}",
                         with_key(key[ROLE_VIEWER]), NULL, NULL),
                     403);
    assert_int_equal(ask(state, "GET", "/api/v1/audit?limit=4", NULL, cookie, NULL, NULL), 200);
    static const char *const wanted[] = { "\"who\":\"viewer\"",         "\"status\":403",
                                          "\\\"target\\\":\\\"R03\\\"", "\"act\":\"POST /api/v1/operate\"",
                                          "\"act\":\"login\"",          "\"status\":401",
                                          "\"from\":\"127.0.0.1\"" };
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        if (!strstr(reply.body, wanted[i])) fail_msg("%s is not in %s", wanted[i], reply.body);
    struct records *r;
    struct audit_entry e = { .seq = 0 };
    assert_int_equal(records_open(&r, ((struct hospital_host *)*state)->host.folder, NULL), ORD_OK);
    unsigned entries = 0;
    while (audit_before(r, e.seq, &e) && ++entries) {
        static const char *const secrets[] = { "sesame", "quiet night", "not the password", "Bearer", "argon2" };
        for (size_t i = 0; i < COUNT_OF(secrets); i++) assert_null(strstr(e.detail, secrets[i]));
        if (e.seq == 1) break;
    }
    assert_true(entries > 20);
    struct audit_verdict v;
    assert_int_equal(audit_verify(r, &v), ORD_OK);
    assert_true(v.whole);
    records_close(r);
}

/* ---- before the first account ---- */
static void without_accounts_only_this_machine_is_answered(void **state)
{
    struct hospital_host h;
    void *other = &h;
    struct err_note note = { .where = "" };
    (void)state;
    hospital_config(&h);
    test_host_start(&h.host);
    assert_int_equal(ask(&other, "GET", "/api/v1/jobs", NULL, NULL, NULL, NULL), 200);
    assert_int_equal(ask(&other, "POST", "/api/v1/operate", "{\"op\":\"mains_back\"}", NULL, NULL, NULL), 200);
    assert_int_equal(ask(&other, "GET", "/api/v1/jobs", NULL, "Host: evil.example", NULL, NULL),
                     403); /* DNS rebinding */
    assert_int_equal(ask(&other, "GET", "/api/v1/jobs", NULL, "X-Forwarded-For: 10.0.0.7", NULL, NULL), 403);
    test_host_stop(&h.host);
    strcpy(h.host.cfg.host, "0.0.0.0");
    assert_int_equal(test_host_try(&h.host, &note), ORD_EREFUSED);
    assert_non_null(strstr(note.what, "orderly ctl user add"));
    test_folder_remove(h.host.folder);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R55_every_route_is_for_its_roles_and_for_nobody_else),
        cmocka_unit_test(no_route_is_missing_from_the_table_of_roles),
        cmocka_unit_test(R55_a_session_is_a_cookie_that_only_its_own_page_can_use),
        cmocka_unit_test(a_token_that_somebody_sets_is_never_taken_over),
        cmocka_unit_test(wrong_passwords_are_counted_and_must_wait),
        cmocka_unit_test(R55_an_account_lives_until_it_is_removed_and_then_not_a_moment_longer),
        cmocka_unit_test(a_new_key_works_and_is_shown_once),
        cmocka_unit_test(R55_a_ward_acts_for_itself_only),
        cmocka_unit_test(R12_the_last_scan_tells_where_a_thing_is),
        cmocka_unit_test(R60_every_act_is_on_record_with_name_answer_and_no_secret),
        cmocka_unit_test(without_accounts_only_this_machine_is_answered),
    };
    int failed = cmocka_run_group_tests_name("auth", tests, host_up, host_down);
    curl_global_cleanup();
    return failed;
}
