/* web_files - the ward page, embedded at build time by cmake/embed_web.cmake from controller/web.
 *
 * Sorted by path; "/" and "/index.html" share their bytes. The etag is quoted, ready for the header, and changes
 * exactly when the bytes do. `bytes` ends with one NUL that `size` does not count. */
#ifndef EDGE_WEB_FILES_H
#define EDGE_WEB_FILES_H

#include <stddef.h>

struct web_file {
    const char *path; /* as requested: "/", "/app.js" */
    const char *type; /* content type with charset */
    const unsigned char *bytes;
    size_t size;
    const char *etag; /* "\"0123456789abcdef\"" */
};
extern const struct web_file web_files[];
extern const size_t web_files_count;
extern const struct web_file api_document; /* schema/openapi.json, served at /api/v1/openapi.json */

#endif
