#include "preset.h"

#include <string.h>

static const char *find(const char *id, const char *kind, size_t *n)
{
    size_t len = strlen(id);
    for (size_t i = 0; i < preset_files_count; i++) {
        const struct preset_file *p = &preset_files[i];
        if (strncmp(p->name, id, len) != 0 || strcmp(p->name + len, kind) != 0) continue;
        *n = p->size;
        return (const char *)p->bytes;
    }
    return NULL;
}

const char *preset_demand(const char *id, size_t *n) { return find(id, ".demand.json", n); }
const char *preset_rounds(const char *id, size_t *n) { return find(id, ".rounds.json", n); }
