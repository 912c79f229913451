/* Fleets: what is accepted survives writing with the same hash. */
#include <stdlib.h>

#include "maps/maps_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct fleet_spec *f = NULL, *again = NULL;
    char *bytes = NULL;
    size_t len = 0;
    if (fleet_spec_parse("fuzz", (const char *)data, n, &f, NULL) != ORD_OK) return 0;
    FILE *out = open_memstream(&bytes, &len);
    if (!out || fleet_spec_write(f, out)) abort();
    fclose(out);
    if (fleet_spec_parse("again", bytes, len, &again, NULL) != ORD_OK || again->hash != f->hash) abort();
    free(bytes);
    fleet_spec_close(f);
    fleet_spec_close(again);
    return 0;
}
