/* vda_codec - VDA 5050 messages to and from JSON: 2.0, 2.1 and 3.0 from one model. A message is read as the version in its
 * header says and written in that of head.version (vda_dialect.h has the differences). Metres, radians and percent exist
 * behind these calls alone.
 *
 * Reading is liberal (unknown fields, integers for numbers, any timestamp fraction, missing optional lists) and
 * checks every type and range; writing is strict: output validates against the official schema of head.version.
 * A decoder fills *out completely or returns an error with the path of the field; *out is then unspecified.
 * Encoders return the length, or ORD_EFULL when buf is too small; the text is NUL-terminated. */
#ifndef COMMON_VDA_CODEC_H
#define COMMON_VDA_CODEC_H

#include "../err.h"
#include "vda_model.h"

#define VDA_MESSAGE_MAX 65536

int vda_order_decode(const char *json, size_t n, struct vda_order *out, struct err_note *note);
int vda_instant_decode(const char *json, size_t n, struct vda_instant_actions *out, struct err_note *note);
int vda_state_decode(const char *json, size_t n, struct vda_state *out, struct err_note *note);
int vda_connection_decode(const char *json, size_t n, struct vda_connection *out, struct err_note *note);
int vda_factsheet_decode(const char *json, size_t n, struct vda_factsheet *out, struct err_note *note);

int vda_order_encode(const struct vda_order *m, char *buf, size_t size);
int vda_instant_encode(const struct vda_instant_actions *m, char *buf, size_t size);
int vda_state_encode(const struct vda_state *m, char *buf, size_t size);
int vda_connection_encode(const struct vda_connection *m, char *buf, size_t size);
int vda_factsheet_encode(const struct vda_factsheet *m, char *buf, size_t size);
/* In 3.0 a picture names the last state sent by its headerId. */
int vda_visualization_encode(const struct vda_state *m, uint32_t state_id, char *buf, size_t size);

#endif
