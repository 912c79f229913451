/* Elevator and door messages. The first byte picks the message; accepted ones survive writing and reading. */
#include <stdlib.h>
#include <string.h>

#include "common/building_msg.h"

#define ROUND(type, decode, encode)                                           \
    do {                                                                      \
        struct type m, again;                                                 \
        char out[2048];                                                       \
        if (decode(text, n, &m, NULL) != ORD_OK) return;                      \
        int a = encode(&m, out, sizeof out);                                  \
        if (a < 0 || decode(out, (size_t)a, &again, NULL) != ORD_OK) abort(); \
        if (memcmp(&m, &again, sizeof m) != 0) abort();                       \
    } while (0)

static void run(int which, const char *text, size_t n)
{
    switch (which) {
    case 'q': ROUND(elevator_request_msg, elevator_request_decode, elevator_request_encode); break;
    case 's': ROUND(elevator_state_msg, elevator_state_decode, elevator_state_encode); break;
    case 'd': ROUND(door_request_msg, door_request_decode, door_request_encode); break;
    case 't': ROUND(door_state_msg, door_state_decode, door_state_encode); break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 0) run(data[0], (const char *)data + 1, n - 1);
    return 0;
}
