/* api_state - what the files of the API share: its state, the table of routes, and how an answer is written.
 *
 * api.c holds the table's reader, the answers that wait and the news; api_jobs.c, api_hospital.c, api_day.c, api_items.c
 * and api_accounts.c hold the routes. A route is one method on one path; "{x}" in a path is one segment and becomes an argument. */
#ifndef EDGE_API_STATE_H
#define EDGE_API_STATE_H

#include "api.h"
#include "api_view.h"
#include "auth.h"
#include "problem.h"
#include "role.h"

struct held { struct http_call *call; uint64_t seq; };

struct api {
    struct api_config cfg;
    struct view view;
    struct held held[HTTP_CONNECTIONS_MAX]; /* in order of seq: a connection has one request at a time */
    uint32_t first, count;
    uint64_t *robot_shown, *elevator_shown; /* hash of what listeners saw last */
    uint64_t ticks;
    bool stopping;
    struct auth *auth;
    char *site; /* never changes: written once */
    size_t site_len;
    char site_etag[24];
};

#define API_ARGS_MAX 2
#define API_ARG_MAX 64
struct api_call {
    struct http_call *http;
    char arg[API_ARGS_MAX][API_ARG_MAX]; /* the segments that stand for {x} */
    struct person who;
};

enum api_how {
    API_NOW = 1,    /* the answer does not wait for the journal: it shows nothing of the fleet, or streams it */
    API_SECRET = 2, /* its body is not for the record of acts; it puts itself on record */
};
typedef void (*api_fn)(struct api *a, const struct api_call *q);
struct api_route {
    const char *method, *path;
    api_fn answer;
    enum right need;
    unsigned how; /* enum api_how */
};
extern const struct api_route api_route[];
extern const size_t api_routes;

/* ---- answers ---- */
typedef void (*write_fn)(struct text *t, const struct api *a, const void *what);
void api_problem(struct http_call *c, enum problem_code code, const char *field, const char *en, const char *zh);
void api_json(struct api *a, struct http_call *c, unsigned status, write_fn fn, const void *what);
void api_bytes(struct http_call *c, const char *json, size_t n, bool lasting);
bool api_unchanged(struct http_call *c, const char *etag); /* 304 was answered */
bool api_json_body(struct http_call *c);                   /* false: said why not */
bool api_writable(struct api *a, struct http_call *c);     /* false: the journal has failed, said so */
char *api_render(const struct api *a, write_fn fn, const void *what, size_t *n); /* free it */

/* ---- lists: ?limit=N&after=ID; the answer names the last id as "next" when there is more ---- */
#define API_LIMIT_DEFAULT 100
#define API_LIMIT_MAX 1000
struct page { uint32_t limit; const char *after; }; /* after NULL: from the beginning */
bool api_page(struct http_call *c, uint32_t limit_default, struct page *out); /* false: said why not */
bool api_number(const char *s, uint32_t max, uint32_t *out);                  /* 1 .. max */
void api_page_end(struct text *t, const char *next);                          /* ],"next":...} ; NULL: no more */

/* ---- routes ---- */
void api_get_jobs(struct api *a, const struct api_call *q);
void api_post_job(struct api *a, const struct api_call *q);
void api_get_job(struct api *a, const struct api_call *q);
void api_delete_job(struct api *a, const struct api_call *q);
void api_get_why(struct api *a, const struct api_call *q);
void api_post_count(struct api *a, const struct api_call *q);
void api_get_discrepancies(struct api *a, const struct api_call *q);
void api_get_health(struct api *a, const struct api_call *q);
void api_get_openapi(struct api *a, const struct api_call *q);
void api_get_site(struct api *a, const struct api_call *q);
void api_get_robots(struct api *a, const struct api_call *q);
void api_get_robot(struct api *a, const struct api_call *q);
void api_get_elevators(struct api *a, const struct api_call *q);
void api_get_elevator(struct api *a, const struct api_call *q);
void api_get_events(struct api *a, const struct api_call *q);
void api_get_rounds(struct api *a, const struct api_call *q);
void api_get_round(struct api *a, const struct api_call *q);
void api_get_stock(struct api *a, const struct api_call *q);
void api_post_stock(struct api *a, const struct api_call *q);
void api_get_modes(struct api *a, const struct api_call *q);
void api_post_operate(struct api *a, const struct api_call *q);

void api_get_session(struct api *a, const struct api_call *q);
void api_post_session(struct api *a, const struct api_call *q);
void api_delete_session(struct api *a, const struct api_call *q);
void api_get_users(struct api *a, const struct api_call *q);
void api_post_user(struct api *a, const struct api_call *q);
void api_delete_user(struct api *a, const struct api_call *q);
void api_get_keys(struct api *a, const struct api_call *q);
void api_post_key(struct api *a, const struct api_call *q);
void api_delete_key(struct api *a, const struct api_call *q);
void api_get_audit(struct api *a, const struct api_call *q);
void api_post_scan(struct api *a, const struct api_call *q);
void api_get_items(struct api *a, const struct api_call *q);
void api_get_item(struct api *a, const struct api_call *q);

#endif
