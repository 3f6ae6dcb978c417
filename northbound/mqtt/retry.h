#ifndef NORTHBOUND_MQTT_RETRY_H
#define NORTHBOUND_MQTT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/**
 * When to connect again, pure (monotonic ms). 1, 2, 4 ... 120 s, each times a random 0.5 .. 1.5 but never
 * under 1 s: a library that connects at once after a loss may stall. A connection brings the pause down to as
 * long as it held, and all the way after RETRY_STABLE_MS: a broker that takes everybody and drops them at
 * once is not hammered. A refusal that will not pass by itself (password, certificate) waits at least
 * RETRY_REFUSED_MS.
 */
enum { RETRY_MIN_MS = 1000, RETRY_MAX_MS = 120000, RETRY_REFUSED_MS = 60000, RETRY_STABLE_MS = 300000 };

struct retry {
    uint8_t fails; /**< doublings of the pause */
    int64_t at_ms; /**< not before; 0 = now */
    int64_t up_ms; /**< when the present connection began */
};

void retry_up(struct retry *r, int64_t now_ms);
/** An attempt failed (was_up false), or a connection ended. @param random any number */
void retry_down(struct retry *r, bool was_up, bool refused, uint32_t random, int64_t now_ms);

#endif
