#ifndef SOUTHBOUND_DLT645_DLT645_FRAME_H
#define SOUTHBOUND_DLT645_DLT645_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/bcd.h"
#include "gateway/base/buf.h"

/**
 * DL/T 645 frames, both editions (DL/T 645 reference part 1, section 2). Pure: bytes in, struct out.
 *
 *   FE FE FE FE | 68 A0..A5 68 C L DATA CS 16      DATA carries +33H on the wire, CS covers 68 .. DATA
 */
enum {
    DLT645_START = 0x68,
    DLT645_END = 0x16,
    DLT645_WAKE = 0xFE,
    DLT645_OVERHEAD = 12,  /**< bytes of a frame without DATA */
    DLT645_DATA_MAX = 255, /**< accepted; what the one-byte L can say */
    DLT645_SEND_MAX = 200, /**< sent; section 2, "L limits" */
    DLT645_FRAME_MAX = DLT645_OVERHEAD + DLT645_DATA_MAX,
    DLT645_WAKE_MAX = 16, /**< wake-up bytes in front of a frame that dlt645_frame_decode accepts */
};

/** Bits of the control byte (section 2.3). */
enum {
    DLT645_C_SLAVE = 0x80,    /**< from the meter */
    DLT645_C_ABNORMAL = 0x40, /**< DATA is the error word */
    DLT645_C_MORE = 0x20,     /**< a follow-on frame is available */
    DLT645_C_FN = 0x1F,
};

/** Functions, bits 4..0 of C. 03H is a clash: re-read in 1997, security in the 2007 extensions. */
enum dlt645_fn {
    DLT645_FN_TIME = 0x08, /**< both editions */
    DLT645_FN_READ = 0x11,
    DLT645_FN_NEXT = 0x12,
    DLT645_FN_READ_ADDRESS = 0x13,
    DLT645_FN_WRITE = 0x14,
    DLT645_FN_WRITE_ADDRESS = 0x15,
    DLT645_FN_FREEZE = 0x16,
    DLT645_FN_BAUD = 0x17,
    DLT645_FN_PASSWORD = 0x18,
    DLT645_FN_CLEAR_DEMAND = 0x19,
    DLT645_FN_CLEAR_METER = 0x1A,
    DLT645_FN_CLEAR_EVENTS = 0x1B,
    DLT645_FN_CONTROL = 0x1C,
    DLT645_FN_OUTPUT = 0x1D,
    DLT645_FN_SECURITY = 0x03,
    DLT645_FN_REPORT_ACK = 0x06,
    DLT645_FN97_READ = 0x01,
    DLT645_FN97_NEXT = 0x02,
    DLT645_FN97_REREAD = 0x03,
    DLT645_FN97_WRITE = 0x04,
    DLT645_FN97_WRITE_ADDRESS = 0x0A,
    DLT645_FN97_BAUD = 0x0C,
    DLT645_FN97_PASSWORD = 0x0F,
    DLT645_FN97_CLEAR_DEMAND = 0x10,
};

/**
 * Bits of the 2007 error word (section 4); bits 3..6 mean the same in both editions or are reserved in
 * 1997.
 */
enum {
    DLT645_ERR_OTHER = 0x01,
    DLT645_ERR_NO_DATA = 0x02,
    DLT645_ERR_AUTH = 0x04,
    DLT645_ERR_BAUD = 0x08,
    DLT645_ERR_ZONES = 0x10,
    DLT645_ERR_PERIODS = 0x20,
    DLT645_ERR_TARIFFS = 0x40,
};

struct dlt645_frame {
    uint8_t address[ADDR_LEN]; /**< low byte first, as sent */
    uint8_t control;
    uint8_t length;
    uint8_t data[DLT645_DATA_MAX]; /**< 33H already taken off; bytes from `length` on are not written */
};

/**
 * Encode wake-up bytes and one frame.
 * @param wake  FE bytes in front, 0..DLT645_WAKE_MAX
 * @return bytes written, CN_E_NOSPACE, CN_E_RANGE (wake). L above DLT645_SEND_MAX is encoded: simulators need
 * it.
 */
int dlt645_frame_encode(struct wbuf *out, unsigned wake, const struct dlt645_frame *f);

/**
 * Decode a buffer that holds exactly one frame, after 0..DLT645_WAKE_MAX FE bytes.
 * @return bytes consumed (= n); CN_E_SHORT (the frame is not complete), CN_E_FRAME (no 68 where one must be,
 * no 16 at the end, bytes behind the frame), CN_E_CHECKSUM. f is valid only on success.
 */
int dlt645_frame_decode(const uint8_t *p, size_t n, struct dlt645_frame *f);

/** Where a scan stands in the bytes received so far. */
struct dlt645_span {
    size_t start;  /**< first byte of the frame or of the candidate; bytes before it are of no use any more */
    size_t length; /**< bytes of the frame, 0 when there is none yet */
    unsigned bad;  /**< candidates given up in this call because CS or the final 16 was wrong */
    unsigned cut;  /**< candidates with both 68 marks given up in this call because of the gap */
};

/**
 * Find the first good frame in received bytes: the state machine of section 2.1. A wrong candidate costs one
 * byte, never the buffer, so a frame behind or inside noise is found. A frame is found the moment its last
 * byte is there.
 * @param gap  the line fell silent: candidates that still lack bytes are given up too (rule 5)
 * @return 1 a frame at span; 0 none yet, keep the bytes from span->start on (start == n: keep nothing)
 */
int dlt645_scan(const uint8_t *p, size_t n, bool gap, struct dlt645_span *span);

/** Addresses (section 2.2). */
bool dlt645_addr_broadcast(const uint8_t addr[ADDR_LEN]); /**< 99 x 6 */
bool dlt645_addr_wildcard(const uint8_t addr[ADDR_LEN]);  /**< AA x 6 */
/** True when `asked` (with wildcard bytes AA anywhere) covers `own`; an AA byte in `own` is only covered by
 * AA. */
bool dlt645_addr_covers(const uint8_t asked[ADDR_LEN], const uint8_t own[ADDR_LEN]);

/** The error of an abnormal answer: its first DATA byte; 00 or no DATA counts as "other error". */
uint8_t dlt645_error_word(const struct dlt645_frame *f);
/** @return CN_E_AUTH when bit 2 is set, else CN_E_DENIED. */
int dlt645_error_code(uint8_t err);

/** 2007 identifiers travel DI0 first: DI 00010000 is 00 00 01 00. Both need 4 bytes. */
uint32_t dlt645_di_get(const uint8_t *p);
void dlt645_di_put(uint8_t *p, uint32_t di);

/** bit/s of a 2007 rate byte Z (section 7.8). @return 600..19200, 0 when not exactly one rate bit is set. */
unsigned dlt645_z_baud(uint8_t z);

#endif
