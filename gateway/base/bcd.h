#ifndef GATEWAY_BASE_BCD_H
#define GATEWAY_BASE_BCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Packed decimal digits, two a byte, low byte first, as DL/T 645 and 376.1 send them. */

/** @param n 1..9 bytes @return 0, CN_E_FORMAT when a nibble is above 9 (out untouched). */
int bcd_get(const uint8_t *p, size_t n, uint64_t *out);
/** @param n 1..9 bytes @return 0, CN_E_RANGE when the number needs more than 2n digits (p untouched). */
int bcd_put(uint8_t *p, size_t n, uint64_t v);
/** One byte 00..99. @return 0..99, CN_E_FORMAT. */
int bcd_byte(uint8_t b);
/** Encode 0..99; larger values wrap. */
uint8_t bcd_of(unsigned v);
/** Whole field "no value": every byte EE, every byte FF or every byte EF (376.1-2009 reference part 2, 1). */
bool bcd_missing(const uint8_t *p, size_t n);

/**
 * Addresses of 12 digits, low byte first (format A.12). Printed high digit first; nibbles above 9 are printed as
 * hex, since such meters exist.
 */
enum { ADDR_LEN = 6, ADDR_TEXT = 13 };
char *addr_print(const uint8_t addr[ADDR_LEN], char out[ADDR_TEXT]);
/** 1..12 digits (hex letters allowed), shorter ones padded with 0 at the high end. @return 0, CN_E_FORMAT. */
int addr_parse(const char *text, uint8_t addr[ADDR_LEN]);

#endif
