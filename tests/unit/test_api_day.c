/* The API of a hospital's day: rounds, par levels, counts, loans, modes, why a job waits. And its description: every
 * route is in it, nothing else is, and its examples are accepted. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "common/json.h"
#include "edge/api_body.h"
#include "edge/api_state.h"
#include "edge/job_text.h"
#include "edge_hospital.h"
#include "sim/sim.h"

static struct hospital_host *up(void **state) { return *state; }

static int host_up(void **state)
{
    struct hospital_host *h = malloc(sizeof *h);
    hospital_config(h);
    test_host_start(&h->host);
    *state = h;
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

/* ---- asking ---- */
static struct json_doc doc;
static struct reply reply;

static struct json_at ask(const struct hospital_host *h, const char *method, const char *path, const char *body)
{
    const char *const headers[] = { "Content-Type: application/json", NULL };
    json_close(&doc);
    test_http(h->host.url, method, path, body ? headers : NULL, body, body ? strlen(body) : 0, &reply);
    assert_int_equal(json_open(&doc, path, reply.body, reply.n, (struct json_limits){ sizeof reply.body, 20 }), ORD_OK);
    return json_root(&doc);
}

static struct json_at get(const struct hospital_host *h, const char *path)
{
    struct json_at root = ask(h, "GET", path, NULL);
    if (reply.status != 200) print_error("%s: %s\n", path, reply.body);
    assert_int_equal(reply.status, 200);
    return root;
}

static struct json_at post(const struct hospital_host *h, const char *path, const char *body, long status)
{
    struct json_at root = ask(h, "POST", path, body);
    if (reply.status != status) print_error("%s %s: %s\n", path, body, reply.body);
    assert_int_equal(reply.status, status);
    return root;
}

static const char *text(struct json_at at, const char *key) { return json_str(json_need(at, key)); }
static long number(struct json_at at, const char *key) { return (long)json_int(json_need(at, key), 0, INT32_MAX); }
static bool truth(struct json_at at, const char *key) { return json_bool(json_need(at, key)); }

static void refused(const char *code, const char *field)
{
    struct json_at root = json_root(&doc);
    assert_non_null(strstr(text(root, "type"), code));
    assert_true(text(root, "detail")[0] && text(root, "detail_zh")[0]);
    if (field) assert_string_equal(text(root, "field"), field);
}

static bool has_text(struct json_at list, const char *wanted)
{
    for (size_t i = 0, n = json_array(list, 1000); i < n; i++)
        if (strcmp(json_str(json_item(list, i)), wanted) == 0) return true;
    return false;
}

static long request(const struct hospital_host *h, const char *body)
{
    return number(post(h, "/api/v1/jobs", body, 201), "id");
}

/* ---- rounds ---- */
static void R5_the_progress_of_every_wave_is_seen_by_the_api(void **state)
{
    struct json_at round = get(up(state), "/api/v1/rounds/meals");
    assert_int_equal(number(round, "total"), 48);
    long made = number(round, "made");
    assert_true(made >= 1);
    assert_int_equal(number(round, "open"), made); /* no robot is there: all wait */
    assert_int_equal(number(round, "delivered"), 0);
    assert_string_equal(text(round, "goods"), "meal");
    assert_string_equal(text(round, "from"), "00:00");
    assert_true(text(round, "release_at")[0] != 0);
    struct json_at trays = get(up(state), "/api/v1/rounds/trays");
    assert_string_equal(text(trays, "after"), "meals");
    assert_int_equal(number(trays, "total"), 0);
}

static void R3_a_skipped_load_is_shown_with_its_reason_in_both_languages(void **state)
{
    struct json_at round = get(up(state), "/api/v1/rounds/beds");
    long skipped = number(round, "skipped");
    assert_true(skipped >= 1);
    struct json_at skip = json_item(json_need(round, "skips"), 0);
    assert_string_equal(text(skip, "station"), "ward-2a");
    assert_int_equal(number(skip, "event"), EVENT_ROUND_SKIP_NO_ROBOT);
    assert_int_equal(number(skip, "n"), skipped);
    assert_non_null(strstr(text(skip, "zh"), "没有能运送它的机器人"));
    assert_non_null(strstr(text(skip, "en"), "no robot takes it"));
}

