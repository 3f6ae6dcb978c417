#ifndef HMI_LCD_CONTROL_H
#define HMI_LCD_CONTROL_H

#include "gateway/base/clock.h"
#include "gateway/model/ctl.h"
#include "hmi/lcd/status.h"

/**
 * The LCD's side of the control socket. One request is open at a time and no call waits, so a blocked
 * concentratord costs it nothing and gets no second request.
 */
enum { CONTROL_STALE_MS = 10000 /**< without an answer for so long, concentratord counts as not running */ };

struct lcd_control {
    int fd; /**< -1 = not connected */
    uint32_t seq;
    uint32_t asked;      /**< number of the open status request, 0 = none */
    int64_t answered_ms; /**< monotonic, of the last whole answer; INT64_MIN = none */
    struct lcd_status coming, now, before;
    bool clock_known;
    struct box_clock clock;
    bool changed; /**< a parameter or an event was stored; the owner clears it */
    uint8_t msg[CTL_MSG_MAX];
};

void lcd_control_init(struct lcd_control *c);
/** Connect and subscribe. @return 0, CN_E_GONE (concentratord is not there), CN_E_NOSPACE. */
int lcd_control_open(struct lcd_control *c, const char *run_dir);
void lcd_control_close(struct lcd_control *c);
/** Ask for the status unless a request is open. @return 0, CN_E_GONE (closed). */
int lcd_control_ask(struct lcd_control *c);
/** Take all messages that are there. @return 0, CN_E_GONE, CN_E_FRAME, CN_E_UNSUPPORTED (then closed). */
int lcd_control_read(struct lcd_control *c, int64_t now_ms);
/** Take one message, pure. @return 0, or what is wrong with it. */
int lcd_control_take(struct lcd_control *c, struct rbuf *r, int64_t now_ms);
/** concentratord is there and answers. */
bool lcd_control_running(const struct lcd_control *c, int64_t now_ms);

#endif
