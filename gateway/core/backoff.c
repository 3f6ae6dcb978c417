#include "gateway/core/backoff.h"

uint32_t backoff_next(struct backoff *b, int64_t ran_ms)
{
    uint32_t max = b->max_ms ? b->max_ms : BACKOFF_MAX_MS;

    if (ran_ms >= BACKOFF_GOOD_MS)
        b->fails = 0;
    uint32_t ms = (uint32_t)BACKOFF_FIRST_MS << b->fails;
    if (ms >= max)
        return max;
    b->fails++;
    return ms;
}
