#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "ctl.h"
#include "log.h"

#define ANSWER_MAX ((size_t)16 << 20)

/* ---- HTTP ---- */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct ctl_answer *a = ctx;
    size_t n = size * count;
    char *grown = n > ANSWER_MAX - a->n ? NULL : realloc(a->bytes, a->n + n + 1);
    if (!grown) return 0;
    a->bytes = grown;
    memcpy(a->bytes + a->n, bytes, n);
    a->n += n;
    a->bytes[a->n] = 0;
    return n;
}

int ctl_unreachable(const struct ctl *c, const char *why)
{
    fprintf(stderr,
            log_tr("orderly ctl: %s: %s; is orderlyd running?\n", "orderly ctl：%s：%s；orderlyd 是否在运行？\n"),
            c->url, why);
    return CTL_FAILED;
}

static CURL *call_new(const struct ctl *c, const char *path)
{
    char url[1024];
    size_t n = strlen(c->url);
    while (n && c->url[n - 1] == '/') n--;
    CURL *h = curl_easy_init();
    if (!h) return NULL;
    snprintf(url, sizeof url, "%.*s%s", (int)n, c->url, path);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    if (c->ca) curl_easy_setopt(h, CURLOPT_CAINFO, c->ca);
    if (c->key) {
        curl_easy_setopt(h, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(h, CURLOPT_XOAUTH2_BEARER, c->key);
    }
    return h;
}

int ctl_call(const struct ctl *c, const char *method, const char *path, const char *body, struct ctl_answer *a)
{
    char words[CURL_ERROR_SIZE] = "";
    memset(a, 0, sizeof *a);
    CURL *h = call_new(c, path);
    if (!h) return ctl_unreachable(c, "curl");
    struct curl_slist *headers = body ? curl_slist_append(NULL, "Content-Type: application/json") : NULL;
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, a);
    if (body) curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
    if (headers) curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(h);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &a->status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(h);
    if (code != CURLE_OK) {
        free(a->bytes);
        a->bytes = NULL;
        return ctl_unreachable(c, words[0] ? words : curl_easy_strerror(code));
    }
    return 0;
}

/* ---- watch: the event stream line by line ---- */
struct watch {
    const struct ctl *ctl;
    char event[32];
    char line[16384];
    size_t n;
    bool cut;
};

static void watch_data(const struct watch *w, const char *data)
{
    struct json_doc doc;
    if (w->ctl->json) {
        printf("{\"event\":\"%s\",\"data\":%s}\n", w->event, data);
        return;
    }
    if (json_open(&doc, "event", data, strlen(data), (struct json_limits){ sizeof w->line, 16 }) == ORD_OK) {
        struct json_at root = json_root(&doc);
        if (strcmp(w->event, "alarm") == 0) {
            printf("%-8s  %s\n", log_tr("alarm", "告警"), json_str(json_opt(root, log_tr("en", "zh"))));
        } else if (strcmp(w->event, "job") == 0) {
            struct json_at robot = json_opt(root, "robot");
            printf("%-8s  %lld %s  %s -> %s  %s\n", log_tr("job", "任务"),
                   (long long)json_int(json_opt(root, "id"), 0, UINT32_MAX),
                   ctl_word(json_str(json_opt(root, "state"))), json_str(json_opt(root, "from")),
                   json_str(json_opt(root, "to")), json_has(robot) ? json_str(robot) : "");
        } else if (strcmp(w->event, "robot") == 0) {
            struct json_at at = json_opt(root, "at");
            printf("%-8s  %s %s  %s\n", log_tr("robot", "机器人"), json_str(json_opt(root, "id")),
                   ctl_word(json_str(json_opt(root, "doing"))), json_has(at) ? json_str(at) : "");
        } else if (strcmp(w->event, "elevator") == 0) {
            struct json_at level = json_opt(root, "level");
            printf("%-8s  %s %s %s %s\n", log_tr("elevator", "电梯"), json_str(json_opt(root, "id")),
                   json_has(level) ? json_str(level) : "-", ctl_word(json_str(json_opt(root, "motion"))),
                   ctl_door_word(json_str(json_opt(root, "door"))));
        }
    }
    json_close(&doc);
}

static void watch_line(struct watch *w)
{
    w->line[w->n] = 0;
    if (!w->cut && strncmp(w->line, "event: ", 7) == 0) text_copy(w->event, sizeof w->event, w->line + 7);
    if (!w->cut && strncmp(w->line, "data: ", 6) == 0) watch_data(w, w->line + 6);
    w->n = 0;
    w->cut = false;
}

static size_t on_stream(const char *bytes, size_t size, size_t count, void *ctx)
{
    struct watch *w = ctx;
    for (size_t i = 0; i < size * count; i++) {
        if (bytes[i] == '\n') watch_line(w);
        else if (w->n < sizeof w->line - 1) w->line[w->n++] = bytes[i];
        else w->cut = true;
    }
    fflush(stdout);
    return size * count;
}

int ctl_watch(const struct ctl *c)
{
    struct watch w = { .ctl = c };
    CURL *h = call_new(c, "/api/v1/events");
    if (!h) return ctl_unreachable(c, "curl");
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_stream);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, &w);
    curl_easy_setopt(h, CURLOPT_FAILONERROR, 1L);
    CURLcode code = curl_easy_perform(h);
    curl_easy_cleanup(h);
    if (code != CURLE_OK) return ctl_unreachable(c, curl_easy_strerror(code));
    fputs(log_tr("orderly ctl: the controller ended the stream\n", "orderly ctl：控制器结束了事件流\n"), stderr);
    return CTL_FAILED;
}
