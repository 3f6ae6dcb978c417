#include "tests/sim/meter/sim.h"

int64_t sm_time_ms(const struct sm_clock_source *t, int64_t system_ms, int64_t mono_ms)
{
    int64_t since = (t->own ? mono_ms : system_ms) - t->anchor_ms;

    return t->base_ms + since * t->scale_milli / 1000;
}

void sm_time_set(struct sm_clock_source *t, int64_t mono_ms, int64_t world_ms, int64_t scale_milli)
{
    t->own = true;
    t->base_ms = world_ms;
    t->anchor_ms = mono_ms;
    t->scale_milli = scale_milli;
}

struct sm_meter *sm_find(struct sm_sim *s, uint32_t point)
{
    /* points count from 1 without holes */
    return point >= 1 && point <= s->meter_count ? &s->meters[point - 1] : NULL;
}