static void lists_are_paged_by_their_last_member(void **state)
{
    struct json_at page = get(up(state), "/api/v1/rounds?limit=2");
    assert_int_equal(json_array(json_need(page, "rounds"), 10), 2);
    assert_string_equal(text(page, "next"), "beds");
    page = get(up(state), "/api/v1/rounds?limit=2&after=beds");
    assert_int_equal(json_array(json_need(page, "rounds"), 10), 1);
    assert_false(json_has(json_opt(page, "next")));
    long seen = 0, before = INT32_MAX;
    char path[96] = "/api/v1/robots?limit=3";
    for (bool more = true; more;) {
        page = get(up(state), path);
        seen += (long)json_array(json_need(page, "robots"), 10);
        more = json_has(json_opt(page, "next"));
        if (more) snprintf(path, sizeof path, "/api/v1/robots?limit=3&after=%s", text(page, "next"));
    }
    assert_int_equal(seen, 8);
    for (int i = 0; i < 3; i++) request(up(state), "{\"from\":\"lab\",\"to\":\"store\"}");
    strcpy(path, "/api/v1/jobs?state=open&limit=2");
    seen = 0;
    for (bool more = true; more;) {
        page = get(up(state), path);
        struct json_at jobs = json_need(page, "jobs");
        for (size_t i = 0, n = json_array(jobs, 2); i < n; i++, seen++) {
            long id = number(json_item(jobs, i), "id");
            assert_true(id < before); /* each once, the newest first */
            before = id;
        }
        more = json_has(json_opt(page, "next"));
        if (more) snprintf(path, sizeof path, "/api/v1/jobs?state=open&limit=2&after=%s", text(page, "next"));
    }
    assert_int_equal(seen, number(ask(up(state), "GET", "/healthz", NULL), "jobs_open"));
    static const char *const wrong[] = { "/api/v1/robots?after=nobody", "/api/v1/jobs?after=x",
                                         "/api/v1/rounds?after=nothing", "/api/v1/stock?limit=0" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        ask(up(state), "GET", wrong[i], NULL);
        assert_int_equal(reply.status, 400);
        refused("field", NULL);
    }
}

/* ---- stock ---- */
static void R9_a_count_by_the_api_makes_one_top_up_and_shows_it(void **state)
{
    const char *low = "{\"station\":\"ward-3a\",\"goods\":\"linen\",\"count\":4}";
    struct json_at stock = post(up(state), "/api/v1/stock", low, 200);
    long job = number(stock, "top_up");
    assert_int_equal(number(stock, "count"), 4);
    assert_int_equal(number(stock, "par"), 10);
    assert_int_equal(number(post(up(state), "/api/v1/stock", low, 200), "top_up"), job);
    char path[64];
    snprintf(path, sizeof path, "/api/v1/jobs/%ld", job);
    struct json_at made = get(up(state), path);
    assert_int_equal(number(made, "quantity"), 6);
    assert_string_equal(text(made, "from"), "laundry");
    assert_string_equal(text(made, "goods"), "linen");
    struct json_at list = json_need(get(up(state), "/api/v1/stock?station=ward-3a"), "stock");
    assert_int_equal(json_array(list, 10), 1);
    assert_int_equal(json_array(json_need(get(up(state), "/api/v1/stock?station=ward-3b"), "stock"), 10), 0);
    post(up(state), "/api/v1/stock", "{\"station\":\"ward-3b\",\"goods\":\"linen\",\"count\":4}", 422);
    refused("no-par", "goods");
    post(up(state), "/api/v1/stock", "{\"station\":\"ward-3a\",\"goods\":\"gold\",\"count\":4}", 422);
    refused("unknown", "goods");
}

