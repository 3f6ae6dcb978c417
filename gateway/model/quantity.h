#ifndef GATEWAY_MODEL_QUANTITY_H
#define GATEWAY_MODEL_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

/** Quantity numbers: Q_EP_IMP, Q_U_A, ... 0 is "no quantity". */
enum quantity {
    Q_NONE = 0,
#define QUANTITY(num, sym, name, obis, unit, exp, flags) Q_##sym = (num),
#include "gateway/model/quantity.def"
#undef QUANTITY
};

enum unit {
    UNIT_NONE,
    UNIT_KWH,
    UNIT_KVARH,
    UNIT_KVAH,
    UNIT_KW,
    UNIT_KVAR,
    UNIT_KVA,
    UNIT_V,
    UNIT_A,
    UNIT_HZ,
    UNIT_DATETIME, /**< mantissa holds the local digits YYYYMMDDhhmmss as the meter shows them, exponent 0 */
    UNIT_BITS,     /**< mantissa is a bit string */
};

enum quantity_flags {
    Q_TARIFFS = 1,  /**< has a value per tariff; tariff 0 is the total */
    Q_SIGNED = 2,   /**< may be negative */
    Q_REGISTER = 4, /**< a counting register: may not fall except by roll-over */
};

struct quantity_info {
    uint16_t number;
    const char *name; /**< "energy.active.import" */
    const char *obis; /**< "1-0:1.8.e" */
    enum unit unit;
    int8_t exp10;
    uint8_t flags;
};

/** @return the row of a quantity, NULL when there is none. */
const struct quantity_info *quantity_find(unsigned number);
/** Row by name ("energy.active.import") or OBIS, with or without a tariff digit ("1-0:1.8.0"). NULL: unknown. */
const struct quantity_info *quantity_by_name(const char *name);
/** All rows in number order. */
const struct quantity_info *quantity_all(size_t *count);
/** "kWh", "" for none. */
const char *unit_name(enum unit u);
/** OBIS text with the tariff filled in: "1-0:1.8.2". @return out, terminated. */
char *quantity_obis(const struct quantity_info *q, unsigned tariff, char *out, size_t cap);

#endif
