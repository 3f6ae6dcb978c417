#include "gateway/core/timekeep.h"

#include <time.h>

#include "bsp/rtc.h"
#include "gateway/base/buf.h"
#include "gateway/base/err.h"

static const char offset_key[] = "clock_offset_ms";

void timekeep_init(struct timekeep *t, struct box_clock *clock, bool offset_mode, struct zone zone,
                   struct store *store)
{
    uint8_t raw[8];

    *t = (struct timekeep){.offset_mode = offset_mode, .zone = zone, .clock = clock};
    clock->offset_ms = 0;
    if (offset_mode && store && store_fact_get(store, offset_key, raw, sizeof raw) == (int)sizeof raw) {
        struct rbuf r = rbuf_of(raw, sizeof raw);
        clock->offset_ms = rbuf_i64(&r);
    }
}

static int keep_offset(struct timekeep *t, struct store *store, int64_t offset_ms)
{
    uint8_t raw[8];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    wbuf_i64(&w, offset_ms);
    int err = store ? store_fact_put(store, offset_key, raw, w.len) : CN_E_IO;
    if (err == 0)
        t->clock->offset_ms = offset_ms;
    return err;
}

int timekeep_set(struct timekeep *t, struct store *store, const struct civil *local, int64_t *step_ms)
{
    int err = 0;

    if (!civil_valid(local))
        return CN_E_RANGE;
    int64_t before_ms = box_clock_ms(t->clock);
    int64_t wanted_ms = zone_to_utc(t->zone, local) * 1000;
    if (t->offset_mode) {
        err = keep_offset(t, store, wanted_ms - clock_system_ms());
    } else {
        struct timespec ts = {.tv_sec = (time_t)(wanted_ms / 1000)};
        err = clock_settime(CLOCK_REALTIME, &ts) == 0 ? 0 : CN_E_DENIED;
        if (err == 0)
            rtc_set(ts.tv_sec); /* a box without a clock chip is as good until its power fails */
    }
    if (err < 0)
        return err;
    *step_ms = wanted_ms - before_ms;
    t->mono_ms = 0; /* the step is known */
    return 0;
}

int64_t timekeep_watch(struct timekeep *t, int64_t wall_ms, int64_t mono_ms)
{
    int64_t step = t->mono_ms ? (wall_ms - t->wall_ms) - (mono_ms - t->mono_ms) : 0;

    t->wall_ms = wall_ms;
    t->mono_ms = mono_ms;
    return step > TIMEKEEP_STEP_MS || step < -TIMEKEEP_STEP_MS ? step : 0;
}