/* ---- counts ---- */
static void R4_counts_at_pickup_go_in_by_the_api_and_at_delivery_not_before_loading(void **state)
{
    char path[64];
    long job = request(up(state), "{\"from\":\"laundry\",\"to\":\"ward-2b\",\"goods\":\"linen\"}");
    snprintf(path, sizeof path, "/api/v1/jobs/%ld/counts", job);
    struct json_at counted = json_need(post(up(state), path, "{\"at\":\"pickup\",\"count\":48}", 200), "counted");
    assert_int_equal(number(counted, "pickup"), 48);
    assert_false(truth(counted, "differs"));
    post(up(state), path, "{\"at\":\"delivery\",\"count\":48}", 409);
    refused("conflict", NULL);
    post(up(state), path, "{\"at\":\"cellar\",\"count\":48}", 400);
    refused("field", "at");
    post(up(state), "/api/v1/jobs/999999/counts", "{\"at\":\"pickup\",\"count\":1}", 404);
    assert_int_equal(json_array(json_need(get(up(state), "/api/v1/discrepancies"), "discrepancies"), 10), 0);
}

/* ---- requests with times ---- */
static void a_request_names_goods_and_times(void **state)
{
    struct json_at job =
        post(up(state), "/api/v1/jobs",
             "{\"from\":\"store\",\"to\":\"ward-2b\",\"goods\":\"linen\",\"ready_at\":\"2099-01-01T08:00:00+08:00\","
             "\"due_at\":\"2099-01-01T01:00:00Z\"}",
             201);
    assert_string_equal(text(job, "goods"), "linen");
    int64_t ready = 0, due = 0;
    assert_true(api_time_parse(text(job, "ready_at"), &ready) && api_time_parse(text(job, "due_at"), &due));
    assert_in_range(ready - 4070908800000 + 5000, 0, 10000); /* two clocks tell it: not to the millisecond */
    assert_in_range(due - ready - 3600000 + 5000, 0, 10000);
    static const struct {
        const char *body, *code, *field;
        long status;
    } wrong[] = {
        { "{\"from\":\"store\",\"to\":\"lab\",\"due_at\":\"2020-01-01T01:00:00Z\"}", "field", "due_at", 400 },
        { "{\"from\":\"store\",\"to\":\"lab\",\"due_at\":\"tomorrow\"}", "field", "due_at", 400 },
        { "{\"from\":\"store\",\"to\":\"lab\",\"ready_at\":\"2099-01-02T00:00:00Z\",\"due_at\":\"2099-01-01T00:00:"
          "00Z\"}",
          "field", "due_at", 400 },
        { "{\"from\":\"store\",\"to\":\"lab\",\"goods\":\"gold\"}", "unknown", "goods", 422 },
        { "{\"from\":\"store\",\"to\":\"lab\",\"goods\":\"bed\"}", "refused", "goods", 422 },
        { "{\"from\":\"store\",\"to\":\"lab\",\"return_minutes\":0}", "field", "return_minutes", 400 },
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        post(up(state), "/api/v1/jobs", wrong[i].body, wrong[i].status);
        refused(wrong[i].code, wrong[i].field);
    }
}

static void R13_the_journal_gives_the_history_of_requests(void **state)
{
    char path[96], text[4096] = "";
    struct err_note note;
    request(up(state), "{\"from\":\"store\",\"to\":\"ward-2b\",\"goods\":\"linen\"}");
    snprintf(path, sizeof path, "%s/journal.db", up(state)->host.folder);
    FILE *f = tmpfile();
    assert_int_equal(sim_history(path, f, &note), ORD_OK); /* while the controller has it open */
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_memory_equal(text, "time,stream,from,to\n20", 22);
    assert_non_null(strstr(text, ",linen,store,ward-2b\n"));
}

static void R12_a_loan_says_when_it_comes_back(void **state)
{
    struct json_at job = post(up(state), "/api/v1/jobs",
                              "{\"from\":\"store\",\"to\":\"ward-2b\",\"item\":\"pump\",\"return_minutes\":240}", 201);
    assert_int_equal(number(job, "return_minutes"), 240);
}

