#ifndef NORTHBOUND_MQTT_CONTROL_H
#define NORTHBOUND_MQTT_CONTROL_H

#include <stdbool.h>

#include "gateway/base/clock.h"
#include "gateway/model/ctl.h"

/**
 * The bridge's ear at concentratord: the offset of the box's clock, and a word when something was stored. It
 * asks for nothing else, and the bridge works without it.
 */
struct control {
    int fd; /**< -1 = not connected */
    bool clock_known;
    struct box_clock clock;
    bool stored; /**< an event or a parameter was stored; the owner clears it */
    uint8_t msg[256];
};

void control_init(struct control *c);
/** @return 0, CN_E_GONE (concentratord is not there), CN_E_NOSPACE. */
int control_open(struct control *c, const char *run_dir);
void control_close(struct control *c);
/** Take all messages that are there. @return 0, or why it was closed. */
int control_read(struct control *c);
/** Take one message, pure. @return 0, or what is wrong with it. */
int control_take(struct control *c, struct rbuf *r);

#endif
