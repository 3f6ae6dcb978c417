#ifndef TESTS_SIM_METER_LINE_H
#define TESTS_SIM_METER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/meter/meter.h"

/**
 * One half-duplex RS485 line with its meters, pure: bytes and the time go in, bytes and the next deadline
 * come out.
 *
 * A request that arrives "at once" is held to have taken 11 bit times a byte from the moment its first byte
 * was read. The meter answers after its delay, byte by byte; each byte is given out when its stop bit would
 * have ended. Deadlines are absolute, so lateness does not add up. Bytes that overlap on the wire destroy
 * each other.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC; wall times are UTC seconds of the simulated world.
 */
enum { SM_TX_MAX = 4096, SM_EXCHANGES = 16, SM_BITS = 11 };

struct sm_exchange {
    bool open;          /**< an answer is under way */
    uint32_t point;     /**< who answers; 0 = broadcast, nobody, or unknown */
    uint32_t di;        /**< of services that carry one, else 0 */
    uint8_t fn;         /**< control byte of the request */
    const char *result; /**< "ok", "error", "silent", "broadcast", "nobody" */
    int64_t first_ns;   /**< first byte of the request appeared */
    int64_t last_ns;    /**< last byte of the answer handed over; 0 = no answer */
    int64_t delay_ns;   /**< from the end of the request on the wire to the start of the answer */
    uint32_t in, out;   /**< bytes, wake-up bytes and noise included */
    uint32_t left;
};

struct sm_stats {
    uint64_t exchanges, answered, errors, silent, broadcasts, nobody;
    uint64_t bytes_in, bytes_out, noise_in, collisions, lost;
    int64_t wire_ns;  /**< wire limit: sum of 11 * (in + out) / baud + delay over all exchanges */
    int64_t first_ns; /**< first request; 0 = none yet */
    int64_t last_ns;  /**< last byte of the last answer, or of the last request */
    int64_t late_max_ns, late_sum_ns; /**< simulator's own lateness of the last bytes of answers */
    /* A round ends when a meter is asked again after another one was asked. */
    uint64_t cycles;                 /**< rounds completed */
    uint32_t cycle_meters;           /**< meters asked in the last completed round */
    int64_t cycle_ns, cycle_wire_ns; /**< of the last completed round */
};

struct sm_tx {
    int64_t due;
    uint32_t point;
    int8_t exchange; /**< -1 = belongs to none: echo, babble */
    uint8_t byte;
    bool echo;
};

struct sm_line;
typedef void (*sm_done_fn)(void *ctx, const struct sm_line *line, const struct sm_exchange *e);

struct sm_line {
    unsigned number; /**< 1.. */
    uint32_t baud;
    uint8_t wakeup;
    uint32_t delay_min_ms, delay_max_ms;
    unsigned fifo; /**< bytes handed over together, as a UART with a FIFO does; 1 = each at its own time */
    bool echo;     /**< the master hears itself */
    bool babble;   /**< random bytes without end */
    double ber;
    uint64_t random; /**< state of the line's own dice */

    struct sm_site *site;    /**< not owned */
    struct sm_meter *meters; /**< those of this line; not owned */
    size_t meter_count;
    sm_done_fn done; /**< may be NULL */
    void *ctx;

    struct sm_rx rx;
    int64_t rx_end;   /**< when the last byte received so far has passed the wire */
    int64_t rx_first; /**< start of the first byte since the last frame */
    uint32_t rx_bytes;
    struct sm_tx tx[SM_TX_MAX];
    size_t tx_len;
    struct sm_exchange exchange[SM_EXCHANGES];
    int64_t babble_end;

    struct sm_stats stats;
    uint32_t cycle, last_point, cycle_meters;
    uint32_t *asked_in; /**< round in which each meter was asked last; as many as meters; not owned */
    int64_t cycle_first, cycle_wire;
};

/** Fill defaults: 2400 baud, 4 wake-up bytes, 20..60 ms. The rest stays as the caller set it. */
void sm_line_init(struct sm_line *l, unsigned number, struct sm_site *site, uint64_t seed);

int64_t sm_line_byte_ns(const struct sm_line *l, int64_t bytes);

/** Bytes read from the port at now. @param wall true time, UTC seconds. */
void sm_line_receive(struct sm_line *l, int64_t now, int64_t wall, const uint8_t *p, size_t n);

/** When sm_line_send has something to hand over; INT64_MAX = never. */
int64_t sm_line_next(const struct sm_line *l);

/** Take the bytes that are due. @return count */
size_t sm_line_send(struct sm_line *l, int64_t now, uint8_t *out, size_t cap);

/** Send n random bytes from now on (a meter that talks unasked). */
void sm_line_burst(struct sm_line *l, int64_t now, size_t n);

void sm_line_reset_stats(struct sm_line *l);

#endif