static void times_are_read_exactly_or_not_at_all(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2000-02-29T12:00:00Z", 951825600000 },
        { "2026-03-02T10:20:00+08:00", 1772418000000 },
        { "2026-03-02T02:20:00.250Z", 1772418000250 },
        { "2026-03-01T21:50:00-04:30", 1772418000000 },
    };
    static const char *const bad[] = { "",
                                       "2026-03-02",
                                       "2026-03-02T10:20:00",
                                       "2026-02-30T10:20:00Z",
                                       "2026-13-02T10:20:00Z",
                                       "2026-03-02T24:20:00Z",
                                       "2026-03-02T10:20:00Zz",
                                       "2026-03-02 10:20:00Z",
                                       "2026-03-02T10:20:00+8:00",
                                       "1969-12-31T23:59:59Z" };
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(api_time_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(api_time_parse(bad[i], &ms));
}

/* ---- modes ---- */
static void every_switch_can_be_turned_and_is_seen_turned(void **state)
{
    const struct hospital_host *h = up(state);
    struct json_at m = post(h, "/api/v1/operate", "{\"op\":\"fire\",\"target\":\"fire-L3\"}", 200);
    assert_true(truth(json_item(json_need(m, "zones"), 0), "fire"));
    m = post(h, "/api/v1/operate", "{\"op\":\"fire_over\",\"target\":\"fire-L3\"}", 200);
    assert_false(truth(json_item(json_need(m, "zones"), 0), "fire"));
    assert_false(truth(post(h, "/api/v1/operate", "{\"op\":\"mains_lost\"}", 200), "mains"));
    assert_true(truth(post(h, "/api/v1/operate", "{\"op\":\"mains_back\"}", 200), "mains"));
    static const struct {
        const char *on, *off, *list, *id;
    } pair[] = {
        { "{\"op\":\"isolate\",\"target\":\"ward-3c\"}", "{\"op\":\"isolate_over\",\"target\":\"ward-3c\"}", "isolated",
          "ward-3c" },
        { "{\"op\":\"car_close\",\"target\":\"E2\"}", "{\"op\":\"car_open\",\"target\":\"E2\"}", "closed_elevators",
          "E2" },
        { "{\"op\":\"robot_out\",\"target\":\"R08\"}", "{\"op\":\"robot_in\",\"target\":\"R08\"}", "robots_out",
          "R08" },
        { "{\"op\":\"isolation_robot\",\"target\":\"R07\"}",
          "{\"op\":\"isolation_robot\",\"target\":\"R07\",\"on\":false}", "isolation_robots", "R07" },
    };
    for (size_t i = 0; i < COUNT_OF(pair); i++) {
        assert_true(has_text(json_need(post(h, "/api/v1/operate", pair[i].on, 200), pair[i].list), pair[i].id));
        assert_true(has_text(json_need(get(h, "/api/v1/modes"), pair[i].list), pair[i].id));
        assert_false(has_text(json_need(post(h, "/api/v1/operate", pair[i].off, 200), pair[i].list), pair[i].id));
    }
    static const struct {
        const char *body, *field;
        long status;
    } wrong[] = {
        { "{\"op\":\"dance\"}", "op", 400 },
        { "{\"op\":\"fire\",\"target\":\"cellar\"}", "target", 422 },
        { "{\"op\":\"fire\"}", "target", 422 },
        { "{\"op\":\"car_close\",\"target\":\"E9\"}", "target", 422 },
        { "{\"op\":\"robot_out\",\"target\":\"R99\"}", "target", 422 },
        { "{\"op\":\"isolate\",\"target\":\"x\"}", "target", 422 },
        { "{\"op\":\"edge_close\",\"target\":\"L2-e1\",\"to\":\"nowhere\"}", "target", 422 },
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        post(h, "/api/v1/operate", wrong[i].body, wrong[i].status);
        refused("", wrong[i].field);
    }
}

