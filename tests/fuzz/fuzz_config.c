/* The daemon's command line: one argument a line. What it agrees to run names its two files and an address. */
#include <stdlib.h>
#include <string.h>

#include "edge/config.h"

#define ARGS_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static FILE *nowhere;
    struct config c;
    char *argv[ARGS_MAX + 2] = { (char[]){ "orderlyd" } }, *text = malloc(n + 1);
    int argc = 1;
    if (!nowhere) nowhere = fopen("/dev/null", "w");
    if (!text || !nowhere) abort();
    memcpy(text, data, n);
    text[n] = 0;
    for (char *p = text, *end; p && argc < ARGS_MAX; p = end ? end + 1 : NULL) {
        end = strchr(p, '\n');
        if (end) *end = 0;
        argv[argc++] = p;
    }
    if (config_parse(&c, argc, argv, nowhere, nowhere) == CONFIG_RUN && (!c.site || !c.fleet || !c.host[0])) abort();
    free(text);
    return 0;
}
