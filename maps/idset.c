/* idset - open addressing, doubled at half load. */
#include "idset.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static uint32_t slot_of(const struct idset *t, const char *key)
{
    uint32_t i = (uint32_t)XXH3_64bits(key, strlen(key)) & (t->slots - 1);
    while (t->key[i] && strcmp(t->key[i], key) != 0) i = (i + 1) & (t->slots - 1);
    return i;
}

static bool widen(struct idset *t)
{
    struct idset wide = { .slots = t->slots ? t->slots * 2 : 64, .used = t->used };
    wide.key = calloc(wide.slots, sizeof *wide.key);
    wide.value = calloc(wide.slots, sizeof *wide.value);
    if (!wide.key || !wide.value) {
        idset_close(&wide);
        return false;
    }
    for (uint32_t i = 0; i < t->slots; i++) {
        if (!t->key[i]) continue;
        uint32_t to = slot_of(&wide, t->key[i]);
        wide.key[to] = t->key[i];
        wide.value[to] = t->value[i];
    }
    struct idset old = *t;
    *t = wide;
    idset_close(&old);
    return true;
}

uint32_t idset_put(struct idset *t, const char *key, uint32_t value, bool *ok)
{
    if (t->used * 2 >= t->slots && !widen(t)) {
        *ok = false;
        return IDSET_NONE;
    }
    uint32_t i = slot_of(t, key);
    if (t->key[i]) return t->value[i];
    t->key[i] = key;
    t->value[i] = value;
    t->used++;
    return IDSET_NONE;
}

uint32_t idset_get(const struct idset *t, const char *key)
{
    if (!t->slots) return IDSET_NONE;
    uint32_t i = slot_of(t, key);
    return t->key[i] ? t->value[i] : IDSET_NONE;
}

void idset_close(struct idset *t)
{
    free(t->key);
    free(t->value);
    *t = (struct idset){ 0 };
}