/* ---- why ---- */
static void why_a_job_waits_is_said_in_both_languages(void **state)
{
    const struct hospital_host *h = up(state);
    char path[64];
    long first = request(h, "{\"from\":\"lab\",\"to\":\"ward-1a\",\"priority\":0}");
    long job = request(h, "{\"from\":\"lab\",\"to\":\"ward-2a\",\"priority\":0}");
    assert_true(first < job);
    snprintf(path, sizeof path, "/api/v1/jobs/%ld/why", job);
    struct json_at why = get(h, path);
    assert_int_equal(number(json_need(why, "job"), "id"), job);
    struct json_at reason = json_need(why, "why");
    assert_string_equal(text(reason, "code"), "no_robot"); /* none has come online in this test */
    assert_string_equal(text(reason, "zh"), job_why_zh(JOB_WHY_NO_ROBOT));
    assert_true(number(why, "ahead") >= 1);
    assert_false(json_has(json_opt(why, "robot")));
    assert_int_equal(json_array(json_need(why, "tour"), 10), 0);
}

static void every_reason_and_refusal_has_words(void **state)
{
    (void)state;
    for (int w = 0; w < JOB_WHY_COUNT; w++) {
        assert_true(job_why_en((enum job_why)w)[0] && job_why_zh((enum job_why)w)[0]);
    }
    for (int r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
        struct problem p;
        problem_refusal(&p, (enum refusal)r);
        assert_true(p.en[0] && p.zh[0]);
        assert_true(p.code != PROBLEM_INTERNAL);
        if (r != REFUSAL_UNKNOWN_JOB) assert_true(p.code != PROBLEM_NOT_FOUND);
    }
}

/* ---- the description ---- */
static struct json_doc book;

static struct json_at open_book(const struct hospital_host *h)
{
    static char bytes[1 << 18];
    FILE *f = fopen(ORDERLY_SOURCE_DIR "/schema/openapi.json", "r");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    test_get(h->host.url, "/api/v1/openapi.json", &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.n, n);
    assert_memory_equal(reply.body, bytes, n);
    json_close(&book);
    assert_int_equal(json_open(&book, "openapi", bytes, n, (struct json_limits){ sizeof bytes, 40 }), ORD_OK);
    return json_root(&book);
}

static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
static const char *const keys[] = { "get", "post", "put", "patch", "delete" };
static const char *const rights[RIGHT_COUNT] = { "anybody", "see",     "request",   "handle", "operate",
                                                 "ways",    "hygiene", "emergency", "people", "audit" };

static void R61_every_route_is_described_and_nothing_else_is(void **state)
{
    struct json_at paths = json_need(open_book(up(state)), "paths");
    size_t described = 0, count = json_object(paths, 200);
    for (size_t i = 0; i < count; i++) {
        const char *path;
        struct json_at item = json_member(paths, i, &path);
        for (size_t m = 0; m < COUNT_OF(keys); m++) {
            struct json_at op = json_opt(item, keys[m]);
            if (!json_has(op)) continue;
            size_t r = 0;
            while (r < api_routes &&
                   (strcmp(api_route[r].path, path) != 0 || strcmp(api_route[r].method, methods[m]) != 0))
                r++;
            if (r == api_routes) fail_msg("%s %s is described and does not exist", methods[m], path);
            assert_string_equal(text(op, "x-right"), rights[api_route[r].need]);
            assert_true(text(op, "summary")[0] && text(op, "description")[0]);
            described++;
        }
    }
    assert_int_equal(described, api_routes);
    assert_true(json_ok(&book));
}

static void each_reference_of_the_description_leads_somewhere(void **state)
{
    static char bytes[1 << 18];
    struct json_at schemas = json_need(json_need(open_book(up(state)), "components"), "schemas");
    memcpy(bytes, reply.body, reply.n + 1);
    unsigned found = 0;
    for (const char *p = bytes; (p = strstr(p, "\"#/components/schemas/")); found++) {
        char name[64];
        p += strlen("\"#/components/schemas/");
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p, "\""), p);
        if (!json_has(json_opt(schemas, name))) fail_msg("there is no schema %s", name);
    }
    assert_true(found > 30);
}

static char *body_of(struct json_at example) { return cJSON_PrintUnformatted(example.node); }

