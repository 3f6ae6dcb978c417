#ifndef HMI_LCD_STATUS_H
#define HMI_LCD_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/model/config.h"
#include "hmi/lcd/model.h"

/** What the LCD needs of an answer to CTL_STATUS. */
struct lcd_status {
    int8_t signal; /**< 0..4 bars, -1 = no modem */
    uint8_t link;  /**< enum ctl_link_state */
    bool alarm;    /**< the alarm LED */
    uint8_t port_count;
    struct {
        uint8_t number;
        uint64_t sent, received; /**< bytes since start */
    } ports[CONFIG_PORTS_MAX];   /**< in the order told */
};

void lcd_status_init(struct lcd_status *s);
/** Take one key of the answer. Keys that the LCD does not show, and values it cannot read, are passed over.
 */
void lcd_status_take(struct lcd_status *s, const char *key, const char *value);
/** Set signal, link, alarm and ports of the model; a port is active when its counters have changed since
 * `before`. */
void lcd_status_show(const struct lcd_status *before, const struct lcd_status *now, struct lcd_model *m);

#endif
