#ifndef GATEWAY_CORE_METERS_H
#define GATEWAY_CORE_METERS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/core/calendar.h"
#include "gateway/model/meter.h"

/**
 * The meters of the archive (F10) and what is known about each while the box runs. The table is indexed by
 * the archive's index, so a place never moves; under 300 bytes a meter.
 *
 * State of a meter, by what its jobs brought:
 *
 *   OK       read in sweeps
 *   PENDING  failed a whole round of attempts; not known yet whether it is the meter or the line
 *   CONFIRM  another meter of the port answered since: asked once more at once
 *   DEAD     failed again while the port works: event, and only probes from now on
 *
 *   OK -fail-> PENDING -other meter answers-> CONFIRM -fail-> DEAD;  any -answer-> OK
 *   a port where nobody answers is one alarm of the port: when it comes back its PENDING meters are OK again
 */
enum meter_state { METER_OK, METER_PENDING, METER_CONFIRM, METER_DEAD };

enum meter_flags {
    METER_HEARD = 1,      /**< answered since start */
    METER_SUM_KEPT = 4,   /**< its total has equalled the sum of its tariffs */
    METER_DAY_MARKED = 8, /**< the newest day slot is stored as missing */
    METER_IN_LANE = 16,   /**< a freeze of it is being fetched */
};

enum { METER_LAST = 3 /**< kept registers: EP_IMP, EP_EXP, EQ_COMB1 */ };

struct mstate {
    struct meter m;
    bool present;
    uint8_t state;      /**< enum meter_state */
    uint8_t generation; /**< changes with the entry: a job of the old one says nothing about the new one */
    uint8_t flags;
    int16_t last_error;   /**< CN_E_... of the last failed job, 0 = the last one was good */
    uint16_t response_ms; /**< largest answer delay seen, forgetting slowly; 0 = unknown */
    uint16_t denied_day;  /**< bit per group of plan_freeze(PERIOD_DAY): the meter has no such item */
    uint32_t denied_now;  /**< bit per group of plan_now */
    uint32_t got_now;     /**< the same: answered in the present sweep */
    uint32_t reads, fails;
    int64_t probed_ms;      /**< monotonic: last probe or failure */
    int64_t freeze_wait_ms; /**< monotonic: no freeze is fetched before */
    int64_t last_ok;        /**< UTC second of the last answer, 0 = never */
    int64_t last_at;        /**< UTC second of the registers below */
    struct value last[METER_LAST];
    struct cal_memory cal;
};

struct meters {
    struct mstate *slots; /**< [METER_INDEX_MAX + 1], zero-filled at start, owned by the caller */
    uint16_t *of_point;   /**< [POINT_MAX + 1]: index, 0 = none; owned by the caller */
    uint16_t count;
    uint16_t top; /**< largest index that was ever present */
};

/** Place in mstate.last of a quantity's total, -1 when it is not kept. */
int meter_last_place(unsigned quantity);

/** All entries are about to be given again by meters_put: remember which were there. */
void meters_begin(struct meters *t, uint8_t seen[(METER_INDEX_MAX + 8) / 8]);
/** One entry. What is known of it stays when the meter is the same (point, port, protocol, address). @return
 * true: it is new or changed */
bool meters_put(struct meters *t, const struct meter *m, uint8_t seen[(METER_INDEX_MAX + 8) / 8]);
/** Entries not given since meters_begin are removed. */
void meters_end(struct meters *t, const uint8_t seen[(METER_INDEX_MAX + 8) / 8]);

/** NULL when nothing is archived for the point or index. */
struct mstate *meters_by_point(const struct meters *t, unsigned point);
struct mstate *meters_by_index(const struct meters *t, unsigned index);

/** Learn from the delay of an answer. */
void meter_learn_response(struct mstate *s, unsigned delay_ms);
/** Response time-out for the meter, 0 = default of the profile. */
unsigned meter_response_ms(const struct mstate *s);

#endif
