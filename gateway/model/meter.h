#ifndef GATEWAY_MODEL_METER_H
#define GATEWAY_MODEL_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/bcd.h"

/** The meter archive as parameter F10 knows it (Q/GDW 376.1-2009, AFN 04H F10). */
enum {
    METER_INDEX_MAX = 2040,
    POINT_MAX = 2040,
    F10_ENTRY = 27,
};

enum meter_protocol {
    PROTO_NONE = 0, /**< do not read */
    PROTO_DLT645_1997 = 1,
    PROTO_AC_SAMPLING = 2,
    PROTO_DLT645_2007 = 30,
    PROTO_PLC = 31,
};

struct meter {
    uint16_t index;    /**< 1..2040, key of the archive */
    uint16_t point;    /**< measuring point 1..2040, unique; 0 = delete this index */
    uint8_t port;      /**< 1..31 */
    uint8_t baud_code; /**< 0 default, 1 600, 2 1200, 3 2400, 4 4800, 5 7200, 6 9600, 7 19200 */
    uint8_t protocol;  /**< enum meter_protocol; other codes are kept and not read */
    uint8_t address[ADDR_LEN];
    uint8_t password[6]; /**< low byte first */
    uint8_t tariffs;     /**< as sent, 0..63; meter_tariffs() gives the effective number */
    uint8_t int_digits;  /**< 4..7 */
    uint8_t dec_digits;  /**< 1..4 */
    uint8_t collector[ADDR_LEN];
    uint8_t user_class, user_subclass; /**< 0..15 */
};

/** Decode one 27-byte entry. @return 0, CN_E_RANGE (index 0 or > 2040, point > 2040, port 0). */
int meter_decode(const uint8_t raw[F10_ENTRY], struct meter *m);
void meter_encode(const struct meter *m, uint8_t raw[F10_ENTRY]);
/** Tariff count used in items: 0 works as 4, at most 12 (reference part 3, F10). */
unsigned meter_tariffs(const struct meter *m);
/** bit/s of a baud code; 0 for code 0. */
unsigned meter_baud(unsigned code);
/** Code of a bit rate; -1 when F10 has none. */
int meter_baud_code(unsigned baud);
/** True for a protocol the bus processes can speak. */
bool meter_readable(const struct meter *m);

#endif
