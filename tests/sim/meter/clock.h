#ifndef TESTS_SIM_METER_CLOCK_H
#define TESTS_SIM_METER_CLOCK_H

#include <stdint.h>

/**
 * A meter's clock against true time: it drifts and is set. Both directions can be asked, so that "when did
 * this meter's clock pass midnight" stays the same answer however often the clock is set later. Seconds, UTC.
 */
enum { SM_CLOCK_SETS = 16 /**< older settings are forgotten */ };

struct sm_clock {
    int32_t drift_ppm; /**< + runs fast; counts from the last setting on */
    uint8_t count;
    struct {
        int64_t from;   /**< true time of the setting; the first one also holds for all time before, without
                           drift */
        int64_t offset; /**< meter - true at `from` */
    } set[SM_CLOCK_SETS];
};

void sm_clock_init(struct sm_clock *c, int64_t start, int64_t offset, int32_t drift_ppm);
/** What the meter shows at true time t. */
int64_t sm_clock_at(const struct sm_clock *c, int64_t t);
/** Set the clock at true time t; a second setting within the same second replaces the first. */
void sm_clock_set(struct sm_clock *c, int64_t t, int64_t shown);
/** The first true time at which the meter showed `shown` or more. */
int64_t sm_clock_when(const struct sm_clock *c, int64_t shown);

#endif
