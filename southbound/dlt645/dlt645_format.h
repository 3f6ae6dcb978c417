#ifndef SOUTHBOUND_DLT645_DLT645_FORMAT_H
#define SOUTHBOUND_DLT645_DLT645_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/value.h"

/** The number formats of DL/T 645 (reference part 1, section 5). Pure. */
enum dlt645_type {
    DLT645_NUMBER, /**< BCD digits */
    DLT645_TIME,   /**< BCD groups: dates, times, table entries */
    DLT645_BITS,   /**< bit field, 1..7 bytes, low byte first */
    DLT645_ASCII,  /**< text, sent last character first */
    DLT645_DIGITS, /**< digits without a value: addresses, numbers, identifiers; hex letters allowed */
    DLT645_RAW,    /**< bytes of unknown meaning */
};

enum { DLT645_GROUPS_MAX = 8 };

/**
 * One format. Text forms (section 5 of part 1), also used in meter profiles:
 *   "XXXXXX.XX"  BCD, one X a digit; "SXX.XXXX" the top bit is the sign
 *   "YYMMDDhhmm" two letters a byte, high byte first as written: YY MM DD hh mm ss WW (weekday) NN (a number)
 *   "bits16", "ascii6", "digits6", "raw4": type and bits or bytes
 */
struct dlt645_format {
    uint8_t type; /**< enum dlt645_type */
    uint8_t len;  /**< bytes on the wire */
    uint8_t decimals;
    bool sign;
    char groups[DLT645_GROUPS_MAX]; /**< DLT645_TIME: Y M D h m s W N, one a byte, high byte first */
};

/** @return 0, CN_E_FORMAT. */
int dlt645_format_parse(const char *text, struct dlt645_format *f);

/**
 * Value of one element, in the order the reference prescribes: all FF or all EE = none; sign off; a nibble
 * above 9 = none; digits; scale. A negative zero is zero. Times with YY and at least MM and DD give
 * YYYYMMDDhhmmss (UNIT_DATETIME; hh mm ss that are missing count as 0); other groups give their digits as
 * written. A date of zeros or one that is no date gives none; a date with an NN group is a table entry and
 * gives its digits. ASCII, DIGITS and RAW give none.
 * @param p  f->len bytes
 */
struct value dlt645_value_get(const struct dlt645_format *f, const uint8_t *p);

/**
 * The inverse, for writing and for simulators: NUMBER, TIME and BITS; "no value" gives FF bytes.
 * @param p  f->len bytes, written only on success
 * @return 0, CN_E_RANGE (does not fit or would lose digits), CN_E_UNSUPPORTED (other types)
 */
int dlt645_value_put(const struct dlt645_format *f, struct value v, uint8_t *p);

/**
 * As a person reads it: "000123.45", "-00.2345", "2016-01-11 weekday 01", "21:53:55", "2015-10-09 00:00",
 * "220.0V", "0011" (bits as hex), digits, hex of raw bytes low byte first; "-" for no value. NUL in ASCII is
 * printed as \0, other unprintable bytes as '.'.
 * @return out, terminated, cut to cap
 */
char *dlt645_value_text(const struct dlt645_format *f, const uint8_t *p, char *out, size_t cap);

#endif
