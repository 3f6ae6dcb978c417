#ifndef HMI_LCD_EVENT_H
#define HMI_LCD_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "hmi/lcd/model.h"

/**
 * What the LCD shows of an event record (AFN 0EH; gateway/model/event.h): time, measuring point, whether it
 * is over.
 *
 * @param record  ERC, Le, time, content
 * @param local   shown when the record has no readable time of its own
 * @return 0; CN_E_SHORT (no record of that length); an unknown ERC is shown by its number
 */
int lcd_event_decode(const uint8_t *record, size_t n, const struct civil *local, struct lcd_event *out);

#endif
