/* VDA 5050 decoders. The first byte picks the message. What is accepted and written again must be read as the same:
 * the second writing is byte-equal to the first. */
#include <stdlib.h>
#include <string.h>

#include "common/vda/vda_codec.h"
#include "common/vda/vda_rules.h"

static char first[VDA_MESSAGE_MAX], second[VDA_MESSAGE_MAX];

/* A longer text than fits is the one accepted reason not to compare: escapes can make an input six times as long. */
#define ROUND(type, decode, encode)                                   \
    do {                                                              \
        static struct type m;                                         \
        struct err_note note = { "", "" };                            \
        if (decode(text, n, &m, &note) != ORD_OK) {                   \
            if (!note.where[0] || !note.what[0]) abort();             \
            return;                                                   \
        }                                                             \
        check_##type(&m);                                             \
        int a = encode(&m, first, sizeof first);                      \
        if (a < 0) return;                                            \
        if (decode(first, (size_t)a, &m, &note) != ORD_OK) abort();   \
        int b = encode(&m, second, sizeof second);                    \
        if (a != b || memcmp(first, second, (size_t)a) != 0) abort(); \
    } while (0)

static void check_vda_order(const struct vda_order *o)
{
    struct vda_receiver r = { .order_id = "o1", .decision_node = "n1", .standing_node = "n1", .idle = true };
    enum vda_verdict v = vda_order_verdict(&r, o);
    if (vda_order_shape(o) == VDA_OK && vda_order_base(o) == 0) abort();
    if (!vda_verdict_error(v, o->head.version)) abort();
}

static void check_vda_state(const struct vda_state *s)
{
    if (s->errors > VDA_ERRORS_MAX || s->action_states > VDA_ACTION_STATES_MAX || s->loads > VDA_LOADS_MAX) abort();
    if (s->battery_permille < 0 || s->battery_permille > 1000 || s->theta > 3142 || s->theta <= -3142) abort();
}

static void check_vda_instant_actions(const struct vda_instant_actions *m)
{
    if (m->actions > VDA_ACTIONS_MAX) abort();
}

static void check_vda_connection(const struct vda_connection *m)
{
    if (m->state >= VDA_CONNECTION_COUNT) abort();
}

static void check_vda_factsheet(const struct vda_factsheet *m)
{
    if (m->speed_max_mm_s < 0 || m->length_mm < 0) abort();
}

static void run(int which, const char *text, size_t n)
{
    switch (which) {
    case 'o': ROUND(vda_order, vda_order_decode, vda_order_encode); break;
    case 'i': ROUND(vda_instant_actions, vda_instant_decode, vda_instant_encode); break;
    case 's': ROUND(vda_state, vda_state_decode, vda_state_encode); break;
    case 'c': ROUND(vda_connection, vda_connection_decode, vda_connection_encode); break;
    case 'f': ROUND(vda_factsheet, vda_factsheet_decode, vda_factsheet_encode); break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 0) run(data[0], (const char *)data + 1, n - 1);
    return 0;
}
