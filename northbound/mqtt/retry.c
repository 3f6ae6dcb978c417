#include "northbound/mqtt/retry.h"

void retry_up(struct retry *r, int64_t now_ms)
{
    r->up_ms = now_ms;
}

void retry_down(struct retry *r, bool was_up, bool refused, uint32_t random, int64_t now_ms)
{
    int64_t held = now_ms - r->up_ms;

    if (was_up && held >= RETRY_STABLE_MS)
        r->fails = 0;
    while (was_up && r->fails > 0 && (int64_t)RETRY_MIN_MS << r->fails > held)
        r->fails--;
    int64_t base = (int64_t)RETRY_MIN_MS << r->fails;
    if (base >= RETRY_MAX_MS)
        base = RETRY_MAX_MS;
    else
        r->fails++;
    int64_t wait = base / 2 + (int64_t)(random % (uint32_t)(base + 1));
    if (refused && wait < RETRY_REFUSED_MS)
        wait = RETRY_REFUSED_MS + (int64_t)(random % (RETRY_REFUSED_MS / 2));
    r->at_ms = now_ms + (wait > RETRY_MIN_MS ? wait : RETRY_MIN_MS);
}
