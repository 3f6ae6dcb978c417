#include "gateway/base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_system_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t box_clock_ms(const struct box_clock *c)
{
    return clock_system_ms() + c->offset_ms;
}

int64_t box_clock_s(const struct box_clock *c)
{
    int64_t ms = box_clock_ms(c);

    return ms / 1000 - (ms % 1000 < 0);
}
