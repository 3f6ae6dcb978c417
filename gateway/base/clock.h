#ifndef GATEWAY_BASE_CLOCK_H
#define GATEWAY_BASE_CLOCK_H

#include <stdint.h>

/** Milliseconds of CLOCK_MONOTONIC. Durations and time-outs use nothing else. */
int64_t clock_mono_ms(void);

/** Milliseconds since 1970 UTC of the system clock. */
int64_t clock_system_ms(void);

/**
 * The box's wall clock. In mode "system" offset_ms is 0 and the system clock is the box's clock; in mode "offset"
 * (containers, tests) the system clock is left alone and offset_ms is added. concentratord owns the offset and
 * tells it to the other processes (CTL_N_CLOCK).
 */
struct box_clock {
    int64_t offset_ms;
};

int64_t box_clock_ms(const struct box_clock *c);
/** UTC seconds. */
int64_t box_clock_s(const struct box_clock *c);

#endif
