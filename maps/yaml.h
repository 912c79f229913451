/* yaml - a bounded, quiet door to libfyaml for the importers. A missing node is NULL and reads as a default, so that
 * readers go straight through; where a value is needed and wrong, the reader says so with yaml_where. */
#ifndef MAPS_YAML_H
#define MAPS_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct fy_node;
struct yaml { struct fy_document *doc; struct fy_diag *diag; char *bytes; };

#define YAML_BYTES_MAX ((size_t)32 << 20)
/* The bytes are copied. ORD_EFULL (too large), ORD_EPARSE with line and column. */
int yaml_open(struct yaml *y, const char *name, const char *bytes, size_t n, struct err_note *note);
void yaml_close(struct yaml *y);

struct fy_node *yaml_root(const struct yaml *y);
struct fy_node *yaml_get(struct fy_node *map, const char *key);      /* NULL: no map, no such key, or null */
struct fy_node *yaml_item(struct fy_node *list, int i);
int yaml_count(struct fy_node *list);
/* Iterate: *state starts as NULL. */
struct fy_node *yaml_next(struct fy_node *list, void **state);
struct fy_node *yaml_next_pair(struct fy_node *map, void **state, char *key, size_t size); /* the value */

bool yaml_is_map(struct fy_node *n);
bool yaml_is_list(struct fy_node *n);
bool yaml_text(struct fy_node *n, char *dst, size_t size); /* false: no scalar, cut, or not UTF-8 */
bool yaml_number(struct fy_node *n, double *out);          /* finite numbers only */
bool yaml_true(struct fy_node *n);
int yaml_line(struct fy_node *n);                          /* 1-based, 0 when unknown */

#endif
