#ifndef GATEWAY_CORE_CHECK_H
#define GATEWAY_CORE_CHECK_H

#include <stdint.h>

#include "gateway/core/meters.h"
#include "gateway/model/reading.h"

/**
 * Plausibility of registers, pure. A reading that fails is read once more; if it is confirmed it is stored
 * with quality VALUE_DOUBTFUL, never silently and never dropped.
 */
enum check_reason {
    CHECK_FALL = 1, /**< a register is lower than before and did not roll over */
    CHECK_JUMP = 2, /**< it grew by more than CHECK_JUMP_KW allows */
    CHECK_SUM = 4,  /**< the tariffs do not add up to the total */
};
enum {
    CHECK_JUMP_BASE = 1000, /**< kWh, kvarh that are always allowed */
    CHECK_JUMP_KW = 1000,   /**< more than any meter of a low-voltage line can count */
};

/**
 * Check current registers of one meter against its last ones.
 * @param at UTC second of the set
 * @return 0 or a sum of enum check_reason
 */
unsigned check_now(const struct mstate *s, const struct reading_set *set);
/** Frozen registers: only the sum of the tariffs can be judged. */
unsigned check_freeze(const struct mstate *s, const struct reading_set *set);
/** Mark the registers of a set. */
void check_mark(struct reading_set *set);
/** The set is taken: it is what the next one is compared with. */
void check_learn(struct mstate *s, const struct reading_set *set);
/** "falling", "jump", "sum of tariffs": the worst of the reasons, for the log. */
const char *check_text(unsigned reasons);

#endif
