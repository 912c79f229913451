/* A delivery request from anybody: an answer in words for every body; an accepted one is within all limits. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "edge/api_job.h"

static struct site_station stations[] = { { .id = "lab", .node = 0 }, { .id = "kitchen", .node = 1 } };
static struct site_node nodes[] = { { .id = "n1", .station = 0 }, { .id = "n2", .station = 1 } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct site site = { .stations = 2, .station = stations, .nodes = 2, .node = nodes };
    struct job_request r;
    struct problem p = { .field = "" };
    if (api_job_parse(&site, (const char *)data, n, &r, &p)) {
        if (r.from > 1 || r.to > 1 || r.quantity < 1 || r.quantity > JOB_QUANTITY_MAX ||
            (r.priority > JOB_PRIORITY_LAST && r.priority != JOB_PRIORITY_OF_GOODS))
            abort();
        struct job_note note = { .body_hash = r.hash }, back;
        char text[STORE_NOTE_MAX];
        memcpy(note.item, r.item, sizeof note.item);
        if (store_note_encode(&note, text) <= 0 || store_note_decode(text, &back, NULL) ||
            strcmp(back.item, note.item) != 0)
            abort();
    } else {
        if (!p.en[0] || !p.zh[0] || p.code >= PROBLEM_COUNT) abort();
        if (!text_utf8_valid(p.en, strlen(p.en)) || !text_utf8_valid(p.zh, strlen(p.zh)) ||
            !text_utf8_valid(p.field, strlen(p.field)))
            abort();
    }
    return 0;
}
