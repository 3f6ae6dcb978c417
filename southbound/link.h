#ifndef SOUTHBOUND_LINK_H
#define SOUTHBOUND_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bsp/serial.h"
#include "gateway/base/trace.h"
#include "gateway/model/bus.h"

/**
 * The byte transport of one port for the drivers: silence before a request, sending, receiving with response,
 * byte and total time-outs, resynchronisation, echo removal, draining after a failure, reopening of a port
 * that disappeared. Straight-line and blocking with deadlines on CLOCK_MONOTONIC. While anything waits, the
 * idle hook is called at least every LINK_IDLE_MS.
 *
 * A frame is given back the moment its last byte is there: no pause at its end is waited for. The response
 * time-out starts when the request has left the wire, which is computed: a pty and a UART with a FIFO take
 * the bytes at once.
 */
enum {
    LINK_IDLE_MS = 150,    /**< well below BUS_ALIVE_MS */
    LINK_FRAME_MAX = 1100, /**< largest frame or forward, either direction */
    LINK_RX_MAX = 2048,
    LINK_DRAIN_QUIET_MS = 200, /**< DL/T 645 reference part 1, section 3 */
    LINK_DRAIN_MAX_MS = 2000,
    LINK_REOPEN_MS = 1000,
};

/** Where a scan stands; as struct dlt645_span. */
struct link_span {
    size_t start, length;
    unsigned bad;
    bool torn; /**< with gap: a candidate that had a frame's head was cut short */
};

/** How a protocol marks its frames. */
struct link_framing {
    /** Find the first frame in p. @return 1 found, 0 keep the bytes from span->start on. Pure. */
    int (*scan)(const uint8_t *p, size_t n, bool gap, struct link_span *span);
    size_t frame_max; /**< bytes of the longest answer */
    bool echo;        /**< an answer never begins like its request, so bytes that do are an echo */
};

struct link_times {
    uint16_t response_ms; /**< from the last bit sent to the first byte */
    uint16_t byte_ms;     /**< between two bytes of one frame */
};

struct link_config {
    const char *device;     /**< must outlive the link */
    uint16_t turnaround_ms; /**< silence before a request to another meter */
    uint16_t same_meter_ms; /**< silence before the next request to the same meter */
    /** Called while waiting. @return true to give up: the call that waits returns CN_E_CANCELLED. */
    bool (*idle)(void *ctx);
    /** Every frame sent or received and notes (TRACE_NOTE: a text). bytes are valid during the call. */
    void (*trace)(void *ctx, enum trace_dir dir, const uint8_t *bytes, size_t n);
    void *ctx;
};

/** One port. Fields are private to link.c, except stats and fd (read only). */
struct link {
    struct link_config config;
    struct bus_stats stats; /**< the owner clears it at the start of a job */
    int fd;                 /**< -1: not open */
    int open_error;         /**< errno of the last failed opening, 0 */
    struct serial_settings line;
    bool line_set;
    uint8_t escape;
    int64_t next_idle_us, next_open_us;
    int64_t quiet_from_us; /**< last time something was on the wire */
    int64_t not_before_us; /**< pause a driver asked for */
    int64_t tx_end_us;
    uint64_t last_peer;
    /* the exchange under way */
    uint8_t tx[LINK_FRAME_MAX];
    size_t tx_len;
    uint8_t rx[LINK_RX_MAX];
    size_t rx_len;
    size_t rx_scan; /**< bytes before it hold no frame */
    uint8_t frame[LINK_FRAME_MAX];
    int64_t last_byte_us; /**< 0: none yet */
    unsigned bad, parity;
    bool torn, echo_done;
};

void link_init(struct link *l, const struct link_config *config);
/** Open the port if it is not; the line settings are applied. @return 0, CN_E_IO (open_error tells). */
int link_open(struct link *l);
void link_close(struct link *l);
/**
 * To be called about once a second while the port is not used: notices a port that went away and reopens
 * it.
 */
void link_service(struct link *l);

/** Use these settings from now on, after the last bit sent. @return 0, CN_E_RANGE (the hardware cannot),
 * CN_E_IO, CN_E_CANCELLED. */
int link_line(struct link *l, const struct line_settings *s);

/**
 * Wait for the silence rule, then send.
 * @param peer  whom the frame is for, any number that tells meters apart; chooses the pause
 * @return 0; CN_E_IO (port gone or closed; it is reopened, at most once a second), CN_E_BUSY (the line does
 * not fall silent within LINK_DRAIN_MAX_MS), CN_E_CANCELLED, CN_E_NOSPACE (n > LINK_FRAME_MAX)
 */
int link_send(struct link *l, uint64_t peer, const uint8_t *bytes, size_t n);

/**
 * The next frame after link_send; call again for the one behind it (a foreign answer does not end the wait).
 * @param frame  set to the frame, valid until the next call
 * @return its length; CN_E_TIMEOUT (nothing came), CN_E_PARITY, CN_E_CHECKSUM, CN_E_FRAME (cut short),
 * CN_E_IO, CN_E_CANCELLED. Failures are counted in stats and traced.
 */
int link_receive(struct link *l, const struct link_framing *framing, const struct link_times *times,
                 const uint8_t **frame);

/**
 * For transparent forwards: everything that comes, until a pause of byte_ms or the end of one frame of the
 * framing (NULL: pauses only).
 * @return bytes in out, CN_E_TIMEOUT, CN_E_IO, CN_E_CANCELLED
 */
int link_collect(struct link *l, const struct link_framing *framing, const struct link_times *times,
                 uint8_t *out, size_t cap);

/**
 * After a failure: throw away what still comes until LINK_DRAIN_QUIET_MS are silent.
 * @return 0, CN_E_BUSY (not silent within LINK_DRAIN_MAX_MS), CN_E_IO, CN_E_CANCELLED
 */
int link_drain(struct link *l);

/** Send nothing for `ms` after the end of the last frame (broadcasts). */
void link_pause(struct link *l, unsigned ms);

/** Just wait, serving the idle hook. @return 0, CN_E_CANCELLED. */
int link_wait_ms(struct link *l, unsigned ms);

/** Trace a note. */
void link_note(struct link *l, const char *text);

/** Microseconds that n bytes need on the wire at the present settings. */
int64_t link_wire_us(const struct link *l, size_t n);
/** Microseconds until the last bit sent has left the wire, 0 when it has. */
int64_t link_sending_us(const struct link *l);

#endif
