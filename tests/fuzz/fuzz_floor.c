/* Floor plans: what is traced is a site that survives its file. */
#include <stdlib.h>

#include "maps/maps_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct site *s = NULL, *again = NULL;
    struct import_report r = { 0 };
    struct err_note note;
    const struct trace_options o = { .cls = { .width_mm = 600, .length_mm = 600, .margin_mm = 50 }, .refuges = 1 };
    char *bytes = NULL;
    size_t len = 0;
    if (n > 4000) return 0;
    int err = floor_trace_bytes("fuzz", (const char *)data, n, o, &s, &r, &note);
    import_report_close(&r);
    if (err) return 0;
    FILE *f = open_memstream(&bytes, &len);
    if (!f || site_write(s, f)) abort();
    fclose(f);
    if (site_parse("again", bytes, len, &again, NULL) != ORD_OK || again->hash != s->hash) abort();
    free(bytes);
    site_close(s);
    site_close(again);
    return 0;
}
