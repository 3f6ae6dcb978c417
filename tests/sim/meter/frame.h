#ifndef TESTS_SIM_METER_FRAME_H
#define TESTS_SIM_METER_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"

/**
 * DL/T 645-2007 frames as a meter sees them, written from the standard alone: the simulator must not repeat
 * the mistakes of the codec it tests, so it shares none of it (645 reference part 1, section 2).
 */
enum {
    SM_OVERHEAD = 12,  /**< two 68, address, C, L, CS, 16 */
    SM_DATA_MAX = 200, /**< what a meter sends */
    SM_FRAME_MAX = 12 + 255,
    SM_RX_MAX = 600,
};

struct sm_frame {
    uint8_t addr[6]; /**< low byte first */
    uint8_t c;
    uint8_t len;
    uint8_t data[255]; /**< 33H taken off */
};

/** Bytes that came from the line and form no frame yet. */
struct sm_rx {
    uint8_t buf[SM_RX_MAX];
    size_t len;
};

/** Append one byte; the oldest is dropped when the buffer is full (endless noise). */
void sm_rx_add(struct sm_rx *rx, uint8_t b);

/**
 * Take the first whole frame out of the buffer, with everything in front of it.
 * @return bytes of the frame (12..267); 0 when none is complete
 */
int sm_rx_take(struct sm_rx *rx, struct sm_frame *out);

/** Rule 5: silence ended the frame that starts at the first 68. Drop that byte; call sm_rx_take again.
 * @return bytes left. */
size_t sm_rx_gap(struct sm_rx *rx);

/** Append a frame without wake-up bytes. @return bytes, CN_E_NOSPACE. */
int sm_frame_put(struct wbuf *w, const struct sm_frame *f);

#endif
