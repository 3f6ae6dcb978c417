#ifndef GATEWAY_CORE_BACKOFF_H
#define GATEWAY_CORE_BACKOFF_H

#include <stdint.h>

/** When to start a process again, pure. The first restart comes at once, a crash loop slows down. */
enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 30000,
    BACKOFF_GOOD_MS = 10000, /**< a run of this length forgives what was before */
};

struct backoff {
    uint32_t max_ms; /**< 0 = BACKOFF_MAX_MS */
    uint8_t fails;   /**< short runs in a row */
};

/** A run has ended. @param ran_ms its length @return pause before the next one: 100, 200, 400 ... ms */
uint32_t backoff_next(struct backoff *b, int64_t ran_ms);

#endif
