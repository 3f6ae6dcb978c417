#ifndef GATEWAY_MODEL_BUS_H
#define GATEWAY_MODEL_BUS_H

#include <stdint.h>

#include "gateway/base/bcd.h"
#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/model/reading.h"

/**
 * Messages between concentratord and one concentrator-bus over a SOCK_SEQPACKET socketpair (fd 3 of the bus): one
 * datagram is one message, so a killed peer never leaves half of one. First byte: enum bus_type.
 *
 *   concentratord -> bus   JOB, QUIT
 *   bus -> concentratord   HELLO once, ALIVE at least every BUS_ALIVE_MS (also while an exchange waits),
 *                          FRAME for the trace, VALUES per answered or refused want, BYTES for a forward, DONE
 *
 * One job is in flight per port; the bus answers each JOB with exactly one DONE.
 */
enum {
    BUS_FD = 3,
    BUS_MSG_MAX = 4096,
    BUS_WANTS_MAX = 32,
    BUS_BYTES_MAX = 1024, /**< a transparent forward, either direction */
    BUS_ALIVE_MS = 250,
    BUS_PROFILE_LEN = 32,
};

enum bus_type { BUS_JOB = 1, BUS_QUIT = 2, BUS_HELLO = 64, BUS_ALIVE, BUS_FRAME, BUS_VALUES, BUS_BYTES, BUS_DONE };

enum job_kind {
    JOB_READ = 1,       /**< wants of one meter */
    JOB_FORWARD = 2,    /**< bytes as they are, what comes back as it is (AFN 10 F1) */
    JOB_SET_TIME = 3,   /**< broadcast when address is 99.., else addressed; no answer is awaited for a broadcast */
    JOB_FIND = 4,       /**< read address with the wildcard: one meter alone on the line */
};

struct line_settings {
    uint32_t baud;     /**< bit/s, 300..115200 */
    uint8_t data_bits; /**< 5..8 */
    char parity;       /**< 'N', 'E', 'O' */
    uint8_t stop_bits; /**< 1, 2 */
};

struct bus_job {
    uint32_t id;
    uint8_t kind;
    uint8_t protocol; /**< F10 code */
    uint8_t tariffs;  /**< configured number, for items that must be read singly */
    uint8_t attempts; /**< tries a request in all, 1..5; 0 = default 3 */
    uint16_t point;   /**< for the trace */
    uint16_t response_ms; /**< first byte after the last bit sent; 0 = default of the profile */
    uint16_t byte_ms;     /**< pause between two bytes; 0 = default of the profile */
    struct line_settings line;
    uint8_t address[ADDR_LEN];
    uint8_t password[6];
    char profile[BUS_PROFILE_LEN]; /**< name of a file in the profile folders, "" = by protocol */
    struct civil local_time;       /**< JOB_SET_TIME: concentratord's local time at sending; the bus adds the delay */
    uint8_t want_count;
    struct want wants[BUS_WANTS_MAX];
    uint16_t length; /**< JOB_FORWARD */
    uint8_t bytes[BUS_BYTES_MAX];
};

/** Answer to one want. status < 0: CN_E_DENIED (meter has no such item), CN_E_TIMEOUT, CN_E_FORMAT ..., no readings. */
struct bus_values {
    uint32_t id;
    int16_t status;
    struct want want;
    int64_t mono_ms; /**< CLOCK_MONOTONIC of the last byte of the answer (the same clock in all processes) */
    uint16_t count;
    struct reading r[READINGS_MAX];
};

struct bus_bytes {
    uint32_t id;
    uint16_t length;
    uint8_t bytes[BUS_BYTES_MAX];
};

/** What happened on the wire during a job; the sums feed the bus doctor. */
struct bus_stats {
    uint16_t requests, answers;              /**< frames sent, good answers */
    uint16_t timeouts, checksum, parity, foreign, echo; /**< failed tries by kind; foreign = other address or DI */
    uint32_t tx_bytes, rx_bytes;
    uint32_t response_ms; /**< largest pause before a first byte */
};

struct bus_done {
    uint32_t id;
    int16_t status; /**< 0 when every want was answered or refused by the meter; CN_E_TIMEOUT when the meter is silent ... */
    struct bus_stats stats;
    uint8_t address[ADDR_LEN]; /**< JOB_FIND: the address found */
};

struct bus_frame {
    int64_t mono_ms;
    uint8_t dir; /**< enum trace_dir */
    uint16_t point;
    uint16_t length;
    uint8_t bytes[512];
};

/** Encoders return the message length or CN_E_NOSPACE; decoders 0, CN_E_SHORT/FRAME (malformed), CN_E_RANGE. */
int bus_put_job(struct wbuf *w, const struct bus_job *j);
int bus_get_job(struct rbuf *r, struct bus_job *j);
int bus_put_values(struct wbuf *w, const struct bus_values *v);
int bus_get_values(struct rbuf *r, struct bus_values *v);
int bus_put_bytes(struct wbuf *w, const struct bus_bytes *b);
int bus_get_bytes(struct rbuf *r, struct bus_bytes *b);
int bus_put_done(struct wbuf *w, const struct bus_done *d);
int bus_get_done(struct rbuf *r, struct bus_done *d);
int bus_put_frame(struct wbuf *w, const struct bus_frame *f);
int bus_get_frame(struct rbuf *r, struct bus_frame *f);
/** Messages without a body: QUIT, HELLO, ALIVE. */
int bus_put_plain(struct wbuf *w, enum bus_type type);
/** Type of a message; the cursor then stands where the bus_get_... of that type starts. @return type, CN_E_SHORT. */
int bus_get_type(struct rbuf *r);

#endif
