/* yaml - see yaml.h. Messages of the library are collected, never printed. */
#include "yaml.h"

#include <libfyaml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static int parse(struct yaml *y, const char *name, size_t n, struct err_note *note)
{
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    y->diag = fy_diag_create(&quiet);
    if (!y->diag) return err_at(note, ORD_EMEMORY, name, "out of memory");
    fy_diag_set_collect_errors(y->diag, true);
    struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = y->diag };
    y->doc = fy_document_build_from_string(&cfg, y->bytes, n);
    if (y->doc && fy_document_root(y->doc)) return ORD_OK;
    void *state = NULL;
    struct fy_diag_error *e = fy_diag_errors_iterate(y->diag, &state);
    if (e)
        return err_at(note, ORD_EPARSE, name, "line %d, column %d: %s", e->line, e->column,
                      e->msg ? e->msg : "malformed YAML");
    return err_at(note, ORD_EPARSE, name, "is empty or malformed YAML");
}

int yaml_open(struct yaml *y, const char *name, const char *bytes, size_t n, struct err_note *note)
{
    *y = (struct yaml){ 0 };
    if (n > YAML_BYTES_MAX) return err_at(note, ORD_EFULL, name, "is larger than %zu bytes", YAML_BYTES_MAX);
    if (!text_utf8_valid(bytes, n)) return err_at(note, ORD_EPARSE, name, "is not valid UTF-8: save it as UTF-8");
    y->bytes = malloc(n + 1);
    if (!y->bytes) return err_at(note, ORD_EMEMORY, name, "out of memory");
    memcpy(y->bytes, bytes, n);
    y->bytes[n] = 0;
    int err = parse(y, name, n, note);
    if (err) yaml_close(y);
    return err;
}

void yaml_close(struct yaml *y)
{
    if (y->doc) fy_document_destroy(y->doc);
    if (y->diag) fy_diag_destroy(y->diag);
    free(y->bytes);
    *y = (struct yaml){ 0 };
}

struct fy_node *yaml_root(const struct yaml *y) { return fy_document_root(y->doc); }

bool yaml_is_map(struct fy_node *n) { return n && fy_node_is_mapping(n); }
bool yaml_is_list(struct fy_node *n) { return n && fy_node_is_sequence(n); }

static struct fy_node *real(struct fy_node *n)
{
    if (!n || (fy_node_is_scalar(n) && (fy_node_is_alias(n) || fy_node_is_null(n)))) return NULL;
    return n;
}

struct fy_node *yaml_get(struct fy_node *map, const char *key)
{
    return yaml_is_map(map) ? real(fy_node_mapping_lookup_value_by_simple_key(map, key, strlen(key))) : NULL;
}

struct fy_node *yaml_item(struct fy_node *list, int i)
{
    return yaml_is_list(list) ? real(fy_node_sequence_get_by_index(list, i)) : NULL;
}

int yaml_count(struct fy_node *list) { return yaml_is_list(list) ? fy_node_sequence_item_count(list) : 0; }

struct fy_node *yaml_next(struct fy_node *list, void **state)
{
    return yaml_is_list(list) ? fy_node_sequence_iterate(list, state) : NULL;
}

struct fy_node *yaml_next_pair(struct fy_node *map, void **state, char *key, size_t size)
{
    while (yaml_is_map(map)) {
        struct fy_node_pair *p = fy_node_mapping_iterate(map, state);
        if (!p) return NULL;
        if (yaml_text(fy_node_pair_key(p), key, size) && fy_node_pair_value(p)) return fy_node_pair_value(p);
    }
    return NULL;
}

bool yaml_text(struct fy_node *n, char *dst, size_t size)
{
    size_t len = 0;
    dst[0] = 0;
    if (!n || !fy_node_is_scalar(n) || fy_node_is_alias(n)) return false;
    const char *s = fy_node_get_scalar(n, &len);
    if (!s || len >= size || memchr(s, 0, len) || !text_utf8_valid(s, len)) return false;
    memcpy(dst, s, len);
    dst[len] = 0;
    return true;
}

bool yaml_number(struct fy_node *n, double *out)
{
    char buf[64], *end;
    if (!yaml_text(n, buf, sizeof buf) || !buf[0] || strspn(buf, "0123456789+-.eE") != strlen(buf)) return false;
    double v = strtod(buf, &end);
    if (*end || !isfinite(v)) return false;
    *out = v;
    return true;
}

bool yaml_true(struct fy_node *n)
{
    char buf[8];
    return yaml_text(n, buf, sizeof buf) && (strcmp(buf, "true") == 0 || strcmp(buf, "1") == 0);
}

int yaml_line(struct fy_node *n)
{
    if (!n) return 0;
    if (fy_node_is_sequence(n) || fy_node_is_mapping(n)) {
        struct fy_node *first = fy_node_is_sequence(n) ? fy_node_sequence_get_by_index(n, 0) : NULL;
        return first && first != n && fy_node_is_scalar(first) ? yaml_line(first) : 0;
    }
    struct fy_token *t = fy_node_get_scalar_token(n);
    const struct fy_mark *m = t ? fy_token_start_mark(t) : NULL;
    return m ? m->line + 1 : 0;
}
