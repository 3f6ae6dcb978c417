#ifndef GATEWAY_BASE_VALUE_H
#define GATEWAY_BASE_VALUE_H

#include <stddef.h>
#include <stdint.h>

/**
 * A decimal measurement: mantissa * 10^exp10, never a binary float, so what is stored equals what the meter
 * displays, digit for digit. 1234.50 kWh is {123450, -2}: trailing zeros are digits the meter gave.
 */
enum value_quality {
    VALUE_GOOD = 0,
    VALUE_NONE = 1,     /**< no value: never read, phase not wired, meter has none; mantissa 0 */
    VALUE_DOUBTFUL = 2, /**< read, but failed a plausibility check */
};

struct value {
    int64_t mantissa;
    int8_t exp10; /**< -9 .. 9 */
    uint8_t quality;
};

struct value value_of(int64_t mantissa, int exp10);
struct value value_none(void);

/** Express v with the given exponent without losing a digit. @return 0, CN_E_RANGE (inexact or overflow). */
int value_rescale(struct value v, int exp10, int64_t *mantissa);
/** The same, cutting surplus decimals toward zero (376.1-2009 reference part 7, 8: "cut not rounded"). @return 0, CN_E_RANGE (overflow). */
int value_cut(struct value v, int exp10, int64_t *mantissa);
/** Numeric order of two values that exist. @return <0, 0, >0. */
int value_cmp(struct value a, struct value b);
/** "1234.50", "-0.238", "-" when there is none. @return out, always terminated. */
char *value_print(struct value v, char *out, size_t cap);
/** Parse what value_print writes. @return 0, CN_E_FORMAT, CN_E_RANGE. */
int value_parse(const char *text, struct value *v);

#endif