/* The examples are sent as they stand; none may be found wrong in itself. */
static void R61_every_example_of_a_request_is_accepted(void **state)
{
    const struct hospital_host *h = up(state);
    struct json_at paths = json_need(open_book(h), "paths");
    unsigned sent = 0;
    for (size_t i = 0, n = json_object(paths, 200); i < n; i++) {
        const char *path;
        struct json_at item = json_member(paths, i, &path), op = json_opt(item, "post");
        if (!json_has(op) || strcmp(text(op, "x-right"), "anybody") == 0 || !json_has(json_opt(op, "requestBody")))
            continue;
        struct json_at media = json_need(json_need(json_need(op, "requestBody"), "content"), "application/json");
        struct json_at many = json_opt(media, "examples");
        size_t examples = json_has(many) ? json_object(many, 50) : 1;
        for (size_t k = 0; k < examples; k++) {
            const char *name;
            struct json_at example =
                json_has(many) ? json_need(json_member(many, k, &name), "value") : json_need(media, "example");
            char real[128];
            snprintf(real, sizeof real, "%s", path);
            if (strcmp(path, "/api/v1/jobs/{job}/counts") == 0)
                snprintf(real, sizeof real, "/api/v1/jobs/%ld/counts",
                         request(h, "{\"from\":\"lab\",\"to\":\"store\"}"));
            char *body = body_of(example);
            ask(h, "POST", real, body);
            if (reply.status >= 300) fail_msg("%s %s: HTTP %ld %s", real, body, reply.status, reply.body);
            free(body);
            sent++;
        }
    }
    assert_true(json_ok(&book));
    assert_true(sent >= 15);
}

static void paths_that_are_nearly_routes_are_none(void **state)
{
    static const char *const wrong[] = { "/api/v1/jobs/",       "/api/v1/jobs/1/",    "/api/v1/jobs/1/why/",
                                         "/api/v1//jobs",       "/api/v1/jobs/x/why", "/api/v1/robots/R01/x",
                                         "/api/v1/rounds/none", "/api/v2/jobs" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        ask(up(state), "GET", wrong[i], NULL);
        if (reply.status != 404) print_error("%s: %ld\n", wrong[i], reply.status);
        assert_int_equal(reply.status, 404);
    }
    ask(up(state), "PUT", "/api/v1/stock", NULL);
    assert_int_equal(reply.status, 405);
    assert_non_null(strstr(reply.head, "Allow: GET, HEAD, POST"));
}

static int files_down(void **state)
{
    json_close(&doc);
    json_close(&book);
    return host_down(state);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R5_the_progress_of_every_wave_is_seen_by_the_api),
        cmocka_unit_test(R3_a_skipped_load_is_shown_with_its_reason_in_both_languages),
        cmocka_unit_test(lists_are_paged_by_their_last_member),
        cmocka_unit_test(R9_a_count_by_the_api_makes_one_top_up_and_shows_it),
        cmocka_unit_test(R4_counts_at_pickup_go_in_by_the_api_and_at_delivery_not_before_loading),
        cmocka_unit_test(a_request_names_goods_and_times),
        cmocka_unit_test(R13_the_journal_gives_the_history_of_requests),
        cmocka_unit_test(R12_a_loan_says_when_it_comes_back),
        cmocka_unit_test(times_are_read_exactly_or_not_at_all),
        cmocka_unit_test(every_switch_can_be_turned_and_is_seen_turned),
        cmocka_unit_test(why_a_job_waits_is_said_in_both_languages),
        cmocka_unit_test(every_reason_and_refusal_has_words),
        cmocka_unit_test(R61_every_route_is_described_and_nothing_else_is),
        cmocka_unit_test(each_reference_of_the_description_leads_somewhere),
        cmocka_unit_test(paths_that_are_nearly_routes_are_none),
        cmocka_unit_test(
            R61_every_example_of_a_request_is_accepted), /* the last: it makes an account, and so an end of openness */
    };
    int failed = cmocka_run_group_tests_name("api_day", tests, host_up, files_down);
    curl_global_cleanup();
    return failed;
}
