/* api - HTTP API v1: what a path and a method mean. Reads the fleet's views, writes only through loop_input.
 *
 * No answer under /api/v1 leaves before everything it may have seen is on disk: an accepted job survives any crash
 * (invariant I-13), and nobody is shown a job that a crash could still take back. */
#ifndef EDGE_API_H
#define EDGE_API_H

#include "http.h"
#include "loop.h"
#include "records.h"
#include "sse.h"
#include "store.h"

struct api;
struct api_config {        /* all borrowed */
    const struct names *names;
    struct loop *loop;
    struct store *store;
    struct sse *sse;
    struct records *records;
    uv_loop_t *uv;
    struct http *const *http; /* *http: set before the first call */
    bool https;               /* reached over https: cookies are marked so */
    const char *web_origin; /* NULL: none */
    bool (*mqtt_connected)(void *ctx);
    void *ctx;
};

int api_open(struct api **out, const struct api_config *cfg);
void api_close(struct api *a);
void api_handle(void *api, struct http_call *c);             /* http_config.handle */

void api_output(struct api *a, const struct fleet_out *o);   /* a durable output: news for the listeners */
bool api_committed(struct api *a, uint64_t seq);             /* true: answers were let go, http_kick is due */
bool api_failed(struct api *a);                              /* the journal failed: waiting answers become 503 */
bool api_stopping(struct api *a);                            /* the same, because the daemon stops */
void api_tick(struct api *a);                                /* about 4 times a second: robots and cars that changed */

#endif
