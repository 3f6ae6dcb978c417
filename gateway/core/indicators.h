#ifndef GATEWAY_CORE_INDICATORS_H
#define GATEWAY_CORE_INDICATORS_H

#include <stdbool.h>
#include <stdint.h>

#include "bsp/board.h"
#include "gateway/model/config.h"

/** The LEDs: a pure function of a few facts, and the board is told what changed. */
enum { INDICATORS_BLINK_MS = 150 /**< a frame on the line lights its LED for this long */ };

struct indicators {
    bool alarm;
    uint8_t link; /**< enum ctl_link_state */
    /* per port number: monotonic ms of the last frame, INT64_MIN / 2 = none yet */
    int64_t tx_ms[CONFIG_PORTS_MAX + 1], rx_ms[CONFIG_PORTS_MAX + 1];
};

struct indicator_states {
    bool power, alarm, net;
    uint32_t tx, rx; /**< bit n = port n */
};

void indicators_init(struct indicators *i);
/** What the LEDs show now. net: on when logged in, blinking at 1 Hz while connected, off else. */
struct indicator_states indicators_eval(const struct indicators *i, int64_t now_ms);
/** Tell the board what differs from `shown`, and remember it there. */
void indicators_show(struct board *b, struct indicator_states *shown, struct indicator_states now);

#endif
