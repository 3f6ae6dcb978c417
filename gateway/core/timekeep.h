#ifndef GATEWAY_CORE_TIMEKEEP_H
#define GATEWAY_CORE_TIMEKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/base/clock.h"
#include "gateway/store/store.h"

/**
 * The box's clock. Mode "offset": the system clock is left alone, an offset is kept durably (fact
 * clock_offset_ms). Mode "system": setting the time sets CLOCK_REALTIME and the clock chip; the offset is
 * always 0.
 */
enum {
    TIMEKEEP_STEP_MS = 2000 /**< a difference of wall and monotonic time above this within a tick is a step */
};

struct timekeep {
    bool offset_mode;
    struct zone zone;
    struct box_clock *clock;  /**< not owned */
    int64_t wall_ms, mono_ms; /**< of the last look */
};

/** Load the offset. @param store may be NULL */
void timekeep_init(struct timekeep *t, struct box_clock *clock, bool offset_mode, struct zone zone,
                   struct store *store);
/**
 * Set the clock to a local time.
 * @param step_ms how far it moved
 * @return 0; CN_E_RANGE (no valid time); CN_E_DENIED (the system refuses); CN_E_IO ... (the offset is not on
 * flash: nothing was changed)
 */
int timekeep_set(struct timekeep *t, struct store *store, const struct civil *local, int64_t *step_ms);
/**
 * Look whether somebody else has moved the system clock since the last look.
 * @return how far in ms, 0 = it did not step
 */
int64_t timekeep_watch(struct timekeep *t, int64_t wall_ms, int64_t mono_ms);

#endif
