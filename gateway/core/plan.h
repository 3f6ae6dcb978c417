#ifndef GATEWAY_CORE_PLAN_H
#define GATEWAY_CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/model/quantity.h"
#include "gateway/model/reading.h"

/**
 * What is read by itself. One group is what a DL/T 645 meter gives in one exchange, so a request of the
 * operator waits for one exchange only, and a sweep can ask group by group over all meters: neighbours on the
 * line are then different meters, which need no pause between them, and a quantity is taken from all meters
 * close together in time.
 */
enum { PLAN_GROUP_MAX = 4 };

struct plan_group {
    uint8_t count;
    uint8_t only_with; /**< bit of the F33 control word that asks for the group; 0 = always */
    bool spare;        /**< only in sweeps that have the time (sched.h, SCHED_SPARE_PERCENT) */
    uint16_t quantity[PLAN_GROUP_MAX];
};

/** Groups of a sweep of current values, most wanted first. At most 32. */
const struct plan_group *plan_now(unsigned *count);
/** Groups of a freeze; the first one holds the freeze time. At most 16. */
const struct plan_group *plan_freeze(enum period p, unsigned *count);

#endif
