#ifndef GATEWAY_MODEL_READING_H
#define GATEWAY_MODEL_READING_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/value.h"

/** What to read: a quantity, all its tariffs, now or at the end of a period that the meter froze itself. */
enum period {
    PERIOD_NOW = 0,
    PERIOD_DAY = 1,   /**< the meter's day freeze, index 1 = most recent */
    PERIOD_HOUR = 2,  /**< the meter's hour freeze, index 1 = most recent */
    PERIOD_MONTH = 3, /**< settlement, index 1 = last */
};

struct want {
    uint16_t quantity;
    uint8_t period;
    uint8_t index; /**< 0 for PERIOD_NOW */
};

/** One value of a quantity: tariff 0 = total. */
struct reading {
    uint16_t quantity;
    uint8_t tariff;
    struct value value;
};

enum { TARIFFS_MAX = 12 /**< 376.1-2009 reference part 3, F10 */, READINGS_MAX = 64 /**< in one set */ };

/** Values that belong to one moment of one meter. */
struct reading_set {
    int64_t at; /**< UTC second at which the meter was read */
    uint16_t count;
    struct reading r[READINGS_MAX];
};

/** @return the value, or one with quality VALUE_NONE when the set has none. */
struct value reading_get(const struct reading_set *s, unsigned quantity, unsigned tariff);
/** Add or replace. @return 0, CN_E_FULL. */
int reading_put(struct reading_set *s, unsigned quantity, unsigned tariff, struct value v);

/**
 * The compact form in which readings are stored and sent: version byte, then per quantity number (2), first tariff
 * (1), count (1), exponent (1), qualities and mantissas as variable-length integers.
 * @return bytes written / number of readings, CN_E_NOSPACE, CN_E_CORRUPT (bad bytes), CN_E_UNSUPPORTED (newer version).
 */
int readings_pack(struct wbuf *w, const struct reading *r, unsigned count);
int readings_unpack(struct rbuf *in, struct reading *r, unsigned cap);

#endif
