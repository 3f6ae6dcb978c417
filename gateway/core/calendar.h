#ifndef GATEWAY_CORE_CALENDAR_H
#define GATEWAY_CORE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/base/value.h"
#include "gateway/model/param.h"
#include "gateway/model/reading.h"

/**
 * The calendar, pure: which slots are missing and what is due at a given time. Nothing here waits for the
 * clock to strike; every question takes `now`, so a step, a leap or a power gap only changes the answer.
 *
 * A freeze is named by its slot (gateway/base/civil.h) and its period: PERIOD_DAY or PERIOD_HOUR of
 * gateway/model/reading.h. A meter's freeze of 00:00 of day X is the end of day X-1 (reference part 7,
 * section 7).
 */
enum {
    CAL_DAYS = 62,          /**< day freezes a DL/T 645-2007 meter can keep */
    CAL_HOURS = 254,        /**< hour freezes */
    CAL_DAY_LIMIT_S = 3600, /**< a plain reading counts as a day's end until 01:00 */
    CAL_HOUR_LIMIT_S = 900, /**< and as an hour's end for 15 minutes */
    CAL_OWN_DELAY_S =
        120, /**< meters' clocks may be slow: their own freezes are asked this much after the end */
    CAL_INTERVAL_MIN = 15, /**< F33 not set */
};

/** The rules of a port that has no F33: automatic reading, all day, every CAL_INTERVAL_MIN. */
struct param_f33 cal_default(unsigned port);

/**
 * Automatic reading is allowed now: control D0 clear and, when periods are given, inside one of them. D1 (key
 * meters only) has no effect: it needs the list of F35, which this terminal does not keep.
 */
bool cal_allowed(const struct param_f33 *rule, struct zone z, int64_t now);

/** Name of the interval that `now` is in: local minute, counted from 1970, at which it began. Intervals start
 * at 00:00. */
int64_t cal_interval(const struct param_f33 *rule, struct zone z, int64_t now);

/** Length of the interval in seconds. */
int64_t cal_interval_s(const struct param_f33 *rule);

/** The day slot whose broadcast clock setting is due (control D3), -1 when none is: within 10 minutes of the
 * set time. */
int64_t cal_clock_due(const struct param_f33 *rule, struct zone z, int64_t now);

/** The newest slot of a period that has ended. */
int64_t cal_newest(enum period p, struct zone z, int64_t now);
/** UTC second of the end of a slot. */
int64_t cal_end(enum period p, struct zone z, int64_t slot);
/** Slots of a period that meters keep at most. */
int cal_depth(enum period p);
/** Index of a slot in a meter that misses none: 1 = newest. @return 1..depth, 0 when it has not ended or is
 * too old. */
int cal_index(enum period p, struct zone z, int64_t slot, int64_t now);
/**
 * Slot of a freeze time as a meter gives it (local digits YYYYMMDDhhmmss).
 * @return 0, CN_E_FORMAT (no time, never frozen), CN_E_RANGE (not at the boundary of a slot)
 */
int cal_slot_of(enum period p, struct value time, int64_t *slot);
/** A plain reading taken at `at` may stand for the end of the slot. */
bool cal_plain_counts(enum period p, struct zone z, int64_t slot, int64_t at);

/** One bit a slot, in a ring that holds more slots than meters keep. */
struct cal_bits {
    uint64_t w[5]; /**< w[0] days, w[1..4] hours */
};

/** What is known of the freezes of one meter. Zero-filled = nothing. */
struct cal_memory {
    struct cal_bits have; /**< stored */
    struct cal_bits gone; /**< the meter said that it does not have it */
    uint8_t deepest[2];   /**< largest index that answered, per period (day, hour) */
    uint8_t beyond[2];    /**< smallest index that did not, 0 = unknown */
    bool plain[2];        /**< the meter freezes nothing by itself */
};

bool cal_get(const struct cal_bits *b, enum period p, int64_t slot);
void cal_set(struct cal_bits *b, enum period p, int64_t slot, bool on);
/** Forget what the meter was found to keep (once a day: meters are exchanged, and young ones keep more every
 * day). */
void cal_forget_limits(struct cal_memory *m);
/** The newest slot moved forward: clear the bits of the slots that are new. */
void cal_roll(struct cal_memory *m, enum period p, int64_t from, int64_t to);

/** The newest slot is neither stored nor known to be gone. */
bool cal_newest_missing(const struct cal_memory *m, enum period p, int64_t newest);
/**
 * The older missing slot to fetch next: the oldest within what the meter keeps; while its depth is unknown
 * the search halves the range.
 * @return 1 and the slot, 0 when nothing is missing
 */
int cal_fill(const struct cal_memory *m, enum period p, int64_t newest, int64_t *slot);
/** The meter answered, or refused, index k. */
void cal_learn(struct cal_memory *m, enum period p, unsigned k, bool answered);

#endif
