#ifndef NORTHBOUND_MQTT_FAULT_H
#define NORTHBOUND_MQTT_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/** Why there is no connection to the broker, in words. Pure. */
enum fault_kind {
    FAULT_NONE,
    FAULT_CLOCK,    /**< the box's clock is wrong: TLS is not tried */
    FAULT_NAME,     /**< the host name cannot be resolved */
    FAULT_REACH,    /**< no TCP connection */
    FAULT_FILES,    /**< a CA, certificate, key or password file cannot be used */
    FAULT_EXPIRED,  /**< certificate of the broker */
    FAULT_NOT_YET,  /**< certificate of the broker */
    FAULT_HOST,     /**< certificate of the broker: of another host */
    FAULT_CA,       /**< certificate of the broker: of an unknown CA */
    FAULT_TLS,      /**< anything else in the handshake */
    FAULT_OUR_CERT, /**< the broker refuses our certificate, or wants one */
    FAULT_REFUSED,  /**< user, password, right: will not pass by itself */
    FAULT_BROKER,   /**< the broker said no for another reason */
    FAULT_LOST,     /**< the connection broke */
    FAULT_SILENT,   /**< the broker does not confirm */
};

enum { FAULT_TEXT = 224 };

struct fault {
    uint8_t kind; /**< enum fault_kind */
    char text[FAULT_TEXT];
};

/** The text completes "the broker HOST: ...". */
void fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** The answer to CONNECT: return code of MQTT 3.1.1 (1..5) or reason code of MQTT 5 (128..255). */
void fault_of_connack(struct fault *f, unsigned version, unsigned code);
/** A reason code of MQTT 5 in words; "reason 0xNN" for unknown ones. */
const char *fault_reason(unsigned code);

/**
 * Is the clock plausible? TLS would call every certificate "not yet valid" without one.
 * @param now_s system clock, UTC
 * @param known_s a time that has been certainly, 0 = none
 * @return true, or false with the fault
 */
bool fault_clock_ok(struct fault *f, int64_t now_s, int64_t known_s);

#endif
